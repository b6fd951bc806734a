/// Services (ODD 6). People ask for at most one service a month with a probability that rises with need and falls with travel,
/// wait and (for migrants) hostility; the counter turns away who lacks the papers; points serve up to capacity, first come by
/// month and by lot inside a month. Places (childcare, school, training) are held until they end.
///   P(ask s) = h_s L(need - g2 travel/60 - g3 wait - g5 H) / L(0)
/// Reads: entitlements, access, household poverty (last month).  Writes: has, queued, household registration, requests,
/// placements, points.  Draws: words 0 and 1 of the lots (person), service_order, service_outcome (person), place_rounding (point, for life).
/// Source: assumptions with ranges (parameters services.*); capacities from the data tables.
#include <algorithm>
#include <numeric>
#include <span>
#include <tuple>

#include "phases/lots.hpp"
#include "phases/phases.hpp"

namespace arraigo {
namespace {

constexpr std::size_t code(Service s) { return static_cast<std::size_t>(s); }

/// Months for which a place is held; 0: until another condition ends it.
int term_of(Service service, Parameters const& p) { return service == Service::training ? static_cast<int>(p.services_training_months) : 0; }

/// Places of a point, in agents: what is left of a fraction is a place at as many points as the fraction says, by a draw for
/// life, so that a coarse run has no fewer places in all, nor the same ones in every replicate.
std::int32_t places_of(World const& world, std::size_t p) {
  auto const& point = world.points[p];
  auto const block = draw_block(for_life(world.stream), Purpose::place_rounding, mix(point.table_row, code(point.service)));
  return static_cast<std::int32_t>(std::floor(point.capacity + uniform_of(block[0])));
}

void end_places(World& world, Setup const& setup) {
  auto& persons = world.persons;
  int const month = world.stream.month.index;
  std::erase_if(world.placements, [&](Request const& place) {
    auto& point = world.points[place.point];
    auto const row = place.person;
    bool over = persons.gone(row) || point.capacity <= 0;
    if (!over) switch (point.service) {
        case Service::childcare: over = persons.age_months(row, month) >= 36; break;
        case Service::school: over = persons.age_months(row, month) >= 17 * 12; break;
        default: over = month - place.since >= term_of(point.service, setup.params); break;
      }
    if (!over) return false;
    --point.in_use;
    if (point.service == Service::childcare) persons.has[row] &= static_cast<std::uint16_t>(~has_childcare_place);
    if (point.service == Service::school) persons.has[row] &= static_cast<std::uint16_t>(~has_school_place);
    if (point.service == Service::training && !persons.gone(row)) persons.has[row] |= has_training;
    return true;
  });
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
      persons.has[place.person] &= static_cast<std::uint16_t>(~(point.service == Service::childcare ? has_childcare_place : point.service == Service::school ? has_school_place : 0));
      --point.in_use;
      return true;
    });
  }
}

struct Asked {
  std::uint32_t person;
  Service service;
  bool turned_away;  ///< for want of papers or of a point
};

