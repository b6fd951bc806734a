#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <memory>

#include "app/commands.hpp"
#include "core/text_file.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;

struct ViewArguments {
  std::vector<std::string> files;
  std::string data;
};

fs::path viewer_beside_this_program() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path() / "arraigo-viewer";
}

/// The files as the viewer is to open them: shipped scenarios by their path.
std::vector<std::string> existing_files(std::vector<std::string> const& written, Places const& places) {
  Errors errors;
  std::vector<std::string> files;
  for (auto const& name : written) {
    fs::path const file = find_scenario(name, places);
    std::error_code ignored;
    if (!fs::exists(file, ignored)) errors.add(say(Message::in_file_missing, name));
    files.push_back(file.string());
  }
  errors.throw_if_any();
  return files;
}

/// Becomes the viewer; returns only by throwing.
Exit view(ViewArguments const& arguments) {
  auto const data = arguments.data.empty() ? std::nullopt : std::optional{arguments.data};
  auto files = existing_files(arguments.files, find_places(data));
  fs::path const viewer = viewer_beside_this_program();
  std::error_code ignored;
  if (!fs::exists(viewer, ignored)) throw MachineError(say(Message::app_view_missing, viewer.string()));

  std::vector<std::string> words{viewer.string(), "--lang", language_of_environment() == Lang::es ? "es" : "en"};
  if (data) words.push_back("--data=" + *data);
  words.insert(words.end(), files.begin(), files.end());
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  std::cout.flush();
  ::execv(viewer.c_str(), pointers.data());
  throw MachineError(say(Message::app_path_failed, viewer.string(), system_reason(errno)));
}

}  // namespace

void add_view(CLI::App& root, Session& session) {
  auto const arguments = std::make_shared<ViewArguments>();
  CLI::App& command = *add_command(root, "view", Message::app_view_description, say(Message::app_view_examples));
  add_files(command, say(Message::app_view_file).c_str(), arguments->files, Message::app_view_files);
  add_value(command, "--data", arguments->data, "DIR", Message::app_option_data);
  command.callback([&session, arguments] { session.action = [arguments] { return view(*arguments); }; });
}

}  // namespace arraigo::app
