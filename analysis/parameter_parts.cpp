#include "analysis/parameter_parts.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace arraigo::analysis {

std::optional<ParameterParts> parameter_parts(std::span<double const> differences, std::size_t sets) {
  std::size_t const n = differences.size();
  if (sets < 2 || n % sets != 0 || n / sets < 2) return std::nullopt;
  ParameterParts parts;
  parts.sets = sets;
  parts.per_set = n / sets;
  auto const k = static_cast<double>(parts.per_set), all = static_cast<double>(n);
  std::vector<double> means(sets, 0.0);
  double mean = 0;
  for (std::size_t r = 0; r < n; ++r) {
    means[r % sets] += differences[r] / k;
    mean += differences[r] / all;
  }
  double within = 0, between = 0;
  for (std::size_t r = 0; r < n; ++r) within += (differences[r] - means[r % sets]) * (differences[r] - means[r % sets]);
  for (double const m : means) between += k * (m - mean) * (m - mean);
  double const w = within / (all - static_cast<double>(sets)), b = between / static_cast<double>(sets - 1);
  double const of_parameters = std::max(0.0, (b - w) / k), of_mean = std::max(b, w) / all;
  parts.chance_halfwidth = t_quantile_975(n - sets) * std::sqrt(w / all);
  parts.parameter_halfwidth = normal_quantile_975 * std::sqrt(of_parameters);
  double const variance = of_parameters + of_mean;
  // What is not the chance of the mean comes from parameters, the finite number of sets included.
  parts.parameter_share = variance > 0 ? std::max(0.0, 1 - w / all / variance) : 0;
  double const half = t_quantile_975(sets - 1) * std::sqrt(variance);
  parts.both = {mean - half, mean + half};
  parts.one_run_halfwidth = t_quantile_975(sets - 1) * std::sqrt(variance + w);
  return parts;
}

std::size_t parameter_sets_of(RunData const& run) { return static_cast<std::size_t>(std::max<std::int64_t>(0, run.integer_attribute("draws").value_or(0))); }

PairedDifference summarise_pairs(std::span<double const> differences, std::size_t sets, std::size_t replicates) {
  auto result = summarise_pairs(differences);
  if (sets == 0) return result;
  auto const parts = differences.size() == replicates ? parameter_parts(differences, sets) : std::nullopt;
  result.interval = parts ? std::optional{parts->both} : std::nullopt;
  return result;
}

RatioOfMeans ratio_of_means(std::span<double const> numerators, std::span<double const> denominators, std::size_t sets) {
  if (sets == 0) return ratio_of_means(numerators, denominators);
  RatioOfMeans result;
  std::size_t const n = std::min(numerators.size(), denominators.size());
  auto const below = parameter_parts(denominators.first(n), sets);
  if (!below) {
    result.reason = NoRatio::too_few_pairs;
    return result;
  }
  if (below->both.low <= 0) {
    result.reason = below->both.high < 0 ? NoRatio::falls : NoRatio::spans_zero;
    return result;
  }
  std::vector<double> rest(n);
  auto const holds_zero = [&](double ratio) {
    for (std::size_t i = 0; i < n; ++i) rest[i] = numerators[i] - ratio * denominators[i];
    auto const parts = parameter_parts(rest, sets);
    return parts && parts->both.holds(0);
  };
  double const up = summarise_pairs(numerators.first(n)).mean, down = summarise_pairs(denominators.first(n)).mean, value = up / down;
  // Far from the ratio of the means only the denominator counts, whose interval lies above zero: each end is bracketed.
  auto const end = [&](double direction) {
    double inside = value, step = std::max(std::abs(value), std::abs(up) / down) * 1e-3 + 1e-9;
    while (holds_zero(value + direction * step) && step < 1e300) inside = value + direction * step, step *= 2;
    double outside = value + direction * step;
    while (std::abs(outside - inside) > 1e-9 * std::max(std::abs(inside), std::abs(outside))) {
      double const middle = inside + (outside - inside) / 2;
      if (middle == inside || middle == outside) break;
      (holds_zero(middle) ? inside : outside) = middle;
    }
    return inside;
  };
  result.value = value;
  result.interval = Interval{end(-1), end(1)};
  return result;
}

}  // namespace arraigo::analysis
