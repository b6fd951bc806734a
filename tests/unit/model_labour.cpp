/// Measures on firms, contracts and labour rights, each shown on the agents that it meets.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "phases/contracts.hpp"
#include "phases/phases.hpp"
#include "support/model_runs.hpp"
#include "world/jobs.hpp"

namespace arraigo::tests {
namespace {

std::shared_ptr<Prepared const> case_with(std::function<void(Parameters&)> const& change, std::string const& measures = "",
                                          int scale = 400) {
  auto scenario = variant("baseline", measures.empty() ? "" : "measures:\n" + measures, small_case(scale, 6));
  change(scenario.parameters);
  return prepare(std::move(scenario));
}

std::int64_t flow(World const& world, Flow which) {
  std::int64_t sum = 0;
  for (std::size_t d = 0; d < world.districts.size(); ++d)
    sum += world.flows[static_cast<std::size_t>(which) * world.districts.size() + d];
  return sum;
}

template <class Holds>
std::vector<std::uint32_t> people_who(World const& world, Holds const& holds) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < world.persons.size(); ++row)
    if (!world.persons.gone(row) && !world.persons.inert(row) && holds(row)) rows.push_back(row);
  return rows;
}

bool abused(World const& world, std::uint32_t row) { return (world.persons.has[row] & is_exploited) != 0; }

TEST(Inspection, MakesFirmsThatItVisitsFormalAndFinesThem) {
  auto const prepared = case_with([](Parameters& p) { p.labour_inspection_effect = 1; });
  auto before = world_before_phase(*prepared, 0, "employers", 1);
  std::fill(before.employers.staff_per_agent.begin(), before.employers.staff_per_agent.end(), std::uint16_t{1});  // each stands for itself alone
  auto after = before;
  after.rules.inspection_rate[0][0].fill(1);  // the first district alone
  oversee_firms(after, *prepared->setup);
  std::size_t visited = 0, at_fault = 0;
  for (std::size_t e = 0; e < before.employers.size(); ++e) {
    auto const& b = before.employers;
    auto const& a = after.employers;
    if (b.district[e] != 0) {
      EXPECT_EQ(a.formal_draw[e], b.formal_draw[e]) << "a firm that nobody visited changed its kind";
      EXPECT_EQ(a.on_books[e], b.on_books[e]);
      EXPECT_EQ(a.flags[e], b.flags[e]);
      continue;
    }
    ++visited;
    double const usual = 1 - prepared->setup->params.labour_on_books_share_in_formal_firms;
    bool const fault = b.off_books[e] > usual * (b.off_books[e] + b.on_books[e]);
    at_fault += fault ? 1 : 0;
    double const on_books = on_books_share(prepared->setup->params, b.workers[e], 0);
    EXPECT_TRUE(!fault || is_formal_firm(after, prepared->setup->params, e, on_books));
    EXPECT_EQ(a.formal_draw[e], fault ? 0 : b.formal_draw[e]);
  }
  EXPECT_GT(at_fault, 5U);
  EXPECT_EQ(flow(after, Flow::firms_inspected), static_cast<std::int64_t>(visited));
  EXPECT_EQ(after.accounts[static_cast<std::size_t>(Line::labour_fines)],
            std::llround(100 * prepared->setup->params.labour_inspection_fine_soles) * static_cast<std::int64_t>(at_fault));
}

TEST(Inspection, OfHoursGivesTheVisitedTheirPay) {
  auto const prepared = case_with([](Parameters& p) { p.labour_inspection_effect = 1; });
  auto const before = world_before_phase(*prepared, 0, "employers", 1);
  auto after = before;
  for (auto& district : after.rules.inspection_rate[1]) district[static_cast<std::size_t>(SizeClass::micro)] = 1;
  oversee_firms(after, *prepared->setup);
  std::size_t helped = 0, others = 0;
  for (auto const row : people_who(before, [&](auto r) { return abused(before, r); })) {
    auto const e = before.persons.employer[row];
    bool const micro = size_class_of(before.employers.workers[e]) == SizeClass::micro;
    EXPECT_EQ(abused(after, row), !micro);
    double const due = before.persons.wage_cents[row] / (1 - prepared->setup->params.labour_underpayment_share);
    EXPECT_NEAR(after.persons.wage_cents[row], micro ? due : before.persons.wage_cents[row], 0.51);
    EXPECT_EQ(after.persons.activity[row], Activity::off_books) << "hours were inspected, not contracts";
    EXPECT_EQ((after.employers.flags[e] & Employers::inspected_bit) != 0, micro);
    ++(micro ? helped : others);
  }
  EXPECT_GT(helped, 100U);
  EXPECT_GT(others, 20U);
}

TEST(Inspection, IsForgottenAfterAYearOnAverage) {
  auto const prepared = case_with([](Parameters&) {});
  auto world = world_before_phase(*prepared, 0, "employers", 1);
  for (auto& flags : world.employers.flags) flags |= Employers::inspected_bit;
  oversee_firms(world, *prepared->setup);
  double left = 0;
  double const n = static_cast<double>(world.employers.size());
  for (auto const flags : world.employers.flags) left += (flags & Employers::inspected_bit) == 0 ? 1 : 0;
  EXPECT_NEAR(left / n, 1.0 / 12, 4 * std::sqrt(1.0 / 12 * 11 / 12 / n));
}

TEST(Inspection, OfTheQuotaMakesTheVisitedHeedIt) {
  auto const prepared = case_with([](Parameters& p) {
    p.labour_inspection_effect = 1;
    p.quota_binding_share = 0.3;
  });
  auto world = world_before_phase(*prepared, 0, "employers", 1);
  world.rules.inspection_rate[2][0].fill(1);
  oversee_firms(world, *prepared->setup);
  std::array<std::array<int, 2>, 2> heed{};  // [visited][heeds]
  for (std::size_t e = 0; e < world.employers.size(); ++e)
    ++heed[world.employers.district[e] == 0 ? 1 : 0][heeds_quota(world, e) ? 1 : 0];
  EXPECT_EQ(heed[1][0], 0);
  EXPECT_GT(heed[1][1], 10);
  EXPECT_GT(heed[0][0], heed[0][1]);
}

TEST(Inspection, IsChargedOnceToTheMeasuresThatSendIt) {
  // What each of the measures is charged, in thousandths of a firm.
  auto const charged = [](std::vector<std::string> const& measures) {
    std::string text;
    for (auto const& fields : measures) text += fmt::format("  - {{id: x{}, kind: inspection, from: 2026-01, {}}}\n", text.size(), fields);
    auto const prepared = case_with([](Parameters&) {}, text);
    auto world = world_before_phase(*prepared, 0, "employers", 1);
    oversee_firms(world, *prepared->setup);
    return std::vector<double>(world.measure_units.end() - std::ssize(measures), world.measure_units.end());
  };
  std::string const contracts = "targets: [contracts], rate_share_per_month: 0.2", hours = "targets: [hours], rate_share_per_month: 0.2";
  double const one = charged({contracts})[0];
  ASSERT_GT(one, 1e5);
  auto const expect = [&](std::vector<std::string> const& measures, std::vector<double> const& expected) {
    auto const found = charged(measures);
    for (std::size_t k = 0; k < expected.size(); ++k) EXPECT_NEAR(found[k], expected[k], 2) << measures[k];
  };
  expect({contracts, hours}, {one / 2, one / 2});  // a visit looks at all
  expect({contracts, "targets: [hours], rate_share_per_month: 0.6"}, {3 * one / 4, 9 * one / 4});
  expect({contracts, contracts}, {0.9 * one, 0.9 * one});  // 1 - 0.8^2 of all firms: some would be met twice
  for (auto const& [here, there] : {std::pair{std::string(", sizes: [micro]"), std::string(", sizes: [small, medium, large]")}, {", where: ['150132']", ", where: ['1507', '150135']"}})
    expect({contracts + here, hours + there}, {charged({contracts + here})[0], charged({hours + there})[0]});  // who do not meet pay for their own
}

