/// Cost per additional outcome: what a policy costs the public purse beside what it adds, and on which assumed unit
/// costs that rests.
#pragma once
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "analysis/compare.hpp"
#include "analysis/inference.hpp"
#include "analysis/run_data.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

/// A row of costs.csv.
struct UnitCost {
  std::string line, per, per_es, payer;  ///< what one of it is, in English and Spanish
  double soles = 0, low = 0, high = 0;
};

/// What a run file does not say of its lines of account.
struct AccountBook {
  std::set<std::string> revenue_lines;                      ///< keys of account_line; the others are costs
  std::map<std::string, std::vector<UnitCost>> unit_costs;  ///< by account line: what it is computed from
};

/// A difference of sums over the horizon, soles.
struct CostPart {
  std::string key, label_es, label_en;
  PairedDifference soles;
  std::vector<UnitCost> unit_costs;
};

struct OutcomeCost {
  std::string outcome;  ///< its name in CSV and JSON
  Message title{};
  PairedDifference additional;  ///< at the end of the horizon, people
  RatioOfMeans net, gross;      ///< soles per additional one
};

/// Of one alternative against the base.
struct CostReport {
  ComparedRun alternative;
  std::string first_month, last_month;
  int replicates = 0;
  std::optional<PairedDifference> net, gross;  ///< soles over the horizon; none: the runs keep no accounts
  std::vector<OutcomeCost> outcomes;           ///< those that both runs hold
  std::vector<CostPart> lines;                 ///< cost lines that make up most of the gross difference, largest first
  std::vector<CostPart> payers;                ///< where the runs hold programme_cost_by_payer
};

inline constexpr int all_months = std::numeric_limits<int>::max();

/// The runs must be comparable. Over the first `months`, or as many as they have in common.
[[nodiscard]] CostReport cost_report(RunData const& base, RunData const& alternative, AccountBook const& book,
                                     int months = all_months);

/// Differences by replicate of the sum over months [0, months) of a variable of the area, or of a key of its dimension.
/// None when a run lacks it.
[[nodiscard]] std::optional<std::vector<double>> paired_sums(RunData const& base, RunData const& alternative,
                                                             std::string const& variable, std::size_t key = 0,
                                                             int months = all_months);
/// Public cost of the area, less revenue if `net`: differences by replicate of the sums over the first `months`.
[[nodiscard]] std::optional<std::vector<double>> paired_costs(RunData const& base, RunData const& alternative,
                                                              int months, bool net);

/// For planners, as lines wrapped to `columns`.
void print_costs(std::ostream& out, std::span<CostReport const> reports, Lang lang, std::size_t columns = 100);
/// scenario,outcome,cost,additional,additional_low,additional_high,soles,soles_low,soles_high,soles_per_outcome,ci_low,
/// ci_high,reason,lines,replicates; cost is net or gross.
void print_costs_csv(std::ostream& out, std::span<CostReport const> reports);
void print_costs_json(std::ostream& out, std::span<CostReport const> reports);

/// "+1,234 [+1,000; +1,468]", people or soles.
[[nodiscard]] std::string with_interval(PairedDifference const& difference, Lang lang);
/// The same of a ratio, or a dash.
[[nodiscard]] std::string cost_ratio_text(RatioOfMeans const& ratio, Lang lang);
/// Why there is no ratio, as the end of a sentence.
[[nodiscard]] std::string why_none(NoRatio reason, Lang lang);
/// "S/ 70 per case decided (35 to 150, state)".
[[nodiscard]] std::string unit_cost_text(UnitCost const& cost, Lang lang);
/// Why there is no ratio, in a word for CSV and JSON: "" when there is one.
[[nodiscard]] std::string code_of(NoRatio reason);

}  // namespace arraigo::analysis
