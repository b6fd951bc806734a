/// How far a run is: a bar with the time left on a terminal, a line now and then elsewhere, and one JSON line a month
/// in a file that other programs may follow.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>

#include "core/month.hpp"

namespace arraigo::app {

/// Work of a whole command, over all its scenarios. Reports to stderr unless `quiet`.
class Progress {
 public:
  Progress(std::int64_t months_of_all_replicates, std::size_t scenarios, bool quiet);
  ~Progress();
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;

  /// The next scenario. Its months go to `json_lines`, which starts empty.
  void start_scenario(std::string const& stem, std::filesystem::path const& json_lines);
  void month_done(int replicate, Month month);  ///< from any thread
  /// Prints a line where the bar stands, and lets the bar go on below.
  void tell(std::string const& line);

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);
  void clear_bar();
  [[nodiscard]] std::string status(Clock::time_point now) const;

  std::mutex mutex_;
  std::int64_t const all_months_;
  std::size_t const scenarios_;
  bool const quiet_;
  int const columns_;  ///< of the terminal on stderr, 0 when it is none
  std::int64_t months_done_ = 0;
  std::size_t scenario_ = 0;
  std::string stem_;
  std::ofstream json_lines_;
  Clock::time_point const started_;
  Clock::time_point drawn_;
  bool bar_stands_ = false;
};

/// "1 h 05 min", "2 min 10 s", "8 s": the same in both languages.
[[nodiscard]] std::string duration_text(double seconds);

}  // namespace arraigo::app
