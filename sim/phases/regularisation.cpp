/// Regularisation (ODD 5). Permits lapse, unless a measure puts it off; who is eligible, knows of a programme and judges it worth while files a case at the
/// nearest office; cases wait for an appointment (capacity of the point), then for review (capacity of the programme and its
/// shortest processing time), then for collection.
///   U = bV V - bC (fee + fine + papers + 2 travel x hourly pay) / y - bW wait + bT (trust - 1/2) + e;  e ~ N(0, 1) once per person
///   and programme, plus a monthly shock; files with a monthly probability when U > 0, more often in the last month.
/// An official in doubt turns away who files at a counter (services.cpp: doubt_at_counters).
/// Before that as many residents without a permit claim asylum as a measure says, and the police check migrants where one says so
/// and expel some of those without a permit.
/// Reads: rules, known, access, household income, officials' knowledge, hostility.  Writes: permits, cases, trust, who is gone, points' served.
/// Draws: asylum (household), enforcement (person), application (person, programme), programme_taste (person, programme, for life), case_order,
/// decision, collection, tax_number (person, for life).
/// Source: forms and values are assumptions with ranges (parameters status.*); window, fees, capacities are measures.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <span>
#include <string_view>
#include <tuple>

#include <boost/math/distributions/normal.hpp>

#include "core/prefetch.hpp"
#include "phases/lines.hpp"
#include "phases/phases.hpp"

namespace arraigo {

void close_case(Migrants& migrants, std::size_t m) {
  migrants.stage[m] = CaseStage::none;
  migrants.case_programme[m] = 0xff;
}

namespace {

void change_trust(Migrants& migrants, std::size_t m, Parameters const& p, bool success) {
  double const trust = migrants.trust[m] / 255.0;
  double const next = success ? trust + p.status_trust_gain * (1 - trust) : trust * p.status_trust_kept_on_refusal;
  migrants.trust[m] = static_cast<std::uint8_t>(std::clamp(next * 255 + 0.5, 0.0, 255.0));
}

void end_contract_without_right(World& world, std::uint32_t person) {
  auto const activity = world.persons.activity[person];
  if (activity == Activity::payroll && !world.has_right_to_contract(person)) {
    // A contract may not outlast the permit that allowed it (RM 176-2018-TR).
    world.count(Flow::contracts_ended_by_permit, world.district_of(person));
    world.count(Flow::separations, world.district_of(person));
    world.note(person, Event::contract_ended_by_permit);
    leave_job(world, person);
  } else if (activity == Activity::own_account_formal && !world.has_right_to_tax_number(person)) {
    world.persons.activity[person] = Activity::own_account;
  }
}

void let_permits_lapse(World& world, Setup const& setup) {
  auto& migrants = world.migrants;
  int const month = world.stream.month.index;
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t m = from; m != to; ++m) {
      auto const permit = migrants.permit[m];
      if (permit == Permit::irregular || migrants.expiry[m] >= month) continue;
      auto const person = migrants.person[m];
      if (world.persons.gone(person) || world.persons.inert(person)) continue;
      if (((world.rules.extended_permits >> static_cast<unsigned>(permit)) & 1U) != 0) {
        // Put off month by month, so that it stays the last month in which one may ask, and the permit lapses once the extension ends.
        migrants.expiry[m] = static_cast<std::int16_t>(month);
        continue;
      }
      // A case filed in time keeps the permit alive until it is decided.
      bool const in_time = migrants.stage[m] != CaseStage::none && migrants.case_filed[m] <= migrants.expiry[m];
      if (in_time) continue;
      migrants.permit[m] = Permit::irregular;
      migrants.permit_since[m] = migrants.expiry[m] = static_cast<std::int16_t>(month);
      if (permit != Permit::visitor) {
        world.count(Flow::permits_lapsed, world.district_of(person));
        change_trust(migrants, m, setup.params, false);
      }
      world.note(person, Event::permit_lapsed, static_cast<std::int64_t>(permit));
      end_contract_without_right(world, person);
    }
  });
}

