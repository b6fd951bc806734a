#include "record/recorder.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <tuple>
#include <utility>

#include "core/errors.hpp"
#include "core/parallel.hpp"
#include "record/series.hpp"

namespace arraigo {
namespace {

constexpr std::size_t demo_count = origin_count * sex_count * age_group_count * education_count;
constexpr std::size_t demo_code(std::size_t origin, std::size_t sex, std::size_t age, std::size_t school) {
  return ((origin * sex_count + sex) * age_group_count + age) * education_count + school;
}
constexpr std::size_t group_count = 3;
constexpr std::size_t status_limit = 8;

/// Sums kept beside counts, by demographic cell and by district and origin: cents of the month.
enum class Pay : std::uint8_t { labour_income, formal_pay, count };
constexpr std::size_t pay_count = static_cast<std::size_t>(Pay::count);
struct PaySeries {
  char const* name;
  Text title, definition;
};
constexpr std::array<PaySeries, pay_count> pay_series{{{"labour_income", {"ingreso laboral", "labour income"}, {"Suma de ingresos del trabajo principal, antes de aportes y retenciones", "Sum of pay of the main job, before contributions and withholding"}},
                                                       {"payroll_pay", {"sueldos en planilla", "payroll pay"}, {"Suma de sueldos de los contratos en planilla", "Sum of pay of payroll contracts"}}}};

template <class Names>
Dimension dimension_of(std::string name, Names const& names, std::size_t first, std::size_t last, Text title) {
  Dimension d;
  d.name = std::move(name);
  for (std::size_t k = first; k < last; ++k) {
    d.keys.emplace_back(names[k].name);
    d.label_es.emplace_back(names[k].title.es);
    d.label_en.emplace_back(names[k].title.en);
  }
  d.title_es = title.es;
  d.title_en = title.en;
  return d;
}

enum Dim : int { dim_place, dim_sex, dim_age, dim_origin, dim_education, dim_status, dim_sector, dim_size, dim_service, dim_line, dim_count };

std::vector<Dimension> dimensions_of(Setup const& setup, Detail detail) {
  std::vector<Dimension> all(dim_count);
  auto const& zones = setup.geography->zone_names();
  if (detail == Detail::districts) {
    auto& d = all[dim_place];
    d.name = "district";
    d.title_es = "distrito";
    d.title_en = "district";
    d.parent_name = "zone";
    for (std::size_t i = 0; i < setup.area.size(); ++i) {
      auto const& row = setup.country.districts.rows()[setup.area[i]];
      d.keys.push_back(row.ubigeo);
      d.label_es.push_back(row.name);
      d.label_en.push_back(row.name);
      d.parent.push_back(zones[setup.geography->zone_of(i)]);
    }
  } else {
    auto& d = all[dim_place];
    d.name = "zone";
    d.title_es = "zona";
    d.title_en = "zone";
    for (auto const& zone : zones) {
      d.keys.push_back(zone);
      d.label_es.push_back(zone);
      d.label_en.push_back(zone);
    }
  }
  all[dim_sex] = dimension_of("sex", sex_names, 0, sex_count, {"sexo", "sex"});
  all[dim_age] = dimension_of("age", age_group_names, 0, age_group_count, {"edad", "age"});
  all[dim_origin] = dimension_of("origin", origin_names, 0, origin_count, {"origen", "origin"});
  all[dim_education] = dimension_of("education", education_names, 0, education_count, {"educación", "education"});
  all[dim_status] = dimension_of("status", holder_names, 1, permit_count, {"situación migratoria", "migration status"});
  all[dim_size] = dimension_of("size", size_class_names, 0, size_class_count, {"tamaño de empresa", "firm size"});
  all[dim_service] = dimension_of("service", service_names, 0, service_count, {"servicio", "service"});
  all[dim_line] = dimension_of("account_line", line_names, 0, line_count, {"línea de cuentas públicas", "line of public accounts"});
  auto& sector = all[dim_sector];
  sector.name = "sector";
  sector.title_es = "sector";
  sector.title_en = "sector";
  for (auto const& row : setup.country.sectors) {
    sector.keys.push_back(row.name);
    sector.label_es.push_back(row.title_es);
    sector.label_en.push_back(row.title_en);
  }
  return all;
}

std::string titled(Group group, Text title, Lang lang) {
  return std::string(group_prefixes[static_cast<std::size_t>(group)].title.in(lang)) + title.in(lang);
}
std::string prefixed(Group group, char const* name) { return std::string(group_prefixes[static_cast<std::size_t>(group)].name) + name; }

constexpr std::array<Group, group_count> groups{Group::all, Group::hosts, Group::migrants};
constexpr std::array<std::pair<char const*, Text>, 4> service_kinds{{{"service_requests", {"pedidos del servicio", "requests of the service"}},
                                                                      {"service_given", {"atenciones del servicio", "served by the service"}},
                                                                      {"service_wait", {"meses de espera del servicio", "months of wait for the service"}},
                                                                      {"service_turned_away", {"rechazados del servicio", "turned away by the service"}}}};

}  // namespace

RecordLayout record_layout(Setup const& setup, Detail detail) {
  RecordLayout layout;
  layout.start = setup.scenario.start;
  layout.months = setup.scenario.months;
  layout.dimensions = dimensions_of(setup, detail);
  layout.indicators = indicator_table();
  auto const add = [&](std::string const& base, char const* units, std::string const& es, std::string const& en, Text definition, std::initializer_list<int> dims) {
    layout.variables.push_back({base, base, -1, units, es, en, definition.es, definition.en});
    for (int d : dims) {
      if (d == dim_place && detail == Detail::totals) continue;
      auto const& dimension = layout.dimensions[static_cast<std::size_t>(d)];
      layout.variables.push_back({base + "_by_" + dimension.name, base, d, units, es, en, definition.es, definition.en});
    }
  };
  for (auto group : groups) {
    for (auto const& s : person_series()) {
      if (group == Group::all) add(prefixed(group, s.name), "people", titled(group, s.title, Lang::es), titled(group, s.title, Lang::en), s.definition, {dim_place, dim_sex, dim_age, dim_origin, dim_education});
      else add(prefixed(group, s.name), "people", titled(group, s.title, Lang::es), titled(group, s.title, Lang::en), s.definition, {dim_place, dim_sex, dim_age, dim_education});
    }
    for (auto const& s : pay_series) {
      if (group == Group::all) add(prefixed(group, s.name), "soles", titled(group, s.title, Lang::es), titled(group, s.title, Lang::en), s.definition, {dim_place, dim_sex, dim_age, dim_origin, dim_education});
      else add(prefixed(group, s.name), "soles", titled(group, s.title, Lang::es), titled(group, s.title, Lang::en), s.definition, {dim_place, dim_sex, dim_age, dim_education});
    }
  }
  // What migrants of each status do.
  for (auto const& s : person_series()) {
    auto const base = prefixed(Group::migrants, s.name);
    layout.variables.push_back({base + "_by_status", base, dim_status, "people", titled(Group::migrants, s.title, Lang::es), titled(Group::migrants, s.title, Lang::en), s.definition.es, s.definition.en});
  }
  for (auto const& s : pay_series) {
    auto const base = prefixed(Group::migrants, s.name);
    layout.variables.push_back({base + "_by_status", base, dim_status, "soles", titled(Group::migrants, s.title, Lang::es), titled(Group::migrants, s.title, Lang::en), s.definition.es, s.definition.en});
  }
  for (auto const& s : status_series()) add(s.name, "people", s.title.es, s.title.en, s.definition, {dim_place, dim_sex, dim_age, dim_origin, dim_education});
  // Employees by the firm they work in.
  for (auto const* name : {"employees", "payroll", "labour_income_employees", "migrant_employees", "migrant_payroll"}) {
    bool const money = std::string_view(name) == "labour_income_employees";
    if (money) add(name, "soles", "ingreso de asalariados", "employees' pay", {"Suma de sueldos de asalariados", "Sum of employees' pay"}, {});
    for (int d : {dim_sector, dim_size}) {
      auto const& dimension = layout.dimensions[static_cast<std::size_t>(d)];
      std::string es = "asalariados", en = "employees";
      Text definition{"Por la empresa en que trabajan", "By the firm they work in"};
      layout.variables.push_back({std::string(name) + "_by_" + dimension.name, name, d, money ? "soles" : "people", es, en, definition.es, definition.en});
    }
  }
  for (auto const& s : flow_series()) add(s.name, s.units, s.title.es, s.title.en, s.definition, {dim_place});
  add("hostile_hosts", "people", "peruanos hostiles", "hostile hosts", {"Peruanos por la proporción hostil de su distrito", "Hosts times their district's hostile share"}, {dim_place});
  add("office_minutes", "minutes", "minutos de viaje a la oficina migratoria", "minutes of travel to the migration office", {"Suma sobre migrantes del viaje al punto abierto más cercano", "Sum over migrants of the journey to the nearest open point"}, {dim_place});
  add("firms", "firms", "empresas", "firms", {"Empleadores con personal", "Employers with staff"}, {dim_size});
  add("formal_firms", "firms", "empresas con planilla", "firms with payroll", {"Con al menos un trabajador en planilla", "With at least one worker on the payroll"}, {dim_size});
  add("firms_with_foreigners", "firms", "empresas con extranjeros en planilla", "firms with foreigners on the payroll", {"Con al menos un trabajador sujeto a la cuota", "With at least one worker who counts under the quota"}, {dim_size});
  for (auto const& [name, title] : service_kinds)
    add(name, std::string_view(name) == "service_wait" ? "months" : "people", title.es, title.en, {"En el mes", "In the month"}, {dim_service});
  add("service_queue", "people", "en cola", "waiting", {"Esperan al fin del mes", "Waiting at the month's end"}, {dim_service});
  add("service_capacity", "people", "capacidad", "capacity", {"Atenciones por mes, o plazas", "Served a month, or places"}, {dim_service});
  add("service_places_in_use", "people", "plazas ocupadas", "places in use", {"Al fin del mes", "At the month's end"}, {dim_service});
  add("public_accounts", "soles", "saldo público", "public balance", {"Ingresos menos gastos del mes, soles de 2025", "Revenue less cost of the month, soles of 2025"}, {dim_line});
  add("public_revenue", "soles", "ingresos públicos", "public revenue", {"Suma de las líneas de ingreso", "Sum of the revenue lines"}, {});
  add("public_cost", "soles", "gasto público", "public cost", {"Suma de las líneas de gasto", "Sum of the cost lines"}, {});
  return layout;
}

/// What one thread counts of persons. Each series has a counter of one byte, eight to a word, by demographic cell, by permit
/// and by district and origin: three additions count a person in all series at once. A cell that has seen 255 people is
/// emptied into its sums. What is touched for the rows of one district is small enough to stay in the nearest cache.
struct Recorder::Tally {
  struct Cell {
    Lanes lanes{};
    std::uint8_t seen = 0;
  };
  std::array<Cell, demo_count> demo{};
  std::array<Cell, permit_count> permit{};
  std::vector<Cell> place;                                  // [district][origin]
  std::vector<std::int64_t> counts;                         // [demography][series]
  std::vector<std::int64_t> by_status;                      // [permit][series]
  std::vector<std::int64_t> cents;                          // [demography][pay]
  std::array<std::int64_t, permit_count * pay_count> status_cents{};
  std::vector<std::int32_t> status_demo;                    // [demography][status series]
  std::array<std::array<std::array<std::int64_t, 3>, 2>, sector_limit * size_class_count> jobs{};  // [sector and size][foreign][all, payroll, cents]
  std::vector<std::int64_t> place_cents;                    // [district][origin][pay]
  std::vector<std::int32_t> status_place;                   // [district][status series]
  Tally(std::size_t series, std::size_t districts)
      : place(districts * origin_count), counts(demo_count * series, 0), by_status(permit_count * series, 0), cents(demo_count * pay_count, 0), status_demo(demo_count * status_limit, 0),
        place_cents(districts * origin_count * pay_count, 0), status_place(districts * status_limit, 0) {}

