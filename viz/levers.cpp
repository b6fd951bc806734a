#include "viz/levers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "analysis/text_output.hpp"
#include "core/input_errors.hpp"
#include "params/scenario_draft.hpp"
#include "world/codes.hpp"

namespace arraigo::viz {
namespace {

/// The levers that workshops reach for, by kind and field; the policy measures that show them best stand in the shipped scenarios.
struct Headline {
  MeasureKind kind;
  char const* field;
};
constexpr std::array headlines{
    Headline{MeasureKind::programme, "capacity_per_month"}, Headline{MeasureKind::programme, "fee_soles"},
    Headline{MeasureKind::quota, "exempt_sizes"},           Headline{MeasureKind::quota, "head_share"},
    Headline{MeasureKind::service_points, "points"},        Headline{MeasureKind::information_campaign, "reach_share_per_month"},
    Headline{MeasureKind::host_support, "reach_share_per_month"},
};

std::size_t field_index(MeasureKind kind, std::string_view name) {
  auto const fields = row_of(kind).fields;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name == name) return i;
  throw BugError("a headline lever names no field");
}

/// 1, 2 or 5 times a power of ten, at least `value`.
double round_up(double value) {
  if (!(value > 0)) return 1;
  double const power = std::pow(10.0, std::floor(std::log10(value)));
  for (double const step : {1.0, 2.0, 5.0, 10.0})
    if (step * power >= value) return step * power;
  return 10 * power;
}

/// Slider ends: a share's whole range; where a field admits far more than anybody would try, twice what is in use.
void set_range(Lever& lever) {
  auto const& field = lever.row();
  lever.low = field.low;
  lever.high = field.high;
  double const used = lever.pattern.values[lever.field].set ? std::abs(lever.pattern.values[lever.field].number) : 0;
  double const wanted = round_up(std::max(2 * used, field.unit == std::string_view{"x"} ? 4.0 : 10.0));
  if (field.high > 2 * wanted && field.high > 12) lever.high = wanted;
}

Measure const* measure_of_kind(std::span<Scenario const> presets, Scenario const& scenario, MeasureKind kind, std::string_view field) {
  // A policy's measure rather than one that merely carries on what holds.
  for (auto const& preset : presets)
    for (auto const& measure : preset.measures)
      if (measure.kind == kind && find_measure(scenario, measure.id) == nullptr && (field.empty() || measure.field(field).set)) return &measure;
  return nullptr;
}

Month policy_start(Scenario const& scenario) { return scenario.start + std::min(6, std::max(0, scenario.months - 1)); }

void add_fields(std::vector<Lever>& levers, std::set<std::string>& known, Measure const& measure) {
  auto const fields = row_of(measure.kind).fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].type == FieldType::name) continue;  // it ties windows to a programme: nothing to move
    Lever lever{measure.id + "." + fields[i].name, measure, i};
    if (!known.insert(lever.id).second) continue;
    set_range(lever);
    levers.push_back(std::move(lever));
  }
}

std::string join(std::vector<std::string> const& words) {
  std::string all;
  for (auto const& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

template <class Names>
void look_up(Names const& names, std::string_view word, Lang lang, std::string& found) {
  if (!found.empty()) return;
  for (auto const& name : names)
    if (name.name == word) found = name.title.in(lang);
}

}  // namespace

Measure neutral_measure(MeasureKind kind, std::string id, Month from) {
  Measure measure;
  measure.id = std::move(id);
  measure.kind = kind;
  measure.from = from;
  for (auto const& field : row_of(kind).fields) {
    if (field.fallback != nullptr) {
      measure.values.push_back(fallback_of(field));
      continue;
    }
    FieldValue value;
    value.set = true;
    // A factor of one, or nothing at all, changes nothing; a validity cannot be nothing.
    value.number = field.unit == std::string_view{"x"} ? 1 : std::max(field.low, 0.0);
    if (field.unit == std::string_view{"soles/month"}) value.number = 0;
    value.choices = 1;
    measure.values.push_back(std::move(value));
  }
  return measure;
}

Measure const* find_measure(Scenario const& scenario, std::string_view id) {
  for (auto const& measure : scenario.measures)
    if (measure.id == id) return &measure;
  return nullptr;
}

Measure& measure_for(Scenario& scenario, Measure const& pattern) {
  for (auto& measure : scenario.measures)
    if (measure.id == pattern.id) return measure;
  return scenario.measures.emplace_back(pattern);
}

void remove_measure(Scenario& scenario, std::string_view id) {
  std::erase_if(scenario.measures, [&](Measure const& measure) { return measure.id == id; });
}

std::vector<Lever> levers_for(Scenario const& scenario, std::span<Scenario const> presets) {
  std::vector<Lever> levers;
  std::set<std::string> known;
  Month const from = policy_start(scenario);
  for (auto const& [kind, field] : headlines) {
    // A measure that does not state the field would bring something else along with it.
    auto const* const measure = measure_of_kind(presets, scenario, kind, field);
    Measure pattern = measure != nullptr ? *measure : neutral_measure(kind, std::string("new_") + row_of(kind).name, from);
    Lever lever{pattern.id + "." + field, std::move(pattern), field_index(kind, field)};
    lever.headline = true;
    set_range(lever);
    if (known.insert(lever.id).second) levers.push_back(std::move(lever));
  }
  for (auto const& measure : scenario.measures) add_fields(levers, known, measure);
  for (auto const& preset : presets)
    for (auto const& measure : preset.measures) add_fields(levers, known, measure);
  for (auto const& kind : measure_kinds()) {
    bool const there = std::any_of(levers.begin(), levers.end(), [&](Lever const& lever) { return lever.pattern.kind == kind.kind && lever.pattern.from >= scenario.start; });
    if (!there) add_fields(levers, known, neutral_measure(kind.kind, std::string("new_") + kind.name, from));
  }
  return levers;
}

std::string choice_text(std::string_view word, Lang lang) {
  std::string found;
  look_up(size_class_names, word, lang, found);
  look_up(service_names, word, lang, found);
  look_up(holder_names, word, lang, found);
  look_up(origin_names, word, lang, found);
  look_up(person_group_names, word, lang, found);
  look_up(entitlement_names, word, lang, found);
  look_up(payer_names, word, lang, found);
  look_up(choice_names, word, lang, found);
  if (!found.empty()) return found;
  static constexpr std::array<std::pair<std::string_view, Message>, 5> others{{{"floor", Message::viz_choice_floor},
                                                                               {"nearest", Message::viz_choice_nearest},
                                                                               {"before_hire", Message::viz_choice_before_hire},
                                                                               {"approval", Message::viz_choice_approval},
                                                                               {"collection", Message::viz_choice_collection}}};
  for (auto const& [name, message] : others)
    if (name == word) return text(message, lang);
  return std::string(word);
}

std::string measure_title(Measure const& measure, Lang lang) {
  std::string const& own = lang == Lang::es ? measure.title_es : measure.title_en;
  if (!own.empty()) return own;
  std::string title = row_of(measure.kind).title.in(lang);
  // Two measures of one kind are told apart by the service that they are about.
  auto const fields = row_of(measure.kind).fields;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name == std::string_view{"service"}) title += ": " + value_text(measure.values[i], fields[i], lang);
  return title;
}

