/// Scenario discovery: boxes of parameter values that hold many cases of interest and few others, by the patient rule
/// induction method (PRIM: Friedman and Fisher 1999, Statistics and Computing 9(2): 123-143), read as Bryant and Lempert
/// (2010, Technol. Forecast. Soc. Change 77(1): 34-49) do: coverage, density, and which restrictions chance may explain.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "analysis/sensitivity.hpp"

namespace arraigo::analysis {

struct PrimOptions {
  double peel_share = 0.05;   ///< of the box's points, taken off or put back at a time
  double least_mass = 0.05;   ///< of all points: no smaller box is looked at
  std::size_t most_boxes = 3; ///< each further one is sought among the points outside those before
  double most_quasi_p = 0.05; ///< a restriction above it is lifted again
  std::size_t resamples = 20; ///< in which the first box is sought again
  std::optional<std::size_t> step{};  ///< of the first box's trajectory; none: the one with the largest balance
};

/// What a box holds. Coverage is of all cases of interest, density of the box's points, mass of all points.
struct BoxQuality {
  std::size_t points = 0, cases = 0;
  double coverage = 0, density = 0, mass = 0;
  std::size_t restricted = 0;  ///< parameters
};

/// Both ends belong to the box.
struct BoxLimit {
  std::size_t parameter = 0;
  std::optional<double> low, high;
  double quasi_p = 1;      ///< that the box without this limit holds as many cases in as many points by chance (binomial)
  double reproduced = 0;   ///< share of the resamples whose box restricts this parameter; 0 for boxes after the first
};

struct PrimBox {
  std::vector<BoxQuality> trajectory;  ///< of peeling, from the whole space; before pasting and lifting
  std::size_t chosen = 0;              ///< of the trajectory
  BoxQuality quality;                  ///< of the box as it stands, after pasting and lifting
  std::vector<BoxLimit> limits;
  std::vector<bool> inside;            ///< by row
};

/// 2 / (1 / coverage + 1 / density): large only where both are. The rule by which a box of the trajectory is chosen.
[[nodiscard]] double balance(BoxQuality const& quality);

/// Boxes in the order in which they are found; empty when no case, or every row, is of interest, or no box is denser than the
/// whole. Values must be finite. Peeling prefers the side whose removal raises the density most per point that it takes
/// (Kwakkel and Jaxa-Rozen 2016, Environ. Model. Softw. 79: 311-321), so that a parameter of few levels has no advantage. It
/// takes one side at a time, so that two regions at opposite ends, of equal weight, hide each other.
[[nodiscard]] std::vector<PrimBox> find_boxes(std::span<Column const> parameters, std::vector<bool> const& of_interest,
                                              PrimOptions const& options = {});

}  // namespace arraigo::analysis
