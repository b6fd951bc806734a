/// Months that scenarios have in common are computed once, and every run is to the last bit the one that it is by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "app/replicates.hpp"
#include "schedule/branches.hpp"
#include "schedule/start.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

constexpr int months = 10;

Overrides few(int of_months = months) { return small_case(500, of_months, "150101,150142"); }

/// A scenario with the run that it is by itself: its record, and the state before each month and at the end.
struct Alone {
  explicit Alone(Scenario s) : prepared(prepare(std::move(s), Detail::districts)) {
    Simulation simulation(prepared->setup, 0, prepared->detail);
    states.push_back(simulation.state_hash());
    while (!simulation.done()) {
      simulation.step();
      states.push_back(simulation.state_hash());
    }
    record = simulation.take_record();
  }
  std::shared_ptr<Prepared const> prepared;
  std::vector<std::uint64_t> states;
  ReplicateRecord record;
};

/// What is wrong with the branch of `b` that leaves `a` after some months, or with the trunk that goes on; empty: nothing.
std::string fault_of_branch(Alone const& a, Alone const& b, int at) {
  Simulation trunk(a.prepared->setup, 0, Detail::districts);
  while (trunk.months_done() < at) trunk.step();
  Simulation branch(b.prepared->setup, trunk, Detail::districts);
  if (branch.state_hash() != b.states[static_cast<std::size_t>(at)]) return "another state where it leaves";
  while (!branch.done()) branch.step();
  if (branch.state_hash() != b.states.back()) return "another state at the end";
  if (auto difference = first_difference(b.prepared->layout, branch.take_record(), b.record); !difference.empty()) return difference;
  while (!trunk.done()) trunk.step();
  return trunk.state_hash() == a.states.back() ? first_difference(a.prepared->layout, trunk.take_record(), a.record) : "another end of the trunk";
}

/// Both ways, at the last month that they share and before it.
void expect_branches(Alone const& a, Alone const& b, std::string const& pair) {
  int const shared = shared_months(a.prepared->scenario, b.prepared->scenario);
  ASSERT_EQ(shared, shared_months(b.prepared->scenario, a.prepared->scenario)) << pair;
  ASSERT_GE(shared, 0) << pair;
  EXPECT_EQ(fault_of_branch(a, b, shared), "") << pair << " after " << shared << " months";
  EXPECT_EQ(fault_of_branch(b, a, shared), "") << pair << ", the other way, after " << shared << " months";
  EXPECT_EQ(fault_of_branch(a, b, shared / 2), "") << pair << " after " << shared / 2 << " months";
}

TEST(Branches, OfAllShippedScenariosAreTheRunsByThemselves) {
  std::map<std::string, std::shared_ptr<Alone const>> runs;
  std::vector<std::string> names;
  auto const base = shipped("baseline", few());
  for (auto const& name : shipped_names()) {
    auto scenario = shipped(name, few());
    if (shared_months(base, scenario) < 0) continue;  // another start, or other parameters
    names.push_back(name);
    runs[name] = std::make_shared<Alone const>(std::move(scenario));
  }
  ASSERT_GT(names.size(), 60U);
  std::size_t sharing = 0, one_too_many = 0, seen = 0;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (auto const& other : {std::string("baseline"), names[(i + 1) % names.size()]}) {
      if (other == names[i]) continue;
      auto const &a = *runs.at(names[i]), &b = *runs.at(other);
      expect_branches(a, b, names[i] + " and " + other);
      int const shared = shared_months(a.prepared->scenario, b.prepared->scenario);
      if (shared > 0) ++sharing;
      // The twin: a month more than they share is, for most, another history.
      if (shared == months) continue;
      ++one_too_many;
      if (!fault_of_branch(a, b, shared + 1).empty()) ++seen;
    }
  EXPECT_GT(sharing, 60U);
  EXPECT_GT(seen * 2, one_too_many) << "of " << one_too_many << " pairs that leave a month too late";
}

