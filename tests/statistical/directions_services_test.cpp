/// Directions of measures on services, each with a twin in which the mechanism is switched off and the difference goes
/// away. Differences are paired by replicate: the same seeds give the same people in both futures.
#include <gtest/gtest.h>

#include <numeric>

#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

constexpr int replicates = 6, scale = 1000, months = 6;
/// One-sided Student's t with five degrees of freedom exceeds 4.03 by chance in 5 runs of 1,000; seeds are fixed.
constexpr double significant_t = 4.03;

/// What a run came to: flows summed over its months, what people hold at its end.
struct Outcome {
  std::array<std::int64_t, flow_count> flows{};
  std::array<std::array<std::int64_t, service_count>, 4> services{};  ///< asked, given, wait, turned away
  std::array<std::int64_t, 16> held{};                                ///< by bit of Has
  std::int64_t women_with_account = 0, women_with_temporary_permit = 0, registered = 0, migrants_taken_for_poor = 0, recognised = 0, foreign_pupils = 0, own_account_cents = 0, settled = 0;
};
using Metric = std::function<double(Outcome const&)>;
using Switch = std::function<void(Parameters&)>;

Metric flow(Flow which) {
  return [which](Outcome const& o) { return static_cast<double>(o.flows[static_cast<std::size_t>(which)]); };
}
Metric asked(Service s) {
  return [s](Outcome const& o) { return static_cast<double>(o.services[0][static_cast<std::size_t>(s)]); };
}
Metric given(Service s) {
  return [s](Outcome const& o) { return static_cast<double>(o.services[1][static_cast<std::size_t>(s)]); };
}
Metric turned_away(Service s) {
  return [s](Outcome const& o) { return static_cast<double>(o.services[3][static_cast<std::size_t>(s)]); };
}
Metric holders(Has what) {
  return [what](Outcome const& o) { return static_cast<double>(o.held[static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(what)))]); };
}
Metric people(std::int64_t Outcome::*which) {
  return [which](Outcome const& o) { return static_cast<double>(o.*which); };
}

Outcome outcome_of(Prepared const& prepared, int replicate) {
  Outcome o;
  run(prepared, replicate, {}, [&](World& world, auto const&) {
    std::size_t const n = world.districts.size();
    for (std::size_t k = 0; k < world.flows.size(); ++k) o.flows[k / n] += world.flows[k];
    for (std::size_t k = 0; k < world.service_flows.size(); ++k) o.services[k / n / service_count][k / n % service_count] += world.service_flows[k];
    o.held = {};
    o.women_with_account = o.women_with_temporary_permit = o.recognised = o.foreign_pupils = o.own_account_cents = o.registered = o.migrants_taken_for_poor = o.settled = 0;
    for (std::size_t row = 0; row < world.persons.size(); ++row) {
      if (world.persons.gone(row)) continue;
      auto const has = world.persons.has[row];
      bool const foreign = is_foreign(world.persons.origin(row));
      auto const state = world.households.state[world.persons.household[row]];
      for (unsigned bit = 0; bit < 16; ++bit) o.held[bit] += (has >> bit) & 1U;
      o.settled += (has & has_protection) != 0 && (has & has_protection_need) != 0 ? 1 : 0;
      o.women_with_account += (has & has_account) != 0 && world.persons.sex(row) == Sex::female ? 1 : 0;
      o.women_with_temporary_permit += foreign && world.persons.sex(row) == Sex::female && world.migrants.permit[world.persons.migrant[row]] == Permit::temporary ? 1 : 0;
      o.recognised += foreign && world.persons.recognised(row) ? 1 : 0;
      o.foreign_pupils += foreign && (has & has_school_place) != 0 ? 1 : 0;
      o.registered += Households::registered(state) ? 1 : 0;
      o.migrants_taken_for_poor += foreign && Households::classified_poor(state) ? 1 : 0;
      if (segment_of(world.persons.activity[row]) == Segment::own_account) o.own_account_cents += world.persons.wage_cents[row];
    }
  });
  return o;
}

