/// What a long computation leaves behind in the heap, given back to the system before the next that needs much memory.
#pragma once
#include <cstdlib>  // tells whose library this is
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace arraigo {

inline void give_free_heap_back() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace arraigo
