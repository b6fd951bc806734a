/// What is known of the screen, and text fitted to it.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "analysis/text_output.hpp"

namespace arraigo::app {

/// Columns of the terminal behind a file descriptor, 0 when it is none.
[[nodiscard]] int terminal_columns(int descriptor);
/// Columns to fit text to on stdout: the terminal's, otherwise `elsewhere`, and never under 60.
[[nodiscard]] std::size_t text_columns(std::size_t elsewhere = 120);

/// Columns that UTF-8 text takes; every character of Spanish and English takes one.
[[nodiscard]] std::size_t width_of(std::string_view text);
/// `text` filled up with spaces to `width`.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
using analysis::wrapped;

}  // namespace arraigo::app
