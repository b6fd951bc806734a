#include "record/recorder.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include <tbb/enumerable_thread_specific.h>

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

Recorder::Recorder(Setup const& setup, Detail detail) : setup_(setup), detail_(detail), layout_(record_layout(setup, detail)) {
  for (std::size_t v = 0; v < layout_.variables.size(); ++v) {
    auto const& variable = layout_.variables[v];
    if (!index_.emplace(variable.name, v).second) throw BugError("the record has two variables named " + variable.name);
    std::size_t const keys = variable.dimension < 0 ? 1 : layout_.dimensions[static_cast<std::size_t>(variable.dimension)].keys.size();
    record_.values.emplace_back(static_cast<std::size_t>(layout_.months) * keys, 0);
  }
  auto const series = person_series();
  if (series.size() > 64) throw BugError("more person series than bits");
  series_of_code_.resize(education_count * OutcomeCode::count, 0);
  for (std::size_t school = 0; school < education_count; ++school)
    for (std::size_t code = 0; code < OutcomeCode::count; ++code)
      for (std::size_t s = 0; s < series.size(); ++s)
        if (series[s].holds(OutcomeCode::unpack(code), static_cast<Education>(school))) series_of_code_[school * OutcomeCode::count + code] |= 1ULL << s;
}

namespace {

/// Places of one month: [district][origin][series] counts and pay sums.
struct PlaceTable {
  std::size_t series = 0;
  std::vector<std::int64_t> counts, cents;
};

struct Tally {
  std::vector<std::int32_t> by_demo;               // [demo][code]
  std::vector<std::int64_t> cents;                 // [demo][pay]
  std::array<std::array<std::array<std::array<std::int64_t, 5>, 2>, size_class_count>, sector_limit> jobs{};  // [sector][size][foreign][all, payroll, cents, -, -]
  std::vector<std::int32_t> by_status;             // [permit][education][code]
  std::vector<std::int64_t> status_cents;          // [permit][pay]
  std::vector<std::int32_t> status_demo;           // [demo][status series]
  std::vector<std::int32_t> here;                  // [origin][education][code], of the block's present district
  std::vector<std::uint32_t> met;                  // cells of `here` that are not zero
  Tally()
      : by_demo(demo_count * OutcomeCode::count, 0), cents(demo_count * pay_count, 0), by_status(permit_count * education_count * OutcomeCode::count, 0),
        status_cents(permit_count * pay_count, 0), status_demo(demo_count * 8, 0), here(origin_count * education_count * OutcomeCode::count, 0) {}
};

}  // namespace

