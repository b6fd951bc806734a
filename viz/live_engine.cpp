#include "viz/live_engine.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <thread>
#include <utility>

#include "core/input_errors.hpp"
#include "record/recorder.hpp"
#include "schedule/simulation.hpp"
#include "schedule/start.hpp"
#include "viz/recent_cache.hpp"

namespace arraigo::viz {
namespace {

using Clock = std::chrono::steady_clock;

/// So that undo and replay answer at once: three dozen scenarios of Lima with eight replicates, one of the whole country by district.
constexpr std::size_t run_bytes_kept = std::size_t{1} << 30U;
constexpr std::size_t most_runs_kept = 64;
/// Eight replicates of ten starts of Lima at the scale of a second's answer, or a start of the whole country at 1:5.
constexpr std::size_t start_bytes_kept = std::size_t{1} << 30U;
/// Of the worlds that are refined at once, so that a fine scale does not fill memory.
constexpr std::size_t refinement_bytes = std::size_t{2} << 30U;

constexpr int low_priority = 10;  ///< nice; the interface's thread keeps 0

void lower_priority_of_this_thread() { setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), low_priority); }

class LowPriority : public tbb::task_scheduler_observer {
 public:
  explicit LowPriority(tbb::task_arena& arena) : tbb::task_scheduler_observer(arena) { observe(true); }
  ~LowPriority() override { observe(false); }
  LowPriority(LowPriority const&) = delete;
  LowPriority& operator=(LowPriority const&) = delete;
  void on_scheduler_entry(bool) override { lower_priority_of_this_thread(); }
};

/// The scenario as far as its records depend on it.
std::string run_key(Scenario const& scenario) {
  Scenario bare = scenario;
  bare.name = bare.group = bare.title_es = bare.title_en = bare.description_es = bare.description_en = "";
  bare.replicates = 1;
  for (auto& measure : bare.measures) measure.title_es = measure.title_en = "";
  return to_yaml(bare);
}

std::vector<std::string> sentences_of(std::exception_ptr const& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (InputError const& error) {
    return error.sentences();
  } catch (std::bad_alloc const&) {
    return {say(Message::viz_out_of_memory)};
  } catch (std::exception const& error) {
    return {error.what()};
  }
}

std::string joined(std::vector<std::string> const& sentences) { return fmt::format("{}", fmt::join(sentences, "\n")); }

std::size_t bytes_of(World const& world) {
  std::size_t bytes = world.ties.bytes() + world.jobs.bytes() + world.rings.bytes();
  auto const add = [&](auto const& column) { bytes += column.size() * sizeof(column[0]); };
  world.persons.for_columns(add);
  world.migrants.for_columns(add);
  world.households.for_columns(add);
  world.employers.for_columns(add);
  for (auto const& journeys : world.journeys)
    for (auto const& journey : journeys) add(journey.minutes);
  return bytes;
}

std::size_t bytes_of(LiveRun const& run) {
  std::size_t bytes = 0;
  for (auto const& record : run.records)
    for (auto const& values : record->values) bytes += values.size() * sizeof(values[0]);
  return bytes;
}

/// A scenario under work. Simulations and setup refer to the scenario, so that the object stays where it is.
struct Run {
  Run(std::string k, Scenario s) : key(std::move(k)), scenario(std::move(s)) {}
  std::string const key;
  Scenario const scenario;
  std::shared_ptr<Setup const> setup;
  std::string start;  ///< its start_key
  std::shared_ptr<RecordLayout const> layout;
  std::map<int, std::shared_ptr<ReplicateRecord const>> records;  ///< by replicate
  std::map<int, std::unique_ptr<Simulation>> halves;              ///< interrupted ones, by replicate
  std::vector<std::string> mistakes;

  [[nodiscard]] bool failed() const { return !mistakes.empty(); }
  [[nodiscard]] bool has(int replicate) const { return records.contains(replicate); }
};

/// A wish as it comes in.
struct Wish {
  std::uint64_t number = 0;
  std::string key;
  Scenario scenario;
  Clock::time_point asked;
  std::shared_ptr<LiveRun const> known;  ///< what the cache has of it
};

struct Slot {
  std::uint64_t number = 0;  ///< of the wish: the larger, the newer
  std::shared_ptr<Run> run;
  int wanted = 0;
  Clock::time_point asked;
  std::optional<double> first_seconds;
};

