/// Rings of points as polygons that can be filled: fewer corners, holes, triangles. Rings that cross themselves are
/// taken too.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "map/map_geometry.hpp"

namespace arraigo {

/// Square kilometres, negative for clockwise rings.
[[nodiscard]] double signed_area(std::span<MapPoint const> ring);

/// By the even-odd rule; of two rings that share an edge at most one contains a point of it.
[[nodiscard]] bool contains(std::span<MapPoint const> ring, MapPoint at);

/// Leaves out repeated points, then the corners that change the shape least (Visvalingam and Whyatt), until at most
/// `most` are left.
void thin_out(std::vector<MapPoint>& ring, std::size_t most);

/// Outer ring first, then holes; no closing points, any direction. Each hole is joined to the outline by a bridge that
/// is walked to and fro; holes outside the outer ring are left out. At most 65,535 corners with two more for each hole.
[[nodiscard]] MapPolygon make_polygon(std::vector<std::vector<MapPoint>> rings);

}  // namespace arraigo
