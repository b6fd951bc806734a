/// The synthetic population against the published margins that it was built to match.
#pragma once
#include <string>
#include <vector>

#include "init/country.hpp"
#include "params/scenario.hpp"

namespace arraigo {

struct MarginCheck {
  std::string margin;     ///< "age_sex", "status", ...
  std::string origin;     ///< "host", "venezuelan", "other_foreign", "firms"
  std::string key;        ///< "25-29 female"
  double target = 0;      ///< share, or people for margins in people
  double synthetic = 0;   ///< same unit
  std::int64_t agents = 0;  ///< agents behind the synthetic figure's denominator
  std::string unit;
  std::string source;     ///< as the table cites it, or how the target was made
  std::string source_es = {};  ///< how the target was made, in Spanish; empty: the table's citation holds
};

/// Builds the population of `replicate` and compares every margin. Sorted by margin, origin, key as the tables have them.
[[nodiscard]] std::vector<MarginCheck> check_margins(Scenario const& scenario, Country const& country, int replicate);

}  // namespace arraigo
