#include "analysis/compare.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <set>
#include <system_error>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/suggest.hpp"

namespace arraigo::analysis {
namespace {

constexpr double confidence = 0.95;

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

/// The base name and whether it is subtracted.
std::pair<std::string, bool> term_of(std::string const& written) {
  bool const subtracts = written.starts_with('-');
  return {subtracts ? written.substr(1) : written, subtracts};
}

std::vector<std::string> terms_of(Indicator const& indicator) {
  std::vector<std::string> terms = indicator.numerator;
  terms.insert(terms.end(), indicator.denominator.begin(), indicator.denominator.end());
  for (auto& term : terms) term = term_of(term).first;
  return terms;
}

Variable const* find_variable(RunReader const& run, std::string const& name) {
  for (auto const& variable : run.layout().variables)
    if (variable.name == name) return &variable;
  return nullptr;
}

Indicator const* find_indicator(RunReader const& run, std::string const& name) {
  for (auto const& indicator : run.layout().indicators)
    if (indicator.name == name) return &indicator;
  return nullptr;
}

Dimension const* find_dimension(RunReader const& run, std::string const& name) {
  for (auto const& dimension : run.layout().dimensions)
    if (dimension.name == name) return &dimension;
  return nullptr;
}

/// Whether any figure stands on the dimension. A run may name its zones and hold totals only.
bool is_recorded(RunReader const& run, std::string const& dimension) {
  auto const& layout = run.layout();
  return std::any_of(layout.variables.begin(), layout.variables.end(), [&](Variable const& variable) {
    return variable.dimension >= 0 && layout.dimensions[static_cast<std::size_t>(variable.dimension)].name == dimension;
  });
}

/// Places are recorded as finely as the run was asked to; the sentence tells how to ask.
bool is_matter_of_detail(std::string const& cut) { return cut == "zone" || cut == "district"; }
std::string not_recorded(RunReader const& run, std::string const& cut) {
  return say(Message::an_cut_not_recorded, run.path().string(), cut, cut + "s");
}

bool same_definition(Indicator const& a, Indicator const& b) {
  return a.numerator == b.numerator && a.denominator == b.denominator && a.factor == b.factor && a.units == b.units;
}

/// The first variable that the indicator needs for this cut and the run lacks; empty when it has all.
std::string missing_variable(RunReader const& run, Indicator const& indicator, Cut const& cut) {
  for (auto const& base : terms_of(indicator))
    if (find_variable(run, cut.variable(base)) == nullptr) return cut.variable(base);
  return {};
}

Cut find_cut(RunReader const& run, std::string const& by) {
  Cut cut;
  cut.name = by;
  if (by.empty()) {
    cut.keys = cut.label_es = cut.label_en = {""};
    cut.key_of_cell = {0};
    return cut;
  }
  if (auto const* dimension = find_dimension(run, by); dimension != nullptr && is_recorded(run, by)) {
    cut.dimension = by;
    cut.title_es = dimension->title_es;
    cut.title_en = dimension->title_en;
    cut.keys = dimension->keys;
    cut.label_es = dimension->label_es;
    cut.label_en = dimension->label_en;
    for (std::size_t i = 0; i < cut.keys.size(); ++i) cut.key_of_cell.push_back(i);
    return cut;
  }
  for (auto const& dimension : run.layout().dimensions) {
    if (dimension.parent_name != by || !is_recorded(run, dimension.name)) continue;
    cut.dimension = dimension.name;
    cut.title_es = by == "zone" ? text(Message::app_list_zone, Lang::es) : by;
    cut.title_en = by;
    for (auto const& parent : dimension.parent) {
      auto const known = std::find(cut.keys.begin(), cut.keys.end(), parent);
      cut.key_of_cell.push_back(static_cast<std::size_t>(known - cut.keys.begin()));
      if (known == cut.keys.end()) cut.keys.push_back(parent);
    }
    cut.label_es = cut.label_en = cut.keys;
    return cut;
  }
  if (is_matter_of_detail(by)) throw InputError(not_recorded(run, by));
  std::vector<std::string_view> known;
  for (auto const& dimension : run.layout().dimensions) {
    if (!is_recorded(run, dimension.name)) continue;
    known.push_back(dimension.name);
    if (!dimension.parent_name.empty() && find_dimension(run, dimension.parent_name) == nullptr)
      known.push_back(dimension.parent_name);
  }
  throw InputError(say(Message::an_unknown_cut, run.path().string(), shown(by), suggestion(by, known)));
}

std::vector<Indicator> find_indicators(RunReader const& run, CompareOptions const& options, Cut const& cut) {
  std::vector<Indicator> chosen;
  std::vector<std::string_view> known;
  for (auto const& indicator : run.layout().indicators) known.push_back(indicator.name);
  Errors errors;
  if (options.indicators.empty()) {
    for (auto const& indicator : run.layout().indicators)
      if (indicator.headline && missing_variable(run, indicator, cut).empty()) chosen.push_back(indicator);
    // Some cuts are recorded for the other indicators only.
    if (chosen.empty())
      for (auto const& indicator : run.layout().indicators)
        if (missing_variable(run, indicator, cut).empty()) chosen.push_back(indicator);
    if (chosen.empty()) errors.add(say(Message::an_no_indicator_cut, run.path().string(), cut.name));
  }
  for (auto const& name : options.indicators) {
    auto const* indicator = find_indicator(run, name);
    if (indicator == nullptr) {
      auto const near = suggestion(name, known);
      errors.add(say(Message::an_unknown_indicator, run.path().string(), shown(name),
                     near.empty() ? say(Message::an_see_indicators) : near));
    } else if (auto const missing = missing_variable(run, *indicator, cut); !missing.empty()) {
      errors.add(say(Message::an_indicator_not_cut, run.path().string(), name, cut.name, missing));
    } else if (std::none_of(chosen.begin(), chosen.end(), [&](Indicator const& c) { return c.name == name; })) {
      chosen.push_back(*indicator);
    }
  }
  errors.throw_if_any();
  return chosen;
}

/// Months (offsets from the start) that each row covers: one, or all of them for a mean.
struct Period {
  std::string text;
  int first = 0;
  int count = 1;
};

std::vector<Period> find_periods(Month start, int months, std::string const& asked) {
  if (asked == "mean") return {{"mean", 0, months}};
  if (asked == "last") return {{(start + (months - 1)).text(), months - 1, 1}};
  if (asked == "all") {
    std::vector<Period> all;
    for (int m = 0; m < months; ++m) all.push_back({(start + m).text(), m, 1});
    return all;
  }
  auto const month = Month::parse(asked);
  if (!month) throw InputError(say(Message::an_bad_month, shown(asked)));
  int const offset = *month - start;
  if (offset < 0 || offset >= months)
    throw InputError(say(Message::an_month_outside, asked, start.text(), (start + (months - 1)).text()));
  return {{asked, offset, 1}};
}

/// An indicator's numerator and denominator in one run, on (replicate, month, key).
class Figures {
 public:
  Figures(RunReader const& run, Indicator const& indicator, Cut const& cut,
          std::map<std::string, std::vector<std::int64_t>>& cache)
      : months_(static_cast<std::size_t>(run.layout().months)),
        keys_(cut.keys.size()),
        factor_(indicator.factor),
        is_level_(indicator.denominator.empty()) {
    sum(run, indicator.numerator, cut, cache, numerator_);
    sum(run, indicator.denominator, cut, cache, denominator_);
  }

