/// Rows of one block to whom something might happen, one byte each. A test that is the same for all rows is made for many at
/// once; what depends on more is asked of few.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "core/parallel.hpp"

namespace arraigo {

class RowMask {
 public:
  RowMask() {}  // leaves the bytes as they are: set() writes those that are read
  /// Asks test(i) of rows i = 0 to n - 1 of the block. Without branches in it the compiler makes many at once.
  template <class Test>
  void set(std::size_t n, Test const& test) {
    for (std::size_t i = 0; i < n; ++i) rows_[i] = static_cast<std::uint8_t>(test(i));
    std::fill(rows_.begin() + static_cast<std::ptrdiff_t>(n), rows_.begin() + static_cast<std::ptrdiff_t>((n + 7) / 8 * 8), std::uint8_t{0});
    n_ = n;
  }
  /// Keeps rows besides those set for which test(i) holds.
  template <class Test>
  void add(Test const& test) {
    for (std::size_t i = 0; i < n_; ++i) rows_[i] |= static_cast<std::uint8_t>(test(i));
  }
  /// Calls f(i) for the rows that are set, in order.
  template <class F>
  void for_each(F const& f) const {
    for (std::size_t from = 0; from < n_; from += 8) {
      std::uint64_t eight;
      std::memcpy(&eight, rows_.data() + from, sizeof eight);
      for (; eight != 0; eight &= eight - 1) f(from + static_cast<std::size_t>(std::countr_zero(eight)) / 8);
    }
  }

 private:
  std::size_t n_ = 0;
  alignas(8) std::array<std::uint8_t, rows_per_block> rows_;
};

}  // namespace arraigo
