#include "sweep/designs.hpp"

#include <algorithm>
#include <boost/random/sobol.hpp>
#include <cmath>
#include <numeric>

#include "core/errors.hpp"
#include "core/random.hpp"

namespace arraigo::sweep {
namespace {

/// SplitMix64 (Steele, Lea and Flood 2014): one stream for each (seed, design, coordinate).
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t design, std::uint64_t coordinate) : state_(seed) {
    state_ = next() ^ (design << 32U) ^ coordinate;
    static_cast<void>(next());
  }
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  /// Uniform in 0 .. n - 1.
  std::size_t below(std::size_t n) {
    std::uint64_t const all = ~std::uint64_t{0}, most = all - all % n;
    for (;;)
      if (std::uint64_t const drawn = next(); drawn < most) return static_cast<std::size_t>(drawn % n);
  }
  void shuffle(std::vector<std::size_t>& order) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[below(i)]);
  }

 private:
  std::uint64_t state_;
};

std::vector<std::size_t> numbers(std::size_t n) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

void label_in_order(Design& design) {
  for (std::size_t row = 0; row < design.rows(); ++row) design.label(row, 0, row);
}

}  // namespace

Design grid(std::span<std::size_t const> levels) {
  std::size_t rows = 1;
  for (std::size_t const n : levels) rows *= n;
  Design design(rows, levels.size());
  for (std::size_t row = 0; row < rows; ++row) {
    std::size_t rest = row;
    for (std::size_t k = levels.size(); k-- > 0; rest /= levels[k])
      design.at(row, k) =
          levels[k] == 1 ? 0.5 : static_cast<double>(rest % levels[k]) / static_cast<double>(levels[k] - 1);
  }
  label_in_order(design);
  return design;
}

Design latin_hypercube(std::size_t points, std::size_t coordinates, std::uint64_t seed) {
  Design design(points, coordinates);
  for (std::size_t k = 0; k < coordinates; ++k) {
    Random random(seed, 1, k);
    auto strata = numbers(points);
    random.shuffle(strata);
    for (std::size_t row = 0; row < points; ++row) {
      double const n = static_cast<double>(points), from = static_cast<double>(strata[row]);
      // Rounding must not lift a point into the next stratum.
      design.at(row, k) = std::min((from + unit_of(random.next())) / n, std::nextafter((from + 1) / n, 0.0));
    }
  }
  label_in_order(design);
  return design;
}

Design sobol(std::size_t points, std::size_t coordinates, std::uint64_t seed) {
  if (coordinates > most_sobol_coordinates) throw BugError("too many coordinates for a Sobol' sequence");
  Design design(points, coordinates);
  label_in_order(design);
  if (coordinates == 0) return design;
  // The same exclusive-or for all points of a coordinate keeps their balance and moves the first off the corner.
  std::vector<std::uint64_t> shift(coordinates);
  for (std::size_t k = 0; k < coordinates; ++k) shift[k] = Random(seed, 2, k).next();
  boost::random::sobol_engine<std::uint64_t, 64> engine(coordinates);
  for (std::size_t row = 0; row < points; ++row)
    for (std::size_t k = 0; k < coordinates; ++k)
      // The engine leaves out the first point of the sequence, which is all zeros and belongs to the balance.
      design.at(row, k) = unit_of((row == 0 ? 0 : engine()) ^ shift[k]);
  return design;
}

Design morris(std::size_t trajectories, std::size_t levels, std::size_t coordinates, std::uint64_t seed) {
  if (levels < 2 || levels % 2 != 0) throw BugError("trajectories need an even number of levels");
  Design design(trajectories * (coordinates + 1), coordinates);
  std::size_t const jump = levels / 2;
  auto const value = [&](std::size_t level) { return static_cast<double>(level) / static_cast<double>(levels - 1); };
  for (std::size_t t = 0; t < trajectories; ++t) {
    Random random(seed, 3, t);
    std::vector<std::size_t> at(coordinates);
    for (auto& level : at) level = random.below(levels);
    auto order = numbers(coordinates);
    random.shuffle(order);
    for (std::size_t step = 0; step <= coordinates; ++step) {
      if (step > 0) {
        auto& level = at[order[step - 1]];
        level = level < jump ? level + jump : level - jump;
      }
      std::size_t const row = t * (coordinates + 1) + step;
      design.label(row, t, step);
      for (std::size_t k = 0; k < coordinates; ++k) design.at(row, k) = value(at[k]);
    }
  }
  return design;
}

Design saltelli(std::size_t base, std::size_t coordinates, std::uint64_t seed) {
  Design const pairs = sobol(base, 2 * coordinates, seed);
  Design design(base * (coordinates + 2), coordinates);
  for (std::size_t block = 0; block < coordinates + 2; ++block)
    for (std::size_t step = 0; step < base; ++step) {
      std::size_t const row = block * base + step;
      design.label(row, block, step);
      for (std::size_t k = 0; k < coordinates; ++k) {
        bool const of_b = block == 1 || block == k + 2;
        design.at(row, k) = pairs.at(step, of_b ? coordinates + k : k);
      }
    }
  return design;
}

}  // namespace arraigo::sweep
