/// Numbers in text files: one strict grammar, no locale, both ways.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace arraigo {

enum class NumberFault {
  none,
  empty,
  decimal_comma,  ///< 0,5
  leading_zero,   ///< 010, which some readers take for 8
  not_finite,     ///< .inf, nan
  too_large,      ///< beyond the type
  too_small,      ///< not zero, but would be read as zero
  not_whole,      ///< 2.5 for an integer
  malformed,
};

template <class T>
struct ParsedNumber {
  T value{};
  NumberFault fault = NumberFault::none;
};

/// Reads -?digits[.digits][e[+-]digits] without leading zeros: the JSON grammar.
[[nodiscard]] ParsedNumber<double> parse_number(std::string_view text);
/// Reads -?digits without leading zeros.
[[nodiscard]] ParsedNumber<std::int64_t> parse_integer(std::string_view text);

/// What is wrong with `text`, in words, and what may have been meant ("" when there is no likely fix).
[[nodiscard]] std::string why(NumberFault fault);
[[nodiscard]] std::string fix(NumberFault fault, std::string_view text);
/// The same where only numbers from `low` to `high` are taken: a number outside is no fix.
[[nodiscard]] std::string fix(NumberFault fault, std::string_view text, double low, double high);

/// The shortest text that reads back to the same double, without exponent where that stays readable.
[[nodiscard]] std::string number_text(double value);

}  // namespace arraigo