/// The scenario of all programmes, none of them in force but `id`.
Scenario with_programme(std::string const& id, std::string const& from, std::string const& to = "2030-12") {
  Overrides overrides = few();
  for (auto const& entry : catalogue())
    overrides.sets.push_back("measures." + entry.id + ".enabled=" + (entry.id == id ? "true" : "false"));
  overrides.sets.push_back("measures." + id + ".from=" + from);
  overrides.sets.push_back("measures." + id + ".to=" + to);
  return shipped("programmes", overrides);
}

TEST(Branches, OfEveryKindOfMeasureThatBeginsOrEndsAtAnotherDateAreTheRunsByThemselves) {
  std::set<std::string> kinds;
  for (auto const& entry : catalogue()) {
    if (!kinds.insert(entry.kind).second) continue;
    SCOPED_TRACE(entry.kind);
    Alone const open(with_programme(entry.id, "2026-03")), later(with_programme(entry.id, "2026-05"));
    Alone const ends(with_programme(entry.id, "2026-03", "2026-06")), ends_later(with_programme(entry.id, "2026-03", "2026-08"));
    EXPECT_EQ(shared_months(open.prepared->scenario, later.prepared->scenario), 2);
    // The last month is one in which the end is known.
    EXPECT_EQ(shared_months(open.prepared->scenario, ends.prepared->scenario), 5);
    EXPECT_EQ(shared_months(open.prepared->scenario, ends_later.prepared->scenario), 7);
    EXPECT_EQ(shared_months(ends.prepared->scenario, ends_later.prepared->scenario), 5);
    expect_branches(open, later, "from March or May");
    expect_branches(open, ends, "to June or open");
    expect_branches(ends, ends_later, "to June or August");
  }
  EXPECT_GT(kinds.size(), 30U);
}

Scenario with_measures(std::string const& measures, int of_months = months) {
  return variant("baseline", "measures:\n" + measures, few(of_months));
}

TEST(Branches, WithPlacesKeptInTheListAreTheRunsByThemselves) {
  // Programmes and points are known by their number: one that is yet to come stands before one that is there.
  std::string const point = "  - {id: p, kind: service_points, from: 2026-03, where: [\"150142\"], service: migration_office, capacity_per_month: 900}\n";
  auto const later = [&](std::string const& from, std::string const& where) {
    return "  - {id: q, kind: service_points, from: " + from + ", where: [\"" + where + "\"], service: migration_office, capacity_per_month: 500}\n";
  };
  Alone const behind(with_measures(point + later("2026-08", "150101"))), before(with_measures(later("2026-08", "150101") + point)),
      before_sooner(with_measures(later("2026-06", "150101") + point)), none(with_measures(point));
  EXPECT_EQ(shared_months(behind.prepared->scenario, none.prepared->scenario), 7);
  EXPECT_EQ(shared_months(before.prepared->scenario, before_sooner.prepared->scenario), 5);
  // Numbers differ as soon as the point behind is there.
  EXPECT_EQ(shared_months(before.prepared->scenario, none.prepared->scenario), 2);
  expect_branches(behind, none, "behind");
  expect_branches(before, before_sooner, "before");
  expect_branches(before, none, "before, or none");
}

TEST(Branches, OfProgrammesWhoseWindowsFollowEachOtherAreTheRunsByThemselves) {
  auto const window = [](std::string const& id, std::string const& from, std::string const& to) {
    return "  - {id: " + id + ", kind: programme, programme: p, from: " + from + ", to: " + to +
           ", eligible: [irregular, visitor], grants: temporary, fee_soles: 50, capacity_per_month: 20000, processing_months: 1, validity_months: 24, refusal_share: 0.05}\n";
  };
  std::string const first = window("first", "2026-02", "2026-05");
  Alone const alone(with_measures(first)), followed(with_measures(first + window("second", "2026-06", "2026-09"))), resumed(with_measures(first + window("second", "2026-08", "2026-09"))),
      whole(with_measures(window("first", "2026-02", "2026-09")));
  // That the programme goes on shows in the month before already: nobody hurries.
  EXPECT_EQ(shared_months(alone.prepared->scenario, followed.prepared->scenario), 4);
  EXPECT_EQ(shared_months(alone.prepared->scenario, resumed.prepared->scenario), 7);
  EXPECT_EQ(shared_months(whole.prepared->scenario, followed.prepared->scenario), 5);
  expect_branches(alone, followed, "followed");
  expect_branches(alone, resumed, "resumed");
  expect_branches(whole, followed, "whole");
}

