/// Directions of the measures that act on news, attitudes, status and households, each with a twin in which the mechanism is
/// switched off and the difference goes away. Differences are paired by replicate, as in directions_test.cpp.
#include <gtest/gtest.h>

#include <functional>

#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

constexpr int replicates = 6;
/// One-sided Student's t with five degrees of freedom exceeds 4.03 by chance in 5 runs of 1,000.
constexpr double significant_t = 4.03;

using Switch = std::function<void(Parameters&)>;
using Metric = std::function<double(RecordLayout const&, ReplicateRecord const&)>;

Metric over_all_months(char const* name) {
  return [name](RecordLayout const& layout, ReplicateRecord const& record) { return static_cast<double>(total(layout, record, name)); };
}
Metric in_month(char const* name, int month) {
  return [name, month](RecordLayout const& layout, ReplicateRecord const& record) { return static_cast<double>(value(layout, record, name, month)); };
}
Metric share_at_the_end(char const* name) {
  return [name](RecordLayout const& layout, ReplicateRecord const& record) { return indicator(layout, record, name); };
}

/// A policy against what it is compared with, paired by replicate.
std::vector<double> differences(std::string const& base, std::string const& alternative, Metric const& metric, Switch const& change = {},
                                Overrides const& size = small_case(400, 8)) {
  auto const runs = [&](std::string const& text) {
    auto scenario = variant("baseline", text.empty() ? "" : "measures:\n" + text, size);
    if (change) change(scenario.parameters);
    auto const prepared = prepare(std::move(scenario));
    std::vector<double> values;
    for (auto const& record : run_replicates(*prepared, replicates)) values.push_back(metric(prepared->layout, record));
    return values;
  };
  auto values = runs(alternative);
  auto const before = runs(base);
  for (std::size_t r = 0; r < values.size(); ++r) values[r] -= before[r];
  return values;
}

void expect_none(std::vector<double> const& differences) {
  for (double d : differences) EXPECT_EQ(d, 0) << "the mechanism is off, and still there is a difference";
}

std::string const open_programme =
    "  - {id: permit, kind: programme, from: 2026-02, eligible: [irregular], grants: temporary, validity_months: 24, fine_share: 0, capacity_per_month: 20000}\n";
void word_is_slow(Parameters& p) { p.news_background_prob_per_month = p.news_contact_prob_per_month = 0.01; }

TEST(DirectionsSociety, ACampaignAboutProgrammesRaisesTakeUpAmongWhomItIsKeptFor) {
  auto const campaign = open_programme + "  - {id: c, kind: information_campaign, from: 2026-02, reach_share_per_month: 0.5, priority: [women], reserved_share: 1}\n";
  auto const applications = over_all_months("applications");
  EXPECT_GT(paired_t(differences(open_programme, campaign, applications, word_is_slow)), significant_t);
  expect_none(differences(open_programme, campaign, applications, [](Parameters& p) {
    word_is_slow(p);
    p.news_campaign_effect = 0;
  }));
}

TEST(DirectionsSociety, OrganisationsOfMigrantsRaiseTakeUp) {
  auto const organised = open_programme + "  - {id: o, kind: civil_society, from: 2026-02, reach_share_per_month: 0.3}\n";
  auto const applications = over_all_months("applications");
  EXPECT_GT(paired_t(differences(open_programme, organised, applications, word_is_slow)), significant_t);
  expect_none(differences(open_programme, organised, applications, [](Parameters& p) {
    word_is_slow(p);
    p.news_civil_society_effect = p.news_civil_society_trust_gain = 0;
  }));
}

TEST(DirectionsSociety, SharedSpacesLowerHostility) {
  std::string const spaces = "  - {id: s, kind: shared_spaces, from: 2026-02, reach_share_per_month: 0.3}\n";
  EXPECT_LT(paired_t(differences("", spaces, share_at_the_end("hostility"))), -significant_t);
  expect_none(differences("", spaces, share_at_the_end("hostility"), [](Parameters& p) { p.attitudes_spaces_effect_logits = p.news_contact_prob_per_month = 0; }));
}

TEST(DirectionsSociety, SharedSpacesCarryNews) {
  auto const spaces = open_programme + "  - {id: s, kind: shared_spaces, from: 2026-02, reach_share_per_month: 1}\n";
  auto const applications = over_all_months("applications");
  auto const word_goes_round = [](Parameters& p) {
    p.news_background_prob_per_month = 0.02;
    p.news_contact_prob_per_month = 0.05;
    p.attitudes_spaces_effect_logits = 0;
  };
  EXPECT_GT(paired_t(differences(open_programme, spaces, applications, word_goes_round)), significant_t);
  expect_none(differences(open_programme, spaces, applications, [&](Parameters& p) {
    word_goes_round(p);
    p.news_contact_prob_per_month = 0;
  }));
}

