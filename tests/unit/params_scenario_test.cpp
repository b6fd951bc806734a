#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "params/check_scenario.hpp"
#include "params/scenario_draft.hpp"
#include "params_fixture.hpp"

namespace arraigo::tests {
namespace {

class ScenarioReading : public ::testing::Test {
 protected:
  void SetUp() override { speak_english(); }

  [[nodiscard]] Scenario read(std::string_view text, Overrides const& overrides = {}) const {
    return read_scenario(folder.write("case.yaml", text), few_districts(), {folder.path() / "shipped"}, overrides);
  }
  [[nodiscard]] std::string mistakes(std::string_view text, Overrides const& overrides = {}) const {
    return joined(mistakes_of([&] { return read(text, overrides); }));
  }
  [[nodiscard]] std::string mistakes_of_set(std::string const& set) const {
    Overrides overrides;
    overrides.sets = {set};
    return mistakes(complete(one_measure), overrides);
  }

  static constexpr std::string_view one_measure = "measures:\n  - {id: quota, kind: quota, head_share: 0.2}\n";
  static ParameterRow const& a_parameter() { return parameter_table().front(); }
  static std::string a_path() { return fmt::format("{}.{}", a_parameter().group, a_parameter().name); }

  TempFolder folder;
};

TEST_F(ScenarioReading, EveryKeyArrives) {
  auto const base = read_scenario(corpus() / "scenarios" / "base.yaml", few_districts(), corpus_places());
  EXPECT_EQ(base.stem, "base");
  EXPECT_EQ(base.name, "base");
  EXPECT_EQ(base.title_es, "Base");
  EXPECT_EQ(base.title_en, "Baseline");
  EXPECT_EQ(base.description_es, "Dos líneas,\ncon \"comillas\", una \\ y un # que no comenta.");
  EXPECT_EQ(base.description_en, "Folded text.");
  EXPECT_EQ(base.start, Month::of(2022, 1));
  EXPECT_EQ(base.months, 60);
  EXPECT_EQ(base.area, "lima_callao");
  EXPECT_EQ(base.scale, 20);
  EXPECT_EQ(base.replicates, 8);
  EXPECT_EQ(base.seed, 9223372036854775807ULL);
  ASSERT_EQ(base.measures.size(), 3U);

  auto const& window = base.measures[0];
  EXPECT_EQ(window.id, "window_2023");
  EXPECT_EQ(window.kind, MeasureKind::programme);
  EXPECT_EQ(window.title_es, "Ventana");
  EXPECT_EQ(window.from, Month::of(2023, 6));
  EXPECT_EQ(window.to, Month::of(2023, 12));
  EXPECT_TRUE(window.where.empty());
  EXPECT_EQ(window.field("programme").name, "permit");
  EXPECT_EQ(window.field("eligible").choices, 0b11U);  // visitor and irregular are the first two words
  EXPECT_EQ(window.field("capacity_per_month").number, 16500);
  EXPECT_EQ(window.field("validity_months").number, 24);

  auto const& offices = base.measures[2];
  EXPECT_EQ(offices.where, (std::vector<std::string>{"150101", "1502", "12", "host_cities"}));
  EXPECT_EQ(offices.field("capacity_per_month").number, 0.1);
  EXPECT_FALSE(offices.to.has_value());
}

TEST_F(ScenarioReading, LineEndsAndDocumentMarksChangeNothing) {
  auto const read_corpus = [](char const* name) {
    return read_scenario(corpus() / "scenarios" / name, few_districts(), corpus_places());
  };
  auto const base = read_corpus("base.yaml");
  for (char const* name : {"crlf.yaml", "no_final_newline.yaml", "document_marks.yaml", "extends_with_ending.yaml"})
    EXPECT_TRUE(same(base, read_corpus(name))) << name;
}

TEST_F(ScenarioReading, SilentFieldsTakeTheirFallback) {
  auto const scenario = read(complete(one_measure));
  auto const& quota = scenario.measures.at(0);
  EXPECT_EQ(quota.from, scenario.start);
  EXPECT_TRUE(quota.field("head_share").set);
  EXPECT_FALSE(quota.field("payroll_share").set);
  EXPECT_THROW(static_cast<void>(quota.field("headshare")), BugError);
}

TEST_F(ScenarioReading, EveryFallbackOfEveryKindCanBeRead) {
  for (auto const& kind : measure_kinds()) {
    for (auto const& field : kind.fields) {
      SCOPED_TRACE(fmt::format("{}.{}", kind.name, field.name));
      EXPECT_LE(words_of(field.choices).size(), 32U);
      if (field.fallback == nullptr) continue;
      EXPECT_NO_THROW(EXPECT_EQ(fallback_of(field).set, *field.fallback != '\0'));
    }
  }
}

TEST_F(ScenarioReading, ParametersStandInTheirGroupAndKeepTheirDefaultOtherwise) {
  auto const& row = a_parameter();
  auto const scenario = read(complete(fmt::format("parameters:\n  {}:\n    {}: {}\n", row.group, row.name, row.high)));
  EXPECT_EQ(scenario.parameters.*(row.member), row.high);
  EXPECT_EQ(read(complete(fmt::format("parameters:\n  {}.{}: {}\n", row.group, row.name, row.high))).parameters.*(row.member), row.high);
  for (auto const& other : parameter_table().subspan(1)) EXPECT_EQ(scenario.parameters.*(other.member), other.value);
}

TEST_F(ScenarioReading, EveryParameterIsHeldToItsRange) {
  for (auto const& row : parameter_table()) {
    double const above = std::nextafter(row.high, std::numeric_limits<double>::infinity());
    double const below = std::nextafter(row.low, -std::numeric_limits<double>::infinity());
    for (double const value : {row.low, row.high, above, below}) {
      auto const text = complete(fmt::format("parameters:\n  {}:\n    {}: {}\n", row.group, row.name, value));
      bool const inside = value >= row.low && value <= row.high;
      // Just below zero lies the smallest number there is, which no file needs: it may be told as too small.
      EXPECT_EQ(mistakes(text).empty(), inside) << row.group << '.' << row.name << " = " << value;
    }
  }
}

TEST_F(ScenarioReading, AMisspeltParameterNamesTheNearest) {
  auto const& row = a_parameter();
  std::string const misspelt = std::string{row.name} + "x";
  auto const found = mistakes(complete(fmt::format("parameters:\n  {}:\n    {}: 0.2\n", row.group, misspelt)));
  EXPECT_NE(
      found.find(fmt::format("case.yaml:12:5: {}.{} (unknown key). Did you mean {}?", row.group, misspelt, row.name)),
      std::string::npos)
      << found;
}

TEST_F(ScenarioReading, APolicyOverridesFieldByFieldAndRemoves) {
  auto const base = complete(
      "measures:\n"
      "  - {id: a, kind: quota, head_share: 0.2, payroll_share: 0.3, from: 2023-01, to: 2023-12}\n"
      "  - {id: b, kind: arrivals, factor: 2}\n"
      "  - {id: c, kind: arrivals, factor: 3}\n");
  folder.write("base.yaml", base);
  auto const policy = read(
      "extends: base\nscale: 5\ntitle: {en: Policy}\nmeasures:\n"
      "  - {id: b, enabled: false}\n"
      "  - {id: new, kind: arrivals, factor: 4}\n"
      "  - {id: a, head_share: 0.5, to: 2024-12}\n");
  EXPECT_EQ(policy.scale, 5);
  EXPECT_EQ(policy.months, 60);
  EXPECT_EQ(policy.title_es, "Base");
  EXPECT_EQ(policy.title_en, "Policy");
  ASSERT_EQ(policy.measures.size(), 3U);
  EXPECT_EQ(policy.measures[0].id, "a");
  EXPECT_EQ(policy.measures[0].field("head_share").number, 0.5);
  EXPECT_EQ(policy.measures[0].field("payroll_share").number, 0.3);
  EXPECT_EQ(policy.measures[0].from, Month::of(2023, 1));
  EXPECT_EQ(policy.measures[0].to, Month::of(2024, 12));
  EXPECT_EQ(policy.measures[1].id, "c");
  EXPECT_EQ(policy.measures[2].id, "new");
}

TEST_F(ScenarioReading, AMeasureRemovedBelowCanBeBroughtBack) {
  folder.write("base.yaml", complete(one_measure));
  folder.write("middle.yaml", "extends: base\nmeasures: [{id: quota, enabled: false}]\n");
  EXPECT_TRUE(read("extends: middle\n").measures.empty());
  auto const back = read("extends: middle\nmeasures: [{id: quota, enabled: true}]\n");
  ASSERT_EQ(back.measures.size(), 1U);
  EXPECT_EQ(back.measures[0].field("head_share").number, 0.2);
}

TEST_F(ScenarioReading, ExtendsLooksBesideTheFileBeforeTheShippedOnes) {
  folder.write("shipped/base.yaml", complete());
  folder.write("shipped/deep/other.yaml", "extends: ../base\nscale: 7\n");
  EXPECT_EQ(read("extends: base\n").scale, 20);
  EXPECT_EQ(read("extends: deep/other\n").scale, 7);
  std::string beside = complete();
  beside.replace(beside.find("scale: 20"), 9, "scale: 33");
  folder.write("base.yaml", beside);
  EXPECT_EQ(read("extends: base\n").scale, 33);
}

TEST_F(ScenarioReading, ExtendsStaysInsideTheTwoFolders) {
  folder.write("secret.yaml", complete());
  folder.write("own/inner.yaml", complete());
  std::filesystem::create_symlink(folder.path() / "secret.yaml", folder.path() / "own" / "link.yaml");
  std::filesystem::create_directory_symlink(folder.path(), folder.path() / "own" / "up");
  auto const found = [&](std::string_view base) {
    auto const file = folder.write("own/case.yaml", fmt::format("extends: {}\n", base));
    return joined(mistakes_of([&] { return read_scenario(file, few_districts(), {folder.path() / "shipped"}); }));
  };
  EXPECT_EQ(found("inner"), "");
  EXPECT_EQ(found("../own/inner"), "");
  for (char const* path :
       {"../secret", "../secret.yaml", "link", "up/secret", "./../secret", "../nothing_there", "../.."})
    EXPECT_NE(found(path).find("leaves the scenario's folder"), std::string::npos) << path << found(path);
  EXPECT_NE(found((folder.path() / "own" / "inner.yaml").string()).find("relative path"), std::string::npos);
  EXPECT_NE(found("inner.yaml/x").find("exists neither"), std::string::npos) << found("inner.yaml/x");
}

TEST_F(ScenarioReading, TheFileThatWasCheckedIsTheOneThatIsRead) {
  // Step by step own/link/../../secret is own/secret, since the link goes two levels down; read as text it is
  // ../secret.
  folder.write("secret.yaml", complete());
  folder.write("own/deep/deeper/any.yaml", complete());
  std::filesystem::create_directory_symlink(folder.path() / "own" / "deep" / "deeper", folder.path() / "own" / "link");
  auto const file = folder.write("own/case.yaml", "extends: link/../../secret\n");
  auto const read_case = [&] { return read_scenario(file, few_districts(), {}); };
  EXPECT_NE(joined(mistakes_of(read_case)).find("exists neither"), std::string::npos) << joined(mistakes_of(read_case));
  std::string inner = complete();
  inner.replace(inner.find("scale: 20"), 9, "scale: 44");
  folder.write("own/secret.yaml", inner);
  EXPECT_EQ(read_case().scale, 44);
}

TEST_F(ScenarioReading, AWindowSetOnTheCommandLineMustFallWithinTheLongerHorizon) {
  auto const text = complete("measures:\n  - {id: a, kind: arrivals, factor: 2}\n");
  Overrides overrides;
  overrides.sets = {"measures.a.from=2027-01"};
  EXPECT_NE(
      mistakes(text, overrides).find("--set measures.a.from=2027-01: measures.a.from = 2027-01 (after the last month"),
      std::string::npos)
      << mistakes(text, overrides);
  overrides.months = 61;
  EXPECT_EQ(mistakes(text, overrides), "");
  overrides.months = 6;
  overrides.sets = {"measures.a.from=2026-12"};
  EXPECT_EQ(mistakes(text, overrides), "");
}

TEST_F(ScenarioReading, AnIncludedFileMayNotLeaveEither) {
  folder.write("secret.yaml", complete());
  folder.write("own/sub/middle.yaml", "extends: ../../secret\n");
  auto const file = folder.write("own/case.yaml", "extends: sub/middle\n");
  auto const found = joined(mistakes_of([&] { return read_scenario(file, few_districts(), {}); }));
  EXPECT_NE(found.find("sub/middle.yaml:1:10: extends = ../../secret (leaves"), std::string::npos) << found;
}

TEST_F(ScenarioReading, AFolderNamedLikeAScenarioIsNoScenario) {
  std::filesystem::create_directory(folder.path() / "base.yaml");
  EXPECT_NE(mistakes("extends: base\n").find("exists neither"), std::string::npos);
}

TEST_F(ScenarioReading, ALongLoopIsNamedInFull) {
  folder.write("a.yaml", "extends: b\n");
  folder.write("b.yaml", "extends: c\n");
  folder.write("c.yaml", "extends: a\n");
  EXPECT_NE(mistakes("extends: a\n").find("a loop: a.yaml -> b.yaml -> c.yaml -> a.yaml"), std::string::npos)
      << mistakes("extends: a\n");
}

TEST_F(ScenarioReading, AChainHasAnEnd) {
  folder.write("s0.yaml", complete());
  for (int i = 1; i <= 40; ++i) folder.write(fmt::format("s{}.yaml", i), fmt::format("extends: s{}\n", i - 1));
  EXPECT_EQ(mistakes("extends: s20\n"), "");
  EXPECT_NE(mistakes("extends: s40\n").find("a chain of more than 32 files"), std::string::npos)
      << mistakes("extends: s40\n");
}

TEST_F(ScenarioReading, CommandLineMonthsNeverMakeAWindowAMistake) {
  Overrides overrides;
  overrides.months = 6;
  auto const text = complete("measures:\n  - {id: a, kind: arrivals, factor: 2, from: 2026-12}\n");
  EXPECT_EQ(mistakes(text, overrides), "");
  EXPECT_EQ(read(text, overrides).measures.size(), 1U);
  overrides.months.reset();
  overrides.sets = {"months=6"};
  EXPECT_EQ(mistakes(text, overrides), "");
}

TEST_F(ScenarioReading, OverridesReachEveryKey) {
  Overrides overrides;
  overrides.months = 24;
  overrides.scale = 50;
  overrides.replicates = 3;
  overrides.seed = 9223372036854775807ULL;
  overrides.area = "150101,15";
  overrides.sets = {"start=2023-01",
                    "name=other",
                    "title.en=Other: \"quoted\"",
                    "description.es=Dos\nlíneas",
                    fmt::format("{}={}", a_path(), a_parameter().low),
                    "measures.quota.head_share=0.75",
                    "measures.quota.exempt_sizes=[micro, small]",
                    "measures.quota.to=2024-01",
                    "measures.quota.title.es=Cuota",
                    "measures.quota.title.en=Quota",
                    "measures.gone.enabled=false",
                    "measures.points.where=[\"150101\", 15]"};
  auto const scenario =
      read(complete("measures:\n"
                    "  - {id: quota, kind: quota, head_share: 0.2}\n"
                    "  - {id: gone, kind: arrivals, factor: 2}\n"
                    "  - {id: points, kind: service_points, service: training, capacity_per_month: 3}\n"),
           overrides);
  EXPECT_EQ(scenario.months, 24);
  EXPECT_EQ(scenario.scale, 50);
  EXPECT_EQ(scenario.replicates, 3);
  EXPECT_EQ(scenario.seed, 9223372036854775807ULL);
  EXPECT_EQ(scenario.area, "150101,15");
  EXPECT_EQ(scenario.start, Month::of(2023, 1));
  EXPECT_EQ(scenario.name, "other");
  EXPECT_EQ(scenario.title_en, "Other: \"quoted\"");
  EXPECT_EQ(scenario.description_es, "Dos\nlíneas");
  EXPECT_EQ(scenario.parameters.*(a_parameter().member), a_parameter().low);
  ASSERT_EQ(scenario.measures.size(), 2U);
  EXPECT_EQ(scenario.measures[0].field("head_share").number, 0.75);
  EXPECT_EQ(scenario.measures[0].field("exempt_sizes").choices, 0b11U);
  EXPECT_EQ(scenario.measures[0].from, scenario.start);
  EXPECT_EQ(scenario.measures[0].to, Month::of(2024, 1));
  EXPECT_EQ(scenario.measures[0].title_es, "Cuota");
  EXPECT_EQ(scenario.measures[1].where, (std::vector<std::string>{"150101", "15"}));
}

TEST_F(ScenarioReading, AMistakeOnTheCommandLineNamesTheOption) {
  std::vector<std::pair<std::string, std::string>> const cases{
      {"months=0", "--set months=0: months = 0 (a whole number from 1 to 600)"},
      {"months", "--set months: written path=value"},
      {"=3", "--set =3: written path=value"},
      {"months=", "--set months=: months (the value is missing)"},
      {"monts=3", "--set monts=3: monts (unknown key). Did you mean months?"},
      {"months.x=3", "months.x (unknown key)"},
      {"parameters.months=3", "parameters.months (unknown key)"},
      {fmt::format("{}x=3", a_path()), fmt::format("{}x (unknown key). Did you mean {}?", a_path(), a_path())},
      {fmt::format("{}=1e300", a_path()), fmt::format("{} = 1e300 (a number from", a_path())},
      {fmt::format("parameters.{}=nan", a_path()), "must be a finite number"},
      {"measures.qota.head_share=1", "measures.qota.head_share (unknown key). Did you mean quota?"},
      {"measures.quota.head=1", "measures.quota.head (unknown key). Did you mean head_share?"},
      {"measures.quota.head_share=2", "measures.quota.head_share = 2 (a number from 0 to 1"},
      {"measures.quota.head_share=[1]", "measures.quota.head_share = [...] (a number from 0 to 1"},
      {"measures.quota.head_share=[1", "bracket not closed"},
      {"measures.quota.kind=arrivals", "not changed on the command line"},
      {"measures.quota=1", "measures.quota (unknown key)"},
      {"measures.quota.enabled=no", "Did you mean false?"},
      {"measures.quota.where=150101", "acts in the whole country"},
      {"measures=x", "measures (unknown key)"},
      {"extends=x", "extends is not changed on the command line"},
      {"title=x", "title (unknown key). Valid: es, en."},
      {"title.fr=x", "title.fr (unknown key). Valid: es, en."},
      {"name=a\tb", "tab"},
      {"name=a\x01", "control character 01"},
      {"name=\xFF", "is not UTF-8"},
      {"area=lima_calao", "Did you mean lima_callao?"},
      {"start=2022-1", "Did you mean 2022-01?"},
  };
  for (auto const& [set, fragment] : cases) {
    auto const found = mistakes_of_set(set);
    EXPECT_EQ(found.rfind("--set ", 0), 0U) << found;
    EXPECT_NE(found.find(fragment), std::string::npos) << set << "\n" << found;
  }
}

TEST_F(ScenarioReading, OneValueIsSetOnce) {
  Overrides overrides;
  overrides.months = 3;
  overrides.sets = {"months=4", fmt::format("{}={}", a_path(), a_parameter().low),
                    fmt::format("parameters.{}={}", a_path(), a_parameter().high)};
  auto const found = mistakes_of([&] { return read(complete(), overrides); });
  ASSERT_EQ(found.size(), 2U) << joined(found);
  EXPECT_NE(found[0].find("months was already set by --months 3"), std::string::npos) << found[0];
}

TEST_F(ScenarioReading, OverridesAreHeldToTheSameRanges) {
  Overrides overrides;
  overrides.months = 601;
  overrides.scale = 0;
  overrides.replicates = -1;
  overrides.seed = 9223372036854775808ULL;
  overrides.area = "nowhere";
  EXPECT_EQ(mistakes_of([&] { return read(complete(), overrides); }).size(), 5U);
}

TEST_F(ScenarioReading, TheResolvedTextReadsBackToTheSameScenario) {
  for (char const* name :
       {"base.yaml", "area_list.yaml", "choice_list_empty.yaml", "where_prefixes.yaml",
        "window_ends_before_start_without_from.yaml", "inherited_window_after_shorter_horizon.yaml"}) {
    SCOPED_TRACE(name);
    auto const scenario = read_scenario(corpus() / "scenarios" / name, few_districts(), corpus_places());
    auto const text = to_yaml(scenario);
    EXPECT_TRUE(same(scenario, read(text))) << text;
    EXPECT_EQ(to_yaml(read(text)), text);
  }
}

TEST_F(ScenarioReading, WhatSetsAParameterIsKnownAtTheTablesValueToo) {
  auto const* const row = &a_parameter();
  auto const by_file = complete(fmt::format("parameters: {{{}: {}}}\n", a_path(), row->value));
  Overrides by_option;
  by_option.sets = {fmt::format("{}={}", a_path(), row->value)};
  for (auto const& scenario : {read(by_file), read(complete(""), by_option)}) {
    EXPECT_EQ(scenario.stated_parameters, std::vector{row});
    EXPECT_FALSE(is_left_to_table(scenario, *row));
    EXPECT_TRUE(is_left_to_table(scenario, parameter_table().back()));
    // The record of a run writes all parameters out, and says which of them the scenario set.
    EXPECT_EQ(parse_scenario(to_yaml(scenario), "run.h5", "", few_districts()).stated_parameters, std::vector{row});
    EXPECT_EQ(read(to_yaml(scenario)).stated_parameters, std::vector{row});
  }
  // Older records say nothing of it: all of them are at the table's value, and none counts as set.
  auto older = to_yaml(read(by_file));
  auto const list = older.find("stated_parameters");
  older.erase(list, older.find('\n', list) + 1 - list);
  EXPECT_TRUE(parse_scenario(older, "run.h5", "", few_districts()).stated_parameters.empty());
  auto const told = joined(mistakes_of([&] { return read(complete("stated_parameters: [labour.taste_respons]\n")); }));
  EXPECT_NE(told.find("stated_parameters = labour.taste_respons (expects a list of parameters"), std::string::npos) << told;
  EXPECT_NE(told.find("Did you mean labour.taste_response?"), std::string::npos) << told;
  EXPECT_NE(joined(mistakes_of([&] { return read(complete("stated_parameters: 3\n")); })).find("stated_parameters = 3 (expects a list of parameters"), std::string::npos);
}

TEST_F(ScenarioReading, TheShippedScenariosAreInOrderAndReadBack) {
  auto const shipped = std::filesystem::path{ARRAIGO_SOURCE_DIR} / "scenarios";
  auto const districts = DistrictTable::read(shipped / "data");
  int read_back = 0;
  for (auto const& entry : std::filesystem::directory_iterator{shipped}) {
    if (entry.path().extension() != ".yaml") continue;
    SCOPED_TRACE(entry.path().filename().string());
    auto const again = folder.path() / "again.yaml";
    EXPECT_EQ(joined(mistakes_of([&] {
                auto const scenario = read_scenario(entry.path(), districts, {shipped});
                folder.write("again.yaml", to_yaml(scenario));
                EXPECT_TRUE(same(scenario, read_scenario(again, districts, {shipped})));
                return ++read_back;
              })),
              "");
  }
  EXPECT_GE(read_back, 5);
}

TEST_F(ScenarioReading, TheResolvedTextHoldsOddTextsAndNumbersExactly) {
  auto scenario = read(complete("measures:\n  - {id: a, kind: arrivals, factor: 2}\n"));
  scenario.title_es = "\"comillas\" \\ 'simples': {x} [y] # %z & *w ! | > @ `";
  scenario.title_en = "- ~ null true 1e5 <<: ñandú 日本 \xF0\x9F\x8C\xB1";
  scenario.description_es = "una\n\n  dos\n# tres\n---\n...\n%x";
  scenario.name = "yes";
  for (double const factor :
       {0.1, 1.0 / 3.0, 100.0, 5e-324, 1.7976931348623157e308 * 0 + 99.99999999999999, 1e-300, 0.0}) {
    scenario.measures[0].values[0].number = factor;
    auto const again = read(to_yaml(scenario));
    EXPECT_TRUE(same(scenario, again)) << to_yaml(scenario);
  }
  for (auto const& row : parameter_table()) {
    scenario.parameters.*(row.member) = std::nextafter(row.low, row.high);
  }
  EXPECT_TRUE(same(scenario, read(to_yaml(scenario)))) << to_yaml(scenario);
}

TEST_F(ScenarioReading, AGroupIsOneOfAListAndReadsBack) {
  EXPECT_EQ(read(complete(one_measure)).group, "");
  EXPECT_EQ(to_yaml(read(complete(one_measure))).find("group:"), std::string::npos);
  for (auto const& group : scenario_groups()) {
    auto const scenario = read(complete(fmt::format("group: {}\n{}", group.name, one_measure)));
    EXPECT_EQ(scenario.group, group.name);
    EXPECT_TRUE(same(scenario, read(to_yaml(scenario))));
  }
  EXPECT_NE(mistakes(complete(fmt::format("group: servces\n{}", one_measure))).find("group = servces (unknown word). Did you mean services?"),
            std::string::npos)
      << mistakes(complete(fmt::format("group: servces\n{}", one_measure)));
  EXPECT_NE(mistakes(complete(fmt::format("group: [services]\n{}", one_measure))).find("group = [...] (unknown word)"), std::string::npos);
  EXPECT_EQ(mistakes_of_set("group=local"), "");
}

TEST_F(ScenarioReading, AScenarioCutShortOnTheCommandLineReadsBack) {
  Overrides overrides;
  overrides.months = 6;
  auto const scenario = read(complete("measures:\n  - {id: a, kind: arrivals, factor: 2, from: 2026-12}\n"), overrides);
  auto const text = to_yaml(scenario);
  EXPECT_NE(text.find("horizon_months: 60\n"), std::string::npos) << text;
  EXPECT_TRUE(same(scenario, read(text)));
}

TEST_F(ScenarioReading, ProgrammesThatTheModelHasNoRoomForAreAMistake) {
  auto const found = [&](int count, std::string_view more) {
    std::string text = "measures:\n";
    for (int i = 0; i < count; ++i)
      text += fmt::format(
          "  - {{id: p{}, kind: programme, eligible: [irregular], grants: temporary, "
          "validity_months: 12, {}}}\n",
          i, more);
    return mistakes(complete(text));
  };
  EXPECT_EQ(found(16, "capacity_per_month: 10"), "");
  auto const many = found(40, "capacity_per_month: 10");
  EXPECT_NE(many.find("p16 is one more than the 16 programmes"), std::string::npos) << many;
  EXPECT_EQ(many.find('\n'), std::string::npos) << "one sentence: " << many;
  // One without capacity is not offered, and one that is removed is not there.
  EXPECT_EQ(found(40, "capacity_per_month: 0"), "");
  EXPECT_EQ(found(40, "capacity_per_month: 10, enabled: false"), "");
}

/// A measure of the fields, where the model does nothing with one of them or not what its words say.
struct RefusedSetting {
  char const* fields;
  char const* setting;  ///< as the sentence shows it
  char const* fix;
  char const* fix_es;
};

TEST_F(ScenarioReading, SettingsThatActOnNothingAtTheirServiceAreRefused) {
  constexpr char const* other = "Delete it, or use capacity, more points or another service.";
  constexpr char const* other_es = "Bórrela, o use capacidad, más puntos u otro servicio.";
  constexpr char const* of_children = "Use single_parents, with_young_children or poor.";
  constexpr char const* of_children_es = "Use single_parents, with_young_children o poor.";
  std::vector<RefusedSetting> refused{
      {"kind: outreach, service: migration_office, reach_share_per_month: 0.1", "service = migration_office", "Use mobile_unit or information_campaign.", "Use mobile_unit o information_campaign."},
      {"kind: accepted_documents, service: migration_office, permits: [temporary]", "service = migration_office", "Use eligible in the measure of kind programme.", "Use eligible en la medida de clase programme."},
      {"kind: service_quality, service: migration_office, factor: 1.1", "service = migration_office", other, other_es},
      {"kind: service_quality, service: childcare, factor: 1.1", "service = childcare", other, other_es},
      {"kind: service_quality, service: school, factor: 1.1", "service = school", other, other_es},
      {"kind: service_quality, service: elder_centre, factor: 0.9", "service = elder_centre", other, other_es},
      {"kind: service_quality, service: household_registry, factor: 1.1", "factor = 1.1", other, other_es},
      {"kind: service_quality, service: employment_centre, factor: 1.1", "factor = 1.1", other, other_es},
      {"kind: service_quality, service: bank_account, factor: 1.1", "factor = 1.1", other, other_es},
      {"kind: mobile_unit, service: health_insurance, capacity_per_month: 10, quality: 1.2", "quality = 1.2", other, other_es},
      {"kind: service_points, service: credit, capacity_per_month: 10, quality: 1.2", "quality = 1.2", other, other_es},
      {"kind: service_points, service: migration_office, capacity_per_month: 10, quality: 1.2", "quality = 1.2", other, other_es},
      {"kind: service_points, service: childcare, capacity_per_month: 10, quality: 0.8", "quality = 0.8", other, other_es},
      {"kind: mobile_unit, service: school, capacity_per_month: 10, quality: 1.2", "quality = 1.2", other, other_es},
      {"kind: mobile_unit, service: elder_centre, capacity_per_month: 10, quality: 0", "quality = 0", other, other_es},
      {"kind: service_points, service: skills_certification, capacity_per_month: 10, sector: commerce", "sector = commerce", "Delete sector.", "Borre sector."},
      {"kind: service_points, service: employment_centre, capacity_per_month: 10, sector: commerce", "sector = commerce", "Delete sector.", "Borre sector."},
      {"kind: service_points, service: childcare, capacity_per_month: 10, priority: [poor, women]", "priority = women, poor", of_children, of_children_es},
      {"kind: service_capacity, service: school, factor: 1.5, priority: [women]", "priority = women", of_children, of_children_es},
      {"kind: outreach, service: school, reach_share_per_month: 0.1, priority: [women]", "priority = women", of_children, of_children_es}};
  std::string text = "measures:\n";
  for (std::size_t k = 0; k < refused.size(); ++k) text += fmt::format("  - {{id: x{}, {}}}\n", k, refused[k].fields);
  for (bool const spanish : {false, true}) {
    if (spanish) setenv("LC_ALL", "es_PE.UTF-8", 1);
    auto const found = mistakes_of([&] { return read(complete(text)); });
    speak_english();
    ASSERT_EQ(found.size(), refused.size()) << joined(found);
    for (std::size_t k = 0; k < refused.size(); ++k) {
      EXPECT_NE(found[k].find(fmt::format("measures.x{}.{} (", k, refused[k].setting)), std::string::npos) << found[k];
      EXPECT_TRUE(found[k].ends_with(spanish ? refused[k].fix_es : refused[k].fix)) << found[k];
    }
  }
  // Of one measure both are told.
  EXPECT_EQ(mistakes_of([&] { return read(complete("measures:\n  - {id: x, kind: service_points, service: childcare, capacity_per_month: 10, quality: 1.2, priority: [women]}\n")); }).size(), 2U);
}

TEST_F(ScenarioReading, SettingsBesideTheRefusedOnesStand) {
  for (char const* const fields :
       {"kind: outreach, service: household_registry, reach_share_per_month: 0.1, priority: [women]", "kind: accepted_documents, service: credit, permits: [temporary]",
        "kind: service_quality, service: women_centre, factor: 1.1", "kind: service_points, service: migration_office, capacity_per_month: 10, quality: 1, priority: [women]",
        "kind: mobile_unit, service: migration_office, capacity_per_month: 10", "kind: service_capacity, service: elder_centre, factor: 1.5, priority: [women]",
        "kind: service_points, service: training, capacity_per_month: 10, quality: 1.2, sector: commerce, priority: [women]",
        "kind: service_points, service: childcare, capacity_per_month: 10, quality: 1, priority: [single_parents, with_young_children, poor]",
        "kind: service_capacity, service: school, factor: 1.5, priority: [migrants]", "kind: outreach, service: migration_office, reach_share_per_month: 0.1, enabled: false"})
    EXPECT_EQ(mistakes(complete(fmt::format("measures:\n  - {{id: x, {}}}\n", fields))), "") << fields;
}

TEST_F(ScenarioReading, AnAreaOfCommasIsOneMistake) {
  for (char const* area : {"area=,", "area=,,,", "area=150101,,peru"}) {
    auto const told = mistakes_of_set(area);
    EXPECT_NE(told.find("list of ubigeos"), std::string::npos) << told;
    EXPECT_EQ(told.find('\n'), std::string::npos) << told;
  }
}

TEST_F(ScenarioReading, AnOptionThatIsNotUtf8IsToldAsAnOption) {
  auto const told = mistakes_of_set("name=a\xFF");
  EXPECT_NE(told.find("is not UTF-8"), std::string::npos) << told;
  EXPECT_EQ(told.find("Save"), std::string::npos) << told;
}

TEST_F(ScenarioReading, AUbigeoIsCompletedByAZeroOnlyWhereThatIsAPlace) {
  EXPECT_NE(mistakes_of_set("area=70101").find("\"070101\""), std::string::npos) << mistakes_of_set("area=70101");
  auto const cut = mistakes_of_set("area=15010");
  EXPECT_NE(cut.find("six digits"), std::string::npos) << cut;
  EXPECT_EQ(cut.find("015010"), std::string::npos) << cut;
}

TEST_F(ScenarioReading, TheTablesReachIsHeldAgainstStartAndAmounts) {
  TableReach const reach{Month::of(2022, 2), "margins.csv", Month::of(2017, 1)};
  auto const found = [&](std::string const& text) {
    auto const file = folder.write("case.yaml", text);
    return joined(mistakes_of([&] { return read_scenario(file, few_districts(), {}, {}, reach); }));
  };
  auto const early = found(complete("odd: 1\n"));  // it starts in 2022-01
  EXPECT_NE(early.find("case.yaml:4:8: start = 2022-01 (a month from 2022-02 to 2199-12"), std::string::npos) << early;
  EXPECT_NE(early.find("odd (unknown key)"), std::string::npos) << early;
  std::string later = complete();
  later.replace(later.find("2022-01"), 7, "2022-02");
  EXPECT_EQ(found(later), "");
  auto const with = [&](char const* window) {
    return found(later + fmt::format("measures:\n  - {{id: w, kind: minimum_wage, soles_per_month: 1{}}}\n", window));
  };
  EXPECT_NE(with(", from: 2016-12").find("measures.w.from = 2016-12 (a month from 2017-01"), std::string::npos);
  EXPECT_EQ(with(", from: 2017-01"), "");
  EXPECT_EQ(with(", from: 2016-12, to: 2021-12"), "");
  EXPECT_NE(with(", from: 2016-12, to: 2022-01"), "") << "the starting state is made under its rules";
  EXPECT_EQ(with(", from: 2016-12, enabled: false"), "");
}

TEST_F(ScenarioReading, ACompleteTextIsAScenarioWithoutAFile) {
  auto const base = read_scenario(corpus() / "scenarios" / "base.yaml", few_districts(), corpus_places());
  auto const parsed = parse_scenario(to_yaml(base), "run.h5", "stem", few_districts());
  EXPECT_TRUE(same(base, parsed));
  EXPECT_EQ(parsed.stem, "stem");
  auto const told = joined(mistakes_of([&] { return parse_scenario("extends: base\nodd: 1\n", "run.h5", "", few_districts()); }));
  EXPECT_NE(told.find("run.h5:1:10: extends = base"), std::string::npos) << told;
  EXPECT_NE(told.find("run.h5:2:1: odd"), std::string::npos) << told;
}

TEST_F(ScenarioReading, CheckListsAllMistakesWithoutThrowing) {
  auto const sound = check_scenario(corpus() / "scenarios" / "base.yaml", few_districts(), corpus_places());
  EXPECT_TRUE(sound.scenario.has_value());
  EXPECT_TRUE(sound.mistakes.empty());
  auto const broken =
      check_scenario(corpus() / "scenarios" / "everything_at_once.yaml", few_districts(), corpus_places());
  EXPECT_FALSE(broken.scenario.has_value());
  EXPECT_EQ(broken.mistakes.size(), 5U);
}

}  // namespace
}  // namespace arraigo::tests
