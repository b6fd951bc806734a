/// HDF5's C interface with owned identifiers and checked returns.
#pragma once
#include <hdf5.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace arraigo {

/// A call into HDF5 failed; the text is the library's innermost reason.
class Hdf5Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Before a file is read or written by HDF5: keeps the library from printing and from its exit cleanup, which can crash after a
/// failed call. Throws std::bad_alloc where memory is short: some of the library's calls (H5DSattach_scale) corrupt what they
/// cannot enlarge. Cheap to repeat.
void start_hdf5();

/// Whether this process is at the end of its memory: then a failure of the library says nothing of the file.
[[nodiscard]] bool memory_is_short();

/// Throws Hdf5Error with the reason that the library recorded for the failed call, or std::bad_alloc where memory is short.
[[noreturn]] void throw_hdf5_error();

/// Passes a result on; negative ones are failures.
template <class Result>
Result checked(Result result) {
  if (result < 0) throw_hdf5_error();
  return result;
}

/// Owns one identifier.
class Hid {
 public:
  using Close = herr_t (*)(hid_t);

  Hid() = default;
  Hid(hid_t id, Close closer) : id_(checked(id)), close_(closer) {}
  ~Hid() { reset(); }
  Hid(Hid&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Hid& operator=(Hid&& other) noexcept {
    if (this != &other) {
      reset();
      id_ = std::exchange(other.id_, H5I_INVALID_HID);
      close_ = other.close_;
    }
    return *this;
  }

  [[nodiscard]] hid_t get() const { return id_; }
  /// Closes now; a failure is an error (the last of the data may have been lost).
  void close() {
    if (id_ >= 0) checked(close_(std::exchange(id_, H5I_INVALID_HID)));
  }

 private:
  void reset() {
    if (id_ >= 0) close_(std::exchange(id_, H5I_INVALID_HID));
  }
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

}  // namespace arraigo
