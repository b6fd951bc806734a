/// Bounds of the measures that act on news, attitudes, status and households, and of what measures cost: at random sizes and
/// at none.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <numeric>

#include "core/errors.hpp"
#include "phases/phases.hpp"
#include "support/model_runs.hpp"
#include "support/permute_rows.hpp"

namespace arraigo::tests {
namespace {

std::shared_ptr<Prepared const> few(std::string const& measures, int scale = 400, int months = 8) {
  return prepare(variant("baseline", "measures:\n" + measures, small_case(scale, months, few_districts_of_lima)), Detail::districts);
}

/// Kinds of measure with a field that says how much of them there is.
struct Sized {
  char const* kind;  ///< and its other fields
  char const* size;
  double low, high;
};
constexpr Sized sized[]{
    {"information_campaign, priority: [newcomers, lgbtiq], reserved_share: 0.7", "reach_share_per_month", 0, 1},
    {"civil_society", "reach_share_per_month", 0, 1},
    {"cohesion_campaign", "reach_share_per_month", 0, 1},
    {"host_support", "reach_share_per_month", 0, 1},
    {"shared_spaces", "reach_share_per_month", 0, 1},
    {"school_cohesion", "reach_share_per_month", 0, 1},
    {"media_training", "reach_share_per_month", 0, 1},
    {"hostile_narrative", "size_logits_per_month", 0, 1},
    {"fine_amnesty", "share_waived", 0, 1},
    {"case_processing", "capacity_factor", 1, 20},
    {"migration_enforcement, expulsion_share: 0.3", "checks_share_per_month", 0, 0.5},
    {"cash_support, soles_per_month: 300", "coverage_share", 0, 1},
    {"cash_support, purpose: rent, soles_per_month: 300, priority: [hosts, migrants]", "coverage_share", 0, 1},
    {"cash_support, purpose: seed_capital, soles_per_month: 760", "coverage_share", 0, 1},
    {"transfer_programme, transfer: juntos", "amount_factor", 1, 5},
    {"transfer_programme, transfer: pension65", "amount_factor", 1, 5},
    {"transfer_programme, transfer: contigo", "amount_factor", 1, 5},
    {"transfer_programme, transfer: school_meals", "amount_factor", 1, 5},
    {"transfer_programme, transfer: scholarship", "amount_factor", 1, 5},
    {"municipal_capability", "factor", 1, 2},
    {"arrivals, origins: [returnee, venezuelan, other_foreign]", "factor", 1, 6},
    {"mobile_unit, service: migration_office, where: [\"150132\", \"150135\"]", "capacity_per_month", 0, 4000},
    {"employer_guide", "reach_share_per_month", 0, 1},
    {"hiring_subsidy", "pay_share", 0, 1},
};

std::string of_size(Sized const& s, double share, int number = 0) {
  return fmt::format("  - {{id: x{}, from: 2026-02, {}: {}, kind: {}}}\n", number, s.size, s.low + share * (s.high - s.low), s.kind);
}

TEST(Society, MeasuresOfNoSizeChangeNothing) {
  auto const base = prepare(variant("baseline", "", small_case(400, 4, few_districts_of_lima)), Detail::districts);
  auto const plain = run(*base);
  for (auto const& kind : sized) {
    SCOPED_TRACE(kind.kind);
    auto const nothing = few(of_size(kind, 0), 400, 4), something = few(of_size(kind, 1), 400, 4);
    auto const same = run(*nothing);
    EXPECT_EQ(first_difference(base->layout, same, plain), "");
    EXPECT_EQ(same.state_hash, plain.state_hash);
    EXPECT_NE(first_difference(base->layout, run(*something), plain), "") << "the kind has no effect at all";
  }
  for (char const* const neutral : {"kind: transfer_programme, transfer: juntos, permits: [residence]", "kind: arrivals, factor: 1, transit_share: 0.17",
                                    "kind: municipal_capability, factor: 1, budget_soles_per_month: 0", "kind: migration_enforcement, checks_share_per_month: 0, expulsion_share: 1",
                                    "kind: cash_support, soles_per_month: 0, coverage_share: 1"}) {
    SCOPED_TRACE(neutral);
    auto const nothing = few(fmt::format("  - {{id: x, from: 2026-02, {}}}\n", neutral), 400, 4);
    EXPECT_EQ(first_difference(base->layout, run(*nothing), plain), "");
  }
}

std::int64_t sum_of_costs(World const& world) { return std::accumulate(world.accounts.begin() + revenue_lines, world.accounts.end(), std::int64_t{0}); }
std::int64_t sum_of_payers(World const& world) { return std::accumulate(world.paid.begin(), world.paid.end(), std::int64_t{0}); }

TEST(Society, InvariantsHoldAtRandomSizes) {
  for (std::uint64_t key = 1; key <= 5; ++key) {
    SCOPED_TRACE(key);
    Draws draws({20260101, 0, Month{-1}}, Purpose::pick, key);
    std::string measures;
    int number = 0;
    constexpr std::array<char const*, 4> payers{"state", "municipality", "donor", "private"};
    for (auto const& kind : sized) {
      auto text = of_size(kind, draws.uniform(), number++);
      auto const payer = payers[draws.below(4)];
      if (draws.bernoulli(0.7)) measures += text.substr(0, text.size() - 2) + fmt::format(", payer: {}}}\n", payer);
    }
    auto const prepared = few(measures, 200, 8);
    Simulation simulation(prepared->setup, 0, Detail::totals);
    simulation.check_invariants(true);
    while (!simulation.done()) {
      ASSERT_NO_THROW(simulation.step());
      auto const& world = simulation.world();
      EXPECT_EQ(sum_of_costs(world), sum_of_payers(world));
      for (auto const cents : world.paid) EXPECT_GE(cents, 0);
      for (auto const& d : world.districts)
        for (double stock : {d.campaign_stock, d.support_stock, d.spaces_stock, d.school_stock, d.media_stock}) {
          EXPECT_GE(stock, 0);
          EXPECT_LE(stock, 1);
        }
      std::size_t const n = world.districts.size();
      for (std::size_t d = 0; d < n; ++d)
        EXPECT_LE(world.flows[static_cast<std::size_t>(Flow::expulsions) * n + d], world.flows[static_cast<std::size_t>(Flow::departures) * n + d]);
    }
  }
}

TEST(Society, RowsInAnotherOrderGiveTheSame) {
  std::string measures;
  int number = 0;
  for (auto const& kind : sized) measures += of_size(kind, 0.4, number++);
  auto const prepared = few(measures, 200, 6);
  auto const plain = run(*prepared);
  for (std::uint64_t key : {1, 2}) {
    auto const permuted = run(*prepared, 0, [&](World& world, auto const&) { permute_rows(world, key, true); });
    EXPECT_EQ(first_difference(prepared->layout, permuted, plain), "");
    EXPECT_EQ(permuted.state_hash, plain.state_hash);
  }
}

TEST(Society, NobodyWithPapersIsExpelled) {
  auto const prepared = few("  - {id: x, kind: migration_enforcement, from: 2026-01, checks_share_per_month: 0.5, expulsion_share: 1}\n", 100, 4);
  for (int month = 0; month < 4; ++month) {
    World const before = world_before_phase(*prepared, 0, "regularisation", month);
    World after = before;
    regularise(after, *prepared->setup);
    std::int64_t expelled = 0, without = 0, with_papers = 0;
    for (std::size_t m = 0; m < before.migrants.size(); ++m) {
      auto const person = before.migrants.person[m];
      if (before.persons.gone(person)) continue;
      bool const adult = before.persons.age_months(person, before.stream.month.index) >= 18 * 12;
      bool const gone = after.persons.gone(person);
      // A permit may have lapsed in the same phase.
      bool const safe = before.migrants.claim[m] == Claim::pending || (before.migrants.permit[m] != Permit::irregular && before.migrants.expiry[m] >= before.stream.month.index);
      with_papers += safe && adult ? 1 : 0;
      without += !safe && adult ? 1 : 0;
      expelled += gone && adult ? 1 : 0;
      EXPECT_FALSE(gone && safe && adult);
    }
    std::int64_t counted = 0;
    for (std::size_t d = 0; d < after.districts.size(); ++d) counted += after.flows[static_cast<std::size_t>(Flow::expulsions) * after.districts.size() + d];
    EXPECT_EQ(expelled, counted);
    EXPECT_LE(expelled, without);
    EXPECT_GT(with_papers, 0);
    EXPECT_EQ(fmt::format("{}", fmt::join(broken_invariants(after), "\n")), "");
  }
}

TEST(Society, AnExtensionKeepsThePermitsThatItNamesAndNoOthers) {
  constexpr std::array names{"visitor", "humanitarian", "temporary", "residence", "refugee"};
  constexpr std::array permits{Permit::visitor, Permit::humanitarian, Permit::temporary, Permit::residence, Permit::refugee};
  std::int64_t kept = 0, lapsed = 0;
  for (unsigned named = 1; named < 32; named += 5) {
    SCOPED_TRACE(named);
    std::string list;
    for (std::size_t k = 0; k < names.size(); ++k)
      if (((named >> k) & 1U) != 0) list += (list.empty() ? "" : ", ") + std::string(names[k]);
    auto const prepared = few(fmt::format("  - {{id: x, kind: validity_extension, from: 2026-01, permits: [{}]}}\n", list), 100, 5);
    World const before = world_before_phase(*prepared, 0, "regularisation", 3);
    World after = before;
    regularise(after, *prepared->setup);
    int const month = before.stream.month.index;
    for (std::size_t m = 0; m < before.migrants.size(); ++m) {
      auto const permit = before.migrants.permit[m];
      if (before.persons.gone(before.migrants.person[m]) || permit == Permit::irregular || before.migrants.expiry[m] >= month || before.migrants.stage[m] != CaseStage::none) continue;
      auto const k = static_cast<std::size_t>(std::find(permits.begin(), permits.end(), permit) - permits.begin());
      bool const extended = ((named >> k) & 1U) != 0;
      EXPECT_EQ(after.migrants.permit[m], extended ? permit : Permit::irregular);
      (extended ? kept : lapsed) += 1;
      EXPECT_TRUE(!extended || after.migrants.expiry[m] == month);
    }
    EXPECT_EQ(fmt::format("{}", fmt::join(broken_invariants(after), "\n")), "");
  }
  EXPECT_GT(kept, 0);
  EXPECT_GT(lapsed, 0);
}

TEST(Society, PayersAndLinesAddUpOnShippedScenarios) {
  for (char const* const stem : {"baseline", "combined"}) {
    auto const prepared = prepare(shipped(stem, small_case(400, 9)));
    run(*prepared, 0, {}, [&](World& world, auto const&) {
      EXPECT_EQ(sum_of_costs(world), sum_of_payers(world));
      EXPECT_GT(world.paid[static_cast<std::size_t>(Payer::private_sector)], 0) << "banks open accounts";
      EXPECT_GT(world.paid[static_cast<std::size_t>(Payer::municipality)], 0);
      auto other = world;
      other.accounts[static_cast<std::size_t>(Line::protection)] += 1;
      EXPECT_NE(sum_of_costs(other), sum_of_payers(other)) << "a cent that nobody pays would pass";
    });
  }
}

TEST(Society, MunicipalitiesSpendOnTheirReachNoMoreThanTheirBudget) {
  for (std::uint64_t key = 1; key <= 4; ++key) {
    SCOPED_TRACE(key);
    Draws draws({20260102, 0, Month{-1}}, Purpose::pick, key);
    double const budget = 200000 * draws.uniform();
    std::string measures = fmt::format("  - {{id: budget, kind: municipal_capability, from: 2026-01, factor: 1, budget_soles_per_month: {}}}\n", budget);
    int number = 0;
    for (char const* const kind : {"information_campaign", "cohesion_campaign", "host_support", "shared_spaces", "school_cohesion", "media_training", "civil_society", "employer_guide"})
      measures += fmt::format("  - {{id: x{}, from: 2026-01, kind: {}, payer: municipality, reach_share_per_month: {}}}\n", number++, kind, draws.uniform());
    auto const prepared = few(measures, 400, 3);
    run(*prepared, 0, {}, [&](World& world, auto const&) {
      double planned = 0;
      for (auto const& cost : world.rules.costs)
        if (cost.payer == Payer::municipality) planned += cost.unit_soles * cost.planned_units * world.people_per_agent;
      double const allowed = prepared->setup->real(budget, Month::of(2026, 1)) * static_cast<double>(world.districts.size());
      EXPECT_LE(planned, allowed * (1 + 1e-9));
      EXPECT_GT(planned, 0);
    });
  }
}

TEST(Society, TransfersNeverReachAStatusThatIsNotAdmitted) {
  // Of migrants, by what the accounts say of households without Peruvians: nobody but who is admitted receives.
  auto const prepared = few("  - {id: x, kind: transfer_programme, from: 2026-01, transfer: juntos, amount_factor: 5}\n", 100, 2);
  World const before = world_before_phase(*prepared, 0, "households", 1);
  World closed = before;
  for (std::size_t holder = 1; holder < holder_count; ++holder)
    for (std::size_t k = 0; k < transfer_count; ++k) closed.rules.entitled[holder][static_cast<std::size_t>(Entitlement::juntos) + k] = 0;
  World without = closed;
  for (std::size_t k = 0; k < transfer_count; ++k) without.rules.entitled[0][static_cast<std::size_t>(Entitlement::juntos) + k] = 0;
  pool_household_income(closed, *prepared->setup);
  pool_household_income(without, *prepared->setup);
  std::size_t hosts_lose = 0;
  for (std::size_t h = 0; h < before.households.size(); ++h) {
    bool host = false;
    for (auto row = before.households.first[h]; row < before.households.first[h] + before.households.count[h]; ++row)
      host = host || (before.persons.household[row] == h && before.persons.migrant[row] == no_row);
    if (host) hosts_lose += without.households.income_cents[h] < closed.households.income_cents[h] ? 1 : 0;
    else if (before.households.members[h] == before.households.count[h]) { EXPECT_EQ(without.households.income_cents[h], closed.households.income_cents[h]); }
  }
  EXPECT_GT(hosts_lose, 0U);
}

}  // namespace
}  // namespace arraigo::tests
