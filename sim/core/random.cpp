#include "core/random.hpp"

#include <numbers>

#include <Random123/threefry.h>

#include "core/wide.hpp"

namespace arraigo {
namespace {

r123::Threefry4x32::key_type key_of(Stream const& stream, Purpose purpose) {
  return {{static_cast<std::uint32_t>(stream.seed), static_cast<std::uint32_t>(stream.seed >> 32), stream.replicate,
           static_cast<std::uint32_t>(purpose)}};
}

/// One loop for both kinds of month, inlined into each of the functions that the processor's width is chosen for.
template <class MonthAt>
[[gnu::always_inline]] inline void fill_blocks(r123::Threefry4x32::key_type const key, std::span<std::uint64_t const> identities, MonthAt const& month_at,
                                               std::array<std::uint32_t*, 4> const& out, std::uint32_t index) {
  std::uint64_t const* const id = identities.data();
  std::size_t const n = identities.size();
  std::uint32_t* __restrict const o0 = out[0];
  std::uint32_t* __restrict const o1 = out[1];
  std::uint32_t* __restrict const o2 = out[2];
  std::uint32_t* __restrict const o3 = out[3];
  // Threefry's rounds written over plain words: the library's call returns a struct that keeps g++ 12 from vectorising.
  std::uint32_t const k0 = key.v[0], k1 = key.v[1], k2 = key.v[2], k3 = key.v[3];
  std::uint32_t const k4 = 0x1BD11BDAU ^ k0 ^ k1 ^ k2 ^ k3;
  std::uint32_t const ks[5] = {k0, k1, k2, k3, k4};
  constexpr unsigned rotation[8][2] = {{10, 26}, {11, 21}, {13, 27}, {23, 5}, {6, 20}, {17, 11}, {25, 10}, {18, 20}};
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t x0 = static_cast<std::uint32_t>(id[i]) + k0;
    std::uint32_t x1 = static_cast<std::uint32_t>(id[i] >> 32) + k1;
    std::uint32_t x2 = month_at(i) + k2;
    std::uint32_t x3 = index + k3;
#pragma GCC unroll 20
    for (unsigned r = 0; r < 20; ++r) {
      unsigned const a = rotation[r % 8][0], b = rotation[r % 8][1];
      if (r % 2 == 0) {
        x0 += x1;
        x1 = (x1 << a) | (x1 >> (32 - a));
        x1 ^= x0;
        x2 += x3;
        x3 = (x3 << b) | (x3 >> (32 - b));
        x3 ^= x2;
      } else {
        x0 += x3;
        x3 = (x3 << a) | (x3 >> (32 - a));
        x3 ^= x0;
        x2 += x1;
        x1 = (x1 << b) | (x1 >> (32 - b));
        x1 ^= x2;
      }
      if (r % 4 == 3) {
        unsigned const s = r / 4 + 1;
        x0 += ks[s % 5];
        x1 += ks[(s + 1) % 5];
        x2 += ks[(s + 2) % 5];
        x3 += ks[(s + 3) % 5] + s;
      }
    }
    o0[i] = x0;
    o1[i] = x1;
    o2[i] = x2;
    o3[i] = x3;
  }
}

}  // namespace

Block draw_block(Stream const& stream, Purpose purpose, std::uint64_t identity, std::uint32_t index) {
  auto const r = threefry4x32_R(20,
                                {{static_cast<std::uint32_t>(identity), static_cast<std::uint32_t>(identity >> 32),
                                  month_word(stream.month), index}},
                                key_of(stream, purpose));
  return {r.v[0], r.v[1], r.v[2], r.v[3]};
}

ARRAIGO_WIDE void draw_blocks(Stream const& stream, Purpose purpose, std::span<std::uint64_t const> identities,
                              std::array<std::uint32_t*, 4> const& out, std::uint32_t index) {
  fill_blocks(key_of(stream, purpose), identities, [month = month_word(stream.month)](std::size_t) { return month; }, out, index);
}

ARRAIGO_WIDE void draw_blocks(Stream const& stream, Purpose purpose, std::span<std::uint64_t const> identities, std::span<std::uint32_t const> months,
                              std::array<std::uint32_t*, 4> const& out, std::uint32_t index) {
  fill_blocks(key_of(stream, purpose), identities, [month = months.data()](std::size_t i) { return month[i]; }, out, index);
}

Draws::Draws(Stream const& stream, Purpose purpose, std::uint64_t identity, std::uint64_t salt)
    : Draws(stream, purpose, mix(identity, salt)) {}

double normal_of(std::uint32_t first, std::uint32_t second) {
  double const radius = std::sqrt(-2.0 * std::log(uniform_of(first)));
  return radius * std::cos(2.0 * std::numbers::pi * uniform_of(second));
}

}  // namespace arraigo
