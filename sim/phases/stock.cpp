/// Taking stock: the counts by zone and district that markets and attitudes refer to. Integers, so that order cannot matter.
/// Reads: persons, migrants.  Writes: zones' and districts' counts.  Draws: none.
#include <tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "phases/phases.hpp"

namespace arraigo {

void take_stock(World& world, Setup const& setup) {
  auto const& persons = world.persons;
  auto const& p = setup.params;
  std::size_t const n = world.districts.size(), zones = world.zones.size();

  // Counts by zone, segment, skill and origin, and by district for the next month's attitudes.
  constexpr std::size_t cells = segment_count * skill_count * 2;
  std::vector<std::int32_t> employed(zones * cells, 0), labour(zones * skill_count * 2, 0), persons_in(n, 0), migrants_in(n, 0), unemployed_in(n, 0), active_in(n, 0), tenured_in(n, 0);
  std::array<std::uint8_t, Persons::attribute_bits + 1> cell_of{};  // skill and origin, by a person's attributes
  for (std::size_t attributes = 0; attributes < cell_of.size(); ++attributes) {
    Persons one;
    one.traits.push_back(static_cast<std::uint8_t>(attributes));
    cell_of[attributes] = static_cast<std::uint8_t>(static_cast<std::size_t>(skill_of(one, 0)) * 2 + (is_foreign(one.origin(0)) ? 1 : 0));
  }
  int const tenured_since = world.stream.month.index - static_cast<int>(std::lround(p.attitudes_tenure_months));
  // Each thread counts into a table of its own: rows of one district do not stand together once households have moved, and
  // counts that all threads share would cost more than the reading.
  struct Here {
    std::array<std::array<std::int32_t, skill_count * 2>, activity_count> by_activity{};  // [activity][skill, foreign]
    std::int32_t tenured = 0;
  };
  tbb::enumerable_thread_specific<std::vector<Here>> tables(n);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    auto* const here = tables.local().data();
    std::uint8_t const* const traits_of = persons.traits.data();
    Activity const* const activity_of = persons.activity.data();
    std::uint32_t const* const household_of = persons.household.data();
    std::uint16_t const* const district_of = world.households.district.data();
    for (std::size_t row = from; row != to; ++row) {
      auto const traits = traits_of[row];
      if ((traits & (Persons::gone_bit | Persons::inert_bit)) != 0) continue;
      auto& district = here[district_of[household_of[row]]];
      auto const cell = cell_of[traits & Persons::attribute_bits];
      ++district.by_activity[static_cast<std::size_t>(activity_of[row])][cell];
    }
  });
  for_blocks(world.migrants.size(), [&](std::size_t from, std::size_t to) {
    auto* const here = tables.local().data();
    for (std::size_t m = from; m != to; ++m) {
      auto const row = world.migrants.person[m];
      bool const counts = ((persons.traits[row] & (Persons::gone_bit | Persons::inert_bit)) == 0) & (world.migrants.arrival[m] <= tenured_since);
      here[world.district_of(row)].tenured += counts ? 1 : 0;
    }
  });
  for (auto const& table : tables)
    for (std::size_t d = 0; d < n; ++d) {
      auto const z = world.districts[d].zone;
      tenured_in[d] += table[d].tenured;
      for (std::size_t a = 0; a < activity_count; ++a)
        for (std::size_t c = 0; c < skill_count * 2; ++c) {
          auto const k = table[d].by_activity[a][c];
          auto const activity = static_cast<Activity>(a);
          bool const foreign = c % 2 == 1;
          persons_in[d] += k;
          if (foreign) migrants_in[d] += k;
          if (!is_active(activity)) continue;
          if (!foreign) active_in[d] += k;
          labour[z * skill_count * 2 + c] += k;
          if (is_employed(activity)) employed[z * cells + static_cast<std::size_t>(segment_of(activity)) * skill_count * 2 + c] += k;
          if (activity != Activity::unemployed) continue;
          if (!foreign) unemployed_in[d] += k;
        }
    }
  for (std::size_t d = 0; d < n; ++d) {
    auto& state = world.districts[d];
    state.persons = persons_in[d];
    state.migrants = migrants_in[d];
    state.host_unemployed = unemployed_in[d];
    state.host_active = active_in[d];
    state.tenured_migrants = tenured_in[d];
  }
  for (auto& zone : world.zones) zone.persons = 0;
  for (auto const& d : world.districts) world.zones[d.zone].persons += d.persons;
  for (std::size_t z = 0; z < zones; ++z) {
    auto& zone = world.zones[z];
    for (std::size_t s = 0; s < skill_count; ++s)
      for (std::size_t o = 0; o < 2; ++o) zone.labour[s][o] = labour[(z * skill_count + s) * 2 + o];
    for (std::size_t g = 0; g < segment_count; ++g)
      for (std::size_t s = 0; s < skill_count; ++s)
        for (std::size_t o = 0; o < 2; ++o) zone.employed[g][s][o] = employed[z * cells + (g * skill_count + s) * 2 + o];
  }
}

void set_starting_levels(World& world, Setup const& setup) {
  take_stock(world, setup);
  for (auto& zone : world.zones) {
    zone.persons_start = zone.persons;
    zone.labour_start = zone.labour;
    zone.employed_start = zone.employed;
  }
  for (auto& d : world.districts) {
    d.persons_start = d.persons;
    d.migrants_start = d.migrants;
    d.persons_ring.fill(d.persons);
    d.migrants_ring.fill(d.migrants);
    d.unemployment_start = d.host_active > 0 ? static_cast<double>(d.host_unemployed) / d.host_active : 0;
    d.tenured_share_start = d.persons > 0 ? static_cast<double>(d.tenured_migrants) / d.persons : 0;
    // Where the migrant share is higher, more hosts were hostile (assumption attitudes.hostility_share_slope).
    double const share = d.persons > 0 ? static_cast<double>(d.migrants) / d.persons : 0;
    d.hostility_start = d.hostility_logit = logit(setup.params.attitudes_hostile_share_at_start) + setup.params.attitudes_hostility_share_slope * (share - setup.params.attitudes_hostility_reference_share);
  }
}

}  // namespace arraigo
