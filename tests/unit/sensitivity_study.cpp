/// A sweep's answers read: what is said of them, and what is said to be too small.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "analysis/report_assumptions.hpp"
#include "analysis/sensitivity_output.hpp"
#include "core/errors.hpp"
#include "core/numbers.hpp"
#include "sweep/answers.hpp"
#include "sweep/designs.hpp"
#include "tests/unit/run_file_sample.hpp"

namespace arraigo::analysis {
namespace {

namespace fs = std::filesystem;
using Point = std::vector<double>;

/// Percent of regular_share in the last month, by scenario (0: base), point in [0, 1] and replicate.
using Model = std::function<double(std::size_t scenario, Point const& unit, int replicate)>;

struct Made {
  std::string kind = "latin_hypercube";
  std::size_t size = 200, coordinates = 3;
  int replicates = 2;
  std::size_t scenarios = 2;
  std::size_t missing = 0;  ///< points of the last scenario without a run
  bool with_words = false;  ///< the last parameter is true from 0.5 on
};

class Sensitivities : public testing::Test {
 protected:
  void SetUp() override { setenv("LC_ALL", "en", 1); }

  SweepReader sweep(Made const& made, Model const& model) {
    auto const design = made.kind == "morris"     ? sweep::morris(made.size, 4, made.coordinates, 1)
                        : made.kind == "saltelli" ? sweep::saltelli(made.size, made.coordinates, 1)
                                                  : sweep::latin_hypercube(made.size, made.coordinates, 1);
    sweep::Plan plan;
    plan.name = "made";
    plan.version = "1";
    plan.commit = "abc";
    plan.data_digest = "d";
    nlohmann::ordered_json how{{"kind", made.kind}, {"ranges", nlohmann::ordered_json::object()}};
    for (std::size_t k = 0; k < made.coordinates; ++k) {
      plan.paths.push_back("group.p" + std::to_string(k));
      if (!made.with_words || k + 1 < made.coordinates) how["ranges"][plan.paths.back()] = {10, 20};
    }
    plan.design = how.dump();
    plan.detail = "totals";
    plan.replicates = made.replicates;
    plan.start = Month::of(2026, 7);
    plan.months = 2;
    for (std::size_t s = 0; s < made.scenarios; ++s) plan.scenarios.push_back({s == 0 ? "base" : "policy" + std::to_string(s), "a: 1\n"});
    plan.variables = {"regular", "migrant_population"};
    std::vector<Point> units;
    for (std::size_t row = 0; row < design.rows(); ++row) {
      Point unit(made.coordinates);
      std::vector<std::string> texts;
      for (std::size_t k = 0; k < made.coordinates; ++k) {
        unit[k] = design.at(row, k);
        texts.push_back(made.with_words && k + 1 == made.coordinates ? (unit[k] >= 0.5 ? "true" : "false") : number_text(10 + 10 * unit[k]));
      }
      units.push_back(unit);
      plan.lines.push_back(sweep::plan_line(row, design.block(row), design.step(row), texts));
    }
    fs::path const where = folder_ / ("sweep" + std::to_string(count_++));
    fs::create_directories(where);
    sweep::publish_plan(plan, where);
    sweep::RunFolder const folder(where, plan);
    for (std::size_t i = 0; i < plan.runs(); ++i) {
      auto const run = folder.run_of(i);
      if (run.point >= plan.points() - made.missing) continue;
      double const percent = model(plan.scenario_of(run.point), units[plan.row_of(run.point)], run.replicate);
      constexpr std::int64_t people = 1'000'000'000;
      sweep::Result result;
      result.values = {{people / 2, static_cast<std::int64_t>(std::llround(percent * people / 100))}, {people, people}};
      // As a worker would leave it, but not forced to the disk one by one: thousands of them would take minutes.
      fs::create_directories(folder.result_path(run).parent_path());
      std::ofstream{folder.result_path(run), std::ios::binary} << sweep::encode(result, plan.digest, run, plan.months);
    }
    static_cast<void>(sweep::collect(folder, plan, {where / sweep::answers_name, {}, {}}));
    return SweepReader(where);
  }

  static SensitivityRequest regular_share() {
    SensitivityRequest request;
    request.indicators = {"regular_share"};
    return request;
  }
  static SensitivityResult only(SweepReader const& sweep, SensitivityRequest const& request) {
    auto results = study_sensitivity(sweep, request);
    EXPECT_EQ(results.size(), 1U);
    return std::move(results.front());
  }
  static std::string notes(SensitivityResult const& result) {
    std::string text;
    for (auto const& note : result.notes) text += note.en + "\n";
    return text;
  }
  std::string refusal(SweepReader const& sweep, SensitivityRequest const& request) {
    try {
      static_cast<void>(study_sensitivity(sweep, request));
    } catch (InputError const& error) {
      return error.what();
    }
    return "";
  }

