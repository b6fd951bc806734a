#include "analysis/charts.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "analysis/chart_specification.hpp"
#include "analysis/text_output.hpp"

namespace arraigo::analysis {
namespace {

struct LineStyle {
  char const* colour;
  std::vector<int> dash;
};
LineStyle style_of(std::size_t line) {
  if (line == 0) return {"#4d4d4d", {}};
  switch ((line - 1) % 6) {
    case 0: return {"#0072b2", {}};
    case 1: return {"#d55e00", {7, 2}};
    case 2: return {"#009e73", {2, 2}};
    case 3: return {"#aa4499", {7, 2, 2, 2}};
    case 4: return {"#b8860b", {12, 3}};
    default: return {"#56b4e9", {4, 4}};
  }
}

constexpr char grid_colour[] = "#e3e7ea", axis_colour[] = "#7d868e", letter_colour[] = "#444c54";

/// Numbers as format_number() writes them.
Json config(Lang lang) {
  Json number{{"decimal", lang == Lang::es ? "," : "."},
              {"thousands", lang == Lang::es ? "\xC2\xA0" : ","},
              {"grouping", Json::array({3})},
              {"currency", {"", ""}},
              {"minus", "-"}};
  return {{"locale", {{"number", std::move(number)}}},
          {"axis",
           {{"labelFontSize", letter_height},
            {"labelColor", letter_colour},
            {"tickColor", axis_colour},
            {"domainColor", axis_colour},
            {"gridColor", grid_colour},
            {"tickSize", 4},
            {"labelPadding", 4},
            // A label that would cover another is left out.
            {"labelOverlap", "greedy"},
            {"labelSeparation", 6},
            {"titleFontSize", letter_height},
            {"titleColor", ink}}},
          {"title", {{"fontSize", letter_height}, {"color", ink}}},
          {"legend", {{"labelFontSize", letter_height}, {"labelColor", letter_colour}, {"labelLimit", 0}}}};
}

/// The first moment of a month, as Vega counts time.
double moment_of(Month month) {
  using namespace std::chrono;
  std::string const text = month.text();
  sys_days const day{year{std::stoi(text.substr(0, 4))} / std::chrono::month{static_cast<unsigned>(std::stoi(text.substr(5)))} / 1};
  return static_cast<double>(duration_cast<milliseconds>(day.time_since_epoch()).count());
}

Json month_axis(int months) {
  Json axis{{"orient", "bottom"}, {"scale", "month"}};
  constexpr int many = 18, few = 6;
  if (months > many) {
    axis["tickCount"] = "year";
    axis["format"] = "%Y";
  } else {
    axis["tickCount"] = {{"interval", "month"}, {"step", months > few ? 3 : 1}};
    axis["format"] = "%Y-%m";
  }
  return axis;
}

Json rows_of(CourseChart const& chart, double unit) {
  auto rows = Json::array();
  auto const part = [&](std::optional<double> const& number) { return number ? Json(*number / unit) : Json(nullptr); };
  for (auto const& course : chart.courses)
    for (std::size_t m = 0; m < course.values.size(); ++m) {
      auto const& band = course.band[m];
      auto const& at = course.values;
      rows.push_back({{"line", course.line},
                      {"title", course.title},
                      {"month", moment_of(chart.start + static_cast<int>(m))},
                      {"value", part(at[m])},
                      {"low", part(band ? std::optional{band->low} : std::nullopt)},
                      {"high", part(band ? std::optional{band->high} : std::nullopt)},
                      // A month between two without a figure is on no line.
                      {"alone", at[m] && (m == 0 || !at[m - 1]) && (m + 1 == at.size() || !at[m + 1])}});
    }
  return rows;
}

Span span_of(CourseChart const& chart) {
  std::optional<Span> found;
  auto const include = [&](double number) {
    if (!found) found = Span{number, number};
    found->include(number);
  };
  if (chart.with_zero) include(0);
  for (auto const& course : chart.courses)
    for (std::size_t m = 0; m < course.values.size(); ++m) {
      if (course.values[m]) include(*course.values[m]);
      if (course.band[m]) include(course.band[m]->low), include(course.band[m]->high);
    }
  Span span = found.value_or(Span{0, 1});
  // Where nothing moves the line lies in the middle.
  if (!(span.high > span.low)) span = {span.low - std::max(1.0, 0.05 * std::abs(span.low)), span.high + std::max(1.0, 0.05 * std::abs(span.high))};
  return span;
}

constexpr double whisker_width = 190, whisker_margin = 8, whisker_height = 16;

Json whisker_sheet(double height, Span const& span, Lang lang) {
  Json one = chart_sheet(whisker_width, height, lang);
  // A scale without extent has everything in its middle.
  Span const shown = span.high > span.low ? span : Span{span.low - 1, span.high + 1};
  one["scales"].push_back({{"name", "x"},
                           {"type", "linear"},
                           {"zero", false},
                           {"domain", {shown.low, shown.high}},
                           {"range", {whisker_margin, whisker_width - whisker_margin}}});
  return one;
}

Json zero_line(double height) {
  return chart_mark("rule", "", {{"x", scaled_value("x", 0)}, {"y", value(0)}, {"y2", value(height)}, {"stroke", value(zero_colour)}, {"strokeWidth", value(1.2)}});
}

Json flat_rule(char const* data, char const* y) {
  Json at = *y == '\0' ? value(whisker_height / 2) : Json{{"field", y}};
  return chart_mark("rule", data, {{"x", scaled("x", "low")}, {"x2", scaled("x", "high")}, {"y", std::move(at)}});
}

}  // namespace

void label_in_millions(Json& axis) { axis["encode"]["labels"]["update"]["text"]["signal"] = "datum.label + '\xC2\xA0M'"; }
double unit_of(Span const& span) {
  constexpr double million = 1e6;
  return std::max(std::abs(span.low), std::abs(span.high)) >= million ? million : 1;
}

Json chart_sheet(double width, double height, Lang lang) {
  return {{"width", width}, {"height", height}, {"padding", 0}, {"autosize", "none"}, {"background", nullptr}, {"config", config(lang)}};
}

std::string colour_of_line(std::size_t line) { return style_of(line).colour; }

Markup line_sample(std::size_t line) {
  auto const style = style_of(line);
  return picture(30, 10, "",
                 empty_element("path", {{"d", "M1 5L29 5"},
                                        {"stroke", style.colour},
                                        {"stroke-width", "2"},
                                        {"stroke-dasharray", fmt::format("{}", fmt::join(style.dash, " "))}}));
}

Span span_of(std::span<Whisker const> whiskers) {
  Span span{0, 0};
  for (auto const& whisker : whiskers) {
    if (whisker.value) span.include(*whisker.value);
    if (whisker.interval) span.include(whisker.interval->low), span.include(whisker.interval->high);
  }
  return span;
}

Markup ChartBook::place_for(double width, double height, std::string const& description, std::string specification, char const* kind) {
  specifications_.push_back(std::move(specification));
  // Text of files is escaped and cannot hold such a mark.
  return picture(width, height, description, literal_of(fmt::format("<!--chart {}-->", specifications_.size() - 1)), kind);
}

Markup ChartBook::courses(CourseChart const& chart) {
  constexpr double width = 380, height = 190;
  Span span = span_of(chart);
  double const unit = unit_of(span);
  Json one = chart_sheet(width, height, lang_);
  one["padding"] = {{"left", 2}, {"right", 10}, {"top", 7}, {"bottom", 2}};
  // Axes take the room that their labels need, the plot the rest.
  one["autosize"] = {{"type", "fit"}, {"contains", "padding"}};
  one["data"] = {{{"name", "months"}, {"values", rows_of(chart, unit)}},
                 {{"name", "alone"}, {"source", "months"}, {"transform", Json::array({Json{{"type", "filter"}, {"expr", "datum.alone"}}})}}};
  auto lines = Json::array(), colours = Json::array(), dashes = Json::array();
  for (auto const& course : chart.courses) {
    auto const style = style_of(course.line);
    lines.push_back(course.line);
    colours.push_back(style.colour);
    dashes.push_back(style.dash);
  }
  one["scales"] = {{{"name", "month"},
                    {"type", "utc"},
                    {"domain", {moment_of(chart.start), moment_of(chart.start + std::max(0, chart.months - 1))}},
                    {"range", "width"}},
                   {{"name", "y"},
                    {"type", "linear"},
                    {"zero", false},
                    {"nice", 5},
                    {"domain", {span.low / unit, span.high / unit}},
                    {"range", "height"}},
                   {{"name", "colour"}, {"type", "ordinal"}, {"domain", lines}, {"range", colours}},
                   {{"name", "dash"}, {"type", "ordinal"}, {"domain", lines}, {"range", dashes}}};
  Json values{{"orient", "left"}, {"scale", "y"}, {"grid", true}, {"ticks", false}, {"domain", false}, {"tickCount", 5}};
  if (unit > 1) label_in_millions(values);
  one["axes"] = {month_axis(chart.months), std::move(values)};
  auto marks = Json::array();
  if (chart.with_zero)
    marks.push_back(chart_mark("rule", "", {{"x", value(0)}, {"x2", {{"signal", "width"}}}, {"y", scaled_value("y", 0)}, {"stroke", value(zero_colour)}, {"strokeWidth", value(1.2)}}));
  Json const is_there{{"signal", "isValid(datum.value)"}}, has_band{{"signal", "isValid(datum.low)"}};
  Json course{{"type", "group"}, {"from", {{"facet", {{"name", "course"}, {"data", "months"}, {"groupby", "line"}}}}}};
  course["marks"] = {chart_mark("area", "course",
                             {{"x", scaled("month", "month")},
                              {"y", scaled("y", "low")},
                              {"y2", scaled("y", "high")},
                              {"defined", has_band},
                              {"fill", scaled("colour", "line")},
                              {"fillOpacity", value(0.18)}}),
                     chart_mark("line", "course",
                             {{"x", scaled("month", "month")},
                              {"y", scaled("y", "value")},
                              {"defined", is_there},
                              {"stroke", scaled("colour", "line")},
                              {"strokeDash", scaled("dash", "line")},
                              {"strokeWidth", value(2)},
                              {"strokeJoin", value("round")},
                              {"description", {{"field", "title"}}}})};
  marks.push_back(std::move(course));
  marks.push_back(chart_mark("symbol", "alone",
                          {{"x", scaled("month", "month")}, {"y", scaled("y", "value")}, {"size", value(36)}, {"fill", scaled("colour", "line")}}));
  one["marks"] = std::move(marks);
  return place_for(width, height, chart.description, one.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Markup ChartBook::whiskers(std::span<Whisker const> whiskers, Span const& span) {
  double const height = whisker_height * static_cast<double>(std::max<std::size_t>(1, whiskers.size()));
  auto points = Json::array(), ranges = Json::array();
  for (std::size_t i = 0; i < whiskers.size(); ++i) {
    auto const& whisker = whiskers[i];
    if (!whisker.value) continue;
    std::string const colour = colour_of_line(whisker.line);
    bool const clear = whisker.interval && !whisker.interval->holds(0);
    double const y = whisker_height * (static_cast<double>(i) + 0.5);
    points.push_back({{"x", *whisker.value}, {"y", y}, {"colour", colour}, {"fill", clear ? colour : "#fff"}});
    if (whisker.interval) ranges.push_back({{"low", whisker.interval->low}, {"high", whisker.interval->high}, {"y", y}, {"colour", colour}});
  }
  Json one = whisker_sheet(height, span, lang_);
  one["data"] = {{{"name", "points"}, {"values", std::move(points)}}, {{"name", "ranges"}, {"values", std::move(ranges)}}};
  Json range = flat_rule("ranges", "y");
  range["encode"]["update"].update({{"stroke", {{"field", "colour"}}}, {"strokeWidth", value(3)}, {"strokeOpacity", value(0.55)}});
  one["marks"] = {zero_line(height), std::move(range),
                  chart_mark("symbol", "points",
                          {{"x", scaled("x", "x")},
                           {"y", {{"field", "y"}}},
                           {"size", value(64)},
                           {"stroke", {{"field", "colour"}}},
                           {"strokeWidth", value(1.6)},
                           {"fill", {{"field", "fill"}}}})};
  return place_for(whisker_width, height, "", one.dump());
}

Markup ChartBook::bar(Bar const& bar, Span const& span) {
  std::string const colour = colour_of_line(1);
  auto const block = [&](double to, double opacity) {
    return chart_mark("rect", "", {{"x", scaled_value("x", 0)},
                         {"x2", scaled_value("x", to)},
                         {"y", value(3)},
                         {"y2", value(whisker_height - 3)},
                         {"fill", value(colour)},
                         {"fillOpacity", value(opacity)}});
  };
  Json one = whisker_sheet(whisker_height, span, lang_);
  auto marks = Json::array();
  marks.push_back(block(bar.value, bar.alone ? 0.4 : 0.75));
  if (bar.alone && *bar.alone > 0) marks.push_back(block(std::min(*bar.alone, bar.value), 0.8));
  marks.push_back(zero_line(whisker_height));
  if (bar.interval) {
    double const middle = whisker_height / 2;
    Json row{{"low", bar.interval->low}, {"high", bar.interval->high}};
    one["data"].push_back({{"name", "interval"}, {"values", Json::array({std::move(row)})}});
    Json range = flat_rule("interval", "");
    range["encode"]["update"]["stroke"] = value(ink);
    marks.push_back(std::move(range));
    for (char const* end : {"low", "high"})
      marks.push_back(chart_mark("rule", "interval", {{"x", scaled("x", end)}, {"y", value(middle - 3)}, {"y2", value(middle + 3)}, {"stroke", value(ink)}}));
  }
  one["marks"] = std::move(marks);
  return place_for(whisker_width, whisker_height, "", one.dump());
}

Markup ChartBook::scale(Span const& span) {
  constexpr double height = 20;
  double const unit = unit_of(span);
  // The axis stands on the rows beneath.
  Json one = whisker_sheet(0, {span.low / unit, span.high / unit}, lang_);
  one["padding"] = {{"top", height}, {"left", 0}, {"right", 0}, {"bottom", 0}};
  Json axis{{"orient", "top"}, {"scale", "x"}, {"domain", false}, {"tickCount", 4}};
  // Next to the picture's edge a label leans inwards.
  axis["labelFlush"] = 30;
  if (unit > 1) label_in_millions(axis);
  one["axes"].push_back(std::move(axis));
  return place_for(whisker_width, height, "", one.dump());
}

}  // namespace arraigo::analysis
