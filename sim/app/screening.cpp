#include "app/screening.hpp"

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <limits>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "app/progress.hpp"
#include "app/stop_signal.hpp"
#include "core/input_errors.hpp"
#include "core/numbers.hpp"
#include "core/sha256.hpp"
#include "core/text_file.hpp"
#include "core/version.hpp"
#include "schedule/simulation.hpp"
#include "schedule/start.hpp"

namespace arraigo::app {
namespace {
using Clock = std::chrono::steady_clock;
using analysis::Outcome;

/// The scale that nobody asked for is the finest of these whose runs take two processors of an idle machine some
/// twenty-five minutes. It follows from the work alone: a verdict must not depend on how busy the machine is.
constexpr std::array scales{200, 400, 800};
constexpr double most_processor_seconds = 3000;
// Measured on one core of a shared virtual machine: to build a start, to prepare a run, and an agent's month.
constexpr double seconds_per_start = 0.13, seconds_per_run = 0.02, seconds_per_agent_month = 1.0e-7;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A parameter at an end of its range; without one, everything at its default.
struct Setting {
  ParameterRow const* row = nullptr;
  bool high = false;
  [[nodiscard]] double value() const { return high ? row->high : row->low; }
  [[nodiscard]] std::string text() const {
    return row == nullptr ? std::string{} : fmt::format("{}.{}={}", row->group, row->name, number_text(value()));
  }
};

/// One replicate of some arms under a setting: their start is built once.
struct Unit {
  Setting setting;
  int replicate = 0;
  std::vector<std::size_t> arms;
};

/// Readings of one run by the text of what is read.
using RunReadings = std::map<std::string, std::optional<double>, std::less<>>;

/// The file of readings: a line per run, so that a cut-off last line is all that an interruption can spoil.
class ReadingsFile {
 public:
  explicit ReadingsFile(std::filesystem::path path) : path_(std::move(path)) {
    refuse_to_write_to(path_);
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      auto const entry = nlohmann::json::parse(line, nullptr, false);
      if (!entry.is_object() || !entry.contains("run") || !entry.contains("readings") || !entry["run"].is_string() ||
          !entry["readings"].is_object())
        continue;
      auto& readings = known_[entry["run"].get<std::string>()];
      for (auto const& [name, value] : entry["readings"].items())
        if (value.is_number() || value.is_null())
          readings[name] = value.is_null() ? std::nullopt : std::optional{value.get<double>()};
    }
  }

  [[nodiscard]] RunReadings const* find(std::string const& run) const {
    std::lock_guard const lock(mutex_);
    auto const found = known_.find(run);
    return found == known_.end() ? nullptr : &found->second;
  }

  void add(std::string const& run, RunReadings const& readings) {
    nlohmann::ordered_json entry{{"run", run}, {"readings", nlohmann::ordered_json::object()}};
    for (auto const& [name, value] : readings) {
      if (value)
        entry["readings"][name] = *value;
      else
        entry["readings"][name] = nullptr;
    }
    std::lock_guard const lock(mutex_);
    auto& known = known_[run];
    for (auto const& [name, value] : readings) known[name] = value;
    if (!out_.is_open()) out_.open(path_, std::ios::app);
    // A line that a crash cut off must not take this one with it.
    out_ << (fresh_ ? "\n" : "") << entry.dump() << std::endl;
    fresh_ = false;
    if (!out_) throw MachineError(say(Message::app_path_failed, path_.string(), system_reason(errno)));
  }

