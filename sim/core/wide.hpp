/// ARRAIGO_WIDE before a function of whole-number arithmetic over many rows: it is compiled for several widths of vectors, one of
/// which is chosen for the processor as the program is loaded. The bits are the same on every path. Only what is inlined into the
/// function is wide with it, and functions that headers define cannot be. Sanitizers do not support the indirect functions behind it.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define ARRAIGO_WIDE __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define ARRAIGO_WIDE
#endif
