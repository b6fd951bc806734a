/// What changes the scenarios of a session: levers, undo, snapshots, replay; and runs that measure what rests on an assumption.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "analysis/compare.hpp"
#include "core/input_errors.hpp"
#include "params/scenario_draft.hpp"
#include "viz/session.hpp"

namespace arraigo::viz {

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

}  // namespace arraigo::viz
