#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "app/replicates.hpp"
#include "app/run_jobs.hpp"
#include "app/stop_signal.hpp"
#include "app/sweep_slurm.hpp"
#include "app/sweep_work.hpp"
#include "core/version.hpp"
#include "record/file_publish.hpp"
#include "schedule/simulation.hpp"
#include "sweep/answers.hpp"
#include "sweep/plan.hpp"
#include "sweep/run_folder.hpp"
#include "sweep/sweep_file.hpp"

namespace arraigo::app {
namespace {

namespace fs = std::filesystem;
using sweep::Plan;
using sweep::RunFolder;

struct SweepOptions {
  std::string file, output, status, work;
  std::string detail, engine = "local", partition, tasks, array_limit, threads, data;
  bool retry_failed = false, plan_only = false, quiet = false;

  [[nodiscard]] std::optional<std::string> data_folder() const { return data.empty() ? std::nullopt : std::optional{data}; }
};

constexpr std::size_t most_failures_told = 20;
constexpr double mib = 1U << 20U;
/// On a cluster a task should last this long: Slurm starts a few a second.
constexpr double seconds_of_task = 60;
constexpr std::size_t most_tasks = 10000;
/// What the program takes besides its replicates and its plan: tables, libraries.
constexpr double memory_of_program = 256 * mib;

/// A plan is held as lines, as the text that they were read from, and as the keys by which points that share a start are found.
double memory_of_plan(Plan const& plan) {
  double bytes = 0;
  for (auto const& line : plan.lines) bytes += static_cast<double>(sizeof line + 3 * line.size());
  return bytes;
}

void tell(SweepOptions const& options, std::string const& sentence) {
  if (!options.quiet) std::fprintf(stderr, "%s\n", sentence.c_str());
}

/// Sweeps of the same file have the same plan: it follows from the file, its scenarios, the program and its tables.
Plan make_plan(SweepOptions const& options, Places const& places, Country const& country) {
  auto sweep = sweep::read_sweep(options.file);
  if (!options.detail.empty()) {
    constexpr std::array<char const*, 3> details{"totals", "zones", "districts"};
    sweep.detail = details[one_of("--detail", options.detail, {details.begin(), details.end()})];
  }
  Errors errors;
  Overrides common = sweep.common;
  // What is switched on and off must be there; its points say when it is off.
  for (auto const& lever : sweep.levers)
    if (lever.path.starts_with("measures.") && lever.path.ends_with(".enabled")) common.sets.push_back(lever.path + "=true");
  std::vector<Scenario> scenarios;
  for (auto const& [written, where] : sweep.scenarios) {
    fs::path file = find_scenario(written, places);
    // A file beside the sweep's own is meant by its bare name, too.
    std::error_code ignored;
    if (fs::path const beside = fs::path(options.file).parent_path() / written; !fs::exists(file, ignored) && fs::exists(beside, ignored)) file = beside;
    try {
      auto scenario = read_scenario(file, country.districts, ScenarioPlaces{places.scenarios}, common, country.reach());
      for (auto const& other : scenarios) {
        if (other.stem == scenario.stem) errors.add(say(Message::sw_scenario_twice, where, scenario.stem));
        if (other.start != scenario.start || other.months != scenario.months) errors.add(say(Message::sw_calendars_differ, where, other.stem, scenario.stem));
      }
      scenarios.push_back(std::move(scenario));
    } catch (InputError const& error) {
      for (auto const& sentence : error.sentences()) errors.add(sentence);
    }
  }
  errors.throw_if_any();
  sweep::check_levers(sweep, scenarios, errors);
  errors.throw_if_any();

  auto rows = sweep::rows_of(sweep);
  Plan plan;
  plan.name = sweep.name;
  plan.version = version();
  plan.commit = commit();
  plan.data_digest = country.digest;
  nlohmann::ordered_json design{{"kind", sweep::design_names[static_cast<std::size_t>(sweep.kind)]}, {"size", sweep.size}, {"levels", sweep.levels}, {"seed", sweep.design_seed}, {"ranges", nlohmann::ordered_json::object()}};
  for (auto const& lever : sweep.levers)
    if (lever.values.empty() && lever.ranged) design["ranges"][lever.path] = {lever.low, lever.high};
  plan.design = design.dump();
  plan.detail = sweep.detail;
  plan.replicates = *sweep.common.replicates;
  plan.start = scenarios.front().start;
  plan.months = scenarios.front().months;
  for (auto const& scenario : scenarios) plan.scenarios.push_back({scenario.stem, to_yaml(scenario)});
  for (auto const& lever : sweep.levers) plan.paths.push_back(lever.path);
  auto const how = plan.detail == "districts" ? Detail::districts : plan.detail == "zones" ? Detail::zones : Detail::totals;
  for (auto const& variable : Simulation::layout(scenarios.front(), country, how).variables)
    if (how != Detail::totals || variable.dimension < 0) plan.variables.push_back(variable.name);
  for (std::size_t row = 0; row < rows.design.rows(); ++row) {
    // The values of a large design take far more memory than their lines.
    auto const values = std::exchange(rows.values[row], {});
    plan.lines.push_back(sweep::plan_line(row, rows.design.block(row), rows.design.step(row), values));
  }
  static_cast<void>(sweep::text_of(plan));  // for its digest
  return plan;
}

/// Every point must be a scenario that can run: mistakes are told before anything is run.
void check_points(Plan const& plan, Country const& country, std::string const& file) {
  Errors errors;
  auto const sources = sources_of(plan, country);
  for (std::size_t point = 0; point < plan.points() && !errors.full(); ++point) {
    Overrides changes;
    changes.sets = plan.sets(plan.row_of(point));
    try {
      static_cast<void>(sources[plan.scenario_of(point)].with(changes, country.reach()));
    } catch (InputError const& error) {
      for (auto const& sentence : error.sentences())
        errors.add(say(Message::sw_point_wrong, file, plan.scenarios[plan.scenario_of(point)].stem, plan.row_of(point), sentence));
    }
  }
  errors.throw_if_any();
}

void check_program(Plan const& plan, Country const& country, fs::path const& folder) {
  std::string const file = (folder / sweep::plan_name).string();
  if (plan.version != version() || plan.commit != commit())
    throw InputError(say(Message::sw_plan_program, file, plan.version, plan.commit, version(), commit()));
  if (plan.data_digest != country.digest) throw InputError(say(Message::sw_plan_data, file));
}

/// Bytes that the disk of a folder still takes; none where it does not say.
std::optional<double> free_disk(fs::path const& folder) {
  std::error_code failed;
  auto const space = fs::space(folder, failed);
  if (failed || space.capacity == 0) return std::nullopt;
  return static_cast<double>(space.available);
}

struct Ahead {
  sweep::Standings standings;
  std::size_t to_do = 0;
  Foretold foretold;
  double seconds = 0;  ///< of one processor
};

/// Says what is ahead; MachineError when the disk has no room for it.
Ahead say_ahead(Plan const& plan, RunFolder const& folder, Country const& country, SweepOptions const& options, int threads) {
  Ahead ahead;
  ahead.standings = folder.standings();
  ahead.to_do = ahead.standings.missing + (options.retry_failed ? ahead.standings.failed : 0);
  ahead.foretold = foretell(plan, country);
  ahead.seconds = ahead.foretold.seconds_of_run * static_cast<double>(ahead.to_do);
  tell(options, say(Message::sw_says_size, plan.name, plan.rows(), plan.scenarios.size(), plan.replicates, plan.runs(), ahead.standings.done, ahead.standings.failed, ahead.to_do));
  if (ahead.to_do == 0) return ahead;
  double const disk = ahead.foretold.disk_of_run * static_cast<double>(ahead.to_do);
  auto const room = free_disk(folder.path());
  int const lanes = lanes_of(ahead.foretold, threads);
  auto const in_mib = [](double bytes) { return fmt::format("{:.0f}", std::ceil(bytes / mib)); };
  std::string const time = duration_text(std::max(1.0, ahead.seconds / static_cast<double>(std::min<unsigned>(static_cast<unsigned>(lanes), std::max(1U, std::thread::hardware_concurrency())))));
  tell(options, say(Message::sw_says_cost, time, lanes, in_mib(memory_of_program + memory_of_plan(plan) + ahead.foretold.memory_of_lane * lanes), in_mib(disk), room ? in_mib(*room) : "?"));
  if (room && disk > *room) throw MachineError(say(Message::sw_disk_short, folder.path().string(), in_mib(disk), in_mib(*room)));
  return ahead;
}

void tell_failures(Plan const& plan, RunFolder const& folder) {
  auto const failures = folder.failures(folder.finished());
  for (std::size_t i = 0; i < std::min(failures.size(), most_failures_told); ++i) {
    auto const& failure = failures[i];
    std::fprintf(stderr, "%s\n", say(Message::sw_failed_run, plan.scenarios[plan.scenario_of(failure.run.point)].stem, failure.run.point, failure.run.replicate, failure.reason).c_str());
  }
  if (failures.size() > most_failures_told)
    std::fprintf(stderr, "%s\n", say(Message::sw_more_failed, failures.size() - most_failures_told, folder.failures_path().string()).c_str());
  if (!failures.empty()) std::fprintf(stderr, "%s\n", say(Message::sw_failed_hint, failures.size()).c_str());
}

int threads_of(SweepOptions const& options, unsigned otherwise) {
  return options.threads.empty() ? static_cast<int>(std::max(1U, otherwise)) : static_cast<int>(whole_number("--threads", options.threads, 1, 1024));
}

/// The task that this process is, as launchers tell it.
Share share_of_environment() {
  struct Names {
    char const *index, *count;
  };
  constexpr std::array launchers{Names{"ARRAIGO_TASK_INDEX", "ARRAIGO_TASK_COUNT"}, Names{"JOB_COMPLETION_INDEX", "ARRAIGO_TASK_COUNT"},
                                 Names{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, Names{"PMI_RANK", "PMI_SIZE"},
                                 Names{"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"}, Names{"SLURM_PROCID", "SLURM_NTASKS"}};
  for (auto const& [index, count] : launchers) {
    char const *const written_index = std::getenv(index), *const written_count = std::getenv(count);
    if (written_index == nullptr || written_count == nullptr) continue;
    auto const n = whole_number(count, written_count, 1, 1'000'000);
    return {static_cast<std::size_t>(whole_number(index, written_index, 0, n - 1)), static_cast<std::size_t>(n)};
  }
  throw InputError(say(Message::sw_task_missing));
}

/// Failures and alarms become sentences and the exit code.
Exit work_and_tell(Plan const& plan, RunFolder const& folder, Country const& country, SweepOptions const& options, WorkOptions const& how) {
  auto const clock = std::chrono::steady_clock::now();
  WorkOutcome outcome;
  with_threads(how.threads, [&] { outcome = work(plan, folder, country, how); });
  std::chrono::duration<double> const taken = std::chrono::steady_clock::now() - clock;
  tell(options, say(Message::sw_done, outcome.done, duration_text(taken.count())));
  for (auto const& alarm : outcome.alarms) std::fprintf(stderr, "%s\n", alarm.c_str());
  if (outcome.stopped) {
    tell(options, say(Message::app_theory_stopped));
    return Exit::stopped_resumable;
  }
  return outcome.alarms.empty() && outcome.failed == 0 ? Exit::done : Exit::machine_failed;
}

Exit show_status(SweepOptions const& options) {
  Plan const plan = sweep::read_plan(options.status);
  RunFolder const folder(options.status, plan);
  auto const standings = folder.standings();
  std::cout << say(Message::sw_status, options.status, standings.done, standings.running.size(), standings.failed, standings.missing - std::min(standings.missing, standings.running.size()), plan.runs()) << '\n';
  tell_failures(plan, folder);
  return Exit::done;
}

Exit do_share(SweepOptions const& options) {
  catch_stop_signals();
  Plan const plan = sweep::read_plan(options.work);
  Country const country = read_country(find_places(options.data_folder()).data);
  check_program(plan, country, options.work);
  WorkOptions how;
  how.threads = threads_of(options, std::thread::hardware_concurrency());
  how.retry_failed = options.retry_failed;
  how.quiet = options.quiet;
  how.share = share_of_environment();
  return work_and_tell(plan, RunFolder(options.work, plan), country, options, how);
}

Exit send_to_slurm(Plan const& plan, Ahead const& ahead, SweepOptions const& options) {
  SlurmJob job;
  job.folder = options.output;
  job.name = plan.name;
  if (!options.partition.empty()) job.partition = options.partition;
  job.data = options.data_folder();
  job.threads = threads_of(options, 1);
  job.tasks = options.tasks.empty() ? static_cast<std::size_t>(std::clamp(std::ceil(ahead.seconds / job.threads / seconds_of_task), 1.0, static_cast<double>(std::min(ahead.to_do, most_tasks))))
                                    : static_cast<std::size_t>(whole_number("--tasks", options.tasks, 1, most_tasks));
  if (!options.array_limit.empty()) job.array_limit = static_cast<std::size_t>(whole_number("--array-limit", options.array_limit, 1, most_tasks));
  job.memory_bytes = memory_of_program + memory_of_plan(plan) + 1.5 * ahead.foretold.memory_of_lane * job.threads;
  job.retry_failed = options.retry_failed;
  auto const ids = submit(job);
  tell(options, say(Message::sw_slurm_sent, ids.array, job.tasks, ids.collect, options.output));
  return Exit::done;
}

Exit sweep_command(SweepOptions const& options) {
  for (auto const& [name, folder] : {std::pair{"--status", &options.status}, std::pair{"--work", &options.work}})
    if (!folder->empty() && (!options.file.empty() || !options.output.empty() || options.engine != "local" || options.plan_only || (!options.status.empty() && !options.work.empty())))
      throw InputError(say(Message::sw_alone, name));
  bool const slurm = one_of("--engine", options.engine, {"local", "slurm"}) == 1;
  for (auto const& [name, value] : {std::pair{"--partition", &options.partition}, std::pair{"--tasks", &options.tasks}, std::pair{"--array-limit", &options.array_limit}})
    if (!slurm && !value->empty()) throw InputError(say(Message::sw_slurm_options, name));
  if (!options.status.empty()) return show_status(options);
  if (!options.work.empty()) return do_share(options);
  if (options.file.empty()) throw InputError(say(Message::sw_needs_file));
  if (options.output.empty()) throw InputError(say(Message::sw_needs_output));

  catch_stop_signals();
  WorkOptions how;
  how.threads = threads_of(options, slurm ? 1 : std::thread::hardware_concurrency());
  how.retry_failed = options.retry_failed;
  how.quiet = options.quiet;
  Places const places = find_places(options.data_folder());
  Country const country = read_country(places.data);
  Plan plan = make_plan(options, places, country);
  fs::path const output = options.output;
  std::error_code ignored;
  if (!fs::exists(output / sweep::plan_name, ignored)) check_points(plan, country, options.file);
  make_folder(output);
  sweep::publish_plan(plan, output);

  RunFolder const folder(output, plan);
  Ahead const ahead = say_ahead(plan, folder, country, options, how.threads);
  if (options.plan_only) return Exit::done;
  if (slurm && ahead.to_do > 0) return send_to_slurm(plan, ahead, options);
  Exit outcome = Exit::done;
  if (ahead.to_do == 0)
    tell(options, say(Message::sw_nothing_to_do, options.output));
  else
    outcome = work_and_tell(plan, folder, country, options, how);
  if (outcome == Exit::stopped_resumable) return outcome;
  sweep::AnswerFiles const files{output / sweep::answers_name, {}, {}, false};
  auto const collected = sweep::collect(folder, plan, files);
  tell(options, say(Message::sw_collected, files.hdf5.string(), collected.done, plan.runs(), collected.failed, collected.missing));
  tell_failures(plan, folder);
  return collected.failed > 0 ? Exit::machine_failed : outcome;
}

struct CollectOptions {
  std::string folder, csv, csv_months, runs, data;
  bool force = false, quiet = false;
};

/// The run files of points, as `arraigo run` would have written them.
class RunFiles {
 public:
  RunFiles(Plan const& plan, RunFolder const& folder, CollectOptions const& options)
      : plan_(plan),
        folder_(folder),
        options_(options),
        detail_(plan.detail == "districts" ? Detail::districts : Detail::zones),
        country_(read_country(find_places(options.data.empty() ? std::nullopt : std::optional{options.data}).data)),
        sources_(sources_of(plan, country_)) {
    check_program(plan, country_, options.folder);
  }

  /// InputError names all that are there, unless they hold the same run or are to be replaced.
  void refuse_taken() const {
    Errors errors;
    for (std::size_t point = 0; point < plan_.points() && !errors.full(); ++point) {
      Job const job = job_of(point);
      std::error_code ignored;
      if (!fs::exists(fs::symlink_status(job.target, ignored))) continue;
      refuse_no_file(job.target);
      if (!options_.force && !look_at(job, country_, plan_.detail).kept) errors.add(say(Message::app_report_exists, job.target.string()));
    }
    errors.throw_if_any();
  }

  /// Of each point all of whose replicates are done and whose file is not there yet.
  void write(std::string const& typed) const {
    make_folder(options_.runs);
    for (std::size_t point = 0; point < plan_.points(); ++point) {
      std::vector<ReplicateRecord> records;
      for (int replicate = 0; replicate < plan_.replicates; ++replicate)
        if (auto result = folder_.read({point, replicate})) records.push_back({std::move(result->values), result->state_hash});
      if (records.size() != static_cast<std::size_t>(plan_.replicates)) continue;
      Job const job = job_of(point);
      if (!options_.force && look_at(job, country_, plan_.detail).kept) continue;
      write_run_file(job.target, Simulation::layout(job.scenario, country_, detail_), records,
                     with_circumstances(inputs_of(job.scenario, country_, plan_.detail), job.scenario, typed, "", ""), options_.force);
    }
  }

 private:
  [[nodiscard]] Job job_of(std::size_t point) const {
    Overrides changes;
    changes.sets = plan_.sets(plan_.row_of(point));
    changes.replicates = plan_.replicates;
    Job job{sources_[plan_.scenario_of(point)].with(changes, country_.reach()), {}};
    job.scenario.stem += fmt::format("-p{:07}", point);
    job.target = fs::path(options_.runs) / (job.scenario.stem + ".h5");
    return job;
  }

  Plan const& plan_;
  RunFolder const& folder_;
  CollectOptions const& options_;
  Detail detail_;
  Country country_;
  std::vector<ScenarioSource> sources_;
};

/// Everything about the names of files to be written is told before the results are read.
void check_outputs(CollectOptions const& options) {
  std::error_code ignored;
  for (auto const& [option, name] : {std::pair{"--csv", &options.csv}, std::pair{"--csv-months", &options.csv_months}, std::pair{"--runs", &options.runs}})
    if (!name->empty() && sweep::is_own_name(options.folder, *name)) throw InputError(say(Message::sw_collect_own, option, *name));
  if (!options.csv.empty() && !options.csv_months.empty() && fs::weakly_canonical(fs::absolute(options.csv)) == fs::weakly_canonical(fs::absolute(options.csv_months)))
    throw InputError(say(Message::sw_collect_same, options.csv));
  for (auto const* name : {&options.csv, &options.csv_months}) {
    if (name->empty()) continue;
    refuse_no_file(*name);
    if (!options.force && fs::exists(fs::symlink_status(*name, ignored))) throw InputError(say(Message::app_report_exists, *name));
  }
}

Exit collect_command(CollectOptions const& options, std::string const& typed) {
  if (options.folder.empty()) throw InputError(say(Message::sw_collect_needs_dir));
  Plan const plan = sweep::read_plan(options.folder);
  check_outputs(options);
  RunFolder const folder(options.folder, plan);
  std::optional<RunFiles> run_files;
  if (!options.runs.empty()) {
    if (plan.detail == "totals") throw InputError(say(Message::sw_collect_no_series, options.folder));
    run_files.emplace(plan, folder, options);
    run_files->refuse_taken();
  }
  sweep::AnswerFiles files{fs::path(options.folder) / sweep::answers_name, {}, {}, options.force};
  if (!options.csv.empty()) files.csv = options.csv;
  if (!options.csv_months.empty()) files.csv_months = options.csv_months;
  auto const collected = sweep::collect(folder, plan, files);
  if (!options.quiet)
    std::fprintf(stderr, "%s\n", say(Message::sw_collected, files.hdf5.string(), collected.done, plan.runs(), collected.failed, collected.missing).c_str());
  tell_failures(plan, folder);
  if (run_files) run_files->write(typed);
  return collected.missing > 0 ? Exit::stopped_resumable : collected.failed > 0 ? Exit::machine_failed : Exit::done;
}

}  // namespace

void add_sweep(CLI::App& root, Session& session) {
  auto const options = std::make_shared<SweepOptions>();
  CLI::App& command = *add_command(root, "sweep", Message::sw_description, say(Message::sw_examples));
  command.add_option(say(Message::sw_name_file), options->file, say(Message::sw_file))->type_name("");
  add_value(command, "-o,--output", options->output, "DIR", Message::sw_output);
  add_value(command, "--detail", options->detail, "totals|zones|districts", Message::sw_detail);
  add_value(command, "--threads", options->threads, "T", Message::app_run_threads);
  add_flag(command, "--retry-failed", options->retry_failed, Message::sw_retry);
  add_flag(command, "--plan-only", options->plan_only, Message::sw_plan_only);
  add_value(command, "--engine", options->engine, "local|slurm", Message::sw_engine);
  add_value(command, "--partition", options->partition, "P", Message::sw_partition);
  add_value(command, "--tasks", options->tasks, "N", Message::sw_tasks);
  add_value(command, "--array-limit", options->array_limit, "M", Message::sw_array_limit);
  add_value(command, "--status", options->status, "DIR", Message::sw_status_option);
  add_value(command, "--work", options->work, "DIR", Message::sw_work);
  add_value(command, "--data", options->data, "DIR", Message::app_option_data);
  add_flag(command, "--quiet", options->quiet, Message::app_run_quiet);
  command.callback([&session, options] { session.action = [options] { return sweep_command(*options); }; });
}

void add_collect(CLI::App& root, Session& session) {
  auto const options = std::make_shared<CollectOptions>();
  CLI::App& command = *add_command(root, "collect", Message::sw_collect_description, say(Message::sw_collect_examples));
  command.add_option(say(Message::sw_collect_name_dir), options->folder, say(Message::sw_collect_dir))->type_name("");
  add_value(command, "--csv", options->csv, "FILE", Message::sw_collect_csv);
  add_value(command, "--csv-months", options->csv_months, "FILE", Message::sw_collect_csv_months);
  add_value(command, "--runs", options->runs, "DIR", Message::sw_collect_runs);
  add_value(command, "--data", options->data, "DIR", Message::app_option_data);
  add_flag(command, "--force", options->force, Message::app_report_force);
  add_flag(command, "--quiet", options->quiet, Message::app_run_quiet);
  command.callback([&session, options] { session.action = [&session, options] { return collect_command(*options, session.typed); }; });
}

}  // namespace arraigo::app