/// Asylum claims of people who live here without a permit, claim or case, household by household, as many as a measure says. A
/// household's draw falls on all of it.
void let_residents_claim(World& world) {
  auto const& persons = world.persons;
  auto& migrants = world.migrants;
  for (auto const origin : {Origin::venezuelan, Origin::other_foreign}) {
    double const claims = world.rules.resident_claims[static_cast<std::size_t>(origin)] * world.area_share_of_migrants / world.people_per_agent;
    if (claims <= 0) continue;
    auto const could = [&](std::size_t m) {
      auto const row = migrants.person[m];
      auto const permit = migrants.permit[m];
      return persons.origin(row) == origin && (permit == Permit::irregular || permit == Permit::visitor) && migrants.claim[m] == Claim::none && migrants.stage[m] == CaseStage::none &&
             !persons.gone(row) && !persons.inert(row);
    };
    std::int64_t people = 0;
    for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
      std::int64_t here = 0;
      for (std::size_t m = from; m != to; ++m) here += could(m) ? 1 : 0;
      if (here > 0) add_shared(people, here);
    });
    if (people == 0) continue;
    auto const share = threshold_of(std::min(1.0, claims / static_cast<double>(people)));
    for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
      DrawBatch<rows_per_block> draws;
      for (std::size_t m = from; m != to; ++m) draws.add(world.households.id[persons.household[migrants.person[m]]], static_cast<std::uint32_t>(m), could(m));
      draws.draw(world.stream, Purpose::asylum);
      for (std::size_t i = 0; i < draws.size(); ++i) {
        if (draws.word(0, i) >= share) continue;
        auto const m = draws.tag(i);
        migrants.claim[m] = Claim::pending;
        world.count(Flow::claims, world.district_of(migrants.person[m]));
        world.note(migrants.person[m], Event::claimed_asylum);
      }
    });
  }
}

/// Police checks. Trust falls in all who are checked. Of those of age without a permit or pending claim a share is expelled;
/// minors are not, but where no adult is left in the household the minors leave with the last one.
void check_migrants(World& world, Setup const& setup) {
  auto& migrants = world.migrants;
  auto const& persons = world.persons;
  auto const& rules = world.rules;
  std::size_t const n = world.districts.size();
  if (std::none_of(rules.checks_share.begin(), rules.checks_share.end(), [](double share) { return share > 0; })) return;
  constexpr int of_age = 18 * 12;
  int const month = world.stream.month.index;
  std::vector<std::int64_t> checked(n, 0);
  std::vector<std::vector<std::uint32_t>> parts((migrants.size() + rows_per_block - 1) / rows_per_block);
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    DrawBatch<rows_per_block> draws;
    for (std::size_t m = from; m != to; ++m) {
      auto const person = migrants.person[m];
      if (!persons.gone(person) && !persons.inert(person)) draws.add(persons.id[person], static_cast<std::uint32_t>(m));
    }
    draws.draw(world.stream, Purpose::enforcement);
    for (std::size_t i = 0; i < draws.size(); ++i) {
      auto const m = draws.tag(i);
      auto const person = migrants.person[m];
      auto const d = world.district_of(person);
      if (draws.word(0, i) >= threshold_of(rules.checks_share[d])) continue;
      add_shared(checked[d], std::int64_t{1});
      migrants.trust[m] = static_cast<std::uint8_t>(std::lround(migrants.trust[m] * setup.params.status_enforcement_trust_kept_share));
      world.note(person, Event::checked_by_police);
      if (may_be_expelled(migrants, m) && persons.age_months(person, month) >= of_age && draws.word(1, i) < threshold_of(rules.expulsion_share[d]))
        parts[from / rows_per_block].push_back(person);
    }
  });
  auto const leaves = [&](std::uint32_t person, Event what) {
    world.count(Flow::departures, world.district_of(person));
    world.note(person, what);
    remove_person(world, person);
  };
  std::vector<std::uint32_t> homes;
  for (auto const& part : parts)
    for (auto const person : part) {
      world.count(Flow::expulsions, world.district_of(person));
      homes.push_back(persons.household[person]);
      leaves(person, Event::expelled);
    }
  if (!homes.empty()) {
    std::sort(homes.begin(), homes.end());
    homes.erase(std::unique(homes.begin(), homes.end()), homes.end());
    StrayIndex const strays(world);
    for (auto const h : homes) {
      if (world.households.members[h] == 0) continue;
      std::vector<std::uint32_t> left;
      auto const stays = [&](std::uint32_t row) { left.push_back(row); };
      for (auto row = world.households.first[h]; row < world.households.first[h] + world.households.count[h]; ++row)
        if (persons.household[row] == h && !persons.gone(row)) stays(row);
      strays.for_each(h, stays);
      if (std::any_of(left.begin(), left.end(), [&](auto row) { return persons.age_months(row, month) >= of_age; })) continue;
      for (auto const row : left) leaves(row, Event::left);
    }
  }
  // What was checked is shared out among the measures that check there, by the part that each has of the checks.
  auto const& measures = setup.scenario.measures;
  std::vector<double> checks(n, 0.0);
  auto const for_checks = [&](auto&& f) {
    for (std::size_t i = 0; i < measures.size(); ++i)
      if (measures[i].kind == MeasureKind::migration_enforcement && in_force(measures[i], world.stream.month))
        for (auto const d : places_of(measures[i], setup)) f(i, d, measures[i].field("checks_share_per_month").number);
  };
  for_checks([&](std::size_t, std::size_t d, double share) { checks[d] += share; });
  for_checks([&](std::size_t i, std::size_t d, double share) {
    if (share > 0) world.measure_units[i] += std::llround(1000 * static_cast<double>(checked[d]) * share / checks[d]);
  });
}

