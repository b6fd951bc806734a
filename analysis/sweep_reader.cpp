#include "analysis/sweep_reader.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "analysis/guarded.hpp"
#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "record/hdf5_handle.hpp"

namespace arraigo::analysis {
namespace {

namespace fs = std::filesystem;

constexpr char answers_name[] = "answers.h5";
constexpr hsize_t most_values = hsize_t{1} << 31U;  ///< of one data set, and of a scale
constexpr double none = std::numeric_limits<double>::quiet_NaN();

fs::path answers_of(fs::path const& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) {
    if (!fs::exists(path, failed)) throw InputError(say(Message::se_no_sweep, path.string()));
    return path;
  }
  fs::path file = path / answers_name;
  if (!fs::exists(file, failed)) throw InputError(say(Message::se_no_answers, path.string(), path.string()));
  return file;
}

/// Closes after use what HDF5 gave out as text.
std::string taken(char* text) {
  std::string value = text == nullptr ? std::string{} : std::string{text};
  H5free_memory(text);
  return value;
}

/// Collected by H5Literate and H5Aiterate.
herr_t add_name(hid_t, char const* name, H5L_info_t const*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

}  // namespace

Interval SweepParameter::span() const {
  if (range) return *range;
  Interval found{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (double const value : values) {
    found.low = std::min(found.low, value);
    found.high = std::max(found.high, value);
  }
  return found;
}

struct SweepReader::Parts {
  fs::path path;
  Hid file;
  std::string name, version, design;
  std::vector<std::string> scenarios;
  std::map<std::string, std::string> scenario_texts;
  std::string data_digest;
  std::vector<SweepParameter> parameters;
  std::vector<SweepIndicator> indicators;
  std::vector<std::uint32_t> block, step;
  std::size_t points = 0, rows = 0, replicates = 0, months = 0, runs_done = 0;
  Month start{};

  explicit Parts(fs::path const& given) : path(answers_of(given)) {
    start_hdf5();
    try {
      if (H5Fis_hdf5(path.c_str()) <= 0) throw InputError(say(Message::se_not_answers, path.string(), "HDF5"));
      file = Hid{H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
      read_all();
    } catch (Hdf5Error const& error) {
      throw InputError(say(Message::se_not_answers, path.string(), error.what()));
    } catch (nlohmann::json::exception const&) {
      throw InputError(say(Message::se_not_answers, path.string(), "parameters, design, scenarios"));
    }
  }

  [[noreturn]] void refuse(std::string const& what) const { throw InputError(say(Message::se_not_answers, path.string(), what)); }

  [[nodiscard]] std::string text_attribute(hid_t object, char const* attribute, bool needed) const {
    if (checked(H5Aexists(object, attribute)) <= 0) {
      if (needed) refuse(attribute);
      return {};
    }
    Hid const id{H5Aopen(object, attribute, H5P_DEFAULT), H5Aclose};
    Hid const type{H5Aget_type(id.get()), H5Tclose}, space{H5Aget_space(id.get()), H5Sclose};
    if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) <= 0 || H5Sget_simple_extent_npoints(space.get()) != 1)
      refuse(attribute);
    Hid const memory{H5Tcopy(H5T_C_S1), H5Tclose};
    checked(H5Tset_size(memory.get(), H5T_VARIABLE));
    checked(H5Tset_cset(memory.get(), H5T_CSET_UTF8));
    char* text = nullptr;
    checked(H5Aread(id.get(), memory.get(), &text));
    return taken(text);
  }
  [[nodiscard]] std::int64_t integer_attribute(hid_t object, char const* attribute) const {
    if (checked(H5Aexists(object, attribute)) <= 0) refuse(attribute);
    Hid const id{H5Aopen(object, attribute, H5P_DEFAULT), H5Aclose};
    Hid const type{H5Aget_type(id.get()), H5Tclose}, space{H5Aget_space(id.get()), H5Sclose};
    if (H5Tget_class(type.get()) != H5T_INTEGER || H5Sget_simple_extent_npoints(space.get()) != 1) refuse(attribute);
    std::int64_t value = 0;
    checked(H5Aread(id.get(), H5T_NATIVE_INT64, &value));
    return value;
  }

  [[nodiscard]] Hid open(std::string const& dataset) const { return {H5Dopen2(file.get(), dataset.c_str(), H5P_DEFAULT), H5Dclose}; }
  [[nodiscard]] std::vector<hsize_t> extents(hid_t dataset) const {
    Hid const space{H5Dget_space(dataset), H5Sclose};
    int const rank = H5Sget_simple_extent_ndims(space.get());
    if (rank < 1 || rank > 4) return {};
    std::vector<hsize_t> found(static_cast<std::size_t>(rank));
    checked(H5Sget_simple_extent_dims(space.get(), found.data(), nullptr));
    hsize_t all = 1;
    for (hsize_t const extent : found) {
      if (extent == 0 || extent > most_values / all) return {};
      all *= extent;
    }
    return found;
  }
  [[nodiscard]] H5T_class_t kind(hid_t dataset) const {
    Hid const type{H5Dget_type(dataset), H5Tclose};
    return H5Tget_class(type.get());
  }
  /// A scale, or a variable on `point`: `count` 0 takes what there is.
  [[nodiscard]] std::vector<double> numbers(std::string const& dataset, std::size_t count) const {
    Hid const id = open(dataset);
    auto const shape = extents(id.get());
    auto const type = kind(id.get());
    if (shape.size() != 1 || (count != 0 && shape[0] != count) || (type != H5T_INTEGER && type != H5T_FLOAT)) refuse(dataset);
    std::vector<double> values(shape[0]);
    checked(H5Dread(id.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
    return values;
  }
  [[nodiscard]] std::vector<std::string> texts(std::string const& dataset) const {
    Hid const id = open(dataset);
    if (kind(id.get()) != H5T_STRING || extents(id.get()) != std::vector<hsize_t>{points}) refuse(dataset);
    Hid const stored{H5Dget_type(id.get()), H5Tclose};
    if (H5Tis_variable_str(stored.get()) <= 0) refuse(dataset);
    Hid const memory{H5Tcopy(H5T_C_S1), H5Tclose};
    checked(H5Tset_size(memory.get(), H5T_VARIABLE));
    checked(H5Tset_cset(memory.get(), H5T_CSET_UTF8));
    std::vector<char*> pointers(points, nullptr);
    checked(H5Dread(id.get(), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()));
    std::vector<std::string> values;
    values.reserve(points);
    for (char* const text : pointers) values.push_back(taken(text));
    return values;
  }

  void read_all() {
    Hid const root{H5Gopen2(file.get(), "/", H5P_DEFAULT), H5Gclose};
    name = text_attribute(root.get(), "sweep", true);
    version = text_attribute(root.get(), "version", true) + " (" + text_attribute(root.get(), "commit", true) + ")";
    runs_done = static_cast<std::size_t>(std::max<std::int64_t>(0, integer_attribute(root.get(), "runs_done")));
    auto const how = nlohmann::json::parse(text_attribute(root.get(), "design", true));
    design = how.value("kind", std::string{});
    data_digest = text_attribute(root.get(), "data_digest", false);
    auto const texts_of_scenarios = nlohmann::json::parse(text_attribute(root.get(), "scenarios", true));
    for (auto const& [stem, text] : texts_of_scenarios.items()) scenario_texts[stem] = text.get<std::string>();
    points = numbers("point", 0).size();
    replicates = numbers("replicate", 0).size();
    read_months();
    read_scenarios();
    auto const places = [&](char const* dataset) {
      auto const values = numbers(dataset, points);
      std::vector<std::uint32_t> of_rows;
      for (std::size_t row = 0; row < rows; ++row) {
        if (!(values[row] >= 0) || values[row] > 1e9) refuse(dataset);
        of_rows.push_back(static_cast<std::uint32_t>(values[row]));
      }
      return of_rows;
    };
    block = places("block");
    step = places("step");
    for (auto const& entry : nlohmann::json::parse(text_attribute(root.get(), "parameters", true)))
      read_parameter(entry.at("path").get<std::string>(), entry.at("variable").get<std::string>(), how.value("ranges", nlohmann::json::object()));
    read_indicators(root.get());
  }

  void read_months() {
    using namespace std::chrono;
    auto const days = numbers("time", 0);
    if (!(days.front() > -30000 && days.front() < 90000)) refuse("time");
    year_month_day const date{sys_days{std::chrono::days{static_cast<int>(days.front())}}};
    start = Month::of(int{date.year()}, static_cast<int>(unsigned{date.month()}));
    months = days.size();
    for (std::size_t m = 0; m < months; ++m)
      if (m > 3600 || days[m] != (start + static_cast<int>(m)).days_since_1970()) refuse("time");
  }

  void read_scenarios() {
    auto const stems = texts("scenario");
    for (auto const& stem : stems)
      if (std::find(scenarios.begin(), scenarios.end(), stem) == scenarios.end()) scenarios.push_back(stem);
    if (points % scenarios.size() != 0) refuse("scenario");
    rows = points / scenarios.size();
    for (std::size_t p = 0; p < points; ++p)
      if (stems[p] != scenarios[p / rows]) refuse("scenario");
  }

  void read_parameter(std::string const& path_of_it, std::string const& variable, nlohmann::json const& ranges) {
    SweepParameter parameter;
    parameter.path = path_of_it;
    parameter.name = variable;
    Hid const id = open(variable);
    parameter.unit = text_attribute(id.get(), "units", false);
    parameter.title_en = text_attribute(id.get(), "long_name", false);
    parameter.title_es = text_attribute(id.get(), "long_name_es", false);
    if (auto const range = ranges.find(path_of_it); range != ranges.end())
      parameter.range = Interval{range->at(0).get<double>(), range->at(1).get<double>()};
    if (kind(id.get()) == H5T_STRING) {
      auto of_rows = texts(variable);
      of_rows.resize(rows);
      std::set<std::string> const distinct(of_rows.begin(), of_rows.end());
      parameter.words.assign(distinct.begin(), distinct.end());
      for (auto const& word : of_rows)
        parameter.values.push_back(static_cast<double>(std::distance(distinct.begin(), distinct.find(word))));
    } else {
      parameter.values = numbers(variable, points);
      parameter.values.resize(rows);
    }
    for (double const value : parameter.values)
      if (!std::isfinite(value)) refuse(variable);
    parameters.push_back(std::move(parameter));
  }

  void read_indicators(hid_t root) {
    std::vector<std::string> names;
    checked(H5Literate(root, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, add_name, &names));
    std::vector<hsize_t> const shape{points, replicates, months};
    for (auto const& dataset : names) {
      Hid const id = open(dataset);
      if (kind(id.get()) != H5T_FLOAT || extents(id.get()) != shape) continue;
      SweepIndicator indicator;
      indicator.name = dataset;
      indicator.units = text_attribute(id.get(), "units", false);
      indicator.title_en = text_attribute(id.get(), "long_name", false);
      indicator.title_es = text_attribute(id.get(), "long_name_es", false);
      indicator.headline = std::find(names.begin(), names.end(), dataset + "_final") != names.end();
      indicators.push_back(std::move(indicator));
    }
    if (indicators.empty()) refuse("point, replicate, time");
  }
};

SweepReader::SweepReader(fs::path const& path) {
  try_in_child(path, [&] { Parts const parts{path}; });
  parts_ = std::make_unique<Parts>(path);
}
SweepReader::~SweepReader() = default;
SweepReader::SweepReader(SweepReader&&) noexcept = default;
SweepReader& SweepReader::operator=(SweepReader&&) noexcept = default;

fs::path const& SweepReader::path() const { return parts_->path; }
std::string const& SweepReader::name() const { return parts_->name; }
std::string const& SweepReader::version() const { return parts_->version; }
std::string const& SweepReader::design() const { return parts_->design; }
std::vector<std::string> const& SweepReader::scenarios() const { return parts_->scenarios; }
std::string SweepReader::scenario_text(std::string const& stem) const {
  auto const found = parts_->scenario_texts.find(stem);
  return found == parts_->scenario_texts.end() ? "" : found->second;
}
std::string const& SweepReader::data_digest() const { return parts_->data_digest; }
std::vector<SweepParameter> const& SweepReader::parameters() const { return parts_->parameters; }
std::vector<SweepIndicator> const& SweepReader::indicators() const { return parts_->indicators; }
std::size_t SweepReader::rows() const { return parts_->rows; }
std::size_t SweepReader::replicates() const { return parts_->replicates; }
std::size_t SweepReader::months() const { return parts_->months; }
Month SweepReader::start() const { return parts_->start; }
std::size_t SweepReader::runs_done() const { return parts_->runs_done; }
std::vector<std::uint32_t> const& SweepReader::block() const { return parts_->block; }
std::vector<std::uint32_t> const& SweepReader::step() const { return parts_->step; }

SweepMonths SweepReader::months_of(std::string const& asked) const {
  if (asked == "mean") return {"mean", 0, months()};
  auto const last = start() + (static_cast<int>(months()) - 1);
  if (asked == "last") return {last.text(), months() - 1, 1};
  auto const month = Month::parse(asked);
  if (!month) throw InputError(say(Message::se_bad_month, shown(asked)));
  if (*month < start() || *month > last) throw InputError(say(Message::se_month_outside, asked, start().text(), last.text()));
  return {asked, static_cast<std::size_t>(*month - start()), 1};
}

std::vector<double> SweepReader::read(SweepIndicator const& indicator, std::size_t scenario, SweepMonths const& months_asked) const {
  auto const& parts = *parts_;
  std::size_t const cells = parts.rows * parts.replicates;
  std::vector<double> by_month(cells * months_asked.count), values(cells, none);
  try {
    Hid const dataset = parts.open(indicator.name);
    if (parts.kind(dataset.get()) != H5T_FLOAT || parts.extents(dataset.get()) != std::vector<hsize_t>{parts.points, parts.replicates, parts.months})
      parts.refuse(indicator.name);
    Hid const in_file{H5Dget_space(dataset.get()), H5Sclose};
    std::vector<hsize_t> const first{scenario * parts.rows, 0, months_asked.first}, count{parts.rows, parts.replicates, months_asked.count};
    checked(H5Sselect_hyperslab(in_file.get(), H5S_SELECT_SET, first.data(), nullptr, count.data(), nullptr));
    Hid const in_memory{H5Screate_simple(3, count.data(), nullptr), H5Sclose};
    checked(H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, in_memory.get(), in_file.get(), H5P_DEFAULT, by_month.data()));
  } catch (Hdf5Error const& error) {
    throw InputError(say(Message::se_not_answers, parts.path.string(), error.what()));
  }
  for (std::size_t cell = 0; cell < cells; ++cell) {
    double sum = 0;
    std::size_t defined = 0;
    for (std::size_t m = 0; m < months_asked.count; ++m)
      if (double const value = by_month[cell * months_asked.count + m]; std::isfinite(value)) {
        sum += value;
        ++defined;
      }
    if (defined > 0) values[cell] = sum / static_cast<double>(defined);
  }
  return values;
}

}  // namespace arraigo::analysis
