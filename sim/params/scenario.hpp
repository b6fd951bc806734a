/// A resolved scenario: what one run needs to know, immutable once read.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/month.hpp"
#include "params/districts.hpp"
#include "params/measures.hpp"
#include "params/parameters.hpp"

namespace arraigo {

/// A field's value; which member counts follows from the field's type. `set` is false when the file is silent and the
/// field keeps what is in force.
struct FieldValue {
  bool set = false;
  double number = 0;         ///< number, integer
  Month month{};             ///< month
  std::uint32_t choices = 0; ///< choice and choice_list: bit i is the i-th word of MeasureField::choices
  std::string name;          ///< name
};

/// One dated measure.
struct Measure {
  std::string id;
  MeasureKind kind{};
  std::string title_es, title_en;    ///< may be empty
  Month from{};                      ///< first month in force
  std::optional<Month> to;           ///< last month in force; none: to the end
  std::vector<std::string> where;    ///< as written; empty: everywhere
  std::vector<FieldValue> values;    ///< one per field of row_of(kind).fields, same order

  [[nodiscard]] FieldValue const& field(std::string_view name) const;  ///< BugError when the kind has no such field
};

inline constexpr int most_people_per_agent = 1000;

/// What a scenario is about: lists of scenarios stand in this order. Those of `theory` are arms of the tests of claims, which
/// lists leave out unless asked.
struct ScenarioGroup {
  char const* name;
  Text title;
};
[[nodiscard]] std::span<ScenarioGroup const> scenario_groups();

struct Scenario {
  std::string stem;  ///< of the file: names the run file
  std::string name;
  std::string group;  ///< of scenario_groups(), or empty
  std::string title_es, title_en, description_es, description_en;
  Month start{};
  int months = 0;
  std::string area;            ///< area name, or ubigeos joined by commas
  int scale = 1;               ///< people per agent, 1 to most_people_per_agent
  int replicates = 1;
  std::uint64_t seed = 0;
  Parameters parameters;
  std::vector<ParameterRow const*> stated_parameters;  ///< what a file or an option sets, at the table's value too; in the table's order
  std::vector<Measure> measures;  ///< enabled ones, in order of first appearance along the chain of `extends`
};

/// Whether nothing in the scenario sets the parameter: fitted and drawn values go there and nowhere else.
[[nodiscard]] bool is_left_to_table(Scenario const& scenario, ParameterRow const& row);

/// What the command line changes. `sets` are "path=value": "months=24", "parameters.labour.x=0.2",
/// "measures.<id>.<field>=value", "measures.<id>.enabled=false". "labour.x=0.2" is the same as
/// "parameters.labour.x=0.2"; lists are "[a, b]".
struct Overrides {
  std::optional<int> months, scale, replicates;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> area;
  std::vector<std::string> sets;
};

/// Where scenarios are looked for: beside the file, then among the shipped ones.
struct ScenarioPlaces {
  std::filesystem::path shipped;  ///< the folder of scenarios that came with the program
};

/// How far back the data tables reach; who reads them all (sim/init) knows it.
struct TableReach {
  Month first_start{};   ///< the first month in which a scenario can start
  std::string table;     ///< of the tables, the one for which it cannot start earlier: "margins.csv"
  Month first_prices{};  ///< the first month whose soles can be told in those of another
};

/// Reads, resolves and checks a scenario file. Throws InputError with every mistake found in one pass
/// ("file:line:column: key = value (why). Did you mean ...?"). Without `reach` nothing is held against the tables' dates.
[[nodiscard]] Scenario read_scenario(std::filesystem::path const& file, DistrictTable const& districts,
                                     ScenarioPlaces const& places, Overrides const& overrides = {},
                                     std::optional<TableReach> const& reach = {});

/// The same from the text of a complete scenario (without `extends`), such as to_yaml writes; `name` stands for the file
/// in sentences. Without the key `stated_parameters` (of older versions) what stands at the table's value counts as left to it.
[[nodiscard]] Scenario parse_scenario(std::string text, std::string_view name, std::string stem,
                                      DistrictTable const& districts);

/// A complete scenario that has been read once and is then changed over and over: the points of a sweep.
class ScenarioSource {
 public:
  /// As parse_scenario. `districts` must outlive the object.
  ScenarioSource(std::string text, std::string_view name, std::string stem, DistrictTable const& districts);
  ~ScenarioSource();
  ScenarioSource(ScenarioSource&&) noexcept;

  /// Throws InputError with every mistake. From any thread.
  [[nodiscard]] Scenario with(Overrides const& changes, std::optional<TableReach> const& reach = {}) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// The resolved scenario as a complete YAML file (no `extends`): reading it again gives the same scenario, to the last bit.
/// Where a measure starts after the last month (fewer months on the command line, or in a policy file), the key
/// `horizon_months` says up to which month windows are meant, so that reading it again is no mistake. `stated_parameters` lists those
/// that the scenario sets, since all stand in the text.
[[nodiscard]] std::string to_yaml(Scenario const& scenario);

}  // namespace arraigo
