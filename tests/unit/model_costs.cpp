/// What measures cost and who pays it, each against its formula.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "phases/phases.hpp"
#include "support/few_in_lima.hpp"

namespace arraigo::tests {
namespace {

using Inputs = arraigo::Setup;  // gtest has a member of that name

struct Costed {
  char const* fields;
  Line line;
  std::function<double(World const& start, Setup const&)> units;  ///< at full scale
};

TEST(Costs, OfMeasuresThatReachAShareAreReachTimesPeopleTimesUnitCost) {
  auto const persons = [](World const& world, Inputs const&) {
    double sum = 0;
    for (auto const& d : world.districts) sum += d.persons;
    return sum * world.people_per_agent;
  };
  auto const migrants = [](World const& world, Inputs const&) {
    double sum = 0;
    for (auto const& d : world.districts) sum += d.migrants;
    return sum * world.people_per_agent;
  };
  for (Costed const& measure : std::initializer_list<Costed>{
           {"kind: cohesion_campaign, reach_share_per_month: 0.25", Line::campaigns, [&](World const& w, Inputs const& s) { return 0.25 * persons(w, s); }},
           {"kind: information_campaign, reach_share_per_month: 0.25", Line::campaigns, [&](World const& w, Inputs const& s) { return 0.25 * persons(w, s); }},
           {"kind: information_campaign, reach_share_per_month: 0.25, priority: [migrants], reserved_share: 1", Line::campaigns, [&](World const& w, Inputs const& s) { return 0.25 * migrants(w, s); }},
           {"kind: civil_society, reach_share_per_month: 0.25", Line::campaigns, [&](World const& w, Inputs const& s) { return 0.25 * migrants(w, s); }},
           {"kind: host_support, reach_share_per_month: 0.25", Line::host_support, [&](World const& w, Inputs const& s) { return 0.25 * (persons(w, s) - migrants(w, s)) / s.pools.host.mean_size(); }},
           {"kind: shared_spaces, reach_share_per_month: 0.25", Line::cohesion, [&](World const& w, Inputs const& s) { return 0.25 * persons(w, s); }},
           {"kind: school_cohesion, reach_share_per_month: 0.25", Line::cohesion, [&](World const& w, Inputs const& s) { return 0.25 * persons(w, s); }},
           {"kind: media_training, reach_share_per_month: 0.25", Line::cohesion, [](World const& w, Inputs const&) { return 0.25 * w.area_share_of_population; }},
           {"kind: officials_training, reach_share_per_month: 0.25, services: [school]", Line::officials, [&](World const& w, Inputs const& s) { return 0.25 * persons(w, s) * s.params.services_officials_per_100k / 1e5 / service_count; }},
           {"kind: case_processing, months_less: 1", Line::information_systems, [](World const& w, Inputs const&) { return w.area_share_of_migrants; }},
           {"kind: document_verification, use_share: 0.1", Line::information_systems, [](World const& w, Inputs const&) { return w.area_share_of_population; }},
           {"kind: municipal_capability, factor: 1.2", Line::municipal_support, [](World const& w, Inputs const&) { return static_cast<double>(w.districts.size()); }},
           {"kind: service_points, service: migration_office, points: 2, capacity_per_month: 100", Line::new_points, [](World const& w, Inputs const&) { return 2.0 * static_cast<double>(w.districts.size()); }},
           {"kind: job_fair, vacancies_per_month: 1000", Line::job_fairs, [](World const& w, Inputs const&) { return 1000 * w.area_share_of_population; }},
           {"kind: minimum_wage, soles_per_month: 1130", Line::officials, [](World const& w, Inputs const&) { return w.area_share_of_population; }}}) {
    SCOPED_TRACE(measure.fields);
    auto const prepared = few(fmt::format("  - {{id: x, from: 2026-01, unit_cost_soles: 1000, payer: private, {}}}\n", measure.fields), 400, 1);
    double expected = 0;
    run(*prepared, 0, [&](World& world, Inputs const& setup) { expected = 1000 * 100 * measure.units(world, setup) / world.people_per_agent; },
        [&](World& world, auto const&) {
          double const cents = static_cast<double>(line(world, measure.line));
          EXPECT_NEAR(cents, expected * prepared->setup->real(1, Month::of(2026, 1)), std::max(2.0, 1e-6 * expected));
          EXPECT_GT(cents, 0);
        });
  }
}

TEST(Costs, OfAMobileUnitAreThoseOfItsMonthsInTheArea) {
  // Two months in the area, then two in the south of the country.
  auto const prepared = few("  - {id: x, kind: mobile_unit, from: 2026-02, service: migration_office, where: [\"150132\", \"040101\"], months_per_stop: 2, capacity_per_month: 400}\n", 100, 6);
  std::vector<std::int64_t> cents;
  run(*prepared, 0, {}, [&](World& world, auto const&) { cents.push_back(line(world, Line::new_points)); });
  auto const month = std::llround(100 * country().unit_cost("mobile_unit_month") / 100);
  EXPECT_EQ(cents, (std::vector<std::int64_t>{0, month, month, 0, 0, month}));
}

/// What each of the measures, in order, will do in the first month as far as it is known beforehand, in its units at full scale.
std::vector<double> planned(std::vector<std::string> const& measures) {
  std::string text;
  for (auto const& fields : measures) text += fmt::format("  - {{id: x{}, {}}}\n", text.size(), fields);
  auto const world = world_before_phase(*few(text, 400, 1), 0, "arrivals_and_departures", 0);
  std::vector<double> units;
  for (auto cost = world.rules.costs.end() - std::ssize(measures); cost != world.rules.costs.end(); ++cost) units.push_back(cost->planned_units * world.people_per_agent);
  return units;
}
void expect_planned(std::vector<std::string> const& measures, std::vector<double> const& expected) {
  auto const found = planned(measures);
  for (std::size_t k = 0; k < expected.size(); ++k) EXPECT_NEAR(found[k], expected[k], 1e-9) << measures[k];
}

TEST(Costs, OfQualityArePerDistrictAndTenthThatItAdds) {
  for (auto const& [factor, tenths] : {std::pair{0.5, 0.0}, {1.0, 0.0}, {1.1, 1.0}, {1.25, 2.5}})
    expect_planned({fmt::format("kind: service_quality, from: 2026-01, service: women_centre, factor: {}, where: ['150132', '150135']", factor)}, {2 * tenths});
  auto const prepared = few("  - {id: x, kind: service_quality, from: 2026-01, service: women_centre, factor: 1.1}\n", 400, 1);
  auto const cost = world_before_phase(*prepared, 0, "households", 0).rules.costs.back();
  EXPECT_EQ(cost.line, Line::officials);
  EXPECT_EQ(cost.unit_soles, country().unit_cost("service_quality_district_month"));
}

TEST(Costs, OfTheRegisterAreChargedOnceWhereSeveralConsultIt) {
  std::string const used = "kind: document_verification, from: 2026-01, use_share: 0.5";
  double const whole = planned({used})[0], lurigancho = planned({used + ", where: ['150132']"})[0], rest = planned({used + ", where: ['150135', '150110']"})[0];
  ASSERT_GT(lurigancho, 0);
  ASSERT_GT(rest, 0);
  expect_planned({used + ", users: [employers]", used + ", users: [banks]", used + ", users: [services]"}, {whole, 0, 0});
  expect_planned({used + ", where: ['150132']", used + ", where: ['150135', '150110']"}, {lurigancho, rest});
  expect_planned({used + ", where: ['150132']", used}, {lurigancho, whole - lurigancho});
  // One that does not run it, or not yet, bears nothing for others.
  expect_planned({"kind: document_verification, from: 2026-01, use_share: 0", used}, {0, whole});
  expect_planned({"kind: document_verification, from: 2026-02, use_share: 0.5", used}, {0, whole});
}

/// The first month of the measures, and the share of a point's capacity that the payer runs in it.
World run_under(std::string const& measures) { return world_before_phase(*few(measures, 400, 1), 0, "services", 0); }
double run_by(World const& world, std::size_t point, Payer payer) { return world.rules.run_by[point][static_cast<std::size_t>(payer)]; }
/// The share of a point's usual capacity that measures have opened by the month.
double opened_share(World const& world, std::size_t point, int month) {
  double opened = 0, whole = 0;
  for (auto const& part : world.point_parts) {
    if (part.point != point || part.opened > month || part.closed <= month) continue;
    whole += part.capacity;
    opened += part.measure != 0xffff ? part.capacity : 0;
  }
  return whole > 0 ? opened / whole : 0;
}

constexpr char const* private_childcare = "  - {id: points, kind: service_points, from: 2026-01, service: childcare, capacity_per_month: 2000, payer: private}\n";

TEST(Payers, RunWhatTheirMeasuresAdd) {
  // Nobody is named: not for points, not for capacity; a campaign's payer runs no points.
  EXPECT_TRUE(run_under("  - {id: a, kind: service_points, from: 2026-01, service: childcare, capacity_per_month: 2000}\n"
                        "  - {id: b, kind: service_capacity, from: 2026-01, service: childcare, factor: 2}\n"
                        "  - {id: c, kind: cohesion_campaign, from: 2026-01, reach_share_per_month: 0.1, payer: donor}\n"
                        "  - {id: d, kind: service_capacity, from: 2026-02, service: school, factor: 2, payer: donor}\n").rules.run_by.empty());
  // Points beside those of the tables, and the same when all are halved.
  for (char const* const more : {"", "  - {id: less, kind: service_capacity, from: 2026-01, service: childcare, factor: 0.5}\n", "  - {id: less, kind: service_capacity, from: 2026-01, service: childcare, factor: 0.5, payer: donor}\n"}) {
    auto const world = run_under(std::string(private_childcare) + more);
    std::size_t shared = 0;
    for (std::size_t p = 0; p < world.points.size(); ++p)
      for (std::size_t k = 0; k < payer_count; ++k) {
        bool const theirs = static_cast<Payer>(k) == Payer::private_sector && world.points[p].service == Service::childcare;
        double const share = theirs ? opened_share(world, p, world.stream.month.index) : 0;
        EXPECT_DOUBLE_EQ(world.rules.run_by[p][k], share);
        shared += share > 0 && share < 1 ? 1 : 0;
      }
    EXPECT_EQ(shared, 5U) << "of each district";
  }
  // Twice the capacity: half of it.
  auto const twice = run_under("  - {id: more, kind: service_capacity, from: 2026-01, service: bank_account, factor: 2, payer: donor}\n");
  for (std::size_t p = 0; p < twice.points.size(); ++p)
    EXPECT_DOUBLE_EQ(run_by(twice, p, Payer::donor), twice.points[p].service == Service::bank_account ? 0.5 : 0);
  // Twice what private points and the tables' give together.
  auto const both = run_under(std::string(private_childcare) + "  - {id: more, kind: service_capacity, from: 2026-01, service: childcare, factor: 2, payer: donor}\n");
  for (std::size_t p = 0; p < both.points.size(); ++p) {
    if (both.points[p].service != Service::childcare) continue;
    EXPECT_DOUBLE_EQ(run_by(both, p, Payer::private_sector), opened_share(both, p, both.stream.month.index) / 2);
    EXPECT_DOUBLE_EQ(run_by(both, p, Payer::donor), 0.5);
  }
  // What a measure without payer adds is nobody's but the table's: three times what a donor had doubled, or a donor doubles three times it.
  char const* const doubled = "  - {id: d, kind: service_capacity, from: 2026-01, service: bank_account, factor: 2, payer: donor}\n";
  char const* const tripled = "  - {id: t, kind: service_capacity, from: 2026-01, service: bank_account, factor: 3}\n";
  for (auto const& [measures, share] : {std::pair{std::string(doubled) + tripled, 1.0 / 6}, {std::string(tripled) + doubled, 0.5}}) {
    auto const world = run_under(measures);
    for (std::size_t p = 0; p < world.points.size(); ++p) EXPECT_DOUBLE_EQ(run_by(world, p, Payer::donor), world.points[p].service == Service::bank_account ? share : 0);
  }
}

struct NamedPayer {
  char const* measure;
  Service service;
  Payer payer, usual;  ///< usual: of costs.csv
  char const* cost;
};

TEST(Payers, OfWhatIsAddedChangeNoLine) {
  for (auto const& [measure, service, payer, usual, cost] : {NamedPayer{"kind: service_points, service: childcare, capacity_per_month: 2000", Service::childcare, Payer::private_sector, Payer::state, "childcare_place_month"},
                                                             NamedPayer{"kind: service_capacity, service: bank_account, factor: 2", Service::bank_account, Payer::donor, Payer::private_sector, "bank_account"},
                                                             NamedPayer{"kind: mobile_unit, service: women_centre, where: ['150132'], capacity_per_month: 300", Service::women_centre, Payer::donor, Payer::state, "women_centre"},
                                                             NamedPayer{"kind: service_points, service: training, capacity_per_month: 2000", Service::training, Payer::donor, Payer::state, "training_place"}}) {
    SCOPED_TRACE(measure);
    auto const month = [&measure = measure](std::string const& more) {
      World last;
      run(*few(fmt::format("  - {{id: x, from: 2026-01, unit_cost_soles: 0, {}{}}}\n", measure, more), 50, 3), 0, {}, [&](World& world, auto const&) { last = world; });
      return last;
    };
    auto const without = month(""), with = month(fmt::format(", payer: {}", payer_names[static_cast<std::size_t>(payer)].name));
    for (std::size_t k = 0; k < line_count; ++k) EXPECT_EQ(with.accounts[k], without.accounts[k]) << line_names[k].name;
    // What the points gave: places taken, or visits and courses begun.
    double given = 0, theirs = 0;
    for (std::size_t p = 0; p < with.points.size(); ++p) {
      if (with.points[p].service != service) continue;
      double const here = with.points[p].places && service != Service::training ? with.points[p].in_use : with.points[p].served;
      given += here;
      theirs += here * (service == Service::bank_account ? 0.5 : opened_share(with, p, with.stream.month.index - 1));
    }
    EXPECT_GT(theirs, 3);
    EXPECT_LT(theirs, given);
    double const cents = 100 * country().unit_cost(cost) * theirs;
    auto const more_paid_by = [&](Payer who) { return static_cast<double>(with.paid[static_cast<std::size_t>(who)] - without.paid[static_cast<std::size_t>(who)]); };
    EXPECT_NEAR(more_paid_by(payer), cents, 2);
    EXPECT_NEAR(more_paid_by(usual), -cents, 2);
  }
}

TEST(Costs, OfTwoSubsidiesOfTheSameStaffAreOneAdministration) {
  auto const administered = [](std::string const& measures) {
    auto const prepared = few(measures, 100, 2);
    auto const record = run(*prepared);
    return static_cast<double>(total(prepared->layout, record, "programme_cost_by_payer"));
  };
  auto const once = administered("  - {id: a, kind: hiring_subsidy, from: 2026-01, pay_share: 0.2}\n");
  auto const twice = administered("  - {id: a, kind: hiring_subsidy, from: 2026-01, pay_share: 0.1}\n  - {id: b, kind: hiring_subsidy, from: 2026-01, pay_share: 0.1}\n");
  EXPECT_GT(once, 0);
  EXPECT_NEAR(twice / once, 1, 1e-6);
}

TEST(Costs, OfHiringIncentivesAreThePayCoveredAndItsAdministration) {
  auto const prepared = few("  - {id: a, kind: hiring_subsidy, from: 2026-01, pay_share: 0.6, payer: donor, unit_cost_soles: 0}\n"
                            "  - {id: b, kind: hiring_subsidy, from: 2026-01, pay_share: 0.6, sizes: [micro], payer: private, unit_cost_soles: 0}\n", 100, 1);
  run(*prepared, 0, {}, [&](World& world, auto const&) {
    double micro = 0, others = 0;
    for (std::size_t e = 0; e < world.employers.size(); ++e)
      (size_class_of(world.employers.workers[e]) == SizeClass::micro ? micro : others) += static_cast<double>(world.employers.payroll_cents[e]);
    EXPECT_GT(micro, 0);
    EXPECT_NEAR(static_cast<double>(line(world, Line::hiring_subsidies)), micro + 0.6 * others, 4) << "nobody is paid more than the pay";
    EXPECT_NEAR(static_cast<double>(world.paid[static_cast<std::size_t>(Payer::donor)]), 0.5 * micro + 0.6 * others, 2);
  });
}

TEST(Costs, OfSchoolingAndMealsEndWhenPupilsComeOfAge) {
  auto const prepared = few("", 100, 1);
  double transfers_with_none = 0;  // what school meals add to
  for (int const who : {0, 1, 2}) {  // held a place last month: nobody, those who turn 17 in this one, those a month younger
    World world = world_before_phase(*prepared, 0, "lots", 0);
    auto& persons = world.persons;
    std::size_t pupils = 0, foreign_pupils = 0;
    for (std::uint32_t row = 0; row < persons.size(); ++row) {
      int const months = persons.age_months(row, world.stream.month.index);
      bool const near = !persons.gone(row) && !persons.inert(row) && months >= 16 * 12 && months < 19 * 12;
      if (near) persons.birth[row] = static_cast<std::int16_t>(world.stream.month.index - 17 * 12 + (who == 2 ? 1 : 0));
      bool const here = near && who != 0;
      persons.has[row] = static_cast<std::uint16_t>(here ? persons.has[row] | has_school_place : persons.has[row] & ~has_school_place);
      pupils += here ? 1 : 0;
      foreign_pupils += here && is_foreign(persons.origin(row)) ? 1 : 0;
    }
    draw_lots(world, *prepared->setup);
    age_and_form_families(world, *prepared->setup);
    world.accounts = {};
    pool_household_income(world, *prepared->setup);
    double const soles = prepared->setup->country.unit_cost("school_place_month");
    if (who == 2) EXPECT_NEAR(static_cast<double>(line(world, Line::schooling)) / (100 * soles * static_cast<double>(foreign_pupils)), 1, 0.02) << "but for those who die in the month";
    else EXPECT_EQ(line(world, Line::schooling), 0);
    auto const transfers = static_cast<double>(line(world, Line::cash_transfers));
    if (who == 0) transfers_with_none = transfers;
    else if (who == 1) EXPECT_EQ(transfers, transfers_with_none);
    else EXPECT_GT(transfers, transfers_with_none);
    if (who == 0) continue;
    EXPECT_GT(pupils, 100U);
    EXPECT_GT(foreign_pupils, 10U);
  }
}

// Municipal budgets --------------------------------------------------------------------------------------------------

TEST(MunicipalBudget, ScalesDownWhatTheMunicipalityPaysAndNothingElse) {
  std::string const spaces = "  - {id: spaces, kind: shared_spaces, from: 2026-01, reach_share_per_month: 0.5}\n";  // of municipalities, by costs.csv
  std::string const support = "  - {id: support, kind: host_support, from: 2026-01, reach_share_per_month: 0.5}\n";  // of donors
  std::string const budget = "  - {id: budget, kind: municipal_capability, from: 2026-01, factor: 1, budget_soles_per_month: 100000}\n";
  auto const free = few(spaces + support, 400, 2), capped = few(spaces + support + budget, 400, 2);
  std::vector<double> reach_free, reach_capped;
  double municipal = 0;
  run(*free, 0, {}, [&](World& world, auto const&) {
    reach_free = world.rules.spaces_reach;
    for (double reach : reach_free) EXPECT_EQ(reach, 0.5);
  });
  run(*capped, 0, {}, [&](World& world, auto const&) {
    reach_capped = world.rules.spaces_reach;
    for (double reach : world.rules.host_support_reach) EXPECT_EQ(reach, 0.5);
    municipal = static_cast<double>(line(world, Line::cohesion)) * world.people_per_agent / 100;
  });
  double const each = capped->setup->real(100000, Month::of(2026, 1));
  for (std::size_t d = 0; d < reach_capped.size(); ++d) EXPECT_LE(reach_capped[d], reach_free[d]);
  EXPECT_NE(reach_capped, reach_free);
  EXPECT_LE(municipal, each * static_cast<double>(reach_capped.size()) + 100);
  EXPECT_GT(municipal, 0.5 * each * static_cast<double>(reach_capped.size()));
}

}  // namespace
}  // namespace arraigo::tests
