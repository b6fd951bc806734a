#include "analysis/prim.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <limits>
#include <utility>

namespace arraigo::analysis {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr std::uint64_t resampling_seed = 2;

struct Box {
  std::vector<double> low, high;
  explicit Box(std::size_t parameters) : low(parameters, -infinite), high(parameters, infinite) {}
  [[nodiscard]] bool restricts(std::size_t k) const { return low[k] > -infinite || high[k] < infinite; }
};

class Cases {
 public:
  Cases(std::span<Column const> parameters, std::vector<bool> const& of_interest, std::vector<bool> const& there)
      : parameters_(parameters), of_interest_(of_interest), there_(there), order_(parameters.size()) {
    for (std::size_t k = 0; k < order_.size(); ++k) {
      for (std::size_t row = 0; row < there.size(); ++row)
        if (there[row]) order_[k].push_back(row);
      std::stable_sort(order_[k].begin(), order_[k].end(), [&](std::size_t a, std::size_t b) { return parameters_[k][a] < parameters_[k][b]; });
    }
    for (std::size_t row = 0; row < there.size(); ++row)
      if (there[row]) {
        ++points_;
        cases_ += of_interest[row] ? 1U : 0U;
      }
  }

  [[nodiscard]] std::size_t cases() const { return cases_; }
  [[nodiscard]] std::size_t points() const { return points_; }

  [[nodiscard]] bool holds(Box const& box, std::size_t row) const {
    if (!there_[row]) return false;
    for (std::size_t k = 0; k < parameters_.size(); ++k)
      if (parameters_[k][row] < box.low[k] || parameters_[k][row] > box.high[k]) return false;
    return true;
  }
  [[nodiscard]] std::vector<bool> rows_in(Box const& box) const {
    std::vector<bool> inside(there_.size());
    for (std::size_t row = 0; row < inside.size(); ++row) inside[row] = holds(box, row);
    return inside;
  }
  [[nodiscard]] BoxQuality quality(Box const& box) const {
    BoxQuality found;
    for (std::size_t row = 0; row < there_.size(); ++row)
      if (holds(box, row)) {
        ++found.points;
        found.cases += of_interest_[row] ? 1U : 0U;
      }
    fill(found, box);
    return found;
  }

  /// From the whole space inwards, each time without the side whose loss pays most.
  [[nodiscard]] std::vector<std::pair<Box, BoxQuality>> peel(PrimOptions const& options) const {
    Box box(parameters_.size());
    std::vector<bool> inside = there_;
    std::vector<std::pair<Box, BoxQuality>> trajectory{{box, quality(box)}};
    while (trajectory.back().second.density < 1) {
      auto const& now = trajectory.back().second;
      auto const best = best_peel(inside, now, options);
      if (!best) break;
      (best->upper ? box.high : box.low)[best->parameter] = best->limit;
      for (std::size_t row = 0; row < inside.size(); ++row)
        if (double const value = parameters_[best->parameter][row]; best->upper ? value > best->limit : value < best->limit) inside[row] = false;
      trajectory.emplace_back(box, quality(box));
    }
    return trajectory;
  }

  /// Sides are moved outwards again while that raises the density; one that leaves nothing out is opened.
  void paste(Box& box, PrimOptions const& options) const {
    for (;;) {
      auto const now = quality(box);
      auto const share = std::max<std::size_t>(1, static_cast<std::size_t>(options.peel_share * static_cast<double>(now.points)));
      std::optional<Box> best;
      double best_density = now.density;
      for (std::size_t k = 0; k < parameters_.size(); ++k)
        for (bool const upper : {false, true}) {
          auto& side = (upper ? box.high : box.low)[k];
          double const open = upper ? infinite : -infinite;
          if (side == open) continue;
          auto const moved = moved_out(box, k, upper, share);
          if (!moved) {
            side = open;
            continue;
          }
          Box wider = box;
          (upper ? wider.high : wider.low)[k] = *moved;
          if (double const density = quality(wider).density; density > best_density) {
            best = wider;
            best_density = density;
          }
        }
      if (!best) return;
      box = *best;
    }
  }

  /// Of the box without the limits of `parameter`: at least as many cases among as many points, by chance.
  [[nodiscard]] double quasi_p(Box const& box, std::size_t parameter) const {
    auto const with = quality(box);
    auto const without = quality(with_open(box, parameter));
    if (with.points == 0 || without.points == with.points || with.cases == 0) return 1;
    boost::math::binomial_distribution<> const chance(static_cast<double>(with.points), without.density);
    return boost::math::cdf(boost::math::complement(chance, static_cast<double>(with.cases) - 1));
  }

