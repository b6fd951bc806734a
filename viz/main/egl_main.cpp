/// arraigo-shots: the interface without a screen, worked by a script. Every frame takes the same time and software draws it, so that
/// the same script gives the same pictures.
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/commands.hpp"
#include "core/input_errors.hpp"
#include "core/suggest.hpp"
#include "core/text_file.hpp"
#include "viz/egl_context.hpp"
#include "viz/fonts.hpp"
#include "viz/gl_canvas.hpp"
#include "viz/main/common.hpp"

namespace arraigo::viz {
namespace {

using Json = nlohmann::json;

constexpr ImU32 background = colour::ground;
constexpr float frame_seconds = 1.0F / 60;

/// The interface on no screen: what a user's hands would do, and frames.
class Stage {
 public:
  explicit Stage(AppOptions options)
      : canvas_("#version 330"), app_(std::move(options), canvas_, [this] { news_ = true; }) {}

  void size(ImVec2 to) { ImGui::GetIO().DisplaySize = to; }

  void frame() {
    ImGuiIO& io = ImGui::GetIO();
    canvas_.prepare(app_.text_scale(), 1);
    io.DeltaTime = frame_seconds;
    io.DisplayFramebufferScale = ImVec2(1, 1);
    input_.deliver(io, [this](KeyPress const& press) {
      if (auto const key = key_of(press)) app_.key(*key);
    });
    ImGui::NewFrame();
    fill();
    ImGui::Render();
    canvas_.end_frame();
    canvas_.save_what_was_asked_for(background, [this] { fill(); });
  }
  void frames(int count) {
    for (int i = 0; i < count; ++i) frame();
  }
  /// Until what was put in has arrived and ImGui has settled.
  void settle() {
    do frame();
    while (!input_.empty());
    frames(2);
  }

  /// False when the interface is still busy after `seconds`.
  [[nodiscard]] bool wait_idle(double seconds) {
    using Clock = std::chrono::steady_clock;
    auto const end = Clock::now() + std::chrono::duration<double>(seconds);
    int quiet = 0;
    while (quiet < 3) {
      frame();
      bool const busy = news_.exchange(false) || app_.wants_frame() || app_.session().busy();
      quiet = busy ? 0 : quiet + 1;
      if (Clock::now() > end) return false;
      if (busy) std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return true;
  }

  /// Saves the screen as it stands; MachineError when it cannot be written.
  void shot(std::filesystem::path const& file, int factor) {
    std::string answer;
    canvas_.save_screen(file, factor, [&](std::string told) { answer = std::move(told); });
    frame();
    if (!answer.empty()) throw MachineError(answer);
  }

  [[nodiscard]] InputQueue& input() { return input_; }
  [[nodiscard]] App& app() { return app_; }

 private:
  void fill() {
    app_.set_bold_font(bold_font());
    app_.frame();
  }

  // The context must outlive what draws, and what threads wake must outlive them.
  SurfacelessContext context_;
  ImGuiWithoutWindow imgui_;
  std::atomic<bool> news_{false};
  GlCanvas canvas_;
  InputQueue input_;
  App app_;
};

/// One line of the script.
struct Command {
  std::string where;
  Json json;

