#include "schedule/place_trace.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "schedule/simulation.hpp"
#include "world/world.hpp"

namespace arraigo {
namespace {

std::vector<PointTrace> points_of(World const& world) {
  std::vector<PointTrace> traces;
  for (auto const& point : world.points) traces.push_back({point.service, point.table_row, point.places, {}, {}, {}});
  return traces;
}

void add_month(std::vector<PointTrace>& traces, World const& world) {
  auto const people = [&](double agents) { return static_cast<float>(agents * world.people_per_agent); };
  for (std::size_t p = 0; p < traces.size(); ++p) {
    auto const& point = world.points[p];
    traces[p].capacity.push_back(people(point.capacity));
    traces[p].queue.push_back(people(point.queue));
    traces[p].served.push_back(people(point.places ? point.in_use : point.served));
  }
}

bool is_ever_open(PointTrace const& trace) {
  return std::any_of(trace.capacity.begin(), trace.capacity.end(), [](float capacity) { return capacity > 0; });
}

/// The journeys to work of the migrants who live here, the largest flows first.
std::vector<CommutingFlow> commuting_of(World const& world) {
  auto const& persons = world.persons;
  std::vector<std::pair<std::uint16_t, std::uint16_t>> journeys;  // home, work
  for (std::uint32_t const row : world.migrants.person) {
    if (persons.gone(row) || persons.inert(row) || !is_foreign(persons.origin(row))) continue;
    auto const employer = persons.employer[row];
    if (employer == no_row) continue;
    auto const home = world.district_of(row), work = world.employers.district[employer];
    if (home != work) journeys.emplace_back(world.districts[home].table_row, world.districts[work].table_row);
  }
  std::sort(journeys.begin(), journeys.end());
  std::vector<CommutingFlow> flows;
  for (std::size_t from = 0; from < journeys.size();) {
    std::size_t to = from;
    while (to < journeys.size() && journeys[to] == journeys[from]) ++to;
    auto const people = static_cast<float>(static_cast<double>(to - from) * world.people_per_agent);
    flows.push_back({journeys[from].first, journeys[from].second, people});
    from = to;
  }
  // Of equal flows those of the first districts, so that the choice is the same everywhere.
  auto const kept = flows.begin() + static_cast<std::ptrdiff_t>(std::min(flows.size(), PlaceTrace::most_flows));
  std::partial_sort(flows.begin(), kept, flows.end(), [](CommutingFlow const& a, CommutingFlow const& b) {
    return std::tuple(-a.people, a.home, a.work) < std::tuple(-b.people, b.home, b.work);
  });
  flows.erase(kept, flows.end());
  flows.shrink_to_fit();
  return flows;
}

}  // namespace

PlaceTrace trace_places(Scenario const& scenario, Country const& country, int replicate,
                        std::function<bool()> const& stop) {
  PlaceTrace trace;
  Simulation simulation(scenario, country, replicate, Detail::totals);
  trace.points = points_of(simulation.world());
  while (!simulation.done() && !(stop && stop())) {
    simulation.step();
    add_month(trace.points, simulation.world());
    trace.commuting.push_back(commuting_of(simulation.world()));
  }
  std::erase_if(trace.points, [](PointTrace const& point) { return !is_ever_open(point); });
  std::sort(trace.points.begin(), trace.points.end(), [](PointTrace const& a, PointTrace const& b) {
    return std::tuple(a.service, a.table_row) < std::tuple(b.service, b.table_row);
  });
  return trace;
}

}  // namespace arraigo
