/// Society: news by group, organisations, attitudes' stocks, checks by the police, cash, rents and transfers, and rules with
/// the decisions of another scenario, each on a handful of agents or against the formula.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "phases/phases.hpp"
#include "support/few_in_lima.hpp"

namespace arraigo::tests {
namespace {

std::int64_t flow(World const& world, Flow what) {
  auto const first = world.flows.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(what) * world.districts.size());
  return std::accumulate(first, first + static_cast<std::ptrdiff_t>(world.districts.size()), std::int64_t{0});
}
std::uint32_t bit(PersonGroup group) { return 1U << static_cast<unsigned>(group); }

// News ---------------------------------------------------------------------------------------------------------------

/// A month's news where nobody hears of a programme but by the measure.
World after_news(Prepared const& prepared) {
  World world = world_before_phase(prepared, 0, "news", 1);
  std::fill(world.migrants.known.begin(), world.migrants.known.end(), std::uint16_t{0});
  spread_news(world, *prepared.setup);
  return world;
}
constexpr char const* told_by_the_measure_alone = "parameters: {news: {background_prob_per_month: 0.02, contact_prob_per_month: 0.01, campaign_effect: 0.9, civil_society_effect: 0.95}}\n";

double share_who_know(World const& world, std::function<bool(std::uint32_t)> const& among) {
  double people = 0, know = 0;
  for (std::size_t m = 0; m < world.migrants.size(); ++m) {
    auto const person = world.migrants.person[m];
    if (world.persons.gone(person) || !among(person)) continue;
    people += 1;
    know += (world.migrants.known[m] & 1U) != 0 ? 1 : 0;
  }
  return know / people;
}

TEST(News, ACampaignKeptForAGroupTellsItsMembers) {
  auto const prepared = few("  - {id: c, kind: information_campaign, from: 2026-01, reach_share_per_month: 1, priority: [women], reserved_share: 1}\n", 20, 3, told_by_the_measure_alone);
  auto const world = after_news(*prepared);
  auto const is_woman = [&](std::uint32_t person) { return world.persons.sex(person) == Sex::female; };
  EXPECT_NEAR(share_who_know(world, is_woman), 1 - 0.98 * 0.1, 0.03);
  EXPECT_NEAR(share_who_know(world, [&](auto person) { return !is_woman(person); }), 0.02, 0.015);
}

TEST(News, AnOrganisationTellsAndWinsTheTrustOfWhomItReaches) {
  auto const prepared = few("  - {id: o, kind: civil_society, from: 2026-01, reach_share_per_month: 0.5}\n", 20, 3, told_by_the_measure_alone);
  World const before = world_before_phase(*prepared, 0, "news", 1);
  auto const world = after_news(*prepared);
  double const gain = prepared->setup->params.news_civil_society_trust_gain;
  std::size_t won = 0, people = 0;
  for (std::size_t m = 0; m < world.migrants.size(); ++m) {
    if (world.persons.gone(world.migrants.person[m])) continue;
    double const was = before.migrants.trust[m], now = world.migrants.trust[m];
    ++people;
    if (now == was) continue;
    ++won;
    EXPECT_NEAR(now, was + gain * (255 - was), 0.51);
  }
  EXPECT_NEAR(static_cast<double>(won), 0.5 * static_cast<double>(people), 0.06 * static_cast<double>(people));
  // Whom it reaches trusts and is told: half of all learn by it, nearly none of the others.
  std::size_t informed = 0;
  for (std::size_t m = 0; m < world.migrants.size(); ++m)
    if (!world.persons.gone(world.migrants.person[m]) && world.migrants.trust[m] != before.migrants.trust[m]) informed += world.migrants.known[m] & 1U;
  EXPECT_GT(static_cast<double>(informed), 0.9 * static_cast<double>(won));
}

TEST(News, SharedSpacesAddTheWordOfANeighbour) {
  auto const prepared = few("", 20, 3, told_by_the_measure_alone);
  World alone = world_before_phase(*prepared, 0, "news", 1);
  for (std::size_t m = 0; m < alone.migrants.size(); ++m) alone.migrants.known[m] = static_cast<std::uint16_t>(mix(m) & 1U);  // half know
  World together = alone;
  for (auto& d : together.districts) d.spaces_stock = 1;
  spread_news(alone, *prepared->setup);
  spread_news(together, *prepared->setup);
  std::size_t more = 0, fewer = 0;
  for (std::size_t m = 0; m < alone.migrants.size(); ++m) {
    more += (together.migrants.known[m] & ~alone.migrants.known[m] & 1U) != 0 ? 1 : 0;
    fewer += (alone.migrants.known[m] & ~together.migrants.known[m] & 1U) != 0 ? 1 : 0;
  }
  EXPECT_EQ(fewer, 0U);
  EXPECT_GT(more, 0U);
}

TEST(News, AGuideTeachesFirmsWhereItActsAPartOfWhatTheyDoNotKnow) {
  auto const prepared = few("", 400, 3);
  auto before = world_before_phase(*prepared, 0, "news", 1);
  before.rules.guide_reach[0] = 1;
  for (double const effect : {0.5, 0.0}) {
    auto scenario = prepared->scenario;
    scenario.parameters.employers_guide_effect = effect;
    scenario.parameters.employers_knowledge_growth_per_month = 0;
    auto after = before;
    spread_news(after, *prepare(std::move(scenario))->setup);
    std::array<std::size_t, 2> firms{};
    for (std::size_t e = 0; e < before.employers.size(); ++e) {
      bool const here = before.employers.district[e] == 0;
      ++firms[here ? 1 : 0];
      for (std::size_t k = 0; k < document_count; ++k) {
        double const known = before.employers.knowledge[e][k];
        EXPECT_NEAR(after.employers.knowledge[e][k], known + (here ? effect * (65535 - known) : 0), 0.51);
      }
    }
    EXPECT_GT(firms[0], 20U);
    EXPECT_GT(firms[1], 20U);
  }
}

// Attitudes ----------------------------------------------------------------------------------------------------------

TEST(Attitudes, StocksFollowTheirFormulas) {
  auto const prepared = few(
      "  - {id: a, kind: cohesion_campaign, from: 2026-01, reach_share_per_month: 0.2}\n"
      "  - {id: b, kind: host_support, from: 2026-01, reach_share_per_month: 0.3}\n"
      "  - {id: c, kind: shared_spaces, from: 2026-01, reach_share_per_month: 0.4}\n"
      "  - {id: d, kind: media_training, from: 2026-01, reach_share_per_month: 0.5}\n"
      "  - {id: e, kind: school_cohesion, from: 2026-01, to: 2026-03, reach_share_per_month: 0.6}\n",
      400, 6);
  auto const& p = prepared->setup->params;
  double campaign = 0, support = 0, spaces = 0, media = 0, school = 0;
  auto const next = [](double stock, double half_life, double reach) {
    double const kept = stock * std::pow(2, -1 / half_life);
    return kept + reach * (1 - kept);
  };
  int month = 0;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    campaign = next(campaign, p.attitudes_campaign_half_life_months, 0.2);
    support = next(support, p.attitudes_host_support_half_life_months, 0.3);
    spaces = next(spaces, p.attitudes_spaces_half_life_months, 0.4);
    media = next(media, p.attitudes_media_half_life_months, 0.5);
    school += p.attitudes_school_cohort_share_per_year / 12 * ((month < 3 ? 0.6 : 0) - school);
    ++month;
    for (std::size_t i = 0; i < world.districts.size(); ++i) {
      auto const& d = world.districts[i];
      EXPECT_NEAR(d.campaign_stock, campaign, 1e-12);
      EXPECT_NEAR(d.support_stock, support, 1e-12);
      EXPECT_NEAR(d.spaces_stock, spaces, 1e-12);
      EXPECT_NEAR(d.media_stock, media, 1e-12);
      EXPECT_NEAR(d.school_stock, school, 1e-12);
      double const logit_after = d.hostility_logit - p.attitudes_campaign_effect_logits * campaign - p.attitudes_host_support_effect_logits * support -
                                 p.attitudes_spaces_effect_logits * spaces - p.attitudes_school_effect_logits * school;
      EXPECT_NEAR(world.hostility(i), logistic(logit_after), 1e-12);
    }
  });
}

