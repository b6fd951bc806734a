#include "analysis/text_output.hpp"

#include <algorithm>
#include <cmath>

namespace arraigo::analysis {

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    bool const continues = (byte & 0xC0U) == 0x80U;
    // U+0300 to U+036F, combining accents: 0xCC 0x80 to 0xCD 0xAF.
    bool const combines =
        byte == 0xCCU || (byte == 0xCDU && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xB0U);
    if (!continues && !combines) ++width;
  }
  return width;
}

std::string pad_right(std::string text, std::size_t width) {
  std::size_t const has = display_width(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

std::string pad_left(std::string text, std::size_t width) {
  std::size_t const has = display_width(text);
  if (has < width) text.insert(0, width - has, ' ');
  return text;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (true) {
    std::string_view const paragraph = text.substr(0, text.find('\n'));
    std::size_t const indent = std::min(paragraph.find_first_not_of(' '), paragraph.size());
    std::string line(indent, ' ');
    bool fresh = true;
    for (std::size_t at = indent; at < paragraph.size();) {
      std::size_t const space = std::min(paragraph.find(' ', at), paragraph.size());
      std::string_view const word = paragraph.substr(at, space - at);
      if (!fresh && display_width(line) + 1 + display_width(word) > width) {
        lines.push_back(std::move(line));
        line.assign(indent, ' ');
        fresh = true;
      }
      if (!fresh) line += ' ';
      line += word;
      fresh = false;
      at = space + 1;
    }
    lines.push_back(std::move(line));
    if (paragraph.size() == text.size()) return lines;
    text.remove_prefix(paragraph.size() + 1);
  }
}

std::string format_number(double value, int decimals, Lang lang, Sign sign) {
  std::string const digits = fmt::format("{:.{}f}", std::abs(value), std::max(decimals, 0));
  bool const is_zero = digits.find_first_not_of("0.") == std::string::npos;
  std::size_t const point = std::min(digits.find('.'), digits.size());
  std::string out = is_zero ? "" : value < 0 ? "-" : sign == Sign::always ? "+" : "";
  for (std::size_t i = 0; i < point; ++i) {
    if (i > 0 && (point - i) % 3 == 0) out += lang == Lang::es ? "\xC2\xA0" : ",";
    out += digits[i];
  }
  if (point < digits.size()) {
    out += lang == Lang::es ? ',' : '.';
    out += digits.substr(point + 1);
  }
  return out;
}

std::string interval_text(Interval const& interval, int decimals, Lang lang, Sign sign) {
  return fmt::format("[{}; {}]", format_number(interval.low, decimals, lang, sign),
                     format_number(interval.high, decimals, lang, sign));
}

int decimals_that_show(std::optional<double> difference, std::optional<Interval> const& interval, int decimals) {
  constexpr int most_added = 3;
  auto const vanishes = [](double value, int digits) {
    return value != 0 && std::abs(value) < 0.5 * std::pow(10.0, -digits);
  };
  int digits = decimals;
  while (digits < decimals + most_added && ((difference && vanishes(*difference, digits)) ||
                                            (interval && (vanishes((interval->high - interval->low) / 2, digits) || vanishes(interval->low, digits) || vanishes(interval->high, digits)))))
    ++digits;
  return digits;
}

std::string p_text(double p, Lang lang) { return p < 0.001 ? "<" + format_number(0.001, 3, lang) : format_number(p, 3, lang); }

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string{text};
  std::string quoted = "\"";
  for (char const c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace arraigo::analysis
