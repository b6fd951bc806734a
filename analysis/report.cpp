#include "analysis/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "analysis/figures.hpp"
#include "analysis/payroll_jobs.hpp"
#include "analysis/report_parts.hpp"
#include "core/numbers.hpp"
#include "core/version.hpp"

namespace arraigo::analysis {

std::string month_in_words(std::string const& month, Lang lang) {
  auto const parsed = Month::parse(month);
  if (!parsed) return month;
  std::string_view names = text(Message::rp_months, lang);
  for (int before = std::stoi(month.substr(5)) - 1; before > 0; --before) names.remove_prefix(names.find('|') + 1);
  return words(lang, Message::rp_month_year, std::string{names.substr(0, names.find('|'))}, month.substr(0, 4));
}

std::string title_line(std::string title) {
  if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 'a' + 'A');
  return title;
}

std::string title_of(Indicator const& indicator, Lang lang) {
  return lang == Lang::es ? indicator.title_es : indicator.title_en;
}

std::string difference_unit(Indicator const& indicator, Lang lang) {
  return indicator.units == "%" ? words(lang, Message::an_points) : unit_in(indicator.units, lang);
}

RowText row_text(Comparison const& comparison, ComparisonRow const& row, Lang lang) {
  auto const& about = comparison.indicators[row.indicator];
  std::string const none = words(lang, row.too_small ? Message::an_too_small : Message::an_undefined);
  int const finer = decimals_that_show(row.difference, row.interval, about.decimals);
  RowText result{none, none, none, {}};
  if (row.base) result.base = format_number(*row.base, about.decimals, lang);
  if (row.alt) result.alternative = format_number(*row.alt, about.decimals, lang);
  if (row.difference) result.difference = format_number(*row.difference, finer, lang, Sign::always);
  if (row.interval)
    result.interval = fmt::format("[{}; {}]", format_number(row.interval->low, finer, lang, Sign::always),
                                  format_number(row.interval->high, finer, lang, Sign::always));
  return result;
}

Markup paragraph(std::string const& text, char const* kind) {
  return element("p", {{"class", kind}}, escaped(text));
}
Markup heading(char const* level, std::string const& id, std::string const& text) {
  return element(level, {{"id", id}}, escaped(text));
}
Markup number_cell(std::string const& text, std::optional<double> value) {
  Markup content = escaped(text);
  if (value) content = element("data", {{"value", number_text(*value + 0.0)}}, content);
  return element("td", {{"class", "n"}}, content);
}
Markup text_cell(std::string const& text) { return element("td", text); }
Markup row_head(std::string const& text) { return element("th", {{"scope", "row"}}, escaped(text)); }
Markup column_head(std::string const& text, bool is_number) {
  return element("th", {{"scope", "col"}, {"class", is_number ? "n" : ""}}, escaped(text));
}
Markup table(std::string const& kind, std::string const& caption, Markup const& head, Markup const& body) {
  Markup content;
  if (!caption.empty()) content += element("caption", caption);
  content += element("thead", head) + element("tbody", body);
  return element("div", {{"class", "scroll"}}, element("table", {{"class", kind}}, content));
}
Markup folded(std::string const& summary, Markup const& content) {
  return element("details", element("summary", summary) + content);
}

Markup legend(ReportRuns const& runs, bool with_base) {
  Markup items;
  if (with_base) items += element("li", line_sample(0) + escaped(runs.base.title(runs.lang)));
  for (std::size_t a = 0; a < runs.alternatives.size(); ++a)
    items += element("li", line_sample(a + 1) + escaped(runs.title(a)));
  return element("ul", {{"class", "legend"}}, items);
}

std::vector<RunData const*> pointers(std::vector<RunReader> const& runs) {
  std::vector<RunData const*> all;
  for (auto const& run : runs) all.push_back(&run);
  return all;
}

namespace {

std::string joined(std::vector<std::string> const& parts, std::string const& between, std::string const& last) {
  std::string all;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) all += i + 1 == parts.size() ? last : between;
    all += parts[i];
  }
  return all;
}

