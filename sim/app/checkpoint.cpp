#include "app/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <sstream>
#include <utility>

#include "app/parameter_sets.hpp"
#include "core/binary.hpp"
#include "core/sha256.hpp"
#include "core/text_file.hpp"
#include "record/file_publish.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;

constexpr int format = 1;
constexpr char const* about = "run.json";
constexpr std::string_view mark = "ARRAIGO CHECKPOINT 1\n";
constexpr std::size_t digest_size = 64;
/// Of the file that says what a run is, and of a state: far more than that of the whole country, person by person.
constexpr std::size_t most_about = std::size_t{64} << 20U, most_state = std::size_t{64} << 30U;

constexpr std::string_view state_ending = ".state", record_ending = ".record";
std::string state_name(int replicate) { return fmt::format("replicate_{:05d}{}", replicate, state_ending); }
std::string record_name(int replicate) { return fmt::format("replicate_{:05d}{}", replicate, record_ending); }

std::string digest_of(std::initializer_list<std::string_view> parts) {
  Sha256 digest;
  for (auto const part : parts) digest.add(part);
  return digest.finish();
}

std::string identity_of(Job const& job, Country const& country, std::string const& detail) {
  auto const inputs = inputs_of(job.scenario, country, detail, job.behaviour.get(), job.sets.get());
  Sha256 digest;
  for (auto const& [name, value] : inputs.text) digest.add(fmt::format("{}={}\n", name, value));
  for (auto const& [name, value] : inputs.integers) digest.add(fmt::format("{}={}\n", name, value));
  return digest.finish();
}

void publish(fs::path const& file, std::string const& bytes) {
  publish_file(file, std::as_bytes(std::span(bytes.data(), bytes.size())), true, [&](fs::path const& temporary) {
    std::error_code failed;
    if (fs::file_size(temporary, failed) != bytes.size() || failed) throw MachineError(say(Message::app_checkpoint_unreadable, temporary.string()));
  });
}

struct About {
  nlohmann::json json;
  fs::path folder;
  [[nodiscard]] std::string text(char const* key) const { return json.at(key).get<std::string>(); }
};

std::string about_in(fs::path const& folder) { return read_whole_file(folder / about, most_about); }

/// The folders of a folder of results in which a run says what it is, by name. InputError names all that do not: what they keep
/// would be left out without a word. Of a finished run's folder that was being removed nothing is left to go on with.
std::vector<About> told_in(fs::path const& folder) {
  std::vector<fs::path> folders;
  std::error_code failed, ignored;
  for (auto const& entry : fs::directory_iterator(folder, failed))
    if (entry.path().extension() == checkpoint_ending && entry.is_directory(ignored)) folders.push_back(entry.path());
  if (failed) throw InputError(say(Message::app_resume_no_folder, folder.string(), system_reason(failed.value())));
  std::sort(folders.begin(), folders.end());
  std::vector<About> all;
  Errors errors;
  for (auto const& path : folders) {
    if (!fs::exists(path / about)) {
      if (!fs::exists(folder / (path.stem().string() + ".h5"))) errors.add(say(Message::app_checkpoint_untold, path.string(), about));
      continue;
    }
    auto const text = read_file(path / about, most_about, errors);
    if (!text) continue;
    About told{nlohmann::json::parse(*text, nullptr, false), path};
    bool whole = told.json.is_object() && told.json.value("format", nlohmann::json{}) == format && told.json.contains("every") && told.json.at("every").is_number_integer() && told.json.contains("force") && told.json.at("force").is_boolean();
    for (char const* key : {"detail", "typed", "started", "data", "scenario", "behaviour", "identity"}) whole = whole && told.json.contains(key) && told.json.at(key).is_string();
    if (whole) all.push_back(std::move(told));
    else errors.add(say(Message::app_checkpoint_unreadable, (path / about).string()));
  }
  errors.throw_if_any();
  return all;
}

}  // namespace

fs::path checkpoint_folder(Job const& job) {
  return job.target.parent_path() / (job.target.stem().string() + std::string(checkpoint_ending));
}

std::optional<std::string> data_of_stopped_runs(fs::path const& folder) {
  std::optional<std::string> data;
  for (auto const& told : told_in(folder)) {
    if (data && *data != told.text("data")) throw InputError(say(Message::app_resume_two_tables, folder.string(), *data, told.text("data")));
    data = told.text("data");
  }
  return data;
}

