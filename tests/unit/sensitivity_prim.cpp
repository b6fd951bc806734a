/// Boxes of cases of interest, where it is known where they lie.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "analysis/prim.hpp"
#include "sweep/designs.hpp"

namespace arraigo::analysis {
namespace {

std::vector<Column> points(std::size_t rows, std::size_t coordinates) {
  auto const design = sweep::latin_hypercube(rows, coordinates, 1);
  std::vector<Column> x(coordinates, Column(rows));
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t k = 0; k < coordinates; ++k) x[k][row] = design.at(row, k);
  return x;
}

BoxLimit const* limit_of(PrimBox const& box, std::size_t parameter) {
  for (auto const& limit : box.limits)
    if (limit.parameter == parameter) return &limit;
  return nullptr;
}

std::vector<bool> planted(std::vector<Column> const& x) {
  std::vector<bool> y(x[0].size());
  for (std::size_t row = 0; row < y.size(); ++row) y[row] = x[0][row] > 0.6 && x[2][row] < 0.4;
  return y;
}

TEST(Prim, FindsAPlantedBox) {
  auto const x = points(1000, 5);
  auto const boxes = find_boxes(x, planted(x));
  ASSERT_FALSE(boxes.empty());
  auto const& box = boxes.front();
  ASSERT_EQ(box.limits.size(), 2U);
  auto const *first = limit_of(box, 0), *third = limit_of(box, 2);
  ASSERT_TRUE(first && third);
  EXPECT_FALSE(first->high);
  EXPECT_NEAR(*first->low, 0.6, 0.05);
  EXPECT_FALSE(third->low);
  EXPECT_NEAR(*third->high, 0.4, 0.05);
  EXPECT_GT(box.quality.coverage, 0.9);
  EXPECT_GT(box.quality.density, 0.9);
  EXPECT_LT(first->quasi_p, 1e-6);
  EXPECT_GT(first->reproduced, 0.95);
  EXPECT_EQ(box.quality.points, static_cast<std::size_t>(std::count(box.inside.begin(), box.inside.end(), true)));
}

TEST(Prim, LosesItWhenCasesAreShuffled) {
  auto const x = points(1000, 5);
  auto cases = planted(x);
  std::mt19937 random{1};
  std::shuffle(cases.begin(), cases.end(), random);
  for (auto const& box : find_boxes(x, cases)) EXPECT_LT(balance(box.quality), 0.5);
}

TEST(Prim, AFaintBoxIsFoundInNoise) {
  auto const x = points(2000, 6);
  std::mt19937 random{2};
  std::uniform_real_distribution<double> even;
  std::vector<bool> y(2000);
  for (std::size_t row = 0; row < y.size(); ++row) y[row] = even(random) < (x[1][row] < 0.3 && x[4][row] > 0.5 ? 0.85 : 0.08);
  auto const boxes = find_boxes(x, y);
  ASSERT_FALSE(boxes.empty());
  ASSERT_TRUE(limit_of(boxes[0], 1) && limit_of(boxes[0], 4));
  EXPECT_NEAR(*limit_of(boxes[0], 1)->high, 0.3, 0.06);
  EXPECT_NEAR(*limit_of(boxes[0], 4)->low, 0.5, 0.08);
  EXPECT_NEAR(boxes[0].quality.density, 0.85, 0.1);
}

TEST(Prim, TwoRegionsGiveTwoBoxes) {
  auto const x = points(1500, 3);
  std::vector<bool> y(1500);
  for (std::size_t row = 0; row < y.size(); ++row) y[row] = x[0][row] > 0.8 || x[1][row] < 0.15;
  auto const boxes = find_boxes(x, y);
  ASSERT_GE(boxes.size(), 2U);
  EXPECT_GT(boxes[0].quality.coverage + boxes[1].quality.coverage, 0.85);
  for (std::size_t row = 0; row < y.size(); ++row) EXPECT_FALSE(boxes[0].inside[row] && boxes[1].inside[row]);
}

TEST(Prim, LevelsOfAGridArePeeledWhole) {
  std::vector<std::size_t> const levels{5, 2, 3};
  auto const design = sweep::grid(levels);
  std::vector<Column> x(3, Column(design.rows()));
  std::vector<bool> y(design.rows());
  for (std::size_t row = 0; row < design.rows(); ++row) {
    for (std::size_t k = 0; k < 3; ++k) x[k][row] = design.at(row, k);
    y[row] = x[0][row] >= 0.75 && x[1][row] == 1;
  }
  auto const boxes = find_boxes(x, y);
  ASSERT_FALSE(boxes.empty());
  ASSERT_EQ(boxes[0].limits.size(), 2U);
  EXPECT_EQ(*limit_of(boxes[0], 0)->low, 0.75);
  EXPECT_EQ(*limit_of(boxes[0], 1)->low, 1);
  EXPECT_EQ(boxes[0].quality.coverage, 1);
  EXPECT_EQ(boxes[0].quality.density, 1);
}

TEST(Prim, TheTrajectoryTradesCoverageForDensity) {
  auto const x = points(500, 4);
  auto const boxes = find_boxes(x, planted(x));
  ASSERT_FALSE(boxes.empty());
  auto const& trajectory = boxes[0].trajectory;
  EXPECT_EQ(trajectory.front().mass, 1);
  EXPECT_EQ(trajectory.front().coverage, 1);
  for (std::size_t i = 1; i < trajectory.size(); ++i) {
    EXPECT_LT(trajectory[i].mass, trajectory[i - 1].mass);
    EXPECT_LE(trajectory[i].coverage, trajectory[i - 1].coverage);
    EXPECT_LE(balance(trajectory[i]), balance(trajectory[boxes[0].chosen]));
  }
  EXPECT_GT(trajectory.back().density, trajectory.front().density);
}

TEST(Prim, AStepOfTheTrajectoryMayBeChosen) {
  auto const x = points(500, 4);
  PrimOptions options;
  options.step = 3;
  auto const boxes = find_boxes(x, planted(x), options);
  ASSERT_FALSE(boxes.empty());
  EXPECT_EQ(boxes[0].chosen, 3U);
  EXPECT_GT(boxes[0].quality.mass, find_boxes(x, planted(x))[0].quality.mass);
}

TEST(Prim, NoCasesOrOnlyCasesHaveNoBox) {
  auto const x = points(100, 2);
  EXPECT_TRUE(find_boxes(x, std::vector<bool>(100, false)).empty());
  EXPECT_TRUE(find_boxes(x, std::vector<bool>(100, true)).empty());
}

}  // namespace
}  // namespace arraigo::analysis
