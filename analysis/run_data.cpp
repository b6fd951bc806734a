#include "analysis/run_data.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/errors.hpp"

namespace arraigo::analysis {
namespace {

template <class Value>
void set_in(std::vector<std::pair<std::string, Value>>& attributes, std::string name, Value value) {
  for (auto& [known, old] : attributes)
    if (known == name) {
      old = std::move(value);
      return;
    }
  attributes.emplace_back(std::move(name), std::move(value));
}

template <class Value>
std::optional<Value> find_in(std::vector<std::pair<std::string, Value>> const& attributes, std::string_view name) {
  for (auto const& [known, value] : attributes)
    if (known == name) return value;
  return std::nullopt;
}

[[noreturn]] void fail(std::string const& run, std::string_view what) {
  throw BugError(fmt::format("run in memory '{}': {}", run, what));
}

/// A sum over cells that are not there would read outside the record.
void check_shapes(std::string const& run, RecordLayout const& layout, ReplicateRecord const& record) {
  if (record.values.size() != layout.variables.size()) fail(run, "a record has not as many variables as the layout");
  for (std::size_t v = 0; v < layout.variables.size(); ++v) {
    int const dimension = layout.variables[v].dimension;
    std::size_t const keys = dimension < 0 ? 1 : layout.dimensions.at(static_cast<std::size_t>(dimension)).keys.size();
    if (record.values[v].size() != static_cast<std::size_t>(layout.months) * keys)
      fail(run, fmt::format("'{}' has {} values", layout.variables[v].name, record.values[v].size()));
  }
}

}  // namespace

std::string RunData::stem() const { return text_attribute("stem").value_or(column_name()); }

std::string RunData::title(Lang lang) const {
  auto const title = text_attribute(lang == Lang::es ? "title_es" : "title_en").value_or("");
  return title.empty() ? stem() : title;
}

MemoryRun::MemoryRun(std::string name, std::shared_ptr<RecordLayout const> layout, std::vector<Record> records)
    : name_(std::move(name)), layout_(std::move(layout)), records_(std::move(records)) {
  if (layout_ == nullptr || layout_->months <= 0) fail(name_, "no layout");
  for (auto const& record : records_) {
    if (record == nullptr) fail(name_, "no record");
    check_shapes(name_, *layout_, *record);
  }
}

void MemoryRun::set(std::string attribute, std::string value) {
  set_in(texts_, std::move(attribute), std::move(value));
}
void MemoryRun::set(std::string attribute, std::int64_t value) { set_in(integers_, std::move(attribute), value); }

std::string MemoryRun::name() const { return name_; }
RecordLayout const& MemoryRun::layout() const { return *layout_; }
int MemoryRun::replicates() const { return static_cast<int>(records_.size()); }
std::optional<std::string> MemoryRun::text_attribute(std::string_view name) const { return find_in(texts_, name); }
std::optional<std::int64_t> MemoryRun::integer_attribute(std::string_view name) const {
  return find_in(integers_, name);
}

std::vector<std::int64_t> MemoryRun::read(Variable const& variable) const {
  auto const& variables = layout_->variables;
  auto const known = std::find_if(variables.begin(), variables.end(),
                                  [&](Variable const& other) { return other.name == variable.name; });
  if (known == variables.end()) fail(name_, fmt::format("no variable '{}'", variable.name));
  auto const index = static_cast<std::size_t>(known - variables.begin());
  std::vector<std::int64_t> values;
  if (!records_.empty()) values.reserve(records_.size() * records_.front()->values[index].size());
  for (auto const& record : records_)
    values.insert(values.end(), record->values[index].begin(), record->values[index].end());
  return values;
}

}  // namespace arraigo::analysis