/// How far each entitlement can be used from a district: near and not full, 0 to 1; rights without a counter count whole.
std::vector<double> reachable_entitlements(World const& world, Parameters const& p) {
  std::vector<double> reach(world.districts.size() * entitlement_count, 1.0);
  for (std::size_t e = 0; e < entitlement_count; ++e)
    for (std::size_t s = 0; s < service_count; ++s) {
      if (std::string_view(service_names[s].name) != entitlement_names[e].name) continue;
      for (std::size_t d = 0; d < world.districts.size(); ++d) {
        auto const& place = world.access_to(static_cast<Service>(s), d);
        reach[d * entitlement_count + e] = place.point == 0xffff ? 0 : std::exp(-static_cast<double>(place.minutes) / p.status_reach_minutes_scale) / (1 + static_cast<double>(place.wait_months) / p.status_reach_wait_scale);
      }
    }
  return reach;
}

struct Price {
  double soles, wait_months, value;
};

/// The fine due when filing: a sum per day of overstay, by the programme's share of it and what an amnesty leaves.
double fine_soles(World const& world, Setup const& setup, std::size_t m, Programme const& programme) {
  if (world.migrants.permit[m] != Permit::irregular) return 0;
  double const months = std::min(setup.params.status_fine_cap_months, static_cast<double>(world.stream.month.index - world.migrants.expiry[m]));
  return months * 30.4 * world.rules.fine_soles_per_day * programme.fine_share * (1 - world.rules.fine_waived_share);
}

/// What a case of programme k costs, how long it is thought to take and what it opens, for one migrant.
Price price_of(World const& world, Setup const& setup, std::span<double const> reachable, std::size_t m, std::size_t k, double backlog_months) {
  auto const& programme = world.rules.programmes[k];
  auto const& migrants = world.migrants;
  auto const person = migrants.person[m];
  auto const& p = setup.params;
  auto const& access = world.access_to(Service::migration_office, world.district_of(person));
  double const hourly = std::max(p.status_least_hourly_soles, world.persons.wage_cents[person] / 100.0 / p.status_work_hours_per_month);
  double const travel = access.point == 0xffff ? 1e4 : 2 * p.status_visits_per_case * access.minutes / 60 * hourly + p.status_fare_soles_per_hour * 2 * p.status_visits_per_case * access.minutes / 60;
  double value = 0;
  // A renewal keeps what would be lost with the permit; a new permit adds to what the person may do now.
  bool const renewal = programme.renewal_within_months > 0;
  // Social programmes are not weighed by themselves: what opens them is the household registry.
  for (std::size_t e = 0; e < static_cast<std::size_t>(Entitlement::juntos); ++e) {
    double now = renewal ? world.rules.entitled[static_cast<std::size_t>(Permit::irregular)][e] : world.rules.entitled[static_cast<std::size_t>(migrants.permit[m])][e];
    if (migrants.claim[m] == Claim::pending) now = std::max<double>(now, world.rules.entitled[claim_holder][e]);
    double const gain = std::max(0.0, world.rules.entitled[static_cast<std::size_t>(programme.grants)][e] - now);
    value += gain * reachable[e] * (e == static_cast<std::size_t>(Entitlement::payroll_contract) ? p.status_value_of_contract : p.status_value_of_entitlement);
  }
  // A visitor's stay ends within half a year and cannot be prolonged: they will be as those without papers are.
  if (migrants.permit[m] == Permit::irregular || migrants.permit[m] == Permit::visitor || renewal) value += p.status_value_of_safety;
  return {programme.fee_soles + programme.papers_soles + fine_soles(world, setup, m, programme) + (renewal ? 0 : travel), (renewal ? 0 : static_cast<double>(access.wait_months)) + backlog_months + programme.processing_months, value};
}

/// Whether the programme is meant for holders of the permit, or for those with a pending claim.
bool is_meant_for(Programme const& programme, Permit permit, bool pending) {
  return ((programme.eligible >> static_cast<unsigned>(permit)) & 1U) != 0 || (pending && ((programme.eligible >> claim_holder) & 1U) != 0);
}

