/// Every text that people read, in Spanish and English, from one table (sim/core/text.def and the fragments it includes).
#pragma once
#include <string>
#include <string_view>

namespace arraigo {

enum class Lang { es, en };

/// A text in both languages; used by the parameter, measure and indicator tables too.
struct Text {
  char const* es;
  char const* en;
  [[nodiscard]] constexpr char const* in(Lang lang) const { return lang == Lang::es ? es : en; }
};

/// Keys of the message table: one row `M(key, "español", "English")` each.
enum class Message {
#define M(key, es, en) key,
#include "core/text.def"
#undef M
};

/// The message's text in `lang`. Placeholders are libfmt's ({}), the same number in both languages (a test holds that).
[[nodiscard]] char const* text(Message message, Lang lang);

/// A unit of a table or a record in `lang`; what is not known stays as it is.
[[nodiscard]] std::string unit_in(std::string_view unit, Lang lang);

/// The language of the locale (LC_ALL, LC_MESSAGES, LANG): English for en*, otherwise Spanish, the planners' default. Once
/// use_language was called, the one it was told; from any thread.
[[nodiscard]] Lang language_of_environment();
void use_language(Lang lang);

}  // namespace arraigo
