#include "support/permute_rows.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "init/build_steps.hpp"

namespace arraigo::tests {
namespace {

/// Rows 0 to n - 1 in the order of a hash of their own.
std::vector<std::uint32_t> shuffled(std::size_t n, std::uint64_t key) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return mix(key, a) < mix(key, b); });
  return order;
}

template <class T>
void rearrange(Column<T>& column, std::vector<std::uint32_t> const& order) {
  Column<T> moved;
  moved.reserve(column.size());
  for (auto const row : order) moved.push_back(column[row]);
  column = std::move(moved);
}

std::vector<std::uint32_t> inverse(std::vector<std::uint32_t> const& order) {
  std::vector<std::uint32_t> to_new(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) to_new[order[i]] = static_cast<std::uint32_t>(i);
  return to_new;
}

}  // namespace

void permute_rows(World& world, std::uint64_t key, bool members_too) {
  auto& households = world.households;
  auto& persons = world.persons;
  auto& migrants = world.migrants;
  if (!world.strays.empty() || world.ties.settled() != migrants.size())
    throw std::logic_error("rows are permuted only when no one stands outside their household's range");

  world.forget_rows();
  auto const household_order = shuffled(households.size(), key);
  std::vector<std::uint32_t> person_order;
  person_order.reserve(persons.size());
  for (auto const h : household_order) {
    auto const inside = shuffled(households.count[h], mix(key, households.id[h]));
    for (std::uint32_t k = 0; k < households.count[h]; ++k)
      person_order.push_back(households.first[h] + (members_too ? inside[k] : k));
  }
  if (person_order.size() != persons.size()) throw std::logic_error("households' ranges do not cover the persons");
  auto const household_to_new = inverse(household_order), person_to_new = inverse(person_order);
  households.for_columns([&](auto& column) { rearrange(column, household_order); });
  std::uint32_t first = 0;
  for (std::size_t h = 0; h < households.size(); ++h) {
    households.first[h] = first;
    first += households.count[h];
  }
  persons.for_columns([&](auto& column) { rearrange(column, person_order); });
  for (auto& h : persons.household) h = household_to_new[h];

  auto edges = world.ties.edges();
  auto const migrant_order = shuffled(migrants.size(), mix(key, 1));
  auto const migrant_to_new = inverse(migrant_order);
  migrants.for_columns([&](auto& column) { rearrange(column, migrant_order); });
  for (auto& person : migrants.person) person = person_to_new[person];
  for (auto& m : persons.migrant)
    if (m != no_row) m = migrant_to_new[m];
  for (auto& [a, b] : edges) {
    a = migrant_to_new[a];
    b = migrant_to_new[b];
  }
  world.ties.rebuild(edges, static_cast<std::uint32_t>(migrants.size()));
  for (auto* list : {&world.requests, &world.placements}) {
    for (auto& request : *list) request.person = person_to_new[request.person];
    std::vector<Request> moved;
    for (auto const i : shuffled(list->size(), mix(key, 2))) moved.push_back((*list)[i]);
    *list = std::move(moved);
  }
}

std::uint32_t add_inert_person(World& world, std::uint64_t id, Origin origin, Permit permit) {
  auto const row = static_cast<std::uint32_t>(world.persons.size());
  auto const h = static_cast<std::uint32_t>(world.households.size());
  resize_persons(world.persons, row + 1U);
  world.households.for_columns([&](auto& column) { column.resize(h + 1U); });
  auto const month = world.stream.month.index;
  world.households.id[h] = mix(id, 1);
  world.households.first[h] = row;
  world.households.count[h] = world.households.members[h] = 1;
  world.households.district[h] = 0;
  world.households.income_cents[h] = 0;
  world.households.state[h] = 0;
  auto& p = world.persons;
  p.id[row] = id;
  p.household[row] = h;
  p.employer[row] = p.migrant[row] = no_row;
  p.wage_cents[row] = 0;
  p.birth[row] = static_cast<std::int16_t>(month - 30 * 12);
  p.has[row] = p.queued[row] = 0;
  p.traits[row] =
      static_cast<std::uint8_t>(Persons::make_traits(Sex::female, origin, Education::university) | Persons::inert_bit);
  p.activity[row] = Activity::inactive;
  p.births[row] = 0;
  draw_nature(world, row);
  if (is_foreign(origin)) {
    append_migrant(world, row);
    auto const m = p.migrant[row];
    world.migrants.permit[m] = permit;
    world.migrants.expiry[m] = static_cast<std::int16_t>(month + 2);
    world.ties.append(m, {});
  }
  return row;
}

std::uint64_t hash_without(World const& world, std::uint64_t id) {
  World rest = world;
  for (std::size_t row = 0; row < rest.persons.size(); ++row)
    if (rest.persons.id[row] == id) {
      rest.persons.traits[row] |= Persons::gone_bit;
      --rest.households.members[rest.persons.household[row]];
    }
  return rest.state_hash();
}

}  // namespace arraigo::tests
