#include "viz/figures_view.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "analysis/compare.hpp"

namespace arraigo::viz {
namespace {

void widen(double& low, double& high, std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return;
  low = std::min(low, *value);
  high = std::max(high, *value);
}

void settle(double& low, double& high) {
  if (low > high) {
    low = 0;
    high = 1;
  }
  if (high - low < 1e-12) {
    double const room = std::max(std::abs(high) * 0.05, 0.5);
    low -= room;
    high += room;
  }
}

/// What compare withholds is not shown here either.
bool too_few_agents(Session const& session, std::size_t run, analysis::Figures const& figures, int month, std::size_t key, std::size_t replicates) {
  return analysis::is_too_small(figures, {month, 1}, key, replicates, session.runs[run].data->integer_attribute("scale").value_or(0));
}

}  // namespace

std::optional<double> in_unit(std::optional<double> difference, std::optional<double> base, DifferenceUnit unit) {
  if (!difference || unit == DifferenceUnit::absolute) return difference;
  if (!base || *base == 0) return std::nullopt;
  return *difference / std::abs(*base) * (unit == DifferenceUnit::percent ? 100 : 1000);
}

CourseChart course_chart(Session& session, std::string const& indicator, bool difference) {
  CourseChart chart;
  chart.indicator = indicator;
  chart.difference = difference;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::vector<std::size_t> order{session.view.base};
  for (std::size_t run = 0; run < session.runs.size(); ++run)
    if (run != session.view.base && (session.runs[run].kind != RunKind::recorded || session.runs.size() <= 8 || run == session.view.alternative)) order.push_back(run);
  auto const* const base = session.figures(session.view.base, indicator, "");
  for (std::size_t const run : order) {
    bool const is_base = run == session.view.base;
    auto const* const figures = session.figures(run, indicator, "");
    if (figures == nullptr) {
      if (run < session.runs.size() && session.runs[run].data && session.recorded(run, indicator, "")) chart.pending = true;
      continue;
    }
    if (difference && (base == nullptr || !session.unpaired_reasons(run).empty())) continue;
    Course course;
    course.run = run;
    course.is_base = is_base;
    // Scenarios share the first month, or their courses would lie side by side.
    if (session.runs[run].data->layout().start != session.start()) continue;
    int const months = std::min(figures->months(), session.months());
    for (int m = 0; m < months; ++m) {
      analysis::Level level;
      if (difference) {
        if (m >= base->months()) break;
        auto const pair = analysis::pair_of(*base, *figures, m, 0);
        level = {in_unit(pair.difference, pair.base, session.view.unit), pair.interval, pair.replicates};
        if (level.interval) {
          auto const l = in_unit(level.interval->low, pair.base, session.view.unit), h = in_unit(level.interval->high, pair.base, session.view.unit);
          level.interval = l && h ? std::optional{analysis::Interval{*l, *h}} : std::nullopt;
        }
      } else {
        level = analysis::level_of(*figures, m, 0);
      }
      widen(low, high, level.mean);
      if (level.interval) {
        widen(low, high, level.interval->low);
        widen(low, high, level.interval->high);
      }
      course.months.push_back(level);
    }
    chart.courses.push_back(std::move(course));
  }
  if (difference) widen(low, high, 0.0);
  settle(low, high);
  chart.low = low;
  chart.high = high;
  return chart;
}

GroupChart group_chart(Session& session, std::string const& indicator, std::string const& by, int month) {
  GroupChart chart;
  chart.indicator = indicator;
  chart.by = by;
  std::size_t const base = session.view.base, alternative = session.view.alternative;
  chart.recorded = session.recorded(base, indicator, by) && session.recorded(alternative, indicator, by);
  auto const* const cut = session.cut(base, by);
  if (!chart.recorded || cut == nullptr || !session.unpaired_reasons().empty()) return chart;
  chart.title_es = cut->title_es;
  chart.title_en = cut->title_en;
  chart.label_es = cut->label_es;
  chart.label_en = cut->label_en;
  auto const* const a = session.figures(base, indicator, by);
  auto const* const b = session.figures(alternative, indicator, by);
  if (a == nullptr || b == nullptr || a->keys() != b->keys()) {
    chart.pending = a == nullptr || b == nullptr;
    return chart;
  }
  month = std::min({month, a->months() - 1, b->months() - 1});
  std::size_t const replicates = std::min(a->replicates(), b->replicates());
  for (std::size_t key = 0; key < a->keys(); ++key) {
    bool const small = too_few_agents(session, base, *a, month, key, replicates) || too_few_agents(session, alternative, *b, month, key, replicates);
    chart.too_small.push_back(small);
    chart.groups.push_back(small ? analysis::PairedFigure{} : analysis::pair_of(*a, *b, month, key));
  }
  return chart;
}

namespace {

/// What a map of one run is made of; nothing while it is read, or where it is not recorded.
struct PlaceSource {
  std::size_t run = 0, base_run = 0;
  bool difference = false, recorded = false, pending = false;
  analysis::Figures const* figures = nullptr;
  analysis::Figures const* base = nullptr;
  int months = 0;
  std::size_t replicates = 0;  ///< common to both

