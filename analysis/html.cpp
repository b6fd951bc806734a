#include "analysis/html.hpp"

#include <cstdint>

namespace arraigo::analysis {
namespace {

constexpr char32_t replacement = 0xFFFD;

/// The code point at the front and how many bytes it takes; what is malformed takes one byte.
std::pair<char32_t, std::size_t> first_of(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  std::uint8_t const lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  std::size_t const size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || size > text.size()) return {replacement, 1};
  char32_t code = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {replacement, 1};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  bool const overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {replacement, 1};
  return {code, size};
}

bool is_shown(char32_t code) {
  if (code == '\n' || code == '\t') return true;
  if (code < 0x20 || (code >= 0x7F && code <= 0x9F)) return false;
  // Marks that turn the direction of what follows, beyond the text that holds them.
  return !((code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069));
}

}  // namespace

Markup escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto const [code, size] = first_of(text);
    if (code == '&')
      out += "&amp;";
    else if (code == '<')
      out += "&lt;";
    else if (code == '>')
      out += "&gt;";
    else if (code == '"')
      out += "&quot;";
    else if (code == '\'')
      out += "&#39;";
    else if (code == replacement || !is_shown(code))
      out += "\xEF\xBF\xBD";
    else
      out += text.substr(0, size);
    text.remove_prefix(size);
  }
  return Markup(std::move(out));
}

Markup literal_of(std::string_view text) { return Markup(std::string{text}); }

namespace {
std::string tag(std::string_view name, Attributes const& attributes) {
  std::string out = "<" + std::string(name);
  for (auto const& attribute : attributes) {
    if (attribute.value.empty()) continue;
    out += ' ';
    out += attribute.name;
    out += "=\"" + escaped(attribute.value).str() + "\"";
  }
  return out;
}
}  // namespace

Markup element(std::string_view name, Attributes const& attributes, Markup const& content) {
  return literal_of(tag(name, attributes) + ">" + content.str() + "</" + std::string(name) + ">");
}
Markup element(std::string_view name, Markup const& content) { return element(name, Attributes{}, content); }
Markup element(std::string_view name, std::string_view text) { return element(name, Attributes{}, escaped(text)); }
Markup empty_element(std::string_view name, Attributes const& attributes) {
  return literal_of(tag(name, attributes) + "/>");
}

}  // namespace arraigo::analysis
