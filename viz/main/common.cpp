#include "viz/main/common.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <iostream>
#include <new>
#include <string_view>
#include <system_error>
#include <thread>

#include "app/commands.hpp"
#include "app/help.hpp"
#include "app/places.hpp"
#include "app/terminal.hpp"
#include "core/suggest.hpp"
#include "core/text_file.hpp"
#include "core/version.hpp"

namespace arraigo::viz {
namespace {

int fail(Exit exit, std::string const& sentence) {
  std::cout.flush();
  std::cerr << sentence << '\n';
  return static_cast<int>(exit);
}

/// As in arraigo's own main: a file must not take the place of a missing standard stream.
void keep_standard_streams() {
  for (int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) == -1) static_cast<void>(::open("/dev/null", O_RDONLY));
}

/// Typed characters reach a window as UTF-8 only in such a locale; it must stand before --lang replaces LC_ALL.
void keep_utf8() {
  if (std::setlocale(LC_CTYPE, "") != nullptr && MB_CUR_MAX > 1) return;
  std::setlocale(LC_CTYPE, "C.UTF-8");
}

std::size_t one_of(std::string const& program, char const* option, std::string const& value,
                   std::vector<std::string_view> const& words) {
  auto const found = std::find(words.begin(), words.end(), value);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  throw InputError(mistake(program, option, value, say(Message::in_word_unknown), suggestion(value, words)));
}

void choose_language(std::string const& program, std::vector<std::string> const& words) {
  std::string value;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    if (words[i] == "--lang" && i + 1 < words.size()) value = words[i + 1];
    if (words[i].starts_with("--lang=")) value = words[i].substr(7);
  }
  if (value.empty()) return;
  static_cast<void>(one_of(program, "--lang", value, {"es", "en"}));
  setenv("LC_ALL", value.c_str(), 1);
}

std::string parse_sentence(CLI::App const& root, CLI::ParseError const& error) {
  std::string const& program = root.get_name();
  auto const left_over = root.remaining();
  if (dynamic_cast<CLI::ExtrasError const*>(&error) != nullptr && !left_over.empty()) {
    std::string const& word = left_over.front();
    std::vector<std::string> valid;
    for (CLI::Option const* option : root.get_options())
      for (auto const& name : option->get_lnames()) valid.push_back("--" + name);
    std::string const near =
        suggestion(word.substr(0, word.find('=')), std::vector<std::string_view>(valid.begin(), valid.end()));
    return say(Message::app_unknown_option, program, shown(word)) + (near.empty() ? "" : " " + near);
  }
  std::string const what = error.what();
  bool const required = what.find("required") != std::string::npos;
  if (required && !what.starts_with("-")) return say(Message::app_argument_empty, program);
  std::string const option = what.substr(0, what.find_first_of(": "));
  if (what.find("At Most") != std::string::npos) return say(Message::app_option_repeated, program, option);
  if (what.find("flag override") != std::string::npos) return say(Message::app_option_takes_no_value, program, "--" + option);
  if (required) return say(Message::app_option_value_missing, program, option);
  return say(Message::app_wrong_usage, program, what);
}

int printed() {
  if (!std::cout.flush()) throw MachineError(say(Message::app_cannot_print));
  return static_cast<int>(Exit::done);
}

int parse_and_run(char const* name, Message description, std::vector<std::string> words,
                  std::function<void(CLI::App&)> const& add, std::function<void(ProgramArguments const&)> const& run) {
  choose_language(name, words);
  CLI::App root(say(description), name);
  root.formatter(std::make_shared<app::HelpFormatter>());
  root.set_help_flag("-h,--help", say(Message::app_option_help));
  root.footer(say(Message::viz_exit_codes));
  ProgramArguments arguments;
  std::string language;
  app::add_files(root, say(Message::app_view_file).c_str(), arguments.files, Message::app_view_files);
  app::add_value(root, "--lang", language, "es|en", Message::app_option_lang);
  app::add_value(root, "--data", arguments.data, "DIR", Message::app_option_data);
  app::add_value(root, "--text-size", arguments.text_size, "1|1.6|2", Message::viz_option_text_size);
  app::add_flag(root, "--guide", arguments.guide, Message::viz_option_guide);
  app::add_flag(root, "--version", arguments.version, Message::app_option_version);
  add(root);
  try {
    std::reverse(words.begin(), words.end());  // the parser takes words from the back
    root.parse(words);
  } catch (CLI::CallForHelp const&) {
    std::cout << root.help();
    return printed();
  } catch (CLI::ParseError const& error) {
    return fail(Exit::wrong_input, parse_sentence(root, error));
  }
  if (arguments.version) {
    std::cout << name << ' ' << version() << " (" << commit() << ")\n";
    return printed();
  }
  run(arguments);
  return printed();
}

}  // namespace

