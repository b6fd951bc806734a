/// What is known of the screen, and text fitted to it.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace arraigo::app {

/// Columns of the terminal behind a file descriptor, 0 when it is none.
[[nodiscard]] int terminal_columns(int descriptor);
/// Columns to fit text to on stdout: the terminal's, otherwise 120, and never under 60.
[[nodiscard]] std::size_t text_columns();

/// Columns that UTF-8 text takes; every character of Spanish and English takes one.
[[nodiscard]] std::size_t width_of(std::string_view text);
/// `text` filled up with spaces to `width`.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
/// Lines of at most `width` columns, broken at spaces; line ends in the text stay. Never empty.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace arraigo::app
