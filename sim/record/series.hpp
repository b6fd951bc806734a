/// The recorded series: what is counted or summed, of whom, on which dimensions. One table; the layout, the recorder and the
/// documentation read it.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/text.hpp"
#include "world/codes.hpp"

namespace arraigo {

/// What a person's record knows, packed so that persons can be counted by a histogram of codes.
struct OutcomeCode {
  // felt (2) x recognised (2) x schooling/account stage (5) x activity x poverty (3) x insured (2): what is nearly the same for
  // all of a demographic cell stands first, so that the cells in use lie close together.
  static constexpr std::size_t count = 2 * 2 * 5 * activity_count * 3 * 2;
  Activity activity{};
  std::uint8_t stage = 0;  ///< 0 neither, 1 school age not enrolled, 2 enrolled, 3 adult with account, 4 adult without
  std::uint8_t poverty = 0;
  bool insured = false, recognised = false, felt = false;
  [[nodiscard]] constexpr std::size_t pack() const {
    return (((((felt ? 1U : 0U) * 2 + (recognised ? 1U : 0U)) * 5 + stage) * activity_count + static_cast<std::size_t>(activity)) * 3 + poverty) * 2 + (insured ? 1U : 0U);
  }
  static constexpr OutcomeCode unpack(std::size_t code) {
    OutcomeCode o;
    o.insured = code % 2 == 1;
    o.poverty = static_cast<std::uint8_t>(code / 2 % 3);
    o.activity = static_cast<Activity>(code / 6 % activity_count);
    o.stage = static_cast<std::uint8_t>(code / (6 * activity_count) % 5);
    o.recognised = code / (30 * activity_count) % 2 == 1;
    o.felt = code / (60 * activity_count) == 1;
    return o;
  }
};

inline constexpr std::size_t age_group_count = 8;
inline constexpr std::array<CodeName, age_group_count> age_group_names{{{"0-5", {"0 a 5", "0 to 5"}},
                                                                        {"6-11", {"6 a 11", "6 to 11"}},
                                                                        {"12-17", {"12 a 17", "12 to 17"}},
                                                                        {"18-24", {"18 a 24", "18 to 24"}},
                                                                        {"25-34", {"25 a 34", "25 to 34"}},
                                                                        {"35-49", {"35 a 49", "35 to 49"}},
                                                                        {"50-64", {"50 a 64", "50 to 64"}},
                                                                        {"65+", {"65 y más", "65 and over"}}}};
[[nodiscard]] constexpr std::size_t age_group_of(int years) {
  return years < 6 ? 0 : years < 12 ? 1 : years < 18 ? 2 : years < 25 ? 3 : years < 35 ? 4 : years < 50 ? 5 : years < 65 ? 6 : 7;
}

/// What few have, hold or receive: one bit each, so that nobody has to be coded for it.
enum class Holding : std::uint8_t {
  exploited, credit, trained, trained_formal, protection_need, protection_unattended, elder, elder_place, registered, juntos,
  pension65, contigo, social_programme, rent_burdened, crowded, disability,
};
inline constexpr std::size_t holding_count = 16;
[[nodiscard]] constexpr unsigned holding_bit(Holding h, bool holds = true) { return (holds ? 1U : 0U) << static_cast<unsigned>(h); }
/// Members from which a household counts as crowded. assumption: the rooms are not known; ENPOVE 2022 finds one bedroom in
/// 52.6 % of Venezuelan households, so that with one or two rooms seven are more than three to a room. Range 5 to 9.
inline constexpr unsigned crowded_members = 7;

/// A count of persons: which outcome codes (given schooling) belong to it.
struct PersonSeries {
  char const* name;
  bool (*holds)(OutcomeCode const&, Education);  ///< nullptr: those of `holding`
  Text title;
  Text definition;
  Holding holding{};
};
/// Those by outcome code come first, then one for each Holding, in its order.
[[nodiscard]] std::span<PersonSeries const> person_series();
inline constexpr std::size_t coded_series_limit = 24;
[[nodiscard]] std::size_t coded_series_count();

/// Of whom the series of persons and pay are recorded. What few hold stands for all and migrants (hosts are the rest); what is
/// compared between the sexes stands for women too (men are the rest), since counts by sex are not crossed with anything else.
enum class Group : std::uint8_t { all, hosts, migrants, women, migrant_women };
inline constexpr std::size_t group_count = 5;
inline constexpr std::array<CodeName, group_count> group_prefixes{{{"", {"", ""}},
                                                                   {"host_", {"peruanos: ", "hosts: "}},
                                                                   {"migrant_", {"migrantes: ", "migrants: "}},
                                                                   {"women_", {"mujeres: ", "women: "}},
                                                                   {"migrant_women_", {"mujeres migrantes: ", "migrant women: "}}}};
[[nodiscard]] constexpr bool in_group(Group group, bool foreign, Sex sex) {
  switch (group) {
    case Group::all: return true;
    case Group::hosts: return !foreign;
    case Group::migrants: return foreign;
    case Group::women: return sex == Sex::female;
    default: return foreign && sex == Sex::female;
  }
}
[[nodiscard]] constexpr bool is_of_women(Group group) { return group == Group::women || group == Group::migrant_women; }
/// The overlapping groups by which persons are recorded: the first of PersonGroup. Migrants and hosts are names' prefixes.
inline constexpr std::size_t recorded_groups = 10;

/// Counts of migrants by status.
struct StatusSeries {
  char const* name;
  bool (*holds)(Permit, Claim, CaseStage);
  Text title;
  Text definition;
};
[[nodiscard]] std::span<StatusSeries const> status_series();

/// Flows of the month by district, in the order of enum Flow.
struct FlowSeries {
  char const* name;
  char const* units;
  Text title;
  Text definition;
};
[[nodiscard]] std::span<FlowSeries const> flow_series();
/// Whether a recorded series, by its base name, counts what happened in the month rather than what holds at its end.
[[nodiscard]] bool is_flow(std::string_view base);

}  // namespace arraigo
