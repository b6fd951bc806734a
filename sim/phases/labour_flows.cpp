/// Separations and participation (ODD 7.1), vacancies (ODD 7.2), own-account work (ODD 7.4), pay (ODD 7.5).
#include <algorithm>
#include <array>
#include <span>

#include "core/prefetch.hpp"
#include "core/row_mask.hpp"
#include "phases/contracts.hpp"
#include "phases/lots.hpp"
#include "phases/phases.hpp"

namespace arraigo {
namespace {

double own_account_soles(World const& world, std::uint32_t row, Setup const& setup) {
  auto const has = world.persons.has[row];
  double gain = (has & has_business_support) != 0 ? 1 + world.pay.business_support_gain : 1;
  if ((has & has_credit) != 0) gain *= 1 + setup.params.services_credit_income_gain;
  return gain * world.pay_soles(row, Segment::own_account, world.districts[world.district_of(row)].zone, world.persons.own_account_sector(row), skill_of(world.persons, row));
}

/// The amount of the experiment that the effect of seed capital comes from (World Development 2024).
constexpr double seed_capital_soles = 760;

/// Over all skills, of one origin.
double sum_of(std::array<std::array<std::int32_t, 2>, skill_count> const& by_skill, std::size_t origin) {
  double sum = 0;
  for (auto const& cell : by_skill) sum += cell[origin];
  return sum;
}

/// What a firm's n* is raised by before the fraction is dropped, 0 to 1.
double rounding_of_posts(std::uint64_t life, std::uint64_t employer) { return unit_of(mix(employer ^ life, 0x706f737473ULL)); }

/// How many times those at the start the posts are that firms want in a zone, on the books and off them.
struct PostsWanted {
  double formal = 1, informal = 1;
};
/// Posts on the books follow hosts, of whom a share stands there; those off them follow all others, migrants included. Were posts
/// on the books to follow everybody alike, an inflow that finds few contracts would lift hosts into them; were they to follow who
/// has one now, no contract that a permit brings could be one that a host goes without.
PostsWanted posts_wanted(ZoneMarket const& zone, double response) {
  constexpr std::size_t host = 0, migrant = 1;
  auto const& on_books = zone.employed_start[static_cast<std::size_t>(Segment::formal)];
  double const hosts_start = sum_of(zone.labour_start, host), hosts = sum_of(zone.labour, host);
  double const formal_start = sum_of(on_books, host) + sum_of(on_books, migrant);
  double const formal = (hosts_start > 0 ? sum_of(on_books, host) / hosts_start : 0) * hosts + sum_of(on_books, migrant);
  double const rest_start = hosts_start + sum_of(zone.labour_start, migrant) - formal_start, rest = hosts + sum_of(zone.labour, migrant) - formal;
  // As in pay, five agents on both sides, so that small zones do not swing.
  auto const follow = [&](double now, double start) { return std::pow(std::max(0.05, (now + 5) / (start + 5)), response); };
  return {follow(formal, formal_start), follow(rest, rest_start)};
}

/// By zone of the firm and sector: how many times what it cost without a measure's minimum wage the staff on the books costs.
/// Empty where no measure moves it. The staff is that of the month: who would have been hired below the floor is missing in it.
std::vector<double> floor_costs(World const& world) {
  auto const& rules = world.rules;
  if (floor_cost(rules, 0) == 0) return {};
  auto const& persons = world.persons;
  struct Cents {
    std::int64_t usual = 0, now = 0;
  };
  std::vector<Cents> cells(world.zones.size() * sector_limit);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row) {
      if (persons.activity[row] != Activity::payroll || persons.gone(row) || persons.inert(row)) continue;
      auto const e = persons.employer[row];
      auto const sector = world.employers.sector[e];
      double const soles = world.pay_soles(static_cast<std::uint32_t>(row), Segment::formal, world.districts[world.district_of(row)].zone, sector, skill_of(persons, row));
      auto& cell = cells[world.districts[world.employers.district[e]].zone * sector_limit + sector];
      add_shared(cell.usual, static_cast<std::int64_t>(std::llround(100 * std::max(soles, rules.minimum_wage_usual_soles))));
      add_shared(cell.now, static_cast<std::int64_t>(std::llround(100 * std::max(soles, rules.minimum_wage_soles))));
    }
  });
  std::vector<double> costs;
  for (auto const& cell : cells) costs.push_back(cell.usual > 0 ? static_cast<double>(cell.now) / static_cast<double>(cell.usual) : 1);
  return costs;
}

