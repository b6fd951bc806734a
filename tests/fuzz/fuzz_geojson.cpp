/// Boundaries of districts.
#include "input_file.hpp"
#include "map/geojson.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  using namespace arraigo;
  static fuzz::Folder const folder{"geojson"};
  static auto const districts = DistrictTable::read(fuzz::corpus() / "data");
  std::vector<std::uint16_t> rows;
  for (std::size_t row = 0; row < districts.rows().size(); ++row) rows.push_back(static_cast<std::uint16_t>(row));
  auto const file = folder.write("case.geojson", bytes, size);
  fuzz::expect_result_or_sentences([&] { static_cast<void>(read_boundaries(file, districts, rows)); });
  return 0;
}
