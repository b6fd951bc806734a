#include "analysis/inference.hpp"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace arraigo::analysis {
namespace {

constexpr double confidence = 0.95;

double mean_of(std::span<double const> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// One that is not a number does not equal itself.
bool all_equal(std::span<double const> values) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); });
}

/// Of the mean of at least two values.
double standard_error(std::span<double const> values, double mean) {
  double squares = 0;
  for (double const v : values) squares += (v - mean) * (v - mean);
  auto const n = static_cast<double>(values.size());
  return std::sqrt(squares / (n - 1) / n);
}

/// Positions in ascending order of the p-values.
std::vector<std::size_t> ascending(std::span<double const> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  return order;
}

}  // namespace

double t_quantile_975(std::size_t degrees_of_freedom) {
  // The quantile is found by iteration; the few that are asked for again and again are kept.
  thread_local std::array<double, 256> kept{};  // 0: not yet asked for
  bool const is_kept = degrees_of_freedom < kept.size();
  if (is_kept && kept[degrees_of_freedom] > 0) return kept[degrees_of_freedom];
  boost::math::students_t const distribution{static_cast<double>(degrees_of_freedom)};
  double const quantile = boost::math::quantile(boost::math::complement(distribution, (1 - confidence) / 2));
  if (is_kept) kept[degrees_of_freedom] = quantile;
  return quantile;
}

PairedDifference summarise_pairs(std::span<double const> differences) {
  std::size_t const n = differences.size();
  PairedDifference result;
  if (n == 1 || all_equal(differences)) {
    result.mean = differences.front();
    if (n > 1) result.interval = Interval{result.mean, result.mean};
    return result;
  }
  result.mean = mean_of(differences);
  double const half = t_quantile_975(n - 1) * standard_error(differences, result.mean);
  result.interval = Interval{result.mean - half, result.mean + half};
  return result;
}

std::optional<double> p_value_of_pairs(std::span<double const> differences) {
  if (differences.size() < 2) return std::nullopt;
  if (all_equal(differences)) return differences.front() == 0 ? 1.0 : 0.0;
  double const mean = mean_of(differences);
  double const t = std::abs(mean) / standard_error(differences, mean);
  if (!std::isfinite(t)) return std::isnan(t) ? 1.0 : 0.0;
  boost::math::students_t const distribution{static_cast<double>(differences.size() - 1)};
  return 2 * boost::math::cdf(boost::math::complement(distribution, t));
}

RatioOfMeans ratio_of_means(std::span<double const> numerators, std::span<double const> denominators) {
  RatioOfMeans result;
  std::size_t const n = std::min(numerators.size(), denominators.size());
  if (n < 2) {
    result.reason = NoRatio::too_few_pairs;
    return result;
  }
  auto const below = summarise_pairs(denominators.first(n));
  if (below.interval->holds(0)) {
    result.reason = NoRatio::spans_zero;
    return result;
  }
  if (below.mean < 0) {
    result.reason = NoRatio::falls;
    return result;
  }
  double const up = mean_of(numerators.first(n)), down = below.mean;
  double up_up = 0, up_down = 0, down_down = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double const u = numerators[i] - up, d = denominators[i] - down;
    up_up += u * u;
    up_down += u * d;
    down_down += d * d;
  }
  double const t = t_quantile_975(n - 1);
  double const factor = t * t / static_cast<double>((n - 1) * n);
  // The ratios r with (up - r down)^2 <= t^2 var(up - r down): a r^2 - 2 b r + c <= 0, and a > 0 since the
  // denominator's interval does not hold zero.
  double const a = down * down - factor * down_down;
  double const b = up * down - factor * up_down;
  double const c = up * up - factor * up_up;
  double const root = std::sqrt(std::max(0.0, b * b - a * c));
  result.value = up / down;
  result.interval = Interval{(b - root) / a, (b + root) / a};
  return result;
}

std::vector<double> holm_adjusted(std::span<double const> p_values) {
  std::vector<double> adjusted(p_values.size());
  double least = 0;
  std::size_t left = p_values.size();
  for (std::size_t const i : ascending(p_values)) {
    least = std::max(least, std::min(1.0, static_cast<double>(left) * p_values[i]));
    adjusted[i] = least;
    --left;
  }
  return adjusted;
}

std::vector<bool> remain_under_false_discovery_rate(std::span<double const> p_values, double rate) {
  auto const order = ascending(p_values);
  auto const m = static_cast<double>(p_values.size());
  std::size_t remaining = 0;
  for (std::size_t k = 0; k < order.size(); ++k)
    if (p_values[order[k]] <= static_cast<double>(k + 1) / m * rate) remaining = k + 1;
  std::vector<bool> remains(p_values.size(), false);
  for (std::size_t k = 0; k < remaining; ++k) remains[order[k]] = true;
  return remains;
}

}  // namespace arraigo::analysis
