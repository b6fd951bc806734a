#include "app/table.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/terminal.hpp"

namespace arraigo::app {

void Table::print(std::ostream& out, Format format) const {
  switch (format) {
    case Format::table:
      return print_table(out);
    case Format::csv:
      return print_csv(out);
    case Format::json:
      return print_json(out);
  }
}

void Table::print_table(std::ostream& out) const {
  constexpr std::size_t widest = 44;
  std::vector<std::size_t> widths;
  std::size_t taken = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = width_of(columns_[c].title);
    for (auto const& row : rows_) width = std::max(width, width_of(row[c]));
    if (columns_[c].kind == Kind::text) width = std::min(width, std::max(widest, width_of(columns_[c].title)));
    widths.push_back(width);
    taken += width + 2;
  }
  // The last column takes what room the screen has left, so that its sentences break seldom.
  if (columns_.back().kind == Kind::text) {
    std::size_t const before = taken - widths.back() - 2;
    std::size_t longest = width_of(columns_.back().title);
    for (auto const& row : rows_) longest = std::max(longest, width_of(row.back()));
    std::size_t const screen = text_columns();
    widths.back() = std::min(longest, std::max<std::size_t>(30, screen > before ? screen - before : 0));
  }

  auto const print_row = [&](std::vector<std::string> const& cells) {
    std::vector<std::vector<std::string>> lines;
    std::size_t height = 1;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      lines.push_back(wrapped(cells[c], widths[c]));
      height = std::max(height, lines.back().size());
    }
    for (std::size_t i = 0; i < height; ++i) {
      std::string line;
      for (std::size_t c = 0; c < cells.size(); ++c) {
        std::string const cell = i < lines[c].size() ? lines[c][i] : std::string{};
        std::string const fill(widths[c] - std::min(widths[c], width_of(cell)), ' ');
        line += (c == 0 ? "" : "  ") + (columns_[c].kind == Kind::number ? fill + cell : cell + fill);
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out << line << '\n';
    }
  };
  std::vector<std::string> titles, rules;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    titles.push_back(columns_[c].title);
    rules.emplace_back(widths[c], '-');
  }
  print_row(titles);
  print_row(rules);
  for (auto const& row : rows_) print_row(row);
}

void Table::print_csv(std::ostream& out) const {
  auto const field = [](std::string const& cell) {
    if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
    std::string quoted = "\"";
    for (char const c : cell) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
  };
  for (std::size_t c = 0; c < columns_.size(); ++c) out << (c == 0 ? "" : ",") << field(columns_[c].key);
  out << '\n';
  for (auto const& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) out << (c == 0 ? "" : ",") << field(row[c]);
    out << '\n';
  }
}

void Table::print_json(std::ostream& out) const {
  out << "[";
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    out << (r == 0 ? "\n  {" : ",\n  {");
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      std::string const& cell = rows_[r][c];
      out << (c == 0 ? "" : ", ") << nlohmann::json(columns_[c].key).dump() << ": ";
      if (columns_[c].kind == Kind::number)
        out << (cell.empty() ? "null" : cell);
      else
        out << nlohmann::json(cell).dump();
    }
    out << "}";
  }
  out << (rows_.empty() ? "]\n" : "\n]\n");
}

}  // namespace arraigo::app
