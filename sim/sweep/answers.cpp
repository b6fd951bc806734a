#include "sweep/answers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5_hl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/numbers.hpp"
#include "core/parallel.hpp"
#include "core/text_file.hpp"
#include "params/parameters.hpp"
#include "record/file_publish.hpp"
#include "record/hdf5_handle.hpp"
#include "record/record.hpp"
#include "record/recorder.hpp"
#include "record/run_file.hpp"

namespace arraigo::sweep {
namespace {

namespace fs = std::filesystem;

constexpr hsize_t chunk_values = hsize_t{1} << 16U;
constexpr double none = std::numeric_limits<double>::quiet_NaN();

[[noreturn]] void fail(fs::path const& path, int error) {
  throw MachineError(say(Message::app_path_failed, path.string(), system_reason(error)));
}

/// A file that is written beside its final name and takes its place when it is whole.
class NewFile {
 public:
  /// `locked`: by this; HDF5 takes a lock of its own, which another would keep out.
  NewFile(fs::path target, bool locked, bool replace) : target_(std::move(target)), replace_(replace) {
    refuse_no_file(target_);
    fs::path const folder = target_.has_parent_path() ? target_.parent_path() : fs::path{"."};
    std::string const front = "." + target_.filename().string() + ".", ending = ".part";
    std::error_code failed;
    // What killed writers left; a living one holds a lock.
    std::vector<fs::path> left;
    for (fs::directory_iterator file{folder, failed}, end; !failed && file != end; file.increment(failed))
      if (auto const name = file->path().filename().string(); name.starts_with(front) && name.ends_with(ending))
        left.push_back(file->path());
    for (auto const& name : left) {
      int const number = ::open(name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
      if (number < 0) continue;
      if (::flock(number, LOCK_EX | LOCK_NB) == 0) ::unlink(name.c_str());
      ::close(number);
    }
    for (int n = 0; number_ < 0; ++n) {
      name_ = folder / fmt::format("{}{}.{}{}", front, ::getpid(), n, ending);
      number_ = create_exclusively(name_);
      if (n > 1000) fail(name_, EEXIST);
    }
    if (locked) static_cast<void>(::flock(number_, LOCK_SH | LOCK_NB));
  }
  ~NewFile() {
    if (!done_) ::unlink(name_.c_str());
    ::close(number_);
  }
  NewFile(NewFile const&) = delete;
  NewFile& operator=(NewFile const&) = delete;

  [[nodiscard]] fs::path const& name() const { return name_; }
  /// After whoever wrote it has closed it.
  void publish() {
    if (::fsync(number_) != 0) fail(target_, errno);
    give_final_name(name_, target_, replace_);
    done_ = true;
  }

 private:
  fs::path target_, name_;
  bool replace_;
  int number_ = -1;
  bool done_ = false;
};

struct Attribute {
  std::string name, value;
};

using Attributes = std::vector<Attribute>;

Attributes documented(std::string const& units, std::string const& title_en, std::string const& title_es,
                      std::string const& definition_en, std::string const& definition_es) {
  // Some readers turn whole words for time units into durations; the symbols of UDUNITS stay numbers.
  std::string const stored = units == "minutes" ? "min" : units == "hours" ? "h" : units == "days" ? "d" : units == "seconds" ? "s" : units;
  return {{"units", stored},
          {"long_name", title_en},
          {"long_name_es", title_es},
          {"definition", definition_en},
          {"definition_es", definition_es}};
}

/// The HDF5 file while it is written: streams to the disk, in the order of creation, without times.
class AnswerFile {
 public:
  explicit AnswerFile(fs::path const& name) {
    start_hdf5();
    Hid const access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
    checked(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110));
    checked(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG));
    Hid const creation{H5Pcreate(H5P_FILE_CREATE), H5Pclose};
    constexpr unsigned in_order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    checked(H5Pset_link_creation_order(creation.get(), in_order));
    checked(H5Pset_attr_creation_order(creation.get(), in_order));
    checked(H5Pset_attr_phase_change(creation.get(), 1000, 1000));
    checked(H5Pset_obj_track_times(creation.get(), 0));
    // A temporary of our own, still empty: nobody else has it open.
    file_ = Hid{H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose};
    text_type_ = Hid{H5Tcopy(H5T_C_S1), H5Tclose};
    checked(H5Tset_size(text_type_.get(), H5T_VARIABLE));
    checked(H5Tset_cset(text_type_.get(), H5T_CSET_UTF8));
  }

