#include "analysis/theory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "analysis/figures.hpp"
#include "analysis/text_output.hpp"
#include "core/input_errors.hpp"
#include "record/series.hpp"

namespace arraigo::analysis {
namespace {

constexpr std::array kind_names{std::string_view{"difference"}, std::string_view{"interaction"},
                                std::string_view{"main_effects"}, std::string_view{"both"},
                                std::string_view{"threshold"}};
constexpr std::array verdict_names{std::string_view{"supported"}, std::string_view{"not supported"},
                                   std::string_view{"undecided"}, std::string_view{"assumption-driven"}};

Cut cut_of(RunData const& run, Outcome const& outcome) { return find_cut(run, outcome.dimension); }

std::size_t key_of(Cut const& cut, Outcome const& outcome) {
  if (outcome.dimension.empty()) return 0;
  auto const found = std::find(cut.keys.begin(), cut.keys.end(), outcome.key);
  if (found == cut.keys.end()) throw InputError(say(Message::an_no_key, outcome.dimension, outcome.key));
  return static_cast<std::size_t>(found - cut.keys.begin());
}

Figures figures_of(RunData const& run, Indicator const& indicator, Cut const& cut) {
  if (auto const missing = missing_variable(run, indicator, cut); !missing.empty())
    throw InputError(say(Message::an_indicator_not_cut, run.name(),
                         indicator.name.empty() ? indicator.numerator.front() : indicator.name, cut.name, missing));
  VariableCache cache;
  return Figures{run, indicator, cut, cache};
}

/// Share of cells and months after `before` in which the figure stands above its own of that month.
Readings shares_above(RunData const& run, Indicator const& indicator, Outcome const& outcome) {
  auto const figures = figures_of(run, indicator, find_cut(run, outcome.threshold->by));
  int const before = outcome.threshold->before - run.layout().start;
  int const end = std::min(outcome.months, figures.months());
  Readings readings(figures.replicates());
  if (before < 0 || before >= end) return readings;
  for (std::size_t r = 0; r < figures.replicates(); ++r) {
    std::size_t cells = 0, above = 0;
    for (std::size_t key = 0; key < figures.keys(); ++key) {
      auto const level = figures.value(r, before, key);
      if (!level) continue;
      for (int m = before + 1; m < end; ++m) {
        auto const value = figures.value(r, m, key);
        if (!value) continue;
        ++cells;
        if (*value > *level) ++above;
      }
    }
    if (cells > 0) readings[r] = 100.0 * static_cast<double>(above) / static_cast<double>(cells);
  }
  return readings;
}

Readings readings_under(RunData const& run, Indicator const& indicator, Outcome const& outcome) {
  Cut const cut = cut_of(run, outcome);
  std::size_t const key = key_of(cut, outcome);
  auto const figures = figures_of(run, indicator, cut);
  int const end = std::min(outcome.months, figures.months());
  Readings readings(figures.replicates());
  for (std::size_t r = 0; r < figures.replicates(); ++r) {
    if (!outcome.mean) {
      readings[r] = figures.value(r, end - 1, key);
      continue;
    }
    double sum = 0;
    int defined = 0;
    for (int m = 0; m < end; ++m)
      if (auto const value = figures.value(r, m, key)) {
        sum += *value;
        ++defined;
      }
    if (defined > 0) readings[r] = sum / defined;
  }
  return readings;
}

std::optional<PairedDifference> summary_of(std::vector<double> const& differences) {
  if (differences.empty()) return std::nullopt;
  return summarise_pairs(differences);
}

std::optional<double> mean_of(Readings const& readings) {
  std::vector<double> defined;
  for (auto const& reading : readings)
    if (reading) defined.push_back(*reading);
  if (defined.empty()) return std::nullopt;
  return summarise_pairs(defined).mean;
}

Weights against_off(std::string const& arm) { return {{arm, 1.0}, {"off", -1.0}}; }

ArmReadings readings_of_arms(ArmRuns const& runs, Weights const& weights, Outcome const& outcome) {
  ArmReadings readings;
  for (auto const& [arm, weight] : weights) readings[arm] = readings_of(*runs.at(arm), outcome);
  return readings;
}

GoalResult evaluate_goal(Goal const& goal, ArmRuns const& runs, Weights const& weights) {
  auto const& on = *runs.at("on");
  auto const indicator = indicator_of(on, goal.outcome);
  GoalResult result;
  result.indicator = goal.outcome.indicator.empty() ? goal.outcome.level : goal.outcome.indicator;
  result.instrument = indicator.instrument;
  result.units = goal.outcome.threshold ? "%" : indicator.units;
  result.title = {indicator.title_es, indicator.title_en};
  if (auto const& threshold = goal.outcome.threshold) {  // another figure than the indicator itself
    auto const before = threshold->before.text();
    result.indicator += "_above_" + before;
    result.title = {words(Lang::es, Message::an_title_above, indicator.title_es, before), words(Lang::en, Message::an_title_above, indicator.title_en, before)};
  }
  result.decimals = goal.outcome.threshold ? 1 : indicator.decimals;
  auto const readings = readings_of_arms(runs, weights, goal.outcome);
  auto const differences = contrast(readings, weights);
  result.off = mean_of(readings.at("off"));
  result.on = mean_of(readings.at("on"));
  result.replicates = static_cast<int>(differences.size());
  result.difference = summary_of(differences);
  if (result.difference) {
    result.p_value = p_value_of_pairs(differences);
    result.finding = finding_of(goal, *result.difference);
  }
  return result;
}

std::vector<std::optional<double>> holm_of(std::vector<std::optional<double>> const& p_values) {
  std::vector<double> known;
  for (auto const& p : p_values)
    if (p) known.push_back(*p);
  auto const adjusted = holm_adjusted(known);
  std::vector<std::optional<double>> all(p_values.size());
  for (std::size_t i = 0, k = 0; i < all.size(); ++i)
    if (p_values[i]) all[i] = adjusted[k++];
  return all;
}

Words title_of(Claim const& claim, std::string const& arm) {
  for (auto const& part : claim.parts)
    if (part.name == arm) return part.title;
  return {arm, arm};
}

std::vector<Effect> evaluate_parts(Claim const& claim, ArmRuns const& runs) {
  std::vector<Effect> effects;
  auto const& outcome = claim.goals.front().outcome;
  auto const add = [&](std::string const& name, Words title, Weights const& weights) {
    auto const differences = contrast(readings_of_arms(runs, weights, outcome), weights);
    effects.push_back({name, std::move(title), summary_of(differences), p_value_of_pairs(differences), {}});
  };
  if (claim.test == TestKind::main_effects) {
    for (std::size_t p = 0; p < claim.parts.size(); ++p)
      add(claim.parts[p].name, claim.parts[p].title, main_effect_weights(claim, p));
  } else {
    for (auto const& arm : claim.arms)
      if (arm.name != "off" && (arm.name != "on" || claim.test == TestKind::interaction))
        add(arm.name, title_of(claim, arm.name), against_off(arm.name));
  }
  std::vector<std::optional<double>> p_values;
  for (auto const& effect : effects) p_values.push_back(effect.p_value);
  auto const holm = holm_of(p_values);
  for (std::size_t i = 0; i < effects.size(); ++i) effects[i].holm = holm[i];
  return effects;
}

/// The terms whose difference are the people affected; empty when the outcome is none of people and the claim names
/// none.
std::vector<std::string> people_terms(Claim const& claim, Indicator const& indicator) {
  if (!claim.people.empty()) return claim.people;
  bool const of_people = indicator.units == "%" || indicator.units == "people";
  return of_people ? indicator.numerator : std::vector<std::string>{};
}

/// The title of the first of the terms when they count what happens in a month, not who is there at its end.
std::optional<Words> flow_titled(RunData const& run, std::vector<std::string> const& terms) {
  auto name = terms.front();
  if (name.starts_with('-')) name.erase(0, 1);
  auto const* variable = find_variable(run.layout(), name);
  if (variable == nullptr || !is_flow(variable->base)) return std::nullopt;
  return Words{variable->title_es, variable->title_en};
}

void evaluate_people_and_cost(ClaimResult& result, Claim const& claim, ArmRuns const& runs, AccountBook const& book) {
  auto const &off = *runs.at("off"), &on = *runs.at("on");
  auto const& goal = claim.goals.front();
  result.cost = cost_report(off, on, book, claim.months);
  Indicator level;
  level.numerator = people_terms(claim, indicator_of(on, goal.outcome));
  if (level.numerator.empty()) return;
  Outcome reading = goal.outcome;
  reading.threshold.reset();
  // What happens in a month adds up over the months, as its cost does; who is somewhere at a time does not.
  auto const flow = flow_titled(off, level.numerator);
  if (flow) {
    result.flow = *flow;
    reading.mean = true;
    reading.months = claim.months;
  }
  ArmReadings readings;
  readings["off"] = readings_under(off, level, reading);
  readings["on"] = readings_under(on, level, reading);
  auto people = contrast(readings, against_off("on"));
  if (flow)
    for (double& value : people) value *= claim.months;
  result.people = summary_of(people);
  auto const net = paired_costs(off, on, claim.months, true), gross = paired_costs(off, on, claim.months, false);
  if (!net || !gross) return;
  // What is wanted down is an outcome when it falls.
  std::vector<double> wanted = people;
  for (double& value : wanted) value = goal.up ? value : -value;
  result.net = ratio_of_means(*net, wanted);
  result.gross = ratio_of_means(*gross, wanted);
}

bool clear_of_zero(std::optional<PairedDifference> const& difference) {
  return difference && difference->interval && !difference->interval->holds(0);
}

}  // namespace

std::string_view name_of(TestKind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }
std::vector<std::string_view> test_kind_names() { return {kind_names.begin(), kind_names.end()}; }
std::string_view name_of(Verdict verdict) { return verdict_names.at(static_cast<std::size_t>(verdict)); }

std::string Outcome::text() const {
  std::string out = fmt::format("{}{}|{}={}|{}|{}", indicator, level, dimension, key, mean ? "mean" : "last", months);
  if (threshold) out += fmt::format("|above {} by {}", threshold->before.text(), threshold->by);
  return out;
}

Arm const* Claim::arm(std::string_view wanted) const {
  for (auto const& one : arms)
    if (one.name == wanted) return &one;
  return nullptr;
}

Indicator indicator_of(RunData const& run, Outcome const& outcome) {
  auto const& layout = run.layout();
  if (!outcome.indicator.empty()) {
    if (auto const* known = find_indicator(layout, outcome.indicator)) return *known;
    throw InputError(
        say(Message::an_unknown_indicator, run.name(), shown(outcome.indicator), say(Message::an_see_indicators)));
  }
  Indicator level;
  level.name = outcome.level;
  level.numerator = {outcome.level};
  level.decimals = 0;
  level.instrument = "model";
  // Whoever measures the count of the table measures the variable.
  for (auto const& known : layout.indicators)
    if (known.numerator == level.numerator && known.denominator.empty()) level.instrument = known.instrument;
  for (auto const& variable : layout.variables)
    if (variable.base == outcome.level) {
      level.units = variable.units;
      level.title_es = variable.title_es;
      level.title_en = variable.title_en;
      return level;
    }
  throw InputError(
      say(Message::an_unknown_variable, run.name(), shown(outcome.level), say(Message::an_see_variables, run.name())));
}

Readings readings_of(RunData const& run, Outcome const& outcome) {
  auto const indicator = indicator_of(run, outcome);
  return outcome.threshold ? shares_above(run, indicator, outcome) : readings_under(run, indicator, outcome);
}

Weights primary_weights(Claim const& claim) {
  if (claim.test == TestKind::interaction) return {{"on", 1.0}, {"a", -1.0}, {"b", -1.0}, {"off", 1.0}};
  return against_off("on");
}

Weights main_effect_weights(Claim const& claim, std::size_t part) {
  double with = 0, without = 0;
  for (auto const& arm : claim.arms)
    if (part < arm.signs.size()) (arm.signs[part] == '+' ? with : without) += 1;
  Weights weights;
  for (auto const& arm : claim.arms)
    if (part < arm.signs.size()) weights[arm.name] = arm.signs[part] == '+' ? 1 / with : -1 / without;
  return weights;
}

std::vector<double> contrast(ArmReadings const& readings, Weights const& weights) {
  std::size_t replicates = std::numeric_limits<std::size_t>::max();
  for (auto const& [arm, weight] : weights) replicates = std::min(replicates, readings.at(arm).size());
  std::vector<double> sums;
  for (std::size_t r = 0; !weights.empty() && r < replicates; ++r) {
    double sum = 0;
    bool defined = true;
    for (auto const& [arm, weight] : weights) {
      auto const& reading = readings.at(arm)[r];
      defined = defined && reading.has_value();
      if (reading) sum += weight * *reading;
    }
    if (defined) sums.push_back(sum);
  }
  return sums;
}

std::vector<double> log_contrast(ArmReadings const& readings, Weights const& weights) {
  ArmReadings logs;
  for (auto const& [arm, values] : readings) {
    auto& out = logs[arm];
    for (auto const& value : values)
      out.push_back(value && *value > 0 ? std::optional{std::log(*value)} : std::nullopt);
  }
  return contrast(logs, weights);
}

Finding finding_of(Goal const& goal, PairedDifference const& difference) {
  if (!difference.interval) return Finding::open;
  double const low = goal.up ? difference.interval->low : -difference.interval->high;
  double const high = goal.up ? difference.interval->high : -difference.interval->low;
  // A loss of just the margin does not matter yet; a gain of just the margin does not show that more is there.
  if (goal.no_worse) return low >= -goal.margin ? Finding::holds : high < -goal.margin ? Finding::fails : Finding::open;
  return low > goal.margin ? Finding::holds : high <= goal.margin ? Finding::fails : Finding::open;
}

Finding all_of(std::span<Finding const> findings) {
  Finding all = Finding::holds;
  for (Finding const one : findings) {
    if (one == Finding::fails) return Finding::fails;
    if (one == Finding::open) all = Finding::open;
  }
  return all;
}

Verdict verdict_of(std::span<Finding const> findings) {
  switch (all_of(findings)) {
    case Finding::holds:
      return Verdict::supported;
    case Finding::fails:
      return Verdict::not_supported;
    case Finding::open:
      break;
  }
  return Verdict::undecided;
}

ClaimResult evaluate(Claim const& claim, ArmRuns const& runs, AccountBook const& book) {
  ClaimResult result;
  auto const weights = primary_weights(claim);
  std::vector<Finding> findings;
  for (auto const& goal : claim.goals) {
    result.goals.push_back(evaluate_goal(goal, runs, weights));
    findings.push_back(result.goals.back().finding);
  }
  auto const& first = claim.goals.front();
  if (first.outcome.threshold) {
    auto const level = contrast(readings_of_arms(runs, {{"on", 1.0}}, first.outcome), {{"on", 1.0}});
    result.level = summary_of(level);
    if (first.outcome.threshold->at_most && result.level) {
      // Its whole interval must lie at or below the share.
      auto const& interval = result.level->interval;
      double const most = *first.outcome.threshold->at_most;
      result.level_finding = !interval                ? Finding::open
                             : interval->high <= most ? Finding::holds
                             : interval->low > most   ? Finding::fails
                                                      : Finding::open;
      findings.push_back(result.level_finding);
    }
  }
  if (claim.test == TestKind::interaction)
    result.log_interaction = summary_of(log_contrast(readings_of_arms(runs, weights, first.outcome), weights));
  result.parts = evaluate_parts(claim, runs);
  std::vector<std::optional<double>> p_values;
  for (auto const& goal : claim.secondary) {
    result.secondary.push_back(evaluate_goal(goal, runs, against_off("on")));
    p_values.push_back(result.secondary.back().p_value);
  }
  result.secondary_holm = holm_of(p_values);
  evaluate_people_and_cost(result, claim, runs, book);
  result.verdict = verdict_of(findings);
  return result;
}

double movement_of(Claim const& claim, ScreenedGoals const& at_default, ScreenedGoals const& at_end) {
  double largest = 0;
  for (std::size_t g = 0; g < claim.goals.size(); ++g) {
    if (!at_default[g] || !at_end[g]) continue;
    // In units of the effect or of what matters, so that goals of other units can be set beside each other.
    double const size = std::max({std::abs(at_default[g]->mean), claim.goals[g].margin, 1e-12});
    largest = std::max(largest, std::abs(at_end[g]->mean - at_default[g]->mean) / size);
  }
  return largest;
}

Turn turn_of(Claim const& claim, ClaimResult const& result, ScreenedGoals const& at_default, ScreenedEnd const& end) {
  auto const& at_end = end.goals;
  if (result.verdict == Verdict::not_supported) {
    std::vector<Finding> findings;
    for (std::size_t g = 0; g < claim.goals.size(); ++g)
      findings.push_back(at_end[g] ? finding_of(claim.goals[g], *at_end[g]) : Finding::open);
    if (verdict_of(findings) == Verdict::supported) return Turn::appears;
  }
  Turn turn = Turn::none;
  for (std::size_t g = 0; g < claim.goals.size(); ++g) {
    auto const& goal = claim.goals[g];
    auto const& shown = result.goals[g].difference;
    if (!at_end[g] || !at_end[g]->interval) continue;
    if (goal.no_worse) {
      if (result.goals[g].finding == Finding::holds && finding_of(goal, *at_end[g]) == Finding::fails)
        return Turn::flips;
      continue;
    }
    if (!clear_of_zero(shown)) continue;
    if (clear_of_zero(at_end[g]) && (at_end[g]->mean > 0) != (shown->mean > 0)) return Turn::flips;
    // Few coarse replicates give wide intervals: one that holds zero around an unchanged mean shows nothing.
    bool const halved = at_default[g] && std::abs(at_end[g]->mean) < std::abs(at_default[g]->mean) / 2;
    bool const changed = g < end.changes.size() && clear_of_zero(end.changes[g]);
    if (clear_of_zero(at_default[g]) && !clear_of_zero(at_end[g]) && halved && changed) turn = Turn::vanishes;
  }
  return turn;
}

Screening judge(Claim const& claim, ClaimResult const& result, ScreenedGoals at_default,
                std::vector<ScreenedParameter> parameters, int scale, int replicates) {
  Screening screening;
  screening.scale = scale;
  screening.replicates = replicates;
  screening.parameters = parameters.size();
  for (auto& parameter : parameters) {
    parameter.unidentified =
        std::find(claim.unidentified.begin(), claim.unidentified.end(), parameter.name) != claim.unidentified.end();
    parameter.movement = std::max(movement_of(claim, at_default, parameter.low.goals),
                                  movement_of(claim, at_default, parameter.high.goals));
    parameter.turn_low = turn_of(claim, result, at_default, parameter.low);
    parameter.turn_high = turn_of(claim, result, at_default, parameter.high);
  }
  for (std::size_t g = 0; g < claim.goals.size(); ++g)
    if (!claim.goals[g].no_worse && clear_of_zero(result.goals[g].difference) && !clear_of_zero(at_default[g]))
      screening.tells = false;
  std::stable_sort(parameters.begin(), parameters.end(), [](ScreenedParameter const& a, ScreenedParameter const& b) {
    if (a.turns() != b.turns()) return a.turns();
    return a.movement > b.movement;
  });
  if (parameters.size() > most_movers) parameters.resize(most_movers);
  std::stable_sort(parameters.begin(), parameters.end(),
                   [](ScreenedParameter const& a, ScreenedParameter const& b) { return a.movement > b.movement; });
  screening.at_default = std::move(at_default);
  screening.movers = std::move(parameters);
  return screening;
}

Verdict verdict_after(Verdict verdict, Screening const& screening) {
  if (verdict == Verdict::undecided) return verdict;
  bool const turns = std::any_of(screening.movers.begin(), screening.movers.end(),
                                 [](ScreenedParameter const& parameter) { return parameter.turns(); });
  return turns ? Verdict::assumption_driven : verdict;
}

}  // namespace arraigo::analysis
