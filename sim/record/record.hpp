/// What a run leaves behind, before it is a file: layout (which variables on which dimensions) and integer results.
/// Everything is counts and sums in people, soles or months, so that any aggregate's share is exact.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/month.hpp"

namespace arraigo {

/// How finely places are recorded.
enum class Detail { totals, zones, districts };

/// A named dimension besides `replicate` and `time`: district or zone, sex, age, origin, status, education, group, sector...
/// A person has one key of each, but for `group`, whose keys overlap: their sum is not the total.
struct Dimension {
  std::string name;                 ///< "district", "sex", ...
  std::vector<std::string> keys;    ///< coordinate values: ubigeos, "female", ...
  std::vector<std::string> label_es, label_en;  ///< one per key
  std::string title_es, title_en;
  std::string parent_name;          ///< what contains the keys: "zone" for districts; empty: nothing does
  std::vector<std::string> parent;  ///< one per key (the district's zone), so that sums by it can be read off; else empty
};

/// A recorded variable, int64 values on (replicate, time) or (replicate, time, one dimension).
struct Variable {
  std::string name;        ///< "employed", "employed_by_sex": base name, "_by_", dimension
  std::string base;        ///< "employed"
  int dimension = -1;      ///< index into RecordLayout::dimensions, -1: total of the area
  std::string units;       ///< "people", "soles", "months", "1"
  std::string title_es, title_en, definition_es, definition_en;
};

/// An indicator read off recorded variables: offset + factor * sum(numerator) / sum(denominator), and where there is a
/// reference, such as hosts, over sum(reference_numerator) / sum(reference_denominator). No denominator: a level.
struct Indicator {
  std::string name;                       ///< "formal_contract_share"
  std::vector<std::string> numerator;     ///< base names; a leading '-' subtracts
  std::vector<std::string> denominator;   ///< base names; empty: level
  double factor = 1;                      ///< 100 for percent
  std::string units;
  std::string title_es, title_en, definition_es, definition_en;
  std::string instrument;                 ///< "register" | "survey" | "model": what would measure it
  bool headline = false;                  ///< shown by default in comparisons
  int decimals = 1;                       ///< to print
  std::vector<std::string> reference_numerator{}, reference_denominator{};  ///< both or none
  double offset = 0;                      ///< 100 for a gap: 100 - 100 * ratio
  std::string question_es{}, question_en{};  ///< the survey's question that it mirrors; empty: none known

  [[nodiscard]] bool has_reference() const { return !reference_numerator.empty(); }
  /// From the sums of the four lists (1 for an empty one); none: a denominator, or what is compared with, is 0.
  [[nodiscard]] std::optional<double> value(double over, double under, double reference_over, double reference_under) const {
    if (denominator.empty()) return offset + factor * over;
    if (under == 0) return std::nullopt;
    if (!has_reference()) return offset + factor * over / under;
    if (reference_over == 0 || reference_under == 0) return std::nullopt;
    return offset + factor * over / under * (reference_under / reference_over);
  }
};

struct RecordLayout {
  Month start{};
  int months = 0;
  std::vector<Dimension> dimensions;
  std::vector<Variable> variables;
  std::vector<Indicator> indicators;
};

/// Results of one replicate. values[v] has shape (months) or (months, keys), row-major, as layout.variables[v] says.
struct ReplicateRecord {
  std::vector<std::vector<std::int64_t>> values;
  std::uint64_t state_hash = 0;  ///< of the final state
};

}  // namespace arraigo
