#include "app/parameter_choice.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>

#include "app/commands.hpp"
#include "app/parameter_sets.hpp"

namespace arraigo::app {

void ParameterChoice::add_to(CLI::App& command, Message description) {
  add_value(command, "--parameters", source, "table|calibrated|posterior", description);
  add_value(command, "--calibrated", calibrated, "FILE", Message::ca_run_calibrated);
  add_value(command, "--draws", draws, "D", Message::ca_run_draws);
}

std::shared_ptr<ParameterDraws const> choose_parameters(ParameterChoice const& choice, Places const& places, std::span<Scenario* const> scenarios, Errors errors) {
  std::size_t const which = one_of("--parameters", choice.source, {"table", "calibrated", "posterior"});
  if (which == 0 && !choice.calibrated.empty()) throw InputError(say(Message::ca_run_alone, "--calibrated", "calibrated|posterior"));
  if (which != 2 && !choice.draws.empty()) throw InputError(say(Message::ca_run_alone, "--draws", "posterior"));
  if (which == 0) return nullptr;
  auto const file = choice.calibrated.empty() ? places.data / "calibrated.yaml" : std::filesystem::path{choice.calibrated};
  auto const calibrated = read_calibrated(file);
  if (which == 1) {
    for (auto* scenario : scenarios) use_fitted(*scenario, calibrated);
    return nullptr;
  }
  int const replicates = scenarios.front()->replicates;
  int const sets = choice.draws.empty() ? replicates / 2 : static_cast<int>(whole_number("--draws", choice.draws, 2, most_parameter_sets));
  for (auto const* scenario : scenarios)
    if (int const n = scenario->replicates; sets < 2 || sets > most_parameter_sets || n % sets != 0 || n / sets < 2)
      errors.add(say(Message::ca_run_draws_divide, sets, n, 2 * std::clamp(sets, 2, most_parameter_sets)));
  errors.throw_if_any();
  return std::make_shared<ParameterDraws const>(draw_parameters(calibrated, file.string(), scenarios.front()->seed, static_cast<std::size_t>(sets)));
}

}  // namespace arraigo::app
