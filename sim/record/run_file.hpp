/// The run file: HDF5 that is also valid netCDF-4. The only writer of HDF5.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/record.hpp"

namespace arraigo {

/// Root attributes. `text` and `integers` are written as they are (UTF-8 strings, int64): scenario (resolved YAML), seed,
/// version, commit, command, started, finished, data_digest, ...
struct RunAttributes {
  std::vector<std::pair<std::string, std::string>> text;
  std::vector<std::pair<std::string, std::int64_t>> integers;
};

/// A text as the file holds it. Texts end at the first NUL there and must be UTF-8; a command line may hold anything.
[[nodiscard]] std::string storable_text(std::string_view text);

/// Writes the run under a dot-temporary beside `target`, verifies it, and publishes it under its final name; the name
/// appears only when the file is whole. With `replace` an existing file is replaced atomically, otherwise an existing
/// name is a NameTaken. Throws MachineError when the disk, permission or library fails; the temporary is removed.
void write_run_file(std::filesystem::path const& target, RecordLayout const& layout,
                    std::vector<ReplicateRecord> const& replicates, RunAttributes const& attributes, bool replace);

}  // namespace arraigo
