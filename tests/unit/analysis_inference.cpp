#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "analysis/inference.hpp"

namespace arraigo::analysis {
namespace {

TEST(RatioOfMeans, TheEndsAreTheRatiosThatStudentsTestJustRefuses) {
  std::vector<double> const soles{980, 1100, 1040, 1220, 870}, people{10, 12, 9, 13, 8};
  auto const ratio = ratio_of_means(soles, people);
  ASSERT_TRUE(ratio.value && ratio.interval);
  EXPECT_DOUBLE_EQ(*ratio.value, 5210.0 / 52.0);
  for (double const end : {ratio.interval->low, ratio.interval->high}) {
    std::vector<double> rest;
    for (std::size_t i = 0; i < soles.size(); ++i) rest.push_back(soles[i] - end * people[i]);
    EXPECT_NEAR(*p_value_of_pairs(rest), 0.05, 1e-9) << end;
  }
}

TEST(RatioOfMeans, AgreesWithFiguresWorkedOutByHand) {
  // Means 20 and 4; variances of the means 4/3 and 1/3 (sums of squares 8 and 2 over 2 * 3), covariance 2/3: numerators
  // are twice the denominators plus 12. t(0.975; 2) = 4.302653, t^2 = 18.512821. The denominator's interval is 4
  // -+ 4.302653 * 0.577350 = 4 -+ 2.484139. a = 16 - 6.170940 = 9.829060, b = 80 - 12.341881 = 67.658119, c = 400
  // - 24.683761 = 375.316239; b^2 - a c = 4577.621 - 3689.006 = 888.615, its root 29.809646.
  std::vector<double> const soles{18, 20, 22}, people{3, 4, 5};
  auto const ratio = ratio_of_means(soles, people);
  ASSERT_TRUE(ratio.value && ratio.interval);
  EXPECT_DOUBLE_EQ(*ratio.value, 5);
  EXPECT_NEAR(ratio.interval->low, (67.658119 - 29.809646) / 9.829060, 1e-4);
  EXPECT_NEAR(ratio.interval->high, (67.658119 + 29.809646) / 9.829060, 1e-4);
}

TEST(RatioOfMeans, ProportionalDifferencesLeaveNoDoubt) {
  std::vector<double> const soles{30, 60, 90}, people{1, 2, 3};
  auto const clear = ratio_of_means(std::vector<double>{30, 33, 36}, std::vector<double>{10, 11, 12});
  ASSERT_TRUE(clear.interval);
  EXPECT_NEAR(clear.interval->low, 3, 1e-9);
  EXPECT_NEAR(clear.interval->high, 3, 1e-9);
  // However good the proportion, a denominator that may be nothing gives no ratio.
  EXPECT_EQ(ratio_of_means(soles, people).reason, NoRatio::spans_zero);
}

TEST(RatioOfMeans, IsNotGivenWhereTheOutcomeMayNotMove) {
  std::vector<double> const soles{100, 110, 90, 105};
  EXPECT_EQ(ratio_of_means(soles, std::vector<double>{5, -4, 3, -2}).reason, NoRatio::spans_zero);
  EXPECT_EQ(ratio_of_means(soles, std::vector<double>{0, 0, 0, 0}).reason, NoRatio::spans_zero);
  EXPECT_EQ(ratio_of_means(soles, std::vector<double>{-10, -11, -12, -9}).reason, NoRatio::falls);
  EXPECT_EQ(ratio_of_means(std::vector<double>{100}, std::vector<double>{5}).reason, NoRatio::too_few_pairs);
  for (auto const& people : {std::vector<double>{5, -4, 3, -2}, std::vector<double>{-10, -11, -12, -9}}) {
    auto const ratio = ratio_of_means(soles, people);
    EXPECT_FALSE(ratio.value);
    EXPECT_FALSE(ratio.interval);
  }
}

TEST(RatioOfMeans, CoversTheTruthNineteenTimesInTwentyWithFewReplicates) {
  std::mt19937_64 random(20260107);
  std::normal_distribution<double> normal;
  for (int const replicates : {3, 4, 8}) {
    constexpr int samples = 4000;
    double const truth = 300.0 / 20.0;
    int given = 0, covered = 0;
    for (int s = 0; s < samples; ++s) {
      std::vector<double> soles, people;
      for (int r = 0; r < replicates; ++r) {
        double const shared = normal(random);
        people.push_back(20 + 1.5 * shared + normal(random));
        soles.push_back(300 + 40 * shared + 30 * normal(random));
      }
      auto const ratio = ratio_of_means(soles, people);
      if (!ratio.interval) continue;
      ++given;
      if (ratio.interval->holds(truth)) ++covered;
    }
    // The standard error of a share of 4,000 samples is 0.0034.
    EXPECT_GT(given, samples * 99 / 100);
    EXPECT_NEAR(static_cast<double>(covered) / given, 0.95, 0.0115) << replicates;
  }
}

TEST(PValues, AgreeWithStudentsInterval) {
  // 25 -+ 3.182446 * 6.454972: at a mean of 3.182446 standard errors p is 0.05.
  std::vector<double> const values{10, 20, 30, 40};
  double const half = 3.182446305 * 6.454972244;
  std::vector<double> shifted;
  for (double const v : values) shifted.push_back(v - 25 + half);
  EXPECT_NEAR(*p_value_of_pairs(shifted), 0.05, 1e-8);
  EXPECT_EQ(*p_value_of_pairs(std::vector<double>{0, 0, 0}), 1);
  EXPECT_EQ(*p_value_of_pairs(std::vector<double>{2, 2, 2}), 0);
  EXPECT_FALSE(p_value_of_pairs(std::vector<double>{2}));
}

TEST(Holm, RaisesPValuesByHowManyAreLeft) {
  // Holm's own scheme: 0.01 * 4, 0.02 * 3, 0.03 * 2 raised to the one before, 0.2.
  auto const adjusted = holm_adjusted(std::vector<double>{0.03, 0.01, 0.2, 0.02});
  EXPECT_NEAR(adjusted[1], 0.04, 1e-12);
  EXPECT_NEAR(adjusted[3], 0.06, 1e-12);
  EXPECT_NEAR(adjusted[0], 0.06, 1e-12);
  EXPECT_NEAR(adjusted[2], 0.2, 1e-12);
  EXPECT_EQ(holm_adjusted(std::vector<double>{0.9, 0.8})[0], 1);
  EXPECT_TRUE(holm_adjusted({}).empty());
}

TEST(FalseDiscoveryRate, KeepsWhatBenjaminiAndHochbergKeep) {
  // The example of their paper of 1995: of these 15, the first four remain at 5 %.
  std::vector<double> const p{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                              0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  auto const remains = remain_under_false_discovery_rate(p);
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_EQ(remains[i], i < 4) << i;
  EXPECT_TRUE(remain_under_false_discovery_rate({}).empty());
  // One that is small enough brings with it all that are smaller, also where they alone would not pass.
  auto const together = remain_under_false_discovery_rate(std::vector<double>{0.049, 0.04});
  EXPECT_TRUE(together[0] && together[1]);
}

}  // namespace
}  // namespace arraigo::analysis
