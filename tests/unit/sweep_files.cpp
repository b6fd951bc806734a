/// The sweep's file, its plan, and the folder of its results.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "core/errors.hpp"
#include "core/version.hpp"
#include "record/file_publish.hpp"
#include "record/recorder.hpp"
#include "sweep/answers.hpp"
#include "sweep/plan.hpp"
#include "sweep/run_folder.hpp"
#include "sweep/sweep_file.hpp"
#include "tests/unit/run_file_sample.hpp"

namespace arraigo::sweep {
namespace {

namespace fs = std::filesystem;

void write(fs::path const& file, std::string const& text) { std::ofstream{file, std::ios::binary} << text; }
std::string content_of(fs::path const& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

class SweepFiles : public testing::Test {
 protected:
  void SetUp() override { setenv("LC_ALL", "en", 1); }

  SweepFile read(std::string const& text) {
    write(folder_ / "s.yaml", text);
    return read_sweep(folder_ / "s.yaml");
  }
  /// The sentences in which a sweep is refused, without the folder.
  std::string refusal(std::string const& text) {
    try {
      static_cast<void>(read(text));
    } catch (InputError const& error) {
      std::string said = error.what();
      std::string const where = (folder_ / "").string();
      for (auto at = said.find(where); at != std::string::npos; at = said.find(where)) said.erase(at, where.size());
      return said;
    }
    return "";
  }

  sample::Folder folder_;
};

Plan small_plan() {
  Plan plan;
  plan.name = "small";
  plan.version = "1";
  plan.commit = "abc";
  plan.data_digest = "d";
  plan.design = R"({"kind":"list"})";
  plan.detail = "totals";
  plan.replicates = 3;
  plan.start = Month::of(2026, 7);
  plan.months = 4;
  plan.scenarios = {{"base", "a: 1\n"}, {"other", "b: \"x, y\"\n"}};
  plan.variables = {"regular", "migrant_population"};
  plan.paths = {"labour.x", "measures.m.rounding"};
  for (std::size_t row = 0; row < 5; ++row)
    plan.lines.push_back(plan_line(row, 0, static_cast<std::uint32_t>(row), {std::to_string(row), row == 2 ? "[a, \"b\"]" : "floor"}));
  static_cast<void>(text_of(plan));
  return plan;
}

Result result_of(RunId run, int months = 4) {
  Result result;
  result.state_hash = 0x8000000000000001U + run.point;
  for (int v = 0; v < 2; ++v) {
    result.values.emplace_back();
    for (int m = 0; m < months; ++m)
      result.values.back().push_back((v == 0 ? 10 : 100) + static_cast<std::int64_t>(run.point) * 1000 + run.replicate - m);
  }
  return result;
}

TEST_F(SweepFiles, ALatinHypercubeOfTheTablesRanges) {
  auto const sweep = read("scenarios: [baseline, regularisation]\ndesign: {kind: latin_hypercube, points: 8, seed: 3}\n"
                          "parameters:\n  news.campaign_effect:\n  parameters.news.contact_prob_per_month: [0.02, 0.03]\n"
                          "replicates: 4\nscale: 100\nmonths: 6\narea: lima_callao\n");
  EXPECT_EQ(sweep.kind, DesignKind::latin_hypercube);
  EXPECT_EQ(sweep.common.replicates, 4);
  ASSERT_EQ(sweep.levers.size(), 2U);
  EXPECT_EQ(sweep.levers[0].low, 0.1);
  EXPECT_EQ(sweep.levers[0].high, 0.9);
  EXPECT_EQ(sweep.levers[1].path, "news.contact_prob_per_month");
  auto const rows = rows_of(sweep);
  ASSERT_EQ(rows.values.size(), 8U);
  for (auto const& row : rows.values) {
    EXPECT_GE(std::stod(row[0]), 0.1);
    EXPECT_LE(std::stod(row[1]), 0.03);
  }
}

TEST_F(SweepFiles, AGridOfValuesAndLevels) {
  auto const sweep = read("scenarios: [baseline]\ndesign: {kind: grid, levels: 2}\n"
                          "parameters:\n  measures.cpp.eligible: {values: [[none, pending], none]}\n  news.campaign_effect:\n  scale: {values: [100, 200]}\n");
  auto const rows = rows_of(sweep);
  ASSERT_EQ(rows.values.size(), 8U);
  EXPECT_EQ(rows.values.front(), (std::vector<std::string>{"[none, pending]", "0.1", "100"}));
  EXPECT_EQ(rows.values.back(), (std::vector<std::string>{"none", "0.9", "200"}));
}

TEST_F(SweepFiles, AListFromATable) {
  write(folder_ / "points.csv", "news.campaign_effect,measures.m.where\n0.2,\"[a, b]\"\n0.3,c\n");
  auto const sweep = read("scenarios: [baseline]\ndesign: {kind: list, file: points.csv}\n");
  auto const rows = rows_of(sweep);
  ASSERT_EQ(rows.values.size(), 2U);
  EXPECT_EQ(rows.values[0], (std::vector<std::string>{"0.2", "[a, b]"}));
}

TEST_F(SweepFiles, AStarIsTheWholeGroup) {
  auto const sweep = read("scenarios: [baseline]\ndesign: {kind: morris, trajectories: 2}\nparameters:\n  news.*:\n");
  EXPECT_GT(sweep.levers.size(), 4U);
  EXPECT_EQ(rows_of(sweep).values.size(), 2 * (sweep.levers.size() + 1));
}

TEST_F(SweepFiles, EveryMistakeIsToldAtOnceWithLineAndFix) {
  std::string const said = refusal("scenarios: []\ndesign: {kind: latin_hypercub, points: 8}\nreplicates: 0\nmoths: 3\n");
  EXPECT_NE(said.find("s.yaml:1:12: scenarios = [...]"), std::string::npos) << said;
  EXPECT_NE(said.find("s.yaml:2:16: design.kind = latin_hypercub (unknown word). Did you mean latin_hypercube?"), std::string::npos) << said;
  EXPECT_NE(said.find("s.yaml:3:13: replicates = 0 (a whole number from 1 to 10000)"), std::string::npos) << said;
  EXPECT_NE(said.find("s.yaml:4:1: moths (unknown key). Did you mean months?"), std::string::npos) << said;
}

TEST_F(SweepFiles, MistakesOfParameters) {
  std::string const said = refusal("scenarios: [baseline]\ndesign: {kind: sobol, points: 8}\nparameters:\n"
                                   "  news.campaign_efect:\n  months: [1, 2]\n  news.contact_prob_per_month: [0.03, 0.02]\n"
                                   "  news.background_prob_per_month: [0.0, 0.05]\n  measures.m.x:\n  news.campaign_effect: {levels: 3}\n");
  for (char const* part : {"s.yaml:4:3: news.campaign_efect", "Did you mean news.campaign_effect?", "s.yaml:5:3: months = [...] (cannot be varied",
                           "[0.03, 0.02] (low must be less than high)", "s.yaml:7:36: news.background_prob_per_month = 0 (a number from 0.02 to 0.1)",
                           "s.yaml:8:3: measures.m.x", "levels belong to a grid"})
    EXPECT_NE(said.find(part), std::string::npos) << part << "\n" << said;
}

TEST_F(SweepFiles, TooManyRunsAreRefused) {
  EXPECT_NE(refusal("scenarios: [baseline]\ndesign: {kind: saltelli, base: 1000000}\nparameters: {news.*: }\nreplicates: 10\n").find("more than 10000000 runs"), std::string::npos);
}

TEST_F(SweepFiles, APlanThatNoMemoryHoldsIsRefusedWithASizeThatFits) {
  EXPECT_NE(refusal("scenarios: [baseline]\ndesign: {kind: grid, levels: 1000}\nparameters: {news.campaign_effect: , news.contact_prob_per_month: , news.background_prob_per_month: {levels: 7}}\n")
                .find("s.yaml:2:9: 7000000 points × 3 parameters are more than 20000000 values"),
            std::string::npos);
  std::string const front = "scenarios: [baseline]\ndesign: {kind: sobol, points: ", back = "}\nparameters: {news.campaign_effect: , news.contact_prob_per_month: , news.background_prob_per_month: }\n";
  EXPECT_NE(refusal(front + "6666667" + back).find("6666666 points fit"), std::string::npos);
  EXPECT_EQ(refusal(front + "6666666" + back), "");
}

TEST_F(SweepFiles, APathThatIsSetAndVariedIsRefusedWithBothLines) {
  for (char const* set : {"news.campaign_effect", "parameters.news.campaign_effect"})
    EXPECT_EQ(refusal(std::string{"scenarios: [baseline]\ndesign: {kind: sobol, points: 8}\nparameters:\n  news.campaign_effect:\nset:\n  "} + set + ": 0.3\n"),
              "s.yaml:4:3: the path news.campaign_effect stands already at s.yaml:6:3. Leave one.");
  EXPECT_NE(refusal("scenarios: [baseline]\nset: {news.campaign_effect: 0.3}\ndesign: {kind: sobol, points: 8}\nparameters: {news.*: }\n").find("s.yaml:2:7"), std::string::npos);
}

TEST_F(SweepFiles, ARangeIsNotMendedToWhatItForbids) {
  std::string const front = "scenarios: [baseline]\ndesign: {kind: sobol, points: 8}\nparameters: {news.contact_prob_per_month: {low: ";
  EXPECT_NE(refusal(front + "\"0,02\"}}").find("expected"), std::string::npos);
  EXPECT_NE(refusal(front + "00.02}}").find("Did you mean 0.02?"), std::string::npos) << refusal(front + "00.02}}");
  EXPECT_EQ(refusal(front + "02.5}}").find("Did you mean"), std::string::npos) << refusal(front + "02.5}}");
}

TEST_F(SweepFiles, NamesOfTheSweepItselfAreKnown) {
  fs::create_directory(folder_ / "runs");
  fs::create_directory_symlink(folder_.path(), folder_ / "itself");
  for (char const* name : {"plan.csv", "answers.h5", "runs", "runs/00000/x.csv", "./failed/../plan.csv", "itself/answers.h5", "slurm/work.sh"}) EXPECT_TRUE(is_own_name(folder_.path(), folder_ / name)) << name;
  auto const before = fs::current_path();
  fs::current_path(folder_.path());
  EXPECT_TRUE(is_own_name(".", "failed/x.csv"));
  EXPECT_TRUE(is_own_name(".", "./running/x.csv"));
  EXPECT_FALSE(is_own_name(".", "x.csv"));
  fs::current_path(before);
  for (char const* name : {"table.csv", "plan.csv.old", "other/plan.csv", "../plan.csv"}) EXPECT_FALSE(is_own_name(folder_.path(), folder_ / name)) << name;
}

TEST_F(SweepFiles, WhatIsNoRegularFileIsNoResultAndIsNamed) {
  Plan const plan = small_plan();
  RunFolder const folder(folder_.path(), plan);
  auto const file = folder.result_path({1, 1});
  fs::create_directories(file);
  try {
    static_cast<void>(folder.read({1, 1}));
    FAIL();
  } catch (InputError const& error) {
    EXPECT_EQ(std::string{error.what()}, file.string() + ": not a regular file (is it a folder?).");
  }
}

TEST_F(SweepFiles, APlanReadsBackToTheLastByteAndNamesItself) {
  Plan plan = small_plan();
  publish_plan(plan, folder_.path());
  Plan back = read_plan(folder_.path());
  EXPECT_EQ(back.digest, plan.digest);
  EXPECT_EQ(text_of(back), content_of(folder_ / plan_name));
  EXPECT_EQ(back.sets(2), (std::vector<std::string>{"labour.x=2", "measures.m.rounding=[a, \"b\"]"}));
  EXPECT_EQ(back.runs(), 30U);
  publish_plan(back, folder_.path());  // the same again is no mistake
}

TEST_F(SweepFiles, AnotherPlanIsRefusedInOneSentenceThatSaysWhatDiffers) {
  Plan plan = small_plan();
  publish_plan(plan, folder_.path());
  plan.replicates = 4;
  try {
    publish_plan(plan, folder_.path());
    FAIL();
  } catch (InputError const& error) {
    EXPECT_EQ(error.sentences().size(), 1U);
    EXPECT_NE(std::string{error.what()}.find("differs in: replicates"), std::string::npos) << error.what();
  }
}

TEST_F(SweepFiles, AChangedByteOfThePlanIsFound) {
  Plan plan = small_plan();
  publish_plan(plan, folder_.path());
  std::string const whole = content_of(folder_ / plan_name);
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    write(folder_ / plan_name, changed);
    EXPECT_THROW(static_cast<void>(read_plan(folder_.path())), InputError) << at;
    write(folder_ / plan_name, whole.substr(0, at));
    EXPECT_THROW(static_cast<void>(read_plan(folder_.path())), InputError) << at;
  }
}

TEST_F(SweepFiles, ResultsReadBackAndDamageIsFound) {
  Result result = result_of({1, 2});
  result.values.push_back({std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), -1, 0, 5, 6, 7, 8});  // two keys
  result.values.push_back({});
  std::string const bytes = encode(result, std::string(64, 'a'), {1, 2}, 4);
  auto const back = decode(bytes, std::string(64, 'a'), {1, 2}, 4);
  EXPECT_EQ(back.values, result.values);
  EXPECT_EQ(back.state_hash, result.state_hash);
  EXPECT_THROW(static_cast<void>(decode(bytes, std::string(64, 'b'), {1, 2}, 4)), InputError);
  EXPECT_THROW(static_cast<void>(decode(bytes, std::string(64, 'a'), {1, 3}, 4)), InputError);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    EXPECT_THROW(static_cast<void>(decode(changed, std::string(64, 'a'), {1, 2}, 4)), InputError);
    EXPECT_THROW(static_cast<void>(decode(bytes.substr(0, at), std::string(64, 'a'), {1, 2}, 4)), InputError);
  }
}

