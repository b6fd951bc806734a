/// The benchmark: one command that prints the table of the README and writes it as JSON, from what takes seconds to what
/// takes half an hour, so that an interrupted run has said something useful. It never fails on time; it fails (exit code 1)
/// where the same run ends in different states.
///   bench [SCENARIO.yaml] [--quick] [--sections lima,replicates,country] [--scales K,K] [--threads T,T,...] [--json FILE]
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/machine.hpp"
#include "bench/measure.hpp"
#include "bench/month_traffic.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
  fs::path scenario = "scenarios/baseline.yaml", data = "scenarios/data", json = "runs/bench.json";
  std::vector<std::string> sections{"lima", "replicates", "country"};
  std::string area = "peru";
  std::vector<int> scales{33, 1}, threads{1, 2, 4, 8};
  int months = 120, lima_scale = 20, lima_months = 60, replicates = 8, passes = 10, repeats = 3;
  bool quick = false;
  [[nodiscard]] bool has(char const* section) const {
    return std::find(sections.begin(), sections.end(), section) != sections.end();
  }
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

template <class... Args>
void line(fmt::format_string<Args...> text, Args&&... args) {
  fmt::print("{}\n", fmt::format(text, std::forward<Args>(args)...));
  std::fflush(stdout);
}
void heading(std::string const& text) { line("\n{}", text); }

std::string threads_text(int n) { return fmt::format("{} thread{}", n, n == 1 ? "" : "s"); }
std::string hash_text(std::uint64_t hash) { return fmt::format("{:016x}", hash); }
/// "33,012,345"
std::string grouped(std::size_t n) {
  std::string text = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)), country_(read_country(options_.data)) {
    // All scenarios are read before anything is measured: a mistake must not wait for an hour.
    lima_ = read("lima_callao", options_.lima_scale, options_.lima_months);
    for (int const scale : options_.scales) scenarios_.push_back(read(options_.area, scale, options_.months));
    check_traffic();
  }

  /// Whether all states agree.
  bool run() {
    describe_machine();
    measure_memory_speed();
    if (options_.has("lima")) time_lima();
    if (options_.has("replicates")) time_replicates();
    if (options_.has("country")) time_country();
    for (auto const& sentence : complaints_) fmt::print(stderr, "{}\n", sentence);
    if (complaints_.empty()) line("\nAll runs that must end in the same state do. Written to {}", options_.json.string());
    return complaints_.empty();
  }

 private:
  [[nodiscard]] Scenario read(std::string const& area, int scale, int months) const {
    Overrides overrides;
    overrides.area = area;
    overrides.scale = scale;
    overrides.months = months;
    return read_scenario(options_.scenario, country_.districts, {options_.scenario.parent_path()}, overrides,
                         country_.reach());
  }
  static void check_traffic() {
    auto const same = [](PhaseRow const& row, PhaseTraffic const& traffic) { return traffic.phase == row.name; };
    if (!std::equal(schedule().begin(), schedule().end(), month_traffic().begin(), month_traffic().end(), same))
      throw BugError("the phases of month_traffic are not those of the schedule");
  }

  /// Written after each section.
  void keep(char const* section, Json values) {
    json_[section] = std::move(values);
    json_["hashes_agree"] = complaints_.empty();
    std::error_code failed;  // shows when the file is written
    if (options_.json.has_parent_path()) fs::create_directories(options_.json.parent_path(), failed);
    std::ofstream out(options_.json);
    out << json_.dump(2) << '\n';
    if (!out.flush()) throw MachineError(fmt::format("{} cannot be written", options_.json.string()));
  }
  void compare(std::string const& of, std::vector<Hashed> const& hashes) {
    if (auto const sentence = differing_hash(of, hashes)) complaints_.push_back(*sentence);
  }
  [[nodiscard]] Bandwidth const& bandwidth(int threads) const {
    return *std::find_if(bandwidths_.begin(), bandwidths_.end(), [&](auto const& b) { return b.threads == threads; });
  }

  void describe_machine();
  void measure_memory_speed();
  void time_lima();
  void time_replicates();
  void time_country();
  void print_size(MonthsRun const& run);
  [[nodiscard]] Json print_phases(MonthsRun const& run) const;
  [[nodiscard]] Json print_memory(MonthsRun const& run) const;
  void print_scales(std::vector<MonthsRun> const& runs);
  void time_scaling(Scenario const& scenario, MonthsRun const& known);

  Options options_;
  Country country_;
  Scenario lima_;
  std::vector<Scenario> scenarios_;  ///< by scale
  Machine machine_ = this_machine();
  std::vector<Bandwidth> bandwidths_;
  std::vector<std::string> complaints_;
  Json json_;
};

