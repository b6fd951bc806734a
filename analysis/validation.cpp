#include "analysis/validation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "analysis/figures.hpp"
#include "analysis/parameter_parts.hpp"
#include "core/csv.hpp"
#include "core/input_errors.hpp"

namespace arraigo::analysis {
namespace {

constexpr std::array<std::string_view, figure_set_count> set_names{"fitted", "calibration", "held_out"};
constexpr std::array<std::string_view, 4> units{"%", "people", "firms", "soles"};

double mean_of(std::span<double const> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Two of which only one is there say nothing.
void both_or_none(CsvTable const& t, std::size_t row, char const* one, char const* other) {
  if (t.blank(row, one) != t.blank(row, other)) t.mistake(row, other, say(Message::va_both_or_none, one, other));
}

PublishedFigure figure_of(CsvTable const& t, std::size_t r) {
  PublishedFigure f;
  f.id = t.required_text(r, "id");
  f.title_es = t.required_text(r, "title_es");
  f.title_en = t.required_text(r, "title_en");
  f.set = static_cast<FigureSet>(t.choice(r, "set", set_names));
  constexpr std::array<std::string_view, 2> places{"any", "country"};
  f.needs_country = t.choice(r, "place", places) == 1;
  f.unit = units[t.choice(r, "unit", units)];
  for (auto const& [column, terms] : {std::pair{"numerator", &f.numerator}, std::pair{"denominator", &f.denominator}}) {
    if (t.blank(r, column) && column == std::string_view{"denominator"}) continue;
    if (auto parsed = parse_terms(t.required_text(r, column)))
      *terms = std::move(*parsed);
    else
      t.mistake(r, column, say(Message::va_terms));
  }
  constexpr std::array<std::string_view, 2> over{"mean", "sum"};
  f.is_sum = t.choice(r, "over", over) == 1;
  f.from = t.month(r, "from");
  f.to = t.month(r, "to");
  if (f.to < f.from) t.mistake(r, "to", say(Message::va_backwards));
  f.value = t.number(r, "value", 0, 1e9);
  f.prices = t.optional_month(r, "prices");
  if (f.prices.has_value() != (f.unit == "soles")) t.mistake(r, "prices", say(Message::va_prices));
  both_or_none(t, r, "sample", "design_effect");
  if (t.blank(r, "sample") == t.blank(r, "standard_error")) {
    t.mistake(r, "standard_error", say(Message::va_error_twice));
  } else if (t.blank(r, "sample")) {
    f.standard_error = t.number(r, "standard_error", 1e-6, 1e9);
  } else {
    if (f.unit != "%") t.mistake(r, "sample", say(Message::va_sample_of_share));
    f.standard_error = standard_error_of_share(std::min(100.0, f.value), t.number(r, "sample", 2, 1e7), t.number(r, "design_effect", 0.5, 20));
  }
  f.error_basis = t.required_text(r, "error_basis");
  f.naive = t.optional_number(r, "naive", 0, 1e9);
  f.naive_prices = t.optional_month(r, "naive_prices");
  if (f.naive_prices.has_value() != (f.naive && f.unit == "soles")) t.mistake(r, "naive_prices", say(Message::va_prices));
  both_or_none(t, r, "hosts_then", "hosts_now");
  f.hosts_then = t.optional_number(r, "hosts_then", 0, 1e9);
  f.hosts_now = t.optional_number(r, "hosts_now", 0, 1e9);
  f.naive_source = t.text(r, "naive_source");
  if (f.naive && f.naive_source.empty()) (void)t.required_text(r, "naive_source");
  f.note_es = t.text(r, "note_es");
  f.note_en = t.text(r, "note_en");
  both_or_none(t, r, "note_es", "note_en");
  f.source = t.required_text(r, "source");
  return f;
}

/// Reads each variable of a run once.
class Reader {
 public:
  explicit Reader(RunData const& run) : run_(run) {}

  /// Name of the first variable or key that the run lacks; empty when it has all.
  [[nodiscard]] std::string missing(std::vector<Term> const& terms) const {
    for (auto const& term : terms) {
      auto const* variable = find_variable(run_.layout(), term.variable);
      if (variable == nullptr || (variable->dimension < 0) != term.key.empty()) return term.variable;
      if (!term.key.empty() && !key_of(*variable, term.key)) return term.variable + "[" + term.key + "]";
    }
    return {};
  }

  /// Sum over terms and months of one replicate.
  [[nodiscard]] double sum(std::vector<Term> const& terms, int replicate, int first, int last) {
    double all = 0;
    auto const months = static_cast<std::size_t>(run_.layout().months);
    for (auto const& term : terms) {
      auto const& variable = *find_variable(run_.layout(), term.variable);
      auto const [known, is_new] = values_.try_emplace(term.variable);
      if (is_new) known->second = run_.read(variable);
      std::size_t const keys = variable.dimension < 0 ? 1 : dimension_of(variable).keys.size();
      std::size_t const key = term.key.empty() ? 0 : *key_of(variable, term.key);
      for (int m = first; m <= last; ++m) {
        auto const value = static_cast<double>(
            known->second[(static_cast<std::size_t>(replicate) * months + static_cast<std::size_t>(m)) * keys + key]);
        all += term.subtracts ? -value : value;
      }
    }
    return all;
  }

 private:
  [[nodiscard]] Dimension const& dimension_of(Variable const& variable) const {
    return run_.layout().dimensions[static_cast<std::size_t>(variable.dimension)];
  }
  [[nodiscard]] std::optional<std::size_t> key_of(Variable const& variable, std::string const& key) const {
    auto const& keys = dimension_of(variable).keys;
    auto const found = std::find(keys.begin(), keys.end(), key);
    return found == keys.end() ? std::nullopt : std::optional{static_cast<std::size_t>(found - keys.begin())};
  }

  RunData const& run_;
  std::map<std::string, std::vector<std::int64_t>> values_;
};

void add_naive(FigureResult& result, std::function<double(Month)> const& price_level) {
  auto const& f = result.figure;
  if (!f.naive) return;
  bool const money = f.unit == "soles";
  double const then = money ? price_level(*f.naive_prices) : 1, now = money ? price_level(*f.prices) : 1;
  result.carried = *f.naive / then;
  if (!f.hosts_then) return;
  result.trend = result.carried;
  // Shares move by points, pay and numbers by their ratio.
  if (f.unit == "%") *result.trend += *f.hosts_now - *f.hosts_then;
  else *result.trend *= *f.hosts_now / now / (*f.hosts_then / then);
}

}  // namespace

char const* name_of(FigureSet set) { return set_names[static_cast<std::size_t>(set)].data(); }

std::optional<std::vector<Term>> parse_terms(std::string_view text) {
  std::vector<Term> terms;
  bool subtracts = false, expects_term = true;
  while (true) {
    std::string_view const word = text.substr(0, text.find(' '));
    if (expects_term) {
      Term term;
      term.subtracts = subtracts;
      auto const open = word.find('[');
      term.variable = word.substr(0, open);
      if (open != std::string_view::npos) {
        if (!word.ends_with(']') || word.size() < open + 3) return std::nullopt;
        term.key = word.substr(open + 1, word.size() - open - 2);
      }
      if (term.variable.empty() || term.variable == "+" || term.variable == "-") return std::nullopt;
      terms.push_back(std::move(term));
    } else {
      if (word != "+" && word != "-") return std::nullopt;
      subtracts = word == "-";
    }
    expects_term = !expects_term;
    if (word.size() == text.size()) break;
    text.remove_prefix(word.size() + 1);
  }
  if (expects_term) return std::nullopt;
  return terms;
}

std::vector<PublishedFigure> read_figures(std::filesystem::path const& file) {
  Errors errors;
  auto const t = CsvTable::read(
      file, {"id", "set", "place", "title_es", "title_en", "numerator", "denominator", "over", "from", "to", "unit", "value", "prices", "standard_error", "sample", "design_effect",
             "error_basis", "naive", "naive_prices", "hosts_then", "hosts_now", "naive_source", "note_es", "note_en", "source"},
      errors);
  std::vector<PublishedFigure> figures;
  for (std::size_t r = 0; r < t.rows(); ++r) {
    figures.push_back(figure_of(t, r));
    for (std::size_t before = 0; before < r; ++before)
      if (figures[before].id == figures[r].id) t.mistake(r, "id", say(Message::va_id_twice));
  }
  errors.throw_if_any();
  return figures;
}

double standard_error_of_share(double percent, double people, double design_effect) {
  // A share of nearly nothing or nearly all leaves a sample's own error nearly none; half a person keeps it above zero.
  double const least = 0.5 / people, share = std::clamp(percent / 100, least, 1 - least);
  return 100 * std::sqrt(design_effect * share * (1 - share) / people);
}

double widening_by_few(int replicates) {
  return t_quantile_975(static_cast<std::size_t>(replicates - 1)) * std::sqrt(1 + 1.0 / replicates) / normal_quantile_975;
}

Interval predictive_interval(std::span<double const> replicates, double standard_error, std::size_t sets) {
  double const mean = mean_of(replicates);
  double half = normal_quantile_975 * standard_error;
  if (auto const parts = parameter_parts(replicates, sets)) {
    half = std::hypot(half, parts->one_run_halfwidth);
  } else if (replicates.size() > 1) {
    double squares = 0;
    for (double const v : replicates) squares += (v - mean) * (v - mean);
    auto const n = static_cast<double>(replicates.size());
    half = std::hypot(half, t_quantile_975(replicates.size() - 1) * std::sqrt(squares / (n - 1) * (1 + 1 / n)));
  }
  return {mean - half, mean + half};
}

Validation validate(RunData const& run, std::span<PublishedFigure const> figures, bool whole_country, std::function<double(Month)> const& price_level) {
  Validation validation;
  auto const& layout = run.layout();
  validation.run = run.name();
  validation.area = run.text_attribute("area").value_or("");
  validation.version = run.text_attribute("version").value_or("");
  validation.commit = run.text_attribute("commit").value_or("");
  validation.scale = static_cast<int>(run.integer_attribute("scale").value_or(0));
  validation.parameter_sets = static_cast<int>(run.integer_attribute("draws").value_or(0));
  validation.whole_country = whole_country;
  validation.replicates = run.replicates();
  validation.start = layout.start;
  validation.months = layout.months;
  Reader reader(run);
  for (auto const& figure : figures) {
    FigureResult result;
    result.figure = figure;
    double const prices = figure.prices ? price_level(*figure.prices) : 1;
    result.value = figure.value / prices;
    result.standard_error = figure.standard_error / prices;
    add_naive(result, price_level);
    int const first = figure.from - layout.start, last = figure.to - layout.start;
    result.missing = reader.missing(figure.numerator);
    if (result.missing.empty()) result.missing = reader.missing(figure.denominator);
    if (!whole_country && figure.needs_country) {
      result.reason = NotCompared::whole_country;
    } else if (first < 0 || last >= layout.months) {
      result.reason = NotCompared::months;
    } else if (!result.missing.empty()) {
      result.reason = NotCompared::variable;
    } else {
      std::vector<double> values;
      double const factor = figure.unit == "%" ? 100 : 1;
      for (int replicate = 0; replicate < run.replicates(); ++replicate) {
        double const over = reader.sum(figure.numerator, replicate, first, last);
        double const under = !figure.denominator.empty() ? reader.sum(figure.denominator, replicate, first, last) : figure.is_sum ? 1 : last - first + 1;
        if (under != 0) values.push_back(factor * over / under);
      }
      // A mean over some replicates only would not be that of the others.
      if (values.empty() || values.size() < static_cast<std::size_t>(run.replicates())) {
        result.reason = NotCompared::undefined;
      } else {
        result.mean = mean_of(values);
        result.interval = predictive_interval(values, result.standard_error, static_cast<std::size_t>(validation.parameter_sets));
      }
    }
    validation.figures.push_back(std::move(result));
  }
  return validation;
}

SetScore score_of(Validation const& validation, FigureSet set) {
  SetScore score;
  std::vector<double> model, model_there, carried, model_on_trend, trend;
  for (auto const& f : validation.figures) {
    if (f.figure.set != set || f.reason != NotCompared::compared) continue;
    ++score.figures;
    score.inside += f.is_inside() ? 1 : 0;
    model.push_back(std::abs(f.errors_off(f.mean)));
    if (!f.carried) continue;
    model_there.push_back(model.back());
    carried.push_back(std::abs(f.errors_off(*f.carried)));
    if (!f.trend) continue;
    model_on_trend.push_back(model.back());
    trend.push_back(std::abs(f.errors_off(*f.trend)));
  }
  score.with_naive = carried.size();
  score.with_trend = trend.size();
  if (!model.empty()) score.model = mean_of(model);
  if (carried.empty()) return score;
  score.model_there = mean_of(model_there);
  score.carried = mean_of(carried);
  if (trend.empty()) return score;
  score.model_on_trend = mean_of(model_on_trend);
  score.trend = mean_of(trend);
  return score;
}

}  // namespace arraigo::analysis
