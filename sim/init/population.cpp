#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/errors.hpp"
#include "core/parallel.hpp"
#include "init/build_steps.hpp"
#include "init/setup.hpp"
#include "world/jobs.hpp"

namespace arraigo {
namespace {

constexpr int working_age_months = 14 * 12;

/// Writes one person who is new to the world into a row that exists already.
void fill_person(World& world, Setup const& setup, std::uint32_t row, std::uint32_t household, std::uint64_t id, Origin origin, std::int16_t birth, Sex sex) {
  auto& persons = world.persons;
  auto const& profile = setup.profile[static_cast<std::size_t>(origin)];
  int const age_months = world.stream.month.index - birth;
  int const age = age_months / 12;
  Draws draws(for_life(world.stream), Purpose::person_traits, id);
  double const u_education = draws.uniform(), u_recognised = draws.uniform(), u_account = draws.uniform(), u_school = draws.uniform(),
               u_family = draws.uniform();
  Education const education = age < 14 ? Education::primary : draw_education(profile.education, age, u_education);
  std::uint8_t traits = Persons::make_traits(sex, origin, education);
  if (education >= Education::technical && u_recognised < profile.recognised) traits |= Persons::recognised_bit;
  std::uint16_t has = 0;
  if (age >= 18 && u_account < profile.account) has |= has_account;
  if (age >= 3 && age < 17 && u_school < profile.enrolled[age < 6 ? 0 : age < 12 ? 1 : 2]) has |= has_school_place;
  if (age >= 18 && is_foreign(origin) && u_family < profile.quota_exempt) has |= exempt_from_quota;
  persons.id[row] = id;
  persons.household[row] = household;
  persons.employer[row] = no_row;
  persons.migrant[row] = no_row;
  persons.wage_cents[row] = 0;
  persons.birth[row] = birth;
  persons.has[row] = has;
  persons.queued[row] = 0;
  persons.traits[row] = traits;
  persons.activity[row] = age < 14 ? Activity::child : Activity::inactive;
  persons.births[row] = 0;
  draw_nature(world, row);
}

std::int16_t draw_birth(World const& world, std::uint64_t id, std::uint8_t age_band) {
  Draws draws(for_life(world.stream), Purpose::population, id);
  int const span = age_band == 16 ? 120 : 60;  // the open band is spread over ten years
  return static_cast<std::int16_t>(world.stream.month.index - age_band * 60 - static_cast<int>(draws.below(static_cast<std::uint32_t>(span))));
}

std::uint8_t draw_remitting(World const& world, std::size_t person) {
  return static_cast<std::uint8_t>(draw_block(for_life(world.stream), Purpose::domicile, world.persons.id[person])[0] >> 24);
}

struct Plan {
  std::uint64_t id;
  PoolHousehold const* pool;
  Origin origin;
};

/// A systematic sample of households of one origin: evenly spaced quantiles of the pool from a keyed start.
void plan_households(World const& world, Setup const& setup, std::uint16_t table_row, Origin origin, double people, std::vector<Plan>& plans) {
  auto const& pool = setup.pools.of(origin);
  std::uint64_t const ubigeo = std::stoull(setup.country.districts.rows()[table_row].ubigeo);
  std::uint64_t const key = mix(ubigeo, static_cast<std::uint64_t>(origin));
  Draws draws(for_life(world.stream), Purpose::household_sample, key);
  double const wanted = people / world.people_per_agent / pool.mean_size();
  auto const n = static_cast<std::uint64_t>(keyed_round(wanted, draws.bits()));
  std::uint64_t const start = draws.bits();
  for (std::uint64_t i = 0; i < n; ++i) {
    auto const quantile = static_cast<std::uint32_t>(((i << 32) + start) / n);
    plans.push_back({mix(key, i, 0x6873ULL), &pool.at(quantile), origin});
  }
}

}  // namespace

void resize_persons(Persons& persons, std::size_t n) {
  resize_table(persons, n);
}

void draw_nature(World& world, std::uint32_t person) {
  auto& persons = world.persons;
  auto const block = draw_block(for_life(world.stream), Purpose::nature, persons.id[person]);
  persons.work_will[person] = static_cast<std::uint16_t>(block[0] >> 16);
  persons.talent[person] = static_cast<std::uint8_t>(block[1] >> 24);
  persons.groups[person] = world.draw_groups(person);
}

void build_people(World& world, Setup const& setup) {
  std::size_t const districts = setup.area.size();
  std::vector<std::vector<Plan>> plans(districts);
  std::vector<std::size_t> persons_before(districts + 1, 0), households_before(districts + 1, 0);
  for_each_index(districts, [&](std::size_t d) {
    auto const row = setup.area[d];
    plan_households(world, setup, row, Origin::national, setup.hosts[row], plans[d]);
    plan_households(world, setup, row, Origin::venezuelan, setup.venezuelans[row], plans[d]);
    plan_households(world, setup, row, Origin::other_foreign, setup.other_foreign[row], plans[d]);
    std::sort(plans[d].begin(), plans[d].end(), [](Plan const& a, Plan const& b) { return a.id < b.id; });
    for (auto const& plan : plans[d]) persons_before[d + 1] += plan.pool->size;
    households_before[d + 1] = plans[d].size();
  });
  std::partial_sum(persons_before.begin(), persons_before.end(), persons_before.begin());
  std::partial_sum(households_before.begin(), households_before.end(), households_before.begin());
  resize_persons(world.persons, persons_before.back());
  resize_table(world.households, households_before.back());

  for_each_index(districts, [&](std::size_t d) {
    auto row = static_cast<std::uint32_t>(persons_before[d]);
    auto h = static_cast<std::uint32_t>(households_before[d]);
    for (auto const& plan : plans[d]) {
      std::size_t const size = plan.pool->size;
      std::array<std::pair<std::int16_t, std::size_t>, household_size_limit> order;
      for (std::size_t k = 0; k < size; ++k) order[k] = {draw_birth(world, mix(plan.id, k), plan.pool->members[k].age_band), k};
      std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(size), [&](auto const& a, auto const& b) {
        return std::pair(a.first, mix(plan.id, a.second)) < std::pair(b.first, mix(plan.id, b.second));
      });
      world.households.id[h] = plan.id;
      world.households.first[h] = row;
      world.households.count[h] = world.households.members[h] = static_cast<std::uint8_t>(size);
      world.households.district[h] = static_cast<std::uint16_t>(d);
      world.households.income_cents[h] = 0;
      Draws draws(for_life(world.stream), Purpose::first_service, plan.id);
      world.households.state[h] = draws.bernoulli(setup.profile[static_cast<std::size_t>(plan.origin)].registered) ? Households::class_not_poor : 0;
      for (std::size_t i = 0; i < size; ++i, ++row)
        fill_person(world, setup, row, h, mix(plan.id, order[i].second), plan.origin, order[i].first, plan.pool->members[order[i].second].sex);
      ++h;
    }
    plans[d] = {};
  });
}

