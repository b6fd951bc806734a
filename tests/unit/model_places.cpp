/// Travel, the directory of jobs, contacts.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <span>

#include "core/parallel.hpp"
#include "init/build_steps.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

Geography whole_country() {
  std::vector<std::uint16_t> all(country().districts.rows().size());
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  return {country().districts, all, Parameters{}};
}

TEST(Travel, EveryDistrictOfTheCountryIsReached) {
  auto const geography = whole_country();
  auto const lima = *country().districts.find("150101");
  auto const from_lima = geography.nearest(std::vector<std::uint16_t>{lima});
  ASSERT_EQ(from_lima.size(), 1874U);
  for (std::size_t row = 0; row < from_lima.size(); ++row) {
    EXPECT_EQ(from_lima[row].source, 0U) << country().districts.rows()[row].name;
    EXPECT_LT(from_lima[row].minutes, 60 * 24 * 10) << country().districts.rows()[row].name;
  }
  EXPECT_FLOAT_EQ(from_lima[lima].minutes, static_cast<float>(Parameters{}.geography_own_district_minutes));
}

TEST(Travel, ShortestPathsAreSymmetricAndObeyTheTriangleInequality) {
  auto const geography = whole_country();
  constexpr int sources = 12;
  float const own = static_cast<float>(Parameters{}.geography_own_district_minutes);
  std::vector<std::uint16_t> at;
  std::vector<std::vector<Geography::Nearest>> from;
  for (std::uint64_t i = 0; i < sources; ++i) {
    at.push_back(static_cast<std::uint16_t>(mix(i) % 1874));
    from.push_back(geography.nearest(std::vector<std::uint16_t>{at.back()}));
  }
  auto const path = [&](std::size_t a, std::size_t row) { return from[a][row].minutes - own; };
  for (std::size_t a = 0; a < sources; ++a)
    for (std::size_t b = 0; b < sources; ++b) {
      float const ab = path(a, at[b]);
      EXPECT_NEAR(ab, path(b, at[a]), 1e-3 * (1 + ab));
      for (std::size_t row = 0; row < 1874; ++row) ASSERT_LE(path(a, row), (ab + path(b, row)) * 1.0001F + 0.01F);
    }
}

TEST(Travel, TheNearestOfSeveralIsTheLeastOfEach) {
  auto const geography = whole_country();
  std::vector<std::uint16_t> const offices{10, 500, 1200, 1800};
  auto const together = geography.nearest(offices);
  std::vector<std::vector<Geography::Nearest>> each;
  for (auto const office : offices) each.push_back(geography.nearest(std::vector<std::uint16_t>{office}));
  for (std::size_t row = 0; row < together.size(); ++row) {
    float least = unreachable_minutes;
    for (auto const& one : each) least = std::min(least, one[row].minutes);
    ASSERT_NEAR(together[row].minutes, least, 1e-3F * least);
    ASSERT_NEAR(each[together[row].source][row].minutes, least, 1e-3F * least) << "the named office is not the nearest";
  }
  EXPECT_EQ(geography.nearest(std::vector<std::uint16_t>{}).front().source, 0xffffffffU);
}

TEST(Travel, MinutesFromADistrictAreTheSameWhoeverAsksFirst) {
  auto const geography = whole_country();
  std::vector<std::uint16_t> const sources{10, 500, 1200, 1800};
  std::vector<std::vector<float>> asked(64);
  for_each_index(asked.size(), [&](std::size_t k) {
    auto const minutes = geography.minutes_from(sources[k % sources.size()]);
    asked[k].assign(minutes.begin(), minutes.end());
  });
  for (std::size_t k = 0; k < asked.size(); ++k) {
    auto const alone = geography.nearest(std::span(&sources[k % sources.size()], 1));
    ASSERT_EQ(asked[k].size(), geography.district_count());
    for (std::size_t d = 0; d < asked[k].size(); ++d) ASSERT_EQ(asked[k][d], alone[geography.area()[d]].minutes);
  }
}

TEST(Travel, CommutingStaysInTheZone) {
  auto const geography = whole_country();
  for (std::size_t d = 0; d < geography.district_count(); d += 13) {
    bool itself = false;
    for (auto const& place : geography.commuting(d)) {
      EXPECT_EQ(geography.zone_of(place.district), geography.zone_of(d));
      itself = itself || place.district == d;
    }
    EXPECT_TRUE(itself);
  }
}

/// Chi-square, in standard deviations above its expectation, of the firms that seekers of a district draw, against
/// weights jobs x exp(-minutes / scale) of the firm's district and the firm's share of the district's jobs.
double misfit(World const& world, Geography const& geography, std::size_t home, double minutes_scale) {
  constexpr std::size_t draws = 2000000;
  auto const& employers = world.employers;
  std::vector<double> jobs(geography.district_count(), 0), place(geography.district_count(), 0);
  for (std::size_t e = 0; e < employers.size(); ++e) jobs[employers.district[e]] += employers.target[e];
  double sum = 0;
  for (auto const& reach : geography.commuting(home))
    sum += place[reach.district] = jobs[reach.district] * std::exp(-static_cast<double>(reach.minutes) / minutes_scale);
  std::vector<std::size_t> seen(employers.size(), 0);
  for (std::uint64_t i = 0; i < draws; ++i) {
    auto const block = draw_block({1, 0, Month{0}}, Purpose::search, i);
    auto const e = world.jobs.draw(home, block[0], block[1]);
    if (e == no_row) {
      ADD_FAILURE() << "no employer was drawn";
      return 0;
    }
    ++seen[e];
  }
  double chi_square = 0, cells = 0, rest = 0, rest_seen = 0;
  for (std::size_t e = 0; e < employers.size(); ++e) {
    double const expected =
        draws * place[employers.district[e]] / sum * employers.target[e] / jobs[employers.district[e]];
    double const got = static_cast<double>(seen[e]);
    if (expected < 20) {
      rest += expected;
      rest_seen += got;
      continue;
    }
    chi_square += (got - expected) * (got - expected) / expected;
    ++cells;
  }
  if (rest > 20) {
    chi_square += (rest_seen - rest) * (rest_seen - rest) / rest;
    ++cells;
  }
  return (chi_square - (cells - 1)) / std::sqrt(2 * (cells - 1));
}

