/// `arraigo run --until-halfwidth`: replicates are added until an interval is narrow enough.
#pragma once
#include <string>
#include <vector>

#include "analysis/precision.hpp"
#include "app/run_all.hpp"

namespace arraigo::app {

struct HalfwidthGoal {
  analysis::Precision precision;
  std::string indicator;
  std::string month = "last";  ///< as for compare
  int max_replicates = 200;
};

/// Runs the jobs, the first of which is the base, until the 95 % interval of the paired difference of each other one is
/// narrow enough. Files of the same inputs but for the number of replicates count as the first replicates. The files are
/// published after each look, so that an interrupted command goes on from there. Their data are those of a run that was
/// asked for their number of replicates from the start.
[[nodiscard]] Exit run_until(std::vector<Job> jobs, Country const& country, RunManner const& manner,
                             HalfwidthGoal const& goal);

}  // namespace arraigo::app
