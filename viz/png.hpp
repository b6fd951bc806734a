/// Pictures as files.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>

namespace arraigo::viz {

/// Writes a PNG; an existing file is replaced once the new one is whole, anything else that has the name is left.
/// `pixels`: rows from the top, three bytes a pixel (red, green, blue). Throws MachineError when the disk or a
/// permission fails, std::bad_alloc when memory does not suffice.
void write_png(std::filesystem::path const& file, int width, int height, std::span<std::uint8_t const> pixels);

}  // namespace arraigo::viz
