#include <iostream>
#include <memory>
#include <set>
#include <string>

#include "app/commands.hpp"
#include "init/country.hpp"
#include "params/check_scenario.hpp"
#include "params/experience.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::app {
namespace {

struct CheckArguments {
  std::vector<std::string> files;
  ScenarioOptions changes;
};

/// The first month of a few agents: a row that the tables lack is told here as the run would tell it.
void run_a_month(Scenario scenario, Country const& country, std::set<std::string>& lacking) {
  scenario.scale = most_people_per_agent;
  scenario.months = 1;
  try {
    Simulation(scenario, country, 0, Detail::totals).step();
  } catch (InputError const& error) {
    lacking.insert(error.sentences().begin(), error.sentences().end());
  }
}

Exit check(CheckArguments const& arguments) {
  if (arguments.files.empty()) throw InputError(say(Message::app_check_needs_file));
  Overrides const overrides = arguments.changes.overrides();
  Places const places = find_places(arguments.changes.data_folder());
  Country const country = read_country(places.data);
  Errors errors;
  std::set<std::string> lacking;  // of the tables: the same for several scenarios
  for (auto const& written : arguments.files) {
    ScenarioCheck const result =
        check_scenario(find_scenario(written, places), country.districts, ScenarioPlaces{places.scenarios}, overrides,
                       country.reach());
    for (auto const& sentence : result.mistakes) errors.add(sentence);
    if (!result.scenario) continue;
    if (result.mistakes.empty()) run_a_month(*result.scenario, country, lacking);
    for (auto const& sentence : outside_experience(*result.scenario)) std::cerr << sentence << '\n';
    // Several scenarios make one stream of YAML documents.
    if (arguments.files.size() > 1) std::cout << "---\n";
    std::cout << to_yaml(*result.scenario);
  }
  for (auto const& sentence : lacking) errors.add(sentence);
  errors.throw_if_any();
  return Exit::done;
}

}  // namespace

void add_check(CLI::App& root, Session& session) {
  auto const arguments = std::make_shared<CheckArguments>();
  CLI::App& command = *add_command(root, "check", Message::app_check_description, say(Message::app_check_examples));
  add_files(command, say(Message::app_name_scenario).c_str(), arguments->files, Message::app_check_files);
  arguments->changes.add_to(command);
  command.callback([&session, arguments] { session.action = [arguments] { return check(*arguments); }; });
}

}  // namespace arraigo::app
