#include "viz/progress_follower.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/text_file.hpp"

namespace arraigo::viz {
namespace {

constexpr std::size_t most_line_bytes = 256 * 1024;
constexpr std::size_t most_bytes_at_once = 4 * 1024 * 1024;
constexpr std::size_t piece_bytes = 64 * 1024;
constexpr std::size_t mark_bytes = 1024;
// What the command line allows (arraigo run --help).
constexpr std::int64_t most_months = 600, most_replicates = 10000;
constexpr std::size_t most_values = 32U * 1024U * 1024U;  // 256 MiB

/// An open file that is closed in the end.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void cannot_read(std::filesystem::path const& file) {
  throw MachineError(say(Message::in_file_unreadable, file.string(), system_reason(errno)));
}

/// A pipe of that name must not make the reader wait.
int open_to_read(std::filesystem::path const& file) {
  int const number = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (number < 0 && errno != ENOENT && errno != ENOTDIR) cannot_read(file);
  return number;
}

bool is_regular(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

/// Fills `bytes` from an offset on, and cuts it where the file ends.
void read_at(int descriptor, std::uintmax_t offset, std::string& bytes, std::filesystem::path const& file) {
  std::size_t have = 0;
  while (have < bytes.size()) {
    auto const got = ::pread(descriptor, bytes.data() + have, bytes.size() - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) cannot_read(file);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
}

bool holds_at(int descriptor, std::uintmax_t offset, std::string const& bytes, std::filesystem::path const& file) {
  std::string there(bytes.size(), '\0');
  read_at(descriptor, offset, there, file);
  return there == bytes;
}

std::optional<nlohmann::json> object_of(std::string_view line) {
  if (!line.starts_with('{')) return std::nullopt;
  auto json = nlohmann::json::parse(line, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return std::nullopt;
  return json;
}

/// A text that can stand in one line on a screen.
std::optional<std::string> text_of(nlohmann::json const& object, char const* key) {
  auto const found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  auto text = found->get<std::string>();
  auto const is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), is_control)) return std::nullopt;
  return text;
}

std::optional<int> whole_number_of(nlohmann::json const& object, char const* key, std::int64_t low, std::int64_t high) {
  auto const found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > static_cast<std::uint64_t>(high)) return std::nullopt;
  auto const number = found->get<std::int64_t>();
  if (number < low || number > high) return std::nullopt;
  return static_cast<int>(number);
}

std::optional<Month> month_of(nlohmann::json const& object, char const* key) {
  auto const text = text_of(object, key);
  return text ? Month::parse(*text) : std::nullopt;
}

std::vector<std::string> names_of(nlohmann::json const& object, char const* key) {
  auto const found = object.find(key);
  if (found == object.end() || !found->is_array()) return {};
  std::vector<std::string> names;
  for (auto const& name : *found) {
    if (!name.is_string()) return {};
    names.push_back(name.get<std::string>());
  }
  return names;
}

}  // namespace

ProgressFollower::ProgressFollower(std::filesystem::path const& file) : file_(file) {
  {
    Descriptor const stream(open_to_read(file_));
    if (stream.number() < 0) throw InputError(say(Message::in_file_missing, file_.string()));
    if (!is_regular(stream.number())) throw InputError(say(Message::in_file_not_regular, file_.string()));
  }
  update();
  if (head_.months > 0) return;
  if (first_fault_) throw InputError(say(*first_fault_, file_.string()));
  if (!rest_.empty() && !rest_.starts_with('{')) throw InputError(say(Message::viz_progress_foreign, file_.string()));
}

bool ProgressFollower::update() {
  Descriptor const stream(open_to_read(file_));
  if (stream.number() < 0 || !is_regular(stream.number())) return false;
  bool news = false;
  if (starts_anew(stream.number())) {
    forget();
    news = true;
  }
  auto const lines_before = lines_;
  std::string piece;
  for (std::size_t taken = 0; taken < most_bytes_at_once;) {
    piece.resize(piece_bytes);
    read_at(stream.number(), read_, piece, file_);
    if (piece.empty()) break;
    taken += piece.size();
    read_ += piece.size();
    if (first_bytes_.size() < mark_bytes) first_bytes_.append(piece, 0, mark_bytes - first_bytes_.size());
    last_bytes_.append(piece, piece.size() - std::min(piece.size(), mark_bytes));
    if (last_bytes_.size() > mark_bytes) last_bytes_.erase(0, last_bytes_.size() - mark_bytes);
    take_bytes(piece);
  }
  return news || lines_ != lines_before;
}

