/// What Peru has tried: the ranges of a programme's levers from 2017 to 2025. Beyond them the model's behaviour was
/// never observed, and who reads a result is told so.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "params/scenario.hpp"

namespace arraigo {

struct ExperienceRow {
  MeasureKind kind{};
  char const* field;
  double low, high;
  char const* source;
};

[[nodiscard]] std::span<ExperienceRow const> experience_table();

/// A sentence for each field of a measure that lies outside; none for what a file leaves as it is. A recognised
/// refugee's status has no end, so its validity is not held against the range.
[[nodiscard]] std::vector<std::string> outside_experience(Scenario const& scenario);

}  // namespace arraigo