void Bench::describe_machine() {
  line("Machine");
  line("  {:<12}{}{}", "processor", machine_.processor, machine_.is_virtual ? " (virtual machine)" : "");
  line("  {:<12}{} ({} in hardware)", "cores", machine_.cores, threads_text(machine_.hardware_threads));
  line("  {:<12}{}", "caches", machine_.caches);
  line("  {:<12}{:.1f} GiB", "memory", static_cast<double>(machine_.memory_bytes) / (1U << 30U));
  line("  {:<12}{}, {}", "compiler", compiler(), build_type());
  line("  {:<12}{} ({})", "commit", commit(), version());
  line("  {:<12}{:.2f} (processes that wanted to run in the minute before)", "load", machine_.load);
  keep("machine", {{"processor", machine_.processor},
                   {"virtual", machine_.is_virtual},
                   {"cores", machine_.cores},
                   {"hardware_threads", machine_.hardware_threads},
                   {"caches", machine_.caches},
                   {"last_cache_bytes", machine_.last_cache_bytes},
                   {"memory_bytes", machine_.memory_bytes},
                   {"compiler", compiler()},
                   {"build_type", build_type()},
                   {"version", version()},
                   {"commit", commit()},
                   {"load", machine_.load}});
}

/// The limit is the faster of the two tests: most phases read more than they write.
void Bench::measure_memory_speed() {
  heading("Bandwidth of memory, GB/s (best of several passes over arrays that no cache holds)");
  line("  {:>7}{:>9}{:>8}{:>9}{:>8}{:>9}", "threads", "triad", "ratio", "read", "ratio", "limit");
  std::vector<int> counts = options_.threads;
  counts.push_back(1);
  counts.push_back(machine_.hardware_threads);
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  Json rows = Json::array();
  for (int const threads : counts) {
    bandwidths_.push_back(measure_bandwidth(threads, machine_.last_cache_bytes, options_.passes));
    auto const &b = bandwidths_.back(), &one = bandwidths_.front();
    line("  {:>7}{:>9.1f}{:>8.2f}{:>9.1f}{:>8.2f}{:>9.1f}", threads, b.triad / 1e9, b.triad / one.triad, b.read / 1e9,
         b.read / one.read, b.limit() / 1e9);
    rows.push_back({{"threads", threads}, {"triad_bytes_per_second", b.triad}, {"read_bytes_per_second", b.read}});
  }
  keep("bandwidth", rows);
}

void Bench::time_lima() {
  int const threads = machine_.hardware_threads;
  heading(fmt::format("Lima-Callao at 1:{}, {} months, one replicate, {}", lima_.scale, lima_.months,
                      threads_text(threads)));
  std::vector<MonthsRun> runs;
  std::vector<Hashed> hashes;
  for (int i = 0; i < options_.repeats; ++i) {
    runs.push_back(run_months(lima_, country_, threads));
    hashes.push_back({fmt::format("run {}", i + 1), runs.back().hash});
  }
  std::vector<double> seconds;
  for (auto const& run : runs) seconds.push_back(run.seconds);
  auto const& best = *std::min_element(runs.begin(), runs.end(),
                                       [](auto const& a, auto const& b) { return a.seconds < b.seconds; });
  line("  monthly steps {:.2f} s, the fastest of {} runs (median {:.2f}); building {:.2f} s, shared set-up {:.2f} s",
       best.seconds, runs.size(), median(seconds), best.build_seconds, best.setup_seconds);
  line("  {} person agents, {:.1f} million agent-months a second, {:.1f} ns each; state hash {}", grouped(best.persons),
       best.agent_months / best.seconds / 1e6, best.ns_per_agent_month(), hash_text(best.hash));
  compare("Lima-Callao", hashes);
  keep("lima", {{"scale", lima_.scale},
                {"months", lima_.months},
                {"threads", threads},
                {"persons", best.persons},
                {"seconds", seconds},
                {"build_seconds", best.build_seconds},
                {"setup_seconds", best.setup_seconds},
                {"ns_per_agent_month", best.ns_per_agent_month()},
                {"hash", hash_text(best.hash)}});
}

