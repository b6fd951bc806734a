/// Services on a handful of people: who needs which, what the counter says, who is served first, what being served brings,
/// and what each measure on services does.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <tuple>

#include "phases/lots.hpp"
#include "phases/phases.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

constexpr std::size_t code(Service s) { return static_cast<std::size_t>(s); }

/// The month before services begin, in which nobody waits and nobody asks of themselves.
struct Quiet {
  std::shared_ptr<Prepared const> prepared;
  World world;

  explicit Quiet(std::string const& rest = "", int scale = 1000, int whole_months = 0)
      : prepared(prepare(variant("baseline", rest, small_case(scale, whole_months + 1)))),
        world(world_before_phase(*prepared, 0, "services", whole_months)) {
    hush();
  }
  void hush() {
    for (auto& block : world.lots.blocks) block.services.clear();
    world.requests.clear();
    for (auto& point : world.points) point.queue = 0;
    std::fill(world.persons.queued.begin(), world.persons.queued.end(), std::uint16_t{0});
  }
  void serve() { arraigo::serve(world, *prepared->setup); }

  /// Rows of the first n persons who are here and for whom f holds.
  template <class F>
  [[nodiscard]] std::vector<std::uint32_t> people(std::size_t n, F const& f) const {
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < world.persons.size() && rows.size() < n; ++row)
      if (!world.persons.gone(row) && !world.persons.inert(row) && f(row)) rows.push_back(row);
    return rows;
  }
  [[nodiscard]] int age(std::uint32_t row) const { return world.persons.age_months(row, world.stream.month.index) / 12; }
  [[nodiscard]] bool host(std::uint32_t row) const { return world.persons.origin(row) == Origin::national; }
  [[nodiscard]] std::vector<std::uint32_t> hosts(std::size_t n) const {
    return people(n, [&](auto row) { return host(row) && age(row) >= 30 && age(row) < 60; });
  }
  [[nodiscard]] std::uint16_t point_of(Service s) const {
    for (std::size_t p = 0; p < world.points.size(); ++p)
      if (world.points[p].service == s && world.points[p].capacity > 0) return static_cast<std::uint16_t>(p);
    throw std::logic_error("no open point");
  }
  void put_in_line(std::uint32_t row, std::uint16_t point, int months_ago = 0) {
    world.requests.push_back({row, point, static_cast<std::int16_t>(world.stream.month.index - months_ago)});
    ++world.points[point].queue;
    world.persons.queued[row] |= queue_bit(world.points[point].service);
  }
  [[nodiscard]] std::int64_t flow(Flow f) const {
    std::int64_t sum = 0;
    for (std::size_t d = 0; d < world.districts.size(); ++d) sum += world.flows[static_cast<std::size_t>(f) * world.districts.size() + d];
    return sum;
  }
  /// Asked (0), given (1), turned away (3).
  [[nodiscard]] std::int64_t count(unsigned kind, Service s) const {
    std::int64_t sum = 0;
    for (std::size_t d = 0; d < world.districts.size(); ++d) sum += world.service_flows[(kind * service_count + code(s)) * world.districts.size() + d];
    return sum;
  }
  [[nodiscard]] std::size_t holding(std::vector<std::uint32_t> const& rows, Has what) const {
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](auto row) { return (world.persons.has[row] & what) != 0; }));
  }
};

std::string brigade(char const* service, char const* rest = "reach_share_per_month: 1") {
  return std::string("  - {id: brigade_") + service + ", kind: outreach, from: 2026-01, service: " + service + ", " + rest + "}\n";
}
TEST(Needs, WhatBrigadesPassOverNobodyNeeds) {
  Quiet quiet("", 200, 6);
  auto const& world = quiet.world;
  std::array<std::size_t, service_count> needed{}, passed_over{};
  for (std::uint32_t row = 0; row < world.persons.size(); ++row) {
    if (world.persons.gone(row)) continue;
    for (auto const s : needed_services(world, quiet.prepared->setup->params, row)) {
      ++needed[code(s)];
      ASSERT_FALSE(surely_not_needed(world, s, row)) << service_names[code(s)].name << " of person " << row;
    }
    for (std::size_t s = 0; s < service_count; ++s) passed_over[s] += surely_not_needed(world, static_cast<Service>(s), row) ? 1 : 0;
  }
  for (auto const s : {Service::health_insurance, Service::bank_account, Service::household_registry, Service::training, Service::childcare}) {
    EXPECT_GT(needed[code(s)], 0U) << service_names[code(s)].name;
    EXPECT_GT(passed_over[code(s)], s == Service::childcare ? 0U : 100U) << service_names[code(s)].name;
  }
}

std::string every_protection_brigade() {
  return "measures:\n" + brigade("protection") + brigade("women_centre") + brigade("child_protection") + brigade("disability_office");
}

