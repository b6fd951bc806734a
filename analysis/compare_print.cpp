#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "analysis/compare.hpp"
#include "analysis/text_output.hpp"
#include "core/input_errors.hpp"
#include "core/numbers.hpp"

namespace arraigo::analysis {
namespace {

std::string number_field(std::optional<double> value) {
  // Adding zero turns -0 into 0.
  return value ? number_text(*value + 0.0) : std::string{};
}

nlohmann::ordered_json number_or_null(std::optional<double> value) {
  if (!value) return nullptr;
  return *value + 0.0;
}

std::optional<double> low_of(ComparisonRow const& row) {
  return row.interval ? std::optional{row.interval->low} : std::nullopt;
}
std::optional<double> high_of(ComparisonRow const& row) {
  return row.interval ? std::optional{row.interval->high} : std::nullopt;
}

/// What CSV and JSON say of a row's parts, in their order; names alone where there are none.
std::array<NamedValue, 8> part_fields(std::optional<RuleParts> const& parts) {
  std::array<NamedValue, 8> fields{{{"by_rule", {}},
                                    {"by_rule_low", {}},
                                    {"by_rule_high", {}},
                                    {"by_rule_percent", {}},
                                    {"by_behaviour", {}},
                                    {"by_behaviour_low", {}},
                                    {"by_behaviour_high", {}},
                                    {"by_behaviour_percent", {}}}};
  auto const fill = [&](std::size_t first, PairedDifference const& part, std::optional<double> percent) {
    fields[first].second = part.mean;
    if (part.interval) fields[first + 1].second = part.interval->low;
    if (part.interval) fields[first + 2].second = part.interval->high;
    fields[first + 3].second = percent;
  };
  if (!parts) return fields;
  fill(0, parts->by_rule, parts->rule_percent);
  fill(4, parts->by_behaviour, parts->behaviour_percent());
  return fields;
}

/// The same of an interval's parts.
std::array<NamedValue, 3> drawn_fields(std::optional<ParameterParts> const& parts) {
  std::array<NamedValue, 3> fields{{{"chance_halfwidth", {}}, {"parameter_halfwidth", {}}, {"parameter_share", {}}}};
  if (!parts) return fields;
  fields[0].second = parts->chance_halfwidth;
  fields[1].second = parts->parameter_halfwidth;
  fields[2].second = parts->parameter_share;
  return fields;
}

/// Programs rely on the columns: more come only where a twin is compared.
bool any_twin(std::span<Comparison const> comparisons) {
  return std::any_of(comparisons.begin(), comparisons.end(),
                     [](Comparison const& comparison) { return !comparison.twins.empty(); });
}

/// One in twenty is due to chance: with fewer cells than that none is to be expected.
bool are_many(ManyTests const& tests) { return tests.tests >= 20; }

constexpr std::size_t column_count = 9;
using Line = std::array<std::string, column_count>;
enum Column : std::size_t { indicator, key, month, base, alternative, difference, interval, mark, unit };

Line header_line(Comparison const& comparison, Lang lang) {
  Line line;
  line[indicator] = words(lang, Message::an_indicator);
  line[key] = lang == Lang::es ? comparison.by_es : comparison.by_en;
  if (comparison.month == "all") line[month] = words(lang, Message::an_month);
  line[base] = words(lang, Message::an_base);
  line[alternative] = words(lang, Message::an_alternative);
  line[difference] = words(lang, Message::an_difference);
  line[interval] = words(lang, Message::an_interval);
  line[unit] = words(lang, Message::an_unit);
  return line;
}

Line line_of(Comparison const& comparison, ComparisonRow const& row, bool remains, Lang lang) {
  auto const& about = comparison.indicators[row.indicator];
  std::string const undefined = words(lang, row.too_small ? Message::an_too_small : Message::an_undefined);
  int const finer = decimals_that_show(row.difference, row.interval, about.decimals);
  Line line;
  line[indicator] = lang == Lang::es ? about.title_es : about.title_en;
  line[key] = lang == Lang::es ? row.label_es : row.label_en;
  if (comparison.month == "all") line[month] = row.month;
  line[base] = row.base ? format_number(*row.base, about.decimals, lang) : undefined;
  line[alternative] = row.alt ? format_number(*row.alt, about.decimals, lang) : undefined;
  line[difference] = row.difference ? format_number(*row.difference, finer, lang, Sign::always) : undefined;
  if (row.interval) line[interval] = interval_text(*row.interval, finer, lang, Sign::always);
  if (excludes_zero(row)) line[mark] = remains ? "**" : "*";
  line[unit] = unit_in(about.units, lang);
  return line;
}

using Widths = std::array<std::size_t, column_count>;

void widen(Widths& widths, std::vector<Line> const& lines) {
  for (auto const& line : lines)
    for (std::size_t c = 0; c < column_count; ++c) widths[c] = std::max(widths[c], display_width(line[c]));
}

void print_lines(std::ostream& out, std::vector<Line> const& lines, Widths const& widths) {
  std::string previous;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    std::string printed;
    for (std::size_t c = 0; c < column_count; ++c) {
      if (widths[c] == 0) continue;
      bool const is_number = c >= base && c <= interval;
      // A title that repeats line after line hides what differs.
      bool const repeats = c == indicator && l > 1 && lines[l][c] == previous;
      std::string const cell = repeats ? "" : lines[l][c];
      printed += "  " + (is_number ? pad_left(cell, widths[c]) : pad_right(cell, widths[c]));
    }
    previous = lines[l][indicator];
    printed.erase(printed.find_last_not_of(' ') + 1);
    out << printed << "\n";
    if (l == 0) {
      std::size_t total = 0;
      for (std::size_t const width : widths) total += width == 0 ? 0 : width + 2;
      std::string rule = "  ";
      for (std::size_t i = 2; i < total; ++i) rule += "─";
      out << rule << "\n";
    }
  }
}

std::string month_phrase(Comparison const& comparison, Lang lang) {
  if (comparison.month == "mean")
    return words(lang, Message::an_mean_of, comparison.first_month, comparison.last_month);
  if (comparison.month == "all") return words(lang, Message::an_all_of, comparison.first_month, comparison.last_month);
  return words(lang, Message::an_month_is, comparison.month == "last" ? comparison.last_month : comparison.month);
}

void print_notes(std::ostream& out, std::span<Comparison const> comparisons, ManyTests const& tests, Lang lang,
                 std::size_t columns) {
  auto const any = [&](auto&& holds) {
    return std::any_of(comparisons.begin(), comparisons.end(), [&](Comparison const& comparison) {
      return std::any_of(comparison.rows.begin(), comparison.rows.end(),
                         [&](ComparisonRow const& row) { return holds(comparison, row); });
    });
  };
  // A hanging indent tells one note from the next.
  auto const note = [&](std::string const& text) {
    std::string_view indent = "";
    for (auto const& line : wrapped(text, columns - 2)) {
      out << indent << line << "\n";
      indent = "  ";
    }
  };
  Comparison const& first = comparisons.front();
  out << "\n";
  if (first.sets > 0)
    note(words(lang, Message::ca_parts_note));
  else if (any([](auto const&, ComparisonRow const& row) { return row.interval.has_value(); }))
    note(words(lang, Message::an_note_interval, first.replicates));
  if (first.sets > 0 && any([](auto const&, ComparisonRow const& row) { return row.difference && !row.interval; })) note(words(lang, Message::ca_no_parts_note));
  if (first.precision) {
    note(words(lang, Message::an_note_needed, first.replicates));
    note(words(lang, Message::an_note_pairing));
  } else if (auto const factor = median_pairing_factor(comparisons)) {
    note(words(lang, Message::an_note_pairing_short, format_number(*factor, *factor < 10 ? 1 : 0, lang)));
  }
  if (any([](auto const&, ComparisonRow const& row) { return excludes_zero(row); }))
    note(words(lang, Message::an_note_mark));
  if (are_many(tests))
    note(words(lang, Message::an_note_many, tests.excluding_zero, tests.tests,
               format_number(std::round(tests.by_chance()), 0, lang), tests.remaining));
  if (first.replicates == 1) note(words(lang, Message::an_note_one));
  if (any([](auto const&, ComparisonRow const& row) {
        return !row.too_small && (!row.base || !row.alt || !row.difference);
      }))
    note(words(lang, Message::an_note_undefined));
  if (any([](auto const&, ComparisonRow const& row) { return row.too_small; }))
    note(words(lang, Message::an_note_too_small, least_agents, least_agents * first.scale));
  if (any([](Comparison const& comparison, ComparisonRow const& row) {
        return comparison.indicators[row.indicator].units == "%";
      }))
    note(words(lang, Message::an_note_points));
  if (any([](auto const&, ComparisonRow const& row) { return row.parts.has_value(); }))
    note(words(lang, Message::an_note_rule));
  std::set<std::string> programs{first.base.version + " (" + first.base.commit + ")"};
  for (auto const& run : first.alternatives) programs.insert(run.version + " (" + run.commit + ")");
  for (auto const& twin : first.twins) programs.insert(twin.run.version + " (" + twin.run.commit + ")");
  if (programs.size() > 1) note(words(lang, Message::an_note_version, fmt::format("{}", fmt::join(programs, ", "))));
}

}  // namespace

