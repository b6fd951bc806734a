/// To which of the overlapping groups a person belongs, and what the person holds, as the record counts them. Groups are
/// those of World::in_groups; what is drawn for life is kept by row between two Januaries, in which rows stay where they are.
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

/// What of groups and disability is drawn for life, by row of Persons.
class LifeGroups {
 public:
  /// Brings the rows up to those of the month. In January rows have moved: then, and after a loaded state, all are read anew.
  void follow(World const& world) {
    auto const& persons = world.persons;
    int const january = world.stream.month.index - (world.stream.month.month_of_year() - 1);
    std::size_t const known = january == january_ && of_row_.size() <= persons.size() ? of_row_.size() : 0;
    january_ = january;
    of_row_.resize(persons.size());
    auto const& shares = world.groups;
    for_blocks(persons.size() - known, [&](std::size_t from, std::size_t to) {
      for (std::size_t row = known + from; row != known + to; ++row) {
        bool const foreign = is_foreign(persons.origin(row));
        double const disability = world.group_draw(row, PersonGroup::disability);
        unsigned const stages = (disability < shares.disability * 3 ? 1U : 0U) + (disability < shares.disability ? 1U : 0U) + (disability < shares.disability * (1.0 / 3) ? 1U : 0U);
        bool const lgbtiq = world.group_draw(row, PersonGroup::lgbtiq) < shares.lgbtiq;
        bool const of_origin = foreign ? world.is_trafficked(row) : world.is_indigenous(row);
        of_row_[row] = static_cast<std::uint8_t>(stages | (lgbtiq ? lgbtiq_bit : 0U) | (of_origin ? origin_bit : 0U));
      }
    });
  }
  static constexpr std::size_t codes = 16;
  /// What a row's code means at an age: of 65 and more the threshold of a disability is three times that of 18 to 64, under
  /// 18 a third of it; a child has no LGBTIQ+ membership.
  [[nodiscard]] static constexpr unsigned membership(std::size_t of_row, AgeClass age, bool child) {
    unsigned const needed = age == AgeClass::elder ? 1U : age == AgeClass::adult ? 2U : 3U;
    return ((of_row & 3U) >= needed ? in_disability : 0U) | ((of_row & lgbtiq_bit) != 0 && !child ? in_lgbtiq : 0U) | ((of_row & origin_bit) != 0 ? in_indigenous_or_trafficked : 0U) |
           (age == AgeClass::elder ? in_aged_65 : 0U);
  }
  [[nodiscard]] std::uint8_t const* data() const { return of_row_.data(); }

 private:
  static constexpr unsigned lgbtiq_bit = 4, origin_bit = 8;
  std::vector<std::uint8_t> of_row_;
  int january_ = -1;
};

