/// What every monthly phase may read besides the world. A phase is a free function void(World&, Setup const&); its file's
/// header comment says what it reads, writes and draws.
#pragma once
#include <cmath>

#include "core/parallel.hpp"
#include "init/setup.hpp"
#include "world/jobs.hpp"
#include "world/world.hpp"

namespace arraigo {

using Phase = void (*)(World&, Setup const&);

[[nodiscard]] inline double logistic(double x) { return 1 / (1 + std::exp(-x)); }
/// The probability whose odds are `factor` times those of `p`; what is certain stays so.
[[nodiscard]] inline double with_odds_times(double p, double factor) {
  if (p >= 1) return 1;
  double const odds = p / (1 - p) * factor;
  return odds / (1 + odds);
}
[[nodiscard]] inline double logit(double p) { return std::log(p / (1 - p)); }

}  // namespace arraigo
