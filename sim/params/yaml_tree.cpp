#include "params/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <sstream>
#include <utility>

#include "core/suggest.hpp"
#include "core/text_file.hpp"

namespace arraigo {
namespace {

/// Stops the parser with a sentence of ours.
struct Refused {
  std::uint32_t offset;
  std::string sentence;  ///< without the position
};

std::uint32_t offset_of(YAML::Mark const& mark) { return mark.pos < 0 ? 0U : static_cast<std::uint32_t>(mark.pos); }

/// Builds the tree from yaml-cpp's events: the library's own tree would lose quotes and positions and follow aliases.
class TreeBuilder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(YAML::Mark const&) override {}
  void OnDocumentEnd() override {}
  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override { add(mark, YamlNode::Kind::null, "", anchor); }
  void OnAlias(YAML::Mark const& mark, YAML::anchor_t) override {
    throw Refused{offset_of(mark), say(Message::in_yaml_alias)};
  }
  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                std::string const& value) override {
    YamlNode& node = add(mark, YamlNode::Kind::scalar, tag, anchor);
    node.text = value;
    node.quoted = tag == "!";
  }
  void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, YamlNode::Kind::sequence, tag, anchor);
  }
  void OnSequenceEnd() override { path_.pop_back(); }
  void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, YamlNode::Kind::map, tag, anchor);
  }
  void OnMapEnd() override { path_.pop_back(); }

  YamlNode root;

 private:
  YamlNode& add(YAML::Mark const& mark, YamlNode::Kind kind, std::string const& tag, YAML::anchor_t anchor) {
    std::uint32_t const offset = offset_of(mark);
    if (anchor != 0) throw Refused{offset, say(Message::in_yaml_anchor)};
    if (!tag.empty() && tag != "?" && tag != "!") throw Refused{offset, say(Message::in_yaml_tag, shown(tag))};
    if (++nodes_ > YamlLimits::most_nodes) throw Refused{offset, say(Message::in_yaml_nodes, YamlLimits::most_nodes)};
    YamlNode* node = &root;
    if (!path_.empty()) {
      YamlNode& parent = *path_.back();
      bool const is_key = parent.is_map() && parent.items.size() % 2 == 0;
      if (is_key && kind != YamlNode::Kind::scalar) throw Refused{offset, say(Message::in_yaml_key)};
      node = &parent.items.emplace_back();
    }
    node->kind = kind;
    node->offset = offset;
    return *node;
  }
  void open(YAML::Mark const& mark, YamlNode::Kind kind, std::string const& tag, YAML::anchor_t anchor) {
    if (path_.size() >= YamlLimits::most_depth)
      throw Refused{offset_of(mark), say(Message::in_yaml_depth, YamlLimits::most_depth)};
    path_.push_back(&add(mark, kind, tag, anchor));
  }

  // Pointers stay valid: a parent's items grow only when none of its children is open.
  std::vector<YamlNode*> path_;
  std::size_t nodes_ = 0;
};

bool is_space(char c) { return c == ' ' || c == '\n'; }

