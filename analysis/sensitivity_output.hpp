/// What is said of a sweep's sensitivities: tables, CSV, JSON, a picture, and the files that SALib and EMA Workbench read.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "analysis/chart_parts.hpp"
#include "analysis/sensitivity_study.hpp"

namespace arraigo::analysis {

/// `columns`: width of the screen.
void print_sensitivity(std::ostream& out, SweepReader const& sweep, std::span<SensitivityResult const> results, Lang lang,
                       std::size_t columns);
/// Columns: indicator, scenario, base, month, method, parameter, measure, value, ci_low, ci_high, p_value.
void print_sensitivity_csv(std::ostream& out, SweepReader const& sweep, std::span<SensitivityResult const> results);
void print_sensitivity_json(std::ostream& out, SweepReader const& sweep, std::span<SensitivityResult const> results, Lang lang);

/// One SVG file that needs nothing but itself: indices with their intervals as bars, where cases of interest lie, and how
/// parameters are distributed among them and among the others. `chart_program`: of ChartBook::draw_into().
[[nodiscard]] std::string sensitivity_picture(SweepReader const& sweep, std::span<SensitivityResult const> results, Lang lang,
                                              std::filesystem::path const& chart_program);
/// What is drawn of parameter `k` of the result, by its method; none where the method said nothing.
[[nodiscard]] std::optional<Bar> bar_of(SensitivityResult const& result, std::size_t k);
/// What that is, in a sentence.
[[nodiscard]] Message measure_of(SensitivityMethod method);

struct ExportFile {
  std::filesystem::path path;  ///< below the folder of the export
  std::string bytes;
};
/// salib/: problem.json, params.txt (SALib's own table), X.txt, and Y_*.txt for each output, in the order of rows that SALib's
/// analysis of the same design expects; ema/results.tar.gz as EMA Workbench's load_results reads it. Only whole rows: of
/// trajectories and base points with a missing run nothing is written. InputError when nothing is left.
[[nodiscard]] std::vector<ExportFile> sensitivity_export(SweepReader const& sweep, std::span<SensitivityResult const> results);

}  // namespace arraigo::analysis