std::optional<std::uint64_t> picked(StoryRequest const& request, Country const& country) {
  if (request.person) return request.person;
  return pick_person(request.scenarios.front(), country, request.replicate, request.kind, request.district);
}

std::string nobody(StoryRequest const& request, Country const& country) {
  auto const& stem = request.scenarios.front().stem;
  auto const rows = country.districts.rows();
  if (!request.district || *request.district >= rows.size()) return say(Message::app_story_nobody, request.kind, stem);
  return say(Message::app_story_nobody_there, request.kind, rows[*request.district].name, stem);
}

struct StoryWork {
  StoryRequest request;
  std::optional<std::uint64_t> person;
  std::vector<Story> stories;
};

/// A replicate to run.
struct Task {
  Run* run;
  int replicate;
};

std::string start_of(Task const& task) { return fmt::format("{} {}", task.replicate, task.run->start); }

/// Of all that is known of a run, what a slot wants.
std::shared_ptr<LiveRun const> wanted_part(LiveRun run, int wanted, double first_seconds) {
  run.wanted = wanted;
  run.first_seconds = first_seconds;
  if (run.records.size() > static_cast<std::size_t>(wanted)) run.records.resize(static_cast<std::size_t>(wanted));
  return std::make_shared<LiveRun const>(std::move(run));
}

/// The reader's own checks: what levers have made must be right as a file, too. Throws InputError.
void require_valid(Scenario const& scenario, Country const& country) {
  (void)parse_scenario(to_yaml(scenario), scenario.stem, scenario.stem, country.districts);
}

}  // namespace

struct LiveEngine::Parts {
  std::shared_ptr<Country const> const country;
  int const threads;
  std::function<void()> const wake;

  Parts(std::shared_ptr<Country const> c, int n, std::function<void()> w)
      : country(std::move(c)), threads(std::max(1, n)), wake(std::move(w)) {
    worker = std::thread([this] { work(); });
  }

  // What both sides touch.
  mutable std::mutex mutex;
  std::condition_variable arrived;
  std::map<std::size_t, std::optional<Wish>> wishes;  ///< by slot; nothing: the slot is dropped
  std::map<std::size_t, std::uint64_t> newest;        ///< number of the last wish, by slot
  std::optional<StoryRequest> story_wish;
  std::optional<PlacesRequest> places_wish;
  std::map<std::size_t, std::shared_ptr<LiveRun const>> news;
  std::optional<StoryAnswer> story_news;
  std::optional<PlacesAnswer> places_news;
  RecentCache<std::shared_ptr<LiveRun const>> known{run_bytes_kept, most_runs_kept};  ///< by run_key
  std::uint64_t wish_count = 0;
  bool stopping = false, working = false;

  // Asked every month without the lock: something has come since the worker last looked.
  std::atomic<bool> new_wishes{false}, new_questions{false};

  // The worker's own.
  std::map<std::size_t, Slot> slots;
  std::optional<StoryWork> story;
  std::optional<PlacesRequest> places;

  // What the lanes of the refinement share: runs of the slots, starts.
  std::mutex bench;
  RecentCache<std::shared_ptr<World const>> starts{start_bytes_kept, std::numeric_limits<std::size_t>::max()};
  std::set<std::string> being_built;  ///< starts
  std::size_t world_bytes = 0;        ///< of the largest start so far
  std::mutex outgoing;                ///< one at a time gathers replicates and hands them out, so that they never grow fewer

  std::thread worker;

  [[nodiscard]] bool has_mail() const { return !wishes.empty() || story_wish || places_wish; }

  void work();
  bool work_a_while();
  void read_wishes(std::map<std::size_t, std::optional<Wish>>& mail);
  std::shared_ptr<Run> run_of(Wish& wish) const;
  bool prepare(Run& run);
  std::unique_ptr<Simulation> begin(Task const& task);
  template <class Stop>
  bool advance(Task const& task, Stop const& stop);
  void publish(Run const& run);
  void publish(std::size_t id, Slot& slot);
  bool run_first();
  bool refine();
  std::vector<Task> tasks_of_refinement();
  std::optional<Task> take(std::vector<Task>& tasks);
  void tell();
  void look_at_places();
};

