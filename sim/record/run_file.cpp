#include "record/run_file.hpp"

#include <fmt/format.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/text_file.hpp"
#include "record/file_publish.hpp"
#include "record/hdf5_handle.hpp"
#include "record/series.hpp"
#include "record/stored_run.hpp"

namespace arraigo {
namespace {

// Half of the library's chunk cache (1 MiB), so that a chunk filled by several replicates is compressed once.
constexpr hsize_t chunk_values = hsize_t{1} << 16U;
// Attributes of an object in its header, not in an index with a heap of its own (kilobytes for each data set).
constexpr unsigned most_plain_attributes = 1000;
// The image in memory grows by this step.
constexpr std::size_t image_step_bytes = std::size_t{1} << 20U;

void require(bool holds, std::string_view what) {
  if (!holds) throw BugError(fmt::format("run file: {}", what));
}

/// Names that every reader takes as they are: netCDF, Python attributes, R.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 && name[0] >= 'a' && name[0] <= 'z' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

/// Some readers turn whole words for time units into durations (xarray); the symbols of UDUNITS stay numbers.
std::string stored_units(std::string const& units) {
  if (units == "seconds") return "s";
  if (units == "minutes") return "min";
  if (units == "hours") return "h";
  if (units == "days") return "d";
  return units;
}

std::string indicators_as_json(std::vector<Indicator> const& indicators) {
  auto list = nlohmann::ordered_json::array();
  for (auto const& indicator : indicators) {
    nlohmann::ordered_json row{{"name", indicator.name},
                               {"numerator", indicator.numerator},
                               {"denominator", indicator.denominator},
                               {"factor", indicator.factor},
                               {"units", indicator.units},
                               {"title_es", indicator.title_es},
                               {"title_en", indicator.title_en},
                               {"definition_es", indicator.definition_es},
                               {"definition_en", indicator.definition_en},
                               {"instrument", indicator.instrument},
                               {"headline", indicator.headline},
                               {"decimals", indicator.decimals}};
    // What few have; files of older versions have none of it.
    if (indicator.has_reference()) {
      row["reference_numerator"] = indicator.reference_numerator;
      row["reference_denominator"] = indicator.reference_denominator;
    }
    if (indicator.offset != 0) row["offset"] = indicator.offset;
    if (!indicator.question_es.empty()) row["question_es"] = indicator.question_es;
    if (!indicator.question_en.empty()) row["question_en"] = indicator.question_en;
    list.push_back(std::move(row));
  }
  return list.dump();
}

std::size_t keys_of(RecordLayout const& layout, Variable const& variable) {
  return variable.dimension < 0 ? 1 : layout.dimensions[static_cast<std::size_t>(variable.dimension)].keys.size();
}

void check_record(RecordLayout const& layout, std::vector<ReplicateRecord> const& replicates) {
  require(layout.months > 0, "no months");
  require(!replicates.empty(), "no replicates");
  std::set<std::string> names{"replicate", "time", "state_hash"};
  auto const claim = [&](std::string const& name) {
    require(is_plain_name(name), fmt::format("'{}' is not a plain lower-case name", name));
    require(names.insert(name).second, fmt::format("the name '{}' is used twice", name));
  };
  for (auto const& dimension : layout.dimensions) {
    claim(dimension.name);
    claim(dimension.name + "_label_es");
    claim(dimension.name + "_label_en");
    auto const count = dimension.keys.size();
    require(count > 0 && dimension.label_es.size() == count && dimension.label_en.size() == count,
            fmt::format("dimension '{}' lacks keys or labels", dimension.name));
    require(std::set<std::string>(dimension.keys.begin(), dimension.keys.end()).size() == count,
            fmt::format("dimension '{}' has a key twice", dimension.name));
    require(dimension.parent.size() == (dimension.parent_name.empty() ? 0 : count),
            fmt::format("dimension '{}' needs one parent per key", dimension.name));
    if (!dimension.parent_name.empty()) claim(dimension.name + "_" + dimension.parent_name);
  }
  for (auto const& variable : layout.variables) {
    claim(variable.name);
    require(variable.dimension < static_cast<int>(layout.dimensions.size()),
            fmt::format("variable '{}' has an unknown dimension", variable.name));
    std::string const expected =
        variable.dimension < 0
            ? variable.base
            : variable.base + "_by_" + layout.dimensions[static_cast<std::size_t>(variable.dimension)].name;
    require(variable.name == expected, fmt::format("variable '{}' should be called '{}'", variable.name, expected));
  }
  for (std::size_t r = 0; r < replicates.size(); ++r) {
    require(replicates[r].values.size() == layout.variables.size(),
            fmt::format("replicate {} has {} variables instead of {}", r, replicates[r].values.size(),
                        layout.variables.size()));
    for (std::size_t v = 0; v < layout.variables.size(); ++v)
      require(
          replicates[r].values[v].size() ==
              static_cast<std::size_t>(layout.months) * keys_of(layout, layout.variables[v]),
          fmt::format("replicate {}: '{}' has {} values", r, layout.variables[v].name, replicates[r].values[v].size()));
  }
}

/// The memory in which HDF5's core driver forms a file. The driver would free it on closing; this keeps it, since only
/// the closed file is whole (H5Fget_file_image of 1.10 leaves a wrong checksum in superblocks of this format).
class ImageMemory {
 public:
  ImageMemory() = default;
  ~ImageMemory() { std::free(closed_); }
  ImageMemory(ImageMemory const&) = delete;
  ImageMemory& operator=(ImageMemory const&) = delete;

