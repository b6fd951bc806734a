/// Directions of measures on firms, contracts and labour rights, each with a twin in which the mechanism is switched off
/// and the difference goes away. Differences are paired by replicate: the same seeds give the same people in both futures.
#include <gtest/gtest.h>

#include <numeric>

#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

constexpr int replicates = 6, scale = 400, months = 8;
/// One-sided Student's t with five degrees of freedom exceeds 4.03 by chance in 5 runs of 1,000.
constexpr double significant_t = 4.03;

/// What a run came to: flows and units of the last measure summed over its months, people as they stand at its end.
struct Outcome {
  std::array<std::int64_t, flow_count> flows{};
  std::int64_t payroll = 0, abused = 0, own_account_formal = 0, units = 0, fines = 0;
};
using Metric = std::function<double(Outcome const&)>;
using Switch = std::function<void(Parameters&)>;

Metric flow(Flow which) {
  return [which](Outcome const& o) { return static_cast<double>(o.flows[static_cast<std::size_t>(which)]); };
}
Metric people(std::int64_t Outcome::*which) {
  return [which](Outcome const& o) { return static_cast<double>(o.*which); };
}

struct Comparison {
  std::vector<Outcome> base, alternative;

  Comparison(std::string const& base_text, std::string const& alternative_text, Switch const& change = {},
             Overrides const& size = small_case(scale, months)) {
    auto const outcomes = [&](std::string const& text) {
      auto scenario = variant("baseline", text.empty() ? text : "measures:\n" + text, size);
      if (change) change(scenario.parameters);
      auto const prepared = prepare(std::move(scenario));
      std::vector<Outcome> all(replicates);
      for (int r = 0; r < replicates; ++r)
        run(*prepared, r, {}, [&](World& world, auto const&) {
          auto& o = all[static_cast<std::size_t>(r)];
          std::size_t const n = world.districts.size();
          for (std::size_t k = 0; k < world.flows.size(); ++k) o.flows[k / n] += world.flows[k];
          o.units += world.measure_units.back();
          o.fines += world.accounts[static_cast<std::size_t>(Line::labour_fines)];
          o.payroll = o.abused = o.own_account_formal = 0;
          for (std::size_t row = 0; row < world.persons.size(); ++row) {
            if (world.persons.gone(row)) continue;
            o.payroll += world.persons.activity[row] == Activity::payroll ? 1 : 0;
            o.own_account_formal += world.persons.activity[row] == Activity::own_account_formal ? 1 : 0;
            o.abused += (world.persons.has[row] & is_exploited) != 0 ? 1 : 0;
          }
        });
      return all;
    };
    base = outcomes(base_text);
    alternative = outcomes(alternative_text);
  }
  [[nodiscard]] std::vector<double> differences(Metric const& metric) const {
    std::vector<double> all;
    for (std::size_t r = 0; r < base.size(); ++r) all.push_back(metric(alternative[r]) - metric(base[r]));
    return all;
  }
  [[nodiscard]] double t(Metric const& metric) const { return paired_t(differences(metric)); }
  [[nodiscard]] double mean(Metric const& metric) const {
    auto const d = differences(metric);
    return std::accumulate(d.begin(), d.end(), 0.0) / static_cast<double>(d.size());
  }
  void expect_none(Metric const& metric) const {
    for (double d : differences(metric)) EXPECT_EQ(d, 0);
  }
};

std::string measure(std::string const& terms) { return "  - {id: x, from: 2026-02, " + terms + "}\n"; }

TEST(LabourDirections, InspectionOfContractsPutsStaffOnTheBooks) {
  auto const inspection = measure("kind: inspection, rate_share_per_month: 0.05, targets: [contracts]");
  Comparison const effect("", inspection);
  EXPECT_GT(effect.t(flow(Flow::contracts_regularised)), significant_t);
  EXPECT_GT(effect.t(flow(Flow::firms_formalised)), significant_t);
  EXPECT_GT(effect.t(people(&Outcome::payroll)), significant_t);
  EXPECT_GT(effect.t(people(&Outcome::fines)), significant_t);
  // Visits that nobody complies with cost fines and change nothing else.
  Comparison const twin("", inspection, [](Parameters& p) { p.labour_inspection_effect = 0; });
  EXPECT_GT(twin.t(people(&Outcome::fines)), significant_t);
  twin.expect_none(people(&Outcome::payroll));
  twin.expect_none(flow(Flow::hires));
}