bool is_eligible(World const& world, std::size_t m, Programme const& programme) {
  auto const& migrants = world.migrants;
  auto const person = migrants.person[m];
  int const month = world.stream.month.index;
  auto const permit = migrants.permit[m];
  if (!is_meant_for(programme, permit, migrants.claim[m] == Claim::pending)) return false;
  if (((programme.origins >> static_cast<unsigned>(world.persons.origin(person))) & 1U) == 0) return false;
  if (permit > programme.grants && permit != Permit::irregular) return false;  // nobody trades a better permit for a worse
  if (permit == programme.grants && programme.renewal_within_months == 0) return false;
  if (programme.entry_cutoff && migrants.arrival[m] > programme.entry_cutoff->index) return false;
  if (month - migrants.permit_since[m] < programme.held_months) return false;
  if (programme.renewal_within_months > 0 && migrants.expiry[m] - month >= programme.renewal_within_months) return false;
  return true;
}

void apply(World& world, Setup const& setup) {
  auto& migrants = world.migrants;
  auto const& persons = world.persons;
  auto const& p = setup.params;
  auto const& programmes = world.rules.programmes;
  std::vector<double> backlog(programmes.size(), 0.0);
  std::array<std::int64_t, programme_limit> under_review{};
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::int64_t, programme_limit> here{};
    for (std::size_t m = from; m != to; ++m)
      if (migrants.stage[m] == CaseStage::review && !persons.gone(migrants.person[m])) ++here[migrants.case_programme[m]];
    for (std::size_t k = 0; k < programmes.size(); ++k)
      if (here[k] != 0) add_shared(under_review[k], here[k]);
  });
  for (std::size_t k = 0; k < programmes.size(); ++k) backlog[k] = static_cast<double>(under_review[k]) / std::max(1e-9, programmes[k].capacity_agents);

  // A bit for each open programme, by permit and pending claim: most migrants have few to look at.
  std::array<std::array<std::uint16_t, 2>, permit_count> open{};
  for (std::size_t permit = 0; permit < permit_count; ++permit)
    for (std::size_t pending = 0; pending < 2; ++pending)
      for (std::size_t k = 0; k < programmes.size(); ++k)
        if (programmes[k].open && is_meant_for(programmes[k], static_cast<Permit>(permit), pending == 1)) open[permit][pending] |= static_cast<std::uint16_t>(1U << k);

  auto const reachable = reachable_entitlements(world, p);
  auto const doubt = doubt_at_counters(world, setup);
  auto const doubt_of_office = std::span(doubt).subspan(static_cast<std::size_t>(Service::migration_office) * world.districts.size(), world.districts.size());
  auto const& ids = world.ids_of_migrants();
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::uint16_t, rows_per_block> may;  // bit k: knows of programme k, which is open to such as them
    std::array<double, rows_per_block> best;
    std::array<std::uint8_t, rows_per_block> chosen;
    std::array<std::uint32_t, rows_per_block> at_counter{};  // the draw of who files with it
    std::uint16_t any = 0;
    for (std::size_t m = from; m != to; ++m) prefetch(&persons.traits[migrants.person[m]]);
    for (std::size_t m = from; m != to; ++m) {
      std::size_t const i = m - from;
      may[i] = migrants.known[m] & open[static_cast<std::size_t>(migrants.permit[m])][migrants.claim[m] == Claim::pending ? 1 : 0];
      if (migrants.stage[m] != CaseStage::none || persons.gone(migrants.person[m]) || persons.inert(migrants.person[m])) may[i] = 0;
      any |= may[i];
      best[i] = 0;
      chosen[i] = programme_limit;
    }
    DrawBatch<rows_per_block> draws;
    for (std::size_t k = 0; k < programmes.size(); ++k) {
      if (((any >> k) & 1U) == 0) continue;
      auto const& programme = programmes[k];
      draws.clear();
      std::array<std::uint32_t, rows_per_block> knowing;  // written always and counted when it counts
      std::size_t know = 0;
      for (std::size_t m = from; m != to; ++m) {
        knowing[know] = static_cast<std::uint32_t>(m);
        know += (may[m - from] >> k) & 1U;
      }
      for (auto const m : std::span(knowing).first(know)) draws.add(mix(ids[m], programme.key), m, is_eligible(world, m, programme));
      draws.draw(world.stream, Purpose::application);
      double const usual = programme.renewal_within_months > 0 ? p.status_renewal_prob_per_month : p.status_application_prob_per_month;
      auto const thinks_of_it = threshold_of(usual * (programme.last_month ? 1 + p.status_deadline_rush : 1.0));
      for (std::size_t i = 0; i < draws.size(); ++i)
        if (auto const row = migrants.person[draws.tag(i)]; draws.word(0, i) < thinks_of_it) prefetch(&persons.household[row], &persons.activity[row], &persons.has[row], &persons.birth[row], &persons.wage_cents[row]);
      for (std::size_t i = 0; i < draws.size(); ++i)
        if (auto const m = draws.tag(i); draws.word(0, i) < thinks_of_it) {
          auto const h = persons.household[migrants.person[m]];
          prefetch(&world.households.income_cents[h], &world.households.members[h], &world.households.district[h], &migrants.trust[m]);
          prefetch(&migrants.taste_shift[m], &migrants.expiry[m]);
        }
      for (std::size_t i = 0; i < draws.size(); ++i) {
        if (draws.word(0, i) >= thinks_of_it) continue;
        auto const m = draws.tag(i);
        auto const person = migrants.person[m];
        auto const price = price_of(world, setup, std::span(reachable).subspan(world.district_of(person) * entitlement_count, entitlement_count), m, k, backlog[k]);
        auto const h = persons.household[person];
        double const monthly = std::max(p.status_least_income_soles, world.households.income_cents[h] / 100.0 / std::max<int>(1, world.households.members[h]));
        Draws taste(for_life(world.stream), Purpose::programme_taste, ids[m], programme.key);
        double const u = p.status_value_weight * price.value - p.status_cost_weight * price.soles / monthly - p.status_wait_weight * price.wait_months +
                         p.status_trust_weight * (migrants.trust[m] / 255.0 - 0.5) + taste.normal() + (k < taste_slots ? migrants.taste_shift[m][k] / 16.0 : 0.0) +
                         p.status_monthly_shock_sd * normal_of(draws.word(1, i), draws.word(2, i));
        if (u > best[m - from]) {
          best[m - from] = u;
          chosen[m - from] = static_cast<std::uint8_t>(k);
          at_counter[m - from] = draws.word(3, i);
        }
      }
    }
    for (std::size_t m = from; m != to; ++m) {
      if (chosen[m - from] == programme_limit) continue;
      auto const person = migrants.person[m];
      auto const& programme = programmes[chosen[m - from]];
      auto const& access = world.access_to(Service::migration_office, world.district_of(person));
      // Renewals are filed on line and need no appointment (Migraciones, Agencia Digital), so that no office need be open; others meet
      // an official, who may doubt the papers.
      bool const on_line = programme.renewal_within_months > 0;
      if (!on_line && access.point == 0xffff) continue;
      if (!on_line && at_counter[m - from] < threshold_of(doubt_of_office[world.district_of(person)])) {
        world.count(Flow::applications_turned_away, world.district_of(person));
        world.note(person, Event::turned_away, static_cast<std::int64_t>(Service::migration_office));
        change_trust(migrants, m, p, false);
        continue;
      }
      migrants.stage[m] = on_line ? CaseStage::review : CaseStage::appointment;
      migrants.case_programme[m] = chosen[m - from];
      migrants.case_point[m] = access.point;
      migrants.case_since[m] = migrants.case_filed[m] = world.stream.month.index;
      world.count(Flow::applications, world.district_of(person));
      if (programme.renewal_within_months == 0) add_shared(world.cases_filed[static_cast<std::size_t>(programme.grants)], std::int64_t{1});
      world.note(person, Event::applied, chosen[m - from], static_cast<std::int64_t>(best[m - from] * 1000));
      // The fee is paid at filing, the fine with it.
      add_shared(world.accounts[static_cast<std::size_t>(Line::permit_fees)], static_cast<std::int64_t>(std::lround(programme.fee_soles * 100)));
      add_shared(world.accounts[static_cast<std::size_t>(Line::fines)], static_cast<std::int64_t>(std::lround(fine_soles(world, setup, m, programme) * 100)));
    }
  });
}

