#include "analysis/evidence.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "core/errors.hpp"

namespace arraigo::analysis {
namespace {

EvidenceVerdict verdict(EffectKind kind, double low, double high, double from, double to) { return verdict_of(kind, low, high, (from + to) / 2, Interval{from, to}); }

TEST(EvidenceVerdicts, OfASizeAreWithinOrderSignOrNone) {
  EXPECT_EQ(verdict(EffectKind::effect, 6, 6, 4, 7), EvidenceVerdict::within);
  EXPECT_EQ(verdict(EffectKind::effect, 6, 6, 2, 4), EvidenceVerdict::same_order);
  EXPECT_EQ(verdict(EffectKind::effect, 6, 6, 10, 14), EvidenceVerdict::same_order);
  EXPECT_EQ(verdict(EffectKind::effect, 6, 6, 0.5, 1), EvidenceVerdict::same_sign);
  EXPECT_EQ(verdict(EffectKind::effect, 6, 6, 20, 24), EvidenceVerdict::same_sign);
  EXPECT_EQ(verdict(EffectKind::effect, 6, 6, -4, -2), EvidenceVerdict::outside);
  EXPECT_EQ(verdict(EffectKind::effect, 6, 6, -1, 7), EvidenceVerdict::undecided) << "wide enough to hold the figure, and zero";
  EXPECT_EQ(verdict(EffectKind::effect, 13, 13, -10, 8), EvidenceVerdict::outside) << "more replicates would not bring the figure in";
  EXPECT_EQ(verdict(EffectKind::effect, -1.05, -0.59, -0.7, -0.6), EvidenceVerdict::within);
  EXPECT_EQ(verdict(EffectKind::effect, -1.05, -0.59, -0.3, -0.2), EvidenceVerdict::same_order);
  EXPECT_EQ(verdict(EffectKind::effect, -1.05, -0.59, 0.2, 0.3), EvidenceVerdict::outside);
  EXPECT_EQ(verdict_of(EffectKind::effect, 6, 6, 6, {}), EvidenceVerdict::undecided) << "one replicate";
  EXPECT_EQ(verdict_of(EffectKind::level, 92.4, 92.4, 97.1, Interval{97, 97.2}), EvidenceVerdict::same_order);
  EXPECT_EQ(verdict_of(EffectKind::level, 92.4, 92.4, 97.1, Interval{97, 97.2}, true), EvidenceVerdict::outside) << "2.9 are on a payroll, not 7.6";
  EXPECT_EQ(verdict_of(EffectKind::level, 92.4, 92.4, 93.5, Interval{93.4, 93.6}, true), EvidenceVerdict::same_order);
}

TEST(EvidenceVerdicts, OfLevelsSignsAndBounds) {
  EXPECT_EQ(verdict(EffectKind::level, 64, 64, 63, 65), EvidenceVerdict::within);
  EXPECT_EQ(verdict(EffectKind::level, 64, 64, 53, 55), EvidenceVerdict::same_order);
  EXPECT_EQ(verdict(EffectKind::level, 64, 64, 30, 40), EvidenceVerdict::outside);
  EXPECT_EQ(verdict(EffectKind::sign, -1, -1, -9, -0.1), EvidenceVerdict::within);
  EXPECT_EQ(verdict(EffectKind::sign, -1, -1, -9, 0.1), EvidenceVerdict::undecided);
  EXPECT_EQ(verdict(EffectKind::sign, 1, 1, -9, -0.1), EvidenceVerdict::outside);
  EXPECT_EQ(verdict(EffectKind::bound, -5, 5, -1, 2), EvidenceVerdict::within);
  EXPECT_EQ(verdict(EffectKind::bound, -5, 5, -6, 2), EvidenceVerdict::undecided);
  EXPECT_EQ(verdict(EffectKind::bound, -5, 5, 5.1, 7), EvidenceVerdict::outside);
  EXPECT_EQ(verdict(EffectKind::at_most, 20, 20, -3, 19), EvidenceVerdict::within);
  EXPECT_EQ(verdict(EffectKind::at_most, 20, 20, 19, 21), EvidenceVerdict::undecided);
  EXPECT_EQ(verdict(EffectKind::at_most, 20, 20, 21, 22), EvidenceVerdict::outside);
  EXPECT_EQ(verdict(EffectKind::at_least, 50, 50, 60, 70), EvidenceVerdict::within);
  EXPECT_EQ(verdict(EffectKind::at_least, 50, 50, 40, 49), EvidenceVerdict::outside);
}

TEST(EvidenceRows, TakeMeansIntervalsAndTotals) {
  PublishedEffect e;
  e.kind = EffectKind::effect;
  e.low = e.high = 2;
  std::vector<double> const values{1.9, 2.0, 2.2}, totals{1.0, 1.0};
  auto const row = judge(e, values, totals);
  EXPECT_NEAR(row.mean, 6.1 / 3, 1e-12);
  EXPECT_EQ(row.verdict, EvidenceVerdict::within);
  EXPECT_NEAR(*row.total_share(), 3 / 6.1, 1e-12);
  EXPECT_EQ(judge(e, {}, {}).verdict, EvidenceVerdict::unmeasured);
  EXPECT_FALSE(judge(e, values, {}).total);
}

std::string const header = "id,experiment,outcome,kind,low,high,unit,place_es,place_en,conflicts,title_es,title_en,note_es,note_en,source\n";
std::vector<PublishedEffect> effects_of(std::string const& rows) {
  auto const file = std::filesystem::temp_directory_path() / ("arraigo_effects_" + std::to_string(reinterpret_cast<std::uintptr_t>(&rows)) + ".csv");
  std::ofstream(file) << header << rows;
  struct Remove {
    std::filesystem::path file;
    ~Remove() { std::filesystem::remove(file); }
  } const remove{file};
  return read_effects(file);
}

TEST(EvidenceTable, ReadsTheShippedOneAndSaysEveryMistake) {
  auto const shipped = read_effects(std::filesystem::path{ARRAIGO_SOURCE_DIR} / "scenarios/data/evidence/effects.csv");
  EXPECT_GT(shipped.size(), 30U);
  // Whoever is in conflict with another row names one that is there.
  for (auto const& e : shipped) {
    std::istringstream ids(e.conflicts);
    for (std::string id; ids >> id;)
      EXPECT_TRUE(std::any_of(shipped.begin(), shipped.end(), [&](auto const& other) { return other.id.starts_with(id); })) << e.id << " " << id;
  }
  try {
    (void)effects_of("A,permit,pay,effect,2,1,%,Perú,Peru,,a,b,,,s\nA,permit,pay,sign,2,2,pp,Perú,Peru,,a,b,c,,s\nB,permit,pay,size,1,nan,km,Perú,Peru,,,b,,,\n");
    FAIL() << "mistakes were taken";
  } catch (InputError const& e) {
    std::string const said = e.what();
    for (char const* part : {":2: ", ":3: ", ":4: ", "high = 1", "id = A", "kind = size", "unit = km", "note_en", "title_es", "source"}) EXPECT_NE(said.find(part), std::string::npos) << part << "\n" << said;
  }
}

TEST(EvidenceTable, IsPrintedInBothLanguagesAndForPrograms) {
  PublishedEffect e;
  e.id = "E07";
  e.experiment = "inflow";
  e.outcome = "host_pay";
  e.unit = "%";
  e.place_es = "Alemania";
  e.place_en = "Germany";
  e.conflicts = "E11";
  e.title_es = "pago";
  e.title_en = "pay";
  e.note_es = "ojo";
  e.note_en = "mind";
  e.source = "Somebody, 2020";
  e.low = -1.05;
  e.high = -0.59;
  Evidence evidence{.rows = {judge(e, std::vector<double>{-0.7, -0.8, -0.75}, std::vector<double>{-0.3})}, .replicates = 3, .scale = 100, .area = "peru", .version = "1", .commit = "c"};
  std::ostringstream es, en, csv, json, markdown;
  print_evidence(es, evidence, Lang::es, 100);
  print_evidence(en, evidence, Lang::en, 100);
  print_evidence_csv(csv, evidence);
  print_evidence_json(json, evidence);
  print_evidence_markdown(markdown, evidence, Lang::en);
  for (char const* part : {"Alemania *", "-1,05 a -0,59 %", "dentro (en conflicto con E11)", "ojo", "otro país"}) EXPECT_NE(es.str().find(part), std::string::npos) << part << "\n" << es.str();
  for (char const* part : {"Germany *", "-1.05 to -0.59 %", "within (in conflict with E11)", "mind", "-0.75"}) EXPECT_NE(en.str().find(part), std::string::npos) << part << "\n" << en.str();
  EXPECT_NE(csv.str().find("\nE07,inflow,host_pay,effect,%,Germany,1,-1.05,-0.59,3,-0.75,"), std::string::npos) << csv.str();
  auto const told = nlohmann::json::parse(json.str());
  EXPECT_EQ(told["rows"][0]["verdict"], "within");
  EXPECT_NEAR(told["rows"][0]["total_share"].get<double>(), 0.4, 1e-9);
  EXPECT_NE(markdown.str().find("| E07 | pay | Germany * |"), std::string::npos) << markdown.str();
}

}  // namespace
}  // namespace arraigo::analysis
