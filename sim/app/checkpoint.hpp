/// Where a run that was stopped goes on: STEM.checkpoint beside the file that it will be. It holds the resolved scenario, what the
/// command was, and for each replicate its state after some month or, where it has ended, its record. Each file is published
/// whole and carries its digest; the one before stays until the next is whole.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/replicates.hpp"
#include "app/run_jobs.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::app {

inline constexpr std::string_view checkpoint_ending = ".checkpoint";
[[nodiscard]] std::filesystem::path checkpoint_folder(Job const& job);

/// What a stopped command was, as its checkpoint tells.
struct StoppedRun {
  Job job;
  std::string detail, typed, started, data;  ///< data: the folder of its tables
  bool force = false;                        ///< replaces a file that is there
  int every = 0;                             ///< months between checkpoints; 0: when it is stopped only
  std::string unfit;                         ///< why it cannot be gone on with; empty: it can
};

/// The checkpoints that lie in a folder of results, by name. InputError when one is unreadable.
[[nodiscard]] std::vector<StoppedRun> stopped_runs(std::filesystem::path const& folder, std::filesystem::path const& shipped,
                                                   Country const& country);
/// The folder of tables that the checkpoints of a folder were made with; none where there are no checkpoints. InputError when they differ.
[[nodiscard]] std::optional<std::string> data_of_stopped_runs(std::filesystem::path const& folder);
/// Removes, in a folder of results, what is left of the checkpoints of finished runs whose process was killed while it removed them.
void remove_remnants(std::filesystem::path const& folder);

/// The checkpoints of jobs that are run together.
class Checkpoints final : public Keeper {
 public:
  /// `jobs`: those that are run together, in their order. `data`: the folder of tables.
  Checkpoints(std::vector<Job const*> const& jobs, Country const& country, std::string detail, std::string typed, std::string started,
              std::string data, bool force, int every);

  /// Refusals of jobs for which a checkpoint of other inputs lies there; with `anew` whatever lies there is removed instead.
  [[nodiscard]] std::vector<std::string> refusals(bool anew) const;

  [[nodiscard]] int every() const override { return every_; }
  [[nodiscard]] bool holds(std::size_t scenario, int replicate) const override;
  [[nodiscard]] std::optional<ReplicateRecord> record(std::size_t scenario, int replicate) override;
  [[nodiscard]] bool load(std::size_t scenario, int replicate, Simulation& simulation) override;
  void save(std::size_t scenario, int replicate, Simulation const& simulation) override;
  void save(std::size_t scenario, int replicate, ReplicateRecord const& record) override;

  /// Says of each job what it is, so that one that has not begun is gone on with too.
  void announce();
  /// Sentences about states that were damaged, and so are computed anew.
  [[nodiscard]] std::vector<std::string> damaged() const;
  /// Why a checkpoint could not be written; empty when all could.
  [[nodiscard]] std::string failure() const;
  /// Removes what lies there for a job.
  static void remove(Job const& job);
  /// The same of a job whose file is there, unless what lies there is of another run: the process may have ended between
  /// publishing and tidying up.
  static void tidy_up(Job const& job, Country const& country, std::string const& detail);

 private:
  struct Kept {
    Job const* job;
    std::filesystem::path folder;
    std::string identity;  ///< digest of all inputs and the program
    bool told = false;     ///< the folder says what the run is
  };
  void tell(Kept& kept);
  void write(Kept& kept, std::string const& name, std::string const& bytes);
  [[nodiscard]] std::optional<std::string> read(Kept const& kept, std::string const& name);

  std::vector<Kept> kept_;
  Country const& country_;
  std::string const detail_, typed_, started_, data_;
  bool const force_;
  int const every_;
  mutable std::mutex mutex_;
  std::vector<std::string> damaged_;
  std::string failure_;
};

}  // namespace arraigo::app