std::string described(RunData const& run, Lang lang) {
  return run.text_attribute(lang == Lang::es ? "description_es" : "description_en").value_or("");
}

/// A sentence's end is added where a text lacks it.
std::string with_stop(std::string text) {
  if (!text.empty() && std::string_view{".!?"}.find(text.back()) == std::string_view::npos) text += '.';
  return text;
}

std::string page_title(ReportRuns const& runs) {
  std::vector<std::string> titles;
  for (std::size_t a = 0; a < runs.alternatives.size(); ++a) titles.push_back(runs.say(Message::rp_quoted, runs.title(a)));
  return runs.say(Message::rp_page_title, joined(titles, ", ", runs.say(Message::rp_and)));
}

std::string difference_with_unit(ReportRuns const& runs, ComparisonRow const& row) {
  auto const& indicator = runs.headline.indicators[row.indicator];
  auto const shown = row_text(runs.headline, row, runs.lang);
  std::string text = shown.difference + "\xC2\xA0" + difference_unit(indicator, runs.lang);
  if (!shown.interval.empty()) text += " " + shown.interval;
  return text;
}

/// With its unit, on one line.
std::string with_unit(std::string const& figure, Indicator const& indicator, Lang lang) {
  return figure + "\xC2\xA0" + unit_in(indicator.units, lang);
}

std::string clause(ReportRuns const& runs, ComparisonRow const& row) {
  auto const& indicator = runs.headline.indicators[row.indicator];
  auto const shown = row_text(runs.headline, row, runs.lang);
  std::string const title = title_of(indicator, runs.lang), change = difference_with_unit(runs, row);
  if (row.interval && row.interval->holds(0)) return runs.say(Message::rp_clause_zero, title, change);
  return runs.say(row.interval ? Message::rp_clause_clear : Message::rp_clause_bare, title,
                  with_unit(shown.alternative, indicator, runs.lang), with_unit(shown.base, indicator, runs.lang), change);
}

/// Headline figures by the way they go.
Markup directions(ReportRuns const& runs, std::vector<ComparisonRow const*> const& rows) {
  std::array<std::vector<std::string>, 4> lists;
  for (auto const* row : rows) {
    if (!row->difference) continue;
    std::size_t const which = !row->interval ? 3 : row->interval->holds(0) ? 2 : *row->difference > 0 ? 0 : 1;
    lists[which].push_back(title_of(runs.headline.indicators[row->indicator], runs.lang) + " (" +
                           difference_with_unit(runs, *row) + ")");
  }
  constexpr std::array titles{Message::rp_up, Message::rp_down, Message::rp_same, Message::rp_bare};
  Markup content;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (lists[i].empty() && i == 3) continue;
    std::string const list = lists[i].empty() ? runs.say(Message::rp_nothing) : joined(lists[i], "; ", "; ");
    content += element("dt", runs.say(titles[i])) + element("dd", with_stop(list));
  }
  return element("dl", {{"class", "directions"}}, content);
}

struct Accounts {
  CostReport cost;
  JobReport jobs;
};

PairedDifference const* net_jobs(JobReport const& jobs, std::string_view group) {
  for (auto const& row : jobs.rows)
    if (row.figure == JobFigure::net_jobs && row.group == group) return &row.people;
  return nullptr;
}