TEST(Attitudes, TrainedJournalistsDoNotCarryPartOfAHostileNarrative) {
  auto const prepared = few("", 400, 1);
  World plain = world_before_phase(*prepared, 0, "attitudes", 0);
  double const effect = prepared->setup->params.attitudes_media_effect;
  for (double const push : {0.2, -0.2}) {
    World trained = plain, told = plain;
    for (auto& d : trained.districts) d.media_stock = 0.5;
    for (auto* world : {&trained, &told}) std::fill(world->rules.narrative.begin(), world->rules.narrative.end(), push);
    World quiet = plain;
    for (auto* world : {&trained, &told, &quiet}) move_attitudes(*world, *prepared->setup);
    for (std::size_t i = 0; i < plain.districts.size(); ++i) {
      double const calm = quiet.districts[i].hostility_logit;
      EXPECT_NEAR(told.districts[i].hostility_logit - calm, push, 1e-12);
      EXPECT_NEAR(trained.districts[i].hostility_logit - calm, push > 0 ? push * (1 - effect * 0.5) : push, 1e-12);
    }
  }
}

TEST(Attitudes, LgbtiqMigrantsFeelDiscriminationMoreOftenAndTheMeanStays) {
  auto const count = [](double factor) {
    auto scenario = variant("baseline", "parameters: {groups: {lgbtiq_share: 0.12}, attitudes: {felt_rate_per_month: 0.1}}\n", small_case(20, 1, few_districts_of_lima));
    scenario.parameters.attitudes_lgbtiq_felt_factor = factor;
    auto const prepared = prepare(std::move(scenario));
    World const before = world_before_phase(*prepared, 0, "attitudes", 0);
    std::array<double, 2> felt{}, adults{};
    for (int month = 0; month < 24; ++month) {
      World world = before;
      world.stream.month = world.stream.month + month;
      move_attitudes(world, *prepared->setup);
      for (std::size_t m = 0; m < world.migrants.size(); ++m) {
        auto const person = world.migrants.person[m];
        if (world.persons.gone(person) || !is_active(world.persons.activity[person])) continue;
        std::size_t const group = world.is_lgbtiq(person) ? 1 : 0;
        adults[group] += 1;
        felt[group] += world.migrants.felt[m] == world.stream.month.index ? 1 : 0;
      }
    }
    return std::array{felt[0] / adults[0], felt[1] / adults[1], (felt[0] + felt[1]) / (adults[0] + adults[1])};
  };
  auto const same = count(1), twice = count(2);
  EXPECT_NEAR(same[1] / same[0], 1, 0.12);
  EXPECT_NEAR(twice[1] / twice[0], 2, 0.25);
  EXPECT_NEAR(twice[2] / same[2], 1, 0.03);
}

// Checks by the police -----------------------------------------------------------------------------------------------

TEST(Enforcement, ExpelsAdultsWithoutPapersAndWithThemMinorsLeftAlone) {
  auto const prepared = few("", 50, 2);
  World const before = world_before_phase(*prepared, 0, "regularisation", 0);
  // Permits that are about to lapse would do so in the same phase.
  World checked = before;
  for (auto& expiry : checked.migrants.expiry) expiry = std::max<std::int16_t>(expiry, checked.stream.month.index);
  World plain = checked;
  std::fill(checked.rules.checks_share.begin(), checked.rules.checks_share.end(), 1.0);
  std::fill(checked.rules.expulsion_share.begin(), checked.rules.expulsion_share.end(), 1.0);
  regularise(checked, *prepared->setup);
  std::map<std::uint32_t, int> adults_left;
  auto const of_age = [&](std::uint32_t row) { return before.persons.age_months(row, before.stream.month.index) >= 18 * 12; };
  std::int64_t expelled = 0, gone = 0;
  for (std::uint32_t row = 0; row < before.persons.size(); ++row)
    if (!checked.persons.gone(row) && of_age(row)) ++adults_left[before.persons.household[row]];
  std::size_t kept_by_permit = 0, minors_kept = 0, minors_gone = 0;
  for (std::uint32_t row = 0; row < before.persons.size(); ++row) {
    if (before.persons.gone(row)) continue;
    auto const m = before.persons.migrant[row];
    bool const without = m != no_row && plain.migrants.permit[m] == Permit::irregular && plain.migrants.claim[m] != Claim::pending;
    gone += checked.persons.gone(row) ? 1 : 0;
    if (without && of_age(row)) {
      EXPECT_TRUE(checked.persons.gone(row));
      ++expelled;
    } else if (of_age(row)) {
      EXPECT_FALSE(checked.persons.gone(row));
      kept_by_permit += m != no_row ? 1 : 0;
    } else if (m != no_row && checked.persons.gone(row)) {
      EXPECT_EQ(adults_left[before.persons.household[row]], 0);
      ++minors_gone;
    } else if (m != no_row) {
      ++minors_kept;
    }
  }
  EXPECT_GT(expelled, 10);
  EXPECT_GT(kept_by_permit, 10U);
  EXPECT_GT(minors_kept, 0U);
  EXPECT_GT(minors_gone, 0U);
  EXPECT_EQ(flow(checked, Flow::expulsions), expelled);
  EXPECT_EQ(flow(checked, Flow::departures) - flow(before, Flow::departures), gone);
}