struct Case {
  std::uint32_t group;  ///< point or programme
  std::int16_t since;
  std::uint64_t order;  ///< keyed: first come by month, inside the month by lot
  std::uint32_t migrant;
  bool operator<(Case const& other) const { return std::tie(since, order) < std::tie(other.since, other.order); }
};

/// The cases in a stage, by group; inside each in no order yet: first[g] is the start of group g.
struct Cases {
  std::vector<Case> all;
  std::vector<std::size_t> first;
  [[nodiscard]] std::span<Case> of(std::size_t group) { return std::span(all).subspan(first[group], first[group + 1] - first[group]); }
};

Cases cases_in(World const& world, CaseStage stage, std::size_t groups) {
  auto const& migrants = world.migrants;
  std::vector<std::vector<Case>> parts((migrants.size() + rows_per_block - 1) / rows_per_block);
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    auto& part = parts[from / rows_per_block];
    std::array<std::uint64_t, rows_per_block> ids;
    std::array<std::uint32_t, rows_per_block> filed;
    std::array<std::array<std::uint32_t, rows_per_block>, 4> lots;
    std::size_t n = 0;
    for (std::size_t m = from; m != to; ++m)
      if (auto const person = migrants.person[m]; migrants.stage[m] == stage) prefetch(&world.persons.traits[person], &world.persons.id[person]);
    for (std::size_t m = from; m != to; ++m) {
      auto const person = migrants.person[m];
      if (migrants.stage[m] != stage || world.persons.gone(person)) continue;
      ids[n] = world.persons.id[person];
      filed[n++] = month_word(Month{migrants.case_filed[m]});
      part.push_back({static_cast<std::uint32_t>(stage == CaseStage::appointment ? migrants.case_point[m] : migrants.case_programme[m]), migrants.case_since[m], 0, static_cast<std::uint32_t>(m)});
    }
    // The lot is that of the month in which the case was filed, so that nobody's place in the line changes.
    draw_blocks(world.stream, Purpose::case_order, std::span(ids).first(n), std::span(filed).first(n), {lots[0].data(), lots[1].data(), lots[2].data(), lots[3].data()});
    for (std::size_t i = 0; i < n; ++i) part[i].order = (static_cast<std::uint64_t>(lots[0][i]) << 32) | lots[1][i];
  });
  Cases cases;
  cases.first.assign(groups + 1, 0);
  for (auto const& part : parts)
    for (auto const& c : part) ++cases.first[c.group + 1U];
  std::partial_sum(cases.first.begin(), cases.first.end(), cases.first.begin());
  cases.all.resize(cases.first.back());
  std::vector<std::size_t> next(cases.first.begin(), cases.first.end() - 1);
  for (auto const& part : parts)
    for (auto const& c : part) cases.all[next[c.group]++] = c;
  return cases;
}