 private:
  std::filesystem::path path_;
  std::ofstream out_;
  bool fresh_ = true;
  mutable std::mutex mutex_;
  std::map<std::string, RunReadings, std::less<>> known_;
};

class Screener {
 public:
  Screener(std::vector<SharedArm> const& arms, std::vector<ClaimToScreen> const& claims, Country const& country,
           ScreeningOptions const& options)
      : claims_(claims), country_(country), options_(options), file_(options.readings) {
    outcomes_.resize(arms.size());
    months_.resize(arms.size(), 0);
    places_.resize(arms.size(), false);
    for (auto const& arm : arms) scenarios_.push_back(arm.scenario);
    for (auto const& claim : claims)
      for (auto const& goal : claim.claim->goals)
        for (auto const& [arm, weight] : analysis::primary_weights(*claim.claim)) {
          std::size_t const at = claim.arms.at(arm);
          outcomes_[at].emplace(goal.outcome.text(), goal.outcome);
          months_[at] = std::max(months_[at], goal.outcome.months);
          if (needs_places(goal.outcome)) places_[at] = true;
        }
  }

  std::optional<std::vector<analysis::Screening>> run() {
    if (!run_defaults()) return std::nullopt;
    auto const first = units_of_ends();
    tell(first);
    if (!run_units(first, true)) return std::nullopt;
    auto const second = units_of_movers();
    if (!run_units(second, true)) return std::nullopt;
    std::vector<analysis::Screening> screenings;
    for (auto const& claim : claims_) screenings.push_back(judge(claim));
    return screenings;
  }

 private:
  void say_line(std::string const& line) const {
    if (!options_.quiet) std::fprintf(stderr, "%s\n", line.c_str());
  }

  [[nodiscard]] bool is_screened(std::size_t arm) const { return !outcomes_[arm].empty(); }

  [[nodiscard]] std::vector<std::size_t> screened_arms() const {
    std::vector<std::size_t> arms;
    for (std::size_t a = 0; a < scenarios_.size(); ++a)
      if (is_screened(a)) arms.push_back(a);
    return arms;
  }

  /// Default values first: what ends are held against, and the clock by which the rest is planned.
  bool run_defaults() {
    scale_ = options_.scale.value_or(affordable_scale());
    prepare();
    std::vector<Unit> units;
    for (int r = 0; r < options_.replicates; ++r) units.push_back({{}, r, screened_arms()});
    auto const start = Clock::now();
    if (!run_units(units, false)) return false;
    if (runs_done_ > 0) seconds_per_run_ = seconds_since(start) / static_cast<double>(runs_done_);
    return true;
  }

  [[nodiscard]] int affordable_scale() const {
    double people = 0;
    if (auto const area = country_.districts.area(scenarios_[screened_arms().front()].area))
      for (std::uint16_t const row : *area) people += country_.districts.rows()[row].population_2023;
    auto const units = units_of_ends();
    for (int const scale : scales) {
      double seconds = seconds_per_start * static_cast<double>(units.size());
      for (auto const& unit : units)
        for (std::size_t const arm : unit.arms)
          seconds += seconds_per_run + seconds_per_agent_month * people / scale * months_[arm];
      if (seconds <= most_processor_seconds) return scale;
    }
    return scales.back();
  }

  void prepare() {
    layouts_.assign(scenarios_.size(), nullptr);
    contents_.assign(scenarios_.size(), {});
    for (std::size_t a = 0; a < scenarios_.size(); ++a) {
      if (!is_screened(a)) continue;
      scenarios_[a].scale = scale_;
      scenarios_[a].months = months_[a];
      scenarios_[a].replicates = options_.replicates;
      contents_[a] = content_of(scenarios_[a]);
      layouts_[a] = std::make_shared<RecordLayout const>(Simulation::layout(scenarios_[a], country_, detail_of(a)));
    }
  }

  [[nodiscard]] Detail detail_of(std::size_t arm) const { return places_[arm] ? Detail::districts : Detail::totals; }

  /// By parameter: the arms of all claims that screen it.
  [[nodiscard]] std::vector<Unit> units_of_ends() const {
    std::map<ParameterRow const*, std::set<std::size_t>> wanted;
    for (auto const& claim : claims_)
      for (auto const* row : parameters_of(*claim.claim))
        for (auto const& [arm, weight] : analysis::primary_weights(*claim.claim))
          wanted[row].insert(claim.arms.at(arm));
    std::vector<Unit> units;
    for (auto const& [row, arms] : wanted)
      for (bool const high : {false, true})
        if ((high ? row->high : row->low) != row->value) units.push_back({{row, high}, 0, {arms.begin(), arms.end()}});
    return units;
  }

