/// What the tests of scenario and table reading share.
#pragma once
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/errors.hpp"
#include "params/districts.hpp"
#include "params/scenario.hpp"

namespace arraigo::tests {

inline std::filesystem::path corpus() { return std::filesystem::path{ARRAIGO_SOURCE_DIR} / "tests" / "corpus"; }

/// Sentences follow the environment's language; the expected ones are English.
inline void speak_english() { setenv("LC_ALL", "en", 1); }

/// Six districts, three areas.
inline DistrictTable const& few_districts() {
  static DistrictTable const table = DistrictTable::read(corpus() / "data");
  return table;
}

inline ScenarioPlaces corpus_places() { return {corpus() / "scenarios" / "shipped"}; }

inline std::string bytes_of(std::filesystem::path const& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// A folder of its own, removed at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "arraigo-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the test: " + name);
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(TempFolder const&) = delete;
  TempFolder& operator=(TempFolder const&) = delete;

  [[nodiscard]] std::filesystem::path const& path() const { return path_; }
  std::filesystem::path write(std::string const& name, std::string_view bytes) const {
    auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::filesystem::remove(file);  // a file system may wait for the disk when a file is overwritten in place
    std::ofstream{file, std::ios::binary} << bytes;
    return file;
  }

 private:
  std::filesystem::path path_;
};

/// The sentences of the InputError that `read` throws; none when it does not.
template <class Read>
std::vector<std::string> mistakes_of(Read&& read) {
  try {
    static_cast<void>(read());
  } catch (InputError const& error) {
    return error.sentences();
  }
  return {};
}

inline std::string joined(std::vector<std::string> const& sentences) {
  return fmt::format("{}", fmt::join(sentences, "\n"));
}

/// A complete scenario without measures; tests put theirs behind it.
inline std::string complete(std::string_view rest = {}) {
  return fmt::format(
      "name: base\ntitle: {{es: Base, en: Base}}\ndescription: {{es: Base, en: Base}}\nstart: 2022-01\nmonths: "
      "60\narea: peru\n"
      "scale: 20\nreplicates: 8\nseed: 1\n{}",
      rest);
}

inline bool same(FieldValue const& a, FieldValue const& b) {
  return a.set == b.set && a.number == b.number && a.month == b.month && a.choices == b.choices && a.name == b.name;
}

inline bool same(Measure const& a, Measure const& b) {
  if (a.values.size() != b.values.size()) return false;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    if (!same(a.values[i], b.values[i])) return false;
  return a.id == b.id && a.kind == b.kind && a.title_es == b.title_es && a.title_en == b.title_en && a.from == b.from &&
         a.to == b.to && a.where == b.where;
}

/// Equal to the last bit, but for the file's stem.
inline bool same(Scenario const& a, Scenario const& b) {
  if (a.group != b.group) return false;
  if (a.measures.size() != b.measures.size()) return false;
  for (std::size_t i = 0; i < a.measures.size(); ++i)
    if (!same(a.measures[i], b.measures[i])) return false;
  for (auto const& row : parameter_table())
    if (a.parameters.*(row.member) != b.parameters.*(row.member)) return false;
  return a.stated_parameters == b.stated_parameters && a.name == b.name && a.title_es == b.title_es && a.title_en == b.title_en &&
         a.description_es == b.description_es && a.description_en == b.description_en && a.start == b.start &&
         a.months == b.months && a.area == b.area && a.scale == b.scale && a.replicates == b.replicates &&
         a.seed == b.seed;
}

}  // namespace arraigo::tests
