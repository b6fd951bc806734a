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
    for (std::size_t i = 0; i < n; ++i) rows_[i] = static_cast<bool>(test(i)) ? 1 : 0;
    std::fill(rows_.begin() + static_cast<std::ptrdiff_t>(n), rows_.begin() + static_cast<std::ptrdiff_t>((n + 63) / 64 * 64), std::uint8_t{0});
    n_ = n;
  }
  /// Keeps rows besides those set for which test(i) holds.
  template <class Test>
  void add(Test const& test) {
    for (std::size_t i = 0; i < n_; ++i) rows_[i] |= static_cast<std::uint8_t>(static_cast<bool>(test(i)) ? 1 : 0);
  }
  /// Calls f(i) for the rows that are set, in order. They are gone through by the bits of 64 rows at once: by the bytes of eight,
  /// whose end is mispredicted more often, drawing the lots took 1.3 times as long.
  template <class F>
  void for_each(F const& f) const {
    for (std::size_t from = 0; from < n_; from += 64) {
      std::uint64_t bits = 0;
      for (std::size_t k = 0; k < 64; k += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, rows_.data() + from + k, sizeof eight);
        bits |= (eight * 0x0102040810204080ULL >> 56U) << k;  // the product's highest byte has bit i from byte i: bytes are 0 or 1
      }
      for (; bits != 0; bits &= bits - 1) f(from + static_cast<std::size_t>(std::countr_zero(bits)));
    }
  }

 private:
  std::size_t n_ = 0;
  static_assert(rows_per_block % 64 == 0);
  alignas(8) std::array<std::uint8_t, rows_per_block> rows_;
};

}  // namespace arraigo
