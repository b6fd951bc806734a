/// Loaded before the C library (LD_PRELOAD), a wall clock that jumps ten years to and fro at each look. Clocks that only measure
/// how long something takes go on as they do.
#include <dlfcn.h>
#include <sys/time.h>

#include <atomic>
#include <ctime>

namespace {

constexpr time_t ten_years = 10L * 365 * 86400;

time_t jump() {
  static std::atomic<int> looks{0};
  return looks++ % 2 == 0 ? -ten_years : ten_years;
}

int real_time(clockid_t clock, timespec* now) {
  static auto const next = reinterpret_cast<int (*)(clockid_t, timespec*)>(::dlsym(RTLD_NEXT, "clock_gettime"));
  return next(clock, now);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  int const result = real_time(clock, now);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += jump();
  return result;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  real_time(CLOCK_REALTIME, &now);
  now.tv_sec += jump();
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(timeval* __restrict now, void* __restrict) noexcept {
  timespec exact{};
  real_time(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec + jump();
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}
}
