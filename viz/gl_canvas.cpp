#define GL_GLEXT_PROTOTYPES
#include "viz/gl_canvas.hpp"

#include <GL/gl.h>
#include <GL/glext.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui_internal.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <new>
#include <utility>

#include "core/input_errors.hpp"
#include "viz/fonts.hpp"
#include "viz/picture_list.hpp"
#include "viz/png.hpp"

namespace arraigo::viz {
namespace {

constexpr char const* corners_source = R"(
void main() {
  vec2 at = vec2(float((gl_VertexID * 2) % 4), float((gl_VertexID / 2) * 2));
  gl_Position = vec4(at * 2.0 - 1.0, 0.0, 1.0);
}
)";

/// Drawing with ImGui's blending onto nothing leaves colours that are multiplied by their opacity, and showing them multiplies
/// once more: dark fringes. So they are divided here. Rows are turned as well: OpenGL's first one is the lowest.
constexpr char const* straighten_source = R"(
uniform sampler2D layer;
uniform int height;
out vec4 colour;
void main() {
  vec4 drawn = texelFetch(layer, ivec2(int(gl_FragCoord.x), height - 1 - int(gl_FragCoord.y)), 0);
  colour = vec4(drawn.rgb / max(drawn.a, 1.0 / 255.0), drawn.a);
}
)";

GLint integer(GLenum name) {
  GLint value = 0;
  glGetIntegerv(name, &value);
  return value;
}

/// What drawing outside of ImGui's renderer changes, put back at the end.
class KeepState {
 public:
  KeepState()
      : draw_buffer_(integer(GL_DRAW_FRAMEBUFFER_BINDING)),
        read_buffer_(integer(GL_READ_FRAMEBUFFER_BINDING)),
        unit_(integer(GL_ACTIVE_TEXTURE)),
        program_(integer(GL_CURRENT_PROGRAM)),
        corners_(integer(GL_VERTEX_ARRAY_BINDING)),
        pack_(integer(GL_PACK_ALIGNMENT)),
        scissor_(glIsEnabled(GL_SCISSOR_TEST)),
        blend_(glIsEnabled(GL_BLEND)) {
    glActiveTexture(GL_TEXTURE0);
    texture_ = integer(GL_TEXTURE_BINDING_2D);
    glGetIntegerv(GL_VIEWPORT, viewport_.data());
    glGetFloatv(GL_COLOR_CLEAR_VALUE, clear_.data());
  }
  ~KeepState() {
    glBindTexture(GL_TEXTURE_2D, static_cast<GLuint>(texture_));
    glActiveTexture(static_cast<GLenum>(unit_));
    glUseProgram(static_cast<GLuint>(program_));
    glBindVertexArray(static_cast<GLuint>(corners_));
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, static_cast<GLuint>(draw_buffer_));
    glBindFramebuffer(GL_READ_FRAMEBUFFER, static_cast<GLuint>(read_buffer_));
    glViewport(viewport_[0], viewport_[1], viewport_[2], viewport_[3]);
    glClearColor(clear_[0], clear_[1], clear_[2], clear_[3]);
    glPixelStorei(GL_PACK_ALIGNMENT, pack_);
    enable(GL_SCISSOR_TEST, scissor_);
    enable(GL_BLEND, blend_);
  }
  KeepState(KeepState const&) = delete;
  KeepState& operator=(KeepState const&) = delete;

 private:
  static void enable(GLenum what, GLboolean on) {
    if (on == GL_TRUE)
      glEnable(what);
    else
      glDisable(what);
  }
  GLint draw_buffer_, read_buffer_, unit_, program_, corners_, pack_, texture_ = 0;
  GLboolean scissor_, blend_;
  std::array<GLint, 4> viewport_{};
  std::array<GLfloat, 4> clear_{};
};

/// A texture with a framebuffer that draws into it, bound until the end.
class Target {
 public:
  Target(int width, int height) {
    while (glGetError() != GL_NO_ERROR) {
    }
    glGenTextures(1, &texture_);
    glBindTexture(GL_TEXTURE_2D, texture_);
    // Shown pixel by pixel: mixing neighbours would cost twice the time where no graphics card helps, and smear at edges.
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
    glGenFramebuffers(1, &buffer_);
    glBindFramebuffer(GL_FRAMEBUFFER, buffer_);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture_, 0);
    if (glGetError() != GL_NO_ERROR || glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
      release();
      throw MachineError(say(Message::viz_gl_memory, width, height));
    }
  }
  ~Target() { release(); }
  Target(Target const&) = delete;
  Target& operator=(Target const&) = delete;
  [[nodiscard]] GLuint texture() const { return texture_; }
  /// The texture, which then outlives this object.
  [[nodiscard]] GLuint take() { return std::exchange(texture_, 0); }

 private:
  void release() {
    if (buffer_ != 0) glDeleteFramebuffers(1, &buffer_);
    if (texture_ != 0) glDeleteTextures(1, &texture_);
  }
  GLuint texture_ = 0, buffer_ = 0;
};

