/// How an output depends on parameters: elementary effects, variance parts, partial rank correlations, regional distances,
/// and the part of its variance that is chance of the replicates. Pure functions of numbers; every resampling starts from a
/// fixed seed, so that the same numbers give the same interval. Outputs that are not finite are missing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "analysis/inference.hpp"

namespace arraigo::analysis {

/// Values of one parameter, one for each row of a design.
using Column = std::vector<double>;

/// Resamples behind every bootstrap interval (percentiles, 95 %: Efron and Tibshirani 1993).
inline constexpr std::size_t bootstrap_samples = 1000;

/// Morris (1991), Technometrics 33(2): 161-174; mu* of Campolongo, Cariboni and Saltelli (2007), Environ. Model. Softw.
/// 22(10): 1509-1518. In units of the output, for a move across the parameter's whole range.
struct ElementaryEffects {
  double mu = 0;       ///< mean: with its sign
  double mu_star = 0;  ///< mean size
  double sigma = 0;    ///< standard deviation: curvature, interaction, and chance
  Interval mu_star_interval;  ///< bootstrap over trajectories; of zero width for fewer than two
  std::size_t effects = 0;    ///< steps of this parameter whose two ends are known
  double mean_square_step = 0;  ///< of the steps' inverse squares: what turns the variance of an output into that of an effect
};
/// `unit_values`: one column for each parameter, scaled so that its range is 0 to 1. Rows of a trajectory differ from
/// step to step in one parameter. A parameter without a known effect has effects == 0.
[[nodiscard]] std::vector<ElementaryEffects> elementary_effects(std::span<Column const> unit_values,
                                                                std::span<std::uint32_t const> trajectory,
                                                                std::span<std::uint32_t const> step,
                                                                std::span<double const> output);

/// The outputs of Saltelli's blocks; all columns are of one length, and the same place in each is one base point.
struct BlockOutputs {
  std::vector<double> a, b;
  std::vector<Column> a_b;  ///< A with parameter i of B
};
/// First order: Saltelli et al. (2010), Comput. Phys. Commun. 181(2): 259-270, table 2 (b). Total order: Jansen (1999),
/// ibid. (f). Shares of the variance of A and B together.
struct VarianceParts {
  double first = 0, total = 0;
  Interval first_interval, total_interval;  ///< bootstrap over base points
};
/// Empty when the output does not vary. BugError when the columns differ in length; values must be finite.
[[nodiscard]] std::vector<VarianceParts> variance_parts(BlockOutputs const& outputs);

/// 1, 2, ... by size; equal values share the mean of their ranks.
[[nodiscard]] std::vector<double> ranks(std::span<double const> values);

/// Marino, Hogue, Ray and Kirschner (2008), J. Theor. Biol. 254(1): 178-196.
struct RankCorrelation {
  double value = 0;
  Interval interval;   ///< 95 %: Fisher's z, with 1.06 for ranks (Fieller, Hartley and Pearson 1957)
  double p_value = 1;  ///< two-sided, Student's t
};
struct RankRegression {
  std::vector<RankCorrelation> parameters;
  double r_squared = 0;  ///< of ranks on ranks: low where an output is not monotone in its parameters
};
/// None when there are too few rows (fewer than parameters + 4), when a column does not vary, or when one is a
/// combination of others. All values must be finite.
[[nodiscard]] std::optional<RankRegression> partial_rank_correlations(std::span<Column const> parameters,
                                                                      std::span<double const> output);

/// Monte Carlo filtering (Hornberger and Spear 1981, J. Environ. Manage. 12: 7-18): the greatest distance between the
/// distributions of a parameter among the cases of interest and among the others.
struct Separation {
  double distance = 0;
  double p_value = 1;  ///< Kolmogorov and Smirnov's, with Stephens' (1970) correction for few cases; ties make it too large
};
/// None when one of the two groups is empty.
[[nodiscard]] std::optional<Separation> regional_separation(std::span<double const> values, std::vector<bool> const& of_interest);

/// A point's mean over replicates moves by chance. Replicates of one number share their random numbers at all points, so
/// what they have in common is no chance between points: the variance is that of the residual of point and replicate.
struct ReplicateNoise {
  double variance = 0;  ///< of a point's mean, by chance alone
  double share = 0;     ///< of the variance of the points' means, 0 to 1
  std::size_t points = 0, replicates = 0;
};
/// `outputs`: on (point, replicate), row-major; points with a missing replicate are left out. None for one replicate, fewer
/// than two whole points, or means that do not vary.
[[nodiscard]] std::optional<ReplicateNoise> replicate_noise(std::span<double const> outputs, std::size_t replicates);

}  // namespace arraigo::analysis
