#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "analysis/text_output.hpp"
#include "analysis/validation.hpp"
#include "analysis/validation_lines.hpp"
#include "core/numbers.hpp"

namespace arraigo::analysis {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<char const*, 5> reason_names{"", "months", "variable", "whole_country", "undefined"};
char const* name_of(NotCompared reason) { return reason_names[static_cast<std::size_t>(reason)]; }

int decimals_of(PublishedFigure const& figure) { return figure.unit == "%" ? 1 : 0; }

std::string months_of(PublishedFigure const& figure) {
  return figure.from == figure.to ? figure.to.text() : figure.from.text() + ".." + figure.to.text();
}

using Line = ValidationLine;

void print_lines(std::ostream& out, std::vector<Line> const& lines) {
  std::array<std::size_t, ValidationColumn::count> widths{};
  for (auto const& line : lines)
    for (std::size_t c = 0; c < ValidationColumn::count; ++c) widths[c] = std::max(widths[c], display_width(line[c]));
  for (auto const& line : lines) {
    std::string printed;
    for (std::size_t c = 0; c < ValidationColumn::count; ++c) {
      bool const is_text = is_words(c);
      printed += "  " + (is_text ? pad_right(line[c], widths[c]) : pad_left(line[c], widths[c]));
    }
    printed.erase(printed.find_last_not_of(' ') + 1);
    out << printed << "\n";
  }
}

void print_score(std::ostream& out, SetScore const& score, Lang lang, std::size_t columns) {
  auto const line = [&](std::string const& text) {
    for (auto const& part : wrapped(text, columns - 2)) out << "  " << part << "\n";
  };
  auto const one = [&](std::optional<double> value) { return value ? format_number(*value, 1, lang) : words(lang, Message::an_undefined); };
  line(words(lang, Message::va_score, score.inside, score.figures, one(score.model)));
  if (score.with_naive == 0) return;
  line(words(lang, Message::va_score_naive, score.with_naive, one(score.model_there), one(score.carried)) + " " + words(lang, score.beats_carried() ? Message::va_nearer : Message::va_not_nearer));
  if (score.with_trend == 0) return;
  line(words(lang, Message::va_score_trend, score.with_trend, one(score.model_on_trend), one(score.trend)) + " " + words(lang, score.beats_trend() ? Message::va_nearer : Message::va_not_nearer));
}

std::optional<double> when_compared(FigureResult const& r, double value) {
  return r.reason == NotCompared::compared ? std::optional{value} : std::nullopt;
}
std::string field(std::optional<double> value) { return value ? number_text(*value + 0.0) : std::string{}; }
Json number(std::optional<double> value) {
  if (!value) return nullptr;
  return *value + 0.0;
}

struct Named {
  char const* name;
  std::optional<double> value;
};
/// What CSV and JSON say of a figure in numbers, in their order.
std::array<Named, 10> numbers_of(FigureResult const& r) {
  auto const off = [&](std::optional<double> forecast) { return forecast ? std::optional{r.errors_off(*forecast)} : std::nullopt; };
  return {{{"published", r.value},
           {"standard_error", r.standard_error},
           {"model", when_compared(r, r.mean)},
           {"low", when_compared(r, r.interval.low)},
           {"high", when_compared(r, r.interval.high)},
           {"error", when_compared(r, r.mean - r.value)},
           {"error_in_standard_errors", when_compared(r, r.errors_off(r.mean))},
           {"carried", r.carried},
           {"carried_in_standard_errors", off(r.carried)},
           {"trend_in_standard_errors", off(r.trend)}}};
}

}  // namespace

Message title_of(FigureSet set) {
  switch (set) {
    case FigureSet::held_out: return Message::va_set_held_out;
    case FigureSet::calibration: return Message::va_set_calibration;
    default: return Message::va_set_fitted;
  }
}

