/// The virtual experiments are what they say: a treatment without effect shows none, one with an effect shows it, and taking its
/// mechanism away takes it away.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "evidence/experiments.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

using evidence::Finding;
using evidence::Trial;

bool is_venezuelan_adult(World const& world, std::size_t row) {
  return world.persons.origin(row) == Origin::venezuelan && world.persons.age_months(row, world.stream.month.index) >= 18 * 12;
}
constexpr auto has_an_account = [](World const& world, std::size_t row) -> std::optional<double> { return (world.persons.has[row] & has_account) != 0 ? 1 : 0; };
constexpr auto pay_of_workers = [](World const& world, std::size_t row) -> std::optional<double> {
  return world.persons.wage_cents[row] > 0 ? std::optional{world.persons.wage_cents[row] / 100.0} : std::nullopt;
};

Finding const& named(std::vector<Finding> const& findings, std::string_view name) {
  for (auto const& finding : findings)
    if (finding.outcome == name) return finding;
  throw std::logic_error("no such outcome");
}

TEST(Trials, WithoutATreatmentFindNone) {
  auto const prepared = prepare(shipped("baseline", small_case(100, 6)));
  double sum = 0, squares = 0;
  constexpr int replicates = 6;
  for (int r = 0; r < replicates; ++r) {
    auto const findings = evidence::run_trial(prepared->setup, r,
                                    {.is_eligible = is_venezuelan_adult, .treat = [](World&, std::size_t) {}, .outcomes = {{"account", Trial::Scale::points, has_an_account}, {"pay", Trial::Scale::percent, pay_of_workers}}});
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings[0].total, 0.0) << "everybody treated with nothing is the same run";
    EXPECT_EQ(findings[1].total, 0.0);
    ASSERT_TRUE(findings[0].value);
    sum += *findings[0].value;
    squares += *findings[0].value * *findings[0].value;
  }
  double const mean = sum / replicates, error = std::sqrt((squares / replicates - mean * mean) / (replicates - 1));
  EXPECT_LT(std::abs(mean), 4 * error);
  EXPECT_GT(error, 0);
}

TEST(Trials, FindWhatTheTreatmentDoes) {
  auto const prepared = prepare(shipped("baseline", small_case(200, 3)));
  Trial trial{.is_eligible = is_venezuelan_adult, .treat = [](World& world, std::size_t row) { world.persons.has[row] |= has_account; }, .outcomes = {{"account", Trial::Scale::points, has_an_account}}};
  auto const now = evidence::run_trial(prepared->setup, 0, trial).front();
  EXPECT_GT(*now.value, 20);
  EXPECT_GT(*now.total, 20);
  trial.from = 5, trial.to = 6;  // after the end
  EXPECT_EQ(evidence::run_trial(prepared->setup, 0, trial).front().total, 0.0);
  trial.from = 1, trial.to = 2, trial.others_from = 0;  // both halves in the end
  EXPECT_LT(std::abs(*evidence::run_trial(prepared->setup, 0, trial).front().value), 5);
}

TEST(Trials, CountNobodyWhereNobodyIsEligible) {
  auto const prepared = prepare(shipped("baseline", small_case(1000, 1)));
  auto const found = evidence::run_trial(prepared->setup, 0, {.is_eligible = [](World const&, std::size_t) { return false; }, .treat = [](World&, std::size_t) {}, .outcomes = {{"account", Trial::Scale::points, has_an_account}}});
  EXPECT_FALSE(found.front().value);
  EXPECT_FALSE(found.front().total);
}

TEST(Slopes, AreThoseOfAPlane) {
  std::mt19937 random{3};
  std::normal_distribution<double> normal;
  std::vector<double> a, b, y, weights;
  for (int i = 0; i < 50; ++i) {
    a.push_back(normal(random));
    b.push_back(normal(random) + 0.5 * a.back());
    weights.push_back(i % 2 == 0 ? 1 : 3);
    y.push_back(7 + 2 * a.back() - 3 * b.back());
  }
  auto const found = evidence::slopes({a, b}, y, weights);
  ASSERT_TRUE(found);
  EXPECT_NEAR((*found)[0], 2, 1e-9);
  EXPECT_NEAR((*found)[1], -3, 1e-9);
  // What weighs nothing has no say.
  y[0] = 1e6;
  weights[0] = 0;
  EXPECT_NEAR((*evidence::slopes({a, b}, y, weights))[0], 2, 1e-9);
  EXPECT_FALSE(evidence::slopes({a, a}, y, weights)) << "one direction twice";
  EXPECT_FALSE(evidence::slopes({{1, 2}}, {1, 2}, {1, 1}));
}

/// Mean of an outcome over replicates of an experiment in a changed baseline.
double mean_of(char const* experiment, char const* outcome, std::string const& rest, int replicates, bool total = false) {
  for (auto const& e : evidence::experiments()) {
    if (e.name != std::string_view{experiment}) continue;
    auto const prepared = prepare(variant(e.scenarios.front(), rest, small_case(100, e.months)));
    std::vector<std::shared_ptr<Setup const>> const arms{prepared->setup};
    double sum = 0;
    for (int r = 0; r < replicates; ++r) {
      auto const finding = named(e.measure(arms, r), outcome);
      sum += (total ? finding.total : finding.value).value();
    }
    return sum / replicates;
  }
  throw std::logic_error("no such experiment");
}

TEST(Experiments, APermitOpensContractsThroughTheRightToThem) {
  double const gain = mean_of("permit", "contract", "", 3);
  EXPECT_GT(gain, 1);
  // The twin: where no employer knows the document, the permit opens next to none.
  double const unknown = mean_of("permit", "contract", "parameters:\n  employers:\n    know_temporary_share: 0.05\n    knowledge_growth_per_month: 0\n", 3);
  EXPECT_LT(unknown, 0.5 * gain) << gain;
}

TEST(Experiments, RecognisedDegreesPayByTheirPremium) {
  double const pays = mean_of("recognition", "pay", "parameters:\n  labour:\n    unrecognised_degree_premium_share: 0.2\n", 2);
  double const pays_less = mean_of("recognition", "pay", "parameters:\n  labour:\n    unrecognised_degree_premium_share: 0.6\n", 2);
  EXPECT_GT(pays, pays_less);
}

}  // namespace
}  // namespace arraigo::tests
