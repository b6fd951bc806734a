#include "app/parameter_sets.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace arraigo::app {

std::string text_of(ParameterDraws const& sets) {
  nlohmann::ordered_json json{{"parameters", nlohmann::ordered_json::array()}, {"sets", sets.sets}};
  for (auto const* row : sets.rows) json["parameters"].push_back(fmt::format("{}.{}", row->group, row->name));
  return json.dump();
}

std::optional<ParameterDraws> sets_of(std::string const& text) {
  auto const json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("parameters") || !json.contains("sets") || !json["parameters"].is_array() || !json["sets"].is_array() || json["sets"].empty())
    return std::nullopt;
  ParameterDraws sets;
  for (auto const& name : json["parameters"]) {
    auto const* row = name.is_string() ? find_parameter(name.get<std::string>()) : nullptr;
    if (row == nullptr) return std::nullopt;
    sets.rows.push_back(row);
  }
  for (auto const& values : json["sets"]) {
    if (!values.is_array() || values.size() != sets.rows.size()) return std::nullopt;
    auto& set = sets.sets.emplace_back();
    for (std::size_t p = 0; p < values.size(); ++p) {
      if (!values[p].is_number()) return std::nullopt;
      double const value = values[p].get<double>();
      if (!(value >= sets.rows[p]->low && value <= sets.rows[p]->high)) return std::nullopt;
      set.push_back(value);
    }
  }
  return sets;
}

Scenario with_set(Scenario scenario, ParameterDraws const& sets, int replicate) {
  auto const& set = sets.sets[static_cast<std::size_t>(replicate) % sets.sets.size()];
  for (std::size_t p = 0; p < sets.rows.size(); ++p)
    if (is_left_to_table(scenario, *sets.rows[p])) scenario.parameters.*sets.rows[p]->member = set[p];
  return scenario;
}

}  // namespace arraigo::app