  /// More replicates for what moves most, and for what a claim calls unidentified.
  std::vector<Unit> units_of_movers() {
    std::map<std::pair<ParameterRow const*, bool>, std::set<std::size_t>> wanted;
    movers_.clear();
    for (auto const& claim : claims_) {
      auto const at_default = differences(claim, {}, 1);
      std::vector<std::pair<double, ParameterRow const*>> moved;
      for (auto const* row : parameters_of(*claim.claim)) {
        double largest = 0;
        for (bool const high : {false, true})
          largest =
              std::max(largest, analysis::movement_of(*claim.claim, at_default, differences(claim, {row, high}, 1)));
        std::string const name = fmt::format("{}.{}", row->group, row->name);
        auto const& unidentified = claim.claim->unidentified;
        if (std::find(unidentified.begin(), unidentified.end(), name) != unidentified.end())
          largest = std::numeric_limits<double>::infinity();
        moved.emplace_back(largest, row);
      }
      std::stable_sort(moved.begin(), moved.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
      // What does not move the difference at all is no mover.
      std::erase_if(moved, [](auto const& one) { return one.first == 0; });
      if (moved.size() > analysis::most_movers) moved.resize(analysis::most_movers);
      movers_.emplace_back();
      for (auto const& [size, row] : moved) {
        movers_.back().push_back(row);
        for (bool const high : {false, true})
          if ((high ? row->high : row->low) != row->value)
            for (auto const& [arm, weight] : analysis::primary_weights(*claim.claim))
              wanted[{row, high}].insert(claim.arms.at(arm));
      }
    }
    std::vector<Unit> units;
    for (auto const& [end, arms] : wanted)
      for (int r = 1; r < options_.replicates; ++r)
        units.push_back({{end.first, end.second}, r, {arms.begin(), arms.end()}});
    return units;
  }

  [[nodiscard]] static std::size_t runs_to_do(std::vector<Unit> const& units) {
    std::size_t runs = 0;
    for (auto const& unit : units) runs += unit.arms.size();
    return runs;
  }

  void tell(std::vector<Unit> const& first) const {
    std::set<ParameterRow const*> parameters;
    for (auto const& unit : first) parameters.insert(unit.setting.row);
    // The second stage is bounded by ten movers a claim.
    double second = 0;
    for (auto const& claim : claims_)
      second += static_cast<double>(2 * std::min(analysis::most_movers, parameters_of(*claim.claim).size()) *
                                    analysis::primary_weights(*claim.claim).size() *
                                    static_cast<std::size_t>(options_.replicates - 1));
    std::string const time = seconds_per_run_ > 0
                                 ? duration_text(seconds_per_run_ * (static_cast<double>(runs_to_do(first)) + second))
                                 : std::string{"?"};
    say_line(say(Message::app_theory_screening_plan, parameters.size(), screened_arms().size(), scale_,
                 runs_to_do(first), static_cast<std::size_t>(second), time));
  }

  [[nodiscard]] std::string run_key(std::size_t arm, Setting const& setting, int replicate) const {
    Sha256 digest;
    digest.add(fmt::format("{} {} {} {} {} {}\n", version(), commit(), country_.digest, setting.text(), replicate,
                           static_cast<int>(detail_of(arm))));
    digest.add(contents_[arm]);
    return digest.finish();
  }

  /// Whether the file holds all that is read off a run.
  [[nodiscard]] bool is_known(std::size_t arm, std::string const& key) const {
    auto const* known = file_.find(key);
    return known != nullptr && std::all_of(outcomes_[arm].begin(), outcomes_[arm].end(),
                                           [&](auto const& outcome) { return known->contains(outcome.first); });
  }

  /// False when a signal came.
  bool run_units(std::vector<Unit> const& units, bool told) {
    std::atomic<std::size_t> next{0}, done{0}, last_told{0};
    std::atomic<bool> failed{false};
    std::mutex failure_mutex;
    std::exception_ptr failure;
    auto const lanes = std::min<std::size_t>(units.size(), static_cast<std::size_t>(options_.threads));
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, lanes, 1),
        [&](tbb::blocked_range<std::size_t> const& range) {
          for (std::size_t lane = range.begin(); lane != range.end(); ++lane)
            for (std::size_t u = next++; u < units.size() && !failed && !stop_requested(); u = next++) {
              try {
                run_unit(units[u]);
              } catch (...) {
                std::lock_guard const lock(failure_mutex);
                if (!failure) failure = std::current_exception();
                failed = true;
              }
              std::size_t const tenths = 10 * ++done / units.size();
              std::size_t before = last_told;
              if (told && tenths > before && last_told.compare_exchange_strong(before, tenths))
                say_line(say(Message::app_theory_screening_done, 10 * tenths));
            }
        },
        tbb::simple_partitioner{});
    if (failure) std::rethrow_exception(failure);
    return !stop_requested();
  }

