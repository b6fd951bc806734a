#include <Eigen/Dense>

#include <array>
#include <cmath>
#include <unordered_map>

#include "evidence/experiments.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::evidence {
namespace {

enum class Arm { half, all, none };

struct Person {
  std::uint64_t id;
  bool treated;
};

/// Sums of what is followed, of the treated and the others.
struct Sums {
  double value = 0, second = 0;
  std::size_t people = 0;
  [[nodiscard]] double mean() const { return value / static_cast<double>(people); }
};

std::unordered_map<std::uint64_t, std::size_t> rows_by_id(World const& world) {
  std::unordered_map<std::uint64_t, std::size_t> rows(world.persons.size());
  for (std::size_t row = 0; row < world.persons.size(); ++row)
    if (!world.persons.gone(row)) rows.emplace(world.persons.id[row], row);
  return rows;
}

/// By outcome: [0] the others, [1] the treated.
std::vector<std::array<Sums, 2>> follow(std::shared_ptr<Setup const> const& setup, int replicate, Trial const& trial, Arm arm) {
  constexpr std::uint64_t of_trial = 0x747269616cULL;
  Simulation simulation(setup, replicate, Detail::totals);
  auto& world = simulation.world();
  std::vector<Person> people;
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (world.persons.gone(row) || world.persons.inert(row) || !trial.is_eligible(world, row)) continue;
    auto const household = world.households.id[world.persons.household[row]];
    bool const drawn = (mix(household, of_trial, static_cast<std::uint64_t>(replicate)) & 1U) != 0;
    people.push_back({world.persons.id[row], arm == Arm::all || (arm == Arm::half && drawn)});
  }
  for (int month = 0; !simulation.done(); ++month) {
    bool const treated_now = month >= trial.from && month < trial.to, others_now = trial.others_from == month;
    if (treated_now || others_now) {
      auto const rows = rows_by_id(world);
      for (auto const& person : people)
        if (auto const found = rows.find(person.id); found != rows.end() && (person.treated ? treated_now : others_now)) trial.treat(world, found->second);
    }
    simulation.step();
  }
  std::vector<std::array<Sums, 2>> sums(trial.outcomes.size());
  auto const rows = rows_by_id(world);
  for (auto const& person : people) {
    auto const found = rows.find(person.id);
    if (found == rows.end()) continue;
    for (std::size_t k = 0; k < sums.size(); ++k) {
      auto const& outcome = trial.outcomes[k];
      auto const value = outcome.value(world, found->second);
      if (!value) continue;
      auto& sum = sums[k][person.treated ? 1 : 0];
      sum.value += *value;
      if (outcome.second != nullptr) sum.second += outcome.second(world, found->second).value_or(0);
      ++sum.people;
    }
  }
  return sums;
}

std::optional<double> effect(Trial::Scale scale, Sums const& treated, Sums const& others) {
  if (treated.people == 0 || others.people == 0) return std::nullopt;
  switch (scale) {
    case Trial::Scale::points: return 100 * (treated.mean() - others.mean());
    case Trial::Scale::percent: return others.mean() > 0 ? std::optional{100 * (treated.mean() / others.mean() - 1)} : std::nullopt;
    case Trial::Scale::share_of_second:
      return treated.second > 0 ? std::optional{100 * (treated.mean() - others.mean()) / (treated.second / static_cast<double>(treated.people))} : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Finding> run_trial(std::shared_ptr<Setup const> const& setup, int replicate, Trial const& trial) {
  auto const half = follow(setup, replicate, trial, Arm::half), all = follow(setup, replicate, trial, Arm::all), none = follow(setup, replicate, trial, Arm::none);
  std::vector<Finding> findings;
  for (std::size_t k = 0; k < trial.outcomes.size(); ++k) {
    auto const& outcome = trial.outcomes[k];
    findings.push_back({outcome.name, effect(outcome.scale, half[k][1], half[k][0]), effect(outcome.scale, all[k][1], none[k][0])});
  }
  return findings;
}

std::optional<std::vector<double>> slopes(std::vector<std::vector<double>> const& x, std::vector<double> const& y, std::vector<double> const& weights) {
  auto const n = static_cast<Eigen::Index>(y.size()), k = static_cast<Eigen::Index>(x.size());
  if (n < k + 2) return std::nullopt;
  Eigen::MatrixXd design(n, k + 1);
  Eigen::VectorXd out(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    double const root = std::sqrt(weights[static_cast<std::size_t>(i)]);
    design(i, 0) = root;
    for (Eigen::Index j = 0; j < k; ++j) design(i, j + 1) = root * x[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)];
    out[i] = root * y[static_cast<std::size_t>(i)];
  }
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> const solver(design);
  if (solver.rank() < k + 1) return std::nullopt;
  Eigen::VectorXd const found = solver.solve(out);
  return std::vector<double>(found.data() + 1, found.data() + found.size());
}

}  // namespace arraigo::evidence
