/// Random draws as pure functions of (seed, replicate, purpose, identity, month, draw index): a counter-based generator
/// (Threefry-4x32-20: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11; Random123). No state is
/// kept, so the draws do not depend on threads, order or on what anybody else drew.
#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/month.hpp"

namespace arraigo {

/// What a draw is for. Append only: a purpose's number is part of every published result.
enum class Purpose : std::uint32_t {
  population = 1,
  household_sample,
  migrant_sample,
  person_traits,
  firm_traits,
  first_job,
  first_status,
  ties,
  arrivals,
  departure,
  move,
  family,
  newborn,
  participation,
  news,
  felt_discrimination,
  programme_taste,
  application,
  case_order,
  decision,
  collection,
  service_request,
  service_order,
  service_outcome,
  separation,
  vacancy,
  search,
  contact_search,
  service_search,
  fair_search,
  hire,
  ranking,
  wage,
  own_account,
  employer_knowledge,
  rounding,
  pick,
  permutation,
  domicile,
  asylum,
  quota_compliance,
  first_service,
  training,
  nature,
  month_lots,
  quota_rounding,
  place_rounding,
  reach,
  need_kind,
  person_group,
  inspection,
  formalise,
  exploitation,
  matching_service,
  enforcement,
  cash,
  school_leaving,
  support,
  referral,
  parameters,
  dismissal,
  tax_number,
};

/// Which run and month draws belong to.
struct Stream {
  std::uint64_t seed = 0;
  std::uint32_t replicate = 0;
  Month month{};
};

using Block = std::array<std::uint32_t, 4>;

/// The `index`-th block of four 32-bit draws of `identity` for `purpose` in the stream's month.
[[nodiscard]] Block draw_block(Stream const& stream, Purpose purpose, std::uint64_t identity, std::uint32_t index = 0);

/// Blocks of many identities at once: draw k of identities[i] in out[k][i]. Vectorised; the bits are those of draw_block.
void draw_blocks(Stream const& stream, Purpose purpose, std::span<std::uint64_t const> identities,
                 std::array<std::uint32_t*, 4> const& out, std::uint32_t index = 0);

/// The same of identities that each draw in a month of their own (month_word).
void draw_blocks(Stream const& stream, Purpose purpose, std::span<std::uint64_t const> identities, std::span<std::uint32_t const> months,
                 std::array<std::uint32_t*, 4> const& out, std::uint32_t index = 0);
[[nodiscard]] constexpr std::uint32_t month_word(Month month) { return static_cast<std::uint32_t>(static_cast<std::int32_t>(month.index)); }

/// A probability as a threshold on a 32-bit draw: `bits < threshold` has that probability to within 2^-32.
[[nodiscard]] constexpr std::uint64_t threshold_of(double probability) {
  return probability <= 0 ? 0 : probability >= 1 ? (1ULL << 32) : static_cast<std::uint64_t>(probability * 4294967296.0);
}
[[nodiscard]] constexpr double uniform_of(std::uint32_t bits) { return (bits + 0.5) * (1.0 / 4294967296.0); }

/// Blocks of up to N identities drawn at once, each with a tag that says whose they are.
template <std::size_t N>
class DrawBatch {
 public:
  DrawBatch() {}  // leaves the arrays as they are: what has not been added is not read
  void clear() { n_ = 0; }
  /// Counts the entry only if `wanted`: where that is decided by chance, a branch would be mispredicted.
  void add(std::uint64_t identity, std::uint32_t tag, bool wanted = true) {
    identities_[n_] = identity;
    tags_[n_] = tag;
    n_ += wanted ? 1 : 0;
  }
  void draw(Stream const& stream, Purpose purpose) {
    draw_blocks(stream, purpose, std::span(identities_).first(n_), {words_[0].data(), words_[1].data(), words_[2].data(), words_[3].data()});
  }
  [[nodiscard]] std::size_t size() const { return n_; }
  [[nodiscard]] std::uint32_t tag(std::size_t i) const { return tags_[i]; }
  [[nodiscard]] std::uint32_t word(std::size_t k, std::size_t i) const { return words_[k][i]; }

 private:
  std::size_t n_ = 0;
  std::array<std::uint64_t, N> identities_;
  std::array<std::uint32_t, N> tags_;
  std::array<std::array<std::uint32_t, N>, 4> words_;
};

/// A standard normal value from two draws (Box-Muller, one value a pair).
[[nodiscard]] double normal_of(std::uint32_t first, std::uint32_t second);

/// Draws of one identity, taken in order.
class Draws {
 public:
  Draws(Stream const& stream, Purpose purpose, std::uint64_t identity) : stream_(stream), purpose_(purpose), identity_(identity) {}
  /// Draws of one identity about another one or about a fixed matter (`salt`), such as a programme.
  Draws(Stream const& stream, Purpose purpose, std::uint64_t identity, std::uint64_t salt);

  std::uint32_t bits() {
    if (next_ == 4) {
      block_ = draw_block(stream_, purpose_, identity_, index_++);
      next_ = 0;
    }
    return block_[next_++];
  }
  double uniform() { return uniform_of(bits()); }  ///< in (0, 1)
  bool bernoulli(double probability) { return bits() < threshold_of(probability); }
  double exponential() { return -std::log(uniform()); }
  double gumbel() { return -std::log(exponential()); }
  double normal() {
    auto const first = bits();
    return normal_of(first, bits());
  }
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>((static_cast<std::uint64_t>(bits()) * n) >> 32); }

 private:
  Stream stream_;
  Purpose purpose_;
  std::uint64_t identity_;
  std::uint32_t index_ = 0;
  unsigned next_ = 4;
  Block block_{};
};

/// Draws that hold for the whole run: tastes and traits drawn once per identity.
[[nodiscard]] inline Stream for_life(Stream stream) {
  stream.month = Month{-1};
  return stream;
}

/// 64-bit mixing (the finaliser of SplitMix64, Steele et al. 2014): builds identities and state hashes, never draws.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return mix(mix(a) ^ (b + 0x632be59bd9b4e019ULL)); }
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c) { return mix(mix(a, b), c); }

/// What tells one replicate from another where `mix` stands for a draw for life: identities are the same in all of them.
[[nodiscard]] constexpr std::uint64_t key_of_life(Stream const& stream) { return mix(stream.seed, stream.replicate); }

/// 64 bits as a number of [0, 1): of `mix`, what belongs to a person or firm for life.
[[nodiscard]] constexpr double unit_of(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

/// A whole number whose expectation is `amount` (>= 0): the floor, plus one with the fraction's probability.
[[nodiscard]] inline std::int64_t keyed_round(double amount, std::uint32_t bits) {
  double const whole = std::floor(amount);
  return static_cast<std::int64_t>(whole) + (bits < threshold_of(amount - whole) ? 1 : 0);
}

}  // namespace arraigo
