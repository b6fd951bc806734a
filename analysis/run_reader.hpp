/// A run file opened for reading. The file is not trusted: types, shapes, sizes, storage and digests are checked before
/// anything is used, and only what is asked for is read.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "record/record.hpp"

namespace arraigo::analysis {

class RunReader {
 public:
  /// Throws InputError when the path is not a whole run file, MachineError when it cannot be read.
  explicit RunReader(std::filesystem::path const& path);
  ~RunReader();
  RunReader(RunReader&&) noexcept;
  RunReader& operator=(RunReader&&) noexcept;

  [[nodiscard]] std::filesystem::path const& path() const;
  /// Start, months, dimensions, variables and indicators as they were recorded.
  [[nodiscard]] RecordLayout const& layout() const;
  [[nodiscard]] int replicates() const;
  /// Of the final state, 16 hex digits, one per replicate.
  [[nodiscard]] std::vector<std::string> const& state_hashes() const;
  /// Root attributes: seed, scale, area, start, months, data_digest, scenario (YAML), stem, title_es, version,
  /// commit...
  [[nodiscard]] std::optional<std::string> text_attribute(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> integer_attribute(std::string_view name) const;
  /// Names of the root attributes, in the order in which they were written.
  [[nodiscard]] std::vector<std::string> attribute_names() const;
  /// One digest for all results (not for times or command): equal when every recorded figure and its description are.
  [[nodiscard]] std::string results_digest() const;
  /// The scenario file's stem, or the run file's own when the attribute is missing.
  [[nodiscard]] std::string stem() const;
  [[nodiscard]] std::string title(Lang lang) const;

  /// All values of a variable of layout(), row-major on (replicate, time[, dimension]), checked against their digest.
  [[nodiscard]] std::vector<std::int64_t> read(Variable const& variable) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace arraigo::analysis
