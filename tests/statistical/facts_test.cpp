/// Ten facts of Peru that no parameter was chosen for, on the baseline and on history. Those that fail are published: the
/// tests hold that the list of misses in analysis/VALIDATION.md is what fails, no more and no less.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <tuple>

#include "analysis/validation.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

constexpr int replicates = 4, scale = 200;

/// Sums of recorded variables over replicates and months, by the terms that the table of published figures uses.
class Sums {
 public:
  explicit Sums(Scenario scenario) : prepared_(prepare(std::move(scenario), Detail::zones)), records_(run_replicates(*prepared_, replicates)) {}

  [[nodiscard]] double over(std::string const& text, char const* from, char const* to) const {
    auto const first = *Month::parse(from) - prepared_->scenario.start, last = *Month::parse(to) - prepared_->scenario.start;
    auto const terms = analysis::parse_terms(text);
    EXPECT_TRUE(terms) << text;
    double sum = 0;
    for (auto const& term : *terms) {
      auto const v = variable(prepared_->layout, term.variable);
      auto const d = prepared_->layout.variables[v].dimension;
      std::size_t keys = 1, key = 0;
      if (d >= 0) {
        auto const& names = prepared_->layout.dimensions[static_cast<std::size_t>(d)].keys;
        keys = names.size();
        key = static_cast<std::size_t>(std::find(names.begin(), names.end(), term.key) - names.begin());
        EXPECT_LT(key, keys) << text;
      }
      for (auto const& record : records_)
        for (int m = first; m <= last; ++m) {
          auto const value = static_cast<double>(record.values[v][static_cast<std::size_t>(m) * keys + key]);
          sum += term.subtracts ? -value : value;
        }
    }
    return sum / replicates;
  }
  [[nodiscard]] double at(std::string const& text, char const* month) const { return over(text, month, month); }

 private:
  std::shared_ptr<Prepared const> prepared_;
  std::vector<ReplicateRecord> records_;
};

Sums const& history() {
  static Sums const sums(shipped("history", small_case(scale, 96, "peru")));
  return sums;
}
Sums const& baseline() {
  static Sums const sums(shipped("baseline", small_case(scale, 24, "peru")));
  return sums;
}

struct Finding {
  bool holds = false;
  std::string says;
};
using Findings = std::map<std::string, Finding>;  ///< "4 history"

bool between(double x, double low, double high) { return low <= x && x <= high; }

/// Payroll jobs that end a month, over those that there are: what is hired and does not add to the stock.
double turnover(Sums const& run, char const* hires, char const* stock, char const* before, char const* from, char const* to) {
  return (run.over(hires, from, to) - (run.at(stock, to) - run.at(stock, before))) / run.over(stock, from, to);
}

/// How far migrants' pay lies below hosts', in percent.
double gap(Sums const& run, std::string const& cut, char const* from, char const* to) {
  auto const mean = [&](char const* who) {
    return run.over(std::string(who) + "_labour_income" + cut, from, to) / run.over(std::string(who) + "_employed" + cut, from, to);
  };
  return 100 - 100 * mean("migrant") / mean("host");
}
double gap_outside_lima(Sums const& run, char const* from, char const* to) {
  auto const rest = [&](std::string const& name) { return run.over(name + " - " + name + "_by_zone[lima_callao]", from, to); };
  return 100 - 100 * rest("migrant_labour_income") / rest("migrant_employed") / (rest("host_labour_income") / rest("host_employed"));
}
Finding gap_finding(Sums const& run, char const* from, char const* to) {
  double const primary = gap(run, "_by_education[primary]", from, to), secondary = gap(run, "_by_education[secondary]", from, to),
               university = gap(run, "_by_education[university]", from, to), lima = gap(run, "_by_zone[lima_callao]", from, to),
               rest = gap_outside_lima(run, from, to);
  return {primary < secondary && secondary < university && lima < rest,
          fmt::format("gap {:.1f} % with primary, {:.1f} secondary, {:.1f} university; {:.1f} in Lima, {:.1f} outside", primary, secondary, university, lima, rest)};
}

/// Where foreign staff stands against the whole heads that the limit leaves, over firms that heed it.
struct Heads {
  double at_limit = 0, above = 0, firms = 0, below_threshold = 0, small_firms = 0;
};
Heads heads_of(std::string const& rest) {
  Heads heads;
  auto const prepared = prepare(variant("baseline", rest, small_case(100, 24)));
  auto const count = [&](World const& world, Setup const&) {
    if (world.stream.month != prepared->scenario.start + 24) return;
    auto const& e = world.employers;
    for (std::size_t row = 0; row < e.size(); ++row) {
      if (e.staff_per_agent[row] != 1 || !heeds_quota(world, row) || e.on_books[row] == 0) continue;
      int const limit = e.on_books[row] / 5, foreign = e.foreign_on_books[row];
      if (limit == 0) {
        heads.small_firms += 1;
        heads.below_threshold += foreign > 0 ? 1 : 0;
      } else if (foreign > 0) {
        heads.firms += 1;
        heads.at_limit += foreign == limit ? 1 : 0;
        heads.above += foreign == limit + 1 ? 1 : 0;
      }
    }
  };
  for (int replicate = 0; replicate < replicates; ++replicate) (void)run(*prepared, replicate, {}, count);
  return heads;
}

