/// Files made to harm: they must be refused in little time and memory, and random damage must never crash the reader.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <ctime>
#include <random>

#include "params/yaml_tree.hpp"
#include "params_fixture.hpp"

namespace arraigo::tests {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string out;
  out.reserve(bytes + piece.size());
  while (out.size() < bytes) out += piece;
  return out;
}

std::vector<std::string> read_mistakes(std::filesystem::path const& file) {
  return mistakes_of([&] { return read_scenario(file, few_districts(), corpus_places()); });
}

double seconds_of(std::vector<std::string>& found, std::filesystem::path const& file) {
  // Of the processor: another program that is running does not count.
  auto const begin = std::clock();
  found = read_mistakes(file);
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

long peak_memory_kb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(HostileScenario, BombsAreRefusedWithinSecondsAndLittleMemory) {
  speak_english();
  TempFolder const folder;
  std::size_t const most = YamlLimits::most_bytes;
  std::string steps;
  for (int i = 0; steps.size() < most - 2000; ++i)
    steps += std::string(static_cast<std::size_t>(i % 900), ' ') + "a:\n";
  std::string aliases = "a0: &a0 [x]\n";
  for (int i = 1; i < 30; ++i)
    aliases += fmt::format("a{0}: &a{0} [{1}]\n", i, repeated(fmt::format("*a{}, ", i - 1), 60));
  std::string keys, measures = "measures:\n", unknown;
  for (int i = 0; keys.size() < most - 20; ++i) keys += fmt::format("key{}: 1\n", i);
  for (int i = 0; measures.size() < most - 60; ++i)
    measures += fmt::format("  - {{id: m{}, kind: arrivals, factor: 1}}\n", i);
  std::vector<std::pair<std::string, std::string>> bombs{
      {"stairs", steps}, {"aliases", aliases}, {"keys", keys}, {"measures", measures}};
  for (std::string_view piece :
       {"[",   "{",   "[1,", "[a: ",  "{a: ", "- ",    "-\n",      "? ",   ": ",     "a ",  "\n", "\"\" ",
        "'",   "\"",  ",",   "1,",    "]",    "[[1],", "a: [\n",   "#",    "[\"\",", "&a ", "! ", "*a ",
        "[? ", "a: ", " ",   "[[]],", "{}",   "|\n",   ">-\n x\n", "<<: ", "\\",     "%",   "~ ", "- - "})
    bombs.emplace_back(std::string{piece}, repeated(piece, most - piece.size()));
  for (std::string_view piece : {"1,", ",", "[],", "a: 1,"})
    bombs.emplace_back("[" + std::string{piece}, "x: [" + repeated(piece, most - 20) + "]");
  for (auto const& [name, text] : bombs) {
    SCOPED_TRACE(name);
    std::vector<std::string> found;
    double const seconds = seconds_of(found, folder.write("bomb.yaml", text));
    EXPECT_FALSE(found.empty());
    EXPECT_LE(found.size(), 201U);
    // A bomb that goes off takes minutes; a busy machine needs some room over the half second that this takes when idle.
    EXPECT_LT(seconds, sanitized ? 20.0 : 5.0);
  }
  if (!sanitized) {
    EXPECT_LT(peak_memory_kb(), 300'000);
  }
}

TEST(HostileScenario, AHundredMegabytesAreRefusedUnread) {
  speak_english();
  TempFolder const folder;
  auto const file = folder.write("large.yaml", "extends: base\n");
  std::filesystem::resize_file(file, 100U << 20U);
  long const memory_before = peak_memory_kb();
  std::vector<std::string> found;
  double const seconds = seconds_of(found, file);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].find("the file has 100 MiB"), std::string::npos) << found[0];
  EXPECT_LT(seconds, 0.1);
  EXPECT_LT(peak_memory_kb() - memory_before, 20'000);
}

TEST(HostileScenario, WhatIsNoFileIsRefused) {
  speak_english();
  TempFolder const folder;
  EXPECT_NE(joined(read_mistakes(folder.path())).find("not a regular file"), std::string::npos);
  EXPECT_NE(joined(read_mistakes(folder.path() / "nothing.yaml")).find("there is no such file"), std::string::npos);
  EXPECT_NE(joined(read_mistakes("/dev/zero")).find("not a regular file"), std::string::npos);
}

TEST(HostileScenario, AForeignLocaleChangesNoNumber) {
  speak_english();
  TempFolder const folder;
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  auto const before = std::locale::global(std::locale{std::locale::classic(), new Comma});
  auto const text = complete(
      "measures:\n  - {id: a, kind: arrivals, factor: 1.234}\n  - {id: b, kind: job_fair, vacancies_per_month: "
      "123456}\n");
  auto const scenario = read_scenario(folder.write("case.yaml", text), few_districts(), corpus_places());
  auto const resolved = to_yaml(scenario);
  std::locale::global(before);
  EXPECT_EQ(scenario.measures[0].field("factor").number, 1.234);
  EXPECT_NE(resolved.find("factor: 1.234\n"), std::string::npos) << resolved;
  EXPECT_NE(resolved.find("vacancies_per_month: 123456\n"), std::string::npos) << resolved;
}

/// Damages a text the way people and disks do: bytes, pieces, lines, and bits of YAML where they do not belong.
std::string damaged(std::string text, std::mt19937& random) {
  static std::vector<std::string> const pieces{"\n",
                                               " ",
                                               "  ",
                                               ":",
                                               ": ",
                                               "- ",
                                               "[",
                                               "]",
                                               "{",
                                               "}",
                                               ",",
                                               "\"",
                                               "'",
                                               "#",
                                               " #",
                                               "|",
                                               ">",
                                               "|\n",
                                               ">-\n",
                                               "&a ",
                                               "*a",
                                               "!",
                                               "!!str ",
                                               "%",
                                               "---\n",
                                               "...\n",
                                               "<<: ",
                                               "? ",
                                               "~",
                                               "null",
                                               "true",
                                               ".inf",
                                               ".nan",
                                               "1e400",
                                               "1e-400",
                                               "010",
                                               "0x1",
                                               "-",
                                               "+",
                                               ".",
                                               "\t",
                                               "\r",
                                               "\r\n",
                                               "\\",
                                               "\xEF\xBB\xBF",
                                               "\xFF",
                                               "\xC2\x85",
                                               "\xE2\x80\xA8",
                                               "ñ",
                                               "日",
                                               "9999-99",
                                               "2023-06",
                                               "150101",
                                               "enabled: false",
                                               "extends: base\n",
                                               "id: quota",
                                               "where: [15]",
                                               "title: {es: x, en: y}",
                                               "\"a\\nb\"",
                                               "''",
                                               "\"\"",
                                               "[[[[[[[[[[",
                                               "{{{{{{{{{{",
                                               "measures:\n",
                                               "parameters:\n",
                                               "- {id: z, kind: quota}\n"};
  auto const below = [&](std::size_t end) { return std::uniform_int_distribution<std::size_t>{0, end - 1}(random); };
  for (std::size_t times = 1 + below(2); times > 0; --times) {
    std::size_t const at = below(text.size() + 1), length = std::min(text.size() - at, 1 + below(12));
    switch (below(6)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, pieces[below(pieces.size())]);
        break;
      case 2:
        text.replace(at, length, pieces[below(pieces.size())]);
        break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      case 4:
        text.insert(at, text.substr(below(text.size() + 1), below(60)));
        break;
      default: {  // a line moves elsewhere or changes its indentation
        std::size_t const begin = text.rfind('\n', at == 0 ? 0 : at - 1) + 1;
        std::size_t const end = std::min(text.find('\n', begin), text.size());
        auto line = text.substr(begin, end - begin) + "\n";
        text.erase(begin, end - begin + 1);
        if (below(2) == 0) line = std::string(below(6), ' ') + line;
        std::size_t const target = text.empty() ? 0 : text.rfind('\n', below(text.size())) + 1;
        text.insert(std::min(target, text.size()), line);
      }
    }
    if (text.empty()) text = "\n";
  }
  return text;
}

