#include "core/numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/input_errors.hpp"

namespace arraigo {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t n = 0;
  while (at + n < text.size() && is_digit(text[at + n])) ++n;
  return n;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// The grammar alone; `whole` is false when a fraction or an exponent stands there.
NumberFault grammar(std::string_view text, bool& whole) {
  whole = true;
  if (text.empty()) return NumberFault::empty;
  std::string const word = lower(text);
  for (std::string_view name : {"inf", "infinity", "nan"})
    for (std::string_view prefix : {"", "+", "-", ".", "+.", "-."})
      if (word.size() == prefix.size() + name.size() && word.starts_with(prefix) && word.ends_with(name))
        return NumberFault::not_finite;
  std::size_t at = text[0] == '-' ? 1 : 0;
  std::size_t const before_point = digits_at(text, at);
  if (before_point == 0) return NumberFault::malformed;
  bool const leading_zero = before_point > 1 && text[at] == '0';
  at += before_point;
  if (at < text.size() && text[at] == ',') {
    std::size_t const after = digits_at(text, at + 1);
    return after > 0 && at + 1 + after == text.size() ? NumberFault::decimal_comma : NumberFault::malformed;
  }
  if (at < text.size() && text[at] == '.') {
    std::size_t const fraction = digits_at(text, at + 1);
    if (fraction == 0) return NumberFault::malformed;
    at += 1 + fraction;
    whole = false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    std::size_t const exponent = digits_at(text, at);
    if (exponent == 0) return NumberFault::malformed;
    at += exponent;
    whole = false;
  }
  if (at != text.size()) return NumberFault::malformed;
  return leading_zero ? NumberFault::leading_zero : NumberFault::none;
}

}  // namespace

ParsedNumber<double> parse_number(std::string_view text) {
  bool whole = true;
  if (auto const fault = grammar(text, whole); fault != NumberFault::none) return {0, fault};
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view const mantissa = text.substr(0, text.find_first_of("eE"));
  bool const written_as_zero = mantissa.find_first_of("123456789") == std::string_view::npos;
  if (written_as_zero) return {0, NumberFault::none};  // also -0 and 0e999, which are exactly zero
  if (error == std::errc::result_out_of_range) {
    // from_chars does not say on which side; the size of the number does.
    auto const exponent = text.find_first_of("eE");
    bool const small = exponent != std::string_view::npos ? text[exponent + 1] == '-' : text.find("0.") <= 1;
    return {0, small ? NumberFault::too_small : NumberFault::too_large};
  }
  if (error != std::errc{} || end != text.data() + text.size()) return {0, NumberFault::malformed};
  if (!std::isfinite(value)) return {0, NumberFault::too_large};
  if (value == 0) return {0, NumberFault::too_small};
  return {value, NumberFault::none};
}

ParsedNumber<std::int64_t> parse_integer(std::string_view text) {
  bool whole = true;
  if (auto const fault = grammar(text, whole); fault != NumberFault::none) return {0, fault};
  if (!whole) return {0, NumberFault::not_whole};
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return {0, NumberFault::too_large};
  if (error != std::errc{} || end != text.data() + text.size()) return {0, NumberFault::malformed};
  return {value, NumberFault::none};
}

namespace {
/// The number that was likely meant, as it is written; empty when there is none.
std::string number_meant(NumberFault fault, std::string_view text) {
  std::string meant{text};
  bool whole = true;
  switch (fault) {
    case NumberFault::decimal_comma:
      std::replace(meant.begin(), meant.end(), ',', '.');
      break;
    case NumberFault::leading_zero: {
      std::size_t const sign = meant[0] == '-' ? 1 : 0;
      while (meant.size() > sign + 1 && meant[sign] == '0' && is_digit(meant[sign + 1])) meant.erase(sign, 1);
      break;
    }
    case NumberFault::not_whole: {
      auto const point = meant.find('.');
      if (point == std::string::npos) return {};
      meant.resize(point);
      break;
    }
    case NumberFault::malformed: {
      if (meant.starts_with('.')) meant = "0" + meant;
      if (meant.starts_with('+')) meant.erase(0, 1);
      if (meant.ends_with('.')) meant.pop_back();
      if (meant.ends_with('%')) {
        auto const percent = parse_number(std::string_view{meant}.substr(0, meant.size() - 1));
        if (percent.fault != NumberFault::none) return {};
        meant = number_text(percent.value / 100);
      }
      std::erase_if(meant, [](char c) { return c == '_' || c == ' '; });
      break;
    }
    default:
      return {};
  }
  if (meant == text || grammar(meant, whole) != NumberFault::none) return {};
  return meant;
}
}  // namespace

std::string why(NumberFault fault) {
  switch (fault) {
    case NumberFault::empty:
      return say(Message::in_number_empty);
    case NumberFault::decimal_comma:
      return say(Message::in_number_comma);
    case NumberFault::leading_zero:
      return say(Message::in_number_leading_zero);
    case NumberFault::not_finite:
      return say(Message::in_number_not_finite);
    case NumberFault::too_large:
      return say(Message::in_number_too_large);
    case NumberFault::too_small:
      return say(Message::in_number_too_small);
    case NumberFault::not_whole:
      return say(Message::in_number_not_whole);
    case NumberFault::none:
    case NumberFault::malformed:
      break;
  }
  return say(Message::in_number_malformed);
}

std::string fix(NumberFault fault, std::string_view text) {
  std::string const meant = number_meant(fault, text);
  return meant.empty() ? meant : say(Message::in_did_you_mean, meant);
}

std::string fix(NumberFault fault, std::string_view text, double low, double high) {
  auto const meant = parse_number(number_meant(fault, text));
  return meant.fault == NumberFault::none && meant.value >= low && meant.value <= high ? fix(fault, text) : std::string{};
}

std::string number_text(double value) {
  std::array<char, 64> buffer{};  // the shortest form has 24 characters at most, the plain form of these sizes 25
  double const size = std::abs(value);
  bool const plain = value == 0 || (size >= 1e-5 && size < 1e15);
  auto const end =
      plain ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed).ptr
            : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

}  // namespace arraigo
