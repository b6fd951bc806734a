#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "app/claims.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "tests/unit/hand_made_run.hpp"

namespace arraigo::app {
namespace {

class Claims : public ::testing::Test {
 protected:
  void SetUp() override {
    use_language(Lang::en);
    made_.with("jobs", {{1, 2}}).with("jobs", {{1, 2, 3, 4}}, "sex").with("people", {{1, 2}}).with("hostile", {{1, 2}});
    made_.with({"jobs_share", {"jobs"}, {"people"}, 100, "%", "", "", "", "", "survey", true, 1});
  }
  std::vector<analysis::Claim> read(std::string const& text) { return parse_claims(text, "c.yaml", made_.layout()); }
  std::vector<std::string> mistakes(std::string const& text) {
    try {
      static_cast<void>(read(text));
    } catch (InputError const& error) {
      return error.sentences();
    }
    ADD_FAILURE() << "no InputError";
    return {};
  }
  analysis::HandMade made_{1};
};

std::string const words = "    if: {es: si, en: when}\n    then: {es: luego, en: next}\n    why: {es: p, en: b}\n";

TEST_F(Claims, AreReadWithAllTheyHold) {
  auto const claims =
      read("claims:\n  - id: T1\n" + words +
           "    test: difference\n    months: 24\n"
           "    primary: {level: jobs, want: up, margin: 5, where: sex=female, over: mean}\n"
           "    secondary:\n      - {indicator: jobs_share, want: down}\n"
           "    arms: {\"off\": a.yaml, \"on\": b.yaml, x: c.yaml}\n    parts: {x: {es: equis, en: ex}}\n"
           "    people: [jobs, -people]\n    groups: [labour]\n    unidentified: [labour.scar_per_month]\n");
  ASSERT_EQ(claims.size(), 1U);
  auto const& claim = claims[0];
  EXPECT_EQ(claim.if_.en, "when");
  EXPECT_EQ(claim.goals.at(0).outcome.level, "jobs");
  EXPECT_EQ(claim.goals[0].outcome.dimension, "sex");
  EXPECT_EQ(claim.goals[0].outcome.key, "female");
  EXPECT_TRUE(claim.goals[0].outcome.mean && claim.goals[0].up);
  EXPECT_EQ(claim.goals[0].outcome.months, 24);
  EXPECT_EQ(claim.goals[0].margin, 5);
  EXPECT_FALSE(claim.secondary.at(0).up);
  EXPECT_EQ(claim.arm("on")->file, "b.yaml");
  EXPECT_EQ(claim.parts.at(0).title.es, "equis");
  EXPECT_EQ(claim.people, (std::vector<std::string>{"jobs", "-people"}));
  EXPECT_EQ(claim.unidentified, std::vector<std::string>{"labour.scar_per_month"});
}

TEST_F(Claims, SignsAndThresholdsBelongToTheirTests) {
  auto const claims =
      read("claims:\n  - id: T1\n" + words +
           "    test: main_effects\n    months: 2\n    primary: {indicator: jobs_share, want: up, margin: 0}\n"
           "    arms: {\"off\": a.yaml, p: b.yaml, q: c.yaml, \"on\": d.yaml}\n"
           "    parts: {p: {es: p, en: p}, q: {es: q, en: q}}\n"
           "    signs: {\"off\": \"--\", p: \"+-\", q: \"-+\", \"on\": \"++\"}\n"
           "  - id: T2\n" +
           words +
           "    test: threshold\n    months: 12\n    primary: {level: hostile, want: down, margin: 1}\n"
           "    arms: {\"off\": a.yaml, \"on\": d.yaml}\n"
           "    threshold: {by: district, before: \"2026-02\", at_most: 30}\n");
  ASSERT_EQ(claims.size(), 2U);
  EXPECT_EQ(claims[0].arm("p")->signs, "+-");
  EXPECT_EQ(claims[1].goals.at(0).outcome.threshold->at_most, 30);
  EXPECT_EQ(claims[1].goals[0].outcome.threshold->before, Month::of(2026, 2));
}

TEST_F(Claims, EveryMistakeIsToldInOnePassWithItsLine) {
  auto const sentences = mistakes(
      "claims:\n  - id: T1\n    if: {es: si}\n    then: nothing\n    why: {es: p, en: b}\n"
      "    test: differenc\n    months: 2.5\n"
      "    primary: {indicator: jobs_shar, want: upp, margin: -1, where: sex=femal}\n"
      "    arms: {\"off\": sub/a.yaml, b: b.yaml}\n    groups: [labor]\n    unidentified: [labour.scar]\n"
      "    colour: red\n  - id: T1\n    months: 3\n");
  std::string all;
  for (auto const& sentence : sentences) all += sentence + "\n";
  for (auto const* says :
       {"c.yaml:3:9: T1.if.en is missing", "c.yaml:4:11: T1.then = nothing",
        "c.yaml:6:11: T1.test = differenc (unknown word). Did you mean difference?", "c.yaml:7:13: T1.months = 2.5",
        "c.yaml:8:26: T1.primary.indicator = jobs_shar (unknown word). Did you mean jobs_share?",
        "T1.primary.want = upp (unknown word). Did you mean up?", "T1.primary.margin = -1",
        "T1.primary.where = sex=femal (unknown word). Did you mean female?", "c.yaml:9:19: T1.arms.off = sub/a.yaml",
        "T1.arms.on is missing", "T1.groups = labor (unknown word). Did you mean labour?",
        "T1.unidentified = labour.scar (unknown word)", "c.yaml:12:5: claims[1].colour (unknown key)",
        "c.yaml:13:9: T1.id = T1 (appears twice)", "c.yaml:13:5: T1.primary is missing", "T1.arms is missing"})
    EXPECT_NE(all.find(says), std::string::npos) << says << "\nin\n" << all;
  // What is there, if wrongly, is not missing as well.
  EXPECT_EQ(all.find("T1.arms.off is missing"), std::string::npos) << all;
}

TEST_F(Claims, WhatATestNeedsIsAskedFor) {
  std::string const arms = "    arms: {\"off\": a.yaml, \"on\": b.yaml}\n",
                    goal = "    primary: {level: jobs, want: up, margin: 0}\n";
  auto const with = [&](std::string const& rest) {
    return mistakes("claims:\n  - id: T1\n" + words + "    months: 3\n" + rest);
  };
  auto const expect = [&](std::string const& rest, std::string const& says) {
    std::string all;
    for (auto const& sentence : with(rest)) all += sentence + "\n";
    EXPECT_NE(all.find(says), std::string::npos) << says << "\nin\n" << all;
  };
  expect("    test: interaction\n" + goal + arms, "T1.arms.a is missing");
  expect("    test: main_effects\n" + goal + arms, "T1.signs is missing");
  expect("    test: threshold\n" + goal + arms, "T1.threshold is missing");
  expect("    test: both\n" + goal + arms, "two or more indicators");
  expect("    test: difference\n    primary: [{level: jobs, want: up, margin: 0}]\n" + arms,
         "one indicator, without a dash");
  expect("    test: difference\n    primary: {level: jobs, want: no_fall, margin: 0}\n" + arms, "one goal of several");
  expect("    test: difference\n    primary: {level: jobs, indicator: jobs_share, want: up, margin: 0}\n" + arms,
         "one of the two");
  expect("    test: difference\n    primary: {indicator: jobs_share, want: up, margin: 0, where: sex=male}\n" + arms,
         "people_by_sex");
  expect("    test: difference\n" + goal + arms + "    signs: {\"off\": \"-\"}\n", "only with the test main_effects");
  expect("    test: main_effects\n" + goal + arms +
             "    parts: {p: {es: p, en: p}}\n    signs: {\"off\": \"+\", \"on\": \"+\"}\n",
         "as many + as -");
  expect("    test: main_effects\n" + goal + arms +
             "    parts: {p: {es: p, en: p}}\n    signs: {\"off\": \"+-\", z: \"+\"}\n",
         "no arm is called z");
  expect("    test: threshold\n" + goal + arms + "    threshold: {by: district, before: \"2026-03\"}\n",
         "at least one month");
}

TEST_F(Claims, AFileThatHoldsNoClaimsIsRefused) {
  EXPECT_EQ(mistakes("- a\n").size(), 1U);
  EXPECT_EQ(mistakes("claims: []\n").size(), 1U);
  EXPECT_EQ(mistakes("claim: []\n").size(), 1U);
}

}  // namespace
}  // namespace arraigo::app
