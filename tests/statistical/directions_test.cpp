/// Directions that must come out, each with a twin in which the mechanism is switched off and the difference goes away.
/// Differences are paired by replicate: the same seeds give the same people in both futures.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

constexpr int replicates = 6, scale = 400, months = 14;
/// One-sided Student's t with five degrees of freedom exceeds 4.03 by chance in 5 runs of 1,000; seeds are fixed, so
/// that the test does not flake.
constexpr double significant_t = 4.03;

using Switch = std::function<void(Parameters&)>;
using Metric = std::function<double(RecordLayout const&, ReplicateRecord const&)>;

Metric at_the_end(char const* name) {
  return [name](RecordLayout const& layout, ReplicateRecord const& record) {
    return static_cast<double>(value(layout, record, name));
  };
}
Metric over_all_months(char const* name) {
  return [name](RecordLayout const& layout, ReplicateRecord const& record) {
    return static_cast<double>(total(layout, record, name));
  };
}
Metric share_at_the_end(char const* name) {
  return [name](RecordLayout const& layout, ReplicateRecord const& record) { return indicator(layout, record, name); };
}
Metric of_service(char const* name, Service service) {
  return [name, service](RecordLayout const& layout, ReplicateRecord const& record) {
    auto const& values = record.values[variable(layout, std::string(name) + "_by_service")];
    double sum = 0;
    for (int month = 0; month < layout.months; ++month)
      sum += static_cast<double>(
          values[static_cast<std::size_t>(month) * service_count + static_cast<std::size_t>(service)]);
    return sum;
  };
}

/// A policy against what it is compared with, run with common random numbers.
struct Comparison {
  std::shared_ptr<Prepared const> base, alternative;
  std::vector<ReplicateRecord> base_runs, alternative_runs;

  Comparison(std::string const& base_text, std::string const& alternative_text, Switch const& change = {},
             Overrides const& size = small_case(scale, months)) {
    auto const prepared = [&](std::string const& text) {
      auto scenario = variant("baseline", text, size);
      if (change) change(scenario.parameters);
      return prepare(std::move(scenario));
    };
    base = prepared(base_text);
    alternative = prepared(alternative_text);
    base_runs = run_replicates(*base, replicates);
    alternative_runs = run_replicates(*alternative, replicates);
  }
  [[nodiscard]] std::vector<double> differences(Metric const& metric) const {
    std::vector<double> all;
    for (std::size_t r = 0; r < base_runs.size(); ++r)
      all.push_back(metric(alternative->layout, alternative_runs[r]) - metric(base->layout, base_runs[r]));
    return all;
  }
  [[nodiscard]] double mean(Metric const& metric) const {
    auto const d = differences(metric);
    return std::accumulate(d.begin(), d.end(), 0.0) / static_cast<double>(d.size());
  }
  [[nodiscard]] double t(Metric const& metric) const { return paired_t(differences(metric)); }
};

std::string permit(std::string const& terms) {
  return "measures:\n  - {id: permit, kind: programme, from: 2026-02, eligible: [irregular, asylum_pending], "
         "grants: temporary, validity_months: 24, " +
         terms + "}\n";
}

void nobody_hears(Parameters& p) {
  p.news_background_prob_per_month = p.news_contact_prob_per_month = p.news_known_at_start_share = 0;
}
void price_does_not_count(Parameters& p) { p.status_cost_weight = 0; }

TEST(Directions, MoreProcessingCapacityMakesMorePeopleRegular) {
  auto const few = permit("fine_share: 0, capacity_per_month: 2000"),
             many = permit("fine_share: 0, capacity_per_month: 20000");
  Comparison const effect(few, many);
  EXPECT_GT(effect.t(at_the_end("regular")), significant_t);
  EXPECT_GT(effect.t(over_all_months("permits_granted")), significant_t);
  Comparison const twin(few, many, nobody_hears);
  for (double d : twin.differences(at_the_end("regular")))
    EXPECT_EQ(d, 0) << "nobody knows of the programme, and still its capacity counts";
}

TEST(Directions, WaivingTheFineRaisesTakeUp) {
  auto const charged = permit("fine_share: 1, capacity_per_month: 20000"),
             waived = permit("fine_share: 0, capacity_per_month: 20000");
  Comparison const effect(charged, waived);
  EXPECT_GT(effect.t(over_all_months("applications")), significant_t);
  EXPECT_GT(effect.t(at_the_end("permit_holders")), significant_t);
  Comparison const twin(charged, waived, price_does_not_count);
  for (double d : twin.differences(over_all_months("applications"))) EXPECT_EQ(d, 0);
}

TEST(Directions, AnAmnestyOfFinesRaisesTakeUp) {
  auto const charged = permit("fine_share: 1, capacity_per_month: 20000");
  auto const amnesty = charged + "  - {id: amnesty, kind: fine_amnesty, from: 2026-02, share_waived: 1}\n";
  Comparison const effect(charged, amnesty);
  EXPECT_GT(effect.t(over_all_months("applications")), significant_t);
  Comparison const twin(charged, amnesty, price_does_not_count);
  for (double d : twin.differences(over_all_months("applications"))) EXPECT_EQ(d, 0);
}

