#include "params/districts.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "core/csv.hpp"
#include "core/suggest.hpp"

namespace arraigo {
namespace {

constexpr std::string_view every_group = "*";
constexpr std::string_view everywhere = "national";
constexpr std::size_t most_districts = std::numeric_limits<std::uint16_t>::max();
constexpr double most_people = 1e8;  // of one district: above every city of the world
constexpr double most_area_km2 = 1e6;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    auto const at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool is_word(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// Rows in the order of the file, with the neighbours still as text: they may name later rows.
std::vector<DistrictRow> read_rows(CsvTable const& table) {
  std::vector<DistrictRow> rows;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    DistrictRow district;
    district.ubigeo = table.text(row, "ubigeo");
    if (district.ubigeo.size() != 6 || !all_digits(district.ubigeo))
      table.mistake(row, "ubigeo", say(Message::in_ubigeo_digits));
    district.name = table.required_text(row, "name");
    district.province = table.required_text(row, "province");
    district.region = table.required_text(row, "region");
    district.group = table.required_text(row, "group");
    district.zone = table.required_text(row, "zone");
    district.population_2018 = table.number(row, "population_2018", 0, most_people);
    district.population_2022 = table.number(row, "population_2022", 0, most_people);
    district.population_2023 = table.number(row, "population_2023", 0, most_people);
    district.latitude = table.number(row, "latitude", -90, 90);
    district.longitude = table.number(row, "longitude", -180, 180);
    district.area_km2 = table.optional_number(row, "area_km2", 0, most_area_km2).value_or(missing);
    district.altitude_m = table.number(row, "altitude_m", -500, 9000);
    district.poverty_2018_pct = table.number(row, "poverty_2018_pct", 0, 100);
    district.hdi_2019 = table.optional_number(row, "hdi_2019", 0, 1).value_or(missing);
    static_cast<void>(table.required_text(row, "source"));
    rows.push_back(std::move(district));
  }
  return rows;
}

void read_neighbours(CsvTable const& table, std::vector<DistrictRow>& rows) {
  std::map<std::string_view, std::size_t> row_of;
  for (std::size_t row = 0; row < rows.size(); ++row)
    if (!row_of.emplace(rows[row].ubigeo, row).second) table.mistake(row, "ubigeo", say(Message::in_duplicate));
  // Rows are renumbered by ubigeo, so neighbours count in that order.
  std::map<std::string_view, std::uint16_t> rank;
  for (auto const& [ubigeo, row] : row_of) rank.emplace(ubigeo, static_cast<std::uint16_t>(rank.size()));

  std::vector<std::set<std::string_view>> named(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (table.blank(row, "neighbours_ubigeo")) continue;  // an island
    for (auto const ubigeo : split(table.text(row, "neighbours_ubigeo"), ';')) {
      auto const found = rank.find(ubigeo);
      if (found == rank.end())
        table.mistake(row, "neighbours_ubigeo", say(Message::in_neighbour_unknown, shown(ubigeo)));
      else if (ubigeo == rows[row].ubigeo)
        table.mistake(row, "neighbours_ubigeo", say(Message::in_neighbour_self));
      else if (!named[row].insert(ubigeo).second)
        table.mistake(row, "neighbours_ubigeo", say(Message::in_neighbour_twice, ubigeo));
      else
        rows[row].neighbours.push_back(found->second);
    }
    std::sort(rows[row].neighbours.begin(), rows[row].neighbours.end());
  }
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (auto const ubigeo : named[row])
      if (!named[row_of.at(ubigeo)].contains(rows[row].ubigeo))
        table.mistake(row, "neighbours_ubigeo", say(Message::in_neighbour_one_way, ubigeo, rows[row].ubigeo));
}

std::vector<DistrictTable::Area> read_areas(CsvTable const& table, std::span<DistrictRow const> rows) {
  std::set<std::string_view> groups;
  for (auto const& row : rows) groups.insert(row.group);
  std::vector<std::string_view> const group_list(groups.begin(), groups.end());

  std::vector<DistrictTable::Area> areas;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    DistrictTable::Area area{std::string{table.text(row, "area")},
                             std::string{table.required_text(row, "title_es")},
                             std::string{table.required_text(row, "title_en")},
                             {}};
    if (!is_word(area.name) || area.name == everywhere) table.mistake(row, "area", say(Message::in_area_name));
    for (auto const& other : areas)
      if (other.name == area.name) table.mistake(row, "area", say(Message::in_duplicate));
    for (auto const group : split(table.text(row, "groups"), ';')) {
      if (group != every_group && !groups.contains(group) && !rows.empty())
        table.mistake(row, "groups", say(Message::in_group_unknown, shown(group)), suggestion(group, group_list));
      area.groups.emplace_back(group);
    }
    static_cast<void>(table.required_text(row, "source"));
    areas.push_back(std::move(area));
  }
  return areas;
}

}  // namespace