TEST(Conversion, PutsOnTheBooksWhomARuleOfHiringLetsThrough) {
  auto const prepared = case_with([](Parameters& p) { p.labour_conversion_prob_per_month = 1; }, "", 200);
  auto const before = world_before_phase(*prepared, 0, "employers", 1);
  auto after = before;
  for (auto& flags : after.employers.flags) flags |= Employers::converting_bit;
  oversee_firms(after, *prepared->setup);
  std::int64_t moved = 0, foreigners_left = 0;
  for (auto const row : people_who(before, [&](auto r) { return is_employee(before.persons.activity[r]); })) {
    auto const e = before.persons.employer[row];
    EXPECT_EQ(after.persons.employer[row], e);
    if (before.persons.activity[row] == Activity::payroll) continue;
    bool const foreign = is_foreign(before.persons.origin(row));
    if (after.persons.activity[row] == Activity::payroll) {
      ++moved;
      EXPECT_TRUE(after.has_right_to_contract(row));
      EXPECT_FALSE(abused(after, row));
      EXPECT_GE(after.persons.wage_cents[row], std::lround(100 * after.rules.minimum_wage_soles));
      EXPECT_GE(after.persons.wage_cents[row], before.persons.wage_cents[row]);
    } else if (foreign) {
      ++foreigners_left;
    } else {
      // A host stays off the books only where the firm has no more of them than formal firms have.
      EXPECT_LE(after.employers.off_books[e], 0.05 * (after.employers.on_books[e] + after.employers.off_books[e]) + 1e-9);
    }
  }
  EXPECT_EQ(flow(after, Flow::contracts_regularised), moved);
  EXPECT_GT(moved, 1000);
  EXPECT_GT(foreigners_left, 100);
  for (std::size_t e = 0; e < after.employers.size(); ++e) {
    if (!heeds_quota(after, e) || after.employers.foreign_on_books[e] == before.employers.foreign_on_books[e]) continue;
    double const per_agent = after.employers.staff_per_agent[e];
    EXPECT_LE(after.employers.foreign_on_books[e] * per_agent,
              std::floor(after.rules.head_share * after.employers.on_books[e] * per_agent) + quota_rounding(after, e) * per_agent + 1e-6);
  }
  auto once_more = after;
  for (auto& flags : once_more.employers.flags) EXPECT_EQ(flags & ~(Employers::converting_bit | Employers::made_formal_bit), 0);
}

TEST(Formalisation, MovesADrawByItsEffectAndFirmsNearTheMarginAcross) {
  auto const prepared = case_with([](Parameters& p) { p.labour_formalisation_effect_logits = 0.7; });
  auto const& p = prepared->setup->params;
  auto before = world_before_phase(*prepared, 0, "employers", 1);
  auto& employers = before.employers;
  std::size_t e = 0;
  while (employers.workers[e] < 5 || employers.workers[e] > 10 || employers.off_books[e] == 0) ++e;
  double const share = formal_firm_share(p, on_books_share(p, employers.workers[e], 0));
  for (auto& of_size : before.rules.formalisation_reach[employers.district[e]]) of_size.fill(1);
  // A tenth of a logit inside the reach of accompaniment, and as much outside it.
  for (bool const near : {true, false}) {
    auto world = before;
    double const draw = logistic(logit(share) + 0.7 + (near ? -0.1 : 0.1));
    world.employers.formal_draw[e] = static_cast<std::uint16_t>(65536 * draw);
    ASSERT_FALSE(is_formal_firm(world, p, e, on_books_share(p, employers.workers[e], 0)));
    oversee_firms(world, *prepared->setup);
    EXPECT_NEAR(logit((world.employers.formal_draw[e] + 0.5) / 65536), logit(draw) - 0.7, 0.02);
    EXPECT_EQ(is_formal_firm(world, p, e, on_books_share(p, employers.workers[e], 0)), near);
    EXPECT_EQ((world.employers.flags[e] & Employers::made_formal_bit) != 0, near);
  }
  // Sectors that the measure does not name, and firms that are formal already, stay as they were.
  for (bool const formal : {true, false}) {
    auto world = before;
    if (!formal)
      for (auto& of_size : world.rules.formalisation_reach[employers.district[e]]) of_size[employers.sector[e]] = 0;
    world.employers.formal_draw[e] = formal ? 0 : 60000;
    oversee_firms(world, *prepared->setup);
    EXPECT_EQ(world.employers.formal_draw[e], formal ? 0 : 60000);
  }
}

TEST(Formalisation, GivesTaxNumbersToAccompaniedOwnAccountWorkersWithTheRight) {
  auto const prepared = case_with([](Parameters& p) { p.labour_formalisation_own_account_prob = 1; });
  auto const before = world_before_phase(*prepared, 0, "employers", 1);
  auto after = before;
  after.rules.formalisation_reach[0][static_cast<std::size_t>(SizeClass::micro)].fill(1);
  oversee_firms(after, *prepared->setup);
  std::size_t taken = 0;
  for (auto const row : people_who(before, [&](auto r) { return before.persons.activity[r] == Activity::own_account; })) {
    bool const takes = before.district_of(row) == 0 && before.has_right_to_tax_number(row);
    EXPECT_EQ(after.persons.activity[row], takes ? Activity::own_account_formal : Activity::own_account);
    taken += takes ? 1 : 0;
  }
  EXPECT_GT(taken, 10U);
}

TEST(LabourRights, EndAbuseOfThoseReachedAndFadeByHalfInTheirHalfLife) {
  auto const prepared = case_with([](Parameters& p) {
    p.labour_rights_effect_per_month = 1;
    p.labour_rights_half_life_months = 12;
  });
  auto const before = world_before_phase(*prepared, 0, "employers", 1);
  auto world = before;
  Reach reach;
  reach.priority = {1U << static_cast<unsigned>(PersonGroup::women), 1};
  reach.share.assign(world.districts.size(), 0.0F);
  reach.share[0] = 1;
  world.rules.rights.push_back(reach);
  oversee_firms(world, *prepared->setup);
  std::size_t helped = 0;
  double women = 0, workers = 0;
  for (auto const row : people_who(before, [&](auto r) { return is_employee(before.persons.activity[r]); })) {
    bool const met = before.district_of(row) == 0 && before.persons.sex(row) == Sex::female;
    if (before.district_of(row) == 0) women += met ? 1 : 0, workers += 1;
    if (!abused(before, row)) continue;
    EXPECT_EQ(abused(world, row), !met);
    helped += met ? 1 : 0;
  }
  EXPECT_GT(helped, 3U);
  EXPECT_EQ(world.measure_units[0], std::llround(1000 * women)) << "who was reached is who costs";
  EXPECT_DOUBLE_EQ(world.districts[0].rights_stock, women / workers);
  EXPECT_EQ(world.districts[1].rights_stock, 0);
  world.rules.rights.clear();
  for (int month = 0; month < 12; ++month) oversee_firms(world, *prepared->setup);
  EXPECT_NEAR(world.districts[0].rights_stock, 0.5 * women / workers, 1e-9);
}

