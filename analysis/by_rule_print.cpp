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

}  // namespace

void print_rule_parts(std::ostream& out, Comparison const& comparison, ComparedTwin const& twin, Lang lang) {
  auto const& title = lang == Lang::es ? twin.run.title_es : twin.run.title_en;
  out << "\n" << words(lang, Message::an_rule_title, title, twin.run.stem) << "\n";
  std::vector<Line> lines{header_line(comparison, lang)};
  for (auto const& row : comparison.rows)
    if (row.alternative == twin.alternative) lines.push_back(line_of(comparison, row, lang));
  print_lines(out, lines, label_columns);
}

}  // namespace arraigo::analysis