ValidationLine validation_header(Lang lang) {
  constexpr std::array<Message, ValidationColumn::count> texts{
      Message::va_figure, Message::va_when, Message::va_published, Message::va_model, Message::va_interval, Message::va_error,
       Message::va_errors_off, Message::va_where, Message::va_carried, Message::va_trend};
  ValidationLine line;
  for (std::size_t c = 0; c < ValidationColumn::count; ++c) line[c] = words(lang, texts[c]);
  return line;
}

ValidationLine validation_line(FigureResult const& r, Lang lang) {
  auto const& f = r.figure;
  int const decimals = decimals_of(f);
  ValidationLine line;
  line[ValidationColumn::title] = f.title(lang) + ", " + unit_in(f.unit, lang);
  line[ValidationColumn::when] = months_of(f);
  line[ValidationColumn::published] =
      format_number(r.value, decimals, lang) + " (" + format_number(r.standard_error, decimals, lang) + ")";
  line[ValidationColumn::model] = format_number(r.mean, decimals, lang);
  line[ValidationColumn::interval] = interval_text(r.interval, decimals, lang, Sign::when_negative);
  line[ValidationColumn::error] = format_number(r.mean - r.value, decimals, lang, Sign::always);
  line[ValidationColumn::errors_off] = format_number(r.errors_off(r.mean), 1, lang, Sign::always);
  line[ValidationColumn::where] = words(lang, r.is_inside() ? Message::va_inside : Message::va_outside);
  if (r.carried) line[ValidationColumn::carried] = format_number(r.errors_off(*r.carried), 1, lang, Sign::always);
  if (r.trend) line[ValidationColumn::trend] = format_number(r.errors_off(*r.trend), 1, lang, Sign::always);
  return line;
}

std::string why_left_out(FigureResult const& r, Lang lang) {
  switch (r.reason) {
    case NotCompared::months: return words(lang, Message::va_not_months, r.figure.title(lang), months_of(r.figure));
    case NotCompared::variable: return words(lang, Message::va_not_variable, r.figure.title(lang), r.missing);
    case NotCompared::whole_country: return words(lang, Message::va_not_country, r.figure.title(lang));
    default: return words(lang, Message::va_not_defined, r.figure.title(lang));
  }
}

std::string warning_of_few(int replicates, int parameter_sets, Lang lang) {
  int const few = parameter_sets > 1 ? parameter_sets : replicates;
  if (few >= least_replicates_to_judge) return {};
  if (few < 2) return words(lang, Message::va_one_replicate, least_replicates_to_judge);
  return words(lang, parameter_sets > 1 ? Message::va_few_sets : Message::va_few_replicates, few, format_number(widening_by_few(few), 1, lang), least_replicates_to_judge);
}

std::string note_of_intervals(Validation const& validation, Lang lang) {
  return validation.parameter_sets > 1 ? words(lang, Message::va_note_interval_sets, validation.parameter_sets) : words(lang, Message::va_note_interval, validation.replicates);
}

void print_validation(std::ostream& out, Validation const& validation, Lang lang, std::size_t columns) {
  out << words(lang, Message::va_title, validation.run, validation.area, validation.start.text(), (validation.start + (validation.months - 1)).text(), validation.replicates,
               validation.scale)
      << "\n";
  for (auto const set : sets_in_order) {
    std::vector<Line> lines;
    for (auto const& r : validation.figures)
      if (r.figure.set == set && r.reason == NotCompared::compared) lines.push_back(validation_line(r, lang));
    if (lines.empty()) continue;
    lines.insert(lines.begin(), validation_header(lang));
    out << "\n" << words(lang, title_of(set)) << "\n";
    print_lines(out, lines);
    print_score(out, score_of(validation, set), lang, columns);
  }
  auto const any = [&](auto const& holds) { return std::any_of(validation.figures.begin(), validation.figures.end(), holds); };
  if (any([](auto const& r) { return r.reason != NotCompared::compared; })) {
    out << "\n" << words(lang, Message::va_left_out) << "\n";
    for (auto const& r : validation.figures)
      if (r.reason != NotCompared::compared) out << "  " << why_left_out(r, lang) << "\n";
  }
  out << "\n";
  auto const note = [&](std::string const& text) {
    for (auto const& line : wrapped(text, columns)) out << line << "\n";
  };
  note(note_of_intervals(validation, lang) + " " +
       (validation.parameter_sets > 0 ? words(lang, Message::va_note_parameters_in, validation.parameter_sets) : words(lang, Message::va_note_parameters_out)));
  if (auto const warning = warning_of_few(validation.replicates, validation.parameter_sets, lang); !warning.empty()) note("! " + warning);
  if (any([](auto const& r) { return r.figure.unit == "soles" && r.reason == NotCompared::compared; })) note(words(lang, Message::va_note_money));
  if (!validation.whole_country) note(words(lang, Message::va_note_area));
  note(words(lang, Message::va_note_fit));
}

