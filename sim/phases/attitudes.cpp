/// Attitudes (ODD 4.2). Hostility of hosts by district moves, in logits, towards a level that shifts with inflow, competition
/// for jobs, crowded services and contact, each standardised; narratives push it directly; campaigns and support that hosts
/// share lower it for a time. Migrants feel discrimination at a rate that grows with it.
/// Reads: district counts (start of month), rules.  Writes: hostility, stocks, felt.  Draws: felt_discrimination (migrant).
/// Source: signs from Groeger, Leon-Ciliotta, Stillman (2024) and IOP-PUCP (2020); sizes are assumptions (attitudes.*).
#include <array>
#include <span>

#include "phases/phases.hpp"

namespace arraigo {

void move_attitudes(World& world, Setup const& setup) {
  auto const& p = setup.params;
  auto const slot = static_cast<std::size_t>(world.stream.month.month_of_year() - 1);
  double const campaign_kept = std::pow(0.5, 1 / p.attitudes_campaign_half_life_months);
  double const support_kept = std::pow(0.5, 1 / p.attitudes_host_support_half_life_months);
  for (std::size_t i = 0; i < world.districts.size(); ++i) {
    auto& d = world.districts[i];
    double const persons = std::max(1, d.persons), persons_before = std::max(1, d.persons_ring[slot]);
    double const inflow = d.migrants / persons - d.migrants_ring[slot] / persons_before;
    double const unemployment = d.host_active > 0 ? static_cast<double>(d.host_unemployed) / d.host_active : d.unemployment_start;
    double const unserved = d.asked > 0 ? static_cast<double>(d.unserved) / d.asked : 0;
    double const tenured = d.tenured_migrants / persons;
    d.migrants_ring[slot] = d.migrants;
    d.persons_ring[slot] = d.persons;
    double const shift = p.attitudes_inflow_effect_logits * inflow / p.attitudes_inflow_sd_share +
                         p.attitudes_competition_effect_logits * (unemployment - d.unemployment_start) / p.attitudes_competition_sd_share +
                         p.attitudes_crowding_effect_logits * (unserved - p.attitudes_crowding_usual_share) / p.attitudes_crowding_sd_share -
                         p.attitudes_contact_effect_logits * (tenured - d.tenured_share_start) / p.attitudes_contact_sd_share;
    d.hostility_logit += p.attitudes_return_share_per_month * (d.hostility_start + shift - d.hostility_logit) + p.attitudes_narrative_effect * world.rules.narrative[i];
    d.campaign_stock = d.campaign_stock * campaign_kept + world.rules.campaign_reach[i] * (1 - d.campaign_stock * campaign_kept);
    d.support_stock = d.support_stock * support_kept + world.rules.host_support_reach[i] * (1 - d.support_stock * support_kept);
  }

  auto& migrants = world.migrants;
  auto const& persons = world.persons;
  std::vector<std::array<std::uint64_t, 2>> felt_below(world.districts.size());  // by district: at home, at work or searching
  for (std::size_t i = 0; i < felt_below.size(); ++i) {
    double const rate = p.attitudes_felt_rate_per_month * world.hostility(i);
    felt_below[i] = {threshold_of(1 - std::exp(-rate * p.attitudes_exposure_of_inactive)), threshold_of(1 - std::exp(-rate))};
  }
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::uint64_t, rows_per_block> ids;
    std::array<std::array<std::uint32_t, rows_per_block>, 4> bits;
    for (std::size_t m = from; m != to; ++m) ids[m - from] = persons.id[migrants.person[m]];
    draw_blocks(world.stream, Purpose::felt_discrimination, std::span(ids).first(to - from), {bits[0].data(), bits[1].data(), bits[2].data(), bits[3].data()});
    for (std::size_t m = from; m != to; ++m) {
      auto const person = migrants.person[m];
      if (persons.gone(person) || persons.inert(person)) continue;
      if (bits[0][m - from] < felt_below[world.district_of(person)][is_active(persons.activity[person]) ? 1 : 0]) {
        migrants.felt[m] = world.stream.month.index;
        world.note(person, Event::felt_discrimination);
      }
    }
  });
}

}  // namespace arraigo
