/// News (ODD 4.1). Knowledge of open programmes spreads: P(learn) = 1 - (1 - k0)(1 - kc reach)(1 - kt)^(informed contacts).
/// Employers learn which documents are valid: K' = K + g K (1 - K), and by guides.
/// Reads: known (start of month), ties, campaigns, guide_reach.  Writes: known, knowledge.  Draws: news (migrant, programme).
/// Source: forms and values are assumptions with ranges (parameters news.*, employers.*).
#include <algorithm>
#include <array>

#include "phases/phases.hpp"

namespace arraigo {

void spread_news(World& world, Setup const& setup) {
  auto& migrants = world.migrants;
  auto const& persons = world.persons;
  auto const& p = setup.params;
  // Campaigns about programmes and organisations of migrants, by district.
  std::vector<double> told(world.districts.size(), 0.0);
  for (std::size_t d = 0; d < told.size(); ++d) {
    double missed = 1;
    for (std::size_t k = 0; k < world.rules.campaigns.size(); ++k)
      if ((world.rules.campaign_contents[k] & 1U) != 0) missed *= 1 - p.news_campaign_effect * static_cast<double>(world.rules.campaigns[k].share[d]);
    told[d] = 1 - missed;
  }
  std::uint16_t open = 0;
  for (std::size_t k = 0; k < world.rules.programmes.size(); ++k)
    if (world.rules.programmes[k].open) open |= static_cast<std::uint16_t>(1U << k);
  // The chance that none of k contacts tells.
  std::vector<double> untold{1.0};
  auto const untold_by = [&](std::size_t k) { return k < untold.size() ? untold[k] : std::pow(1 - p.news_contact_prob_per_month, static_cast<double>(k)); };
  for (std::size_t k = 1; k < 128; ++k) untold.push_back(std::pow(1 - p.news_contact_prob_per_month, static_cast<double>(k)));
  std::vector<std::uint16_t> next(migrants.known.begin(), migrants.known.end());  // everybody hears from what others knew at the start of the month
  if (open != 0)
    for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
      std::array<double, rows_per_block> alone;  // the chance of not hearing of a programme without contacts
      std::array<std::uint16_t, rows_per_block> news;
      std::uint16_t any = 0;
      for (std::size_t m = from; m != to; ++m) {
        auto const person = migrants.person[m];
        auto const here = static_cast<std::uint16_t>((persons.traits[person] & (Persons::gone_bit | Persons::inert_bit)) == 0 ? open & static_cast<std::uint16_t>(~migrants.known[m]) : 0);
        any |= news[m - from] = here;
        if (here != 0) alone[m - from] = (1 - p.news_background_prob_per_month) * (1 - told[world.district_of(person)]);
      }
      DrawBatch<rows_per_block> draws;
      for (unsigned k = 0; k < world.rules.programmes.size(); ++k) {
        if (((any >> k) & 1U) == 0) continue;
        draws.clear();
        for (std::size_t m = from; m != to; ++m)
          if (((news[m - from] >> k) & 1U) != 0) draws.add(mix(persons.id[migrants.person[m]], world.rules.programmes[k].key), static_cast<std::uint32_t>(m));
        draws.draw(world.stream, Purpose::news);
        for (std::size_t i = 0; i < draws.size(); ++i) {
          auto const m = draws.tag(i);
          auto const bits = draws.word(0, i);
          double const untold_alone = alone[m - from];
          if (bits >= threshold_of(1 - untold_alone)) {
            // Contacts are asked only where they could make the difference.
            if (bits >= threshold_of(1 - untold_alone * untold_by(world.ties.contact_count(m)))) continue;
            std::size_t informed = 0;
            world.ties.for_contacts(m, [&](std::uint32_t other) {
              if (!persons.gone(migrants.person[other])) informed += (migrants.known[other] >> k) & 1U;
            });
            if (bits >= threshold_of(1 - untold_alone * untold_by(informed))) continue;
          }
          next[m] |= static_cast<std::uint16_t>(1U << k);
          world.note(migrants.person[m], Event::learnt_of_programme, k);
        }
      }
    });
  std::copy(next.begin(), next.end(), migrants.known.begin());

  auto& employers = world.employers;
  for_blocks(employers.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t e = from; e != to; ++e) {
      double const reach = world.rules.guide_reach[employers.district[e]];
      for (auto& level : employers.knowledge[e]) {
        double k = level / 65535.0;
        k += p.employers_knowledge_growth_per_month * k * (1 - k);
        k += p.employers_guide_effect * reach * (1 - k);
        level = static_cast<std::uint16_t>(std::min(65535.0, k * 65535 + 0.5));
      }
    }
  });
}

}  // namespace arraigo
