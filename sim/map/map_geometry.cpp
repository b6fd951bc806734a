#include "map/map_geometry.hpp"

#include <algorithm>
#include <array>
#include <boost/polygon/voronoi.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <numbers>
#include <optional>
#include <set>
#include <utility>

#include "map/geojson.hpp"
#include "map/polygons.hpp"

namespace arraigo {
namespace {

/// Kilometres, in double: cells are cut here and rounded once, so that neighbours round alike.
struct Spot {
  double x = 0, y = 0;
};
Spot operator+(Spot a, Spot b) { return {a.x + b.x, a.y + b.y}; }
Spot operator-(Spot a, Spot b) { return {a.x - b.x, a.y - b.y}; }
Spot operator*(double f, Spot a) { return {f * a.x, f * a.y}; }
double dot(Spot a, Spot b) { return a.x * b.x + a.y * b.y; }
double cross(Spot a, Spot b) { return a.x * b.y - a.y * b.x; }
double length(Spot a) { return std::hypot(a.x, a.y); }
Spot heading(double angle) { return {std::cos(angle), std::sin(angle)}; }
MapPoint rounded(Spot a) { return {static_cast<float>(a.x), static_cast<float>(a.y)}; }

class Projection {
 public:
  Projection(DistrictTable const& table, std::span<std::uint16_t const> rows) {
    if (rows.empty()) return;
    double west = 180, east = -180, south = 90, north = -90, sum = 0;
    for (auto row : rows) {
      auto const& district = table.rows()[row];
      west = std::min(west, district.longitude);
      east = std::max(east, district.longitude);
      south = std::min(south, district.latitude);
      north = std::max(north, district.latitude);
      sum += district.latitude;
    }
    longitude_ = (west + east) / 2;
    latitude_ = (south + north) / 2;
    double const mean = sum / static_cast<double>(rows.size());
    narrowing_ = std::max(0.01, std::cos(mean * std::numbers::pi / 180));  // at a pole a map still has a width
  }
  [[nodiscard]] Spot operator()(double longitude, double latitude) const {
    constexpr double km_per_degree = 6371 * std::numbers::pi / 180;
    return {km_per_degree * narrowing_ * (longitude - longitude_), km_per_degree * (latitude - latitude_)};
  }

