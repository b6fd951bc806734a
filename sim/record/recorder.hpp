/// Step 10 of the month: turns the state and the month's counters into the record. Integers only.
#pragma once
#include <tbb/enumerable_thread_specific.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "init/setup.hpp"
#include "record/membership.hpp"
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
  /// The first months as another recorder has them, of a run of the same series.
  void take_over(Recorder const& other, int months);
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
    static constexpr std::size_t none = static_cast<std::size_t>(-1);
    std::size_t column = 0;  ///< of the sums
    bool is_count = true;    ///< people; else hundredths of what is summed
    std::size_t total = none, sex = none, age = none, education = none, origin = none, status = none, group = none, place = none;
  };
  /// A headline indicator over the totals of the area.
  struct Headline {
    struct Term {
      std::size_t variable = 0;
      std::int64_t sign = 1;
    };
    Indicator const* indicator = nullptr;
    std::array<std::vector<Term>, 4> terms;  ///< numerator, denominator and those of the reference
  };
  struct Tally;
  struct Counting;
  struct Sums;
  struct OfGroup;
  [[nodiscard]] Family family(std::string const& base, std::size_t column, bool is_count) const;
  void write_families(std::vector<Family> const& families, OfGroup const& sums, double scale, int month_number, std::vector<std::size_t> const& place_keys);
  [[nodiscard]] std::size_t keys_of(std::size_t v) const;  ///< of a variable
  [[nodiscard]] char const* place_suffix() const;
  /// Stops on a stock or flow below zero: what a NaN, an overflow or an error of the model would leave in the file.
  void check(int month_number) const;
  /// `value` in whole numbers, or the same stop.
  [[nodiscard]] std::int64_t whole(double value, std::string_view variable, std::size_t table_row, int month_number) const;
  [[noreturn]] void stop_at(std::string_view variable, std::string const& where, int month_number, std::string const& value) const;

  Setup const& setup_;
  Detail detail_;
  RecordLayout layout_;
  std::unordered_map<std::string, std::size_t> index_;  ///< of variables by name
  std::vector<std::uint32_t> bits_of_code_;             ///< [education][code]: a bit for each person series that holds, as a Cell has them
  std::vector<std::size_t> not_below_zero_;             ///< variables, all but balances
  std::array<std::uint8_t, permit_count * 16> series_of_status_{};  ///< [permit][claim][stage]: bit per status series
  std::array<std::vector<Family>, group_count> families_;           ///< of persons and pay
  std::vector<Family> status_families_;
  std::vector<Headline> headlines_;
  tbb::enumerable_thread_specific<std::unique_ptr<Tally>> tallies_;  ///< empty between months
  ReplicateRecord record_;
};

}  // namespace arraigo
