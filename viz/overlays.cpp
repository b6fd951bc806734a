#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "core/input_errors.hpp"
#include "record/file_publish.hpp"
#include "record/recorder.hpp"
#include "viz/app.hpp"
#include "viz/charts.hpp"
#include "viz/search.hpp"
#include "viz/vectors.hpp"

namespace arraigo::viz {
namespace {

using analysis::csv_field;
using analysis::format_number;

/// A window over the others with a title and a way out; its content scrolls.
template <class F>
void overlay(Ui& ui, Session& session, char const* id, std::string const& title, ImVec2 wanted_em, F const& draw, ImVec2 place = {0.5F, 0.5F}) {
  ImVec2 const screen = ImGui::GetIO().DisplaySize;
  float const em = ui.em();
  ImVec2 const size(std::min(wanted_em.x * em, screen.x - 2 * em), std::min(wanted_em.y * em, screen.y - 2 * em));
  ImGui::SetNextWindowPos({em + (screen.x - size.x - 2 * em) * place.x, em + (screen.y - size.y - 2 * em) * place.y});
  ImGui::SetNextWindowSize(size);
  ImGui::SetNextWindowFocus();
  if (!ImGui::IsPopupOpen(id)) ImGui::OpenPopup(id);
  if (!ImGui::BeginPopupModal(id, nullptr, ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoSavedSettings)) return;
  ImGui::BeginGroup();
  if (ui.bold != nullptr) ImGui::PushFont(ui.bold);
  ui.wrapped(title, colour::ink, ImGui::GetContentRegionAvail().x - width_of_button(ui.t(Message::viz_close)) - em);
  if (ui.bold != nullptr) ImGui::PopFont();
  ImGui::EndGroup();
  ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - width_of_button(ui.t(Message::viz_close)));
  bool const close = ui.button("close", ui.t(Message::viz_close));
  ImGui::Separator();
  Overlay const before = session.view.overlay;
  ImGui::BeginChild("content", {0, 0}, false, ImGuiWindowFlags_NavFlattened);
  draw();
  ImGui::EndChild();
  if (close && session.view.overlay == before) session.view.overlay = Overlay::none;
  if (session.view.overlay != before) ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

void draw_definition(Ui& ui, Session& session) {
  std::string const& subject = session.view.overlay_subject;
  if (subject.starts_with("lever:")) {
    for (auto const& lever : session.levers()) {
      if ("lever:" + lever.id != subject) continue;
      auto const& kind = row_of(lever.pattern.kind);
      auto const& field = lever.row();
      ui.heading(measure_title(lever.pattern, ui.lang));
      ui.wrapped(std::string(kind.title.in(ui.lang)) + ": " + kind.definition.in(ui.lang));
      ImGui::Separator();
      ui.wrapped(ui.t(Message::viz_lever_field, field.title.in(ui.lang), field.unit[0] == '\0' ? ui.t(Message::viz_no_unit) : unit_in(field.unit, ui.lang)));
      if (field.type == FieldType::number || field.type == FieldType::integer)
        ui.wrapped(ui.t(Message::viz_lever_range, format_number(field.low, field.high < 10 ? 2 : 0, ui.lang), format_number(field.high, field.high < 10 ? 2 : 0, ui.lang)));
      ui.wrapped(ui.t(Message::viz_lever_key, lever.pattern.id, field.name), colour::faint);
      return;
    }
    return;
  }
  if (subject == "cost_per_contract") {
    ui.heading(ui.t(Message::viz_cost_per_contract));
    ui.wrapped(ui.t(Message::viz_cost_definition));
    ui.wrapped(ui.t(Message::viz_instrument_model), colour::faint);
  } else if (auto const* const shown = session.indicator(subject)) {
    // A followed run holds values only: the formula is the model's own.
    auto const& table = indicator_table();
    auto const row = std::find_if(table.begin(), table.end(), [&](Indicator const& i) { return i.name == subject; });
    bool const followed = session.base() != nullptr && session.base()->kind == RunKind::followed;
    auto const* const indicator = followed && row != table.end() ? &*row : shown;
    ui.heading(title_line(ui.in(indicator->title_es, indicator->title_en)));
    ui.wrapped(ui.in(indicator->definition_es, indicator->definition_en));
    ui.wrapped(ui.t(Message::viz_unit_is, unit_in(indicator->units, ui.lang)));
    ui.wrapped(ui.t(indicator->instrument == "register" ? Message::viz_instrument_register
                    : indicator->instrument == "survey" ? Message::viz_instrument_survey
                                                        : Message::viz_instrument_model));
    auto const sum = [](std::vector<std::string> const& terms) {
      std::string text;
      for (auto const& term : terms) text += (text.empty() ? "" : " + ") + term;
      return "(" + text + ")";
    };
    std::string formula = indicator->denominator.empty() ? sum(indicator->numerator) : fmt::format("{} \xc3\x97 {} / {}", indicator->factor, sum(indicator->numerator), sum(indicator->denominator));
    if (indicator->has_reference()) formula += fmt::format(" / ({} / {})", sum(indicator->reference_numerator), sum(indicator->reference_denominator));
    if (indicator->offset != 0) formula = fmt::format("{} + {}", indicator->offset, formula);
    if (!indicator->question_es.empty()) ui.wrapped(ui.in(indicator->question_es, indicator->question_en));
    ui.wrapped(ui.t(Message::viz_formula, formula), colour::faint);
  }
  ImGui::Separator();
  for (auto const* run : {session.base(), session.alternative()}) {
    if (run == nullptr || !run->data) continue;
    auto const index = static_cast<std::size_t>(run - session.runs.data());
    ui.wrapped(session.run_title(index, ui.lang), colour_of_run(session, index));
    std::string text = ui.t(Message::viz_replicates, run->data->replicates());
    if (auto const seed = run->data->integer_attribute("seed")) text += " \xc2\xb7 " + ui.t(Message::viz_status_seed, *seed);
    if (auto const scale = run->data->integer_attribute("scale")) text += " \xc2\xb7 " + ui.t(Message::viz_status_scale, *scale);
    if (auto const area = run->data->text_attribute("area")) text += " \xc2\xb7 " + ui.t(Message::viz_area, *area);
    text += " \xc2\xb7 " + ui.t(Message::viz_start, run->data->layout().start.text());
    if (auto const digest = run->data->text_attribute("data_digest")) text += " \xc2\xb7 " + ui.t(Message::viz_status_data, digest->substr(0, 16));
    if (auto const command = run->data->text_attribute("command")) text += "\n" + *command;
    ui.wrapped(text, colour::faint);
  }
  ui.wrapped(ui.t(Message::viz_interval_is), colour::faint);
  if (ui.button("to_assumptions", ui.t(Message::viz_assumptions))) session.view.overlay = Overlay::assumptions;
}

/// Nothing for "1": elasticities and effects have it, and its word would call them shares.
std::string unit_of(std::string_view unit, Lang lang) { return unit.empty() || unit == "1" ? std::string() : unit_in(unit, lang); }

/// As many decimals as the number needs, four at most.
std::string short_number(double value, Lang lang) {
  int decimals = 0;
  while (decimals < 4 && std::abs(value * std::pow(10.0, decimals) - std::round(value * std::pow(10.0, decimals))) > 1e-6) ++decimals;
  return format_number(value, decimals, lang);
}

}  // namespace

std::string parameter_line(ParameterRow const& row, double value, Lang lang) {
  return fmt::format("{} = {} [{}; {}] {}", row.title.in(lang), short_number(value, lang), short_number(row.low, lang), short_number(row.high, lang), unit_of(row.unit, lang));
}

namespace {

void draw_assumptions(Ui& ui, Session& session) {
  static std::string search;
  static bool only_assumptions = true;
  ui.wrapped(ui.t(Message::viz_assumptions_intro), colour::faint);
  static_cast<void>(ui.input("assumption_search", search, ui.t(Message::viz_search), 18 * ui.em()));
  flow(14 * ui.em());
  static_cast<void>(ui.check("only_assumptions", ui.t(Message::viz_only_assumptions), only_assumptions));
  std::size_t shown = 0;
  auto const* const scenario = session.edited();
  auto const& turns = session.turns;
  auto const* const measured = session.indicator(turns.indicator);
  if (scenario != nullptr && session.alternative() != nullptr) {
    if (turns.running) {
      if (ui.button("measure_stop", ui.t(Message::viz_turns_stop))) session.stop_measuring();
      flow(20 * ui.em());
      ui.wrapped(ui.t(Message::viz_turns_progress, turns.at, turns.rows.size()), colour::faint);
    } else if (ui.button("measure", ui.t(Message::viz_turns_measure), !session.alternative()->stale && session.alternative()->data && session.base()->data)) {
      session.measure_assumptions(session.view.charts[0]);
    }
  }
  if (!turns.rows.empty() && measured != nullptr) {
    ui.wrapped(ui.t(Message::viz_turns_head, ui.in(measured->title_es, measured->title_en), (session.start() + turns.month).text(),
                    turns.effect ? value_with(*measured, *turns.effect, ui.lang, true) : std::string(ui.t(Message::viz_undefined))));
  }
  // The table's order until something is measured; then what moves the effect most comes first.
  std::vector<ParameterRow const*> rows;
  for (auto const& row : parameter_table()) rows.push_back(&row);
  auto const turn_of = [&](ParameterRow const* row) {
    auto const found = std::find_if(turns.rows.begin(), turns.rows.end(), [&](Session::Turn const& turn) { return turn.row == row; });
    return found == turns.rows.end() ? nullptr : &*found;
  };
  auto const swing_of = [&](ParameterRow const* row) {
    auto const* const turn = turn_of(row);
    return turn != nullptr && turn->swing() ? std::abs(*turn->swing()) : -1.0;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](auto const* a, auto const* b) { return swing_of(a) > swing_of(b); });
  for (auto const* each : rows) {
    ParameterRow const& row = *each;
    bool const assumed = std::string_view{row.source}.starts_with("assumption");
    if (only_assumptions && !assumed) continue;
    std::string const name = fmt::format("{}.{}", row.group, row.name);
    if (!matches(search, fmt::format("{} {} {} {}", name, row.title.es, row.title.en, row.source))) continue;
    ++shown;
    double const value = scenario != nullptr ? scenario->parameters.*row.member : row.value;
    ImGui::Separator();
    ui.wrapped(parameter_line(row, value, ui.lang));
    if (auto const* const turn = turn_of(&row); turn != nullptr && measured != nullptr && turn->tried[1]) {
      auto const effect = [&](std::size_t end) { return turn->effect[end] ? value_with(*measured, *turn->effect[end], ui.lang, true) : std::string(ui.t(Message::viz_undefined)); };
      ui.wrapped(ui.t(Message::viz_turn, effect(0), short_number(row.low, ui.lang), effect(1), short_number(row.high, ui.lang)), colour::accent);
    }
    std::string_view source = row.source;
    if (assumed) {
      source.remove_prefix(std::min(source.size(), source.find_first_not_of(": ", std::string_view{"assumption"}.size())));
      ui.plain(ui.t(Message::viz_assumption), colour::warn);
      ImGui::SameLine();
    }
    ui.wrapped(fmt::format("{}: {}", name, source), colour::faint);
    if (scenario != nullptr && !session.view.workshop) {
      double moved = value;
      if (ui.slider("parameter/" + name, moved, row.low, row.high, "", 16 * ui.em()))
        session.edit({row.title.es, row.title.en}, name, [&](Scenario& changed) { changed.parameters.*row.member = std::clamp(moved, row.low, row.high); });
      if (ImGui::IsItemDeactivatedAfterEdit()) session.end_drag();
      ImGui::SameLine();
      ui.plain(short_number(value, ui.lang));
      if (value != row.value) {
        ImGui::SameLine();
        if (ui.small_button("parameter/" + name + "/reset", "\xc3\x97"))
          session.edit({row.title.es, row.title.en}, "", [&](Scenario& changed) { changed.parameters.*row.member = row.value; });
      }
    }
  }
  ImGui::Separator();
  ui.wrapped(ui.t(Message::viz_assumptions_count, shown), colour::faint);
}

ImU32 colour_of_event(StoryKind kind) {
  switch (kind) {
    case StoryKind::papers: return colour::alternative[0];
    case StoryKind::hire: return colour::good;
    case StoryKind::refusal: return colour::warn;
    case StoryKind::work: return IM_COL32(110, 116, 30, 255);
    case StoryKind::service: return colour::alternative[3];
    case StoryKind::household:
    case StoryKind::place: break;
  }
  return colour::faint;
}

void draw_lives(Ui& ui, Session& session, std::vector<Story> const& stories) {
  float const em = ui.em();
  ui.wrapped(ui.in(stories.front().portrait_es, stories.front().portrait_en));
  ui.wrapped(ui.t(Message::viz_story_id, fmt::format("{:016x}", stories.front().person)), colour::faint);
  std::vector<Month> months;
  for (auto const& story : stories)
    for (auto const& line : story.lines) months.push_back(line.month);
  std::sort(months.begin(), months.end());
  months.erase(std::unique(months.begin(), months.end()), months.end());
  if (months.empty()) ui.wrapped(ui.t(Message::viz_story_quiet), colour::faint);
  if (!ImGui::BeginTable("lives", static_cast<int>(stories.size()) + 1, ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerV)) return;
  ImGui::TableSetupColumn("month", ImGuiTableColumnFlags_WidthFixed, ImGui::CalcTextSize("0000-00").x + em);
  for (std::size_t i = 0; i < stories.size(); ++i) ImGui::TableSetupColumn(fmt::format("{}", i).c_str(), ImGuiTableColumnFlags_WidthStretch);
  ImGui::TableNextRow();
  for (std::size_t i = 0; i < stories.size(); ++i) {
    ImGui::TableSetColumnIndex(static_cast<int>(i) + 1);
    std::size_t const run = i < session.story_runs.size() ? session.story_runs[i] : session.view.base;
    ui.wrapped(session.run_title(run, ui.lang), colour_of_run(session, run));
  }
  for (Month const month : months) {
    ImGui::TableNextRow();
    ImGui::TableSetColumnIndex(0);
    ui.plain(month.text(), month == session.shown_month() ? colour::accent : colour::faint);
    for (std::size_t i = 0; i < stories.size(); ++i) {
      ImGui::TableSetColumnIndex(static_cast<int>(i) + 1);
      for (auto const& line : stories[i].lines) {
        if (line.month != month) continue;
        ImVec2 const at = ImGui::GetCursorScreenPos();
        ImGui::GetWindowDrawList()->AddCircleFilled(at + ImVec2(0.4F * em, 0.55F * em), 0.28F * em, colour_of_event(line.kind));
        ImGui::SetCursorPosX(ImGui::GetCursorPosX() + 1.1F * em);
        // What happens in both futures steps back: the eye looks for what differs.
        bool const everywhere = stories.size() > 1 && std::all_of(stories.begin(), stories.end(), [&](Story const& other) {
          return std::any_of(other.lines.begin(), other.lines.end(), [&](StoryLine const& o) { return o.month == month && o.text_es == line.text_es; });
        });
        ui.wrapped(ui.in(line.text_es, line.text_en), everywhere ? colour::faint : colour::ink);
      }
    }
  }
  ImGui::EndTable();
}

void draw_story(Ui& ui, Session& session) {
  static std::size_t kind = 0;
  auto const& kinds = pick_kinds();
  std::vector<std::string> labels;
  for (auto const& each : kinds) labels.emplace_back(each.title.in(ui.lang));
  ui.wrapped(ui.t(Message::viz_story_intro), colour::faint);
  static_cast<void>(ui.choose("story/kind", labels, kind, std::min(24 * ui.em(), ImGui::GetContentRegionAvail().x)));
  auto const& district = session.view.district;
  std::string const where = district ? session.country->districts.rows()[*district].name : std::string(ui.t(Message::viz_everywhere));
  std::string const find = ui.t(Message::viz_story_find, where);
  flow(width_of_button(find));
  if (ui.button("story/find", find, !session.story_pending)) session.ask_story(kinds[std::min(kind, kinds.size() - 1)].name, district);
  if (session.story_pending) ui.wrapped(ui.t(Message::viz_story_pending), colour::faint);
  if (!session.story) return;
  ImGui::Separator();
  if (!session.story->mistake.empty())
    ui.wrapped(session.story->mistake, colour::warn);
  else if (!session.story->stories.empty())
    draw_lives(ui, session, session.story->stories);
}

void draw_snapshots(Ui& ui, Session& session) {
  static std::string name;
  ui.wrapped(ui.t(Message::viz_snapshots_intro), colour::faint);
  static_cast<void>(ui.input("snapshot/name", name, ui.t(Message::viz_snapshot_name), 16 * ui.em()));
  std::string const take = ui.t(Message::viz_snapshot_take);
  flow(width_of_button(take));
  if (ui.button("snapshot/take", take, session.is_live())) {
    session.take_snapshot(name.empty() ? ui.t(Message::viz_snapshot_number, session.snapshots.size() + 1) : name);
    name.clear();
  }
  for (std::size_t i = 0; i < session.snapshots.size(); ++i) {
    if (ui.button(fmt::format("snapshot/{}", i), session.snapshots[i].name)) {
      session.return_to(i);
      session.view.overlay = Overlay::none;
      return;
    }
  }
}

void draw_save(Ui& ui, Session& session) {
  static std::string file;
  static std::string answer;
  static bool written = false;
  auto const* const run = session.alternative();
  if (run == nullptr || session.edited() == nullptr) return;
  if (ImGui::IsWindowAppearing() || file.empty()) {
    file = free_name(session.edited()->stem, ".yaml").string();
    answer.clear();
  }
  ui.wrapped(ui.t(Message::viz_save_intro, session.live_scale));
  static_cast<void>(ui.input("save/file", file, "escenario.yaml", std::min(30 * ui.em(), ImGui::GetContentRegionAvail().x)));
  if (ui.button("save/write", ui.t(Message::viz_save))) {
    auto const mistake = session.save_scenario(run->slot, file);
    written = !mistake;
    answer = mistake ? *mistake : ui.t(Message::viz_saved_run, file);
  }
  if (!answer.empty()) ui.wrapped(answer, written ? colour::good : colour::warn);
}

void draw_open(Ui& ui, Session& session) {
  static std::string file;
  ui.wrapped(ui.t(Message::viz_open_intro), colour::faint);
  static_cast<void>(ui.input("open/file", file, "runs/baseline.h5", std::min(30 * ui.em(), ImGui::GetContentRegionAvail().x)));
  std::string const open = ui.t(Message::viz_open);
  flow(width_of_button(open));
  if (ui.button("open/open", open, !file.empty())) {
    session.open(file);
    file.clear();
    session.view.overlay = Overlay::none;
  }
}

void draw_help(Ui& ui) {
  std::pair<std::string, Message> const keys[] = {{"Tab", Message::viz_key_tab},
                                                  {ui.t(Message::viz_name_space), Message::viz_key_play},
                                                  {"\xe2\x86\x90 \xe2\x86\x92", Message::viz_key_arrows},
                                                  {ui.t(Message::viz_name_home_end), Message::viz_key_home_end},
                                                  {ui.t(Message::viz_name_page), Message::viz_key_page},
                                                  {"Ctrl+Z, Ctrl+Y", Message::viz_key_undo},
                                                  {"Ctrl+R", Message::viz_key_replay},
                                                  {"Ctrl+F", Message::viz_key_find},
                                                  {"Ctrl+S", Message::viz_key_save},
                                                  {"C", Message::viz_key_compare},
                                                  {"F11", Message::viz_key_workshop},
                                                  {"Ctrl+L", Message::viz_key_language},
                                                  {"Ctrl+ +, Ctrl+ -", Message::viz_key_size},
                                                  {"Esc", Message::viz_key_escape},
                                                  {"F1", Message::viz_key_help},
                                                  {"Ctrl+Q", Message::viz_key_quit}};
  if (!ImGui::BeginTable("keys", 2)) return;
  ImGui::TableSetupColumn("key", ImGuiTableColumnFlags_WidthFixed, 12 * ui.em());
  ImGui::TableSetupColumn("what", ImGuiTableColumnFlags_WidthStretch);
  for (auto const& [key, what] : keys) {
    ImGui::TableNextRow();
    ImGui::TableSetColumnIndex(0);
    ui.wrapped(key, colour::accent);
    ImGui::TableSetColumnIndex(1);
    ui.wrapped(ui.t(what));
  }
  ImGui::EndTable();
}

constexpr std::size_t guide_steps = 4;

/// What a step of the guide is about, if it is on the screen.
Widget const* guided(Ui const& ui, int step) {
  static constexpr char const* targets[guide_steps][2] = {{"alternative", "base"}, {"preset/regularisation", "go_live"}, {"chart/0", "chart/0"}, {"map", "map"}};
  for (char const* id : targets[std::clamp(step, 0, static_cast<int>(guide_steps) - 1)])
    if (auto const* const widget = ui.find(id)) return widget;
  return nullptr;
}

void draw_guide(Ui& ui, Session& session) {
  static constexpr Message steps[guide_steps] = {Message::viz_guide_1, Message::viz_guide_2, Message::viz_guide_3, Message::viz_guide_4};
  View& view = session.view;
  auto const step = static_cast<std::size_t>(std::clamp(view.guide_step, 0, 3));
  ui.wrapped(ui.t(Message::viz_guide_step, step + 1, guide_steps), colour::faint);
  ui.wrapped(ui.t(steps[step]));
  if (step > 0) {
    if (ui.button("guide/back", ui.t(Message::viz_guide_back))) --view.guide_step;
    ImGui::SameLine();
  }
  if (ui.button("guide/next", ui.t(step + 1 == guide_steps ? Message::viz_guide_start : Message::viz_guide_next))) {
    if (step + 1 == guide_steps)
      view.overlay = Overlay::none;
    else
      ++view.guide_step;
  }
}

/// The window stands away from what it speaks of, which is framed.
void show_guide(Ui& ui, Session& session) {
  Widget const* const widget = guided(ui, session.view.guide_step);
  ImVec2 const screen = ImGui::GetIO().DisplaySize;
  ImVec2 place{0.5F, 0.5F};
  if (widget != nullptr) {
    bool const left = widget->low.x + widget->high.x < screen.x;
    place = {left ? 0.9F : 0.25F, 0.75F};
    ImGui::GetForegroundDrawList()->AddRect(widget->low - ImVec2(4, 4), widget->high + ImVec2(4, 4), colour::alternative[1], 4, 0, 3);
  }
  overlay(ui, session, "guide", ui.t(Message::viz_guide), {30, 13}, [&] { draw_guide(ui, session); }, place);
}

}  // namespace

