#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <memory>

#include "app/commands.hpp"
#include "app/table.hpp"
#include "core/numbers.hpp"
#include "schedule/population_report.hpp"

namespace arraigo::app {
namespace {

struct PopulationArguments {
  std::vector<std::string> files;
  ScenarioOptions changes;
  std::string replicate = "0", format = "table";
};

/// Figures as a person reads them: shares in percent, counts whole.
std::string shown_figure(double value, std::string const& unit) {
  return unit == "share" ? fmt::format("{:.2f} %", 100 * value)
                         : fmt::format("{:.{}f}", value, std::abs(value) < 100 ? 2 : 0);
}

std::string shown_error(double error, std::string const& unit) {
  // A difference of percentages is in percentage points.
  return unit == "share" ? fmt::format("{:+.2f} pp", 100 * error)
                         : fmt::format("{:+.{}f}", error, std::abs(error) < 100 ? 2 : 0);
}

Exit report(PopulationArguments const& arguments) {
  if (arguments.files.size() > 1) throw InputError(say(Message::app_population_one_scenario));
  auto const format = static_cast<Table::Format>(one_of("--format", arguments.format, {"table", "csv", "json"}));
  Overrides const overrides = arguments.changes.overrides();
  Places const places = find_places(arguments.changes.data_folder());
  Country const country = read_country(places.data);
  Scenario const scenario =
      read_scenario(find_scenario(arguments.files.empty() ? "baseline" : arguments.files[0], places), country.districts,
                    ScenarioPlaces{places.scenarios}, overrides);
  auto const replicate =
      static_cast<int>(whole_number("--replicate", arguments.replicate, 0, std::int64_t{scenario.replicates} - 1));

  using Kind = Table::Kind;
  bool const people_read = format == Table::Format::table;
  Table table({{"margin", say(Message::app_population_margin)},
               {"origin", say(Message::app_population_origin)},
               {"key", say(Message::app_population_key)},
               {"unit", say(Message::app_population_unit)},
               {"target", say(Message::app_population_target), Kind::number},
               {"synthetic", say(Message::app_population_synthetic), Kind::number},
               {"error", say(Message::app_population_error), Kind::number},
               {"agents", say(Message::app_population_agents), Kind::number},
               {"source", say(Message::app_population_source)}});
  for (auto const& check : check_margins(scenario, country, replicate)) {
    double const error = check.synthetic - check.target;
    auto const figure = [&](double value) {
      return people_read ? shown_figure(value, check.unit) : number_text(value);
    };
    table.add({check.margin, check.origin, check.key, check.unit, figure(check.target), figure(check.synthetic),
               people_read ? shown_error(error, check.unit) : figure(error), std::to_string(check.agents),
               check.source});
  }
  table.print(std::cout, format);
  return Exit::done;
}

}  // namespace

void add_population(CLI::App& root, Session& session) {
  auto const arguments = std::make_shared<PopulationArguments>();
  CLI::App& command =
      *add_command(root, "population", Message::app_population_description, say(Message::app_population_examples));
  add_files(command, say(Message::app_name_scenario).c_str(), arguments->files, Message::app_population_file);
  arguments->changes.add_to(command);
  add_value(command, "--replicate", arguments->replicate, "R", Message::app_option_replicate);
  add_value(command, "--format", arguments->format, "table|csv|json", Message::app_option_format);
  command.callback([&session, arguments] { session.action = [arguments] { return report(*arguments); }; });
}

}  // namespace arraigo::app
