#include "analysis/sensitivity_study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "analysis/text_output.hpp"
#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/numbers.hpp"
#include "core/suggest.hpp"

namespace arraigo::analysis {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// A number of a sentence, written as each language writes it.
struct Figure {
  double value = 0;
  int decimals = 0;
};
std::string shown_in(Lang lang, Figure const& figure) { return format_number(figure.value, figure.decimals, lang); }
std::string shown_in(Lang, std::string const& text) { return text; }
Figure whole(std::size_t count) { return {static_cast<double>(count), 0}; }
Figure percent(double share) { return {100 * share, 0}; }

template <class... Args>
Note note(Message message, Args const&... args) {
  return {words(Lang::es, message, shown_in(Lang::es, args)...), words(Lang::en, message, shown_in(Lang::en, args)...)};
}

std::string joined(std::vector<std::string> const& names) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > most ? text + ", ..." : text;
}

std::size_t index_of(std::vector<std::string> const& names, std::string const& name, char const* option, SweepReader const& sweep) {
  auto const found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::vector<std::string_view> const known(names.begin(), names.end());
  throw InputError(say(Message::se_unknown_scenario, option, shown(name), sweep.path().string(), suggestion(name, known)));
}

std::vector<SweepIndicator> chosen_indicators(SweepReader const& sweep, std::vector<std::string> const& asked) {
  std::vector<SweepIndicator> chosen;
  Errors errors;
  if (asked.empty())
    for (auto const& indicator : sweep.indicators())
      if (indicator.headline) chosen.push_back(indicator);
  for (auto const& name : asked) {
    auto const found = std::find_if(sweep.indicators().begin(), sweep.indicators().end(), [&](auto const& indicator) { return indicator.name == name; });
    if (found == sweep.indicators().end()) {
      std::vector<std::string_view> known;
      for (auto const& indicator : sweep.indicators()) known.push_back(indicator.name);
      auto const near = nearest(name, known);
      errors.add(say(Message::an_unknown_indicator, sweep.path().string(), shown(name), near ? suggestion(name, known) : say(Message::an_see_indicators)));
    } else if (std::none_of(chosen.begin(), chosen.end(), [&](auto const& indicator) { return indicator.name == name; })) {
      chosen.push_back(*found);
    }
  }
  errors.throw_if_any();
  return chosen;
}

/// A scenario, and the one that is subtracted.
struct Pair {
  std::size_t scenario = 0;
  std::optional<std::size_t> base;
};

std::vector<Pair> chosen_pairs(SweepReader const& sweep, SensitivityRequest const& request) {
  auto const& scenarios = sweep.scenarios();
  if (!request.scenario.empty()) {
    if (!request.base.empty() || !request.alternatives.empty()) throw InputError(say(Message::se_scenario_or_pair));
    return {{index_of(scenarios, request.scenario, "--scenario", sweep), {}}};
  }
  if (scenarios.size() == 1) {
    if (!request.base.empty() || !request.alternatives.empty()) throw InputError(say(Message::se_one_scenario, sweep.path().string(), scenarios.front()));
    return {{0, {}}};
  }
  std::size_t const base = request.base.empty() ? 0 : index_of(scenarios, request.base, "--base", sweep);
  std::vector<Pair> pairs;
  for (auto const& alternative : request.alternatives) {
    std::size_t const at = index_of(scenarios, alternative, "--alt", sweep);
    if (at == base) throw InputError(say(Message::se_same_scenario, alternative));
    if (std::none_of(pairs.begin(), pairs.end(), [&](Pair const& pair) { return pair.scenario == at; })) pairs.push_back({at, base});
  }
  if (request.alternatives.empty())
    for (std::size_t s = 0; s < scenarios.size(); ++s)
      if (s != base) pairs.push_back({s, base});
  return pairs;
}

bool varies(std::vector<double> const& values) {
  return std::any_of(values.begin(), values.end(), [&](double value) { return value != values.front(); });
}

/// The value that a share of them lies below (type 7 of Hyndman and Fan 1996).
double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  double const place = share * static_cast<double>(values.size() - 1);
  auto const below = static_cast<std::size_t>(place);
  if (below + 1 >= values.size()) return values.back();
  return values[below] + (place - static_cast<double>(below)) * (values[below + 1] - values[below]);
}