TEST(ProtectionNeed, IsAttendedByTheServiceForSuchAPerson) {
  Quiet const start("parameters: {services: {ask_disability_prob_per_month: 0}, groups: {disability_share: 0.05}}\n" + every_protection_brigade(), 200);
  auto const asks = [&](std::uint32_t row) {
    Quiet one = start;
    for (auto& has : one.world.persons.has) has = static_cast<std::uint16_t>((has & ~has_protection_need) | has_protection);
    one.world.persons.has[row] = has_protection_need;
    one.serve();
    for (auto const s : {Service::protection, Service::women_centre, Service::child_protection, Service::disability_office})
      if (one.count(0, s) == 1) return s;
    return Service::migration_office;
  };
  auto const& w = start.world;
  auto const first = [&](auto const& f) {
    auto const found = start.people(1, [&](std::uint32_t row) { return start.host(row) && f(row); });
    if (found.empty()) throw std::logic_error("nobody is like that");
    return found.front();
  };
  auto const plain = [&](std::uint32_t row) { return !w.has_disability(row) && !w.is_lgbtiq(row); };
  auto const sex = [&](std::uint32_t row) { return w.persons.sex(row); };
  EXPECT_EQ(asks(first([&](auto row) { return start.age(row) < 18; })), Service::child_protection);
  EXPECT_EQ(asks(first([&](auto row) { return start.age(row) >= 18 && start.age(row) < 65 && plain(row) && sex(row) == Sex::female; })), Service::women_centre);
  EXPECT_EQ(asks(first([&](auto row) { return start.age(row) >= 18 && start.age(row) < 65 && plain(row) && sex(row) == Sex::male; })), Service::protection);
  EXPECT_EQ(asks(first([&](auto row) { return start.age(row) >= 65 && plain(row) && sex(row) == Sex::male; })), Service::women_centre);
  EXPECT_EQ(asks(first([&](auto row) { return start.age(row) >= 18 && w.has_disability(row); })), Service::disability_office);
  EXPECT_EQ(asks(first([&](auto row) { return start.age(row) >= 18 && !w.has_disability(row) && w.is_lgbtiq(row) && sex(row) == Sex::female; })), Service::protection);
}

TEST(ProtectionNeed, FallsOnTheExposedAndKeepsItsMean) {
  Quiet const start("", 400);
  auto const& p = start.prepared->setup->params;
  double sum = 0;
  std::size_t people = 0;
  auto const start_of_run = Simulation(start.prepared->setup, 0, Detail::totals).world();
  for (std::uint32_t row = 0; row < start_of_run.persons.size(); ++row, ++people) sum += protection_need_prob(start_of_run, p, row);
  EXPECT_NEAR(sum / static_cast<double>(people), p.services_protection_need_prob_per_month, 1e-6);
  for (auto const row : start.people(2000, [](auto) { return true; })) {
    double const factor = protection_need_factor(start.world, p, row);
    if (start.world.persons.sex(row) == Sex::female && start.age(row) >= 14) {
      EXPECT_GE(factor, p.services_need_factor_women);
    }
    if (start.world.is_trafficked(row)) {
      EXPECT_EQ(factor, p.services_need_factor_trafficked);
    }
    if (start.host(row) && start.age(row) < 14) {
      EXPECT_EQ(factor, 1);
    }
  }
}

TEST(ProtectionNeed, ArisesAsOftenAsTheParameterSaysAndReopensWhatWasSettled) {
  auto const prepared = prepare(variant("baseline", "parameters: {services: {protection_need_prob_per_month: 0.01}}\n", small_case(100, 1)));
  World world = world_before_phase(*prepared, 0, "services", 0);
  std::size_t open = 0, settled = 0;
  for (auto& has : world.persons.has) has = static_cast<std::uint16_t>((has & ~has_protection_need) | has_protection);
  auto const before = world;
  serve(world, *prepared->setup);
  std::int64_t counted = 0;
  for (std::size_t d = 0; d < world.districts.size(); ++d) counted += world.flows[static_cast<std::size_t>(Flow::protection_needs) * world.districts.size() + d];
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if ((world.persons.has[row] & has_protection_need) == 0) continue;
    ((world.persons.has[row] & has_protection) == 0 ? open : settled) += 1;
  }
  EXPECT_EQ(static_cast<std::int64_t>(open + settled), counted);
  double const expected = 0.01 * static_cast<double>(world.persons.size());
  EXPECT_LT(std::abs(static_cast<double>(counted) - expected), 4 * std::sqrt(expected));
  EXPECT_EQ(settled, 0U) << "nobody who has come to need protection is taken for attended";
}

/// How many of n hosts are certified by a point of some quality.
std::size_t certified(Quiet start, double quality, std::size_t n) {
  auto const rows = start.hosts(n);
  auto const p = start.point_of(Service::skills_certification);
  start.world.points[p].capacity = 1e6;
  start.world.points[p].quality = quality;
  for (auto const row : rows) start.put_in_line(row, p);
  start.serve();
  EXPECT_EQ(start.world.requests.size(), 0U);
  EXPECT_EQ(start.count(1, Service::skills_certification), static_cast<std::int64_t>(n));
  return start.holding(rows, has_certificate);
}

TEST(Quality, ScalesWhatBeingServedAchievesUpToCertainty) {
  Quiet const start;
  double const usual = start.prepared->setup->params.services_certification_success_share, n = 600;
  for (double const quality : {0.5, 1.0}) {
    double const share = usual * quality;
    EXPECT_LT(std::abs(static_cast<double>(certified(start, quality, 600)) - share * n), 4 * std::sqrt(n * share * (1 - share)));
  }
  EXPECT_EQ(certified(start, 2, 600), 600U);
  EXPECT_EQ(certified(start, 0, 600), 0U);
}

TEST(Quality, AlsoOfProtectionBusinessSupportAndCourses) {
  Quiet const start;
  for (auto const& [service, what] : {std::pair{Service::women_centre, has_protection}, {Service::business_support, has_business_support}, {Service::bank_account, has_account}}) {
    for (double const quality : {0.0, 2.0}) {
      Quiet now = start;
      auto const rows = now.hosts(100);
      auto const p = now.point_of(service);
      now.world.points[p].capacity = 1e6;
      now.world.points[p].quality = quality;
      for (auto const row : rows) now.world.persons.has[row] = 0, now.put_in_line(row, p);
      now.serve();
      EXPECT_EQ(now.holding(rows, what), quality > 0 ? 100U : 0U) << service_names[code(service)].name;
    }
  }
}

