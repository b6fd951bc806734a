#include "record/recorder.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/parallel.hpp"
#include "core/prefetch.hpp"
#include "record/cell.hpp"
#include "record/series.hpp"

namespace arraigo {
namespace {

constexpr std::size_t status_limit = 8;

/// Sums kept beside counts: cents of the month.
enum class Pay : std::uint8_t { labour_income, formal_pay, count };
constexpr std::size_t pay_count = static_cast<std::size_t>(Pay::count);
static_assert(pay_count == pay_sums);
struct PaySeries {
  char const* name;
  Text title, definition;
};
constexpr std::array<PaySeries, pay_count> pay_series{{{"labour_income", {"ingreso laboral", "labour income"}, {"Suma de ingresos del trabajo principal, antes de aportes y retenciones", "Sum of pay of the main job, before contributions and withholding"}},
                                                       {"payroll_pay", {"sueldos en planilla", "payroll pay"}, {"Suma de sueldos de los contratos en planilla", "Sum of pay of payroll contracts"}}}};

/// Weekly hours of the main job, of which there are two kinds: they follow from counts.
constexpr Text hours_title{"horas semanales", "weekly hours"}, hours_definition{"Suma de horas a la semana del trabajo principal: las usuales, o las de un empleo abusivo", "Sum of weekly hours of the main job: the usual ones, or those of an abusive job"};

/// What is compared between the sexes.
constexpr std::array<std::string_view, 6> series_of_women{"working_age", "active", "employed", "payroll", "labour_income", "hours"};
/// Whether a series is recorded of a group.
bool is_recorded_of(Group group, std::string_view name, bool holding) {
  if (is_of_women(group)) return std::find(series_of_women.begin(), series_of_women.end(), name) != series_of_women.end();
  return group != Group::hosts || !holding;
}

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

enum Dim : int { dim_place, dim_sex, dim_age, dim_origin, dim_education, dim_status, dim_group, dim_sector, dim_size, dim_service, dim_line, dim_payer, dim_count };

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
  all[dim_group] = dimension_of("group", person_group_names, 0, recorded_groups, {"grupo (los grupos se traslapan)", "group (groups overlap)"});
  all[dim_size] = dimension_of("size", size_class_names, 0, size_class_count, {"tamaño de empresa", "firm size"});
  all[dim_service] = dimension_of("service", service_names, 0, service_count, {"servicio", "service"});
  all[dim_line] = dimension_of("account_line", line_names, 0, line_count, {"línea de cuentas públicas", "line of public accounts"});
  all[dim_payer] = dimension_of("payer", payer_names, 0, payer_count, {"quién paga", "who pays"});
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

constexpr std::array<Group, group_count> groups{Group::all, Group::hosts, Group::migrants, Group::women, Group::migrant_women};

/// How near services are: sums over people and services.
struct ReachSeries {
  char const* name;
  char const* units;
  Text title, definition;
};
constexpr std::array<ReachSeries, 4> reach_series{{{"service_minutes", "minutes", {"minutos de viaje al servicio", "minutes of travel to the service"}, {"Suma sobre personas del viaje al punto abierto que más conviene, por viaje y espera, de cada servicio", "Sum over people of the journey to the open point that suits best, by travel and wait, of each service"}},
                                                   {"service_reached", "people", {"con el servicio a su alcance", "within reach of the service"}, {"Personas desde cuyo distrito se llega a un punto abierto, por cada servicio", "People from whose district an open point is reached, for each service"}},
                                                   {"service_within_hour", "people", {"a menos de una hora del servicio", "within an hour of the service"}, {"Personas a sesenta minutos o menos de ese punto, por cada servicio", "People at sixty minutes or less from that point, for each service"}},
                                                   {"service_people", "people", {"personas por servicio", "people by service"}, {"Residentes, por cada servicio que existe en el modelo", "Residents, for each service that the model has"}}}};
constexpr float near_minutes = 60;

/// By what the series of a group of persons are recorded: what would say nothing of them is left out.
std::vector<int> dimensions_of(Group group) {
  std::vector<int> dims{dim_place};
  if (!is_of_women(group)) dims.push_back(dim_sex);
  dims.push_back(dim_age);
  if (group == Group::all || group == Group::women) dims.push_back(dim_origin);
  dims.push_back(dim_education);
  if (group == Group::migrants || group == Group::migrant_women) dims.push_back(dim_status);
  dims.push_back(dim_group);
  return dims;
}
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
  auto const add = [&](std::string const& base, char const* units, std::string const& es, std::string const& en, Text definition, std::vector<int> const& dims) {
    layout.variables.push_back({base, base, -1, units, es, en, definition.es, definition.en});
    for (int d : dims) {
      if (d == dim_place && detail == Detail::totals) continue;
      auto const& dimension = layout.dimensions[static_cast<std::size_t>(d)];
      layout.variables.push_back({base + "_by_" + dimension.name, base, d, units, es, en, definition.es, definition.en});
    }
  };
  for (auto group : groups) {
    auto const add_of_group = [&](char const* name, char const* units, Text title, Text definition, bool holding) {
      if (is_recorded_of(group, name, holding)) add(prefixed(group, name), units, titled(group, title, Lang::es), titled(group, title, Lang::en), definition, dimensions_of(group));
    };
    for (auto const& s : person_series()) add_of_group(s.name, "people", s.title, s.definition, s.holds == nullptr);
    for (auto const& s : pay_series) add_of_group(s.name, "soles", s.title, s.definition, false);
    add_of_group("hours", "hours", hours_title, hours_definition, false);
  }
  for (auto const& s : status_series()) add(s.name, "people", s.title.es, s.title.en, s.definition, {dim_place, dim_sex, dim_age, dim_origin, dim_education, dim_group});
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
  add("new_applications", "people", "solicitudes de un permiso nuevo", "applications for a new permit", {"Presentadas en el mes por quienes no renuevan, por el permiso que piden", "Filed in the month by those who do not renew, by the permit that they ask for"}, {dim_status});
  add("new_permits", "people", "permisos nuevos", "new permits", {"Los que empiezan a valer en el mes, por el permiso", "Those that begin to hold in the month, by permit"}, {dim_status});
  add("hostile_hosts", "people", "peruanos hostiles", "hostile hosts", {"Peruanos por la proporción hostil de su distrito", "Hosts times their district's hostile share"}, {dim_place});
  add("office_minutes", "minutes", "minutos de viaje a la oficina migratoria", "minutes of travel to the migration office", {"Suma sobre migrantes del viaje al punto abierto que más conviene por viaje y espera", "Sum over migrants of the journey to the open point that suits best by travel and wait"}, {dim_place});
  add("office_reached", "people", "migrantes con oficina migratoria a su alcance", "migrants within reach of a migration office", {"Migrantes desde cuyo distrito se llega a un punto abierto", "Migrants from whose district an open point is reached"}, {dim_place});
  add("firms", "firms", "empresas", "firms", {"Empleadores con personal", "Employers with staff"}, {dim_size});
  add("formal_firms", "firms", "empresas con planilla", "firms with payroll", {"Con al menos un trabajador en planilla", "With at least one worker on the payroll"}, {dim_size});
  add("firms_with_foreigners", "firms", "empresas con extranjeros en planilla", "firms with foreigners on the payroll", {"Con al menos un trabajador sujeto a la cuota", "With at least one worker who counts under the quota"}, {dim_size});
  for (auto const& [name, title] : service_kinds)
    add(name, std::string_view(name) == "service_wait" ? "months" : "people", title.es, title.en, {"En el mes", "In the month"}, {dim_place, dim_service});
  for (auto const& s : reach_series) add(s.name, s.units, s.title.es, s.title.en, s.definition, {dim_place, dim_service});
  add("service_queue", "people", "en cola", "waiting", {"Esperan al fin del mes", "Waiting at the month's end"}, {dim_service});
  add("service_capacity", "people", "capacidad", "capacity", {"Atenciones por mes, o plazas", "Served a month, or places"}, {dim_service});
  add("service_places_in_use", "people", "plazas ocupadas", "places in use", {"Al fin del mes", "At the month's end"}, {dim_service});
  add("public_accounts", "soles", "saldo público", "public balance", {"Ingresos menos gasto público del mes, soles de 2025; cada línea de gasto es todo lo gastado, lo pague quien lo pague", "Revenue less public cost of the month, soles of 2025; each line of cost is all that was spent, whoever pays"}, {dim_line});
  add("public_revenue", "soles", "ingresos públicos", "public revenue", {"Suma de las líneas de ingreso", "Sum of the revenue lines"}, {});
  add("public_cost", "soles", "gasto público", "public cost", {"Suma de las líneas de gasto, menos lo que pagan la cooperación y el sector privado", "Sum of the cost lines, less what donors and the private sector pay"}, {});
  add("programme_cost", "soles", "gasto total", "total cost", {"Suma de las líneas de gasto, lo pague el Estado, la municipalidad, la cooperación o el sector privado", "Sum of the cost lines, whether the state, the municipality, donors or the private sector pay"}, {dim_payer});
  return layout;
}

/// What one thread counts of persons: by demographic cell, by status and sex, by district and side (origin class and sex) and
/// by membership in groups and side. One addition counts a person in all series of a cell at once. A cell that has seen 255 people
/// is emptied into its sums. What is touched for the rows of one district is small enough to stay in the nearest cache.
struct Recorder::Tally {
  std::array<Cell, demo_count> demo{};
  std::array<Cell, permit_count * sex_count> status{};
  std::array<Cell, side_count * membership_count> member{};
  std::array<std::uint8_t, side_count * membership_count> has_members{};  ///< whether the sums of a membership hold anything: few of them do, and all are long
  std::vector<Cell> place;                          // [district][side]
  static constexpr std::size_t no_district = static_cast<std::size_t>(-1);
  std::size_t near_district = no_district;
  std::vector<std::int64_t> near;                   // [side][column] of that district
  std::vector<std::int64_t> demos, statuses, members;  // sums: [cell][column]
  std::vector<std::int32_t> status_demo, status_place, status_member;  // [cell][status series]; places without sides, members [sex][membership]
  /// [sector and size][foreign]: people, above them those on a payroll; cents
  std::array<std::array<Cell::Pair, 2>, sector_limit * size_class_count> jobs{};
  static constexpr std::uint64_t on_payroll = 1ULL << 32;
  Tally(std::size_t columns, std::size_t districts)
      : place(districts * side_count), near(side_count * columns, 0), demos(demo.size() * columns, 0), statuses(status.size() * columns, 0), members(member.size() * columns, 0), status_demo(demo.size() * status_limit, 0),
        status_place(districts * status_limit, 0), status_member(sex_count * membership_count * status_limit, 0) {}