void draw_overlays(Ui& ui, Session& session) {
  View& view = session.view;
  switch (view.overlay) {
    case Overlay::none: break;
    case Overlay::definition: overlay(ui, session, "definition", ui.t(Message::viz_definition), {44, 26}, [&] { draw_definition(ui, session); }); break;
    case Overlay::assumptions: overlay(ui, session, "assumptions", ui.t(Message::viz_assumptions), {60, 40}, [&] { draw_assumptions(ui, session); }); break;
    case Overlay::story: overlay(ui, session, "story", ui.t(Message::viz_story), {72, 42}, [&] { draw_story(ui, session); }); break;
    case Overlay::snapshots: overlay(ui, session, "snapshots", ui.t(Message::viz_snapshots), {40, 22}, [&] { draw_snapshots(ui, session); }); break;
    case Overlay::save: overlay(ui, session, "save", ui.t(Message::viz_save), {44, 18}, [&] { draw_save(ui, session); }); break;
    case Overlay::open: overlay(ui, session, "open", ui.t(Message::viz_open), {44, 14}, [&] { draw_open(ui, session); }); break;
    case Overlay::help: overlay(ui, session, "help", ui.t(Message::viz_help), {48, 30}, [&] { draw_help(ui); }); break;
    case Overlay::guide: show_guide(ui, session); break;
  }
}

