/// Where services stand and where people go to work, month by month in one replicate: what maps show and no run file holds.
/// Recomputed from a run's inputs, never stored.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "init/country.hpp"
#include "params/scenario.hpp"

namespace arraigo {

struct PointTrace {
  Service service{};
  std::uint16_t table_row = 0;         ///< district of the country where it stands
  bool places = false;                 ///< capacity is places in use, not people served a month
  std::vector<float> capacity, queue, served;  ///< people (agents times scale), one per month traced; served: places taken where `places`
};

/// Migrants who live in one district and work in another.
struct CommutingFlow {
  std::uint16_t home = 0, work = 0;  ///< rows of the district table, different
  float people = 0;
};

struct PlaceTrace {
  std::vector<PointTrace> points;                  ///< that are open in some month, sorted by service and district
  std::vector<std::vector<CommutingFlow>> commuting;  ///< by month: the largest flows first, at most most_flows
  static constexpr std::size_t most_flows = 200;
};

/// Runs one replicate of the scenario. `stop` is asked before every month; once it says true the trace so far is returned.
[[nodiscard]] PlaceTrace trace_places(Scenario const& scenario, Country const& country, int replicate,
                                      std::function<bool()> const& stop = {});

}  // namespace arraigo
