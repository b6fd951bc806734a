/// Columns of the tables of agents: vectors whose memory comes from the system in pages of their own. A page that no row has
/// reached costs nothing, so that a column can have room to grow; and one that is freed leaves no hole in the heap of the
/// shorter-lived. Under AddressSanitizer they are ordinary vectors, which it can watch.
#pragma once
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
#include <sys/mman.h>
#define ARRAIGO_COLUMN_PAGES 1
#endif

namespace arraigo {

template <class T>
struct PageAllocator {
  using value_type = T;
  static constexpr std::size_t least_bytes = 64 * 1024;  ///< shorter columns stay in the heap

  PageAllocator() = default;
  template <class U>
  PageAllocator(PageAllocator<U> const&) noexcept {}

  T* allocate(std::size_t n) {
#ifdef ARRAIGO_COLUMN_PAGES
    if (n > least_bytes / sizeof(T)) {
      if (n > static_cast<std::size_t>(-1) / 2 / sizeof(T)) throw std::bad_alloc();
      void* const pages = mmap(nullptr, n * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (pages == MAP_FAILED) throw std::bad_alloc();
      return static_cast<T*>(pages);
    }
#endif
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) noexcept {
#ifdef ARRAIGO_COLUMN_PAGES
    if (n > least_bytes / sizeof(T)) {
      munmap(p, n * sizeof(T));
      return;
    }
#endif
    std::allocator<T>().deallocate(p, n);
  }
  template <class U>
  bool operator==(PageAllocator<U> const&) const noexcept { return true; }
};

template <class T>
using Column = std::vector<T, PageAllocator<T>>;

/// Room for a table of n rows and for those who are born or arrive before it is put in order again.
[[nodiscard]] constexpr std::size_t with_room(std::size_t n) { return n + n / 8; }

}  // namespace arraigo