  [[nodiscard]] std::optional<double> value(std::size_t replicate, int month, std::size_t key) const {
    std::size_t const at = (replicate * months_ + static_cast<std::size_t>(month)) * keys_ + key;
    if (is_level_) return factor_ * static_cast<double>(numerator_[at]);
    if (denominator_[at] == 0) return std::nullopt;
    return factor_ * static_cast<double>(numerator_[at]) / static_cast<double>(denominator_[at]);
  }

 private:
  void sum(RunReader const& run, std::vector<std::string> const& terms, Cut const& cut,
           std::map<std::string, std::vector<std::int64_t>>& cache, std::vector<std::int64_t>& sums) const {
    sums.assign(static_cast<std::size_t>(run.replicates()) * months_ * keys_, 0);
    std::size_t const cells = cut.key_of_cell.size();
    for (auto const& term : terms) {
      auto const [base, subtracts] = term_of(term);
      std::string const name = cut.variable(base);
      auto found = cache.find(name);
      if (found == cache.end()) found = cache.emplace(name, run.read(*find_variable(run, name))).first;
      auto const& values = found->second;
      for (std::size_t i = 0; i < values.size(); ++i) {
        auto& total = sums[i / cells * keys_ + cut.key_of_cell[i % cells]];
        if (subtracts ? __builtin_sub_overflow(total, values[i], &total)
                      : __builtin_add_overflow(total, values[i], &total))
          throw InputError(say(Message::an_sum_too_large, run.path().string(), name));
      }
    }
  }

