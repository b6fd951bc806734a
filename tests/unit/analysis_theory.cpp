#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "analysis/theory.hpp"
#include "core/errors.hpp"
#include "tests/unit/hand_made_run.hpp"

namespace arraigo::analysis {
namespace {

Readings readings(std::vector<double> const& values) { return {values.begin(), values.end()}; }

Goal goal_of(std::string const& level, bool up = true, double margin = 0, int months = 2) {
  Goal goal;
  goal.outcome.level = level;
  goal.outcome.months = months;
  goal.up = up;
  goal.margin = margin;
  return goal;
}

Claim claim_of(TestKind test, std::vector<Goal> goals, std::vector<Arm> arms) {
  Claim claim;
  claim.id = "T0";
  claim.if_ = {"si", "if"};
  claim.then = {"entonces", "then"};
  claim.why = {"porque", "because"};
  claim.test = test;
  claim.goals = std::move(goals);
  claim.arms = std::move(arms);
  claim.months = 2;
  return claim;
}

/// One arm with a stock of people at the end of each of two months, and nothing spent.
MemoryRun arm(std::vector<std::int64_t> const& ends) {
  HandMade made(static_cast<int>(ends.size()));
  HandMade::Values values;
  for (auto const end : ends) values.push_back({0, end});
  made.with("jobs", values);
  return made.run("arm");
}

TEST(Contrasts, AnInteractionIsWhatBothGiveBeyondTheSumOfTheParts) {
  // 100; a adds 10, b 20, both 45: 15 beyond the sum in replicate 0, and 13 in replicate 1.
  ArmReadings const arms{{"off", readings({100, 200})},
                         {"a", readings({110, 212})},
                         {"b", readings({120, 220})},
                         {"on", readings({145, 245})}};
  auto const claim = claim_of(TestKind::interaction, {goal_of("jobs")}, {});
  auto const weights = primary_weights(claim);
  EXPECT_EQ(contrast(arms, weights), (std::vector<double>{15, 13}));
  auto const logs = log_contrast(arms, weights);
  ASSERT_EQ(logs.size(), 2U);
  EXPECT_NEAR(logs[0], std::log(145.0 * 100 / (110.0 * 120)), 1e-12);
  EXPECT_NEAR(logs[1], std::log(245.0 * 200 / (212.0 * 220)), 1e-12);
}

TEST(Contrasts, AReplicateThatOneArmLacksIsLeftOut) {
  ArmReadings arms{{"off", readings({1, 2, 3})}, {"on", readings({2, 4, 0})}};
  EXPECT_EQ(contrast(arms, {{"on", 1.0}, {"off", -1.0}}), (std::vector<double>{1, 2, -3}));
  EXPECT_EQ(log_contrast(arms, {{"on", 1.0}, {"off", -1.0}}).size(), 2U);
  arms["on"][0].reset();
  EXPECT_EQ(contrast(arms, {{"on", 1.0}, {"off", -1.0}}), (std::vector<double>{2, -3}));
}

TEST(Contrasts, MainEffectsOfAHalfFractionAreThoseThatMadeTheFigures) {
  // Y = 10 + 3 A - 2 B + 0.5 C + 1 D, A to D 0 or 1, on the half fraction of even numbers of parts.
  std::vector<std::pair<std::string, std::string>> const signs{{"off", "----"}, {"ab", "++--"}, {"ac", "+-+-"},
                                                               {"ad", "+--+"},  {"bc", "-++-"}, {"bd", "-+-+"},
                                                               {"cd", "--++"},  {"on", "++++"}};
  std::vector<double> const effects{3, -2, 0.5, 1};
  auto claim = claim_of(TestKind::main_effects, {goal_of("jobs")}, {});
  claim.parts = {{"A", {}}, {"B", {}}, {"C", {}}, {"D", {}}};
  ArmReadings arms;
  for (auto const& [name, sign] : signs) {
    claim.arms.push_back({name, "", sign});
    double y = 10;
    for (std::size_t p = 0; p < effects.size(); ++p) y += sign[p] == '+' ? effects[p] : 0;
    arms[name] = readings({y, y + 7});
  }
  for (std::size_t p = 0; p < effects.size(); ++p)
    for (double const effect : contrast(arms, main_effect_weights(claim, p)))
      EXPECT_NEAR(effect, effects[p], 1e-12) << p;
}

TEST(Contrasts, AnArmOutsideTheFractionHasNoPartInMainEffects) {
  auto claim = claim_of(TestKind::main_effects, {goal_of("jobs")}, {{"off", "", "-"}, {"a", "", "+"}, {"on", "", ""}});
  claim.parts = {{"A", {}}};
  auto const weights = main_effect_weights(claim, 0);
  EXPECT_EQ(weights.size(), 2U);
  EXPECT_FALSE(weights.contains("on"));
  EXPECT_EQ(primary_weights(claim), (Weights{{"on", 1.0}, {"off", -1.0}}));
}

TEST(Findings, TheIntervalIsHeldAgainstTheMargin) {
  auto const up = goal_of("jobs", true, 5), down = goal_of("jobs", false, 5);
  EXPECT_EQ(finding_of(up, {9, Interval{6, 12}}), Finding::holds);
  EXPECT_EQ(finding_of(up, {3, Interval{2, 4}}), Finding::fails);  // clear of zero, but too small to matter
  EXPECT_EQ(finding_of(up, {6, Interval{3, 9}}), Finding::open);
  EXPECT_EQ(finding_of(up, {-9, Interval{-12, -6}}), Finding::fails);
  EXPECT_EQ(finding_of(down, {-9, Interval{-12, -6}}), Finding::holds);
  EXPECT_EQ(finding_of(down, {9, Interval{6, 12}}), Finding::fails);
  EXPECT_EQ(finding_of(up, {9, {}}), Finding::open);
  // A difference of exactly nothing is no effect.
  EXPECT_EQ(finding_of(goal_of("jobs"), {0, Interval{0, 0}}), Finding::fails);
  auto still = goal_of("jobs", true, 5);
  still.no_worse = true;
  EXPECT_EQ(finding_of(still, {-3, Interval{-4, -2}}), Finding::holds);
  EXPECT_EQ(finding_of(still, {0, Interval{0, 0}}), Finding::holds);
  EXPECT_EQ(finding_of(still, {-6, Interval{-8, -4}}), Finding::open);
  EXPECT_EQ(finding_of(still, {-9, Interval{-10, -8}}), Finding::fails);
}

TEST(Findings, AllMustHoldAndOneThatFailsDecides) {
  using enum Finding;
  EXPECT_EQ(verdict_of(std::vector{holds, holds}), Verdict::supported);
  EXPECT_EQ(verdict_of(std::vector{holds, open}), Verdict::undecided);
  EXPECT_EQ(verdict_of(std::vector{holds, open, fails}), Verdict::not_supported);
}

TEST(Evaluation, ReadsDifferencePartsAndVerdictOffTheArms) {
  auto const off = arm({100, 102, 101}), a = arm({104, 106, 105}), on = arm({120, 123, 120});
  auto claim =
      claim_of(TestKind::difference, {goal_of("jobs", true, 10)}, {{"off", "", ""}, {"a", "", ""}, {"on", "", ""}});
  claim.parts = {{"a", {"la a", "the a"}}};
  auto const result = evaluate(claim, {{"off", &off}, {"a", &a}, {"on", &on}}, {});
  ASSERT_EQ(result.goals.size(), 1U);
  EXPECT_DOUBLE_EQ(result.goals[0].difference->mean, 20);
  EXPECT_DOUBLE_EQ(*result.goals[0].off, 101);
  EXPECT_EQ(result.goals[0].replicates, 3);
  EXPECT_EQ(result.verdict, Verdict::supported);
  ASSERT_EQ(result.parts.size(), 1U);
  EXPECT_EQ(result.parts[0].title.en, "the a");
  EXPECT_DOUBLE_EQ(result.parts[0].difference->mean, 4);
  // A stock of people tells who is affected; nothing is said of costs that are not recorded.
  EXPECT_DOUBLE_EQ(result.people->mean, 20);
  EXPECT_FALSE(result.net.value);
}

TEST(Evaluation, AnInteractionIsToldInBothScales) {
  auto const off = arm({100, 200}), a = arm({110, 212}), b = arm({120, 220}), on = arm({145, 245});
  auto const claim = claim_of(TestKind::interaction, {goal_of("jobs")},
                              {{"off", "", ""}, {"a", "", ""}, {"b", "", ""}, {"on", "", ""}});
  auto const result = evaluate(claim, {{"off", &off}, {"a", &a}, {"b", &b}, {"on", &on}}, {});
  EXPECT_DOUBLE_EQ(result.goals[0].difference->mean, 14);
  ASSERT_TRUE(result.log_interaction);
  // People are of both against neither, not of the interaction.
  EXPECT_DOUBLE_EQ(result.people->mean, 45);
  EXPECT_EQ(result.parts.size(), 3U);
}

TEST(Evaluation, SeveralGoalsEachHaveTheirMargin) {
  auto const make = [](std::vector<std::int64_t> const& migrants, std::vector<std::int64_t> const& hosts) {
    HandMade made(3);
    HandMade::Values m, h;
    for (auto const v : migrants) m.push_back({0, v});
    for (auto const v : hosts) h.push_back({0, v});
    return made.with("migrants", m).with("hosts", h).run("x");
  };
  auto hosts = goal_of("hosts", true, 5);
  hosts.no_worse = true;
  auto const claim = claim_of(TestKind::both, {goal_of("migrants", true, 3), hosts}, {{"off", "", ""}, {"on", "", ""}});
  auto const off = make({10, 11, 12}, {100, 101, 102});
  auto const good = make({20, 21, 22}, {98, 99, 100}), bad = make({20, 21, 22}, {80, 81, 82});
  EXPECT_EQ(evaluate(claim, {{"off", &off}, {"on", &good}}, {}).verdict, Verdict::supported);
  EXPECT_EQ(evaluate(claim, {{"off", &off}, {"on", &bad}}, {}).verdict, Verdict::not_supported);
}

TEST(Evaluation, AThresholdCountsCellsAndMonthsAboveTheirOwnLevelBefore) {
  // Months 0 to 3, districts Lima and Ancón; the programme begins in month 2, so that month 1 is the level.
  auto const make = [](std::vector<std::int64_t> const& values) {
    HandMade made(2, 4);
    made.with("hostile", {values, values}, "district").with("hostile", {{0, 0, 0, 0}, {0, 0, 0, 0}});
    return made.run("x");
  };
  auto const off = make({5, 5, 10, 20, 11, 21, 12, 22}), on = make({5, 5, 10, 20, 9, 21, 10, 19});
  auto goal = goal_of("hostile", false, 10, 4);
  goal.outcome.threshold = Threshold{"district", Month::of(2026, 2), 50};
  EXPECT_EQ(readings_of(off, goal.outcome), readings({100, 100}));
  EXPECT_EQ(readings_of(on, goal.outcome), readings({25, 25}));  // one of four: equal is not above
  auto claim = claim_of(TestKind::threshold, {goal}, {{"off", "", ""}, {"on", "", ""}});
  claim.months = 4;
  auto const result = evaluate(claim, {{"off", &off}, {"on", &on}}, {});
  EXPECT_DOUBLE_EQ(result.goals[0].difference->mean, -75);
  EXPECT_EQ(result.goals[0].indicator, "hostile_above_2026-02") << "it is not the indicator itself that moves by 75 points";
  EXPECT_NE(result.goals[0].title.in(Lang::en).find(", above 2026-02"), std::string::npos) << result.goals[0].title.in(Lang::en);
  EXPECT_DOUBLE_EQ(result.level->mean, 25);
  EXPECT_EQ(result.verdict, Verdict::supported);
  claim.goals[0].outcome.threshold->at_most = 20;  // less than without it, and still too much
  EXPECT_EQ(evaluate(claim, {{"off", &off}, {"on", &on}}, {}).verdict, Verdict::not_supported);
}

TEST(Evaluation, ASubgroupAndAMeanOverMonthsAreRead) {
  HandMade made(2);
  made.with("jobs", {{1, 2}, {3, 4}}).with("jobs", {{10, 20, 30, 40}, {11, 21, 31, 41}}, "sex");
  auto const run = made.run("x");
  auto goal = goal_of("jobs");
  EXPECT_EQ(readings_of(run, goal.outcome), readings({2, 4}));
  goal.outcome.mean = true;
  EXPECT_EQ(readings_of(run, goal.outcome), readings({1.5, 3.5}));
  goal.outcome.dimension = "sex";
  goal.outcome.key = "female";
  EXPECT_EQ(readings_of(run, goal.outcome), readings({20, 21}));
  goal.outcome.months = 1;  // a shorter horizon than the run's
  EXPECT_EQ(readings_of(run, goal.outcome), readings({10, 11}));
  goal.outcome.key = "nobody";
  EXPECT_THROW(static_cast<void>(readings_of(run, goal.outcome)), InputError);
  goal.outcome.level = "none";
  EXPECT_THROW(static_cast<void>(readings_of(run, goal.outcome)), InputError);
}

TEST(Evaluation, SecondaryIndicatorsAreCorrectedTogether) {
  auto const make = [](std::vector<std::int64_t> const& a, std::vector<std::int64_t> const& b) {
    HandMade made(4);
    HandMade::Values x, y;
    for (auto const v : a) x.push_back({0, v});
    for (auto const v : b) y.push_back({0, v});
    return made.with("a", x).with("b", y).run("x");
  };
  auto const off = make({0, 0, 0, 0}, {0, 0, 0, 0}), on = make({10, 12, 11, 9}, {3, -1, 2, 1});
  auto claim = claim_of(TestKind::difference, {goal_of("a")}, {{"off", "", ""}, {"on", "", ""}});
  claim.secondary = {goal_of("a"), goal_of("b")};
  auto const result = evaluate(claim, {{"off", &off}, {"on", &on}}, {});
  ASSERT_EQ(result.secondary.size(), 2U);
  EXPECT_NEAR(*result.secondary_holm[0], 2 * *result.secondary[0].p_value, 1e-12);
  EXPECT_NEAR(*result.secondary_holm[1], *result.secondary[1].p_value, 1e-12);
}

/// A claim whose runs showed a gain of 20.
ClaimResult shown(double mean, Interval interval, Verdict verdict) {
  ClaimResult result;
  GoalResult goal;
  goal.difference = PairedDifference{mean, interval};
  goal.finding = verdict == Verdict::supported ? Finding::holds : Finding::fails;
  result.goals.push_back(goal);
  result.verdict = verdict;
  return result;
}
ScreenedGoals screened(double mean, double low, double high) { return {PairedDifference{mean, Interval{low, high}}}; }
/// An end whose change from 19 at default values is seen clearly.
ScreenedEnd at_end(double mean, double low, double high) { return {0, screened(mean, low, high), screened(mean - 19, mean - 20, mean - 18)}; }

TEST(Screening, AnEndTurnsTheVerdictWhenTheSignFlipsOrTheEffectVanishes) {
  auto const claim = claim_of(TestKind::difference, {goal_of("jobs", true, 5)}, {});
  auto const result = shown(20, {18, 22}, Verdict::supported);
  auto const usual = screened(19, 12, 26);
  EXPECT_EQ(turn_of(claim, result, usual, at_end(15, 8, 22)), Turn::none);
  EXPECT_EQ(turn_of(claim, result, usual, at_end(2, -3, 7)), Turn::vanishes);
  EXPECT_EQ(turn_of(claim, result, usual, at_end(-9, -15, -3)), Turn::flips);
  // A wide interval around what is still there is chance, not the assumption.
  EXPECT_EQ(turn_of(claim, result, usual, at_end(17, -2, 36)), Turn::none);
  // Where the effect is not seen at default values either, a coarse run cannot tell that it vanished; a flip it can.
  auto const blind = screened(19, -1, 39);
  EXPECT_EQ(turn_of(claim, result, blind, at_end(2, -3, 7)), Turn::none);
  EXPECT_EQ(turn_of(claim, result, blind, at_end(-9, -15, -3)), Turn::flips);
  // One replicate has no interval and turns nothing.
  EXPECT_EQ(turn_of(claim, result, usual, {0, {PairedDifference{-9, {}}}, {PairedDifference{-28, {}}}}), Turn::none);
  EXPECT_EQ(turn_of(claim, result, usual, {0, {std::nullopt}, {std::nullopt}}), Turn::none);
  // Half may be lost by chance: the change from default values must be seen too.
  EXPECT_EQ(turn_of(claim, result, usual, {0, screened(2, -3, 7), screened(-17, -35, 1)}), Turn::none);
}

TEST(Screening, AClaimThatFailedTurnsWhereAllItsGoalsHold) {
  auto const claim = claim_of(TestKind::difference, {goal_of("jobs", true, 5)}, {});
  auto const result = shown(1, {-1, 3}, Verdict::not_supported);
  EXPECT_EQ(turn_of(claim, result, screened(1, -4, 6), at_end(15, 8, 22)), Turn::appears);
  EXPECT_EQ(turn_of(claim, result, screened(1, -4, 6), at_end(3, 1, 5)), Turn::none);
}

TEST(Screening, ALossThatMattersTurnsAGoalThatOnlyHadToHold) {
  auto still = goal_of("hosts", true, 5);
  still.no_worse = true;
  auto const claim = claim_of(TestKind::both, {still}, {});
  auto const result = shown(-1, {-2, 0}, Verdict::supported);
  EXPECT_EQ(turn_of(claim, result, screened(-1, -3, 1), at_end(-12, -16, -8)), Turn::flips);
  EXPECT_EQ(turn_of(claim, result, screened(-1, -3, 1), at_end(-4, -9, 1)), Turn::none);
}

TEST(Screening, NamesTheTenLargestMoversAndNeverDropsOneThatTurns) {
  auto const claim = claim_of(TestKind::difference, {goal_of("jobs", true, 5)}, {});
  auto const result = shown(20, {18, 22}, Verdict::supported);
  std::vector<ScreenedParameter> parameters;
  for (int i = 0; i < 14; ++i) {
    ScreenedParameter p;
    p.name = "group.p" + std::to_string(i);
    p.low = {0, screened(19 + i, 12 + i, 26 + i), screened(i, i - 2, i + 2)};
    p.high = {1, screened(19, 12, 26), screened(0, -1, 1)};
    parameters.push_back(p);
  }
  parameters[0].high = {1, screened(7, -1, 15), screened(-12, -16, -8)};  // moves less than most others, and yet the effect is gone
  auto const screening = judge(claim, result, screened(19, 12, 26), parameters, 200, 4);
  ASSERT_EQ(screening.movers.size(), most_movers);
  EXPECT_EQ(screening.movers[0].name, "group.p13");
  EXPECT_NEAR(screening.movers[0].movement, 13.0 / 19, 1e-12);
  EXPECT_TRUE(screening.tells);
  EXPECT_EQ(verdict_after(Verdict::supported, screening), Verdict::assumption_driven);
  EXPECT_EQ(verdict_after(Verdict::undecided, screening), Verdict::undecided);
  ScoredClaim const scored{claim, result, screening, Verdict::assumption_driven, {}};
  EXPECT_EQ(assumptions_text(scored), "group.p0=1");
}

TEST(Screening, WithoutATurnTheVerdictStays) {
  auto const claim = claim_of(TestKind::difference, {goal_of("jobs", true, 5)}, {});
  ScreenedParameter p;
  p.name = "group.p";
  p.low = {0, screened(15, 8, 22), screened(-4, -9, 1)};
  p.high = {1, screened(25, 18, 32), screened(6, 1, 11)};
  auto const screening = judge(claim, shown(20, {18, 22}, Verdict::supported), screened(19, -1, 39), {p}, 200, 4);
  EXPECT_EQ(verdict_after(Verdict::supported, screening), Verdict::supported);
  EXPECT_FALSE(screening.tells);
}

TEST(Scoreboards, ArePrintedForPeopleAndForPrograms) {
  auto const off = arm({100, 102, 101}), on = arm({120, 123, 120});
  auto const claim =
      claim_of(TestKind::difference, {goal_of("jobs", true, 10)}, {{"off", "off.yaml", ""}, {"on", "on.yaml", ""}});
  ScoredClaim scored{
      claim, evaluate(claim, {{"off", &off}, {"on", &on}}, {}), {}, Verdict::supported, {"outside, a sentence"}};
  Scoreboard board{"lima_callao", "0.1.0", "abc", 50, 7, 3, Month::of(2026, 1), {scored}};
  std::ostringstream csv, json;
  print_scoreboard_csv(csv, board);
  EXPECT_TRUE(csv.str().starts_with(
      "claim,indicator,difference,ci_low,ci_high,people,cost_per_outcome_soles,verdict,assumptions\nT0,jobs,20,"))
      << csv.str();
  EXPECT_TRUE(csv.str().ends_with(",20,,supported,\n")) << csv.str();
  print_scoreboard_json(json, board);
  auto const read = nlohmann::json::parse(json.str());
  EXPECT_EQ(read.at("claims").at(0).at("verdict"), "supported");
  EXPECT_EQ(read.at("claims").at(0).at("goals").at(0).at("difference").at("mean"), 20);
  EXPECT_TRUE(read.at("claims").at(0).at("screening").is_null());
  for (Lang const lang : {Lang::es, Lang::en}) {
    std::ostringstream table;
    print_scoreboard(table, board, lang);
    for (auto const* says : {lang == Lang::es ? "SUSTENTADA" : "SUPPORTED",
                             lang == Lang::es ? "SI si, ENTONCES entonces" : "IF if, THEN then", "outside, a sentence",
                             lang == Lang::es ? "efecto individual" : "individual effect"})
      EXPECT_NE(table.str().find(says), std::string::npos) << says << "\n" << table.str();
  }
}

}  // namespace
}  // namespace arraigo::analysis
