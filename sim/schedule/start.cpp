#include "schedule/start.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/heap.hpp"
#include "core/parallel.hpp"
#include "init/build_steps.hpp"
#include "phases/phases.hpp"

namespace arraigo {

namespace {

FieldValue& field_of(Measure& measure, std::string_view name) {
  auto const fields = row_of(measure.kind).fields;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (name == fields[i].name) return measure.values.at(i);
  throw BugError("a measure has no such field");
}

void set_number(FieldValue& field, double number) {
  field.set = true;
  field.number = number;
}

/// Of a measure that has only a place in its list before `next`, what keeps that place: a programme's name, where points will stand.
void keep_place(Measure& measure, Month next) {
  measure.from = next;
  if (measure.kind != MeasureKind::programme) return;
  std::string const name = field_of(measure, "programme").name;
  std::fill(measure.values.begin(), measure.values.end(), FieldValue{});
  field_of(measure, "programme").set = true;
  field_of(measure, "programme").name = name;
}

/// The measure as all months before `next` know it; nothing when it leaves no trace in them. A last month makes a difference in
/// that month already (the last to file a case), so that only one from `next` on is unknown. `any_month`: whether a month of the
/// run is among them.
std::optional<Measure> before(Measure measure, Month next, bool any_month) {
  bool const later = measure.from >= next;
  if (measure.to && *measure.to >= next) measure.to.reset();
  measure.title_es = measure.title_en = "";
  if (measure.kind == MeasureKind::programme) {
    auto& capacity = field_of(measure, "capacity_per_month");
    auto& name = field_of(measure, "programme");
    if (capacity.number <= 0) return std::nullopt;
    name.name = programme_of(measure);
    name.set = true;
    if (later) keep_place(measure, next);
    if (later || !any_month) set_number(capacity, 1);  // that there is any is all that counts before the first case
  } else if (measure.kind == MeasureKind::service_points) {
    auto &points = field_of(measure, "points"), &capacity = field_of(measure, "capacity_per_month");
    if (points.number * capacity.number <= 0) return std::nullopt;
    if (later) {
      keep_place(measure, next);
      set_number(points, 1);
      set_number(capacity, 1);
    }
  } else if (measure.kind == MeasureKind::mobile_unit) {
    auto& capacity = field_of(measure, "capacity_per_month");
    if (capacity.number <= 0) return std::nullopt;
    if (later) {
      keep_place(measure, next);
      set_number(capacity, 1);
    }
  } else if (later) {
    return std::nullopt;
  }
  measure.id = "";
  return measure;
}

/// At the end of a list places need not be kept: what stands there can be put right in a copy.
template <class Keeps>
void drop_last_places(std::vector<Measure>& measures, Keeps keeps_place, Month next) {
  auto const began = std::find_if(measures.rbegin(), measures.rend(), [&](Measure const& m) { return keeps_place(m) && m.from < next; });
  measures.erase(std::remove_if(began.base(), measures.end(), keeps_place), measures.end());
}

std::size_t programme_count(Scenario const& scenario) {
  std::set<std::string_view> names;
  for (auto const& measure : scenario.measures) {
    if (measure.kind != MeasureKind::programme || measure.field("capacity_per_month").number <= 0) continue;
    names.insert(programme_of(measure));
  }
  return names.size();
}

/// Public insurance is for those whom no contract covers and whose papers open it. The published share of people with it is kept,
/// by origin, by a higher chance for them.
void insure_the_rest(World& world, Setup const& s) {
  auto& persons = world.persons;
  std::array<double, origin_count> people{}, open{};
  std::vector<float> chance(persons.size(), 0);
  for (std::size_t row = 0; row < persons.size(); ++row) {
    auto const origin = static_cast<std::size_t>(persons.origin(row));
    if (!world.is_insured_by_payroll(row)) chance[row] = static_cast<float>(world.entitled(row, Entitlement::health_insurance));
    people[origin] += 1;
    open[origin] += static_cast<double>(chance[row]);
  }
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row) {
      auto const origin = static_cast<std::size_t>(persons.origin(row));
      persons.has[row] &= static_cast<std::uint16_t>(~has_public_insurance);
      if (chance[row] <= 0 || persons.inert(row)) continue;
      Draws draws(for_life(world.stream), Purpose::first_service, persons.id[row], 3);
      if (draws.bernoulli(std::min(1.0, static_cast<double>(chance[row]) * s.profile[origin].insured * people[origin] / open[origin]))) persons.has[row] |= has_public_insurance;
    }
  });
}

/// Own-account workers whom lenders serve hold a loan with the probability at which as many ask as loans end.
void lend_before_the_start(World& world, Setup const& s) {
  auto& persons = world.persons;
  double const asks = s.params.services_ask_credit_prob_per_month, ends = 1 / s.params.services_credit_months;
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row) {
      auto const activity = persons.activity[row];
      if ((activity != Activity::own_account && activity != Activity::own_account_formal) || persons.inert(row) || persons.age_months(row, world.stream.month.index) < 18 * 12 || !meets_lenders_terms(world, s.params, row)) continue;
      Draws draws(for_life(world.stream), Purpose::first_service, persons.id[row], 4);
      double const granted = asks * world.entitled(row, Entitlement::credit);
      if (draws.bernoulli(granted / (granted + ends))) persons.has[row] |= has_credit;
    }
  });
}

}  // namespace

