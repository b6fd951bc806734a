/// The synthetic population against the margins that it was built to match.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "schedule/population_report.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

TEST(HouseholdPool, ReproducesAgeSexSizeAndSingleParents) {
  auto const prepared = prepare(shipped("baseline", small_case(1000, 1)));
  auto const& setup = *prepared->setup;
  for (auto const& [origin, pool] : {std::pair<char const*, HouseholdPool const*>{"host", &setup.pools.host},
                                     {"venezuelan", &setup.pools.venezuelan},
                                     {"other_foreign", &setup.pools.other_foreign}}) {
    constexpr std::uint64_t n = 50000;
    std::map<std::string, double> age_sex, sizes;
    double persons = 0, single = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      auto const& h = pool->at(static_cast<std::uint32_t>(((2 * i + 1) << 31) / n));
      sizes[std::to_string(h.size)] += 1.0 / n;
      single += h.single_parent ? 1.0 / n : 0;
      persons += h.size;
      for (std::size_t k = 0; k < h.size; ++k) {
        int const from = h.members[k].age_band * 5;
        age_sex[(from >= 80 ? "80+" : fmt::format("{}-{}", from, from + 4)) + "|" +
                sex_names[static_cast<std::size_t>(h.members[k].sex)].name] += 1;
      }
    }
    for (auto const* row : setup.country.margin("age_sex", origin, setup.scenario.start))
      EXPECT_NEAR(age_sex[row->key1 + "|" + row->key2] / persons, row->value, 0.002)
          << origin << " " << row->key1 << " " << row->key2;
    double size_sum = 0;
    for (auto const* row : setup.country.margin("household_size", origin, setup.scenario.start)) size_sum += row->value;
    for (auto const* row : setup.country.margin("household_size", origin, setup.scenario.start))
      EXPECT_NEAR(sizes[row->key1], row->value / size_sum, 0.005) << origin << " size " << row->key1;
    EXPECT_NEAR(single, setup.country.margin_value("single_parent", origin, "households", setup.scenario.start), 0.005)
        << origin;
    EXPECT_NEAR(pool->mean_size(), persons / n, 0.01);
  }
}

TEST(HouseholdPool, BringsAsManyPeopleAsAStretchOfTheLineHoldsHoweverShort) {
  auto const prepared = prepare(shipped("baseline", small_case(1000, 1)));
  Stream const stream{7, 0, Month{0}};
  for (auto const* pool : {&prepared->setup->pools.host, &prepared->setup->pools.venezuelan}) {
    for (double const people : {0.2, 1.0, 2.5, 7.0, 30.0}) {
      constexpr std::uint64_t lines = 40000;
      double came = 0, squares = 0;
      for (std::uint64_t line = 0; line < lines; ++line) {
        Draws draws(stream, Purpose::arrivals, line);
        double here = 0;
        for (double at = pool->still_to_come(draws.uniform()); at < people;) {
          auto const size = pool->at(draws.bits()).size;
          here += size;
          at += size;
        }
        came += here;
        squares += here * here;
      }
      double const mean = came / lines, error = std::sqrt((squares / lines - mean * mean) / lines);
      EXPECT_NEAR(mean, people, 4 * error) << people;
      EXPECT_LT(error, 0.03 * people) << people;
    }
    EXPECT_EQ(pool->still_to_come(0), 0);
    EXPECT_LE(pool->still_to_come(1), static_cast<double>(household_size_limit));
  }
}

/// Agents that share a draw: status, cohort and claim are drawn by household.
double agents_per_draw(MarginCheck const& check) {
  static std::set<std::string> const by_household{"status", "cohort", "asylum"};
  return by_household.count(check.margin) != 0 ? 3.5 : 1;
}

