/// Pieces of Vega's specifications that all charts share, between the files that write them.
#pragma once
#include <nlohmann/json.hpp>
#include <utility>

#include "core/text.hpp"

namespace arraigo::analysis {

using Json = nlohmann::ordered_json;

/// An empty chart of that size, its numbers as format_number() writes them.
[[nodiscard]] Json chart_sheet(double width, double height, Lang lang);
/// A mark for each row of `data`; one alone when `data` is empty.
[[nodiscard]] inline Json chart_mark(char const* type, char const* data, Json encoding) {
  Json one{{"type", type}, {"encode", {{"update", std::move(encoding)}}}};
  if (*data != '\0') one["from"]["data"] = data;
  return one;
}

}  // namespace arraigo::analysis
