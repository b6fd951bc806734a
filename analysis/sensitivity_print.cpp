#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "analysis/sensitivity_output.hpp"
#include "analysis/text_output.hpp"
#include "core/input_errors.hpp"
#include "core/numbers.hpp"

namespace arraigo::analysis {
namespace {

constexpr std::size_t most_lines = 12;
constexpr std::size_t most_steps = 12;

/// One figure, as CSV and JSON have it.
struct Measured {
  std::string method, parameter, measure;
  double value = 0;
  std::optional<Interval> interval{};
  std::optional<double> p_value{};
};

std::string path_of(SweepReader const& sweep, SensitivityResult const& result, std::size_t k) {
  return sweep.parameters()[result.parameters[k]].path;
}

std::vector<Measured> measured(SweepReader const& sweep, SensitivityResult const& result) {
  std::vector<Measured> list;
  auto const add = [&](char const* method, std::string parameter, std::string measure, double value, std::optional<Interval> interval = {}, std::optional<double> p = {}) {
    list.push_back({method, std::move(parameter), std::move(measure), value, interval, p});
  };
  add("output", "", "points", static_cast<double>(result.whole_rows));
  add("output", "", "mean", result.mean);
  add("output", "", "standard_deviation", result.deviation);
  if (result.noise) add("output", "", "share_of_chance", result.noise->share);
  for (std::size_t const k : result.order) {
    std::string const path = path_of(sweep, result, k);
    if (!result.effects.empty()) {
      auto const& effect = result.effects[k];
      if (effect.effects == 0) continue;
      add("morris", path, "mu_star", effect.mu_star, effect.mu_star_interval);
      add("morris", path, "mu", effect.mu);
      add("morris", path, "sigma", effect.sigma);
      if (!result.effect_by_chance.empty()) add("morris", path, "mu_star_by_chance", result.effect_by_chance[k]);
    }
    if (!result.parts.empty()) {
      add("sobol", path, "first_order", result.parts[k].first, result.parts[k].first_interval);
      add("sobol", path, "total_order", result.parts[k].total, result.parts[k].total_interval);
    }
    if (result.ranks) {
      auto const& rank = result.ranks->parameters[k];
      add("prcc", path, "partial_rank_correlation", rank.value, rank.interval, rank.p_value);
    }
  }
  if (result.ranks) add("prcc", "", "r_squared", result.ranks->r_squared);
  if (!result.discovery) return list;
  auto const& discovery = *result.discovery;
  add("cases", "", "threshold", discovery.limit);
  add("cases", "", "of_interest", static_cast<double>(discovery.cases));
  add("cases", "", "points", static_cast<double>(discovery.rows.size()));
  for (std::size_t k = 0; k < discovery.separations.size(); ++k)
    add("regional", path_of(sweep, result, k), "distance", discovery.separations[k].distance, {}, discovery.separations[k].p_value);
  for (std::size_t b = 0; b < discovery.boxes.size(); ++b) {
    auto const& box = discovery.boxes[b];
    std::string const of_box = fmt::format("box{}_", b + 1);
    add("prim", "", of_box + "coverage", box.quality.coverage);
    add("prim", "", of_box + "density", box.quality.density);
    add("prim", "", of_box + "mass", box.quality.mass);
    for (auto const& limit : box.limits) {
      std::string const path = path_of(sweep, result, limit.parameter);
      if (limit.low) add("prim", path, of_box + "low", *limit.low, {}, limit.quasi_p);
      if (limit.high) add("prim", path, of_box + "high", *limit.high, {}, limit.quasi_p);
      if (b == 0) add("prim", path, of_box + "reproduced", limit.reproduced);
    }
  }
  return list;
}

std::string field(std::optional<double> value) { return value ? number_text(*value + 0.0) : std::string{}; }

/// Cells of a table for the screen; the first column is text, the others are figures.
using Row = std::vector<std::string>;
void print_rows(std::ostream& out, std::vector<Row> const& rows) {
  std::vector<std::size_t> widths;
  for (auto const& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c >= widths.size()) widths.push_back(0);
      widths[c] = std::max(widths[c], display_width(row[c]));
    }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < rows[r].size(); ++c) line += "  " + (c == 0 ? pad_right(rows[r][c], widths[c]) : pad_left(rows[r][c], widths[c]));
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << "\n";
    if (r > 0) continue;
    std::string rule = "  ";
    for (std::size_t c = 0; c < widths.size(); ++c)
      for (std::size_t i = 0; i < widths[c] + (c > 0 ? 2 : 0); ++i) rule += "─";
    out << rule << "\n";
  }
}

