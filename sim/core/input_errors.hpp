/// Mistakes in the user's files, collected so that one pass reports them all, in the words of the message table.
#pragma once
#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace arraigo {

/// The message in the language of the environment, its {} filled in.
template <class... Args>
[[nodiscard]] std::string say(Message message, Args const&... args) {
  return fmt::vformat(text(message, language_of_environment()), fmt::make_format_args(args...));
}

/// A value as it is shown inside a sentence: one line, no control characters, cut after 60 characters.
[[nodiscard]] std::string shown(std::string_view value);

/// "where: key = value (why). fix". An empty fix is left out.
[[nodiscard]] std::string mistake(std::string_view where, std::string_view key, std::string_view value,
                                  std::string_view why, std::string_view fix = {});

class Errors {
 public:
  void add(std::string sentence);
  [[nodiscard]] bool empty() const { return sentences_.empty(); }
  /// Further sentences are only counted: their wording can be spared.
  [[nodiscard]] bool full() const { return sentences_.size() >= most_kept; }
  [[nodiscard]] std::size_t count() const { return sentences_.size() + left_out_; }
  [[nodiscard]] std::vector<std::string> sentences() const;  ///< the last one tells how many were left out, if any
  void throw_if_any() const;                                 ///< InputError with all sentences

 private:
  /// A table with a mistake in each of a million rows must not fill memory or the screen.
  static constexpr std::size_t most_kept = 200;
  std::vector<std::string> sentences_;
  std::size_t left_out_ = 0;
};

}  // namespace arraigo
