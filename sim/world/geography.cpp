#include "world/geography.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <span>

#include <boost/graph/dijkstra_shortest_paths.hpp>

#include "world/tables.hpp"

namespace arraigo {
namespace {

/// Great-circle distance in km (mean Earth radius 6,371 km).
double kilometres(DistrictRow const& a, DistrictRow const& b) {
  constexpr double degree = std::numbers::pi / 180;
  double const dlat = (b.latitude - a.latitude) * degree, dlon = (b.longitude - a.longitude) * degree;
  double const h = std::pow(std::sin(dlat / 2), 2) +
                   std::cos(a.latitude * degree) * std::cos(b.latitude * degree) * std::pow(std::sin(dlon / 2), 2);
  return 2 * 6371 * std::asin(std::min(1.0, std::sqrt(h)));
}

/// Minutes from the nearest of `starts` to every vertex, and the vertex before it on the way. The colours are ours because those that the
/// library makes for itself count references, in which the static analyser sees a use after release.
template <class Graph>
struct ShortestWays {
  using Vertex = typename Graph::vertex_descriptor;
  std::vector<float> minutes;
  std::vector<Vertex> before;
  std::vector<boost::default_color_type> colour;

  explicit ShortestWays(Graph const& graph) : minutes(boost::num_vertices(graph)), before(minutes.size()), colour(minutes.size()) {}
  void find(Graph const& graph, std::span<Vertex const> starts) {
    boost::dijkstra_shortest_paths(graph, starts.begin(), starts.end(), before.data(), minutes.data(), boost::get(boost::edge_weight, graph),
                                   boost::get(boost::vertex_index, graph), std::less<float>(), std::plus<float>(), unreachable_minutes, 0.0F,
                                   boost::default_dijkstra_visitor(), colour.data());
  }
};

}  // namespace

Geography::Geography(DistrictTable const& table, std::vector<std::uint16_t> area, Parameters const& parameters)
    : area_(std::move(area)), graph_(table.rows().size()), own_minutes_(static_cast<float>(parameters.geography_own_district_minutes)), found_(std::make_unique<std::once_flag[]>(table.rows().size())),
      minutes_from_(table.rows().size()) {
  auto const rows = table.rows();
  std::map<std::string, std::uint16_t> zones;
  for (auto row : area_) {
    auto const [place, is_new] = zones.emplace(rows[row].zone, static_cast<std::uint16_t>(zones.size()));
    if (is_new) zone_names_.push_back(rows[row].zone);
    zone_of_.push_back(place->second);
  }
  std::size_t const capital_zone_size = 1000;  // residents per km2 from which traffic, not road length, sets the pace
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (auto j : rows[i].neighbours) {
      if (j <= i) continue;
      auto const density = [&](DistrictRow const& d) { return d.area_km2 > 0 ? d.population_2023 / d.area_km2 : 0.0; };
      bool const urban = density(rows[i]) > capital_zone_size && density(rows[j]) > capital_zone_size;
      double const speed = urban ? parameters.geography_urban_speed_km_per_hour : parameters.geography_rural_speed_km_per_hour;
      double const minutes = 60 * parameters.geography_detour_factor * kilometres(rows[i], rows[j]) / speed;
      boost::add_edge(i, j, static_cast<float>(std::max(1.0, minutes)), graph_);
    }

  // Commuting happens inside a zone, so the shortest paths run on each zone's own subgraph.
  commuting_.resize(area_.size());
  std::vector<std::vector<std::uint16_t>> members(zone_names_.size());
  for (std::size_t d = 0; d < area_.size(); ++d) members[zone_of_[d]].push_back(static_cast<std::uint16_t>(d));
  std::vector<std::uint16_t> local(rows.size(), 0xffff);
  for (auto const& zone : members) {
    Graph sub(zone.size());
    for (std::size_t i = 0; i < zone.size(); ++i) local[area_[zone[i]]] = static_cast<std::uint16_t>(i);
    for (std::size_t i = 0; i < zone.size(); ++i) {
      auto const [first, last] = boost::out_edges(area_[zone[i]], graph_);
      for (auto e = first; e != last; ++e) {
        auto const other = local[boost::target(*e, graph_)];
        if (other != 0xffff && other > i) boost::add_edge(i, other, boost::get(boost::edge_weight, graph_, *e), sub);
      }
    }
    ShortestWays<Graph> ways(sub);
    for (std::size_t i = 0; i < zone.size(); ++i) {
      std::array const from{i};
      ways.find(sub, from);
      for (std::size_t j = 0; j < zone.size(); ++j)
        if (ways.minutes[j] < 1000) commuting_[zone[i]].push_back({zone[j], ways.minutes[j] + own_minutes_});
    }
    for (auto d : zone) local[area_[d]] = 0xffff;
  }
}

std::vector<Geography::Nearest> Geography::nearest(std::span<std::uint16_t const> sources) const {
  std::size_t const n = boost::num_vertices(graph_);
  std::vector<Nearest> best(n);
  for (std::size_t s = sources.size(); s-- > 0;) best[sources[s]] = {static_cast<std::uint32_t>(s), own_minutes_};
  std::vector<Graph::vertex_descriptor> starts;
  for (std::size_t v = 0; v < n; ++v)
    if (best[v].source != 0xffffffffU) starts.push_back(v);
  if (starts.empty()) return best;

  ShortestWays<Graph> ways(graph_);
  ways.find(graph_, starts);
  auto const& minutes = ways.minutes;
  if (starts.size() == 1) {
    auto const source = best[starts.front()].source;
    for (std::size_t v = 0; v < n; ++v)
      if (minutes[v] < unreachable_minutes && minutes[v] != 0.0F) best[v] = {source, minutes[v] + own_minutes_};
    return best;
  }
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return std::pair(minutes[a], a) < std::pair(minutes[b], b); });
  for (auto v : order) {
    if (minutes[v] >= unreachable_minutes || minutes[v] == 0.0F) continue;
    best[v] = {best[ways.before[v]].source, minutes[v] + own_minutes_};
  }
  return best;
}

