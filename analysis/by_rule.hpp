/// A difference in two parts: what an alternative's rules do while everybody decides as in the base, read off the file
/// of `arraigo run --behaviour-as` (the alternative's twin), and what decisions under those rules add to it.
#pragma once
#include <cstddef>
#include <optional>
#include <ostream>
#include <span>
#include <vector>

#include "analysis/figures.hpp"
#include "analysis/inference.hpp"
#include "analysis/run_data.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

struct Comparison;
struct ComparedTwin;

/// Whether the run has the rules of one scenario and the decisions of another.
[[nodiscard]] bool is_by_rule(RunData const& run);

struct Alternative {
  RunData const* run = nullptr;
  RunData const* twin = nullptr;  ///< its rules with the base's decisions; nullptr: not among the compared runs
};
/// The runs that are no twins, in their order, each with its twin. InputError with a sentence for each twin that has
/// another base's decisions, lacks its alternative, or is not the only one. `runs` must not hold nullptr.
[[nodiscard]] std::vector<Alternative> pair_twins(RunData const& base, std::span<RunData const* const> runs);

struct RuleParts {
  PairedDifference by_rule;            ///< twin less base
  PairedDifference by_behaviour;       ///< alternative less twin
  std::optional<double> rule_percent;  ///< of the difference; none where its interval includes zero or there is none
  [[nodiscard]] std::optional<double> behaviour_percent() const;
};
/// Of means over months, from the first `replicates` replicates. None where the three runs are not defined in the same
/// ones: such parts would not add up to the difference.
[[nodiscard]] std::optional<RuleParts> rule_parts(Figures const& base, Figures const& twin, Figures const& alternative,
                                                  MonthSpan months, std::size_t key, std::size_t replicates);

/// A block for the alternative of one of the comparison's twins.
void print_rule_parts(std::ostream& out, Comparison const& comparison, ComparedTwin const& twin, Lang lang);

}  // namespace arraigo::analysis
