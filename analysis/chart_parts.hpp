/// What charts are made of: numbers, labels and lines, between the files that draw.
#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "analysis/html.hpp"
#include "analysis/text_output.hpp"

namespace arraigo::analysis {

/// Of text in charts, in pixels of the picture. Wider than any usual font, so that what fits here fits everywhere.
inline constexpr double letter = 6.6, letter_height = 11;

[[nodiscard]] inline double width_of_label(std::string_view text) { return letter * static_cast<double>(display_width(text)); }

[[nodiscard]] inline std::string number(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

[[nodiscard]] inline Markup label(double x, double y, char const* anchor, std::string const& text) {
  return element("text", {{"x", number(x)}, {"y", number(y)}, {"text-anchor", anchor}}, escaped(text));
}

[[nodiscard]] inline Markup line(double x1, double y1, double x2, double y2, char const* kind) {
  return empty_element(
      "path", {{"class", kind}, {"d", fmt::format("M{} {}L{} {}", number(x1), number(y1), number(x2), number(y2))}});
}

[[nodiscard]] inline Markup picture(double width, double height, std::string const& description, Markup const& content) {
  Attributes attributes{{"viewBox", fmt::format("0 0 {} {}", number(width), number(height))},
                        {"width", number(width)},
                        {"height", number(height)}};
  if (description.empty()) {
    attributes.push_back({"aria-hidden", "true"});
    return element("svg", attributes, content);
  }
  attributes.push_back({"role", "img"});
  attributes.push_back({"aria-label", description});
  return element("svg", attributes, content);
}

[[nodiscard]] inline double step_of(std::vector<double> const& ticks) { return ticks.size() < 2 ? 1 : ticks[1] - ticks[0]; }

}  // namespace arraigo::analysis