/// The course of n hosts at a point that stands open or has closed, some months after they began.
std::size_t trained(Quiet start, int months_ago, bool open, double quality, std::size_t n) {
  auto const p = start.point_of(Service::training);
  auto const rows = start.hosts(n);
  auto& point = start.world.points[p];
  point.capacity = open ? 1e6 : 0;
  point.quality = quality;
  point.sector = 2;
  std::erase_if(start.world.placements, [&](Request const& place) { return place.point == p; });
  point.in_use = 0;
  for (auto const row : rows) {
    start.world.persons.has[row] &= static_cast<std::uint16_t>(~has_training);
    start.world.placements.push_back({row, p, static_cast<std::int16_t>(start.world.stream.month.index - months_ago)});
    ++point.in_use;
  }
  start.serve();
  for (auto const row : rows)
    if ((start.world.persons.has[row] & has_training) != 0) {
      EXPECT_EQ(start.world.persons.trained_sector(row), 2);
    }
  return start.holding(rows, has_training);
}

TEST(Course, LeavesACertificateOfItsSectorWhenItEndsAndNoneWhenBrokenOff) {
  Quiet const start("parameters: {services: {training_months: 3}}\n");
  EXPECT_EQ(trained(start, 2, true, 1, 100), 0U);
  EXPECT_EQ(trained(start, 2, false, 2, 100), 0U) << "the point closed in the midst of it";
  EXPECT_EQ(trained(start, 3, true, 2, 100), 100U);
  auto const usual = trained(start, 3, true, 1, 100);
  EXPECT_GT(usual, 65U);
  EXPECT_LT(usual, 95U);
}

/// Women and men served where `women` women have come after 30 men, ten can be served and a share is kept for women.
std::pair<std::size_t, std::size_t> served_by_sex(Quiet start, std::size_t women, double share) {
  auto const p = start.point_of(Service::bank_account);
  auto const of = [&](Sex sex, std::size_t n) {
    return start.people(n, [&](auto row) { return start.host(row) && start.age(row) >= 20 && start.world.persons.sex(row) == sex; });
  };
  auto const first = of(Sex::male, 30), later = of(Sex::female, women);
  auto& point = start.world.points[p];
  point.capacity = 10;
  point.carry = 0;
  point.priority = {1U << static_cast<unsigned>(PersonGroup::women), share};
  for (auto const row : first) start.world.persons.has[row] = 0, start.put_in_line(row, p, 2);
  for (auto const row : later) start.world.persons.has[row] = 0, start.put_in_line(row, p);
  start.serve();
  EXPECT_EQ(start.world.points[p].served, 10);
  return {start.holding(later, has_account), start.holding(first, has_account)};
}

TEST(Priority, KeepsAShareOfPlacesAndGivesWhatIsLeftToAll) {
  Quiet const start("parameters: {services: {withdrawal_prob_per_month: 0}}\n");
  EXPECT_EQ(served_by_sex(start, 20, 0), std::pair(std::size_t{0}, std::size_t{10}));
  EXPECT_EQ(served_by_sex(start, 20, 0.5), std::pair(std::size_t{5}, std::size_t{5}));
  EXPECT_EQ(served_by_sex(start, 20, 1), std::pair(std::size_t{10}, std::size_t{0}));
  EXPECT_EQ(served_by_sex(start, 2, 1), std::pair(std::size_t{2}, std::size_t{8}));
}

TEST(Waiting, CountsAsInTimeUpToTwoMonths) {
  Quiet start("parameters: {services: {withdrawal_prob_per_month: 0}}\n");
  auto const p = start.point_of(Service::bank_account);
  start.world.points[p].capacity = 1e6;
  auto const rows = start.hosts(4);
  for (int k = 0; k < 4; ++k) start.put_in_line(rows[static_cast<std::size_t>(k)], p, k);
  start.serve();
  EXPECT_EQ(start.flow(Flow::services_given), 4);
  EXPECT_EQ(start.flow(Flow::services_in_time), 3);
}

TEST(Waiting, FollowsThePointThatIsOpenNow) {
  Quiet start("parameters: {services: {withdrawal_prob_per_month: 0}}\n");
  auto const row = start.hosts(1).front();
  auto const d = start.world.district_of(row);
  auto const open = start.world.access_to(Service::training, d).point;
  std::uint16_t closed = 0;
  while (start.world.points[closed].service != Service::training || closed == open) ++closed;
  start.world.points[closed].capacity = 0;
  start.world.points[open].capacity = 1e-9;
  start.world.points[open].carry = -1;
  start.put_in_line(row, closed, 3);
  start.serve();
  ASSERT_EQ(start.world.requests.size(), 1U);
  EXPECT_EQ(start.world.requests[0].point, open);
  EXPECT_EQ(start.world.requests[0].since, start.world.stream.month.index - 3);
  EXPECT_EQ(start.world.points[closed].queue, 0);
  EXPECT_EQ(start.world.points[open].queue, 1);
  // Where none is open the request stays.
  for (std::size_t at = 0; at < start.world.districts.size(); ++at) start.world.access[code(Service::training) * start.world.districts.size() + at].point = 0xffff;
  start.world.points[open].capacity = 0;
  start.serve();
  ASSERT_EQ(start.world.requests.size(), 1U);
  EXPECT_EQ(start.world.requests[0].point, open);
}

