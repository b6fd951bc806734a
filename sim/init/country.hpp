/// The tables of a data folder, read once and shared by all runs: districts, margins, dated rules, services, flows, costs.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/month.hpp"
#include "params/districts.hpp"
#include "params/scenario.hpp"
#include "world/codes.hpp"

namespace arraigo {

/// A value of margins.csv.
struct MarginRow {
  std::string zone;  ///< empty: the whole country
  std::string margin, origin, key1, key2, unit, source;
  Month vintage{};
  double value = 0;
};

/// Dated values of one (table, key): the latest row not after a month holds.
class DatedValue {
 public:
  void add(Month from, double value) { rows_.emplace_back(from, value); }
  void sort();
  [[nodiscard]] std::optional<double> at(Month month) const;
  [[nodiscard]] std::vector<std::pair<Month, double>> const& rows() const { return rows_; }

 private:
  std::vector<std::pair<Month, double>> rows_;
};

struct SectorRow {
  std::string name;
  std::string title_es, title_en;
  std::array<double, skill_count> skill_share{};  ///< of the sector's jobs
  double wage_factor = 1;                         ///< pay relative to the mean, same worker
};

inline constexpr std::size_t firm_class_count = 5;  ///< 1-4, 5-10, 11-50, 51-200, 201+
struct FirmCell {
  std::uint8_t sector = 0;
  std::uint8_t firm_class = 0;
  double employees_share = 0;  ///< of all wage employees
};

struct PointRow {
  Service service{};
  std::string name;
  std::uint16_t district = 0;  ///< row of the district table
  Month opened{};
  double capacity_per_month = 0;  ///< people
};

struct ServiceRule {
  Service service{};
  double points_per_100k = 0, min_points_per_district = 0, capacity_per_100k_per_month = 0;
  bool places = false;  ///< capacity counts places in use, not people served a month
};

struct CostRow {
  std::string line, per, per_es, payer, source;  ///< what one of it is, in English and Spanish
  double soles = 0, low = 0, high = 0;
};

struct Country {
  DistrictTable districts;
  std::vector<MarginRow> margins;
  std::vector<MarginRow> margins_by_zone;
  std::map<std::string, DatedValue, std::less<>> rules;         ///< "rule/key"
  std::array<std::array<DatedValue, entitlement_count>, holder_count> entitlements;
  std::vector<SectorRow> sectors;
  std::vector<FirmCell> firms;
  std::map<std::uint16_t, double> jobs_per_resident_factor;     ///< by district row; 1 where silent
  std::vector<PointRow> points;
  std::vector<ServiceRule> service_rules;
  std::map<std::string, DatedValue, std::less<>> flows;         ///< "flow/key1/key2"
  std::map<std::string, CostRow, std::less<>> costs;            ///< by line
  std::string digest;  ///< SHA-256 of the folder's tables, 64 hex digits

  /// Puts a zone's own margins in place of the country's.
  void use_margins_of_zone(std::string_view zone);
  /// A zone's own rows of a margin, of the latest vintage not after `start`; none where it has none.
  [[nodiscard]] std::vector<MarginRow const*> margins_of_zone(std::string_view zone, std::string_view margin, std::string_view origin, Month start) const;
  /// The rows of a margin for an origin, of its latest vintage not after `start` (hosts' rows serve where an origin has none,
  /// if `or_hosts`). InputError when there is none.
  [[nodiscard]] std::vector<MarginRow const*> margin(std::string_view margin, std::string_view origin, Month start, bool or_hosts = true) const;
  /// One value of a margin; InputError when the table has none.
  [[nodiscard]] double margin_value(std::string_view margin, std::string_view origin, std::string_view key1, Month start,
                                    std::string_view key2 = {}, bool or_hosts = true) const;
  /// A dated rule; InputError when the table has none for that month.
  [[nodiscard]] double rule(std::string_view rule, std::string_view key, Month month) const;
  [[nodiscard]] double flow(std::string_view flow, std::string_view key1, std::string_view key2, Month month) const;
  [[nodiscard]] double unit_cost(std::string_view line) const;  ///< soles of the base year
  /// From which month on the tables have what every run asks of them, whatever its scenario.
  [[nodiscard]] TableReach reach() const;
};

/// Reads every table of the folder. Throws InputError with all mistakes found (file:line: column = value (why)).
[[nodiscard]] Country read_country(std::filesystem::path const& data_dir);

}  // namespace arraigo
