#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <tuple>

#include "core/errors.hpp"
#include "core/parallel.hpp"
#include "init/build_steps.hpp"
#include "init/setup.hpp"
#include "world/jobs.hpp"

namespace arraigo {
namespace {

constexpr std::array<char const*, 3> groups{"host", "venezuelan", "other_foreign"};
constexpr std::array<char const*, 5> bands{"14-17", "18-24", "25-44", "45-64", "65+"};

std::size_t group_of(Origin origin) { return origin == Origin::venezuelan ? 1 : origin == Origin::other_foreign ? 2 : 0; }

struct FirmClass {
  double low, high;  ///< workers
};
constexpr std::array<FirmClass, firm_class_count> firm_classes{{{1, 4}, {5, 10}, {11, 50}, {51, 200}, {201, 4000}}};

/// Above this a firm is kept at any scale with its staff thinned (assumption, ODD section B).
constexpr std::uint32_t most_workers_sampled_whole = 1000;
/// So is one above this share of the jobs of its sector in the zone, since what a drawn firm has too much smaller ones must be
/// able to make good; but none of the quota's micro and small classes (assumptions, ODD section B).
constexpr double most_of_a_sector = 0.1;
constexpr double least_workers_thinned = 50;

/// Workers of a firm of the class: log-uniform inside the closed classes, Pareto with exponent 1.06 above 200 (the tail of
/// firm sizes: Axtell 2001, Science 293, "Zipf distribution of U.S. firm sizes"; assumption for Peru), cut at 4,000.
std::uint32_t draw_workers(std::size_t firm_class, double u) {
  auto const& c = firm_classes[firm_class];
  if (firm_class + 1 < firm_class_count) return static_cast<std::uint32_t>(c.low * std::pow((c.high + 0.999) / c.low, u));
  double const tail = 1.06, cut = 1 - std::pow(c.low / c.high, tail);
  return static_cast<std::uint32_t>(c.low * std::pow(1 - u * cut, -1 / tail));
}

std::size_t class_of(std::uint32_t workers) {
  std::size_t c = 0;
  while (c + 1 < firm_class_count && workers > firm_classes[c].high) ++c;
  return c;
}

}  // namespace

void build_activity(World& world, Setup const& setup) {
  auto& persons = world.persons;
  auto const start = setup.scenario.start;
  auto const& country = setup.country;

  // Zones with rows of their own in the tables are parts of the country by themselves; all others are the first part.
  auto const& zone_names = setup.geography->zone_names();
  std::vector<std::string> part_names(1);
  std::vector<std::size_t> part_of(zone_names.size(), 0);
  for (std::size_t z = 0; z < zone_names.size(); ++z) {
    if (std::all_of(work_margins.begin(), work_margins.end(), [&](char const* margin) { return country.margins_of_zone(zone_names[z], margin, "host", start).empty(); })) continue;
    part_of[z] = part_names.size();
    part_names.push_back(zone_names[z]);
  }
  std::size_t const parts = part_names.size();
  bool const whole_country = setup.area.size() == country.districts.rows().size();
  /// A margin by part, whose sizes are `people`.
  auto const margin_by_part = [&](char const* margin, std::size_t g, char const* key1, char const* key2, std::vector<double> const& people) {
    double const nation = country.margin_value(margin, groups[g], key1, start, key2);
    std::vector<double> values(parts, nation);
    double rest = nation * std::accumulate(people.begin(), people.end(), 0.0);
    bool has_own = false;
    for (std::size_t k = 1; k < parts; ++k) {
      for (auto const* row : country.margins_of_zone(part_names[k], margin, groups[g], start))
        if (row->key1 == key1 && row->key2 == key2) {
          values[k] = row->value;
          has_own = true;
        }
      rest -= values[k] * people[k];
    }
    // What is left of the nation's is the others'.
    if (has_own && whole_country && people[0] > 0) values[0] = std::clamp(rest / people[0], 0.0, 1.0);
    return values;
  };

  // Log-odds of being active per cell, such that with what care and unattended needs cost the cell's mean is the published
  // participation.
  using Heads = std::array<std::array<std::array<std::atomic<std::int64_t>, hindrance_sets>, 5>, 6>;
  std::vector<Heads> heads(parts);
  std::vector<std::uint8_t> hindered(persons.size(), 0);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row) {
      int const age = persons.age_months(row, start.index) / 12;
      if (age < 14 || persons.inert(row)) continue;
      hindered[row] = static_cast<std::uint8_t>(hindrances(world, row));
      auto const part = part_of[setup.geography->zone_of(world.district_of(row))];
      heads[part][participation_class(persons, row)][participation_age_band(age)][hindered[row]].fetch_add(1, std::memory_order_relaxed);
    }
  });
  std::vector<World::WorkAtStart> work(parts);
  std::vector<std::array<double, 3>> active(parts);  // expected, by origin
  for (std::size_t g = 0; g < 3; ++g)
    for (std::size_t sex = 0; sex < 2; ++sex)
      for (std::size_t b = 0; b < 5; ++b) {
        std::vector<double> all(parts, 0.0);
        for (std::size_t k = 0; k < parts; ++k)
          for (auto const& n : heads[k][g * 2 + sex][b]) all[k] += static_cast<double>(n.load());
        auto const targets = margin_by_part("participation", g, bands[b], sex_names[sex].name, all);
        double const penalty = setup.params.labour_unmet_care_penalty;
        for (std::size_t part = 0; part < parts; ++part) {
          std::array<double, hindrance_sets> people{}, cost{};
          for (unsigned k = 0; k < hindrance_sets; ++k) {
            people[k] = static_cast<double>(heads[part][g * 2 + sex][b][k].load());
            cost[k] = hindrance_penalty(setup.params, k) + ((k & child_without_place) != 0 ? penalty : 0);
          }
          double low = -12, high = 12;
          for (int i = 0; i < 60; ++i) {
            double const mid = (low + high) / 2;
            double mean = all[part] == 0 ? 1 / (1 + std::exp(-mid)) : 0;
            for (unsigned k = 0; k < hindrance_sets; ++k)
              if (people[k] > 0) mean += people[k] / all[part] / (1 + std::exp(-(mid - cost[k])));
            (mean < targets[part] ? low : high) = mid;
          }
          work[part].participation_logit[g * 2 + sex][b] = {low, low - penalty};
          active[part][g] += targets[part] * all[part];
        }
      }

  std::array<std::vector<double>, 3> unemployment, own_account;
  for (std::size_t g = 0; g < 3; ++g) {
    std::vector<double> people(parts);
    for (std::size_t k = 0; k < parts; ++k) people[k] = active[k][g];
    unemployment[g] = margin_by_part("unemployment", g, "all", "", people);
    for (std::size_t k = 0; k < parts; ++k) people[k] *= 1 - unemployment[g][k];
    own_account[g] = margin_by_part("own_account", g, "all", "", people);
    // Entry to own-account work balances what leaves it at the start: closures and moves to jobs, over the unemployed.
    for (std::size_t k = 0; k < parts; ++k)
      work[k].own_account_entry[g] = std::min(0.9, setup.params.labour_own_account_entry_factor * (setup.params.labour_own_account_exit_prob_per_month + setup.params.labour_own_account_to_job_prob_per_month) *
                                                       own_account[g][k] * (1 - unemployment[g][k]) / std::max(0.005, unemployment[g][k]));
  }
  world.work_at_start.clear();
  for (auto const part : part_of) world.work_at_start.push_back(work[part]);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row) {
      int const age = persons.age_months(row, start.index) / 12;
      if (age < 14 || persons.inert(row)) continue;
      auto const group = group_of(persons.origin(row));
      Draws draws(for_life(world.stream), Purpose::first_job, persons.id[row]);
      double const u_work = draws.uniform(), u_kind = draws.uniform(), u_formal = draws.uniform();
      if (!wants_to_work(world, setup.params, row, hindered[row])) continue;
      auto const part = part_of[setup.geography->zone_of(world.district_of(row))];
      if (u_work < unemployment[group][part]) {
        persons.activity[row] = Activity::unemployed;
      } else if (u_kind < own_account[group][part]) {
        bool const formal = world.has_right_to_tax_number(row) && u_formal < (group == 0 ? setup.params.labour_own_account_formal_share_hosts : setup.params.labour_own_account_formal_share_migrants);
        persons.activity[row] = formal ? Activity::own_account_formal : Activity::own_account;
      } else {
        persons.activity[row] = Activity::off_books;  // an employee; the firm and the contract come in build_jobs
      }
    }
  });
}

