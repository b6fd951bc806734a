/// A calendar month, counted from January 1900. The step of the model is one month, so this is its only clock.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arraigo {

struct Month {
  std::int16_t index = 0;  ///< months since 1900-01

  static constexpr Month of(int year, int month_of_year) {
    return Month{static_cast<std::int16_t>((year - 1900) * 12 + month_of_year - 1)};
  }
  /// Reads "YYYY-MM" (1900-01 to 2199-12); nothing else is a month.
  static std::optional<Month> parse(std::string_view text);

  [[nodiscard]] constexpr int year() const { return 1900 + index / 12; }
  [[nodiscard]] constexpr int month_of_year() const { return 1 + index % 12; }
  [[nodiscard]] std::string text() const;  ///< "YYYY-MM"
  [[nodiscard]] int days_since_1970() const;  ///< of the month's first day (proleptic Gregorian)

  constexpr Month operator+(int months) const { return Month{static_cast<std::int16_t>(index + months)}; }
  constexpr int operator-(Month other) const { return index - other.index; }
  constexpr auto operator<=>(Month const&) const = default;
};

}  // namespace arraigo
