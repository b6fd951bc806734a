#include "app/run_jobs.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <system_error>
#include <utility>

#include "analysis/run_reader.hpp"
#include "app/parameter_sets.hpp"
#include "core/text_file.hpp"
#include "core/version.hpp"
#include "record/file_publish.hpp"

namespace arraigo::app {
namespace fs = std::filesystem;
namespace {

/// Names of the inputs in which an existing file differs; empty when it holds the same run.
std::vector<std::string> differing_inputs(fs::path const& file, RunAttributes const& inputs) {
  std::vector<std::string> names;
  analysis::RunReader const reader(file);
  for (auto const& [name, value] : inputs.integers)
    if (reader.integer_attribute(name) != value) names.push_back(name);
  for (auto const& [name, value] : inputs.text)
    if (reader.text_attribute(name) != storable_text(value)) names.push_back(name);
  // The resolved scenario contains the others: naming both would say the same twice.
  if (names.size() > 1) std::erase(names, "scenario");
  return names;
}

}  // namespace

std::string utc_now() {
  std::time_t const now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string stem_of(Scenario const& scenario, bool by_rule) { return scenario.stem + (by_rule ? ".by_rule" : ""); }

RunAttributes inputs_of(Scenario const& scenario, Country const& country, std::string const& detail,
                        Scenario const* behaviour, ParameterDraws const* sets) {
  RunAttributes inputs;
  inputs.text = {{"stem", stem_of(scenario, behaviour != nullptr)}, {"scenario", to_yaml(scenario)},
                 {"area", scenario.area}, {"start", scenario.start.text()},
                 {"detail", detail},      {"data_digest", country.digest},
                 {"version", version()},  {"commit", commit()}};
  inputs.integers = {{"seed", static_cast<std::int64_t>(scenario.seed)},
                     {"scale", scenario.scale},
                     {"months", scenario.months},
                     {"replicates", scenario.replicates}};
  if (behaviour != nullptr) inputs.text.emplace_back("behaviour", to_yaml(*behaviour));
  if (sets != nullptr) {
    inputs.text.emplace_back("parameter_sets", text_of(*sets));
    inputs.integers.emplace_back("draws", static_cast<std::int64_t>(sets->sets.size()));
  }
  return inputs;
}

RunAttributes with_circumstances(RunAttributes attributes, Scenario const& scenario, std::string const& typed,
                                 std::string const& started, std::string const& finished) {
  attributes.text.insert(attributes.text.end(), {{"name", scenario.name},
                                                 {"title_es", scenario.title_es},
                                                 {"title_en", scenario.title_en},
                                                 {"description_es", scenario.description_es},
                                                 {"description_en", scenario.description_en},
                                                 {"packages", packages()},
                                                 {"command", typed},
                                                 {"started", started},
                                                 {"finished", finished}});
  return attributes;
}

void make_folder(fs::path const& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  // A file of that name is there: create_directories calls that a success where it is the last part of the path.
  if (!failed && !fs::is_directory(folder)) failed = std::make_error_code(std::errc::not_a_directory);
  if (failed) throw MachineError(say(Message::app_cannot_make_folder, folder.string(), system_reason(failed.value())));
}

Standing look_at(Job const& job, Country const& country, std::string const& detail) {
  Standing standing;
  if (fs::symlink_status(job.target).type() == fs::file_type::not_found) return standing;
  if (fs::is_directory(job.target)) {
    standing.refusal = say(Message::app_target_is_folder, job.target.string());
  } else if (!fs::exists(job.target)) {
    standing.refusal = say(Message::app_target_leads_nowhere, job.target.string());
  } else {
    try {
      auto const names = differing_inputs(job.target, inputs_of(job.scenario, country, detail, job.behaviour.get(), job.sets.get()));
      standing.kept = names.empty();
      if (!standing.kept)
        standing.refusal =
            say(Message::app_other_inputs, job.target.string(), fmt::format("{}", fmt::join(names, ", ")));
    } catch (InputError const& error) {
      standing.refusal = say(Message::app_unreadable_target, error.what());
    }
  }
  return standing;
}

bool publish(Job const& job, Country const& country, std::string const& detail, bool force,
             std::vector<ReplicateRecord> const& records, RunAttributes const& attributes, Progress& progress,
             Errors& refusals) {
  for (;;) {
    try {
      write_run_file(job.target, job.layout, records, attributes, force);
      return true;
    } catch (NameTaken const&) {
      Standing const standing = look_at(job, country, detail);
      if (standing.kept) progress.tell(say(Message::app_kept, job.target.string()));
      if (!standing.refusal.empty()) refusals.add(standing.refusal);
      if (standing.kept || !standing.refusal.empty()) return false;
      // It went away again: the name is free.
    }
  }
}

}  // namespace arraigo::app
