/// The shipped scenarios as files: the catalogue is silent until something is switched on, every kind of measure is used,
/// groups and names are stated, and the arms of a claim hold the parts that its sign table says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "params/yaml_tree.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

/// A measure without its id and titles.
std::string terms_of(Scenario const& scenario, Measure const& measure) {
  Scenario only = scenario;
  only.measures = {measure};
  only.name = only.group = only.title_es = only.title_en = only.description_es = only.description_en = "";
  only.measures[0].title_es = only.measures[0].title_en = "";
  return to_yaml(only);
}

/// Measures by id and terms.
std::set<std::string> all_terms(Scenario const& scenario) {
  std::set<std::string> terms;
  for (auto const& measure : scenario.measures) terms.insert(terms_of(scenario, measure));
  return terms;
}

TEST(Catalogue, IsTheBaselineUntilSomethingIsSwitchedOn) {
  auto programmes = shipped("programmes");
  auto const baseline = shipped("baseline");
  programmes.name = baseline.name;
  programmes.title_es = baseline.title_es;
  programmes.title_en = baseline.title_en;
  programmes.description_es = baseline.description_es;
  programmes.description_en = baseline.description_en;
  EXPECT_EQ(to_yaml(programmes), to_yaml(baseline));
  for (auto const& entry : catalogue()) EXPECT_FALSE(entry.enabled) << entry.id;
}

TEST(Catalogue, EachProgrammeCanBeSwitchedOnAloneWithItsOwnDates) {
  auto const baseline = shipped("baseline");
  for (auto const& entry : catalogue()) {
    SCOPED_TRACE(entry.id);
    auto const scenario = variant("programmes", fmt::format("measures:\n  - {{id: {}, enabled: true}}\n", entry.id));
    ASSERT_EQ(scenario.measures.size(), baseline.measures.size() + 1);
    auto const& measure = scenario.measures.back();
    EXPECT_EQ(measure.id, entry.id);
    EXPECT_FALSE(measure.title_es.empty());
    EXPECT_FALSE(measure.title_en.empty());
    EXPECT_NE(measure.title_es, measure.title_en) << "a title is the same in both languages";
  }
}

TEST(Catalogue, AnInheritedMeasureTakesNewDatesAndTermsWhereItIsSwitchedOn) {
  auto const scenario = variant(
      "programmes",
      "measures:\n  - {id: cpp_2023, enabled: true, from: 2026-07, to: 2026-12, entry_cutoff: 2026-06, fee_soles: 10}\n");
  auto const& cpp = scenario.measures.back();
  EXPECT_EQ(cpp.id, "cpp_2023");
  EXPECT_EQ(cpp.from, Month::of(2026, 7));
  EXPECT_EQ(cpp.to, Month::of(2026, 12));
  EXPECT_EQ(cpp.field("entry_cutoff").month, Month::of(2026, 6));
  EXPECT_EQ(cpp.field("fee_soles").number, 10);
  EXPECT_EQ(cpp.field("capacity_per_month").number, 16500) << "what the file does not say stays";
}

TEST(Catalogue, KeepsTheFactsOfTheProgrammesThatItNames) {
  // Straight from the sources that the file cites; whoever changes one of them should find out why.
  auto const on = [](char const* id) {
    return variant("programmes", fmt::format("measures:\n  - {{id: {}, enabled: true}}\n", id)).measures.back();
  };
  EXPECT_EQ(on("ptp_007_2018").field("fee_soles").number, 41.9);
  EXPECT_EQ(on("ptp_007_2018").field("entry_cutoff").month, Month::of(2018, 10));
  EXPECT_EQ(on("ptp_007_2018").to, Month::of(2018, 12));
  EXPECT_EQ(on("special_resident_after_ptp").field("fee_soles").number, 117.6);
  EXPECT_EQ(on("cpp_2021").field("entry_cutoff").month, Month::of(2020, 10));
  EXPECT_EQ(on("cpp_2021_prolonged").to, Month::of(2023, 4));
  EXPECT_EQ(on("cpp_2023").from, Month::of(2023, 5));
  EXPECT_EQ(on("cpp_2023").to, Month::of(2023, 11));
  EXPECT_EQ(on("cpp_2023").field("validity_months").number, 12);
  EXPECT_EQ(on("humanitarian_183_days").field("validity_months").number, 6);
  EXPECT_EQ(on("amnesty_2023").to, Month::of(2023, 10));
  EXPECT_EQ(on("job_marathon_sjl").field("vacancies_per_month").number, 6000);
  EXPECT_EQ(on("job_marathon_sjl").where, std::vector<std::string>{"150132"});
  EXPECT_EQ(on("humanitarian_cash").field("soles_per_month").number, 760);
  EXPECT_EQ(on("new_mayors_2027").from, Month::of(2027, 1));
}

