/// What must hold every month, on every shipped scenario and at random parameter values and measures.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "core/errors.hpp"
#include "params/scenario_draft.hpp"
#include "phases/phases.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

/// Living persons by district of the run.
std::vector<std::int64_t> people_by_district(World const& world) {
  std::vector<std::int64_t> people(world.districts.size(), 0);
  for (std::size_t row = 0; row < world.persons.size(); ++row)
    if (!world.persons.gone(row)) ++people[world.district_of(row)];
  return people;
}

std::int64_t flow(World const& world, Flow what, std::size_t d) {
  return world.flows[static_cast<std::size_t>(what) * world.districts.size() + d];
}

/// What stocks and flows say about each district's people; a sentence for each district where they disagree.
std::vector<std::string> broken_stock_flow(World const& world, std::vector<std::int64_t> const& before) {
  std::vector<std::string> broken;
  auto const now = people_by_district(world);
  for (std::size_t d = 0; d < now.size(); ++d) {
    std::int64_t const expected = before[d] + flow(world, Flow::births, d) + flow(world, Flow::arrivals, d) -
                                  flow(world, Flow::deaths, d) - flow(world, Flow::departures, d) +
                                  flow(world, Flow::moves_in, d) - flow(world, Flow::moves_out, d);
    if (now[d] != expected)
      broken.push_back(fmt::format("{} district {}: {} live there, stocks and flows say {}", world.stream.month.text(),
                                   d, now[d], expected));
  }
  return broken;
}

struct Holder {
  Permit permit{};
  CaseStage stage{};
  std::uint8_t programme = 0;
};

std::map<std::uint64_t, Holder> holders(World const& world) {
  std::map<std::uint64_t, Holder> all;
  for (std::size_t m = 0; m < world.migrants.size(); ++m)
    if (!world.persons.gone(world.migrants.person[m]))
      all[world.persons.id[world.migrants.person[m]]] = {world.migrants.permit[m], world.migrants.stage[m],
                                                         world.migrants.case_programme[m]};
  return all;
}

std::vector<std::string> permits_without_case(World const& world, std::map<std::uint64_t, Holder> const& before) {
  std::vector<std::string> broken;
  for (auto const& holder : holders(world)) {
    auto const id = holder.first;
    auto const& now = holder.second;
    auto const was = before.find(id);
    if (was == before.end() || now.permit < Permit::humanitarian || now.permit == was->second.permit) continue;
    // Where nothing has to be waited for, a case is filed, decided and collected within the month.
    bool const at_once = std::any_of(
        world.rules.programmes.begin(), world.rules.programmes.end(),
        [&](Programme const& p) { return p.open && p.processing_months == 0 && p.grants == now.permit; });
    if (was->second.stage == CaseStage::none && at_once) continue;
    if (was->second.stage == CaseStage::none)
      broken.push_back(fmt::format("{}: person {:016x} got a permit without a case", world.stream.month.text(), id));
    else if (world.rules.programmes[was->second.programme].grants != now.permit)
      broken.push_back(fmt::format("person {:016x} got another permit than asked for", id));
  }
  return broken;
}

/// Contributions and withholding again, from the persons: each sum within half a cent a person of what the accounts
/// say.
std::vector<std::string> broken_accounts(World const& world) {
  std::vector<std::string> broken;
  double pension = 0, tax = 0, health = 0;
  Month const month = world.stream.month + -1;  // a finished step stands at the month after
  int contracts = 0;
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (world.persons.gone(row) || world.persons.activity[row] != Activity::payroll) continue;
    ++contracts;
    double const cents = world.persons.wage_cents[row];
    pension += cents * world.rules.pension_share;
    if (size_class_of(world.employers.workers[world.persons.employer[row]]) != SizeClass::micro)
      health += cents * world.rules.health_share;
    auto const m = world.persons.migrant[row];
    // Domiciled from 1 January of the year after more than 183 days of stay.
    if (m != no_row && month.year() <= (Month{world.migrants.arrival[m]} + 6).year())
      tax += cents * world.rules.withholding_share;
  }
  auto const check = [&](Line line, double expected) {
    auto const recorded = static_cast<double>(world.accounts[static_cast<std::size_t>(line)]);
    if (std::abs(recorded - expected) > 0.5 * contracts + 1)
      broken.push_back(fmt::format("{}: {} says {} cents, persons' pay {}", month.text(),
                                   line_names[static_cast<std::size_t>(line)].name, recorded, expected));
  };
  check(Line::pension_contributions, pension);
  check(Line::withholding_tax, tax);
  check(Line::health_contributions, health);
  return broken;
}

