#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "analysis/emulator.hpp"

namespace arraigo::analysis {
namespace {

Eigen::MatrixXd column(std::initializer_list<double> values) {
  Eigen::MatrixXd m(static_cast<Eigen::Index>(values.size()), 1);
  Eigen::Index row = 0;
  for (double const v : values) m(row++, 0) = v;
  return m;
}

/// Matern 5/2 as the books have it.
double matern(double distance, double length, double variance) {
  double const r = std::sqrt(5.0) * std::abs(distance) / length;
  return variance * (1 + r + r * r / 3) * std::exp(-r);
}

TEST(Emulator, ForFixedSettingsIsTheClosedFormOfThreePoints) {
  auto const x = column({0.1, 0.5, 0.8});
  Eigen::VectorXd const y = Eigen::Vector3d(1, 3, 2);
  EmulatorSettings const settings{Eigen::VectorXd::Constant(1, 0.4), 2.0, 0.1, false};
  Emulator const emulator(x, y, settings);

  // The textbook's formulas with full inverses, nothing shared with the code under test.
  Eigen::Matrix3d k;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) k(i, j) = matern(x(i, 0) - x(j, 0), 0.4, 2.0) + (i == j ? 0.1 : 0);
  Eigen::Matrix3d const inverse = k.inverse();
  Eigen::Vector3d const one = Eigen::Vector3d::Ones();
  double const precision = one.dot(inverse * one), b = one.dot(inverse * y) / precision;
  for (double const at : {0.0, 0.3, 0.5, 1.0}) {
    Eigen::Vector3d r;
    for (int i = 0; i < 3; ++i) r(i) = matern(x(i, 0) - at, 0.4, 2.0);
    double const mean = b + r.dot(inverse * (y - b * one));
    double const gap = 1 - one.dot(inverse * r), variance = 2.0 - r.dot(inverse * r) + gap * gap / precision;
    auto const said = emulator.at(column({at}));
    EXPECT_NEAR(said.mean(0), mean, 1e-10) << at;
    EXPECT_NEAR(said.variance(0), variance, 1e-10) << at;
    // The twin: another length says something else, so that the figures above could fail.
    auto other = settings;
    other.lengths(0) *= 1.1;
    if (at == 0.3) {
      EXPECT_GT(std::abs(Emulator(x, y, other).at(column({at})).mean(0) - mean), 1e-4);
    }
  }
}

TEST(Emulator, LeavesAPointOutAsIfItHadNeverBeenThere) {
  auto const x = column({0.05, 0.2, 0.45, 0.7, 0.95});
  Eigen::VectorXd y(5);
  y << 1, 2, 0.5, -1, 0.3;
  EmulatorSettings const settings{Eigen::VectorXd::Constant(1, 0.3), 1.5, 0.05, true};
  auto const errors = Emulator(x, y, settings).left_out_errors();
  for (Eigen::Index out = 0; out < 5; ++out) {
    Eigen::MatrixXd others(4, 1);
    Eigen::VectorXd values(4);
    for (Eigen::Index i = 0, n = 0; i < 5; ++i)
      if (i != out) {
        others(n, 0) = x(i, 0);
        values(n++) = y(i);
      }
    auto const said = Emulator(others, values, settings).at(x.row(out));
    EXPECT_NEAR(errors(out), (y(out) - said.mean(0)) / std::sqrt(said.variance(0) + settings.nugget), 1e-8) << out;
  }
}

/// Two coordinates, of which the first bends and the second hardly matters.
double bent(double a, double b) { return std::sin(5 * a) + 0.1 * b; }

TEST(Emulator, LearnsAKnownFunctionAndWhichCoordinateMatters) {
  Eigen::MatrixXd x(25, 2);
  Eigen::VectorXd y(25);
  for (int i = 0; i < 25; ++i) {
    // A lattice of rank one: spread in both coordinates.
    x(i, 0) = (i + 0.5) / 25;
    x(i, 1) = std::fmod(0.5 + 7.0 * i / 25, 1.0);
    y(i) = bent(x(i, 0), x(i, 1));
  }
  auto const emulator = Emulator::fitted(x, y, 0);
  Eigen::MatrixXd at(50, 2);
  for (int i = 0; i < 50; ++i) {
    at(i, 0) = 0.03 + 0.019 * i;
    at(i, 1) = std::fmod(0.618 * i, 1.0);
  }
  auto const said = emulator.at(at);
  double worst = 0, flat = 0;
  for (int i = 0; i < 50; ++i) {
    worst = std::max(worst, std::abs(said.mean(i) - bent(at(i, 0), at(i, 1))));
    flat = std::max(flat, std::abs(y.mean() - bent(at(i, 0), at(i, 1))));
  }
  EXPECT_LT(worst, 0.02);
  EXPECT_GT(flat, 0.5);  // a mean alone would be far off
  EXPECT_GT(emulator.settings().lengths(1), 3 * emulator.settings().lengths(0));
  EXPECT_GE(emulator.share_within_two(), 0.85);
}

TEST(Emulator, ItsDoubtGrowsAwayFromThePoints) {
  auto const x = column({0.0, 0.1, 0.2, 0.3, 0.4, 0.5});
  Eigen::VectorXd y(6);
  y << 0, 0.5, 0.9, 1.1, 1.0, 0.6;
  auto const said = Emulator::fitted(x, y, 0).at(column({0.25, 1.0}));
  EXPECT_GT(said.variance(1), 20 * said.variance(0));
}

TEST(Emulator, TellsChanceFromTheFunction) {
  Eigen::MatrixXd x(60, 1);
  Eigen::VectorXd y(60);
  std::uint32_t state = 1;
  for (int i = 0; i < 60; ++i) {
    x(i, 0) = (i + 0.5) / 60;
    double sum = 0;  // near normal: twelve uniform draws
    for (int d = 0; d < 12; ++d) sum += static_cast<double>(state = state * 1664525U + 1013904223U) / 4294967296.0;
    y(i) = 10 * x(i, 0) * x(i, 0) + 0.5 * (sum - 6);
  }
  auto const emulator = Emulator::fitted(x, y, 0.25);
  EXPECT_NEAR(std::sqrt(emulator.settings().nugget), 0.5, 0.15);
  auto const said = emulator.at(column({0.5}));
  EXPECT_NEAR(said.mean(0), 2.5, 0.4);
  EXPECT_LT(said.variance(0), 0.1);
}

TEST(Emulator, WhatNeverChangesIsForetoldAsItIs) {
  auto const x = column({0.1, 0.3, 0.6, 0.9});
  auto const said = Emulator::fitted(x, Eigen::VectorXd::Constant(4, 7.0), 0).at(column({0.5}));
  EXPECT_NEAR(said.mean(0), 7, 1e-6);
  EXPECT_LT(said.variance(0), 1e-9);
}

}  // namespace
}  // namespace arraigo::analysis