TEST(Enforcement, LowersTheTrustOfWhoIsChecked) {
  auto const prepared = few("", 50, 2);
  World const before = world_before_phase(*prepared, 0, "regularisation", 0);
  World checked = before, plain = before;
  std::fill(checked.rules.checks_share.begin(), checked.rules.checks_share.end(), 0.5);
  double const kept = prepared->setup->params.status_enforcement_trust_kept_share;
  regularise(plain, *prepared->setup);
  regularise(checked, *prepared->setup);
  std::size_t lower = 0, people = 0;
  for (std::size_t m = 0; m < before.migrants.size(); ++m) {
    if (before.persons.gone(before.migrants.person[m]) || plain.migrants.trust[m] != before.migrants.trust[m] || plain.migrants.stage[m] != checked.migrants.stage[m]) continue;
    ++people;
    if (checked.migrants.trust[m] == before.migrants.trust[m]) continue;
    ++lower;
    EXPECT_NEAR(checked.migrants.trust[m], kept * before.migrants.trust[m], 0.51);
  }
  EXPECT_NEAR(static_cast<double>(lower), 0.5 * static_cast<double>(people), 0.08 * static_cast<double>(people));
  EXPECT_EQ(flow(checked, Flow::expulsions), 0);
}

TEST(Enforcement, EachCheckIsChargedOnce) {
  auto const prepared = few("  - {id: x, kind: migration_enforcement, from: 2026-01, checks_share_per_month: 0.3, unit_cost_soles: 10, payer: donor}\n", 50, 1);
  std::int64_t migrants = 0;
  run(*prepared, 0, [&](World& world, auto const&) { for (auto const& d : world.districts) migrants += d.migrants; },
      [&](World& world, auto const&) {
        auto const checked = world.measure_units.back();
        EXPECT_EQ(checked % 1000, 0);
        EXPECT_NEAR(static_cast<double>(checked) / 1000, 0.3 * static_cast<double>(migrants), 0.1 * static_cast<double>(migrants));
        auto const cents = std::llround(static_cast<double>(checked) * prepared->setup->real(1, Month::of(2026, 1)));  // ten soles each
        EXPECT_EQ(line(world, Line::security), cents);
        EXPECT_EQ(world.paid[static_cast<std::size_t>(Payer::donor)], cents);
      });
}

// Regularisation -----------------------------------------------------------------------------------------------------

TEST(CaseProcessing, MultipliesCasesAndShortensProcessing) {
  std::string const programme = "  - {id: permit, kind: programme, from: 2026-01, eligible: [irregular], grants: temporary, capacity_per_month: 1000, validity_months: 12, processing_months: 3}\n";
  auto const base = few(programme), equipped = few(programme + "  - {id: x, kind: case_processing, from: 2026-01, capacity_factor: 2.5, months_less: 2}\n");
  World const a = world_before_phase(*base, 0, "news", 0), b = world_before_phase(*equipped, 0, "news", 0);
  ASSERT_EQ(a.rules.programmes.size(), b.rules.programmes.size());
  for (std::size_t k = 0; k < a.rules.programmes.size(); ++k) {
    EXPECT_DOUBLE_EQ(b.rules.programmes[k].capacity_agents, 2.5 * a.rules.programmes[k].capacity_agents);
    EXPECT_EQ(b.rules.programmes[k].processing_months, std::max(0, a.rules.programmes[k].processing_months - 2));
  }
}

TEST(CaseProcessing, CostsNothingWhereItCutsCapacity) {
  auto const cost = [](std::string const& factor) {
    auto const prepared = few("  - {id: x, kind: case_processing, from: 2026-01, capacity_factor: " + factor + "}\n", 100, 1);
    std::int64_t cents = 0;
    run(*prepared, 0, {}, [&](World& world, auto const&) { cents = line(world, Line::information_systems); });
    return cents;
  };
  EXPECT_GT(cost("1.5"), cost("1"));
  EXPECT_EQ(cost("0.5"), cost("1"));
}

TEST(Newborns, AreForgottenByOneMotherOfTheirHousehold) {
  auto const prepared = few("", 20, 4);
  auto world = world_before_phase(*prepared, 0, "households", 3);
  auto& persons = world.persons;
  auto const flagged = [&] {
    std::size_t n = 0;
    for (auto const has : persons.has) n += (has & has_newborn_stray) != 0 ? 1 : 0;
    return n;
  };
  std::size_t tried = 0;
  for (auto const child : world.strays) {
    if (persons.gone(child) || persons.age_months(child, world.stream.month.index) > 3 || persons.migrant[child] != no_row) continue;
    auto const h = persons.household[child];
    auto const mother = [&] {
      for (auto row = world.households.first[h]; row < world.households.first[h] + world.households.count[h]; ++row)
        if (persons.household[row] == h && (persons.has[row] & has_newborn_stray) != 0) return row;
      return no_row;
    }();
    if (mother == no_row) continue;  // she has left home since
    ++tried;
    auto const before = flagged();
    forget_newborn(world, mother);
    EXPECT_EQ(flagged(), before) << "nobody who stands in the household's range is a newborn outside it";
    forget_newborn(world, child);
    EXPECT_EQ(flagged(), before - 1);
    EXPECT_EQ(persons.has[mother] & has_newborn_stray, 0);
  }
  EXPECT_GT(tried, 5U);
}

TEST(Programmes, ADecidedCaseIsChargedToTheMeasureOfItsWindow) {
  auto const prepared = few("  - {id: permit, kind: programme, from: 2026-01, eligible: [irregular], grants: temporary, fine_share: 0, capacity_per_month: 100000, validity_months: 12, processing_months: 0, unit_cost_soles: 10, payer: donor}\n", 50, 4);
  std::int64_t decided = 0;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    std::int64_t own = 0, others = 0;
    for (std::size_t k = 0; k < world.decided.size(); ++k) (world.rules.programmes[k].name == "permit" ? own : others) += world.decided[k];
    decided += own;
    auto const cents = std::llround(1000 * static_cast<double>(own) * prepared->setup->real(1, Month::of(2026, 1)));
    EXPECT_EQ(world.paid[static_cast<std::size_t>(Payer::donor)], cents);
    EXPECT_EQ(line(world, Line::permit_processing), cents + std::llround(100 * country().unit_cost("permit_case")) * others);
  });
  EXPECT_GT(decided, 10);
}

