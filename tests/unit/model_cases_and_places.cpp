/// Programmes, offices and places: windows, capacity, order of service, what a lapse ends, who is non-resident for tax.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "phases/phases.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

/// No programme but those that the text adds.
std::string alone(std::string const& measures) {
  return "measures:\n  - {id: residence_renewal, enabled: false}\n  - {id: special_resident, enabled: false}\n  - {id: "
         "humanitarian, enabled: false}\n"
         "  - {id: humanitarian_renewal, enabled: false}\n  - {id: refugee_recognition, enabled: false}\n  - {id: "
         "ordinary_residence, enabled: false}\n" +
         measures;
}
std::string permit(std::string const& terms) {
  return "  - {id: permit, kind: programme, eligible: [irregular], grants: temporary, validity_months: 24, fine_share: "
         "0, " +
         terms + "}\n";
}

std::vector<std::int64_t> series(Prepared const& prepared, ReplicateRecord const& record, char const* name) {
  std::vector<std::int64_t> all;
  for (int month = 0; month < prepared.layout.months; ++month)
    all.push_back(value(prepared.layout, record, name, month));
  return all;
}

TEST(Asylum, ResidentsWithoutAPermitClaimByHouseholdAsManyAsAMeasureSays) {
  auto const prepared = prepare(variant("baseline", "measures:\n  - {id: claims, kind: arrivals, from: 2026-01, factor: 1, resident_claims_per_month: 60000}\n", small_case(50, 2)));
  auto const before = world_before_phase(*prepared, 0, "regularisation", 1);
  auto const claims_after = [&](World world) {
    regularise(world, *prepared->setup);
    std::int64_t flow = 0;
    for (std::size_t d = 0; d < world.districts.size(); ++d) flow += world.flows[static_cast<std::size_t>(Flow::claims) * world.districts.size() + d] - before.flows[static_cast<std::size_t>(Flow::claims) * world.districts.size() + d];
    return std::pair(std::move(world), flow);
  };
  auto const [after, claims] = claims_after(before);
  double const meant = 60000 * before.area_share_of_migrants / 50;
  EXPECT_NEAR(static_cast<double>(claims), meant, 5 * std::sqrt(3 * meant));  // three people or so in a household
  std::map<std::uint32_t, std::set<bool>> of_household;
  std::int64_t seen = 0;
  for (std::size_t m = 0; m < before.migrants.size(); ++m) {
    auto const row = before.migrants.person[m];
    bool const claims_now = after.migrants.claim[m] == Claim::pending && before.migrants.claim[m] != Claim::pending;
    seen += claims_now ? 1 : 0;
    bool const could = before.persons.origin(row) == Origin::venezuelan && before.migrants.claim[m] == Claim::none && before.migrants.permit[m] == Permit::irregular && before.migrants.stage[m] == CaseStage::none &&
                       !before.persons.gone(row) && !before.persons.inert(row);
    if (could) of_household[before.persons.household[row]].insert(claims_now);
    else EXPECT_TRUE(!claims_now || after.migrants.permit[m] == Permit::irregular || after.migrants.permit[m] == Permit::visitor) << "who holds a permit, if it has not lapsed this month";
  }
  EXPECT_EQ(seen, claims);
  for (auto const& [household, answers] : of_household) EXPECT_EQ(answers.size(), 1U) << "a household claims whole or not at all";
  auto with_permits = before;
  std::fill(with_permits.migrants.permit.begin(), with_permits.migrants.permit.end(), Permit::residence);
  std::fill(with_permits.migrants.expiry.begin(), with_permits.migrants.expiry.end(), static_cast<std::int16_t>(before.stream.month.index + 60));
  EXPECT_EQ(claims_after(with_permits).second, 0) << "nobody is without a permit";
}

TEST(Programme, TakesCasesInItsWindowOnly) {
  auto const prepared = prepare(
      variant("baseline", alone(permit("from: 2026-03, to: 2026-05, capacity_per_month: 20000")), small_case(400, 9)));
  auto const applications = series(*prepared, run(*prepared), "applications");
  for (int month = 0; month < 9; ++month) {
    EXPECT_EQ(applications[static_cast<std::size_t>(month)] > 0, month >= 2 && month <= 4) << month;
  }
}