/// Who waits for an appointment at an office that has closed goes, with the date of the case, to the one now turned to.
void follow_open_offices(World& world) {
  auto& migrants = world.migrants;
  auto const closed = [&](ServicePoint const& point) { return point.service == Service::migration_office && point.capacity <= 0 && point.queue > 0; };
  if (std::none_of(world.points.begin(), world.points.end(), closed)) return;
  for (std::size_t m = 0; m < migrants.size(); ++m) {
    if (migrants.stage[m] != CaseStage::appointment || world.points[migrants.case_point[m]].capacity > 0) continue;
    auto const now = world.access_to(Service::migration_office, world.district_of(migrants.person[m])).point;
    if (now != 0xffff) migrants.case_point[m] = now;
  }
}

void give_appointments(World& world) {
  follow_open_offices(world);
  for (auto& point : world.points)
    if (point.service == Service::migration_office) {
      point.served = 0;
      point.queue = 0;
    }
  auto cases = cases_in(world, CaseStage::appointment, world.points.size());
  for (std::size_t p = 0; p < world.points.size(); ++p) {
    auto const waiting = cases.of(p);
    auto& point = world.points[p];
    if (point.service != Service::migration_office) continue;
    // As at every counter: the part of an agent above capacity is owed (phase 6).
    double room = point.capacity + point.carry;
    auto const served = static_cast<std::size_t>(std::clamp(std::ceil(room), 0.0, static_cast<double>(waiting.size())));
    put_served_first(waiting, served, point.priority, priority_lot(world, point), [&](Case const& c) { return world.in_groups(world.migrants.person[c.migrant], point.priority.groups); });
    for (auto const& c : waiting) {
      if (room > 0) {
        room -= 1;
        ++point.served;
        world.migrants.stage[c.migrant] = CaseStage::review;
        world.migrants.case_since[c.migrant] = world.stream.month.index;
        world.note(world.migrants.person[c.migrant], Event::appointment_done);
      } else {
        ++point.queue;
      }
    }
    point.carry = std::min(room, 0.0);  // an idle month does not store capacity
  }
}