TEST(Abuse, StartsAsOftenAsAssumedAndLeavesMeanPayAsPublished) {
  std::array<double, 2> mean{};
  for (std::size_t k = 0; k < 2; ++k) {
    auto const prepared = case_with([&](Parameters& p) { p.labour_underpayment_share = k == 0 ? 0 : 0.4; }, "", 100);
    auto const& p = prepared->setup->params;
    World const world = Simulation(prepared->setup, 0, Detail::totals).world();
    double pay = 0, n = 0;
    std::array<double, 2> off{}, bad{};  // hosts who can complain, irregular migrants
    for (auto const row : people_who(world, [&](auto r) { return is_employee(world.persons.activity[r]); })) {
      auto const activity = world.persons.activity[row];
      bool const foreign = is_foreign(world.persons.origin(row));
      EXPECT_FALSE(abused(world, row) && activity != Activity::off_books);
      if (!foreign && activity != Activity::payroll) pay += world.persons.wage_cents[row], n += 1;
      if (activity != Activity::off_books || (!foreign && world.is_lgbtiq(row))) continue;
      if (foreign && (world.migrants.permit[world.persons.migrant[row]] != Permit::irregular || world.migrants.claim[world.persons.migrant[row]] == Claim::pending)) continue;
      off[foreign ? 1 : 0] += 1;
      bad[foreign ? 1 : 0] += abused(world, row) ? 1 : 0;
    }
    mean[k] = pay / n;
    for (std::size_t o = 0; o < 2; ++o) {
      double const share = o == 0 ? p.labour_exploited_share_hosts : p.labour_exploited_share_migrants * p.labour_exploited_irregular_factor;
      EXPECT_GT(off[o], 500);
      EXPECT_NEAR(bad[o] / off[o], share, 4 * std::sqrt(share * (1 - share) / off[o]));
    }
  }
  EXPECT_NEAR(mean[1] / mean[0], 1, 0.001) << "what is kept back comes off the published mean";
}

TEST(Abuse, EndsWithTheJobAndOnTheBooks) {
  auto const prepared = case_with([](Parameters&) {});
  World world = Simulation(prepared->setup, 0, Detail::totals).world();
  auto const rows = people_who(world, [&](auto r) { return abused(world, r); });
  ASSERT_GT(rows.size(), 2U);
  leave_job(world, rows[0]);
  EXPECT_FALSE(abused(world, rows[0]));
  enter_job(world, rows[1], world.persons.employer[rows[1]], Activity::payroll, 120000);
  EXPECT_FALSE(abused(world, rows[1]));
}

TEST(FairRecruitment, TakesPartOfTheDistasteThatThereIs) {
  auto const prepared = case_with([](Parameters& p) {
    p.labour_fair_recruitment_effect = 0.4;
    p.employers_guide_effect = 0.5;
  });
  auto const before = world_before_phase(*prepared, 0, "employers", 1);
  auto after = before;
  after.rules.fair_recruitment_reach[0] = 1;
  oversee_firms(after, *prepared->setup);
  for (std::size_t e = 0; e < before.employers.size(); ++e) {
    bool const trained = before.employers.district[e] == 0;
    float const was = before.employers.distaste[e];
    EXPECT_FLOAT_EQ(after.employers.distaste[e], trained && was > 0 ? was * 0.6F : was);
    for (std::size_t k = 0; k < document_count; ++k) {
      double const known = before.employers.knowledge[e][k] / 65535.0;
      EXPECT_NEAR(after.employers.knowledge[e][k] / 65535.0, trained ? known + 0.5 * (1 - known) : known, 2e-5);
    }
  }
}

TEST(Matching, TakesAsManySeekersAsItHasRoomForAndItsGroupsFirst) {
  auto const prepared = case_with([](Parameters&) {}, "  - {id: x, kind: job_matching, from: 2026-01, seekers_per_month: 0}\n", 100);
  auto before = world_before_phase(*prepared, 0, "search_and_match", 1);
  auto const seekers = people_who(before, [&](auto r) { return before.persons.activity[r] == Activity::unemployed; });
  double const n = static_cast<double>(seekers.size());
  ASSERT_GT(n, 1000);
  auto const row_of_measure = prepared->scenario.measures.size() - 1;
  // The places of each district: a fourth of its seekers, then more than there are. Vacancies are enough for all, so that nobody is
  // hired in another's stead; but hosts who are make room under the quota, so that only hosts are counted. Hires on the books by sex, men first.
  for (auto& vacancies : before.employers.vacancies) vacancies.fill(200);
  auto const hired = [&](double places, std::uint32_t groups) {
    auto world = before;
    std::vector<int> here(world.districts.size(), 0);
    for (auto const row : seekers) ++here[world.district_of(row)];
    world.rules.matching[0].priority = {groups, 1};
    for (std::size_t d = 0; d < here.size(); ++d) world.rules.matching[0].share[d] = static_cast<float>(places * here[d]);
    search_and_match(world, *prepared->setup);
    double const taken = static_cast<double>(world.measure_units[row_of_measure]) / 1000;
    double const expected = std::min(1.0, places) * n;
    EXPECT_NEAR(taken, expected, places > 1 ? 0 : 4 * std::sqrt(expected));
    std::array<double, sex_count> sum{};
    for (auto const row : seekers) sum[static_cast<std::size_t>(world.persons.sex(row))] += !is_foreign(world.persons.origin(row)) && world.persons.activity[row] == Activity::payroll ? 1 : 0;
    return sum;
  };
  std::uint32_t const of_women = 1U << static_cast<unsigned>(PersonGroup::women);
  auto const none = hired(0, 0), any = hired(0.25, 0), women_first = hired(0.25, of_women), all = hired(3, of_women);
  EXPECT_GT(any[0], none[0] + 50);
  EXPECT_NEAR(women_first[0], none[0], 3) << "places for fewer than all women are theirs; only the largest firms have more bids than room";
  EXPECT_GT(women_first[1] - none[1], 1.5 * (any[1] - none[1]));
  EXPECT_GT(all[0], any[0]);
}

TEST(Matching, ReachesOnlyFirmsAboveTenWorkersOnTheBooks) {
  // Nobody sees a vacancy in any other way.
  auto const prepared = case_with([](Parameters& p) { p.labour_on_the_job_search_prob_per_month = 0; }, "  - {id: x, kind: job_matching, from: 2026-01, seekers_per_month: 0}\n", 200);
  auto const before = world_before_phase(*prepared, 0, "search_and_match", 1);
  std::array<World, 2> after{before, before};
  after[1].rules.matching[0].share.assign(before.districts.size(), 1e6F);
  for (auto& world : after) search_and_match(world, *prepared->setup);
  std::size_t more = 0;
  for (auto const row : people_who(before, [&](auto r) { return before.persons.activity[r] == Activity::unemployed; })) {
    auto const e = after[1].persons.employer[row];
    if (e == no_row || after[1].persons.activity[row] != Activity::payroll || after[0].persons.activity[row] == Activity::payroll) continue;
    ++more;
    if (is_employee(after[0].persons.activity[row])) continue;
    EXPECT_GT(before.employers.workers[e], 10U);
  }
  EXPECT_GT(more, 50U);
}