TEST(Programme, HurriesPeopleInItsLastMonthUnlessAnotherWindowTakesThemOver) {
  auto const filed = [](std::string const& windows) {
    auto const prepared = prepare(variant("baseline", alone(windows), small_case(400, 9)));
    return series(*prepared, run(*prepared), "applications");
  };
  std::string const terms = "programme: p, capacity_per_month: 20000";
  auto const window = [&](std::string const& from, std::string const& to, std::string const& more = "") {
    auto measure = permit("from: " + from + ", to: " + to + ", " + terms + more);
    return measure.replace(measure.find("id: permit"), 10, "id: permit_" + from);
  };
  auto const whole = filed(window("2026-02", "2026-07"));
  EXPECT_GT(whole[6], whole[5]) << "a deadline";
  EXPECT_EQ(filed(window("2026-02", "2026-04") + window("2026-05", "2026-07")), whole);
  // A cutoff that nobody of the first window can have missed makes no deadline.
  EXPECT_EQ(filed(window("2026-02", "2026-04", ", entry_cutoff: 2026-12") + window("2026-05", "2026-07", ", entry_cutoff: 2026-04"))[3], whole[3]);
  // Where the next window leaves somebody out, or comes after a pause, it is a deadline.
  auto const narrower = filed(window("2026-02", "2026-04") + window("2026-05", "2026-07", ", entry_cutoff: 2019-06"));
  EXPECT_GT(narrower[3], whole[3]);
  EXPECT_EQ(narrower[2], whole[2]);
  auto const later = filed(window("2026-02", "2026-04") + window("2026-06", "2026-07"));
  EXPECT_EQ(later[3], narrower[3]);
  EXPECT_EQ(filed(window("2026-02", "2026-04") + window("2026-05", "2026-07", ", held_months: 6"))[3], narrower[3]);
  EXPECT_EQ(filed(window("2026-02", "2026-04") + window("2026-05", "2026-07", ", renewal_within_months: 2"))[3], narrower[3]);
}

TEST(Programme, DecidesTheCasesOfItsWindowAfterItsEnd) {
  auto const prepared = prepare(variant(
      "baseline",
      alone(
          permit("from: 2026-01, to: 2026-02, processing_months: 4, capacity_per_month: 20000, rights_from: approval")),
      small_case(400, 8)));
  auto const granted = series(*prepared, run(*prepared), "permits_granted");
  for (std::size_t month = 0; month < 4; ++month) EXPECT_EQ(granted[month], 0) << "before the processing time";
  EXPECT_GT(granted[4] + granted[5] + granted[6], 0);
}

TEST(Programme, IsClosedToWhoCameAfterTheCutoffOrHasAnotherStatus) {
  auto const prepared =
      prepare(variant("baseline", alone(permit("from: 2026-01, entry_cutoff: 2019-06, capacity_per_month: 20000")),
                      small_case(200, 6)));
  std::map<std::uint64_t, Permit> before;
  std::size_t cases = 0;
  auto const remember = [&](World const& world) {
    for (std::size_t m = 0; m < world.migrants.size(); ++m)
      before[world.persons.id[world.migrants.person[m]]] = world.migrants.permit[m];
  };
  run(
      *prepared, 0, [&](World& world, auto const&) { remember(world); },
      [&](World& world, auto const&) {
        for (std::size_t m = 0; m < world.migrants.size(); ++m) {
          if (world.migrants.stage[m] == CaseStage::none || world.persons.gone(world.migrants.person[m])) continue;
          ++cases;
          EXPECT_LE(Month{world.migrants.arrival[m]}, Month::of(2019, 6));
          EXPECT_EQ(world.migrants.permit[m], Permit::irregular);
          EXPECT_EQ(world.persons.origin(world.migrants.person[m]), Origin::venezuelan);
        }
      });
  EXPECT_GT(cases, 50U);
}

