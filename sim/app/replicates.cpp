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
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "app/stop_signal.hpp"
#include "core/input_errors.hpp"
#include "schedule/branches.hpp"

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

/// `worlds`: of one replicate.
int alive_at_once(Scenario const& scenario, Country const& country, int threads, int worlds, int replicates) {
  int const wanted = std::min(threads, replicates);
  auto const available = free_memory();
  if (!available) return wanted;
  double const fit = 0.8 * *available / std::max(worlds * memory_of_replicate(scenario, country), 1.0);
  return std::max(1, static_cast<int>(std::min<double>(wanted, fit)));
}

double bytes_of_record(Scenario const& scenario, RecordLayout const& layout) {
  double cells = 0;  // of a replicate and month
  for (auto const& variable : layout.variables)
    cells += variable.dimension < 0
                 ? 1
                 : static_cast<double>(layout.dimensions[static_cast<std::size_t>(variable.dimension)].keys.size());
  return cells * scenario.months * scenario.replicates * sizeof(std::int64_t);
}

/// What is run of one replicate, and which records come of it.
struct ReplicatePlan {
  std::vector<std::size_t> members;  ///< scenarios of which the replicate is wanted
  Trunk trunk;                       ///< of the members
};

/// By replicate, from `first` to before `last`: the scenarios may have different numbers of them.
std::vector<ReplicatePlan> plans_of(Together const& together, int first, int last) {
  std::map<std::vector<std::size_t>, Trunk> known;
  std::vector<ReplicatePlan> plans;
  for (int replicate = first; replicate < last; ++replicate) {
    auto& plan = plans.emplace_back();
    for (std::size_t i = 0; i < together.scenarios.size(); ++i)
      if (replicate < together.scenarios[i]->replicates && (together.first_replicates.empty() || replicate >= together.first_replicates[i]))
        plan.members.push_back(i);
    if (plan.members.empty()) continue;
    auto const [found, is_new] = known.emplace(plan.members, Trunk{});
    if (is_new) {
      std::vector<Scenario const*> scenarios;
      for (std::size_t const i : plan.members) scenarios.push_back(together.scenarios[i]);
      auto const trunks = plan_trunks(scenarios);
      if (trunks.size() != 1) throw BugError("scenarios of different starts were to be run together");
      found->second = trunks.front();
    }
    plan.trunk = found->second;
  }
  return plans;
}

}  // namespace

double people_of(Scenario const& scenario, Country const& country) {
  double people = 0;
  if (auto const area = country.districts.area(scenario.area))
    for (std::uint16_t const row : *area) people += country.districts.rows()[row].population_2023;
  return people;
}

double memory_of_replicate(Scenario const& scenario, Country const& country) {
  return people_of(scenario, country) / scenario.scale * static_cast<double>(bytes_per_agent);
}

std::optional<double> free_memory() {
  auto const available = memory_bytes("MemAvailable:");
  return available ? std::optional{static_cast<double>(*available)} : std::nullopt;
}

void check_memory(Scenario const& scenario, Country const& country, RecordLayout const& layout) {
  auto const available = memory_bytes("MemAvailable:");
  if (!available) return;
  double const bytes = bytes_of_record(scenario, layout) +
                       people_of(scenario, country) / scenario.scale * static_cast<double>(least_bytes_per_agent);
  double const had = static_cast<double>(*available + memory_bytes("SwapFree:").value_or(0));
  constexpr double gib = 1U << 30U;
  if (bytes > had)
    throw MachineError(say(Message::app_memory_short, scenario.stem, fmt::format("{:.1f}", bytes / gib),
                           fmt::format("{:.1f}", had / gib)));
}

bool fit_together(std::span<Scenario const* const> scenarios, Country const& country, RecordLayout const& layout) {
  auto const available = free_memory();
  if (!available || scenarios.empty()) return true;
  double bytes = 2 * memory_of_replicate(*scenarios.front(), country);
  for (auto const* scenario : scenarios) bytes += bytes_of_record(*scenario, layout);
  return bytes <= 0.8 * *available;
}

