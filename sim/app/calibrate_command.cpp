#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <span>
#include <sstream>
#include <thread>

#include "analysis/calibration.hpp"
#include "analysis/text_output.hpp"
#include "analysis/validation.hpp"
#include "app/calibrate_runs.hpp"
#include "app/commands.hpp"
#include "app/progress.hpp"
#include "app/replicates.hpp"
#include "app/run_jobs.hpp"
#include "app/stop_signal.hpp"
#include "app/terminal.hpp"
#include "core/suggest.hpp"
#include "core/version.hpp"
#include "params/calibrated.hpp"
#include "record/file_publish.hpp"
#include "schedule/simulation.hpp"
#include "sweep/calibration_file.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;
using analysis::FigureSet;
using analysis::PublishedFigure;

struct CalibrateOptions {
  std::vector<std::string> files;
  std::string output, save, figures, data, threads, format = "table";
  bool force = false, quiet = false;
};

/// A block ready to be run.
struct Prepared {
  analysis::FitBlock block;
  CalibrationRuns runs;
};

/// The figure that a target names; null with a sentence when it must not be used.
PublishedFigure const* figure_of(sweep::CalibrationTarget const& target, std::vector<PublishedFigure> const& figures, Scenario const& scenario, bool whole_country,
                                 std::string const& table, Errors& errors) {
  auto const found = std::find_if(figures.begin(), figures.end(), [&](auto const& figure) { return figure.id == target.figure; });
  auto const refuse = [&](std::string const& why, std::string const& fix = {}) {
    errors.add(mistake(target.where, "figure", target.figure, why, fix));
    return nullptr;
  };
  if (found == figures.end()) {
    std::vector<std::string_view> words;
    for (auto const& figure : figures)
      if (figure.set != FigureSet::held_out) words.push_back(figure.id);
    return refuse(say(Message::ca_target_unknown, table), suggestion(target.figure, words));
  }
  if (found->set == FigureSet::held_out) return refuse(say(Message::ca_target_held_out));
  if (found->needs_country && !whole_country) return refuse(say(Message::ca_target_country, scenario.area));
  if (found->from < scenario.start) return refuse(say(Message::ca_target_before, found->from.text(), scenario.start.text()));
  return &*found;
}

/// Name of the first variable or key of a figure that runs do not record; empty when all are.
std::string not_recorded(PublishedFigure const& figure, RecordLayout const& layout) {
  for (auto const* terms : {&figure.numerator, &figure.denominator})
    for (auto const& term : *terms) {
      auto const variable = std::find_if(layout.variables.begin(), layout.variables.end(), [&](auto const& v) { return v.name == term.variable; });
      if (variable == layout.variables.end() || (variable->dimension < 0) != term.key.empty()) return term.variable;
      if (term.key.empty()) continue;
      auto const& keys = layout.dimensions[static_cast<std::size_t>(variable->dimension)].keys;
      if (std::find(keys.begin(), keys.end(), term.key) == keys.end()) return term.variable + "[" + term.key + "]";
    }
  return {};
}

std::vector<Prepared> prepare(sweep::CalibrationFile const& file, Scenario const& scenario, std::vector<PublishedFigure> const& figures, std::string const& table,
                              Country const& country) {
  Errors errors;
  auto const area = country.districts.area(scenario.area);
  bool const whole_country = area && area->size() == country.districts.rows().size();
  auto const layout = Simulation::layout(scenario, country, Detail::zones);
  std::vector<Prepared> prepared;
  for (auto const& written : file.blocks) {
    Prepared one;
    auto& block = one.block;
    block.id = written.id;
    block.points = written.points;
    block.waves = written.waves;
    block.local_steps = written.local_steps;
    block.cutoff = file.cutoff;
    block.judged = file.second_highest ? analysis::Judged::second_highest : analysis::Judged::highest;
    block.seed = scenario.seed + 1;
    one.runs.scenario = scenario;
    one.runs.whole_country = whole_country;
    for (auto const& parameter : written.parameters) {
      one.runs.parameters.push_back(parameter.row);
      block.parameters.push_back({fmt::format("{}.{}", parameter.row->group, parameter.row->name), parameter.low, parameter.high, scenario.parameters.*parameter.row->member});
    }
    for (auto const& target : written.targets) {
      auto const* figure = figure_of(target, figures, scenario, whole_country, table, errors);
      if (figure == nullptr) continue;
      if (auto const missing = not_recorded(*figure, layout); !missing.empty()) {
        errors.add(mistake(target.where, "figure", target.figure, say(Message::ca_target_not_recorded, missing)));
        continue;
      }
      double const prices = figure->prices ? country.rule("cpi", "national", *figure->prices) : 1;
      block.targets.push_back({figure->id, figure->title_es, figure->title_en, figure->unit, target.reason, figure->value / prices, figure->standard_error / prices,
                               target.tolerance * figure->value / prices});
      one.runs.figures.push_back(*figure);
      // A run goes no further than its figures.
      block.months = std::max(block.months, figure->to - scenario.start + 1);
    }
    one.runs.scenario.months = block.months;
    prepared.push_back(std::move(one));
  }
  errors.throw_if_any();
  return prepared;
}