TEST(LabourDirections, InspectionOfHoursEndsAbuse) {
  auto const inspection = measure("kind: inspection, rate_share_per_month: 0.05, targets: [hours]");
  Comparison const effect("", inspection);
  EXPECT_LT(effect.t(people(&Outcome::abused)), -significant_t);
  effect.expect_none(flow(Flow::contracts_regularised));
  Comparison const twin("", inspection, [](Parameters& p) { p.labour_inspection_effect = 0; });
  twin.expect_none(people(&Outcome::abused));
}

TEST(LabourDirections, InspectionOfTheQuotaMakesFirmsHeedIt) {
  auto const quota = std::string("  - {id: quota, head_share: 0.05}\n");
  auto const inspection = quota + measure("kind: inspection, rate_share_per_month: 0.3, targets: [quota]");
  auto const few_heed = [](Parameters& p) { p.quota_binding_share = 0.2; };
  Comparison const effect(quota, inspection, few_heed, small_case(200, months));
  EXPECT_GT(effect.t(flow(Flow::refused_quota)), significant_t);
  EXPECT_LT(effect.t(flow(Flow::migrant_formal_hires)), -significant_t);
  Comparison const twin(quota, inspection, [&](Parameters& p) {
    few_heed(p);
    p.labour_inspection_effect = 0;
  });
  twin.expect_none(flow(Flow::refused_quota));
  twin.expect_none(flow(Flow::migrant_formal_hires));
}

TEST(LabourDirections, AccompanimentMakesFirmsAndOwnAccountWorkersFormal) {
  auto const support = measure("kind: formalisation, reach_share_per_month: 0.2");
  Comparison const effect("", support);
  EXPECT_GT(effect.t(flow(Flow::firms_formalised)), significant_t);
  EXPECT_GT(effect.t(people(&Outcome::payroll)), significant_t);
  EXPECT_GT(effect.t(people(&Outcome::own_account_formal)), significant_t);
  Comparison const twin("", support, [](Parameters& p) {
    p.labour_formalisation_effect_logits = p.labour_formalisation_own_account_prob = 0;
  });
  for (auto const& metric : {flow(Flow::firms_formalised), people(&Outcome::payroll), people(&Outcome::own_account_formal)})
    twin.expect_none(metric);
}

TEST(LabourDirections, AHigherMinimumWageCostsPostsAndContracts) {
  auto const floor = measure("kind: minimum_wage, soles_per_month: 1800");
  Comparison const effect("", floor, {}, small_case(scale, 12));
  EXPECT_LT(effect.t(flow(Flow::vacancies)), -significant_t);
  EXPECT_LT(effect.t(flow(Flow::formal_hires)), -significant_t);
  EXPECT_LT(effect.t(people(&Outcome::payroll)), -significant_t);
  // Firms that do not count what contracts cost pay more and lose nobody: contracts draw people all the more.
  Comparison const twin("", floor, [](Parameters& p) { p.labour_demand_wage_elasticity = p.labour_formality_overhead_response = 0; }, small_case(scale, 12));
  for (auto const& metric : {people(&Outcome::payroll), flow(Flow::formal_hires)}) EXPECT_GT(twin.mean(metric), 0.2 * effect.mean(metric));
}

TEST(LabourDirections, FormalJobsThatFirmsDidNotChooseCostJobs) {
  // Large firms bear an overhead of 42 % of pay for contracts that an inspection brings about.
  auto const inspection =
      measure("kind: inspection, rate_share_per_month: 0.3, targets: [contracts], sizes: [small, medium, large]");
  auto const all_comply = [](Parameters& p) { p.labour_inspection_effect = p.labour_conversion_prob_per_month = 1; };
  Comparison const effect("", inspection, all_comply, small_case(scale, 12));
  EXPECT_LT(effect.t(flow(Flow::vacancies)), -significant_t);
  // Neither pay nor overhead counts for the staff that firms want: what is left comes from formal jobs that last longer.
  Comparison const twin("", inspection, [&](Parameters& p) {
    all_comply(p);
    p.labour_demand_wage_elasticity = 0;
  }, small_case(scale, 12));
  EXPECT_GT(twin.mean(flow(Flow::vacancies)), effect.mean(flow(Flow::vacancies)));
}

TEST(LabourDirections, LabourRightsEndAbuse) {
  for (auto const& promotion :
       {measure("kind: labour_rights, reach_share_per_month: 0.3"),
        measure("kind: information_campaign, content: [rights], reach_share_per_month: 0.6")}) {
    Comparison const effect("", promotion);
    EXPECT_LT(effect.t(people(&Outcome::abused)), -significant_t);
    Comparison const twin("", promotion, [](Parameters& p) { p.labour_rights_effect_per_month = 0; });
    twin.expect_none(people(&Outcome::abused));
    twin.expect_none(flow(Flow::hires));
  }
}

