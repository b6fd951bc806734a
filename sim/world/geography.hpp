/// Distance as people meet it: travel minutes over the district network (Boost.Graph), access to service points, and the
/// fixed table from which job seekers draw employers.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <boost/graph/adjacency_list.hpp>

#include "params/districts.hpp"
#include "params/parameters.hpp"

namespace arraigo {

inline constexpr float unreachable_minutes = 1e9F;

/// Immutable, shared by all replicates of a scenario.
class Geography {
 public:
  /// Nodes: rows of the district table; edges: shared borders and boat links, weighted by travel minutes.
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property,
                                      boost::property<boost::edge_weight_t, float>>;

  /// `area`: rows of the district table that the run simulates, ascending.
  Geography(DistrictTable const& table, std::vector<std::uint16_t> area, Parameters const& parameters);

  [[nodiscard]] std::size_t district_count() const { return area_.size(); }
  [[nodiscard]] std::span<std::uint16_t const> area() const { return area_; }
  [[nodiscard]] std::size_t zone_count() const { return zone_names_.size(); }
  [[nodiscard]] std::vector<std::string> const& zone_names() const { return zone_names_; }
  [[nodiscard]] std::uint16_t zone_of(std::size_t district) const { return zone_of_[district]; }

  /// For every district of the country (table row): the nearest of `sources` (table rows) and the travel minutes to it over
  /// the network's shortest path. Ties go to the earlier source.
  struct Nearest {
    std::uint32_t source = 0xffffffffU;  ///< index into sources; none reachable: 0xffffffff
    float minutes = unreachable_minutes;
  };
  [[nodiscard]] std::vector<Nearest> nearest(std::span<std::uint16_t const> sources) const;
  /// Districts of the run in the same zone, with travel minutes from `district` (itself included), ascending by district.
  struct Reach {
    std::uint16_t district;
    float minutes;
  };
  [[nodiscard]] std::span<Reach const> commuting(std::size_t district) const;

 private:
  std::vector<std::uint16_t> area_;
  std::vector<std::uint16_t> zone_of_;
  std::vector<std::string> zone_names_;
  std::vector<std::vector<Reach>> commuting_;
  Graph graph_;
  float own_minutes_ = 0;
};

struct Employers;

/// An entry of an alias table.
struct Alias {
  std::uint32_t cut = 0, other = 0;
};

/// A seeker's draw of an employer: first the district where the job is (by jobs and travel time), then the firm (by its size
/// at the start). Built once from the initial firms, so that nobody's hiring reshuffles anybody's draws.
class JobDirectory {
 public:
  void build(Geography const& geography, Employers const& employers, double minutes_scale);
  /// The employer row for a seeker of `district` from two 32-bit draws; no_row when the zone has no employer.
  [[nodiscard]] std::uint32_t draw(std::size_t district, std::uint32_t place_bits, std::uint32_t firm_bits) const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  // Alias tables: of the districts within reach of each district, and of the employers of each.
  std::vector<std::uint32_t> place_first_, firm_first_;  ///< by district
  std::vector<Alias> places_, firms_;
  std::vector<std::uint16_t> place_district_;
};

}  // namespace arraigo