 private:
  double longitude_ = 0, latitude_ = 0, narrowing_ = 1;
};

using GridPoint = std::array<std::int32_t, 2>;

/// The points on a grid of metres, or of more where single precision cannot tell metres apart; no two alike.
struct Grid {
  double unit_km = 0.001;
  std::vector<GridPoint> points;
  [[nodiscard]] Spot spot(std::size_t i) const { return {unit_km * points[i][0], unit_km * points[i][1]}; }
};

/// Takes a free place on the square of half width `ring` round a point.
std::optional<GridPoint> take_on_square(std::set<GridPoint>& taken, GridPoint at, std::int32_t ring) {
  for (std::int32_t y = -ring; y <= ring; ++y)
    for (std::int32_t x = -ring; x <= ring; x += std::abs(y) == ring ? 1 : 2 * ring) {
      GridPoint const place{at[0] + x, at[1] + y};
      if (taken.insert(place).second) return place;
    }
  return std::nullopt;
}

Grid separate(std::vector<Spot> const& spots) {
  Grid grid;
  double reach = 0;
  for (auto s : spots) reach = std::max({reach, std::abs(s.x), std::abs(s.y)});
  while (reach / grid.unit_km > 1 << 21) grid.unit_km *= 2;
  std::set<GridPoint> taken;
  std::map<GridPoint, std::int32_t> full;  // half width of the square round a point in which nothing is free
  for (auto s : spots) {
    GridPoint const at{static_cast<std::int32_t>(std::lround(s.x / grid.unit_km)),
                       static_cast<std::int32_t>(std::lround(s.y / grid.unit_km))};
    auto place = taken.insert(at).second ? std::optional{at} : std::nullopt;
    for (auto& ring = full[at]; !place; ring += place ? 0 : 1) place = take_on_square(taken, at, ring + 1);
    grid.points.push_back(*place);
  }
  return grid;
}

/// What is land round an origin: discs, and convex polygons that turn left.
struct Land {
  struct Disc {
    Spot middle;
    double radius;
  };
  std::vector<Disc> discs;
  std::vector<std::vector<Spot>> polygons;
};

/// From where to where a ray from the origin is inside; from >= to when it passes by.
struct Stretch {
  double from, to;
};

Stretch inside(Land::Disc const& disc, Spot direction) {
  double const along = dot(direction, disc.middle), aside = cross(direction, disc.middle);
  double const square = disc.radius * disc.radius - aside * aside;
  if (square <= 0) return {0, 0};
  return {std::max(0.0, along - std::sqrt(square)), along + std::sqrt(square)};
}

Stretch inside(std::vector<Spot> const& polygon, Spot direction) {
  Stretch stretch{0, std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0, j = polygon.size() - 1; i < polygon.size() && stretch.from < stretch.to; j = i++) {
    auto const edge = polygon[i] - polygon[j];
    double const outwards = cross(direction, edge), room = cross(polygon[j], edge);
    if (outwards > 0)
      stretch.to = std::min(stretch.to, room / outwards);
    else if (outwards < 0)
      stretch.from = std::max(stretch.from, room / outwards);
    else if (room < 0)
      stretch.to = 0;
  }
  return stretch;
}

/// How far the land reaches from the origin, over gaps up to `leap`.
double land_towards(Spot direction, Land const& land, double leap) {
  std::vector<Stretch> stretches;
  auto const enter = [&](Stretch stretch) {
    if (stretch.from < stretch.to) stretches.push_back(stretch);
  };
  for (auto const& disc : land.discs) enter(inside(disc, direction));
  for (auto const& polygon : land.polygons) enter(inside(polygon, direction));
  std::sort(stretches.begin(), stretches.end(), [](Stretch a, Stretch b) { return a.from < b.from; });
  double reach = 0;
  for (auto const& stretch : stretches)
    if (stretch.from <= reach + leap) reach = std::max(reach, stretch.to);
  return reach;
}

/// Where a ray from a district's point ends: at the cell's edge or, before it, where the land ends.
struct View {
  Spot end;
  bool is_on_edge;
};

/// One edge of a cell as it is seen from the district's point, the origin.
class EdgeView {
 public:
  EdgeView(Spot from, Spot to, Land const& land, double leap)
      : from_(from), edge_(to - from), land_(land), leap_(leap) {}
  [[nodiscard]] View at(double angle) const {
    auto const direction = heading(angle);
    return view(direction, cross(from_, edge_) / cross(direction, edge_));
  }
  [[nodiscard]] View at_corner(Spot corner) const { return view((1 / length(corner)) * corner, length(corner)); }
  /// The last point of the edge that is on land, between an angle where the edge is and one where it is not.
  [[nodiscard]] Spot coast(double on, double off) const {
    auto found = at(on);
    for (int halvings = 0; halvings < 12; ++halvings) {
      auto const half = (on + off) / 2;
      auto const seen = at(half);
      (seen.is_on_edge ? on : off) = half;
      if (seen.is_on_edge) found = seen;
    }
    return found.end;
  }

 private:
  [[nodiscard]] View view(Spot direction, double to_edge) const {
    double const to_coast = land_towards(direction, land_, leap_);
    return {std::min(to_coast, to_edge) * direction, to_coast >= to_edge};
  }
  Spot from_, edge_;
  Land const& land_;
  double leap_;
};

/// Districts whose discs are that far apart, in sums of their radii, have no sea or foreign land between them.
constexpr double link_factor = 1.7;

/// Voronoi cells of districts, cut to the land: a disc of each district's area round its point, and all between
/// districts that touch. Districts are counted as in the rows they are made from.
class Cells {
 public:
  Cells(DistrictTable const& table, std::span<std::uint16_t const> rows, Projection const& project);
  [[nodiscard]] Spot site(std::size_t district) const { return grid_.spot(district); }
  /// Counter-clockwise, seen whole from the site.
  [[nodiscard]] std::vector<MapPoint> outline(std::size_t district) const;

