/// To which of the overlapping groups a person belongs, and what the person holds, as the record counts them. Groups are
/// those of World::in_groups.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/parallel.hpp"
#include "record/series.hpp"
#include "world/world.hpp"

namespace arraigo {

/// Cells by origin, sex, age group and education.
inline constexpr std::size_t demo_count = origin_count * sex_count * age_group_count * education_count;
[[nodiscard]] constexpr std::size_t demo_code(std::size_t origin, std::size_t sex, std::size_t age, std::size_t school) {
  return ((origin * sex_count + sex) * age_group_count + age) * education_count + school;
}
/// Places and groups are crossed with origin in two classes and sex.
inline constexpr std::size_t side_count = 2 * sex_count;
[[nodiscard]] constexpr std::size_t side_of(bool foreign, std::size_t sex) { return (foreign ? sex_count : 0) + sex; }

/// Bits of a person's membership. Women are told by sex; indigenous people are hosts and survivors of trafficking migrants,
/// so that one bit stands for both.
inline constexpr unsigned in_single_parents = 1, in_young_children = 2, in_disability = 4, in_aged_65 = 8, in_lgbtiq = 16,
                          in_indigenous_or_trafficked = 32, in_newcomers = 64, in_poor = 128;
inline constexpr std::size_t membership_count = 256;

/// Whether a membership belongs to a recorded group.
[[nodiscard]] constexpr bool belongs(std::size_t membership, bool foreign, Sex sex, PersonGroup group) {
  auto const is = [&](unsigned bit) { return (membership & bit) != 0; };
  switch (group) {
    case PersonGroup::women: return sex == Sex::female;
    case PersonGroup::single_parents: return is(in_single_parents);
    case PersonGroup::with_young_children: return is(in_young_children);
    case PersonGroup::disability: return is(in_disability);
    case PersonGroup::aged_65: return is(in_aged_65);
    case PersonGroup::lgbtiq: return is(in_lgbtiq);
    case PersonGroup::indigenous: return is(in_indigenous_or_trafficked) && !foreign;
    case PersonGroup::trafficked: return is(in_indigenous_or_trafficked) && foreign;
    case PersonGroup::newcomers: return is(in_newcomers);
    case PersonGroup::poor: return is(in_poor);
    case PersonGroup::migrants: return foreign;
    default: return !foreign;
  }
}

enum class AgeClass : std::uint8_t { minor, adult, elder };
inline constexpr std::size_t age_classes = 3;
[[nodiscard]] constexpr AgeClass age_class_of(unsigned years) { return years >= 65 ? AgeClass::elder : years >= 18 ? AgeClass::adult : AgeClass::minor; }

/// The membership that Persons::groups mean at an age: of 65 and more the threshold of a disability is three times that of 18
/// to 64, under 18 a third of it; a child has no LGBTIQ+ membership.
[[nodiscard]] constexpr unsigned life_membership(std::size_t groups, AgeClass age, bool child) {
  unsigned const needed = age == AgeClass::elder ? 1U : age == AgeClass::adult ? 2U : 3U;
  return ((groups & Persons::disability_bits) >= needed ? in_disability : 0U) | ((groups & Persons::lgbtiq_bit) != 0 && !child ? in_lgbtiq : 0U) |
         ((groups & Persons::of_origin_bit) != 0 ? in_indigenous_or_trafficked : 0U) | (age == AgeClass::elder ? in_aged_65 : 0U);
}

/// What a person's row means to the record, looked up piece by piece: with branches the record of everybody would cost several
/// times as much. Outcome codes are sums, so that each piece adds its part. One for a month.
class PersonTables {
 public:
  // Each of a power of two bytes, so that its address is quickly found.
  struct alignas(8) OfTraits {
    std::uint16_t demo = 0, code = 0;
    std::uint8_t side = 0;
    bool foreign = false;
  };
  struct alignas(16) OfAge {
    std::uint8_t demo = 0;     ///< age group, times the levels of education
    std::uint8_t benefits = 0; ///< row of the table of benefits
    std::uint8_t life = 0;     ///< row of the table of groups
    bool minor = false;
    std::uint16_t holdings = 0;
    std::array<std::uint8_t, 4> code{};  ///< by account and school place
  };
  struct alignas(8) OfActivity {
    std::uint16_t kept = 0;    ///< holdings that go with it
    std::uint8_t code = 0, life = 0;
    bool payroll = false, employee = false;
  };
  struct alignas(8) OfState {
    std::uint16_t holdings = 0;
    std::uint8_t membership = 0, code = 0;
    bool insured = false;
  };
  explicit PersonTables(World const& world) {
    for (std::size_t k = 0; k < traits.size(); ++k) {
      std::size_t const sex = k & 1U, origin = k >> 1U & 3U, school = k >> 3U & 3U;
      OutcomeCode code;
      code.recognised = (k & Persons::recognised_bit) != 0;
      bool const foreign = is_foreign(static_cast<Origin>(origin));
      traits[k] = {static_cast<std::uint16_t>(demo_code(origin, sex, 0, school)), static_cast<std::uint16_t>(school * OutcomeCode::count + code.pack()), static_cast<std::uint8_t>(side_of(foreign, sex)), foreign};
    }
    for (unsigned years = 0; years < ages.size(); ++years) {
      auto& of = ages[years];
      auto const age = age_class_of(years);
      of.demo = static_cast<std::uint8_t>(demo_code(0, 0, age_group_of(static_cast<int>(years)), 0));
      of.benefits = static_cast<std::uint8_t>(static_cast<std::size_t>(age) * 2 * benefit_states);
      of.life = static_cast<std::uint8_t>(static_cast<std::size_t>(age) * 2 * Persons::group_codes);
      of.minor = age == AgeClass::minor;
      of.holdings = static_cast<std::uint16_t>(holding_bit(Holding::elder, age == AgeClass::elder));
      for (unsigned k = 0; k < of.code.size(); ++k) {
        OutcomeCode code;
        code.stage = static_cast<std::uint8_t>(years >= 18 ? ((k & 1U) != 0 ? 3 : 4) : years >= 3 && years < 17 ? ((k & 2U) != 0 ? 2 : 1) : 0);
        of.code[k] = static_cast<std::uint8_t>(code.pack());
      }
    }
    for (std::size_t k = 0; k < activities.size(); ++k) {
      OutcomeCode code;
      code.activity = static_cast<Activity>(k);
      activities[k] = {static_cast<std::uint16_t>(~(holding_bit(Holding::exploited, !is_employed(code.activity)) | holding_bit(Holding::trained_formal, !is_formal(code.activity)))),
                       static_cast<std::uint8_t>(code.pack()), static_cast<std::uint8_t>(code.activity == Activity::child ? Persons::group_codes : 0), code.activity == Activity::payroll, is_employee(code.activity)};
    }
    for (unsigned state = 0; state < states.size(); ++state) {
      auto const is = [&](unsigned bit) { return (state & bit) != 0; };
      OutcomeCode code;
      code.poverty = static_cast<std::uint8_t>(state & Households::poverty_bits);
      states[state] = {static_cast<std::uint16_t>(holding_bit(Holding::registered, is(Households::registered_bit)) | holding_bit(Holding::rent_burdened, is(Households::rent_burdened_bit))),
                       static_cast<std::uint8_t>((is(Households::single_parent_bit) ? in_single_parents : 0U) | (is(Households::young_child_bit) ? in_young_children : 0U) | (is(Households::poverty_bits) ? in_poor : 0U)),
                       static_cast<std::uint8_t>(code.pack()), is(Households::insured_by_payroll_bit)};
    }
    for (std::size_t has = 0; has < of_has_.size(); ++has) {
      auto const is = [&](unsigned bit) { return (has << has_shift & bit) != 0; };
      bool const trained = is(has_training | has_certificate), need = is(has_protection_need);
      of_has_[has] = static_cast<std::uint16_t>(holding_bit(Holding::exploited, is(is_exploited)) | holding_bit(Holding::credit, is(has_credit)) | holding_bit(Holding::trained, trained) |
                                               holding_bit(Holding::trained_formal, trained) | holding_bit(Holding::protection_need, need) |
                                               holding_bit(Holding::protection_unattended, need && !is(has_protection)) | holding_bit(Holding::elder_place, is(has_elder_place)));
    }
    for (std::size_t age = 0; age < age_classes; ++age)
      for (std::size_t child = 0; child < 2; ++child)
        for (std::size_t code = 0; code < Persons::group_codes; ++code)
          of_life_[(age * 2 + child) * Persons::group_codes + code] = static_cast<std::uint8_t>(life_membership(code, static_cast<AgeClass>(age), child == 1));
    for (std::size_t age = 0; age < age_classes; ++age)
      for (std::size_t disability = 0; disability < 2; ++disability)
        for (std::size_t state = 0; state < benefit_states; ++state) {
          bool const classified = (state & Households::registered_poor_bit) != 0, extreme = (state & Households::poverty_bits) == 2;
          benefits_[(age * 2 + disability) * benefit_states + state] =
              static_cast<std::uint16_t>(holding_bit(Holding::juntos, classified && extreme && static_cast<AgeClass>(age) == AgeClass::minor) |
                                         holding_bit(Holding::pension65, classified && extreme && static_cast<AgeClass>(age) == AgeClass::elder) |
                                         holding_bit(Holding::contigo, classified && extreme && disability == 1));
        }
    constexpr std::array<std::pair<Transfer, Entitlement>, 3> paid{{{Transfer::juntos, Entitlement::juntos}, {Transfer::pension65, Entitlement::pension65}, {Transfer::contigo, Entitlement::contigo}}};
    auto const& entitled = world.rules.entitled;
    for (std::size_t permit = 0; permit < permit_count; ++permit)
      for (std::size_t pending = 0; pending < 2; ++pending)
        for (std::size_t k = 0; k < paid.size(); ++k) {
          auto const right = static_cast<std::size_t>(paid[k].second);
          float const share = std::max(entitled[permit][right], pending == 1 ? entitled[claim_holder][right] : 0.0F);
          bool const pays = world.rules.transfer_factor[static_cast<std::size_t>(paid[k].first)] > 0 && share > 0;
          open_to_[permit * 2 + pending] |= static_cast<std::uint16_t>(holding_bit(static_cast<Holding>(static_cast<std::size_t>(Holding::juntos) + k), pays));
        }
  }
  /// All memberships but that of newcomers.
  [[nodiscard]] unsigned membership(unsigned groups, OfAge const& age, OfActivity const& activity, OfState const& state) const {
    return of_life_[age.life + activity.life + groups % Persons::group_codes] | state.membership;
  }
  /// Bits of Holding; benefits as the holder of a permit, with or without a pending claim, is entitled to.
  [[nodiscard]] unsigned holdings(unsigned has, OfAge const& age, OfActivity const& activity, OfState const& of_state, unsigned membership, unsigned state, unsigned household_members, std::size_t holder) const {
    unsigned const disability = (membership & in_disability) / in_disability;
    unsigned const benefits = benefits_[age.benefits + disability * benefit_states + (state & (benefit_states - 1))] & open_to_[holder];
    return (of_has_[has >> has_shift] & activity.kept) | of_state.holdings | age.holdings | benefits | holding_bit(Holding::social_programme, benefits != 0) |
           holding_bit(Holding::crowded, household_members >= crowded_members) | disability * holding_bit(Holding::disability);
  }
  [[nodiscard]] static constexpr std::size_t holder(Permit permit, bool pending) { return static_cast<std::size_t>(permit) * 2 + (pending ? 1 : 0); }

  std::array<OfTraits, Persons::attribute_bits + 1> traits{};
  std::array<OfAge, 128> ages{};
  std::array<OfActivity, activity_count> activities{};
  std::array<OfState, 256> states{};

 private:
  static constexpr unsigned has_shift = 4;  ///< what lies below says nothing of holdings
  static constexpr unsigned benefit_states = 16;
  static_assert(Households::registered_poor_bit < benefit_states && has_training == 1U << has_shift);
  static_assert(OutcomeCode::count <= 2 * 480);  // a stage's code fits a byte
  std::array<std::uint16_t, (1U << 16U) / (1U << has_shift)> of_has_{};
  std::array<std::uint8_t, age_classes * 2 * Persons::group_codes> of_life_{};
  std::array<std::uint16_t, age_classes * 2 * benefit_states> benefits_{};
  std::array<std::uint16_t, permit_count * 2> open_to_{};
};

}  // namespace arraigo
