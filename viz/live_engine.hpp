/// Runs of scenarios while the hand moves: on a worker, the newest request first, from one replicate to all.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "init/country.hpp"
#include "params/scenario.hpp"
#include "record/record.hpp"
#include "schedule/place_trace.hpp"
#include "schedule/story.hpp"

namespace arraigo::viz {

/// What is known of a scenario's run. Immutable once handed out: a new object for every replicate that arrives.
struct LiveRun {
  std::shared_ptr<RecordLayout const> layout;                   ///< by district
  std::vector<std::shared_ptr<ReplicateRecord const>> records;  ///< replicates 0 to n-1
  int wanted = 0;                                               ///< replicates that will be there in the end
  double first_seconds = 0;                                     ///< from request to the first replicate
  std::vector<std::string> mistakes;                            ///< why it could not run, one sentence each; then no records
};

/// A person to be followed in one or several futures.
struct StoryRequest {
  std::vector<Scenario> scenarios;        ///< the person is picked in the first
  int replicate = 0;
  std::string kind;                       ///< of pick_kinds()
  std::optional<std::uint16_t> district;  ///< row of the district table; none: anywhere
  std::optional<std::uint64_t> person;    ///< this one instead of a pick
};
struct StoryAnswer {
  std::vector<Story> stories;  ///< one per scenario
  std::string mistake;         ///< why there is none
};

/// Service points with their queues, and journeys to work, of one replicate.
struct PlacesRequest {
  Scenario scenario;
  int replicate = 0;
};
struct PlacesAnswer {
  std::shared_ptr<PlaceTrace const> trace;
  std::string mistake;
};

class LiveEngine {
 public:
  /// `wake` is called whenever poll() has something new or busy() has ended: from any thread, also from within request(). `threads`
  /// workers (of low priority, so that the interface stays quick).
  LiveEngine(std::shared_ptr<Country const> country, int threads, std::function<void()> wake);
  ~LiveEngine();  ///< stops what runs; waits for the month, the building of a start or the story at hand
  LiveEngine(LiveEngine const&) = delete;
  LiveEngine& operator=(LiveEngine const&) = delete;

  /// Wants the scenario's run under `slot` (0: base, then alternatives) with scenario.replicates replicates. Returns at once. A
  /// newer request of a slot replaces the older one, whose run stops within a month of the model. First every slot gets one
  /// replicate (the slot asked for last comes first), then all of them get the rest, evenly. Replicates that were run before come
  /// back without running, also under other titles.
  void request(std::size_t slot, Scenario scenario);
  /// The slot is no longer shown.
  void drop(std::size_t slot);

  void ask(StoryRequest request);    ///< the newest replaces an unanswered one
  void ask(PlacesRequest request);

  struct News {
    std::vector<std::pair<std::size_t, std::shared_ptr<LiveRun const>>> runs;  ///< by slot, the latest of each
    std::optional<StoryAnswer> story;
    std::optional<PlacesAnswer> places;
    [[nodiscard]] bool empty() const { return runs.empty() && !story && !places; }
  };
  /// What arrived since the last call; from the interface's thread.
  [[nodiscard]] News poll();
  /// Whether anything runs or waits.
  [[nodiscard]] bool busy() const;

  /// Coarser samples give other levels and effects, not only wider intervals: small firms hold a whole number of agents.
  static constexpr int coarsest_faithful = 100;

  struct AnswerTimes {
    double wanted = 0.7;   ///< seconds to the first replicate
    double patience = 3;   ///< rather than a sample coarser than coarsest_faithful
  };
  /// People per agent for the scenario on this machine: its own scale or a coarser one of 1, 2, 5, 10, 20, 50, 100, 200, 500, from
  /// timing coarse runs. The finest that answers within the seconds wanted; where this is coarser than coarsest_faithful, the finest
  /// from there on that answers within one's patience. Takes a part of a second. A scenario that cannot run: its own scale.
  [[nodiscard]] static int scale_that_answers_within(Scenario const& scenario, Country const& country, int threads, AnswerTimes seconds);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace arraigo::viz
