#include "app/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <map>
#include <nlopt.hpp>
#include <numeric>
#include <utility>

#include "sweep/designs.hpp"

namespace arraigo::app {
namespace {

using analysis::BlockFit;
using analysis::Emulated;
using analysis::Emulator;
using analysis::FitBlock;
using Row = std::vector<double>;

/// Candidates of one look at the space, and how many must be left for it to be fine enough.
constexpr std::size_t candidates_per_look = 8192, enough_left = 400;
constexpr int most_looks = 6;
/// Of the box of what is left, added at each side: what lies between candidates is not to be cut off.
constexpr double padding = 0.15;
/// The share of the weight that the box for a finer sample holds, and what the sample is to be worth.
constexpr double weight_in_box = 0.999, wanted_sample = 200;
constexpr std::size_t draws_kept = 200;
/// Points that stand for a place where nothing is left.
constexpr std::size_t least_implausible = 80;

double squared(double x) { return x * x; }

double mean_of(Row const& values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

/// Of the mean over replicates.
double variance_of_mean(Row const& values) {
  if (values.size() < 2) return 0;
  double const mean = mean_of(values);
  double squares = 0;
  for (double const v : values) squares += squared(v - mean);
  auto const n = static_cast<double>(values.size());
  return squares / (n - 1) / n;
}

/// Draws are told with so many digits: more would be lent to them, and the file stays short.
double to_six_digits(double x) {
  if (x == 0) return 0;
  double const scale = std::pow(10.0, 5 - std::floor(std::log10(std::abs(x))));
  return std::round(x * scale) / scale;
}

/// A part of the unit cube.
struct Box {
  Row low, high;
  [[nodiscard]] double volume() const {
    double volume = 1;
    for (std::size_t c = 0; c < low.size(); ++c) volume *= high[c] - low[c];
    return volume;
  }
};

Eigen::MatrixXd spread_over(Box const& box, std::size_t points, std::uint64_t seed) {
  auto const k = box.low.size();
  auto const design = sweep::sobol(points, k, seed);
  Eigen::MatrixXd spread(static_cast<Eigen::Index>(points), static_cast<Eigen::Index>(k));
  for (std::size_t p = 0; p < points; ++p)
    for (std::size_t c = 0; c < k; ++c) spread(static_cast<Eigen::Index>(p), static_cast<Eigen::Index>(c)) = sweep::scaled(design.at(p, c), box.low[c], box.high[c]);
  return spread;
}

Box box_around(Eigen::MatrixXd const& points, std::vector<std::size_t> const& rows) {
  auto const k = static_cast<std::size_t>(points.cols());
  Box box{Row(k, 1), Row(k, 0)};
  for (std::size_t const row : rows)
    for (std::size_t c = 0; c < k; ++c) {
      double const x = points(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(c));
      box.low[c] = std::min(box.low[c], x);
      box.high[c] = std::max(box.high[c], x);
    }
  for (std::size_t c = 0; c < k; ++c) {
    double const pad = std::max(padding * (box.high[c] - box.low[c]), 1e-4);
    box.low[c] = std::max(0.0, box.low[c] - pad);
    box.high[c] = std::min(1.0, box.high[c] + pad);
  }
  return box;
}

/// What emulators leave of the space, seen through candidates of a box that holds it.
struct Region {
  Eigen::MatrixXd candidates, squares;
  Row judged;
  Box box;
  double share = 0;  ///< of the whole space that is not ruled out
  [[nodiscard]] std::vector<std::size_t> left(double cutoff) const {
    std::vector<std::size_t> rows;
    for (std::size_t p = 0; p < judged.size(); ++p)
      if (judged[p] < cutoff) rows.push_back(p);
    return rows;
  }
  [[nodiscard]] std::vector<std::size_t> best(std::size_t n) const {
    std::vector<std::size_t> rows(judged.size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) { return judged[a] < judged[b]; });
    rows.resize(std::min(n, rows.size()));
    return rows;
  }
};

class Fitter {
 public:
  Fitter(FitBlock const& block, Simulate const& simulate, TellWave const& tell) : block_(block), simulate_(simulate), tell_(tell) {
    fit_.block = block;
  }

  std::optional<BlockFit> run() {
    if (!run_waves() || !search()) return std::nullopt;
    conclude();
    return std::move(fit_);
  }

 private:
  [[nodiscard]] std::size_t coordinates() const { return block_.parameters.size(); }

  [[nodiscard]] Row in_units(Row const& unit) const {
    Row values;
    for (std::size_t c = 0; c < coordinates(); ++c) values.push_back(sweep::scaled(unit[c], block_.parameters[c].low, block_.parameters[c].high));
    return values;
  }