Markup answer_on_jobs_and_money(ReportRuns const& runs, Accounts const& accounts) {
  Markup content;
  auto const *all = net_jobs(accounts.jobs, "all"), *hosts = net_jobs(accounts.jobs, "hosts"),
             *migrants = net_jobs(accounts.jobs, "migrants");
  if (all != nullptr && hosts != nullptr && migrants != nullptr) {
    bool const unsure = all->interval && all->interval->holds(0);
    content += paragraph(runs.say(Message::rp_answer_jobs, with_interval(*migrants, runs.lang),
                                  with_interval(*hosts, runs.lang), with_interval(*all, runs.lang),
                                  unsure ? runs.say(Message::rp_total_spans_zero) : std::string{}));
  }
  auto const& cost = accounts.cost;
  if (!cost.net) return content;
  bool const unsure = cost.net->interval && cost.net->interval->holds(0);
  bool const saves = cost.net->interval && cost.net->interval->high < 0;
  std::string money =
      runs.say(Message::rp_answer_cost, month_in_words(cost.first_month, runs.lang),
               month_in_words(cost.last_month, runs.lang), with_interval(*cost.net, runs.lang),
               unsure ? runs.say(Message::rp_cost_spans_zero) : saves ? runs.say(Message::rp_cost_saving) : std::string{});
  // The table has the rest.
  constexpr int most_outcomes = 2;
  int told = 0;
  for (auto const& outcome : cost.outcomes)
    if (outcome.net.value && told < most_outcomes) {
      ++told;
      money += " " + runs.say(Message::rp_answer_each, std::string{text(outcome.title, runs.lang)},
                              cost_ratio_text(outcome.net, runs.lang));
    }
  if (told == 0 && !cost.outcomes.empty()) money += " " + runs.say(Message::rp_answer_no_ratio);
  return content + paragraph(money);
}

Markup question_part(ReportRuns const& runs, std::vector<Accounts> const& accounts) {
  std::string const base = runs.base.title(runs.lang);
  Markup content = heading("h2", "answer", runs.say(Message::rp_question));
  content += paragraph(runs.alternatives.size() == 1
                           ? runs.say(Message::rp_question_one, runs.month, base)
                           : runs.say(Message::rp_question_many, runs.month, runs.alternatives.size(), base),
                       "question");
  if (auto const about = described(runs.base, runs.lang); !about.empty())
    content += paragraph(runs.say(Message::rp_base_is, base, with_stop(about)), "note");
  for (std::size_t a = 0; a < runs.alternatives.size(); ++a) {
    content += element("h3", runs.title(a));
    if (auto const about = described(runs.alternatives[a], runs.lang); !about.empty())
      content += paragraph(with_stop(about));
    std::vector<ComparisonRow const*> rows;
    for (auto const& row : runs.headline.rows)
      if (row.alternative == a) rows.push_back(&row);
    // The first figures of the table are those that policies for migrants are about.
    constexpr std::size_t most_clauses = 3;
    std::vector<std::string> clauses;
    for (auto const* row : rows)
      if (row->difference && clauses.size() < most_clauses) clauses.push_back(clause(runs, *row));
    content += paragraph(runs.say(Message::rp_answer_lead, runs.month, runs.title(a), base,
                                  clauses.empty() ? runs.say(Message::rp_answer_few) : joined(clauses, "; ", "; ")),
                         "answer");
    content += answer_on_jobs_and_money(runs, accounts[a]) + directions(runs, rows);
  }
  return content;
}

/// Where replicates drew their parameters: what of each interval is chance and what the parameters.
Markup parameter_parts_of(ReportRuns const& runs, std::size_t alternative) {
  auto const& comparison = runs.headline;
  Markup body;
  std::string title;
  for (auto const& row : comparison.rows) {
    if (row.alternative != alternative || !row.drawn) continue;
    auto const& indicator = comparison.indicators[row.indicator];
    int const decimals = decimals_that_show(row.difference, row.interval, indicator.decimals);
    title = runs.say(Message::ca_parts_title, row.drawn->sets, row.drawn->per_set);
    body += element("tr", row_head(title_line(title_of(indicator, runs.lang))) +
                              number_cell(format_number(row.drawn->chance_halfwidth, decimals, runs.lang), row.drawn->chance_halfwidth) +
                              number_cell(format_number(row.drawn->parameter_halfwidth, decimals, runs.lang), row.drawn->parameter_halfwidth) +
                              number_cell(interval_text(row.drawn->both, decimals, runs.lang, Sign::always), {}) +
                              number_cell(format_number(100 * row.drawn->parameter_share, 0, runs.lang) + " %", row.drawn->parameter_share));
  }
  if (title.empty()) return {};
  Markup const head = element("tr", column_head(runs.say(Message::an_indicator), false) + column_head(runs.say(Message::ca_parts_chance), true) +
                                        column_head(runs.say(Message::ca_parts_parameters), true) + column_head(runs.say(Message::ca_parts_both), true) +
                                        column_head(runs.say(Message::ca_parts_share), true));
  return table("parameters", title, head, body);
}

