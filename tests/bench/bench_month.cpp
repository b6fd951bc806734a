/// Benchmark of one replicate: building, monthly steps by phase, memory. Not a test: it prints, it never fails on time.
///   bench_month [SCENARIO.yaml] [--area A] [--scale K] [--months M] [--threads T,T,...] [--data DIR] [--check]
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include "bench/machine.hpp"
#include "init/setup.hpp"
#include "schedule/simulation.hpp"

int main(int argc, char** argv) {
  using namespace arraigo;
  using namespace arraigo::bench;
  std::string file = "scenarios/baseline.yaml", data = "scenarios/data", area;
  int scale = 0, months = 0;
  std::vector<int> threads{1, 2};
  bool check = false;
  CLI::App app{"Times one replicate: building, each phase of the month, memory per person."};
  app.add_option("scenario", file, "Scenario file");
  app.add_option("--data", data, "Folder of tables");
  app.add_option("--area", area, "Area");
  app.add_option("--scale", scale, "People per agent");
  app.add_option("--months", months, "Months");
  app.add_option("--threads", threads, "Thread counts to run one after the other")->delimiter(',');
  app.add_flag("--check", check, "Check invariants every month (slow)");
  CLI11_PARSE(app, argc, argv);

  try {
    auto const country = read_country(data);
    Overrides overrides;
    if (!area.empty()) overrides.area = area;
    if (scale > 0) overrides.scale = scale;
    if (months > 0) overrides.months = months;
    auto const scenario = read_scenario(file, country.districts, {std::filesystem::path(file).parent_path()}, overrides);
    for (int t : threads) {
      tbb::global_control const control(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(t));
      tbb::task_arena arena(t);
      arena.execute([&] {
        double const t0 = now(), c0 = cpu_seconds();
        auto const setup = Simulation::prepare(scenario, country);
        double const t1 = now(), c1 = cpu_seconds();
        reset_peak();
        double const before = resident_mib();
        Simulation simulation(setup, 0, Detail::districts);
        double const t2 = now(), c2 = cpu_seconds();
        double const peak_build = peak_mib() - before;
        simulation.check_invariants(check);
        std::size_t const people = simulation.world().persons.size();
        fmt::print("{} threads: {} person agents, {} employers, {} migrants; shared set-up {:.2f} s (processor {:.2f}), building {:.2f} s (processor {:.2f})\n", t, people, simulation.world().employers.size(),
                   simulation.world().migrants.size(), t1 - t0, c1 - c0, t2 - t1, c2 - c1);
        double const t3 = now();
        std::vector<std::vector<double>> years;  // seconds of each phase by the end of each whole year
        auto const by_phase = [&] {
          auto const seconds = simulation.seconds_by_phase();
          return std::vector<double>(seconds.begin(), seconds.end());
        };
        years.push_back(by_phase());
        while (!simulation.done()) {
          simulation.step();
          if (simulation.months_done() % 12 == 0) years.push_back(by_phase());
        }
        double const t4 = now(), c4 = cpu_seconds();
        double const agent_months = static_cast<double>(people) * scenario.months;
        fmt::print("  {:<26}{:>9}{:>8}{:>14}  seconds by year\n", "phase", "s", "share", "ns/agent-month");
        auto const seconds = simulation.seconds_by_phase();
        for (std::size_t i = 0; i < seconds.size(); ++i) {
          fmt::print("  {:<26}{:>9.3f}{:>7.1f}%{:>14.2f} ", schedule()[i].name, seconds[i], 100 * seconds[i] / (t4 - t3), 1e9 * seconds[i] / agent_months);
          for (std::size_t y = 1; y < years.size(); ++y) fmt::print(" {:.2f}", years[y][i] - years[y - 1][i]);
          fmt::print("\n");
        }
        fmt::print("  {} months in {:.3f} s: {:.1f} million agent-months a second; 12 months take {:.2f} s; processor {:.2f} s\n", scenario.months, t4 - t3, agent_months / (t4 - t3) / 1e6,
                   (t4 - t3) * 12 / scenario.months, c4 - c2);
        fmt::print("  peak memory over the start: building {:.1f} MiB, all {:.1f} MiB: {:.0f} and {:.0f} bytes a person; state hash {:016x}\n", peak_build, peak_mib() - before,
                   peak_build * 1048576 / static_cast<double>(people), (peak_mib() - before) * 1048576 / static_cast<double>(people), simulation.state_hash());
      });
    }
  } catch (std::exception const& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