/// The run of another slot that wishes for the same, or a new one with what the cache knows.
std::shared_ptr<Run> LiveEngine::Parts::run_of(Wish& wish) const {
  for (auto const& [id, slot] : slots)
    if (slot.run->key == wish.key && !slot.run->failed()) return slot.run;
  auto run = std::make_shared<Run>(std::move(wish.key), std::move(wish.scenario));
  if (wish.known) {
    run->layout = wish.known->layout;
    for (std::size_t r = 0; r < wish.known->records.size(); ++r) run->records[static_cast<int>(r)] = wish.known->records[r];
  }
  return run;
}

void LiveEngine::Parts::read_wishes(std::map<std::size_t, std::optional<Wish>>& mail) {
  for (auto& [id, wish] : mail) {
    if (!wish) {
      slots.erase(id);
      continue;
    }
    Slot slot{wish->number, nullptr, std::max(1, wish->scenario.replicates), wish->asked, std::nullopt};
    if (wish->known) slot.first_seconds = 0;
    slot.run = run_of(*wish);
    slots[id] = std::move(slot);
    // Another slot may have got replicates of the same run since the cache was asked.
    if (slots[id].run->has(0)) publish(id, slots[id]);
  }
}

void LiveEngine::Parts::publish(std::size_t id, Slot& slot) {
  if (!slot.first_seconds) slot.first_seconds = std::chrono::duration<double>(Clock::now() - slot.asked).count();
  {
    std::lock_guard const in_order(outgoing);
    LiveRun all;
    {
      std::lock_guard const lock(bench);
      auto const& run = *slot.run;
      all.layout = run.layout;
      all.mistakes = run.mistakes;
      for (int r = 0; !run.failed() && run.has(r); ++r) all.records.push_back(run.records.at(r));
    }
    auto shown = wanted_part(all, slot.wanted, *slot.first_seconds);
    std::size_t const bytes = bytes_of(all);
    std::lock_guard const lock(mutex);
    if (!all.records.empty()) known.keep(slot.run->key, std::make_shared<LiveRun const>(std::move(all)), bytes);
    auto const last = newest.find(id);
    if (last == newest.end() || last->second != slot.number) return;
    news[id] = std::move(shown);
  }
  wake();
}

void LiveEngine::Parts::publish(Run const& run) {
  for (auto& [id, slot] : slots)
    if (slot.run.get() == &run) publish(id, slot);
}

/// What the replicates share. False when the scenario has mistakes, which its slots then show.
bool LiveEngine::Parts::prepare(Run& run) {
  if (run.failed()) return false;
  if (run.setup) return true;
  try {
    require_valid(run.scenario, *country);
    run.start = start_key(run.scenario);
    auto setup = Simulation::prepare(run.scenario, *country);
    if (!run.layout) run.layout = std::make_shared<RecordLayout const>(record_layout(*setup, Detail::districts));
    run.setup = std::move(setup);
    return true;
  } catch (...) {
    run.mistakes = sentences_of(std::current_exception());
  }
  publish(run);
  return false;
}

/// The simulation at its first month: from a start that was built before, or building it.
std::unique_ptr<Simulation> LiveEngine::Parts::begin(Task const& task) {
  auto const key = start_of(task);
  std::shared_ptr<World const> start;
  {
    std::lock_guard const lock(bench);
    start = starts.find(key);
  }
  if (start) return std::make_unique<Simulation>(task.run->setup, *start, Detail::districts);
  auto simulation = std::make_unique<Simulation>(task.run->setup, task.replicate, Detail::districts);
  std::size_t const bytes = bytes_of(simulation->world());
  if (bytes <= start_bytes_kept) start = std::make_shared<World const>(simulation->world());
  std::lock_guard const lock(bench);
  world_bytes = std::max(world_bytes, bytes);
  being_built.erase(key);
  if (start) starts.keep(key, std::move(start), bytes);
  return simulation;
}

/// Runs the replicate to its end, or until `stop` says so: then it goes on from there the next time. True at the end.
template <class Stop>
bool LiveEngine::Parts::advance(Task const& task, Stop const& stop) {
  auto& run = *task.run;
  try {
    std::unique_ptr<Simulation> simulation;
    {
      std::lock_guard const lock(bench);
      if (auto half = run.halves.extract(task.replicate)) simulation = std::move(half.mapped());
    }
    if (!simulation) simulation = begin(task);
    while (!simulation->done()) {
      if (stop()) {
        std::lock_guard const lock(bench);
        run.halves[task.replicate] = std::move(simulation);
        return false;
      }
      simulation->step();
    }
    auto record = std::make_shared<ReplicateRecord const>(simulation->take_record());
    std::lock_guard const lock(bench);
    run.records[task.replicate] = std::move(record);
  } catch (...) {
    std::lock_guard const lock(bench);
    being_built.erase(start_of(task));
    run.mistakes = sentences_of(std::current_exception());
  }
  return true;
}

