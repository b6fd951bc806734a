/// What every part of the interface draws with: language, text size, colours, pictures, and the registry of widgets that tests, the
/// keyboard and the guide use. One Ui serves one frame after another; its frame state is reset by begin_frame().
#pragma once
#include <imgui.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/text_output.hpp"
#include "core/text.hpp"
#include "viz/canvas.hpp"

namespace arraigo::viz {

/// A control or figure on the screen, in the frame just drawn.
struct Widget {
  std::string id;
  ImVec2 low, high;            ///< screen pixels
  unsigned item = 0;           ///< ImGui's own id; 0: nothing that the keyboard could reach
  void* window = nullptr;      ///< ImGui's window of the item
  int layer = 0;
};

/// Keys that the interface itself handles; everything else is ImGui's.
enum class Key {
  tab, back_tab, escape, enter, left, right, up, down, home, end, page_up, page_down, space, f1, f11,
  undo, redo, save, larger, smaller, quit, compare, play, language, find, replay, remove,
};

namespace colour {
constexpr ImU32 ink = IM_COL32(34, 38, 43, 255), faint = IM_COL32(96, 104, 112, 255), line = IM_COL32(205, 209, 213, 255),
                paper = IM_COL32(255, 255, 255, 255), ground = IM_COL32(243, 244, 242, 255), accent = IM_COL32(0, 94, 152, 255),
                base = IM_COL32(92, 98, 105, 255), warn = IM_COL32(178, 64, 0, 255), good = IM_COL32(0, 110, 80, 255),
                no_data = IM_COL32(226, 228, 230, 255);
/// Of alternatives: Okabe and Ito's palette, told apart by the colour-blind.
constexpr ImU32 alternative[] = {IM_COL32(0, 114, 178, 255), IM_COL32(213, 94, 0, 255), IM_COL32(0, 138, 100, 255),
                                 IM_COL32(170, 80, 140, 255)};
[[nodiscard]] inline ImU32 with_alpha(ImU32 c, int alpha) { return (c & ~IM_COL32_A_MASK) | (static_cast<ImU32>(alpha) << IM_COL32_A_SHIFT); }
}  // namespace colour

class Ui {
 public:
  explicit Ui(Canvas& shown_on) : canvas(shown_on) {}

  Canvas& canvas;
  Lang lang = Lang::es;
  float text_scale = 1;
  ImFont* bold = nullptr;
  std::vector<Key> keys;  ///< pressed since the last frame, oldest first

  void begin_frame();
  [[nodiscard]] float em() const { return ImGui::GetFontSize(); }
  [[nodiscard]] char const* t(Message message) const { return text(message, lang); }
  template <class... Args>
  [[nodiscard]] std::string t(Message message, Args const&... args) const {
    return analysis::words(lang, message, args...);
  }
  [[nodiscard]] std::string const& in(std::string const& es, std::string const& en) const { return lang == Lang::es ? es : en; }
  /// Whether the key was pressed; it is then spent.
  [[nodiscard]] bool take(Key key);

  /// Registers the item drawn last.
  void note_item(std::string id);
  void note_area(std::string id, ImVec2 low, ImVec2 high);
  [[nodiscard]] Widget const* find(std::string_view id) const;  ///< of the last frame that was drawn whole
  [[nodiscard]] std::vector<Widget> const& widgets() const { return shown_; }
  /// Moves the keyboard's focus to the next control (or the one before); call at the frame's end.
  void move_focus(int by);
  void focus(std::string_view id);
  [[nodiscard]] bool keyboard_in_use() const;

  // Widgets: ImGui's with registration. Labels are drawn as they are; ids are stable in every language.
  bool button(std::string const& id, std::string const& label, bool enabled = true, bool on = false);
  bool small_button(std::string const& id, std::string const& label, bool on = false);
  bool check(std::string const& id, std::string const& label, bool& on);
  /// Index chosen in a drop-down list; true when it changed.
  bool choose(std::string const& id, std::vector<std::string> const& labels, std::size_t& chosen, float width);
  bool slider(std::string const& id, double& value, double low, double high, char const* format, float width, bool logarithmic = false);
  bool input(std::string const& id, std::string& text, std::string const& hint, float width);
  /// A round (i); true when clicked.
  bool info(std::string const& id);

  /// Text that must be seen whole: wrapped to `width`. What does not fit is noted.
  void wrapped(std::string_view text, ImU32 ink = colour::ink, float width = 0);
  void plain(std::string_view text, ImU32 ink = colour::ink);
  void heading(std::string_view text);
  /// Text in a draw list at a place with a limit to its width; shortened with an ellipsis and noted where it does not fit.
  void text_at(ImDrawList& list, ImVec2 at, std::string const& text, ImU32 ink, float width = 1e9F, bool in_bold = false);
  void tooltip(std::string const& text);

  /// Texts of the last frame that did not fit, as "id or text".
  [[nodiscard]] std::vector<std::string> const& clipped() const { return clipped_shown_; }
  void note_clipped(std::string text) { clipped_.push_back(std::move(text)); }

 private:
  std::vector<Widget> widgets_, shown_;
  std::vector<std::string> clipped_, clipped_shown_;
  std::string focused_;
  std::optional<Widget> focus_next_;
};

/// Colours, borders and spaces for the text size.
void set_style(float text_scale);

}  // namespace arraigo::viz
