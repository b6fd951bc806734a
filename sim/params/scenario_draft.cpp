#include "params/scenario_draft.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "core/numbers.hpp"
#include "core/suggest.hpp"
#include "core/text_file.hpp"
#include "params/yaml_reading.hpp"

namespace arraigo {
namespace {

constexpr std::size_t most_measures = 1000;
constexpr std::size_t most_namesakes = 5;
constexpr std::size_t most_characters_name = 100;
constexpr std::size_t most_characters_line = 300;
constexpr std::size_t most_characters_text = 20'000;
constexpr int most_horizon_months = 3600;  // the span of the model's calendar, 1900 to 2199

enum TopKey : std::size_t {
  extends_key,
  name_key,
  group_key,
  title_key,
  description_key,
  start_key,
  months_key,
  horizon_key,
  area_key,
  scale_key,
  replicates_key,
  seed_key,
  stated_key,
  parameters_key,
  measures_key,
};
std::vector<std::string_view> const top_keys{"extends",     "name",  "group",      "title",          "description",
                                             "start",       "months", "horizon_months", "area",       "scale",
                                             "replicates",  "seed",  "stated_parameters", "parameters", "measures"};

enum MeasureKey : std::size_t {
  id_key,
  kind_key,
  from_key,
  to_key,
  where_key,
  measure_title_key,
  enabled_key,
  first_field_key
};
constexpr std::array<std::string_view, first_field_key> measure_keys{"id",    "kind",  "from",   "to",
                                                                     "where", "title", "enabled"};

std::vector<std::string_view> const language_keys{"es", "en"};

std::vector<std::string_view> keys_of(MeasureKindRow const* kind) {
  std::vector<std::string_view> keys(measure_keys.begin(), measure_keys.end());
  if (kind != nullptr)
    for (auto const& field : kind->fields) keys.emplace_back(field.name);
  return keys;
}

std::vector<std::string_view> kind_names() {
  std::vector<std::string_view> names;
  for (auto const& row : measure_kinds()) names.emplace_back(row.name);
  return names;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Ids stand in paths of --set, so they hold no dot and no equals sign.
bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= most_characters_name && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Without the line end that a block text always brings, and without spaces at the ends.
std::string trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \n");
  if (first == std::string_view::npos) return {};
  return std::string{text.substr(first, text.find_last_not_of(" \n") - first + 1)};
}

bool same_letters(std::string_view a, std::string_view b) {
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// Digits without quotes are a number to other readers of YAML, which then drop the first zero or take it for octal.
bool reads_as_number(YamlNode const& node) {
  return node.is_scalar() && !node.quoted && !node.text.empty() &&
         node.text.find_first_not_of("0123456789,_ ") == std::string::npos;
}

/// A number that would be a place of the table with a zero before it.
bool lost_zero(std::string const& place, DistrictTable const& districts) {
  return all_digits(place) && place.size() % 2 == 1 && place.size() < 6 && districts.place("0" + place).has_value();
}

/// What a text that names no place may have meant: a district by its name, an area, or a ubigeo that lost its zero.
std::string place_suggestion(std::string const& place, DistrictTable const& districts, bool with_national) {
  if (lost_zero(place, districts)) return say(Message::in_quote_ubigeo, fmt::format("\"0{}\"", place));
  std::vector<std::string> namesakes;
  for (auto const& row : districts.rows())
    if (same_letters(row.name, place) && namesakes.size() < most_namesakes)
      namesakes.push_back(fmt::format("\"{}\" ({}, {})", row.ubigeo, row.name, row.province));
  if (!namesakes.empty()) return say(Message::in_did_you_mean, fmt::join(namesakes, ", "));
  std::vector<std::string_view> words;
  for (auto const& area : districts.areas()) words.emplace_back(area.name);
  if (with_national) words.emplace_back("national");
  if (all_digits(place)) {
    words.clear();
    for (auto const& row : districts.rows()) words.emplace_back(row.ubigeo);
    if (auto const near = nearest(place, words))
      return say(Message::in_did_you_mean,
                 fmt::format("\"{}\" ({})", *near, districts.rows()[*districts.find(*near)].name));
    return {};
  }
  return suggestion(place, words);
}

}  // namespace

struct DraftWriter::Source {
  YamlFile const* file = nullptr;  ///< null: the command line
  std::string option;
  [[nodiscard]] std::string at(YamlNode const& node) const { return file != nullptr ? file->at(node.offset) : option; }
};

struct DraftWriter::Value {
  Source const& source;
  YamlNode const& node;
  std::string key;  ///< as it stands in sentences: "labour.x", "measures.ptp.from"
  [[nodiscard]] std::string where() const { return source.at(node); }
  [[nodiscard]] bool stands_in_file() const { return source.file != nullptr; }
  [[nodiscard]] Value part(YamlNode const& other, std::string_view name) const {
    return {source, other, fmt::format("{}.{}", key, name)};
  }
};

std::vector<std::string_view> words_of(std::string_view choices) {
  std::vector<std::string_view> words;
  while (!choices.empty()) {
    auto const bar = choices.find('|');
    words.push_back(choices.substr(0, bar));
    choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 1);
  }
  return words;
}

void DraftWriter::note(Value const& value, std::string_view why, std::string_view fix) {
  errors_->add(mistake(value.where(), value.key, summary_of(value.node), why, fix));
}

DraftMeasure* DraftWriter::find_measure(std::string_view id) {
  for (auto& measure : draft_->measures)
    if (measure.id == id) return &measure;
  return nullptr;
}

void DraftWriter::note_unknown_key(std::string const& where, std::string_view key, std::string const& fix) {
  errors_->add(say(Message::in_key_unknown, where, shown(key), fix.empty() ? fix : " " + fix));
}

/// {x: 0,5} is to YAML x: 0 and a key 5 without a value.
bool DraftWriter::note_decimal_comma(Source const& source, YamlNode const& map, std::size_t key,
                                     std::string const& prefix) {
  if (key < 2 || !all_digits(map.items[key].text) || map.items[key + 1].kind != YamlNode::Kind::null) return false;
  YamlNode const &name = map.items[key - 2], &whole = map.items[key - 1];
  if (!whole.is_scalar() || whole.quoted || parse_integer(whole.text).fault != NumberFault::none) return false;
  std::string const written = fmt::format("{},{}", whole.text, map.items[key].text);
  errors_->add(mistake(source.at(whole), prefix.empty() ? name.text : fmt::format("{}.{}", prefix, name.text), written,
                       why(NumberFault::decimal_comma), fix(NumberFault::decimal_comma, written)));
  return true;
}

/// Visits the entries of a map whose keys are known, once each; unknown and repeated keys and empty values are noted. `misread` is
/// told of those that are stated and noted already.
template <class Visit, class Misread>
void DraftWriter::walk(Source const& source, YamlNode const& map, std::string const& prefix,
                       std::vector<std::string_view> const& known, Visit&& visit, Misread&& misread) {
  std::map<std::string_view, std::string> seen;
  for (std::size_t i = 0; i + 1 < map.items.size(); i += 2) {
    YamlNode const& key = map.items[i];
    YamlNode const& value = map.items[i + 1];
    if (errors_->full()) {
      errors_->add({});
      return;
    }
    std::string const name = prefix.empty() ? key.text : fmt::format("{}.{}", prefix, key.text);
    auto const [first, is_new] = seen.emplace(key.text, source.at(key));
    if (!is_new) {
      errors_->add(say(Message::in_key_twice, source.at(key), shown(name), first->second));
      continue;
    }
    auto const found = std::find(known.begin(), known.end(), key.text);
    if (found == known.end() && note_decimal_comma(source, map, i, prefix)) continue;
    // What is half a number is said to be one, and not held against a range.
    if (found != known.end() && i + 3 < map.items.size() && note_decimal_comma(source, map, i + 2, prefix)) {
      misread(static_cast<std::size_t>(found - known.begin()));
      i += 2;
      continue;
    }
    if (found == known.end())
      note_unknown_key(source.at(key), name, suggestion(key.text, known));
    else if (value.kind == YamlNode::Kind::null)
      errors_->add(say(Message::in_value_missing, source.at(key), shown(name)));
    else
      visit(static_cast<std::size_t>(found - known.begin()), Value{source, value, name});
  }
}

void DraftWriter::apply_file(YamlFile const& file, bool complete, bool base_known, bool is_record) {
  if (!file.root.is_map()) {
    errors_->add(say(Message::in_not_a_scenario, file.at(file.root.offset)));
    return;
  }
  Source const source{&file, {}};
  file_lists_stated_ = is_record;  // known before the parameters are read, wherever the list stands
  for (std::size_t i = 0; i < file.root.items.size(); i += 2) file_lists_stated_ = file_lists_stated_ || file.root.items[i].text == top_keys[stated_key];
  walk(source, file.root, "", top_keys, [&](std::size_t key, Value const& value) {
    if (key == measures_key)
      apply_measures(value, base_known);
    else
      apply_top(key, value);
  });
  if (complete) check_complete(file);
  file_horizon_months_ =
      std::max(draft_->months ? draft_->months->value : 0, draft_->horizon_months ? draft_->horizon_months->value : 0);
  check_windows_against_horizon(file_horizon_months_);
  for (auto& measure : draft_->measures) measure.window_stated_here = false;
}

void DraftWriter::finish_options() {
  // Fewer months on the command line never make a window a mistake; more months make room for one.
  check_windows_against_horizon(std::max(file_horizon_months_, draft_->months ? draft_->months->value : 0));
}

void DraftWriter::check_complete(YamlFile const& file) {
  // Looked up in the file itself: a key that is there but wrong already has its sentence.
  auto const states = [](YamlNode const& map, std::string_view key) -> YamlNode const* {
    for (std::size_t i = 0; i + 1 < map.items.size(); i += 2)
      if (map.items[i].text == key) return &map.items[i + 1];
    return nullptr;
  };
  auto const missing = [&](YamlNode const& node, std::string const& key) {
    errors_->add(say(Message::in_key_missing, file.at(node.offset), key));
  };
  for (TopKey const key :
       {name_key, title_key, description_key, start_key, months_key, area_key, scale_key, replicates_key, seed_key}) {
    std::string const name{top_keys[key]};
    YamlNode const* const value = states(file.root, name);
    if (value == nullptr) {
      missing(file.root, name);
    } else if ((key == title_key || key == description_key) && value->is_map()) {
      for (auto const language : language_keys)
        if (states(*value, language) == nullptr) missing(*value, fmt::format("{}.{}", name, language));
    }
  }
}

void DraftWriter::check_windows_against_horizon(int months) {
  if (!draft_->start || !draft_->months) return;
  Month const end = draft_->start->value + months;
  for (auto const& measure : draft_->measures)
    if (measure.enabled && measure.window_stated_here && measure.from && measure.from->value >= end)
      errors_->add(mistake(measure.from->where, fmt::format("measures.{}.from", measure.id), measure.from->value.text(),
                           say(Message::in_window_after, (end + -1).text())));
}

void DraftWriter::apply_top(std::size_t key, Value const& value) {
  constexpr auto most_seed = std::numeric_limits<std::int64_t>::max();
  switch (key) {
    case name_key:
      read_text(value, true, draft_->name);
      break;
    case group_key:
      read_group(value);
      break;
    case title_key:
      apply_text_pair(value, true, draft_->title_es, draft_->title_en);
      break;
    case description_key:
      apply_text_pair(value, false, draft_->description_es, draft_->description_en);
      break;
    case start_key:
      read_month(value, draft_->start);
      break;
    case months_key:
      read_integer(value, 1, 600, draft_->months);
      break;
    case horizon_key:
      read_integer(value, 1, most_horizon_months, draft_->horizon_months);
      break;
    case area_key:
      read_area(value);
      break;
    case scale_key:
      read_integer(value, 1, most_people_per_agent, draft_->scale);
      break;
    case replicates_key:
      read_integer(value, 1, 10'000, draft_->replicates);
      break;
    case seed_key:
      read_integer(value, 0, most_seed, draft_->seed);
      break;
    case stated_key:
      read_stated_parameters(value);
      break;
    case parameters_key:
      apply_parameters(value);
      break;
    default:
      break;  // extends was followed before; measures are applied by the caller
  }
}

void DraftWriter::apply_text_pair(Value const& value, bool one_line, MaybeStated<std::string>& es,
                                  MaybeStated<std::string>& en) {
  if (!value.node.is_map()) {
    note(value, say(Message::in_expects_languages));
    return;
  }
  walk(value.source, value.node, value.key, language_keys,
       [&](std::size_t language, Value const& text) { read_text(text, one_line, language == 0 ? es : en); });
}

void DraftWriter::apply_parameters(Value const& value) {
  if (!value.node.is_map()) {
    note(value, say(Message::in_expects_map));
    return;
  }
  // By group, or by the whole name, as --set and sweeps say it.
  std::vector<std::string_view> groups;
  std::vector<std::string> names_in_full;
  for (auto const& row : parameter_table()) {
    if (std::find(groups.begin(), groups.end(), row.group) == groups.end()) groups.emplace_back(row.group);
    names_in_full.push_back(fmt::format("{}.{}", row.group, row.name));
  }
  std::vector<std::string_view> keys = groups;
  keys.insert(keys.end(), names_in_full.begin(), names_in_full.end());
  std::map<ParameterRow const*, std::string> stated;
  auto const state = [&](Value const& number) {
    auto const* const row = find_parameter(number.key);
    auto const [first, is_new] = stated.emplace(row, value.source.at(number.node));
    if (!is_new) {
      errors_->add(say(Message::in_key_twice, value.source.at(number.node), shown(number.key), first->second));
      return;
    }
    if (auto const read = read_number(number, row->low, row->high, row->unit)) draft_->parameters.*(row->member) = *read;
    if (!file_lists_stated_) draft_->stated_parameters.insert(row);
  };
  walk(value.source, value.node, "", keys, [&](std::size_t group, Value const& values) {
    if (group >= groups.size()) {
      state(values);
      return;
    }
    if (!values.node.is_map()) {
      note(values, say(Message::in_expects_map));
      return;
    }
    std::vector<std::string_view> names;
    for (auto const& row : parameter_table())
      if (row.group == groups[group]) names.emplace_back(row.name);
    walk(value.source, values.node, values.key, names, [&](std::size_t, Value const& number) { state(number); });
  });
}

void DraftWriter::apply_measures(Value const& value, bool base_known) {
  if (!value.node.is_sequence()) {
    note(value, say(Message::in_expects_measures));
    return;
  }
  std::map<std::string_view, std::string> seen;
  for (std::size_t i = 0; i < value.node.items.size(); ++i) {
    YamlNode const& entry = value.node.items[i];
    if (errors_->full()) return;
    Value const as_value{value.source, entry, fmt::format("measures[{}]", i + 1)};
    if (!entry.is_map()) {
      note(as_value, say(Message::in_expects_measure));
      continue;
    }
    bool repeated = false;
    for (std::size_t k = 0; k + 1 < entry.items.size(); k += 2)
      if (entry.items[k].text == "id" && entry.items[k + 1].is_scalar()) {
        auto const [first, is_new] = seen.emplace(entry.items[k + 1].text, value.source.at(entry.items[k + 1]));
        if (!is_new)
          errors_->add(
              say(Message::in_id_twice, value.source.at(entry.items[k + 1]), shown(first->first), first->second));
        repeated = !is_new;
        break;
      }
    if (!repeated) apply_measure(value.source, entry, i + 1, base_known);
  }
}

void DraftWriter::apply_measure(Source const& source, YamlNode const& entry, std::size_t number, bool base_known) {
  YamlNode const* id_node = nullptr;
  YamlNode const* kind_node = nullptr;
  for (std::size_t k = 0; k + 1 < entry.items.size(); k += 2) {
    if (entry.items[k].text == "id" && id_node == nullptr) id_node = &entry.items[k + 1];
    if (entry.items[k].text == "kind" && kind_node == nullptr) kind_node = &entry.items[k + 1];
  }
  std::string const numbered = fmt::format("measures[{}]", number);
  if (id_node == nullptr) errors_->add(say(Message::in_id_missing, source.at(entry), numbered));
  bool const id_usable = id_node != nullptr && id_node->is_scalar() && is_identifier(id_node->text);
  if (id_node != nullptr && !id_usable && id_node->kind != YamlNode::Kind::null)
    note(Value{source, *id_node, numbered + ".id"}, say(Message::in_expects_id, most_characters_name));

  // A measure without a usable id is still read, for the sake of its other mistakes.
  DraftMeasure nameless;
  nameless.id = numbered;
  DraftMeasure* measure = id_usable ? find_measure(id_node->text) : &nameless;
  bool const is_new = measure == nullptr || measure == &nameless;
  if (measure == nullptr) {
    if (draft_->measures.size() >= most_measures) {
      errors_->add(say(Message::in_measures_many, source.at(entry), most_measures));
      return;
    }
    measure = &draft_->measures.emplace_back();
    measure->id = id_node->text;
  }
  std::string const prefix = measure == &nameless ? numbered : fmt::format("measures.{}", measure->id);
  if (is_new) measure->where = source.at(entry);

  if (kind_node != nullptr && kind_node->kind != YamlNode::Kind::null) {
    Value const value{source, *kind_node, prefix + ".kind"};
    auto const* const kind = kind_node->is_scalar() ? find_measure_kind(kind_node->text) : nullptr;
    if (kind == nullptr) {
      note(value, say(Message::in_kind_unknown), suggestion(kind_node->text, kind_names()));
    } else if (is_new) {
      measure->kind = kind;
      measure->fields.resize(kind->fields.size());
      measure->misread.resize(kind->fields.size());
    } else if (measure->kind != nullptr && measure->kind != kind) {
      note(value, say(Message::in_kind_changes, measure->kind->name), say(Message::in_kind_changes_fix));
    }
  } else if (is_new && kind_node == nullptr && base_known) {
    std::vector<std::string_view> ids;
    for (auto const& other : draft_->measures)
      if (&other != measure) ids.emplace_back(other.id);
    auto const near = id_usable ? nearest(measure->id, ids) : std::nullopt;
    errors_->add(say(Message::in_kind_missing, source.at(entry), prefix,
                     near ? " " + say(Message::in_did_you_mean, "id: " + *near) : std::string{}));
  }
  auto known = keys_of(measure->kind);
  if (measure->kind == nullptr) {
    // Whose kind is unknown, its fields cannot be judged; only what every measure has.
    for (std::size_t k = 0; k + 1 < entry.items.size(); k += 2)
      if (std::find(known.begin(), known.end(), entry.items[k].text) == known.end())
        known.emplace_back(entry.items[k].text);
  }
  walk(source, entry, prefix, known,
       [&](std::size_t key, Value const& value) { apply_measure_key(*measure, key, value); },
       [&](std::size_t key) {
         if (key >= first_field_key && measure->kind != nullptr) measure->misread[key - first_field_key] = true;
       });
}

void DraftWriter::apply_measure_key(DraftMeasure& measure, std::size_t key, Value const& value) {
  switch (key) {
    case id_key:
    case kind_key:
      return;  // read before, since the other keys depend on them
    case from_key:
      read_month(value, measure.from);
      measure.window_stated_here = true;
      return;
    case to_key:
      read_month(value, measure.to);
      return;
    case where_key:
      read_places(value, measure.places);
      if (measure.kind != nullptr && !measure.kind->by_district && measure.places &&
          measure.places->value != std::vector<std::string>{"national"} && measure.places->where == value.where())
        note(value, say(Message::in_where_national_only, measure.kind->name), say(Message::in_where_national_only_fix));
      return;
    case measure_title_key:
      apply_text_pair(value, true, measure.title_es, measure.title_en);
      return;
    case enabled_key:
      if (auto const enabled = read_bool(value)) measure.enabled = *enabled;
      return;
    default:
      break;
  }
  if (measure.kind == nullptr) return;
  std::size_t const field = key - first_field_key;
  read_field(value, measure.kind->fields[field], measure.fields[field]);
  measure.misread[field] = !measure.fields[field];
}

bool DraftWriter::is_scalar(Value const& value, Message expected) {
  if (value.node.is_scalar()) return true;
  note(value, say(expected));
  return false;
}

void DraftWriter::read_text(Value const& value, bool one_line, MaybeStated<std::string>& target) {
  if (!is_scalar(value, Message::in_expects_text)) return;
  std::string text = trimmed(value.node.text);
  std::size_t const most = one_line ? most_characters_line : most_characters_text;
  if (text.empty())
    note(value, say(Message::in_text_empty));
  else if (one_line && text.find('\n') != std::string::npos)
    note(value, say(Message::in_text_one_line));
  else if (characters_in(text) > most)
    note(value, say(Message::in_text_long, most));
  else
    target = {std::move(text), value.where()};
}

void DraftWriter::read_word(Value const& value, MaybeStated<std::string>& target) {
  if (!value.node.is_scalar() || !is_identifier(value.node.text))
    note(value, say(Message::in_expects_id, most_characters_name));
  else
    target = {value.node.text, value.where()};
}

void DraftWriter::read_month(Value const& value, MaybeStated<Month>& target) {
  if (!is_scalar(value, Message::in_month_malformed)) return;
  std::string const& text = value.node.text;
  if (auto const month = Month::parse(text)) {
    target = {*month, value.where()};
    return;
  }
  // 2018-1 and 2018-01-31 tell the month they mean.
  std::optional<Month> meant;
  if (text.size() == 6 && text[4] == '-') meant = Month::parse(text.substr(0, 5) + "0" + text[5]);
  if (text.size() == 7 && text[4] == '/') meant = Month::parse(text.substr(0, 4) + "-" + text.substr(5));
  if (text.size() == 7 && (text[2] == '-' || text[2] == '/'))
    meant = Month::parse(text.substr(3) + "-" + text.substr(0, 2));
  if (text.size() == 10 && text[7] == '-') meant = Month::parse(text.substr(0, 7));
  note(value, say(Message::in_month_malformed), meant ? say(Message::in_did_you_mean, meant->text()) : "");
}

template <class T>
void DraftWriter::read_integer(Value const& value, std::int64_t low, std::int64_t high, MaybeStated<T>& target) {
  std::string const range = say(Message::in_integer_range, low, high);
  if (!value.node.is_scalar()) return note(value, range);
  if (value.node.quoted) return note(value, say(Message::in_number_quoted));
  auto const parsed = parse_integer(value.node.text);
  if (parsed.fault != NumberFault::none) return note(value, fmt::format("{}; {}", why(parsed.fault), range), fix(parsed.fault, value.node.text));
  if (parsed.value < low || parsed.value > high) return note(value, range);
  target = {static_cast<T>(parsed.value), value.where()};
}

std::optional<double> DraftWriter::read_number(Value const& value, double low, double high, char const* unit) {
  std::string const range = *unit == '\0' ? say(Message::in_number_range, number_text(low), number_text(high))
                                          : say(Message::in_number_range_unit, number_text(low), number_text(high),
                                                unit_in(unit, language_of_environment()));
  if (!value.node.is_scalar()) {
    note(value, range);
    return std::nullopt;
  }
  if (value.node.quoted) {
    note(value, say(Message::in_number_quoted));
    return std::nullopt;
  }
  auto const parsed = parse_number(value.node.text);
  if (parsed.fault != NumberFault::none) {
    note(value, fmt::format("{}; {}", why(parsed.fault), range), fix(parsed.fault, value.node.text));
    return std::nullopt;
  }
  if (parsed.value < low || parsed.value > high) {
    // Shares are often written in percent.
    double const as_share = parsed.value / 100;
    bool const percent = high <= 1 && parsed.value > 1 && as_share >= low && as_share <= high;
    note(value, range, percent ? say(Message::in_did_you_mean, number_text(as_share)) : "");
    return std::nullopt;
  }
  return parsed.value;
}

std::optional<bool> DraftWriter::read_bool(Value const& value) {
  if (value.node.is_scalar() && !value.node.quoted) {
    if (value.node.text == "true") return true;
    if (value.node.text == "false") return false;
  }
  bool const yes = same_letters(value.node.text, "yes") || same_letters(value.node.text, "true") ||
                   same_letters(value.node.text, "on");
  bool const no = same_letters(value.node.text, "no") || same_letters(value.node.text, "false") ||
                  same_letters(value.node.text, "off");
  note(value, say(Message::in_expects_bool),
       yes  ? say(Message::in_did_you_mean, "true")
       : no ? say(Message::in_did_you_mean, "false")
            : "");
  return std::nullopt;
}

void DraftWriter::check_place(Value const& value, std::string const& place, bool found) {
  if (found || errors_->full()) return;
  bool const odd_digits = all_digits(place) && place.size() % 2 == 1;
  note(value, say(odd_digits ? Message::in_ubigeo_digits : Message::in_place_unknown),
       place_suggestion(place, *districts_, !value.key.ends_with("area")));
}

/// What the command line gives is text already; in a file only quotes make it text for everybody.
bool DraftWriter::lacks_quotes(Value const& place) {
  if (!place.stands_in_file() || !reads_as_number(place.node)) return false;
  note(place, say(Message::in_ubigeo_unquoted), say(Message::in_quote_it, fmt::format("\"{}\"", place.node.text)));
  return true;
}

void DraftWriter::read_group(Value const& value) {
  std::vector<std::string_view> words;
  for (auto const& group : scenario_groups()) words.emplace_back(group.name);
  if (!value.node.is_scalar() || std::find(words.begin(), words.end(), value.node.text) == words.end())
    note(value, say(Message::in_word_unknown), suggestion(value.node.text, words));
  else
    draft_->group = {value.node.text, value.where()};
}

void DraftWriter::read_stated_parameters(Value const& value) {
  if (!value.node.is_sequence()) {
    note(value, say(Message::in_expects_parameter_names));
    return;
  }
  for (auto const& item : value.node.items) {
    Value const named{value.source, item, value.key};
    auto const* const row = item.is_scalar() ? find_parameter(item.text) : nullptr;
    if (row != nullptr) {
      draft_->stated_parameters.insert(row);
      continue;
    }
    std::vector<std::string> names;
    for (auto const& known : parameter_table()) names.push_back(fmt::format("{}.{}", known.group, known.name));
    std::vector<std::string_view> const words(names.begin(), names.end());
    note(named, say(Message::in_expects_parameter_names), item.is_scalar() ? suggestion(item.text, words) : std::string{});
  }
}

void DraftWriter::read_area(Value const& value) {
  std::vector<std::pair<std::string, YamlNode const*>> entries;
  if (value.node.is_sequence()) {
    for (auto const& item : value.node.items) entries.emplace_back(item.is_scalar() ? item.text : "", &item);
  } else if (value.node.is_scalar()) {
    std::string_view rest = value.node.text;
    for (;;) {
      auto const comma = rest.find(',');
      entries.emplace_back(rest.substr(0, comma), &value.node);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  if (entries.empty()) {
    note(value, say(Message::in_expects_area));
    return;
  }
  std::string joined;
  std::set<std::string> seen;
  bool sound = true;
  YamlNode const* unquoted = nullptr;  // one text may hold several ubigeos
  for (auto const& [entry, node] : entries) {
    Value const item{value.source, *node, value.key};
    std::string const place = trimmed(entry);
    bool const is_list = entries.size() > 1 || value.node.is_sequence();
    if (!node->is_scalar() || place.empty() || (is_list && !all_digits(place) && districts_->area(place))) {
      note(item, say(Message::in_expects_area));
      sound = false;
      if (value.node.is_scalar()) return;  // once for the whole text
    } else if (!districts_->area(place)) {
      check_place(item, place, false);
      sound = false;
    } else if (node != unquoted && lacks_quotes(item)) {
      unquoted = node;
      sound = false;
    } else if (!seen.insert(place).second) {
      note(item, fmt::format("{} {}", place, say(Message::in_duplicate)));
      sound = false;
    }
    joined += (joined.empty() ? "" : ",") + place;
  }
  if (sound) draft_->area = {joined, value.where()};
}

void DraftWriter::read_places(Value const& value, MaybeStated<std::vector<std::string>>& target) {
  if (value.node.is_map() || (value.node.is_sequence() && value.node.items.empty())) {
    note(value, say(Message::in_expects_places));
    return;
  }
  std::vector<std::string> places;
  std::set<std::string> seen;
  bool sound = true;
  auto const add = [&](YamlNode const& node) {
    Value const item{value.source, node, value.key};
    if (!node.is_scalar()) {
      note(item, say(Message::in_expects_places));
      sound = false;
      return;
    }
    std::string const& place = node.text;
    if (!districts_->place(place)) {
      check_place(item, place, false);
      sound = false;
    } else if (lacks_quotes(item)) {
      sound = false;
    } else if (!seen.insert(place).second) {
      note(item, say(Message::in_duplicate));
      sound = false;
    }
    places.push_back(place);
  };
  if (value.node.is_scalar())
    add(value.node);
  else
    for (auto const& item : value.node.items) add(item);
  if (sound) target = {std::move(places), value.where()};
}

std::optional<std::uint32_t> DraftWriter::read_choices(Value const& value, MeasureField const& field) {
  auto const words = words_of(field.choices);
  std::uint32_t bits = 0;
  bool sound = true;
  auto const add = [&](YamlNode const& node, std::string_view word) {
    auto const found = std::find(words.begin(), words.end(), word);
    Value const item{value.source, node, value.key};
    auto const bit = std::uint32_t{1} << static_cast<unsigned>(found - words.begin());
    if (!node.is_scalar() || found == words.end()) {
      note(item, say(Message::in_word_unknown), suggestion(word, words));
      sound = false;
    } else if ((bits & bit) != 0) {
      note(item, fmt::format("{} {}", word, say(Message::in_duplicate)));
      sound = false;
    } else {
      bits |= bit;
    }
  };
  if (value.node.is_map()) {
    note(value, say(Message::in_expects_words));
    return std::nullopt;
  }
  if (field.type == FieldType::choice) {
    if (!is_scalar(value, Message::in_expects_word)) return std::nullopt;
    add(value.node, value.node.text);
  } else if (value.node.is_scalar()) {
    auto const listed = words_of(value.node.text);
    for (auto const word : listed) add(value.node, word);
    if (listed.empty()) add(value.node, "");
  } else {
    // An empty list is an answer only where silence means nobody too, or where it lifts a condition (priority).
    bool const needs_a_word = (field.fallback == nullptr || *field.fallback != '\0') && std::string_view(field.name) != "priority";
    if (value.node.items.empty() && needs_a_word) {
      note(value, field.fallback != nullptr ? say(Message::in_empty_list, field.fallback) : say(Message::in_empty_list_needed, field.choices));
      return std::nullopt;
    }
    for (auto const& item : value.node.items) {
      if (errors_->full()) break;
      add(item, item.text);
    }
  }
  if (!sound) return std::nullopt;
  return bits;
}

void DraftWriter::read_field(Value const& value, MeasureField const& field, MaybeStated<FieldValue>& target) {
  FieldValue read;
  read.set = true;
  switch (field.type) {
    case FieldType::number:
      if (auto const number = read_number(value, field.low, field.high, field.unit))
        read.number = *number;
      else
        return;
      break;
    case FieldType::integer: {
      MaybeStated<std::int64_t> integer;
      read_integer(value, static_cast<std::int64_t>(field.low), static_cast<std::int64_t>(field.high), integer);
      if (!integer) return;
      read.number = static_cast<double>(integer->value);
      break;
    }
    case FieldType::month: {
      MaybeStated<Month> month;
      read_month(value, month);
      if (!month) return;
      read.month = month->value;
      break;
    }
    case FieldType::choice:
    case FieldType::choice_list:
      if (auto const choices = read_choices(value, field))
        read.choices = *choices;
      else
        return;
      break;
    case FieldType::name: {
      MaybeStated<std::string> word;
      read_word(value, word);
      if (!word) return;
      read.name = word->value;
      break;
    }
  }
  target = {std::move(read), value.where()};
}

FieldValue fallback_of(MeasureField const& field) {
  std::string_view const text = field.fallback;
  FieldValue value;
  if (text.empty()) return value;
  value.set = true;
  auto const broken = [&] {
    return BugError(fmt::format("the fallback of field {} cannot be read: {}", field.name, text));
  };
  switch (field.type) {
    case FieldType::number:
    case FieldType::integer: {
      auto const parsed = parse_number(text);
      if (parsed.fault != NumberFault::none || parsed.value < field.low || parsed.value > field.high) throw broken();
      value.number = parsed.value;
      break;
    }
    case FieldType::month: {
      auto const month = Month::parse(text);
      if (!month) throw broken();
      value.month = *month;
      break;
    }
    case FieldType::choice:
    case FieldType::choice_list: {
      auto const words = words_of(field.choices);
      for (auto const word : words_of(text)) {
        auto const found = std::find(words.begin(), words.end(), word);
        if (found == words.end()) throw broken();
        value.choices |= std::uint32_t{1} << static_cast<unsigned>(found - words.begin());
      }
      break;
    }
    case FieldType::name:
      value.name = text;
      break;
  }
  return value;
}

void DraftWriter::apply_option(std::string const& option, std::string_view path, std::string_view text) {
  for (std::size_t at = 0, length = 0; at < text.size(); at += length) {
    length = utf8_length_at(text, at);
    if (length > 0) continue;
    errors_->add(say(Message::in_option_not_utf8, option));
    return;
  }
  auto const checked = checked_text(std::string{text}, option, *errors_);
  if (!checked) return;
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.text = *checked;
  if (text.starts_with('[')) {
    auto const list = parse_yaml(*checked, option, *errors_);
    if (!list) return;
    node = list->root;
  } else if (text.find('\t') != std::string_view::npos) {
    errors_->add(fmt::format("{}: {}", option, say(Message::in_yaml_tab)));
    return;
  }
  Source const source{nullptr, option};
  auto const unknown = [&](std::string_view key, std::string const& fix) { note_unknown_key(option, key, fix); };
  auto const split = [](std::string_view whole) {
    auto const dot = whole.find('.');
    return dot == std::string_view::npos ? std::pair{whole, std::string_view{}}
                                         : std::pair{whole.substr(0, dot), whole.substr(dot + 1)};
  };
  auto const apply_text = [&](Value const& value, std::string_view language, bool one_line, auto& es, auto& en) {
    if (language == "es" || language == "en")
      read_text(value, one_line, language == "es" ? es : en);
    else
      unknown(path, suggestion(language, language_keys));
  };

  if (text.empty()) {
    errors_->add(say(Message::in_value_missing, option, shown(path)));
    return;
  }
  auto const [head, tail] = split(path);
  Value const value{source, node, std::string{path}};
  auto const parameter_path = head == "parameters" ? tail : path;
  if (auto const* const row = find_parameter(parameter_path)) {
    Value const named{source, node, std::string{parameter_path}};
    if (auto const number = read_number(named, row->low, row->high, row->unit)) {
      draft_->parameters.*(row->member) = *number;
      draft_->stated_parameters.insert(row);
    }
    return;
  }
  if (head == "measures") {
    // An id holds no dot, so the second name of the path is the whole id.
    auto const [id, key_path] = split(tail);
    auto* const measure = find_measure(id);
    if (measure == nullptr) {
      std::vector<std::string_view> ids;
      for (auto const& other : draft_->measures) ids.emplace_back(other.id);
      unknown(path, suggestion(id, ids));
      return;
    }
    if (measure->kind == nullptr) return;
    auto const [key_name, language] = split(key_path);
    auto const keys = keys_of(measure->kind);
    auto const found = std::find(keys.begin(), keys.end(), key_name);
    auto const key = static_cast<std::size_t>(found - keys.begin());
    if (key == measure_title_key)
      apply_text(value, language, true, measure->title_es, measure->title_en);
    else if (found == keys.end() || !language.empty())
      unknown(path, suggestion(key_name, keys));
    else if (key == id_key || key == kind_key)
      errors_->add(say(Message::in_set_fixed, option, path));
    else
      apply_measure_key(*measure, key, value);
    return;
  }
  auto const found = std::find(top_keys.begin(), top_keys.end(), head);
  auto const key = static_cast<std::size_t>(found - top_keys.begin());
  if (key == extends_key || key == horizon_key || key == stated_key) {
    errors_->add(say(Message::in_set_fixed, option, path));
  } else if (key == title_key) {
    apply_text(value, tail, true, draft_->title_es, draft_->title_en);
  } else if (key == description_key) {
    apply_text(value, tail, false, draft_->description_es, draft_->description_en);
  } else if (found != top_keys.end() && key != parameters_key && tail.empty()) {
    apply_top(key, value);
  } else {
    std::vector<std::string> all, of_group;
    for (auto const name : top_keys)
      if (name != "extends" && name != "parameters" && name != "measures" && name != "horizon_months" && name != "stated_parameters")
        all.emplace_back(name);
    for (auto const& row : parameter_table()) {
      all.push_back(fmt::format("{}.{}", row.group, row.name));
      if (head == "parameters") all.back() = "parameters." + all.back();
      if (parameter_path.starts_with(std::string{row.group} + ".")) of_group.push_back(all.back());
    }
    auto const& likely = of_group.empty() ? all : of_group;
    std::vector<std::string_view> const words(likely.begin(), likely.end());
    unknown(path, suggestion(path, words));
  }
}

}  // namespace arraigo
