/// The likely fix of a misspelt word.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace arraigo {

/// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other (Damerau 1964,
/// restricted).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The word with the least distance, when at most a third of its letters (and always one) differ; otherwise the
/// shortest word that holds what was written (three letters or more).
[[nodiscard]] std::optional<std::string> nearest(std::string_view written, std::span<std::string_view const> words);

/// "Did you mean x?", otherwise up to 12 valid words ("Valid: a, b, c."), otherwise "".
[[nodiscard]] std::string suggestion(std::string_view written, std::span<std::string_view const> words);

}  // namespace arraigo
