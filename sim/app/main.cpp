/// The command line: reads it, carries out one command, and turns every failure into one sentence and an exit code.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "app/commands.hpp"
#include "app/help.hpp"
#include "app/terminal.hpp"
#include "core/suggest.hpp"
#include "core/text.hpp"
#include "core/text_file.hpp"

namespace arraigo::app {
namespace {

int code(Exit exit) { return static_cast<int>(exit); }

int fail(Exit exit, std::string const& sentence) {
  std::cout.flush();
  std::cerr << sentence << '\n';
  return code(exit);
}

/// A program may be started without standard streams. The first files that it opens would take their places, and its
/// messages would go into results; so the places are taken, by what cannot be written to.
void keep_standard_streams() {
  for (int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) == -1) static_cast<void>(::open("/dev/null", O_RDONLY));  // the lowest that is free
}

/// A page that did not arrive is a failure.
int printed(Exit outcome) {
  if (!std::cout.flush()) throw MachineError(say(Message::app_cannot_print));
  return code(outcome);
}

/// `--lang` holds for the whole process, help and errors included, so it must be known before any text is made.
void choose_language(std::vector<std::string> const& words) {
  std::string value;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--lang" && i + 1 < words.size()) value = words[i + 1];
    if (words[i].starts_with("--lang=")) value = words[i].substr(7);
  }
  if (value.empty()) return;
  [[maybe_unused]] std::size_t const known = one_of("--lang", value, {"es", "en"});
  setenv("LC_ALL", value.c_str(), 1);
}

/// The command as typed, quoted so that a POSIX shell reads it back.
std::string quoted_command(std::vector<std::string> const& words) {
  std::string line = "arraigo";
  for (auto const& word : words) {
    line += ' ';
    bool const plain = !word.empty() && word.find_first_not_of(
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                            "0123456789_-+=./,:@%") == std::string::npos;
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (char const c : word) line += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
    line += '\'';
  }
  return line;
}

/// The parser knows English only, so its errors are said again in the words of the table.
std::string parse_sentence(CLI::App const& root, CLI::ParseError const& error) {
  auto const chosen = root.get_subcommands();
  CLI::App const& command = chosen.empty() ? root : *chosen.front();
  std::string const name = chosen.empty() ? "arraigo" : "arraigo " + command.get_name();
  auto const left_over = root.remaining(true);
  if (dynamic_cast<CLI::ExtrasError const*>(&error) != nullptr && !left_over.empty()) {
    std::string const& word = left_over.front();
    std::vector<std::string> valid;
    if (word.starts_with("-")) {
      for (CLI::Option const* option : command.get_options()) {
        for (auto const& long_name : option->get_lnames()) valid.push_back("--" + long_name);
        for (auto const& short_name : option->get_snames()) valid.push_back("-" + short_name);
      }
    } else if (chosen.empty()) {
      for (CLI::App const* sub : root.get_subcommands([](CLI::App const*) { return true; }))
        valid.push_back(sub->get_name());
    }
    std::vector<std::string_view> const words(valid.begin(), valid.end());
    // Behind "--" even an option's name is a word.
    bool const is_word = std::find(valid.begin(), valid.end(), word) != valid.end();
    std::string const near = is_word ? std::string{} : suggestion(word.substr(0, word.find('=')), words);
    Message const message = is_word                 ? Message::app_unexpected_word
                            : word.starts_with("-") ? Message::app_unknown_option
                            : chosen.empty()        ? Message::app_unknown_command
                                                    : Message::app_unexpected_word;
    return say(message, name, shown(word)) + (near.empty() ? "" : " " + near);
  }
  std::string const what = error.what();
  if (!what.starts_with("-") && what.find("required") != std::string::npos) return say(Message::app_argument_empty, name);
  std::string const option = what.substr(0, what.find_first_of(": "));
  if (what.find("At Most") != std::string::npos) return say(Message::app_option_repeated, name, option);
  if (what.find("flag override") != std::string::npos) return say(Message::app_option_takes_no_value, name, "--" + option);
  if (what.find("required") != std::string::npos) return say(Message::app_option_value_missing, name, option);
  return say(Message::app_wrong_usage, name, what);
}

int run(std::vector<std::string> words) {
  choose_language(words);
  CLI::App root(say(Message::app_description), "arraigo");
  root.formatter(std::make_shared<HelpFormatter>());
  root.set_help_flag("-h,--help", say(Message::app_option_help));
  root.footer(say(Message::app_footer) + "\n" + say(Message::app_exit_codes));
  root.add_option_function<std::string>(
          "--lang", [](std::string const&) {}, say(Message::app_option_lang))
      ->type_name("es|en");
  bool version = false, verbose = false;
  add_flag(root, "--version", version, Message::app_option_version);
  add_flag(root, "--verbose", verbose, Message::app_option_verbose);

  Session session;
  session.typed = quoted_command(words);
  for (auto* add : {add_run, add_sweep, add_collect, add_sensitivity, add_compare, add_report, add_theory, add_validate, add_calibrate, add_evidence, add_story, add_view, add_check, add_population, add_info, add_export, add_list})
    add(root, session);
  root.require_subcommand(0, 1);
  try {
    std::reverse(words.begin(), words.end());  // the parser takes words from the back
    root.parse(words);
  } catch (CLI::CallForHelp const&) {
    auto const chosen = root.get_subcommands();
    std::cout << (chosen.empty() ? root : *chosen.front()).help();
    return printed(Exit::done);
  } catch (CLI::ParseError const& error) {
    return fail(Exit::wrong_input, parse_sentence(root, error));
  }
  if (verbose && !version) return fail(Exit::wrong_input, say(Message::app_verbose_alone));
  if (version && session.action) return fail(Exit::wrong_input, say(Message::app_version_alone));
  if (version) {
    print_version(verbose);
    return printed(Exit::done);
  }
  if (!session.action) return fail(Exit::wrong_input, say(Message::app_no_command));
  return printed(session.action());
}

}  // namespace
}  // namespace arraigo::app

int main(int argc, char** argv) {
  using namespace arraigo;
  app::keep_standard_streams();
  app::survive_file_limits();
  try {
    return app::run({argv + std::min(argc, 1), argv + argc});
  } catch (InputError const& error) {
    return app::fail(Exit::wrong_input, error.what());
  } catch (MachineError const& error) {
    return app::fail(Exit::machine_failed, error.what());
  } catch (std::bad_alloc const&) {
    return app::fail(Exit::machine_failed, say(Message::app_out_of_memory));
  } catch (std::filesystem::filesystem_error const& error) {
    return app::fail(Exit::machine_failed,
                     say(Message::app_path_failed, error.path1().string(), system_reason(error.code().value())));
  } catch (std::system_error const& error) {  // threads
    return app::fail(Exit::machine_failed, say(Message::app_system_failed, system_reason(error.code().value())));
  } catch (std::exception const& error) {
    if (app::tells_of_no_thread(error)) return app::fail(Exit::machine_failed, say(Message::app_out_of_memory));
    return app::fail(Exit::our_bug, say(Message::app_bug, error.what()));
  } catch (...) {
    return app::fail(Exit::our_bug, say(Message::app_bug, "?"));
  }
}
