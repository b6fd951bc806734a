#include "analysis/sensitivity.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "core/errors.hpp"

namespace arraigo::analysis {
namespace {

constexpr std::uint64_t resampling_seed = 1;

double mean_of(std::span<double const> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// The value that a share of sorted ones lies below, between its neighbours (type 7 of Hyndman and Fan 1996).
double quantile(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  double const place = share * static_cast<double>(values.size() - 1);
  auto const below = static_cast<std::size_t>(place);
  if (below + 1 >= values.size()) return values.back();
  return values[below] + (place - static_cast<double>(below)) * (values[below + 1] - values[below]);
}

Interval percentiles(std::vector<double> values) { return {quantile(values, 0.025), quantile(values, 0.975)}; }

/// Places 0 .. n - 1 drawn n times, by the same draws each time.
class Resampling {
 public:
  explicit Resampling(std::size_t n) : places_(n), which_(0, n - 1) {}
  std::vector<std::size_t> const& next() {
    for (auto& place : places_) place = which_(random_);
    return places_;
  }

 private:
  boost::random::mt19937_64 random_{resampling_seed};
  std::vector<std::size_t> places_;
  boost::random::uniform_int_distribution<std::size_t> which_;
};

}  // namespace

std::vector<ElementaryEffects> elementary_effects(std::span<Column const> unit_values, std::span<std::uint32_t const> trajectory,
                                                  std::span<std::uint32_t const> step, std::span<double const> output) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> row_of;
  for (std::size_t row = 0; row < output.size(); ++row) row_of[{trajectory[row], step[row]}] = row;
  std::vector<std::vector<double>> effects(unit_values.size());
  std::vector<double> inverse_squares(unit_values.size(), 0);
  for (auto const& [place, row] : row_of) {
    auto const before = row_of.find({place.first, place.second - 1});
    if (place.second == 0 || before == row_of.end()) continue;
    double const change = output[row] - output[before->second];
    if (!std::isfinite(change)) continue;
    for (std::size_t k = 0; k < unit_values.size(); ++k) {
      double const moved = unit_values[k][row] - unit_values[k][before->second];
      if (moved == 0) continue;
      effects[k].push_back(change / moved);
      inverse_squares[k] += 1 / (moved * moved);
    }
  }
  std::vector<ElementaryEffects> found(unit_values.size());
  for (std::size_t k = 0; k < found.size(); ++k) {
    auto const& of_k = effects[k];
    auto& result = found[k];
    result.effects = of_k.size();
    if (of_k.empty()) continue;
    auto const n = static_cast<double>(of_k.size());
    result.mean_square_step = inverse_squares[k] / n;
    result.mu = mean_of(of_k);
    std::vector<double> sizes;
    double squares = 0;
    for (double const effect : of_k) {
      sizes.push_back(std::abs(effect));
      squares += (effect - result.mu) * (effect - result.mu);
    }
    result.mu_star = mean_of(sizes);
    result.sigma = of_k.size() < 2 ? 0 : std::sqrt(squares / (n - 1));
    Resampling resampling(of_k.size());
    std::vector<double> means;
    for (std::size_t s = 0; s < bootstrap_samples; ++s) {
      double sum = 0;
      for (std::size_t const place : resampling.next()) sum += sizes[place];
      means.push_back(sum / n);
    }
    result.mu_star_interval = percentiles(std::move(means));
  }
  return found;
}

std::vector<VarianceParts> variance_parts(BlockOutputs const& outputs) {
  std::size_t const n = outputs.a.size(), k = outputs.a_b.size();
  if (outputs.b.size() != n) throw BugError("blocks of different length");
  for (auto const& column : outputs.a_b)
    if (column.size() != n) throw BugError("blocks of different length");
  if (n < 2) return {};
  using Values = Eigen::Map<Eigen::ArrayXd const>;
  auto const map = [&](Column const& column) { return Values(column.data(), static_cast<Eigen::Index>(n)); };
  // About their mean: the estimator of the first order is exact for any constant, and least noisy for this one.
  double const centre = (map(outputs.a).mean() + map(outputs.b).mean()) / 2;
  Eigen::ArrayXd const a = map(outputs.a) - centre, b = map(outputs.b) - centre;
  Eigen::ArrayXd const both_sum = a + b, both_squares = a.square() + b.square();
  if (!(both_squares.sum() > 0) || (both_squares.sum() <= 1e-24 * static_cast<double>(n) * centre * centre)) return {};
  std::vector<Eigen::ArrayXd> first, total;
  for (auto const& column : outputs.a_b) {
    Eigen::ArrayXd const a_b = map(column) - centre;
    first.emplace_back(b * (a_b - a));
    total.emplace_back(0.5 * (a - a_b).square());
  }
  auto const variance = [&](double sum, double squares) {
    double const m = sum / static_cast<double>(2 * n);
    return squares / static_cast<double>(2 * n) - m * m;
  };
  double const whole = variance(both_sum.sum(), both_squares.sum());
  if (!(whole > 0)) return {};
  std::vector<VarianceParts> parts(k);
  for (std::size_t i = 0; i < k; ++i) {
    parts[i].first = first[i].mean() / whole;
    parts[i].total = total[i].mean() / whole;
  }
  std::vector<std::vector<double>> firsts(k), totals(k);
  Resampling resampling(n);
  Eigen::ArrayXd weights(static_cast<Eigen::Index>(n));
  for (std::size_t s = 0; s < bootstrap_samples; ++s) {
    // How often each base point was drawn: the sums are products with it.
    weights.setZero();
    for (std::size_t const place : resampling.next()) weights[static_cast<Eigen::Index>(place)] += 1;
    double const drawn = variance((weights * both_sum).sum(), (weights * both_squares).sum());
    if (!(drawn > 0)) continue;
    for (std::size_t i = 0; i < k; ++i) {
      firsts[i].push_back((weights * first[i]).sum() / static_cast<double>(n) / drawn);
      totals[i].push_back((weights * total[i]).sum() / static_cast<double>(n) / drawn);
    }
  }
  for (std::size_t i = 0; i < k; ++i) {
    parts[i].first_interval = percentiles(std::move(firsts[i]));
    parts[i].total_interval = percentiles(std::move(totals[i]));
  }
  return parts;
}

std::vector<double> ranks(std::span<double const> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  // Equal means over replicates can differ in their last bit by the order of summation: what is a billionth of the spread apart is a tie.
  double const tie = order.empty() ? 0 : 1e-9 * (values[order.back()] - values[order.front()]);
  std::vector<double> found(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i + 1;
    while (end < order.size() && values[order[end]] - values[order[end - 1]] <= tie) ++end;
    for (std::size_t j = i; j < end; ++j) found[order[j]] = static_cast<double>(i + 1 + end) / 2;
    i = end;
  }
  return found;
}

std::optional<RankRegression> partial_rank_correlations(std::span<Column const> parameters, std::span<double const> output) {
  std::size_t const n = output.size(), k = parameters.size();
  if (k == 0 || n < k + 4) return std::nullopt;
  // Standardised ranks, the output last: their correlations' inverse holds all partial correlations at once.
  Eigen::MatrixXd z(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(k + 1));
  for (std::size_t column = 0; column <= k; ++column) {
    auto const of_column = ranks(column < k ? std::span<double const>{parameters[column]} : output);
    Eigen::VectorXd values = Eigen::Map<Eigen::VectorXd const>(of_column.data(), static_cast<Eigen::Index>(n));
    values.array() -= values.mean();
    double const size = values.norm();
    if (!(size > 0)) return std::nullopt;
    z.col(static_cast<Eigen::Index>(column)) = values / size;
  }
  Eigen::MatrixXd const correlations = z.transpose() * z;
  auto const count = static_cast<Eigen::Index>(k);
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> const among(correlations.topLeftCorner(count, count));
  if (!among.isInvertible()) return std::nullopt;
  Eigen::VectorXd const with_output = correlations.topRightCorner(count, 1);
  Eigen::VectorXd const weights = among.solve(with_output);
  Eigen::MatrixXd const inverse = among.inverse();
  RankRegression regression;
  regression.r_squared = std::clamp(with_output.dot(weights), 0.0, 1.0);
  double const unexplained = std::max(0.0, 1 - with_output.dot(weights));
  double const freedom = static_cast<double>(n) - 2 - static_cast<double>(k - 1);
  boost::math::students_t const student{freedom};
  for (Eigen::Index i = 0; i < count; ++i) {
    // A slope over what it leaves: with b the weight and c the inverse's diagonal, r = b / sqrt(b^2 + c (1 - R^2)).
    double const b = weights[i], c = inverse(i, i);
    double const below = std::sqrt(b * b + c * unexplained);
    double const r = below > 0 ? std::clamp(b / below, -1.0, 1.0) : 0.0;
    RankCorrelation correlation;
    correlation.value = r;
    double const error = std::sqrt(1.06 / (freedom - 1));
    double const fisher = std::atanh(std::clamp(r, -1 + 1e-12, 1 - 1e-12));
    constexpr double normal_975 = 1.959963984540054;
    correlation.interval = {std::tanh(fisher - normal_975 * error), std::tanh(fisher + normal_975 * error)};
    double const rest = 1 - r * r;
    correlation.p_value = rest > 0 ? 2 * boost::math::cdf(boost::math::complement(student, std::abs(r) * std::sqrt(freedom / rest))) : 0.0;
    regression.parameters.push_back(correlation);
  }
  return regression;
}

std::optional<Separation> regional_separation(std::span<double const> values, std::vector<bool> const& of_interest) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  auto const inside = static_cast<double>(std::count(of_interest.begin(), of_interest.end(), true));
  double const outside = static_cast<double>(values.size()) - inside;
  if (inside == 0 || outside == 0) return std::nullopt;
  Separation found;
  double in = 0, out = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    (of_interest[order[i]] ? in : out) += 1;
    // Both distributions step at once where values are equal.
    if (i + 1 < order.size() && values[order[i + 1]] == values[order[i]]) continue;
    found.distance = std::max(found.distance, std::abs(in / inside - out / outside));
  }
  double const root = std::sqrt(inside * outside / (inside + outside));
  double const lambda = (root + 0.12 + 0.11 / root) * found.distance;
  // Kolmogorov's series alternates and ends soon, but for small arguments, where it is 1.
  double sum = 0;
  for (int j = 1; j <= 100 && lambda > 0.2; ++j) sum += (j % 2 == 1 ? 2 : -2) * std::exp(-2.0 * j * j * lambda * lambda);
  found.p_value = lambda > 0.2 ? std::clamp(sum, 0.0, 1.0) : 1.0;
  return found;
}

