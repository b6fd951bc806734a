/// Who comes first in a line at a counter.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/random.hpp"
#include "world/world.hpp"

namespace arraigo {

/// The month's lot of a point, for a fraction of an agent among the places kept for groups with priority.
inline std::uint32_t priority_lot(World const& world, ServicePoint const& point) {
  return point.priority.groups == 0 ? 0 : draw_block(world.stream, Purpose::rounding, mix(point.table_row, static_cast<std::uint64_t>(point.service), 1))[0];
}

/// Puts the `served` of the line who come next at its front, in no order: who belongs to the groups with priority (is_member) up
/// to the share of places kept for them, whose fraction is rounded by the lot, then all in the order of `<`. Only who stands on
/// which side of the last place matters, so that nothing is sorted.
template <class InLine, class IsMember>
void put_served_first(std::span<InLine> line, std::size_t served, Priority const& priority, std::uint32_t lot, IsMember const& is_member) {
  if (served >= line.size()) return;
  auto first_left = line.begin();
  if (priority.groups != 0 && served > 0) {
    auto const members = std::partition(line.begin(), line.end(), is_member);
    first_left += std::min<std::ptrdiff_t>(members - line.begin(), keyed_round(priority.reserved_share * static_cast<double>(served), lot));
    std::nth_element(line.begin(), first_left, members);
  }
  std::nth_element(first_left, line.begin() + static_cast<std::ptrdiff_t>(served), line.end());
}

}  // namespace arraigo
