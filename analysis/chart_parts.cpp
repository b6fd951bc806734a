#include "analysis/chart_parts.hpp"

namespace arraigo::analysis {

Span span_of(std::span<Bar const> bars) {
  Span span{0, 0};
  for (auto const& bar : bars) {
    span.include(bar.value);
    if (bar.interval) span.include(bar.interval->low), span.include(bar.interval->high);
  }
  return span;
}

}  // namespace arraigo::analysis
