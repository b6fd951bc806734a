/// Distance as people meet it: travel minutes over the district network (Boost.Graph), access to service points, and the
/// fixed table from which job seekers draw employers.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <boost/graph/adjacency_list.hpp>

#include "core/prefetch.hpp"
#include "params/districts.hpp"
#include "params/parameters.hpp"
#include "world/codes.hpp"

namespace arraigo {

inline constexpr float unreachable_minutes = 1e9F;

/// Immutable to whoever uses it, shared by all replicates of a scenario.
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
  /// Travel minutes from one district of the country (table row) to each of the run, unreachable_minutes where there is no way.
  /// Found when first asked for, by any thread, and kept: every replicate asks for the same districts.
  [[nodiscard]] std::span<float const> minutes_from(std::uint16_t source) const;
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
  std::unique_ptr<std::once_flag[]> found_;                ///< by table row
  mutable std::vector<std::vector<float>> minutes_from_;   ///< the same; empty until found
};

struct Employers;

/// An entry of an alias table: kept while the lot's fraction is below its cut, else its other is taken.
struct Alias {
  std::uint32_t cut = 0, other = 0;
};

/// Entry of a table of n that 32 random bits point at, and the fraction that decides between it and its other.
struct AliasLot {
  std::uint32_t entry = 0, fraction = 0;
  AliasLot(std::uint64_t n, std::uint32_t bits) : entry(static_cast<std::uint32_t>(bits * n >> 32)), fraction(static_cast<std::uint32_t>(bits * n)) {}
};

/// A seeker's draw of an employer: first the district where the job is (by jobs and travel time), then the firm (by its size
/// at the start). Built once from the initial firms, so that nobody's hiring reshuffles anybody's draws.
class JobDirectory {
 public:
  void build(Geography const& geography, Employers const& employers, double minutes_scale);
  /// The employer row for a seeker of `district` from two 32-bit draws; no_row when the zone has no employer.
  [[nodiscard]] std::uint32_t draw(std::size_t district, std::uint32_t place_bits, std::uint32_t firm_bits) const {
    auto const lot = lot_of(district, place_bits, firm_bits);
    return lot.employer == no_row ? no_row : employer(lot);
  }
  /// The same in two steps: the employer that a lot points at is either its own or the other one of that entry. What is asked of
  /// both can be kept by entry and asked first, with a look at the cuts alone.
  struct Lot {
    std::uint32_t employer, fraction;
  };
  [[nodiscard]] Lot lot_of(std::size_t district, std::uint32_t place_bits, std::uint32_t firm_bits) const {
    std::size_t const first = place_first_[district], n = place_first_[district + 1] - first;
    if (n == 0) return {no_row, 0};
    AliasLot const place(n, place_bits);
    auto const& entry = places_[first + place.entry];
    // Chosen by a mask: chance decides, so that a branch would be mispredicted every other time.
    std::uint32_t const keep = 0U - static_cast<std::uint32_t>(place.fraction < entry.cut);
    std::size_t const d = place_district_[first + ((place.entry & keep) | (entry.other & ~keep))];
    AliasLot const firm(firm_first_[d + 1] - firm_first_[d], firm_bits);
    return {firm_first_[d] + firm.entry, firm.fraction};
  }
  /// Whether that is the entry's own. The highest byte of the cut nearly always tells, and stays nearer than the table.
  [[nodiscard]] bool is_own(Lot lot) const {
    std::uint32_t const fraction = lot.fraction >> 24U, cut = firm_cuts_[lot.employer];
    if (fraction == cut) [[unlikely]] return lot.fraction < firm_whole_cuts_[lot.employer];
    return fraction < cut;
  }
  [[nodiscard]] std::uint32_t employer(Lot lot) const {
    std::uint32_t const keep = 0U - static_cast<std::uint32_t>(is_own(lot));  // as above
    return (lot.employer & keep) | (firm_others_[lot.employer & ~keep] & ~keep);
  }
  [[nodiscard]] std::uint32_t other(std::size_t employer) const { return firm_others_[employer]; }
  /// Asks for what is_own() will read of an entry, and employer() of a lot.
  void prefetch_cut(std::uint32_t entry) const { prefetch(firm_cuts_.data() + entry); }
  void prefetch_employer(Lot lot) const { prefetch(firm_others_.data() + (is_own(lot) ? 0 : lot.employer)); }
  [[nodiscard]] std::size_t bytes() const;

 private:
  // Alias tables: of the districts within reach of each district, and of the employers of each.
  std::vector<std::uint32_t> place_first_, firm_first_;  ///< by district
  std::vector<Alias> places_;  ///< others: within the district's places
  // The firms' table in columns, which are read one without the others.
  std::vector<std::uint32_t> firm_others_, firm_whole_cuts_;  ///< others: rows
  std::vector<std::uint8_t> firm_cuts_;  ///< highest bytes
  std::vector<std::uint16_t> place_district_;
};

}  // namespace arraigo