/// Hires of the people in `rows` in one month's matching, after `change`.
template <class Change>
std::size_t hires_of(World world, Setup const& setup, std::vector<std::uint32_t> const& rows, Change const& change) {
  change(world);
  search_and_match(world, setup);
  std::size_t n = 0;
  for (auto const row : rows) n += is_employee(world.persons.activity[row]) ? 1 : 0;
  return n;
}

TEST(Ranking, CertificatesAndTrainingOfTheSectorHelpAndPrejudiceHurts) {
  auto const fierce = [](Parameters& p) {
    p.labour_certificate_score = p.labour_sector_training_score = p.labour_lgbtiq_score = p.labour_disability_score = 3;
    p.labour_care_hours_score = 3;
    p.labour_training_score = 0;
  };
  auto const prepared = case_with(fierce, "", 100);
  auto const world = world_before_phase(*prepared, 0, "search_and_match", 1);
  auto const& setup = *prepared->setup;
  auto const all = people_who(world, [&](auto r) { return world.persons.activity[r] == Activity::unemployed; });
  std::vector<std::uint32_t> half;
  for (auto const row : all)
    if (world.persons.id[row] % 2 == 0) half.push_back(row);
  auto const plain = hires_of(world, setup, half, [](World&) {});
  auto const certified = hires_of(world, setup, half, [&](World& w) { for (auto const r : half) w.persons.has[r] |= has_certificate; });
  EXPECT_GT(static_cast<double>(certified), 1.1 * static_cast<double>(plain));
  auto const trained = [&](int sector) {
    return hires_of(world, setup, half, [&](World& w) {
      for (auto const r : half) {
        w.persons.has[r] |= has_training;
        w.persons.set_trained_sector(r, sector);
      }
    });
  };
  int commerce = 0;
  while (setup.country.sectors[static_cast<std::size_t>(commerce)].name != "commerce") ++commerce;
  EXPECT_GT(trained(commerce), trained(-1)) << "a certificate of a sector is no better than a general one";
  auto const kind = [&](auto const& holds) { return people_who(world, [&](auto r) { return world.persons.activity[r] == Activity::unemployed && holds(r); }); };
  for (auto const& [group, off] : {std::pair{kind([&](auto r) { return world.is_lgbtiq(r); }), &Parameters::labour_lgbtiq_score},
                                   {kind([&](auto r) { return world.has_disability(r); }), &Parameters::labour_disability_score},
                                   {kind([&](auto r) { return has_unmet_care(world, r); }), &Parameters::labour_care_hours_score}}) {
    auto const fair = case_with([&, member = off](Parameters& p) {
      fierce(p);
      p.*member = 0;
    }, "", 100);
    EXPECT_GT(group.size(), 20U);
    EXPECT_GT(hires_of(world, *fair->setup, group, [](World&) {}), hires_of(world, setup, group, [](World&) {}));
  }
}

TEST(Ranking, ARecentContactRecommendsLess) {
  auto const prepared = case_with([](Parameters& p) {
    p.labour_referral_score = 3;
    p.labour_recent_contact_share = 0;
    p.labour_migrant_search_rounds = 1;  // migrants search harder: not asked here
  }, "", 50);
  auto const world = world_before_phase(*prepared, 0, "search_and_match", 1);
  auto const migrants = people_who(world, [&](auto r) { return world.persons.activity[r] == Activity::unemployed && is_foreign(world.persons.origin(r)); });
  auto const came = [&](int months_ago) {
    return hires_of(world, *prepared->setup, migrants, [&](World& w) {
      for (auto& arrival : w.migrants.arrival) arrival = static_cast<std::int16_t>(w.stream.month.index - months_ago);
    });
  };
  EXPECT_GT(static_cast<double>(came(12)), 1.02 * static_cast<double>(came(11))) << "a contact counts whole from twelve months on";
  EXPECT_EQ(came(12), came(60));
}

TEST(Fairs, OfPlacesThatARunHoldsInPartBringTheirPart) {
  std::string const fair = "measures:\n  - {id: f, kind: job_fair, from: 2026-01, vacancies_per_month: 3000, where: ['1501']}\n  - {id: m, kind: job_matching, from: 2026-01, seekers_per_month: 3000, where: ['1501']}\n";
  auto const brought = [&](std::string const& area) {
    auto const prepared = prepare(variant("baseline", fair, small_case(200, 1, area)));
    auto const world = world_before_phase(*prepared, 0, "search_and_match", 0);
    double vacancies = 0, seekers = 0;
    for (double const v : world.rules.fair_vacancies) vacancies += v * world.people_per_agent;
    for (float const s : world.rules.matching.front().share) seekers += static_cast<double>(s) * world.people_per_agent;
    EXPECT_NEAR(world.rules.costs[prepared->scenario.measures.size() - 2].planned_units * world.people_per_agent, vacancies, 1e-6 * vacancies);
    return std::pair(vacancies, seekers);
  };
  auto const whole = brought("lima_callao"), part = brought("150132"), rest = brought("150132,150135");
  EXPECT_NEAR(whole.first, 3000, 0.01);
  EXPECT_NEAR(whole.second, 3000, 0.01);
  EXPECT_GT(part.first, 200) << "San Juan de Lurigancho is the largest district";
  EXPECT_LT(part.first, 600);
  EXPECT_NEAR(part.second, part.first, 0.01);
  EXPECT_GT(rest.first, part.first);
}

