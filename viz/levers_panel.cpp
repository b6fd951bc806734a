#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "params/scenario_draft.hpp"
#include "viz/app.hpp"
#include "viz/charts.hpp"
#include "viz/search.hpp"
#include "viz/vectors.hpp"

namespace arraigo::viz {
namespace {

std::string joined_places(Session const& session, std::vector<std::string> const& where, Lang lang) {
  if (where.empty()) return text(Message::viz_everywhere, lang);
  std::string names;
  for (std::size_t i = 0; i < where.size() && i < 4; ++i) {
    auto const row = session.country->districts.find(where[i]);
    names += (i == 0 ? "" : ", ") + (row ? session.country->districts.rows()[*row].name : where[i]);
  }
  if (where.size() > 4) names += fmt::format(" +{}", where.size() - 4);
  return names;
}

/// What holds for a field where its measure is silent: what another measure of the kind says last, such as the base's quota.
FieldValue in_force(Scenario const& scenario, Lever const& lever) {
  FieldValue found = lever.pattern.values[lever.field];
  if (found.set) return found;
  for (auto const& measure : scenario.measures)
    if (measure.kind == lever.pattern.kind && measure.id != lever.pattern.id && measure.values[lever.field].set) found = measure.values[lever.field];
  return found;
}

/// A field's slider, list or boxes. True when `value` changed.
bool edit_field(Ui& ui, Session& session, Lever const& lever, FieldValue& value, float width) {
  auto const& field = lever.row();
  switch (field.type) {
    case FieldType::number:
    case FieldType::integer: {
      bool const share = std::string_view{field.unit}.starts_with("share");
      // What no measure states is what holds without it.
      FieldValue const now = value.set ? value : in_force(*session.edited(), lever);
      double shown = now.set ? now.number : lever.low;
      double low = lever.low, high = lever.high;
      bool const whole = field.type == FieldType::integer || (!share && high - low >= 100);
      std::string words = value_text(now, field, ui.lang);
      if (!value.set && now.set) words += std::string(" (") + text(Message::viz_as_in_force, ui.lang) + ")";
      float const room = ImGui::CalcTextSize(words.c_str()).x + ImGui::GetStyle().ItemSpacing.x;
      bool const beside = width - room > 6 * ui.em();
      bool const changed = ui.slider(lever.id, shown, low, high, "", beside ? std::max(width - std::max(room, 5 * ui.em()), 6 * ui.em()) : width);
      bool const released = ImGui::IsItemDeactivatedAfterEdit();
      if (beside) ImGui::SameLine();
      ui.wrapped(words);
      if (released) session.end_drag();
      if (!changed) return false;
      if (whole) shown = std::round(shown);
      else shown = std::round(shown * (share ? 1000 : 100)) / (share ? 1000 : 100);
      value.number = std::clamp(shown, field.low, field.high);
      value.set = true;
      return true;
    }
    case FieldType::month: {
      Month const first = session.start() + -120;
      double shown = value.set ? value.month - first : 120;
      // The month is written over the slider.
      bool const changed = ui.slider(lever.id, shown, 0, 120 + session.months(), "", width);
      std::string const words = value.set ? value.month.text() : text(Message::viz_as_in_force, ui.lang);
      ImVec2 const at = (ImGui::GetItemRectMin() + ImGui::GetItemRectMax() - ImGui::CalcTextSize(words.c_str())) * 0.5F;
      ImGui::GetWindowDrawList()->AddText(at, colour::ink, words.c_str());
      if (!changed) return false;
      value.month = first + static_cast<int>(std::lround(shown));
      value.set = true;
      return true;
    }
    case FieldType::choice: {
      std::vector<std::string> labels;
      auto const words = words_of(field.choices);
      for (auto const word : words) labels.push_back(choice_text(word, ui.lang));
      std::size_t chosen = 0;
      for (std::size_t i = 0; i < words.size(); ++i)
        if ((value.choices >> i & 1U) != 0) chosen = i;
      if (!ui.choose(lever.id, labels, chosen, width)) return false;
      value.choices = 1U << chosen;
      value.set = true;
      return true;
    }
    case FieldType::choice_list: {
      auto const words = words_of(field.choices);
      bool changed = false;
      for (std::size_t i = 0; i < words.size(); ++i) {
        bool on = (value.choices >> i & 1U) != 0;
        std::string const label = choice_text(words[i], ui.lang);
        if (i > 0) flow(ImGui::CalcTextSize(label.c_str()).x + ImGui::GetFrameHeight() + ImGui::GetStyle().ItemInnerSpacing.x);
        if (ui.check(lever.id + "/" + std::string(words[i]), label, on)) {
          value.choices = on ? value.choices | 1U << i : value.choices & ~(1U << i);
          value.set = true;
          changed = true;
        }
      }
      return changed;
    }
    case FieldType::name: break;
  }
  return false;
}

void draw_window_and_places(Ui& ui, Session& session, Measure const& measure, Lever const& lever) {
  float const em = ui.em();
  Month const start = session.start();
  int const months = session.months();
  double from = std::clamp(measure.from - start, 0, months - 1);
  ImGui::AlignTextToFramePadding();
  ui.plain(ui.t(Message::viz_from), colour::faint);
  ImGui::SameLine();
  float const width = std::max(6 * em, ImGui::GetContentRegionAvail().x - ImGui::CalcTextSize("0000-00").x - 0.8F * em);
  if (ui.slider(measure.id + "/from", from, 0, months - 1, "", width)) {
    Month const month = start + static_cast<int>(std::lround(from));
    session.edit(in_both(Message::viz_when_where), measure.id + "/from", [&](Scenario& scenario) {
      Measure& changed = measure_for(scenario, lever.pattern);
      changed.from = month;
      if (changed.to && *changed.to < month) changed.to = month;
    });
  }
  if (ImGui::IsItemDeactivatedAfterEdit()) session.end_drag();
  ImGui::SameLine();
  ui.plain(measure.from.text());
  ImGui::AlignTextToFramePadding();
  ui.plain(ui.t(Message::viz_to), colour::faint);
  ImGui::SameLine();
  double to = measure.to ? std::clamp(*measure.to - start, 0, months) : months;
  if (ui.slider(measure.id + "/to", to, 0, months, "", width)) {
    int const last = static_cast<int>(std::lround(to));
    session.edit(in_both(Message::viz_when_where), measure.id + "/to", [&](Scenario& scenario) {
      Measure& changed = measure_for(scenario, lever.pattern);
      changed.to = last >= months ? std::nullopt : std::optional{std::max(changed.from, start + last)};
    });
  }
  if (ImGui::IsItemDeactivatedAfterEdit()) session.end_drag();
  ImGui::SameLine();
  ui.plain(measure.to ? measure.to->text() : std::string("..."));
  if (!row_of(measure.kind).by_district) return;
  ui.wrapped(ui.t(Message::viz_where, joined_places(session, measure.where, ui.lang)), colour::faint);
  auto const set_where = [&](std::vector<std::string> where) {
    session.edit(in_both(Message::viz_when_where), "", [&](Scenario& scenario) { measure_for(scenario, lever.pattern).where = where; });
  };
  if (ui.small_button(measure.id + "/everywhere", ui.t(Message::viz_everywhere))) set_where({});
  std::string const picked = ui.t(Message::viz_use_picked, session.view.picked.size());
  flow(width_of_button(picked));
  ImGui::BeginDisabled(session.view.picked.empty());
  if (ui.small_button(measure.id + "/picked", picked)) {
    std::vector<std::string> where;
    for (auto const row : session.view.picked) where.push_back(session.country->districts.rows()[row].ubigeo);
    set_where(std::move(where));
  }
  ImGui::EndDisabled();
}

void draw_lever(Ui& ui, Session& session, Lever const& lever) {
  Scenario const& scenario = *session.edited();
  auto const* const there = find_measure(scenario, lever.pattern.id);
  Measure const measure = there != nullptr ? *there : lever.pattern;  // a copy: an edit moves the scenario's
  float const em = ui.em();
  auto const& field = lever.row();
  ImGui::PushID(lever.id.c_str());
  bool on = there != nullptr;
  if (ui.check(lever.id + "/on", "", on)) {
    std::string const es = measure_title(measure, Lang::es), en = measure_title(measure, Lang::en);
    session.edit({es.c_str(), en.c_str()}, "", [&](Scenario& changed) {
      if (on)
        measure_for(changed, lever.pattern);
      else
        remove_measure(changed, lever.pattern.id);
    });
  }
  ImGui::SameLine();
  float const before = ImGui::GetCursorPosX();
  ImGui::BeginGroup();
  ImGui::AlignTextToFramePadding();
  std::string name = measure_title(measure, ui.lang) + ": " + field.title.in(ui.lang);
  std::string_view const unit = field.unit;
  if ((field.type == FieldType::number || field.type == FieldType::integer) && !unit.empty() && !unit.starts_with("share") && unit != "x") name += " (" + unit_in(unit, ui.lang) + ")";
  ui.wrapped(name, there != nullptr ? colour::ink : colour::faint,
             ImGui::GetContentRegionAvail().x - 1.9F * em);
  ImGui::EndGroup();
  ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - 1.3F * em);
  if (ui.info(lever.id + "/info")) {
    session.view.overlay = Overlay::definition;
    session.view.overlay_subject = "lever:" + lever.id;
  }
  ImGui::SetCursorPosX(before);
  FieldValue value = measure.values[lever.field];
  ImGui::BeginGroup();
  if (there == nullptr) ImGui::PushStyleVar(ImGuiStyleVar_Alpha, 0.65F);
  bool const changed = edit_field(ui, session, lever, value, ImGui::GetContentRegionAvail().x);
  if (field.type != FieldType::number && field.type != FieldType::integer && ImGui::IsItemDeactivatedAfterEdit()) session.end_drag();
  if (there == nullptr) ImGui::PopStyleVar();
  ImGui::EndGroup();
  if (changed)
    session.edit({field.title.es, field.title.en}, lever.id, [&](Scenario& moved) { measure_for(moved, lever.pattern).values[lever.field] = value; });
  if (there != nullptr) {
    ImGui::SetCursorPosX(before);
    bool const expanded = session.view.expanded == lever.id;
    std::string const when = fmt::format("{}{}{}", measure.from.text(), measure.to ? " - " + measure.to->text() : std::string("..."),
                                         row_of(measure.kind).by_district ? " \xc2\xb7 " + joined_places(session, measure.where, ui.lang) : std::string());
    std::string const label = expanded ? ui.t(Message::viz_less) : ui.t(Message::viz_when_where);
    if (ui.small_button(lever.id + "/window", label, expanded)) session.view.expanded = expanded ? "" : lever.id;
    float const left = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x - ImGui::GetItemRectMax().x - em;
    if (left > 8 * em) ImGui::SameLine();
    else ImGui::SetCursorPosX(before);
    ui.wrapped(when, colour::faint);
    // The measure may have gone with the edit above.
    if (auto const* const still = find_measure(*session.edited(), lever.pattern.id); expanded && still != nullptr) {
      Measure const copy = *still;
      ImGui::SetCursorPosX(before);
      ImGui::BeginGroup();
      draw_window_and_places(ui, session, copy, lever);
      ImGui::EndGroup();
    }
  }
  ImGui::PopID();
  ImGui::Dummy({0, 0.15F * em});
}

void draw_changes(Ui& ui, Session& session) {
  Scenario const* const base = session.base_scenario();
  if (base == nullptr) return;
  auto const changes = changes_between(*base, *session.edited());
  ui.heading(ui.t(Message::viz_changes, changes.size()));
  std::set<std::string> seen;
  std::string revert;
  for (auto const& change : changes) {
    if (!change.measure.empty() && seen.insert(change.measure).second) {
      if (ui.small_button("revert/" + change.measure, "\xc3\x97")) revert = change.measure;
      ImGui::SameLine();
    } else {
      ImGui::SetCursorPosX(ImGui::GetCursorPosX() + 1.6F * ui.em());
    }
    ui.wrapped(ui.in(change.what_es, change.what_en), colour::faint);
  }
  if (revert.empty()) return;
  Measure const* const reverted = find_measure(*session.edited(), revert);
  Measure const& named = reverted != nullptr ? *reverted : *find_measure(*base, revert);
  std::string const es = measure_title(named, Lang::es), en = measure_title(named, Lang::en);
  session.edit({es.c_str(), en.c_str()}, "", [&](Scenario& scenario) {
    if (auto const* const before = find_measure(*base, revert))
      measure_for(scenario, *before) = *before;
    else
      remove_measure(scenario, revert);
  });
}

}  // namespace

