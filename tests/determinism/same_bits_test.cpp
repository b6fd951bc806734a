/// The same run has the same bits: at any number of threads, in any order of rows, in any company.
#include <gtest/gtest.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include <ctime>
#include <map>
#include <mutex>
#include <thread>

#include "support/model_runs.hpp"
#include "support/permute_rows.hpp"

namespace arraigo::tests {
namespace {

/// Counts the threads that spent processor time inside an arena.
class Workers : public tbb::task_scheduler_observer {
 public:
  explicit Workers(tbb::task_arena& arena) : tbb::task_scheduler_observer(arena) { observe(true); }
  ~Workers() override { observe(false); }
  void on_scheduler_entry(bool) override {
    std::lock_guard const lock(mutex_);
    entered_[std::this_thread::get_id()] = processor_seconds();
  }
  void on_scheduler_exit(bool) override {
    std::lock_guard const lock(mutex_);
    worked_[std::this_thread::get_id()] += processor_seconds() - entered_[std::this_thread::get_id()];
  }
  [[nodiscard]] std::size_t that_worked() {
    std::lock_guard const lock(mutex_);
    std::size_t n = 0;
    for (auto const& [id, seconds] : worked_) n += seconds > 0.0005 ? 1 : 0;
    return n;
  }

 private:
  static double processor_seconds() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  }
  std::mutex mutex_;
  std::map<std::thread::id, double> entered_, worked_;
};

struct AtThreads {
  ReplicateRecord record;
  std::size_t workers = 0;
};

AtThreads run_at(Prepared const& prepared, int threads) {
  tbb::global_control const control(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  AtThreads result;
  {
    Workers workers(arena);
    arena.execute([&] { result.record = run(prepared); });
    // Threads leave the arena a little after its last task.
    for (int i = 0; i < 200 && threads > 1 && workers.that_worked() < 2; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    result.workers = workers.that_worked();
  }
  return result;
}

TEST(SameBits, AtOneTwoFourAndEightThreads) {
  auto const prepared = prepare(shipped("combined", small_case(300, 14)), Detail::districts);
  auto const alone = run_at(*prepared, 1);
  EXPECT_EQ(alone.workers, 1U);
  for (int threads : {2, 4, 8}) {
    // On a busy machine a run may be over before a worker gets a processor.
    std::size_t workers = 1;
    for (int attempt = 0; attempt < 50 && workers < 2; ++attempt) {
      auto const many = run_at(*prepared, threads);
      workers = many.workers;
      ASSERT_EQ(many.record.state_hash, alone.record.state_hash) << threads << " threads";
      ASSERT_EQ(first_difference(prepared->layout, many.record, alone.record), "") << threads << " threads";
    }
    EXPECT_GT(workers, 1U) << "nobody helped at " << threads << " threads: the comparison says nothing";
  }
}

TEST(SameBits, TheHashTellsOneCentFromAnother) {
  auto const prepared = prepare(shipped("baseline", small_case(1000, 1)));
  Simulation simulation(prepared->setup, 0, Detail::totals);
  World world = simulation.world();
  auto const hash = world.state_hash();
  EXPECT_EQ(World(world).state_hash(), hash);
  ++world.persons.wage_cents[world.persons.size() / 2];
  EXPECT_NE(world.state_hash(), hash);
}

class PermutedRows : public testing::TestWithParam<bool> {};

TEST_P(PermutedRows, GiveTheSameStateAndRecord) {
  auto const prepared = prepare(shipped("combined", small_case(300, 14)), Detail::districts);
  auto const plain = run(*prepared, 1);
  for (std::uint64_t key : {1U, 2U}) {
    std::uint64_t before = 0, after = 0;
    bool moved = false;
    auto const permuted = run(*prepared, 1, [&](World& world, auto const&) {
      auto const ids = world.persons.id;
      before = world.state_hash();
      permute_rows(world, key, GetParam());
      after = world.state_hash();
      moved = ids != world.persons.id;
      EXPECT_TRUE(broken_invariants(world).empty());
    });
    EXPECT_TRUE(moved);
    EXPECT_EQ(after, before) << "the permutation itself changed the state";
    EXPECT_EQ(first_difference(prepared->layout, permuted, plain), "");
    EXPECT_EQ(permuted.state_hash, plain.state_hash);
  }
}

INSTANTIATE_TEST_SUITE_P(SameBits, PermutedRows, testing::Values(false, true), [](auto const& p) {
  return std::string(p.param ? "AlsoInsideHouseholds" : "WholeHouseholds");
});

TEST(SameBits, AReplicateDoesNotDependOnTheOthers) {
  auto const prepared = prepare(shipped("baseline", small_case(1000, 3)));
  auto const alone = run(*prepared, 2);
  auto const together = run_replicates(*prepared, 4);
  EXPECT_EQ(together[2].state_hash, alone.state_hash);
  EXPECT_EQ(first_difference(prepared->layout, together[2], alone), "");
  EXPECT_NE(together[1].state_hash, alone.state_hash);
}

TEST(SameBits, TotalsAndZonesAreTheSumsOfDistricts) {
  auto const scenario = shipped("combined", small_case(1000, 3, "host_cities"));
  auto const districts = prepare(scenario, Detail::districts), zones = prepare(scenario, Detail::zones),
             totals = prepare(scenario, Detail::totals);
  auto const by_district = run(*districts), by_zone = run(*zones), whole = run(*totals);
  EXPECT_EQ(by_district.state_hash, whole.state_hash);
  std::size_t compared = 0;
  for (auto const& v : totals->layout.variables) {
    for (int month = 0; month < 3; ++month) {
      auto const expected = value(totals->layout, whole, v.name, month);
      EXPECT_EQ(value(districts->layout, by_district, v.name, month), expected) << v.name;
      if (v.dimension >= 0) continue;
      for (auto const& x : districts->layout.variables)
        if (x.name == v.base + "_by_district") {
          EXPECT_EQ(value(districts->layout, by_district, x.name, month), expected) << x.name;
          EXPECT_EQ(value(zones->layout, by_zone, v.base + "_by_zone", month), expected) << v.base;
          ++compared;
        }
    }
  }
  EXPECT_GT(compared, 3U * 60U);
}

TEST(SameBits, EveryPartitionOfAVariableHasTheSameSum) {
  // Groups that cover all people add up to the total; hosts and migrants do to everybody.
  auto const prepared = prepare(shipped("combined", small_case(1000, 2)), Detail::districts);
  auto const record = run(*prepared);
  auto const& layout = prepared->layout;
  for (auto const& v : layout.variables) {
    if (v.dimension < 0 || v.base.starts_with("firms_") || v.units == "soles") continue;
    std::string const dimension = layout.dimensions[static_cast<std::size_t>(v.dimension)].name;
    if (dimension == "group") continue;  // groups overlap and do not cover everybody
    EXPECT_EQ(value(layout, record, v.name), value(layout, record, v.base)) << v.name;
  }
  for (char const* const name : {"population", "employed", "payroll", "poor", "insured"})
    EXPECT_EQ(
        value(layout, record, std::string("host_") + name) + value(layout, record, std::string("migrant_") + name),
        value(layout, record, name))
        << name;
  EXPECT_EQ(value(layout, record, "regular") + value(layout, record, "irregular"),
            value(layout, record, "migrant_population"));
}

}  // namespace
}  // namespace arraigo::tests