  [[nodiscard]] bool too_small(Session const& session, int month, std::size_t key) const {
    return too_few_agents(session, run, *figures, month, key, replicates) ||
           (difference && too_few_agents(session, base_run, *base, month, key, replicates));
  }
};

PlaceSource source_of(Session& session, std::size_t run, std::string const& indicator, MapMode mode) {
  PlaceSource source;
  source.run = run;
  source.base_run = session.view.base;
  source.difference = mode == MapMode::difference && run != session.view.base;
  std::string const by = session.place_cut(run);
  source.recorded = !by.empty() && session.recorded(run, indicator, by);
  if (source.recorded && source.difference)
    source.recorded = session.place_cut(session.view.base) == by && session.recorded(session.view.base, indicator, by) && session.unpaired_reasons(run).empty();
  if (!source.recorded) return source;
  source.figures = session.figures(run, indicator, by);
  if (source.difference) source.base = session.figures(session.view.base, indicator, by);
  source.pending = source.figures == nullptr || (source.difference && source.base == nullptr);
  if (source.pending) return source;
  source.months = source.figures->months();
  source.replicates = source.figures->replicates();
  if (source.base != nullptr) {
    source.months = std::min(source.months, source.base->months());
    source.replicates = std::min(source.replicates, source.base->replicates());
    source.recorded = source.base->keys() == source.figures->keys();
  }
  return source;
}

}  // namespace

PlaceScale place_scale(Session& session, std::vector<std::size_t> const& runs, std::string const& indicator, MapMode mode, DifferenceUnit unit) {
  PlaceScale scale;
  bool difference = false;
  std::vector<double> seen;
  for (std::size_t const run : runs) {
    PlaceSource const source = source_of(session, run, indicator, mode);
    scale.pending = scale.pending || source.pending;
    difference = difference || source.difference;
    if (!source.recorded || source.pending) continue;
    // Some months of the course stand for all: the scale is for reading, not for sums.
    for (int m = source.months - 1; m >= 0; m -= std::max(1, source.months / 6))
      for (std::size_t key = 0; key < source.figures->keys(); ++key) {
        if (source.too_small(session, m, key)) continue;
        if (source.difference) {
          auto const pair = analysis::pair_of(*source.base, *source.figures, m, key);
          // A place without an interval beside places that have one would set the scale by chance.
          if (!pair.interval && source.replicates > 1) continue;
          if (auto const d = in_unit(pair.difference, pair.base, unit)) seen.push_back(std::abs(*d));
        } else if (auto const level = analysis::level_of(*source.figures, m, key).mean) {
          seen.push_back(*level);
        }
      }
  }
  std::sort(seen.begin(), seen.end());
  // A district of few agents must not bleach all others: the scale ends at the 2nd and 98th percentile.
  auto const at = [&](double share) { return seen[static_cast<std::size_t>(share * static_cast<double>(seen.size() - 1))]; };
  if (difference) {
    double const most = seen.empty() || at(0.98) <= 0 ? 1 : at(0.98);
    scale.low = -most;
    scale.high = most;
    return scale;
  }
  scale.low = seen.empty() ? 1 : at(0.02);
  scale.high = seen.empty() ? 0 : at(0.98);
  settle(scale.low, scale.high);
  return scale;
}

PlaceMap place_map(Session& session, std::size_t run, std::string const& indicator, MapMode mode, DifferenceUnit unit, int month, PlaceScale const& scale) {
  PlaceMap map;
  PlaceSource const source = source_of(session, run, indicator, mode);
  map.districts.resize(session.area().size());
  map.difference = source.difference;
  map.recorded = source.recorded;
  map.pending = source.pending;
  map.replicates = source.replicates;
  map.low = scale.low;
  map.high = scale.high;
  if (!source.recorded || source.pending) return map;
  auto const own = session.month_in(run, month);
  if (!own) return map;
  month = std::min(*own, source.months - 1);
  auto const& keys = session.place_keys(run);
  for (std::size_t d = 0; d < map.districts.size() && d < keys.size(); ++d) {
    auto const& key = keys[d];
    if (!key) continue;
    PlaceFigure& place = map.districts[d];
    place.too_small = source.too_small(session, month, *key);
    if (place.too_small) continue;
    if (!map.difference) {
      auto const level = analysis::level_of(*source.figures, month, *key);
      place.level = level.mean;
      place.interval = level.interval;
      place.replicates = level.replicates;
      continue;
    }
    auto const pair = analysis::pair_of(*source.base, *source.figures, month, *key);
    place.base = pair.base;
    place.level = pair.alternative;
    place.difference = in_unit(pair.difference, pair.base, unit);
    if (pair.interval) {
      auto const l = in_unit(pair.interval->low, pair.base, unit), h = in_unit(pair.interval->high, pair.base, unit);
      if (l && h) place.interval = analysis::Interval{*l, *h};
    }
    place.replicates = pair.replicates;
    place.clear = place.interval && (place.interval->low > 0 || place.interval->high < 0);
  }
  return map;
}

bool is_grey(PlaceFigure const& place, PlaceMap const& map) {
  if (!map.difference) return !place.level;
  return !place.difference || (!place.interval && map.replicates > 1);
}

PlaceCounts counts_of(PlaceMap const& map) {
  PlaceCounts counts;
  for (auto const& place : map.districts) {
    if (map.difference ? place.interval.has_value() : place.level.has_value()) ++counts.defined;
    if (place.clear) ++counts.clear;
    if (is_grey(place, map)) ++counts.grey;
  }
  return counts;
}

Headline headline(Session& session, std::string const& indicator, int month) {
  Headline card;
  auto const* const base = session.base();
  auto const* const alternative = session.alternative();
  for (auto const* run : {base, alternative})
    if (run != nullptr) card.wanted = std::max(card.wanted, run->wanted);
  auto const* const a = session.figures(session.view.base, indicator, "");
  auto const* const b = alternative != nullptr ? session.figures(session.view.alternative, indicator, "") : nullptr;
  if (a == nullptr) {
    card.pending = base != nullptr && session.recorded(session.view.base, indicator, "");
    return card;
  }
  month = std::min(month, a->months() - 1);
  if (b == nullptr || !session.unpaired_reasons().empty()) {
    auto const level = analysis::level_of(*a, month, 0);
    card.base = level.mean;
    card.interval = level.interval;
    card.replicates = level.replicates;
    if (auto const own = session.month_in(session.view.alternative, month); b != nullptr && own) card.alternative = analysis::level_of(*b, *own, 0).mean;
    card.pending = alternative != nullptr && b == nullptr;
    if (b != nullptr) card.interval.reset();
    return card;
  }
  auto const pair = analysis::pair_of(*a, *b, std::min(month, b->months() - 1), 0);
  card.base = pair.base;
  card.alternative = pair.alternative;
  card.difference = pair.difference;
  card.interval = pair.interval;
  card.replicates = pair.replicates;
  return card;
}

Ratio fieller_ratio(std::vector<double> const& numerator, std::vector<double> const& denominator) {
  Ratio ratio;
  auto const n = numerator.size();
  ratio.replicates = static_cast<int>(n);
  if (n == 0) return ratio;
  double const count = static_cast<double>(n);
  double x = 0, y = 0;
  for (std::size_t i = 0; i < n; ++i) {
    x += numerator[i] / count;
    y += denominator[i] / count;
  }
  if (y == 0) return ratio;
  if (n < 2) {
    ratio.value = x / y;
    return ratio;
  }
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < n; ++i) {
    xx += (numerator[i] - x) * (numerator[i] - x);
    yy += (denominator[i] - y) * (denominator[i] - y);
    xy += (numerator[i] - x) * (denominator[i] - y);
  }
  double const scale = 1 / (count - 1) / count;  // variances of the means
  xx *= scale;
  yy *= scale;
  xy *= scale;
  boost::math::students_t const student{count - 1};
  double const t = boost::math::quantile(boost::math::complement(student, 0.025)), tt = t * t;
  // The set of r for which x - r y is not significantly different from zero: a r^2 - 2 b r + c <= 0.
  double const a = y * y - tt * yy, b = x * y - tt * xy, c = x * x - tt * xx;
  if (a <= 0) return ratio;  // unbounded: the denominator is not clearly different from zero
  ratio.value = x / y;
  double const root = std::sqrt(std::max(0.0, b * b - a * c));
  ratio.interval = analysis::Interval{(b - root) / a, (b + root) / a};
  return ratio;
}

