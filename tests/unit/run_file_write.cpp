#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "analysis/info.hpp"
#include "analysis/run_reader.hpp"
#include "core/errors.hpp"
#include "tests/unit/run_file_sample.hpp"

namespace arraigo {
namespace {

std::string bytes_of(std::filesystem::path const& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::string> names_in(std::filesystem::path const& folder) {
  std::vector<std::string> names;
  for (auto const& entry : std::filesystem::directory_iterator{folder})
    names.push_back(entry.path().filename().string());
  return names;
}

TEST(RunFile, ReadsBackEverythingThatWasWritten) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  auto const records = sample::records(layout, 4);
  auto const attributes = sample::attributes();
  write_run_file(folder / "a.h5", layout, records, attributes, false);
  analysis::RunReader const run{folder / "a.h5"};

  EXPECT_EQ(run.replicates(), 4);
  EXPECT_EQ(run.layout().start.text(), "2026-11");
  EXPECT_EQ(run.layout().months, 3);
  ASSERT_EQ(run.layout().dimensions.size(), layout.dimensions.size());
  for (std::size_t d = 0; d < layout.dimensions.size(); ++d) {
    auto const& read = run.layout().dimensions[d];
    auto const& written = layout.dimensions[d];
    EXPECT_EQ(read.name, written.name);
    EXPECT_EQ(read.keys, written.keys);
    EXPECT_EQ(read.label_es, written.label_es);
    EXPECT_EQ(read.label_en, written.label_en);
    EXPECT_EQ(read.title_es, written.title_es);
    EXPECT_EQ(read.title_en, written.title_en);
    EXPECT_EQ(read.parent_name, written.parent_name);
    EXPECT_EQ(read.parent, written.parent);
  }
  ASSERT_EQ(run.layout().variables.size(), layout.variables.size());
  for (std::size_t v = 0; v < layout.variables.size(); ++v) {
    auto const& read = run.layout().variables[v];
    auto const& written = layout.variables[v];
    EXPECT_EQ(read.name, written.name);
    EXPECT_EQ(read.base, written.base);
    EXPECT_EQ(read.dimension, written.dimension);
    EXPECT_EQ(read.title_es, written.title_es);
    EXPECT_EQ(read.definition_en, written.definition_en);
    std::vector<std::int64_t> expected;
    for (auto const& record : records)
      expected.insert(expected.end(), record.values[v].begin(), record.values[v].end());
    EXPECT_EQ(run.read(read), expected) << written.name;
  }
  ASSERT_EQ(run.layout().indicators.size(), layout.indicators.size());
  for (std::size_t i = 0; i < layout.indicators.size(); ++i) {
    auto const& read = run.layout().indicators[i];
    auto const& written = layout.indicators[i];
    EXPECT_EQ(read.name, written.name);
    EXPECT_EQ(read.numerator, written.numerator);
    EXPECT_EQ(read.denominator, written.denominator);
    EXPECT_EQ(read.factor, written.factor);
    EXPECT_EQ(read.headline, written.headline);
    EXPECT_EQ(read.decimals, written.decimals);
    EXPECT_EQ(read.instrument, written.instrument);
    EXPECT_EQ(read.reference_numerator, written.reference_numerator);
    EXPECT_EQ(read.reference_denominator, written.reference_denominator);
    EXPECT_EQ(read.offset, written.offset);
    EXPECT_EQ(read.question_es, written.question_es);
    EXPECT_EQ(read.question_en, written.question_en);
  }
  for (auto const& [name, value] : attributes.text) EXPECT_EQ(run.text_attribute(name), value);
  for (auto const& [name, value] : attributes.integers) EXPECT_EQ(run.integer_attribute(name), value);
  EXPECT_EQ(run.state_hashes().at(3), "0123456789abcdf2");
  EXPECT_TRUE(analysis::verify(folder / "a.h5").empty());
}

TEST(RunFile, KeepsTheExtremesOf64BitIntegers) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  auto records = sample::records(layout, 1);
  records[0].values[0] = {INT64_MIN, 0, INT64_MAX};
  write_run_file(folder / "a.h5", layout, records, sample::attributes(), false);
  analysis::RunReader const run{folder / "a.h5"};
  EXPECT_EQ(run.read(run.layout().variables[0]), records[0].values[0]);
}

TEST(RunFile, ManyReplicatesAndMonthsCrossTheBordersOfChunks) {
  sample::Folder const folder;
  auto layout = sample::layout(120);
  layout.dimensions[0] = {"cell", {}, {}, {}, "Celda", "Cell", "", {}};
  for (int k = 0; k < 1000; ++k) {
    layout.dimensions[0].keys.push_back(std::to_string(k).insert(0, 1, 'c'));
    layout.dimensions[0].label_es.push_back("celda " + std::to_string(k));
    layout.dimensions[0].label_en.push_back("cell " + std::to_string(k));
  }
  for (auto& variable : layout.variables)
    if (variable.dimension == 0) variable.name = variable.base + "_by_cell";
  auto const records = sample::records(layout, 3);
  write_run_file(folder / "a.h5", layout, records, sample::attributes(), false);
  analysis::RunReader const run{folder / "a.h5"};
  for (std::size_t v = 0; v < layout.variables.size(); ++v) {
    std::vector<std::int64_t> expected;
    for (auto const& record : records)
      expected.insert(expected.end(), record.values[v].begin(), record.values[v].end());
    EXPECT_EQ(run.read(run.layout().variables[v]), expected) << layout.variables[v].name;
  }
}

TEST(RunFile, IdenticalInputGivesIdenticalBytes) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  write_run_file(folder / "a.h5", layout, sample::records(layout, 3), sample::attributes(), false);
  // Object times have a resolution of one second.
  ::sleep(1);
  write_run_file(folder / "b.h5", layout, sample::records(layout, 3), sample::attributes(), false);
  EXPECT_TRUE(bytes_of(folder / "a.h5") == bytes_of(folder / "b.h5"));
  write_run_file(folder / "c.h5", layout, sample::records(layout, 3, 1), sample::attributes(), false);
  EXPECT_FALSE(bytes_of(folder / "a.h5") == bytes_of(folder / "c.h5"));
}