/// What follows for a person's membership and holdings from a household's state, from what the person has and from age: looked
/// up, since with branches the record of everybody would cost several times as much. One for a month.
class MembershipTables {
 public:
  explicit MembershipTables(World const& world) {
    for (std::size_t state = 0; state < of_state_.size(); ++state) {
      auto const is = [&](unsigned bit) { return (state & bit) != 0; };
      members_of_state_[state] = static_cast<std::uint8_t>((is(Households::single_parent_bit) ? in_single_parents : 0U) | (is(Households::young_child_bit) ? in_young_children : 0U) |
                                                          (is(Households::poverty_bits) ? in_poor : 0U));
      of_state_[state] = static_cast<std::uint16_t>(holding_bit(Holding::registered, is(Households::registered_bit)) | holding_bit(Holding::rent_burdened, is(Households::rent_burdened_bit)));
    }
    for (std::size_t has = 0; has < of_has_.size(); ++has) {
      auto const is = [&](unsigned bit) { return (has << has_shift & bit) != 0; };
      bool const trained = is(has_training | has_certificate), need = is(has_protection_need);
      of_has_[has] = static_cast<std::uint16_t>(holding_bit(Holding::exploited, is(is_exploited)) | holding_bit(Holding::credit, is(has_credit)) | holding_bit(Holding::trained, trained) |
                                               holding_bit(Holding::trained_formal, trained) | holding_bit(Holding::protection_need, need) |
                                               holding_bit(Holding::protection_unattended, need && !is(has_protection)) | holding_bit(Holding::elder_place, is(has_elder_place)));
    }
    for (std::size_t a = 0; a < activity_count; ++a) {
      auto const activity = static_cast<Activity>(a);
      kept_of_activity_[a] = static_cast<std::uint16_t>(~(holding_bit(Holding::exploited, !is_employed(activity)) | holding_bit(Holding::trained_formal, !is_formal(activity))));
    }
    for (std::size_t age = 0; age < age_classes; ++age)
      for (std::size_t child = 0; child < 2; ++child)
        for (std::size_t code = 0; code < LifeGroups::codes; ++code)
          of_life_[(age * 2 + child) * LifeGroups::codes + code] = static_cast<std::uint8_t>(LifeGroups::membership(code, static_cast<AgeClass>(age), child == 1));
    for (std::size_t state = 0; state < benefit_states; ++state)
      for (std::size_t age = 0; age < age_classes; ++age)
        for (std::size_t disability = 0; disability < 2; ++disability) {
          bool const classified = (state & Households::registered_poor_bit) != 0, extreme = (state & Households::poverty_bits) == 2, poor = (state & Households::poverty_bits) != 0;
          benefits_[(age * 2 + disability) * benefit_states + state] =
              static_cast<std::uint16_t>(holding_bit(Holding::juntos, classified && extreme && static_cast<AgeClass>(age) == AgeClass::minor) |
                                         holding_bit(Holding::pension65, classified && extreme && static_cast<AgeClass>(age) == AgeClass::elder) |
                                         holding_bit(Holding::contigo, classified && poor && disability == 1));
        }
    constexpr std::array<std::pair<Transfer, Entitlement>, 3> paid{{{Transfer::juntos, Entitlement::juntos}, {Transfer::pension65, Entitlement::pension65}, {Transfer::contigo, Entitlement::contigo}}};
    for (std::size_t permit = 0; permit < permit_count; ++permit)
      for (std::size_t pending = 0; pending < 2; ++pending)
        for (std::size_t k = 0; k < paid.size(); ++k) {
          auto const [transfer, right] = paid[k];
          auto const& entitled = world.rules.entitled;
          auto const r = static_cast<std::size_t>(right);
          float const share = std::max(entitled[permit][r], pending == 1 ? entitled[claim_holder][r] : 0.0F);
          bool const pays = world.rules.transfer_factor[static_cast<std::size_t>(transfer)] > 0 && share > 0;
          open_to_[permit * 2 + pending] |= static_cast<std::uint16_t>(holding_bit(static_cast<Holding>(static_cast<std::size_t>(Holding::juntos) + k), pays));
        }
  }
  /// All but newcomers.
  [[nodiscard]] unsigned membership(unsigned life_code, AgeClass age, bool child, unsigned state) const {
    return of_life_[(static_cast<std::size_t>(age) * 2 + (child ? 1 : 0)) * LifeGroups::codes + life_code] | members_of_state_[state];
  }
  /// Bits of Holding; benefits as the holder of a permit, with or without a pending claim, is entitled to.
  [[nodiscard]] unsigned holdings(unsigned has, Activity activity, AgeClass age, unsigned membership, unsigned state, unsigned household_members, Permit permit, bool pending) const {
    unsigned const benefits = benefits_[(static_cast<std::size_t>(age) * 2 + (membership & in_disability) / in_disability) * benefit_states + (state & (benefit_states - 1))] &
                              open_to_[static_cast<std::size_t>(permit) * 2 + (pending ? 1 : 0)];
    return (of_has_[has >> has_shift] & kept_of_activity_[static_cast<std::size_t>(activity)]) | of_state_[state] | benefits | holding_bit(Holding::social_programme, benefits != 0) |
           holding_bit(Holding::elder, age == AgeClass::elder) | holding_bit(Holding::crowded, household_members >= crowded_members) |
           (membership & in_disability) / in_disability * holding_bit(Holding::disability);
  }

 private:
  static constexpr unsigned has_shift = 4;  ///< what lies below says nothing here
  static constexpr std::size_t benefit_states = 16;
  static_assert(Households::registered_poor_bit < benefit_states && has_training == 1U << has_shift);
  std::array<std::uint8_t, 256> members_of_state_{};
  std::array<std::uint16_t, 256> of_state_{};
  std::array<std::uint16_t, (1U << 16U) / (1U << has_shift)> of_has_{};
  std::array<std::uint16_t, activity_count> kept_of_activity_{};
  std::array<std::uint8_t, age_classes * 2 * LifeGroups::codes> of_life_{};
  std::array<std::uint16_t, age_classes * 2 * benefit_states> benefits_{};
  std::array<std::uint16_t, permit_count * 2> open_to_{};
};

}  // namespace arraigo
