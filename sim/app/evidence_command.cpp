#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <sstream>
#include <thread>

#include "analysis/evidence.hpp"
#include "app/commands.hpp"
#include "app/progress.hpp"
#include "app/replicates.hpp"
#include "app/stop_signal.hpp"
#include "app/terminal.hpp"
#include "core/version.hpp"
#include "evidence/experiments.hpp"
#include "record/file_publish.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;

// At these the whole suite takes some minutes on two cores: see analysis/EVIDENCE.md.
constexpr char const *default_scale = "100", *default_replicates = "8", *default_area = "peru";

struct EvidenceOptions {
  ScenarioOptions changes;
  std::vector<std::string> wished;
  std::string effects, threads, output, format = "table";
  bool force = false, quiet = false;
};

/// The experiments that the user wishes, all without a wish.
std::vector<evidence::Experiment> chosen(std::vector<std::string> const& wished) {
  auto const all = evidence::experiments();
  if (wished.empty()) return {all.begin(), all.end()};
  std::vector<std::string_view> names;
  for (auto const& experiment : all) names.emplace_back(experiment.name);
  std::vector<bool> picked(all.size(), false);
  for (auto const& name : wished) picked[one_of("--experiment", name, names)] = true;
  std::vector<evidence::Experiment> some;
  for (std::size_t k = 0; k < all.size(); ++k)
    if (picked[k]) some.push_back(all[k]);
  return some;
}