  static void empty(Cell& cell, std::int64_t* sums, std::size_t series) {
    for (std::size_t s = 0; s < series; ++s) sums[s] += static_cast<std::int64_t>(cell.lanes[s / 8] >> (8 * (s % 8)) & 0xffU);
    cell = {};
  }
  /// The same into sums that all threads share: of districts there are too many for each thread to have its own.
  static void empty_shared(Cell& cell, std::int64_t* sums, std::size_t series) {
    for (std::size_t s = 0; s < series; ++s) {
      auto const count = static_cast<std::int64_t>(cell.lanes[s / 8] >> (8 * (s % 8)) & 0xffU);
      if (count != 0) add_shared(sums[s], count);
    }
    cell = {};
  }
  void empty_all(std::size_t series) {
    for (std::size_t k = 0; k < demo.size(); ++k)
      if (demo[k].seen != 0) empty(demo[k], counts.data() + k * series, series);
    for (std::size_t k = 0; k < permit.size(); ++k)
      if (permit[k].seen != 0) empty(permit[k], by_status.data() + k * series, series);
  }
};

Recorder::~Recorder() = default;

Recorder::Recorder(Setup const& setup, Detail detail) : setup_(setup), detail_(detail), layout_(record_layout(setup, detail)) {
  for (std::size_t v = 0; v < layout_.variables.size(); ++v) {
    auto const& variable = layout_.variables[v];
    if (!index_.emplace(variable.name, v).second) throw BugError("the record has two variables named " + variable.name);
    record_.values.emplace_back(static_cast<std::size_t>(layout_.months) * keys_of(v), 0);
  }
  auto const series = person_series();
  if (series.size() > 8 * std::tuple_size_v<Lanes>) throw BugError("more person series than counters for them");
  lanes_of_code_.resize(education_count * OutcomeCode::count);
  for (std::size_t school = 0; school < education_count; ++school)
    for (std::size_t code = 0; code < OutcomeCode::count; ++code)
      for (std::size_t s = 0; s < series.size(); ++s)
        if (series[s].holds(OutcomeCode::unpack(code), static_cast<Education>(school))) lanes_of_code_[school * OutcomeCode::count + code][s / 8] |= 1ULL << (8 * (s % 8));
  auto const statuses = status_series();
  if (statuses.size() > status_limit) throw BugError("more status series than there is room for");
  for (std::size_t k = 0; k < series_of_status_.size(); ++k)
    for (std::size_t s = 0; s < statuses.size(); ++s)
      if (statuses[s].holds(static_cast<Permit>(k / 16), static_cast<Claim>(k / 4 % 4), static_cast<CaseStage>(k % 4))) series_of_status_[k] |= static_cast<std::uint8_t>(1U << s);

  // The variables of each family of persons' series, found by name once.
  auto const family = [&](std::string const& base, bool by_origin) {
    Family f;
    f.total = index_.at(base);
    f.sex = index_.at(base + "_by_sex");
    f.age = index_.at(base + "_by_age");
    f.education = index_.at(base + "_by_education");
    if (by_origin) f.origin = index_.at(base + "_by_origin");
    if (detail_ != Detail::totals) f.place = index_.at(base + place_suffix());
    return f;
  };
  for (auto const group : groups) {
    for (auto const& s : series) families_.push_back(family(prefixed(group, s.name), group == Group::all));
    for (auto const& s : pay_series) families_.push_back(family(prefixed(group, s.name), group == Group::all));
  }
  for (auto const& s : statuses) families_.push_back(family(s.name, true));

  auto const terms = [&](std::vector<std::string> const& written) {
    std::vector<Headline::Term> found;
    for (auto const& term : written) {
      bool const subtracts = term.starts_with('-');
      found.push_back({index_.at(subtracts ? term.substr(1) : term), subtracts ? -1 : 1});
    }
    return found;
  };
  for (auto const& indicator : layout_.indicators)
    if (indicator.headline) headlines_.push_back({indicator.factor, terms(indicator.numerator), terms(indicator.denominator)});
}

std::size_t Recorder::keys_of(std::size_t v) const {
  auto const dimension = layout_.variables[v].dimension;
  return dimension < 0 ? 1 : layout_.dimensions[static_cast<std::size_t>(dimension)].keys.size();
}

char const* Recorder::place_suffix() const { return detail_ == Detail::districts ? "_by_district" : "_by_zone"; }

void Recorder::record(World const& world, int month_number) {
  auto const& persons = world.persons;
  auto const& households = world.households;
  int const month = world.stream.month.index;
  std::size_t const n = world.districts.size();
  auto const series = person_series();
  std::size_t const S = series.size();
  auto const statuses = status_series();
  // By district: counts and pay by origin, and statuses.
  std::vector<std::int64_t> place_counts(n * origin_count * S, 0), place_cents(n * origin_count * pay_count, 0), status_place(n * statuses.size(), 0);
  std::vector<std::uint8_t> job_cell(world.employers.size());
  for (std::size_t e = 0; e < job_cell.size(); ++e)
    job_cell[e] = static_cast<std::uint8_t>(world.employers.sector[e] * size_class_count + static_cast<std::size_t>(size_class_of(world.employers.workers[e])));
  std::array<std::array<std::uint8_t, 4>, 128> stage_of{};  // [age][account, school place]
  for (std::size_t age = 0; age < stage_of.size(); ++age)
    for (std::size_t k = 0; k < 4; ++k) stage_of[age][k] = static_cast<std::uint8_t>(age >= 18 ? (k & 1U ? 3 : 4) : age >= 3 && age < 17 ? (k & 2U ? 2 : 1) : 0);
  std::array<std::uint8_t, 128> group_of_age{};
  for (std::size_t age = 0; age < group_of_age.size(); ++age) group_of_age[age] = static_cast<std::uint8_t>(age_group_of(static_cast<int>(age)));

  constexpr std::size_t rows_per_part = 16 * rows_per_block;
  for_each_index((persons.size() + rows_per_part - 1) / rows_per_part, [&](std::size_t part) {
    auto& own = tallies_.local();
    if (!own) own = std::make_unique<Tally>(S, n);
    auto& tally = *own;
    std::size_t const to = std::min(persons.size(), (part + 1) * rows_per_part);
    // Plain pointers of this function's own: through the vectors they would be read anew after every count.
    std::uint8_t const* const traits_of = persons.traits.data();
    std::uint32_t const* const household_of = persons.household.data();
    std::uint16_t const* const has_of = persons.has.data();
    std::int16_t const* const birth_of = persons.birth.data();
    Activity const* const activity_of = persons.activity.data();
    std::uint32_t const* const wage_of = persons.wage_cents.data();
    std::uint8_t const* const state_of = households.state.data();
    std::uint16_t const* const district_of = households.district.data();
    std::int64_t* const demo_cents = tally.cents.data();
    std::int64_t* const here_cents = tally.place_cents.data();
    Lanes const* const lanes_of = lanes_of_code_.data();
    for (std::size_t row = part * rows_per_part; row != to; ++row) {
      unsigned const traits = traits_of[row];
      if ((traits & (Persons::gone_bit | Persons::inert_bit)) != 0) continue;
      auto const h = household_of[row];
      unsigned const state = state_of[h];
      std::size_t const d = district_of[h];
      unsigned const has = has_of[row];
      auto const years = static_cast<unsigned>(month - birth_of[row]) / 12U;
      auto const activity = activity_of[row];
      auto const origin = static_cast<std::size_t>((traits >> 1) & 3U), school = static_cast<std::size_t>((traits >> 3) & 3U);
      OutcomeCode o;
      o.activity = activity;
      o.stage = stage_of[std::min(years, 127U)][((has & has_account) != 0 ? 1U : 0U) | ((has & has_school_place) != 0 ? 2U : 0U)];
      o.poverty = static_cast<std::uint8_t>(state & Households::poverty_bits);
      o.insured = ((has & has_public_insurance) != 0) | (activity == Activity::payroll) | (((state & Households::insured_by_payroll_bit) != 0) & (years < 18));
      o.recognised = (traits & Persons::recognised_bit) != 0;
      bool const foreign = is_foreign(static_cast<Origin>(origin));
      auto const m = foreign ? persons.migrant[row] : no_row;
      if (m != no_row) o.felt = world.migrants.felt[m] > month - 12;
      std::size_t const code = o.pack();
      std::size_t const demo = demo_code(origin, traits & 1U, group_of_age[std::min(years, 127U)], school);
      auto const lanes = lanes_of[school * OutcomeCode::count + code];
      auto& cell = tally.demo[demo];
      std::size_t const place = d * origin_count + origin;
      auto& here = tally.place[place];
      for (std::size_t w = 0; w < lanes.size(); ++w) {
        cell.lanes[w] += lanes[w];
        here.lanes[w] += lanes[w];
      }
      if (++cell.seen == 255) Tally::empty(cell, tally.counts.data() + demo * S, S);
      if (++here.seen == 255) Tally::empty_shared(here, place_counts.data() + place * S, S);
      std::int64_t const cents = wage_of[row], formal_cents = activity == Activity::payroll ? cents : 0;
      demo_cents[demo * pay_count] += cents;
      demo_cents[demo * pay_count + 1] += formal_cents;
      here_cents[place * pay_count] += cents;
      here_cents[place * pay_count + 1] += formal_cents;
      if (is_employee(activity)) {
        auto& job = tally.jobs[job_cell[persons.employer[row]]][foreign ? 1 : 0];
        ++job[0];
        job[1] += activity == Activity::payroll ? 1 : 0;
        job[2] += cents;
      }
      if (m == no_row) continue;
      auto const permit = static_cast<std::size_t>(world.migrants.permit[m]);
      auto& of_permit = tally.permit[permit];
      for (std::size_t w = 0; w < lanes.size(); ++w) of_permit.lanes[w] += lanes[w];
      if (++of_permit.seen == 255) Tally::empty(of_permit, tally.by_status.data() + permit * S, S);
      tally.status_cents[permit * pay_count] += cents;
      tally.status_cents[permit * pay_count + 1] += formal_cents;
      for (unsigned bits = series_of_status_[permit * 16 + static_cast<std::size_t>(world.migrants.claim[m]) * 4 + static_cast<std::size_t>(world.migrants.stage[m])]; bits != 0; bits &= bits - 1) {
        auto const s = static_cast<std::size_t>(std::countr_zero(bits));
        ++tally.status_demo[demo * status_limit + s];
        ++tally.status_place[d * status_limit + s];
      }
    }
  });

  double const scale = world.people_per_agent;
  auto const people = [&](std::int64_t agents) { return static_cast<std::int64_t>(std::llround(static_cast<double>(agents) * scale)); };
  auto const soles = [&](std::int64_t cents) { return static_cast<std::int64_t>(std::llround(static_cast<double>(cents) * scale / 100)); };
  auto const at = [&](std::size_t v) { return record_.values[v].begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(month_number) * keys_of(v)); };
  auto const put = [&](std::string const& name, std::size_t key, std::int64_t value) { *(at(index_.at(name)) + static_cast<std::ptrdiff_t>(key)) += value; };
  bool const with_places = detail_ != Detail::totals;
  auto const place_key = [&](std::size_t d) -> std::size_t { return detail_ == Detail::districts ? d : world.districts[d].zone; };

