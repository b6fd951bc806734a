#include "analysis/precision.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <vector>

#include "analysis/inference.hpp"
#include "core/errors.hpp"
#include "core/numbers.hpp"

namespace arraigo::analysis {
namespace {

/// Values that are all equal vary by exactly nothing, whatever their mean rounds to.
double sample_variance(std::span<double const> values) {
  if (std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); })) return 0;
  auto const n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (double const v : values) sum += v;
  for (double const v : values) squares += (v - sum / n) * (v - sum / n);
  return squares / (n - 1);
}

}  // namespace

std::optional<double> Precision::halfwidth(std::optional<double> base) const {
  if (!percent_of_base) return value;
  if (!base || *base == 0 || !std::isfinite(*base)) return std::nullopt;
  return value / 100 * std::abs(*base);
}

std::optional<Precision> parse_precision(std::string_view text) {
  Precision precision;
  if (text.ends_with('%')) {
    precision.percent_of_base = true;
    text.remove_suffix(1);
  }
  auto const parsed = parse_number(text);
  if (parsed.fault != NumberFault::none || !(parsed.value > 0)) return std::nullopt;
  precision.value = parsed.value;
  return precision;
}

int replicates_for(double deviation, double halfwidth) {
  if (!(deviation > 0) || !(halfwidth > 0)) throw BugError("replicates_for: deviation and half-width must be above zero");
  auto const is_enough = [&](int n) {
    return t_quantile_975(static_cast<std::size_t>(n - 1)) * deviation / std::sqrt(static_cast<double>(n)) <= halfwidth;
  };
  int low = 2, high = most_planned_replicates;
  if (!is_enough(high)) return high;
  // The quantile and the root both fall with n.
  while (low < high) {
    int const middle = low + (high - low) / 2;
    if (is_enough(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

ReplicatesNeeded replicates_needed(double variance, std::size_t pairs, std::optional<double> halfwidth) {
  ReplicatesNeeded needed;
  if (pairs < least_pairs_to_plan) needed.reason = NoPlan::too_few_pairs;
  else if (!(variance > 0)) needed.reason = NoPlan::no_variation;
  else if (!halfwidth) needed.reason = NoPlan::no_halfwidth;
  if (needed.reason != NoPlan::none) return needed;
  auto const degrees = static_cast<double>(pairs - 1);
  boost::math::chi_squared const distribution{degrees};
  double const most = boost::math::quantile(boost::math::complement(distribution, 0.025));
  double const least = boost::math::quantile(distribution, 0.025);
  needed.estimate = replicates_for(std::sqrt(variance), *halfwidth);
  needed.low = replicates_for(std::sqrt(variance * degrees / most), *halfwidth);
  needed.high = replicates_for(std::sqrt(variance * degrees / least), *halfwidth);
  return needed;
}

int next_look(int replicates) { return replicates + std::max(4, replicates / 4); }

std::optional<double> PairingGain::factor() const {
  if (!(difference_variance > 0)) return std::nullopt;
  return (base_variance + alternative_variance) / difference_variance;
}

std::optional<PairingGain> pairing_gain(std::span<double const> base, std::span<double const> alternative) {
  std::size_t const n = std::min(base.size(), alternative.size());
  if (n < 2) return std::nullopt;
  std::vector<double> differences(n);
  for (std::size_t i = 0; i < n; ++i) differences[i] = alternative[i] - base[i];
  return PairingGain{sample_variance(base.first(n)), sample_variance(alternative.first(n)), sample_variance(differences)};
}

}  // namespace arraigo::analysis
