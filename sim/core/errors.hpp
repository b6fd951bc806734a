/// Errors by who can mend them, since that decides the exit code and the words.
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

namespace arraigo {

enum class Exit : int { done = 0, machine_failed = 1, wrong_input = 2, our_bug = 70, stopped_resumable = 75 };

/// The user's input or command line is wrong. Holds every mistake found in one pass, one sentence each:
/// "file:line:column: key = value (why). Likely fix?"
class InputError : public std::runtime_error {
 public:
  explicit InputError(std::string sentence) : InputError(std::vector<std::string>{std::move(sentence)}) {}
  explicit InputError(std::vector<std::string> sentences)
      : std::runtime_error(joined(sentences)), sentences_(std::move(sentences)) {}
  [[nodiscard]] std::vector<std::string> const& sentences() const { return sentences_; }

 private:
  static std::string joined(std::vector<std::string> const& lines) {
    std::string all;
    for (auto const& line : lines) all += (all.empty() ? "" : "\n") + line;
    return all;
  }
  std::vector<std::string> sentences_;
};

/// The machine could not do it: disk, permission, memory.
class MachineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A broken promise of the program itself; the text names phase, month and ids.
class BugError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace arraigo
