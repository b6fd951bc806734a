/// The whole start of a replicate: world, first jobs, ties, levels that later months refer to.
#pragma once
#include <string>

#include "init/setup.hpp"

namespace arraigo {

/// Builds the world as it stands before the scenario's first month, under the rules of the month before it, so that a measure
/// that begins at the start finds the same world as one that never begins.
void build_start(World& world, Setup const& setup, int replicate);

/// What the start depends on besides tables and replicate, as text: scenarios of the same text have the same start but for the
/// programmes and service points that are yet to come, which copy_start puts right.
[[nodiscard]] std::string start_key(Scenario const& scenario);

/// The start of `setup` from one that was built for a scenario of the same start_key, same tables and replicate: what build_start
/// makes, in the time of a copy. Only the rules may still name other programmes that are yet to come; each month sets them anew.
void copy_start(World& world, Setup const& setup, World const& built);

}  // namespace arraigo