std::uint32_t append_household(World& world, Setup const& setup, std::uint64_t id, Origin origin, std::uint16_t district, PoolHousehold const& pool) {
  auto& persons = world.persons;
  auto& households = world.households;
  auto const h = static_cast<std::uint32_t>(households.size());
  auto const first = static_cast<std::uint32_t>(persons.size());
  resize_table(households, h + 1U);
  resize_persons(persons, persons.size() + pool.size);
  households.id[h] = id;
  households.first[h] = first;
  households.count[h] = households.members[h] = pool.size;
  households.district[h] = district;
  households.income_cents[h] = 0;
  households.state[h] = 0;
  std::array<std::pair<std::int16_t, std::size_t>, household_size_limit> order;
  for (std::size_t k = 0; k < pool.size; ++k) order[k] = {draw_birth(world, mix(id, k), pool.members[k].age_band), k};
  std::sort(order.begin(), order.begin() + pool.size, [&](auto const& a, auto const& b) {
    return std::pair(a.first, mix(id, a.second)) < std::pair(b.first, mix(id, b.second));
  });
  for (std::uint32_t i = 0; i < pool.size; ++i) {
    auto const row = first + i;
    fill_person(world, setup, row, h, mix(id, order[i].second), origin, order[i].first, pool.members[order[i].second].sex);
    // Newcomers hold nothing here yet.
    persons.has[row] &= exempt_from_quota;
    if (origin == Origin::returnee) {
      persons.traits[row] |= Persons::recognised_bit;
    } else if (is_foreign(origin)) {
      persons.traits[row] &= static_cast<std::uint8_t>(~Persons::recognised_bit);
      append_migrant(world, row);
    }
  }
  return h;
}

void append_migrant(World& world, std::uint32_t person) {
  auto& migrants = world.migrants;
  auto const m = static_cast<std::uint32_t>(migrants.size());
  resize_table(migrants, m + 1U);
  migrants.person[m] = person;
  migrants.arrival[m] = world.stream.month.index;
  migrants.expiry[m] = world.stream.month.index;
  migrants.permit_since[m] = world.stream.month.index;
  migrants.felt[m] = -1;
  migrants.permit[m] = Permit::irregular;
  migrants.case_programme[m] = 0xff;
  migrants.trust[m] = 128;
  migrants.remit_draw[m] = draw_remitting(world, person);
  migrants.moved[m] = world.stream.month.index;
  world.persons.migrant[person] = m;
}