  /// Adds what the cell has counted to a row of sums, and empties it; zeros are added too, without a look at which they are.
  static void empty(Cell& cell, std::size_t coded, std::int64_t* sums) {
    auto const add_bytes = [&](std::size_t word, std::int64_t* to) {
      for (std::uint64_t bytes = cell.word(word), k = 0; k < 8; ++k) to[k] += static_cast<std::int64_t>(bytes >> (8 * k) & 0xffU);
    };
    for (std::size_t w = 0; w < Cell::seen_word; ++w) add_bytes(w, sums + 8 * w);  // beyond the last series with a code they are zero
    for (std::size_t w = Cell::holding_word; w < Cell::cents_word; ++w) add_bytes(w, sums + coded + 8 * (w - Cell::holding_word));
    for (std::size_t p = 0; p < pay_count; ++p) sums[coded + holding_count + p] += static_cast<std::int64_t>(cell.word(Cell::cents_word + p));
    cell = {};
  }
  /// The same of a district's cell. The sums of districts are shared by all threads, since there are too many for each to have its
  /// own: those of the district at hand are kept here until another comes, as rows stand by district but for who has moved.
  void empty_place(std::size_t cell, std::size_t coded, std::size_t columns, std::int64_t* shared) {
    if (cell / side_count != near_district) {
      share_near(columns, shared);
      near_district = cell / side_count;
    }
    empty(place[cell], coded, near.data() + cell % side_count * columns);
  }
  void share_near(std::size_t columns, std::int64_t* shared) {
    if (near_district == no_district) return;
    for (std::size_t k = 0; k < near.size(); ++k)
      if (near[k] != 0) add_shared(shared[near_district * side_count * columns + k], std::exchange(near[k], 0));
    near_district = no_district;
  }
  void empty_member(std::size_t cell, std::size_t coded, std::size_t columns) {
    has_members[cell] = 1;
    empty(member[cell], coded, members.data() + cell * columns);
  }
  template <class Cells>
  static void empty_all(Cells& cells, std::size_t coded, std::size_t columns, std::vector<std::int64_t>& sums) {
    for (std::size_t k = 0; k < cells.size(); ++k)
      if (cells[k].seen() != 0) empty(cells[k], coded, sums.data() + k * columns);
  }
};

/// What all threads have counted, in columns: series, then hundredths of what is summed. Membership is resolved into groups.
struct Recorder::Sums {
  std::size_t width;
  std::vector<std::int64_t> demo;    // [origin, sex, age, education]
  std::vector<std::int64_t> status;  // [permit][sex]
  std::vector<std::int64_t> group;   // [side][group]
  std::vector<std::int64_t> place;   // [district][side]
  Sums(std::size_t columns, std::size_t districts)
      : width(columns), demo(demo_count * columns, 0), status(permit_count * sex_count * columns, 0), group(side_count * recorded_groups * columns, 0), place(districts * side_count * columns, 0) {}
  template <class F>
  void for_tables(F&& f) {
    f(demo), f(status), f(group), f(place);
  }
  /// Adds a thread's table and empties it; what it has beyond the columns is padding.
  template <class T>
  void take(std::vector<std::int64_t>& table, std::vector<T>& from, std::size_t stride) {
    for (std::size_t cell = 0; cell * stride < from.size(); ++cell)
      for (std::size_t k = 0; k < width; ++k) table[cell * width + k] += std::exchange(from[cell * stride + k], T{0});
  }
  /// The same of memberships, each into all of its groups. `sides` are those that the table has, the last ones; `holds(cell)`
  /// says whether there is anything in a cell, and is asked once.
  template <class T, class Holds>
  void take_members(std::vector<T>& from, std::size_t stride, std::size_t sides, Holds const& holds) {
    for (std::size_t cell = 0; cell * stride < from.size(); ++cell) {
      if (!holds(cell)) continue;
      std::size_t const side = side_count - sides + cell / membership_count, membership = cell % membership_count;
      for (std::size_t g = 0; g < recorded_groups; ++g)
        if (belongs(membership, side >= sex_count, static_cast<Sex>(side % sex_count), static_cast<PersonGroup>(g)))
          for (std::size_t k = 0; k < width; ++k) group[(side * recorded_groups + g) * width + k] += from[cell * stride + k];
      std::fill_n(from.begin() + static_cast<std::ptrdiff_t>(cell * stride), stride, T{0});
    }
  }
};

/// The sums of one group of persons by each dimension: [key][column].
struct Recorder::OfGroup {
  std::size_t width;
  std::vector<std::int64_t> total, sex, age, origin, education, status, group, place;