TEST(JobDirectory, DrawsFirmsByJobsAndTravelTime) {
  auto const prepared = prepare(shipped("baseline", small_case(400, 1)));
  World const world = Simulation(prepared->setup, 0, Detail::totals).world();
  double const scale = prepared->scenario.parameters.labour_commuting_minutes_scale;
  for (std::size_t home : {std::size_t{0}, std::size_t{31}}) {
    EXPECT_LT(std::abs(misfit(world, *prepared->setup->geography, home, scale)), 4);
    EXPECT_GT(misfit(world, *prepared->setup->geography, home, scale * 1.05), 4)
        << "a scale five per cent off would pass";
  }
}

TEST(JobDirectory, WhatALotPointsAtHoldsWhomItDraws) {
  auto const prepared = prepare(shipped("baseline", small_case(400, 1)));
  World const world = Simulation(prepared->setup, 0, Detail::totals).world();
  std::array<std::size_t, 2> seen{};  // its own employer, the other one
  for (std::uint64_t i = 0; i < 20000; ++i) {
    auto const block = draw_block({1, 0, Month{0}}, Purpose::search, i);
    std::size_t const home = i % world.districts.size();
    auto const lot = world.jobs.lot_of(home, block[0], block[1]);
    ASSERT_NE(lot.employer, no_row);
    auto const other = world.jobs.other(lot.employer), drawn = world.jobs.draw(home, block[0], block[1]);
    ASSERT_TRUE(drawn == lot.employer || drawn == other);
    ASSERT_EQ(world.employers.district[lot.employer], world.employers.district[other]);
    if (other != lot.employer) ++seen[drawn == other ? 1 : 0];
  }
  EXPECT_GT(seen[0], 1000U);
  EXPECT_GT(seen[1], 1000U);
}

TEST(Ties, OneMoreMigrantChangesTheContactsOfFew) {
  auto const prepared = prepare(shipped("baseline", small_case(200, 1)));
  World const before = Simulation(prepared->setup, 0, Detail::totals).world();
  World after = before;
  append_household(after, *prepared->setup, 4711, Origin::venezuelan, 20,
                   prepared->setup->pools.venezuelan.at(1U << 31));
  ASSERT_GT(after.migrants.size(), before.migrants.size());
  auto const newcomers = after.migrants.size() - before.migrants.size();
  MigrantRings rings, rings_after;
  rings.follow(before);
  rings_after.follow(after);
  std::size_t changed = 0, contacts = 0;
  for (std::uint32_t m = 0; m < before.migrants.size(); ++m) {
    auto const old = contacts_of(before, rings, *prepared->setup, m);
    contacts += old.size();
    changed += old != contacts_of(after, rings_after, *prepared->setup, m) ? 1 : 0;
  }
  EXPECT_GT(contacts, 2 * before.migrants.size());
  EXPECT_LE(changed, 15 * newcomers);
  EXPECT_LT(changed, before.migrants.size() / 50);
}

// Kept from month to month, the rings find whom rings built anew find: after births, departures, moves and a January.
TEST(Ties, RingsThatFollowTheMonthsAreThoseBuiltAnew) {
  auto const prepared = prepare(shipped("baseline", small_case(200, 17)));
  Simulation simulation(prepared->setup, 0, Detail::totals);
  std::size_t compared = 0, moved = 0;
  MigrantRings seldom;  // as where nobody arrives for some months
  for (int month = 0; month < 17; ++month) {
    simulation.step();
    World world = simulation.world();
    world.rings.follow(world);
    MigrantRings anew;
    anew.follow(world);
    if (month == 12) seldom.forget();  // after January's order
    bool const now = month % 5 == 2;
    if (now) seldom.follow(world);
    for (std::uint32_t m = 0; now && m < world.migrants.size(); m += 7)
      ASSERT_EQ(contacts_of(world, seldom, *prepared->setup, m), contacts_of(world, anew, *prepared->setup, m)) << "row " << m << " after " << month + 1 << " months";
    for (std::uint32_t m = 0; m < world.migrants.size(); m += 3) {
      ASSERT_EQ(contacts_of(world, world.rings, *prepared->setup, m), contacts_of(world, anew, *prepared->setup, m)) << "row " << m << " after " << month + 1 << " months";
      moved += world.migrants.moved[m] == world.stream.month.index - 1 && world.migrants.arrival[m] < world.migrants.moved[m] ? 1 : 0;
      ++compared;
    }
  }
  EXPECT_GT(compared, 10000U);
  EXPECT_GT(moved, 100U);
}

TEST(Ties, ContactsAreMutualAndOfTheSameOrigin) {
  auto const prepared = prepare(shipped("baseline", small_case(400, 1)));
  World const world = Simulation(prepared->setup, 0, Detail::totals).world();
  auto const edges = world.ties.edges();
  ASSERT_FALSE(edges.empty());
  for (auto const& [a, b] : edges) {
    EXPECT_NE(a, b);
    EXPECT_EQ(world.persons.origin(world.migrants.person[a]), world.persons.origin(world.migrants.person[b]));
    EXPECT_TRUE(std::binary_search(edges.begin(), edges.end(), Ties::Edge{b, a}));
  }
}

}  // namespace
}  // namespace arraigo::tests
