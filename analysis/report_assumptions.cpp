#include "analysis/report_assumptions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "analysis/report_parts.hpp"
#include "analysis/sensitivity_output.hpp"

namespace arraigo::analysis {
namespace {

/// Whether the assumptions can turn the sign of the difference within their ranges, in one sentence.
std::string sentence_of_sign(SweepReader const& sweep, SensitivityResult const& result, Lang lang) {
  if (result.base.empty()) return {};
  std::size_t above = 0, below = 0;
  for (double const effect : result.output) {
    above += effect > 0 ? 1 : 0;
    below += effect < 0 ? 1 : 0;
  }
  std::size_t const points = result.whole_rows, usual = std::max(above, below);
  if (usual == 0) return {};
  char const* const sign = above >= below ? "+" : "\u2212";
  if (usual == points) return words(lang, Message::rp_sign_holds, points, sign);
  std::string turning;
  // Those whose values differ between the points that turn it and the others, the clearest first.
  if (result.discovery && result.discovery->flips && !result.discovery->separations.empty()) {
    auto const& separations = result.discovery->separations;
    std::vector<std::size_t> clear;
    for (std::size_t k = 0; k < separations.size(); ++k)
      if (result.discovery->separations_remain[k]) clear.push_back(k);
    std::stable_sort(clear.begin(), clear.end(), [&](std::size_t a, std::size_t b) { return separations[a].distance > separations[b].distance; });
    constexpr std::size_t most_named = 3;
    for (std::size_t i = 0; i < std::min(clear.size(), most_named); ++i) {
      auto const& parameter = sweep.parameters()[result.parameters[clear[i]]];
      std::string const& title = lang == Lang::es ? parameter.title_es : parameter.title_en;
      turning += (turning.empty() ? "" : "; ") + (title.empty() || title == parameter.path ? parameter.path : fmt::format("{} ({})", title, parameter.path));
    }
  }
  return words(lang, turning.empty() ? Message::rp_sign_turns : Message::rp_sign_turns_by, points - usual, points, sign, turning);
}

}  // namespace

Sensitivity section_of(SweepReader const& sweep, SensitivityResult const& result, std::string const& title_es, std::string const& title_en) {
  Sensitivity section;
  section.alternative_es = title_es;
  section.alternative_en = title_en;
  section.indicator = result.indicator.name;
  section.method = measure_of(result.method);
  section.column = result.method == SensitivityMethod::morris  ? Message::se_column_mu_star
                   : result.method == SensitivityMethod::sobol ? Message::se_column_total
                                                               : Message::se_column_ranks;
  section.sweep = sweep.name();
  section.program = sweep.version();
  section.month = result.month;
  section.points = result.whole_rows;
  section.replicates = sweep.replicates();
  if (result.noise) section.chance = result.noise->share;
  for (std::size_t const k : result.order) {
    auto const& parameter = sweep.parameters()[result.parameters[k]];
    Sensitivity::Row row;
    row.name = parameter.path;
    row.title_es = parameter.title_es == parameter.path ? std::string{} : parameter.title_es;
    row.title_en = parameter.title_en == parameter.path ? std::string{} : parameter.title_en;
    auto const bar = bar_of(result, k);
    if (!bar) continue;
    row.part = bar->value;
    row.interval = bar->interval;
    row.alone = bar->alone;
    section.rows.push_back(std::move(row));
  }
  section.sign_es = sentence_of_sign(sweep, result, Lang::es);
  section.sign_en = sentence_of_sign(sweep, result, Lang::en);
  for (auto const& sentence : result.notes) section.notes.push_back({sentence.es, sentence.en});
  if (result.discovery && !result.discovery->boxes.empty()) {
    auto const& box = result.discovery->boxes.front();
    auto const in = [&](Lang lang) {
      std::string limits;
      for (auto const& limit : box.limits)
        limits += (limits.empty() ? "" : "; ") + limit_text(sweep.parameters()[result.parameters[limit.parameter]], limit, lang);
      Message const which = result.discovery->flips ? Message::se_box_flips : Message::se_box_cases;
      return words(lang, which, rule_text(result, lang), result.discovery->cases, result.discovery->rows.size(), limits,
                   format_number(100 * box.quality.density, 0, lang), format_number(100 * box.quality.coverage, 0, lang));
    };
    section.box_es = in(Lang::es);
    section.box_en = in(Lang::en);
  }
  return section;
}

Markup assumptions_part(ReportRuns const& runs) {
  constexpr std::size_t most_rows = 12;
  Markup content = heading("h2", "assumptions", runs.say(Message::rp_assumptions)) +
                   paragraph(runs.say(Message::rp_assumptions_note));
  for (auto const& found : runs.context.sensitivities) {
    auto const* indicator = find_indicator(runs.base.layout(), found.indicator);
    content += element("h3", title_line(indicator != nullptr ? title_of(*indicator, runs.lang) : found.indicator) + ": " +
                                 runs.words_of(found.alternative_es, found.alternative_en));
    content += paragraph(runs.say(Message::rp_assumptions_of, found.sweep, found.points, found.replicates,
                                  found.month == "mean" ? found.month : month_in_words(found.month, runs.lang)) +
                         " " + runs.say(found.method) +
                         (found.chance ? " " + runs.say(Message::rp_assumptions_chance, format_number(100 * *found.chance, 0, runs.lang)) : ""));
    if (std::string const sign = runs.words_of(found.sign_es, found.sign_en); !sign.empty()) content += paragraph(sign);
    std::vector<Bar> all;
    for (auto const& row : found.rows) all.push_back({row.part, row.interval, row.alone});
    auto const span = span_of(all);
    auto const lines = [&](std::size_t first, std::size_t end) {
      Markup body;
      for (std::size_t i = first; i < end; ++i) {
        auto const& row = found.rows[i];
        // Effects have a unit; shares and correlations need no third digit.
        auto const figure = [&](double value) {
          return found.column == Message::se_column_mu_star ? short_number(value, runs.lang) : format_number(value, 2, runs.lang);
        };
        std::string part = figure(row.part);
        if (row.interval) part += fmt::format(" [{}; {}]", figure(row.interval->low), figure(row.interval->high));
        std::string const title = runs.words_of(row.title_es, row.title_en);
        body += element("tr", row_head(title.empty() ? row.name : fmt::format("{} ({})", title_line(title), row.name)) +
                                  number_cell(part, row.part) + element("td", {{"class", "drawn"}}, runs.charts.bar(all[i], span)));
      }
      return body;
    };
    auto const rows_of = [&](std::size_t first, std::size_t end) {
      return table("assumptions", "",
                   element("tr", column_head(runs.say(Message::rp_assumption), false) + column_head(runs.say(found.column), true) +
                                     element("th", {{"scope", "col"}, {"class", "drawn"}}, runs.charts.scale(span))),
                   lines(first, end));
    };
    std::size_t const shown = std::min(found.rows.size(), most_rows);
    if (shown > 0) content += rows_of(0, shown);
    if (found.rows.size() > shown) content += folded(runs.say(Message::rp_assumptions_more, found.rows.size() - shown), rows_of(shown, found.rows.size()));
    std::string const box = runs.words_of(found.box_es, found.box_en);
    if (!box.empty()) content += paragraph(box);
    Markup items;
    for (auto const& sentence : found.notes) items += element("li", runs.words_of(sentence[0], sentence[1]));
    if (!found.notes.empty()) content += element("ul", {{"class", "close"}}, items);
  }
  return content;
}

}  // namespace arraigo::analysis