void hand_over(World& world, Setup const& setup, std::uint32_t m) {
  auto& migrants = world.migrants;
  auto const person = migrants.person[m];
  auto const& programme = world.rules.programmes[migrants.case_programme[m]];
  auto const month = world.stream.month.index;
  bool const renewal = migrants.permit[m] == programme.grants;
  int const before = renewal ? std::max<int>(migrants.expiry[m], month - 1) : month - 1;  // the last month before the new term
  migrants.permit[m] = programme.grants;
  migrants.permit_since[m] = renewal ? migrants.permit_since[m] : month;
  migrants.expiry[m] = static_cast<std::int16_t>(before + programme.validity_months);
  if (programme.grants == Permit::refugee) migrants.claim[m] = Claim::recognised;
  change_trust(migrants, m, setup.params, true);
  // With the card comes word of what may follow it.
  for (std::size_t k = 0; k < world.rules.programmes.size(); ++k)
    if ((world.rules.programmes[k].eligible >> static_cast<unsigned>(programme.grants)) & 1U) migrants.known[m] |= static_cast<std::uint16_t>(1U << k);
  auto const district = world.district_of(person);
  world.count(renewal ? Flow::permits_renewed : Flow::permits_granted, district);
  if (!renewal) {
    world.count(Flow::permit_wait_months, district, month - migrants.case_filed[m]);
    add_shared(world.permits_given[static_cast<std::size_t>(programme.grants)], std::int64_t{1});
  }
  world.note(person, renewal ? Event::permit_renewed : Event::card_collected, static_cast<std::int64_t>(programme.grants), month - migrants.case_filed[m]);
}

/// One case of a programme, decided: called for many at once, each of another migrant.
void decide_case(World& world, Setup const& setup, std::uint32_t programme_code, std::uint32_t m) {
  auto& migrants = world.migrants;
  auto const& programme = world.rules.programmes[programme_code];
  auto const person = migrants.person[m];
  Draws draws(world.stream, Purpose::decision, world.persons.id[person]);
  if (draws.bernoulli(programme.refusal_share)) {
    world.count(Flow::permits_refused, world.district_of(person));
    world.note(person, Event::case_refused, programme_code);
    if (programme.grants == Permit::refugee) migrants.claim[m] = Claim::refused;
    change_trust(migrants, m, setup.params, false);
    close_case(migrants, m);
    end_contract_without_right(world, person);
    return;
  }
  world.note(person, Event::case_approved, programme_code);
  if (programme.rights_from_approval) {
    hand_over(world, setup, m);
    close_case(migrants, m);
  } else {
    migrants.stage[m] = CaseStage::ready;
    migrants.case_since[m] = world.stream.month.index;
  }
}

void decide(World& world, Setup const& setup) {
  auto& migrants = world.migrants;
  auto const& programmes = world.rules.programmes;
  world.decided.assign(programmes.size(), 0);
  auto cases = cases_in(world, CaseStage::review, programmes.size());
  for (std::uint32_t k = 0; k < programmes.size(); ++k) {
    double const room = programmes[k].capacity_agents + world.programme_carry[k];
    // Of those who have waited for the processing time as many as there is room for, first come first; only who stands on which
    // side of the last place matters.
    auto const waiting = cases.of(k);
    auto const not_due = std::partition(waiting.begin(), waiting.end(), [&](Case const& c) { return world.stream.month.index - c.since >= programmes[k].processing_months; });
    auto const due = std::span(waiting.begin(), not_due);
    auto const n = static_cast<std::size_t>(std::clamp(std::floor(room), 0.0, static_cast<double>(due.size())));
    if (n < due.size()) std::nth_element(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(n), due.end());
    auto const served = due.first(n);
    constexpr std::size_t per_task = 64;
    for_each_index((n + per_task - 1) / per_task, [&](std::size_t task) {
      auto const own = served.subspan(task * per_task, std::min(per_task, n - task * per_task));
      for (auto const& c : own) {
        auto const m = c.migrant;
        prefetch(&migrants.permit[m], &migrants.expiry[m], &migrants.known[m], &migrants.trust[m], &migrants.stage[m], &migrants.case_programme[m], &migrants.case_filed[m], &migrants.permit_since[m]);
        prefetch(&world.persons.id[migrants.person[m]], &world.persons.household[migrants.person[m]]);
      }
      for (auto const& c : own) decide_case(world, setup, k, c.migrant);
    });
    world.decided[k] = static_cast<std::int32_t>(n);
    world.measure_units[programmes[k].measure] += 1000 * static_cast<std::int64_t>(n);
    world.programme_carry[k] = std::min(room - static_cast<double>(n), 1 - 1e-12);
  }
}

