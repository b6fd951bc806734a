#include "record/hdf5_handle.hpp"

#include <mutex>

namespace arraigo {

void start_hdf5() {
  static std::once_flag once;
  std::call_once(once, [] { H5dont_atexit(); });
  // Each thread has an error stack of its own.
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
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
  throw Hdf5Error(reason.empty() ? "HDF5 gives no reason" : reason);
}

}  // namespace arraigo
