/// The two parts of an interval over runs whose parameters were drawn: chance within a set of parameters, and what differs between
/// sets. One-way random-effects analysis of variance (Searle, Casella and McCulloch 1992, chapter 3).
#pragma once
#include <cstddef>
#include <optional>
#include <span>

#include "analysis/inference.hpp"
#include "analysis/run_data.hpp"

namespace arraigo::analysis {

struct ParameterParts {
  std::size_t sets = 0, per_set = 0;
  double chance_halfwidth = 0;     ///< of the mean, if the sets were given: 95 %, Student's t
  double parameter_halfwidth = 0;  ///< 1.96 deviations of the effect between sets, without chance
  double parameter_share = 0;      ///< of the variance that the interval with both rests on
  Interval both;                   ///< 95 %, where the effect lies under one set as good as any
  double one_run_halfwidth = 0;    ///< 95 %, where one run of such a set lies
};

/// Of paired differences by replicate, of which replicate r has the set r modulo `sets`. None unless there are two sets or more and
/// each has as many replicates, two or more: one each would not tell the parts apart.
///
/// With d_i the mean of a set, k replicates in it, B = k var(d_i) and W the variance within: chance^2 = W / n, between sets
/// max(0, (B - W) / k). The interval: Student's t of sets - 1 degrees on between + max(B, W) / n: how sets differ, and how well the
/// mean over them is known; for one run W more.
[[nodiscard]] std::optional<ParameterParts> parameter_parts(std::span<double const> differences, std::size_t sets);

/// How many sets of parameters the run's replicates draw from, replicate r the set r modulo these; 0: none was drawn.
[[nodiscard]] std::size_t parameter_sets_of(RunData const& run);

/// The mean of paired differences with the interval of both parts; without drawn parameters (`sets` 0) that of summarise_pairs.
/// No interval where sets are drawn and parameter_parts has none, or where only some of `replicates` are defined, so that sets are
/// not of one size. `differences` must not be empty.
[[nodiscard]] PairedDifference summarise_pairs(std::span<double const> differences, std::size_t sets, std::size_t replicates);

/// ratio_of_means where parameters may have been drawn: the ratios r for which zero lies in the interval of both parts of
/// numerator - r * denominator, found by bisection to 1e-9 of the ratio.
[[nodiscard]] RatioOfMeans ratio_of_means(std::span<double const> numerators, std::span<double const> denominators, std::size_t sets);

}  // namespace arraigo::analysis
