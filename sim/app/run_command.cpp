#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "app/replicates.hpp"
#include "app/run_jobs.hpp"
#include "app/stop_signal.hpp"
#include "params/experience.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;

struct RunOptions {
  std::vector<std::string> scenarios;
  ScenarioOptions changes;
  std::string output = ".", threads, detail = "zones", behaviour;
  bool force = false, quiet = false;
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
    else if (!options.quiet)
      std::puts(say(Message::app_kept, job.target.string()).c_str());
  }
  errors.throw_if_any();
  return open;
}

Exit run(RunOptions const& options, std::string const& typed) {
  catch_stop_signals();
  if (options.scenarios.empty()) throw InputError(say(Message::app_run_needs_scenario));
  Detail const detail = detail_of(options);
  int const threads = options.threads.empty() ? static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))
                                              : static_cast<int>(whole_number("--threads", options.threads, 1, 1024));

  Places const places = find_places(options.changes.data_folder());
  Country const country = read_country(places.data);
  std::vector<Job> jobs = without_finished(plan(options, places, country), country, options);
  if (jobs.empty()) return Exit::done;
  if (!options.quiet)
    for (auto const& job : jobs)
      for (auto const& sentence : outside_experience(job.scenario)) std::fprintf(stderr, "%s\n", sentence.c_str());
  std::int64_t months = 0;
  for (auto const& job : jobs) months += std::int64_t{job.scenario.months} * job.scenario.replicates;
  Progress progress(months, jobs.size(), options.quiet);
  Exit outcome = Exit::done;
  Errors refusals;
  with_threads(threads, [&] {
    for (auto& job : jobs) {
      job.layout = Simulation::layout(job.scenario, country, detail);
      check_memory(job.scenario, country, job.layout);
    }
    make_folder(options.output);
    for (auto const& job : jobs) {
      auto const clock = std::chrono::steady_clock::now();
      std::string const started = utc_now();
      progress.start_scenario(job.scenario, job.layout,
                              fs::path(options.output) / (stem_of(job.scenario, job.behaviour != nullptr) + ".progress.jsonl"));
      Replicates const replicates =
          run_replicates(job.scenario, country, detail, threads, progress, job.behaviour.get());
      if (replicates.stopped) {
        progress.tell(say(options.force ? Message::app_stopped_forced : Message::app_stopped, job.scenario.stem));
        outcome = Exit::stopped_resumable;
        return;
      }
      auto const attributes =
          with_circumstances(inputs_of(job.scenario, country, options.detail, job.behaviour.get()), job.scenario, typed,
                             started, utc_now());
      if (!publish(job, country, options.detail, options.force, replicates.records, attributes, progress, refusals)) continue;
      std::chrono::duration<double> const taken = std::chrono::steady_clock::now() - clock;
      progress.tell(say(Message::app_run_done, job.target.string(), job.scenario.months, job.scenario.replicates,
                        duration_text(taken.count())));
    }
  });
  refusals.throw_if_any();
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
  add_flag(command, "--force", options->force, Message::app_run_force);
  add_flag(command, "--quiet", options->quiet, Message::app_run_quiet);
  command.callback(
      [&session, options] { session.action = [&session, options] { return run(*options, session.typed); }; });
}

}  // namespace arraigo::app
