/// Parallel loops over rows. Blocks have a fixed size, never one that depends on the number of threads.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

namespace arraigo {

constexpr std::size_t rows_per_block = 1024;

/// Calls f(first, last) on blocks of at most rows_per_block rows, in parallel. Isolated: a thread that waits here does not
/// take up another replicate meanwhile, so that memory stays bounded.
template <class F>
void for_blocks(std::size_t rows, F const& f) {
  std::size_t const blocks = (rows + rows_per_block - 1) / rows_per_block;
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, blocks), [&](tbb::blocked_range<std::size_t> const& range) {
      for (std::size_t b = range.begin(); b != range.end(); ++b)
        f(b * rows_per_block, std::min(rows, (b + 1) * rows_per_block));
    });
  });
}

/// Calls f(i) for i in [0, n), in parallel, one task each.
template <class F>
void for_each_index(std::size_t n, F const& f) {
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, n, 1), [&](tbb::blocked_range<std::size_t> const& range) {
      for (std::size_t i = range.begin(); i != range.end(); ++i) f(i);
    });
  });
}

/// Parts of several blocks, for what blocks find and list: a list for each part, where one for each block would be many short ones,
/// whose memory costs more than what they hold.
constexpr std::size_t blocks_per_part = 8;
[[nodiscard]] constexpr std::size_t parts_of(std::size_t blocks) { return (blocks + blocks_per_part - 1) / blocks_per_part; }

/// Calls f(part, first, last) for each part of some blocks, which it does one after the other, in parallel.
template <class F>
void for_parts(std::size_t blocks, F const& f) {
  for_each_index(parts_of(blocks), [&](std::size_t part) { f(part, part * blocks_per_part, std::min(blocks, (part + 1) * blocks_per_part)); });
}

/// Adds to an integer that several rows share. Integer sums are the same in any order.
template <class T>
void add_shared(T& cell, T amount) {
  std::atomic_ref<T>(cell).fetch_add(amount, std::memory_order_relaxed);
}

/// Sets or clears bits of an integer that several rows share: also the same in any order.
template <class T>
void set_shared(T& cell, T bits) {
  std::atomic_ref<T>(cell).fetch_or(bits, std::memory_order_relaxed);
}
template <class T>
void clear_shared(T& cell, T bits) {
  std::atomic_ref<T>(cell).fetch_and(static_cast<T>(~bits), std::memory_order_relaxed);
}

}  // namespace arraigo