/// What construction itself leaves beyond sampling error.
double systematic(MarginCheck const& check) {
  // The kind of firm follows from its size and the contract from the kind of firm, so that the share on the books is
  // what sizes and formality parameters give, less what documents and quota refuse foreigners.
  static std::map<std::string, double> const by_margin{{"payroll host", 0.11},
                                                       {"payroll venezuelan", 0.1},
                                                       {"payroll other_foreign", 0.26},
                                                       {"service_contract host", 0.02},
                                                       {"service_contract venezuelan", 0.025},
                                                       {"service_contract other_foreign", 0.02}};
  if (auto const found = by_margin.find(check.margin + " " + check.origin); found != by_margin.end())
    return found->second;
  // Firms are sampled whole: a cell of large firms rests on few of them. Where employees work follows the firms' own
  // table, which has other shares than the employees' margins.
  if (check.margin == "firms") return 0.03;
  if (check.margin == "employee_size" || check.margin == "employee_sector") return check.origin == "host" ? 0.1 : 0.05;
  // Rounding of ages to bands and reweighting of households leave a few tenths of a point.
  return 0.005;
}

/// What a figure may be off by: four standard errors of the agents behind it, and what construction leaves.
double tolerance(MarginCheck const& check) {
  double const n = std::max<double>(1, static_cast<double>(check.agents)) / agents_per_draw(check);
  double const p = std::clamp(check.target, 1 / n, 1 - 1 / n);
  return 4 * std::sqrt(p * (1 - p) / n) + systematic(check);
}

TEST(Population, ReproducesEveryMargin) {
  auto const scenario = shipped("baseline", small_case(100, 1));
  auto const checks = check_margins(scenario, country(), 0);
  ASSERT_GT(checks.size(), 300U);
  std::set<std::string> margins;
  for (auto const& check : checks) {
    if (check.unit != "share") continue;
    margins.insert(check.margin);
    EXPECT_NEAR(check.synthetic, check.target, tolerance(check))
        << check.margin << " " << check.origin << " " << check.key << " (" << check.agents << " agents)";
  }
  for (char const* const margin :
       {"age_sex", "household_size", "single_parent", "education", "participation", "unemployment", "payroll", "status",
        "cohort", "asylum", "firms", "insured", "enrolled"})
    EXPECT_EQ(margins.count(margin), 1U) << margin;
}

TEST(Population, HasAsManyJobsAsEmployeesAndOpenPlacesAtAnyScale) {
  // All of Peru: its small zones hold few agents, where one firm sampled whole could be a market of its own.
  for (int const scale : {400, 200, 50}) {
    auto const prepared = prepare(shipped("baseline", small_case(scale, 1, "peru")));
    Simulation const run(prepared->setup, 0, Detail::totals);
    auto const& world = run.world();
    double jobs = 0, employees = 0;
    for (auto const target : world.employers.target) jobs += target;
    for (auto const activity : world.persons.activity) employees += is_employee(activity) ? 1 : 0;
    double const open = 1 + prepared->setup->params.labour_open_jobs_share;
    EXPECT_GE(jobs, 0.99 * open * employees) << scale;
    EXPECT_LE(jobs, 1.04 * open * employees) << scale;
  }
}

TEST(Population, HasTheSameMixOfFirmSizesAtAnyScale) {
  // Of the jobs of firms above 200 workers, those above 1,000 have a share that follows from their law of sizes (Pareto of exponent
  // 1.06 from 201, cut at 4,000): such firms are thinned, the others are sampled whole.
  auto const tail = [](double workers) { return std::pow(workers, -0.06); };
  double const expected = (tail(1001) - tail(4000)) / (tail(201) - tail(4000));
  for (int const scale : {20, 100}) {
    auto const prepared = prepare(shipped("baseline", small_case(scale, 1)));
    double large = 0, very_large = 0;
    for (int replicate = 0; replicate < 5; ++replicate) {
      Simulation const run(prepared->setup, replicate, Detail::totals);
      auto const& employers = run.world().employers;
      for (std::size_t e = 0; e < employers.size(); ++e) {
        large += employers.workers[e] > 200 ? employers.target[e] : 0;
        very_large += employers.workers[e] > 1000 ? employers.target[e] : 0;
      }
    }
    EXPECT_NEAR(very_large / large, expected, 0.08) << scale;
  }
}

