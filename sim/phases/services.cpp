/// Services (ODD 6). People ask for at most one service a month with a probability that rises with need and falls with travel,
/// wait and (for migrants) hostility; brigades and referrals spare them the journey. The counter turns away who lacks the papers
/// or meets an official in doubt; points serve up to capacity, who has priority first up to the share kept for them, then first
/// come by month and by lot inside a month. Places (childcare, school, elders' centres, courses) are held until they end.
///   P(ask s) = h_s L(need - g2 travel/60 - g3 wait - g5 H) / L(0)
///   doubt at the counter = q exp(g6 (H - H0)) (1 - e K)(1 - verified);  K' = K d + reach (1 - K d)
/// Reads: entitlements, access, household poverty (last month), hostility, groups.  Writes: has, recognised, trained sector, queued,
/// household registration, requests, placements, points, officials' knowledge and turnover, trust, measure units.
/// Draws: words 0 and 1 of the lots (person), reach (person and service), referral (person and service), service_order,
/// service_outcome (person, household; documents, occupation and licence for life), training (person), rounding (point),
/// place_rounding (point, for life).
/// Source: assumptions with ranges (parameters services.*); capacities from the data tables.
#include <tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <span>
#include <tuple>

#include "core/prefetch.hpp"
#include "core/row_mask.hpp"
#include "phases/lines.hpp"
#include "phases/lots.hpp"
#include "phases/phases.hpp"

namespace arraigo {
namespace {

constexpr std::size_t code(Service s) { return static_cast<std::size_t>(s); }

/// Months for which a place is held; 0: until another condition ends it.
int term_of(Service service, Parameters const& p) { return service == Service::training ? static_cast<int>(std::lround(p.services_training_months)) : 0; }

/// Places of a point, in agents: what is left of a fraction is a place at as many points as the fraction says, by a draw for
/// life, so that a coarse run has no fewer places in all, nor the same ones in every replicate.
std::int32_t places_of(World const& world, std::size_t p) {
  auto const& point = world.points[p];
  auto const block = draw_block(for_life(world.stream), Purpose::place_rounding, mix(point.table_row, code(point.service)));
  return static_cast<std::int32_t>(std::floor(point.capacity + uniform_of(block[0])));
}

/// The bit of who has a place of the service; none for a course.
constexpr std::uint16_t place_bit(Service s) {
  return s == Service::childcare ? has_childcare_place : s == Service::school ? has_school_place : s == Service::elder_centre ? has_elder_place : 0;
}

void end_places(World& world, Setup const& setup) {
  auto& persons = world.persons;
  int const month = world.stream.month.index;
  // All are looked at before any ends, since several may be of one person; what those share is changed bit by bit.
  auto& placements = world.placements;
  std::vector<std::uint8_t> over_by_place(placements.size());
  auto const is_over = [&](Request const& place) {
    auto const& point = world.points[place.point];
    auto const row = place.person;
    if (persons.gone(row) || point.capacity <= 0) return true;
    switch (point.service) {
      case Service::childcare: return persons.age_months(row, month) >= 36;
      case Service::school: return (persons.has[row] & has_school_place) == 0;
      case Service::elder_centre: return false;  // for the rest of their life here
      default: return month - place.since >= term_of(point.service, setup.params);
    }
  };
  auto const end_place = [&](Request const& place) {
    auto& point = world.points[place.point];
    auto const row = place.person;
    add_shared(point.in_use, -1);
    clear_shared(persons.has[row], place_bit(point.service));
    // A course that was broken off, since its point has closed, leaves no certificate.
    if (point.service != Service::training || month - place.since < term_of(point.service, setup.params) || persons.gone(row)) return;
    Draws draws(world.stream, Purpose::training, persons.id[row]);
    if (!draws.bernoulli(std::min(1.0, setup.params.services_training_completion_share * point.quality))) return;
    set_shared(persons.has[row], static_cast<std::uint16_t>(has_training));
    // Who is in two courses began them in different months, of which one at most is done.
    if (point.sector >= 0) persons.set_trained_sector(row, point.sector);
  };
  for_blocks(placements.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i != to; ++i) prefetch(&persons.traits[placements[i].person], &persons.birth[placements[i].person], &persons.has[placements[i].person]);
    for (std::size_t i = from; i != to; ++i) over_by_place[i] = is_over(placements[i]) ? 1 : 0;
  });
  for_blocks(placements.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i != to; ++i)
      if (over_by_place[i] != 0) end_place(placements[i]);
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < placements.size(); ++i) {  // written always and counted when it counts
    placements[kept] = placements[i];
    kept += over_by_place[i] == 0 ? 1 : 0;
  }
  placements.resize(kept);
  // Where places were cut below those in use, the latest comers lose theirs.
  for (std::size_t p = 0; p < world.points.size(); ++p) {
    auto& point = world.points[p];
    auto const places = places_of(world, p);
    if (!point.places || point.in_use <= places) continue;
    std::vector<std::tuple<std::int16_t, std::uint64_t, std::uint32_t>> held;
    for (auto const& place : world.placements)
      if (place.point == p) held.emplace_back(place.since, persons.id[place.person], place.person);
    std::sort(held.rbegin(), held.rend());
    held.resize(static_cast<std::size_t>(point.in_use - places));
    std::vector<std::uint32_t> losers;
    for (auto const& h : held) losers.push_back(std::get<2>(h));
    std::sort(losers.begin(), losers.end());
    std::erase_if(world.placements, [&](Request const& place) {
      if (place.point != p || !std::binary_search(losers.begin(), losers.end(), place.person)) return false;
      persons.has[place.person] &= static_cast<std::uint16_t>(~place_bit(point.service));
      --point.in_use;
      return true;
    });
  }
}

struct Asked {
  std::uint32_t person;
  Service service;
  bool turned_away;  ///< for want of papers or of a point, or in doubt
};

constexpr bool has_open_need(unsigned has) { return (has & (has_protection_need | has_protection)) == has_protection_need; }

