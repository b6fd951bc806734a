#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "app/checkpoint.hpp"
#include "app/commands.hpp"
#include "app/parameter_choice.hpp"
#include "app/replicates.hpp"
#include "app/run_all.hpp"
#include "app/stop_signal.hpp"
#include "app/until_halfwidth.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;

struct RunOptions {
  std::vector<std::string> scenarios;
  ScenarioOptions changes;
  std::string output = ".", threads, detail = "zones", behaviour;
  ParameterChoice parameters{"table", {}, {}};
  std::string halfwidth, indicator, month = "last", max_replicates, checkpoint_every, resume;
  bool force = false, quiet = false, no_branch = false;
};

Detail detail_of(RunOptions const& options) {
  return static_cast<Detail>(one_of("--detail", options.detail, {"totals", "zones", "districts"}));
}

std::vector<Job> plan(RunOptions const& options, Places const& places, Country const& country) {
  Errors errors;
  Overrides const overrides = options.changes.overrides();
  std::vector<Job> jobs;
  for (auto const& written : options.scenarios) {
    fs::path const file = find_scenario(written, places);
    try {
      Job job{read_scenario(file, country.districts, ScenarioPlaces{places.scenarios}, overrides, country.reach()), {}};
      job.target = (fs::path(options.output) / (stem_of(job.scenario, !options.behaviour.empty()) + ".h5")).lexically_normal();
      for (auto const& other : jobs)
        if (other.scenario.stem == job.scenario.stem)
          errors.add(say(Message::app_equal_stems, written, job.target.string()));
      jobs.push_back(std::move(job));
    } catch (InputError const& error) {
      for (auto const& sentence : error.sentences()) errors.add(sentence);
    }
  }
  errors.throw_if_any();
  if (options.behaviour.empty()) return jobs;
  // The scenario whose decisions the jobs take over must be of the same people.
  auto const behaviour = std::make_shared<Scenario const>(
      read_scenario(find_scenario(options.behaviour, places), country.districts, ScenarioPlaces{places.scenarios},
                    overrides, country.reach()));
  for (auto& job : jobs) {
    auto const &a = job.scenario, &b = *behaviour;
    if (a.start != b.start || a.months != b.months || a.area != b.area || a.scale != b.scale || a.seed != b.seed ||
        a.replicates != b.replicates)
      errors.add(say(Message::app_behaviour_differs, a.stem, b.stem));
    job.behaviour = behaviour;
  }
  errors.throw_if_any();
  return jobs;
}

/// The jobs that are to be run: with --force all, otherwise those whose file is not there yet. Refuses, all at once,
/// files that hold something else.
std::vector<Job> without_finished(std::vector<Job> jobs, Country const& country, RunOptions const& options) {
  Errors errors;
  std::vector<Job> open;
  for (auto& job : jobs) {
    if (options.force && !fs::is_directory(job.target)) {
      open.push_back(std::move(job));
      continue;
    }
    Standing const standing = look_at(job, country, options.detail);
    if (!standing.refusal.empty())
      errors.add(standing.refusal);
    else if (!standing.kept)
      open.push_back(std::move(job));
    else {
      Checkpoints::tidy_up(job, country, options.detail);
      if (!options.quiet) std::puts(say(Message::app_kept, job.target.string()).c_str());
    }
  }
  errors.throw_if_any();
  return open;
}

/// What --until-halfwidth and the options that go with it ask for; nothing without it.
std::optional<HalfwidthGoal> goal_of(RunOptions const& options) {
  Errors errors;
  if (options.halfwidth.empty()) {
    if (!options.indicator.empty() || !options.max_replicates.empty() || options.month != "last")
      throw InputError(say(Message::app_until_alone));
    return std::nullopt;
  }
  HalfwidthGoal goal;
  goal.precision = precision_of("--until-halfwidth", options.halfwidth);
  goal.indicator = options.indicator;
  goal.month = options.month;
  if (!options.max_replicates.empty())
    goal.max_replicates = static_cast<int>(whole_number("--max-replicates", options.max_replicates, analysis::least_sequential_replicates, 10000));
  if (goal.indicator.empty()) errors.add(say(Message::app_until_needs_indicator));
  if (goal.month == "all") errors.add(say(Message::app_until_one_month));
  if (options.scenarios.size() < 2) errors.add(say(Message::app_until_needs_two));
  if (!options.changes.replicates.empty()) errors.add(say(Message::app_until_replicates));
  if (!options.behaviour.empty()) errors.add(say(Message::app_until_behaviour));
  errors.throw_if_any();
  return goal;
}

/// Fitted values in place of the table's, or sets drawn from the ranges that calibration left.
void use_calibration(std::vector<Job>& jobs, RunOptions const& options, Places const& places) {
  Errors errors;
  if (options.parameters.is_posterior())
    for (auto const& [name, given] : {std::pair{"--until-halfwidth", !options.halfwidth.empty()}, std::pair{"--behaviour-as", !options.behaviour.empty()}})
      if (given) errors.add(say(Message::ca_run_not_with, name));
  std::vector<Scenario*> scenarios;
  std::vector<std::shared_ptr<Scenario>> behaviours;
  for (auto& job : jobs) {
    scenarios.push_back(&job.scenario);
    if (job.behaviour == nullptr) continue;
    behaviours.push_back(std::make_shared<Scenario>(*job.behaviour));
    scenarios.push_back(behaviours.back().get());
    job.behaviour = behaviours.back();
  }
  auto const drawn = choose_parameters(options.parameters, places, scenarios, std::move(errors));
  for (auto& job : jobs) job.sets = drawn;
}

