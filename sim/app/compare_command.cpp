#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "analysis/compare.hpp"
#include "analysis/cost.hpp"
#include "analysis/payroll_jobs.hpp"
#include "app/commands.hpp"
#include "app/terminal.hpp"
#include "app/unit_costs.hpp"

namespace arraigo::app {
namespace {

struct CompareArguments {
  std::vector<std::string> files;
  std::vector<std::string> indicators, by;
  std::string month = "last", format = "table", data, precision;
  bool costs = false, jobs = false;
};

/// The unit costs of the tables, for the runs that were made with them.
analysis::AccountBook account_book(CompareArguments const& arguments, analysis::RunData const& base) {
  auto const data = arguments.data.empty() ? std::nullopt : std::optional{arguments.data};
  try {
    Country const country = read_country(find_places(data).data);
    return account_book_of(country, base.text_attribute("data_digest") == country.digest);
  } catch (InputError const&) {
    // A comparison needs no tables; only who names a folder wants to hear what is wrong with it.
    if (data) throw;
    return account_book_without_tables();
  }
}

Exit compare(CompareArguments const& arguments) {
  if (arguments.files.size() < 2) throw InputError(say(Message::app_compare_needs_two));
  std::size_t const format = one_of("--format", arguments.format, {"table", "csv", "json"});
  analysis::CompareOptions options;
  options.indicators = arguments.indicators;
  options.month = arguments.month;
  if (!arguments.precision.empty()) options.precision = precision_of("--precision", arguments.precision);
  std::vector<std::string> cuts;
  for (auto const& by : arguments.by)
    if (std::find(cuts.begin(), cuts.end(), by) == cuts.end()) cuts.push_back(by);
  if (cuts.empty()) cuts.emplace_back();
  bool const whole_area = arguments.by.empty();
  if (format != 0 && arguments.costs && arguments.jobs) throw InputError(say(Message::app_compare_one_list));
  if (format != 0 && (arguments.costs || arguments.jobs))
    for (auto const& [option, given] : {std::pair{"--month", arguments.month != "last"}, std::pair{"--by", !arguments.by.empty()}, std::pair{"--indicator", !arguments.indicators.empty()}})
      if (given) throw InputError(say(Message::an_list_whole, option));

  analysis::RunReader const base{arguments.files[0]};
  std::vector<analysis::RunReader> alternatives;
  for (std::size_t i = 1; i < arguments.files.size(); ++i) alternatives.emplace_back(arguments.files[i]);
  auto const comparisons = analysis::compare_by_each(base, alternatives, options, cuts);
  std::vector<analysis::RunData const*> runs;
  for (auto const& alternative : alternatives) runs.push_back(&alternative);
  auto const pairs = analysis::pair_twins(base, runs);
  // In CSV and JSON costs and jobs come in place of the comparison, whose columns programs rely on.
  std::vector<analysis::CostReport> costs;
  if (arguments.costs || (format == 0 && whole_area)) {
    auto const book = account_book(arguments, base);
    for (auto const& alternative : pairs) costs.push_back(analysis::cost_report(base, *alternative.run, book));
  }
  std::vector<analysis::JobReport> jobs;
  if (arguments.jobs || (format == 0 && whole_area))
    for (auto const& alternative : pairs) jobs.push_back(analysis::job_report(base, *alternative.run));
  if (format == 0) {
    Lang const lang = language_of_environment();
    analysis::print_table(std::cout, comparisons, lang, text_columns(100));
    analysis::print_jobs(std::cout, jobs, lang, text_columns(100));
    analysis::print_costs(std::cout, costs, lang, text_columns(100));
  } else if (arguments.costs) {
    format == 1 ? analysis::print_costs_csv(std::cout, costs) : analysis::print_costs_json(std::cout, costs);
  } else if (arguments.jobs) {
    format == 1 ? analysis::print_jobs_csv(std::cout, jobs) : analysis::print_jobs_json(std::cout, jobs);
  } else {
    format == 1 ? analysis::print_csv(std::cout, comparisons) : analysis::print_json(std::cout, comparisons);
  }
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
  add_value(command, "--precision", arguments->precision, "X|X%", Message::app_compare_precision);
  add_value(command, "--format", arguments->format, "table|csv|json", Message::app_option_format);
  add_flag(command, "--costs", arguments->costs, Message::app_compare_costs);
  add_flag(command, "--jobs", arguments->jobs, Message::app_compare_jobs);
  add_value(command, "--data", arguments->data, "DIR", Message::app_compare_data);
  command.callback([&session, arguments] { session.action = [arguments] { return reading_runs(arguments->files, [&] { return compare(*arguments); }); }; });
}

}  // namespace arraigo::app
