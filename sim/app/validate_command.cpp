#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <span>
#include <sstream>
#include <thread>

#include "analysis/run_reader.hpp"
#include "analysis/validation.hpp"
#include "app/commands.hpp"
#include "app/history.hpp"
#include "app/parameter_choice.hpp"
#include "app/progress.hpp"
#include "app/replicates.hpp"
#include "app/run_jobs.hpp"
#include "app/stop_signal.hpp"
#include "app/terminal.hpp"
#include "record/file_publish.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;

struct ValidateOptions {
  std::vector<std::string> files;
  ScenarioOptions changes;
  ParameterChoice parameters{"posterior", {}, {}};
  std::string scenario, figures, output, threads, format = "table";
  bool force = false, quiet = false;
};

std::string scenario_of(ValidateOptions const& options) { return options.scenario.empty() ? "history" : options.scenario; }

/// Options that say how to make a run have no effect on one that is there.
void refuse_changes_of_a_made_run(ValidateOptions const& options) {
  if (options.files.size() > 1) throw InputError(say(Message::app_validate_one_run));
  if (options.files.empty()) return;
  auto const& c = options.changes;
  for (auto const& [name, given] : {std::pair{"--replicates", !c.replicates.empty()}, std::pair{"--seed", !c.seed.empty()},
                                    std::pair{"--scale", !c.scale.empty()}, std::pair{"--months", !c.months.empty()},
                                    std::pair{"--area", !c.area.empty()}, std::pair{"--set", !c.sets.empty()},
                                    std::pair{"--scenario", !options.scenario.empty()}, std::pair{"--threads", !options.threads.empty()},
                                    std::pair{"--parameters", options.parameters.given("posterior")}})
    if (given) throw InputError(say(Message::app_validate_run_is_made, name, options.files.front()));
}

void check_output(ValidateOptions const& options) {
  std::error_code ignored;
  if (options.output.empty() || options.force) return;
  if (fs::exists(fs::symlink_status(options.output, ignored))) throw InputError(say(Message::app_validate_exists, options.output));
}

/// Every file that is named or meant as an input.
std::vector<fs::path> inputs_beside(fs::path const& table, ValidateOptions const& options, Places const& places) {
  std::vector<fs::path> inputs{table};
  if (!options.files.empty()) inputs.emplace_back(options.files.front());
  else inputs.push_back(find_scenario(scenario_of(options), places));
  inputs.push_back(options.parameters.calibrated.empty() ? places.data / "calibrated.yaml" : fs::path{options.parameters.calibrated});
  return inputs;
}

/// Runs the scenario and keeps the record in memory; none when a signal came.
std::unique_ptr<analysis::MemoryRun> run_now(ValidateOptions const& options, Places const& places, Country const& country) {
  int const threads = options.threads.empty() ? static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))
                                              : static_cast<int>(whole_number("--threads", options.threads, 1, 1024));
  Scenario scenario = read_scenario(find_scenario(scenario_of(options), places), country.districts, ScenarioPlaces{places.scenarios},
                                          options.changes.overrides(), country.reach());
  std::array const scenarios{&scenario};
  auto const sets = choose_parameters(options.parameters, places, scenarios);
  Progress progress(std::int64_t{scenario.months} * scenario.replicates, 1, options.quiet);
  std::unique_ptr<analysis::MemoryRun> run;
  with_threads(threads, [&] {
    auto const layout = std::make_shared<RecordLayout const>(Simulation::layout(scenario, country, Detail::zones));
    check_memory(scenario, country, *layout);
    Told const told[]{{scenario, *layout, {}, scenario.replicates}};
    progress.start(told);
    Together together{{&scenario}};
    together.sets = sets.get();
    auto done = run_together(together, country, Detail::zones, threads, progress);
    if (done.stopped) {
      progress.tell(say(Message::app_validate_stopped));
      return;
    }
    std::vector<analysis::MemoryRun::Record> records;
    for (auto& record : done.records.front()) records.push_back(std::make_shared<ReplicateRecord const>(std::move(record)));
    run = std::make_unique<analysis::MemoryRun>(scenario.stem, layout, std::move(records));
    auto const inputs = inputs_of(scenario, country, "zones", nullptr, sets.get());
    for (auto const& [attribute, value] : inputs.text) run->set(attribute, value);
    for (auto const& [attribute, value] : inputs.integers) run->set(attribute, value);
  });
  return run;
}

Exit validate(ValidateOptions const& options) {
  catch_stop_signals();
  std::size_t const format = one_of("--format", options.format, {"table", "csv", "json"});
  refuse_changes_of_a_made_run(options);
  check_output(options);
  Places const places = find_places(options.changes.data_folder());
  fs::path const table = options.figures.empty() ? places.data / "validation" / "figures.csv" : fs::path{options.figures};
  if (!options.output.empty()) refuse_input_as_output(options.output, inputs_beside(table, options, places));
  auto const figures = analysis::read_figures(table);
  Country const country = read_country(places.data);
  std::unique_ptr<analysis::RunData> run;
  if (options.files.empty()) run = run_now(options, places, country);
  else run = std::make_unique<analysis::RunReader>(options.files.front());
  if (run == nullptr) return Exit::stopped_resumable;
  auto const validation = hold_against(figures, *run, country);
  std::ostringstream page;
  if (format == 0) analysis::print_validation(page, validation, language_of_environment(), options.output.empty() ? text_columns(110) : 110);
  if (format == 1) analysis::print_validation_csv(page, validation);
  if (format == 2) analysis::print_validation_json(page, validation);
  std::string const text = page.str();
  if (options.output.empty()) {
    std::cout << text;
    return Exit::done;
  }
  publish_file(options.output, std::as_bytes(std::span{text}), options.force, [](fs::path const&) {});
  auto const compared = std::count_if(validation.figures.begin(), validation.figures.end(),
                                      [](auto const& figure) { return figure.reason == analysis::NotCompared::compared; });
  std::cout << say(Message::app_validate_done, options.output, compared) << '\n';
  return Exit::done;
}

}  // namespace

void add_validate(CLI::App& root, Session& session) {
  auto const options = std::make_shared<ValidateOptions>();
  CLI::App& command = *add_command(root, "validate", Message::app_validate_description, say(Message::app_validate_examples));
  add_files(command, "RUN.h5", options->files, Message::app_validate_file);
  add_value(command, "--scenario", options->scenario, "NAME", Message::app_validate_scenario);
  options->changes.add_to(command);
  options->parameters.add_to(command, Message::app_validate_parameters);
  add_value(command, "--figures", options->figures, "FILE", Message::app_validate_figures);
  add_value(command, "--threads", options->threads, "T", Message::app_run_threads);
  add_value(command, "--format", options->format, "table|csv|json", Message::app_option_format);
  add_value(command, "-o,--output", options->output, "FILE", Message::app_validate_output);
  add_flag(command, "--force", options->force, Message::app_run_force);
  add_flag(command, "--quiet", options->quiet, Message::app_run_quiet);
  command.callback([&session, options] { session.action = [options] { return reading_runs(options->files, [&] { return validate(*options); }); }; });
}

}  // namespace arraigo::app