Findings find() {
  Findings all;
  auto const& h = history();
  auto const& b = baseline();
  {
    std::string const holders = "migrant_working_age_by_status[temporary]";
    double const off = 100 - 100 * h.over("migrant_payroll_by_status[temporary]", "2019-01", "2019-03") / h.over(holders, "2019-01", "2019-03");
    all["1 history"] = {between(off, 90.4, 94.4), fmt::format("{:.1f} % off the payroll", off)};
  }
  {
    // Heeding firms are the same under a limit that cannot bind.
    auto const bound = heads_of(""), free = heads_of("measures:\n  - {id: quota, head_share: 1, payroll_share: 1}\n");
    double const at = bound.at_limit / bound.firms, at_free = free.at_limit / free.firms, above = bound.above / bound.firms, above_free = free.above / free.firms,
                 below = bound.below_threshold / bound.small_firms, below_free = free.below_threshold / free.small_firms;
    all["2 baseline"] = {at > at_free && above < above_free && below < 0.01,
                         fmt::format("at the limit {:.3f} of firms with foreigners (unbound {:.3f}), one above {:.3f} ({:.3f}); below the threshold {:.4f} of small ones ({:.4f})", at,
                                     at_free, above, above_free, below, below_free)};
  }
  for (auto const& [name, run, month] : {std::tuple{"3 history", &h, "2019-06"}, std::tuple{"3 baseline", &b, "2026-12"}}) {
    double const each = run->at("migrant_payroll", month) / run->at("firms_with_foreigners", month);
    all[name] = {between(each, 2.5, 4), fmt::format("{:.2f} foreigners per firm that has them", each)};
  }
  for (auto const& [name, run, before, from, to] :
       {std::tuple{"4 history", &h, "2018-12", "2019-01", "2019-03"}, std::tuple{"4 baseline", &b, "2026-12", "2027-01", "2027-12"}}) {
    double const ratio = turnover(*run, "migrant_formal_hires", "migrant_payroll", before, from, to) / turnover(*run, "formal_hires", "payroll", before, from, to);
    all[name] = {between(ratio, 1.7, 2.5), fmt::format("turnover {:.2f} times the average", ratio)};
  }
  {
    double const rise = 100 * (h.at("payroll_by_origin[venezuelan]", "2019-06") / h.at("payroll_by_origin[venezuelan]", "2019-03") - 1);
    all["5 history"] = {between(rise, 15, 30), fmt::format("payroll {:+.1f} % in three months", rise)};
  }
  std::string const filed = "new_applications_by_status[temporary]";
  {
    double const last = h.at(filed, "2023-11"), first = h.over(filed, "2023-05", "2023-07") / 3;
    all["6 history"] = {last >= 2 * first, fmt::format("last month {:.2f} times the mean of the first three", last / first)};
  }
  {
    constexpr double filed_before = 26574;  // by December 2017 (entornointeligente.com)
    double const ptp = 100 * (filed_before + h.over(filed, "2018-01", "2018-12")) / h.at("population_by_origin[venezuelan]", "2018-12"),
                 cpp = 100 * h.over(filed, "2023-05", "2023-11") / h.at("without_papers", "2023-04");
    all["7 history"] = {between(ptp, 76, 83) && between(cpp, 37, 51), fmt::format("PTP {:.0f} %, second CPP {:.0f} %", ptp, cpp)};
  }
  {
    double const june = h.at("asylum_claims", "2019-06"), before = h.over("asylum_claims", "2019-03", "2019-05") / 3;
    all["8 history"] = {june >= 1.5 * before, fmt::format("June {:.2f} times the three months before", june / before)};
  }
  all["9 history"] = gap_finding(h, "2022-01", "2022-12");
  all["9 baseline"] = gap_finding(b, "2026-01", "2026-12");
  {
    // The same years with half as many arrivals again: what more migrants do to hosts.
    Sums const more(variant("history", "measures:\n  - {id: more, kind: arrivals, from: 2018-02, factor: 1.5}\n", small_case(scale, 24, "peru")));
    auto const change = [&](std::string const& over, std::string const& under) {
      auto const mean = [&](Sums const& run) { return run.over(over, "2019-01", "2019-12") / run.over(under, "2019-01", "2019-12"); };
      return 100 * std::log(mean(more) / mean(h));
    };
    double const informal = change("host_labour_income - host_payroll_pay", "host_employed - host_payroll"), formal = change("host_payroll_pay", "host_payroll"),
                 jobs = 100 * std::log(more.over("payroll_by_size[micro] - migrant_payroll_by_size[micro]", "2019-01", "2019-12") /
                                       h.over("payroll_by_size[micro] - migrant_payroll_by_size[micro]", "2019-01", "2019-12")),
                 points = 100 * (more.over("migrant_population", "2019-01", "2019-12") / more.over("population", "2019-01", "2019-12") -
                                 h.over("migrant_population", "2019-01", "2019-12") / h.over("population", "2019-01", "2019-12"));
    all["10 history"] = {informal < 0 && informal < formal && jobs < 0,
                         fmt::format("for {:+.2f} points of migrants hosts' informal pay {:+.3f} %, formal {:+.3f} %, their payroll jobs in micro firms {:+.2f} %", points, informal,
                                     formal, jobs)};
  }
  return all;
}

