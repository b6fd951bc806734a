/// The run file as it lies on the disk: names, checked reading and digests, shared by the writer (which verifies what
/// it wrote) and the analysis. Nothing in the file is trusted before it is checked.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/sha256.hpp"
#include "record/hdf5_handle.hpp"

namespace arraigo {

inline constexpr std::int64_t run_file_schema = 1;
inline constexpr char digest_attribute[] = "sha256";                  ///< of a data set, or of the root attributes
inline constexpr char results_digest_attribute[] = "results_sha256";  ///< root: over all data sets' digests
inline constexpr char axes_attribute[] = "axes";  ///< of a data set: its dimensions, outermost first

struct StoredAttribute {
  std::string name;
  std::variant<std::int64_t, std::string> value;
};

enum class StoredType { int32, int64, text };

/// The digest of a data set covers its name, type, shape, attributes and values.
class DatasetDigest {
 public:
  DatasetDigest(std::string_view name, StoredType type, std::span<hsize_t const> extents,
                std::span<StoredAttribute const> attributes);
  void add(std::span<std::int64_t const> values);
  void add(std::span<std::int32_t const> values);
  void add(std::string_view value);
  [[nodiscard]] std::string finish() { return sha_.finish(); }

 private:
  Sha256 sha_;
};

/// Over the names and digests of all data sets.
[[nodiscard]] std::string digest_of_results(std::span<std::pair<std::string, std::string> const> datasets);
/// Over all root attributes except the digest itself.
[[nodiscard]] std::string digest_of_root(std::span<StoredAttribute const> attributes);

/// Where a file of superblock version 2 or 3 says that it ends (HDF5 file format specification, II.A). Reads
/// `superblock_bytes` bytes.
inline constexpr std::size_t superblock_bytes = 48;
[[nodiscard]] std::uint64_t end_of_file(std::byte const* superblock);

[[nodiscard]] bool is_valid_utf8(std::string_view text);

struct StoredDamage {
  std::string dataset;  ///< empty: the file as a whole, or its root attributes
  std::string sentence;
};

/// A data set whose link, storage, filters, type and size have been checked.
struct StoredDataset {
  std::string name;
  StoredType type{};
  std::vector<hsize_t> extents;
  std::vector<StoredAttribute> attributes;  ///< without the digest and what dimension scales add
  std::string digest;                       ///< as stored
  Hid id;

  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::string text(std::string_view attribute) const;  ///< "" when it is missing
};

class StoredRun {
 public:
  /// Throws InputError when the path is not a run file, MachineError when it cannot be read.
  explicit StoredRun(std::filesystem::path path);

  [[nodiscard]] std::filesystem::path const& path() const { return path_; }
  /// In the order in which they were written.
  [[nodiscard]] std::vector<std::string> const& dataset_names() const { return names_; }
  [[nodiscard]] std::vector<StoredAttribute> const& root_attributes() const { return root_attributes_; }

  /// InputError when there is no such data set or it is not as the writer leaves it.
  [[nodiscard]] StoredDataset open(std::string const& name) const;
  /// All values, after comparing them with the data set's digest.
  [[nodiscard]] std::vector<std::int64_t> integers(StoredDataset const& dataset) const;
  [[nodiscard]] std::vector<std::string> texts(StoredDataset const& dataset) const;
  /// Everything in the file against its digests, from the `first`-th data set on; the root comes last. `start_on` and
  /// `report` are told what is looked at next ("" for the root) and what was found.
  void verify(std::size_t first, std::function<void(std::string const& dataset)> const& start_on,
              std::function<void(StoredDamage const& damage)> const& report) const;

  [[noreturn]] void refuse(std::string_view dataset, std::string const& reason) const;
  [[noreturn]] void report_damage(std::string_view dataset, std::string const& reason) const;

 private:
  void check_size_and_signature() const;
  [[nodiscard]] std::vector<StoredAttribute> read_attributes(hid_t object, std::string const& owner) const;
  void check_axes(StoredDataset const& dataset, std::map<std::string, StoredDataset>& scales) const;
  void check_digest(StoredDataset const& dataset, DatasetDigest& digest) const;

  std::filesystem::path path_;
  Hid file_;
  std::vector<std::string> names_;
  std::vector<StoredAttribute> root_attributes_;
};

}  // namespace arraigo
