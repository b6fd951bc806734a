#include "params/check_scenario.hpp"

#include "core/errors.hpp"

namespace arraigo {

ScenarioCheck check_scenario(std::filesystem::path const& file, DistrictTable const& districts,
                             ScenarioPlaces const& places, Overrides const& overrides,
                             std::optional<TableReach> const& reach) {
  ScenarioCheck check;
  try {
    check.scenario = read_scenario(file, districts, places, overrides, reach);
  } catch (InputError const& error) {
    check.mistakes = error.sentences();
  }
  return check;
}

}  // namespace arraigo
