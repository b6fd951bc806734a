#include "params/yaml_reading.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/numbers.hpp"
#include "core/suggest.hpp"

namespace arraigo {

std::string summary_of(YamlNode const& node) { return node.is_map() ? "{...}" : node.is_sequence() ? "[...]" : node.text; }

std::string in_yaml_quotes(std::string_view text) {
  std::string out{'"'};
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (c == '\n')
      out += "\\n";
    else if (byte < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02X}", byte);
    else
      out += c;
  }
  return out + '"';
}

void YamlReading::note(YamlNode const& node, std::string_view key, std::string_view why, std::string_view fix) {
  errors_.add(mistake(at(node), key, summary_of(node), why, fix));
}

void YamlReading::missing(YamlNode const& node, std::string_view key) { errors_.add(say(Message::cl_missing, at(node), key)); }

std::optional<std::int64_t> YamlReading::integer_of(YamlNode const& node, std::string_view key, std::int64_t low, std::int64_t high) {
  auto const parsed = parse_integer(node.is_scalar() && !node.quoted ? node.text : "x");
  if (parsed.fault == NumberFault::none && parsed.value >= low && parsed.value <= high) return parsed.value;
  note(node, key, say(Message::in_integer_range, low, high), node.is_scalar() ? fix(parsed.fault, node.text) : std::string{});
  return std::nullopt;
}

std::optional<double> YamlReading::number_of(YamlNode const& node, std::string_view key, double low, double high) {
  if (!node.is_scalar() || node.quoted) {
    note(node, key, say(node.is_scalar() ? Message::in_number_quoted : Message::in_number_malformed));
    return std::nullopt;
  }
  auto const parsed = parse_number(node.text);
  if (parsed.fault == NumberFault::none && parsed.value >= low && parsed.value <= high) return parsed.value;
  if (parsed.fault == NumberFault::none) note(node, key, say(Message::in_number_range, number_text(low), number_text(high)));
  else note(node, key, why(parsed.fault), fix(parsed.fault, node.text));
  return std::nullopt;
}

std::optional<std::size_t> YamlReading::word_of(YamlNode const& node, std::string_view key, std::vector<std::string_view> const& words) {
  auto const found = node.is_scalar() ? std::find(words.begin(), words.end(), node.text) : words.end();
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  note(node, key, say(Message::in_word_unknown), node.is_scalar() ? suggestion(node.text, words) : std::string{});
  return std::nullopt;
}

}  // namespace arraigo