/// The services that somebody could ask for now, with each one's monthly probability before travel, wait and hostility.
template <class F>
void for_needs(World const& world, Parameters const& p, std::size_t row, F&& f) {
  auto const& persons = world.persons;
  int const months = persons.age_months(row, world.stream.month.index);
  auto const has = persons.has[row];
  auto const activity = persons.activity[row];
  auto const state = world.households.state[persons.household[row]];
  bool const poor = (state & Households::poverty_bits) != 0;
  if (months < 36) {
    if (months >= 6 && (has & has_childcare_place) == 0) f(Service::childcare, p.services_ask_childcare_prob_per_month * (poor ? 2 : 1));
  } else if (months < 17 * 12 && (has & has_school_place) == 0 && persons.migrant[row] != no_row) {  // hosts' children enter as they come of age (phase 3)
    f(Service::school, p.services_ask_school_prob_per_month);
  }
  if ((has & has_public_insurance) == 0 && !world.is_insured_by_payroll(row))
    f(Service::health_insurance, p.services_ask_insurance_prob_per_month * ((state & Households::registered_poor_bit) != 0 ? 2 : 1));
  if (months < 18 * 12) return;
  if ((state & Households::registered_bit) == 0) f(Service::household_registry, p.services_ask_registry_prob_per_month * (poor ? 2 : 1));
  if ((has & has_account) == 0) f(Service::bank_account, p.services_ask_account_prob_per_month * (activity == Activity::payroll ? 6 : 1));
  if (activity == Activity::unemployed) f(Service::employment_centre, p.services_ask_employment_prob_per_month);
  if (is_active(activity) && (has & has_training) == 0 && months < 50 * 12) f(Service::training, p.services_ask_training_prob_per_month);
  if ((activity == Activity::own_account || activity == Activity::own_account_formal) && (has & has_business_support) == 0)
    f(Service::business_support, p.services_ask_business_prob_per_month);
  if (persons.education(row) >= Education::technical && !persons.recognised(row)) f(Service::degree_recognition, p.services_ask_recognition_prob_per_month);
  if ((has & has_protection_need) != 0 && (has & has_protection) == 0) f(Service::protection, p.services_ask_protection_prob_per_month);
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

double asks_at_most(World const& world, Parameters const& params, std::size_t person) {
  double sum = 0;
  for_needs(world, params, person, [&](Service, double prob) { sum += prob; });
  return sum;
}

ServiceCuts service_cuts(Parameters const& p) {
  ServiceCuts cuts;
  // What for_needs() can come to at most for somebody of the class: near, without wait, poor, with every open need.
  double const insurance = 2 * p.services_ask_insurance_prob_per_month;
  for (std::size_t age = 0; age < cuts.bound.size(); ++age)
    for (std::size_t a = 0; a < activity_count; ++a)
      for (std::size_t needs = 0; needs < ServiceCuts::needs; ++needs) {
        auto const activity = static_cast<Activity>(a);
        double most = age == 0 ? 2 * p.services_ask_childcare_prob_per_month : age == 1 ? p.services_ask_school_prob_per_month : 0.0;
        if ((needs & 1U) == 0) most += insurance;
        if (age == 3) {
          most += 2 * p.services_ask_registry_prob_per_month + p.services_ask_recognition_prob_per_month;
          if ((needs & 2U) == 0) most += p.services_ask_account_prob_per_month * (activity == Activity::payroll ? 6 : 1);
          if ((needs & 4U) != 0) most += p.services_ask_protection_prob_per_month;
          if (is_active(activity)) most += p.services_ask_training_prob_per_month;
          // Who is unemployed when services are asked for may have lost the contract with the permit this month.
          if (is_active(activity)) most += activity == Activity::unemployed || activity == Activity::payroll ? p.services_ask_employment_prob_per_month : 0.0;
          if (is_active(activity)) most += p.services_ask_business_prob_per_month;
        }
        cuts.bound[age][a][needs] = static_cast<std::uint32_t>(std::min<std::uint64_t>(threshold_of(most) + 1, 0xffffffffU));
      }
  std::uint64_t const need = threshold_of(p.services_protection_need_prob_per_month), lapse = threshold_of(p.services_insurance_lapse_prob_per_month);
  cuts.need_from = static_cast<std::uint32_t>(std::min<std::uint64_t>((1ULL << 32) - need, 0xffffffffU));
  cuts.lapse_from = static_cast<std::uint32_t>(cuts.need_from - lapse);
  return cuts;
}

namespace {

/// Who asks for what this month, in the order of persons, and what the counter says.
std::vector<Asked> ask(World& world, Setup const& setup) {
  auto& persons = world.persons;
  auto const& p = setup.params;
  std::size_t const n = world.districts.size();
  // What distance, wait and (for migrants) hostility leave of a request: 2 L(x), by origin, district and service.
  std::array<std::vector<double>, 2> left;
  for (auto& column : left) column.resize(service_count * n);
  for (std::size_t d = 0; d < n; ++d) {
    double const hostile = p.services_hostility_response * world.hostility(d);
    for (std::size_t s = 0; s < service_count; ++s) {
      auto const& access = world.access[s * n + d];
      double const x = access.point == 0xffff ? -100.0
                                              : -p.services_travel_response_per_hour * static_cast<double>(access.minutes) / 60 -
                                                    p.services_wait_response_per_month * std::min(24.0, static_cast<double>(access.wait_months));
      left[0][d * service_count + s] = 2 * logistic(x);
      left[1][d * service_count + s] = 2 * logistic(x - hostile);
    }
  }
  auto const cuts = service_cuts(p);
  std::vector<std::vector<Asked>> parts(world.lots.blocks.size());
  for_each_index(world.lots.blocks.size(), [&](std::size_t b) {
    auto const& block = world.lots.blocks[b];
    auto& asked = parts[b];
    for (auto const row : block.lapsing)
      if (!persons.gone(row)) persons.has[row] &= static_cast<std::uint16_t>(~has_employment_service);
    for (auto const& [row, bits] : block.services) {
      if (persons.gone(row)) continue;
      auto& has = persons.has[row];
      if (bits >= cuts.need_from) {
        if ((has & (has_protection_need | has_protection)) == 0) has |= has_protection_need;
        continue;
      }
      if (bits >= cuts.lapse_from) {
        has &= static_cast<std::uint16_t>(~has_public_insurance);
        continue;
      }
      double const u = uniform_of(bits);
      auto const d = world.district_of(row);
      auto const& kept = left[is_foreign(persons.origin(row)) ? 1 : 0];
      double sum = 0;
      for_needs(world, p, row, [&](Service s, double prob) {
        double const before = sum;
        sum += prob * kept[d * service_count + code(s)];
        if (before <= u && u < sum && (persons.queued[row] & queue_bit(s)) == 0) asked.push_back({row, s, false});
      });
    }
    for (auto& a : asked) {
      double granted = world.entitled(a.person, entitlement_for(a.service));
      if (is_foreign(persons.origin(a.person)) && granted > 0) granted *= 1 - p.services_counter_doubt_share;
      Draws draws(world.stream, Purpose::service_outcome, persons.id[a.person], code(a.service));
      a.turned_away = world.access_to(a.service, world.district_of(a.person)).point == 0xffff || !draws.bernoulli(granted);
    }
  });
  std::size_t count = 0;
  for (auto const& part : parts) count += part.size();
  std::vector<Asked> all;
  all.reserve(count);
  for (auto const& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// Joins the queue of the nearest point, or is turned away at the counter.
void join_queues(World& world, Setup const& setup, std::vector<Asked> const& asked) {
  auto& persons = world.persons;
  for (auto const& [row, service, turned_away] : asked) {
    auto const d = world.district_of(row);
    world.count_service(0, service, d);
    world.count(Flow::services_requested, d);
    world.note(row, Event::asked_for_service, static_cast<std::int64_t>(service));
    if (turned_away) {
      world.count_service(3, service, d);
      world.count(Flow::turned_away, d);
      world.note(row, Event::turned_away, static_cast<std::int64_t>(service));
      if (auto const m = persons.migrant[row]; m != no_row) world.migrants.trust[m] = static_cast<std::uint8_t>(world.migrants.trust[m] * setup.params.status_trust_kept_on_refusal);
      continue;
    }
    auto const point = world.access_to(service, d).point;
    persons.queued[row] |= queue_bit(service);
    ++world.points[point].queue;
    world.requests.push_back({row, point, world.stream.month.index});
  }
}

void give(World& world, Setup const& setup, Request const& request) {
  auto& persons = world.persons;
  auto& point = world.points[request.point];
  auto const row = request.person;
  auto const d = world.district_of(row);
  auto& state = world.households.state[persons.household[row]];
  Draws draws(world.stream, Purpose::service_outcome, persons.id[row], 100 + code(point.service));
  switch (point.service) {
    case Service::employment_centre: persons.has[row] |= has_employment_service; break;
    case Service::household_registry: {
      state |= Households::registered_bit;
      bool const poor = (state & Households::poverty_bits) != 0;
      // The classification sees poverty with error.
      if (draws.bernoulli(poor ? 1 - setup.params.services_registry_exclusion_share : setup.params.services_registry_inclusion_share)) state |= Households::registered_poor_bit;
      break;
    }
    case Service::health_insurance: persons.has[row] |= has_public_insurance; break;
    case Service::childcare: persons.has[row] |= has_childcare_place; break;
    case Service::school: persons.has[row] |= has_school_place; break;
    case Service::training: break;  // the certificate comes when the place ends
    case Service::degree_recognition:
      if (draws.bernoulli(setup.params.services_recognition_success_share)) persons.traits[row] |= Persons::recognised_bit;
      break;
    case Service::bank_account: persons.has[row] |= has_account; break;
    case Service::protection:
    case Service::women_centre:
    case Service::child_protection:
    case Service::disability_office: persons.has[row] |= has_protection; break;
    case Service::elder_centre: persons.has[row] |= has_elder_place; break;
    case Service::skills_certification: persons.has[row] |= has_certificate; break;
    case Service::credit: persons.has[row] |= has_credit; break;
    case Service::business_support: persons.has[row] |= has_business_support; break;
    case Service::migration_office: break;
  }
  if (point.places || point.service == Service::training) {  // a course is held until it ends, however places are counted
    ++point.in_use;
    world.placements.push_back({row, request.point, world.stream.month.index});
  }
  ++point.served;
  world.count(Flow::services_given, d);
  world.count(Flow::service_wait_months, d, world.stream.month.index - request.since);
  world.count_service(1, point.service, d);
  world.count_service(2, point.service, d, world.stream.month.index - request.since);
  world.note(row, Event::served, static_cast<std::int64_t>(point.service), world.stream.month.index - request.since);
}

/// Serves each point's queue up to its capacity, first come by month and by lot inside a month.
void serve_queues(World& world, Setup const& setup) {
  auto& persons = world.persons;
  auto& requests = world.requests;
  struct InLine {
    std::int16_t since;
    std::uint64_t lot;
    std::uint32_t index;
    bool operator<(InLine const& o) const { return std::tie(since, lot) < std::tie(o.since, o.lot); }
  };
  enum Fate : std::uint8_t { waits, withdraws, is_served };
  std::vector<std::uint8_t> fate(requests.size(), waits);
  std::vector<std::uint64_t> lots(requests.size());
  std::vector<std::uint16_t> home(requests.size());
  auto const impatient = threshold_of(setup.params.services_withdrawal_prob_per_month);
  for_blocks(requests.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::uint64_t, rows_per_block> ids;
    std::array<std::array<std::uint32_t, rows_per_block>, 4> bits;
    for (std::size_t i = from; i != to; ++i) ids[i - from] = persons.id[requests[i].person];
    draw_blocks(world.stream, Purpose::service_order, std::span(ids).first(to - from), {bits[0].data(), bits[1].data(), bits[2].data(), bits[3].data()});
    for (std::size_t i = from; i != to; ++i) {
      auto const& r = requests[i];
      bool const aged_out = world.points[r.point].service == Service::childcare && persons.age_months(r.person, world.stream.month.index) >= 36;
      home[i] = world.district_of(r.person);
      lots[i] = (static_cast<std::uint64_t>(bits[0][i - from]) << 32) | bits[1][i - from];
      if (persons.gone(r.person) || aged_out || (r.since < world.stream.month.index && bits[2][i - from] < impatient)) fate[i] = withdraws;
    }
  });
  // The lines of all points, one after the other.
  std::vector<std::uint32_t> first(world.points.size() + 1, 0);
  for (std::size_t i = 0; i < requests.size(); ++i) first[requests[i].point + 1U] += fate[i] == waits ? 1 : 0;
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<InLine> line(first.back());
  {
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    for (std::uint32_t i = 0; i < requests.size(); ++i)
      if (fate[i] == waits) line[next[requests[i].point]++] = {requests[i].since, lots[i], i};
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
    // Only who stands on which side of the point's last place matters, not the order of all who wait.
    auto const served = room <= 0 ? 0 : std::min(waiting.size(), static_cast<std::size_t>(point.places ? room : std::ceil(room)));
    if (served < waiting.size()) std::nth_element(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(served), waiting.end());
    for (std::size_t k = 0; k < served; ++k) fate[waiting[k].index] = is_served;
    if (!point.places) point.carry = std::min(room - static_cast<double>(served), 0.0);
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto const r = requests[i];
    if (fate[i] == waits) {
      ++world.districts[home[i]].unserved;
      requests[kept++] = r;
      continue;
    }
    auto const service = world.points[r.point].service;
    if (fate[i] == is_served) give(world, setup, r);
    else if (!persons.gone(r.person)) world.note(r.person, Event::service_withdrawn, static_cast<std::int64_t>(service));
    --world.points[r.point].queue;
    persons.queued[r.person] &= static_cast<std::uint16_t>(~queue_bit(service));
  }
  requests.resize(kept);
}

}  // namespace

void serve(World& world, Setup const& setup) {
  end_places(world, setup);
  auto const asked = ask(world, setup);
  for (auto& d : world.districts) d.unserved = d.asked = 0;
  for (auto const& request : world.requests) ++world.districts[world.district_of(request.person)].asked;
  for (auto const& a : asked) ++world.districts[world.district_of(a.person)].asked;
  join_queues(world, setup, asked);
  serve_queues(world, setup);
}

}  // namespace arraigo
