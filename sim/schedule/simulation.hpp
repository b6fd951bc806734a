/// One replicate of one scenario: builds the world, runs the months, keeps the record.
#pragma once
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "init/country.hpp"
#include "params/scenario.hpp"
#include "record/record.hpp"

namespace arraigo {

/// A row of the ordered month, for `arraigo list phases`, timing and the documentation.
struct PhaseRow {
  char const* name;
  char const* odd;  ///< section of sim/MODEL.md
  Text title;
};
[[nodiscard]] std::span<PhaseRow const> schedule();

class World;
struct Setup;

class Simulation {
 public:
  /// Builds the initial population (keyed by seed and replicate). `scenario` and `country` must outlive the object.
  Simulation(Scenario const& scenario, Country const& country, int replicate, Detail detail);
  /// The same from what the replicates of a scenario share (see prepare), so that it is built once.
  Simulation(std::shared_ptr<Setup const> setup, int replicate, Detail detail);
  /// The same from the world of another simulation that has not stepped yet, of the same start_key, tables and replicate.
  Simulation(std::shared_ptr<Setup const> setup, World const& start, Detail detail);
  /// A run in which people and firms decide as under `behaviour`, every month, and money follows the rules of `rules`: pay
  /// floors, taxes, transfers and support (phases 7.5 and 8), what the measures of these cost, and who the record says holds a
  /// benefit. Its difference to a run of `behaviour` is what the rules of the other scenario do by themselves; the rest of that
  /// scenario's effect comes about through what people do, with more money too. world() and state_hash() are of the people who
  /// decide: those of `behaviour`. Both need one start, area, scale and seed, which is the caller's to check.
  Simulation(std::shared_ptr<Setup const> behaviour, std::shared_ptr<Setup const> rules, int replicate, Detail detail);
  /// Goes on from where `history` stands, between two months, as `setup` would have come there: both have the same
  /// history (see known_measures), tables and detail. Of a run that follows another scenario's rules, `setup` is that of the rules. `history`
  /// itself stays as it is.
  Simulation(std::shared_ptr<Setup const> setup, Simulation const& history, Detail detail);
  [[nodiscard]] static std::shared_ptr<Setup const> prepare(Scenario const& scenario, Country const& country);
  ~Simulation();
  Simulation(Simulation const&) = delete;
  Simulation& operator=(Simulation const&) = delete;

  void step();                                 ///< one month, all phases in order, then the record
  [[nodiscard]] int months_done() const;
  [[nodiscard]] bool done() const;             ///< all months of the scenario have run
  /// The headline indicators of the month that ran last (see Recorder::headlines), before the record is taken.
  [[nodiscard]] std::vector<std::optional<double>> headlines() const;
  [[nodiscard]] std::vector<std::optional<double>> headlines_of(int month_number) const;  ///< of any that has run; 0: the first
  [[nodiscard]] std::uint64_t state_hash() const;
  [[nodiscard]] ReplicateRecord take_record(); ///< when done; leaves the object empty
  [[nodiscard]] std::span<double const> seconds_by_phase() const;  ///< one per row of schedule()
  [[nodiscard]] World const& world() const;
  [[nodiscard]] World& world();                ///< for tests and stories: a trace, an inert person, permuted rows

  /// Checks all invariants after every month from now on; a broken one is a BugError that names month and ids.
  void check_invariants(bool on) { check_ = on; }

  /// The exact state (agents, counters, queues, record so far); loading it continues to the identical data.
  void save(std::ostream& out) const;
  void load(std::istream& in);

  /// The layout of the record of this scenario, without running it.
  static RecordLayout layout(Scenario const& scenario, Country const& country, Detail detail);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  bool check_ = false;
};

}  // namespace arraigo
