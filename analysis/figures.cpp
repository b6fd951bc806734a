#include "analysis/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/suggest.hpp"

namespace arraigo::analysis {
namespace {

template <class Named>
Named const* find_named(std::vector<Named> const& all, std::string_view name) {
  auto const found = std::find_if(all.begin(), all.end(), [&](Named const& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

/// The base name and whether it is subtracted.
std::pair<std::string, bool> term_of(std::string const& written) {
  bool const subtracts = written.starts_with('-');
  return {subtracts ? written.substr(1) : written, subtracts};
}

std::vector<std::string> terms_of(Indicator const& indicator) {
  std::vector<std::string> terms = indicator.numerator;
  for (auto const* more : {&indicator.denominator, &indicator.reference_numerator, &indicator.reference_denominator})
    terms.insert(terms.end(), more->begin(), more->end());
  for (auto& term : terms) term = term_of(term).first;
  return terms;
}

/// Whether any figure stands on the dimension. A run may name its zones and hold totals only.
bool has_figures(RecordLayout const& layout, std::string const& dimension) {
  return std::any_of(layout.variables.begin(), layout.variables.end(), [&](Variable const& variable) {
    return variable.dimension >= 0 && layout.dimensions[static_cast<std::size_t>(variable.dimension)].name == dimension;
  });
}

Cut whole_area() {
  Cut cut;
  cut.keys = cut.label_es = cut.label_en = {""};
  cut.key_of_cell = {0};
  return cut;
}

Cut cut_of_dimension(Dimension const& dimension) {
  Cut cut;
  cut.name = cut.dimension = dimension.name;
  cut.title_es = dimension.title_es;
  cut.title_en = dimension.title_en;
  cut.keys = dimension.keys;
  cut.label_es = dimension.label_es;
  cut.label_en = dimension.label_en;
  for (std::size_t i = 0; i < cut.keys.size(); ++i) cut.key_of_cell.push_back(i);
  return cut;
}

Cut cut_of_parent(Dimension const& dimension) {
  Cut cut;
  cut.name = dimension.parent_name;
  cut.dimension = dimension.name;
  cut.title_es = cut.name == "zone" ? text(Message::app_list_zone, Lang::es) : cut.name;
  cut.title_en = cut.name;
  for (auto const& parent : dimension.parent) {
    auto const known = std::find(cut.keys.begin(), cut.keys.end(), parent);
    cut.key_of_cell.push_back(static_cast<std::size_t>(known - cut.keys.begin()));
    if (known == cut.keys.end()) cut.keys.push_back(parent);
  }
  cut.label_es = cut.label_en = cut.keys;
  return cut;
}

/// The mean of what was added, in that order.
class Mean {
 public:
  void add(double value) {
    if (count_ == 0) first_ = value;
    sum_ += value;
    are_equal_ = are_equal_ && value == first_;
    ++count_;
  }
  [[nodiscard]] std::optional<double> value() const {
    if (count_ == 0) return std::nullopt;
    // Equal values have exactly that mean, which a rounded division may miss.
    return are_equal_ ? first_ : sum_ / static_cast<double>(count_);
  }

 private:
  double first_ = 0, sum_ = 0;
  bool are_equal_ = true;
  std::size_t count_ = 0;
};

struct ReplicatePair {
  Mean base, alternative;              ///< of the months in which both are defined
  Mean base_alone, alternative_alone;  ///< of all months in which each is
};

/// A difference of means over different months would not be paired.
ReplicatePair pair_in(Figures const& base, Figures const& alternative, std::size_t replicate, MonthSpan months,
                      std::size_t key) {
  ReplicatePair pair;
  for (int m = months.first; m < months.first + months.count; ++m) {
    auto const b = base.value(replicate, m, key);
    auto const a = alternative.value(replicate, m, key);
    if (b) pair.base_alone.add(*b);
    if (a) pair.alternative_alone.add(*a);
    if (b && a) {
      pair.base.add(*b);
      pair.alternative.add(*a);
    }
  }
  return pair;
}

}  // namespace

Variable const* find_variable(RecordLayout const& layout, std::string_view name) {
  return find_named(layout.variables, name);
}
Indicator const* find_indicator(RecordLayout const& layout, std::string_view name) {
  return find_named(layout.indicators, name);
}
Dimension const* find_dimension(RecordLayout const& layout, std::string_view name) {
  return find_named(layout.dimensions, name);
}

Cut find_cut(RunData const& run, std::string const& by) {
  if (by.empty()) return whole_area();
  auto const& layout = run.layout();
  if (auto const* dimension = find_dimension(layout, by); dimension != nullptr && has_figures(layout, by))
    return cut_of_dimension(*dimension);
  for (auto const& dimension : layout.dimensions)
    if (dimension.parent_name == by && has_figures(layout, dimension.name)) return cut_of_parent(dimension);
  if (auto const why = why_places_lack(run, by); !why.empty()) throw InputError(why);
  auto const cuts = cuts_of(run);
  std::vector<std::string_view> const known{cuts.begin(), cuts.end()};
  auto const near = nearest(by, known);
  throw InputError(say(Message::an_unknown_cut, run.name(), shown(by), fmt::format("{}", fmt::join(known, ", ")), near ? say(Message::in_did_you_mean, *near) : std::string{}));
}

std::vector<std::string> cuts_of(RunData const& run) {
  auto const& layout = run.layout();
  std::vector<std::string> cuts;
  for (auto const& dimension : layout.dimensions) {
    if (!has_figures(layout, dimension.name)) continue;
    cuts.push_back(dimension.name);
    auto const& parent = dimension.parent_name;
    if (!parent.empty() && !has_figures(layout, parent) && std::find(cuts.begin(), cuts.end(), parent) == cuts.end())
      cuts.push_back(parent);
  }
  return cuts;
}

std::string why_places_lack(RunData const& run, std::string const& dimension) {
  if ((dimension != "zone" && dimension != "district") || has_figures(run.layout(), dimension)) return {};
  return say(Message::an_cut_not_recorded, run.name(), dimension, dimension + "s");
}

std::string missing_variable(RunData const& run, Indicator const& indicator, Cut const& cut) {
  for (auto const& base : terms_of(indicator))
    if (find_variable(run.layout(), cut.variable(base)) == nullptr) return cut.variable(base);
  return {};
}

bool is_recorded(RunData const& run, Indicator const& indicator, Cut const& cut) {
  return missing_variable(run, indicator, cut).empty();
}

std::vector<Variable const*> variables_of(RunData const& run, Indicator const& indicator, Cut const& cut) {
  std::vector<Variable const*> needed;
  for (auto const& base : terms_of(indicator)) {
    auto const* variable = find_variable(run.layout(), cut.variable(base));
    if (variable == nullptr) return {};
    if (std::find(needed.begin(), needed.end(), variable) == needed.end()) needed.push_back(variable);
  }
  return needed;
}

Figures::Figures(RunData const& run, Indicator const& indicator, Cut const& cut, VariableCache& cache)
    : replicates_(static_cast<std::size_t>(run.replicates())),
      sets_(parameter_sets_of(run)),
      months_(static_cast<std::size_t>(run.layout().months)),
      keys_(cut.keys.size()),
      indicator_(indicator),
      is_level_(indicator.denominator.empty()),
      numerator_(sum(run, indicator.numerator, cut, cache)),
      denominator_(sum(run, indicator.denominator, cut, cache)) {
  auto const heads_of = [&](std::vector<std::string> terms) -> std::vector<std::int64_t> {
    bool const of_hours = std::any_of(terms.begin(), terms.end(), [](std::string const& term) { return term.ends_with("hours"); });
    if (!of_hours) return {};
    for (auto& term : terms)
      if (term.ends_with("hours")) term.replace(term.size() - 5, 5, "employed");
    bool const known = std::all_of(terms.begin(), terms.end(), [&](std::string const& term) { return find_variable(run.layout(), cut.variable(term_of(term).first)) != nullptr; });
    return known ? sum(run, terms, cut, cache) : std::vector<std::int64_t>{};
  };
  heads_ = heads_of(indicator.denominator);
  bool const by_service = !is_level_ && (indicator.denominator.front() == "service_people" || indicator.denominator.front() == "service_reached");
  if (auto const* services = find_dimension(run.layout(), "service"); by_service && cut.dimension != "service" && services != nullptr)
    counted_times_ = static_cast<double>(std::max<std::size_t>(1, services->keys.size()));
  if (!indicator.has_reference()) return;
  reference_heads_ = heads_of(indicator.reference_denominator);
  reference_numerator_ = sum(run, indicator.reference_numerator, cut, cache);
  reference_denominator_ = sum(run, indicator.reference_denominator, cut, cache);
}

std::vector<std::int64_t> Figures::sum(RunData const& run, std::vector<std::string> const& terms, Cut const& cut,
                                       VariableCache& cache) const {
  std::vector<std::int64_t> sums(replicates_ * months_ * keys_, 0);
  std::size_t const cells = cut.key_of_cell.size();
  for (auto const& term : terms) {
    auto const [base, subtracts] = term_of(term);
    std::string const name = cut.variable(base);
    auto found = cache.find(name);
    if (found == cache.end()) {
      auto const* variable = find_variable(run.layout(), name);
      if (variable == nullptr) throw BugError(fmt::format("figures: {} lacks '{}'", run.name(), name));
      found = cache.emplace(name, run.read(*variable)).first;
    }
    auto const& values = found->second;
    if (values.size() != replicates_ * months_ * cells)
      throw BugError(fmt::format("figures: '{}' of {} has {} values", name, run.name(), values.size()));
    for (std::size_t row = 0; row < replicates_ * months_; ++row)
      for (std::size_t cell = 0; cell < cells; ++cell) {
        auto& total = sums[row * keys_ + cut.key_of_cell[cell]];
        std::int64_t const value = values[row * cells + cell];
        if (subtracts ? __builtin_sub_overflow(total, value, &total) : __builtin_add_overflow(total, value, &total))
          throw InputError(say(Message::an_sum_too_large, run.name(), name));
      }
  }
  return sums;
}

std::optional<double> Figures::value(std::size_t replicate, int month, std::size_t key) const {
  std::size_t const at = (replicate * months_ + static_cast<std::size_t>(month)) * keys_ + key;
  auto const at_cell = [at](std::vector<std::int64_t> const& sums) { return sums.empty() ? 1.0 : static_cast<double>(sums[at]); };
  return indicator_.value(at_cell(numerator_), at_cell(denominator_), at_cell(reference_numerator_), at_cell(reference_denominator_));
}

std::optional<double> Figures::mean_denominator(int first_month, int months, std::size_t key,
                                                std::size_t replicates) const {
  if (is_level_ || replicates == 0 || months <= 0) return std::nullopt;
  auto const mean_of = [&](std::vector<std::int64_t> const& sums) {
    double sum = 0;
    for (std::size_t r = 0; r < replicates; ++r)
      for (int m = first_month; m < first_month + months; ++m) sum += static_cast<double>(sums[(r * months_ + static_cast<std::size_t>(m)) * keys_ + key]);
    return sum / static_cast<double>(replicates) / months / counted_times_;
  };
  double const mean = mean_of(heads_.empty() ? denominator_ : heads_);
  if (reference_denominator_.empty()) return mean;
  return std::min(mean, mean_of(reference_heads_.empty() ? reference_denominator_ : reference_heads_));
}

Level level_of(Figures const& run, int month, std::size_t key) {
  std::vector<double> values;
  values.reserve(run.replicates());
  for (std::size_t r = 0; r < run.replicates(); ++r)
    if (auto const value = run.value(r, month, key)) values.push_back(*value);
  if (values.empty()) return {};
  auto const summary = summarise_pairs(values, run.sets(), run.replicates());
  return {summary.mean, summary.interval, static_cast<int>(values.size())};
}

PairedFigure pair_of(Figures const& base, Figures const& alternative, int month, std::size_t key) {
  return pair_over(base, alternative, {month, 1}, key, std::min(base.replicates(), alternative.replicates()));
}

PairedFigure pair_over(Figures const& base, Figures const& alternative, MonthSpan months, std::size_t key,
                       std::size_t replicates) {
  Mean base_mean, alternative_mean, base_alone, alternative_alone;
  std::vector<double> differences, bases, alternatives;
  for (auto* values : {&differences, &bases, &alternatives}) values->reserve(replicates);
  for (std::size_t r = 0; r < replicates; ++r) {
    auto const pair = pair_in(base, alternative, r, months, key);
    if (auto const mean = pair.base_alone.value()) base_alone.add(*mean);
    if (auto const mean = pair.alternative_alone.value()) alternative_alone.add(*mean);
    auto const b = pair.base.value(), a = pair.alternative.value();
    if (!b || !a) continue;
    base_mean.add(*b);
    alternative_mean.add(*a);
    differences.push_back(*a - *b);
    bases.push_back(*b);
    alternatives.push_back(*a);
  }
  if (differences.empty()) return {base_alone.value(), alternative_alone.value(), {}, {}, {}, 0};
  auto const paired = summarise_pairs(differences);
  if (std::size_t const sets = base.sets(); sets > 0) {
    // Replicates of one set are no independent pairs. Where some are undefined, sets are not of one size: no interval.
    auto const parts = differences.size() == replicates ? parameter_parts(differences, sets) : std::nullopt;
    return {base_mean.value(), alternative_mean.value(), paired.mean, parts ? std::optional{parts->both} : std::nullopt, {}, static_cast<int>(differences.size()), {}, parts};
  }
  return {base_mean.value(), alternative_mean.value(),      paired.mean,
          paired.interval,   p_value_of_pairs(differences), static_cast<int>(differences.size()),
          pairing_gain(bases, alternatives)};
}

}  // namespace arraigo::analysis
