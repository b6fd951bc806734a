/// Directions of what tells people apart, each with a twin in which the mechanism has nothing to act on: what lowers a place in
/// an employer's ranking, who is abused after a hire, whose word counts as a referral, what care keeps from work. Differences
/// are paired by replicate.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/model_runs.hpp"

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
  Contrast(Switch const& low, Switch const& high, Metric const& metric, Adjust const& low_start, Adjust const& high_start) {
    auto const outcomes = [&](Switch const& change, Adjust const& at_start) {
      auto scenario = shipped("baseline", small_case(scale, months));
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
  EXPECT_LT(paired_t(Contrast(none, high, mothers).counted), -significant_t);
  // All children have places, and no woman is of an age to bear another: no care is unmet.
  auto const cared_for = [](World& world, arraigo::Setup const&) {
    auto& persons = world.persons;
    for (std::size_t row = 0; row < persons.size(); ++row) {
      persons.has[row] |= has_childcare_place;
      if (persons.sex(row) == Sex::female && persons.age_months(row, world.stream.month.index) < 55 * 12) persons.birth[row] = static_cast<std::int16_t>(world.stream.month.index - 55 * 12);
    }
  };
  Contrast(none, high, is_employee, cared_for).expect_none();
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

}  // namespace
}  // namespace arraigo::tests
