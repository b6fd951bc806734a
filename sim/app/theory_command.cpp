#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "analysis/compare.hpp"
#include "analysis/run_reader.hpp"
#include "analysis/theory.hpp"
#include "app/claims.hpp"
#include "app/commands.hpp"
#include "app/progress.hpp"
#include "app/replicates.hpp"
#include "app/run_jobs.hpp"
#include "app/screening.hpp"
#include "app/stop_signal.hpp"
#include "app/terminal.hpp"
#include "app/unit_costs.hpp"
#include "core/suggest.hpp"
#include "core/text_file.hpp"
#include "core/version.hpp"
#include "params/experience.hpp"
#include "record/file_publish.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;

// With these the shipped claims take minutes on two cores: see the section on theory in analysis/README.md.
constexpr char const* default_replicates = "8";
constexpr char const* default_scale = "100";

struct TheoryOptions {
  std::vector<std::string> claims;
  std::string output = "runs/theory", replicates = default_replicates, scale = default_scale, area, seed, threads, file,
              data;
  std::string format = "table", screen;
  bool no_screen = false, force = false, quiet = false;
};

/// The claims that are asked for, all without a wish.
std::vector<analysis::Claim> chosen(std::vector<analysis::Claim> const& all, std::vector<std::string> const& wished) {
  if (wished.empty()) return all;
  std::vector<std::string_view> ids;
  for (auto const& claim : all) ids.emplace_back(claim.id);
  std::set<std::size_t> picked;
  for (auto const& id : wished) picked.insert(one_of("--claim", id, ids));
  std::vector<analysis::Claim> claims;
  for (std::size_t const i : picked) claims.push_back(all[i]);
  return claims;
}

/// Every claim that lacks files of arms, with their names; and which can be asked for as they are.
void refuse_missing_arms(std::vector<analysis::Claim> const& claims, fs::path const& folder) {
  Errors errors;
  std::string complete;
  for (auto const& claim : claims) {
    std::string missing;
    for (auto const& arm : claim.arms)
      if (std::error_code ignored; !fs::is_regular_file(folder / arm.file, ignored))
        missing += (missing.empty() ? "" : ", ") + arm.file;
    if (missing.empty())
      complete += " --claim " + claim.id;
    else
      errors.add(say(Message::app_theory_lacks_arms, claim.id, folder.string(), missing));
  }
  if (!errors.empty() && !complete.empty())
    errors.add(say(Message::app_theory_complete_claims, "arraigo theory" + complete));
  errors.throw_if_any();
}

/// The arms of all claims of the file, each distinct one once, so that a run's file does not depend on which claims
/// were asked for.
class Arms {
 public:
  Arms(std::vector<analysis::Claim> const& all, std::vector<analysis::Claim> const& wanted, fs::path const& folder,
       fs::path const& runs, std::function<Scenario(fs::path const&)> const& read) {
    std::map<std::string, int> months;  // by content
    std::map<std::string, Scenario> scenarios;
    std::set<std::string> wanted_files;
    for (auto const& claim : wanted)
      for (auto const& arm : claim.arms) wanted_files.insert(arm.file);
    Errors errors;
    for (auto const& claim : all)
      for (auto const& arm : claim.arms) {
        std::error_code ignored;
        if (!scenarios.contains(arm.file) && fs::is_regular_file(folder / arm.file, ignored)) {
          try {
            scenarios.emplace(arm.file, read(folder / arm.file));
          } catch (InputError const& error) {
            // A mistake in a file that nobody asked for waits for who does.
            if (wanted_files.contains(arm.file))
              for (auto const& sentence : error.sentences()) errors.add(sentence);
          }
        }
        auto const known = scenarios.find(arm.file);
        if (known == scenarios.end()) continue;
        auto const content = content_without_months(known->second);
        months[content] = std::max(months[content], claim.months);
        if (index_of_content_.emplace(content, arms_.size()).second) {
          arms_.push_back({known->second, (runs / (known->second.stem + ".h5")).lexically_normal()});
          wanted_.push_back(false);
        }
        std::size_t const at = index_of_content_.at(content);
        index_of_file_[arm.file] = at;
        if (wanted_files.contains(arm.file)) wanted_[at] = true;
      }
    errors.throw_if_any();
    for (auto const& [content, index] : index_of_content_) arms_[index].scenario.months = months.at(content);
  }

