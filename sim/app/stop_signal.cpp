#include "app/stop_signal.hpp"

#include <atomic>
#include <csignal>

namespace arraigo::app {
namespace {
std::atomic<bool> stop_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free, "only a lock-free flag may be set from a signal handler");
extern "C" void ask_to_stop(int) { stop_asked.store(true, std::memory_order_relaxed); }
}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = ask_to_stop;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // Who started the program by nohup wants it to outlive the terminal.
  struct sigaction hangup {};
  if (sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

bool stop_requested() { return stop_asked.load(std::memory_order_relaxed); }

}  // namespace arraigo::app
