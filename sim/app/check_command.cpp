#include <iostream>
#include <memory>

#include "app/commands.hpp"
#include "init/country.hpp"
#include "params/check_scenario.hpp"

namespace arraigo::app {
namespace {

struct CheckArguments {
  std::vector<std::string> files;
  ScenarioOptions changes;
};

Exit check(CheckArguments const& arguments) {
  if (arguments.files.empty()) throw InputError(say(Message::app_check_needs_file));
  Overrides const overrides = arguments.changes.overrides();
  Places const places = find_places(arguments.changes.data_folder());
  Country const country = read_country(places.data);
  Errors errors;
  for (auto const& written : arguments.files) {
    ScenarioCheck const result =
        check_scenario(find_scenario(written, places), country.districts, ScenarioPlaces{places.scenarios}, overrides,
                       country.reach());
    for (auto const& sentence : result.mistakes) errors.add(sentence);
    if (!result.scenario) continue;
    // Several scenarios make one stream of YAML documents.
    if (arguments.files.size() > 1) std::cout << "---\n";
    std::cout << to_yaml(*result.scenario);
  }
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
