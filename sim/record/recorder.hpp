/// Step 10 of the month: turns the state and the month's counters into the record. Integers only.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "init/setup.hpp"
#include "record/record.hpp"

namespace arraigo {

/// The layout of a run's record: dimensions, variables and indicators.
[[nodiscard]] RecordLayout record_layout(Setup const& setup, Detail detail);

/// The indicator table, the same for every run.
[[nodiscard]] std::vector<Indicator> const& indicator_table();

class Recorder {
 public:
  Recorder(Setup const& setup, Detail detail);
  /// Records the month that has just run; months come in order.
  void record(World const& world, int month_number);
  [[nodiscard]] ReplicateRecord take(std::uint64_t state_hash);
  template <class Visitor>
  void visit(Visitor&& v) {
    for (auto& values : record_.values) v(values);
  }
  template <class Visitor>
  void visit(Visitor&& v) const {
    for (auto const& values : record_.values) v(values);
  }

 private:
  Setup const& setup_;
  Detail detail_;
  RecordLayout layout_;
  std::unordered_map<std::string, std::size_t> index_;  ///< of variables by name
  std::vector<std::uint64_t> series_of_code_;           ///< [origin][education][code]: bit per group and person series
  ReplicateRecord record_;
};

}  // namespace arraigo
