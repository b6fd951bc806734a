/// Means agree between scales within the sampling error that replicates show.
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

struct Sample {
  double mean = 0, variance_of_mean = 0;
};

/// Headline indicators' mean over six months, by replicate.
std::vector<Sample> headlines(int scale, int replicates, std::string const& rest, std::vector<std::string>& names) {
  auto const prepared = prepare(variant("baseline", rest, small_case(scale, 6)));
  auto const records = run_replicates(*prepared, replicates);
  std::vector<Sample> all;
  names.clear();
  for (auto const& row : prepared->layout.indicators) {
    if (!row.headline) continue;
    names.push_back(row.name);
    std::vector<double> values;
    for (auto const& record : records) {
      double sum = 0;
      for (int month = 0; month < 6; ++month) sum += indicator(prepared->layout, record, row.name, month) / 6;
      values.push_back(sum);
    }
    double const n = static_cast<double>(values.size());
    Sample sample;
    sample.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    for (double v : values) sample.variance_of_mean += (v - sample.mean) * (v - sample.mean) / (n - 1) / n;
    all.push_back(sample);
  }
  return all;
}

double errors_apart(Sample const& a, Sample const& b) { return std::abs(a.mean - b.mean) / std::sqrt(a.variance_of_mean + b.variance_of_mean); }

TEST(Scales, OneInFourHundredAgreesWithOneInAHundred) {
  std::vector<std::string> names;
  auto const coarse = headlines(400, 12, "", names), fine = headlines(100, 6, "", names);
  ASSERT_GT(names.size(), 8U);
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_LT(errors_apart(coarse[i], fine[i]), 4) << names[i] << ": " << coarse[i].mean << " at 1:400, " << fine[i].mean << " at 1:100";
    EXPECT_TRUE(std::isfinite(coarse[i].mean)) << names[i];
  }
  // The twin: other parameters at the coarse scale are told apart.
  auto const shifted = headlines(400, 12, "parameters: {labour: {personal_pay_sd: 0.5, separation_informal_prob_per_month: 0.06}, employers: {know_residence_share: 1}}\n", names);
  std::size_t apart = 0;
  for (std::size_t i = 0; i < names.size(); ++i) apart += errors_apart(shifted[i], fine[i]) > 4 ? 1 : 0;
  EXPECT_GE(apart, 2U);
}

}  // namespace
}  // namespace arraigo::tests