void build_start(World& world, Setup const& s, int replicate) {
  build_world(world, s, replicate);
  // The start is built under the rules of the month before it, so that a measure that begins at the start finds the same world.
  world.stream.month = s.scenario.start + -1;
  set_policies(world, s);
  world.stream.month = s.scenario.start;
  build_activity(world, s);
  build_firms(world, s);
  build_jobs(world, s);
  build_ties(world, s);
  std::uint16_t open = 0;
  for (std::size_t k = 0; k < world.rules.programmes.size(); ++k)
    if (world.rules.programmes[k].open) open |= static_cast<std::uint16_t>(1U << k);
  for (std::size_t m = 0; m < world.migrants.size(); ++m) {
    Draws draws(for_life(world.stream), Purpose::news, world.persons.id[world.migrants.person[m]], 1);
    if (draws.bernoulli(s.params.news_known_at_start_share)) world.migrants.known[m] = open;
    for (std::size_t k = 0; k < world.rules.programmes.size(); ++k)  // who holds a permit knows what may follow it
      if (world.rules.programmes[k].open && ((world.rules.programmes[k].eligible >> static_cast<unsigned>(world.migrants.permit[m])) & 1U) && world.migrants.permit[m] >= Permit::humanitarian)
        world.migrants.known[m] |= static_cast<std::uint16_t>(1U << k);
  }
  set_starting_levels(world, s);
  pool_household_income(world, s);
  // Who is registered was classified before the run as during it, by the poverty of the start.
  for (std::size_t h = 0; h < world.households.size(); ++h) {
    auto& state = world.households.state[h];
    if (!Households::registered(state)) continue;
    Draws draws(for_life(world.stream), Purpose::first_service, world.households.id[h], 2);
    auto const& error = world.rules.registry_error[is_foreign(world.persons.origin(world.households.first[h])) ? 1 : 0];
    state = static_cast<std::uint8_t>((state & ~unsigned{Households::registry_bits}) | Households::registry_class(state & Households::poverty_bits, draws.uniform(), error[0], error[1]));
  }
  lend_before_the_start(world, s);
  insure_the_rest(world, s);
  settle_tastes(world, s);
  world.accounts.fill(0);
  world.cases_filed.fill(0);
  world.permits_given.fill(0);
  world.paid.fill(0);
  std::fill(world.measure_units.begin(), world.measure_units.end(), 0);
  std::fill(world.flows.begin(), world.flows.end(), 0);
  give_free_heap_back();  // building needs more than a month
}

std::vector<Measure> known_measures(Scenario const& scenario, int months) {
  Month const next = scenario.start + months;
  std::vector<Measure> known;
  for (auto const& measure : scenario.measures)
    if (auto kept = before(measure, next, months > 0)) {
      // The last month of a window that another one takes over from is as any: what begins at `next` shows in it no other way.
      if (kept->to && *kept->to + 1 == next && measure.kind == MeasureKind::programme && goes_on(scenario, measure)) kept->to.reset();
      known.push_back(*std::move(kept));
    }
  drop_last_places(known, [](Measure const& m) { return m.kind == MeasureKind::programme; }, next);
  drop_last_places(known, [](Measure const& m) { return m.kind == MeasureKind::service_points || m.kind == MeasureKind::mobile_unit; }, next);
  return known;
}

bool same_measures(std::span<Measure const> a, std::span<Measure const> b) {
  auto const same_value = [](FieldValue const& x, FieldValue const& y) {
    return x.set == y.set && x.number == y.number && x.month == y.month && x.choices == y.choices && x.name == y.name;
  };
  auto const same = [&](Measure const& x, Measure const& y) {
    return x.id == y.id && x.kind == y.kind && x.title_es == y.title_es && x.title_en == y.title_en && x.from == y.from && x.to == y.to && x.where == y.where &&
           std::equal(x.values.begin(), x.values.end(), y.values.begin(), y.values.end(), same_value);
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

std::string start_key(Scenario const& scenario) {
  Scenario known = scenario;
  known.name = known.group = known.title_es = known.title_en = known.description_es = known.description_en = "";
  known.months = known.replicates = 1;
  known.measures = known_measures(scenario, 0);
  return to_yaml(known);
}

void copy_world(World& world, Setup const& setup, World const& other) {
  world = other;
  world.trace = nullptr;
  world.geography = setup.geography;
  world.programme_carry.resize(programme_count(setup.scenario), 0.0);
  // Points that open later: none has been used yet.
  World own;
  own.stream = other.stream;
  own.people_per_agent = other.people_per_agent;
  build_points(own, setup);
  std::size_t const common = std::min(own.points.size(), other.points.size());
  std::copy_n(world.points.begin(), common, own.points.begin());
  world.points = std::move(own.points);
  world.point_parts = std::move(own.point_parts);
  world.points_open.resize(world.points.size(), 0);
}

}  // namespace arraigo
