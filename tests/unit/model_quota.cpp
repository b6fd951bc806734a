/// The hiring quota as an integer rule, and who heeds it.
#include <gtest/gtest.h>

#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

/// Foreigners that fit among `after` on-books staff, counted one hire at a time.
int foreigners_allowed(Rules const& rules, std::uint32_t after, SizeClass size = SizeClass::medium,
                       std::uint32_t per_agent = 1, double rounding = 0) {
  int allowed = 0;
  while (allowed < static_cast<int>(after) &&
         quota_has_room(rules, size, per_agent, rounding, after - 1, static_cast<std::uint32_t>(allowed), 100000, 0, 100))
    ++allowed;
  return allowed;
}

Rules twenty_percent(QuotaCounting counting) {
  Rules rules;
  rules.head_share = 0.2;
  rules.payroll_share = 1;
  rules.counting = counting;
  return rules;
}

struct Row {
  std::uint32_t staff_after;
  int floor, nearest, before_hire;
};

TEST(Quota, AllowsWhatTheThreeCountingRulesSay) {
  // Foreigners allowed by on-books staff after the hire, worked out by hand: floor(n / 5), the nearest whole number to
  // n / 5, floor((n - 1) / 5).
  constexpr Row table[]{{1, 0, 0, 0},  {2, 0, 0, 0},  {3, 0, 1, 0},  {4, 0, 1, 0},  {5, 1, 1, 0},
                        {6, 1, 1, 1},  {7, 1, 1, 1},  {8, 1, 2, 1},  {9, 1, 2, 1},  {10, 2, 2, 1},
                        {11, 2, 2, 2}, {12, 2, 2, 2}, {13, 2, 3, 2}, {14, 2, 3, 2}, {15, 3, 3, 2}};
  for (auto const& row : table) {
    EXPECT_EQ(foreigners_allowed(twenty_percent(QuotaCounting::floor), row.staff_after), row.floor) << row.staff_after;
    EXPECT_EQ(foreigners_allowed(twenty_percent(QuotaCounting::nearest), row.staff_after), row.nearest)
        << row.staff_after;
    EXPECT_EQ(foreigners_allowed(twenty_percent(QuotaCounting::before_hire), row.staff_after), row.before_hire)
        << row.staff_after;
  }
}

TEST(Quota, ExemptsSizesByList) {
  auto rules = twenty_percent(QuotaCounting::floor);
  rules.exempt_sizes = 0b0011;
  EXPECT_EQ(foreigners_allowed(rules, 4, SizeClass::micro), 4);
  EXPECT_EQ(foreigners_allowed(rules, 4, SizeClass::small), 4);
  EXPECT_EQ(foreigners_allowed(rules, 4, SizeClass::medium), 0);
  EXPECT_EQ(foreigners_allowed(rules, 4, SizeClass::large), 0);
}

TEST(Quota, CountsAThinnedFirmByItsOwnStaff) {
  // Twenty own workers behind each agent: 5 agents are 100 workers, of whom 20 may be foreign: one agent.
  EXPECT_EQ(foreigners_allowed(twenty_percent(QuotaCounting::floor), 5, SizeClass::large, 20), 1);
  EXPECT_EQ(foreigners_allowed(twenty_percent(QuotaCounting::floor), 4, SizeClass::large, 20), 0);
}

TEST(Quota, ThinnedFirmsHaveTheirLimitOnAverage) {
  // Three agents of a hundred workers: 60 foreigners may stay, 0.6 agents. With the limit cut to whole agents no such firm
  // would have any, and a coarse run would refuse more than a fine one.
  int sum = 0;
  for (int k = 0; k < 100; ++k)
    sum += foreigners_allowed(twenty_percent(QuotaCounting::floor), 3, SizeClass::large, 100, (k + 0.5) / 100);
  EXPECT_EQ(sum, 60);
}

TEST(Quota, LimitsTheShareOfPay) {
  Rules rules;
  rules.head_share = 1;
  rules.payroll_share = 0.3;
  EXPECT_TRUE(quota_has_room(rules, SizeClass::medium, 1, 0, 10, 0, 700000, 0, 300000));
  EXPECT_FALSE(quota_has_room(rules, SizeClass::medium, 1, 0, 10, 0, 700000, 0, 300010));
  EXPECT_FALSE(quota_has_room(rules, SizeClass::medium, 1, 0, 10, 1, 700000, 200000, 200000));
}

TEST(Quota, AllHeadsAndAllPayIsNoLimitUnderAnyCountingRule) {
  for (auto const counting : {QuotaCounting::floor, QuotaCounting::nearest, QuotaCounting::before_hire}) {
    Rules rules;
    rules.head_share = rules.payroll_share = 1;
    rules.counting = counting;
    for (std::uint32_t staff = 0; staff < 5; ++staff)
      EXPECT_TRUE(quota_has_room(rules, SizeClass::micro, 1, 0, staff, staff, 1000 * staff, 1000 * staff, 1000));
  }
}

TEST(Quota, AsManyFirmsHeedItAsTheShareSays) {
  auto const prepared = prepare(shipped("baseline", small_case(100, 1)));
  World world = Simulation(prepared->setup, 0, Detail::totals).world();
  auto const n = world.employers.size();
  for (double const share : {0.0, 0.3, 0.8, 1.0}) {
    world.rules.binding_share = share;
    std::size_t heed = 0;
    for (std::size_t e = 0; e < n; ++e) heed += heeds_quota(world, e) ? 1 : 0;
    double const error = std::sqrt(share * (1 - share) / static_cast<double>(n));
    EXPECT_LE(std::abs(static_cast<double>(heed) / static_cast<double>(n) - share), 4 * error) << share;
  }
}

}  // namespace
}  // namespace arraigo::tests