TEST(Waiting, ForAnAppointmentFollowsTheOfficeThatIsOpenNow) {
  auto const prepared = prepare(variant("combined", "", small_case(400, 12)));
  World world = world_before_phase(*prepared, 0, "regularisation", 10);
  std::size_t m = 0;
  while (m < world.migrants.size() && (world.migrants.stage[m] != CaseStage::appointment || world.persons.gone(world.migrants.person[m]))) ++m;
  ASSERT_LT(m, world.migrants.size()) << "nobody waits";
  auto const office = world.migrants.case_point[m];
  auto const since = world.migrants.case_since[m];
  std::uint16_t other = 0;
  while (world.points[other].service != Service::migration_office || other == office) ++other;
  world.points[office].capacity = 0;
  world.points[other].capacity = 1e-9;
  world.points[other].carry = -1;
  for (std::size_t d = 0; d < world.districts.size(); ++d) world.access[d].point = other;  // migration offices come first
  regularise(world, *prepared->setup);
  ASSERT_EQ(world.migrants.stage[m], CaseStage::appointment);
  EXPECT_EQ(world.migrants.case_point[m], other);
  EXPECT_EQ(world.migrants.case_since[m], since);
  EXPECT_EQ(world.points[office].queue, 0);
}

TEST(Officials, KnowledgeIsTaughtFadesAndLeavesWithThem) {
  Quiet start("parameters: {services: {officials_half_life_months: 24, turnover_recovery_months: 4}}\n");
  auto& d = start.world.districts[0];
  auto const s = code(Service::health_insurance);
  start.world.rules.officials_reach[s][0] = 0.4;
  start.serve();
  EXPECT_NEAR(static_cast<double>(d.officials_knowledge[s]), 0.4, 1e-6);
  start.world.rules.officials_reach[s][0] = 0;
  for (int month = 0; month < 24; ++month) start.serve();
  EXPECT_NEAR(static_cast<double>(d.officials_knowledge[s]), 0.2, 1e-5);
  EXPECT_EQ(static_cast<double>(start.world.districts[1].officials_knowledge[s]), 0);
  start.world.rules.turnover_share[0] = 0.75;
  start.serve();
  double const kept = std::pow(0.5, 1.0 / 24);
  EXPECT_NEAR(static_cast<double>(d.officials_knowledge[s]), 0.2 * kept * 0.25, 1e-5);
  EXPECT_NEAR(d.officials_turnover_stock, 0.75, 1e-12);
  start.world.rules.turnover_share[0] = 0;
  for (int month = 0; month < 4; ++month) start.serve();
  EXPECT_NEAR(d.officials_turnover_stock, 0.375, 1e-12);
}

/// How many of the foreigners with residence whom a brigade brings to an insurance desk are turned away, and how many came.
std::pair<std::int64_t, std::int64_t> doubted(Quiet start, std::function<void(World&)> const& change) {
  for (std::uint32_t row = 0; row < start.world.persons.size(); ++row) {
    auto const m = start.world.persons.migrant[row];
    if (m != no_row) start.world.migrants.permit[m] = Permit::residence;
    else start.world.persons.has[row] |= has_public_insurance;
  }
  change(start.world);
  start.serve();
  return {start.count(3, Service::health_insurance), start.count(0, Service::health_insurance)};
}

TEST(Officials, DoubtAtTheCounterFallsWithTrainingAndVanishesWithVerification) {
  Quiet const start("parameters: {services: {counter_doubt_share: 0.5, officials_effect: 0.6}}\nmeasures:\n" + brigade("health_insurance"), 200);
  auto const near = [](std::pair<std::int64_t, std::int64_t> found, double share) {
    double const n = static_cast<double>(found.second);
    EXPECT_GT(n, 500);
    EXPECT_LT(std::abs(static_cast<double>(found.first) - share * n), 4 * std::sqrt(n * share * (1 - share)) + 1e-9);
  };
  near(doubted(start, [](World&) {}), 0.5);
  near(doubted(start, [](World& w) { for (auto& reach : w.rules.officials_reach) reach.assign(w.districts.size(), 1.0); }), 0.2);
  near(doubted(start, [](World& w) { w.rules.verified_by_services.assign(w.districts.size(), 1.0); }), 0);
  near(doubted(start, [](World& w) { w.rules.verified_by_banks.assign(w.districts.size(), 1.0); }), 0.5);
  // Where hosts have become more hostile than at the start, officials doubt more.
  near(doubted(start, [](World& w) { for (auto& d : w.districts) d.hostility_start = -100, d.hostility_logit = std::log(0.4 / 0.6); }), 0.5 * std::exp(0.4));
}

TEST(Verification, OfEachUserLeavesNoDoubtAtItsCountersAlone) {
  // Banks are asked for accounts and credit; employers stand at no counter.
  for (auto const& [user, of_banks, of_others] : {std::tuple{"banks", 0.0, 0.5}, {"services", 0.5, 0.0}, {"employers", 0.5, 0.5}}) {
    SCOPED_TRACE(user);
    Quiet const quiet(std::string("parameters: {services: {counter_doubt_share: 0.5, counter_hostility_response: 0}}\nmeasures:\n  - {id: register, kind: document_verification, from: 2026-01, use_share: 1, users: [") + user + "]}\n");
    auto const doubt = doubt_at_counters(quiet.world, *quiet.prepared->setup);
    auto const n = quiet.world.districts.size();
    for (std::size_t s = 0; s < service_count; ++s)
      for (std::size_t d = 0; d < n; ++d) ASSERT_DOUBLE_EQ(doubt[s * n + d], s == code(Service::bank_account) || s == code(Service::credit) ? of_banks : of_others) << service_names[s].name;
  }
}

