/// Text files from people: read whole, within a size, and only when they are what they claim to be.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/input_errors.hpp"

namespace arraigo {

/// The file's bytes: a regular file of at most `most_bytes`. Otherwise nothing, with a sentence in `errors`. Throws
/// MachineError when the disk fails, or a permission or memory is missing.
[[nodiscard]] std::optional<std::string> read_file(std::filesystem::path const& file, std::size_t most_bytes, Errors& errors,
                                                   std::string_view name_in_sentences = {});

/// The same of a file that must be there; otherwise InputError.
[[nodiscard]] std::string read_whole_file(std::filesystem::path const& file, std::size_t most_bytes);

/// The file's bytes: a regular file of at most `most_bytes`, UTF-8 without byte order mark, no control characters
/// except tab and line ends, lines ended by LF or CRLF (CRLF becomes LF). Otherwise nothing, with sentences in
/// `errors`. Throws MachineError when the disk fails or permission is missing.
[[nodiscard]] std::optional<std::string> read_text_file(std::filesystem::path const& file, std::size_t most_bytes,
                                                        Errors& errors, std::string_view name_in_sentences = {});

/// The same checks on text in memory; `name` stands for the file in sentences.
[[nodiscard]] std::optional<std::string> checked_text(std::string bytes, std::string_view name, Errors& errors);

/// Length in bytes of the UTF-8 character at `at` (shortest form, no surrogates, up to U+10FFFF); 0 when it is none.
[[nodiscard]] std::size_t utf8_length_at(std::string_view text, std::size_t at);

/// Why the operating system refused, by its error number (errno), in the reader's language.
[[nodiscard]] std::string system_reason(int error);

/// "file:line:column" of a byte offset, columns counted in characters from 1.
[[nodiscard]] std::string position(std::string_view name, std::string_view text, std::size_t offset);

}  // namespace arraigo
