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
  return parts;
}

}  // namespace arraigo::analysis