  /// Runs points that have not been run; false when a signal came.
  bool run_points(std::vector<Row> const& wanted, Stage stage) {
    std::vector<Row> points, values;
    for (auto const& point : wanted)
      if (!known_.contains(point) && std::find(points.begin(), points.end(), point) == points.end()) points.push_back(point);
    if (points.empty()) return true;
    for (auto const& point : points) values.push_back(in_units(point));
    auto const results = simulate_(values, stage);
    if (!results) return false;
    for (std::size_t p = 0; p < points.size(); ++p) {
      known_.emplace(points[p], points_.size());
      points_.push_back(points[p]);
      Row means, variances;
      for (auto const& replicates : (*results)[p]) {
        means.push_back(mean_of(replicates));
        variances.push_back(variance_of_mean(replicates));
      }
      means_.push_back(std::move(means));
      variances_.push_back(std::move(variances));
    }
    return true;
  }

  /// Chance hardly depends on where a point lies, and over all of them it is known far better than at one.
  [[nodiscard]] double replicate_variance(std::size_t target) const {
    double sum = 0;
    for (auto const& variances : variances_) sum += variances[target];
    return sum / static_cast<double>(variances_.size());
  }

  /// Of a point that was run: no emulator.
  [[nodiscard]] double measured_implausibility(std::size_t point, std::size_t target) const {
    auto const& t = block_.targets[target];
    return analysis::implausibility(t.value, means_[point][target], 0, squared(t.standard_error), squared(t.tolerance), replicate_variance(target));
  }
  [[nodiscard]] double judged_of(std::size_t point) const {
    Row all;
    for (std::size_t t = 0; t < block_.targets.size(); ++t) all.push_back(measured_implausibility(point, t));
    return analysis::judged_implausibility(std::move(all), block_.judged);
  }
  /// What the search brings down. Weights without the chance of replicates, which would change as points are added.
  [[nodiscard]] double loss_of(std::size_t point) const {
    double loss = 0;
    for (std::size_t t = 0; t < block_.targets.size(); ++t) {
      auto const& target = block_.targets[t];
      loss += squared(target.value - means_[point][t]) / (squared(target.standard_error) + squared(target.tolerance));
    }
    return loss;
  }
  [[nodiscard]] std::size_t best_point() const {
    std::size_t best = 0;
    for (std::size_t p = 1; p < points_.size(); ++p)
      if (loss_of(p) < loss_of(best)) best = p;
    return best;
  }

  [[nodiscard]] Eigen::MatrixXd matrix_of_points() const {
    Eigen::MatrixXd points(static_cast<Eigen::Index>(points_.size()), static_cast<Eigen::Index>(coordinates()));
    for (std::size_t p = 0; p < points_.size(); ++p)
      for (std::size_t c = 0; c < coordinates(); ++c) points(static_cast<Eigen::Index>(p), static_cast<Eigen::Index>(c)) = points_[p][c];
    return points;
  }

  [[nodiscard]] Emulated emulate() const {
    Emulated emulated;
    auto const points = matrix_of_points();
    for (std::size_t t = 0; t < block_.targets.size(); ++t) {
      Eigen::VectorXd values(points.rows());
      for (std::size_t p = 0; p < points_.size(); ++p) values(static_cast<Eigen::Index>(p)) = means_[p][t];
      double const noise = replicate_variance(t);
      emulated.emulators.push_back(Emulator::fitted(points, values, noise));
      emulated.replicate_variances.push_back(noise);
    }
    return emulated;
  }

  [[nodiscard]] Region look_at(Emulated const& emulated, Box box, std::uint64_t seed) const {
    Region region;
    region.candidates = spread_over(box, candidates_per_look, seed);
    region.squares = analysis::squared_implausibilities(block_, emulated, region.candidates);
    region.judged = analysis::judged_by_point(region.squares, block_.judged);
    region.box = std::move(box);
    region.share = region.box.volume() * static_cast<double>(region.left(block_.cutoff).size()) / static_cast<double>(candidates_per_look);
    return region;
  }

  /// Closer and closer, until enough candidates are left to see the region by, or it is as good as empty.
  [[nodiscard]] Region region_of(Emulated const& emulated) const {
    Region region = look_at(emulated, {Row(coordinates(), 0), Row(coordinates(), 1)}, block_.seed);
    for (int look = 1; look < most_looks; ++look) {
      auto const left = region.left(block_.cutoff);
      if (left.size() >= enough_left) break;
      Region closer = look_at(emulated, box_around(region.candidates, left.size() >= 20 ? left : region.best(least_implausible)), block_.seed + static_cast<std::uint64_t>(look));
      // A look that loses what the one before had seen is no better.
      if (!left.empty() && closer.left(block_.cutoff).size() <= left.size()) break;
      region = std::move(closer);
    }
    return region;
  }

