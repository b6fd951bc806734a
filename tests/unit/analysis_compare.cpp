#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <locale>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "analysis/compare.hpp"
#include "analysis/export.hpp"
#include "analysis/info.hpp"
#include "analysis/text_output.hpp"
#include "core/errors.hpp"
#include "tests/unit/run_file_sample.hpp"

namespace arraigo::analysis {
namespace {

class ComparedRuns : public ::testing::Test {
 protected:
  std::filesystem::path write(std::string const& stem, RecordLayout const& layout,
                              std::vector<ReplicateRecord> const& records, RunAttributes const& attributes) {
    auto path = folder_ / (stem + ".h5");
    write_run_file(path, layout, records, attributes, true);
    return path;
  }
  std::filesystem::path write(std::string const& stem, int replicates, std::int64_t shift, int months = 3) {
    auto const layout = sample::layout(months);
    return write(stem, layout, sample::records(layout, replicates, shift), sample::attributes(stem));
  }
  static ComparisonRow const& row_of(Comparison const& comparison, std::string const& indicator,
                                     std::string const& key = "", std::string const& month = "") {
    for (auto const& row : comparison.rows)
      if (comparison.indicators[row.indicator].name == indicator && row.key == key &&
          (month.empty() || row.month == month))
        return row;
    throw std::runtime_error("no such row: " + indicator + " " + key + " " + month);
  }
  sample::Folder folder_;
};

std::string sentence_of(std::function<void()> const& work) {
  try {
    work();
  } catch (InputError const& error) {
    return error.what();
  }
  ADD_FAILURE() << "no InputError";
  return {};
}

TEST(PairedDifferences, StudentsIntervalAgreesWithTheTable) {
  // Mean 25, standard deviation 12.909944, t(0.975; 3) = 3.182446: 25 -+ 3.182446 * 12.909944 / 2.
  double const values[]{10, 20, 30, 40};
  auto const result = summarise_pairs(values);
  EXPECT_DOUBLE_EQ(result.mean, 25);
  ASSERT_TRUE(result.interval);
  EXPECT_NEAR(result.interval->low, 4.457398, 1e-6);
  EXPECT_NEAR(result.interval->high, 45.542602, 1e-6);
  // Two values: t(0.975; 1) = 12.706205, standard error 1.
  double const two[]{1, 3};
  EXPECT_NEAR(summarise_pairs(two).interval->low, 2 - 12.706205, 1e-6);
}

TEST(PairedDifferences, OnePairHasNoIntervalAndEqualPairsOneOfZeroWidth) {
  double const one[]{5};
  EXPECT_EQ(summarise_pairs(one).mean, 5);
  EXPECT_FALSE(summarise_pairs(one).interval);
  double const equal[]{0.1, 0.1, 0.1};
  auto const result = summarise_pairs(equal);
  EXPECT_EQ(result.mean, 0.1);
  ASSERT_TRUE(result.interval);
  EXPECT_EQ(result.interval->low, 0.1);
  EXPECT_EQ(result.interval->high, 0.1);
}

TEST_F(ComparedRuns, RunsThatTheScenarioColumnCouldNotTellApartAreRefused) {
  auto const base = write("base", 2, 0), alternative = write("alt", 2, 10);
  std::filesystem::create_directory(folder_ / "other");
  auto const copy = [&](std::filesystem::path const& from, char const* name) {
    std::filesystem::copy_file(from, folder_ / "other" / name);
    return folder_ / "other" / name;
  };
  auto const other_base = copy(base, "base.h5"), other_alternative = copy(alternative, "alt.h5");
  for (auto const& [first, rest] : std::vector<std::pair<std::filesystem::path, std::vector<std::filesystem::path>>>{
           {base, {alternative, other_alternative}}, {base, {other_base}}}) {
    auto const sentence = sentence_of([&first = first, &rest = rest] { static_cast<void>(compare(first, rest, {})); });
    EXPECT_EQ(std::count(sentence.begin(), sentence.end(), '\n'), 0) << sentence;
    EXPECT_NE(sentence.find((rest.size() == 2 ? rest[0] : first).string()), std::string::npos) << sentence;
    EXPECT_NE(sentence.find(rest.back().string()), std::string::npos) << sentence;
    // One sentence for all cuts.
    EXPECT_EQ(sentence, sentence_of([&first = first, &rest = rest] { static_cast<void>(compare_by_each(first, rest, {}, {"", "sex"})); }));
  }
  EXPECT_NE(sentence_of([&] { static_cast<void>(compare(base, {alternative, alternative}, {})); }), "");
  // A copy under another name is another run, and a run can be compared with itself.
  auto const renamed = compare(base, {alternative, copy(alternative, "second.h5")}, {});
  EXPECT_EQ(renamed.alternatives[1].stem, "second");
  EXPECT_EQ(compare(base, {base}, {}).alternatives[0].stem, "base");
}

TEST_F(ComparedRuns, DifferencesArePairedByReplicate) {
  // In replicate r the alternative has 10 (r + 1) more employed; levels differ by r squared between replicates.
  auto const comparison = compare(write("base", 4, 0), {write("alt", 4, 10)}, {});
  auto const& level = row_of(comparison, "not_employed");
  EXPECT_EQ(level.month, "2027-01");
  EXPECT_DOUBLE_EQ(*level.base, 500);
  EXPECT_DOUBLE_EQ(*level.alt, 475);
  EXPECT_DOUBLE_EQ(*level.difference, -25);
  EXPECT_NEAR(level.interval->low, -45.542602, 1e-6);
  EXPECT_NEAR(level.interval->high, -4.457398, 1e-6);
  EXPECT_EQ(level.replicates, 4);
  // Month 2: 100 * (700 + r^2) / (1200 + r^2) against the same with 10 (r + 1) more.
  auto const& share = row_of(comparison, "employment_share");
  double base = 0, difference = 0;
  for (int r = 0; r < 4; ++r) {
    base += 100.0 * (700 + r * r) / (1200 + r * r) / 4;
    difference += 100.0 * 10 * (r + 1) / (1200 + r * r) / 4;
  }
  EXPECT_NEAR(*share.base, base, 1e-12);
  EXPECT_NEAR(*share.difference, difference, 1e-12);
}

TEST_F(ComparedRuns, ARunAgainstItselfDiffersByExactlyNothing) {
  auto const base = write("base", 5, 0);
  for (char const* by : {"", "sex", "district", "zone"})
    for (char const* month : {"last", "mean", "all"}) {
      auto const comparison = compare(base, {base}, {{}, by, month});
      EXPECT_FALSE(comparison.rows.empty());
      for (auto const& row : comparison.rows) {
        EXPECT_EQ(row.difference, 0.0);
        ASSERT_TRUE(row.interval);
        EXPECT_EQ(row.interval->low, 0.0);
        EXPECT_EQ(row.interval->high, 0.0);
      }
    }
}

TEST_F(ComparedRuns, ZonesSumTheirDistrictsBeforeTheRatio) {
  auto const comparison =
      compare(write("base", 1, 0), {write("alt", 1, 10)}, {{"employment_share"}, "zone", "2026-11"});
  ASSERT_EQ(comparison.rows.size(), 2U);
  EXPECT_EQ(comparison.by_es, "zona");
  EXPECT_EQ(comparison.by_en, "zone");
  // "Lima centro" holds the first and third district: employed 500 + 520, adults 1000 + 1020, and 10 more in each.
  EXPECT_NEAR(*row_of(comparison, "employment_share", "Lima centro").base, 100.0 * 1020 / 2020, 1e-12);
  EXPECT_NEAR(*row_of(comparison, "employment_share", "Lima centro").alt, 100.0 * 1040 / 2020, 1e-12);
  EXPECT_NEAR(*row_of(comparison, "employment_share", "Lima norte").base, 100.0 * 510 / 1010, 1e-12);
}

TEST_F(ComparedRuns, ADimensionGivesOneRowAKeyWithItsLabels) {
  auto const comparison = compare(write("base", 2, 0), {write("alt", 2, 1)}, {{"not_employed"}, "sex", "last"});
  ASSERT_EQ(comparison.rows.size(), 2U);
  EXPECT_EQ(comparison.rows[0].key, "female");
  EXPECT_EQ(comparison.rows[0].label_es, "mujeres");
  EXPECT_EQ(comparison.rows[1].label_en, "men");
  EXPECT_EQ(comparison.by_es, "Sexo");
}

TEST_F(ComparedRuns, TheMeanIsOverTheHorizonsMonths) {
  auto const comparison = compare(write("base", 1, 0), {write("alt", 1, 10)}, {{"employment_share"}, "", "mean"});
  double const expected = 100.0 * (500.0 / 1000 + 600.0 / 1100 + 700.0 / 1200) / 3;
  EXPECT_NEAR(*comparison.rows.at(0).base, expected, 1e-12);
  EXPECT_EQ(comparison.rows[0].month, "mean");
}

TEST_F(ComparedRuns, UnequalHorizonsShareTheShorterOne) {
  auto const comparison = compare(write("base", 2, 0, 3), {write("alt", 3, 1, 2)}, {{}, "", "all"});
  EXPECT_EQ(comparison.last_month, "2026-12");
  EXPECT_EQ(comparison.replicates, 2);
  EXPECT_EQ(comparison.rows.size(), 2U * 2U);
  EXPECT_NE(sentence_of([&] {
              static_cast<void>(compare(folder_ / "base.h5", {folder_ / "alt.h5"}, {{}, "", "2027-01"}));
            }).find("2026-12"),
            std::string::npos);
}

TEST_F(ComparedRuns, AnEmptyDenominatorIsUndefinedAndNotZero) {
  auto const layout = sample::layout();
  auto base = sample::records(layout, 3), alternative = sample::records(layout, 3);
  // "adults" is the fourth variable; the last month of replicate 1 of the base has none.
  ASSERT_EQ(layout.variables[3].name, "adults");
  base[1].values[3][2] = 0;
  auto const one_missing =
      compare(write("base", layout, base, sample::attributes()),
              {write("alt", layout, alternative, sample::attributes("alt"))}, {{"employment_share"}, "", "last"});
  EXPECT_EQ(one_missing.rows[0].replicates, 2);
  EXPECT_EQ(one_missing.rows[0].difference, 0.0);

  for (auto& record : base) record.values[3][2] = 0;
  auto const none = compare(write("base", layout, base, sample::attributes()), {folder_ / "alt.h5"},
                            {{"employment_share"}, "", "last"});
  EXPECT_EQ(none.rows[0].replicates, 0);
  EXPECT_FALSE(none.rows[0].base);
  EXPECT_TRUE(none.rows[0].alt);
  std::ostringstream csv;
  print_csv(csv, {&none, 1});
  EXPECT_NE(csv.str().find("alt,employment_share,,,2027-01,,58.39"), std::string::npos) << csv.str();
  EXPECT_NE(csv.str().find(",,,,0\n"), std::string::npos) << csv.str();
  std::ostringstream json;
  print_json(json, {&none, 1});
  auto const rows = nlohmann::json::parse(json.str());
  EXPECT_TRUE(rows.at(0).at("base").is_null());
  EXPECT_TRUE(rows.at(0).at("ci_low").is_null());
  EXPECT_EQ(rows.at(0).at("replicates"), 0);
  std::ostringstream table;
  print_table(table, {&none, 1}, Lang::en);
  EXPECT_NE(table.str().find("undefined"), std::string::npos);
}

TEST_F(ComparedRuns, CsvHasTheAgreedColumnsAndExactNumbers) {
  std::ostringstream csv;
  print_csv(csv, std::vector{compare(write("base", 2, 0), {write("alt", 2, 0)}, {{"not_employed"}, "sex", "2026-12"})});
  EXPECT_EQ(csv.str(),
            "scenario,indicator,by,key,month,base,alt,difference,ci_low,ci_high,replicates\n"
            "alt,not_employed,sex,female,2026-12,500,500,0,0,0,2\n"
            "alt,not_employed,sex,male,2026-12,500,500,0,0,0,2\n");
  std::ostringstream one;
  print_csv(one, std::vector{compare(write("base", 1, 0), {write("alt", 1, 5)}, {{"not_employed"}, "", "last"})});
  EXPECT_NE(one.str().find("alt,not_employed,,,2027-01,500,495,-5,,,1\n"), std::string::npos) << one.str();
}

TEST_F(ComparedRuns, SeveralCutsStandOneAfterTheOtherUnderOneHeader) {
  auto const base = write("base", 2, 0), alternative = write("alt", 2, 1);
  auto const together =
      compare_by_each(base, {alternative}, {{"employment_share", "not_employed"}, "", "last"}, {"sex", "zone"});
  std::ostringstream csv, sex, zone, json, table;
  print_csv(csv, together);
  print_csv(sex, std::vector{compare(base, {alternative}, {{"employment_share", "not_employed"}, "sex", "last"})});
  print_csv(zone, std::vector{compare(base, {alternative}, {{"employment_share", "not_employed"}, "zone", "last"})});
  EXPECT_EQ(csv.str(), sex.str() + zone.str().substr(zone.str().find('\n') + 1));
  print_json(json, together);
  EXPECT_EQ(nlohmann::json::parse(json.str()).size(), 8U);
  print_table(table, together, Lang::en);
  auto const text = table.str();
  auto const times = [&](std::string const& words) {
    std::size_t count = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
    return count;
  };
  EXPECT_EQ(times("Comparison with"), 1U) << text;
  EXPECT_EQ(times("(alt)"), 2U) << text;
  EXPECT_EQ(times("paired replicates"), 1U) << text;
}

TEST_F(ComparedRuns, ACellOfFewAgentsIsWithheldInBaseOrAlternative) {
  // At one agent for 20 people 30 agents are 600: "adults" of district 150102 have 1,010 and, in the last month, 1,210.
  auto const layout = sample::layout();
  auto base = sample::records(layout, 3), alternative = sample::records(layout, 3, 10);
  std::size_t by_district = 0;
  while (layout.variables[by_district].name != "adults_by_district") ++by_district;
  // Month 2 of three districts: the first district's cell of the alternative has one person too few, the second is just
  // large enough.
  for (auto& record : alternative) record.values[by_district][6] = 599;
  for (auto& record : base) record.values[by_district][7] = 600;
  auto const path = write("base", layout, base, sample::attributes());
  auto const other = write("alt", layout, alternative, sample::attributes("alt"));
  auto const comparison = compare(path, {other}, {{"employment_share"}, "district", "last"});
  auto const& small = row_of(comparison, "employment_share", "150101");
  EXPECT_TRUE(small.too_small);
  EXPECT_FALSE(small.base || small.alt || small.difference || small.interval || small.p_value);
  EXPECT_FALSE(row_of(comparison, "employment_share", "150102").too_small);
  EXPECT_TRUE(row_of(comparison, "employment_share", "150102").interval);
  std::ostringstream table, csv, json;
  print_table(table, {&comparison, 1}, Lang::en);
  EXPECT_NE(table.str().find("fewer than 30 agents (600 people)"), std::string::npos) << table.str();
  EXPECT_EQ(table.str().find("undefined"), std::string::npos) << table.str();
  print_csv(csv, {&comparison, 1});
  EXPECT_NE(csv.str().find("alt,employment_share,district,150101,2027-01,,,,,,3\n"), std::string::npos) << csv.str();
  print_json(json, {&comparison, 1});
  EXPECT_TRUE(nlohmann::json::parse(json.str()).at(0).at("base").is_null());
  // The whole area is no cell, and its figure is of no use to anyone if it is not shown.
  auto all_small = sample::records(layout, 3);
  for (auto& record : all_small) record.values[3][2] = 100;
  auto const area =
      compare(write("tiny", layout, all_small, sample::attributes("tiny")), {path}, {{"employment_share"}, "", "last"});
  EXPECT_FALSE(area.rows[0].too_small);
  EXPECT_TRUE(area.rows[0].base);
}

Comparison cells(std::vector<std::pair<double, Interval>> const& tests) {
  Comparison comparison;
  comparison.by = "district";
  comparison.alternatives.push_back({"alt", "alt", "alt", "", ""});
  comparison.indicators.push_back({"x", {}, {}, 1, "people", "equis", "x", "", "", "model", true, 1});
  comparison.replicates = 4;
  comparison.scale = 20;
  for (auto const& [p_value, interval] : tests) {
    ComparisonRow row;
    row.key = std::to_string(comparison.rows.size());
    row.base = 1, row.alt = 2, row.difference = 1;
    row.interval = interval;
    row.p_value = p_value;
    comparison.rows.push_back(row);
  }
  return comparison;
}

TEST(ManyCells, WhatChanceAloneWouldShowIsToldAndWhatRemainsIsMarked) {
  Interval const above{0.5, 1.5}, across{-1, 3};
  std::vector<std::pair<double, Interval>> tests{{0.0001, above}, {0.001, above}, {0.04, above}};
  while (tests.size() < 40) tests.emplace_back(0.5, across);
  auto comparison = cells(tests);
  comparison.rows.back().interval.reset();
  comparison.rows.back().p_value.reset();  // no interval: no test
  auto const found = many_tests({&comparison, 1});
  EXPECT_EQ(found.tests, 39U);
  EXPECT_EQ(found.excluding_zero, 3U);
  EXPECT_NEAR(found.by_chance(), 1.95, 1e-12);
  // 0.0001 <= 0.05 / 39 and 0.001 <= 2 * 0.05 / 39 = 0.00256, but 0.04 is more than 3 * 0.05 / 39.
  EXPECT_EQ(found.remaining, 2U);
  EXPECT_TRUE(found.remains[0][0] && found.remains[0][1]);
  EXPECT_FALSE(found.remains[0][2]);
  std::ostringstream table;
  print_table(table, {&comparison, 1}, Lang::en);
  std::string flat = table.str();
  for (std::size_t at = 0; (at = flat.find("\n  ", at)) != std::string::npos;) flat.replace(at, 3, " ");
  EXPECT_NE(flat.find("3 of 39 differences by group have an interval that excludes zero; chance alone would show about "
                      "2. 2 remain"),
            std::string::npos)
      << flat;
  EXPECT_NE(table.str().find("**"), std::string::npos);
}

TEST(ManyCells, TheWholeAreaAndAFewCellsAreNotCalledMany) {
  Interval const above{0.5, 1.5};
  auto few = cells({{0.001, above}, {0.04, above}});
  std::ostringstream table;
  print_table(table, {&few, 1}, Lang::en);
  EXPECT_EQ(table.str().find("**"), std::string::npos);
  EXPECT_EQ(table.str().find("by group"), std::string::npos);
  few.by.clear();
  EXPECT_EQ(many_tests({&few, 1}).tests, 0U);
}

TEST_F(ComparedRuns, MistakesOfAllCutsComeAtOnce) {
  auto const base = write("base", 2, 0);
  auto const sentences = sentence_of([&] {
    static_cast<void>(compare_by_each(base, {base}, {{"nobody"}, "", "last"}, {"sex", "distric", "zone"}));
  });
  EXPECT_EQ(std::count(sentences.begin(), sentences.end(), '\n'), 1) << sentences;
}

TEST_F(ComparedRuns, RunsThatDifferInWhatMustAgreeAreRefusedWithTheReason) {
  auto const base = write("base", 2, 0);
  auto const layout = sample::layout();
  struct Case {
    char const* name;
    std::function<void(RunAttributes&)> change;
  };
  auto const set_text = [](char const* name, char const* value) {
    return [=](RunAttributes& attributes) {
      for (auto& [key, text] : attributes.text)
        if (key == name) text = value;
    };
  };
  auto const set_number = [](char const* name, std::int64_t value) {
    return [=](RunAttributes& attributes) {
      for (auto& [key, number] : attributes.integers)
        if (key == name) number = value;
    };
  };
  for (auto const& [name, change] :
       {Case{"seed", set_number("seed", 8)}, Case{"scale", set_number("scale", 5)},
        Case{"area", set_text("area", "peru")}, Case{"data_digest", set_text("data_digest", "d2")}}) {
    auto attributes = sample::attributes("alt");
    change(attributes);
    auto const alternative = write("alt", layout, sample::records(layout, 2), attributes);
    auto const sentence = sentence_of([&] { static_cast<void>(compare(base, {alternative}, {})); });
    EXPECT_NE(sentence.find(std::string{" "} + name + " "), std::string::npos) << sentence;
    EXPECT_EQ(sentence.find('\n'), std::string::npos) << "one reason only: " << sentence;
  }
  auto later = layout;
  later.start = Month::of(2027, 1);
  auto const alternative = write("alt", later, sample::records(later, 2), sample::attributes("alt"));
  EXPECT_NE(sentence_of([&] { static_cast<void>(compare(base, {alternative}, {})); }).find("2027-01"),
            std::string::npos);
}

TEST_F(ComparedRuns, AnIndicatorDefinedOtherwiseIsRefused) {
  auto other = sample::layout();
  other.indicators[0].denominator = {"employed"};
  auto const base = write("base", 2, 0);
  auto const alternative = write("alt", other, sample::records(other, 2), sample::attributes("alt"));
  EXPECT_NE(sentence_of([&] { static_cast<void>(compare(base, {alternative}, {})); }).find("employment_share"),
            std::string::npos);
}

TEST_F(ComparedRuns, MisspeltRequestsAreAnsweredWithTheNearestName) {
  auto const base = write("base", 2, 0);
  auto const ask = [&](CompareOptions const& options) {
    return sentence_of([&] { static_cast<void>(compare(base, {base}, options)); });
  };
  EXPECT_NE(ask({{"employment_shar"}, "", "last"}).find("employment_share"), std::string::npos);
  EXPECT_NE(ask({{}, "distric", "last"}).find("district"), std::string::npos);
  EXPECT_NE(ask({{}, "", "2026-13"}).find("2026-13"), std::string::npos);
  EXPECT_NE(ask({{"refusals_per_adult"}, "sex", "last"}).find("refused_by_sex"), std::string::npos);
  // Both mistakes at once.
  auto const both = ask({{"employment_shar", "not_emploied"}, "", "last"});
  EXPECT_NE(both.find('\n'), std::string::npos) << both;
}

TEST_F(ComparedRuns, ACutWithoutHeadlineIndicatorsShowsTheOthers) {
  auto layout = sample::layout();
  for (auto& indicator : layout.indicators) indicator.headline = indicator.name == "refusals_per_adult";
  auto const path = write("base", layout, sample::records(layout, 2), sample::attributes());
  auto const comparison = compare(path, {path}, {{}, "sex", "last"});
  ASSERT_EQ(comparison.indicators.size(), 3U);
  EXPECT_EQ(comparison.indicators[0].name, "employment_share");
  EXPECT_EQ(compare(path, {path}, {{}, "", "last"}).indicators.size(), 1U);
}

TEST_F(ComparedRuns, ACutThatWasNotRecordedNamesTheDetailOnce) {
  auto const full = write("full", 2, 0);
  auto layout = sample::layout();
  std::erase_if(layout.variables, [](Variable const& variable) { return variable.dimension == 1; });
  // With and without the dimension itself.
  auto const named = write("named", layout, sample::records(layout, 2), sample::attributes("named"));
  layout.dimensions.pop_back();
  auto const totals = write("totals", layout, sample::records(layout, 2), sample::attributes("totals"));
  for (auto const& [base, alternative] :
       {std::pair{full, totals}, std::pair{totals, full}, std::pair{full, named}, std::pair{named, full}}) {
    auto const sentence = sentence_of([&base = base, &alternative = alternative] {
      static_cast<void>(compare(base, {alternative}, {{}, "district", "last"}));
    });
    EXPECT_NE(sentence.find("--detail districts"), std::string::npos) << sentence;
    EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
  }
}

TEST_F(ComparedRuns, NotesAreWrappedWithAnIndent) {
  auto const comparison = compare(write("base", 4, 0), {write("alt", 4, 10)}, {});
  for (Lang const lang : {Lang::es, Lang::en})
    for (std::size_t const columns : {60U, 100U}) {
      std::ostringstream table;
      print_table(table, {&comparison, 1}, lang, columns);
      std::istringstream lines{table.str().substr(table.str().find("\n[ ]:") + 1)};
      std::size_t notes = 0, continued = 0;
      for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(display_width(line), columns) << line;
        ++(line.starts_with("  ") ? continued : notes);
      }
      EXPECT_GE(notes, 2U) << table.str();
      EXPECT_GE(continued, 240 / columns) << table.str();
    }
}

TEST_F(ComparedRuns, TheTableSaysWhatAPlannerNeedsInBothLanguages) {
  auto const comparison = compare(write("base", 4, 0), {write("alt", 4, 10)}, {});
  std::ostringstream spanish, english;
  print_table(spanish, {&comparison, 1}, Lang::es);
  print_table(english, {&comparison, 1}, Lang::en);
  EXPECT_NE(spanish.str().find("Personas sin trabajo"), std::string::npos) << spanish.str();
  EXPECT_NE(spanish.str().find("[-46; -4]  *  personas"), std::string::npos) << spanish.str();
  EXPECT_NE(spanish.str().find("58,5"), std::string::npos) << spanish.str();
  EXPECT_NE(english.str().find("People without work"), std::string::npos) << english.str();
  EXPECT_NE(english.str().find("58.5"), std::string::npos) << english.str();
  EXPECT_NE(english.str().find("4 paired replicates"), std::string::npos) << english.str();
}

TEST_F(ComparedRuns, AnIntervalThatHoldsZeroIsNotMarked) {
  auto const layout = sample::layout();
  auto alternative = sample::records(layout, 3);
  alternative[0].values[0][2] += 5;
  alternative[1].values[0][2] -= 5;
  std::ostringstream table;
  print_table(table,
              std::vector{compare(write("base", 3, 0), {write("alt", layout, alternative, sample::attributes("alt"))},
                                  {{"not_employed"}, "", "last"})},
              Lang::en);
  EXPECT_EQ(table.str().find('*'), std::string::npos) << table.str();
}

TEST_F(ComparedRuns, ExportListsEveryValueOnce) {
  auto const layout = sample::layout();
  auto const path = write("base", 2, 0);
  std::ostringstream csv;
  export_csv(csv, path);
  std::istringstream lines{csv.str()};
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "variable,replicate,time,dimension,key,value");
  std::size_t rows = 0, found = 0;
  while (std::getline(lines, line)) {
    ++rows;
    if (line == "employed,1,2026-12,,,601" || line == "adults_by_district,0,2027-01,district,070101,1220") ++found;
  }
  EXPECT_EQ(rows, 2U * 3U * (3U * (1 + 2 + 3) + 1));
  EXPECT_EQ(found, 2U);
  std::ostringstream one;
  export_csv(one, path, {{"refused"}});
  EXPECT_EQ(one.str().find("employed"), std::string::npos);
  EXPECT_THROW(export_csv(one, path, {{"refusd"}}), InputError);
}

