/// What charts are made of: numbers, labels, scales and lines, between the files that draw.
#pragma once
#include <fmt/format.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/html.hpp"
#include "analysis/inference.hpp"
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

/// `kind` names it for the page's style.
[[nodiscard]] inline Markup picture(double width, double height, std::string const& description, Markup const& content, char const* kind = "") {
  Attributes attributes{{"class", kind},
                        {"viewBox", fmt::format("0 0 {} {}", number(width), number(height))},
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

/// A range of values that a scale shows.
struct Span {
  double low = 0, high = 0;
  void include(double value) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
};

/// Round numbers inside a range, at most `most`.
[[nodiscard]] std::vector<double> round_ticks(Span const& span, int most);
[[nodiscard]] inline double step_of(std::vector<double> const& ticks) { return ticks.size() < 2 ? 1 : ticks[1] - ticks[0]; }
/// Short: millions as "1,5 M".
[[nodiscard]] std::string tick_text(double value, double step, Lang lang);

/// A bar from zero with its interval; within it, paler, what it is without `alone`.
struct Bar {
  double value = 0;
  std::optional<Interval> interval{};
  std::optional<double> alone{};
};
[[nodiscard]] Span span_of(std::span<Bar const> bars);

}  // namespace arraigo::analysis
