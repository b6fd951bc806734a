/// What charts are made of, between the files that draw.
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

[[nodiscard]] inline std::string number(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
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

/// A bar from zero with its interval; within it, paler, what it is without `alone`.
struct Bar {
  double value = 0;
  std::optional<Interval> interval{};
  std::optional<double> alone{};
};
[[nodiscard]] Span span_of(std::span<Bar const> bars);

}  // namespace arraigo::analysis
