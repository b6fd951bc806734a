/// How the words of a person's monthly lot are cut (world/lots.hpp). What happens is decided by the phases; here stand only
/// the ends of the intervals, each an exclusive bound on a 32-bit word.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

#include "phases/phase.hpp"

namespace arraigo {

/// Word 0: death, then birth, then leaving home, by sex, origin and age in years.
struct FamilyHazards {
  static constexpr std::size_t oldest = 105;
  struct Ends {
    std::uint32_t death = 0, birth = 0, leaving = 0;
  };
  std::array<std::array<Ends, oldest + 1>, sex_count * origin_count> ends{};  ///< [low three bits of traits][age]
};
[[nodiscard]] FamilyHazards family_hazards(Setup const& setup, Month month);
/// Ages at which something is due without a lot: a school stage, the end of school, coming of age at 14, and the end of studies.
inline constexpr std::array<int, 3> school_stages{36, 72, 144};
[[nodiscard]] constexpr bool is_school_stage(int age_months) { return age_months == school_stages[0] || age_months == school_stages[1] || age_months == school_stages[2]; }
inline constexpr int adult_months = 14 * 12, school_ends_months = 17 * 12, studies_end_months = 25 * 12;
/// Whether another age band of participation begins at that age: who comes to it reconsiders in that month.
[[nodiscard]] constexpr bool enters_participation_band(int age_months) {
  return (age_months == adult_months) | (age_months == 18 * 12) | (age_months == 25 * 12) | (age_months == 45 * 12) | (age_months == 65 * 12);  // without branches, for whole blocks
}

/// Word 1, from below: the services asked for, in a fixed order, by what each is asked with; from above: a new protection
/// need (of somebody most exposed), then the end of public insurance, that of a loan, that of a foreign pupil's schooling.
struct ServiceCuts {
  static constexpr std::size_t needs = 8;  ///< bits: insured, has an account, has an unmet protection need
  static constexpr std::size_t ages = 5;   ///< under 3, 3 to 16, 17, 18 to 64, 65 and over
  /// No request above this: [age class][activity][needs].
  std::array<std::array<std::array<std::uint32_t, needs>, activity_count>, ages> bound{};
  std::uint32_t need_from = 0, lapse_from = 0, loan_from = 0, leaving_from = 0;
  std::array<std::uint32_t, 8> from_above{};  ///< what could end for somebody begins here: by service_ends()
};
[[nodiscard]] ServiceCuts service_cuts(World const& world, Parameters const& params);
/// Monthly probability of a new protection need.
[[nodiscard]] double protection_need_prob(World const& world, Parameters const& params, std::size_t person);
/// The services that the person needs now, in the order in which they are asked for.
[[nodiscard]] std::vector<Service> needed_services(World const& world, Parameters const& params, std::size_t person);
/// Whether the person surely needs none of that service: what brigades look at first, before the need itself.
[[nodiscard]] bool surely_not_needed(World const& world, Service service, std::size_t person);
/// The probability that a person asks for any service this month, were all of them near and without a queue.
[[nodiscard]] double asks_at_most(World const& world, Parameters const& params, std::size_t person);
[[nodiscard]] constexpr std::array<std::uint8_t, 66> service_classes_by_years() {
  std::array<std::uint8_t, 66> classes{};
  for (unsigned years = 0; years < classes.size(); ++years) classes[years] = static_cast<std::uint8_t>((years >= 3 ? 1 : 0) + (years >= 17 ? 1 : 0) + (years >= 18 ? 1 : 0) + (years >= 65 ? 1 : 0));
  return classes;
}
inline constexpr auto service_age_classes = service_classes_by_years();
/// By a table: comparisons would become branches, which chance decides.
[[nodiscard]] constexpr std::size_t service_age_class(int age_months) {
  auto const years = static_cast<std::size_t>(std::max(0, age_months)) / 12U;
  return service_age_classes[std::min(years, service_age_classes.size() - 1)];
}
[[nodiscard]] constexpr std::size_t service_needs(std::uint16_t has) {
  static_assert(has_public_insurance == 1 && has_account == 2);
  return (has & 3U) | ((has & (has_protection_need | has_protection)) == has_protection_need ? 4U : 0U);
}

/// What the person has that word 1 could end: bits insurance, a loan, a foreigner's school place.
[[nodiscard]] constexpr std::size_t service_ends(unsigned has, unsigned traits) {
  static_assert(has_public_insurance == 1 && has_school_place == 4 && has_credit == 4096 && is_foreign(Origin::venezuelan) && is_foreign(Origin::other_foreign));
  return (has & 1U) | ((has >> 11) & 2U) | (has & traits & 4U);  // the origins that are foreign have this bit of the traits
}

/// Word 2: separation up to the activity's own end, then (from the same place for all) a change of tax registration, then
/// reconsidering whether to work.
struct LabourCuts {
  std::array<std::uint32_t, activity_count> separation_end{};
  std::uint32_t registration_from = 0, formalise_end = 0, informalise_end = 0, reconsider_from = 0, reconsider_end = 0;
};
[[nodiscard]] LabourCuts labour_cuts(Parameters const& params);

/// Word 3: search on the job up to the contract's own end, then (from the same place for all) new pay.
struct EmployedCuts {
  std::array<std::uint32_t, activity_count> search_end{};
  std::uint32_t pay_from = 0, pay_end = 0;
};
[[nodiscard]] EmployedCuts employed_cuts(Parameters const& params);

}  // namespace arraigo
