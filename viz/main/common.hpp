/// What the programs that show the interface share: the command line, failures as sentences, and keys.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "viz/app.hpp"
#include "viz/input_queue.hpp"

namespace arraigo::viz {

struct ProgramArguments {
  std::vector<std::string> files;
  std::string data, text_size;
  bool version = false, guide = false;

  /// For App. InputError when a value is wrong or the tables are not there.
  [[nodiscard]] AppOptions app_options() const;
};

/// Runs a program: takes the places of missing standard streams, chooses the language, reads the command line, and turns what
/// is thrown into a sentence on stderr and an exit code. `add` adds the options of that program alone.
int run_program(char const* name, Message description, int argc, char** argv, std::function<void(CLI::App&)> const& add,
                std::function<void(ProgramArguments const&)> const& run);

/// What the interface does at a key; nothing when it leaves it to ImGui.
[[nodiscard]] std::optional<Key> key_of(KeyPress const& press);

}  // namespace arraigo::viz
