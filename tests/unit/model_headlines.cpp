/// The headline indicators that a run tells while it goes.
#include <gtest/gtest.h>

#include <cmath>

#include "core/errors.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

TEST(Headlines, AreTheIndicatorsOfTheRecordMonthByMonthAtEveryDetail) {
  for (auto const detail : {Detail::totals, Detail::zones, Detail::districts}) {
    auto const prepared = prepare(shipped("baseline", small_case(100, 3, "150132,150135")), detail);
    Simulation simulation(prepared->setup, 0, detail);
    EXPECT_THROW(static_cast<void>(simulation.headlines()), BugError);
    std::vector<std::vector<std::optional<double>>> told;
    while (!simulation.done()) {
      simulation.step();
      told.push_back(simulation.headlines());
    }
    auto const record = simulation.take_record();
    std::size_t defined = 0;
    for (int month = 0; month < 3; ++month) {
      std::size_t k = 0;
      for (auto const& row : prepared->layout.indicators) {
        if (!row.headline) continue;
        ASSERT_LT(k, told[static_cast<std::size_t>(month)].size());
        auto const value = told[static_cast<std::size_t>(month)][k++];
        double const expected = indicator(prepared->layout, record, row.name, month);
        EXPECT_EQ(value.has_value(), !std::isnan(expected)) << row.name;
        if (!value) continue;
        EXPECT_DOUBLE_EQ(*value, expected) << row.name << " in month " << month;
        ++defined;
      }
      EXPECT_EQ(k, told[static_cast<std::size_t>(month)].size());
      EXPECT_GT(k, 5U);
    }
    EXPECT_GT(defined, 15U);
  }
}

TEST(Headlines, WithoutADenominatorThereIsNoValue) {
  // Nobody of a small district is given a permit in a month: the mean wait is undefined.
  auto const prepared = prepare(shipped("baseline", small_case(1000, 1, "010101")));
  Simulation simulation(prepared->setup, 0, Detail::totals);
  simulation.step();
  auto const told = simulation.headlines();
  auto const record = simulation.take_record();
  ASSERT_EQ(value(prepared->layout, record, "permits_granted"), 0);
  std::size_t k = 0;
  for (auto const& row : prepared->layout.indicators) {
    if (row.name == "permit_wait") {
      EXPECT_EQ(told.at(k), std::nullopt);
    }
    if (row.headline) ++k;
  }
}

}  // namespace
}  // namespace arraigo::tests
