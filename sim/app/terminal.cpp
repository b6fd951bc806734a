#include "app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace arraigo::app {

int terminal_columns(int descriptor) {
  if (isatty(descriptor) == 0) return 0;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::size_t text_columns() {
  int const columns = terminal_columns(STDOUT_FILENO);
  return columns == 0 ? 120 : static_cast<std::size_t>(std::max(columns, 60));
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string_view text, std::size_t width) {
  std::size_t const taken = width_of(text);
  return std::string{text} + std::string(width > taken ? width - taken : 0, ' ');
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (true) {
    std::string_view const paragraph = text.substr(0, text.find('\n'));
    std::size_t const indent = std::min(paragraph.find_first_not_of(' '), paragraph.size());
    std::string line(indent, ' ');
    bool fresh = true;
    for (std::size_t at = indent; at < paragraph.size();) {
      std::size_t const space = std::min(paragraph.find(' ', at), paragraph.size());
      std::string_view const word = paragraph.substr(at, space - at);
      if (!fresh && width_of(line) + 1 + width_of(word) > width) {
        lines.push_back(std::move(line));
        line.assign(indent, ' ');
        fresh = true;
      }
      if (!fresh) line += ' ';
      line += word;
      fresh = false;
      at = space + 1;
    }
    lines.push_back(std::move(line));
    if (paragraph.size() == text.size()) return lines;
    text.remove_prefix(paragraph.size() + 1);
  }
}

}  // namespace arraigo::app
