/// A sweep's file, and its design where that is small.
#include "input_file.hpp"
#include "sweep/sweep_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  using namespace arraigo;
  static fuzz::Folder const folder{"sweep"};
  auto const file = folder.write("case.yaml", bytes, size);
  fuzz::expect_result_or_sentences([&] {
    auto const sweep = sweep::read_sweep(file);
    double points = static_cast<double>(std::max(sweep.size, sweep.list.size()));
    if (sweep.kind == sweep::DesignKind::grid)
      for (auto const& lever : sweep.levers) points *= static_cast<double>(std::max<std::size_t>(1, std::max(lever.levels, lever.values.size())));
    if (points < 256 && sweep.levers.size() < 64) static_cast<void>(rows_of(sweep));
  });
  return 0;
}