  OfGroup(Sums const& sums, Group of, std::size_t districts)
      : width(sums.width), total(width, 0), sex(sex_count * width, 0), age(age_group_count * width, 0), origin(origin_count * width, 0), education(education_count * width, 0), status((permit_count - 1) * width, 0),
        group(recorded_groups * width, 0), place(districts * width, 0) {
    auto const add = [&](std::vector<std::int64_t>& to, std::size_t key, std::vector<std::int64_t> const& from, std::size_t cell) {
      for (std::size_t k = 0; k < width; ++k) to[key * width + k] += from[cell * width + k];
    };
    for (std::size_t o = 0, cell = 0; o < origin_count; ++o)
      for (std::size_t s = 0; s < sex_count; ++s)
        for (std::size_t a = 0; a < age_group_count; ++a)
          for (std::size_t e = 0; e < education_count; ++e, ++cell) {
            if (!in_group(of, is_foreign(static_cast<Origin>(o)), static_cast<Sex>(s))) continue;
            add(total, 0, sums.demo, cell);
            add(sex, s, sums.demo, cell);
            add(age, a, sums.demo, cell);
            add(origin, o, sums.demo, cell);
            add(education, e, sums.demo, cell);
          }
    for (std::size_t permit = 1; permit < permit_count; ++permit)
      for (std::size_t s = 0; s < sex_count; ++s)
        if (in_group(of, true, static_cast<Sex>(s))) add(status, permit - 1, sums.status, permit * sex_count + s);
    for (std::size_t side = 0; side < side_count; ++side) {
      if (!in_group(of, side >= sex_count, static_cast<Sex>(side % sex_count))) continue;
      for (std::size_t g = 0; g < recorded_groups; ++g) add(group, g, sums.group, side * recorded_groups + g);
      for (std::size_t d = 0; d < districts; ++d) add(place, d, sums.place, d * side_count + side);
    }
  }
};

Recorder::~Recorder() = default;

Recorder::Recorder(Setup const& setup, Detail detail) : setup_(setup), detail_(detail), layout_(record_layout(setup, detail)) {
  for (std::size_t v = 0; v < layout_.variables.size(); ++v) {
    auto const& variable = layout_.variables[v];
    if (!index_.emplace(variable.name, v).second) throw BugError("the record has two variables named " + variable.name);
    record_.values.emplace_back(static_cast<std::size_t>(layout_.months) * keys_of(v), 0);
    if (variable.base != "public_accounts" && variable.base != "public_cost") not_below_zero_.push_back(v);
  }
  // A place says more of where the error is than a total.
  std::stable_partition(not_below_zero_.begin(), not_below_zero_.end(), [&](std::size_t v) { return layout_.variables[v].dimension == dim_place; });
  auto const series = person_series();
  bits_of_code_.resize(education_count * OutcomeCode::count, 1U << Cell::seen_bit);
  for (std::size_t school = 0; school < education_count; ++school)
    for (std::size_t code = 0; code < OutcomeCode::count; ++code)
      for (std::size_t s = 0; s < coded_series_count(); ++s)
        if (series[s].holds(OutcomeCode::unpack(code), static_cast<Education>(school))) bits_of_code_[school * OutcomeCode::count + code] |= 1U << s;
  auto const statuses = status_series();
  if (statuses.size() > status_limit) throw BugError("more status series than there is room for");
  for (std::size_t k = 0; k < series_of_status_.size(); ++k)
    for (std::size_t s = 0; s < statuses.size(); ++s)
      if (statuses[s].holds(static_cast<Permit>(k / 16), static_cast<Claim>(k / 4 % 4), static_cast<CaseStage>(k % 4))) series_of_status_[k] |= static_cast<std::uint8_t>(1U << s);

  for (auto const group : groups) {
    auto const add = [&](std::string_view name, std::size_t column, bool holding, bool is_count) {
      if (is_recorded_of(group, name, holding)) families_[static_cast<std::size_t>(group)].push_back(family(prefixed(group, std::string(name).c_str()), column, is_count));
    };
    for (std::size_t s = 0; s < series.size(); ++s) add(series[s].name, s, series[s].holds == nullptr, true);
    for (std::size_t p = 0; p < pay_count; ++p) add(pay_series[p].name, series.size() + p, false, false);
    add("hours", series.size() + pay_count, false, false);
  }
  for (std::size_t s = 0; s < statuses.size(); ++s) status_families_.push_back(family(statuses[s].name, s, true));

  auto const terms = [&](std::vector<std::string> const& written) {
    std::vector<Headline::Term> found;
    for (auto const& term : written) {
      bool const subtracts = term.starts_with('-');
      found.push_back({index_.at(subtracts ? term.substr(1) : term), subtracts ? -1 : 1});
    }
    return found;
  };
  for (auto const& indicator : layout_.indicators)
    if (indicator.headline)
      headlines_.push_back({&indicator, {terms(indicator.numerator), terms(indicator.denominator), terms(indicator.reference_numerator), terms(indicator.reference_denominator)}});
}

/// The variables of a family, found by name once.
Recorder::Family Recorder::family(std::string const& base, std::size_t column, bool is_count) const {
  auto const find = [&](std::string const& name) {
    auto const found = index_.find(name);
    return found == index_.end() ? Family::none : found->second;
  };
  Family f;
  f.column = column;
  f.is_count = is_count;
  f.total = index_.at(base);
  f.sex = find(base + "_by_sex");
  f.age = find(base + "_by_age");
  f.education = find(base + "_by_education");
  f.origin = find(base + "_by_origin");
  f.status = find(base + "_by_status");
  f.group = find(base + "_by_group");
  f.place = find(base + place_suffix());
  return f;
}

std::size_t Recorder::keys_of(std::size_t v) const {
  auto const dimension = layout_.variables[v].dimension;
  return dimension < 0 ? 1 : layout_.dimensions[static_cast<std::size_t>(dimension)].keys.size();
}

char const* Recorder::place_suffix() const { return detail_ == Detail::districts ? "_by_district" : "_by_zone"; }

/// How the persons of a month are counted, part by part.
struct Recorder::Counting {
  World const& world;
  std::size_t coded, columns;
  std::vector<std::uint8_t> const& job_cell;  ///< of employers: sector and size
  PersonTables const& shared_tables;
  std::vector<std::uint32_t> const& bits_of_code;
  std::array<std::uint8_t, permit_count * 16> const& series_of_status;
  std::vector<std::int64_t>& sums_of_places;