/// The first replicate of the newest slot that has none. False when all have one.
bool LiveEngine::Parts::run_first() {
  Slot* newest_slot = nullptr;
  for (auto& [id, slot] : slots)
    if (!slot.run->failed() && !slot.run->has(0) && (newest_slot == nullptr || slot.number > newest_slot->number)) newest_slot = &slot;
  if (newest_slot == nullptr) return false;
  auto const run = newest_slot->run;
  if (!prepare(*run) || new_wishes) return true;
  if (advance({run.get(), 0}, [&] { return new_wishes.load(); })) publish(*run);
  return true;
}

/// The replicates that are missing, round by round, so that all slots have as many.
std::vector<Task> LiveEngine::Parts::tasks_of_refinement() {
  std::vector<Task> tasks;
  int most = 0;
  for (auto const& [id, slot] : slots) most = std::max(most, slot.wanted);
  for (int replicate = 1; replicate < most; ++replicate) {
    std::set<Run*> taken;
    for (auto const& [id, slot] : slots)
      if (!slot.run->failed() && replicate < slot.wanted && !slot.run->has(replicate) && taken.insert(slot.run.get()).second)
        tasks.push_back({slot.run.get(), replicate});
  }
  return tasks;
}

/// The next task of a lane: rather none whose start another lane is building just now, since soon it can be copied.
std::optional<Task> LiveEngine::Parts::take(std::vector<Task>& tasks) {
  std::lock_guard const lock(bench);
  std::erase_if(tasks, [](Task const& task) { return task.run->failed(); });
  if (tasks.empty()) return std::nullopt;
  auto next = std::find_if(tasks.begin(), tasks.end(), [&](Task const& task) { return !being_built.contains(start_of(task)); });
  if (next == tasks.end()) next = tasks.begin();
  auto const task = *next;
  tasks.erase(next);
  if (auto key = start_of(task); !starts.holds(key)) being_built.insert(std::move(key));
  return task;
}

bool LiveEngine::Parts::refine() {
  auto const stop = [&] { return new_wishes || new_questions; };
  auto tasks = tasks_of_refinement();
  if (tasks.empty()) return false;
  for (auto const& task : tasks)
    if (!prepare(*task.run)) return true;
  std::size_t const room = std::max<std::size_t>(1, refinement_bytes / std::max<std::size_t>(1, world_bytes));
  auto const lanes = static_cast<int>(std::min({static_cast<std::size_t>(threads), tasks.size(), room}));
  tbb::parallel_for(
      tbb::blocked_range<int>(0, lanes, 1),
      [&](tbb::blocked_range<int> const&) {
        while (!stop()) {
          auto const task = take(tasks);
          if (!task) return;
          if (advance(*task, stop)) publish(*task->run);
        }
      },
      tbb::simple_partitioner{});
  return true;
}

void LiveEngine::Parts::tell() {
  StoryAnswer all;
  try {
    auto const& request = story->request;
    if (!story->person && !request.scenarios.empty()) {
      for (auto const& scenario : request.scenarios) require_valid(scenario, *country);
      story->person = picked(request, *country);
      if (!story->person) all.mistake = nobody(request, *country);
    }
    while (story->person && story->stories.size() < request.scenarios.size()) {
      if (new_wishes) return;  // goes on with the next story later
      story->stories.push_back(tell_story(request.scenarios[story->stories.size()], *country, request.replicate, *story->person));
    }
    all.stories = std::move(story->stories);
  } catch (...) {
    all = {{}, joined(sentences_of(std::current_exception()))};
  }
  story.reset();
  {
    std::lock_guard const lock(mutex);
    if (!story_wish) story_news = std::move(all);
  }
  wake();
}

void LiveEngine::Parts::look_at_places() {
  PlacesAnswer all;
  bool stopped = false;
  try {
    require_valid(places->scenario, *country);
    all.trace = std::make_shared<PlaceTrace const>(
        trace_places(places->scenario, *country, places->replicate, [&] { return stopped = new_wishes || new_questions; }));
  } catch (...) {
    all.mistake = joined(sentences_of(std::current_exception()));
  }
  if (stopped) return;  // anew later
  places.reset();
  {
    std::lock_guard const lock(mutex);
    if (!places_wish) places_news = std::move(all);
  }
  wake();
}

