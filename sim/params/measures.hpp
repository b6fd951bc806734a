/// What a planner can do: the table of measure kinds with their fields. Scenario reading, the reference page, sweeps and
/// the viewer's levers come from it; sim/phases/policies turns a scenario's measures into the rules of a month.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "core/text.hpp"

namespace arraigo {

enum class MeasureKind : std::uint8_t {
  programme,
  quota,
  service_points,
  service_capacity,
  accepted_documents,
  fine_amnesty,
  information_campaign,
  cohesion_campaign,
  host_support,
  hostile_narrative,
  employer_guide,
  hiring_subsidy,
  job_fair,
  minimum_wage,
  arrivals,
  labour_demand,
  mobile_unit,
  service_quality,
  outreach,
  referral,
  officials_training,
  officials_turnover,
  municipal_capability,
  document_verification,
  case_processing,
  migration_enforcement,
  cash_support,
  transfer_programme,
  registry_rule,
  savings_groups,
  formalisation,
  inspection,
  labour_rights,
  fair_recruitment,
  job_matching,
  occupation_rule,
  recognition_rule,
  shared_spaces,
  school_cohesion,
  media_training,
  civil_society,
  newcomer_tax,
  validity_extension,
};

enum class FieldType : std::uint8_t { number, integer, month, choice, choice_list, name };

/// A field of a measure kind. `fallback` is its value when the file is silent: a text in the field's own syntax, "" for
/// "keeps what is in force" (number, month, choice, choice_list), or null when the field is required.
struct MeasureField {
  char const* name;
  FieldType type;
  char const* unit;
  double low, high;      ///< for number and integer
  char const* fallback;
  char const* choices;   ///< "a|b|c" for choice and choice_list
  Text title;
};

struct MeasureKindRow {
  MeasureKind kind;
  char const* name;
  bool by_district;  ///< whether `where` may name districts; otherwise it acts nationally
  std::span<MeasureField const> fields;
  Text title;
  Text definition;  ///< through which mechanism it acts
};

[[nodiscard]] std::span<MeasureKindRow const> measure_kinds();
[[nodiscard]] MeasureKindRow const* find_measure_kind(std::string_view name);
[[nodiscard]] MeasureKindRow const& row_of(MeasureKind kind);

}  // namespace arraigo
