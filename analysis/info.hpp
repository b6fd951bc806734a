/// What a run file is, and whether it is intact.
#pragma once
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "core/text.hpp"

namespace arraigo::analysis {

struct Damage {
  std::string dataset;  ///< empty: the file as a whole or its root attributes
  std::string sentence;
};

/// Reads the whole file and compares every data set and attribute with its digest. Empty: intact. Throws InputError
/// when it is not a run file at all, MachineError when it cannot be read.
[[nodiscard]] std::vector<Damage> verify(std::filesystem::path const& path);

enum class InfoFormat { text, json };

/// Prints what the file is: scenario, horizon, seed, version, dimensions, variables, hashes. With `check` it is
/// verified first and the outcome printed too. Returns false when `check` found damage.
bool print_info(std::ostream& out, std::filesystem::path const& path, bool check, InfoFormat format, Lang lang);

}  // namespace arraigo::analysis
