/// arraigo-viewer: the interface in a window. It draws when something happened, came or moves, and otherwise sleeps.
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/commands.hpp"
#include "core/input_errors.hpp"
#include "record/file_publish.hpp"
#include "viz/fonts.hpp"
#include "viz/gl_canvas.hpp"
#include "viz/main/common.hpp"

namespace arraigo::viz {
namespace {

static_assert(keys::escape == GLFW_KEY_ESCAPE && keys::del == GLFW_KEY_DELETE && keys::end == GLFW_KEY_END);
static_assert(keys::f1 == GLFW_KEY_F1 && keys::f12 == GLFW_KEY_F12 && keys::pad_enter == GLFW_KEY_KP_ENTER);
static_assert(keys::left_shift == GLFW_KEY_LEFT_SHIFT && keys::right_super == GLFW_KEY_RIGHT_SUPER);

constexpr ImU32 background = colour::ground;
constexpr double shortest_frame = 1.0 / 62;    // a driver without vertical sync would draw without end
constexpr double longest_sleep = 0.25;         // then the interface is asked whether it wants a frame
constexpr float longest_step = 0.1F;           // of time, for what moves: after a sleep it must not jump
constexpr int frames_after_event = 3;          // ImGui settles hovering, popups and sizes within these

/// Whether this user has never started the viewer, as far as the folder for such things can tell; from now on it has.
bool is_first_start() {
  char const* const state = std::getenv("XDG_STATE_HOME");
  char const* const home = std::getenv("HOME");
  if ((state == nullptr || *state == '\0') && (home == nullptr || *home == '\0')) return false;
  std::filesystem::path const folder =
      (state != nullptr && *state != '\0' ? std::filesystem::path(state) : std::filesystem::path(home) / ".local" / "state") / "arraigo";
  std::error_code failed;
  if (std::filesystem::exists(folder / "viewer-started", failed)) return false;
  std::filesystem::create_directories(folder, failed);
  return static_cast<bool>(std::ofstream(folder / "viewer-started"));
}

std::string last_error() {
  char const* text = nullptr;
  glfwGetError(&text);
  return text == nullptr ? "GLFW" : text;
}

class Library {
 public:
  Library() {
    if (glfwInit() != GLFW_TRUE) throw MachineError(say(Message::viz_no_display, last_error()));
  }
  ~Library() { glfwTerminate(); }
  Library(Library const&) = delete;
  Library& operator=(Library const&) = delete;
};

struct DestroyWindow {
  void operator()(GLFWwindow* window) const { glfwDestroyWindow(window); }
};
using WindowHandle = std::unique_ptr<GLFWwindow, DestroyWindow>;

struct OpenWindow {
  WindowHandle handle;
  char const* glsl = "";
};

OpenWindow open_window() {
  glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
  struct Try {
    int major, minor, profile;
    char const* glsl;
  };
  std::string reason;
  for (Try const wish : {Try{3, 3, GLFW_OPENGL_CORE_PROFILE, "#version 330"}, Try{3, 0, GLFW_OPENGL_ANY_PROFILE, "#version 130"}}) {
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, wish.major);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, wish.minor);
    glfwWindowHint(GLFW_OPENGL_PROFILE, wish.profile);
    WindowHandle handle{glfwCreateWindow(1600, 900, "Arraigo", nullptr, nullptr)};
    if (handle) return {std::move(handle), wish.glsl};
    reason = last_error();
  }
  throw MachineError(say(Message::viz_no_window, reason));
}

/// What GLFW tells, until the next frame.
struct Incoming {
  InputQueue input;
  std::vector<std::string> dropped;
  bool happened = true;
};

Incoming& incoming_of(GLFWwindow* window) {
  auto& incoming = *static_cast<Incoming*>(glfwGetWindowUserPointer(window));
  incoming.happened = true;
  return incoming;
}

/// GLFW numbers keys by their place on a US keyboard; shortcuts go by what is printed on the key.
int printed_key(int key, int scancode) {
  if (key >= GLFW_KEY_KP_0 && key <= GLFW_KEY_KP_EQUAL) return key;
  char const* const name = glfwGetKeyName(key, scancode);
  if (name == nullptr || name[0] <= ' ' || name[0] > '~' || name[1] != '\0') return key;
  return name[0] >= 'a' && name[0] <= 'z' ? name[0] - 'a' + 'A' : name[0];
}

