/// The whole start of a replicate: world, first jobs, ties, levels that later months refer to.
#pragma once
#include "init/setup.hpp"

namespace arraigo {

/// Builds the world as it stands before the scenario's first month, under the rules of the month before it, so that a measure
/// that begins at the start finds the same world as one that never begins.
void build_start(World& world, Setup const& setup, int replicate);

}  // namespace arraigo
