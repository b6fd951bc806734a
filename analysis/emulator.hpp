/// A Gaussian process in place of a simulator: what a figure would be at parameters that were not run, and how sure that is.
/// Mean b'h(x) with h constant or linear and b unknown (generalised least squares), covariance of Matern 5/2 with a length for
/// each parameter, and a nugget for what chance adds at a point. Rasmussen and Williams (2006), sections 2.2, 2.7 and 4.2.
#pragma once
#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cstddef>

namespace arraigo::analysis {

struct EmulatorSettings {
  Eigen::VectorXd lengths;  ///< one per coordinate
  double variance = 1;      ///< of the process
  double nugget = 0;        ///< variance that a point has for itself
  bool linear = false;      ///< the mean: linear, or constant
};

class Emulator {
 public:
  /// `points`: one per row, coordinates in [0, 1]; a value for each.
  Emulator(Eigen::MatrixXd points, Eigen::VectorXd values, EmulatorSettings settings);

  /// Lengths, variance and nugget of the highest restricted likelihood (the mean's coefficients integrated out), times weak
  /// priors that keep few points from saying that a length is nothing or endless: log length normal around log 1 with deviation
  /// 1.2, and log nugget around the log of `noise_variance` (0: no prior) with deviation 1.5. From several starts, always the
  /// same ones. Linear in the mean where there are three points for each coefficient.
  [[nodiscard]] static Emulator fitted(Eigen::MatrixXd points, Eigen::VectorXd values, double noise_variance);

  struct Prediction {
    Eigen::VectorXd mean, variance;  ///< of the function, without the nugget
  };
  [[nodiscard]] Prediction at(Eigen::MatrixXd const& points) const;

  /// Each point foretold from the others with the settings as they are, the miss in its own standard deviations (nugget
  /// included). In closed form (Dubrule 1983).
  [[nodiscard]] Eigen::VectorXd left_out_errors() const;
  /// Of `left_out_errors`: the share within two deviations.
  [[nodiscard]] double share_within_two() const;

  /// The log of the restricted likelihood, without its constant.
  [[nodiscard]] double log_likelihood() const { return log_likelihood_; }
  [[nodiscard]] EmulatorSettings const& settings() const { return settings_; }

 private:
  [[nodiscard]] Eigen::MatrixXd mean_terms(Eigen::MatrixXd const& points) const;
  [[nodiscard]] Eigen::MatrixXd covariance(Eigen::MatrixXd const& a, Eigen::MatrixXd const& b) const;

  Eigen::MatrixXd points_;
  Eigen::VectorXd values_;
  EmulatorSettings settings_;
  Eigen::LLT<Eigen::MatrixXd> factor_;       // of K, covariance of the values
  Eigen::MatrixXd inverse_terms_;            // K^-1 H
  Eigen::LLT<Eigen::MatrixXd> terms_factor_; // of H' K^-1 H
  Eigen::VectorXd coefficients_, weights_;   // b, and K^-1 (y - H b)
  double log_likelihood_ = 0;
};

}  // namespace arraigo::analysis
