#include "schedule/branches.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "schedule/start.hpp"

namespace arraigo {
namespace {

/// What scenarios have in common; what is asked of a scenario is worked out once.
class Histories {
 public:
  explicit Histories(std::span<Scenario const* const> scenarios) : scenarios_(scenarios), known_(scenarios.size()) {
    std::map<std::string, std::size_t> numbers;
    for (auto const* scenario : scenarios) starts_.push_back(numbers.emplace(start_key(*scenario), numbers.size()).first->second);
  }
  /// Equal for scenarios of one start; numbered in the order of their first ones.
  [[nodiscard]] std::size_t start_of(std::size_t scenario) const { return starts_[scenario]; }
  [[nodiscard]] int shared_months(std::size_t a, std::size_t b) {
    if (starts_[a] != starts_[b]) return -1;
    // The same for some months is the same for fewer.
    int same = 0;
    for (int least = 1, most = std::min(scenarios_[a]->months, scenarios_[b]->months); least <= most;) {
      int const middle = least + (most - least) / 2;
      if (same_measures(known(a, middle), known(b, middle))) {
        same = middle;
        least = middle + 1;
      } else {
        most = middle - 1;
      }
    }
    return same;
  }

 private:
  std::vector<Measure> const& known(std::size_t scenario, int months) {
    auto const [found, is_new] = known_[scenario].try_emplace(months);
    if (is_new) found->second = known_measures(*scenarios_[scenario], months);
    return found->second;
  }
  std::span<Scenario const* const> scenarios_;
  std::vector<std::size_t> starts_;
  std::vector<std::map<int, std::vector<Measure>>> known_;  ///< by scenario and months
};

/// The trunk of scenarios of one start.
Trunk trunk_of(std::vector<std::size_t> const& group, Histories& histories) {
  std::size_t const n = group.size();
  std::vector<int> shared(n * n, 0);
  std::vector<std::int64_t> saved(n, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      shared[i * n + j] = shared[j * n + i] = histories.shared_months(group[i], group[j]);
      saved[i] += shared[i * n + j];
      saved[j] += shared[i * n + j];
    }
  auto const best = static_cast<std::size_t>(std::max_element(saved.begin(), saved.end()) - saved.begin());
  Trunk trunk{group[best], {}};
  for (std::size_t i = 0; i < n; ++i)
    if (i != best) trunk.branches.push_back({group[i], shared[best * n + i]});
  std::stable_sort(trunk.branches.begin(), trunk.branches.end(), [](Branch const& a, Branch const& b) { return a.months < b.months; });
  return trunk;
}

}  // namespace

int shared_months(Scenario const& a, Scenario const& b) {
  std::array const both{&a, &b};
  return Histories{both}.shared_months(0, 1);
}

std::vector<Trunk> plan_trunks(std::span<Scenario const* const> scenarios) {
  Histories histories{scenarios};
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    if (histories.start_of(i) == groups.size()) groups.emplace_back();
    groups[histories.start_of(i)].push_back(i);
  }
  std::vector<Trunk> trunks;
  for (auto const& group : groups) trunks.push_back(trunk_of(group, histories));
  return trunks;
}

std::vector<Trunk> without_branches(std::size_t scenarios) {
  std::vector<Trunk> trunks(scenarios);
  for (std::size_t i = 0; i < scenarios; ++i) trunks[i].scenario = i;
  return trunks;
}

std::int64_t months_taken_over(Trunk const& trunk) {
  std::int64_t months = 0;
  for (auto const& branch : trunk.branches) months += branch.months;
  return months;
}

}  // namespace arraigo