TEST(Outreach, AsksForWhoNeedsItOnceAHouseholdForTheRegistry) {
  auto const measures = "measures:\n" + brigade("household_registry");
  Quiet start(measures);
  std::set<std::uint32_t> unregistered;
  for (auto const row : start.people(start.world.persons.size(), [&](auto r) { return start.age(r) >= 18; }))
    if (!Households::registered(start.world.households.state[start.world.persons.household[row]])) unregistered.insert(start.world.persons.household[row]);
  ASSERT_GT(unregistered.size(), 100U);
  start.serve();
  auto const asked = start.count(0, Service::household_registry);
  EXPECT_EQ(asked, static_cast<std::int64_t>(unregistered.size()));
  EXPECT_EQ(start.world.measure_units.back(), 1000 * asked);
}

TEST(Outreach, ReachesTheGroupsWhollyAndOthersByWhatIsNotKept) {
  auto const reached = [](char const* priority) {
    Quiet start("measures:\n" + brigade("health_insurance", priority), 400);
    start.serve();
    std::array<std::int64_t, 2> by_sex{};
    for (auto const& r : start.world.requests) ++by_sex[static_cast<std::size_t>(start.world.persons.sex(r.person))];
    return std::pair(start.count(0, Service::health_insurance), start.world.measure_units.back());
  };
  auto const all = reached("reach_share_per_month: 0.6"), women = reached("reach_share_per_month: 0.6, priority: [women]"),
             open = reached("reach_share_per_month: 0.6, priority: [women], reserved_share: 0"), none = reached("reach_share_per_month: 0");
  EXPECT_EQ(all, open);
  EXPECT_GT(women.first, all.first / 4);
  EXPECT_LT(women.first, all.first * 3 / 4);
  EXPECT_EQ(none, std::pair(std::int64_t{0}, std::int64_t{0}));
}

TEST(Referral, PutsWhoWasServedInTheNextLineTheyNeed) {
  for (double const share : {0.0, 1.0}) {
    Quiet start("measures:\n  - {id: map, kind: referral, from: 2026-01, reach_share: " + std::to_string(share) + "}\n");
    auto const row = start.people(1, [&](auto r) { return start.host(r) && start.age(r) >= 30 && start.age(r) < 60 && !start.world.has_disability(r); }).front();
    auto& has = start.world.persons.has[row];
    has = has_public_insurance;  // needs an account, after the registry
    start.world.households.state[start.world.persons.household[row]] |= Households::class_not_poor;
    auto const desk = start.point_of(Service::women_centre);
    start.world.points[desk].capacity = 100;
    start.put_in_line(row, desk);
    start.serve();
    EXPECT_EQ(start.flow(Flow::referrals), share > 0 ? 1 : 0);
    EXPECT_EQ(start.world.persons.queued[row], share > 0 ? queue_bit(Service::bank_account) : 0);
    EXPECT_EQ(start.world.measure_units.back(), share > 0 ? 1000 : 0);
  }
}

TEST(Credit, NeedsPapersAnAccountAndOfForeignersTimeAtOneAddress) {
  Quiet const start("parameters: {services: {counter_doubt_share: 0, credit_tenure_months: 12}}\nmeasures:\n" + brigade("credit") +
                    "  - {id: accepted, kind: accepted_documents, from: 2026-01, service: credit, permits: [temporary]}\n", 400);
  auto const lends = [&](bool foreign, bool account, int months_there, Permit permit) {
    Quiet one = start;
    auto const row = one.people(1, [&](auto r) { return is_foreign(one.world.persons.origin(r)) == foreign && one.world.persons.activity[r] == Activity::own_account; }).front();
    auto& p = one.world.persons;
    for (std::uint32_t other = 0; other < p.size(); ++other)
      if (other != row) p.has[other] |= has_credit;
    p.has[row] = account ? has_account : 0;
    if (foreign) {
      auto const m = p.migrant[row];
      one.world.migrants.moved[m] = static_cast<std::int16_t>(one.world.stream.month.index - months_there);
      one.world.migrants.permit[m] = permit;
      one.world.migrants.claim[m] = Claim::none;
    }
    one.serve();
    EXPECT_EQ(one.count(0, Service::credit), 1);
    return (p.has[row] & has_credit) != 0;
  };
  EXPECT_TRUE(lends(false, true, 0, Permit::national));
  EXPECT_FALSE(lends(false, false, 0, Permit::national));
  EXPECT_TRUE(lends(true, true, 12, Permit::temporary));
  EXPECT_FALSE(lends(true, true, 11, Permit::temporary));
  EXPECT_FALSE(lends(true, false, 12, Permit::temporary));
  EXPECT_FALSE(lends(true, true, 12, Permit::irregular));
}

TEST(Credit, EndsAfterAsManyMonthsOnAverageAndRaisesOwnAccountIncome) {
  auto const prepared = prepare(variant("baseline", "parameters: {services: {credit_months: 10, ask_credit_prob_per_month: 0}}\n", small_case(400, 1)));
  World world = world_before_phase(*prepared, 0, "lots", 0);
  for (auto& has : world.persons.has) has |= has_credit;
  draw_lots(world, *prepared->setup);
  serve(world, *prepared->setup);
  double ended = 0, n = 0;
  for (std::size_t row = 0; row < world.persons.size(); ++row, ++n) ended += (world.persons.has[row] & has_credit) == 0 ? 1 : 0;
  EXPECT_LT(std::abs(ended - n / 10), 4 * std::sqrt(n * 0.09));
}

