#include "app/sweep_work.hpp"

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <deque>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

#include "app/progress.hpp"
#include "app/replicates.hpp"
#include "app/stop_signal.hpp"
#include "app/terminal.hpp"
#include "core/input_errors.hpp"
#include "core/text_file.hpp"
#include "schedule/simulation.hpp"
#include "schedule/start.hpp"

namespace arraigo::app {
namespace {

using sweep::Plan;
using sweep::RunFolder;
using sweep::RunId;
using Clock = std::chrono::steady_clock;

// Measured on one core of a shared virtual machine: to prepare a run, to build an agent, and an agent's month.
constexpr double seconds_per_run = 0.02, seconds_per_agent = 1.5e-6, seconds_per_agent_month = 1.0e-7;
/// Of a result: a whole number in the difference to the month before, and what stands around it.
constexpr double bytes_per_value = 2.5, bytes_per_result = 4096;
/// The most points that share a start, so that several workers find something to do.
constexpr std::size_t most_points_together = 8;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A point's scenario and what its replicates share. Scenarios stay where they are: setups refer to them.
struct Prepared {
  Scenario scenario;
  std::shared_ptr<Setup const> setup;
  std::string start_key;
};

/// Points in preparation or in use; the oldest are forgotten.
class Preparations {
 public:
  Preparations(Plan const& plan, Country const& country, std::size_t most)
      : plan_(plan), country_(country), sources_(sources_of(plan, country)), most_(most) {}

  /// Throws what preparing the point throws.
  std::shared_ptr<Prepared const> of(std::size_t point) {
    std::shared_ptr<Entry> entry;
    {
      std::lock_guard const lock(mutex_);
      auto& known = entries_[point];
      if (known == nullptr) {
        known = std::make_shared<Entry>();
        order_.push_back(point);
        if (order_.size() > most_) {
          entries_.erase(order_.front());
          order_.pop_front();
        }
      }
      entry = known;
    }
    std::lock_guard const lock(entry->mutex);
    if (entry->failure) std::rethrow_exception(entry->failure);
    if (entry->prepared == nullptr) {
      try {
        // A thread that waits in here must not take up another run, which could wait for this one.
        tbb::this_task_arena::isolate([&] { entry->prepared = prepare(point); });
      } catch (...) {
        entry->failure = std::current_exception();
        throw;
      }
    }
    return entry->prepared;
  }

 private:
  struct Entry {
    std::mutex mutex;
    std::shared_ptr<Prepared const> prepared;
    std::exception_ptr failure;
  };

  [[nodiscard]] std::shared_ptr<Prepared const> prepare(std::size_t point) const {
    auto prepared = std::make_shared<Prepared>();
    Overrides changes;
    changes.sets = plan_.sets(plan_.row_of(point));
    prepared->scenario = sources_[plan_.scenario_of(point)].with(changes, country_.reach());
    prepared->setup = Simulation::prepare(prepared->scenario, country_);
    prepared->start_key = start_key(prepared->scenario);
    return prepared;
  }

  Plan const& plan_;
  Country const& country_;
  std::vector<ScenarioSource> sources_;
  std::size_t most_;
  std::mutex mutex_;
  std::unordered_map<std::size_t, std::shared_ptr<Entry>> entries_;
  std::deque<std::size_t> order_;
};

/// Points whose starts may be the same: nothing but measures differs between them.
std::vector<std::vector<std::uint32_t>> groups_of(Plan const& plan) {
  std::vector<std::size_t> outside;  // paths that the start depends on in any case
  for (std::size_t i = 0; i < plan.paths.size(); ++i)
    if (!plan.paths[i].starts_with("measures.")) outside.push_back(i + 2);
  std::vector<std::vector<std::uint32_t>> groups;
  std::unordered_map<std::string, std::size_t> open;  // the group that still has room, by key
  for (std::size_t row = 0; row < plan.rows(); ++row) {
    auto const cells = plan.cells(row);
    std::string key;
    for (std::size_t const i : outside) key += cells[i] + "\n";
    for (std::size_t s = 0; s < plan.scenarios.size(); ++s) {
      auto const [known, is_new] = open.try_emplace(key, groups.size());
      if (!is_new && groups[known->second].size() >= most_points_together) known->second = groups.size();
      if (known->second == groups.size()) groups.emplace_back();
      groups[known->second].push_back(static_cast<std::uint32_t>(s * plan.rows() + row));
    }
  }
  return groups;
}

std::size_t largest_of(std::vector<std::vector<std::uint32_t>> const& groups) {
  std::size_t largest = 0;
  for (auto const& group : groups) largest = std::max(largest, group.size());
  return largest;
}

/// How far the work is: a line that is written over on a terminal, now and then a line elsewhere.
class RunProgress {
 public:
  RunProgress(std::size_t runs, bool quiet) : runs_(runs), quiet_(quiet), columns_(terminal_columns(STDERR_FILENO)) {}
  ~RunProgress() {
    if (stands_) std::fputs("\r\x1b[K", stderr);
  }
  RunProgress(RunProgress const&) = delete;
  RunProgress& operator=(RunProgress const&) = delete;

