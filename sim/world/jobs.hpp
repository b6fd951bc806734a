/// Entering and leaving a job: the only places where employers' staff counts change, so that they always equal the sums
/// over employees. Safe to call for different persons at once: counts are integers, added atomically.
#pragma once
#include <cstdint>

#include "world/world.hpp"

namespace arraigo {

/// Whether the person counts as foreign under the hiring quota (foreign and not exempt as family of a national).
[[nodiscard]] bool counts_under_quota(Persons const& persons, std::size_t row);

void enter_job(World& world, std::uint32_t person, std::uint32_t employer, Activity contract, std::uint32_t wage_cents);
/// Leaves the job if there is one; the person is then unemployed.
void leave_job(World& world, std::uint32_t person);
/// Changes pay in the present job.
void set_wage(World& world, std::uint32_t person, std::uint32_t wage_cents);
/// Exempts a person from the quota from now on.
void exempt_from_the_quota(World& world, std::uint32_t person);
/// Departure: leaves job, places and household; the row is removed in January. Deaths are many, and do the same in two steps
/// (ageing and families).
void remove_person(World& world, std::uint32_t person);

}  // namespace arraigo
