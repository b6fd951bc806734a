#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "analysis/chart_parts.hpp"
#include "analysis/sensitivity_output.hpp"
#include "analysis/text_output.hpp"

namespace arraigo::analysis {
namespace {

constexpr double width = 820, margin = 16, line_height = 17;
// Okabe and Ito's, told apart by the colour-blind; shape and dash tell them apart as well.
constexpr char interest_colour[] = "#d55e00", other_colour[] = "#0072b2", ink[] = "#1c2126";
constexpr char style[] =
    "svg{background:#fff}text{font:11px \"DejaVu Sans\",Arial,sans-serif;fill:#444c54}"
    ".title{font-size:14px;font-weight:bold;fill:#1c2126}.head{font-size:12px;font-weight:bold;fill:#1c2126}"
    ".grid{stroke:#e3e7ea;fill:none}.axis{stroke:#7d868e;fill:none}.zero{stroke:#55606a;stroke-width:1.2;fill:none}";

Markup text_at(double x, double y, char const* kind, std::string const& text, char const* anchor = "start") {
  return element("text", {{"class", kind}, {"x", number(x)}, {"y", number(y)}, {"text-anchor", anchor}}, escaped(text));
}

/// A picture that grows downwards.
class Sheet {
 public:
  [[nodiscard]] double y() const { return y_; }
  void down(double by) { y_ += by; }
  void add(Markup const& more) { content_ += more; }
  void lines(char const* kind, std::string const& text, std::size_t letters) {
    for (auto const& line : wrapped(text, letters)) {
      y_ += line_height;
      content_ += text_at(margin, y_, kind, line);
    }
  }
  [[nodiscard]] std::string file(std::string const& description) const {
    return element("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                           {"viewBox", fmt::format("0 0 {} {}", number(width), number(y_ + margin))},
                           {"width", number(width)},
                           {"height", number(y_ + margin)},
                           {"role", "img"},
                           {"aria-label", description}},
                   element("style", literal(style)) + content_)
               .str() +
           "\n";
  }