Replicates run_replicates(Scenario const& scenario, Country const& country, Detail detail, int threads,
                          Progress& progress) {
  auto result = run_together({{&scenario}}, country, detail, threads, progress);
  return {result.stopped ? std::vector<ReplicateRecord>{} : std::move(result.records.front()), result.stopped};
}

TogetherResult run_together(Together const& together, Country const& country, Detail detail, int threads,
                            Progress& progress) {
  auto const& scenarios = together.scenarios;
  auto const first_of = [&](std::size_t scenario) {
    return together.first_replicates.empty() ? 0 : together.first_replicates[scenario];
  };
  TogetherResult result;
  result.records.resize(scenarios.size());
  int first = scenarios.front()->replicates, last = 0;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    result.records[i].resize(static_cast<std::size_t>(std::max(0, scenarios[i]->replicates - first_of(i))));
    first = std::min(first, first_of(i));
    last = std::max(last, scenarios[i]->replicates);
  }
  auto const plans = plans_of(together, first, last);
  /// What the replicates share, or with sets of parameters those of one set: prepared for each replicate, since all at once would
  /// not fit into memory. Scenarios stay where they are: setups refer to them.
  struct Prepared {
    std::vector<Scenario> drawn;
    std::vector<std::shared_ptr<Setup const>> setups;
  };
  auto const prepare_for = [&](int replicate) {
    Prepared prepared;
    if (together.sets != nullptr) {
      prepared.drawn.reserve(scenarios.size());
      for (auto const* scenario : scenarios) prepared.drawn.push_back(with_set(*scenario, *together.sets, replicate));
    }
    for (std::size_t i = 0; i < scenarios.size(); ++i)
      prepared.setups.push_back(Simulation::prepare(together.sets != nullptr ? prepared.drawn[i] : *scenarios[i], country));
    return prepared;
  };
  Prepared const shared = together.sets == nullptr ? prepare_for(0) : Prepared{};
  auto const behaviour = together.behaviour == nullptr ? nullptr : Simulation::prepare(*together.behaviour, country);

  std::vector<std::exception_ptr> failures(plans.size());
  std::atomic<int> next{first};
  std::atomic<bool> failed{false}, stopped{false};
  std::atomic<std::int64_t> computed{0}, taken_over{0};

  auto* const keeper = together.keeper;
  /// False when the replicate is not to be gone on with; where it stands is kept.
  auto const step = [&](Simulation& simulation, std::size_t scenario, int replicate) {
    if (stop_requested()) stopped = true;
    if (failed) return false;
    if (stopped) {
      if (keeper != nullptr && simulation.months_done() > 0) keeper->save(scenario, replicate, simulation);
      return false;
    }
    Month const month = scenarios[scenario]->start + simulation.months_done();
    simulation.step();
    ++computed;
    progress.month_done(scenario, replicate, month, simulation.headlines());
    if (keeper != nullptr && keeper->every() > 0 && simulation.months_done() % keeper->every() == 0 && !simulation.done())
      keeper->save(scenario, replicate, simulation);
    return true;
  };
  auto const keep = [&](Simulation& simulation, std::size_t scenario, int replicate) {
    auto& record = result.records[scenario][static_cast<std::size_t>(replicate - first_of(scenario))];
    record = simulation.take_record();
    if (keeper != nullptr && keeper->every() > 0) keeper->save(scenario, replicate, record);
  };
  auto const run_branch = [&](Prepared const& prepared, Simulation const& trunk, std::size_t scenario, int replicate) {
    Simulation branch(prepared.setups[scenario], trunk, detail);
    for (int month = 0; month < branch.months_done(); ++month)
      progress.month_taken_over(scenario, replicate, scenarios[scenario]->start + month, branch.headlines_of(month));
    taken_over += branch.months_done();
    while (!branch.done())
      if (!step(branch, scenario, replicate)) return false;
    keep(branch, scenario, replicate);
    return true;
  };
  auto const begin = [&](Prepared const& prepared, std::size_t scenario, int replicate) {
    return behaviour == nullptr ? std::make_unique<Simulation>(prepared.setups[scenario], replicate, detail)
                                : std::make_unique<Simulation>(behaviour, prepared.setups[scenario], replicate, detail);
  };
  /// A replicate of one scenario from where it was stopped, or from its start.
  auto const go_on = [&](Prepared const& prepared, std::size_t scenario, int replicate) {
    if (auto record = keeper->record(scenario, replicate)) {
      result.records[scenario][static_cast<std::size_t>(replicate - first_of(scenario))] = std::move(*record);
      progress.skip(scenarios[scenario]->months);
      return;
    }
    auto const simulation = begin(prepared, scenario, replicate);
    if (keeper->load(scenario, replicate, *simulation))
      for (int month = 0; month < simulation->months_done(); ++month)
        progress.month_taken_over(scenario, replicate, scenarios[scenario]->start + month, simulation->headlines_of(month));
    progress.skip(simulation->months_done());
    while (!simulation->done())
      if (!step(*simulation, scenario, replicate)) return;
    keep(*simulation, scenario, replicate);
  };
  auto const run_one = [&](int replicate) {
    auto const& plan = plans[static_cast<std::size_t>(replicate - first)];
    if (plan.members.empty()) return;
    Prepared const own = together.sets != nullptr ? prepare_for(replicate) : Prepared{};
    Prepared const& prepared = together.sets != nullptr ? own : shared;
    // What was stopped is gone on with scenario by scenario: the months in common may lie behind some of them.
    if (keeper != nullptr && std::any_of(plan.members.begin(), plan.members.end(), [&](std::size_t member) { return keeper->holds(member, replicate); })) {
      for (std::size_t const member : plan.members)
        if (!stopped && !failed) go_on(prepared, member, replicate);
      return;
    }
    std::size_t const scenario = plan.members[plan.trunk.scenario];
    auto const made = begin(prepared, scenario, replicate);
    auto leaving = plan.trunk.branches.begin();
    for (;;) {
      for (; leaving != plan.trunk.branches.end() && leaving->months == made->months_done(); ++leaving)
        if (!run_branch(prepared, *made, plan.members[leaving->scenario], replicate)) {
          if (stopped && !failed && keeper != nullptr && made->months_done() > 0) keeper->save(scenario, replicate, *made);
          return;
        }
      if (made->done()) break;
      if (!step(*made, scenario, replicate)) return;
    }
    keep(*made, scenario, replicate);
  };

  int const worlds = (behaviour == nullptr ? 1 : 2) * (scenarios.size() > 1 ? 2 : 1);
  int const alive = alive_at_once(*scenarios.front(), country, threads, worlds, last - first);
  tbb::parallel_for(
      tbb::blocked_range<int>(0, alive, 1),
      [&](tbb::blocked_range<int> const& lanes) {
        for (int lane = lanes.begin(); lane != lanes.end(); ++lane) {
          for (int replicate = next++; replicate < last && !failed && !stopped; replicate = next++) {
            try {
              run_one(replicate);
            } catch (...) {
              failures[static_cast<std::size_t>(replicate - first)] = std::current_exception();
              failed = true;
            }
          }
        }
      },
      tbb::simple_partitioner{});

  for (auto const& failure : failures)
    if (failure) std::rethrow_exception(failure);
  result.months_computed = computed;
  result.months_taken_over = taken_over;
  result.stopped = stopped;
  if (result.stopped) {
    // Those that have ended and are not kept already.
    if (keeper != nullptr && keeper->every() == 0)
      for (std::size_t i = 0; i < result.records.size(); ++i)
        for (std::size_t k = 0; k < result.records[i].size(); ++k)
          if (!result.records[i][k].values.empty()) keeper->save(i, first_of(i) + static_cast<int>(k), result.records[i][k]);
    result.records.clear();
  }
  return result;
}

}  // namespace arraigo::app
