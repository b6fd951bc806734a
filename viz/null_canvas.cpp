#include "viz/null_canvas.hpp"

#include <utility>

#include "viz/picture_list.hpp"

namespace arraigo::viz {

ImTextureID NullCanvas::picture(std::string const& name, std::uint64_t version, ImVec2 size,
                                std::function<void(ImDrawList&)> const& draw) {
  auto const known = pictures_.find(name);
  bool const stands = known != pictures_.end() && known->second.version == version && known->second.size.x == size.x &&
                      known->second.size.y == size.y;
  if (!stands) {
    PictureList list(size, 1);
    draw(list.list());
    ++redraws_;
    ++redraws_of_[name];
    pictures_[name] = Picture{version, size, ++last_id_, list.list().VtxBuffer.Size, false};
    for (auto const& vertex : list.list().VtxBuffer) ++pictures_[name].by_colour[vertex.col & ~IM_COL32_A_MASK];
  }
  Picture& picture = pictures_[name];
  picture.asked_for = true;
  return reinterpret_cast<ImTextureID>(picture.id);
}

int NullCanvas::vertices_in(std::string const& name, ImU32 colour) const {
  auto const found = pictures_.find(name);
  if (found == pictures_.end()) return 0;
  auto const vertices = found->second.by_colour.find(colour & ~IM_COL32_A_MASK);
  return vertices == found->second.by_colour.end() ? 0 : vertices->second;
}

void NullCanvas::save_screen(std::filesystem::path const& file, int, std::function<void(std::string)> const& done) {
  requests_.push_back({file, done});
}

void NullCanvas::end_frame() {
  for (Request const& request : std::exchange(requests_, {})) {
    saved_.push_back(request.file);
    request.done(save_answer);
  }
  std::erase_if(pictures_, [](auto const& entry) { return !entry.second.asked_for; });
  for (auto& [name, picture] : pictures_) picture.asked_for = false;
}

int NullCanvas::redraws(std::string const& name) const {
  auto const found = redraws_of_.find(name);
  return found == redraws_of_.end() ? 0 : found->second;
}

std::optional<int> NullCanvas::vertices(std::string const& name) const {
  auto const found = pictures_.find(name);
  return found == pictures_.end() ? std::nullopt : std::optional{found->second.vertices};
}

}  // namespace arraigo::viz
