/// Measures on five districts of Lima, and what lines of cost hold.
#pragma once
#include "support/model_runs.hpp"

namespace arraigo::tests {

/// Some districts of Lima in the baseline with the measures of the text.
[[nodiscard]] inline std::shared_ptr<Prepared const> few(std::string const& measures, int scale = 100, int months = 3,
                                                          std::string const& parameters = "") {
  return prepare(variant("baseline", parameters + (measures.empty() ? "" : "measures:\n") + measures,
                         small_case(scale, months, few_districts_of_lima)));
}

[[nodiscard]] inline std::int64_t line(World const& world, Line what) { return world.accounts[static_cast<std::size_t>(what)]; }

}  // namespace arraigo::tests