  /// Rows far from one another and from what has been run.
  [[nodiscard]] std::vector<Row> spread_in(Region const& region, std::size_t n) const {
    auto rows = region.left(block_.cutoff);
    // Fewer than a wave, where little of the space is left: the least implausible besides tell where its edges lie.
    if (rows.size() < n) rows = region.best(std::max(least_implausible, n));
    std::vector<double> nearest(rows.size(), std::numeric_limits<double>::infinity());
    // Distances in the box's own measure: a region that is narrow in one parameter is spread over in that one too.
    auto const distance = [&](Eigen::Index row, Row const& point) {
      double sum = 0;
      for (std::size_t c = 0; c < coordinates(); ++c)
        sum += squared((region.candidates(row, static_cast<Eigen::Index>(c)) - point[c]) / (region.box.high[c] - region.box.low[c]));
      return sum;
    };
    auto const note_point = [&](Row const& point) {
      for (std::size_t i = 0; i < rows.size(); ++i) nearest[i] = std::min(nearest[i], distance(static_cast<Eigen::Index>(rows[i]), point));
    };
    for (auto const& point : points_) note_point(point);
    std::vector<Row> chosen;
    for (std::size_t i = 0; i < n && i < rows.size(); ++i) {
      auto const farthest = static_cast<std::size_t>(std::max_element(nearest.begin(), nearest.end()) - nearest.begin());
      Row point;
      for (std::size_t c = 0; c < coordinates(); ++c) point.push_back(region.candidates(static_cast<Eigen::Index>(rows[farthest]), static_cast<Eigen::Index>(c)));
      note_point(point);
      chosen.push_back(std::move(point));
    }
    return chosen;
  }

  bool run_waves() {
    std::vector<Row> wanted;
    Row table;
    for (auto const& p : block_.parameters) table.push_back(std::clamp((p.table - p.low) / (p.high - p.low), 0.0, 1.0));
    wanted.push_back(table);
    auto const design = sweep::latin_hypercube(block_.points, coordinates(), block_.seed);
    for (std::size_t p = 0; p < block_.points; ++p) {
      Row point;
      for (std::size_t c = 0; c < coordinates(); ++c) point.push_back(design.at(p, c));
      wanted.push_back(std::move(point));
    }
    for (std::size_t wave = 1; wave <= block_.waves; ++wave) {
      std::size_t const before = points_.size();
      if (!run_points(wanted, {wave})) return false;
      region_ = region_of(emulate());
      double best = judged_of(0);
      for (std::size_t p = 1; p < points_.size(); ++p) best = std::min(best, judged_of(p));
      fit_.waves.push_back({points_.size() - before, region_.share, best});
      tell_(wave, fit_.waves.back());
      wanted = spread_in(region_, block_.points);
    }
    return true;
  }

  /// False when a signal came.
  bool search() {
    if (block_.local_steps == 0) return true;
    bool stopped = false;
    std::exception_ptr failure;
    auto const loss_at = [&](Row const& unit) {
      if (!run_points({unit}, {})) {
        stopped = true;
        throw nlopt::forced_stop();
      }
      return loss_of(known_.at(unit));
    };
    // What the emulators hold best is a start as good as the best point that was run; the better of them is taken.
    Row candidate;
    auto const row = static_cast<Eigen::Index>(region_.best(1).front());
    for (Eigen::Index c = 0; c < region_.candidates.cols(); ++c) candidate.push_back(region_.candidates(row, c));
    if (!run_points({candidate}, {})) return false;
    Row start = points_[best_point()];

    nlopt::opt search(coordinates() > 1 ? nlopt::LN_BOBYQA : nlopt::LN_SBPLX, static_cast<unsigned>(coordinates()));
    search.set_lower_bounds(0.0);
    search.set_upper_bounds(1.0);
    Row steps;
    for (std::size_t c = 0; c < coordinates(); ++c) steps.push_back(std::clamp(0.25 * (region_.box.high[c] - region_.box.low[c]), 0.01, 0.1));
    search.set_initial_step(steps);
    search.set_maxeval(static_cast<int>(block_.local_steps));
    search.set_xtol_abs(1e-3);
    struct Call {
      decltype(loss_at) const& of;
      std::exception_ptr& failure;
    } call{loss_at, failure};
    search.set_min_objective(
        [](Row const& x, Row&, void* data) {
          auto& made = *static_cast<Call*>(data);
          try {
            return made.of(x);
          } catch (nlopt::forced_stop const&) {
            throw;
          } catch (...) {
            // NLopt would keep its kind to itself.
            made.failure = std::current_exception();
            throw nlopt::forced_stop();
          }
        },
        &call);
    try {
      double value = 0;
      search.optimize(start, value);
    } catch (nlopt::forced_stop const&) {
      if (failure) std::rethrow_exception(failure);
      if (stopped) return false;
      throw;
    } catch (nlopt::roundoff_limited const&) {
      // The best point so far is as good as the search can tell.
    }
    return true;
  }

