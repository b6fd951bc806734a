/// Arrivals, departures and moves (ODD 2). Arriving households settle by existing communities and jobs; migrant households
/// leave at a hazard that falls with income and regular status and rises with hostility and, for those without a permit, with
/// checks by the police; households move between districts.
/// Reads: flows, rules (arrivals' factors, transit, checks), household income, permits, hostility (start of month).
/// Writes: new rows and what they know of; gone persons; district of movers.  Draws: arrivals (cohort month and index), news
/// (newcomer), departure, move (household).
#include <algorithm>

#include "core/row_mask.hpp"
#include "init/build_steps.hpp"
#include "phases/phases.hpp"

namespace arraigo {
namespace {

/// Cumulative weights over districts, for keyed draws.
std::vector<double> cumulative(std::vector<double> weight) {
  double sum = 0;
  for (auto& w : weight) w = sum += w;
  for (auto& w : weight) w /= std::max(1e-300, sum);
  return weight;
}

std::uint16_t pick(std::vector<double> const& cumulative_weight, double u) {
  auto const at = std::upper_bound(cumulative_weight.begin(), cumulative_weight.end(), u);
  return static_cast<std::uint16_t>(std::min<std::ptrdiff_t>(at - cumulative_weight.begin(), static_cast<std::ptrdiff_t>(cumulative_weight.size()) - 1));
}

/// Probabilities of settling, by district, cumulative.
std::vector<double> settlement(World const& world, Setup const& setup) {
  std::vector<double> weight(world.districts.size());
  for (std::size_t d = 0; d < weight.size(); ++d) {
    auto const& state = world.districts[d];
    auto const& row = setup.country.districts.rows()[state.table_row];
    double const people = static_cast<double>(state.persons) * world.people_per_agent;
    double const density = row.area_km2 > 0 ? people / row.area_km2 : 100;
    double const pay = world.pay.level[1][world.capital_zone[state.zone] != 0 ? 0 : 1];
    weight[d] = state.persons == 0 ? 0.0 : settlement_weight(setup.params, people, state.migrants * world.people_per_agent, pay, density);
  }
  return cumulative(std::move(weight));
}

void settle_newcomer(World& world, Setup const& setup, std::uint32_t h, Origin origin, double visitor_share) {
  auto& persons = world.persons;
  auto const month = world.stream.month;
  Draws draws(world.stream, Purpose::arrivals, world.households.id[h], 1);
  bool const visitor = draws.bernoulli(visitor_share), claims = draws.bernoulli(world.rules.claim_share[static_cast<std::size_t>(origin)].value_or(setup.params.status_claim_share_of_arrivals));
  auto const district = world.households.district[h];
  for (std::uint32_t row = world.households.first[h]; row < persons.size(); ++row) {
    auto const m = persons.migrant[row];
    if (m != no_row) {
      auto& migrants = world.migrants;
      migrants.permit[m] = visitor ? Permit::visitor : Permit::irregular;
      // A visitor's stay is 183 days (DL 1350; half a year in months).
      migrants.expiry[m] = static_cast<std::int16_t>(visitor ? month.index + 5 : month.index);
      if (claims) {
        migrants.claim[m] = Claim::pending;
        world.count(Flow::claims, district);
      }
    }
    world.count(Flow::arrivals, district);
    world.note(row, Event::arrived, district, static_cast<std::int64_t>(origin));
    if (persons.activity[row] == Activity::inactive && wants_to_work(world, setup.params, row, hindrances(world, row)))
      persons.activity[row] = Activity::unemployed;
  }
}

/// Who comes has talked to those who came before: each contact who knows of a programme has told of it with a probability.
void hear_before_setting_out(World& world, Setup const& setup, std::uint32_t migrant, std::vector<std::uint32_t> const& contacts) {
  auto& migrants = world.migrants;
  for (std::size_t k = 0; k < world.rules.programmes.size(); ++k) {
    if (!world.rules.programmes[k].open) continue;
    Draws draws(world.stream, Purpose::news, mix(world.persons.id[migrants.person[migrant]], world.rules.programmes[k].key), 2);  // a programme more changes no other's
    for (auto const other : contacts)
      if (((migrants.known[other] >> k) & 1U) != 0 && draws.bernoulli(setup.params.news_contact_before_arrival_prob)) migrants.known[migrant] |= static_cast<std::uint16_t>(1U << k);
  }
}

void receive_arrivals(World& world, Setup const& setup) {
  Month const month = world.stream.month;
  auto const place = settlement(world, setup);
  auto const already = static_cast<std::uint32_t>(world.migrants.size());
  for (auto const origin : {Origin::venezuelan, Origin::other_foreign, Origin::returnee}) {
    char const* const name = origin_names[static_cast<std::size_t>(origin)].name;
    double const factor = world.rules.origin_arrivals_factor[static_cast<std::size_t>(origin)];
    double const share = origin == Origin::returnee ? world.area_share_of_population : world.area_share_of_migrants;
    double const people = setup.country.flow("arrivals", name, "", month) * (1 - world.rules.transit_share[static_cast<std::size_t>(origin)].value_or(setup.country.flow("transit", name, "", month))) * factor * share;
    double const visitors = is_foreign(origin) ? setup.country.flow("arrival_status", "visitor", name, month) : 0;
    auto const& pool = setup.pools.of(origin);
    // Those households come whose first member stands among the month's people, in a line that begins at a keyed place: small areas
    // and coarse runs get their share too.
    Draws start(world.stream, Purpose::arrivals, static_cast<std::uint64_t>(origin));
    double at = pool.still_to_come(start.uniform());
    for (std::uint64_t k = 0; at < people / world.people_per_agent && k < 10000000; ++k) {
      std::uint64_t const id = mix(mix(static_cast<std::uint64_t>(month.index), static_cast<std::uint64_t>(origin)), k, 0x6172726976ULL);
      Draws draws(world.stream, Purpose::arrivals, id);
      auto const& candidate = pool.at(draws.bits());
      auto const h = append_household(world, setup, id, origin, pick(place, draws.uniform()), candidate);
      settle_newcomer(world, setup, h, origin, visitors);
      at += candidate.size;
    }
  }
  if (world.migrants.size() > already) {
    world.rings.follow(world);
    std::vector<std::vector<std::uint32_t>> contacts(world.migrants.size() - already);
    constexpr std::size_t per_task = 64;
    for_each_index((contacts.size() + per_task - 1) / per_task, [&](std::size_t task) {
      for (std::size_t k = task * per_task; k < std::min(contacts.size(), (task + 1) * per_task); ++k) contacts[k] = contacts_of(world, world.rings, setup, static_cast<std::uint32_t>(already + k));
    });
    // One after the other: who comes may have talked to somebody who has come this month.
    for (auto m = already; m < world.migrants.size(); ++m) {
      hear_before_setting_out(world, setup, m, contacts[m - already]);
      world.ties.append(m, contacts[m - already]);
    }
  }
}

}  // namespace

double settlement_weight(Parameters const& p, double people, double migrants, double pay, double density) {
  return std::exp(p.arrivals_community_elasticity * std::log(1 + migrants) + (1 - p.arrivals_community_elasticity) * std::log(people) +
                  p.arrivals_pay_elasticity * std::log(std::max(1.0, pay)) - p.arrivals_rent_elasticity * std::log(std::max(1.0, density)));
}

void let_people_arrive_and_leave(World& world, Setup const& setup) {
  auto& persons = world.persons;
  auto& households = world.households;
  auto const& params = setup.params;
  Month const month = world.stream.month;

  std::array<double, origin_count> leave{}, move{};
  leave[0] = leave[1] = setup.country.flow("departure", "host", "", month);
  leave[2] = setup.country.flow("departure", "venezuelan", "", month) * params.departures_level_factor;
  leave[3] = setup.country.flow("departure", "other_foreign", "", month);
  move[0] = move[1] = setup.country.flow("internal_move", "host", "", month);
  move[2] = setup.country.flow("internal_move", "venezuelan", "", month);
  move[3] = setup.country.flow("internal_move", "other_foreign", "", month);
  std::vector<double> hosts_go(world.districts.size());
  for (std::size_t d = 0; d < hosts_go.size(); ++d) hosts_go[d] = world.districts[d].persons;
  auto const host_places = cumulative(std::move(hosts_go));
  auto const migrant_places = settlement(world, setup);
  std::vector<double> hostility_change(world.districts.size());
  for (std::size_t d = 0; d < hostility_change.size(); ++d) hostility_change[d] = world.hostility(d) - logistic(world.districts[d].hostility_start);

  struct Decision {
    std::uint32_t household;
    std::uint16_t destination;
    bool leaves;  // or moves to the destination
  };
  // What nobody's lot has to be below: the hazard of foreigners is looked at below three times its usual level.
  std::uint64_t leave_most = 0, move_most = 0;
  for (std::size_t o = 0; o < origin_count; ++o) {
    leave_most = std::max(leave_most, threshold_of(std::min(1.0, leave[o] * (is_foreign(static_cast<Origin>(o)) ? 3 : 1))));
    move_most = std::max(move_most, threshold_of(move[o]));
  }
  std::vector<std::vector<Decision>> decisions((households.size() + rows_per_block - 1) / rows_per_block);
  for_blocks(households.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::array<std::uint32_t, rows_per_block>, 4> bits;
    draw_blocks(world.stream, Purpose::departure, std::span(households.id).subspan(from, to - from), {bits[0].data(), bits[1].data(), bits[2].data(), bits[3].data()});
    // Most households neither leave nor move whoever they are: their lots say so before anything of them is read.
    RowMask may;
    may.set(to - from, [&](std::size_t i) { return (bits[0][i] < leave_most) | (bits[1][i] < move_most); });
    may.for_each([&](std::size_t i) {
      std::size_t const h = from + i;
      if (households.members[h] == 0) return;
      auto const u_leave = bits[0][i], u_move = bits[1][i], u_where = bits[2][i];
      auto const lead = households.first[h];
      if (persons.inert(lead)) return;
      auto const origin = persons.origin(lead);
      double hazard = leave[static_cast<std::size_t>(origin)];
      if (is_foreign(origin) && u_leave < threshold_of(std::min(1.0, hazard * 3))) {
        auto const m = persons.migrant[lead];
        double const per_head = households.income_cents[h] / 100.0 / std::max<int>(1, households.members[h]);
        bool const regular = m != no_row && world.migrants.permit[m] >= Permit::humanitarian;
        bool const at_risk = m != no_row && may_be_expelled(world.migrants, m);
        hazard *= std::exp(-params.departures_income_response * (std::min(5.0, per_head / world.rules.poverty_line_soles) - 1) - params.departures_regular_response * (regular ? 1 : 0) +
                           params.departures_hostility_response * hostility_change[households.district[h]] +
                           (at_risk ? params.departures_enforcement_response * world.rules.checks_share[households.district[h]] : 0));
      }
      if (u_leave < threshold_of(hazard)) {
        decisions[from / rows_per_block].push_back({static_cast<std::uint32_t>(h), 0, true});
      } else if (u_move < threshold_of(move[static_cast<std::size_t>(origin)])) {
        auto const destination = pick(is_foreign(origin) ? migrant_places : host_places, uniform_of(u_where));
        if (destination != households.district[h]) decisions[from / rows_per_block].push_back({static_cast<std::uint32_t>(h), destination, false});
      }
    });
  });
  StrayIndex const strays(world);
  auto const for_members = [&](std::size_t h, auto const& f) {
    for (auto row = households.first[h]; row < households.first[h] + households.count[h]; ++row)
      if (persons.household[row] == h && !persons.gone(row)) f(row);
    strays.for_each(h, f);
  };
  // A household's members are nobody else's, and what it shares with others are sums.
  for_each_index(decisions.size(), [&](std::size_t block) {
    for (auto const& [h, destination, leaves] : decisions[block]) {
      auto const from = households.district[h];
      bool const new_zone = !leaves && world.districts[from].zone != world.districts[destination].zone;
      for_members(h, [&, to = destination, leaves = leaves](std::uint32_t row) {
        if (leaves) {
          world.count(Flow::departures, from);
          world.note(row, Event::left);
          remove_person(world, row);
        } else {
          world.count(Flow::moves_out, from);
          world.count(Flow::moves_in, to);
          if (auto const m = persons.migrant[row]; m != no_row) world.migrants.moved[m] = world.stream.month.index;
          world.note(row, Event::moved, to);
          if (new_zone && persons.employer[row] != no_row) leave_job(world, row);
        }
      });
      if (!leaves) households.district[h] = destination;
    }
  });
  receive_arrivals(world, setup);
}

}  // namespace arraigo
