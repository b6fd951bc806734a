/// Random streams: the wide path equals the plain one, moments are right, streams are apart.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "core/random.hpp"

namespace arraigo {
namespace {

constexpr Stream stream{7, 3, Month{1512}};

std::vector<std::uint64_t> identities(std::size_t n) {
  std::vector<std::uint64_t> ids(n);
  for (std::size_t i = 0; i < n; ++i) ids[i] = mix(i, 99);
  return ids;
}

TEST(RandomStreams, BlocksOfManyAreTheBlocksOfEach) {
  for (std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{1021}}) {
    auto const ids = identities(n);
    std::array<std::vector<std::uint32_t>, 4> out;
    for (auto& column : out) column.resize(n + 1, 12345);
    draw_blocks(stream, Purpose::search, ids, {out[0].data(), out[1].data(), out[2].data(), out[3].data()});
    for (std::size_t i = 0; i < n; ++i) {
      auto const block = draw_block(stream, Purpose::search, ids[i]);
      for (std::size_t k = 0; k < 4; ++k) ASSERT_EQ(out[k][i], block[k]) << i;
    }
    for (auto const& column : out) EXPECT_EQ(column[n], 12345U) << "written beyond the end";
  }
}

TEST(RandomStreams, ABatchDrawsForThoseWhoAreWantedWhatEachWouldDrawAlone) {
  DrawBatch<64> batch;
  for (int round = 0; round < 2; ++round) {  // the second time what the first has left must not be read
    batch.clear();
    for (std::uint32_t i = 0; i < 64; ++i) batch.add(mix(i, 9), i, i % 3 == static_cast<std::uint32_t>(round));
    batch.draw(stream, Purpose::news);
    ASSERT_EQ(batch.size(), round == 0 ? 22U : 21U);
    for (std::size_t k = 0; k < batch.size(); ++k) {
      ASSERT_EQ(batch.tag(k), 3 * k + static_cast<std::size_t>(round));
      Draws alone(stream, Purpose::news, batch.tag(k), 9);
      for (std::size_t word = 0; word < 4; ++word) EXPECT_EQ(batch.word(word, k), alone.bits()) << k << " " << word;
    }
  }
}

TEST(RandomStreams, EveryPartOfTheKeyCounts) {
  auto const block = draw_block(stream, Purpose::search, 42);
  EXPECT_EQ(draw_block(stream, Purpose::search, 42), block);
  EXPECT_NE(draw_block(stream, Purpose::hire, 42), block);
  EXPECT_NE(draw_block(stream, Purpose::search, 43), block);
  EXPECT_NE(draw_block(stream, Purpose::search, 42ULL << 32), block);
  EXPECT_NE(draw_block(stream, Purpose::search, 42, 1), block);
  EXPECT_NE(draw_block({8, 3, Month{1512}}, Purpose::search, 42), block);
  EXPECT_NE(draw_block({7ULL << 32, 3, Month{1512}}, Purpose::search, 42), block);
  EXPECT_NE(draw_block({7, 4, Month{1512}}, Purpose::search, 42), block);
  EXPECT_NE(draw_block({7, 3, Month{1513}}, Purpose::search, 42), block);
  EXPECT_NE(draw_block(for_life(stream), Purpose::search, 42), block);
}

constexpr std::size_t n_draws = 200000;

/// Standard errors by which the mean of n draws is off.
double errors_off(std::function<double(Draws&)> const& draw, double mean, double variance) {
  double sum = 0;
  for (std::size_t i = 0; i < n_draws; ++i) {
    Draws draws(stream, Purpose::pick, mix(i, 7));
    sum += draw(draws);
  }
  return std::abs(sum / n_draws - mean) / std::sqrt(variance / n_draws);
}

TEST(RandomStreams, MomentsAreThoseOfTheirDistributions) {
  constexpr double euler = 0.57721566490153286, pi = 3.14159265358979324;
  auto const squared = [](auto draw) {
    return [draw](Draws& d) {
      double const x = draw(d);
      return x * x;
    };
  };
  auto const uniform = [](Draws& d) { return d.uniform(); };
  auto const normal = [](Draws& d) { return d.normal(); };
  auto const exponential = [](Draws& d) { return d.exponential(); };
  auto const gumbel = [](Draws& d) { return d.gumbel(); };
  auto const coin = [](Draws& d) { return d.bernoulli(0.03) ? 1.0 : 0.0; };
  auto const below = [](Draws& d) { return static_cast<double>(d.below(7)); };
  EXPECT_LT(errors_off(uniform, 0.5, 1.0 / 12), 4);
  EXPECT_LT(errors_off(squared(uniform), 1.0 / 3, 4.0 / 45), 4);
  EXPECT_LT(errors_off(normal, 0, 1), 4);
  EXPECT_LT(errors_off(squared(normal), 1, 2), 4);
  EXPECT_LT(errors_off(exponential, 1, 1), 4);
  EXPECT_LT(errors_off(gumbel, euler, pi * pi / 6), 4);
  EXPECT_LT(errors_off(coin, 0.03, 0.03 * 0.97), 4);
  EXPECT_LT(errors_off(below, 3, 4), 4);
  // The twin: two per cent off is found.
  EXPECT_GT(errors_off(uniform, 0.51, 1.0 / 12), 4);
  EXPECT_GT(errors_off(squared(normal), 1.02, 2), 4);
  EXPECT_GT(errors_off(coin, 0.033, 0.03 * 0.97), 4);
}

TEST(RandomStreams, PurposesMonthsReplicatesAndNeighboursAreUncorrelated) {
  auto const correlation = [](auto const& other) {
    double sum = 0;
    for (std::uint64_t i = 0; i < n_draws; ++i)
      sum += (uniform_of(draw_block(stream, Purpose::separation, i)[0]) - 0.5) * (uniform_of(other(i)) - 0.5);
    return sum / n_draws * 12;  // of two uniforms; its standard error is 1 / sqrt(n)
  };
  double const error = 1 / std::sqrt(static_cast<double>(n_draws));
  for (auto const purpose : {Purpose::vacancy, Purpose::search, Purpose::hire, Purpose::departure, Purpose::family})
    EXPECT_LT(std::abs(correlation([&](std::uint64_t i) { return draw_block(stream, purpose, i)[0]; })), 4 * error);
  EXPECT_LT(std::abs(correlation([](std::uint64_t i) {
              return draw_block({7, 3, Month{1513}}, Purpose::separation, i)[0];
            })),
            4 * error);
  EXPECT_LT(std::abs(correlation([](std::uint64_t i) {
              return draw_block({7, 4, Month{1512}}, Purpose::separation, i)[0];
            })),
            4 * error);
  EXPECT_LT(std::abs(correlation([](std::uint64_t i) {
              return draw_block({8, 3, Month{1512}}, Purpose::separation, i)[0];
            })),
            4 * error);
  EXPECT_LT(std::abs(correlation([](std::uint64_t i) { return draw_block(stream, Purpose::separation, i + 1)[0]; })),
            4 * error);
  EXPECT_LT(std::abs(correlation([](std::uint64_t i) { return draw_block(stream, Purpose::separation, i)[1]; })),
            4 * error);
  EXPECT_GT(correlation([](std::uint64_t i) { return draw_block(stream, Purpose::separation, i)[0]; }), 0.99)
      << "a stream with itself";
}

TEST(RandomStreams, ThresholdsAreProbabilities) {
  EXPECT_EQ(threshold_of(0), 0U);
  EXPECT_EQ(threshold_of(-1), 0U);
  EXPECT_EQ(threshold_of(1), 1ULL << 32);
  EXPECT_EQ(threshold_of(2), 1ULL << 32);
  EXPECT_EQ(threshold_of(0.5), 1ULL << 31);
  EXPECT_GT(uniform_of(0), 0.0);
  EXPECT_LT(uniform_of(0xffffffffU), 1.0);
}

TEST(RandomStreams, KeyedRoundingIsUnbiased) {
  EXPECT_LT(errors_off([](Draws& d) { return static_cast<double>(keyed_round(2.3, d.bits())); }, 2.3, 0.21), 4);
  EXPECT_GT(errors_off([](Draws& d) { return static_cast<double>(keyed_round(2.3, d.bits())); }, 2.31, 0.21), 4);
  EXPECT_EQ(keyed_round(5, 0), 5);
  EXPECT_EQ(keyed_round(5, 0xffffffffU), 5);
}

}  // namespace
}  // namespace arraigo