/// Whom one month's programme of the terms, open to holders of temporary permits, takes in: permits held and left from none to two
/// years, all who hold one know of it. Months that the permit was held before, and months left.
std::vector<std::pair<int, int>> taken_in(std::string const& terms) {
  auto const prepared = prepare(variant("baseline", alone("  - {id: x, kind: programme, from: 2026-01, eligible: [temporary], grants: residence, validity_months: 24, capacity_per_month: 20000, " + terms + "}\n"), small_case(100, 1)));
  auto world = world_before_phase(*prepared, 0, "regularisation", 0);
  auto& migrants = world.migrants;
  int const month = world.stream.month.index;
  for (std::size_t m = 0; m < migrants.size(); ++m) {
    migrants.permit[m] = Permit::temporary;
    migrants.permit_since[m] = static_cast<std::int16_t>(month - static_cast<int>(m % 25));
    migrants.expiry[m] = static_cast<std::int16_t>(month + static_cast<int>(m / 25 % 25));
    migrants.known[m] = 1;
  }
  regularise(world, *prepared->setup);
  std::vector<std::pair<int, int>> found;
  for (std::size_t m = 0; m < migrants.size(); ++m)
    if (migrants.stage[m] != CaseStage::none) found.emplace_back(month - migrants.permit_since[m], migrants.expiry[m] - month);
  return found;
}

TEST(Programme, TakesInThoseWhoHeldTheirPermitLongEnoughAndWhosePermitEndsSoonEnough) {
  auto const some = [](std::vector<std::pair<int, int>> const& cases, auto const& holds) { return std::any_of(cases.begin(), cases.end(), [&](auto const& c) { return holds(c.first, c.second); }); };
  auto const young = [](int held, int) { return held < 12; };
  auto const early = [](int, int left) { return left >= 3; };
  auto const anybody = taken_in("fee_soles: 0"), settled = taken_in("held_months: 12"), ending = taken_in("renewal_within_months: 3");
  EXPECT_TRUE(some(anybody, young));
  EXPECT_TRUE(some(anybody, early));
  EXPECT_FALSE(some(settled, young));
  EXPECT_TRUE(some(settled, [](int held, int) { return held == 12; }));
  EXPECT_TRUE(some(settled, early));
  EXPECT_FALSE(some(ending, early));
  EXPECT_TRUE(some(ending, [](int, int left) { return left == 2; }));
  EXPECT_TRUE(some(ending, young));
}

TEST(Programme, AQuarterOfACaseAMonthDecidesOneInFourMonths) {
  auto probe = prepare(variant("baseline", "", small_case(400, 1)));
  double const share = Simulation(probe->setup, 0, Detail::totals).world().area_share_of_migrants;
  double const people = 0.25 * 400 / share + 1e-4;
  auto const prepared = prepare(variant(
      "baseline", alone(permit(fmt::format("from: 2026-01, processing_months: 0, capacity_per_month: {}", people))),
      small_case(400, 16)));
  std::vector<int> decided;
  int all = 0;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    decided.push_back(world.decided.at(0));
    all += world.decided[0];
  });
  EXPECT_EQ(all, 4);
  for (int const n : decided) EXPECT_LE(n, 1);
}

TEST(Office, AQuarterOfAnAgentAMonthServesExactlyOneInFourMonths) {
  // Who waits does so however long it takes.
  auto const prepared = prepare(
      variant("baseline", "parameters: {services: {wait_response_per_month: 0, withdrawal_prob_per_month: 0}}\n",
              small_case(100, 18)));
  Simulation simulation(prepared->setup, 0, Detail::totals);
  auto& world = simulation.world();
  std::size_t chosen = world.points.size();
  for (int month = 0; month < 2; ++month) simulation.step();
  for (std::size_t p = 0; p < world.points.size(); ++p)
    if (world.points[p].service == Service::business_support && world.points[p].queue > 4) chosen = p;
  ASSERT_LT(chosen, world.points.size());
  bool first = true;
  for (auto& part : world.point_parts)
    if (part.point == chosen) {
      part.capacity = first ? 0.25 : 0;
      first = false;
    }
  world.points[chosen].carry = 0;
  int served = 0;
  for (int month = 0; month < 12; ++month) {
    simulation.step();
    served += world.points[chosen].served;
    ASSERT_GT(world.points[chosen].queue, 0) << "nobody waits: the carry cannot be seen";
    EXPECT_EQ(served, month / 4 + 1) << month;  // at once, and then when it has been paid
  }
}