TEST(Amnesty, OfTheWholeFineLeavesNoFines) {
  std::string const programme = "  - {id: permit, kind: programme, from: 2026-01, eligible: [irregular], grants: temporary, capacity_per_month: 100000, validity_months: 12}\n";
  auto const fines = [&](std::string const& more) {
    std::int64_t sum = 0;
    run(*few(programme + more, 50), 0, {}, [&](World& world, auto const&) { sum += line(world, Line::fines); });
    return sum;
  };
  auto const whole = fines("");
  EXPECT_GT(whole, 0);
  EXPECT_EQ(fines("  - {id: x, kind: fine_amnesty, from: 2026-01, share_waived: 1}\n"), 0);
}

/// Applications of the first month of a programme that grants a temporary permit.
std::int64_t first_applications(std::string const& more, double worth = 0.3) {
  auto scenario = variant("baseline", "measures:\n  - {id: permit, kind: programme, from: 2026-01, eligible: [irregular], grants: temporary, fine_share: 0, capacity_per_month: 100000, validity_months: 12}\n" + more, small_case(100, 1));
  scenario.parameters.status_value_of_entitlement = worth;
  auto const prepared = prepare(std::move(scenario));
  auto const record = run(*prepared);
  return value(prepared->layout, record, "applications");
}

TEST(TakeUp, RisesWithTheMenuOfServicesAndNotWithSocialProgrammes) {
  auto const plain = first_applications("");
  std::string menu;
  for (char const* const service : {"health_insurance", "household_registry", "credit", "skills_certification"})
    menu += fmt::format("  - {{id: {0}, kind: accepted_documents, from: 2026-01, service: {0}, permits: [temporary]}}\n", service);
  EXPECT_GT(first_applications(menu), plain);
  EXPECT_EQ(first_applications(menu, 0), first_applications("", 0));
  std::string programmes;
  for (char const* const transfer : {"juntos", "pension65", "contigo", "scholarship"})
    programmes += fmt::format("  - {{id: {0}, kind: transfer_programme, from: 2026-01, transfer: {0}, permits: [temporary]}}\n", transfer);
  EXPECT_EQ(first_applications(programmes), plain) << "their worth is the registry's";
}

// Cash, rent, transfers ----------------------------------------------------------------------------------------------

/// A month's households phase with the cash support, and without.
struct Pooled {
  std::shared_ptr<Prepared const> prepared = few("", 50, 2);
  World before = world_before_phase(*prepared, 0, "households", 0);
  World plain = pooled({});

  [[nodiscard]] CashSupport cash(CashPurpose purpose, double coverage, double soles, std::uint32_t groups) const {
    CashSupport c;
    c.purpose = purpose;
    c.first_month = true;
    c.groups = groups;
    c.coverage_share = coverage;
    c.soles = soles;
    c.here.assign(before.districts.size(), 1);
    c.here[0] = 0;
    return c;
  }
  [[nodiscard]] World pooled(std::vector<CashSupport> cash) const {
    World world = before;
    world.accounts.fill(0);
    world.paid.fill(0);
    world.rules.cash = std::move(cash);
    pool_household_income(world, *prepared->setup);
    return world;
  }
};

TEST(Cash, ReachesCoveredHouseholdsOfTheGroupsInThePlaces) {
  Pooled const p;
  auto const half = p.cash(CashPurpose::humanitarian, 0.5, 100, bit(PersonGroup::migrants));
  auto const helped = p.pooled({half});
  std::size_t covered = 0, eligible = 0;
  for (std::size_t h = 0; h < p.before.households.size(); ++h) {
    bool member = false;  // who has just left the parents' home stands in the row that the household names
    for (auto row = p.before.households.first[h]; row < p.before.households.first[h] + std::max<std::uint32_t>(1, p.before.households.count[h]); ++row)
      member = member || (p.before.persons.household[row] == h && !p.before.persons.gone(row) && is_foreign(p.before.persons.origin(row)));
    bool const may = member && p.before.households.district[h] != 0;
    eligible += may ? 1 : 0;
    auto const more = static_cast<std::int64_t>(helped.households.income_cents[h]) - p.plain.households.income_cents[h];
    if (more == 0) continue;
    ++covered;
    EXPECT_TRUE(may);
    EXPECT_TRUE(covered_by(p.before, half, h));
    if (p.plain.households.income_cents[h] > 0) { EXPECT_EQ(more, 10000); }
  }
  EXPECT_NEAR(static_cast<double>(covered), 0.5 * static_cast<double>(eligible), 0.1 * static_cast<double>(eligible));
  EXPECT_EQ(line(helped, Line::cash_support), static_cast<std::int64_t>(10000 * covered));
}

TEST(Cash, MoreCoverageAddsHouseholdsAndTakesNoneAway) {
  Pooled const p;
  std::set<std::size_t> before;
  std::size_t eligible = 0;
  for (double const coverage : {0.0, 0.2, 0.6, 1.0}) {
    auto const c = p.cash(CashPurpose::humanitarian, coverage, 100, bit(PersonGroup::single_parents) | bit(PersonGroup::disability));
    std::set<std::size_t> now;
    eligible = 0;
    for (std::size_t h = 0; h < p.before.households.size(); ++h) {
      if (covered_by(p.before, c, h)) now.insert(h);
      bool member = false;
      for (auto row = p.before.households.first[h]; row < p.before.households.first[h] + p.before.households.count[h]; ++row)
        member = member || (p.before.persons.household[row] == h && !p.before.persons.gone(row) && p.before.in_groups(row, c.groups));
      eligible += member && p.before.households.district[h] != 0 ? 1 : 0;
    }
    EXPECT_TRUE(std::includes(now.begin(), now.end(), before.begin(), before.end()));
    EXPECT_EQ(now.empty(), coverage == 0);
    before = std::move(now);
  }
  EXPECT_GE(before.size(), eligible) << "full coverage leaves out some that are eligible";
}

