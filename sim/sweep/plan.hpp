/// The plan of a sweep: one file, written once, that says everything a worker needs but the program and its tables. Its
/// digest names it, and every result carries that name.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/month.hpp"

namespace arraigo::sweep {

inline constexpr char plan_name[] = "plan.csv";

struct PlanScenario {
  std::string stem;
  std::string yaml;  ///< resolved, complete
};

/// A point is a row of the design under a scenario; points of the first scenario come first. A run is one replicate of one.
struct Plan {
  std::string name;  ///< of the sweep
  std::string version, commit, data_digest;
  std::string design;  ///< the design as JSON: kind, size, levels, seed
  std::string detail;
  int replicates = 1;
  Month start{};
  int months = 0;
  std::vector<PlanScenario> scenarios;
  std::vector<std::string> variables;  ///< what each result holds, in order: names of recorded variables
  std::vector<std::string> paths;
  std::vector<std::string> lines;  ///< of the design's rows, as in the file: row, block, step, a value for each path
  std::string digest;              ///< of the file, 64 hex digits

  [[nodiscard]] std::size_t rows() const { return lines.size(); }
  [[nodiscard]] std::size_t points() const { return scenarios.size() * lines.size(); }
  [[nodiscard]] std::size_t runs() const { return points() * static_cast<std::size_t>(replicates); }
  [[nodiscard]] std::size_t scenario_of(std::size_t point) const { return point / lines.size(); }
  [[nodiscard]] std::size_t row_of(std::size_t point) const { return point % lines.size(); }
  /// The texts of a row: block, step, and a value for each path.
  [[nodiscard]] std::vector<std::string> cells(std::size_t row) const;
  /// What a row sets, "path=value" as --set takes it.
  [[nodiscard]] std::vector<std::string> sets(std::size_t row) const;
};

/// A field as CSV wants it (RFC 4180).
[[nodiscard]] std::string csv_text(std::string_view text);

/// A line of the plan from its cells.
[[nodiscard]] std::string plan_line(std::size_t row, std::uint32_t block, std::uint32_t step,
                                    std::vector<std::string> const& values);

/// The file's text, its digest at the end; sets `digest`.
[[nodiscard]] std::string text_of(Plan& plan);

/// Reads the plan of a folder. InputError when there is none, or when it is not as it was written.
[[nodiscard]] Plan read_plan(std::filesystem::path const& folder);

/// Publishes the plan in its folder; one that is there already must be the same: InputError otherwise, which says in what
/// they differ. From several processes at once, one writes it.
void publish_plan(Plan& plan, std::filesystem::path const& folder);

}  // namespace arraigo::sweep