  sample::Folder folder_;
  int count_ = 0;
};

double straight(std::size_t scenario, Point const& x, int) { return 40 + (scenario == 0 ? 0 : 5 * x[0] - 2 * x[1] + 1); }

TEST_F(Sensitivities, ADifferenceIsStudiedWhereThereAreTwoScenarios) {
  auto const sweep = this->sweep({}, [](std::size_t s, Point const& x, int r) { return 3.0 * r + straight(s, x, r); });
  auto const result = only(sweep, regular_share());
  EXPECT_EQ(result.base, "base");
  EXPECT_EQ(result.scenario, "policy1");
  EXPECT_NEAR(result.mean, 2.5, 0.05);
  ASSERT_TRUE(result.ranks);
  EXPECT_EQ(result.order, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_GT(result.ranks->parameters[0].value, 0.95);
  EXPECT_LT(result.ranks->parameters[1].value, -0.9);
  EXPECT_EQ(result.ranks_remain, (std::vector<bool>{true, true, false}));
  // What replicates share is no chance.
  EXPECT_NEAR(result.noise->share, 0, 1e-6);
}

TEST_F(Sensitivities, ALevelIsStudiedWhenAskedFor) {
  auto const sweep = this->sweep({}, [](std::size_t s, Point const& x, int) { return s == 0 ? 10 + 5 * x[2] : 50; });
  auto request = regular_share();
  request.scenario = "base";
  auto const result = only(sweep, request);
  EXPECT_EQ(result.base, "");
  EXPECT_EQ(result.order.front(), 2U);
  request.month = "2026-07";
  EXPECT_NE(notes(only(sweep, request)).find("The output is the same at all 200 points"), std::string::npos);
  request.month = "mean";
  EXPECT_NEAR(only(sweep, request).mean, (50 + 12.5) / 2, 0.1);
}

TEST_F(Sensitivities, WhereAPolicyFailsIsABox) {
  auto const sweep = this->sweep({.size = 300}, [](std::size_t s, Point const& x, int) { return 40 + (s == 0 ? 0 : x[0] < 0.4 && x[2] > 0.5 ? -1 : 1 + x[1]); });
  auto const result = only(sweep, regular_share());
  ASSERT_TRUE(result.discovery);
  EXPECT_TRUE(result.discovery->flips);
  EXPECT_EQ(rule_text(result, Lang::en), "effect <= 0");
  ASSERT_FALSE(result.discovery->boxes.empty());
  auto const& box = result.discovery->boxes.front();
  EXPECT_GT(box.quality.coverage, 0.9);
  EXPECT_GT(box.quality.density, 0.9);
  ASSERT_EQ(box.limits.size(), 2U);
  EXPECT_EQ(box.limits[0].parameter, 0U);
  EXPECT_NEAR(*box.limits[0].high, 14, 0.7);
  auto const section = section_of(sweep, result, "Política", "Policy");
  EXPECT_NE(section.box_en.find("The effect turns round (effect <= 0:"), std::string::npos) << section.box_en;
  EXPECT_NE(section.box_es.find("group.p0 ≤ 1"), std::string::npos) << section.box_es;
  EXPECT_NE(section.sign_en.find(fmt::format("At {} of 300 points it is not +;", result.discovery->cases)), std::string::npos) << section.sign_en;
  EXPECT_NE(section.sign_en.find("group.p0; group.p2"), std::string::npos) << section.sign_en;
  EXPECT_EQ(section.sign_en.find("group.p1"), std::string::npos) << section.sign_en;
}

TEST_F(Sensitivities, AnEffectThatNothingTurnsIsSaidToHold) {
  auto const sweep = this->sweep({.size = 60}, [](std::size_t s, Point const& x, int) { return 40 - (s == 0 ? 0 : 1 + x[1]); });
  auto const section = section_of(sweep, only(sweep, regular_share()), "Política", "Policy");
  EXPECT_EQ(section.sign_en, "Can the assumptions turn the sign of the difference? At none of the 60 points: it is always \u2212.");
  EXPECT_NE(section.sign_es.find("En ninguno de los 60 puntos"), std::string::npos);
}

TEST_F(Sensitivities, ARuleMayBeGiven) {
  auto const sweep = this->sweep({}, straight);
  auto request = regular_share();
  request.cases = CaseRule::parse("effect >= p90");
  auto const result = only(sweep, request);
  EXPECT_EQ(result.discovery->cases, 20U);
  EXPECT_NE(notes(result).find("Cases of interest: 20, others: 180; with fewer than 30"), std::string::npos) << notes(result);
  request.cases = CaseRule::parse("effect<-100");
  EXPECT_NE(notes(only(sweep, request)).find("None of the 200 points is a case of interest"), std::string::npos);
  for (char const* wrong : {"", "effect", "effect<", "effct<0", "effect<1,5", "effect<p101", "effect=0"}) EXPECT_THROW(static_cast<void>(CaseRule::parse(wrong)), InputError) << wrong;
}

TEST_F(Sensitivities, SaltellisBlocksGiveTheSharesOfTheVariance) {
  auto const sweep = this->sweep({.kind = "saltelli", .size = 512, .scenarios = 1}, [](std::size_t, Point const& x, int r) { return straight(1, x, r); });
  auto const result = only(sweep, regular_share());
  ASSERT_EQ(result.parts.size(), 3U);
  // 25 and 4 of 29.
  EXPECT_NEAR(result.parts[0].first, 25.0 / 29, 0.03);
  EXPECT_NEAR(result.parts[1].total, 4.0 / 29, 0.02);
  EXPECT_NEAR(result.parts[2].total, 0, 1e-6);
  EXPECT_EQ(notes(result), "") << notes(result);
}

TEST_F(Sensitivities, ASmallBaseIsSaidToBeSmall) {
  auto const sweep = this->sweep({.kind = "saltelli", .size = 16}, straight);
  EXPECT_NE(notes(only(sweep, regular_share())).find("The sample is small: the interval of the total index is wider than 0.2 for group.p0"), std::string::npos);
}

TEST_F(Sensitivities, ChanceOfTheReplicatesIsToldFromParameters) {
  std::mt19937 random{1};
  std::normal_distribution<double> normal;
  auto const model = [&](std::size_t s, Point const& x, int r) { return straight(s + 1, x, r) + std::sqrt(2.0) * normal(random); };
  auto const sweep = this->sweep({.kind = "saltelli", .size = 128, .replicates = 4, .scenarios = 1}, model);
  auto const result = only(sweep, regular_share());
  // Chance of a mean over four runs has variance 1/2; parameters add 29/12.
  EXPECT_NEAR(result.noise->share, 0.5 / (0.5 + 29.0 / 12), 0.05);
  // And every total index holds it, also that of the parameter without effect.
  EXPECT_NEAR(result.parts[2].total, result.noise->share, 0.07);
  EXPECT_NE(notes(result).find("a parameter that changes luck alone would have about 0.1"), std::string::npos) << notes(result);
}

TEST_F(Sensitivities, OneReplicateIsSaidToHideChance) {
  auto const sweep = this->sweep({.replicates = 1}, straight);
  EXPECT_NE(notes(only(sweep, regular_share())).find("A single replicate"), std::string::npos);
}

TEST_F(Sensitivities, TrajectoriesGiveEffectsOverTheWholeRange) {
  auto const sweep = this->sweep({.kind = "morris", .size = 12}, straight);
  auto const result = only(sweep, regular_share());
  ASSERT_EQ(result.effects.size(), 3U);
  EXPECT_NEAR(result.effects[0].mu, 5, 1e-5);
  EXPECT_NEAR(result.effects[1].mu, -2, 1e-5);
  EXPECT_FALSE(result.discovery);
  EXPECT_EQ(notes(result).find("Trajectories:"), std::string::npos) << notes(result);
  auto const few = this->sweep({.kind = "morris", .size = 4}, straight);
  EXPECT_NE(notes(only(few, regular_share())).find("Trajectories: 4; with fewer than 10"), std::string::npos);
}

TEST_F(Sensitivities, AnEffectThatChanceWouldGiveIsNamed) {
  std::mt19937 random{1};
  std::normal_distribution<double> normal;
  auto const sweep = this->sweep({.kind = "morris", .size = 40, .replicates = 4}, [&](std::size_t s, Point const& x, int r) { return straight(s, x, r) + 0.2 * normal(random); });
  auto const result = only(sweep, regular_share());
  EXPECT_NE(notes(result).find("no more than chance of the replicates would give: group.p2."), std::string::npos) << notes(result);
  EXPECT_NEAR(result.effects[2].mu_star, result.effect_by_chance[2], 0.3 * result.effect_by_chance[2]);
}

TEST_F(Sensitivities, TooFewPointsAndBentEffectsAreSaid) {
  auto const few = this->sweep({.size = 20}, straight);
  EXPECT_NE(notes(only(few, regular_share())).find("Points: 20, parameters: 3; with fewer than 10 points a parameter"), std::string::npos);
  auto const bent = this->sweep({}, [](std::size_t s, Point const& x, int) { return 40 + (s == 0 ? 0 : 1 + 4 * std::pow(x[0] - 0.5, 2)); });
  EXPECT_NE(notes(only(bent, regular_share())).find("effects are not monotone"), std::string::npos);
}

TEST_F(Sensitivities, MissingRunsDoNotCount) {
  auto const sweep = this->sweep({.missing = 7}, straight);
  auto const result = only(sweep, regular_share());
  EXPECT_EQ(result.whole_rows, 193U);
  EXPECT_NE(notes(result).find("Runs are missing in 7 of 200 points"), std::string::npos);
}

TEST_F(Sensitivities, WordsOfTwoAreALimitOfABox) {
  auto const sweep = this->sweep({.size = 200, .with_words = true}, [](std::size_t s, Point const& x, int) { return 40 + (s == 0 ? 0 : x[2] >= 0.5 && x[0] > 0.5 ? -1.0 : 1 + x[1]); });
  auto const result = only(sweep, regular_share());
  ASSERT_FALSE(result.discovery->boxes.empty());
  std::string limits;
  for (auto const& limit : result.discovery->boxes[0].limits) limits += limit_text(sweep.parameters()[limit.parameter], limit, Lang::en) + "; ";
  EXPECT_NE(limits.find("group.p2 = true"), std::string::npos) << limits;
}

TEST_F(Sensitivities, MistakesAreToldWithAFix) {
  auto const sweep = this->sweep({.size = 8}, straight);
  auto request = regular_share();
  request.indicators = {"regular_shar"};
  EXPECT_NE(refusal(sweep, request).find("Did you mean regular_share?"), std::string::npos);
  request = regular_share();
  request.alternatives = {"polcy1"};
  EXPECT_NE(refusal(sweep, request).find("Did you mean policy1?"), std::string::npos);
  request.alternatives = {"base"};
  EXPECT_NE(refusal(sweep, request).find("is the base too"), std::string::npos);
  request = regular_share();
  request.month = "all";
  EXPECT_NE(refusal(sweep, request).find("must be YYYY-MM, last or mean"), std::string::npos);
  request.month = "2030-01";
  EXPECT_NE(refusal(sweep, request).find("2026-07 to 2026-08"), std::string::npos);
  request = regular_share();
  request.scenario = "base";
  request.base = "base";
  EXPECT_NE(refusal(sweep, request).find("use one or the other"), std::string::npos);
}

TEST_F(Sensitivities, WhatIsNoAnswerFileIsRefused) {
  auto const refused = [&](fs::path const& path) {
    try {
      static_cast<void>(SweepReader(path));
    } catch (InputError const& error) {
      return std::string{error.what()};
    }
    return std::string{};
  };
  EXPECT_NE(refused(folder_ / "nowhere").find("is not there"), std::string::npos);
  EXPECT_NE(refused(folder_.path()).find("arraigo collect"), std::string::npos);
  write_run_file(folder_ / "run.h5", sample::layout(), sample::records(sample::layout(), 2), sample::attributes(), true);
  EXPECT_NE(refused(folder_ / "run.h5").find("not the answer file of a sweep"), std::string::npos);
}

TEST_F(Sensitivities, TheSameAnswersGiveTheSameBytes) {
  auto const sweep = this->sweep({.size = 100}, straight);
  auto const once = study_sensitivity(sweep, regular_share()), again = study_sensitivity(sweep, regular_share());
  std::ostringstream a, b;
  print_sensitivity_json(a, sweep, once, Lang::en);
  print_sensitivity_json(b, sweep, again, Lang::en);
  EXPECT_EQ(a.str(), b.str());
  EXPECT_EQ(sensitivity_picture(sweep, once, Lang::es, ARRAIGO_CHARTS), sensitivity_picture(sweep, again, Lang::es, ARRAIGO_CHARTS));
  EXPECT_EQ(sensitivity_export(sweep, once).back().bytes, sensitivity_export(sweep, again).back().bytes);
}

TEST_F(Sensitivities, SalibsOrderOfSaltellisRowsIsABaseThenBlocksThenB) {
  auto const sweep = this->sweep({.kind = "saltelli", .size = 4, .coordinates = 2}, straight);
  auto const files = sensitivity_export(sweep, study_sensitivity(sweep, regular_share()));
  std::vector<std::vector<double>> rows;
  for (auto const& file : files)
    if (file.path == "salib/X.txt") {
      std::istringstream in(file.bytes);
      for (double a = 0, b = 0; in >> a >> b;) rows.push_back({a, b});
    }
  ASSERT_EQ(rows.size(), 16U);
  for (std::size_t n = 0; n < 16; n += 4) {
    EXPECT_EQ(rows[n + 1], (std::vector<double>{rows[n + 3][0], rows[n][1]})) << n;
    EXPECT_EQ(rows[n + 2], (std::vector<double>{rows[n][0], rows[n + 3][1]})) << n;
  }
}

}  // namespace
}  // namespace arraigo::analysis
