/// News (ODD 4.1). Knowledge of open programmes spreads:
///   P(learn) = 1 - (1 - k0) prod_campaigns(1 - kc reach) (1 - ko [reached by an organisation]) (1 - kt spaces informed) (1 - kt)^(informed contacts).
/// Organisations of migrants also raise the trust of whom they reach. Employers learn which documents are valid:
/// K' = K + g K (1 - K), and by guides.
/// Reads: known (start of month), ties, campaigns, civil_reach, spaces_stock, guide_reach.  Writes: known, trust, knowledge.
/// Draws: news (migrant, programme), reach (migrant).
/// Source: forms and values are assumptions with ranges (parameters news.*, employers.*).
#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "core/prefetch.hpp"
#include "phases/phases.hpp"

namespace arraigo {

void spread_news(World& world, Setup const& setup) {
  auto& migrants = world.migrants;
  auto const& persons = world.persons;
  auto const& p = setup.params;
  std::size_t const n = world.districts.size();
  // Campaigns about programmes: the chance that none of those for everybody tells, by district; those that favour groups are
  // asked person by person.
  std::vector<double> untold_here(n, 1.0);
  std::vector<Reach const*> favouring;
  for (std::size_t k = 0; k < world.rules.campaigns.size(); ++k) {
    auto const& campaign = world.rules.campaigns[k];
    if ((world.rules.campaign_contents[k] & about_programmes) == 0) continue;
    if (campaign.priority.groups != 0) favouring.push_back(&campaign);
    else
      for (std::size_t d = 0; d < n; ++d) untold_here[d] *= 1 - p.news_campaign_effect * static_cast<double>(campaign.share[d]);
  }
  auto const untold_by_favouring = [&](std::uint32_t person, std::size_t d) {
    double missed = 1;
    for (auto const* campaign : favouring)
      missed *= 1 - p.news_campaign_effect * campaign->priority.of(world.in_groups(person, campaign->priority.groups), static_cast<double>(campaign->share[d]));
    return missed;
  };
  std::uint16_t open = 0;
  for (std::size_t k = 0; k < world.rules.programmes.size(); ++k)
    if (world.rules.programmes[k].open) open |= static_cast<std::uint16_t>(1U << k);
  // Organisations of migrants reach a part of them, whom they tell and whose trust they win.
  bool const organised = std::any_of(world.rules.civil_reach.begin(), world.rules.civil_reach.end(), [](double reach) { return reach > 0; });
  auto const& ids = world.ids_of_migrants();
  std::vector<std::uint8_t> reached(organised ? migrants.size() : 0, 0);
  if (organised)
    for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
      DrawBatch<rows_per_block> draws;
      for (std::size_t m = from; m != to; ++m) {
        auto const person = migrants.person[m];
        if ((persons.traits[person] & (Persons::gone_bit | Persons::inert_bit)) == 0) draws.add(mix(ids[m], 0x636976696cULL), static_cast<std::uint32_t>(m));
      }
      draws.draw(world.stream, Purpose::reach);
      for (std::size_t i = 0; i < draws.size(); ++i) {
        auto const m = draws.tag(i);
        if (draws.word(0, i) >= threshold_of(world.rules.civil_reach[world.district_of(migrants.person[m])])) continue;
        reached[m] = 1;
        double const trust = migrants.trust[m] / 255.0;
        migrants.trust[m] = static_cast<std::uint8_t>(std::min(255.0, 255 * (trust + p.news_civil_society_trust_gain * (1 - trust)) + 0.5));
      }
    });
  // In shared spaces people meet one more neighbour, who knows of a programme as often as the district's migrants do.
  std::vector<std::array<double, programme_limit>> unmet(n);
  for (auto& district : unmet) district.fill(1.0);
  if (open != 0 && std::any_of(world.districts.begin(), world.districts.end(), [](auto const& d) { return d.spaces_stock > 0; })) {
    std::vector<std::array<std::int32_t, programme_limit + 1>> informed(n);  // by programme, and all
    for (auto& district : informed) district.fill(0);
    for (std::size_t m = 0; m < migrants.size(); ++m) {
      auto const person = migrants.person[m];
      if (persons.gone(person) || persons.inert(person)) continue;
      auto& here = informed[world.district_of(person)];
      ++here[programme_limit];
      for (unsigned bits = migrants.known[m] & open; bits != 0; bits &= bits - 1) ++here[static_cast<std::size_t>(std::countr_zero(bits))];
    }
    for (std::size_t d = 0; d < n; ++d)
      for (std::size_t k = 0; k < programme_limit; ++k)
        unmet[d][k] = 1 - p.news_contact_prob_per_month * world.districts[d].spaces_stock * informed[d][k] / std::max(1, informed[d][programme_limit]);
  }
  // The chance that none of k contacts tells.
  std::vector<double> untold{1.0};
  auto const untold_by = [&](std::size_t k) { return k < untold.size() ? untold[k] : std::pow(1 - p.news_contact_prob_per_month, static_cast<double>(k)); };
  for (std::size_t k = 1; k < 128; ++k) untold.push_back(std::pow(1 - p.news_contact_prob_per_month, static_cast<double>(k)));
  std::vector<std::uint16_t> next(migrants.known.begin(), migrants.known.end());  // everybody hears from what others knew at the start of the month
  if (open != 0)
    for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
      std::array<double, rows_per_block> alone;  // the chance of not hearing of a programme without contacts
      std::array<std::uint16_t, rows_per_block> news, place;
      std::uint16_t any = 0;
      for (std::size_t m = from; m != to; ++m) prefetch(&persons.traits[migrants.person[m]], &persons.household[migrants.person[m]]);
      for (std::size_t m = from; m != to; ++m) {
        auto const person = migrants.person[m];
        auto const here = static_cast<std::uint16_t>((persons.traits[person] & (Persons::gone_bit | Persons::inert_bit)) == 0 ? open & static_cast<std::uint16_t>(~migrants.known[m]) : 0);
        any |= news[m - from] = here;
        if (here == 0) continue;
        auto const d = world.district_of(person);
        place[m - from] = d;
        alone[m - from] = (1 - p.news_background_prob_per_month) * untold_here[d];
        if (!favouring.empty()) alone[m - from] *= untold_by_favouring(person, d);
        if (organised && reached[m] != 0) alone[m - from] *= 1 - p.news_civil_society_effect;
      }
      DrawBatch<rows_per_block> draws;
      for (unsigned k = 0; k < world.rules.programmes.size(); ++k) {
        if (((any >> k) & 1U) == 0) continue;
        draws.clear();
        std::array<std::uint32_t, rows_per_block> to_hear;  // written always and counted when it counts
        std::size_t hear = 0;
        for (std::size_t m = from; m != to; ++m) {
          to_hear[hear] = static_cast<std::uint32_t>(m);
          hear += (news[m - from] >> k) & 1U;
        }
        for (auto const m : std::span(to_hear).first(hear)) draws.add(mix(ids[m], world.rules.programmes[k].key), m);
        draws.draw(world.stream, Purpose::news);
        for (std::size_t i = 0; i < draws.size(); ++i) {
          auto const m = draws.tag(i);
          if (i + 8 < draws.size()) world.ties.prefetch_contacts(draws.tag(i + 8));
          auto const bits = draws.word(0, i);
          double const untold_alone = alone[m - from] * unmet[place[m - from]][k];
          if (bits >= threshold_of(1 - untold_alone)) {
            // Contacts are asked only where they could make the difference.
            if (bits >= threshold_of(1 - untold_alone * untold_by(world.ties.contact_count(m)))) continue;
            std::size_t informed = 0;
            world.ties.for_contacts(m, [&](std::uint32_t other) {
              if (((migrants.known[other] >> k) & 1U) != 0 && !persons.gone(migrants.person[other])) ++informed;
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
