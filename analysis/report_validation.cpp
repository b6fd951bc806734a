#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/report_parts.hpp"
#include "analysis/validation_lines.hpp"

namespace arraigo::analysis {
namespace {

std::string one_decimal(ReportRuns const& runs, std::optional<double> value) {
  return value ? format_number(*value, 1, runs.lang) : runs.say(Message::an_undefined);
}

/// Months stay on one line.
Markup words_cell(ValidationLine const& line, std::size_t column) {
  return element("td", {{"class", column == ValidationColumn::when ? "when" : ""}}, escaped(line[column]));
}

/// Figures that were compared, of one set, in the table's order.
std::vector<FigureResult const*> compared_in(Validation const& validation, FigureSet set) {
  std::vector<FigureResult const*> found;
  for (auto const& figure : validation.figures)
    if (figure.figure.set == set && figure.reason == NotCompared::compared) found.push_back(&figure);
  return found;
}

Markup verdict(ReportRuns const& runs, Validation const& validation) {
  auto const score = score_of(validation, FigureSet::held_out);
  constexpr double wanted = 0.95;
  Markup content = paragraph(runs.say(Message::rp_validation_inside, score.inside, score.figures,
                                      format_number(wanted * static_cast<double>(score.figures), 0, runs.lang)),
                             "answer");
  if (auto const warning = warning_of_few(validation.replicates, validation.parameter_sets, runs.lang); !warning.empty()) content += paragraph(warning);
  if (score.with_naive > 0) {
    auto const nearer = [&](bool is) { return " " + runs.say(is ? Message::va_nearer : Message::va_not_nearer); };
    std::string sentence = runs.say(Message::rp_validation_error, score.with_naive, one_decimal(runs, score.model_there), one_decimal(runs, score.carried)) + nearer(score.beats_carried());
    if (score.with_trend > 0)
      sentence += " " + runs.say(Message::va_score_trend, score.with_trend, one_decimal(runs, score.model_on_trend), one_decimal(runs, score.trend)) + nearer(score.beats_trend());
    content += paragraph(sentence);
  }
  return content + paragraph(runs.say(score.beats_all() ? Message::rp_validation_means_near : Message::rp_validation_means_far));
}

Markup scores(ReportRuns const& runs, Validation const& validation) {
  Markup body;
  for (auto const set : sets_in_order) {
    auto const score = score_of(validation, set);
    if (score.figures == 0) continue;
    auto const cell = [&](std::optional<double> value) { return number_cell(one_decimal(runs, value), value); };
    body += element("tr", row_head(runs.say(title_of(set))) +
                              number_cell(fmt::format("{} / {}", score.inside, score.figures), static_cast<double>(score.inside)) +
                              cell(score.model) + number_cell(std::to_string(score.with_naive), static_cast<double>(score.with_naive)) +
                              cell(score.model_there) + cell(score.carried) + number_cell(std::to_string(score.with_trend), static_cast<double>(score.with_trend)) +
                              cell(score.model_on_trend) + cell(score.trend));
  }
  Markup head = column_head(runs.say(Message::rp_validation_set), false);
  for (Message const title : {Message::rp_validation_within, Message::rp_validation_model, Message::rp_validation_shared,
                              Message::rp_validation_model_there, Message::rp_validation_carried, Message::rp_validation_with_trend,
                              Message::rp_validation_model_there, Message::rp_validation_trend})
    head += column_head(runs.say(title), true);
  return table("validation-scores", runs.say(Message::rp_validation_sets), element("tr", head), body);
}

/// The published figure at zero, the model beside it: figures of any unit on one scale.
std::vector<Whisker> off_published(FigureResult const& figure) {
  if (!(figure.value > 0)) return {};
  auto const percent = [&](double value) { return 100 * (value / figure.value - 1); };
  double const half = normal_quantile_975 * figure.standard_error;
  return {{0, 0.0, Interval{percent(figure.value - half), percent(figure.value + half)}},
          {1, percent(figure.mean), Interval{percent(figure.interval.low), percent(figure.interval.high)}}};
}

Markup misses(ReportRuns const& runs, std::vector<FigureResult const*> figures) {
  constexpr std::size_t most = 10;
  std::stable_sort(figures.begin(), figures.end(), [](auto const* a, auto const* b) {
    return std::abs(a->errors_off(a->mean)) > std::abs(b->errors_off(b->mean));
  });
  if (figures.size() > most) figures.resize(most);
  std::vector<Whisker> all;
  for (auto const* figure : figures)
    for (auto const& whisker : off_published(*figure)) all.push_back(whisker);
  Span const span = span_of(all);
  constexpr std::array columns{ValidationColumn::when, ValidationColumn::published, ValidationColumn::model, ValidationColumn::interval,
                               ValidationColumn::errors_off};
  auto const titles = validation_header(runs.lang);
  Markup head = column_head(titles[ValidationColumn::title], false);
  for (auto const column : columns) head += column_head(titles[column], !is_words(column));
  head += element("th", {{"scope", "col"}, {"class", "drawn"}}, runs.charts.scale(span));
  Markup body;
  for (auto const* figure : figures) {
    auto const line = validation_line(*figure, runs.lang);
    Markup cells = row_head(line[ValidationColumn::title]);
    for (auto const column : columns) {
      bool const is_model = column == ValidationColumn::model, is_error = column == ValidationColumn::errors_off;
      cells += is_words(column) ? words_cell(line, column)
                                : number_cell(line[column], is_model   ? std::optional{figure->mean}
                                                                     : is_error ? std::optional{figure->errors_off(figure->mean)}
                                                                                : std::nullopt);
    }
    body += element("tr", cells + element("td", {{"class", "drawn"}}, runs.charts.whiskers(off_published(*figure), span)));
  }
  return table("validation-misses", runs.say(Message::rp_validation_misses), element("tr", head), body) +
         paragraph(runs.say(Message::rp_validation_picture), "note");
}

Markup whole_table(ReportRuns const& runs, Validation const& validation) {
  auto const titles = validation_header(runs.lang);
  Markup head, body;
  for (std::size_t c = 0; c < ValidationColumn::count; ++c) head += column_head(titles[c], !is_words(c));
  head += column_head(runs.say(Message::rp_validation_source), false);
  std::size_t count = 0;
  for (auto const set : sets_in_order) {
    auto const figures = compared_in(validation, set);
    count += figures.size();
    if (figures.empty()) continue;
    body += element("tr", element("th", {{"class", "part"}, {"scope", "colgroup"}, {"colspan", std::to_string(ValidationColumn::count + 1)}},
                                  escaped(runs.say(title_of(set)))));
    for (auto const* figure : figures) {
      auto const line = validation_line(*figure, runs.lang);
      Markup cells = row_head(line[ValidationColumn::title]);
      for (std::size_t c = ValidationColumn::when; c < ValidationColumn::count; ++c)
        cells += is_words(c) ? words_cell(line, c) : number_cell(line[c], {});
      body += element("tr", cells + text_cell(figure->figure.source));
    }
  }
  Markup content = table("validation", "", element("tr", head), body);
  Markup left_out;
  for (auto const& figure : validation.figures)
    if (figure.reason != NotCompared::compared) left_out += element("li", why_left_out(figure, runs.lang));
  if (!left_out.empty()) content += paragraph(runs.say(Message::va_left_out)) + element("ul", {{"class", "close"}}, left_out);
  return folded(runs.say(Message::rp_validation_all, count), content);
}

}  // namespace

Markup validation_part(ReportRuns const& runs) {
  auto const& history = *runs.context.history;
  auto const& validation = history.validation;
  Markup content = heading("h2", "validation", runs.say(Message::rp_validation));
  content += paragraph(runs.say(Message::rp_validation_run, month_in_words(validation.start.text(), runs.lang),
                                month_in_words((validation.start + (validation.months - 1)).text(), runs.lang),
                                runs.words_of(history.area_es, history.area_en), validation.replicates, validation.scale));
  if (history.area_en != runs.context.area_en)
    content += paragraph(runs.say(Message::rp_validation_area, runs.words_of(runs.context.area_es, runs.context.area_en)), "note");
  content += verdict(runs, validation) + scores(runs, validation) + misses(runs, compared_in(validation, FigureSet::held_out)) +
             whole_table(runs, validation);
  content += paragraph(note_of_intervals(validation, runs.lang), "note");
  if (std::any_of(validation.figures.begin(), validation.figures.end(),
                  [](auto const& figure) { return figure.figure.unit == "soles" && figure.reason == NotCompared::compared; }))
    content += paragraph(runs.say(Message::va_note_money), "note");
  if (!validation.whole_country) content += paragraph(runs.say(Message::va_note_area), "note");
  return content + paragraph(runs.say(Message::va_note_fit), "note");
}

}  // namespace arraigo::analysis
