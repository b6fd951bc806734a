#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/report_parts.hpp"
#include "viz/app.hpp"
#include "viz/charts.hpp"
#include "viz/figures_view.hpp"
#include "viz/vectors.hpp"
#include "world/codes.hpp"

namespace arraigo::viz {
namespace {

using analysis::format_number;
using analysis::Sign;

/// The cost card is a ratio of two indicators, so it has no row in their table.
constexpr char const* cost_card = "cost_per_contract";

std::vector<std::string> indicator_names(Session const& session, bool with_cost) {
  std::vector<std::string> names;
  for (auto const& indicator : session.indicators()) names.push_back(indicator.name);
  if (with_cost) names.emplace_back(cost_card);
  return names;
}

std::string indicator_title(Ui const& ui, Session const& session, std::string const& name) {
  if (name == cost_card) return ui.t(Message::viz_cost_per_contract);
  auto const* const indicator = session.indicator(name);
  if (indicator == nullptr) return name;
  return title_line(ui.in(indicator->title_es, indicator->title_en));
}

}  // namespace

/// A drop-down list of indicators; true when another was chosen.
bool choose_indicator(Ui& ui, Session& session, std::string const& id, std::string& name, float width, bool with_cost) {
  auto const names = indicator_names(session, with_cost);
  std::vector<std::string> titles;
  for (auto const& each : names) titles.push_back(indicator_title(ui, session, each));
  auto chosen = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  if (chosen == names.size()) chosen = 0;
  if (!ui.choose(id, titles, chosen, width)) return false;
  name = names[chosen];
  return true;
}

void draw_top_bar(Ui& ui, Session& session) {
  View& view = session.view;
  float const em = ui.em();
  if (ui.bold != nullptr) ImGui::PushFont(ui.bold);
  ImGui::AlignTextToFramePadding();
  ui.plain("Arraigo", colour::accent);
  if (ui.bold != nullptr) ImGui::PopFont();
  std::vector<std::string> titles;
  for (std::size_t run = 0; run < session.runs.size(); ++run) titles.push_back(session.run_title(run, ui.lang));
  float const list_width = std::clamp(ImGui::GetIO().DisplaySize.x * 0.17F, 9 * em, 19 * em);
  if (!titles.empty()) {
    flow(list_width);
    if (std::size_t base = view.base; ui.choose("base", titles, base, list_width)) {
      if (base == view.alternative) view.alternative = view.base;
      view.base = base;
    }
    if (titles.size() > 1) {
      flow(list_width + ImGui::CalcTextSize(ui.t(Message::viz_against)).x + em);
      ui.plain(ui.t(Message::viz_against), colour::faint);
      ImGui::SameLine();
      if (std::size_t alternative = view.alternative; ui.choose("alternative", titles, alternative, list_width) && alternative != view.base) {
        view.alternative = alternative;
      }
    }
  }
  auto const button = [&](char const* id, std::string const& label, bool enabled = true, bool on = false) {
    flow(width_of_button(label));
    return ui.button(id, label, enabled, on);
  };
  if (session.edited() != nullptr && !view.workshop) {
    if (button("add_scenario", ui.t(Message::viz_add_scenario), session.document.scenarios.size() < 5)) session.add_alternative();
  }
  if (session.is_live()) {
    if (button("undo", ui.t(Message::viz_undo), session.history.can_undo())) session.undo();
    if (ImGui::IsItemHovered() && session.history.last() != nullptr) ui.tooltip(ui.in(session.history.last()->label_es, session.history.last()->label_en));
    if (button("redo", ui.t(Message::viz_redo), session.history.can_redo())) session.redo();
  }
  if (button("open", ui.t(Message::viz_open))) view.overlay = Overlay::open;
  if (button("workshop", ui.t(Message::viz_workshop), true, view.workshop)) view.workshop = !view.workshop;
  if (button("small_multiples", ui.t(Message::viz_compare_maps), true, view.small_multiples)) view.small_multiples = !view.small_multiples;
  if (button("story", ui.t(Message::viz_story))) view.overlay = Overlay::story;
  if (button("assumptions", ui.t(Message::viz_assumptions))) view.overlay = Overlay::assumptions;
  flow(width_of_button("ES") + width_of_button("EN") + 2);
  if (ui.button("spanish", "ES", true, ui.lang == Lang::es) && ui.lang != Lang::es) ui.keys.push_back(Key::language);
  ImGui::SameLine(0, 2);
  if (ui.button("english", "EN", true, ui.lang == Lang::en) && ui.lang != Lang::en) ui.keys.push_back(Key::language);
  flow(width_of_button("A-") + width_of_button("A+") + 2);
  if (ui.button("smaller", "A-")) ui.keys.push_back(Key::smaller);
  ImGui::SameLine(0, 2);
  if (ui.button("larger", "A+")) ui.keys.push_back(Key::larger);
  if (button("help", "?")) view.overlay = Overlay::help;

  if (is_narrow(ImGui::GetIO().DisplaySize, em)) {
    // On a narrow screen one panel is shown at a time.
    static constexpr Message names[] = {Message::viz_panel_levers, Message::viz_panel_charts, Message::viz_panel_map, Message::viz_panel_figures};
    for (int panel = 0; panel < 4; ++panel)
      if (button(fmt::format("panel/{}", panel).c_str(), ui.t(names[panel]), true, view.panel == panel)) view.panel = panel;
  }
  for (auto const* run : {session.base(), session.alternative()})
    if (run != nullptr)
      for (auto const& sentence : run->mistakes) ui.wrapped(sentence, colour::warn);
  for (auto const& reason : session.unpaired_reasons()) ui.wrapped(reason, colour::warn);
  if (!session.notices.empty()) {
    std::string notice = session.notices.back();
    if (session.notices.size() > 1) notice += " " + ui.t(Message::viz_notices_more, session.notices.size() - 1);
    ui.wrapped(notice, colour::warn, ImGui::GetContentRegionAvail().x - 8 * em);
    flow(8 * em);
    if (ui.small_button("dismiss", ui.t(Message::viz_dismiss))) session.notices.pop_back();
  }
}

void draw_headlines(Ui& ui, Session& session, bool wraps) {
  View& view = session.view;
  float const em = ui.em(), gap = ImGui::GetStyle().ItemSpacing.x;
  std::size_t const shown = view.workshop ? 3 : view.kpis.size();
  float const room = ImGui::GetContentRegionAvail().x;
  std::size_t const in_row = wraps ? std::clamp<std::size_t>(static_cast<std::size_t>(room / (19 * em)), 1, shown) : shown;
  float const width = std::max(std::min(15 * em, room), (room - gap * static_cast<float>(in_row - 1)) / static_cast<float>(in_row));
  // One line more where a card is too narrow for both levels side by side.
  float const lines = width < 19 * em ? 6 : 4;
  float const height = lines * ImGui::GetTextLineHeightWithSpacing() + 2 * ImGui::GetStyle().WindowPadding.y;
  bool const scrolls = !wraps && width * static_cast<float>(shown) + gap * static_cast<float>(shown - 1) > room + 1;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i % in_row != 0) ImGui::SameLine();
    std::string const id = fmt::format("kpi/{}", i);
    ImGui::BeginChild(id.c_str(), {width, height}, true, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NavFlattened);
    std::string& name = view.kpis[i];
    static_cast<void>(choose_indicator(ui, session, id + "/indicator", name, ImGui::GetContentRegionAvail().x - 1.8F * em, true));
    ImGui::SameLine();
    if (ui.info(id + "/info")) {
      view.overlay = Overlay::definition;
      view.overlay_subject = name;
    }
    std::string const letter = letter_of_run(session, view.alternative, ui.lang);
    if (name == cost_card) {
      // Whoever predicts must not read the answer off a card.
      Ratio const ratio = view.hides_alternative() ? Ratio{} : cost_per_contract(session, view.month);
      auto const soles = [&](double value) { return format_number(value, 0, ui.lang); };
      if (ui.bold != nullptr) ImGui::PushFont(ui.bold);
      if (ratio.value)
        ui.wrapped(ui.t(Message::viz_soles_value, soles(*ratio.value)), colour::ink);
      else
        ui.wrapped(ui.t(ratio.pending                            ? Message::viz_pending
                        : view.hides_alternative()               ? Message::viz_hidden
                        : session.alternative() == nullptr       ? Message::viz_needs_alternative
                        : !session.unpaired_reasons().empty()    ? Message::viz_not_paired
                                                                 : Message::viz_ratio_undefined),
                   colour::faint);
      if (ui.bold != nullptr) ImGui::PopFont();
      if (ratio.interval) ui.plain("[" + soles(ratio.interval->low) + "; " + soles(ratio.interval->high) + "]", colour::faint);
      int const wanted = session.base() != nullptr ? session.base()->wanted : 0;
      if (ratio.value) ui.plain(ui.t(Message::viz_replicates_of, ratio.replicates, wanted), colour::faint);
      ImGui::EndChild();
      continue;
    }
    auto const* const indicator = session.indicator(name);
    Headline card = indicator != nullptr ? headline(session, name, view.month) : Headline{};
    if (view.hides_alternative()) {
      card.alternative.reset();
      card.difference.reset();
      card.interval.reset();
    }
    if (indicator == nullptr || (!card.base && !card.alternative)) {
      ui.wrapped(ui.t(session.waiting()                  ? Message::viz_waiting
                      : card.pending || session.busy() ? Message::viz_pending
                                                       : Message::viz_not_recorded),
                 colour::faint);
      ImGui::EndChild();
      continue;
    }
    std::string const unit = indicator->units == "%" ? std::string() : unit_in(indicator->units, ui.lang);
    auto const level = [&](std::optional<double> value) {
      return value ? value_with(*indicator, *value, ui.lang) + (indicator->units == "%" ? " %" : "") : std::string(ui.t(Message::viz_undefined));
    };
    if (ui.bold != nullptr) ImGui::PushFont(ui.bold);
    ui.plain(card.alternative ? letter + "  " + level(card.alternative) : level(card.base), card.alternative ? colour_of_run(session, view.alternative) : colour::ink);
    if (ui.bold != nullptr) ImGui::PopFont();
    flow(ImGui::CalcTextSize((ui.t(Message::viz_base) + ("  " + level(card.base)) + " " + unit).c_str()).x);
    ui.plain(card.alternative ? fmt::format("{}  {} {}", ui.t(Message::viz_base), level(card.base), unit) : unit, colour::base);
    if (card.difference) {
      bool const clear = card.interval && (card.interval->low > 0 || card.interval->high < 0);
      auto const shown_difference = in_unit(card.difference, card.base, view.unit);
      std::string text = "\xce\x94 ";  // delta
      if (view.unit == DifferenceUnit::absolute)
        text += difference_with(*indicator, *card.difference, card.interval, ui.lang) + (indicator->units == "%" ? " " + analysis::difference_unit(*indicator, ui.lang) : std::string());
      else if (shown_difference)
        text += format_number(*shown_difference, 1, ui.lang, Sign::always) + (view.unit == DifferenceUnit::percent ? " %" : " \xe2\x80\xb0");
      ui.plain(text, clear ? colour::ink : colour::faint);
      if (card.interval) {
        std::string interval;
        if (view.unit == DifferenceUnit::absolute) {
          interval = interval_with(*indicator, *card.interval, ui.lang, true);
        } else {
          auto const low = in_unit(card.interval->low, card.base, view.unit), high = in_unit(card.interval->high, card.base, view.unit);
          if (low && high) interval = "[" + format_number(*low, 1, ui.lang, Sign::always) + "; " + format_number(*high, 1, ui.lang, Sign::always) + "]";
        }
        flow(ImGui::CalcTextSize(interval.c_str()).x);
        ui.plain(interval, colour::faint);
      }
    } else if (card.interval) {
      ui.plain(interval_with(*indicator, *card.interval, ui.lang), colour::faint);
    }
    ui.plain(ui.t(Message::viz_replicates_of, card.replicates, card.wanted), colour::faint);
    ImGui::EndChild();
  }
  // The scrollbar takes room of its own, or it would hide the cards' last lines.
  if (scrolls) ImGui::Dummy({1, ImGui::GetStyle().ScrollbarSize});
}

