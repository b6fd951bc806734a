#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include "analysis/run_reader.hpp"
#include "app/commands.hpp"
#include "app/progress.hpp"
#include "app/replicates.hpp"
#include "app/stop_signal.hpp"
#include "core/text_file.hpp"
#include "core/version.hpp"
#include "record/file_publish.hpp"
#include "record/run_file.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;

struct RunOptions {
  std::vector<std::string> scenarios;
  ScenarioOptions changes;
  std::string output = ".", threads, detail = "zones", behaviour;
  bool force = false, quiet = false;
};

/// One scenario of the command, and the file that it will be.
struct Job {
  Scenario scenario;
  fs::path target;
  RecordLayout layout = {};
};

Detail detail_of(RunOptions const& options) {
  return static_cast<Detail>(one_of("--detail", options.detail, {"totals", "zones", "districts"}));
}

std::string utc_now() {
  std::time_t const now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

/// The name of a run: that of its scenario, or of what its rules do by themselves.
std::string stem_of(Scenario const& scenario, RunOptions const& options) {
  return scenario.stem + (options.behaviour.empty() ? "" : ".by_rule");
}

/// What must agree for two runs to be the same, and what the file says besides. Names of inputs come first.
RunAttributes inputs_of(Scenario const& scenario, Country const& country, RunOptions const& options,
                        Scenario const* behaviour) {
  RunAttributes inputs;
  inputs.text = {{"stem", stem_of(scenario, options)}, {"scenario", to_yaml(scenario)},
                 {"area", scenario.area}, {"start", scenario.start.text()},
                 {"detail", options.detail}, {"data_digest", country.digest},
                 {"version", version()},  {"commit", commit()}};
  inputs.integers = {{"seed", static_cast<std::int64_t>(scenario.seed)},
                     {"scale", scenario.scale},
                     {"months", scenario.months},
                     {"replicates", scenario.replicates}};
  if (behaviour != nullptr) inputs.text.emplace_back("behaviour", to_yaml(*behaviour));
  return inputs;
}

RunAttributes with_circumstances(RunAttributes attributes, Scenario const& scenario, std::string const& typed,
                                 std::string const& started, std::string const& finished) {
  attributes.text.insert(attributes.text.end(), {{"name", scenario.name},
                                                 {"title_es", scenario.title_es},
                                                 {"title_en", scenario.title_en},
                                                 {"description_es", scenario.description_es},
                                                 {"description_en", scenario.description_en},
                                                 {"command", typed},
                                                 {"started", started},
                                                 {"finished", finished}});
  return attributes;
}

void make_folder(fs::path const& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  // A file of that name is there: create_directories calls that a success where it is the last part of the path.
  if (!failed && !fs::is_directory(folder)) failed = std::make_error_code(std::errc::not_a_directory);
  if (failed) throw MachineError(say(Message::app_cannot_make_folder, folder.string(), system_reason(failed.value())));
}

/// Names of the inputs in which an existing file differs; empty when it holds the same run.
std::vector<std::string> differing_inputs(fs::path const& file, RunAttributes const& inputs) {
  std::vector<std::string> names;
  analysis::RunReader const reader(file);
  for (auto const& [name, value] : inputs.integers)
    if (reader.integer_attribute(name) != value) names.push_back(name);
  for (auto const& [name, value] : inputs.text)
    if (reader.text_attribute(name) != storable_text(value)) names.push_back(name);
  // The resolved scenario contains the others: naming both would say the same twice.
  if (names.size() > 1) std::erase(names, "scenario");
  return names;
}

std::vector<Job> plan(RunOptions const& options, Places const& places, Country const& country) {
  Errors errors;
  Overrides const overrides = options.changes.overrides();
  std::vector<Job> jobs;
  for (auto const& written : options.scenarios) {
    fs::path const file = find_scenario(written, places);
    try {
      Job job{read_scenario(file, country.districts, ScenarioPlaces{places.scenarios}, overrides, country.reach()), {}};
      job.target = (fs::path(options.output) / (stem_of(job.scenario, options) + ".h5")).lexically_normal();
      for (auto const& other : jobs)
        if (other.scenario.stem == job.scenario.stem)
          errors.add(say(Message::app_equal_stems, written, job.target.string()));
      jobs.push_back(std::move(job));
    } catch (InputError const& error) {
      for (auto const& sentence : error.sentences()) errors.add(sentence);
    }
  }
  errors.throw_if_any();
  return jobs;
}

/// What stands where a job's file is to be.
struct Standing {
  bool kept = false;    ///< a file of the same inputs
  std::string refusal;  ///< why a file that is there cannot be kept; empty: it can, or nothing is there
};

Standing look_at(Job const& job, Country const& country, RunOptions const& options, Scenario const* behaviour) {
  Standing standing;
  if (fs::symlink_status(job.target).type() == fs::file_type::not_found) return standing;
  if (fs::is_directory(job.target)) {
    standing.refusal = say(Message::app_target_is_folder, job.target.string());
  } else if (!fs::exists(job.target)) {
    standing.refusal = say(Message::app_target_leads_nowhere, job.target.string());
  } else {
    try {
      auto const names = differing_inputs(job.target, inputs_of(job.scenario, country, options, behaviour));
      standing.kept = names.empty();
      if (!standing.kept)
        standing.refusal = say(Message::app_other_inputs, job.target.string(), fmt::format("{}", fmt::join(names, ", ")));
    } catch (InputError const& error) {
      standing.refusal = say(Message::app_unreadable_target, error.what());
    }
  }
  return standing;
}

/// The jobs that are to be run: with --force all, otherwise those whose file is not there yet. Refuses, all at once,
/// files that hold something else.
std::vector<Job> without_finished(std::vector<Job> jobs, Country const& country, RunOptions const& options,
                                  Scenario const* behaviour) {
  Errors errors;
  std::vector<Job> open;
  for (auto& job : jobs) {
    if (options.force && !fs::is_directory(job.target)) {
      open.push_back(std::move(job));
      continue;
    }
    Standing const standing = look_at(job, country, options, behaviour);
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

/// Writes the file of a finished job. Where another program has published one under its name meanwhile, that file is
/// treated as if it had been there at the start: false, with a notice that it is kept, or a refusal.
bool publish(Job const& job, Country const& country, RunOptions const& options, Scenario const* behaviour,
             std::vector<ReplicateRecord> const& records, RunAttributes const& attributes, Progress& progress,
             Errors& refusals) {
  for (;;) {
    try {
      write_run_file(job.target, job.layout, records, attributes, options.force);
      return true;
    } catch (NameTaken const&) {
      Standing const standing = look_at(job, country, options, behaviour);
      if (standing.kept) progress.tell(say(Message::app_kept, job.target.string()));
      if (!standing.refusal.empty()) refusals.add(standing.refusal);
      if (standing.kept || !standing.refusal.empty()) return false;
      // It went away again: the name is free.
    }
  }
}

/// The scenario whose behaviour the jobs take over; they must be of its people.
std::optional<Scenario> read_behaviour(RunOptions const& options, std::vector<Job> const& jobs, Places const& places,
                                       Country const& country) {
  if (options.behaviour.empty()) return std::nullopt;
  auto const scenario = read_scenario(find_scenario(options.behaviour, places), country.districts,
                                      ScenarioPlaces{places.scenarios}, options.changes.overrides(), country.reach());
  Errors errors;
  for (auto const& job : jobs)
    if (job.scenario.start != scenario.start || job.scenario.months != scenario.months ||
        job.scenario.area != scenario.area || job.scenario.scale != scenario.scale ||
        job.scenario.seed != scenario.seed || job.scenario.replicates != scenario.replicates)
      errors.add(say(Message::app_behaviour_differs, job.scenario.stem, scenario.stem));
  errors.throw_if_any();
  return scenario;
}

Exit run(RunOptions const& options, std::string const& typed) {
  catch_stop_signals();
  if (options.scenarios.empty()) throw InputError(say(Message::app_run_needs_scenario));
  Detail const detail = detail_of(options);
  int const threads = options.threads.empty() ? static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))
                                              : static_cast<int>(whole_number("--threads", options.threads, 1, 1024));

  Places const places = find_places(options.changes.data_folder());
  Country const country = read_country(places.data);
  std::vector<Job> planned = plan(options, places, country);
  auto const behaviour_scenario = read_behaviour(options, planned, places, country);
  Scenario const* const behaviour = behaviour_scenario ? &*behaviour_scenario : nullptr;
  std::vector<Job> jobs = without_finished(std::move(planned), country, options, behaviour);
  if (jobs.empty()) return Exit::done;
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
                              fs::path(options.output) / (stem_of(job.scenario, options) + ".progress.jsonl"));
      Replicates const replicates = run_replicates(job.scenario, country, detail, threads, progress, behaviour);
      if (replicates.stopped) {
        progress.tell(say(options.force ? Message::app_stopped_forced : Message::app_stopped, job.scenario.stem));
        outcome = Exit::stopped_resumable;
        return;
      }
      auto const attributes =
          with_circumstances(inputs_of(job.scenario, country, options, behaviour), job.scenario, typed, started, utc_now());
      if (!publish(job, country, options, behaviour, replicates.records, attributes, progress, refusals)) continue;
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
