#include "analysis/run_reader.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "analysis/guarded.hpp"
#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "record/stored_run.hpp"

namespace arraigo::analysis {
namespace {

// Months of Month's own range, 1900 to 2199.
constexpr std::size_t most_months = 3600;

std::optional<Month> month_of_first_day(std::int64_t days) {
  using namespace std::chrono;
  if (days < -30000 || days > 90000) return std::nullopt;
  year_month_day const date{sys_days{std::chrono::days{days}}};
  if (date.day() != day{1} || int{date.year()} < 1900 || int{date.year()} > 2199) return std::nullopt;
  return Month::of(int{date.year()}, static_cast<int>(unsigned{date.month()}));
}

std::vector<Indicator> parse_indicators(std::string const& json) {
  std::vector<Indicator> indicators;
  for (auto const& entry : nlohmann::json::parse(json)) {
    Indicator indicator;
    entry.at("name").get_to(indicator.name);
    entry.at("numerator").get_to(indicator.numerator);
    entry.at("denominator").get_to(indicator.denominator);
    entry.at("factor").get_to(indicator.factor);
    entry.at("units").get_to(indicator.units);
    entry.at("title_es").get_to(indicator.title_es);
    entry.at("title_en").get_to(indicator.title_en);
    entry.at("definition_es").get_to(indicator.definition_es);
    entry.at("definition_en").get_to(indicator.definition_en);
    entry.at("instrument").get_to(indicator.instrument);
    entry.at("headline").get_to(indicator.headline);
    indicator.decimals = std::clamp(entry.at("decimals").get<int>(), 0, 12);
    // What few have; files of older versions have none of it.
    if (auto const reference = entry.find("reference_numerator"); reference != entry.end()) {
      reference->get_to(indicator.reference_numerator);
      entry.at("reference_denominator").get_to(indicator.reference_denominator);
    }
    indicator.offset = entry.value("offset", 0.0);
    indicator.question_es = entry.value("question_es", std::string{});
    indicator.question_en = entry.value("question_en", std::string{});
    indicators.push_back(std::move(indicator));
  }
  return indicators;
}

}  // namespace

struct RunReader::Parts {
  StoredRun run;
  RecordLayout layout;
  std::size_t replicates = 0;
  std::vector<std::string> hashes;

