/// What holds of measures on services at any size: bounds, nobody but those meant, no order of rows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/errors.hpp"
#include "phases/phases.hpp"
#include "support/model_runs.hpp"
#include "support/permute_rows.hpp"

namespace arraigo::tests {
namespace {

constexpr char const* some_services[]{"employment_centre", "household_registry", "health_insurance", "training", "degree_recognition", "bank_account", "protection",
                                      "business_support", "women_centre", "child_protection", "elder_centre", "disability_office", "skills_certification", "credit", "childcare"};

/// All measures on services at once, each somewhere in its range. The last four reach people: units are counted.
std::string random_measures(std::uint64_t key) {
  Draws draws({20260103, 0, Month{-1}}, Purpose::pick, key);
  auto const u = [&] { return draws.uniform(); };
  auto const service = [&] { return some_services[draws.below(std::size(some_services))]; };
  // The reader refuses what would act on nothing: quality where a place is held, and more of it where whoever is served gets what they
  // ask for, a sector of what is no training, women among children.
  auto const most_quality = [](std::string_view s) { return s == "employment_centre" || s == "household_registry" || s == "health_insurance" || s == "bank_account" || s == "credit" ? 1.0 : 2.0; };
  auto const with_quality = [&] {
    for (;;)
      if (std::string_view const s = service(); s != "childcare" && s != "school" && s != "elder_centre") return s;
  };
  std::string_view const opened = service();
  bool const of_children = opened == "childcare" || opened == "school", held = of_children || opened == "elder_centre";
  auto const terms = fmt::format("{}{}, priority: [{}, poor]", held ? std::string() : fmt::format(", quality: {:.3f}", most_quality(opened) * u()), opened == "training" ? ", sector: commerce" : "",
                                 of_children ? "single_parents" : "women");
  auto const improved = with_quality();
  return fmt::format(
      "measures:\n"
      "  - {{id: a, kind: service_points, from: 2026-02, to: 2026-09, service: {}, capacity_per_month: {:.1f}{}, reserved_share: {:.3f}}}\n"
      "  - {{id: b, kind: service_capacity, from: 2026-03, service: {}, factor: {:.3f}, priority: [migrants, disability], reserved_share: {:.3f}}}\n"
      "  - {{id: c, kind: service_quality, from: 2026-02, service: {}, factor: {:.3f}}}\n"
      "  - {{id: d, kind: mobile_unit, from: 2026-02, service: {}, months_per_stop: 1, capacity_per_month: {:.1f}, where: [\"150132\", \"150135\", \"150110\"]}}\n"
      "  - {{id: e, kind: mobile_unit, from: 2026-02, to: 2026-08, service: migration_office, months_per_stop: 2, capacity_per_month: {:.1f}, where: [\"150132\", \"150101\"]}}\n"
      "  - {{id: f, kind: officials_training, from: 2026-02, to: 2026-06, reach_share_per_month: {:.3f}}}\n"
      "  - {{id: g, kind: officials_turnover, from: 2026-07, share: {:.3f}}}\n"
      "  - {{id: h, kind: municipal_capability, from: 2026-03, factor: {:.3f}}}\n"
      "  - {{id: i, kind: document_verification, from: 2026-04, users: [banks, services], use_share: {:.3f}}}\n"
      "  - {{id: j, kind: registry_rule, from: 2026-02, applies_to: [migrants, hosts], exclusion_share: {:.3f}, inclusion_share: {:.3f}}}\n"
      "  - {{id: k, kind: recognition_rule, from: 2026-02, documents_share: {:.3f}, licence_share: {:.3f}}}\n"
      "  - {{id: l, kind: information_campaign, from: 2026-02, content: [entitlements], reach_share_per_month: {:.3f}, priority: [newcomers], reserved_share: {:.3f}}}\n"
      "  - {{id: m, kind: outreach, from: 2026-02, service: {}, reach_share_per_month: {:.3f}, priority: [aged_65, single_parents], reserved_share: {:.3f}}}\n"
      "  - {{id: n, kind: outreach, from: 2026-04, service: {}, reach_share_per_month: {:.3f}}}\n"
      "  - {{id: o, kind: referral, from: 2026-02, reach_share: {:.3f}}}\n"
      "  - {{id: p, kind: savings_groups, from: 2026-05, reach_share_per_month: {:.3f}}}\n",
      opened, 20000 * u() * u(), terms, u(), service(), 3 * u() * u(), u(), improved, most_quality(improved) * u(), service(), 50000 * u(), 20000 * u(), u(), u(), 2 * u(), u(), u(), u(), u(), u(), u(), u(),
      service(), u(), u(), service(), u(), u(), u());
}

std::vector<std::string> broken(World const& world) {
  std::vector<std::string> list;
  auto const say = [&](std::string const& what) {
    if (list.size() < 10) list.push_back(world.stream.month.text() + ": " + what);
  };
  std::int64_t people = 0, own_account = 0;
  std::vector<std::int32_t> places(world.points.size(), 0);
  std::int64_t elders = 0, elder_places = 0;
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (world.persons.gone(row)) continue;
    ++people;
    auto const activity = world.persons.activity[row];
    own_account += activity == Activity::own_account || activity == Activity::own_account_formal ? 1 : 0;
    elders += (world.persons.has[row] & has_elder_place) != 0 ? 1 : 0;
    if ((world.persons.has[row] & has_certificate) == 0 && (world.persons.has[row] & has_training) == 0 && world.persons.trained_sector(row) >= 0) say("a sector without certificate");
  }
  for (auto const& place : world.placements)
    if (world.points[place.point].service == Service::elder_centre && !world.persons.gone(place.person)) ++elder_places;
  if (elders != elder_places) say(fmt::format("{} elders hold a place and {} places are taken", elders, elder_places));
  for (std::size_t p = 0; p < world.points.size(); ++p) {
    auto const& point = world.points[p];
    if (!point.places && point.service != Service::migration_office && point.served > std::ceil(point.capacity)) say(fmt::format("point {} served {} with room for {}", p, point.served, point.capacity));
  }
  for (auto const& d : world.districts) {
    if (!(d.officials_turnover_stock >= 0 && d.officials_turnover_stock <= 1)) say("a stock of turnover that is no share");
    for (float const known : d.officials_knowledge)
      if (!(known >= 0 && known <= 1)) say("knowledge that is no share");
  }
  std::size_t const last = world.measure_units.size();
  for (auto const units : world.measure_units)
    if (units < 0) say("negative units");
  for (std::size_t k = last - 4; k < last; ++k)
    if (world.measure_units[k] > 1000 * people * (k + 4 < last ? 1 : 2)) say("more people reached than there are");
  std::int64_t given = 0, referred = 0, in_time = 0;
  for (std::size_t d = 0; d < world.districts.size(); ++d) {
    auto const flow = [&](Flow f) { return world.flows[static_cast<std::size_t>(f) * world.districts.size() + d]; };
    given += flow(Flow::services_given), referred += flow(Flow::referrals), in_time += flow(Flow::services_in_time);
  }
  if (referred > given || in_time > given) say("more referred or in time than served");
  if (world.measure_units[last - 2] != 1000 * referred) say("referrals are not those that are charged");
  if (world.measure_units[last - 1] > 1000 * own_account + 1000 * people / 20) say("more members of savings groups than own-account workers");
  return list;
}

TEST(ServiceMeasures, KeepTheirBoundsAtAnySize) {
  std::int64_t referred = 0;
  for (std::uint64_t key = 1; key <= 6; ++key) {
    SCOPED_TRACE(key);
    auto const prepared = prepare(variant("combined", random_measures(key), small_case(1000, 14)));
    Simulation simulation(prepared->setup, 0, prepared->detail);
    simulation.check_invariants(true);
    while (!simulation.done()) {
      try {
        simulation.step();
      } catch (BugError const& error) {
        FAIL() << error.what();
      }
      EXPECT_EQ(fmt::format("{}", fmt::join(broken(simulation.world()), "\n")), "");
      referred += simulation.world().measure_units[simulation.world().measure_units.size() - 2];
    }
  }
  EXPECT_GT(referred, 100000);
}

TEST(ServiceMeasures, DoNotDependOnTheOrderOfRows) {
  auto const prepared = prepare(variant("combined", random_measures(3), small_case(1000, 14)));
  auto const plain = run(*prepared);
  auto const shuffled = run(*prepared, 0, [](World& world, auto const&) { permute_rows(world, 17, false); });
  EXPECT_EQ(first_difference(prepared->layout, plain, shuffled), "");
  EXPECT_EQ(plain.state_hash, shuffled.state_hash);
}

TEST(ServiceMeasures, FullReachServesNobodyBeyondNeedAndCapacity) {
  // Nobody is served where there is no capacity, however many are reached.
  auto const prepared = prepare(variant("baseline",
                                        "measures:\n  - {id: closed, kind: service_capacity, from: 2026-01, service: women_centre, factor: 0}\n"
                                        "  - {id: b, kind: outreach, from: 2026-01, service: women_centre, reach_share_per_month: 1}\n"
                                        "  - {id: c, kind: outreach, from: 2026-01, service: skills_certification, reach_share_per_month: 1}\n",
                                        small_case(1000, 4)));
  std::size_t waiting = 0;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    for (auto const& point : world.points) {
      if (point.service == Service::women_centre) {
        EXPECT_EQ(point.served, 0);
      }
      if (point.service == Service::skills_certification) {
        EXPECT_LE(point.served, std::ceil(point.capacity));
      }
    }
    EXPECT_EQ(world.measure_units[world.measure_units.size() - 2], 0) << "brigades without a service to bring people to";
    waiting = 0;
    for (auto const& request : world.requests) waiting += world.points[request.point].service == Service::skills_certification ? 1 : 0;
    for (std::size_t row = 0; row < world.persons.size(); ++row)
      if (!world.persons.gone(row) && (world.persons.queued[row] & queue_bit(Service::skills_certification)) != 0) {
        EXPECT_EQ(world.persons.has[row] & has_certificate, 0);
      }
  });
  EXPECT_GT(waiting, 1000U) << "the capacity is never met";
}

}  // namespace
}  // namespace arraigo::tests
