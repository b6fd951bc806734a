/// What the tests of the model share: the shipped tables, scenarios written in a test, runs and comparisons of their
/// records.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "init/setup.hpp"
#include "params/scenario.hpp"
#include "record/recorder.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::tests {

/// The shipped tables, read once.
Country const& country();

/// A shipped scenario under overrides.
Scenario shipped(std::string const& stem, Overrides const& overrides = {});

/// The names of all shipped scenarios, in order: "baseline", "theory/t1_off".
std::vector<std::string> shipped_names();

/// A measure of the catalogue scenarios/programmes.yaml, as its file states it.
struct CatalogueEntry {
  std::string id, kind, programme;  ///< programme: that of windows that belong together, or empty
  bool enabled = true;
};
std::vector<CatalogueEntry> catalogue();

/// A scenario that extends `base` by the text of its measures and parameters, read by the program's own reader.
/// `rest` is YAML at the left margin, such as "measures:\n  - {id: x, kind: fine_amnesty, from: 2026-01}\n".
Scenario variant(std::string const& base, std::string const& rest, Overrides const& overrides = {});

/// Lima and Callao (or another area) at a scale and for some months.
Overrides small_case(int scale = 1000, int months = 14, std::string const& area = "lima_callao");

/// Five districts of Lima, for cases that must be tiny.
inline constexpr char const* few_districts_of_lima = "150101,150132,150135,150110,150122";

/// A scenario with what its replicates share. The layout belongs to the same detail as its runs.
struct Prepared {
  Prepared(Scenario s, Detail detail_of_places);
  Prepared(Prepared const&) = delete;
  Prepared& operator=(Prepared const&) = delete;

  Scenario const scenario;
  Detail const detail;
  std::shared_ptr<Setup const> const setup;
  RecordLayout const layout;
};
std::shared_ptr<Prepared const> prepare(Scenario scenario, Detail detail = Detail::totals);

using Adjust = std::function<void(World&, Setup const&)>;

/// One replicate from start to end; `at_start` may change the initial world, `after_month` sees each month's end
/// (its clock stands at the next month, and in January the rows are in order again).
ReplicateRecord run(Prepared const& prepared, int replicate = 0, Adjust const& at_start = {},
                    Adjust const& after_month = {});

/// Replicates 0 to n - 1, in parallel.
std::vector<ReplicateRecord> run_replicates(Prepared const& prepared, int replicates);

/// The phases of a month by their names, up to and without `until`; the world's start is that of the scenario.
World world_before_phase(Prepared const& prepared, int replicate, std::string_view until, int whole_months);

/// Index of a variable by name; fails the test when there is none.
std::size_t variable(RecordLayout const& layout, std::string_view name);
/// A variable's value in a month, summed over its keys (month -1: the last).
std::int64_t value(RecordLayout const& layout, ReplicateRecord const& record, std::string_view name, int month = -1);
/// Sum over all months.
std::int64_t total(RecordLayout const& layout, ReplicateRecord const& record, std::string_view name);
/// An indicator in a month (-1: the last); NaN where its denominator is 0.
double indicator(RecordLayout const& layout, ReplicateRecord const& record, std::string_view name, int month = -1);

/// The first variable, month and key in which two records differ, with both values; empty when they are the same.
std::string first_difference(RecordLayout const& layout, ReplicateRecord const& a, ReplicateRecord const& b);

/// Student's t of differences paired by replicate: mean over its standard error. 0 when all differences are 0.
double paired_t(std::vector<double> const& differences);

}  // namespace arraigo::tests