TEST(LabourDirections, ACampaignOnFormalityMakesOwnAccountWorkersTakeTaxNumbers) {
  auto const campaign = measure("kind: information_campaign, content: [formality], reach_share_per_month: 1");
  Comparison const effect("", campaign, [](Parameters& p) { p.labour_formality_campaign_effect = 5; });
  EXPECT_GT(effect.t(people(&Outcome::own_account_formal)), significant_t);
  Comparison const twin("", campaign, [](Parameters& p) { p.labour_formality_campaign_effect = 1; });
  twin.expect_none(people(&Outcome::own_account_formal));
}

TEST(LabourDirections, FairRecruitmentOpensFirmsToMigrants) {
  auto const training = measure("kind: fair_recruitment, reach_share_per_month: 0.5");
  auto const strong = [](Parameters& p) {
    p.labour_taste_firm_sd = 1;
    p.labour_fair_recruitment_effect = 0.9;
  };
  Comparison const effect("", training, strong);
  EXPECT_GT(effect.t(flow(Flow::migrant_hires)), significant_t);
  EXPECT_GT(effect.t(flow(Flow::migrant_formal_hires)), significant_t);
  Comparison const twin("", training, [](Parameters& p) { p.labour_fair_recruitment_effect = p.employers_guide_effect = 0; });
  twin.expect_none(flow(Flow::migrant_hires));
  twin.expect_none(flow(Flow::migrant_formal_hires));
}

TEST(LabourDirections, JobMatchingLeadsToFormalJobs) {
  auto const matching = measure("kind: job_matching, seekers_per_month: 200000");
  Comparison const effect("", matching);
  EXPECT_GT(effect.t(people(&Outcome::units)), significant_t);
  EXPECT_GT(effect.t(flow(Flow::formal_hires)), significant_t);
  // Who is taken to no firm gains nothing by being taken.
  Comparison const twin("", matching, [](Parameters& p) { p.labour_employers_seen_per_month = 0; });
  EXPECT_GT(twin.t(people(&Outcome::units)), significant_t);
  twin.expect_none(flow(Flow::hires));
}

TEST(LabourDirections, CentresLeadToContractsOfFirmsThatOfferThem) {
  auto const centre = measure("kind: service_points, service: employment_centre, capacity_per_month: 20000");
  auto const ask = [](Parameters& p) { p.services_ask_employment_prob_per_month = 0.5; };
  EXPECT_GT(Comparison("", centre, ask).t(flow(Flow::formal_hires)), significant_t);
  // No firm offers any: a centre changes who is hired, and nobody is hired on the books.
  Comparison const twin("", centre, [&](Parameters& p) {
    ask(p);
    p.labour_formality_intercept = -100;
    p.labour_on_books_share_in_informal_firms = 0;
  });
  EXPECT_NE(twin.mean(flow(Flow::hires)), 0);
  twin.expect_none(flow(Flow::formal_hires));
}

TEST(LabourDirections, MatchingForMigrantsFavoursThem) {
  auto const all = measure("kind: job_matching, seekers_per_month: 60000");
  auto const first = measure("kind: job_matching, seekers_per_month: 60000, priority: [migrants], reserved_share: 1");
  Comparison const effect(all, first, {}, small_case(50, months));  // few of the hires are migrants': a finer scale tells them from chance
  EXPECT_GT(effect.t(flow(Flow::migrant_hires)), significant_t);
  Comparison const twin(all, measure("kind: job_matching, seekers_per_month: 60000, priority: [migrants], reserved_share: 0"));
  twin.expect_none(flow(Flow::hires));
}

TEST(LabourDirections, OpeningOccupationsRaisesMigrantsHires) {
  auto const open = measure("kind: occupation_rule, open_share: 1");
  Comparison const effect("", open, {}, small_case(200, months));  // few hires: a finer scale tells them from chance
  EXPECT_GT(effect.t(flow(Flow::migrant_hires)), significant_t);
  Comparison const twin("", open, [](Parameters& p) { p.labour_public_jobs_open_to_foreigners_share = 1; });
  twin.expect_none(flow(Flow::migrant_hires));
}

TEST(LabourDirections, DemandOfASectorOpensVacancies) {
  auto const demand = measure("kind: labour_demand, factor: 1.2, sectors: [construction]");
  Comparison const effect("", demand);
  EXPECT_GT(effect.t(flow(Flow::vacancies)), significant_t);
  EXPECT_GT(effect.t(flow(Flow::hires)), significant_t);
  Comparison const twin("", measure("kind: labour_demand, factor: 1, sectors: [construction]"));
  twin.expect_none(flow(Flow::vacancies));
}