  void run_over(bool failed) {
    std::lock_guard const lock(mutex_);
    ++over_;
    failed_ += failed ? 1 : 0;
    double const since_drawn = seconds_since(drawn_);
    if (quiet_ || since_drawn < (columns_ > 0 ? 0.2 : 20)) return;
    drawn_ = Clock::now();
    std::string line = say(Message::sw_progress, over_, runs_, failed_);
    double const elapsed = seconds_since(started_);
    line += ", " + say(Message::app_time_left, duration_text(elapsed * static_cast<double>(runs_ - std::min(over_, runs_)) / static_cast<double>(over_)));
    std::fputs(columns_ > 0 ? ("\r" + line + "\x1b[K").c_str() : (line + "\n").c_str(), stderr);
    std::fflush(stderr);
    stands_ = columns_ > 0;
  }

 private:
  std::mutex mutex_;
  std::size_t const runs_;
  bool const quiet_;
  int const columns_;
  std::size_t over_ = 0, failed_ = 0;
  Clock::time_point const started_ = Clock::now();
  Clock::time_point drawn_ = started_;
  bool stands_ = false;
};

class Worker {
 public:
  Worker(Plan const& plan, RunFolder const& folder, Country const& country, WorkOptions const& options)
      : plan_(plan),
        folder_(folder),
        options_(options),
        detail_(plan.detail == "districts" ? Detail::districts : plan.detail == "zones" ? Detail::zones : Detail::totals),
        groups_(groups_of(plan)),
        closed_(folder.finished()),
        lanes_(static_cast<std::size_t>(lanes_of(foretell(plan, country), options.threads))),
        preparations_(plan, country, lanes_ * (1 + largest_of(groups_))),
        mark_(folder.path(), lanes_) {
    if (!options.retry_failed)
      for (auto const& failure : folder.failures(closed_)) closed_[folder.index_of(failure.run)] = true;
    Scenario const first = sources_of(plan, country).front().with({});
    RecordLayout const layout = Simulation::layout(first, country, detail_);
    recorded_ = layout.variables.size();
    for (std::size_t v = 0; v < layout.variables.size(); ++v)
      if (detail_ != Detail::totals || layout.variables[v].dimension < 0) kept_.push_back(v);
    if (kept_.size() != plan.variables.size()) throw BugError("the plan's variables are not the program's");
  }

  WorkOutcome run() {
    std::size_t const units = groups_.size() * static_cast<std::size_t>(plan_.replicates);
    RunProgress progress(open_runs(), options_.quiet);
    progress_ = &progress;
    std::atomic<std::size_t> next{0};
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, lanes_, 1),
        [&](tbb::blocked_range<std::size_t> const& range) {
          for (std::size_t lane = range.begin(); lane != range.end(); ++lane)
            for (std::size_t unit = next++; unit < units && goes_on(); unit = next++) {
              if (!is_mine(unit)) continue;
              try {
                run_unit(lane, unit);
              } catch (...) {
                std::lock_guard const lock(mutex_);
                if (!broken_) broken_ = std::current_exception();
                is_broken_ = true;
              }
            }
        },
        tbb::simple_partitioner{});
    progress_ = nullptr;
    if (broken_) std::rethrow_exception(broken_);
    outcome_.stopped = stop_requested();
    return outcome_;
  }

 private:
  [[nodiscard]] bool goes_on() const { return !is_broken_ && !stop_requested(); }

  /// Replicates of a group stay together where there are groups enough, since they share what is prepared.
  [[nodiscard]] bool is_mine(std::size_t unit) const {
    auto const [index, count] = options_.share;
    if (count <= 1) return true;
    std::size_t const group = unit / static_cast<std::size_t>(plan_.replicates);
    return (groups_.size() >= 8 * count ? group : unit) % count == index;
  }

  [[nodiscard]] std::size_t open_runs() const {
    std::size_t runs = 0;
    for (std::size_t unit = 0; unit < groups_.size() * static_cast<std::size_t>(plan_.replicates); ++unit)
      if (is_mine(unit))
        for (std::size_t const point : groups_[unit / static_cast<std::size_t>(plan_.replicates)])
          runs += closed_[folder_.index_of({point, replicate_of(unit)})] ? 0 : 1;
    return runs;
  }
  [[nodiscard]] int replicate_of(std::size_t unit) const {
    return static_cast<int>(unit % static_cast<std::size_t>(plan_.replicates));
  }

