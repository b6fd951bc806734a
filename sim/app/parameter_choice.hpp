/// Which values parameters take that a scenario leaves to the table: the options of a command, and what they mean for its runs.
#pragma once
#include <memory>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

#include "app/places.hpp"
#include "core/input_errors.hpp"
#include "core/text.hpp"
#include "params/calibrated.hpp"
#include "params/scenario.hpp"

namespace arraigo::app {

struct ParameterChoice {
  std::string source;             ///< table, calibrated or posterior, as typed
  std::string calibrated, draws;  ///< file of fitted values, number of sets; as typed
  /// Adds --parameters (with its own description, which names the default), --calibrated and --draws.
  void add_to(CLI::App& command, Message description);
  [[nodiscard]] bool is_posterior() const { return source == "posterior"; }
  [[nodiscard]] bool given(std::string const& default_source) const { return source != default_source || !calibrated.empty() || !draws.empty(); }
};

/// Fitted values in place of the table's in all `scenarios`; or, returned, sets drawn from the ranges that calibration left, for their
/// replicates to take in turn. InputError on what does not go together, with what `errors` holds already.
[[nodiscard]] std::shared_ptr<ParameterDraws const> choose_parameters(ParameterChoice const& choice, Places const& places, std::span<Scenario* const> scenarios, Errors errors = {});

}  // namespace arraigo::app
