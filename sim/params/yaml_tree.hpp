/// A YAML file as a plain tree of texts with exact positions: yaml-cpp parses, this keeps only what a scenario may
/// contain and refuses the rest (anchors, aliases, tags, merge keys, directives, tabs, several documents).
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/input_errors.hpp"

namespace arraigo {

struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, map };
  Kind kind = Kind::null;
  bool quoted = false;          ///< scalar in quotes or a block text: never a number
  std::uint32_t offset = 0;     ///< bytes from the start of the file
  std::string text;             ///< of a scalar
  std::vector<YamlNode> items;  ///< of a sequence; of a map: key, value, key, value, ...

  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
  [[nodiscard]] bool is_sequence() const { return kind == Kind::sequence; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
};

struct YamlFile {
  std::string name;  ///< as it stands in sentences
  std::string text;
  YamlNode root;
  std::vector<std::uint32_t> line_begins;

  /// "file:line:column", columns in characters from 1.
  [[nodiscard]] std::string at(std::uint32_t offset) const;
};

struct YamlLimits {
  /// The parser's scanner holds a whole [ ... ] in memory, some 150 bytes for each of its bytes: this keeps the worst
  /// file below 200 MB and one second. A scenario of a thousand lines has 60 kB.
  static constexpr std::size_t most_bytes = std::size_t{1} << 20U;
  static constexpr std::size_t most_depth = 64;
  static constexpr std::size_t most_nodes = 1'000'000;
};

/// Nothing when the file cannot be read as one YAML document; the sentences are then in `errors`.
[[nodiscard]] std::optional<YamlFile> read_yaml(std::filesystem::path const& file, std::string_view name,
                                                Errors& errors);
[[nodiscard]] std::optional<YamlFile> parse_yaml(std::string text, std::string_view name, Errors& errors);

/// Visits the entries of a map whose keys are known, once each, with the key's place in `known` and its whole name, prefix
/// included; tells of keys that are unknown or stand twice and of values that are missing.
void visit_known(YamlFile const& file, YamlNode const& map, std::string const& prefix, std::vector<std::string_view> const& known, Errors& errors,
                 std::function<void(std::size_t, YamlNode const&, std::string const&)> const& visit);

}  // namespace arraigo