TEST(Directions, DearFeesAndPapersLowerTakeUp) {
  for (std::string const price : {"fee_soles", "papers_soles"}) {
    SCOPED_TRACE(price);
    auto const cheap = permit("fine_share: 0, capacity_per_month: 20000, " + price + ": 0"),
               dear = permit("fine_share: 0, capacity_per_month: 20000, " + price + ": 1000");
    Comparison const effect(cheap, dear, {}, small_case(scale, 6));
    EXPECT_LT(effect.t(over_all_months("applications")), -significant_t);
    Comparison const twin(cheap, dear, price_does_not_count, small_case(scale, 6));
    for (double d : twin.differences(over_all_months("applications"))) EXPECT_EQ(d, 0);
  }
}

TEST(Directions, RefusalsLeaveFewerPermits) {
  auto const terms = [](char const* refused, char const* months_of_processing) {
    return permit(std::string("fine_share: 0, capacity_per_month: 20000, refusal_share: ") + refused +
                  ", processing_months: " + months_of_processing);
  };
  Comparison const effect(terms("0", "1"), terms("0.5", "1"));
  EXPECT_GT(effect.t(over_all_months("permits_refused")), significant_t);
  EXPECT_LT(effect.t(over_all_months("permits_granted")), -significant_t);
  // Nothing is decided within the run.
  Comparison const twin(terms("0", "24"), terms("0.5", "24"));
  for (auto const* flow : {"permits_refused", "permits_granted"})
    for (double d : twin.differences(over_all_months(flow))) EXPECT_EQ(d, 0);
}

TEST(Directions, AnExtensionOfValidityKeepsPermits) {
  Comparison const effect("", "measures:\n  - {id: x, kind: validity_extension, from: 2026-02}\n");
  EXPECT_LT(effect.t(over_all_months("permits_lapsed")), -significant_t);
  EXPECT_GT(effect.t(at_the_end("permit_holders")), significant_t);
  // Of permits that do not end within the run.
  Comparison const twin("", "measures:\n  - {id: x, kind: validity_extension, from: 2026-02, permits: [refugee]}\n");
  for (double d : twin.differences(over_all_months("permits_lapsed"))) EXPECT_EQ(d, 0);
  for (double d : twin.differences(at_the_end("permit_holders"))) EXPECT_EQ(d, 0);
}

TEST(Directions, APermitRaisesFormalWorkLessThanOneForOne) {
  auto const none = std::string(), programme = permit("fine_share: 0, capacity_per_month: 30000");
  auto const long_run = small_case(200, 24);
  Comparison const effect(none, programme, {}, long_run);
  double const permits = effect.mean(at_the_end("permit_holders")),
               contracts = effect.mean(at_the_end("migrant_payroll"));
  EXPECT_GT(effect.t(at_the_end("permit_holders")), significant_t);
  EXPECT_GT(effect.t(at_the_end("migrant_payroll")), significant_t);
  EXPECT_GT(contracts, 0);
  EXPECT_LT(contracts, 0.3 * permits) << "permits of the past opened 6 to 9 contracts per 100";
  // Employers who know no document hire nobody on the books, permit or not.
  Comparison const twin(none, programme, [](Parameters& p) {
    p.employers_know_residence_share = p.employers_know_temporary_share = p.employers_know_humanitarian_share =
        p.employers_know_asylum_card_share = 0;
  });
  EXPECT_GT(twin.t(at_the_end("permit_holders")), significant_t);
  EXPECT_LT(std::abs(twin.t(over_all_months("migrant_formal_hires"))), 1e-9);
}

TEST(Directions, ExemptingSmallFirmsMattersOnlyWhereTheQuotaBinds) {
  auto const quota = std::string("measures:\n  - {id: quota, head_share: 0.2}\n");
  auto const exempt = quota + "  - {id: exempt, kind: quota, from: 2026-02, exempt_sizes: [micro, small]}\n";
  // Twice as many agents as elsewhere: refusals by the quota are rare.
  Comparison const effect(quota, exempt, {}, small_case(scale / 2, months));
  EXPECT_LT(effect.t(over_all_months("refused_quota")), -significant_t);
  EXPECT_GT(effect.t(over_all_months("migrant_formal_hires")), significant_t);
  Comparison const nobody_heeds_it(quota, exempt, [](Parameters& p) { p.quota_binding_share = 0; });
  auto const all_heads = std::string("measures:\n  - {id: quota, head_share: 1, payroll_share: 1}\n");
  Comparison const no_limit(all_heads,
                            all_heads + "  - {id: exempt, kind: quota, from: 2026-02, exempt_sizes: [micro, small]}\n");
  for (auto const* twin : {&nobody_heeds_it, &no_limit})
    for (std::size_t r = 0; r < twin->base_runs.size(); ++r)
      EXPECT_EQ(first_difference(twin->base->layout, twin->base_runs[r], twin->alternative_runs[r]), "")
          << "an exemption matters although the quota binds nowhere";
}

