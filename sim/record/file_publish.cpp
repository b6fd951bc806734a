#include "record/file_publish.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/text_file.hpp"

namespace arraigo {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view temporary_ending = ".part";
/// ".", process, ".", number and the ending, at their longest.
constexpr std::size_t most_tail = 1 + 10 + 1 + 10 + temporary_ending.size();

[[noreturn]] void fail(Message message, fs::path const& path, int error) {
  throw MachineError(say(message, path.string(), system_reason(error)));
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
  std::string const tail = fmt::format(".{}.{}{}", ::getpid(), number, temporary_ending);
  std::string stem = target.filename().string();
  if (stem.size() + tail.size() + 1 > NAME_MAX) stem.resize(NAME_MAX - tail.size() - 1);
  return folder_of(target) / ("." + stem + tail);
}

/// Whether a file's name is one that temporary_name gives, in any process, to `target`.
bool is_temporary_of(fs::path const& target, std::string_view name) {
  std::string const target_name = target.filename().string();
  if (!name.starts_with('.') || !name.ends_with(temporary_ending)) return false;
  name.remove_prefix(1);
  name.remove_suffix(temporary_ending.size());
  for (int part = 0; part < 2; ++part) {
    auto const digits = name.size() - std::min(name.find_last_not_of("0123456789") + 1, name.size());
    if (digits == 0 || digits == name.size()) return false;
    name.remove_suffix(digits);
    if (!name.ends_with('.')) return false;
    name.remove_suffix(1);
  }
  // A long name was cut to make room for the ending.
  return name == target_name || (name.size() + most_tail + 1 > NAME_MAX && target_name.starts_with(name));
}

enum class Lock {
  held,
  lost,     ///< another process has it, or removed the file before it was had
  unknown,  ///< to this file system
};

/// LOCK_SH for the writer, since HDF5 takes that too when the file is verified; LOCK_EX for who wants it removed.
Lock lock(int number, int kind) {
  if (::flock(number, kind | LOCK_NB) != 0) return errno == EWOULDBLOCK ? Lock::lost : Lock::unknown;
  struct stat status {};
  return ::fstat(number, &status) == 0 && status.st_nlink > 0 ? Lock::held : Lock::lost;
}

/// Removes what killed writers of the same target left. A living one holds the lock on its temporary, from any machine
/// that shares the disk. What cannot be locked or removed stays: it is hidden and harms nobody.
void remove_leftovers(fs::path const& target) {
  std::error_code failed;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry{folder_of(target), failed}, end; !failed && entry != end; entry.increment(failed))
    if (is_temporary_of(target, entry->path().filename().string())) found.push_back(entry->path());
  for (auto const& name : found) {
    Descriptor const file{::open(name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    if (file.number() >= 0 && lock(file.number(), LOCK_EX) == Lock::held) ::unlink(name.c_str());
  }
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

}  // namespace

void refuse_no_file(fs::path const& target) {
  if (std::error_code ignored; fs::exists(target, ignored) && !fs::is_regular_file(target, ignored)) throw InputError(say(Message::rf_no_file, target.string()));
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
  if (errno == EEXIST) throw NameTaken(say(Message::rf_exists, target.string()));
  fail(Message::rf_cannot_write, target, errno);
}

int create_exclusively(fs::path const& name) {
  // For reading too: network disks give a shared lock only then.
  int const number = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (number < 0 && errno != EEXIST) fail(Message::rf_cannot_write, name, errno);
  return number;
}

void publish_file(fs::path const& target, std::span<std::byte const> bytes, bool replace,
                  std::function<void(fs::path const&)> const& verify) {
  static std::atomic<unsigned> next_number{0};
  refuse_no_file(target);
  remove_leftovers(target);
  check_free_space(target, bytes.size());

  fs::path name;
  int number = -1;
  // A name is taken when a process with the same number writes on another machine that shares the disk.
  while (number < 0) {
    name = temporary_name(target, next_number++);
    number = create_exclusively(name);
    // A fresh temporary looks like a leftover until it is locked, and another process may just have removed it.
    if (number >= 0 && lock(number, LOCK_SH) == Lock::lost) {
      ::close(number);
      number = -1;
    }
  }
  Temporary temporary{name};
  Descriptor file{number};
  // The lock lasts until the last copy of the descriptor closes, which must be after the file has its final name; the
  // first is closed before, since that tells of late failures.
  Descriptor const keeps_lock{::fcntl(number, F_DUPFD_CLOEXEC, 0)};
  write_all(file, name, bytes);
  if (::fsync(file.number()) != 0) fail(Message::rf_cannot_write, name, errno);
  if (int const error = file.close(); error != 0) fail(Message::rf_cannot_write, name, error);
  verify(name);
  give_final_name(name, target, replace);
  temporary.keep();
  sync_folder(folder_of(target));
}

}  // namespace arraigo