Calibrated calibrated_of(analysis::CalibrationResult const& result, Scenario const& scenario, Country const& country, std::string const& typed) {
  Calibrated calibrated;
  calibrated.date = utc_now().substr(0, 10);
  calibrated.program = version();
  calibrated.commit = commit();
  calibrated.command = typed;
  calibrated.data_digest = country.digest;
  calibrated.scenario = result.scenario;
  calibrated.area = scenario.area;
  calibrated.scale = scenario.scale;
  calibrated.replicates = scenario.replicates;
  calibrated.seed = scenario.seed;
  constexpr char const* names[]{"unknown", "yes", "little", "no"};
  for (auto const& fit : result.blocks) {
    CalibratedBlock block;
    block.id = fit.block.id;
    block.points = static_cast<int>(fit.points);
    block.implausibility = fit.implausibility;
    block.space_left = fit.waves.back().space_left;
    for (std::size_t p = 0; p < fit.parameters.size(); ++p) {
      auto const& parameter = fit.block.parameters[p];
      auto const& fitted = fit.parameters[p];
      block.parameters.push_back({find_parameter(parameter.name), fitted.fitted, parameter.low, parameter.high, fitted.low, fitted.median, fitted.high,
                                  names[static_cast<std::size_t>(fitted.identified)]});
    }
    for (std::size_t t = 0; t < fit.targets.size(); ++t)
      block.figures.push_back({fit.block.targets[t].id, fit.block.targets[t].value, fit.targets[t].before, fit.targets[t].after, fit.targets[t].implausibility});
    block.draws = fit.draws;
    calibrated.blocks.push_back(std::move(block));
  }
  return calibrated;
}