std::vector<std::vector<double>> jobs_wanted(World const& world, Setup const& setup) {
  auto const& country = setup.country;
  auto const districts = country.districts.rows();
  std::size_t const n = setup.area.size(), zones = setup.geography->zone_count(), sectors = country.sectors.size();
  std::vector<double> employees(zones, 0.0);
  for (std::size_t row = 0; row < world.persons.size(); ++row)
    if (is_employee(world.persons.activity[row])) employees[setup.geography->zone_of(world.district_of(row))] += 1;

  // Jobs of a zone spread over its districts by residents and by where work concentrates.
  std::vector<double> weight(n), zone_weight(zones, 0.0), zone_farms(zones, 0.0);
  std::vector<std::uint8_t> urban(n);
  auto const farm_factor = [&](std::size_t d) { return urban[d] != 0 ? setup.params.labour_agriculture_urban_factor : setup.params.labour_agriculture_rural_factor; };
  for (std::size_t d = 0; d < n; ++d) {
    auto const row = setup.area[d];
    auto const factor = country.jobs_per_resident_factor.find(row);
    weight[d] = (setup.hosts[row] + setup.venezuelans[row]) * (factor == country.jobs_per_resident_factor.end() ? 1.0 : factor->second);
    urban[d] = districts[row].area_km2 > 0 && districts[row].population_2023 / districts[row].area_km2 > 1000;
    zone_weight[setup.geography->zone_of(d)] += weight[d];
    zone_farms[setup.geography->zone_of(d)] += weight[d] * farm_factor(d);
  }

  // The firms' mix of sectors is the nation's; a zone with a published mix of its own has that one. Where the run holds the
  // whole country, the other zones have what is left of the nation's.
  std::vector<double> nation(sectors, 0.0), others(sectors, 0.0), own_employees(sectors, 0.0);
  for (auto const& cell : country.firms) nation[cell.sector] += cell.employees_share;
  std::vector<std::vector<double>> mix_of_zone(zones);
  double all_employees = 0, employees_elsewhere = 0;
  for (std::size_t z = 0; z < zones; ++z) {
    auto const own = country.margins_of_zone(setup.geography->zone_names()[z], "employee_sector", "host", setup.scenario.start);
    all_employees += employees[z];
    if (own.empty()) {
      employees_elsewhere += employees[z];
      continue;
    }
    mix_of_zone[z].assign(sectors, 0.0);
    for (auto const* row : own)
      for (std::size_t k = 0; k < sectors; ++k)
        if (country.sectors[k].name == row->key1) mix_of_zone[z][k] = row->value;
    for (std::size_t k = 0; k < sectors; ++k) own_employees[k] += mix_of_zone[z][k] * employees[z];
  }
  bool const whole_country = n == districts.size() && employees_elsewhere > 0;
  for (std::size_t k = 0; k < sectors; ++k)
    others[k] = whole_country ? std::max(0.0, nation[k] * all_employees - own_employees[k]) / employees_elsewhere : nation[k];

  std::vector<std::vector<double>> jobs(country.firms.size(), std::vector<double>(n, 0.0));
  std::vector<double> whole(zones, 0.0);
  for (std::size_t c = 0; c < jobs.size(); ++c) {
    auto const& cell = country.firms[c];
    bool const farms = country.sectors[cell.sector].name == "agriculture";
    for (std::size_t d = 0; d < n; ++d) {
      auto const z = setup.geography->zone_of(d);
      if (zone_weight[z] <= 0) continue;
      bool const own = !mix_of_zone[z].empty();
      double share = cell.employees_share * (own ? mix_of_zone[z] : others)[cell.sector] / std::max(1e-9, nation[cell.sector]) * weight[d] / zone_weight[z];
      // Farm jobs stand where density is low; a zone's own mix already says how many it has.
      if (farms) share *= farm_factor(d) / (own ? std::max(1e-9, zone_farms[z] / zone_weight[z]) : 1.0);
      jobs[c][d] = share;
      whole[z] += share;
    }
  }
  double const vacancy_room = 1 + setup.params.labour_open_jobs_share;
  for (auto& row : jobs)
    for (std::size_t d = 0; d < n; ++d) {
      auto const z = setup.geography->zone_of(d);
      if (whole[z] > 0) row[d] *= employees[z] * vacancy_room / whole[z];
    }
  return jobs;
}

