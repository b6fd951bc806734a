#include "app/progress.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/terminal.hpp"
#include "core/input_errors.hpp"
#include "core/text_file.hpp"
#include "record/run_file.hpp"

namespace arraigo::app {
namespace {
constexpr auto between_bars = std::chrono::milliseconds{100};
constexpr auto between_lines = std::chrono::seconds{20};

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string first_line(Scenario const& scenario, RecordLayout const& layout, int replicates) {
  nlohmann::ordered_json head;
  head["stem"] = storable_text(scenario.stem);
  head["title_es"] = storable_text(scenario.title_es);
  head["title_en"] = storable_text(scenario.title_en);
  head["start"] = scenario.start.text();
  head["months"] = scenario.months;
  head["replicates"] = replicates;
  head["scale"] = scenario.scale;
  head["area"] = storable_text(scenario.area);
  head["seed"] = scenario.seed;
  head["indicators"] = nlohmann::ordered_json::array();
  for (auto const& indicator : layout.indicators)
    if (indicator.headline) head["indicators"].push_back(indicator.name);
  return head.dump() + "\n";
}

std::string month_line(int replicate, Month month, std::span<std::optional<double> const> headlines) {
  std::string values;
  for (auto const& value : headlines) {
    if (!values.empty()) values += ',';
    values += value ? fmt::format("{}", *value) : "null";
  }
  return fmt::format("{{\"replicate\":{},\"month\":\"{}\",\"values\":[{}]}}\n", replicate, month.text(), values);
}
}  // namespace

std::string duration_text(double seconds) {
  auto const whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

void refuse_to_write_to(std::filesystem::path const& file) {
  std::error_code failed;
  auto const type = std::filesystem::symlink_status(file, failed).type();
  if (type != std::filesystem::file_type::regular && type != std::filesystem::file_type::not_found && type != std::filesystem::file_type::none)
    throw InputError(say(Message::app_not_written_to, file.string()));
}

ProgressFile::ProgressFile(std::filesystem::path const& file, bool goes_on) {
  refuse_to_write_to(file);
  int const number = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (number < 0) throw MachineError(say(Message::rf_cannot_write, file.string(), system_reason(errno)));
  // A file system without locks keeps nobody out, and the lines of two programs stay whole all the same.
  if (::flock(number, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(number);
    return;
  }
  number_ = number;
  if (!goes_on && ::ftruncate(number_, 0) != 0) {
    int const error = errno;
    ::close(std::exchange(number_, -1));
    throw MachineError(say(Message::rf_cannot_write, file.string(), system_reason(error)));
  }
}

ProgressFile::~ProgressFile() {
  if (writes()) ::close(number_);
}

void ProgressFile::add(std::string const& lines) const {
  // What is lost here is a notice: a full disk is told where results are written.
  if (writes()) static_cast<void>(::write(number_, lines.data(), lines.size()) < 0);
}

Progress::Progress(std::int64_t months, std::size_t scenarios, bool quiet)
    : all_months_(std::max<std::int64_t>(months, 1)),
      scenarios_(scenarios),
      quiet_(quiet),
      columns_(terminal_columns(STDERR_FILENO)),
      started_(Clock::now()),
      drawn_(started_) {}

Progress::~Progress() { clear_bar(); }

void Progress::start(std::span<Told const> together) {
  std::lock_guard const lock(mutex_);
  stems_.clear();
  json_lines_.clear();
  for (auto const& told : together) {
    if (!told.goes_on) ++scenario_;
    stems_.push_back(told.scenario.stem);
    if (told.json_lines.empty()) {
      json_lines_.emplace_back();
      continue;
    }
    auto const& file = json_lines_.emplace_back(told.json_lines, told.goes_on);
    if (!told.goes_on) file.add(first_line(told.scenario, told.layout, told.replicates));
    if (!file.writes()) print_line(say(Message::app_progress_taken, told.json_lines.string()));
  }
  if (columns_ > 0) draw(Clock::now());
}

void Progress::month_taken_over(std::size_t scenario, int replicate, Month month,
                                std::span<std::optional<double> const> headlines) {
  std::string const line = month_line(replicate, month, headlines);
  std::lock_guard const lock(mutex_);
  if (scenario < json_lines_.size()) json_lines_[scenario].add(line);
}

void Progress::month_done(std::size_t scenario, int replicate, Month month,
                          std::span<std::optional<double> const> headlines) {
  std::string const line = month_line(replicate, month, headlines);
  std::lock_guard const lock(mutex_);
  ++months_done_;
  if (scenario < json_lines_.size()) json_lines_[scenario].add(line);
  auto const now = Clock::now();
  if (columns_ > 0 ? now - drawn_ >= between_bars : now - drawn_ >= between_lines) draw(now);
}

void Progress::skip(std::int64_t months) {
  std::scoped_lock const lock(mutex_);
  months_done_ += months;
}

void Progress::tell(std::string const& line) {
  std::lock_guard const lock(mutex_);
  print_line(line);
}

void Progress::print_line(std::string const& line) {
  if (quiet_) return;
  clear_bar();
  std::fputs((line + "\n").c_str(), stderr);
}

std::string Progress::status(Clock::time_point now) const {
  double const share = static_cast<double>(months_done_) / static_cast<double>(all_months_);
  std::string text = fmt::format("{:3.0f} %", std::min(100.0, 100 * share));
  // The first months carry the building of the population: what they foretell is far too long.
  if (share >= 0.02) {
    double const elapsed = seconds_between(started_, now);
    text += ", " + say(Message::app_time_left, duration_text(elapsed * std::max(0.0, 1 / share - 1)));
  }
  return text;
}

void Progress::draw(Clock::time_point now) {
  if (quiet_ || stems_.empty()) return;
  drawn_ = now;
  std::string head = stems_.front();
  if (stems_.size() > 1) head += fmt::format(" +{}", stems_.size() - 1);
  if (scenarios_ > 1) head += fmt::format(" ({}/{})", scenario_, scenarios_);
  if (columns_ == 0) {
    std::fputs(fmt::format("{}: {}\n", head, status(now)).c_str(), stderr);
    return;
  }
  std::string const tail = status(now);
  int const room = columns_ - static_cast<int>(width_of(head) + width_of(tail)) - 6;
  std::string bar;
  if (room >= 10) {
    auto const cells = static_cast<std::size_t>(std::min(room, 40));
    auto const full =
        std::min(cells, static_cast<std::size_t>(static_cast<double>(cells) * static_cast<double>(months_done_) /
                                                 static_cast<double>(all_months_)));
    bar = " [" + std::string(full, '#') + std::string(cells - full, '.') + "]";
  }
  // \x1b[K clears what a longer line left.
  std::fputs(("\r" + head + bar + " " + tail + "\x1b[K").c_str(), stderr);
  std::fflush(stderr);
  bar_stands_ = true;
}

void Progress::clear_bar() {
  if (!bar_stands_) return;
  std::fputs("\r\x1b[K", stderr);
  bar_stands_ = false;
}

}  // namespace arraigo::app
