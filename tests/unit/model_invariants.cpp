/// The checker of invariants finds each kind of planted violation.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "support/model_runs.hpp"
#include "world/jobs.hpp"

namespace arraigo::tests {
namespace {

/// A world some months on, with queues, cases and places.
World const& lived_in() {
  static auto const prepared = prepare(shipped("combined", small_case(300, 9)));
  static World const world = [] {
    World last;
    run(*prepared, 0, {}, [&](World& now, auto const&) { last = now; });
    return last;
  }();
  return world;
}

template <class Test>
std::size_t first_person(World const& world, Test const& test) {
  for (std::size_t row = 0; row < world.persons.size(); ++row)
    if (!world.persons.gone(row) && test(row)) return row;
  ADD_FAILURE() << "nobody to plant the violation on";
  return 0;
}

template <class Test>
std::size_t first_migrant(World const& world, Test const& test) {
  for (std::size_t m = 0; m < world.migrants.size(); ++m)
    if (!world.persons.gone(world.migrants.person[m]) && test(m)) return m;
  ADD_FAILURE() << "no migrant to plant the violation on";
  return 0;
}

template <class Test>
std::size_t first_point(World const& world, Test const& test) {
  for (std::size_t p = 0; p < world.points.size(); ++p)
    if (test(world.points[p])) return p;
  ADD_FAILURE() << "no point to plant the violation on";
  return 0;
}

struct Violation {
  char const* name;
  char const* words;  ///< part of the sentence that must be said
  std::function<void(World&)> plant;
};

std::vector<Violation> violations() {
  auto const employee = [](World& w) {
    return first_person(w, [&](auto row) { return w.persons.activity[row] == Activity::payroll; });
  };
  auto const member = [](World& w) { return first_person(w, [](auto) { return true; }); };
  return {
      {"an employee without employer", "is  an employee but has no employer",
       [=](World& w) {
         auto const row = static_cast<std::uint32_t>(employee(w));
         leave_job(w, row);
         w.persons.activity[row] = Activity::off_books;
       }},
      {"an inactive person with an employer", "is not an employee but has an employer",
       [=](World& w) { w.persons.activity[employee(w)] = Activity::inactive; }},
      {"a child at work", "is under 14",
       [](World& w) {
         auto const row = first_person(w, [&](auto r) { return w.persons.activity[r] == Activity::child; });
         w.persons.activity[row] = Activity::own_account;
       }},
      {"a worker who turns out to be a child", "is under 14",
       [=](World& w) { w.persons.birth[employee(w)] = static_cast<std::int16_t>(w.stream.month.index - 13 * 12); }},
      {"a host with a migrant's row", "origin and migrant row disagree",
       [](World& w) {
         w.persons.migrant[first_person(w, [&](auto row) { return w.persons.migrant[row] == no_row; })] = 0;
       }},
      {"a migrant's row that points elsewhere", "the migrant row points elsewhere",
       [](World& w) {
         auto const m = first_migrant(w, [](auto) { return true; });
         std::swap(w.migrants.person[m], w.migrants.person[m + 1]);
       }},
      {"a contract without the right to one", "without the right to one",
       [](World& w) {
         auto const m = first_migrant(w, [&](auto i) {
           return w.persons.activity[w.migrants.person[i]] == Activity::payroll &&
                  w.migrants.permit[i] == Permit::residence;
         });
         w.migrants.permit[m] = Permit::irregular;
         w.migrants.claim[m] = Claim::none;
       }},
      {"a payroll contract besides public insurance", "is insured twice",
       [=](World& w) { w.persons.has[employee(w)] |= has_public_insurance; }},
      {"a pupil who is long of age", "past school age",
       [=](World& w) {
         auto const row = first_person(w, [&](auto r) { return w.persons.age_months(r, w.stream.month.index) >= 30 * 12; });
         w.persons.has[row] |= has_school_place;
       }},
      {"a job in another zone", "works in another zone",
       [=](World& w) { w.districts[w.employers.district[w.persons.employer[employee(w)]]].zone += 1; }},
      {"a firm with one on-books worker too many", "staff or payroll differ",
       [](World& w) { ++w.employers.on_books[0]; }},
      {"a firm with one off-books worker too many", "staff or payroll differ",
       [](World& w) { ++w.employers.off_books[0]; }},
      {"a firm with one foreigner too many", "staff or payroll differ",
       [](World& w) { ++w.employers.foreign_on_books[0]; }},
      {"a payroll off by a cent", "staff or payroll differ", [](World& w) { ++w.employers.payroll_cents[0]; }},
      {"a foreign payroll off by a cent", "staff or payroll differ",
       [](World& w) { ++w.employers.foreign_payroll_cents[0]; }},
      {"a wage off by a cent", "staff or payroll differ", [=](World& w) { ++w.persons.wage_cents[employee(w)]; }},
      {"a household with a member too many", "members and has",
       [=](World& w) { ++w.households.members[w.persons.household[member(w)]]; }},
      {"a queue that is not whom it holds", "counts a queue of",
       [](World& w) { ++w.points[first_point(w, [](auto const& p) { return p.queue > 0; })].queue; }},
      {"a lost request", "counts a queue of", [](World& w) { w.requests.pop_back(); }},
      {"a negative stock", "a negative stock", [](World& w) { w.points[0].served = -1; }},
      {"a place that nobody has", "places in use and has",
       [](World& w) { ++w.points[first_point(w, [](auto const& p) { return p.places; })].in_use; }},
      {"more places in use than offered", "places in use and offers",
       [](World& w) { w.points[first_point(w, [](auto const& p) { return p.places && p.in_use > 3; })].capacity = 1; }},
      {"a migrant who became a national", "has no foreign status",
       [](World& w) { w.migrants.permit[first_migrant(w, [](auto) { return true; })] = Permit::national; }},
      {"a case without programme", "stage and programme of the case disagree",
       [](World& w) {
         w.migrants.case_programme[first_migrant(w, [&](auto m) { return w.migrants.stage[m] != CaseStage::none; })] =
             0xff;
       }},
      {"more decisions than capacity", "decided",
       [](World& w) { w.decided[0] = static_cast<std::int32_t>(w.rules.programmes[0].capacity_agents) + 2; }},
      {"hostility that is not a number", "hostility is not a number",
       [](World& w) { w.districts[0].hostility_logit = std::numeric_limits<double>::quiet_NaN(); }},
  };
}

TEST(InvariantChecker, FindsNothingInASoundWorld) {
  auto const broken = broken_invariants(lived_in());
  EXPECT_TRUE(broken.empty()) << broken.front();
}

TEST(InvariantChecker, FindsEveryKindOfViolation) {
  for (auto const& violation : violations()) {
    SCOPED_TRACE(violation.name);
    World world = lived_in();
    violation.plant(world);
    auto const broken = broken_invariants(world);
    bool found = false;
    for (auto const& sentence : broken) found = found || sentence.find(violation.words) != std::string::npos;
    EXPECT_TRUE(found) << (broken.empty() ? "nothing was said" : broken.front());
    EXPECT_EQ(broken.empty() ? "" : broken.front().substr(0, 7), world.stream.month.text())
        << "the sentence names the month";
  }
}

TEST(InvariantChecker, RestoringOrderKeepsTheStateAndTheInvariants) {
  World world = lived_in();
  ASSERT_FALSE(world.strays.empty());
  // Contacts that newcomers named know of it from January on: the one thing that the re-sort is meant to change.
  world.ties.rebuild(world.ties.edges(), static_cast<std::uint32_t>(world.migrants.size()));
  auto const hash = world.state_hash();
  restore_order(world);
  EXPECT_EQ(world.state_hash(), hash);
  EXPECT_TRUE(broken_invariants(world).empty());
  EXPECT_TRUE(world.strays.empty());
  EXPECT_LT(world.persons.size(), lived_in().persons.size()) << "nobody had gone";
  for (std::size_t h = 0; h < world.households.size(); ++h) {
    ASSERT_EQ(world.households.count[h], world.households.members[h]);
    if (h > 0) {
      ASSERT_EQ(world.households.first[h], world.households.first[h - 1] + world.households.count[h - 1]);
      ASSERT_LE(std::pair(world.households.district[h - 1], world.households.id[h - 1]), std::pair(world.households.district[h], world.households.id[h]));
    }
    for (auto row = world.households.first[h]; row < world.households.first[h] + world.households.count[h]; ++row) {
      ASSERT_EQ(world.persons.household[row], h);
      if (row > world.households.first[h]) {
        ASSERT_LT(std::pair(world.persons.birth[row - 1], world.persons.id[row - 1]), std::pair(world.persons.birth[row], world.persons.id[row]));
      }
    }
  }
  for (std::uint32_t m = 0; m < world.migrants.size(); ++m) {
    ASSERT_EQ(world.persons.migrant[world.migrants.person[m]], m);
    if (m > 0) {
      ASSERT_LT(world.migrants.person[m - 1], world.migrants.person[m]);
    }
  }
}

TEST(InvariantChecker, RestoringOrderKeepsTiesAndMakesThoseOfNewcomersMutual) {
  World world = lived_in();
  auto const by_identity = [&] {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ties;
    for (auto const& [from, to] : world.ties.edges()) {
      auto const a = world.migrants.person[from], b = world.migrants.person[to];
      if (!world.persons.gone(a) && !world.persons.gone(b)) ties.emplace_back(world.persons.id[a], world.persons.id[b]);
    }
    std::sort(ties.begin(), ties.end());
    return ties;
  };
  ASSERT_LT(world.ties.settled(), world.migrants.size()) << "nobody has come";
  auto const before = by_identity();
  restore_order(world);
  EXPECT_EQ(world.ties.settled(), world.migrants.size());
  EXPECT_EQ(by_identity(), before);
}

}  // namespace
}  // namespace arraigo::tests