TEST(Office, GivesAppointmentsFirstCome) {
  auto const prepared = prepare(
      variant("baseline",
              alone(permit("from: 2026-01, capacity_per_month: 20000")) +
                  "  - {id: slow, kind: service_capacity, from: 2026-01, service: migration_office, factor: 0.2}\n",
              small_case(100, 6)));
  struct Waiting {
    std::int16_t since;
    std::uint16_t point;
  };
  std::map<std::uint64_t, Waiting> before;
  std::size_t served = 0;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    std::map<std::uint16_t, std::int16_t> latest_served, earliest_waiting;
    std::map<std::uint64_t, Waiting> now;
    for (std::size_t m = 0; m < world.migrants.size(); ++m) {
      if (world.persons.gone(world.migrants.person[m])) continue;
      auto const id = world.persons.id[world.migrants.person[m]];
      if (world.migrants.stage[m] == CaseStage::appointment)
        now[id] = {world.migrants.case_since[m], world.migrants.case_point[m]};
      auto const was = before.find(id);
      if (was == before.end()) continue;
      auto const [since, point] = was->second;
      if (world.migrants.stage[m] == CaseStage::appointment) {
        auto& earliest = earliest_waiting.try_emplace(point, since).first->second;
        earliest = std::min(earliest, since);
      } else if (world.migrants.stage[m] == CaseStage::review) {
        ++served;
        auto& latest = latest_served.try_emplace(point, since).first->second;
        latest = std::max(latest, since);
      }
    }
    for (auto const& [point, latest] : latest_served) {
      auto const waits = earliest_waiting.find(point);
      EXPECT_LE(latest, waits == earliest_waiting.end() ? latest : waits->second);
    }
    before = now;
  });
  EXPECT_GT(served, 30U);
  EXPECT_GT(before.size(), 30U) << "nobody waits: any order would pass";
}

/// Men and women who have their appointment when thirty men came before twenty women and ten can be served.
std::pair<int, int> appointments_by_sex(std::string const& more) {
  auto const prepared = prepare(variant("baseline", alone(permit("from: 2026-01, capacity_per_month: 20000")) + "  - {id: same, kind: service_capacity, from: 2026-01, service: migration_office, factor: 1" + more + "}\n", small_case(100, 1)));
  auto world = world_before_phase(*prepared, 0, "regularisation", 0);
  std::fill(world.migrants.known.begin(), world.migrants.known.end(), std::uint16_t{0});  // nobody else files
  auto const point = world.access_to(Service::migration_office, 0).point;
  world.points[point].capacity = 10;
  world.points[point].carry = 0;
  std::array<std::vector<std::size_t>, sex_count> waiting;
  for (std::size_t m = 0; m < world.migrants.size(); ++m) {
    auto const sex = static_cast<std::size_t>(world.persons.sex(world.migrants.person[m]));
    if (world.persons.gone(world.migrants.person[m]) || waiting[sex].size() == (sex == 0 ? 30U : 20U)) continue;
    waiting[sex].push_back(m);
    world.migrants.stage[m] = CaseStage::appointment;
    world.migrants.case_programme[m] = 0;
    world.migrants.case_point[m] = point;
    world.migrants.case_since[m] = static_cast<std::int16_t>(world.stream.month.index - (sex == 0 ? 2 : 1));
  }
  regularise(world, *prepared->setup);
  auto const served = [&](std::size_t sex) { return static_cast<int>(std::count_if(waiting[sex].begin(), waiting[sex].end(), [&](auto m) { return world.migrants.stage[m] == CaseStage::review; })); };
  return {served(0), served(1)};
}

TEST(Office, GivesAppointmentsToTheGroupsOfAMeasureFirst) {
  EXPECT_EQ(appointments_by_sex(""), std::pair(10, 0));
  EXPECT_EQ(appointments_by_sex(", priority: [women], reserved_share: 1"), std::pair(0, 10));
  EXPECT_EQ(appointments_by_sex(", priority: [women], reserved_share: 0.3"), std::pair(7, 3));
}