  [[nodiscard]] std::vector<SharedArm> const& all() const { return arms_; }
  [[nodiscard]] bool is_wanted(std::size_t arm) const { return wanted_[arm]; }
  [[nodiscard]] std::size_t index_of(std::string const& file) const { return index_of_file_.at(file); }

 private:
  static std::string content_without_months(Scenario scenario) {
    scenario.months = 1;
    return content_of(scenario);
  }

  std::vector<SharedArm> arms_;
  std::vector<bool> wanted_;
  std::map<std::string, std::size_t> index_of_content_, index_of_file_;
};

/// Arms of a claim are set beside each other month by month.
void refuse_other_starts(std::vector<analysis::Claim> const& claims, Arms const& arms) {
  Errors errors;
  for (auto const& claim : claims) {
    auto const& off = arms.all()[arms.index_of(claim.arm("off")->file)].scenario;
    for (auto const& arm : claim.arms) {
      auto const& other = arms.all()[arms.index_of(arm.file)].scenario;
      if (other.start != off.start || other.area != off.area || other.seed != off.seed)
        errors.add(say(Message::app_theory_other_start, claim.id, arm.file, claim.arm("off")->file));
    }
  }
  errors.throw_if_any();
}

char const* detail_name(std::vector<analysis::Claim> const& all) {
  for (auto const& claim : all)
    for (auto const* goals : {&claim.goals, &claim.secondary})
      for (auto const& goal : *goals)
        if (needs_places(goal.outcome)) return "districts";
  return "zones";
}

/// Arms that are not there yet. Refuses, all at once, files that hold something else.
std::vector<Job> jobs_to_run(Arms const& arms, Country const& country, TheoryOptions const& options,
                             std::string const& detail) {
  Errors refusals;
  std::vector<Job> jobs;
  for (std::size_t a = 0; a < arms.all().size(); ++a) {
    if (!arms.is_wanted(a)) continue;
    Job job{arms.all()[a].scenario, arms.all()[a].run};
    if (!options.force || fs::is_directory(job.target)) {
      auto const standing = look_at(job, country, detail);
      if (!standing.refusal.empty()) refusals.add(standing.refusal);
      if (standing.kept || !standing.refusal.empty()) continue;
    }
    jobs.push_back(std::move(job));
  }
  refusals.throw_if_any();
  return jobs;
}

/// False when a signal came.
bool run_arms(std::vector<Job> jobs, Country const& country, TheoryOptions const& options, std::string const& detail,
              int threads, std::string const& typed) {
  if (jobs.empty()) return true;
  Errors refusals;
  auto const how = detail == "districts" ? Detail::districts : Detail::zones;
  std::int64_t months = 0;
  for (auto& job : jobs) {
    job.layout = Simulation::layout(job.scenario, country, how);
    check_memory(job.scenario, country, job.layout);
    months += std::int64_t{job.scenario.months} * job.scenario.replicates;
  }
  make_folder(jobs.front().target.parent_path());
  if (!options.quiet)
    std::fprintf(
        stderr, "%s\n",
        say(Message::app_theory_plan, jobs.size(), jobs.front().scenario.replicates, jobs.front().scenario.scale)
            .c_str());
  Progress progress(months, jobs.size(), options.quiet);
  for (auto const& job : jobs) {
    std::string const started = utc_now();
    progress.start(std::array{Told{job.scenario, job.layout, fs::path(job.target).replace_extension(".progress.jsonl"), job.scenario.replicates}});
    auto const replicates = run_replicates(job.scenario, country, how, threads, progress);
    if (replicates.stopped) {
      progress.tell(say(Message::app_theory_stopped));
      return false;
    }
    auto const attributes =
        with_circumstances(inputs_of(job.scenario, country, detail), job.scenario, typed, started, utc_now());
    static_cast<void>(publish(job, country, detail, options.force, replicates.records, attributes, progress, refusals));
  }
  refusals.throw_if_any();
  return true;
}

