/// Differences between scenarios, paired by replicate: replicates with the same number share their random numbers.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analysis/by_rule.hpp"
#include "analysis/figures.hpp"
#include "analysis/precision.hpp"
#include "analysis/run_data.hpp"
#include "analysis/run_reader.hpp"
#include "core/text.hpp"
#include "record/record.hpp"

namespace arraigo::analysis {

struct CompareOptions {
  std::vector<std::string> indicators;  ///< names; empty: the headline ones
  std::string by;                       ///< a dimension, or what contains one (zone); empty: the whole area
  std::string month = "last";           ///< "YYYY-MM", "last", "mean" (over the horizon's monthly values) or "all"
  std::optional<Precision> precision{};  ///< to tell how many replicates it needs
};

struct ComparedRun {
  std::string stem, title_es, title_en, version, commit;
};

/// A run of an alternative's rules with the base's decisions.
struct ComparedTwin {
  std::size_t alternative = 0;  ///< index into Comparison::alternatives
  ComparedRun run;
};

struct ComparisonRow {
  std::size_t alternative = 0;  ///< index into Comparison::alternatives
  std::size_t indicator = 0;    ///< index into Comparison::indicators
  std::string key;              ///< empty: the whole area
  std::string label_es, label_en;
  std::string month;                            ///< "YYYY-MM" or "mean"
  std::optional<double> base, alt, difference;  ///< none: undefined (an empty denominator)
  std::optional<Interval> interval;             ///< 95 %
  std::optional<double> p_value;                ///< of no difference, two-sided
  int replicates = 0;                           ///< pairs in which both values are defined
  bool too_small = false;                       ///< a cell of too few agents: its figures are withheld
  std::optional<RuleParts> parts;               ///< of the difference, where the alternative has a twin
  std::optional<PairingGain> gain;              ///< none for fewer than two pairs
  std::optional<double> halfwidth;              ///< that is asked for, in the indicator's unit
  std::optional<ReplicatesNeeded> needed;       ///< for it; none: no precision is asked for
  std::optional<ParameterParts> drawn;          ///< the interval's two parts, where replicates drew their parameters
};

/// Agents that must stand in the denominator of a cell, in base and alternative, for its figure to be shown.
inline constexpr int least_agents = 30;
/// Whether fewer stand in the denominator of a cell in these months, of replicates at `scale` people per agent. Levels have none.
[[nodiscard]] bool is_too_small(Figures const& figures, MonthSpan months, std::size_t key, std::size_t replicates, std::int64_t scale);

struct Comparison {
  ComparedRun base;
  std::vector<ComparedRun> alternatives;
  std::vector<ComparedTwin> twins;
  std::vector<Indicator> indicators;
  std::string by;                       ///< empty: the whole area
  std::string by_es, by_en;             ///< its title
  std::string month;                    ///< as asked for: "last", "mean", "all" or "YYYY-MM"
  std::string first_month, last_month;  ///< of the common horizon
  std::string area;
  std::int64_t scale = 0, seed = 0;
  int replicates = 0;                  ///< common to all runs
  std::size_t sets = 0;                ///< of drawn parameters, the same for all runs; 0: they are not drawn
  std::optional<Precision> precision;  ///< that is asked for
  std::vector<ComparisonRow> rows;  ///< by alternative, indicator, key, month
};

/// Throws InputError with every reason for which the runs cannot be compared or the request cannot be met. A file of
/// `arraigo run --behaviour-as` is no alternative of its own: it splits the differences of the one whose rules it has.
[[nodiscard]] Comparison compare(std::filesystem::path const& base,
                                 std::vector<std::filesystem::path> const& alternatives, CompareOptions const& options);
/// One comparison for each cut in `cuts`, in place of `options.by`.
[[nodiscard]] std::vector<Comparison> compare_by_each(std::filesystem::path const& base,
                                                      std::vector<std::filesystem::path> const& alternatives,
                                                      CompareOptions const& options,
                                                      std::vector<std::string> const& cuts);
[[nodiscard]] std::vector<Comparison> compare_by_each(RunReader const& base, std::vector<RunReader> const& alternatives,
                                                      CompareOptions const& options,
                                                      std::vector<std::string> const& cuts);
[[nodiscard]] Comparison compare(RunReader const& base, std::vector<RunReader> const& alternatives,
                                 CompareOptions const& options);
/// Runs wherever they are, also of one name: telling them apart is the caller's. `alternatives` must not hold nullptr.
/// Each is shown as it is, twins too.
[[nodiscard]] Comparison compare(RunData const& base, std::vector<RunData const*> const& alternatives,
                                 CompareOptions const& options);

/// Of cells that are looked at together, what chance alone would show and what remains without it.
struct ManyTests {
  std::size_t tests = 0;                   ///< differences with an interval, in cuts
  std::size_t excluding_zero = 0;          ///< those whose 95 % interval excludes zero
  std::size_t remaining = 0;               ///< under the Benjamini-Hochberg false discovery rate of 5 %
  std::vector<std::vector<bool>> remains;  ///< by comparison and row
  [[nodiscard]] double by_chance() const { return 0.05 * static_cast<double>(tests); }
};
/// Comparisons of the whole area are left out: their few rows stand for themselves.
[[nodiscard]] ManyTests many_tests(std::span<Comparison const> comparisons);

[[nodiscard]] bool excludes_zero(ComparisonRow const& row);

/// Why two runs cannot be paired, one sentence each; empty when they can.
[[nodiscard]] std::vector<std::string> reasons_not_comparable(RunData const& base, RunData const& alternative);

// The comparisons that are printed together are of the same runs, by different cuts.

/// What CSV and JSON say of a row's precision and pairing, in their order; names alone of an empty row. An undefined value
/// is none.
using NamedValue = std::pair<char const*, std::optional<double>>;
[[nodiscard]] std::array<NamedValue, 10> precision_fields(ComparisonRow const& row);
/// A block for one alternative: the half-width now and asked for, replicates needed, what pairing saves.
void print_precision(std::ostream& out, Comparison const& comparison, std::size_t alternative, Lang lang);
/// A block for one alternative: what of each interval is chance and what the drawn parameters.
void print_parameter_parts(std::ostream& out, Comparison const& comparison, std::size_t alternative, Lang lang);
/// Over the rows of enough pairs (least_pairs_to_plan) whose differences vary; none without any.
[[nodiscard]] std::optional<double> median_pairing_factor(std::span<Comparison const> comparisons);

/// scenario,indicator,by,key,month,base,alt,difference,ci_low,ci_high,replicates; an undefined value is an empty field.
/// Where an alternative has a twin, by_rule and by_behaviour follow, each with _low, _high and _percent; where a precision is
/// asked for, what precision_fields lists.
void print_csv(std::ostream& out, std::span<Comparison const> comparisons);
/// A list of objects with the same fields; an undefined value is null.
void print_json(std::ostream& out, std::span<Comparison const> comparisons);
/// A cell withheld for its size is "·" in the table, an empty field in CSV and null in JSON.
/// For planners: one block per cut and alternative, aligned, with footnotes, wrapped to `columns`, that say what the
/// interval is.
void print_table(std::ostream& out, std::span<Comparison const> comparisons, Lang lang, std::size_t columns = 100);

}  // namespace arraigo::analysis