class Study {
 public:
  Study(SweepReader const& sweep, SensitivityRequest const& request, Pair const& pair, SweepIndicator const& indicator, SweepMonths const& months)
      : sweep_(sweep), request_(request), pair_(pair) {
    result_.indicator = indicator;
    result_.scenario = sweep.scenarios()[pair.scenario];
    if (pair.base) result_.base = sweep.scenarios()[*pair.base];
    result_.month = months.text;
    result_.method = sweep.design() == "morris"     ? SensitivityMethod::morris
                     : sweep.design() == "saltelli" ? SensitivityMethod::sobol
                                                    : SensitivityMethod::ranks;
    runs_ = sweep.read(indicator, pair.scenario, months);
    if (pair.base) {
      auto const below = sweep.read(indicator, *pair.base, months);
      for (std::size_t i = 0; i < runs_.size(); ++i) runs_[i] -= below[i];
    }
  }

  SensitivityResult run() {
    outputs();
    parameters();
    if (!result_.varies) {
      result_.notes.push_back(note(result_.whole_rows < 2 ? Message::se_note_too_few_rows : Message::se_note_constant, whole(result_.whole_rows)));
      order_by([](std::size_t) { return 0.0; });
      return std::move(result_);
    }
    noise();
    switch (result_.method) {
      case SensitivityMethod::morris: morris(); break;
      case SensitivityMethod::sobol: sobol(); break;
      case SensitivityMethod::ranks: ranks_of_rows(); break;
    }
    if (result_.method != SensitivityMethod::morris) discover();
    return std::move(result_);
  }

 private:
  void tell(Note sentence) { result_.notes.push_back(std::move(sentence)); }

  void outputs() {
    std::size_t const replicates = sweep_.replicates();
    std::vector<double> defined;
    for (std::size_t row = 0; row < sweep_.rows(); ++row) {
      double sum = 0;
      for (std::size_t r = 0; r < replicates; ++r) sum += runs_[row * replicates + r];
      // A mean over fewer replicates would not be of the same random numbers as the others.
      double const mean = std::isfinite(sum) ? sum / static_cast<double>(replicates) : none;
      result_.output.push_back(mean);
      if (std::isfinite(mean)) defined.push_back(mean);
    }
    result_.whole_rows = defined.size();
    result_.varies = defined.size() > 1 && varies(defined);
    if (!defined.empty()) result_.mean = std::accumulate(defined.begin(), defined.end(), 0.0) / static_cast<double>(defined.size());
    double squares = 0;
    for (double const value : defined) squares += (value - result_.mean) * (value - result_.mean);
    if (defined.size() > 1) result_.deviation = std::sqrt(squares / static_cast<double>(defined.size() - 1));
    if (defined.size() < sweep_.rows()) tell(note(Message::se_note_missing, whole(sweep_.rows() - defined.size()), whole(sweep_.rows())));
  }

  void parameters() {
    std::vector<std::string> fixed, unordered;
    for (std::size_t k = 0; k < sweep_.parameters().size(); ++k) {
      auto const& parameter = sweep_.parameters()[k];
      if (!parameter.has_order())
        unordered.push_back(parameter.path);
      else if (!varies(parameter.values))
        fixed.push_back(parameter.path);
      else
        result_.parameters.push_back(k);
    }
    if (!fixed.empty()) tell(note(Message::se_note_fixed, joined(fixed)));
    if (!unordered.empty()) tell(note(Message::se_note_unordered, joined(unordered)));
  }

  [[nodiscard]] SweepParameter const& parameter(std::size_t k) const { return sweep_.parameters()[result_.parameters[k]]; }

