/// The charts of reports and pictures: what is shown, as specifications of Vega, which draws them all at once when the page is done. Text in them is
/// short; long words stand in the page around them.
#pragma once
#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/chart_parts.hpp"
#include "analysis/html.hpp"
#include "analysis/inference.hpp"
#include "core/month.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

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

/// A difference and its interval on a scale; filled where the interval excludes zero.
struct Whisker {
  std::size_t line = 0;
  std::optional<double> value;
  std::optional<Interval> interval;
};
/// What all whiskers need: zero, values and intervals.
[[nodiscard]] Span span_of(std::span<Whisker const> whiskers);

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

/// A small square in a colour or pattern of the map.
[[nodiscard]] Markup map_swatch(char const* fill);
inline constexpr char no_figure_colour[] = "#d9d9d9";
inline constexpr char hatch[] = "url(#hatch)";
/// The pattern of what cannot be told from zero; to stand in the page once.
[[nodiscard]] Markup hatch_definition();
/// Purple, white, orange (ColorBrewer's PuOr) from -1 to 1.
[[nodiscard]] std::string diverging_colour(double at);

/// Takes what is to be drawn and gives a place for it; then draws all of it.
class ChartBook {
 public:
  explicit ChartBook(Lang lang) : lang_(lang) {}

  [[nodiscard]] Markup courses(CourseChart const& chart);
  /// One beneath the other.
  [[nodiscard]] Markup whiskers(std::span<Whisker const> whiskers, Span const& span);
  /// As wide as the whiskers' column.
  [[nodiscard]] Markup bar(Bar const& bar, Span const& span);
  /// The scale over a column of them.
  [[nodiscard]] Markup scale(Span const& span);
  /// `places`: one per shape. Names of districts where there is room.
  [[nodiscard]] Markup map(std::span<MapShape const> shapes, std::span<std::size_t const> shown, MapSheet const& sheet,
                           std::span<MapPlace const> places, std::string const& description);
  /// The colours from -most to most, which are told with so many decimals.
  [[nodiscard]] Markup map_legend(double most, int decimals);

  /// `specification`: of Vega, as JSON.
  [[nodiscard]] Markup place_for(double width, double height, std::string const& description, std::string specification,
                             char const* kind = "");

  /// The page with every drawing in its place. `program`: Vega and what draws with it, for node. MachineError where either is
  /// missing or does not draw.
  [[nodiscard]] std::string draw_into(std::string const& page, std::filesystem::path const& program) const;
  /// Of Vega, as JSON.
  [[nodiscard]] std::vector<std::string> const& specifications() const { return specifications_; }

 private:
  Lang lang_;
  std::vector<std::string> specifications_;
};

}  // namespace arraigo::analysis
