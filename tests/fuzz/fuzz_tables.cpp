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

/// The header and the rows that name one of the districts.
std::string rows_of(std::string const& table, arraigo::DistrictTable const& districts) {
  std::istringstream lines{table};
  std::string line, kept;
  for (bool header = true; std::getline(lines, line); header = false)
    if (header || std::any_of(districts.rows().begin(), districts.rows().end(), [&](auto const& row) { return line.find(row.ubigeo) != std::string::npos; })) kept += line + "\n";
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
      all[name] = std::filesystem::exists(own) ? bytes_of(own) : name == "services.csv" || name == "district_jobs.csv" ? rows_of(bytes_of(entry.path()), districts) : bytes_of(entry.path());
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
