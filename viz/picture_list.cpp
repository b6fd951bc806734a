#include "viz/picture_list.hpp"

#include <algorithm>

namespace arraigo::viz {

PictureList::PictureList(ImVec2 size, float sharpness)
    : size_(size), sharpness_(sharpness), list_(ImGui::GetDrawListSharedData()) {
  list_._ResetForNewFrame();
  list_.Flags = ImDrawListFlags_AntiAliasedLines | ImDrawListFlags_AntiAliasedLinesUseTex | ImDrawListFlags_AntiAliasedFill |
                ImDrawListFlags_AllowVtxOffset;
  list_._FringeScale = 1 / sharpness;
  list_.PushClipRect(ImVec2(0, 0), size);
  list_.PushTextureID(ImGui::GetIO().Fonts->TexID);
}

ImDrawData PictureList::data(bool offsets) {
  list_._PopUnusedDrawCmd();
  shown_.clear();
  bool const small = std::all_of(list_.CmdBuffer.begin(), list_.CmdBuffer.end(),
                                 [](ImDrawCmd const& command) { return command.VtxOffset == 0; });
  if (offsets || small) {
    shown_.push_back(&list_);
  } else {
    split();
  }
  ImDrawData data;
  data.Valid = true;
  data.CmdLists = shown_.data();
  data.CmdListsCount = static_cast<int>(shown_.size());
  for (ImDrawList const* list : shown_) {
    data.TotalVtxCount += list->VtxBuffer.Size;
    data.TotalIdxCount += list->IdxBuffer.Size;
  }
  data.DisplayPos = ImVec2(0, 0);
  data.DisplaySize = size_;
  data.FramebufferScale = ImVec2(sharpness_, sharpness_);
  return data;
}

void PictureList::split() {
  parts_.clear();
  // Commands share an offset in runs, in the order in which they are painted.
  for (int first = 0; first < list_.CmdBuffer.Size;) {
    int last = first;
    unsigned const offset = list_.CmdBuffer[first].VtxOffset;
    while (last < list_.CmdBuffer.Size && list_.CmdBuffer[last].VtxOffset == offset) ++last;
    auto part = std::make_unique<ImDrawList>(list_._Data);
    unsigned vertices = 0;
    for (int i = first; i < last; ++i) {
      ImDrawCmd command = list_.CmdBuffer[i];
      command.VtxOffset = 0;
      auto const index = static_cast<unsigned>(part->IdxBuffer.Size);
      for (unsigned k = 0; k < command.ElemCount; ++k) {
        ImDrawIdx const vertex = list_.IdxBuffer[static_cast<int>(command.IdxOffset + k)];
        vertices = std::max(vertices, vertex + 1U);
        part->IdxBuffer.push_back(vertex);
      }
      command.IdxOffset = index;
      part->CmdBuffer.push_back(command);
    }
    part->VtxBuffer.resize(static_cast<int>(vertices));
    std::copy_n(list_.VtxBuffer.Data + offset, vertices, part->VtxBuffer.Data);
    parts_.push_back(std::move(part));
    shown_.push_back(parts_.back().get());
    first = last;
  }
}

}  // namespace arraigo::viz