  // Persons: the threads' tables are added up and emptied for the next month.
  std::vector<std::int64_t> counts(demo_count * S, 0), cents(demo_count * pay_count, 0), status_counts(demo_count * statuses.size(), 0);
  std::vector<std::int64_t> by_status(permit_count * S, 0), status_cents(permit_count * pay_count, 0);
  std::array<std::array<std::array<std::int64_t, 3>, 2>, sector_limit * size_class_count> jobs{};
  for (auto const& own : tallies_) {
    auto& tally = *own;
    tally.empty_all(S);
    for (std::size_t k = 0; k < counts.size(); ++k) counts[k] += std::exchange(tally.counts[k], 0);
    for (std::size_t k = 0; k < by_status.size(); ++k) by_status[k] += std::exchange(tally.by_status[k], 0);
    for (std::size_t k = 0; k < cents.size(); ++k) cents[k] += std::exchange(tally.cents[k], 0);
    for (std::size_t demo = 0; demo < demo_count; ++demo)
      for (std::size_t s = 0; s < statuses.size(); ++s) status_counts[demo * statuses.size() + s] += std::exchange(tally.status_demo[demo * status_limit + s], 0);
    for (std::size_t k = 0; k < status_cents.size(); ++k) status_cents[k] += std::exchange(tally.status_cents[k], 0);
    for (std::size_t place = 0; place < tally.place.size(); ++place)
      if (tally.place[place].seen != 0) Tally::empty(tally.place[place], place_counts.data() + place * S, S);
    for (std::size_t k = 0; k < place_cents.size(); ++k) place_cents[k] += std::exchange(tally.place_cents[k], 0);
    for (std::size_t d = 0; d < n; ++d)
      for (std::size_t s = 0; s < statuses.size(); ++s) status_place[d * statuses.size() + s] += std::exchange(tally.status_place[d * status_limit + s], 0);
    for (std::size_t a = 0; a < jobs.size(); ++a)
      for (std::size_t c = 0; c < 2; ++c)
        for (std::size_t k = 0; k < 3; ++k) jobs[a][c][k] += std::exchange(tally.jobs[a][c][k], 0);
  }

