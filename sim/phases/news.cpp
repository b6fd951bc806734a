/// News (ODD 4.1). Knowledge of open programmes spreads: P(learn) = 1 - (1 - k0)(1 - kc reach)(1 - kt)^(informed contacts).
/// Employers learn which documents are valid: K' = K + g K (1 - K), and by guides.
/// Reads: known (start of month), ties, information_reach, guide_reach.  Writes: known, knowledge.  Draws: news (migrant, programme).
/// Source: forms and values are assumptions with ranges (parameters news.*, employers.*).
#include <algorithm>

#include "phases/phases.hpp"

namespace arraigo {

void spread_news(World& world, Setup const& setup) {
  auto& migrants = world.migrants;
  auto const& persons = world.persons;
  auto const& p = setup.params;
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
      for (std::size_t m = from; m != to; ++m) {
        std::uint16_t const news = open & static_cast<std::uint16_t>(~migrants.known[m]);
        auto const person = migrants.person[m];
        if (news == 0 || persons.gone(person) || persons.inert(person)) continue;
        double const reach = world.rules.information_reach[world.district_of(person)];
        double const alone = (1 - p.news_background_prob_per_month) * (1 - p.news_campaign_effect * reach);
        double const most_unaware = alone * untold_by(world.ties.contact_count(static_cast<std::uint32_t>(m)));
        for (unsigned k = 0; k < world.rules.programmes.size(); ++k) {
          if (((news >> k) & 1U) == 0) continue;
          Draws draws(world.stream, Purpose::news, persons.id[person], world.rules.programmes[k].key);
          std::uint32_t const bits = draws.bits();
          // Contacts are asked only where they could make the difference.
          if (bits >= threshold_of(1 - most_unaware)) continue;
          if (bits >= threshold_of(1 - alone)) {
            std::size_t informed = 0;
            world.ties.for_contacts(static_cast<std::uint32_t>(m), [&](std::uint32_t other) {
              if (!persons.gone(migrants.person[other])) informed += (migrants.known[other] >> k) & 1U;
            });
            if (bits >= threshold_of(1 - alone * untold_by(informed))) continue;
          }
          next[m] |= static_cast<std::uint16_t>(1U << k);
          world.note(person, Event::learnt_of_programme, k);
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
