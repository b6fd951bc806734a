#include "init/household_pool.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <tbb/parallel_invoke.h>

#include "core/errors.hpp"

namespace arraigo {
namespace {

constexpr std::size_t pool_size = 8000;  // enough that every age-sex cell is met some hundred times
constexpr int most_updates = 400;
constexpr double close_enough = 2e-4;  // relative error of the age-sex cells at which the fit stops
constexpr std::size_t cells_age_sex = 34, cells_size = household_size_limit;

std::uint8_t band_of(double age) { return static_cast<std::uint8_t>(std::clamp(age, 0.0, 84.9) / 5); }

/// A household by rules of family structure only (sizes, couples, generations); the weights then make its kind as frequent
/// as the margins say.
PoolHousehold draw_candidate(Draws& draws, std::size_t size) {
  PoolHousehold h;
  h.size = static_cast<std::uint8_t>(size);
  std::size_t n = 0;
  auto const add = [&](double age, Sex sex) {
    if (n < size) h.members[n++] = {band_of(age), sex};
  };
  auto const any_sex = [&] { return draws.bernoulli(0.5) ? Sex::female : Sex::male; };
  double const head_age = 18 + 62 * std::pow(draws.uniform(), 1.3);
  Sex const head = any_sex();
  add(head_age, head);
  double const kind = draws.uniform();
  bool const couple = size >= 2 && kind < 0.6;
  if (couple) add(std::max(18.0, head_age + 6 * (draws.uniform() - 0.5) + (head == Sex::male ? -2 : 2)), head == Sex::male ? Sex::female : Sex::male);
  bool const unrelated = kind > 0.9;  // friends or relatives of like age who share a home
  while (n < size) {
    double const u = draws.uniform();
    if (unrelated) add(std::max(16.0, head_age + 16 * (draws.uniform() - 0.5)), any_sex());
    else if (u < 0.72) add(std::max(0.0, std::min(head_age - 16, head_age - 18 - 24 * draws.uniform())) , any_sex());
    else if (u < 0.82 && head_age > 38) add(std::max(0.0, head_age - 42 - 18 * draws.uniform()), any_sex());
    else if (u < 0.90) add(head_age + 20 + 14 * draws.uniform(), any_sex());
    else add(16 + 50 * draws.uniform(), any_sex());
  }
  int adults = 0, minors = 0;
  for (std::size_t i = 0; i < size; ++i) (h.members[i].age_band >= 4 ? adults : minors) += 1;
  h.single_parent = adults == 1 && minors > 0;
  return h;
}

}  // namespace

HouseholdPool::HouseholdPool(Country const& country, std::string_view origin, Month start) {
  std::array<double, cells_age_sex> person_target{};
  for (auto const* row : country.margin("age_sex", origin, start)) {
    int const from = row->key1 == "80+" ? 80 : std::stoi(row->key1);
    person_target[static_cast<std::size_t>(std::min(from / 5, 16)) * 2 + (row->key2 == "female" ? 1 : 0)] += row->value;
  }
  std::array<double, cells_size> size_target{};
  double size_mean = 0, size_sum = 0;
  for (auto const* row : country.margin("household_size", origin, start)) {
    auto const size = static_cast<std::size_t>(std::stoi(row->key1));
    size_target[std::min(size, household_size_limit) - 1] += row->value;
  }
  for (std::size_t s = 0; s < cells_size; ++s) {
    size_mean += static_cast<double>(s + 1) * size_target[s];
    size_sum += size_target[s];
  }
  double const single_target = country.margin_value("single_parent", origin, "households", start);
  for (auto& t : size_target) t /= size_sum;
  size_mean /= size_sum;

  // The pool belongs to the data, not to a run: its draws have a fixed stream, so that seeds differ only in who is sampled.
  Stream const stream{0x61727261, 0, Month{-1}};
  households_.reserve(pool_size);
  for (std::size_t i = 0; i < pool_size; ++i) {
    Draws draws(stream, Purpose::population, i);
    double u = (static_cast<double>(i) + 0.5) / pool_size;
    std::size_t size = 1;
    for (; size < household_size_limit; ++size) {
      u -= size_target[size - 1];
      if (u < 0) break;
    }
    households_.push_back(draw_candidate(draws, size));
  }

  std::vector<double> weight(pool_size, 1.0);
  std::vector<std::vector<std::pair<std::uint32_t, std::uint8_t>>> holders(cells_age_sex);
  for (std::uint32_t i = 0; i < pool_size; ++i) {
    std::array<std::uint8_t, cells_age_sex> in{};
    for (std::size_t k = 0; k < households_[i].size; ++k)
      ++in[households_[i].members[k].age_band * 2U + static_cast<std::size_t>(households_[i].members[k].sex)];
    for (std::size_t c = 0; c < cells_age_sex; ++c)
      if (in[c] > 0) holders[c].emplace_back(i, in[c]);
  }
  double worst = 1;
  for (int round = 0; round < most_updates && worst > close_enough; ++round) {
    worst = 0;
    for (std::size_t c = 0; c < cells_age_sex; ++c) {
      double sum = 0;
      for (auto const& [i, k] : holders[c]) sum += weight[i] * k;
      if (sum <= 0 || person_target[c] <= 0) continue;
      double const factor = person_target[c] * size_mean * pool_size / sum;
      worst = std::max(worst, std::abs(factor - 1));
      for (auto const& [i, k] : holders[c]) weight[i] *= factor;
    }
    std::array<double, 2> parents{};
    for (std::size_t i = 0; i < pool_size; ++i) parents[households_[i].single_parent ? 1 : 0] += weight[i];
    for (std::size_t i = 0; i < pool_size; ++i)
      weight[i] *= households_[i].single_parent ? single_target * pool_size / parents[1] : (1 - single_target) * pool_size / parents[0];
    std::array<double, cells_size> by_size{};
    for (std::size_t i = 0; i < pool_size; ++i) by_size[households_[i].size - 1U] += weight[i];
    for (std::size_t i = 0; i < pool_size; ++i) {
      auto const s = households_[i].size - 1U;
      if (by_size[s] > 0) weight[i] *= size_target[s] * pool_size / by_size[s];
    }
  }

  double total = 0, members = 0;
  for (std::size_t i = 0; i < pool_size; ++i) {
    total += weight[i];
    members += weight[i] * households_[i].size;
    for (std::size_t s = 0; s < households_[i].size; ++s) larger_[s] += weight[i];
  }
  for (auto& share : larger_) share /= total;
  mean_size_ = members / total;
  double cumulative = 0;
  for (std::size_t i = 0; i < pool_size; ++i) {
    cumulative += weight[i];
    cumulative_.push_back(static_cast<std::uint32_t>(std::min(4294967295.0, cumulative / total * 4294967296.0)));
  }
  cumulative_.back() = 0xffffffffU;
}

PoolHousehold const& HouseholdPool::at(std::uint32_t quantile) const {
  auto const place = std::lower_bound(cumulative_.begin(), cumulative_.end(), quantile);
  return households_[static_cast<std::size_t>(place - cumulative_.begin())];
}

double HouseholdPool::still_to_come(double uniform) const {
  double left = uniform * mean_size_;
  std::size_t s = 0;
  for (; s + 1 < larger_.size() && left >= larger_[s]; ++s) left -= larger_[s];
  return static_cast<double>(s) + std::min(1.0, left / std::max(1e-12, larger_[s]));
}

HouseholdPools::HouseholdPools(Country const& country, Month start) {
  tbb::parallel_invoke([&] { host = HouseholdPool(country, "host", start); }, [&] { venezuelan = HouseholdPool(country, "venezuelan", start); },
                       [&] { other_foreign = HouseholdPool(country, "other_foreign", start); });
}

HouseholdPool const& HouseholdPools::of(Origin origin) const {
  return origin == Origin::venezuelan ? venezuelan : origin == Origin::other_foreign ? other_foreign : host;
}

}  // namespace arraigo
