#include "analysis/evidence.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/csv.hpp"

namespace arraigo::analysis {
namespace {

constexpr std::array<std::string_view, 6> kind_names{"effect", "level", "sign", "bound", "at_least", "at_most"};
constexpr std::array<std::string_view, 2> unit_names{"%", "pp"};

PublishedEffect effect_of(CsvTable const& t, std::size_t r) {
  PublishedEffect e;
  e.id = t.required_text(r, "id");
  e.experiment = t.required_text(r, "experiment");
  e.outcome = t.required_text(r, "outcome");
  e.kind = static_cast<EffectKind>(t.choice(r, "kind", kind_names));
  e.low = t.number(r, "low", -1e6, 1e6);
  e.high = t.number(r, "high", -1e6, 1e6);
  if (e.high < e.low) t.mistake(r, "high", say(Message::ev_backwards));
  if (e.kind == EffectKind::sign && (std::abs(e.low) != 1 || e.low != e.high)) t.mistake(r, "low", say(Message::ev_sign));
  e.unit = unit_names[t.choice(r, "unit", unit_names)];
  e.place_es = t.required_text(r, "place_es");
  e.place_en = t.required_text(r, "place_en");
  e.conflicts = t.text(r, "conflicts");
  e.title_es = t.required_text(r, "title_es");
  e.title_en = t.required_text(r, "title_en");
  e.note_es = t.text(r, "note_es");
  e.note_en = t.text(r, "note_en");
  if (e.note_es.empty() != e.note_en.empty()) t.mistake(r, e.note_es.empty() ? "note_es" : "note_en", say(Message::va_both_or_none, "note_es", "note_en"));
  e.source = t.required_text(r, "source");
  return e;
}

}  // namespace

std::vector<PublishedEffect> read_effects(std::filesystem::path const& file) {
  Errors errors;
  auto const t = CsvTable::read(file, {"id", "experiment", "outcome", "kind", "low", "high", "unit", "place_es", "place_en", "conflicts", "title_es", "title_en", "note_es", "note_en", "source"}, errors);
  std::vector<PublishedEffect> effects;
  for (std::size_t r = 0; r < t.rows(); ++r) {
    effects.push_back(effect_of(t, r));
    if (std::any_of(effects.begin(), effects.end() - 1, [&](auto const& before) { return before.id == effects.back().id; })) t.mistake(r, "id", say(Message::va_id_twice));
  }
  errors.throw_if_any();
  return effects;
}

EvidenceVerdict verdict_of(EffectKind kind, double low, double high, double mean, std::optional<Interval> const& interval, bool is_percentage) {
  if (!std::isfinite(mean)) return EvidenceVerdict::unmeasured;
  if (!interval) return EvidenceVerdict::undecided;  // one replicate says nothing of chance
  auto const [from, to] = *interval;
  if (kind == EffectKind::bound || kind == EffectKind::at_least || kind == EffectKind::at_most) {
    bool const beyond_high = kind != EffectKind::at_least && from > high, beyond_low = kind != EffectKind::at_most && to < low;
    if (beyond_high || beyond_low) return EvidenceVerdict::outside;
    bool const below = kind == EffectKind::at_least || to <= high, above = kind == EffectKind::at_most || from >= low;
    return below && above ? EvidenceVerdict::within : EvidenceVerdict::undecided;
  }
  bool const is_positive = low + high > 0, spans_zero = from <= 0 && to >= 0;
  if (kind == EffectKind::sign) return spans_zero ? EvidenceVerdict::undecided : (mean > 0) == is_positive ? EvidenceVerdict::within : EvidenceVerdict::outside;
  bool const apart = from > high || to < low;
  // An interval that spans zero may hold the published size for being wide alone: it tells nothing, but for one that leaves it out.
  if (spans_zero) return apart ? EvidenceVerdict::outside : EvidenceVerdict::undecided;
  if (!apart) return EvidenceVerdict::within;
  if ((mean > 0) != is_positive) return EvidenceVerdict::outside;
  double const factor = kind == EffectKind::level ? same_level_factor : same_order_factor;
  auto const near = [&](double size, double a, double b) { return size * factor >= std::min(a, b) && size <= factor * std::max(a, b); };
  // Of a share the rest must be near too: 97 and 92 in a hundred are as far apart as 3 and 8.
  bool const rest_is_near = kind != EffectKind::level || !is_percentage || near(100 - mean, 100 - low, 100 - high);
  if (near(std::abs(mean), std::abs(low), std::abs(high)) && rest_is_near) return EvidenceVerdict::same_order;
  return kind == EffectKind::level ? EvidenceVerdict::outside : EvidenceVerdict::same_sign;
}

char const* name_of(EvidenceVerdict verdict) {
  constexpr std::array<char const*, 6> names{"within", "same_order", "same_sign", "undecided", "outside", "unmeasured"};
  return names[static_cast<std::size_t>(verdict)];
}

EvidenceRow judge(PublishedEffect published, std::span<double const> values, std::span<double const> totals) {
  EvidenceRow row;
  row.published = std::move(published);
  row.replicates = values.size();
  if (!totals.empty()) row.total = std::accumulate(totals.begin(), totals.end(), 0.0) / static_cast<double>(totals.size());
  if (values.empty()) return row;
  auto const summary = summarise_pairs(values);
  row.mean = summary.mean;
  row.interval = summary.interval;
  row.verdict = verdict_of(row.published.kind, row.published.low, row.published.high, row.mean, row.interval, row.published.unit == "%");
  return row;
}

}  // namespace arraigo::analysis