  // One family of variables: its cell values by demography and by place.
  auto const write_family = [&](Family const& family, Group group, bool by_origin, auto const& cell, auto const& place_value, auto const& convert) {
    std::int64_t total = 0;
    std::array<std::int64_t, sex_count> sex{};
    std::array<std::int64_t, age_group_count> age{};
    std::array<std::int64_t, origin_count> origin{};
    std::array<std::int64_t, education_count> school{};
    for (std::size_t o = 0, demo = 0; o < origin_count; ++o) {
      bool const inside = in_group(group, static_cast<Origin>(o));
      for (std::size_t s = 0; s < sex_count; ++s)
        for (std::size_t a = 0; a < age_group_count; ++a)
          for (std::size_t e = 0; e < education_count; ++e, ++demo) {
            if (!inside) continue;
            std::int64_t const k = cell(demo);
            total += k;
            sex[s] += k;
            age[a] += k;
            origin[o] += k;
            school[e] += k;
          }
    }
    *at(family.total) = convert(total);
    std::transform(sex.begin(), sex.end(), at(family.sex), convert);
    std::transform(age.begin(), age.end(), at(family.age), convert);
    std::transform(school.begin(), school.end(), at(family.education), convert);
    if (by_origin) std::transform(origin.begin(), origin.end(), at(family.origin), convert);
    if (with_places)
      for (std::size_t d = 0; d < n; ++d) *(at(family.place) + static_cast<std::ptrdiff_t>(place_key(d))) += convert(place_value(d));
  };
  auto const of_group = [&](std::vector<std::int64_t> const& table, std::size_t width, Group group, std::size_t column) {
    return [&table, width, group, column](std::size_t d) {
      std::int64_t sum = 0;
      for (std::size_t o = 0; o < origin_count; ++o)
        if (in_group(group, static_cast<Origin>(o))) sum += table[(d * origin_count + o) * width + column];
      return sum;
    };
  };
  auto family = families_.begin();
  for (auto group : groups) {
    for (std::size_t s = 0; s < S; ++s)
      write_family(*family++, group, group == Group::all, [&](std::size_t demo) { return counts[demo * S + s]; }, of_group(place_counts, S, group, s), people);
    for (std::size_t p = 0; p < pay_count; ++p)
      write_family(*family++, group, group == Group::all, [&](std::size_t demo) { return cents[demo * pay_count + p]; }, of_group(place_cents, pay_count, group, p), soles);
  }
  for (std::size_t s = 0; s < statuses.size(); ++s)
    write_family(
        *family++, Group::all, true, [&](std::size_t demo) { return status_counts[demo * statuses.size() + s]; }, [&](std::size_t d) { return status_place[d * statuses.size() + s]; }, people);
  for (std::size_t permit = 1; permit < permit_count; ++permit) {
    for (std::size_t s = 0; s < S; ++s) put(prefixed(Group::migrants, series[s].name) + "_by_status", permit - 1, people(by_status[permit * S + s]));
    for (std::size_t p = 0; p < pay_count; ++p) put(prefixed(Group::migrants, pay_series[p].name) + "_by_status", permit - 1, soles(status_cents[permit * pay_count + p]));
  }

