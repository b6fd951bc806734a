/// The two parts of an interval over runs whose parameters were drawn: chance within a set of parameters, and what differs between
/// sets. One-way random-effects analysis of variance (Searle, Casella and McCulloch 1992, chapter 3).
#pragma once
#include <cstddef>
#include <optional>
#include <span>

#include "analysis/inference.hpp"

namespace arraigo::analysis {

struct ParameterParts {
  std::size_t sets = 0, per_set = 0;
  double chance_halfwidth = 0;     ///< of the mean, if the sets were given: 95 %, Student's t
  double parameter_halfwidth = 0;  ///< 1.96 deviations of the effect between sets, without chance
  double parameter_share = 0;      ///< of the variance that the interval with both rests on
  Interval both;                   ///< 95 %, where the effect lies under one set as good as any
};

/// Of paired differences by replicate, of which replicate r has the set r modulo `sets`. None unless there are two sets or more and
/// each has as many replicates, two or more: one each would not tell the parts apart.
///
/// With d_i the mean of a set, k replicates in it, B = k var(d_i) and W the variance within: chance^2 = W / n, between sets
/// max(0, (B - W) / k). The interval: Student's t of sets - 1 degrees on between + max(B, W) / n: how sets differ, and how well the
/// mean over them is known.
[[nodiscard]] std::optional<ParameterParts> parameter_parts(std::span<double const> differences, std::size_t sets);

}  // namespace arraigo::analysis