/// A line on a terminal that is written over; elsewhere one line a tenth.
class Teller {
 public:
  explicit Teller(bool quiet) : quiet_(quiet), on_terminal_(terminal_columns(STDERR_FILENO) > 0) {}
  void line(std::string const& text) {
    std::lock_guard const lock(mutex_);
    if (quiet_) return;
    clear();
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  void begin() {
    std::lock_guard const lock(mutex_);
    tenths_ = 0;
  }
  void runs(std::string const& block, std::string const& stage, std::size_t done, std::size_t of) {
    std::lock_guard const lock(mutex_);
    if (quiet_) return;
    std::size_t const tenths = 10 * done / of;
    if (!on_terminal_ && (tenths <= tenths_ || of < 10)) return;
    tenths_ = tenths;
    clear();
    std::fprintf(stderr, "%s%s", say(Message::ca_progress, block, stage, done, of).c_str(), on_terminal_ ? "" : "\n");
    stands_ = on_terminal_;
    std::fflush(stderr);
  }

 private:
  void clear() {
    if (stands_) std::fputs("\r\033[K", stderr);
    stands_ = false;
  }
  bool const quiet_, on_terminal_;
  bool stands_ = false;
  std::size_t tenths_ = 0;
  std::mutex mutex_;
};

std::string page_of(analysis::CalibrationResult const& result, std::size_t format, Lang lang, std::size_t columns) {
  std::ostringstream page;
  if (format == 0) analysis::print_calibration(page, result, lang, columns);
  if (format == 1) analysis::print_calibration_csv(page, result);
  if (format == 2) analysis::print_calibration_json(page, result);
  return page.str();
}

void write(fs::path const& file, std::string const& text, bool replace) {
  publish_file(file, std::as_bytes(std::span{text}), replace, [](fs::path const&) {});
}

constexpr char const *json_name = "calibration.json", *yaml_name = "calibrated.yaml";

Exit calibrate(CalibrateOptions const& options, std::string const& typed) {
  catch_stop_signals();
  std::size_t const format = one_of("--format", options.format, {"table", "csv", "json"});
  if (options.files.size() != 1) throw InputError(say(Message::ca_needs_file));
  if (options.output.empty()) throw InputError(say(Message::ca_needs_output));
  std::error_code ignored;
  if (!options.save.empty() && !options.force && fs::exists(fs::symlink_status(options.save, ignored))) throw InputError(say(Message::ca_exists, options.save));
  int const threads = options.threads.empty() ? static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))
                                              : static_cast<int>(whole_number("--threads", options.threads, 1, 1024));
  Places const places = find_places(options.data.empty() ? std::nullopt : std::optional{options.data});
  fs::path const written = find_scenario(options.files.front(), places), folder(options.output);
  auto const file = sweep::read_calibration(written);
  fs::path const table = options.figures.empty() ? places.data / "validation" / "figures.csv" : fs::path{options.figures};
  for (fs::path const& output : {fs::path(options.save), folder / json_name, folder / yaml_name}) refuse_input_as_output(output, {written, table, find_scenario(file.scenario, places)});
  auto const figures = analysis::read_figures(table);
  Country const country = read_country(places.data);
  Scenario const scenario = read_scenario(find_scenario(file.scenario, places), country.districts, ScenarioPlaces{places.scenarios}, file.common, country.reach());
  auto prepared = prepare(file, scenario, figures, table.string(), country);

  make_folder(folder / "points");
  RunStore const store(folder / "points");
  if (options.force) store.forget();
  Teller teller(options.quiet);
  RunsMade made;
  auto const clock = std::chrono::steady_clock::now();
  analysis::CalibrationResult result{file.name, scenario.stem, scenario.area, scenario.scale, scenario.replicates, scenario.seed, {}};
  bool stopped = false;
  Parameters fixed = scenario.parameters;
  for (auto& one : prepared) {
    auto const& block = one.block;
    one.runs.scenario.parameters = fixed;
    teller.line(say(Message::ca_plan, block.id, block.parameters.size(), block.targets.size(), block.months, scenario.replicates,
                    1 + block.points * block.waves + block.local_steps + (block.local_steps > 0 ? 1 : 0)));
    std::optional<analysis::BlockFit> fit;
    with_threads(threads, [&] {
      fit = fit_block(
          block,
          [&](std::vector<std::vector<double>> const& points, Stage stage) {
            std::string const name = stage.wave > 0 ? say(Message::ca_stage_wave, stage.wave) : say(Message::ca_stage_local);
            teller.begin();
            return run_points(one.runs, points, country, store, threads, made, [&](std::size_t done, std::size_t of) { teller.runs(block.id, name, done, of); });
          },
          [&](std::size_t wave, analysis::Wave const& what) {
            auto const lang = language_of_environment();
            teller.line(say(Message::ca_wave_done, block.id, wave, analysis::format_number(100 * what.space_left, 2, lang), analysis::format_number(what.best, 1, lang)));
          });
    });
    if (!fit) {
      stopped = true;
      break;
    }
    for (std::size_t p = 0; p < fit->parameters.size(); ++p) fixed.*one.runs.parameters[p]->member = fit->parameters[p].fitted;
    result.blocks.push_back(std::move(*fit));
  }
  std::chrono::duration<double> const taken = std::chrono::steady_clock::now() - clock;
  teller.line(say(Message::ca_runs_done, made.made.load(), made.kept.load(), duration_text(taken.count())));
  if (stopped) {
    teller.line(say(Message::ca_stopped, typed));
    return Exit::stopped_resumable;
  }
  auto const calibrated = calibrated_of(result, scenario, country, typed);
  std::string const text = to_yaml(calibrated);
  std::size_t values = 0;
  for (auto const& block : calibrated.blocks) values += block.parameters.size();
  write(folder / json_name, page_of(result, 2, Lang::en, 110), true);
  write(folder / yaml_name, text, true);
  if (!options.save.empty()) write(options.save, text, options.force);
  std::cout << page_of(result, format, language_of_environment(), text_columns(120));
  teller.line(say(Message::ca_saved, (options.save.empty() ? folder / yaml_name : fs::path{options.save}).string(), values));
  return Exit::done;
}

}  // namespace

void add_calibrate(CLI::App& root, Session& session) {
  auto const options = std::make_shared<CalibrateOptions>();
  CLI::App& command = *add_command(root, "calibrate", Message::ca_description, say(Message::ca_examples));
  add_files(command, say(Message::ca_name_file).c_str(), options->files, Message::ca_file);
  add_value(command, "-o,--output", options->output, "DIR", Message::ca_output);
  add_value(command, "--save", options->save, "FILE", Message::ca_save);
  add_value(command, "--figures", options->figures, "FILE", Message::ca_figures);
  add_value(command, "--data", options->data, "DIR", Message::app_option_data);
  add_value(command, "--threads", options->threads, "T", Message::app_run_threads);
  add_value(command, "--format", options->format, "table|csv|json", Message::app_option_format);
  add_flag(command, "--force", options->force, Message::app_run_force);
  add_flag(command, "--quiet", options->quiet, Message::app_run_quiet);
  command.callback([&session, options] { session.action = [&session, options] { return calibrate(*options, session.typed); }; });
}

}  // namespace arraigo::app
