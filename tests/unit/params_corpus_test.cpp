/// Every file of tests/corpus/scenarios with the sentences it must give: expected.csv has one row for each sentence, or
/// one row without a fragment for a file that is in order.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/csv.hpp"
#include "params_fixture.hpp"

namespace arraigo::tests {
namespace {

std::map<std::string, std::vector<std::string>> expected_sentences() {
  Errors errors;
  auto const table =
      CsvTable::read(corpus() / "scenarios" / "expected.csv", {"file", "line", "column", "fragment"}, errors);
  std::map<std::string, std::vector<std::string>> expected;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    auto& sentences = expected[std::string{table.text(row, "file")}];
    if (table.blank(row, "fragment")) continue;
    // "file:line:column: " is compared as a whole, so that a position one off is a failure.
    std::string const position =
        table.blank(row, "line")
            ? ""
            : fmt::format("{}:{}:{}: ", table.text(row, "file"), table.text(row, "line"), table.text(row, "column"));
    sentences.push_back(position + "|" + std::string{table.text(row, "fragment")});
  }
  errors.throw_if_any();
  return expected;
}

bool tells(std::string const& sentence, std::string const& expected) {
  auto const bar = expected.find('|');
  auto const at = sentence.find(expected.substr(0, bar));
  return at != std::string::npos && sentence.find(expected.substr(bar + 1), at + bar) != std::string::npos;
}

TEST(ScenarioCorpus, EveryFileGivesItsSentencesAndNoOthers) {
  speak_english();
  auto const expected = expected_sentences();
  ASSERT_GT(expected.size(), 140U);
  for (auto const& [file, sentences] : expected) {
    SCOPED_TRACE(file);
    auto const found =
        mistakes_of([&file = file] { return read_scenario(corpus() / "scenarios" / file, few_districts(), corpus_places()); });
    EXPECT_EQ(found.size(), sentences.size()) << joined(found);
    for (std::size_t i = 0; i < std::min(found.size(), sentences.size()); ++i)
      EXPECT_TRUE(tells(found[i], sentences[i])) << "expected " << sentences[i] << "\nfound    " << found[i];
  }
}

TEST(ScenarioCorpus, EveryFileIsExpected) {
  auto const expected = expected_sentences();
  std::set<std::string> const loaded_by_others{"loop_b.yaml", "only_shipped.yaml"};
  for (auto const& entry : std::filesystem::directory_iterator{corpus() / "scenarios"}) {
    if (entry.path().extension() != ".yaml") continue;
    auto const name = entry.path().filename().string();
    EXPECT_TRUE(expected.contains(name) || loaded_by_others.contains(name)) << name;
  }
}

TEST(ScenarioCorpus, SentencesAreSpanishForSpanishPlanners) {
  setenv("LC_ALL", "es_PE.UTF-8", 1);
  auto const found = mistakes_of(
      [&] { return read_scenario(corpus() / "scenarios" / "unknown_key.yaml", few_districts(), corpus_places()); });
  speak_english();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].find("titel (clave desconocida). ¿Quiso decir title?"), std::string::npos) << found[0];
}

TEST(ScenarioCorpus, NoLibrarysEnglishStandsInASpanishSentence) {
  setenv("LC_ALL", "es_PE.UTF-8", 1);
  std::vector<std::string> all;
  for (auto const& [file, sentences] : expected_sentences())
    for (auto& sentence :
         mistakes_of([&file = file] { return read_scenario(corpus() / "scenarios" / file, few_districts(), corpus_places()); }))
      all.push_back(std::move(sentence));
  speak_english();
  ASSERT_GT(all.size(), 140U);
  for (auto const& sentence : all)
    for (char const* word : {" the ", " illegal", " invalid", " unknown ", " not found", " while ", " cannot", "(bad "})
      EXPECT_EQ(sentence.find(word, sentence.rfind(".yaml:") + 1), std::string::npos) << sentence;
}

}  // namespace
}  // namespace arraigo::tests
