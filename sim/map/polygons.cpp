#include "map/polygons.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

#include "core/errors.hpp"

namespace arraigo {
namespace {

bool same_place(MapPoint a, MapPoint b) { return a.x == b.x && a.y == b.y; }

/// Twice the area of the triangle, positive when it turns left.
double turn(MapPoint a, MapPoint b, MapPoint c) {
  double const ax = a.x, ay = a.y;
  return (b.x - ax) * (c.y - ay) - (b.y - ay) * (c.x - ax);
}

/// Inside or on the edge of a triangle that turns left.
bool in_triangle(MapPoint a, MapPoint b, MapPoint c, MapPoint p) {
  return turn(a, b, p) >= 0 && turn(b, c, p) >= 0 && turn(c, a, p) >= 0;
}

/// A ring as a list in which corners are passed over once they are cut off.
struct Links {
  std::vector<std::uint32_t> before, after;
  explicit Links(std::size_t n) : before(n), after(n) {
    for (std::size_t i = 0; i < n; ++i) {
      before[i] = static_cast<std::uint32_t>(i == 0 ? n - 1 : i - 1);
      after[i] = static_cast<std::uint32_t>(i + 1 == n ? 0 : i + 1);
    }
  }
  void cut(std::uint32_t i) {
    after[before[i]] = after[i];
    before[after[i]] = before[i];
  }
};

/// Whether the way from corner `i` of a left-turning ring to `to` starts inside the ring.
bool starts_inside(std::vector<MapPoint> const& ring, std::size_t i, MapPoint to) {
  auto const a = ring[(i + ring.size() - 1) % ring.size()], b = ring[i], c = ring[(i + 1) % ring.size()];
  if (turn(a, b, c) >= 0) return turn(b, c, to) >= 0 && turn(a, b, to) >= 0;
  return turn(b, c, to) >= 0 || turn(a, b, to) >= 0;
}

/// The corner of the outline that `from`, the hole's leftmost point, sees to its left; the ring's size when it sees
/// none.
std::size_t bridge_end(std::vector<MapPoint> const& ring, MapPoint from) {
  std::size_t const n = ring.size();
  std::size_t found = n;
  double wall = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < n; ++i) {  // edges that go down have the inside to their east
    std::size_t const next = (i + 1) % n;
    auto const p = ring[i], q = ring[next];
    if (p.y < from.y || q.y > from.y || p.y == q.y) continue;
    double const x = p.x + (double{from.y} - p.y) * (double{q.x} - p.x) / (double{q.y} - p.y);
    if (x > from.x || x <= wall) continue;
    wall = x;
    found = p.x < q.x ? i : next;
    if (x == from.x) {
      if (same_place(p, from)) return i;
      return same_place(q, from) ? next : found;
    }
  }
  if (found == n) return n;
  // Corners inside the triangle of hole, wall and the wall's end stand in the way: the flattest one is seen.
  MapPoint const end = ring[found], hit{static_cast<float>(wall), from.y};
  bool const below = from.y < end.y;
  double flattest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < n; ++i) {
    auto const p = ring[i];
    if (p.x >= from.x || p.x < end.x) continue;
    if (!(below ? in_triangle(from, end, hit, p) : in_triangle(from, hit, end, p))) continue;
    double const slope = std::abs(double{from.y} - p.y) / (double{from.x} - p.x);
    if (slope < flattest && starts_inside(ring, i, from)) {
      flattest = slope;
      found = i;
    }
  }
  return found;
}

void join_hole(std::vector<MapPoint>& outline, std::vector<MapPoint>& hole) {
  auto const leftmost = std::min_element(
      hole.begin(), hole.end(), [](MapPoint a, MapPoint b) { return std::pair(a.x, a.y) < std::pair(b.x, b.y); });
  std::rotate(hole.begin(), leftmost, hole.end());
  if (!contains(outline, hole.front())) return;
  std::size_t const end = bridge_end(outline, hole.front());
  if (end == outline.size()) return;
  hole.push_back(hole.front());
  hole.push_back(outline[end]);
  outline.insert(outline.begin() + static_cast<std::ptrdiff_t>(end) + 1, hole.begin(), hole.end());
}

/// Cuts ears off a left-turning ring. Only corners that turn right can lie in an ear, and cutting never makes new ones.
class EarCutter {
 public:
  explicit EarCutter(std::vector<MapPoint> const& ring) : ring_(ring), links_(ring.size()), gone_(ring.size(), 0) {
    for (std::uint32_t i = 0; i < ring.size(); ++i)
      if (corner(i) <= 0) inward_.push_back(i);
  }

  std::vector<std::uint16_t> triangles() {
    std::size_t left = ring_.size(), refused = 0;
    for (std::uint32_t at = 0; left >= 3;) {
      double const size = corner(at);
      // A whole round without an ear: the ring crosses itself. Something is cut, so that it ends.
      bool const is_stuck = refused >= left;
      if (size == 0 || is_stuck || (size > 0 && is_ear(at))) {
        if (size > 0) add(at);
        gone_[at] = 1;
        links_.cut(at);
        --left;
        refused = 0;
        at = links_.after[links_.after[at]];  // skipping one keeps triangles from becoming slivers
      } else {
        ++refused;
        at = links_.after[at];
      }
    }
    return std::move(triangles_);
  }