Markup notes_of(ReportRuns const& runs) {
  auto const& rows = runs.headline.rows;
  auto const any = [&](auto&& holds) { return std::any_of(rows.begin(), rows.end(), holds); };
  Markup notes;
  if (any([](ComparisonRow const& row) { return row.interval.has_value(); }))
    notes += paragraph(runs.say(Message::rp_picture_own), "note") +
             paragraph(runs.headline.sets > 0 ? runs.say(Message::ca_parts_note) : runs.say(Message::an_note_interval, runs.headline.replicates), "note");
  if (runs.headline.replicates == 1) notes += paragraph(runs.say(Message::an_note_one), "note");
  if (any([](ComparisonRow const& row) { return !row.base || !row.alt || !row.difference; }))
    notes += paragraph(runs.say(Message::an_note_undefined), "note");
  notes += paragraph(runs.say(Message::an_note_points), "note");
  std::set<std::string> programs{runs.headline.base.version + " (" + runs.headline.base.commit + ")"};
  for (auto const& run : runs.headline.alternatives) programs.insert(run.version + " (" + run.commit + ")");
  for (auto const& sweep : runs.context.sensitivities) programs.insert(sweep.program);
  if (programs.size() > 1)
    notes += paragraph(runs.say(Message::an_note_version, fmt::format("{}", fmt::join(programs, ", "))), "warn");
  return notes;
}

Markup headline_part(ReportRuns const& runs) {
  auto const& comparison = runs.headline;
  Markup content = heading("h2", "figures", runs.say(Message::rp_headline)) +
                   paragraph(runs.say(Message::rp_headline_note, runs.month));
  Markup const head = element(
      "tr", column_head(runs.say(Message::an_indicator), false) + column_head(runs.say(Message::an_base), true) +
                column_head(runs.say(Message::an_alternative), true) +
                column_head(runs.say(Message::an_difference), true) +
                column_head(runs.say(Message::an_interval), true) + column_head(runs.say(Message::an_unit), false) +
                element("th", {{"scope", "col"}, {"class", "drawn"}}, escaped(runs.say(Message::rp_picture))));
  for (std::size_t a = 0; a < runs.alternatives.size(); ++a) {
    Markup body;
    for (auto const& row : comparison.rows) {
      if (row.alternative != a) continue;
      // One scale for an indicator, whichever the alternative.
      std::vector<Whisker> all, mine;
      for (auto const& other : comparison.rows)
        if (other.indicator == row.indicator) all.push_back({other.alternative + 1, other.difference, other.interval});
      mine.push_back({a + 1, row.difference, row.interval});
      auto const shown = row_text(comparison, row, runs.lang);
      auto const& indicator = comparison.indicators[row.indicator];
      body += element("tr", row_head(title_line(title_of(indicator, runs.lang))) + number_cell(shown.base, row.base) +
                                number_cell(shown.alternative, row.alt) +
                                number_cell(shown.difference, row.difference) + number_cell(shown.interval, {}) +
                                element("td", {{"class", "unit"}}, escaped(unit_in(indicator.units, runs.lang))) +
                                element("td", {{"class", "drawn"}}, runs.charts.whiskers(mine, span_of(all))));
    }
    content += table("headline", runs.title(a), head, body) + parameter_parts_of(runs, a);
  }
  return content + notes_of(runs);
}

std::string lines_title(CostPart const& part, Lang lang) { return lang == Lang::es ? part.label_es : part.label_en; }

