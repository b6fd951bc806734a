#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>
#include <utility>

#include "analysis/chart_specification.hpp"
#include "analysis/charts.hpp"
#include "analysis/sensitivity_output.hpp"
#include "analysis/text_output.hpp"

namespace arraigo::analysis {
namespace {

constexpr double width = 820, margin = 16, line_height = 17;
// Okabe and Ito's, told apart by the colour-blind; shape and dash tell them apart as well.
constexpr char interest_colour[] = "#d55e00", other_colour[] = "#0072b2";
constexpr char style[] =
    "svg{background:#fff}text{font:11px \"DejaVu Sans\",Arial,sans-serif;fill:#444c54}"
    ".title{font-size:14px;font-weight:bold;fill:#1c2126}.head{font-size:12px;font-weight:bold;fill:#1c2126}";

/// A picture that grows downwards: words, and charts between them.
class Sheet {
 public:
  explicit Sheet(Lang lang) : lang_(lang), charts_(lang) {}
  [[nodiscard]] Lang lang() const { return lang_; }
  void down(double by) { y_ += by; }
  void lines(char const* kind, std::string const& text, std::size_t letters) {
    for (auto const& line : wrapped(text, letters)) {
      y_ += line_height;
      content_ += element("text", {{"class", kind}, {"x", number(margin)}, {"y", number(y_)}}, escaped(line));
    }
  }
  /// A chart whose axes and legend take the room that they need, the plot the rest.
  [[nodiscard]] Json chart(double wide, double high) const {
    Json one = chart_sheet(wide, high, lang_);
    one["padding"] = {{"left", 2}, {"right", 12}, {"top", 4}, {"bottom", 2}};
    one["autosize"] = {{"type", "fit"}, {"contains", "padding"}};
    return one;
  }
  /// In columns side by side, beneath what stands there; go down() by its height after the last.
  void add(Json const& chart, double x = 0) {
    content_ += element("g", {{"transform", fmt::format("translate({} {})", number(margin + x), number(y_ + 6))}},
                        charts_.place_for(chart["width"], chart["height"], "", chart.dump(-1, ' ', false, Json::error_handler_t::replace)));
  }
  [[nodiscard]] std::string file(std::string const& description, std::filesystem::path const& chart_program) const {
    auto const all = element("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                                     {"viewBox", fmt::format("0 0 {} {}", number(width), number(y_ + margin))},
                                     {"width", number(width)},
                                     {"height", number(y_ + margin)},
                                     {"role", "img"},
                                     {"aria-label", description}},
                             element("style", literal(style)) + content_);
    return charts_.draw_into(all.str(), chart_program) + "\n";
  }

