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

/// A count of persons: which outcome codes (given schooling) belong to it.
struct PersonSeries {
  char const* name;
  bool (*holds)(OutcomeCode const&, Education);
  Text title;
  Text definition;
};
[[nodiscard]] std::span<PersonSeries const> person_series();

/// Every person series and pay exists for all, for hosts (with returnees) and for migrants (foreign origin).
enum class Group : std::uint8_t { all, hosts, migrants };
inline constexpr std::array<CodeName, 3> group_prefixes{{{"", {"", ""}}, {"host_", {"peruanos: ", "hosts: "}}, {"migrant_", {"migrantes: ", "migrants: "}}}};
[[nodiscard]] constexpr bool in_group(Group group, Origin origin) {
  return group == Group::all || (group == Group::migrants) == is_foreign(origin);
}

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

}  // namespace arraigo
