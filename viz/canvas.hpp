/// What the interface asks of whoever shows it: pictures kept in textures, and files written from them. The interface knows no
/// window and no graphics library; a main for a window, one without a screen and one for tests implement this.
#pragma once
#include <imgui.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace arraigo::viz {

class Canvas {
 public:
  virtual ~Canvas() = default;

  /// A picture that is drawn once and shown until `version` or the size changes. `draw` fills a draw list whose origin is the
  /// picture's top left corner, in pixels. The name is stable from frame to frame; names not asked for in a frame may be freed.
  /// Returns the texture to show with ImDrawList::AddImage (upright with uv (0,0)-(1,1)).
  virtual ImTextureID picture(std::string const& name, std::uint64_t version, ImVec2 size,
                              std::function<void(ImDrawList&)> const& draw) = 0;

  /// Asks for a PNG of the whole screen, drawn anew with all lengths times `factor`, after this frame. What became of it is told
  /// by `done` (an empty text: written; otherwise a sentence).
  virtual void save_screen(std::filesystem::path const& file, int factor, std::function<void(std::string)> const& done) = 0;
};

}  // namespace arraigo::viz
