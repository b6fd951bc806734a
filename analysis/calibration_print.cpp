#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "analysis/calibration.hpp"
#include "analysis/text_output.hpp"
#include "core/numbers.hpp"

namespace arraigo::analysis {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<char const*, 4> identified_names{"unknown", "yes", "little", "no"};
char const* name_of(Identified identified) { return identified_names[static_cast<std::size_t>(identified)]; }

Message words_of(Identified identified) {
  switch (identified) {
    case Identified::yes: return Message::ca_identified;
    case Identified::little: return Message::ca_identified_weakly;
    case Identified::no: return Message::ca_identified_not;
    default: return Message::ca_identified_unknown;
  }
}

/// So many decimals that a hundredth of the range shows.
int decimals_of(FitParameter const& parameter) {
  return std::clamp(static_cast<int>(std::ceil(2 - std::log10(parameter.high - parameter.low))), 0, 8);
}
int decimals_of(FitTarget const& target) { return target.unit == "%" ? 1 : 0; }

/// A share that is not nothing is not shown as nothing.
std::string percent(double share, Lang lang) {
  double const value = 100 * share;
  return format_number(value, value > 0 && value < 0.095 ? 3 : value < 9.95 ? 1 : 0, lang);
}

void print_parameters(std::ostream& out, BlockFit const& fit, Lang lang) {
  using Line = std::array<std::string, 8>;
  std::vector<Line> lines{{words(lang, Message::ca_head_parameter), words(lang, Message::ca_head_range), words(lang, Message::ca_head_table),
                           words(lang, Message::ca_head_fitted), words(lang, Message::ca_head_median), words(lang, Message::ca_head_interval),
                           words(lang, Message::ca_head_width), words(lang, Message::ca_head_verdict)}};
  for (std::size_t p = 0; p < fit.parameters.size(); ++p) {
    auto const& parameter = fit.block.parameters[p];
    auto const& fitted = fit.parameters[p];
    int const decimals = decimals_of(parameter);
    Line line{parameter.name, interval_text({parameter.low, parameter.high}, decimals, lang, Sign::when_negative), format_number(parameter.table, decimals, lang),
              format_number(fitted.fitted, decimals, lang)};
    if (fitted.low) {
      line[4] = format_number(*fitted.median, decimals, lang);
      line[5] = interval_text({*fitted.low, *fitted.high}, decimals, lang, Sign::when_negative);
      line[6] = percent(fitted.width, lang) + " %";
    }
    line[7] = words(lang, words_of(fitted.identified));
    lines.push_back(line);
  }
  print_lines(out, lines, 1);
}

void print_targets(std::ostream& out, BlockFit const& fit, Lang lang) {
  using Line = std::array<std::string, 6>;
  std::vector<Line> lines{{words(lang, Message::ca_head_figure), words(lang, Message::ca_head_published), words(lang, Message::ca_head_before), words(lang, Message::ca_head_after),
                           words(lang, Message::ca_head_implausibility), words(lang, Message::ca_head_emulator)}};
  for (std::size_t t = 0; t < fit.targets.size(); ++t) {
    auto const& target = fit.block.targets[t];
    auto const& fitted = fit.targets[t];
    int const decimals = decimals_of(target);
    lines.push_back({(lang == Lang::es ? target.title_es : target.title_en) + ", " + unit_in(target.unit, lang),
                     fmt::format("{} ({}; {})", format_number(target.value, decimals, lang), format_number(target.standard_error, decimals, lang),
                                 format_number(target.tolerance, decimals, lang)),
                     format_number(fitted.before, decimals, lang), format_number(fitted.after, decimals, lang), format_number(fitted.implausibility, 1, lang),
                     percent(fitted.within_two, lang) + " %"});
  }
  print_lines(out, lines, 1);
}

/// Figures by row, parameters by number by column: their names are long.
void print_influence(std::ostream& out, BlockFit const& fit, Lang lang) {
  constexpr std::size_t most_columns = 12;
  std::size_t const shown = std::min(most_columns, fit.parameters.size());
  using Line = std::array<std::string, most_columns + 2>;
  Line header;
  header[0] = words(lang, Message::ca_head_figure);
  header[1] = words(lang, Message::ca_head_moves);
  for (std::size_t p = 0; p < shown; ++p) {
    auto const& name = fit.block.parameters[p].name;
    header[p + 2] = name.substr(name.find('.') + 1).substr(0, 16);
  }
  std::vector<Line> lines{header};
  for (std::size_t t = 0; t < fit.targets.size(); ++t) {
    Line line;
    line[0] = lang == Lang::es ? fit.block.targets[t].title_es : fit.block.targets[t].title_en;
    line[1] = format_number(fit.targets[t].moves, 1, lang);
    for (std::size_t p = 0; p < shown; ++p) line[p + 2] = format_number(100 * fit.targets[t].shares[p], 0, lang);
    lines.push_back(line);
  }
  print_lines(out, lines, 1);
}

std::string field(std::optional<double> value) { return value ? number_text(*value + 0.0) : std::string{}; }
Json number(std::optional<double> value) {
  if (!value) return nullptr;
  return *value + 0.0;
}

}  // namespace