Ratio cost_per_contract(Session& session, int month) {
  Ratio ratio;
  if (session.alternative() == nullptr || !session.unpaired_reasons().empty()) return ratio;
  std::size_t const base = session.view.base, alternative = session.view.alternative;
  auto const* const cost_base = session.figures(base, "public_cost", "");
  auto const* const cost = session.figures(alternative, "public_cost", "");
  auto const* const jobs_base = session.figures(base, "migrant_payroll_jobs", "");
  auto const* const jobs = session.figures(alternative, "migrant_payroll_jobs", "");
  if (cost_base == nullptr || cost == nullptr || jobs_base == nullptr || jobs == nullptr) {
    ratio.pending = session.recorded(base, "public_cost", "") && session.recorded(base, "migrant_payroll_jobs", "");
    return ratio;
  }
  std::size_t const replicates = std::min({cost_base->replicates(), cost->replicates(), jobs_base->replicates(), jobs->replicates()});
  month = std::min({month, cost_base->months() - 1, cost->months() - 1, jobs->months() - 1, jobs_base->months() - 1});
  std::vector<double> soles, contracts;
  for (std::size_t r = 0; r < replicates; ++r) {
    double s = 0, c = 0;
    for (int m = 0; m <= month; ++m) {
      s += cost->value(r, m, 0).value_or(0) - cost_base->value(r, m, 0).value_or(0);
      c += jobs->value(r, m, 0).value_or(0) - jobs_base->value(r, m, 0).value_or(0);
    }
    soles.push_back(s);
    contracts.push_back(c);
  }
  return fieller_ratio(soles, contracts);
}

}  // namespace arraigo::viz
