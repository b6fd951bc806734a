/// The claims of a theory of change, from a file like scenarios/theory/claims.yaml: read strictly, every mistake in one
/// pass with its line, as scenarios are.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/theory.hpp"
#include "core/input_errors.hpp"
#include "params/yaml_tree.hpp"
#include "record/record.hpp"

namespace arraigo::app {

/// `layout` is that of a run by district: indicators, variables and groups are held against it. InputError with every
/// mistake.
[[nodiscard]] std::vector<analysis::Claim> read_claims(std::filesystem::path const& file, RecordLayout const& layout);
[[nodiscard]] std::vector<analysis::Claim> parse_claims(std::string text, std::string_view name,
                                                        RecordLayout const& layout);

}  // namespace arraigo::app
