/// A run's results, wherever they are: in a file, or in memory while the scenario is still being tried out.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "record/record.hpp"

namespace arraigo::analysis {

class RunData {
 public:
  virtual ~RunData() = default;
  /// What sentences call it: a file's path, a title.
  [[nodiscard]] virtual std::string name() const = 0;
  /// What the scenario column calls it: a file's stem, so that a copy under another name is another run; else name().
  [[nodiscard]] virtual std::string column_name() const { return name(); }
  [[nodiscard]] virtual RecordLayout const& layout() const = 0;
  [[nodiscard]] virtual int replicates() const = 0;
  /// Attributes that say what the run is: seed, scale, area, data_digest, stem...
  [[nodiscard]] virtual std::optional<std::string> text_attribute(std::string_view name) const = 0;
  [[nodiscard]] virtual std::optional<std::int64_t> integer_attribute(std::string_view name) const = 0;
  /// All values of a variable of layout(), row-major on (replicate, time[, dimension]).
  [[nodiscard]] virtual std::vector<std::int64_t> read(Variable const& variable) const = 0;

  /// The scenario file's stem, or column_name() when the attribute is missing.
  [[nodiscard]] std::string stem() const;
  [[nodiscard]] std::string title(Lang lang) const;
};

/// A run in memory. Reads may go on in several threads at once.
class MemoryRun final : public RunData {
 public:
  using Record = std::shared_ptr<ReplicateRecord const>;
  /// `records` are the replicates 0 to n-1; none when there is nothing yet. BugError when one is not as the layout
  /// says.
  MemoryRun(std::string name, std::shared_ptr<RecordLayout const> layout, std::vector<Record> records);
  /// A newer value replaces an older one. What is to be comparable needs seed, area, scale and data_digest.
  void set(std::string attribute, std::string value);
  void set(std::string attribute, std::int64_t value);

  [[nodiscard]] std::string name() const override;
  [[nodiscard]] RecordLayout const& layout() const override;
  [[nodiscard]] int replicates() const override;
  [[nodiscard]] std::optional<std::string> text_attribute(std::string_view name) const override;
  [[nodiscard]] std::optional<std::int64_t> integer_attribute(std::string_view name) const override;
  [[nodiscard]] std::vector<std::int64_t> read(Variable const& variable) const override;

 private:
  std::string name_;
  std::shared_ptr<RecordLayout const> layout_;
  std::vector<Record> records_;
  std::vector<std::pair<std::string, std::string>> texts_;
  std::vector<std::pair<std::string, std::int64_t>> integers_;
};

}  // namespace arraigo::analysis
