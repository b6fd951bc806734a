#include "viz/background.hpp"

#include <utility>

namespace arraigo::viz {

Background::Background(std::function<void()> wake) : wake_(std::move(wake)), thread_([this] { loop(); }) {}

Background::~Background() {
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
  }
  some_.notify_one();
  thread_.join();
  // What closes files must still happen; nothing else uses the library any more. Finishes may hold files too.
  done_.clear();
  while (!waiting_.empty()) {
    Job const job = std::move(waiting_.front());
    waiting_.pop_front();
    if (job.always) static_cast<void>(job.work());
  }
}

void Background::run(Work work) { add({std::move(work), false}); }

void Background::run_always(Work work) { add({std::move(work), true}); }

void Background::add(Job job) {
  {
    std::lock_guard const lock(mutex_);
    waiting_.push_back(std::move(job));
  }
  some_.notify_one();
}

bool Background::poll() {
  std::vector<Finish> done;
  {
    std::lock_guard const lock(mutex_);
    done.swap(done_);
  }
  for (auto const& finish : done) finish();
  return !done.empty();
}

bool Background::busy() const {
  std::lock_guard const lock(mutex_);
  return working_ || !waiting_.empty() || !done_.empty();
}

void Background::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    some_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    working_ = true;
    lock.unlock();
    Finish finish = job.work();
    job = {};  // what it held may end with it, and that may add work
    lock.lock();
    working_ = false;
    if (!finish) continue;
    done_.push_back(std::move(finish));
    lock.unlock();
    wake_();
    lock.lock();
  }
}

}  // namespace arraigo::viz
