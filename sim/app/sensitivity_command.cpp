#include <filesystem>
#include <iostream>
#include <memory>
#include <span>

#include "analysis/sensitivity_output.hpp"
#include "app/commands.hpp"
#include "app/run_jobs.hpp"
#include "app/terminal.hpp"
#include "record/file_publish.hpp"

namespace arraigo::app {
namespace {

namespace fs = std::filesystem;

struct SensitivityArguments {
  std::string sweep, scenario, base, month = "last", prim, box, format = "table", plot, folder;
  std::vector<std::string> outputs, alternatives;
  bool force = false;
};

void write(fs::path const& file, std::string const& bytes, bool replace) {
  try {
    publish_file(file, std::as_bytes(std::span{bytes}), replace, [](fs::path const&) {});
  } catch (NameTaken const&) {
    throw InputError(say(Message::app_report_exists, file.string()));
  }
}

Exit sensitivity(SensitivityArguments const& arguments) {
  if (arguments.sweep.empty()) throw InputError(say(Message::se_needs_dir));
  std::size_t const format = one_of("--format", arguments.format, {"table", "csv", "json"});
  analysis::SensitivityRequest request;
  request.indicators = arguments.outputs;
  request.month = arguments.month;
  request.scenario = arguments.scenario;
  request.base = arguments.base;
  request.alternatives = arguments.alternatives;
  if (!arguments.prim.empty()) request.cases = analysis::CaseRule::parse(arguments.prim);
  if (!arguments.box.empty()) request.step = static_cast<std::size_t>(whole_number("--box", arguments.box, 0, 10000));
  // What stands in the way is told before the work, not after it.
  std::error_code ignored;
  if (!arguments.plot.empty()) refuse_sweep_as_output(arguments.plot, arguments.sweep);
  if (!arguments.plot.empty() && !arguments.force && fs::exists(fs::symlink_status(arguments.plot, ignored)))
    throw InputError(say(Message::app_report_exists, arguments.plot));

  analysis::SweepReader const sweep{arguments.sweep};
  auto const results = analysis::study_sensitivity(sweep, request);
  Lang const lang = language_of_environment();
  std::vector<std::string> written;
  if (!arguments.folder.empty()) {
    auto const files = analysis::sensitivity_export(sweep, results);
    fs::path const folder{arguments.folder};
    for (auto const& file : files) {
      refuse_sweep_as_output(folder / file.path, arguments.sweep);
      if (!arguments.force && fs::exists(fs::symlink_status(folder / file.path, ignored))) throw InputError(say(Message::app_report_exists, (folder / file.path).string()));
    }
    for (auto const& file : files) {
      make_folder(folder / file.path.parent_path());
      write(folder / file.path, file.bytes, arguments.force);
      written.push_back((folder / file.path).string());
    }
  }
  if (!arguments.plot.empty()) {
    write(arguments.plot, analysis::sensitivity_picture(sweep, results, lang, find_chart_program()), arguments.force);
    written.push_back(arguments.plot);
  }
  if (format == 0) {
    analysis::print_sensitivity(std::cout, sweep, results, lang, text_columns(100));
  } else {
    format == 1 ? analysis::print_sensitivity_csv(std::cout, sweep, results) : analysis::print_sensitivity_json(std::cout, sweep, results, lang);
    // A table of figures alone would hide what they cannot bear.
    for (auto const& result : results)
      for (auto const& sentence : result.notes)
        if (format == 1) std::cerr << result.indicator.name << ", " << result.scenario << ": " << sentence.in(lang) << "\n";
  }
  for (auto const& file : written) std::cerr << say(Message::se_written, file) << "\n";
  return Exit::done;
}

}  // namespace

void add_sensitivity(CLI::App& root, Session& session) {
  auto const arguments = std::make_shared<SensitivityArguments>();
  CLI::App& command = *add_command(root, "sensitivity", Message::se_description, say(Message::se_examples));
  command.add_option(say(Message::sw_collect_name_dir), arguments->sweep, say(Message::sw_collect_dir))->type_name("");
  add_values(command, "--output", arguments->outputs, "I", Message::app_compare_indicator);
  add_value(command, "--month", arguments->month, "YYYY-MM|last|mean", Message::se_month);
  add_value(command, "--base", arguments->base, "S", Message::se_base);
  add_values(command, "--alt", arguments->alternatives, "S", Message::se_alt);
  add_value(command, "--scenario", arguments->scenario, "S", Message::se_scenario);
  add_value(command, "--prim", arguments->prim, "COND", Message::se_prim);
  add_value(command, "--box", arguments->box, "N", Message::se_box);
  add_value(command, "--format", arguments->format, "table|csv|json", Message::app_option_format);
  add_value(command, "--plot", arguments->plot, "FILE.svg", Message::se_plot);
  add_value(command, "--export", arguments->folder, "DIR", Message::se_export);
  add_flag(command, "--force", arguments->force, Message::se_force);
  command.callback([&session, arguments] { session.action = [arguments] { return sensitivity(*arguments); }; });
}

}  // namespace arraigo::app
