#include "viz/egl_context.hpp"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <fmt/format.h>
#include <imgui.h>

#include <cstdlib>
#include <string>
#include <type_traits>
#include <utility>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "viz/input_queue.hpp"

namespace arraigo::viz {

static_assert(std::is_same_v<EGLDisplay, void*>);
static_assert(std::is_same_v<EGLContext, void*>);

SurfacelessContext::SurfacelessContext() : display_(EGL_NO_DISPLAY), context_(EGL_NO_CONTEXT) {
  setenv("LIBGL_ALWAYS_SOFTWARE", "1", 0);
  display_ = eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, nullptr, nullptr);
  if (display_ == EGL_NO_DISPLAY || eglInitialize(display_, nullptr, nullptr) != EGL_TRUE) fail();
  if (eglBindAPI(EGL_OPENGL_API) != EGL_TRUE) fail();
  constexpr EGLint wanted[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
  EGLConfig config = nullptr;
  EGLint count = 0;
  if (eglChooseConfig(display_, wanted, &config, 1, &count) != EGL_TRUE || count < 1) fail();
  constexpr EGLint version[] = {EGL_CONTEXT_MAJOR_VERSION, 3, EGL_CONTEXT_MINOR_VERSION, 3, EGL_CONTEXT_OPENGL_PROFILE_MASK,
                                EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT, EGL_NONE};
  context_ = eglCreateContext(display_, config, EGL_NO_CONTEXT, version);
  if (context_ == EGL_NO_CONTEXT) fail();
  if (eglMakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, context_) != EGL_TRUE) fail();
}

SurfacelessContext::~SurfacelessContext() { release(); }

void SurfacelessContext::fail() {
  std::string const reason = fmt::format("EGL 0x{:04X}", static_cast<unsigned>(eglGetError()));
  release();
  throw MachineError(say(Message::viz_no_egl, reason));
}

void SurfacelessContext::release() {
  if (display_ == EGL_NO_DISPLAY) return;
  eglMakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
  if (context_ != EGL_NO_CONTEXT) eglDestroyContext(display_, context_);
  eglTerminate(std::exchange(display_, EGL_NO_DISPLAY));
}

ImGuiWithoutWindow::ImGuiWithoutWindow() {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  map_keys(io);
  io.IniFilename = nullptr;
  io.ConfigInputTextCursorBlink = false;
  io.ConfigWindowsMoveFromTitleBarOnly = true;
  io.DisplaySize = ImVec2(1600, 900);
}

ImGuiWithoutWindow::~ImGuiWithoutWindow() { ImGui::DestroyContext(); }

}  // namespace arraigo::viz
