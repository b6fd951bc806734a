#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "analysis/text_output.hpp"
#include "analysis/theory.hpp"
#include "core/numbers.hpp"

namespace arraigo::analysis {
namespace {

using Json = nlohmann::ordered_json;

Message title_of(Verdict verdict) {
  constexpr std::array titles{Message::an_verdict_supported, Message::an_verdict_not_supported,
                              Message::an_verdict_undecided, Message::an_verdict_assumption_driven};
  return titles.at(static_cast<std::size_t>(verdict));
}

Message title_of(Turn turn) {
  constexpr std::array titles{Message::an_turn_none, Message::an_turn_flips, Message::an_turn_vanishes,
                              Message::an_turn_appears};
  return titles.at(static_cast<std::size_t>(turn));
}

std::string with_interval(PairedDifference const& difference, int decimals, Lang lang, Sign sign = Sign::always) {
  std::string out = format_number(difference.mean, decimals, lang, sign);
  if (difference.interval)
    out += fmt::format(" [{}; {}]", format_number(difference.interval->low, decimals, lang, sign),
                       format_number(difference.interval->high, decimals, lang, sign));
  return out;
}

std::string with_interval(std::optional<PairedDifference> const& difference, int decimals, Lang lang) {
  return difference ? with_interval(*difference, decimals, lang) : words(lang, Message::an_undefined);
}

/// Points of percentages need one digit more than levels.
int decimals_of(GoalResult const& goal) { return goal.units == "%" ? goal.decimals + 1 : goal.decimals; }

std::string unit_of(GoalResult const& goal, Lang lang) {
  return goal.units == "%" ? words(lang, Message::an_points) : unit_in(goal.units, lang);
}

std::string instrument_in(std::string const& instrument, Lang lang) {
  if (instrument == "survey") return words(lang, Message::code_survey);
  if (instrument == "register") return words(lang, Message::code_register);
  return words(lang, Message::code_model);
}

std::string wanted_text(Claim const& claim, std::size_t g, GoalResult const& result, Lang lang) {
  auto const& goal = claim.goals[g];
  std::string const margin = format_number(goal.margin, goal.margin < 10 ? 2 : 0, lang) + " " + unit_of(result, lang);
  if (goal.no_worse) return words(lang, goal.up ? Message::an_wanted_no_fall : Message::an_wanted_no_rise, margin);
  return words(lang, goal.up ? Message::an_wanted_up : Message::an_wanted_down, margin);
}

std::string subgroup_text(Outcome const& outcome, Lang lang) {
  std::string out;
  if (!outcome.dimension.empty()) out += fmt::format(", {}={}", outcome.dimension, outcome.key);
  if (outcome.threshold)
    out += ", " + words(lang, Message::an_share_above, outcome.threshold->by);
  else if (outcome.mean)
    out += ", " + words(lang, Message::an_mean_over_months, outcome.months);
  return out;
}

class Page {
 public:
  Page(std::ostream& out, Lang lang, std::size_t columns) : out_(&out), lang_(lang), columns_(columns) {}

  template <class... Args>
  void line(std::string_view indent, Message message, Args const&... args) {
    text(indent, words(lang_, message, args...));
  }
  void text(std::string_view indent, std::string const& sentence) {
    std::string lead{indent};
    for (auto const& part : wrapped(sentence, columns_ - indent.size() - 2)) {
      *out_ << lead << part << "\n";
      lead = std::string(indent) + "  ";
    }
  }

