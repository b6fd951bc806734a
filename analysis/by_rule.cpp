#include "analysis/by_rule.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/compare.hpp"
#include "core/errors.hpp"
#include "core/input_errors.hpp"

namespace arraigo::analysis {
namespace {

/// The scenario as it was run, names and numbers of all its inputs included.
std::string scenario_of(RunData const& run) { return run.text_attribute("scenario").value_or(""); }

bool has_decisions_of(RunData const& twin, RunData const& base) {
  return !is_by_rule(base) && twin.text_attribute("behaviour") == scenario_of(base);
}

bool has_rules_of(RunData const& twin, RunData const& alternative) {
  return scenario_of(twin) == scenario_of(alternative) && reasons_not_comparable(alternative, twin).empty();  // NOLINT(readability-suspicious-call-argument): the twin is held against it
}

/// Gives the twin to its alternative: to each, where copies of it are compared. The sentence when that cannot be.
std::string give(RunData const& twin, RunData const& base, std::vector<Alternative>& alternatives) {
  if (!has_decisions_of(twin, base)) return say(Message::an_twin_other_base, twin.name(), base.name());
  bool given = false;
  for (auto& alternative : alternatives) {
    if (!has_rules_of(twin, *alternative.run)) continue;
    if (alternative.twin != nullptr)
      return say(Message::an_twins_many, alternative.twin->name(), twin.name(), alternative.run->name());
    alternative.twin = &twin;
    given = true;
  }
  std::string const name = twin.text_attribute("name").value_or(twin.stem());
  return given ? std::string{} : say(Message::an_twin_alone, twin.name(), name, name);
}

bool add_up(PairedFigure const& rule, PairedFigure const& behaviour, PairedFigure const& whole) {
  if (!rule.difference || !behaviour.difference || !whole.difference) return false;
  if (rule.replicates != whole.replicates || behaviour.replicates != whole.replicates) return false;
  // Means over months may leave out other months in each pair of runs.
  double const size = std::max({1.0, std::abs(*whole.base), std::abs(*whole.alternative)});
  return std::abs(*rule.difference + *behaviour.difference - *whole.difference) <= 1e-9 * size;
}

}  // namespace

bool is_by_rule(RunData const& run) { return run.text_attribute("behaviour").has_value(); }

std::vector<Alternative> pair_twins(RunData const& base, std::span<RunData const* const> runs) {
  std::vector<Alternative> alternatives;
  for (auto const* run : runs)
    if (!is_by_rule(*run)) alternatives.push_back({run, nullptr});
  Errors errors;
  for (auto const* run : runs) {
    if (!is_by_rule(*run)) continue;
    if (auto why = give(*run, base, alternatives); !why.empty()) errors.add(std::move(why));
  }
  errors.throw_if_any();
  return alternatives;
}

std::optional<double> RuleParts::behaviour_percent() const {
  return rule_percent ? std::optional{100 - *rule_percent} : std::nullopt;
}

std::optional<RuleParts> rule_parts(Figures const& base, Figures const& twin, Figures const& alternative,
                                    MonthSpan months, std::size_t key, std::size_t replicates) {
  auto const rule = pair_over(base, twin, months, key, replicates);
  auto const behaviour = pair_over(twin, alternative, months, key, replicates);
  auto const whole = pair_over(base, alternative, months, key, replicates);
  if (!add_up(rule, behaviour, whole)) return std::nullopt;
  RuleParts parts{{*rule.difference, rule.interval}, {*behaviour.difference, behaviour.interval}, {}};
  if (whole.interval && !whole.interval->holds(0)) parts.rule_percent = 100 * *rule.difference / *whole.difference;
  return parts;
}

}  // namespace arraigo::analysis