void listen(GLFWwindow* window, Incoming& incoming) {
  glfwSetWindowUserPointer(window, &incoming);
  glfwSetKeyCallback(window, [](GLFWwindow* from, int key, int scancode, int action, int) {
    InputQueue& input = incoming_of(from).input;
    if (action == GLFW_REPEAT)
      input.repeat(printed_key(key, scancode));
    else
      input.key(printed_key(key, scancode), action == GLFW_PRESS);
  });
  glfwSetCharCallback(window, [](GLFWwindow* from, unsigned code_point) { incoming_of(from).input.character(code_point); });
  glfwSetMouseButtonCallback(window, [](GLFWwindow* from, int button, int action, int) {
    incoming_of(from).input.button(button, action == GLFW_PRESS);
  });
  glfwSetCursorPosCallback(window, [](GLFWwindow* from, double x, double y) {
    incoming_of(from).input.move(ImVec2(static_cast<float>(x), static_cast<float>(y)));
  });
  glfwSetCursorEnterCallback(window, [](GLFWwindow* from, int entered) {
    Incoming& what = incoming_of(from);
    bool const dragging = glfwGetMouseButton(from, GLFW_MOUSE_BUTTON_LEFT) == GLFW_PRESS;
    if (entered == GLFW_FALSE && !dragging) what.input.leave();
  });
  glfwSetScrollCallback(window, [](GLFWwindow* from, double x, double y) {
    incoming_of(from).input.wheel(static_cast<float>(x), static_cast<float>(y));
  });
  glfwSetDropCallback(window, [](GLFWwindow* from, int count, char const** names) {
    Incoming& what = incoming_of(from);
    what.dropped.insert(what.dropped.end(), names, names + count);
  });
  glfwSetWindowFocusCallback(window, [](GLFWwindow* from, int) { incoming_of(from); });
  glfwSetFramebufferSizeCallback(window, [](GLFWwindow* from, int, int) { incoming_of(from); });
  glfwSetWindowContentScaleCallback(window, [](GLFWwindow* from, float, float) { incoming_of(from); });
  glfwSetWindowRefreshCallback(window, [](GLFWwindow* from) { incoming_of(from); });
  glfwSetWindowIconifyCallback(window, [](GLFWwindow* from, int) { incoming_of(from); });
}

class ImGuiOnWindow {
 public:
  explicit ImGuiOnWindow(GLFWwindow* window) {
    ImGui::CreateContext();
    ImGui_ImplGlfw_InitForOpenGL(window, false);
    ImGuiIO& io = ImGui::GetIO();
    map_keys(io);
    io.IniFilename = nullptr;
    io.ConfigInputTextCursorBlink = false;  // it would need frames all the time
    io.ConfigWindowsMoveFromTitleBarOnly = true;
  }
  ~ImGuiOnWindow() {
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
  }
  ImGuiOnWindow(ImGuiOnWindow const&) = delete;
  ImGuiOnWindow& operator=(ImGuiOnWindow const&) = delete;
};

/// How many framebuffer pixels a length takes, and how many lengths the text grows by on a fine screen.
struct Scales {
  float sharpness = 1, text = 1;
};

Scales scales_of(GLFWwindow* window) {
  int width = 0, height = 0, pixels = 0;
  float content = 1, ignored = 1;
  glfwGetWindowSize(window, &width, &height);
  glfwGetFramebufferSize(window, &pixels, &height);
  glfwGetWindowContentScale(window, &content, &ignored);
  float const sharpness = width > 0 && pixels > 0 ? static_cast<float>(pixels) / static_cast<float>(width) : 1;
  float const text = std::round(content / sharpness * 4) / 4;
  return {std::clamp(sharpness, 0.25F, 8.0F), std::clamp(text, 1.0F, 4.0F)};
}

/// The registry of widgets as a file, for whoever works the window from outside: whether the interface is busy, then one line for
/// each widget in the window's coordinates.
class WidgetsFile {
 public:
  explicit WidgetsFile(std::filesystem::path file) : file_(std::move(file)) {}

  /// Replaces the file when it has changed; MachineError when it cannot be written.
  void update(App& app) {
    if (file_.empty()) return;
    std::string text = nlohmann::json{{"busy", app.session().busy()}}.dump() + '\n';
    for (Widget const& widget : app.ui().widgets()) {
      ImVec2 const middle((widget.low.x + widget.high.x) / 2, (widget.low.y + widget.high.y) / 2);
      auto const* const window = static_cast<ImGuiWindow const*>(widget.window);
      nlohmann::ordered_json line;
      line["id"] = widget.id;
      line["rectangle"] = {std::round(widget.low.x), std::round(widget.low.y), std::round(widget.high.x), std::round(widget.high.y)};
      line["enabled"] = widget.item != 0;
      line["visible"] = window == nullptr || window->InnerClipRect.Contains(middle);
      text += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
    }
    if (text == written_) return;
    publish_file(file_, std::as_bytes(std::span(text)), true, [](std::filesystem::path const&) {});
    written_ = std::move(text);
  }

