/// The districts of a country, from districts.csv of the data folder.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arraigo {

/// One row of districts.csv. Shapes: one per district, sorted by ubigeo.
struct DistrictRow {
  std::string ubigeo;    ///< six digits, text
  std::string name, province, region;
  std::string group;     ///< the column `group`: areas are made of groups (areas.csv)
  std::string zone;      ///< commuting area: one for the capital's conurbation, elsewhere the province
  double population_2018, population_2022, population_2023;  ///< people
  double latitude, longitude;       ///< degrees, of the district capital
  double area_km2;                  ///< NaN where the table has none
  double altitude_m;
  double poverty_2018_pct;          ///< monetary poverty, % of people
  double hdi_2019;                  ///< NaN where the table has none
  std::vector<std::uint16_t> neighbours;  ///< rows of districts that share a border or a boat link
};

class DistrictTable {
 public:
  /// Reads and checks DIR/districts.csv and DIR/areas.csv. Throws InputError with every mistake found.
  static DistrictTable read(std::filesystem::path const& data_dir);

  [[nodiscard]] std::span<DistrictRow const> rows() const { return rows_; }
  [[nodiscard]] std::optional<std::uint16_t> find(std::string_view ubigeo) const;

  /// Rows (ascending) that an area name of areas.csv ("lima_callao") or a list "150101,150102" stands for (two or four
  /// digits in the list: a region, a province);
  /// nothing when the text names no area and no district.
  [[nodiscard]] std::optional<std::vector<std::uint16_t>> area(std::string_view name_or_list) const;

  /// Rows that one entry of a measure's `where` stands for: a ubigeo, the first two or four digits of ubigeos (region,
  /// province), an area name, or "national"; nothing when it stands for none.
  [[nodiscard]] std::optional<std::vector<std::uint16_t>> place(std::string_view where) const;

  /// Names of areas with their titles, for messages and lists.
  struct Area {
    std::string name, title_es, title_en;
    std::vector<std::string> groups;
  };
  [[nodiscard]] std::span<Area const> areas() const { return areas_; }

 private:
  std::vector<DistrictRow> rows_;
  std::vector<Area> areas_;
};

}  // namespace arraigo