 private:
  double y_ = margin - 4;
  Markup content_;
};

/// A range of values along a line of the picture.
struct Scale {
  double low, high, from, to;
  [[nodiscard]] double operator()(double value) const {
    return high > low ? from + (to - from) * (value - low) / (high - low) : (from + to) / 2;
  }
};

std::vector<double> ticks_that_fit(Scale const& scale, Lang lang) {
  for (int most = 6; most > 1; --most) {
    auto const ticks = round_ticks({scale.low, scale.high}, most);
    double widest = 0;
    for (double const tick : ticks) widest = std::max(widest, width_of_label(tick_text(tick, step_of(ticks), lang)));
    if (ticks.size() < 2 || std::abs(scale(ticks[1]) - scale(ticks[0])) > widest + 8) return ticks;
  }
  return round_ticks({scale.low, scale.high}, 1);
}

/// Names under or beside a scale: numbers, or the words that they stand for.
std::vector<std::pair<double, std::string>> marks_of(SweepParameter const& parameter, Scale const& scale, Lang lang) {
  std::vector<std::pair<double, std::string>> marks;
  for (std::size_t w = 0; w < parameter.words.size(); ++w) marks.emplace_back(static_cast<double>(w), parameter.words[w]);
  if (!marks.empty()) return marks;
  auto const ticks = ticks_that_fit(scale, lang);
  for (double const tick : ticks) marks.emplace_back(tick, tick_text(tick, step_of(ticks), lang));
  return marks;
}

/// Room at both ends, for points that lie on them.
Scale scale_of(SweepParameter const& parameter, double from, double to) {
  auto const span = parameter.span();
  double const room = parameter.words.empty() ? 0.03 * (span.high - span.low) : 0.3;
  return {span.low - room, span.high + room, from, to};
}

void draw_bars(Sheet& sheet, SweepReader const& sweep, SensitivityResult const& result, Lang lang) {
  constexpr std::size_t most = 15;
  std::vector<std::pair<std::string, Bar>> bars;
  for (std::size_t const k : result.order) {
    if (bars.size() == most) break;
    Bar bar;
    if (!result.effects.empty())
      bar = {result.effects[k].mu_star, result.effects[k].mu_star_interval, {}};
    else if (!result.parts.empty())
      bar = {result.parts[k].total, result.parts[k].total_interval, result.parts[k].first};
    else if (result.ranks)
      bar = {result.ranks->parameters[k].value, result.ranks->parameters[k].interval, {}};
    else
      return;
    bars.emplace_back(sweep.parameters()[result.parameters[k]].path, bar);
  }
  if (bars.empty()) return;
  double left = 0;
  std::vector<Bar> all;
  for (auto const& [name, bar] : bars) {
    left = std::max(left, width_of_label(name));
    all.push_back(bar);
  }
  left = std::min(left, 0.5 * width) + margin + 8;
  Span const span = span_of(all);
  Scale const x{span.low, span.high, left + 6, width - margin - 10};
  double const top = sheet.y() + 22, bottom = top + 20 * static_cast<double>(bars.size());
  for (double const tick : ticks_that_fit(x, lang)) {
    sheet.add(line(x(tick), top, x(tick), bottom, tick == 0 ? "zero" : "grid"));
    double const step = step_of(ticks_that_fit(x, lang));
    sheet.add(label(x(tick), top - 6, "middle", tick_text(tick, step, lang)));
  }
  sheet.add(line(x(0), top, x(0), bottom, "zero"));
  for (std::size_t i = 0; i < bars.size(); ++i) {
    auto const& [name, bar] = bars[i];
    double const middle = top + 20 * static_cast<double>(i) + 10;
    sheet.add(label(left, middle + 4, "end", name));
    auto const block = [&](double value, char const* opacity) {
      sheet.add(empty_element("path", {{"fill", other_colour},
                                       {"fill-opacity", opacity},
                                       {"d", fmt::format("M{0} {2}H{1}V{3}H{0}Z", number(x(0)), number(x(value)), number(middle - 6), number(middle + 6))}}));
    };
    block(bar.value, bar.alone ? "0.4" : "0.75");
    if (bar.alone && *bar.alone > 0) block(std::min(*bar.alone, bar.value), "0.8");
    if (bar.interval)
      sheet.add(empty_element("path", {{"stroke", ink},
                                       {"fill", "none"},
                                       {"d", fmt::format("M{0} {2}H{1}M{0} {3}V{4}M{1} {3}V{4}", number(x(bar.interval->low)), number(x(bar.interval->high)),
                                                         number(middle), number(middle - 4), number(middle + 4))}}));
  }
  sheet.down(bottom - sheet.y() + 6);
}

Markup mark_of(double x, double y, bool of_interest) {
  if (of_interest)
    return empty_element("path", {{"fill", interest_colour},
                                  {"fill-opacity", "0.8"},
                                  {"d", fmt::format("M{} {}l4 7h-8Z", number(x), number(y - 4.5))}});
  return empty_element("circle", {{"cx", number(x)}, {"cy", number(y)}, {"r", "3"}, {"stroke", other_colour}, {"stroke-opacity", "0.7"}, {"fill", "none"}});
}

void draw_frame(Sheet& sheet, double left, double top, double right, double bottom) {
  sheet.add(empty_element("path", {{"class", "axis"}, {"d", fmt::format("M{0} {1}V{3}H{2}", number(left), number(top), number(right), number(bottom))}}));
}

/// Cases over two parameters, and the first box as far as these two limit it.
void draw_scatter(Sheet& sheet, SweepReader const& sweep, SensitivityResult const& result, std::array<std::size_t, 2> const& shown, Lang lang) {
  auto const& discovery = *result.discovery;
  auto const& across = sweep.parameters()[result.parameters[shown[0]]];
  auto const& up = sweep.parameters()[result.parameters[shown[1]]];
  double const top = sheet.y() + 24, height = 250, left = margin + 70, right = left + 400, bottom = top + height;
  Scale const x = scale_of(across, left, right), y = scale_of(up, bottom, top);
  sheet.add(text_at(margin, top - 8, "head", up.path));
  sheet.add(text_at(right, bottom + 32, "head", across.path, "end"));
  for (auto const& [at, text] : marks_of(across, x, lang)) {
    sheet.add(line(x(at), top, x(at), bottom, "grid"));
    sheet.add(label(x(at), bottom + 15, "middle", text));
  }
  for (auto const& [at, text] : marks_of(up, y, lang)) {
    sheet.add(line(left, y(at), right, y(at), "grid"));
    sheet.add(label(left - 6, y(at) + 4, "end", text));
  }
  draw_frame(sheet, left, top, right, bottom);
  if (!discovery.boxes.empty()) {
    double x1 = left, x2 = right, y1 = bottom, y2 = top;
    for (auto const& limit : discovery.boxes.front().limits) {
      if (limit.parameter == shown[0]) {
        if (limit.low) x1 = x(*limit.low) - 5;
        if (limit.high) x2 = x(*limit.high) + 5;
      }
      if (limit.parameter == shown[1]) {
        if (limit.low) y1 = y(*limit.low) + 5;
        if (limit.high) y2 = y(*limit.high) - 5;
      }
    }
    sheet.add(empty_element("path", {{"stroke", ink},
                                     {"stroke-width", "1.6"},
                                     {"stroke-dasharray", "6 3"},
                                     {"fill", interest_colour},
                                     {"fill-opacity", "0.1"},
                                     {"d", fmt::format("M{0} {2}H{1}V{3}H{0}Z", number(x1), number(x2), number(y1), number(y2))}}));
  }
  for (bool const of_interest : {false, true})
    for (std::size_t i = 0; i < discovery.rows.size(); ++i)
      if (discovery.of_interest[i] == of_interest) sheet.add(mark_of(x(across.values[discovery.rows[i]]), y(up.values[discovery.rows[i]]), of_interest));
  // The words beside it.
  double const beside = right + 24;
  double at = top + 12;
  auto const say_beside = [&](std::string const& text, char const* kind) {
    for (auto const& piece : wrapped(text, static_cast<std::size_t>((width - margin - beside) / letter))) {
      sheet.add(text_at(beside, at, kind, piece));
      at += line_height;
    }
  };
  sheet.add(mark_of(beside + 4, at - 4, true));
  sheet.add(text_at(beside + 16, at, "", fmt::format("{}: {}", rule_text(result, lang), discovery.cases)));
  at += line_height;
  sheet.add(mark_of(beside + 4, at - 4, false));
  sheet.add(text_at(beside + 16, at, "", fmt::format("{}: {}", words(lang, Message::se_picture_others), discovery.rows.size() - discovery.cases)));
  at += 1.6 * line_height;
  if (!discovery.boxes.empty()) {
    auto const& box = discovery.boxes.front();
    say_beside(words(lang, Message::se_picture_box), "head");
    for (auto const& limit : box.limits) say_beside(limit_text(sweep.parameters()[result.parameters[limit.parameter]], limit, lang), "");
    at += 0.4 * line_height;
    say_beside(words(lang, Message::se_coverage) + ": " + format_number(100 * box.quality.coverage, 0, lang) + " %", "");
    say_beside(words(lang, Message::se_density) + ": " + format_number(100 * box.quality.density, 0, lang) + " %", "");
  }
  sheet.down(bottom + 40 - sheet.y());
}

/// How a parameter is distributed among the cases of interest and among the others.
Markup distribution(std::vector<double> const& values, std::vector<bool> const& of_interest, bool which, Scale const& x, Scale const& y) {
  std::vector<double> of_group;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (of_interest[i] == which) of_group.push_back(values[i]);
  std::sort(of_group.begin(), of_group.end());
  std::string path = fmt::format("M{} {}", number(x.from), number(y(0)));
  for (std::size_t i = 0; i < of_group.size(); ++i)
    path += fmt::format("H{}V{}", number(x(of_group[i])), number(y(static_cast<double>(i + 1) / static_cast<double>(of_group.size()))));
  path += fmt::format("H{}", number(x.to));
  return empty_element("path", {{"fill", "none"}, {"stroke", which ? interest_colour : other_colour}, {"stroke-width", "2"}, {"stroke-dasharray", which ? "" : "5 3"}, {"d", path}});
}

void draw_distributions(Sheet& sheet, SweepReader const& sweep, SensitivityResult const& result, std::vector<std::size_t> const& shown, Lang lang) {
  auto const& discovery = *result.discovery;
  constexpr double gap = 22, height = 120;
  sheet.lines("head", words(lang, Message::se_picture_regional), 92);
  double const each = (width - 2 * margin - 2 * gap) / 3;
  double const top = sheet.y() + 26, bottom = top + height;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    auto const& parameter = sweep.parameters()[result.parameters[shown[i]]];
    double const left = margin + static_cast<double>(i) * (each + gap) + 26, right = left + each - 26;
    Scale const x = scale_of(parameter, left, right), y{0, 1, bottom, top};
    std::string title = parameter.path;
    auto const room = static_cast<std::size_t>(each / letter) - 9;
    if (title.size() > room) title = "…" + title.substr(title.size() - room);
    sheet.add(text_at(left - 26, top - 8, "head", fmt::format("{} ({})", title, format_number(discovery.separations[shown[i]].distance, 2, lang))));
    for (double const at : {0.0, 0.5, 1.0}) {
      sheet.add(line(left, y(at), right, y(at), "grid"));
      sheet.add(label(left - 4, y(at) + 4, "end", format_number(at, at == 0.5 ? 1 : 0, lang)));
    }
    for (auto const& [at, text] : marks_of(parameter, x, lang)) {
      double const half = width_of_label(text) / 2;
      sheet.add(line(x(at), bottom, x(at), bottom + 4, "axis"));
      sheet.add(label(std::clamp(x(at), left - 20 + half, right + 10 - half), bottom + 16, "middle", text));
    }
    draw_frame(sheet, left, top, right, bottom);
    std::vector<double> values;
    for (std::size_t const row : discovery.rows) values.push_back(parameter.values[row]);
    for (bool const which : {false, true}) sheet.add(distribution(values, discovery.of_interest, which, x, y));
  }
  sheet.down(bottom + 24 - sheet.y());
}

