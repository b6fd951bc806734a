/// Lists for people and for programs: the same cells as an aligned table, CSV (RFC 4180) or JSON.
#pragma once
#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace arraigo::app {

class Table {
 public:
  enum class Format { table, csv, json };
  enum class Kind { text, number };  ///< numbers stand to the right, and without quotes in JSON

  struct Column {
    std::string key;         ///< in CSV and JSON: English, stable
    std::string title = {};  ///< in the table
    Kind kind = Kind::text;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// One cell per column; numbers as their exact text, "" for none.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print(std::ostream& out, Format format) const;

 private:
  void print_table(std::ostream& out) const;
  void print_csv(std::ostream& out) const;
  void print_json(std::ostream& out) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace arraigo::app
