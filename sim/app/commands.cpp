#include "app/commands.hpp"

#include <limits>

#include "analysis/sweep_reader.hpp"
#include "core/numbers.hpp"
#include "core/suggest.hpp"
#include "sweep/run_folder.hpp"

namespace arraigo::app {

namespace {
/// An empty value would read as an option that was not given: --months "$MONTHS" with the variable unset.
std::string refuse_empty(std::string const& value) { return value.empty() ? "required" : ""; }
}  // namespace

CLI::App* add_command(CLI::App& root, char const* name, Message description, std::string const& examples) {
  CLI::App* command = root.add_subcommand(name, say(description));
  command->footer(examples + "\n" + say(Message::app_exit_codes));
  command->set_help_flag("-h,--help", say(Message::app_option_help));
  // main has read --lang before any text was made; here it is only part of the grammar.
  command
      ->add_option_function<std::string>(
          "--lang", [](std::string const&) {}, say(Message::app_option_lang))
      ->type_name("es|en")
      ->check(refuse_empty);
  return command;
}

CLI::Option* add_value(CLI::App& command, std::string const& names, std::string& value, char const* value_name,
                       Message description) {
  return command.add_option(names, value, say(description))
      ->type_name(value_name)
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw)
      ->check(refuse_empty);
}

CLI::Option* add_values(CLI::App& command, std::string const& names, std::vector<std::string>& values,
                        char const* value_name, Message description) {
  return command.add_option(names, values, say(description))
      ->type_name(value_name)
      ->allow_extra_args(false)
      ->check(refuse_empty);
}

CLI::Option* add_flag(CLI::App& command, std::string const& names, bool& flag, Message description) {
  return command.add_flag(names, flag, say(description))->disable_flag_override();
}

CLI::Option* add_files(CLI::App& command, char const* name, std::vector<std::string>& files, Message description) {
  return command.add_option(name, files, say(description))->type_name("")->check(refuse_empty);
}

std::int64_t whole_number(char const* option, std::string const& value, std::int64_t low, std::int64_t high) {
  auto const parsed = parse_integer(value);
  if (parsed.fault == NumberFault::none && parsed.value >= low && parsed.value <= high) return parsed.value;
  bool const readable = parsed.fault == NumberFault::none || parsed.fault == NumberFault::too_large;
  std::string const range = say(Message::in_integer_range, low, high);
  throw InputError(mistake("arraigo", option, value,
                           readable ? range : fmt::format("{}; {}", why(parsed.fault), range),
                           readable ? std::string{} : fix(parsed.fault, value, static_cast<double>(low), static_cast<double>(high))));
}

std::size_t one_of(char const* option, std::string const& value, std::vector<std::string_view> const& words) {
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == value) return i;
  throw InputError(mistake("arraigo", option, value, say(Message::in_word_unknown), suggestion(value, words)));
}

void refuse_input_as_output(std::filesystem::path const& output, std::vector<std::filesystem::path> const& inputs) {
  std::error_code ignored;
  for (auto const& input : inputs)
    if (std::filesystem::equivalent(output, input, ignored)) throw InputError(say(Message::app_output_is_input, output.string()));
}

void refuse_sweep_as_output(std::filesystem::path const& output, std::filesystem::path const& sweep) {
  refuse_input_as_output(output, {sweep});
  std::error_code ignored;
  if (std::filesystem::is_directory(sweep, ignored) && sweep::is_own_name(sweep, output)) throw InputError(say(Message::app_output_is_input, output.string()));
}

std::optional<std::string> told_as_answers(std::string const& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return std::nullopt;  // report takes a sweep's folder
  try {
    analysis::SweepReader const answers{file};
    return say(Message::app_answers_of_sweep, file);
  } catch (InputError const&) {
    return std::nullopt;
  }
}

analysis::Precision precision_of(char const* option, std::string const& value) {
  if (auto const precision = analysis::parse_precision(value)) return *precision;
  std::string const number = value.substr(0, value.find('%'));
  auto const fault = parse_number(number).fault;
  throw InputError(mistake("arraigo", option, value, say(Message::app_bad_precision),
                           fault == NumberFault::none ? std::string{} : fix(fault, number, std::numeric_limits<double>::min(), std::numeric_limits<double>::max())));
}

void ScenarioOptions::add_to(CLI::App& command) {
  add_value(command, "--replicates", replicates, "N", Message::app_option_replicates);
  add_value(command, "--seed", seed, "S", Message::app_option_seed);
  add_value(command, "--scale", scale, "K", Message::app_option_scale);
  add_value(command, "--months", months, "M", Message::app_option_months);
  add_value(command, "--area", area, "A", Message::app_option_area);
  add_values(command, "--set", sets, "PATH=VALUE", Message::app_option_set);
  add_value(command, "--data", data, "DIR", Message::app_option_data);
}

Overrides ScenarioOptions::overrides() const {
  Overrides result;
  auto const limited = [](char const* option, std::string const& value, std::int64_t low, std::int64_t high) {
    return value.empty() ? std::nullopt : std::optional{static_cast<int>(whole_number(option, value, low, high))};
  };
  result.months = limited("--months", months, 1, 600);
  result.scale = limited("--scale", scale, 1, 1000);
  result.replicates = limited("--replicates", replicates, 1, 10000);
  if (!seed.empty())
    result.seed = static_cast<std::uint64_t>(whole_number("--seed", seed, 0, std::numeric_limits<std::int64_t>::max()));
  if (!area.empty()) result.area = area;
  result.sets = sets;
  return result;
}

}  // namespace arraigo::app