TEST(DirectionsSociety, SchoolsAgainstXenophobiaLowerHostilityALittle) {
  std::string const schools = "  - {id: s, kind: school_cohesion, from: 2026-01, reach_share_per_month: 1}\n";
  auto const strong = [](Parameters& p) {
    p.attitudes_school_effect_logits = 0.8;
    p.attitudes_school_cohort_share_per_year = 0.04;
  };
  auto const size = small_case(400, 14);
  auto const d = differences("", schools, share_at_the_end("hostility"), strong, size);
  EXPECT_LT(paired_t(d), -significant_t);
  for (double x : d) EXPECT_GT(x, -2) << "after a year they have moved attitudes by more than cohorts can";
  expect_none(differences("", schools, share_at_the_end("hostility"), [&](Parameters& p) {
    strong(p);
    p.attitudes_school_effect_logits = 0;
  }, size));
}

TEST(DirectionsSociety, WorkshopsForJournalistsDampenHostileNarratives) {
  std::string const narrative = "  - {id: n, kind: hostile_narrative, from: 2026-03, size_logits_per_month: 0.15}\n";
  auto const workshops = narrative + "  - {id: w, kind: media_training, from: 2026-01, reach_share_per_month: 0.4}\n";
  auto const hostility = share_at_the_end("hostility");
  EXPECT_LT(paired_t(differences(narrative, workshops, hostility)), -significant_t);
  expect_none(differences(narrative, workshops, hostility, [](Parameters& p) { p.attitudes_media_effect = 0; }));
  expect_none(differences("", "  - {id: w, kind: media_training, from: 2026-01, reach_share_per_month: 0.4}\n", hostility));
}

TEST(DirectionsSociety, ANarrativeRaisesHostilityAndFeltDiscrimination) {
  std::string const narrative = "  - {id: n, kind: hostile_narrative, from: 2026-02, size_logits_per_month: 0.2}\n";
  EXPECT_GT(paired_t(differences("", narrative, share_at_the_end("hostility"))), significant_t);
  expect_none(differences("", narrative, share_at_the_end("hostility"), [](Parameters& p) { p.attitudes_narrative_effect = 0; }));
}

TEST(DirectionsSociety, ChecksMakeIrregularMigrantsLeave) {
  std::string const checks = "  - {id: x, kind: migration_enforcement, from: 2026-02, checks_share_per_month: 0.3, expulsion_share: 0}\n";
  auto const departures = over_all_months("departures");
  auto const afraid = [](Parameters& p) { p.departures_enforcement_response = 5; };
  EXPECT_GT(paired_t(differences("", checks, departures, afraid)), significant_t);
  expect_none(differences("", checks, departures, [](Parameters& p) {
    p.departures_enforcement_response = 0;
    p.status_enforcement_trust_kept_share = 1;
  }));
}

TEST(DirectionsSociety, ChecksLowerTakeUpThroughTrust) {
  auto const checks = open_programme + "  - {id: x, kind: migration_enforcement, from: 2026-01, checks_share_per_month: 0.5, expulsion_share: 0}\n";
  auto const applications = over_all_months("applications");
  auto const trust_counts = [](Parameters& p) {
    p.status_trust_weight = 2;
    p.departures_enforcement_response = 0;
  };
  EXPECT_LT(paired_t(differences(open_programme, checks, applications, trust_counts)), -significant_t);
  expect_none(differences(open_programme, checks, applications, [](Parameters& p) {
    p.status_trust_weight = 0;
    p.departures_enforcement_response = 0;
  }));
}

/// A programme on some terms, and no other.
std::string only_programme(std::string const& terms) {
  auto text = "  - {id: permit, kind: programme, from: 2026-02, eligible: [irregular], grants: temporary, validity_months: 24, fine_share: 0, " + terms + "}\n";
  for (char const* const other : {"residence_renewal", "special_resident", "humanitarian", "humanitarian_renewal", "refugee_recognition", "ordinary_residence"})
    text += std::string("  - {id: ") + other + ", enabled: false}\n";
  return text;
}