TEST(Fairs, CentresAndMatchingPutOnTheBooksOfFirmsThatOfferContractsAndOfNoOthers) {
  auto scenario = variant("baseline", "measures:\n  - {id: f, kind: job_fair, from: 2026-01, vacancies_per_month: 400000}\n  - {id: m, kind: job_matching, from: 2026-01, seekers_per_month: 1000000}\n", small_case(200, 3));
  auto before = world_before_phase(*prepare(scenario), 0, "search_and_match", 1);
  // Nobody who finds a firm alone is hired on the books, nor anybody in another's stead.
  scenario.parameters.labour_separation_formal_prob_per_month = 0;
  auto const prepared = prepare(scenario);
  for (auto& vacancies : before.employers.vacancies) vacancies.fill(200);
  // Whom each puts in touch with firms; none of them without what it needs.
  auto const fairs = before.rules.fair_vacancies;
  auto const matching = before.rules.matching;
  std::fill(before.rules.fair_vacancies.begin(), before.rules.fair_vacancies.end(), 0.0);
  before.rules.matching.clear();
  for (auto& has : before.persons.has) has &= static_cast<std::uint16_t>(~has_employment_service);
  // Firms all of the formal kind, or none but those of sizes that all are. Hires off the books and on them.
  auto const hires = [&](bool formal, Prepared const& under, std::function<void(World&)> const& open) {
    auto world = before;
    std::fill(world.employers.formal_draw.begin(), world.employers.formal_draw.end(), static_cast<std::uint16_t>(formal ? 0 : 65535));
    open(world);
    search_and_match(world, *under.setup);
    std::array<std::size_t, 2> sum{};
    for (auto const row : people_who(world, [&](auto r) { return is_employee(world.persons.activity[r]); })) {
      auto const e = world.persons.employer[row];
      if (e == before.persons.employer[row]) continue;
      bool const on_books = world.persons.activity[row] == Activity::payroll;
      EXPECT_TRUE(!on_books || is_formal_firm(world, under.setup->params, e, on_books_share(under.setup->params, world.employers.workers[e], 0)));
      ++sum[on_books ? 1 : 0];
    }
    return sum;
  };
  auto const nobody = [](World&) {};
  auto const visit_fairs = [&](World& world) { world.rules.fair_vacancies = fairs; };
  auto const informal_without = hires(false, *prepared, nobody), formal_without = hires(true, *prepared, nobody);
  EXPECT_EQ(informal_without[1] + formal_without[1], 0U);
  for (auto const& [channel, open] : std::initializer_list<std::pair<char const*, std::function<void(World&)>>>{
           {"fairs", visit_fairs},
           {"matching", [&](World& world) { world.rules.matching = matching; }},
           {"centres", [](World& world) { for (auto& has : world.persons.has) has |= has_employment_service; }}}) {
    SCOPED_TRACE(channel);
    auto const informal = hires(false, *prepared, open);
    EXPECT_GE(informal[0] + informal[1], informal_without[0]);  // nearly everybody finds something where all firms are open
    EXPECT_GT(informal[0], informal[1]) << "most are hired off the books";
    EXPECT_GT(hires(true, *prepared, open)[1], 100U);
  }
  scenario.parameters.labour_fair_applications_per_vacancy = 0;
  EXPECT_EQ(hires(true, *prepare(scenario), visit_fairs), formal_without) << "nobody applies there";
  EXPECT_EQ(hires(true, *prepared, [&](World& world) {
    world.rules.matching = matching;
    world.rules.matching[0].share.assign(world.districts.size(), 0.0F);
  }), formal_without) << "nobody is taken";
}

TEST(HiringSubsidy, PutsHiresOfItsSizesOnTheBooksWhereTheOverheadMatters) {
  auto const prepared = case_with([](Parameters&) {}, "  - {id: s, kind: hiring_subsidy, from: 2026-01, pay_share: 0.5, sizes: [micro]}\n", 100);
  auto const subsidised = world_before_phase(*prepared, 0, "search_and_match", 1);
  auto plain = subsidised;
  for (std::size_t d = 0; d < plain.districts.size(); ++d)
    for (std::size_t k = 0; k < size_class_count; ++k) {
      auto& share = plain.rules.subsidy_share[d][k];
      ASSERT_EQ(share, k == static_cast<std::size_t>(SizeClass::micro) ? 0.5 : 0);
      share = 0;
    }
  // Hires on the books of micro firms, and of others.
  auto const hires = [&](World world, double response) {
    auto scenario = prepared->scenario;
    scenario.parameters.labour_formality_overhead_response = response;
    search_and_match(world, *prepare(std::move(scenario))->setup);
    std::array<double, 2> sum{};
    for (auto const row : people_who(world, [&](auto r) { return world.persons.activity[r] == Activity::payroll; })) {
      auto const e = world.persons.employer[row];
      if (e != plain.persons.employer[row]) sum[size_class_of(world.employers.workers[e]) == SizeClass::micro ? 0 : 1] += 1;
    }
    return sum;
  };
  auto const usual = hires(plain, 0.3), with = hires(subsidised, 0.3);
  ASSERT_GT(usual[0], 50);
  EXPECT_GT(with[0], 1.2 * usual[0]);
  EXPECT_NEAR(with[1], usual[1], 0.05 * usual[1]);
  EXPECT_EQ(hires(subsidised, 0), hires(plain, 0));
}

TEST(MinimumWage, AddsToACostOnlyWhatItAsksAboveThePayAndTheUsualFloor) {
  Rules rules;
  rules.minimum_wage_soles = rules.minimum_wage_usual_soles = 1000;
  EXPECT_EQ(floor_cost(rules, 800), 0);
  rules.minimum_wage_soles = 1300;
  EXPECT_DOUBLE_EQ(floor_cost(rules, 800), 0.3);
  EXPECT_DOUBLE_EQ(floor_cost(rules, 1200), 1300.0 / 1200 - 1);
  EXPECT_EQ(floor_cost(rules, 1300), 0);
  EXPECT_EQ(floor_cost(rules, 4000), 0);
  for (double soles = 1; soles < 3000; soles += 7) {
    EXPECT_GE(floor_cost(rules, soles), 0);
    EXPECT_LE(floor_cost(rules, soles), 0.3 + 1e-12) << "at most what the floor itself rises";
  }
  rules.minimum_wage_soles = 900;
  EXPECT_DOUBLE_EQ(floor_cost(rules, 700), -0.1);
  EXPECT_EQ(floor_cost(rules, 1000), 0);
}

/// A world after one more phase, under a minimum wage and the tables' own.
World after_phase(World world, Setup const& setup, void (*phase)(World&, Setup const&), double now, double usual) {
  world.rules.minimum_wage_soles = now;
  world.rules.minimum_wage_usual_soles = usual;
  phase(world, setup);
  return world;
}

TEST(MinimumWage, AboveWhatIsPaidCostsPosts) {
  auto const prepared = prepare(shipped("baseline", small_case(400, 3)));
  auto const before = world_before_phase(*prepared, 0, "vacancies", 1);
  auto const vacancies = [&](double now, double usual, double elasticity) {
    auto scenario = prepared->scenario;
    scenario.parameters.labour_demand_wage_elasticity = elasticity;
    auto const changed = prepare(std::move(scenario));
    auto const world = after_phase(before, *changed->setup, open_vacancies, now, usual);
    std::int64_t all = 0;
    for (auto const& of_skill : world.employers.vacancies) all += of_skill[0] + of_skill[1] + of_skill[2];
    return all;
  };
  auto const as_it_is = vacancies(1130, 1130, 0.4);
  ASSERT_GT(as_it_is, 100);
  EXPECT_LT(vacancies(2000, 1130, 0.4), as_it_is);
  EXPECT_LT(vacancies(3000, 1130, 0.4), vacancies(2000, 1130, 0.4));
  EXPECT_GT(vacancies(1130, 2000, 0.4), as_it_is) << "a lower floor than the usual one makes posts cheaper";
  // What the tables say already moves nothing, and without an elasticity nothing does.
  EXPECT_EQ(vacancies(2000, 2000, 0.4), as_it_is);
  EXPECT_EQ(vacancies(3000, 1130, 0), vacancies(1130, 1130, 0));
}

