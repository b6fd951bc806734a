/// Indicators read off recorded variables: by replicate, month and key, and as paired differences. What `compare`
/// prints and the viewer draws.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/inference.hpp"
#include "analysis/parameter_parts.hpp"
#include "analysis/precision.hpp"
#include "analysis/run_data.hpp"
#include "record/record.hpp"

namespace arraigo::analysis {

/// By name; nullptr when the layout has none.
[[nodiscard]] Variable const* find_variable(RecordLayout const& layout, std::string_view name);
[[nodiscard]] Indicator const* find_indicator(RecordLayout const& layout, std::string_view name);
[[nodiscard]] Dimension const* find_dimension(RecordLayout const& layout, std::string_view name);

/// Which recorded cells a figure sums: the area's total, the keys of a dimension, or what contains them.
struct Cut {
  std::string name;  ///< as asked for; empty: the whole area
  std::string title_es, title_en;
  std::string dimension;          ///< of the variables; empty: the whole area
  std::vector<std::string> keys;  ///< of the figures
  std::vector<std::string> label_es, label_en;
  std::vector<std::size_t> key_of_cell;  ///< index into keys, one per key of the dimension

  [[nodiscard]] std::string variable(std::string const& base) const {
    return dimension.empty() ? base : base + "_by_" + dimension;
  }
};

/// InputError when the run has no such dimension or has not recorded it.
[[nodiscard]] Cut find_cut(RunData const& run, std::string const& by);
/// Names of the dimensions by which the run can be cut, in the order of its layout ("" not among them; a dimension's
/// parent, such as zone, right after it).
[[nodiscard]] std::vector<std::string> cuts_of(RunData const& run);
/// Places are recorded as finely as the run was asked to: where the dimension is one of places and no figure stands on
/// it, the sentence that tells how to ask; else empty.
[[nodiscard]] std::string why_places_lack(RunData const& run, std::string const& dimension);

/// The first variable that the indicator needs under the cut and the run lacks; empty when it has all.
[[nodiscard]] std::string missing_variable(RunData const& run, Indicator const& indicator, Cut const& cut);
/// Whether the run holds every variable that the indicator needs under the cut.
[[nodiscard]] bool is_recorded(RunData const& run, Indicator const& indicator, Cut const& cut);
/// The variables of the run's layout that the indicator needs under the cut, each once. Empty when the run lacks one.
[[nodiscard]] std::vector<Variable const*> variables_of(RunData const& run, Indicator const& indicator, Cut const& cut);

using VariableCache = std::map<std::string, std::vector<std::int64_t>>;  ///< values of one run by variable name

/// An indicator's numerator, denominator and reference in one run, on (replicate, month, key).
class Figures {
 public:
  /// Takes variables from `cache` and reads into it what is not there. The cut may be another run's that has the same
  /// keys. InputError when a file is damaged or a sum too large; BugError when the indicator is not recorded under the
  /// cut, or the cut or the cache are of a run of another shape.
  Figures(RunData const& run, Indicator const& indicator, Cut const& cut, VariableCache& cache);
  /// None: undefined (an empty denominator).
  [[nodiscard]] std::optional<double> value(std::size_t replicate, int month, std::size_t key) const;
  /// What the figure is a share or mean of, mean over replicates and months, and the smaller of the two where there is a reference:
  /// people, firms or cases. Of hours those who work them; of people by service the people. None for a level.
  [[nodiscard]] std::optional<double> mean_denominator(int first_month, int months, std::size_t key,
                                                       std::size_t replicates) const;
  [[nodiscard]] std::size_t replicates() const { return replicates_; }
  [[nodiscard]] std::size_t sets() const { return sets_; }  ///< of drawn parameters; 0: none
  [[nodiscard]] int months() const { return static_cast<int>(months_); }
  [[nodiscard]] std::size_t keys() const { return keys_; }

 private:
  [[nodiscard]] std::vector<std::int64_t> sum(RunData const& run, std::vector<std::string> const& terms, Cut const& cut,
                                              VariableCache& cache) const;

  std::size_t replicates_, sets_, months_, keys_;
  Indicator indicator_;
  bool is_level_;
  std::vector<std::int64_t> heads_, reference_heads_;  ///< whom mean_denominator counts; empty: those of the denominators
  double counted_times_ = 1;                           ///< how often each of them is
  std::vector<std::int64_t> numerator_, denominator_, reference_numerator_, reference_denominator_;  ///< the last two are empty without a reference
};

/// A month's figure of one run over its replicates.
struct Level {
  std::optional<double> mean;
  std::optional<Interval> interval;  ///< 95 % of the mean (summarise_pairs); none for fewer than two replicates
  int replicates = 0;                ///< those in which it is defined
};
[[nodiscard]] Level level_of(Figures const& run, int month, std::size_t key);

/// Base, alternative and their paired difference, over the replicates in which both are defined. Where there is none,
/// base and alternative are each over its own.
struct PairedFigure {
  std::optional<double> base, alternative, difference;
  std::optional<Interval> interval;  ///< 95 %
  std::optional<double> p_value;     ///< of no difference, two-sided
  int replicates = 0;
  std::optional<PairingGain> gain{};
  std::optional<ParameterParts> parameters{};  ///< where replicates drew theirs: interval is then that of both, without a p-value
};
/// Of one month, which both runs have. The figures must have the same keys; replicates beyond the shorter run's are
/// left out.
[[nodiscard]] PairedFigure pair_of(Figures const& base, Figures const& alternative, int month, std::size_t key);

struct MonthSpan {
  int first = 0;  ///< from the start
  int count = 1;
};
/// The same of means over months, from the first `replicates` replicates.
[[nodiscard]] PairedFigure pair_over(Figures const& base, Figures const& alternative, MonthSpan months, std::size_t key,
                                     std::size_t replicates);

}  // namespace arraigo::analysis