 private:
  Lang lang_;
  ChartBook charts_;
  double y_ = margin - 4;
  Markup content_;
};

/// A bar for each parameter, the most important first.
void draw_bars(Sheet& sheet, SweepReader const& sweep, SensitivityResult const& result) {
  constexpr std::size_t most = 15;
  constexpr double row = 20, scale_height = 26;
  std::vector<std::pair<std::string, Bar>> shown;
  for (std::size_t const k : result.order)
    if (auto const bar = bar_of(result, k); bar && shown.size() < most) shown.emplace_back(sweep.parameters()[result.parameters[k]].path, *bar);
  if (shown.empty()) return;
  std::vector<Bar> all;
  for (auto const& [name, bar] : shown) all.push_back(bar);
  Span const span = span_of(all);
  double const unit = unit_of(span);
  auto rows = Json::array();
  for (auto const& [name, bar] : shown) {
    Json one{{"name", name}, {"value", bar.value / unit}, {"opacity", bar.alone ? 0.4 : 0.75}};
    if (bar.alone && *bar.alone > 0) one["alone"] = std::min(*bar.alone, bar.value) / unit;
    if (bar.interval) one["low"] = bar.interval->low / unit, one["high"] = bar.interval->high / unit;
    rows.push_back(std::move(one));
  }
  Json one = sheet.chart(width - 2 * margin, scale_height + row * static_cast<double>(shown.size()));
  auto const those_with = [](char const* name, char const* field) {
    Json filter{{"type", "filter"}, {"expr", fmt::format("isValid(datum.{})", field)}};
    return Json{{"name", name}, {"source", "bars"}, {"transform", Json::array({std::move(filter)})}};
  };
  one["data"] = {{{"name", "bars"}, {"values", std::move(rows)}}, those_with("alone", "alone"), those_with("intervals", "low")};
  one["scales"] = {{{"name", "x"}, {"type", "linear"}, {"zero", false}, {"domain", {span.low / unit, span.high / unit}}, {"range", "width"}},
                   {{"name", "parameter"}, {"type", "band"}, {"domain", {{"data", "bars"}, {"field", "name"}}}, {"range", "height"}, {"padding", 0.35}}};
  Json scale{{"orient", "top"}, {"scale", "x"}, {"grid", true}, {"domain", false}, {"tickCount", 6}};
  if (unit > 1) label_in_millions(scale);
  one["axes"] = {std::move(scale),
                 {{"orient", "left"}, {"scale", "parameter"}, {"domain", false}, {"ticks", false}, {"labelOverlap", false}, {"labelLimit", width / 2}}};
  auto const block = [](char const* data, char const* to, Json opacity) {
    return chart_mark("rect", data, {{"x", scaled_value("x", 0)},
                                     {"x2", scaled("x", to)},
                                     {"y", scaled("parameter", "name")},
                                     {"height", {{"scale", "parameter"}, {"band", 1}}},
                                     {"fill", value(other_colour)},
                                     {"fillOpacity", std::move(opacity)}});
  };
  Json middle = scaled("parameter", "name");
  middle["band"] = 0.5;
  auto marks = Json::array({block("bars", "value", {{"field", "opacity"}}), block("alone", "alone", value(0.8)),
                            chart_mark("rule", "", {{"x", scaled_value("x", 0)}, {"y2", {{"signal", "height"}}}, {"stroke", value(zero_colour)}, {"strokeWidth", value(1.2)}}),
                            chart_mark("rule", "intervals", {{"x", scaled("x", "low")}, {"x2", scaled("x", "high")}, {"y", middle}, {"stroke", value(ink)}})});
  for (char const* end : {"low", "high"}) {
    Json above = middle, below = middle;
    above["offset"] = -4;
    below["offset"] = 4;
    marks.push_back(chart_mark("rule", "intervals", {{"x", scaled("x", end)}, {"y", std::move(above)}, {"y2", std::move(below)}, {"stroke", value(ink)}}));
  }
  one["marks"] = std::move(marks);
  sheet.add(one);
  sheet.down(one["height"].get<double>() + 6);
}

/// Room at both ends, for points that lie on them.
Span span_with_room(SweepParameter const& parameter) {
  auto const span = parameter.span();
  double const room = parameter.words.empty() ? 0.03 * (span.high - span.low) : 0.3;
  return {span.low - room, span.high + room};
}

/// The scale of a parameter and the axis that shows it: numbers, or the words that they stand for.
Json add_parameter(Json& chart, std::string const& scale, SweepParameter const& parameter, char const* orient, char const* range) {
  auto const span = span_with_room(parameter);
  chart["scales"].push_back({{"name", scale}, {"type", "linear"}, {"zero", false}, {"domain", {span.low, span.high}}, {"range", range}});
  Json axis{{"orient", orient}, {"scale", scale}, {"tickCount", 5}};
  if (parameter.words.empty()) return axis;
  std::vector<std::size_t> places(parameter.words.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::string const names = scale + "_words";
  chart["scales"].push_back({{"name", names}, {"type", "ordinal"}, {"domain", places}, {"range", parameter.words}});
  axis["values"] = places;
  axis["encode"]["labels"]["update"]["text"] = scaled(names.c_str(), "value");
  return axis;
}

/// Cases over two parameters, and the first box as far as these two limit it.
void draw_scatter(Sheet& sheet, SweepReader const& sweep, SensitivityResult const& result, std::array<std::size_t, 2> const& shown) {
  auto const& discovery = *result.discovery;
  auto const& across = sweep.parameters()[result.parameters[shown[0]]];
  auto const& up = sweep.parameters()[result.parameters[shown[1]]];
  std::string const of_interest = fmt::format("{}: {}", rule_text(result, sheet.lang()), discovery.cases);
  std::string const others = fmt::format("{}: {}", words(sheet.lang(), Message::se_picture_others), discovery.rows.size() - discovery.cases);
  auto points = Json::array();
  // Cases of interest lie above the others.
  for (bool const which : {false, true})
    for (std::size_t i = 0; i < discovery.rows.size(); ++i)
      if (discovery.of_interest[i] == which)
        points.push_back({{"x", across.values[discovery.rows[i]]}, {"y", up.values[discovery.rows[i]]}, {"kind", which ? of_interest : others}});
  Json one = sheet.chart(width - 2 * margin, 300);
  one["data"].push_back({{"name", "points"}, {"values", std::move(points)}});
  for (auto const& [scale, parameter, orient, range] : {std::tuple{"x", &across, "bottom", "width"}, std::tuple{"y", &up, "left", "height"}}) {
    Json axis = add_parameter(one, scale, *parameter, orient, range);
    axis["grid"] = true;
    axis["title"] = parameter->path;
    one["axes"].push_back(std::move(axis));
  }
  auto const by_kind = [&](char const* name, char const* interest, char const* other) {
    one["scales"].push_back({{"name", name}, {"type", "ordinal"}, {"domain", {of_interest, others}}, {"range", {interest, other}}});
  };
  by_kind("shape", "triangle-up", "circle");
  by_kind("stroke", interest_colour, other_colour);
  by_kind("fill", interest_colour, "none");
  one["legends"].push_back({{"orient", "right"}, {"shape", "shape"}, {"stroke", "stroke"}, {"fill", "fill"}, {"symbolSize", 40}});
  auto marks = Json::array();
  if (!discovery.boxes.empty()) {
    // A little wider than its limits, which belong to it.
    constexpr int room = 5;
    Json sides{{"x", value(0)}, {"x2", {{"signal", "width"}}}, {"y", value(0)}, {"y2", {{"signal", "height"}}}};
    auto const limit_at = [&](char const* side, char const* scale, std::optional<double> const& limit, int offset) {
      if (!limit) return;
      sides[side] = scaled_value(scale, *limit);
      sides[side]["offset"] = offset;
    };
    for (auto const& limit : discovery.boxes.front().limits) {
      if (limit.parameter == shown[0]) limit_at("x", "x", limit.low, -room), limit_at("x2", "x", limit.high, room);
      if (limit.parameter == shown[1]) limit_at("y2", "y", limit.low, room), limit_at("y", "y", limit.high, -room);
    }
    sides.update({{"stroke", value(ink)}, {"strokeWidth", value(1.6)}, {"strokeDash", value({6, 3})}, {"fill", value(interest_colour)}, {"fillOpacity", value(0.1)}});
    marks.push_back(chart_mark("rect", "", std::move(sides)));
  }
  marks.push_back(chart_mark("symbol", "points", {{"x", scaled("x", "x")},
                                                  {"y", scaled("y", "y")},
                                                  {"size", value(30)},
                                                  {"shape", scaled("shape", "kind")},
                                                  {"stroke", scaled("stroke", "kind")},
                                                  {"fill", scaled("fill", "kind")},
                                                  {"opacity", value(0.8)}}));
  one["marks"] = std::move(marks);
  sheet.add(one);
  sheet.down(one["height"].get<double>() + 6);
  if (discovery.boxes.empty()) return;
  auto const& box = discovery.boxes.front();
  std::string limits;
  for (auto const& limit : box.limits) limits += (limits.empty() ? "" : "; ") + limit_text(sweep.parameters()[result.parameters[limit.parameter]], limit, sheet.lang());
  sheet.lines("", fmt::format("{}: {}. {}: {} %. {}: {} %.", words(sheet.lang(), Message::se_picture_box), limits, words(sheet.lang(), Message::se_coverage),
                              format_number(100 * box.quality.coverage, 0, sheet.lang()), words(sheet.lang(), Message::se_density),
                              format_number(100 * box.quality.density, 0, sheet.lang())), 118);
}

/// How a parameter is distributed among the cases of interest and among the others.
Json distributions(Sheet const& sheet, double wide, SweepParameter const& parameter, Discovery const& discovery, double distance) {
  auto const span = span_with_room(parameter);
  auto steps = Json::array();
  for (bool const which : {false, true}) {
    std::vector<double> of_group;
    for (std::size_t i = 0; i < discovery.rows.size(); ++i)
      if (discovery.of_interest[i] == which) of_group.push_back(parameter.values[discovery.rows[i]]);
    std::sort(of_group.begin(), of_group.end());
    auto const step = [&](double at, double share) { steps.push_back({{"at", at}, {"share", share}, {"which", which}}); };
    step(span.low, 0);
    for (std::size_t i = 0; i < of_group.size(); ++i) step(of_group[i], static_cast<double>(i + 1) / static_cast<double>(of_group.size()));
    step(span.high, 1);
  }
  Json one = sheet.chart(wide, 170);
  // The end of a path says more than its beginning, and pictures are narrow.
  std::string title = parameter.path;
  auto const room = static_cast<std::size_t>(wide / letter) - 9;
  if (title.size() > room) title = "…" + title.substr(title.size() - room);
  one["title"] = {{"text", fmt::format("{} ({})", title, format_number(distance, 2, sheet.lang()))}, {"anchor", "start"}, {"frame", "group"}};
  one["data"].push_back({{"name", "steps"}, {"values", std::move(steps)}});
  one["scales"] = {{{"name", "y"}, {"type", "linear"}, {"domain", {0, 1}}, {"range", "height"}},
                   {{"name", "stroke"}, {"type", "ordinal"}, {"domain", {false, true}}, {"range", {other_colour, interest_colour}}},
                   {{"name", "dash"}, {"type", "ordinal"}, {"domain", {false, true}}, {"range", {Json{5, 3}, Json::array()}}}};
  one["axes"] = {add_parameter(one, "x", parameter, "bottom", "width"),
                 {{"orient", "left"}, {"scale", "y"}, {"grid", true}, {"ticks", false}, {"domain", false}, {"values", {0, 0.5, 1}}}};
  Json groups{{"type", "group"}, {"from", {{"facet", {{"name", "group"}, {"data", "steps"}, {"groupby", "which"}}}}}};
  groups["marks"].push_back(chart_mark("line", "group", {{"x", scaled("x", "at")},
                                                         {"y", scaled("y", "share")},
                                                         {"interpolate", value("step-after")},
                                                         {"stroke", scaled("stroke", "which")},
                                                         {"strokeDash", scaled("dash", "which")},
                                                         {"strokeWidth", value(2)}}));
  one["marks"].push_back(std::move(groups));
  return one;
}

void draw_discovery(Sheet& sheet, SweepReader const& sweep, SensitivityResult const& result) {
  auto const& discovery = *result.discovery;
  if (discovery.separations.empty()) return;
  std::vector<std::size_t> order(discovery.separations.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return discovery.separations[a].distance > discovery.separations[b].distance; });
  sheet.down(14);
  // The limits that chance explains least; then those that tell the groups best apart.
  std::vector<std::size_t> shown;
  if (!discovery.boxes.empty()) {
    auto limits = discovery.boxes.front().limits;
    std::stable_sort(limits.begin(), limits.end(), [](BoxLimit const& a, BoxLimit const& b) { return a.quasi_p < b.quasi_p; });
    for (auto const& limit : limits) shown.push_back(limit.parameter);
  }
  for (std::size_t const k : order)
    if (std::find(shown.begin(), shown.end(), k) == shown.end()) shown.push_back(k);
  if (shown.size() >= 2) draw_scatter(sheet, sweep, result, {shown[0], shown[1]});
  constexpr std::size_t columns = 3;
  double const each = (width - 2 * margin) / columns;
  sheet.down(6);
  sheet.lines("head", words(sheet.lang(), Message::se_picture_regional), 92);
  double height = 0;
  for (std::size_t i = 0; i < std::min(order.size(), columns); ++i) {
    auto const one = distributions(sheet, each, sweep.parameters()[result.parameters[order[i]]], discovery, discovery.separations[order[i]].distance);
    sheet.add(one, static_cast<double>(i) * each);
    height = one["height"];
  }
  sheet.down(height + 6);
}

}  // namespace

