#include "viz/search.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

namespace arraigo::viz {
namespace {

/// Lower case without accents, so that "regularizacion" finds "Regularización".
std::string folded(std::string_view text) {
  static constexpr std::pair<std::string_view, char> letters[] = {
      {"\xc3\xa1", 'a'}, {"\xc3\xa9", 'e'}, {"\xc3\xad", 'i'}, {"\xc3\xb3", 'o'}, {"\xc3\xba", 'u'}, {"\xc3\xbc", 'u'}, {"\xc3\xb1", 'n'},
      {"\xc3\x81", 'a'}, {"\xc3\x89", 'e'}, {"\xc3\x8d", 'i'}, {"\xc3\x93", 'o'}, {"\xc3\x9a", 'u'}, {"\xc3\x9c", 'u'}, {"\xc3\x91", 'n'}};
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    bool accented = false;
    for (auto const& [from, to] : letters)
      if (text.substr(i).starts_with(from)) {
        out += to;
        i += from.size();
        accented = true;
        break;
      }
    if (accented) continue;
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i++])));
  }
  return out;
}

}  // namespace

bool matches(std::string_view search, std::string_view where) {
  std::string const all = folded(where), wanted = folded(search);
  for (std::size_t from = 0; from < wanted.size();) {
    std::size_t const end = std::min(wanted.find(' ', from), wanted.size());
    if (end > from && all.find(wanted.substr(from, end - from)) == std::string::npos) return false;
    from = end + 1;
  }
  return true;
}

}  // namespace arraigo::viz