/// The service that attends a protection need, by who the person is: DEMUNA for minors, OMAPED for people with a disability, safe
/// spaces for survivors of trafficking, LGBTIQ+ people and men, women's centres for women and, whatever their sex, for elders.
Service protection_service(World const& world, std::size_t row, int months) {
  if (months < 18 * 12) return Service::child_protection;
  if (world.has_disability(row)) return Service::disability_office;
  if (world.is_trafficked(row) || world.is_lgbtiq(row)) return Service::protection;
  return world.persons.sex(row) == Sex::female || months >= 65 * 12 ? Service::women_centre : Service::protection;
}

/// Who is thought to have skills that could be certified: some years of work lie behind them.
constexpr int certifiable_months = 25 * 12;

constexpr std::uint32_t bit(Service s) { return 1U << code(s); }
constexpr std::uint32_t all_services = ~0U, protection_services = bit(Service::protection) | bit(Service::women_centre) | bit(Service::child_protection) | bit(Service::disability_office);

/// The services that somebody could ask for now, with each one's monthly probability before travel, wait and hostility; of
/// `wanted` (bits) alone, in the same order.
template <class F>
void for_needs(World const& world, Parameters const& p, std::size_t row, F&& found, std::uint32_t wanted = all_services) {
  auto const f = [&](Service s, double prob) {
    if ((wanted & bit(s)) != 0) found(s, prob);
  };
  auto const& persons = world.persons;
  int const months = persons.age_months(row, world.stream.month.index);
  auto const has = persons.has[row];
  auto const activity = persons.activity[row];
  auto const state = world.households.state[persons.household[row]];
  bool const poor = (state & Households::poverty_bits) != 0;
  if (months < 36) {
    if (months >= 6 && (has & has_childcare_place) == 0) f(Service::childcare, p.services_ask_childcare_prob_per_month * (poor ? 2 : 1));
  } else if (months < school_ends_months && (has & has_school_place) == 0 && persons.migrant[row] != no_row) {  // hosts' children enter as they come of age (phase 3)
    f(Service::school, p.services_ask_school_prob_per_month);
  }
  if ((has & has_public_insurance) == 0 && !world.is_insured_by_payroll(row))
    f(Service::health_insurance, p.services_ask_insurance_prob_per_month * (Households::classified_poor(state) ? 2 : 1));
  if ((wanted & protection_services) != 0) {  // which of them is costly to know
    if (has_open_need(has)) f(protection_service(world, row, months), p.services_ask_protection_prob_per_month);
    else if ((has & has_protection) == 0 && world.has_disability(row)) f(Service::disability_office, p.services_ask_disability_prob_per_month);
  }
  if (months < 18 * 12) return;
  if (!Households::registered(state)) f(Service::household_registry, p.services_ask_registry_prob_per_month * (poor ? 2 : 1));
  if ((has & has_account) == 0) f(Service::bank_account, p.services_ask_account_prob_per_month * (activity == Activity::payroll ? 6 : 1));
  if (activity == Activity::unemployed) f(Service::employment_centre, p.services_ask_employment_prob_per_month);
  if (is_active(activity)) {
    if ((has & has_training) == 0 && months < 50 * 12) f(Service::training, p.services_ask_training_prob_per_month);
    if ((has & has_certificate) == 0 && months >= certifiable_months) f(Service::skills_certification, p.services_ask_certification_prob_per_month);
  }
  if (activity == Activity::own_account || activity == Activity::own_account_formal) {
    if ((has & has_business_support) == 0) f(Service::business_support, p.services_ask_business_prob_per_month);
    if ((has & has_credit) == 0) f(Service::credit, p.services_ask_credit_prob_per_month);
  }
  if (persons.education(row) >= Education::technical && !persons.recognised(row)) f(Service::degree_recognition, p.services_ask_recognition_prob_per_month);
  if (months >= 65 * 12 && (has & has_elder_place) == 0 && (months >= 80 * 12 || world.has_disability(row))) f(Service::elder_centre, p.services_ask_elder_centre_prob_per_month);
}

/// Who surely does not need a service, whatever else holds: who holds one of `settled`, and, where `adults` says so, minors.
struct Settled {
  unsigned settled;
  bool adults;
};
constexpr Settled settled_by(Service s) {
  switch (s) {
    case Service::health_insurance: return {has_public_insurance, false};
    case Service::childcare: return {has_childcare_place, false};
    case Service::school: return {has_school_place, false};
    case Service::protection:
    case Service::women_centre:
    case Service::child_protection:
    case Service::disability_office: return {0, false};
    case Service::bank_account: return {has_account, true};
    case Service::training: return {has_training, true};
    case Service::skills_certification: return {has_certificate, true};
    case Service::business_support: return {has_business_support, true};
    case Service::credit: return {has_credit, true};
    case Service::elder_centre: return {has_elder_place, true};
    default: return {0, true};
  }
}

/// Whether a campaign tells people what they have a right to this month.
bool tells_of_entitlements(Rules const& rules) {
  for (std::size_t k = 0; k < rules.campaigns.size(); ++k)
    if ((rules.campaign_contents[k] & about_entitlements) != 0) return true;
  return false;
}

/// How many times as often as usual the person asks this month: more who has heard of their rights.
double asks_factor(World const& world, Parameters const& p, std::size_t row) {
  double missed = 1;
  auto const d = world.district_of(row);
  for (std::size_t k = 0; k < world.rules.campaigns.size(); ++k) {
    auto const& campaign = world.rules.campaigns[k];
    if ((world.rules.campaign_contents[k] & about_entitlements) == 0 || campaign.share[d] <= 0) continue;
    missed *= 1 - campaign.priority.of(world.in_groups(row, campaign.priority.groups), static_cast<double>(campaign.share[d]));
  }
  if (missed == 1) return 1;
  bool const told = draw_block(world.stream, Purpose::reach, mix(world.persons.id[row], 0x656e7469746cULL))[0] < threshold_of(1 - missed);
  return told ? p.services_entitlements_campaign_effect : 1;
}

