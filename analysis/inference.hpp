/// What chance alone can do: intervals and p-values over few paired replicates, ratios of means, many tests at once.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace arraigo::analysis {

struct Interval {
  double low = 0;
  double high = 0;
  [[nodiscard]] bool holds(double value) const { return low <= value && value <= high; }
};

/// The quantile of the normal distribution that leaves 2.5 % above it.
inline constexpr double normal_quantile_975 = 1.959963984540054;
/// The quantile of Student's t that leaves 2.5 % above it. `degrees_of_freedom` from 1.
[[nodiscard]] double t_quantile_975(std::size_t degrees_of_freedom);

/// The mean of paired differences and its 95 % interval by Student's t.
struct PairedDifference {
  double mean = 0;
  std::optional<Interval> interval;  ///< none for fewer than two pairs; of zero width when all differences are equal
};
/// `differences` must not be empty.
[[nodiscard]] PairedDifference summarise_pairs(std::span<double const> differences);

/// Two-sided p-value of a mean difference of zero by Student's t. None for fewer than two pairs. Differences that are
/// all equal leave no chance: 1 when they are zero, otherwise 0.
[[nodiscard]] std::optional<double> p_value_of_pairs(std::span<double const> differences);

/// Why a ratio of means is not given.
enum class NoRatio { none, too_few_pairs, spans_zero, falls };

/// mean(numerators) / mean(denominators) with a 95 % interval by Fieller's theorem.
struct RatioOfMeans {
  std::optional<double> value;
  std::optional<Interval> interval;
  NoRatio reason = NoRatio::none;
};
/// Both are of the same replicates, in the same order. Given only where the 95 % interval of the mean denominator lies
/// above zero: elsewhere Fieller's set is unbounded, and a quotient would be a figure without meaning.
///
/// Fieller (1954): numerator - ratio * denominator is, for the true ratio, a paired difference of mean zero, so the
/// ratios that Student's test does not refuse are the interval. For normal differences it is exact however few
/// replicates there are, unlike the delta method, and a bootstrap of eight pairs has too few distinct samples.
[[nodiscard]] RatioOfMeans ratio_of_means(std::span<double const> numerators, std::span<double const> denominators);

/// Holm (1979): each p-value as it must be read when all of `p_values` are looked at together, in their order.
[[nodiscard]] std::vector<double> holm_adjusted(std::span<double const> p_values);

/// Benjamini and Hochberg (1995): which of the tests remain when at most the share `rate` of those that remain is to be
/// due to chance, on average.
[[nodiscard]] std::vector<bool> remain_under_false_discovery_rate(std::span<double const> p_values, double rate = 0.05);

}  // namespace arraigo::analysis