  template <class Size>
  void order_by(Size size) {
    result_.order.resize(result_.parameters.size());
    std::iota(result_.order.begin(), result_.order.end(), std::size_t{0});
    std::stable_sort(result_.order.begin(), result_.order.end(), [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
  }

  void noise() {
    if (sweep_.replicates() == 1) {
      tell(note(Message::se_note_one_replicate));
      return;
    }
    auto runs = runs_;
    // Of base points only: the other blocks repeat their values.
    if (result_.method == SensitivityMethod::sobol)
      for (std::size_t row = 0; row < sweep_.rows(); ++row)
        if (sweep_.block()[row] > 1)
          for (std::size_t r = 0; r < sweep_.replicates(); ++r) runs[row * sweep_.replicates() + r] = none;
    result_.noise = replicate_noise(runs, sweep_.replicates());
    if (result_.noise && result_.noise->share > most_chance) tell(note(Message::se_note_chance, percent(result_.noise->share)));
  }

  void morris() {
    std::vector<Column> units;
    for (std::size_t k = 0; k < result_.parameters.size(); ++k) {
      auto const span = parameter(k).span();
      units.emplace_back();
      for (double const value : parameter(k).values) units.back().push_back((value - span.low) / (span.high - span.low));
    }
    result_.effects = elementary_effects(units, sweep_.block(), sweep_.step(), result_.output);
    order_by([&](std::size_t k) { return result_.effects[k].mu_star; });
    if (result_.noise)
      for (auto const& effect : result_.effects)
        // The mean size of a normal difference of two outputs that differ by chance alone.
        result_.effect_by_chance.push_back(std::sqrt(2 * result_.noise->variance * effect.mean_square_step) * std::sqrt(2 * std::numbers::inv_pi));
    std::size_t fewest = std::numeric_limits<std::size_t>::max();
    std::vector<std::string> by_chance;
    for (std::size_t k = 0; k < result_.effects.size(); ++k) {
      fewest = std::min(fewest, result_.effects[k].effects);
      if (result_.noise && result_.effects[k].mu_star <= 1.25 * result_.effect_by_chance[k]) by_chance.push_back(parameter(k).path);
    }
    if (!result_.effects.empty() && fewest < least_trajectories) tell(note(Message::se_note_few_trajectories, whole(fewest), whole(least_trajectories)));
    if (!by_chance.empty()) tell(note(Message::se_note_effects_by_chance, joined(by_chance)));
  }

  void sobol() {
    auto const& block = sweep_.block();
    auto const& step = sweep_.step();
    std::size_t const blocks = sweep_.parameters().size() + 2;
    std::size_t const base = *std::max_element(step.begin(), step.end()) + std::size_t{1};
    std::vector<Column> by_block(blocks, Column(base, none));
    for (std::size_t row = 0; row < sweep_.rows(); ++row)
      if (block[row] < blocks) by_block[block[row]][step[row]] = result_.output[row];
    BlockOutputs outputs;
    outputs.a_b.resize(result_.parameters.size());
    for (std::size_t n = 0; n < base; ++n) {
      if (std::any_of(by_block.begin(), by_block.end(), [&](Column const& column) { return !std::isfinite(column[n]); })) continue;
      outputs.a.push_back(by_block[0][n]);
      outputs.b.push_back(by_block[1][n]);
      for (std::size_t k = 0; k < outputs.a_b.size(); ++k) outputs.a_b[k].push_back(by_block[2 + result_.parameters[k]][n]);
    }
    if (outputs.a.size() < base) tell(note(Message::se_note_base_points, whole(outputs.a.size()), whole(base)));
    result_.parts = variance_parts(outputs);
    order_by([&](std::size_t k) { return result_.parts.empty() ? 0.0 : result_.parts[k].total; });
    std::vector<std::string> wide, negative;
    for (std::size_t k = 0; k < result_.parts.size(); ++k) {
      auto const& part = result_.parts[k];
      if (part.total_interval.high - part.total_interval.low > widest_total_interval) wide.push_back(parameter(k).path);
      if (part.first < -0.05) negative.push_back(parameter(k).path);
    }
    if (result_.parts.empty()) tell(note(Message::se_note_too_few_rows, whole(outputs.a.size())));
    if (!wide.empty()) tell(note(Message::se_note_wide, Figure{widest_total_interval, 1}, joined(wide), whole(base)));
    if (!negative.empty()) tell(note(Message::se_note_negative, joined(negative)));
    if (result_.noise && result_.noise->share > 0.01) tell(note(Message::se_note_total_by_chance, Figure{result_.noise->share, 2}));
  }

  /// Rows whose output is known; of Saltelli's blocks the base points only.
  [[nodiscard]] std::vector<std::size_t> free_rows() const {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < sweep_.rows(); ++row)
      if (std::isfinite(result_.output[row]) && (result_.method != SensitivityMethod::sobol || sweep_.block()[row] < 2)) rows.push_back(row);
    return rows;
  }
  [[nodiscard]] std::vector<Column> columns_of(std::vector<std::size_t> const& rows) const {
    std::vector<Column> columns(result_.parameters.size());
    for (std::size_t k = 0; k < columns.size(); ++k)
      for (std::size_t const row : rows) columns[k].push_back(parameter(k).values[row]);
    return columns;
  }

  void ranks_of_rows() {
    if (result_.parameters.empty()) return;  // which ones are left out has been said
    auto const rows = free_rows();
    std::vector<double> output;
    for (std::size_t const row : rows) output.push_back(result_.output[row]);
    result_.ranks = partial_rank_correlations(columns_of(rows), output);
    if (!result_.ranks) {
      tell(note(rows.size() < result_.parameters.size() + 4 ? Message::se_note_ranks_few : Message::se_note_ranks_tied, whole(rows.size()), whole(result_.parameters.size())));
      order_by([](std::size_t) { return 0.0; });
      return;
    }
    std::vector<double> p_values;
    for (auto const& of_parameter : result_.ranks->parameters) p_values.push_back(of_parameter.p_value);
    result_.ranks_remain = remain_under_false_discovery_rate(p_values);
    order_by([&](std::size_t k) { return std::abs(result_.ranks->parameters[k].value); });
    if (rows.size() < least_points_per_parameter * result_.parameters.size())
      tell(note(Message::se_note_few_points, whole(rows.size()), whole(result_.parameters.size()), whole(least_points_per_parameter)));
    if (result_.ranks->r_squared < least_rank_fit) tell(note(Message::se_note_not_monotone, percent(result_.ranks->r_squared)));
  }

  void choose_rule(Discovery& discovery, std::vector<double> const& output) const {
    if (request_.cases) {
      discovery.rule = *request_.cases;
      discovery.limit = discovery.rule.percentile ? percentile(output, discovery.rule.threshold / 100) : discovery.rule.threshold;
      return;
    }
    double const median = percentile(output, 0.5);
    if (!result_.base.empty() && median != 0) {
      discovery.rule = {median > 0, true, false, 0};
      discovery.flips = std::any_of(output.begin(), output.end(), [&](double value) { return discovery.rule.holds(value, 0); });
      if (discovery.flips) return;
    }
    bool const below = result_.base.empty() || median >= 0;
    discovery.rule = {below, true, true, below ? 10.0 : 90.0};
    discovery.limit = percentile(output, below ? 0.1 : 0.9);
  }

  void discover() {
    Discovery discovery;
    discovery.rows = free_rows();
    std::vector<double> output;
    for (std::size_t const row : discovery.rows) output.push_back(result_.output[row]);
    if (output.size() < 2 || !varies(output)) return;
    choose_rule(discovery, output);
    for (double const value : output) {
      discovery.of_interest.push_back(discovery.rule.holds(value, discovery.limit));
      discovery.cases += discovery.of_interest.back() ? 1U : 0U;
    }
    std::size_t const others = output.size() - discovery.cases;
    if (discovery.cases == 0 || others == 0) {
      tell(note(discovery.cases == 0 ? Message::se_note_no_case : Message::se_note_all_cases, whole(output.size())));
      result_.discovery = std::move(discovery);
      return;
    }
    auto const columns = columns_of(discovery.rows);
    std::vector<double> p_values;
    for (auto const& column : columns) {
      discovery.separations.push_back(regional_separation(column, discovery.of_interest).value_or(Separation{}));
      p_values.push_back(discovery.separations.back().p_value);
    }
    discovery.separations_remain = remain_under_false_discovery_rate(p_values);
    PrimOptions options;
    options.step = request_.step;
    discovery.boxes = find_boxes(columns, discovery.of_interest, options);
    if (request_.step && !discovery.boxes.empty() && *request_.step >= discovery.boxes.front().trajectory.size())
      throw InputError(say(Message::se_bad_box, *request_.step, discovery.boxes.front().trajectory.size() - 1));
    if (std::min(discovery.cases, others) < least_cases) tell(note(Message::se_note_few_cases, whole(discovery.cases), whole(others), whole(least_cases)));
    if (discovery.boxes.empty()) tell(note(Message::se_note_no_box));
    if (!discovery.boxes.empty()) {
      std::vector<std::string> shaky;
      for (auto const& limit : discovery.boxes.front().limits)
        if (limit.reproduced < 0.5) shaky.push_back(parameter(limit.parameter).path);
      if (!shaky.empty()) tell(note(Message::se_note_shaky, joined(shaky)));
    }
    result_.discovery = std::move(discovery);
  }

  SweepReader const& sweep_;
  SensitivityRequest const& request_;
  Pair pair_;
  std::vector<double> runs_;  // on (row, replicate)
  SensitivityResult result_;
};

}  // namespace

