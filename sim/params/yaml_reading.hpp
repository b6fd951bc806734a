/// What readers of YAML files with known keys share: where a mistake stands, and values that must be of a kind and within bounds.
/// Every mistake becomes a sentence in `errors`; what is asked for is then not there, and the reader goes on to the next.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "params/yaml_tree.hpp"

namespace arraigo {

/// A value as a sentence shows it: a scalar's text, brackets for what has entries.
[[nodiscard]] std::string summary_of(YamlNode const& node);
/// A text in YAML's double quotes, on one line, whatever it holds.
[[nodiscard]] std::string in_yaml_quotes(std::string_view text);

class YamlReading {
 protected:
  YamlReading(YamlFile const& file, Errors& errors) : file_(file), errors_(errors) {}

  [[nodiscard]] std::string at(YamlNode const& node) const { return file_.at(node.offset); }
  void note(YamlNode const& node, std::string_view key, std::string_view why, std::string_view fix = {});
  void missing(YamlNode const& node, std::string_view key);
  /// Visits the entries of a map whose keys are known, once each; see visit_known.
  template <class Visit>
  void walk(YamlNode const& map, std::string const& prefix, std::vector<std::string_view> const& known, Visit&& visit) {
    visit_known(file_, map, prefix, known, errors_, visit);
  }
  std::optional<std::int64_t> integer_of(YamlNode const& node, std::string_view key, std::int64_t low, std::int64_t high);
  std::optional<double> number_of(YamlNode const& node, std::string_view key, double low, double high);
  /// The place of the value among the words.
  std::optional<std::size_t> word_of(YamlNode const& node, std::string_view key, std::vector<std::string_view> const& words);

  YamlFile const& file_;
  Errors& errors_;
};

}  // namespace arraigo
