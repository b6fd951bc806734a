/// Claims of a theory of change, tested on runs of their arms: differences, interactions, main effects, several goals
/// at once, thresholds; verdicts, and what assumptions they turn on. Pure functions of runs; who runs the arms is
/// elsewhere.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/cost.hpp"
#include "analysis/inference.hpp"
#include "analysis/run_data.hpp"
#include "core/month.hpp"

namespace arraigo::analysis {

enum class TestKind { difference, interaction, main_effects, both, threshold };
[[nodiscard]] std::string_view name_of(TestKind kind);
[[nodiscard]] std::vector<std::string_view> test_kind_names();

struct Words {
  std::string es, en;
  [[nodiscard]] std::string const& in(Lang lang) const { return lang == Lang::es ? es : en; }
};

/// Share of cells and months in which a figure stands above what it was in the month `before`, at the same place.
struct Threshold {
  std::string by;                 ///< dimension of the cells: district
  Month before{};                 ///< last month before the programme
  std::optional<double> at_most;  ///< share that the arm `on` itself must not exceed; none: only the difference counts
};

/// What is read off one replicate of one arm.
struct Outcome {
  std::string indicator;       ///< of the indicator table; empty: a level
  std::string level;           ///< a variable; empty: an indicator
  std::string dimension, key;  ///< the subgroup; empty: everyone
  bool mean = false;           ///< over the months up to the horizon, not its last month
  int months = 0;              ///< the horizon
  std::optional<Threshold> threshold;

  /// The same text for the same reading.
  [[nodiscard]] std::string text() const;
};

struct Goal {
  Outcome outcome;
  bool up = true;         ///< the direction wanted
  double margin = 0;      ///< the smallest difference that matters; with no_worse the largest loss that does not
  bool no_worse = false;  ///< need not gain, may not lose more than the margin
};

struct Arm {
  std::string name;  ///< off, on, a, b, ...
  std::string file;
  std::string signs;  ///< of main effects: '+' or '-' for each part
};

/// What is switched on in an arm besides others.
struct Part {
  std::string name;
  Words title;
};

struct Claim {
  std::string id;
  Words if_, then, why;
  TestKind test = TestKind::difference;
  std::vector<Goal> goals;  ///< the primary one, or all that must hold
  std::vector<Goal> secondary;
  int months = 0;
  std::vector<Arm> arms;
  std::vector<Part> parts;
  std::vector<std::string> people;        ///< terms whose difference are the people affected; empty: as the goal tells
  std::vector<std::string> groups;        ///< of parameters to screen; empty: all
  std::vector<std::string> unidentified;  ///< parameters that alone give the effect its sign, by no row of data

