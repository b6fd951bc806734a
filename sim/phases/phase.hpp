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
[[nodiscard]] inline double logit(double p) { return std::log(p / (1 - p)); }

}  // namespace arraigo