  std::size_t months_, keys_;
  double factor_;
  bool is_level_;
  std::vector<std::int64_t> numerator_, denominator_;
};

std::optional<double> mean_of(std::vector<double> const& values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (double const value : values) sum += value;
  // Equal values have exactly that mean, which a rounded division may miss.
  if (std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); }))
    return values.front();
  return sum / static_cast<double>(values.size());
}

/// Mean over the months in which both runs have a value: a difference of means over different months would not be
/// paired.
void add_pair(Figures const& base, Figures const& alternative, std::size_t replicate, Period const& period,
              std::size_t key, std::vector<double>& base_values, std::vector<double>& alternative_values,
              std::vector<double>& base_alone, std::vector<double>& alternative_alone) {
  std::vector<double> both_base, both_alternative, only_base, only_alternative;
  for (int m = period.first; m < period.first + period.count; ++m) {
    auto const b = base.value(replicate, m, key);
    auto const a = alternative.value(replicate, m, key);
    if (b) only_base.push_back(*b);
    if (a) only_alternative.push_back(*a);
    if (b && a) {
      both_base.push_back(*b);
      both_alternative.push_back(*a);
    }
  }
  if (auto const mean = mean_of(only_base)) base_alone.push_back(*mean);
  if (auto const mean = mean_of(only_alternative)) alternative_alone.push_back(*mean);
  if (both_base.empty()) return;
  base_values.push_back(*mean_of(both_base));
  alternative_values.push_back(*mean_of(both_alternative));
}

/// What the scenario column calls a run: the file's name, so that a copy under another name is another run.
std::string name_of(RunReader const& run) { return run.path().stem().string(); }

/// Two runs of one name would be one in the scenario column. A run may be compared with itself.
void check_names(RunReader const& base, std::vector<RunReader> const& alternatives, Errors& errors) {
  auto const same_file = [](RunReader const& a, RunReader const& b) {
    std::error_code failed;
    return std::filesystem::equivalent(a.path(), b.path(), failed);
  };
  for (std::size_t i = 0; i < alternatives.size(); ++i) {
    auto const& run = alternatives[i];
    if (name_of(base) == name_of(run) && !same_file(base, run))
      errors.add(say(Message::an_same_name, base.path().string(), run.path().string(), name_of(run)));
    for (std::size_t j = 0; j < i; ++j) {
      if (name_of(alternatives[j]) != name_of(run)) continue;
      errors.add(same_file(alternatives[j], run)
                     ? say(Message::an_given_twice, run.path().string())
                     : say(Message::an_same_name, alternatives[j].path().string(), run.path().string(), name_of(run)));
    }
  }
}

ComparedRun describe(RunReader const& run) {
  return {name_of(run), run.title(Lang::es), run.title(Lang::en), run.text_attribute("version").value_or(""),
          run.text_attribute("commit").value_or("")};
}

