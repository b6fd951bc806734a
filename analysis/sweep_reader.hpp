/// The answers of a sweep opened for reading: what each row of the design sets, and every indicator by scenario, row and
/// replicate. The file is not trusted: it is first read in a child process, and types, shapes and sizes are checked.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/inference.hpp"
#include "core/month.hpp"

namespace arraigo::analysis {

/// What a sweep varies. `values` has one for each row of the design.
struct SweepParameter {
  std::string path;                ///< as in --set
  std::string name;                ///< of its variable in the file
  std::string unit, title_es, title_en;
  std::optional<Interval> range;   ///< as the design spans it; none: a list, or values of a grid
  std::vector<double> values;      ///< of words: 0, 1, ... as they stand in `words`
  std::vector<std::string> words;  ///< in the order of the alphabet; empty: the values are numbers

  /// More than two words have no order that a rank or a step could follow.
  [[nodiscard]] bool has_order() const { return words.size() <= 2; }
  /// The design's range; without one, that of the values.
  [[nodiscard]] Interval span() const;
};

struct SweepIndicator {
  std::string name, units, title_es, title_en;
  bool headline = false;
};

/// Months of a sweep, counted from its first.
struct SweepMonths {
  std::string text;  ///< "YYYY-MM" or "mean"
  std::size_t first = 0, count = 1;
};

class SweepReader {
 public:
  /// A sweep's folder, or its answer file. InputError when there is none or it is not as a sweep writes it.
  explicit SweepReader(std::filesystem::path const& path);
  ~SweepReader();
  SweepReader(SweepReader&&) noexcept;
  SweepReader& operator=(SweepReader&&) noexcept;

  [[nodiscard]] std::filesystem::path const& path() const;  ///< of the answer file
  [[nodiscard]] std::string const& name() const;            ///< of the sweep
  [[nodiscard]] std::string const& version() const;         ///< version and commit of the program that made it
  [[nodiscard]] std::string const& design() const;          ///< "latin_hypercube", "sobol", "morris", "saltelli", "grid", "list"
  [[nodiscard]] std::vector<std::string> const& scenarios() const;
  /// A scenario of it as YAML, before its rows change it; empty when it holds none of that stem.
  [[nodiscard]] std::string scenario_text(std::string const& stem) const;
  [[nodiscard]] std::string const& data_digest() const;  ///< of the tables that it was made with
  [[nodiscard]] std::vector<SweepParameter> const& parameters() const;
  [[nodiscard]] std::vector<SweepIndicator> const& indicators() const;
  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] std::size_t replicates() const;
  [[nodiscard]] std::size_t months() const;
  [[nodiscard]] Month start() const;
  [[nodiscard]] std::size_t runs_done() const;
  /// Of each row, where it belongs in its design: see sim/sweep/README.md.
  [[nodiscard]] std::vector<std::uint32_t> const& block() const;
  [[nodiscard]] std::vector<std::uint32_t> const& step() const;

  /// "last", "mean" or "YYYY-MM"; InputError for anything else and for months that the sweep does not have.
  [[nodiscard]] SweepMonths months_of(std::string const& asked) const;
  /// An indicator of a scenario, on (row, replicate), row-major; not a number where a run is missing or nothing is defined.
  /// Over several months: the mean of those in which it is defined.
  [[nodiscard]] std::vector<double> read(SweepIndicator const& indicator, std::size_t scenario, SweepMonths const& months) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace arraigo::analysis
