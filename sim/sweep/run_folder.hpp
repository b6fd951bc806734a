/// The folder of a sweep's results: a file for each finished run, published once. What is there is done, and nothing else
/// is. Failures and marks of running workers stand beside it and decide nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sweep/plan.hpp"

namespace arraigo::sweep {

struct RunId {
  std::size_t point = 0;
  int replicate = 0;
};

/// What a run leaves: whole numbers in rows of `months` by keys (1 for totals), and the hash of its final state.
struct Result {
  std::vector<std::vector<std::int64_t>> values;
  std::uint64_t state_hash = 0;
};

/// A run's result as bytes: self-checking, and the same for the same result wherever it was computed.
[[nodiscard]] std::string encode(Result const& result, std::string const& plan_digest, RunId run, int months);
/// InputError with the reason alone when the bytes are not that run's result.
[[nodiscard]] Result decode(std::string const& bytes, std::string const& plan_digest, RunId run, int months);

struct Failure {
  RunId run;
  std::string reason;
};

struct Standings {
  std::size_t done = 0, failed = 0, missing = 0;  ///< missing: neither done nor failed
  std::vector<RunId> running;                     ///< of living workers
};

/// Whether a path leads, in a sweep's folder, to a name that the sweep itself uses.
[[nodiscard]] bool is_own_name(std::filesystem::path const& folder, std::filesystem::path const& path);

class RunFolder {
 public:
  RunFolder(std::filesystem::path folder, Plan const& plan) : folder_(std::move(folder)), plan_(&plan) {}

  [[nodiscard]] std::filesystem::path const& path() const { return folder_; }
  [[nodiscard]] std::filesystem::path failures_path() const { return folder_ / "failed"; }
  [[nodiscard]] std::size_t index_of(RunId run) const {
    return run.point * static_cast<std::size_t>(plan_->replicates) + static_cast<std::size_t>(run.replicate);
  }
  [[nodiscard]] RunId run_of(std::size_t index) const {
    auto const n = static_cast<std::size_t>(plan_->replicates);
    return {index / n, static_cast<int>(index % n)};
  }
  [[nodiscard]] std::filesystem::path result_path(RunId run) const;

  /// By index: whether the run's result is there. Looks at names only.
  [[nodiscard]] std::vector<bool> finished() const;
  [[nodiscard]] bool is_finished(RunId run) const;
  /// Publishes a result; where another process was first, that one stays. False when that one is not the same, which
  /// must not be. MachineError when the disk fails.
  [[nodiscard]] bool publish(RunId run, Result const& result) const;
  /// None when there is none. InputError when it is damaged.
  [[nodiscard]] std::optional<Result> read(RunId run) const;

  void note_failure(RunId run, std::string const& reason) const;
  /// Of runs that are not finished, in order.
  [[nodiscard]] std::vector<Failure> failures(std::vector<bool> const& finished) const;
  void forget_failure(RunId run) const;

  [[nodiscard]] Standings standings() const;

 private:
  [[nodiscard]] std::filesystem::path failure_path(RunId run) const;
  void visit(std::filesystem::path const& kind, std::string_view ending, std::function<void(RunId)> const& found) const;

  std::filesystem::path folder_;
  Plan const* plan_;
};

/// A worker's mark while it lives: which run each of its lanes is at. It goes with the process, however that ends.
class RunningMark {
 public:
  RunningMark(std::filesystem::path const& folder, std::size_t lanes);
  ~RunningMark();
  RunningMark(RunningMark const&) = delete;
  RunningMark& operator=(RunningMark const&) = delete;
  void set(std::size_t lane, std::optional<RunId> run);

  /// What living workers are at. Marks of dead ones are removed.
  [[nodiscard]] static std::vector<RunId> living(std::filesystem::path const& folder);

 private:
  std::filesystem::path file_;
  int number_ = -1;
};

}  // namespace arraigo::sweep
