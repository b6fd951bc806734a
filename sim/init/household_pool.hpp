/// Candidate households whose weights reproduce published margins: a pool drawn by simple rules of family structure and
/// reweighted by iterative proportional updating (Ye, Konduri, Pendyala, Sana, Waddell 2009, "A methodology to match
/// distributions of both household and person attributes in the generation of synthetic populations", TRB).
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "init/country.hpp"
#include "params/parameters.hpp"

namespace arraigo {

struct PoolMember {
  std::uint8_t age_band = 0;  ///< five-year bands, 16 is 80 and over
  Sex sex{};
};

inline constexpr std::size_t household_size_limit = 8;

struct PoolHousehold {
  std::uint8_t size = 0;
  bool single_parent = false;
  std::array<PoolMember, household_size_limit> members{};
};

class HouseholdPool {
 public:
  HouseholdPool() = default;
  /// Fits the pool of one origin ("host", "venezuelan", "other_foreign") to its age_sex, household_size and single_parent margins.
  HouseholdPool(Country const& country, std::string_view origin, Month start);

  /// The household at a quantile of 2^32: random bits give a random one, evenly spaced quantiles a systematic sample.
  [[nodiscard]] PoolHousehold const& at(std::uint32_t quantile) const;
  [[nodiscard]] double mean_size() const { return mean_size_; }
  /// How many people of the household that is under way are still to come, at a random place in a line of people that stand by
  /// household, for a uniform draw: with a line begun so, a stretch of n people holds n / mean_size() first members in the mean,
  /// however short it is (equilibrium renewal process; Cox 1962, "Renewal Theory", section 2.2).
  [[nodiscard]] double still_to_come(double uniform) const;

 private:
  std::vector<PoolHousehold> households_;
  std::vector<std::uint32_t> cumulative_;  ///< of 2^32
  double mean_size_ = 0;
  std::array<double, household_size_limit> larger_{};  ///< [s] share of households of more than s people
};

/// One pool per origin that has its own margins.
struct HouseholdPools {
  HouseholdPool host, venezuelan, other_foreign;
  HouseholdPools(Country const& country, Month start);
  [[nodiscard]] HouseholdPool const& of(Origin origin) const;
};

}  // namespace arraigo