/// Measures of two futures, where the second is not the first with more.
struct Texts {
  std::string base, alternative;
};

struct Comparison {
  std::vector<Outcome> base, alternative;

  Comparison(std::string const& base_text, std::string const& more, Switch const& change = {}, Overrides const& size = small_case(scale, months))
      : Comparison(Texts{base_text, base_text + more}, change, size) {}
  Comparison(Texts const& texts, Switch const& change, Overrides const& size = small_case(scale, months)) {
    auto const outcomes = [&](std::string const& text) {
      auto scenario = variant("baseline", text.empty() ? text : "measures:\n" + text, size);
      if (change) change(scenario.parameters);
      auto const prepared = prepare(std::move(scenario));
      std::vector<Outcome> all;
      for (int r = 0; r < replicates; ++r) all.push_back(outcome_of(*prepared, r));
      return all;
    };
    base = outcomes(texts.base);
    alternative = outcomes(texts.alternative);
  }
  [[nodiscard]] std::vector<double> differences(Metric const& metric) const {
    std::vector<double> all;
    for (std::size_t r = 0; r < base.size(); ++r) all.push_back(metric(alternative[r]) - metric(base[r]));
    return all;
  }
  [[nodiscard]] double t(Metric const& metric) const { return paired_t(differences(metric)); }
  void expect_none(Metric const& metric) const {
    for (double d : differences(metric)) EXPECT_EQ(d, 0);
  }
};

std::string measure(std::string const& kind, std::string const& rest) { return "  - {id: " + kind + "_x, kind: " + kind + ", from: 2026-02, " + rest + "}\n"; }
std::string capacity(char const* service, char const* factor) {
  return std::string("  - {id: capacity_") + service + ", kind: service_capacity, from: 2026-01, service: " + service + ", factor: " + factor + "}\n";
}

TEST(ServiceDirections, NewPointsOfGoodQualityCertifyMore) {
  auto const ask = [](Parameters& p) { p.services_ask_certification_prob_per_month = 0.05; };
  auto const none_fails = [&](Parameters& p) { ask(p), p.services_certification_success_share = 1; };  // quality cannot add
  auto const points = [](char const* quality) { return measure("service_points", std::string("service: skills_certification, capacity_per_month: 1000000, quality: ") + quality); };
  auto const usual = points("1"), good = points("1.2");
  EXPECT_GT(Comparison(Texts{usual, good}, ask).t(holders(has_certificate)), significant_t);
  Comparison(Texts{usual, good}, none_fails).expect_none(holders(has_certificate));
  auto const later = "  - {id: better, kind: service_quality, from: 2026-02, service: skills_certification, factor: 1.2}\n";
  EXPECT_GT(Comparison(usual, later, ask).t(holders(has_certificate)), significant_t);
  Comparison(usual, later, none_fails).expect_none(holders(has_certificate));
}

TEST(ServiceDirections, PriorityBringsItsGroupToTheFront) {
  auto const scarce = [](Parameters& p) { p.services_ask_account_prob_per_month = 0.1; };
  auto const base = capacity("bank_account", "0.2");
  auto const kept = [](char const* share) { return measure("service_capacity", std::string("service: bank_account, factor: 1, priority: [women], reserved_share: ") + share); };
  Comparison const effect(base, kept("0.9"), scarce);
  EXPECT_GT(effect.t(people(&Outcome::women_with_account)), significant_t);
  Comparison const twin(base, kept("0"), scarce);
  twin.expect_none(people(&Outcome::women_with_account));
  twin.expect_none(holders(has_account));
}

