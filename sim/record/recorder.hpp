/// Step 10 of the month: turns the state and the month's counters into the record. Integers only.
#pragma once
#include <tbb/enumerable_thread_specific.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
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
  ~Recorder();
  /// Records the month that has just run; months come in order.
  void record(World const& world, int month_number);
  /// The headline indicators of the whole area in a month that has been recorded, in the order of indicator_table(); nothing
  /// where the denominator is 0.
  [[nodiscard]] std::vector<std::optional<double>> headlines(int month_number) const;
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
  /// The variables of one base name, by dimension.
  struct Family {
    std::size_t total = 0, sex = 0, age = 0, education = 0, origin = 0, place = 0;
  };
  /// A headline indicator over the totals of the area.
  struct Headline {
    struct Term {
      std::size_t variable = 0;
      std::int64_t sign = 1;
    };
    double factor = 1;
    std::vector<Term> numerator, denominator;
  };
  using Lanes = std::array<std::uint64_t, 3>;  ///< a byte for each person series
  struct Tally;
  [[nodiscard]] std::size_t keys_of(std::size_t v) const;  ///< of a variable
  [[nodiscard]] char const* place_suffix() const;

  Setup const& setup_;
  Detail detail_;
  RecordLayout layout_;
  std::unordered_map<std::string, std::size_t> index_;  ///< of variables by name
  std::vector<Lanes> lanes_of_code_;                    ///< [education][code]: one in the byte of each person series that holds
  std::array<std::uint8_t, permit_count * 16> series_of_status_{};  ///< [permit][claim][stage]: bit per status series
  std::vector<Family> families_;                        ///< in the order in which they are written
  std::vector<Headline> headlines_;
  tbb::enumerable_thread_specific<std::unique_ptr<Tally>> tallies_;  ///< empty between months
  ReplicateRecord record_;
};

}  // namespace arraigo
