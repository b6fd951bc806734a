#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analysis/parameter_parts.hpp"

namespace arraigo::analysis {
namespace {

TEST(ParameterParts, AreThoseOfTheAnalysisOfVarianceByHand) {
  // Replicates 0, 3 of set 0; 1, 4 of set 1; 2, 5 of set 2: means 2, 4, 9, each replicate 1 away from its own.
  std::vector<double> const differences{1, 3, 8, 3, 5, 10};
  auto const parts = parameter_parts(differences, 3);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->per_set, 2U);
  // W = 6 / 3 = 2; B = 2 * (9 + 1 + 16) / 2 = 26; between = 12.
  EXPECT_NEAR(parts->parameter_halfwidth, 1.959963984540054 * std::sqrt(12.0), 1e-12);
  EXPECT_NEAR(parts->chance_halfwidth, t_quantile_975(3) * std::sqrt(2.0 / 6), 1e-12);
  double const half = t_quantile_975(2) * std::sqrt(12 + 26.0 / 6);
  EXPECT_NEAR(parts->both.low, 5 - half, 1e-12);
  EXPECT_NEAR(parts->both.high, 5 + half, 1e-12);
  EXPECT_NEAR(parts->parameter_share, 1 - (2.0 / 6) / (12 + 26.0 / 6), 1e-12);
}

TEST(ParameterParts, SetsThatDifferNoMoreThanChanceLeaveParametersNothing) {
  // The means are equal, the replicates are not.
  auto const parts = parameter_parts(std::vector<double>{1, 2, 3, 3, 2, 1}, 3);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->parameter_halfwidth, 0);
  EXPECT_GT(parts->chance_halfwidth, 0);
  EXPECT_EQ(parts->parameter_share, 0);
}

TEST(ParameterParts, OneReplicateEachDoesNotTellThemApart) {
  EXPECT_FALSE(parameter_parts(std::vector<double>{1, 2, 3, 4}, 4));
  EXPECT_FALSE(parameter_parts(std::vector<double>{1, 2, 3, 4}, 1));
  EXPECT_FALSE(parameter_parts(std::vector<double>{1, 2, 3, 4, 5}, 2));
}

/// A uniform draw in (-1, 1), of a sequence that is always the same.
double next(std::uint64_t& state) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<double>(state >> 11) / 9007199254740992.0 * 2 - 1;
}

TEST(ParameterParts, FindTheTwoDeviationsOfAKnownMixture) {
  std::uint64_t state = 5;
  constexpr std::size_t sets = 200, per_set = 4;
  std::vector<double> effects, differences;
  for (std::size_t s = 0; s < sets; ++s) effects.push_back(2 * next(state));  // deviation 2 / sqrt(3)
  for (std::size_t r = 0; r < sets * per_set; ++r) differences.push_back(effects[r % sets] + next(state));
  auto const parts = parameter_parts(differences, sets);
  ASSERT_TRUE(parts);
  // Four standard errors of a deviation estimated from 200 sets are some 20 % of it; a twin twice as large is far outside.
  double const found = parts->parameter_halfwidth / 1.959963984540054;
  EXPECT_NEAR(found, 2 / std::sqrt(3.0), 0.2 * 2 / std::sqrt(3.0));
  EXPECT_NEAR(parts->chance_halfwidth / 1.96 * std::sqrt(static_cast<double>(sets * per_set)), 1 / std::sqrt(3.0), 0.08);
}

TEST(ParameterParts, MakeTheIntervalsOfSumsAndRatiosToo) {
  // Two replicates of each of six sets: sets differ more than replicates of one.
  std::vector<double> const jobs{10, 14, 9, 13, 8, 12, 11, 14.5, 9.5, 12.5, 8.5, 12.5}, soles{100, 150, 80, 140, 90, 110, 104, 148, 86, 137, 91, 113};
  auto const parts = parameter_parts(jobs, 6);
  ASSERT_TRUE(parts);
  auto const drawn = summarise_pairs(jobs, 6, jobs.size()), plain = summarise_pairs(jobs, 0, jobs.size());
  EXPECT_EQ(drawn.mean, plain.mean);
  EXPECT_EQ(drawn.interval->low, parts->both.low);
  EXPECT_EQ(plain.interval->low, summarise_pairs(jobs).interval->low);
  EXPECT_GT(drawn.interval->high - drawn.interval->low, 1.5 * (plain.interval->high - plain.interval->low));
  EXPECT_FALSE(summarise_pairs(std::span(jobs).first(10), 6, 12).interval) << "sets of two sizes";
  EXPECT_FALSE(summarise_pairs(std::span(jobs).first(6), 6, 6).interval) << "one replicate of each";

  auto const ratio = ratio_of_means(soles, jobs, 6), narrow = ratio_of_means(soles, jobs);
  ASSERT_TRUE(ratio.value && ratio.interval);
  EXPECT_EQ(*ratio.value, *narrow.value);
  EXPECT_LT(ratio.interval->low, narrow.interval->low);
  EXPECT_GT(ratio.interval->high, narrow.interval->high);
  for (double const end : {ratio.interval->low, ratio.interval->high}) {
    std::vector<double> rest(jobs.size());
    for (std::size_t i = 0; i < jobs.size(); ++i) rest[i] = soles[i] - end * jobs[i];
    auto const at_end = parameter_parts(rest, 6)->both;
    EXPECT_LT(std::min(std::abs(at_end.low), std::abs(at_end.high)), 1e-6) << "at the end zero is about to leave the interval";
  }
  // What replicates taken for independent would give a ratio of, sets do not.
  std::vector<double> const unsure{6, -2, 5, -1, 4, 3, 6.1, -1.9, 5.1, -0.9, 4.1, 3.1};
  EXPECT_EQ(ratio_of_means(soles, unsure).reason, NoRatio::none);
  EXPECT_EQ(ratio_of_means(soles, unsure, 6).reason, NoRatio::spans_zero);
  EXPECT_EQ(ratio_of_means(soles, std::vector<double>(12, -1.0), 6).reason, NoRatio::falls);
  EXPECT_EQ(ratio_of_means(soles, jobs, 12).reason, NoRatio::too_few_pairs);
}

}  // namespace
}  // namespace arraigo::analysis
