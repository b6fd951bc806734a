#include "bench/measure.hpp"

#include <memory>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "app/progress.hpp"
#include "app/replicates.hpp"
#include "bench/machine.hpp"
#include "bench/month_traffic.hpp"
#include "core/errors.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::bench {
namespace {

/// Bytes and agents are those of each month, since tables grow between two Januaries.
void run_all_months(Simulation& simulation, MonthsRun& run) {
  auto const& traffic = month_traffic();
  run.phase_bytes.assign(traffic.size(), 0);
  double const spent = cpu_seconds();
  while (!simulation.done()) {
    auto const& world = simulation.world();
    for (std::size_t i = 0; i < traffic.size(); ++i) run.phase_bytes[i] += bytes_of(traffic[i], world);
    run.agent_months += static_cast<double>(world.persons.size());
    double const start = now();
    simulation.step();
    run.seconds += now() - start;
  }
  run.processor_seconds = cpu_seconds() - spent;
  auto const seconds = simulation.seconds_by_phase();
  run.phase_seconds.assign(seconds.begin(), seconds.end());
}

}  // namespace

double MonthsRun::bytes() const { return std::accumulate(phase_bytes.begin(), phase_bytes.end(), 0.0); }

MonthsRun run_months(Scenario const& scenario, Country const& country, int threads) {
  MonthsRun run;
  run.scale = scenario.scale;
  run.months = scenario.months;
  run.threads = threads;
  app::with_threads(threads, [&] {
    double const start = now();
    auto const setup = Simulation::prepare(scenario, country);
    run.setup_seconds = now() - start;
    reset_peak();
    run.before_mib = resident_mib();
    double const build = now();
    Simulation simulation(setup, 0, Detail::districts);
    run.build_seconds = now() - build;
    run.peak_build_mib = peak_mib();
    auto const& world = simulation.world();
    run.persons = world.persons.size();
    run.migrants = world.migrants.size();
    run.households = world.households.size();
    run.employers = world.employers.size();
    run.column_bytes = column_bytes(world);
    run_all_months(simulation, run);
    run.peak_mib = peak_mib();
    run.hash = simulation.state_hash();
  });
  return run;
}

ReplicatesRun run_side_by_side(Scenario scenario, Country const& country, int replicates, int threads) {
  scenario.replicates = replicates;
  ReplicatesRun run;
  run.replicates = replicates;
  run.threads = threads;
  app::Progress progress(std::int64_t{scenario.months} * replicates, 1, true);
  reset_peak();
  double const before = resident_mib();
  app::with_threads(threads, [&] {
    double const start = now();
    auto const result = app::run_replicates(scenario, country, Detail::districts, threads, progress);
    run.seconds = now() - start;
    for (auto const& record : result.records) run.hashes.push_back(record.state_hash);
  });
  run.peak_mib = peak_mib() - before;
  return run;
}

std::optional<std::string> differing_hash(std::string const& of, std::vector<Hashed> const& hashes) {
  for (auto const& other : hashes)
    if (other.hash != hashes.front().hash)
      return fmt::format("{}: {} ends in state {:016x}, {} in {:016x}; the same run must end in the same state.", of,
                         hashes.front().what, hashes.front().hash, other.what, other.hash);
  return std::nullopt;
}

}  // namespace arraigo::bench