/// The last of the months, with the cash supports in force in it.
World supported(std::string const& measures, int months = 1) { return world_before_phase(*few(measures, 50, months), 0, "households", months - 1); }
std::string support(char const* id, std::string const& fields) { return fmt::format("  - {{id: {}, kind: cash_support, soles_per_month: 100, {}}}\n", id, fields); }

TEST(Cash, OfTwoMeasuresAtOnceIsDrawnAnewForEach) {
  auto const world = supported(support("a", "from: 2026-01, to: 2026-06, coverage_share: 0.5, priority: [hosts]") + support("b", "from: 2026-01, coverage_share: 0.4, priority: [hosts]"));
  ASSERT_EQ(world.rules.cash.size(), 2U);
  auto everybody = world.rules.cash[0];
  everybody.coverage_share = 1;
  double all = 0, both = 0;
  std::array<double, 2> covered{};
  for (std::size_t h = 0; h < world.households.size(); ++h) {
    if (!covered_by(world, everybody, h)) continue;
    bool const a = covered_by(world, world.rules.cash[0], h), b = covered_by(world, world.rules.cash[1], h);
    all += 1, covered[0] += a ? 1 : 0, covered[1] += b ? 1 : 0, both += a && b ? 1 : 0;
  }
  ASSERT_GT(all, 2000);
  auto const near = [&](double found, double share) { EXPECT_NEAR(found, share * all, 4 * std::sqrt(all * share * (1 - share))); };
  near(covered[0], 0.5);
  near(covered[1], 0.4);
  near(both, 0.5 * 0.4);
}

TEST(Cash, OfOneMeasureAfterAnotherGoesToTheSameHouseholds) {
  auto const list = [](std::string const& before) {
    auto const world = supported(before + support("last", "from: 2026-03, coverage_share: 0.5"), 3);
    return world.rules.cash.back().list;
  };
  EXPECT_EQ(list(""), 0U);
  EXPECT_EQ(list(support("a", "from: 2026-01, to: 2026-02, coverage_share: 0.5")), 0U);
  EXPECT_EQ(list(support("a", "from: 2026-04, coverage_share: 0.5")), 0U) << "what begins later takes another list, wherever it stands";
  EXPECT_EQ(list(support("a", "from: 2026-01, to: 2026-03, coverage_share: 0.5")), 1U) << "they share a month";
  EXPECT_EQ(list(support("a", "from: 2026-01, coverage_share: 0")), 0U) << "it supports nobody";
  EXPECT_EQ(list(support("a", "from: 2026-01, coverage_share: 0.5, purpose: rent")), 0U) << "purposes have draws of their own";
  // The lowest list that is free: of three measures, the last shares months with the second alone.
  auto const two = support("a", "from: 2026-01, to: 2026-02, coverage_share: 0.5") + support("b", "from: 2026-02, coverage_share: 0.5");
  EXPECT_EQ(list(two), 0U) << "and not the second's";
  // Through the months the first keeps its households, whatever begins meanwhile.
  auto const running = support("a", "from: 2026-01, coverage_share: 0.5");
  EXPECT_EQ(supported(running, 1).rules.cash[0].list, supported(running + support("b", "from: 2026-02, coverage_share: 0.5"), 2).rules.cash[0].list);
}

TEST(Cash, RentSupportGoesToRentersUpToTheirRentAndRelievesThem) {
  Pooled const p;
  auto const small = p.pooled({p.cash(CashPurpose::rent, 1, 80, 0)}), large = p.pooled({p.cash(CashPurpose::rent, 1, 5000, 0)});
  std::size_t renters = 0, relieved = 0, burdened = 0;
  for (std::size_t h = 0; h < p.before.households.size(); ++h) {
    if (p.before.households.members[h] == 0) continue;
    double const rent = rent_soles(p.before, *p.prepared->setup, h);
    bool const here = p.before.households.district[h] != 0;
    auto const more = [&](World const& world) { return static_cast<std::int64_t>(world.households.income_cents[h]) - p.plain.households.income_cents[h]; };
    if (rent == 0 || !here) {
      EXPECT_EQ(more(small), 0);
      EXPECT_EQ(more(large), 0);
      continue;
    }
    ++renters;
    if (p.plain.households.income_cents[h] == 0) continue;  // remittances may have eaten part of it
    EXPECT_EQ(more(small), std::min<std::int64_t>(8000, std::llround(100 * rent)));
    EXPECT_EQ(more(large), std::llround(100 * rent));
    burdened += (p.plain.households.state[h] & Households::rent_burdened_bit) != 0 ? 1 : 0;
    relieved += (large.households.state[h] & Households::rent_burdened_bit) == 0 ? 1 : 0;
  }
  EXPECT_GT(renters, 50U);
  EXPECT_GT(burdened, 10U);
  EXPECT_GT(relieved, burdened);
}

TEST(Cash, SeedCapitalIsPaidInTheFirstMonthAlone) {
  auto const prepared = few("  - {id: x, kind: cash_support, from: 2026-02, purpose: seed_capital, soles_per_month: 760, coverage_share: 1}\n", 100, 4);
  std::vector<std::int64_t> paid, administered;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    administered.push_back(world.measure_units.back() / 1000);
    paid.push_back(line(world, Line::cash_support) - std::llround(100 * country().unit_cost("cash_support_admin")) * administered.back());
  });
  double const soles = prepared->setup->real(760, Month::of(2026, 2));
  EXPECT_EQ(paid[0], 0);
  EXPECT_GT(administered[1], 0);
  EXPECT_EQ(paid[1], administered[1] * std::llround(100 * soles));
  for (std::size_t month : {2, 3}) EXPECT_EQ(paid[month] + administered[month], 0);
}

TEST(Rents, GrowWithMembersAndFollowDensity) {
  Pooled const p;
  std::size_t migrants = 0, renting = 0;
  std::map<std::uint16_t, double> per_head;
  for (std::size_t h = 0; h < p.before.households.size(); ++h) {
    if (p.before.households.members[h] == 0 || p.before.households.count[h] == 0) continue;
    double const rent = rent_soles(p.before, *p.prepared->setup, h);
    if (is_foreign(p.before.persons.origin(p.before.households.first[h]))) {
      ++migrants;
      renting += rent > 0 ? 1 : 0;
    }
    if (rent == 0) continue;
    auto const [found, is_new] = per_head.try_emplace(p.before.households.district[h], rent / p.before.households.members[h]);
    if (!is_new) { EXPECT_NEAR(rent / p.before.households.members[h], found->second, 1e-9); }
  }
  EXPECT_NEAR(static_cast<double>(renting) / static_cast<double>(migrants), p.prepared->setup->params.households_rent_share_migrants, 0.06);
  auto const density = [&](std::size_t d) { return p.before.districts[d].persons_start / p.prepared->setup->country.districts.rows()[p.before.districts[d].table_row].area_km2; };
  for (auto const& [a, rent_a] : per_head)
    for (auto const& [b, rent_b] : per_head)
      if (density(a) > density(b)) { EXPECT_GT(rent_a, rent_b); }
}

