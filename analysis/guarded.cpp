#include "analysis/guarded.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <new>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/text_file.hpp"
#include "record/hdf5_handle.hpp"

namespace arraigo::analysis {
namespace {

// Beyond what the process has already: a variable of the largest size that is read, and room to work.
constexpr rlim_t most_added_bytes = rlim_t{10} << 30U;

void limit_resources(std::chrono::seconds processor) {
  // The signal of the first limit says why the child ended; that of the second could have come from anybody.
  auto const seconds = static_cast<rlim_t>(processor.count());
  rlimit const cpu{seconds, seconds + 1};
  ::setrlimit(RLIMIT_CPU, &cpu);
  rlimit const no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they reserve terabytes of addresses
  rlim_t pages = 0;
  if (std::ifstream{"/proc/self/statm"} >> pages) {
    rlim_t const bytes = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + most_added_bytes;
    rlimit const memory{bytes, bytes};
    ::setrlimit(RLIMIT_AS, &memory);
  }
#endif
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    ssize_t const written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(3);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

[[noreturn]] void work_as_child(int descriptor, std::chrono::seconds processor,
                                std::function<void(std::function<void(std::string_view)> const&)> const& work) {
  for (int const signal : {SIGINT, SIGTERM, SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGXCPU}) std::signal(signal, SIG_DFL);
  // The C library announces a corrupted heap; the parent says it in words.
  if (int const nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
  limit_resources(processor);
  try {
    work([descriptor](std::string_view text) { write_all(descriptor, text); });
  } catch (...) {
    ::_exit(2);
  }
  ::_exit(0);
}

[[noreturn]] void fail() { throw MachineError(say(Message::an_no_child, system_reason(errno))); }

}  // namespace

ReadingTime time_to_read(std::filesystem::path const& path) {
  constexpr std::chrono::minutes always{5};
  constexpr std::chrono::seconds always_of_processor{10};
  constexpr std::uintmax_t bytes_a_millisecond = 1000, bytes_a_processor_second = 20'000'000;
  std::error_code unknown;
  auto const size = std::filesystem::file_size(path, unknown);
  auto const bytes = unknown ? 0 : size;
  return {always + std::chrono::milliseconds{static_cast<std::int64_t>(bytes / bytes_a_millisecond)},
          always_of_processor + std::chrono::seconds{static_cast<std::int64_t>(bytes / bytes_a_processor_second)}};
}

ChildOutcome run_in_child([[maybe_unused]] ReadingTime most, std::function<void(std::function<void(std::string_view)> const&)> const& work) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  // A fuzzer must see what a child would hide.
  ChildOutcome here;
  work([&here](std::string_view text) { here.output += text; });
  here.finished = true;
  return here;
#endif
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail();
  std::fflush(nullptr);  // or what waits to be written would be written by the child too, if its way out writes it
  pid_t const child = ::fork();
  if (child < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    fail();
  }
  if (child == 0) work_as_child(ends[1], most.processor, work);
  ::close(ends[1]);
  ChildOutcome outcome;
  std::array<char, 1U << 16U> buffer{};
  using Clock = std::chrono::steady_clock;
  // Time is counted in slices: what passes while this process itself is stopped is not held against the child.
  constexpr std::chrono::milliseconds slice{1000};
  auto left = most.wall;
  for (;;) {
    pollfd ready{ends[0], POLLIN, 0};
    auto const begun = Clock::now();
    int const something = ::poll(&ready, 1, static_cast<int>(std::clamp(left, std::chrono::milliseconds{0}, slice).count()));
    left -= std::min(slice, std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun));
    if (something < 0 && errno == EINTR) continue;
    if (left.count() <= 0) {
      outcome.too_slow = true;
      outcome.given = std::chrono::ceil<std::chrono::seconds>(most.wall);
      break;
    }
    if (something == 0) continue;
    ssize_t const got = ::read(ends[0], buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    outcome.output.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  if (outcome.too_slow) {
    // What waits for a disk that does not answer cannot be ended, nor be waited for.
    ::kill(child, SIGKILL);
    for (int look = 0; look < 100 && ::waitpid(child, nullptr, WNOHANG) == 0; ++look) ::poll(nullptr, 0, 10);
    return outcome;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  outcome.finished = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
    outcome.too_slow = true;
    outcome.given = most.processor;
  }
  return outcome;
}

void try_in_child(std::filesystem::path const& path, std::function<void()> const& open) { try_in_child(path, time_to_read(path), open); }

void try_in_child(std::filesystem::path const& path, ReadingTime most, std::function<void()> const& open) {
  constexpr char wrong_input = 'I', machine_failed = 'M', good = 'G';
  auto const outcome = run_in_child(most, [&](auto const& write) {
    try {
      open();
      write(std::string{good});
    } catch (InputError const& error) {
      write(wrong_input + std::string{error.what()});
    } catch (MachineError const& error) {
      write(machine_failed + std::string{error.what()});
    }
  });
  if (outcome.too_slow) throw InputError(say(Message::rf_too_slow, path.string(), outcome.given.count()));
  if (!outcome.finished && memory_is_short()) throw std::bad_alloc();
  if (!outcome.finished || outcome.output.empty()) throw InputError(say(Message::rf_crashed, path.string()));
  if (outcome.output.front() == wrong_input) throw InputError(outcome.output.substr(1));
  if (outcome.output.front() == machine_failed) throw MachineError(outcome.output.substr(1));
}

}  // namespace arraigo::analysis
