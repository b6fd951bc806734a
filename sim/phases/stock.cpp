/// Taking stock: the counts by zone and district that markets and attitudes refer to. Integers, so that order cannot matter.
/// Reads: persons, migrants.  Writes: zones' and districts' counts.  Draws: none.
#include <algorithm>

#include "phases/phases.hpp"

namespace arraigo {

void take_stock(World& world, Setup const& setup) {
  auto const& persons = world.persons;
  auto const& p = setup.params;
  std::size_t const n = world.districts.size(), zones = world.zones.size();

  // Counts by zone, segment, skill and origin, and by district for the next month's attitudes.
  constexpr std::size_t cells = segment_count * skill_count * 2;
  std::vector<std::int32_t> employed(zones * cells, 0), labour(zones * skill_count, 0), persons_in(n, 0), migrants_in(n, 0), unemployed_in(n, 0), active_in(n, 0), tenured_in(n, 0), seekers_in(n, 0);
  int const tenure = static_cast<int>(p.attitudes_tenure_months);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::int32_t, cells> local{};
    std::array<std::int32_t, skill_count> local_labour{};
    std::array<std::int32_t, 6> here{};
    std::uint16_t district = 0xffff;
    auto const flush = [&] {
      if (district == 0xffff) return;
      auto const z = world.districts[district].zone;
      for (std::size_t c = 0; c < cells; ++c)
        if (local[c] != 0) add_shared(employed[z * cells + c], local[c]);
      for (std::size_t s = 0; s < skill_count; ++s)
        if (local_labour[s] != 0) add_shared(labour[z * skill_count + s], local_labour[s]);
      add_shared(persons_in[district], here[0]);
      add_shared(migrants_in[district], here[1]);
      add_shared(unemployed_in[district], here[2]);
      add_shared(active_in[district], here[3]);
      add_shared(tenured_in[district], here[4]);
      add_shared(seekers_in[district], here[5]);
      local = {};
      local_labour = {};
      here = {};
    };
    for (std::size_t row = from; row != to; ++row) {
      if ((persons.traits[row] & (Persons::gone_bit | Persons::inert_bit)) != 0) continue;
      auto const d = world.district_of(row);
      if (d != district) {
        flush();
        district = d;
      }
      ++here[0];
      auto const activity = persons.activity[row];
      bool const foreign = is_foreign(persons.origin(row));
      if (foreign) {
        ++here[1];
        if (world.stream.month.index - world.migrants.arrival[persons.migrant[row]] >= tenure) ++here[4];
      }
      if (!is_active(activity)) continue;
      auto const skill = static_cast<std::size_t>(skill_of(persons, row));
      ++local_labour[skill];
      if (activity == Activity::unemployed) ++here[5];
      if (!foreign) {
        ++here[3];
        if (activity == Activity::unemployed) ++here[2];
      }
      if (is_employed(activity)) ++local[(static_cast<std::size_t>(segment_of(activity)) * skill_count + skill) * 2 + (foreign ? 1 : 0)];
    }
    flush();
  });
  for (std::size_t d = 0; d < n; ++d) {
    auto& state = world.districts[d];
    state.persons = persons_in[d];
    state.migrants = migrants_in[d];
    state.host_unemployed = unemployed_in[d];
    state.host_active = active_in[d];
    state.tenured_migrants = tenured_in[d];
    state.seekers = seekers_in[d];
  }
  for (auto& zone : world.zones) zone.persons = 0;
  for (auto const& d : world.districts) world.zones[d.zone].persons += d.persons;
  for (std::size_t z = 0; z < zones; ++z) {
    auto& zone = world.zones[z];
    for (std::size_t s = 0; s < skill_count; ++s) zone.labour[s] = labour[z * skill_count + s];
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
    d.hostility_start = d.hostility_logit = logit(setup.params.attitudes_hostile_share_at_start) + setup.params.attitudes_hostility_share_slope * (share - 0.08);
  }
}

}  // namespace arraigo
