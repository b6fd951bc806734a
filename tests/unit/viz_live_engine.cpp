/// Live runs: the same figures as any run, the newest wish first, errors that arrive as sentences.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "params/scenario_draft.hpp"
#include "schedule/start.hpp"
#include "support/model_runs.hpp"
#include "viz/levers.hpp"
#include "viz/live_engine.hpp"
#include "viz/recent_cache.hpp"

namespace arraigo::tests {
namespace {

using viz::LiveEngine;
using viz::LiveRun;
using Clock = std::chrono::steady_clock;

/// Two districts with tens of thousands of Venezuelans.
constexpr char const* two_districts = "150132,150135";

std::shared_ptr<Country const> shared_country() { return {&country(), [](Country const*) {}}; }

Scenario small(std::string const& stem, int months = 6, int replicates = 1, int scale = 200) {
  auto overrides = small_case(scale, months, two_districts);
  overrides.replicates = replicates;
  return shipped(stem, overrides);
}

Measure& measure(Scenario& scenario, std::string_view id) {
  for (auto& m : scenario.measures)
    if (m.id == id) return m;
  throw std::runtime_error("no measure of that id");
}

void set(Scenario& scenario, std::string_view id, std::string_view field, double number) {
  auto& m = measure(scenario, id);
  auto const fields = row_of(m.kind).fields;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (field == fields[i].name) m.values[i] = FieldValue{true, number, {}, 0, {}};
}

/// An engine with its interface: what arrived, by slot.
class Desk {
 public:
  explicit Desk(int threads = 2) : engine(shared_country(), threads, [this] { note(); }) {}

  /// Polls until `done` holds. False after minutes, which a sanitizer on a busy machine may need.
  template <class Done>
  bool wait(Done const& done) {
    auto const end = Clock::now() + std::chrono::minutes(5);
    for (;;) {
      take();
      if (done()) return true;
      std::unique_lock lock(mutex_);
      if (!news_.wait_until(lock, end, [&] { return arrived_; })) return false;
      arrived_ = false;
    }
  }
  bool wait_for(std::size_t slot, std::size_t replicates = 1) {
    return wait([&] { return runs.contains(slot) && (runs[slot]->records.size() >= replicates || !runs[slot]->mistakes.empty()); });
  }
  void take() {
    auto news = engine.poll();
    for (auto& [slot, run] : news.runs) {
      runs[slot] = run;
      counts[slot].push_back(run->records.size());
      all.push_back(run);
    }
    if (news.story) story = std::move(news.story);
    if (news.places) places = std::move(news.places);
  }

  std::map<std::size_t, std::shared_ptr<LiveRun const>> runs;
  std::map<std::size_t, std::vector<std::size_t>> counts;  ///< of replicates, as they arrived
  std::vector<std::shared_ptr<LiveRun const>> all;
  std::optional<viz::StoryAnswer> story;
  std::optional<viz::PlacesAnswer> places;

