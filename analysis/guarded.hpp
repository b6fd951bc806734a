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
};

/// How long a child may take to read a file: five minutes, and a second more for each MB, which the slowest disk does.
[[nodiscard]] std::chrono::milliseconds time_to_read(std::filesystem::path const& path);

/// Runs `work` in a child process, which is ended after `most`. MachineError when none can be started. An exception that leaves
/// `work` counts as not finished.
[[nodiscard]] ChildOutcome run_in_child(
    std::chrono::milliseconds most,
    std::function<void(std::function<void(std::string_view)> const& write)> const& work);

/// Opens `path` by `open` in a child first: a crafted file can crash or stall the HDF5 library, and then only the child ends.
/// Throws what `open` throws of InputError and MachineError, and InputError where the child did not come to its own end.
void try_in_child(std::filesystem::path const& path, std::function<void()> const& open);
void try_in_child(std::filesystem::path const& path, std::chrono::milliseconds most, std::function<void()> const& open);

}  // namespace arraigo::analysis
