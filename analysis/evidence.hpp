/// Published causal effects against virtual experiments (sim/evidence): what a study found, what the model finds with the study's
/// own comparison, and whether the two agree in sign, in order of magnitude, and within the interval.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "analysis/inference.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

/// What the published figure says.
enum class EffectKind {
  effect,    ///< a size, or a range of sizes
  level,     ///< a share or gap that was counted, no effect
  sign,      ///< a direction alone: low and high are both 1 or -1
  bound,     ///< nothing beyond low and high
  at_least,
  at_most,
};
struct PublishedEffect {
  std::string id, experiment, outcome, unit, place_es, place_en, conflicts, title_es, title_en, note_es, note_en, source;
  EffectKind kind{};
  double low = 0, high = 0;  ///< as published; equal where one figure was
  [[nodiscard]] std::string const& title(Lang lang) const { return lang == Lang::es ? title_es : title_en; }
  [[nodiscard]] std::string const& note(Lang lang) const { return lang == Lang::es ? note_es : note_en; }
  [[nodiscard]] std::string const& place(Lang lang) const { return lang == Lang::es ? place_es : place_en; }
  /// Of another country: says what may be expected here, not what must be.
  [[nodiscard]] bool is_transfer() const { return place_en != "Peru"; }
};
/// The table of published effects. InputError with every mistake found.
[[nodiscard]] std::vector<PublishedEffect> read_effects(std::filesystem::path const& file);

enum class EvidenceVerdict {
  within,      ///< the model's interval and the published figure or range meet
  same_order,  ///< same sign, and within same_order_factor of the nearest published size (of levels: same_level_factor)
  same_sign,
  undecided,   ///< too few replicates to tell from zero, or from the bound
  outside,     ///< beyond a bound or level, or the other sign
  unmeasured,  ///< nobody to compare
};
/// Sizes that differ by less than this factor are of one order (assumption: half a power of ten [2-5]).
inline constexpr double same_order_factor = 3;
/// Levels are counted, not estimated: near is within a quarter (assumption [1.1-1.5]).
inline constexpr double same_level_factor = 1.25;

/// `is_percentage`: a level is a share in hundredths, whose rest counts as much as itself.
[[nodiscard]] EvidenceVerdict verdict_of(EffectKind kind, double low, double high, double mean, std::optional<Interval> const& interval, bool is_percentage = false);
[[nodiscard]] char const* name_of(EvidenceVerdict verdict);  ///< as files have it

struct EvidenceRow {
  PublishedEffect published;
  std::size_t replicates = 0;        ///< that gave a value
  double mean = 0;                   ///< of the study's comparison
  std::optional<Interval> interval;  ///< 95 %, of chance between replicates
  std::optional<double> total;       ///< everybody treated against nobody
  EvidenceVerdict verdict = EvidenceVerdict::unmeasured;
  /// How much of what the comparison within one run shows is left when everybody is treated.
  [[nodiscard]] std::optional<double> total_share() const { return total && mean != 0 ? std::optional{*total / mean} : std::nullopt; }
};
/// `values` and `totals`: by replicate, without those that gave none.
[[nodiscard]] EvidenceRow judge(PublishedEffect published, std::span<double const> values, std::span<double const> totals);

struct Evidence {
  std::vector<EvidenceRow> rows;  ///< in the order of the table
  int replicates = 0, scale = 0;
  std::string area, version, commit;
};
void print_evidence(std::ostream& out, Evidence const& evidence, Lang lang, std::size_t columns);
void print_evidence_csv(std::ostream& out, Evidence const& evidence);
void print_evidence_json(std::ostream& out, Evidence const& evidence);
/// The table in Markdown, for documents.
void print_evidence_markdown(std::ostream& out, Evidence const& evidence, Lang lang);

}  // namespace arraigo::analysis
