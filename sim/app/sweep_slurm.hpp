/// A sweep on Slurm: two scripts in the sweep's folder, a job array that works and a job that collects after it.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace arraigo::app {

struct SlurmJob {
  std::filesystem::path folder;  ///< of the sweep
  std::string name;
  std::optional<std::string> partition, data;
  std::size_t tasks = 1;
  std::optional<std::size_t> array_limit;
  int threads = 1;             ///< processors of a task
  double memory_bytes = 0;     ///< of a task
  bool retry_failed = false;
};

struct SlurmIds {
  std::string array, collect;
};

/// Writes the scripts and submits both jobs. MachineError with what sbatch says when it does not accept them.
SlurmIds submit(SlurmJob const& job);

}  // namespace arraigo::app