void Recorder::record(World const& world, int month_number) {
  auto const& persons = world.persons;
  auto const& households = world.households;
  int const month = world.stream.month.index;
  std::size_t const n = world.districts.size();
  auto const series = person_series();
  std::size_t const S = series.size();
  auto const statuses = status_series();
  PlaceTable places{S, std::vector<std::int64_t>(n * origin_count * S, 0), std::vector<std::int64_t>(n * origin_count * pay_count, 0)};
  std::vector<std::int64_t> status_place(n * statuses.size(), 0);

  tbb::enumerable_thread_specific<Tally> tallies;
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    auto& tally = tallies.local();
    // Rows stand by district, so a block's persons are first counted by code, one increment each; the codes met are expanded
    // into series and added to the shared table once per district.
    auto& here = tally.here;
    auto& met = tally.met;
    std::array<std::int64_t, origin_count * pay_count> here_cents{};
    std::size_t district = n;
    auto const flush = [&] {
      if (district == n) return;
      std::array<std::int32_t, origin_count * 64> sums{};
      for (auto const k : met) {
        std::size_t const o = k / (education_count * OutcomeCode::count);
        for (std::uint64_t bits = series_of_code_[k % (education_count * OutcomeCode::count)]; bits != 0; bits &= bits - 1) sums[o * 64 + static_cast<std::size_t>(std::countr_zero(bits))] += here[k];
        here[k] = 0;
      }
      met.clear();
      for (std::size_t o = 0; o < origin_count; ++o)
        for (std::size_t s = 0; s < S; ++s)
          if (sums[o * 64 + s] != 0) add_shared(places.counts[(district * origin_count + o) * S + s], std::int64_t{sums[o * 64 + s]});
      for (std::size_t k = 0; k < here_cents.size(); ++k)
        if (here_cents[k] != 0) add_shared(places.cents[district * origin_count * pay_count + k], here_cents[k]);
      here_cents.fill(0);
    };
    for (std::size_t row = from; row != to; ++row) {
      auto const traits = persons.traits[row];
      if ((traits & (Persons::gone_bit | Persons::inert_bit)) != 0) continue;
      auto const h = persons.household[row];
      auto const state = households.state[h];
      auto const has = persons.has[row];
      int const years = (month - persons.birth[row]) / 12;
      auto const activity = persons.activity[row];
      auto const origin = static_cast<std::size_t>((traits >> 1) & 3U), school = static_cast<std::size_t>((traits >> 3) & 3U);
      OutcomeCode o;
      o.activity = activity;
      o.stage = static_cast<std::uint8_t>(years >= 18 ? ((has & has_account) != 0 ? 3 : 4) : years >= 3 && years < 17 ? ((has & has_school_place) != 0 ? 2 : 1) : 0);
      o.poverty = state & Households::poverty_bits;
      o.insured = (has & has_public_insurance) != 0 || (state & Households::insured_by_payroll_bit) != 0;
      o.recognised = (traits & Persons::recognised_bit) != 0;
      auto const m = persons.migrant[row];
      if (m != no_row) o.felt = world.migrants.felt[m] > month - 12;
      std::size_t const code = o.pack();
      std::size_t const demo = demo_code(origin, traits & 1U, age_group_of(years), school);
      ++tally.by_demo[demo * OutcomeCode::count + code];
      std::size_t const d = households.district[h];
      if (d != district) {
        flush();
        district = d;
      }
      auto const cell = static_cast<std::uint32_t>((origin * education_count + school) * OutcomeCode::count + code);
      if (here[cell]++ == 0) met.push_back(cell);
      std::int64_t const cents = persons.wage_cents[row];
      if (cents > 0) {
        tally.cents[demo * pay_count] += cents;
        here_cents[origin * pay_count] += cents;
        if (activity == Activity::payroll) {
          tally.cents[demo * pay_count + 1] += cents;
          here_cents[origin * pay_count + 1] += cents;
        }
        if (is_employee(activity)) {
          auto const e = persons.employer[row];
          auto& job = tally.jobs[world.employers.sector[e]][static_cast<std::size_t>(size_class_of(world.employers.workers[e]))][is_foreign(static_cast<Origin>(origin)) ? 1 : 0];
          ++job[0];
          if (activity == Activity::payroll) ++job[1];
          job[2] += cents;
        }
      }
      if (m == no_row) continue;
      auto const permit = static_cast<std::size_t>(world.migrants.permit[m]);
      ++tally.by_status[(permit * education_count + school) * OutcomeCode::count + code];
      tally.status_cents[permit * pay_count] += cents;
      if (activity == Activity::payroll) tally.status_cents[permit * pay_count + 1] += cents;
      for (std::size_t s = 0; s < statuses.size(); ++s)
        if (statuses[s].holds(world.migrants.permit[m], world.migrants.claim[m], world.migrants.stage[m])) {
          ++tally.status_demo[demo * 8 + s];
          add_shared(status_place[d * statuses.size() + s], std::int64_t{1});
        }
    }
    flush();
  });

  double const scale = world.people_per_agent;
  auto const people = [&](std::int64_t agents) { return static_cast<std::int64_t>(std::llround(static_cast<double>(agents) * scale)); };
  auto const soles = [&](std::int64_t cents) { return static_cast<std::int64_t>(std::llround(static_cast<double>(cents) * scale / 100)); };
  auto const put = [&](std::string const& name, std::size_t key, std::int64_t value) {
    auto const v = index_.at(name);
    auto const& variable = layout_.variables[v];
    std::size_t const keys = variable.dimension < 0 ? 1 : layout_.dimensions[static_cast<std::size_t>(variable.dimension)].keys.size();
    record_.values[v][static_cast<std::size_t>(month_number) * keys + key] += value;
  };
  bool const with_places = detail_ != Detail::totals;
  std::string const place_suffix = detail_ == Detail::districts ? "_by_district" : "_by_zone";
  auto const place_key = [&](std::size_t d) -> std::size_t { return detail_ == Detail::districts ? d : world.districts[d].zone; };

  // Persons: expand the joint histogram into series by each dimension, in agents, then write people.
  std::vector<std::int64_t> counts(demo_count * S, 0), cents(demo_count * pay_count, 0), status_counts(demo_count * statuses.size(), 0);
  std::vector<std::int64_t> by_status(permit_count * S, 0), status_cents(permit_count * pay_count, 0);
  std::array<std::array<std::array<std::array<std::int64_t, 5>, 2>, size_class_count>, sector_limit> jobs{};
  for (auto const& tally : tallies) {
    for (std::size_t demo = 0; demo < demo_count; ++demo) {
      std::size_t const school = demo % education_count;
      for (std::size_t code = 0; code < OutcomeCode::count; ++code) {
        auto const k = tally.by_demo[demo * OutcomeCode::count + code];
        if (k == 0) continue;
        for (std::uint64_t bits = series_of_code_[school * OutcomeCode::count + code]; bits != 0; bits &= bits - 1) counts[demo * S + static_cast<std::size_t>(std::countr_zero(bits))] += k;
      }
      for (std::size_t p = 0; p < pay_count; ++p) cents[demo * pay_count + p] += tally.cents[demo * pay_count + p];
      for (std::size_t s = 0; s < statuses.size(); ++s) status_counts[demo * statuses.size() + s] += tally.status_demo[demo * 8 + s];
    }
    for (std::size_t permit = 0; permit < permit_count; ++permit) {
      for (std::size_t school = 0; school < education_count; ++school)
        for (std::size_t code = 0; code < OutcomeCode::count; ++code) {
          auto const k = tally.by_status[(permit * education_count + school) * OutcomeCode::count + code];
          if (k == 0) continue;
          for (std::uint64_t bits = series_of_code_[school * OutcomeCode::count + code]; bits != 0; bits &= bits - 1) by_status[permit * S + static_cast<std::size_t>(std::countr_zero(bits))] += k;
        }
      for (std::size_t p = 0; p < pay_count; ++p) status_cents[permit * pay_count + p] += tally.status_cents[permit * pay_count + p];
    }
    for (std::size_t a = 0; a < sector_limit; ++a)
      for (std::size_t b = 0; b < size_class_count; ++b)
        for (std::size_t c = 0; c < 2; ++c)
          for (std::size_t k = 0; k < 3; ++k) jobs[a][b][c][k] += tally.jobs[a][b][c][k];
  }

  // One family of variables: a base name, its cell values by demography and by place and origin.
  auto const write_family = [&](std::string const& base, Group group, bool by_origin, auto const& cell, auto const& place_value, auto const& convert) {
    std::int64_t total = 0;
    std::array<std::int64_t, sex_count> sex{};
    std::array<std::int64_t, age_group_count> age{};
    std::array<std::int64_t, origin_count> origin{};
    std::array<std::int64_t, education_count> school{};
    for (std::size_t demo = 0; demo < demo_count; ++demo) {
      std::size_t const e = demo % education_count, a = demo / education_count % age_group_count, s = demo / (education_count * age_group_count) % sex_count,
                        o = demo / (education_count * age_group_count * sex_count);
      if (!in_group(group, static_cast<Origin>(o))) continue;
      std::int64_t const k = cell(demo);
      total += k;
      sex[s] += k;
      age[a] += k;
      origin[o] += k;
      school[e] += k;
    }
    put(base, 0, convert(total));
    for (std::size_t k = 0; k < sex_count; ++k) put(base + "_by_sex", k, convert(sex[k]));
    for (std::size_t k = 0; k < age_group_count; ++k) put(base + "_by_age", k, convert(age[k]));
    for (std::size_t k = 0; k < education_count; ++k) put(base + "_by_education", k, convert(school[k]));
    if (by_origin)
      for (std::size_t k = 0; k < origin_count; ++k) put(base + "_by_origin", k, convert(origin[k]));
    if (with_places) {
      auto const v = index_.at(base + place_suffix);
      std::size_t const keys = layout_.dimensions[dim_place].keys.size();
      for (std::size_t d = 0; d < n; ++d) record_.values[v][static_cast<std::size_t>(month_number) * keys + place_key(d)] += convert(place_value(d));
    }
  };
  for (auto group : groups) {
    for (std::size_t s = 0; s < S; ++s)
      write_family(
          prefixed(group, series[s].name), group, group == Group::all, [&](std::size_t demo) { return counts[demo * S + s]; },
          [&](std::size_t d) {
            std::int64_t sum = 0;
            for (std::size_t o = 0; o < origin_count; ++o)
              if (in_group(group, static_cast<Origin>(o))) sum += places.counts[(d * origin_count + o) * S + s];
            return sum;
          },
          people);
    for (std::size_t p = 0; p < pay_count; ++p)
      write_family(
          prefixed(group, pay_series[p].name), group, group == Group::all, [&](std::size_t demo) { return cents[demo * pay_count + p]; },
          [&](std::size_t d) {
            std::int64_t sum = 0;
            for (std::size_t o = 0; o < origin_count; ++o)
              if (in_group(group, static_cast<Origin>(o))) sum += places.cents[(d * origin_count + o) * pay_count + p];
            return sum;
          },
          soles);
  }
  for (std::size_t permit = 1; permit < permit_count; ++permit) {
    for (std::size_t s = 0; s < S; ++s) put(prefixed(Group::migrants, series[s].name) + "_by_status", permit - 1, people(by_status[permit * S + s]));
    for (std::size_t p = 0; p < pay_count; ++p) put(prefixed(Group::migrants, pay_series[p].name) + "_by_status", permit - 1, soles(status_cents[permit * pay_count + p]));
  }
  for (std::size_t s = 0; s < statuses.size(); ++s)
    write_family(
        statuses[s].name, Group::all, true, [&](std::size_t demo) { return status_counts[demo * statuses.size() + s]; },
        [&](std::size_t d) { return status_place[d * statuses.size() + s]; }, people);

  std::int64_t employee_cents = 0;
  for (std::size_t a = 0; a < setup_.country.sectors.size(); ++a)
    for (std::size_t b = 0; b < size_class_count; ++b) {
      auto const& j = jobs[a][b];
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
      if (with_places && k != 0) put(base + place_suffix, place_key(d), k);
    }
    put(base, 0, total);
  };
  auto const flow_rows = flow_series();
  for (std::size_t f = 0; f < flow_rows.size(); ++f) put_places(flow_rows[f].name, [&](std::size_t d) { return people(world.flows[f * n + d]); });
  auto const hosts_in = [&](std::size_t d) { return places.counts[(d * origin_count + 0) * S] + places.counts[(d * origin_count + 1) * S]; };
  auto const migrants_in = [&](std::size_t d) { return places.counts[(d * origin_count + 2) * S] + places.counts[(d * origin_count + 3) * S]; };
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

ReplicateRecord Recorder::take(std::uint64_t state_hash) {
  record_.state_hash = state_hash;
  return std::move(record_);
}

}  // namespace arraigo