  void run_unit(Unit const& unit) {
    // Scenarios that a simulation refers to stay where they are until it is gone.
    std::vector<std::unique_ptr<Scenario>> scenarios;
    std::map<std::string, std::unique_ptr<Simulation>> starts;
    for (std::size_t const arm : unit.arms) {
      std::string const key = run_key(arm, unit.setting, unit.replicate);
      if (is_known(arm, key)) continue;
      if (stop_requested()) return;
      scenarios.push_back(std::make_unique<Scenario>(scenarios_[arm]));
      auto& scenario = *scenarios.back();
      if (unit.setting.row != nullptr) scenario.parameters.*unit.setting.row->member = unit.setting.value();
      auto setup = Simulation::prepare(scenario, country_);
      auto& start = starts[start_key(scenario)];
      if (start == nullptr) start = std::make_unique<Simulation>(setup, unit.replicate, Detail::totals);
      Simulation simulation(std::move(setup), start->world(), detail_of(arm));
      while (!simulation.done()) {
        if (stop_requested()) return;
        simulation.step();
      }
      auto record = std::make_shared<ReplicateRecord const>(simulation.take_record());
      analysis::MemoryRun const run(scenario.stem, layouts_[arm], {std::move(record)});
      RunReadings readings;
      for (auto const& [name, outcome] : outcomes_[arm]) readings[name] = analysis::readings_of(run, outcome).front();
      file_.add(key, readings);
      ++runs_done_;
    }
  }

  /// A claim's primary differences under a setting, over the replicates from 0 that have been run; or how far each
  /// replicate's lies from that at default values.
  [[nodiscard]] analysis::ScreenedGoals differences(ClaimToScreen const& claim, Setting const& setting, int replicates) const {
    return summed(claim, {{"", setting, 1}}, replicates);
  }
  [[nodiscard]] analysis::ScreenedGoals changes(ClaimToScreen const& claim, Setting const& setting, int replicates) const {
    return summed(claim, {{"", setting, 1}, {" as it is", {}, -1}}, replicates);
  }