void print_calibration(std::ostream& out, CalibrationResult const& result, Lang lang, std::size_t columns) {
  auto const note = [&](std::string const& text) {
    for (auto const& line : wrapped(text, columns - 2)) out << "  " << line << "\n";
  };
  out << words(lang, Message::ca_title, result.name, result.scenario, result.area, result.scale, result.replicates, result.seed) << "\n";
  for (auto const& fit : result.blocks) {
    out << "\n" << words(lang, Message::ca_block, fit.block.id, fit.block.months, fit.points) << "\n";
    for (std::size_t w = 0; w < fit.waves.size(); ++w)
      note(words(lang, Message::ca_wave_line, w + 1, fit.waves[w].points, percent(fit.waves[w].space_left, lang)));
    for (std::size_t w = 1; w < fit.waves.size(); ++w)
      if (double const before = fit.waves[w - 1].space_left, now = fit.waves[w].space_left; now > 2 * before) {
        note(words(lang, Message::ca_space_grows, percent(now, lang), percent(before, lang)));
        break;
      }
    out << "\n";
    print_parameters(out, fit, lang);
    out << "\n";
    print_targets(out, fit, lang);
    out << "\n  " << words(lang, Message::ca_influence) << "\n";
    print_influence(out, fit, lang);
    if (fit.draws.empty()) note(words(lang, Message::ca_nothing_left, format_number(fit.block.cutoff, 1, lang)));
    else if (fit.effective_sample < few_draws) note(words(lang, Message::ca_few_draws, format_number(fit.effective_sample, 0, lang)));
    for (auto const& pair : fit.correlated)
      note(words(lang, Message::ca_correlated, fit.block.parameters[pair.one].name, fit.block.parameters[pair.other].name, format_number(pair.correlation, 2, lang, Sign::always)));
    std::string nothing, poor;
    for (std::size_t p = 0; p < fit.parameters.size(); ++p)
      if (fit.parameters[p].identified == Identified::no) nothing += (nothing.empty() ? "" : ", ") + fit.block.parameters[p].name;
    for (std::size_t t = 0; t < fit.targets.size(); ++t)
      if (fit.targets[t].within_two < poor_emulator) poor += (poor.empty() ? "" : ", ") + fit.block.targets[t].id;
    if (!nothing.empty()) note(words(lang, Message::ca_unidentified, nothing));
    if (!poor.empty()) note(words(lang, Message::ca_emulator_poor, poor));
  }
  if (result.blocks.empty()) return;
  auto const& block = result.blocks.front().block;
  out << "\n";
  note(words(lang, Message::ca_note, words(lang, block.judged == Judged::highest ? Message::ca_highest : Message::ca_second_highest),
             format_number(block.cutoff, 1, lang), format_number(100 * nothing_from, 0, lang)));
}