Markup cost_lines(ReportRuns const& runs, CostReport const& cost) {
  Markup body;
  for (auto const& line : cost.lines) {
    std::vector<std::string> assumed;
    for (auto const& unit : line.unit_costs) assumed.push_back(unit_cost_text(unit, runs.lang));
    body += element("tr", row_head(title_line(lines_title(line, runs.lang))) +
                              number_cell(with_interval(line.soles, runs.lang), {}) +
                              text_cell(joined(assumed, "; ", "; ")));
  }
  Markup content;
  if (!body.empty())
    content += table("cost-lines", "",
                     element("tr", column_head(runs.say(Message::rp_cost_item), false) +
                                       column_head(runs.say(Message::rp_cost_soles), true) +
                                       column_head(runs.say(Message::rp_cost_unit), false)),
                     body);
  Markup payers;
  for (auto const& payer : cost.payers)
    if (payer.soles.mean != 0)
      payers += element("tr", row_head(title_line(lines_title(payer, runs.lang))) +
                                  number_cell(with_interval(payer.soles, runs.lang), {}));
  if (!payers.empty())
    content += table("payers narrow", "",
                     element("tr", column_head(runs.say(Message::rp_cost_payer), false) +
                                       column_head(runs.say(Message::rp_cost_soles), true)),
                     payers);
  return content;
}

Markup cost_part(ReportRuns const& runs, std::vector<Accounts> const& accounts) {
  Markup content = heading("h2", "costs", runs.say(Message::rp_costs));
  bool any = false;
  for (std::size_t a = 0; a < accounts.size(); ++a) {
    auto const& cost = accounts[a].cost;
    if (!cost.net || cost.outcomes.empty()) continue;
    any = true;
    content += element("h3", runs.title(a));
    content += paragraph(runs.say(Message::rp_cost_sums, month_in_words(cost.first_month, runs.lang),
                                  month_in_words(cost.last_month, runs.lang), with_interval(*cost.gross, runs.lang),
                                  with_interval(*cost.net, runs.lang)));
    Markup body;
    std::set<NoRatio> reasons;
    for (auto const& outcome : cost.outcomes) {
      if (outcome.net.reason != NoRatio::none) reasons.insert(outcome.net.reason);
      body += element("tr", row_head(text(outcome.title, runs.lang)) +
                                number_cell(with_interval(outcome.additional, runs.lang), outcome.additional.mean) +
                                number_cell(cost_ratio_text(outcome.net, runs.lang), outcome.net.value) +
                                number_cell(cost_ratio_text(outcome.gross, runs.lang), outcome.gross.value));
    }
    content += table("costs", "",
                     element("tr", column_head(runs.say(Message::an_cost_outcome), false) +
                                       column_head(runs.say(Message::an_cost_additional), true) +
                                       column_head(runs.say(Message::an_cost_net), true) +
                                       column_head(runs.say(Message::an_cost_gross), true)),
                     body);
    for (auto const reason : reasons)
      content += paragraph(runs.say(Message::an_no_ratio) + ": " + why_none(reason, runs.lang) + ".", "note");
    content += cost_lines(runs, cost);
  }
  return content + paragraph(runs.say(any ? Message::an_cost_note : Message::rp_no_accounts), "note");
}

