#include <algorithm>
#include <array>

#include "analysis/by_rule.hpp"
#include "analysis/compare.hpp"
#include "analysis/text_output.hpp"

namespace arraigo::analysis {
namespace {

constexpr std::size_t label_columns = 3, part_columns = 3;  // indicator, key, month; mean, interval, share
using Line = std::array<std::string, label_columns + 2 * part_columns>;

Line header_line(Comparison const& comparison, Lang lang) {
  return {words(lang, Message::an_indicator),
          lang == Lang::es ? comparison.by_es : comparison.by_en,
          comparison.month == "all" ? words(lang, Message::an_month) : std::string{},
          words(lang, Message::an_rule_part),
          words(lang, Message::an_interval),
          words(lang, Message::an_part_share),
          words(lang, Message::an_behaviour_part),
          words(lang, Message::an_interval),
          words(lang, Message::an_part_share)};
}

void write_part(Line& line, std::size_t first, PairedDifference const& part, std::optional<double> percent,
                int decimals, Lang lang) {
  int const finer = decimals_that_show(part.mean, part.interval, decimals);
  line[first] = format_number(part.mean, finer, lang, Sign::always);
  if (part.interval) line[first + 1] = interval_text(*part.interval, finer, lang, Sign::always);
  if (percent) line[first + 2] = words(lang, Message::an_percent, format_number(*percent, 0, lang));
}

Line line_of(Comparison const& comparison, ComparisonRow const& row, Lang lang) {
  auto const& about = comparison.indicators[row.indicator];
  Line line;
  line[0] = lang == Lang::es ? about.title_es : about.title_en;
  line[1] = lang == Lang::es ? row.label_es : row.label_en;
  if (comparison.month == "all") line[2] = row.month;
  if (row.parts) {
    write_part(line, label_columns, row.parts->by_rule, row.parts->rule_percent, about.decimals, lang);
    write_part(line, label_columns + part_columns, row.parts->by_behaviour, row.parts->behaviour_percent(),
               about.decimals, lang);
  } else {
    line[label_columns] = line[label_columns + part_columns] =
        words(lang, row.too_small ? Message::an_too_small : Message::an_undefined);
  }
  return line;
}

void print_lines(std::ostream& out, std::vector<Line> const& lines) {
  std::array<std::size_t, std::tuple_size_v<Line>> widths{};
  for (auto const& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], display_width(line[c]));
  for (std::size_t l = 0; l < lines.size(); ++l) {
    std::string printed, rule = "  ";
    for (std::size_t c = 0; c < widths.size(); ++c) {
      if (widths[c] == 0) continue;
      // A title that repeats line after line hides what differs.
      std::string const cell = c == 0 && l > 1 && lines[l][0] == lines[l - 1][0] ? "" : lines[l][c];
      printed += "  " + (c < label_columns ? pad_right(cell, widths[c]) : pad_left(cell, widths[c]));
    }
    for (std::size_t i = 2; i < display_width(printed); ++i) rule += "─";
    printed.erase(printed.find_last_not_of(' ') + 1);
    out << printed << "\n";
    if (l == 0) out << rule << "\n";
  }
}

}  // namespace

void print_rule_parts(std::ostream& out, Comparison const& comparison, ComparedTwin const& twin, Lang lang) {
  auto const& title = lang == Lang::es ? twin.run.title_es : twin.run.title_en;
  out << "\n" << words(lang, Message::an_rule_title, title, twin.run.stem) << "\n";
  std::vector<Line> lines{header_line(comparison, lang)};
  for (auto const& row : comparison.rows)
    if (row.alternative == twin.alternative) lines.push_back(line_of(comparison, row, lang));
  print_lines(out, lines);
}

}  // namespace arraigo::analysis