namespace {

std::uint64_t mixed(std::initializer_list<std::uint64_t> parts) {
  std::uint64_t sum = 0x9e3779b97f4a7c15ULL;
  for (auto const part : parts) sum = (sum ^ part) * 0x100000001b3ULL;
  return sum;
}
std::uint64_t hash_of(std::string const& text) { return std::hash<std::string>{}(text); }

/// What is computed for a picture, kept until its version changes.
template <class T>
struct Kept {
  std::uint64_t version = 0;
  T value{};
};

void course_tooltip(Ui& ui, Session& session, CourseChart const& chart, int month, std::size_t hidden) {
  auto const* const indicator = session.indicator(chart.indicator);
  if (indicator == nullptr) return;
  std::string text = (session.start() + month).text();
  for (auto const& course : chart.courses) {
    if (course.run == hidden || static_cast<std::size_t>(month) >= course.months.size() || (chart.difference && course.is_base)) continue;
    auto const& level = course.months[static_cast<std::size_t>(month)];
    text += "\n" + session.run_title(course.run, ui.lang) + ": ";
    text += level.mean ? value_with(*indicator, *level.mean, ui.lang, chart.difference) : ui.t(Message::viz_undefined);
    if (level.interval) text += " " + interval_with(*indicator, *level.interval, ui.lang, chart.difference);
  }
  ui.tooltip(text);
}

/// The audience's guess: drawn with the mouse, revealed by a button.
void predict(Ui& ui, Session& session, CourseChart const& chart, PlotArea const& area, ImVec2 corner, bool held) {
  View& view = session.view;
  auto const months = static_cast<std::size_t>(session.months());
  view.guess.resize(months, std::nanf(""));
  double const room = (chart.high - chart.low) * 0.04, bottom = chart.low - room, top = chart.high + room;
  if (held && !view.revealed) {
    ImVec2 const mouse = ImGui::GetIO().MousePos - corner, before = mouse - ImGui::GetIO().MouseDelta;
    float const from = std::min(mouse.x, before.x), to = std::max(mouse.x, before.x);
    for (std::size_t m = 0; m < months; ++m) {
      float const x = area.x_of(static_cast<double>(m), static_cast<int>(months));
      float const half = months > 1 ? (area.high.x - area.low.x) / static_cast<float>(months - 1) / 2 : 1;
      if (x < from - half || x > to + half) continue;
      view.guess[m] = static_cast<float>(bottom + (area.high.y - std::clamp(mouse.y, area.low.y, area.high.y)) / (area.high.y - area.low.y) * (top - bottom));
    }
  }
  auto& list = *ImGui::GetWindowDrawList();
  std::vector<ImVec2> points;
  for (std::size_t m = 0; m < months; ++m)
    if (!std::isnan(view.guess[m]))
      points.push_back(corner + ImVec2(area.x_of(static_cast<double>(m), static_cast<int>(months)), area.y_of(static_cast<double>(view.guess[m]), bottom, top)));
  if (points.size() > 1) list.AddPolyline(points.data(), static_cast<int>(points.size()), IM_COL32(150, 0, 110, 255), 0, 3);
  if (points.empty() && !view.revealed) {
    std::string const hint = ui.t(Message::viz_predict_hint);
    list.AddText(corner + ImVec2(area.low.x + ui.em(), area.low.y + ui.em()), IM_COL32(150, 0, 110, 255), hint.c_str());
  }
}

/// The axis without the hidden course, with room on both sides: its ends would tell where the course goes.
void hide_from_axis(CourseChart& chart, std::size_t hidden) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (auto const& course : chart.courses) {
    if (course.run == hidden) continue;
    for (auto const& month : course.months) {
      if (!month.mean) continue;
      low = std::min(low, *month.mean);
      high = std::max(high, *month.mean);
    }
  }
  if (low > high) low = high = 0;
  double const room = std::max({(high - low) * 0.8, std::abs(high) * 0.3, 1e-9});
  chart.low = low - room;
  chart.high = high + room;
}