Markup jobs_part(ReportRuns const& runs, std::vector<Accounts> const& accounts) {
  Markup content = heading("h2", "jobs", runs.say(Message::rp_jobs));
  bool any = false;
  for (std::size_t a = 0; a < accounts.size(); ++a) {
    auto const& jobs = accounts[a].jobs;
    if (jobs.rows.empty()) continue;
    any = true;
    std::vector<Whisker> all;
    for (auto const& row : jobs.rows)
      if (row.figure == JobFigure::net_jobs) all.push_back({a + 1, row.people.mean, row.people.interval});
    Markup body;
    std::optional<bool> gross;
    for (auto const& row : jobs.rows) {
      bool const is_gross = row.figure == JobFigure::gross_hires;
      if (gross != is_gross)
        body += element("tr", element("th", {{"class", "part"}, {"colspan", "3"}, {"scope", "colgroup"}},
                                      escaped(is_gross ? runs.say(Message::an_jobs_gross,
                                                                  month_in_words(jobs.first_month, runs.lang),
                                                                  month_in_words(jobs.last_month, runs.lang))
                                                       : runs.say(Message::an_jobs_net,
                                                                  month_in_words(jobs.last_month, runs.lang)))));
      gross = is_gross;
      auto const sign = row.figure == JobFigure::displaced ? Sign::when_negative : Sign::always;
      std::string figure = format_number(row.people.mean, 0, runs.lang, sign);
      if (row.people.interval)
        figure += fmt::format(" [{}; {}]", format_number(row.people.interval->low, 0, runs.lang, sign),
                              format_number(row.people.interval->high, 0, runs.lang, sign));
      std::vector<Whisker> const mine{{a + 1, row.people.mean, row.people.interval}};
      body += element("tr", row_head(title_line(text(title_of(row), runs.lang))) + number_cell(figure, row.people.mean) +
                                element("td", {{"class", "drawn"}},
                                        row.figure == JobFigure::net_jobs ? runs.charts.whiskers(mine, span_of(all)) : Markup{}));
    }
    content += table("jobs", runs.title(a),
                     element("tr", column_head("", false) + column_head(runs.say(Message::rp_contracts), true) +
                                       element("th", {{"scope", "col"}, {"class", "drawn"}},
                                               runs.charts.scale(span_of(all)))),
                     body);
  }
  return content + paragraph(runs.say(any ? Message::an_jobs_note : Message::rp_jobs_none), "note");
}

Course course_of(RunData const& run, Indicator const& indicator, Cut const& cut, int months, std::size_t replicates,
                 std::size_t line, std::string title) {
  VariableCache cache;
  Figures const figures{run, indicator, cut, cache};
  Course course{line, std::move(title), {}, {}};
  for (int m = 0; m < months; ++m) {
    std::vector<double> values;
    for (std::size_t r = 0; r < replicates; ++r)
      if (auto const value = figures.value(r, m, 0)) values.push_back(*value);
    std::optional<PairedDifference> summary;
    if (!values.empty()) summary = summarise_pairs(values, figures.sets(), replicates);
    course.values.push_back(summary ? std::optional{summary->mean} : std::nullopt);
    course.band.push_back(summary ? summary->interval : std::nullopt);
  }
  return course;
}

