/// A run file opened for reading. The file is not trusted: types, shapes, sizes, storage and digests are checked before
/// anything is used, and only what is asked for is read. The HDF5 library takes one thread at a time, over all files.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/run_data.hpp"
#include "record/record.hpp"

namespace arraigo::analysis {

class RunReader final : public RunData {
 public:
  /// Throws InputError when the path is not a whole run file, MachineError when it cannot be read.
  explicit RunReader(std::filesystem::path const& path);
  ~RunReader() override;
  RunReader(RunReader&&) noexcept;
  RunReader& operator=(RunReader&&) noexcept;

  [[nodiscard]] std::filesystem::path const& path() const;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::string column_name() const override;
  /// Start, months, dimensions, variables and indicators as they were recorded.
  [[nodiscard]] RecordLayout const& layout() const override;
  [[nodiscard]] int replicates() const override;
  /// Of the final state, 16 hex digits, one per replicate.
  [[nodiscard]] std::vector<std::string> const& state_hashes() const;
  /// Root attributes: seed, scale, area, start, months, data_digest, scenario (YAML), stem, title_es, version,
  /// commit...
  [[nodiscard]] std::optional<std::string> text_attribute(std::string_view name) const override;
  [[nodiscard]] std::optional<std::int64_t> integer_attribute(std::string_view name) const override;
  /// Names of the root attributes, in the order in which they were written.
  [[nodiscard]] std::vector<std::string> attribute_names() const;
  /// One digest for all results (not for times or command): equal when every recorded figure and its description are.
  [[nodiscard]] std::string results_digest() const;

  /// All values of a variable of layout(), row-major on (replicate, time[, dimension]), checked against their digest.
  [[nodiscard]] std::vector<std::int64_t> read(Variable const& variable) const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace arraigo::analysis
