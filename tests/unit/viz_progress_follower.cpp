/// Following a run by its progress file, whatever stands in that file.
#include "viz/progress_follower.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "core/errors.hpp"
#include "params_fixture.hpp"

namespace arraigo::viz {
namespace {
namespace fs = std::filesystem;

class Progress : public testing::Test {
 protected:
  void write(std::string const& text) const { std::ofstream(file, std::ios::trunc | std::ios::binary) << text; }
  void append(std::string const& text) const { std::ofstream(file, std::ios::app | std::ios::binary) << text; }
  void reads_until_nothing_is_new(ProgressFollower& follower) const {
    for (int calls = 0; follower.update(); ++calls) ASSERT_LT(calls, 1000);
  }
  /// The sentence with which the file is refused.
  [[nodiscard]] std::string refusal() const {
    try {
      ProgressFollower const follower(file);
    } catch (InputError const& error) {
      return error.what();
    }
    return "";
  }

  tests::TempFolder const folder;
  fs::path const file = folder.path() / "baseline.progress.jsonl";
};

std::string head(int months = 3, int replicates = 2, std::string const& indicators = R"("regular_share","host_income")") {
  return fmt::format(
      R"({{"stem":"baseline","title_es":"Línea de base","title_en":"Baseline","start":"2026-01","months":{},"replicates":{},"scale":20,"area":"lima_callao","seed":7,"indicators":[{}]}})"
      "\n",
      months, replicates, indicators);
}

std::string line(int replicate, std::string const& month, std::string const& values) {
  return fmt::format(R"({{"replicate":{},"month":"{}","values":[{}]}})"
                     "\n",
                     replicate, month, values);
}

TEST_F(Progress, TellsTheRunAndItsValues) {
  write(head() + line(1, "2026-01", "26.5,2100") + line(0, "2026-01", "null,2101.25") + line(1, "2026-02", "1e2,-3"));
  ProgressFollower const follower(file);
  EXPECT_EQ(follower.file(), file);
  EXPECT_EQ(follower.stem(), "baseline");
  EXPECT_EQ(follower.title_es(), "Línea de base");
  EXPECT_EQ(follower.title_en(), "Baseline");
  EXPECT_EQ(follower.start().text(), "2026-01");
  EXPECT_EQ(follower.months(), 3);
  EXPECT_EQ(follower.replicates(), 2);
  EXPECT_EQ(follower.indicators(), (std::vector<std::string>{"regular_share", "host_income"}));
  EXPECT_EQ(follower.value(0, 1, 0), 26.5);
  EXPECT_EQ(follower.value(1, 1, 0), 2100);
  EXPECT_EQ(follower.value(0, 0, 0), std::nullopt);
  EXPECT_EQ(follower.value(1, 0, 0), 2101.25);
  EXPECT_EQ(follower.value(0, 1, 1), 100);
  EXPECT_EQ(follower.value(0, 0, 1), std::nullopt);
  EXPECT_EQ(follower.months_done(0), 1);
  EXPECT_EQ(follower.months_done(1), 2);
  EXPECT_FALSE(follower.finished());
  EXPECT_EQ(follower.damaged_lines(), 0);
}

TEST_F(Progress, WhatIsAskedOutsideTheRunIsNothing) {
  write(head() + line(0, "2026-01", "1,2"));
  ProgressFollower const follower(file);
  for (auto const& [indicator, replicate, month] : std::initializer_list<std::tuple<std::size_t, int, int>>{
           {2, 0, 0}, {0, 2, 0}, {0, -1, 0}, {0, 0, 3}, {0, 0, -1}, {0, 0, 1 << 30}, {std::size_t(-1), 1 << 30, 0}})
    EXPECT_EQ(follower.value(indicator, replicate, month), std::nullopt);
  EXPECT_EQ(follower.months_done(-1), 0);
  EXPECT_EQ(follower.months_done(2), 0);
}

TEST_F(Progress, ALineStillBeingWrittenWaitsForItsEnd) {
  write(head());
  ProgressFollower follower(file);
  EXPECT_FALSE(follower.update());
  auto const whole = line(0, "2026-01", "12.5,7");
  append(whole.substr(0, whole.size() / 2));
  EXPECT_FALSE(follower.update());
  EXPECT_EQ(follower.months_done(0), 0);
  append(whole.substr(whole.size() / 2, 5));
  EXPECT_FALSE(follower.update());
  append(whole.substr(whole.size() / 2 + 5) + line(0, "2026-02", "13,8"));
  EXPECT_TRUE(follower.update());
  EXPECT_EQ(follower.value(0, 0, 0), 12.5);
  EXPECT_EQ(follower.value(0, 0, 1), 13);
  EXPECT_EQ(follower.damaged_lines(), 0);
  EXPECT_FALSE(follower.update());
}

TEST_F(Progress, IsFinishedOnceAllMonthsOfAllReplicatesHaveCome) {
  write(head(2, 2));
  ProgressFollower follower(file);
  for (auto const& [replicate, month] : {std::pair{0, "2026-01"}, {0, "2026-02"}, {0, "2026-02"}, {1, "2026-02"}}) {
    append(line(replicate, month, "1,2"));
    EXPECT_TRUE(follower.update());
    EXPECT_FALSE(follower.finished());
  }
  EXPECT_EQ(follower.months_done(0), 2);  // a month that comes twice counts once
  append(line(1, "2026-01", "1,2"));
  EXPECT_TRUE(follower.update());
  EXPECT_TRUE(follower.finished());
}

TEST_F(Progress, ARunThatHasJustBegunIsWaitedFor) {
  for (std::string const& begun : {std::string{}, head().substr(0, 40)}) {
    write(begun);
    ProgressFollower follower(file);
    EXPECT_EQ(follower.months(), 0);
    EXPECT_TRUE(follower.indicators().empty());
    EXPECT_EQ(follower.value(0, 0, 0), std::nullopt);
    EXPECT_FALSE(follower.finished());
    append(head().substr(begun.size()) + line(0, "2026-01", "1,2"));
    EXPECT_TRUE(follower.update());
    EXPECT_EQ(follower.months(), 3);
    EXPECT_EQ(follower.value(1, 0, 0), 2);
    EXPECT_EQ(follower.damaged_lines(), 0);
  }
}

TEST_F(Progress, AFileThatStartsAnewIsReadAnew) {
  write(head() + line(0, "2026-01", "1,2") + "garbage\n" + line(0, "2026-02", "3,4"));
  ProgressFollower follower(file);
  EXPECT_EQ(follower.damaged_lines(), 1);
  // Shorter than what was read.
  write(head(12, 1));
  EXPECT_TRUE(follower.update());
  EXPECT_EQ(follower.months(), 12);
  EXPECT_EQ(follower.months_done(0), 0);
  EXPECT_EQ(follower.value(0, 0, 0), std::nullopt);
  EXPECT_EQ(follower.damaged_lines(), 0);
  // Longer at once, with another head.
  write(head(6, 3, R"("a","b","c")") + line(2, "2026-01", "1,2,3") + line(2, "2026-02", "4,5,6"));
  EXPECT_TRUE(follower.update());
  EXPECT_EQ(follower.indicators().size(), 3U);
  EXPECT_EQ(follower.months_done(2), 2);
  // Longer at once, with the same head and other months.
  write(head(6, 3, R"("a","b","c")") + line(1, "2026-01", "1,2,3") + line(1, "2026-02", "4,5,6") + line(1, "2026-03", "7,8,9"));
  EXPECT_TRUE(follower.update());
  EXPECT_EQ(follower.months_done(2), 0);
  EXPECT_EQ(follower.months_done(1), 3);
  // Emptied: nothing is known until the new run says what it is.
  write("");
  EXPECT_TRUE(follower.update());
  EXPECT_EQ(follower.months(), 0);
  EXPECT_FALSE(follower.update());
  // Anew in the middle of a line.
  write(head() + R"({"replicate":0,"mon)");
  EXPECT_TRUE(follower.update());
  write(head());
  EXPECT_TRUE(follower.update());
  append(line(0, "2026-01", "1,2"));
  EXPECT_TRUE(follower.update());
  EXPECT_EQ(follower.value(0, 0, 0), 1);
  EXPECT_EQ(follower.damaged_lines(), 0);
}

TEST_F(Progress, AFileThatHasGoneKeepsWhatIsKnown) {
  write(head() + line(0, "2026-01", "1,2"));
  ProgressFollower follower(file);
  fs::remove(file);
  EXPECT_FALSE(follower.update());
  fs::create_directory(file);
  EXPECT_FALSE(follower.update());
  EXPECT_EQ(follower.value(0, 0, 0), 1);
  fs::remove(file);
  write(head(5, 1));
  EXPECT_TRUE(follower.update());
  EXPECT_EQ(follower.months(), 5);
}

TEST_F(Progress, DamagedLinesAreCountedAndLeftOut) {
  std::string const good = R"({"replicate":0,"month":"2026-01","values":[1,2]})";
  std::vector<std::string> const bad{
      "",
      "garbage",
      "[1,2,3]",
      "{",
      good.substr(0, 30),
      good + good,
      R"({"replicate":2,"month":"2026-01","values":[1,2]})",
      R"({"replicate":-1,"month":"2026-01","values":[1,2]})",
      R"({"replicate":4294967296,"month":"2026-01","values":[1,2]})",
      R"({"replicate":18446744073709551615,"month":"2026-01","values":[1,2]})",
      R"({"replicate":0.5,"month":"2026-01","values":[1,2]})",
      R"({"replicate":"0","month":"2026-01","values":[1,2]})",
      R"({"replicate":0,"month":"2025-12","values":[1,2]})",
      R"({"replicate":0,"month":"2026-04","values":[1,2]})",
      R"({"replicate":0,"month":"2026-13","values":[1,2]})",
      R"({"replicate":0,"month":202601,"values":[1,2]})",
      R"({"replicate":0,"month":"2026-01"})",
      R"({"replicate":0,"month":"2026-01","values":[1]})",
      R"({"replicate":0,"month":"2026-01","values":[1,2,3]})",
      R"({"replicate":0,"month":"2026-01","values":[1,"2"]})",
      R"({"replicate":0,"month":"2026-01","values":[1,1e999]})",
      R"({"replicate":0,"month":"2026-01","values":[1,NaN]})",
      R"({"replicate":0,"month":"2026-01","values":{"a":1}})",
      "{\"replicate\":0,\"month\":\"2026-01\",\"values\":[1,2],\"x\":\"\xff\"}",
      std::string(100000, '['),
      std::string(100000, '{'),
      std::string("\0\0\0", 3),
      head().substr(0, head().size() - 1),
  };
  std::string text = head();
  for (auto const& one : bad) text += one + "\n";
  write(text + line(1, "2026-03", "8,9"));
  ProgressFollower const follower(file);
  EXPECT_EQ(follower.damaged_lines(), static_cast<std::int64_t>(bad.size()));
  EXPECT_EQ(follower.months_done(0), 0);
  EXPECT_EQ(follower.value(1, 1, 2), 9);
  EXPECT_EQ(follower.months_done(1), 1);
}

TEST_F(Progress, AReplicateOrMonthThatTheRunDoesNotHaveIsNamed) {
  tests::speak_english();
  write(head() + line(0, "2026-01", "1,2") + "torn\n" + line(-5, "2026-02", "1,2") + line(0, "2031-01", "1,2") + line(1, "2026-01", "1,2"));
  ProgressFollower follower(file);
  EXPECT_EQ(follower.complaint(), file.string() + ":4: replicate = -5 (expects a whole number from 0 to 1). Lines left out: 3. Was the file edited by hand? "
                                                  "\"arraigo run\" writes it anew.");
  EXPECT_EQ(follower.months_done(1), 1);
  write(head() + line(0, "2031-01", "1,2"));
  ASSERT_TRUE(follower.update());
  EXPECT_NE(follower.complaint().find(":2: month = 2031-01 (expects a month from 2026-01 to 2026-03)"), std::string::npos) << follower.complaint();
  write(head() + "torn\n" + line(0, "2026-01", "1,2"));
  ASSERT_TRUE(follower.update());
  EXPECT_EQ(follower.complaint(), "");
}

TEST_F(Progress, AFileThatIsNoProgressIsRefusedInASentence) {
  EXPECT_NE(refusal().find(file.string()), std::string::npos);  // not there
  std::string const good = head();
  auto const with = [&](std::string const& from, std::string const& to) {
    auto text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  for (std::string const& text : std::vector<std::string>{
           "garbage",
           "garbage\n",
           "\n",
           std::string(4096, '\0'),
           "\x89HDF\r\n\x1a\n",
           "{}\n",
           "{\"stem\":\n",
           with(R"("months":3)", R"("months":0)"),
           with(R"("months":3)", R"("months":601)"),
           with(R"("months":3)", R"("months":-3)"),
           with(R"("months":3)", R"("months":3.5)"),
           with(R"("months":3)", R"("months":99999999999999999999)"),
           with(R"("replicates":2)", R"("replicates":10001)"),
           with(R"("replicates":2)", R"("replicates":18446744073709551614)"),
           with(R"("replicates":2)", R"("replicates":null)"),
           with("2026-01", "2026-00"),
           with("2026-01", "soon"),
           with("Baseline", "Base\\u0000line"),
           with("Baseline", "Base\xffline"),
           with(R"("regular_share","host_income")", ""),
           with(R"("regular_share","host_income")", "1,2"),
           with(R"("stem":"baseline",)", ""),
           line(0, "2026-01", "1,2"),
           std::string(300000, '{'),
       }) {
    write(text);
    EXPECT_NE(refusal().find("arraigo run"), std::string::npos) << text.substr(0, 80);
  }
  fs::remove(file);
  fs::create_directory(file);
  EXPECT_NE(refusal().find(file.string()), std::string::npos);
}

TEST_F(Progress, APipeIsRefusedWithoutWaiting) {
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_NE(refusal().find(file.string()), std::string::npos);
}

TEST_F(Progress, TheFormatWithoutIndicatorsIsToldApart) {
  tests::speak_english();
  write("{\"replicate\":0,\"month\":\"2026-01\"}\n{\"replicate\":0,\"month\":\"2026-02\"}\n");
  EXPECT_NE(refusal().find("Repeat the run"), std::string::npos) << refusal();
  write(line(0, "2026-01", "1,2") + line(0, "2026-02", "1,2"));
  EXPECT_NE(refusal().find("not the progress of a run"), std::string::npos) << refusal();
}

TEST_F(Progress, ARunBeyondAllBoundsIsRefused) {
  std::string names = "\"a\"";
  for (int i = 0; i < 9; ++i) names += ",\"a\"";
  write(head(600, 10000, names));
  EXPECT_NE(refusal().find(".h5"), std::string::npos);
  write(head(600, 5000, names));
  EXPECT_EQ(refusal(), "");
}

TEST_F(Progress, AHeadThatComesLateIsStillAHead) {
  write("garbage\n" + head() + line(0, "2026-01", "1,2"));
  ProgressFollower const follower(file);
  EXPECT_EQ(follower.damaged_lines(), 1);
  EXPECT_EQ(follower.value(0, 0, 0), 1);
}

std::int64_t peak_kibibytes() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

TEST_F(Progress, AHugeFileAndAHugeLineTakeLittleMemory) {
  write("");
  auto const before = peak_kibibytes();
  fs::resize_file(file, 1U << 30U);  // a gigabyte of zeros
  EXPECT_NE(refusal().find("arraigo run"), std::string::npos);

  write(head());
  fs::resize_file(file, 100'000'000);  // one line of it
  append("\n" + line(0, "2026-01", "5,6"));
  ProgressFollower follower(file);
  EXPECT_EQ(follower.months_done(0), 0);
  reads_until_nothing_is_new(follower);
  // The overlong line is told as soon as it is too long; its end and what follows need more calls.
  for (int calls = 0; follower.months_done(0) == 0 && calls < 100; ++calls) static_cast<void>(follower.update());
  EXPECT_EQ(follower.value(1, 0, 0), 6);
  EXPECT_EQ(follower.damaged_lines(), 1);
  EXPECT_LT(peak_kibibytes() - before, 64 * 1024);
}

TEST_F(Progress, ALongRunIsReadInPiecesToItsEnd) {
  std::string text = head(600, 200);
  for (int replicate = 0; replicate < 200; ++replicate)
    for (int month = 0; month < 600; ++month)
      text += line(replicate, (Month::of(2026, 1) + month).text(), fmt::format("{},{}", replicate, month));
  write(text);
  ProgressFollower follower(file);
  EXPECT_FALSE(follower.finished());
  reads_until_nothing_is_new(follower);
  EXPECT_TRUE(follower.finished());
  EXPECT_EQ(follower.value(0, 199, 599), 199);
  EXPECT_EQ(follower.value(1, 123, 45), 45);
  EXPECT_EQ(follower.damaged_lines(), 0);
}

}  // namespace
}  // namespace arraigo::viz
