/// The sweep's file: which scenarios, what is varied over which ranges, by which design, how often.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/input_errors.hpp"
#include "params/scenario.hpp"
#include "sweep/designs.hpp"

namespace arraigo::sweep {

/// What is varied: a path as in --set, and its range or values.
struct Lever {
  std::string path;   ///< "labour.x", "measures.ID.field", "scale"
  std::string where;  ///< "file:line:column"
  bool ranged = false;
  double low = 0, high = 0;
  bool whole = false;  ///< takes whole numbers; known of measures when their scenario is (check_levers)
  std::size_t levels = 0;           ///< of a grid; 0: the design's
  std::vector<std::string> values;  ///< of a grid, as written
};

struct SweepFile {
  std::string name;  ///< stem of the file
  std::vector<std::pair<std::string, std::string>> scenarios;  ///< as written, and where
  DesignKind kind = DesignKind::list;
  std::size_t size = 0;    ///< points, trajectories or base
  std::size_t levels = 0;  ///< of a grid or trajectories
  std::uint64_t design_seed = 1;
  std::vector<Lever> levers;
  std::vector<std::vector<std::string>> list;  ///< of a list: one text per lever in each row
  Overrides common;  ///< for all points: months, scale, area, seed, sets, and always replicates
  std::string detail = "totals";
};

inline constexpr std::size_t most_runs = 10'000'000;
/// Points by parameters: a plan holds the value of each, some hundred bytes while it is made.
inline constexpr std::size_t most_cells = 20'000'000;

/// Throws InputError with every mistake found in one pass.
[[nodiscard]] SweepFile read_sweep(std::filesystem::path const& file);

/// Holds levers of measures against the scenarios in which they stand, and notes which take whole numbers.
void check_levers(SweepFile& sweep, std::vector<Scenario> const& scenarios, Errors& errors);

/// The design's rows, and the text of each lever in each.
struct Rows {
  Design design;
  std::vector<std::vector<std::string>> values;
};
[[nodiscard]] Rows rows_of(SweepFile const& sweep);

}  // namespace arraigo::sweep