  /// A person of whom is known what to count. Rows are looked at some at a time and counted then: this, one word for what a row
  /// means instead of a table for each part of it, and cells emptied without branches took 0.88 of the record's time before (all of
  /// Peru at one agent for two people, one thread).
  struct Seen {
    std::uint64_t word;
    std::uint32_t row;
    std::uint16_t holdings, district;
  };
  static constexpr std::size_t rows_per_part = 16 * rows_per_block, rows_at_once = 128, ahead = 32;
  template <class Cells>
  void count(std::size_t part, Tally& tally) const;
  /// The same for processors with vectors of 64 bytes.
  ARRAIGO_WIDE_CELLS void count_wide(std::size_t part, Tally& tally) const;
};

template <class Cells>
[[gnu::always_inline]] inline void Recorder::Counting::count(std::size_t part, Tally& tally) const {
  auto const& persons = world.persons;
  auto const& households = world.households;
  int const month = world.stream.month.index;
  std::size_t const W = columns;
  std::size_t const to = std::min(persons.size(), (part + 1) * rows_per_part);
  PersonTables const tables = shared_tables;  // on this thread's stack, with no pointer to it
  // Plain pointers of this function's own: through the vectors they would be read anew after every count.
  std::uint8_t const* const traits_of = persons.traits.data();
  std::uint32_t const* const household_of = persons.household.data();
  std::uint16_t const* const has_of = persons.has.data();
  std::int16_t const* const birth_of = persons.birth.data();
  Activity const* const activity_of = persons.activity.data();
  std::uint32_t const* const wage_of = persons.wage_cents.data();
  std::uint8_t const* const state_of = households.state.data();
  std::uint16_t const* const district_of = households.district.data();
  std::uint32_t const* const bits_of = bits_of_code.data();
  std::uint32_t const* const migrant_of = persons.migrant.data();
  std::uint8_t const* const groups_of = persons.groups.data();
  std::uint32_t const* const employer_of = persons.employer.data();
  std::uint8_t const* const job_of = job_cell.data();
  std::size_t const employers = world.employers.size();
  std::uint8_t const* const members_of = households.members.data();
  for (std::size_t row = part * rows_per_part; row != to;) {
    std::array<Seen, rows_at_once> seen;
    std::array<std::uint8_t, rows_at_once> foreign, employee, job;
    std::size_t count = 0, foreigners = 0, employees = 0;
    std::array<std::uint16_t, rows_at_once> self, age, life;
    std::size_t const first = row, end = std::min(to, row + rows_at_once);
    auto const age_months = [&](std::size_t i) { return static_cast<std::int16_t>(month - birth_of[first + i]); };
    for (std::size_t i = 0; i < end - first; ++i) self[i] = PersonTables::self_code(traits_of[first + i], activity_of[first + i]);
    for (std::size_t i = 0; i < end - first; ++i) age[i] = PersonTables::age_code(age_months(i), has_of[first + i]);
    for (std::size_t i = 0; i < end - first; ++i) life[i] = PersonTables::life_code(age_months(i), traits_of[first + i], activity_of[first + i], groups_of[first + i]);
    // Written always and counted when it counts: nothing here depends on chance, so that many rows are looked at side by side.
    for (; row != end; ++row) {
      std::size_t const i = row - first;
      auto const h = household_of[row];
      auto& one = seen[count];
      one.word = tables.word(self[i], age[i], life[i], has_of[row], state_of[h], members_of[h]);
      one.row = static_cast<std::uint32_t>(row);
      one.district = district_of[h];
      one.holdings = static_cast<std::uint16_t>(tables.holdings(one.word));
      foreign[foreigners] = static_cast<std::uint8_t>(count);
      std::size_t const here = (traits_of[row] & (Persons::gone_bit | Persons::inert_bit)) == 0 ? 1 : 0;
      foreigners += PersonTables::is_foreign(one.word) ? here : 0;
      employee[employees] = static_cast<std::uint8_t>(count);
      employees += employer_of[row] < employers ? here : 0;
      count += here;
    }
    // Migrants stand in the order of persons: those of the rows after these follow on them.
    if (foreigners != 0) {
      auto const& x = world.migrants;
      auto const m = std::min<std::size_t>(migrant_of[seen[foreign[foreigners - 1]].row] + ahead, x.size() - 1);
      prefetch(&x.felt[m], &x.arrival[m], &x.permit[m], &x.claim[m], &x.stage[m]);
    }
    for (std::size_t k = 0; k < foreigners; ++k) {
      auto& one = seen[foreign[k]];
      auto const m = migrant_of[one.row];
      one.word += world.migrants.felt[m] > month - 12 ? PersonTables::felt : 0;
      one.word += month - world.migrants.arrival[m] < world.groups.newcomer_months ? PersonTables::newcomer : 0;
      one.holdings = static_cast<std::uint16_t>(tables.holdings(one.word, PersonTables::holder(world.migrants.permit[m], world.migrants.claim[m] == Claim::pending)));
    }
    auto const counts_of = [&](Seen const& one) -> Cell::Counts {
      std::uint64_t const cents = wage_of[one.row];
      return {bits_of[PersonTables::code(one.word)] | static_cast<std::uint64_t>(one.holdings) << Cell::first_holding, cents, cents & (0 - PersonTables::on_payroll(one.word))};
    };
    for (std::size_t k = 0; k < count; ++k) {
      auto const& one = seen[k];
      auto const counts = counts_of(one);
      std::size_t const demo = PersonTables::demo(one.word), member = PersonTables::member(one.word), place = one.district * side_count + member / membership_count;
      auto& of_demo = tally.demo[demo];
      Cells::add(of_demo, counts);
      if (of_demo.seen() == 255) Tally::empty(of_demo, coded, tally.demos.data() + demo * W);
      auto& of_member = tally.member[member];
      Cells::add(of_member, counts);
      if (of_member.seen() == 255) tally.empty_member(member, coded, W);
      auto& here = tally.place[place];
      Cells::add(here, counts);
      if (here.seen() == 255) tally.empty_place(place, coded, W, sums_of_places.data());
    }
    // Of firms' cells, which lie far apart, many are asked for before any is waited for.
    for (std::size_t k = 0; k < employees; ++k) job[k] = job_of[employer_of[seen[employee[k]].row]];
    for (std::size_t k = 0; k < employees; ++k) {
      auto const& one = seen[employee[k]];
      tally.jobs[job[k]][PersonTables::is_foreign(one.word) ? 1 : 0] += Cell::Pair{1 + Tally::on_payroll * PersonTables::on_payroll(one.word), wage_of[one.row]};
    }
    for (std::size_t k = 0; k < foreigners; ++k) {
      auto const& one = seen[foreign[k]];
      auto const m = migrant_of[one.row];
      std::size_t const permit = static_cast<std::size_t>(world.migrants.permit[m]), member = PersonTables::member(one.word), sex = member / membership_count % sex_count, status = permit * sex_count + sex;
      auto& of_status = tally.status[status];
      Cells::add(of_status, counts_of(one));
      if (of_status.seen() == 255) Tally::empty(of_status, coded, tally.statuses.data() + status * W);
      for (unsigned bits = series_of_status[permit * 16 + static_cast<std::size_t>(world.migrants.claim[m]) * 4 + static_cast<std::size_t>(world.migrants.stage[m])]; bits != 0; bits &= bits - 1) {
        auto const s = static_cast<std::size_t>(std::countr_zero(bits));
        ++tally.status_demo[PersonTables::demo(one.word) * status_limit + s];
        ++tally.status_member[(sex * membership_count + member % membership_count) * status_limit + s];
        ++tally.status_place[one.district * status_limit + s];
      }
    }
  }
}

void Recorder::Counting::count_wide(std::size_t part, Tally& tally) const { count<WideCells>(part, tally); }

void Recorder::record(World const& world, int month_number) {
  auto const& persons = world.persons;
  std::size_t const n = world.districts.size();
  std::size_t const coded = coded_series_count(), W = person_series().size() + pay_count + 1;  // the last column is hours
  auto const statuses = status_series();
  Sums sums(W, n), status_sums(statuses.size(), n);
  auto const& params = setup_.params;
  std::vector<std::uint8_t> job_cell(world.employers.size());
  for_blocks(world.employers.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t e = from; e != to; ++e)
      job_cell[e] = static_cast<std::uint8_t>(world.employers.sector[e] * size_class_count + static_cast<std::size_t>(size_class_of(world.employers.workers[e])));
  });
  PersonTables const shared_tables(world);

  Counting const counting{world, coded, W, job_cell, shared_tables, bits_of_code_, series_of_status_, sums.place};
  bool const wide = WideCells::can();
  for_each_index((persons.size() + Counting::rows_per_part - 1) / Counting::rows_per_part, [&](std::size_t part) {
    auto& own = tallies_.local();
    if (!own) own = std::make_unique<Tally>(W, n);
    if (wide) counting.count_wide(part, *own);
    else counting.count<NarrowCells>(part, *own);
  });

  double const scale = world.people_per_agent;
  auto const people = [&](std::int64_t agents) { return static_cast<std::int64_t>(std::llround(static_cast<double>(agents) * scale)); };
  auto const soles = [&](std::int64_t cents) { return static_cast<std::int64_t>(std::llround(static_cast<double>(cents) * scale / 100)); };
  auto const at = [&](std::size_t v) { return record_.values[v].begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(month_number) * keys_of(v)); };
  auto const put = [&](std::string const& name, std::size_t key, std::int64_t value) { *(at(index_.at(name)) + static_cast<std::ptrdiff_t>(key)) += value; };
  bool const with_places = detail_ != Detail::totals;
  std::vector<std::size_t> place_keys;  // of districts; none where places are not recorded
  for (std::size_t d = 0; with_places && d < n; ++d) place_keys.push_back(detail_ == Detail::districts ? d : world.districts[d].zone);

  // Persons: the threads' tables are added up and emptied for the next month.
  std::array<std::array<std::array<std::int64_t, 3>, 2>, sector_limit * size_class_count> jobs{};
  for (auto const& own : tallies_) {
    auto& tally = *own;
    Tally::empty_all(tally.demo, coded, W, tally.demos);
    Tally::empty_all(tally.status, coded, W, tally.statuses);
    for (std::size_t cell = 0; cell < tally.member.size(); ++cell)
      if (tally.member[cell].seen() != 0) tally.empty_member(cell, coded, W);
    tally.share_near(W, sums.place.data());
    Tally::empty_all(tally.place, coded, W, sums.place);
    sums.take(sums.demo, tally.demos, W);
    sums.take(sums.status, tally.statuses, W);
    sums.take_members(tally.members, W, side_count, [&](std::size_t cell) { return std::exchange(tally.has_members[cell], std::uint8_t{0}) != 0; });
    status_sums.take(status_sums.demo, tally.status_demo, status_limit);
    status_sums.take_members(tally.status_member, status_limit, sex_count, [&](std::size_t cell) {
      auto const first = tally.status_member.begin() + static_cast<std::ptrdiff_t>(cell * status_limit);
      return std::any_of(first, first + static_cast<std::ptrdiff_t>(status_limit), [](auto x) { return x != 0; });
    });
    for (std::size_t d = 0; d < n; ++d)
      for (std::size_t s = 0; s < statuses.size(); ++s) status_sums.place[d * side_count * statuses.size() + s] += std::exchange(tally.status_place[d * status_limit + s], 0);
    for (std::size_t a = 0; a < jobs.size(); ++a)
      for (std::size_t c = 0; c < 2; ++c) {
        auto const job = std::exchange(tally.jobs[a][c], Cell::Pair{});
        jobs[a][c][0] += static_cast<std::int64_t>(job[0] % Tally::on_payroll);
        jobs[a][c][1] += static_cast<std::int64_t>(job[0] / Tally::on_payroll);
        jobs[a][c][2] += static_cast<std::int64_t>(job[1]);
      }
  }
  // Hours: those of who is employed without abuse, and with it.
  std::int64_t const usual = std::llround(100 * params.labour_usual_hours_per_week), abusive = std::llround(100 * params.labour_abusive_hours_per_week);
  auto const column = [](std::string_view name) { return static_cast<std::size_t>(std::find_if(person_series().begin(), person_series().end(), [&](PersonSeries const& s) { return s.name == name; }) - person_series().begin()); };
  std::size_t const employed = column("employed"), exploited = column("exploited");
  sums.for_tables([&](std::vector<std::int64_t>& table) {
    for (auto cell = table.begin(); cell != table.end(); cell += static_cast<std::ptrdiff_t>(W)) {
      std::int64_t const abused = *(cell + static_cast<std::ptrdiff_t>(exploited));
      *(cell + static_cast<std::ptrdiff_t>(W - 1)) = usual * (*(cell + static_cast<std::ptrdiff_t>(employed)) - abused) + abusive * abused;
    }
  });
  // Each writes variables of its own.
  for_each_index(group_count + 1, [&](std::size_t k) {
    if (k < group_count) write_families(families_[k], OfGroup(sums, groups[k], place_keys.size()), scale, month_number, place_keys);
    else write_families(status_families_, OfGroup(status_sums, Group::all, place_keys.size()), scale, month_number, place_keys);
  });
  auto const people_in = [&](std::size_t d, bool foreign) { return sums.place[(d * side_count + side_of(foreign, 0)) * W] + sums.place[(d * side_count + side_of(foreign, 1)) * W]; };

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
  auto const as_whole = [&](auto value, std::string const& name, std::size_t d) {
    if constexpr (std::is_floating_point_v<decltype(value)>) return whole(value, name, setup_.area[d], month_number);
    else return value;
  };
  auto const put_places = [&](std::string const& base, auto const& value) {
    auto const places = with_places ? at(index_.at(base + place_suffix())) : record_.values.front().begin();
    std::int64_t total = 0;
    for (std::size_t d = 0; d < n; ++d) {
      std::int64_t const k = as_whole(value(d), base, d);
      total += k;
      if (with_places) *(places + static_cast<std::ptrdiff_t>(place_keys[d])) += k;
    }
    put(base, 0, total);
  };
  auto const flow_rows = flow_series();
  for (std::size_t f = 0; f < flow_rows.size(); ++f) put_places(flow_rows[f].name, [&](std::size_t d) { return people(world.flows[f * n + d]); });
  for (auto const& [name, counts] : {std::pair{"new_applications", &world.cases_filed}, std::pair{"new_permits", &world.permits_given}})
    for (std::size_t permit = 1; permit < permit_count; ++permit) {
      put(name, 0, people((*counts)[permit]));
      put(std::string(name) + "_by_status", permit - 1, people((*counts)[permit]));
    }
  put_places("hostile_hosts", [&](std::size_t d) { return world.hostility(d) * static_cast<double>(people_in(d, false)) * scale; });
  put_places("office_minutes", [&](std::size_t d) {
    auto const& access = world.access_to(Service::migration_office, d);
    return access.point == 0xffff ? 0 : static_cast<double>(access.minutes) * static_cast<double>(people_in(d, true)) * scale;
  });

  put_places("office_reached", [&](std::size_t d) { return world.access_to(Service::migration_office, d).point == 0xffff ? 0 : people(people_in(d, true)); });

  // Firms: a sampled firm stands for as many as the scale, one kept with thinned staff for itself.
  std::array<std::array<std::int64_t, 3>, size_class_count> firms{};
  for_blocks(world.employers.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::array<std::int64_t, 3>, size_class_count> here{};
    auto const& x = world.employers;
    for (std::size_t e = from; e != to; ++e) {
      std::int64_t const weight = x.staff_per_agent[e] > 1 ? 1 : static_cast<std::int64_t>(std::llround(scale));
      auto& f = here[static_cast<std::size_t>(size_class_of(x.workers[e]))];
      f[0] += x.on_books[e] + x.off_books[e] > 0 ? weight : 0;
      f[1] += x.on_books[e] > 0 ? weight : 0;
      f[2] += x.foreign_on_books[e] > 0 ? weight : 0;
    }
    for (std::size_t size = 0; size < size_class_count; ++size)
      for (std::size_t k = 0; k < here[size].size(); ++k) add_shared(firms[size][k], here[size][k]);
  });
  constexpr std::array<char const*, 3> firm_names{"firms", "formal_firms", "firms_with_foreigners"};
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t b = 0; b < size_class_count; ++b) {
      put(firm_names[k], 0, firms[b][k]);
      put(std::string(firm_names[k]) + "_by_size", b, firms[b][k]);
    }

  // Services.
  for (std::size_t kind = 0; kind < 4; ++kind) {
    auto const flow = [&](std::size_t s, std::size_t d) { return world.service_flows[(kind * service_count + s) * n + d]; };
    put_places(service_kinds[kind].first, [&](std::size_t d) {
      std::int64_t sum = 0;
      for (std::size_t s = 0; s < service_count; ++s) sum += flow(s, d);
      return people(sum);
    });
    for (std::size_t s = 0; s < service_count; ++s) {
      std::int64_t sum = 0;
      for (std::size_t d = 0; d < n; ++d) sum += flow(s, d);
      put(std::string(service_kinds[kind].first) + "_by_service", s, people(sum));
    }
  }
  std::array<std::array<std::int64_t, service_count>, reach_series.size()> reach_of_service{};
  std::vector<std::array<std::int64_t, reach_series.size()>> reach_of_place(n);
  for (std::size_t d = 0; d < n; ++d) {
    auto const agents = people_in(d, false) + people_in(d, true);
    for (std::size_t s = 0; s < service_count; ++s) {
      auto const& access = world.access_to(static_cast<Service>(s), d);
      bool const reached = access.point != 0xffff;
      std::array<std::int64_t, reach_series.size()> const sums_here{
          reached ? whole(static_cast<double>(access.minutes) * static_cast<double>(agents) * scale, reach_series[0].name, setup_.area[d], month_number) : 0, reached ? people(agents) : 0, reached && access.minutes <= near_minutes ? people(agents) : 0, people(agents)};
      for (std::size_t k = 0; k < sums_here.size(); ++k) reach_of_service[k][s] += sums_here[k], reach_of_place[d][k] += sums_here[k];
    }
  }
  for (std::size_t k = 0; k < reach_series.size(); ++k) {
    put_places(reach_series[k].name, [&](std::size_t d) { return reach_of_place[d][k]; });
    for (std::size_t s = 0; s < service_count; ++s) put(std::string(reach_series[k].name) + "_by_service", s, reach_of_service[k][s]);
  }
  constexpr std::array<char const*, 3> point_names{"service_queue", "service_capacity", "service_places_in_use"};
  std::array<std::array<std::int64_t, service_count>, 3> of_points{};
  for (auto const& point : world.points) {
    auto const s = static_cast<std::size_t>(point.service);
    of_points[0][s] += people(point.queue);
    of_points[1][s] += whole(point.capacity * scale, point_names[1], point.table_row, month_number);
    of_points[2][s] += people(point.in_use);
  }
  for (std::size_t k = 0; k < point_names.size(); ++k)
    for (std::size_t s = 0; s < service_count; ++s) {
      put(point_names[k], 0, of_points[k][s]);
      put(std::string(point_names[k]) + "_by_service", s, of_points[k][s]);
    }

  std::int64_t revenue = 0, cost = 0;
  for (std::size_t k = 0; k < line_count; ++k) {
    std::int64_t const amount = soles(world.accounts[k]);
    (k < revenue_lines ? revenue : cost) += amount;
    put("public_accounts_by_account_line", k, amount);
  }
  std::array<std::int64_t, payer_count> paid{};
  for (std::size_t k = 0; k < payer_count; ++k) {
    paid[k] = soles(world.paid[k]);
    put("programme_cost_by_payer", k, paid[k]);
  }
  std::int64_t const public_cost = cost - paid[static_cast<std::size_t>(Payer::donor)] - paid[static_cast<std::size_t>(Payer::private_sector)];
  put("programme_cost", 0, cost);
  put("public_revenue", 0, revenue);
  put("public_cost", 0, public_cost);
  put("public_accounts", 0, revenue - public_cost);
  check(month_number);
}