constexpr Entitlement entitlement_for(Service s) {
  switch (s) {
    case Service::employment_centre: return Entitlement::employment_centre;
    case Service::household_registry: return Entitlement::household_registry;
    case Service::health_insurance: return Entitlement::health_insurance;
    case Service::childcare: return Entitlement::childcare;
    case Service::school: return Entitlement::school;
    case Service::training: return Entitlement::training;
    case Service::degree_recognition: return Entitlement::degree_recognition;
    case Service::bank_account: return Entitlement::bank_account;
    case Service::business_support: return Entitlement::business_support;
    case Service::women_centre: return Entitlement::women_centre;
    case Service::child_protection: return Entitlement::child_protection;
    case Service::elder_centre: return Entitlement::elder_centre;
    case Service::disability_office: return Entitlement::disability_office;
    case Service::skills_certification: return Entitlement::skills_certification;
    case Service::credit: return Entitlement::credit;
    default: return Entitlement::protection;
  }
}

}  // namespace

std::vector<Service> needed_services(World const& world, Parameters const& params, std::size_t person) {
  std::vector<Service> needed;
  for_needs(world, params, person, [&](Service s, double) { needed.push_back(s); });
  return needed;
}

bool surely_not_needed(World const& world, Service service, std::size_t person) {
  auto const [settled, adults] = settled_by(service);
  return (world.persons.has[person] & settled) != 0 || (adults && world.persons.age_months(person, world.stream.month.index) < 18 * 12);
}

double asks_at_most(World const& world, Parameters const& params, std::size_t person) {
  double sum = 0;
  for_needs(world, params, person, [&](Service, double prob) { sum += prob; });
  return tells_of_entitlements(world.rules) ? sum * asks_factor(world, params, person) : sum;
}

double protection_need_prob(World const& world, Parameters const& p, std::size_t person) {
  return p.services_protection_need_prob_per_month * protection_need_factor(world, p, person) / world.groups.need_factor_mean;
}

ServiceCuts service_cuts(World const& world, Parameters const& p) {
  ServiceCuts cuts;
  double const told = tells_of_entitlements(world.rules) ? p.services_entitlements_campaign_effect : 1;
  // What for_needs() can come to at most for somebody of the class: near, without wait, poor, with every open need.
  double const insurance = 2 * p.services_ask_insurance_prob_per_month;
  for (std::size_t age = 0; age < cuts.bound.size(); ++age)
    for (std::size_t a = 0; a < activity_count; ++a)
      for (std::size_t needs = 0; needs < ServiceCuts::needs; ++needs) {
        auto const activity = static_cast<Activity>(a);
        double most = age == 0 ? 2 * p.services_ask_childcare_prob_per_month : age == 1 ? p.services_ask_school_prob_per_month : 0.0;
        if ((needs & 1U) == 0) most += insurance;
        most += (needs & 4U) != 0 ? p.services_ask_protection_prob_per_month : p.services_ask_disability_prob_per_month;
        if (age >= 3) {
          most += 2 * p.services_ask_registry_prob_per_month + p.services_ask_recognition_prob_per_month;
          if ((needs & 2U) == 0) most += p.services_ask_account_prob_per_month * (activity == Activity::payroll ? 6 : 1);
          if (is_active(activity)) most += p.services_ask_training_prob_per_month + p.services_ask_certification_prob_per_month;
          // Who is unemployed when services are asked for may have lost the contract with the permit this month.
          if (is_active(activity)) most += activity == Activity::unemployed || activity == Activity::payroll ? p.services_ask_employment_prob_per_month : 0.0;
          if (activity == Activity::own_account || activity == Activity::own_account_formal) most += p.services_ask_business_prob_per_month + p.services_ask_credit_prob_per_month;
        }
        if (age == 4) most += p.services_ask_elder_centre_prob_per_month;
        cuts.bound[age][a][needs] = static_cast<std::uint32_t>(std::min<std::uint64_t>(threshold_of(told * most) + 1, 0xffffffffU));
      }
  double const exposed = std::max({1.0, p.services_need_factor_women, p.services_need_factor_lgbtiq, p.services_need_factor_trafficked, p.services_need_factor_irregular});
  std::uint64_t const need = threshold_of(p.services_protection_need_prob_per_month * exposed / world.groups.need_factor_mean), lapse = threshold_of(p.services_insurance_lapse_prob_per_month),
                      loan = threshold_of(1 / p.services_credit_months);
  cuts.need_from = static_cast<std::uint32_t>(std::min<std::uint64_t>((1ULL << 32) - need, 0xffffffffU));
  cuts.lapse_from = static_cast<std::uint32_t>(cuts.need_from - lapse);
  cuts.loan_from = static_cast<std::uint32_t>(cuts.lapse_from - loan);
  cuts.leaving_from = static_cast<std::uint32_t>(cuts.loan_from - threshold_of(p.services_school_leaving_prob_per_month * std::max(0.0, 1 - p.attitudes_neutral_hostile_share)));
  for (std::size_t ends = 0; ends < cuts.from_above.size(); ++ends)
    cuts.from_above[ends] = (ends & 4U) != 0 ? cuts.leaving_from : (ends & 2U) != 0 ? cuts.loan_from : (ends & 1U) != 0 ? cuts.lapse_from : cuts.need_from;
  return cuts;
}

namespace {

/// What officials know fades and is taught; with those who leave goes what they had learnt.
void train_officials(World& world, Parameters const& p) {
  double const kept = std::pow(0.5, 1 / p.services_officials_half_life_months), still_new = std::pow(0.5, 1 / p.services_turnover_recovery_months);
  for (std::size_t d = 0; d < world.districts.size(); ++d) {
    auto& state = world.districts[d];
    double const turnover = world.rules.turnover_share[d];
    for (std::size_t s = 0; s < service_count; ++s) {
      double const before = kept * static_cast<double>(state.officials_knowledge[s]);
      state.officials_knowledge[s] = static_cast<float>((before + world.rules.officials_reach[s][d] * (1 - before)) * (1 - turnover));
    }
    state.officials_turnover_stock = std::max(state.officials_turnover_stock * still_new, turnover);
  }
}

constexpr bool is_of_banks(Service s) { return s == Service::bank_account || s == Service::credit; }

}  // namespace