/// What the parser must not be trusted with: told from the bytes, before it runs.
std::optional<Refused> refuse_bytes(std::string_view text) {
  auto const at = [](std::size_t offset) { return static_cast<std::uint32_t>(offset); };
  if (auto const tab = text.find('\t'); tab != std::string_view::npos)
    return Refused{at(tab), say(Message::in_yaml_tab)};
  for (std::size_t line = 0; line < text.size();) {
    if (text[line] == '%') return Refused{at(line), say(Message::in_yaml_directive)};
    auto const next = text.find('\n', line);
    if (next == std::string_view::npos) break;
    line = next + 1;
  }
  // Brackets still open queue up inside the scanner before the first event: a million of them cost gigabytes. No lexing
  // is needed for a bound that no scenario comes near: counted are brackets that open at once after another bracket.
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[' || text[i] == '{')
      ++run;
    else if (!is_space(text[i]) && text[i] != ',' && text[i] != '-' && text[i] != '?' && text[i] != ':')
      run = 0;
    if (run > YamlLimits::most_depth) return Refused{at(i), say(Message::in_yaml_depth, YamlLimits::most_depth)};
  }
  return std::nullopt;
}

/// Checks that the tree accounts for every byte of the file: between two texts only structure and comments may stand.
/// What the parser dropped in silence (an open quote, the rest of a line) is found here.
class Coverage {
 public:
  explicit Coverage(std::string_view text) : text_(text) {}

  void check(YamlNode const& root) {
    visit(root);
    skip_structure(text_.size());
  }

 private:
  void visit(YamlNode const& node) {
    if (node.is_scalar()) {
      skip_structure(node.offset);
      skip_scalar(node);
    }
    for (auto const& item : node.items) visit(item);
  }

  [[noreturn]] void refuse(std::size_t offset, Message message) const {
    throw Refused{static_cast<std::uint32_t>(offset), say(message)};
  }

  /// Moves to `end` over indicators, spaces, comments, document marks and the words for null.
  void skip_structure(std::size_t end) {
    if (end < at_) refuse(end, Message::in_yaml_unclear);
    while (at_ < end) {
      char const c = text_[at_];
      bool const line_start = at_ == 0 || text_[at_ - 1] == '\n';
      if (c == '#' && (line_start || text_[at_ - 1] == ' ')) {
        at_ = std::min(text_.find('\n', at_), text_.size());
        if (at_ > end) refuse(end, Message::in_yaml_unclear);
      } else if (is_space(c) || std::string_view{"-:,[]{}?"}.find(c) != std::string_view::npos) {
        ++at_;
      } else if (line_start && text_.substr(at_, 3) == "..." && (at_ + 3 >= text_.size() || is_space(text_[at_ + 3]))) {
        at_ += 3;
      } else if (std::size_t const null = null_length(); null > 0) {
        at_ += null;
      } else {
        refuse(at_, Message::in_yaml_unclear);
      }
    }
  }

  [[nodiscard]] std::size_t null_length() const {
    for (std::string_view word : {"~", "null", "Null", "NULL"}) {
      if (text_.substr(at_, word.size()) != word) continue;
      char const next = at_ + word.size() < text_.size() ? text_[at_ + word.size()] : '\n';
      if (is_space(next) || next == ',' || next == ']' || next == '}' || next == ':') return word.size();
    }
    return 0;
  }

  void skip_scalar(YamlNode const& node) {
    char const first = at_ < text_.size() ? text_[at_] : '\n';
    if (!node.quoted)
      skip_plain(node.text);
    else if (first == '"' || first == '\'')
      skip_quoted(first);
    else if (first == '|' || first == '>')
      skip_block();
    else
      refuse(node.offset, Message::in_yaml_unclear);
  }

  void skip_quoted(char quote) {
    std::size_t const opened = at_++;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\' && quote == '"') {
        ++at_;
      } else if (text_[at_] == quote) {
        if (quote == '"' || at_ + 1 >= text_.size() || text_[at_ + 1] != '\'') {
          ++at_;
          return;
        }
        ++at_;
      }
    }
    refuse(opened, Message::in_yaml_open_quote);
  }

  void skip_plain(std::string_view value) {
    std::size_t const began = at_;
    for (std::size_t i = 0; i < value.size();) {
      if (is_space(value[i])) {
        if (at_ >= text_.size() || !is_space(text_[at_])) refuse(began, Message::in_yaml_unclear);
        while (i < value.size() && is_space(value[i])) ++i;
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      } else {
        if (at_ >= text_.size() || text_[at_] != value[i]) refuse(began, Message::in_yaml_unclear);
        ++at_;
        ++i;
      }
    }
  }

  /// A block text: the header's line, then every line that is empty or indented as much as its first line.
  void skip_block() {
    std::size_t const began = at_;
    auto const next_line = [&] { at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1; };
    auto const header = text_.substr(at_ + 1, std::min(text_.find('\n', at_), text_.size()) - at_ - 1);
    auto const modifiers = header.find_first_not_of("+-");
    if (modifiers != std::string_view::npos && header[modifiers] != ' ') refuse(began, Message::in_yaml_block_header);
    if (auto const rest = header.find_first_not_of("+- "); rest != std::string_view::npos && header[rest] != '#')
      refuse(began, Message::in_yaml_block_header);
    next_line();
    std::size_t indent = 0;
    while (at_ < text_.size()) {
      std::size_t const content = std::min(text_.find_first_not_of(' ', at_), text_.size());
      std::size_t const spaces = content - at_;
      bool const empty = content == text_.size() || text_[content] == '\n';
      if (!empty && indent == 0) {
        if (spaces == 0) return;
        indent = spaces;
      }
      if (!empty && spaces < indent) return;
      next_line();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void refuse_merge_keys_and_odd_text(YamlNode const& node) {
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    auto const& item = node.items[i];
    if (node.is_map() && i % 2 == 0 && item.text == "<<") throw Refused{item.offset, say(Message::in_yaml_merge)};
    refuse_merge_keys_and_odd_text(item);
  }
  // Escapes such as "\0" can bring back what the file's bytes may not hold.
  Errors ignored;
  std::string escaped = node.text;
  if (escaped.find('\r') != std::string::npos || escaped.find('\t') != std::string::npos ||
      !checked_text(std::move(escaped), "", ignored))
    throw Refused{node.offset, say(Message::in_yaml_escape)};
}

/// What yaml-cpp complains of, in the reader's language: its own words are English. The table holds every message that
/// its scanner and parser throw; those that refuse_bytes leaves no way to are included, since they cost a line each.
std::string explain(std::string_view complaint) {
  static constexpr std::array explained{
      std::pair{"illegal map value", Message::in_yaml_map_value},
      std::pair{"end of map not found", Message::in_yaml_indentation},
      std::pair{"end of map flow not found", Message::in_yaml_open_brace},
      std::pair{"end of sequence not found", Message::in_yaml_indentation},
      std::pair{"end of sequence flow not found", Message::in_yaml_open_bracket},
      std::pair{"illegal EOF in scalar", Message::in_yaml_open_quote},
      std::pair{"illegal document indicator in scalar", Message::in_yaml_open_quote},
      std::pair{"illegal character in scalar", Message::in_yaml_unclear},
      std::pair{"illegal block entry", Message::in_yaml_indentation},
      std::pair{"illegal map key", Message::in_yaml_indentation},
      std::pair{"illegal flow end", Message::in_yaml_flow_end},
      std::pair{"illegal tab", Message::in_yaml_tab},
      std::pair{"unknown escape character", Message::in_yaml_bad_escape},
      std::pair{"bad character found while scanning hex number", Message::in_yaml_bad_escape},
      std::pair{"invalid unicode", Message::in_yaml_bad_escape},
      std::pair{"unknown token", Message::in_yaml_reserved},
      std::pair{"unexpected character in block scalar", Message::in_yaml_block_header},
      std::pair{"cannot set zero indentation for a block scalar", Message::in_yaml_block_header},
      std::pair{"the referenced anchor is not defined", Message::in_yaml_alias},
      std::pair{"alias not found after *", Message::in_yaml_alias},
      std::pair{"illegal character found while scanning alias", Message::in_yaml_alias},
      std::pair{"aliases can't have any content", Message::in_yaml_alias},
      std::pair{"cannot assign multiple aliases", Message::in_yaml_alias},
      std::pair{"anchor not found after &", Message::in_yaml_anchor},
      std::pair{"illegal character found while scanning anchor", Message::in_yaml_anchor},
      std::pair{"cannot assign multiple anchors", Message::in_yaml_anchor},
  };
  for (auto const& [start, message] : explained)
    if (complaint.starts_with(start)) return say(message);
  for (std::string_view const start : {"tag handle with no suffix", "illegal character found while scanning tag handle",
                                       "end of verbatim tag not found", "cannot assign multiple tags"})
    if (complaint.starts_with(start)) return say(Message::in_yaml_tag, "!");
  // The parser's own limit on depth comes under this name.
  if (complaint.starts_with("bad file")) return say(Message::in_yaml_depth, YamlLimits::most_depth);
  return say(Message::in_yaml_other);
}

}  // namespace

