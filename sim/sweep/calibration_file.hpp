/// The calibration's file: which scenario, which parameters in which order, which figures they are fitted to and how near.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "params/scenario.hpp"

namespace arraigo::sweep {

struct CalibratedParameter {
  ParameterRow const* row = nullptr;
  std::string where;  ///< "file:line:column"
  double low = 0, high = 0;
};

/// A figure by its id in the table of published figures, which this reader does not know.
struct CalibrationTarget {
  std::string figure, where, reason;
  double tolerance = 0;  ///< share of the figure's value, as a standard deviation
};

struct CalibrationBlock {
  std::string id, where;
  std::vector<CalibratedParameter> parameters;
  std::vector<CalibrationTarget> targets;
  std::size_t points = 40;       ///< of each wave
  std::size_t waves = 3;
  std::size_t local_steps = 30;  ///< runs of the local search; 0: none
};

struct CalibrationFile {
  std::string name;  ///< stem of the file
  std::string scenario, scenario_where;
  Overrides common;  ///< scale, area, seed and sets; replicates always
  double cutoff = 3;
  bool second_highest = false;
  std::vector<CalibrationBlock> blocks;
};

/// Throws InputError with every mistake found in one pass.
[[nodiscard]] CalibrationFile read_calibration(std::filesystem::path const& file);

}  // namespace arraigo::sweep