TEST_F(SweepFiles, TheFolderIsTheTruth) {
  Plan const plan = small_plan();
  RunFolder const folder(folder_.path(), plan);
  RunId const run{3, 1};
  folder.note_failure(run, "it fell");
  EXPECT_EQ(folder.standings().failed, 1U);
  EXPECT_EQ(folder.failures(folder.finished()).front().reason, "it fell");
  EXPECT_TRUE(folder.publish(run, result_of(run)));
  EXPECT_TRUE(folder.is_finished(run));
  auto const standings = folder.standings();
  EXPECT_EQ(standings.done, 1U);
  EXPECT_EQ(standings.failed, 0U);
  EXPECT_EQ(standings.missing, 29U);
  EXPECT_EQ(folder.read(run)->values, result_of(run).values);
  EXPECT_FALSE(folder.read({0, 0}).has_value());
  // A copy under another run's name counts by its name and is refused by its content.
  fs::copy_file(folder.result_path(run), folder.result_path({3, 2}));
  EXPECT_THROW(static_cast<void>(folder.read({3, 2})), InputError);
  // Temporaries and strangers' files are no results.
  write(folder.result_path(run).parent_path() / ".p0000004-r0000.run.1.1.part", "x");
  write(folder.result_path(run).parent_path() / "p0009999-r0000.run", "x");
  EXPECT_EQ(folder.standings().done, 2U);
}