TEST(SavingsGroups, LendToOwnAccountWorkersWithoutPapers) {
  Quiet start("measures:\n  - {id: groups, kind: savings_groups, from: 2026-01, reach_share_per_month: 1}\n");
  for (auto& has : start.world.persons.has) has &= static_cast<std::uint16_t>(~has_credit);
  start.serve();
  std::int64_t members = 0;
  for (std::uint32_t row = 0; row < start.world.persons.size(); ++row) {
    auto const activity = start.world.persons.activity[row];
    bool const own = !start.world.persons.gone(row) && start.world.persons.age_months(row, start.world.stream.month.index) >= 18 * 12 && (activity == Activity::own_account || activity == Activity::own_account_formal);
    EXPECT_EQ((start.world.persons.has[row] & has_credit) != 0, own);
    members += own ? 1 : 0;
  }
  EXPECT_EQ(start.world.measure_units.back(), 1000 * members);
}

/// Rows of the graduates whose degree is recognised when all of them are served.
std::vector<std::uint32_t> recognised(Quiet start, double documents, double licence, double success) {
  auto const p = start.point_of(Service::degree_recognition);
  auto const rows = start.people(400, [&](auto row) {
    return is_foreign(start.world.persons.origin(row)) && start.world.persons.education(row) == Education::university && start.age(row) >= 18 && !start.world.persons.recognised(row);
  });
  start.world.points[p].capacity = 1e6;
  start.world.points[p].quality = success / start.prepared->setup->params.services_recognition_success_share;
  start.world.rules.documents_share = documents;
  start.world.rules.licence_share = licence;
  for (auto const row : rows) start.put_in_line(row, p);
  start.serve();
  std::vector<std::uint32_t> found;
  for (auto const row : rows)
    if (start.world.persons.recognised(row)) found.push_back(row);
  EXPECT_LE(found.size(), rows.size());
  return found;
}

TEST(Recognition, NeedsDocumentsTheProcedureAndForRegulatedOccupationsALicence) {
  Quiet const start("parameters: {services: {regulated_share: 0.35}}\n", 100);
  auto const all = recognised(start, 1, 1, 1);
  double const n = static_cast<double>(all.size());
  ASSERT_GT(n, 300);
  auto const near = [&](std::vector<std::uint32_t> const& found, double share) { EXPECT_LT(std::abs(static_cast<double>(found.size()) - share * n), 4 * std::sqrt(n * share * (1 - share)) + 1e-9); };
  EXPECT_TRUE(recognised(start, 0, 1, 1).empty());
  EXPECT_TRUE(recognised(start, 1, 1, 0).empty());
  near(recognised(start, 0.6, 1, 1), 0.6);
  near(recognised(start, 1, 0, 1), 0.65);
  near(recognised(start, 0.6, 0.5, 0.73), 0.6 * (0.65 + 0.35 * 0.5) * 0.73);
  // A rule that admits more adds people and takes none away.
  auto const few = recognised(start, 0.5, 0.3, 0.73), more = recognised(start, 0.7, 0.6, 0.73);
  EXPECT_TRUE(std::includes(more.begin(), more.end(), few.begin(), few.end()));
  EXPECT_GT(more.size(), few.size());
}

TEST(RegistryRule, ChangesTheErrorsOfThoseItAppliesTo) {
  Quiet start("measures:\n  - {id: rule, kind: registry_rule, from: 2026-01, applies_to: [migrants], exclusion_share: 0, inclusion_share: 0}\n", 400);
  auto const p = start.point_of(Service::household_registry);
  start.world.points[p].capacity = 1e6;
  std::vector<std::uint32_t> heads;
  for (std::uint32_t h = 0; h < start.world.households.size(); ++h) {
    start.world.households.state[h] &= static_cast<std::uint8_t>(~Households::registry_bits);
    auto const head = start.world.households.first[h];
    if (head >= start.world.persons.size() || start.world.persons.household[head] != h || start.world.persons.gone(head)) continue;
    heads.push_back(head);
    start.put_in_line(head, p);
  }
  start.serve();
  std::array<std::size_t, 2> wrong{}, seen{};
  for (auto const row : heads) {
    auto const state = start.world.households.state[start.world.persons.household[row]];
    std::size_t const who = is_foreign(start.world.persons.origin(row)) ? 1 : 0;
    EXPECT_TRUE(Households::registered(state));
    ++seen[who];
    wrong[who] += Households::classified_poor(state) != ((state & Households::poverty_bits) != 0) ? 1 : 0;
  }
  EXPECT_GT(seen[1], 100U);
  EXPECT_EQ(wrong[1], 0U);
  EXPECT_GT(wrong[0], seen[0] / 5);
}

TEST(RegistryRule, ErrsByOneClass) {
  // Of the poor the excluded share is not poor; of the others the included share is found one class poorer.
  std::array<std::array<int, 3>, 3> found{};  // [poverty][not poor, poor, extremely poor]
  int const n = 1000;
  for (unsigned poverty = 0; poverty < 3; ++poverty)
    for (int k = 0; k < n; ++k) {
      auto const state = Households::registry_class(poverty, (k + 0.5) / n, 0.25, 0.3);
      EXPECT_TRUE(Households::registered(state));
      ++found[poverty][Households::classified_extremely_poor(state) ? 2 : Households::classified_poor(state) ? 1 : 0];
    }
  using Row = std::array<int, 3>;
  EXPECT_EQ(found[0], (Row{700, 300, 0}));
  EXPECT_EQ(found[1], (Row{250, 525, 225}));
  EXPECT_EQ(found[2], (Row{250, 0, 750}));
}

