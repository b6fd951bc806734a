#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "analysis/compare.hpp"
#include "viz/app.hpp"
#include "viz/charts.hpp"
#include "viz/map_view.hpp"
#include "viz/search.hpp"
#include "viz/vectors.hpp"
#include "world/codes.hpp"

namespace arraigo::viz {

bool choose_indicator(Ui& ui, Session& session, std::string const& id, std::string& name, float width, bool with_cost);

namespace {

using analysis::format_number;
using analysis::Sign;

std::uint64_t mixed(std::initializer_list<std::uint64_t> parts) {
  std::uint64_t sum = 0x84222325cbf29ce4ULL;
  for (auto const part : parts) sum = (sum ^ part) * 0x100000001b3ULL;
  return sum;
}
std::uint64_t bits(float value) {
  std::uint32_t word = 0;
  static_assert(sizeof word == sizeof value);
  std::memcpy(&word, &value, sizeof word);
  return word;
}

struct KeptMap {
  std::uint64_t version = 0;
  PlaceMap map;
};

/// "label: figure [low; high] unit", on a line of its own. `unit`: of a difference.
std::string figure_line(Ui const& ui, std::string const& label, Indicator const& indicator, std::optional<double> value, std::optional<analysis::Interval> const& interval,
                        std::optional<DifferenceUnit> unit) {
  if (!value) return "\n" + label + ": " + ui.t(Message::viz_undefined);
  auto const number = [&](double each) {
    if (unit && *unit != DifferenceUnit::absolute) return format_number(each, 1, ui.lang, Sign::always);
    return value_with(indicator, each, ui.lang, unit.has_value());
  };
  std::string line = "\n" + label + ": " + number(*value);
  if (interval) line += " [" + number(interval->low) + "; " + number(interval->high) + "]";
  return line + " " + (unit ? unit_of_difference(indicator, *unit, ui.lang) : unit_in(indicator.units, ui.lang));
}

/// What a map shows, kept until anything that it depends on changes. `slot` names its picture.
KeptMap const& kept_map(Session& session, std::string const& slot, std::size_t run, PlaceScale const& scale) {
  static std::map<std::string, KeptMap> kept;
  View const& view = session.view;
  std::uint64_t const version = mixed({session.data_version(), std::hash<std::string>{}(view.map_indicator), static_cast<std::uint64_t>(view.map_mode),
                                       static_cast<std::uint64_t>(view.unit), static_cast<std::uint64_t>(view.month), run, view.base, session.geometry_version, std::hash<double>{}(scale.high),
                                       reinterpret_cast<std::uintptr_t>(&session)});
  auto& now = kept[slot];
  if (now.version != version || now.map.pending) {
    now.map = place_map(session, run, view.map_indicator, view.map_mode, view.unit, view.month, scale);
    now.version = version;
  }
  return now;
}

/// One map with its mouse: wheel zooms, drag moves, click looks at a district. `slot` names its picture.
void draw_one_map(Ui& ui, Session& session, std::string const& slot, std::size_t run, ImVec2 size, bool with_marks, PlaceScale const& scale) {
  View& view = session.view;
  auto const* const geometry = session.geometry();
  auto const* const indicator = session.indicator(view.map_indicator);
  ImVec2 const corner = ImGui::GetCursorScreenPos();
  ImGui::InvisibleButton(("###" + slot).c_str(), size);
  ui.note_item(slot);
  bool const hovered = ImGui::IsItemHovered(), held = ImGui::IsItemActive();
  auto& list = *ImGui::GetWindowDrawList();
  if (geometry == nullptr || indicator == nullptr) {
    list.AddText(corner + ImVec2(ui.em(), size.y / 2), colour::faint, ui.t(Message::viz_pending));
    return;
  }
  KeptMap const& now = kept_map(session, slot, run, scale);
  PlaceMap const& map = now.map;
  std::uint64_t const picture = mixed({now.version, bits(view.map_zoom), bits(view.map_x), bits(view.map_y), map.pending, map.recorded,
                                       static_cast<std::uint64_t>(ui.em() * 8)});
  list.AddImage(ui.canvas.picture(slot, picture, size,
                                  [&](ImDrawList& into) {
                                    draw_districts(into, size, *geometry, map, view);
                                    draw_names(ui, into, size, session);
                                  }),
                corner, corner + size);
  list.PushClipRect(corner, corner + size, true);
  std::size_t const which = run == view.base ? 0 : 1;
  if (with_marks && (view.show_points || view.show_flows)) {
    if (auto const& trace = session.places[which]) {
      ImVec2 const at = corner;
      // Marks are few: they are drawn over the picture each frame, so that they move with the clock.
      int const first = list.VtxBuffer.Size;
      if (view.show_flows) draw_flows(list, size, *geometry, session, *trace);
      if (view.show_points) draw_points(list, size, *geometry, session, *trace);
      for (int i = first; i < list.VtxBuffer.Size; ++i) list.VtxBuffer[i].pos += at;
    } else {
      session.want_places();
      list.AddText(corner + ImVec2(ui.em(), ui.em()), colour::faint, ui.t(Message::viz_places_pending));
    }
  }
  MapFrame const frame(*geometry, size, view);
  auto const outline = [&](std::size_t d, ImU32 ink, float width) {
    for (auto const& part : geometry->districts()[d].parts) {
      std::vector<ImVec2> points;
      for (auto const& p : part.outline) points.push_back(corner + frame.at(p));
      list.AddPolyline(points.data(), static_cast<int>(points.size()), ink, ImDrawFlags_Closed, width);
    }
  };
  for (std::size_t d = 0; d < session.area().size(); ++d) {
    std::uint16_t const row = session.area()[d];
    if (std::find(view.picked.begin(), view.picked.end(), row) != view.picked.end()) outline(d, colour::alternative[2], 2.5F);
    if (view.district == row) outline(d, colour::ink, 2.5F);
  }
  list.PopClipRect();
  if (!map.recorded) {
    std::string const words = ui.t(session.waiting()                        ? Message::viz_waiting
                                   : session.unpaired_reasons(run).empty() ? Message::viz_map_not_recorded
                                                                           : Message::viz_not_paired);
    float const high = ImGui::CalcTextSize(words.c_str(), nullptr, false, size.x - 2 * ui.em()).y;
    list.AddRectFilled(corner + ImVec2(0.5F * ui.em(), 0.5F * ui.em()), corner + ImVec2(size.x - 0.5F * ui.em(), high + 1.5F * ui.em()), colour::paper);
    ImGui::SetCursorScreenPos(corner + ImVec2(ui.em(), ui.em()));
    ui.wrapped(words, colour::ink, size.x - 2 * ui.em());
    ImGui::SetCursorScreenPos(corner + ImVec2(0, size.y + ImGui::GetStyle().ItemSpacing.y));
  }
  ImGuiIO const& io = ImGui::GetIO();
  if (hovered && io.MouseWheel != 0) {
    MapPoint const before = frame.under(io.MousePos - corner);
    view.map_zoom = std::clamp(view.map_zoom * std::pow(1.2F, io.MouseWheel), 1.0F, 200.0F);
    MapPoint const after = MapFrame(*geometry, size, view).under(io.MousePos - corner);
    view.map_x += before.x - after.x;
    view.map_y += before.y - after.y;
  }
  static bool dragged = false;
  if (ImGui::IsItemActivated()) dragged = false;
  if (held && (std::abs(io.MouseDelta.x) + std::abs(io.MouseDelta.y) > 0) && ImGui::IsMouseDragging(0, 4)) {
    dragged = true;
    view.map_x -= io.MouseDelta.x / frame.pixels_per_km();
    view.map_y += io.MouseDelta.y / frame.pixels_per_km();
  }
  if (view.map_zoom <= 1) view.map_x = view.map_y = 0;
  if (!hovered) return;
  std::size_t const under = geometry->find(frame.under(io.MousePos - corner));
  if (under >= session.area().size()) return;
  if (ImGui::IsItemDeactivated() && !dragged) {
    std::uint16_t const row = session.area()[under];
    view.district = view.district == row ? std::nullopt : std::optional{row};
  }
  if (!held) ui.tooltip(district_text(ui, session, run, map, under, *indicator));
}

/// The colours' scale of the maps on the screen, kept until the data change.
PlaceScale const& scale_of(Session& session, std::vector<std::size_t> const& runs) {
  static std::uint64_t version = 0;
  static PlaceScale scale;
  View const& view = session.view;
  std::uint64_t now = mixed({session.data_version(), std::hash<std::string>{}(view.map_indicator), static_cast<std::uint64_t>(view.map_mode),
                             static_cast<std::uint64_t>(view.unit), view.base, reinterpret_cast<std::uintptr_t>(&session)});
  for (auto const run : runs) now = mixed({now, run});
  if (now != version || scale.pending) {
    scale = place_scale(session, runs, view.map_indicator, view.map_mode, view.unit);
    version = now;
  }
  return scale;
}

/// What the colours of the maps on the screen mean: month, unit, hatching, what is grey or pale.
std::string meaning_of_colours(Ui const& ui, Session const& session, std::vector<PlaceMap const*> const& maps, Indicator const& indicator) {
  bool difference = false, grey = false, pale = false;
  for (auto const* map : maps) {
    difference = difference || map->difference;
    if (!map->recorded || map->pending) continue;
    grey = grey || counts_of(*map).grey > 0;
    pale = pale || (map->difference && map->replicates == 1);
  }
  std::string what = session.shown_month().text() + " \xc2\xb7 " + (difference ? unit_of_difference(indicator, session.view.unit, ui.lang) : unit_in(indicator.units, ui.lang));
  auto const add = [&](std::string const& part) { what += " \xc2\xb7 " + part; };
  if (difference) add(ui.t(Message::viz_hatched));
  if (pale) add(ui.t(Message::viz_pale));
  if (grey) add(ui.t(Message::viz_grey, ui.t(Message::rp_map_key_none, analysis::least_agents)));
  return what;
}

/// Of a map of differences: at 95 % one district in twenty looks clear where nothing changes. Else empty.
std::string what_chance_shows(Ui const& ui, PlaceMap const& map) {
  auto const counts = counts_of(map);
  if (!map.difference || counts.defined == 0) return {};
  return ui.t(Message::viz_clear_by_chance, counts.clear, counts.defined, format_number(0.05 * static_cast<double>(counts.defined), 0, ui.lang));
}

void draw_map_controls(Ui& ui, Session& session) {
  View& view = session.view;
  float const em = ui.em();
  static_cast<void>(choose_indicator(ui, session, "map/indicator", view.map_indicator, std::max(8 * em, ImGui::GetContentRegionAvail().x - 1.8F * em), false));
  ImGui::SameLine();
  if (ui.info("map/info")) {
    view.overlay = Overlay::definition;
    view.overlay_subject = view.map_indicator;
  }
  if (ui.small_button("map/level", ui.t(Message::viz_level), view.map_mode == MapMode::level || session.alternative() == nullptr)) view.map_mode = MapMode::level;
  auto const toggle = [&](char const* id, std::string const& label, bool on) {
    flow(width_of_button(label));
    return ui.small_button(id, label, on);
  };
  if (toggle("map/difference", ui.t(Message::viz_difference), view.map_mode == MapMode::difference && session.alternative() != nullptr)) view.map_mode = MapMode::difference;
  if (!view.workshop) {
    if (toggle("map/points", ui.t(Message::viz_points_of_service), view.show_points)) view.show_points = !view.show_points;
    if (view.show_points) {
      std::vector<std::string> services;
      for (auto const& name : service_names) services.emplace_back(name.title.in(ui.lang));
      flow(11 * em);
      static_cast<void>(ui.choose("map/service", services, view.point_service, 11 * em));
    }
    if (toggle("map/flows", ui.t(Message::viz_flows), view.show_flows)) view.show_flows = !view.show_flows;
  }
  if (toggle("map/in", "+", false)) view.map_zoom = std::min(200.0F, view.map_zoom * 1.5F);
  if (toggle("map/out", "-", false)) view.map_zoom = std::max(1.0F, view.map_zoom / 1.5F);
  if (toggle("map/all", ui.t(Message::viz_whole_map), false)) {
    view.map_zoom = 1;
    view.map_x = view.map_y = 0;
  }
  if (view.workshop) return;
  flow(12 * em);
  static_cast<void>(ui.input("map/search", view.district_search, ui.t(Message::viz_search_district), std::min(12 * em, ImGui::GetContentRegionAvail().x)));
  if (view.district_search.empty()) return;
  std::size_t shown = 0;
  for (std::size_t d = 0; d < session.area().size() && shown < 6; ++d) {
    auto const& row = session.country->districts.rows()[session.area()[d]];
    if (!matches(view.district_search, row.name) && !row.ubigeo.starts_with(view.district_search)) continue;
    std::string const label = row.name + " (" + row.province + ")";
    if (shown++ > 0) flow(width_of_button(label));
    if (!ui.small_button("map/found/" + row.ubigeo, label)) continue;
    view.district = session.area()[d];
    view.district_search.clear();
    MapPoint const at = session.geometry()->districts()[d].point, low = session.geometry()->low(), high = session.geometry()->high();
    if (session.area().size() > 100) view.map_zoom = std::max(view.map_zoom, 8.0F);
    view.map_x = view.map_zoom > 1 ? at.x - (low.x + high.x) / 2 : 0;
    view.map_y = view.map_zoom > 1 ? at.y - (low.y + high.y) / 2 : 0;
    break;
  }
  if (shown == 0) ui.wrapped(ui.t(Message::viz_search_nothing), colour::faint);
}

void draw_district_card(Ui& ui, Session& session, PlaceMap const& map, std::size_t run, Indicator const& indicator) {
  View& view = session.view;
  if (!view.district) return;
  auto const& area = session.area();
  auto const at = std::lower_bound(area.begin(), area.end(), *view.district);
  if (at == area.end() || *at != *view.district) return;
  ui.wrapped(district_text(ui, session, run, map, static_cast<std::size_t>(at - area.begin()), indicator));
  auto const picked = std::find(view.picked.begin(), view.picked.end(), *view.district);
  bool const in = picked != view.picked.end();
  if (ui.small_button("map/pick", ui.t(in ? Message::viz_unpick : Message::viz_pick), in)) {
    if (in)
      view.picked.erase(picked);
    else
      view.picked.push_back(*view.district);
  }
  std::string const story = ui.t(Message::viz_story_here);
  flow(width_of_button(story));
  if (ui.small_button("map/story", story)) view.overlay = Overlay::story;
}

}  // namespace

std::string district_text(Ui const& ui, Session& session, std::size_t run, PlaceMap const& map, std::size_t d, Indicator const& indicator) {
  auto const& row = session.country->districts.rows()[session.area()[d]];
  std::string text = row.name + " (" + row.province + ")";
  if (session.place_cut(run) == "zone") text += "\n" + ui.t(Message::viz_zone_figure, row.zone);
  auto const& place = map.districts[d];
  if (place.too_small) return text + "\n" + ui.t(Message::viz_few_agents, analysis::least_agents);
  std::string const letter = letter_of_run(session, run, ui.lang);
  if (map.difference) {
    text += figure_line(ui, letter, indicator, place.level, {}, {}) + figure_line(ui, ui.t(Message::viz_base), indicator, place.base, {}, {});
    text += figure_line(ui, "\xce\x94", indicator, place.difference, place.interval, session.view.unit);
    if (place.difference && !place.interval) text += std::string(", ") + ui.t(Message::viz_without_interval);
  } else {
    text += figure_line(ui, letter, indicator, place.level, place.interval, {});
  }
  return text + "\n" + ui.t(Message::viz_replicates, place.replicates);
}

void draw_map(Ui& ui, Session& session) {
  View& view = session.view;
  float const em = ui.em();
  draw_map_controls(ui, session);
  std::size_t const run = session.alternative() != nullptr && !view.hides_alternative() ? view.alternative : view.base;
  // What stands under the map is measured first: it may wrap.
  auto const* const indicator = session.indicator(view.map_indicator);
  bool const difference = view.map_mode == MapMode::difference && run != view.base;
  PlaceScale const scale = scale_of(session, {run});
  PlaceMap const& map = kept_map(session, "map", run, scale).map;
  std::string what = ui.t(difference ? Message::viz_map_of_difference : Message::viz_map_of_level, letter_of_run(session, run, ui.lang));
  if (indicator != nullptr) what += " \xc2\xb7 " + meaning_of_colours(ui, session, {&map}, *indicator);
  if (auto const chance = what_chance_shows(ui, map); !chance.empty()) what += " \xc2\xb7 " + chance;
  float const legend = 2.6F * em + ImGui::CalcTextSize(what.c_str(), nullptr, false, ImGui::GetContentRegionAvail().x).y + 2 * ImGui::GetStyle().ItemSpacing.y;
  float const card = view.district ? 6 * ImGui::GetTextLineHeightWithSpacing() + ImGui::GetFrameHeightWithSpacing() : 0;
  ImVec2 const size(std::max(10 * em, ImGui::GetContentRegionAvail().x), std::max(12 * em, ImGui::GetContentRegionAvail().y - legend - card));
  draw_one_map(ui, session, "map", run, size, true, scale);
  if (indicator == nullptr || !map.recorded) return;
  ui.wrapped(what, colour::faint);
  ui.note_item("map/caption");
  ImVec2 const at = ImGui::GetCursorScreenPos();
  float const width = std::min(22 * em, ImGui::GetContentRegionAvail().x);
  draw_legend(ui, at, width, map, *indicator, view.unit);
  ImGui::Dummy({width, 1.9F * em});
  draw_district_card(ui, session, map, run, *indicator);
}

void draw_small_multiples(Ui& ui, Session& session) {
  View& view = session.view;
  float const em = ui.em();
  draw_map_controls(ui, session);
  std::vector<std::size_t> shown;
  for (std::size_t run = 0; run < session.runs.size() && shown.size() < 4; ++run)
    if (view.map_mode == MapMode::level || run != view.base) shown.push_back(run);
  if (shown.empty()) {
    ui.wrapped(ui.t(Message::viz_nothing_open), colour::faint);
    return;
  }
  std::size_t const columns = shown.size() > 1 ? 2 : 1, rows = (shown.size() + columns - 1) / columns;
  ImVec2 const room = ImGui::GetContentRegionAvail();
  auto const* const indicator = session.indicator(view.map_indicator);
  PlaceScale const scale = scale_of(session, shown);
  std::vector<PlaceMap const*> maps;
  std::vector<std::string> slots;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    slots.push_back(fmt::format("map/{}", i));
    maps.push_back(&kept_map(session, slots.back(), shown[i], scale).map);
  }
  std::string const what = indicator != nullptr ? meaning_of_colours(ui, session, maps, *indicator) : std::string();
  // What stands around the maps is measured first: it may wrap.
  float const width = room.x / static_cast<float>(columns) - em;
  float head = 0;
  std::vector<std::string> chances;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    chances.push_back(what_chance_shows(ui, *maps[i]));
    auto const height = [&](std::string const& text) {
      return text.empty() ? 0.0F : ImGui::CalcTextSize(text.c_str(), nullptr, false, width).y + ImGui::GetStyle().ItemSpacing.y;
    };
    head = std::max(head, height(session.run_title(shown[i], ui.lang)) + height(chances.back()));
  }
  float const legend = 2.6F * em + ImGui::CalcTextSize(what.c_str(), nullptr, false, room.x).y + 2 * ImGui::GetStyle().ItemSpacing.y;
  ImVec2 const size(width, std::max(8 * em, (room.y - legend) / static_cast<float>(rows) - head - ImGui::GetStyle().ItemSpacing.y));
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (i % columns != 0) ImGui::SameLine();
    ImGui::BeginGroup();
    ui.wrapped(session.run_title(shown[i], ui.lang), colour_of_run(session, shown[i]), size.x);
    if (!chances[i].empty()) ui.wrapped(chances[i], colour::faint, size.x);
    draw_one_map(ui, session, slots[i], shown[i], size, false, scale);
    ImGui::EndGroup();
  }
  if (indicator == nullptr) return;
  ui.wrapped(what, colour::faint);
  ui.note_item("map/caption");
  draw_legend(ui, ImGui::GetCursorScreenPos(), std::min(22 * em, room.x), *maps.front(), *indicator, view.unit);
  ImGui::Dummy({22 * em, 1.9F * em});
}

}  // namespace arraigo::viz
