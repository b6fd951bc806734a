/// The map: districts in colour, service points, journeys to work.
#pragma once
#include <string>

#include "viz/figures_view.hpp"
#include "viz/ui.hpp"

namespace arraigo::viz {

/// Where a place of the map lies in a picture of `size`, at the view's zoom.
class MapFrame {
 public:
  MapFrame(MapGeometry const& geometry, ImVec2 size, View const& view);
  [[nodiscard]] ImVec2 at(MapPoint point) const { return {x_ + point.x * scale_, y_ - point.y * scale_}; }
  [[nodiscard]] MapPoint under(ImVec2 pixel) const { return {(pixel.x - x_) / scale_, (y_ - pixel.y) / scale_}; }
  [[nodiscard]] float pixels_per_km() const { return scale_; }

 private:
  float scale_ = 1, x_ = 0, y_ = 0;
};

/// Purple, white, orange (ColorBrewer's PuOr, told apart by the colour-blind) from -1 to 1.
[[nodiscard]] ImU32 diverging_colour(double at);
/// Light to dark from 0 to 1, of even lightness steps.
[[nodiscard]] ImU32 sequential_colour(double at);
[[nodiscard]] ImU32 colour_of_place(PlaceFigure const& place, PlaceMap const& map);

/// The districts, with hatching where a difference's interval spans zero.
void draw_districts(ImDrawList& list, ImVec2 size, MapGeometry const& geometry, PlaceMap const& map, View const& view);
/// Circles at service points (area: capacity; ring: queue), lines between homes and work.
void draw_points(ImDrawList& list, ImVec2 size, MapGeometry const& geometry, Session const& session, PlaceTrace const& trace);
void draw_flows(ImDrawList& list, ImVec2 size, MapGeometry const& geometry, Session const& session, PlaceTrace const& trace);
/// Colour bar with its numbers and what hatching means.
void draw_legend(Ui& ui, ImVec2 at, float width, PlaceMap const& map, Indicator const& indicator, DifferenceUnit unit);
/// What is known of a district in the shown month, in lines. `d`: index into Session::area().
[[nodiscard]] std::string district_text(Ui const& ui, Session& session, std::size_t run, PlaceMap const& map, std::size_t d, Indicator const& indicator);
/// Names of the largest cells that are free of other names.
void draw_names(Ui& ui, ImDrawList& list, ImVec2 size, Session const& session);

}  // namespace arraigo::viz
