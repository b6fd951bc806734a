/// Sets of parameters that the replicates of a run take in turn, as the run's file says them.
#pragma once
#include <optional>
#include <string>

#include "params/calibrated.hpp"
#include "params/scenario.hpp"

namespace arraigo::app {

/// Sets that one command may draw: their text must stay within what an attribute of a run file holds.
inline constexpr int most_parameter_sets = 100;

/// {"parameters": [names], "sets": [[values]]}.
[[nodiscard]] std::string text_of(ParameterDraws const& sets);
/// Nothing when the text is none, or names what is no parameter.
[[nodiscard]] std::optional<ParameterDraws> sets_of(std::string const& text);

/// The scenario with the parameters of a replicate: replicate r has the set r modulo their number. What the scenario
/// itself says stands.
[[nodiscard]] Scenario with_set(Scenario scenario, ParameterDraws const& sets, int replicate);

}  // namespace arraigo::app