TEST(DirectionsSociety, MoreProcessingCapacityGrantsMorePermits) {
  auto const narrow = only_programme("capacity_per_month: 3000"), ample = only_programme("capacity_per_month: 1000000");
  std::string const equipped = "  - {id: e, kind: case_processing, from: 2026-02, capacity_factor: 3}\n";
  auto const granted = over_all_months("permits_granted");
  EXPECT_GT(paired_t(differences(narrow, narrow + equipped, granted)), significant_t);
  // Nobody waits for a decision, nor weighs that there might be a wait.
  expect_none(differences(ample, ample + equipped, granted, [](Parameters& p) { p.status_wait_weight = 0; }));
}

TEST(DirectionsSociety, FewerMonthsOfProcessingGrantMorePermits) {
  auto const slow = only_programme("capacity_per_month: 20000, processing_months: 3"), at_once = only_programme("capacity_per_month: 20000, processing_months: 0");
  std::string const registers = "  - {id: e, kind: case_processing, from: 2026-02, months_less: 2}\n";
  auto const granted = over_all_months("permits_granted");
  EXPECT_GT(paired_t(differences(slow, slow + registers, granted)), significant_t);
  expect_none(differences(at_once, at_once + registers, granted));
}

TEST(DirectionsSociety, TrainedOfficialsTurnFewerApplicantsAway) {
  auto const trained = open_programme + "  - {id: t, kind: officials_training, from: 2026-02, services: [migration_office], reach_share_per_month: 0.5}\n";
  auto const doubt = [](Parameters& p) { p.services_counter_doubt_share = 0.4; };
  auto const turned_away = over_all_months("applications_turned_away"), applications = over_all_months("applications");
  EXPECT_LT(paired_t(differences(open_programme, trained, turned_away, doubt)), -significant_t);
  EXPECT_GT(paired_t(differences(open_programme, trained, applications, doubt)), significant_t);
  for (auto const& metric : {turned_away, applications})
    expect_none(differences(open_programme, trained, metric, [&](Parameters& p) {
      doubt(p);
      p.services_officials_effect = 0;
    }));
}

TEST(DirectionsSociety, VerificationEndsDoubtAtMigrationOffices) {
  auto const verified = [](char const* users) { return open_programme + "  - {id: v, kind: document_verification, from: 2026-02, users: [" + users + "], use_share: 0.9}\n"; };
  // Nobody asks a bank, so that no loan changes what a permit's price weighs.
  auto const doubt = [](Parameters& p) {
    p.services_counter_doubt_share = 0.4;
    p.services_ask_account_prob_per_month = p.services_ask_credit_prob_per_month = 0;
  };
  auto const turned_away = over_all_months("applications_turned_away");
  EXPECT_LT(paired_t(differences(open_programme, verified("services"), turned_away, doubt)), -significant_t);
  expect_none(differences(open_programme, verified("banks"), turned_away, doubt));
}

TEST(DirectionsSociety, MobileUnitsNearbyRaiseTakeUp) {
  // Districts of Lima from which the nearest office is some way.
  auto const size = small_case(50, 1, "150106,150118,150125,150142,150117");
  std::string const programme = "  - {id: permit, kind: programme, from: 2026-01, eligible: [irregular], grants: temporary, validity_months: 24, fine_share: 0, capacity_per_month: 20000}\n";
  std::string units = programme;
  for (char const* const place : {"150106", "150118", "150125", "150142", "150117"})
    units += std::string("  - {id: unit_") + place + ", kind: mobile_unit, from: 2026-01, service: migration_office, where: [\"" + place + "\"], capacity_per_month: 2000}\n";
  auto const applications = over_all_months("applications");
  EXPECT_GT(paired_t(differences(programme, units, applications, [](Parameters& p) { p.status_cost_weight = 3; }, size)), significant_t);
  expect_none(differences(programme, units, applications, [](Parameters& p) { p.status_cost_weight = 0; }, size));
}

TEST(DirectionsSociety, AMenuOfServicesRaisesTakeUp) {
  auto menu = open_programme;
  for (std::string const service : {"health_insurance", "household_registry", "credit"})
    menu += "  - {id: " + service + ", kind: accepted_documents, from: 2026-02, service: " + service + ", permits: [temporary]}\n";
  auto const first_month = in_month("applications", 1);  // before anybody has used what it opens
  auto const size = small_case(200, 2);
  auto const worth = [](double of_entitlement) {
    return [of_entitlement](Parameters& p) {
      p.news_background_prob_per_month = 1;
      p.status_value_of_entitlement = of_entitlement;
    };
  };
  EXPECT_GT(paired_t(differences(open_programme, menu, first_month, worth(0.2), size)), significant_t);
  expect_none(differences(open_programme, menu, first_month, worth(0), size));
}

