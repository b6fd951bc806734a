/// Words, numbers and columns as people in either language write them, and fields as CSV wants them.
#pragma once
#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
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

/// Quoted where RFC 4180 asks for it.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace arraigo::analysis
