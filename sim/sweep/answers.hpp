/// The answer of a sweep: parameters and indicators by point and replicate as one data set, HDF5 that is also valid
/// netCDF-4. It is made from the results at will, and is never their only copy.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>

#include "sweep/run_folder.hpp"

namespace arraigo::sweep {

inline constexpr char answers_name[] = "answers.h5";

struct AnswerFiles {
  std::filesystem::path hdf5;
  std::optional<std::filesystem::path> csv;         ///< a row for each point and replicate
  std::optional<std::filesystem::path> csv_months;  ///< a row for each point, replicate and month
  bool replace_tables = false;                      ///< CSV files that are there; `hdf5` is always made anew
};

struct Collected {
  std::size_t done = 0, failed = 0, missing = 0;
};

/// Writes the files anew; each appears under its name only when it is whole. Memory does not grow with the number of runs.
/// InputError with every damaged result, and when a name is of something other than a file; NameTaken when a table is there
/// that is not to be replaced; MachineError when the disk fails.
Collected collect(RunFolder const& folder, Plan const& plan, AnswerFiles const& files);

}  // namespace arraigo::sweep
