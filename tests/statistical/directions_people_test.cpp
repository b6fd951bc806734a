/// Directions of what tells people apart, each with a twin in which the mechanism has nothing to act on: what lowers a place in
/// an employer's ranking, who is abused after a hire, whose word counts as a referral, what care keeps from work, what newcomers
/// do and know, for whom papers are worth having. Differences are paired by replicate.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "support/model_runs.hpp"
#include "world/jobs.hpp"

namespace arraigo::tests {
namespace {

constexpr int replicates = 6, scale = 200, months = 10;
/// One-sided Student's t with five degrees of freedom exceeds 4.03 by chance in 5 runs of 1,000.
constexpr double significant_t = 4.03;

using Switch = std::function<void(Parameters&)>;
using Metric = std::function<bool(World const&, std::size_t)>;  ///< whether a person counts

/// People of whom a metric holds at the end, and hires, in two runs of the same seeds.
struct Contrast {
  std::vector<double> counted, hires;  ///< differences, by replicate

  Contrast(Switch const& low, Switch const& high, Metric const& metric, Adjust const& at_start = {}) : Contrast(low, high, metric, at_start, at_start) {}
  Contrast(Switch const& low, Switch const& high, Metric const& metric, Adjust const& low_start, Adjust const& high_start, std::string const& measures = {}) {
    auto const outcomes = [&](Switch const& change, Adjust const& at_start) {
      auto scenario = variant("baseline", measures.empty() ? measures : "measures:\n" + measures, small_case(scale, months));
      change(scenario.parameters);
      auto const prepared = prepare(std::move(scenario));
      std::vector<std::pair<double, double>> all(replicates);
      for (int r = 0; r < replicates; ++r)
        run(*prepared, r, at_start, [&](World& world, auto const&) {
          auto& [people, hired] = all[static_cast<std::size_t>(r)];
          std::size_t const n = world.districts.size(), first = static_cast<std::size_t>(Flow::hires) * n;
          for (std::size_t d = 0; d < n; ++d) hired += static_cast<double>(world.flows[first + d]);
          people = 0;
          for (std::size_t row = 0; row < world.persons.size(); ++row)
            people += !world.persons.gone(row) && !world.persons.inert(row) && metric(world, row) ? 1 : 0;
        });
      return all;
    };
    auto const base = outcomes(low, low_start), alternative = outcomes(high, high_start);
    for (std::size_t r = 0; r < base.size(); ++r) {
      counted.push_back(alternative[r].first - base[r].first);
      hires.push_back(alternative[r].second - base[r].second);
    }
  }
  void expect_none() const {
    for (auto const* differences : {&counted, &hires})
      for (double d : *differences) EXPECT_EQ(d, 0);
  }
};

double mean_of(std::vector<double> const& values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

bool is_employee(World const& world, std::size_t row) {
  return world.persons.activity[row] == Activity::payroll || world.persons.activity[row] == Activity::off_books;
}

TEST(PeopleDirections, ALowerPlaceInTheRankingCostsPeopleWithADisabilityJobs) {
  Switch const none = [](Parameters& p) { p.labour_disability_score = 0; }, high = [](Parameters& p) { p.labour_disability_score = 1; };
  Metric const with_disability = [](World const& world, std::size_t row) { return is_employee(world, row) && world.has_disability(row); };
  EXPECT_LT(paired_t(Contrast(none, high, with_disability).counted), -significant_t);
  auto const nobody = [](Switch const& change) { return [change](Parameters& p) { change(p), p.groups_disability_share = 0; }; };
  Contrast(nobody(none), nobody(high), is_employee).expect_none();
}

TEST(PeopleDirections, ALowerPlaceInTheRankingCostsLgbtiqPeopleJobs) {
  Switch const none = [](Parameters& p) { p.labour_lgbtiq_score = 0; }, high = [](Parameters& p) { p.labour_lgbtiq_score = 1; };
  Metric const of_group = [](World const& world, std::size_t row) { return is_employee(world, row) && world.is_lgbtiq(row); };
  EXPECT_LT(paired_t(Contrast(none, high, of_group).counted), -significant_t);
  auto const nobody = [](Switch const& change) { return [change](Parameters& p) { change(p), p.groups_lgbtiq_share = 0; }; };
  Contrast(nobody(none), nobody(high), is_employee).expect_none();
}

TEST(PeopleDirections, UnmetCareCostsMothersJobs) {
  Switch const none = [](Parameters& p) { p.labour_care_hours_score = 0; }, high = [](Parameters& p) { p.labour_care_hours_score = 1; };
  Metric const mothers = [](World const& world, std::size_t row) { return is_employee(world, row) && has_unmet_care(world, row); };
  Contrast const effect(none, high, mothers);
  EXPECT_LT(paired_t(effect.counted), -significant_t);
  // All children have places, and no woman is of an age to bear another: no care is unmet but that of who arrives with a child.
  auto const cared_for = [](World& world, arraigo::Setup const&) {
    auto& persons = world.persons;
    for (std::size_t row = 0; row < persons.size(); ++row) {
      persons.has[row] |= has_childcare_place;
      if (persons.sex(row) == Sex::female && persons.age_months(row, world.stream.month.index) < 55 * 12) persons.birth[row] = static_cast<std::int16_t>(world.stream.month.index - 55 * 12);
    }
  };
  Contrast const twin(none, high, is_employee, cared_for);
  EXPECT_LT(std::abs(mean_of(twin.counted)), 0.1 * std::abs(mean_of(effect.counted)));
}

TEST(PeopleDirections, ReferralsOfRecentContactsHelpMigrantsToJobs) {
  Switch const nothing = [](Parameters& p) { p.labour_recent_contact_share = 0; }, whole = [](Parameters& p) { p.labour_recent_contact_share = 1; };
  auto const all_recent = [](Switch const& change) { return [change](Parameters& p) { change(p), p.labour_tenured_contact_months = 48, p.labour_referral_score = 1; }; };
  Metric const migrants = [](World const& world, std::size_t row) { return is_employee(world, row) && is_foreign(world.persons.origin(row)); };
  // In January 2026 few have been there for less than four years: the clock of arrivals is put near.
  auto const newly_arrived = [](World& world, arraigo::Setup const&) {
    for (auto& arrival : world.migrants.arrival) arrival = static_cast<std::int16_t>(world.stream.month.index - 1);
  };
  EXPECT_GT(paired_t(Contrast(all_recent(nothing), all_recent(whole), migrants, newly_arrived).counted), significant_t);
  auto const all_tenured = [](Switch const& change) { return [change](Parameters& p) { change(p), p.labour_tenured_contact_months = 0, p.labour_referral_score = 1; }; };
  Contrast(all_tenured(nothing), all_tenured(whole), migrants, newly_arrived).expect_none();
}

TEST(PeopleDirections, WhoCannotComplainIsAbusedMoreAfterAHire) {
  Switch const alike = [](Parameters& p) { p.labour_exploited_irregular_factor = 1; }, more = [](Parameters& p) { p.labour_exploited_irregular_factor = 2; };
  // All abuse of the start is taken away: what is left came with a hire.
  auto const none_at_start = [](World& world, arraigo::Setup const& setup) {
    for (std::uint32_t row = 0; row < world.persons.size(); ++row)
      if ((world.persons.has[row] & is_exploited) != 0) end_abuse(world, setup.params, row);
  };
  Metric const abused = [](World const& world, std::size_t row) { return (world.persons.has[row] & is_exploited) != 0; };
  EXPECT_GT(paired_t(Contrast(alike, more, abused, none_at_start).counted), significant_t);
  auto const free_of_it = [](Switch const& change) { return [change](Parameters& p) { change(p), p.labour_exploited_share_migrants = p.labour_exploited_share_hosts = 0; }; };
  Contrast(free_of_it(alike), free_of_it(more), abused, none_at_start).expect_none();
}

TEST(PeopleDirections, EldersWithoutAPlaceKeepWomenFromWork) {
  // Participation at the start is the published one whatever the penalty: what it does shows when elders are given places.
  Switch const high = [](Parameters& p) { p.labour_elder_care_penalty = 1.5; }, none = [](Parameters& p) { p.labour_elder_care_penalty = 0; };
  Metric const active_women = [](World const& world, std::size_t row) { return world.persons.sex(row) == Sex::female && is_active(world.persons.activity[row]); };
  auto const attended = [](World& world, arraigo::Setup const&) {
    for (auto& has : world.persons.has) has |= has_elder_place;
  };
  Contrast const effect(high, high, active_women, {}, attended), twin(none, none, active_women, {}, attended);
  EXPECT_GT(paired_t(effect.counted), significant_t);
  // Who has a place leaves a counter to somebody else: some service differs, and through it a handful of people.
  for (double d : twin.counted) EXPECT_LT(std::abs(d), 0.05 * *std::min_element(effect.counted.begin(), effect.counted.end()));
}

bool is_newcomer(World const& world, std::size_t row, Month start) {
  auto const m = world.persons.migrant[row];
  return m != no_row && world.migrants.arrival[m] >= start.index;
}

/// Nobody arrives, and who is there has been for long.
std::string const no_arrivals = "  - {id: none, kind: arrivals, from: 2026-01, factor: 0, origins: [venezuelan, other_foreign, returnee]}\n";
void make_long_settled(World& world, arraigo::Setup const&) {
  for (auto& arrival : world.migrants.arrival) arrival = static_cast<std::int16_t>(world.stream.month.index - 60);
}

TEST(PeopleDirections, MigrantsWhoLookMoreFindMoreWork) {
  Switch const once = [](Parameters& p) { p.labour_migrant_search_rounds = 1; }, often = [](Parameters& p) { p.labour_migrant_search_rounds = 8; };
  Metric const migrants = [](World const& world, std::size_t row) { return is_employee(world, row) && is_foreign(world.persons.origin(row)); };
  EXPECT_GT(paired_t(Contrast(once, often, migrants).counted), significant_t);
  // No migrant is in the labour market: nobody looks more.
  auto const outside = [](World& world, arraigo::Setup const&) {
    for (auto const row : world.migrants.person) {
      leave_job(world, row);
      world.persons.traits[row] |= Persons::inert_bit;
    }
  };
  Contrast(once, often, is_employee, outside, outside, no_arrivals).expect_none();
}

TEST(PeopleDirections, NewcomersSellInTheStreet) {
  Switch const none = [](Parameters& p) { p.labour_newcomer_own_account_prob_per_month = 0; }, often = [](Parameters& p) { p.labour_newcomer_own_account_prob_per_month = 0.5; };
  Metric const sellers = [](World const& world, std::size_t row) { return world.persons.activity[row] == Activity::own_account && is_foreign(world.persons.origin(row)); };
  EXPECT_GT(paired_t(Contrast(none, often, sellers).counted), significant_t);
  Contrast(none, often, sellers, make_long_settled, make_long_settled, no_arrivals).expect_none();
}

TEST(PeopleDirections, NewcomersHaveHeardFromWhoAwaitsThem) {
  Switch const little = [](Parameters& p) { p.news_contact_before_arrival_prob = 0.1; }, much = [](Parameters& p) { p.news_contact_before_arrival_prob = 0.9; };
  Month const start = *Month::parse("2026-01");
  Metric const informed = [start](World const& world, std::size_t row) { return is_newcomer(world, row, start) && world.migrants.known[world.persons.migrant[row]] != 0; };
  EXPECT_GT(paired_t(Contrast(little, much, informed).counted), significant_t);
  // Nobody knows of anything, and nobody hears: there is nothing to tell.
  auto const deaf = [](Switch const& change) { return [change](Parameters& p) { change(p), p.news_background_prob_per_month = p.news_contact_prob_per_month = p.news_known_at_start_share = 0; }; };
  auto const knows_nothing = [](World& world, arraigo::Setup const&) { std::fill(world.migrants.known.begin(), world.migrants.known.end(), std::uint16_t{0}); };
  Contrast(deaf(little), deaf(much), informed, knows_nothing).expect_none();
}

TEST(PeopleDirections, PapersAreWorthHavingToWhoHasNoneAndToVisitors) {
  Switch const nothing = [](Parameters& p) { p.status_value_of_safety = 0; }, much = [](Parameters& p) { p.status_value_of_safety = 2; };
  Metric const asked = [](World const& world, std::size_t row) {
    auto const m = world.persons.migrant[row];
    return m != no_row && (world.migrants.permit[m] == Permit::temporary || world.migrants.stage[m] != CaseStage::none);
  };
  for (std::string const who : {"irregular", "visitor"}) {
    SCOPED_TRACE(who);
    auto const programme = "  - {id: permit, kind: programme, from: 2026-02, eligible: [" + who + "], grants: temporary, validity_months: 24, capacity_per_month: 20000}\n";
    // Those for whom it is meant may do nothing else with their will: the shipped programmes are not for them.
    Metric const of_it = [&, asked](World const& world, std::size_t row) {
      auto const m = world.persons.migrant[row];
      return asked(world, row) && (world.migrants.permit[m] == Permit::temporary || (world.migrants.permit[m] == (who == "visitor" ? Permit::visitor : Permit::irregular)));
    };
    EXPECT_GT(paired_t(Contrast(nothing, much, of_it, {}, {}, programme).counted), significant_t);
    auto const weightless = [](Switch const& change) { return [change](Parameters& p) { change(p), p.status_value_weight = 0; }; };
    Contrast(weightless(nothing), weightless(much), of_it, {}, {}, programme).expect_none();
  }
}

TEST(PeopleDirections, JobsFollowTheLabourForce) {
  Switch const little = [](Parameters& p) { p.labour_jobs_response = 0.3; }, whole = [](Parameters& p) { p.labour_jobs_response = 1; };
  // A start of which the labour force is taken to have been a tenth smaller than the people who are there.
  auto const grown = [](World& world, arraigo::Setup const&) {
    for (auto& zone : world.zones)
      for (auto& of_skill : zone.labour_start)
        for (auto& labour : of_skill) labour = labour * 9 / 10;
  };
  Contrast const effect(little, whole, is_employee, grown), twin(little, whole, is_employee);
  EXPECT_GT(paired_t(effect.counted), significant_t);
  // Without growth little is there to be followed: what the labour force itself grows by in ten months.
  EXPECT_LT(std::abs(mean_of(twin.counted)), 0.3 * mean_of(effect.counted));
}

}  // namespace
}  // namespace arraigo::tests
