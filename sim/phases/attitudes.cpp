/// Attitudes (ODD 4.2). Hostility of hosts by district moves, in logits, towards a level that shifts with inflow, competition
/// for jobs, crowded services and contact, each standardised; narratives push it directly, less where journalists have been
/// trained; campaigns, support that hosts share, shared spaces and schools lower it while their stocks last. Migrants feel
/// discrimination at a rate that grows with it, LGBTIQ+ migrants more often.
/// Reads: district counts (start of month), rules.  Writes: hostility, stocks, felt.  Draws: felt_discrimination (migrant).
/// Source: signs from Groeger, Leon-Ciliotta, Stillman (2024) and IOP-PUCP (2020); sizes are assumptions (attitudes.*).
#include <array>
#include <span>

#include "core/prefetch.hpp"
#include "phases/phases.hpp"

namespace arraigo {

void move_attitudes(World& world, Setup const& setup) {
  auto const& p = setup.params;
  auto const slot = static_cast<std::size_t>(world.stream.month.month_of_year() - 1);
  double const campaign_kept = std::pow(0.5, 1 / p.attitudes_campaign_half_life_months);
  double const support_kept = std::pow(0.5, 1 / p.attitudes_host_support_half_life_months);
  double const spaces_kept = std::pow(0.5, 1 / p.attitudes_spaces_half_life_months), media_kept = std::pow(0.5, 1 / p.attitudes_media_half_life_months);
  double const cohort = p.attitudes_school_cohort_share_per_year / 12;
  // Who is still moved keeps a part of it; of the others the month's reach is moved anew.
  auto const move_stock = [](double& stock, double kept, double reach) { stock = stock * kept + reach * (1 - stock * kept); };
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
    d.hostility_logit += p.attitudes_return_share_per_month * (d.hostility_start + shift - d.hostility_logit);
    // Trained journalists (of the months before) do not carry part of what is hostile; friendly messages they carry.
    double const narrative = world.rules.narrative[i];
    d.hostility_logit += p.attitudes_narrative_effect * (narrative > 0 ? narrative * (1 - p.attitudes_media_effect * d.media_stock) : narrative);
    move_stock(d.campaign_stock, campaign_kept, world.rules.campaign_reach[i]);
    move_stock(d.support_stock, support_kept, world.rules.host_support_reach[i]);
    move_stock(d.spaces_stock, spaces_kept, world.rules.spaces_reach[i]);
    move_stock(d.media_stock, media_kept, world.rules.media_reach[i]);
    // A month's cohort passes through school and takes the place of as many people, who carry the mean of all.
    d.school_stock += cohort * (world.rules.school_reach[i] - d.school_stock);
  }

  auto& migrants = world.migrants;
  auto const& persons = world.persons;
  // By district: at home, at work or searching; then the same of LGBTIQ+ people. The others' rate is lower by as much as keeps
  // the mean of adults.
  std::vector<std::array<std::uint64_t, 5>> felt_below(world.districts.size());
  double const factor = p.attitudes_lgbtiq_felt_factor, others = 1 / (1 + world.groups.lgbtiq * (factor - 1));
  constexpr std::size_t child = 4;
  std::array<std::uint8_t, activity_count> exposure_of{};
  for (std::size_t a = 0; a < exposure_of.size(); ++a) exposure_of[a] = static_cast<Activity>(a) == Activity::child ? child : is_active(static_cast<Activity>(a)) ? 1 : 0;
  for (std::size_t i = 0; i < felt_below.size(); ++i) {
    double const rate = p.attitudes_felt_rate_per_month * world.hostility(i), home = rate * p.attitudes_exposure_of_inactive;
    auto const below = [](double monthly) { return threshold_of(1 - std::exp(-monthly)); };
    felt_below[i] = {below(home * others), below(rate * others), below(home * others * factor), below(rate * others * factor), below(home)};
  }
  auto const& ids = world.ids_of_migrants();
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::array<std::uint32_t, rows_per_block>, 4> bits;
    draw_blocks(world.stream, Purpose::felt_discrimination, std::span(ids).subspan(from, to - from), {bits[0].data(), bits[1].data(), bits[2].data(), bits[3].data()});
    for (std::size_t m = from; m != to; ++m) prefetch(&persons.traits[migrants.person[m]], &persons.household[migrants.person[m]], &persons.activity[migrants.person[m]]);
    for (std::size_t m = from; m != to; ++m) {
      auto const person = migrants.person[m];
      if (persons.gone(person) || persons.inert(person)) continue;
      auto const& below = felt_below[world.district_of(person)];
      auto const activity = persons.activity[person];
      std::size_t const exposure = exposure_of[static_cast<std::size_t>(activity)];
      auto const drawn = bits[0][m - from];
      // Whom it makes a difference to is asked for the group.
      if (drawn < below[exposure] || (exposure != child && drawn < below[exposure + 2] && world.is_lgbtiq(person))) {
        migrants.felt[m] = world.stream.month.index;
        world.note(person, Event::felt_discrimination);
      }
    }
  });
}

}  // namespace arraigo