void print_sentence(std::ostream& out, std::string const& text, std::size_t columns, char const* front = "") {
  std::string indent = front;
  for (auto const& line : wrapped(text, columns - 2)) {
    out << indent << line << "\n";
    indent = *front != '\0' ? "  " : "";
  }
}

std::string with_interval(double value, Interval const& interval, Lang lang) {
  return fmt::format("{} [{}; {}]", short_number(value, lang), short_number(interval.low, lang), short_number(interval.high, lang));
}
/// Of shares and correlations.
std::string share_with_interval(double value, Interval const& interval, Lang lang) {
  return format_number(value, 2, lang) + " " + interval_text(interval, 2, lang, Sign::when_negative);
}

std::vector<Row> index_rows(SweepReader const& sweep, SensitivityResult const& result, Lang lang) {
  auto const word = [&](Message message) { return words(lang, message); };
  std::vector<Row> rows;
  if (!result.effects.empty()) {
    rows.push_back({word(Message::se_parameter), word(Message::se_column_mu_star), "μ", "σ"});
    if (!result.effect_by_chance.empty()) rows.front().push_back(word(Message::se_by_chance));
  } else if (!result.parts.empty()) {
    rows.push_back({word(Message::se_parameter), word(Message::se_column_first), word(Message::se_column_total)});
  } else if (result.ranks) {
    rows.push_back({word(Message::se_parameter), word(Message::se_column_ranks), "p", ""});
  } else {
    return rows;
  }
  for (std::size_t i = 0; i < std::min(result.order.size(), most_lines); ++i) {
    std::size_t const k = result.order[i];
    Row row{path_of(sweep, result, k)};
    if (!result.effects.empty()) {
      auto const& effect = result.effects[k];
      if (effect.effects == 0) continue;
      row.push_back(with_interval(effect.mu_star, effect.mu_star_interval, lang));
      row.push_back(short_number(effect.mu, lang, true));
      row.push_back(short_number(effect.sigma, lang));
      if (!result.effect_by_chance.empty()) row.push_back(short_number(result.effect_by_chance[k], lang));
    } else if (!result.parts.empty()) {
      row.push_back(share_with_interval(result.parts[k].first, result.parts[k].first_interval, lang));
      row.push_back(share_with_interval(result.parts[k].total, result.parts[k].total_interval, lang));
    } else {
      auto const& rank = result.ranks->parameters[k];
      row.push_back(share_with_interval(rank.value, rank.interval, lang));
      row.push_back(p_text(rank.p_value, lang));
      row.push_back(result.ranks_remain[k] ? "*" : "");
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void print_boxes(std::ostream& out, SweepReader const& sweep, SensitivityResult const& result, Lang lang, std::size_t columns) {
  auto const& discovery = *result.discovery;
  auto const word = [&](Message message) { return words(lang, message); };
  for (std::size_t b = 0; b < discovery.boxes.size(); ++b) {
    auto const& box = discovery.boxes[b];
    if (b == 0) {
      out << "\n";
      print_sentence(out, word(Message::se_trajectory), columns);
      std::vector<Row> rows{{word(Message::se_step), word(Message::se_coverage), word(Message::se_density), word(Message::se_mass), word(Message::se_restricted), ""}};
      std::size_t const every = (box.trajectory.size() + most_steps - 1) / most_steps;
      for (std::size_t s = 0; s < box.trajectory.size(); ++s) {
        if (s % every != 0 && s != box.chosen && s + 1 != box.trajectory.size()) continue;
        auto const& q = box.trajectory[s];
        rows.push_back({std::to_string(s), format_number(100 * q.coverage, 0, lang) + " %", format_number(100 * q.density, 0, lang) + " %",
                        format_number(100 * q.mass, 0, lang) + " %", std::to_string(q.restricted), s == box.chosen ? "<" : ""});
      }
      print_rows(out, rows);
    }
    out << "\n";
    auto const& q = box.quality;
    print_sentence(out,
                   words(lang, Message::se_box_head, b + 1, q.points, format_number(100 * q.coverage, 0, lang), format_number(100 * q.density, 0, lang),
                         format_number(100 * q.mass, 0, lang), format_number(100.0 * static_cast<double>(discovery.cases) / static_cast<double>(discovery.rows.size()), 0, lang)),
                   columns);
    std::vector<Row> rows{{word(Message::se_limit), word(Message::se_quasi_p)}};
    if (b == 0) rows.front().push_back(word(Message::se_reproduced));
    for (auto const& limit : box.limits) {
      rows.push_back({limit_text(sweep.parameters()[result.parameters[limit.parameter]], limit, lang), p_text(limit.quasi_p, lang)});
      if (b == 0) rows.back().push_back(format_number(100 * limit.reproduced, 0, lang) + " %");
    }
    print_rows(out, rows);
  }
}

void print_discovery(std::ostream& out, SweepReader const& sweep, SensitivityResult const& result, Lang lang, std::size_t columns) {
  auto const& discovery = *result.discovery;
  out << "\n";
  print_sentence(out, words(lang, discovery.flips ? Message::se_cases_flip : Message::se_cases, rule_text(result, lang), discovery.cases, discovery.rows.size()), columns);
  if (discovery.separations.empty()) return;
  std::vector<std::size_t> order(discovery.separations.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return discovery.separations[a].distance > discovery.separations[b].distance; });
  std::vector<Row> rows{{words(lang, Message::se_parameter), words(lang, Message::se_distance), "p", ""}};
  constexpr std::size_t most = 6;
  for (std::size_t i = 0; i < std::min(order.size(), most); ++i) {
    auto const& separation = discovery.separations[order[i]];
    rows.push_back({path_of(sweep, result, order[i]), format_number(separation.distance, 2, lang), p_text(separation.p_value, lang),
                    discovery.separations_remain[order[i]] ? "*" : ""});
  }
  print_rows(out, rows);
  print_boxes(out, sweep, result, lang, columns);
}

char const* name_of(SensitivityMethod method) {
  switch (method) {
    case SensitivityMethod::morris: return "morris";
    case SensitivityMethod::sobol: return "sobol";
    case SensitivityMethod::ranks: return "prcc";
  }
  return "";
}

}  // namespace

void print_sensitivity(std::ostream& out, SweepReader const& sweep, std::span<SensitivityResult const> results, Lang lang, std::size_t columns) {
  out << words(lang, Message::se_title, sweep.name(), sweep.design(), sweep.rows(), sweep.parameters().size(), sweep.replicates()) << "\n";
  bool any_mark = false;
  for (auto const& result : results) {
    std::string const title = lang == Lang::es ? result.indicator.title_es : result.indicator.title_en;
    std::string const month = result.month == "mean" ? words(lang, Message::an_mean_of, sweep.start().text(), (sweep.start() + (static_cast<int>(sweep.months()) - 1)).text()) : words(lang, Message::an_month_is, result.month);
    out << "\n";
    print_sentence(out, result.base.empty() ? words(lang, Message::se_of_level, title, result.scenario, month) : words(lang, Message::se_of_difference, title, result.scenario, result.base, month), columns);
    print_sentence(out, words(lang, Message::se_output, short_number(result.mean, lang, !result.base.empty()), result.unit(lang), short_number(result.deviation, lang), result.whole_rows, sweep.rows()) +
                            (result.noise ? " " + words(lang, Message::se_output_chance, format_number(100 * result.noise->share, 0, lang)) : ""),
                   columns);
    if (auto const rows = index_rows(sweep, result, lang); !rows.empty()) {
      out << "\n";
      print_rows(out, rows);
      if (result.order.size() > most_lines) out << "  " << words(lang, Message::se_more, result.order.size() - most_lines) << "\n";
      any_mark = any_mark || result.ranks.has_value();
    }
    if (result.discovery) {
      print_discovery(out, sweep, result, lang, columns);
      any_mark = any_mark || !result.discovery->separations.empty();
    }
    if (!result.notes.empty()) out << "\n";
    for (auto const& sentence : result.notes) print_sentence(out, "! " + sentence.in(lang), columns, "");
  }
  out << "\n";
  bool const any_rank = std::any_of(results.begin(), results.end(), [](auto const& result) { return result.ranks.has_value(); });
  if (std::any_of(results.begin(), results.end(), [](auto const& result) { return !result.effects.empty(); })) print_sentence(out, words(lang, Message::se_measure_morris), columns);
  if (std::any_of(results.begin(), results.end(), [](auto const& result) { return !result.parts.empty(); })) print_sentence(out, words(lang, Message::se_measure_sobol), columns);
  if (any_rank) print_sentence(out, words(lang, Message::se_measure_ranks), columns);
  if (any_mark) print_sentence(out, words(lang, Message::se_mark), columns);
}

void print_sensitivity_csv(std::ostream& out, SweepReader const& sweep, std::span<SensitivityResult const> results) {
  out << "indicator,scenario,base,month,method,parameter,measure,value,ci_low,ci_high,p_value\n";
  for (auto const& result : results)
    for (auto const& m : measured(sweep, result))
      out << csv_field(result.indicator.name) << ',' << csv_field(result.scenario) << ',' << csv_field(result.base) << ',' << result.month << ',' << m.method << ','
          << csv_field(m.parameter) << ',' << m.measure << ',' << field(m.value) << ',' << field(m.interval ? std::optional{m.interval->low} : std::nullopt) << ','
          << field(m.interval ? std::optional{m.interval->high} : std::nullopt) << ',' << field(m.p_value) << "\n";
}

void print_sensitivity_json(std::ostream& out, SweepReader const& sweep, std::span<SensitivityResult const> results, Lang lang) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (auto const& result : results) {
    Json entry{{"indicator", result.indicator.name}, {"scenario", result.scenario}, {"base", result.base}, {"month", result.month},
               {"units", result.indicator.units}, {"design", sweep.design()}, {"method", name_of(result.method)}, {"measures", Json::array()}};
    for (auto const& m : measured(sweep, result)) {
      Json one{{"method", m.method}, {"parameter", m.parameter}, {"measure", m.measure}, {"value", m.value + 0.0}};
      one["ci_low"] = m.interval ? Json(m.interval->low + 0.0) : Json(nullptr);
      one["ci_high"] = m.interval ? Json(m.interval->high + 0.0) : Json(nullptr);
      one["p_value"] = m.p_value ? Json(*m.p_value) : Json(nullptr);
      entry["measures"].push_back(std::move(one));
    }
    entry["cases"] = result.discovery ? Json(rule_text(result, Lang::en)) : Json(nullptr);
    entry["trajectory"] = Json::array();
    if (result.discovery && !result.discovery->boxes.empty())
      for (auto const& q : result.discovery->boxes.front().trajectory)
        entry["trajectory"].push_back({{"coverage", q.coverage}, {"density", q.density}, {"mass", q.mass}, {"points", q.points}, {"restricted", q.restricted}});
    entry["notes"] = Json::array();
    for (auto const& sentence : result.notes) entry["notes"].push_back(sentence.in(lang));
    list.push_back(std::move(entry));
  }
  out << list.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace arraigo::analysis
