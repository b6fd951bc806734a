/// Recorded variables as text, for tools that do not read HDF5.
#pragma once
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "analysis/run_reader.hpp"

namespace arraigo::analysis {

struct ExportOptions {
  std::vector<std::string> variables;  ///< names; empty: all
};

/// One long table: variable,replicate,time,dimension,key,value (time as YYYY-MM; dimension and key empty for totals of
/// the area). Streams one variable at a time.
void export_csv(std::ostream& out, std::filesystem::path const& path, ExportOptions const& options = {});

}  // namespace arraigo::analysis
