/// Charts as SVG that needs no script: courses with bands, differences with intervals, districts in colour. Text in
/// them is short and its place is computed, so that no label covers another; long words stand in the page around them.
#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/html.hpp"
#include "analysis/inference.hpp"
#include "core/month.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

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
/// Short: millions as "1,5 M".
[[nodiscard]] std::string tick_text(double value, double step, Lang lang);

/// The base is 0; colours are told apart by the colour-blind (Okabe and Ito), and dashes tell the lines apart as well.
[[nodiscard]] std::string colour_of_line(std::size_t line);
/// A short piece of the line, for a legend.
[[nodiscard]] Markup line_sample(std::size_t line);

struct Course {
  std::size_t line = 0;
  std::string title;
  std::vector<std::optional<double>> values;    ///< one per month
  std::vector<std::optional<Interval>> band;    ///< one per month
};
struct CourseChart {
  std::string description;  ///< for who does not see it
  Month start{};
  int months = 0;
  bool with_zero = false;   ///< a line at zero, which is on the scale
  std::vector<Course> courses;
};
[[nodiscard]] Markup draw_courses(CourseChart const& chart, Lang lang);

/// A difference and its interval on a scale; filled where the interval excludes zero.
struct Whisker {
  std::size_t line = 0;
  std::optional<double> value;
  std::optional<Interval> interval;
};
/// What all whiskers need: zero, values and intervals.
[[nodiscard]] Span span_of(std::span<Whisker const> whiskers);
/// One beneath the other.
[[nodiscard]] Markup draw_whiskers(std::span<Whisker const> whiskers, Span const& span);
/// A bar from zero with its interval; within it, paler, what it is without `alone`.
struct Bar {
  double value = 0;
  std::optional<Interval> interval{};
  std::optional<double> alone{};
};
[[nodiscard]] Span span_of(std::span<Bar const> bars);
/// As wide as the whiskers' column.
[[nodiscard]] Markup draw_bar(Bar const& bar, Span const& span);
/// The scale over a column of them.
[[nodiscard]] Markup draw_whisker_scale(Span const& span, Lang lang);

/// A district as the map draws it: kilometres east and north.
struct MapShape {
  using Point = std::array<float, 2>;
  std::string ubigeo, name, zone;
  Point point{};  ///< where its name stands
  std::vector<std::vector<Point>> outlines;
};

/// How a map lies in its picture.
class MapSheet {
 public:
  MapSheet(std::span<MapShape const> shapes, std::span<std::size_t const> shown, double most_width, double most_height);
  [[nodiscard]] double width() const { return width_; }
  [[nodiscard]] double height() const { return height_; }
  [[nodiscard]] std::array<double, 2> at(MapShape::Point point) const {
    return {(point[0] - west_) * scale_ + margin, (north_ - point[1]) * scale_ + margin};
  }

 private:
  static constexpr double margin = 4;
  double scale_ = 1, west_ = 0, north_ = 0, width_ = 0, height_ = 0;
};

enum class Fill { none, hatched, coloured };
struct MapPlace {
  Fill fill = Fill::none;
  double at = 0;        ///< of the colours, from -1 to 1
  std::string figures;  ///< what a pointer on it is told, after its name
};

/// Shapes that pictures of the same sheet use again; to stand in the page once, before them.
[[nodiscard]] Markup map_definitions(std::span<MapShape const> shapes, std::span<std::size_t const> shown,
                                     MapSheet const& sheet, std::string const& sheet_name);
/// `places`: one per shape. Names of districts where there is room.
[[nodiscard]] Markup draw_map(std::span<MapShape const> shapes, std::span<std::size_t const> shown,
                              MapSheet const& sheet, std::string const& sheet_name, std::span<MapPlace const> places,
                              std::string const& description);
/// A small square in a colour or pattern of the map.
[[nodiscard]] Markup map_swatch(char const* fill);
inline constexpr char no_figure_colour[] = "#d9d9d9";
[[nodiscard]] Markup map_legend(double most, std::string const& least_text, std::string const& most_text);
/// Purple, white, orange (ColorBrewer's PuOr) from -1 to 1.
[[nodiscard]] std::string diverging_colour(double at);

}  // namespace arraigo::analysis