std::vector<double> doubt_at_counters(World const& world, Setup const& setup) {
  auto const& p = setup.params;
  std::size_t const n = world.districts.size();
  std::vector<double> prejudice(n);
  for (std::size_t d = 0; d < n; ++d) prejudice[d] = std::exp(p.services_counter_hostility_response * (world.hostility(d) - logistic(world.districts[d].hostility_start)));
  // Officials are those of the district where the point stands; of points outside the area, as the person's own.
  std::vector<std::uint16_t> run_district(setup.hosts.size(), 0xffff);
  for (std::size_t d = 0; d < n; ++d) run_district[setup.area[d]] = static_cast<std::uint16_t>(d);
  std::vector<double> doubt(service_count * n);
  for (std::size_t s = 0; s < service_count; ++s)
    for (std::size_t d = 0; d < n; ++d) {
      auto const point = world.access[s * n + d].point;
      std::size_t const stands = point == 0xffff ? 0xffff : run_district[world.points[point].table_row];
      std::size_t const at = stands == 0xffff ? d : stands;
      double const verified = is_of_banks(static_cast<Service>(s)) ? world.rules.verified_by_banks[at] : world.rules.verified_by_services[at];
      doubt[s * n + d] = std::min(1.0, p.services_counter_doubt_share * prejudice[at]) * (1 - p.services_officials_effect * static_cast<double>(world.districts[at].officials_knowledge[s])) * (1 - verified);
    }
  return doubt;
}