/// A frame of ImGui that is ended even when what fills it fails, so that fonts can be built again.
class Frame {
 public:
  Frame() { ImGui::NewFrame(); }
  ~Frame() {
    if (ended_) return;
    ImGui::ErrorCheckEndFrameRecover(nullptr);
    ImGui::EndFrame();
  }
  Frame(Frame const&) = delete;
  Frame& operator=(Frame const&) = delete;
  void render() {
    ended_ = true;
    ImGui::Render();
  }

 private:
  bool ended_ = false;
};

void clear(ImVec4 colour) {
  glDisable(GL_SCISSOR_TEST);
  glClearColor(colour.x, colour.y, colour.z, colour.w);
  glClear(GL_COLOR_BUFFER_BIT);
}

GLuint compiled(GLenum kind, char const* glsl, char const* source) {
  GLuint const shader = glCreateShader(kind);
  std::array<GLchar const*, 3> const parts{glsl, "\n", source};
  glShaderSource(shader, static_cast<GLsizei>(parts.size()), parts.data(), nullptr);
  glCompileShader(shader);
  return shader;
}

GLuint linked(char const* glsl) {
  GLuint const vertex = compiled(GL_VERTEX_SHADER, glsl, corners_source);
  GLuint const fragment = compiled(GL_FRAGMENT_SHADER, glsl, straighten_source);
  GLuint const program = glCreateProgram();
  glAttachShader(program, vertex);
  glAttachShader(program, fragment);
  glLinkProgram(program);
  glDeleteShader(vertex);
  glDeleteShader(fragment);
  GLint good = GL_FALSE;
  glGetProgramiv(program, GL_LINK_STATUS, &good);
  if (good == GL_TRUE) return program;
  glDeleteProgram(program);
  return 0;
}

std::string version_of_context() {
  auto const* text = reinterpret_cast<char const*>(glGetString(GL_VERSION));
  return text == nullptr ? "?" : text;
}

ImTextureID id_of(GLuint texture) { return reinterpret_cast<ImTextureID>(static_cast<std::uintptr_t>(texture)); }

/// Whole pixels that a length takes, at least one; what is no number takes one.
int pixels_of(float length, float sharpness, int most) {
  float const pixels = std::round(length * sharpness);
  return pixels >= 1 ? static_cast<int>(std::min(pixels, static_cast<float>(most))) : 1;
}

/// OpenGL's rows start at the bottom, a file's at the top.
void turn_rows(std::vector<std::uint8_t>& pixels, int width, int height) {
  auto const row = static_cast<std::ptrdiff_t>(width) * 3;
  for (std::ptrdiff_t low = 0, high = height - 1; low < high; ++low, --high)
    std::swap_ranges(pixels.begin() + low * row, pixels.begin() + (low + 1) * row, pixels.begin() + high * row);
}

}  // namespace

GlCanvas::GlCanvas(char const* glsl) {
  std::string const version = version_of_context();
  if (integer(GL_MAJOR_VERSION) < 3) throw MachineError(say(Message::viz_gl_old, version));
  if (!ImGui_ImplOpenGL3_Init(glsl)) throw MachineError(say(Message::viz_gl_old, version));
  program_ = linked(glsl);
  if (program_ == 0) {
    ImGui_ImplOpenGL3_Shutdown();
    throw MachineError(say(Message::viz_gl_old, version));
  }
  layer_place_ = glGetUniformLocation(program_, "layer");
  height_place_ = glGetUniformLocation(program_, "height");
  glGenVertexArrays(1, &corners_);
  most_pixels_ = std::min(integer(GL_MAX_TEXTURE_SIZE), 8192);
}

GlCanvas::~GlCanvas() {
  free_pictures(pictures_);
  free_pictures(pictures_of_file_);
  for (GLuint const texture : retired_) glDeleteTextures(1, &texture);
  glDeleteVertexArrays(1, &corners_);
  glDeleteProgram(program_);
  ImGui_ImplOpenGL3_Shutdown();
}

void GlCanvas::free_pictures(Pictures& pictures) {
  for (auto const& [name, picture] : pictures) glDeleteTextures(1, &picture.texture);
  pictures.clear();
}

void GlCanvas::build(float text_scale, float sharpness) {
  build_fonts(text_scale, sharpness);
  ImGui_ImplOpenGL3_DestroyFontsTexture();
  ImGui_ImplOpenGL3_CreateFontsTexture();
  // Letters stand on whole pixels; to smooth between them costs software rendering a fifth of a frame.
  glBindTexture(GL_TEXTURE_2D, static_cast<GLuint>(reinterpret_cast<std::uintptr_t>(ImGui::GetIO().Fonts->TexID)));
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
  glBindTexture(GL_TEXTURE_2D, 0);
  sharpness_of_pictures_ = sharpness;
}

void GlCanvas::prepare(float text_scale, float sharpness) {
  ImGui_ImplOpenGL3_NewFrame();
  if (text_scale == text_scale_ && sharpness == sharpness_) return;
  text_scale_ = text_scale;
  sharpness_ = sharpness;
  build(text_scale, sharpness);
  free_pictures(pictures_);
}