void build_migrants(World& world, Setup const& setup) {
  auto& persons = world.persons;
  auto& migrants = world.migrants;
  auto const start = setup.scenario.start;
  auto const& country = setup.country;
  struct Tables {
    std::array<double, 5> status;            // cumulative over visitor..residence
    double pending, refugee;
    std::vector<std::pair<int, double>> cohort;  // year, cumulative
  };
  std::array<Tables, origin_count> tables;
  for (auto const origin : {Origin::venezuelan, Origin::other_foreign}) {
    char const* const name = origin_names[static_cast<std::size_t>(origin)].name;
    auto& t = tables[static_cast<std::size_t>(origin)];
    double sum = 0;
    for (std::size_t k = 0; k < 5; ++k) t.status[k] = sum += country.margin_value("status", name, holder_names[k + 1].name, start, {}, false);
    t.pending = country.margin_value("asylum", name, "pending", start, {}, false);
    t.refugee = country.margin_value("asylum", name, "refugee", start, {}, false);
    sum = 0;
    for (auto const* row : country.margin("cohort", name, start, false)) t.cohort.emplace_back(std::stoi(row->key1), sum += row->value);
  }

  std::uint32_t count = 0;
  for (std::uint32_t row = 0; row < persons.size(); ++row)
    if (is_foreign(persons.origin(row))) persons.migrant[row] = count++;
  resize_table(migrants, count);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row) {
      auto const m = persons.migrant[row];
      if (m == no_row) continue;
      auto const origin = persons.origin(row);
      auto const& t = tables[static_cast<std::size_t>(origin)];
      auto const& profile = setup.profile[static_cast<std::size_t>(origin)];
      // Families travel and regularise together: status, cohort and claim are drawn by household.
      Draws home(for_life(world.stream), Purpose::first_status, world.households.id[persons.household[row]]);
      double const u_status = home.uniform(), u_cohort = home.uniform(), u_month = home.uniform(), u_claim = home.uniform(), u_left = home.uniform(), u_over = home.uniform();
      Draws own(for_life(world.stream), Purpose::first_status, persons.id[row]);
      double const u_felt = own.uniform(), u_when = own.uniform(), u_trust = own.uniform();

      int year = t.cohort.back().first;
      for (auto const& [y, cumulative] : t.cohort)
        if (u_cohort < cumulative) {
          year = y;
          break;
        }
      int const arrival = std::min<int>(Month::of(year, 1).index + static_cast<int>(u_month * 12), start.index - 1);
      std::size_t k = 0;
      while (k < 4 && u_status >= t.status[k]) ++k;
      auto permit = static_cast<Permit>(k + 1);
      Claim claim = Claim::none;
      if (u_claim < t.refugee) {
        permit = Permit::refugee;
        claim = Claim::recognised;
      } else if (permit != Permit::residence && u_claim < t.refugee + t.pending / (1 - (t.status[4] - t.status[3]))) {
        claim = Claim::pending;  // claims are pending among those without residence, so their share there is higher
      }
      int validity = 0;
      switch (permit) {
        case Permit::visitor: validity = 6; break;
        case Permit::humanitarian:
        case Permit::temporary: validity = 12; break;
        case Permit::refugee: validity = 600; break;  // protection does not lapse
        default: validity = static_cast<int>(std::lround(setup.params.status_residence_validity_months)); break;
      }
      int const since = permit == Permit::irregular ? std::max(arrival, start.index - 1 - static_cast<int>(-profile.overstay_months * std::log(1 - 0.999 * u_over)))
                                                    : std::max(arrival, start.index - 1 - static_cast<int>(u_left * validity));
      migrants.person[m] = static_cast<std::uint32_t>(row);
      migrants.arrival[m] = static_cast<std::int16_t>(std::max<int>(arrival, persons.birth[row]));
      migrants.permit_since[m] = static_cast<std::int16_t>(since);
      migrants.expiry[m] = static_cast<std::int16_t>(permit == Permit::irregular ? since : since + validity);
      migrants.case_since[m] = migrants.case_filed[m] = 0;
      migrants.felt[m] = static_cast<std::int16_t>(u_felt < profile.felt ? start.index - 1 - static_cast<int>(u_when * 12) : -1);
      migrants.case_point[m] = 0;
      migrants.known[m] = 0;
      migrants.months_without_right[m] = static_cast<std::uint16_t>(permit == Permit::irregular && claim != Claim::pending ? std::clamp(start.index - std::max(since, persons.birth[row] + working_age_months), 0, 120) : 0);
      migrants.permit[m] = permit;
      migrants.claim[m] = claim;
      migrants.stage[m] = CaseStage::none;
      migrants.case_programme[m] = 0xff;
      migrants.trust[m] = static_cast<std::uint8_t>(64 + 128 * u_trust);
      migrants.remit_draw[m] = draw_remitting(world, row);
      migrants.moved[m] = migrants.arrival[m];
    }
  });
}

