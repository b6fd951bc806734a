/// The commands of `arraigo`, one file each: every one adds its options to the parser and says what to do once they are
/// read.
#pragma once
#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/precision.hpp"
#include "app/places.hpp"
#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "params/scenario.hpp"

namespace arraigo::app {

/// What the parser leaves for main: the command as typed, and its action.
struct Session {
  std::string typed;
  std::function<Exit()> action;
};

void add_run(CLI::App& root, Session& session);
void add_compare(CLI::App& root, Session& session);
void add_sweep(CLI::App& root, Session& session);
void add_collect(CLI::App& root, Session& session);
void add_sensitivity(CLI::App& root, Session& session);
void add_report(CLI::App& root, Session& session);
void add_theory(CLI::App& root, Session& session);
void add_validate(CLI::App& root, Session& session);
void add_calibrate(CLI::App& root, Session& session);
void add_evidence(CLI::App& root, Session& session);
void add_story(CLI::App& root, Session& session);
void add_view(CLI::App& root, Session& session);
void add_check(CLI::App& root, Session& session);
void add_population(CLI::App& root, Session& session);
void add_info(CLI::App& root, Session& session);
void add_export(CLI::App& root, Session& session);
void add_list(CLI::App& root, Session& session);

/// `arraigo --version`; `verbose` adds the compiler, libraries and folders.
void print_version(bool verbose);

/// A subcommand with its description, `--help`, `--lang` and the exit codes at the end of its help.
CLI::App* add_command(CLI::App& root, char const* name, Message description, std::string const& examples);

/// An option that takes one value; an option given twice is refused, since only one value could hold.
CLI::Option* add_value(CLI::App& command, std::string const& names, std::string& value, char const* value_name,
                       Message description);
/// An option that may be repeated, one value each time.
CLI::Option* add_values(CLI::App& command, std::string const& names, std::vector<std::string>& values,
                        char const* value_name, Message description);
/// An option without a value.
CLI::Option* add_flag(CLI::App& command, std::string const& names, bool& flag, Message description);
CLI::Option* add_files(CLI::App& command, char const* name, std::vector<std::string>& files, Message description);

/// "--threads = x (a whole number from 1 to 1024)." as InputError, otherwise the number.
[[nodiscard]] std::int64_t whole_number(char const* option, std::string const& value, std::int64_t low,
                                        std::int64_t high);
/// The index of `value` in `words`; InputError names the nearest word.
[[nodiscard]] std::size_t one_of(char const* option, std::string const& value,
                                 std::vector<std::string_view> const& words);

/// InputError when the file to be written is one of those that the command reads.
void refuse_input_as_output(std::filesystem::path const& output, std::vector<std::filesystem::path> const& inputs);
/// The same of what the folder of a sweep, or its file of answers alone, is read for.
void refuse_sweep_as_output(std::filesystem::path const& output, std::filesystem::path const& sweep);

/// Says of a file that cannot be read as a run that it holds the answers of a sweep; nothing when it does not.
[[nodiscard]] std::optional<std::string> told_as_answers(std::string const& file);

/// What `read` makes of files of runs; InputError names those among them that hold the answers of a sweep.
template <class Read>
auto reading_runs(std::vector<std::string> const& files, Read const& read) {
  try {
    return read();
  } catch (InputError const&) {
    Errors errors;
    for (auto const& file : files)
      if (auto const sentence = told_as_answers(file)) errors.add(*sentence);
    errors.throw_if_any();
    throw;
  }
}

/// "0.5" or "2%"; otherwise InputError.
[[nodiscard]] analysis::Precision precision_of(char const* option, std::string const& value);

/// The options that change a scenario, the same for every command that reads one.
struct ScenarioOptions {
  std::string replicates, seed, scale, months, area, data;
  std::vector<std::string> sets;

  void add_to(CLI::App& command);
  [[nodiscard]] Overrides overrides() const;
  [[nodiscard]] bool given() const {
    return !(replicates.empty() && seed.empty() && scale.empty() && months.empty() && area.empty() && data.empty() && sets.empty());
  }
  [[nodiscard]] std::optional<std::string> data_folder() const {
    return data.empty() ? std::nullopt : std::optional{data};
  }
};

}  // namespace arraigo::app