TEST(RegistryRule, ClassificationsAreMadeAnewWithinTheirTerm) {
  Quiet start("parameters:\n  services:\n    registry_exclusion_share: 0\n    registry_inclusion_share: 0\n", 400);
  auto const& households = start.world.households;
  for (auto& state : start.world.households.state)
    if (Households::registered(state)) state = static_cast<std::uint8_t>((state & ~Households::registry_bits) | Households::class_not_poor);
  auto const wrong = [&] {
    std::size_t count = 0;
    for (std::size_t h = 0; h < households.size(); ++h) {
      auto const state = households.state[h];
      if (Households::registered(state) && households.members[h] != 0 && (state & Households::poverty_bits) != 0 && !Households::classified_poor(state)) ++count;
    }
    return static_cast<double>(count);
  };
  double const all = wrong();
  ASSERT_GT(all, 500);
  for (int month = 1; month <= 36; ++month) {
    start.serve();
    start.world.stream.month = start.world.stream.month + 1;
    if (month == 12) {
      EXPECT_NEAR(wrong() / all, 2.0 / 3, 0.06);
    }
  }
  EXPECT_EQ(wrong(), 0);
}

TEST(ElderCentre, PlaceIsHeldForLifeAndLostWhenPlacesAreCut) {
  Quiet start("measures:\n" + brigade("elder_centre"), 200);
  for (auto& point : start.world.points)
    if (point.service == Service::elder_centre) point.capacity = 1000;
  start.serve();
  std::size_t places = 0;
  auto const holds = [&](std::uint32_t row) { return (start.world.persons.has[row] & has_elder_place) != 0; };
  for (auto const row : start.people(start.world.persons.size(), [](auto) { return true; })) {
    bool const needs = start.age(row) >= 80 || (start.age(row) >= 65 && start.world.has_disability(row));
    if (holds(row)) {
      EXPECT_TRUE(needs);
    }
    if (needs && start.host(row)) {
      EXPECT_TRUE(holds(row));
    }
    places += holds(row) ? 1 : 0;
  }
  EXPECT_GT(places, 50U);
  start.world.rules.outreach.clear();
  for (int month = 0; month < 3; ++month) start.serve();
  EXPECT_EQ(start.people(start.world.persons.size(), holds).size(), places);
  for (auto& point : start.world.points)
    if (point.service == Service::elder_centre) point.capacity = 0;
  start.serve();
  EXPECT_TRUE(start.people(start.world.persons.size(), holds).empty());
  EXPECT_TRUE(broken_invariants(start.world).empty());
}

TEST(School, GivesThePlaceOfWhoComesOfAgeBack) {
  auto const prepared = prepare(variant("baseline", "", small_case(100, 8, few_districts_of_lima)));
  World world = world_before_phase(*prepared, 0, "lots", 1);
  // A table may count school places where the shipped one counts new ones a month: some pupils hold one at a point.
  auto const p = static_cast<std::size_t>(std::find_if(world.points.begin(), world.points.end(), [](ServicePoint const& x) { return x.service == Service::school; }) - world.points.begin());
  ASSERT_LT(p, world.points.size());
  world.points[p].places = true;
  std::vector<std::uint32_t> pupils;
  for (std::uint32_t row = 0; row < world.persons.size() && pupils.size() < 8; ++row)
    if ((world.persons.has[row] & has_school_place) != 0 && !world.persons.gone(row) && world.persons.age_months(row, world.stream.month.index) < 12 * 12) pupils.push_back(row);
  ASSERT_EQ(pupils.size(), 8U);
  for (auto const row : pupils) world.placements.push_back({row, static_cast<std::uint16_t>(p), world.stream.month.index});
  world.points[p].in_use += 8;
  world.points[p].capacity += 8;
  std::span const leavers = std::span(pupils).first(4);
  for (auto const row : leavers) world.persons.birth[row] = static_cast<std::int16_t>(world.stream.month.index - 17 * 12);
  draw_lots(world, *prepared->setup);
  age_and_form_families(world, *prepared->setup);
  serve(world, *prepared->setup);
  auto const holds = [&](std::uint32_t row) {
    return std::any_of(world.placements.begin(), world.placements.end(), [&](Request const& now) { return now.person == row && now.point == p; });
  };
  for (auto const row : leavers) EXPECT_FALSE(holds(row));
  EXPECT_TRUE(std::any_of(pupils.begin() + 4, pupils.end(), holds));
  auto const broken = broken_invariants(world);
  EXPECT_TRUE(broken.empty()) << broken.front();
}

TEST(School, ForeignPupilsLeaveItWhereHostsAreHostile) {
  Quiet start("parameters: {services: {school_leaving_prob_per_month: 0.02, ask_school_prob_per_month: 0}, attitudes: {neutral_hostile_share: 0.4}}\n", 100);
  draw_lots(start.world, *start.prepared->setup);
  auto const pupils = [](Quiet const& q, bool foreign) {
    return q.people(q.world.persons.size(), [&](auto row) { return is_foreign(q.world.persons.origin(row)) == foreign && q.age(row) < 17 && (q.world.persons.has[row] & has_school_place) != 0; }).size();
  };
  for (double const hostile : {0.4, 0.9}) {
    Quiet now = start;
    for (auto& d : now.world.districts) d.hostility_logit = d.hostility_start = std::log(hostile / (1 - hostile));
    auto const before = pupils(now, true), hosts = pupils(now, false);
    now.serve();
    double const left = static_cast<double>(before - pupils(now, true)), share = 0.02 * std::max(0.0, hostile - 0.4);
    EXPECT_LE(std::abs(left - share * static_cast<double>(before)), 4 * std::sqrt(share * static_cast<double>(before)));
    EXPECT_EQ(left > 0, hostile > 0.5);
    EXPECT_EQ(pupils(now, false), hosts);
  }
}

