#include "core/month.hpp"

#include <chrono>

#include <fmt/format.h>

namespace arraigo {

std::optional<Month> Month::parse(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return std::nullopt;
  for (std::size_t i : {0, 1, 2, 3, 5, 6})
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  int const year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
  int const month = (text[5] - '0') * 10 + (text[6] - '0');
  if (year < 1900 || year > 2199 || month < 1 || month > 12) return std::nullopt;
  return Month::of(year, month);
}

std::string Month::text() const { return fmt::format("{:04}-{:02}", year(), month_of_year()); }

int Month::days_since_1970() const {
  using namespace std::chrono;
  auto const first = std::chrono::year{year()} / std::chrono::month{static_cast<unsigned>(month_of_year())} / 1;
  return static_cast<int>(sys_days{first}.time_since_epoch().count());
}

}  // namespace arraigo
