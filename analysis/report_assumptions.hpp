/// What a sweep says of the assumptions behind a comparison, for its report.
#pragma once
#include <string>

#include "analysis/report.hpp"
#include "analysis/sensitivity_study.hpp"

namespace arraigo::analysis {

/// The titles are the alternative's.
[[nodiscard]] Sensitivity section_of(SweepReader const& sweep, SensitivityResult const& result, std::string const& title_es,
                                     std::string const& title_en);

}  // namespace arraigo::analysis
