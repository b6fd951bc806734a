/// A scenario's text: read, or refused with sentences; what was read is written and read again to the same.
#include "input_file.hpp"
#include "params/scenario.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  using namespace arraigo;
  static fuzz::Folder const folder{"scenario"};
  static auto const districts = DistrictTable::read(fuzz::corpus() / "data");
  ScenarioPlaces const places{fuzz::corpus() / "scenarios" / "shipped"};
  static bool const has_base = [] {
    std::filesystem::copy_file(fuzz::corpus() / "scenarios" / "base.yaml", folder.path() / "base.yaml");
    return true;
  }();
  auto const file = folder.write("case.yaml", bytes, size);
  fuzz::expect_result_or_sentences([&] {
    if (!has_base) std::abort();
    auto const text = to_yaml(read_scenario(file, districts, places));
    auto const again = folder.write("again.yaml", reinterpret_cast<std::uint8_t const*>(text.data()), text.size());
    if (to_yaml(read_scenario(again, districts, places)) != text) std::abort();
  });
  return 0;
}