TEST(MinimumWage, AboveWhatIsPaidCostsContracts) {
  auto const prepared = prepare(shipped("baseline", small_case(200, 3)));
  auto const before = world_before_phase(*prepared, 0, "search_and_match", 1);
  auto const formal_hires = [&](double now, double usual, double response) {
    auto scenario = prepared->scenario;
    scenario.parameters.labour_formality_overhead_response = response;
    auto const changed = prepare(std::move(scenario));
    return flow(after_phase(before, *changed->setup, search_and_match, now, usual), Flow::formal_hires);
  };
  // The same pay on offer, of which the tables know or do not.
  auto const usual = formal_hires(2500, 2500, 0.3), dearer = formal_hires(2500, 1130, 0.3);
  ASSERT_GT(usual, 100);
  EXPECT_LT(static_cast<double>(dearer), 0.95 * static_cast<double>(usual));
  EXPECT_EQ(formal_hires(2500, 1130, 0), formal_hires(2500, 2500, 0));
}

TEST(OccupationRule, ClosedSectorsHireNoForeigner) {
  auto const prepared = case_with([](Parameters&) {}, "", 100);
  auto const before = world_before_phase(*prepared, 0, "search_and_match", 1);
  auto const& sectors = prepared->setup->country.sectors;
  std::size_t commerce = 0;
  while (sectors[commerce].name != "commerce") ++commerce;
  for (double const open : {0.0, 1.0}) {
    auto world = before;
    world.rules.open_to_foreigners[commerce] = open;
    search_and_match(world, *prepared->setup);
    std::size_t hired = 0;
    for (auto const row : people_who(world, [&](auto r) { return is_foreign(world.persons.origin(r)) && world.persons.employer[r] != no_row; }))
      if (before.persons.employer[row] != world.persons.employer[row] && world.employers.sector[world.persons.employer[row]] == commerce) ++hired;
    EXPECT_EQ(hired > 10, open > 0);
    EXPECT_TRUE(open > 0 || hired == 0);
  }
}

TEST(LabourDemand, OfASectorOpensVacanciesThereAlone) {
  auto const prepared = case_with([](Parameters&) {});
  auto const before = world_before_phase(*prepared, 0, "vacancies", 1);
  std::array<World, 2> after{before, before};
  for (auto& district : after[1].rules.sector_demand) district[2] *= 1.5;
  for (auto& world : after) open_vacancies(world, *prepared->setup);
  std::int64_t more = 0;
  for (std::size_t e = 0; e < before.employers.size(); ++e)
    for (std::size_t k = 0; k < skill_count; ++k) {
      int const d = after[1].employers.vacancies[e][k] - after[0].employers.vacancies[e][k];
      EXPECT_TRUE(d == 0 || before.employers.sector[e] == 2);
      more += d;
    }
  EXPECT_GT(more, 100);
}

TEST(LabourDemand, FirmsLetGoOfPartOfWhatAShockLeavesOver) {
  auto const prepared = case_with([](Parameters& p) {
    p.labour_dismissal_formal_share_per_month = 0.1;
    p.labour_dismissal_informal_share_per_month = 0.5;
  });
  auto const before = world_before_phase(*prepared, 0, "vacancies", 1);
  auto const dismissed = [&](double factor) {
    auto world = before;
    for (auto& district : world.rules.sector_demand) district[2] *= factor;
    open_vacancies(world, *prepared->setup);
    std::array<double, 2> out{}, staff{};
    for (std::uint32_t row = 0; row < world.persons.size(); ++row) {
      auto const e = before.persons.employer[row];
      if (e == no_row) continue;
      std::size_t const k = before.persons.activity[row] == Activity::payroll ? 0 : 1;
      bool const left = world.persons.employer[row] == no_row;
      EXPECT_TRUE(!left || before.employers.sector[e] == 2) << "of another sector";
      EXPECT_TRUE(!left || world.persons.activity[row] == Activity::unemployed);
      staff[k] += before.employers.sector[e] == 2 ? 1 : 0;
      out[k] += left ? 1 : 0;
    }
    EXPECT_EQ(flow(world, Flow::separations) - flow(before, Flow::separations), static_cast<std::int64_t>(out[0] + out[1]));
    EXPECT_TRUE(broken_invariants(world).empty());
    return std::array{out[0] / staff[0], out[1] / staff[1]};
  };
  for (double const factor : {1.0, 1.5}) EXPECT_EQ(dismissed(factor), (std::array{0.0, 0.0}));
  auto const hardly = dismissed(0.999);  // whatever else a firm has too much is not the shock's
  EXPECT_LT(hardly[0] + hardly[1], 0.003);
  auto const all = dismissed(0);  // where nobody is wanted
  EXPECT_NEAR(all[0], 0.1, 0.03);
  EXPECT_NEAR(all[1], 0.5, 0.03);
  auto const half = dismissed(0.5);  // staff stands about at what is wanted, here and there below it
  EXPECT_GT(half[0], 0.02);
  EXPECT_LT(half[0], 0.08);
  EXPECT_GT(half[1], 0.15);
  EXPECT_LT(half[1], 0.27);
}

TEST(LabourDemand, PostsFollowTheLabourForceWhereItFindsWork) {
  auto const prepared = case_with([](Parameters&) {});
  auto const before = world_before_phase(*prepared, 0, "vacancies", 1);
  auto const formal = static_cast<std::size_t>(Segment::formal);
  // Of firms with nearly all staff on the books, and of those with nearly none.
  auto const vacancies = [&](auto const& change) {
    auto world = before;
    for (auto& zone : world.zones) change(zone);
    open_vacancies(world, *prepared->setup);
    std::array<std::int64_t, 2> sum{};
    for (std::size_t e = 0; e < world.employers.size(); ++e) {
      auto const size = size_class_of(world.employers.workers[e]);
      if (size == SizeClass::small) continue;
      for (auto const v : world.employers.vacancies[e]) sum[size == SizeClass::micro ? 1 : 0] += v;
    }
    return std::pair(static_cast<double>(sum[0]), static_cast<double>(sum[1]));
  };
  auto const [large, micro] = vacancies([](ZoneMarket&) {});
  auto const total = [](ZoneMarket const& zone) { return zone.labour[1][0] + zone.labour[1][1]; };
  auto const [large_newcomers, micro_newcomers] = vacancies([&](ZoneMarket& zone) { zone.labour[1][1] += total(zone) / 10; });
  EXPECT_GT(micro_newcomers, 1.5 * micro) << "newcomers off the books make posts there";
  auto const [large_hosts, micro_hosts] = vacancies([&](ZoneMarket& zone) { zone.labour[1][0] += total(zone) / 10; });
  EXPECT_GT(large_hosts, 1.2 * large) << "hosts make posts of both kinds";
  EXPECT_GT(micro_hosts, 1.2 * micro);
  EXPECT_LT(large_newcomers - large, 0.1 * (micro_newcomers - micro)) << "newcomers make posts off the books";
  EXPECT_GT(micro_newcomers, micro_hosts) << "and more off them";
  auto const [large_hired, micro_hired] = vacancies([&](ZoneMarket& zone) { zone.employed[formal][1][1] += total(zone) / 20; });
  EXPECT_EQ(large_hired, large) << "who gets a contract makes no post: another goes without";
  EXPECT_EQ(micro_hired, micro);
}

