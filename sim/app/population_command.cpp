#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

#include "app/code_words.hpp"
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

/// "15-24 university" -> "15-24 universitaria". What a district is called stays.
std::string shown_key(MarginCheck const& check, Country const& country, Lang lang) {
  if (check.margin == "district") return check.key;
  std::string shown;
  for (std::string_view rest = check.key; !rest.empty();) {
    auto const part = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    auto const sector = std::find_if(country.sectors.begin(), country.sectors.end(),
                                     [&](SectorRow const& row) { return row.name == part; });
    shown += (shown.empty() ? "" : " ");
    shown += sector == country.sectors.end() ? code_word(part, lang) : lang == Lang::es ? sector->title_es : sector->title_en;
  }
  return shown;
}

/// The largest error of every margin, so that a reader of a thousand rows need not look for it.
Table worst_of_each(std::vector<MarginCheck> const& checks, Country const& country, Lang lang) {
  std::vector<MarginCheck const*> worst;
  std::map<std::pair<std::string, std::string>, std::size_t> rows, at;
  auto const size = [](MarginCheck const& check) { return std::abs(check.synthetic - check.target); };
  for (auto const& check : checks) {
    auto const key = std::pair{check.margin, check.origin};
    ++rows[key];
    auto const [place, is_new] = at.try_emplace(key, worst.size());
    if (is_new)
      worst.push_back(&check);
    else if (size(check) > size(*worst[place->second]))
      worst[place->second] = &check;
  }
  Table table({{"margin", say(Message::app_population_margin)},
               {"origin", say(Message::app_population_origin)},
               {"rows", say(Message::app_population_rows), Table::Kind::number},
               {"error", say(Message::app_population_error), Table::Kind::number},
               {"target", say(Message::app_population_target), Table::Kind::number},
               {"key", say(Message::app_population_key)}});
  for (auto const* check : worst)
    table.add({code_word(check->margin, lang), code_word(check->origin, lang),
               std::to_string(rows[{check->margin, check->origin}]),
               shown_error(check->synthetic - check->target, check->unit), shown_figure(check->target, check->unit),
               shown_key(*check, country, lang)});
  return table;
}

Exit report(PopulationArguments const& arguments) {
  if (arguments.files.size() > 1) throw InputError(say(Message::app_population_one_scenario));
  auto const format = static_cast<Table::Format>(one_of("--format", arguments.format, {"table", "csv", "json"}));
  Overrides const overrides = arguments.changes.overrides();
  Places const places = find_places(arguments.changes.data_folder());
  Country const country = read_country(places.data);
  Scenario const scenario =
      read_scenario(find_scenario(arguments.files.empty() ? "baseline" : arguments.files[0], places), country.districts,
                    ScenarioPlaces{places.scenarios}, overrides, country.reach());
  auto const replicate =
      static_cast<int>(whole_number("--replicate", arguments.replicate, 0, std::int64_t{scenario.replicates} - 1));

  using Kind = Table::Kind;
  bool const people_read = format == Table::Format::table;
  Lang const lang = language_of_environment();
  Table table({{"margin", say(Message::app_population_margin)},
               {"origin", say(Message::app_population_origin)},
               {"key", say(Message::app_population_key)},
               {"unit", say(Message::app_population_unit)},
               {"target", say(Message::app_population_target), Kind::number},
               {"synthetic", say(Message::app_population_synthetic), Kind::number},
               {"error", say(Message::app_population_error), Kind::number},
               {"agents", say(Message::app_population_agents), Kind::number},
               {"source", say(Message::app_population_source)}});
  auto const checks = check_margins(scenario, country, replicate);
  for (auto const& check : checks) {
    double const error = check.synthetic - check.target;
    auto const figure = [&](double value) {
      return people_read ? shown_figure(value, check.unit) : number_text(value);
    };
    if (people_read)
      table.add({code_word(check.margin, lang), code_word(check.origin, lang), shown_key(check, country, lang),
                 unit_in(check.unit, lang), figure(check.target), figure(check.synthetic),
                 shown_error(error, check.unit), std::to_string(check.agents),
                 lang == Lang::es && !check.source_es.empty() ? check.source_es : check.source});
    else
      table.add({check.margin, check.origin, check.key, check.unit, figure(check.target), figure(check.synthetic),
                 figure(error), std::to_string(check.agents), check.source});
  }
  table.print(std::cout, format);
  if (people_read) {
    std::cout << '\n' << say(Message::app_population_summary) << '\n';
    worst_of_each(checks, country, lang).print(std::cout, format);
  }
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
