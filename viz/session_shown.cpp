/// What the panels ask a session for: runs by name, months, figures, places.
#include <algorithm>

#include "analysis/compare.hpp"
#include "core/input_errors.hpp"
#include "record/recorder.hpp"
#include "viz/failure_sentences.hpp"
#include "viz/session.hpp"

namespace arraigo::viz {

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

bool Session::waiting() const {
  for (auto const* run : {base(), alternative()})
    if (run != nullptr && run->kind == RunKind::followed && !run->data) return true;
  return false;
}

std::uint64_t Session::data_version() const {
  std::uint64_t sum = view.base * 31 + view.alternative;
  for (auto const& run : runs) sum = sum * 1000003 + run.version;
  return sum;
}

std::vector<std::string> const& Session::unpaired_reasons(std::size_t at) {
  auto& kept = reasons_[at];
  auto& reasons = kept.second;
  std::uint64_t const now = data_version();
  if (now == kept.first) return reasons;
  kept.first = now;
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

}  // namespace arraigo::viz
