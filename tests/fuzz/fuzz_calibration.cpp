/// A calibration's file and the file of fitted values: the same bytes as either.
#include "input_file.hpp"
#include "params/calibrated.hpp"
#include "sweep/calibration_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  using namespace arraigo;
  static fuzz::Folder const folder{"calibration"};
  auto const file = folder.write("case.yaml", bytes, size);
  fuzz::expect_result_or_sentences([&] { static_cast<void>(sweep::read_calibration(file)); });
  fuzz::expect_result_or_sentences([&] {
    // What has been read is written so that it is read again.
    auto const text = to_yaml(read_calibrated(file));
    auto const again = folder.write("again.yaml", reinterpret_cast<std::uint8_t const*>(text.data()), text.size());
    if (to_yaml(read_calibrated(again)) != text) std::abort();
  });
  return 0;
}