void Bench::time_replicates() {
  int const threads = machine_.hardware_threads, many = options_.replicates;
  heading(fmt::format("Replicates of Lima-Callao at 1:{}, {} months, set-up, building and recording by district included",
                      lima_.scale, lima_.months));
  line("  {:>10}{:>9}{:>10}{:>8}{:>12}{:>12}  {}", "replicates", "threads", "s", "ratio", "peak MiB", "MiB/thread",
       "state hash of the first");
  Json rows = Json::array();
  std::vector<ReplicatesRun> runs;
  std::vector<Hashed> hashes;
  for (auto const& [replicates, on] : {std::pair{1, 1}, std::pair{2, threads}, std::pair{many, threads}}) {
    auto const& run = runs.emplace_back(run_side_by_side(lima_, country_, replicates, on));
    hashes.push_back({fmt::format("the first of {} on {}", replicates, threads_text(on)), run.hashes.front()});
    line("  {:>10}{:>9}{:>10.2f}{:>8.2f}{:>12.1f}{:>12.1f}  {}", replicates, on, run.seconds,
         run.seconds / runs.front().seconds, run.peak_mib, run.peak_mib / std::min(on, replicates),
         hash_text(run.hashes.front()));
    rows.push_back({{"replicates", replicates},
                    {"threads", on},
                    {"seconds", run.seconds},
                    {"peak_mib", run.peak_mib},
                    {"hash", hash_text(run.hashes.front())}});
  }
  double const ratio = runs.back().seconds / runs.front().seconds;
  double const ideal = static_cast<double>(many) / std::min(threads, many);
  line("  {} replicates take {:.2f} times one: {:.2f} would be without any loss, {:.2f} with a tenth lost", many, ratio,
       ideal, 1.1 * ideal);
  line("  peak memory with {} replicates over that with 2: {:.2f}", many, runs.back().peak_mib / runs[1].peak_mib);
  compare("Replicates", hashes);
  keep("replicates", {{"scale", lima_.scale},
                      {"months", lima_.months},
                      {"rows", rows},
                      {"ratio", ratio},
                      {"ratio_without_loss", ideal}});
}

void Bench::print_size(MonthsRun const& run) {
  heading(fmt::format("{} at 1:{}, {} months, one replicate, {}", options_.area, run.scale, run.months,
                      threads_text(run.threads)));
  line("  {} person agents, {} of them migrants; {} households, {} employers", grouped(run.persons),
       grouped(run.migrants), grouped(run.households), grouped(run.employers));
  line("  shared set-up {:.2f} s, building {:.2f} s, monthly steps {:.2f} s (processor {:.2f} s), state hash {}",
       run.setup_seconds, run.build_seconds, run.seconds, run.processor_seconds, hash_text(run.hash));
}

