#include <filesystem>
#include <iostream>
#include <memory>

#include "analysis/compare.hpp"
#include "app/commands.hpp"

namespace arraigo::app {
namespace {

struct CompareArguments {
  std::vector<std::string> files;
  std::vector<std::string> indicators;
  std::string by, month = "last", format = "table";
};

Exit compare(CompareArguments const& arguments) {
  if (arguments.files.size() < 2) throw InputError(say(Message::app_compare_needs_two));
  std::size_t const format = one_of("--format", arguments.format, {"table", "csv", "json"});
  analysis::CompareOptions options;
  options.indicators = arguments.indicators;
  options.by = arguments.by;
  options.month = arguments.month;
  auto const comparison =
      analysis::compare(arguments.files[0], {arguments.files.begin() + 1, arguments.files.end()}, options);
  if (format == 0) analysis::print_table(std::cout, comparison, language_of_environment());
  if (format == 1) analysis::print_csv(std::cout, comparison);
  if (format == 2) analysis::print_json(std::cout, comparison);
  return Exit::done;
}

}  // namespace

void add_compare(CLI::App& root, Session& session) {
  auto const arguments = std::make_shared<CompareArguments>();
  CLI::App& command =
      *add_command(root, "compare", Message::app_compare_description, say(Message::app_compare_examples));
  add_files(command, "BASE.h5 ALT.h5", arguments->files, Message::app_compare_files);
  add_values(command, "--indicator", arguments->indicators, "I", Message::app_compare_indicator);
  add_value(command, "--by", arguments->by, "D", Message::app_compare_by);
  add_value(command, "--month", arguments->month, "YYYY-MM|last|mean|all", Message::app_compare_month);
  add_value(command, "--format", arguments->format, "table|csv|json", Message::app_option_format);
  command.callback([&session, arguments] { session.action = [arguments] { return compare(*arguments); }; });
}

}  // namespace arraigo::app
