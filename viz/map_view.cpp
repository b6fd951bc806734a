#include "viz/map_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "viz/charts.hpp"
#include "viz/vectors.hpp"

namespace arraigo::viz {
namespace {

struct Rgb {
  float r, g, b;
};

ImU32 mix(std::span<Rgb const> stops, double at) {
  double const place = std::clamp(at, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
  auto const i = std::min(static_cast<std::size_t>(place), stops.size() - 2);
  auto const t = static_cast<float>(place - static_cast<double>(i));
  auto const channel = [&](float a, float b) { return static_cast<int>(std::lround(a + (b - a) * t)); };
  return IM_COL32(channel(stops[i].r, stops[i + 1].r), channel(stops[i].g, stops[i + 1].g), channel(stops[i].b, stops[i + 1].b), 255);
}

/// Index of a district in the session's area; the area's size when it is outside.
std::size_t place_of(Session const& session, std::uint16_t row) {
  auto const& area = session.area();
  auto const found = std::lower_bound(area.begin(), area.end(), row);
  return found != area.end() && *found == row ? static_cast<std::size_t>(found - area.begin()) : area.size();
}

/// Slanting lines inside a polygon, at the same places in every polygon of the picture.
void hatch(ImDrawList& list, std::vector<ImVec2> const& outline, ImU32 ink, float gap) {
  float low = 1e9F, high = -1e9F;
  for (auto const& p : outline) {
    low = std::min(low, p.x + p.y);
    high = std::max(high, p.x + p.y);
  }
  std::vector<float> crossings;
  for (auto k = static_cast<std::int64_t>(std::ceil(low / gap)); static_cast<float>(k) * gap < high; ++k) {
    float const c = static_cast<float>(k) * gap;
    crossings.clear();
    for (std::size_t i = 0; i < outline.size(); ++i) {
      ImVec2 const a = outline[i], b = outline[(i + 1) % outline.size()];
      float const da = a.x + a.y - c, db = b.x + b.y - c;
      if ((da < 0) == (db < 0)) continue;
      crossings.push_back(a.x + (b.x - a.x) * da / (da - db));
    }
    std::sort(crossings.begin(), crossings.end());
    for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) list.AddLine({crossings[i], c - crossings[i]}, {crossings[i + 1], c - crossings[i + 1]}, ink, 1);
  }
}

}  // namespace

MapFrame::MapFrame(MapGeometry const& geometry, ImVec2 size, View const& view) {
  MapPoint const low = geometry.low(), high = geometry.high();
  float const width = std::max(high.x - low.x, 1e-3F), height = std::max(high.y - low.y, 1e-3F);
  scale_ = 0.96F * std::min(size.x / width, size.y / height) * view.map_zoom;
  float const middle_x = (low.x + high.x) / 2 + view.map_x, middle_y = (low.y + high.y) / 2 + view.map_y;
  x_ = size.x / 2 - middle_x * scale_;
  y_ = size.y / 2 + middle_y * scale_;
}

ImU32 diverging_colour(double at) {
  static constexpr std::array<Rgb, 9> stops{{{84, 39, 136}, {128, 115, 172}, {178, 171, 210}, {216, 218, 235}, {248, 248, 247},
                                             {254, 224, 182}, {253, 184, 99}, {224, 130, 20}, {179, 88, 6}}};
  return mix(stops, (std::clamp(at, -1.0, 1.0) + 1) / 2);
}

ImU32 sequential_colour(double at) {
  static constexpr std::array<Rgb, 6> stops{{{237, 243, 247}, {198, 219, 233}, {140, 185, 212}, {80, 144, 186}, {33, 102, 150}, {10, 58, 98}}};
  return mix(stops, at);
}

ImU32 colour_of_place(PlaceFigure const& place, PlaceMap const& map) {
  if (is_grey(place, map)) return colour::no_data;
  if (map.difference) {
    // With one replicate there is no interval yet: the colour stands, paler.
    if (place.interval && !place.clear) return IM_COL32(250, 250, 249, 255);
    return diverging_colour(*place.difference / map.high * (place.interval ? 1.0 : 0.55));
  }
  return sequential_colour((*place.level - map.low) / (map.high - map.low));
}

void draw_districts(ImDrawList& list, ImVec2 size, MapGeometry const& geometry, PlaceMap const& map, View const& view) {
  MapFrame const frame(geometry, size, view);
  list.AddRectFilled({0, 0}, size, colour::paper);
  auto const districts = geometry.districts();
  ImDrawListFlags const flags = list.Flags;
  list.Flags &= ~ImDrawListFlags_AntiAliasedFill;  // it leaves seams between neighbours
  std::vector<ImVec2> outline;
  ImVec2 const uv = ImGui::GetFontTexUvWhitePixel();
  for (std::size_t d = 0; d < districts.size(); ++d) {
    PlaceFigure const place = d < map.districts.size() ? map.districts[d] : PlaceFigure{};
    ImU32 const fill = map.recorded && !map.pending ? colour_of_place(place, map) : colour::no_data;
    bool const unsure = map.difference && place.interval && !place.clear;
    for (auto const& part : districts[d].parts) {
      outline.clear();
      bool seen = false;
      for (auto const& point : part.outline) {
        outline.push_back(frame.at(point));
        auto const& p = outline.back();
        seen = seen || (p.x > -50 && p.y > -50 && p.x < size.x + 50 && p.y < size.y + 50);
      }
      // Beyond the picture's edge nothing is drawn; a cell that surrounds the picture has corners outside on all sides.
      if (!seen && view.map_zoom < 4) continue;
      list.PrimReserve(static_cast<int>(part.triangles.size()), static_cast<int>(outline.size()));
      auto const base = static_cast<ImDrawIdx>(list._VtxCurrentIdx);
      for (auto const corner : part.triangles) list.PrimWriteIdx(static_cast<ImDrawIdx>(base + corner));
      for (auto const& p : outline) list.PrimWriteVtx(p, uv, fill);
      if (unsure) hatch(list, outline, IM_COL32(150, 154, 158, 255), 7);
    }
  }
  // Of many small districts only the colours are seen; their borders would cover them.
  bool const crowded = districts.size() > 400 && view.map_zoom < 3;
  for (auto const& district : districts)
    for (auto const& part : district.parts) {
      outline.clear();
      for (auto const& point : part.outline) outline.push_back(frame.at(point));
      list.AddPolyline(outline.data(), static_cast<int>(outline.size()), crowded ? IM_COL32(120, 126, 132, 60) : IM_COL32(120, 126, 132, 200),
                       ImDrawFlags_Closed, 1);
    }
  list.Flags = flags;
}

void draw_points(ImDrawList& list, ImVec2 size, MapGeometry const& geometry, Session const& session, PlaceTrace const& trace) {
  MapFrame const frame(geometry, size, session.view);
  auto const month = static_cast<std::size_t>(session.view.month);
  float most = 1;
  for (auto const& point : trace.points)
    if (static_cast<std::size_t>(point.service) == session.view.point_service)
      for (float const capacity : point.capacity) most = std::max(most, capacity);
  for (auto const& point : trace.points) {
    if (static_cast<std::size_t>(point.service) != session.view.point_service || month >= point.capacity.size() || point.capacity[month] <= 0) continue;
    std::size_t const d = place_of(session, point.table_row);
    if (d >= geometry.districts().size()) continue;
    ImVec2 const at = frame.at(geometry.districts()[d].point);
    float const radius = std::max(3.0F, 14 * std::sqrt(point.capacity[month] / most));
    // The ring is the queue in months of capacity: a full circle is six months.
    float const wait = std::min(1.0F, point.queue[month] / std::max(point.capacity[month], 1e-3F) / 6);
    list.AddCircleFilled(at, radius, IM_COL32(0, 110, 80, 220));
    list.AddCircle(at, radius, colour::paper, 0, 1.2F);
    if (wait > 0.01F) {
      list.PathArcTo(at, radius + 3, -1.5708F, -1.5708F + 6.28318F * wait, 32);
      list.PathStroke(colour::warn, 0, 3.5F);
    }
  }
}

void draw_flows(ImDrawList& list, ImVec2 size, MapGeometry const& geometry, Session const& session, PlaceTrace const& trace) {
  MapFrame const frame(geometry, size, session.view);
  auto const month = static_cast<std::size_t>(session.view.month);
  if (month >= trace.commuting.size() || trace.commuting[month].empty()) return;
  auto const& flows = trace.commuting[month];
  float const most = std::max(flows.front().people, 1.0F);
  std::size_t drawn = 0;
  for (auto const& flow : flows) {
    std::size_t const a = place_of(session, flow.home), b = place_of(session, flow.work);
    if (a >= geometry.districts().size() || b >= geometry.districts().size()) continue;
    // Where one district is looked at, only its journeys are drawn.
    if (session.view.district && *session.view.district != flow.home && *session.view.district != flow.work) continue;
    if (++drawn > 60) break;
    ImVec2 const from = frame.at(geometry.districts()[a].point), to = frame.at(geometry.districts()[b].point);
    ImVec2 const middle((from.x + to.x) / 2 - (to.y - from.y) * 0.15F, (from.y + to.y) / 2 + (to.x - from.x) * 0.15F);
    float const width = 0.8F + 5 * flow.people / most;
    ImU32 const ink = IM_COL32(60, 60, 66, 120);
    list.AddBezierQuadratic(from, middle, to, ink, width, 16);
    list.AddCircleFilled(to, 1.5F + width * 0.6F, IM_COL32(60, 60, 66, 190));
  }
}

void draw_legend(Ui& ui, ImVec2 at, float width, PlaceMap const& map, Indicator const& indicator, DifferenceUnit unit) {
  auto& list = *ImGui::GetWindowDrawList();
  float const em = ui.em(), height = 0.7F * em;
  constexpr int steps = 60;
  for (int i = 0; i < steps; ++i) {
    double const t = (i + 0.5) / steps;
    ImU32 const fill = map.difference ? diverging_colour(2 * t - 1) : sequential_colour(t);
    list.AddRectFilled({at.x + width * static_cast<float>(i) / steps, at.y}, {at.x + width * static_cast<float>(i + 1) / steps + 0.5F, at.y + height}, fill);
  }
  list.AddRect(at, {at.x + width, at.y + height}, colour::line);
  bool const relative = map.difference && unit != DifferenceUnit::absolute;
  auto const number = [&](double value) {
    if (relative) return analysis::format_number(value, 1, ui.lang, value == 0 ? analysis::Sign::when_negative : analysis::Sign::always);
    return value_with(indicator, value, ui.lang, map.difference && value != 0);
  };
  std::string const left = number(map.low), right = number(map.high);
  list.AddText({at.x, at.y + height + 2}, colour::faint, left.c_str());
  list.AddText({at.x + width - ImGui::CalcTextSize(right.c_str()).x, at.y + height + 2}, colour::faint, right.c_str());
  if (map.difference) list.AddText({at.x + width / 2 - ImGui::CalcTextSize("0").x / 2, at.y + height + 2}, colour::faint, "0");
}

void draw_names(Ui& ui, ImDrawList& list, ImVec2 size, Session const& session) {
  auto const* const geometry = session.geometry();
  if (geometry == nullptr) return;
  MapFrame const frame(*geometry, size, session.view);
  struct Name {
    ImVec2 at;
    std::string const* text;
    float room;
  };
  std::vector<Name> names;
  auto const districts = geometry->districts();
  for (std::size_t d = 0; d < districts.size(); ++d) {
    float area = 0, left = 1e9F, right = -1e9F;
    for (auto const& part : districts[d].parts)
      for (std::size_t i = 0; i < part.outline.size(); ++i) {
        ImVec2 const a = frame.at(part.outline[i]), b = frame.at(part.outline[(i + 1) % part.outline.size()]);
        area += (a.x * b.y - b.x * a.y) / 2;
        left = std::min(left, a.x);
        right = std::max(right, a.x);
      }
    ImVec2 const at = frame.at(districts[d].point);
    if (at.x < 0 || at.y < 0 || at.x > size.x || at.y > size.y || right - left < 3 * ui.em()) continue;
    names.push_back({at, &session.country->districts.rows()[session.area()[d]].name, std::abs(area)});
  }
  std::sort(names.begin(), names.end(), [](Name const& a, Name const& b) { return a.room > b.room; });
  std::vector<ImRect> taken;
  for (auto const& name : names) {
    ImVec2 const extent = ImGui::CalcTextSize(name.text->c_str());
    ImRect const box(name.at - extent * 0.5F - ImVec2(2, 1), name.at + extent * 0.5F + ImVec2(2, 1));
    if (box.Min.x < 0 || box.Max.x > size.x || extent.x * extent.y > name.room) continue;
    if (std::any_of(taken.begin(), taken.end(), [&](ImRect const& other) { return other.Overlaps(box); })) continue;
    taken.push_back(box);
    ImVec2 const corner(std::round(name.at.x - extent.x * 0.5F), std::round(name.at.y - extent.y * 0.5F));
    // Light around dark, so that a name is read on any colour, hatching or border.
    for (ImVec2 const shift : {ImVec2(-1, 0), ImVec2(1, 0), ImVec2(0, -1), ImVec2(0, 1), ImVec2(-1, -1), ImVec2(1, 1), ImVec2(-1, 1), ImVec2(1, -1)})
      list.AddText(ImGui::GetFont(), ImGui::GetFontSize(), corner + shift, IM_COL32(255, 255, 255, 200), name.text->c_str());
    list.AddText(ImGui::GetFont(), ImGui::GetFontSize(), corner, colour::ink, name.text->c_str());
    if (taken.size() >= 60) break;
  }
}

}  // namespace arraigo::viz
