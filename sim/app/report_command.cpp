#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "analysis/by_rule.hpp"
#include "analysis/compare.hpp"
#include "analysis/report.hpp"
#include "analysis/report_assumptions.hpp"
#include "analysis/sensitivity_study.hpp"
#include "app/commands.hpp"
#include "app/history.hpp"
#include "app/unit_costs.hpp"
#include "init/country.hpp"
#include "map/map_geometry.hpp"
#include "params/experience.hpp"
#include "record/file_publish.hpp"
#include "schedule/start.hpp"

namespace arraigo::app {
namespace {

namespace fs = std::filesystem;

struct ReportArguments {
  std::vector<std::string> files;
  std::string output, data, history{};
  bool force = false;
  std::string sweep{};  ///< of the files, the one that is a folder
};

/// Everything about the name is told before the runs are read.
void check_output(ReportArguments const& arguments) {
  fs::path const output{arguments.output};
  std::error_code ignored;
  if (arguments.output.ends_with('/') || fs::is_directory(output, ignored))
    throw InputError(say(Message::app_report_is_folder, arguments.output, (output / "report.html").lexically_normal().string()));
  auto read = arguments.files;
  if (!arguments.history.empty()) read.push_back(arguments.history);
  for (auto const& file : read)
    if (fs::equivalent(output, file, ignored)) throw InputError(say(Message::app_report_is_run, arguments.output));
  if (!arguments.sweep.empty()) refuse_sweep_as_output(output, arguments.sweep);
  if (!arguments.force && fs::exists(fs::symlink_status(output, ignored)))
    throw InputError(say(Message::app_report_exists, arguments.output));
}

std::optional<std::string> data_of(ReportArguments const& arguments) {
  return arguments.data.empty() ? std::nullopt : std::optional{arguments.data};
}

/// The tables; none where they cannot be had and nobody named a folder: a report can do without them.
std::optional<Country> country_of(ReportArguments const& arguments) {
  auto const data = data_of(arguments);
  try {
    return read_country(find_places(data).data);
  } catch (InputError const&) {
    if (data) throw;
    return std::nullopt;
  }
}

std::vector<analysis::MapShape> shapes_of(DistrictTable const& table, std::string const& area) {
  std::vector<analysis::MapShape> shapes;
  auto const rows = table.area(area);
  if (!rows) return shapes;
  auto const geometry = MapGeometry::from_points(table, *rows);
  for (auto const& district : geometry.districts()) {
    auto const& row = table.rows()[district.table_row];
    analysis::MapShape shape;
    shape.ubigeo = row.ubigeo;
    shape.name = row.name;
    shape.zone = row.zone;
    shape.point = {district.point.x, district.point.y};
    for (auto const& part : district.parts) {
      shape.outlines.emplace_back();
      for (auto const& point : part.outline) shape.outlines.back().push_back({point.x, point.y});
    }
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

void look_at_experience(analysis::ReportContext& context, std::vector<analysis::RunReader const*> const& runs,
                        DistrictTable const& districts) {
  std::set<std::string> told;
  for (auto const* run : runs) {
    try {
      auto const yaml = run->text_attribute("scenario");
      if (!yaml) throw InputError("");
      for (auto& sentence : outside_experience(parse_scenario(*yaml, run->name(), run->stem(), districts)))
        if (told.insert(sentence).second) context.outside_experience.push_back(std::move(sentence));
    } catch (InputError const&) {  // of another version of the program, or of other tables
      context.unread_scenarios.push_back(run->path().filename().string());
    }
  }
}

analysis::ReportContext context_of(analysis::RunReader const& base,
                                   std::vector<analysis::RunReader> const& alternatives, std::optional<Country> const& country) {
  analysis::ReportContext context;
  std::string const area = base.text_attribute("area").value_or("");
  context.area_es = context.area_en = area;
  std::vector<analysis::RunReader const*> runs{&base};
  for (auto const& alternative : alternatives) runs.push_back(&alternative);
  if (!country) {
    context.book = account_book_without_tables();
    for (auto const* run : runs) context.unread_scenarios.push_back(run->path().filename().string());
    return context;
  }
  context.book = account_book_of(*country, base.text_attribute("data_digest") == country->digest);
  for (auto const& known : country->districts.areas())
    if (known.name == area) {
      context.area_es = known.title_es;
      context.area_en = known.title_en;
    }
  context.shapes = shapes_of(country->districts, area);
  look_at_experience(context, runs, country->districts);
  return context;
}

/// Figures that a reader asks about first: those that change most clearly, at most three for each alternative.
std::vector<std::string> clearest_figures(analysis::RunReader const& base, analysis::RunReader const& alternative) {
  constexpr std::size_t most = 3;
  auto const comparison = analysis::compare(base, std::vector<analysis::RunData const*>{&alternative}, analysis::CompareOptions{});
  std::vector<std::pair<double, std::string>> found;
  for (auto const& row : comparison.rows)
    if (row.difference && row.interval) {
      double const half = (row.interval->high - row.interval->low) / 2;
      found.emplace_back(half > 0 ? std::abs(*row.difference) / half : 0, comparison.indicators[row.indicator].name);
    }
  std::stable_sort(found.begin(), found.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
  std::vector<std::string> names;
  for (auto const& [size, name] : found)
    if (names.size() < most) names.push_back(name);
  if (names.empty() && !comparison.indicators.empty()) names.push_back(comparison.indicators.front().name);
  return names;
}

/// InputError where the sweep's scenario of the run's stem is another one: of another place or start, of other measures or tables. How
/// fine, how long and how often it was run may differ.
void expect_same_question(analysis::SweepReader const& sweep, analysis::RunReader const& run, DistrictTable const& districts) {
  auto const file = sweep.path().string();
  if (auto const digest = run.text_attribute("data_digest").value_or(""); !sweep.data_digest().empty() && digest != sweep.data_digest())
    throw InputError(say(Message::app_report_sweep_differs, file, "data_digest", sweep.data_digest().substr(0, 12), run.name(), digest.substr(0, 12)));
  std::optional<Scenario> of_sweep, of_run;
  try {
    of_sweep = parse_scenario(sweep.scenario_text(run.stem()), file, run.stem(), districts);
    of_run = parse_scenario(run.text_attribute("scenario").value_or(""), run.name(), run.stem(), districts);
  } catch (InputError const&) {
    return;  // of another version of the program, which the page says of runs
  }
  if (of_sweep->area != of_run->area) throw InputError(say(Message::app_report_sweep_differs, file, "area", of_sweep->area, run.name(), of_run->area));
  if (of_sweep->start != of_run->start) throw InputError(say(Message::app_report_sweep_differs, file, "start", of_sweep->start.text(), run.name(), of_run->start.text()));
  // What a lever switches on and off is in the sweep's text, and in the run if its file has it on.
  auto const is_lever = [&](Measure const& measure) {
    return std::any_of(sweep.parameters().begin(), sweep.parameters().end(), [&](auto const& parameter) { return parameter.path == fmt::format("measures.{}.enabled", measure.id); });
  };
  for (auto* scenario : {&*of_sweep, &*of_run}) std::erase_if(scenario->measures, is_lever);
  if (!same_measures(of_sweep->measures, of_run->measures)) throw InputError(say(Message::app_report_sweep_measures, file, run.stem(), run.name()));
}

std::vector<analysis::Sensitivity> sensitivities_of(std::string const& folder, analysis::RunReader const& base,
                                                    std::vector<analysis::RunReader> const& alternatives, std::optional<Country> const& country) {
  std::vector<analysis::Sensitivity> found;
  if (folder.empty()) return found;
  analysis::SweepReader const sweep{folder};
  auto const holds = [&](std::string const& stem) { return std::find(sweep.scenarios().begin(), sweep.scenarios().end(), stem) != sweep.scenarios().end(); };
  std::vector<std::string> stems;
  for (auto const& alternative : alternatives) {
    stems.push_back(alternative.stem());
    if (!holds(base.stem()) || !holds(alternative.stem()) || alternative.stem() == base.stem()) continue;
    if (country)
      for (auto const* run : {&base, &alternative}) expect_same_question(sweep, *run, country->districts);
    analysis::SensitivityRequest request;
    request.base = base.stem();
    request.alternatives = {alternative.stem()};
    for (auto const& name : clearest_figures(base, alternative))
      if (std::any_of(sweep.indicators().begin(), sweep.indicators().end(), [&](auto const& known) { return known.name == name; })) request.indicators.push_back(name);
    for (auto const& result : analysis::study_sensitivity(sweep, request))
      found.push_back(analysis::section_of(sweep, result, alternative.title(Lang::es), alternative.title(Lang::en)));
  }
  if (found.empty()) throw InputError(say(Message::app_report_not_in_sweep, sweep.path().string(), fmt::format("{}", fmt::join(sweep.scenarios(), ", ")), base.stem(), fmt::format("{}", fmt::join(stems, ", "))));
  return found;
}

Exit report(ReportArguments arguments) {
  std::error_code ignored;
  std::vector<std::string> runs;
  for (auto const& file : arguments.files) {
    if (!fs::is_directory(file, ignored)) {
      runs.push_back(file);
      continue;
    }
    if (!arguments.sweep.empty()) throw InputError(say(Message::app_report_two_sweeps, arguments.sweep, file));
    arguments.sweep = file;
  }
  arguments.files = runs;
  if (arguments.files.size() < 2) throw InputError(say(Message::app_report_needs_two));
  if (arguments.output.empty()) throw InputError(say(Message::app_report_needs_output));
  check_output(arguments);
  analysis::RunReader const base{arguments.files[0]};
  std::vector<analysis::RunReader> alternatives;
  for (std::size_t i = 1; i < arguments.files.size(); ++i) alternatives.emplace_back(arguments.files[i]);
  for (auto const& alternative : alternatives)
    if (analysis::is_by_rule(alternative)) throw InputError(say(Message::app_report_twin, alternative.name()));
  auto const country = country_of(arguments);
  auto context = context_of(base, alternatives, country);
  context.chart_program = find_chart_program();
  if (!arguments.history.empty()) context.history = history_for_report(arguments.history, base, find_places(data_of(arguments)).data);
  context.sensitivities = sensitivities_of(arguments.sweep, base, alternatives, country);
  std::string const page = analysis::report_page(base, alternatives, context, language_of_environment());
  publish_file(arguments.output, std::as_bytes(std::span{page}), arguments.force, [](fs::path const&) {});
  std::cout << say(Message::app_report_done, arguments.output, (page.size() + 1023) / 1024) << '\n';
  return Exit::done;
}

}  // namespace

void add_report(CLI::App& root, Session& session) {
  auto const arguments = std::make_shared<ReportArguments>();
  CLI::App& command = *add_command(root, "report", Message::app_report_description, say(Message::app_report_examples));
  add_files(command, say(Message::app_report_name_files).c_str(), arguments->files, Message::app_report_files);
  add_value(command, "-o,--output", arguments->output, "FILE.html", Message::app_report_output);
  add_value(command, "--validation", arguments->history, "HISTORY.h5", Message::app_report_validation);
  add_value(command, "--data", arguments->data, "DIR", Message::app_report_data);
  add_flag(command, "--force", arguments->force, Message::app_report_force);
  command.callback([&session, arguments] { session.action = [arguments] { return reading_runs(arguments->files, [&] { return report(*arguments); }); }; });
}

}  // namespace arraigo::app