bool excludes_zero(ComparisonRow const& row) { return row.interval && !row.interval->holds(0); }

void print_csv(std::ostream& out, std::span<Comparison const> comparisons) {
  bool const with_parts = any_twin(comparisons);
  out << "scenario,indicator,by,key,month,base,alt,difference,ci_low,ci_high,replicates";
  if (with_parts)
    for (auto const& [name, value] : part_fields({})) out << ',' << name;
  bool const with_precision = comparisons.front().precision.has_value();
  if (with_precision)
    for (auto const& [name, value] : precision_fields({})) out << ',' << name;
  bool const with_drawn = comparisons.front().sets > 0;
  if (with_drawn)
    for (auto const& [name, value] : drawn_fields({})) out << ',' << name;
  out << "\n";
  for (auto const& comparison : comparisons)
    for (auto const& row : comparison.rows) {
      out << csv_field(comparison.alternatives[row.alternative].stem) << ','
          << csv_field(comparison.indicators[row.indicator].name) << ',' << csv_field(comparison.by) << ','
          << csv_field(row.key) << ',' << row.month << ',' << number_field(row.base) << ',' << number_field(row.alt)
          << ',' << number_field(row.difference) << ',' << number_field(low_of(row)) << ','
          << number_field(high_of(row)) << ',' << row.replicates;
      if (with_parts)
        for (auto const& [name, value] : part_fields(row.parts)) out << ',' << number_field(value);
      if (with_precision)
        for (auto const& [name, value] : precision_fields(row)) out << ',' << number_field(value);
      if (with_drawn)
        for (auto const& [name, value] : drawn_fields(row.drawn)) out << ',' << number_field(value);
      out << "\n";
    }
}

