#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/calibration.hpp"

namespace arraigo::app {
namespace {

using analysis::FitBlock;
using analysis::Identified;

/// A simulator whose truth is known: figures of two parameters, with the chance of replicates that is the same at every point.
std::vector<PointValues> toy(std::vector<std::vector<double>> const& points, std::vector<std::function<double(double, double)>> const& figures) {
  std::vector<PointValues> all;
  for (auto const& point : points) {
    PointValues values;
    for (auto const& figure : figures) {
      std::vector<double> replicates;
      for (double const luck : {-0.02, 0.01, 0.01, 0.0}) replicates.push_back(figure(point[0], point[1]) + luck);
      values.push_back(replicates);
    }
    all.push_back(values);
  }
  return all;
}

constexpr double true_a = 0.7, true_b = 3;
double first(double a, double b) { return 4 * a + 0.2 * b; }
double second(double a, double b) { return b * b / 10 - a; }
double useless(double, double) { return 1; }

FitBlock two_parameters() {
  FitBlock block;
  block.id = "toy";
  block.parameters = {{"x.a", 0, 1, 0.2}, {"x.b", 0, 5, 1}};
  block.points = 15;
  block.waves = 3;
  block.local_steps = 25;
  block.seed = 3;
  return block;
}

analysis::FitTarget target(char const* id, double value, double error) { return {id, "", "", "%", "", value, error, 0.02}; }

std::optional<analysis::BlockFit> fit(FitBlock const& block, std::vector<std::function<double(double, double)>> const& figures) {
  return fit_block(
      block, [&](auto const& points, Stage) { return toy(points, figures); }, [](std::size_t, analysis::Wave const&) {});
}

TEST(Calibration, FindsTheTruthOfAToySimulator) {
  auto block = two_parameters();
  block.targets = {target("first", first(true_a, true_b), 0.05), target("second", second(true_a, true_b), 0.05)};
  auto const found = fit(block, {first, second});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->parameters[0].fitted, true_a, 0.03);
  EXPECT_NEAR(found->parameters[1].fitted, true_b, 0.1);
  EXPECT_LT(found->implausibility, 0.5);
  ASSERT_FALSE(found->draws.empty());
  for (std::size_t p = 0; p < 2; ++p) {
    auto const& parameter = found->parameters[p];
    double const truth = p == 0 ? true_a : true_b;
    EXPECT_LT(*parameter.low, truth);
    EXPECT_GT(*parameter.high, truth);
    EXPECT_EQ(parameter.identified, Identified::yes) << parameter.width;
  }
  // Each wave leaves less; the truth is in a small part of the space.
  EXPECT_LT(found->waves.back().space_left, 0.05);
  EXPECT_GT(found->waves.back().space_left, 0);
  // What the table's values gave is far off, what was fitted is near.
  EXPECT_GT(std::abs(found->targets[0].before - block.targets[0].value), 1);
  EXPECT_NEAR(found->targets[0].after, block.targets[0].value, 0.05);
  // The second figure is the second parameter's.
  EXPECT_GT(found->targets[1].shares[1], found->targets[1].shares[0]);
}

TEST(Calibration, AUselessFigureIdentifiesNothing) {
  auto block = two_parameters();
  block.targets = {target("useless", 1, 0.05)};
  auto const found = fit(block, {useless});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->waves.back().space_left, 1, 1e-9);
  for (auto const& parameter : found->parameters) {
    EXPECT_EQ(parameter.identified, Identified::no);
    EXPECT_GT(parameter.width, 0.95);
  }
  EXPECT_LT(found->targets[0].moves, 0.01);
}

TEST(Calibration, OneFigureOfASumTellsThatTheParametersGoTogether) {
  auto block = two_parameters();
  block.parameters[1] = {"x.b", 0, 1, 0.2};
  block.targets = {target("sum", 1, 0.05)};
  auto const found = fit(block, {[](double a, double b) { return a + b; }});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->correlated.size(), 1U);
  EXPECT_LT(found->correlated[0].correlation, -0.9);
}

TEST(Calibration, AFigureOutOfReachLeavesNothingAndNoRanges) {
  auto block = two_parameters();
  block.targets = {target("first", 40, 0.05)};
  auto const found = fit(block, {first});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->waves.back().space_left, 0);
  EXPECT_TRUE(found->draws.empty());
  EXPECT_FALSE(found->parameters[0].low);
  EXPECT_EQ(found->parameters[0].identified, Identified::unknown);
  // The least implausible is the corner nearest to it.
  EXPECT_GT(found->parameters[0].fitted, 0.97);
  EXPECT_GT(found->parameters[1].fitted, 4.8);
}