 private:
  using Diagram = boost::polygon::voronoi_diagram<double>;
  using Edge = Diagram::edge_type;
  using Vertex = Diagram::vertex_type;

  /// Marks of corners of cells: the districts round it have land between them; it lies on land itself.
  static constexpr std::size_t between_land = 1, on_land = 2;

  void build();
  void size_discs();
  void mark_land();
  template <class Visit>
  void each_edge(std::size_t district, Visit const& visit) const {
    Edge const* edge = first_edge_[district];
    do {
      visit(*edge);
      edge = edge->next();
    } while (edge != first_edge_[district]);
  }
  [[nodiscard]] static std::size_t site_of(Edge const& edge) { return edge.cell()->source_index(); }
  [[nodiscard]] static std::size_t across(Edge const& edge) { return edge.twin()->cell()->source_index(); }
  [[nodiscard]] static bool has(Vertex const* vertex, std::size_t mark) { return (vertex->color() & mark) != 0; }
  [[nodiscard]] Spot spot(Vertex const* v) const { return {grid_.unit_km * v->x(), grid_.unit_km * v->y()}; }
  [[nodiscard]] double distance(std::size_t a, std::size_t b) const { return length(site(a) - site(b)); }
  [[nodiscard]] bool touch(std::size_t a, std::size_t b) const;
  [[nodiscard]] bool is_on_land(Vertex const* corner) const;
  [[nodiscard]] std::vector<std::size_t> sites_round(Vertex const* vertex) const;
  [[nodiscard]] std::optional<std::vector<Spot>> strait(std::size_t a, std::size_t b) const;
  [[nodiscard]] Land land_near(std::size_t district) const;
  void trace(Edge const& edge, Spot middle, EdgeView const& view, std::vector<MapPoint>& outline) const;

