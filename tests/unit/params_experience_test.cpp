#include <gtest/gtest.h>

#include <string>

#include "core/input_errors.hpp"
#include "params/experience.hpp"
#include "params_fixture.hpp"

namespace arraigo::tests {
namespace {

class Experience : public ::testing::Test {
 protected:
  void SetUp() override { speak_english(); }
  [[nodiscard]] std::vector<std::string> notes(std::string_view measure) const {
    auto const text = complete(fmt::format("measures:\n  - {{id: m, {}}}\n", measure));
    return outside_experience(
        read_scenario(folder.write("case.yaml", text), few_districts(), {folder.path() / "shipped"}));
  }
  TempFolder folder;
};

TEST_F(Experience, EveryRowNamesAFieldWithItsSource) {
  for (auto const& row : experience_table()) {
    bool known = false;
    for (auto const& field : row_of(row.kind).fields) known = known || std::string_view{field.name} == row.field;
    EXPECT_TRUE(known) << row.field;
    EXPECT_LE(row.low, row.high);
    EXPECT_STRNE(row.source, "");
  }
}

TEST_F(Experience, WhatWasTriedIsNotTold) {
  EXPECT_TRUE(
      notes("kind: programme, eligible: [irregular], grants: temporary, fee_soles: 47.3, capacity_per_month: 20000, "
            "validity_months: 24")
          .empty());
  EXPECT_TRUE(notes("kind: quota, head_share: 0.2").empty());
  // What a measure leaves as it is, is no lever of it.
  EXPECT_TRUE(notes("kind: quota, binding_share: 0.5").empty());
  EXPECT_TRUE(notes("kind: quota, exempt_sizes: []").empty());
  // A refugee's status has no end, and a programme without capacity is none.
  EXPECT_TRUE(notes("kind: programme, eligible: [asylum_pending], grants: refugee, capacity_per_month: 170, "
                    "validity_months: 600")
                  .empty());
  EXPECT_TRUE(
      notes("kind: programme, eligible: [irregular], grants: temporary, capacity_per_month: 0, validity_months: 90")
          .empty());
}

TEST_F(Experience, EveryLeverThatLeavesItsRangeIsTold) {
  auto const all = notes(
      "kind: programme, eligible: [irregular], grants: temporary, fee_soles: 500, "
      "capacity_per_month: 60000, validity_months: 60");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_NE(
      all[0].find("case: measures.m.fee_soles = 500 lies outside what Peru went through from 2017 to 2025 (0 to 120;"),
      std::string::npos)
      << all[0];
  EXPECT_EQ(notes("kind: quota, head_share: 0.4").size(), 1U);
  auto const exempt = notes("kind: quota, exempt_sizes: [micro, small]");
  ASSERT_EQ(exempt.size(), 1U) << "no size has been exempt";
  EXPECT_NE(exempt[0].find("measures.m.exempt_sizes = 2 lies outside"), std::string::npos) << exempt[0];
  EXPECT_EQ(
      notes("kind: programme, eligible: [irregular], grants: temporary, capacity_per_month: 100, validity_months: 3")
          .size(),
      2U);
}

}  // namespace
}  // namespace arraigo::tests