TEST(LabourDirections, AFallOfDemandDismisses) {
  auto const fall = std::string("  - {id: x, from: 2026-01, kind: labour_demand, factor: 0.7}\n");
  auto const one_month = small_case(scale, 1);  // later, fewer jobs mean fewer who leave them
  Comparison const effect("", fall, {}, one_month);
  EXPECT_GT(effect.t(flow(Flow::separations)), significant_t);
  Comparison const twin("", fall, [](Parameters& p) { p.labour_dismissal_formal_share_per_month = p.labour_dismissal_informal_share_per_month = 0; }, one_month);
  twin.expect_none(flow(Flow::separations));
}

TEST(LabourDirections, ASubsidyRaisesFormalHires) {
  auto const subsidy = measure("kind: hiring_subsidy, pay_share: 0.3");
  Comparison const effect("", subsidy);
  EXPECT_GT(effect.t(flow(Flow::formal_hires)), significant_t);
  EXPECT_GT(effect.t(people(&Outcome::units)), significant_t);
  Comparison const twin("", subsidy, [](Parameters& p) {
    p.labour_formality_overhead_response = p.labour_demand_wage_elasticity = 0;
  });
  twin.expect_none(flow(Flow::formal_hires));
}

TEST(LabourDirections, FairsLeadToFormalJobs) {
  auto const fair = measure("kind: job_fair, vacancies_per_month: 50000");
  Comparison const effect("", fair);
  EXPECT_GT(effect.t(flow(Flow::formal_hires)), significant_t);
  Comparison const twin("", fair, [](Parameters& p) { p.labour_fair_applications_per_vacancy = 0; });
  twin.expect_none(flow(Flow::hires));
}

TEST(LabourDirections, VerificationTakesDoubtAboutValidDocuments) {
  auto const verification = measure("kind: document_verification, users: [employers], use_share: 1");
  Comparison const effect("", verification);
  EXPECT_LT(effect.t(flow(Flow::refused_document)), -significant_t);
  EXPECT_GT(effect.t(flow(Flow::migrant_formal_hires)), significant_t);
  // Where every firm knows every document there is no doubt to take away.
  Comparison const twin("", verification, [](Parameters& p) {
    p.employers_know_residence_share = p.employers_know_temporary_share = p.employers_know_humanitarian_share =
        p.employers_know_asylum_card_share = 2;
  });
  twin.expect_none(flow(Flow::refused_document));
  twin.expect_none(flow(Flow::migrant_formal_hires));
}

TEST(LabourDirections, TheCostOfRegisteringContractsKeepsForeignersOffTheBooks) {
  auto const cost = measure("kind: quota, registration_soles: 5000");
  Comparison const effect("", cost, {}, small_case(200, months));
  EXPECT_LT(effect.t(flow(Flow::migrant_formal_hires)), -significant_t);
  Comparison const twin("", cost, [](Parameters& p) { p.labour_formality_overhead_response = 0; });
  twin.expect_none(flow(Flow::migrant_formal_hires));
}

TEST(LabourDirections, AHighTaxOfNewcomersMakesThemDeclineContracts) {
  // Formal pay is so far above informal pay that 30 % hardly ever makes anybody decline.
  auto const taxed = measure("kind: newcomer_tax, withholding_share: 0.7");
  auto const many = std::string("  - {id: more, kind: arrivals, from: 2026-01, factor: 20}\n");
  auto const known = [](Parameters& p) { p.employers_know_asylum_card_share = 0.6; };
  Comparison const effect(many, many + taxed, known, small_case(200, months));
  EXPECT_GT(effect.t(flow(Flow::declined_offer)), significant_t);
  EXPECT_LT(effect.t(flow(Flow::migrant_formal_hires)), -significant_t);
  // Where employers bear it, newcomers do not weigh it.
  Comparison const twin(many, many + taxed, [&](Parameters& p) {
    known(p);
    p.labour_gross_up_share = 1;
  });
  twin.expect_none(flow(Flow::declined_offer));
}

TEST(LabourDirections, SeedCapitalStartsBusinesses) {
  auto const capital = measure(
      "kind: cash_support, purpose: seed_capital, soles_per_month: 1520, coverage_share: 0.8, priority: [migrants, hosts]");
  // To the end of the month in which it is paid: what it changes later comes through incomes.
  Comparison const effect("", capital, {}, small_case(scale, 2));
  EXPECT_GT(effect.t(flow(Flow::businesses_started)), significant_t);
  Comparison const twin("", capital, [](Parameters& p) { p.labour_seed_capital_entry_gain = 0; }, small_case(scale, 2));
  twin.expect_none(flow(Flow::businesses_started));
}

}  // namespace
}  // namespace arraigo::tests
