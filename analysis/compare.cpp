#include "analysis/compare.hpp"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/suggest.hpp"

namespace arraigo::analysis {
namespace {

bool same_definition(Indicator const& a, Indicator const& b) {
  return a.numerator == b.numerator && a.denominator == b.denominator && a.factor == b.factor && a.units == b.units &&
         a.reference_numerator == b.reference_numerator && a.reference_denominator == b.reference_denominator &&
         a.offset == b.offset;
}

std::vector<Indicator> find_indicators(RunData const& run, CompareOptions const& options, Cut const& cut) {
  std::vector<Indicator> chosen;
  std::vector<std::string_view> known;
  for (auto const& indicator : run.layout().indicators) known.push_back(indicator.name);
  Errors errors;
  if (options.indicators.empty()) {
    for (auto const& indicator : run.layout().indicators)
      if (indicator.headline && is_recorded(run, indicator, cut)) chosen.push_back(indicator);
    // Some cuts are recorded for the other indicators only.
    if (chosen.empty())
      for (auto const& indicator : run.layout().indicators)
        if (is_recorded(run, indicator, cut)) chosen.push_back(indicator);
    if (chosen.empty()) errors.add(say(Message::an_no_indicator_cut, run.name(), cut.name));
  }
  for (auto const& name : options.indicators) {
    auto const* indicator = find_indicator(run.layout(), name);
    if (indicator == nullptr) {
      auto const near = suggestion(name, known);
      errors.add(say(Message::an_unknown_indicator, run.name(), shown(name),
                     near.empty() ? say(Message::an_see_indicators) : near));
    } else if (auto const missing = missing_variable(run, *indicator, cut); !missing.empty()) {
      errors.add(say(Message::an_indicator_not_cut, run.name(), name, cut.name, missing));
    } else if (std::none_of(chosen.begin(), chosen.end(), [&](Indicator const& c) { return c.name == name; })) {
      chosen.push_back(*indicator);
    }
  }
  errors.throw_if_any();
  return chosen;
}

/// What a row covers: one month, or all of them for a mean.
struct Period {
  std::string text;
  MonthSpan months;
};

std::vector<Period> find_periods(Month start, int months, std::string const& asked) {
  if (asked == "mean") return {{"mean", {0, months}}};
  if (asked == "last") return {{(start + (months - 1)).text(), {months - 1, 1}}};
  if (asked == "all") {
    std::vector<Period> all;
    for (int m = 0; m < months; ++m) all.push_back({(start + m).text(), {m, 1}});
    return all;
  }
  auto const month = Month::parse(asked);
  if (!month) throw InputError(say(Message::an_bad_month, shown(asked)));
  int const offset = *month - start;
  if (offset < 0 || offset >= months)
    throw InputError(say(Message::an_month_outside, asked, start.text(), (start + (months - 1)).text()));
  return {{asked, {offset, 1}}};
}

/// Two runs of one name would be one in the scenario column. A run may be compared with itself.
void check_names(RunReader const& base, std::vector<RunReader> const& alternatives, Errors& errors) {
  auto const same_file = [](RunReader const& a, RunReader const& b) {
    std::error_code failed;
    return std::filesystem::equivalent(a.path(), b.path(), failed);
  };
  for (std::size_t i = 0; i < alternatives.size(); ++i) {
    auto const& run = alternatives[i];
    if (base.column_name() == run.column_name() && !same_file(base, run))
      errors.add(say(Message::an_same_name, base.name(), run.name(), run.column_name()));
    for (std::size_t j = 0; j < i; ++j) {
      if (alternatives[j].column_name() != run.column_name()) continue;
      errors.add(same_file(alternatives[j], run)
                     ? say(Message::an_given_twice, run.name())
                     : say(Message::an_same_name, alternatives[j].name(), run.name(), run.column_name()));
    }
  }
}

ComparedRun describe(RunData const& run) {
  return {run.column_name(), run.title(Lang::es), run.title(Lang::en), run.text_attribute("version").value_or(""),
          run.text_attribute("commit").value_or("")};
}

std::string attribute_as_text(RunData const& run, char const* name) {
  if (auto const number = run.integer_attribute(name)) return std::to_string(*number);
  return run.text_attribute(name).value_or("");
}

void check_same_record(RunData const& base, RunData const& alternative, std::vector<Indicator> const& indicators,
                       Cut const& cut, Errors& errors) {
  std::string const base_name = base.name(), alternative_name = alternative.name();
  if (auto why = why_places_lack(alternative, cut.dimension); !why.empty()) {
    errors.add(std::move(why));
    return;  // one sentence instead of one for every indicator
  }
  for (auto const& indicator : indicators) {
    auto const* other = find_indicator(alternative.layout(), indicator.name);
    if (other == nullptr || !same_definition(indicator, *other))
      errors.add(say(Message::an_other_definition, base_name, alternative_name, indicator.name));
    else if (auto const missing = missing_variable(alternative, indicator, cut); !missing.empty())
      errors.add(say(Message::an_indicator_not_cut, alternative_name, indicator.name, cut.name, missing));
  }
  if (cut.dimension.empty()) return;
  auto const* mine = find_dimension(base.layout(), cut.dimension);
  auto const* theirs = find_dimension(alternative.layout(), cut.dimension);
  if (theirs == nullptr || mine->keys != theirs->keys || (cut.name != cut.dimension && mine->parent != theirs->parent))
    errors.add(say(Message::an_other_keys, base_name, alternative_name, cut.dimension));
}

/// The whole area is no cell.
bool is_too_small(Comparison const& result, Figures const& figures, MonthSpan months, std::size_t key) {
  return !result.by.empty() && result.scale > 0 && is_too_small(figures, months, key, static_cast<std::size_t>(result.replicates), result.scale);
}

/// Rows of one alternative, by indicator, key, month.
void add_rows(Comparison& result, std::size_t alternative, Alternative const& of,
              std::vector<Figures> const& base_figures, Cut const& cut, std::vector<Period> const& periods) {
  VariableCache cache, twin_cache;
  auto const replicates = static_cast<std::size_t>(result.replicates);
  for (std::size_t i = 0; i < result.indicators.size(); ++i) {
    Figures const figures{*of.run, result.indicators[i], cut, cache};
    std::optional<Figures> twin;
    if (of.twin != nullptr) twin.emplace(*of.twin, result.indicators[i], cut, twin_cache);
    for (std::size_t key = 0; key < cut.keys.size(); ++key)
      for (auto const& period : periods) {
        auto const pair = pair_over(base_figures[i], figures, period.months, key, replicates);
        ComparisonRow row;
        row.alternative = alternative;
        row.indicator = i;
        row.key = cut.keys[key];
        row.label_es = cut.label_es[key];
        row.label_en = cut.label_en[key];
        row.month = period.text;
        row.replicates = pair.replicates;
        row.too_small = is_too_small(result, base_figures[i], period.months, key) ||
                        is_too_small(result, figures, period.months, key) ||
                        (twin && is_too_small(result, *twin, period.months, key));
        if (!row.too_small) {
          row.base = pair.base;
          row.alt = pair.alternative;
          row.difference = pair.difference;
          row.interval = pair.interval;
          row.p_value = pair.p_value;
          row.gain = pair.gain;
          row.drawn = pair.parameters;
          if (result.precision) {
            row.halfwidth = result.precision->halfwidth(row.base);
            // Of drawn parameters more replicates of the sets at hand would leave what differs between sets.
            row.needed = result.sets > 0 ? ReplicatesNeeded{.estimate = {}, .reason = NoPlan::drawn_parameters}
                                         : replicates_needed(row.gain ? row.gain->difference_variance : 0, static_cast<std::size_t>(row.replicates), row.halfwidth);
          }
          if (twin) row.parts = rule_parts(base_figures[i], *twin, figures, period.months, key, replicates);
        }
        result.rows.push_back(std::move(row));
      }
  }
}

/// `errors` holds what is wrong with the names.
void check_comparable(RunData const& base, std::vector<RunData const*> const& runs, Errors errors) {
  if (runs.empty()) throw InputError(say(Message::an_no_alternative, base.name()));
  for (auto const* run : runs)
    for (auto& reason : reasons_not_comparable(base, *run)) errors.add(std::move(reason));
  errors.throw_if_any();
}

Comparison compare_comparable(RunData const& base, std::vector<Alternative> const& alternatives,
                              CompareOptions const& options) {
  Cut const cut = find_cut(base, options.by);
  auto const indicators = find_indicators(base, options, cut);
  int months = base.layout().months;
  int replicates = base.replicates();
  Errors errors;
  for (auto const& alternative : alternatives)
    for (auto const* run : {alternative.run, alternative.twin}) {
      if (run == nullptr) continue;
      check_same_record(base, *run, indicators, cut, errors);
      months = std::min(months, run->layout().months);
      replicates = std::min(replicates, run->replicates());
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
  result.precision = options.precision;
  result.sets = parameter_sets_of(base);

  VariableCache base_cache;
  std::vector<Figures> base_figures;
  for (auto const& indicator : indicators) base_figures.emplace_back(base, indicator, cut, base_cache);
  for (std::size_t a = 0; a < alternatives.size(); ++a) {
    auto const& [run, twin] = alternatives[a];
    result.alternatives.push_back(describe(*run));
    if (twin != nullptr) result.twins.push_back({a, describe(*twin)});
    add_rows(result, a, alternatives[a], base_figures, cut, periods);
  }
  return result;
}

}  // namespace

bool is_too_small(Figures const& figures, MonthSpan months, std::size_t key, std::size_t replicates, std::int64_t scale) {
  auto const people = figures.mean_denominator(months.first, months.count, key, replicates);
  return people && *people < static_cast<double>(least_agents * scale);
}

std::vector<std::string> reasons_not_comparable(RunData const& base, RunData const& alternative) {
  std::vector<std::string> reasons;
  std::string const base_name = base.name(), alternative_name = alternative.name();
  for (char const* name : {"seed", "area", "scale", "data_digest"}) {
    auto const mine = attribute_as_text(base, name), theirs = attribute_as_text(alternative, name);
    if (mine.empty() || theirs.empty())
      reasons.push_back(say(Message::an_no_attribute, base_name, alternative_name, name,
                            mine.empty() ? base_name : alternative_name));
    else if (mine != theirs)
      reasons.push_back(say(Message::an_not_comparable, base_name, alternative_name, name, shown(mine), shown(theirs)));
  }
  if (base.text_attribute("parameter_sets") != alternative.text_attribute("parameter_sets")) reasons.push_back(say(Message::ca_parts_differ, base_name, alternative_name));
  if (base.layout().start != alternative.layout().start)
    reasons.push_back(say(Message::an_not_comparable, base_name, alternative_name, "start", base.layout().start.text(),
                          alternative.layout().start.text()));
  return reasons;
}

Comparison compare(RunReader const& base, std::vector<RunReader> const& alternatives, CompareOptions const& options) {
  Errors errors;
  check_names(base, alternatives, errors);
  std::vector<RunData const*> runs;
  for (auto const& alternative : alternatives) runs.push_back(&alternative);
  check_comparable(base, runs, std::move(errors));
  return compare_comparable(base, pair_twins(base, runs), options);
}

Comparison compare(RunData const& base, std::vector<RunData const*> const& alternatives,
                   CompareOptions const& options) {
  check_comparable(base, alternatives, {});
  std::vector<Alternative> all;
  for (auto const* alternative : alternatives) all.push_back({alternative, nullptr});
  return compare_comparable(base, all, options);
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
  return compare_by_each(base_run, runs, options, cuts);
}

std::vector<Comparison> compare_by_each(RunReader const& base, std::vector<RunReader> const& alternatives,
                                        CompareOptions const& options, std::vector<std::string> const& cuts) {
  std::vector<Comparison> comparisons;
  std::set<std::string> sentences;  // what does not depend on the cut is said once
  Errors errors;
  for (auto const& cut : cuts) {
    CompareOptions of_cut = options;
    of_cut.by = cut;
    try {
      comparisons.push_back(compare(base, alternatives, of_cut));
    } catch (InputError const& error) {
      for (auto const& sentence : error.sentences())
        if (sentences.insert(sentence).second) errors.add(sentence);
    }
  }
  errors.throw_if_any();
  return comparisons;
}

ManyTests many_tests(std::span<Comparison const> comparisons) {
  ManyTests result;
  std::vector<double> p_values;
  std::vector<std::pair<std::size_t, std::size_t>> places;
  for (std::size_t c = 0; c < comparisons.size(); ++c) {
    auto const& rows = comparisons[c].rows;
    result.remains.emplace_back(rows.size(), false);
    if (comparisons[c].by.empty()) continue;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (!rows[r].interval || !rows[r].p_value) continue;
      p_values.push_back(*rows[r].p_value);
      places.emplace_back(c, r);
      if (!rows[r].interval->holds(0)) ++result.excluding_zero;
    }
  }
  result.tests = p_values.size();
  auto const remains = remain_under_false_discovery_rate(p_values);
  for (std::size_t i = 0; i < remains.size(); ++i)
    if (remains[i]) {
      result.remains[places[i].first][places[i].second] = true;
      ++result.remaining;
    }
  return result;
}

}  // namespace arraigo::analysis