  std::int64_t employee_cents = 0;
  for (std::size_t a = 0; a < setup_.country.sectors.size(); ++a)
    for (std::size_t b = 0; b < size_class_count; ++b) {
      auto const& j = jobs[a * size_class_count + b];
      employee_cents += j[0][2] + j[1][2];
      for (auto const& [suffix, key] : {std::pair<char const*, std::size_t>{"_by_sector", a}, {"_by_size", b}}) {
        put(std::string("employees") + suffix, key, people(j[0][0] + j[1][0]));
        put(std::string("payroll") + suffix, key, people(j[0][1] + j[1][1]));
        put(std::string("labour_income_employees") + suffix, key, soles(j[0][2] + j[1][2]));
        put(std::string("migrant_employees") + suffix, key, people(j[1][0]));
        put(std::string("migrant_payroll") + suffix, key, people(j[1][1]));
      }
    }
  put("labour_income_employees", 0, soles(employee_cents));

  // Flows, attitudes, access.
  auto const put_places = [&](std::string const& base, auto const& value) {
    std::int64_t total = 0;
    for (std::size_t d = 0; d < n; ++d) {
      std::int64_t const k = value(d);
      total += k;
      if (with_places && k != 0) put(base + place_suffix(), place_key(d), k);
    }
    put(base, 0, total);
  };
  auto const flow_rows = flow_series();
  for (std::size_t f = 0; f < flow_rows.size(); ++f) put_places(flow_rows[f].name, [&](std::size_t d) { return people(world.flows[f * n + d]); });
  auto const hosts_in = [&](std::size_t d) { return place_counts[(d * origin_count + 0) * S] + place_counts[(d * origin_count + 1) * S]; };
  auto const migrants_in = [&](std::size_t d) { return place_counts[(d * origin_count + 2) * S] + place_counts[(d * origin_count + 3) * S]; };
  put_places("hostile_hosts", [&](std::size_t d) { return static_cast<std::int64_t>(std::llround(world.hostility(d) * static_cast<double>(hosts_in(d)) * scale)); });
  put_places("office_minutes", [&](std::size_t d) {
    auto const& access = world.access_to(Service::migration_office, d);
    return access.point == 0xffff ? 0 : static_cast<std::int64_t>(std::llround(static_cast<double>(access.minutes) * static_cast<double>(migrants_in(d)) * scale));
  });