std::string YamlFile::at(std::uint32_t offset) const {
  auto const line = std::upper_bound(line_begins.begin(), line_begins.end(), offset) - line_begins.begin();
  std::string_view const before = std::string_view{text}.substr(
      line_begins[static_cast<std::size_t>(line) - 1], offset - line_begins[static_cast<std::size_t>(line) - 1]);
  auto const column = 1 + std::count_if(before.begin(), before.end(),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return fmt::format("{}:{}:{}", name, line, column);
}

std::optional<YamlFile> parse_yaml(std::string raw, std::string_view name, Errors& errors) {
  if (raw.size() > YamlLimits::most_bytes) {
    errors.add(say(Message::in_file_too_large, name, raw.size() >> 20U, YamlLimits::most_bytes >> 20U));
    return std::nullopt;
  }
  auto checked = checked_text(std::move(raw), name, errors);
  if (!checked) return std::nullopt;
  YamlFile file{std::string{name}, std::move(*checked), {}, {0}};
  for (std::size_t i = 0; i < file.text.size(); ++i)
    if (file.text[i] == '\n') file.line_begins.push_back(static_cast<std::uint32_t>(i + 1));

  auto const refuse = [&](std::uint32_t offset, std::string const& sentence) {
    errors.add(
        fmt::format("{}: {}", file.at(std::min(offset, static_cast<std::uint32_t>(file.text.size()))), sentence));
    return std::nullopt;
  };
  if (auto const refused = refuse_bytes(file.text)) return refuse(refused->offset, refused->sentence);
  TreeBuilder builder;
  try {
    std::istringstream stream{file.text};
    YAML::Parser parser{stream};
    if (!parser.HandleNextDocument(builder) || builder.root.kind == YamlNode::Kind::null) {
      errors.add(say(Message::in_file_empty, name));
      return std::nullopt;
    }
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) throw Refused{second.root.offset, say(Message::in_yaml_documents)};
    file.root = std::move(builder.root);
    Coverage{file.text}.check(file.root);
    refuse_merge_keys_and_odd_text(file.root);
  } catch (Refused const& refused) {
    return refuse(refused.offset, refused.sentence);
  } catch (YAML::Exception const& error) {
    return refuse(offset_of(error.mark), explain(error.msg));
  }
  return file;
}