double protection_need_factor(World const& world, Parameters const& p, std::size_t row) {
  double factor = 1;
  if (world.persons.sex(row) == Sex::female && world.persons.activity[row] != Activity::child) factor = std::max(factor, p.services_need_factor_women);
  if (world.is_lgbtiq(row)) factor = std::max(factor, p.services_need_factor_lgbtiq);
  auto const m = world.persons.migrant[row];
  if (m == no_row) return factor;
  if (world.is_trafficked(row)) factor = std::max(factor, p.services_need_factor_trafficked);
  if (world.migrants.permit[m] == Permit::irregular && world.migrants.claim[m] != Claim::pending) factor = std::max(factor, p.services_need_factor_irregular);
  return factor;
}

bool meets_lenders_terms(World const& world, Parameters const& p, std::size_t row) {
  auto const m = world.persons.migrant[row];
  return (world.persons.has[row] & has_account) != 0 && (m == no_row || world.stream.month.index - world.migrants.moved[m] >= p.services_credit_tenure_months);
}

void build_needs(World& world, Setup const& setup) {
  auto& persons = world.persons;
  auto const& p = setup.params;
  // Summed in 2^-16, so that the mean is the same for any number of threads.
  std::int64_t sum = 0;
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    std::int64_t part = 0;
    for (std::size_t row = from; row != to; ++row) part += std::llround(65536 * protection_need_factor(world, p, row));
    add_shared(sum, part);
  });
  world.groups.need_factor_mean = persons.size() == 0 ? 1 : static_cast<double>(sum) / 65536 / static_cast<double>(persons.size());
  // Needs that arose before the start and have not been attended: as many as arise while somebody gets round to asking.
  constexpr double longest_months = 24;
  double const open_months = std::min(longest_months, 1 / std::max(1e-9, p.services_ask_protection_prob_per_month));
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row) {
      double const prob = p.services_protection_need_prob_per_month * protection_need_factor(world, p, row) / world.groups.need_factor_mean * open_months;
      if (draw_block(for_life(world.stream), Purpose::need_kind, persons.id[row])[0] < threshold_of(prob)) persons.has[row] |= has_protection_need;
    }
  });
}

std::vector<std::uint32_t> contacts_of(World const& world, MigrantRings const& rings, Setup const& setup, std::uint32_t migrant) {
  auto const person = world.migrants.person[migrant];
  auto const home = world.district_of(person);
  auto const reach = setup.geography->commuting(home);
  Draws draws(for_life(world.stream), Purpose::ties, world.persons.id[person]);
  auto const n = keyed_round(setup.params.ties_contacts_sought, draws.bits());
  std::vector<std::uint32_t> found;
  for (std::int64_t i = 0; i < n; ++i) {
    bool const near = draws.bernoulli(setup.params.ties_same_district_share);
    std::uint32_t const elsewhere = draws.bits();
    std::uint64_t const at = (static_cast<std::uint64_t>(draws.bits()) << 32) | draws.bits();
    auto const d = near ? home : reach[(static_cast<std::uint64_t>(elsewhere) * reach.size()) >> 32].district;
    auto const* const other = rings.next(world, d, at);
    if (other != nullptr && other->migrant != migrant && world.persons.origin(world.migrants.person[other->migrant]) == world.persons.origin(person)) found.push_back(other->migrant);
  }
  return found;
}

void build_ties(World& world, Setup const& setup) {
  world.rings.follow(world);
  std::vector<std::vector<Ties::Edge>> parts((world.migrants.size() + rows_per_block - 1) / rows_per_block);
  for_blocks(world.migrants.size(), [&](std::size_t from, std::size_t to) {
    auto& part = parts[from / rows_per_block];
    for (std::size_t m = from; m != to; ++m) {
      if (world.persons.inert(world.migrants.person[m])) continue;
      for (auto other : contacts_of(world, world.rings, setup, static_cast<std::uint32_t>(m))) {
        part.emplace_back(static_cast<std::uint32_t>(m), other);
        part.emplace_back(other, static_cast<std::uint32_t>(m));
      }
    }
  });
  std::vector<Ties::Edge> edges;
  for (auto& part : parts) edges.insert(edges.end(), part.begin(), part.end());
  world.ties.rebuild(edges, static_cast<std::uint32_t>(world.migrants.size()));
}

}  // namespace arraigo
