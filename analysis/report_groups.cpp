#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "analysis/figures.hpp"
#include "analysis/report_parts.hpp"

namespace arraigo::analysis {
namespace {

/// Comparisons by several cuts whose rows stand under one another, with the same columns.
struct Matrix {
  Message title{};
  std::vector<Indicator> columns;
  std::vector<Comparison> blocks;
};

Matrix matrix_of(ReportRuns const& runs, Message title, std::vector<Indicator> const& wanted, std::vector<std::string> const& cuts) {
  Matrix matrix;
  matrix.title = title;
  auto const known = cuts_of(runs.base);
  for (auto const& name : cuts) {
    if (std::find(known.begin(), known.end(), name) == known.end()) continue;
    Cut const cut = find_cut(runs.base, name);
    CompareOptions options;
    options.by = name;
    for (auto const& indicator : wanted)
      if (is_recorded(runs.base, indicator, cut)) options.indicators.push_back(indicator.name);
    if (!options.indicators.empty()) matrix.blocks.push_back(compare(runs.base, pointers(runs.alternatives), options));
  }
  for (auto const& indicator : wanted)
    for (auto const& block : matrix.blocks)
      if (std::any_of(block.indicators.begin(), block.indicators.end(), [&](Indicator const& i) { return i.name == indicator.name; })) {
        matrix.columns.push_back(indicator);
        break;
      }
  return matrix;
}

std::string label_of(ComparisonRow const& row, Lang lang) { return lang == Lang::es ? row.label_es : row.label_en; }

/// Rows of one alternative and indicator, in the order of their keys; empty when the block has no such indicator.
std::vector<ComparisonRow const*> rows_of(Comparison const& block, std::size_t alternative, std::string const& indicator) {
  std::vector<ComparisonRow const*> rows;
  for (auto const& row : block.rows)
    if (row.alternative == alternative && block.indicators[row.indicator].name == indicator) rows.push_back(&row);
  return rows;
}

/// The largest clear difference of a column, over all alternatives.
double most_of(Matrix const& matrix, std::string const& indicator) {
  double most = 0;
  for (auto const& block : matrix.blocks)
    for (auto const& row : block.rows)
      if (block.indicators[row.indicator].name == indicator && excludes_zero(row) && row.difference)
        most = std::max(most, std::abs(*row.difference));
  return most;
}

Markup matrix_cell(Comparison const& block, ComparisonRow const& row, double most, Lang lang) {
  auto const shown = row_text(block, row, lang);
  Markup const content = element("span", {{"title", shown.interval}}, escaped(shown.difference));
  if (!row.difference) return element("td", {{"class", "c"}}, content);
  if (!excludes_zero(row)) return element("td", {{"class", row.interval ? "c unsure" : "c"}}, content);
  // Paler than on the map, so that the figure is read on it.
  double const at = most > 0 ? 0.6 * *row.difference / most : 0;
  return element("td", {{"class", "c"}, {"style", "background:" + diverging_colour(at)}}, content);
}

Markup matrix_table(ReportRuns const& runs, Matrix const& matrix, std::size_t alternative) {
  Markup head = column_head(runs.say(Message::rp_group), false);
  for (auto const& column : matrix.columns)
    head += element("th", {{"scope", "col"}, {"class", "c"}},
                    escaped(title_line(title_of(column, runs.lang)) + ", " + difference_unit(column, runs.lang)));
  Markup body;
  for (auto const& block : matrix.blocks) {
    body += element("tr", element("th", {{"class", "part"}, {"scope", "colgroup"}, {"colspan", std::to_string(matrix.columns.size() + 1)}},
                                  escaped(title_line(runs.words_of(block.by_es, block.by_en)))));
    std::vector<std::vector<ComparisonRow const*>> columns;
    for (auto const& column : matrix.columns) columns.push_back(rows_of(block, alternative, column.name));
    auto const filled = std::find_if(columns.begin(), columns.end(), [](auto const& rows) { return !rows.empty(); });
    if (filled == columns.end()) continue;
    for (std::size_t k = 0; k < filled->size(); ++k) {
      Markup cells = row_head(title_line(label_of(*(*filled)[k], runs.lang)));
      for (std::size_t c = 0; c < columns.size(); ++c)
        cells += columns[c].empty() ? element("td", Markup{})
                                    : matrix_cell(block, *columns[c][k], most_of(matrix, matrix.columns[c].name), runs.lang);
      body += element("tr", cells);
    }
  }
  return table("matrix", runs.say(matrix.title), element("tr", head), body);
}

/// Whether a group is one of the sexes or ages too: it is told of once.
bool is_told_by_another_cut(Matrix const& matrix, Comparison const& block, ComparisonRow const& row) {
  return block.by == "group" && std::any_of(matrix.blocks.begin(), matrix.blocks.end(), [&](Comparison const& other) {
           return other.by != "group" && std::any_of(other.rows.begin(), other.rows.end(), [&](ComparisonRow const& twin) {
                    return twin.alternative == row.alternative && other.indicators[twin.indicator].name == block.indicators[row.indicator].name && label_of(twin, Lang::es) == label_of(row, Lang::es);
                  });
         });
}

/// Who changes most and least, of those that can be told from chance.
Markup ranges(ReportRuns const& runs, Matrix const& matrix, std::size_t alternative) {
  Markup items;
  for (auto const& column : matrix.columns) {
    struct Found {
      ComparisonRow const* row;
      Comparison const* block;
    };
    std::vector<Found> clear;
    for (auto const& block : matrix.blocks) {
      if (block.by == "status") continue;  // the policy moves people between its groups
      for (auto const* row : rows_of(block, alternative, column.name))
        if (row->difference && excludes_zero(*row) && !is_told_by_another_cut(matrix, block, *row)) clear.push_back({row, &block});
    }
    std::stable_sort(clear.begin(), clear.end(), [](Found const& a, Found const& b) {
      return std::abs(*a.row->difference) > std::abs(*b.row->difference);
    });
    std::string const title = title_line(title_of(column, runs.lang));
    auto const change = [&](Found const& found) {
      return row_text(*found.block, *found.row, runs.lang).difference + " " + difference_unit(column, runs.lang);
    };
    auto const group = [&](Found const& found) { return label_of(*found.row, runs.lang); };
    if (clear.empty())
      items += element("li", runs.say(Message::rp_groups_range_none, title));
    else if (clear.size() == 1)
      items += element("li", runs.say(Message::rp_groups_range_one, title, group(clear[0]), change(clear[0])));
    else
      items += element("li", runs.say(Message::rp_groups_range, title, group(clear.front()), change(clear.front()),
                                      group(clear.back()), change(clear.back())));
  }
  return items;
}

/// Everything that stands behind a column of the matrices.
Markup column_table(ReportRuns const& runs, Matrix const& matrix, Indicator const& column) {
  std::vector<Whisker> all;
  for (auto const& block : matrix.blocks)
    for (auto const& row : block.rows)
      if (block.indicators[row.indicator].name == column.name) all.push_back({row.alternative + 1, row.difference, row.interval});
  Span const span = span_of(all);
  Markup head = column_head(runs.say(Message::rp_group), false) +
                element("th", {{"scope", "col"}, {"class", "drawn"}}, runs.charts.scale(span)) +
                column_head(runs.base.title(runs.lang), true);
  for (std::size_t a = 0; a < runs.alternatives.size(); ++a)
    head += column_head(runs.title(a), true) + column_head(runs.say(Message::an_difference), true) +
            column_head(runs.say(Message::an_interval), true);
  std::size_t const columns = 3 + 3 * runs.alternatives.size();
  Markup body;
  for (auto const& block : matrix.blocks) {
    std::vector<std::vector<ComparisonRow const*>> rows;
    for (std::size_t a = 0; a < runs.alternatives.size(); ++a) rows.push_back(rows_of(block, a, column.name));
    if (rows.front().empty()) continue;
    body += element("tr", element("th", {{"class", "part"}, {"scope", "colgroup"}, {"colspan", std::to_string(columns)}},
                                  escaped(title_line(runs.words_of(block.by_es, block.by_en)))));
    for (std::size_t k = 0; k < rows.front().size(); ++k) {
      std::vector<Whisker> drawn;
      for (std::size_t a = 0; a < rows.size(); ++a) drawn.push_back({a + 1, rows[a][k]->difference, rows[a][k]->interval});
      Markup cells = row_head(title_line(label_of(*rows.front()[k], runs.lang))) +
                     element("td", {{"class", "drawn"}}, runs.charts.whiskers(drawn, span)) +
                     number_cell(row_text(block, *rows.front()[k], runs.lang).base, rows.front()[k]->base);
      for (auto const& of_alternative : rows) {
        auto const shown = row_text(block, *of_alternative[k], runs.lang);
        cells += number_cell(shown.alternative, of_alternative[k]->alt) +
                 number_cell(shown.difference, of_alternative[k]->difference) + number_cell(shown.interval, {});
      }
      body += element("tr", cells);
    }
  }
  std::string const title = title_line(title_of(column, runs.lang));
  return folded(runs.say(Message::rp_numbers_groups, title), legend(runs, false) + table("groups", title, element("tr", head), body));
}

std::vector<Indicator> indicators_named(ReportRuns const& runs, std::vector<std::string> const& names) {
  std::vector<Indicator> found;
  for (auto const& name : names)
    if (auto const* indicator = find_indicator(runs.base.layout(), name)) found.push_back(*indicator);
  return found;
}

}  // namespace

Markup groups_part(ReportRuns const& runs) {
  Markup content = heading("h2", "groups", runs.say(Message::rp_groups));
  // Of shares and means only: how many more people a group holds tells first of all how large it is.
  std::vector<Indicator> of_migrants, of_hosts;
  for (auto const& indicator : runs.headline.indicators)
    if (!indicator.denominator.empty()) (indicator.name.starts_with("host") ? of_hosts : of_migrants).push_back(indicator);
  std::vector<std::string> const cuts{"sex", "age", "status", "education", "group"};
  auto const of_all = indicators_named(runs, {"formal_share", "unemployment", "income", "poverty", "insurance"});
  std::vector<Matrix> matrices{matrix_of(runs, Message::rp_of_migrants, of_migrants, cuts),
                               matrix_of(runs, Message::rp_of_hosts, of_hosts, cuts),
                               matrix_of(runs, Message::rp_of_all, of_all, {"origin"})};
  std::erase_if(matrices, [](Matrix const& matrix) { return matrix.blocks.empty(); });
  if (matrices.empty()) return content + paragraph(runs.say(Message::rp_groups_none));
  content += paragraph(runs.say(Message::rp_groups_note, runs.month)) + paragraph(runs.say(Message::rp_groups_status));
  std::vector<Comparison> all;
  for (auto const& matrix : matrices)
    for (auto block : matrix.blocks) {
      std::erase_if(block.rows, [&](ComparisonRow const& row) { return is_told_by_another_cut(matrix, block, row); });
      all.push_back(std::move(block));
    }
  for (std::size_t a = 0; a < runs.alternatives.size(); ++a) {
    content += element("h3", runs.title(a));
    Markup items;
    for (auto const& matrix : matrices)
      if (matrix.title != Message::rp_of_all) items += ranges(runs, matrix, a);
    if (!items.empty()) content += paragraph(runs.say(Message::rp_groups_ranges)) + element("ul", {{"class", "close"}}, items);
    for (auto const& matrix : matrices) content += matrix_table(runs, matrix, a);
  }
  if (auto const tests = many_tests(all); tests.tests >= 20)
    content += paragraph(runs.say(Message::rp_note_many, tests.excluding_zero, tests.tests,
                                  format_number(std::round(tests.by_chance()), 0, runs.lang), tests.remaining), "note");
  bool const small = std::any_of(all.begin(), all.end(), [](Comparison const& comparison) {
    return std::any_of(comparison.rows.begin(), comparison.rows.end(), [](ComparisonRow const& row) { return row.too_small; });
  });
  if (small)
    content += paragraph(runs.say(Message::an_note_too_small, least_agents, least_agents * runs.headline.scale), "note");
  for (auto const& matrix : matrices)
    for (auto const& column : matrix.columns) content += column_table(runs, matrix, column);
  return content;
}

}  // namespace arraigo::analysis
