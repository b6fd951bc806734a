#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "analysis/compare.hpp"
#include "analysis/figures.hpp"
#include "core/errors.hpp"
#include "tests/unit/run_file_sample.hpp"

namespace arraigo::analysis {
namespace {

MemoryRun in_memory(std::string const& name, RecordLayout const& layout, std::vector<ReplicateRecord> const& records,
                    RunAttributes const& attributes) {
  std::vector<MemoryRun::Record> shared;
  for (auto const& record : records) shared.push_back(std::make_shared<ReplicateRecord const>(record));
  MemoryRun run{name, std::make_shared<RecordLayout const>(layout), std::move(shared)};
  for (auto const& [attribute, value] : attributes.text) run.set(attribute, value);
  for (auto const& [attribute, value] : attributes.integers) run.set(attribute, value);
  return run;
}

MemoryRun in_memory(std::string const& name, int replicates, std::int64_t shift, int months = 3) {
  auto const layout = sample::layout(months);
  return in_memory(name, layout, sample::records(layout, replicates, shift), sample::attributes(name));
}

/// The sample with nobody in some denominators: in all replicates of month 0, and in replicate 1 of the last month.
/// "adults" and its cuts are the variables 3 to 5.
std::vector<ReplicateRecord> with_gaps(RecordLayout const& layout, int replicates, std::int64_t shift) {
  auto records = sample::records(layout, replicates, shift);
  for (std::size_t v = 3; v < 6; ++v)
    for (std::size_t r = 0; r < records.size(); ++r) {
      auto& values = records[r].values[v];
      std::size_t const keys = values.size() / static_cast<std::size_t>(layout.months);
      for (std::size_t k = 0; k < keys; ++k) values[k] = 0;
      if (r == 1) values.back() = 0;
    }
  return records;
}

Indicator const& indicator_of(RunData const& run, std::string const& name) {
  auto const* indicator = find_indicator(run.layout(), name);
  if (indicator == nullptr) throw std::runtime_error("no indicator " + name);
  return *indicator;
}

Figures figures_of(RunData const& run, std::string const& indicator, std::string const& by) {
  VariableCache cache;
  return {run, indicator_of(run, indicator), find_cut(run, by), cache};
}

void expect_same(std::optional<Interval> const& a, std::optional<Interval> const& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a) return;
  EXPECT_EQ(a->low, b->low);
  EXPECT_EQ(a->high, b->high);
}

/// Every row of a comparison by month, with what pair_of gives for it.
void expect_pairs_equal_rows(RunData const& base, RunData const& alternative, std::string const& by) {
  auto const comparison = compare(base, {&alternative}, {{}, by, "all"});
  Cut const cut = find_cut(base, by);
  ASSERT_FALSE(comparison.rows.empty());
  for (auto const& row : comparison.rows) {
    auto const& name = comparison.indicators[row.indicator].name;
    auto const month = *Month::parse(row.month) - base.layout().start;
    auto const key = static_cast<std::size_t>(std::find(cut.keys.begin(), cut.keys.end(), row.key) - cut.keys.begin());
    auto const pair = pair_of(figures_of(base, name, by), figures_of(alternative, name, by), month, key);
    EXPECT_EQ(pair.replicates, row.replicates);
    if (row.too_small) {  // withheld from the reader of the comparison
      EXPECT_FALSE(row.base || row.alt || row.difference || row.interval);
      continue;
    }
    EXPECT_EQ(pair.base, row.base);
    EXPECT_EQ(pair.alternative, row.alt);
    EXPECT_EQ(pair.difference, row.difference);
    expect_same(pair.interval, row.interval);
  }
}

TEST(RunInMemory, GivesTheFiguresAndTheComparisonOfItsFile) {
  sample::Folder const folder;
  auto const layout = sample::layout();
  std::vector<MemoryRun> memory;
  std::vector<RunReader> files;
  for (auto const& [stem, shift] : {std::pair{"base", 0}, std::pair{"alt", 10}}) {
    auto const records = with_gaps(layout, 4, shift);
    write_run_file(folder / (std::string{stem} + ".h5"), layout, records, sample::attributes(stem), true);
    files.emplace_back(folder / (std::string{stem} + ".h5"));
    memory.push_back(in_memory(stem, layout, records, sample::attributes(stem)));
  }
  for (std::string const by : {"", "sex", "district", "zone"})
    for (char const* name : {"employment_share", "not_employed"}) {
      auto const a = figures_of(memory[1], name, by), b = figures_of(files[1], name, by);
      ASSERT_EQ(a.replicates(), 4U);
      ASSERT_EQ(b.replicates(), 4U);
      ASSERT_EQ(a.months(), b.months());
      ASSERT_EQ(a.keys(), b.keys());
      for (std::size_t r = 0; r < a.replicates(); ++r)
        for (int m = 0; m < a.months(); ++m)
          for (std::size_t k = 0; k < a.keys(); ++k) EXPECT_EQ(a.value(r, m, k), b.value(r, m, k));
    }
  for (char const* by : {"", "zone"}) {
    std::ostringstream of_memory, of_files;
    print_csv(of_memory, std::vector{compare(memory[0], {&memory[1]}, {{}, by, "all"})});
    print_csv(of_files, std::vector{compare(folder / "base.h5", {folder / "alt.h5"}, {{}, by, "all"})});
    EXPECT_EQ(of_memory.str(), of_files.str());
  }
  EXPECT_EQ(memory[0].title(Lang::es), files[0].title(Lang::es));
  EXPECT_EQ(files[0].name(), (folder / "base.h5").string());
  EXPECT_EQ(files[0].column_name(), "base");
}

TEST(RunInMemory, KeepsTheNewestValueOfAnAttribute) {
  auto run = in_memory("base", 1, 0);
  run.set("seed", 8);
  run.set("area", "peru");
  EXPECT_EQ(run.integer_attribute("seed"), 8);
  EXPECT_EQ(run.text_attribute("area"), "peru");
  EXPECT_EQ(run.text_attribute("seed"), std::nullopt);
}

TEST(RunInMemory, RefusesARecordOfAnotherShape) {
  auto const layout = sample::layout();
  auto records = sample::records(layout, 2);
  records[1].values[2].pop_back();
  EXPECT_THROW(in_memory("base", layout, records, {}), BugError);
  records[1].values.pop_back();
  EXPECT_THROW(in_memory("base", layout, records, {}), BugError);
  auto const shared = std::make_shared<RecordLayout const>(layout);
  EXPECT_THROW(MemoryRun("base", shared, {nullptr}), BugError);
  EXPECT_THROW(MemoryRun("base", nullptr, {}), BugError);
}

TEST(RunInMemory, WithoutReplicatesHasNoLevelsAndNoPairs) {
  auto const none = in_memory("none", 0, 0), some = in_memory("some", 3, 0);
  auto const figures = figures_of(none, "not_employed", "district");
  EXPECT_FALSE(level_of(figures, 0, 2).mean);
  auto const pair = pair_of(figures, figures_of(some, "not_employed", "district"), 0, 2);
  EXPECT_FALSE(pair.base);
  EXPECT_FALSE(pair.alternative);
  EXPECT_EQ(pair.replicates, 0);
}

TEST(RunsInMemory, ThatDifferInWhatMustAgreeAreToldApartByTheirTitles) {
  auto const base = in_memory("Sin cuota", 2, 0);
  auto other = in_memory("Con cuota", 2, 0);
  EXPECT_TRUE(reasons_not_comparable(base, other).empty());
  other.set("scale", 100);
  auto const reasons = reasons_not_comparable(base, other);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_NE(reasons[0].find("Con cuota"), std::string::npos) << reasons[0];
  EXPECT_THROW(static_cast<void>(compare(base, {&other}, {})), InputError);
  EXPECT_THROW(static_cast<void>(compare(base, std::vector<RunData const*>{}, {})), InputError);
}

TEST(PairedFigures, EqualTheRowsOfAComparison) {
  auto const base = in_memory("base", 5, 0), alternative = in_memory("alt", 5, 7);
  for (char const* by : {"", "sex", "district", "zone"}) expect_pairs_equal_rows(base, alternative, by);
}

TEST(PairedFigures, EqualTheRowsWhereDenominatorsAreEmpty) {
  auto const layout = sample::layout();
  auto const base = in_memory("base", layout, with_gaps(layout, 4, 0), sample::attributes("base"));
  auto const full = in_memory("full", 4, 7);
  for (char const* by : {"", "sex", "zone"}) {
    expect_pairs_equal_rows(base, full, by);
    expect_pairs_equal_rows(full, base, by);
  }
  auto const gaps = figures_of(base, "employment_share", ""), whole = figures_of(full, "employment_share", "");
  auto const none = pair_of(gaps, whole, 0, 0);
  EXPECT_FALSE(none.base);
  EXPECT_TRUE(none.alternative);
  EXPECT_FALSE(none.difference);
  EXPECT_FALSE(none.interval);
  EXPECT_EQ(none.replicates, 0);
  EXPECT_EQ(pair_of(gaps, whole, 2, 0).replicates, 3);
  EXPECT_FALSE(gaps.value(1, 2, 0));
  EXPECT_EQ(level_of(gaps, 0, 0).replicates, 0);
  EXPECT_FALSE(level_of(gaps, 0, 0).mean);
}

TEST(PairedFigures, LeaveOutReplicatesThatOneRunLacks) {
  auto const base = in_memory("base", 5, 0), alternative = in_memory("alt", 2, 7);
  expect_pairs_equal_rows(base, alternative, "district");
  auto const many = figures_of(base, "not_employed", ""), few = figures_of(alternative, "not_employed", "");
  auto const pair = pair_of(many, few, 1, 0);
  EXPECT_EQ(pair.replicates, 2);
  // 7 more employed in replicate 0 and 14 more in replicate 1; t(0.975; 1) = 12.706205, standard error 3.5.
  EXPECT_DOUBLE_EQ(*pair.difference, -10.5);
  EXPECT_NEAR(pair.interval->low, -10.5 - 12.706205 * 3.5, 1e-5);
  auto const one = pair_over(many, few, {1, 1}, 0, 1);
  EXPECT_EQ(one.difference, -7.0);
  EXPECT_FALSE(one.interval);
}

TEST(Levels, AreMeansOverReplicatesWithTheirInterval) {
  // "refused" is 500 + 100 m + r squared: 700, 701, 704 in the last month. Mean 701.6667, standard error 1.201850,
  // t(0.975; 2) = 4.302653.
  auto const layout = [] {
    auto refused = sample::layout();
    refused.indicators = {{"refused", {"refused"}, {}, 1, "people", "", "", "", "", "", true, 0}};
    return refused;
  }();
  auto const run = in_memory("base", layout, sample::records(layout, 3), {});
  auto const level = level_of(figures_of(run, "refused", ""), 2, 0);
  EXPECT_EQ(level.replicates, 3);
  EXPECT_NEAR(*level.mean, 701.666667, 1e-6);
  EXPECT_NEAR(level.interval->low, 701.666667 - 4.302653 * 1.201850, 1e-5);
  EXPECT_NEAR(level.interval->high, 701.666667 + 4.302653 * 1.201850, 1e-5);
  auto const alone = in_memory("base", layout, sample::records(layout, 1), {});
  EXPECT_EQ(level_of(figures_of(alone, "refused", ""), 2, 0).mean, 700.0);
  EXPECT_FALSE(level_of(figures_of(alone, "refused", ""), 2, 0).interval);
}

TEST(Intervals, AreTheSameHoweverOftenTheyAreAskedForAndInEveryThread) {
  auto const check = [] {
    for (int times = 0; times < 2; ++times)
      for (std::size_t const n : {2U, 8U, 256U, 257U, 600U}) {
        std::vector<double> values(n, 0);
        values.front() = 1;
        double const mean = 1.0 / static_cast<double>(n);
        double const half = boost::math::quantile(boost::math::complement(
                                boost::math::students_t{static_cast<double>(n - 1)}, (1 - 0.95) / 2)) *
                            mean;  // the standard error of a single one among zeros
        auto const interval = summarise_pairs(values).interval;
        EXPECT_NEAR(interval->low, mean - half, 1e-12);
        EXPECT_NEAR(interval->high, mean + half, 1e-12);
      }
  };
  check();
  std::thread{check}.join();
}

TEST(Intervals, OfWhatIsNoNumberAreNoCrash) {
  double const values[]{std::numeric_limits<double>::quiet_NaN(), 1};
  EXPECT_TRUE(std::isnan(summarise_pairs({values, 1}).mean));
  EXPECT_FALSE(summarise_pairs({values, 1}).interval);
  EXPECT_TRUE(std::isnan(summarise_pairs({values, 2}).mean));
}

TEST(Cuts, AreTheRecordedDimensionsEachWithItsParentBehindIt) {
  auto layout = sample::layout();
  EXPECT_EQ(cuts_of(in_memory("a", layout, {}, {})), (std::vector<std::string>{"sex", "district", "zone"}));
  // A dimension by which nothing stands, and one of its own for what contains another's keys.
  std::erase_if(layout.variables, [](Variable const& variable) { return variable.dimension == 0; });
  layout.dimensions.push_back({"zone", {"Lima centro", "Lima norte"}, {"c", "n"}, {"c", "n"}, "Zona", "Zone", "", {}});
  EXPECT_EQ(cuts_of(in_memory("b", layout, {}, {})), (std::vector<std::string>{"district", "zone"}));
  layout.variables.push_back({"employed_by_zone", "employed", 2, "people", "", "", "", ""});
  auto const zones = in_memory("c", layout, {}, {});
  EXPECT_EQ(cuts_of(zones), (std::vector<std::string>{"district", "zone"}));
  EXPECT_EQ(find_cut(zones, "zone").dimension, "zone");
  for (auto const& cut : cuts_of(zones)) EXPECT_FALSE(find_cut(zones, cut).keys.empty());
  layout.variables.clear();
  EXPECT_TRUE(cuts_of(in_memory("d", layout, {}, {})).empty());
}

TEST(Cuts, ThatAreMissingAreAnsweredWithHowToGetThem) {
  auto layout = sample::layout();
  std::erase_if(layout.variables, [](Variable const& variable) { return variable.dimension == 1; });
  auto const run = in_memory("Sin lugares", layout, sample::records(layout, 1), {});
  auto const sentence = [&](std::string const& by) -> std::string {
    try {
      static_cast<void>(find_cut(run, by));
    } catch (InputError const& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_NE(sentence("zone").find("--detail zones"), std::string::npos) << sentence("zone");
  EXPECT_NE(sentence("sexo").find("Sin lugares"), std::string::npos) << sentence("sexo");
  EXPECT_NE(sentence("sexo").find("sex?"), std::string::npos) << sentence("sexo");
}

TEST(Cuts, TellWhichIndicatorsTheyHave) {
  auto const run = in_memory("base", 1, 0);
  Cut const area = find_cut(run, ""), sex = find_cut(run, "sex");
  auto const& refusals = indicator_of(run, "refusals_per_adult");
  EXPECT_TRUE(is_recorded(run, refusals, area));
  EXPECT_FALSE(is_recorded(run, refusals, sex));
  EXPECT_EQ(missing_variable(run, refusals, sex), "refused_by_sex");
  EXPECT_TRUE(variables_of(run, refusals, sex).empty());
  auto repeated = indicator_of(run, "not_employed");
  repeated.denominator = {"adults"};
  std::vector<std::string> names;
  for (auto const* variable : variables_of(run, repeated, sex)) names.push_back(variable->name);
  EXPECT_EQ(names, (std::vector<std::string>{"adults_by_sex", "employed_by_sex"}));
}

TEST(FiguresOfARun, MayReferToTheMeanOfOthers) {
  auto const layout = sample::layout();
  auto records = sample::records(layout, 2);
  for (auto const* cut : {"", "sex", "zone"}) {
    auto const run = in_memory("base", layout, records, sample::attributes("base"));
    auto const gap = figures_of(run, "travel_gap", cut), share = figures_of(run, "employment_share", cut);
    VariableCache cache;
    Cut const keys = find_cut(run, cut);
    auto const sums = [&](char const* base, std::size_t r, int m, std::size_t key) {
      auto const& values =
          cache.try_emplace(keys.variable(base), run.read(*find_variable(layout, keys.variable(base)))).first->second;
      double sum = 0;
      for (std::size_t cell = 0; cell < keys.key_of_cell.size(); ++cell)
        if (keys.key_of_cell[cell] == key)
          sum += static_cast<double>(values[(r * 3 + static_cast<std::size_t>(m)) * keys.key_of_cell.size() + cell]);
      return sum;
    };
    for (std::size_t r = 0; r < 2; ++r)
      for (int m = 0; m < 3; ++m)
        for (std::size_t key = 0; key < keys.keys.size(); ++key) {
          double const travel = sums("travel", r, m, key), employed = sums("employed", r, m, key),
                       adults = sums("adults", r, m, key);
          if (travel == employed) {  // the mean of the others is nothing: there is no ratio to it
            EXPECT_FALSE(gap.value(r, m, key).has_value());
            continue;
          }
          EXPECT_NEAR(gap.value(r, m, key).value(), 100 - 100 * (travel / employed) / ((travel - employed) / adults),
                      1e-9);
        }
  }
  // Where those others have nothing, there is nothing to compare with.
  for (auto& record : records)
    for (std::size_t v = 0; v < layout.variables.size(); ++v)
      if (layout.variables[v].base == "travel") std::fill(record.values[v].begin(), record.values[v].end(), 0);
  for (auto& record : records)
    for (std::size_t v = 0; v < layout.variables.size(); ++v)
      if (layout.variables[v].base == "adults") std::fill(record.values[v].begin(), record.values[v].end(), 0);
  EXPECT_FALSE(figures_of(in_memory("empty", layout, records, {}), "travel_gap", "").value(0, 0, 0));
  auto other = layout;
  other.indicators.back().reference_denominator = {"employed"};
  auto const base = in_memory("base", 2, 0),
             changed = in_memory("changed", other, sample::records(layout, 2), sample::attributes("changed"));
  EXPECT_THROW(static_cast<void>(compare(base, {&changed}, {{"travel_gap"}, "", "last"})), InputError)
      << "the gap is of another reference";
}

TEST(FiguresOfARun, ReadEveryVariableOnce) {
  auto const run = in_memory("base", 2, 0);
  Cut const cut = find_cut(run, "district");
  VariableCache cache;
  Figures const first{run, indicator_of(run, "employment_share"), cut, cache};
  ASSERT_EQ(cache.size(), 2U);
  auto& employed = cache.at("employed_by_district");
  std::fill(employed.begin(), employed.end(), 0);
  Figures const second{run, indicator_of(run, "employment_share"), cut, cache};
  EXPECT_EQ(second.value(0, 0, 0), 0.0);
  EXPECT_EQ(first.value(0, 0, 0), 50.0);
}

TEST(FiguresOfARun, RefuseACutOrACacheOfAnotherShape) {
  auto const run = in_memory("base", 2, 0), longer = in_memory("longer", 3, 0);
  auto const& share = indicator_of(run, "employment_share");
  Cut cut = find_cut(run, "district");
  VariableCache cache;
  EXPECT_NO_THROW(Figures(run, share, cut, cache));
  EXPECT_THROW(Figures(longer, share, cut, cache), BugError);
  cut.key_of_cell.push_back(0);
  cache.clear();
  EXPECT_THROW(Figures(run, share, cut, cache), BugError);
  EXPECT_THROW(Figures(run, indicator_of(run, "refusals_per_adult"), find_cut(run, "sex"), cache), BugError);
}

TEST(FiguresOfARun, SayWhichSumIsTooLarge) {
  auto const layout = sample::layout();
  auto records = sample::records(layout, 1);
  for (auto& value : records[0].values[5]) value = std::numeric_limits<std::int64_t>::max();
  auto const run = in_memory("Demasiados", layout, records, {});
  try {
    figures_of(run, "employment_share", "zone");
    ADD_FAILURE() << "no InputError";
  } catch (InputError const& error) {
    EXPECT_NE(std::string{error.what()}.find("adults_by_district"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace arraigo::analysis