/// Runs with the model's own checker on and the identities above checked every month.
void expect_invariants(Prepared const& prepared, int replicate = 0) {
  Simulation simulation(prepared.setup, replicate, prepared.detail);
  simulation.check_invariants(true);
  EXPECT_EQ(fmt::format("{}", fmt::join(broken_invariants(simulation.world()), "\n")), "");
  while (!simulation.done()) {
    auto const people = people_by_district(simulation.world());
    auto const held = holders(simulation.world());
    try {
      simulation.step();
    } catch (BugError const& error) {
      FAIL() << error.what();
    }
    std::vector<std::string> broken;
    // The state that stands here is after a possible January re-sort; flows and month-end stocks are the same either
    // way.
    for (auto const& part :
         {broken_stock_flow(simulation.world(), people), permits_without_case(simulation.world(), held)})
      broken.insert(broken.end(), part.begin(), part.end());
    EXPECT_EQ(fmt::format("{}", fmt::join(broken, "\n")), "");
  }
  auto const record = simulation.take_record();
  for (auto const& values : record.values)
    for (auto const x : values) ASSERT_LT(std::abs(static_cast<double>(x)), 1e17);
  for (auto const& row : prepared.layout.indicators)
    for (int month = 0; month < prepared.layout.months; ++month) {
      double const x = indicator(prepared.layout, record, row.name, month);
      if (row.units == "%" && !std::isnan(x) && row.name != "service_coverage") {
        EXPECT_GE(x, 0) << row.name;
        EXPECT_LE(x, 100) << row.name;
      }
    }
}

TEST(Invariants, HoldEveryMonthOnEveryShippedScenario) {
  auto const names = shipped_names();
  ASSERT_GE(names.size(), 110U);
  static_cast<void>(country());  // read before the threads need it
  tbb::parallel_for(std::size_t{0}, names.size(), [&](std::size_t i) {
    // A thread that waits inside a run must not take up another one: traces and failures would mix.
    tbb::this_task_arena::isolate([&] {
      SCOPED_TRACE(names[i]);
      // Past January 2027, when terms and fairs begin. Local ones keep their own area, whose people are few.
      bool const local = shipped(names[i]).group == "local";
      auto overrides = small_case(local ? 100 : 1000, 14);
      if (local) overrides.area.reset();
      expect_invariants(*prepare(shipped(names[i], overrides), Detail::districts));
    });
  });
}

TEST(Invariants, HoldWithEveryProgrammeOfTheCatalogueAtOnce) {
  // From the first month on; windows of one programme, which may not overlap, one after the other.
  auto const entries = catalogue();
  ASSERT_GT(entries.size(), 80U);
  std::map<std::string, int> windows;
  std::string rest = "measures:\n";
  for (auto const& entry : entries) {
    Month const start = Month::of(2026, 1);
    int const window = entry.programme.empty() ? 0 : windows[entry.programme]++;
    rest += fmt::format("  - {{id: {}, enabled: true, from: {}, to: {}}}\n", entry.id, (start + 3 * window).text(),
                        entry.programme.empty() ? "2030-12" : (start + (3 * window + 2)).text());
  }
  auto scenario = variant("programmes", rest, small_case(1000, 14, "host_cities"));
  EXPECT_EQ(scenario.measures.size(), shipped("baseline").measures.size() + entries.size());
  expect_invariants(*prepare(std::move(scenario), Detail::districts));
}

TEST(Invariants, HoldOutsideTheCapital) {
  expect_invariants(*prepare(shipped("combined", small_case(1000, 14, "host_cities")), Detail::zones));
  expect_invariants(*prepare(shipped("combined", small_case(20, 14, "240101,240103,200101")), Detail::districts));
}

/// A field of a measure somewhere in its range, more often in the low part of wide ones.
FieldValue random_field(MeasureField const& field, Draws& draws, Scenario const& scenario) {
  bool const required = field.fallback == nullptr;
  if (!required && draws.bernoulli(0.4)) return fallback_of(field);
  FieldValue value;
  value.set = true;
  double const u = draws.uniform();
  switch (field.type) {
    case FieldType::number:
      value.number = field.low + (field.high - field.low) * (field.high > 100 ? std::pow(u, 6) : u);
      break;
    case FieldType::integer:
      value.number = std::floor(field.low + (field.high - field.low + 0.999) * (field.high > 100 ? std::pow(u, 6) : u));
      break;
    case FieldType::month:
      value.month = scenario.start + (static_cast<int>(24 * u) - 20);
      break;
    case FieldType::choice:
      value.choices = 1U << draws.below(static_cast<std::uint32_t>(words_of(field.choices).size()));
      break;
    case FieldType::choice_list:
      value.choices = 1U + draws.below((1U << words_of(field.choices).size()) - 1U);
      break;
    case FieldType::name:
      return fallback_of(field);
  }
  return value;
}