Markup courses_part(ReportRuns const& runs) {
  CompareOptions options;
  options.month = "all";
  Comparison const monthly = compare(runs.base, pointers(runs.alternatives), options);
  auto const months = static_cast<std::size_t>(*Month::parse(monthly.last_month) - *Month::parse(monthly.first_month) + 1);
  std::string const first = month_in_words(monthly.first_month, runs.lang), last = month_in_words(monthly.last_month, runs.lang);
  Markup content = heading("h2", "courses", runs.say(Message::rp_courses)) +
                   paragraph(runs.say(Message::rp_courses_note)) + legend(runs, true);
  Cut const area = find_cut(runs.base, "");
  auto const replicates = static_cast<std::size_t>(monthly.replicates);
  for (std::size_t i = 0; i < monthly.indicators.size(); ++i) {
    auto const& indicator = monthly.indicators[i];
    std::string const title = title_line(title_of(indicator, runs.lang));
    CourseChart level, difference;
    level.start = difference.start = runs.base.layout().start;
    level.months = difference.months = static_cast<int>(months);
    level.description = runs.say(Message::rp_chart_level, title, first, last);
    difference.description = runs.say(Message::rp_chart_difference, title, first, last);
    difference.with_zero = true;
    level.courses.push_back(course_of(runs.base, indicator, area, level.months, replicates, 0, runs.base.title(runs.lang)));
    for (std::size_t a = 0; a < runs.alternatives.size(); ++a) {
      level.courses.push_back(course_of(runs.alternatives[a], indicator, area, level.months, replicates, a + 1, runs.title(a)));
      Course course{a + 1, runs.title(a), {}, {}};
      for (auto const& row : monthly.rows)
        if (row.alternative == a && row.indicator == i) {
          course.values.push_back(row.difference);
          course.band.push_back(row.interval);
        }
      difference.courses.push_back(std::move(course));
    }
    auto const chart = [&](Message what, std::string const& unit, CourseChart const& drawn) {
      return element("div", paragraph(runs.say(what, unit)) + runs.charts.courses(drawn));
    };
    content += element("figure",
                       element("figcaption", title) +
                           element("div", {{"class", "pair"}},
                                   chart(Message::rp_level_of, unit_in(indicator.units, runs.lang), level) +
                                       chart(Message::rp_difference_of, difference_unit(indicator, runs.lang), difference)));
    Markup head = column_head(runs.say(Message::an_month), false) + column_head(runs.base.title(runs.lang), true);
    for (std::size_t a = 0; a < runs.alternatives.size(); ++a)
      head += column_head(runs.title(a), true) + column_head(runs.say(Message::an_difference), true) +
              column_head(runs.say(Message::an_interval), true);
    std::vector<Markup> lines(months);
    for (auto const& row : monthly.rows) {
      if (row.indicator != i) continue;
      auto const m = static_cast<std::size_t>(*Month::parse(row.month) - *Month::parse(monthly.first_month));
      auto const shown = row_text(monthly, row, runs.lang);
      if (row.alternative == 0) lines[m] += row_head(row.month) + number_cell(shown.base, {});
      lines[m] += number_cell(shown.alternative, {}) + number_cell(shown.difference, {}) + number_cell(shown.interval, {});
    }
    Markup body;
    for (auto const& cells : lines) body += element("tr", cells);
    content += folded(runs.say(Message::rp_numbers), table("months", title, element("tr", head), body));
  }
  return content;
}

Markup limits_part(ReportRuns const& runs) {
  Markup content = heading("h2", "limits", runs.say(Message::rp_limits));
  Markup items;
  for (Message const limit : {Message::rp_limit_levels, Message::rp_limit_places}) items += element("li", runs.say(limit));
  if (!runs.context.history) items += element("li", runs.say(Message::rp_limit_validation));
  if (runs.context.sensitivities.empty()) items += element("li", runs.say(Message::rp_limit_sweep));
  content += element("ul", items) + element("h3", runs.say(Message::rp_outside));
  for (auto const& sentence : runs.context.outside_experience) content += paragraph(sentence, "warn");
  for (auto const& name : runs.context.unread_scenarios)
    content += paragraph(runs.say(Message::rp_outside_unknown, name), "warn");
  if (runs.context.outside_experience.empty() && runs.context.unread_scenarios.empty())
    content += paragraph(runs.say(Message::rp_outside_none));
  return content;
}