/// A month's filing by migrants who all hold the permit, know of the programme and trust alike, at offices that doubt a share of papers.
struct Filed {
  std::int64_t taken_in = 0, turned_away = 0;
  std::size_t cases = 0, lost_trust = 0;
};
Filed filed(std::string const& programme, Permit held, double doubt, std::function<void(World&)> const& change = {}) {
  auto scenario = variant("baseline", alone(programme), small_case(100, 1));
  scenario.parameters.services_counter_doubt_share = doubt;
  scenario.parameters.services_counter_hostility_response = 0;
  scenario.parameters.status_withdrawal_prob_per_month = 0;
  auto const prepared = prepare(std::move(scenario));
  auto before = world_before_phase(*prepared, 0, "regularisation", 0);
  for (std::size_t m = 0; m < before.migrants.size(); ++m) {
    before.migrants.permit[m] = held;
    before.migrants.expiry[m] = static_cast<std::int16_t>(before.stream.month.index + (held == Permit::irregular ? -1 : 1));
    before.migrants.known[m] = 1;
    before.migrants.trust[m] = 200;
  }
  if (change) change(before);
  auto world = before;
  regularise(world, *prepared->setup);
  Filed all;
  for (std::size_t d = 0; d < world.districts.size(); ++d) {
    auto const of = [&](Flow flow) { return world.flows[static_cast<std::size_t>(flow) * world.districts.size() + d]; };
    all.taken_in += of(Flow::applications);
    all.turned_away += of(Flow::applications_turned_away);
  }
  for (std::size_t m = 0; m < world.migrants.size(); ++m) {
    bool const has_case = world.migrants.stage[m] != CaseStage::none;
    all.cases += has_case ? 1 : 0;
    EXPECT_TRUE(!has_case || world.migrants.trust[m] == 200);
    all.lost_trust += world.migrants.trust[m] < 200 ? 1 : 0;
  }
  return all;
}

TEST(Office, TurnsAwayByDoubtWhoFilesAtItsCounter) {
  auto const programme = permit("from: 2026-01, capacity_per_month: 20000");
  auto const at_doubt = [&](double doubt) { return filed(programme, Permit::irregular, doubt); };
  auto const none = at_doubt(0), half = at_doubt(0.5), all = at_doubt(1);
  ASSERT_GT(none.taken_in, 200);
  EXPECT_EQ(none.turned_away, 0);
  EXPECT_EQ(half.turned_away + half.taken_in, none.taken_in) << "doubt changes nobody's will to file";
  EXPECT_NEAR(static_cast<double>(half.turned_away), 0.5 * static_cast<double>(none.taken_in), 2 * std::sqrt(static_cast<double>(none.taken_in)));
  EXPECT_EQ(all.taken_in, 0);
  EXPECT_EQ(all.turned_away, none.taken_in);
  for (auto const& f : {none, half, all}) {
    EXPECT_EQ(static_cast<std::int64_t>(f.cases), f.taken_in) << "no case is opened for who is turned away";
    EXPECT_EQ(static_cast<std::int64_t>(f.lost_trust), f.turned_away);
  }
  EXPECT_EQ(filed(programme, Permit::irregular, 1, [](World& w) { w.rules.verified_by_services.assign(w.districts.size(), 1.0); }).turned_away, 0);
}

TEST(Office, SeesNobodyWhoRenewsOnLine) {
  auto const renewal = filed("  - {id: x, kind: programme, from: 2026-01, eligible: [residence], grants: residence, validity_months: 24, capacity_per_month: 20000, renewal_within_months: 3}\n", Permit::residence, 1);
  EXPECT_GT(renewal.taken_in, 200);
  EXPECT_EQ(renewal.turned_away, 0);
}

TEST(Office, NeedNotBeOpenForWhoRenewsOnLine) {
  auto const closed = [](World& w) {
    for (std::size_t d = 0; d < w.districts.size(); ++d) w.access[static_cast<std::size_t>(Service::migration_office) * w.districts.size() + d].point = 0xffff;
  };
  std::string const terms = "validity_months: 24, capacity_per_month: 20000";
  auto const renewal = "  - {id: x, kind: programme, from: 2026-01, eligible: [residence], grants: residence, renewal_within_months: 3, " + terms + "}\n";
  EXPECT_EQ(filed(renewal, Permit::residence, 0, closed).taken_in, filed(renewal, Permit::residence, 0).taken_in);
  EXPECT_GT(filed(renewal, Permit::residence, 0, closed).taken_in, 200);
  EXPECT_EQ(filed(permit("from: 2026-01, capacity_per_month: 20000"), Permit::irregular, 0, closed).taken_in, 0) << "who files at its counter finds none";
}

