/// The jobs of a command: which are run together, and running them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "app/progress.hpp"
#include "app/replicates.hpp"
#include "app/run_jobs.hpp"

namespace arraigo::app {

/// How the jobs of a command are run.
struct RunManner {
  std::string detail_name;
  Detail detail = Detail::zones;
  int threads = 1;
  bool force = false, quiet = false, no_branch = false;
  std::string typed;           ///< the command
  bool anew = false;           ///< what an earlier command kept is discarded
  std::string data = {};       ///< the folder of its tables
  std::string started = {};    ///< of a run that is gone on with; empty: now
  int checkpoint_every = 0;    ///< months; 0: a checkpoint is made when the run is stopped
};

/// Jobs by their numbers that are run together, and how many months that takes over all replicates.
struct JobGroup {
  std::vector<std::size_t> jobs;
  std::int64_t months = 0;
};

/// Layouts, memory and the folder: what is refused is refused before anything is run. Within with_threads.
void prepare_jobs(std::vector<Job>& jobs, Country const& country, RunManner const& manner);
/// Those with a start in common together, where the manner allows it and memory holds it.
[[nodiscard]] std::vector<JobGroup> groups_of(std::vector<Job> const& jobs, Country const& country, RunManner const& manner);

/// Jobs that get more and more replicates.
struct Growth {
  std::vector<int> first_replicates;  ///< by job: what it has
  int most_replicates = 0;
  std::vector<bool> goes_on;  ///< by job: its progress file has been begun by this command
};
/// Starts a group's progress and runs it, up to the replicates of its scenarios.
[[nodiscard]] TogetherResult run_group(JobGroup const& group, std::vector<Job> const& jobs, Growth const* growth,
                                       Country const& country, RunManner const& manner, Progress& progress, Keeper* keeper = nullptr);

/// Sentences about scenarios outside what the model's figures were seen at, unless quiet.
void tell_experience(std::vector<Job> const& jobs, RunManner const& manner);

/// Runs the jobs and publishes each file once its group is done. Within with_threads.
[[nodiscard]] Exit run_all(std::vector<Job>& jobs, Country const& country, RunManner const& manner);

}  // namespace arraigo::app