void draw_course_box(Ui& ui, Session& session, std::size_t which, float height) {
  View& view = session.view;
  static std::array<Kept<CourseChart>, 2> kept;
  std::string const id = fmt::format("chart/{}", which);
  std::uint64_t const version = mixed({session.data_version(), hash_of(view.charts[which]), view.chart_difference, static_cast<std::uint64_t>(view.unit), view.base,
                                       view.alternative, static_cast<std::uint64_t>(ui.lang), session.runs.size(), view.hides_alternative(), reinterpret_cast<std::uintptr_t>(&session)});
  auto& chart = kept[which];
  if (chart.version != version || chart.value.pending) {
    chart.value = course_chart(session, view.charts[which], view.chart_difference);
    chart.version = version;
  }
  if (which == 0 && view.predicting) {
    std::string const drawn_for = fmt::format("{} {} {}", view.charts[0], view.chart_difference, static_cast<int>(view.unit));
    if (view.guess_of != drawn_for) view.guess.clear();  // its numbers would mean something else now
    view.guess_of = drawn_for;
  }
  ImVec2 const size(std::max(ImGui::GetContentRegionAvail().x, 8 * ui.em()), height);
  ImVec2 const corner = ImGui::GetCursorScreenPos();
  bool const hides = view.hides_alternative();
  std::size_t const hidden = hides ? view.alternative : session.runs.size();
  ImGui::InvisibleButton(("###" + id).c_str(), size);
  ui.note_item(id);
  bool const hovered = ImGui::IsItemHovered(), held = ImGui::IsItemActive();
  auto& list = *ImGui::GetWindowDrawList();
  if (chart.value.courses.empty()) {
    std::string const words = session.waiting()                     ? ui.t(Message::viz_waiting)
                              : chart.value.pending || session.busy() ? ui.t(Message::viz_pending)
                              : !session.unpaired_reasons().empty() ? ui.t(Message::viz_not_paired)
                                                                    : ui.t(Message::viz_not_recorded);
    list.AddText(corner + ImVec2(ui.em(), size.y / 2), colour::faint, words.c_str());
    return;
  }
  std::uint64_t const picture = mixed({version, hides, static_cast<std::uint64_t>(ui.em() * 8), chart.value.courses.size(), chart.value.pending});
  if (hides) hide_from_axis(chart.value, hidden);
  list.AddImage(ui.canvas.picture(id, picture, size, [&](ImDrawList& into) { draw_courses(ui, into, size, chart.value, session, hidden); }), corner, corner + size);
  PlotArea const area = plot_area(ui, size, chart.value.low, chart.value.high);
  float const x = std::round(corner.x + area.x_of(view.month, session.months()));
  list.AddRectFilled({x, corner.y + area.low.y}, {x + 1, corner.y + area.high.y}, IM_COL32(60, 66, 72, 160));
  double const room = (chart.value.high - chart.value.low) * 0.04;
  for (auto const& course : chart.value.courses) {
    if (course.run == hidden || static_cast<std::size_t>(view.month) >= course.months.size() || (view.chart_difference && course.is_base)) continue;
    if (auto const& mean = course.months[static_cast<std::size_t>(view.month)].mean)
      list.AddCircleFilled({x, corner.y + area.y_of(*mean, chart.value.low - room, chart.value.high + room)}, 3.5F, colour_of_run(session, course.run));
  }
  if (which == 0 && view.predicting) predict(ui, session, chart.value, area, corner, held);
  int const under = std::clamp(static_cast<int>(std::lround((ImGui::GetIO().MousePos.x - corner.x - area.low.x) / std::max(area.high.x - area.low.x, 1.0F) *
                                                            static_cast<float>(session.months() - 1))), 0, session.months() - 1);
  if (hovered && !held) course_tooltip(ui, session, chart.value, under, hidden);
  if (held && !(which == 0 && view.predicting && !view.revealed)) session.set_month(under);
}

