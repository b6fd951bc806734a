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

/// What a person's row means to the record: a word of four lanes (below), which is the sum of what each of the row's columns means
/// by tables: with branches the record of everybody would cost several times as much. One for a month.
class PersonTables {
 public:
  // Lanes of a word: outcome code with schooling; demographic cell; side and membership; bits of Holding.
  // Nothing carries over, since outcome codes are sums, and each bit has one column that it comes from.
  [[nodiscard]] static constexpr std::size_t code(std::uint64_t word) { return word & 0xffffU; }
  [[nodiscard]] static constexpr std::size_t demo(std::uint64_t word) { return word >> 16 & 0xffU; }
  [[nodiscard]] static constexpr std::size_t member(std::uint64_t word) { return word >> 32 & 0x3ffU; }
  /// 1 of who is on a payroll, else 0: for arithmetic, since a branch on it would be mispredicted for a fifth of all people.
  [[nodiscard]] static constexpr std::uint64_t on_payroll(std::uint64_t word) { return word / payroll_flag & 1U; }
  [[nodiscard]] static constexpr bool is_foreign(std::uint64_t word) { return (word & foreign_flag) != 0; }
  static constexpr std::uint64_t felt = OutcomeCode{.felt = true}.pack(), newcomer = std::uint64_t{in_newcomers} << 32;  ///< to add, of migrants