void Recorder::stop_at(std::string_view variable, std::string const& where, int month_number, std::string const& value) const {
  throw BugError(say(Message::rf_impossible_value, variable, where, (layout_.start + month_number).text(), value));
}

std::int64_t Recorder::whole(double value, std::string_view variable, std::size_t table_row, int month_number) const {
  // Beyond this, doubles skip whole numbers, and sums over districts could overflow.
  constexpr double most = 9e15;
  if (!(std::abs(value) < most)) {
    auto const& row = setup_.country.districts.rows()[table_row];
    stop_at(variable, row.ubigeo + " " + row.name, month_number, fmt::format("{}", value));
  }
  return std::llround(value);
}

void Recorder::check(int month_number) const {
  for (auto const v : not_below_zero_) {
    std::size_t const keys = keys_of(v);
    auto const first = record_.values[v].begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(month_number) * keys);
    auto const least = std::min_element(first, first + static_cast<std::ptrdiff_t>(keys));
    if (least == first + static_cast<std::ptrdiff_t>(keys) || *least >= 0) continue;
    auto const& variable = layout_.variables[v];
    std::string where = say(Message::rf_whole_area);
    if (variable.dimension >= 0) {
      auto const& dimension = layout_.dimensions[static_cast<std::size_t>(variable.dimension)];
      auto const key = static_cast<std::size_t>(least - first);
      where = dimension.keys[key] == dimension.label_es[key] ? dimension.keys[key] : dimension.keys[key] + " " + dimension.label_es[key];
    }
    stop_at(variable.name, where, month_number, std::to_string(*least));
  }
}

