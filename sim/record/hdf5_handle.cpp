#include "record/hdf5_handle.hpp"

#include <sys/mman.h>

#include <charconv>
#include <mutex>
#include <new>
#include <string_view>

#include "core/text_file.hpp"

namespace arraigo {
namespace {

/// The library's words in one line. A failed call of the system is described with file, time and addresses; its error number
/// is what a reader can use.
std::string plain(std::string_view reason) {
  constexpr std::string_view mark = "errno = ";
  if (auto const at = reason.find(mark); at != std::string_view::npos) {
    int number = 0;
    auto const digits = reason.substr(at + mark.size());
    if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc{}) return system_reason(number);
  }
  return std::string(reason.substr(0, reason.find('\n')));
}

}  // namespace

bool memory_is_short() {
  // Larger than what the library asks for at once when it reads a file of ours.
  constexpr std::size_t probe = std::size_t{64} << 20U;
  void* const room = ::mmap(nullptr, probe, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return true;
  ::munmap(room, probe);
  return false;
}

void start_hdf5() {
  static std::once_flag once;
  std::call_once(once, [] { H5dont_atexit(); });
  // Each thread has an error stack of its own.
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  if (memory_is_short()) throw std::bad_alloc();
}

void throw_hdf5_error() {
  std::string reason;
  auto const take_innermost = [](unsigned, H5E_error2_t const* error, void* text) -> herr_t {
    auto& innermost = *static_cast<std::string*>(text);
    if (innermost.empty() && error->desc != nullptr) innermost = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, &reason);
  H5Eclear2(H5E_DEFAULT);
  if (memory_is_short()) throw std::bad_alloc();
  throw Hdf5Error(reason.empty() ? "HDF5 gives no reason" : plain(reason));
}

}  // namespace arraigo
