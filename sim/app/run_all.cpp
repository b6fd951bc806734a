#include "app/run_all.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "app/checkpoint.hpp"
#include "params/experience.hpp"
#include "schedule/branches.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;

std::vector<Scenario const*> scenarios_of(JobGroup const& group, std::vector<Job> const& jobs) {
  std::vector<Scenario const*> scenarios;
  for (std::size_t const j : group.jobs) scenarios.push_back(&jobs[j].scenario);
  return scenarios;
}

std::int64_t months_asked(Scenario const& scenario) { return std::int64_t{scenario.months} * scenario.replicates; }

fs::path progress_file(Job const& job) {
  return job.target.parent_path() / (stem_of(job.scenario, job.behaviour != nullptr) + ".progress.jsonl");
}

}  // namespace

void prepare_jobs(std::vector<Job>& jobs, Country const& country, RunManner const& manner) {
  for (auto& job : jobs) {
    job.layout = Simulation::layout(job.scenario, country, manner.detail);
    check_memory(job.scenario, country, job.layout);
    // Hours may pass before it is opened.
    refuse_to_write_to(progress_file(job));
  }
  auto const folder = jobs.front().target.parent_path();
  make_folder(folder.empty() ? "." : folder);
}

std::vector<JobGroup> groups_of(std::vector<Job> const& jobs, Country const& country, RunManner const& manner) {
  std::vector<Scenario const*> scenarios;
  for (auto const& job : jobs) scenarios.push_back(&job.scenario);
  std::vector<JobGroup> groups;
  for (auto const& trunk : manner.no_branch ? without_branches(jobs.size()) : plan_trunks(scenarios)) {
    JobGroup group{{trunk.scenario}, months_asked(*scenarios[trunk.scenario])};
    for (auto const& branch : trunk.branches) {
      group.jobs.push_back(branch.scenario);
      group.months += months_asked(*scenarios[branch.scenario]) -
                      std::int64_t{branch.months} * std::min(scenarios[branch.scenario]->replicates, scenarios[trunk.scenario]->replicates);
    }
    std::sort(group.jobs.begin(), group.jobs.end());
    if (fit_together(scenarios_of(group, jobs), country, jobs[trunk.scenario].layout))
      groups.push_back(std::move(group));
    else
      for (std::size_t const j : group.jobs) groups.push_back({{j}, months_asked(*scenarios[j])});
  }
  return groups;
}

TogetherResult run_group(JobGroup const& group, std::vector<Job> const& jobs, Growth const* growth,
                         Country const& country, RunManner const& manner, Progress& progress, Keeper* keeper) {
  std::vector<Told> told;
  // All jobs of a command have the same sets.
  Together together{scenarios_of(group, jobs), {}, jobs[group.jobs.front()].behaviour.get(), keeper, jobs[group.jobs.front()].sets.get()};
  for (std::size_t const j : group.jobs) {
    Scenario const& scenario = jobs[j].scenario;
    told.push_back({scenario, jobs[j].layout, progress_file(jobs[j]), scenario.replicates});
    if (growth == nullptr) continue;
    told.back().replicates = growth->most_replicates;
    told.back().goes_on = growth->goes_on[j];
    together.first_replicates.push_back(growth->first_replicates[j]);
  }
  progress.start(told);
  return run_together(together, country, manner.detail, manner.threads, progress);
}

void tell_experience(std::vector<Job> const& jobs, RunManner const& manner) {
  if (manner.quiet) return;
  for (auto const& job : jobs)
    for (auto const& sentence : outside_experience(job.scenario)) std::fprintf(stderr, "%s\n", sentence.c_str());
}

Exit run_all(std::vector<Job>& jobs, Country const& country, RunManner const& manner) {
  prepare_jobs(jobs, country, manner);
  auto const groups = groups_of(jobs, country, manner);
  std::int64_t months = 0, computed = 0, taken_over = 0;
  for (auto const& group : groups) months += group.months;
  Progress progress(months, jobs.size(), manner.quiet);
  Errors refusals;
  std::vector<std::unique_ptr<Checkpoints>> keepers;
  for (auto const& group : groups) {
    std::vector<Job const*> members;
    for (std::size_t const j : group.jobs) members.push_back(&jobs[j]);
    std::string const started = !manner.started.empty() ? manner.started : utc_now();
    keepers.push_back(std::make_unique<Checkpoints>(std::move(members), country, manner.detail_name, manner.typed, started, manner.data, manner.force, manner.checkpoint_every));
    for (auto const& sentence : keepers.back()->refusals(manner.anew)) refusals.add(sentence);
  }
  refusals.throw_if_any();
  if (manner.checkpoint_every > 0)
    for (auto const& keeper : keepers) keeper->announce();
  for (std::size_t g = 0; g < groups.size(); ++g) {
    auto const& group = groups[g];
    auto& keeper = *keepers[g];
    auto const clock = std::chrono::steady_clock::now();
    std::string const started = !manner.started.empty() ? manner.started : utc_now();
    auto const result = run_group(group, jobs, nullptr, country, manner, progress, &keeper);
    for (auto const& sentence : keeper.damaged()) progress.tell(sentence);
    // What has not begun is part of what is gone on with.
    if (result.stopped)
      for (std::size_t later = g; later < groups.size(); ++later) keepers[later]->announce();
    if (!keeper.failure().empty()) progress.tell(say(Message::app_checkpoint_failed, keeper.failure()));
    if (result.stopped) {
      std::string stems;
      for (std::size_t const j : group.jobs) stems += (stems.empty() ? "" : ", ") + jobs[j].scenario.stem;
      auto const folder = jobs.front().target.parent_path();
      progress.tell(say(Message::app_stopped, stems, folder.empty() ? "." : folder.string()));
      refusals.throw_if_any();
      return keeper.failure().empty() ? Exit::stopped_resumable : Exit::machine_failed;
    }
    computed += result.months_computed;
    taken_over += result.months_taken_over;
    for (std::size_t k = 0; k < group.jobs.size(); ++k) {
      Job const& job = jobs[group.jobs[k]];
      auto const attributes =
          with_circumstances(inputs_of(job.scenario, country, manner.detail_name, job.behaviour.get(), job.sets.get()), job.scenario,
                             manner.typed, started, utc_now());
      if (!publish(job, country, manner.detail_name, manner.force, result.records[k], attributes, progress, refusals)) continue;
      std::chrono::duration<double> const taken = std::chrono::steady_clock::now() - clock;
      Checkpoints::remove(job);
      progress.tell(say(Message::app_run_done, job.target.string(), job.scenario.months, job.scenario.replicates,
                        duration_text(taken.count())));
    }
  }
  if (taken_over > 0) progress.tell(say(Message::app_months_shared, computed, computed + taken_over, taken_over));
  refusals.throw_if_any();
  return Exit::done;
}

}  // namespace arraigo::app
