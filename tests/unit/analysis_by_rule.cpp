#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/by_rule.hpp"
#include "analysis/compare.hpp"
#include "core/errors.hpp"
#include "tests/unit/run_file_sample.hpp"

namespace arraigo::analysis {
namespace {

/// A base, an alternative with 10 (r + 1) more employed in replicate r, and its twin, with 4 (r + 1) more.
class Twins : public ::testing::Test {
 protected:
  using Path = std::filesystem::path;

  Path write(std::string const& stem, RunAttributes const& attributes, std::int64_t shift, int replicates) {
    auto const layout = sample::layout();
    write_run_file(folder_ / (stem + ".h5"), layout, sample::records(layout, replicates, shift), attributes, true);
    return folder_ / (stem + ".h5");
  }
  Path plain(std::string const& stem, std::int64_t shift, int replicates = 4) {
    return write(stem, sample::attributes(stem), shift, replicates);
  }
  /// The rules of `alternative` with the decisions of `base`.
  Path twin(std::string const& stem, std::string const& alternative, std::string const& base, std::int64_t shift,
            int replicates = 4) {
    auto attributes = sample::attributes(alternative);
    for (auto& [name, value] : attributes.text)
      if (name == "stem") value = alternative + ".by_rule";
    attributes.text.emplace_back("behaviour", "name: " + base + "\nstart: 2026-11\n");
    attributes.text.emplace_back("name", alternative);
    return write(stem, attributes, shift, replicates);
  }
  static std::string sentence_of(std::function<void()> const& work) {
    try {
      work();
    } catch (InputError const& error) {
      return error.what();
    }
    ADD_FAILURE() << "no InputError";
    return {};
  }
  /// The one sentence that refuses the comparison.
  static std::string refusal(Path const& base, std::vector<Path> const& runs) {
    auto sentence = sentence_of([&] { static_cast<void>(compare(base, runs, {})); });
    EXPECT_EQ(std::count(sentence.begin(), sentence.end(), '\n'), 0) << sentence;
    EXPECT_EQ(sentence, sentence_of([&] { static_cast<void>(compare_by_each(base, runs, {}, {"", "sex"})); }));
    return sentence;
  }
  sample::Folder folder_;
};

ComparisonRow const& row_of(Comparison const& comparison, std::string const& stem, std::string const& indicator) {
  for (auto const& row : comparison.rows)
    if (comparison.alternatives[row.alternative].stem == stem && comparison.indicators[row.indicator].name == indicator)
      return row;
  throw std::runtime_error("no such row: " + stem + " " + indicator);
}

TEST_F(Twins, SplitTheDifferencesOfTheirAlternativeAndAreNoneThemselves) {
  auto const base = plain("base", 0), other = plain("other", 1), alternative = plain("alt", 10);
  // Wherever the twin stands.
  for (auto const& runs : {std::vector{twin("alt.by_rule", "alt", "base", 4), alternative, other},
                           std::vector{alternative, other, twin("alt.by_rule", "alt", "base", 4)}}) {
    auto const comparison = compare(base, runs, {});
    ASSERT_EQ(comparison.alternatives.size(), 2U);
    EXPECT_FALSE(row_of(comparison, "other", "not_employed").parts);
    auto const& row = row_of(comparison, "alt", "not_employed");
    EXPECT_DOUBLE_EQ(*row.difference, -25);
    ASSERT_TRUE(row.parts);
    // Student's interval of 10, 20, 30, 40 is 25 -+ 20.542602; the parts are four and six tenths of it.
    EXPECT_DOUBLE_EQ(row.parts->by_rule.mean, -10);
    EXPECT_NEAR(row.parts->by_rule.interval->low, -18.217041, 1e-6);
    EXPECT_NEAR(row.parts->by_rule.interval->high, -1.782959, 1e-6);
    EXPECT_DOUBLE_EQ(row.parts->by_behaviour.mean, -15);
    EXPECT_NEAR(row.parts->by_behaviour.interval->low, -27.325561, 1e-6);
    EXPECT_NEAR(row.parts->by_behaviour.interval->high, -2.674439, 1e-6);
    EXPECT_NEAR(*row.parts->rule_percent, 40, 1e-9);
    EXPECT_NEAR(*row.parts->behaviour_percent(), 60, 1e-9);
  }
}

TEST_F(Twins, PartsOfSharesAndOfCutsAddUp) {
  auto const base = plain("base", 0), alternative = plain("alt", 10), rule = twin("alt.by_rule", "alt", "base", 4);
  for (char const* by : {"", "sex", "district", "zone"})
    for (char const* month : {"last", "mean", "all"})
      for (auto const& row : compare(base, {alternative, rule}, {{}, by, month}).rows) {
        ASSERT_TRUE(row.parts) << by << month;
        EXPECT_NEAR(row.parts->by_rule.mean + row.parts->by_behaviour.mean, *row.difference, 1e-9);
      }
}

TEST_F(Twins, AShareIsGivenOnlyWhereTheDifferenceIsMoreThanChance) {
  // Of two pairs, 15 -+ 12.7 * 5: the interval includes zero. Of one there is none.
  for (int const replicates : {2, 1}) {
    auto const comparison = compare(plain("base", 0, replicates), {plain("alt", 10, replicates),
                                    twin("alt.by_rule", "alt", "base", 4, replicates)}, {});
    auto const& parts = row_of(comparison, "alt", "not_employed").parts;
    ASSERT_TRUE(parts);
    EXPECT_FALSE(parts->rule_percent);
    EXPECT_FALSE(parts->behaviour_percent());
    EXPECT_EQ(parts->by_rule.interval.has_value(), replicates == 2);
    std::ostringstream table;
    print_rule_parts(table, comparison, comparison.twins.at(0), Lang::en);
    EXPECT_EQ(table.str().find('%'), table.str().find("% CI]")) << table.str();
  }
}

TEST_F(Twins, PartsOfOtherReplicatesAreNotGiven) {
  // Nobody in the denominator of one replicate of the twin: its part would be of the other three.
  auto const layout = sample::layout();
  auto records = sample::records(layout, 4, 4);
  for (auto& values : records[1].values) std::fill(values.begin(), values.end(), 0);
  auto const rule = twin("alt.by_rule", "alt", "base", 4);
  auto attributes = sample::attributes("alt");
  attributes.text.emplace_back("behaviour", "name: base\nstart: 2026-11\n");
  write_run_file(rule, layout, records, attributes, true);
  auto const comparison = compare(plain("base", 0), {plain("alt", 10), rule}, {});
  EXPECT_FALSE(row_of(comparison, "alt", "employment_share").parts);
  EXPECT_TRUE(row_of(comparison, "alt", "not_employed").parts);
}

TEST_F(Twins, ATwinWithoutItsAlternativeOrOfAnotherBaseIsRefused) {
  auto const base = plain("base", 0), other = plain("other", 1), alternative = plain("alt", 10);
  auto const rule = twin("alt.by_rule", "alt", "base", 4);
  for (auto const& runs : {std::vector{rule}, std::vector{other, rule}}) {
    auto const alone = refusal(base, runs);
    EXPECT_NE(alone.find(rule.string() + ": contiene solo las reglas de «alt»"), std::string::npos) << alone;
  }
  auto const elsewhere = refusal(other, {alternative, rule});
  EXPECT_NE(elsewhere.find(rule.string() + ": sus decisiones no son las de " + other.string()), std::string::npos)
      << elsewhere;
  // A twin is nobody's base, and of two of one alternative none is the one.
  EXPECT_NE(refusal(rule, {alternative, rule}).find("sus decisiones"), std::string::npos);
  auto const two = refusal(base, {alternative, rule, twin("second", "alt", "base", 4)});
  EXPECT_NE(two.find("Deje una sola"), std::string::npos) << two;
}

TEST_F(Twins, ATwinOfAnotherSeedIsNotCompared) {
  auto const base = plain("base", 0), alternative = plain("alt", 10);
  auto attributes = sample::attributes("alt");
  attributes.text.emplace_back("behaviour", "name: base\nstart: 2026-11\n");
  attributes.integers.front().second = 8;
  EXPECT_NE(refusal(base, {alternative, write("alt.by_rule", attributes, 4, 4)}).find("seed"), std::string::npos);
}

TEST_F(Twins, RunsThatTheCallerTellsApartAreShownAsTheyAre) {
  RunReader const base{plain("base", 0)}, rule{twin("alt.by_rule", "alt", "base", 4)};
  auto const comparison = compare(base, std::vector<RunData const*>{&rule}, {});
  EXPECT_EQ(comparison.alternatives.size(), 1U);
  EXPECT_DOUBLE_EQ(*row_of(comparison, "alt.by_rule", "not_employed").difference, -10);
}

TEST_F(Twins, ThePartsAreInTheTableInBothLanguagesAndInCsvAndJson) {
  auto const comparison =
      compare(plain("base", 0), {plain("alt", 10), plain("other", 1), twin("alt.by_rule", "alt", "base", 4)}, {});
  std::ostringstream spanish, english, csv, json;
  print_table(spanish, {&comparison, 1}, Lang::es);
  print_table(english, {&comparison, 1}, Lang::en);
  for (char const* part : {"Por reglas y por comportamiento: Línea de base (alt.by_rule)", "40 %", "60 %", "[-18; -2]"})
    EXPECT_NE(spanish.str().find(part), std::string::npos) << part << "\n" << spanish.str();
  for (char const* part : {"By rule and by behaviour: Baseline (alt.by_rule)", "40%", "60%", "By rule: what money"})
    EXPECT_NE(english.str().find(part), std::string::npos) << part << "\n" << english.str();
  print_csv(csv, {&comparison, 1});
  std::istringstream lines{csv.str()};
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line,
            "scenario,indicator,by,key,month,base,alt,difference,ci_low,ci_high,replicates,by_rule,by_rule_low,"
            "by_rule_high,by_rule_percent,by_behaviour,by_behaviour_low,by_behaviour_high,by_behaviour_percent");
  std::size_t rows = 0;
  while (std::getline(lines, line)) {
    ++rows;
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), 18) << line;
    EXPECT_EQ(line.ends_with(",4,,,,,,,,"), line.starts_with("other,")) << line;
  }
  EXPECT_EQ(rows, 4U);
  print_json(json, {&comparison, 1});
  auto const objects = nlohmann::json::parse(json.str());
  EXPECT_EQ(objects.at(1).at("scenario"), "alt");
  EXPECT_EQ(objects.at(1).at("by_rule"), -10.0);
  EXPECT_NEAR(objects.at(1).at("by_behaviour_percent").get<double>(), 60, 1e-9);
  EXPECT_TRUE(objects.at(3).at("by_rule").is_null());
}

TEST_F(Twins, WithoutOneTheColumnsStayAsTheyWere) {
  auto const comparison = compare(plain("base", 0), {plain("alt", 10)}, {});
  std::ostringstream csv, json;
  print_csv(csv, {&comparison, 1});
  print_json(json, {&comparison, 1});
  EXPECT_EQ(csv.str().find("by_rule"), std::string::npos);
  EXPECT_EQ(json.str().find("by_rule"), std::string::npos);
}

}  // namespace
}  // namespace arraigo::analysis
