/// The shapes of districts on the map: cells around the district points, or boundaries that a user gives.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "params/districts.hpp"

namespace arraigo {

/// Kilometres east and north of the map's middle (equirectangular about the area's mean latitude).
struct MapPoint {
  float x = 0, y = 0;
};

/// A polygon, counter-clockwise, first point not repeated, cut into triangles (indices into `outline`, three each). A
/// hole is part of the outline: a bridge leads to it and back.
struct MapPolygon {
  std::vector<MapPoint> outline;
  std::vector<std::uint16_t> triangles;
};

struct MapDistrict {
  std::uint16_t table_row = 0;  ///< of the district table
  MapPoint point;               ///< where marks stand and lines end: the district's capital
  std::vector<MapPolygon> parts;
};

class MapGeometry {
 public:
  /// Voronoi cells (Boost.Polygon) of the districts' points, cut to the land: discs of the districts' areas round their
  /// points and what lies between districts that are neighbours in the table or whose discs nearly meet. So no cell in
  /// the desert or at the coast reaches to the horizon, and cells do not overlap. `rows`: of the district table,
  /// ascending. Districts whose points coincide are moved apart by metres.
  static MapGeometry from_points(DistrictTable const& table, std::span<std::uint16_t const> rows);

  /// Boundaries from a GeoJSON FeatureCollection of Polygons and MultiPolygons whose features carry a ubigeo (property
  /// "ubigeo", "UBIGEO", "IDDIST" or "id", or the feature's id; six digits). Rings of more than 2,000 corners are
  /// simplified to so many, and of a part with more than 8,000 the smallest holes are left out. Throws InputError that
  /// names file, feature and what is wrong. Districts without a boundary keep their cell, which may overlap boundaries,
  /// and are listed in `missing` (table rows).
  static MapGeometry from_geojson(std::filesystem::path const& file, DistrictTable const& table,
                                  std::span<std::uint16_t const> rows, std::vector<std::uint16_t>& missing);

  [[nodiscard]] std::span<MapDistrict const> districts() const { return districts_; }  ///< as `rows`
  [[nodiscard]] MapPoint low() const { return low_; }  ///< corner of the bounding box of all outlines
  [[nodiscard]] MapPoint high() const { return high_; }
  /// The index into districts() of the district that contains the point; districts().size() when none does.
  [[nodiscard]] std::size_t find(MapPoint at) const;

 private:
  void measure();

  std::vector<MapDistrict> districts_;
  MapPoint low_, high_;
  std::vector<MapPoint> box_low_, box_high_;  ///< by district
};

}  // namespace arraigo