 private:
  std::ostream* out_;
  Lang lang_;
  std::size_t columns_;
};

void print_table_of(std::ostream& out, Scoreboard const& board, Lang lang) {
  using Line = std::array<std::string, 6>;
  std::vector<Line> lines{{words(lang, Message::an_claim), words(lang, Message::an_indicator),
                           words(lang, Message::an_difference) + " " + words(lang, Message::an_interval),
                           words(lang, Message::an_people), words(lang, Message::an_cost_each),
                           words(lang, Message::an_verdict)}};
  for (auto const& scored : board.claims)
    for (std::size_t g = 0; g < scored.result.goals.size(); ++g) {
      auto const& goal = scored.result.goals[g];
      bool const first = g == 0;
      // People and cost are those of the policy, not of what two parts do beyond their sum.
      bool const told = first && scored.claim.test != TestKind::interaction;
      lines.push_back(
          {first ? scored.claim.id : "", goal.title.in(lang),
           with_interval(goal.difference, decimals_of(goal), lang) + " " + unit_of(goal, lang),
           told && scored.result.people ? format_number(scored.result.people->mean, 0, lang, Sign::always) : "",
           told && scored.result.net.value ? format_number(*scored.result.net.value, 0, lang)
           : told                          ? words(lang, Message::an_no_ratio)
                                           : "",
           first ? words(lang, title_of(scored.verdict)) : ""});
    }
  std::array<std::size_t, 6> widths{};
  for (auto const& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], display_width(line[c]));
  for (std::size_t l = 0; l < lines.size(); ++l) {
    std::string printed;
    for (std::size_t c = 0; c < lines[l].size(); ++c)
      printed += "  " + (c >= 2 && c <= 4 ? pad_left(lines[l][c], widths[c]) : pad_right(lines[l][c], widths[c]));
    printed.erase(printed.find_last_not_of(' ') + 1);
    out << printed << "\n";
    if (l > 0) continue;
    std::string rule = "  ";
    for (std::size_t const width : widths)
      for (std::size_t i = 0; i < width + 2; ++i) rule += "─";
    out << rule << "\n";
  }
}

void print_screening(Page& page, ScoredClaim const& scored, Lang lang) {
  if (!scored.screening) {
    page.line("    ", Message::an_not_screened);
    return;
  }
  auto const& screening = *scored.screening;
  page.line("    ", Message::an_screened, screening.parameters, screening.scale, screening.replicates);
  if (!screening.tells) page.line("    ", Message::an_screening_blind);
  auto const turning = assumptions_text(scored);
  if (turning.empty())
    page.line("    ", Message::an_turns_on_none);
  else
    page.line("    ", Message::an_turns_on, turning);
  for (auto const& mover : screening.movers) {
    std::string ends;
    for (auto const* end : {&mover.low, &mover.high}) {
      std::string goals;
      for (std::size_t g = 0; g < end->goals.size(); ++g)
        goals += (goals.empty() ? "" : " / ") + with_interval(end->goals[g], decimals_of(scored.result.goals[g]), lang);
      auto const turn = end == &mover.low ? mover.turn_low : mover.turn_high;
      ends += (ends.empty() ? "" : "; ") +
              words(lang, Message::an_at_end, number_text(end->value), goals,
                    turn == Turn::none ? std::string{} : " (" + words(lang, title_of(turn)) + ")");
    }
    page.text("      ", mover.name + ": " + ends);
  }
}

void print_claim(std::ostream& out, ScoredClaim const& scored, Scoreboard const& board, Lang lang,
                 std::size_t columns) {
  Page page(out, lang, columns);
  auto const& [claim, result, screening, verdict, outside] = scored;
  out << "\n" << claim.id << ": " << words(lang, title_of(verdict)) << "\n";
  page.line("    ", Message::an_if_then, claim.if_.in(lang), claim.then.in(lang));
  for (std::size_t g = 0; g < result.goals.size(); ++g) {
    auto const& goal = result.goals[g];
    std::string const last = (board.start + (claim.months - 1)).text();
    page.line("    ", Message::an_goal, goal.title.in(lang) + subgroup_text(claim.goals[g].outcome, lang),
              instrument_in(goal.instrument, lang), with_interval(goal.difference, decimals_of(goal), lang),
              unit_of(goal, lang), wanted_text(claim, g, goal, lang), last, goal.replicates);
  }
  page.line("    ", Message::an_why, claim.why.in(lang));
  if (claim.test == TestKind::interaction) {
    page.line("    ", Message::an_interaction_is);
    page.line("    ", Message::an_log_interaction, with_interval(result.log_interaction, 3, lang));
  }
  if (result.level) {
    auto const at_most = claim.goals.front().outcome.threshold->at_most;
    page.line("    ", Message::an_level_above, with_interval(*result.level, 1, lang, Sign::when_negative),
              at_most ? words(lang, Message::an_level_at_most, format_number(*at_most, 0, lang)) : std::string{});
  }
  if (!result.parts.empty()) {
    page.line("    ", claim.test == TestKind::main_effects ? Message::an_main_effects : Message::an_parts);
    for (auto const& part : result.parts)
      page.line("      ", Message::an_part, part.title.in(lang),
                with_interval(part.difference, decimals_of(result.goals.front()), lang),
                part.holm ? p_text(*part.holm, lang) : words(lang, Message::an_undefined));
  }
  if (!result.secondary.empty()) {
    page.line("    ", Message::an_secondary);
    for (std::size_t i = 0; i < result.secondary.size(); ++i) {
      auto const& goal = result.secondary[i];
      page.line("      ", Message::an_part, goal.title.in(lang) + subgroup_text(claim.secondary[i].outcome, lang),
                with_interval(goal.difference, decimals_of(goal), lang) + " " + unit_of(goal, lang),
                result.secondary_holm[i] ? p_text(*result.secondary_holm[i], lang)
                                         : words(lang, Message::an_undefined));
    }
  }
  if (result.people && !result.flow.in(lang).empty()) page.line("    ", Message::an_services_affected, scored.claim.months, with_interval(*result.people, 0, lang), result.flow.in(lang));
  else if (result.people) page.line("    ", Message::an_people_affected, with_interval(*result.people, 0, lang));
  if (result.people) {
    page.line("    ", Message::an_cost_of_claim, cost_ratio_text(result.net, lang), cost_ratio_text(result.gross, lang));
    if (result.net.reason == NoRatio::spans_zero) page.line("      ", Message::an_cost_spans_zero);
    if (result.net.reason == NoRatio::falls) page.line("      ", Message::an_cost_falls);
  }
  for (auto const& line : result.cost.lines) {
    std::string assumed;
    for (auto const& cost : line.unit_costs) assumed += (assumed.empty() ? "" : "; ") + unit_cost_text(cost, lang);
    page.line("      ", assumed.empty() ? Message::an_cost_line_bare : Message::an_cost_line,
              lang == Lang::es ? line.label_es : line.label_en, with_interval(line.soles, 0, lang), assumed);
  }
  print_screening(page, scored, lang);
  for (auto const& sentence : outside) page.text("    ", sentence);
}

std::string field(std::optional<double> value) { return value ? number_text(*value + 0.0) : std::string{}; }

std::optional<double> low_of(std::optional<PairedDifference> const& difference) {
  return difference && difference->interval ? std::optional{difference->interval->low} : std::nullopt;
}
std::optional<double> high_of(std::optional<PairedDifference> const& difference) {
  return difference && difference->interval ? std::optional{difference->interval->high} : std::nullopt;
}

Json number(std::optional<double> value) {
  if (!value) return nullptr;
  return *value + 0.0;
}

Json json_of(std::optional<PairedDifference> const& difference) {
  if (!difference) return nullptr;
  return {{"mean", difference->mean + 0.0},
          {"ci_low", number(low_of(difference))},
          {"ci_high", number(high_of(difference))}};
}

Json json_of(RatioOfMeans const& ratio) {
  Json out{{"soles", number(ratio.value)}, {"ci_low", nullptr}, {"ci_high", nullptr}, {"reason", nullptr}};
  if (ratio.interval) {
    out["ci_low"] = ratio.interval->low + 0.0;
    out["ci_high"] = ratio.interval->high + 0.0;
  }
  if (ratio.reason != NoRatio::none) out["reason"] = code_of(ratio.reason);
  return out;
}

Json json_of(Words const& words) { return {{"es", words.es}, {"en", words.en}}; }

char const* name_of(Finding finding) {
  return finding == Finding::holds ? "holds" : finding == Finding::fails ? "fails" : "open";
}
char const* name_of(Turn turn) {
  return turn == Turn::flips ? "flips" : turn == Turn::vanishes ? "vanishes" : turn == Turn::appears ? "appears" : "";
}

Json json_of(Goal const& goal, GoalResult const& result) {
  Json out{{"indicator", result.indicator},
           {"instrument", result.instrument},
           {"units", result.units},
           {"subgroup", goal.outcome.dimension.empty() ? "" : goal.outcome.dimension + "=" + goal.outcome.key},
           {"over", goal.outcome.mean ? "mean" : "last"},
           {"months", goal.outcome.months},
           {"want", goal.no_worse ? "no_worse"
                    : goal.up     ? "up"
                                  : "down"},
           {"direction", goal.up ? "up" : "down"},
           {"margin", goal.margin},
           {"off", number(result.off)},
           {"on", number(result.on)},
           {"difference", json_of(result.difference)},
           {"p_value", number(result.p_value)},
           {"replicates", result.replicates},
           {"finding", name_of(result.finding)}};
  return out;
}

Json json_of(std::vector<CostPart> const& parts) {
  auto list = Json::array();
  for (auto const& part : parts) {
    auto unit_costs = Json::array();
    for (auto const& cost : part.unit_costs)
      unit_costs.push_back({{"line", cost.line},
                            {"soles", cost.soles},
                            {"low", cost.low},
                            {"high", cost.high},
                            {"per", cost.per},
                            {"payer", cost.payer}});
    list.push_back(
        {{"line", part.key}, {"soles", json_of(std::optional{part.soles})}, {"unit_costs", std::move(unit_costs)}});
  }
  return list;
}

Json json_of(ScreenedEnd const& end, Turn turn) {
  auto goals = Json::array(), changes = Json::array();
  for (auto const& goal : end.goals) goals.push_back(json_of(goal));
  for (auto const& change : end.changes) changes.push_back(json_of(change));
  return {{"value", end.value}, {"differences", std::move(goals)}, {"changes_from_default", std::move(changes)}, {"turn", name_of(turn)}};
}

Json json_of(Screening const& screening) {
  auto defaults = Json::array(), movers = Json::array();
  for (auto const& goal : screening.at_default) defaults.push_back(json_of(goal));
  for (auto const& mover : screening.movers)
    movers.push_back({{"parameter", mover.name},
                      {"unidentified", mover.unidentified},
                      {"movement", mover.movement},
                      {"low", json_of(mover.low, mover.turn_low)},
                      {"high", json_of(mover.high, mover.turn_high)}});
  return {{"scale", screening.scale}, {"replicates", screening.replicates}, {"parameters", screening.parameters},
          {"tells", screening.tells}, {"at_default", std::move(defaults)},  {"movers", std::move(movers)}};
}

Json json_of(ScoredClaim const& scored) {
  auto const& [claim, result, screening, verdict, outside] = scored;
  auto goals = Json::array(), parts = Json::array(), secondary = Json::array(), arms = Json::object();
  for (std::size_t g = 0; g < result.goals.size(); ++g) goals.push_back(json_of(claim.goals[g], result.goals[g]));
  for (auto const& part : result.parts)
    parts.push_back({{"name", part.name},
                     {"title", json_of(part.title)},
                     {"difference", json_of(part.difference)},
                     {"p_value", number(part.p_value)},
                     {"holm", number(part.holm)}});
  for (std::size_t i = 0; i < result.secondary.size(); ++i) {
    auto entry = json_of(claim.secondary[i], result.secondary[i]);
    entry["holm"] = number(result.secondary_holm[i]);
    secondary.push_back(std::move(entry));
  }
  for (auto const& arm : claim.arms) arms[arm.name] = arm.file;
  Json out{{"claim", claim.id},
           {"if", json_of(claim.if_)},
           {"then", json_of(claim.then)},
           {"why", json_of(claim.why)},
           {"test", name_of(claim.test)},
           {"months", claim.months},
           {"arms", std::move(arms)},
           {"verdict", name_of(verdict)},
           {"verdict_unscreened", name_of(result.verdict)},
           {"assumptions", assumptions_text(scored)},
           {"goals", std::move(goals)},
           {"parts", std::move(parts)},
           {"secondary", std::move(secondary)},
           {"log_interaction", json_of(result.log_interaction)},
           {"share_above", json_of(result.level)},
           {"people", json_of(result.people)},
           {"cost_per_outcome", {{"net", json_of(result.net)}, {"gross", json_of(result.gross)}}},
           {"cost",
            {{"net", json_of(result.cost.net)},
             {"gross", json_of(result.cost.gross)},
             {"lines", json_of(result.cost.lines)},
             {"payers", json_of(result.cost.payers)}}},
           {"screening", nullptr},
           {"outside_experience", outside}};
  if (screening) out["screening"] = json_of(*screening);
  return out;
}

}  // namespace

