/// What is known of the screen, and text fitted to it.
#pragma once
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

#include "analysis/text_output.hpp"

namespace arraigo::app {

/// A file that grows beyond what a limit of the shell (ulimit -f) allows is a failure to be told, not a signal that ends the
/// program and leaves what it was writing.
void survive_file_limits();

/// Whether this is how the library of threads says that the system gives no more of them: an error without a type of its own.
[[nodiscard]] bool tells_of_no_thread(std::exception const& error);

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
