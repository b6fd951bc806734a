/// The help pages: the same layout for every command, in the user's language, wrapped to the screen.
#pragma once
#include <CLI/CLI.hpp>

namespace arraigo::app {

class HelpFormatter : public CLI::FormatterBase {
 public:
  std::string make_help(CLI::App const* command, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace arraigo::app
