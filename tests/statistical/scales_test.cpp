/// Means agree between scales within the sampling error that replicates show.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>

#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

struct Sample {
  double mean = 0, variance_of_mean = 0;
};

/// An indicator over all months of a run: sums over sums, or the mean of a level.
double over_the_run(RecordLayout const& layout, ReplicateRecord const& record, Indicator const& row) {
  auto const sum = [&](std::vector<std::string> const& names) {
    double all = 0;
    for (auto const& name : names) all += static_cast<double>(total(layout, record, name));
    return all;
  };
  return row.factor * sum(row.numerator) / (row.denominator.empty() ? layout.months : sum(row.denominator));
}

/// Headline indicators over six months.
std::vector<Sample> headlines(int scale, int replicates, std::string const& rest, std::vector<std::string>& names) {
  auto const prepared = prepare(variant("baseline", rest, small_case(scale, 6)));
  auto const records = run_replicates(*prepared, replicates);
  std::vector<Sample> all;
  names.clear();
  for (auto const& row : prepared->layout.indicators) {
    if (!row.headline) continue;
    names.push_back(row.name);
    std::vector<double> values;
    for (auto const& record : records) values.push_back(over_the_run(prepared->layout, record, row));
    double const n = static_cast<double>(values.size());
    Sample sample;
    sample.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    for (double v : values) sample.variance_of_mean += (v - sample.mean) * (v - sample.mean) / (n - 1) / n;
    all.push_back(sample);
  }
  return all;
}

/// Beyond four standard errors and what coarse agents may do: vacancies are what staff is short of, never less than
/// nothing, so that large firms, whose staff is thinned to a few agents at 1:100, open a few more; it moves
/// unemployment by a fortieth.
bool differ(Sample const& a, Sample const& b) {
  return std::abs(a.mean - b.mean) > 4 * std::sqrt(a.variance_of_mean + b.variance_of_mean) + 0.025 * std::abs(b.mean);
}

/// Without any policy the shape of the labour market that the start was made with stays: what moves over the years is the model's doing,
/// and not the start's.
TEST(WithoutPolicy, SharesOfTheStartStay) {
  auto const prepared = prepare(shipped("baseline", small_case(100, 48)));
  struct Shape {
    std::array<double, 5> people{}, active{};  // hosts by age band of participation
    double young = 0, higher = 0, own_account = 0, with_number = 0, employees = 0, receipts = 0;
  };
  auto const shape_of = [](World const& world) {
    Shape s;
    for (std::size_t row = 0; row < world.persons.size(); ++row) {
      auto const& persons = world.persons;
      int const age = persons.age_months(row, world.stream.month.index) / 12;
      if (persons.gone(row) || age < 14 || is_foreign(persons.origin(row))) continue;
      auto const activity = persons.activity[row];
      auto const band = participation_age_band(age);
      s.people[band] += 1;
      s.active[band] += is_active(activity) ? 1 : 0;
      s.young += age >= 25 && age < 35 ? 1 : 0;
      s.higher += age >= 25 && age < 35 && persons.education(row) >= Education::technical ? 1 : 0;
      s.own_account += activity == Activity::own_account || activity == Activity::own_account_formal ? 1 : 0;
      s.with_number += activity == Activity::own_account_formal ? 1 : 0;
      s.employees += is_employee(activity) ? 1 : 0;
      s.receipts += activity == Activity::service_contract ? 1 : 0;
    }
    return s;
  };
  Shape start, end;
  run(*prepared, 0, [&](World& world, auto const&) { start = shape_of(world); }, [&](World& world, auto const&) { end = shape_of(world); });
  for (std::size_t band = 0; band < 5; ++band) EXPECT_NEAR(end.active[band] / end.people[band], start.active[band] / start.people[band], 0.02) << band;
  EXPECT_NEAR(end.higher / end.young, start.higher / start.young, 0.03);
  EXPECT_NEAR(end.with_number / end.own_account, start.with_number / start.own_account, 0.008);
  EXPECT_NEAR(end.receipts / end.employees, start.receipts / start.employees, 0.015);
}

TEST(Scales, OneInAHundredAgreesWithOneInTwentyFive) {
  std::vector<std::string> names;
  auto const coarse = headlines(100, 10, "", names), fine = headlines(25, 4, "", names);
  ASSERT_GT(names.size(), 8U);
  for (std::size_t i = 0; i < names.size(); ++i) {
    ASSERT_TRUE(std::isfinite(coarse[i].mean) && std::isfinite(fine[i].mean)) << names[i];
    EXPECT_FALSE(differ(coarse[i], fine[i]))
        << names[i] << ": " << coarse[i].mean << " at 1:100, " << fine[i].mean << " at 1:25";
  }
  // The twin: parameters a fifth off are told apart at the coarse scale.
  auto const shifted = headlines(100, 10,
                                 "parameters: {labour: {personal_pay_sd: 0.54, separation_informal_prob_per_month: "
                                 "0.06}, attitudes: {hostile_share_at_start: 0.6}}\n",
                                 names);
  std::size_t apart = 0;
  for (std::size_t i = 0; i < names.size(); ++i) apart += differ(shifted[i], fine[i]) ? 1 : 0;
  EXPECT_GE(apart, 2U);
}

}  // namespace
}  // namespace arraigo::tests
