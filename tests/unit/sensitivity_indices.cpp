/// Indices of sensitivity against functions whose indices are known.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <random>

#include "analysis/sensitivity.hpp"
#include "sweep/designs.hpp"

namespace arraigo::analysis {
namespace {

using Point = std::vector<double>;
using Function = std::function<double(Point const&)>;

/// Ishigami and Homma (1990) with a = 7, b = 0.1, on [-pi, pi]^3.
double ishigami(Point const& unit) {
  auto const x = [&](std::size_t k) { return (2 * unit[k] - 1) * std::numbers::pi; };
  return std::sin(x(0)) + 7 * std::pow(std::sin(x(1)), 2) + 0.1 * std::pow(x(2), 4) * std::sin(x(0));
}
struct Shares {
  std::vector<double> first, total;
};
Shares ishigami_shares() {
  double const pi4 = std::pow(std::numbers::pi, 4), a = 7, b = 0.1;
  double const v1 = 0.5 * std::pow(1 + b * pi4 / 5, 2), v2 = a * a / 8, v13 = 8 * b * b * pi4 * pi4 / 225, v = v1 + v2 + v13;
  return {{v1 / v, v2 / v, 0}, {(v1 + v13) / v, v2 / v, v13 / v}};
}

/// Sobol's g-function (Saltelli and Sobol 1995): the smaller a_i, the more x_i matters.
std::vector<double> const g_weights{0, 1, 4.5, 9, 99, 99, 99, 99};
double g_function(Point const& unit) {
  double product = 1;
  for (std::size_t k = 0; k < g_weights.size(); ++k) product *= (std::abs(4 * unit[k] - 2) + g_weights[k]) / (1 + g_weights[k]);
  return product;
}
Shares g_shares() {
  std::vector<double> alone;
  double all = 1;
  for (double const a : g_weights) {
    alone.push_back(1 / (3 * (1 + a) * (1 + a)));
    all *= 1 + alone.back();
  }
  Shares shares;
  for (double const v : alone) {
    shares.first.push_back(v / (all - 1));
    shares.total.push_back(v * all / (1 + v) / (all - 1));
  }
  return shares;
}

BlockOutputs blocks_of(Function const& function, std::size_t base, std::size_t coordinates) {
  auto const design = sweep::saltelli(base, coordinates, 1);
  BlockOutputs outputs{Column(base), Column(base), std::vector<Column>(coordinates, Column(base))};
  for (std::size_t row = 0; row < design.rows(); ++row) {
    Point point(coordinates);
    for (std::size_t k = 0; k < coordinates; ++k) point[k] = design.at(row, k);
    auto const block = design.block(row);
    auto& column = block == 0 ? outputs.a : block == 1 ? outputs.b : outputs.a_b[block - 2];
    column[design.step(row)] = function(point);
  }
  return outputs;
}

double largest_miss(std::vector<VarianceParts> const& parts, Shares const& known) {
  double most = 0;
  for (std::size_t k = 0; k < parts.size(); ++k)
    most = std::max({most, std::abs(parts[k].first - known.first[k]), std::abs(parts[k].total - known.total[k])});
  return most;
}

TEST(VariancePartsOf, IshigamiAreTheAnalyticOnes) {
  auto const known = ishigami_shares();
  EXPECT_NEAR(known.first[0], 0.3139, 1e-4);
  EXPECT_NEAR(known.total[2], 0.2437, 1e-4);
  auto const parts = variance_parts(blocks_of(ishigami, 4096, 3));
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_LT(largest_miss(parts, known), 0.02);
}

TEST(VariancePartsOf, IshigamiAreMissedWhenOutputsAreShuffled) {
  auto outputs = blocks_of(ishigami, 4096, 3);
  std::mt19937 random{1};
  for (auto* column : {&outputs.a, &outputs.b, &outputs.a_b[0], &outputs.a_b[1], &outputs.a_b[2]}) std::shuffle(column->begin(), column->end(), random);
  EXPECT_GT(largest_miss(variance_parts(outputs), ishigami_shares()), 0.3);
}

TEST(VariancePartsOf, IshigamiAreMissedWhenTwoBlocksAreTakenForEachOther) {
  auto outputs = blocks_of(ishigami, 4096, 3);
  std::swap(outputs.a_b[0], outputs.a_b[1]);
  EXPECT_GT(largest_miss(variance_parts(outputs), ishigami_shares()), 0.1);
}

TEST(VariancePartsOf, TheGFunctionAreTheAnalyticOnes) {
  auto const parts = variance_parts(blocks_of(g_function, 8192, 8));
  EXPECT_LT(largest_miss(parts, g_shares()), 0.02);
}

TEST(VariancePartsOf, AConstantAddedChangesNothing) {
  auto const plain = variance_parts(blocks_of(g_function, 256, 8));
  auto const lifted = variance_parts(blocks_of([](Point const& x) { return 1000 + g_function(x); }, 256, 8));
  for (std::size_t k = 0; k < plain.size(); ++k) EXPECT_NEAR(plain[k].first, lifted[k].first, 1e-9);
}

TEST(VariancePartsOf, IntervalsHoldTheTruthAndNarrowWithTheSample) {
  auto const known = ishigami_shares();
  auto const few = variance_parts(blocks_of(ishigami, 128, 3)), many = variance_parts(blocks_of(ishigami, 2048, 3));
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_TRUE(many[k].total_interval.holds(known.total[k])) << k;
    EXPECT_TRUE(many[k].first_interval.holds(known.first[k])) << k;
    double const ratio = (few[k].total_interval.high - few[k].total_interval.low) / (many[k].total_interval.high - many[k].total_interval.low);
    EXPECT_GT(ratio, 2.5) << k;  // 4 for independent points
    EXPECT_LT(ratio, 6.5) << k;
  }
}

TEST(VariancePartsOf, WhatDoesNotVaryHasNone) {
  EXPECT_TRUE(variance_parts(blocks_of([](Point const&) { return 3.0; }, 64, 2)).empty());
  EXPECT_TRUE(variance_parts(BlockOutputs{}).empty());
}

std::vector<ElementaryEffects> effects_of(Function const& function, std::size_t trajectories, std::size_t coordinates, std::size_t forget = 0) {
  auto const design = sweep::morris(trajectories, 4, coordinates, 1);
  std::vector<Column> units(coordinates, Column(design.rows()));
  std::vector<double> output;
  std::vector<std::uint32_t> block, step;
  for (std::size_t row = 0; row < design.rows(); ++row) {
    Point point(coordinates);
    for (std::size_t k = 0; k < coordinates; ++k) point[k] = units[k][row] = design.at(row, k);
    output.push_back(row < forget ? std::nan("") : function(point));
    block.push_back(design.block(row));
    step.push_back(design.step(row));
  }
  return elementary_effects(units, block, step, output);
}

TEST(ElementaryEffectsOf, ALinearFunctionAreItsSlopes) {
  auto const found = effects_of([](Point const& x) { return 2 * x[0] - 3 * x[1] + 0 * x[2]; }, 20, 3);
  EXPECT_NEAR(found[0].mu, 2, 1e-12);
  EXPECT_NEAR(found[1].mu, -3, 1e-12);
  EXPECT_NEAR(found[1].mu_star, 3, 1e-12);
  EXPECT_NEAR(found[2].mu_star, 0, 1e-12);
  for (auto const& effect : found) EXPECT_NEAR(effect.sigma, 0, 1e-12);
  EXPECT_EQ(found[0].effects, 20U);
  // Steps of two thirds.
  EXPECT_NEAR(found[0].mean_square_step, 9.0 / 4, 1e-12);
}

TEST(ElementaryEffectsOf, APureInteractionHaveNoMeanButASpread) {
  // Across the whole range of a grid of four levels, (x0 - 1/2)(x1 - 1/2) has effects of both signs.
  auto const found = effects_of([](Point const& x) { return 12 * (x[0] - 0.5) * (x[1] - 0.5); }, 400, 2);
  EXPECT_NEAR(found[0].mu, 0, 0.9);
  EXPECT_NEAR(found[0].mu_star, 4, 0.5);  // 12 times the mean of |x1 - 1/2| over 0, 1/3, 2/3, 1
  EXPECT_GT(found[0].sigma, 3.5);
  EXPECT_TRUE(found[0].mu_star_interval.holds(4));
}

TEST(ElementaryEffectsOf, TheGFunctionHaveTheOrderOfItsWeights) {
  auto const found = effects_of(g_function, 200, 8);
  for (std::size_t k = 0; k + 1 < 4; ++k) EXPECT_GT(found[k].mu_star, found[k + 1].mu_star) << k;
  EXPECT_GT(found[3].mu_star, 3 * found[4].mu_star);
}

TEST(ElementaryEffectsOf, AMissingRowAreLeftOut) {
  auto const found = effects_of([](Point const& x) { return 2 * x[0] + x[1]; }, 10, 2, 1);
  EXPECT_EQ(found[0].effects + found[1].effects, 19U);
  EXPECT_NEAR(found[0].mu, 2, 1e-12);
}

TEST(Ranks, EqualValuesShareTheirRanks) {
  std::vector<double> const values{3, 1, 3, 2};
  EXPECT_EQ(ranks(values), (std::vector<double>{3.5, 1, 3.5, 2}));
  // Three tenths summed in two orders: one value.
  EXPECT_EQ(ranks(std::vector<double>{0.1 + 0.2 + 0.3, 0, 0.3 + 0.2 + 0.1, 1}), (std::vector<double>{2.5, 1, 2.5, 4}));
  EXPECT_EQ(ranks(std::vector<double>{0.6, 0, 0.6 + 1e-7, 1}), (std::vector<double>{2, 1, 3, 4}));
}

struct Cloud {
  std::vector<Column> x;
  std::vector<double> y;
};
Cloud cloud(std::size_t points, std::size_t coordinates, Function const& function, double noise = 0) {
  auto const design = sweep::latin_hypercube(points, coordinates, 1);
  Cloud found{std::vector<Column>(coordinates, Column(points)), {}};
  std::mt19937 random{3};
  std::normal_distribution<double> chance;
  for (std::size_t row = 0; row < points; ++row) {
    Point point(coordinates);
    for (std::size_t k = 0; k < coordinates; ++k) point[k] = found.x[k][row] = design.at(row, k);
    found.y.push_back(function(point) + noise * chance(random));
  }
  return found;
}

TEST(PartialRankCorrelations, OfALinearModelAreThoseOfItsSlopes) {
  // y = 3 x0 - x1 + e: what x0 leaves of y is e, and var(x) = 1/12.
  auto const data = cloud(4000, 3, [](Point const& x) { return 3 * x[0] - x[1]; }, 0.5);
  auto const found = partial_rank_correlations(data.x, data.y);
  ASSERT_TRUE(found);
  auto const expected = [](double slope) { return slope / std::sqrt(slope * slope + 12 * 0.25); };
  EXPECT_NEAR(found->parameters[0].value, expected(3), 0.03);
  EXPECT_NEAR(found->parameters[1].value, expected(-1), 0.04);
  EXPECT_NEAR(found->parameters[2].value, 0, 0.05);
  EXPECT_LT(found->parameters[1].p_value, 1e-10);
  EXPECT_GT(found->parameters[2].p_value, 0.01);
  EXPECT_TRUE(found->parameters[2].interval.holds(0));
  EXPECT_FALSE(found->parameters[1].interval.holds(0));
}

TEST(PartialRankCorrelations, OfShuffledOutputsAreNone) {
  auto data = cloud(4000, 3, [](Point const& x) { return 3 * x[0] - x[1]; }, 0.5);
  std::mt19937 random{1};
  std::shuffle(data.y.begin(), data.y.end(), random);
  EXPECT_NEAR(partial_rank_correlations(data.x, data.y)->parameters[0].value, 0, 0.06);
}

TEST(PartialRankCorrelations, AreThoseOfResiduals) {
  // The textbook's way: correlate what the other parameters leave of both ranks. Two parameters, by hand.
  auto const data = cloud(60, 2, [](Point const& x) { return std::exp(2 * x[0]) + x[1]; }, 0.3);
  auto const r = [](std::vector<double> const& a, std::vector<double> const& b) {
    double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) ma += a[i] / static_cast<double>(a.size()), mb += b[i] / static_cast<double>(b.size());
    for (std::size_t i = 0; i < a.size(); ++i) ab += (a[i] - ma) * (b[i] - mb), aa += (a[i] - ma) * (a[i] - ma), bb += (b[i] - mb) * (b[i] - mb);
    return ab / std::sqrt(aa * bb);
  };
  auto const x = ranks(data.x[0]), z = ranks(data.x[1]), y = ranks(data.y);
  double const xy = r(x, y), xz = r(x, z), yz = r(y, z);
  EXPECT_NEAR(partial_rank_correlations(data.x, data.y)->parameters[0].value, (xy - xz * yz) / std::sqrt((1 - xz * xz) * (1 - yz * yz)), 1e-9);
}

