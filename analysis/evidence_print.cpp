#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "analysis/evidence.hpp"
#include "analysis/text_output.hpp"
#include "core/numbers.hpp"

namespace arraigo::analysis {
namespace {

using Json = nlohmann::ordered_json;

Message word_of(EvidenceVerdict verdict) {
  switch (verdict) {
    case EvidenceVerdict::within: return Message::ev_within;
    case EvidenceVerdict::same_order: return Message::ev_same_order;
    case EvidenceVerdict::same_sign: return Message::ev_same_sign;
    case EvidenceVerdict::undecided: return Message::ev_undecided;
    case EvidenceVerdict::outside: return Message::ev_outside;
    case EvidenceVerdict::unmeasured: break;
  }
  return Message::ev_unmeasured;
}
/// A bound or a sign is kept or not; a size is met more or less.
std::string verdict_words(EvidenceRow const& row, Lang lang) {
  bool const is_size = row.published.kind == EffectKind::effect || row.published.kind == EffectKind::level;
  bool const spans_zero = row.interval && row.interval->holds(0);
  if (row.verdict == EvidenceVerdict::outside && !spans_zero && (row.published.kind == EffectKind::sign || row.published.kind == EffectKind::effect)) return words(lang, Message::ev_other_sign);
  if (row.verdict == EvidenceVerdict::within && !is_size) return words(lang, Message::ev_holds);
  return words(lang, word_of(row.verdict));
}

/// Decimals that show a published figure as it was published.
int decimals_of(PublishedEffect const& e) {
  double const size = std::max(std::abs(e.low), std::abs(e.high));
  return size < 1 || e.low * 10 != std::round(e.low * 10) ? 2 : 1;
}
std::string with_unit(std::string const& number, PublishedEffect const& e) { return number + (e.unit == "%" ? " %" : " pp"); }

std::string published_words(PublishedEffect const& e, Lang lang) {
  int const decimals = e.low == std::round(e.low) && e.high == std::round(e.high) ? 0 : decimals_of(e);
  auto const number = [&](double value) { return format_number(value, decimals, lang, e.kind == EffectKind::effect || e.kind == EffectKind::bound ? Sign::always : Sign::when_negative); };
  switch (e.kind) {
    case EffectKind::sign: return words(lang, e.low > 0 ? Message::ev_rises : Message::ev_falls);
    case EffectKind::at_least: return "≥ " + with_unit(number(e.low), e);
    case EffectKind::at_most: return "≤ " + with_unit(number(e.high), e);
    default: return with_unit(e.low == e.high ? number(e.low) : words(lang, Message::ev_range, number(e.low), number(e.high)), e);
  }
}
/// Decimals of what the model shows: as many as the figure has, and as show on which side of zero it lies.
int model_decimals(EvidenceRow const& row) { return decimals_that_show(row.mean, row.interval, std::max(1, decimals_of(row.published))); }
std::string model_words(EvidenceRow const& row, double value, Lang lang) {
  bool const is_level = row.published.kind == EffectKind::level || row.published.kind == EffectKind::at_least;
  return format_number(value, model_decimals(row), lang, is_level ? Sign::when_negative : Sign::always);
}

struct Line {
  std::string id, what, place, published, model, interval, total, verdict;
};
Line head(Lang lang) {
  auto const w = [&](Message m) { return words(lang, m); };
  return {"", w(Message::ev_what), w(Message::ev_place), w(Message::ev_published), w(Message::ev_model), "95 %", w(Message::ev_total), w(Message::ev_verdict)};
}
Line line_of(EvidenceRow const& row, Lang lang) {
  auto const& e = row.published;
  Line line{e.id, e.title(lang), e.place(lang) + (e.is_transfer() ? " *" : ""), published_words(e, lang), {}, {}, {}, verdict_words(row, lang)};
  if (row.replicates > 0) line.model = model_words(row, row.mean, lang);
  if (row.interval) line.interval = interval_text(*row.interval, model_decimals(row), lang, Sign::when_negative);
  if (row.total) line.total = model_words(row, *row.total, lang);
  if (!e.conflicts.empty()) line.verdict += " (" + words(lang, Message::ev_conflict, e.conflicts) + ")";
  return line;
}
std::string title_of(Evidence const& evidence, Lang lang) { return words(lang, Message::ev_title, evidence.area, evidence.scale, evidence.replicates); }
std::vector<std::string> notes_of(Evidence const& evidence, Lang lang) {
  std::vector<std::string> notes;
  std::array<std::size_t, 6> counts{};
  for (auto const& row : evidence.rows) ++counts[static_cast<std::size_t>(row.verdict)];
  auto const of = [&](EvidenceVerdict v) { return counts[static_cast<std::size_t>(v)]; };
  notes.push_back(words(lang, Message::ev_counts, evidence.rows.size(), of(EvidenceVerdict::within), of(EvidenceVerdict::same_order), of(EvidenceVerdict::same_sign),
                        of(EvidenceVerdict::undecided), of(EvidenceVerdict::outside)));
  notes.push_back(words(lang, Message::ev_transfer));
  notes.push_back(words(lang, Message::ev_how, same_order_factor, same_level_factor));
  notes.push_back(words(lang, Message::ev_total_note));
  return notes;
}
Json number(std::optional<double> value) {
  if (!value) return nullptr;
  return *value + 0.0;
}

}  // namespace

void print_evidence(std::ostream& out, Evidence const& evidence, Lang lang, std::size_t columns) {
  std::vector<Line> lines{head(lang)};
  for (auto const& row : evidence.rows) lines.push_back(line_of(row, lang));
  std::array<std::string Line::*, 7> const cells{&Line::id, &Line::place, &Line::published, &Line::model, &Line::interval, &Line::total, &Line::verdict};
  std::array<std::size_t, 7> widths{};
  for (auto const& line : lines)
    for (std::size_t c = 0; c < cells.size(); ++c) widths[c] = std::max(widths[c], display_width(line.*cells[c]));
  for (auto const& part : wrapped(title_of(evidence, lang), columns)) out << part << "\n";
  out << "\n";
  // What is measured stands in a line of its own: titles are longer than a terminal leaves room for.
  auto const print = [&](Line const& line) {
    std::string text;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      bool const is_number = c >= 3 && c <= 5;
      text += "  " + (is_number ? pad_left(line.*cells[c], widths[c]) : pad_right(line.*cells[c], widths[c]));
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << "\n";
  };
  print(lines.front());
  for (std::size_t i = 0; i < evidence.rows.size(); ++i) {
    auto const& row = evidence.rows[i];
    out << "  " << lines[i + 1].what << "\n";
    print(lines[i + 1]);
    if (auto const& note = row.published.note(lang); !note.empty())
      for (auto const& part : wrapped(note, columns - 6)) out << "      " << part << "\n";
  }
  out << "\n";
  for (auto const& note : notes_of(evidence, lang))
    for (auto const& part : wrapped(note, columns)) out << part << "\n";
}

void print_evidence_csv(std::ostream& out, Evidence const& evidence) {
  out << "id,experiment,outcome,kind,unit,place,transfer,published_low,published_high,replicates,model,ci_low,ci_high,total,total_share,verdict,conflicts,source\n";
  constexpr std::array<char const*, 6> kinds{"effect", "level", "sign", "bound", "at_least", "at_most"};
  auto const field = [](std::optional<double> value) { return value ? number_text(*value + 0.0) : std::string{}; };
  for (auto const& row : evidence.rows) {
    auto const& e = row.published;
    auto const low = row.interval ? std::optional{row.interval->low} : std::nullopt, high = row.interval ? std::optional{row.interval->high} : std::nullopt;
    out << fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(e.id), csv_field(e.experiment), csv_field(e.outcome), kinds[static_cast<std::size_t>(e.kind)], e.unit,
                       csv_field(e.place_en), e.is_transfer() ? 1 : 0, number_text(e.low), number_text(e.high), row.replicates, field(row.replicates > 0 ? std::optional{row.mean} : std::nullopt), field(low),
                       field(high), field(row.total), field(row.total_share()), name_of(row.verdict), csv_field(e.conflicts), csv_field(e.source));
  }
}