std::span<float const> Geography::minutes_from(std::uint16_t source) const {
  std::call_once(found_[source], [&] {
    auto const to_all = nearest(std::span(&source, 1));
    for (auto const row : area_) minutes_from_[source].push_back(to_all[row].minutes);
  });
  return minutes_from_[source];
}

std::span<Geography::Reach const> Geography::commuting(std::size_t district) const { return commuting_[district]; }

namespace {

/// Walker's alias table of whole weights, so that every machine builds the same one.
void fill_alias_table(std::span<std::uint64_t const> weight, std::span<Alias> table) {
  std::uint64_t const n = weight.size(), total = std::accumulate(weight.begin(), weight.end(), std::uint64_t{0});
  for (std::uint32_t i = 0; i < n; ++i) table[i] = {0xffffffffU, i};
  if (total == 0) return;
  std::vector<std::uint32_t> small, large;
  std::vector<std::uint64_t> mass(n);
  for (std::uint64_t i = 0; i < n; ++i) {
    mass[i] = weight[i] * n;
    (mass[i] < total ? small : large).push_back(static_cast<std::uint32_t>(i));
  }
  while (!small.empty() && !large.empty()) {
    auto const s = small.back(), l = large.back();
    small.pop_back();
    table[s].cut = static_cast<std::uint32_t>(4294967295.0 * (static_cast<double>(mass[s]) / static_cast<double>(total)));
    table[s].other = l;
    mass[l] -= total - mass[s];
    if (mass[l] < total) {
      large.pop_back();
      small.push_back(l);
    }
  }
}

}  // namespace

void JobDirectory::build(Geography const& geography, Employers const& employers, double minutes_scale) {
  std::size_t const districts = geography.district_count();
  firm_first_.assign(districts + 1, 0);
  for (std::size_t e = 0; e < employers.size(); ++e) ++firm_first_[employers.district[e] + 1U];
  std::partial_sum(firm_first_.begin(), firm_first_.end(), firm_first_.begin());
  std::vector<std::uint64_t> jobs(districts, 0);
  for (std::size_t e = 0; e < employers.size(); ++e) jobs[employers.district[e]] += employers.target[e];

  firm_others_.resize(employers.size());
  firm_whole_cuts_.resize(employers.size());
  firm_cuts_.resize(employers.size());
  std::vector<Alias> firms;
  for (std::size_t d = 0; d < districts; ++d) {
    std::size_t const first = firm_first_[d], n = firm_first_[d + 1] - first;
    std::vector<std::uint64_t> const targets(employers.target.begin() + static_cast<std::ptrdiff_t>(first), employers.target.begin() + static_cast<std::ptrdiff_t>(first + n));
    firms.assign(n, {});
    fill_alias_table(targets, firms);
    for (std::size_t k = 0; k < n; ++k) {
      firm_others_[first + k] = static_cast<std::uint32_t>(first) + firms[k].other;
      firm_whole_cuts_[first + k] = firms[k].cut;
      firm_cuts_[first + k] = static_cast<std::uint8_t>(firms[k].cut >> 24U);
    }
  }

  place_first_.assign(1, 0);
  place_district_.clear();
  for (std::size_t d = 0; d < districts; ++d) {
    std::vector<std::uint64_t> weight;
    for (auto const& place : geography.commuting(d)) {
      // In millionths of a job: fine enough for a district of one firm, far below what overflows.
      auto const w = static_cast<std::uint64_t>(std::llround(1e6 * static_cast<double>(jobs[place.district]) * std::exp(-static_cast<double>(place.minutes) / minutes_scale)));
      if (w == 0) continue;
      weight.push_back(w);
      place_district_.push_back(place.district);
    }
    std::size_t const first = place_first_.back();
    places_.resize(place_district_.size());
    fill_alias_table(weight, std::span(places_).subspan(first));
    place_first_.push_back(static_cast<std::uint32_t>(place_district_.size()));
  }
}

std::size_t JobDirectory::bytes() const {
  return (place_first_.capacity() + firm_first_.capacity()) * 4 + places_.capacity() * sizeof(Alias) + place_district_.capacity() * 2 + (firm_others_.capacity() + firm_whole_cuts_.capacity()) * 4 + firm_cuts_.capacity();
}

}  // namespace arraigo