void build_firms(World& world, Setup const& setup) {
  auto const& country = setup.country;
  auto const districts = country.districts.rows();
  auto& employers = world.employers;
  std::size_t const n = setup.area.size(), zones = setup.geography->zone_count();
  auto const wanted = jobs_wanted(world, setup);

  struct Firm {
    std::uint64_t id;
    std::uint32_t workers;
    std::uint16_t district, per_agent, target;
    std::uint8_t sector;
  };
  std::vector<std::vector<Firm>> by_zone(zones);
  // From the largest class to the smallest, so that what whole firms make too many or too few jobs is settled by small ones.
  std::vector<std::size_t> cells(country.firms.size());
  std::iota(cells.begin(), cells.end(), std::size_t{0});
  std::vector<double> smallest(country.sectors.size(), 0.0);
  for (auto const& cell : country.firms)
    if (cell.firm_class == 0) smallest[cell.sector] += cell.employees_share;
  // Sectors with many of the smallest firms come last: they make good what others have too much.
  auto const rank = [&](std::size_t c) { return std::tuple(smallest[country.firms[c].sector], country.firms[c].sector, -country.firms[c].firm_class); };
  std::sort(cells.begin(), cells.end(), [&](auto x, auto y) { return rank(x) < rank(y); });
  std::vector<std::vector<std::uint32_t>> districts_of(zones);
  for (std::size_t d = 0; d < n; ++d) districts_of[setup.geography->zone_of(d)].push_back(static_cast<std::uint32_t>(d));
  for_each_index(zones, [&](std::size_t z) {
    double carry = 0, rest = 0, most_whole = 0;
    std::vector<double> until(districts_of[z].size());
    for (std::size_t c = 0; c < cells.size(); ++c) {
      auto const& cell = country.firms[cells[c]];
      if (c == 0 || country.firms[cells[c - 1]].sector != cell.sector) {
        rest = carry;
        carry = 0;
        double of_sector = 0;
        for (std::size_t k = c; k < cells.size() && country.firms[cells[k]].sector == cell.sector; ++k)
          for (auto const d : districts_of[z]) of_sector += wanted[cells[k]][d];
        most_whole = std::clamp(most_of_a_sector * of_sector, least_workers_thinned, static_cast<double>(most_workers_sampled_whole));
      }
      // What a sector's smallest class could not make good is made good by the next sector's.
      if (c + 1 == cells.size() || country.firms[cells[c + 1]].sector != cell.sector) carry += rest;
      // The zone's jobs of the cell on a line, district after district; firms stand on it end to end.
      double jobs = 0;
      for (std::size_t i = 0; i < until.size(); ++i) {
        jobs += wanted[cells[c]][districts_of[z][i]];
        until[i] = jobs;
      }
      double const stretch = jobs > 0 ? std::max(0.0, jobs + carry) / jobs : 0;
      double const end = jobs * stretch;
      // A drawn firm that is sampled whole stands for as many firms as an agent for people, a thinned one for itself: where a class
      // holds both, that many of the former must be passed over, or they would take the jobs of the latter.
      bool const mixed = firm_classes[cell.firm_class].high > most_whole && world.people_per_agent > 1;
      double at = 0;
      std::size_t i = 0;
      for (std::uint64_t k = 0; at < end; ++k) {
        std::size_t const before = i;
        while (i + 1 < until.size() && until[i] * stretch <= at) ++i;
        if (i != before) k = 0;  // a firm's identity is its number in its district
        auto const d = districts_of[z][i];
        std::uint64_t const ubigeo = std::stoull(districts[setup.area[d]].ubigeo);
        std::uint64_t const id = mix(mix(ubigeo, cell.sector, cell.firm_class), k, 0x6669726dULL);
        Draws draws(for_life(world.stream), Purpose::firm_traits, id, 2);
        Firm firm{id, draw_workers(cell.firm_class, draws.uniform()), static_cast<std::uint16_t>(d), 1, 0, cell.sector};
        // The largest keep their place at any scale, or one that is drawn would be a zone's labour market; all others are
        // sampled whole, since few agents match unlike many.
        bool const thinned = firm.workers > most_whole && world.people_per_agent > 1;
        double const agents = thinned ? firm.workers / world.people_per_agent : firm.workers;
        firm.per_agent = static_cast<std::uint16_t>(thinned ? std::lround(world.people_per_agent) : 1);
        firm.target = static_cast<std::uint16_t>(std::min<std::int64_t>(65000, keyed_round(agents, draws.bits())));
        if (mixed && !thinned && draws.uniform() * world.people_per_agent >= 1) continue;
        // The last one reaches beyond the end: it stands with the probability that makes the expected number of jobs right.
        if (at + agents > end && draws.uniform() * agents >= end - at) break;
        at += agents;
        if (firm.target > 0) by_zone[z].push_back(firm);
      }
      carry = jobs + carry - at;
    }
  });
  std::vector<Firm> all;
  for (auto& part : by_zone) {
    all.insert(all.end(), part.begin(), part.end());
    part = {};
  }
  std::sort(all.begin(), all.end(), [](Firm const& a, Firm const& b) { return std::pair(a.district, a.id) < std::pair(b.district, b.id); });
  employers.for_columns([&](auto& column) { column.resize(all.size()); });
  auto const& p = setup.params;
  for_blocks(all.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t e = from; e != to; ++e) {
      employers.id[e] = all[e].id;
      employers.workers[e] = all[e].workers;
      employers.district[e] = all[e].district;
      employers.staff_per_agent[e] = all[e].per_agent;
      employers.target[e] = all[e].target;
      employers.advertises[e] = 0;
      employers.sector[e] = all[e].sector;
      // Firms differ in what they know: an even spread around the mean of each document, as wide as leaves the mean as it is.
      Draws draws(for_life(world.stream), Purpose::employer_knowledge, all[e].id);
      std::array<double, document_count> const mean{p.employers_know_asylum_card_share, p.employers_know_humanitarian_share, p.employers_know_temporary_share, p.employers_know_residence_share};
      for (std::size_t k = 0; k < document_count; ++k)
        employers.knowledge[e][k] = static_cast<std::uint16_t>(65535 * std::clamp(mean[k] + std::min(mean[k] / 2, 1 - mean[k]) * (2 * draws.uniform() - 1), 0.0, 1.0));
      Draws nature(for_life(world.stream), Purpose::nature, all[e].id);
      employers.formal_draw[e] = static_cast<std::uint16_t>(nature.bits() >> 16);
      employers.heed_draw[e] = static_cast<std::uint16_t>(nature.bits() >> 16);
      employers.distaste[e] = static_cast<float>(nature.normal());
      employers.flags[e] = 0;
    }
  });
  world.jobs.build(*setup.geography, employers, p.labour_commuting_minutes_scale);
}