TEST(ServiceDirections, PriorityAtMigrationOfficesGivesItsGroupPermits) {
  auto const programme = std::string("  - {id: permit, kind: programme, from: 2026-02, eligible: [irregular], grants: temporary, validity_months: 24, fine_share: 0, capacity_per_month: 100000}\n");
  auto const women_first = measure("service_capacity", "service: migration_office, factor: 1, priority: [women], reserved_share: 1");
  // Few permits: a finer scale tells whose they are from chance.
  EXPECT_GT(Comparison(programme + capacity("migration_office", "0.3"), women_first, {}, small_case(200, months)).t(people(&Outcome::women_with_temporary_permit)), significant_t);
  // Nobody waits.
  Comparison(programme + capacity("migration_office", "100"), women_first).expect_none(people(&Outcome::women_with_temporary_permit));
}

TEST(ServiceDirections, AcceptedDocumentsOpenACounter) {
  auto const accepted = measure("accepted_documents", "service: health_insurance, permits: [temporary, asylum_pending, irregular]");
  auto const ample = capacity("health_insurance", "100");
  // What a permit opens is not weighed, so that nobody asks for one on account of it.
  auto const alone = [](Parameters& p) { p.status_value_of_entitlement = 0; };
  Comparison const effect(ample, accepted, alone);
  EXPECT_GT(effect.t(given(Service::health_insurance)), significant_t);
  EXPECT_LT(effect.t(turned_away(Service::health_insurance)), -significant_t);
  // Officials doubt every paper of a foreigner.
  Comparison const twin(ample, accepted, [&](Parameters& p) { alone(p), p.services_counter_doubt_share = 1, p.services_counter_hostility_response = 0; });
  // Nobody is served more. Who loses the papers keeps the insurance that the others open too, and does not ask anew: a few.
  for (auto const& metric : {given(Service::health_insurance), turned_away(Service::health_insurance)})
    for (double d : twin.differences(metric)) {
      EXPECT_LE(d, 0);
      EXPECT_GT(d, -10);
    }
}

TEST(ServiceDirections, BadQualityLeavesNeedsOpen) {
  auto const bad = measure("service_quality", "service: women_centre, factor: 0.2") + "  - {id: b, kind: service_quality, from: 2026-02, service: child_protection, factor: 0.2}\n";
  auto const many = [](Parameters& p) { p.services_protection_need_prob_per_month = 0.02, p.services_ask_protection_prob_per_month = 0.5; };
  EXPECT_LT(Comparison("", bad, many).t(people(&Outcome::settled)), -significant_t);
  Comparison("", bad, [&](Parameters& p) { many(p), p.services_ask_protection_prob_per_month = 0; }).expect_none(people(&Outcome::settled));
}

TEST(ServiceDirections, AMobileUnitShortensTheJourney) {
  auto const unit = measure("mobile_unit", "service: employment_centre, months_per_stop: 1, capacity_per_month: 1000000, where: [\"150132\", \"150110\", \"150106\", \"150118\"]");
  auto const ask = [](Parameters& p) { p.services_ask_employment_prob_per_month = 0.5, p.services_travel_response_per_hour = 3; };
  auto const ample = capacity("employment_centre", "100");
  EXPECT_GT(Comparison(ample, unit, ask).t(given(Service::employment_centre)), significant_t);
  Comparison(ample, unit, [&](Parameters& p) { ask(p), p.services_travel_response_per_hour = 0; p.status_value_of_entitlement = 0; }).expect_none(given(Service::employment_centre));
}

TEST(ServiceDirections, BrigadesRegisterHouseholds) {
  auto const drive = measure("outreach", "service: household_registry, reach_share_per_month: 0.2");
  EXPECT_GT(Comparison("", drive).t(people(&Outcome::registered)), significant_t);
  Comparison const none(capacity("household_registry", "0"), drive);  // nothing to bring people to
  none.expect_none(people(&Outcome::registered));
  none.expect_none(asked(Service::household_registry));
}

