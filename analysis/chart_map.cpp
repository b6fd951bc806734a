#include <algorithm>
#include <cmath>

#include "analysis/chart_specification.hpp"
#include "analysis/charts.hpp"

namespace arraigo::analysis {
namespace {

struct Box {
  double left, top, right, bottom;
  [[nodiscard]] bool meets(Box const& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

Box box_of(MapShape const& shape, MapSheet const& sheet) {
  Box box{1e9, 1e9, -1e9, -1e9};
  for (auto const& outline : shape.outlines)
    for (auto const& point : outline) {
      auto const at = sheet.at(point);
      box = {std::min(box.left, at[0]), std::min(box.top, at[1]), std::max(box.right, at[0]), std::max(box.bottom, at[1])};
    }
  return box;
}

/// Names of the largest districts, where they cover nothing.
Json map_names(std::span<MapShape const> shapes, std::span<std::size_t const> shown, MapSheet const& sheet) {
  constexpr double size = 8.5, width_of_letter = 5.4;
  std::vector<std::pair<double, std::size_t>> by_area;
  for (std::size_t const s : shown) {
    auto const box = box_of(shapes[s], sheet);
    by_area.emplace_back((box.right - box.left) * (box.bottom - box.top), s);
  }
  std::stable_sort(by_area.begin(), by_area.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
  std::vector<Box> taken;
  auto names = Json::array();
  for (auto const& [area, s] : by_area) {
    auto const& shape = shapes[s];
    auto const box = box_of(shape, sheet);
    double const width = width_of_letter * static_cast<double>(display_width(shape.name));
    if (width > 1.15 * (box.right - box.left) || size * 1.6 > box.bottom - box.top) continue;
    auto const at = sheet.at(shape.point);
    double const x = std::clamp(at[0], width / 2 + 1, std::max(width / 2 + 1, sheet.width() - width / 2 - 1));
    Box const place{x - width / 2 - 2, at[1] - size, x + width / 2 + 2, at[1] + size / 2};
    if (place.top < 0 || place.bottom > sheet.height()) continue;
    if (std::any_of(taken.begin(), taken.end(), [&](Box const& other) { return other.meets(place); })) continue;
    taken.push_back(place);
    names.push_back({{"x", x}, {"y", at[1] + 2}, {"name", shape.name}});
    if (taken.size() == 30) break;
  }
  return names;
}

std::string path_of(MapShape const& shape, MapSheet const& sheet) {
  std::string path;
  for (auto const& outline : shape.outlines) {
    std::string last;
    for (auto const& point : outline) {
      auto const at = sheet.at(point);
      std::string corner = number(at[0]) + "," + number(at[1]);
      if (corner == last) continue;
      path += (last.empty() ? "M" : "L") + corner;
      last = std::move(corner);
    }
    path += "Z";
  }
  return path;
}

/// From -most to most, by as many stops as diverging_colour() has.
Json colour_scale(double most) {
  constexpr int stops = 8;
  auto domain = Json::array(), range = Json::array();
  for (int i = 0; i <= stops; ++i) {
    double const at = 2.0 * i / stops - 1;
    domain.push_back(most * at);
    range.push_back(diverging_colour(at));
  }
  return {{"name", "colour"}, {"type", "linear"}, {"domain", std::move(domain)}, {"range", std::move(range)}};
}

}  // namespace

MapSheet::MapSheet(std::span<MapShape const> shapes, std::span<std::size_t const> shown, double most_width,
                   double most_height) {
  double east = -1e9, south = 1e9;
  west_ = 1e9;
  north_ = -1e9;
  for (std::size_t const s : shown)
    for (auto const& outline : shapes[s].outlines)
      for (auto const& point : outline) {
        west_ = std::min<double>(west_, point[0]);
        east = std::max<double>(east, point[0]);
        south = std::min<double>(south, point[1]);
        north_ = std::max<double>(north_, point[1]);
      }
  double const km_wide = std::max(east - west_, 1e-3), km_high = std::max(north_ - south, 1e-3);
  scale_ = std::min((most_width - 2 * margin) / km_wide, (most_height - 2 * margin) / km_high);
  width_ = km_wide * scale_ + 2 * margin;
  height_ = km_high * scale_ + 2 * margin;
}

std::string diverging_colour(double at) {
  using Rgb = std::array<double, 3>;
  static constexpr std::array<Rgb, 9> stops{{{84, 39, 136}, {128, 115, 172}, {178, 171, 210}, {216, 218, 235}, {248, 248, 247},
                                             {254, 224, 182}, {253, 184, 99}, {224, 130, 20}, {179, 88, 6}}};
  double const place = (std::clamp(at, -1.0, 1.0) + 1) / 2 * static_cast<double>(stops.size() - 1);
  auto const i = std::min(static_cast<std::size_t>(place), stops.size() - 2);
  double const t = place - static_cast<double>(i);
  auto const channel = [&](std::size_t c) {
    return static_cast<int>(std::lround(stops[i][c] + (stops[i + 1][c] - stops[i][c]) * t));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", channel(0), channel(1), channel(2));
}

Markup map_swatch(char const* fill) {
  return picture(20, 14, "", empty_element("path", {{"class", "swatch-box"}, {"fill", fill}, {"d", "M.5 .5H19.5V13.5H.5Z"}}));
}

Markup hatch_definition() {
  return literal(
      "<svg width=\"0\" height=\"0\" class=\"away\" aria-hidden=\"true\"><defs><pattern id=\"hatch\" width=\"6\" height=\"6\" "
      "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#fbfbfa\"/>"
      "<path d=\"M0 0V6\" stroke=\"#8d949b\" stroke-width=\"2\"/></pattern></defs></svg>");
}

Markup ChartBook::map(std::span<MapShape const> shapes, std::span<std::size_t const> shown, MapSheet const& sheet,
                      std::span<MapPlace const> places, std::string const& description) {
  auto districts = Json::array();
  for (std::size_t const s : shown) {
    auto const& place = places[s];
    Json district{{"path", path_of(shapes[s], sheet)}, {"title", shapes[s].name + ": " + place.figures}};
    if (place.fill == Fill::coloured)
      district["at"] = place.at;
    else
      district["fill"] = place.fill == Fill::hatched ? hatch : no_figure_colour;
    districts.push_back(std::move(district));
  }
  Json one = chart_sheet(sheet.width(), sheet.height(), lang_);
  one["data"] = {{{"name", "districts"}, {"values", std::move(districts)}}, {{"name", "names"}, {"values", map_names(shapes, shown, sheet)}}};
  one["scales"].push_back(colour_scale(1));
  // Their outlines are the page's style: thousands of districts have them in common.
  one["marks"] = {chart_mark("path", "districts",
                             {{"path", {{"field", "path"}}},
                              {"fill", {{{"test", "isValid(datum.at)"}, {"scale", "colour"}, {"field", "at"}}, {{"field", "fill"}}}},
                              {"description", {{"field", "title"}}}}),
                  chart_mark("text", "names",
                             {{"x", {{"field", "x"}}}, {"y", {{"field", "y"}}}, {"align", {{"value", "center"}}}, {"text", {{"field", "name"}}}})};
  return place_for(sheet.width(), sheet.height(), description, one.dump(-1, ' ', false, Json::error_handler_t::replace),
                   shown.size() > 400 ? "map many" : "map");
}

Markup ChartBook::map_legend(double most, int decimals) {
  constexpr double width = 240, bar = 10, height = 26, margin = 2;
  Json one = chart_sheet(width, height, lang_);
  one["scales"].push_back(colour_scale(most));
  Json legend{{"type", "gradient"},   {"fill", "colour"},          {"orient", "none"},      {"direction", "horizontal"},
              {"gradientLength", width - 2 * margin}, {"gradientThickness", bar}, {"values", {-most, 0, most}}, {"padding", 0},
              {"legendX", margin}, {"legendY", 0}, {"labelOffset", 3}, {"labelFontSize", letter_height}, {"labelOverlap", false}};
  legend["encode"]["labels"]["update"]["text"]["signal"] = fmt::format("datum.value == 0 ? '0' : format(datum.value, '+,.{}f')", decimals);
  one["legends"].push_back(std::move(legend));
  return place_for(width, height, "", one.dump());
}

}  // namespace arraigo::analysis
