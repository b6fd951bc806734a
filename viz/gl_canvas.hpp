/// The canvas on OpenGL 3: pictures in textures, the screen into whatever framebuffer is bound, and files from it.
#pragma once
#include <imgui.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "viz/canvas.hpp"

namespace arraigo::viz {

class GlCanvas final : public Canvas {
 public:
  /// Needs a current OpenGL context of version 3.0 or later and a current ImGui context, both until the end. `glsl` is the first
  /// line of shaders ("#version 330"). MachineError when the context does not suffice.
  explicit GlCanvas(char const* glsl);
  ~GlCanvas() override;
  GlCanvas(GlCanvas const&) = delete;
  GlCanvas& operator=(GlCanvas const&) = delete;

  ImTextureID picture(std::string const& name, std::uint64_t version, ImVec2 size,
                      std::function<void(ImDrawList&)> const& draw) override;
  void save_screen(std::filesystem::path const& file, int factor, std::function<void(std::string)> const& done) override;

  /// Before ImGui::NewFrame: builds the fonts when text size or sharpness (pixels per length) differ from the last call's. All
  /// pictures are then drawn anew.
  void prepare(float text_scale, float sharpness);
  /// After ImGui::Render: clears the bound framebuffer and draws the frame into it, then end_frame().
  void show(ImU32 background);
  /// Frees the pictures that were not asked for in the frame; for frames that nobody sees.
  void end_frame();
  /// Carries out what save_screen asked for since the last call. `frame` fills a frame (between NewFrame and Render); it is called
  /// once per file, with no time passing and no input.
  void save_what_was_asked_for(ImU32 background, std::function<void()> const& frame);

 private:
  struct Picture {
    std::uint64_t version = 0;
    ImVec2 size{};
    unsigned texture = 0;
    bool asked_for = false;
  };
  using Pictures = std::map<std::string, Picture>;
  struct Request {
    std::filesystem::path file;
    int factor = 1;
    std::function<void(std::string)> done;
  };

  void build(float text_scale, float sharpness);
  [[nodiscard]] unsigned draw_picture(ImVec2 size, std::function<void(ImDrawList&)> const& draw);
  void straighten(unsigned layer, int width, int height);
  void save(Request const& request, ImU32 background, std::function<void()> const& frame);
  void free_pictures(Pictures& pictures);

  Pictures pictures_, pictures_of_file_;
  std::vector<unsigned> retired_;  ///< textures that the frame still shows
  std::vector<Request> requests_;
  unsigned program_ = 0, corners_ = 0;
  int height_place_ = -1, layer_place_ = -1;
  int most_pixels_ = 0;  ///< of a texture's side
  float text_scale_ = 0, sharpness_ = 0, sharpness_of_pictures_ = 1;
  bool saving_ = false;
};

}  // namespace arraigo::viz
