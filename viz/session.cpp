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
#include "world/geography.hpp"

namespace arraigo::viz {
namespace fs = std::filesystem;
namespace {

/// Of Session::places_pending_: both were answered.
constexpr int places_known = 3;

/// Slots of the runs that measure assumptions: base and alternative.
constexpr std::size_t first_turn_slot = 1000;

/// Sentences of whatever went wrong; a bug says that it is one.
std::vector<std::string> sentences_of(std::exception_ptr const& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (InputError const& error) {
    return error.sentences();
  } catch (MachineError const& error) {
    return {error.what()};
  } catch (std::bad_alloc const&) {
    return {say(Message::app_out_of_memory)};
  } catch (std::exception const& error) {
    return {say(Message::app_bug, error.what())};
  }
}

/// Headline indicators of a progress file as a run: each a quotient of two variables, so that what has not come is undefined.
std::shared_ptr<analysis::MemoryRun> run_of(ProgressFollower const& follower) {
  constexpr double fixed_point = 1e6;
  auto layout = std::make_shared<RecordLayout>();
  layout->start = follower.start();
  int months = 0;
  for (int r = 0; r < follower.replicates(); ++r) months = std::max(months, follower.months_done(r));
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
  if (!scenarios.empty()) open_scenarios(std::move(scenarios));
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
      auto const place = place_of(follower->area().value_or("lima_callao"));
      return [this, follower, file, place, show] {
        Run shown;
        shown.kind = RunKind::followed;
        shown.title_es = follower->title_es();
        shown.title_en = follower->title_en();
        shown.file = file;
        shown.wanted = follower->replicates();
        shown.follower = follower;
        shown.data = run_of(*follower);
        shown.place = place;
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

void Session::open_scenarios(std::vector<fs::path> wanted) {
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
                                       : LiveEngine::scale_that_answers_within(scenarios.front(), *country, options_.threads, options_.answer_seconds);
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

std::string Session::run_title(std::size_t run, Lang lang) const {
  if (run >= runs.size()) return {};
  auto const& shown = runs[run];
  std::string const& title = lang == Lang::es ? shown.title_es : shown.title_en;
  std::string const name = title.empty() ? shown.file.stem().string() : title;
  if (run == view.base) return std::string(text(Message::viz_base, lang)) + ": " + name;
  // Letters follow the order on the screen, the base left out.
  std::size_t letter = 0;
  for (std::size_t i = 0; i < run; ++i)
    if (i != view.base) ++letter;
  return std::string(1, static_cast<char>('A' + letter % 26)) + ": " + name;
}

std::uint64_t Session::data_version() const {
  std::uint64_t sum = view.base * 31 + view.alternative;
  for (auto const& run : runs) sum = sum * 1000003 + run.version;
  return sum;
}

std::vector<std::string> const& Session::unpaired_reasons(std::size_t at) {
  auto& [version, reasons] = reasons_[at];
  std::uint64_t const now = data_version();
  if (now == version) return reasons;
  version = now;
  reasons.clear();
  auto const* const from = base();
  if (from == nullptr || !from->data || at >= runs.size() || at == view.base || !runs[at].data) return reasons;
  Run const& to = runs[at];
  if (from->kind != RunKind::followed && to.kind != RunKind::followed) {
    reasons = analysis::reasons_not_comparable(*from->data, *to.data);
    return reasons;
  }
  // A progress file does not say everything: what both say must agree.
  auto const differ = [&](char const* name, std::string const& mine, std::string const& theirs) {
    reasons.push_back(say(Message::an_not_comparable, from->data->name(), to.data->name(), name, mine, theirs));
  };
  for (char const* name : {"seed", "scale"}) {
    auto const mine = from->data->integer_attribute(name), theirs = to.data->integer_attribute(name);
    if (mine && theirs && *mine != *theirs) differ(name, std::to_string(*mine), std::to_string(*theirs));
  }
  auto const mine = from->data->text_attribute("area"), theirs = to.data->text_attribute("area");
  if (mine && theirs && *mine != *theirs) differ("area", *mine, *theirs);
  Month const first = from->data->layout().start, other = to.data->layout().start;
  if (first != other) differ("start", first.text(), other.text());
  return reasons;
}

std::optional<int> Session::month_in(std::size_t at, int month) const {
  if (at >= runs.size() || !runs[at].data) return std::nullopt;
  auto const& layout = runs[at].data->layout();
  int const own = start() + month - layout.start;
  return own >= 0 && own < layout.months ? std::optional{own} : std::nullopt;
}

int Session::months() const {
  int months = 0;
  for (auto const* run : {base(), alternative()})
    if (run != nullptr && run->data) months = months == 0 ? run->data->layout().months : std::min(months, run->data->layout().months);
  if (months == 0 && !document.scenarios.empty()) months = document.scenarios.front().months;
  return std::max(months, 1);
}

Month Session::start() const {
  if (base() != nullptr && base()->data) return base()->data->layout().start;
  if (!document.scenarios.empty()) return document.scenarios.front().start;
  return Month::of(2026, 1);
}

void Session::set_month(int month) { view.month = std::clamp(month, 0, months() - 1); }

std::vector<Indicator> const& Session::indicators() const {
  if (base() != nullptr && base()->data) return base()->data->layout().indicators;
  return indicator_table();
}

Indicator const* Session::indicator(std::string_view name) const {
  for (auto const& indicator : indicators())
    if (indicator.name == name) return &indicator;
  return nullptr;
}

analysis::Cut const* Session::cut(std::size_t run, std::string const& by) {
  if (run >= runs.size() || !runs[run].data) return nullptr;
  auto& kept = cuts_[{run, by}];
  // Layouts of live runs are the same object from replicate to replicate, of files for ever: the cut holds while the run does.
  if (!kept.second || kept.first != runs[run].version) {
    kept.first = runs[run].version;
    try {
      kept.second = std::make_shared<analysis::Cut const>(analysis::find_cut(*runs[run].data, by));
    } catch (InputError const&) {
      kept.second = nullptr;
    }
  }
  return kept.second.get();
}

bool Session::recorded(std::size_t run, std::string const& name, std::string const& by) const {
  if (run >= runs.size() || !runs[run].data) return false;
  for (auto const& indicator : runs[run].data->layout().indicators) {
    if (indicator.name != name) continue;
    try {
      return analysis::is_recorded(*runs[run].data, indicator, analysis::find_cut(*runs[run].data, by));
    } catch (InputError const&) {
      return false;
    }
  }
  return false;
}

analysis::Figures const* Session::figures(std::size_t at, std::string const& name, std::string const& by) {
  if (at >= runs.size() || !runs[at].data) return nullptr;
  Run& run = runs[at];
  auto& kept = figures_[{at, name, by}];
  if (kept.figures && kept.version == run.version) return kept.figures.get();
  auto const* const which = cut(at, by);
  auto const& all = run.data->layout().indicators;
  auto const row = std::find_if(all.begin(), all.end(), [&](Indicator const& i) { return i.name == name; });
  if (which == nullptr || row == all.end()) return nullptr;
  auto const variables = analysis::variables_of(*run.data, *row, *which);
  if (variables.empty()) return nullptr;
  if (run.kind == RunKind::recorded) {
    bool missing = false;
    for (auto const* variable : variables) {
      if (run.cache.contains(variable->name)) continue;
      missing = true;
      if (auto& asked = run.asked[variable->name]; asked != run.version) {
        asked = run.version;
        background_->run([this, at, data = run.data, wanted = *variable, version = run.version]() mutable -> Background::Finish {
          try {
            auto values = std::make_shared<std::vector<std::int64_t>>(data->read(wanted));
            return [this, at, values, wanted, version, data] {
              if (at < runs.size() && runs[at].version == version) runs[at].cache[wanted.name] = std::move(*values);
            };
          } catch (...) {
            return [this, at, data, sentences = sentences_of(std::current_exception())] {
              if (at < runs.size() && runs[at].data == data) runs[at].mistakes = sentences;
            };
          }
        });
      }
    }
    if (missing) return nullptr;
  }
  try {
    kept.figures = std::make_shared<analysis::Figures const>(*run.data, *row, *which, run.cache);
    kept.version = run.version;
  } catch (InputError const& error) {
    run.mistakes = error.sentences();
    return nullptr;
  }
  return kept.figures.get();
}

std::vector<std::string> Session::cuts() const {
  std::vector<std::string> groups;
  if (base() == nullptr || !base()->data) return groups;
  for (auto const& name : analysis::cuts_of(*base()->data))
    if (name != "district" && name != "zone") groups.push_back(name);
  return groups;
}

std::string Session::place_cut(std::size_t run) const {
  if (run >= runs.size() || !runs[run].data) return {};
  auto const names = analysis::cuts_of(*runs[run].data);
  for (char const* wanted : {"district", "zone"})
    if (std::find(names.begin(), names.end(), wanted) != names.end()) return wanted;
  return {};
}

std::vector<std::optional<std::size_t>> const& Session::place_keys(std::size_t run) {
  auto& kept = place_keys_[run];
  std::uint64_t const version = run < runs.size() ? runs[run].version : 0;
  if (kept.version == version && kept.geometry == geometry_version && kept.keys.size() == area_.size()) return kept.keys;
  kept = {version, geometry_version, std::vector<std::optional<std::size_t>>(area_.size())};
  std::string const by = place_cut(run);
  auto const* const which = by.empty() ? nullptr : cut(run, by);
  if (which == nullptr) return kept.keys;
  std::map<std::string_view, std::size_t> keys;
  for (std::size_t k = 0; k < which->keys.size(); ++k) keys.emplace(which->keys[k], k);
  for (std::size_t d = 0; d < area_.size(); ++d) {
    auto const& row = country->districts.rows()[area_[d]];
    auto const found = keys.find(by == "district" ? row.ubigeo : row.zone);
    if (found != keys.end()) kept.keys[d] = found->second;
  }
  return kept.keys;
}

std::shared_ptr<Place const> Session::place_of(std::string const& area) const {
  auto rows = country->districts.area(area);
  if (!rows) return nullptr;
  auto place = std::make_shared<Place>();
  place->name = area;
  place->rows = std::move(*rows);
  place->shapes = std::make_shared<MapGeometry const>(MapGeometry::from_points(country->districts, place->rows));
  return place;
}

void Session::use_place(std::shared_ptr<Place const> const& place) {
  if (!place || place->name == area_name_) return;
  area_name_ = place->name;
  area_ = place->rows;
  geometry_ = place->shapes;
  ++geometry_version;
  view.map_zoom = 1;
  view.map_x = view.map_y = 0;
  view.district.reset();
}

void Session::set_area(std::string const& area) {
  if (area != area_name_) use_place(place_of(area));
}

void Session::want_places() {
  if (places_pending_ != 0) return;  // under way, or answered for what is shown
  auto const scenario = story_scenario(view.base);
  if (!scenario) return;
  places_pending_ = 1;
  engine_->ask(PlacesRequest{*scenario, 0});
}

Scenario* Session::edited() {
  auto const* const run = alternative();
  if (run == nullptr || run->kind != RunKind::live || run->slot >= document.scenarios.size()) return nullptr;
  return &document.scenarios[run->slot];
}

Scenario const* Session::origin() const {
  auto const* const run = alternative();
  if (run == nullptr || run->kind != RunKind::live || run->slot >= document.origins.size()) return nullptr;
  return &document.origins[run->slot];
}

void Session::refresh_levers() {
  if (auto const* const base_now = base_scenario()) levers_ = levers_for(*base_now, presets);
}

void Session::edit(Text label, std::string merge, std::function<void(Scenario&)> const& change) {
  Scenario* scenario = edited();
  if (scenario == nullptr) return;
  end_replay();
  scenario = edited();
  Document before = document;
  change(*scenario);
  std::size_t const slot = alternative()->slot;
  if (to_yaml(before.scenarios[slot]) == to_yaml(*scenario)) return;
  history.push({label.es, label.en, std::move(before), document, std::move(merge)});
  show_document(document);
}

void Session::measure_assumptions(std::string indicator) {
  stop_measuring();
  auto const *const from = base(), *const to = alternative();
  if (from == nullptr || to == nullptr || from->kind != RunKind::live || to->kind != RunKind::live) return;
  turns = Turns{std::move(indicator), view.month, std::nullopt, {}, 0, true};
  auto const* const a = figures(view.base, turns.indicator, "");
  auto const* const b = figures(view.alternative, turns.indicator, "");
  if (a != nullptr && b != nullptr && a->replicates() > 0 && b->replicates() > 0) {
    auto const low = a->value(0, turns.month, 0), high = b->value(0, turns.month, 0);
    if (low && high) turns.effect = *high - *low;
  }
  for (auto const& row : parameter_table())
    if (std::string_view{row.source}.starts_with("assumption")) turns.rows.push_back({&row, {}, {}});
  measure_next();
}

void Session::stop_measuring() {
  if (turns.running)
    for (std::size_t i = 0; i < 2; ++i) engine_->drop(first_turn_slot + i);
  turns.running = false;
  turn_runs_ = {};
}

void Session::measure_next() {
  if (!turns.running) return;
  if (turns.at == turns.rows.size()) return stop_measuring();
  Turn& turn = turns.rows[turns.at];
  std::size_t const end = turn.tried[0] ? 1 : 0;
  turn_runs_ = {};
  for (std::size_t i = 0; i < 2; ++i) {
    Scenario scenario = as_shown((i == 0 ? base() : alternative())->slot);
    scenario.replicates = 1;
    scenario.parameters.*turn.row->member = end == 0 ? turn.row->low : turn.row->high;
    engine_->request(first_turn_slot + i, std::move(scenario));
  }
}

void Session::take_turn(std::size_t slot, std::shared_ptr<LiveRun const> const& live) {
  if (!turns.running || slot - first_turn_slot >= turn_runs_.size() || (live->records.empty() && live->mistakes.empty())) return;
  turn_runs_[slot - first_turn_slot] = live;
  if (!turn_runs_[0] || !turn_runs_[1]) return;
  Turn& turn = turns.rows[turns.at];
  std::size_t const end = turn.tried[0] ? 1 : 0;
  std::array<std::optional<double>, 2> values;
  for (std::size_t i = 0; i < 2; ++i) {
    if (turn_runs_[i]->records.empty()) continue;
    analysis::MemoryRun const run("", turn_runs_[i]->layout, turn_runs_[i]->records);
    analysis::VariableCache cache;
    if (auto const* const row = analysis::find_indicator(run.layout(), turns.indicator))
      values[i] = analysis::Figures(run, *row, analysis::find_cut(run, ""), cache).value(0, std::min(turns.month, run.layout().months - 1), 0);
  }
  if (values[0] && values[1]) turn.effect[end] = *values[1] - *values[0];
  turn.tried[end] = true;
  if (end == 1) ++turns.at;
  measure_next();
}

void Session::show_document(Document shown) {
  forget_derived();
  document = std::move(shown);
  // Slots appear and go with undo: the runs on the screen follow.
  std::erase_if(runs, [&](Run const& run) {
    bool const gone = run.kind == RunKind::live && run.slot >= document.scenarios.size();
    if (gone) engine_->drop(run.slot);
    return gone;
  });
  for (std::size_t slot = 0; slot < document.scenarios.size(); ++slot) {
    if (run_of_slot(slot) < runs.size()) continue;
    Run run;
    run.slot = slot;
    run.title_es = document.scenarios[slot].title_es;
    run.title_en = document.scenarios[slot].title_en;
    run.wanted = document.scenarios[slot].replicates;
    run.stem = document.scenarios[slot].stem;
    run.place = base() != nullptr ? base()->place : nullptr;
    add_run(std::move(run));
  }
  // Another scenario may have moved into a slot: its name goes with it, the figures of the former do not stay.
  for (auto& run : runs) {
    if (run.kind != RunKind::live) continue;
    Scenario const& scenario = document.scenarios[run.slot];
    run.title_es = scenario.title_es;
    run.title_en = scenario.title_en;
    run.wanted = scenario.replicates;
    if (run.stem == scenario.stem) continue;
    run.stem = scenario.stem;
    run.data = nullptr;
    run.file.clear();
    run.version = next_version_++;
    run.cache.clear();
    if (run.slot < asked_for_.size()) asked_for_[run.slot].clear();
  }
  if (view.alternative >= runs.size() || view.alternative == view.base) view.alternative = runs.size() - 1;
  asked_for_.resize(document.scenarios.size());
  for (std::size_t slot = 0; slot < document.scenarios.size(); ++slot) {
    std::size_t const at = run_of_slot(slot);
    Scenario const scenario = as_shown(slot);
    std::string yaml = to_yaml(scenario);
    if (yaml == asked_for_[slot] && runs[at].data) continue;
    asked_for_[slot].clear();
    runs[at].mistakes.clear();
    try {
      // What the reader would refuse is never run: the saved file must be one that the command line accepts.
      static_cast<void>(parse_scenario(yaml, runs[at].title_es, scenario.stem, country->districts));
    } catch (InputError const& error) {
      // What still runs is of an older setting: its news would wipe these sentences off the screen.
      engine_->drop(slot);
      runs[at].mistakes = error.sentences();
      runs[at].stale = true;
      continue;
    }
    asked_for_[slot] = std::move(yaml);
    runs[at].stale = true;
    engine_->request(slot, scenario);
  }
}

void Session::undo() {
  end_replay();
  if (auto document_before = history.undo()) show_document(std::move(*document_before));
}

void Session::redo() {
  end_replay();
  if (auto document_after = history.redo()) show_document(std::move(*document_after));
}

void Session::reset_to_scenario() {
  auto const* const opened = origin();
  if (opened == nullptr) return;
  edit(in_both(Message::viz_reset_scenario), "", [as_opened = *opened](Scenario& scenario) { scenario = as_opened; });
}

void Session::reset_to_base() {
  auto const* const base_now = base_scenario();
  if (base_now == nullptr) return;
  edit(in_both(Message::viz_reset_base), "", [measures = base_now->measures, parameters = base_now->parameters](Scenario& scenario) {
    scenario.measures = measures;
    scenario.parameters = parameters;
  });
}

void Session::add_alternative() {
  end_replay();
  Scenario const* const scenario = edited();
  if (scenario == nullptr || document.scenarios.size() >= 5) return;
  Document before = document, after = document;
  Scenario copy = *scenario;
  std::set<std::string> stems;
  for (auto const& other : document.scenarios) stems.insert(other.stem);
  int number = 2;
  while (stems.contains(fmt::format("{}_{}", scenario->stem, number))) ++number;
  copy.stem = fmt::format("{}_{}", scenario->stem, number);
  copy.name = copy.stem;
  after.scenarios.push_back(copy);
  after.origins.push_back(copy);
  history.push({text(Message::viz_add_scenario, Lang::es), text(Message::viz_add_scenario, Lang::en), std::move(before), after, ""});
  show_document(std::move(after));
  view.alternative = run_of_slot(document.scenarios.size() - 1);
}

void Session::remove_alternative() {
  end_replay();
  auto const* const run = alternative();
  if (run == nullptr || run->kind != RunKind::live || document.scenarios.size() <= 2 || run->slot == 0) return;
  Document before = document, after = document;
  after.scenarios.erase(after.scenarios.begin() + static_cast<std::ptrdiff_t>(run->slot));
  after.origins.erase(after.origins.begin() + static_cast<std::ptrdiff_t>(run->slot));
  history.push({text(Message::viz_remove_scenario, Lang::es), text(Message::viz_remove_scenario, Lang::en), std::move(before), after, ""});
  show_document(std::move(after));
}

bool Session::preset_on(std::size_t preset) const {
  auto const* const run = alternative();
  if (run == nullptr || run->kind != RunKind::live || preset >= presets.size()) return false;
  Scenario const& scenario = document.scenarios[run->slot];
  return std::all_of(presets[preset].measures.begin(), presets[preset].measures.end(), [&](Measure const& measure) {
    auto const* const there = find_measure(scenario, measure.id);
    auto const* const in_base = find_measure(document.scenarios.front(), measure.id);
    if (there == nullptr) return false;
    if (in_base == nullptr) return true;
    // A measure that the base has too is on where it differs from the base's.
    Scenario a, b;
    a.measures = {*there};
    b.measures = {*in_base};
    return !changes_between(b, a).empty();
  });
}

void Session::use_preset(std::size_t preset) {
  if (preset >= presets.size() || edited() == nullptr) return;
  end_replay();
  bool const on = preset_on(preset);
  auto const& policy = presets[preset];
  std::string const es = policy.title_es, en = policy.title_en;
  edit({es.c_str(), en.c_str()}, "", [&](Scenario& scenario) {
    for (auto const& measure : policy.measures) {
      if (!on) {
        measure_for(scenario, measure) = measure;
      } else if (auto const* const in_base = find_measure(document.scenarios.front(), measure.id)) {
        measure_for(scenario, *in_base) = *in_base;
      } else {
        remove_measure(scenario, measure.id);
      }
    }
  });
}

void Session::take_snapshot(std::string name) {
  end_replay();
  snapshots.push_back({std::move(name), document, view});
}

void Session::return_to(std::size_t snapshot) {
  if (snapshot >= snapshots.size()) return;
  end_replay();
  Snapshot const back = snapshots[snapshot];
  history.push({back.name, back.name, document, back.document, ""});
  Overlay const overlay = view.overlay;
  std::size_t const base_now = view.base, alternative_now = view.alternative;
  view = back.view;
  view.overlay = overlay;
  // Runs may have come and gone since.
  view.base = base_now;
  view.alternative = alternative_now;
  show_document(back.document);
}

void Session::replay() {
  auto const* const last = history.last();
  if (last == nullptr || replaying()) return;
  replay_after_ = document;
  replay_left_ = 1.6F;
  show_document(last->before);
}

void Session::end_replay() {
  replay_left_ = 0;
  if (auto const after = std::exchange(replay_after_, std::nullopt)) show_document(*after);
}

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
  if (since_follow_ > 0.5F) {
    since_follow_ = 0;
    follow();
  }
  if (!view.playing) return;
  view.play_carry += seconds * 4 * view.speed;
  int const steps = static_cast<int>(view.play_carry);
  view.play_carry -= static_cast<float>(steps);
  if (view.month + steps >= months() - 1) view.playing = false;
  set_month(view.month + steps);
}

void Session::follow() {
  for (std::size_t at = 0; at < runs.size(); ++at) {
    Run& run = runs[at];
    if (run.kind != RunKind::followed || run.complete) continue;
    background_->run([this, follower = run.follower]() -> Background::Finish {
      try {
        // Only this thread touches the follower while it reads; what is drawn from is built here.
        if (!follower->update()) return {};
        auto const data = run_of(*follower);
        return [this, follower, data, complete = follower->finished()] {
          for (auto& shown : runs) {
            if (shown.follower != follower) continue;
            shown.complete = complete;
            bool const at_end = view.month >= months() - 1;
            shown.data = data;
            shown.version = next_version_++;
            shown.cache.clear();
            if (at_end) set_month(months() - 1);
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
      int const scale = options_.scale ? *options_.scale : LiveEngine::scale_that_answers_within(first, *country, options_.threads, options_.answer_seconds);
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