TEST(Municipality, CapabilityAndNewOfficialsMoveTheCapacityOfItsServicesAlone) {
  auto const prepared = prepare(variant("baseline", "measures:\n  - {id: x, kind: municipal_capability, from: 2026-01, where: [\"150132\"], factor: 1.5}\n", small_case(1000, 1)));
  World plain = world_before_phase(*prepare(shipped("baseline", small_case(1000, 1))), 0, "services", 0), world = world_before_phase(*prepared, 0, "services", 0);
  auto const row = *country().districts.find("150132");
  std::size_t d = 0;
  while (world.districts[d].table_row != row) ++d;
  std::size_t municipal = 0;
  auto const expect_factor = [&](double factor) {
    for (std::size_t p = 0; p < world.points.size(); ++p) {
      auto const s = world.points[p].service;
      bool const theirs = s == Service::household_registry || s == Service::protection || s == Service::women_centre || s == Service::child_protection || s == Service::elder_centre || s == Service::disability_office;
      bool const here = world.points[p].table_row == row && theirs;
      municipal += here ? 1 : 0;
      EXPECT_NEAR(world.points[p].capacity, plain.points[p].capacity * (here ? factor : 1), 1e-9);
    }
  };
  expect_factor(1.5);
  EXPECT_GE(municipal, 4U);
  world.rules.turnover_share[d] = 0.5;
  serve(world, *prepared->setup);
  set_policies(world, *prepared->setup);
  expect_factor(1.5 * (1 - 0.5 * prepared->setup->params.services_turnover_capacity_loss));
}

TEST(Capacity, OfAServiceIsMultipliedAtItsPointsAlone) {
  auto const points = [](std::string const& rest) { return world_before_phase(*prepare(variant("baseline", rest, small_case(1000, 1))), 0, "services", 0).points; };
  auto const plain = points("");
  for (double const factor : {0.3, 1.0}) {
    auto const changed = points(fmt::format("measures:\n  - {{id: x, kind: service_capacity, from: 2026-01, service: childcare, factor: {}}}\n", factor));
    ASSERT_EQ(changed.size(), plain.size());
    std::size_t childcare = 0;
    for (std::size_t p = 0; p < plain.size(); ++p) {
      bool const of_it = plain[p].service == Service::childcare;
      childcare += of_it && plain[p].capacity > 0 ? 1 : 0;
      EXPECT_DOUBLE_EQ(changed[p].capacity, plain[p].capacity * (of_it ? factor : 1));
    }
    EXPECT_GT(childcare, 10U);
  }
}

TEST(Quality, OfNewPointsIsRaisedOrLoweredWhereverTheMeasureStands) {
  std::string const lower = "  - {id: lower, kind: service_quality, from: 2026-01, service: training, factor: 0.5}\n";
  int commerce = 0;
  while (country().sectors[static_cast<std::size_t>(commerce)].name != "commerce") ++commerce;
  for (auto const& [opened, of_points] : {std::pair{"service_points, points: 1, capacity_per_month: 1000, quality: 1.2, sector: commerce, priority: [women]", true},
                                          {"mobile_unit, capacity_per_month: 1000, quality: 1.2", false}})
    for (bool const before : {true, false}) {
      SCOPED_TRACE(opened);
      auto const points = fmt::format("  - {{id: opened, from: 2026-01, service: training, where: ['150132'], kind: {}}}\n", opened);
      Quiet const quiet("measures:\n" + (before ? lower + points : points + lower));
      std::size_t seen = 0;
      for (auto const& point : quiet.world.points) {
        if (point.service != Service::training) continue;
        bool const here = point.table_row == *country().districts.find("150132");
        seen += here ? 1 : 0;
        EXPECT_DOUBLE_EQ(point.quality, here ? 0.6 : 0.5);
        EXPECT_EQ(point.sector, here && of_points ? commerce : -1);
        EXPECT_EQ(point.priority.groups, here && of_points ? 1U << static_cast<unsigned>(PersonGroup::women) : 0U);
      }
      EXPECT_EQ(seen, 1U);
    }
}

TEST(MobileUnit, ServesStopAfterStop) {
  auto const prepared = prepare(variant("baseline", "measures:\n  - {id: unit, kind: mobile_unit, from: 2026-02, to: 2026-06, service: skills_certification, where: [\"150110\", \"150135\"], months_per_stop: 2, capacity_per_month: 5000}\n", small_case(1000, 8)));
  std::vector<std::array<double, 2>> capacity;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    capacity.emplace_back();
    for (auto const& point : world.points)
      for (std::size_t k = 0; k < 2; ++k)
        if (point.service == Service::skills_certification && point.table_row == *country().districts.find(k == 0 ? "150110" : "150135")) capacity.back()[k] = point.capacity;
  });
  for (std::size_t k = 0; k < 2; ++k) {
    double const usual = capacity[0][k];
    constexpr std::array<std::array<int, 8>, 2> there{{{0, 1, 1, 0, 0, 1, 0, 0}, {0, 0, 0, 1, 1, 0, 0, 0}}};
    for (std::size_t month = 0; month < 8; ++month) EXPECT_NEAR(capacity[month][k], usual + 5 * there[k][month], 1e-9) << month;
  }
}

}  // namespace
}  // namespace arraigo::tests
