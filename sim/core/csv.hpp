/// A strict reader of comma-separated tables (RFC 4180): what it accepts is read exactly, the rest is a sentence.
///
///   Errors errors;
///   auto const table = CsvTable::read(dir / "rules.csv", {"rule", "from", "value"}, errors);
///   for (std::size_t row = 0; row < table.rows(); ++row) use(table.text(row, "rule"), table.number(row, "value", 0,
///   1e6)); errors.throw_if_any();
#pragma once
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/input_errors.hpp"
#include "core/month.hpp"

namespace arraigo {

class CsvTable {
 public:
  /// A column by its name or its index from 0.
  class Column {
   public:
    Column(char const* name) : name_(name) {}
    Column(std::string_view name) : name_(name) {}
    Column(std::integral auto index) : index_(static_cast<std::size_t>(index)) {}

   private:
    friend class CsvTable;
    std::string_view name_;
    std::size_t index_ = 0;
  };

  static constexpr std::size_t most_bytes = std::size_t{64} << 20U;

  /// Reads a table whose header is exactly `columns`. UTF-8 without byte order mark, LF or CRLF, every row as many
  /// fields as the header, no spaces around unquoted fields, no empty lines. Rows that are malformed are told in
  /// `errors` and left out; a file that cannot be read at all gives no rows. `errors` must outlive the table.
  [[nodiscard]] static CsvTable read(std::filesystem::path const& file, std::vector<std::string_view> const& columns,
                                     Errors& errors);
  /// The same from text in memory; `name` stands for the file in sentences.
  [[nodiscard]] static CsvTable parse(std::string text, std::string_view name,
                                      std::vector<std::string_view> const& columns, Errors& errors);

  [[nodiscard]] std::size_t rows() const { return lines_.size(); }
  [[nodiscard]] std::size_t line(std::size_t row) const { return lines_[row]; }  ///< in the file, from 1
  [[nodiscard]] bool blank(std::size_t row, Column column) const { return cell(row, column).empty(); }

  /// The field as it is, possibly empty. Valid as long as the table lives and stands still.
  [[nodiscard]] std::string_view text(std::size_t row, Column column) const { return cell(row, column); }
  /// A field that must not be empty; when it is, a mistake is noted and the text is "".
  [[nodiscard]] std::string_view required_text(std::size_t row, Column column) const;
  /// The readers below note a mistake and return `low` (or the first month there is) when the field is not what it must
  /// be, so that the pass goes on; what was read must not be used when `errors` is not empty.
  [[nodiscard]] double number(std::size_t row, Column column, double low, double high) const;
  /// Nothing when the field is empty.
  [[nodiscard]] std::optional<double> optional_number(std::size_t row, Column column, double low, double high) const;
  [[nodiscard]] std::int64_t integer(std::size_t row, Column column, std::int64_t low, std::int64_t high) const;
  [[nodiscard]] Month month(std::size_t row, Column column) const;  ///< YYYY-MM
  [[nodiscard]] std::optional<Month> optional_month(std::size_t row, Column column) const;
  /// The index of the field in `words`, or 0 with a mistake that names the nearest word.
  [[nodiscard]] std::size_t choice(std::size_t row, Column column, std::span<std::string_view const> words) const;

  /// Notes a mistake of the caller's own: "file:line: column = value (why). fix".
  void mistake(std::size_t row, Column column, std::string_view why, std::string_view fix = {}) const;

 private:
  CsvTable(std::string_view name, std::vector<std::string_view> const& columns, Errors& errors);
  void fill(std::string_view text);
  [[nodiscard]] std::size_t index_of(Column column) const;
  [[nodiscard]] std::string_view cell(std::size_t row, Column column) const;

  std::string name_;
  std::vector<std::string> columns_;
  Errors* errors_;
  std::string cells_;                  ///< texts of all fields, one after the other
  std::vector<std::uint32_t> begins_;  ///< of each field in cells_, and the end; 64 MiB fit
  std::vector<std::uint32_t> lines_;   ///< first line of each row
};

}  // namespace arraigo
