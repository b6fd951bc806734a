#include "analysis/chart_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/chart_parts.hpp"
#include "analysis/text_output.hpp"

namespace arraigo::analysis {
namespace {

struct LineStyle {
  char const* colour;
  char const* dash;
};
constexpr LineStyle base_line{"#4d4d4d", ""};
constexpr std::array line_styles{LineStyle{"#0072b2", ""},      LineStyle{"#d55e00", "7 2"},
                                 LineStyle{"#009e73", "2 2"},   LineStyle{"#aa4499", "7 2 2 2"},
                                 LineStyle{"#b8860b", "12 3"},  LineStyle{"#56b4e9", "4 4"}};
LineStyle style_of(std::size_t line) { return line == 0 ? base_line : line_styles.at((line - 1) % line_styles.size()); }

/// Points with gaps where nothing is defined.
template <class Defined, class X, class Y>
std::string path_of(std::size_t count, Defined defined, X x, Y y) {
  std::string path;
  bool pen_down = false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!defined(i)) {
      pen_down = false;
      continue;
    }
    path += fmt::format("{}{} {}", pen_down ? "L" : "M", number(x(i)), number(y(i)));
    pen_down = true;
  }
  return path;
}

/// Months under which a label stands: first months of years, or some of a short course.
struct MonthTick {
  int month;
  std::string text;
};
std::vector<MonthTick> month_ticks(Month start, int months, double width) {
  bool const years = months > 18;
  std::vector<MonthTick> all;
  for (int m = 0; m < months; ++m)
    if (std::string const text = (start + m).text(); !years || text.ends_with("-01"))
      all.push_back({m, years ? text.substr(0, 4) : text});
  if (all.empty()) return all;
  double const room = width / std::max(1, months - 1);
  std::size_t every = 1;
  auto const apart = [&] {
    return all.size() < 2 ? 1e9 : room * (all[1].month - all[0].month) * static_cast<double>(every);
  };
  while (apart() < width_of_label(all.front().text) + 8) ++every;
  std::vector<MonthTick> kept;
  for (std::size_t i = 0; i < all.size(); i += every) kept.push_back(all[i]);
  return kept;
}

}  // namespace

std::vector<double> round_ticks(Span const& span, int most) {
  double const range = span.high - span.low;
  if (!(range > 0) || !std::isfinite(range) || most < 1) return {span.low};
  double step = std::pow(10.0, std::floor(std::log10(range / most)));
  for (double const factor : {1.0, 2.0, 5.0, 10.0})
    if (range / (factor * step) <= most) {
      step *= factor;
      break;
    }
  std::vector<double> ticks;
  for (double k = std::ceil(span.low / step - 1e-9); k * step <= span.high + 1e-9 * step; ++k)
    ticks.push_back(k == 0 ? 0.0 : k * step);
  return ticks;
}

std::string tick_text(double value, double step, Lang lang) {
  double const million = 1e6;
  bool const is_large = step >= million / 20 && std::abs(value) >= million / 20;
  double const unit = is_large ? million : 1;
  int const decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step / unit) - 1e-9)), 0, 6);
  return format_number(value / unit, decimals, lang) + (is_large ? "\xC2\xA0M" : "");
}

std::string colour_of_line(std::size_t line) { return style_of(line).colour; }

Markup line_sample(std::size_t line) {
  auto const style = style_of(line);
  return picture(30, 10, "",
                 empty_element("path", {{"d", "M1 5L29 5"},
                                        {"class", "course"},
                                        {"stroke", style.colour},
                                        {"stroke-dasharray", style.dash}}));
}