std::string attribute_as_text(RunReader const& run, char const* name) {
  if (auto const number = run.integer_attribute(name)) return std::to_string(*number);
  return run.text_attribute(name).value_or("");
}

void check_same_record(RunReader const& base, RunReader const& alternative, std::vector<Indicator> const& indicators,
                       Cut const& cut, Errors& errors) {
  std::string const base_name = base.path().string(), alternative_name = alternative.path().string();
  if (is_matter_of_detail(cut.dimension) && !is_recorded(alternative, cut.dimension)) {
    errors.add(not_recorded(alternative, cut.dimension));
    return;  // one sentence instead of one for every indicator
  }
  for (auto const& indicator : indicators) {
    auto const* other = find_indicator(alternative, indicator.name);
    if (other == nullptr || !same_definition(indicator, *other))
      errors.add(say(Message::an_other_definition, base_name, alternative_name, indicator.name));
    else if (auto const missing = missing_variable(alternative, indicator, cut); !missing.empty())
      errors.add(say(Message::an_indicator_not_cut, alternative_name, indicator.name, cut.name, missing));
  }
  if (cut.dimension.empty()) return;
  auto const* mine = find_dimension(base, cut.dimension);
  auto const* theirs = find_dimension(alternative, cut.dimension);
  if (theirs == nullptr || mine->keys != theirs->keys || (cut.name != cut.dimension && mine->parent != theirs->parent))
    errors.add(say(Message::an_other_keys, base_name, alternative_name, cut.dimension));
}

}  // namespace

PairedDifference summarise_pairs(std::span<double const> differences) {
  std::size_t const n = differences.size();
  PairedDifference result;
  if (std::all_of(differences.begin(), differences.end(), [&](double d) { return d == differences.front(); })) {
    result.mean = differences.front();
    if (n > 1) result.interval = Interval{result.mean, result.mean};
    return result;
  }
  for (double const d : differences) result.mean += d;
  result.mean /= static_cast<double>(n);
  double squares = 0;
  for (double const d : differences) squares += (d - result.mean) * (d - result.mean);
  double const standard_error = std::sqrt(squares / static_cast<double>(n - 1) / static_cast<double>(n));
  boost::math::students_t const distribution{static_cast<double>(n - 1)};
  double const half =
      boost::math::quantile(boost::math::complement(distribution, (1 - confidence) / 2)) * standard_error;
  result.interval = Interval{result.mean - half, result.mean + half};
  return result;
}

std::vector<std::string> reasons_not_comparable(RunReader const& base, RunReader const& alternative) {
  std::vector<std::string> reasons;
  std::string const base_name = base.path().string(), alternative_name = alternative.path().string();
  for (char const* name : {"seed", "area", "scale", "data_digest"}) {
    auto const mine = attribute_as_text(base, name), theirs = attribute_as_text(alternative, name);
    if (mine.empty() || theirs.empty())
      reasons.push_back(say(Message::an_no_attribute, base_name, alternative_name, name,
                            mine.empty() ? base_name : alternative_name));
    else if (mine != theirs)
      reasons.push_back(say(Message::an_not_comparable, base_name, alternative_name, name, shown(mine), shown(theirs)));
  }
  if (base.layout().start != alternative.layout().start)
    reasons.push_back(say(Message::an_not_comparable, base_name, alternative_name, "start", base.layout().start.text(),
                          alternative.layout().start.text()));
  return reasons;
}