/// The file appears under its name only when it is whole.
void write_whole(fs::path const& file, std::function<void(std::ostream&)> const& print) {
  std::ostringstream text;
  print(text);
  std::string const bytes = std::move(text).str();
  publish_file(file, std::as_bytes(std::span(bytes)), true, [](fs::path const&) {});
}

analysis::Scoreboard scoreboard_of(std::vector<analysis::Claim> const& claims, Arms const& arms,
                                   Country const& country) {
  std::map<std::size_t, std::unique_ptr<analysis::RunReader>> readers;
  auto const book = account_book_of(country, true);
  analysis::Scoreboard board;
  board.version = version();
  board.commit = commit();
  for (auto const& claim : claims) {
    analysis::ScoredClaim scored;
    scored.claim = claim;
    analysis::ArmRuns runs;
    std::set<std::string> told;
    for (auto const& arm : claim.arms) {
      std::size_t const at = arms.index_of(arm.file);
      auto& reader = readers[at];
      if (reader == nullptr) reader = std::make_unique<analysis::RunReader>(arms.all()[at].run);
      runs[arm.name] = reader.get();
      for (auto& sentence : outside_experience(arms.all()[at].scenario))
        if (told.insert(sentence).second) scored.outside_experience.push_back(std::move(sentence));
    }
    scored.result = analysis::evaluate(claim, runs, book);
    scored.verdict = scored.result.verdict;
    auto const& off = arms.all()[arms.index_of(claim.arm("off")->file)].scenario;
    board.area = off.area;
    board.scale = off.scale;
    board.seed = static_cast<std::int64_t>(off.seed);
    board.replicates = off.replicates;
    board.start = off.start;
    board.claims.push_back(std::move(scored));
  }
  return board;
}

/// False when a signal came.
bool screen_claims(analysis::Scoreboard& board, Arms const& arms, Country const& country,
                   ScreeningOptions const& options) {
  std::vector<ClaimToScreen> to_screen;
  for (auto const& scored : board.claims) {
    ClaimToScreen claim{&scored.claim, {}, &scored.result};
    for (auto const& arm : scored.claim.arms) claim.arms[arm.name] = arms.index_of(arm.file);
    to_screen.push_back(std::move(claim));
  }
  auto screenings = screen(arms.all(), to_screen, country, options);
  if (!screenings) {
    if (!options.quiet) std::fprintf(stderr, "%s\n", say(Message::app_theory_stopped).c_str());
    return false;
  }
  for (std::size_t i = 0; i < board.claims.size(); ++i) {
    auto& scored = board.claims[i];
    scored.verdict = analysis::verdict_after(scored.result.verdict, (*screenings)[i]);
    scored.screening = std::move((*screenings)[i]);
  }
  return true;
}

constexpr char const *csv_name = "theory.csv", *json_name = "theory.json", *readings_name = "screening.jsonl";