  /// Limits that chance may explain are lifted, the likeliest first.
  void lift(Box& box, PrimOptions const& options) const {
    for (;;) {
      double most = options.most_quasi_p;
      std::optional<std::size_t> which;
      for (std::size_t k = 0; k < parameters_.size(); ++k)
        if (box.restricts(k))
          if (double const p = quasi_p(box, k); p > most) {
            most = p;
            which = k;
          }
      if (!which) return;
      box = with_open(box, *which);
    }
  }

  struct Found {
    Box box;
    std::vector<BoxQuality> trajectory;
    std::size_t chosen = 0;
  };
  [[nodiscard]] Found find(PrimOptions const& options) const {
    auto const trajectory = peel(options);
    Found found{Box(parameters_.size()), {}, 0};
    for (auto const& [box, quality] : trajectory) found.trajectory.push_back(quality);
    for (std::size_t i = 1; i < trajectory.size(); ++i)
      if (balance(found.trajectory[i]) > balance(found.trajectory[found.chosen])) found.chosen = i;
    if (options.step) found.chosen = std::min(*options.step, trajectory.size() - 1);
    found.box = trajectory[found.chosen].first;
    paste(found.box, options);
    // Who asks for a step gets its limits, and reads how likely chance explains them.
    if (!options.step) lift(found.box, options);
    return found;
  }

 private:
  struct Peel {
    std::size_t parameter = 0;
    bool upper = false;
    double limit = 0;
  };

  /// Where a side stands when the nearest `share` points beyond it are put back; none when there are none.
  [[nodiscard]] std::optional<double> moved_out(Box const& box, std::size_t k, bool upper, std::size_t share) const {
    Box const open = with_open(box, k);
    std::optional<double> limit;
    std::size_t taken = 0;
    auto const visit = [&](std::size_t row) {
      double const value = parameters_[k][row];
      if (upper ? value <= box.high[k] : value >= box.low[k]) return true;
      if (taken >= share && value != *limit) return false;  // equal values come together
      if (!holds(open, row)) return true;
      limit = value;
      ++taken;
      return true;
    };
    if (upper) {
      for (auto row = order_[k].begin(); row != order_[k].end() && visit(*row); ++row) {}
    } else {
      for (auto row = order_[k].rbegin(); row != order_[k].rend() && visit(*row); ++row) {}
    }
    return limit;
  }

  [[nodiscard]] static Box with_open(Box box, std::size_t parameter) {
    box.low[parameter] = -infinite;
    box.high[parameter] = infinite;
    return box;
  }

  void fill(BoxQuality& quality, Box const& box) const {
    quality.coverage = cases_ == 0 ? 0 : static_cast<double>(quality.cases) / static_cast<double>(cases_);
    quality.density = quality.points == 0 ? 0 : static_cast<double>(quality.cases) / static_cast<double>(quality.points);
    quality.mass = points_ == 0 ? 0 : static_cast<double>(quality.points) / static_cast<double>(points_);
    for (std::size_t k = 0; k < parameters_.size(); ++k) quality.restricted += box.restricts(k) ? 1U : 0U;
  }

  [[nodiscard]] std::optional<Peel> best_peel(std::vector<bool> const& inside, BoxQuality const& now, PrimOptions const& options) const {
    auto const share = std::max<std::size_t>(1, static_cast<std::size_t>(options.peel_share * static_cast<double>(now.points)));
    double const least = std::max(1.0, options.least_mass * static_cast<double>(points_));
    std::optional<Peel> best;
    double best_gain = -infinite;
    for (std::size_t k = 0; k < parameters_.size(); ++k)
      for (bool const upper : {false, true}) {
        // Walks from the side inwards, over all of one value at once, until the share is off; at least one value goes.
        std::size_t gone = 0, gone_cases = 0, pending = 0, pending_cases = 0;
        std::optional<double> value, limit;
        auto const visit = [&](std::size_t row) {
          if (!inside[row]) return true;
          double const here = parameters_[k][row];
          if (value && here != *value) {
            if (gone > 0 && gone + pending > share) {
              limit = *value;
              return false;
            }
            gone += pending;
            gone_cases += pending_cases;
            pending = pending_cases = 0;
            if (gone >= share) {
              limit = here;
              return false;
            }
          }
          value = here;
          ++pending;
          pending_cases += of_interest_[row] ? 1U : 0U;
          return true;
        };
        if (upper) {
          for (auto row = order_[k].rbegin(); row != order_[k].rend() && visit(*row); ++row) {}
        } else {
          for (auto row = order_[k].begin(); row != order_[k].end() && visit(*row); ++row) {}
        }
        if (!limit && gone > 0) limit = value;  // the innermost value stays
        if (!limit || gone == 0) continue;
        std::size_t const left = now.points - gone;
        if (static_cast<double>(left) < least) continue;
        double const density = static_cast<double>(now.cases - gone_cases) / static_cast<double>(left);
        double const gain = (density - now.density) / static_cast<double>(gone);
        if (gain > best_gain) {
          best_gain = gain;
          best = Peel{k, upper, *limit};
        }
      }
    return best;
  }