/// Lets go of part of the staff that a shock leaves over; `surplus` is that share of each firm's staff.
void dismiss(World& world, Parameters const& p, std::span<float const> surplus) {
  auto& persons = world.persons;
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    DrawBatch<rows_per_block> draws;
    for (std::size_t row = from; row != to; ++row) {
      auto const e = persons.employer[row];
      draws.add(persons.id[row], static_cast<std::uint32_t>(row), e != no_row && surplus[e] > 0 && !persons.gone(row) && !persons.inert(row));
    }
    draws.draw(world.stream, Purpose::dismissal);
    for (std::size_t i = 0; i < draws.size(); ++i) {
      auto const row = draws.tag(i);
      double const share = persons.activity[row] == Activity::payroll ? p.labour_dismissal_formal_share_per_month : p.labour_dismissal_informal_share_per_month;
      if (draws.word(0, i) >= threshold_of(share * static_cast<double>(surplus[persons.employer[row]]))) continue;
      world.count(Flow::separations, world.district_of(row));
      world.note(row, Event::lost_job);
      leave_job(world, row);
    }
  });
}

/// What the month's seed capital adds to the probability of starting on the own account, by household: it is paid once. None
/// where none is paid this month.
std::vector<float> seed_capital_gains(World const& world, Parameters const& p) {
  std::vector<float> gains;
  for (auto const& cash : world.rules.cash) {
    if (cash.purpose != CashPurpose::seed_capital || !cash.first_month || cash.coverage_share <= 0) continue;
    gains.resize(world.households.size(), 0.0F);
    auto const gain = static_cast<float>(p.labour_seed_capital_entry_gain * cash.soles / seed_capital_soles);
    for_blocks(gains.size(), [&](std::size_t from, std::size_t to) {
      for (std::size_t h = from; h != to; ++h)
        if (covered_by(world, cash, h)) gains[h] += gain;
    });
  }
  return gains;
}

}  // namespace

/// 7.1. Each employed person separates with a monthly hazard by contract, each own-account worker closes with one; a twelfth
/// of adults reconsiders a month whether to take part.
/// Reads: activity, wage offers, care, protection needs.  Writes: activity, employer, staff counts.  Draws: word 2 of the lots, tax_number for life (person).
void separate(World& world, Setup const& setup) {
  auto& persons = world.persons;
  auto const& firms = world.employers;
  auto const& p = setup.params;
  auto const cuts = labour_cuts(p);
  for_each_index(world.lots.blocks.size(), [&](std::size_t b) {
    auto const& lots = world.lots.blocks[b].labour;
    // Jobs are left at firms far apart.
    for (auto const& [row, bits] : lots) {
      auto const e = row_or_first(persons.employer[row], bits < cuts.registration_from);
      prefetch(&persons.household[row], &persons.traits[row], &persons.has[row], &persons.wage_cents[row], &persons.birth[row], &persons.work_will[row], &persons.groups[row]);
      prefetch(firms.on_books.data() + e, firms.off_books.data() + e, firms.payroll_cents.data() + e);
    }
    for (auto const& [row, bits] : lots) {
      if (persons.gone(row)) continue;
      auto const activity = persons.activity[row];
      if (bits < cuts.separation_end[static_cast<std::size_t>(activity)]) {
        if (is_employee(activity)) world.count(Flow::separations, world.district_of(row));
        world.note(row, is_employee(activity) ? Event::lost_job : Event::ended_own_account);
        leave_job(world, row);
      } else if (bits >= cuts.registration_from && bits < cuts.reconsider_from) {
        if (activity == Activity::own_account && bits < cuts.formalise_end && world.has_right_to_tax_number(row)) {
          persons.activity[row] = Activity::own_account_formal;
          world.note(row, Event::formalised_own_account);
        } else if (activity == Activity::own_account_formal && bits < cuts.informalise_end) {
          persons.activity[row] = Activity::own_account;
        }
      }
      if ((bits < cuts.reconsider_from || bits >= cuts.reconsider_end) && !enters_participation_band(persons.age_months(row, world.stream.month.index))) continue;
      auto const before = persons.activity[row];
      bool const wants = wants_to_work(world, p, row, hindrances(world, row));
      if (wants && before == Activity::inactive) {
        persons.activity[row] = Activity::unemployed;
        world.note(row, Event::entered_labour_force);
      } else if (!wants && is_active(before)) {
        if (is_employee(before)) world.count(Flow::separations, world.district_of(row));
        leave_job(world, row);
        persons.activity[row] = Activity::inactive;
        world.note(row, Event::left_labour_force);
      }
    }
  });
}

