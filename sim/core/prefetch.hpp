/// Rows that will be read soon, far apart from each other: asked for before they are needed, so that memory brings many at once
/// instead of one after the other. A loop that asks, then one that reads: results are the same with and without.
#pragma once

namespace arraigo {

/// Asks for the line of the cache that holds each address. Any address will do: none is read.
template <class... T>
inline void prefetch(T const*... address) {
#ifdef __GNUC__
  (__builtin_prefetch(address), ...);
#else
  (static_cast<void>(address), ...);
#endif
}

}  // namespace arraigo