  explicit PersonTables(World const& world) {
    for (std::size_t self = 0; self < selves_.size(); ++self) {
      std::size_t const k = self & Persons::attribute_bits, sex = k & 1U, origin = k >> 1U & 3U, school = k >> 3U & 3U;
      bool const foreign = arraigo::is_foreign(static_cast<Origin>(origin));
      OutcomeCode of_activity;
      of_activity.activity = static_cast<Activity>(self >> activity_shift);
      selves_[self] = word_of(of_activity.pack() + school * OutcomeCode::count + OutcomeCode{.recognised = (k & Persons::recognised_bit) != 0}.pack(), demo_code(origin, sex, 0, school), side_of(foreign, sex) * membership_count, 0) |
                      (foreign ? foreign_flag : 0) | (of_activity.activity == Activity::payroll ? payroll_flag : 0);
    }
    for (unsigned years = 0; years < age_limit; ++years) {
      auto const age = age_class_of(years);
      for (unsigned k = 0; k < 4; ++k) {
        OutcomeCode code;
        code.stage = static_cast<std::uint8_t>(years >= 18 ? ((k & 1U) != 0 ? 3 : 4) : years >= 3 && years < 17 ? ((k & 2U) != 0 ? 2 : 1) : 0);
        ages_[years * 4 + k] = word_of(code.pack(), demo_code(0, 0, age_group_of(static_cast<int>(years)), 0), 0, holding_bit(Holding::elder, age == AgeClass::elder)) | (age == AgeClass::minor ? minor_flag : 0);
      }
    }
    for (std::size_t k = 0; k < kept_.size(); ++k) {
      auto const activity = static_cast<Activity>(k);
      kept_[k] = static_cast<std::uint16_t>(~(holding_bit(Holding::exploited, !is_employed(activity)) | holding_bit(Holding::trained_formal, !is_formal(activity))));
    }
    for (unsigned state = 0; state < states_.size(); ++state) {
      auto const is = [&](unsigned bit) { return (state & bit) != 0; };
      OutcomeCode code;
      code.poverty = static_cast<std::uint8_t>(state & Households::poverty_bits);
      unsigned const membership = (is(Households::single_parent_bit) ? in_single_parents : 0U) | (is(Households::young_child_bit) ? in_young_children : 0U) | (is(Households::poverty_bits) ? in_poor : 0U);
      states_[state] = word_of(code.pack(), 0, membership, holding_bit(Holding::registered, Households::registered(state)) | holding_bit(Holding::rent_burdened, is(Households::rent_burdened_bit))) |
                       (is(Households::insured_by_payroll_bit) ? home_flag : 0);
    }
    for (unsigned insured = 0; insured < insured_.size(); ++insured) {
      auto const is = [&](std::uint64_t flag) { return (insured & flag >> first_flag) != 0; };
      insured_[insured] = (insured & 8U) != 0 || is(payroll_flag) || (is(home_flag) && is(minor_flag)) ? OutcomeCode{.insured = true}.pack() : 0;
    }
    for (std::size_t members = 0; members < crowded_.size(); ++members) crowded_[members] = word_of(0, 0, 0, holding_bit(Holding::crowded, members >= crowded_members));
    for (std::size_t has = 0; has < of_has_.size(); ++has) {
      auto const is = [&](unsigned bit) { return (has << has_shift & bit) != 0; };
      bool const trained = is(has_training | has_certificate), need = is(has_protection_need);
      of_has_[has] = static_cast<std::uint16_t>(holding_bit(Holding::exploited, is(is_exploited)) | holding_bit(Holding::credit, is(has_credit)) | holding_bit(Holding::trained, trained) |
                                               holding_bit(Holding::trained_formal, trained) | holding_bit(Holding::protection_need, need) |
                                               holding_bit(Holding::protection_unattended, need && !is(has_protection)) | holding_bit(Holding::elder_place, is(has_elder_place)));
    }
    constexpr std::array<std::pair<Transfer, Entitlement>, 3> paid{{{Transfer::juntos, Entitlement::juntos}, {Transfer::pension65, Entitlement::pension65}, {Transfer::contigo, Entitlement::contigo}}};
    auto const& entitled = world.rules.entitled;
    for (std::size_t permit = 0; permit < permit_count; ++permit)
      for (std::size_t pending = 0; pending < 2; ++pending) {
        unsigned open = ~benefits;
        for (std::size_t k = 0; k < paid.size(); ++k) {
          auto const right = static_cast<std::size_t>(paid[k].second);
          float const share = std::max(entitled[permit][right], pending == 1 ? entitled[claim_holder][right] : 0.0F);
          bool const pays = world.rules.transfer_factor[static_cast<std::size_t>(paid[k].first)] > 0 && share > 0;
          open |= holding_bit(static_cast<Holding>(static_cast<std::size_t>(Holding::juntos) + k), pays);
        }
        open_to_[permit * 2 + pending] = static_cast<std::uint16_t>(open);
      }
    for (std::size_t age = 0; age < age_classes; ++age)
      for (std::size_t child = 0; child < 2; ++child)
        for (std::size_t state = 0; state < benefit_states; ++state)
          for (std::size_t groups = 0; groups < Persons::group_codes; ++groups) {
            auto const of = static_cast<AgeClass>(age);
            unsigned const membership = life_membership(groups, of, child == 1);
            bool const disability = (membership & in_disability) != 0, classified = Households::classified_extremely_poor(static_cast<unsigned>(state));
            unsigned const held = holding_bit(Holding::disability, disability) | holding_bit(Holding::juntos, classified && of == AgeClass::minor) | holding_bit(Holding::pension65, classified && of == AgeClass::elder) |
                                  holding_bit(Holding::contigo, classified && disability);
            std::size_t const k = (age * 2 + child) * life_states + state * Persons::group_codes + groups;
            life_[k] = word_of(0, 0, membership, holdings_of(held, holder(Permit::national, false)));
            life_[of_foreigners + k] = word_of(0, 0, membership, held);
          }
  }
  // Where a row's own columns lead in the tables: without branches or tables themselves, so that they are made of many rows at once.
  [[nodiscard]] static constexpr std::uint16_t self_code(unsigned traits, Activity activity) {
    return static_cast<std::uint16_t>((traits & Persons::attribute_bits) | static_cast<unsigned>(activity) << activity_shift);
  }
  [[nodiscard]] static constexpr std::uint16_t age_code(std::int16_t age_months, unsigned has) {
    static_assert(has_account == 2 && has_school_place == 4);
    auto const years = std::min(static_cast<std::int16_t>(static_cast<std::uint16_t>(age_months) / 12U), static_cast<std::int16_t>(age_limit - 1));
    return static_cast<std::uint16_t>(static_cast<unsigned>(years) * 4U | (has >> 1 & 3U));
  }
  [[nodiscard]] static constexpr std::uint16_t life_code(std::int16_t age_months, unsigned traits, Activity activity, unsigned groups) {
    static_assert(age_class_of(17) == AgeClass::minor && age_class_of(18) == AgeClass::adult && age_class_of(64) == AgeClass::adult && age_class_of(65) == AgeClass::elder);
    // The origins that are foreign have this bit of the traits.
    static_assert(arraigo::is_foreign(Origin::venezuelan) && arraigo::is_foreign(Origin::other_foreign) && !arraigo::is_foreign(Origin::returnee) && static_cast<unsigned>(Origin::venezuelan) == 2);
    return static_cast<std::uint16_t>((age_months >= 18 * 12 ? 2 * life_states : 0) + (age_months >= 65 * 12 ? 2 * life_states : 0) + (activity == Activity::child ? life_states : 0) +
                                      ((traits & 4U) != 0 ? of_foreigners : 0) + groups % Persons::group_codes);
  }
  /// The word of a row, by its codes and its household; but for what a migrant adds, and for a migrant's benefits as if they were
  /// open to everybody.
  [[nodiscard]] std::uint64_t word(unsigned self, unsigned age, unsigned life, unsigned has, unsigned state, unsigned household_members) const {
    static_assert(has_public_insurance == 1);
    std::uint64_t sum = selves_[self] + ages_[age] + states_[state] + crowded_[household_members] + life_[life + state % benefit_states * Persons::group_codes];
    sum += insured_[(sum >> first_flag & 7U) | (has & 1U) << 3];
    return sum + (static_cast<std::uint64_t>(of_has_[has >> has_shift] & kept_[self >> activity_shift]) << 48);
  }
  /// Bits of Holding of a host; and of a migrant, to benefits as the holder of a permit, with or without a pending claim, is entitled.
  [[nodiscard]] static constexpr unsigned holdings(std::uint64_t word) { return static_cast<unsigned>(word >> 48); }
  [[nodiscard]] unsigned holdings(std::uint64_t word, std::size_t holder) const { return holdings_of(holdings(word), holder); }
  [[nodiscard]] static constexpr std::size_t holder(Permit permit, bool pending) { return static_cast<std::size_t>(permit) * 2 + (pending ? 1 : 0); }