std::optional<Bar> bar_of(SensitivityResult const& result, std::size_t k) {
  if (!result.effects.empty()) return Bar{result.effects[k].mu_star, result.effects[k].mu_star_interval, {}};
  if (!result.parts.empty()) return Bar{result.parts[k].total, result.parts[k].total_interval, result.parts[k].first};
  if (result.ranks) return Bar{result.ranks->parameters[k].value, result.ranks->parameters[k].interval, {}};
  return std::nullopt;
}

Message measure_of(SensitivityMethod method) {
  switch (method) {
    case SensitivityMethod::morris: return Message::se_measure_morris;
    case SensitivityMethod::sobol: return Message::se_measure_sobol;
    default: return Message::se_measure_ranks;
  }
}

std::string sensitivity_picture(SweepReader const& sweep, std::span<SensitivityResult const> results, Lang lang,
                                std::filesystem::path const& chart_program) {
  Sheet sheet{lang};
  std::string description;
  for (auto const& result : results) {
    std::string const title = lang == Lang::es ? result.indicator.title_es : result.indicator.title_en;
    std::string const month = result.month == "mean" ? words(lang, Message::an_mean_of, sweep.start().text(), (sweep.start() + (static_cast<int>(sweep.months()) - 1)).text()) : words(lang, Message::an_month_is, result.month);
    std::string const head = result.base.empty() ? words(lang, Message::se_of_level, title, result.scenario, month) : words(lang, Message::se_of_difference, title, result.scenario, result.base, month);
    description += (description.empty() ? "" : "; ") + head;
    sheet.lines("title", head, 80);
    sheet.lines("", words(lang, measure_of(result.method)), 118);
    draw_bars(sheet, sweep, result);
    if (result.discovery) draw_discovery(sheet, sweep, result);
    for (auto const& sentence : result.notes) sheet.lines("", "! " + sentence.in(lang), 118);
    sheet.down(24);
  }
  return sheet.file(description, chart_program);
}

}  // namespace arraigo::analysis
