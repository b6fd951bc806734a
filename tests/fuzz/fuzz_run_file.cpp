/// A run file: opened and read whole, or refused. What the HDF5 library does to itself on crafted files is contained by a child
/// process elsewhere (analysis/guarded.hpp); here it would end the fuzzer, which therefore is started with -fork=1.
#include "analysis/run_reader.hpp"
#include "input_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  using namespace arraigo;
  static fuzz::Folder const folder{"run_file"};
  auto const file = folder.write("case.h5", bytes, size);
  fuzz::expect_result_or_sentences([&] {
    analysis::RunReader const run{file};
    for (auto const& variable : run.layout().variables) static_cast<void>(run.read(variable));
    static_cast<void>(run.results_digest());
  });
  return 0;
}
