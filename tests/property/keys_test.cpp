/// Draws belong to identities: who else is there, or how many, does not reshuffle anybody.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "phases/phases.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

std::set<std::uint64_t> living_ids(World const& world) {
  std::set<std::uint64_t> ids;
  for (std::size_t row = 0; row < world.persons.size(); ++row)
    if (!world.persons.gone(row)) ids.insert(world.persons.id[row]);
  return ids;
}

TEST(Keys, NoTwoPersonsHouseholdsOrFirmsShareAnIdentity) {
  auto const prepared = prepare(shipped("baseline", small_case(100, 2)));
  run(*prepared, 0, {}, [](World& world, auto const&) {
    EXPECT_EQ(std::set(world.persons.id.begin(), world.persons.id.end()).size(), world.persons.size());
    EXPECT_EQ(std::set(world.households.id.begin(), world.households.id.end()).size(), world.households.size());
    EXPECT_EQ(std::set(world.employers.id.begin(), world.employers.id.end()).size(), world.employers.size());
  });
}

TEST(Keys, ANewbornsIdentityComesFromMotherAndBirthOrder) {
  auto const prepared = prepare(shipped("baseline", small_case(400, 6)));
  std::set<std::uint64_t> initial;
  std::size_t newborns = 0;
  run(
      *prepared, 0, [&](World& world, auto const&) { initial = living_ids(world); },
      [&](World& world, auto const& setup) {
        std::map<std::uint64_t, std::size_t> mother_of;  // by the identity that follows from mother and birth order
        for (std::size_t row = 0; row < world.persons.size(); ++row)
          for (std::uint8_t k = 1; k <= world.persons.births[row]; ++k)
            mother_of[mix(world.persons.id[row], k, 0x6e6577ULL)] = row;
        for (std::size_t row = 0; row < world.persons.size(); ++row) {
          auto const h = world.persons.household[row];
          bool const born_here = world.persons.birth[row] >= setup.scenario.start.index &&
                                 world.households.first[h] != row && world.persons.migrant[row] == no_row &&
                                 initial.count(world.persons.id[row]) == 0 &&
                                 row >= world.households.first[h] + world.households.count[h];
          if (!born_here) continue;
          ++newborns;
          auto const mother = mother_of.find(world.persons.id[row]);
          ASSERT_NE(mother, mother_of.end());
          EXPECT_EQ(world.persons.sex(mother->second), Sex::female);
        }
      });
  EXPECT_GT(newborns, 50U);
}

/// Persons who arrived in the month, by identity, with what was drawn for them.
std::map<std::uint64_t, std::tuple<int, int, int>> arrivals_of(Prepared const& prepared) {
  std::set<std::uint64_t> initial;
  std::map<std::uint64_t, std::tuple<int, int, int>> found;
  run(
      prepared, 0, [&](World& world, auto const&) { initial = living_ids(world); },
      [&](World& world, auto const&) {
        for (std::size_t row = 0; row < world.persons.size(); ++row)
          if (initial.count(world.persons.id[row]) == 0 && world.persons.migrant[row] != no_row)
            found.emplace(world.persons.id[row],
                          std::tuple(world.persons.birth[row], static_cast<int>(world.persons.traits[row]),
                                     static_cast<int>(world.district_of(row))));
      });
  return found;
}

TEST(Keys, MoreArrivalsLeaveTheFirstOnesAsTheyWere) {
  auto const few = arrivals_of(*prepare(variant("baseline", "", small_case(100, 1))));
  auto const more = arrivals_of(*prepare(
      variant("baseline", "measures:\n  - {id: x, kind: arrivals, from: 2026-01, factor: 1.5}\n", small_case(100, 1))));
  ASSERT_GT(few.size(), 5U);
  ASSERT_GT(more.size(), few.size());
  for (auto const& [id, drawn] : few) {
    auto const same = more.find(id);
    ASSERT_NE(same, more.end()) << "an arrival has another identity because more came";
    EXPECT_EQ(same->second, drawn);
  }
}

TEST(Keys, AnArrivalsIdentityComesFromMonthOriginAndIndex) {
  auto const prepared = prepare(shipped("baseline", small_case(100, 2)));
  auto const start = prepared->scenario.start.index;
  std::set<std::uint64_t> households;
  run(
      *prepared, 0,
      [&](World& world, auto const&) { households.insert(world.households.id.begin(), world.households.id.end()); },
      [&](World& world, auto const&) {
        std::set<std::uint64_t> expected;
        for (int month = start; month < start + 2; ++month)
          for (auto const origin : {Origin::returnee, Origin::venezuelan, Origin::other_foreign})
            for (std::uint64_t k = 0; k < 1000; ++k)
              expected.insert(
                  mix(mix(static_cast<std::uint64_t>(month), static_cast<std::uint64_t>(origin)), k, 0x6172726976ULL));
        for (std::size_t h = 0; h < world.households.size(); ++h) {
          auto const first = world.households.first[h];
          if (households.count(world.households.id[h]) != 0 || world.persons.migrant[first] == no_row ||
              world.households.count[h] == 0)
            continue;
          EXPECT_EQ(expected.count(world.households.id[h]), 1U);
        }
      });
}

std::size_t jobs_that_differ(World const& a, World const& b, std::size_t except = no_row) {
  std::size_t n = 0;
  for (std::size_t row = 0; row < a.persons.size(); ++row)
    if (row != except &&
        (a.persons.employer[row] != b.persons.employer[row] || a.persons.activity[row] != b.persons.activity[row]))
      ++n;
  return n;
}

struct Market {
  std::shared_ptr<Prepared const> prepared = prepare(shipped("baseline", small_case(200, 4)));
  World before = world_before_phase(*prepared, 0, "search_and_match", 2);
  World after = [this] {
    World world = before;
    search_and_match(world, *prepared->setup);
    return world;
  }();
};

TEST(Keys, OneMoreVacancyMovesOnlyAFewJobs) {
  Market const market;
  ASSERT_GT(jobs_that_differ(market.before, market.after), 500U) << "hardly anybody was hired";
  std::size_t most = 0, moved = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    World world = market.before;
    std::size_t const e = mix(i) % world.employers.size();
    ++world.employers.vacancies[e][i % skill_count];
    search_and_match(world, *market.prepared->setup);
    std::size_t const n = jobs_that_differ(market.after, world);
    most = std::max(most, n);
    moved += n > 0 ? 1 : 0;
  }
  EXPECT_LE(most, 12U);
  EXPECT_GE(moved, 6U) << "the vacancies drew nobody";
}

TEST(Keys, OneMoreSeekerMovesOnlyAFewJobs) {
  Market const market;
  std::size_t most = 0, tried = 0, hired = 0;
  for (std::size_t i = 0; tried < 60; ++i) {
    World world = market.before;
    std::size_t const row = mix(i, 1) % world.persons.size();
    if (world.persons.activity[row] != Activity::inactive) continue;
    ++tried;
    world.persons.activity[row] = Activity::unemployed;
    search_and_match(world, *market.prepared->setup);
    most = std::max(most, jobs_that_differ(market.after, world, row));
    hired += is_employed(world.persons.activity[row]) ? 1 : 0;
  }
  EXPECT_LE(most, 8U);
  EXPECT_GT(hired, 5U) << "the seekers found nothing";
}

}  // namespace
}  // namespace arraigo::tests
