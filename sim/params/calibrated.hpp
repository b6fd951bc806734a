/// The file of fitted values that a calibration writes (calibrated.yaml) and runs may use in place of the table's.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "params/scenario.hpp"

namespace arraigo {

struct CalibratedValue {
  ParameterRow const* row = nullptr;
  double value = 0;                         ///< fitted
  double low = 0, high = 0;                 ///< the range before
  std::optional<double> q05, q50, q95;      ///< of the range left
  std::string identified;                   ///< "yes", "little", "no", "unknown"
};

/// How near the model came to a figure, for who reads the file.
struct CalibratedFigure {
  std::string id;
  double published = 0, before = 0, after = 0, implausibility = 0;
};

struct CalibratedBlock {
  std::string id;
  int points = 0;
  double implausibility = 0, space_left = 0;
  std::vector<CalibratedValue> parameters;
  std::vector<CalibratedFigure> figures;
  std::vector<std::vector<double>> draws;  ///< each a value per parameter, equally likely; empty: nothing was left
};

struct Calibrated {
  std::string date, program, commit, command, data_digest;
  std::string scenario, area;
  int scale = 0, replicates = 0;
  std::uint64_t seed = 0;
  std::vector<CalibratedBlock> blocks;
};

[[nodiscard]] std::string to_yaml(Calibrated const& calibrated);
/// InputError with every mistake found: the file may have been written by hand.
[[nodiscard]] Calibrated read_calibrated(std::filesystem::path const& file);

/// Puts fitted values where the scenario leaves a parameter to the table: what a scenario or --set says stands.
void use_fitted(Scenario& scenario, Calibrated const& calibrated);

/// `draws` sets of all fitted parameters out of the ranges left, keyed by `seed`: set i is the same for every scenario, and for
/// every number of sets above it. Blocks are drawn apart. InputError when a block has no ranges.
struct ParameterDraws {
  std::vector<ParameterRow const*> rows;
  std::vector<std::vector<double>> sets;  ///< a value per row each
};
[[nodiscard]] ParameterDraws draw_parameters(Calibrated const& calibrated, std::string const& file, std::uint64_t seed, std::size_t draws);

}  // namespace arraigo
