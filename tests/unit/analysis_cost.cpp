#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/cost.hpp"
#include "analysis/payroll_jobs.hpp"
#include "tests/unit/hand_made_run.hpp"

namespace arraigo::analysis {
namespace {

HandMade base(int replicates = 3) {
  HandMade::Values const zero(static_cast<std::size_t>(replicates), {0, 0});
  HandMade made(replicates);
  made.with("public_cost", zero).with("public_revenue", zero).with("regular", zero).with("payroll", zero);
  made.with("migrant_payroll", zero).with("host_payroll", zero).with("poor", zero).with("formal_hires", zero);
  made.with("public_accounts", HandMade::Values(static_cast<std::size_t>(replicates), std::vector<std::int64_t>(8, 0)),
            "account_line");
  return made;
}

HandMade alternative() {
  HandMade made(3);
  made.with("public_cost", {{500, 480}, {510, 520}, {530, 500}});
  made.with("public_revenue", {{100, 80}, {90, 100}, {110, 120}});
  made.with("regular", {{7, 10}, {7, 12}, {7, 11}});
  made.with("payroll", {{0, 3}, {0, -3}, {0, 1}});
  made.with("migrant_payroll", {{0, 13}, {0, 12}, {0, 14}});
  made.with("host_payroll", {{0, -10}, {0, -15}, {0, -13}});
  made.with("poor", {{0, -4}, {0, -5}, {0, -6}});
  made.with("formal_hires", {{40, 50}, {45, 50}, {40, 60}});
  made.with("public_accounts",
            {{90, 400, 50, 5, 90, 400, 50, 5}, {90, 410, 50, 5, 90, 400, 60, 5}, {90, 405, 50, 5, 90, 400, 55, 5}},
            "account_line");
  return made;
}

AccountBook book() {
  AccountBook book;
  book.revenue_lines = {"permit_fees"};
  book.unit_costs["permit_processing"] = {{"permit_case", "case decided", "caso resuelto", "state", 70, 35, 150}};
  return book;
}

OutcomeCost const& outcome_of(CostReport const& report, std::string const& name) {
  for (auto const& outcome : report.outcomes)
    if (outcome.outcome == name) return outcome;
  throw std::runtime_error("no outcome " + name);
}

TEST(CostPerOutcome, IsTheRatioOfSumsOverTheHorizonToTheStockAtItsEnd) {
  auto const report = cost_report(base().run("base"), alternative().run("alt"), book());
  EXPECT_EQ(report.replicates, 3);
  EXPECT_EQ(report.last_month, "2026-02");
  EXPECT_NEAR(report.gross->mean, (980 + 1030 + 1030) / 3.0, 1e-9);
  EXPECT_NEAR(report.net->mean, (800 + 840 + 800) / 3.0, 1e-9);
  auto const& regular = outcome_of(report, "regular");
  EXPECT_DOUBLE_EQ(regular.additional.mean, 11);
  EXPECT_NEAR(*regular.net.value, 2440.0 / 33, 1e-9);
  EXPECT_NEAR(*regular.gross.value, 3040.0 / 33, 1e-9);
  EXPECT_LT(regular.net.interval->low, *regular.net.value);
  EXPECT_GT(regular.net.interval->high, *regular.net.value);
  EXPECT_DOUBLE_EQ(outcome_of(report, "out_of_poverty").additional.mean, 5);
  EXPECT_EQ(outcome_of(report, "payroll").net.reason, NoRatio::spans_zero);
  // Nothing is said of what the runs do not hold.
  for (auto const& outcome : report.outcomes) EXPECT_NE(outcome.outcome, "migrant_enrolled");
  EXPECT_TRUE(report.payers.empty());
}

TEST(CostPerOutcome, NamesTheLinesThatMakeUpMostOfTheCostWithTheirUnitCosts) {
  auto const report = cost_report(base().run("base"), alternative().run("alt"), book());
  // Processing is 805 of 920 a replicate: more than four fifths alone; fees are revenue.
  ASSERT_EQ(report.lines.size(), 1U);
  EXPECT_EQ(report.lines[0].key, "permit_processing");
  EXPECT_DOUBLE_EQ(report.lines[0].soles.mean, 805);
  ASSERT_EQ(report.lines[0].unit_costs.size(), 1U);
  EXPECT_EQ(unit_cost_text(report.lines[0].unit_costs[0], Lang::en), "permit_case S/ 70 (case decided) [35 to 150]");
}

TEST(CostPerOutcome, WhoPaysIsToldWhereTheRunsHoldIt) {
  auto before = base(), after = alternative();
  before.with("programme_cost", HandMade::Values(3, {0, 0, 0, 0}), "payer");
  after.with("programme_cost", {{300, 200, 280, 200}, {310, 200, 320, 200}, {330, 200, 300, 200}}, "payer");
  auto const report = cost_report(before.run("base"), after.run("alt"), book());
  ASSERT_EQ(report.payers.size(), 2U);
  EXPECT_NEAR(report.payers[0].soles.mean, (580 + 630 + 630) / 3.0, 1e-9);
  EXPECT_DOUBLE_EQ(report.payers[1].soles.mean, 400);
}

TEST(CostPerOutcome, RunsWithoutAccountsGiveNoReport) {
  HandMade bare(2);
  bare.with("regular", {{0, 0}, {0, 0}});
  auto const report = cost_report(bare.run("base"), bare.run("alt"), book());
  EXPECT_FALSE(report.net);
  std::ostringstream table;
  print_costs(table, {&report, 1}, Lang::en);
  EXPECT_EQ(table.str(), "");
}

TEST(CostPerOutcome, IsPrintedWithItsReasonsAndItsWarning) {
  auto const report = cost_report(base().run("base"), alternative().run("alt"), book());
  std::ostringstream table, csv, json;
  print_costs(table, {&report, 1}, Lang::en);
  auto const text = table.str();
  EXPECT_NE(text.find("—: additional payroll contract, of hosts and migrants: no ratio"), std::string::npos) << text;
  EXPECT_NE(text.find("arraigo list costs"), std::string::npos) << text;
  EXPECT_NE(text.find("permit_case S/ 70"), std::string::npos) << text;
  print_costs_csv(csv, {&report, 1});
  EXPECT_NE(csv.str().find("alt,regular,net,11,"), std::string::npos) << csv.str();
  EXPECT_NE(csv.str().find(",,,,outcome_interval_spans_zero,permit_processing=805,3\n"), std::string::npos)
      << csv.str();
  print_costs_json(json, {&report, 1});
  auto const rows = nlohmann::json::parse(json.str());
  for (auto const& row : rows) EXPECT_EQ(row.at("soles_per_outcome").is_null(), !row.at("reason").is_null()) << row;
  EXPECT_EQ(rows.at(0).at("lines").at(0).at("unit_costs").at(0).at("low"), 35);
}

TEST(PayrollJobs, NetGrossAndDisplacedAreToldApart) {
  auto const report = job_report(base().run("base"), alternative().run("alt"));
  auto const find = [&](JobFigure figure, std::string const& group) {
    for (auto const& row : report.rows)
      if (row.figure == figure && row.group == group) return row.people;
    throw std::runtime_error("no row " + group);
  };
  EXPECT_NEAR(find(JobFigure::net_jobs, "all").mean, 1.0 / 3, 1e-12);
  EXPECT_NEAR(find(JobFigure::net_jobs, "hosts").mean, -38.0 / 3, 1e-12);
  EXPECT_DOUBLE_EQ(find(JobFigure::gross_hires, "all").mean, 95);
  EXPECT_NEAR(find(JobFigure::displaced, "hosts").mean, 38.0 / 3, 1e-12);
  EXPECT_EQ(find(JobFigure::displaced, "migrants").mean, 0);
  std::ostringstream table;
  print_jobs(table, {&report, 1}, Lang::en);
  EXPECT_NE(table.str().find("these are not jobs created"), std::string::npos) << table.str();
  std::ostringstream csv;
  print_jobs_csv(csv, {&report, 1});
  EXPECT_NE(csv.str().find("alt,gross_hires,all,95,"), std::string::npos) << csv.str();
}

TEST(PayrollJobs, TheNegativePartIsThatOfTheIntervalToo) {
  auto const lost = negative_part({-5, Interval{-9, 2}});
  EXPECT_EQ(lost.mean, 5);
  EXPECT_EQ(lost.interval->low, 0);
  EXPECT_EQ(lost.interval->high, 9);
  auto const gained = negative_part({5, Interval{3, 7}});
  EXPECT_EQ(gained.mean, 0);
  EXPECT_EQ(gained.interval->high, 0);
}

}  // namespace
}  // namespace arraigo::analysis
