#include "analysis/validation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "analysis/validation_lines.hpp"
#include "core/errors.hpp"
#include "hand_made_run.hpp"

namespace arraigo::analysis {
namespace {

std::string const header =
    "id,set,place,title_es,title_en,numerator,denominator,over,from,to,unit,value,prices,standard_error,sample,design_effect,error_basis,naive,naive_prices,hosts_then,hosts_now,"
    "naive_source,note_es,note_en,source\n";

std::vector<PublishedFigure> figures_of(std::string const& rows) {
  auto const file = std::filesystem::temp_directory_path() / ("arraigo_figures_" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "_" +
                                                              std::to_string(reinterpret_cast<std::uintptr_t>(&rows)) + ".csv");
  std::ofstream(file) << header << rows;
  struct Remove {
    std::filesystem::path file;
    ~Remove() { std::filesystem::remove(file); }
  } const remove{file};
  return read_figures(file);
}

double same_prices(Month) { return 1; }

/// Two replicates of two months from 2026-01: 60 and 80 women of 100 people, then 50 and 90.
HandMade women() {
  HandMade run(2);
  run.with("people", {{60, 40, 50, 50}, {80, 20, 90, 10}}, "sex");
  run.with("people", {{100, 100}, {100, 100}});
  return run;
}

std::string const share_of_women = "w,held_out,any,Mujeres,Women,people_by_sex[female],people,mean,2026-01,2026-01,%,";

TEST(Terms, AreNamesAndKeysAddedAndSubtracted) {
  auto const terms = parse_terms("a_by_sex[female] + b - c_by_origin[venezuelan]");
  ASSERT_TRUE(terms);
  ASSERT_EQ(terms->size(), 3U);
  EXPECT_EQ((*terms)[0].variable, "a_by_sex");
  EXPECT_EQ((*terms)[0].key, "female");
  EXPECT_FALSE((*terms)[1].subtracts);
  EXPECT_TRUE((*terms)[2].subtracts);
  EXPECT_EQ((*terms)[2].key, "venezuelan");
  for (char const* wrong : {"", "a +", "+ a", "a b", "a[", "a[]", "a[x", "a  + b", "a * b", " a"}) EXPECT_FALSE(parse_terms(wrong)) << wrong;
}

TEST(SurveyError, OfAShareFollowsFromSampleAndDesign) {
  // sqrt(2 x 0.8 x 0.2 / 8000) = 0.632 points.
  EXPECT_NEAR(standard_error_of_share(80, 8000, 2), 0.6324555, 1e-6);
  EXPECT_NEAR(standard_error_of_share(80, 8000, 1), 0.6324555 / std::sqrt(2), 1e-6) << "the twin without a design effect is another";
  EXPECT_GT(standard_error_of_share(0, 100, 1), 0) << "nobody in a sample is not a certainty";
}

TEST(PredictiveIntervals, JoinTheChanceOfARunAndTheErrorOfTheSurvey) {
  // Mean 20, standard deviation 10 over 3 replicates: t(0.975; 2) = 4.302653, one more draw sqrt(1 + 1/3); survey 1.959964 x 5.
  double const values[]{10, 20, 30};
  double const half = std::hypot(4.302653 * 10 * std::sqrt(4.0 / 3), 1.959964 * 5);
  auto const interval = predictive_interval(values, 5);
  EXPECT_NEAR(interval.low, 20 - half, 1e-4);
  EXPECT_NEAR(interval.high, 20 + half, 1e-4);
  auto const alone = predictive_interval(std::span(values).first(1), 5);
  EXPECT_NEAR(alone.high - alone.low, 2 * 1.959964 * 5, 1e-5);
  // The interval of the mean, which shrinks with replicates, is not the interval of what will be seen.
  EXPECT_GT(interval.high - interval.low, 2 * 4.302653 * 10 / std::sqrt(3) + 1);
}

TEST(PredictiveIntervals, OfDrawnParametersTakeReplicatesOfOneSetForWhatTheyAre) {
  // Two sets in turn, three replicates each: 10 20 12 22 14 24; means 12 and 22, deviations 2 within, between-set variance (150 - 4) / 3.
  double const values[]{10, 20, 12, 22, 14, 24};
  double const within = 4, between = 150, parameters = (between - within) / 3, half = 12.7062 * std::sqrt(parameters + within + between / 6);
  auto const interval = predictive_interval(values, 0, 2);
  EXPECT_NEAR(interval.low, 17 - half, 1e-3);
  EXPECT_NEAR(interval.high, 17 + half, 1e-3);
  EXPECT_GT(interval.high, predictive_interval(values, 0).high) << "six independent runs would tell more";
}

TEST(Validation, ComparesMeansOverReplicatesWithWhatWasPublished) {
  auto const run = women().run("hand");
  auto const figures = figures_of(share_of_women + "65,,2,,,a guess,60,,10,13,a note,,,src\n" + "s,held_out,any,Suma,Sum,people_by_sex[male],,sum,2026-01,2026-02,people,90,,1,,,a guess,,,,,,,,src\n" +
                                  "m,fitted,any,Media,Mean,people_by_sex[male],,mean,2026-01,2026-02,people,30,,1,,,a guess,,,,,,,,src\n");
  auto const result = validate(run, figures, true, same_prices);
  ASSERT_EQ(result.figures.size(), 3U);
  auto const& share = result.figures[0];
  EXPECT_EQ(share.reason, NotCompared::compared);
  EXPECT_DOUBLE_EQ(share.mean, 70);
  EXPECT_DOUBLE_EQ(share.errors_off(share.mean), 2.5);
  EXPECT_TRUE(share.is_inside()) << "two replicates twenty points apart say little";
  EXPECT_DOUBLE_EQ(*share.carried, 60);
  EXPECT_DOUBLE_EQ(*share.trend, 63) << "hosts went from 10 to 13";
  EXPECT_DOUBLE_EQ(result.figures[1].mean, (90 + 30) / 2.0) << "a sum over months";
  EXPECT_DOUBLE_EQ(result.figures[2].mean, (90 + 30) / 4.0) << "a mean of months";
}

TEST(Validation, TellsInsideFromOutside) {
  HandMade run(3);
  run.with("people", {{60, 40, 0, 0}, {60, 40, 0, 0}, {61, 39, 0, 0}}, "sex");
  run.with("people", {{100, 100}, {100, 100}, {100, 100}});
  auto const inside = [&](char const* published) {
    return validate(run.run("hand"), figures_of(share_of_women + published + ",,0.5,,,a guess,,,,,,,,src\n"), true, same_prices).figures[0].is_inside();
  };
  EXPECT_TRUE(inside("61"));
  EXPECT_FALSE(inside("70"));
  EXPECT_FALSE(inside("50"));
}

TEST(Validation, BringsSolesToThoseOfTheRecord) {
  HandMade run(1);
  run.with("pay", {{200, 200}}).with("workers", {{1, 1}});
  auto const figures = figures_of(
      "p,held_out,any,Pago,Pay,pay,workers,mean,2026-01,2026-01,soles,90,2022-01,9,,,a guess,50,2018-01,100,120,a note,,,src\n");
  auto const result = validate(run.run("hand"), figures, true, [](Month month) { return month.year() == 2022 ? 0.9 : 0.5; });
  auto const& pay = result.figures[0];
  EXPECT_DOUBLE_EQ(pay.value, 100);
  EXPECT_DOUBLE_EQ(pay.standard_error, 10);
  EXPECT_DOUBLE_EQ(*pay.carried, 100);
  // Hosts' pay went from 100 / 0.5 to 120 / 0.9 in soles of the record: two thirds.
  EXPECT_NEAR(*pay.trend, 100 * (120 / 0.9) / (100 / 0.5), 1e-9);
}

TEST(Validation, SaysWhyAFigureIsNotCompared) {
  auto const run = women().run("hand");
  std::string const end = ",,,,,,,,src\n";
  auto const figures = figures_of("a,held_out,any,A,A,people,,mean,2025-12,2025-12,people,1,,1,,,x" + end + "b,held_out,country,B,B,nothing,,mean,2026-01,2026-01,people,1,,1,,,x" + end +
                                  "c,held_out,any,C,C,people_by_sex[other],people,mean,2026-01,2026-01,%,1,,1,,,x" + end + "d,held_out,any,D,D,people_by_sex,people,mean,2026-01,2026-01,%,1,,1,,,x" + end +
                                  "e,held_out,any,E,E,people,people - people,mean,2026-01,2026-01,%,1,,1,,,x" + end);
  auto const whole = validate(run, figures, true, same_prices);
  EXPECT_EQ(whole.figures[0].reason, NotCompared::months);
  EXPECT_EQ(whole.figures[1].reason, NotCompared::variable);
  EXPECT_EQ(whole.figures[2].missing, "people_by_sex[other]");
  EXPECT_EQ(whole.figures[3].reason, NotCompared::variable) << "a dimension without a key";
  EXPECT_EQ(whole.figures[4].reason, NotCompared::undefined);
  EXPECT_EQ(score_of(whole, FigureSet::held_out).figures, 0U);
  EXPECT_EQ(validate(run, figures, false, same_prices).figures[1].reason, NotCompared::whole_country);
}

/// One replicate whose figures are 10, 20 and 30; what was published, and the forecasts, by the caller.
Validation three(std::string const& forecasts) {
  HandMade run(1);
  run.with("a", {{10, 10}}).with("b", {{20, 20}}).with("c", {{30, 30}});
  std::string rows;
  for (char const* name : {"a", "b", "c"})
    rows += std::string(name) + ",held_out,any,x,x," + name + ",,mean,2026-01,2026-01,people,20,,2,,,x," + (name[0] == 'c' ? ",,,," : forecasts) + ",,,src\n";
  return validate(run.run("hand"), figures_of(rows), true, same_prices);
}

TEST(Scores, AreMeanAbsoluteErrorsInStandardErrors) {
  auto const score = score_of(three("26,,10,8,x"), FigureSet::held_out);
  EXPECT_EQ(score.figures, 3U);
  EXPECT_DOUBLE_EQ(*score.model, (5 + 0 + 5) / 3.0);
  EXPECT_EQ(score.with_naive, 2U) << "only where there was a value before";
  EXPECT_EQ(score.with_trend, 2U);
  EXPECT_DOUBLE_EQ(*score.model_there, 2.5);
  EXPECT_DOUBLE_EQ(*score.carried, 3);
  EXPECT_DOUBLE_EQ(*score.trend, std::abs(26 * 0.8 - 20) / 2);
  EXPECT_TRUE(score.beats_carried());
  EXPECT_FALSE(score.beats_all()) << "the trend is nearer";
  EXPECT_TRUE(score_of(three("26,,10,10,x"), FigureSet::held_out).beats_all()) << "hosts did not move";
  EXPECT_FALSE(score_of(three("21,,10,10,x"), FigureSet::held_out).beats_carried());
  // Where nothing tells how hosts fared there is no trend to be nearer than.
  auto const without = score_of(three("26,,,,x"), FigureSet::held_out);
  EXPECT_EQ(without.with_naive, 2U);
  EXPECT_EQ(without.with_trend, 0U);
  EXPECT_FALSE(without.trend.has_value());
  EXPECT_TRUE(without.beats_all());
  EXPECT_EQ(score_of(three("26,,10,8,x"), FigureSet::fitted).figures, 0U);
  EXPECT_FALSE(score_of(three("26,,10,8,x"), FigureSet::fitted).beats_all());
}

TEST(FigureTables, TellEveryMistakeAtOnce) {
  try {
    (void)figures_of("a,new,any,x,x,p +,,mean,2026-02,2026-01,%,1,2022-01,1,100,2,x,,,,,,,,src\n"
                     "a,fitted,any,x,x,p,,mean,2026-01,2026-01,soles,1,,,,,x,3,,1,,,,,src\n");
    FAIL() << "accepted";
  } catch (InputError const& error) {
    std::string const all = error.what();
    for (char const* column : {"set = new", "numerator = p +", "to = 2026-01", "prices = 2022-01", "standard_error = 1", ":3: prices", ":3: standard_error", ":3: naive_prices", ":3: hosts_now", ":3: naive_source", ":3: id = a"})
      EXPECT_NE(all.find(column), std::string::npos) << column << "\n" << all;
  }
}

TEST(FigureTables, OfPeruNameAnErrorAndASourceForEachFigure) {
  auto const figures = read_figures(std::filesystem::path(ARRAIGO_SOURCE_DIR) / "scenarios/data/validation/figures.csv");
  EXPECT_GT(figures.size(), 60U);
  for (auto const& f : figures) {
    EXPECT_GT(f.standard_error, 0) << f.id;
    // What judges is of 2020 and later; what is of 2018 and 2019 may be used for fitting.
    EXPECT_TRUE(f.set != FigureSet::held_out || f.from >= Month::of(2020, 1)) << f.id;
    EXPECT_TRUE(f.set != FigureSet::calibration || f.to < Month::of(2020, 1)) << f.id;
    EXPECT_NE(f.title_es, f.title_en) << f.id;
  }
}

TEST(Printing, SaysTheSameInTableCsvAndJson) {
  auto const validation = three("26,,10,8,x");
  std::ostringstream es, en, csv, json;
  print_validation(es, validation, Lang::es, 200);
  print_validation(en, validation, Lang::en, 200);
  print_validation_csv(csv, validation);
  print_validation_json(json, validation);
  EXPECT_NE(es.str().find("el valor de 2018 sin cambios 3,0. El modelo está más cerca."), std::string::npos) << es.str();
  EXPECT_NE(en.str().find("the trend of the hosts 0.4. The model is not nearer."), std::string::npos) << en.str();
  EXPECT_NE(en.str().find("outside"), std::string::npos);
  auto const parsed = nlohmann::json::parse(json.str());
  EXPECT_EQ(parsed["figures"].size(), 3U);
  EXPECT_EQ(parsed["scores"][0]["set"], "held_out");
  EXPECT_DOUBLE_EQ(parsed["scores"][0]["carried"], 3);
  EXPECT_EQ(parsed["scores"][0]["nearer_than_carried"], true);
  EXPECT_EQ(parsed["scores"][0]["nearer_than_trend"], false);
  // One replicate: the intervals lack the chance of a run.
  EXPECT_NE(es.str().find("! Con una sola réplica"), std::string::npos) << es.str();
  EXPECT_NE(en.str().find("! With a single replicate"), std::string::npos) << en.str();
  EXPECT_NE(csv.str().find("\na,held_out,x,2026-01,2026-01,people,20,2,10,"), std::string::npos) << csv.str();
}

TEST(PredictiveIntervals, OfFewReplicatesAreWideAndTheReaderIsTold) {
  // Student's t of one, three and eight degrees of freedom, over the normal quantile.
  EXPECT_NEAR(widening_by_few(2), 12.7062 * std::sqrt(1.5) / 1.95996, 1e-4);
  EXPECT_NEAR(widening_by_few(4), 3.18245 * std::sqrt(1.25) / 1.95996, 1e-4);
  EXPECT_NEAR(widening_by_few(10000), 1, 1e-3);
  // It is what the interval does: replicates of the same spread, without a survey's error.
  auto const half = [](Interval const& interval) { return (interval.high - interval.low) / 2; };
  std::vector<double> const four{-1, -1, 1, 1};
  EXPECT_NEAR(half(predictive_interval(four, 0)), widening_by_few(4) * 1.95996 * std::sqrt(4.0 / 3), 1e-4);
  EXPECT_EQ(warning_of_few(4, 0, Lang::en).find("Replicates: 4. With so few, the part of chance in each interval is about 1.8 times as wide"), 0U);
  EXPECT_EQ(warning_of_few(9, 0, Lang::es).find("Réplicas: 9. Con tan pocas, la parte de azar de cada intervalo es unas 1,2 veces tan ancha"), 0U);
  EXPECT_EQ(warning_of_few(1, 0, Lang::en).find("With a single replicate"), 0U);
  EXPECT_EQ(warning_of_few(least_replicates_to_judge, 0, Lang::es), "");
  EXPECT_EQ(warning_of_few(20, 2, Lang::en).find("Sets of parameters: 2. With so few, the part of chance in each interval is about 7.9 times as wide"), 0U);
  EXPECT_EQ(warning_of_few(20, 10, Lang::en), "");
}

}  // namespace
}  // namespace arraigo::analysis