void remove_remnants(fs::path const& folder) {
  std::error_code ignored;
  std::vector<fs::path> remnants;
  for (auto const& entry : fs::directory_iterator(folder, ignored)) {
    auto const& path = entry.path();
    if (path.extension() == checkpoint_ending && !fs::exists(path / about) && fs::exists(folder / (path.stem().string() + ".h5"))) remnants.push_back(path);
  }
  for (auto const& path : remnants) fs::remove_all(path, ignored);
}

std::vector<StoppedRun> stopped_runs(fs::path const& folder, fs::path const& shipped, Country const& country) {
  std::vector<StoppedRun> runs;
  for (auto const& told : told_in(folder)) {
    auto const read = [&](std::string const& name) { return read_scenario(told.folder / name, country.districts, ScenarioPlaces{shipped}, {}, country.reach()); };
    StoppedRun run{Job{}, told.text("detail"), told.text("typed"), told.text("started"), told.text("data"), told.json.at("force").get<bool>(), told.json.at("every").get<int>(), {}};
    run.job.scenario = read(told.text("scenario"));
    if (auto const name = told.text("behaviour"); !name.empty()) run.job.behaviour = std::make_shared<Scenario const>(read(name));
    if (auto const sets = told.json.value("sets", nlohmann::json{}); sets.is_string() && !sets.get<std::string>().empty())
      if (auto read_sets = sets_of(sets.get<std::string>())) run.job.sets = std::make_shared<ParameterDraws const>(std::move(*read_sets));
    run.job.target = folder / (stem_of(run.job.scenario, run.job.behaviour != nullptr) + ".h5");
    if (identity_of(run.job, country, run.detail) != told.text("identity")) run.unfit = say(Message::app_checkpoint_other, told.folder.string());
    runs.push_back(std::move(run));
  }
  return runs;
}

Checkpoints::Checkpoints(std::vector<Job const*> const& jobs, Country const& country, std::string detail, std::string typed, std::string started, std::string data, bool force, int every)
    : country_(country), detail_(std::move(detail)), typed_(std::move(typed)), started_(std::move(started)), data_(std::move(data)), force_(force), every_(every) {
  for (auto const* job : jobs) kept_.push_back({job, checkpoint_folder(*job), identity_of(*job, country, detail_)});
}

std::vector<std::string> Checkpoints::refusals(bool anew) const {
  std::vector<std::string> all;
  for (auto const& kept : kept_) {
    bool const is_told = fs::exists(kept.folder / about);
    if (anew && is_told) {
      remove(*kept.job);
      continue;
    }
    // Told now, not when a replicate comes to it.
    std::error_code ignored;
    for (auto const& entry : fs::directory_iterator(kept.folder, ignored))
      if (auto const ending = entry.path().extension(); (ending == state_ending || ending == record_ending) && !entry.is_regular_file(ignored))
        all.push_back(say(Message::in_file_not_regular, entry.path().string()));
    if (!is_told) continue;
    auto const json = nlohmann::json::parse(about_in(kept.folder), nullptr, false);
    bool const same = json.is_object() && json.contains("identity") && json.at("identity") == kept.identity;
    if (!same) all.push_back(say(Message::app_checkpoint_other, kept.folder.string()));
  }
  return all;
}

bool Checkpoints::holds(std::size_t scenario, int replicate) const {
  auto const& folder = kept_[scenario].folder;
  return fs::exists(folder / state_name(replicate)) || fs::exists(folder / record_name(replicate));
}

std::optional<std::string> Checkpoints::read(Kept const& kept, std::string const& name) {
  auto const file = kept.folder / name;
  if (!fs::exists(file)) return std::nullopt;
  auto bytes = read_whole_file(file, most_state);
  std::string const head = std::string(mark) + kept.identity + "\n";
  if (bytes.size() >= head.size() + digest_size && bytes.compare(0, head.size(), head) == 0) {
    auto const body = std::string_view(bytes).substr(head.size() + digest_size);
    if (digest_of({name, body}) == std::string_view(bytes).substr(head.size(), digest_size)) return bytes.substr(head.size() + digest_size);
  }
  std::scoped_lock const lock(mutex_);
  damaged_.push_back(say(Message::app_checkpoint_damaged, file.string()));
  return std::nullopt;
}

