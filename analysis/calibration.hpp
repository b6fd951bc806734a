/// Fitting by simulated moments: implausibility, what a sample of parameters says once it is weighed by it, which figure answers
/// to which parameter; and the result as people and programs read it. Vernon, Goldstein and Bower (2010), Bayesian Analysis 5(4):
/// 619-670, for history matching.
#pragma once
#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analysis/emulator.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

/// A figure to be reached, and how near is near enough.
struct FitTarget {
  std::string id, title_es, title_en, unit, reason;
  double value = 0;           ///< as published
  double standard_error = 0;  ///< of what was published
  double tolerance = 0;       ///< standard deviation of what a model of this kind cannot be blamed for
};

struct FitParameter {
  std::string name;            ///< "group.name"
  double low = 0, high = 1;    ///< the range before
  double table = 0;            ///< value of the parameter table
};

/// Which implausibility of several figures counts.
enum class Judged { highest, second_highest };

/// What is fitted to what, and how hard.
struct FitBlock {
  std::string id;
  int months = 0;
  std::vector<FitParameter> parameters;
  std::vector<FitTarget> targets;
  std::size_t points = 40, waves = 3, local_steps = 30;
  double cutoff = 3;
  Judged judged = Judged::highest;
  std::uint64_t seed = 1;
};

/// Distance to what was published, in standard deviations of all that may keep the model from it.
[[nodiscard]] double implausibility(double published, double expected, double emulator_variance, double observation_variance, double discrepancy_variance,
                                    double replicate_variance);

/// Of the implausibilities of one point, which must not be empty, the one that counts. With one figure the highest.
[[nodiscard]] double judged_implausibility(std::vector<double> of_figures, Judged judged);

/// The emulators of a block's figures, and the variance that the mean over replicates has by chance.
struct Emulated {
  std::vector<Emulator> emulators;
  std::vector<double> replicate_variances;
};

/// By point and figure: squared implausibilities of emulated points.
[[nodiscard]] Eigen::MatrixXd squared_implausibilities(FitBlock const& block, Emulated const& emulated, Eigen::MatrixXd const& points);
/// By point, from what squared_implausibilities says.
[[nodiscard]] std::vector<double> judged_by_point(Eigen::MatrixXd const& squares, Judged judged);

/// Whether the figures say something of a parameter: by the width of its range over that before.
enum class Identified { unknown, yes, little, no };
inline constexpr double little_from = 0.5, nothing_from = 0.8;

struct FittedParameter {
  double fitted = 0;
  std::optional<double> low, median, high;  ///< 5, 50 and 95 % of the range left; none where nothing is left
  double width = 1;                         ///< of the range from 5 to 95 % over that of the range before
  Identified identified = Identified::unknown;
};

struct FittedTarget {
  double before = 0, after = 0;  ///< model at the table's values and at the fitted ones, mean over replicates
  double implausibility = 0;     ///< of what is fitted, with the model itself: no emulator in it
  double within_two = 0;         ///< emulator: share of points within two deviations when left out
  double moves = 0;              ///< deviation of the emulated figure over the range before, in deviations of implausibility
  std::vector<double> shares;    ///< by parameter: of that variation, what the parameter explains alone
};

struct Wave {
  std::size_t points = 0;     ///< run in it
  double space_left = 1;      ///< share of the range before
  double best = 0;            ///< lowest implausibility of the points run so far
};

struct Correlated {
  std::size_t one = 0, other = 0;
  double correlation = 0;
};

struct BlockFit {
  FitBlock block;
  std::vector<FittedParameter> parameters;
  std::vector<FittedTarget> targets;
  std::vector<Wave> waves;
  std::size_t points = 0;       ///< run in all
  double implausibility = 0;    ///< of what is fitted
  double effective_sample = 0;  ///< how many equally weighted points the sample is worth; 0: nothing is left
  std::vector<Correlated> correlated;
  std::vector<std::vector<double>> draws;  ///< of the range left, equally likely; empty: nothing is left
};

struct CalibrationResult {
  std::string name, scenario, area;
  int scale = 0, replicates = 0;
  std::uint64_t seed = 0;
  std::vector<BlockFit> blocks;
};

/// exp(-sum / 2) of squared implausibilities, for points that are not ruled out, 0 for the others; they sum to 1 unless all are 0.
[[nodiscard]] std::vector<double> likelihood_weights(Eigen::MatrixXd const& squares, std::span<double const> judged, double cutoff);
/// (sum w)^2 / sum w^2.
[[nodiscard]] double effective_sample(std::span<double const> weights);
/// The least value up to which lies the share `quantile` of the weight.
[[nodiscard]] double weighted_quantile(Eigen::VectorXd const& values, std::span<double const> weights, double quantile);
[[nodiscard]] double weighted_correlation(Eigen::VectorXd const& a, Eigen::VectorXd const& b, std::span<double const> weights);
/// Rows that stand for the weights, each as often as its weight says (systematic resampling, from the middle of each step).
[[nodiscard]] std::vector<std::size_t> resampled(std::span<double const> weights, std::size_t draws);
/// Of the variance of `values` over `points` in [0, 1], what each coordinate explains alone: variance of means in 16 equal slices.
[[nodiscard]] std::vector<double> main_effects(Eigen::MatrixXd const& points, Eigen::VectorXd const& values);
[[nodiscard]] Identified identified_by(double width);

/// Correlations at least so strong are told.
inline constexpr double told_correlation = 0.6;
/// Samples worth fewer points are told.
inline constexpr double few_draws = 50;
/// Emulators that foretell a smaller share of left-out points within two deviations are told.
inline constexpr double poor_emulator = 0.85;

void print_calibration(std::ostream& out, CalibrationResult const& result, Lang lang, std::size_t columns);
void print_calibration_csv(std::ostream& out, CalibrationResult const& result);
void print_calibration_json(std::ostream& out, CalibrationResult const& result);

}  // namespace arraigo::analysis