void build_jobs(World& world, Setup const& setup) {
  auto& persons = world.persons;
  auto& employers = world.employers;
  auto const& country = setup.country;
  auto const& p = setup.params;
  auto const start = setup.scenario.start;

  // How much likelier a foreigner is to be in a firm of each sector and size than a host.
  std::array<std::array<double, firm_class_count>, 3> class_ratio{};
  std::array<std::array<double, sector_limit>, 3> sector_ratio{};
  constexpr std::array<char const*, firm_class_count> class_names{"1-4", "5-10", "11-50", "51-200", "201+"};
  for (std::size_t g = 0; g < 3; ++g) {
    double top = 0;
    for (std::size_t c = 0; c < firm_class_count; ++c) {
      class_ratio[g][c] = country.margin_value("employee_size", groups[g], class_names[c], start) / std::max(1e-9, country.margin_value("employee_size", "host", class_names[c], start));
      top = std::max(top, class_ratio[g][c]);
    }
    for (auto& r : class_ratio[g]) r /= top;
    top = 0;
    for (std::size_t s = 0; s < country.sectors.size(); ++s) {
      sector_ratio[g][s] = country.margin_value("employee_sector", groups[g], country.sectors[s].name, start) / std::max(1e-9, country.margin_value("employee_sector", "host", country.sectors[s].name, start));
      top = std::max(top, sector_ratio[g][s]);
    }
    for (auto& r : sector_ratio[g]) r /= top;
  }
  std::array<double, skill_count> skill_top{};
  for (auto const& sector : country.sectors)
    for (std::size_t k = 0; k < skill_count; ++k) skill_top[k] = std::max(skill_top[k], sector.skill_share[k]);

  // Employees take places in firms drawn from the directory; foreigners first, since few firms are like theirs. The order is
  // a fixed stride over rows, so that no district is served first. People work in the zone where they live: zones do not touch each other.
  std::vector<std::uint16_t> free(employers.target.begin(), employers.target.end());
  std::size_t const rows = persons.size(), zones = setup.geography->zone_count();
  using OfZone = std::vector<std::vector<std::uint32_t>>;
  OfZone foreigners(zones), hosts(zones), firms(zones);
  auto const zone_of_person = [&](std::size_t row) { return setup.geography->zone_of(world.district_of(row)); };
  std::size_t stride = 7919;
  while (rows > 0 && std::gcd(stride, rows) != 1) ++stride;
  {
    enum Kind : std::uint8_t { no_employee, foreigner, host };
    std::vector<std::uint8_t> kind(rows);  // in rows' order first: one byte each stays in the cache for the stride
    for_blocks(rows, [&](std::size_t from, std::size_t to) {
      for (std::size_t row = from; row != to; ++row) kind[row] = !is_employee(persons.activity[row]) ? no_employee : is_foreign(persons.origin(row)) ? foreigner : host;
    });
    for (std::size_t i = 0, row = 0; i < rows; ++i, row = row + stride < rows ? row + stride : (row + stride) % rows)
      if (kind[row] != no_employee) (kind[row] == foreigner ? foreigners : hosts)[zone_of_person(row)].push_back(static_cast<std::uint32_t>(row));
  }
  for (std::uint32_t e = 0; e < employers.size(); ++e) firms[setup.geography->zone_of(employers.district[e])].push_back(e);
  for_each_index(zones, [&](std::size_t z) {
    std::vector<std::uint32_t> unplaced;
    for (auto const* seekers : {&foreigners[z], &hosts[z]})
      for (auto const row : *seekers) {
        auto const g = group_of(persons.origin(row));
        auto const skill = static_cast<std::size_t>(skill_of(persons, row));
        auto const home = world.district_of(row);
        Draws draws(for_life(world.stream), Purpose::first_job, persons.id[row], 7);
        std::uint32_t chosen = no_row;
        int const tries = g == 0 ? 12 : 60;
        for (int t = 0; t < tries && chosen == no_row; ++t) {
          std::uint32_t const place = draws.bits(), firm = draws.bits();
          auto const e = world.jobs.draw(home, place, firm);
          if (e == no_row) break;
          if (free[e] == 0) continue;
          double const fit = country.sectors[employers.sector[e]].skill_share[skill] / skill_top[skill];
          double accept = g == 0 ? 0.25 + 0.75 * fit : class_ratio[g][class_of(employers.workers[e])] * sector_ratio[g][employers.sector[e]];
          if (t + 1 == tries) accept = 1;
          if (draws.bernoulli(accept)) chosen = e;
        }
        if (chosen == no_row) {
          unplaced.push_back(row);
          continue;
        }
        --free[chosen];
        persons.employer[row] = chosen;
      }
    // Whoever found only full firms takes the next free place in the zone.
    std::vector<std::uint32_t> open;
    for (auto const e : firms[z]) open.insert(open.end(), free[e], e);
    std::size_t next = 0, step = 7919;
    while (!open.empty() && std::gcd(step, open.size()) != 1) ++step;
    for (auto const row : unplaced) {
      if (next < open.size()) {
        persons.employer[row] = open[next++ * step % open.size()];
      } else {
        persons.activity[row] = Activity::own_account;  // the zone has no firm for them
      }
    }
  });
  foreigners = hosts = firms = {};

  // Contracts. Hosts: by the firm's kind. Foreigners: of those with the right to one, in formal firms, as many as the published
  // share says or as the quota leaves room for where the firm heeds it.
  std::array<double, 3> payroll{}, receipts{};
  for (std::size_t g = 0; g < 3; ++g) {
    payroll[g] = country.margin_value("payroll", groups[g], "all", start);
    receipts[g] = country.margin_value("service_contract", groups[g], "all", start);
  }
  std::vector<std::uint8_t> formal(employers.size()), heeds(employers.size());
  for_blocks(employers.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t e = from; e != to; ++e) {
      formal[e] = is_formal_firm(world, p, e, on_books_share(p, employers.workers[e], 0));
      heeds[e] = heeds_quota(world, e);
    }
  });
  std::array<std::int64_t, 3> employed{};
  std::vector<std::uint32_t> hosts_on_books(employers.size(), 0), foreign_taken(employers.size(), 0);
  // Hosts first: the quota counts foreigners against them.
  struct Candidate {
    double u;
    std::uint32_t row;
    bool is_new;   ///< came within the year
    bool is_late;  ///< and would not have found a contract yet
  };
  using Candidates = std::array<std::vector<Candidate>, 3>;
  std::vector<Candidates> candidates_of((rows + rows_per_block - 1) / rows_per_block);
  for_blocks(rows, [&](std::size_t from, std::size_t to) {
    std::array<std::int64_t, 3> here{};
    for (std::size_t row = from; row != to; ++row) {
      auto const e = persons.employer[row];
      if (e == no_row) continue;
      auto const g = group_of(persons.origin(row));
      ++here[g];
      Draws draws(for_life(world.stream), Purpose::first_job, persons.id[row], 8);
      double const u_payroll = draws.uniform();
      Activity kind = Activity::off_books;
      if (g == 0) {
        if (u_payroll < (formal[e] != 0 ? p.labour_on_books_share_in_formal_firms : p.labour_on_books_share_in_informal_firms)) {
          kind = Activity::payroll;
          add_shared(hosts_on_books[e], 1U);
        }
      } else {
        // Contracts take time to find: in the first year the share on a payroll is what jobs that are won and lost at fixed rates have
        // reached by then, 1 - exp(-t x rate of ending), of what it comes to be.
        if (formal[e] != 0 && world.has_right_to_contract(row)) {
          int const here_for = world.stream.month.index - world.migrants.arrival[persons.migrant[row]];
          bool const is_new = here_for < 12;
          bool const is_late = is_new && draws.uniform() >= -std::expm1(-p.labour_separation_formal_prob_per_month * std::max(0, here_for));
          candidates_of[from / rows_per_block][g].push_back({u_payroll, static_cast<std::uint32_t>(row), is_new, is_late});
        }
      }
      persons.activity[row] = kind;
    }
    for (std::size_t g = 0; g < 3; ++g) add_shared(employed[g], here[g]);
  });
  Candidates candidates;
  for (auto const& part : candidates_of)
    for (std::size_t g = 1; g < 3; ++g) candidates[g].insert(candidates[g].end(), part[g].begin(), part[g].end());
  for (std::size_t g = 1; g < 3; ++g) {
    // Where most have come within the year the published share is theirs already.
    auto const newcomers = std::count_if(candidates[g].begin(), candidates[g].end(), [](Candidate const& one) { return one.is_new; });
    if (2 * newcomers < static_cast<std::ptrdiff_t>(candidates[g].size())) std::erase_if(candidates[g], [](Candidate const& one) { return one.is_late; });
    std::sort(candidates[g].begin(), candidates[g].end(), [&](auto const& x, auto const& y) { return std::pair(x.u, persons.id[x.row]) < std::pair(y.u, persons.id[y.row]); });
    double left = payroll[g] * static_cast<double>(employed[g]);
    for (auto const& [u, row, is_new, is_late] : candidates[g]) {
      if (left < 0.5) break;
      auto const e = persons.employer[row];
      bool const counted = counts_under_quota(persons, row);
      if (counted && heeds[e] != 0 &&
          !quota_has_room(world.rules, size_class_of(employers.workers[e]), employers.staff_per_agent[e], quota_rounding(world, e), hosts_on_books[e] + foreign_taken[e], foreign_taken[e], 1000, 0, 0))
        continue;
      persons.activity[row] = Activity::payroll;
      ++(counted ? foreign_taken : hosts_on_books)[e];
      left -= 1;
    }
  }

  // Receipts: of those off the payrolls who may have a tax number, as many as make the published share of all employees.
  std::array<std::int64_t, 3> may_bill{};
  auto const bills = [&](std::size_t row) { return persons.activity[row] == Activity::off_books && world.has_right_to_tax_number(row); };
  for_blocks(rows, [&](std::size_t from, std::size_t to) {
    std::array<std::int64_t, 3> here{};
    for (std::size_t row = from; row != to; ++row)
      if (bills(row)) ++here[group_of(persons.origin(row))];
    for (std::size_t g = 0; g < 3; ++g) add_shared(may_bill[g], here[g]);
  });
  for_blocks(rows, [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row) {
      if (!bills(row)) continue;
      auto const g = group_of(persons.origin(row));
      Draws draws(for_life(world.stream), Purpose::first_job, persons.id[row], 9);
      if (draws.uniform() * static_cast<double>(may_bill[g]) < receipts[g] * static_cast<double>(employed[g])) persons.activity[row] = Activity::service_contract;
    }
  });

  // Off-books jobs that are abusive: as many as among hires, since they end as often.
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row)
      if (persons.activity[row] == Activity::off_books && Draws(for_life(world.stream), Purpose::exploitation, persons.id[row]).bernoulli(abusive_hire_share(world, p, row)))
        persons.has[row] |= is_exploited;
  });

  // Pay levels: what makes hosts' mean pay in each segment the published one, what abusive jobs keep back included.
  auto& pay = world.pay;
  for (std::size_t k = 0; k < education_count; ++k) pay.education[k] = country.rule("education_premium", education_names[k].name, start);
  pay.unrecognised_share = p.labour_unrecognised_degree_premium_share;
  pay.woman = country.rule("wage_gap_sex", "national", start);
  pay.migrant = {1, 1};
  for (std::size_t k = 0; k < country.sectors.size(); ++k) pay.sector[k] = country.sectors[k].wage_factor;
  pay.personal_sd = p.labour_personal_pay_sd;
  pay.business_support_gain = p.services_business_support_income_gain;
  pay.tabulate();
  double const floor_soles = world.rules.minimum_wage_soles;
  auto const rest_of = [&](std::size_t row) { return world.capital_zone[setup.geography->zone_of(world.district_of(row))] == 0; };
  auto const sector_of = [&](std::size_t row) -> std::uint8_t {
    auto const e = persons.employer[row];
    if (e != no_row) return employers.sector[e];
    return static_cast<std::uint8_t>(persons.id[row] % country.sectors.size());
  };
  constexpr std::array<char const*, 3> segment_names{"formal", "informal", "own_account"};
  std::vector<float> relative(persons.size(), 0.0F);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row)
      if (is_employed(persons.activity[row]))
        relative[row] = static_cast<float>(pay.relative(persons, row, sector_of(row), rest_of(row)) * ((persons.has[row] & is_exploited) != 0 ? 1 - p.labour_underpayment_share : 1));
  });
  for_each_index(2 * segment_count, [&](std::size_t k) {
    std::size_t const s = k / 2, rest = k % 2;
    double const target = setup.real(country.rule("mean_wage", std::string(rest == 0 ? "lima_" : "rest_") + segment_names[s], start), start);
    double low = target / 20, high = target * 20;
    // The floor on formal pay bends the mean, so the level is solved for; sums run over rows in their order.
    std::vector<float> values;
    for (std::size_t row = 0; row < persons.size(); ++row)
      if (is_employed(persons.activity[row]) && !is_foreign(persons.origin(row)) && static_cast<std::size_t>(segment_of(persons.activity[row])) == s && rest_of(row) == (rest == 1))
        values.push_back(relative[row]);
    for (int i = 0; i < 30 && !values.empty(); ++i) {
      double const mid = std::sqrt(low * high);
      double sum = 0;
      for (double r : values) sum += s == 0 ? std::max(floor_soles, mid * r) : mid * r;
      (sum / static_cast<double>(values.size()) < target ? low : high) = mid;
    }
    pay.level[s][rest] = values.empty() ? target : std::sqrt(low * high);
  });
  // The published gap is that of mean pay, of which schooling, unrecognised degrees and informality are part: the rest of it
  // is what being Venezuelan costs like for like.
  auto const soles_of = [&](std::size_t row) {
    auto const activity = persons.activity[row];
    double const soles = pay.level[static_cast<std::size_t>(segment_of(activity))][rest_of(row) ? 1 : 0] * static_cast<double>(relative[row]);
    return activity == Activity::payroll ? std::max(soles, floor_soles) : soles;
  };
  std::array<double, 2> host_sum{}, host_n{}, other_sum{}, other_n{};
  for (std::size_t row = 0; row < persons.size(); ++row) {
    if (!is_employed(persons.activity[row])) continue;
    std::size_t const rest = rest_of(row) ? 1 : 0;
    bool const venezuelan = persons.origin(row) == Origin::venezuelan;
    (venezuelan ? other_sum : host_sum)[rest] += soles_of(row);
    (venezuelan ? other_n : host_n)[rest] += 1;
  }
  for (std::size_t rest = 0; rest < 2; ++rest)
    if (host_n[rest] > 0 && other_n[rest] > 0)
      pay.migrant[rest] = country.rule("wage_gap_migrant", rest == 0 ? "lima" : "rest", start) * (host_sum[rest] / host_n[rest]) / (other_sum[rest] / other_n[rest]);
  pay.tabulate();
  for (std::size_t z = 0; z < world.zones.size(); ++z) world.zones[z].set_pay(pay, world.capital_zone[z] == 0);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i != to; ++i) {
      auto const row = static_cast<std::uint32_t>(i);
      auto const activity = persons.activity[row];
      if (!is_employed(activity)) continue;
      std::size_t const rest = rest_of(row) ? 1 : 0;
      float const own = persons.origin(row) == Origin::venezuelan ? relative[row] * static_cast<float>(pay.migrant[rest]) : relative[row];
      double soles = pay.level[static_cast<std::size_t>(segment_of(activity))][rest] * static_cast<double>(own);
      if (activity == Activity::payroll) soles = std::max(soles, floor_soles);
      auto const cents = static_cast<std::uint32_t>(std::lround(soles * 100));
      if (is_employee(activity)) {
        auto const e = persons.employer[row];
        persons.employer[row] = no_row;
        enter_job(world, row, e, activity, cents);
      } else {
        persons.wage_cents[row] = cents;
      }
    }
  });
}

}  // namespace arraigo
