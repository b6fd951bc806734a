#include "viz/input_queue.hpp"

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <set>
#include <string>
#include <utility>

namespace arraigo::viz {
namespace {

bool is_modifier(int key) { return key >= keys::left_shift && key <= keys::right_super; }

/// Keys that write no character: their order among characters matters.
bool edits(int key) { return key >= keys::escape && !is_modifier(key) && !(key >= keys::pad_0 && key < keys::pad_enter); }

bool known(int key) { return key >= 0 && key < IM_ARRAYSIZE(ImGuiIO::KeysDown); }

bool held(ImGuiIO const& io, int left, int right) { return io.KeysDown[left] || io.KeysDown[right]; }

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

}  // namespace

/// What a frame has taken so far.
struct InputQueue::Delivered {
  std::set<int> keys;
  std::set<int> buttons;
  bool edited = false, written = false, wheeled = false;

  [[nodiscard]] bool fits(KeyChange const& event) const {
    if (!buttons.empty() || keys.contains(event.key)) return false;
    return !(edits(event.key) && (event.down || event.repeated) && (written || edited));
  }
  [[nodiscard]] bool fits(Button const& event) const { return !wheeled && !buttons.contains(event.button); }
  [[nodiscard]] bool fits(Move const&) const { return buttons.empty() && !wheeled; }
  [[nodiscard]] bool fits(Wheel const&) const { return buttons.empty(); }
  [[nodiscard]] bool fits(Character const&) const { return !edited && buttons.empty(); }
};

void InputQueue::key(int key, bool down) {
  if (known(key)) events_.emplace_back(KeyChange{key, down, false});
}
void InputQueue::repeat(int key) {
  if (known(key)) events_.emplace_back(KeyChange{key, true, true});
}
void InputQueue::button(int button, bool down) {
  if (button >= 0 && button < IM_ARRAYSIZE(ImGuiIO::MouseDown)) events_.emplace_back(Button{button, down});
}
void InputQueue::move(ImVec2 to) {
  if (!events_.empty() && std::holds_alternative<Move>(events_.back())) events_.pop_back();  // only where it ends matters
  events_.emplace_back(Move{to});
}
void InputQueue::leave() { move(ImVec2(-FLT_MAX, -FLT_MAX)); }
void InputQueue::wheel(float x, float y) {
  if (std::isfinite(x) && std::isfinite(y)) events_.emplace_back(Wheel{x, y});
}
void InputQueue::character(unsigned code_point) { events_.emplace_back(Character{code_point}); }

void InputQueue::deliver(ImGuiIO& io, std::function<void(KeyPress const&)> const& on_key) {
  Delivered delivered;
  auto const take_key = [&](KeyChange const& event) {
    io.KeysDown[event.key] = event.down;
    io.KeyCtrl = held(io, keys::left_control, keys::right_control);
    io.KeyShift = held(io, keys::left_shift, keys::right_shift);
    io.KeyAlt = held(io, keys::left_alt, keys::right_alt);
    io.KeySuper = held(io, keys::left_super, keys::right_super);
    delivered.keys.insert(event.key);
    delivered.edited = delivered.edited || (event.down && edits(event.key));
    if (event.down) on_key(KeyPress{event.key, io.KeyCtrl, io.KeyShift, io.KeyAlt, event.repeated});
  };
  while (!events_.empty()) {
    Event const event = events_.front();
    if (!std::visit([&](auto const& what) { return delivered.fits(what); }, event)) return;
    events_.pop_front();
    if (auto const* key = std::get_if<KeyChange>(&event)) {
      take_key(*key);
    } else if (auto const* button = std::get_if<Button>(&event)) {
      io.MouseDown[button->button] = button->down;
      delivered.buttons.insert(button->button);
    } else if (auto const* move = std::get_if<Move>(&event)) {
      io.MousePos = move->to;
    } else if (auto const* wheel = std::get_if<Wheel>(&event)) {
      io.MouseWheelH += wheel->x;
      io.MouseWheel += wheel->y;
      delivered.wheeled = true;
    } else if (auto const* character = std::get_if<Character>(&event)) {
      io.AddInputCharacter(character->code_point);
      delivered.written = true;
    }
  }
}

void map_keys(ImGuiIO& io) {
  constexpr std::array pairs{
      std::pair{ImGuiKey_Tab, keys::tab},           std::pair{ImGuiKey_LeftArrow, keys::left},
      std::pair{ImGuiKey_RightArrow, keys::right},  std::pair{ImGuiKey_UpArrow, keys::up},
      std::pair{ImGuiKey_DownArrow, keys::down},    std::pair{ImGuiKey_PageUp, keys::page_up},
      std::pair{ImGuiKey_PageDown, keys::page_down}, std::pair{ImGuiKey_Home, keys::home},
      std::pair{ImGuiKey_End, keys::end},           std::pair{ImGuiKey_Insert, keys::insert},
      std::pair{ImGuiKey_Delete, keys::del},        std::pair{ImGuiKey_Backspace, keys::backspace},
      std::pair{ImGuiKey_Space, keys::space},       std::pair{ImGuiKey_Enter, keys::enter},
      std::pair{ImGuiKey_Escape, keys::escape},     std::pair{ImGuiKey_KeyPadEnter, keys::pad_enter},
      std::pair{ImGuiKey_A, int{'A'}},              std::pair{ImGuiKey_C, int{'C'}},
      std::pair{ImGuiKey_V, int{'V'}},              std::pair{ImGuiKey_X, int{'X'}},
      std::pair{ImGuiKey_Y, int{'Y'}},              std::pair{ImGuiKey_Z, int{'Z'}},
  };
  for (auto const& [imgui, ours] : pairs) io.KeyMap[imgui] = ours;
}

std::optional<int> key_named(std::string_view name) {
  static constexpr std::array names{
      std::pair{std::string_view{"space"}, keys::space},          std::pair{std::string_view{"escape"}, keys::escape},
      std::pair{std::string_view{"enter"}, keys::enter},          std::pair{std::string_view{"tab"}, keys::tab},
      std::pair{std::string_view{"backspace"}, keys::backspace},  std::pair{std::string_view{"insert"}, keys::insert},
      std::pair{std::string_view{"delete"}, keys::del},           std::pair{std::string_view{"right"}, keys::right},
      std::pair{std::string_view{"left"}, keys::left},            std::pair{std::string_view{"down"}, keys::down},
      std::pair{std::string_view{"up"}, keys::up},                std::pair{std::string_view{"pageup"}, keys::page_up},
      std::pair{std::string_view{"pagedown"}, keys::page_down},   std::pair{std::string_view{"home"}, keys::home},
      std::pair{std::string_view{"end"}, keys::end},              std::pair{std::string_view{"shift"}, keys::left_shift},
      std::pair{std::string_view{"ctrl"}, keys::left_control},    std::pair{std::string_view{"alt"}, keys::left_alt},
  };
  std::string const small = lower(name);
  for (auto const& [known_name, key] : names)
    if (known_name == small) return key;
  if (small.size() == 1 && small[0] > ' ' && small[0] < 127)
    return small[0] >= 'a' && small[0] <= 'z' ? small[0] - 'a' + 'A' : small[0];
  for (int number = 1; number <= keys::f12 - keys::f1 + 1; ++number)
    if (small == "f" + std::to_string(number)) return keys::f1 + number - 1;
  return std::nullopt;
}

}  // namespace arraigo::viz