namespace {

/// Whether the counter lets the person through.
bool passes(World const& world, Setup const& setup, std::vector<double> const& doubt, std::uint32_t row, Service service) {
  auto const d = world.district_of(row);
  if (world.access_to(service, d).point == 0xffff) return false;
  if (service == Service::credit && !meets_lenders_terms(world, setup.params, row)) return false;
  double granted = world.entitled(row, entitlement_for(service));
  if (is_foreign(world.persons.origin(row)) && granted > 0) granted *= 1 - doubt[code(service) * world.districts.size() + d];
  Draws draws(world.stream, Purpose::service_outcome, world.persons.id[row], code(service));
  return draws.bernoulli(granted);
}

/// Whether the person is the eldest adult of the household, for whom a brigade asks.
bool answers_the_door(World const& world, std::uint32_t row) {
  auto const& persons = world.persons;
  auto const h = persons.household[row];
  for (auto other = world.households.first[h]; other < world.households.first[h] + world.households.count[h]; ++other)
    if (other != row && persons.household[other] == h && !persons.gone(other) && std::pair(persons.birth[other], persons.id[other]) < std::pair(persons.birth[row], persons.id[row])) return false;
  return true;
}

/// The measure of the list that reaches the person, if any does: one draw for all of them, so that more reach adds people and
/// takes none away.
Reach const* reached_by(World const& world, std::span<Reach const> list, Service const* service, std::uint32_t row, Purpose purpose, std::uint64_t key) {
  auto const d = world.district_of(row);
  double so_far = 0, u = -1;
  for (auto const& reach : list) {
    if ((service != nullptr && reach.service != *service) || reach.share[d] <= 0) continue;
    double const share = reach.priority.of(world.in_groups(row, reach.priority.groups), static_cast<double>(reach.share[d]));
    so_far = 1 - (1 - so_far) * (1 - share);
    if (u < 0) u = uniform_of(draw_block(world.stream, purpose, mix(world.persons.id[row], key))[0]);
    if (u < so_far) return &reach;
  }
  return nullptr;
}

void charge_unit(World& world, Reach const& reach) { add_shared(world.measure_units[reach.measure], std::int64_t{1000}); }

/// What the measures of a list reach at most in each district, which is whom they favour, all of them together: the end of a
/// draw's words. Rounded up: whoever is below is asked exactly.
std::vector<std::uint64_t> most_reached(World const& world, std::span<Reach const> list, Service const* service = nullptr) {
  std::vector<std::uint64_t> most(world.districts.size(), 0);
  for (std::size_t d = 0; d < most.size(); ++d) {
    double missed = 1;
    for (auto const& reach : list)
      if ((service == nullptr || reach.service == *service) && reach.share[d] > 0) missed *= 1 - std::min(1.0, static_cast<double>(reach.share[d]));
    if (missed < 1) most[d] = threshold_of(1 - missed) + 1;
  }
  return most;
}

/// What brigades reach at most of those who need each service, by district.
struct Brigades {
  std::array<std::vector<std::uint64_t>, service_count> most;
  std::array<std::uint64_t, service_count> most_anywhere{};
  explicit Brigades(World const& world) {
    for (std::size_t s = 0; s < service_count; ++s) {
      auto const service = static_cast<Service>(s);
      most[s] = most_reached(world, world.rules.outreach, &service);
      most_anywhere[s] = most[s].empty() ? 0 : *std::max_element(most[s].begin(), most[s].end());
    }
  }
};

/// Brigades: who needs the service and is reached asks at once, without journey, wait or fear. Most are not reached whatever
/// group they belong to and whatever they need, so that the draws of a block come first and the others alone are asked.
void reach_out(World& world, Setup const& setup, Brigades const& brigades, std::size_t from, std::size_t to, std::vector<Asked>& asked) {
  auto& persons = world.persons;
  std::array<std::uint32_t, rows_per_block> met{};  // by row, bits of services
  RowMask may;
  for (std::size_t s = 0; s < service_count; ++s) {
    if (brigades.most_anywhere[s] == 0) continue;
    DrawBatch<rows_per_block> draws;
    auto const& most = brigades.most[s];
    auto const [settled, adults] = settled_by(static_cast<Service>(s));
    int const born_by = adults ? world.stream.month.index - 18 * 12 : world.stream.month.index;
    auto const* const has = persons.has.data() + from;
    auto const* const birth = persons.birth.data() + from;
    may.set(to - from, [&, settled = settled](std::size_t i) { return ((has[i] & settled) == 0) & (birth[i] <= born_by); });
    may.for_each([&](std::size_t i) { draws.add(mix(persons.id[from + i], s), static_cast<std::uint32_t>(i), most[world.district_of(from + i)] > 0); });
    draws.draw(world.stream, Purpose::reach);
    for (std::size_t i = 0; i < draws.size(); ++i)
      if (draws.word(0, i) < brigades.most_anywhere[s] && draws.word(0, i) < most[world.district_of(from + draws.tag(i))]) met[draws.tag(i)] |= 1U << s;
  }
  std::vector<Asked> reached;
  auto own = asked.begin();  // what people have asked for by themselves, in the order of rows
  for (auto row = static_cast<std::uint32_t>(from); row != to; ++row) {
    if (met[row - from] == 0 || persons.gone(row) || persons.inert(row)) continue;
    while (own != asked.end() && own->person < row) ++own;
    auto const visit = [&](Service s, double) {
      if ((persons.queued[row] & queue_bit(s)) != 0 || (own != asked.end() && own->person == row && own->service == s)) return;
      if (world.access_to(s, world.district_of(row)).point == 0xffff || (s == Service::household_registry && !answers_the_door(world, row))) return;
      auto const* const brigade = reached_by(world, world.rules.outreach, &s, row, Purpose::reach, code(s));
      if (brigade == nullptr) return;
      charge_unit(world, *brigade);
      world.note(row, Event::reached_by_outreach, static_cast<std::int64_t>(s));
      reached.push_back({row, s, false});
    };
    for_needs(world, setup.params, row, visit, met[row - from]);
  }
  asked.insert(asked.end(), reached.begin(), reached.end());
}

/// Who asks for what this month, by part of the rows, and what the counter says.
std::vector<std::vector<Asked>> ask(World& world, Setup const& setup, std::vector<double> const& doubt) {
  auto& persons = world.persons;
  auto const& p = setup.params;
  std::size_t const n = world.districts.size();
  // What distance, wait and (for migrants) hostility leave of a request: 2 L(x), by origin, district and service.
  std::array<std::vector<double>, 2> left;
  for (auto& column : left) column.resize(service_count * n);
  std::vector<std::uint64_t> leaves_school(n);
  for (std::size_t d = 0; d < n; ++d) {
    double const hostile = p.services_hostility_response * world.hostility(d);
    // Foreign pupils leave school where hosts are hostile beyond the neutral share.
    leaves_school[d] = threshold_of(p.services_school_leaving_prob_per_month * std::max(0.0, world.hostility(d) - p.attitudes_neutral_hostile_share));
    for (std::size_t s = 0; s < service_count; ++s) {
      auto const& access = world.access[s * n + d];
      double const x = access.point == 0xffff ? -100.0
                                              : -p.services_travel_response_per_hour * static_cast<double>(access.minutes) / 60 -
                                                    p.services_wait_response_per_month * std::min(24.0, static_cast<double>(access.wait_months));
      left[0][d * service_count + s] = 2 * logistic(x);
      left[1][d * service_count + s] = 2 * logistic(x - hostile);
    }
  }
  auto const cuts = service_cuts(world, p);
  bool const told = tells_of_entitlements(world.rules);
  double const most_told = (1 + 1e-9) * (told ? std::max(1.0, p.services_entitlements_campaign_effect) : 1.0);
  Brigades const brigades(world);
  std::vector<std::vector<Asked>> parts(parts_of(world.lots.blocks.size()));
  auto const ask_in_block = [&](std::size_t b, std::vector<Asked>& asked) {
    auto const& block = world.lots.blocks[b];
    for (auto const row : block.lapsing)
      if (!persons.gone(row)) persons.has[row] &= static_cast<std::uint16_t>(~has_employment_service);
    for (auto const& [row, bits] : block.services)
      prefetch(&persons.traits[row], &persons.has[row], &persons.household[row], &persons.birth[row], &persons.activity[row], &persons.queued[row], &persons.migrant[row], &persons.groups[row]);
    for (auto const& [row, bits] : block.services) {
      if (persons.gone(row)) continue;
      auto& has = persons.has[row];
      if (bits >= cuts.need_from) {
        if (!has_open_need(has) && bits >= (1ULL << 32) - threshold_of(protection_need_prob(world, p, row))) {
          has = static_cast<std::uint16_t>((has | has_protection_need) & ~has_protection);
          world.count(Flow::protection_needs, world.district_of(row));
        }
        continue;
      }
      if (bits >= cuts.lapse_from) {
        has &= static_cast<std::uint16_t>(~has_public_insurance);
        continue;
      }
      if (bits >= cuts.loan_from && (has & has_credit) != 0) {
        has &= static_cast<std::uint16_t>(~has_credit);
        continue;
      }
      auto const d = world.district_of(row);
      if (bits < cuts.loan_from && bits >= cuts.loan_from - leaves_school[d] && (has & has_school_place) != 0 && is_foreign(persons.origin(row))) {
        has &= static_cast<std::uint16_t>(~has_school_place);
        world.note(row, Event::lost_school_place);
        continue;
      }
      double const u = uniform_of(bits);
      auto const& kept = left[is_foreign(persons.origin(row)) ? 1 : 0];
      std::array<Service, service_count> needed;
      std::array<double, service_count> likely;
      std::size_t needs = 0;
      double most = 0;
      for_needs(world, p, row, [&](Service s, double prob) {
        needed[needs] = s;
        most += likely[needs++] = prob * kept[d * service_count + code(s)];
      });
      // Who would not ask even if a campaign had told them is not asked whether it has.
      if (u >= most * most_told) continue;
      double const often = told ? asks_factor(world, p, row) : 1;
      double sum = 0;
      for (std::size_t k = 0; k < needs; ++k) {
        double const before = sum;
        sum += often * likely[k];
        if (before <= u && u < sum && (persons.queued[row] & queue_bit(needed[k])) == 0) asked.push_back({row, needed[k], false});
      }
    }
    if (!world.rules.outreach.empty()) reach_out(world, setup, brigades, b * rows_per_block, std::min(persons.size(), (b + 1) * rows_per_block), asked);
  };
  for_parts(world.lots.blocks.size(), [&](std::size_t part, std::size_t first, std::size_t last) {
    auto& asked = parts[part];
    for (std::size_t b = first; b != last; ++b) ask_in_block(b, asked);
    for (auto const& a : asked) prefetch(&persons.id[a.person]);
    for (auto& a : asked) a.turned_away = !passes(world, setup, doubt, a.person, a.service);
  });
  return parts;
}

/// Joins the queue of the nearest point, with a request for `joined`, or is turned away at the counter.
void join_queue(World& world, Setup const& setup, Asked const& asked, std::vector<Request>& joined) {
  auto& persons = world.persons;
  auto const& [row, service, turned_away] = asked;
  auto const d = world.district_of(row);
  world.count_service(0, service, d);
  world.count(Flow::services_requested, d);
  world.note(row, Event::asked_for_service, static_cast<std::int64_t>(service));
  if (turned_away) {
    world.count_service(3, service, d);
    world.count(Flow::turned_away, d);
    world.note(row, Event::turned_away, static_cast<std::int64_t>(service));
    if (auto const m = persons.migrant[row]; m != no_row) world.migrants.trust[m] = static_cast<std::uint8_t>(world.migrants.trust[m] * setup.params.status_trust_kept_on_refusal);
    return;
  }
  auto const point = world.access_to(service, d).point;
  persons.queued[row] |= queue_bit(service);
  add_shared(world.points[point].queue, 1);
  joined.push_back({row, point, world.stream.month.index});
}

/// The queues that the month's askers join: who asks twice stands in one part.
void join_queues(World& world, Setup const& setup, std::vector<std::vector<Asked>> const& asked) {
  auto const& persons = world.persons;
  std::vector<std::vector<Request>> joined(asked.size());
  for_each_index(asked.size(), [&](std::size_t part) {
    auto const& own = asked[part];
    for (auto const& a : own) prefetch(&persons.household[a.person], &persons.queued[a.person], &persons.migrant[a.person]);
    for (auto const& a : own) prefetch(&world.households.district[persons.household[a.person]]);
    joined[part].reserve(own.size());
    for (auto const& a : own) {
      add_shared(world.districts[world.district_of(a.person)].asked, 1);
      join_queue(world, setup, a, joined[part]);
    }
  });
  for (auto const& part : joined) world.requests.insert(world.requests.end(), part.begin(), part.end());
}

constexpr int in_time_months = 2;  ///< a wait up to which a service counts as given in time

/// Who waits at a point that has closed goes, with the date of the request, to the one that people of the district now turn to.
void follow_open_points(World& world) {
  if (std::none_of(world.points.begin(), world.points.end(), [](ServicePoint const& point) { return point.capacity <= 0 && point.queue > 0; })) return;
  for (auto& request : world.requests) {
    auto& old = world.points[request.point];
    if (old.capacity > 0) continue;
    auto const now = world.access_to(old.service, world.district_of(request.person)).point;
    if (now == 0xffff || now == request.point) continue;
    --old.queue;
    ++world.points[now].queue;
    request.point = now;
  }
}

/// Whether what the request is for is out of reach or has come about otherwise.
bool is_moot(World const& world, Request const& r) {
  auto const& persons = world.persons;
  switch (world.points[r.point].service) {
    case Service::childcare: return persons.age_months(r.person, world.stream.month.index) >= 36;
    case Service::school: return persons.age_months(r.person, world.stream.month.index) >= school_ends_months;
    case Service::health_insurance: return persons.activity[r.person] == Activity::payroll;
    case Service::household_registry: return Households::registered(world.households.state[persons.household[r.person]]);
    case Service::credit: return (persons.has[r.person] & has_credit) != 0;
    default: return false;
  }
}

bool has_foreign_member(World const& world, std::uint32_t h) {
  auto const& persons = world.persons;
  for (auto row = world.households.first[h]; row < world.households.first[h] + std::max<std::uint32_t>(1, world.households.count[h]); ++row)  // one who has just left home stands at `first`
    if (persons.household[row] == h && !persons.gone(row) && is_foreign(persons.origin(row))) return true;
  return false;
}

/// The registry's class of a household in such poverty, seen with error; one draw a month.
std::uint8_t classify(World const& world, std::uint32_t h, unsigned poverty) {
  auto const& error = world.rules.registry_error[has_foreign_member(world, h) ? 1 : 0];
  Draws draws(world.stream, Purpose::service_outcome, world.households.id[h], 100 + code(Service::household_registry));
  return Households::registry_class(poverty, draws.uniform(), error[0], error[1]);
}

/// A classification holds for a term and is then made anew. Each household has its month for that, by identity, so that the first
/// term of one that registers later is shorter.
void renew_classifications(World& world, Parameters const& p) {
  auto& households = world.households;
  auto const term = static_cast<std::uint64_t>(std::lround(p.services_registry_term_months)), turn = static_cast<std::uint64_t>(world.stream.month.index) % term;
  for_blocks(households.size(), [&](std::size_t from, std::size_t to) {
    auto const* const ids = households.id.data() + from;
    auto const* const state = households.state.data() + from;
    RowMask due;
    due.set(to - from, [&](std::size_t i) { return ((ids[i] >> 32U) * term >> 32U == turn) & ((state[i] & Households::registry_bits) != 0); });
    due.for_each([&](std::size_t i) {
      auto const h = static_cast<std::uint32_t>(from + i);
      if (households.members[h] == 0) return;
      unsigned const was = households.state[h];
      households.state[h] = static_cast<std::uint8_t>((was & ~unsigned{Households::registry_bits}) | classify(world, h, was & Households::poverty_bits));
    });
  });
}

/// What a block of served requests leaves to be done one after the other.
struct Given {
  std::vector<Asked> services;             ///< who was served, and where
  std::vector<Request> placements;         ///< who took up a place
  std::vector<std::uint32_t> recognised;   ///< whose degree is
};

/// Called for several requests at once, which may be of one person or household: what they share is changed bit by bit.
void give(World& world, Setup const& setup, Request const& request, Given& given) {
  auto& persons = world.persons;
  auto& point = world.points[request.point];
  auto const row = request.person;
  auto const d = world.district_of(row);
  auto& state = world.households.state[persons.household[row]];
  Draws draws(world.stream, Purpose::service_outcome, persons.id[row], 100 + code(point.service));
  auto const& p = setup.params;
  // Quality scales the usual chance that being served brings what it is for.
  auto const achieves = [&](double usual) { return usual * point.quality >= 1 || draws.bernoulli(usual * point.quality); };
  auto const gain_surely = [&](Has what) { set_shared(persons.has[row], static_cast<std::uint16_t>(what)); };
  auto const gain = [&](Has what, double usual) {
    if (achieves(usual)) gain_surely(what);
  };
  switch (point.service) {
    case Service::employment_centre: gain(has_employment_service, 1); break;
    case Service::household_registry: {
      if (!achieves(1)) break;
      // The household's, whichever of its members come in the month.
      set_shared(state, classify(world, persons.household[row], std::atomic_ref(state).load(std::memory_order_relaxed) & Households::poverty_bits));
      break;
    }
    case Service::health_insurance: gain(has_public_insurance, 1); break;
    case Service::childcare: gain_surely(has_childcare_place); break;
    case Service::school: gain_surely(has_school_place); break;
    case Service::elder_centre: gain_surely(has_elder_place); break;
    case Service::training: break;  // the certificate comes when the place ends
    case Service::degree_recognition: {
      // Documents, and for occupations with a college its licence, are the person's for life; the procedure may be tried again.
      Draws life(for_life(world.stream), Purpose::service_outcome, persons.id[row], 200);
      bool const documents = life.bernoulli(world.rules.documents_share), regulated = life.bernoulli(p.services_regulated_share), licensed = life.bernoulli(world.rules.licence_share);
      if (achieves(p.services_recognition_success_share) && documents && (licensed || !regulated || persons.education(row) != Education::university)) given.recognised.push_back(row);
      break;
    }
    case Service::bank_account: gain(has_account, 1); break;
    case Service::protection:
    case Service::women_centre:
    case Service::child_protection:
    case Service::disability_office: gain(has_protection, p.services_protection_success_share); break;
    case Service::skills_certification:
      gain(has_certificate, p.services_certification_success_share);
      break;
    case Service::credit: gain(has_credit, 1); break;
    case Service::business_support: gain(has_business_support, p.services_business_support_success_share); break;
    case Service::migration_office: break;
  }
  if (point.places || point.service == Service::training) {  // a course is held until it ends, however places are counted
    add_shared(point.in_use, 1);
    given.placements.push_back({row, request.point, world.stream.month.index});
  }
  add_shared(point.served, 1);
  int const wait = world.stream.month.index - request.since;
  world.count(Flow::services_given, d);
  world.count(Flow::service_wait_months, d, wait);
  if (wait <= in_time_months) world.count(Flow::services_in_time, d);
  world.count_service(1, point.service, d);
  world.count_service(2, point.service, d, wait);
  world.note(row, Event::served, static_cast<std::int64_t>(point.service), wait);
}

/// Serves each point's queue up to its capacity: who belongs to the groups with priority up to the share kept for them, then
/// all, first come by month and by lot inside a month. Returns who was served, and where.
std::vector<Asked> serve_queues(World& world, Setup const& setup) {
  auto& persons = world.persons;
  auto& requests = world.requests;
  struct InLine {
    std::int16_t since;
    std::uint64_t lot;
    std::uint32_t index;
    bool operator<(InLine const& o) const { return std::tie(since, lot, index) < std::tie(o.since, o.lot, o.index); }
  };
  enum Fate : std::uint8_t { waits, withdraws, is_served };
  std::vector<std::uint8_t> fate(requests.size(), waits);
  std::vector<std::uint64_t> lots(requests.size());
  std::vector<std::uint16_t> home(requests.size());
  auto const impatient = threshold_of(setup.params.services_withdrawal_prob_per_month);
  for_blocks(requests.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::uint64_t, rows_per_block> ids;
    std::array<std::array<std::uint32_t, rows_per_block>, 4> bits;
    for (std::size_t i = from; i != to; ++i) {
      auto const row = requests[i].person;
      prefetch(&persons.id[row], &persons.household[row], &persons.traits[row], &persons.birth[row], &persons.has[row]);
    }
    for (std::size_t i = from; i != to; ++i) {
      auto const row = requests[i].person;
      ids[i - from] = persons.id[row];
      prefetch(&world.households.district[persons.household[row]]);
    }
    draw_blocks(world.stream, Purpose::service_order, std::span(ids).first(to - from), {bits[0].data(), bits[1].data(), bits[2].data(), bits[3].data()});
    for (std::size_t i = from; i != to; ++i) {
      auto const& r = requests[i];
      home[i] = world.district_of(r.person);
      lots[i] = (static_cast<std::uint64_t>(bits[0][i - from]) << 32) | bits[1][i - from];
      if (persons.gone(r.person) || is_moot(world, r) || (r.since < world.stream.month.index && bits[2][i - from] < impatient)) fate[i] = withdraws;
    }
  });
  // The lines of all points, one after the other.
  std::vector<std::uint32_t> first(world.points.size() + 1, 0);
  for_blocks(requests.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i != to; ++i)
      if (fate[i] == waits) add_shared(first[requests[i].point + 1U], 1U);
  });
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<InLine> line(first.back());
  {
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    for_blocks(requests.size(), [&](std::size_t from, std::size_t to) {
      for (auto i = static_cast<std::uint32_t>(from); i != to; ++i)
        if (fate[i] == waits) line[std::atomic_ref(next[requests[i].point]).fetch_add(1, std::memory_order_relaxed)] = {requests[i].since, lots[i], i};
    });
  }
  for_each_index(world.points.size(), [&](std::size_t p) {
    auto& point = world.points[p];
    if (point.service == Service::migration_office) return;
    point.served = 0;
    // Who comes to an idle counter is served at once, also where an agent stands for more people than it serves in a month: the
    // part above capacity is owed, and paid before the next. Waiting for a whole agent's worth would make queues that are due
    // to the scale alone.
    double const room = point.places ? places_of(world, p) - point.in_use : point.capacity + point.carry;
    if (!point.places) point.carry = std::min(room, 0.0);
    auto const waiting = std::span(line).subspan(first[p], first[p + 1] - first[p]);
    if (waiting.empty()) return;
    auto const served = room <= 0 ? 0 : std::min(waiting.size(), static_cast<std::size_t>(point.places ? room : std::ceil(room)));
    put_served_first(waiting, served, point.priority, priority_lot(world, point), [&](InLine const& l) { return world.in_groups(requests[l.index].person, point.priority.groups); });
    for (std::size_t k = 0; k < served; ++k) fate[waiting[k].index] = is_served;
    if (!point.places) point.carry = std::min(room - static_cast<double>(served), 0.0);
  });
  // Where somebody's story is followed, in the order of requests.
  std::size_t const per_part = world.trace != nullptr ? requests.size() + 1 : 256, parts = (requests.size() + per_part - 1) / per_part;
  bool const refers = !world.rules.referrals.empty();
  std::vector<Given> given(parts);
  for_each_index(parts, [&](std::size_t part) {
    std::size_t const end = std::min(requests.size(), (part + 1) * per_part);
    for (std::size_t i = part * per_part; i < end; ++i)
      if (auto const row = requests[i].person; fate[i] != waits) prefetch(&persons.id[row], &persons.household[row], &persons.has[row], &persons.queued[row], &persons.migrant[row]);
    for (std::size_t i = part * per_part; i < end; ++i)
      if (fate[i] == is_served) prefetch(&world.households.district[persons.household[requests[i].person]], &world.households.state[persons.household[requests[i].person]]);
    for (std::size_t i = part * per_part; i < end; ++i) {
      if (fate[i] == waits) {
        add_shared(world.districts[home[i]].unserved, 1);
        continue;
      }
      auto const& r = requests[i];
      auto const service = world.points[r.point].service;
      if (fate[i] == is_served) {
        give(world, setup, r, given[part]);
        if (refers) given[part].services.push_back({r.person, service, false});
      } else if (!persons.gone(r.person)) {
        world.note(r.person, Event::service_withdrawn, static_cast<std::int64_t>(service));
      }
      add_shared(world.points[r.point].queue, -1);
      clear_shared(persons.queued[r.person], static_cast<std::uint16_t>(queue_bit(service)));
    }
  });
  std::vector<Asked> served;
  for (auto const& part : given) {
    served.insert(served.end(), part.services.begin(), part.services.end());
    world.placements.insert(world.placements.end(), part.placements.begin(), part.placements.end());
    for (auto const& place : part.placements)
      if (world.points[place.point].service == Service::childcare) forget_newborn(world, place.person);
    for (auto const row : part.recognised) persons.traits[row] |= Persons::recognised_bit;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {  // written always and counted when it counts
    requests[kept] = requests[i];
    kept += fate[i] == waits ? 1 : 0;
  }
  requests.resize(kept);
  return served;
}

