/// What a person would earn: segment, schooling, sex, origin, sector, place and a personal effect drawn once for life.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "world/tables.hpp"

namespace arraigo {

enum class Segment : std::uint8_t { formal, informal, own_account };

/// Relative pay by attribute and the level per segment and kind of zone (0 capital, 1 rest), base-year soles a month.
struct PayTable {
  std::array<double, education_count> education{};  ///< relative to secondary
  double unrecognised_share = 0.4;                  ///< of the premium that an unrecognised degree still earns
  double woman = 0.8;
  std::array<double, 2> migrant{};                  ///< Venezuelan relative to a like host, capital and rest
  std::array<double, sector_limit> sector{};
  double personal_sd = 0.35;                        ///< of the log of the personal effect
  std::array<std::array<double, 2>, 3> level{};
  double business_support_gain = 0;

  /// Relative to `level`: everything about the person and the job but segment and place. Needs tabulate() since the last
  /// change of what stands above.
  [[nodiscard]] double relative(Persons const& persons, std::size_t row, std::uint8_t sector_code, bool rest) const {
    return attributes_[rest ? 1 : 0][persons.traits[row] & Persons::attribute_bits] * sector[sector_code] *
           personal_[persons.talent[row]];
  }
  void tabulate();

 private:
  static constexpr std::size_t talent_classes = 256;
  std::array<std::array<double, Persons::attribute_bits + 1>, 2> attributes_{};  ///< [capital, rest][attributes]
  std::array<double, talent_classes> personal_{};  ///< lognormal with mean 1, at the middle of each quantile class
};

/// Job skill for which a person competes: an unrecognised degree does not open the highest.
[[nodiscard]] inline Skill skill_of(Persons const& persons, std::size_t row) {
  // By education and, above it, whether the degree is recognised; a branch would be mispredicted at every other person.
  constexpr std::array<Skill, 2 * education_count> skills{Skill::low, Skill::mid, Skill::mid, Skill::mid, Skill::low, Skill::mid, Skill::mid, Skill::high};
  static_assert(education_count == 4 && Persons::recognised_bit == 4U << 3U);
  return skills[persons.traits[row] >> 3 & 7U];
}

[[nodiscard]] constexpr Segment segment_of(Activity a) {
  constexpr auto segments = [] {
    std::array<Segment, activity_count> all{};
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = static_cast<Activity>(k) == Activity::payroll ? Segment::formal : is_employee(static_cast<Activity>(k)) ? Segment::informal : Segment::own_account;
    return all;
  }();
  return segments[static_cast<std::size_t>(a)];
}

}  // namespace arraigo
