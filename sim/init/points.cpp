#include <algorithm>
#include <bit>
#include <cmath>

#include "init/build_steps.hpp"
#include "init/setup.hpp"

namespace arraigo {
namespace {

/// People of the country who reach each located office first, with all offices open: apportions an office's capacity to the run's area.
std::vector<double> shares_of_catchment(Setup const& setup, Service service, std::vector<std::uint16_t> const& sources) {
  auto const nearest = setup.geography->nearest(sources);
  std::vector<double> all(sources.size(), 0.0), inside(sources.size(), 0.0);
  std::vector<std::uint8_t> in_area(nearest.size(), 0);
  for (auto row : setup.area) in_area[row] = 1;
  for (std::size_t row = 0; row < nearest.size(); ++row) {
    if (nearest[row].source == 0xffffffffU) continue;
    double const users = service == Service::migration_office || service == Service::degree_recognition
                             ? setup.venezuelans[row] + setup.other_foreign[row]
                             : setup.hosts[row] + setup.venezuelans[row] + setup.other_foreign[row];
    all[nearest[row].source] += users;
    if (in_area[row] != 0) inside[nearest[row].source] += users;
  }
  std::vector<double> share(sources.size(), 0.0);
  for (std::size_t s = 0; s < sources.size(); ++s) share[s] = all[s] > 0 ? inside[s] / all[s] : 0;
  // Two offices in one district share its catchment: the first in the list holds it for both.
  for (std::size_t s = 1; s < sources.size(); ++s)
    for (std::size_t t = 0; t < s; ++t)
      if (sources[t] == sources[s]) share[s] = share[t];
  return share;
}

}  // namespace

void build_points(World& world, Setup const& setup) {
  auto const& country = setup.country;
  double const scale = world.people_per_agent;
  std::array<std::vector<std::pair<std::uint16_t, std::uint16_t>>, service_count> known;  // table row -> point
  auto const point_at = [&](Service service, std::uint16_t table_row, bool places) {
    auto& list = known[static_cast<std::size_t>(service)];
    for (auto const& [row, point] : list)
      if (row == table_row) return point;
    auto const point = static_cast<std::uint16_t>(world.points.size());
    ServicePoint p;
    p.service = service;
    p.table_row = table_row;
    p.places = places;
    // Where between two agents a point of this replicate begins, so that the first month serves as many as any other.
    p.carry = -uniform_of(draw_block(for_life(world.stream), Purpose::place_rounding, mix(table_row, static_cast<std::uint64_t>(service), 1))[0]);
    world.points.push_back(p);
    list.emplace_back(table_row, point);
    return point;
  };
  auto const is_places = [&](Service service) {
    for (auto const& rule : country.service_rules)
      if (rule.service == service) return rule.places;
    return false;
  };

  for (std::size_t s = 0; s < service_count; ++s) {
    auto const service = static_cast<Service>(s);
    std::vector<std::uint16_t> sources;
    std::vector<PointRow const*> offices;
    for (auto const& row : country.points)
      if (row.service == service) {
        sources.push_back(row.district);
        offices.push_back(&row);
      }
    if (!offices.empty()) {
      auto const share = shares_of_catchment(setup, service, sources);
      for (std::size_t i = 0; i < offices.size(); ++i)
        if (share[i] > 0)
          world.point_parts.push_back({point_at(service, offices[i]->district, is_places(service)), offices[i]->opened.index, 0x7fff, offices[i]->capacity_per_month * share[i] / scale});
    }
    for (auto const& rule : country.service_rules) {
      if (rule.service != service || rule.capacity_per_100k_per_month <= 0) continue;
      for (auto row : setup.area) {
        double const people = setup.hosts[row] + setup.venezuelans[row] + setup.other_foreign[row];
        double const points = std::max(rule.min_points_per_district, rule.points_per_100k * people / 1e5);
        // A service whose points are rarer than one a district stands only in the larger ones; others travel there.
        if (points < 0.5) continue;
        world.point_parts.push_back({point_at(service, row, rule.places), 0, 0x7fff, rule.capacity_per_100k_per_month * people / 1e5 / scale});
      }
    }
  }
  std::uint16_t index = 0;
  for (auto const& measure : setup.scenario.measures) {
    auto const row_of_measure = index++;
    bool const mobile = measure.kind == MeasureKind::mobile_unit;
    if (measure.kind != MeasureKind::service_points && !mobile) continue;
    std::uint32_t const chosen = measure.field("service").choices;
    auto const service = static_cast<Service>(std::countr_zero(chosen));
    double const capacity = (mobile ? 1 : measure.field("points").number) * measure.field("capacity_per_month").number / scale;
    if (capacity <= 0) continue;
    auto const closed = static_cast<std::int16_t>(measure.to ? measure.to->index + 1 : 0x7fff);
    if (mobile) {
      // Stop after stop in the order of the file, and round again; a place of several districts is one stop after the other.
      std::vector<std::uint16_t> route;
      for (auto const& where : measure.where)
        if (auto const place = country.districts.place(where)) route.insert(route.end(), place->begin(), place->end());
      if (measure.where.empty()) route = setup.area;
      auto const stay = static_cast<int>(measure.field("months_per_stop").number);
      int const last = std::min<int>(closed, (setup.scenario.start + setup.scenario.months).index);
      // All stops have their point from the start, whether or not the run is long enough to come by.
      for (auto const row : route)
        if (std::binary_search(setup.area.begin(), setup.area.end(), row)) point_at(service, row, is_places(service));
      std::size_t stop = 0;
      for (int from = measure.from.index; from < last && !route.empty(); from += stay, ++stop) {
        auto const row = route[stop % route.size()];
        if (!std::binary_search(setup.area.begin(), setup.area.end(), row)) continue;
        world.point_parts.push_back({point_at(service, row, is_places(service)), static_cast<std::int16_t>(from), static_cast<std::int16_t>(std::min(from + stay, last)), capacity, row_of_measure});
      }
      continue;
    }
    std::vector<std::uint16_t> rows;
    for (auto const& where : measure.where)
      if (auto const place = country.districts.place(where)) rows.insert(rows.end(), place->begin(), place->end());
    if (measure.where.empty()) rows = setup.area;
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    for (auto row : rows)
      if (std::binary_search(setup.area.begin(), setup.area.end(), row))
        world.point_parts.push_back({point_at(service, row, is_places(service)), measure.from.index, closed, capacity, row_of_measure});
  }
}

void build_world(World& world, Setup const& setup, int replicate) {
  world.stream = {setup.scenario.seed, static_cast<std::uint32_t>(replicate), setup.scenario.start};
  world.people_per_agent = setup.scenario.scale;
  world.geography = setup.geography;
  world.districts.resize(setup.area.size());
  world.zones.resize(setup.geography->zone_count());
  world.capital_zone.assign(world.zones.size(), 0);
  double in_area = 0, foreigners = 0, people_in_area = 0, people = 0;
  for (std::size_t row = 0; row < setup.hosts.size(); ++row) {
    foreigners += setup.venezuelans[row] + setup.other_foreign[row];
    people += setup.hosts[row] + setup.venezuelans[row] + setup.other_foreign[row];
  }
  for (std::size_t d = 0; d < setup.area.size(); ++d) {
    auto const row = setup.area[d];
    world.districts[d].table_row = row;
    world.districts[d].zone = setup.geography->zone_of(d);
    in_area += setup.venezuelans[row] + setup.other_foreign[row];
    people_in_area += setup.hosts[row] + setup.venezuelans[row] + setup.other_foreign[row];
    // The capital's pay levels hold in the zone that is an area of its own group; elsewhere the rest's.
    auto const& d_row = setup.country.districts.rows()[row];
    if (d_row.zone == d_row.group) world.capital_zone[setup.geography->zone_of(d)] = 1;
  }
  world.area_share_of_migrants = foreigners > 0 ? in_area / foreigners : 0;
  world.area_share_of_population = people > 0 ? people_in_area / people : 0;
  world.flows.assign(flow_count * world.districts.size(), 0);
  world.service_flows.assign(4 * service_count * world.districts.size(), 0);
  world.campaign_effect_logits = setup.params.attitudes_campaign_effect_logits;
  world.support_effect_logits = setup.params.attitudes_host_support_effect_logits;
  world.spaces_effect_logits = setup.params.attitudes_spaces_effect_logits;
  world.school_effect_logits = setup.params.attitudes_school_effect_logits;
  world.groups = {setup.params.groups_disability_share, setup.params.groups_lgbtiq_share, setup.params.groups_indigenous_share, setup.params.groups_trafficked_share,
                  static_cast<int>(std::lround(setup.params.groups_newcomer_months)), setup.params.households_scholarship_share, setup.country.sectors.size()};
  build_people(world, setup);
  build_migrants(world, setup);
  build_needs(world, setup);
  build_points(world, setup);
}

}  // namespace arraigo
