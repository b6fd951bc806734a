#include "app/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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

std::string first_line(Scenario const& scenario, RecordLayout const& layout) {
  nlohmann::ordered_json head;
  head["stem"] = storable_text(scenario.stem);
  head["title_es"] = storable_text(scenario.title_es);
  head["title_en"] = storable_text(scenario.title_en);
  head["start"] = scenario.start.text();
  head["months"] = scenario.months;
  head["replicates"] = scenario.replicates;
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
  auto const whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

Progress::Progress(std::int64_t months_of_all_replicates, std::size_t scenarios, bool quiet)
    : all_months_(std::max<std::int64_t>(months_of_all_replicates, 1)),
      scenarios_(scenarios),
      quiet_(quiet),
      columns_(terminal_columns(STDERR_FILENO)),
      started_(Clock::now()),
      drawn_(started_) {}

Progress::~Progress() { clear_bar(); }

void Progress::start_scenario(Scenario const& scenario, RecordLayout const& layout,
                              std::filesystem::path const& json_lines) {
  std::lock_guard const lock(mutex_);
  ++scenario_;
  stem_ = scenario.stem;
  errno = 0;
  std::ofstream{json_lines, std::ios::trunc};
  // Appended to, so that the lines of two programs at the same scenario stay whole.
  json_lines_ = std::ofstream(json_lines, std::ios::app);
  if (!json_lines_) throw MachineError(say(Message::rf_cannot_write, json_lines.string(), system_reason(errno)));
  json_lines_ << first_line(scenario, layout) << std::flush;
  if (columns_ > 0) draw(Clock::now());
}

void Progress::month_done(int replicate, Month month, std::span<std::optional<double> const> headlines) {
  std::string const line = month_line(replicate, month, headlines);
  std::lock_guard const lock(mutex_);
  ++months_done_;
  json_lines_ << line << std::flush;
  auto const now = Clock::now();
  if (columns_ > 0 ? now - drawn_ >= between_bars : now - drawn_ >= between_lines) draw(now);
}

void Progress::tell(std::string const& line) {
  std::lock_guard const lock(mutex_);
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
  if (quiet_) return;
  drawn_ = now;
  std::string const head = scenarios_ > 1 ? fmt::format("{} ({}/{})", stem_, scenario_, scenarios_) : stem_;
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