TEST(DirectionsSociety, CashLowersMigrantsPoverty) {
  std::string const cash = "  - {id: c, kind: cash_support, from: 2026-02, soles_per_month: 760, coverage_share: 0.5}\n";
  std::string const no_cash = "  - {id: c, kind: cash_support, from: 2026-02, soles_per_month: 0, coverage_share: 0.5}\n";
  auto const poverty = share_at_the_end("migrant_poverty");
  EXPECT_LT(paired_t(differences("", cash, poverty)), -significant_t);
  expect_none(differences("", no_cash, poverty));
}

TEST(DirectionsSociety, RentSupportReachesRentersAlone) {
  std::string const support = "  - {id: c, kind: cash_support, purpose: rent, from: 2026-02, soles_per_month: 500, coverage_share: 1}\n";
  auto const poverty = share_at_the_end("migrant_poverty");
  EXPECT_LT(paired_t(differences("", support, poverty)), -significant_t);
  expect_none(differences("", support, poverty, [](Parameters& p) { p.households_rent_share_migrants = p.households_rent_share_hosts = 0; }));
}

TEST(DirectionsSociety, ALargerTransferLowersExtremePoverty) {
  std::string const juntos = "  - {id: j, kind: transfer_programme, from: 2026-02, transfer: juntos, amount_factor: 5}\n";
  auto const extreme = in_month("extreme_poor", 7);
  EXPECT_LT(paired_t(differences("", juntos, extreme)), -significant_t);
  // Where nobody is classified as poor nobody receives it.
  expect_none(differences("", juntos, extreme, [](Parameters& p) {
    p.services_registry_exclusion_share = 1;
    p.services_registry_inclusion_share = 0;
  }));
}

TEST(DirectionsSociety, AMunicipalBudgetLimitsWhatSpacesDo) {
  std::string const spaces = "  - {id: s, kind: shared_spaces, from: 2026-02, reach_share_per_month: 0.4}\n";
  std::string const of_donors = "  - {id: s, kind: shared_spaces, from: 2026-02, reach_share_per_month: 0.4, payer: donor}\n";
  std::string const budget = "  - {id: b, kind: municipal_capability, from: 2026-02, factor: 1, budget_soles_per_month: 20000}\n";
  auto const hostility = share_at_the_end("hostility");
  EXPECT_GT(paired_t(differences(spaces, spaces + budget, hostility)), significant_t);
  expect_none(differences(of_donors, of_donors + budget, hostility));
}

TEST(DirectionsSociety, MoreReturneesArriveWhereTheMeasureNamesThem) {
  std::string const more = "  - {id: a, kind: arrivals, from: 2026-02, factor: 5, origins: [returnee]}\n";
  EXPECT_GT(paired_t(differences("", more, over_all_months("arrivals"))), significant_t);
  std::string const same = "  - {id: a, kind: arrivals, from: 2026-02, factor: 1, transit_share: 0.17, origins: [venezuelan]}\n";
  expect_none(differences("", same, over_all_months("arrivals")));
}

TEST(DirectionsSociety, VenezuelansArriveSettleAndClaimAsTheMeasureSays) {
  auto const arrivals = [](char const* id, char const* terms) { return std::string("  - {id: ") + id + ", kind: arrivals, from: 2026-02, origins: [venezuelan], " + terms + "}\n"; };
  auto const more = arrivals("a", "factor: 3"), in_transit = arrivals("a", "factor: 1, transit_share: 0.9"), claimants = arrivals("a", "factor: 1, claim_share: 1");
  auto const come = over_all_months("arrivals"), claims = over_all_months("asylum_claims");
  auto const size = small_case(400, 4);
  EXPECT_GT(paired_t(differences("", more, come, {}, size)), significant_t);
  EXPECT_LT(paired_t(differences("", in_transit, come, {}, size)), -significant_t);
  EXPECT_GT(paired_t(differences("", claimants, claims, {}, size)), significant_t);
  // Factors multiply: where no Venezuelan comes, none comes more often, moves on or claims.
  auto const nobody = arrivals("n", "factor: 0");
  for (auto const& [lever, metric] : {std::pair(more, come), std::pair(in_transit, come), std::pair(claimants, claims)}) expect_none(differences(nobody, nobody + lever, metric, {}, size));
}

}  // namespace
}  // namespace arraigo::tests