void print_calibration_csv(std::ostream& out, CalibrationResult const& result) {
  // One table of both: a row says by `kind` what it is of.
  out << "block,kind,id,low,high,table,fitted,q05,q50,q95,width,identified,published,standard_error,tolerance,before,after,implausibility,within_two,moves\n";
  for (auto const& fit : result.blocks) {
    for (std::size_t p = 0; p < fit.parameters.size(); ++p) {
      auto const& parameter = fit.block.parameters[p];
      auto const& fitted = fit.parameters[p];
      out << csv_field(fit.block.id) << ",parameter," << parameter.name << ',' << field(parameter.low) << ',' << field(parameter.high) << ',' << field(parameter.table) << ','
          << field(fitted.fitted) << ',' << field(fitted.low) << ',' << field(fitted.median) << ',' << field(fitted.high) << ','
          << (fitted.low ? field(fitted.width) : std::string{}) << ',' << name_of(fitted.identified) << ",,,,,,,,\n";
    }
    for (std::size_t t = 0; t < fit.targets.size(); ++t) {
      auto const& target = fit.block.targets[t];
      auto const& fitted = fit.targets[t];
      out << csv_field(fit.block.id) << ",figure," << csv_field(target.id) << ",,,,,,,,,," << field(target.value) << ',' << field(target.standard_error) << ',' << field(target.tolerance)
          << ',' << field(fitted.before) << ',' << field(fitted.after) << ',' << field(fitted.implausibility) << ',' << field(fitted.within_two) << ',' << field(fitted.moves) << "\n";
    }
  }
}

void print_calibration_json(std::ostream& out, CalibrationResult const& result) {
  auto blocks = Json::array();
  for (auto const& fit : result.blocks) {
    auto parameters = Json::array(), targets = Json::array(), waves = Json::array(), correlated = Json::array();
    for (std::size_t p = 0; p < fit.parameters.size(); ++p) {
      auto const& parameter = fit.block.parameters[p];
      auto const& fitted = fit.parameters[p];
      parameters.push_back({{"parameter", parameter.name}, {"low", parameter.low}, {"high", parameter.high}, {"table", parameter.table}, {"fitted", fitted.fitted},
                            {"q05", number(fitted.low)}, {"q50", number(fitted.median)}, {"q95", number(fitted.high)},
                            {"width", fitted.low ? Json(fitted.width) : Json(nullptr)}, {"identified", name_of(fitted.identified)}});
    }
    for (std::size_t t = 0; t < fit.targets.size(); ++t) {
      auto const& target = fit.block.targets[t];
      auto const& fitted = fit.targets[t];
      Json shares = Json::object();
      for (std::size_t p = 0; p < fit.parameters.size(); ++p) shares[fit.block.parameters[p].name] = fitted.shares[p];
      targets.push_back({{"figure", target.id}, {"unit", target.unit}, {"published", target.value}, {"standard_error", target.standard_error}, {"tolerance", target.tolerance},
                         {"reason", target.reason}, {"before", fitted.before}, {"after", fitted.after}, {"implausibility", fitted.implausibility}, {"within_two", fitted.within_two},
                         {"moves", fitted.moves}, {"shares", std::move(shares)}});
    }
    for (auto const& wave : fit.waves) waves.push_back({{"points", wave.points}, {"space_left", wave.space_left}, {"best", wave.best}});
    for (auto const& pair : fit.correlated)
      correlated.push_back({{"one", fit.block.parameters[pair.one].name}, {"other", fit.block.parameters[pair.other].name}, {"correlation", pair.correlation}});
    blocks.push_back({{"block", fit.block.id}, {"months", fit.block.months}, {"points", fit.points}, {"implausibility", fit.implausibility},
                      {"nothing_left", fit.draws.empty()}, {"effective_sample", fit.effective_sample}, {"waves", std::move(waves)}, {"parameters", std::move(parameters)},
                      {"figures", std::move(targets)}, {"correlated", std::move(correlated)}});
  }
  Json const all{{"calibration", result.name}, {"scenario", result.scenario}, {"area", result.area}, {"scale", result.scale}, {"replicates", result.replicates},
                 {"seed", result.seed}, {"blocks", std::move(blocks)}};
  out << all.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace arraigo::analysis
