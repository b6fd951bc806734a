/// What holds of measures on firms, contracts and labour rights at any size: bounds, and nobody but those meant.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "phases/phases.hpp"
#include "support/model_runs.hpp"
#include "support/permute_rows.hpp"

namespace arraigo::tests {
namespace {

/// All measures of the area at once, each somewhere in its range.
Scenario random_measures(std::uint64_t key) {
  Draws draws({20260102, 0, Month{-1}}, Purpose::pick, key);
  auto const u = [&] { return draws.uniform(); };
  auto const text = fmt::format(
      "measures:\n"
      "  - {{id: a, kind: inspection, from: 2026-02, rate_share_per_month: {:.4f}}}\n"
      "  - {{id: b, kind: formalisation, from: 2026-03, reach_share_per_month: {:.4f}, sizes: [micro, small, medium, large]}}\n"
      "  - {{id: c, kind: labour_rights, from: 2026-02, to: 2026-08, reach_share_per_month: {:.4f}, priority: [women, trafficked], reserved_share: {:.3f}}}\n"
      "  - {{id: d, kind: fair_recruitment, from: 2026-02, reach_share_per_month: {:.4f}}}\n"
      "  - {{id: e, kind: job_matching, from: 2026-02, seekers_per_month: {:.0f}, priority: [migrants, disability], reserved_share: {:.3f}}}\n"
      "  - {{id: f, kind: occupation_rule, from: 2026-04, open_share: {:.3f}}}\n"
      "  - {{id: g, kind: document_verification, from: 2026-02, use_share: {:.3f}}}\n"
      "  - {{id: h, kind: newcomer_tax, from: 2026-05, withholding_share: {:.3f}}}\n"
      "  - {{id: i, kind: quota, from: 2026-03, registration_soles: {:.0f}, binding_share: {:.3f}}}\n"
      "  - {{id: j, kind: information_campaign, from: 2026-02, content: [formality, rights], reach_share_per_month: {:.3f}}}\n"
      "  - {{id: k, kind: cash_support, purpose: seed_capital, from: 2026-03, soles_per_month: {:.0f}, coverage_share: {:.3f}}}\n"
      "  - {{id: l, kind: hiring_subsidy, from: 2026-06, pay_share: {:.3f}}}\n"
      "  - {{id: m, kind: labour_demand, from: 2026-04, to: 2026-07, factor: {:.3f}}}\n"
      "  - {{id: n, kind: minimum_wage, from: 2026-05, soles_per_month: {:.0f}}}\n",
      u() * u(), u(), u(), u(), u(), 1e6 * u() * u(), u(), u(), u(), u(), 5000 * u(), u(), u(), 5000 * u(), u(), u(), 1.5 * u(), 1130 + 2000 * u());
  return variant("combined", text, small_case(600, 14));
}

std::vector<std::string> broken(World const& world, Prepared const& prepared, std::size_t matching) {
  std::vector<std::string> list;
  auto const say = [&](std::string const& what) {
    if (list.size() < 10) list.push_back(world.stream.month.text() + ": " + what);
  };
  auto const flow = [&](Flow which) {
    std::int64_t sum = 0;
    for (std::size_t d = 0; d < world.districts.size(); ++d) sum += world.flows[static_cast<std::size_t>(which) * world.districts.size() + d];
    return sum;
  };
  auto const firms = static_cast<std::int64_t>(world.employers.size());
  if (flow(Flow::firms_inspected) > firms || flow(Flow::firms_formalised) > firms) say("more firms than there are");
  std::int64_t people = 0;
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    auto const activity = world.persons.activity[row];
    if (world.persons.gone(row)) continue;
    ++people;
    if ((world.persons.has[row] & is_exploited) != 0 && activity != Activity::off_books) say("abuse outside off-books work");
    if (activity == Activity::payroll && world.persons.wage_cents[row] + 1 < std::lround(100 * world.rules.minimum_wage_soles)) say("pay on the books below the minimum");
  }
  for (auto const& d : world.districts)
    if (!(d.rights_stock >= 0 && d.rights_stock <= 1)) say("a stock of rights that is no share");
  for (auto const units : world.measure_units)
    if (units < 0) say("negative units");
  auto const taken = static_cast<double>(world.measure_units[matching]) / 1000;
  if (taken > static_cast<double>(people)) say("more seekers taken than there are people");
  double const room = prepared.scenario.measures[matching].field("seekers_per_month").number / prepared.scenario.scale;
  if (taken > room + 5 * std::sqrt(room) + 5) say("more seekers taken than there is room for");
  if (static_cast<double>(world.accounts[static_cast<std::size_t>(Line::labour_fines)]) > 100 * prepared.setup->params.labour_inspection_fine_soles * static_cast<double>(firms)) say("more fines than firms");
  return list;
}

TEST(LabourMeasures, StayWithinTheirBoundsAtRandomSizes) {
  for (std::uint64_t key = 1; key <= 6; ++key) {
    SCOPED_TRACE(key);
    auto const prepared = prepare(random_measures(key));
    auto const found = std::find_if(prepared->scenario.measures.begin(), prepared->scenario.measures.end(), [](auto const& m) { return m.id == "e"; });
    auto const matching = static_cast<std::size_t>(found - prepared->scenario.measures.begin());
    Simulation simulation(prepared->setup, 0, Detail::totals);
    simulation.check_invariants(true);
    while (!simulation.done()) {
      simulation.step();
      EXPECT_EQ(fmt::format("{}", fmt::join(broken(simulation.world(), *prepared, matching), "\n")), "");
    }
  }
}

TEST(LabourMeasures, DoNotDependOnTheOrderOfRows) {
  auto const prepared = prepare(random_measures(3), Detail::districts);
  auto const plain = run(*prepared);
  auto const permuted = run(*prepared, 0, [&](World& world, auto const&) { permute_rows(world, 5, true); });
  EXPECT_EQ(first_difference(prepared->layout, permuted, plain), "");
  EXPECT_EQ(permuted.state_hash, plain.state_hash);
}

TEST(LabourMeasures, AnInspectionElsewhereLeavesADistrictsFirmsAsTheyAre) {
  // No deterrence: who is not visited changes nothing of its own accord.
  auto const prepared = prepare(variant("baseline", "", small_case(400, 3)));
  auto const before = world_before_phase(*prepared, 0, "employers", 1);
  auto after = before;
  for (auto& target : after.rules.inspection_rate)
    for (std::size_t d = 1; d < target.size(); ++d) target[d].fill(0.5F);
  oversee_firms(after, *prepared->setup);
  std::size_t changed = 0;
  for (std::size_t e = 0; e < before.employers.size(); ++e) {
    bool const same = before.employers.formal_draw[e] == after.employers.formal_draw[e] && before.employers.heed_draw[e] == after.employers.heed_draw[e] &&
                      before.employers.flags[e] == after.employers.flags[e] && before.employers.on_books[e] == after.employers.on_books[e];
    EXPECT_TRUE(same || before.employers.district[e] != 0);
    changed += same ? 0 : 1;
  }
  EXPECT_GT(changed, before.employers.size() / 10);
}

}  // namespace
}  // namespace arraigo::tests