Markup draw_courses(CourseChart const& chart, Lang lang) {
  constexpr double width = 380, height = 190, top = 8, bottom = 22, right = 18;
  std::optional<Span> found;
  auto const include = [&](double value) {
    if (!found)
      found = Span{value, value};
    else
      found->include(value);
  };
  if (chart.with_zero) include(0);
  for (auto const& course : chart.courses)
    for (std::size_t m = 0; m < course.values.size(); ++m) {
      if (course.values[m]) include(*course.values[m]);
      if (course.band[m]) include(course.band[m]->low), include(course.band[m]->high);
    }
  Span span = found.value_or(Span{0, 1});
  double const range = span.high - span.low;
  double const room = range > 0 ? 0.05 * range : std::max(1.0, 0.05 * std::abs(span.high));
  span = {span.low - room, span.high + room};

  auto const ticks = round_ticks(span, 5);
  double const step = step_of(ticks);
  double left = 0;
  for (double const tick : ticks) left = std::max(left, width_of_label(tick_text(tick, step, lang)));
  left += 8;
  double const plot_width = width - left - right, plot_height = height - top - bottom;
  auto const x = [&](std::size_t month) {
    return chart.months < 2 ? left + plot_width / 2 : left + plot_width * static_cast<double>(month) / (chart.months - 1);
  };
  auto const y = [&](double value) { return top + plot_height * (span.high - value) / (span.high - span.low); };

  Markup content;
  for (double const tick : ticks) {
    bool const zero = chart.with_zero && tick == 0;
    content += line(left, y(tick), width - right, y(tick), zero ? "zero" : "grid");
    content += label(left - 5, y(tick) + 4, "end", tick_text(tick, step, lang));
  }
  for (auto const& tick : month_ticks(chart.start, chart.months, plot_width)) {
    double const at = x(static_cast<std::size_t>(tick.month));
    content += line(at, top + plot_height, at, top + plot_height + 4, "axis");
    // A label at the edge leans inwards.
    double const half = width_of_label(tick.text) / 2;
    double const middle = std::clamp(at, half, width - half);
    content += label(middle, height - 5, "middle", tick.text);
  }
  content += line(left, top + plot_height, width - right, top + plot_height, "axis");
  for (auto const& course : chart.courses) {
    auto const style = style_of(course.line);
    std::string band;
    // One closed area for each stretch that has an interval.
    for (std::size_t m = 0; m < course.band.size();) {
      if (!course.band[m]) {
        ++m;
        continue;
      }
      std::size_t end = m;
      while (end < course.band.size() && course.band[end]) ++end;
      std::string area;
      for (std::size_t i = m; i < end; ++i)
        area += fmt::format("{}{} {}", i == m ? "M" : "L", number(x(i)), number(y(course.band[i]->high)));
      for (std::size_t i = end; i-- > m;) area += fmt::format("L{} {}", number(x(i)), number(y(course.band[i]->low)));
      band += area + "Z";
      m = end;
    }
    Markup drawn = element("title", course.title);
    if (!band.empty()) drawn += empty_element("path", {{"class", "band"}, {"fill", style.colour}, {"d", band}});
    drawn += empty_element(
        "path", {{"class", "course"},
                 {"stroke", style.colour},
                 {"stroke-dasharray", style.dash},
                 {"d", path_of(
                           course.values.size(), [&](std::size_t m) { return course.values[m].has_value(); }, x,
                           [&](std::size_t m) { return y(*course.values[m]); })}});
    content += element("g", drawn);
  }
  return picture(width, height, chart.description, content);
}

namespace {
constexpr double whisker_width = 190, whisker_margin = 8, whisker_height = 16;
double whisker_x(double value, Span const& span) {
  double const range = span.high - span.low;
  double const share = range > 0 ? (value - span.low) / range : 0.5;
  return whisker_margin + (whisker_width - 2 * whisker_margin) * share;
}
}  // namespace

Span span_of(std::span<Whisker const> whiskers) {
  Span span{0, 0};
  for (auto const& whisker : whiskers) {
    if (whisker.value) span.include(*whisker.value);
    if (whisker.interval) span.include(whisker.interval->low), span.include(whisker.interval->high);
  }
  return span;
}

Markup draw_whiskers(std::span<Whisker const> whiskers, Span const& span) {
  double const height = whisker_height * static_cast<double>(std::max<std::size_t>(1, whiskers.size()));
  Markup content = line(whisker_x(0, span), 0, whisker_x(0, span), height, "zero");
  for (std::size_t i = 0; i < whiskers.size(); ++i) {
    auto const& whisker = whiskers[i];
    if (!whisker.value) continue;
    double const y = whisker_height * (static_cast<double>(i) + 0.5);
    std::string const colour = colour_of_line(whisker.line);
    bool const clear = whisker.interval && !whisker.interval->holds(0);
    if (whisker.interval)
      content += empty_element("path", {{"stroke", colour},
                                        {"stroke-width", "3"},
                                        {"stroke-opacity", "0.55"},
                                        {"d", fmt::format("M{} {}L{} {}", number(whisker_x(whisker.interval->low, span)),
                                                          number(y), number(whisker_x(whisker.interval->high, span)),
                                                          number(y))}});
    content += empty_element("circle", {{"cx", number(whisker_x(*whisker.value, span))},
                                        {"cy", number(y)},
                                        {"r", "4"},
                                        {"stroke", colour},
                                        {"stroke-width", "1.6"},
                                        {"fill", clear ? colour : "#fff"}});
  }
  return picture(whisker_width, height, "", content);
}

Span span_of(std::span<Bar const> bars) {
  Span span{0, 0};
  for (auto const& bar : bars) {
    span.include(bar.value);
    if (bar.interval) span.include(bar.interval->low), span.include(bar.interval->high);
  }
  return span;
}

Markup draw_bar(Bar const& bar, Span const& span) {
  double const zero = whisker_x(0, span), middle = whisker_height / 2;
  std::string const colour = colour_of_line(1);
  auto const block = [&](double value, char const* opacity) {
    double const end = whisker_x(value, span);
    return empty_element("path", {{"fill", colour},
                                  {"fill-opacity", opacity},
                                  {"d", fmt::format("M{0} 3H{1}V{2}H{0}Z", number(zero), number(end), number(whisker_height - 3))}});
  };
  Markup content = block(bar.value, bar.alone ? "0.4" : "0.75");
  if (bar.alone && *bar.alone > 0) content += block(std::min(*bar.alone, bar.value), "0.8");
  content += line(zero, 0, zero, whisker_height, "zero");
  if (bar.interval) {
    double const low = whisker_x(bar.interval->low, span), high = whisker_x(bar.interval->high, span);
    content += empty_element("path", {{"class", "error"},
                                      {"stroke", "#1c2126"},
                                      {"fill", "none"},
                                      {"d", fmt::format("M{0} {2}H{1}M{0} {3}V{4}M{1} {3}V{4}", number(low), number(high), number(middle),
                                                        number(middle - 3), number(middle + 3))}});
  }
  return picture(whisker_width, whisker_height, "", content);
}

