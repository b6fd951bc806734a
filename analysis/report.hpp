/// A report of a comparison for who does not run programs: one HTML page that needs nothing but itself.
#pragma once
#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "analysis/charts.hpp"
#include "analysis/cost.hpp"
#include "analysis/inference.hpp"
#include "analysis/run_reader.hpp"
#include "analysis/validation.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

/// What a sweep of assumptions says of a headline figure's difference.
struct Sensitivity {
  struct Row {
    std::string name;                 ///< of the parameter
    std::string title_es{}, title_en{};  ///< empty: none but the name
    double part = 0;                  ///< as `column` says
    std::optional<Interval> interval{};
    std::optional<double> alone{};    ///< the share of the variance by this parameter alone
  };
  std::string alternative_es, alternative_en, indicator;
  Message method{}, column{};  ///< what the figures mean, and the head of their column
  std::string sweep, month;    ///< its name; "YYYY-MM" or "mean"
  std::string program;         ///< version and commit that made it
  std::size_t points = 0, replicates = 0;
  std::optional<double> chance{};  ///< share of the variance that is chance of the replicates
  std::vector<Row> rows;           ///< largest first
  std::string box_es{}, box_en{};  ///< where the policy fails; empty: not known
  std::string sign_es{}, sign_en{};  ///< whether any of the points turns the sign of the difference; empty: not known
  std::vector<std::array<std::string, 2>> notes{};  ///< Spanish, English
};

/// A run of history against what was published.
struct History {
  Validation validation;
  std::string area_es, area_en;  ///< its title
};

/// What run files do not say of themselves.
struct ReportContext {
  std::filesystem::path chart_program{};      ///< of ChartBook::draw_into()
  AccountBook book;
  std::string area_es, area_en;               ///< its title
  std::vector<MapShape> shapes;               ///< districts of the runs' area; empty: not known
  std::vector<std::string> outside_experience;  ///< sentences
  std::vector<std::string> unread_scenarios;  ///< names of runs whose scenario could not be looked at
  std::vector<Sensitivity> sensitivities;     ///< empty: no sweep was given, and the report says so
  std::optional<History> history{};           ///< none was given, and the report says so
};

/// InputError with every reason for which the runs cannot be compared, MachineError where charts cannot be drawn.
[[nodiscard]] std::string report_page(RunReader const& base, std::vector<RunReader> const& alternatives,
                                      ReportContext const& context, Lang lang);

}  // namespace arraigo::analysis
