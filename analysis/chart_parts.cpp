#include "analysis/chart_parts.hpp"

#include <algorithm>
#include <cmath>

namespace arraigo::analysis {

std::vector<double> round_ticks(Span const& span, int most) {
  double const range = span.high - span.low;
  if (!(range > 0) || !std::isfinite(range) || most < 1) return {span.low};
  double step = std::pow(10.0, std::floor(std::log10(range / most)));
  for (double const factor : {1.0, 2.0, 5.0, 10.0})
    if (range / (factor * step) <= most) {
      step *= factor;
      break;
    }
  std::vector<double> ticks;
  for (double k = std::ceil(span.low / step - 1e-9); k * step <= span.high + 1e-9 * step; ++k)
    ticks.push_back(k == 0 ? 0.0 : k * step);
  return ticks;
}

std::string tick_text(double value, double step, Lang lang) {
  double const million = 1e6;
  bool const is_large = step >= million / 20 && std::abs(value) >= million / 20;
  double const unit = is_large ? million : 1;
  int const decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step / unit) - 1e-9)), 0, 6);
  return format_number(value / unit, decimals, lang) + (is_large ? "\xC2\xA0M" : "");
}

Span span_of(std::span<Bar const> bars) {
  Span span{0, 0};
  for (auto const& bar : bars) {
    span.include(bar.value);
    if (bar.interval) span.include(bar.interval->low), span.include(bar.interval->high);
  }
  return span;
}

}  // namespace arraigo::analysis