TEST(HostileScenario, RandomDamageGivesAScenarioOrSentences) {
  speak_english();
  TempFolder const folder;
  auto const base = bytes_of(corpus() / "scenarios" / "base.yaml");
  auto const resolved = to_yaml(read_scenario(corpus() / "scenarios" / "base.yaml", few_districts(), corpus_places()));
  std::vector<std::string> const seeds{
      base,
      "extends: base\nmonths: 24\nmeasures:\n- id: quota\n  head_share: 0.3\n- {id: offices, enabled: false}\n"
      "- id: p2\n  kind: minimum_wage\n  soles_per_month: 1130\n  title: {es: \"Mínimo\", en: 'Minimum'}\n  from: "
      "2025-01\n"};
  folder.write("base.yaml", base);
  std::mt19937 random{20220501};
  int scenarios = 0, refused = 0;
  int const rounds = sanitized ? 3'000 : 20'000;
  for (int round = 0; round < rounds; ++round) {
    // The resolved text is many times as long as the others: one round in ten is enough for it.
    auto const text = damaged(round % 10 == 0 ? resolved : seeds[static_cast<std::size_t>(round) % 2], random);
    auto const file = folder.write("case.yaml", text);
    try {
      auto const scenario = read_scenario(file, few_districts(), corpus_places());
      ++scenarios;
      auto const again = folder.write("again.yaml", to_yaml(scenario));
      ASSERT_TRUE(same(scenario, read_scenario(again, few_districts(), corpus_places()))) << "round " << round << "\n"
                                                                                          << text;
    } catch (InputError const& error) {
      ++refused;
      ASSERT_FALSE(error.sentences().empty());
      for (auto const& sentence : error.sentences()) {
        ASSERT_FALSE(sentence.empty());
        ASSERT_EQ(sentence.find('\n'), std::string::npos) << sentence;
      }
    }
  }
  // Both must happen often, or the damage is too small or too large to test anything.
  EXPECT_GT(scenarios, rounds / 40);
  EXPECT_GT(refused, rounds / 4);
}

}  // namespace
}  // namespace arraigo::tests
