#include <iostream>
#include <memory>
#include <sstream>

#include "analysis/info.hpp"
#include "app/commands.hpp"

namespace arraigo::app {
namespace {

struct InfoArguments {
  std::vector<std::string> files;
  std::string format = "text";
  bool verify = false;
};

Exit print_infos(InfoArguments const& arguments) {
  if (arguments.files.empty()) throw InputError(say(Message::app_needs_run_file, "arraigo info"));
  auto const format = static_cast<analysis::InfoFormat>(one_of("--format", arguments.format, {"text", "json"}));
  bool const list = format == analysis::InfoFormat::json && arguments.files.size() > 1;
  bool intact = true, first = true;
  Errors errors;
  if (list) std::cout << "[\n";
  for (auto const& file : arguments.files) {
    std::ostringstream text;
    try {
      intact = analysis::print_info(text, file, arguments.verify, format, language_of_environment()) && intact;
    } catch (InputError const& error) {  // the other files are still told of
      if (auto const sentence = told_as_answers(file)) errors.add(*sentence);
      else
        for (auto const& sentence_of : error.sentences()) errors.add(sentence_of);
      continue;
    }
    if (!first) std::cout << (list ? ",\n" : "\n");
    std::cout << text.str();
    first = false;
  }
  if (list) std::cout << "]\n";
  errors.throw_if_any();
  return intact ? Exit::done : Exit::wrong_input;
}

}  // namespace

void add_info(CLI::App& root, Session& session) {
  auto const arguments = std::make_shared<InfoArguments>();
  CLI::App& command = *add_command(root, "info", Message::app_info_description, say(Message::app_info_examples));
  add_files(command, "FILE.h5", arguments->files, Message::app_info_files);
  add_flag(command, "--verify", arguments->verify, Message::app_info_verify);
  add_value(command, "--format", arguments->format, "text|json", Message::app_option_format);
  command.callback([&session, arguments] { session.action = [arguments] { return print_infos(*arguments); }; });
}

}  // namespace arraigo::app