TEST(ShippedScenarios, StateTheirNameGroupAndTextsInBothLanguages) {
  std::set<std::string> titles_es, titles_en;
  std::map<std::string, int> of_group;
  for (auto const& name : shipped_names()) {
    SCOPED_TRACE(name);
    auto const scenario = shipped(name);
    bool const theory = name.starts_with("theory/");
    EXPECT_EQ(scenario.name, scenario.stem);
    EXPECT_EQ(scenario.group.empty(), name == "baseline" || name == "programmes");
    EXPECT_EQ(scenario.group == "theory", theory);
    ++of_group[scenario.group];
    EXPECT_TRUE(titles_es.insert(scenario.title_es).second) << "two scenarios are called " << scenario.title_es;
    EXPECT_TRUE(titles_en.insert(scenario.title_en).second) << "two scenarios are called " << scenario.title_en;
    EXPECT_NE(scenario.description_es, scenario.description_en);
    if (scenario.group.empty() || theory) continue;
    Overrides same_case;
    same_case.area = scenario.area;
    same_case.months = scenario.months;
    same_case.scale = scenario.scale;
    same_case.sets = {"start=" + scenario.start.text()};
    EXPECT_NE(all_terms(scenario), all_terms(shipped("baseline", same_case))) << "asks for nothing";
  }
  EXPECT_EQ(of_group.size(), scenario_groups().size() + 1);
  int library = 0;
  for (auto const& [group, count] : of_group)
    if (!group.empty() && group != "theory") library += count;
  EXPECT_GE(library, 34);
}

TEST(ShippedScenarios, UseEveryKindOfMeasure) {
  std::set<MeasureKind> used;
  for (auto const& name : shipped_names())
    for (auto const& measure : shipped(name).measures) used.insert(measure.kind);
  for (auto const& row : measure_kinds()) EXPECT_TRUE(used.contains(row.kind)) << row.name << " is in no scenario";
}

/// claims.yaml as far as these tests need it.
struct Claim {
  std::string id;
  std::map<std::string, std::string> arms, signs;
  std::vector<std::string> parts;
};

YamlNode const* entry_of(YamlNode const& map, std::string_view key) {
  for (std::size_t i = 0; i + 1 < map.items.size(); i += 2)
    if (map.items[i].text == key) return &map.items[i + 1];
  return nullptr;
}

std::vector<Claim> claims() {
  Errors errors;
  auto const file = read_yaml(std::filesystem::path{ARRAIGO_SOURCE_DIR} / "scenarios/theory/claims.yaml", "claims.yaml", errors);
  errors.throw_if_any();
  std::vector<Claim> all;
  for (auto const& node : entry_of(file->root, "claims")->items) {
    Claim& claim = all.emplace_back();
    claim.id = entry_of(node, "id")->text;
    for (auto const& [key, target] : {std::pair{"arms", &claim.arms}, std::pair{"signs", &claim.signs}})
      if (auto const* map = entry_of(node, key))
        for (std::size_t i = 0; i + 1 < map->items.size(); i += 2) (*target)[map->items[i].text] = map->items[i + 1].text;
    if (auto const* parts = entry_of(node, "parts"))
      for (std::size_t i = 0; i + 1 < parts->items.size(); i += 2) claim.parts.push_back(parts->items[i].text);
  }
  return all;
}

Scenario arm(Claim const& claim, std::string const& name) {
  std::string const file = claim.arms.at(name);
  return shipped("theory/" + file.substr(0, file.find('.')));
}