Scenario random_scenario(std::uint64_t key) {
  auto scenario = shipped("combined", small_case(1000, 14));
  Draws draws({20260101, 0, Month{-1}}, Purpose::pick, key);
  for (auto const& row : parameter_table())
    scenario.parameters.*(row.member) = row.low + (row.high - row.low) * draws.uniform();
  for (int i = 0; i < 8; ++i) {
    auto const kinds = measure_kinds();
    auto const& kind = kinds[draws.below(static_cast<std::uint32_t>(kinds.size()))];
    Measure measure;
    measure.id = fmt::format("random_{}", i);
    measure.kind = kind.kind;
    measure.from = scenario.start + (static_cast<int>(draws.below(10)) - 2);
    if (draws.bernoulli(0.5)) measure.to = measure.from + static_cast<int>(draws.below(6));
    if (kind.by_district && draws.bernoulli(0.5)) measure.where = {"150132"};
    for (auto const& field : kind.fields) measure.values.push_back(random_field(field, draws, scenario));
    scenario.measures.push_back(std::move(measure));
  }
  scenario.seed = key;
  return scenario;
}

TEST(Invariants, HoldAtRandomParametersAndMeasures) {
  for (std::uint64_t key = 1; key <= 12; ++key) {
    SCOPED_TRACE(key);
    expect_invariants(*prepare(random_scenario(key)));
  }
}

TEST(Invariants, HoldAtTheEndsOfEveryRange) {
  for (bool const high : {false, true}) {
    auto scenario = shipped("combined", small_case(1000, 14));
    for (auto const& row : parameter_table()) scenario.parameters.*(row.member) = high ? row.high : row.low;
    SCOPED_TRACE(high ? "high ends" : "low ends");
    expect_invariants(*prepare(std::move(scenario)));
  }
}

TEST(Invariants, AccountsEqualTheSumsOverPersons) {
  auto const prepared =
      prepare(variant("baseline", "parameters: {employers: {know_asylum_card_share: 0.6}}\n", small_case(300, 13)));
  double withheld = 0;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    EXPECT_EQ(fmt::format("{}", fmt::join(broken_accounts(world), "\n")), "");
    withheld += static_cast<double>(world.accounts[static_cast<std::size_t>(Line::withholding_tax)]);
    auto other = world;
    other.accounts[static_cast<std::size_t>(Line::pension_contributions)] +=
        other.accounts[static_cast<std::size_t>(Line::pension_contributions)] / 50;
    EXPECT_FALSE(broken_accounts(other).empty()) << "two per cent too much would pass";
  });
  EXPECT_GT(withheld, 0);
}

TEST(Invariants, RevenueAndCostAreTheSumsOfTheirLines) {
  auto const prepared = prepare(shipped("combined", small_case(400, 10)));
  auto const record = run(*prepared);
  auto const& values = record.values[variable(prepared->layout, "public_accounts_by_account_line")];
  auto const& payers = record.values[variable(prepared->layout, "programme_cost_by_payer")];
  for (int month = 0; month < 10; ++month) {
    std::int64_t revenue = 0, cost = 0;
    for (std::size_t k = 0; k < line_count; ++k)
      (k < revenue_lines ? revenue : cost) += values[static_cast<std::size_t>(month) * line_count + k];
    EXPECT_EQ(value(prepared->layout, record, "public_revenue", month), revenue);
    EXPECT_EQ(value(prepared->layout, record, "programme_cost", month), cost);
    // What donors and private firms bear is no public cost.
    auto const public_cost = value(prepared->layout, record, "public_cost", month);
    EXPECT_EQ(public_cost, payers[static_cast<std::size_t>(month) * payer_count] + payers[static_cast<std::size_t>(month) * payer_count + 1]);
    EXPECT_EQ(value(prepared->layout, record, "public_accounts", month), revenue - public_cost);
    EXPECT_GT(revenue, 0);
    EXPECT_GT(cost, 0);
  }
}

TEST(Invariants, ALostBirthBreaksTheStockFlowIdentity) {
  auto const prepared = prepare(shipped("baseline", small_case(1000, 3)));
  std::vector<std::int64_t> before;
  run(
      *prepared, 0, [&](World& world, auto const&) { before = people_by_district(world); },
      [&](World& world, auto const&) {
        EXPECT_TRUE(broken_stock_flow(world, before).empty());
        World other = world;
        --other.flows[static_cast<std::size_t>(Flow::births) * other.districts.size()];
        EXPECT_EQ(broken_stock_flow(other, before).size(), 1U);
        before = people_by_district(world);
      });
}