Markup draw_whisker_scale(Span const& span, Lang lang) {
  std::vector<double> ticks;
  for (int most = 5; most >= 1; --most) {
    ticks = round_ticks(span, most);
    double const step = step_of(ticks);
    bool fits = true;
    for (std::size_t i = 0; i + 1 < ticks.size(); ++i) {
      double const half =
          (width_of_label(tick_text(ticks[i], step, lang)) + width_of_label(tick_text(ticks[i + 1], step, lang))) / 2;
      fits = fits && whisker_x(ticks[i + 1], span) - whisker_x(ticks[i], span) > half + 6;
    }
    if (fits) break;
  }
  Markup content;
  for (double const tick : ticks) {
    double const at = whisker_x(tick, span);
    std::string const text = tick_text(tick, step_of(ticks), lang);
    double const half = width_of_label(text) / 2;
    content += line(at, 16, at, 20, "axis");
    content += label(std::clamp(at, half, whisker_width - half), 12, "middle", text);
  }
  return picture(whisker_width, 20, "", content);
}

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
Markup map_names(std::span<MapShape const> shapes, std::span<std::size_t const> shown, MapSheet const& sheet) {
  constexpr double size = 8.5, width_of_letter = 5.4;
  std::vector<std::pair<double, std::size_t>> by_area;
  for (std::size_t const s : shown) {
    auto const box = box_of(shapes[s], sheet);
    by_area.emplace_back((box.right - box.left) * (box.bottom - box.top), s);
  }
  std::stable_sort(by_area.begin(), by_area.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
  std::vector<Box> taken;
  Markup names;
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
    names += label(x, at[1] + 2, "middle", shape.name);
    if (taken.size() == 30) break;
  }
  return element("g", {{"class", "names"}}, names);
}

std::string shape_id(std::string const& sheet_name, std::size_t shape) { return fmt::format("{}{}", sheet_name, shape); }

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

Markup map_definitions(std::span<MapShape const> shapes, std::span<std::size_t const> shown, MapSheet const& sheet,
                       std::string const& sheet_name) {
  Markup paths;
  for (std::size_t const s : shown) {
    std::string path;
    for (auto const& outline : shapes[s].outlines) {
      std::string last;
      for (auto const& point : outline) {
        auto const at = sheet.at(point);
        std::string const corner = number(at[0]) + " " + number(at[1]);
        if (corner == last) continue;
        path += (last.empty() ? "M" : "L") + corner;
        last = corner;
      }
      path += "Z";
    }
    paths += empty_element("path", {{"id", shape_id(sheet_name, s)}, {"d", path}});
  }
  return element("svg", {{"width", "0"}, {"height", "0"}, {"class", "away"}, {"aria-hidden", "true"}},
                 element("defs", paths));
}

Markup draw_map(std::span<MapShape const> shapes, std::span<std::size_t const> shown, MapSheet const& sheet,
                std::string const& sheet_name, std::span<MapPlace const> places, std::string const& description) {
  Markup content;
  for (std::size_t const s : shown) {
    auto const& place = places[s];
    std::string const fill = place.fill == Fill::coloured  ? diverging_colour(place.at)
                             : place.fill == Fill::hatched ? "url(#hatch)"
                                                           : no_figure_colour;
    content += element("use", {{"href", "#" + shape_id(sheet_name, s)}, {"fill", fill}},
                       element("title", shapes[s].name + ": " + place.figures));
  }
  Markup const districts = element("g", {{"class", shown.size() > 400 ? "districts many" : "districts"}}, content);
  return picture(sheet.width(), sheet.height(), description, districts + map_names(shapes, shown, sheet));
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

Markup map_legend(double most, std::string const& least_text, std::string const& most_text) {
  constexpr double width = 240, bar = 10;
  Markup content;
  constexpr int steps = 24;
  for (int i = 0; i < steps; ++i)
    content += empty_element("path", {{"fill", diverging_colour(2 * (i + 0.5) / steps - 1)},
                                      {"d", fmt::format("M{0} 0H{1}V{2}H{0}Z", number(width * i / steps),
                                                        number(width * (i + 1) / steps + 0.3), number(bar))}});
  double const y = bar + letter_height + 2;
  content += label(0, y, "start", least_text) + label(width, y, "end", most_text);
  if (most > 0) content += label(width / 2, y, "middle", "0");
  return picture(width, y + 3, "", content);
}

}  // namespace arraigo::analysis