TEST(Branches, OfCashThatBeginsLaterThanCashBehindItInTheFileAreTheRunsByThemselves) {
  auto const cash = [](std::string const& id, std::string const& from, std::string const& to) {
    return "  - {id: " + id + ", kind: cash_support, from: " + from + ", to: " + to + ", purpose: humanitarian, coverage_share: 0.4, soles_per_month: 700}\n";
  };
  Alone const alone(with_measures(cash("now", "2026-02", "2026-12"))), before(with_measures(cash("later", "2026-07", "2026-12") + cash("now", "2026-02", "2026-12"))),
      behind(with_measures(cash("now", "2026-02", "2026-12") + cash("later", "2026-07", "2026-12"))), ended(with_measures(cash("later", "2026-07", "2026-12") + cash("now", "2026-02", "2026-06")));
  EXPECT_EQ(shared_months(alone.prepared->scenario, before.prepared->scenario), 6);
  EXPECT_EQ(shared_months(alone.prepared->scenario, ended.prepared->scenario), 5) << "a last month is known in that month";
  expect_branches(alone, before, "before");
  expect_branches(alone, behind, "behind");
  expect_branches(alone, ended, "ended");
  // Where it stands in the file says nothing of whom it reaches.
  EXPECT_EQ(before.states.back(), behind.states.back());
}

TEST(Branches, OfRunsOfOtherLengthsAreTheRunsByThemselves) {
  Alone const longer(shipped("quota_exemption", few(12))), shorter(shipped("baseline", few(5)));
  EXPECT_EQ(shared_months(longer.prepared->scenario, shorter.prepared->scenario), 5);
  expect_branches(longer, shorter, "12 and 5 months");
}

TEST(Branches, OfRulesAloneAreTheRunsByThemselves) {
  auto const behaviour = prepare(shipped("regularisation", few()), Detail::districts);
  auto const rules = [&](std::string const& from) {
    return prepare(with_measures("  - {id: wage, kind: minimum_wage, from: " + from + ", soles_per_month: 1500}\n"
                                 "  - {id: cash, kind: cash_support, from: 2026-02, to: 2026-09, purpose: humanitarian, coverage_share: 0.5, soles_per_month: 300}\n"
                                 "  - {id: late, kind: service_points, from: 2026-09, where: [\"150142\"], service: training, capacity_per_month: 100}\n"),
                   Detail::districts);
  };
  auto const a = rules("2026-04"), b = rules("2026-07");
  ASSERT_EQ(shared_months(a->scenario, b->scenario), 3);
  auto const alone = [&](Prepared const& of) {
    Simulation simulation(behaviour->setup, of.setup, 0, Detail::districts);
    while (!simulation.done()) simulation.step();
    return simulation.take_record();
  };
  auto const branch_after = [&](int at) {
    Simulation trunk(behaviour->setup, a->setup, 0, Detail::districts);
    while (trunk.months_done() < at) trunk.step();
    Simulation branch(b->setup, trunk, Detail::districts);
    while (!branch.done()) branch.step();
    return branch.take_record();
  };
  auto const whole = alone(*b);
  for (int const at : {0, 1, 3}) EXPECT_EQ(first_difference(b->layout, branch_after(at), whole), "") << at;
  EXPECT_NE(first_difference(b->layout, branch_after(4), whole), "") << "the wage of one is not that of the other";
}