/// The rows "| 4 | history | misses | ..." of the page.
std::map<std::string, bool> published() {
  std::ifstream in(std::string(ARRAIGO_SOURCE_DIR) + "/analysis/VALIDATION.md");
  std::map<std::string, bool> holds;
  for (std::string line, number, where, what; std::getline(in, line);) {
    std::istringstream words(line);
    char bar = 0, second = 0, third = 0, last = 0;
    // The number is followed by a bar, as are its case and whether it holds.
    if (words >> bar >> number >> second >> where >> third >> what >> last && bar == '|' && last == '|' && (where == "history" || where == "baseline"))
      holds[number + " " + where] = what == "holds";
  }
  return holds;
}

TEST(Facts, ThatFailAreThoseThatThePagePublishes) {
  auto const found = find();
  std::map<std::string, bool> holds;
  for (auto const& [name, finding] : found) {
    holds[name] = finding.holds;
    std::printf("%-12s %-6s %s\n", name.c_str(), finding.holds ? "holds" : "misses", finding.says.c_str());
  }
  EXPECT_EQ(holds, published());
}

TEST(Facts, EveryFigureOfTheTableIsOneThatTheModelRecords) {
  auto const prepared = prepare(shipped("history", small_case(1000, 96, "peru")), Detail::zones);
  auto const figures = analysis::read_figures(std::string(ARRAIGO_SOURCE_DIR) + "/scenarios/data/validation/figures.csv");
  for (auto const& figure : figures) {
    EXPECT_GE(figure.from, prepared->scenario.start) << figure.id;
    EXPECT_LT(figure.to, prepared->scenario.start + prepared->scenario.months) << figure.id;
    for (auto const* terms : {&figure.numerator, &figure.denominator})
      for (auto const& term : *terms) {
        auto const& row = prepared->layout.variables[variable(prepared->layout, term.variable)];
        ASSERT_EQ(row.dimension < 0, term.key.empty()) << figure.id << " " << term.variable;
        if (row.dimension < 0) continue;
        auto const& keys = prepared->layout.dimensions[static_cast<std::size_t>(row.dimension)].keys;
        EXPECT_NE(std::find(keys.begin(), keys.end(), term.key), keys.end()) << figure.id << " " << term.key;
      }
  }
}

TEST(History, KeepsAllInvariantsFromItsFirstMonthToItsLast) {
  auto const prepared = prepare(shipped("history", small_case(1000, 96)));
  Simulation simulation(prepared->setup, 0, Detail::totals);
  simulation.check_invariants(true);
  while (!simulation.done()) ASSERT_NO_THROW(simulation.step()) << simulation.months_done();
}

TEST(History, PermitsByKindAddUpToThoseGranted) {
  auto const& h = history();
  double by_kind = 0;
  for (char const* kind : {"humanitarian", "temporary", "residence", "refugee"}) by_kind += h.over(fmt::format("new_permits_by_status[{}]", kind), "2018-01", "2025-12");
  EXPECT_NEAR(by_kind, h.over("permits_granted", "2018-01", "2025-12"), 1);
  EXPECT_NEAR(h.over("new_permits", "2018-01", "2025-12"), by_kind, 1);
}

TEST(History, ClaimsFollowTheShareThatItsMeasuresGive) {
  auto const& h = history();
  auto const share = [&](char const* from, char const* to) { return h.over("asylum_claims", from, to) / h.over("arrivals", from, to); };
  // Arrivals count other foreigners and returning Peruvians too.
  EXPECT_NEAR(share("2018-01", "2018-12"), 0.32, 0.05);
  EXPECT_GT(share("2019-06", "2019-12"), 0.6);
  EXPECT_LT(share("2020-01", "2020-12"), 0.2) << "then the parameter holds again";
}

}  // namespace
}  // namespace arraigo::tests
