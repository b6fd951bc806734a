#include "record/stored_run.hpp"

#include <hdf5_hl.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/text_file.hpp"

namespace arraigo {
namespace {

// Beyond these no run of the model comes near; a crafted file must not exhaust memory.
constexpr hsize_t most_values = hsize_t{1} << 29U;  // 4 GiB of int64
constexpr hsize_t most_texts = hsize_t{1} << 20U;
constexpr hsize_t most_chunk_values = hsize_t{1} << 20U;  // 8 MiB
constexpr hsize_t most_datasets = 20000;
constexpr hsize_t most_attributes = 1000;
constexpr std::size_t most_name_bytes = 200;
// No deflate stream expands by more (RFC 1951: 258 bytes from 2 bits).
constexpr hsize_t deflate_limit = 1032;

static_assert(std::endian::native == std::endian::little,
              "digests are over little-endian bytes, as the file stores them");

void add_number(Sha256& sha, std::uint64_t number) { sha.add(std::as_bytes(std::span{&number, 1})); }

// Lengths go before texts, so that no two different lists give the same bytes.
void add_text(Sha256& sha, std::string_view text) {
  add_number(sha, text.size());
  sha.add(text);
}

void add_attribute(Sha256& sha, StoredAttribute const& attribute) {
  add_text(sha, attribute.name);
  add_number(sha, attribute.value.index());
  if (auto const* number = std::get_if<std::int64_t>(&attribute.value))
    add_number(sha, static_cast<std::uint64_t>(*number));
  else
    add_text(sha, std::get<std::string>(attribute.value));
}

bool is_of_dimension_scales(std::string_view attribute) {
  return attribute == "CLASS" || attribute == "NAME" || attribute == "DIMENSION_LIST" || attribute == "REFERENCE_LIST";
}

Hid variable_length_text() {
  Hid type{H5Tcopy(H5T_C_S1), H5Tclose};
  checked(H5Tset_size(type.get(), H5T_VARIABLE));
  checked(H5Tset_cset(type.get(), H5T_CSET_UTF8));
  return type;
}

/// Memory that the library allocates for texts, returned to it on every path.
class LibraryTexts {
 public:
  explicit LibraryTexts(std::size_t count) : texts_(count, nullptr) {}
  ~LibraryTexts() {
    for (char* text : texts_)
      if (text != nullptr) H5free_memory(text);
  }
  LibraryTexts(LibraryTexts const&) = delete;
  LibraryTexts& operator=(LibraryTexts const&) = delete;
  [[nodiscard]] char** data() { return texts_.data(); }
  [[nodiscard]] std::string at(std::size_t i) const { return texts_[i] == nullptr ? std::string{} : texts_[i]; }