/// 7.2. n* = n0 (f (F/F0)^kappa + (1 - f) (R/R0)^kappa) D/D0 (cost/cost0)^(-eta), with f the share on the books at the firm's
/// size, F the zone's hosts as they worked at the start and its migrants on the books then, R the rest of the labour force, and D
/// what growth and shocks do to demand; a minimum wage that a measure moves counts in the cost of contracts;
/// vacancies = max(0, n* in whole posts - n), by skill as the sector's jobs are. Where a shock lowers demand, firms let go of part of
/// what it leaves over. Reads: staff, demand, offers.  Writes: vacancies, activity, employer, staff counts.
/// Draws: vacancy (employer), dismissal (person).
void open_vacancies(World& world, Setup const& setup) {
  auto& employers = world.employers;
  auto const& p = setup.params;
  std::vector<PostsWanted> posts;  // by zone
  for (auto const& zone : world.zones) posts.push_back(posts_wanted(zone, p.labour_jobs_response));
  OnBooksShares const formal_share(p, world.rules);
  auto const costs_of_floor = floor_costs(world);
  auto const& overhead_of = world.rules.overhead_share;  // micro, small, general regime
  auto const& demand = world.rules.sector_demand;
  auto const life = key_of_life(world.stream);
  // Whatever else a firm has above n* its leavers take care of: it dismisses only what a shock leaves over.
  bool const shrinks = std::any_of(demand.begin(), demand.end(), [](auto const& sectors) { return std::any_of(sectors.begin(), sectors.end(), [](double factor) { return factor < 1; }); });
  std::vector<float> surplus(shrinks ? employers.size() : 0, 0.0F);
  for_blocks(employers.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t e = from; e != to; ++e) {
      auto const d = employers.district[e];
      auto const& zone = world.zones[world.districts[d].zone];
      double const formal = formal_share(employers.workers[e]);
      double const overhead = overhead_change(world, e);
      int const staff = employers.on_books[e] + employers.off_books[e];
      double pay_change = formal * zone.offer_index[0][1][0] + (1 - formal) * zone.offer_index[1][1][0] + (overhead == 0 ? 0 : formal * std::log(std::max(0.3, 1 + overhead)));
      if (!costs_of_floor.empty()) pay_change += formal * std::log(costs_of_floor[world.districts[d].zone * sector_limit + employers.sector[e]]);
      // A firm made formal bears the overhead of contracts that it would not have had.
      if ((employers.flags[e] & Employers::made_formal_bit) != 0 && staff > 0) {
        auto const regime = std::min(static_cast<std::size_t>(size_class_of(employers.workers[e])), overhead_of.size() - 1);
        pay_change += std::max(0.0, static_cast<double>(employers.on_books[e]) / staff - formal) * std::log(std::max(0.3, 1 + overhead_of[regime] + overhead));
      }
      auto const& follow = posts[world.districts[d].zone];
      double const wanted = employers.target[e] * (formal * follow.formal + (1 - formal) * follow.informal) * zone.demand * demand[d][employers.sector[e]] * std::exp(-p.labour_demand_wage_elasticity * pay_change);
      double const leavers = employers.on_books[e] * p.labour_separation_formal_prob_per_month + employers.off_books[e] * p.labour_separation_informal_prob_per_month;
      employers.vacancies[e] = {};
      employers.advertises[e] = 0;
      // Who left this month has left already. Which whole number stands for n* is the firm's own for life: drawn anew each month,
      // a firm would open a post whenever luck rounded up and keep whom it hired when it rounded down.
      double const gap = wanted - staff;
      double const missing = std::floor(wanted + rounding_of_posts(life, employers.id[e])) - staff;
      auto const n = static_cast<std::int64_t>(std::clamp(missing, 0.0, 200.0));
      double const factor = demand[d][employers.sector[e]];
      if (missing < 0 && factor < 1) {
        double const before_shock = factor > 0 ? std::floor(wanted / factor + rounding_of_posts(life, employers.id[e])) : staff;
        double const left_over = std::min<double>(staff, before_shock) - (staff + missing);
        if (left_over > 0) {
          surplus[e] = static_cast<float>(left_over / staff);
          continue;  // it looks for nobody
        }
      }
      bool const thinned = employers.staff_per_agent[e] > 1;
      if (n == 0 && (!thinned || gap + leavers <= -1.0)) continue;
      Draws draws(world.stream, Purpose::vacancy, employers.id[e]);
      auto const& share = setup.country.sectors[employers.sector[e]].skill_share;
      for (std::int64_t k = 0; k < n; ++k) {
        double const u = draws.uniform();
        ++employers.vacancies[e][u < share[0] ? 0 : u < share[0] + share[1] ? 1 : 2];
      }
      if (n > 0) world.count(Flow::vacancies, d, n);
      if (!thinned) continue;
      // A large firm has something to offer nearly always, however few agents stand for its staff: seekers must find it as open
      // at any scale, or a coarse run would send them on to the small firms. What it replaces it offers even when its staff
      // stands less than an agent above what it wants.
      for (std::size_t s = 0; s < skill_count; ++s)
        if (draws.bernoulli(1 - std::exp(-std::max(gap, leavers) * employers.staff_per_agent[e] * share[s]))) employers.advertises[e] |= static_cast<std::uint8_t>(1U << s);
    }
  });
  if (shrinks) dismiss(world, p, surplus);
}