TEST(Branches, AreNoneWhereParametersSeedOrPlaceDiffer) {
  auto const base = shipped("baseline", few());
  std::vector<Scenario> others(4, base);
  others[0].parameters.labour_origin_elasticity += 0.01;
  others[1].seed += 1;
  others[2].scale += 1;
  others[3].area = "150101";
  std::vector<Scenario const*> all{&base};
  for (auto const& other : others) {
    EXPECT_EQ(shared_months(base, other), -1);
    all.push_back(&other);
  }
  auto const trunks = plan_trunks(all);
  ASSERT_EQ(trunks.size(), all.size());
  for (auto const& trunk : trunks) EXPECT_TRUE(trunk.branches.empty());
}

TEST(Trunks, FollowTheScenarioFromWhichMostMonthsAreTakenOver) {
  auto const wage = [](std::string const& from, std::string const& to) {
    return with_measures("  - {id: wage, kind: minimum_wage, from: 2026-04, soles_per_month: 1400}\n  - {id: more, kind: minimum_wage, from: " + from + ", to: " + to + ", soles_per_month: 1500}\n");
  };
  auto const base = shipped("baseline", few()), early = wage("2026-06", "2026-12"), late = wage("2026-08", "2026-12"), ends = wage("2026-08", "2026-09");
  std::vector<Scenario const*> const all{&base, &early, &late, &ends};
  auto const trunks = plan_trunks(all);
  ASSERT_EQ(trunks.size(), 1U);
  // base leaves after 3 months, early after 5, ends after 8: in its last month, the ninth, it knows.
  EXPECT_EQ(trunks.front().scenario, 2U);
  std::vector<std::pair<std::size_t, int>> branches;
  for (auto const& branch : trunks.front().branches) branches.emplace_back(branch.scenario, branch.months);
  EXPECT_EQ(branches, (std::vector<std::pair<std::size_t, int>>{{0, 3}, {1, 5}, {3, 8}}));
  EXPECT_EQ(months_taken_over(trunks.front()), 16);
}

TEST(RunTogether, ComputesSharedMonthsOnceAndGivesTheSameRecordsAtAnyNumberOfThreads) {
  std::vector<Scenario> scenarios{shipped("baseline", few()), shipped("quota_exemption", few()), shipped("service_expansion", few())};
  scenarios[0].replicates = 3;
  scenarios[1].replicates = 2;
  scenarios[2].replicates = 3;
  app::Together together;
  for (auto const& scenario : scenarios) together.scenarios.push_back(&scenario);
  std::vector<std::vector<ReplicateRecord>> alone;
  std::vector<std::shared_ptr<Prepared const>> prepared;
  for (auto const& scenario : scenarios) {
    prepared.push_back(prepare(scenario, Detail::zones));
    alone.push_back(run_replicates(*prepared.back(), scenario.replicates));
  }
  for (int const threads : {1, 2, 4})
    for (bool const with_some : {false, true}) {
      together.first_replicates = with_some ? std::vector{1, 0, 2} : std::vector<int>{};
      app::Progress progress(1, 3, true);
      app::TogetherResult result;
      app::with_threads(threads, [&] { result = app::run_together(together, country(), Detail::zones, threads, progress); });
      ASSERT_FALSE(result.stopped);
      // Policies begin in July: six months of ten are common to all.
      std::int64_t const asked = with_some ? (2 + 2 + 1) * months : (3 + 2 + 3) * months;
      std::int64_t const shared = with_some ? 6 * (0 + 1 + 1) : 6 * (2 + 2 + 1);
      EXPECT_EQ(result.months_taken_over, shared);
      EXPECT_EQ(result.months_computed, asked - shared);
      for (std::size_t i = 0; i < scenarios.size(); ++i) {
        std::size_t const first = with_some ? static_cast<std::size_t>(together.first_replicates[i]) : 0;
        ASSERT_EQ(result.records[i].size(), alone[i].size() - first);
        for (std::size_t r = 0; r < result.records[i].size(); ++r) {
          EXPECT_EQ(result.records[i][r].state_hash, alone[i][first + r].state_hash);
          EXPECT_EQ(first_difference(prepared[i]->layout, result.records[i][r], alone[i][first + r]), "");
        }
      }
    }
}

}  // namespace
}  // namespace arraigo::tests