TEST(TaxNumber, IsOpenToTheShareOfHoldersWhomCountersAdmitAndToTheSamePeopleAlways) {
  auto const prepared = case_with([](Parameters&) {}, "", 50);
  World world = world_before_phase(*prepared, 0, "search_and_match", 0);
  std::fill(world.migrants.permit.begin(), world.migrants.permit.end(), Permit::humanitarian);
  std::fill(world.migrants.claim.begin(), world.migrants.claim.end(), Claim::none);
  auto& share = world.rules.entitled[static_cast<std::size_t>(Permit::humanitarian)][static_cast<std::size_t>(Entitlement::ruc)];
  auto const admitted = [&](float of_counters) {
    share = of_counters;
    std::set<std::uint32_t> all;
    for (auto const row : world.migrants.person)
      if (is_foreign(world.persons.origin(row)) && world.has_right_to_tax_number(row)) all.insert(row);
    return all;
  };
  auto const none = admitted(0), few = admitted(0.2F), half = admitted(0.5F), all = admitted(1);
  ASSERT_GT(all.size(), 1000U);
  EXPECT_EQ(none.size(), 0U);
  double const n = static_cast<double>(all.size());
  EXPECT_NEAR(static_cast<double>(few.size()) / n, 0.2, 4 * std::sqrt(0.16 / n));
  EXPECT_NEAR(static_cast<double>(half.size()) / n, 0.5, 4 * std::sqrt(0.25 / n));
  EXPECT_TRUE(std::includes(half.begin(), half.end(), few.begin(), few.end()));
  world.stream.month = world.stream.month + 7;
  EXPECT_EQ(admitted(0.5F), half);
}

TEST(Document, OfARefugeeIsTheResidentsCardAndOfAClaimantTheAsylumCard) {
  auto const prepared = case_with([](Parameters&) {}, "", 200);
  World world = world_before_phase(*prepared, 0, "search_and_match", 0);
  auto const person = world.migrants.person[0];
  for (auto const& [permit, document] : {std::pair{Permit::refugee, Document::residence}, std::pair{Permit::residence, Document::residence}, std::pair{Permit::temporary, Document::temporary},
                                         std::pair{Permit::humanitarian, Document::humanitarian}, std::pair{Permit::irregular, Document::asylum_card}}) {
    world.migrants.permit[0] = permit;
    EXPECT_EQ(document_of(world, person), document) << static_cast<int>(permit);
  }
}

TEST(Verification, LeavesNoDoubtAboutAValidDocument) {
  auto const prepared = case_with([](Parameters&) {}, "", 100);
  auto before = world_before_phase(*prepared, 0, "search_and_match", 1);
  for (auto& holder : before.rules.entitled) holder[static_cast<std::size_t>(Entitlement::payroll_contract)] = 1;
  auto after = before;
  search_and_match(before, *prepared->setup);
  after.rules.verified_by_employers.assign(after.districts.size(), 1);
  search_and_match(after, *prepared->setup);
  EXPECT_GT(flow(before, Flow::refused_document), 20);
  EXPECT_EQ(flow(after, Flow::refused_document), 0);
  EXPECT_GT(flow(after, Flow::migrant_formal_hires), flow(before, Flow::migrant_formal_hires));
}

TEST(Odds, OfWhatIsCertainStaySo) {
  EXPECT_EQ(with_odds_times(1, 0.3), 1);
  EXPECT_EQ(with_odds_times(1, 0), 1);
  EXPECT_EQ(with_odds_times(0, 3), 0);
  EXPECT_NEAR(with_odds_times(0.5, 3), 0.75, 1e-12);
}

TEST(Registration, CostsForeignersOffersOnTheBooksAndNobodyElse) {
  auto const prepared = case_with([](Parameters& p) { p.labour_formality_overhead_response = 1; }, "", 100);
  auto before = world_before_phase(*prepared, 0, "search_and_match", 1);
  for (auto& holder : before.rules.entitled) holder[static_cast<std::size_t>(Entitlement::payroll_contract)] = 1;
  before.rules.verified_by_employers.assign(before.districts.size(), 1);
  auto after = before;
  search_and_match(before, *prepared->setup);
  after.rules.registration_soles = 5000;
  search_and_match(after, *prepared->setup);
  EXPECT_LT(flow(after, Flow::migrant_formal_hires), 0.75 * static_cast<double>(flow(before, Flow::migrant_formal_hires)));
  EXPECT_NEAR(static_cast<double>(flow(after, Flow::host_formal_hires)), static_cast<double>(flow(before, Flow::host_formal_hires)),
              0.05 * static_cast<double>(flow(before, Flow::host_formal_hires)));
}

TEST(NewcomerTax, LowersWhatAContractIsWorthToNewcomersAlone) {
  auto const prepared = case_with([](Parameters& p) { p.labour_gross_up_share = 0; });
  auto world = world_before_phase(*prepared, 0, "search_and_match", 1);
  auto const& p = prepared->setup->params;
  std::size_t newcomers = 0;
  for (auto const row : people_who(world, [&](auto r) { return world.persons.migrant[r] != no_row; })) {
    std::array<double, 2> worth{};
    for (std::size_t k = 0; k < 2; ++k) {
      world.rules.withholding_share = k == 0 ? 0 : 0.3;
      worth[k] = worth_of_job(world, p, row, Activity::payroll, 200000);
    }
    double const kept = 1 - world.rules.pension_share;
    EXPECT_NEAR(worth[1] / worth[0], world.is_non_domiciled(row) ? (kept - 0.3) / kept : 1, 1e-9);
    newcomers += world.is_non_domiciled(row) ? 1 : 0;
    if (newcomers > 200) break;
  }
  EXPECT_GT(newcomers, 10U);
}

TEST(SeedCapital, StartsBusinessesInCoveredHouseholdsAlone) {
  auto const prepared = case_with([](Parameters& p) {
    p.labour_seed_capital_entry_gain = 1;
    p.labour_newcomer_own_account_prob_per_month = 0;
  });
  auto world = world_before_phase(*prepared, 0, "own_account_work", 1);
  for (auto& zone : world.work_at_start) zone.own_account_entry.fill(0);
  CashSupport cash;
  cash.purpose = CashPurpose::seed_capital;
  cash.first_month = true;
  cash.groups = 1U << static_cast<unsigned>(PersonGroup::migrants);
  cash.coverage_share = 0.5;
  cash.soles = 760;
  cash.here.assign(world.districts.size(), 1);
  cash.here[0] = 0;
  world.rules.cash = {cash};
  auto const before = world;
  enter_own_account_work(world, *prepared->setup);
  std::int64_t started = 0, could = 0;
  for (auto const row : people_who(before, [&](auto r) { return before.persons.activity[r] == Activity::unemployed; })) {
    auto const h = before.persons.household[row];
    bool migrants = false;
    for (auto r = before.households.first[h]; r < before.households.first[h] + before.households.count[h]; ++r)
      migrants = migrants || (before.persons.household[r] == h && !before.persons.gone(r) && before.persons.migrant[r] != no_row);
    bool const starts = is_employed(world.persons.activity[row]);
    if (starts) {
      EXPECT_TRUE(migrants);
      EXPECT_NE(before.district_of(row), 0);
      ++started;
    }
    could += migrants && before.district_of(row) != 0 ? 1 : 0;
  }
  EXPECT_GT(could, 30);
  EXPECT_NEAR(static_cast<double>(started) / static_cast<double>(could), 0.5, 4 * 0.5 / std::sqrt(static_cast<double>(could) / 3));
  EXPECT_GE(flow(world, Flow::businesses_started), started);
  world = before;
  world.rules.cash[0].first_month = false;
  enter_own_account_work(world, *prepared->setup);
  EXPECT_EQ(flow(world, Flow::businesses_started), 0) << "it is paid once";
}