TEST(Calibration, AWaveIsWholeHoweverLittleIsLeft) {
  // Six figures that hardly go together: what is left is too little for the candidates to show more than a few points of it.
  constexpr std::size_t n = 6;
  FitBlock block;
  block.points = 24;
  block.waves = 2;
  block.seed = 3;
  for (std::size_t c = 0; c < n; ++c) block.parameters.push_back({"x." + std::to_string(c), 0, 1, 0.5});
  for (std::size_t c = 0; c < n; ++c) block.targets.push_back(target(("y" + std::to_string(c)).c_str(), 0.4 + 0.1 * static_cast<double>(c), 0.01));
  auto const simulate = [&](auto const& points, Stage) {
    std::vector<PointValues> all;
    for (auto const& x : points) {
      auto& values = all.emplace_back();
      for (std::size_t c = 0; c < n; ++c) values.push_back({x[c] + 0.3 * x[(c + 1) % n] * x[(c + 2) % n]});
    }
    return std::optional{all};
  };
  auto const found = fit_block(block, simulate, [](std::size_t, analysis::Wave const&) {});
  ASSERT_TRUE(found);
  EXPECT_LT(found->waves[0].space_left, 1e-3);
  EXPECT_EQ(found->waves[0].points, block.points + 1);  // the table's values too
  for (std::size_t wave = 1; wave < found->waves.size(); ++wave) EXPECT_EQ(found->waves[wave].points, block.points);
}

TEST(Calibration, OneParameterIsFittedToo) {
  auto block = two_parameters();
  block.parameters.pop_back();
  block.targets = {target("first", 2, 0.05)};
  auto const found = fit_block(
      block,
      [](std::vector<std::vector<double>> const& points, Stage) {
        std::vector<PointValues> all;
        for (auto const& point : points) all.push_back({{4 * point[0], 4 * point[0] + 0.01}});
        return std::optional{all};
      },
      [](std::size_t, analysis::Wave const&) {});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->parameters[0].fitted, 0.5, 0.02);
}

TEST(Calibration, IsTheSameTwiceAndStopsWhenASignalCame) {
  auto block = two_parameters();
  block.targets = {target("first", first(true_a, true_b), 0.05), target("second", second(true_a, true_b), 0.05)};
  auto const one = fit(block, {first, second}), two = fit(block, {first, second});
  EXPECT_EQ(one->draws, two->draws);
  EXPECT_EQ(one->parameters[0].fitted, two->parameters[0].fitted);
  // A signal in any batch, those of the search included, ends it without a result.
  for (std::size_t last : {1U, 2U, 4U, 8U}) {
    std::size_t batches = 0;
    auto const stopped = fit_block(
        block,
        [&](auto const& points, Stage) -> std::optional<std::vector<PointValues>> {
          if (++batches > last) return std::nullopt;
          return toy(points, {first, second});
        },
        [](std::size_t, analysis::Wave const&) {});
    EXPECT_FALSE(stopped) << last;
  }
}

TEST(Calibration, ErrorsOfTheSimulatorComeThroughTheSearch) {
  auto block = two_parameters();
  block.targets = {target("first", first(true_a, true_b), 0.05)};
  auto const broken = [&](auto const& points, Stage stage) -> std::optional<std::vector<PointValues>> {
    if (stage.wave == 0) throw std::runtime_error("broken");
    return toy(points, {first});
  };
  EXPECT_THROW(static_cast<void>(fit_block(block, broken, [](std::size_t, analysis::Wave const&) {})), std::runtime_error);
}

TEST(Implausibility, IsTheDistanceInDeviationsOfAllThatKeepsTheModelAway) {
  // (10 - 4)^2 / (1 + 2 + 3 + 3) = 36 / 9.
  EXPECT_DOUBLE_EQ(analysis::implausibility(10, 4, 1, 2, 3, 3), 2);
  EXPECT_DOUBLE_EQ(analysis::implausibility(4, 10, 1, 2, 3, 3), 2);
  EXPECT_DOUBLE_EQ(analysis::judged_implausibility({1, 5, 3}, analysis::Judged::highest), 5);
  EXPECT_DOUBLE_EQ(analysis::judged_implausibility({1, 5, 3}, analysis::Judged::second_highest), 3);
  EXPECT_DOUBLE_EQ(analysis::judged_implausibility({5}, analysis::Judged::second_highest), 5);
}

TEST(Implausibility, WeightsAreThoseOfTheLikelihoodWhereNothingRulesOut) {
  Eigen::MatrixXd squares(3, 2);
  squares << 1, 0, 1, 2, 16, 0;
  auto const judged = analysis::judged_by_point(squares, analysis::Judged::highest);
  auto const weights = analysis::likelihood_weights(squares, judged, 3);
  EXPECT_NEAR(weights[0] / weights[1], std::exp(1.0), 1e-12);
  EXPECT_EQ(weights[2], 0);
  EXPECT_NEAR(weights[0] + weights[1], 1, 1e-12);
  EXPECT_NEAR(analysis::effective_sample(std::vector{0.5, 0.5, 0.0}), 2, 1e-12);
  EXPECT_EQ(analysis::effective_sample(std::vector{0.0, 0.0}), 0);
}

TEST(Implausibility, QuantilesAndDrawsFollowTheWeights) {
  Eigen::VectorXd values(4);
  values << 4, 1, 3, 2;
  std::vector<double> const weights{0.1, 0.2, 0.3, 0.4};
  EXPECT_EQ(analysis::weighted_quantile(values, weights, 0.05), 1);
  EXPECT_EQ(analysis::weighted_quantile(values, weights, 0.5), 2);
  EXPECT_EQ(analysis::weighted_quantile(values, weights, 0.95), 4);
  auto const rows = analysis::resampled(weights, 10);
  std::vector<std::ptrdiff_t> counts;
  for (std::size_t row = 0; row < 4; ++row) counts.push_back(std::count(rows.begin(), rows.end(), row));
  EXPECT_EQ(counts, (std::vector<std::ptrdiff_t>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace arraigo::app
