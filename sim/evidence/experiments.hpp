/// Virtual experiments: what published studies of causal effects did, done inside the model. Where a study compares people, a random
/// half of those it is about is treated within one run and the study's estimator is applied to the two halves, so that people of
/// both compete for the same jobs and places; beside it stands the total effect, everybody treated against nobody, which includes
/// what the treated do to each other. Nothing is fitted.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "init/setup.hpp"

namespace arraigo::evidence {

/// One replicate's estimate of an outcome. Units: percentage points, percent, or as the table of published effects says.
struct Finding {
  std::string outcome;
  std::optional<double> value;  ///< none where nobody is left to compare, or the two halves cannot be told apart
  std::optional<double> total;  ///< everybody treated against nobody; none where the experiment has no such arms
};

/// What one replicate of an experiment is given: the scenarios that it names, in their order, of one area, scale and seed.
using Arms = std::span<std::shared_ptr<Setup const> const>;

struct Experiment {
  char const* name;                     ///< as the table of published effects has it
  Text title;
  std::vector<char const*> scenarios;   ///< names of shipped scenarios
  int months;                           ///< that each of them runs
  int runs;                             ///< simulations of one replicate
  std::vector<Finding> (*measure)(Arms, int replicate);
};

[[nodiscard]] std::span<Experiment const> experiments();

/// A trial among people of one world. Households are assigned, whole, by a keyed draw.
struct Trial {
  using IsEligible = bool (*)(World const&, std::size_t person);
  using Treat = void (*)(World&, std::size_t person);
  /// What is followed, as one number a person; none: the person does not count (pay of those without work).
  using Value = std::optional<double> (*)(World const&, std::size_t person);
  enum class Scale {
    points,           ///< difference of means of 0 and 1, in percentage points
    percent,          ///< ratio of means less one, in percent
    share_of_second,  ///< difference of means over the treated's mean of `second`, in percent
  };
  struct Outcome {
    char const* name;
    Scale scale;
    Value value;
    Value second = nullptr;
  };
  IsEligible is_eligible;              ///< at the start, of those who live there then
  Treat treat;
  int from = 0, to = 1;                ///< months, from the start, in which the treated are treated: at their beginning
  std::optional<int> others_from{};     ///< month in which the other half is treated; none: never
  std::vector<Outcome> outcomes{};     ///< after the scenario's last month, of those still in the country
};

/// The trial in one world, and in two more for the total effects: all treated, and nobody.
[[nodiscard]] std::vector<Finding> run_trial(std::shared_ptr<Setup const> const& setup, int replicate, Trial const& trial);

/// Slopes of a weighted least-squares plane through (x, y): one per column of x, the intercept left out. None where it is not
/// determined.
[[nodiscard]] std::optional<std::vector<double>> slopes(std::vector<std::vector<double>> const& x, std::vector<double> const& y, std::vector<double> const& weights);

}  // namespace arraigo::evidence