  std::vector<double> area_;                          ///< km2; by district, as all below
  std::vector<std::vector<std::size_t>> neighbours_;  ///< of the map
  std::vector<double> farthest_;                      ///< km to the farthest neighbour, of the map or not
  Grid grid_;  ///< the districts, then points far outside that close every district's cell
  Diagram diagram_;
  std::vector<Edge const*> first_edge_;
  std::vector<double> radius_;  ///< km, of the discs
};

Cells::Cells(DistrictTable const& table, std::span<std::uint16_t const> rows, Projection const& project) {
  std::vector<Spot> spots;
  for (auto row : rows) {
    auto const& district = table.rows()[row];
    spots.push_back(project(district.longitude, district.latitude));
    area_.push_back(district.area_km2);
    neighbours_.emplace_back();
    farthest_.push_back(0);
    for (auto other : district.neighbours) {
      auto const& there = table.rows()[other];
      farthest_.back() = std::max(farthest_.back(), length(project(there.longitude, there.latitude) - spots.back()));
      if (auto const at = std::lower_bound(rows.begin(), rows.end(), other); at != rows.end() && *at == other)
        neighbours_.back().push_back(static_cast<std::size_t>(at - rows.begin()));
    }
  }
  grid_ = separate(spots);
  build();
  size_discs();
  mark_land();
}

void Cells::build() {
  std::size_t const districts = area_.size();
  double reach = 0;
  for (std::size_t i = 0; i < districts; ++i) reach = std::max({reach, std::abs(site(i).x), std::abs(site(i).y)});
  reach += 1200;  // more than the disc of the table's largest area
  constexpr int corners = 12;
  for (int i = 0; i < corners; ++i) {
    auto const far = (4 * reach / grid_.unit_km) * heading(2 * std::numbers::pi * i / corners);
    grid_.points.push_back({static_cast<std::int32_t>(far.x), static_cast<std::int32_t>(far.y)});
  }
  std::vector<boost::polygon::point_data<std::int32_t>> points;
  for (auto const& p : grid_.points) points.emplace_back(p[0], p[1]);
  boost::polygon::construct_voronoi(points.begin(), points.end(), &diagram_);
  first_edge_.resize(points.size());
  for (auto const& cell : diagram_.cells()) first_edge_[cell.source_index()] = cell.incident_edge();
}

/// A disc has the district's area, but small discs in a dense row grow until they meet. Where the table has no area, or
/// one that reaches beyond all neighbours, they say how large the district may be.
void Cells::size_discs() {
  std::vector<double> known;
  for (auto area : area_)
    if (area > 0) known.push_back(std::sqrt(area / std::numbers::pi));
  auto const middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
  std::nth_element(known.begin(), middle, known.end());
  double const usual = known.empty() ? 5 : *middle;
  for (std::size_t district = 0; district < area_.size(); ++district) {
    double nearest = std::numeric_limits<double>::infinity();
    each_edge(district, [&](Edge const& edge) {
      if (across(edge) < area_.size()) nearest = std::min(nearest, distance(district, across(edge)));
    });
    double radius = area_[district] > 0 ? std::sqrt(area_[district] / std::numbers::pi) : usual;
    if (farthest_[district] > 0) radius = std::min(radius, farthest_[district]);
    bool const is_dense = nearest < 4 * radius;
    radius_.push_back(is_dense ? std::max(radius, nearest / 2) : radius);
  }
}

/// Whether the land between two districts belongs to them: the table says so, or their discs nearly meet.
bool Cells::touch(std::size_t a, std::size_t b) const {
  if (a >= radius_.size() || b >= radius_.size()) return false;
  auto const& neighbours = neighbours_[a];
  return std::find(neighbours.begin(), neighbours.end(), b) != neighbours.end() ||
         distance(a, b) <= link_factor * (radius_[a] + radius_[b]);
}

std::vector<std::size_t> Cells::sites_round(Vertex const* vertex) const {
  std::vector<std::size_t> sites;
  Edge const* edge = vertex->incident_edge();
  do {
    sites.push_back(site_of(*edge));
    edge = edge->rot_next();
  } while (edge != vertex->incident_edge());
  return sites;
}

/// Land is what the sea does not reach from outside, passing between districts that do not touch.
void Cells::mark_land() {
  std::vector<Vertex const*> flooded;
  auto const flood = [&](Vertex const* vertex) {
    if (!has(vertex, between_land)) return;
    vertex->color(0);
    flooded.push_back(vertex);
  };
  for (auto const& vertex : diagram_.vertices()) vertex.color(between_land);
  for (auto const& vertex : diagram_.vertices())
    for (auto site : sites_round(&vertex))
      if (site >= radius_.size()) flood(&vertex);
  while (!flooded.empty()) {
    Edge const* const first = flooded.back()->incident_edge();
    flooded.pop_back();
    Edge const* edge = first;
    do {
      if (edge->vertex1() != nullptr && !touch(site_of(*edge), across(*edge))) flood(edge->vertex1());
      edge = edge->rot_next();
    } while (edge != first);
  }
  for (auto const& vertex : diagram_.vertices())
    if (has(&vertex, between_land) && is_on_land(&vertex)) vertex.color(between_land | on_land);
}

/// Walks to the districts between which the corner lies: they need not be those round it.
bool Cells::is_on_land(Vertex const* corner) const {
  auto const at = spot(corner);
  for (int steps = 0; steps < 100 && has(corner, between_land); ++steps) {
    Edge const* edge = corner->incident_edge();
    auto const is_ahead = [&] {
      auto const left = site(site_of(*edge)), right = site(across(*edge));
      return cross(left - right, at - right) < 0;
    };
    do {
      if (is_ahead()) break;
      edge = edge->rot_next();
    } while (edge != corner->incident_edge());
    if (!is_ahead()) return true;
    corner = edge->vertex1();
  }
  return false;
}

/// What lies between two discs and the lines that touch both; nothing when one holds the other.
std::optional<std::vector<Spot>> Cells::strait(std::size_t a, std::size_t b) const {
  double const km = distance(a, b), slope = (radius_[a] - radius_[b]) / km;
  if (std::abs(slope) >= 1) return std::nullopt;
  auto const along = (1 / km) * (site(b) - site(a));
  Spot const left{-along.y, along.x};
  auto const up = slope * along + std::sqrt(1 - slope * slope) * left;
  auto const down = slope * along - std::sqrt(1 - slope * slope) * left;
  return std::vector{site(a) + radius_[a] * down, site(b) + radius_[b] * down, site(b) + radius_[b] * up,
                     site(a) + radius_[a] * up};
}

Land Cells::land_near(std::size_t district) const {
  std::vector<std::size_t> around{district};
  each_edge(district, [&](Edge const& edge) {
    if (across(edge) < radius_.size()) around.push_back(across(edge));
  });
  std::set<Vertex const*> triangles;
  std::set<std::pair<std::size_t, std::size_t>> pairs;
  for (auto one : around)
    each_edge(one, [&](Edge const& edge) {
      bool const starts = has(edge.vertex0(), between_land), ends = has(edge.vertex1(), between_land);
      if (starts) triangles.insert(edge.vertex0());
      if ((!starts || !ends) && touch(one, across(edge))) pairs.insert(std::minmax(one, across(edge)));
    });
  Land land;
  for (auto one : around) land.discs.push_back({site(one), radius_[one]});
  for (auto const* vertex : triangles) {
    land.polygons.emplace_back();
    for (auto one : sites_round(vertex)) land.polygons.back().push_back(site(one));
  }
  for (auto const& [a, b] : pairs)
    if (auto corners = strait(a, b)) land.polygons.push_back(std::move(*corners));
  auto const origin = site(district);
  for (auto& disc : land.discs) disc.middle = disc.middle - origin;
  for (auto& polygon : land.polygons)
    for (auto& corner : polygon) corner = corner - origin;
  return land;
}

/// The outline along one edge, from its first corner up to, but without, its second one.
void Cells::trace(Edge const& edge, Spot middle, EdgeView const& view, std::vector<MapPoint>& outline) const {
  constexpr double step = 2 * std::numbers::pi / 48;
  auto const from = spot(edge.vertex0()) - middle, to = spot(edge.vertex1()) - middle;
  auto const corner = [&](Vertex const* vertex, Spot at) {
    return has(vertex, on_land) ? View{at, true} : view.at_corner(at);
  };
  double angle = std::atan2(from.y, from.x);
  double const last_angle = angle + std::atan2(cross(from, to), dot(from, to));
  auto seen = corner(edge.vertex0(), from);
  outline.push_back(rounded(seen.is_on_edge ? spot(edge.vertex0()) : middle + seen.end));
  while (angle < last_angle) {
    double next_angle = step * (std::floor(angle / step + 1e-3) + 1);
    bool const is_last = next_angle > last_angle - 1e-3 * step;
    if (is_last) next_angle = last_angle;
    auto const next = is_last ? corner(edge.vertex1(), to) : view.at(next_angle);
    if (seen.is_on_edge != next.is_on_edge)
      outline.push_back(
          rounded(middle + (next.is_on_edge ? view.coast(next_angle, angle) : view.coast(angle, next_angle))));
    if (!is_last && !next.is_on_edge) outline.push_back(rounded(middle + next.end));
    angle = next_angle;
    seen = next;
  }
}

std::vector<MapPoint> Cells::outline(std::size_t district) const {
  auto const middle = site(district);
  double const leap = 0.05 * radius_[district];  // straits and discs that just miss each other
  std::optional<Land> land;
  std::vector<MapPoint> outline;
  each_edge(district, [&](Edge const& edge) {
    auto const from = spot(edge.vertex0()), to = spot(edge.vertex1());
    if (has(edge.vertex0(), on_land) && has(edge.vertex1(), on_land)) {
      outline.push_back(rounded(from));
      return;
    }
    if (!land) land = land_near(district);
    trace(edge, middle, EdgeView(from - middle, to - middle, *land, leap), outline);
  });
  return outline;
}

/// Corners of one boundary's ring and of one whole part. Holes beyond are left out, the smallest first.
constexpr std::size_t most_of_ring = 2000, most_of_part = 8000;

std::vector<MapPoint> projected(Ring const& ring, Projection const& project) {
  std::vector<MapPoint> points;
  points.reserve(ring.size());
  for (auto const& place : ring) points.push_back(rounded(project(place.longitude, place.latitude)));
  thin_out(points, most_of_ring);
  return points;
}

std::optional<MapPolygon> part_of(std::vector<Ring> const& rings, Projection const& project) {
  std::vector<std::vector<MapPoint>> points;
  for (auto const& ring : rings) points.push_back(projected(ring, project));
  if (signed_area(points.front()) == 0) return std::nullopt;  // too small for the map's precision
  std::stable_sort(points.begin() + 1, points.end(),
                   [](auto const& a, auto const& b) { return std::abs(signed_area(a)) > std::abs(signed_area(b)); });
  std::size_t corners = 0, kept = 0;
  while (kept < points.size() && corners + points[kept].size() + 2 <= most_of_part)
    corners += points[kept++].size() + 2;
  points.resize(kept);
  return make_polygon(std::move(points));
}

}  // namespace

MapGeometry MapGeometry::from_points(DistrictTable const& table, std::span<std::uint16_t const> rows) {
  MapGeometry map;
  if (rows.empty()) return map;
  Cells const cells(table, rows, Projection(table, rows));
  for (std::size_t d = 0; d < rows.size(); ++d)
    map.districts_.push_back({rows[d], rounded(cells.site(d)), {make_polygon({cells.outline(d)})}});
  map.measure();
  return map;
}

MapGeometry MapGeometry::from_geojson(std::filesystem::path const& file, DistrictTable const& table,
                                      std::span<std::uint16_t const> rows, std::vector<std::uint16_t>& missing) {
  auto const boundaries = read_boundaries(file, table, rows);
  auto map = from_points(table, rows);
  Projection const project(table, rows);
  std::vector<bool> has_boundary(rows.size());
  for (auto const& boundary : boundaries) {
    std::vector<MapPolygon> parts;
    for (auto const& rings : boundary.polygons)
      if (auto part = part_of(rings, project)) parts.push_back(std::move(*part));
    has_boundary[boundary.district] = !parts.empty();
    if (!parts.empty()) map.districts_[boundary.district].parts = std::move(parts);
  }
  missing.clear();
  for (std::size_t d = 0; d < rows.size(); ++d)
    if (!has_boundary[d]) missing.push_back(rows[d]);
  map.measure();
  return map;
}

void MapGeometry::measure() {
  constexpr float far = std::numeric_limits<float>::infinity();
  auto const widen = [](MapPoint& low, MapPoint& high, MapPoint by_low, MapPoint by_high) {
    low = {std::min(low.x, by_low.x), std::min(low.y, by_low.y)};
    high = {std::max(high.x, by_high.x), std::max(high.y, by_high.y)};
  };
  box_low_.assign(districts_.size(), {far, far});
  box_high_.assign(districts_.size(), {-far, -far});
  low_ = {far, far};
  high_ = {-far, -far};
  for (std::size_t d = 0; d < districts_.size(); ++d) {
    for (auto const& part : districts_[d].parts)
      for (auto p : part.outline) widen(box_low_[d], box_high_[d], p, p);
    widen(low_, high_, box_low_[d], box_high_[d]);
  }
}

std::size_t MapGeometry::find(MapPoint at) const {
  for (std::size_t d = 0; d < districts_.size(); ++d) {
    if (at.x < box_low_[d].x || at.x > box_high_[d].x || at.y < box_low_[d].y || at.y > box_high_[d].y) continue;
    for (auto const& part : districts_[d].parts)
      if (contains(part.outline, at)) return d;
  }
  return districts_.size();
}

}  // namespace arraigo
