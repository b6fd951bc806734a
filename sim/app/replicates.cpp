#include "app/replicates.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <fstream>
#include <optional>
#include <string>

#include "app/stop_signal.hpp"

namespace arraigo::app {
namespace {

/// Twice the 80 bytes a person that the state may take with firms and households: building and the record come on top.
constexpr std::uint64_t bytes_per_agent = 160;

std::optional<std::uint64_t> available_bytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string name, unit; file >> name;) {
    std::uint64_t kibibytes = 0;
    if (name == "MemAvailable:" && file >> kibibytes) return kibibytes * 1024;
    std::getline(file, unit);
  }
  return std::nullopt;
}

int alive_at_once(Scenario const& scenario, Country const& country, int threads) {
  int const wanted = std::min(threads, scenario.replicates);
  auto const available = available_bytes();
  auto const area = country.districts.area(scenario.area);
  if (!available || !area) return wanted;
  double people = 0;
  for (std::uint16_t const row : *area) people += country.districts.rows()[row].population_2023;
  double const bytes = people / scenario.scale * static_cast<double>(bytes_per_agent);
  double const fit = 0.8 * static_cast<double>(*available) / std::max(bytes, 1.0);
  return std::max(1, static_cast<int>(std::min<double>(wanted, fit)));
}

}  // namespace

Replicates run_replicates(Scenario const& scenario, Country const& country, Detail detail, int threads,
                          Progress& progress) {
  auto const count = static_cast<std::size_t>(scenario.replicates);
  Replicates result;
  result.records.resize(count);
  std::vector<std::exception_ptr> failures(count);
  std::atomic<int> next{0};
  std::atomic<bool> failed{false}, stopped{false};

  auto const run_one = [&](int replicate) {
    Simulation simulation(scenario, country, replicate, detail);
    while (!simulation.done()) {
      if (stop_requested()) {
        stopped = true;
        return;
      }
      if (failed) return;
      Month const month = scenario.start + simulation.months_done();
      simulation.step();
      progress.month_done(replicate, month);
    }
    result.records[static_cast<std::size_t>(replicate)] = simulation.take_record();
  };

  int const alive = alive_at_once(scenario, country, threads);
  tbb::parallel_for(
      tbb::blocked_range<int>(0, alive, 1),
      [&](tbb::blocked_range<int> const& lanes) {
        for (int lane = lanes.begin(); lane != lanes.end(); ++lane) {
          for (int replicate = next++; replicate < scenario.replicates && !failed && !stopped; replicate = next++) {
            try {
              run_one(replicate);
            } catch (...) {
              failures[static_cast<std::size_t>(replicate)] = std::current_exception();
              failed = true;
            }
          }
        }
      },
      tbb::simple_partitioner{});

  for (auto const& failure : failures)
    if (failure) std::rethrow_exception(failure);
  result.stopped = stopped;
  if (result.stopped) result.records.clear();
  return result;
}

}  // namespace arraigo::app