/// Firms that heed the quota, are not exempt, and took a foreigner on their books although not even all their staff
/// before, with all who joined and none who left, leave room for so many foreigners (to the part of an agent by which a
/// firm with thinned staff rounds up).
std::vector<std::uint64_t> firms_beyond_their_quota(World const& before, World const& after) {
  std::vector<std::int64_t> joined(before.employers.size(), 0), foreigners_joined(before.employers.size(), 0);
  for (std::size_t row = 0; row < after.persons.size(); ++row) {
    if (after.persons.activity[row] != Activity::payroll) continue;
    bool const there_before = before.persons.employer[row] == after.persons.employer[row] &&
                              before.persons.activity[row] == Activity::payroll;
    if (there_before) continue;
    ++joined[after.persons.employer[row]];
    if (counts_under_quota(after.persons, row)) ++foreigners_joined[after.persons.employer[row]];
  }
  std::vector<std::uint64_t> beyond;
  for (std::size_t e = 0; e < before.employers.size(); ++e) {
    if (foreigners_joined[e] == 0 || !heeds_quota(before, e) ||
        ((before.rules.exempt_sizes >> static_cast<unsigned>(size_class_of(before.employers.workers[e]))) & 1U) != 0)
      continue;
    double const per_agent = before.employers.staff_per_agent[e];
    double const staff = static_cast<double>(before.employers.on_books[e] + joined[e]) * per_agent;
    double const foreign = static_cast<double>(before.employers.foreign_on_books[e] + foreigners_joined[e]) * per_agent;
    double const limit = std::floor(before.rules.head_share * staff + 1e-9) + quota_rounding(before, e) * per_agent;
    if (foreign > limit + 1e-6) beyond.push_back(before.employers.id[e]);
  }
  return beyond;
}

TEST(Invariants, NoFirmThatHeedsTheQuotaHiresBeyondIt) {
  // Many foreigners whom employers know and want, so that the limit is met often; fairs, so that people hold several
  // offers and some that an employer counted on are not taken.
  auto const prepared = prepare(variant("baseline",
                                        "parameters: {employers: {know_residence_share: 1, know_temporary_share: 0.8, "
                                        "know_asylum_card_share: 0.6}, labour: {taste_response: 0}}\n"
                                        "measures:\n  - {id: quota, head_share: 0.1}\n"
                                        "  - {id: fair, kind: job_fair, from: 2026-01, vacancies_per_month: 1000000}\n",
                                        small_case(50, 14)));
  std::size_t foreign_hires = 0;
  for (int month : {1, 6}) {
    World before = world_before_phase(*prepared, 0, "search_and_match", month);
    for (auto& vacancies : before.employers.vacancies) vacancies = {4, 4, 4};
    World after = before;
    search_and_match(after, *prepared->setup);
    EXPECT_EQ(firms_beyond_their_quota(before, after), std::vector<std::uint64_t>{});
    for (std::size_t d = 0; d < after.districts.size(); ++d)
      foreign_hires += static_cast<std::size_t>(flow(after, Flow::migrant_formal_hires, d));
    // The twin: the same month without a quota takes firms beyond it.
    World free = before;
    free.rules.head_share = free.rules.payroll_share = 1;
    search_and_match(free, *prepared->setup);
    EXPECT_GT(firms_beyond_their_quota(before, free).size(), 5U);
  }
  EXPECT_GT(foreign_hires, 20U);
}

TEST(Invariants, CasesAreDecidedWithinCapacityEveryMonthAndInTheLongRun) {
  auto const prepared = prepare(shipped("regularisation", small_case(400, 20)));
  std::vector<double> decided, allowed;
  std::size_t met = 0;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    decided.resize(world.rules.programmes.size(), 0);
    allowed.resize(world.rules.programmes.size(), 0);
    for (std::size_t k = 0; k < world.rules.programmes.size(); ++k) {
      decided[k] += world.decided[k];
      allowed[k] += world.rules.programmes[k].capacity_agents;
      EXPECT_LE(decided[k], allowed[k] + 1) << world.rules.programmes[k].name;
      met += world.decided[k] + 1 > world.rules.programmes[k].capacity_agents ? 1 : 0;
    }
  });
  EXPECT_GT(met, 10U) << "capacity never binds";
}

}  // namespace
}  // namespace arraigo::tests
