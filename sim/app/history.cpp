#include "app/history.hpp"

#include <fmt/format.h>

#include <set>

#include "analysis/by_rule.hpp"
#include "core/input_errors.hpp"
#include "core/numbers.hpp"
#include "params/scenario.hpp"

namespace arraigo::app {
namespace {

/// Whether the run's places are all those of the tables, by their zones or districts.
bool is_whole_country(analysis::RunData const& run, DistrictTable const& districts) {
  std::set<std::string> zones;
  for (auto const& row : districts.rows()) zones.insert(row.zone);
  for (auto const& dimension : run.layout().dimensions) {
    if (dimension.name == "zone") return dimension.keys.size() == zones.size();
    if (dimension.name == "district") return dimension.keys.size() == districts.rows().size();
  }
  return false;
}

void check_same_model(analysis::RunReader const& history, analysis::RunReader const& base, Country const& country,
                      std::filesystem::path const& data) {
  auto const check = [&](std::string const& key, std::string const& ours, std::string const& other_name, std::string const& other,
                         std::string const& fix) {
    if (ours != other)
      throw InputError(say(Message::app_report_validation_differs, history.name(), key, ours, other_name, other, fix));
  };
  auto const attribute = [](analysis::RunReader const& run, char const* key) { return run.text_attribute(key).value_or(""); };
  for (char const* key : {"version", "commit", "data_digest"})
    check(key, attribute(history, key), base.name(), attribute(base, key), say(Message::app_report_validation_history, ""));
  // The tables give the prices that pay is told in.
  check("data_digest", attribute(history, "data_digest"), data.string(), country.digest, say(Message::app_report_validation_tables));
  // Parameters drawn for each replicate stand beside the scenario, whose own values are those of the table.
  auto const source_of = [&](analysis::RunReader const& run) -> std::string { return run.text_attribute("parameter_sets") ? "posterior" : "table"; };
  check("--parameters", source_of(history), base.name(), source_of(base), say(Message::app_report_validation_history, " --parameters " + source_of(base)));
  auto const parameters_of = [&](analysis::RunReader const& run) {
    return parse_scenario(attribute(run, "scenario"), run.name(), run.stem(), country.districts).parameters;
  };
  auto const then = parameters_of(history), now = parameters_of(base);
  for (auto const& row : parameter_table()) {
    std::string const key = fmt::format("{}.{}", row.group, row.name), wanted = number_text(now.*(row.member));
    check(key, number_text(then.*(row.member)), base.name(), wanted,
          say(Message::app_report_validation_history, fmt::format(" --set {}={}", key, wanted)));
  }
}

}  // namespace

analysis::Validation hold_against(std::span<analysis::PublishedFigure const> figures, analysis::RunData const& run, Country const& country) {
  return analysis::validate(run, figures, is_whole_country(run, country.districts),
                            [&](Month month) { return country.rule("cpi", "national", month); });
}

analysis::History history_for_report(std::string const& file, analysis::RunReader const& base, std::filesystem::path const& data) {
  analysis::RunReader const run{file};
  if (analysis::is_by_rule(run)) throw InputError(say(Message::app_report_twin, run.name()));
  Country const country = read_country(data);
  check_same_model(run, base, country, data);
  analysis::History history;
  history.validation = hold_against(analysis::read_figures(data / "validation" / "figures.csv"), run, country);
  if (analysis::score_of(history.validation, analysis::FigureSet::held_out).figures == 0) {
    auto const& layout = run.layout();
    throw InputError(say(Message::app_report_validation_none, run.name(), run.stem(), layout.start.text(),
                         (layout.start + (layout.months - 1)).text()));
  }
  history.area_es = history.area_en = history.validation.area;
  for (auto const& known : country.districts.areas())
    if (known.name == history.validation.area) {
      history.area_es = known.title_es;
      history.area_en = known.title_en;
    }
  return history;
}

}  // namespace arraigo::app