Comparison compare(RunReader const& base, std::vector<RunReader> const& alternatives, CompareOptions const& options) {
  if (alternatives.empty()) throw InputError(say(Message::an_no_alternative, base.path().string()));
  Errors errors;
  check_names(base, alternatives, errors);
  for (auto const& alternative : alternatives)
    for (auto& reason : reasons_not_comparable(base, alternative)) errors.add(std::move(reason));
  errors.throw_if_any();

  Cut const cut = find_cut(base, options.by);
  auto const indicators = find_indicators(base, options, cut);
  int months = base.layout().months;
  int replicates = base.replicates();
  for (auto const& alternative : alternatives) {
    check_same_record(base, alternative, indicators, cut, errors);
    months = std::min(months, alternative.layout().months);
    replicates = std::min(replicates, alternative.replicates());
  }
  errors.throw_if_any();
  auto const periods = find_periods(base.layout().start, months, options.month);

  Comparison result;
  result.base = describe(base);
  result.indicators = indicators;
  result.by = cut.name;
  result.by_es = cut.title_es;
  result.by_en = cut.title_en;
  result.month = options.month;
  result.first_month = base.layout().start.text();
  result.last_month = (base.layout().start + (months - 1)).text();
  result.area = base.text_attribute("area").value_or("");
  result.scale = base.integer_attribute("scale").value_or(0);
  result.seed = base.integer_attribute("seed").value_or(0);
  result.replicates = replicates;

  std::map<std::string, std::vector<std::int64_t>> base_cache;
  std::vector<Figures> base_figures;
  for (auto const& indicator : indicators) base_figures.emplace_back(base, indicator, cut, base_cache);
  for (std::size_t a = 0; a < alternatives.size(); ++a) {
    result.alternatives.push_back(describe(alternatives[a]));
    std::map<std::string, std::vector<std::int64_t>> cache;
    for (std::size_t i = 0; i < indicators.size(); ++i) {
      Figures const figures{alternatives[a], indicators[i], cut, cache};
      for (std::size_t key = 0; key < cut.keys.size(); ++key)
        for (auto const& period : periods) {
          std::vector<double> base_values, alternative_values, base_alone, alternative_alone;
          for (std::size_t r = 0; r < static_cast<std::size_t>(replicates); ++r)
            add_pair(base_figures[i], figures, r, period, key, base_values, alternative_values, base_alone,
                     alternative_alone);
          ComparisonRow row;
          row.alternative = a;
          row.indicator = i;
          row.key = cut.keys[key];
          row.label_es = cut.label_es[key];
          row.label_en = cut.label_en[key];
          row.month = period.text;
          row.replicates = static_cast<int>(base_values.size());
          row.base = mean_of(base_values.empty() ? base_alone : base_values);
          row.alt = mean_of(base_values.empty() ? alternative_alone : alternative_values);
          if (!base_values.empty()) {
            std::vector<double> differences;
            for (std::size_t r = 0; r < base_values.size(); ++r)
              differences.push_back(alternative_values[r] - base_values[r]);
            auto const paired = summarise_pairs(differences);
            row.difference = paired.mean;
            row.interval = paired.interval;
          }
          result.rows.push_back(std::move(row));
        }
    }
  }
  return result;
}

Comparison compare(std::filesystem::path const& base, std::vector<std::filesystem::path> const& alternatives,
                   CompareOptions const& options) {
  RunReader const base_run{base};
  std::vector<RunReader> runs;
  for (auto const& alternative : alternatives) runs.emplace_back(alternative);
  return compare(base_run, runs, options);
}

std::vector<Comparison> compare_by_each(std::filesystem::path const& base,
                                        std::vector<std::filesystem::path> const& alternatives,
                                        CompareOptions const& options, std::vector<std::string> const& cuts) {
  RunReader const base_run{base};
  std::vector<RunReader> runs;
  for (auto const& alternative : alternatives) runs.emplace_back(alternative);
  std::vector<Comparison> comparisons;
  std::set<std::string> sentences;  // what does not depend on the cut is said once
  Errors errors;
  for (auto const& cut : cuts) {
    CompareOptions of_cut = options;
    of_cut.by = cut;
    try {
      comparisons.push_back(compare(base_run, runs, of_cut));
    } catch (InputError const& error) {
      for (auto const& sentence : error.sentences())
        if (sentences.insert(sentence).second) errors.add(sentence);
    }
  }
  errors.throw_if_any();
  return comparisons;
}

}  // namespace arraigo::analysis
