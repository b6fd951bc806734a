#include "viz/charts.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/report_parts.hpp"
#include "viz/vectors.hpp"

namespace arraigo::viz {
namespace {

using analysis::format_number;
using analysis::Sign;

constexpr float line_width = 2;

/// A dashed line through the points; dashes go on over corners.
void dashed(ImDrawList& list, std::vector<ImVec2> const& points, ImU32 ink, float width, float dash) {
  float left = dash;
  bool on = true;
  for (std::size_t i = 1; i < points.size(); ++i) {
    ImVec2 a = points[i - 1];
    ImVec2 const b = points[i];
    float length = std::hypot(b.x - a.x, b.y - a.y);
    while (length > 1e-3F) {
      float const step = std::min(left, length);
      ImVec2 const c(a.x + (b.x - a.x) * step / length, a.y + (b.y - a.y) * step / length);
      if (on) list.AddLine(a, c, ink, width);
      a = c;
      length -= step;
      left -= step;
      if (left <= 1e-3F) {
        on = !on;
        left = on ? dash : dash * 0.7F;
      }
    }
  }
}

/// Runs of months in which the course is defined.
template <class F>
void for_each_stretch(Course const& course, F const& f) {
  std::size_t first = 0;
  auto const n = course.months.size();
  while (first < n) {
    while (first < n && !course.months[first].mean) ++first;
    std::size_t last = first;
    while (last < n && course.months[last].mean) ++last;
    if (last > first) f(first, last);
    first = last;
  }
}

}  // namespace

std::vector<double> ticks_between(double low, double high, int most) {
  double const rough = (high - low) / std::max(1, most);
  double const power = std::pow(10.0, std::floor(std::log10(std::max(rough, 1e-12))));
  double step = 10 * power;
  for (double const s : {1.0, 2.0, 5.0})
    if (s * power >= rough) {
      step = s * power;
      break;
    }
  std::vector<double> ticks;
  if (!(std::abs(low / step) < 1e15)) return ticks;  // nor is there a whole step in what is no number
  auto const first = static_cast<std::int64_t>(std::ceil(low / step - 1e-9));
  for (std::int64_t k = first; static_cast<double>(k) * step <= high + step * 1e-9; ++k) ticks.push_back(static_cast<double>(k) * step);
  return ticks;
}

std::string tick_text(double value, double step, Lang lang) {
  // Millions of soles fill the margin otherwise.
  if (std::abs(value) >= 1e6 && step >= 1e4) return format_number(value / 1e6, step >= 1e6 ? 0 : step >= 1e5 ? 1 : 2, lang) + " M";
  int const decimals = step >= 1 ? 0 : std::min(6, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  return format_number(value, decimals, lang);
}

std::string value_with(Indicator const& indicator, double value, Lang lang, bool signed_value) {
  int decimals = indicator.decimals;
  // A difference smaller than the last decimal gets more of them.
  if (signed_value && value != 0)
    while (decimals < 4 && std::abs(value) * std::pow(10.0, decimals) < 1) ++decimals;
  return format_number(value, decimals, lang, signed_value ? Sign::always : Sign::when_negative);
}

std::string interval_with(Indicator const& indicator, analysis::Interval const& interval, Lang lang, bool signed_value) {
  int decimals = indicator.decimals;
  double const width = std::max(std::abs(interval.low), std::abs(interval.high));
  if (signed_value && width > 0)
    while (decimals < 4 && width * std::pow(10.0, decimals) < 1) ++decimals;
  Sign const sign = signed_value ? Sign::always : Sign::when_negative;
  return "[" + format_number(interval.low, decimals, lang, sign) + "; " + format_number(interval.high, decimals, lang, sign) + "]";
}

std::string difference_with(Indicator const& indicator, double difference, std::optional<analysis::Interval> const& interval, Lang lang) {
  int decimals = indicator.decimals;
  double const width = interval ? std::max(std::abs(interval->low), std::abs(interval->high)) : std::abs(difference);
  if (width > 0)
    while (decimals < 4 && width * std::pow(10.0, decimals) < 1) ++decimals;
  return format_number(difference, decimals, lang, Sign::always);
}

std::string unit_of_difference(Indicator const& indicator, DifferenceUnit unit, Lang lang) {
  if (unit == DifferenceUnit::absolute) return analysis::difference_unit(indicator, lang);
  return text(unit == DifferenceUnit::percent ? Message::viz_unit_percent : Message::viz_unit_per_thousand, lang);
}

std::string title_line(std::string title) {
  if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 'a' + 'A');
  return title;
}

ImU32 colour_of_run(Session const& session, std::size_t run) {
  if (run == session.view.base) return colour::base;
  std::size_t place = 0;
  for (std::size_t i = 0; i < run; ++i)
    if (i != session.view.base) ++place;
  return colour::alternative[place % std::size(colour::alternative)];
}

std::string letter_of_run(Session const& session, std::size_t run, Lang lang) {
  std::string const title = session.run_title(run, lang);
  return title.substr(0, title.find(':'));
}

PlotArea plot_area(Ui& ui, ImVec2 size, double low, double high) {
  auto const ticks = ticks_between(low, high);
  double const step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  float widest = 0;
  for (double const tick : ticks) widest = std::max(widest, ImGui::CalcTextSize(tick_text(tick, step, ui.lang).c_str()).x);
  float const em = ui.em();
  return {{widest + 0.6F * em, 0.5F * em}, {size.x - ImGui::CalcTextSize("Base").x - 0.6F * em, size.y - 1.5F * em}};
}

void draw_courses(Ui& ui, ImDrawList& list, ImVec2 size, CourseChart const& chart, Session const& session, std::size_t hidden) {
  PlotArea const area = plot_area(ui, size, chart.low, chart.high);
  double const room = (chart.high - chart.low) * 0.04, bottom = chart.low - room, top = chart.high + room;
  float const em = ui.em();
  list.AddRectFilled({0, 0}, size, colour::paper);
  auto const ticks = ticks_between(chart.low, chart.high);
  double const step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  for (double const tick : ticks) {
    float const y = std::round(area.y_of(tick, bottom, top));
    bool const zero = chart.difference && tick == 0;
    list.AddRectFilled({area.low.x, y}, {area.high.x, y + 1}, zero ? colour::faint : IM_COL32(230, 232, 234, 255));
    std::string const label = tick_text(tick, step, ui.lang);
    list.AddText({area.low.x - ImGui::CalcTextSize(label.c_str()).x - 0.4F * em, y - em / 2}, colour::faint, label.c_str());
  }
  if (auto const* const indicator = session.indicator(chart.indicator)) {
    std::string const unit = chart.difference ? unit_of_difference(*indicator, session.view.unit, ui.lang) : unit_in(indicator->units, ui.lang);
    list.AddText({area.high.x - ImGui::CalcTextSize(unit.c_str()).x - 0.3F * em, 0}, colour::faint, unit.c_str());
  }
  int const months = session.months();
  Month const start = session.start();
  float last_label = -1e9F;
  bool const years = months > 30;  // a short course names months
  for (int m = 0; m < months; ++m) {
    if ((start + m).month_of_year() % (years ? 12 : 3) != 1) continue;
    float const x = std::round(area.x_of(m, months));
    std::string const label = years ? (start + m).text().substr(0, 4) : (start + m).text();
    float const width = ImGui::CalcTextSize(label.c_str()).x;
    list.AddRectFilled({x, area.high.y}, {x + 1, area.high.y + 0.25F * em}, colour::faint);
    if (x - width / 2 < last_label + 0.8F * em || x + width / 2 > size.x) continue;
    list.AddText({x - width / 2, area.high.y + 0.35F * em}, colour::faint, label.c_str());
    last_label = x + width / 2;
  }
  std::vector<std::pair<float, std::size_t>> ends;
  for (int pass = 0; pass < 2; ++pass) {  // all bands lie under all lines
    for (auto const& course : chart.courses) {
      if (course.run == hidden || (chart.difference && course.is_base)) continue;
      ImU32 const ink = colour_of_run(session, course.run);
      bool const chosen = course.is_base || course.run == session.view.alternative;
      for_each_stretch(course, [&](std::size_t first, std::size_t last) {
        std::vector<ImVec2> points;
        for (std::size_t m = first; m < last; ++m)
          points.emplace_back(area.x_of(static_cast<double>(m), months), area.y_of(*course.months[m].mean, bottom, top));
        if (pass == 1) {
          if (course.is_base)
            dashed(list, points, ink, line_width, 0.45F * em);
          else if (points.size() > 1)
            list.AddPolyline(points.data(), static_cast<int>(points.size()), chosen ? ink : colour::with_alpha(ink, 150), 0, chosen ? line_width : 1.4F);
          else
            list.AddCircleFilled(points.front(), line_width, ink);
          return;
        }
        ImDrawListFlags const flags = list.Flags;
        list.Flags &= ~ImDrawListFlags_AntiAliasedFill;  // it leaves seams between neighbours
        for (std::size_t m = first; m + 1 < last; ++m) {
          auto const &a = course.months[m].interval, &b = course.months[m + 1].interval;
          if (!a || !b) continue;
          float const xa = area.x_of(static_cast<double>(m), months), xb = area.x_of(static_cast<double>(m + 1), months);
          list.AddQuadFilled({xa, area.y_of(a->low, bottom, top)}, {xb, area.y_of(b->low, bottom, top)}, {xb, area.y_of(b->high, bottom, top)},
                             {xa, area.y_of(a->high, bottom, top)}, colour::with_alpha(ink, chosen ? 48 : 24));
        }
        list.Flags = flags;
      });
      if (pass == 1 && !course.months.empty() && course.months.back().mean)
        ends.emplace_back(area.y_of(*course.months.back().mean, bottom, top), course.run);
    }
  }
  // Names stand at the lines' ends, moved apart where the lines meet.
  std::sort(ends.begin(), ends.end());
  for (std::size_t i = 1; i < ends.size(); ++i) ends[i].first = std::max(ends[i].first, ends[i - 1].first + em);
  float const over = ends.empty() ? 0 : std::max(0.0F, ends.back().first + em / 2 - size.y);
  for (auto const& [y, run] : ends)
    list.AddText({area.high.x + 0.35F * em, y - over - em / 2}, colour_of_run(session, run), letter_of_run(session, run, ui.lang).c_str());
}

float height_of_groups(Ui const& ui, GroupChart const& chart) { return (static_cast<float>(chart.groups.size()) * 1.9F + 2.2F) * ui.em(); }

void draw_groups(Ui& ui, ImDrawList& list, ImVec2 size, GroupChart const& chart, Session const& session, Indicator const& indicator) {
  list.AddRectFilled({0, 0}, size, colour::paper);
  float const em = ui.em();
  auto const& labels = ui.lang == Lang::es ? chart.label_es : chart.label_en;
  DifferenceUnit const unit = session.view.unit;
  double low = 0, high = 0;
  struct Bar {
    std::optional<double> difference, low, high;
  };
  std::vector<Bar> bars;
  for (auto const& group : chart.groups) {
    Bar bar{in_unit(group.difference, group.base, unit), {}, {}};
    if (group.interval) {
      bar.low = in_unit(group.interval->low, group.base, unit);
      bar.high = in_unit(group.interval->high, group.base, unit);
    }
    for (auto const& value : {bar.difference, bar.low, bar.high})
      if (value) {
        low = std::min(low, *value);
        high = std::max(high, *value);
      }
    bars.push_back(bar);
  }
  if (high - low < 1e-12) high = low + 1;
  float label_width = 0;
  for (auto const& label : labels) label_width = std::max(label_width, ImGui::CalcTextSize(label.c_str()).x);
  label_width = std::min(label_width, size.x * 0.42F);
  float const value_width = ImGui::CalcTextSize("+00 000,0 ").x;
  float const x0 = label_width + 0.8F * em, x1 = size.x - value_width;
  auto const x_of = [&](double value) { return x0 + (x1 - x0) * static_cast<float>((value - low) / (high - low)); };
  float const row = 1.9F * em;
  auto const ticks = ticks_between(low, high, 4);
  double const step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  float const bottom = 0.4F * em + row * static_cast<float>(bars.size());
  for (double const tick : ticks) {
    float const x = std::round(x_of(tick));
    list.AddRectFilled({x, 0.2F * em}, {x + 1, bottom}, tick == 0 ? colour::faint : IM_COL32(230, 232, 234, 255));
    std::string const label = tick_text(tick, step, ui.lang);
    list.AddText({x - ImGui::CalcTextSize(label.c_str()).x / 2, bottom + 0.2F * em}, colour::faint, label.c_str());
  }
  ImU32 const ink = colour_of_run(session, session.view.alternative);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    float const y = 0.4F * em + row * (static_cast<float>(i) + 0.5F);
    std::string label = i < labels.size() ? labels[i] : "";
    // Two lines for a long name; the rest of it stands in the list of the (i).
    if (ImGui::CalcTextSize(label.c_str()).x > label_width) {
      std::string first = label;
      while (first.find(' ') != std::string::npos && ImGui::CalcTextSize(first.c_str()).x > label_width) first.erase(first.rfind(' '));
      std::string second = label.size() > first.size() ? label.substr(first.size() + 1) : "";
      ui.text_at(list, {0, y - em * 0.98F}, first, colour::ink, label_width);
      ui.text_at(list, {0, y - em * 0.02F}, second, colour::ink, label_width);
    } else {
      list.AddText({0, y - em / 2}, colour::ink, label.c_str());
    }
    Bar const& bar = bars[i];
    if (!bar.difference) {
      std::string const why = chart.too_small[i] ? ui.t(Message::viz_few_agents, analysis::least_agents) : ui.t(Message::viz_undefined);
      list.AddText({std::min(x_of(0) + 0.3F * em, size.x - ImGui::CalcTextSize(why.c_str()).x), y - em / 2}, colour::faint, why.c_str());
      continue;
    }
    bool const clear = bar.low && bar.high && (*bar.low > 0 || *bar.high < 0);
    list.AddRectFilled({std::min(x_of(0), x_of(*bar.difference)), y - 0.45F * em}, {std::max(x_of(0), x_of(*bar.difference)), y + 0.45F * em},
                       colour::with_alpha(ink, clear ? 200 : 70));
    if (bar.low && bar.high) {
      list.AddLine({x_of(*bar.low), y}, {x_of(*bar.high), y}, colour::ink, 1.4F);
      for (double const end : {*bar.low, *bar.high}) list.AddLine({x_of(end), y - 0.22F * em}, {x_of(end), y + 0.22F * em}, colour::ink, 1.4F);
    }
    std::string const value = unit == DifferenceUnit::absolute ? value_with(indicator, *bar.difference, ui.lang, true)
                                                               : format_number(*bar.difference, 1, ui.lang, Sign::always);
    list.AddText({size.x - ImGui::CalcTextSize(value.c_str()).x, y - em / 2}, clear ? colour::ink : colour::faint, value.c_str());
  }
}

}  // namespace arraigo::viz
