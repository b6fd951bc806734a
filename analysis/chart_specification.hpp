/// Pieces of Vega's specifications that all charts share, between the files that write them.
#pragma once
#include <nlohmann/json.hpp>
#include <utility>

#include "analysis/chart_parts.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

using Json = nlohmann::ordered_json;

inline constexpr char zero_colour[] = "#55606a", ink[] = "#1c2126";

[[nodiscard]] inline Json value(Json const& constant) { return {{"value", constant}}; }
[[nodiscard]] inline Json scaled(char const* scale, char const* field) { return {{"scale", scale}, {"field", field}}; }
[[nodiscard]] inline Json scaled_value(char const* scale, double constant) { return {{"scale", scale}, {"value", constant}}; }

/// Large figures are shown in millions, so that their labels leave room: what to divide them by, and the axis that says so.
[[nodiscard]] double unit_of(Span const& span);
void label_in_millions(Json& axis);

/// An empty chart of that size, its numbers as format_number() writes them.
[[nodiscard]] Json chart_sheet(double width, double height, Lang lang);
/// A mark for each row of `data`; one alone when `data` is empty.
[[nodiscard]] inline Json chart_mark(char const* type, char const* data, Json encoding) {
  Json one{{"type", type}, {"encode", {{"update", std::move(encoding)}}}};
  if (*data != '\0') one["from"]["data"] = data;
  return one;
}

}  // namespace arraigo::analysis
