#include "core/csv.hpp"

#include <algorithm>

#include "core/numbers.hpp"
#include "core/suggest.hpp"
#include "core/text_file.hpp"

namespace arraigo {

CsvTable::CsvTable(std::string_view name, std::vector<std::string_view> const& columns, Errors& errors)
    : name_(name), columns_(columns.begin(), columns.end()), errors_(&errors), begins_{0} {}

CsvTable CsvTable::read(std::filesystem::path const& file, std::vector<std::string_view> const& columns,
                        Errors& errors) {
  CsvTable table{file.string(), columns, errors};
  if (auto const text = read_text_file(file, most_bytes, errors)) table.fill(*text);
  return table;
}

CsvTable CsvTable::parse(std::string text, std::string_view name, std::vector<std::string_view> const& columns,
                         Errors& errors) {
  CsvTable table{name, columns, errors};
  if (text.size() > most_bytes)
    errors.add(say(Message::in_file_too_large, name, text.size() >> 20U, most_bytes >> 20U));
  else if (auto const checked = checked_text(std::move(text), name, errors))
    table.fill(*checked);
  return table;
}

void CsvTable::fill(std::string_view text) {
  if (text.empty()) {
    errors_->add(say(Message::in_file_empty, name_));
    return;
  }
  cells_.reserve(text.size());

  std::size_t at = 0;
  std::uint32_t line = 1;
  bool header = true;
  while (at < text.size()) {
    std::uint32_t const first_line = line;
    auto const where = fmt::format("{}:{}", name_, first_line);
    std::string trouble;  // the first one of the row
    auto const note = [&](std::string sentence) {
      if (trouble.empty()) trouble = std::move(sentence);
    };
    std::size_t const cells_before = cells_.size(), begins_before = begins_.size(), row_begin = at;
    std::size_t fields = 0;
    bool const empty_line = text[at] == '\n';
    for (;;) {  // one field
      if (at < text.size() && text[at] == '"') {
        std::size_t const opened = line;
        ++at;
        bool closed = false;
        while (at < text.size()) {
          char const c = text[at++];
          if (c == '"') {
            if (at == text.size() || text[at] != '"') {
              closed = true;
              break;
            }
            ++at;
          } else if (c == '\n') {
            ++line;
          }
          cells_ += c;
        }
        if (!closed) note(say(Message::in_csv_quote_open, fmt::format("{}:{}", name_, opened)));
        if (closed && at < text.size() && text[at] != ',' && text[at] != '\n') {
          note(say(Message::in_csv_after_quote, where));
          while (at < text.size() && text[at] != ',' && text[at] != '\n') ++at;
        }
      } else {
        std::size_t const begin = at;
        while (at < text.size() && text[at] != ',' && text[at] != '\n') ++at;
        auto const field = text.substr(begin, at - begin);
        if (field.find('"') != std::string_view::npos) note(say(Message::in_csv_quote_inside, where, shown(field)));
        if (!field.empty() &&
            (field.front() == ' ' || field.front() == '\t' || field.back() == ' ' || field.back() == '\t'))
          note(say(Message::in_csv_spaces, where, shown(field)));
        cells_ += field;
      }
      if (++fields <= columns_.size()) begins_.push_back(static_cast<std::uint32_t>(cells_.size()));
      if (at >= text.size() || text[at] == '\n') break;
      ++at;  // the comma
    }
    auto const written = text.substr(row_begin, at - row_begin);
    if (at < text.size()) {
      ++at;
      ++line;
    }
    if (empty_line) {
      trouble = say(Message::in_csv_empty_line, where);
    } else if (header) {
      bool same = fields == columns_.size();
      for (std::size_t i = 0; same && i < fields; ++i) {
        std::size_t const begin = begins_[begins_before - 1 + i];
        same = columns_[i] == std::string_view{cells_}.substr(begin, begins_[begins_before + i] - begin);
      }
      if (!same) note(say(Message::in_csv_header, where, shown(written), fmt::join(columns_, ",")));
    } else if (fields != columns_.size()) {
      note(say(Message::in_csv_fields, where, fields, columns_.size()));
    }
    if (!trouble.empty() || header) {
      cells_.resize(cells_before);
      begins_.resize(begins_before);
    } else {
      lines_.push_back(first_line);
    }
    if (!trouble.empty()) {
      errors_->add(std::move(trouble));
      if (header) return;  // without its columns no row can be judged
    }
    header = false;
  }
}

std::size_t CsvTable::index_of(Column column) const {
  if (column.name_.data() == nullptr) {
    if (column.index_ >= columns_.size()) throw BugError(fmt::format("{} has no column {}", name_, column.index_));
    return column.index_;
  }
  auto const found = std::find(columns_.begin(), columns_.end(), column.name_);
  if (found == columns_.end()) throw BugError(fmt::format("{} has no column {}", name_, column.name_));
  return static_cast<std::size_t>(found - columns_.begin());
}

std::string_view CsvTable::cell(std::size_t row, Column column) const {
  if (row >= rows()) throw BugError(fmt::format("{} has no row {}", name_, row));
  std::size_t const field = row * columns_.size() + index_of(column);
  return std::string_view{cells_}.substr(begins_[field], begins_[field + 1] - begins_[field]);
}

void CsvTable::mistake(std::size_t row, Column column, std::string_view why, std::string_view fix) const {
  errors_->add(arraigo::mistake(fmt::format("{}:{}", name_, line(row)), columns_[index_of(column)], cell(row, column),
                                why, fix));
}

std::string_view CsvTable::required_text(std::size_t row, Column column) const {
  auto const field = cell(row, column);
  if (field.empty()) mistake(row, column, say(Message::in_text_empty));
  return field;
}

double CsvTable::number(std::size_t row, Column column, double low, double high) const {
  auto const field = cell(row, column);
  auto const parsed = parse_number(field);
  if (parsed.fault != NumberFault::none) {
    mistake(row, column, why(parsed.fault), fix(parsed.fault, field));
  } else if (parsed.value < low || parsed.value > high) {
    mistake(row, column, say(Message::in_number_range, number_text(low), number_text(high)));
  } else {
    return parsed.value;
  }
  return low;
}

std::optional<double> CsvTable::optional_number(std::size_t row, Column column, double low, double high) const {
  if (blank(row, column)) return std::nullopt;
  return number(row, column, low, high);
}

std::int64_t CsvTable::integer(std::size_t row, Column column, std::int64_t low, std::int64_t high) const {
  auto const field = cell(row, column);
  auto const parsed = parse_integer(field);
  if (parsed.fault != NumberFault::none) {
    mistake(row, column, why(parsed.fault), fix(parsed.fault, field));
  } else if (parsed.value < low || parsed.value > high) {
    mistake(row, column, say(Message::in_integer_range, low, high));
  } else {
    return parsed.value;
  }
  return low;
}

Month CsvTable::month(std::size_t row, Column column) const {
  auto const month = Month::parse(cell(row, column));
  if (!month) mistake(row, column, say(Message::in_month_malformed));
  return month.value_or(Month{});
}

std::optional<Month> CsvTable::optional_month(std::size_t row, Column column) const {
  if (blank(row, column)) return std::nullopt;
  return month(row, column);
}

std::size_t CsvTable::choice(std::size_t row, Column column, std::span<std::string_view const> words) const {
  auto const field = cell(row, column);
  auto const found = std::find(words.begin(), words.end(), field);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  mistake(row, column, say(Message::in_word_unknown), suggestion(field, words));
  return 0;
}

}  // namespace arraigo
