#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bench/measure.hpp"
#include "bench/month_traffic.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::bench {
namespace {

TEST(MonthTraffic, HasAnEntryForEachPhaseOfTheScheduleInItsOrder) {
  std::vector<std::string> phases, entries;
  for (auto const& row : schedule()) phases.emplace_back(row.name);
  for (auto const& entry : month_traffic()) entries.emplace_back(entry.phase);
  EXPECT_EQ(entries, phases);
}

TEST(MonthTraffic, CountsTheRowsOfTheWorldAndTheSizesOfItsColumns) {
  World world;
  for (auto const& phase : month_traffic()) EXPECT_EQ(bytes_of(phase, world), 0);
  world.persons.id.resize(10);
  world.employers.id.resize(3);
  auto const of = [&](std::string_view name) {
    for (auto const& phase : month_traffic())
      if (phase.phase == name) return bytes_of(phase, world);
    return -1.0;
  };
  EXPECT_EQ(of("lots"), 10 * (8 + 1 + 2 + sizeof(Activity) + 2));
  EXPECT_EQ(of("employers"), 3);
  EXPECT_EQ(of("news"), 3 * (2 + 2 * document_count * 2));  // knowledge is read and written
  EXPECT_EQ(column_bytes(world), 10 * 8 + 3 * 8);
}

TEST(StateHashes, NameTheFirstThatDiffers) {
  EXPECT_EQ(differing_hash("Scaling", {}), std::nullopt);
  EXPECT_EQ(differing_hash("Scaling", {{"1 thread", 7}, {"2 threads", 7}}), std::nullopt);
  EXPECT_EQ(differing_hash("Scaling", {{"1 thread", 7}, {"2 threads", 7}, {"4 threads", 8}}),
            "Scaling: 1 thread ends in state 0000000000000007, 4 threads in 0000000000000008; the same run must end in "
            "the same state.");
}

}  // namespace
}  // namespace arraigo::bench
