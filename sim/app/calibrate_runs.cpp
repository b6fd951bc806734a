#include "app/calibrate_runs.hpp"

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <fstream>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <span>

#include "app/replicates.hpp"
#include "app/screening.hpp"
#include "app/stop_signal.hpp"
#include "core/input_errors.hpp"
#include "core/sha256.hpp"
#include "core/version.hpp"
#include "record/file_publish.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::app {
namespace {

std::string digest_of(std::string const& text) {
  Sha256 digest;
  digest.add(text);
  return digest.finish();
}

/// Everything a run depends on: another program, table, scenario, parameter or replicate is another run.
std::string key_of(Scenario const& scenario, Country const& country, int replicate) {
  Scenario one = scenario;
  one.replicates = 1;  // how many there are changes none of them
  return digest_of(fmt::format("{} {} {} {}\n", version(), commit(), country.digest, replicate) + content_of(one));
}

/// A figure by what is read off a run for it: under another definition of the same name a run that is kept says nothing.
std::string kept_name(analysis::PublishedFigure const& figure) {
  std::string definition = fmt::format("{} {} {} {} {}", figure.from.text(), figure.to.text(), figure.unit, figure.is_sum, figure.prices ? figure.prices->text() : "");
  for (auto const* terms : {&figure.numerator, &figure.denominator}) {
    definition += " /";
    for (auto const& term : *terms) definition += fmt::format(" {}{}[{}]", term.subtracts ? '-' : '+', term.variable, term.key);
  }
  return figure.id + " " + digest_of(definition).substr(0, 16);
}

}  // namespace

void RunStore::forget() const {
  for (auto const& entry : std::filesystem::directory_iterator(folder_)) {
    std::string const stem = entry.path().stem().string();
    bool const is_ours = entry.path().extension() == ".json" && stem.size() == 32 && stem.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (is_ours) std::filesystem::remove(entry.path());
  }
}

std::filesystem::path RunStore::path_of(std::string const& key) const { return folder_ / (key.substr(0, 32) + ".json"); }

std::optional<std::vector<double>> RunStore::find(std::string const& key, std::vector<std::string> const& figures) const {
  // To open a pipe would wait for ever.
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path_of(key), ignored)) return std::nullopt;
  std::ifstream in(path_of(key), std::ios::binary);
  if (!in) return std::nullopt;
  // A file that something has spoilt is as good as none: the run is made again.
  auto const json = nlohmann::json::parse(std::string{std::istreambuf_iterator<char>(in), {}}, nullptr, false);
  if (!json.is_object() || !json.contains("run") || json["run"] != key || !json.contains("figures") || !json["figures"].is_object() || !json.contains("digest") ||
      json["digest"] != digest_of(json["figures"].dump()))
    return std::nullopt;
  std::vector<double> values;
  for (auto const& figure : figures) {
    auto const found = json["figures"].find(figure);
    if (found == json["figures"].end() || !found->is_number()) return std::nullopt;
    values.push_back(found->get<double>());
  }
  return values;
}

void RunStore::add(std::string const& key, std::vector<std::string> const& figures, std::vector<double> const& values) const {
  nlohmann::json of_figures = nlohmann::json::object();
  for (std::size_t f = 0; f < figures.size(); ++f) of_figures[figures[f]] = values[f];
  nlohmann::json const json{{"run", key}, {"digest", digest_of(of_figures.dump())}, {"figures", of_figures}};
  std::string const text = json.dump() + "\n";
  publish_file(path_of(key), std::as_bytes(std::span{text}), true, [](std::filesystem::path const&) {});
}

std::optional<std::vector<PointValues>> run_points(CalibrationRuns const& runs, std::vector<std::vector<double>> const& points, Country const& country, RunStore const& store,
                                                   int threads, RunsMade& made, TellRun const& tell) {
  auto const replicates = static_cast<std::size_t>(runs.scenario.replicates);
  std::vector<std::string> ids;
  for (auto const& figure : runs.figures) ids.push_back(kept_name(figure));
  std::vector<Scenario> scenarios;
  for (auto const& point : points) {
    auto& scenario = scenarios.emplace_back(runs.scenario);
    for (std::size_t p = 0; p < point.size(); ++p) scenario.parameters.*runs.parameters[p]->member = point[p];
  }
  std::vector<PointValues> values(points.size(), PointValues(ids.size(), std::vector<double>(replicates)));
  auto const layout = std::make_shared<RecordLayout const>(Simulation::layout(runs.scenario, country, Detail::zones));

  auto const run_one = [&](std::size_t point, std::size_t replicate) {
    auto const& scenario = scenarios[point];
    std::string const key = key_of(scenario, country, static_cast<int>(replicate));
    auto read = store.find(key, ids);
    if (read) {
      ++made.kept;
    } else {
      Simulation simulation(scenario, country, static_cast<int>(replicate), Detail::zones);
      while (!simulation.done()) simulation.step();
      auto record = std::make_shared<ReplicateRecord const>(simulation.take_record());
      analysis::MemoryRun const run(scenario.stem, layout, {std::move(record)});
      auto const validation = analysis::validate(run, runs.figures, runs.whole_country, [&](Month month) { return country.rule("cpi", "national", month); });
      read.emplace();
      for (auto const& figure : validation.figures) {
        if (figure.reason != analysis::NotCompared::compared) throw InputError(say(Message::ca_undefined, scenario.stem, figure.figure.id));
        read->push_back(figure.mean);
      }
      store.add(key, ids, *read);
      ++made.made;
    }
    for (std::size_t f = 0; f < ids.size(); ++f) values[point][f][replicate] = (*read)[f];
  };

  std::size_t const units = points.size() * replicates;
  std::atomic<std::size_t> next{0}, done{0};
  std::atomic<bool> failed{false};
  std::mutex failure_mutex;
  std::exception_ptr failure;
  std::size_t lanes = std::min(units, static_cast<std::size_t>(threads));
  if (auto const available = free_memory())
    lanes = std::clamp<std::size_t>(static_cast<std::size_t>(0.8 * *available / std::max(memory_of_replicate(runs.scenario, country), 1.0)), 1, lanes);
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, lanes, 1),
      [&](tbb::blocked_range<std::size_t> const& range) {
        for (std::size_t lane = range.begin(); lane != range.end(); ++lane)
          for (std::size_t u = next++; u < units && !failed && !stop_requested(); u = next++) {
            try {
              run_one(u / replicates, u % replicates);
              tell(++done, units);
            } catch (...) {
              std::lock_guard const lock(failure_mutex);
              if (!failure) failure = std::current_exception();
              failed = true;
            }
          }
      },
      tbb::simple_partitioner{});
  if (failure) std::rethrow_exception(failure);
  if (done < units) return std::nullopt;
  return values;
}

}  // namespace arraigo::app