 private:
  std::vector<char*> texts_;
};

/// Reads texts into memory of the library and adds up in `bytes` what their lengths in the file ask for, final zeros
/// included. H5Dvlen_get_buf_size would read them again, each through a cleared buffer of 1 MiB.
Hid counting_transfer(hsize_t& bytes) {
  Hid transfer{H5Pcreate(H5P_DATASET_XFER), H5Pclose};
  auto const allocate = [](std::size_t size, void* count) -> void* {
    *static_cast<hsize_t*>(count) += size;
    return H5allocate_memory(size, false);
  };
  auto const release = [](void* text, void*) { H5free_memory(text); };
  checked(H5Pset_vlen_mem_manager(transfer.get(), allocate, &bytes, release, nullptr));
  return transfer;
}

/// Where the objects lie to which the axes of a data set refer, one each (0: none or several). The library's own
/// H5DSis_attached goes through all data sets of a scale instead.
std::vector<haddr_t> scale_addresses(hid_t dataset, std::size_t rank) {
  std::vector<haddr_t> addresses(rank, 0);
  Hid const attribute{H5Aopen(dataset, "DIMENSION_LIST", H5P_DEFAULT), H5Aclose};
  Hid const space{H5Aget_space(attribute.get()), H5Sclose};
  Hid const stored{H5Aget_type(attribute.get()), H5Tclose};
  Hid const memory{H5Tvlen_create(H5T_STD_REF_OBJ), H5Tclose};
  if (H5Sget_simple_extent_npoints(space.get()) != static_cast<hssize_t>(rank) ||
      checked(H5Tequal(stored.get(), memory.get())) == 0)
    return addresses;
  std::vector<hvl_t> lists(rank);
  checked(H5Aread(attribute.get(), memory.get(), lists.data()));
  try {
    for (std::size_t i = 0; i < rank; ++i) {
      if (lists[i].len != 1) continue;
      Hid const object{H5Rdereference2(dataset, H5P_DEFAULT, H5R_OBJECT, lists[i].p), H5Oclose};
      H5O_info_t about{};
      checked(H5Oget_info2(object.get(), &about, H5O_INFO_BASIC));
      addresses[i] = about.addr;
    }
  } catch (Hdf5Error const&) {
    H5Dvlen_reclaim(memory.get(), space.get(), H5P_DEFAULT, lists.data());
    throw;
  }
  checked(H5Dvlen_reclaim(memory.get(), space.get(), H5P_DEFAULT, lists.data()));
  return addresses;
}

std::string name_of_link(hid_t group, hsize_t index) {
  std::array<char, most_name_bytes + 1> name{};
  auto const length = checked(
      H5Lget_name_by_idx(group, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, index, name.data(), name.size(), H5P_DEFAULT));
  if (static_cast<std::size_t>(length) > most_name_bytes) throw Hdf5Error("name too long");
  return name.data();
}

}  // namespace

std::uint64_t end_of_file(std::byte const* superblock) {
  // Signature, version, sizes of offsets and lengths, flags: 12 bytes; then base and extension addresses.
  std::uint64_t end = 0;
  std::memcpy(&end, superblock + 28, sizeof end);
  return end;
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const length = utf8_length_at(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

DatasetDigest::DatasetDigest(std::string_view name, StoredType type, std::span<hsize_t const> extents,
                             std::span<StoredAttribute const> attributes) {
  add_text(sha_, name);
  add_number(sha_, static_cast<std::uint64_t>(type));
  add_number(sha_, extents.size());
  for (hsize_t const extent : extents) add_number(sha_, extent);
  add_number(sha_, attributes.size());
  for (auto const& attribute : attributes) add_attribute(sha_, attribute);
}

void DatasetDigest::add(std::span<std::int64_t const> values) { sha_.add(std::as_bytes(values)); }
void DatasetDigest::add(std::span<std::int32_t const> values) {
  for (std::int64_t const value : values) sha_.add(std::as_bytes(std::span{&value, 1}));
}
void DatasetDigest::add(std::string_view value) { add_text(sha_, value); }

std::string digest_of_results(std::span<std::pair<std::string, std::string> const> datasets) {
  Sha256 sha;
  for (auto const& [name, digest] : datasets) {
    add_text(sha, name);
    add_text(sha, digest);
  }
  return sha.finish();
}

std::string digest_of_root(std::span<StoredAttribute const> attributes) {
  Sha256 sha;
  for (auto const& attribute : attributes)
    if (attribute.name != digest_attribute) add_attribute(sha, attribute);
  return sha.finish();
}

std::size_t StoredDataset::count() const {
  std::size_t product = 1;
  for (hsize_t const extent : extents) product *= extent;
  return product;
}

std::string StoredDataset::text(std::string_view attribute) const {
  for (auto const& stored : attributes)
    if (stored.name == attribute)
      if (auto const* value = std::get_if<std::string>(&stored.value)) return *value;
  return {};
}

StoredRun::StoredRun(std::filesystem::path path) : path_(std::move(path)) {
  check_size_and_signature();
  start_hdf5();
  try {
    Hid const access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
    checked(H5Pset_fapl_sec2(access.get()));
    checked(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG));
    file_ = Hid{H5Fopen(path_.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose};
    H5G_info_t root{};
    checked(H5Gget_info(file_.get(), &root));
    if (root.nlinks > most_datasets) refuse("/", say(Message::rf_why_too_many, root.nlinks, most_datasets));
    for (hsize_t i = 0; i < root.nlinks; ++i) names_.push_back(name_of_link(file_.get(), i));
    Hid const group{H5Gopen2(file_.get(), "/", H5P_DEFAULT), H5Gclose};
    root_attributes_ = read_attributes(group.get(), "/");
  } catch (Hdf5Error const&) {
    report_damage("/", say(Message::rf_why_library));
  }
  for (auto const& [name, value] : root_attributes_)
    if (name == "schema") {
      if (value == StoredAttribute{{}, run_file_schema}.value) return;
      auto const* number = std::get_if<std::int64_t>(&value);
      throw InputError(say(Message::rf_other_schema, path_.string(), number != nullptr ? *number : 0, run_file_schema));
    }
  throw InputError(say(Message::rf_foreign, path_.string()));
}

void StoredRun::check_size_and_signature() const {
  std::error_code error;
  auto const status = std::filesystem::status(path_, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw InputError(say(Message::in_file_missing, path_.string()));
  if (error) throw MachineError(say(Message::in_file_unreadable, path_.string(), system_reason(error.value())));
  if (!std::filesystem::is_regular_file(status)) throw InputError(say(Message::in_file_not_regular, path_.string()));
  std::ifstream file{path_, std::ios::binary};
  if (!file) throw MachineError(say(Message::in_file_unreadable, path_.string(), system_reason(errno)));
  std::array<unsigned char, superblock_bytes> head{};
  file.read(reinterpret_cast<char*>(head.data()), head.size());
  auto const got = file.gcount();
  if (file.bad()) throw MachineError(say(Message::in_file_unreadable, path_.string(), system_reason(errno)));
  if (got == 0) throw InputError(say(Message::in_file_empty, path_.string()));
  constexpr std::array<unsigned char, 8> signature{0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  if (!std::equal(signature.begin(), signature.end(), head.begin()))
    throw InputError(say(Message::rf_foreign, path_.string()));
  // From superblock 2 on, metadata carries checksums. Older ones are not ours, and damage in them can crash the
  // library.
  if (got < static_cast<std::streamsize>(superblock_bytes) || head[8] < 2 || head[8] > 3 || head[9] != 8 ||
      head[10] != 8)
    throw InputError(say(Message::rf_foreign, path_.string()));
  auto const end = end_of_file(reinterpret_cast<std::byte const*>(head.data()));
  auto const size = std::filesystem::file_size(path_);
  if (size != end) throw InputError(say(Message::rf_truncated, path_.string(), size, end));
}

std::vector<StoredAttribute> StoredRun::read_attributes(hid_t object, std::string const& owner) const {
  H5O_info_t about{};
  checked(H5Oget_info2(object, &about, H5O_INFO_NUM_ATTRS));
  if (about.num_attrs > most_attributes) refuse(owner, say(Message::rf_why_too_many, about.num_attrs, most_attributes));
  std::vector<std::string> names;
  hsize_t position = 0;
  auto const add_name = [](hid_t, char const* name, H5A_info_t const*, void* list) noexcept -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  checked(H5Aiterate2(object, H5_INDEX_CRT_ORDER, H5_ITER_INC, &position, add_name, &names));
  std::vector<StoredAttribute> attributes;
  for (auto const& name : names) {
    if (name.size() > most_name_bytes) refuse(owner, say(Message::rf_why_attribute, shown(name)));
    if (is_of_dimension_scales(name)) continue;
    Hid const attribute{H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose};
    Hid const type{H5Aget_type(attribute.get()), H5Tclose};
    Hid const space{H5Aget_space(attribute.get()), H5Sclose};
    if (H5Sget_simple_extent_type(space.get()) != H5S_SCALAR)
      refuse(owner, say(Message::rf_why_attribute, shown(name)));
    auto const kind = H5Tget_class(type.get());
    if (kind == H5T_INTEGER && H5Tget_size(type.get()) <= 8) {
      std::int64_t number = 0;
      checked(H5Aread(attribute.get(), H5T_NATIVE_INT64, &number));
      attributes.push_back({name, number});
    } else if (kind == H5T_STRING && checked(H5Tis_variable_str(type.get())) > 0) {
      Hid const memory = variable_length_text();
      LibraryTexts text{1};
      checked(H5Aread(attribute.get(), memory.get(), text.data()));
      if (!is_valid_utf8(text.at(0))) report_damage(owner, say(Message::rf_why_not_utf8));
      attributes.push_back({name, text.at(0)});
    } else {
      refuse(owner, say(Message::rf_why_attribute, shown(name)));
    }
  }
  return attributes;
}

StoredDataset StoredRun::open(std::string const& name) const {
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) refuse(name, say(Message::rf_why_missing));
  StoredDataset dataset;
  dataset.name = name;
  try {
    H5L_info_t link{};
    checked(H5Lget_info(file_.get(), name.c_str(), &link, H5P_DEFAULT));
    if (link.type != H5L_TYPE_HARD) refuse(name, say(Message::rf_why_link));
    H5O_info_t object{};
    checked(H5Oget_info_by_name2(file_.get(), name.c_str(), &object, H5O_INFO_BASIC, H5P_DEFAULT));
    if (object.type != H5O_TYPE_DATASET) refuse(name, say(Message::rf_why_no_dataset));
    dataset.id = Hid{H5Dopen2(file_.get(), name.c_str(), H5P_DEFAULT), H5Dclose};

    Hid const type{H5Dget_type(dataset.id.get()), H5Tclose};
    if (checked(H5Tequal(type.get(), H5T_STD_I64LE)) > 0)
      dataset.type = StoredType::int64;
    else if (checked(H5Tequal(type.get(), H5T_STD_I32LE)) > 0)
      dataset.type = StoredType::int32;
    else if (H5Tget_class(type.get()) == H5T_STRING && checked(H5Tis_variable_str(type.get())) > 0)
      dataset.type = StoredType::text;
    else
      refuse(name, say(Message::rf_why_type));
    bool const is_text = dataset.type == StoredType::text;

    Hid const space{H5Dget_space(dataset.id.get()), H5Sclose};
    int const rank = H5Sget_simple_extent_ndims(space.get());
    if (H5Sget_simple_extent_type(space.get()) != H5S_SIMPLE || rank < 1 || rank > 3)
      refuse(name, say(Message::rf_why_shape));
    dataset.extents.resize(static_cast<std::size_t>(rank));
    checked(H5Sget_simple_extent_dims(space.get(), dataset.extents.data(), nullptr));
    hsize_t count = 1;
    hsize_t const most = is_text ? most_texts : most_values;
    for (hsize_t const extent : dataset.extents) {
      if (extent == 0 || extent > most / count) refuse(name, say(Message::rf_why_shape));
      count *= extent;
    }

    Hid const creation{H5Dget_create_plist(dataset.id.get()), H5Pclose};
    auto const layout = H5Pget_layout(creation.get());
    if (checked(H5Pget_external_count(creation.get())) > 0 || layout == H5D_VIRTUAL)
      refuse(name, say(Message::rf_why_elsewhere));
    if (layout != (is_text ? H5D_CONTIGUOUS : H5D_CHUNKED)) refuse(name, say(Message::rf_why_storage));
    int const filters = checked(H5Pget_nfilters(creation.get()));
    for (int i = 0; i < filters; ++i) {
      unsigned flags = 0, config = 0;
      std::size_t parameters = 0;
      auto const filter =
          H5Pget_filter2(creation.get(), static_cast<unsigned>(i), &flags, &parameters, nullptr, 0, nullptr, &config);
      if (filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_FLETCHER32)
        refuse(name, say(Message::rf_why_filter, static_cast<int>(filter)));
    }
    // Declared but never written, or larger than its bytes can hold: reading would invent fill values.
    hsize_t const stored = H5Dget_storage_size(dataset.id.get());
    hsize_t const bytes = count * (is_text ? 16 : dataset.type == StoredType::int64 ? 8 : 4);
    if (is_text ? stored != bytes : stored < bytes / deflate_limit + 1) refuse(name, say(Message::rf_why_storage));
    if (!is_text) {
      std::array<hsize_t, 3> chunk{};
      if (H5Pget_chunk(creation.get(), 3, chunk.data()) != rank) refuse(name, say(Message::rf_why_storage));
      hsize_t chunk_count = 1;
      for (int i = 0; i < rank; ++i) {
        hsize_t const side = chunk[static_cast<std::size_t>(i)];
        if (side == 0 || side > most_chunk_values / chunk_count) refuse(name, say(Message::rf_why_storage));
        chunk_count *= side;
      }
    }

    for (auto& attribute : read_attributes(dataset.id.get(), name)) {
      if (attribute.name != digest_attribute)
        dataset.attributes.push_back(std::move(attribute));
      else if (auto const* digest = std::get_if<std::string>(&attribute.value))
        dataset.digest = *digest;
    }
  } catch (Hdf5Error const&) {
    report_damage(name, say(Message::rf_why_library));
  }
  return dataset;
}

void StoredRun::check_digest(StoredDataset const& dataset, DatasetDigest& digest) const {
  if (digest.finish() != dataset.digest) report_damage(dataset.name, say(Message::rf_why_digest));
}

std::vector<std::int64_t> StoredRun::integers(StoredDataset const& dataset) const {
  if (dataset.type == StoredType::text) refuse(dataset.name, say(Message::rf_why_type));
  std::vector<std::int64_t> values(dataset.count());
  try {
    checked(H5Dread(dataset.id.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
  } catch (Hdf5Error const&) {
    report_damage(dataset.name, say(Message::rf_why_library));
  }
  DatasetDigest digest{dataset.name, dataset.type, dataset.extents, dataset.attributes};
  digest.add(std::span<std::int64_t const>{values});
  check_digest(dataset, digest);
  return values;
}

std::vector<std::string> StoredRun::texts(StoredDataset const& dataset) const {
  if (dataset.type != StoredType::text) refuse(dataset.name, say(Message::rf_why_type));
  LibraryTexts read{dataset.count()};
  hsize_t declared_bytes = 0;
  try {
    Hid const memory = variable_length_text();
    Hid const transfer = counting_transfer(declared_bytes);
    checked(H5Dread(dataset.id.get(), memory.get(), H5S_ALL, H5S_ALL, transfer.get(), read.data()));
  } catch (Hdf5Error const&) {
    report_damage(dataset.name, say(Message::rf_why_library));
  }
  std::vector<std::string> texts;
  texts.reserve(dataset.count());
  hsize_t bytes = 0;
  DatasetDigest digest{dataset.name, dataset.type, dataset.extents, dataset.attributes};
  for (std::size_t i = 0; i < dataset.count(); ++i) {
    texts.push_back(read.at(i));
    digest.add(texts.back());
    bytes += texts.back().size() + 1;
  }
  check_digest(dataset, digest);
  // A wrong length behind which zeros follow reads as the same text.
  if (bytes != declared_bytes) report_damage(dataset.name, say(Message::rf_why_storage));
  return texts;
}

void StoredRun::check_axes(StoredDataset const& dataset, std::map<std::string, StoredDataset>& scales) const {
  std::istringstream axes_text{dataset.text(axes_attribute)};
  std::vector<std::string> axes;
  for (std::string axis; axes_text >> axis;) axes.push_back(axis);
  if (axes.size() != dataset.extents.size()) refuse(dataset.name, say(Message::rf_why_axes));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    auto known = scales.find(axes[i]);
    if (known == scales.end()) {
      try {
        known = scales.emplace(axes[i], open(axes[i])).first;
      } catch (InputError const&) {
        continue;  // its own turn reports it
      }
    }
    auto const& scale = known->second;
    bool attached = false;
    try {
      H5O_info_t about{};
      checked(H5Oget_info2(scale.id.get(), &about, H5O_INFO_BASIC));
      attached = axes[i] == dataset.name ? checked(H5DSis_scale(dataset.id.get())) > 0
                                         : scale_addresses(dataset.id.get(), axes.size())[i] == about.addr;
    } catch (Hdf5Error const&) {
      report_damage(dataset.name, say(Message::rf_why_library));
    }
    if (!attached || scale.extents != std::vector<hsize_t>{dataset.extents[i]})
      report_damage(dataset.name, say(Message::rf_why_axes));
  }
}

void StoredRun::verify(std::size_t first, std::function<void(std::string const&)> const& start_on,
                       std::function<void(StoredDamage const&)> const& report) const {
  std::vector<std::pair<std::string, std::string>> digests;
  std::map<std::string, StoredDataset> scales;
  for (std::size_t i = first; i < names_.size(); ++i) {
    start_on(names_[i]);
    try {
      auto const dataset = open(names_[i]);
      if (dataset.type == StoredType::text)
        static_cast<void>(texts(dataset));
      else
        static_cast<void>(integers(dataset));
      check_axes(dataset, scales);
      digests.emplace_back(names_[i], dataset.digest);
    } catch (InputError const& error) {
      report({names_[i], error.what()});
    }
  }
  start_on("");
  auto const stored = [&](char const* name) -> std::string {
    for (auto const& attribute : root_attributes_)
      if (attribute.name == name)
        if (auto const* text = std::get_if<std::string>(&attribute.value)) return *text;
    return {};
  };
  if (stored(digest_attribute) != digest_of_root(root_attributes_))
    report({"", say(Message::rf_damaged, path_.string(), "/", say(Message::rf_why_digest))});
  // Whole data sets that are gone or were added show here; where some are damaged, they have been named.
  else if (digests.size() == names_.size() && stored(results_digest_attribute) != digest_of_results(digests))
    report({"", say(Message::rf_damaged, path_.string(), "/", say(Message::rf_why_missing))});
}

void StoredRun::refuse(std::string_view dataset, std::string const& reason) const {
  throw InputError(say(Message::rf_refused, path_.string(), shown(dataset), reason));
}

void StoredRun::report_damage(std::string_view dataset, std::string const& reason) const {
  throw InputError(say(Message::rf_damaged, path_.string(), shown(dataset), reason));
}

}  // namespace arraigo
