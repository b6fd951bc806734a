#include "init/setup.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <set>

#include "core/input_errors.hpp"
#include "world/jobs.hpp"

namespace arraigo {
namespace {

char const* margin_origin(Origin origin) {
  switch (origin) {
    case Origin::venezuelan: return "venezuelan";
    case Origin::other_foreign: return "other_foreign";
    default: return "host";
  }
}

std::vector<std::uint16_t> area_rows(Scenario const& scenario, Country const& country) {
  auto rows = country.districts.area(scenario.area);
  if (!rows || rows->empty())
    throw InputError(mistake("arraigo", "area", scenario.area, say(Message::in_place_unknown)));
  return *rows;
}

/// People by district at the start: projections to 2023, then the national growth rate.
double people_at(DistrictRow const& d, Month start, Parameters const& params) {
  double const year = start.year() + (start.month_of_year() - 1) / 12.0;
  auto const between = [](double a, double b, double share) { return a + (b - a) * std::clamp(share, 0.0, 1.0); };
  // Projections are for 30 June.
  if (year <= 2022.5) return between(d.population_2018, d.population_2022, (year - 2018.5) / 4);
  if (year <= 2023.5) return between(d.population_2022, d.population_2023, year - 2022.5);
  return d.population_2023 * std::pow(1 + params.population_growth_after_2023_per_year, year - 2023.5);
}

/// Foreigners by district: the region's share of the stock (margins), within it by residents and HDI (declared rule).
std::vector<double> spread_over_districts(Country const& country, char const* origin, Month start, Parameters const& params) {
  auto const rows = country.districts.rows();
  double const stock = country.margin_value("stock", origin, "national", start, {}, false);
  std::map<std::string, double> share, weight_sum;
  for (auto const* row : country.margin("region_share", origin, start, false)) share[row->key1] = row->value;
  // A row for an area's group (the capital's conurbation) stands in place of its districts' regions.
  auto const region_of = [&](DistrictRow const& d) -> std::string const& { return share.count(d.group) != 0 ? d.group : d.region; };
  std::vector<double> weight(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    double const hdi = std::isfinite(rows[i].hdi_2019) ? rows[i].hdi_2019 : 0.5;
    weight[i] = people_at(rows[i], start, params) * std::pow(hdi, params.population_migrant_hdi_elasticity);
    weight_sum[region_of(rows[i])] += weight[i];
  }
  std::vector<double> people(rows.size(), 0.0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto const found = share.find(region_of(rows[i]));
    if (found != share.end()) people[i] = stock * found->second * weight[i] / weight_sum[region_of(rows[i])];
  }
  return people;
}

OriginProfile read_profile(Country const& country, Origin origin, Month start) {
  char const* const name = margin_origin(origin);
  OriginProfile p;
  constexpr std::array<std::string_view, 4> bands{"15-24", "25-34", "35-54", "55+"};
  for (std::size_t b = 0; b < bands.size(); ++b) {
    double sum = 0;
    for (std::size_t level = 0; level < education_count; ++level) {
      sum += country.margin_value("education", name, bands[b], start, education_names[level].name);
      p.education[b][level] = sum;
    }
  }
  p.recognised = country.margin_value("recognised_degree", name, "all", start);
  p.insured = country.margin_value("insured", name, "public", start);
  p.account = country.margin_value("account", name, "adults", start);
  p.registered = country.margin_value("registered", name, "households", start);
  p.enrolled = {country.margin_value("enrolled", name, "3-5", start), country.margin_value("enrolled", name, "6-11", start),
                country.margin_value("enrolled", name, "12-16", start)};
  if (is_foreign(origin)) {
    p.quota_exempt = country.margin_value("quota_exempt", name, "adults", start);
    p.felt = country.margin_value("felt_discrimination", name, "12months", start);
    p.overstay_months = country.margin_value("overstay_months", name, "mean", start);
  }
  return p;
}

}  // namespace

namespace {

/// The tables with the margins of the zone in which the whole area lies, if it lies in one that has its own.
Country localised(Country const& country, Scenario const& scenario) {
  Country local = country;
  auto const area = area_rows(scenario, country);
  std::string const& zone = country.districts.rows()[area.front()].zone;
  if (std::all_of(area.begin(), area.end(), [&](auto row) { return country.districts.rows()[row].zone == zone; })) local.use_margins_of_zone(zone);
  return local;
}

/// Districts of the run that the measure names, ascending; all where it names none.
std::vector<std::uint16_t> districts_named(Measure const& measure, std::vector<std::uint16_t> const& area, DistrictTable const& table) {
  std::vector<std::uint8_t> taken(area.size(), measure.where.empty() ? 1 : 0);
  for (auto const& where : measure.where) {
    auto const rows = table.place(where);
    if (!rows) continue;
    for (auto row : *rows) {
      auto const found = std::lower_bound(area.begin(), area.end(), row);
      if (found != area.end() && *found == row) taken[static_cast<std::size_t>(found - area.begin())] = 1;
    }
  }
  std::vector<std::uint16_t> places;
  for (std::size_t d = 0; d < taken.size(); ++d)
    if (taken[d] != 0) places.push_back(static_cast<std::uint16_t>(d));
  return places;
}

}  // namespace

Setup::Setup(Scenario const& s, Country const& tables)
    : scenario(s),
      country(localised(tables, s)),
      params(s.parameters),
      area(area_rows(s, country)),
      geography(std::make_shared<Geography>(country.districts, area, s.parameters)),
      pools(country, s.start),
      first_prices(tables.reach().first_prices) {
  auto const& c = country;
  for (auto const& measure : scenario.measures) places.push_back(districts_named(measure, area, c.districts));
  for (std::size_t o = 0; o < origin_count; ++o) profile[o] = read_profile(c, static_cast<Origin>(o), s.start);
  venezuelans = spread_over_districts(c, "venezuelan", s.start, params);
  other_foreign = spread_over_districts(c, "other_foreign", s.start, params);
  auto const rows = c.districts.rows();
  for (std::size_t i = 0; i < rows.size(); ++i)
    hosts.push_back(std::max(0.0, people_at(rows[i], s.start, params) - venezuelans[i] - other_foreign[i]));
  for (std::size_t m = 0; m < places.size(); ++m) {
    std::set<std::uint16_t> named;
    for (auto const& where : scenario.measures[m].where)
      if (auto const of = c.districts.place(where)) named.insert(of->begin(), of->end());
    double all = 0, inside = 0;
    for (auto const row : named) all += hosts[row];
    for (auto const d : places[m]) inside += hosts[area[d]];
    places_inside.push_back(named.empty() || all <= 0 ? 1 : inside / all);
  }
}

Education draw_education(EducationTable const& table, int age, double u) {
  auto const& row = table[age < 25 ? 0 : age < 35 ? 1 : age < 55 ? 2 : 3];
  for (std::size_t level = 0; level + 1 < education_count; ++level)
    if (u < row[level]) return static_cast<Education>(level);
  return Education::university;
}

std::size_t participation_age_band(int age) {
  constexpr auto bands = [] {
    std::array<std::uint8_t, 66> all{};
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = static_cast<std::uint8_t>((k >= 18 ? 1 : 0) + (k >= 25 ? 1 : 0) + (k >= 45 ? 1 : 0) + (k >= 65 ? 1 : 0));
    return all;
  }();
  return bands[static_cast<std::size_t>(std::clamp(age, 0, 65))];
}

std::size_t participation_class(Persons const& persons, std::size_t row) {
  constexpr std::array<std::size_t, origin_count> groups{0, 0, 1, 2};  // by Origin
  std::size_t const group = groups[static_cast<std::size_t>(persons.origin(row))];
  return group * 2 + static_cast<std::size_t>(persons.sex(row));
}

namespace {

/// What a member of the household holds, while another thread may end that member's job.
unsigned held_by(Persons const& persons, std::size_t row) {
  return std::atomic_ref(const_cast<std::uint16_t&>(persons.has[row])).load(std::memory_order_relaxed);
}

bool needs_care(Persons const& persons, std::size_t row, std::uint32_t household, int month) {
  return persons.age_months(row, month) < 36 && (persons.household[row] == household) & !persons.gone(row) & ((held_by(persons, row) & has_childcare_place) == 0);
}

}  // namespace

bool has_unmet_care(World const& world, std::size_t person) {
  auto const& persons = world.persons;
  int const month = world.stream.month.index;
  if (persons.sex(person) != Sex::female) return false;
  int const age = persons.age_months(person, month);
  if (age < 18 * 12 || age >= 50 * 12) return false;
  auto const h = persons.household[person];
  bool unmet = (persons.has[person] & has_newborn_stray) != 0;
  auto const first = world.households.first[h];
  for (std::uint32_t row = first; row < first + world.households.count[h]; ++row) unmet |= needs_care(persons, row, h, month);
  return unmet;
}

unsigned hindrances(World const& world, std::size_t person) {
  auto const& persons = world.persons;
  unsigned const needs = persons.has[person] & (has_protection_need | has_protection);
  unsigned found = needs == has_protection_need ? need_unattended : 0U;
  if (persons.sex(person) != Sex::female) return found;
  int const month = world.stream.month.index, age = persons.age_months(person, month);
  if (age < 18 * 12 || age >= 65 * 12) return found;
  // One walk for both: who cares for children is 18 to 49, who cares for elders 30 to 64.
  auto const h = persons.household[person];
  auto const first = world.households.first[h];
  bool child = (persons.has[person] & has_newborn_stray) != 0, elder = false;
  for (std::uint32_t row = first; row < first + world.households.count[h]; ++row) {
    child |= needs_care(persons, row, h, month);
    if (int const months = persons.age_months(row, month); months >= 65 * 12)
      elder |= (persons.household[row] == h) & !persons.gone(row) & ((held_by(persons, row) & has_elder_place) == 0) & ((months >= 80 * 12) | world.has_disability(row));
  }
  return found | (child && age < 50 * 12 ? child_without_place : 0U) | (elder && age >= 30 * 12 ? elder_without_place : 0U);
}

double hindrance_penalty(Parameters const& params, unsigned found) {
  return ((found & elder_without_place) != 0 ? params.labour_elder_care_penalty : 0) + ((found & need_unattended) != 0 ? params.labour_unattended_need_penalty : 0);
}

bool wants_to_work(World const& world, Parameters const& params, std::size_t person, unsigned found) {
  auto const& persons = world.persons;
  int const age = persons.age_months(person, world.stream.month.index) / 12;
  auto const zone = world.districts[world.district_of(person)].zone;
  double x = world.work_at_start[zone].participation_logit[participation_class(persons, person)][participation_age_band(age)][(found & child_without_place) != 0 ? 1 : 0];
  x -= hindrance_penalty(params, found);
  // A better market draws people in: expected pay of the person's skill relative to the start.
  auto const& market = world.zones[zone];
  auto const origin = is_foreign(persons.origin(person)) ? 1U : 0U;
  x += params.labour_participation_wage_response * market.offer_index[1][static_cast<std::size_t>(skill_of(persons, person))][origin];
  return persons.work_will[person] < 65536.0 / (1 + std::exp(-x));
}

double abusive_hire_share(World const& world, Parameters const& params, std::size_t person) {
  auto const m = world.persons.migrant[person];
  double const share = m != no_row ? params.labour_exploited_share_migrants : params.labour_exploited_share_hosts;
  bool const silent = (m != no_row && world.migrants.permit[m] == Permit::irregular && world.migrants.claim[m] != Claim::pending) || world.is_lgbtiq(person) || world.is_trafficked(person);
  return std::min(1.0, silent ? share * params.labour_exploited_irregular_factor : share);
}

std::uint32_t underpaid_cents(Parameters const& params, std::uint32_t agreed_cents) {
  return static_cast<std::uint32_t>(std::lround(agreed_cents * (1 - params.labour_underpayment_share)));
}

void end_abuse(World& world, Parameters const& params, std::uint32_t person) {
  world.persons.has[person] &= static_cast<std::uint16_t>(~is_exploited);
  set_wage(world, person, static_cast<std::uint32_t>(std::lround(world.persons.wage_cents[person] / (1 - params.labour_underpayment_share))));
}

double on_books_share(Parameters const& params, double workers, double overhead_change) {
  double const x = params.labour_formality_intercept + params.labour_formality_size_slope * std::log(std::max(1.0, workers)) -
                   params.labour_formality_overhead_response * overhead_change / 0.1;
  return 1 / (1 + std::exp(-x));
}

OnBooksShares::OnBooksShares(Parameters const& params, Rules const& rules) : params_(params) {
  auto const add = [&](double overhead) {
    for (auto const& table : tables_)
      if (table.overhead == overhead) return;
    if (tables_.size() == table_limit) return;
    auto& shares = tables_.emplace_back(Table{overhead, {}}).shares;
    for (std::size_t workers = 0; workers < common_sizes; ++workers) shares[workers] = on_books_share(params, static_cast<double>(workers), overhead);
  };
  add(0);
  for (auto const& sizes : rules.subsidy_share)
    for (double const share : sizes) add(-share);
}

double formal_firm_share(Parameters const& params, double on_books) {
  double const inside = params.labour_on_books_share_in_formal_firms, outside = params.labour_on_books_share_in_informal_firms;
  return (on_books - outside) / (inside - outside);
}

bool is_formal_firm(World const& world, Parameters const& params, std::size_t employer, double on_books) {
  return world.employers.formal_draw[employer] < 65536 * formal_firm_share(params, on_books);
}

bool heeds_quota(World const& world, std::size_t employer) {
  return world.employers.heed_draw[employer] < 65536 * world.rules.binding_share;
}

double quota_rounding(World const& world, std::size_t employer) {
  if (world.employers.staff_per_agent[employer] <= 1) return 0;
  return uniform_of(draw_block(for_life(world.stream), Purpose::quota_rounding, world.employers.id[employer])[0]);
}

bool quota_has_room(Rules const& rules, SizeClass size, std::uint32_t staff_per_agent, double rounding, std::uint32_t on_books, std::uint32_t foreign, std::int64_t payroll_cents,
                    std::int64_t foreign_payroll_cents, std::uint32_t wage_cents) {
  if ((rules.exempt_sizes >> static_cast<unsigned>(size)) & 1U) return true;
  double const before = static_cast<double>(on_books) * staff_per_agent, after = (static_cast<double>(on_books) + 1) * staff_per_agent;
  double const base = rules.counting == QuotaCounting::before_hire ? before : after;
  double const allowed = rules.counting == QuotaCounting::nearest ? std::floor(rules.head_share * base + 0.5 + 1e-9) : std::floor(rules.head_share * base + 1e-9);
  // A limit of all heads is none, also where the first hire has no staff before it to count.
  if (rules.head_share < 1 && (static_cast<double>(foreign) + 1 - rounding) * staff_per_agent > allowed + 1e-9) return false;
  return static_cast<double>(foreign_payroll_cents) + (1 - rounding) * wage_cents <= rules.payroll_share * static_cast<double>(payroll_cents + wage_cents) + 0.5;
}

}  // namespace arraigo