  void attach_to(hid_t access) {
    H5FD_file_image_callbacks_t callbacks{};
    callbacks.image_malloc = [](std::size_t size, H5FD_file_image_op_t, void*) { return std::malloc(size); };
    callbacks.image_memcpy = [](void* to, void const* from, std::size_t size, H5FD_file_image_op_t, void*) {
      return std::memcpy(to, from, size);
    };
    callbacks.image_realloc = [](void* memory, std::size_t size, H5FD_file_image_op_t, void*) {
      return std::realloc(memory, size);
    };
    callbacks.image_free = [](void* memory, H5FD_file_image_op_t operation, void* self) -> herr_t {
      if (operation == H5FD_FILE_IMAGE_OP_FILE_CLOSE)
        static_cast<ImageMemory*>(self)->closed_ = memory;
      else
        std::free(memory);
      return 0;
    };
    callbacks.udata_copy = [](void* self) { return self; };
    callbacks.udata_free = [](void*) -> herr_t { return 0; };
    callbacks.udata = this;
    checked(H5Pset_file_image_callbacks(access, &callbacks));
  }

  /// The closed file.
  [[nodiscard]] std::span<std::byte const> bytes() const {
    require(closed_ != nullptr, "HDF5 handed over no image");
    return {static_cast<std::byte const*>(closed_), end_of_file(static_cast<std::byte const*>(closed_))};
  }

 private:
  void* closed_ = nullptr;
};

/// Forms the file in memory: the disk is then written by plain calls that fail cleanly when it is full.
class RunFileImage {
 public:
  RunFileImage() {
    start_hdf5();
    Hid const access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
    checked(H5Pset_fapl_core(access.get(), image_step_bytes, 0));
    memory_.attach_to(access.get());
    // The 1.10 format: its metadata carries checksums.
    checked(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110));
    checked(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG));
    Hid const creation{H5Pcreate(H5P_FILE_CREATE), H5Pclose};
    constexpr unsigned in_order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    checked(H5Pset_link_creation_order(creation.get(), in_order));
    checked(H5Pset_attr_creation_order(creation.get(), in_order));
    checked(H5Pset_attr_phase_change(creation.get(), most_plain_attributes, most_plain_attributes));
    checked(H5Pset_obj_track_times(creation.get(), 0));
    // Only a name for the library: nothing is opened.
    file_ = Hid{H5Fcreate("arraigo-run-in-memory", H5F_ACC_EXCL, creation.get(), access.get()), H5Fclose};
    text_type_ = Hid{H5Tcopy(H5T_C_S1), H5Tclose};
    checked(H5Tset_size(text_type_.get(), H5T_VARIABLE));
    checked(H5Tset_cset(text_type_.get(), H5T_CSET_UTF8));
  }