void draw_discovery(Sheet& sheet, SweepReader const& sweep, SensitivityResult const& result, Lang lang) {
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
  if (shown.size() >= 2) draw_scatter(sheet, sweep, result, {shown[0], shown[1]}, lang);
  order.resize(std::min<std::size_t>(order.size(), 3));
  draw_distributions(sheet, sweep, result, order, lang);
}

}  // namespace

std::string sensitivity_picture(SweepReader const& sweep, std::span<SensitivityResult const> results, Lang lang) {
  Sheet sheet;
  std::string description;
  for (auto const& result : results) {
    std::string const title = lang == Lang::es ? result.indicator.title_es : result.indicator.title_en;
    std::string const month = result.month == "mean" ? words(lang, Message::an_mean_of, sweep.start().text(), (sweep.start() + (static_cast<int>(sweep.months()) - 1)).text()) : words(lang, Message::an_month_is, result.month);
    std::string const head = result.base.empty() ? words(lang, Message::se_of_level, title, result.scenario, month) : words(lang, Message::se_of_difference, title, result.scenario, result.base, month);
    description += (description.empty() ? "" : "; ") + head;
    sheet.lines("title", head, 80);
    Message const measure = result.method == SensitivityMethod::morris ? Message::se_measure_morris : result.method == SensitivityMethod::sobol ? Message::se_measure_sobol : Message::se_measure_ranks;
    sheet.lines("", words(lang, measure), 118);
    draw_bars(sheet, sweep, result, lang);
    if (result.discovery) draw_discovery(sheet, sweep, result, lang);
    for (auto const& sentence : result.notes) sheet.lines("", "! " + sentence.in(lang), 118);
    sheet.down(24);
  }
  return sheet.file(description);
}

}  // namespace arraigo::analysis