  explicit Parts(std::filesystem::path const& path) : run(path) {
    if (integer("complete") != std::int64_t{1}) throw InputError(say(Message::rf_incomplete, path.string()));
    read_replicates();
    read_months();
    read_datasets();
    read_indicators();
  }

  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const {
    for (auto const& attribute : run.root_attributes())
      if (attribute.name == name)
        if (auto const* value = std::get_if<std::int64_t>(&attribute.value)) return *value;
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const {
    for (auto const& attribute : run.root_attributes())
      if (attribute.name == name)
        if (auto const* value = std::get_if<std::string>(&attribute.value)) return *value;
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> coordinate(std::string const& name) const {
    auto const dataset = run.open(name);
    if (dataset.type != StoredType::int32 || dataset.extents.size() != 1) run.refuse(name, say(Message::rf_why_shape));
    return run.integers(dataset);
  }

  void read_replicates() {
    auto const numbers = coordinate("replicate");
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (numbers[i] != static_cast<std::int64_t>(i)) run.refuse("replicate", say(Message::rf_why_layout, numbers[i]));
    replicates = numbers.size();
  }

  void read_months() {
    auto const days = coordinate("time");
    auto const start = month_of_first_day(days.front());
    if (!start || days.size() > most_months) run.refuse("time", say(Message::rf_why_layout, days.front()));
    for (std::size_t m = 0; m < days.size(); ++m)
      if (days[m] != (*start + static_cast<int>(m)).days_since_1970())
        run.refuse("time", say(Message::rf_why_layout, days[m]));
    layout.start = *start;
    layout.months = static_cast<int>(days.size());
  }

  /// Texts on one dimension, with as many values as it has.
  [[nodiscard]] std::vector<std::string> texts_on(std::string const& name, std::string const& dimension,
                                                  std::size_t count) const {
    auto const dataset = run.open(name);
    if (dataset.type != StoredType::text || dataset.extents != std::vector<hsize_t>{count} ||
        dataset.text(axes_attribute) != dimension)
      run.refuse(name, say(Message::rf_why_shape));
    return run.texts(dataset);
  }

  void read_datasets() {
    std::vector<std::pair<std::string, std::string>> parents;  // data set, dimension
    std::map<std::string, int> dimension_index;
    for (auto const& name : run.dataset_names()) {
      auto const dataset = run.open(name);
      std::string const axes = dataset.text(axes_attribute);
      if (dataset.type == StoredType::text && axes == name) {
        Dimension dimension;
        dimension.name = name;
        dimension.keys = texts_on(name, name, dataset.count());
        dimension.title_en = dataset.text("long_name");
        dimension.title_es = dataset.text("long_name_es");
        dimension.label_es = texts_on(name + "_label_es", name, dataset.count());
        dimension.label_en = texts_on(name + "_label_en", name, dataset.count());
        dimension_index[name] = static_cast<int>(layout.dimensions.size());
        layout.dimensions.push_back(std::move(dimension));
      } else if (dataset.type == StoredType::text && !dataset.text("contains").empty()) {
        auto const at = dimension_index.find(axes);
        if (at == dimension_index.end()) run.refuse(name, say(Message::rf_why_axes));
        auto& dimension = layout.dimensions[static_cast<std::size_t>(at->second)];
        dimension.parent_name = dataset.text("contains");
        dimension.parent = texts_on(name, axes, dimension.keys.size());
      } else if (dataset.type == StoredType::int64) {
        add_variable(dataset, axes, dimension_index);
      }
    }
    hashes = texts_on("state_hash", "replicate", replicates);
  }

  void add_variable(StoredDataset const& dataset, std::string const& axes,
                    std::map<std::string, int> const& dimension_index) {
    Variable variable;
    variable.name = dataset.name;
    variable.base = dataset.text("base");
    variable.units = dataset.text("units");
    variable.title_en = dataset.text("long_name");
    variable.title_es = dataset.text("long_name_es");
    variable.definition_en = dataset.text("definition");
    variable.definition_es = dataset.text("definition_es");
    std::vector<hsize_t> extents{replicates, static_cast<hsize_t>(layout.months)};
    constexpr std::string_view common = "replicate time";
    if (axes != common) {
      auto const at = axes.starts_with("replicate time ") ? dimension_index.find(axes.substr(common.size() + 1))
                                                          : dimension_index.end();
      if (at == dimension_index.end()) run.refuse(dataset.name, say(Message::rf_why_axes));
      variable.dimension = at->second;
      extents.push_back(layout.dimensions[static_cast<std::size_t>(at->second)].keys.size());
    }
    if (dataset.extents != extents) run.refuse(dataset.name, say(Message::rf_why_shape));
    layout.variables.push_back(std::move(variable));
  }

  void read_indicators() {
    try {
      layout.indicators = parse_indicators(text("indicators").value_or(""));
    } catch (nlohmann::json::exception const&) {
      run.report_damage("/", say(Message::rf_why_layout, "indicators"));
    }
  }
};

RunReader::RunReader(std::filesystem::path const& path) {
  // What comes after (numbers under checksums) is safe to read here.
  try_in_child(path, [&] { Parts const parts{path}; });
  parts_ = std::make_unique<Parts>(path);
}
RunReader::~RunReader() = default;
RunReader::RunReader(RunReader&&) noexcept = default;
RunReader& RunReader::operator=(RunReader&&) noexcept = default;

std::filesystem::path const& RunReader::path() const { return parts_->run.path(); }
std::string RunReader::name() const { return path().string(); }
std::string RunReader::column_name() const { return path().stem().string(); }
RecordLayout const& RunReader::layout() const { return parts_->layout; }
int RunReader::replicates() const { return static_cast<int>(parts_->replicates); }
std::vector<std::string> const& RunReader::state_hashes() const { return parts_->hashes; }
std::optional<std::string> RunReader::text_attribute(std::string_view name) const { return parts_->text(name); }
std::optional<std::int64_t> RunReader::integer_attribute(std::string_view name) const { return parts_->integer(name); }

std::vector<std::string> RunReader::attribute_names() const {
  std::vector<std::string> names;
  for (auto const& attribute : parts_->run.root_attributes()) names.push_back(attribute.name);
  return names;
}

std::string RunReader::results_digest() const { return text_attribute(results_digest_attribute).value_or(""); }

std::vector<std::int64_t> RunReader::read(Variable const& variable) const {
  auto const dataset = parts_->run.open(variable.name);
  std::size_t const keys =
      variable.dimension < 0 ? 1 : layout().dimensions.at(static_cast<std::size_t>(variable.dimension)).keys.size();
  if (dataset.type != StoredType::int64 ||
      dataset.count() != parts_->replicates * static_cast<std::size_t>(layout().months) * keys)
    parts_->run.refuse(variable.name, say(Message::rf_why_shape));
  return parts_->run.integers(dataset);
}

}  // namespace arraigo::analysis