void print_json(std::ostream& out, std::span<Comparison const> comparisons) {
  bool const with_parts = any_twin(comparisons);
  auto list = nlohmann::ordered_json::array();
  for (auto const& comparison : comparisons)
    for (auto const& row : comparison.rows) {
      list.push_back({{"scenario", comparison.alternatives[row.alternative].stem},
                      {"indicator", comparison.indicators[row.indicator].name},
                      {"by", comparison.by},
                      {"key", row.key},
                      {"month", row.month},
                      {"base", number_or_null(row.base)},
                      {"alt", number_or_null(row.alt)},
                      {"difference", number_or_null(row.difference)},
                      {"ci_low", number_or_null(low_of(row))},
                      {"ci_high", number_or_null(high_of(row))},
                      {"replicates", row.replicates}});
      if (with_parts)
        for (auto const& [name, value] : part_fields(row.parts)) list.back()[name] = number_or_null(value);
      if (comparison.precision)
        for (auto const& [name, value] : precision_fields(row)) list.back()[name] = number_or_null(value);
      if (comparison.sets > 0)
        for (auto const& [name, value] : drawn_fields(row.drawn)) list.back()[name] = number_or_null(value);
    }
  // A file's name may hold bytes that are no UTF-8; JSON may not.
  out << list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

void print_parameter_parts(std::ostream& out, Comparison const& comparison, std::size_t alternative, Lang lang) {
  using PartLine = std::array<std::string, 7>;
  std::vector<PartLine> lines{{words(lang, Message::an_indicator), lang == Lang::es ? comparison.by_es : comparison.by_en, words(lang, Message::an_difference),
                               words(lang, Message::ca_parts_chance), words(lang, Message::ca_parts_parameters), words(lang, Message::ca_parts_both),
                               words(lang, Message::ca_parts_share)}};
  std::size_t sets = 0, per_set = 0;
  for (auto const& row : comparison.rows) {
    if (row.alternative != alternative || !row.drawn || !row.difference) continue;
    auto const& about = comparison.indicators[row.indicator];
    int const decimals = decimals_that_show(row.difference, row.interval, about.decimals);
    sets = row.drawn->sets;
    per_set = row.drawn->per_set;
    lines.push_back({lang == Lang::es ? about.title_es : about.title_en, lang == Lang::es ? row.label_es : row.label_en,
                     format_number(*row.difference, decimals, lang, Sign::always), format_number(row.drawn->chance_halfwidth, decimals, lang),
                     format_number(row.drawn->parameter_halfwidth, decimals, lang), interval_text(row.drawn->both, decimals, lang, Sign::always),
                     format_number(100 * row.drawn->parameter_share, 0, lang) + " %"});
  }
  if (lines.size() == 1) return;
  out << "\n  " << words(lang, Message::ca_parts_title, sets, per_set) << "\n";
  analysis::print_lines(out, lines, 2);
}

void print_table(std::ostream& out, std::span<Comparison const> comparisons, Lang lang, std::size_t columns) {
  auto const title = [&](ComparedRun const& run) { return lang == Lang::es ? run.title_es : run.title_en; };
  Comparison const& first = comparisons.front();
  out << words(lang, Message::an_table_title, title(first.base), first.base.stem) << "\n"
      << words(lang, Message::an_table_scope, shown(first.area), month_phrase(first, lang), first.replicates,
               first.scale, first.seed)
      << "\n";
  auto const tests = many_tests(comparisons);
  for (std::size_t c = 0; c < comparisons.size(); ++c) {
    auto const& comparison = comparisons[c];
    std::vector<std::vector<Line>> blocks(comparison.alternatives.size());
    for (auto& block : blocks) block.push_back(header_line(comparison, lang));
    for (std::size_t r = 0; r < comparison.rows.size(); ++r) {
      auto const& row = comparison.rows[r];
      blocks[row.alternative].push_back(line_of(comparison, row, are_many(tests) && tests.remains[c][r], lang));
    }
    // One set of widths for all blocks, so that the eye can go down a column.
    Widths widths{};
    for (auto const& block : blocks) widen(widths, block);
    for (std::size_t a = 0; a < blocks.size(); ++a) {
      out << "\n" << title(comparison.alternatives[a]) << " (" << comparison.alternatives[a].stem << ")\n";
      print_lines(out, blocks[a], widths);
      for (auto const& twin : comparison.twins)
        if (twin.alternative == a) print_rule_parts(out, comparison, twin, lang);
      if (comparison.precision) print_precision(out, comparison, a, lang);
      if (comparison.sets > 0) print_parameter_parts(out, comparison, a, lang);
    }
  }
  print_notes(out, comparisons, tests, lang, columns);
}

}  // namespace arraigo::analysis
