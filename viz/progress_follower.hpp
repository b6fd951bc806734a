/// A run that is still going, followed from its progress file: the headline indicators by month, as far as they have come.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/month.hpp"
#include "core/text.hpp"

namespace arraigo::viz {

class ProgressFollower {
 public:
  /// Reads as update() does. An empty file, or one whose first line is still being written, is a run that has just begun:
  /// until an update brings the line, there are no months, replicates or indicators. InputError when the file is no progress
  /// file or its run too large to follow, MachineError when it cannot be read.
  explicit ProgressFollower(std::filesystem::path const& file);

  /// Reads what was appended since the last call, at most 4 MiB of it; true when something new came. A line still being
  /// written waits for its end; damaged lines are counted and left out; a file that starts anew (truncated, or written over)
  /// is read anew, and then everything below may change. A file that has gone keeps what is known. MachineError when it
  /// cannot be read.
  bool update();

  [[nodiscard]] std::filesystem::path const& file() const { return file_; }
  [[nodiscard]] std::string const& stem() const { return head_.stem; }
  [[nodiscard]] std::string const& title_es() const { return head_.title_es; }
  [[nodiscard]] std::string const& title_en() const { return head_.title_en; }
  /// What the run is, as far as its head says.
  [[nodiscard]] std::optional<std::string> const& area() const { return head_.area; }
  [[nodiscard]] std::optional<std::int64_t> scale() const { return head_.scale; }
  [[nodiscard]] std::optional<std::int64_t> seed() const { return head_.seed; }
  [[nodiscard]] Month start() const { return head_.start; }
  [[nodiscard]] int months() const { return head_.months; }          ///< of each replicate; 0: the first line has not come
  [[nodiscard]] int replicates() const { return head_.replicates; }
  [[nodiscard]] std::vector<std::string> const& indicators() const { return head_.indicators; }  ///< names
  /// Value of an indicator in a replicate and month (from 0); nothing when it has not come or is undefined.
  [[nodiscard]] std::optional<double> value(std::size_t indicator, int replicate, int month) const;
  [[nodiscard]] int months_done(int replicate) const;  ///< how many months have come
  [[nodiscard]] std::int64_t damaged_lines() const { return damaged_; }
  /// About the first whole line whose replicate or month the run does not have, and how many lines are left out; empty: there is none.
  [[nodiscard]] std::string complaint() const;
  [[nodiscard]] bool finished() const;  ///< all months of all replicates have come

 private:
  struct Head {
    std::string stem, title_es, title_en;
    Month start{};
    int months = 0, replicates = 0;
    std::vector<std::string> indicators;
    std::optional<std::string> area;
    std::optional<std::int64_t> scale, seed;
  };
  struct Replicate {
    std::vector<double> values;      ///< [month][indicator] up to the latest month that came; NaN: undefined
    std::vector<std::uint8_t> came;  ///< by month
    int done = 0;
  };

  [[nodiscard]] static std::optional<Message> read_head(std::string_view line, Head& head);
  void forget();
  [[nodiscard]] bool starts_anew(int descriptor) const;
  void take_bytes(std::string_view bytes);
  void take_line(std::string_view line);
  [[nodiscard]] bool take_month(std::string_view line);
  void note_outside(char const* key, std::string value, std::string why);
  void damage(Message fault);

  std::filesystem::path file_;
  std::uintmax_t read_ = 0;           ///< bytes
  std::string first_bytes_, last_bytes_;  ///< of what was read: where they have changed, the file is another
  std::string rest_;                  ///< of a line without its end
  bool line_is_too_long_ = false;     ///< its end is still awaited
  Head head_;
  std::vector<Replicate> values_;
  std::int64_t months_come_ = 0, damaged_ = 0, lines_ = 0;
  std::int64_t line_number_ = 0;  ///< of the line at hand, from 1
  struct Outside {
    std::int64_t line = 0;
    std::string key, value, why;
  };
  std::optional<Outside> outside_;  ///< the first of them
  std::optional<Message> first_fault_;  ///< of a line where the head should have been
};

}  // namespace arraigo::viz