void draw_group_box(Ui& ui, Session& session, std::string const& indicator_name, float height) {
  View& view = session.view;
  static Kept<GroupChart> kept;
  std::uint64_t const version = mixed({session.data_version(), hash_of(indicator_name), hash_of(view.cut), static_cast<std::uint64_t>(view.month),
                                       static_cast<std::uint64_t>(view.unit), view.base, view.alternative, static_cast<std::uint64_t>(ui.lang),
                                       reinterpret_cast<std::uintptr_t>(&session)});
  if (kept.version != version || kept.value.pending) {
    kept.value = group_chart(session, indicator_name, view.cut, view.month);
    kept.version = version;
  }
  auto const* const indicator = session.indicator(indicator_name);
  if (!kept.value.recorded || kept.value.groups.empty() || indicator == nullptr) {
    ui.wrapped(kept.value.pending ? ui.t(Message::viz_pending) : ui.t(Message::viz_cut_not_recorded), colour::faint);
    return;
  }
  ImVec2 const size(std::max(ImGui::GetContentRegionAvail().x, 8 * ui.em()), std::max(height, height_of_groups(ui, kept.value)));
  ImVec2 const corner = ImGui::GetCursorScreenPos();
  ImGui::Dummy(size);
  ui.note_area("groups", corner, corner + size);
  std::uint64_t const picture = mixed({version, static_cast<std::uint64_t>(ui.em() * 8), kept.value.groups.size()});
  ImGui::GetWindowDrawList()->AddImage(
      ui.canvas.picture("groups", picture, size, [&](ImDrawList& into) { draw_groups(ui, into, size, kept.value, session, *indicator); }), corner, corner + size);
}

}  // namespace