void Recorder::write_families(std::vector<Family> const& families, OfGroup const& sums, double scale, int month_number, std::vector<std::size_t> const& place_keys) {
  auto const whole = [&](Family const& family, std::int64_t sum) {
    double const scaled = static_cast<double>(sum) * scale;
    return static_cast<std::int64_t>(std::llround(family.is_count ? scaled : scaled / 100));
  };
  auto const start = [&](std::size_t v) { return record_.values[v].data() + static_cast<std::size_t>(month_number) * keys_of(v); };
  for (auto const& family : families)
    for (auto const& [v, table] : {std::pair{family.total, &sums.total}, {family.sex, &sums.sex}, {family.age, &sums.age}, {family.origin, &sums.origin}, {family.education, &sums.education}, {family.status, &sums.status}, {family.group, &sums.group}}) {
      if (v == Family::none) continue;
      auto* const to = start(v);
      for (std::size_t key = 0; key < keys_of(v); ++key) to[key] = whole(family, (*table)[key * sums.width + family.column]);
    }
  // District by district, so that what is read and what is written lie together.
  std::vector<std::int64_t*> to;
  if (!place_keys.empty())
    for (auto const& family : families) to.push_back(start(family.place));
  for (std::size_t d = 0; d < place_keys.size(); ++d)
    for (std::size_t f = 0; f < families.size(); ++f) to[f][place_keys[d]] += whole(families[f], sums.place[d * sums.width + families[f].column]);
}

std::vector<std::optional<double>> Recorder::headlines(int month_number) const {
  auto const sum = [&](std::vector<Headline::Term> const& terms) {
    std::int64_t total = 0;
    for (auto const& term : terms) total += term.sign * record_.values[term.variable][static_cast<std::size_t>(month_number)];
    return static_cast<double>(total);
  };
  std::vector<std::optional<double>> values;
  for (auto const& headline : headlines_)
    values.push_back(headline.indicator->value(sum(headline.terms[0]), sum(headline.terms[1]), sum(headline.terms[2]), sum(headline.terms[3])));
  return values;
}

void Recorder::take_over(Recorder const& other, int months) {
  if (other.layout_.variables.size() != layout_.variables.size()) throw BugError("months of a record of other series cannot be taken over");
  for (std::size_t v = 0; v < record_.values.size(); ++v) {
    if (keys_of(v) != other.keys_of(v)) throw BugError("months of a record of other series cannot be taken over");
    std::copy_n(other.record_.values[v].begin(), static_cast<std::size_t>(months) * keys_of(v), record_.values[v].begin());
  }
}

ReplicateRecord Recorder::take(std::uint64_t state_hash) {
  record_.state_hash = state_hash;
  return std::move(record_);
}

}  // namespace arraigo