  std::span<Column const> parameters_;
  std::vector<bool> const& of_interest_;
  std::vector<bool> const& there_;
  std::vector<std::vector<std::size_t>> order_;  ///< of each parameter: rows by its value
  std::size_t points_ = 0, cases_ = 0;
};

/// How often a parameter is restricted when the rows are drawn anew.
std::vector<double> reproduction(std::span<Column const> parameters, std::vector<bool> const& of_interest, PrimOptions const& options) {
  std::size_t const rows = of_interest.size();
  std::vector<double> shares(parameters.size(), 0);
  boost::random::mt19937_64 random{resampling_seed};
  boost::random::uniform_int_distribution<std::size_t> which(0, rows - 1);
  std::vector<bool> const all(rows, true);
  for (std::size_t s = 0; s < options.resamples; ++s) {
    std::vector<Column> drawn(parameters.size(), Column(rows));
    std::vector<bool> interest(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      std::size_t const from = which(random);
      for (std::size_t k = 0; k < parameters.size(); ++k) drawn[k][row] = parameters[k][from];
      interest[row] = of_interest[from];
    }
    Cases const cases(drawn, interest, all);
    if (cases.cases() == 0 || cases.cases() == rows) continue;
    auto const found = cases.find(options);
    for (std::size_t k = 0; k < parameters.size(); ++k)
      if (found.box.restricts(k)) shares[k] += 1 / static_cast<double>(options.resamples);
  }
  return shares;
}

}  // namespace

double balance(BoxQuality const& quality) {
  double const sum = quality.coverage + quality.density;
  return sum > 0 ? 2 * quality.coverage * quality.density / sum : 0;
}

std::vector<PrimBox> find_boxes(std::span<Column const> parameters, std::vector<bool> const& of_interest, PrimOptions const& options) {
  std::vector<PrimBox> boxes;
  std::vector<bool> left(of_interest.size(), true);
  std::vector<bool> const all = left;
  Cases const whole(parameters, of_interest, all);
  if (whole.cases() == 0 || whole.cases() == whole.points() || parameters.empty()) return boxes;
  PrimOptions how = options;
  // A further box must be worth a reader's time: a tenth of the cases, in twice the density of what is left.
  std::size_t const worth = std::max<std::size_t>(1, whole.cases() / 10);
  while (boxes.size() < options.most_boxes) {
    Cases const remaining(parameters, of_interest, left);
    if (remaining.cases() < worth || remaining.cases() == remaining.points()) break;
    auto const found = remaining.find(how);
    PrimBox box;
    box.trajectory = found.trajectory;
    for (auto& quality : box.trajectory) {
      quality.coverage = static_cast<double>(quality.cases) / static_cast<double>(whole.cases());
      quality.mass = static_cast<double>(quality.points) / static_cast<double>(whole.points());
    }
    box.chosen = found.chosen;
    box.quality = remaining.quality(found.box);
    double const of_all = static_cast<double>(remaining.cases()) / static_cast<double>(remaining.points());
    if (box.quality.restricted == 0 || box.quality.density <= of_all) break;
    if (!boxes.empty() && (box.quality.cases < worth || box.quality.density < 2 * of_all)) break;
    box.quality.coverage = static_cast<double>(box.quality.cases) / static_cast<double>(whole.cases());
    box.quality.mass = static_cast<double>(box.quality.points) / static_cast<double>(whole.points());
    box.inside = remaining.rows_in(found.box);
    std::vector<double> const reproduced = boxes.empty() ? reproduction(parameters, of_interest, options) : std::vector<double>(parameters.size(), 0);
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      if (!found.box.restricts(k)) continue;
      BoxLimit limit;
      limit.parameter = k;
      if (found.box.low[k] > -infinite) limit.low = found.box.low[k];
      if (found.box.high[k] < infinite) limit.high = found.box.high[k];
      limit.quasi_p = remaining.quasi_p(found.box, k);
      limit.reproduced = reproduced[k];
      box.limits.push_back(limit);
    }
    for (std::size_t row = 0; row < left.size(); ++row)
      if (box.inside[row]) left[row] = false;
    boxes.push_back(std::move(box));
    how.step.reset();
  }
  return boxes;
}

}  // namespace arraigo::analysis
