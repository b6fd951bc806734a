/// Levers: every field of every kind of measure as something to move, from the table of measures and the scenarios at hand.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "params/scenario.hpp"

namespace arraigo::viz {

struct Lever {
  std::string id;           ///< "new_permit.capacity_per_month"
  Measure pattern;          ///< the measure that the lever adds where the scenario has none of its id
  std::size_t field = 0;    ///< into row_of(pattern.kind).fields
  double low = 0, high = 1; ///< of the slider, for numbers; the field's own range holds for what is typed
  bool headline = false;    ///< one of the few that are always shown

  [[nodiscard]] MeasureField const& row() const { return row_of(pattern.kind).fields[field]; }
};

/// The levers for a scenario: the headline ones first, then those of its own measures and of `presets`, then one measure of every
/// other kind. At most one lever for each measure id and field.
[[nodiscard]] std::vector<Lever> levers_for(Scenario const& scenario, std::span<Scenario const> presets);

/// A measure of a kind with its fields at their fallback, or at what changes least where the kind asks for them, from `from` on.
[[nodiscard]] Measure neutral_measure(MeasureKind kind, std::string id, Month from);

[[nodiscard]] Measure const* find_measure(Scenario const& scenario, std::string_view id);
/// The measure of that id, added from the pattern where the scenario has none.
Measure& measure_for(Scenario& scenario, Measure const& pattern);
void remove_measure(Scenario& scenario, std::string_view id);

/// One difference of a scenario from another.
struct Change {
  std::string measure;       ///< id; empty: a parameter or the scenario itself
  std::string what_es, what_en;
};
/// What was changed from one scenario to the other: measures added, removed, moved in time or place, each field, each parameter.
[[nodiscard]] std::vector<Change> changes_between(Scenario const& from, Scenario const& to);

/// A field's value as people read it: "20 000", "irregular, visitante", "15 %".
[[nodiscard]] std::string value_text(FieldValue const& value, MeasureField const& field, Lang lang);
/// A choice's word as people read it ("micro (1-10)", "oficina migratoria").
[[nodiscard]] std::string choice_text(std::string_view word, Lang lang);
/// A row of the table of texts, as steps of the history are called.
[[nodiscard]] inline Text in_both(Message message) { return {text(message, Lang::es), text(message, Lang::en)}; }
/// The measure's own title, or its kind's.
[[nodiscard]] std::string measure_title(Measure const& measure, Lang lang);

}  // namespace arraigo::viz
