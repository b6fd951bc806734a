#include "schedule/start.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/heap.hpp"
#include "core/parallel.hpp"
#include "init/build_steps.hpp"
#include "phases/phases.hpp"

namespace arraigo {

namespace {

/// Public insurance is for those whom no contract covers. The published share of people with it is kept, by origin, by a
/// higher chance for the others.
void insure_the_rest(World& world, Setup const& s) {
  auto& persons = world.persons;
  std::array<double, origin_count> people{}, uncovered{};
  std::vector<std::uint8_t> covered(persons.size(), 0);
  for (std::size_t row = 0; row < persons.size(); ++row) {
    covered[row] = world.is_insured_by_payroll(row) ? 1 : 0;
    people[static_cast<std::size_t>(persons.origin(row))] += 1;
    if (covered[row] == 0) uncovered[static_cast<std::size_t>(persons.origin(row))] += 1;
  }
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row) {
      auto const origin = static_cast<std::size_t>(persons.origin(row));
      persons.has[row] &= static_cast<std::uint16_t>(~has_public_insurance);
      if (covered[row] != 0 || persons.inert(row)) continue;
      Draws draws(for_life(world.stream), Purpose::first_service, persons.id[row], 3);
      if (draws.bernoulli(std::min(1.0, s.profile[origin].insured * people[origin] / std::max(1.0, uncovered[origin])))) persons.has[row] |= has_public_insurance;
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
  // Registered households that are poor were mostly classified so, before the run as during it.
  for (std::size_t h = 0; h < world.households.size(); ++h) {
    auto& state = world.households.state[h];
    if ((state & Households::registered_bit) == 0) continue;
    Draws draws(for_life(world.stream), Purpose::first_service, world.households.id[h], 2);
    bool const poor = (state & Households::poverty_bits) != 0;
    if (draws.bernoulli(poor ? 1 - s.params.services_registry_exclusion_share : s.params.services_registry_inclusion_share)) state |= Households::registered_poor_bit;
  }
  insure_the_rest(world, s);
  settle_tastes(world, s);
  world.accounts.fill(0);
  std::fill(world.flows.begin(), world.flows.end(), 0);
  give_free_heap_back();  // building needs more than a month
}

}  // namespace arraigo