  /// A coordinate variable: a dimension of its own name.
  void add_dimension(std::string const& name, std::vector<std::int32_t> const& values,
                     std::vector<StoredAttribute> attributes) {
    add(name, StoredType::int32, {values.size()}, {name}, std::move(attributes), [&](hid_t id, DatasetDigest& digest) {
      checked(H5Dwrite(id, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
      digest.add(std::span<std::int32_t const>{values});
    });
  }
  void add_texts(std::string const& name, std::string const& dimension, std::vector<std::string> const& values,
                 std::vector<StoredAttribute> attributes) {
    std::vector<std::string> stored;
    std::vector<char const*> pointers;
    for (auto const& value : values) stored.push_back(storable_text(value));
    for (auto const& value : stored) pointers.push_back(value.c_str());
    add(name, StoredType::text, {values.size()}, {dimension}, std::move(attributes),
        [&](hid_t id, DatasetDigest& digest) {
          checked(H5Dwrite(id, text_type_.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()));
          for (auto const& value : stored) digest.add(value);
        });
  }
  void add_variable(std::string const& name, std::vector<hsize_t> const& extents, std::vector<std::string> const& axes,
                    std::vector<ReplicateRecord> const& replicates, std::size_t index,
                    std::vector<StoredAttribute> attributes) {
    add(name, StoredType::int64, extents, axes, std::move(attributes), [&](hid_t id, DatasetDigest& digest) {
      std::vector<hsize_t> start(extents.size(), 0), count = extents;
      count[0] = 1;
      Hid const in_file{H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose};
      Hid const in_memory{H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose};
      for (auto const& replicate : replicates) {
        auto const& values = replicate.values[index];
        checked(H5Sselect_hyperslab(in_file.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr));
        checked(H5Dwrite(id, H5T_NATIVE_INT64, in_memory.get(), in_file.get(), H5P_DEFAULT, values.data()));
        digest.add(std::span<std::int64_t const>{values});
        ++start[0];
      }
    });
  }

  void add_root_attributes(std::vector<StoredAttribute> attributes) {
    attributes.push_back({results_digest_attribute, digest_of_results(digests_)});
    root_digest_ = digest_of_root(attributes);
    attributes.push_back({digest_attribute, root_digest_});
    Hid const root{H5Gopen2(file_.get(), "/", H5P_DEFAULT), H5Gclose};
    for (auto const& attribute : attributes) write_attribute(root.get(), attribute);
  }

  [[nodiscard]] std::string const& root_digest() const { return root_digest_; }

  /// Closes the file and gives its bytes, valid as long as this object.
  [[nodiscard]] std::span<std::byte const> finish() {
    for (auto& scale : scales_) scale.second.close();
    file_.close();
    return memory_.bytes();
  }

 private:
  template <class WriteValues>
  void add(std::string const& name, StoredType type, std::vector<hsize_t> const& extents,
           std::vector<std::string> const& axes, std::vector<StoredAttribute> attributes, WriteValues&& write_values) {
    std::string joined;
    for (auto const& axis : axes) joined += (joined.empty() ? "" : " ") + axis;
    attributes.push_back({axes_attribute, joined});
    for (auto& attribute : attributes)
      if (auto* text = std::get_if<std::string>(&attribute.value)) *text = storable_text(*text);

    Hid const creation{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
    checked(H5Pset_obj_track_times(creation.get(), 0));
    checked(H5Pset_attr_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    checked(H5Pset_attr_phase_change(creation.get(), most_plain_attributes, most_plain_attributes));
    if (type != StoredType::text) {
      // From the innermost dimension outwards, as much as fits into a chunk.
      std::vector<hsize_t> chunk = extents;
      hsize_t room = chunk_values;
      for (std::size_t i = extents.size(); i-- > 0;) {
        chunk[i] = std::clamp<hsize_t>(room, 1, extents[i]);
        room /= chunk[i];
      }
      checked(H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data()));
      checked(H5Pset_shuffle(creation.get()));
      checked(H5Pset_deflate(creation.get(), 1));
      checked(H5Pset_fletcher32(creation.get()));
    }
    Hid const space{H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose};
    hid_t const stored_type = type == StoredType::int64   ? H5T_STD_I64LE
                              : type == StoredType::int32 ? H5T_STD_I32LE
                                                          : text_type_.get();
    Hid dataset{
        H5Dcreate2(file_.get(), name.c_str(), stored_type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
        H5Dclose};
    DatasetDigest digest{name, type, extents, attributes};
    write_values(dataset.get(), digest);
    if (axes.size() == 1 && axes[0] == name)
      checked(H5DSset_scale(dataset.get(), name.c_str()));
    else
      for (std::size_t i = 0; i < axes.size(); ++i)
        checked(H5DSattach_scale(dataset.get(), scale(axes[i]), static_cast<unsigned>(i)));
    for (auto const& attribute : attributes) write_attribute(dataset.get(), attribute);
    digests_.emplace_back(name, digest.finish());
    write_attribute(dataset.get(), {digest_attribute, digests_.back().second});
    if (axes.size() == 1 && axes[0] == name)
      scales_.emplace_back(name, std::move(dataset));
    else
      dataset.close();
  }

  [[nodiscard]] hid_t scale(std::string const& name) const {
    for (auto const& [known, id] : scales_)
      if (known == name) return id.get();
    throw BugError(fmt::format("run file: the dimension '{}' is used before it is written", name));
  }

  void write_attribute(hid_t object, StoredAttribute const& attribute) const {
    Hid const space{H5Screate(H5S_SCALAR), H5Sclose};
    if (auto const* number = std::get_if<std::int64_t>(&attribute.value)) {
      // R has no 64-bit integers and warns of each.
      bool const is_flag = attribute.name == "schema" || attribute.name == "complete";
      hid_t const stored_type = is_flag ? H5T_STD_I32LE : H5T_STD_I64LE;
      Hid id{H5Acreate2(object, attribute.name.c_str(), stored_type, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose};
      checked(H5Awrite(id.get(), H5T_NATIVE_INT64, number));
      id.close();
    } else {
      Hid id{H5Acreate2(object, attribute.name.c_str(), text_type_.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
             H5Aclose};
      char const* text = std::get<std::string>(attribute.value).c_str();
      checked(H5Awrite(id.get(), text_type_.get(), &text));
      id.close();
    }
  }

  ImageMemory memory_;  // before the file, which needs it until it is closed
  Hid file_, text_type_;
  std::vector<std::pair<std::string, Hid>> scales_;
  std::vector<std::pair<std::string, std::string>> digests_;
  std::string root_digest_;
};

/// Everything in a file says what it is, the axes and their labels too.
std::vector<StoredAttribute> documented(std::string const& units, std::string const& title_en,
                                        std::string const& title_es, std::string const& definition_en,
                                        std::string const& definition_es) {
  return {{"units", units},
          {"long_name", title_en},
          {"long_name_es", title_es},
          {"definition", definition_en},
          {"definition_es", definition_es}};
}

void add_dimensions(RunFileImage& image, RecordLayout const& layout, std::size_t replicates) {
  std::vector<std::int32_t> numbers(replicates);
  for (std::size_t r = 0; r < replicates; ++r) numbers[r] = static_cast<std::int32_t>(r);
  image.add_dimension("replicate", numbers,
                      documented("1", "replicate: the same number means the same random numbers in every scenario",
                                 "réplica: el mismo número significa los mismos números aleatorios en todo escenario",
                                 "number of the replicate, counted from 0", "número de la réplica, contado desde 0"));
  std::vector<std::int32_t> days(static_cast<std::size_t>(layout.months));
  for (int m = 0; m < layout.months; ++m) days[static_cast<std::size_t>(m)] = (layout.start + m).days_since_1970();
  auto time =
      documented("days since 1970-01-01", "month, by its first day; stocks are of its end, flows of the whole month",
                 "mes, por su primer día; los saldos son de su final, los flujos de todo el mes",
                 "first day of the simulated month", "primer día del mes simulado");
  time.insert(time.end(), {{"calendar", "proleptic_gregorian"}, {"standard_name", "time"}, {"axis", "T"}});
  image.add_dimension("time", days, std::move(time));
  for (auto const& dimension : layout.dimensions) {
    image.add_texts(
        dimension.name, dimension.name, dimension.keys,
        documented("1", dimension.title_en, dimension.title_es, "stable key of each group: " + dimension.title_en,
                   "clave estable de cada grupo: " + dimension.title_es));
    image.add_texts(
        dimension.name + "_label_es", dimension.name, dimension.label_es,
        documented("1", dimension.title_en + ", name in Spanish", dimension.title_es + ", nombre en español",
                   "name of each group in Spanish: " + dimension.title_en,
                   "nombre de cada grupo en español: " + dimension.title_es));
    image.add_texts(dimension.name + "_label_en", dimension.name, dimension.label_en,
                    documented("1", dimension.title_en + ", name in English", dimension.title_es + ", nombre en inglés",
                               "name of each group in English: " + dimension.title_en,
                               "nombre de cada grupo en inglés: " + dimension.title_es));
    if (!dimension.parent_name.empty()) {
      auto parent = documented("1", fmt::format("{} of each {}", dimension.parent_name, dimension.name),
                               fmt::format("{} de cada {}", dimension.parent_name, dimension.name),
                               fmt::format("key of the {} that holds each {}", dimension.parent_name, dimension.name),
                               fmt::format("clave de {} que contiene cada {}", dimension.parent_name, dimension.name));
      parent.push_back({"contains", dimension.parent_name});
      image.add_texts(dimension.name + "_" + dimension.parent_name, dimension.name, dimension.parent,
                      std::move(parent));
    }
  }
}

void add_variables(RunFileImage& image, RecordLayout const& layout, std::vector<ReplicateRecord> const& replicates) {
  for (std::size_t v = 0; v < layout.variables.size(); ++v) {
    auto const& variable = layout.variables[v];
    std::vector<hsize_t> extents{replicates.size(), static_cast<hsize_t>(layout.months)};
    std::vector<std::string> axes{"replicate", "time"};
    if (variable.dimension >= 0) {
      extents.push_back(keys_of(layout, variable));
      axes.push_back(layout.dimensions[static_cast<std::size_t>(variable.dimension)].name);
    }
    std::vector<StoredAttribute> attributes{{"units", stored_units(variable.units)},
                                            {"long_name", variable.title_en},
                                            {"long_name_es", variable.title_es},
                                            {"definition", variable.definition_en},
                                            {"definition_es", variable.definition_es},
                                            {"base", variable.base},
                                            {"cell_methods", is_flow(variable.base) ? "time: sum" : "time: point"}};
    if (variable.units == "soles") attributes.push_back({"prices", "2025"});
    image.add_variable(variable.name, extents, axes, replicates, v, std::move(attributes));
  }
  std::vector<std::string> hashes;
  for (auto const& replicate : replicates) hashes.push_back(fmt::format("{:016x}", replicate.state_hash));
  image.add_texts("state_hash", "replicate", hashes,
                  documented("1", "hash of the final state (16 hexadecimal digits)",
                             "hash del estado final (16 dígitos hexadecimales)",
                             "equal hashes mean equal persons, households and firms at the end of the last month",
                             "hashes iguales significan personas, hogares y empresas iguales al final del último mes"));
}

std::vector<StoredAttribute> root_attributes(RecordLayout const& layout, RunAttributes const& attributes) {
  std::vector<StoredAttribute> root{
      {"Conventions", "CF-1.8"}, {"schema", run_file_schema}, {"complete", std::int64_t{1}}};
  std::string title_es, title_en;
  for (auto const& [name, value] : attributes.text) {
    if (name == "title_es") title_es = value;
    if (name == "title_en") title_en = value;
    root.push_back({name, storable_text(value)});
  }
  root.push_back({"title", storable_text(fmt::format("Arraigo: {}{}{}", title_es,
                                                     title_es.empty() || title_en.empty() ? "" : " / ", title_en))});
  for (auto const& [name, value] : attributes.integers) root.push_back({name, value});
  root.push_back({"indicators", storable_text(indicators_as_json(layout.indicators))});
  std::set<std::string> names{digest_attribute, results_digest_attribute};
  for (auto const& attribute : root) {
    require(is_plain_name(attribute.name) || attribute.name == "Conventions",
            fmt::format("'{}' is not a plain attribute name", attribute.name));
    require(names.insert(attribute.name).second, fmt::format("the attribute '{}' is given twice", attribute.name));
  }
  return root;
}

}  // namespace

std::string storable_text(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const length = text[at] == '\0' ? 0 : utf8_length_at(text, at);
    out += length == 0 ? std::string_view{"\xEF\xBF\xBD"} : text.substr(at, length);  // U+FFFD
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

void write_run_file(std::filesystem::path const& target, RecordLayout const& layout,
                    std::vector<ReplicateRecord> const& replicates, RunAttributes const& attributes, bool replace) {
  check_record(layout, replicates);
  auto root = root_attributes(layout, attributes);
  // The name is claimed at the end; looking first only spares the work.
  if (!replace && std::filesystem::exists(std::filesystem::symlink_status(target)))
    throw NameTaken(say(Message::rf_exists, target.string()));

  std::optional<RunFileImage> image_in_memory;
  std::span<std::byte const> bytes;
  try {
    auto& image = image_in_memory.emplace();
    add_dimensions(image, layout, replicates.size());
    add_variables(image, layout, replicates);
    image.add_root_attributes(std::move(root));
    bytes = image.finish();
  } catch (Hdf5Error const& error) {
    throw MachineError(say(Message::rf_write_failed, target.string(), error.what()));
  }

  publish_file(target, bytes, replace, [&](std::filesystem::path const& temporary) {
    try {
      StoredRun const written{temporary};
      written.verify(
          0, [](std::string const&) {},
          [&](StoredDamage const& damage) {
            throw MachineError(say(Message::rf_verify_failed, target.string(), damage.sentence));
          });
      // The root digest covers all others, so its being the intended one means that the contents are.
      for (auto const& [name, value] : written.root_attributes())
        if (name == digest_attribute && value == StoredAttribute{{}, image_in_memory->root_digest()}.value) return;
      throw MachineError(say(Message::rf_verify_failed, target.string(), digest_attribute));
    } catch (InputError const& error) {
      throw MachineError(say(Message::rf_verify_failed, target.string(), error.what()));
    }
  });
}

}  // namespace arraigo
