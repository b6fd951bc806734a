/// Which months of several scenarios are the same, so that they are computed once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "params/scenario.hpp"

namespace arraigo {

/// How many months from the start two scenarios have in common (see known_measures), at most those of the shorter one; 0: the start
/// alone; -1: not even that.
[[nodiscard]] int shared_months(Scenario const& a, Scenario const& b);

/// Leaves the trunk after its first `months` months and goes on by itself.
struct Branch {
  std::size_t scenario = 0;
  int months = 0;
};

/// A scenario that is run from its start, and those that go on from its months. One copy of the world at a time is enough: a
/// branch runs to its end before the trunk goes on.
struct Trunk {
  std::size_t scenario = 0;
  std::vector<Branch> branches;  ///< in the order in which they leave
};

/// Each scenario in one trunk: alone, or with those that have at least the start in common with it. The trunk is the one from
/// which the most months can be taken over. Trunks stand in the order of their first scenarios. The scenarios are of the same
/// tables, and so are those whose decisions they may follow.
[[nodiscard]] std::vector<Trunk> plan_trunks(std::span<Scenario const* const> scenarios);

/// Each by itself.
[[nodiscard]] std::vector<Trunk> without_branches(std::size_t scenarios);

/// Months of one replicate that are taken over instead of being computed.
[[nodiscard]] std::int64_t months_taken_over(Trunk const& trunk);

}  // namespace arraigo
