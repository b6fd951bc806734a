/// What one group of people adds up to while a thread counts: a counter of one byte for each series, one for the people seen, and
/// two sums of cents, together a line of the cache. Who is counted is a word with a bit for each counter.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define ARRAIGO_WIDE_CELLS __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi2")))
#endif

#include "record/series.hpp"

namespace arraigo {

inline constexpr std::size_t pay_sums = 2;

struct alignas(64) Cell {
  /// What a person adds: bits of the series with a code, `seen_bit`, and from `first_holding` on those of Holding; and cents.
  struct Counts {
    std::uint64_t bits, cents, payroll_cents;
  };
  static constexpr std::size_t seen_word = coded_series_limit / 8, holding_word = seen_word + 1, cents_word = holding_word + holding_count / 8;
  static constexpr unsigned seen_bit = 8 * seen_word, first_holding = 8 * holding_word;
  using Pair = std::uint64_t __attribute__((vector_size(16)));  ///< two words, which every processor adds at once
  std::array<Pair, (cents_word + pay_sums) / 2> pairs{};
  [[nodiscard]] std::uint64_t word(std::size_t w) const { return pairs[w / 2][w % 2]; }
  [[nodiscard]] std::uint64_t seen() const { return word(seen_word); }  ///< at 255 the cell has to be emptied
};
static_assert(sizeof(Cell) == 64 && Cell::cents_word == 6 && Cell::first_holding == 32);

namespace detail {
constexpr std::array<std::uint64_t, 256> bytes_of_bits() {
  std::array<std::uint64_t, 256> all{};
  for (std::size_t bits = 0; bits < all.size(); ++bits)
    for (unsigned k = 0; k < 8; ++k) all[bits] |= static_cast<std::uint64_t>(bits >> k & 1U) << (8 * k);
  return all;
}
inline constexpr auto bytes_of = bytes_of_bits();  ///< a byte for each bit
}  // namespace detail

/// Adds a person to a cell, on any processor.
struct NarrowCells {
  static void add(Cell& cell, Cell::Counts const& one) {
    auto const bytes = [&](std::size_t word) { return detail::bytes_of[one.bits >> (8 * word) & 0xffU]; };
    for (std::size_t p = 0; p < Cell::cents_word / 2; ++p) cell.pairs[p] += Cell::Pair{bytes(2 * p), bytes(2 * p + 1)};
    cell.pairs.back() += Cell::Pair{one.cents, one.payroll_cents};
  }
};

/// The same where the processor has vectors of 64 bytes: the bits are a mask of bytes, and the cell is one vector. Recording took 0.84
/// of the time that it takes with NarrowCells (all of Peru at one agent for two people, two threads).
struct WideCells {
#ifdef ARRAIGO_WIDE_CELLS
  [[nodiscard]] static bool can() { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2"); }
  ARRAIGO_WIDE_CELLS static void add(Cell& cell, Cell::Counts const& one) {
    __m128i const cents = _mm_set_epi64x(static_cast<long long>(one.payroll_cents), static_cast<long long>(one.cents));
    __m512i const more = _mm512_inserti64x2(_mm512_maskz_set1_epi8(one.bits, 1), cents, 3);  // bits stand for the first 48 bytes only
    _mm512_store_si512(&cell, _mm512_add_epi64(_mm512_load_si512(&cell), more));
  }
#else
#define ARRAIGO_WIDE_CELLS
  [[nodiscard]] static bool can() { return false; }
  static void add(Cell& cell, Cell::Counts const& one) { NarrowCells::add(cell, one); }
#endif
};

}  // namespace arraigo