DistrictTable DistrictTable::read(std::filesystem::path const& data_dir) {
  Errors errors;
  auto const district_table =
      CsvTable::read(data_dir / "districts.csv",
                     {"ubigeo", "name", "province", "region", "group", "zone", "population_2018", "population_2022",
                      "population_2023", "latitude", "longitude", "area_km2", "altitude_m", "poverty_2018_pct",
                      "hdi_2019", "neighbours_ubigeo", "source"},
                     errors);
  auto const area_table =
      CsvTable::read(data_dir / "areas.csv", {"area", "title_es", "title_en", "groups", "source"}, errors);

  DistrictTable result;
  result.rows_ = read_rows(district_table);
  if (district_table.rows() > most_districts)
    errors.add(say(Message::in_districts_many, (data_dir / "districts.csv").string(), most_districts));
  else
    read_neighbours(district_table, result.rows_);
  result.areas_ = read_areas(area_table, result.rows_);
  if (errors.empty() && result.rows_.empty())
    errors.add(say(Message::in_table_no_rows, (data_dir / "districts.csv").string()));
  if (errors.empty() && result.areas_.empty())
    errors.add(say(Message::in_table_no_rows, (data_dir / "areas.csv").string()));
  errors.throw_if_any();
  std::sort(result.rows_.begin(), result.rows_.end(),
            [](DistrictRow const& a, DistrictRow const& b) { return a.ubigeo < b.ubigeo; });
  return result;
}

std::optional<std::uint16_t> DistrictTable::find(std::string_view ubigeo) const {
  auto const found =
      std::lower_bound(rows_.begin(), rows_.end(), ubigeo,
                       [](DistrictRow const& row, std::string_view sought) { return row.ubigeo < sought; });
  if (found == rows_.end() || found->ubigeo != ubigeo) return std::nullopt;
  return static_cast<std::uint16_t>(found - rows_.begin());
}

std::optional<std::vector<std::uint16_t>> DistrictTable::place(std::string_view where) const {
  std::vector<std::uint16_t> rows;
  auto const add_if = [&](auto const& belongs) {
    for (std::size_t row = 0; row < rows_.size(); ++row)
      if (belongs(rows_[row])) rows.push_back(static_cast<std::uint16_t>(row));
  };
  if (where == everywhere) {
    add_if([](DistrictRow const&) { return true; });
  } else if (all_digits(where) && (where.size() == 2 || where.size() == 4 || where.size() == 6)) {
    add_if([&](DistrictRow const& row) { return row.ubigeo.starts_with(where); });
  } else {
    for (auto const& area : areas_)
      if (area.name == where)
        add_if([&](DistrictRow const& row) {
          return std::any_of(area.groups.begin(), area.groups.end(),
                             [&](std::string const& group) { return group == every_group || group == row.group; });
        });
  }
  if (rows.empty()) return std::nullopt;
  return rows;
}

std::optional<std::vector<std::uint16_t>> DistrictTable::area(std::string_view name_or_list) const {
  if (!name_or_list.empty() && !(name_or_list[0] >= '0' && name_or_list[0] <= '9'))
    return name_or_list == everywhere ? std::nullopt : place(name_or_list);
  std::vector<std::uint16_t> rows;
  for (auto const part : split(name_or_list, ',')) {
    auto const found = all_digits(part) ? place(part) : std::nullopt;
    if (!found) return std::nullopt;
    rows.insert(rows.end(), found->begin(), found->end());
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

}  // namespace arraigo