TEST(Population, BeginsWithThePublishedShareOfReceipts) {
  auto const prepared = prepare(shipped("baseline", small_case(50, 1)));
  Simulation const run(prepared->setup, 0, Detail::totals);
  auto const& world = run.world();
  std::array<double, 2> employees{}, receipts{};
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (!is_employee(world.persons.activity[row]) || world.persons.origin(row) == Origin::other_foreign) continue;
    std::size_t const g = world.persons.origin(row) == Origin::venezuelan ? 1 : 0;
    employees[g] += 1;
    receipts[g] += world.persons.activity[row] == Activity::service_contract ? 1 : 0;
  }
  auto const start = prepared->scenario.start;
  EXPECT_NEAR(receipts[0] / employees[0], country().margin_value("service_contract", "host", "all", start), 0.005);
  EXPECT_NEAR(receipts[1] / employees[1], country().margin_value("service_contract", "venezuelan", "all", start), 0.008);
}

TEST(Population, DerivedHazardsKeepTheSharesThatTheyWereDerivedFrom) {
  Parameters const p;
  double const formal = p.labour_own_account_formal_share_hosts, leave = p.labour_own_account_exit_prob_per_month + p.labour_own_account_to_job_prob_per_month;
  EXPECT_NEAR(p.labour_own_account_informalise_prob_per_month, (1 - formal) * (leave / 2 + p.labour_own_account_formalise_prob_per_month / formal), 1e-4);
}

TEST(Population, WorksInACountryRunAsItsPartsDo) {
  auto const prepared = prepare(shipped("baseline", small_case(100, 1, "peru")));
  Simulation const run(prepared->setup, 0, Detail::totals);
  auto const& world = run.world();
  auto const& setup = *prepared->setup;
  auto const& zones = setup.geography->zone_names();
  auto const capital = static_cast<std::size_t>(std::find(zones.begin(), zones.end(), "lima_callao") - zones.begin());
  ASSERT_LT(capital, zones.size());
  struct Work {
    double active = 0, unemployed = 0, own_account = 0;
    [[nodiscard]] double unemployment() const { return unemployed / active; }
    [[nodiscard]] double own_share() const { return own_account / (active - unemployed); }
  };
  std::array<Work, 2> work{};  // the capital, and all
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (is_foreign(world.persons.origin(row)) || world.persons.inert(row)) continue;
    auto const activity = world.persons.activity[row];
    for (std::size_t k = setup.geography->zone_of(world.district_of(row)) == capital ? 0 : 1; k < 2; ++k) {
      work[k].active += is_active(activity) ? 1 : 0;
      work[k].unemployed += activity == Activity::unemployed ? 1 : 0;
      work[k].own_account += activity == Activity::own_account || activity == Activity::own_account_formal ? 1 : 0;
    }
  }
  auto const start = setup.scenario.start;
  auto const of_capital = [&](char const* margin) { return setup.country.margins_of_zone("lima_callao", margin, "host", start).front()->value; };
  EXPECT_NEAR(work[0].unemployment(), of_capital("unemployment"), 0.004);
  EXPECT_NEAR(work[0].own_share(), of_capital("own_account"), 0.01);
  EXPECT_NEAR(work[1].unemployment(), setup.country.margin_value("unemployment", "host", "all", start), 0.002);
  EXPECT_NEAR(work[1].own_share(), setup.country.margin_value("own_account", "host", "all", start), 0.005);
  // Women of 45 to 64, of whom Lima's take part less.
  std::array<double, 2> women{}, active{};
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    int const age = world.persons.age_months(row, start.index) / 12;
    if (is_foreign(world.persons.origin(row)) || world.persons.inert(row) || world.persons.sex(row) != Sex::female || age < 45 || age >= 65) continue;
    for (std::size_t k = setup.geography->zone_of(world.district_of(row)) == capital ? 0 : 1; k < 2; ++k) {
      women[k] += 1;
      active[k] += is_active(world.persons.activity[row]) ? 1 : 0;
    }
  }
  double own = -1;
  for (auto const* row : setup.country.margins_of_zone("lima_callao", "participation", "host", start))
    if (row->key1 == "45-64" && row->key2 == "female") own = row->value;
  EXPECT_NEAR(active[0] / women[0], own, 0.015);
  EXPECT_NEAR(active[1] / women[1], setup.country.margin_value("participation", "host", "45-64", start, "female"), 0.01);
  EXPECT_GT(active[1] / women[1], active[0] / women[0] + 0.02) << "or the case proves nothing";
  EXPECT_GT(work[0].unemployment(), work[1].unemployment() + 0.005) << "or the case proves nothing";
  EXPECT_LT(work[0].own_share(), work[1].own_share() - 0.05);
}