void print_validation_csv(std::ostream& out, Validation const& validation) {
  out << "id,set,title,first_month,last_month,unit";
  for (auto const& [name, value] : numbers_of(FigureResult{})) out << ',' << name;
  out << ",inside,replicates,not_compared,error_basis,naive_source,note,source\n";
  for (auto const& r : validation.figures) {
    auto const& f = r.figure;
    out << csv_field(f.id) << ',' << name_of(f.set) << ',' << csv_field(f.title_en) << ',' << f.from.text() << ',' << f.to.text() << ',' << f.unit;
    for (auto const& [name, value] : numbers_of(r)) out << ',' << field(value);
    out << ',' << (r.reason != NotCompared::compared ? "" : r.is_inside() ? "inside" : "outside") << ',' << validation.replicates << ',' << name_of(r.reason) << ','
        << csv_field(f.error_basis) << ',' << csv_field(f.naive_source) << ',' << csv_field(f.note_en) << ',' << csv_field(f.source) << "\n";
  }
}

void print_validation_json(std::ostream& out, Validation const& validation) {
  auto figures = Json::array(), scores = Json::array();
  for (auto const& r : validation.figures) {
    auto const& f = r.figure;
    Json row{{"id", f.id}, {"set", name_of(f.set)}, {"title", f.title_en}, {"first_month", f.from.text()}, {"last_month", f.to.text()}, {"unit", f.unit}};
    for (auto const& [name, value] : numbers_of(r)) row[name] = number(value);
    row["inside"] = r.reason == NotCompared::compared ? Json(r.is_inside()) : Json(nullptr);
    row["not_compared"] = name_of(r.reason);
    row["error_basis"] = f.error_basis;
    row["naive_source"] = f.naive_source;
    row["note"] = f.note_en;
    row["source"] = f.source;
    figures.push_back(std::move(row));
  }
  for (auto const set : sets_in_order) {
    auto const score = score_of(validation, set);
    scores.push_back({{"set", name_of(set)},
                      {"figures", score.figures},
                      {"inside", score.inside},
                      {"model", number(score.model)},
                      {"with_naive", score.with_naive},
                      {"model_there", number(score.model_there)},
                      {"carried", number(score.carried)},
                      {"nearer_than_carried", score.with_naive == 0 ? Json(nullptr) : Json(score.beats_carried())},
                      {"with_trend", score.with_trend},
                      {"model_on_trend", number(score.model_on_trend)},
                      {"trend", number(score.trend)},
                      {"nearer_than_trend", score.with_trend == 0 ? Json(nullptr) : Json(score.beats_trend())}});
  }
  Json const all{{"run", validation.run},         {"area", validation.area},     {"start", validation.start.text()}, {"months", validation.months},
                 {"scale", validation.scale},     {"replicates", validation.replicates}, {"version", validation.version},   {"commit", validation.commit},
                 {"scores", std::move(scores)}, {"figures", std::move(figures)}};
  out << all.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace arraigo::analysis