TEST(Programme, KeepsTheTermsOfItsLastWindowWhereverThatStandsInTheFile) {
  auto const granted = [](std::string const& windows) {
    auto const prepared = prepare(variant("baseline", alone(windows), small_case(400, 10)));
    return series(*prepared, run(*prepared), "permits_granted");
  };
  auto const window = [](std::string const& id, std::string const& terms) {
    auto measure = permit(terms + ", programme: p, processing_months: 3, rights_from: approval");
    return measure.replace(measure.find("id: permit"), 10, "id: " + id);
  };
  auto const early = window("early", "from: 2026-01, to: 2026-02, capacity_per_month: 400, refusal_share: 0.9"), late = window("late", "from: 2026-03, to: 2026-05, capacity_per_month: 20000");
  auto const in_order = granted(early + late);
  EXPECT_GT(in_order[7], 0) << "cases of the last window are decided after its end";
  EXPECT_EQ(granted(late + early), in_order);
}

TEST(Programme, GivesAPermitForAsManyMonthsAsItSays) {
  auto const prepared = prepare(variant("baseline", alone(permit("from: 2026-02, to: 2026-02, capacity_per_month: 100000, processing_months: 0, rights_from: approval")), small_case(200, 30)));
  std::vector<std::int64_t> holders;
  std::int16_t const first = static_cast<std::int16_t>(Month::of(2026, 2).index);
  std::int64_t given = 0;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    std::int64_t n = 0;
    for (std::size_t m = 0; m < world.migrants.size(); ++m)
      if (world.migrants.permit[m] == Permit::temporary && world.migrants.permit_since[m] == first && !world.persons.gone(world.migrants.person[m])) {
        ++n;
        EXPECT_EQ(world.migrants.expiry[m], first + 23);
      }
    holders.push_back(n);
    given = std::max(given, n);
  });
  ASSERT_GT(given, 20);
  for (std::size_t month = 0; month < holders.size(); ++month) EXPECT_EQ(holders[month] > 0, month >= 1 && month < 25) << month;
}

TEST(Scar, CountsMonthsOfWorkingAgeAtTheStart) {
  auto const prepared = prepare(shipped("baseline", small_case(100, 1)));
  Simulation const start(prepared->setup, 0, Detail::totals);
  auto const& world = start.world();
  std::int64_t scarred = 0, young = 0;
  for (std::size_t m = 0; m < world.migrants.size(); ++m) {
    int const working_age = world.persons.age_months(world.migrants.person[m], world.stream.month.index) - 14 * 12;
    EXPECT_LE(world.migrants.months_without_right[m], std::max(0, working_age));
    scarred += world.migrants.months_without_right[m] > 0 ? 1 : 0;
    young += working_age < 0 && world.migrants.permit[m] == Permit::irregular ? 1 : 0;
  }
  EXPECT_GT(scarred, 100);
  EXPECT_GT(young, 10);
}

TEST(Places, AreNotGivenBeyondWhatIsOffered) {
  auto const prepared = prepare(variant(
      "baseline", "measures:\n  - {id: cut, kind: service_capacity, from: 2026-05, service: childcare, factor: 0.3}\n",
      small_case(100, 8)));
  bool full = false;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    for (auto const& point : world.points) {
      if (!point.places) continue;
      EXPECT_LE(point.in_use, static_cast<std::int32_t>(std::ceil(point.capacity)));
      full = full || (point.in_use > 0 && point.in_use >= static_cast<std::int32_t>(std::floor(point.capacity)));
    }
  });
  EXPECT_TRUE(full) << "no point is ever full";
}

