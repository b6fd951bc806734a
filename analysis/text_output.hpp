/// Words, numbers and columns as people in either language write them, and fields as CSV wants them.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "analysis/inference.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

/// The message in `lang`, its {} filled in.
template <class... Args>
[[nodiscard]] std::string words(Lang lang, Message message, Args const&... args) {
  return fmt::vformat(text(message, lang), fmt::make_format_args(args...));
}

/// Columns that UTF-8 text takes on a terminal: one per character, none for combining marks.
[[nodiscard]] std::size_t display_width(std::string_view text);
[[nodiscard]] std::string pad_right(std::string text, std::size_t width);
[[nodiscard]] std::string pad_left(std::string text, std::size_t width);

/// Lines of at most `width` columns, broken at spaces; line ends in the text stay. Never empty.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

enum class Sign { when_negative, always };
/// Spanish: 12 345,6 (no-break space; Peru's statistics office). English: 12,345.6. A value that rounds to zero has no
/// sign.
[[nodiscard]] std::string format_number(double value, int decimals, Lang lang, Sign sign = Sign::when_negative);
/// "[low; high]".
[[nodiscard]] std::string interval_text(Interval const& interval, int decimals, Lang lang, Sign sign);
/// A small effect keeps its first digit: decimals are added while the difference or the interval would be shown as
/// zero.
[[nodiscard]] int decimals_that_show(std::optional<double> difference, std::optional<Interval> const& interval,
                                     int decimals);

/// "<0.001" below that.
[[nodiscard]] std::string p_text(double p, Lang lang);

/// Quoted where RFC 4180 asks for it.
[[nodiscard]] std::string csv_field(std::string_view text);

/// Lines of equally many cells as a table, the first its header: the first `label_columns` to the left, figures to the right, columns
/// that are empty throughout left out, and a first cell that repeats from line to line written once.
template <class Line>
void print_lines(std::ostream& out, std::vector<Line> const& lines, std::size_t label_columns) {
  std::array<std::size_t, std::tuple_size_v<Line>> widths{};
  for (auto const& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], display_width(line[c]));
  for (std::size_t l = 0; l < lines.size(); ++l) {
    std::string printed, rule = "  ";
    for (std::size_t c = 0; c < widths.size(); ++c) {
      if (widths[c] == 0) continue;
      std::string const cell = c == 0 && l > 1 && lines[l][0] == lines[l - 1][0] ? "" : lines[l][c];
      printed += "  " + (c < label_columns ? pad_right(cell, widths[c]) : pad_left(cell, widths[c]));
    }
    for (std::size_t i = 2; i < display_width(printed); ++i) rule += "─";
    printed.erase(printed.find_last_not_of(' ') + 1);
    out << printed << "\n";
    if (l == 0) out << rule << "\n";
  }
}

}  // namespace arraigo::analysis