TEST(RunFile, TheDigestOfResultsFollowsFiguresAndNotTimes) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  auto later = sample::attributes();
  for (auto& [name, value] : later.text)
    if (name == "started") value = "2026-01-02T00:00:00Z";
  write_run_file(folder / "a.h5", layout, sample::records(layout, 3), sample::attributes(), false);
  write_run_file(folder / "b.h5", layout, sample::records(layout, 3), later, false);
  auto changed = sample::records(layout, 3);
  ++changed[2].values[4].back();
  write_run_file(folder / "c.h5", layout, changed, later, false);
  auto const digest = [&](char const* name) { return analysis::RunReader{folder / name}.results_digest(); };
  EXPECT_EQ(digest("a.h5").size(), 64U);
  EXPECT_EQ(digest("a.h5"), digest("b.h5"));
  EXPECT_NE(digest("a.h5"), digest("c.h5"));
}

TEST(RunFile, AnExistingFileIsKeptUnlessItIsToBeReplaced) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  write_run_file(folder / "a.h5", layout, sample::records(layout, 2), sample::attributes(), false);
  auto const first = bytes_of(folder / "a.h5");
  EXPECT_THROW(write_run_file(folder / "a.h5", layout, sample::records(layout, 3), sample::attributes(), false),
               MachineError);
  EXPECT_TRUE(bytes_of(folder / "a.h5") == first);
  write_run_file(folder / "a.h5", layout, sample::records(layout, 3), sample::attributes(), true);
  EXPECT_EQ(analysis::RunReader{folder / "a.h5"}.replicates(), 3);
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a.h5"});
}

TEST(RunFile, AMissingFolderIsTheMachinesFaultAndNamed) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  try {
    write_run_file(folder / "no/a.h5", layout, sample::records(layout, 1), sample::attributes(), false);
    FAIL() << "no error";
  } catch (MachineError const& error) {
    EXPECT_NE(std::string{error.what()}.find((folder / "no").string()), std::string::npos) << error.what();
  }
}

TEST(RunFile, TextsThatAreNoUtf8AreStoredReadable) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  auto attributes = sample::attributes();
  attributes.text.emplace_back("argument", std::string{"a\xFF"
                                                       "b\0c",
                                                       5});
  write_run_file(folder / "a.h5", layout, sample::records(layout, 1), attributes, false);
  EXPECT_EQ(analysis::RunReader{folder / "a.h5"}.text_attribute("argument"), "a\uFFFDb\uFFFDc");
}

TEST(RunFile, AScenarioBeyond64KiBIsKeptWhole) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  auto attributes = sample::attributes();
  attributes.text[0].second.assign(300000, 'x');
  write_run_file(folder / "a.h5", layout, sample::records(layout, 1), attributes, false);
  EXPECT_EQ(analysis::RunReader{folder / "a.h5"}.text_attribute("scenario"), attributes.text[0].second);
  EXPECT_TRUE(analysis::verify(folder / "a.h5").empty());
}

TEST(RunFile, ARecordThatContradictsItsLayoutIsABug) {
  sample::Folder const folder;
  auto const good = sample::layout();
  auto const write = [&](RecordLayout const& layout, std::vector<ReplicateRecord> const& records) {
    write_run_file(folder / "a.h5", layout, records, sample::attributes(), false);
  };
  auto short_record = sample::records(good, 2);
  short_record[1].values[1].pop_back();
  EXPECT_THROW(write(good, short_record), BugError);
  EXPECT_THROW(write(good, {}), BugError);
  auto twice = good;
  twice.variables.push_back(twice.variables.front());
  EXPECT_THROW(write(twice, sample::records(twice, 1)), BugError);
  auto odd_name = good;
  odd_name.variables.front().name = odd_name.variables.front().base = "Employed people";
  EXPECT_THROW(write(odd_name, sample::records(odd_name, 1)), BugError);
  auto same_key = good;
  same_key.dimensions[0].keys[1] = same_key.dimensions[0].keys[0];
  EXPECT_THROW(write(same_key, sample::records(same_key, 1)), BugError);
  EXPECT_TRUE(names_in(folder.path()).empty());
}

}  // namespace
}  // namespace arraigo