Markup provenance_part(ReportRuns const& runs) {
  std::vector<RunReader const*> all{&runs.base};
  for (auto const& run : runs.alternatives) all.push_back(&run);
  auto const texts = [](char const* name) {
    return [name](RunReader const& run) { return run.text_attribute(name).value_or("–"); };
  };
  auto const integers = [](char const* name) {
    return [name](RunReader const& run) {
      auto const value = run.integer_attribute(name);
      return value ? std::to_string(*value) : std::string{"–"};
    };
  };
  Markup body;
  auto const add = [&](Message title, auto&& value, char const* kind = "") {
    Markup cells = row_head(title_line(runs.say(title)));
    for (auto const* run : all) cells += element("td", {{"class", kind}}, escaped(value(*run)));
    body += element("tr", cells);
  };
  Markup head = column_head(runs.say(Message::rp_run), false);
  for (auto const* run : all) head += column_head(run->title(runs.lang), false);
  add(Message::rp_file, [](RunReader const& run) { return run.path().filename().string(); });
  add(Message::an_scenario, [](RunReader const& run) { return run.stem(); });
  add(Message::rp_area, texts("area"));
  add(Message::an_horizon, [&](RunReader const& run) {
    auto const& layout = run.layout();
    return runs.say(Message::an_from_to_months, layout.start.text(), (layout.start + (layout.months - 1)).text(), layout.months);
  });
  add(Message::an_replicates, [](RunReader const& run) { return std::to_string(run.replicates()); });
  add(Message::rp_scale, integers("scale"));
  add(Message::rp_seed, integers("seed"));
  add(Message::rp_detail, texts("detail"));
  add(Message::rp_version, [](RunReader const& run) {
    return run.text_attribute("version").value_or("–") + " (" + run.text_attribute("commit").value_or("–") + ")";
  });
  add(Message::rp_data_digest, texts("data_digest"), "digest");
  add(Message::rp_results_digest, [](RunReader const& run) { return run.results_digest(); }, "digest");
  add(Message::rp_finished, texts("finished"));
  return heading("h2", "provenance", runs.say(Message::rp_provenance)) +
         table("provenance", "", element("tr", head), body);
}

Markup contents(ReportRuns const& runs) {
  Markup items;
  auto const add = [&](char const* id, Message title) {
    items += element("li", element("a", {{"href", std::string{"#"} + id}}, escaped(runs.say(title))));
  };
  add("answer", Message::rp_question);
  add("figures", Message::rp_headline);
  add("costs", Message::rp_costs);
  add("jobs", Message::rp_jobs);
  add("courses", Message::rp_courses);
  add("places", Message::rp_map);
  add("groups", Message::rp_groups);
  if (!runs.context.sensitivities.empty()) add("assumptions", Message::rp_assumptions);
  if (runs.context.history) add("validation", Message::rp_validation);
  add("limits", Message::rp_limits);
  add("provenance", Message::rp_provenance);
  return element("nav", {{"aria-label", runs.say(Message::rp_contents)}}, element("ul", items));
}

}  // namespace

std::string report_page(RunReader const& base, std::vector<RunReader> const& alternatives, ReportContext const& context,
                        Lang lang) {
  ChartBook charts{lang};
  ReportRuns runs{base, alternatives, context, lang, compare(base, alternatives, {}), {}, charts};
  runs.month = month_in_words(runs.headline.last_month, lang);
  std::vector<Accounts> accounts;
  for (auto const& alternative : alternatives)
    accounts.push_back({cost_report(base, alternative, context.book), job_report(base, alternative)});

  std::string const title = page_title(runs);
  Markup const head =
      literal("<meta charset=\"utf-8\"/>"
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>") +
      element("title", title) + element("style", literal_of(report_style()));
  Markup const top = element(
      "header", paragraph(runs.say(Message::rp_page_kind), "kind") + element("h1", title) +
                    paragraph(runs.say(Message::rp_scope, runs.words_of(context.area_es, context.area_en),
                                       month_in_words(runs.headline.first_month, lang), runs.month,
                                       runs.headline.replicates, runs.headline.scale),
                              "scope") +
                    contents(runs));
  Markup body = question_part(runs, accounts) + headline_part(runs) + cost_part(runs, accounts) + jobs_part(runs, accounts) +
                courses_part(runs) + places_part(runs) + groups_part(runs);
  if (!context.sensitivities.empty()) body += assumptions_part(runs);
  if (context.history) body += validation_part(runs);
  body += limits_part(runs) + provenance_part(runs);
  Markup const bottom = element("footer", paragraph(runs.say(Message::rp_made_by, std::string{version()}, std::string{commit()})) +
                                              paragraph(runs.say(Message::rp_print_note)));
  Markup const page = element("html", {{"lang", lang == Lang::es ? "es" : "en"}},
                              element("head", head) + element("body", hatch_definition() + top + element("main", body) + bottom));
  return "<!DOCTYPE html>\n" + charts.draw_into(page.str(), context.chart_program) + "\n";
}

}  // namespace arraigo::analysis
