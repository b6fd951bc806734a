/// A sweep's answers read for what they depend on: the method that its design was made for, over every output asked for,
/// and in plain sentences what the sample is too small to say.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analysis/prim.hpp"
#include "analysis/sensitivity.hpp"
#include "analysis/sweep_reader.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

/// Which cases are of interest: "effect<0", "value>=12.5", "effect<=p10" (a percentile of the outputs).
struct CaseRule {
  bool below = true;
  bool inclusive = false;
  bool percentile = false;
  double threshold = 0;

  /// InputError when it cannot be read.
  [[nodiscard]] static CaseRule parse(std::string const& text);
  [[nodiscard]] bool holds(double value, double limit) const {
    return below ? (inclusive ? value <= limit : value < limit) : (inclusive ? value >= limit : value > limit);
  }
};

struct SensitivityRequest {
  std::vector<std::string> indicators;    ///< names; empty: the headline ones
  std::string month = "last";             ///< "YYYY-MM", "last" or "mean"
  std::string scenario;                   ///< the level in one scenario; empty: differences, where there are two or more
  std::string base;                       ///< empty: the first scenario
  std::vector<std::string> alternatives;  ///< empty: all others
  std::optional<CaseRule> cases;          ///< none: see Discovery
  std::optional<std::size_t> step;        ///< of the first box's trajectory
};

enum class SensitivityMethod { morris, sobol, ranks };

/// A sentence in both languages.
struct Note {
  std::string es, en;
  [[nodiscard]] std::string const& in(Lang lang) const { return lang == Lang::es ? es : en; }
};

/// Which values of the parameters the cases of interest have. Without a rule these are, for a difference, the points whose
/// effect has not the sign of the median effect; if there are none, the tenth with the weakest effect; for a level the
/// lowest tenth.
struct Discovery {
  CaseRule rule;
  double limit = 0;           ///< of the output
  bool flips = false;         ///< the rule is that of the wrong sign
  std::vector<std::size_t> rows;       ///< of the design, that were looked at
  std::vector<bool> of_interest;       ///< one for each of `rows`
  std::size_t cases = 0;
  std::vector<Separation> separations; ///< one for each parameter of the result; empty when one group is
  std::vector<bool> separations_remain;  ///< under the Benjamini-Hochberg false discovery rate of 5 %
  std::vector<PrimBox> boxes;          ///< limits' parameters count those of the result; `inside` counts `rows`
};

struct SensitivityResult {
  SweepIndicator indicator;
  std::string scenario;
  std::string base;  ///< empty: the level in the scenario
  std::string month;
  SensitivityMethod method = SensitivityMethod::ranks;
  std::vector<std::size_t> parameters;  ///< of the sweep, that have an order and vary
  std::vector<std::size_t> order;       ///< of `parameters`, the most important first
  std::vector<double> output;           ///< by row of the design, mean over replicates; not a number where one is missing
  std::size_t whole_rows = 0;
  double mean = 0, deviation = 0;       ///< of the output over the rows
  bool varies = false;
  std::optional<ReplicateNoise> noise;
  // One of them, by the method; one entry for each of `parameters`.
  std::vector<ElementaryEffects> effects;
  std::vector<double> effect_by_chance;  ///< the mean size that chance of the replicates alone would give; empty: not known
  std::vector<VarianceParts> parts;
  std::optional<RankRegression> ranks;
  std::vector<bool> ranks_remain;        ///< under the Benjamini-Hochberg false discovery rate of 5 %
  std::optional<Discovery> discovery;    ///< none for trajectories
  std::vector<Note> notes;

  /// A difference of percentages is in points.
  [[nodiscard]] std::string unit(Lang lang) const;
};

// What is too small for its claim. Sources: Morris designs of 10 and more trajectories, Campolongo et al. (2007); ten points a
// parameter for rank regressions, Harrell (2015), Regression Modeling Strategies, 4.4; others are this program's choice.
inline constexpr std::size_t least_trajectories = 10;
inline constexpr std::size_t least_points_per_parameter = 10;
inline constexpr double widest_total_interval = 0.2;
inline constexpr std::size_t least_cases = 30;
inline constexpr double most_chance = 0.2;    ///< of the output's variance
inline constexpr double least_rank_fit = 0.5; ///< R^2 of ranks on ranks

/// InputError with every reason for which the request cannot be met.
[[nodiscard]] std::vector<SensitivityResult> study_sensitivity(SweepReader const& sweep, SensitivityRequest const& request);

/// "news.campaign_effect <= 0.43", "measures.x.enabled = true".
[[nodiscard]] std::string limit_text(SweepParameter const& parameter, BoxLimit const& limit, Lang lang);
/// Three significant digits.
[[nodiscard]] std::string short_number(double value, Lang lang, bool with_sign = false);
/// "effect <= 0" or "value <= 12.3 (p10)".
[[nodiscard]] std::string rule_text(SensitivityResult const& result, Lang lang);

}  // namespace arraigo::analysis