  void run_unit(std::size_t lane, std::size_t unit) {
    int const replicate = replicate_of(unit);
    std::vector<std::size_t> open;
    for (std::size_t const point : groups_[unit / static_cast<std::size_t>(plan_.replicates)])
      if (!closed_[folder_.index_of({point, replicate})]) open.push_back(point);
    // A start that several runs have is built once and copied.
    std::map<std::string, int> wanted;
    std::map<std::string, std::unique_ptr<Simulation>> starts;
    if (open.size() > 1)
      for (std::size_t const point : open) try {
          ++wanted[preparations_.of(point)->start_key];
        } catch (std::exception const&) {
          // Its run says so.
        }
    for (std::size_t const point : open) {
      RunId const run{point, replicate};
      if (!goes_on()) return;
      // Another worker may have done it meanwhile.
      if (folder_.is_finished(run)) {
        progress_->run_over(false);
        continue;
      }
      mark_.set(lane, run);
      std::string failure;
      std::optional<sweep::Result> result;
      try {
        auto const prepared = preparations_.of(point);
        auto const left = wanted.find(prepared->start_key);
        bool const shared = left != wanted.end() && (left->second > 1 || starts.contains(prepared->start_key));
        result = simulate(*prepared, replicate, shared ? &starts[prepared->start_key] : nullptr);
        // The last that needs a start takes it along.
        if (left != wanted.end() && --left->second == 0) starts.erase(prepared->start_key);
      } catch (std::bad_alloc const&) {
        failure = say(Message::app_out_of_memory);
      } catch (std::exception const& error) {
        failure = error.what();
      }
      // Somebody removed the folder: a new one with what is left to do would look like a whole sweep.
      if (!std::filesystem::exists(folder_.path() / sweep::plan_name)) throw MachineError(say(Message::rf_no_folder, folder_.path().string(), system_reason(ENOENT)));
      if (!failure.empty())
        folder_.note_failure(run, failure);
      else if (!result)
        return;  // a signal came
      else if (!folder_.publish(run, *result))
        note_alarm(run);
      mark_.set(lane, std::nullopt);
      count(!failure.empty());
    }
  }

  std::optional<sweep::Result> simulate(Prepared const& prepared, int replicate, std::unique_ptr<Simulation>* start) const {
    if (start != nullptr && *start == nullptr) *start = std::make_unique<Simulation>(prepared.setup, replicate, Detail::totals);
    auto const simulation = start != nullptr ? std::make_unique<Simulation>(prepared.setup, (*start)->world(), detail_)
                                             : std::make_unique<Simulation>(prepared.setup, replicate, detail_);
    while (!simulation->done()) {
      if (!goes_on()) return std::nullopt;
      simulation->step();
    }
    auto record = simulation->take_record();
    if (record.values.size() != recorded_) throw BugError("a record has other variables than its plan");
    sweep::Result result;
    result.state_hash = record.state_hash;
    for (std::size_t const v : kept_) result.values.push_back(std::move(record.values[v]));
    return result;
  }

  void note_alarm(RunId run) {
    std::lock_guard const lock(mutex_);
    outcome_.alarms.push_back(say(Message::sw_other_result, folder_.result_path(run).string()));
  }

  void count(bool failed) {
    {
      std::lock_guard const lock(mutex_);
      ++(failed ? outcome_.failed : outcome_.done);
    }
    progress_->run_over(failed);
  }

  Plan const& plan_;
  RunFolder const& folder_;
  WorkOptions const& options_;
  Detail detail_;
  std::vector<std::vector<std::uint32_t>> groups_;
  std::vector<bool> closed_;  ///< by run: not to be run
  std::size_t lanes_, recorded_ = 0;
  std::vector<std::size_t> kept_;  ///< variables of the record
  Preparations preparations_;
  sweep::RunningMark mark_;
  RunProgress* progress_ = nullptr;
  std::mutex mutex_;
  std::exception_ptr broken_;
  std::atomic<bool> is_broken_{false};
  WorkOutcome outcome_;
};

}  // namespace

std::vector<ScenarioSource> sources_of(Plan const& plan, Country const& country) {
  std::vector<ScenarioSource> sources;
  for (auto const& scenario : plan.scenarios)
    sources.emplace_back(scenario.yaml, sweep::plan_name, scenario.stem, country.districts);
  return sources;
}

Foretold foretell(Plan const& plan, Country const& country) {
  Foretold foretold;
  auto const sources = sources_of(plan, country);
  for (auto const& source : sources) {
    Overrides changes;
    changes.sets = plan.sets(0);
    Scenario const scenario = source.with(changes, country.reach());
    double const agents = people_of(scenario, country) / scenario.scale;
    foretold.seconds_of_run += seconds_per_run + agents * (seconds_per_agent + seconds_per_agent_month * plan.months);
    foretold.memory_of_lane = std::max(foretold.memory_of_lane, memory_of_replicate(scenario, country));
  }
  foretold.seconds_of_run /= static_cast<double>(sources.size());
  // A start may stand beside the run that was copied from it.
  if (plan.points() > 1) foretold.memory_of_lane *= 2;
  double const keys = plan.detail == "totals" ? 1 : 6;
  foretold.disk_of_run = bytes_per_result + bytes_per_value * keys * static_cast<double>(plan.variables.size()) * plan.months;
  return foretold;
}

int lanes_of(Foretold const& foretold, int threads) {
  auto const available = free_memory();
  double const fit = available ? 0.8 * *available / std::max(foretold.memory_of_lane, 1.0) : threads;
  return std::max(1, static_cast<int>(std::min<double>(threads, fit)));
}

WorkOutcome work(Plan const& plan, RunFolder const& folder, Country const& country, WorkOptions const& options) {
  return Worker(plan, folder, country, options).run();
}

}  // namespace arraigo::app
