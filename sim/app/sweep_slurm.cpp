#include "app/sweep_slurm.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "app/run_jobs.hpp"
#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/text_file.hpp"

namespace arraigo::app {
namespace {

namespace fs = std::filesystem;

/// How often tasks that died are sent again before a person must look.
constexpr int most_rounds = 10;
/// How often Slurm itself may start a task again: one that needs too much memory would go on for ever.
constexpr int most_restarts = 5;

/// For a POSIX shell.
std::string quoted(std::string const& text) {
  std::string out = "'";
  for (char const c : text) out += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  return out + "'";
}

void write_script(fs::path const& file, std::string const& text) {
  errno = 0;
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw MachineError(say(Message::app_path_failed, file.string(), system_reason(errno)));
  fs::permissions(file, fs::perms::owner_exec | fs::perms::group_exec, fs::perm_options::add);
}

struct Said {
  std::string words;
  int code = 0;
};

Said run_shell(std::string const& command) {
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw MachineError(say(Message::app_system_failed, system_reason(errno)));
  Said said;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) said.words.append(buffer.data(), n);
  int const status = ::pclose(pipe);
  said.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  return said;
}

}  // namespace

SlurmIds submit(SlurmJob const& job) {
  std::error_code ignored;
  std::string const program = fs::read_symlink("/proc/self/exe", ignored).string();
  fs::path const folder = fs::absolute(job.folder).lexically_normal(), scripts = folder / "slurm";
  make_folder(scripts);
  std::string const data = job.data ? " --data " + quoted(fs::absolute(*job.data).string()) : "";
  constexpr double mib = 1U << 20U;
  auto const memory = static_cast<std::size_t>(job.memory_bytes / mib) + 1;

  write_script(scripts / "work.sh",
               fmt::format("#!/bin/sh\n"
                           "# A task of the array: its number and how many there are is all that it is told.\n"
                           "export ARRAIGO_TASK_INDEX=\"$SLURM_ARRAY_TASK_ID\" ARRAIGO_TASK_COUNT={}\n"
                           "{} sweep --work {} --threads {} --quiet{}{}\n"
                           "code=$?\n"
                           "# Killed, or stopped by a signal: 75 lets a site with RequeueExit=75 start the task again at once.\n"
                           "# Elsewhere the job that collects sends it again.\n"
                           "[ \"$code\" -le 128 ] || code=75\n"
                           "[ \"$code\" -ne 75 ] || [ \"${{SLURM_RESTART_COUNT:-0}}\" -lt {} ] || code=1\n"
                           "exit \"$code\"\n",
                           job.tasks, quoted(program), quoted(folder.string()), job.threads,
                           job.retry_failed ? " --retry-failed" : "", data, most_restarts));
  write_script(scripts / "collect.sh",
               fmt::format("#!/bin/sh\n"
                           "# Runs after the array, however its tasks ended, and holds what is there against the plan.\n"
                           "{} collect {}\n"
                           "code=$?\n"
                           "round=\"${{ARRAIGO_ROUND:-1}}\"\n"
                           "if [ \"$code\" -eq 75 ] && [ \"$round\" -lt {} ]; then\n"
                           "  # Runs are missing: their tasks died. All tasks are sent again and do only that.\n"
                           "  ARRAIGO_ROUND=$((round + 1)) sh {} && exit 0\n"
                           "fi\n"
                           "[ \"$code\" -ne 75 ] || code=1  # 75 would start this job again\n"
                           "exit \"$code\"\n",
                           quoted(program), quoted(folder.string()), most_rounds, quoted((scripts / "submit.sh").string())));
  std::string const partition = job.partition ? " --partition=" + quoted(*job.partition) : "";
  std::string const limit = job.array_limit ? fmt::format("%{}", *job.array_limit) : "";
  write_script(scripts / "submit.sh",
               fmt::format("#!/bin/sh\n"
                           "# Prints the numbers of the array and of the job that collects.\n"
                           "set -eu\n"
                           "cd {}\n"
                           "array=$(sbatch --parsable --job-name={} --array=0-{}{} --cpus-per-task={} --mem={}M --requeue "
                           "--open-mode=append --output=work-%a.log{} work.sh)\n"
                           "array=${{array%%;*}}\n"
                           "collect=$(sbatch --parsable --job-name={} --dependency=afterany:$array --cpus-per-task=1 "
                           "--mem=512M --requeue --open-mode=append --output=collect.log{} collect.sh)\n"
                           "echo \"$array ${{collect%%;*}}\"\n",
                           quoted(scripts.string()), quoted("arraigo-" + job.name), job.tasks - 1, limit, job.threads, memory,
                           partition, quoted("collect-" + job.name), partition));
  if (run_shell("command -v sbatch").code != 0) throw MachineError(say(Message::sw_slurm_no_sbatch));
  auto const said = run_shell("sh " + quoted((scripts / "submit.sh").string()) + " 2>&1");
  std::istringstream words(said.words);
  SlurmIds ids;
  words >> ids.array >> ids.collect;
  if (said.code != 0 || ids.collect.empty()) {
    std::string reason = said.words;
    while (!reason.empty() && (reason.back() == '\n' || reason.back() == '.')) reason.pop_back();
    throw MachineError(say(Message::sw_slurm_refused, reason));
  }
  return ids;
}

}  // namespace arraigo::app