std::string value_text(FieldValue const& value, MeasureField const& field, Lang lang) {
  if (!value.set) return text(Message::viz_as_in_force, lang);
  std::string_view const unit = field.unit;
  switch (field.type) {
    case FieldType::number:
    case FieldType::integer: {
      if (unit.starts_with("share"))
        return analysis::format_number(100 * value.number, std::abs(100 * value.number - std::round(100 * value.number)) < 1e-9 ? 0 : 1, lang) + " %";
      bool const whole = std::abs(value.number - std::round(value.number)) < 1e-9;
      std::string number = analysis::format_number(value.number, whole ? 0 : 2, lang);
      if (unit == "x") return "× " + number;
      return number;
    }
    case FieldType::month: return value.month.text();
    case FieldType::name: return value.name;
    case FieldType::choice:
    case FieldType::choice_list: break;
  }
  std::vector<std::string> words;
  auto const all = words_of(field.choices);
  for (std::size_t i = 0; i < all.size(); ++i)
    if ((value.choices >> i & 1U) != 0) words.push_back(choice_text(all[i], lang));
  return words.empty() ? text(Message::viz_none, lang) : join(words);
}

std::vector<Change> changes_between(Scenario const& from, Scenario const& to) {
  std::vector<Change> changes;
  auto const say_both = [&](std::string const& measure, auto const& sentence) {
    changes.push_back({measure, sentence(Lang::es), sentence(Lang::en)});
  };
  for (auto const& measure : to.measures) {
    auto const* const before = find_measure(from, measure.id);
    if (before == nullptr) {
      say_both(measure.id, [&](Lang lang) { return analysis::words(lang, Message::viz_change_added, measure_title(measure, lang), measure.from.text()); });
      continue;
    }
    if (before->from != measure.from || before->to != measure.to)
      say_both(measure.id, [&](Lang lang) {
        return analysis::words(lang, Message::viz_change_window, measure_title(measure, lang), measure.from.text(), measure.to ? measure.to->text() : "...");
      });
    if (before->where != measure.where)
      say_both(measure.id, [&](Lang lang) {
        return analysis::words(lang, Message::viz_change_where, measure_title(measure, lang), measure.where.empty() ? text(Message::viz_everywhere, lang) : join(measure.where));
      });
    auto const fields = row_of(measure.kind).fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      auto const &was = before->values[i], &is = measure.values[i];
      if (was.set == is.set && was.number == is.number && was.month == is.month && was.choices == is.choices && was.name == is.name) continue;
      say_both(measure.id, [&](Lang lang) {
        return analysis::words(lang, Message::viz_change_field, measure_title(measure, lang), fields[i].title.in(lang), value_text(was, fields[i], lang), value_text(is, fields[i], lang));
      });
    }
  }
  for (auto const& measure : from.measures)
    if (find_measure(to, measure.id) == nullptr)
      say_both(measure.id, [&](Lang lang) { return analysis::words(lang, Message::viz_change_removed, measure_title(measure, lang)); });
  for (auto const& row : parameter_table())
    if (from.parameters.*row.member != to.parameters.*row.member)
      say_both("", [&](Lang lang) {
        return analysis::words(lang, Message::viz_change_parameter, row.title.in(lang), from.parameters.*row.member, to.parameters.*row.member);
      });
  return changes;
}

}  // namespace arraigo::viz