TEST(Directions, NearerServicesHaveMoreUsers) {
  // Capacity is ample in both, so that only the journey differs.
  auto const ample = std::string(
      "measures:\n  - {id: ample, kind: service_capacity, from: 2026-01, service: employment_centre, factor: 100}\n");
  auto const nearer =
      ample +
      "  - {id: points, kind: service_points, from: 2026-02, service: employment_centre, capacity_per_month: 100000}\n";
  Comparison const effect(ample, nearer);
  EXPECT_GT(effect.t(of_service("service_requests", Service::employment_centre)), significant_t);
  auto const given = effect.differences(of_service("service_given", Service::employment_centre));
  EXPECT_GT(effect.t(of_service("service_given", Service::employment_centre)), significant_t);
  Comparison const twin(ample, nearer, [](Parameters& p) {
    p.services_travel_response_per_hour = 0;
    p.status_value_of_entitlement = 0;  // what can be reached also makes a permit worth more
  });
  // Ample is a hundred times what there is: an agent may still wait at a small office.
  double const sum = std::accumulate(given.begin(), given.end(), 0.0);
  for (double d : twin.differences(of_service("service_given", Service::employment_centre))) EXPECT_LT(std::abs(d), 0.02 * sum);
}

TEST(Directions, SupportForHostsLowersHostility) {
  auto const support =
      std::string("measures:\n  - {id: support, kind: host_support, from: 2026-02, reach_share_per_month: 0.3}\n");
  Comparison const effect("", support);
  EXPECT_LT(effect.t(share_at_the_end("hostility")), -significant_t);
  Comparison const twin("", support, [](Parameters& p) { p.attitudes_host_support_effect_logits = 0; });
  for (double d : twin.differences(share_at_the_end("hostility"))) EXPECT_EQ(d, 0);
}

TEST(Directions, ACohesionCampaignLowersHostilityAndItsEffectFades) {
  auto const campaign = std::string(
      "measures:\n  - {id: campaign, kind: cohesion_campaign, from: 2026-02, to: 2026-05, reach_share_per_month: "
      "0.3}\n");
  Comparison const effect("", campaign);
  auto const in_month = [](int month) {
    return [month](RecordLayout const& layout, ReplicateRecord const& record) {
      return indicator(layout, record, "hostility", month);
    };
  };
  EXPECT_LT(effect.t(in_month(4)), -significant_t);
  EXPECT_LT(std::abs(effect.mean(in_month(months - 1))), 0.25 * std::abs(effect.mean(in_month(4))))
      << "a year after its end the campaign still moves attitudes";
  Comparison const twin("", campaign, [](Parameters& p) { p.attitudes_campaign_effect_logits = 0; });
  for (double d : twin.differences(in_month(4))) EXPECT_EQ(d, 0);
}

TEST(Directions, GuidesForEmployersOpenFormalJobs) {
  auto const guide =
      std::string("measures:\n  - {id: guide, kind: employer_guide, from: 2026-02, reach_share_per_month: 0.3}\n");
  Comparison const effect("", guide);
  EXPECT_GT(effect.t(over_all_months("migrant_formal_hires")), significant_t);
  Comparison const twin("", guide, [](Parameters& p) { p.employers_guide_effect = 0; });
  for (double d : twin.differences(over_all_months("migrant_formal_hires"))) EXPECT_EQ(d, 0);
}

TEST(Directions, ChildcareLetsMothersWork) {
  auto const places = std::string(
      "measures:\n  - {id: places, kind: service_capacity, from: 2026-02, service: childcare, factor: 20}\n");
  auto const women = [](RecordLayout const& layout, ReplicateRecord const& record) {
    auto const& values = record.values[variable(layout, "active_by_sex")];
    return static_cast<double>(
        values[static_cast<std::size_t>(layout.months - 1) * sex_count + static_cast<std::size_t>(Sex::female)]);
  };
  auto const want_places = [](Parameters& p) { p.services_ask_childcare_prob_per_month = 0.3; };
  Comparison const effect("", places, want_places);
  EXPECT_GT(effect.t(of_service("service_given", Service::childcare)), significant_t);
  EXPECT_GT(effect.t(women), significant_t);
  Comparison const twin("", places, [&](Parameters& p) {
    want_places(p);
    p.labour_unmet_care_penalty = 0;
  });
  EXPECT_LT(std::abs(twin.mean(women)), 0.2 * effect.mean(women));
}

TEST(Directions, HostilityKeepsMigrantsFromFormalJobs) {
  auto const narrative = std::string(
      "measures:\n  - {id: narrative, kind: hostile_narrative, from: 2026-02, size_logits_per_month: 0.2}\n");
  auto const strong = [](Parameters& p) { p.labour_taste_response = 3; };
  Comparison const effect("", narrative, strong);
  EXPECT_LT(effect.t(over_all_months("migrant_hires")), -significant_t);
  Comparison const twin("", narrative, [](Parameters& p) {
    p.labour_taste_response = 0;
    p.services_hostility_response = p.services_counter_hostility_response = p.departures_hostility_response = 0;
  });
  EXPECT_EQ(twin.mean(over_all_months("migrant_hires")), 0);
}

}  // namespace
}  // namespace arraigo::tests