 private:
  void note() {
    {
      std::lock_guard const lock(mutex_);
      arrived_ = true;
    }
    news_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable news_;
  bool arrived_ = false;

 public:
  LiveEngine engine;  ///< goes first, since its worker calls note()
};

/// What a run from start to end leaves.
ReplicateRecord whole_run(Scenario const& scenario, int replicate = 0) {
  Simulation simulation(scenario, country(), replicate, Detail::districts);
  while (!simulation.done()) simulation.step();
  return simulation.take_record();
}

void expect_same(ReplicateRecord const& a, ReplicateRecord const& b, std::string const& of) {
  EXPECT_EQ(a.state_hash, b.state_hash) << of;
  EXPECT_TRUE(a.values == b.values) << of;
}

TEST(LiveRuns, AreThoseOfAnyRunWithAnyNumberOfThreads) {
  auto const scenario = small("regularisation", 8, 2);
  std::vector<ReplicateRecord> const whole{whole_run(scenario, 0), whole_run(scenario, 1)};
  for (int const threads : {1, 3}) {
    Desk desk(threads);
    desk.engine.request(0, scenario);
    ASSERT_TRUE(desk.wait_for(0, 2));
    for (std::size_t r = 0; r < 2; ++r) expect_same(*desk.runs[0]->records.at(r), whole[r], "replicate " + std::to_string(r));
    EXPECT_EQ(desk.runs[0]->layout->months, 8);
    EXPECT_EQ(desk.runs[0]->layout->dimensions.front().name, "district");
  }
}

/// Levers moved at random, far and near: whatever a start is shared with, the figures are those of a run of its own.
TEST(LiveRuns, OfRandomlyMovedLeversAreThoseOfAnyRun) {
  std::mt19937 random(7);
  auto const upto = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  Scenario const base = small("baseline", 5);
  std::vector<Scenario> const presets{small("regularisation", 5), small("quota_exemption", 5), small("service_expansion", 5)};
  auto const levers = viz::levers_for(base, presets);
  ASSERT_GT(levers.size(), 100U);
  Desk desk;
  int run = 0;
  for (int attempt = 0; attempt < 400 && run < 24; ++attempt) {
    Scenario scenario = base;
    std::string what;
    for (std::size_t moves = 1 + upto(3); moves > 0; --moves) {
      auto const& lever = levers[upto(levers.size())];
      Measure& measure = viz::measure_for(scenario, lever.pattern);
      FieldValue& value = measure.values[lever.field];
      value.set = true;
      double const share = static_cast<double>(upto(11)) / 10;
      value.number = lever.low + (lever.high - lever.low) * share;
      if (lever.row().type == FieldType::integer) value.number = std::round(value.number);
      value.month = base.start + static_cast<int>(upto(24)) + -12;
      if (lever.row().type == FieldType::choice || lever.row().type == FieldType::choice_list)
        value.choices = 1U << upto(words_of(lever.row().choices).size());
      if (upto(3) == 0) measure.from = base.start + static_cast<int>(upto(12)) + -8;
      if (upto(4) == 0) measure.to = measure.from + static_cast<int>(upto(12));
      what += lever.id + " ";
    }
    try {
      static_cast<void>(parse_scenario(to_yaml(scenario), "random", scenario.stem, country().districts));
    } catch (InputError const&) {
      continue;  // such as windows that overlap
    }
    desk.engine.request(0, scenario);
    ASSERT_TRUE(desk.wait([&] { return !desk.engine.busy(); })) << what;
    ASSERT_TRUE(desk.runs[0]->mistakes.empty()) << what << desk.runs[0]->mistakes.front();
    expect_same(*desk.runs[0]->records.at(0), whole_run(scenario), what);
    ++run;
  }
  EXPECT_EQ(run, 24);
}

TEST(LiveRuns, OfTheNewestWishArriveLast) {
  Desk desk;
  auto scenario = small("regularisation", 3);
  for (scenario.seed = 1; scenario.seed <= 100; ++scenario.seed) {
    desk.engine.request(0, scenario);
    desk.take();
  }
  --scenario.seed;
  ASSERT_TRUE(desk.wait([&] { return !desk.engine.busy(); }));
  expect_same(*desk.runs[0]->records.at(0), whole_run(scenario), "the last wish");
  EXPECT_LT(desk.all.size(), 100U);
}

TEST(LiveRuns, GiveWayToANewerWishLongBeforeTheirEnd) {
  Desk desk;
  auto const endless = small("baseline", 600, 1, 50);
  desk.engine.request(0, endless);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  desk.engine.request(0, small("regularisation"));
  ASSERT_TRUE(desk.wait_for(0));
  EXPECT_EQ(desk.runs[0]->layout->months, 6);
  desk.runs.clear();
  desk.engine.request(0, endless);
  desk.take();
  EXPECT_TRUE(desk.runs.empty()) << "it would be known if it had run to its end";
}

TEST(LiveRuns, OfTheSlotAskedForLastComeFirst) {
  Desk desk;
  desk.engine.request(0, small("baseline", 600, 1, 50));
  desk.engine.request(1, small("regularisation"));
  ASSERT_TRUE(desk.wait_for(1));
  EXPECT_FALSE(desk.runs.contains(0));
  desk.engine.drop(0);
  ASSERT_TRUE(desk.wait([&] { return !desk.engine.busy(); }));
  EXPECT_FALSE(desk.runs.contains(0));
}

TEST(LiveRuns, StopWhenTheEngineGoes) {
  auto const start = Clock::now();
  {
    Desk desk;
    desk.engine.request(0, small("baseline", 600, 8, 50));
    desk.engine.request(1, small("regularisation", 600, 8, 50));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(20)) << "all months would take longer";
}

TEST(LiveRuns, ThatCannotBeSayWhyAndTheNextOnesRun) {
  Desk desk;
  auto nowhere = small("baseline");
  nowhere.area = "atlantis";
  desk.engine.request(0, nowhere);
  ASSERT_TRUE(desk.wait_for(0));
  ASSERT_EQ(desk.runs[0]->mistakes.size(), 1U);
  EXPECT_NE(desk.runs[0]->mistakes.front().find("atlantis"), std::string::npos) << desk.runs[0]->mistakes.front();
  EXPECT_TRUE(desk.runs[0]->records.empty());

  auto never = small("baseline");
  never.months = -3;
  desk.engine.request(0, never);
  auto const blames = [&](char const* key) {
    auto const& mistakes = desk.runs[0]->mistakes;
    return mistakes.size() == 1 && mistakes.front().find(key) != std::string::npos;
  };
  ASSERT_TRUE(desk.wait([&] { return blames("months"); }));

  auto broken = small("regularisation");
  measure(broken, "new_permit").values.clear();
  desk.engine.request(1, broken);
  ASSERT_TRUE(desk.wait_for(1));
  EXPECT_FALSE(desk.runs[1]->mistakes.empty());

  desk.engine.request(0, small("baseline"));
  ASSERT_TRUE(desk.wait([&] { return desk.runs[0]->mistakes.empty(); }));
  EXPECT_EQ(desk.runs[0]->records.size(), 1U);
  EXPECT_EQ(LiveEngine::scale_that_answers_within(nowhere, country(), 2, {1, 1}), nowhere.scale);
}

TEST(LiveRuns, ReachAllReplicatesOfAllSlots) {
  Desk desk(2);
  desk.engine.request(0, small("baseline", 2, 4));
  desk.engine.request(1, small("regularisation", 2, 4));
  ASSERT_TRUE(desk.wait([&] { return !desk.engine.busy(); }));
  for (std::size_t slot : {0U, 1U}) {
    EXPECT_EQ(desk.runs[slot]->records.size(), 4U);
    EXPECT_EQ(desk.runs[slot]->wanted, 4);
    EXPECT_TRUE(std::is_sorted(desk.counts[slot].begin(), desk.counts[slot].end()));
  }
}

/// Looks where replicates are published, since the interface's thread may sleep through several arrivals. One lane, for the same reason.
struct Arrivals {
  Arrivals() : engine(shared_country(), 1, [this] { look(); }) {}

