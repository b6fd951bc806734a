#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "analysis/compare.hpp"
#include "analysis/text_output.hpp"
#include "core/numbers.hpp"

namespace arraigo::analysis {
namespace {

constexpr std::size_t label_columns = 3;  // indicator, key, month
using Line = std::array<std::string, label_columns + 6>;

Line header_line(Comparison const& comparison, Lang lang) {
  return {words(lang, Message::an_indicator),
          lang == Lang::es ? comparison.by_es : comparison.by_en,
          comparison.month == "all" ? words(lang, Message::an_month) : std::string{},
          words(lang, Message::an_halfwidth_now),
          words(lang, Message::an_halfwidth_goal),
          words(lang, Message::an_replicates_needed),
          words(lang, Message::an_interval),
          words(lang, Message::an_pairing_factor),
          words(lang, Message::an_pairing_equivalent)};
}

std::optional<double> halfwidth_now(ComparisonRow const& row) {
  return row.interval ? std::optional{(row.interval->high - row.interval->low) / 2} : std::nullopt;
}

/// One digit more than keeps it from being shown as zero.
std::string halfwidth_text(double value, int decimals, Lang lang) {
  int const shown = decimals_that_show(value, std::nullopt, decimals);
  return format_number(value, value > 0 && value < 10 ? shown + 1 : shown, lang);
}

std::string number_of_replicates(int replicates, Lang lang) {
  return (replicates >= most_planned_replicates ? "≥ " : "") + format_number(replicates, 0, lang);
}

std::string why_no_plan(NoPlan reason, Lang lang) {
  switch (reason) {
    case NoPlan::too_few_pairs: return words(lang, Message::an_plan_too_few, least_pairs_to_plan);
    case NoPlan::no_variation: return words(lang, Message::an_plan_no_variation);
    case NoPlan::no_halfwidth: return words(lang, Message::an_plan_no_base);
    case NoPlan::drawn_parameters: return words(lang, Message::an_plan_drawn);
    case NoPlan::none: break;
  }
  return {};
}

Line line_of(Comparison const& comparison, ComparisonRow const& row, Lang lang) {
  auto const& about = comparison.indicators[row.indicator];
  Line line;
  line[0] = lang == Lang::es ? about.title_es : about.title_en;
  line[1] = lang == Lang::es ? row.label_es : row.label_en;
  if (comparison.month == "all") line[2] = row.month;
  if (!row.needed) {
    line[5] = words(lang, Message::an_too_small);
    return line;
  }
  if (auto const now = halfwidth_now(row)) line[3] = halfwidth_text(*now, about.decimals, lang);
  if (row.halfwidth) line[4] = halfwidth_text(*row.halfwidth, about.decimals, lang);
  line[5] = row.needed->estimate ? number_of_replicates(*row.needed->estimate, lang) : why_no_plan(row.needed->reason, lang);
  if (row.needed->estimate)
    line[6] = "[" + number_of_replicates(row.needed->low, lang) + "; " + number_of_replicates(row.needed->high, lang) + "]";
  if (auto const factor = row.gain ? row.gain->factor() : std::nullopt) {
    line[7] = words(lang, Message::an_times, format_number(*factor, *factor < 10 ? 1 : 0, lang));
    line[8] = format_number(*factor * row.replicates, 0, lang);
  }
  return line;
}

}  // namespace

std::array<NamedValue, 10> precision_fields(ComparisonRow const& row) {
  std::array<NamedValue, 10> fields{{{"halfwidth", halfwidth_now(row)},
                                     {"halfwidth_goal", row.halfwidth},
                                     {"replicates_needed", {}},
                                     {"replicates_needed_low", {}},
                                     {"replicates_needed_high", {}},
                                     {"variance_base", {}},
                                     {"variance_alt", {}},
                                     {"variance_difference", {}},
                                     {"pairing_factor", {}},
                                     {"unpaired_replicates", {}}}};
  if (row.needed && row.needed->estimate) {
    fields[2].second = *row.needed->estimate;
    fields[3].second = row.needed->low;
    fields[4].second = row.needed->high;
  }
  if (row.gain) {
    fields[5].second = row.gain->base_variance;
    fields[6].second = row.gain->alternative_variance;
    fields[7].second = row.gain->difference_variance;
    fields[8].second = row.gain->factor();
    if (auto const factor = row.gain->factor()) fields[9].second = *factor * row.replicates;
  }
  return fields;
}

void print_precision(std::ostream& out, Comparison const& comparison, std::size_t alternative, Lang lang) {
  auto const& precision = *comparison.precision;
  std::string const goal = number_text(precision.value);
  out << "\n"
      << words(lang, Message::an_precision_title,
               precision.percent_of_base ? words(lang, Message::an_precision_of_base, goal) : goal)
      << "\n";
  std::vector<Line> lines{header_line(comparison, lang)};
  for (auto const& row : comparison.rows)
    if (row.alternative == alternative) lines.push_back(line_of(comparison, row, lang));
  print_lines(out, lines, label_columns);
}

std::optional<double> median_pairing_factor(std::span<Comparison const> comparisons) {
  std::vector<double> factors;
  for (auto const& comparison : comparisons)
    for (auto const& row : comparison.rows)
      if (row.gain && static_cast<std::size_t>(row.replicates) >= least_pairs_to_plan)
        if (auto const factor = row.gain->factor()) factors.push_back(*factor);
  if (factors.empty()) return std::nullopt;
  std::sort(factors.begin(), factors.end());
  std::size_t const middle = factors.size() / 2;
  return factors.size() % 2 == 1 ? factors[middle] : (factors[middle - 1] + factors[middle]) / 2;
}

}  // namespace arraigo::analysis