  void conclude() {
    auto const emulated = emulate();
    std::size_t const best = best_point(), k = coordinates();
    fit_.points = points_.size();
    fit_.implausibility = judged_of(best);
    auto const fitted = in_units(points_[best]);

    Region region = region_of(emulated);
    auto weights = analysis::likelihood_weights(region.squares, region.judged, block_.cutoff);
    double worth = analysis::effective_sample(weights);
    for (int look = 0; look < most_looks && worth > 0 && worth < wanted_sample; ++look) {
      std::vector<std::size_t> order(weights.size()), heavy;
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
      double held = 0;
      for (std::size_t const point : order) {
        if (held >= weight_in_box) break;
        heavy.push_back(point);
        held += weights[point];
      }
      Region finer = look_at(emulated, box_around(region.candidates, heavy), block_.seed + static_cast<std::uint64_t>(most_looks + look));
      auto finer_weights = analysis::likelihood_weights(finer.squares, finer.judged, block_.cutoff);
      double const finer_worth = analysis::effective_sample(finer_weights);
      if (finer_worth <= worth) break;
      region = std::move(finer);
      weights = std::move(finer_weights);
      worth = finer_worth;
    }
    fit_.effective_sample = worth;
    Eigen::MatrixXd const& sample = region.candidates;
    for (std::size_t c = 0; c < k; ++c) {
      analysis::FittedParameter parameter;
      parameter.fitted = fitted[c];
      if (worth > 0) {
        auto const& p = block_.parameters[c];
        Eigen::VectorXd const column = sample.col(static_cast<Eigen::Index>(c));
        auto const quantile = [&](double q) { return analysis::weighted_quantile(column, weights, q); };
        parameter.low = sweep::scaled(quantile(0.05), p.low, p.high);
        parameter.median = sweep::scaled(quantile(0.5), p.low, p.high);
        parameter.high = sweep::scaled(quantile(0.95), p.low, p.high);
        // Before, 90 % of the range lay between the same quantiles.
        parameter.width = (quantile(0.95) - quantile(0.05)) / 0.9;
        parameter.identified = analysis::identified_by(parameter.width);
      }
      fit_.parameters.push_back(parameter);
    }
    if (worth > 0) {
      for (std::size_t a = 0; a < k; ++a)
        for (std::size_t b = a + 1; b < k; ++b) {
          double const r = analysis::weighted_correlation(sample.col(static_cast<Eigen::Index>(a)), sample.col(static_cast<Eigen::Index>(b)), weights);
          if (std::abs(r) >= analysis::told_correlation) fit_.correlated.push_back({a, b, r});
        }
      for (std::size_t const row : analysis::resampled(weights, draws_kept)) {
        Row unit;
        for (std::size_t c = 0; c < k; ++c) unit.push_back(sample(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(c)));
        auto draw = in_units(unit);
        for (std::size_t c = 0; c < k; ++c) draw[c] = std::clamp(to_six_digits(draw[c]), block_.parameters[c].low, block_.parameters[c].high);
        fit_.draws.push_back(std::move(draw));
      }
    }

    auto const everywhere = spread_over({Row(k, 0), Row(k, 1)}, candidates_per_look, block_.seed);
    for (std::size_t t = 0; t < block_.targets.size(); ++t) {
      auto const& target = block_.targets[t];
      analysis::FittedTarget result;
      result.before = means_.front()[t];  // the table's values are the first point
      result.after = means_[best][t];
      result.implausibility = measured_implausibility(best, t);
      result.within_two = emulated.emulators[t].share_within_two();
      Eigen::VectorXd const mean = emulated.emulators[t].at(everywhere).mean;
      result.moves = std::sqrt((mean.array() - mean.mean()).square().mean() / (squared(target.standard_error) + squared(target.tolerance) + emulated.replicate_variances[t]));
      result.shares = analysis::main_effects(everywhere, mean);
      fit_.targets.push_back(std::move(result));
    }
  }

  FitBlock const& block_;
  Simulate const& simulate_;
  TellWave const& tell_;
  BlockFit fit_;
  std::vector<Row> points_;             // in the unit cube, in the order in which they were run
  std::vector<Row> means_, variances_;  // by point and figure: over replicates, and of that mean
  std::map<Row, std::size_t> known_;
  Region region_;
};

}  // namespace

std::optional<BlockFit> fit_block(FitBlock const& block, Simulate const& simulate, TellWave const& tell) { return Fitter(block, simulate, tell).run(); }

}  // namespace arraigo::app
