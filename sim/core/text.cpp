#include "core/text.hpp"

#include <array>
#include <cstdlib>
#include <string>

namespace arraigo {
namespace {
constexpr std::array messages{
#define M(key, es, en) Text{es, en},
#include "core/text.def"
#undef M
};
}  // namespace

char const* text(Message message, Lang lang) { return messages[static_cast<std::size_t>(message)].in(lang); }

Lang language_of_environment() {
  for (char const* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    char const* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return std::string_view{value}.starts_with("en") ? Lang::en : Lang::es;
  }
  return Lang::es;
}

}  // namespace arraigo