int threads_of(RunOptions const& options) {
  return options.threads.empty() ? static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))
                                 : static_cast<int>(whole_number("--threads", options.threads, 1, 1024));
}

/// Goes on with what was stopped in a folder: each run with the options of the command that began it, but for the threads.
Exit resume(RunOptions const& options) {
  if (!options.scenarios.empty() || options.changes.given() || !options.behaviour.empty() || !options.halfwidth.empty() || options.output != "." || options.force || options.detail != "zones" ||
      options.no_branch || !options.indicator.empty() || !options.max_replicates.empty() || options.month != "last" || options.parameters.given("table"))
    throw InputError(say(Message::app_resume_alone));
  fs::path const folder(options.resume);
  remove_remnants(folder);
  auto const data = data_of_stopped_runs(folder);
  if (!data) throw InputError(say(Message::app_resume_nothing, folder.string()));
  int const threads = threads_of(options);
  Places const places = find_places(*data);
  Country const country = read_country(places.data);
  auto runs = stopped_runs(folder, places.scenarios, country);
  Errors errors;
  for (auto const& run : runs)
    if (!run.unfit.empty()) errors.add(run.unfit);
  errors.throw_if_any();
  Exit outcome = Exit::done;
  for (std::size_t i = 0; i < runs.size() && outcome == Exit::done;) {
    // Those of one command go on together.
    auto const& first = runs[i];
    RunManner manner{first.detail, static_cast<Detail>(one_of("--detail", first.detail, {"totals", "zones", "districts"})), threads, first.force, options.quiet, false, first.typed};
    manner.data = first.data;
    manner.started = first.started;
    manner.checkpoint_every = options.checkpoint_every.empty() ? first.every : static_cast<int>(whole_number("--checkpoint-every", options.checkpoint_every, 1, 12000));
    std::vector<Job> jobs;
    std::size_t j = i;
    for (; j < runs.size() && runs[j].typed == first.typed && runs[j].started == first.started && runs[j].detail == first.detail && runs[j].force == first.force; ++j) {
      Standing const standing = first.force ? Standing{} : look_at(runs[j].job, country, first.detail);
      if (!standing.refusal.empty()) throw InputError(standing.refusal);
      if (standing.kept) Checkpoints::tidy_up(runs[j].job, country, first.detail);
      else jobs.push_back(runs[j].job);
    }
    if (!jobs.empty()) with_threads(threads, [&] { outcome = run_all(jobs, country, manner); });
    i = j;
  }
  return outcome;
}

Exit run(RunOptions const& options, std::string const& typed) {
  catch_stop_signals();
  if (!options.resume.empty()) return resume(options);
  if (options.scenarios.empty()) throw InputError(say(Message::app_run_needs_scenario));
  Detail const detail = detail_of(options);
  auto const goal = goal_of(options);
  int const threads = threads_of(options);

  Places const places = find_places(options.changes.data_folder());
  Country const country = read_country(places.data);
  RunManner manner{options.detail, detail, threads, options.force, options.quiet, options.no_branch, typed};
  manner.anew = options.force;
  manner.data = fs::absolute(places.data).lexically_normal().string();
  if (!options.checkpoint_every.empty()) manner.checkpoint_every = static_cast<int>(whole_number("--checkpoint-every", options.checkpoint_every, 1, 12000));
  std::vector<Job> jobs = plan(options, places, country);
  use_calibration(jobs, options, places);
  if (goal) return run_until(std::move(jobs), country, manner, *goal);
  jobs = without_finished(std::move(jobs), country, options);
  if (jobs.empty()) return Exit::done;
  tell_experience(jobs, manner);
  Exit outcome = Exit::done;
  with_threads(threads, [&] { outcome = run_all(jobs, country, manner); });
  return outcome;
}

}  // namespace

void add_run(CLI::App& root, Session& session) {
  auto const options = std::make_shared<RunOptions>();
  CLI::App& command = *add_command(root, "run", Message::app_run_description, say(Message::app_run_examples));
  add_files(command, say(Message::app_name_scenario).c_str(), options->scenarios, Message::app_run_scenarios);
  add_value(command, "-o,--output", options->output, "DIR", Message::app_run_output);
  options->changes.add_to(command);
  add_value(command, "--threads", options->threads, "T", Message::app_run_threads);
  add_value(command, "--detail", options->detail, "totals|zones|districts", Message::app_run_detail);
  add_value(command, "--behaviour-as", options->behaviour, "BASE", Message::app_run_behaviour);
  options->parameters.add_to(command, Message::ca_run_parameters);
  add_value(command, "--until-halfwidth", options->halfwidth, "X|X%", Message::app_run_until);
  add_value(command, "--indicator", options->indicator, "I", Message::app_run_indicator);
  add_value(command, "--month", options->month, "YYYY-MM|last|mean", Message::app_run_month);
  add_value(command, "--max-replicates", options->max_replicates, "N", Message::app_run_max_replicates);
  add_value(command, "--checkpoint-every", options->checkpoint_every, "M", Message::app_run_checkpoint_every);
  add_value(command, "--resume", options->resume, "DIR", Message::app_run_resume);
  add_flag(command, "--no-branch", options->no_branch, Message::app_run_no_branch);
  add_flag(command, "--force", options->force, Message::app_run_force);
  add_flag(command, "--quiet", options->quiet, Message::app_run_quiet);
  command.callback(
      [&session, options] { session.action = [&session, options] { return run(*options, session.typed); }; });
}

}  // namespace arraigo::app
