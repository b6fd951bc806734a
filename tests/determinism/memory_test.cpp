/// Memory stays flat when many runs follow each other in one process, as in a sweep or in the viewer.
#include <gtest/gtest.h>
#include <tbb/parallel_for.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

double resident_mib() {
  std::size_t pages = 0, resident = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> resident;
  return static_cast<double>(resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) / (1U << 20U);
}

/// 300 runs in the suite; ARRAIGO_MEMORY_RUNS=2000 tests/determinism for the whole promise.
int runs_to_do() {
  char const* const asked = std::getenv("ARRAIGO_MEMORY_RUNS");
  int runs = 300;
  if (asked != nullptr) std::from_chars(asked, asked + std::string_view(asked).size(), runs);
  return std::max(100, runs);
}

TEST(Memory, ManyRunsInOneProcessKeepItFlat) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep what is freed";
#endif
  constexpr int at_once = 4, warm_up = 60;
  int const runs = runs_to_do();
  double first = 0, most = 0;
  for (int done = 0; done < runs; done += at_once) {
    // Each prepares its scenario, runs, and hands over its record, as a point of a sweep does.
    tbb::parallel_for(0, at_once, [&](int k) {
      auto const prepared = prepare(shipped("combined", small_case(200, 4, few_districts_of_lima)), Detail::districts);
      auto const record = run(*prepared, done + k);
      ASSERT_FALSE(record.values.empty());
    });
    (done < warm_up ? first : most) = std::max(done < warm_up ? first : most, resident_mib());
  }
  RecordProperty("runs", runs);
  std::printf("%d runs: %.1f MiB in the first %d, at most %.1f MiB later\n", runs, first, warm_up, most);
  EXPECT_LT(most, 1.05 * first);
}

}  // namespace
}  // namespace arraigo::tests