TEST(Households, KindsFollowFromTheirMembers) {
  auto const prepared = few("", 50, 14);
  std::size_t single = 0, young = 0;
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    int const month = world.stream.month.index - 1;  // a finished step stands at the month after
    std::vector<int> adults(world.households.size(), 0), minors(world.households.size(), 0), small(world.households.size(), 0);
    for (std::size_t row = 0; row < world.persons.size(); ++row) {
      if (world.persons.gone(row)) continue;
      int const age = world.persons.age_months(row, month);
      auto const h = world.persons.household[row];
      ++(age < 18 * 12 ? minors : adults)[h];
      if (age < 6 * 12) ++small[h];
    }
    for (std::size_t h = 0; h < world.households.size(); ++h) {
      if (world.households.members[h] == 0) continue;
      auto const state = world.households.state[h];
      EXPECT_EQ((state & Households::single_parent_bit) != 0, adults[h] == 1 && minors[h] > 0);
      EXPECT_EQ((state & Households::young_child_bit) != 0, small[h] > 0);
      single += (state & Households::single_parent_bit) != 0 ? 1 : 0;
      young += (state & Households::young_child_bit) != 0 ? 1 : 0;
    }
  });
  EXPECT_GT(single, 100U);
  EXPECT_GT(young, 100U);
}

/// A poor migrant household with a minor that the registry classifies as poor, whose members hold the permit.
std::size_t poor_household(World& world, Permit permit) {
  for (std::size_t h = 0; h < world.households.size(); ++h) {
    auto const first = world.households.first[h], end = first + world.households.count[h];
    bool minor = false, whole = world.households.count[h] == world.households.members[h] && world.households.count[h] > 1;
    for (auto row = first; row < end; ++row) {
      whole = whole && world.persons.migrant[row] != no_row;
      minor = minor || world.persons.age_months(row, world.stream.month.index) < 15 * 12;
    }
    if (!whole || !minor) continue;
    auto& state = world.households.state[h];
    state = static_cast<std::uint8_t>((state & ~(Households::poverty_bits | Households::registry_bits)) | Households::class_extremely_poor | 2);
    for (auto row = first; row < end; ++row) {
      leave_job(world, row);
      world.persons.has[row] &= static_cast<std::uint16_t>(~has_school_place);
      world.migrants.permit[world.persons.migrant[row]] = permit;
      world.migrants.claim[world.persons.migrant[row]] = Claim::none;
    }
    return h;
  }
  ADD_FAILURE() << "no such household";
  return 0;
}

TEST(Transfers, DoNotEndThemselves) {
  // What a household is paid lifts its income: were it asked each month whether it is poor, it would be paid every other month.
  auto const prepared = prepare(shipped("baseline", small_case(400, 10)));
  auto const record = arraigo::tests::run(*prepared);
  for (auto const* series : {"pension65_holders", "contigo_holders", "juntos_children"})
    for (int month = 1; month < 10; ++month) {
      auto const before = static_cast<double>(value(prepared->layout, record, series, month - 1)), now = static_cast<double>(value(prepared->layout, record, series, month));
      ASSERT_GT(before, 0) << series;
      EXPECT_NEAR(now / before, 1, 0.08) << series << ", month " << month;
    }
}

TEST(Groups, AreDrawnAnewInEachReplicate) {
  auto const prepared = prepare(shipped("baseline", small_case(400, 1)));
  auto const codes = [&](int replicate) {
    std::map<std::uint64_t, std::uint8_t> of;
    World const world = world_before_phase(*prepared, replicate, "policies", 0);
    for (std::size_t row = 0; row < world.persons.size(); ++row)
      if (world.persons.origin(row) == Origin::national) of[world.persons.id[row]] = static_cast<std::uint8_t>(world.persons.groups[row] & Persons::lgbtiq_bit);
    return of;
  };
  auto const a = codes(0), b = codes(1);
  std::size_t both = 0, members = 0;
  for (auto const& [id, bit] : a)
    if (auto const other = b.find(id); other != b.end() && bit != 0) {
      ++members;
      both += other->second != 0 ? 1 : 0;
    }
  ASSERT_GT(members, 500U);
  EXPECT_LT(static_cast<double>(both) / static_cast<double>(members), 0.15) << "as many as by chance";
}

TEST(Transfers, ReachTheStatusesThatAreEntitledAndFollowTheirFactor) {
  Pooled const p;
  auto const amount = [&](Permit permit, double entitled, double factor) {
    World world = p.before;
    auto const h = poor_household(world, permit);
    world.rules.entitled[static_cast<std::size_t>(permit)][static_cast<std::size_t>(Entitlement::juntos)] = static_cast<float>(entitled);
    world.rules.transfer_factor[static_cast<std::size_t>(Transfer::juntos)] = factor;
    pool_household_income(world, *p.prepared->setup);
    return world.households.income_cents[h];
  };
  auto const juntos = static_cast<std::uint32_t>(std::lround(100 * country().unit_cost("juntos_month")));
  EXPECT_EQ(amount(Permit::temporary, 0, 1), 0U);
  EXPECT_EQ(amount(Permit::temporary, 1, 1), juntos);
  EXPECT_EQ(amount(Permit::temporary, 1, 3), 3 * juntos);
  EXPECT_EQ(amount(Permit::residence, 1, 0), 0U);
}

TEST(Transfers, ContigoGoesToMembersWithADisability) {
  Pooled const p;
  World world = p.before;
  auto const h = poor_household(world, Permit::residence);
  auto const first = world.households.first[h], end = first + world.households.count[h];
  for (auto row = first; row < end; ++row) world.rules.entitled[static_cast<std::size_t>(Permit::residence)][static_cast<std::size_t>(Entitlement::juntos)] = 0;
  world.rules.entitled[static_cast<std::size_t>(Permit::residence)][static_cast<std::size_t>(Entitlement::pension65)] = 0;
  world.rules.entitled[static_cast<std::size_t>(Permit::residence)][static_cast<std::size_t>(Entitlement::contigo)] = 1;
  auto const income = [&](std::uint8_t groups) {
    World other = world;
    for (auto row = first; row < end; ++row) other.persons.groups[row] = groups;
    pool_household_income(other, *p.prepared->setup);
    return other.households.income_cents[h];
  };
  EXPECT_EQ(income(0), 0U);
  EXPECT_EQ(income(Persons::disability_bits), world.households.members[h] * static_cast<std::uint32_t>(std::lround(100 * country().unit_cost("contigo_month"))));
}

