/// Search as people type: without accents, any case, words in any order.
#pragma once
#include <string_view>

namespace arraigo::viz {

/// Whether every word of `search` stands somewhere in `where`.
[[nodiscard]] bool matches(std::string_view search, std::string_view where);

}  // namespace arraigo::viz
