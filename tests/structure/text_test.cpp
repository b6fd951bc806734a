#include "core/text.hpp"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace arraigo {
namespace {

struct Row {
  char const* key;
  Message message;
};

std::vector<Row> rows() {
  return {
#define M(key, es, en) Row{#key, Message::key},
#include "core/text.def"
#undef M
  };
}

/// Replacement fields of a libfmt text; -1 when its braces do not pair up.
int fields(std::string_view text) {
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      if (i + 1 < text.size() && text[i + 1] == '{') {
        ++i;
        continue;
      }
      std::size_t const end = text.find('}', i);
      if (end == std::string_view::npos) return -1;
      ++count;
      i = end;
    } else if (text[i] == '}') {
      if (i + 1 >= text.size() || text[i + 1] != '}') return -1;
      ++i;
    }
  }
  return count;
}

TEST(Texts, EveryMessageTakesTheSameValuesInBothLanguages) {
  for (auto const& row : rows()) {
    int const spanish = fields(text(row.message, Lang::es));
    EXPECT_GE(spanish, 0) << row.key;
    EXPECT_EQ(spanish, fields(text(row.message, Lang::en))) << row.key;
  }
}

TEST(Texts, EveryMessageSaysSomethingInBothLanguages) {
  for (auto const& row : rows()) {
    EXPECT_STRNE(text(row.message, Lang::es), "") << row.key;
    EXPECT_STRNE(text(row.message, Lang::en), "") << row.key;
  }
}

TEST(Texts, FieldsAreCounted) {
  EXPECT_EQ(fields("{}: {} {{literal}}"), 2);
  EXPECT_EQ(fields("{}: {"), -1);
  EXPECT_EQ(fields("}"), -1);
}

}  // namespace
}  // namespace arraigo
