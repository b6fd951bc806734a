/// What the benchmark measures of the model: one replicate's months, and replicates side by side.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "init/country.hpp"
#include "params/scenario.hpp"

namespace arraigo::bench {

/// One replicate of a scenario, recorded by district.
struct MonthsRun {
  int scale = 1, months = 0, threads = 1;
  std::size_t persons = 0, migrants = 0, households = 0, employers = 0;  ///< agents at the start
  double agent_months = 0;                    ///< persons of all months
  double setup_seconds = 0, build_seconds = 0, seconds = 0;  ///< shared set-up, the start, the monthly steps
  double processor_seconds = 0;               ///< of the monthly steps, all threads
  std::vector<double> phase_seconds, phase_bytes;  ///< by row of schedule(), over all months
  double column_bytes = 0;                    ///< of the agents at the start
  double before_mib = 0, peak_build_mib = 0, peak_mib = 0;  ///< resident before the start; peaks of the process
  std::uint64_t hash = 0;                     ///< of the final state
  [[nodiscard]] double ns_per_agent_month() const { return 1e9 * seconds / agent_months; }
  [[nodiscard]] double bytes() const;         ///< that the phases must move, over all months
};
[[nodiscard]] MonthsRun run_months(Scenario const& scenario, Country const& country, int threads);

/// Replicates of a scenario as `arraigo run` runs them, building and recording by district included.
struct ReplicatesRun {
  int replicates = 1, threads = 1;
  double seconds = 0;
  double peak_mib = 0;      ///< over what was resident before
  std::vector<std::uint64_t> hashes;  ///< by replicate
};
[[nodiscard]] ReplicatesRun run_side_by_side(Scenario scenario, Country const& country, int replicates, int threads);

/// A hash that must be the same as others.
struct Hashed {
  std::string what;  ///< "4 threads"
  std::uint64_t hash = 0;
};
/// A sentence that names the first hash that differs from the first; none when all agree.
[[nodiscard]] std::optional<std::string> differing_hash(std::string const& of, std::vector<Hashed> const& hashes);

}  // namespace arraigo::bench