std::optional<double> ProgressFollower::value(std::size_t indicator, int replicate, int month) const {
  if (replicate < 0 || replicate >= head_.replicates || month < 0 || indicator >= head_.indicators.size())
    return std::nullopt;
  auto const& own = values_[static_cast<std::size_t>(replicate)];
  auto const m = static_cast<std::size_t>(month);
  if (m >= own.came.size() || own.came[m] == 0) return std::nullopt;
  double const value = own.values[m * head_.indicators.size() + indicator];
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

int ProgressFollower::months_done(int replicate) const {
  if (replicate < 0 || replicate >= head_.replicates) return 0;
  return values_[static_cast<std::size_t>(replicate)].done;
}

bool ProgressFollower::finished() const {
  return head_.months > 0 && months_come_ == std::int64_t{head_.months} * head_.replicates;
}

void ProgressFollower::forget() {
  read_ = 0;
  first_bytes_.clear();
  last_bytes_.clear();
  rest_.clear();
  line_is_too_long_ = false;
  head_ = {};
  values_.clear();
  months_come_ = damaged_ = line_number_ = 0;
  outside_.reset();
  first_fault_.reset();
}

bool ProgressFollower::starts_anew(int descriptor) const {
  return !holds_at(descriptor, 0, first_bytes_, file_) ||
         !holds_at(descriptor, read_ - last_bytes_.size(), last_bytes_, file_);
}

void ProgressFollower::take_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const end = bytes.find('\n');
    auto const part = bytes.substr(0, end);
    if (end != std::string_view::npos) ++line_number_;
    if (!line_is_too_long_ && rest_.size() + part.size() > most_line_bytes) {
      line_is_too_long_ = true;
      rest_ = {};
      damage(Message::viz_progress_foreign);
    }
    if (!line_is_too_long_) rest_ += part;
    if (end == std::string_view::npos) return;
    if (!line_is_too_long_) take_line(rest_);
    rest_.clear();
    line_is_too_long_ = false;
    bytes.remove_prefix(end + 1);
  }
}

void ProgressFollower::take_line(std::string_view line) {
  if (head_.months > 0) {
    if (take_month(line)) ++lines_;
    else damage(Message::viz_progress_foreign);
    return;
  }
  Head head;
  if (auto const fault = read_head(line, head)) return damage(*fault);
  ++lines_;
  head_ = std::move(head);
  values_.resize(static_cast<std::size_t>(head_.replicates));
}

std::optional<Message> ProgressFollower::read_head(std::string_view line, Head& head) {
  auto const object = object_of(line);
  if (!object) return Message::viz_progress_foreign;
  if (object->contains("replicate") && object->contains("month"))
    return object->contains("values") ? Message::viz_progress_foreign : Message::viz_progress_old;
  auto const stem = text_of(*object, "stem"), es = text_of(*object, "title_es"), en = text_of(*object, "title_en");
  auto const start = month_of(*object, "start");
  auto const months = whole_number_of(*object, "months", 1, most_months);
  auto const replicates = whole_number_of(*object, "replicates", 1, most_replicates);
  auto names = names_of(*object, "indicators");
  if (!stem || !es || !en || !start || !months || !replicates || names.empty()) return Message::viz_progress_foreign;
  if (static_cast<std::size_t>(*months) * static_cast<std::size_t>(*replicates) > most_values / names.size())
    return Message::viz_progress_large;
  auto const long_number_of = [&](char const* key) -> std::optional<std::int64_t> {
    auto const found = object->find(key);
    return found != object->end() && found->is_number_integer() ? std::optional{found->get<std::int64_t>()} : std::nullopt;
  };
  head = Head{*stem, *es, *en, *start, *months, *replicates, std::move(names), text_of(*object, "area"), long_number_of("scale"), long_number_of("seed")};
  return std::nullopt;
}

bool ProgressFollower::take_month(std::string_view line) {
  auto const object = object_of(line);
  if (!object) return false;
  auto const replicate = whole_number_of(*object, "replicate", 0, head_.replicates - 1);
  auto const month = month_of(*object, "month");
  auto const values = object->find("values");
  bool const in_time = month && *month >= head_.start && *month - head_.start < head_.months;
  // A line torn by a kill is no mistake of anybody's; a whole one with a number that the run does not have is.
  if (auto const given = object->find("replicate"); !replicate && given != object->end())
    note_outside("replicate", given->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), say(Message::viz_script_count, 0, head_.replicates - 1));
  if (auto const given = text_of(*object, "month"); !in_time && given)
    note_outside("month", *given, say(Message::viz_progress_month, head_.start.text(), (head_.start + (head_.months - 1)).text()));
  if (!replicate || !in_time || values == object->end() || !values->is_array()) return false;
  if (values->size() != head_.indicators.size()) return false;
  if (!std::all_of(values->begin(), values->end(), [](auto const& v) { return v.is_number() || v.is_null(); })) return false;

  auto& own = values_[static_cast<std::size_t>(*replicate)];
  auto const m = static_cast<std::size_t>(*month - head_.start);
  if (m >= own.came.size()) {
    own.came.resize(m + 1, 0);
    own.values.resize((m + 1) * head_.indicators.size(), std::numeric_limits<double>::quiet_NaN());
  }
  if (own.came[m] == 0) {
    own.came[m] = 1;
    ++own.done;
    ++months_come_;
  }
  auto to = own.values.begin() + static_cast<std::ptrdiff_t>(m * head_.indicators.size());
  for (auto const& v : *values) *to++ = v.is_null() ? std::numeric_limits<double>::quiet_NaN() : v.template get<double>();
  return true;
}

void ProgressFollower::note_outside(char const* key, std::string value, std::string why) {
  if (!outside_) outside_ = Outside{line_number_, key, std::move(value), std::move(why)};
}

std::string ProgressFollower::complaint() const {
  if (!outside_) return {};
  return mistake(fmt::format("{}:{}", file_.string(), outside_->line), outside_->key, shown(outside_->value), say(Message::viz_script_value, outside_->why),
                 say(Message::viz_progress_left_out, damaged_));
}

void ProgressFollower::damage(Message fault) {
  ++damaged_;
  ++lines_;
  if (!first_fault_) first_fault_ = fault;
}

}  // namespace arraigo::viz