  // Firms: a sampled firm stands for as many as the scale, one kept with thinned staff for itself.
  std::array<std::array<std::int64_t, 3>, size_class_count> firms{};
  for (std::size_t e = 0; e < world.employers.size(); ++e) {
    auto const& x = world.employers;
    std::int64_t const weight = x.staff_per_agent[e] > 1 ? 1 : static_cast<std::int64_t>(std::llround(scale));
    auto& f = firms[static_cast<std::size_t>(size_class_of(x.workers[e]))];
    if (x.on_books[e] + x.off_books[e] > 0) f[0] += weight;
    if (x.on_books[e] > 0) f[1] += weight;
    if (x.foreign_on_books[e] > 0) f[2] += weight;
  }
  constexpr std::array<char const*, 3> firm_names{"firms", "formal_firms", "firms_with_foreigners"};
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t b = 0; b < size_class_count; ++b) {
      put(firm_names[k], 0, firms[b][k]);
      put(std::string(firm_names[k]) + "_by_size", b, firms[b][k]);
    }

  // Services.
  for (std::size_t kind = 0; kind < 4; ++kind)
    for (std::size_t s = 0; s < service_count; ++s) {
      std::int64_t sum = 0;
      for (std::size_t d = 0; d < n; ++d) sum += world.service_flows[(kind * service_count + s) * n + d];
      put(service_kinds[kind].first, 0, people(sum));
      put(std::string(service_kinds[kind].first) + "_by_service", s, people(sum));
    }
  for (auto const& point : world.points) {
    auto const s = static_cast<std::size_t>(point.service);
    for (auto const& [name, value] : {std::pair<char const*, std::int64_t>{"service_queue", people(point.queue)},
                                      {"service_capacity", static_cast<std::int64_t>(std::llround(point.capacity * scale))},
                                      {"service_places_in_use", people(point.in_use)}}) {
      put(name, 0, value);
      put(std::string(name) + "_by_service", s, value);
    }
  }

  std::int64_t revenue = 0, cost = 0;
  for (std::size_t k = 0; k < line_count; ++k) {
    std::int64_t const amount = soles(world.accounts[k]);
    (k < revenue_lines ? revenue : cost) += amount;
    put("public_accounts_by_account_line", k, amount);
  }
  put("public_revenue", 0, revenue);
  put("public_cost", 0, cost);
  put("public_accounts", 0, revenue - cost);
}

std::vector<std::optional<double>> Recorder::headlines(int month_number) const {
  auto const sum = [&](std::vector<Headline::Term> const& terms) {
    std::int64_t total = 0;
    for (auto const& term : terms) total += term.sign * record_.values[term.variable][static_cast<std::size_t>(month_number)];
    return static_cast<double>(total);
  };
  std::vector<std::optional<double>> values;
  for (auto const& headline : headlines_) {
    double const numerator = headline.factor * sum(headline.numerator);
    double const denominator = headline.denominator.empty() ? 1 : sum(headline.denominator);
    values.push_back(denominator == 0 ? std::nullopt : std::optional(numerator / denominator));
  }
  return values;
}

ReplicateRecord Recorder::take(std::uint64_t state_hash) {
  record_.state_hash = state_hash;
  return std::move(record_);
}

}  // namespace arraigo
