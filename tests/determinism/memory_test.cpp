/// Memory stays flat when many runs follow each other in one process, as in a sweep or in the viewer.
#include <gtest/gtest.h>
#include <malloc.h>
#include <tbb/parallel_for.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "core/heap.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

struct Memory {
  double kept = 0, resident = 0;  // MiB
};

/// What the heap has handed out and not got back, and what the process occupies once the heap's free pages are given
/// back. With them, a busy machine's first runs, of which no two overlap, would make later ones look like growth.
Memory memory_now() {
  constexpr double mib = 1U << 20U;
  give_free_heap_back();
  auto const heap = ::mallinfo2();
  std::size_t pages = 0, resident = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> resident;
  return {static_cast<double>(heap.uordblks + heap.hblkhd) / mib,
          static_cast<double>(resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) / mib};
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
  Memory first, later;
  for (int done = 0; done < runs; done += at_once) {
    // Each prepares its scenario, runs, and hands over its record, as a point of a sweep does.
    tbb::parallel_for(0, at_once, [&](int k) {
      auto const prepared = prepare(shipped("combined", small_case(200, 4, few_districts_of_lima)), Detail::districts);
      auto const record = run(*prepared, done + k);
      ASSERT_FALSE(record.values.empty());
    });
    auto const now = memory_now();
    auto& most = done < warm_up ? first : later;
    most = {std::max(most.kept, now.kept), std::max(most.resident, now.resident)};
  }
  RecordProperty("runs", runs);
  std::printf("%d runs: heap %.2f MiB in the first %d, at most %.2f MiB later; resident %.1f, later %.1f MiB\n", runs,
              first.kept, warm_up, later.kept, first.resident, later.resident);
  // Threads that first take part later keep caches of 0.2 MiB; a run that kept 3 KiB would pass 0.5 in 300 runs.
  EXPECT_LT(later.kept, first.kept + 0.5);
  // Loose: how many pages are left partly in use depends on which runs overlapped.
  EXPECT_LT(later.resident, 1.25 * first.resident);
}

}  // namespace
}  // namespace arraigo::tests
