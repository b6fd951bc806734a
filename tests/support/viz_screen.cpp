#include "support/viz_screen.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "viz/fonts.hpp"
#include "viz/input_queue.hpp"

namespace arraigo::tests {
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "arraigo-viewer-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path TemporaryFolder::write(std::string const& name, std::string const& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
  return path_ / name;
}

Screen::Screen(std::vector<std::string> files, Lang lang, ImVec2 size, float text_scale) {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  io.DisplaySize = size;
  io.IniFilename = nullptr;
  viz::map_keys(io);
  if (files.empty())
    files.push_back(folder_.write("small.yaml", "extends: baseline\nname: small\ntitle: {es: \"Pequeño\", en: \"Small\"}\narea: \"150132,150135\"\nscale: 200\nmonths: 12\nreplicates: 3\n").string());
  viz::AppOptions options;
  options.session.files = std::move(files);
  options.session.shipped = fs::path(ARRAIGO_SOURCE_DIR) / "scenarios";
  options.session.data = options.session.shipped / "data";
  options.session.scale = 200;
  options.lang = lang;
  options.text_scale = text_scale;
  app_ = std::make_unique<viz::App>(std::move(options), canvas_, [] {});
}

Screen::~Screen() {
  app_.reset();
  ImGui::DestroyContext();
}

void Screen::size(ImVec2 size) { ImGui::GetIO().DisplaySize = size; }

void Screen::frame(int count) {
  ImGuiIO& io = ImGui::GetIO();
  for (int i = 0; i < count; ++i) {
    if (fonts_for_ != app_->text_scale()) {
      fonts_for_ = app_->text_scale();
      viz::build_fonts(fonts_for_, 1);
      app_->set_bold_font(viz::bold_font());
      io.Fonts->SetTexID(reinterpret_cast<ImTextureID>(std::uintptr_t{1}));
    }
    io.DeltaTime = 1.0F / 60;
    ImGui::NewFrame();
    app_->frame();
    ImGui::Render();
    canvas_.end_frame();
  }
}

bool Screen::settle() {
#if defined(__SANITIZE_THREAD__)
  constexpr std::chrono::seconds patience(3600);  // under which two runs of Lima took twenty minutes beside other work
#else
  constexpr std::chrono::seconds patience(180);
#endif
  auto const end = std::chrono::steady_clock::now() + patience;
  for (int quiet = 0; quiet < 4;) {
    frame();
    if (session().busy() || session().replaying()) {
      quiet = 0;
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    } else {
      ++quiet;
    }
  }
  return true;
}

void Screen::click(ImVec2 at) {
  ImGuiIO& io = ImGui::GetIO();
  io.MousePos = at;
  frame();
  io.MouseDown[0] = true;
  frame();
  io.MouseDown[0] = false;
  frame(2);
}

bool Screen::click(std::string const& id) {
  auto const place = app_->widget(id);
  if (!place) return false;
  click(ImVec2((place->x + place->z) / 2, (place->y + place->w) / 2));
  return true;
}

void Screen::drag(ImVec2 from, ImVec2 to, int steps) {
  ImGuiIO& io = ImGui::GetIO();
  io.MousePos = from;
  frame();
  io.MouseDown[0] = true;
  frame();
  for (int i = 1; i <= steps; ++i) {
    float const t = static_cast<float>(i) / static_cast<float>(steps);
    io.MousePos = ImVec2(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t);
    frame();
  }
  io.MouseDown[0] = false;
  frame(2);
}

void Screen::key(viz::Key key) {
  app_->key(key);
  frame(2);
}

void Screen::type(std::string const& text) {
  ImGui::GetIO().AddInputCharactersUTF8(text.c_str());
  frame(2);
}

}  // namespace arraigo::tests