ImTextureID GlCanvas::picture(std::string const& name, std::uint64_t version, ImVec2 size,
                              std::function<void(ImDrawList&)> const& draw) {
  Pictures& pictures = saving_ ? pictures_of_file_ : pictures_;
  auto const known = pictures.find(name);
  if (known != pictures.end() && known->second.version == version && known->second.size.x == size.x &&
      known->second.size.y == size.y) {
    known->second.asked_for = true;
    return id_of(known->second.texture);
  }
  GLuint const texture = draw_picture(size, draw);
  Picture& picture = pictures[name];
  if (picture.texture != 0) retired_.push_back(picture.texture);
  picture = Picture{version, size, texture, true};
  return id_of(texture);
}

unsigned GlCanvas::draw_picture(ImVec2 size, std::function<void(ImDrawList&)> const& draw) {
  PictureList list(size, sharpness_of_pictures_);
  draw(list.list());
  bool const offsets = (ImGui::GetIO().BackendFlags & ImGuiBackendFlags_RendererHasVtxOffset) != 0;
  ImDrawData data = list.data(offsets);
  int const width = pixels_of(size.x, sharpness_of_pictures_, most_pixels_);
  int const height = pixels_of(size.y, sharpness_of_pictures_, most_pixels_);
  // A size that is no whole number of pixels is stretched to one.
  data.FramebufferScale = ImVec2((static_cast<float>(width) + 0.01F) / size.x, (static_cast<float>(height) + 0.01F) / size.y);
  KeepState const keep;
  Target layer(width, height);
  clear(ImVec4(0, 0, 0, 0));
  if (size.x > 0 && size.y > 0) ImGui_ImplOpenGL3_RenderDrawData(&data);
  Target result(width, height);
  straighten(layer.texture(), width, height);
  return result.take();
}

void GlCanvas::straighten(unsigned layer, int width, int height) {
  glViewport(0, 0, width, height);
  glDisable(GL_SCISSOR_TEST);
  glDisable(GL_BLEND);
  glUseProgram(program_);
  glUniform1i(layer_place_, 0);
  glUniform1i(height_place_, height);
  glBindTexture(GL_TEXTURE_2D, layer);
  glBindVertexArray(corners_);
  glDrawArrays(GL_TRIANGLES, 0, 3);
}

void GlCanvas::show(ImU32 background) {
  {
    KeepState const keep;
    clear(ImGui::ColorConvertU32ToFloat4(background));
  }
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  end_frame();
}

void GlCanvas::end_frame() {
  for (GLuint const texture : std::exchange(retired_, {})) glDeleteTextures(1, &texture);
  Pictures& pictures = saving_ ? pictures_of_file_ : pictures_;
  for (auto entry = pictures.begin(); entry != pictures.end();) {
    if (std::exchange(entry->second.asked_for, false)) {
      ++entry;
      continue;
    }
    glDeleteTextures(1, &entry->second.texture);
    entry = pictures.erase(entry);
  }
}

void GlCanvas::save_screen(std::filesystem::path const& file, int factor, std::function<void(std::string)> const& done) {
  requests_.push_back({file, factor, done});
}

void GlCanvas::save_what_was_asked_for(ImU32 background, std::function<void()> const& frame) {
  // The frame that is drawn for a file may ask for another one, which then waits for the next call.
  for (Request const& request : std::exchange(requests_, {})) {
    std::string answer;
    try {
      save(request, background, frame);
    } catch (MachineError const& error) {
      answer = error.what();
    } catch (std::bad_alloc const&) {
      answer = say(Message::viz_save_memory, request.file.string());
    }
    request.done(answer);
  }
}

void GlCanvas::save(Request const& request, ImU32 background, std::function<void()> const& frame) {
  ImGuiIO& io = ImGui::GetIO();
  float const longest = std::max({io.DisplaySize.x, io.DisplaySize.y, 1.0F});
  float const sharpness = std::clamp(static_cast<float>(request.factor), 1.0F,
                                     std::max(1.0F, std::floor(static_cast<float>(most_pixels_) / longest)));
  int const width = pixels_of(io.DisplaySize.x, sharpness, most_pixels_);
  int const height = pixels_of(io.DisplaySize.y, sharpness, most_pixels_);

  struct Restore {
    GlCanvas& canvas;
    ImVec2 scale = ImGui::GetIO().DisplayFramebufferScale;
    ~Restore() {
      ImGui::GetIO().DisplayFramebufferScale = scale;
      canvas.saving_ = false;
      canvas.free_pictures(canvas.pictures_of_file_);
      canvas.build(canvas.text_scale_, canvas.sharpness_);
    }
  };
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  {
    Restore const restore{*this};
    saving_ = true;
    build(text_scale_, sharpness);
    io.DisplayFramebufferScale = ImVec2(sharpness, sharpness);
    io.DeltaTime = 1e-6F;
    Frame imgui_frame;
    frame();
    imgui_frame.render();
    KeepState const keep;
    Target const target(width, height);
    show(background);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, pixels.data());
  }
  turn_rows(pixels, width, height);
  write_png(request.file, width, height, pixels);
}

}  // namespace arraigo::viz