void print_evidence_json(std::ostream& out, Evidence const& evidence) {
  Json rows = Json::array();
  for (auto const& row : evidence.rows) {
    auto const& e = row.published;
    rows.push_back({{"id", e.id}, {"experiment", e.experiment}, {"outcome", e.outcome}, {"title_es", e.title_es}, {"title_en", e.title_en}, {"unit", e.unit}, {"place", e.place_en}, {"transfer", e.is_transfer()},
                    {"published_low", e.low}, {"published_high", e.high}, {"replicates", row.replicates}, {"model", number(row.replicates > 0 ? std::optional{row.mean} : std::nullopt)},
                    {"ci_low", number(row.interval ? std::optional{row.interval->low} : std::nullopt)}, {"ci_high", number(row.interval ? std::optional{row.interval->high} : std::nullopt)},
                    {"total", number(row.total)}, {"total_share", number(row.total_share())}, {"verdict", name_of(row.verdict)}, {"conflicts", e.conflicts}, {"source", e.source}});
  }
  out << Json{{"area", evidence.area}, {"scale", evidence.scale}, {"replicates", evidence.replicates}, {"version", evidence.version}, {"commit", evidence.commit}, {"rows", rows}}.dump(2) << "\n";
}

void print_evidence_markdown(std::ostream& out, Evidence const& evidence, Lang lang) {
  auto const h = head(lang);
  out << fmt::format("| | {} | {} | {} | {} | 95 % | {} | {} |\n|---|---|---|---|---|---|---|---|\n", h.what, h.place, h.published, h.model, h.total, h.verdict);
  for (auto const& row : evidence.rows) {
    auto const line = line_of(row, lang);
    out << fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", line.id, line.what, line.place, line.published, line.model, line.interval, line.total, line.verdict);
  }
  out << "\n";
  for (auto const& note : notes_of(evidence, lang)) out << note << "\n";
}

}  // namespace arraigo::analysis