std::string assumptions_text(ScoredClaim const& scored) {
  std::string out;
  if (!scored.screening) return out;
  for (auto const& mover : scored.screening->movers)
    for (auto const& [end, turn] : {std::pair{&mover.low, mover.turn_low}, std::pair{&mover.high, mover.turn_high}})
      if (turn != Turn::none)
        out += fmt::format("{}{}={}", out.empty() ? "" : "; ", mover.name, number_text(end->value));
  return out;
}

void print_scoreboard(std::ostream& out, Scoreboard const& board, Lang lang, std::size_t columns) {
  Page page(out, lang, columns);
  out << words(lang, Message::an_theory_title, board.claims.size(), board.area, board.replicates, board.scale,
               board.seed)
      << "\n\n";
  print_table_of(out, board, lang);
  out << "\n";
  for (Message const note :
       {Message::an_theory_note_verdicts, Message::an_theory_note_person, Message::an_theory_note_instrument,
        Message::an_theory_note_interval, Message::an_cost_note})
    page.line("", note);
  for (auto const& scored : board.claims) print_claim(out, scored, board, lang, columns);
}

void print_scoreboard_csv(std::ostream& out, Scoreboard const& board) {
  out << "claim,indicator,difference,ci_low,ci_high,people,cost_per_outcome_soles,verdict,assumptions\n";
  for (auto const& scored : board.claims)
    for (std::size_t g = 0; g < scored.result.goals.size(); ++g) {
      auto const& goal = scored.result.goals[g];
      bool const first = g == 0 && scored.claim.test != TestKind::interaction;
      out << csv_field(scored.claim.id) << ',' << csv_field(goal.indicator) << ','
          << field(goal.difference ? std::optional{goal.difference->mean} : std::nullopt) << ','
          << field(low_of(goal.difference)) << ',' << field(high_of(goal.difference)) << ','
          << (first && scored.result.people ? field(scored.result.people->mean) : "") << ','
          << (first ? field(scored.result.net.value) : "") << ',' << name_of(scored.verdict) << ','
          << csv_field(assumptions_text(scored)) << "\n";
    }
}

void print_scoreboard_json(std::ostream& out, Scoreboard const& board) {
  auto claims = Json::array();
  for (auto const& scored : board.claims) claims.push_back(json_of(scored));
  Json const all{{"area", board.area},     {"start", board.start.text()},    {"scale", board.scale},
                 {"seed", board.seed},     {"replicates", board.replicates}, {"version", board.version},
                 {"commit", board.commit}, {"claims", std::move(claims)}};
  out << all.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace arraigo::analysis