/// 7.4. The unemployed without an accepted offer start on their own account with a monthly probability that falls as such work
/// gets crowded; seed capital adds to it, also for those who were outside the labour force. Reads: activity, offers, cash
/// support.  Writes: activity, income.  Draws: own_account, tax_number for life (person).
void enter_own_account_work(World& world, Setup const& setup) {
  auto& persons = world.persons;
  auto const& p = setup.params;
  std::vector<double> crowding;  // [zone][skill][origin]
  for (auto const& zone : world.zones)
    for (auto const& skill : zone.offer_index[2])
      for (double index : skill) crowding.push_back(std::exp(2 * index));
  auto const gains = seed_capital_gains(world, p);
  bool const seeded = !gains.empty();
  int const adult_before = world.stream.month.index - 18 * 12, old_before = world.stream.month.index - 65 * 12;
  std::uint64_t const formal_migrants = threshold_of(p.labour_own_account_formal_share_migrants), formal_hosts = threshold_of(p.labour_own_account_formal_share_hosts);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    DrawBatch<rows_per_block> draws;
    Activity const* const activity_of = persons.activity.data();
    auto const* const birth_of = persons.birth.data();
    RowMask may_start;
    may_start.set(to - from, [&](std::size_t i) { return activity_of[from + i] == Activity::unemployed; });
    if (seeded)
      may_start.add([&](std::size_t i) { return (activity_of[from + i] == Activity::inactive) & (birth_of[from + i] <= adult_before) & (birth_of[from + i] > old_before); });
    may_start.for_each([&](std::size_t i) { prefetch(&persons.id[from + i], &persons.household[from + i]); });
    may_start.for_each([&](std::size_t i) {
      std::size_t const row = from + i;
      bool const could = activity_of[row] == Activity::unemployed || gains[persons.household[row]] > 0;
      draws.add(persons.id[row], static_cast<std::uint32_t>(row), could & ((persons.traits[row] & (Persons::gone_bit | Persons::inert_bit)) == 0));
    });
    draws.draw(world.stream, Purpose::own_account);
    for (std::size_t k = 0; k < draws.size(); ++k) prefetch(&world.households.district[persons.household[draws.tag(k)]], &persons.has[draws.tag(k)], &persons.groups[draws.tag(k)], &persons.talent[draws.tag(k)]);
    for (std::size_t k = 0; k < draws.size(); ++k) {
      auto const row = draws.tag(k);
      auto const z = world.districts[world.district_of(row)].zone;
      auto const skill = static_cast<std::size_t>(skill_of(persons, row));
      auto const origin = is_foreign(persons.origin(row)) ? 1U : 0U;
      bool const seeks = activity_of[row] == Activity::unemployed;
      double prob = !seeks ? 0 : world.work_at_start[z].own_account_entry[persons.origin(row) == Origin::venezuelan ? 1 : origin == 1U ? 2 : 0] * crowding[(z * skill_count + skill) * 2 + origin];
      if (seeks && origin == 1U && world.stream.month.index - world.migrants.arrival[persons.migrant[row]] < world.groups.newcomer_months) prob += p.labour_newcomer_own_account_prob_per_month;
      if (seeded) prob += static_cast<double>(gains[persons.household[row]]);
      if (draws.word(0, k) >= threshold_of(prob)) {
        if (seeks) world.note(row, Event::searched_in_vain);
        continue;
      }
      bool const formal = draws.word(1, k) < (origin == 1U ? formal_migrants : formal_hosts) && world.has_right_to_tax_number(row);
      persons.activity[row] = formal ? Activity::own_account_formal : Activity::own_account;
      persons.wage_cents[row] = static_cast<std::uint32_t>(std::lround(100 * own_account_soles(world, row, setup)));
      world.count(Flow::businesses_started, world.district_of(row));
      world.note(row, Event::started_own_account, formal ? 1 : 0, persons.wage_cents[row]);
    }
  });
}

