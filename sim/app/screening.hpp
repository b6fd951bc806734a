/// Assumptions one at a time: the arms of claims run with a parameter at each end of its range, coarse and few
/// replicates, to see on which assumptions a verdict turns. Readings are kept in a file, so that what was interrupted
/// goes on.
#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/theory.hpp"
#include "init/country.hpp"
#include "params/scenario.hpp"

namespace arraigo::app {

/// A distinct arm: claims that name files of the same content share it.
struct SharedArm {
  Scenario scenario;
  std::filesystem::path run;  ///< its file of results
};

struct ScreeningOptions {
  std::optional<int> scale;  ///< people per agent; none: as fine as the time allows
  int replicates = 4;        ///< of default values and of the largest movers; all others have one
  int threads = 1;
  std::filesystem::path readings;  ///< the file in which they are kept
  bool quiet = false;
};

/// A claim, by which shared arm its arms are, and what the runs have shown.
struct ClaimToScreen {
  analysis::Claim const* claim = nullptr;
  std::map<std::string, std::size_t, std::less<>> arms;
  analysis::ClaimResult const* result = nullptr;
};

/// One screening per claim, in order; none when a signal came. Must be called within with_threads.
[[nodiscard]] std::optional<std::vector<analysis::Screening>> screen(std::vector<SharedArm> const& arms,
                                                                     std::vector<ClaimToScreen> const& claims,
                                                                     Country const& country,
                                                                     ScreeningOptions const& options);

/// Parameters that a claim's screening sets to their ends: assumptions of its groups, and those that it calls
/// unidentified.
[[nodiscard]] std::vector<ParameterRow const*> parameters_of(analysis::Claim const& claim);

/// The scenario without what names it, as text: arms of the same text are the same run.
[[nodiscard]] std::string content_of(Scenario const& scenario);

/// Whether a reading stands on places, which a run keeps only when asked to.
[[nodiscard]] bool needs_places(analysis::Outcome const& outcome);

}  // namespace arraigo::app
