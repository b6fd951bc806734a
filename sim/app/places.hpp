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

/// What draws the charts of reports: beside a program in its build tree, in ../share/arraigo of an installed one. It need not be there.
[[nodiscard]] std::filesystem::path find_chart_program();

/// The file that the user means: a path, or the name of a shipped scenario ("baseline", "theory/t4_both").
[[nodiscard]] std::filesystem::path find_scenario(std::string const& written, Places const& places);

}  // namespace arraigo::app