CaseRule CaseRule::parse(std::string const& text) {
  auto const wrong = [&] { throw InputError(say(Message::se_bad_rule, shown(text))); };
  std::string plain;
  for (char const c : text)
    if (c != ' ') plain += c;
  CaseRule rule;
  auto const sign = plain.find_first_of("<>");
  if (sign == std::string::npos || (plain.substr(0, sign) != "effect" && plain.substr(0, sign) != "value")) wrong();
  rule.below = plain[sign] == '<';
  rule.inclusive = plain.size() > sign + 1 && plain[sign + 1] == '=';
  std::string number = plain.substr(sign + (rule.inclusive ? 2 : 1));
  rule.percentile = number.starts_with('p');
  if (rule.percentile) number.erase(0, 1);
  auto const parsed = parse_number(number);
  if (parsed.fault != NumberFault::none || (rule.percentile && (parsed.value < 0 || parsed.value > 100))) wrong();
  rule.threshold = parsed.value;
  return rule;
}

std::string SensitivityResult::unit(Lang lang) const {
  if (!base.empty() && indicator.units == "%") return words(lang, Message::an_points);
  return unit_in(indicator.units, lang);
}

std::vector<SensitivityResult> study_sensitivity(SweepReader const& sweep, SensitivityRequest const& request) {
  auto const months = sweep.months_of(request.month);
  auto const pairs = chosen_pairs(sweep, request);
  auto const indicators = chosen_indicators(sweep, request.indicators);
  if (sweep.parameters().empty()) throw InputError(say(Message::se_no_parameters, sweep.path().string()));
  std::vector<SensitivityResult> results;
  for (auto const& pair : pairs)
    for (auto const& indicator : indicators) results.push_back(Study(sweep, request, pair, indicator, months).run());
  return results;
}