/// Who was served is given an appointment at the next service that they need and have a right to, in the order of needs.
void refer(World& world, Setup const& setup, std::vector<Asked> const& served, std::vector<double> const& doubt) {
  auto const& persons = world.persons;
  for (auto const& asked : served) {
    auto const row = asked.person;
    auto const from = asked.service;
    auto const d = world.district_of(row);
    if (world.rules.referral_share[d] <= 0) continue;
    auto const* const map = reached_by(world, world.rules.referrals, nullptr, row, Purpose::referral, code(from));
    if (map == nullptr) continue;
    auto next = from;
    for_needs(world, setup.params, row, [&](Service s, double) {
      if (next != from || s == from || (persons.queued[row] & queue_bit(s)) != 0 || world.access_to(s, d).point == 0xffff || world.entitled(row, entitlement_for(s)) <= 0) return;
      next = s;
    });
    if (next == from) continue;
    charge_unit(world, *map);
    world.count(Flow::referrals, d);
    world.note(row, Event::referred, static_cast<std::int64_t>(next));
    join_queue(world, setup, {row, next, !passes(world, setup, doubt, row, next)}, world.requests);
  }
}

/// Savings groups: own-account workers reached obtain a small loan, whatever their papers and history.
void lend_in_groups(World& world) {
  auto& persons = world.persons;
  constexpr std::uint64_t key = 0x736176696e67ULL;
  auto const most = most_reached(world, world.rules.savings);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    DrawBatch<rows_per_block> draws;
    RowMask may;
    auto const* const activity = persons.activity.data() + from;
    auto const* const has = persons.has.data() + from;
    auto const* const birth = persons.birth.data() + from;
    int const adult_before = world.stream.month.index - 18 * 12;
    may.set(to - from, [&](std::size_t i) { return ((activity[i] == Activity::own_account) | (activity[i] == Activity::own_account_formal)) & ((has[i] & has_credit) == 0) & (birth[i] <= adult_before); });
    may.for_each([&](std::size_t i) {
      auto const row = static_cast<std::uint32_t>(from + i);
      draws.add(mix(persons.id[row], key), row, ((persons.traits[row] & (Persons::gone_bit | Persons::inert_bit)) == 0) & (most[world.district_of(row)] > 0));
    });
    draws.draw(world.stream, Purpose::reach);
    for (std::size_t i = 0; i < draws.size(); ++i) {
      auto const row = draws.tag(i);
      if (draws.word(0, i) >= most[world.district_of(row)]) continue;
      auto const* const group = reached_by(world, world.rules.savings, nullptr, row, Purpose::reach, key);
      if (group == nullptr) continue;
      persons.has[row] |= has_credit;
      charge_unit(world, *group);
    }
  });
}

