/// Reading in a child process with limits: a damaged or crafted file can crash or stall the HDF5 library in spite of
/// all checks, and then only the child ends.
#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace arraigo::analysis {

struct ChildOutcome {
  std::string output;     ///< what it wrote
  bool finished = false;  ///< it came to its own end
  bool too_slow = false;  ///< it was ended because its time was over
  std::chrono::seconds given{0};  ///< the time that was over
};

/// What a child may take. A library that is stalled by a crafted file is busy, and its processor time soon tells; a slow disk or
/// a crowded machine takes long without using the processor, and has longer.
struct ReadingTime {
  std::chrono::milliseconds wall{0};
  std::chrono::seconds processor{0};
};

/// How long a child may take to read a file: five minutes, and a second more for each MB, which the slowest disk does; ten
/// seconds of processor, and one more for each 20 MB, a third of the speed at which a run file was verified (16 MB in 0.27 seconds).
[[nodiscard]] ReadingTime time_to_read(std::filesystem::path const& path);

/// Runs `work` in a child process, which is ended after `most`. MachineError when none can be started. An exception that leaves
/// `work` counts as not finished.
[[nodiscard]] ChildOutcome run_in_child(
    ReadingTime most,
    std::function<void(std::function<void(std::string_view)> const& write)> const& work);

/// Opens `path` by `open` in a child first: a crafted file can crash or stall the HDF5 library, and then only the child ends.
/// Throws what `open` throws of InputError and MachineError, and InputError where the child did not come to its own end.
void try_in_child(std::filesystem::path const& path, std::function<void()> const& open);
void try_in_child(std::filesystem::path const& path, ReadingTime most, std::function<void()> const& open);

}  // namespace arraigo::analysis