std::optional<ReplicateNoise> replicate_noise(std::span<double const> outputs, std::size_t replicates) {
  if (replicates < 2) return std::nullopt;
  std::vector<std::size_t> whole;
  std::vector<double> means;
  for (std::size_t point = 0; point * replicates < outputs.size(); ++point) {
    auto const of_point = outputs.subspan(point * replicates, replicates);
    if (!std::all_of(of_point.begin(), of_point.end(), [](double value) { return std::isfinite(value); })) continue;
    whole.push_back(point);
    means.push_back(mean_of(of_point));
  }
  if (whole.size() < 2) return std::nullopt;
  auto const points = static_cast<double>(whole.size()), count = static_cast<double>(replicates);
  double const all = mean_of(means);
  double between = 0, residual = 0;
  for (double const mean : means) between += (mean - all) * (mean - all);
  for (std::size_t r = 0; r < replicates; ++r) {
    double of_replicate = 0;
    for (std::size_t const point : whole) of_replicate += outputs[point * replicates + r];
    of_replicate /= points;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      double const rest = outputs[whole[i] * replicates + r] - means[i] - of_replicate + all;
      residual += rest * rest;
    }
  }
  double const variance_of_means = between / (points - 1);
  if (!(variance_of_means > 1e-24 * all * all)) return std::nullopt;
  ReplicateNoise noise;
  noise.points = whole.size();
  noise.replicates = replicates;
  noise.variance = residual / ((points - 1) * (count - 1)) / count;
  noise.share = std::clamp(noise.variance / variance_of_means, 0.0, 1.0);
  return noise;
}

}  // namespace arraigo::analysis
