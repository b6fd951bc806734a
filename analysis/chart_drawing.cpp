/// One run of node that draws all charts of a page by Vega.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>

#include "analysis/charts.hpp"
#include "core/errors.hpp"
#include "core/input_errors.hpp"

namespace arraigo::analysis {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

/// Whole countries with several policies take seconds; a machine that is busy with other things takes longer.
constexpr int most_seconds = 300;

[[noreturn]] void fail(Message why) { throw MachineError(say(Message::app_report_node_failed, say(why))); }
[[noreturn]] void fail(Message why, int number) { throw MachineError(say(Message::app_report_node_failed, say(why, number))); }

/// A descriptor that is closed.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// A program that was started, ended at the latest with this.
class Child {
 public:
  explicit Child(pid_t process) : process_(process) {}
  ~Child() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    (void)wait();
  }
  Child(Child const&) = delete;
  Child& operator=(Child const&) = delete;
  int wait() {
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return status;
  }

 private:
  pid_t process_;
};

/// Node in an environment of its own: a user's options for it must not change a report.
pid_t start_node(std::filesystem::path const& program, int its_input, int its_output) {
  std::string const script = program.string();
  std::array<char const*, 3> const words{"node", script.c_str(), nullptr};
  std::array<char const*, 2> const environment{"TZ=UTC", nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, its_input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, its_output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t process = -1;
  int const failed = ::posix_spawnp(&process, "node", &actions, nullptr, const_cast<char* const*>(words.data()),
                                    const_cast<char* const*>(environment.data()));
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw MachineError(say(Message::app_report_no_node));
  return process;
}

std::string run_node(std::filesystem::path const& program, std::string const& input) {
  std::array<int, 2> in{-1, -1}, out{-1, -1};
  // Sockets: writing to one whose reader is gone is an error, to a pipe a signal.
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in.data()) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) fail(Message::ch_node_output);
  Descriptor ours_in{in[0]}, its_in{in[1]}, ours_out{out[0]}, its_out{out[1]};
  Child child{start_node(program, its_in.number(), its_out.number())};
  its_in.close();
  its_out.close();
  auto const end = Clock::now() + std::chrono::seconds{most_seconds};
  std::string output;
  std::size_t sent = 0;
  while (true) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) fail(Message::ch_node_time, most_seconds);
    std::array<pollfd, 2> waits{pollfd{ours_out.number(), POLLIN, 0}, pollfd{ours_in.number(), POLLOUT, 0}};
    if (::poll(waits.data(), ours_in.number() < 0 ? 1 : 2, static_cast<int>(left)) < 0 && errno != EINTR) fail(Message::ch_node_output);
    if (ours_in.number() >= 0 && waits[1].revents != 0) {
      auto const count = ::send(ours_in.number(), input.data() + sent, input.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) sent += static_cast<std::size_t>(count);
      // Its end, or that nobody reads any more: what node says by its code.
      if (sent == input.size() || (count < 0 && errno != EAGAIN && errno != EINTR)) ours_in.close();
    }
    if (waits[0].revents == 0) continue;
    std::array<char, 65536> part;
    auto const count = ::read(ours_out.number(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    output.append(part.data(), static_cast<std::size_t>(count));
  }
  int const status = child.wait();
  if (WIFSIGNALED(status)) fail(Message::ch_node_signal, WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) fail(Message::ch_node_code, WEXITSTATUS(status));
  return output;
}

/// Whether a drawing is made of nothing but shapes, text and their attributes: it is put into a page as it is.
bool is_only_drawn(std::string_view drawing) {
  constexpr std::array<std::string_view, 12> tags{"g", "path", "line", "rect", "text", "tspan", "title", "defs", "linearGradient", "stop", "circle", "use"};
  constexpr std::string_view ends = " />";
  for (std::size_t at = drawing.find('<'); at != std::string_view::npos; at = drawing.find('<', at + 1)) {
    auto const close = drawing.find('>', at);
    if (close == std::string_view::npos) return false;
    std::string_view tag = drawing.substr(at + 1, close - at - 1);
    if (tag.starts_with('/')) tag.remove_prefix(1);
    if (std::find(tags.begin(), tags.end(), tag.substr(0, tag.find_first_of(ends))) == tags.end()) return false;
    // Of attributes' names; their values hold neither < nor > nor ".
    for (std::size_t quote = tag.find("=\""); quote != std::string_view::npos; quote = tag.find("=\"", tag.find('"', quote + 2))) {
      auto const name = tag.substr(0, quote).substr(tag.substr(0, quote).find_last_of(' ') + 1);
      auto const end = tag.find('"', quote + 2);
      if (end == std::string_view::npos) return false;
      // A reference is to another drawing of the page.
      if (name.starts_with("on") || name == "style" || (name.find("href") != std::string_view::npos && (name != "href" || tag[quote + 2] != '#'))) return false;
    }
  }
  return true;
}

}  // namespace

std::string ChartBook::draw_into(std::string const& page, std::filesystem::path const& program) const {
  if (specifications_.empty()) return page;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(program, ignored)) throw MachineError(say(Message::app_report_no_bundle, program.string()));
  std::string input = fmt::format("{{\"letter\":{},\"charts\":[{}]}}", letter / letter_height, fmt::join(specifications_, ","));
  auto const answer = Json::parse(run_node(program, input), nullptr, false);
  if (!answer.is_object() || !answer.contains("charts") || !answer["charts"].is_array() || answer["charts"].size() != specifications_.size())
    fail(Message::ch_node_output);
  std::vector<std::string> drawings;
  for (auto const& drawing : answer["charts"]) {
    if (!drawing.is_string() || !is_only_drawn(drawing.get_ref<std::string const&>())) fail(Message::ch_node_output);
    drawings.push_back(drawing);
  }
  constexpr std::string_view mark = "<!--chart ";
  std::string drawn;
  std::size_t from = 0;
  for (std::size_t at = page.find(mark); at != std::string::npos; at = page.find(mark, from)) {
    drawn += page.substr(from, at - from) + drawings.at(std::stoul(page.substr(at + mark.size(), 20)));
    from = page.find("-->", at) + 3;
  }
  return drawn + page.substr(from);
}

}  // namespace arraigo::analysis