TEST(Lapse, EndsThePayrollContractThatThePermitAllowed) {
  auto const prepared = prepare(shipped("baseline", small_case(200, 2)));
  World const before = world_before_phase(*prepared, 0, "regularisation", 0);
  auto const month = before.stream.month.index;
  auto const contracts_ended = [](World const& world) {
    std::int64_t n = 0;
    for (std::size_t d = 0; d < world.districts.size(); ++d)
      n += world.flows[static_cast<std::size_t>(Flow::contracts_ended_by_permit) * world.districts.size() + d];
    return n;
  };
  std::size_t tried = 0;
  for (std::size_t m = 0; m < before.migrants.size() && tried < 3; ++m) {
    auto const person = before.migrants.person[m];
    if (before.persons.activity[person] != Activity::payroll || before.migrants.claim[m] == Claim::pending ||
        before.persons.gone(person))
      continue;
    ++tried;
    World ends = before, holds = before;
    ends.migrants.permit[m] = holds.migrants.permit[m] = Permit::temporary;
    ends.migrants.stage[m] = holds.migrants.stage[m] = CaseStage::none;
    ends.migrants.case_programme[m] = holds.migrants.case_programme[m] = 0xff;
    ends.migrants.expiry[m] = static_cast<std::int16_t>(month - 1);
    holds.migrants.expiry[m] = month;
    regularise(ends, *prepared->setup);
    regularise(holds, *prepared->setup);
    EXPECT_EQ(ends.persons.activity[person], Activity::unemployed);
    EXPECT_EQ(ends.persons.employer[person], no_row);
    EXPECT_EQ(ends.migrants.permit[m], Permit::irregular);
    EXPECT_EQ(contracts_ended(ends), contracts_ended(holds) + 1);
    EXPECT_EQ(holds.persons.activity[person], Activity::payroll);
    EXPECT_TRUE(broken_invariants(ends).empty());
  }
  EXPECT_EQ(tried, 3U);
}

TEST(Lapse, IsPutOffWhileAnExtensionLastsAndComesAfterIt) {
  auto const prepared = prepare(shipped("baseline", small_case(200, 3)));
  World world = world_before_phase(*prepared, 0, "regularisation", 1);
  int const month = world.stream.month.index;
  // Of the first six migrants, three hold a temporary permit and three a card; all ended last month.
  std::vector<std::size_t> chosen;
  for (std::size_t m = 0; m < world.migrants.size() && chosen.size() < 6; ++m)
    if (!world.persons.gone(world.migrants.person[m])) chosen.push_back(m);
  ASSERT_EQ(chosen.size(), 6U);
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    auto const m = chosen[k];
    world.migrants.permit[m] = k < 3 ? Permit::temporary : Permit::residence;
    world.migrants.expiry[m] = static_cast<std::int16_t>(month - 1);
    world.migrants.stage[m] = CaseStage::none;
    world.migrants.case_programme[m] = 0xff;
    world.migrants.known[m] = 0;  // of nothing that they could ask for
  }
  world.rules.extended_permits = static_cast<std::uint8_t>(1U << static_cast<unsigned>(Permit::temporary));
  regularise(world, *prepared->setup);
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    SCOPED_TRACE(k);
    EXPECT_EQ(world.migrants.permit[chosen[k]], k < 3 ? Permit::temporary : Permit::irregular);
    EXPECT_TRUE(k >= 3 || world.migrants.expiry[chosen[k]] == month) << "the last month in which they may ask";
  }
  // Who asks meanwhile asks in time.
  world.migrants.stage[chosen[0]] = CaseStage::appointment;
  world.migrants.case_programme[chosen[0]] = 0;
  world.migrants.case_filed[chosen[0]] = static_cast<std::int16_t>(month);
  world.rules.extended_permits = 0;
  ++world.stream.month.index;
  regularise(world, *prepared->setup);
  EXPECT_EQ(world.migrants.permit[chosen[0]], Permit::temporary);
  EXPECT_EQ(world.migrants.permit[chosen[1]], Permit::irregular);
  EXPECT_EQ(world.migrants.permit[chosen[2]], Permit::irregular);
}

TEST(Lapse, ComesForAllWhoWaitedWhenAnExtensionEnds) {
  auto const lapsed = [](std::string const& measures) {
    auto const prepared = prepare(variant("baseline", measures, small_case(100, 6)));
    return series(*prepared, run(*prepared), "permits_lapsed");
  };
  auto const without = lapsed(""), with = lapsed("measures:\n  - {id: x, kind: validity_extension, from: 2026-01, to: 2026-03}\n");
  EXPECT_GT(without[1] + without[2], 0);
  EXPECT_EQ(with[0] + with[1] + with[2], 0);
  EXPECT_GT(with[3], without[3]) << "those of four months, less who asked meanwhile";
  EXPECT_LT(with[3], without[0] + without[1] + without[2] + without[3]);
}

