/// Lots of the month: nothing that could happen is passed over, and each thing happens as often as it should.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/row_mask.hpp"
#include "phases/lots.hpp"
#include "phases/phases.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

World drawn(Prepared const& prepared, int months) {
  World world = world_before_phase(prepared, 0, "lots", months);
  draw_lots(world, *prepared.setup);
  return world;
}

std::set<std::uint32_t> rows_in(World const& world, std::vector<Lot> Lots::Block::*list) {
  std::set<std::uint32_t> rows;
  for (auto const& block : world.lots.blocks)
    for (auto const& lot : block.*list) rows.insert(lot.row);
  return rows;
}

Block block_of(World const& world, std::size_t row) {
  return draw_block(world.stream, Purpose::month_lots, world.persons.id[row]);
}

bool here(World const& world, std::size_t row) { return !world.persons.gone(row) && !world.persons.inert(row); }

/// Of any number of rows, also after a longer mask of which bytes are left, and of tests that say more than yes or no.
TEST(RowMask, GivesTheRowsThatAreSetInOrder) {
  RowMask mask;
  for (std::size_t const n : {rows_per_block, rows_per_block - 1, std::size_t{65}, std::size_t{64}, std::size_t{63}, std::size_t{9}, std::size_t{8}, std::size_t{1}, std::size_t{0}})
    for (std::uint64_t const often : {0, 1, 2, 7, 63, 64}) {  // of 64
      auto const set = [&](std::size_t i) { return (mix(i, often, n) & 63U) < often; };
      auto const added = [&](std::size_t i) { return i % 37 == 5; };
      mask.set(n, [&](std::size_t i) { return set(i) ? 6U : 0U; });
      mask.add([&](std::size_t i) { return added(i) ? 256U : 0U; });
      std::vector<std::size_t> expected, found;
      for (std::size_t i = 0; i < n; ++i)
        if (set(i) || added(i)) expected.push_back(i);
      mask.for_each([&](std::size_t i) { found.push_back(i); });
      EXPECT_EQ(found, expected) << n << " rows, " << often << " of 64 set";
    }
}

TEST(Lots, AreThoseOfEachPersonsOwnBlock) {
  auto const world = drawn(*prepare(shipped("baseline", small_case(400, 6))), 2);
  std::size_t seen = 0;
  for (auto const& block : world.lots.blocks)
    for (auto const& [list, word] :
         {std::pair{&block.families, 0}, {&block.services, 1}, {&block.labour, 2}, {&block.employed, 3}})
      for (auto const& lot : *list) {
        ++seen;
        ASSERT_EQ(lot.bits, block_of(world, lot.row)[static_cast<std::size_t>(word)]);
      }
  EXPECT_GT(seen, world.persons.size() / 10);
  EXPECT_LT(seen, world.persons.size());
}

TEST(Lots, NobodyWhoCouldAskForAServiceIsPassedOver) {
  for (auto const* const parameters :
       {"", "parameters: {services: {ask_account_prob_per_month: 0.1, ask_employment_prob_per_month: 0.5, "
            "ask_business_prob_per_month: 0.05, ask_protection_prob_per_month: 0.5, ask_school_prob_per_month: 0.5}}\n",
        "parameters: {services: {ask_elder_centre_prob_per_month: 0.05, ask_disability_prob_per_month: 0.03, "
        "ask_certification_prob_per_month: 0.01, ask_credit_prob_per_month: 0.03, protection_need_prob_per_month: 0.005}}\n"
        "measures:\n  - {id: told, kind: information_campaign, from: 2026-02, content: [entitlements], reach_share_per_month: 0.7}\n"}) {
    auto const prepared = prepare(variant("combined", parameters, small_case(200, 8)));
    auto world = drawn(*prepared, 6);
    auto const kept = rows_in(world, &Lots::Block::services);
    auto const cuts = service_cuts(world, prepared->setup->params);
    std::size_t could = 0;
    // What people could ask for once the phases before services have run, papers lost and years turned.
    age_and_form_families(world, *prepared->setup);
    regularise(world, *prepared->setup);
    for (auto const& block : world.lots.blocks)
      for (auto const& lot : block.services) could += here(world, lot.row) && lot.bits < threshold_of(asks_at_most(world, prepared->setup->params, lot.row)) ? 1 : 0;
    std::size_t all = 0;
    for (std::uint32_t row = 0; row < world.lots.blocks.size() * rows_per_block && row < world.persons.size(); ++row) {
      if (!here(world, row) || world.persons.birth[row] == world.stream.month.index) continue;
      auto const bits = block_of(world, row)[1];
      bool const asks = bits < threshold_of(asks_at_most(world, prepared->setup->params, row));
      all += asks ? 1 : 0;
      bool const lapses = bits >= cuts.lapse_from && (world.persons.has[row] & has_public_insurance) != 0;
      if (!asks && !lapses && bits < cuts.need_from) continue;
      ASSERT_TRUE(kept.contains(row)) << "row " << row;
    }
    EXPECT_EQ(all, could);
    EXPECT_GT(all, 500U);
    EXPECT_LT(kept.size(), world.persons.size() / 2) << "the bounds keep nearly everybody: they are no use";
  }
}

TEST(Lots, IntervalsOfAWordDoNotOverlap) {
  auto params = Parameters{};
  for (bool const high : {false, true}) {
    for (auto const& row : parameter_table()) params.*(row.member) = high ? row.high : row.low;
    auto const labour = labour_cuts(params);
    for (auto const end : labour.separation_end) EXPECT_LE(end, labour.registration_from);
    EXPECT_LE(labour.registration_from, labour.formalise_end);
    EXPECT_LE(std::max(labour.formalise_end, labour.informalise_end), labour.reconsider_from);
    EXPECT_LT(labour.reconsider_from, labour.reconsider_end);
    EXPECT_NEAR(labour.reconsider_end - labour.reconsider_from, 4294967296.0 / 12, 2);
    auto const employed = employed_cuts(params);
    for (auto const end : employed.search_end) EXPECT_LE(end, employed.pay_from);
    EXPECT_NEAR(employed.pay_end - employed.pay_from, 4294967296.0 / 12, 2);
  }
}

/// How many of those in an activity leave their job in one month, and how many there are.
std::pair<double, double> separations(double formal_prob) {
  auto const prepared = prepare(variant("baseline", "", small_case(100, 3)));
  World world = world_before_phase(*prepared, 0, "separations", 1);
  std::vector<std::uint32_t> payroll;
  for (std::uint32_t row = 0; row < world.persons.size(); ++row)
    if (here(world, row) && world.persons.activity[row] == Activity::payroll) payroll.push_back(row);
  auto const cuts = labour_cuts(prepared->setup->params);
  separate(world, *prepared->setup);
  double left = 0;
  for (auto const row : payroll)
    left += world.persons.activity[row] == Activity::unemployed && block_of(world, row)[2] < cuts.registration_from ? 1 : 0;
  double const n = static_cast<double>(payroll.size());
  return {(left - n * formal_prob) / std::sqrt(n * formal_prob * (1 - formal_prob)), n};
}

TEST(Lots, PayrollJobsEndAsOftenAsTheParameterSays) {
  double const prob = Parameters{}.labour_separation_formal_prob_per_month;
  auto const [standard_errors, people] = separations(prob);
  EXPECT_GT(people, 10000);
  EXPECT_LT(std::abs(standard_errors), 4);
  EXPECT_GT(std::abs(separations(1.3 * prob).first), 4) << "a third more would pass: the test says nothing";
}

}  // namespace
}  // namespace arraigo::tests
