#include "analysis/emulator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlopt.hpp>
#include <utility>
#include <vector>

namespace arraigo::analysis {
namespace {

/// Of the process's variance: keeps the factor of the covariance sound where points lie close together.
constexpr double least_nugget = 1e-6;
constexpr double least_length = 0.05, most_length = 20, most_nugget = 10;
constexpr double length_deviation = 1.2, nugget_deviation = 1.5;
/// Points foretold at once: what they take stays within the cache.
constexpr Eigen::Index batch = 256;

double squared(double x) { return x * x; }

double standard_deviation(Eigen::VectorXd const& values) {
  if (values.size() < 2) return 0;
  return std::sqrt((values.array() - values.mean()).square().sum() / static_cast<double>(values.size() - 1));
}

}  // namespace

Emulator::Emulator(Eigen::MatrixXd points, Eigen::VectorXd values, EmulatorSettings settings)
    : points_(std::move(points)), values_(std::move(values)), settings_(std::move(settings)) {
  Eigen::MatrixXd k = covariance(points_, points_);
  k.diagonal().array() += settings_.nugget;
  factor_.compute(k);
  Eigen::MatrixXd const h = mean_terms(points_);
  inverse_terms_ = factor_.solve(h);
  terms_factor_.compute(h.transpose() * inverse_terms_);
  coefficients_ = terms_factor_.solve(inverse_terms_.transpose() * values_);
  Eigen::VectorXd const rest = values_ - h * coefficients_;
  weights_ = factor_.solve(rest);
  double const log_determinants = 2 * factor_.matrixLLT().diagonal().array().log().sum() + 2 * terms_factor_.matrixLLT().diagonal().array().log().sum();
  log_likelihood_ = -0.5 * (rest.dot(weights_) + log_determinants);
}

Eigen::MatrixXd Emulator::mean_terms(Eigen::MatrixXd const& points) const {
  Eigen::MatrixXd h(points.rows(), settings_.linear ? points.cols() + 1 : 1);
  h.col(0).setOnes();
  if (settings_.linear) h.rightCols(points.cols()) = points;
  return h;
}

Eigen::MatrixXd Emulator::covariance(Eigen::MatrixXd const& a, Eigen::MatrixXd const& b) const {
  Eigen::MatrixXd squares = Eigen::MatrixXd::Zero(a.rows(), b.rows());
  for (Eigen::Index c = 0; c < a.cols(); ++c) {
    double const scale = 1 / squared(settings_.lengths(c));
    for (Eigen::Index j = 0; j < b.rows(); ++j) squares.col(j).array() += scale * (a.col(c).array() - b(j, c)).square();
  }
  double const variance = settings_.variance;
  return squares.unaryExpr([variance](double square) {
    double const r = std::sqrt(5 * square);
    return variance * (1 + r + r * r / 3) * std::exp(-r);
  });
}

Emulator::Prediction Emulator::at(Eigen::MatrixXd const& points) const {
  Prediction prediction{Eigen::VectorXd(points.rows()), Eigen::VectorXd(points.rows())};
  for (Eigen::Index first = 0; first < points.rows(); first += batch) {
    Eigen::Index const n = std::min(batch, points.rows() - first);
    Eigen::MatrixXd const some = points.middleRows(first, n);
    Eigen::MatrixXd const k = covariance(points_, some), h = mean_terms(some);
    prediction.mean.segment(first, n) = h * coefficients_ + k.transpose() * weights_;
    Eigen::MatrixXd const known = factor_.matrixL().solve(k);
    // What not knowing the mean's coefficients adds.
    Eigen::MatrixXd const gap = h.transpose() - inverse_terms_.transpose() * k;
    Eigen::MatrixXd const unsure = terms_factor_.matrixL().solve(gap);
    prediction.variance.segment(first, n) =
        (settings_.variance - known.colwise().squaredNorm().array() + unsure.colwise().squaredNorm().array()).max(0.0).matrix().transpose();
  }
  return prediction;
}

Eigen::VectorXd Emulator::left_out_errors() const {
  Eigen::Index const n = points_.rows();
  Eigen::MatrixXd const inverse = factor_.solve(Eigen::MatrixXd::Identity(n, n));
  Eigen::MatrixXd const q = inverse - inverse_terms_ * terms_factor_.solve(inverse_terms_.transpose());
  // The miss is (Q y)_i / Q_ii and its variance 1 / Q_ii.
  return ((q * values_).array() / q.diagonal().array().max(std::numeric_limits<double>::min()).sqrt()).matrix();
}

double Emulator::share_within_two() const {
  auto const errors = left_out_errors();
  return static_cast<double>((errors.array().abs() <= 2).count()) / static_cast<double>(errors.size());
}

Emulator Emulator::fitted(Eigen::MatrixXd points, Eigen::VectorXd values, double noise_variance) {
  auto const k = static_cast<std::size_t>(points.cols());
  auto const n = points.rows();
  EmulatorSettings settings;
  settings.lengths = Eigen::VectorXd::Ones(points.cols());
  settings.linear = n >= 3 * (points.cols() + 1);
  double const center = values.mean(), scale = standard_deviation(values);
  if (!(scale > 1e-12 * std::max(1.0, std::abs(center)))) {
    // It is the same everywhere: nothing to learn lengths from.
    settings.variance = squared(1e-9 * std::max(1.0, std::abs(center)));
    settings.nugget = settings.variance;
    settings.linear = false;
    return {std::move(points), std::move(values), std::move(settings)};
  }
  Eigen::VectorXd const unit_values = (values.array() - center) / scale;
  double const noise = noise_variance / squared(scale);
  double const degrees = static_cast<double>(n) - (settings.linear ? static_cast<double>(k) + 1 : 1);

  /// With the ratio of nugget to variance given, the variance that fits best is known. `x`: log lengths, then log ratio.
  auto const settings_at = [&](std::vector<double> const& x) {
    EmulatorSettings at = settings;
    for (std::size_t c = 0; c < k; ++c) at.lengths(static_cast<Eigen::Index>(c)) = std::exp(x[c]);
    at.nugget = std::exp(x[k]);
    return at;
  };
  auto const posterior = [&](std::vector<double> const& x, double& variance) {
    Emulator const one(points, unit_values, settings_at(x));
    // At variance 1 the likelihood is -(q + log determinants) / 2; at its best variance q / degrees it is as below.
    double const quadratic = std::max(unit_values.dot(one.weights_), 1e-12);
    double const log_determinants = -2 * one.log_likelihood_ - quadratic;
    variance = quadratic / degrees;
    double value = -0.5 * (degrees * (std::log(variance) + 1) + log_determinants);
    for (std::size_t c = 0; c < k; ++c) value -= 0.5 * squared(x[c] / length_deviation);
    if (noise > 0) value -= 0.5 * squared((x[k] + std::log(variance) - std::log(noise)) / nugget_deviation);
    return std::isfinite(value) ? value : -1e300;
  };

  nlopt::opt search(nlopt::LN_SBPLX, static_cast<unsigned>(k + 1));
  std::vector<double> low(k + 1, std::log(least_length)), high(k + 1, std::log(most_length));
  low[k] = std::log(least_nugget);
  high[k] = std::log(most_nugget);
  search.set_lower_bounds(low);
  search.set_upper_bounds(high);
  search.set_xtol_abs(0.01);
  search.set_ftol_abs(1e-4);
  search.set_maxeval(static_cast<int>(60 * (k + 1)));
  search.set_initial_step(0.5);
  struct Call {
    decltype(posterior) const& of;
  } call{posterior};
  search.set_max_objective(
      [](std::vector<double> const& x, std::vector<double>&, void* data) {
        double ignored = 0;
        return static_cast<Call*>(data)->of(x, ignored);
      },
      &call);
  std::vector<double> best;
  double best_value = -std::numeric_limits<double>::infinity();
  for (double const length : {0.3, 1.0, 3.0})
    for (double const nugget : {1e-4, 1e-1}) {
      std::vector<double> x(k + 1, std::log(length));
      x[k] = std::log(nugget);
      double value = 0;
      try {
        search.optimize(x, value);
      } catch (nlopt::roundoff_limited const&) {
        // Where it stands is as good as it gets.
        double ignored = 0;
        value = posterior(x, ignored);
      }
      if (value > best_value) {
        best_value = value;
        best = x;
      }
    }
  double variance = 1;
  static_cast<void>(posterior(best, variance));
  settings = settings_at(best);
  settings.nugget *= variance * squared(scale);
  settings.variance = variance * squared(scale);
  return {std::move(points), std::move(values), std::move(settings)};
}

}  // namespace arraigo::analysis