TEST(ServiceDirections, ReferralLeadsFromOneServiceToTheNext) {
  auto const map = measure("referral", "reach_share: 0.8");
  auto const only_insurance = [](Parameters& p) {
    p.services_ask_registry_prob_per_month = p.services_ask_account_prob_per_month = p.services_ask_employment_prob_per_month = 0;
  };
  Comparison const effect("", map, only_insurance);
  EXPECT_GT(effect.t(given(Service::household_registry)), significant_t);
  EXPECT_GT(effect.t(flow(Flow::referrals)), significant_t);
  Comparison const twin("", measure("referral", "reach_share: 0"), only_insurance);
  twin.expect_none(given(Service::household_registry));
  // Where nobody is served anywhere, nobody is referred.
  Comparison("", map, [&](Parameters& p) {
    for (auto const& row : parameter_table())
      if (std::string_view(row.name).starts_with("ask_")) p.*(row.member) = row.low;
  }).expect_none(flow(Flow::referrals));
}

TEST(ServiceDirections, TrainedOfficialsTurnFewerAway) {
  auto const course = measure("officials_training", "reach_share_per_month: 0.5");
  auto const doubt = [](Parameters& p) { p.services_counter_doubt_share = 0.4; };
  EXPECT_LT(Comparison("", course, doubt, small_case(400, months)).t(flow(Flow::turned_away)), -significant_t);
  Comparison("", course, [&](Parameters& p) { doubt(p), p.services_officials_effect = 0; }).expect_none(flow(Flow::turned_away));
}

TEST(ServiceDirections, NewOfficialsServeFewer) {
  auto const turnover = measure("officials_turnover", "share: 0.9");
  auto const scarce = capacity("household_registry", "0.1");
  auto const loss = [](Parameters& p) { p.services_turnover_capacity_loss = 0.6; };
  EXPECT_LT(Comparison(scarce, turnover, loss).t(given(Service::household_registry)), -significant_t);
  Comparison(scarce, turnover, [](Parameters& p) { p.services_turnover_capacity_loss = 0; }).expect_none(given(Service::household_registry));
}

TEST(ServiceDirections, ACapableMunicipalityServesMore) {
  auto const capable = measure("municipal_capability", "factor: 2");
  EXPECT_GT(Comparison(capacity("household_registry", "0.1"), capable).t(given(Service::household_registry)), significant_t);
  // Where there is room for all in every service of theirs, more room changes nothing.
  std::string ample;
  for (char const* const service : {"household_registry", "protection", "women_centre", "child_protection", "elder_centre", "disability_office"}) ample += capacity(service, "100");
  Comparison(ample, capable, [](Parameters& p) { p.services_ask_elder_centre_prob_per_month = 0; }).expect_none(given(Service::household_registry));
}

TEST(ServiceDirections, VerificationEndsDoubtWhereItIsUsed) {
  auto const verified = [](char const* users) { return measure("document_verification", std::string("users: [") + users + "], use_share: 0.9"); };
  // One service is asked for and no permit, so that nothing else leads to its counters.
  auto const only = [](double Parameters::*ask, double often) {
    return [=](Parameters& p) {
      for (auto const& row : parameter_table())
        if (std::string_view(row.name).starts_with("ask_")) p.*(row.member) = 0;
      p.*ask = often;
      p.services_counter_doubt_share = 0.4;
      p.status_application_prob_per_month = 0;
    };
  };
  auto const accounts = only(&Parameters::services_ask_account_prob_per_month, 0.1), insurance = only(&Parameters::services_ask_insurance_prob_per_month, 0.1);
  EXPECT_LT(Comparison("", verified("banks"), accounts).t(turned_away(Service::bank_account)), -significant_t);
  Comparison("", verified("services"), accounts).expect_none(turned_away(Service::bank_account));
  EXPECT_LT(Comparison("", verified("services"), insurance).t(turned_away(Service::health_insurance)), -significant_t);
  Comparison("", verified("banks"), insurance).expect_none(turned_away(Service::health_insurance));
}

