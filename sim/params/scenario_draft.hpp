/// A scenario while its files are applied, base first: every value with the place that states it, so that a check made
/// on the whole can still point to a line.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/input_errors.hpp"
#include "params/scenario.hpp"
#include "params/yaml_tree.hpp"

namespace arraigo {

template <class T>
struct Stated {
  T value{};
  std::string where;  ///< "file:line:column", or the option of the command line
};

template <class T>
using MaybeStated = std::optional<Stated<T>>;

struct DraftMeasure {
  std::string id;
  std::string where;                     ///< of the entry that introduced it
  MeasureKindRow const* kind = nullptr;  ///< null when it could not be read; such a measure is checked no further
  bool enabled = true;
  bool window_stated_here = false;  ///< by the file that is being applied
  MaybeStated<std::string> title_es, title_en;
  MaybeStated<Month> from, to;
  MaybeStated<std::vector<std::string>> places;
  std::vector<MaybeStated<FieldValue>> fields;  ///< one per field of the kind
  std::vector<bool> misread;                    ///< fields that are stated, but not as they must be
};

struct Draft {
  MaybeStated<std::string> name, group, title_es, title_en, description_es, description_en, area;
  MaybeStated<Month> start;
  MaybeStated<int> months, scale, replicates, horizon_months;
  MaybeStated<std::uint64_t> seed;
  Parameters parameters;
  std::set<ParameterRow const*> stated_parameters;
  std::vector<DraftMeasure> measures;
};

/// Applies one file, or one option of the command line, to a draft and notes every mistake.
class DraftWriter {
 public:
  DraftWriter(Draft& draft, DistrictTable const& districts, Errors& errors)
      : draft_(&draft), districts_(&districts), errors_(&errors) {}

  /// A writer that goes on from what this one has read, on a copy of its draft.
  [[nodiscard]] DraftWriter on(Draft& copy, Errors& errors) const {
    DraftWriter writer = *this;
    writer.draft_ = &copy;
    writer.errors_ = &errors;
    return writer;
  }

  /// `complete`: the file stands alone and must state every required key. `base_known`: all files that it extends were
  /// read, so that what is missing is really missing. `is_record`: a program wrote the text, with all parameters; only those
  /// count as stated that its list names.
  void apply_file(YamlFile const& file, bool complete, bool base_known, bool is_record = false);
  /// `option` is how the command line says it ("--set months=3"), `path` and `value` its two halves.
  void apply_option(std::string const& option, std::string_view path, std::string_view value);
  /// Checks the windows that options stated; to be called after the last option.
  void finish_options();

 private:
  struct Value;   // a node, its key in sentences, and where it stands
  struct Source;  // turns a node into a place
  template <class Visit, class Misread>
  void walk(Source const& source, YamlNode const& map, std::string const& prefix,
            std::vector<std::string_view> const& known, Visit&& visit, Misread&& misread);
  template <class Visit>
  void walk(Source const& source, YamlNode const& map, std::string const& prefix,
            std::vector<std::string_view> const& known, Visit&& visit) {
    walk(source, map, prefix, known, visit, [](std::size_t) {});
  }

  void apply_top(std::size_t key, Value const& value);
  void apply_text_pair(Value const& value, bool one_line, MaybeStated<std::string>& es, MaybeStated<std::string>& en);
  void apply_parameters(Value const& value);
  void apply_measures(Value const& value, bool base_known);
  void apply_measure(Source const& source, YamlNode const& entry, std::size_t number, bool base_known);
  void apply_measure_key(DraftMeasure& measure, std::size_t key, Value const& value);
  void check_complete(YamlFile const& file);
  void check_windows_against_horizon(int months);

  void read_text(Value const& value, bool one_line, MaybeStated<std::string>& target);
  void read_word(Value const& value, MaybeStated<std::string>& target);
  void read_month(Value const& value, MaybeStated<Month>& target);
  template <class T>
  void read_integer(Value const& value, std::int64_t low, std::int64_t high, MaybeStated<T>& target);
  std::optional<double> read_number(Value const& value, double low, double high, char const* unit);
  void read_group(Value const& value);
  void read_stated_parameters(Value const& value);
  void read_area(Value const& value);
  void read_places(Value const& value, MaybeStated<std::vector<std::string>>& target);
  void read_field(Value const& value, MeasureField const& field, MaybeStated<FieldValue>& target);
  std::optional<bool> read_bool(Value const& value);
  std::optional<std::uint32_t> read_choices(Value const& value, MeasureField const& field);

  [[nodiscard]] bool is_scalar(Value const& value, Message expected);
  void check_place(Value const& value, std::string const& place, bool found);
  [[nodiscard]] bool lacks_quotes(Value const& place);
  void note_unknown_key(std::string const& where, std::string_view key, std::string const& fix);
  [[nodiscard]] bool note_decimal_comma(Source const& source, YamlNode const& map, std::size_t key,
                                        std::string const& prefix);
  void note(Value const& value, std::string_view why, std::string_view fix = {});
  DraftMeasure* find_measure(std::string_view id);

  Draft* draft_;
  DistrictTable const* districts_;
  Errors* errors_;
  int file_horizon_months_ = 0;    ///< of the file applied last
  bool file_lists_stated_ = false;  ///< the file at hand says itself which of its parameters count as stated
};

/// The words of "a|b|c".
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view choices);

/// The value of a field that no file states. Not for required fields.
[[nodiscard]] FieldValue fallback_of(MeasureField const& field);

}  // namespace arraigo