  void look() {
    std::lock_guard const lock(mutex);
    for (auto const& [slot, run] : engine.poll().runs) {
      if (count[0] > 0 && count[1] > 0) {
        EXPECT_LE(count[slot], count[1 - slot]) << "slot " << slot << " was ahead and yet got another replicate";
        ++beside_the_other;
      }
      count[slot] = run->records.size();
    }
    news.notify_all();
  }

  std::mutex mutex;
  std::condition_variable news;
  std::array<std::size_t, 2> count{};  ///< of replicates, by slot
  std::size_t beside_the_other = 0;
  LiveEngine engine;  ///< goes first, since its worker calls look()
};

TEST(LiveRuns, GiveTheNextReplicateToASlotThatIsNotAhead) {
  Arrivals arrivals;
  arrivals.engine.request(0, small("baseline", 2, 6));
  arrivals.engine.request(1, small("regularisation", 2, 6));
  std::unique_lock lock(arrivals.mutex);
  ASSERT_TRUE(arrivals.news.wait_for(lock, std::chrono::minutes(5), [&] { return arrivals.count[0] == 6 && arrivals.count[1] == 6; }));
  EXPECT_GE(arrivals.beside_the_other, 5U);
}

TEST(LiveRuns, ThatWereThereBeforeComeBackAtOnce) {
  Desk desk;
  auto const first = small("baseline", 3, 2), second = small("regularisation", 4, 2);
  desk.engine.request(0, first);
  ASSERT_TRUE(desk.wait_for(0, 2));
  auto const before = desk.runs[0];
  desk.engine.request(0, second);
  ASSERT_TRUE(desk.wait([&] { return desk.runs[0]->layout->months == 4; }));
  auto undone = first;
  undone.title_es = "otro título";
  desk.engine.request(0, undone);
  desk.take();
  ASSERT_EQ(desk.runs[0]->records.size(), 2U);
  EXPECT_EQ(desk.runs[0]->records[1], before->records[1]);
  EXPECT_EQ(desk.runs[0]->first_seconds, 0);
  ASSERT_TRUE(desk.wait([&] { return !desk.engine.busy(); }));
  EXPECT_EQ(desk.runs[0]->records[1], before->records[1]);
}

TEST(LiveRuns, AlikeInTwoSlotsRunOnce) {
  Desk desk;
  desk.engine.request(0, small("baseline", 3, 3));
  desk.engine.request(1, small("baseline", 3, 2));
  ASSERT_TRUE(desk.wait([&] { return !desk.engine.busy(); }));
  ASSERT_EQ(desk.runs[0]->records.size(), 3U);
  ASSERT_EQ(desk.runs[1]->records.size(), 2U);
  EXPECT_EQ(desk.runs[0]->records[1], desk.runs[1]->records[1]);
}

TEST(LiveRuns, AnswerQuestionsBetweenFirstReplicatesAndTheRest) {
  Desk desk;
  auto const base = small("baseline", 3, 2), other = small("regularisation", 3, 2);
  desk.engine.request(0, base);
  desk.engine.request(1, other);
  desk.engine.ask(viz::StoryRequest{{base, other}, 0, "irregular_worker", {}, {}});
  desk.engine.ask(viz::PlacesRequest{base, 0});
  ASSERT_TRUE(desk.wait([&] { return desk.story && desk.places && !desk.engine.busy(); }));
  EXPECT_EQ(desk.story->mistake, "");
  ASSERT_EQ(desk.story->stories.size(), 2U);
  EXPECT_EQ(desk.story->stories[0].person, desk.story->stories[1].person);
  EXPECT_EQ(desk.places->mistake, "");
  ASSERT_TRUE(desk.places->trace);
  EXPECT_EQ(desk.places->trace->commuting.size(), 3U);
  EXPECT_EQ(desk.runs[1]->records.size(), 2U);

  desk.story.reset();
  desk.engine.ask(viz::StoryRequest{{base}, 0, "nobody_we_know", {}, {}});
  ASSERT_TRUE(desk.wait([&] { return desk.story.has_value(); }));
  EXPECT_NE(desk.story->mistake.find("nobody_we_know"), std::string::npos);
}

TEST(LiveRuns, AtTheChosenScaleAreNoFinerThanTheScenario) {
  auto const scenario = small("baseline", 24, 1, 100);
  EXPECT_EQ(LiveEngine::scale_that_answers_within(scenario, country(), 2, {1000, 1000}), 100);
  EXPECT_EQ(LiveEngine::scale_that_answers_within(scenario, country(), 2, {1e-6, 1e-6}), 500);
}

TEST(LiveRuns, AreNoCoarserThanIsFaithfulWhereOneCanWaitForThem) {
  auto const fine = small("baseline", 24, 1, 20);
  EXPECT_EQ(LiveEngine::scale_that_answers_within(fine, country(), 2, {1e-6, 1000}), 100);
  EXPECT_EQ(LiveEngine::scale_that_answers_within(small("baseline", 24, 1, 200), country(), 2, {1e-6, 1000}), 200);
}

/// The end of a run of `scenario` from a start that was built for another.
ReplicateRecord run_from_start_of(Scenario const& built_for, Scenario const& scenario) {
  Simulation const built(built_for, country(), 0, Detail::districts);
  Simulation simulation(Simulation::prepare(scenario, country()), built.world(), Detail::districts);
  Simulation const own(scenario, country(), 0, Detail::districts);
  EXPECT_EQ(simulation.state_hash(), own.state_hash()) << scenario.stem << " from the start of " << built_for.stem;
  while (!simulation.done()) simulation.step();
  return simulation.take_record();
}

class StartsOfShippedScenarios : public testing::TestWithParam<char const*> {};

TEST_P(StartsOfShippedScenarios, CanBeCopiedFromTheBaselineAndBack) {
  auto const base = small("baseline", 10, 1, 50), other = small(GetParam(), 10, 1, 50);
  ASSERT_EQ(start_key(base), start_key(other));
  expect_same(run_from_start_of(base, other), whole_run(other), other.stem);
  expect_same(run_from_start_of(other, base), whole_run(base), "baseline");
}

INSTANTIATE_TEST_SUITE_P(All, StartsOfShippedScenarios, testing::Values("regularisation", "quota_exemption", "service_expansion", "combined"));

Scenario with_measures(std::string const& measures, int months = 4) {
  return variant("baseline", "measures:\n" + measures, small_case(200, months, two_districts));
}

TEST(StartKeys, AreTheSameWhereOnlyLaterOrOpenEndsDiffer) {
  auto const base = small("combined", 4);
  std::vector<Scenario> alike(5, base);
  set(alike[0], "special_resident", "capacity_per_month", 123);
  set(alike[1], "migracentros", "capacity_per_month", 7);
  measure(alike[2], "migracentros").from = base.start + 2;
  measure(alike[3], "special_resident").to = base.start + 1;
  alike[4].months = 3;
  alike[4].replicates = 9;
  alike[4].title_es = "otra";
  for (auto const& other : alike) {
    ASSERT_EQ(start_key(other), start_key(base));
    expect_same(run_from_start_of(base, other), whole_run(other), "");
  }
}

TEST(StartKeys, DifferWhereTheStartDoes) {
  auto const base = small("baseline", 4);
  std::vector<Scenario> others(6, base);
  set(others[0], "quota", "head_share", 0.5);
  set(others[1], "special_resident", "capacity_per_month", 0);
  measure(others[2], "humanitarian").to = base.start + -1;
  others[3].seed = 8;
  others[4].scale = 500;
  others[5].parameters.population_migrant_hdi_elasticity += 0.1;
  for (auto const& other : others) EXPECT_NE(start_key(other), start_key(base));
}

TEST(StartKeys, KeepThePlacesOfProgrammesAndPointsBeforeOthers) {
  // One that comes later stands first in the list: the others' numbers, by which migrants know them, move.
  auto const plain = with_measures(
      "  - {id: first, kind: service_points, from: 2025-01, where: [\"150132\"], service: employment_centre, capacity_per_month: 900}\n");
  auto moved = plain;
  moved.measures.insert(moved.measures.begin(), measure(moved, "ordinary_residence"));
  moved.measures.front().id = "later";
  moved.measures.front().from = moved.start + 1;
  EXPECT_NE(start_key(moved), start_key(plain));
  auto points = plain;
  points.measures.insert(points.measures.begin(), measure(points, "first"));
  points.measures.front().id = "later_points";
  points.measures.front().where = {"150135"};
  points.measures.front().from = points.start + 1;
  EXPECT_NE(start_key(points), start_key(plain));
  for (auto const* scenario : {&moved, &points}) {
    auto other = *scenario;
    other.measures.front().from = other.start + 3;
    ASSERT_EQ(start_key(other), start_key(*scenario));
    expect_same(run_from_start_of(*scenario, other), whole_run(other), "moved");
  }
}

TEST(RecentCaches, ForgetWhatWasIdleLongest) {
  viz::RecentCache<std::shared_ptr<int const>> cache(10, 3);
  auto const put = [&](char const* key, std::size_t bytes) { cache.keep(key, std::make_shared<int const>(1), bytes); };
  put("a", 4);
  put("b", 4);
  EXPECT_TRUE(cache.find("a"));
  put("c", 4);
  EXPECT_FALSE(cache.find("b"));
  EXPECT_TRUE(cache.holds("a"));
  put("d", 1);
  put("e", 1);
  EXPECT_FALSE(cache.holds("a")) << "more than three entries";
  put("c", 11);
  EXPECT_FALSE(cache.holds("c")) << "too large by itself";
  EXPECT_TRUE(cache.holds("d"));
}

}  // namespace
}  // namespace arraigo::tests