TEST(Population, HasThePeopleOfEveryDistrict) {
  auto const scenario = shipped("baseline", small_case(100, 1));
  double off = 0, all = 0;
  for (auto const& check : check_margins(scenario, country(), 0)) {
    if (check.unit != "people") continue;
    // Whole households of three or four: the number of households is rounded by a draw, their sizes vary with a
    // standard deviation near two.
    double const agents = check.target / 100, households = agents / 3.3;
    EXPECT_NEAR(check.synthetic / 100, agents, 4 * (2 * std::sqrt(households + 1) + 4))
        << check.origin << " " << check.key;
    if (check.origin == "all") {
      off += check.synthetic - check.target;
      all += check.target;
    }
  }
  EXPECT_LT(std::abs(off) / all, 0.005) << "the area's people";
}

TEST(Population, WhatIsKeptOfIdentitiesHoldsWhileRowsComeAndMove) {
  auto const prepared = prepare(shipped("baseline", small_case(400, 26)));
  std::size_t born_or_arrived = 0, scholars = 0, people = 0;
  std::size_t const at_start = Simulation(prepared->setup, 0, Detail::totals).world().persons.size();
  run(*prepared, 0, {}, [&](World& world, auto const& setup) {
    auto const& persons = world.persons;
    born_or_arrived = std::max(born_or_arrived, persons.size() - std::min(persons.size(), at_start));
    for (std::uint32_t row = 0; row < persons.size(); ++row) {
      if (persons.gone(row)) continue;
      ASSERT_EQ(persons.groups[row], world.draw_groups(row)) << persons.id[row];
      ASSERT_EQ(persons.own_account_sector(row), persons.id[row] % setup.country.sectors.size());
      ++people;
      scholars += (persons.groups[row] & Persons::scholar_bit) != 0 ? 1 : 0;
    }
    auto const& ids = world.ids_of_migrants();
    ASSERT_EQ(ids.size(), world.migrants.size());
    for (std::size_t m = 0; m < ids.size(); ++m) ASSERT_EQ(ids[m], persons.id[world.migrants.person[m]]);
  });
  EXPECT_GT(born_or_arrived, 0U);
  double const share = prepared->scenario.parameters.households_scholarship_share, n = static_cast<double>(people) / 26;
  EXPECT_NEAR(static_cast<double>(scholars) / static_cast<double>(people), share, 5 * std::sqrt(share * (1 - share) / n));
}

TEST(Population, AShiftedTargetWouldBeFound) {
  auto const checks = check_margins(shipped("baseline", small_case(100, 1)), country(), 0);
  std::size_t found = 0, tried = 0;
  for (auto const& check : checks) {
    if (check.origin != "host" || check.unit != "share" || check.target < 0.25 || check.target > 0.8 ||
        check.agents < 10000 || systematic(check) > 0.005)
      continue;
    ++tried;
    found += std::abs(check.synthetic - (check.target * 1.1)) > tolerance(check) ? 1 : 0;
  }
  ASSERT_GT(tried, 5U);
  EXPECT_EQ(found, tried) << "a target ten per cent off passes";
}

}  // namespace
}  // namespace arraigo::tests