/// The most urgent piece of work. False when there is none.
bool LiveEngine::Parts::work_a_while() {
  if (run_first()) return true;
  if (story) return tell(), true;
  if (places) return look_at_places(), true;
  return refine();
}

void LiveEngine::Parts::work() {
  lower_priority_of_this_thread();
  // Exactly as many, even where the machine has fewer cores.
  tbb::global_control const limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  LowPriority const patient(arena);
  bool more = false;
  for (;;) {
    std::map<std::size_t, std::optional<Wish>> mail;
    {
      std::unique_lock lock(mutex);
      if (!more && !has_mail() && working && !stopping) {
        working = false;
        lock.unlock();
        wake();
        lock.lock();
      }
      if (!more) arrived.wait(lock, [&] { return stopping || has_mail(); });
      if (stopping) return;
      working = true;
      mail.swap(wishes);
      if (story_wish) story = StoryWork{*std::exchange(story_wish, std::nullopt), std::nullopt, {}};
      if (places_wish) places = std::exchange(places_wish, std::nullopt);
      new_wishes = new_questions = false;
    }
    read_wishes(mail);
    more = arena.execute([&] { return work_a_while(); });
  }
}

LiveEngine::LiveEngine(std::shared_ptr<Country const> country, int threads, std::function<void()> wake)
    : parts_(std::make_unique<Parts>(std::move(country), threads, std::move(wake))) {}

LiveEngine::~LiveEngine() {
  {
    std::lock_guard const lock(parts_->mutex);
    parts_->stopping = true;
    parts_->new_wishes = true;
  }
  parts_->arrived.notify_one();
  parts_->worker.join();
}

void LiveEngine::request(std::size_t slot, Scenario scenario) {
  auto& p = *parts_;
  Wish wish;
  std::shared_ptr<LiveRun const> answer;  // at once: what is known, or why it cannot be run
  try {
    wish.key = run_key(scenario);
  } catch (...) {
    LiveRun none;
    none.mistakes = sentences_of(std::current_exception());
    answer = std::make_shared<LiveRun const>(std::move(none));
  }
  bool const can_run = !answer;
  int const wanted = std::max(1, scenario.replicates);
  wish.scenario = std::move(scenario);
  wish.asked = Clock::now();
  {
    std::lock_guard const lock(p.mutex);
    wish.number = p.newest[slot] = ++p.wish_count;
    wish.known = can_run ? p.known.find(wish.key) : nullptr;
    if (wish.known) answer = wanted_part(*wish.known, wanted, 0);
    p.news.erase(slot);
    if (answer) p.news[slot] = answer;
    p.wishes[slot] = can_run ? std::optional(std::move(wish)) : std::nullopt;
    p.new_wishes = true;
  }
  p.arrived.notify_one();
  if (answer) p.wake();
}

void LiveEngine::drop(std::size_t slot) {
  auto& p = *parts_;
  {
    std::lock_guard const lock(p.mutex);
    p.newest.erase(slot);
    p.news.erase(slot);
    p.wishes[slot] = std::nullopt;
    p.new_wishes = true;
  }
  p.arrived.notify_one();
}

void LiveEngine::ask(StoryRequest request) {
  auto& p = *parts_;
  {
    std::lock_guard const lock(p.mutex);
    p.story_wish = std::move(request);
    p.story_news.reset();
    p.new_questions = true;
  }
  p.arrived.notify_one();
}

void LiveEngine::ask(PlacesRequest request) {
  auto& p = *parts_;
  {
    std::lock_guard const lock(p.mutex);
    p.places_wish = std::move(request);
    p.places_news.reset();
    p.new_questions = true;
  }
  p.arrived.notify_one();
}

LiveEngine::News LiveEngine::poll() {
  auto& p = *parts_;
  std::lock_guard const lock(p.mutex);
  News all;
  for (auto& [slot, run] : p.news) all.runs.emplace_back(slot, std::move(run));
  p.news.clear();
  all.story = std::exchange(p.story_news, std::nullopt);
  all.places = std::exchange(p.places_news, std::nullopt);
  return all;
}

bool LiveEngine::busy() const {
  std::lock_guard const lock(parts_->mutex);
  return parts_->working || parts_->has_mail();
}

}  // namespace arraigo::viz
