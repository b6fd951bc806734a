#include "record/file_publish.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "core/errors.hpp"
#include "core/input_errors.hpp"

namespace arraigo {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(Message message, fs::path const& path, int error) {
  throw MachineError(say(message, path.string(), std::generic_category().message(error)));
}

/// An open descriptor; close() tells whether the data reached the file system (network disks report late).
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  [[nodiscard]] int number() const { return number_; }
  /// 0, or the error number.
  [[nodiscard]] int close() { return ::close(std::exchange(number_, -1)) == 0 || errno == EINTR ? 0 : errno; }

 private:
  int number_;
};

/// Removes the temporary unless it became the final file.
class Temporary {
 public:
  explicit Temporary(fs::path name) : name_(std::move(name)) {}
  ~Temporary() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  Temporary(Temporary const&) = delete;
  Temporary& operator=(Temporary const&) = delete;
  [[nodiscard]] fs::path const& name() const { return name_; }
  void keep() { name_.clear(); }

 private:
  fs::path name_;
};

fs::path folder_of(fs::path const& target) { return target.has_parent_path() ? target.parent_path() : fs::path{"."}; }

/// ".<target>.<process>.<n>.part": hidden, and no pattern for results (*.h5) matches it.
fs::path temporary_name(fs::path const& target, unsigned number) {
  std::string const tail = fmt::format(".{}.{}.part", ::getpid(), number);
  std::string stem = target.filename().string();
  if (stem.size() + tail.size() + 1 > NAME_MAX) stem.resize(NAME_MAX - tail.size() - 1);
  return folder_of(target) / ("." + stem + tail);
}

void write_all(Descriptor const& file, fs::path const& name, std::span<std::byte const> bytes) {
  while (!bytes.empty()) {
    ssize_t const written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(Message::rf_cannot_write, name, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void check_free_space(fs::path const& target, std::size_t bytes) {
  struct statvfs volume {};
  if (::statvfs(folder_of(target).c_str(), &volume) != 0) fail(Message::rf_no_folder, folder_of(target), errno);
  auto const free = static_cast<unsigned long long>(volume.f_bavail) * volume.f_frsize;
  constexpr unsigned mib = 1U << 20U;
  // Some network and virtual volumes report no size at all; for them the write itself will tell.
  if (volume.f_blocks != 0 && free < bytes)
    throw MachineError(say(Message::rf_disk_full, target.string(), bytes / mib + 1, free / mib));
}

void sync_folder(fs::path const& folder) {
  Descriptor const directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.number() < 0) fail(Message::rf_cannot_write, folder, errno);
  // EINVAL: this file system has no such operation for folders.
  if (::fsync(directory.number()) != 0 && errno != EINVAL) fail(Message::rf_cannot_write, folder, errno);
}

void give_final_name(fs::path const& temporary, fs::path const& target, bool replace) {
  if (replace) {
    if (std::rename(temporary.c_str(), target.c_str()) != 0) fail(Message::rf_cannot_write, target, errno);
    return;
  }
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno == EINVAL || errno == ENOSYS) {
    // File systems without the flag (NFS) have hard links, which refuse a taken name as well.
    if (::link(temporary.c_str(), target.c_str()) == 0) {
      ::unlink(temporary.c_str());
      return;
    }
  }
  if (errno == EEXIST) throw MachineError(say(Message::rf_exists, target.string()));
  fail(Message::rf_cannot_write, target, errno);
}

}  // namespace

int create_exclusively(fs::path const& name) {
  int const number = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (number < 0 && errno != EEXIST) fail(Message::rf_cannot_write, name, errno);
  return number;
}

void publish_file(fs::path const& target, std::span<std::byte const> bytes, bool replace,
                  std::function<void(fs::path const&)> const& verify) {
  static std::atomic<unsigned> next_number{0};
  check_free_space(target, bytes.size());

  fs::path name;
  int number = -1;
  // A name is taken when a killed process with the same number left it behind, or on a disk shared by machines.
  while (number < 0) {
    name = temporary_name(target, next_number++);
    number = create_exclusively(name);
  }
  Temporary temporary{name};
  Descriptor file{number};
  write_all(file, name, bytes);
  if (::fsync(file.number()) != 0) fail(Message::rf_cannot_write, name, errno);
  if (int const error = file.close(); error != 0) fail(Message::rf_cannot_write, name, error);
  verify(name);
  give_final_name(name, target, replace);
  temporary.keep();
  sync_folder(folder_of(target));
}

}  // namespace arraigo