void draw_charts(Ui& ui, Session& session) {
  View& view = session.view;
  float const em = ui.em();
  std::size_t const count = view.workshop ? 1 : 2;
  auto const toggle = [&](char const* id, Message label, bool on) {
    flow(width_of_button(ui.t(label)));
    return ui.small_button(id, ui.t(label), on);
  };
  if (ui.small_button("level", ui.t(Message::viz_level), !view.chart_difference)) view.chart_difference = false;
  if (toggle("difference", Message::viz_difference, view.chart_difference)) view.chart_difference = true;
  static constexpr Message units[] = {Message::viz_unit_absolute, Message::viz_unit_percent, Message::viz_unit_per_thousand};
  static constexpr char const* unit_ids[] = {"unit/absolute", "unit/percent", "unit/per_thousand"};
  for (int unit = 0; unit < 3; ++unit)
    if (toggle(unit_ids[unit], units[unit], view.unit == static_cast<DifferenceUnit>(unit))) view.unit = static_cast<DifferenceUnit>(unit);
  if (session.alternative() != nullptr) {
    if (toggle("predict", view.predicting ? Message::viz_predict_again : Message::viz_predict, view.predicting)) {
      view.predicting = true;
      view.revealed = false;
      view.guess.clear();
    }
    if (view.predicting && !view.revealed && toggle("reveal", Message::viz_reveal, false)) view.revealed = true;
    if (view.predicting && toggle("end_predict", Message::viz_end_predict, false)) {
      view.predicting = false;
      view.revealed = true;
    }
  }
  float const head = ImGui::GetFrameHeightWithSpacing();
  float const room = ImGui::GetContentRegionAvail().y;
  float const height = std::max(9 * em, (room - static_cast<float>(count) * (head + ImGui::GetStyle().ItemSpacing.y)) / static_cast<float>(count));
  for (std::size_t which = 0; which < count; ++which) {
    std::string const id = fmt::format("chart/{}", which);
    bool const last = which == 1;
    float const cut_width = last ? 10 * em : 0;
    float const width = std::max(8 * em, ImGui::GetContentRegionAvail().x - cut_width - 2.4F * em);
    static_cast<void>(choose_indicator(ui, session, id + "/indicator", view.charts[which], width, false));
    ImGui::SameLine();
    if (ui.info(id + "/info")) {
      view.overlay = Overlay::definition;
      view.overlay_subject = view.charts[which];
    }
    if (last) {
      std::vector<std::string> names{""}, titles{ui.t(Message::viz_over_time)};
      for (auto const& name : session.cuts()) {
        // Only what this indicator is recorded by.
        if (!session.recorded(view.base, view.charts[which], name)) continue;
        auto const* const cut = session.cut(view.base, name);
        names.push_back(name);
        titles.push_back(ui.t(Message::viz_by, cut != nullptr ? ui.in(cut->title_es, cut->title_en) : name));
      }
      auto chosen = static_cast<std::size_t>(std::find(names.begin(), names.end(), view.cut) - names.begin());
      if (chosen == names.size()) chosen = 0;
      flow(cut_width);
      if (ui.choose("cut", titles, chosen, std::min(cut_width, ImGui::GetContentRegionAvail().x))) view.cut = names[chosen];
      if (!names[chosen].empty() && session.alternative() != nullptr && !view.hides_alternative()) {
        draw_group_box(ui, session, view.charts[which], height);
        continue;
      }
    }
    draw_course_box(ui, session, which, height);
  }
}