TEST(Units, OfSubsidiesFairsAndFirmsAreWhatTheMeasuresActOn) {
  auto const prepared = case_with([](Parameters&) {},
                                  "  - {id: subsidy, kind: hiring_subsidy, from: 2026-01, pay_share: 0.1, sizes: [micro]}\n"
                                  "  - {id: fair, kind: job_fair, from: 2026-01, vacancies_per_month: 40000, where: [\"150132\"]}\n"
                                  "  - {id: visits, kind: inspection, from: 2026-01, rate_share_per_month: 0.1}\n"
                                  "  - {id: help, kind: formalisation, from: 2026-01, reach_share_per_month: 0.1, sizes: [small]}\n"
                                  "  - {id: training, kind: fair_recruitment, from: 2026-01, reach_share_per_month: 0.2}\n");
  auto world = world_before_phase(*prepared, 0, "employers", 1);
  std::int64_t staff = 0;
  double firms = 0, informal = 0;
  for (std::size_t e = 0; e < world.employers.size(); ++e) {
    auto const size = size_class_of(world.employers.workers[e]);
    if (size == SizeClass::micro) staff += world.employers.on_books[e];
    firms += 1.0 / world.employers.staff_per_agent[e];
    if (size == SizeClass::small && !is_formal_firm(world, prepared->setup->params, e, on_books_share(prepared->setup->params, world.employers.workers[e], 0))) informal += 1.0 / world.employers.staff_per_agent[e];
  }
  oversee_firms(world, *prepared->setup);
  auto const n = world.measure_units.size();
  // Subsidised workers are counted with their pay (accounts), fairs' vacancies and the firms to be trained with the month's
  // plan: not here again.
  EXPECT_EQ(world.measure_units[n - 5], 0);
  EXPECT_EQ(world.measure_units[n - 4], 0);
  EXPECT_GT(staff, 0);
  EXPECT_NEAR(static_cast<double>(world.measure_units[n - 3]), 100 * firms, 1);
  EXPECT_NEAR(static_cast<double>(world.measure_units[n - 2]), 100 * informal, 1);
  EXPECT_EQ(world.measure_units[n - 1], 0);
  EXPECT_NEAR(world.rules.costs[n - 1].planned_units, 0.2 * firms, 1e-3 * firms);
}

TEST(Participation, KeepsItsPublishedLevelWhateverCareAndNeedsCost) {
  std::array<double, 2> active{};
  for (std::size_t k = 0; k < 2; ++k) {
    auto const prepared = case_with([&](Parameters& p) { p.labour_elder_care_penalty = p.labour_unattended_need_penalty = k == 0 ? 0 : 1.5; }, "", 100);
    World const world = Simulation(prepared->setup, 0, Detail::totals).world();
    active[k] = static_cast<double>(people_who(world, [&](auto r) { return is_active(world.persons.activity[r]); }).size());
  }
  EXPECT_NEAR(active[1] / active[0], 1, 0.005);
}

TEST(Participation, APlaceForTheElderFreesTheWomanWhoCares) {
  auto const prepared = case_with([](Parameters& p) { p.labour_elder_care_penalty = 1.5; });
  World world = Simulation(prepared->setup, 0, Detail::totals).world();
  auto const carers = people_who(world, [&](auto r) { return (hindrances(world, r) & elder_without_place) != 0; });
  ASSERT_GT(carers.size(), 50U);
  std::array<std::size_t, 2> want{};
  for (std::size_t k = 0; k < 2; ++k) {
    for (auto const row : carers) {
      EXPECT_EQ(world.persons.sex(row), Sex::female);
      EXPECT_EQ((hindrances(world, row) & elder_without_place) != 0, k == 0);
      want[k] += wants_to_work(world, prepared->setup->params, row, hindrances(world, row)) ? 1 : 0;
    }
    for (auto& has : world.persons.has) has |= has_elder_place;
  }
  EXPECT_GT(static_cast<double>(want[1]), 1.1 * static_cast<double>(want[0]));
  world.persons.has[carers[0]] = has_protection_need;
  EXPECT_EQ(hindrances(world, carers[0]) & need_unattended, need_unattended);
  world.persons.has[carers[0]] |= has_protection;
  EXPECT_EQ(hindrances(world, carers[0]) & need_unattended, 0U);
}


TEST(Knowledge, OfFirmsHasTheMeanThatIsAskedFor) {
  for (double const mean : {0.3, 0.8, 1.0}) {
    auto const prepared = case_with([&](Parameters& p) { p.employers_know_residence_share = mean; }, "", 400);
    World const world = world_before_phase(*prepared, 0, "policies", 0);
    double sum = 0;
    for (auto const& known : world.employers.knowledge) sum += known[static_cast<std::size_t>(Document::residence)] / 65535.0;
    EXPECT_NEAR(sum / static_cast<double>(world.employers.size()), mean, 0.01) << mean;
  }
}

TEST(Search, CountsThatAreNotWholeLieBetween) {
  auto const hires = [](double seen, double rounds) {
    auto const prepared = case_with([&](Parameters& p) { p.labour_employers_seen_per_month = seen, p.labour_migrant_search_rounds = rounds; }, "", 100);
    World const before = world_before_phase(*prepared, 0, "search_and_match", 0);
    World const after = world_before_phase(*prepared, 0, "own_account_work", 0);
    std::size_t found = 0;
    for (std::size_t row = 0; row < before.persons.size(); ++row) found += before.persons.activity[row] == Activity::unemployed && is_employee(after.persons.activity[row]) ? 1 : 0;
    return static_cast<double>(found);
  };
  double const few = hires(1, 4), half = hires(1.5, 4), two = hires(2, 4);
  EXPECT_GT(half, few + 0.25 * (two - few));
  EXPECT_LT(half, few + 0.75 * (two - few));
  double const once = hires(2, 1), between = hires(2, 1.5), twice = hires(2, 2);
  EXPECT_GT(between, once);
  EXPECT_LT(between, twice);
}

TEST(StartingJobs, PayrollsFillWithTimeInTheCountry) {
  auto const prepared = case_with([](Parameters&) {}, "", 100);
  World const world = world_before_phase(*prepared, 0, "policies", 0);
  std::array<double, 2> employees{}, payroll{};  // here for less than a year, or longer
  for (std::size_t m = 0; m < world.migrants.size(); ++m) {
    auto const row = world.migrants.person[m];
    if (!is_employee(world.persons.activity[row]) || !world.has_right_to_contract(row)) continue;
    std::size_t const k = world.stream.month.index - world.migrants.arrival[m] < 12 ? 0 : 1;
    employees[k] += 1;
    payroll[k] += world.persons.activity[row] == Activity::payroll ? 1 : 0;
  }
  ASSERT_GT(employees[0], 20);
  EXPECT_LT(payroll[0] / employees[0], 0.4 * payroll[1] / employees[1]);
}

}  // namespace
}  // namespace arraigo::tests