TEST(ServiceDirections, NoExclusionTakesMoreMigrantsForPoorAndNoInclusionFewer) {
  auto const poor = people(&Outcome::migrants_taken_for_poor);
  auto const no_exclusion = measure("registry_rule", "exclusion_share: 0"), no_inclusion = measure("registry_rule", "inclusion_share: 0");
  auto const many = [](Parameters& p) { p.services_ask_registry_prob_per_month = 0.2; };
  auto const ample = capacity("household_registry", "100");
  auto const size = small_case(400, months);
  EXPECT_GT(Comparison(ample, no_exclusion, many, size).t(poor), significant_t);
  EXPECT_LT(Comparison(ample, no_inclusion, many, size).t(poor), -significant_t);
  // Where the registry makes no such error already.
  Comparison(ample, no_exclusion, [&](Parameters& p) { many(p), p.services_registry_exclusion_share = 0; }).expect_none(poor);
  Comparison(ample, no_inclusion, [&](Parameters& p) { many(p), p.services_registry_inclusion_share = 0; }).expect_none(poor);
}

TEST(ServiceDirections, AgreementsOnDegreesRecogniseMore) {
  auto const recognised = people(&Outcome::recognised);
  auto const documents = measure("recognition_rule", "documents_share: 1"), licences = measure("recognition_rule", "licence_share: 1");
  auto const many = [](Parameters& p) { p.services_ask_recognition_prob_per_month = 0.1; };
  auto const ample = capacity("degree_recognition", "100");
  EXPECT_GT(Comparison(ample, documents, many).t(recognised), significant_t);
  EXPECT_GT(Comparison(ample, licences, many).t(recognised), significant_t);
  // Where all have their documents, or every college admits them, already.
  Comparison(ample, documents, [&](Parameters& p) { many(p), p.services_titles_available_share = 1; }).expect_none(recognised);
  Comparison(ample, licences, [&](Parameters& p) { many(p), p.services_licence_share = 1; }).expect_none(recognised);
}

TEST(ServiceDirections, SavingsGroupsRaiseOwnAccountIncome) {
  auto const groups = measure("savings_groups", "reach_share_per_month: 0.5");
  // Nobody asks a bank, so that who has a loan already asks for nothing else instead.
  auto const strong = [](Parameters& p) { p.services_credit_income_gain = 0.3, p.services_ask_credit_prob_per_month = 0; };
  Comparison const effect("", groups, strong);
  EXPECT_GT(effect.t(holders(has_credit)), significant_t);
  EXPECT_GT(effect.t(people(&Outcome::own_account_cents)), significant_t);
  Comparison const twin("", groups, [&](Parameters& p) { strong(p), p.services_credit_income_gain = 0; });
  EXPECT_GT(twin.t(holders(has_credit)), significant_t);
  twin.expect_none(people(&Outcome::own_account_cents));
}

TEST(ServiceDirections, WhoKnowsTheirRightsAsksMore) {
  auto const campaign = measure("information_campaign", "content: [entitlements], reach_share_per_month: 0.8");
  EXPECT_GT(Comparison("", campaign).t(flow(Flow::services_requested)), significant_t);
  Comparison("", campaign, [](Parameters& p) { p.services_entitlements_campaign_effect = 1; }).expect_none(flow(Flow::services_requested));
}

TEST(ServiceDirections, HostilityDrivesForeignPupilsFromSchool) {
  auto const narrative = measure("hostile_narrative", "size_logits_per_month: 0.5");
  auto const strong = [](Parameters& p) {
    p.services_school_leaving_prob_per_month = 0.02;
    p.services_hostility_response = p.services_counter_hostility_response = p.departures_hostility_response = 0;
  };
  auto const size = small_case(200, months);
  EXPECT_LT(Comparison("", narrative, strong, size).t(people(&Outcome::foreign_pupils)), -significant_t);
  Comparison("", narrative, [&](Parameters& p) { strong(p), p.services_school_leaving_prob_per_month = 0; }, size).expect_none(people(&Outcome::foreign_pupils));
}

}  // namespace
}  // namespace arraigo::tests
