#include "analysis/calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

namespace arraigo::analysis {
namespace {
double squared(double x) { return x * x; }
}  // namespace

double implausibility(double published, double expected, double emulator_variance, double observation_variance, double discrepancy_variance,
                      double replicate_variance) {
  return std::abs(published - expected) / std::sqrt(emulator_variance + observation_variance + discrepancy_variance + replicate_variance);
}

double judged_implausibility(std::vector<double> of_figures, Judged judged) {
  std::sort(of_figures.begin(), of_figures.end(), std::greater<>{});
  return judged == Judged::second_highest && of_figures.size() > 1 ? of_figures[1] : of_figures.front();
}

Eigen::MatrixXd squared_implausibilities(FitBlock const& block, Emulated const& emulated, Eigen::MatrixXd const& points) {
  Eigen::MatrixXd squares(points.rows(), static_cast<Eigen::Index>(block.targets.size()));
  for (std::size_t t = 0; t < block.targets.size(); ++t) {
    auto const& target = block.targets[t];
    auto const prediction = emulated.emulators[t].at(points);
    for (Eigen::Index p = 0; p < points.rows(); ++p) {
      double const square = squared(implausibility(target.value, prediction.mean(p), prediction.variance(p), squared(target.standard_error),
                                                   squared(target.tolerance), emulated.replicate_variances[t]));
      // An emulator that failed knows nothing of the place, which is no reason to keep it.
      squares(p, static_cast<Eigen::Index>(t)) = std::isfinite(square) ? square : 1e12;
    }
  }
  return squares;
}

std::vector<double> judged_by_point(Eigen::MatrixXd const& squares, Judged judged) {
  std::vector<double> judged_values;
  for (Eigen::Index p = 0; p < squares.rows(); ++p) {
    std::vector<double> of_figures;
    for (Eigen::Index t = 0; t < squares.cols(); ++t) of_figures.push_back(std::sqrt(squares(p, t)));
    judged_values.push_back(judged_implausibility(std::move(of_figures), judged));
  }
  return judged_values;
}

std::vector<double> likelihood_weights(Eigen::MatrixXd const& squares, std::span<double const> judged, double cutoff) {
  std::vector<double> weights(judged.size(), 0.0), sums(judged.size(), 0.0);
  double least = 0;
  bool any = false;
  for (std::size_t p = 0; p < judged.size(); ++p) {
    sums[p] = squares.row(static_cast<Eigen::Index>(p)).sum();
    if (judged[p] >= cutoff) continue;
    least = any ? std::min(least, sums[p]) : sums[p];
    any = true;
  }
  double all = 0;
  for (std::size_t p = 0; p < judged.size(); ++p)
    if (judged[p] < cutoff) all += weights[p] = std::exp(-0.5 * (sums[p] - least));
  if (any)
    for (double& w : weights) w /= all;
  return weights;
}

double effective_sample(std::span<double const> weights) {
  double sum = 0, squares = 0;
  for (double const w : weights) {
    sum += w;
    squares += w * w;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

double weighted_quantile(Eigen::VectorXd const& values, std::span<double const> weights, double quantile) {
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values(static_cast<Eigen::Index>(a)) < values(static_cast<Eigen::Index>(b)); });
  double const wanted = quantile * std::accumulate(weights.begin(), weights.end(), 0.0);
  double reached = 0;
  for (std::size_t const p : order) {
    reached += weights[p];
    if (reached >= wanted && weights[p] > 0) return values(static_cast<Eigen::Index>(p));
  }
  return values(static_cast<Eigen::Index>(order.back()));
}

double weighted_correlation(Eigen::VectorXd const& a, Eigen::VectorXd const& b, std::span<double const> weights) {
  Eigen::Map<Eigen::VectorXd const> const w(weights.data(), static_cast<Eigen::Index>(weights.size()));
  double const sum = w.sum(), mean_a = w.dot(a) / sum, mean_b = w.dot(b) / sum;
  Eigen::ArrayXd const da = a.array() - mean_a, db = b.array() - mean_b;
  double const both = (w.array() * da * db).sum(), of_a = (w.array() * da.square()).sum(), of_b = (w.array() * db.square()).sum();
  return of_a > 0 && of_b > 0 ? both / std::sqrt(of_a * of_b) : 0;
}

std::vector<std::size_t> resampled(std::span<double const> weights, std::size_t draws) {
  double const all = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<std::size_t> rows;
  double reached = 0;
  std::size_t row = 0;
  for (std::size_t d = 0; d < draws && !weights.empty(); ++d) {
    double const at = all * (static_cast<double>(d) + 0.5) / static_cast<double>(draws);
    while (row + 1 < weights.size() && reached + weights[row] < at) reached += weights[row++];
    rows.push_back(row);
  }
  return rows;
}

std::vector<double> main_effects(Eigen::MatrixXd const& points, Eigen::VectorXd const& values) {
  constexpr std::size_t slices = 16;
  double const mean = values.mean(), variance = (values.array() - mean).square().mean();
  std::vector<double> shares;
  for (Eigen::Index c = 0; c < points.cols(); ++c) {
    std::array<double, slices> sums{}, counts{};
    for (Eigen::Index p = 0; p < points.rows(); ++p) {
      auto const slice = std::min(slices - 1, static_cast<std::size_t>(points(p, c) * static_cast<double>(slices)));
      sums[slice] += values(p) - mean;
      counts[slice] += 1;
    }
    double between = 0;
    for (std::size_t s = 0; s < slices; ++s)
      if (counts[s] > 0) between += squared(sums[s]) / counts[s];
    shares.push_back(variance > 0 ? std::min(1.0, between / static_cast<double>(values.size()) / variance) : 0);
  }
  return shares;
}

Identified identified_by(double width) {
  return width >= nothing_from ? Identified::no : width >= little_from ? Identified::little : Identified::yes;
}

}  // namespace arraigo::analysis
