/// The model's runs for a calibration: points times replicates in parallel, each kept in a small file as soon as it has ended, so
/// that none is made twice.
#pragma once
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/validation.hpp"
#include "app/calibration.hpp"
#include "init/country.hpp"
#include "params/scenario.hpp"

namespace arraigo::app {

/// What a run of a block is, and what is read off it.
struct CalibrationRuns {
  Scenario scenario;  ///< with the block's months, and what earlier blocks have fixed
  std::vector<ParameterRow const*> parameters;
  std::vector<analysis::PublishedFigure> figures;
  bool whole_country = true;
};

class RunStore {
 public:
  explicit RunStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// By the figures' order; none where there is no whole file of that run.
  [[nodiscard]] std::optional<std::vector<double>> find(std::string const& key, std::vector<std::string> const& figures) const;
  void add(std::string const& key, std::vector<std::string> const& figures, std::vector<double> const& values) const;
  void forget() const;  ///< the runs kept so far

 private:
  [[nodiscard]] std::filesystem::path path_of(std::string const& key) const;
  std::filesystem::path folder_;
};

struct RunsMade {
  std::atomic<std::size_t> made{0}, kept{0};
};

/// Told after each run: of how many of the batch it is the last that has ended.
using TellRun = std::function<void(std::size_t done, std::size_t of)>;

/// Must be called within with_threads. None when a signal came: what was running then has ended and is kept.
[[nodiscard]] std::optional<std::vector<PointValues>> run_points(CalibrationRuns const& runs, std::vector<std::vector<double>> const& points, Country const& country,
                                                                 RunStore const& store, int threads, RunsMade& made, TellRun const& tell);

}  // namespace arraigo::app
