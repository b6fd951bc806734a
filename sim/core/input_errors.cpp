#include "core/input_errors.hpp"

namespace arraigo {
namespace {
constexpr std::size_t most_characters_shown = 60;
}

std::string shown(std::string_view value) {
  std::string out;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto const byte = static_cast<unsigned char>(value[i]);
    bool const continues = (byte & 0xC0U) == 0x80U;
    if (!continues && ++characters > most_characters_shown) return out + "...";
    if (byte == '\n')
      out += "\\n";
    else if (byte < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02X}", byte);
    else
      out += value[i];
  }
  return out;
}

std::string mistake(std::string_view where, std::string_view key, std::string_view value, std::string_view why,
                    std::string_view fix) {
  std::string const shown_value = value.empty() ? "\"\"" : shown(value);
  return fmt::format("{}: {} = {} ({}).{}{}", where, key, shown_value, why, fix.empty() ? "" : " ", fix);
}

void Errors::add(std::string sentence) {
  if (sentences_.size() < most_kept)
    sentences_.push_back(std::move(sentence));
  else
    ++left_out_;
}

std::vector<std::string> Errors::sentences() const {
  auto all = sentences_;
  if (left_out_ > 0) all.push_back(say(Message::in_more_mistakes, left_out_));
  return all;
}

void Errors::throw_if_any() const {
  if (!empty()) throw InputError(sentences());
}

}  // namespace arraigo
