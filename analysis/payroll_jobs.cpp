#include "analysis/payroll_jobs.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "analysis/cost.hpp"
#include "analysis/figures.hpp"
#include "analysis/parameter_parts.hpp"
#include "analysis/text_output.hpp"
#include "core/numbers.hpp"

namespace arraigo::analysis {
namespace {

struct GroupRow {
  char const* name;
  char const* stock;
  char const* hires;
  Message net, gross, displaced;
};
constexpr std::array groups{
    GroupRow{"all", "payroll", "formal_hires", Message::an_jobs_net_all, Message::an_jobs_hires_all,
             Message::an_jobs_net_all},
    GroupRow{"hosts", "host_payroll", "host_formal_hires", Message::an_jobs_net_hosts, Message::an_jobs_hires_hosts,
             Message::an_jobs_displaced_hosts},
    GroupRow{"migrants", "migrant_payroll", "migrant_formal_hires", Message::an_jobs_net_migrants,
             Message::an_jobs_hires_migrants, Message::an_jobs_displaced_migrants}};

constexpr std::array figure_names{"net_jobs", "gross_hires", "displaced"};

char const* name_of(JobFigure figure) { return figure_names.at(static_cast<std::size_t>(figure)); }

/// The difference of a stock in the last common month.
std::optional<PairedDifference> at_the_end(RunData const& base, RunData const& alternative, char const* variable) {
  Indicator level;
  level.numerator = {variable};
  Cut const cut = find_cut(base, "");
  if (!is_recorded(base, level, cut) || !is_recorded(alternative, level, cut)) return std::nullopt;
  VariableCache of_base, of_alternative;
  Figures const before{base, level, cut, of_base}, after{alternative, level, cut, of_alternative};
  int const last = std::min(before.months(), after.months()) - 1;
  std::vector<double> differences;
  for (std::size_t r = 0; r < std::min(before.replicates(), after.replicates()); ++r)
    differences.push_back(*after.value(r, last, 0) - *before.value(r, last, 0));
  if (differences.empty()) return std::nullopt;
  return summarise_pairs(differences, parameter_sets_of(base), differences.size());
}

}  // namespace

Message title_of(JobRow const& row) {
  for (auto const& group : groups)
    if (row.group == group.name)
      return row.figure == JobFigure::net_jobs      ? group.net
             : row.figure == JobFigure::gross_hires ? group.gross
                                                    : group.displaced;
  return Message::an_jobs_net_all;
}

PairedDifference negative_part(PairedDifference const& net) {
  PairedDifference lost{std::max(0.0, -net.mean), std::nullopt};
  if (net.interval) lost.interval = Interval{std::max(0.0, -net.interval->high), std::max(0.0, -net.interval->low)};
  return lost;
}

JobReport job_report(RunData const& base, RunData const& alternative) {
  JobReport report;
  report.alternative = {alternative.column_name(), alternative.title(Lang::es), alternative.title(Lang::en),
                        alternative.text_attribute("version").value_or(""),
                        alternative.text_attribute("commit").value_or("")};
  int const months = std::min(base.layout().months, alternative.layout().months);
  report.first_month = base.layout().start.text();
  report.last_month = (base.layout().start + (months - 1)).text();
  report.replicates = std::min(base.replicates(), alternative.replicates());
  std::vector<JobRow> displaced;
  for (auto const& group : groups)
    if (auto const net = at_the_end(base, alternative, group.stock)) {
      report.rows.push_back({JobFigure::net_jobs, group.name, *net});
      if (std::string_view{group.name} != "all")
        displaced.push_back({JobFigure::displaced, group.name, negative_part(*net)});
    }
  report.rows.insert(report.rows.end(), displaced.begin(), displaced.end());
  for (auto const& group : groups)
    if (auto const hires = paired_sums(base, alternative, group.hires); hires && !hires->empty())
      report.rows.push_back({JobFigure::gross_hires, group.name, summarise_pairs(*hires, parameter_sets_of(base), hires->size())});
  return report;
}

void print_jobs(std::ostream& out, std::span<JobReport const> reports, Lang lang, std::size_t columns) {
  bool any = false;
  for (auto const& report : reports) {
    if (report.rows.empty()) continue;
    any = true;
    out << "\n"
        << words(lang, Message::an_jobs_title,
                 lang == Lang::es ? report.alternative.title_es : report.alternative.title_en, report.alternative.stem)
        << "\n";
    std::size_t title_width = 0, figure_width = 0;
    std::vector<std::string> titles, figures, intervals;
    for (auto const& row : report.rows) {
      // Nobody is displaced with a minus sign, and a loss is no gain.
      auto const sign = row.figure == JobFigure::displaced ? Sign::when_negative : Sign::always;
      titles.push_back("    " + words(lang, title_of(row)));
      figures.push_back(format_number(row.people.mean, 0, lang, sign));
      intervals.push_back(row.people.interval
                              ? fmt::format("[{}; {}]", format_number(row.people.interval->low, 0, lang, sign),
                                            format_number(row.people.interval->high, 0, lang, sign))
                              : std::string{});
      title_width = std::max(title_width, display_width(titles.back()));
      figure_width = std::max(figure_width, display_width(figures.back()));
    }
    std::optional<bool> gross;
    for (std::size_t i = 0; i < report.rows.size(); ++i) {
      bool const is_gross = report.rows[i].figure == JobFigure::gross_hires;
      if (gross != is_gross)
        out << "  "
            << (is_gross ? words(lang, Message::an_jobs_gross, report.first_month, report.last_month)
                         : words(lang, Message::an_jobs_net, report.last_month))
            << "\n";
      gross = is_gross;
      std::string line =
          pad_right(titles[i], title_width) + "  " + pad_left(figures[i], figure_width) + "  " + intervals[i];
      line.erase(line.find_last_not_of(' ') + 1);
      out << line << "\n";
    }
  }
  if (!any) return;
  out << "\n";
  std::string_view indent = "";
  for (auto const& line : wrapped(words(lang, Message::an_jobs_note), columns - 2)) {
    out << indent << line << "\n";
    indent = "  ";
  }
}

void print_jobs_csv(std::ostream& out, std::span<JobReport const> reports) {
  out << "scenario,figure,group,difference,ci_low,ci_high,replicates\n";
  auto const field = [](double value) { return number_text(value + 0.0); };
  for (auto const& report : reports)
    for (auto const& row : report.rows)
      out << csv_field(report.alternative.stem) << ',' << name_of(row.figure) << ',' << row.group << ','
          << field(row.people.mean) << ',' << (row.people.interval ? field(row.people.interval->low) : "") << ','
          << (row.people.interval ? field(row.people.interval->high) : "") << ',' << report.replicates << "\n";
}

void print_jobs_json(std::ostream& out, std::span<JobReport const> reports) {
  auto list = nlohmann::ordered_json::array();
  for (auto const& report : reports)
    for (auto const& row : report.rows) {
      nlohmann::ordered_json entry{{"scenario", report.alternative.stem},
                                   {"figure", name_of(row.figure)},
                                   {"group", row.group},
                                   {"difference", row.people.mean + 0.0},
                                   {"ci_low", nullptr},
                                   {"ci_high", nullptr},
                                   {"replicates", report.replicates}};
      if (row.people.interval) {
        entry["ci_low"] = row.people.interval->low + 0.0;
        entry["ci_high"] = row.people.interval->high + 0.0;
      }
      list.push_back(std::move(entry));
    }
  out << list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

}  // namespace arraigo::analysis
