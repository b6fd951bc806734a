/// Rows that will be read soon, far apart from each other: asked for before they are needed, so that memory brings many at once
/// instead of one after the other. A loop that asks, then one that reads: results are the same with and without.
#pragma once
#include <cstdint>

namespace arraigo {

/// Asks for the line of the cache that holds each address. Any address will do: none is read.
template <class... T>
inline void prefetch(T const*... address) {
#ifdef __GNUC__
  (__builtin_prefetch(address), ...);
  // An effect for g++ to see: a function that only asks for lines looks to it as if it did nothing, and its calls were left out.
  asm volatile("");
#else
  (static_cast<void>(address), ...);
#endif
}

/// A row, or the first one where there is none: an address to ask for, without a branch that chance decides.
[[nodiscard]] constexpr std::uint32_t row_or_first(std::uint32_t row, bool wanted = true) { return row & (0U - static_cast<std::uint32_t>((row != 0xffffffffU) & wanted)); }

}  // namespace arraigo
