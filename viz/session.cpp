#include "viz/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <utility>

#include "analysis/compare.hpp"
#include "analysis/run_reader.hpp"
#include "app/places.hpp"
#include "core/input_errors.hpp"
#include "core/text_file.hpp"
#include "params/scenario_draft.hpp"
#include "record/file_publish.hpp"
#include "record/recorder.hpp"
#include "viz/failure_sentences.hpp"
#include "world/geography.hpp"

namespace arraigo::viz {
namespace fs = std::filesystem;
namespace {

/// Of Session::places_pending_: both were answered.
constexpr int places_known = 3;

/// Headline indicators of a progress file as a run: each a quotient of two variables, so that what has not come is undefined. Null
/// until the first month has come.
std::shared_ptr<analysis::MemoryRun> run_of(ProgressFollower const& follower) {
  constexpr double fixed_point = 1e6;
  int months = 0;
  for (int r = 0; r < follower.replicates(); ++r) months = std::max(months, follower.months_done(r));
  if (months == 0) return nullptr;
  auto layout = std::make_shared<RecordLayout>();
  layout->start = follower.start();
  layout->months = months;
  std::vector<Indicator> const& table = indicator_table();
  for (auto const& name : follower.indicators()) {
    auto const row = std::find_if(table.begin(), table.end(), [&](Indicator const& i) { return i.name == name; });
    Indicator indicator = row == table.end() ? Indicator{} : *row;
    indicator.name = name;
    if (row == table.end()) indicator.title_es = indicator.title_en = name;
    indicator.numerator = {name};
    indicator.denominator = {name + ".known"};
    indicator.factor = 1 / fixed_point;
    indicator.reference_numerator.clear();
    indicator.reference_denominator.clear();
    indicator.offset = 0;
    for (auto const& base : {indicator.numerator.front(), indicator.denominator.front()})
      layout->variables.push_back({base, base, -1, "", "", "", "", ""});
    layout->indicators.push_back(std::move(indicator));
  }
  std::vector<analysis::MemoryRun::Record> records;
  for (int r = 0; r < follower.replicates(); ++r) {
    auto record = std::make_shared<ReplicateRecord>();
    for (std::size_t i = 0; i < follower.indicators().size(); ++i) {
      auto& value = record->values.emplace_back(static_cast<std::size_t>(months), 0);
      std::vector<std::int64_t> known(static_cast<std::size_t>(months), 0);
      for (int m = 0; m < months; ++m) {
        auto const v = follower.value(i, r, m);
        if (!v || !(std::abs(*v) < 1e12)) continue;
        value[static_cast<std::size_t>(m)] = std::llround(*v * fixed_point);
        known[static_cast<std::size_t>(m)] = 1;
      }
      record->values.push_back(std::move(known));
    }
    records.push_back(std::move(record));
  }
  auto run = std::make_shared<analysis::MemoryRun>(follower.file().string(), std::move(layout), std::move(records));
  if (follower.area()) run->set("area", *follower.area());
  if (follower.scale()) run->set("scale", *follower.scale());
  if (follower.seed()) run->set("seed", *follower.seed());
  return run;
}

/// What the screen takes from a progress file, read where the follower is touched.
struct Followed {
  std::string title_es, title_en;
  int wanted = 0;
  std::shared_ptr<analysis::MemoryRun> data;
  std::shared_ptr<Place const> place;
  std::vector<std::string> mistakes;
  bool complete = false;
};

Followed followed_by(ProgressFollower const& follower, std::shared_ptr<Place const> place) {
  Followed read{follower.title_es(), follower.title_en(), follower.replicates(), run_of(follower), std::move(place), {}, follower.finished()};
  if (auto complaint = follower.complaint(); !complaint.empty()) read.mistakes.push_back(std::move(complaint));
  return read;
}

void show_followed(Run& run, Followed read) {
  run.title_es = std::move(read.title_es);
  run.title_en = std::move(read.title_en);
  run.wanted = read.wanted;
  run.data = std::move(read.data);
  run.place = std::move(read.place);
  run.mistakes = std::move(read.mistakes);
  run.complete = read.complete;
}

bool is_scenario_file(fs::path const& file) { return file.extension() == ".yaml" || file.extension() == ".yml"; }

}  // namespace

void History::push(Step step) {
  if (merging_ && !step.merge.empty() && at_ > 0 && at_ == steps_.size() && steps_.back().merge == step.merge) {
    steps_.back().after = std::move(step.after);
    return;
  }
  steps_.resize(at_);
  steps_.push_back(std::move(step));
  if (steps_.size() > most_steps) steps_.erase(steps_.begin());
  at_ = steps_.size();
  merging_ = true;
}

std::optional<Document> History::undo() {
  if (!can_undo()) return std::nullopt;
  merging_ = false;
  return steps_[--at_].before;
}

std::optional<Document> History::redo() {
  if (!can_redo()) return std::nullopt;
  merging_ = false;
  return steps_[at_++].after;
}

Session::Session(SessionOptions options, std::function<void()> wake) : options_(std::move(options)), wake_(std::move(wake)) {
  country = std::make_shared<Country const>(read_country(options_.data));
  background_ = std::make_unique<Background>(wake_);
  where_files_are_read_ = background_.get();
  engine_ = std::make_unique<LiveEngine>(country, options_.threads, wake_);
  load_presets();
  set_area("lima_callao");
  std::vector<fs::path> scenarios;
  for (auto const& file : options_.files) {
    if (is_scenario_file(file) || app::find_scenario(file, app::Places{options_.data, options_.shipped}) != fs::path(file))
      scenarios.emplace_back(file);
    else
      open(file);
  }
  if (options_.files.empty()) scenarios.emplace_back("baseline");
  if (!scenarios.empty()) open_scenarios(scenarios);
  started_ = true;
}

Session::~Session() {
  engine_.reset();
  // Run files close on the background's thread, or in its destructor.
  figures_.clear();
  runs.clear();
  background_.reset();
}

void Session::load_presets() {
  std::error_code failed;
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(options_.shipped, failed))
    if (is_scenario_file(entry.path())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (auto const& file : files) {
    try {
      Scenario scenario = read_scenario(file, country->districts, ScenarioPlaces{options_.shipped}, {}, country->reach());
      presets.push_back(std::move(scenario));
    } catch (InputError const& error) {
      notices.insert(notices.end(), error.sentences().begin(), error.sentences().end());
    }
  }
  // What every shipped scenario has is no policy: the presets keep what the baseline lacks or has otherwise.
  auto const base = std::find_if(presets.begin(), presets.end(), [](Scenario const& s) { return s.stem == "baseline"; });
  if (base == presets.end()) return;
  Scenario const baseline = *base;
  presets.erase(base);
  for (auto& preset : presets) {
    std::set<std::string> changed;
    for (auto const& change : changes_between(baseline, preset)) changed.insert(change.measure);
    std::erase_if(preset.measures, [&](Measure const& measure) { return !changed.contains(measure.id); });
  }
  std::erase_if(presets, [](Scenario const& preset) { return preset.measures.empty(); });
  // Policies of another place or time do not go onto this baseline, and the catalogue is not one policy.
  std::erase_if(presets, [&](Scenario const& preset) { return preset.area != baseline.area || preset.start != baseline.start || preset.group.empty(); });
  // Those that a workshop begins with, then the others: the simplest first; what combines others comes last.
  auto const rank = [](Scenario const& preset) {
    auto const at = std::find(first_presets.begin(), first_presets.end(), preset.stem);
    return std::pair(at - first_presets.begin(), preset.measures.size());
  };
  std::stable_sort(presets.begin(), presets.end(), [&](Scenario const& a, Scenario const& b) { return rank(a) < rank(b); });
}

void Session::open(fs::path const& file) {
  std::string const extension = file.extension().string();
  if (extension == ".geojson" || extension == ".json") return open_boundaries(file);
  if (extension == ".jsonl") return open_progress(file, started_);
  if (is_scenario_file(file)) return open_scenarios({file});
  open_run(file, started_);
}

void Session::show_run(Run run, bool show) {
  add_run(std::move(run));
  if (runs.size() == 1) view.base = 0;
  // What is opened by hand is what one wants to see.
  if (runs.size() == 2 || show) view.alternative = runs.size() - 1;
}

Run& Session::add_run(Run run) {
  run.version = next_version_++;
  runs.push_back(std::move(run));
  return runs.back();
}

void Session::open_run(fs::path const& file, bool show) {
  background_->run([this, file, show]() -> Background::Finish {
    try {
      auto* const reader = new analysis::RunReader(file);
      // Files are closed where they are read.
      std::shared_ptr<analysis::RunReader const> const run(reader, [where_read = where_files_are_read_](analysis::RunReader const* closed) {
        where_read->run_always([closed]() -> Background::Finish {
          delete closed;
          return {};
        });
      });
      auto const place = place_of(run->text_attribute("area").value_or("lima_callao"));
      return [this, run, file, place, show] {
        Run shown;
        shown.kind = RunKind::recorded;
        shown.title_es = run->title(Lang::es);
        shown.title_en = run->title(Lang::en);
        shown.file = file;
        shown.wanted = run->replicates();
        shown.data = run;
        shown.place = place;
        show_run(std::move(shown), show);
        set_month(view.month == 0 ? months() - 1 : view.month);
      };
    } catch (...) {
      return [this, sentences = sentences_of(std::current_exception())] { notices.insert(notices.end(), sentences.begin(), sentences.end()); };
    }
  });
}

void Session::open_progress(fs::path const& file, bool show) {
  background_->run([this, file, show]() -> Background::Finish {
    try {
      auto follower = std::make_shared<ProgressFollower>(file);
      follower->update();
      return [this, follower, file, show, read = followed_by(*follower, place_of(follower->area().value_or("lima_callao")))] {
        Run shown;
        shown.kind = RunKind::followed;
        shown.file = file;
        shown.follower = follower;
        show_followed(shown, read);
        show_run(std::move(shown), show);
        set_month(months() - 1);
      };
    } catch (...) {
      return [this, sentences = sentences_of(std::current_exception())] { notices.insert(notices.end(), sentences.begin(), sentences.end()); };
    }
  });
}

void Session::open_boundaries(fs::path const& file) {
  background_->run([this, file, rows = area_]() -> Background::Finish {
    try {
      std::vector<std::uint16_t> missing;
      auto const shapes = std::make_shared<MapGeometry const>(MapGeometry::from_geojson(file, country->districts, rows, missing));
      return [this, shapes, missing, file, rows] {
        if (rows != area_) return;
        geometry_ = shapes;
        ++geometry_version;
        if (!missing.empty())
          notices.push_back(say(Message::viz_boundaries_missing, file.filename().string(), missing.size(), country->districts.rows()[missing.front()].name));
      };
    } catch (...) {
      return [this, sentences = sentences_of(std::current_exception())] { notices.insert(notices.end(), sentences.begin(), sentences.end()); };
    }
  });
}

void Session::open_scenarios(std::vector<fs::path> const& wanted) {
  background_->run([this, wanted]() -> Background::Finish {
    try {
      app::Places const shipped{options_.data, options_.shipped};
      std::vector<Scenario> scenarios;
      std::vector<fs::path> files;
      for (auto const& name : wanted) {
        files.push_back(app::find_scenario(name.string(), shipped));
        scenarios.push_back(read_scenario(files.back(), country->districts, ScenarioPlaces{options_.shipped}, {}, country->reach()));
      }
      // One scenario is compared with the shipped baseline under its own area, start and seed; the baseline with a copy of itself.
      if (scenarios.size() == 1) {
        Scenario const& only = scenarios.front();
        fs::path const baseline = options_.shipped / "baseline.yaml";
        if (only.stem == "baseline" || !fs::exists(baseline)) {
          Scenario mine = only;
          mine.title_es = text(Message::viz_my_scenario, Lang::es);
          mine.title_en = text(Message::viz_my_scenario, Lang::en);
          mine.description_es = text(Message::viz_my_description, Lang::es);
          mine.description_en = text(Message::viz_my_description, Lang::en);
          mine.stem = mine.name = "my_scenario";
          scenarios.push_back(mine);
          files.emplace_back();
        } else {
          Overrides same;
          same.months = only.months;
          same.scale = only.scale;
          same.replicates = only.replicates;
          same.seed = only.seed;
          same.area = only.area;
          same.sets = {"start=" + only.start.text()};
          scenarios.insert(scenarios.begin(), read_scenario(baseline, country->districts, ScenarioPlaces{options_.shipped}, same, country->reach()));
          files.insert(files.begin(), baseline);
        }
      }
      int const scale = options_.scale ? *options_.scale
                                       : LiveEngine::scale_that_answers_within(scenarios.front(), *country, options_.threads, options_.answer);
      auto const place = place_of(scenarios.front().area);
      return [this, scenarios, files, scale, place] {
        live_scale = scale;
        live_place_ = place;
        start_live(scenarios, files);
      };
    } catch (...) {
      return [this, sentences = sentences_of(std::current_exception())] { notices.insert(notices.end(), sentences.begin(), sentences.end()); };
    }
  });
}

void Session::forget_derived() {
  stop_measuring();
  turns = {};
  places[0] = places[1] = nullptr;
  places_pending_ = 0;
  story.reset();
  story_pending = false;
}

void Session::start_live(std::vector<Scenario> scenarios, std::vector<fs::path> files) {
  forget_derived();
  replay_after_.reset();
  replay_left_ = 0;
  for (std::size_t slot = 0; slot < document.scenarios.size(); ++slot) engine_->drop(slot);
  std::erase_if(runs, [](Run const& run) { return run.kind == RunKind::live; });
  figures_.clear();
  cuts_.clear();
  std::size_t const first = runs.size();
  if (scenarios.size() > 5) scenarios.resize(5);
  document.scenarios = std::move(scenarios);
  document.origins = document.scenarios;
  history.clear();
  snapshots.clear();
  for (std::size_t slot = 0; slot < document.scenarios.size(); ++slot) {
    Run run;
    run.kind = RunKind::live;
    run.title_es = document.scenarios[slot].title_es;
    run.title_en = document.scenarios[slot].title_en;
    run.slot = slot;
    if (slot < files.size()) run.file = files[slot];
    run.wanted = document.scenarios[slot].replicates;
    run.stem = document.scenarios[slot].stem;
    run.place = live_place_ && live_place_->name == document.scenarios[slot].area ? live_place_ : place_of(document.scenarios[slot].area);
    add_run(std::move(run));
  }
  view.base = first;
  view.alternative = first + 1;
  view.month = document.scenarios.front().months - 1;
  refresh_levers();
  request_all();
}

void Session::request(std::size_t slot) { engine_->request(slot, as_shown(slot)); }

void Session::request_all() {
  asked_for_.assign(document.scenarios.size(), {});
  for (std::size_t slot = 0; slot < document.scenarios.size(); ++slot) {
    asked_for_[slot] = to_yaml(as_shown(slot));
    request(slot);
  }
}

Scenario Session::as_shown(std::size_t slot) const {
  Scenario scenario = document.scenarios.at(slot);
  if (live_scale > 0) scenario.scale = live_scale;
  return scenario;
}

std::size_t Session::run_of_slot(std::size_t slot) const {
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (runs[i].kind == RunKind::live && runs[i].slot == slot) return i;
  return runs.size();
}

void Session::take_live(std::size_t slot, LiveRun const& live) {
  std::size_t const at = run_of_slot(slot);
  if (at == runs.size()) return;
  Run& run = runs[at];
  run.mistakes = live.mistakes;
  run.wanted = live.wanted;
  if (live.records.empty()) return;
  Scenario const scenario = as_shown(slot);
  auto data = std::make_shared<analysis::MemoryRun>(run.title_es.empty() ? scenario.stem : run.title_es, live.layout, live.records);
  data->set("stem", scenario.stem);
  data->set("area", scenario.area);
  data->set("data_digest", country->digest);
  data->set("seed", static_cast<std::int64_t>(scenario.seed));
  data->set("scale", scenario.scale);
  run.data = std::move(data);
  run.stale = false;
  run.seconds = live.first_seconds;
  run.version = next_version_++;
  run.cache.clear();
}

bool Session::poll() {
  // Of 1,874 districts a figure takes megabytes: what is not on the screen is computed again when it is asked for.
  constexpr std::size_t most_figures = 60, most_variables = 120;
  if (figures_.size() > most_figures) figures_.clear();
  for (auto& run : runs)
    if (run.cache.size() > most_variables) {
      run.cache.clear();
      run.asked.clear();
    }
  bool changed = background_->poll();
  if (base() != nullptr) use_place(base()->place);
  auto news = engine_->poll();
  if (news.empty()) return changed;
  for (auto const& [slot, run] : news.runs) {
    if (slot >= first_turn_slot)
      take_turn(slot, run);
    else
      take_live(slot, *run);
  }
  if (news.story && story_pending) {
    story = std::move(*news.story);
    story_pending = false;
  }
  if (news.places && (places_pending_ == 1 || places_pending_ == 2)) {
    std::size_t const which = places_pending_ == 1 ? 0 : 1;
    places[which] = news.places->trace;
    if (!news.places->mistake.empty()) notices.push_back(news.places->mistake);
    auto const other = which == 0 ? story_scenario(view.alternative) : std::nullopt;
    places_pending_ = other ? 2 : places_known;
    if (other) engine_->ask(PlacesRequest{*other, 0});
  }
  return true;
}

bool Session::busy() const { return background_->busy() || engine_->busy(); }

void Session::tick(float seconds) {
  if (std::pair const now{view.base, view.alternative}; now != chosen_) {
    chosen_ = now;
    forget_derived();
  }
  if (replay_left_ > 0) {
    replay_left_ -= seconds;
    if (replay_left_ <= 0) end_replay();
  }
  since_follow_ += seconds;
  if (since_follow_ > 0.5F || follow_due()) {
    since_follow_ = 0;
    followed_at_ = std::chrono::steady_clock::now();
    follow();
  }
  if (!view.playing) return;
  view.play_carry += seconds * 4 * view.speed;
  int const steps = static_cast<int>(view.play_carry);
  view.play_carry -= static_cast<float>(steps);
  if (view.month + steps >= months() - 1) view.playing = false;
  set_month(view.month + steps);
}

bool Session::follow_due() const {
  auto const grows = [](Run const& run) { return run.kind == RunKind::followed && !run.complete; };
  return std::any_of(runs.begin(), runs.end(), grows) && std::chrono::steady_clock::now() - followed_at_ > std::chrono::milliseconds(500);
}

void Session::follow() {
  for (std::size_t at = 0; at < runs.size(); ++at) {
    Run& run = runs[at];
    if (run.kind != RunKind::followed || run.complete) continue;
    background_->run([this, follower = run.follower, place = run.place]() -> Background::Finish {
      try {
        // Only this thread touches the follower while it reads; what is drawn from is built here.
        if (!follower->update()) return {};
        // The head, which names the area, may have come only now.
        std::string const area = follower->area().value_or("lima_callao");
        return [this, follower, read = followed_by(*follower, place && place->name == area ? place : place_of(area))] {
          for (auto& shown : runs) {
            if (shown.follower != follower) continue;
            bool const at_end = view.month >= months() - 1;
            show_followed(shown, read);
            shown.version = next_version_++;
            shown.cache.clear();
            set_month(at_end ? months() - 1 : view.month);
          }
        };
      } catch (...) {
        return [this, follower, sentences = sentences_of(std::current_exception())] {
          for (auto& shown : runs)
            if (shown.follower == follower) shown.mistakes = sentences;
        };
      }
    });
  }
}

std::optional<Scenario> Session::story_scenario(std::size_t at) {
  if (at >= runs.size()) return std::nullopt;
  Run const& run = runs[at];
  if (run.kind == RunKind::live) return as_shown(run.slot);
  if (run.kind == RunKind::followed || !run.data) return std::nullopt;
  auto const yaml = run.data->text_attribute("scenario");
  try {
    if (run.data->text_attribute("behaviour")) throw InputError(say(Message::app_story_by_rule, run.file.string()));
    if (!yaml) throw InputError(say(Message::app_story_no_scenario, run.file.string()));
    if (run.data->text_attribute("data_digest").value_or("") != country->digest) throw InputError(say(Message::app_story_other_data, run.file.string()));
    return parse_scenario(*yaml, run.file.string(), run.data->text_attribute("stem").value_or("run"), country->districts);
  } catch (InputError const& error) {
    notices.insert(notices.end(), error.sentences().begin(), error.sentences().end());
    return std::nullopt;
  }
}

void Session::ask_story(std::string kind, std::optional<std::uint16_t> district) {
  StoryRequest request;
  story_runs.clear();
  for (std::size_t const at : {view.base, view.alternative})
    if (auto scenario = story_scenario(at)) {
      request.scenarios.push_back(std::move(*scenario));
      story_runs.push_back(at);
    }
  if (request.scenarios.empty()) {
    notices.push_back(say(Message::viz_story_impossible));
    return;
  }
  request.kind = std::move(kind);
  request.district = district;
  story.reset();
  story_pending = true;
  engine_->ask(std::move(request));
}

void Session::go_live_from(std::size_t at) {
  auto const scenario = story_scenario(at);
  if (!scenario) return;
  auto const base_of_run = story_scenario(view.base);
  background_->run([this, scenario, base_of_run]() -> Background::Finish {
    try {
      Scenario const& first = base_of_run ? *base_of_run : *scenario;
      int const scale = options_.scale ? *options_.scale : LiveEngine::scale_that_answers_within(first, *country, options_.threads, options_.answer);
      return [this, first, scenario, scale] {
        live_scale = scale;
        // The recorded pair would stand beside its live twin under the same names, at another scale.
        runs.clear();
        figures_.clear();
        cuts_.clear();
        start_live({first, *scenario}, {});
      };
    } catch (...) {
      return [this, sentences = sentences_of(std::current_exception())] { notices.insert(notices.end(), sentences.begin(), sentences.end()); };
    }
  });
}

std::optional<std::string> Session::save_scenario(std::size_t slot, fs::path const& file) {
  Scenario const scenario = as_shown(slot);
  if (!is_scenario_file(file)) return say(Message::viz_save_needs_yaml, file.string());
  std::string const yaml = to_yaml(scenario);
  try {
    publish_file(file, std::as_bytes(std::span(yaml)), false, [](fs::path const&) {});
  } catch (NameTaken const&) {
    return say(Message::viz_save_taken, file.string());
  } catch (MachineError const& error) {
    return std::string(error.what());
  }
  if (std::size_t const at = run_of_slot(slot); at < runs.size()) runs[at].file = file;
  return std::nullopt;
}

}  // namespace arraigo::viz
