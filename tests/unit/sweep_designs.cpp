/// What each design promises, over many sizes and seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "sweep/designs.hpp"

namespace arraigo::sweep {
namespace {

constexpr std::uint64_t seeds[] = {0, 1, 7, 123456789, ~std::uint64_t{0}};

void expect_in_unit_cube(Design const& design) {
  for (std::size_t row = 0; row < design.rows(); ++row)
    for (std::size_t k = 0; k < design.coordinates(); ++k) {
      EXPECT_GE(design.at(row, k), 0);
      EXPECT_LE(design.at(row, k), 1);
    }
}

bool same(Design const& a, Design const& b) {
  if (a.rows() != b.rows() || a.coordinates() != b.coordinates()) return false;
  for (std::size_t row = 0; row < a.rows(); ++row)
    for (std::size_t k = 0; k < a.coordinates(); ++k)
      if (a.at(row, k) != b.at(row, k)) return false;
  return true;
}

TEST(Designs, AGridHasEveryCombinationOnceAndBothEnds) {
  std::vector<std::size_t> const levels{3, 1, 4};
  Design const design = grid(levels);
  ASSERT_EQ(design.rows(), 12U);
  std::set<std::vector<double>> rows;
  for (std::size_t row = 0; row < design.rows(); ++row) {
    rows.insert({design.at(row, 0), design.at(row, 1), design.at(row, 2)});
    EXPECT_EQ(design.at(row, 1), 0.5);
    EXPECT_EQ(design.step(row), row);
  }
  EXPECT_EQ(rows.size(), 12U);
  EXPECT_TRUE(rows.contains({0, 0.5, 0}));
  EXPECT_TRUE(rows.contains({1, 0.5, 1}));
}

TEST(Designs, EachStratumOfALatinHypercubeHoldsOnePoint) {
  for (auto const seed : seeds)
    for (std::size_t const n : {1, 2, 3, 10, 97, 1000}) {
      Design const design = latin_hypercube(n, 5, seed);
      ASSERT_EQ(design.rows(), n);
      for (std::size_t k = 0; k < 5; ++k) {
        std::vector<int> held(n, 0);
        for (std::size_t row = 0; row < n; ++row) {
          EXPECT_LT(design.at(row, k), 1);
          ++held.at(static_cast<std::size_t>(std::floor(design.at(row, k) * static_cast<double>(n))));
        }
        EXPECT_EQ(std::count(held.begin(), held.end(), 1), static_cast<std::ptrdiff_t>(n)) << n << " " << seed;
      }
    }
}

TEST(Designs, ASobolSequenceIsBalancedInEachDyadicInterval) {
  for (auto const seed : seeds)
    for (std::size_t const bits : {1, 4, 8}) {
      std::size_t const n = std::size_t{1} << bits;
      Design const design = sobol(n, 40, seed);
      expect_in_unit_cube(design);
      for (std::size_t k = 0; k < 40; ++k) {
        std::vector<int> held(n, 0);
        for (std::size_t row = 0; row < n; ++row) ++held.at(static_cast<std::size_t>(design.at(row, k) * static_cast<double>(n)));
        EXPECT_EQ(std::count(held.begin(), held.end(), 1), static_cast<std::ptrdiff_t>(n)) << n << " " << k;
      }
    }
}

TEST(Designs, ASobolSequenceGoesOn) {
  Design const shorter = sobol(16, 3, 5), longer = sobol(64, 3, 5);
  for (std::size_t row = 0; row < 16; ++row)
    for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(shorter.at(row, k), longer.at(row, k));
}

TEST(Designs, ASobolSequenceIntegratesBetterThanChance) {
  // The mean of a product of ten coordinates' deviations from 1 is 1; chance would be off by about 0.02.
  std::size_t const n = 1024;
  Design const design = sobol(n, 10, 3);
  double sum = 0;
  for (std::size_t row = 0; row < n; ++row) {
    double product = 1;
    for (std::size_t k = 0; k < 10; ++k) product *= 1 + (design.at(row, k) - 0.5) / 2;
    sum += product;
  }
  EXPECT_NEAR(sum / static_cast<double>(n), 1, 0.003);
}

TEST(Designs, EachStepOfATrajectoryMovesOneCoordinateByHalfTheLevels) {
  for (auto const seed : seeds)
    for (std::size_t const levels : {2, 4, 10})
      for (std::size_t const k : {1, 3, 20}) {
        Design const design = morris(6, levels, k, seed);
        ASSERT_EQ(design.rows(), 6 * (k + 1));
        expect_in_unit_cube(design);
        double const jump = static_cast<double>(levels) / 2 / static_cast<double>(levels - 1);
        for (std::size_t t = 0; t < 6; ++t) {
          std::set<std::size_t> moved;
          for (std::size_t step = 0; step <= k; ++step) {
            std::size_t const row = t * (k + 1) + step;
            EXPECT_EQ(design.block(row), t);
            EXPECT_EQ(design.step(row), step);
            if (step == 0) continue;
            std::vector<std::size_t> changed;
            for (std::size_t i = 0; i < k; ++i)
              if (design.at(row, i) != design.at(row - 1, i)) {
                changed.push_back(i);
                EXPECT_NEAR(std::abs(design.at(row, i) - design.at(row - 1, i)), jump, 1e-12);
              }
            ASSERT_EQ(changed.size(), 1U);
            moved.insert(changed.front());
          }
          EXPECT_EQ(moved.size(), k);
        }
      }
}

TEST(Designs, BlocksOfSaltelliAreAAndBAndAWithOneCoordinateOfB) {
  for (auto const seed : seeds)
    for (std::size_t const k : {1, 2, 7}) {
      std::size_t const base = 16;
      Design const design = saltelli(base, k, seed);
      ASSERT_EQ(design.rows(), base * (k + 2));
      auto const at = [&](std::size_t block, std::size_t step, std::size_t i) { return design.at(block * base + step, i); };
      for (std::size_t step = 0; step < base; ++step)
        for (std::size_t i = 0; i < k; ++i) {
          EXPECT_NE(at(0, step, i), at(1, step, i));
          for (std::size_t j = 0; j < k; ++j) EXPECT_EQ(at(2 + j, step, i), i == j ? at(1, step, i) : at(0, step, i));
        }
      EXPECT_EQ(design.block(base), 1U);
      EXPECT_EQ(design.step(base + 3), 3U);
      EXPECT_EQ(design.block(design.rows() - 1), k + 1);
    }
}

TEST(Designs, TheSameSeedGivesTheSameRowsAndAnotherOthers) {
  EXPECT_TRUE(same(latin_hypercube(20, 4, 1), latin_hypercube(20, 4, 1)));
  EXPECT_FALSE(same(latin_hypercube(20, 4, 1), latin_hypercube(20, 4, 2)));
  EXPECT_FALSE(same(sobol(20, 4, 1), sobol(20, 4, 2)));
  EXPECT_FALSE(same(morris(5, 4, 4, 1), morris(5, 4, 4, 2)));
}

TEST(Designs, ScaledIsExactAtBothEnds) {
  EXPECT_EQ(scaled(0, 0.1, 0.7), 0.1);
  EXPECT_EQ(scaled(1, 0.1, 0.7), 0.7);
  EXPECT_EQ(scaled(0.5, -2, 2), 0);
}

}  // namespace
}  // namespace arraigo::sweep
