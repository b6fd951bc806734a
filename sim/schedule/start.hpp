/// The whole start of a replicate: world, first jobs, ties, levels that later months refer to.
#pragma once
#include <string>

#include "init/setup.hpp"

namespace arraigo {

/// Builds the world as it stands before the scenario's first month, under the rules of the month before it, so that a measure
/// that begins at the start finds the same world as one that never begins.
void build_start(World& world, Setup const& setup, int replicate);

/// What the state after some months of the run depends on besides tables and replicate, as text: scenarios of the same text have
/// the same state then, and the same record until then, but for the programmes and service points that are yet to come, which
/// copy_world puts right. A measure belongs to it from its first month, and its last month once that has run: no phase looks
/// ahead. One that is yet to come belongs to it only where the programme or point that it will bring stands in the list before
/// another that is there already, whose number it moves.
[[nodiscard]] std::string history_key(Scenario const& scenario, int months);
/// That of the start, before the first month.
[[nodiscard]] std::string start_key(Scenario const& scenario);

/// The world of `setup` between two months, from that of a scenario of the same history_key then, same tables and replicate, in
/// the time of a copy. Only the rules may still name other programmes that are yet to come; each month sets them anew.
void copy_world(World& world, Setup const& setup, World const& other);

}  // namespace arraigo