void draw_levers(Ui& ui, Session& session) {
  View& view = session.view;
  if (session.edited() == nullptr) {
    ui.heading(ui.t(Message::viz_measures));
    if (!session.is_live() && session.runs.empty()) {
      ui.wrapped(session.busy() ? ui.t(Message::viz_status_opening) : ui.t(Message::viz_nothing_open), colour::faint);
      return;
    }
    if (session.is_live()) {
      ui.wrapped(ui.t(Message::viz_base_is_fixed), colour::faint);
      return;
    }
    for (std::size_t run = 0; run < session.runs.size(); ++run) {
      bool const chosen = run == view.alternative && session.alternative() != nullptr;
      ImGui::GetWindowDrawList()->AddRectFilled(ImGui::GetCursorScreenPos() + ImVec2(0, 0.15F * ui.em()), ImGui::GetCursorScreenPos() + ImVec2(0.3F * ui.em(), 1.1F * ui.em()), colour_of_run(session, run));
      ImGui::SetCursorPosX(ImGui::GetCursorPosX() + 0.7F * ui.em());
      ui.wrapped(session.run_title(run, ui.lang), chosen || run == view.base ? colour::ink : colour::faint);
      if (!chosen) continue;
      ImGui::Indent(0.7F * ui.em());
      if (auto const description = session.runs[run].data ? session.runs[run].data->text_attribute(ui.lang == Lang::es ? "description_es" : "description_en") : std::nullopt)
        ui.wrapped(*description, colour::faint);
      ImGui::Unindent(0.7F * ui.em());
    }
    ImGui::Separator();
    ui.wrapped(ui.t(Message::viz_recorded_is_fixed), colour::faint);
    std::size_t const run = session.alternative() != nullptr ? view.alternative : view.base;
    if (run < session.runs.size() && session.runs[run].kind == RunKind::recorded && ui.button("go_live", ui.t(Message::viz_go_live, letter_of_run(session, run, ui.lang))))
      session.go_live_from(run);
    return;
  }
  ui.heading(session.run_title(view.alternative, ui.lang));
  if (!session.presets.empty()) {
    ui.wrapped(ui.t(Message::viz_presets), colour::faint);
    auto const draw = [&](std::size_t i) {
      auto const& preset = session.presets[i];
      bool on = session.preset_on(i);
      if (ui.check("preset/" + preset.stem, "", on)) session.use_preset(i);
      ImGui::SameLine();
      ImGui::AlignTextToFramePadding();
      ui.wrapped(ui.in(preset.title_es, preset.title_en));
    };
    auto const is_first = [&](std::size_t i) { return std::find(first_presets.begin(), first_presets.end(), session.presets[i].stem) != first_presets.end(); };
    for (std::size_t i = 0; i < session.presets.size(); ++i)
      if (is_first(i)) draw(i);
    // The others by group, one group at a time: there are many.
    if (!view.workshop) {
      std::vector<std::string> labels{ui.t(Message::viz_more_presets)}, names{""};
      std::size_t chosen = 0;
      for (auto const& group : scenario_groups()) {
        bool const any = std::any_of(session.presets.begin(), session.presets.end(), [&](Scenario const& preset) { return preset.group == group.name; });
        if (!any) continue;
        labels.emplace_back(group.title.in(ui.lang));
        names.emplace_back(group.name);
        if (session.open_preset_group == group.name) chosen = labels.size() - 1;
      }
      if (labels.size() > 1 && ui.choose("preset_group", labels, chosen, -1)) session.open_preset_group = names[chosen];
      for (std::size_t i = 0; i < session.presets.size(); ++i)
        if (!is_first(i) && session.presets[i].group == session.open_preset_group) draw(i);
    }
  }
  ImGui::Separator();
  std::size_t headlines = 0;
  std::size_t const most = view.workshop ? 3 : 7;
  std::set<std::string> drawn;
  auto const levers = session.levers();  // a copy: an edit may change them
  for (auto const& lever : levers) {
    if (!lever.headline || headlines == most || session.edited() == nullptr) continue;
    ++headlines;
    drawn.insert(lever.id);
    draw_lever(ui, session, lever);
  }
  if (!view.workshop) {
    ImGui::Separator();
    static_cast<void>(ui.input("lever_search", view.search, ui.t(Message::viz_search_levers), ImGui::GetContentRegionAvail().x));
    if (!view.search.empty()) {
      std::size_t shown = 0, found = 0;
      for (auto const& lever : levers) {
        if (drawn.contains(lever.id) || session.edited() == nullptr) continue;
        auto const* const there = find_measure(*session.edited(), lever.pattern.id);
        Measure const& measure = there != nullptr ? *there : lever.pattern;
        auto const& kind = row_of(measure.kind);
        std::string const words = fmt::format("{} {} {} {} {} {} {}", lever.id, kind.title.es, kind.title.en, measure_title(measure, ui.lang), lever.row().title.es,
                                              lever.row().title.en, kind.definition.in(ui.lang));
        if (!matches(view.search, words)) continue;
        ++found;
        if (shown >= 8) continue;
        ++shown;
        draw_lever(ui, session, lever);
      }
      ui.wrapped(found == 0 ? ui.t(Message::viz_search_nothing) : ui.t(Message::viz_search_found, shown, found), colour::faint);
    }
    ImGui::Separator();
    if (session.edited() != nullptr) draw_changes(ui, session);
  }
  if (session.edited() == nullptr) return;
  std::string const replay = ui.t(Message::viz_replay);
  if (ui.button("replay", replay, session.history.last() != nullptr && !session.replaying())) session.replay();
  auto const next = [&](char const* id, Message label) {
    flow(width_of_button(ui.t(label)));
    return ui.button(id, ui.t(label));
  };
  if (next("reset_scenario", Message::viz_reset_scenario)) session.reset_to_scenario();
  if (next("reset_base", Message::viz_reset_base)) session.reset_to_base();
  if (!view.workshop) {
    if (next("save", Message::viz_save)) view.overlay = Overlay::save;
    if (session.document.scenarios.size() > 2 && next("remove_scenario", Message::viz_remove_scenario)) session.remove_alternative();
  }
}

}  // namespace arraigo::viz
