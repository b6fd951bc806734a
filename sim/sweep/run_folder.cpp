#include "sweep/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <span>
#include <string_view>
#include <utility>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/sha256.hpp"
#include "core/text_file.hpp"
#include "record/file_publish.hpp"
#include "sweep/answers.hpp"

namespace arraigo::sweep {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view result_ending = ".run", failure_ending = ".txt";
constexpr std::size_t digest_length = 64;
/// Publishing looks through a folder for leftovers, so folders stay small.
constexpr std::size_t runs_in_folder = 256;
constexpr std::size_t mark_line = 32;
/// Far more than the series of a run by districts over 50 years.
constexpr std::size_t most_bytes = std::size_t{4} << 30U;

[[noreturn]] void fail(fs::path const& path, int error) {
  throw MachineError(say(Message::app_path_failed, path.string(), system_reason(error)));
}

std::string digest_of(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.finish();
}

// Figures change little from month to month: differences in base 128, the sign in the last bit.
void add_number(std::string& out, std::uint64_t number) {
  for (; number >= 128; number >>= 7U) out += static_cast<char>((number & 127U) | 128U);
  out += static_cast<char>(number);
}

struct Bytes {
  std::string_view rest;
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest.empty()) throw InputError(say(Message::sw_why_other_run));
      auto const byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 127U) << shift;
      if (byte < 128) return value;
    }
    throw InputError(say(Message::sw_why_other_run));
  }
};

std::uint64_t zigzag(std::uint64_t difference) {
  return (difference << 1U) ^ (0 - (difference >> 63U));
}
std::uint64_t unzigzag(std::uint64_t stored) { return (stored >> 1U) ^ (0 - (stored & 1U)); }

std::string head_of(std::string const& plan_digest, RunId run, int months) {
  return fmt::format("ARRAIGO RESULT 1\n{}\n{} {} {}\n", plan_digest, run.point, run.replicate, months);
}

std::string name_of(RunId run) { return fmt::format("p{:07}-r{:04}", run.point, run.replicate); }

std::optional<RunId> run_of_name(std::string_view name, std::string_view ending) {
  if (!name.starts_with('p') || !name.ends_with(ending)) return std::nullopt;
  name.remove_prefix(1);
  name.remove_suffix(ending.size());
  auto const middle = name.find("-r");
  if (middle == std::string_view::npos) return std::nullopt;
  RunId run;
  auto const point = name.substr(0, middle), replicate = name.substr(middle + 2);
  auto const a = std::from_chars(point.data(), point.data() + point.size(), run.point);
  auto const b = std::from_chars(replicate.data(), replicate.data() + replicate.size(), run.replicate);
  bool const whole = a.ec == std::errc{} && a.ptr == point.data() + point.size() && b.ec == std::errc{} &&
                     b.ptr == replicate.data() + replicate.size() && run.replicate >= 0;
  return whole ? std::optional{run} : std::nullopt;
}

void sync_folder(fs::path const& folder) {
  int const number = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (number < 0) fail(folder, errno);
  int const error = ::fsync(number) != 0 && errno != EINVAL ? errno : 0;
  ::close(number);
  if (error != 0) fail(folder, error);
}

/// Made for good: a power cut must not take a folder away from the results in it.
void make_folders(fs::path const& folder) {
  std::error_code failed;
  if (fs::is_directory(folder, failed)) return;
  if (folder.has_parent_path() && folder.parent_path() != folder) make_folders(folder.parent_path());
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) fail(folder, errno);
  if (!fs::is_directory(folder, failed)) fail(folder, ENOTDIR);
  sync_folder(folder.has_parent_path() ? folder.parent_path() : fs::path{"."});
}

std::optional<std::string> bytes_of(fs::path const& file) {
  std::error_code failed;
  if (fs::status(file, failed).type() == fs::file_type::not_found) return std::nullopt;
  return read_whole_file(file, most_bytes);
}

}  // namespace

