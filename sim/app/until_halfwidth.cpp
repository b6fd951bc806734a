#include "app/until_halfwidth.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "analysis/compare.hpp"
#include "analysis/figures.hpp"
#include "analysis/text_output.hpp"
#include "core/numbers.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;

using Records = std::vector<analysis::MemoryRun::Record>;

/// A job with its replicates so far.
struct Grown {
  Records records;
  int stored = 0;  ///< replicates of the file that was there
};

/// The replicates of a file of the same inputs but for their number; nothing when there is none. The job is given that
/// number. Adds to `errors` what stands there otherwise.
Grown grown_from_file(Job& job, Country const& country, RunManner const& manner, Errors& errors) {
  Grown grown;
  if (manner.force && !fs::is_directory(job.target)) return grown;
  int stored = 0;
  if (fs::exists(job.target) && !fs::is_directory(job.target)) {
    try {
      analysis::RunReader const reader(job.target);
      stored = reader.replicates();
      job.scenario.replicates = stored;
    } catch (InputError const&) {
      // Told by look_at, which finds it again.
    }
  }
  Standing const standing = look_at(job, country, manner.detail_name);
  if (!standing.refusal.empty()) errors.add(standing.refusal);
  if (!standing.kept) return grown;
  analysis::RunReader const reader(job.target);
  auto const& layout = reader.layout();
  std::vector<ReplicateRecord> records(static_cast<std::size_t>(stored));
  for (auto const& variable : layout.variables) {
    auto const values = reader.read(variable);
    std::size_t const size = values.size() / records.size();
    for (std::size_t r = 0; r < records.size(); ++r) {
      auto const from = values.begin() + static_cast<std::ptrdiff_t>(r * size);
      records[r].values.emplace_back(from, from + static_cast<std::ptrdiff_t>(size));
    }
  }
  auto const& hashes = reader.state_hashes();
  for (std::size_t r = 0; r < records.size(); ++r) {
    std::from_chars(hashes[r].data(), hashes[r].data() + hashes[r].size(), records[r].state_hash, 16);
    grown.records.push_back(std::make_shared<ReplicateRecord const>(std::move(records[r])));
  }
  grown.stored = stored;
  return grown;
}

analysis::MemoryRun in_memory(Job const& job, Country const& country, Records const& records) {
  analysis::MemoryRun run(job.scenario.stem, std::make_shared<RecordLayout const>(job.layout), records);
  run.set("stem", job.scenario.stem);
  run.set("area", job.scenario.area);
  run.set("data_digest", country.digest);
  run.set("seed", static_cast<std::int64_t>(job.scenario.seed));
  run.set("scale", std::int64_t{job.scenario.scale});
  return run;
}

/// What the interval of an alternative is now.
struct Reached {
  std::optional<double> difference, halfwidth, goal;
  bool is_narrow = false;
};

struct Look {
  std::vector<Reached> alternatives;
  Indicator indicator;
  [[nodiscard]] bool is_narrow() const {
    return std::all_of(alternatives.begin(), alternatives.end(), [](Reached const& r) { return r.is_narrow; });
  }
  /// Where the indicator is undefined, or a percentage of zero asked for, no further replicate helps.
  [[nodiscard]] bool is_hopeless() const {
    return std::any_of(alternatives.begin(), alternatives.end(), [](Reached const& r) { return !r.halfwidth || !r.goal; });
  }
};

/// InputError when the runs cannot be compared or the indicator or month is none.
Look look_at_intervals(std::vector<Job> const& jobs, std::vector<Grown> const& grown, Country const& country,
                       HalfwidthGoal const& goal) {
  std::vector<analysis::MemoryRun> runs;
  for (std::size_t j = 0; j < jobs.size(); ++j) runs.push_back(in_memory(jobs[j], country, grown[j].records));
  std::vector<analysis::RunData const*> alternatives;
  for (std::size_t j = 1; j < runs.size(); ++j) alternatives.push_back(&runs[j]);
  analysis::CompareOptions options;
  options.indicators = {goal.indicator};
  options.month = goal.month;
  auto const comparison = analysis::compare(runs.front(), alternatives, options);
  Look look;
  look.indicator = comparison.indicators.front();
  for (auto const& row : comparison.rows) {
    Reached reached;
    reached.difference = row.difference;
    if (row.interval) reached.halfwidth = (row.interval->high - row.interval->low) / 2;
    reached.goal = goal.precision.halfwidth(row.base);
    reached.is_narrow = reached.halfwidth && reached.goal && *reached.halfwidth <= *reached.goal;
    look.alternatives.push_back(reached);
  }
  return look;
}

/// Where it stands and why it ends there.
void tell_end(std::vector<Job> const& jobs, Look const& look, int replicates, Progress& progress) {
  Lang const lang = language_of_environment();
  auto const& about = look.indicator;
  bool const at_end = !look.is_narrow() && !look.is_hopeless();
  for (std::size_t a = 0; a < look.alternatives.size(); ++a) {
    auto const& reached = look.alternatives[a];
    std::string const& stem = jobs[a + 1].scenario.stem;
    if (!reached.halfwidth || !reached.goal) {
      progress.tell(say(Message::app_until_undefined, stem, about.name));
      continue;
    }
    // A digit more than the half-width's first, so that it can be told from the one asked for.
    int const decimals = analysis::decimals_that_show(*reached.halfwidth, std::nullopt, about.decimals) + 1;
    progress.tell(say(Message::app_until_row, stem, about.name,
                      analysis::format_number(*reached.difference, decimals, lang, analysis::Sign::always),
                      analysis::format_number(*reached.halfwidth, decimals, lang), number_text(*reached.goal)));
  }
  progress.tell(say(look.is_narrow() ? Message::app_until_reached : at_end ? Message::app_until_most : Message::app_until_hopeless,
                    replicates));
}