struct Stay {
  Month arrival, month;
  bool withheld;
};

TEST(Withholding, EndsOnTheFirstOfJanuaryAfterMoreThan183Days) {
  auto const prepared = prepare(shipped("baseline", small_case(400, 1)));
  World world = Simulation(prepared->setup, 0, Detail::totals).world();
  ASSERT_GT(world.rules.withholding_share, 0);
  std::size_t m = 0;
  while (m < world.migrants.size() && world.persons.activity[world.migrants.person[m]] != Activity::payroll) ++m;
  ASSERT_LT(m, world.migrants.size());
  for (auto& arrival : world.migrants.arrival) arrival = Month::of(2015, 1).index;
  auto const withheld = [&](Month arrival, Month month) {
    World now = world;
    now.stream.month = month;
    now.migrants.arrival[m] = arrival.index;
    now.accounts.fill(0);
    pool_household_income(now, *prepared->setup);
    return now.accounts[static_cast<std::size_t>(Line::withholding_tax)];
  };
  for (auto const& stay :
       {Stay{Month::of(2025, 6), Month::of(2025, 12), true}, Stay{Month::of(2025, 6), Month::of(2026, 1), false},
        Stay{Month::of(2025, 7), Month::of(2026, 1), true}, Stay{Month::of(2025, 7), Month::of(2026, 12), true},
        Stay{Month::of(2025, 7), Month::of(2027, 1), false}, Stay{Month::of(2020, 1), Month::of(2026, 5), false}}) {
    auto const cents = withheld(stay.arrival, stay.month);
    auto const expected =
        stay.withheld ? std::llround(world.persons.wage_cents[world.migrants.person[m]] * world.rules.withholding_share)
                      : 0;
    EXPECT_NEAR(static_cast<double>(cents), static_cast<double>(expected), 1.0)
        << stay.arrival.text() << " in " << stay.month.text();
  }
}


TEST(PublicInsurance, EndsWithThePapersThatOpenIt) {
  auto const prepared = prepare(variant("baseline", "measures:\n  - {id: open, kind: accepted_documents, from: 2026-03, to: 2026-06, service: health_insurance, permits: [asylum_pending]}\n", small_case(400, 8)));
  std::vector<std::size_t> insured;
  std::size_t others = 0;
  auto const count = [&](World const& world) {
    std::size_t irregular = 0;
    others = 0;
    for (std::size_t m = 0; m < world.migrants.size(); ++m) {
      auto const row = world.migrants.person[m];
      if (world.persons.gone(row) || (world.persons.has[row] & has_public_insurance) == 0) continue;
      ++(world.migrants.permit[m] == Permit::irregular ? irregular : others);
    }
    insured.push_back(irregular);
  };
  run(*prepared, 0, [&](World& world, auto const&) { count(world); }, [&](World& world, auto const&) { count(world); });
  ASSERT_EQ(insured.size(), 9U);
  EXPECT_GT(others, 100U);
  for (std::size_t month : {0, 1, 2, 7, 8}) EXPECT_EQ(insured[month], 0U) << "month " << month;
  EXPECT_GT(insured[6], 20U) << "while the measure opens it";
}

TEST(Fees, StayWhatTheyAreWhilePricesRise) {
  auto const prepared = prepare(shipped("baseline", small_case(1000, 1)));
  World const world = world_before_phase(*prepared, 0, "regularisation", 0);
  auto const& setup = *prepared->setup;
  std::size_t seen = 0;
  for (auto const& programme : world.rules.programmes) {
    double const fee = prepared->scenario.measures[programme.measure].field("fee_soles").number;
    EXPECT_DOUBLE_EQ(programme.fee_soles, setup.real(fee, world.stream.month));
    seen += fee > 0 ? 1 : 0;
  }
  EXPECT_GT(seen, 1U);
}

}  // namespace
}  // namespace arraigo::tests
