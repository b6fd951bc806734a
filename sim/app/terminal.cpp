#include "app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace arraigo::app {

void survive_file_limits() { std::signal(SIGXFSZ, SIG_IGN); }

bool tells_of_no_thread(std::exception const& error) { return std::string_view(error.what()).starts_with("pthread_create has failed"); }

int terminal_columns(int descriptor) {
  if (isatty(descriptor) == 0) return 0;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::size_t text_columns(std::size_t elsewhere) {
  int const columns = terminal_columns(STDOUT_FILENO);
  return columns == 0 ? elsewhere : static_cast<std::size_t>(std::max(columns, 60));
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string_view text, std::size_t width) {
  std::size_t const taken = width_of(text);
  return std::string{text} + std::string(width > taken ? width - taken : 0, ' ');
}

}  // namespace arraigo::app