TEST(Transfers, OnlyAChangeOfSchoolMealsChangesAHousehold) {
  Pooled const p;
  auto const meals = static_cast<std::size_t>(Transfer::school_meals);
  World more = p.before;
  more.accounts.fill(0);
  more.rules.transfer_factor[meals] = 5;
  pool_household_income(more, *p.prepared->setup);
  World none = p.before;
  none.accounts.fill(0);
  none.rules.transfer_factor[meals] = 0;
  pool_household_income(none, *p.prepared->setup);
  std::size_t out_of_poverty = 0;
  for (std::size_t h = 0; h < p.before.households.size(); ++h) {
    EXPECT_EQ(more.households.income_cents[h], p.plain.households.income_cents[h]);
    auto const poverty = [&](World const& world) { return world.households.state[h] & Households::poverty_bits; };
    EXPECT_LE(poverty(more), poverty(p.plain));
    EXPECT_GE(poverty(none), poverty(p.plain));
    out_of_poverty += poverty(more) < poverty(p.plain) ? 1 : 0;
  }
  EXPECT_GT(out_of_poverty, 0U);
  auto const cost = [](World const& world) { return line(world, Line::cash_transfers); };
  EXPECT_NEAR(static_cast<double>(cost(more) - cost(none)), 5 * static_cast<double>(cost(p.plain) - cost(none)), 5);
}

TEST(Transfers, ScholarshipsGoToFewYoungPeopleAndChangeOnlyWhomAMeasureAdmits) {
  Pooled const p;
  auto const scholarship = static_cast<std::size_t>(Entitlement::scholarship);
  World open = p.before;
  open.accounts.fill(0);
  for (auto& holder : open.rules.entitled) holder[scholarship] = 1;
  auto setup = p.prepared->setup;
  pool_household_income(open, *setup);
  std::size_t richer = 0;
  for (std::size_t h = 0; h < p.before.households.size(); ++h) {
    if (open.households.income_cents[h] == p.plain.households.income_cents[h]) continue;
    ++richer;
    EXPECT_GT(open.households.income_cents[h], p.plain.households.income_cents[h]);
    bool migrant = false;
    for (auto row = p.before.households.first[h]; row < p.before.households.first[h] + p.before.households.count[h]; ++row) migrant = migrant || p.before.persons.migrant[row] != no_row;
    EXPECT_TRUE(migrant) << "Peruvians' scholarships are in their other income";
  }
  EXPECT_LT(richer, 20U);
  EXPECT_GE(line(open, Line::cash_transfers), line(p.plain, Line::cash_transfers));
}

// Arrivals -----------------------------------------------------------------------------------------------------------

std::array<std::int64_t, origin_count> arrived(std::string const& measure) {
  auto const prepared = prepare(variant("baseline", measure.empty() ? "" : "measures:\n" + measure, small_case(50, 1)));
  std::set<std::uint64_t> initial;
  std::array<std::int64_t, origin_count> people{};
  run(*prepared, 0, [&](World& world, auto const&) { initial.insert(world.households.id.begin(), world.households.id.end()); },
      [&](World& world, auto const&) {
        for (std::size_t row = 0; row < world.persons.size(); ++row) {
          auto const h = world.persons.household[row];
          bool const came = initial.count(world.households.id[h]) == 0 && world.households.count[h] > 0;
          if (came) ++people[static_cast<std::size_t>(world.persons.origin(row))];
        }
      });
  return people;
}

TEST(Arrivals, APlaceDrawsAsManyAsItsPartsWouldTogether) {
  Parameters const p;
  double const whole = settlement_weight(p, 300000, 30000, 1500, 8000), part = settlement_weight(p, 100000, 10000, 1500, 8000);
  EXPECT_NEAR(whole / part, 3, 0.001);
  // Without the size, three parts would draw far more than the whole.
  auto const community_alone = [&](double migrants) { return std::pow(1 + migrants, p.arrivals_community_elasticity); };
  EXPECT_LT(community_alone(30000) / community_alone(10000), 2.5);
  // More of a community, more pay and lower density draw more.
  EXPECT_GT(settlement_weight(p, 100000, 20000, 1500, 8000), part);
  EXPECT_GT(settlement_weight(p, 100000, 10000, 1600, 8000), part);
  EXPECT_GT(settlement_weight(p, 100000, 10000, 1500, 7000), part);
}

TEST(Arrivals, AreAsManyAsTheSeriesSaysAtACoarseScaleToo) {
  auto const prepared = prepare(shipped("baseline", small_case(1000, 12)));
  auto const& country = prepared->setup->country;
  World const world = world_before_phase(*prepared, 0, "policies", 0);
  double wanted = 0;
  for (int k = 0; k < prepared->layout.months; ++k)
    for (auto const origin : {Origin::venezuelan, Origin::other_foreign, Origin::returnee}) {
      char const* const name = origin_names[static_cast<std::size_t>(origin)].name;
      Month const month = prepared->scenario.start + k;
      wanted += country.flow("arrivals", name, "", month) * (1 - country.flow("transit", name, "", month)) *
                (origin == Origin::returnee ? world.area_share_of_population : world.area_share_of_migrants);
    }
  constexpr int replicates = 60;
  double sum = 0, squares = 0;
  for (auto const& record : run_replicates(*prepared, replicates)) {
    auto const came = static_cast<double>(total(prepared->layout, record, "arrivals"));
    sum += came;
    squares += came * came;
  }
  double const mean = sum / replicates, error = std::sqrt((squares / replicates - mean * mean) / (replicates - 1));
  EXPECT_NEAR(mean / wanted, 1, 4 * error / wanted);
  EXPECT_LT(4 * error / wanted, 0.08) << "fine enough to see 0.43 agents too many for each origin and month, which are 14 %";
}