std::optional<YamlFile> read_yaml(std::filesystem::path const& file, std::string_view name, Errors& errors) {
  auto text = read_text_file(file, YamlLimits::most_bytes, errors, name);
  if (!text) return std::nullopt;
  return parse_yaml(std::move(*text), name, errors);
}

void visit_known(YamlFile const& file, YamlNode const& map, std::string const& prefix, std::vector<std::string_view> const& known, Errors& errors,
                 std::function<void(std::size_t, YamlNode const&, std::string const&)> const& visit) {
  std::map<std::string_view, std::string> seen;
  for (std::size_t i = 0; i + 1 < map.items.size(); i += 2) {
    YamlNode const &key = map.items[i], &value = map.items[i + 1];
    std::string const name = prefix.empty() ? key.text : prefix + "." + key.text;
    auto const [first, is_new] = seen.emplace(key.text, file.at(key.offset));
    auto const found = std::find(known.begin(), known.end(), key.text);
    if (!is_new) {
      errors.add(say(Message::in_key_twice, file.at(key.offset), shown(name), first->second));
    } else if (found == known.end()) {
      auto const near = suggestion(key.text, known);
      errors.add(say(Message::in_key_unknown, file.at(key.offset), shown(name), near.empty() ? near : " " + near));
    } else if (value.kind == YamlNode::Kind::null) {
      errors.add(say(Message::in_value_missing, file.at(key.offset), shown(name)));
    } else {
      visit(static_cast<std::size_t>(found - known.begin()), value, name);
    }
  }
}

}  // namespace arraigo
