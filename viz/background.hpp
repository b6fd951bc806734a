/// Work that must not hold up the interface: reading files, above all. One thread, in order, since the HDF5 library of Debian serves one
/// thread at a time.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace arraigo::viz {

class Background {
 public:
  using Finish = std::function<void()>;  ///< runs on the interface's thread, in poll(); may be empty
  using Work = std::function<Finish()>;  ///< runs on the thread; must not throw

  /// `wake` is called from the thread whenever poll() has something to do.
  explicit Background(std::function<void()> wake);
  ~Background();  ///< finishes the work at hand; of what is left only what must happen is still done
  Background(Background const&) = delete;
  Background& operator=(Background const&) = delete;

  void run(Work work);
  /// Work that is done even when the end comes first: closing files.
  void run_always(Work work);
  /// Runs the finishes of work that is done; true when there were any.
  bool poll();
  [[nodiscard]] bool busy() const;

 private:
  void loop();
  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable some_;
  struct Job {
    Work work;
    bool always = false;
  };
  void add(Job job);
  std::deque<Job> waiting_;
  std::vector<Finish> done_;
  bool working_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace arraigo::viz
