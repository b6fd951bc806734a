/// Waves of history matching and a local search, for whatever simulates: the model, or in tests a formula.
#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/calibration.hpp"

namespace arraigo::app {

/// Values of one point: by figure, by replicate. Replicate r has the same random numbers at every point.
using PointValues = std::vector<std::vector<double>>;

/// What a batch of points is for.
struct Stage {
  std::size_t wave = 0;  ///< from 1; 0: local search
};

/// Values of points, each a value per parameter of the block, in their own units; none when a signal came.
using Simulate = std::function<std::optional<std::vector<PointValues>>(std::vector<std::vector<double>> const& points, Stage stage)>;
/// What a wave has left, as soon as it is known.
using TellWave = std::function<void(std::size_t wave, analysis::Wave const& what)>;

/// The first wave is a Latin hypercube with the table's values as its first point; each further wave lies, spread out, where no
/// emulator of all points run so far rules a point out. A wave that leaves nothing is followed by the least implausible places
/// instead. Then NLopt's BOBYQA (Powell 2009; with one parameter Sbplx, Rowan 1990) goes down from the best point with the model
/// itself. The ranges come from emulators of every point. The same inputs give the same result; none when a signal came.
[[nodiscard]] std::optional<analysis::BlockFit> fit_block(analysis::FitBlock const& block, Simulate const& simulate, TellWave const& tell);

/// The most points of all waves and the search that emulators are made of: their cost grows with the third power.
inline constexpr std::size_t most_fit_points = 600;

}  // namespace arraigo::app