void draw_timeline(Ui& ui, Session& session) {
  View& view = session.view;
  float const em = ui.em();
  int const months = session.months();
  auto const mark = [&](char const* id, char const* label, Message tip) {
    bool const pressed = ui.button(id, label);
    if (ImGui::IsItemHovered()) ui.tooltip(ui.t(tip));
    ImGui::SameLine(0, 3);
    return pressed;
  };
  // Play and pause are drawn: the fonts have no sign for a pause.
  bool const play = ui.button("play", "   ");
  {
    ImVec2 const low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax(), middle = (low + high) * 0.5F;
    auto& list = *ImGui::GetWindowDrawList();
    float const r = 0.32F * em;
    if (view.playing) {
      list.AddRectFilled(middle - ImVec2(r, r), middle + ImVec2(-0.3F * r, r), colour::ink);
      list.AddRectFilled(middle + ImVec2(0.3F * r, -r), middle + ImVec2(r, r), colour::ink);
    } else {
      list.AddTriangleFilled(middle + ImVec2(-0.7F * r, -r), middle + ImVec2(r, 0), middle + ImVec2(-0.7F * r, r), colour::ink);
    }
    if (ImGui::IsItemHovered()) ui.tooltip(ui.t(Message::viz_play));
  }
  if (play) {
    if (!view.playing && view.month >= months - 1) session.set_month(0);
    view.playing = !view.playing;
  }
  ImGui::SameLine(0, 3);
  if (mark("first", "|<", Message::viz_first)) session.set_month(0);
  if (mark("back", "<", Message::viz_back)) session.set_month(view.month - 1);
  if (mark("forward", ">", Message::viz_forward)) session.set_month(view.month + 1);
  if (mark("last", ">|", Message::viz_last)) session.set_month(months - 1);
  static constexpr float speeds[] = {0.5F, 1, 2, 4, 8};
  std::vector<std::string> labels;
  std::size_t chosen = 1;
  for (std::size_t i = 0; i < std::size(speeds); ++i) {
    labels.push_back(format_number(static_cast<double>(speeds[i]), speeds[i] < 1 ? 1 : 0, ui.lang) + "\xc3\x97");
    if (speeds[i] == view.speed) chosen = i;
  }
  if (ui.choose("speed", labels, chosen, 4.6F * em)) view.speed = speeds[chosen];
  std::vector<std::pair<std::string, Message>> const exports{{"png", Message::viz_png}, {"csv", Message::viz_csv}, {"snapshots", Message::viz_snapshots}};
  float after = ImGui::CalcTextSize("0000-00").x + em;
  for (auto const& [id, label] : exports) after += width_of_button(ui.t(label)) + ImGui::GetStyle().ItemSpacing.x;
  float const rest = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x - ImGui::GetItemRectMax().x - ImGui::GetStyle().ItemSpacing.x;
  bool const one_line = rest - after > 12 * em;
  if (one_line) ImGui::SameLine();
  float const width = one_line ? rest - after : std::max(8 * em, ImGui::GetContentRegionAvail().x - ImGui::CalcTextSize("0000-00").x - em);
  double month = view.month;
  if (ui.slider("month", month, 0, std::max(months - 1, 1), "", width)) session.set_month(static_cast<int>(std::lround(month)));
  ImVec2 const low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  // Where measures begin, a mark over the slider.
  if (auto const* const scenario = session.edited()) {
    float const grab = ImGui::GetStyle().GrabMinSize, x0 = low.x + grab / 2 + 2, x1 = high.x - grab / 2 - 2;
    for (auto const& measure : scenario->measures) {
      int const at = measure.from - session.start();
      if (at <= 0 || at >= months) continue;
      float const x = x0 + (x1 - x0) * static_cast<float>(at) / static_cast<float>(std::max(months - 1, 1));
      ImGui::GetWindowDrawList()->AddTriangleFilled({x - 4, low.y}, {x + 4, low.y}, {x, low.y + 7}, colour::alternative[1]);
      if (ImGui::IsMouseHoveringRect({x - 5, low.y - 2}, {x + 5, low.y + 8})) ui.tooltip(measure.from.text() + ": " + measure_title(measure, ui.lang));
    }
  }
  ImGui::SameLine();
  ImGui::AlignTextToFramePadding();
  ui.plain(session.shown_month().text());
  for (auto const& [id, label] : exports) {
    flow(width_of_button(ui.t(label)));
    if (!ui.button(id, ui.t(label))) continue;
    if (id == "png") {
      auto const file = free_name("arraigo-" + session.shown_month().text(), ".png");
      ui.canvas.save_screen(file, 2, [&session, file](std::string const& mistake) {
        session.notices.push_back(mistake.empty() ? analysis::words(language_of_environment(), Message::viz_written, file.string()) : mistake);
      });
    } else if (id == "csv") {
      auto const file = free_name("arraigo-" + session.shown_month().text(), ".csv");
      auto const mistake = export_csv(session, file);
      session.notices.push_back(mistake ? *mistake : ui.t(Message::viz_written, file.string()));
    } else {
      view.overlay = Overlay::snapshots;
    }
  }
}

