#include <fmt/format.h>

#include <algorithm>

#include "core/numbers.hpp"
#include "params/scenario.hpp"
#include "params/scenario_draft.hpp"
#include "params/yaml_reading.hpp"

namespace arraigo {
namespace {

std::string in_both_languages(std::string_view es, std::string_view en) {
  return fmt::format("{{es: {}, en: {}}}", in_yaml_quotes(es), in_yaml_quotes(en));
}

std::string field_text(FieldValue const& value, MeasureField const& field) {
  switch (field.type) {
    case FieldType::number:
    case FieldType::integer:
      return number_text(value.number);
    case FieldType::month:
      return value.month.text();
    case FieldType::name:
      return in_yaml_quotes(value.name);
    case FieldType::choice:
    case FieldType::choice_list:
      break;
  }
  auto const words = words_of(field.choices);
  std::vector<std::string_view> chosen;
  for (std::size_t i = 0; i < words.size(); ++i)
    if ((value.choices >> i & 1U) != 0) chosen.push_back(words[i]);
  return field.type == FieldType::choice ? fmt::format("{}", fmt::join(chosen, ""))
                                         : fmt::format("[{}]", fmt::join(chosen, ", "));
}

/// Months from the start to the last first month of a measure: only where it goes past the months to run, so that a
/// scenario cut short on the command line still reads back.
int horizon_of(Scenario const& scenario) {
  int horizon = scenario.months;
  for (auto const& measure : scenario.measures) horizon = std::max(horizon, measure.from - scenario.start + 1);
  return horizon;
}

}  // namespace

std::string to_yaml(Scenario const& scenario) {
  std::string out;
  auto const line = [&](std::string_view indent, std::string_view key, std::string_view value) {
    out += fmt::format("{}{}: {}\n", indent, key, value);
  };
  line("", "name", in_yaml_quotes(scenario.name));
  if (!scenario.group.empty()) line("", "group", scenario.group);
  line("", "title", in_both_languages(scenario.title_es, scenario.title_en));
  line("", "description", in_both_languages(scenario.description_es, scenario.description_en));
  line("", "start", scenario.start.text());
  line("", "months", fmt::format("{}", scenario.months));
  if (int const horizon = horizon_of(scenario); horizon > scenario.months)
    line("", "horizon_months", fmt::format("{}", horizon));
  line("", "area", in_yaml_quotes(scenario.area));
  line("", "scale", fmt::format("{}", scenario.scale));
  line("", "replicates", fmt::format("{}", scenario.replicates));
  line("", "seed", fmt::format("{}", scenario.seed));

  std::vector<std::string> stated;
  for (auto const* row : scenario.stated_parameters) stated.push_back(fmt::format("{}.{}", row->group, row->name));
  line("", "stated_parameters", fmt::format("[{}]", fmt::join(stated, ", ")));
  out += "parameters:\n";
  std::vector<std::string_view> groups;
  for (auto const& row : parameter_table())
    if (std::find(groups.begin(), groups.end(), row.group) == groups.end()) groups.emplace_back(row.group);
  for (auto const group : groups) {
    out += fmt::format("  {}:\n", group);
    for (auto const& row : parameter_table())
      if (row.group == group) line("    ", row.name, number_text(scenario.parameters.*(row.member)));
  }

  out += scenario.measures.empty() ? "measures: []\n" : "measures:\n";
  for (auto const& measure : scenario.measures) {
    auto const& kind = row_of(measure.kind);
    out += fmt::format("  - id: {}\n", in_yaml_quotes(measure.id));
    line("    ", "kind", kind.name);
    if (!measure.title_es.empty() || !measure.title_en.empty())
      line("    ", "title", in_both_languages(measure.title_es, measure.title_en));
    line("    ", "from", measure.from.text());
    if (measure.to) line("    ", "to", measure.to->text());
    if (!measure.where.empty()) {
      std::vector<std::string> places;
      for (auto const& place : measure.where) places.push_back(in_yaml_quotes(place));
      line("    ", "where", fmt::format("[{}]", fmt::join(places, ", ")));
    }
    for (std::size_t i = 0; i < kind.fields.size() && i < measure.values.size(); ++i)
      if (measure.values[i].set) line("    ", kind.fields[i].name, field_text(measure.values[i], kind.fields[i]));
  }
  return out;
}

}  // namespace arraigo