 private:
  [[nodiscard]] double corner(std::uint32_t i) const {
    return turn(ring_[links_.before[i]], ring_[i], ring_[links_.after[i]]);
  }

  bool is_ear(std::uint32_t at) {
    // Rings that cross themselves again and again would take the cube of their corners.
    tests_ += inward_.size();
    if (tests_ > 10 * ring_.size() * ring_.size()) return true;
    auto const a = ring_[links_.before[at]], b = ring_[at], c = ring_[links_.after[at]];
    auto const [left, right] = std::minmax({a.x, b.x, c.x});
    auto const [low, high] = std::minmax({a.y, b.y, c.y});
    std::size_t kept = 0;
    bool is_free = true;
    for (std::size_t k = 0; k < inward_.size(); ++k) {
      auto const i = inward_[k];
      if (gone_[i] != 0) continue;
      inward_[kept++] = i;
      if (!is_free) continue;
      auto const p = ring_[i];
      if (p.x < left || p.x > right || p.y < low || p.y > high) continue;
      if (same_place(p, a) || same_place(p, b) || same_place(p, c)) continue;
      if (in_triangle(a, b, c, p) && corner(i) <= 0) is_free = false;
    }
    inward_.resize(kept);
    return is_free;
  }

  void add(std::uint32_t at) {
    for (auto i : {links_.before[at], at, links_.after[at]}) triangles_.push_back(static_cast<std::uint16_t>(i));
  }

  std::vector<MapPoint> const& ring_;
  Links links_;
  std::vector<char> gone_;
  std::vector<std::uint32_t> inward_;
  std::size_t tests_ = 0;
  std::vector<std::uint16_t> triangles_;
};

void drop_repeated(std::vector<MapPoint>& ring) {
  ring.erase(std::unique(ring.begin(), ring.end(), same_place), ring.end());
  while (ring.size() > 1 && same_place(ring.front(), ring.back())) ring.pop_back();
}

void orient(std::vector<MapPoint>& ring, bool left) {
  if ((signed_area(ring) > 0) != left) std::reverse(ring.begin(), ring.end());
}

}  // namespace

double signed_area(std::span<MapPoint const> ring) {
  double twice = 0;
  for (std::size_t i = 1; i + 1 < ring.size(); ++i) twice += turn(ring[0], ring[i], ring[i + 1]);
  return twice / 2;
}

bool contains(std::span<MapPoint const> ring, MapPoint at) {
  bool inside = false;
  for (std::size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    auto a = ring[i], b = ring[j];
    if ((a.y > at.y) == (b.y > at.y)) continue;
    if (a.y > b.y) std::swap(a, b);  // both neighbours of an edge must round alike
    if (turn(a, b, at) > 0) inside = !inside;
  }
  return inside;
}

void thin_out(std::vector<MapPoint>& ring, std::size_t most) {
  drop_repeated(ring);
  if (ring.size() <= most) return;
  Links links(ring.size());
  std::vector<double> weight(ring.size());
  using Entry = std::pair<double, std::uint32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  auto const enter = [&](std::uint32_t i, double least) {
    weight[i] = std::max(least, std::abs(turn(ring[links.before[i]], ring[i], ring[links.after[i]])));
    queue.emplace(weight[i], i);
  };
  for (std::uint32_t i = 0; i < ring.size(); ++i) enter(i, 0);
  std::vector<char> gone(ring.size(), 0);
  for (std::size_t left = ring.size(); left > std::max<std::size_t>(most, 3);) {
    auto const [least, i] = queue.top();
    queue.pop();
    if (gone[i] != 0 || least != weight[i]) continue;  // outdated
    gone[i] = 1;
    links.cut(i);
    --left;
    enter(links.before[i], least);
    enter(links.after[i], least);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < ring.size(); ++i)
    if (gone[i] == 0) ring[kept++] = ring[i];
  ring.resize(kept);
}

MapPolygon make_polygon(std::vector<std::vector<MapPoint>> rings) {
  MapPolygon polygon;
  if (rings.empty()) return polygon;
  for (auto& ring : rings) {
    drop_repeated(ring);
    orient(ring, &ring == &rings.front());
  }
  polygon.outline = std::move(rings.front());
  rings.erase(rings.begin());
  std::erase_if(rings, [](auto const& hole) { return hole.size() < 3; });
  // From left to right, so that a hole may end its bridge on one before it.
  std::sort(rings.begin(), rings.end(), [](auto const& a, auto const& b) {
    auto const left = [](auto const& ring) {
      return std::min_element(ring.begin(), ring.end(), [](MapPoint p, MapPoint q) { return p.x < q.x; })->x;
    };
    return left(a) < left(b);
  });
  for (auto& hole : rings) join_hole(polygon.outline, hole);
  if (polygon.outline.size() > std::numeric_limits<std::uint16_t>::max())
    throw BugError("polygons: an outline has too many corners to number");
  polygon.triangles = EarCutter(polygon.outline).triangles();
  return polygon;
}

}  // namespace arraigo