void collect_cards(World& world, Setup const& setup) {
  auto& migrants = world.migrants;
  auto const collects = threshold_of(setup.params.status_collection_prob_per_month), withdraws = threshold_of(setup.params.status_withdrawal_prob_per_month);
  auto const& ids = world.ids_of_migrants();
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    DrawBatch<rows_per_block> draws;
    for (std::size_t m = from; m != to; ++m)
      if ((migrants.stage[m] == CaseStage::ready || migrants.stage[m] == CaseStage::appointment) && !world.persons.gone(migrants.person[m])) draws.add(ids[m], static_cast<std::uint32_t>(m));
    draws.draw(world.stream, Purpose::collection);
    for (std::size_t i = 0; i < draws.size(); ++i) {
      auto const m = draws.tag(i);
      if (migrants.stage[m] == CaseStage::ready) {
        if (draws.word(0, i) < collects) {
          hand_over(world, setup, m);
          close_case(migrants, m);
        }
      } else if (draws.word(0, i) < withdraws) {
        add_shared(world.points[migrants.case_point[m]].queue, -1);
        close_case(migrants, m);
        world.note(migrants.person[m], Event::case_withdrawn);
      }
    }
  });
}

/// Public insurance that a permit opened ends with it, whether the permit lapsed or the rule changed.
void end_insurance_without_right(World& world) {
  auto const& migrants = world.migrants;
  auto const& entitled = world.rules.entitled;
  constexpr auto insurance = static_cast<std::size_t>(Entitlement::health_insurance);
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t m = from; m != to; ++m) {
      if (entitled[static_cast<std::size_t>(migrants.permit[m])][insurance] > 0 || (migrants.claim[m] == Claim::pending && entitled[claim_holder][insurance] > 0)) continue;
      auto& has = world.persons.has[migrants.person[m]];
      if ((has & has_public_insurance) != 0) has &= static_cast<std::uint16_t>(~has_public_insurance);
    }
  });
}

void count_months_without_right(World& world) {
  auto& migrants = world.migrants;
  auto const& entitled = world.rules.entitled;
  constexpr auto contract = static_cast<std::size_t>(Entitlement::payroll_contract);
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t m = from; m != to; ++m) {
      bool const right = entitled[static_cast<std::size_t>(migrants.permit[m])][contract] > 0 || (migrants.claim[m] == Claim::pending && entitled[claim_holder][contract] > 0);
      auto& months = migrants.months_without_right[m];
      if (right && months == 0) continue;
      if (world.persons.activity[migrants.person[m]] == Activity::child) continue;
      if (!right) months = static_cast<std::uint16_t>(std::min(600, months + 1));
      else if (months > 0) --months;
    }
  });
}

/// The inverse of the normal distribution function (Boost.Math), and the function.
double quantile(double u) { return boost::math::quantile(boost::math::normal{}, std::clamp(u, 1e-12, 1 - 1e-12)); }
double probability(double x) { return boost::math::cdf(boost::math::normal{}, x); }

}  // namespace

/// Who could have applied before the start and has not is somebody whose will to apply falls short: the taste of each is drawn
/// from the normal below the threshold, by a shift kept with the migrant. Otherwise everybody willing would file in month one.
void settle_tastes(World& world, Setup const& setup) {
  auto& migrants = world.migrants;
  auto const& persons = world.persons;
  auto const& p = setup.params;
  auto const reachable = reachable_entitlements(world, p);
  auto const& ids = world.ids_of_migrants();
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t m = from; m != to; ++m) {
      auto const person = migrants.person[m];
      for (std::size_t k = 0; k < std::min(taste_slots, world.rules.programmes.size()); ++k) {
        auto const& programme = world.rules.programmes[k];
        if (!programme.open || programme.renewal_within_months > 0 || !is_eligible(world, m, programme)) continue;
        auto const price = price_of(world, setup, std::span(reachable).subspan(world.district_of(person) * entitlement_count, entitlement_count), m, k, 0);
        auto const h = persons.household[person];
        double const monthly = std::max(p.status_least_income_soles, world.households.income_cents[h] / 100.0 / std::max<int>(1, world.households.members[h]));
        double const sure = p.status_value_weight * price.value - p.status_cost_weight * price.soles / monthly - p.status_wait_weight * price.wait_months +
                            p.status_trust_weight * (migrants.trust[m] / 255.0 - 0.5);
        Draws taste(for_life(world.stream), Purpose::programme_taste, ids[m], programme.key);
        double const e = taste.normal();
        double const below = quantile(probability(e) * probability(-sure - 2 * p.status_monthly_shock_sd));
        migrants.taste_shift[m][k] = static_cast<std::int8_t>(std::clamp(std::floor((below - e) * 16), -127.0, 0.0));
      }
    }
  });
}

void regularise(World& world, Setup const& setup) {
  let_permits_lapse(world, setup);
  let_residents_claim(world);
  check_migrants(world, setup);
  apply(world, setup);
  give_appointments(world);
  decide(world, setup);
  collect_cards(world, setup);
  end_insurance_without_right(world);
  count_months_without_right(world);
}

}  // namespace arraigo
