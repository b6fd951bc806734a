/// Runs of history held against published figures, for `arraigo validate` and for reports.
#pragma once
#include <filesystem>
#include <span>
#include <string>

#include "analysis/report.hpp"
#include "analysis/run_reader.hpp"
#include "analysis/validation.hpp"
#include "init/country.hpp"

namespace arraigo::app {

[[nodiscard]] analysis::Validation hold_against(std::span<analysis::PublishedFigure const> figures, analysis::RunData const& run,
                                                Country const& country);

/// InputError where the file is no run of history, or judges another model than that of `base`: another program, other tables,
/// other parameters.
[[nodiscard]] analysis::History history_for_report(std::string const& file, analysis::RunReader const& base,
                                                   std::filesystem::path const& data);

}  // namespace arraigo::app