TEST(Claims, AreAllThereAndEveryArmBelongsToOne) {
  std::set<std::string> ids, used, files;
  for (auto const& claim : claims()) {
    ids.insert(claim.id);
    for (auto const& [name, file] : claim.arms) used.insert("theory/" + file.substr(0, file.find('.')));
  }
  EXPECT_EQ(ids, (std::set<std::string>{"T1", "T2", "T2b", "T3", "T4", "T5", "T6", "T7", "T8", "T9"}));
  for (auto const& name : shipped_names())
    if (name.starts_with("theory/")) files.insert(name);
  EXPECT_EQ(used, files);
}

TEST(Claims, ArmsDifferInMeasuresOnly) {
  for (auto const& claim : claims()) {
    auto off = arm(claim, "off");
    for (auto const& [name, file] : claim.arms) {
      SCOPED_TRACE(file);
      auto const other = arm(claim, name);
      EXPECT_EQ(other.start, off.start);
      EXPECT_EQ(other.months, off.months);
      EXPECT_EQ(other.area, off.area);
      EXPECT_EQ(other.scale, off.scale);
      EXPECT_EQ(other.replicates, off.replicates);
      EXPECT_EQ(other.seed, off.seed);
      for (auto const& row : parameter_table())
        EXPECT_EQ(other.parameters.*(row.member), off.parameters.*(row.member)) << row.name;
    }
  }
}

TEST(Claims, TheArmWithEverythingHoldsWhatItsPartsHoldAndNoMore) {
  for (auto const& claim : claims()) {
    if (!claim.arms.contains("a") || !claim.arms.contains("b") || !claim.signs.empty()) continue;
    SCOPED_TRACE(claim.id);
    auto const off = all_terms(arm(claim, "off"));
    auto both = all_terms(arm(claim, "a"));
    both.merge(all_terms(arm(claim, "b")));
    auto const on = all_terms(arm(claim, "on"));
    // What a part changes is no longer as in off.
    std::erase_if(both, [&](std::string const& terms) { return off.contains(terms) && !on.contains(terms); });
    EXPECT_EQ(on, both);
  }
}

TEST(Claims, TheSignTableSaysWhatIsOnInEachArm) {
  int fractions = 0;
  for (auto const& claim : claims()) {
    if (claim.signs.empty()) continue;
    ++fractions;
    SCOPED_TRACE(claim.id);
    auto const off = all_terms(arm(claim, "off"));
    std::map<std::string, std::set<std::string>> added;
    // The arm with every part may lie outside the fraction.
    auto signs_of_arms = claim.signs;
    signs_of_arms["on"] = std::string(claim.parts.size(), '+');
    for (auto const& [name, signs] : signs_of_arms) {
      added[name];
      for (auto const& terms : all_terms(arm(claim, name)))
        if (!off.contains(terms)) added[name].insert(terms);
    }
    // A part is what every arm with it adds and no arm without it.
    std::vector<std::set<std::string>> parts;
    for (std::size_t p = 0; p < claim.parts.size(); ++p) {
      std::set<std::string> part = added.at("on");
      for (auto const& [name, signs] : signs_of_arms)
        std::erase_if(part, [&added, &name = name, &signs = signs, p](std::string const& terms) { return added[name].contains(terms) != (signs[p] == '+'); });
      EXPECT_FALSE(part.empty()) << claim.parts[p];
      parts.push_back(part);
    }
    for (auto const& [name, signs] : signs_of_arms) {
      std::set<std::string> expected;
      for (std::size_t p = 0; p < parts.size(); ++p)
        if (signs[p] == '+') expected.insert(parts[p].begin(), parts[p].end());
      EXPECT_EQ(added[name], expected) << name;
    }
    // Balanced, and no two parts always together or always apart.
    for (std::size_t p = 0; p < parts.size(); ++p)
      for (std::size_t q = 0; q <= p; ++q) {
        int sum = 0;
        for (auto const& [name, signs] : claim.signs) sum += (signs[p] == '+' ? 1 : -1) * (p == q ? 1 : signs[q] == '+' ? 1 : -1);
        EXPECT_EQ(sum, 0) << claim.parts[p] << " and " << claim.parts[q];
      }
  }
  EXPECT_EQ(fractions, 2);
}

}  // namespace
}  // namespace arraigo::tests