  /// The same arms under a setting, told apart by a suffix, and what they weigh.
  struct Side {
    char const* suffix;
    Setting setting;
    double weight;
  };
  [[nodiscard]] analysis::ScreenedGoals summed(ClaimToScreen const& claim, std::vector<Side> const& sides, int replicates) const {
    analysis::ScreenedGoals goals;
    for (auto const& goal : claim.claim->goals) {
      analysis::ArmReadings readings;
      analysis::Weights weights;
      for (auto const& side : sides) {
        bool const moved = side.setting.row != nullptr && side.setting.value() != side.setting.row->value;
        for (auto const& [arm, weight] : analysis::primary_weights(*claim.claim)) {
          weights[arm + side.suffix] = side.weight * weight;
          auto& of_arm = readings[arm + side.suffix];
          for (int r = 0; r < replicates; ++r) {
            auto const* known = file_.find(run_key(claim.arms.at(arm), moved ? side.setting : Setting{}, r));
            auto const found = known != nullptr ? known->find(goal.outcome.text()) : RunReadings::const_iterator{};
            of_arm.push_back(known != nullptr && found != known->end() ? found->second : std::nullopt);
          }
        }
      }
      auto const sums = analysis::contrast(readings, weights);
      goals.push_back(sums.empty() ? std::nullopt : std::optional{analysis::summarise_pairs(sums)});
    }
    return goals;
  }

  [[nodiscard]] analysis::Screening judge(ClaimToScreen const& claim) const {
    std::vector<analysis::ScreenedParameter> parameters;
    for (auto const* row : movers_[static_cast<std::size_t>(&claim - claims_.data())]) {
      analysis::ScreenedParameter parameter;
      parameter.name = fmt::format("{}.{}", row->group, row->name);
      auto const end = [&](double value, Setting const& setting) {
        return analysis::ScreenedEnd{value, differences(claim, setting, options_.replicates), changes(claim, setting, options_.replicates)};
      };
      parameter.low = end(row->low, {row, false});
      parameter.high = end(row->high, {row, true});
      parameters.push_back(std::move(parameter));
    }
    auto screening = analysis::judge(*claim.claim, *claim.result, differences(claim, {}, options_.replicates),
                                     std::move(parameters), scale_, options_.replicates);
    screening.parameters = parameters_of(*claim.claim).size();
    return screening;
  }

  std::vector<ClaimToScreen> const& claims_;
  Country const& country_;
  ScreeningOptions const& options_;
  ReadingsFile file_;
  std::vector<Scenario> scenarios_;                       // by arm
  std::vector<std::map<std::string, Outcome>> outcomes_;  // what is read off each arm
  std::vector<int> months_;
  std::vector<bool> places_;
  std::vector<std::string> contents_;
  std::vector<std::shared_ptr<RecordLayout const>> layouts_;
  std::vector<std::vector<ParameterRow const*>> movers_;  // by claim
  int scale_ = scales.front();
  std::atomic<std::size_t> runs_done_{0};
  double seconds_per_run_ = 0;
};

}  // namespace

std::vector<ParameterRow const*> parameters_of(analysis::Claim const& claim) {
  std::vector<ParameterRow const*> rows;
  for (auto const& row : parameter_table()) {
    bool const in_group =
        claim.groups.empty() || std::find(claim.groups.begin(), claim.groups.end(), row.group) != claim.groups.end();
    bool const assumed = std::string_view{row.source}.starts_with("assumption");
    bool const unidentified = std::find(claim.unidentified.begin(), claim.unidentified.end(),
                                        fmt::format("{}.{}", row.group, row.name)) != claim.unidentified.end();
    if ((in_group && assumed) || unidentified) rows.push_back(&row);
  }
  return rows;
}

std::string content_of(Scenario const& scenario) {
  Scenario bare = scenario;
  bare.name = bare.title_es = bare.title_en = bare.description_es = bare.description_en = "";
  for (auto& measure : bare.measures) measure.title_es = measure.title_en = "";
  return to_yaml(bare);
}

bool needs_places(Outcome const& outcome) {
  auto const is_place = [](std::string const& dimension) { return dimension == "district" || dimension == "zone"; };
  return is_place(outcome.dimension) || (outcome.threshold && is_place(outcome.threshold->by));
}

std::optional<std::vector<analysis::Screening>> screen(std::vector<SharedArm> const& arms,
                                                       std::vector<ClaimToScreen> const& claims, Country const& country,
                                                       ScreeningOptions const& options) {
  return Screener(arms, claims, country, options).run();
}

}  // namespace arraigo::app
