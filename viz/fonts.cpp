#include "viz/fonts.hpp"

#include <imgui_freetype.h>
#include <imgui_internal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/input_errors.hpp"

namespace arraigo::viz {
namespace {

/// First and last characters, in pairs.
constexpr ImWchar glyphs[] = {
    0x0020, 0x017F,  // Latin, with accents
    0x0394, 0x0394,  // delta
    0x03BC, 0x03BC,  // mu
    0x03C3, 0x03C3,  // sigma
    0x2010, 0x2027,  // dashes, quotes, bullets, ellipsis
    0x2030, 0x203A,  // per mille, primes, angle quotes
    0x2080, 0x2089,  // subscripts
    0x2190, 0x2199,  // arrows
    0x21BA, 0x21BB,  // turning arrows
    0x2211, 0x221E,  // sum, minus, root, infinity
    0x2248, 0x2265,  // about equal, not equal, at least, at most
    0x25A0, 0x25FF,  // squares, triangles, circles
    0x2605, 0x2606,  // stars
    0x26A0, 0x26A0,  // warning
    0x2713, 0x2717,  // ticks and crosses
    0,
};

constexpr std::array folders{"/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu-sans-fonts",
                             "/usr/share/fonts/TTF", "/usr/share/fonts/dejavu"};

void tell_once(Message message, std::string const& name) {
  static std::atomic<bool> told{false};
  if (!told.exchange(true)) std::fputs((say(message, name) + "\n").c_str(), stderr);
}

std::string find_font(std::string const& name) {
  for (char const* folder : folders) {
    auto const file = std::filesystem::path{folder} / name;
    std::error_code failed;
    if (std::filesystem::is_regular_file(file, failed)) return file.string();
  }
  return {};
}

/// ImGui stops the program when it cannot read a font file; so the file is looked for and read here.
bool add_font(ImFontAtlas& atlas, std::string const& name, float pixels) {
  std::string const file = find_font(name);
  if (file.empty()) return false;
  std::size_t size = 0;
  void* const bytes = ImFileLoadToMemory(file.c_str(), "rb", &size);
  if (bytes == nullptr) return false;
  if (size < 1024) {
    ImGui::MemFree(bytes);
    return false;
  }
  atlas.AddFontFromMemoryTTF(bytes, static_cast<int>(size), pixels, nullptr, glyphs);  // the atlas takes the bytes
  return true;
}

void build_from_imgui_itself(ImFontAtlas& atlas, float pixels) {
  atlas.Clear();
  ImFontConfig config;
  config.SizePixels = std::max(1.0F, std::round(pixels * 13 / base_font_pixels));
  config.OversampleH = config.OversampleV = 1;
  config.PixelSnapH = true;
  atlas.AddFontDefault(&config);
  atlas.AddFontDefault(&config);
  atlas.Build();
}

void build_atlas(ImFontAtlas& atlas, float pixels) {
  constexpr char const* plain = "DejaVuSans.ttf";
  constexpr char const* bold = "DejaVuSans-Bold.ttf";
  atlas.Clear();
  atlas.FontBuilderIO = ImGuiFreeType::GetBuilderForFreeType();
  if (!add_font(atlas, plain, pixels)) {
    tell_once(Message::viz_font_missing, plain);
    build_from_imgui_itself(atlas, pixels);
    return;
  }
  if (!add_font(atlas, bold, pixels)) {
    tell_once(Message::viz_font_missing, bold);
    add_font(atlas, plain, pixels);
  }
  if (atlas.Build()) return;
  tell_once(Message::viz_font_missing, plain);
  build_from_imgui_itself(atlas, pixels);
}

struct Widths {
  float height = 0;
  std::vector<std::pair<unsigned, float>> of_characters;  ///< ascending
};

Widths widths_of(ImFont const& font) {
  Widths widths{font.FontSize, {}};
  for (ImFontGlyph const& glyph : font.Glyphs) widths.of_characters.emplace_back(glyph.Codepoint, glyph.AdvanceX);
  std::sort(widths.of_characters.begin(), widths.of_characters.end());
  return widths;
}

/// The rasteriser rounds the width of every character to whole pixels, so text of twice the pixels would not be twice as
/// wide, and a layout would break its lines elsewhere.
void keep_widths(ImFont& font, Widths const& widths) {
  float const ratio = font.FontSize / widths.height;
  for (ImFontGlyph& glyph : font.Glyphs) {
    auto const found = std::lower_bound(widths.of_characters.begin(), widths.of_characters.end(),
                                        std::pair{static_cast<unsigned>(glyph.Codepoint), 0.0F});
    if (found != widths.of_characters.end() && found->first == glyph.Codepoint) glyph.AdvanceX = found->second * ratio;
  }
  font.BuildLookupTable();
  font.Scale = 1 / ratio;
}

}  // namespace

void build_fonts(float text_scale, float sharpness) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  float const pixels = std::round(base_font_pixels * std::clamp(text_scale, 0.5F, 8.0F));
  build_atlas(atlas, pixels);
  if (!(sharpness > 1)) return;
  std::vector<Widths> widths;
  for (ImFont const* font : atlas.Fonts) widths.push_back(widths_of(*font));
  build_atlas(atlas, pixels * std::min(sharpness, 8.0F));
  for (int i = 0; i < atlas.Fonts.Size; ++i) keep_widths(*atlas.Fonts[i], widths[static_cast<std::size_t>(i)]);
}

ImFont* bold_font() {
  auto const& fonts = ImGui::GetIO().Fonts->Fonts;
  return fonts.Size > 1 ? fonts[1] : nullptr;
}

}  // namespace arraigo::viz