/// 7.5. Pay offered by zone, segment, skill and origin moves towards
///   dlnW = phi dlnD - dlnL_s/eta - (dlnN_g - dlnL_s)/eps - (dlnN_go - dlnN_g)/sigma
/// (nested CES: labour of a skill, its segments, origins within a segment), a share of the gap each month; own-account income
/// falls with crowding. A twelfth of jobs is repriced a month; the legal minimum binds on the books at once.
/// Reads: activity, start counts.  Writes: offer_index, zone counts, district counts, wages.  Draws: word 3 of the lots (person).
void move_wages(World& world, Setup const& setup) {
  auto& persons = world.persons;
  auto const& p = setup.params;
  take_stock(world, setup);
  double const growth = setup.country.flow("growth", "gdp", "", world.stream.month);
  for (auto& zone : world.zones) {
    // Growth beyond that of the population raises demand per head; the long-run part of it goes into pay, not into jobs.
    zone.demand *= 1 + p.labour_growth_jobs_share * growth / 12;
    double const dln_demand = std::log(std::max(0.05, static_cast<double>(zone.persons) / zone.persons_start));
    // Small zones have few agents in a cell: five are added on both sides, so that noise does not move pay.
    auto const change = [](double now, double before) { return std::log((now + 5) / (before + 5)); };
    auto const all = [](auto const& labour) { return sum_of(labour, 0) + sum_of(labour, 1); };
    double const trend = change(all(zone.labour), all(zone.labour_start));
    for (std::size_t s = 0; s < skill_count; ++s) {
      double const dln_labour = change(zone.labour[s][0] + zone.labour[s][1], zone.labour_start[s][0] + zone.labour_start[s][1]) - trend;
      for (std::size_t g = 0; g < segment_count; ++g) {
        double const both = zone.employed[g][s][0] + zone.employed[g][s][1], both_start = zone.employed_start[g][s][0] + zone.employed_start[g][s][1];
        double const dln_segment = change(both, both_start) - trend;
        for (std::size_t o = 0; o < 2; ++o) {
          double const dln_origin = change(zone.employed[g][s][o], zone.employed_start[g][s][o]) - trend;
          double target = 0;
          if (g < 2)
            target = p.labour_demand_response * (dln_demand - trend) - dln_labour / p.labour_skill_elasticity - (dln_segment - dln_labour) / p.labour_segment_elasticity -
                     (dln_origin - dln_segment) / p.labour_origin_elasticity;
          else
            target = -p.labour_own_account_crowding * dln_segment - (dln_origin - dln_segment) / p.labour_origin_elasticity;
          double const pace = g == 0 ? p.labour_offer_adjustment_formal_share_per_month : p.labour_offer_adjustment_informal_share_per_month;
          zone.offer_index[g][s][o] += pace * (target - zone.offer_index[g][s][o]);
        }
      }
    }
  }

  for (std::size_t z = 0; z < world.zones.size(); ++z) world.zones[z].set_pay(world.pay, world.capital_zone[z] == 0);

  auto const floor_cents = static_cast<std::uint32_t>(std::lround(world.rules.minimum_wage_soles * 100));
  if (world.rules.minimum_wage_soles > world.rules.minimum_wage_before_soles + 0.005)
    for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
      for (std::size_t row = from; row != to; ++row)
        if (persons.activity[row] == Activity::payroll && persons.wage_cents[row] < floor_cents && !persons.gone(row) && !persons.inert(row))
          set_wage(world, static_cast<std::uint32_t>(row), floor_cents);
    });
  auto const cuts = employed_cuts(p);
  for_each_index(world.lots.blocks.size(), [&](std::size_t b) {
    // Whose pay is due is found first, without a branch that chance decides.
    std::array<std::uint32_t, rows_per_block> due;
    std::size_t n = 0;
    for (auto const& [row, bits] : world.lots.blocks[b].employed) {
      due[n] = row;
      n += bits >= cuts.pay_from ? 1 : 0;
    }
    auto const rows = std::span(due).first(n);
    for (auto const row : rows) prefetch(&persons.employer[row], &persons.activity[row], &persons.has[row], &persons.household[row], &persons.talent[row], &persons.wage_cents[row], &persons.groups[row]);
    for (auto const row : rows) {
      auto const e = row_or_first(persons.employer[row]);
      prefetch(world.employers.sector.data() + e, world.employers.payroll_cents.data() + e);
    }
    for (auto const row : rows) {
      auto const activity = persons.activity[row];
      if (!is_employed(activity) || persons.gone(row)) continue;
      double soles = 0;
      if (is_employee(activity)) {
        soles = world.pay_soles(row, segment_of(activity), world.districts[world.district_of(row)].zone, world.employers.sector[persons.employer[row]], skill_of(persons, row));
        if (activity == Activity::payroll) soles = std::max(soles, world.rules.minimum_wage_soles);
        if ((persons.has[row] & is_exploited) != 0) soles *= 1 - p.labour_underpayment_share;
      } else {
        soles = own_account_soles(world, row, setup);
      }
      set_wage(world, row, static_cast<std::uint32_t>(std::lround(soles * 100)));
    }
  });
}

}  // namespace arraigo
