/// What a month must at least move between memory and processor: the columns that each phase streams whole. With the
/// machine's bandwidth it is the roofline of the month.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "world/world.hpp"

namespace arraigo::bench {

enum class Entity : std::uint8_t { persons, migrants, households, employers };

/// A column that a phase goes through from end to end.
struct StreamedColumn {
  Entity entity;
  std::size_t bytes_per_row;  ///< read and written
};

struct PhaseTraffic {
  std::string_view phase;  ///< as in schedule()
  std::vector<StreamedColumn> columns;
};

/// One entry for each phase of the schedule, in its order. A column stands there once however often the phase reads it, and
/// where the phase touches every row, or in every stretch of a cache line some row, whatever the month brings under the
/// baseline. What a phase visits here and there (by the month's lots, by queues, by a reference to another table) is left
/// out, and so are its own lists and tables and the record: the bytes are a lower bound, so that the speed that follows
/// from them is an upper bound, and the fraction of it that was reached is understated, never overstated.
[[nodiscard]] std::vector<PhaseTraffic> const& month_traffic();

/// Bytes that the phase must move in a month of this world: each byte read or written counts once, as STREAM counts.
[[nodiscard]] double bytes_of(PhaseTraffic const& phase, World const& world);

/// Bytes of all columns of the agents.
[[nodiscard]] double column_bytes(World const& world);

}  // namespace arraigo::bench
