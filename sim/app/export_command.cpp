#include <iostream>
#include <memory>

#include "analysis/export.hpp"
#include "app/commands.hpp"

namespace arraigo::app {
namespace {

struct ExportArguments {
  std::vector<std::string> files;
  std::vector<std::string> variables;
  std::string format = "csv";
};

Exit export_run(ExportArguments const& arguments) {
  if (arguments.files.empty()) throw InputError(say(Message::app_needs_run_file, "arraigo export"));
  if (arguments.files.size() > 1) throw InputError(say(Message::app_export_one_file));
  [[maybe_unused]] std::size_t const csv = one_of("--format", arguments.format, {"csv"});
  analysis::ExportOptions options;
  options.variables = arguments.variables;
  analysis::export_csv(std::cout, arguments.files[0], options);
  return Exit::done;
}

}  // namespace

void add_export(CLI::App& root, Session& session) {
  auto const arguments = std::make_shared<ExportArguments>();
  CLI::App& command = *add_command(root, "export", Message::app_export_description, say(Message::app_export_examples));
  add_files(command, "RUN.h5", arguments->files, Message::app_export_file);
  add_values(command, "--variable", arguments->variables, "V", Message::app_export_variable);
  add_value(command, "--format", arguments->format, "csv", Message::app_option_format);
  command.callback([&session, arguments] { session.action = [arguments] { return reading_runs(arguments->files, [&] { return export_run(*arguments); }); }; });
}

}  // namespace arraigo::app
