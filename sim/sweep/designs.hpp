/// Designs of sweeps: pure functions of size, seed and number of coordinates. Points lie in [0, 1], ends included only where
/// a design has levels. Sources: Latin hypercube, McKay, Beckman and Conover 1979; Sobol' sequence, Bratley and Fox 1988,
/// with a random digital shift; elementary effects, Morris 1991; blocks A, B, A_B, Saltelli et al. 2010.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace arraigo::sweep {

enum class DesignKind { grid, list, latin_hypercube, sobol, morris, saltelli };
inline constexpr std::string_view design_names[] = {"grid", "list", "latin_hypercube", "sobol", "morris", "saltelli"};

/// Rows of points. Where a row belongs in its design, `block` and `step` say:
/// morris: trajectory, and step within it from 0 to the number of coordinates;
/// saltelli: 0 for A, 1 for B, 2 + i for A with coordinate i of B, and the row within the block;
/// otherwise block 0, and the row.
class Design {
 public:
  Design(std::size_t rows, std::size_t coordinates)
      : coordinates_(coordinates), points_(rows * coordinates), block_(rows), step_(rows) {}

  [[nodiscard]] std::size_t rows() const { return block_.size(); }
  [[nodiscard]] std::size_t coordinates() const { return coordinates_; }
  [[nodiscard]] double& at(std::size_t row, std::size_t coordinate) { return points_[row * coordinates_ + coordinate]; }
  [[nodiscard]] double at(std::size_t row, std::size_t coordinate) const {
    return points_[row * coordinates_ + coordinate];
  }
  [[nodiscard]] std::uint32_t block(std::size_t row) const { return block_[row]; }
  [[nodiscard]] std::uint32_t step(std::size_t row) const { return step_[row]; }
  void label(std::size_t row, std::size_t block, std::size_t step) {
    block_[row] = static_cast<std::uint32_t>(block);
    step_[row] = static_cast<std::uint32_t>(step);
  }

 private:
  std::size_t coordinates_;
  std::vector<double> points_;
  std::vector<std::uint32_t> block_, step_;
};

/// The Sobol' sequence has no more coordinates; Saltelli's blocks take two for each of theirs.
inline constexpr std::size_t most_sobol_coordinates = 3667;

/// All combinations; the last coordinate moves fastest. One level stands at 0.5, more of them spread from 0 to 1.
[[nodiscard]] Design grid(std::span<std::size_t const> levels);
/// Each of n equal strata of each coordinate holds one point.
[[nodiscard]] Design latin_hypercube(std::size_t points, std::size_t coordinates, std::uint64_t seed);
/// The first 2^m points put as many into each half, quarter, ... of each coordinate.
[[nodiscard]] Design sobol(std::size_t points, std::size_t coordinates, std::uint64_t seed);
/// Trajectories of coordinates + 1 rows on a grid of an even number of levels: each step moves one coordinate by half the
/// levels, each coordinate once.
[[nodiscard]] Design morris(std::size_t trajectories, std::size_t levels, std::size_t coordinates, std::uint64_t seed);
/// (coordinates + 2) blocks of `base` rows: A, B, then A with each coordinate of B in turn.
[[nodiscard]] Design saltelli(std::size_t base, std::size_t coordinates, std::uint64_t seed);

/// From [0, 1] to [low, high], exact at both ends.
[[nodiscard]] constexpr double scaled(double unit, double low, double high) {
  return unit >= 1 ? high : low + unit * (high - low);
}

}  // namespace arraigo::sweep
