/// A draw list of its own for one picture, outside of ImGui's windows, and its data as a renderer takes it.
#pragma once
#include <imgui.h>

#include <memory>
#include <vector>

namespace arraigo::viz {

class PictureList {
 public:
  /// For a picture of `size` lengths that is drawn with `sharpness` pixels per length. Needs a current ImGui context whose fonts
  /// are built.
  PictureList(ImVec2 size, float sharpness);

  [[nodiscard]] ImDrawList& list() { return list_; }

  /// What ImGui's renderers draw; valid as long as this object. A list holds more than 65,535 vertices by giving each command the
  /// vertex from which its indices count; a renderer that knows nothing of that (`offsets` false) gets several lists.
  [[nodiscard]] ImDrawData data(bool offsets);

 private:
  void split();

  ImVec2 size_;
  float sharpness_;
  ImDrawList list_;
  std::vector<std::unique_ptr<ImDrawList>> parts_;
  std::vector<ImDrawList*> shown_;
};

}  // namespace arraigo::viz
