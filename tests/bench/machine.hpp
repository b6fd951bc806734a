/// The machine that a benchmark runs on: what it is, how fast its memory is, and what this process has taken of it.
#pragma once
#include <cstdint>
#include <string>

namespace arraigo::bench {

struct Machine {
  std::string processor;   ///< "AMD EPYC 7763 64-Core Processor"
  bool is_virtual = false;
  int cores = 1, hardware_threads = 1;  ///< that the system has on line
  std::string caches;      ///< "L1d 32 KiB, L2 1 MiB, L3 32 MiB", of the first core
  std::uint64_t last_cache_bytes = 0;
  std::uint64_t memory_bytes = 0;
  double load = 0;         ///< mean number of processes that wanted to run in the last minute
};
[[nodiscard]] Machine this_machine();

/// Bytes a second between memory and processor, the best of several passes, as STREAM counts them.
struct Bandwidth {
  int threads = 1;
  double triad = 0;  ///< a = b + s c: two arrays read, one written
  double read = 0;   ///< one array summed
  [[nodiscard]] double limit() const { return triad > read ? triad : read; }
};
/// Arrays that no cache holds, and `passes` over each.
[[nodiscard]] Bandwidth measure_bandwidth(int threads, std::uint64_t last_cache_bytes, int passes);

[[nodiscard]] double now();          ///< seconds of a steady clock
[[nodiscard]] double cpu_seconds();  ///< of the whole process: what the work costs, however busy the machine
[[nodiscard]] double resident_mib();
[[nodiscard]] double peak_mib();     ///< resident, since the last reset_peak
void reset_peak();                   ///< after giving free memory back to the system

}  // namespace arraigo::bench
