#include "init/country.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <initializer_list>
#include <sstream>

#include <fmt/format.h>

#include "core/csv.hpp"
#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "init/household_pool.hpp"

namespace arraigo {
namespace {

template <std::size_t N>
std::array<std::string_view, N> words_of(std::array<CodeName, N> const& names) {
  std::array<std::string_view, N> words;
  for (std::size_t i = 0; i < N; ++i) words[i] = names[i].name;
  return words;
}

std::string joined(std::string_view a, std::string_view b, std::string_view c = {}) {
  std::string key{a};
  key += '/';
  key += b;
  if (!c.empty()) {
    key += '/';
    key += c;
  }
  return key;
}

/// The keys of a row as they stand in the table, those that are empty left out.
template <class... Keys>
std::string joined_by_commas(std::string_view first, Keys const&... others) {
  std::string all{first};
  for (std::string_view const key : {std::string_view{others}...})
    if (!key.empty()) (all += ',') += key;
  return all;
}

/// Groups of margins that the model reads as numbers.
constexpr std::array<std::string_view, 17> age_bands{"0-4",   "5-9",   "10-14", "15-19", "20-24", "25-29", "30-34", "35-39", "40-44",
                                                     "45-49", "50-54", "55-59", "60-64", "65-69", "70-74", "75-79", "80+"};

void read_margins(std::filesystem::path const& file, bool by_zone, std::vector<MarginRow>& margins, Errors& errors) {
  std::vector<std::string_view> columns{"margin", "origin", "vintage", "key1", "key2", "value", "unit", "source"};
  if (by_zone) columns.insert(columns.begin(), "zone");
  auto const t = CsvTable::read(file, columns, errors);
  for (std::size_t r = 0; r < t.rows(); ++r) {
    MarginRow row;
    if (by_zone) row.zone = t.required_text(r, "zone");
    row.margin = t.required_text(r, "margin");
    row.origin = t.required_text(r, "origin");
    row.vintage = t.month(r, "vintage");
    row.key1 = t.required_text(r, "key1");
    row.key2 = t.text(r, "key2");
    row.value = t.number(r, "value", 0, 1e9);
    row.unit = t.required_text(r, "unit");
    row.source = t.required_text(r, "source");
    if (row.margin == "age_sex") {
      (void)t.choice(r, "key1", age_bands);
      (void)t.choice(r, "key2", words_of(sex_names));
    }
    if (row.margin == "household_size") (void)t.integer(r, "key1", 1, household_size_limit);
    if (row.margin == "cohort") (void)t.integer(r, "key1", 1900, 2199);
    if (row.unit == "share" && row.value > 1) t.mistake(r, "value", say(Message::in_number_range, 0, 1));
    margins.push_back(std::move(row));
  }
  // Margins that are distributions must add to one, each by its own groups.
  std::map<std::string, double> sums;
  for (auto const& row : margins) {
    bool const whole = row.margin == "age_sex" || row.margin == "household_size" || row.margin == "region_share" || row.margin == "status" ||
                       row.margin == "cohort" || row.margin == "employee_size" || row.margin == "employee_sector";
    std::string const group = fmt::format("{}{}{},{},{}", row.zone, by_zone ? "," : "", row.margin, row.origin, row.vintage.text());
    if (whole) sums[group] += row.value;
    if (row.margin == "education") sums[group + "," + row.key1] += row.value;
  }
  for (auto const& [what, sum] : sums)
    if (std::abs(sum - 1) > 0.002) errors.add(say(Message::in_shares_sum, file.string(), what, sum));
}

/// Dates the oldest rows of a margin back to the month from which the table says that they serve, zone by zone and origin by
/// origin: an earlier start takes them, declared as an assumption.
void read_earlier_starts(std::filesystem::path const& file, std::initializer_list<std::vector<MarginRow>*> tables, Errors& errors) {
  std::vector<std::string_view> names;
  for (auto const* margins : tables)
    for (auto const& row : *margins)
      if (std::find(names.begin(), names.end(), row.margin) == names.end()) names.emplace_back(row.margin);
  if (names.empty()) return;
  auto const t = CsvTable::read(file, {"margin", "from", "source"}, errors);
  for (std::size_t r = 0; r < t.rows(); ++r) {
    auto const name = names[t.choice(r, "margin", names)];
    Month const from = t.month(r, "from");
    (void)t.required_text(r, "source");
    for (auto* margins : tables) {
      std::map<std::pair<std::string_view, std::string_view>, Month> oldest;  // by zone and origin
      for (auto const& row : *margins)
        if (row.margin == name) {
          auto const [known, is_new] = oldest.try_emplace({row.zone, row.origin}, row.vintage);
          if (!is_new) known->second = std::min(known->second, row.vintage);
        }
      for (auto& row : *margins)
        if (row.margin == name && row.vintage > from && row.vintage == oldest.at({row.zone, row.origin})) row.vintage = from;
    }
  }
}

/// What a value of a dated table may be: far beyond what any country has, and near enough to tell a slip, such as a percentage for a
/// share or a digit too many.
struct DatedRange {
  std::string_view name;
  double low, high;
};
constexpr std::array dated_ranges{
    // rules.csv
    DatedRange{"minimum_wage", 100, 6000}, DatedRange{"uit", 500, 50000}, DatedRange{"fine_uit_share_per_day", 0, 0.1}, DatedRange{"cpi", 0.1, 10},
    DatedRange{"overhead_share", 0, 1.5}, DatedRange{"essalud_share", 0, 0.5}, DatedRange{"sis_micro_soles", 0, 1000}, DatedRange{"pension_share", 0, 0.5},
    DatedRange{"withholding_nondomiciled", 0, 0.6}, DatedRange{"nondomiciled_days", 0, 366}, DatedRange{"vat_share", 0, 0.5}, DatedRange{"vat_formal_spending_share", 0, 1},
    DatedRange{"poverty_line", 50, 5000}, DatedRange{"extreme_poverty_line", 20, 3000}, DatedRange{"mean_wage", 100, 20000}, DatedRange{"wage_gap_sex", 0.2, 2},
    DatedRange{"wage_gap_migrant", 0.2, 2}, DatedRange{"education_premium", 0.2, 5}, DatedRange{"spending_share_of_income", 0.2, 1.5}, DatedRange{"remittance_share", 0, 1},
    DatedRange{"remittance_soles", 0, 5000}, DatedRange{"rent_share", 0, 1},
    // flows.csv
    DatedRange{"fertility", 0, 0.5}, DatedRange{"mortality", 0, 1}, DatedRange{"arrivals", 0, 1e6}, DatedRange{"transit", 0, 0.99}, DatedRange{"arrival_status", 0, 1},
    DatedRange{"departure", 0, 0.5}, DatedRange{"internal_move", 0, 0.5}, DatedRange{"growth", -0.9, 2}};

void read_dated(std::filesystem::path const& file, std::vector<std::string_view> const& columns, std::map<std::string, DatedValue, std::less<>>& into, Errors& errors) {
  auto const t = CsvTable::read(file, columns, errors);
  bool const three = columns[2] == "key2";
  for (std::size_t r = 0; r < t.rows(); ++r) {
    auto const key = three ? joined(t.required_text(r, columns[0]), t.required_text(r, columns[1]), t.text(r, columns[2]))
                           : joined(t.required_text(r, columns[0]), t.required_text(r, columns[1]));
    auto const range = std::find_if(dated_ranges.begin(), dated_ranges.end(), [name = t.text(r, columns[0])](DatedRange const& known) { return known.name == name; });
    bool const known = range != dated_ranges.end();
    into[key].add(t.month(r, "from"), t.number(r, "value", known ? range->low : -1, known ? range->high : 1e7));
    (void)t.required_text(r, "source");
  }
  for (auto& [key, value] : into) value.sort();
}

// What every run asks of the dated tables, so that `check` can tell from when on they serve. tests/structure holds these
// lists against what the model's sources ask for.
constexpr std::array<std::string_view, 11> rules_before_start{  // the start is built under the rules of the month before it
    "cpi", "essalud_share", "extreme_poverty_line", "fine_uit_share_per_day", "minimum_wage", "overhead_share", "pension_share", "poverty_line",
    "uit", "vat_share", "withholding_nondomiciled"};
constexpr std::array<std::string_view, 8> rules_at_start{"education_premium", "mean_wage", "remittance_share", "remittance_soles", "spending_share_of_income",
                                                         "vat_formal_spending_share", "wage_gap_migrant", "wage_gap_sex"};
constexpr std::array<std::string_view, 8> flows_at_start{"arrival_status", "arrivals", "departure", "fertility", "growth", "internal_move", "mortality", "transit"};
constexpr std::array<std::string_view, 5> margins_of_migrants{"asylum", "cohort", "region_share", "status", "stock"};
constexpr std::array<std::string_view, 19> margins_that_hosts_may_lend{
    "account", "age_sex", "education", "employee_sector", "employee_size", "enrolled", "felt_discrimination", "household_size", "insured",
    "overstay_months", "own_account", "participation", "payroll", "quota_exempt", "recognised_degree", "registered", "service_contract", "single_parent", "unemployment"};

}  // namespace

void DatedValue::sort() {
  std::stable_sort(rows_.begin(), rows_.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
}

std::optional<double> DatedValue::at(Month month) const {
  std::optional<double> value;
  for (auto const& [from, v] : rows_) {
    if (from > month) break;
    value = v;
  }
  return value;
}

void Country::use_margins_of_zone(std::string_view zone) {
  for (auto const& local : margins_by_zone) {
    if (local.zone != zone) continue;
    std::erase_if(margins, [&](MarginRow const& row) { return row.zone.empty() && row.margin == local.margin && row.origin == local.origin && row.vintage == local.vintage; });
    margins.push_back(local);
  }
}

std::vector<MarginRow const*> Country::margins_of_zone(std::string_view zone, std::string_view name, std::string_view origin, Month start) const {
  std::vector<MarginRow const*> found;
  for (auto const& row : margins_by_zone) {
    if (row.zone != zone || row.margin != name || row.origin != origin || row.vintage > start) continue;
    if (!found.empty() && row.vintage < found.front()->vintage) continue;
    if (!found.empty() && row.vintage > found.front()->vintage) found.clear();
    found.push_back(&row);
  }
  return found;
}

std::vector<MarginRow const*> Country::margin(std::string_view name, std::string_view origin, Month start, bool or_hosts) const {
  std::optional<Month> vintage;
  for (auto const& row : margins)
    if (row.margin == name && row.origin == origin && row.vintage <= start && (!vintage || row.vintage > *vintage)) vintage = row.vintage;
  std::vector<MarginRow const*> found;
  if (!vintage) {
    if (or_hosts && origin != "host") return margin(name, "host", start, false);
    throw InputError(say(Message::in_row_missing, "margins.csv", joined_by_commas(name, origin), start.text()));
  }
  for (auto const& row : margins)
    if (row.margin == name && row.origin == origin && row.vintage == *vintage) found.push_back(&row);
  return found;
}

double Country::margin_value(std::string_view name, std::string_view origin, std::string_view key1, Month start, std::string_view key2, bool or_hosts) const {
  for (auto const* row : margin(name, origin, start, or_hosts))
    if (row->key1 == key1 && (key2.empty() || row->key2 == key2)) return row->value;
  throw InputError(say(Message::in_row_missing, "margins.csv", joined_by_commas(name, origin, key1, key2), start.text()));
}

double Country::rule(std::string_view name, std::string_view key, Month month) const {
  auto const found = rules.find(joined(name, key));
  if (found != rules.end())
    if (auto const value = found->second.at(month)) return *value;
  throw InputError(say(Message::in_row_missing, "rules.csv", joined_by_commas(name, key), month.text()));
}

double Country::flow(std::string_view name, std::string_view key1, std::string_view key2, Month month) const {
  auto const found = flows.find(joined(name, key1, key2));
  if (found != flows.end())
    if (auto const value = found->second.at(month)) return *value;
  throw InputError(say(Message::in_row_missing, "flows.csv", joined_by_commas(name, key1, key2), month.text()));
}

double Country::unit_cost(std::string_view line) const {
  auto const found = costs.find(line);
  if (found == costs.end()) throw InputError(say(Message::in_cost_missing, "costs.csv", line));
  return found->second.soles;
}

TableReach Country::reach() const {
  TableReach reach;
  auto const ask = [&](Month from, char const* table) {
    if (from <= reach.first_start) return;
    reach.first_start = from;
    reach.table = table;
  };
  auto const ask_dated = [&](auto const& table, auto const& names, int months_later, char const* file) {
    for (auto const& [key, value] : table)
      if (!value.rows().empty() && std::find(names.begin(), names.end(), key.substr(0, key.find('/'))) != names.end())
        ask(value.rows().front().first + months_later, file);
  };
  ask_dated(rules, rules_before_start, 1, "rules.csv");
  ask_dated(rules, rules_at_start, 0, "rules.csv");
  ask_dated(flows, flows_at_start, 0, "flows.csv");
  std::map<std::pair<std::string_view, std::string_view>, Month> first_vintage;  // by margin and origin
  for (auto const& row : margins) {
    auto const [first, is_new] = first_vintage.try_emplace({row.margin, row.origin}, row.vintage);
    if (!is_new) first->second = std::min(first->second, row.vintage);
  }
  for (auto const& [key, vintage] : first_vintage) {
    auto const& [margin, origin] = key;
    bool const lent = std::find(margins_that_hosts_may_lend.begin(), margins_that_hosts_may_lend.end(), margin) != margins_that_hosts_may_lend.end();
    auto const hosts = lent ? first_vintage.find({margin, "host"}) : first_vintage.end();
    if (lent || std::find(margins_of_migrants.begin(), margins_of_migrants.end(), margin) != margins_of_migrants.end())
      ask(hosts == first_vintage.end() ? vintage : std::min(vintage, hosts->second), "margins.csv");
  }
  if (auto const cpi = rules.find("cpi/national"); cpi != rules.end() && !cpi->second.rows().empty()) reach.first_prices = cpi->second.rows().front().first;
  return reach;
}

Country read_country(std::filesystem::path const& dir) {
  Country country;
  country.districts = DistrictTable::read(dir);
  Errors errors;
  read_margins(dir / "margins.csv", false, country.margins, errors);
  // Optional: margins of one zone, which hold in place of the country's where a run lies wholly inside it.
  if (std::filesystem::exists(dir / "margins_by_zone.csv")) read_margins(dir / "margins_by_zone.csv", true, country.margins_by_zone, errors);
  // Optional: whose oldest rows serve runs that start before them.
  if (std::filesystem::exists(dir / "earlier_starts.csv"))
    read_earlier_starts(dir / "earlier_starts.csv", {&country.margins, &country.margins_by_zone}, errors);
  read_dated(dir / "rules.csv", {"rule", "key", "from", "value", "unit", "source"}, country.rules, errors);
  read_dated(dir / "flows.csv", {"flow", "key1", "key2", "from", "value", "unit", "source"}, country.flows, errors);

  auto const holders = words_of(holder_names);
  auto const entitlements = words_of(entitlement_names);
  {
    auto const t = CsvTable::read(dir / "entitlements.csv", {"holder", "entitlement", "from", "value", "source"}, errors);
    for (std::size_t r = 0; r < t.rows(); ++r) {
      country.entitlements[t.choice(r, "holder", holders)][t.choice(r, "entitlement", entitlements)].add(t.month(r, "from"), t.number(r, "value", 0, 1));
      (void)t.required_text(r, "source");
    }
    for (auto& holder : country.entitlements)
      for (auto& value : holder) value.sort();
  }
  std::vector<std::string_view> sector_words;
  {
    auto const t = CsvTable::read(dir / "sectors.csv", {"sector", "title_es", "title_en", "skill_low", "skill_mid", "skill_high", "wage_factor", "source"}, errors);
    for (std::size_t r = 0; r < t.rows(); ++r) {
      SectorRow row;
      row.name = t.required_text(r, "sector");
      row.title_es = t.required_text(r, "title_es");
      row.title_en = t.required_text(r, "title_en");
      row.skill_share = {t.number(r, "skill_low", 0, 1), t.number(r, "skill_mid", 0, 1), t.number(r, "skill_high", 0, 1)};
      row.wage_factor = t.number(r, "wage_factor", 0.05, 20);
      if (std::abs(row.skill_share[0] + row.skill_share[1] + row.skill_share[2] - 1) > 0.002) t.mistake(r, "skill_low", say(Message::in_skills_sum));
      (void)t.required_text(r, "source");
      country.sectors.push_back(std::move(row));
    }
    if (country.sectors.size() > sector_limit) errors.add(say(Message::in_sectors_many, (dir / "sectors.csv").string(), country.sectors.size(), sector_limit));
    for (auto const& row : country.sectors) sector_words.push_back(row.name);
  }
  {
    constexpr std::array<std::string_view, firm_class_count> classes{"1-4", "5-10", "11-50", "51-200", "201+"};
    auto const t = CsvTable::read(dir / "firms.csv", {"sector", "size_class", "employees_share", "source"}, errors);
    double sum = 0;
    for (std::size_t r = 0; r < t.rows(); ++r) {
      FirmCell cell;
      cell.sector = static_cast<std::uint8_t>(t.choice(r, "sector", sector_words));
      cell.firm_class = static_cast<std::uint8_t>(t.choice(r, "size_class", classes));
      cell.employees_share = t.number(r, "employees_share", 0, 1);
      sum += cell.employees_share;
      (void)t.required_text(r, "source");
      country.firms.push_back(cell);
    }
    if (t.rows() > 0 && std::abs(sum - 1) > 0.002) errors.add(say(Message::in_shares_sum, (dir / "firms.csv").string(), "employees_share", sum));
  }
  auto const find_district = [&](CsvTable const& t, std::size_t r) -> std::uint16_t {
    auto const found = country.districts.find(t.required_text(r, "ubigeo"));
    if (!found) t.mistake(r, "ubigeo", say(Message::in_district_unknown));
    return found.value_or(0);
  };
  {
    auto const t = CsvTable::read(dir / "district_jobs.csv", {"ubigeo", "jobs_per_resident_factor", "source"}, errors);
    for (std::size_t r = 0; r < t.rows(); ++r) {
      country.jobs_per_resident_factor[find_district(t, r)] = t.number(r, "jobs_per_resident_factor", 0.01, 100);
      (void)t.required_text(r, "source");
    }
  }
  auto const services = words_of(service_names);
  {
    auto const t = CsvTable::read(dir / "services.csv", {"service", "name", "ubigeo", "opened", "capacity_per_month", "source"}, errors);
    for (std::size_t r = 0; r < t.rows(); ++r) {
      PointRow row;
      row.service = static_cast<Service>(t.choice(r, "service", services));
      row.name = t.required_text(r, "name");
      row.district = find_district(t, r);
      row.opened = t.month(r, "opened");
      row.capacity_per_month = t.number(r, "capacity_per_month", 0, 1e7);
      (void)t.required_text(r, "source");
      country.points.push_back(std::move(row));
    }
  }
  {
    constexpr std::array<std::string_view, 2> kinds{"flow", "places"};
    auto const t = CsvTable::read(dir / "service_rules.csv", {"service", "points_per_100k", "min_points_per_district", "capacity_per_100k_per_month", "kind", "low", "high", "source"}, errors);
    for (std::size_t r = 0; r < t.rows(); ++r) {
      ServiceRule row;
      row.service = static_cast<Service>(t.choice(r, "service", services));
      row.points_per_100k = t.number(r, "points_per_100k", 0, 1e5);
      row.min_points_per_district = t.number(r, "min_points_per_district", 0, 1000);
      row.capacity_per_100k_per_month = t.number(r, "capacity_per_100k_per_month", 0, 1e6);
      row.places = t.choice(r, "kind", kinds) == 1;
      (void)t.required_text(r, "source");
      country.service_rules.push_back(row);
    }
  }
  {
    auto const t = CsvTable::read(dir / "costs.csv", {"line", "unit_cost_soles", "per", "per_es", "payer", "low", "high", "source"}, errors);
    for (std::size_t r = 0; r < t.rows(); ++r) {
      CostRow row;
      row.line = t.required_text(r, "line");
      row.soles = t.number(r, "unit_cost_soles", 0, 1e9);
      row.per = t.required_text(r, "per");
      row.per_es = t.required_text(r, "per_es");
      row.payer = t.required_text(r, "payer");
      row.low = t.number(r, "low", 0, 1e9);
      row.high = t.number(r, "high", 0, 1e9);
      row.source = t.required_text(r, "source");
      country.costs[row.line] = row;
    }
  }
  errors.throw_if_any();

  // The digest covers the files' bytes in the order of their names: any changed figure changes it.
  Sha256 digest;
  std::vector<std::filesystem::path> files;
  for (auto const& entry : std::filesystem::directory_iterator(dir))
    if (entry.path().extension() == ".csv") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (auto const& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    digest.add(file.filename().string() + "\n");
    digest.add(bytes.str());
  }
  country.digest = digest.finish();
  return country;
}

}  // namespace arraigo