  [[nodiscard]] Arm const* arm(std::string_view name) const;
};

/// The runs of a claim's arms by name, of equal seed, area, scale and data.
using ArmRuns = std::map<std::string, RunData const*, std::less<>>;
/// A reading per replicate; none where it is undefined.
using Readings = std::vector<std::optional<double>>;
using ArmReadings = std::map<std::string, Readings, std::less<>>;

/// The indicator that an outcome reads, of a layout: InputError when it has none such.
[[nodiscard]] Indicator indicator_of(RunData const& run, Outcome const& outcome);
[[nodiscard]] Readings readings_of(RunData const& run, Outcome const& outcome);

/// Weights of arms in a difference: on - off, or Y11 - Y10 - Y01 + Y00, or those of a part's main effect.
using Weights = std::map<std::string, double, std::less<>>;
[[nodiscard]] Weights primary_weights(Claim const& claim);
/// Mean of the arms with the part less mean of those without, from the sign table; aliased with whatever the fraction
/// aliases it with.
[[nodiscard]] Weights main_effect_weights(Claim const& claim, std::size_t part);

/// Weighted sums by replicate, over those in which every arm is defined.
[[nodiscard]] std::vector<double> contrast(ArmReadings const& readings, Weights const& weights);
/// The same of logarithms; replicates with a reading that is not positive are left out.
[[nodiscard]] std::vector<double> log_contrast(ArmReadings const& readings, Weights const& weights);

enum class Finding { holds, fails, open };
/// From the 95 % interval: it holds when the whole interval is beyond the margin in the wanted direction, fails when
/// none of it is, and is open when the margin lies inside. With no_worse the bound is the largest loss that does not
/// matter.
[[nodiscard]] Finding finding_of(Goal const& goal, PairedDifference const& difference);
/// All must hold (intersection-union): one that fails decides, and no correction for their number is needed.
[[nodiscard]] Finding all_of(std::span<Finding const> findings);

enum class Verdict { supported, not_supported, undecided, assumption_driven };
[[nodiscard]] std::string_view name_of(Verdict verdict);

struct GoalResult {
  std::string indicator, instrument, units;
  Words title;
  int decimals = 1;
  std::optional<double> off, on;
  std::optional<PairedDifference> difference;
  std::optional<double> p_value;  ///< of no difference
  int replicates = 0;
  Finding finding = Finding::open;
};

struct Effect {
  std::string name;
  Words title;
  std::optional<PairedDifference> difference;
  std::optional<double> p_value, holm;
};

struct ClaimResult {
  std::vector<GoalResult> goals;
  std::optional<PairedDifference> level;  ///< of a threshold: the share in the arm `on` itself
  Finding level_finding = Finding::holds;
  std::optional<PairedDifference> log_interaction;  ///< of an interaction
  std::vector<Effect> parts;                        ///< each arm against off, or main effects
  std::vector<GoalResult> secondary;
  std::vector<std::optional<double>> secondary_holm;
  std::optional<PairedDifference> people;  ///< on - off; of services and other flows all that there were over the months
  Words flow;                              ///< what a flow counts; empty of people at a time
  RatioOfMeans net, gross;                 ///< soles per additional one, on - off
  CostReport cost;
  Verdict verdict = Verdict::undecided;  ///< before any screening
};

/// Reads a claim off the runs of its arms.
[[nodiscard]] ClaimResult evaluate(Claim const& claim, ArmRuns const& runs, AccountBook const& book);
[[nodiscard]] Verdict verdict_of(std::span<Finding const> findings);

// Screening: the same differences with one assumption at an end of its range, the others at their defaults.

/// The primary differences of a claim under one setting, one per goal, at the screening's size.
using ScreenedGoals = std::vector<std::optional<PairedDifference>>;

struct ScreenedEnd {
  double value = 0;  ///< of the parameter
  ScreenedGoals goals;
  ScreenedGoals changes;  ///< less the differences at default values, replicate by replicate
};

enum class Turn { none, flips, vanishes, appears };

struct ScreenedParameter {
  std::string name;
  bool unidentified = false;
  ScreenedEnd low, high;
  double movement = 0;  ///< the largest of |difference at an end - at default|, over the goals, in units of their size
  Turn turn_low = Turn::none, turn_high = Turn::none;
  [[nodiscard]] bool turns() const { return turn_low != Turn::none || turn_high != Turn::none; }
};

struct Screening {
  int scale = 0, replicates = 0;
  std::size_t parameters = 0;  ///< screened
  ScreenedGoals at_default;
  std::vector<ScreenedParameter>
      movers;         ///< at most ten, largest movement first; those that turn the verdict are among them
  bool tells = true;  ///< at this size and default values the effect is seen at all
};

/// How far an end moves a claim: see ScreenedParameter::movement. Only means are used, so that one replicate will do.
[[nodiscard]] double movement_of(Claim const& claim, ScreenedGoals const& at_default, ScreenedGoals const& at_end);

/// What an end does to an effect that the runs have shown (or have shown to be none).
///
/// flips: a goal's difference excludes zero on the other side than in the runs; for no_worse, the loss exceeds the
/// margin. vanishes: its interval holds zero, although at default values and the same size it does not, less than half of
/// the difference is left, and the change from default values excludes zero: of many ends tried on few coarse runs, some
/// lose half by chance. appears: the runs do not support the claim, and at this end every goal holds.
[[nodiscard]] Turn turn_of(Claim const& claim, ClaimResult const& result, ScreenedGoals const& at_default,
                           ScreenedEnd const& end);

/// Keeps the ten largest movers and says at which ends the verdict turns.
[[nodiscard]] Screening judge(Claim const& claim, ClaimResult const& result, ScreenedGoals at_default,
                              std::vector<ScreenedParameter> parameters, int scale, int replicates);

/// Assumption-driven when the verdict was reached and turns at an end; an undecided one stays undecided.
[[nodiscard]] Verdict verdict_after(Verdict verdict, Screening const& screening);

inline constexpr std::size_t most_movers = 10;

/// A claim with what was found, to be printed.
struct ScoredClaim {
  Claim claim;
  ClaimResult result;
  std::optional<Screening> screening;  ///< none: not screened
  Verdict verdict = Verdict::undecided;
  std::vector<std::string> outside_experience;  ///< sentences about its arms
};

struct Scoreboard {
  std::string area, version, commit;
  std::int64_t scale = 0, seed = 0;
  int replicates = 0;
  Month start{};
  std::vector<ScoredClaim> claims;
};

/// "labour.scar_per_month=0.04; ...": the ends at which the verdict turns.
[[nodiscard]] std::string assumptions_text(ScoredClaim const& scored);

/// For planners: a table of all claims, then each with its words, parts, costs and assumptions.
void print_scoreboard(std::ostream& out, Scoreboard const& board, Lang lang, std::size_t columns = 100);
/// claim,indicator,difference,ci_low,ci_high,people,cost_per_outcome_soles,verdict,assumptions: a row for each goal.
/// People and net cost per outcome are of the claim's first goal.
void print_scoreboard_csv(std::ostream& out, Scoreboard const& board);
void print_scoreboard_json(std::ostream& out, Scoreboard const& board);

}  // namespace arraigo::analysis