std::vector<ReplicateRecord> copies_of(Records const& records) {
  std::vector<ReplicateRecord> copies;
  for (auto const& record : records) copies.push_back(*record);
  return copies;
}

/// Jobs that are given more and more replicates.
class Ensemble {
 public:
  Ensemble(std::vector<Job>& jobs, std::vector<Grown>& grown, Country const& country, RunManner const& manner, int most)
      : jobs_(jobs), grown_(grown), country_(country), manner_(manner), growth_{{}, most, std::vector(jobs.size(), false)} {}

  /// Each job has that many from then on, and its file is published. False when a signal came: the files are as before.
  [[nodiscard]] bool grow_to(int replicates, Progress& progress) {
    std::string const started = utc_now();
    growth_.first_replicates.clear();
    for (std::size_t j = 0; j < jobs_.size(); ++j) {
      growth_.first_replicates.push_back(static_cast<int>(grown_[j].records.size()));
      jobs_[j].scenario.replicates = replicates;
    }
    auto const is_complete = [&](std::size_t j) { return growth_.first_replicates[j] >= replicates; };
    for (auto const& group : groups_of(jobs_, country_, manner_)) {
      if (std::all_of(group.jobs.begin(), group.jobs.end(), is_complete)) continue;
      auto result = run_group(group, jobs_, &growth_, country_, manner_, progress);
      if (result.stopped) return false;
      computed_ += result.months_computed;
      taken_over_ += result.months_taken_over;
      for (std::size_t k = 0; k < group.jobs.size(); ++k) {
        growth_.goes_on[group.jobs[k]] = true;
        for (auto& record : result.records[k])
          grown_[group.jobs[k]].records.push_back(std::make_shared<ReplicateRecord const>(std::move(record)));
      }
    }
    Errors refusals;
    for (std::size_t j = 0; j < jobs_.size(); ++j) {
      if (is_complete(j)) continue;
      auto const& job = jobs_[j];
      auto const attributes = with_circumstances(inputs_of(job.scenario, country_, manner_.detail_name), job.scenario,
                                                 manner_.typed, started, utc_now());
      bool const replaces = manner_.force || growth_.first_replicates[j] > 0;
      static_cast<void>(publish(job, country_, manner_.detail_name, replaces, copies_of(grown_[j].records), attributes,
                                progress, refusals));
    }
    refusals.throw_if_any();
    return true;
  }
  void tell_months(Progress& progress) const {
    if (taken_over_ > 0) progress.tell(say(Message::app_months_shared, computed_, computed_ + taken_over_, taken_over_));
  }

 private:
  std::vector<Job>& jobs_;
  std::vector<Grown>& grown_;
  Country const& country_;
  RunManner const& manner_;
  Growth growth_;
  std::int64_t computed_ = 0, taken_over_ = 0;
};

/// Within with_threads.
Exit grow_until_narrow(std::vector<Job>& jobs, std::vector<Grown>& grown, Country const& country,
                       RunManner const& manner, HalfwidthGoal const& goal) {
  int replicates = analysis::least_sequential_replicates;
  for (auto const& so_far : grown) replicates = std::max(replicates, so_far.stored);
  int const most = std::max(goal.max_replicates, replicates);
  for (auto& job : jobs) job.scenario.replicates = most;
  prepare_jobs(jobs, country, manner);
  // Nothing is run for an indicator, a month or a pair of scenarios that is none.
  static_cast<void>(look_at_intervals(jobs, grown, country, goal));
  tell_experience(jobs, manner);
  std::int64_t months = 0;
  for (auto const& group : groups_of(jobs, country, manner)) months += group.months;
  Progress progress(months, jobs.size(), manner.quiet);
  Ensemble ensemble(jobs, grown, country, manner, most);
  for (;; replicates = std::min(analysis::next_look(replicates), most)) {
    if (!ensemble.grow_to(replicates, progress)) {
      progress.tell(say(Message::app_until_stopped));
      return Exit::stopped_resumable;
    }
    Look const look = look_at_intervals(jobs, grown, country, goal);
    if (!look.is_narrow() && !look.is_hopeless() && replicates < most) continue;
    ensemble.tell_months(progress);
    tell_end(jobs, look, replicates, progress);
    return Exit::done;
  }
}

}  // namespace

Exit run_until(std::vector<Job> jobs, Country const& country, RunManner const& manner, HalfwidthGoal const& goal) {
  Errors errors;
  std::vector<Grown> grown;
  for (auto& job : jobs) grown.push_back(grown_from_file(job, country, manner, errors));
  errors.throw_if_any();
  Exit outcome = Exit::done;
  with_threads(manner.threads, [&] { outcome = grow_until_narrow(jobs, grown, country, manner, goal); });
  return outcome;
}

}  // namespace arraigo::app
