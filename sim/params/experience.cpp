#include "params/experience.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "core/input_errors.hpp"
#include "core/numbers.hpp"
#include "params/scenario_draft.hpp"

namespace arraigo {
namespace {

constexpr std::array rows{
    ExperienceRow{MeasureKind::programme, "fee_soles", 0, 120,
                  "asylum: no fee; PTP S/ 41.90, CPP S/ 47.30, special resident S/ 117.60 then 40.60 (Migraciones; "
                  "maduradas.com, July 2021)"},
    ExperienceRow{MeasureKind::programme, "validity_months", 6, 24,
                  "183 days of humanitarian residence (CIES 2023) to the two years of CPP (Migraciones)"},
    ExperienceRow{MeasureKind::programme, "capacity_per_month", 170, 40000,
                  "asylum decisions, 170 a month (PNUD, OCDE, BID 2023), to PTP in 2019, 39,500 a month (Migraciones)"},
    ExperienceRow{MeasureKind::quota, "head_share", 0.2, 0.2, "Decreto Legislativo 689 (1991), unchanged"},
    ExperienceRow{MeasureKind::quota, "payroll_share", 0.3, 0.3, "Decreto Legislativo 689 (1991), unchanged"},
    ExperienceRow{MeasureKind::quota, "exempt_sizes", 0, 0, "sizes of firms; Decreto Legislativo 689 (1991) exempts none"},
};

/// The word that a choice field holds; empty when it holds none.
std::string_view word_of(Measure const& measure, std::string_view name) {
  auto const& row = row_of(measure.kind);
  for (auto const& field : row.fields) {
    if (field.name != name) continue;
    auto const words = words_of(field.choices);
    for (std::size_t i = 0; i < words.size(); ++i)
      if ((measure.field(name).choices >> i & 1U) != 0) return words[i];
  }
  return {};
}

}  // namespace

std::span<ExperienceRow const> experience_table() { return rows; }

std::vector<std::string> outside_experience(Scenario const& scenario) {
  std::vector<std::string> sentences;
  for (auto const& measure : scenario.measures)
    for (auto const& row : rows) {
      if (measure.kind != row.kind) continue;
      auto const& field = measure.field(row.field);
      bool const endless = measure.kind == MeasureKind::programme && word_of(measure, "grants") == "refugee";
      if (endless && std::string_view{row.field} == "validity_months") continue;
      // A programme without capacity is not offered.
      bool const of_choices = std::any_of(row_of(measure.kind).fields.begin(), row_of(measure.kind).fields.end(), [&](auto const& f) { return f.name == std::string_view{row.field} && f.type == FieldType::choice_list; });
      double const value = of_choices ? std::popcount(field.choices) : field.number;  // of a list, how many it names
      bool const closed = measure.kind == MeasureKind::programme && measure.field("capacity_per_month").number == 0;
      if (closed || !field.set || (value >= row.low && value <= row.high)) continue;
      sentences.push_back(say(Message::in_outside_experience, scenario.stem, measure.id, row.field,
                              number_text(value), number_text(row.low), number_text(row.high), row.source));
    }
  return sentences;
}

}  // namespace arraigo