std::string encode(Result const& result, std::string const& plan_digest, RunId run, int months) {
  std::string bytes = head_of(plan_digest, run, months);
  for (unsigned shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(result.state_hash >> shift & 255U);
  add_number(bytes, result.values.size());
  for (auto const& row : result.values) {
    std::size_t const keys = row.size() / static_cast<std::size_t>(months);
    add_number(bytes, keys);
    for (std::size_t i = 0; i < row.size(); ++i)
      add_number(bytes, zigzag(static_cast<std::uint64_t>(row[i]) -
                               (i < keys ? 0 : static_cast<std::uint64_t>(row[i - keys]))));
  }
  return bytes + digest_of(bytes);
}

Result decode(std::string const& bytes, std::string const& plan_digest, RunId run, int months) {
  std::string const head = head_of(plan_digest, run, months);
  if (bytes.size() < head.size() + digest_length + 8) throw InputError(say(Message::sw_why_short, bytes.size()));
  std::string_view const body = std::string_view{bytes}.substr(0, bytes.size() - digest_length);
  if (digest_of(body) != std::string_view{bytes}.substr(body.size())) throw InputError(say(Message::rf_why_digest));
  if (!body.starts_with(head)) throw InputError(say(Message::sw_why_other_run));
  Bytes in{body.substr(head.size())};
  Result result;
  for (unsigned shift = 0; shift < 64; shift += 8, in.rest.remove_prefix(1))
    result.state_hash |= static_cast<std::uint64_t>(static_cast<unsigned char>(in.rest.front())) << shift;
  auto const rows = in.number();
  if (rows > in.rest.size()) throw InputError(say(Message::sw_why_other_run));
  result.values.resize(rows);
  for (auto& row : result.values) {
    auto const keys = in.number();
    if (keys > in.rest.size() / static_cast<std::size_t>(months)) throw InputError(say(Message::sw_why_other_run));
    row.resize(keys * static_cast<std::size_t>(months));
    for (std::size_t i = 0; i < row.size(); ++i)
      row[i] = static_cast<std::int64_t>(unzigzag(in.number()) +
                                         (i < keys ? 0 : static_cast<std::uint64_t>(row[i - keys])));
  }
  if (!in.rest.empty()) throw InputError(say(Message::sw_why_other_run));
  return result;
}

bool is_own_name(fs::path const& folder, fs::path const& path) {
  // Of a relative path nothing of which is there, weakly_canonical makes no absolute one.
  auto const whole = [](fs::path const& name) { return fs::weakly_canonical(fs::absolute(name)); };
  auto const within = whole(path).lexically_relative(whole(folder));
  if (within.empty()) return false;
  constexpr std::array<std::string_view, 6> own{plan_name, answers_name, "runs", "failed", "running", "slurm"};
  return std::find(own.begin(), own.end(), within.begin()->string()) != own.end();
}

fs::path RunFolder::result_path(RunId run) const {
  return folder_ / "runs" / fmt::format("{:05}", index_of(run) / runs_in_folder) / (name_of(run) + std::string{result_ending});
}

fs::path RunFolder::failure_path(RunId run) const {
  return failures_path() / fmt::format("{:05}", index_of(run) / runs_in_folder) / (name_of(run) + std::string{failure_ending});
}

void RunFolder::visit(fs::path const& kind, std::string_view ending, std::function<void(RunId)> const& found) const {
  std::error_code failed;
  for (fs::directory_iterator folder{kind, failed}, end; !failed && folder != end; folder.increment(failed))
    for (fs::directory_iterator file{folder->path(), failed}; !failed && file != end; file.increment(failed)) {
      auto const run = run_of_name(file->path().filename().string(), ending);
      // A file that somebody put elsewhere is no result of the run that its name says.
      if (run && run->point < plan_->points() && run->replicate < plan_->replicates &&
          fmt::format("{:05}", index_of(*run) / runs_in_folder) == folder->path().filename())
        found(*run);
    }
  if (failed && failed != std::errc::no_such_file_or_directory) fail(kind, failed.value());
}

std::vector<bool> RunFolder::finished() const {
  std::vector<bool> done(plan_->runs(), false);
  visit(folder_ / "runs", result_ending, [&](RunId run) { done[index_of(run)] = true; });
  return done;
}

bool RunFolder::is_finished(RunId run) const { return ::access(result_path(run).c_str(), F_OK) == 0; }

bool RunFolder::publish(RunId run, Result const& result) const {
  fs::path const target = result_path(run);
  std::string const bytes = encode(result, plan_->digest, run, plan_->months);
  auto const same = [&](fs::path const& file) {
    auto const there = bytes_of(file);
    return there && *there == bytes;
  };
  make_folders(target.parent_path());
  try {
    publish_file(target, std::as_bytes(std::span{bytes.data(), bytes.size()}), false, [&](fs::path const& temporary) {
      if (!same(temporary)) throw MachineError(say(Message::rf_verify_failed, target.string(), "sha256"));
    });
  } catch (NameTaken const&) {
    if (!same(target)) return false;
  }
  forget_failure(run);
  return true;
}

std::optional<Result> RunFolder::read(RunId run) const {
  fs::path const file = result_path(run);
  auto const bytes = bytes_of(file);
  if (!bytes) return std::nullopt;
  try {
    return decode(*bytes, plan_->digest, run, plan_->months);
  } catch (InputError const& error) {
    throw InputError(say(Message::sw_result_damaged, file.string(), error.what()));
  }
}

void RunFolder::note_failure(RunId run, std::string const& reason) const {
  fs::path const target = failure_path(run);
  make_folders(target.parent_path());
  publish_file(target, std::as_bytes(std::span{reason.data(), reason.size()}), true, [](fs::path const&) {});
}

std::vector<Failure> RunFolder::failures(std::vector<bool> const& finished) const {
  std::vector<Failure> failures;
  visit(failures_path(), failure_ending, [&](RunId run) {
    if (!finished[index_of(run)]) failures.push_back({run, {}});
  });
  std::sort(failures.begin(), failures.end(),
            [&](Failure const& a, Failure const& b) { return index_of(a.run) < index_of(b.run); });
  for (auto& failure : failures) failure.reason = bytes_of(failure_path(failure.run)).value_or("");
  return failures;
}

void RunFolder::forget_failure(RunId run) const { ::unlink(failure_path(run).c_str()); }

Standings RunFolder::standings() const {
  auto const done = finished();
  Standings standings;
  standings.done = static_cast<std::size_t>(std::count(done.begin(), done.end(), true));
  standings.failed = failures(done).size();
  standings.missing = done.size() - standings.done - standings.failed;
  for (RunId const run : RunningMark::living(folder_))
    if (run.point < plan_->points() && run.replicate < plan_->replicates && !done[index_of(run)])
      standings.running.push_back(run);
  return standings;
}

RunningMark::RunningMark(fs::path const& folder, std::size_t lanes) {
  make_folders(folder / "running");
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  for (int n = 0; number_ < 0; ++n) {
    file_ = folder / "running" / fmt::format("{}.{}.{}", host.data(), ::getpid(), n);
    number_ = create_exclusively(file_);
    if (number_ < 0 && n > 1000) fail(file_, EEXIST);
  }
  // Where the file system knows no locks the mark says nothing, and no harm is done.
  static_cast<void>(::flock(number_, LOCK_EX | LOCK_NB));
  for (std::size_t lane = 0; lane < lanes; ++lane) set(lane, std::nullopt);
}

RunningMark::~RunningMark() {
  ::unlink(file_.c_str());
  ::close(number_);
}

void RunningMark::set(std::size_t lane, std::optional<RunId> run) {
  std::string line = run ? name_of(*run) : std::string{};
  line.resize(mark_line - 1, ' ');
  line += '\n';
  // A mark is for people: a full disk is told where results are written.
  static_cast<void>(::pwrite(number_, line.data(), line.size(), static_cast<off_t>(lane * mark_line)) < 0);
}

std::vector<RunId> RunningMark::living(fs::path const& folder) {
  std::vector<RunId> runs;
  std::error_code failed;
  for (fs::directory_iterator file{folder / "running", failed}, end; !failed && file != end; file.increment(failed)) {
    if (std::error_code ignored; !file->is_regular_file(ignored)) continue;
    int const number = ::open(file->path().c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (number < 0) continue;
    bool const dead = ::flock(number, LOCK_EX | LOCK_NB) == 0;
    if (dead) ::unlink(file->path().c_str());
    ::close(number);
    auto const text = dead ? std::nullopt : bytes_of(file->path());
    if (!text) continue;
    for (std::size_t at = 0; at + mark_line <= text->size(); at += mark_line) {
      std::string_view line = std::string_view{*text}.substr(at, mark_line);
      line = line.substr(0, line.find(' '));
      if (auto const run = run_of_name(line, "")) runs.push_back(*run);
    }
  }
  return runs;
}

}  // namespace arraigo::sweep
