/// How many replicates a stated precision needs, and what pairing replicates saves.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace arraigo::analysis {

/// A half-width of the 95 % interval of a difference, in the indicator's unit or as a part of the base's value.
struct Precision {
  double value = 0;
  bool percent_of_base = false;
  /// None for a percentage of nothing: no value of the base, or 0.
  [[nodiscard]] std::optional<double> halfwidth(std::optional<double> base) const;
};
/// "0.5" or "2%"; none when it is neither or not above zero.
[[nodiscard]] std::optional<Precision> parse_precision(std::string_view text);

/// What differences of few pairs vary by is itself hardly known: below this number no number of replicates is told.
inline constexpr std::size_t least_pairs_to_plan = 5;
/// Above it none is told exactly.
inline constexpr int most_planned_replicates = 1'000'000;

enum class NoPlan { none, too_few_pairs, no_variation, no_halfwidth, drawn_parameters };

/// How many replicates an interval of a half-width needs, as far as those at hand can tell.
struct ReplicatesNeeded {
  std::optional<int> estimate;
  int low = 0, high = 0;  ///< with the ends of the 95 % interval of the variance; most_planned_replicates: that or more
  NoPlan reason = NoPlan::none;
};

/// The least n with t(n - 1) * deviation / sqrt(n) <= halfwidth, at least 2 and at most most_planned_replicates. Both
/// must be above zero.
[[nodiscard]] int replicates_for(double deviation, double halfwidth);

/// From `pairs` differences of the sample variance `variance`. The range is that of the variance by chi-squared, which
/// holds for normal differences.
[[nodiscard]] ReplicatesNeeded replicates_needed(double variance, std::size_t pairs, std::optional<double> halfwidth);

/// Replicates with which a run begins that adds more until its interval is narrow enough. Stopping at the first one favours
/// intervals that are narrow by chance, the more the fewer replicates there are: ten keep the coverage for normal differences
/// above 92 of 100, three do not. (Chow and Robbins 1965, Ann. Math. Stat. 36: 457-462, show that such a rule, one replicate
/// at a time, loses nothing in the limit of narrow intervals.)
inline constexpr int least_sequential_replicates = 10;
/// How many there are at the next look: a quarter more, at least four. Depends on nothing else, so that neither threads
/// nor the machine change where a run ends.
[[nodiscard]] int next_look(int replicates);

/// Sample variances of the same pairs.
struct PairingGain {
  double base_variance = 0, alternative_variance = 0, difference_variance = 0;
  /// How many times as many replicates unpaired runs would need for the same interval: the variance of a difference of
  /// independent runs over that of the paired one. None where the paired difference does not vary.
  [[nodiscard]] std::optional<double> factor() const;
};
/// None for fewer than two pairs. Both are of the same replicates, in the same order.
[[nodiscard]] std::optional<PairingGain> pairing_gain(std::span<double const> base, std::span<double const> alternative);

}  // namespace arraigo::analysis
