/// What draws with OpenGL without a screen: a context of EGL that has no window, and ImGui's context beside it.
#pragma once

namespace arraigo::viz {

/// Current until the end. Software draws in it unless LIBGL_ALWAYS_SOFTWARE says otherwise. MachineError when there is no EGL.
class SurfacelessContext {
 public:
  SurfacelessContext();
  ~SurfacelessContext();
  SurfacelessContext(SurfacelessContext const&) = delete;
  SurfacelessContext& operator=(SurfacelessContext const&) = delete;

 private:
  [[noreturn]] void fail();
  void release();
  void* display_ = nullptr;  ///< EGLDisplay
  void* context_ = nullptr;  ///< EGLContext
};

/// ImGui's context for a screen of 1600 by 900.
class ImGuiWithoutWindow {
 public:
  ImGuiWithoutWindow();
  ~ImGuiWithoutWindow();
  ImGuiWithoutWindow(ImGuiWithoutWindow const&) = delete;
  ImGuiWithoutWindow& operator=(ImGuiWithoutWindow const&) = delete;
};

}  // namespace arraigo::viz
