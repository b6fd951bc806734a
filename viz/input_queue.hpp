/// Input events on their way to ImGui, which looks at keys and buttons once per frame: what is pressed and released between two
/// frames would be lost, so each goes into a frame of its own. Knows no window.
#pragma once
#include <imgui.h>

#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <variant>

namespace arraigo::viz {

/// Numbers of keys, GLFW's. Letters, digits and punctuation have the number of their character ('A' to 'Z').
namespace keys {
constexpr int space = 32, escape = 256, enter = 257, tab = 258, backspace = 259, insert = 260, del = 261, right = 262, left = 263,
              down = 264, up = 265, page_up = 266, page_down = 267, home = 268, end = 269, f1 = 290, f12 = 301, pad_0 = 320,
              pad_subtract = 333, pad_add = 334, pad_enter = 335, left_shift = 340, left_control = 341, left_alt = 342,
              left_super = 343, right_shift = 344, right_control = 345, right_alt = 346, right_super = 347;
}  // namespace keys

/// A key that went down or repeats, with what was held.
struct KeyPress {
  int key = 0;
  bool control = false, shift = false, alt = false;
  bool repeated = false;
};

class InputQueue {
 public:
  void key(int key, bool down);
  void repeat(int key);
  void button(int button, bool down);
  void move(ImVec2 to);
  void leave();  ///< the pointer is no longer over the window
  void wheel(float x, float y);
  void character(unsigned code_point);

  [[nodiscard]] bool empty() const { return events_.empty(); }

  /// Before ImGui::NewFrame: hands over what goes into one frame, in order: at most one change of a key or button, no character
  /// together with a key that edits, no movement after a click. `on_key` hears of every key that goes down or repeats.
  void deliver(ImGuiIO& io, std::function<void(KeyPress const&)> const& on_key);

 private:
  struct KeyChange {
    int key;
    bool down, repeated;
  };
  struct Button {
    int button;
    bool down;
  };
  struct Move {
    ImVec2 to;
  };
  struct Wheel {
    float x, y;
  };
  struct Character {
    unsigned code_point;
  };
  using Event = std::variant<KeyChange, Button, Move, Wheel, Character>;
  struct Delivered;

  std::deque<Event> events_;
};

/// Tells ImGui which of our numbers are the keys that it knows.
void map_keys(ImGuiIO& io);

/// The number of a key by its name as people write it: "F11", "Escape", "Left", "a", "+"; nothing for an unknown name.
[[nodiscard]] std::optional<int> key_named(std::string_view name);

}  // namespace arraigo::viz