std::string joined(std::vector<std::string> const& names) {
  std::string text;
  for (auto const& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// The table names experiments of the program, or nothing could be measured for a row.
void refuse_unknown(std::vector<analysis::PublishedEffect> const& effects, std::string const& file) {
  std::vector<std::string> names;
  for (auto const& experiment : evidence::experiments()) names.emplace_back(experiment.name);
  Errors errors;
  for (auto const& effect : effects)
    if (std::find(names.begin(), names.end(), effect.experiment) == names.end()) errors.add(say(Message::ev_unknown_experiment, file, effect.experiment, joined(names)));
  errors.throw_if_any();
}

/// Values of one outcome by replicate, without those that gave none.
struct Measured {
  std::vector<double> values, totals;
};
using Outcomes = std::map<std::string, Measured>;

Outcomes measure(evidence::Experiment const& experiment, EvidenceOptions const& options, Places const& places, Country const& country, std::atomic<bool>& stopped) {
  Overrides changes = options.changes.overrides();
  changes.months = experiment.months;
  if (!changes.scale) changes.scale = static_cast<int>(whole_number("--scale", default_scale, 1, most_people_per_agent));
  if (!changes.area) changes.area = default_area;
  if (!changes.replicates) changes.replicates = static_cast<int>(whole_number("--replicates", default_replicates, 1, 10000));
  std::vector<std::unique_ptr<Scenario const>> scenarios;
  std::vector<std::shared_ptr<Setup const>> arms;
  for (char const* name : experiment.scenarios) {
    scenarios.push_back(std::make_unique<Scenario const>(read_scenario(find_scenario(name, places), country.districts, ScenarioPlaces{places.scenarios}, changes, country.reach())));
    arms.push_back(Simulation::prepare(*scenarios.back(), country));
  }
  std::vector<std::vector<evidence::Finding>> found(static_cast<std::size_t>(*changes.replicates));
  tbb::parallel_for(std::size_t{0}, found.size(), [&](std::size_t replicate) {
    if (stop_requested()) stopped = true;
    if (!stopped) found[replicate] = experiment.measure(arms, static_cast<int>(replicate));
  });
  Outcomes outcomes;
  for (auto const& findings : found)
    for (auto const& finding : findings) {
      auto& one = outcomes[finding.outcome];
      if (finding.value) one.values.push_back(*finding.value);
      if (finding.total) one.totals.push_back(*finding.total);
    }
  return outcomes;
}

Exit show_evidence(EvidenceOptions const& options) {
  catch_stop_signals();
  std::size_t const format = one_of("--format", options.format, {"table", "csv", "json", "markdown"});
  if (std::error_code ignored; !options.output.empty() && !options.force && fs::exists(fs::symlink_status(options.output, ignored)))
    throw InputError(say(Message::app_validate_exists, options.output));
  if (!options.changes.months.empty()) throw InputError(say(Message::ev_months));
  Places const places = find_places(options.changes.data_folder());
  fs::path const file = options.effects.empty() ? places.data / "evidence" / "effects.csv" : fs::path{options.effects};
  if (!options.output.empty()) refuse_input_as_output(options.output, {file});
  auto effects = analysis::read_effects(file);
  refuse_unknown(effects, file.string());
  auto const todo = chosen(options.wished);
  Country const country = read_country(places.data);
  int const threads = options.threads.empty() ? static_cast<int>(std::max(1U, std::thread::hardware_concurrency())) : static_cast<int>(whole_number("--threads", options.threads, 1, 1024));
  analysis::Evidence evidence;
  evidence.version = version();
  evidence.commit = commit();
  auto const given = options.changes.overrides();
  evidence.area = given.area.value_or(default_area);
  evidence.scale = given.scale.value_or(std::stoi(default_scale));
  evidence.replicates = given.replicates.value_or(std::stoi(default_replicates));
  std::map<std::string, Outcomes> measured;
  std::atomic<bool> stopped = false;
  Progress progress(0, 0, options.quiet);
  with_threads(threads, [&] {
    for (std::size_t k = 0; k < todo.size() && !stopped; ++k) {
      if (!options.quiet) progress.tell(say(Message::ev_working, todo[k].title.in(language_of_environment()), k + 1, todo.size()));
      measured[todo[k].name] = measure(todo[k], options, places, country, stopped);
    }
  });
  if (stopped) {
    progress.tell(say(Message::ev_stopped));
    return Exit::stopped_resumable;
  }
  for (auto& effect : effects) {
    auto const experiment = measured.find(effect.experiment);
    if (experiment == measured.end()) continue;
    auto const outcome = experiment->second.find(effect.outcome);
    if (outcome == experiment->second.end()) {
      std::vector<std::string> names;
      for (auto const& [name, values] : experiment->second) names.push_back(name);
      throw InputError(say(Message::ev_unknown_outcome, file.string(), effect.experiment, effect.outcome, joined(names)));
    }
    evidence.rows.push_back(analysis::judge(std::move(effect), outcome->second.values, outcome->second.totals));
  }
  std::ostringstream page;
  auto const lang = language_of_environment();
  if (format == 0) analysis::print_evidence(page, evidence, lang, options.output.empty() ? text_columns(120) : 120);
  if (format == 1) analysis::print_evidence_csv(page, evidence);
  if (format == 2) analysis::print_evidence_json(page, evidence);
  if (format == 3) analysis::print_evidence_markdown(page, evidence, lang);
  std::string const text = page.str();
  if (options.output.empty()) {
    std::cout << text;
    return Exit::done;
  }
  publish_file(options.output, std::as_bytes(std::span{text}), options.force, [](fs::path const&) {});
  std::cout << say(Message::ev_done, options.output, evidence.rows.size()) << '\n';
  return Exit::done;
}

}  // namespace

void add_evidence(CLI::App& root, Session& session) {
  auto const options = std::make_shared<EvidenceOptions>();
  CLI::App& command = *add_command(root, "evidence", Message::ev_description, say(Message::ev_examples));
  add_values(command, "--experiment", options->wished, "NAME", Message::ev_experiment);
  options->changes.add_to(command);
  add_value(command, "--effects", options->effects, "FILE", Message::ev_effects);
  add_value(command, "--threads", options->threads, "T", Message::app_run_threads);
  add_value(command, "--format", options->format, "table|csv|json|markdown", Message::app_option_format);
  add_value(command, "-o,--output", options->output, "FILE", Message::app_validate_output);
  add_flag(command, "--force", options->force, Message::app_run_force);
  add_flag(command, "--quiet", options->quiet, Message::app_run_quiet);
  command.callback([&session, options] { session.action = [options] { return show_evidence(*options); }; });
}

}  // namespace arraigo::app
