#include "app/places.hpp"

#include <fstream>

#include "core/errors.hpp"
#include "core/input_errors.hpp"

namespace arraigo::app {
namespace fs = std::filesystem;

Places find_places(std::optional<std::string> const& data) {
  std::error_code ignored;
  Places places;
  if (fs::path const program = fs::read_symlink("/proc/self/exe", ignored); !program.empty()) {
    fs::path const share = program.parent_path().parent_path() / "share" / "arraigo";
    if (std::ifstream beside(program.parent_path() / "source_tree.txt"); beside) {
      std::string relative;
      std::getline(beside, relative);
      fs::path const scenarios = (program.parent_path() / relative / "scenarios").lexically_normal();
      places = Places{scenarios / "data", scenarios};
    } else if (fs::is_directory(share, ignored)) {
      places = Places{share / "data", share / "scenarios"};
    }
  }
  if (data) places.data = *data;
  if (!fs::is_directory(places.data, ignored))
    throw InputError(data ? say(Message::app_data_missing, *data) : say(Message::app_shipped_missing));
  return places;
}

fs::path find_chart_program() {
  std::error_code ignored;
  char const* const name = "report_charts.js";
  fs::path const folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  return fs::exists(folder / "source_tree.txt", ignored) ? folder / name : (folder.parent_path() / "share" / "arraigo" / name);
}

fs::path find_scenario(std::string const& written, Places const& places) {
  std::error_code ignored;
  fs::path file{written};
  // A folder does not hide a shipped scenario of the same name: "-o baseline" may have made it.
  if ((fs::exists(file, ignored) && !fs::is_directory(file, ignored)) || file.is_absolute()) return file;
  // "theory/t4_both" stands among the shipped ones; "../x" or "./x" can only mean the user's own.
  if (file.has_parent_path() && (*file.begin() == ".." || *file.begin() == "." || file != file.lexically_normal())) return file;
  for (std::string const& name : {written, written + ".yaml"})
    if (fs::path shipped = places.scenarios / name; fs::is_regular_file(shipped, ignored)) return shipped;
  return file;
}

}  // namespace arraigo::app
