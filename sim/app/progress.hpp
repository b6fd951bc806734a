/// How far a run is: a bar with the time left on a terminal, a line now and then elsewhere, and in a file that other
/// programs may follow, one JSON line about the run and then one a month with the headline indicators.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/month.hpp"
#include "params/scenario.hpp"
#include "record/record.hpp"

namespace arraigo::app {

/// A scenario whose months are told in a file.
struct Told {
  Scenario const& scenario;
  RecordLayout const& layout;
  std::filesystem::path json_lines;  ///< empty: they are told on the terminal only
  int replicates = 0;    ///< how many there may be at the most
  bool goes_on = false;  ///< more replicates of what the file tells already; else it is begun anew
};

/// InputError when something other than a regular file has the name: a program that appends to it would hang, or write to
/// where a link leads.
void refuse_to_write_to(std::filesystem::path const& file);

/// A file of JSON lines that others may follow. Of equal runs at once, the first writes it.
class ProgressFile {
 public:
  ProgressFile() = default;  ///< writes nothing
  /// With `goes_on` what is there stays. InputError when it is no regular file, MachineError when it cannot be written.
  ProgressFile(std::filesystem::path const& file, bool goes_on);
  ~ProgressFile();
  ProgressFile(ProgressFile&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  ProgressFile& operator=(ProgressFile&&) = delete;

  [[nodiscard]] bool writes() const { return number_ >= 0; }
  void add(std::string const& lines) const;

 private:
  int number_ = -1;
};

/// Work of a whole command, over all its scenarios. Reports to stderr unless `quiet`.
class Progress {
 public:
  /// `months`: that are computed, over all replicates.
  Progress(std::int64_t months, std::size_t scenarios, bool quiet);
  ~Progress();
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;

  /// The next scenarios, which are run together. Each is told in its file: what it is, and its months.
  void start(std::span<Told const> together);
  /// From any thread. `scenario`: of those that are run together. `headlines`: the headline indicators of its layout, in its
  /// order.
  void month_done(std::size_t scenario, int replicate, Month month, std::span<std::optional<double> const> headlines);
  /// The same of a month that another scenario has run already: it is told and is no work.
  void month_taken_over(std::size_t scenario, int replicate, Month month, std::span<std::optional<double> const> headlines);
  /// Months that had been counted as work and are there already.
  void skip(std::int64_t months);
  /// Prints a line where the bar stands, and lets the bar go on below.
  void tell(std::string const& line);

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);
  void clear_bar();
  void print_line(std::string const& line);
  [[nodiscard]] std::string status(Clock::time_point now) const;

  std::mutex mutex_;
  std::int64_t const all_months_;
  std::size_t const scenarios_;
  bool const quiet_;
  int const columns_;  ///< of the terminal on stderr, 0 when it is none
  std::int64_t months_done_ = 0;
  std::size_t scenario_ = 0;  ///< of those run so far and now
  std::vector<std::string> stems_;
  std::vector<ProgressFile> json_lines_;  ///< of those that are run together
  Clock::time_point const started_;
  Clock::time_point drawn_;
  bool bar_stands_ = false;
};

/// "1 h 05 min", "2 min 10 s", "8 s": the same in both languages.
[[nodiscard]] std::string duration_text(double seconds);

}  // namespace arraigo::app