  void add_scale(std::string const& name, std::vector<std::int32_t> const& values, Attributes const& attributes) {
    hsize_t const extent = values.size();
    Hid dataset = create(name, H5T_STD_I32LE, {&extent, 1}, {});
    checked(H5Dwrite(dataset.get(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
    checked(H5DSset_scale(dataset.get(), name.c_str()));
    for (auto const& attribute : attributes) add_attribute(dataset.get(), attribute);
    scales_.emplace_back(name, std::move(dataset));
  }
  void add_texts(std::string const& name, std::string const& axis, std::vector<std::string> const& values,
                 Attributes const& attributes) {
    std::vector<std::string> stored;
    std::vector<char const*> pointers;
    for (auto const& value : values) stored.push_back(storable_text(value));
    for (auto const& value : stored) pointers.push_back(value.c_str());
    hsize_t const extent = values.size();
    Hid const dataset = create(name, text_type_.get(), {&extent, 1}, {});
    checked(H5Dwrite(dataset.get(), text_type_.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()));
    finish(dataset.get(), {axis}, attributes);
  }
  void add_numbers(std::string const& name, std::string const& axis, std::vector<std::int32_t> const& values,
                   Attributes const& attributes) {
    hsize_t const extent = values.size();
    Hid const dataset = create(name, H5T_STD_I32LE, {&extent, 1}, {});
    checked(H5Dwrite(dataset.get(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
    finish(dataset.get(), {axis}, attributes);
  }
  void add_numbers(std::string const& name, std::string const& axis, std::vector<double> const& values,
                   Attributes const& attributes) {
    hsize_t const extent = values.size();
    Hid const dataset = create(name, H5T_IEEE_F64LE, {&extent, 1}, {});
    checked(H5Dwrite(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
    finish(dataset.get(), {axis}, attributes);
  }
  /// A variable that is filled block by block. Returns its place in this file.
  std::size_t open_blocks(std::string const& name, hid_t type, std::vector<hsize_t> const& extents,
                          std::vector<hsize_t> const& chunk, std::vector<std::string> const& axes,
                          Attributes const& attributes) {
    Hid dataset = create(name, type, extents, chunk);
    finish(dataset.get(), axes, attributes);
    open_.push_back(std::move(dataset));
    return open_.size() - 1;
  }
  void write_block(std::size_t variable, hid_t type, std::vector<hsize_t> const& start, std::vector<hsize_t> const& count,
                   void const* values) {
    hid_t const dataset = open_[variable].get();
    Hid const in_file{H5Dget_space(dataset), H5Sclose};
    checked(H5Sselect_hyperslab(in_file.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr));
    Hid const in_memory{H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose};
    checked(H5Dwrite(dataset, type, in_memory.get(), in_file.get(), H5P_DEFAULT, values));
  }
  void add_root(Attributes const& texts, std::vector<std::pair<std::string, std::int64_t>> const& numbers) {
    Hid const root{H5Gopen2(file_.get(), "/", H5P_DEFAULT), H5Gclose};
    for (auto const& attribute : texts) add_attribute(root.get(), attribute);
    for (auto const& [name, value] : numbers) {
      Hid const space{H5Screate(H5S_SCALAR), H5Sclose};
      // R has no 64-bit integers and warns of each.
      bool const small = value <= std::numeric_limits<std::int32_t>::max();
      Hid id{H5Acreate2(root.get(), name.c_str(), small ? H5T_STD_I32LE : H5T_STD_I64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose};
      checked(H5Awrite(id.get(), H5T_NATIVE_INT64, &value));
      id.close();
    }
  }
  void close() {
    for (auto& dataset : open_) dataset.close();
    for (auto& scale : scales_) scale.second.close();
    text_type_.close();
    file_.close();
  }

 private:
  Hid create(std::string const& name, hid_t type, std::span<hsize_t const> extents, std::vector<hsize_t> const& chunk) {
    Hid const creation{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
    checked(H5Pset_obj_track_times(creation.get(), 0));
    checked(H5Pset_attr_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    checked(H5Pset_attr_phase_change(creation.get(), 1000, 1000));
    if (!chunk.empty()) {
      checked(H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data()));
      checked(H5Pset_shuffle(creation.get()));
      checked(H5Pset_deflate(creation.get(), 1));
      checked(H5Pset_fletcher32(creation.get()));
    }
    Hid const space{H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose};
    return {H5Dcreate2(file_.get(), name.c_str(), type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT), H5Dclose};
  }
  void finish(hid_t dataset, std::vector<std::string> const& axes, Attributes const& attributes) {
    for (std::size_t i = 0; i < axes.size(); ++i)
      for (auto const& [name, id] : scales_)
        if (name == axes[i]) checked(H5DSattach_scale(dataset, id.get(), static_cast<unsigned>(i)));
    for (auto const& attribute : attributes) add_attribute(dataset, attribute);
  }
  void add_attribute(hid_t object, Attribute const& attribute) const {
    Hid const space{H5Screate(H5S_SCALAR), H5Sclose};
    Hid id{H5Acreate2(object, attribute.name.c_str(), text_type_.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose};
    std::string const stored = storable_text(attribute.value);
    char const* text = stored.c_str();
    checked(H5Awrite(id.get(), text_type_.get(), &text));
    id.close();
  }

  Hid file_, text_type_;
  std::vector<std::pair<std::string, Hid>> scales_;
  std::vector<Hid> open_;
};

/// An indicator over the totals that results hold.
struct Output {
  Indicator const* indicator = nullptr;
  std::array<std::vector<std::pair<std::size_t, std::int64_t>>, 4> terms;  ///< row of the result, and sign
};

std::vector<Output> outputs_of(Plan const& plan) {
  std::vector<Output> outputs;
  for (auto const& indicator : indicator_table()) {
    Output output;
    output.indicator = &indicator;
    bool whole = true;
    std::array const lists{&indicator.numerator, &indicator.denominator, &indicator.reference_numerator, &indicator.reference_denominator};
    for (std::size_t i = 0; i < lists.size(); ++i)
      for (auto const& term : *lists[i]) {
        bool const minus = term.starts_with('-');
        auto const found = std::find(plan.variables.begin(), plan.variables.end(), term.substr(minus ? 1 : 0));
        if (found == plan.variables.end())
          whole = false;
        else
          output.terms[i].emplace_back(static_cast<std::size_t>(found - plan.variables.begin()), minus ? -1 : 1);
      }
    if (whole) outputs.push_back(std::move(output));
  }
  return outputs;
}

double value_of(Output const& output, Result const& result, std::size_t month) {
  std::array<double, 4> sums{1, 1, 1, 1};
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (output.terms[i].empty()) continue;
    std::int64_t sum = 0;
    for (auto const& [row, sign] : output.terms[i]) sum += sign * result.values[row][month];
    sums[i] = static_cast<double>(sum);
  }
  return output.indicator->value(sums[0], sums[1], sums[2], sums[3]).value_or(none);
}

/// Of the months in which it is defined.
double mean_of(double const* months, std::size_t count) {
  double sum = 0;
  std::size_t defined = 0;
  for (std::size_t m = 0; m < count; ++m)
    if (!std::isnan(months[m])) {
      sum += months[m];
      ++defined;
    }
  return defined == 0 ? none : sum / static_cast<double>(defined);
}

std::string plain_name(std::string const& path) {
  std::string name;
  for (char const c : path) {
    bool const plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    name += plain ? c : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : '_';
  }
  return name;
}

/// Names of the variables that hold the paths: no two alike, and none that something else has.
std::vector<std::string> names_of(std::vector<std::string> const& paths, std::vector<Output> const& outputs) {
  std::set<std::string> taken{"point", "replicate", "time", "scenario", "row", "block", "step", "status", "state_hash"};
  for (auto const& output : outputs)
    for (char const* ending : {"", "_final", "_mean"}) taken.insert(output.indicator->name + ending);
  std::vector<std::string> names;
  for (auto const& path : paths) {
    std::string name = plain_name(path);
    while (!taken.insert(name).second) name.insert(0, "set_");
    names.push_back(std::move(name));
  }
  return names;
}

std::string field(double value) { return std::isnan(value) ? std::string{} : number_text(value); }

/// A CSV file that is written from its begin to its end.
class CsvFile {
 public:
  CsvFile(fs::path const& target, std::string const& header, bool replace) : file_(target, true, replace), out_(file_.name(), std::ios::binary), target_(target) {
    out_ << header << '\n';
  }
  void add(std::string const& line) { out_ << line << '\n'; }
  void publish() {
    errno = 0;
    out_.close();
    if (!out_) fail(target_, errno);
    file_.publish();
  }

 private:
  NewFile file_;
  std::ofstream out_;
  fs::path target_;
};

enum class Status : std::uint8_t { missing = 0, done = 1, failed = 2 };
constexpr std::array<char const*, 3> status_names{"missing", "done", "failed"};

class Collector {
 public:
  Collector(RunFolder const& folder, Plan const& plan, AnswerFiles const& files)
      : folder_(folder), plan_(plan), files_(files), outputs_(outputs_of(plan)), names_(names_of(plan.paths, outputs_)) {
    auto const done = folder.finished();
    status_.assign(plan.runs(), Status::missing);
    for (std::size_t i = 0; i < done.size(); ++i)
      if (done[i]) status_[i] = Status::done;
    for (auto const& failure : folder.failures(done)) status_[folder.index_of(failure.run)] = Status::failed;
  }

  Collected run() {
    open_tables();
    NewFile file(files_.hdf5, false, true);
    try {
      AnswerFile answer(file.name());
      write_axes(answer);
      write_points(answer);
      write_runs(answer);
      write_root(answer);
      answer.close();
    } catch (Hdf5Error const& error) {
      throw MachineError(say(Message::rf_write_failed, files_.hdf5.string(), error.what()));
    }
    file.publish();
    if (csv_) csv_->publish();
    if (csv_months_) csv_months_->publish();
    return count();
  }

 private:
  [[nodiscard]] Collected count() const {
    auto const of = [&](Status status) { return static_cast<std::size_t>(std::count(status_.begin(), status_.end(), status)); };
    return {of(Status::done), of(Status::failed), of(Status::missing)};
  }

  void open_tables() {
    std::string head = "point,replicate,scenario,row,block,step";
    for (auto const& path : plan_.paths) head += "," + csv_text(path);
    std::string wide = head + ",status", months = head + ",month";
    for (auto const& output : outputs_) {
      if (output.indicator->headline) wide += fmt::format(",{0}_final,{0}_mean", output.indicator->name);
      months += "," + output.indicator->name;
    }
    if (files_.csv) csv_.emplace(*files_.csv, wide, files_.replace_tables);
    if (files_.csv_months) csv_months_.emplace(*files_.csv_months, months, files_.replace_tables);
  }

  void write_axes(AnswerFile& answer) const {
    std::vector<std::int32_t> points(plan_.points()), replicates(static_cast<std::size_t>(plan_.replicates)), days;
    for (std::size_t p = 0; p < points.size(); ++p) points[p] = static_cast<std::int32_t>(p);
    for (std::size_t r = 0; r < replicates.size(); ++r) replicates[r] = static_cast<std::int32_t>(r);
    for (int m = 0; m < plan_.months; ++m) days.push_back((plan_.start + m).days_since_1970());
    answer.add_scale("point", points,
                     documented("1", "point: a row of the design under a scenario", "punto: una fila del diseño en un escenario",
                                "number of the point, counted from 0; those of the first scenario come first",
                                "número del punto, contado desde 0; los del primer escenario van primero"));
    answer.add_scale("replicate", replicates,
                     documented("1", "replicate: the same number means the same random numbers at every point",
                                "réplica: el mismo número significa los mismos números aleatorios en todo punto",
                                "number of the replicate, counted from 0", "número de la réplica, contado desde 0"));
    auto time = documented("days since 1970-01-01", "month, by its first day; stocks are of its end, flows of the whole month",
                           "mes, por su primer día; los saldos son de su final, los flujos de todo el mes",
                           "first day of the simulated month", "primer día del mes simulado");
    time.insert(time.end(), {{"calendar", "proleptic_gregorian"}, {"standard_name", "time"}, {"axis", "T"}});
    answer.add_scale("time", days, time);
  }

  void write_points(AnswerFile& answer) const {
    std::size_t const rows = plan_.rows(), points = plan_.points();
    std::vector<std::string> scenarios;
    std::vector<std::int32_t> row_of_point;
    for (std::size_t p = 0; p < points; ++p) {
      scenarios.push_back(plan_.scenarios[plan_.scenario_of(p)].stem);
      row_of_point.push_back(static_cast<std::int32_t>(plan_.row_of(p)));
    }
    answer.add_texts("scenario", "point", scenarios,
                     documented("1", "scenario", "escenario", "stem of the scenario of each point", "nombre del escenario de cada punto"));
    answer.add_numbers("row", "point", row_of_point,
                       documented("1", "row of the design", "fila del diseño", "the same row means the same values in every scenario",
                                  "la misma fila significa los mismos valores en todo escenario"));
    std::vector<std::int32_t> block(points), step(points);
    // A column at a time: the cells of all rows at once would be far more than the plan's text.
    for (std::size_t column = 0; column < plan_.paths.size() + 2; ++column) {
      std::vector<std::string> texts(rows);
      for (std::size_t row = 0; row < rows; ++row) texts[row] = std::move(plan_.cells(row)[column]);
      if (column < 2) {
        std::vector<std::int32_t> numbers(points);
        for (std::size_t p = 0; p < points; ++p) numbers[p] = static_cast<std::int32_t>(parse_integer(texts[plan_.row_of(p)]).value);
        answer.add_numbers(column == 0 ? "block" : "step", "point", numbers,
                           column == 0 ? documented("1", "block of the design", "bloque del diseño",
                                                    "morris: trajectory; saltelli: 0 for A, 1 for B, 2 + i for A with parameter i of B",
                                                    "morris: trayectoria; saltelli: 0 es A, 1 es B, 2 + i es A con el parámetro i de B")
                                       : documented("1", "step in the block", "paso en el bloque",
                                                    "morris: step of the trajectory; saltelli: row of the block",
                                                    "morris: paso de la trayectoria; saltelli: fila del bloque"));
        continue;
      }
      std::string const& path = plan_.paths[column - 2];
      auto const* parameter = find_parameter(path);
      auto attributes = parameter != nullptr
                            ? documented(parameter->unit, parameter->title.en, parameter->title.es, "value of the parameter at each point", "valor del parámetro en cada punto")
                            : documented("1", path, path, "value at each point, as --set takes it", "valor en cada punto, como en --set");
      attributes.push_back({"path", path});
      bool const numeric = std::all_of(texts.begin(), texts.end(), [](std::string const& text) { return parse_number(text).fault == NumberFault::none; });
      if (numeric) {
        std::vector<double> numbers(points);
        for (std::size_t p = 0; p < points; ++p) numbers[p] = parse_number(texts[plan_.row_of(p)]).value;
        answer.add_numbers(names_[column - 2], "point", numbers, attributes);
      } else {
        std::vector<std::string> all(points);
        for (std::size_t p = 0; p < points; ++p) all[p] = texts[plan_.row_of(p)];
        answer.add_texts(names_[column - 2], "point", all, attributes);
      }
    }
  }

  void write_runs(AnswerFile& answer) {
    hsize_t const points = plan_.points(), replicates = static_cast<hsize_t>(plan_.replicates), months = static_cast<hsize_t>(plan_.months);
    // A block is one chunk of every variable: it is compressed once, and memory holds no more.
    hsize_t const of_block = std::clamp<hsize_t>(chunk_values / months, 1, replicates);
    hsize_t const points_of_block = of_block < replicates ? 1 : std::clamp<hsize_t>(chunk_values / (months * replicates), 1, points);
    std::vector<hsize_t> const extents{points, replicates, months}, chunk{points_of_block, of_block, months};
    std::vector<hsize_t> const flat{points, replicates}, flat_chunk{points_of_block, of_block};
    std::vector<std::string> const axes{"point", "replicate", "time"}, flat_axes{"point", "replicate"};
    auto const status = answer.open_blocks("status", H5T_STD_I32LE, flat, flat_chunk, flat_axes,
                                           documented("1", "status of the run", "estado de la corrida", "0 missing, 1 done, 2 failed", "0 falta, 1 hecha, 2 con falla"));
    auto const hash = answer.open_blocks("state_hash", H5T_STD_I64LE, flat, flat_chunk, flat_axes,
                                         documented("1", "hash of the final state", "hash del estado final", "equal hashes mean equal persons, households and firms at the end of the last month; 0 where there is no run",
                                                    "hashes iguales significan personas, hogares y empresas iguales al final del último mes; 0 donde no hay corrida"));
    struct Places {
      std::size_t by_month, final, mean;
    };
    std::vector<Places> places;
    for (auto const& output : outputs_) {
      auto const& i = *output.indicator;
      auto attributes = documented(i.units, i.title_en, i.title_es, i.definition_en, i.definition_es);
      Places at{};
      at.by_month = answer.open_blocks(i.name, H5T_IEEE_F64LE, extents, chunk, axes, attributes);
      if (i.headline) {
        attributes.push_back({"of", i.name});
        auto of_final = attributes, of_mean = attributes;
        of_final.push_back({"statistic", "final month"});
        of_mean.push_back({"statistic", "mean over the months in which it is defined"});
        at.final = answer.open_blocks(i.name + "_final", H5T_IEEE_F64LE, flat, flat_chunk, flat_axes, of_final);
        at.mean = answer.open_blocks(i.name + "_mean", H5T_IEEE_F64LE, flat, flat_chunk, flat_axes, of_mean);
      }
      places.push_back(at);
    }

    Errors damaged;
    std::mutex damaged_mutex;
    for (hsize_t p = 0; p < points; p += points_of_block)
      for (hsize_t r = 0; r < replicates; r += of_block) {
        hsize_t const np = std::min(points_of_block, points - p), nr = std::min(of_block, replicates - r);
        std::size_t const runs = np * nr;
        std::vector<std::vector<double>> values(outputs_.size(), std::vector<double>(runs * months, none));
        std::vector<std::int32_t> states(runs);
        std::vector<std::int64_t> hashes(runs, 0);
        for_each_index(runs, [&](std::size_t i) {
          RunId const run{static_cast<std::size_t>(p + i / nr), static_cast<int>(r + i % nr)};
          auto const at = folder_.index_of(run);
          states[i] = static_cast<std::int32_t>(status_[at]);
          if (status_[at] != Status::done) return;
          try {
            auto const result = read(run);
            hashes[i] = static_cast<std::int64_t>(result.state_hash);
            for (std::size_t o = 0; o < outputs_.size(); ++o)
              for (std::size_t m = 0; m < months; ++m) values[o][i * months + m] = value_of(outputs_[o], result, m);
          } catch (InputError const& error) {
            std::lock_guard const lock(damaged_mutex);
            damaged.add(error.what());
          }
        });
        if (!damaged.empty()) continue;
        answer.write_block(status, H5T_NATIVE_INT32, {p, r}, {np, nr}, states.data());
        answer.write_block(hash, H5T_NATIVE_INT64, {p, r}, {np, nr}, hashes.data());
        std::vector<double> finals(runs), means(runs);
        for (std::size_t o = 0; o < outputs_.size(); ++o) {
          answer.write_block(places[o].by_month, H5T_NATIVE_DOUBLE, {p, r, 0}, {np, nr, months}, values[o].data());
          if (!outputs_[o].indicator->headline) continue;
          for (std::size_t i = 0; i < runs; ++i) {
            finals[i] = values[o][(i + 1) * months - 1];
            means[i] = mean_of(&values[o][i * months], months);
          }
          answer.write_block(places[o].final, H5T_NATIVE_DOUBLE, {p, r}, {np, nr}, finals.data());
          answer.write_block(places[o].mean, H5T_NATIVE_DOUBLE, {p, r}, {np, nr}, means.data());
        }
        write_tables(p, r, nr, runs, values, states);
      }
    damaged.throw_if_any();
  }

  [[nodiscard]] Result read(RunId run) const {
    auto result = folder_.read(run);
    std::string const file = folder_.result_path(run).string();
    // Somebody removed it while this reads, or another program of the same plan's version keeps other things.
    if (!result) throw InputError(say(Message::sw_result_damaged, file, say(Message::rf_why_missing)));
    if (result->values.size() != plan_.variables.size()) throw InputError(say(Message::sw_result_damaged, file, say(Message::rf_why_shape)));
    for (auto const& row : result->values)
      if (row.size() < static_cast<std::size_t>(plan_.months)) throw InputError(say(Message::sw_result_damaged, file, say(Message::rf_why_shape)));
    return std::move(*result);
  }

  void write_tables(std::size_t p, std::size_t r, std::size_t nr, std::size_t runs, std::vector<std::vector<double>> const& values, std::vector<std::int32_t> const& states) {
    if (!csv_ && !csv_months_) return;
    auto const months = static_cast<std::size_t>(plan_.months);
    for (std::size_t i = 0; i < runs; ++i) {
      std::size_t const point = p + i / nr;
      std::string head = fmt::format("{},{},{},{}", point, r + i % nr, csv_text(plan_.scenarios[plan_.scenario_of(point)].stem), plan_.row_of(point));
      for (auto const& cell : plan_.cells(plan_.row_of(point))) head += "," + csv_text(cell);
      if (csv_) {
        std::string line = head + "," + status_names[static_cast<std::size_t>(states[i])];
        for (std::size_t o = 0; o < outputs_.size(); ++o)
          if (outputs_[o].indicator->headline)
            line += fmt::format(",{},{}", field(values[o][(i + 1) * months - 1]), field(mean_of(&values[o][i * months], months)));
        csv_->add(line);
      }
      if (csv_months_ && status_names[static_cast<std::size_t>(states[i])] == status_names[1])
        for (std::size_t m = 0; m < months; ++m) {
          std::string line = head + "," + (plan_.start + static_cast<int>(m)).text();
          for (auto const& of_output : values) line += "," + field(of_output[i * months + m]);
          csv_months_->add(line);
        }
    }
  }

  void write_root(AnswerFile& answer) const {
    auto scenarios = nlohmann::ordered_json::object();
    for (auto const& scenario : plan_.scenarios) scenarios[scenario.stem] = scenario.yaml;
    auto paths = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < plan_.paths.size(); ++i) paths.push_back({{"path", plan_.paths[i]}, {"variable", names_[i]}});
    auto const counted = count();
    answer.add_root({{"Conventions", "CF-1.8"},
                     {"title", "Arraigo: " + plan_.name},
                     {"sweep", plan_.name},
                     {"design", plan_.design},
                     {"parameters", paths.dump()},
                     {"scenarios", scenarios.dump()},
                     {"detail", plan_.detail},
                     {"start", plan_.start.text()},
                     {"version", plan_.version},
                     {"commit", plan_.commit},
                     {"data_digest", plan_.data_digest},
                     {"plan_digest", plan_.digest}},
                    {{"schema", 1},
                     {"months", plan_.months},
                     {"replicates", plan_.replicates},
                     {"runs", static_cast<std::int64_t>(plan_.runs())},
                     {"runs_done", static_cast<std::int64_t>(counted.done)},
                     {"runs_failed", static_cast<std::int64_t>(counted.failed)},
                     {"complete", counted.done == plan_.runs() ? 1 : 0}});
  }

  RunFolder const& folder_;
  Plan const& plan_;
  AnswerFiles const& files_;
  std::vector<Output> outputs_;
  std::vector<std::string> names_;
  std::vector<Status> status_;  // by run
  std::optional<CsvFile> csv_, csv_months_;
};

}  // namespace

Collected collect(RunFolder const& folder, Plan const& plan, AnswerFiles const& files) {
  return Collector(folder, plan, files).run();
}

}  // namespace arraigo::sweep
