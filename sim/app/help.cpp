#include "app/help.hpp"

#include <algorithm>

#include "app/terminal.hpp"
#include "core/input_errors.hpp"

namespace arraigo::app {
namespace {

constexpr std::size_t widest_name = 34;

void append_entry(std::string& page, std::string const& name, std::string const& description, std::size_t name_width,
                  std::size_t columns) {
  auto const lines = wrapped(description, columns - name_width - 4);
  std::size_t first = 0;
  if (width_of(name) > name_width) {
    page += "  " + name + "\n";
  } else {
    page += "  " + padded(name, name_width) + "  " + lines[0] + "\n";
    first = 1;
  }
  for (std::size_t i = first; i < lines.size(); ++i) page += std::string(name_width + 4, ' ') + lines[i] + "\n";
}

void append_entries(std::string& page, std::vector<std::pair<std::string, std::string>> const& entries,
                    std::size_t columns) {
  std::size_t name_width = 0;
  for (auto const& [name, description] : entries)
    if (width_of(name) <= widest_name) name_width = std::max(name_width, width_of(name));
  for (auto const& [name, description] : entries) append_entry(page, name, description, name_width, columns);
}

}  // namespace

std::string HelpFormatter::make_help(CLI::App const* command, std::string name, CLI::AppFormatMode) const {
  std::size_t const columns = std::min<std::size_t>(text_columns(), 110);
  std::string page;
  for (auto const& line : wrapped(command->get_description(), columns)) page += line + "\n";

  std::vector<std::pair<std::string, std::string>> positionals, options, commands;
  std::string usage = command->get_parent() == nullptr ? name : "arraigo " + command->get_name();
  for (CLI::Option const* option : command->get_options()) {
    if (option->get_positional()) {
      positionals.emplace_back(option->get_single_name(), option->get_description());
      usage += " " + option->get_single_name() + (option->get_items_expected_max() > 1 ? "..." : "");
    } else {
      std::string const value = option->get_type_size() == 0 ? "" : " " + option->get_type_name();
      options.emplace_back(option->get_name(false, true) + value, option->get_description());
    }
  }
  for (CLI::App const* sub : command->get_subcommands([](CLI::App const*) { return true; }))
    commands.emplace_back(sub->get_name(), sub->get_description().substr(0, sub->get_description().find('\n')));
  if (!commands.empty()) usage += " " + say(Message::app_usage_command);

  page += "\n" + say(Message::app_usage) + "\n  " + usage + " " + say(Message::app_usage_options) + "\n";
  if (!commands.empty()) {
    page += "\n" + say(Message::app_usage_commands) + "\n";
    append_entries(page, commands, columns);
  }
  if (!positionals.empty()) {
    page += "\n";
    append_entries(page, positionals, columns);
  }
  if (!options.empty()) {
    page += "\n" + say(Message::app_usage_option_list) + "\n";
    append_entries(page, options, columns);
  }
  page += "\n";
  for (auto const& line : wrapped(command->get_footer(), columns)) page += line + "\n";
  return page;
}

}  // namespace arraigo::app
