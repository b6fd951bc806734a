/// The work of a sweep: runs of its plan that are missing, side by side in this process, each published when it is done.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "init/country.hpp"
#include "params/scenario.hpp"
#include "sweep/plan.hpp"
#include "sweep/run_folder.hpp"

namespace arraigo::app {

/// Which part of the plan a worker does. It follows from the plan alone, not from what is done: workers start at
/// different times, and all of them together must leave nothing out.
struct Share {
  std::size_t index = 0, count = 1;
};

struct WorkOptions {
  int threads = 1;
  bool retry_failed = false, quiet = false;
  Share share;
};

struct WorkOutcome {
  std::size_t done = 0, failed = 0;  ///< by this worker
  std::vector<std::string> alarms;   ///< a run gave another result than in another process
  bool stopped = false;              ///< a signal came
};

/// Must be called within with_threads. A run that fails is noted and the others go on; MachineError when results cannot be
/// written.
[[nodiscard]] WorkOutcome work(sweep::Plan const& plan, sweep::RunFolder const& folder, Country const& country,
                               WorkOptions const& options);

/// The scenarios of a plan, ready for its points.
[[nodiscard]] std::vector<ScenarioSource> sources_of(sweep::Plan const& plan, Country const& country);

/// What the plan's runs take, foretold from the first point of each scenario.
struct Foretold {
  double seconds_of_run = 0;  ///< of one processor
  double memory_of_lane = 0;  ///< bytes
  double disk_of_run = 0;     ///< bytes
};
[[nodiscard]] Foretold foretell(sweep::Plan const& plan, Country const& country);

/// Runs that this machine holds at once, of `threads`.
[[nodiscard]] int lanes_of(Foretold const& foretold, int threads);

}  // namespace arraigo::app