std::string short_number(double value, Lang lang, bool with_sign) {
  int const decimals = value == 0 ? 0 : std::clamp(2 - static_cast<int>(std::floor(std::log10(std::abs(value)))), 0, 6);
  return format_number(value, decimals, lang, with_sign ? Sign::always : Sign::when_negative);
}

std::string limit_text(SweepParameter const& parameter, BoxLimit const& limit, Lang lang) {
  if (!parameter.words.empty()) {
    // Of two words a limit leaves one.
    auto const kept = static_cast<std::size_t>(limit.low ? *limit.low : *limit.high);
    return parameter.path + " = " + parameter.words[std::min(kept, parameter.words.size() - 1)];
  }
  std::string const low = limit.low ? short_number(*limit.low, lang) : std::string{}, high = limit.high ? short_number(*limit.high, lang) : std::string{};
  if (limit.low && limit.high) return fmt::format("{} ≤ {} ≤ {}", low, parameter.path, high);
  return limit.low ? fmt::format("{} ≥ {}", parameter.path, low) : fmt::format("{} ≤ {}", parameter.path, high);
}

std::string rule_text(SensitivityResult const& result, Lang lang) {
  auto const& discovery = *result.discovery;
  std::string const sign = std::string{discovery.rule.below ? "<" : ">"} + (discovery.rule.inclusive ? "=" : "");
  std::string text = fmt::format("{} {} {}", words(lang, result.base.empty() ? Message::se_value : Message::se_effect), sign, short_number(discovery.limit, lang));
  if (discovery.rule.percentile) text += fmt::format(" (p{})", number_text(discovery.rule.threshold));
  return text;
}

}  // namespace arraigo::analysis