Exit theory(TheoryOptions const& options, std::string const& typed) {
  catch_stop_signals();
  std::size_t const format = one_of("--format", options.format, {"table", "csv", "json"});
  int const threads = options.threads.empty() ? static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))
                                              : static_cast<int>(whole_number("--threads", options.threads, 1, 1024));
  Overrides overrides;
  overrides.replicates = static_cast<int>(whole_number("--replicates", options.replicates, 2, 10000));
  overrides.scale = static_cast<int>(whole_number("--scale", options.scale, 1, most_people_per_agent));
  if (!options.area.empty()) overrides.area = options.area;
  if (!options.seed.empty())
    overrides.seed =
        static_cast<std::uint64_t>(whole_number("--seed", options.seed, 0, std::numeric_limits<std::int64_t>::max()));
  ScreeningOptions screening;
  if (!options.screen.empty())
    screening.scale = static_cast<int>(whole_number("--screen", options.screen, 1, most_people_per_agent));
  if (screening.scale && options.no_screen) throw InputError(say(Message::app_theory_screen_or_not));
  screening.threads = threads;
  screening.quiet = options.quiet;

  Places const places = find_places(options.data.empty() ? std::nullopt : std::optional{options.data});
  Country const country = read_country(places.data);
  ScenarioPlaces const scenario_places{places.scenarios};
  auto const read = [&](fs::path const& file) {
    return read_scenario(file, country.districts, scenario_places, overrides, country.reach());
  };
  fs::path const file = options.file.empty() ? places.scenarios / "theory" / "claims.yaml" : fs::path{options.file};
  auto const all =
      read_claims(file, Simulation::layout(read(find_scenario("baseline", places)), country, Detail::districts));
  auto const claims = chosen(all, options.claims);
  fs::path const folder = file.parent_path(), output = options.output;
  for (char const* name : {csv_name, json_name, readings_name}) refuse_input_as_output(output / name, {file});
  refuse_missing_arms(claims, folder);
  Arms const arms(all, claims, folder, output / "runs", read);
  refuse_other_starts(claims, arms);
  std::string const detail = detail_name(all);
  screening.readings = output / readings_name;

  // Files that are there are read in child processes, which are best started while no thread is at work.
  auto jobs = jobs_to_run(arms, country, options, detail);
  Exit outcome = Exit::done;
  analysis::Scoreboard board;
  with_threads(threads, [&] {
    make_folder(output);
    if (!run_arms(std::move(jobs), country, options, detail, threads, typed)) {
      outcome = Exit::stopped_resumable;
      return;
    }
    board = scoreboard_of(claims, arms, country);
    if (!options.no_screen && !screen_claims(board, arms, country, screening)) outcome = Exit::stopped_resumable;
  });
  if (outcome != Exit::done) return outcome;
  write_whole(output / csv_name, [&](std::ostream& out) { analysis::print_scoreboard_csv(out, board); });
  write_whole(output / json_name, [&](std::ostream& out) { analysis::print_scoreboard_json(out, board); });
  if (format == 0) analysis::print_scoreboard(std::cout, board, language_of_environment(), text_columns(110));
  if (format == 1) analysis::print_scoreboard_csv(std::cout, board);
  if (format == 2) analysis::print_scoreboard_json(std::cout, board);
  return Exit::done;
}

}  // namespace

void add_theory(CLI::App& root, Session& session) {
  auto const options = std::make_shared<TheoryOptions>();
  CLI::App& command = *add_command(root, "theory", Message::app_theory_description, say(Message::app_theory_examples));
  add_value(command, "-o,--output", options->output, "DIR", Message::app_theory_output);
  add_values(command, "--claim", options->claims, "T1", Message::app_theory_claim);
  add_value(command, "--replicates", options->replicates, "N", Message::app_theory_replicates);
  add_value(command, "--scale", options->scale, "K", Message::app_theory_scale);
  add_value(command, "--area", options->area, "A", Message::app_option_area);
  add_value(command, "--seed", options->seed, "S", Message::app_option_seed);
  add_value(command, "--screen", options->screen, "N", Message::app_theory_screen);
  add_flag(command, "--no-screen", options->no_screen, Message::app_theory_no_screen);
  add_value(command, "--claims", options->file, "FILE", Message::app_theory_claims);
  add_value(command, "--data", options->data, "DIR", Message::app_option_data);
  add_value(command, "--threads", options->threads, "T", Message::app_run_threads);
  add_value(command, "--format", options->format, "table|csv|json", Message::app_option_format);
  add_flag(command, "--force", options->force, Message::app_run_force);
  add_flag(command, "--quiet", options->quiet, Message::app_run_quiet);
  command.callback(
      [&session, options] { session.action = [&session, options] { return theory(*options, session.typed); }; });
}

}  // namespace arraigo::app