TEST(PartialRankCorrelations, SayWhenTheyDoNotFit) {
  auto const curved = cloud(500, 2, [](Point const& x) { return std::pow(x[0] - 0.5, 2) + 0.01 * x[1]; });
  EXPECT_LT(partial_rank_correlations(curved.x, curved.y)->r_squared, 0.2);
  auto const straight = cloud(500, 2, [](Point const& x) { return std::exp(5 * x[0]) + x[1]; });
  EXPECT_GT(partial_rank_correlations(straight.x, straight.y)->r_squared, 0.9);
}

TEST(PartialRankCorrelations, AreNotThereForTooFewTiedOrConstantColumns) {
  auto data = cloud(6, 3, [](Point const& x) { return x[0]; });
  EXPECT_FALSE(partial_rank_correlations(data.x, data.y));
  data = cloud(50, 3, [](Point const& x) { return x[0]; });
  EXPECT_TRUE(partial_rank_correlations(data.x, data.y));
  data.x[2] = data.x[1];
  EXPECT_FALSE(partial_rank_correlations(data.x, data.y));
  data.x[2].assign(50, 1.0);
  EXPECT_FALSE(partial_rank_correlations(data.x, data.y));
}

TEST(RegionalSeparation, IsTheGreatestDistanceOfTwoDistributions) {
  std::vector<double> const values{1, 2, 3, 4, 5, 6};
  auto const found = regional_separation(values, {true, true, false, true, false, false});
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->distance, 2.0 / 3, 1e-12);
  EXPECT_FALSE(regional_separation(values, std::vector<bool>(6, false)));
}

