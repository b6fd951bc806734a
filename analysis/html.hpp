/// HTML and SVG put together so that no text of a file can become markup: text turns into markup only by being escaped.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arraigo::analysis {

/// Made by escaped(), element() and literal() only.
class Markup {
 public:
  Markup() = default;
  [[nodiscard]] std::string const& str() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  Markup& operator+=(Markup const& more) {
    text_ += more.text_;
    return *this;
  }
  friend Markup operator+(Markup a, Markup const& b) { return std::move(a += b); }

 private:
  explicit Markup(std::string text) : text_(std::move(text)) {}
  std::string text_;
  friend Markup escaped(std::string_view text);
  friend Markup literal_of(std::string_view text);
};

/// One with an empty value is left out.
struct Attribute {
  std::string_view name;
  std::string value;
};
using Attributes = std::vector<Attribute>;

/// What is no UTF-8, controls and marks that turn the direction of writing are replaced; & < > " ' become references.
[[nodiscard]] Markup escaped(std::string_view text);

[[nodiscard]] Markup literal_of(std::string_view text);
/// Markup written in the program itself.
template <std::size_t size>
[[nodiscard]] Markup literal(char const (&text)[size]) {
  return literal_of({text, size - 1});
}

/// Attributes' values are escaped; names are the program's own.
[[nodiscard]] Markup element(std::string_view name, Attributes const& attributes, Markup const& content);
[[nodiscard]] Markup element(std::string_view name, Markup const& content);
[[nodiscard]] Markup element(std::string_view name, std::string_view text);
/// SVG's <path/>, HTML's <meta>: without content.
[[nodiscard]] Markup empty_element(std::string_view name, Attributes const& attributes);

}  // namespace arraigo::analysis
