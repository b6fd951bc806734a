/// The interface's fonts: DejaVu Sans and its bold, rasterised by FreeType into ImGui's atlas. Knows no graphics library.
#pragma once
#include <imgui.h>

namespace arraigo::viz {

/// Pixels of text at text size 1 on a plain screen.
constexpr float base_font_pixels = 15;

/// Builds the fonts of the current ImGui context anew: `text_scale` times 15 lengths of the layout high, `sharpness` texture pixels
/// per length (2 for a screen or a picture with double pixels). The width of every text is the same at any sharpness. Outside of
/// a frame only; earlier ImFont pointers become invalid, and the renderer must fetch the atlas again. A font that is missing or
/// damaged is told on stderr, once, and ImGui's own stands in.
void build_fonts(float text_scale, float sharpness);

/// For headings; of the current ImGui context, until the fonts are built anew.
[[nodiscard]] ImFont* bold_font();

}  // namespace arraigo::viz
