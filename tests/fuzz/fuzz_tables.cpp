/// The data tables: the first byte chooses which of them the rest replaces. The others are the shipped ones, cut to the six
/// districts of tests/corpus/data so that an input takes milliseconds.
#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

#include "init/country.hpp"
#include "input_file.hpp"

namespace {

std::string bytes_of(std::filesystem::path const& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The header and the rows that name one of the districts; of a table without districts the first rows, to where their first word
/// changes: shares that must add to one stay together.
std::string rows_of(std::string const& table, arraigo::DistrictTable const& districts, bool by_district) {
  constexpr int most_rows = 40;  // reading is linear in rows, and what a row may hold shows in few
  std::istringstream lines{table};
  std::string line, word, kept;
  for (int row = 0; std::getline(lines, line); ++row) {
    auto const first = line.substr(0, line.find(','));
    bool const here = by_district ? std::any_of(districts.rows().begin(), districts.rows().end(), [&](auto const& known) { return line.find(known.ubigeo) != std::string::npos; })
                                  : row <= most_rows || first == word;
    if (row == 0 || here) kept += line + "\n";
    if (here) word = first;
  }
  return kept;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  using namespace arraigo;
  static fuzz::Folder const folder{"tables"};
  auto const put = [](std::string const& name, std::string const& text) { static_cast<void>(folder.write(name, reinterpret_cast<std::uint8_t const*>(text.data()), text.size())); };
  static auto const tables = [&] {
    std::map<std::string, std::string> all;
    auto const districts = DistrictTable::read(fuzz::corpus() / "data");
    for (auto const& entry : std::filesystem::directory_iterator{std::filesystem::path{ARRAIGO_SOURCE_DIR} / "scenarios" / "data"}) {
      auto const name = entry.path().filename().string();
      if (entry.path().extension() != ".csv") continue;
      auto const own = fuzz::corpus() / "data" / name;
      all[name] = std::filesystem::exists(own) ? bytes_of(own) : rows_of(bytes_of(entry.path()), districts, name == "services.csv" || name == "district_jobs.csv");
      put(name, all[name]);
    }
    return all;
  }();
  if (size == 0) return 0;
  auto const chosen = std::next(tables.begin(), bytes[0] % static_cast<std::ptrdiff_t>(tables.size()));
  static_cast<void>(folder.write(chosen->first, bytes + 1, size - 1));
  fuzz::expect_result_or_sentences([&] { static_cast<void>(read_country(folder.path())); });
  put(chosen->first, chosen->second);
  return 0;
}
