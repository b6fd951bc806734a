#include "core/suggest.hpp"

#include <algorithm>
#include <vector>

#include "core/input_errors.hpp"

namespace arraigo {
namespace {
constexpr std::size_t longest_compared = 80;  // longer texts are no misspelt names
constexpr std::size_t most_listed = 12;
}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

std::optional<std::string> nearest(std::string_view written, std::span<std::string_view const> words) {
  if (written.size() > longest_compared) return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_distance = 0;
  for (auto const word : words) {
    std::size_t const distance = edit_distance(written, word);
    if (distance <= std::max<std::size_t>(1, word.size() / 3) && (!best || distance < best_distance)) {
      best = std::string{word};
      best_distance = distance;
    }
  }
  if (best || written.size() < 3) return best;
  for (auto const word : words)
    if (word.find(written) != std::string_view::npos && (!best || word.size() < best->size())) best = std::string{word};
  return best;
}

std::string suggestion(std::string_view written, std::span<std::string_view const> words) {
  if (auto const near = nearest(written, words)) return say(Message::in_did_you_mean, *near);
  if (words.empty() || words.size() > most_listed) return {};
  return say(Message::in_valid_words, fmt::format("{}", fmt::join(words, ", ")));
}

}  // namespace arraigo
