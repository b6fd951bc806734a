#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "schedule/simulation.hpp"
#include "viz/live_engine.hpp"

namespace arraigo::viz {
namespace {

constexpr std::array scales{1, 2, 5, 10, 20, 50, 100, 200, 500};
/// Timed first, since it is soon done; never chosen.
constexpr int first_timed = 1000;

/// All timing together should take no longer than a hand waits without wondering.
constexpr double seconds_for_timing = 0.6;
constexpr double seconds_for_months = 0.08;  ///< of one coarse run
constexpr int most_months = 12;

class Watch {
 public:
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Seconds that a run takes: its start, and its months from a few of them.
double time_run(Scenario scenario, Country const& country, int scale) {
  scenario.scale = scale;
  Watch const all;
  Simulation simulation(scenario, country, 0, Detail::districts);
  if (!simulation.done()) simulation.step();  // makes the tables of a month, which later ones find
  double const start = all.seconds();
  Watch const months;
  int timed = 0;
  while (!simulation.done() && timed < most_months && months.seconds() < seconds_for_months) {
    simulation.step();
    ++timed;
  }
  return timed == 0 ? start : start + months.seconds() / timed * (scenario.months - 1);
}

/// Seconds by agents: a part that is always there, and one for each. By two timings.
struct Line {
  double fixed = 0, per_agent = 0;  ///< agents: parts of the people
  Line(int coarse, double coarse_seconds, int fine, double fine_seconds) {
    per_agent = std::max(0.0, (fine_seconds - coarse_seconds) / (1.0 / fine - 1.0 / coarse));
    fixed = std::max(0.0, coarse_seconds - per_agent / coarse);
  }
  [[nodiscard]] double at(int scale) const { return fixed + per_agent / scale; }
};

int finest_within(double seconds, int own, Line const& line) {
  if (line.at(own) <= seconds) return own;
  for (int const scale : scales)
    if (scale > own && line.at(scale) <= seconds) return scale;
  return scales.back();
}

int timed_scale(Scenario const& scenario, Country const& country, LiveEngine::AnswerTimes seconds) {
  Watch const all;
  int const own = scenario.scale;
  int coarse = first_timed;
  double coarse_seconds = time_run(scenario, country, coarse);
  double const spent_once = all.seconds();
  if (coarse_seconds > std::max(seconds.wanted, seconds.patience)) return scales.back();
  std::optional<Line> line;
  // Small areas are timed at finer scales, too, until there is something to time.
  for (int fine = std::max(own, 200); !line || (fine < coarse && all.seconds() + spent_once + line->at(fine) / 4 < seconds_for_timing);
       fine = std::max(own, fine / 4)) {
    double const fine_seconds = time_run(scenario, country, fine);
    line.emplace(coarse, coarse_seconds, fine, fine_seconds);
    coarse = fine;
    coarse_seconds = fine_seconds;
  }
  int const wanted = finest_within(seconds.wanted, own, *line);
  if (wanted <= LiveEngine::coarsest_faithful) return wanted;
  return finest_within(seconds.patience, std::max(own, LiveEngine::coarsest_faithful), *line);
}

}  // namespace

int LiveEngine::scale_that_answers_within(Scenario const& scenario, Country const& country, int threads, AnswerTimes seconds) {
  if (scenario.scale >= scales.back() || scenario.months < 1) return scenario.scale;
  try {
    threads = std::max(1, threads);
    tbb::global_control const limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
    tbb::task_arena arena(threads);
    return arena.execute([&] { return timed_scale(scenario, country, seconds); });
  } catch (std::exception const&) {
    return scenario.scale;
  }
}

}  // namespace arraigo::viz
