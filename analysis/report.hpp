/// A report of a comparison for who does not run programs: one HTML page that needs nothing but itself.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "analysis/chart_svg.hpp"
#include "analysis/cost.hpp"
#include "analysis/inference.hpp"
#include "analysis/run_reader.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

/// What a sweep of assumptions says of a headline figure's difference.
struct Sensitivity {
  struct Row {
    std::string name;     ///< of the parameter
    double part = 0;      ///< of the variance of the difference, 0 to 1
    std::optional<Interval> interval;
  };
  std::string alternative_es, alternative_en, indicator, method_es, method_en;
  std::vector<Row> rows;  ///< largest first
};

/// What run files do not say of themselves.
struct ReportContext {
  AccountBook book;
  std::string area_es, area_en;               ///< its title
  std::vector<MapShape> shapes;               ///< districts of the runs' area; empty: not known
  std::vector<std::string> outside_experience;  ///< sentences
  std::vector<std::string> unread_scenarios;  ///< names of runs whose scenario could not be looked at
  std::vector<Sensitivity> sensitivities;     ///< empty: no sweep was given, and the report says so
};

/// InputError with every reason for which the runs cannot be compared.
[[nodiscard]] std::string report_page(RunReader const& base, std::vector<RunReader> const& alternatives,
                                      ReportContext const& context, Lang lang);

}  // namespace arraigo::analysis
