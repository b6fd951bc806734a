/// How figures that were held against what was published are told to people: the columns of a terminal's table and of a report's.
#pragma once
#include <array>
#include <cstddef>
#include <string>

#include "analysis/validation.hpp"

namespace arraigo::analysis {

/// The order in which sets are shown: what judges first.
inline constexpr std::array<FigureSet, figure_set_count> sets_in_order{FigureSet::held_out, FigureSet::calibration, FigureSet::fitted};
[[nodiscard]] Message title_of(FigureSet set);

struct ValidationColumn {
  enum Name : std::size_t { title, when, published, model, interval, error, errors_off, where, carried, trend, count };
};
[[nodiscard]] constexpr bool is_words(std::size_t column) {
  return column == ValidationColumn::title || column == ValidationColumn::when || column == ValidationColumn::where;
}

using ValidationLine = std::array<std::string, ValidationColumn::count>;
[[nodiscard]] ValidationLine validation_header(Lang lang);
/// Of a figure that was compared; the forecasts' cells are empty where it has none.
[[nodiscard]] ValidationLine validation_line(FigureResult const& result, Lang lang);
/// "title: reason", of one that was not.
[[nodiscard]] std::string why_left_out(FigureResult const& result, Lang lang);
/// What so few replicates, or sets of parameters where these are drawn, do to the intervals; empty when there are enough.
[[nodiscard]] std::string warning_of_few(int replicates, int parameter_sets, Lang lang);
/// What the intervals are.
[[nodiscard]] std::string note_of_intervals(Validation const& validation, Lang lang);

}  // namespace arraigo::analysis