 private:
  std::filesystem::path file_;
  std::string written_;
};

class Viewer {
 public:
  Viewer(AppOptions options, std::filesystem::path widgets)
      : window_(open_window()),
        imgui_(window()),
        canvas_(glsl_of_used_context()),
        app_(std::move(options), canvas_, [this] { wake(); }),
        widgets_(std::move(widgets)) {
    listen(window(), incoming_);
    glfwSetWindowSizeLimits(window(), 320, 240, GLFW_DONT_CARE, GLFW_DONT_CARE);
  }

  void run() {
    while (glfwWindowShouldClose(window()) == GLFW_FALSE && !app_.wants_quit()) {
      wait();
      if (std::exchange(incoming_.happened, false) || news_.exchange(false)) frames_due_ = frames_after_event;
      bool const visible = glfwGetWindowAttrib(window(), GLFW_ICONIFIED) == GLFW_FALSE;
      if (visible && due() && glfwGetTime() >= next_frame_) draw();
      widgets_.update(app_);
    }
  }

 private:
  [[nodiscard]] GLFWwindow* window() const { return window_.handle.get(); }
  [[nodiscard]] bool due() const { return frames_due_ > 0 || !incoming_.input.empty() || app_.wants_frame(); }

  void wake() {  // from any thread
    news_ = true;
    glfwPostEmptyEvent();
  }

  [[nodiscard]] char const* glsl_of_used_context() const {
    glfwMakeContextCurrent(window());
    glfwSwapInterval(1);
    return window_.glsl;
  }

  void wait() const {
    double const until_frame = next_frame_ - glfwGetTime();
    bool const visible = glfwGetWindowAttrib(window(), GLFW_ICONIFIED) == GLFW_FALSE;
    if (!due() || !visible)
      glfwWaitEventsTimeout(longest_sleep);
    else if (until_frame > 0)
      glfwWaitEventsTimeout(until_frame);
    else
      glfwPollEvents();
  }

  void draw() {
    next_frame_ = glfwGetTime() + shortest_frame;
    if (frames_due_ > 0) --frames_due_;
    for (auto const& file : std::exchange(incoming_.dropped, {})) app_.open(file);

    Scales const scales = scales_of(window());
    canvas_.prepare(app_.text_scale() * scales.text, scales.sharpness);
    begin_frame();
    frame();
    ImGui::Render();
    canvas_.show(background);
    glfwSwapBuffers(window());
    canvas_.save_what_was_asked_for(background, [this] { frame(); });
  }

  void frame() {
    app_.set_bold_font(bold_font());
    app_.frame();
  }

  void begin_frame() {
    ImGuiIO& io = ImGui::GetIO();
    // The backend reads pointer and buttons itself, but loses what is shorter than a frame; so they are put back.
    ImVec2 const pointer = io.MousePos;
    bool buttons[IM_ARRAYSIZE(io.MouseDown)];
    std::copy(std::begin(io.MouseDown), std::end(io.MouseDown), buttons);
    ImGui_ImplGlfw_NewFrame();
    io.MousePos = pointer;
    std::copy(std::begin(buttons), std::end(buttons), io.MouseDown);
    io.DeltaTime = std::clamp(io.DeltaTime, 1e-4F, longest_step);
    incoming_.input.deliver(io, [this](KeyPress const& press) {
      if (auto const key = key_of(press)) app_.key(*key);
    });
    ImGui::NewFrame();
  }

  // Destroyed from the last to the first: what the interface's threads wake must outlive them.
  Incoming incoming_;
  std::atomic<bool> news_{true};
  OpenWindow window_;
  ImGuiOnWindow imgui_;
  GlCanvas canvas_;
  App app_;
  WidgetsFile widgets_;
  double next_frame_ = 0;
  int frames_due_ = frames_after_event;
};

}  // namespace
}  // namespace arraigo::viz

int main(int argc, char** argv) {
  using namespace arraigo;
  std::string widgets;
  return viz::run_program("arraigo-viewer", Message::viz_viewer_description, argc, argv,
                          [&](CLI::App& root) { app::add_value(root, "--widgets", widgets, "FILE", Message::viz_option_widgets); },
                          [&](viz::ProgramArguments const& arguments) {
                            viz::AppOptions options = arguments.app_options();
                            // Whoever works it by its widgets needs no guide.
                            if (widgets.empty() && viz::is_first_start()) options.guide = true;
                            viz::Library const library;
                            viz::Viewer(std::move(options), widgets).run();
                          });
}
