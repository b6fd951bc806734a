#include "bench/machine.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "app/replicates.hpp"

namespace arraigo::bench {
namespace {

namespace fs = std::filesystem;

std::string first_line(fs::path const& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// What stands behind the name in a file of "name : value" lines.
std::string value_in(char const* file, std::string const& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    auto const colon = line.find(':');
    if (!line.starts_with(name) || colon == std::string::npos) continue;
    auto const begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

/// "32768K" in bytes.
std::uint64_t bytes_of_size(std::string const& size) {
  std::uint64_t n = 0;
  char unit = ' ';
  std::istringstream(size) >> n >> unit;
  return unit == 'K' ? n << 10U : unit == 'M' ? n << 20U : n;
}

std::string size_text(std::uint64_t bytes) {
  return bytes >= 1U << 20U ? fmt::format("{} MiB", bytes >> 20U) : fmt::format("{} KiB", bytes >> 10U);
}

void describe_caches(Machine& machine) {
  fs::path const folder = "/sys/devices/system/cpu/cpu0/cache";
  for (int i = 0; fs::exists(folder / fmt::format("index{}", i)); ++i) {
    auto const cache = folder / fmt::format("index{}", i);
    std::string const type = first_line(cache / "type");
    if (type == "Instruction") continue;
    auto const bytes = bytes_of_size(first_line(cache / "size"));
    machine.caches += fmt::format("{}L{}{} {}", machine.caches.empty() ? "" : ", ", first_line(cache / "level"),
                                  type == "Data" ? "d" : "", size_text(bytes));
    machine.last_cache_bytes = std::max(machine.last_cache_bytes, bytes);
  }
}

int count_cores(int hardware_threads) {
  std::set<std::string> cores;
  for (int i = 0; i < hardware_threads; ++i) {
    fs::path const topology = fmt::format("/sys/devices/system/cpu/cpu{}/topology", i);
    if (auto const core = first_line(topology / "core_id"); !core.empty())
      cores.insert(first_line(topology / "physical_package_id") + ":" + core);
  }
  return cores.empty() ? hardware_threads : static_cast<int>(cores.size());
}

/// f(first, last) on one part of [0, n) for each thread of the arena.
template <class F>
void in_parts(std::size_t n, int threads, F const& f) {
  std::size_t const grain = (n + static_cast<std::size_t>(threads) - 1) / static_cast<std::size_t>(threads);
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, static_cast<std::size_t>(threads), 1),
      [&](auto const& parts) {
        for (auto k = parts.begin(); k != parts.end(); ++k) f(std::min(n, k * grain), std::min(n, (k + 1) * grain));
      },
      tbb::static_partitioner{});
}

template <class F>
double best_seconds(int passes, F const& f) {
  double best = 1e300;
  for (int pass = 0; pass < passes; ++pass) {
    double const start = now();
    f();
    best = std::min(best, now() - start);
  }
  return best;
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.processor = value_in("/proc/cpuinfo", "model name");
  if (machine.processor.empty()) machine.processor = "unknown";
  machine.is_virtual = (" " + value_in("/proc/cpuinfo", "flags") + " ").find(" hypervisor ") != std::string::npos;
  machine.hardware_threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  machine.cores = count_cores(machine.hardware_threads);
  describe_caches(machine);
  std::istringstream(value_in("/proc/meminfo", "MemTotal")) >> machine.memory_bytes;
  machine.memory_bytes *= 1024;
  std::istringstream(first_line("/proc/loadavg")) >> machine.load;
  return machine;
}

Bandwidth measure_bandwidth(int threads, std::uint64_t last_cache_bytes, int passes) {
  // STREAM's rule: each array at least four times the last cache.
  std::size_t const n = std::max<std::size_t>(4 * last_cache_bytes, 64U << 20U) / sizeof(double);
  auto const a = std::make_unique_for_overwrite<double[]>(n), b = std::make_unique_for_overwrite<double[]>(n),
             c = std::make_unique_for_overwrite<double[]>(n);
  Bandwidth bandwidth;
  bandwidth.threads = threads;
  app::with_threads(threads, [&] {
    // Each part is touched first by whom it will belong to.
    in_parts(n, threads, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i != last; ++i) a[i] = 0, b[i] = 1, c[i] = 2;
    });
    auto const bytes = static_cast<double>(n * sizeof(double));
    double const factor = 3;
    bandwidth.triad = 3 * bytes / best_seconds(passes, [&] {
      in_parts(n, threads, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i != last; ++i) a[i] = b[i] + factor * c[i];
      });
    });
    std::atomic<std::uint64_t> sum = 0;  // kept, so that no compiler leaves the reading out
    bandwidth.read = bytes / best_seconds(passes, [&] {
      in_parts(n, threads, [&](std::size_t first, std::size_t last) {
        std::uint64_t part = 0;
        for (std::size_t i = first; i != last; ++i) part += std::bit_cast<std::uint64_t>(a[i]);
        sum += part;
      });
    });
  });
  return bandwidth;
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

double resident_mib() { return std::stod("0" + value_in("/proc/self/status", "VmRSS")) / 1024; }
double peak_mib() { return std::stod("0" + value_in("/proc/self/status", "VmHWM")) / 1024; }

void reset_peak() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace arraigo::bench
