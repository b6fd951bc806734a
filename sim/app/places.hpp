/// Where the data and scenarios that came with the program are.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace arraigo::app {

struct Places {
  std::filesystem::path data;       ///< folder of tables
  std::filesystem::path scenarios;  ///< folder of shipped scenarios
};

/// An installed program finds both in ../share/arraigo; a program in its build tree finds the source tree by the
/// relative path that the build left beside it. `data` replaces the first. InputError when neither is there.
[[nodiscard]] Places find_places(std::optional<std::string> const& data);

/// The file that the user means: a path, or the name of a shipped scenario ("baseline", "theory/t4_both").
[[nodiscard]] std::filesystem::path find_scenario(std::string const& written, Places const& places);

}  // namespace arraigo::app
