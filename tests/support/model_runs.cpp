#include "support/model_runs.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "params/yaml_tree.hpp"
#include "phases/phases.hpp"
#include "schedule/start.hpp"
#include "unit/params_fixture.hpp"

namespace arraigo::tests {
namespace {

std::filesystem::path scenarios() { return std::filesystem::path{ARRAIGO_SOURCE_DIR} / "scenarios"; }

std::size_t keys_of(RecordLayout const& layout, std::size_t v) {
  int const dimension = layout.variables[v].dimension;
  return dimension < 0 ? 1 : layout.dimensions[static_cast<std::size_t>(dimension)].keys.size();
}

std::size_t month_index(RecordLayout const& layout, int month) {
  return static_cast<std::size_t>(month < 0 ? layout.months + month : month);
}

}  // namespace

Country const& country() {
  static Country const tables = read_country(scenarios() / "data");
  return tables;
}

Scenario shipped(std::string const& stem, Overrides const& overrides) {
  return read_scenario(scenarios() / (stem + ".yaml"), country().districts, {scenarios()}, overrides);
}

std::vector<std::string> shipped_names() {
  std::vector<std::string> names;
  for (char const* folder : {"", "theory"})
    for (auto const& entry : std::filesystem::directory_iterator(scenarios() / folder))
      if (entry.path().extension() == ".yaml" && entry.path().stem() != "claims")
        names.push_back((std::filesystem::path(folder) / entry.path().stem()).string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<CatalogueEntry> catalogue() {
  Errors errors;
  auto const file = read_yaml(scenarios() / "programmes.yaml", "programmes.yaml", errors);
  errors.throw_if_any();
  std::vector<CatalogueEntry> entries;
  for (std::size_t k = 0; k + 1 < file->root.items.size(); k += 2) {
    if (file->root.items[k].text != "measures") continue;
    for (auto const& measure : file->root.items[k + 1].items) {
      CatalogueEntry& entry = entries.emplace_back();
      for (std::size_t i = 0; i + 1 < measure.items.size(); i += 2) {
        std::string const &key = measure.items[i].text, &value = measure.items[i + 1].text;
        if (key == "id") entry.id = value;
        if (key == "kind") entry.kind = value;
        if (key == "programme") entry.programme = value;
        if (key == "enabled") entry.enabled = value != "false";
      }
    }
  }
  return entries;
}

Scenario variant(std::string const& base, std::string const& rest, Overrides const& overrides) {
  TempFolder const folder;
  auto const file = folder.write("variant.yaml", fmt::format("extends: {}\nname: variant\n{}", base, rest));
  return read_scenario(file, country().districts, {scenarios()}, overrides);
}

Overrides small_case(int scale, int months, std::string const& area) {
  Overrides overrides;
  overrides.scale = scale;
  overrides.months = months;
  overrides.area = area;
  return overrides;
}

Prepared::Prepared(Scenario s, Detail detail_of_places)
    : scenario(std::move(s)),
      detail(detail_of_places),
      setup(Simulation::prepare(scenario, country())),
      layout(record_layout(*setup, detail_of_places)) {}

std::shared_ptr<Prepared const> prepare(Scenario scenario, Detail detail) {
  return std::make_shared<Prepared const>(std::move(scenario), detail);
}

ReplicateRecord run(Prepared const& prepared, int replicate, Adjust const& at_start, Adjust const& after_month) {
  Simulation simulation(prepared.setup, replicate, prepared.detail);
  if (at_start) at_start(simulation.world(), *prepared.setup);
  while (!simulation.done()) {
    simulation.step();
    if (after_month) after_month(simulation.world(), *prepared.setup);
  }
  return simulation.take_record();
}

std::vector<ReplicateRecord> run_replicates(Prepared const& prepared, int replicates) {
  std::vector<ReplicateRecord> records(static_cast<std::size_t>(replicates));
  tbb::parallel_for(0, replicates, [&](int r) { records[static_cast<std::size_t>(r)] = run(prepared, r); });
  return records;
}

World world_before_phase(Prepared const& prepared, int replicate, std::string_view until, int whole_months) {
  constexpr std::array<std::pair<std::string_view, Phase>, 16> month{
      {{"policies", set_policies},
       {"arrivals_and_departures", let_people_arrive_and_leave},
       {"lots", draw_lots},
       {"ageing_and_families", age_and_form_families},
       {"news", spread_news},
       {"attitudes", move_attitudes},
       {"regularisation", regularise},
       {"services", serve},
       {"employers", oversee_firms},
       {"separations", separate},
       {"vacancies", open_vacancies},
       {"search_and_match", search_and_match},
       {"own_account_work", enter_own_account_work},
       {"wages", move_wages},
       {"households", pool_household_income},
       {"public_accounts", keep_public_accounts}}};
  Simulation simulation(prepared.setup, replicate, prepared.detail);
  for (int done = 0; done < whole_months; ++done) simulation.step();
  World world = simulation.world();
  std::fill(world.flows.begin(), world.flows.end(), 0);
  std::fill(world.service_flows.begin(), world.service_flows.end(), 0);
  world.accounts.fill(0);
  world.paid.fill(0);
  for (std::size_t i = 0; i < month.size(); ++i) {
    if (schedule()[i].name != month[i].first)
      throw std::logic_error("the schedule has another order than this test knows");
    if (month[i].first == until) return world;
    month[i].second(world, *prepared.setup);
  }
  if (until == "record") return world;
  throw std::logic_error("no such phase: " + std::string(until));
}

std::size_t variable(RecordLayout const& layout, std::string_view name) {
  for (std::size_t v = 0; v < layout.variables.size(); ++v)
    if (layout.variables[v].name == name) return v;
  throw std::logic_error("the record has no variable " + std::string(name));
}

std::int64_t value(RecordLayout const& layout, ReplicateRecord const& record, std::string_view name, int month) {
  auto const v = variable(layout, name);
  auto const keys = keys_of(layout, v);
  auto const first = record.values[v].begin() + static_cast<std::ptrdiff_t>(month_index(layout, month) * keys);
  return std::accumulate(first, first + static_cast<std::ptrdiff_t>(keys), std::int64_t{0});
}

std::int64_t total(RecordLayout const& layout, ReplicateRecord const& record, std::string_view name) {
  auto const& values = record.values[variable(layout, name)];
  return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

double indicator(RecordLayout const& layout, ReplicateRecord const& record, std::string_view name, int month) {
  auto const sum = [&](std::vector<std::string> const& names) {
    double all = 0;
    for (std::string_view base : names) {
      bool const less = base.starts_with('-');
      double const x = static_cast<double>(value(layout, record, less ? base.substr(1) : base, month));
      all += less ? -x : x;
    }
    return all;
  };
  for (auto const& row : layout.indicators) {
    if (row.name != name) continue;
    return row.value(sum(row.numerator), sum(row.denominator), sum(row.reference_numerator), sum(row.reference_denominator))
        .value_or(std::numeric_limits<double>::quiet_NaN());
  }
  throw std::logic_error("no indicator " + std::string(name));
}

std::string first_difference(RecordLayout const& layout, ReplicateRecord const& a, ReplicateRecord const& b) {
  if (a.values.size() != layout.variables.size() || b.values.size() != layout.variables.size())
    return "the records have other variables than the layout";
  std::string first;
  int first_month = layout.months;
  for (std::size_t v = 0; v < layout.variables.size(); ++v) {
    if (a.values[v].size() != b.values[v].size()) return layout.variables[v].name + " has other shapes";
    auto const keys = keys_of(layout, v);
    for (std::size_t i = 0; i < a.values[v].size(); ++i) {
      if (a.values[v][i] == b.values[v][i]) continue;
      int const month = static_cast<int>(i / keys);
      if (month < first_month) {
        first_month = month;
        first = fmt::format("{} in month {}, key {}: {} and {}", layout.variables[v].name, month, i % keys,
                            a.values[v][i], b.values[v][i]);
      }
      break;
    }
  }
  return first;
}

double paired_t(std::vector<double> const& differences) {
  double const n = static_cast<double>(differences.size());
  double const mean = std::accumulate(differences.begin(), differences.end(), 0.0) / n;
  double squares = 0;
  for (double d : differences) squares += (d - mean) * (d - mean);
  if (squares == 0) return mean == 0 ? 0 : std::copysign(std::numeric_limits<double>::infinity(), mean);
  return mean / std::sqrt(squares / (n - 1) / n);
}

}  // namespace arraigo::tests