TEST_F(ComparedRuns, InfoNamesScenarioDimensionsAndHashes) {
  auto const path = write("base", 2, 0);
  std::ostringstream text, json;
  EXPECT_TRUE(print_info(text, path, true, InfoFormat::text, Lang::es));
  for (char const* part : {"Línea de base", "0123456789abcdf0", "district", "employed_by_sex", "2026-11", "SHA-256"})
    EXPECT_NE(text.str().find(part), std::string::npos) << part << "\n" << text.str();
  EXPECT_TRUE(print_info(json, path, true, InfoFormat::json, Lang::es));
  auto const info = nlohmann::json::parse(json.str());
  EXPECT_EQ(info.at("complete"), 1);
  EXPECT_EQ(info.at("intact"), true);
  EXPECT_EQ(info.at("attributes").at("seed"), 7);
  EXPECT_EQ(info.at("variables").at(2).at("dimensions"), (nlohmann::json{"replicate", "time", "district"}));
}

TEST_F(ComparedRuns, AForeignLocaleChangesNothingThatIsReadOrWritten) {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  auto const all = [&] {
    auto const base = write("base", 5, 0), alternative = write("alt", 5, 1234567);
    auto const comparison = compare(base, {alternative}, {{}, "", "all"});
    std::ostringstream out;
    print_csv(out, {&comparison, 1});
    print_json(out, {&comparison, 1});
    print_table(out, {&comparison, 1}, Lang::es);
    export_csv(out, alternative, {});
    EXPECT_TRUE(print_info(out, alternative, true, InfoFormat::json, Lang::en));
    return out.str();
  };
  auto const plain = all();
  auto const before = std::locale::global(std::locale{std::locale::classic(), new Comma});
  auto const foreign = all();
  std::locale::global(before);
  EXPECT_NE(plain.find("1234567"), std::string::npos);
  EXPECT_EQ(plain, foreign);
}

}  // namespace
}  // namespace arraigo::analysis
