#include "viz/png.hpp"

#include <stb/stb_image_write.h>

#include <cstddef>
#include <new>
#include <system_error>
#include <vector>

#include "core/input_errors.hpp"
#include "record/file_publish.hpp"

namespace arraigo::viz {
namespace {

void append(void* context, void* data, int size) {
  auto& bytes = *static_cast<std::vector<std::byte>*>(context);
  auto const* first = static_cast<std::byte const*>(data);
  bytes.insert(bytes.end(), first, first + size);
}

}  // namespace

void write_png(std::filesystem::path const& file, int width, int height, std::span<std::uint8_t const> pixels) {
  if (width < 1 || height < 1 || pixels.size() != static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3)
    throw BugError("write_png: the number of pixels is not width times height");
  // The new file takes the name over, and with it the place of whatever had it: a device must not end that way.
  std::error_code ignored;
  auto const there = std::filesystem::status(file, ignored).type();
  if (there != std::filesystem::file_type::not_found && there != std::filesystem::file_type::regular &&
      there != std::filesystem::file_type::none && there != std::filesystem::file_type::unknown)
    throw MachineError(say(Message::viz_save_not_a_file, file.string()));
  // Screens are flat areas: filters, meant for photographs, would only take time and room.
  stbi_write_force_png_filter = 0;
  std::vector<std::byte> bytes;
  if (stbi_write_png_to_func(append, &bytes, width, height, 3, pixels.data(), width * 3) == 0) throw std::bad_alloc{};
  publish_file(file, bytes, true, [](std::filesystem::path const&) {});
}

}  // namespace arraigo::viz
