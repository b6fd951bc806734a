#include "app/replicates.hpp"

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/stop_signal.hpp"
#include "core/input_errors.hpp"

namespace arraigo::app {
namespace {

/// Twice the 80 bytes a person that the state may take with firms and households: building and the record come on top.
constexpr std::uint64_t bytes_per_agent = 160;

/// What the state of a person takes at the least, with households and firms (README, Speed and memory).
constexpr std::uint64_t least_bytes_per_agent = 75;

/// A row of /proc/meminfo.
std::optional<std::uint64_t> memory_bytes(std::string_view row) {
  std::ifstream file("/proc/meminfo");
  for (std::string name, unit; file >> name;) {
    std::uint64_t kibibytes = 0;
    if (name == row && file >> kibibytes) return kibibytes * 1024;
    std::getline(file, unit);
  }
  return std::nullopt;
}

double people_of(Scenario const& scenario, Country const& country) {
  double people = 0;
  if (auto const area = country.districts.area(scenario.area))
    for (std::uint16_t const row : *area) people += country.districts.rows()[row].population_2023;
  return people;
}

/// `worlds`: of one replicate.
int alive_at_once(Scenario const& scenario, Country const& country, int threads, int worlds) {
  int const wanted = std::min(threads, scenario.replicates);
  auto const available = memory_bytes("MemAvailable:");
  if (!available) return wanted;
  double const bytes = worlds * people_of(scenario, country) / scenario.scale * static_cast<double>(bytes_per_agent);
  double const fit = 0.8 * static_cast<double>(*available) / std::max(bytes, 1.0);
  return std::max(1, static_cast<int>(std::min<double>(wanted, fit)));
}

}  // namespace

void check_memory(Scenario const& scenario, Country const& country, RecordLayout const& layout) {
  auto const available = memory_bytes("MemAvailable:");
  if (!available) return;
  double cells = 0;  // of a replicate and month
  for (auto const& variable : layout.variables)
    cells += variable.dimension < 0
                 ? 1
                 : static_cast<double>(layout.dimensions[static_cast<std::size_t>(variable.dimension)].keys.size());
  double const bytes = cells * layout.months * scenario.replicates * sizeof(std::int64_t) +
                       people_of(scenario, country) / scenario.scale * static_cast<double>(least_bytes_per_agent);
  double const had = static_cast<double>(*available + memory_bytes("SwapFree:").value_or(0));
  constexpr double gib = 1U << 30U;
  if (bytes > had)
    throw MachineError(say(Message::app_memory_short, scenario.stem, fmt::format("{:.1f}", bytes / gib),
                           fmt::format("{:.1f}", had / gib)));
}

Replicates run_replicates(Scenario const& scenario, Country const& country, Detail detail, int threads,
                          Progress& progress, Scenario const* behaviour) {
  auto const count = static_cast<std::size_t>(scenario.replicates);
  Replicates result;
  result.records.resize(count);
  std::vector<std::exception_ptr> failures(count);
  std::atomic<int> next{0};
  std::atomic<bool> failed{false}, stopped{false};

  auto const run_one = [&](int replicate) {
    auto const made = behaviour == nullptr
                          ? std::make_unique<Simulation>(scenario, country, replicate, detail)
                          : std::make_unique<Simulation>(Simulation::prepare(*behaviour, country),
                                                         Simulation::prepare(scenario, country), replicate, detail);
    auto& simulation = *made;
    while (!simulation.done()) {
      if (stop_requested()) {
        stopped = true;
        return;
      }
      if (failed) return;
      Month const month = scenario.start + simulation.months_done();
      simulation.step();
      progress.month_done(replicate, month, simulation.headlines());
    }
    result.records[static_cast<std::size_t>(replicate)] = simulation.take_record();
  };

  int const alive = alive_at_once(scenario, country, threads, behaviour == nullptr ? 1 : 2);
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
