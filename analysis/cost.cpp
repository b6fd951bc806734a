#include "analysis/cost.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/figures.hpp"
#include "analysis/parameter_parts.hpp"

namespace arraigo::analysis {
namespace {

struct Outcome {
  char const* name;
  std::vector<std::string> terms;  ///< variables of the area; a leading '-' subtracts
  Message title;
};

std::vector<Outcome> const& outcomes() {
  static std::vector<Outcome> const table{
      {"regular", {"regular"}, Message::an_outcome_regular},
      {"payroll", {"payroll"}, Message::an_outcome_payroll},
      {"migrant_payroll", {"migrant_payroll"}, Message::an_outcome_migrant_payroll},
      {"out_of_poverty", {"-poor"}, Message::an_outcome_out_of_poverty},
      {"migrant_enrolled", {"migrant_enrolled"}, Message::an_outcome_migrant_enrolled},
  };
  return table;
}

Indicator level_of_terms(std::vector<std::string> terms) {
  Indicator level;
  level.numerator = std::move(terms);
  return level;
}

int common_months(RunData const& base, RunData const& alternative, int most) {
  return std::min({base.layout().months, alternative.layout().months, most});
}

/// alternative - base by replicate, of sums over months.
std::optional<std::vector<double>> differences_of(RunData const& base, RunData const& alternative,
                                                  Indicator const& level, Cut const& cut, std::size_t key,
                                                  MonthSpan months) {
  if (!is_recorded(base, level, cut) || !is_recorded(alternative, level, cut)) return std::nullopt;
  VariableCache of_base, of_alternative;
  Figures const before{base, level, cut, of_base}, after{alternative, level, cut, of_alternative};
  std::vector<double> differences(std::min(before.replicates(), after.replicates()), 0.0);
  for (std::size_t r = 0; r < differences.size(); ++r)
    for (int m = months.first; m < months.first + months.count; ++m)
      differences[r] += *after.value(r, m, key) - *before.value(r, m, key);
  return differences;
}

/// What stands on a dimension, with its keys' labels; empty when a run lacks it.
std::vector<CostPart> parts_by(RunData const& base, RunData const& alternative, std::string const& variable,
                               std::string const& dimension, int months) {
  std::vector<CostPart> parts;
  auto const* known = find_dimension(base.layout(), dimension);
  auto const* other = find_dimension(alternative.layout(), dimension);
  if (known == nullptr || other == nullptr || known->keys != other->keys) return parts;
  for (std::size_t k = 0; k < known->keys.size(); ++k) {
    auto const sums = paired_sums(base, alternative, variable, k, months);
    if (!sums || sums->empty()) return {};
    parts.push_back({known->keys[k], known->label_es[k], known->label_en[k], summarise_pairs(*sums, parameter_sets_of(base), sums->size()), {}});
  }
  return parts;
}

/// The largest lines of cost that together make up four fifths of all that changes, at most five.
std::vector<CostPart> main_lines(std::vector<CostPart> lines, AccountBook const& book) {
  constexpr double most = 0.8;
  constexpr std::size_t most_lines = 5;
  std::erase_if(lines,
                [&](CostPart const& line) { return line.soles.mean == 0 || book.revenue_lines.contains(line.key); });
  std::stable_sort(lines.begin(), lines.end(), [](CostPart const& a, CostPart const& b) {
    return std::abs(a.soles.mean) > std::abs(b.soles.mean);
  });
  double all = 0, kept = 0;
  for (auto const& line : lines) all += std::abs(line.soles.mean);
  std::size_t count = 0;
  while (count < std::min(lines.size(), most_lines) && kept < most * all) kept += std::abs(lines[count++].soles.mean);
  lines.resize(count);
  for (auto& line : lines)
    if (auto const known = book.unit_costs.find(line.key); known != book.unit_costs.end())
      line.unit_costs = known->second;
  return lines;
}

}  // namespace

std::optional<std::vector<double>> paired_sums(RunData const& base, RunData const& alternative,
                                               std::string const& variable, std::size_t key, int most) {
  int const months = common_months(base, alternative, most);
  auto const sums_of = [&](RunData const& run) -> std::optional<std::vector<double>> {
    auto const* known = find_variable(run.layout(), variable);
    if (known == nullptr) return std::nullopt;
    auto const values = run.read(*known);
    auto const rows = static_cast<std::size_t>(run.replicates()) * static_cast<std::size_t>(run.layout().months);
    std::size_t const keys = rows == 0 ? 0 : values.size() / rows;
    if (key >= keys) return std::nullopt;
    std::vector<double> sums(static_cast<std::size_t>(run.replicates()), 0.0);
    for (std::size_t r = 0; r < sums.size(); ++r)
      for (int m = 0; m < months; ++m)
        sums[r] += static_cast<double>(
            values[(r * static_cast<std::size_t>(run.layout().months) + static_cast<std::size_t>(m)) * keys + key]);
    return sums;
  };
  auto const before = sums_of(base), after = sums_of(alternative);
  if (!before || !after) return std::nullopt;
  std::vector<double> differences(std::min(before->size(), after->size()));
  for (std::size_t r = 0; r < differences.size(); ++r) differences[r] = (*after)[r] - (*before)[r];
  return differences;
}

std::optional<std::vector<double>> paired_costs(RunData const& base, RunData const& alternative, int months, bool net) {
  // Gross is what all payers bear; files of earlier versions know the public cost alone.
  bool const by_payer = find_variable(base.layout(), "programme_cost") != nullptr && find_variable(alternative.layout(), "programme_cost") != nullptr;
  auto const level = net ? level_of_terms({"public_cost", "-public_revenue"}) : level_of_terms({by_payer ? "programme_cost" : "public_cost"});
  return differences_of(base, alternative, level, find_cut(base, ""), 0, {0, common_months(base, alternative, months)});
}

CostReport cost_report(RunData const& base, RunData const& alternative, AccountBook const& book, int most) {
  CostReport report;
  report.alternative = {alternative.column_name(), alternative.title(Lang::es), alternative.title(Lang::en),
                        alternative.text_attribute("version").value_or(""),
                        alternative.text_attribute("commit").value_or("")};
  int const months = common_months(base, alternative, most);
  report.first_month = base.layout().start.text();
  report.last_month = (base.layout().start + (months - 1)).text();
  auto const net = paired_costs(base, alternative, months, true),
             gross = paired_costs(base, alternative, months, false);
  if (!net || !gross || net->empty()) return report;
  report.replicates = static_cast<int>(net->size());
  std::size_t const sets = parameter_sets_of(base);
  report.net = summarise_pairs(*net, sets, net->size());
  report.gross = summarise_pairs(*gross, sets, gross->size());
  for (auto const& outcome : outcomes()) {
    auto const added =
        differences_of(base, alternative, level_of_terms(outcome.terms), find_cut(base, ""), 0, {months - 1, 1});
    if (!added) continue;
    report.outcomes.push_back({outcome.name, outcome.title, summarise_pairs(*added, sets, added->size()), ratio_of_means(*net, *added, sets),
                               ratio_of_means(*gross, *added, sets)});
  }
  report.lines =
      main_lines(parts_by(base, alternative, "public_accounts_by_account_line", "account_line", months), book);
  report.payers = parts_by(base, alternative, "programme_cost_by_payer", "payer", months);
  return report;
}

}  // namespace arraigo::analysis
