/// Payroll jobs, net and gross: what a policy adds, what was merely hired, and who was displaced.
#pragma once
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "analysis/compare.hpp"
#include "analysis/inference.hpp"
#include "analysis/run_data.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

enum class JobFigure { net_jobs, gross_hires, displaced };

struct JobRow {
  JobFigure figure{};
  std::string group;  ///< all, hosts or migrants
  PairedDifference people;
};

/// Of one alternative against the base. Net jobs are the difference at the horizon's end; gross hires that of all hires
/// over the horizon; displaced is the negative part of a group's net jobs, also of the ends of its interval.
struct JobReport {
  ComparedRun alternative;
  std::string first_month, last_month;
  int replicates = 0;
  std::vector<JobRow> rows;  ///< those whose variables both runs hold
};

/// The runs must be comparable.
[[nodiscard]] JobReport job_report(RunData const& base, RunData const& alternative);

/// "in total", "of migrants"...
[[nodiscard]] Message title_of(JobRow const& row);

/// What a net difference takes away: none for a gain.
[[nodiscard]] PairedDifference negative_part(PairedDifference const& net);

void print_jobs(std::ostream& out, std::span<JobReport const> reports, Lang lang, std::size_t columns = 100);
/// scenario,figure,group,difference,ci_low,ci_high,replicates; figure is net_jobs, gross_hires or displaced.
void print_jobs_csv(std::ostream& out, std::span<JobReport const> reports);
void print_jobs_json(std::ostream& out, std::span<JobReport const> reports);

}  // namespace arraigo::analysis
