#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "analysis/figures.hpp"
#include "analysis/report_parts.hpp"

namespace arraigo::analysis {
namespace {

/// How many half-widths of its interval a difference is away from zero, at most over the alternatives.
double clarity_of(Comparison const& comparison, std::size_t indicator) {
  double most = 0;
  for (auto const& row : comparison.rows) {
    if (row.indicator != indicator || !row.difference || !row.interval || *row.difference == 0) continue;
    double const half = (row.interval->high - row.interval->low) / 2;
    most = std::max(most, half > 0 ? std::abs(*row.difference) / half : std::numeric_limits<double>::max());
  }
  return most;
}

/// Of shares and means that have an interval in any place, those that change most clearly in the whole area. Where
/// agents are few, a share of few people has none anywhere.
std::vector<std::string> mapped_indicators(ReportRuns const& runs, std::string const& by, std::size_t most) {
  Cut const cut = find_cut(runs.base, by);
  std::vector<std::pair<double, std::string>> found;
  for (std::size_t i = 0; i < runs.headline.indicators.size(); ++i) {
    auto const& indicator = runs.headline.indicators[i];
    if (!indicator.denominator.empty() && is_recorded(runs.base, indicator, cut))
      found.emplace_back(clarity_of(runs.headline, i), indicator.name);
  }
  std::stable_sort(found.begin(), found.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
  CompareOptions options;
  options.by = by;
  for (auto const& [clarity, name] : found) options.indicators.push_back(name);
  if (found.empty()) return {};
  Comparison const all = compare(runs.base, pointers(runs.alternatives), options);
  std::vector<bool> is_shown(found.size());
  for (auto const& row : all.rows)
    if (row.interval) is_shown[row.indicator] = true;
  std::vector<std::string> names;
  for (bool const shown : {true, false})
    for (std::size_t i = 0; i < found.size() && names.size() < most; ++i)
      if (is_shown[i] == shown) names.push_back(found[i].second);
  return names;
}

/// One picture of the same shapes.
struct Sheet {
  std::string title;
  std::vector<std::size_t> shown;
  MapSheet layout;
};

std::vector<Sheet> sheets_of(ReportRuns const& runs) {
  auto const& shapes = runs.context.shapes;
  std::vector<std::size_t> all(shapes.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  // On a map of the country the capital's districts are dots.
  constexpr std::size_t many = 200;
  bool const is_large = shapes.size() > many;
  std::vector<Sheet> sheets{{"", all, MapSheet(shapes, all, is_large ? 470 : 400, is_large ? 640 : 500)}};
  if (!is_large) return sheets;
  std::vector<std::size_t> capital;
  for (std::size_t const s : all)
    if (shapes[s].ubigeo.starts_with("1501") || shapes[s].ubigeo.starts_with("0701")) capital.push_back(s);
  if (!capital.empty())
    sheets.push_back({runs.say(Message::rp_map_capital), capital, MapSheet(shapes, capital, 320, 460)});
  return sheets;
}

/// Rows of an alternative and indicator by key.
std::map<std::string, ComparisonRow const*> rows_by_key(Comparison const& comparison, std::size_t alternative, std::size_t indicator) {
  std::map<std::string, ComparisonRow const*> rows;
  for (auto const& row : comparison.rows)
    if (row.alternative == alternative && row.indicator == indicator) rows[row.key] = &row;
  return rows;
}

double most_of(Comparison const& comparison, std::size_t indicator) {
  double most = 0;
  for (auto const& row : comparison.rows)
    if (row.indicator == indicator && excludes_zero(row) && row.difference) most = std::max(most, std::abs(*row.difference));
  return most;
}

std::vector<MapPlace> map_places(ReportRuns const& runs, Comparison const& comparison, std::size_t alternative, std::size_t indicator) {
  auto const rows = rows_by_key(comparison, alternative, indicator);
  double const most = most_of(comparison, indicator);
  std::vector<MapPlace> places;
  for (auto const& shape : runs.context.shapes) {
    MapPlace place;
    auto const found = rows.find(comparison.by == "district" ? shape.ubigeo : shape.zone);
    if (found != rows.end()) {
      auto const& row = *found->second;
      auto const shown = row_text(comparison, row, runs.lang);
      place.figures = shown.difference + " " + shown.interval;
      if (row.interval && row.difference) place.fill = excludes_zero(row) ? Fill::coloured : Fill::hatched;
      if (place.fill == Fill::coloured && most > 0) place.at = *row.difference / most;
    }
    places.push_back(std::move(place));
  }
  return places;
}

std::string counts(ReportRuns const& runs, Comparison const& comparison, std::size_t alternative, std::size_t indicator) {
  int more = 0, less = 0, unsure = 0, none = 0;
  for (auto const& [key, row] : rows_by_key(comparison, alternative, indicator)) {
    if (!row->difference || !row->interval)
      ++none;
    else if (!excludes_zero(*row))
      ++unsure;
    else
      ++(*row->difference > 0 ? more : less);
  }
  return runs.say(Message::rp_map_count, more, less, unsure, none);
}

Markup maps_of(ReportRuns const& runs, Comparison const& comparison, std::size_t indicator, std::vector<Sheet> const& sheets) {
  auto const& about = comparison.indicators[indicator];
  std::string const title = title_line(title_of(about, runs.lang));
  Markup figures;
  for (std::size_t a = 0; a < runs.alternatives.size(); ++a) {
    auto const places = map_places(runs, comparison, a, indicator);
    Markup drawn;
    for (auto const& sheet : sheets) {
      Markup one = runs.charts.map(runs.context.shapes, sheet.shown, sheet.layout, places,
                                   runs.say(Message::rp_map_chart, title, runs.title(a), runs.base.title(runs.lang)));
      if (!sheet.title.empty()) one = paragraph(sheet.title, "note") + one;
      drawn += element("div", one);
    }
    figures += element("figure", element("figcaption", runs.title(a)) + element("div", {{"class", "maps"}}, drawn) +
                                     paragraph(counts(runs, comparison, a, indicator), "note"));
  }
  double const most = most_of(comparison, indicator);
  auto const swatch = [&](char const* fill, std::string const& words) {
    return element("span", {{"class", "swatch"}}, map_swatch(fill) + escaped(words));
  };
  Markup key;
  if (most > 0)
    key += element("span", {{"class", "swatch"}},
                   runs.charts.map_legend(most, decimals_that_show(most, {}, about.decimals)) + escaped(difference_unit(about, runs.lang)));
  key += swatch(hatch, runs.say(Message::rp_map_key_hatched)) +
         swatch(no_figure_colour, runs.say(Message::rp_map_key_none, least_agents));
  return element("div", {{"class", "one-map"}}, element("h3", title) + element("div", {{"class", "key"}}, key) + (sheets.size() == 1 ? element("div", {{"class", "maps figures"}}, figures) : figures));
}

Markup numbers_of(ReportRuns const& runs, Comparison const& comparison, std::size_t indicator) {
  Markup head = column_head(runs.say(Message::rp_place), false) + column_head(runs.base.title(runs.lang), true);
  std::vector<std::map<std::string, ComparisonRow const*>> rows;
  for (std::size_t a = 0; a < runs.alternatives.size(); ++a) {
    head += column_head(runs.title(a), true) + column_head(runs.say(Message::an_difference), true) + column_head(runs.say(Message::an_interval), true);
    rows.push_back(rows_by_key(comparison, a, indicator));
  }
  Markup body;
  for (auto const& [key, first] : rows.front()) {
    Markup cells = row_head(runs.words_of(first->label_es, first->label_en) + (first->label_es == key ? "" : " (" + key + ")")) +
                   number_cell(row_text(comparison, *first, runs.lang).base, {});
    for (auto const& of_alternative : rows) {
      auto const shown = row_text(comparison, *of_alternative.at(key), runs.lang);
      cells += number_cell(shown.alternative, {}) + number_cell(shown.difference, {}) + number_cell(shown.interval, {});
    }
    body += element("tr", cells);
  }
  std::string const title = title_line(title_of(comparison.indicators[indicator], runs.lang));
  return folded(runs.say(Message::rp_numbers_map), table("places", title, element("tr", head), body));
}

}  // namespace

Markup places_part(ReportRuns const& runs) {
  Markup content = heading("h2", "places", runs.say(Message::rp_map));
  auto const known = cuts_of(runs.base);
  std::string by;
  for (char const* wanted : {"district", "zone"})
    if (by.empty() && std::find(known.begin(), known.end(), wanted) != known.end()) by = wanted;
  if (by.empty()) return content + paragraph(runs.say(Message::rp_map_none));
  CompareOptions options;
  options.by = by;
  options.indicators = mapped_indicators(runs, by, 2);
  if (options.indicators.empty()) return content + paragraph(runs.say(Message::rp_map_none));
  Comparison const comparison = compare(runs.base, pointers(runs.alternatives), options);
  content += paragraph(runs.say(Message::rp_map_note, runs.month));
  if (by == "zone") content += paragraph(runs.say(Message::rp_map_by_zone), "warn");
  bool const drawn = !runs.context.shapes.empty();
  auto const sheets = drawn ? sheets_of(runs) : std::vector<Sheet>{};
  if (!drawn) content += paragraph(runs.say(Message::rp_map_no_shapes), "warn");
  for (std::size_t i = 0; i < comparison.indicators.size(); ++i) {
    if (drawn) content += maps_of(runs, comparison, i, sheets);
    content += numbers_of(runs, comparison, i);
  }
  if (drawn)
    content += paragraph(runs.say(Message::rp_map_shapes), "note");
  if (auto const tests = many_tests({&comparison, 1}); tests.tests >= 20)
    content += paragraph(runs.say(Message::rp_note_many, tests.excluding_zero, tests.tests,
                                  format_number(std::round(tests.by_chance()), 0, runs.lang), tests.remaining), "note");
  return content;
}

}  // namespace arraigo::analysis
