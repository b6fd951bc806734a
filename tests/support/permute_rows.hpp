/// Worlds that are the same but for the order of their rows, or for one person more.
#pragma once
#include <cstdint>

#include "init/setup.hpp"
#include "world/world.hpp"

namespace arraigo::tests {

/// Shuffles households with their members (ranges stay contiguous) and migrants; remaps every reference. For a world
/// without late arrivals: the start, or a January. `members_too` also shuffles the members inside each household.
void permute_rows(World& world, std::uint64_t key, bool members_too);

/// Appends a household of one inert person, outside every market and denominator; a foreigner gets a row of Migrants
/// with the permit. Returns the row of the person.
std::uint32_t add_inert_person(World& world, std::uint64_t id, Origin origin, Permit permit = Permit::national);

/// The state's hash as if the person had never been there.
std::uint64_t hash_without(World const& world, std::uint64_t id);

}  // namespace arraigo::tests