/// Time of each phase, and the part of the memory's speed that it reaches.
Json Bench::print_phases(MonthsRun const& run) const {
  double const limit = bandwidth(run.threads).limit();
  line("  {:<24}{:>9}{:>8}{:>8}{:>11}{:>8}{:>10}", "phase", "s", "share", "ns/a-m", "MB/month", "GB/s", "of limit");
  Json rows = Json::array();
  auto const print = [&](std::string const& name, double seconds, double bytes) {
    double const speed = seconds > 0 ? bytes / seconds : 0;
    std::string const memory = bytes <= 0 ? fmt::format("{:>11}{:>8}{:>10}", "-", "-", "-")
                                          : fmt::format("{:>11.1f}{:>8.2f}{:>9.1f}%", bytes / run.months / 1e6,
                                                        speed / 1e9, 100 * speed / limit);
    line("  {:<24}{:>9.3f}{:>7.1f}%{:>8.2f}{}", name, seconds, 100 * seconds / run.seconds,
         1e9 * seconds / run.agent_months, memory);
    rows.push_back({{"phase", name}, {"seconds", seconds}, {"bytes", bytes}, {"share_of_limit", speed / limit}});
  };
  double rest = run.seconds;
  for (std::size_t i = 0; i < run.phase_seconds.size(); ++i) {
    print(schedule()[i].name, run.phase_seconds[i], run.phase_bytes[i]);
    rest -= run.phase_seconds[i];
  }
  print("order in January, rest", rest, 0);
  print("all", run.seconds, run.bytes());
  line("  roofline: a month streams {:.0f} MB at least, {:.2f} ms at {:.1f} GB/s; it takes {:.2f} ms: {:.1f} % of the limit",
       run.bytes() / run.months / 1e6, 1e3 * run.bytes() / run.months / limit, limit / 1e9,
       1e3 * run.seconds / run.months, 100 * run.bytes() / run.seconds / limit);
  if (run.column_bytes < 4 * static_cast<double>(machine_.last_cache_bytes))
    line("  (the agents' columns are {:.0f} MB, less than four times the last cache, which serves part of the reading)",
         run.column_bytes / 1e6);
  return rows;
}

Json Bench::print_memory(MonthsRun const& run) const {
  auto const row = [&](char const* when, double peak) {
    double const own = peak - run.before_mib;
    line("  {:<24}{:>9.1f} MiB over the start, {:>6.1f} bytes a person; {:.1f} MiB the whole process", when, own,
         own * 1048576 / static_cast<double>(run.persons), peak);
  };
  row("peak while building", run.peak_build_mib);
  row("peak in all", run.peak_mib);
  return {{"before_mib", run.before_mib},
          {"peak_build_mib", run.peak_build_mib},
          {"peak_mib", run.peak_mib},
          {"column_bytes", run.column_bytes}};
}

/// From small to large, each with all threads of the machine; then the largest with each number of threads.
void Bench::time_country() {
  std::vector<MonthsRun> runs;
  Json rows = Json::array();
  for (auto const& scenario : scenarios_) {
    auto const& run = runs.emplace_back(run_months(scenario, country_, machine_.hardware_threads));
    print_size(run);
    Json const phases = print_phases(run);
    Json const memory = print_memory(run);
    rows.push_back({{"area", options_.area},
                    {"scale", run.scale},
                    {"months", run.months},
                    {"threads", run.threads},
                    {"persons", run.persons},
                    {"migrants", run.migrants},
                    {"households", run.households},
                    {"employers", run.employers},
                    {"setup_seconds", run.setup_seconds},
                    {"build_seconds", run.build_seconds},
                    {"seconds", run.seconds},
                    {"processor_seconds", run.processor_seconds},
                    {"agent_months", run.agent_months},
                    {"ns_per_agent_month", run.ns_per_agent_month()},
                    {"bytes", run.bytes()},
                    {"share_of_limit", run.bytes() / run.seconds / bandwidth(run.threads).limit()},
                    {"phases", phases},
                    {"memory", memory},
                    {"hash", hash_text(run.hash)}});
    keep("country", rows);
  }
  print_scales(runs);
  auto const largest = std::max_element(runs.begin(), runs.end(),
                                        [](auto const& a, auto const& b) { return a.persons < b.persons; });
  time_scaling(scenarios_[static_cast<std::size_t>(largest - runs.begin())], *largest);
}

void Bench::print_scales(std::vector<MonthsRun> const& runs) {
  if (runs.size() < 2) return;
  heading(fmt::format("Time per agent-month by number of agents, {}", threads_text(runs.front().threads)));
  line("  {:>6}{:>14}{:>8}{:>8}", "scale", "persons", "ns", "ratio");
  for (auto const& run : runs)
    line("  {:>6}{:>14}{:>8.2f}{:>8.2f}", fmt::format("1:{}", run.scale), grouped(run.persons),
         run.ns_per_agent_month(), run.ns_per_agent_month() / runs.front().ns_per_agent_month());
}