/// Adds to what the districts have asked for those who wait already.
void count_homes_of_requests(World& world) {
  auto const& requests = world.requests;
  tbb::enumerable_thread_specific<std::vector<int>> counts(world.districts.size());
  for_blocks(requests.size(), [&](std::size_t from, std::size_t to) {
    auto& own = counts.local();
    for (std::size_t i = from; i != to; ++i) prefetch(&world.persons.household[requests[i].person]);
    for (std::size_t i = from; i != to; ++i) prefetch(&world.households.district[world.persons.household[requests[i].person]]);
    for (std::size_t i = from; i != to; ++i) ++own[world.district_of(requests[i].person)];
  });
  for (auto const& own : counts)
    for (std::size_t d = 0; d < own.size(); ++d) world.districts[d].asked += own[d];
}

}  // namespace

void serve(World& world, Setup const& setup) {
  train_officials(world, setup.params);
  end_places(world, setup);
  renew_classifications(world, setup.params);
  follow_open_points(world);
  if (!world.rules.savings.empty()) lend_in_groups(world);
  auto const doubt = doubt_at_counters(world, setup);
  auto const asked = ask(world, setup, doubt);
  for (auto& d : world.districts) d.unserved = d.asked = 0;
  count_homes_of_requests(world);
  join_queues(world, setup, asked);
  auto const served = serve_queues(world, setup);
  refer(world, setup, served, doubt);
}

}  // namespace arraigo
