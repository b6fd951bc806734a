#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "app/parameter_sets.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "params/calibrated.hpp"
#include "sweep/calibration_file.hpp"

namespace arraigo {
namespace {

namespace fs = std::filesystem;

class CalibrationFiles : public testing::Test {
 protected:
  void SetUp() override {
    use_language(Lang::en);
    std::string name = (fs::temp_directory_path() / "arraigo-calibration-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path write(std::string const& text) {
    std::ofstream(folder_ / "c.yaml") << text;
    return folder_ / "c.yaml";
  }
  /// All sentences of a refusal; empty when there is none.
  std::string refusal(std::string const& text) {
    try {
      static_cast<void>(sweep::read_calibration(write(text)));
    } catch (InputError const& error) {
      return error.what();
    }
    return {};
  }
  fs::path folder_;
};

std::string const good = R"(scenario: history
area: lima_callao
scale: 400
replicates: 3
blocks:
  - id: permits
    parameters:
      news.background_prob_per_month:
      news.contact_prob_per_month: [0.02, 0.04]
    targets:
      - {figure: ptp_held_2018, tolerance: 0.1, reason: "why"}
    points: 12
    waves: 2
    local_steps: 0
)";

std::string with(std::string const& from, std::string const& to) {
  std::string text = good;
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST_F(CalibrationFiles, AGoodOneIsReadWithTheTablesRangesWhereNoneIsStated) {
  auto const file = sweep::read_calibration(write(good));
  ASSERT_EQ(file.blocks.size(), 1U);
  auto const& block = file.blocks[0];
  auto const* row = find_parameter("news.background_prob_per_month");
  EXPECT_EQ(block.parameters[0].low, row->low);
  EXPECT_EQ(block.parameters[0].high, row->high);
  EXPECT_EQ(block.parameters[1].low, 0.02);
  EXPECT_EQ(block.parameters[1].high, 0.04);
  EXPECT_EQ(block.targets[0].figure, "ptp_held_2018");
  EXPECT_EQ(block.targets[0].tolerance, 0.1);
  EXPECT_EQ(block.local_steps, 0U);
  EXPECT_EQ(*file.common.replicates, 3);
}

TEST_F(CalibrationFiles, TheShippedOneIsReadAndNamesOnlyAssumptions) {
  auto const file = sweep::read_calibration(fs::path{ARRAIGO_SOURCE_DIR} / "scenarios/calibration/history_2018_2019.yaml");
  EXPECT_GE(file.blocks.size(), 2U);
}

TEST_F(CalibrationFiles, EveryMistakeIsToldWithItsLineAndALikelyFix) {
  auto const said = refusal(R"(scenario: history
replicates: 1
blocks:
  - id: permits
    parameters:
      news.background_prob_per_mont:
      labour.separation_formal_prob_per_month:
      news.contact_prob_per_month: [0.02, 0.4]
      news.contact_prob_per_month: [0.02, 0.04]
    targets:
      - {figure: a, tolerance: -1, reason: "x"}
      - {figure: a, tolerance: 0.1}
    points: 3
)");
  for (char const* part : {"c.yaml:2:13: replicates = 1 (a whole number from 2 to 1000)", "c.yaml:6:7: blocks.parameters = news.background_prob_per_mont (no parameter of the model). Did you mean news.background_prob_per_month?",
                           "c.yaml:7:7: blocks.parameters = labour.separation_formal_prob_per_month (has a source of its own", "c.yaml:8:43: news.contact_prob_per_month = 0.4 (a number from 0.01 to 0.05)",
                           "c.yaml:11:32: blocks.targets.tolerance = -1 (a number from 0 to 10)", "this figure stands already in the block", "blocks.targets.reason is missing", "c.yaml:13:13"})
    EXPECT_NE(said.find(part), std::string::npos) << part << "\n" << said;
}

TEST_F(CalibrationFiles, WhatCannotWorkIsRefused) {
  EXPECT_EQ(refusal(good), "");
  EXPECT_NE(refusal("- a\n").find("a calibration is expected"), std::string::npos);
  EXPECT_NE(refusal("scenario: history\n").find("blocks is missing"), std::string::npos);
  EXPECT_NE(refusal(with("blocks:", "blocks: []\nset:")).find("a list of blocks is expected"), std::string::npos);
  EXPECT_NE(refusal(with("points: 12", "points: 500")).find("too much for the emulator"), std::string::npos);
  EXPECT_NE(refusal(with("[0.02, 0.04]", "[0.04, 0.02]")).find("low must be less than high"), std::string::npos);
  EXPECT_NE(refusal(with("scale: 400", "scales: 400")).find("Did you mean scale"), std::string::npos);
  EXPECT_NE(refusal(with("scale: 400", "implausibility: higest")).find("Did you mean highest"), std::string::npos);
  EXPECT_NE(refusal(good + "  - id: permits\n    parameters: {status.wait_weight: }\n    targets: [{figure: a, tolerance: 0.1, reason: b}]\n").find("another block has the same id"), std::string::npos);
  EXPECT_NE(refusal(good + "  - id: more\n    parameters: {news.contact_prob_per_month: }\n    targets: [{figure: a, tolerance: 0.1, reason: b}]\n").find("stands already at"), std::string::npos);
}

Calibrated some() {
  Calibrated calibrated;
  calibrated.date = "2026-01-02";
  calibrated.command = "arraigo calibrate \"a b\" \\x";
  calibrated.scenario = "history";
  calibrated.seed = 7;
  CalibratedBlock block;
  block.id = "permits";
  block.points = 20;
  block.space_left = 0.25;
  block.parameters.push_back({find_parameter("news.background_prob_per_month"), 0.0312345678901234, 0.02, 0.1, 0.025, 0.03, 0.04, "yes"});
  block.parameters.push_back({find_parameter("news.contact_prob_per_month"), 0.03, 0.01, 0.05, {}, {}, {}, "unknown"});
  block.figures.push_back({"ptp", 100, 20, 90, 1.5});
  for (int i = 0; i < 40; ++i) block.draws.push_back({0.02 + 0.001 * i, 0.01 + 0.0005 * i});
  calibrated.blocks.push_back(block);
  return calibrated;
}

TEST_F(CalibrationFiles, FittedValuesAreReadAsTheyWereWritten) {
  auto const read = read_calibrated(write(to_yaml(some())));
  EXPECT_EQ(to_yaml(read), to_yaml(some()));
  EXPECT_EQ(read.command, some().command);
  EXPECT_EQ(read.blocks[0].parameters[0].value, 0.0312345678901234);
  EXPECT_FALSE(read.blocks[0].parameters[1].q05);
}

TEST_F(CalibrationFiles, FittedValuesReplaceTheTablesAndNothingThatAScenarioSays) {
  Scenario scenario;
  scenario.parameters.news_contact_prob_per_month = 0.044;
  use_fitted(scenario, some());
  EXPECT_EQ(scenario.parameters.news_background_prob_per_month, 0.0312345678901234);
  EXPECT_EQ(scenario.parameters.news_contact_prob_per_month, 0.044);
}

TEST_F(CalibrationFiles, WhoStatesTheTablesValueKeepsIt) {
  Scenario scenario;
  auto const* const row = find_parameter("news.background_prob_per_month");
  scenario.stated_parameters = {row};
  auto const drawn = app::with_set(scenario, draw_parameters(some(), "c.yaml", 7, 5), 0);
  EXPECT_EQ(drawn.parameters.news_background_prob_per_month, row->value);
  EXPECT_NE(drawn.parameters.news_contact_prob_per_month, scenario.parameters.news_contact_prob_per_month);
  use_fitted(scenario, some());
  EXPECT_EQ(scenario.parameters.news_background_prob_per_month, row->value);
  EXPECT_EQ(scenario.parameters.news_contact_prob_per_month, some().blocks[0].parameters[1].value);
}

TEST_F(CalibrationFiles, WrongFittedValuesAreRefused) {
  auto const refused = [&](std::string const& from, std::string const& to) {
    std::string text = to_yaml(some());
    text.replace(text.find(from), from.size(), to);
    try {
      static_cast<void>(read_calibrated(write(text)));
    } catch (InputError const& error) {
      return std::string{error.what()};
    }
    return std::string{};
  };
  EXPECT_NE(refused("value: 0.03,", "value: 0.3,").find("a number from 0.01 to 0.05"), std::string::npos);
  EXPECT_NE(refused("news.contact_prob_per_month", "news.contact_prob_per_mont").find("Did you mean news.contact_prob_per_month"), std::string::npos);
  EXPECT_NE(refused("- [0.02, 0.01]", "- [0.02]").find("a list of lists"), std::string::npos);
  EXPECT_NE(refused("version: 1", "versio: 1").find("Did you mean version"), std::string::npos);
  EXPECT_THROW(static_cast<void>(read_calibrated(folder_ / "none.yaml")), InputError);
}

TEST_F(CalibrationFiles, DrawsFollowTheSeedAndAreTheSameForEveryNumberOfSets) {
  auto const calibrated = some();
  auto const five = draw_parameters(calibrated, "c.yaml", 7, 5), ten = draw_parameters(calibrated, "c.yaml", 7, 10), other = draw_parameters(calibrated, "c.yaml", 8, 10);
  ASSERT_EQ(five.sets.size(), 5U);
  EXPECT_EQ(five.rows.size(), 2U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(five.sets[i], ten.sets[i]);
  EXPECT_NE(ten.sets, other.sets);
  EXPECT_GT(std::set<std::vector<double>>(ten.sets.begin(), ten.sets.end()).size(), 5U);
  // A draw is one of the file's, its values together.
  for (auto const& set : ten.sets) EXPECT_NEAR((set[0] - 0.02) / 0.001, (set[1] - 0.01) / 0.0005, 1e-9);
  auto none = calibrated;
  none.blocks[0].draws.clear();
  EXPECT_THROW(static_cast<void>(draw_parameters(none, "c.yaml", 7, 5)), InputError);
}

}  // namespace
}  // namespace arraigo