void Bench::time_scaling(Scenario const& scenario, MonthsRun const& known) {
  heading(fmt::format("Scaling with threads, {} at 1:{}, {} months", options_.area, scenario.scale, scenario.months));
  line("  {:>7}{:>11}{:>10}{:>11}{:>13}{:>10}  {}", "threads", "s", "speed-up", "bandwidth", "processor s", "build s",
       "state hash");
  Json rows = Json::array();
  std::vector<Hashed> hashes;
  double first = 0;
  for (int const threads : options_.threads) {
    auto const run = threads == known.threads ? known : run_months(scenario, country_, threads);
    if (rows.empty()) first = run.seconds;
    double const memory = bandwidth(threads).limit() / bandwidth(options_.threads.front()).limit();
    line("  {:>7}{:>11.2f}{:>10.2f}{:>11.2f}{:>13.2f}{:>10.2f}  {}", threads, run.seconds, first / run.seconds, memory,
         run.processor_seconds, run.build_seconds, hash_text(run.hash));
    hashes.push_back({threads_text(threads), run.hash});
    rows.push_back({{"threads", threads},
                    {"seconds", run.seconds},
                    {"speed_up", first / run.seconds},
                    {"bandwidth_ratio", memory},
                    {"processor_seconds", run.processor_seconds},
                    {"build_seconds", run.build_seconds},
                    {"hash", hash_text(run.hash)}});
    keep("scaling", rows);
  }
  line("  speed-up and bandwidth (the limit above) relative to {}", threads_text(options_.threads.front()));
  compare("Scaling", hashes);
  keep("scaling", rows);
}

void add_options(CLI::App& app, Options& options) {
  CLI::Range const counts(1, 1'000'000);
  app.add_option("scenario", options.scenario, "Scenario file");
  app.add_flag("--quick", options.quick, "Small and short, under a minute: what is not given is made small");
  app.add_option("--sections", options.sections, "Of lima, replicates, country")
      ->delimiter(',')
      ->check(CLI::IsMember({"lima", "replicates", "country"}));
  app.add_option("--data", options.data, "Folder of tables");
  app.add_option("--area", options.area, "Area of the section country");
  app.add_option("--scales", options.scales, "People per agent there, the largest number first")
      ->delimiter(',')
      ->check(counts);
  app.add_option("--months", options.months, "Months there")->check(CLI::Range(1, 1200));
  app.add_option("--threads", options.threads, "Numbers of threads to compare there")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  app.add_option("--lima-scale", options.lima_scale, "People per agent in Lima-Callao")->check(counts);
  app.add_option("--lima-months", options.lima_months, "Months in Lima-Callao")->check(CLI::Range(1, 1200));
  app.add_option("--replicates", options.replicates, "Replicates side by side")->check(CLI::Range(2, 1000));
  app.add_option("--json", options.json, "File to write");
}

void make_quick(CLI::App const& app, Options& options) {
  auto const set = [&](char const* name, auto& value, auto const& quick) {
    if (app.count(name) == 0) value = quick;
  };
  set("--scales", options.scales, std::vector<int>{100, 20});
  set("--threads", options.threads, std::vector<int>{1, 2, 4});
  set("--months", options.months, 6);
  set("--lima-scale", options.lima_scale, 40);
  set("--lima-months", options.lima_months, 12);
  options.passes = 3;
  options.repeats = 2;
}

int run_bench(int argc, char** argv) {
  use_language(Lang::en);
  Options options;
  CLI::App app{"Times the model on this machine and prints the table; see also bench_month for one quick look."};
  add_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "bench: {}\n", error.what());
    return 2;
  }
  if (options.quick) make_quick(app, options);
  try {
    return Bench(options).run() ? 0 : 1;
  } catch (std::exception const& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}

}  // namespace
}  // namespace arraigo::bench

int main(int argc, char** argv) { return arraigo::bench::run_bench(argc, argv); }
