/// The whole start of a replicate: world, first jobs, ties, levels that later months refer to.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "init/setup.hpp"

namespace arraigo {

/// Builds the world as it stands before the scenario's first month, under the rules of the month before it, so that a measure
/// that begins at the start finds the same world as one that never begins.
void build_start(World& world, Setup const& setup, int replicate);

/// What the start depends on besides tables and replicate, as text: scenarios of the same text have the same start but for the
/// programmes and service points that are yet to come, which copy_world puts right.
[[nodiscard]] std::string start_key(Scenario const& scenario);

/// What the state after the run's first months depends on besides the start: scenarios of the same start_key and the same known
/// measures have the same state then, and the same record until then, again but for what copy_world puts right. A measure is
/// known from its first month, and its last month once that has run: no phase looks ahead. One that is yet to come is known only
/// where the programme or point that it will bring stands in the list before another that is there already, whose number it
/// moves. None has a title or an id.
[[nodiscard]] std::vector<Measure> known_measures(Scenario const& scenario, int months);
[[nodiscard]] bool same_measures(std::span<Measure const> a, std::span<Measure const> b);

/// The world of `setup` between two months, from that of a scenario of the same history, tables and replicate, in the time of a
/// copy. Only the rules may still name other programmes that are yet to come; each month sets them anew.
void copy_world(World& world, Setup const& setup, World const& other);

}  // namespace arraigo