void Checkpoints::tell(Kept& kept) {
  std::scoped_lock const lock(mutex_);
  if (kept.told) return;
  make_folder(kept.folder);
  auto const put = [&](Scenario const& scenario, std::string const& folder) {
    make_folder(kept.folder / folder);
    std::string file = folder + "/" + scenario.stem + ".yaml";
    publish(kept.folder / file, to_yaml(scenario));
    return file;
  };
  nlohmann::json const json{{"format", format}, {"identity", kept.identity}, {"detail", detail_}, {"typed", storable_text(typed_)}, {"started", started_}, {"data", data_},
                            {"every", every_}, {"force", force_}, {"scenario", put(kept.job->scenario, "scenario")}, {"behaviour", kept.job->behaviour == nullptr ? "" : put(*kept.job->behaviour, "behaviour")},
                            {"sets", kept.job->sets == nullptr ? "" : text_of(*kept.job->sets)}};
  publish(kept.folder / about, json.dump(1) + "\n");
  kept.told = true;
}

void Checkpoints::announce() {
  for (auto& kept : kept_) try {
      tell(kept);
    } catch (MachineError const& error) {
      std::scoped_lock const lock(mutex_);
      if (failure_.empty()) failure_ = error.what();
    }
}

void Checkpoints::write(Kept& kept, std::string const& name, std::string const& body) {
  try {
    tell(kept);
    publish(kept.folder / name, std::string(mark) + kept.identity + "\n" + digest_of({name, body}) + body);
  } catch (MachineError const& error) {
    std::scoped_lock const lock(mutex_);
    if (failure_.empty()) failure_ = error.what();
  }
}

std::optional<ReplicateRecord> Checkpoints::record(std::size_t scenario, int replicate) {
  auto& kept = kept_[scenario];
  auto const bytes = read(kept, record_name(replicate));
  if (!bytes) return std::nullopt;
  std::istringstream in(*bytes);
  Reader read(in);
  ReplicateRecord record;
  read(record.state_hash);
  read(record.values);
  return record;
}

bool Checkpoints::load(std::size_t scenario, int replicate, Simulation& simulation) {
  auto const bytes = read(kept_[scenario], state_name(replicate));
  if (!bytes) return false;
  std::istringstream in(*bytes);
  simulation.load(in);
  return true;
}

void Checkpoints::save(std::size_t scenario, int replicate, Simulation const& simulation) {
  std::ostringstream out;
  simulation.save(out);
  write(kept_[scenario], state_name(replicate), std::move(out).str());
}

void Checkpoints::save(std::size_t scenario, int replicate, ReplicateRecord const& record) {
  std::ostringstream out;
  Writer write_to(out);
  write_to(record.state_hash);
  write_to(record.values);
  auto& kept = kept_[scenario];
  write(kept, record_name(replicate), std::move(out).str());
  std::error_code ignored;
  fs::remove(kept.folder / state_name(replicate), ignored);
}

std::vector<std::string> Checkpoints::damaged() const {
  std::scoped_lock const lock(mutex_);
  return damaged_;
}

std::string Checkpoints::failure() const {
  std::scoped_lock const lock(mutex_);
  return failure_;
}

void Checkpoints::remove(Job const& job) {
  std::error_code ignored;
  auto const folder = checkpoint_folder(job);
  // A kill may come at each step: what says which run it is goes after the months, so that what is left is found by it, and before
  // the scenarios that it names, so that it never names what is gone.
  for (auto const& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename() != about && !entry.is_directory(ignored)) fs::remove(entry.path(), ignored);
  fs::remove(folder / about, ignored);
  fs::remove_all(folder, ignored);
}

void Checkpoints::tidy_up(Job const& job, Country const& country, std::string const& detail) {
  auto const folder = checkpoint_folder(job);
  if (!fs::exists(folder)) return;
  if (fs::exists(folder / about)) {
    auto const json = nlohmann::json::parse(about_in(folder), nullptr, false);
    if (!json.is_object() || !json.contains("identity") || json.at("identity") != identity_of(job, country, detail)) return;
  }
  remove(job);
}

}  // namespace arraigo::app