  [[noreturn]] void wrong(std::string const& key, std::string const& why, std::string const& fix = {}) const {
    std::string const value = json.contains(key) ? json.at(key).dump(-1, ' ', false, Json::error_handler_t::replace) : "";
    throw InputError(mistake(where, key, shown(value), why, fix));
  }
  [[noreturn]] void expects(std::string const& key, std::string const& what) const {
    wrong(key, say(Message::viz_script_value, what));
  }
  [[nodiscard]] double number(std::string const& key, double low, double high) const {
    auto const found = json.find(key);
    if (found != json.end() && found->is_number()) {
      double const value = found->get<double>();
      if (value >= low && value <= high) return value;
    }
    expects(key, say(Message::viz_script_number, low, high));
  }
  [[nodiscard]] int count(std::string const& key, int low, int high) const {
    auto const found = json.find(key);
    if (found != json.end() && found->is_number_integer()) {
      auto const value = found->get<double>();
      if (value >= low && value <= high) return static_cast<int>(value);
    }
    expects(key, say(Message::viz_script_count, low, high));
  }
  [[nodiscard]] int count_or(std::string const& key, int low, int high, int otherwise) const {
    return json.contains(key) ? count(key, low, high) : otherwise;
  }
  [[nodiscard]] std::string text(std::string const& key) const {
    auto const found = json.find(key);
    if (found == json.end() || !found->is_string()) expects(key, say(Message::viz_script_text));
    return found->get<std::string>();
  }
};

std::optional<ImVec2> point_in(Json const& json) {
  if (!json.is_array() || json.size() != 2 || !json[0].is_number() || !json[1].is_number()) return std::nullopt;
  double const x = json[0].get<double>(), y = json[1].get<double>();
  if (!(std::abs(x) <= 1e5 && std::abs(y) <= 1e5)) return std::nullopt;
  return ImVec2(static_cast<float>(x), static_cast<float>(y));
}

ImVec2 point_of(Command const& command, char const* key) {
  auto const point = point_in(command.json.at(key));
  if (!point) command.expects(key, say(Message::viz_script_point));
  return *point;
}

void click(Stage& stage, ImVec2 at, int times = 1) {
  stage.input().move(at);
  stage.frames(2);
  for (int i = 0; i < times; ++i) {
    stage.input().button(0, true);
    stage.input().button(0, false);
  }
  stage.settle();
}

void do_size(Stage& stage, Command const& command) {
  auto const size = point_in(command.json.at("size"));
  if (!size || !(std::min(size->x, size->y) >= 16 && std::max(size->x, size->y) <= 8192))
    command.expects("size", say(Message::viz_script_size));
  stage.size(ImVec2(std::floor(size->x), std::floor(size->y)));
  stage.frames(command.count_or("frames", 1, 100000, 3));
}

void do_drag(Stage& stage, Command const& command) {
  Json const& ends = command.json.at("drag");
  auto const from = ends.is_array() && ends.size() == 2 ? point_in(ends[0]) : std::nullopt;
  auto const to = from ? point_in(ends[1]) : std::nullopt;
  if (!from || !to) command.expects("drag", say(Message::viz_script_points));
  stage.input().move(*from);
  stage.frames(2);
  stage.input().button(0, true);
  stage.frame();
  constexpr int steps = 12;
  for (int i = 1; i <= steps; ++i) {
    float const share = static_cast<float>(i) / steps;
    stage.input().move(ImVec2(from->x + share * (to->x - from->x), from->y + share * (to->y - from->y)));
    stage.frame();
  }
  stage.input().button(0, false);
  stage.settle();
}

void do_wheel(Stage& stage, Command const& command) {
  stage.input().wheel(0, static_cast<float>(command.number("wheel", -1000, 1000)));
  stage.settle();
}

void do_key(Stage& stage, Command const& command) {
  std::vector<int> held;
  std::string rest = command.text("key");
  // "Ctrl++" is the key + with Ctrl.
  for (std::size_t plus = rest.find('+', 1); plus != std::string::npos && plus + 1 < rest.size(); plus = rest.find('+', 1)) {
    auto const key = key_named(rest.substr(0, plus));
    if (!key) command.expects("key", say(Message::viz_script_key));
    held.push_back(*key);
    rest = rest.substr(plus + 1);
  }
  auto const key = key_named(rest);
  if (!key) command.expects("key", say(Message::viz_script_key));
  for (int const modifier : held) stage.input().key(modifier, true);
  stage.input().key(*key, true);
  stage.input().key(*key, false);
  for (int const modifier : held) stage.input().key(modifier, false);
  stage.settle();
}

void do_text(Stage& stage, Command const& command) {
  std::string const text = command.text("text");
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const length = std::max<std::size_t>(utf8_length_at(text, at), 1);
    unsigned code_point = static_cast<unsigned char>(text[at]);
    if (length > 1) {
      code_point &= 0xFFU >> (length + 1);
      for (std::size_t i = 1; i < length; ++i) code_point = code_point << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    stage.input().character(code_point);
    at += length;
  }
  stage.settle();
}

void do_widget(Stage& stage, Command const& command) {
  std::string const id = command.text("widget");
  std::string const action = command.json.contains("do") ? command.text("do") : "click";
  auto const place = stage.app().widget(id);
  if (!place) command.wrong("widget", say(Message::viz_script_no_widget));
  ImVec2 const middle((place->x + place->z) / 2, (place->y + place->w) / 2);
  if (action == "click") {
    click(stage, middle);
  } else if (action == "hover") {
    stage.input().move(middle);
    stage.settle();
  } else if (action == "show") {
    std::cout << fmt::format("{} {:.0f} {:.0f} {:.0f} {:.0f}\n", id, place->x, place->y, place->z, place->w);
  } else {
    command.expects("do", say(Message::viz_script_action));
  }
}

void do_wait_idle(Stage& stage, Command const& command) {
  double const seconds = command.number("wait_idle", 0, 86400);
  if (!stage.wait_idle(seconds)) throw MachineError(say(Message::viz_script_busy, command.where, seconds));
}

using Action = std::function<void(Stage&, Command const&)>;

std::map<std::string, Action, std::less<>> const& actions() {
  static std::map<std::string, Action, std::less<>> const table{
      {"size", do_size},
      {"move",
       [](Stage& stage, Command const& command) {
         stage.input().move(point_of(command, "move"));
         stage.settle();
       }},
      {"click", [](Stage& stage, Command const& command) { click(stage, point_of(command, "click")); }},
      {"double_click", [](Stage& stage, Command const& command) { click(stage, point_of(command, "double_click"), 2); }},
      {"drag", do_drag},
      {"wheel", do_wheel},
      {"key", do_key},
      {"text", do_text},
      {"widget", do_widget},
      {"open",
       [](Stage& stage, Command const& command) {
         stage.app().open(command.text("open"));
         stage.settle();
       }},
      {"wait_idle", do_wait_idle},
      {"shot",
       [](Stage& stage, Command const& command) {
         stage.shot(command.text("shot"), command.count_or("factor", 1, 4, 1));
       }},
      {"frames", [](Stage& stage, Command const& command) { stage.frames(command.count("frames", 1, 100000)); }},
  };
  return table;
}

void carry_out(Stage& stage, std::string const& where, std::string const& line) {
  Command command{where, Json::parse(line, nullptr, false)};
  if (command.json.is_discarded() || !command.json.is_object() || command.json.empty())
    throw InputError(say(Message::viz_script_no_json, where));
  // "frames" stands beside "size" too, and alone last.
  for (auto const& [name, action] : actions())
    if (name != "frames" && command.json.contains(name)) return action(stage, command);
  if (command.json.contains("frames")) return actions().at("frames")(stage, command);
  std::vector<std::string_view> names;
  for (auto const& entry : actions()) names.push_back(entry.first);
  std::string const written = command.json.begin().key();
  command.wrong(written, say(Message::viz_script_unknown), suggestion(written, names));
}

void follow_script(Stage& stage, std::istream& script, std::string const& name) {
  std::string line;
  errno = 0;
  for (int number = 1; std::getline(script, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    carry_out(stage, fmt::format("{}:{}", name, number), line);
  }
  if (script.bad()) throw MachineError(say(Message::viz_script_read, name, system_reason(errno)));
}

void run(ProgramArguments const& arguments, std::string const& script) {
  AppOptions options = arguments.app_options();
  std::ifstream file;
  if (!script.empty()) {
    errno = 0;
    std::error_code ignored;
    bool const folder = std::filesystem::is_directory(script, ignored);
    if (!folder) file.open(script);
    if (folder) errno = EISDIR;
    if (folder || !file) throw MachineError(say(Message::viz_script_read, script, system_reason(errno)));
  }
  Stage stage(std::move(options));
  follow_script(stage, script.empty() ? std::cin : file, script.empty() ? "stdin" : script);
}

}  // namespace
}  // namespace arraigo::viz

int main(int argc, char** argv) {
  using namespace arraigo;
  std::string script;
  return viz::run_program("arraigo-shots", Message::viz_shots_description, argc, argv,
                          [&](CLI::App& root) { app::add_value(root, "--script", script, "FILE", Message::viz_option_script); },
                          [&](viz::ProgramArguments const& arguments) { viz::run(arguments, script); });
}