TEST(RegionalSeparation, PValuesOfChanceAreEven) {
  std::mt19937 random{5};
  std::uniform_real_distribution<double> even;
  int small = 0;
  constexpr int times = 400;
  for (int t = 0; t < times; ++t) {
    std::vector<double> values(80);
    std::vector<bool> in(80);
    for (std::size_t i = 0; i < 80; ++i) values[i] = even(random), in[i] = i < 30;
    small += regional_separation(values, in)->p_value < 0.1 ? 1 : 0;
  }
  // A tenth of 400, within 4 standard errors.
  EXPECT_NEAR(small, 40, 24);
}

TEST(ReplicateNoise, IsWhatReplicatesDoNotShare) {
  // Points differ by sd 2, replicates share a shift of sd 5, and chance of each run has sd 1: of a mean over 4, 1/4.
  std::mt19937 random{7};
  std::normal_distribution<double> normal;
  constexpr std::size_t points = 4000, replicates = 4;
  std::array<double, replicates> shift{};
  for (auto& s : shift) s = 5 * normal(random);
  std::vector<double> outputs;
  for (std::size_t p = 0; p < points; ++p) {
    double const level = 2 * normal(random);
    for (std::size_t r = 0; r < replicates; ++r) outputs.push_back(level + shift[r] + normal(random));
  }
  auto const noise = replicate_noise(outputs, replicates);
  ASSERT_TRUE(noise);
  EXPECT_NEAR(noise->variance, 0.25, 0.02);
  EXPECT_NEAR(noise->share, 0.25 / 4.25, 0.006);
  EXPECT_FALSE(replicate_noise(outputs, 1));
  outputs[0] = std::nan("");
  EXPECT_EQ(replicate_noise(outputs, replicates)->points, points - 1);
}

TEST(ReplicateNoise, IsNoneWhereRunsAreExact) {
  std::vector<double> const outputs{1, 11, 2, 12, 5, 15};
  EXPECT_NEAR(replicate_noise(outputs, 2)->share, 0, 1e-12);
}

}  // namespace
}  // namespace arraigo::analysis
