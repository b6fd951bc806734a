/// All replicates of one scenario, in parallel.
#pragma once
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "app/parameter_sets.hpp"
#include "app/progress.hpp"
#include "init/country.hpp"
#include "params/scenario.hpp"
#include "record/record.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::app {

/// Calls f in an arena of exactly `threads` workers, even where the machine has fewer cores.
template <class F>
void with_threads(int threads, F const& f) {
  tbb::global_control const limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  arena.execute(f);
}

/// Keeps what a run has reached, so that it can be gone on with after a stop or a crash. Called from any thread, for each
/// replicate by one at a time.
class Keeper {
 public:
  virtual ~Keeper() = default;
  /// Months between two states of a replicate; 0: when the run is stopped only.
  [[nodiscard]] virtual int every() const = 0;
  /// Whether there is a state or a record of the replicate, whole or not.
  [[nodiscard]] virtual bool holds(std::size_t scenario, int replicate) const = 0;
  [[nodiscard]] virtual std::optional<ReplicateRecord> record(std::size_t scenario, int replicate) = 0;
  /// Whether the simulation now stands where the state was saved.
  [[nodiscard]] virtual bool load(std::size_t scenario, int replicate, Simulation& simulation) = 0;
  virtual void save(std::size_t scenario, int replicate, Simulation const& simulation) = 0;
  virtual void save(std::size_t scenario, int replicate, ReplicateRecord const& record) = 0;
};

struct Replicates {
  std::vector<ReplicateRecord> records;  ///< one per replicate, in order; empty when stopped
  bool stopped = false;                  ///< a signal came
};

/// Scenarios of one start (see plan_trunks) that are run together: a month that they have in common is computed once per
/// replicate.
struct Together {
  std::vector<Scenario const*> scenarios;
  std::vector<int> first_replicates = {};  ///< one per scenario, for those that have replicates already; empty: all from 0
  Scenario const* behaviour = nullptr;     ///< in which people decide; none: in each scenario itself
  Keeper* keeper = nullptr;                ///< of what the run has reached; none: a stop loses it
  ParameterDraws const* sets = nullptr;    ///< of parameters, that replicates take in turn; none: those of each scenario
};

struct TogetherResult {
  std::vector<std::vector<ReplicateRecord>> records;  ///< by scenario: its replicates from the first on; empty when stopped
  std::int64_t months_computed = 0;
  std::int64_t months_taken_over = 0;  ///< from another scenario
  bool stopped = false;                ///< a signal came
};

/// MachineError when the machine has less memory than one replicate and the records of all take at the least: the system
/// would end the process without a word, hours later.
void check_memory(Scenario const& scenario, Country const& country, RecordLayout const& layout);

/// Whether the records of scenarios that are run together and the worlds of one replicate fit into the memory that is free.
[[nodiscard]] bool fit_together(std::span<Scenario const* const> scenarios, Country const& country, RecordLayout const& layout);

/// The people of a scenario's area in 2023, by which work and memory are foretold.
[[nodiscard]] double people_of(Scenario const& scenario, Country const& country);
/// What a replicate takes while it runs, in bytes; of free memory, nothing where the system does not tell.
[[nodiscard]] double memory_of_replicate(Scenario const& scenario, Country const& country);
[[nodiscard]] std::optional<double> free_memory();

/// Must be called within with_threads. As many replicates are alive at once as threads and free memory allow; that
/// number changes no result.
[[nodiscard]] Replicates run_replicates(Scenario const& scenario, Country const& country, Detail detail, int threads,
                                        Progress& progress);

/// The same of several scenarios, of which a replicate has two worlds alive at the most. `progress` has been told of them in
/// their order. Each record is the one that the scenario has when it is run by itself.
[[nodiscard]] TogetherResult run_together(Together const& together, Country const& country, Detail detail, int threads,
                                          Progress& progress);

}  // namespace arraigo::app