AppOptions ProgramArguments::app_options() const {
  AppOptions options;
  auto const places = app::find_places(data.empty() ? std::nullopt : std::optional{data});
  options.session.data = places.data;
  options.session.shipped = places.scenarios;
  // Behind `arraigo view` the names of shipped scenarios have become paths; alone this program takes names as well.
  for (auto const& file : files) options.session.files.push_back(app::find_scenario(file, places).string());
  // One core is left for the interface.
  options.session.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2U, 65U)) - 1;
  options.lang = language_of_environment();
  options.guide = guide;
  if (!text_size.empty())
    options.text_scale = text_scales[one_of("arraigo-viewer", "--text-size", text_size, {"1", "1.6", "2"})];
  return options;
}

int run_program(char const* name, Message description, int argc, char** argv, std::function<void(CLI::App&)> const& add,
                std::function<void(ProgramArguments const&)> const& run) {
  keep_standard_streams();
  app::survive_file_limits();
  keep_utf8();
  try {
    return parse_and_run(name, description, {argv + std::min(argc, 1), argv + argc}, add, run);
  } catch (InputError const& error) {
    return fail(Exit::wrong_input, error.what());
  } catch (MachineError const& error) {
    return fail(Exit::machine_failed, error.what());
  } catch (std::bad_alloc const&) {
    return fail(Exit::machine_failed, say(Message::app_out_of_memory));
  } catch (std::filesystem::filesystem_error const& error) {
    return fail(Exit::machine_failed,
                say(Message::app_path_failed, error.path1().string(), system_reason(error.code().value())));
  } catch (std::system_error const& error) {  // threads
    return fail(Exit::machine_failed, say(Message::app_system_failed, system_reason(error.code().value())));
  } catch (std::exception const& error) {
    if (app::tells_of_no_thread(error)) return fail(Exit::machine_failed, say(Message::app_out_of_memory));
    return fail(Exit::our_bug, say(Message::app_bug, error.what()));
  } catch (...) {
    return fail(Exit::our_bug, say(Message::app_bug, "?"));
  }
}

std::optional<Key> key_of(KeyPress const& press) {
  if (press.control) {
    switch (press.key) {
      case 'Z': return press.shift ? Key::redo : Key::undo;
      case 'Y': return Key::redo;
      case 'S': return Key::save;
      case 'Q': return Key::quit;
      case 'F': return Key::find;
      case 'L': return Key::language;
      case 'R': return Key::replay;
      case '+':
      case '=':
      case keys::pad_add: return Key::larger;
      case '-':
      case keys::pad_subtract: return Key::smaller;
      default: return std::nullopt;
    }
  }
  if (press.alt) return std::nullopt;
  switch (press.key) {
    case keys::tab: return press.shift ? Key::back_tab : Key::tab;
    case keys::escape: return Key::escape;
    case keys::enter:
    case keys::pad_enter: return Key::enter;
    case keys::left: return Key::left;
    case keys::right: return Key::right;
    case keys::up: return Key::up;
    case keys::down: return Key::down;
    case keys::home: return Key::home;
    case keys::end: return Key::end;
    case keys::page_up: return Key::page_up;
    case keys::page_down: return Key::page_down;
    case keys::space: return Key::space;
    case keys::del: return Key::remove;
    case keys::f1: return Key::f1;
    case keys::f1 + 10: return Key::f11;
    case 'C': return Key::compare;
    case 'K': return Key::play;
    default: return std::nullopt;
  }
}

}  // namespace arraigo::viz
