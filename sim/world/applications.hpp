/// The month's adverts and applications for jobs, and the room for putting them together by advert. Nothing here outlives its month
/// but the memory, which the next month finds in place.
#pragma once
#include <bit>
#include <cstdint>
#include <vector>

#include "world/codes.hpp"

namespace arraigo {

/// A firm that looks for somebody: all that an application reads of it, together in half a line of the cache.
struct alignas(32) Advert {
  std::uint64_t employer_id;
  std::uint32_t employer;   ///< row in Employers
  float distaste;
  std::uint16_t district;
  std::uint8_t sector;
  std::uint8_t wanted;      ///< bit k when it looks for skill k
  bool above_ten;           ///< workers
};

/// Adverts in the order of employers, and where an employer's stands: a quarter of firms have one.
struct Adverts {
  static constexpr std::size_t employers_per_word = 64;
  struct Word {
    std::uint64_t bits = 0;    ///< by employer: has an advert
    std::uint32_t before = 0;  ///< adverts of the words before
  };
  std::vector<Advert> all;
  std::vector<Word> words;

  /// Index of the employer's advert, or no_row.
  [[nodiscard]] std::uint32_t of(std::uint32_t employer) const {
    auto const& word = words[employer / employers_per_word];
    auto const bit = std::uint64_t{1} << (employer % employers_per_word);
    return (word.bits & bit) == 0 ? no_row : word.before + static_cast<std::uint32_t>(std::popcount(word.bits & (bit - 1)));
  }
  void clear() { all.clear(), words.clear(); }
};

struct Application {
  enum Channel : std::uint8_t { open_search, through_contact, employment_centre, job_fair, matching_service };
  std::uint32_t advert;
  std::uint32_t person;
  float score;
  std::uint32_t place;  ///< among the advert's applications, as they came in
  Skill skill;
  Channel channel;
  // Filled by the employer, of applications that are made with nothing there:
  bool offered;
  Activity contract;
  std::uint32_t wage_cents;
  float utility;  ///< what the offer is worth to the person
};

/// An application as its employer ranks it: with these together, an employer fetches only the applications that it weighs.
struct Bid {
  float score;
  std::uint32_t application;
};

/// In parts, each of some rows of Persons: those of one person stand together in one part.
struct Applications {
  Adverts adverts;
  std::vector<std::vector<Application>> parts;
  unsigned place_bits = 0;  ///< an application's index is its part, shifted by so many bits, and its place in it
  std::vector<std::uint32_t> first;  ///< by advert and one more: where its bids begin
  std::vector<Bid> bids;
  std::vector<std::uint32_t> asked;  ///< adverts that have any

  /// Forgets the month, not the memory.
  void clear() {
    adverts.clear();
    for (auto& part : parts) part.clear();
    first.clear(), bids.clear(), asked.clear();
  }
  [[nodiscard]] Application& operator[](std::uint32_t i) { return parts[i >> place_bits][i & ((1U << place_bits) - 1)]; }
  [[nodiscard]] Application const& operator[](std::uint32_t i) const { return parts[i >> place_bits][i & ((1U << place_bits) - 1)]; }
};

}  // namespace arraigo
