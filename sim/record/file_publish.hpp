/// Publishing a file: it appears under its final name only when it is whole and on the disk. A process that is killed,
/// a full disk or a power cut leaves either the old file or the new one, never a part.
#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>

#include "core/errors.hpp"

namespace arraigo {

/// Somebody else has the name: it was there before, or was published by another process meanwhile.
class NameTaken : public MachineError {
 public:
  using MachineError::MachineError;
};

/// Writes `bytes` to a new temporary beside `target` (its name starts with a dot and ends in .part), calls `verify` on
/// it, and gives it the final name. With `replace` an existing file is replaced atomically; otherwise an existing name
/// is kept and is a NameTaken. Throws MachineError when the disk or a permission fails, and what `verify` throws;
/// the temporary is removed in either case. Temporaries of the same target that a killed process left are removed
/// first.
void publish_file(std::filesystem::path const& target, std::span<std::byte const> bytes, bool replace,
                  std::function<void(std::filesystem::path const& temporary)> const& verify);

/// InputError when something other than a regular file has the name: a device or a pipe would be replaced by a file.
void refuse_no_file(std::filesystem::path const& target);

/// Gives a whole file beside `target` its name, as publish_file does.
void give_final_name(std::filesystem::path const& temporary, std::filesystem::path const& target, bool replace);

/// Creates a file that did not exist and returns its descriptor, open for reading and writing; -1 when the name is
/// taken.
[[nodiscard]] int create_exclusively(std::filesystem::path const& name);

}  // namespace arraigo