TEST(Arrivals, MeasuresActOnTheOriginsThatTheyName) {
  auto const base = arrived("");
  auto const returnees = arrived("  - {id: x, kind: arrivals, from: 2026-01, factor: 4, origins: [returnee]}\n");
  EXPECT_GT(returnees[1], 2 * base[1]);
  EXPECT_EQ(returnees[2], base[2]);
  EXPECT_EQ(returnees[3], base[3]);
  auto const on_their_way = arrived("  - {id: x, kind: arrivals, from: 2026-01, factor: 1, transit_share: 0.9}\n");
  EXPECT_LT(on_their_way[2], base[2] / 3);
  EXPECT_GT(on_their_way[2], 0);
  EXPECT_EQ(on_their_way[1], base[1]) << "transit of Venezuelans concerns nobody else";
  EXPECT_EQ(arrived("  - {id: x, kind: arrivals, from: 2026-01, factor: 1, transit_share: 0.17}\n"), base) << "that of the table";
}

// Rules alone --------------------------------------------------------------------------------------------------------

/// The rules of one scenario with the decisions of another.
ReplicateRecord rules_alone(Prepared const& rules, Prepared const& behaviour) {
  Simulation simulation(behaviour.setup, rules.setup, 0, behaviour.detail);
  simulation.check_invariants(true);
  while (!simulation.done()) simulation.step();
  return simulation.take_record();
}

constexpr char const* support_and_transfers =
    "  - {id: c, kind: cash_support, from: 2026-02, soles_per_month: 300, coverage_share: 0.5}\n"
    "  - {id: t, kind: transfer_programme, from: 2026-02, transfer: pension65, amount_factor: 2, unit_cost_soles: 1000000}\n";

TEST(RulesAlone, WithTheirOwnDecisionsAreTheScenario) {
  auto const prepared = few(std::string(support_and_transfers) +
                                "  - {id: w, kind: minimum_wage, from: 2026-02, soles_per_month: 1300, unit_cost_soles: 1000000}\n"
                                "  - {id: k, kind: information_campaign, from: 2026-02, reach_share_per_month: 0.3}\n"
                                "  - {id: r, kind: labour_rights, from: 2026-02, reach_share_per_month: 0.3}\n",
                            100, 4);
  EXPECT_EQ(first_difference(prepared->layout, run(*prepared), rules_alone(*prepared, *prepared)), "");
}

TEST(RulesAlone, CostAsMuchAsTheScenarioWhereNobodyHasDecidedOtherwiseYet) {
  // Support comes after the month's decisions, so that in its first month the whole record is the scenario's: payments,
  // administration, who holds a benefit.
  auto const plain = few("", 100, 2), helped = few(support_and_transfers, 100, 2);
  auto const with = run(*helped), without = run(*plain);
  EXPECT_EQ(first_difference(plain->layout, with, rules_alone(*helped, *plain)), "");
  EXPECT_EQ(first_difference(plain->layout, without, rules_alone(*plain, *helped)), "");
  EXPECT_NE(first_difference(plain->layout, with, without), "");
}

TEST(RulesAlone, LeaveDecisionsAsTheyAreForEver) {
  // Richer households would decide otherwise in the months after.
  auto const plain = few("", 100, 18);
  auto const helped = few("  - {id: c, kind: cash_support, from: 2026-02, soles_per_month: 3000, coverage_share: 1}\n", 100, 18);
  Simulation base(plain->setup, 0, plain->detail), alone(plain->setup, helped->setup, 0, plain->detail), scenario(helped->setup, 0, plain->detail);
  for (auto* simulation : {&base, &alone, &scenario})
    while (!simulation->done()) simulation->step();
  EXPECT_EQ(alone.state_hash(), base.state_hash());
  auto const without = base.take_record(), rules = alone.take_record(), with = scenario.take_record();
  auto const& layout = plain->layout;
  for (char const* decided : {"regular", "migrant_payroll", "host_payroll", "migrant_population", "enrolled"})
    for (int month = 0; month < 18; ++month) EXPECT_EQ(value(layout, rules, decided, month), value(layout, without, decided, month)) << decided << month;
  EXPECT_LT(value(layout, rules, "migrant_poor"), value(layout, without, "migrant_poor"));
  EXPECT_NE(first_difference(layout, rules, with), "") << "the scenario has no behaviour of its own";
}

TEST(RulesAlone, HoldAPayFloorInEveryMonth) {
  auto const plain = few("", 100, 6);
  auto const higher = few("  - {id: w, kind: minimum_wage, from: 2026-02, soles_per_month: 1800}\n", 100, 6);
  auto const alone = rules_alone(*higher, *plain), without = run(*plain);
  for (int month = 1; month < 6; ++month)
    EXPECT_GT(value(plain->layout, alone, "labour_income", month), 1.01 * static_cast<double>(value(plain->layout, without, "labour_income", month))) << month;
}

TEST(RulesAlone, OfSupportAreChargedItsAdministrationEveryMonth) {
  auto const plain = few("", 100, 4);
  auto const help = [](std::string const& unit_cost) {
    return few("  - {id: c, kind: cash_support, from: 2026-02, soles_per_month: 300, coverage_share: 0.5, unit_cost_soles: " + unit_cost + "}\n", 100, 4);
  };
  auto const costly = help("760"), free = help("0");
  auto const spent = [&](std::shared_ptr<Prepared const> const& rules, int month) {
    auto const record = rules_alone(*rules, *plain);
    auto const& lines = record.values[variable(plain->layout, "public_accounts_by_account_line")];
    return lines[static_cast<std::size_t>(month) * line_count + static_cast<std::size_t>(Line::cash_support)];
  };
  for (int const month : {1, 2, 3}) {
    auto const payments = static_cast<double>(spent(free, month));
    EXPECT_GT(payments, 0);
    EXPECT_NEAR(static_cast<double>(spent(costly, month)), payments * (300 + 760) / 300, 0.001 * payments) << month;
  }
}

TEST(RulesAlone, OpenATransferToWhomTheySay) {
  auto const plain = few("", 100, 3);
  auto const opened = few("  - {id: t, kind: transfer_programme, from: 2026-02, transfer: juntos, permits: [residence, temporary, humanitarian, irregular]}\n", 100, 3);
  auto const alone = rules_alone(*opened, *plain);
  EXPECT_GT(value(plain->layout, alone, "migrant_social_programme"), value(plain->layout, run(*plain), "migrant_social_programme"));
  EXPECT_EQ(value(plain->layout, alone, "migrant_payroll"), value(plain->layout, run(*plain), "migrant_payroll"));
}

}  // namespace
}  // namespace arraigo::tests