std::optional<std::string> export_csv(Session& session, std::filesystem::path const& file) {
  for (auto const* run : {session.base(), session.alternative()})
    if (run != nullptr && (run->stale || !run->data)) return run->mistakes.empty() ? say(session.waiting() ? Message::viz_waiting : Message::viz_still_computing) : run->mistakes.front();
  auto const attribute = [&](char const* name) {
    auto const value = session.base() != nullptr ? session.base()->data->integer_attribute(name) : std::nullopt;
    return value ? std::to_string(*value) : std::string();
  };
  std::string const scale = attribute("scale"), seed = attribute("seed");
  std::ostringstream out;
  out << "view,indicator,by,key,month,scenario,value,ci_low,ci_high,replicates,scale,seed\n";
  auto const number = [](std::optional<double> value) { return value ? fmt::format("{}", *value) : std::string(); };
  auto const row = [&](char const* view, std::string const& indicator, std::string const& by, std::string const& key, std::string const& month,
                       std::string const& scenario, std::optional<double> value, std::optional<analysis::Interval> const& interval, int replicates) {
    out << view << ',' << csv_field(indicator) << ',' << csv_field(by) << ',' << csv_field(key) << ',' << month << ',' << csv_field(scenario) << ',' << number(value)
        << ',' << (interval ? number(interval->low) : "") << ',' << (interval ? number(interval->high) : "") << ',' << replicates << ',' << scale << ',' << seed << '\n';
  };
  View const& view = session.view;
  std::string const now = session.shown_month().text();
  Lang const lang = language_of_environment();
  std::string const base = session.run_title(view.base, lang), alternative = session.run_title(view.alternative, lang);
  for (auto const& name : view.kpis) {
    if (name == "cost_per_contract") {
      Ratio const ratio = cost_per_contract(session, view.month);
      row("headline", name, "", "", now, alternative, ratio.value, ratio.interval, ratio.replicates);
      continue;
    }
    if (session.indicator(name) == nullptr) continue;
    Headline const card = headline(session, name, view.month);
    row("headline", name, "", "", now, base, card.base, {}, card.replicates);
    if (session.alternative() == nullptr) continue;
    row("headline", name, "", "", now, alternative, card.alternative, {}, card.replicates);
    row("headline", name, "", "", now, "difference", card.difference, card.interval, card.replicates);
  }
  for (auto const& name : view.charts) {
    CourseChart const chart = course_chart(session, name, view.chart_difference);
    for (auto const& course : chart.courses)
      for (std::size_t m = 0; m < course.months.size(); ++m) {
        auto const& level = course.months[m];
        row(view.chart_difference ? "chart_difference" : "chart", name, "", "", (session.start() + static_cast<int>(m)).text(), session.run_title(course.run, lang), level.mean,
            level.interval, level.replicates);
      }
  }
  std::size_t const run = session.alternative() != nullptr ? view.alternative : view.base;
  PlaceMap const map = place_map(session, run, view.map_indicator, view.map_mode, view.unit, view.month, {});
  if (map.recorded && !map.pending)
    for (std::size_t d = 0; d < map.districts.size(); ++d) {
      auto const& place = map.districts[d];
      row(map.difference ? "map_difference" : "map", view.map_indicator, session.place_cut(run), session.country->districts.rows()[session.area()[d]].ubigeo, now,
          session.run_title(run, lang), map.difference ? place.difference : place.level, place.interval, place.replicates);
    }
  std::string const text = std::move(out).str();
  try {
    publish_file(file, std::as_bytes(std::span(text)), false, [](std::filesystem::path const&) {});
  } catch (MachineError const& error) {
    return error.what();
  }
  return std::nullopt;
}

}  // namespace arraigo::viz