TEST_F(SweepFiles, TheSecondOfTwoFinishersIsComparedWithTheFirst) {
  Plan const plan = small_plan();
  RunFolder const folder(folder_.path(), plan);
  EXPECT_TRUE(folder.publish({0, 0}, result_of({0, 0})));
  EXPECT_TRUE(folder.publish({0, 0}, result_of({0, 0})));
  Result other = result_of({0, 0});
  ++other.values[0][3];
  EXPECT_FALSE(folder.publish({0, 0}, other));
  EXPECT_EQ(folder.read({0, 0})->values, result_of({0, 0}).values);
}

TEST_F(SweepFiles, ManyFinishersLeaveOneResult) {
  Plan const plan = small_plan();
  RunFolder const folder(folder_.path(), plan);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < plan.runs(); ++i) EXPECT_TRUE(folder.publish(folder.run_of(i), result_of(folder.run_of(i))));
    });
  for (auto& thread : threads) thread.join();
  std::size_t files = 0;
  for (auto const& entry : fs::recursive_directory_iterator(folder_ / "runs")) files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, plan.runs());
}

TEST_F(SweepFiles, PublishingTakesTheProcessorLessThanTwoMilliseconds) {
  if (sanitizers()[0] != '\0' || std::string{build_type()} != "Release") GTEST_SKIP() << "only of the release is time promised";
  Plan plan = small_plan();
  plan.months = 54;
  plan.replicates = 300;
  RunFolder const folder(folder_.path(), plan);
  Result result;
  for (int v = 0; v < 175; ++v) {
    result.values.emplace_back();
    for (int m = 0; m < 54; ++m) result.values.back().push_back(100'000 + v * 1000 + m * m * 7919 % 997);
  }
  std::clock_t const start = std::clock();
  for (int r = 0; r < plan.replicates; ++r) EXPECT_TRUE(folder.publish({0, r}, result));
  double const seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_LT(seconds / plan.replicates, 0.002);
}

TEST_F(SweepFiles, AMarkLivesAsLongAsItsProcess) {
  int ready[2], leave[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(leave), 0);
  pid_t const child = ::fork();
  if (child == 0) {
    RunningMark mark(folder_.path(), 2);
    mark.set(1, RunId{4, 2});
    char c = 'r';
    if (::write(ready[1], &c, 1) == 1 && ::read(leave[0], &c, 1) == 1) ::_exit(0);  // as if killed: no destructor
    ::_exit(1);
  }
  char c = 0;
  ASSERT_EQ(::read(ready[0], &c, 1), 1);
  auto const living = RunningMark::living(folder_.path());
  ASSERT_EQ(living.size(), 1U);
  EXPECT_EQ(living[0].point, 4U);
  EXPECT_EQ(living[0].replicate, 2);
  ASSERT_EQ(::write(leave[1], &c, 1), 1);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(RunningMark::living(folder_.path()).empty());
  EXPECT_TRUE(fs::is_empty(folder_ / "running"));
}

TEST_F(SweepFiles, TheAnswerIsTheSameHoweverOftenItIsMade) {
  Plan const plan = small_plan();
  RunFolder const folder(folder_.path(), plan);
  for (std::size_t i = 0; i < plan.runs(); ++i)
    if (i != 4 && i != 5) {
      EXPECT_TRUE(folder.publish(folder.run_of(i), result_of(folder.run_of(i))));
    }
  folder.note_failure(folder.run_of(5), "it fell");
  AnswerFiles files{folder_ / answers_name, folder_ / "a.csv", folder_ / "m.csv", false};
  auto const collected = collect(folder, plan, files);
  EXPECT_EQ(collected.done, 28U);
  EXPECT_EQ(collected.failed, 1U);
  EXPECT_EQ(collected.missing, 1U);
  std::string const first = content_of(files.hdf5), table = content_of(*files.csv);
  EXPECT_THROW(static_cast<void>(collect(folder, plan, files)), NameTaken);
  EXPECT_EQ(content_of(*files.csv), table);
  files.replace_tables = true;
  static_cast<void>(collect(folder, plan, files));
  EXPECT_EQ(content_of(files.hdf5), first);
  EXPECT_EQ(content_of(*files.csv), table);
  EXPECT_NE(table.find("point,replicate,scenario,row,block,step,labour.x,measures.m.rounding,status,regular_share_final,regular_share_mean"), std::string::npos);
  // 10 - 3 of 100 - 3 in the last month of the first run.
  EXPECT_NE(table.find("\n0,0,base,0,0,0,0,floor,done,7.2"), std::string::npos) << table.substr(0, 400);
  EXPECT_NE(table.find("\n1,1,base,1,0,1,1,floor,missing,,"), std::string::npos);
  EXPECT_NE(table.find("\n1,2,base,1,0,1,1,floor,failed,,"), std::string::npos);
  for (auto const& entry : fs::directory_iterator(folder_.path())) EXPECT_FALSE(entry.path().filename().string().ends_with(".part"));
}

TEST_F(SweepFiles, DamagedResultsAreAllNamedAndNoAnswerIsWritten) {
  Plan const plan = small_plan();
  RunFolder const folder(folder_.path(), plan);
  for (std::size_t i = 0; i < plan.runs(); ++i) EXPECT_TRUE(folder.publish(folder.run_of(i), result_of(folder.run_of(i))));
  write(folder.result_path({1, 1}), "nothing");
  write(folder.result_path({2, 2}), content_of(folder.result_path({2, 1})));
  try {
    static_cast<void>(collect(folder, plan, {folder_ / answers_name, {}, {}}));
    FAIL();
  } catch (InputError const& error) {
    EXPECT_EQ(error.sentences().size(), 2U) << error.what();
  }
  EXPECT_FALSE(fs::exists(folder_ / answers_name));
}

}  // namespace
}  // namespace arraigo::sweep