 private:
  [[nodiscard]] unsigned holdings_of(unsigned held, std::size_t holder) const {
    unsigned const bits = held & open_to_[holder];
    return bits | holding_bit(Holding::social_programme, (bits & benefits) != 0);
  }
  [[nodiscard]] static constexpr std::uint64_t word_of(std::size_t code, std::size_t demo, std::size_t member, std::size_t holdings) {
    return code | demo << 16 | member << 32 | static_cast<std::uint64_t>(holdings) << 48;
  }
  static_assert(education_count * OutcomeCode::count <= 0x10000 && demo_count <= 0x100 && side_count * membership_count <= 0x400 && holding_count <= 16);
  // Above the demographic cell: in a household that a payroll insures, under age, on a payroll oneself, foreign.
  static constexpr unsigned first_flag = 24;
  static constexpr std::uint64_t home_flag = 1ULL << first_flag, minor_flag = 2ULL << first_flag, payroll_flag = 4ULL << first_flag, foreign_flag = 8ULL << first_flag;
  static constexpr unsigned benefits = holding_bit(Holding::juntos) | holding_bit(Holding::pension65) | holding_bit(Holding::contigo);
  static constexpr unsigned has_shift = 4;  ///< what lies below says nothing of holdings
  static constexpr unsigned age_limit = 128;
  static constexpr std::size_t benefit_states = 16, life_states = benefit_states * Persons::group_codes;
  static_assert(Households::registry_bits < benefit_states && Households::poverty_bits < benefit_states && has_training == 1U << has_shift);
  static constexpr unsigned activity_shift = 6;
  static_assert(Persons::attribute_bits == (1U << activity_shift) - 1);
  std::array<std::uint64_t, activity_count << activity_shift> selves_{};  ///< [activity][traits]
  std::array<std::uint64_t, std::size_t{age_limit} * 4> ages_{};          ///< [years][account, school place]
  std::array<std::uint16_t, activity_count> kept_{};                      ///< holdings that go with the activity
  std::array<std::uint64_t, 256> states_{}, crowded_{};           ///< by the household's state, and members
  std::array<std::uint64_t, 16> insured_{};                       ///< by flags, and public insurance
  static constexpr std::size_t of_foreigners = age_classes * 2 * life_states;
  std::array<std::uint64_t, 2 * of_foreigners> life_{};  ///< [foreign][age class][child][state][groups]
  std::array<std::uint16_t, (1U << 16U) / (1U << has_shift)> of_has_{};
  std::array<std::uint16_t, permit_count * 2> open_to_{};
};

}  // namespace arraigo
