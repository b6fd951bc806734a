/// What `arraigo check` needs: the resolved scenario of a file, or every mistake in it.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "params/scenario.hpp"

namespace arraigo {

struct ScenarioCheck {
  std::optional<Scenario> scenario;   ///< nothing when there are mistakes
  std::vector<std::string> mistakes;  ///< one sentence each
};

/// Like read_scenario, without throwing InputError.
[[nodiscard]] ScenarioCheck check_scenario(std::filesystem::path const& file, DistrictTable const& districts,
                                           ScenarioPlaces const& places, Overrides const& overrides = {},
                                           std::optional<TableReach> const& reach = {});

}  // namespace arraigo