void draw_status(Ui& ui, Session& session) {
  std::string text;
  bool coarse = false;
  auto const add = [&](std::string const& part) { text += (text.empty() ? "" : " \xc2\xb7 ") + part; };
  for (auto const* run : {session.base(), session.alternative()}) {
    if (run == nullptr || !run->data || !text.empty()) continue;
    if (auto const scale = run->data->integer_attribute("scale")) {
      add(ui.t(Message::viz_status_scale, *scale));
      coarse = *scale > LiveEngine::coarsest_faithful;
    }
    if (auto const seed = run->data->integer_attribute("seed")) add(ui.t(Message::viz_status_seed, *seed));
    if (auto const digest = run->data->text_attribute("data_digest")) add(ui.t(Message::viz_status_data, digest->substr(0, 8)));
  }
  auto const* const shown = session.alternative() != nullptr ? session.alternative() : session.base();
  if (shown != nullptr) {
    switch (shown->kind) {
      case RunKind::live: {
        add(shown->stale && shown->mistakes.empty() ? ui.t(Message::viz_status_running) : ui.t(Message::viz_status_live, format_number(shown->seconds, 2, ui.lang)));
        add(ui.t(Message::viz_replicates_of, shown->data ? shown->data->replicates() : 0, shown->wanted));
        break;
      }
      case RunKind::recorded: {
        add(ui.t(Message::viz_status_recorded, shown->file.filename().string()));
        if (auto const version = shown->data->text_attribute("version")) add(*version + " " + shown->data->text_attribute("commit").value_or(""));
        break;
      }
      case RunKind::followed: {
        int done = shown->data ? shown->data->layout().months : 0;
        add(shown->complete ? ui.t(Message::viz_status_complete, shown->file.filename().string()) : ui.t(Message::viz_status_followed, shown->file.filename().string(), done));
        if (session.waiting()) add(ui.t(Message::viz_waiting));
        break;
      }
    }
  }
  if (text.empty()) text = session.busy() ? ui.t(Message::viz_status_opening) : ui.t(Message::viz_status_nothing);
  if (coarse) {
    ui.wrapped(ui.t(Message::viz_coarse_sample), colour::warn);
    ui.note_item("coarse_sample");
  }
  ui.wrapped(text, colour::faint);
  if (session.waiting()) ui.note_item("waiting");
}

}  // namespace arraigo::viz
