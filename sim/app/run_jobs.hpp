/// A run as a job: its scenario, the file that it will be, and what a file that is there already means for it.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/progress.hpp"
#include "core/input_errors.hpp"
#include "init/country.hpp"
#include "params/calibrated.hpp"
#include "params/scenario.hpp"
#include "record/record.hpp"
#include "record/run_file.hpp"

namespace arraigo::app {

/// One scenario of the command, and the file that it will be.
struct Job {
  Scenario scenario;
  std::filesystem::path target;
  RecordLayout layout = {};
  std::shared_ptr<Scenario const> behaviour = {};  ///< in which people decide; none: in the scenario itself
  std::shared_ptr<ParameterDraws const> sets = {};  ///< of parameters, that replicates take in turn; none: the scenario's
};

[[nodiscard]] std::string utc_now();

/// What must agree for two runs to be the same, and what the file says besides. Names of inputs come first.
[[nodiscard]] RunAttributes inputs_of(Scenario const& scenario, Country const& country, std::string const& detail,
                                      Scenario const* behaviour = nullptr, ParameterDraws const* sets = nullptr);
/// The name of a run: that of its scenario, or of what its rules do by themselves.
[[nodiscard]] std::string stem_of(Scenario const& scenario, bool by_rule);
[[nodiscard]] RunAttributes with_circumstances(RunAttributes attributes, Scenario const& scenario,
                                               std::string const& typed, std::string const& started,
                                               std::string const& finished);

/// MachineError when it cannot be made.
void make_folder(std::filesystem::path const& folder);

/// What stands where a job's file is to be.
struct Standing {
  bool kept = false;    ///< a file of the same inputs
  std::string refusal;  ///< why a file that is there cannot be kept; empty: it can, or nothing is there
};

[[nodiscard]] Standing look_at(Job const& job, Country const& country, std::string const& detail);

/// Writes the file of a finished job. Where another program has published one under its name meanwhile, that file is
/// treated as if it had been there at the start: false, with a notice that it is kept, or a refusal.
bool publish(Job const& job, Country const& country, std::string const& detail, bool force,
             std::vector<ReplicateRecord> const& records, RunAttributes const& attributes, Progress& progress,
             Errors& refusals);

}  // namespace arraigo::app
