/// Loaded before the C library (LD_PRELOAD), kills its process at one step of writing files: before the step, or, where that is the
/// writing of bytes, after half of them. ARRAIGO_KILL_AT is the number of the step, from 1; 0 or none: no such step, and
/// ARRAIGO_KILL_COUNT names a file that gets the number of steps at the end. Steps on what is no regular file do not count.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

std::atomic<long> steps{0};

long chosen() {
  static long const number = [] {
    char const* const text = getenv("ARRAIGO_KILL_AT");
    return text == nullptr ? 0L : strtol(text, nullptr, 10);
  }();
  return number;
}

bool is_the_chosen_one() { return ++steps == chosen(); }

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

bool is_file(int number) {
  struct stat status {};
  return fstat(number, &status) == 0 && S_ISREG(status.st_mode);
}

template <class Function>
Function* next(char const* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

void step() {
  if (is_the_chosen_one()) die();
}

struct Count {
  ~Count() {
    char const* const name = getenv("ARRAIGO_KILL_COUNT");
    if (name == nullptr) return;
    if (FILE* const file = fopen(name, "w")) {
      fprintf(file, "%ld\n", steps.load());
      fclose(file);
    }
  }
} const count;

}  // namespace

extern "C" {

ssize_t write(int number, void const* bytes, size_t size) {
  static auto* const real = next<ssize_t(int, void const*, size_t)>("write");
  if (is_file(number) && is_the_chosen_one()) {
    if (real(number, bytes, size / 2) >= 0) die();
    die();
  }
  return real(number, bytes, size);
}

ssize_t pwrite(int number, void const* bytes, size_t size, off_t at) {
  static auto* const real = next<ssize_t(int, void const*, size_t, off_t)>("pwrite");
  if (is_file(number) && is_the_chosen_one()) {
    if (real(number, bytes, size / 2, at) >= 0) die();
    die();
  }
  return real(number, bytes, size, at);
}

ssize_t pwrite64(int number, void const* bytes, size_t size, off64_t at) { return pwrite(number, bytes, size, at); }

ssize_t writev(int number, iovec const* pieces, int n) {
  static auto* const real = next<ssize_t(int, iovec const*, int)>("writev");
  if (is_file(number) && is_the_chosen_one()) {
    if (real(number, pieces, n > 1 ? 1 : 0) >= 0) die();
    die();
  }
  return real(number, pieces, n);
}

int fsync(int number) {
  static auto* const real = next<int(int)>("fsync");
  step();
  return real(number);
}

int ftruncate(int number, off_t size) noexcept {
  static auto* const real = next<int(int, off_t)>("ftruncate");
  step();
  return real(number, size);
}

int ftruncate64(int number, off64_t size) noexcept { return ftruncate(number, size); }

int rename(char const* from, char const* to) noexcept {
  static auto* const real = next<int(char const*, char const*)>("rename");
  step();
  return real(from, to);
}

int renameat2(int from_folder, char const* from, int to_folder, char const* to, unsigned how) noexcept {
  static auto* const real = next<int(int, char const*, int, char const*, unsigned)>("renameat2");
  step();
  return real(from_folder, from, to_folder, to, how);
}

int unlink(char const* name) noexcept {
  static auto* const real = next<int(char const*)>("unlink");
  step();
  return real(name);
}

int remove(char const* name) noexcept {
  static auto* const real = next<int(char const*)>("remove");
  step();
  return real(name);
}

int unlinkat(int folder, char const* name, int how) noexcept {
  static auto* const real = next<int(int, char const*, int)>("unlinkat");
  step();
  return real(folder, name, how);
}

int mkdir(char const* name, mode_t mode) noexcept {
  static auto* const real = next<int(char const*, mode_t)>("mkdir");
  step();
  return real(name, mode);
}
}
