#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "analysis/compare.hpp"
#include "app/commands.hpp"
#include "app/terminal.hpp"

namespace arraigo::app {
namespace {

struct CompareArguments {
  std::vector<std::string> files;
  std::vector<std::string> indicators, by;
  std::string month = "last", format = "table";
};

Exit compare(CompareArguments const& arguments) {
  if (arguments.files.size() < 2) throw InputError(say(Message::app_compare_needs_two));
  std::size_t const format = one_of("--format", arguments.format, {"table", "csv", "json"});
  analysis::CompareOptions options;
  options.indicators = arguments.indicators;
  options.month = arguments.month;
  std::vector<std::string> cuts;
  for (auto const& by : arguments.by)
    if (std::find(cuts.begin(), cuts.end(), by) == cuts.end()) cuts.push_back(by);
  if (cuts.empty()) cuts.emplace_back();
  auto const comparisons = analysis::compare_by_each(
      arguments.files[0], {arguments.files.begin() + 1, arguments.files.end()}, options, cuts);
  if (format == 0) analysis::print_table(std::cout, comparisons, language_of_environment(), text_columns(100));
  if (format == 1) analysis::print_csv(std::cout, comparisons);
  if (format == 2) analysis::print_json(std::cout, comparisons);
  return Exit::done;
}

}  // namespace

void add_compare(CLI::App& root, Session& session) {
  auto const arguments = std::make_shared<CompareArguments>();
  CLI::App& command =
      *add_command(root, "compare", Message::app_compare_description, say(Message::app_compare_examples));
  add_files(command, "BASE.h5 ALT.h5", arguments->files, Message::app_compare_files);
  add_values(command, "--indicator", arguments->indicators, "I", Message::app_compare_indicator);
  add_values(command, "--by", arguments->by, "D", Message::app_compare_by);
  add_value(command, "--month", arguments->month, "YYYY-MM|last|mean|all", Message::app_compare_month);
  add_value(command, "--format", arguments->format, "table|csv|json", Message::app_option_format);
  command.callback([&session, arguments] { session.action = [arguments] { return compare(*arguments); }; });
}

}  // namespace arraigo::app
