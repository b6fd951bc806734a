#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "analysis/charts.hpp"
#include "analysis/html.hpp"
#include "analysis/report.hpp"
#include "core/errors.hpp"
#include "tests/unit/run_file_sample.hpp"

namespace arraigo::analysis {
namespace {

std::size_t count_of(std::string const& text, std::string const& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

TEST(Html, TextNeverBecomesMarkup) {
  EXPECT_EQ(escaped("<b a=\"1\" c='2'>&amp;</b>").str(),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;");
  EXPECT_EQ(element("p", {{"title", "\"><script>"}}, escaped("ñ €")).str(),
            "<p title=\"&quot;&gt;&lt;script&gt;\">ñ €</p>");
  EXPECT_EQ(element("p", {{"class", ""}}, Markup{}).str(), "<p></p>");
}

TEST(Html, WhatIsNoTextIsReplaced) {
  std::string const mark = "\xEF\xBF\xBD";
  EXPECT_EQ(escaped(std::string("a\0b", 3)).str(), "a" + mark + "b");
  EXPECT_EQ(escaped("\x1B[31m").str(), mark + "[31m");
  // From right to left. NOLINTNEXTLINE(misc-misleading-bidirectional): it is what must not get through.
  EXPECT_EQ(escaped("a\xE2\x80\xAE" "b").str(), "a" + mark + "b");
  EXPECT_EQ(escaped("\xC3").str(), mark);
  EXPECT_EQ(escaped("\xC0\xBC").str(), mark + mark);                 // '<' in two bytes
  EXPECT_EQ(escaped("\xED\xA0\x80").str(), mark + mark + mark);      // half a pair
  EXPECT_EQ(escaped("\xF0\x9F\x98\x80").str(), "\xF0\x9F\x98\x80");
}

/// What one chart's place becomes.
std::string drawn(ChartBook const& book, Markup const& place) { return book.draw_into(place.str(), ARRAIGO_CHARTS); }

TEST(Charts, UndefinedMonthsAreGaps) {
  CourseChart chart;
  chart.start = Month::of(2026, 1);
  chart.months = 5;
  chart.description = "Courses <b>";
  Course course{1, "a <b>", {1.0, 2.0, std::nullopt, 3.0, std::nullopt}, {}};
  course.band = {Interval{0.5, 1.5}, Interval{1.5, 2.5}, std::nullopt, std::nullopt, std::nullopt};
  chart.courses.push_back(course);
  ChartBook book{Lang::en};
  std::string const all = drawn(book, book.courses(chart));
  EXPECT_EQ(count_of(all, "<svg "), 1U);
  EXPECT_EQ(count_of(all, "aria-label=\"Courses &lt;b&gt;\""), 1U);
  EXPECT_EQ(count_of(all, "<title>a &lt;b&gt;</title>"), 1U);
  // The line's two pieces and, of the second, its only month as a dot.
  auto const line = all.substr(all.rfind("<path", all.find("stroke-width=\"2\"")));
  EXPECT_EQ(count_of(line.substr(0, line.find("</path>")), "M"), 2U) << line;
  EXPECT_EQ(count_of(all, "A3,3,0"), 2U) << all;
  auto const band = all.substr(all.rfind("<path", all.find("fill-opacity=\"0.18\"")));
  EXPECT_EQ(count_of(band.substr(0, band.find("/>")), "Z"), 1U);
  for (char const* label : {">2026-01<", ">2026-05<", ">1.0<", ">3.0<"}) EXPECT_EQ(count_of(all, label), 1U) << label << all;
  CourseChart const empty{"", Month::of(2026, 1), 1, false, {{0, "", {std::nullopt}, {std::nullopt}}}};
  EXPECT_EQ(count_of(drawn(book, book.courses(empty)), "NaN"), 0U);
}

TEST(Charts, NumbersAreThoseOfTheLanguage) {
  auto const in = [](Lang lang, Span const& span) {
    ChartBook book{lang};
    return drawn(book, book.scale(span));
  };
  EXPECT_EQ(count_of(in(Lang::es, {-0.5, 0.5}), ">-0,4<"), 1U);
  EXPECT_EQ(count_of(in(Lang::en, {-0.5, 0.5}), ">-0.4<"), 1U);
  EXPECT_EQ(count_of(in(Lang::es, {0, 60000}), ">40\xC2\xA0" "000<"), 1U);
  EXPECT_EQ(count_of(in(Lang::es, {0, 3e6}), ">2\xC2\xA0M<"), 1U);
}

TEST(Charts, AWhiskerIsFilledWhereItsIntervalExcludesZero) {
  std::vector<Whisker> const whiskers{{1, 2.0, Interval{1, 3}}, {2, 1.0, Interval{-1, 3}}, {3, {}, {}}};
  ChartBook book{Lang::en};
  std::string const all = drawn(book, book.whiskers(whiskers, span_of(whiskers)));
  EXPECT_EQ(count_of(all, "A4,4,0"), 4U) << "two circles";
  EXPECT_EQ(count_of(all, "fill=\"#0072b2\""), 1U);
  EXPECT_EQ(count_of(all, "fill=\"#fff\""), 1U);
}

TEST(Charts, AreDrawnInTheirPlacesAndAlwaysTheSame) {
  ChartBook book{Lang::en};
  Markup const first = book.bar({1, {}, {}}, {0, 2}), second = book.bar({2, {}, {}}, {0, 2});
  std::string const all = drawn(book, second + first);
  EXPECT_EQ(all, drawn(book, second) + drawn(book, first));
  EXPECT_NE(drawn(book, first), drawn(book, second));
  // Nothing of a file can stand for a drawing: what is escaped holds no such mark.
  EXPECT_EQ(drawn(book, escaped("<!--chart 0-->")), "&lt;!--chart 0--&gt;");
}

TEST(Charts, WhatDoesNotDrawIsTold) {
  sample::Folder folder;
  ChartBook book{Lang::en};
  std::string const page = book.bar({1, {}, {}}, {0, 2}).str();
  auto const told = [&](char const* script) -> std::string {
    auto const file = folder / "charts.js";
    std::ofstream(file) << script;
    try {
      return book.draw_into(page, file);
    } catch (MachineError const& error) {
      return error.what();
    }
  };
  EXPECT_NE(told("process.exit(3)").find('3'), std::string::npos);
  EXPECT_NE(told("process.kill(process.pid, 'SIGKILL')").find('9'), std::string::npos);
  std::string const other = told("console.log('{}')");
  EXPECT_NE(told("console.log('{\"charts\":[\"<g/>\"]}')"), other) << "one drawing for one chart";
  for (char const* script : {"console.log('{\"charts\":[]}')", "console.log('{\"charts\":[1]}')", "console.log('nothing')",
                             "console.log('{\"charts\":[\"<script/>\"]}')", "console.log('{\"charts\":[\"<g onload=\\\"x()\\\"/>\"]}')",
                             "console.log('{\"charts\":[\"<path d=\\\"M0,0\\\" href=\\\"x\\\"/>\"]}')", "console.log('{\"charts\":[\"<g\"]}')"})
    EXPECT_EQ(told(script), other) << script;
  EXPECT_THROW((void)book.draw_into(page, folder / "nowhere.js"), MachineError);
}

class Page : public ::testing::Test {
 protected:
  RunReader write(std::string const& stem, int replicates, std::int64_t shift, RunAttributes const& attributes) {
    auto const layout = sample::layout();
    auto const path = folder_ / (stem + ".h5");
    write_run_file(path, layout, sample::records(layout, replicates, shift), attributes, true);
    return RunReader{path};
  }
  RunReader write(std::string const& stem, int replicates, std::int64_t shift) {
    return write(stem, replicates, shift, sample::attributes(stem));
  }
  static ReportContext bare() {
    ReportContext context;
    context.chart_program = ARRAIGO_CHARTS;
    return context;
  }
  static ReportContext with_shapes() {
    ReportContext context = bare();
    context.area_es = context.area_en = "Lima";
    float x = 0;
    for (char const* ubigeo : {"150101", "150102", "070101"}) {
      MapShape shape;
      shape.ubigeo = ubigeo;
      shape.name = ubigeo;
      shape.outlines = {{{x, 0}, {x + 1, 0}, {x + 1, 1}, {x, 1}}};
      context.shapes.push_back(shape);
      x += 1;
    }
    return context;
  }
  sample::Folder folder_;
};

TEST_F(Page, ItSaysWhatTheRunsLack) {
  auto const base = write("base", 3, 0);
  std::vector<RunReader> alternatives;
  alternatives.push_back(write("alt", 3, 5));
  std::string const page = report_page(base, alternatives, bare(), Lang::en);
  for (char const* says : {"keep no public accounts", "keep no payroll contracts", "so there is no map", "no sweep of assumptions was given"})
    EXPECT_EQ(count_of(page, says), 1U) << says;
  EXPECT_EQ(count_of(page, "id=\"assumptions\""), 0U);
  for (char const* no_number : {"Mnan", "Lnan", " nan", "\"nan", ">nan"}) EXPECT_EQ(count_of(page, no_number), 0U);
}

TEST_F(Page, EveryDistrictIsColouredHatchedOrGrey) {
  auto const base = write("base", 3, 0);
  std::vector<RunReader> alternatives;
  alternatives.push_back(write("alt", 3, 0));
  // Runs that do not differ: every interval is zero and holds it.
  std::string const page = report_page(base, alternatives, with_shapes(), Lang::es);
  // The districts of each map, and the square of either kind in each map's key.
  std::size_t const maps = count_of(page, "class=\"map\"");
  EXPECT_GT(maps, 0U);
  EXPECT_EQ(count_of(page, "<title>150101: "), maps);
  EXPECT_EQ(count_of(page, "fill=\"url(#hatch)\"><title>") + count_of(page, "fill=\"#d9d9d9\"><title>"), 3 * maps);
}

TEST_F(Page, ASweepGivesASectionOfAssumptions) {
  auto const base = write("base", 3, 0);
  std::vector<RunReader> alternatives;
  alternatives.push_back(write("alt", 3, 5));
  ReportContext context = with_shapes();
  Sensitivity found;
  found.alternative_es = found.alternative_en = "Policy <i>";
  found.indicator = "employment_share";
  found.method = Message::se_measure_sobol;
  found.column = Message::se_column_total;
  found.sweep = "small";
  found.month = "2026-12";
  found.rows.resize(2);
  found.rows[0].name = "labour.scar_per_month";
  found.rows[0].part = 0.6;
  found.rows[0].interval = Interval{0.5, 0.7};
  found.rows[0].alone = 0.4;
  found.rows[1].name = "quota.x";
  found.rows[1].part = 0.1;
  found.box_es = found.box_en = "It fails where <b>.";
  found.sign_es = "No cambia.";
  found.sign_en = "It turns <i>nowhere</i>.";
  found.notes = {{"Es poco.", "It is little."}};
  context.sensitivities.push_back(found);
  std::string const page = report_page(base, alternatives, context, Lang::en);
  EXPECT_EQ(count_of(page, "id=\"assumptions\""), 1U);
  EXPECT_EQ(count_of(page, "labour.scar_per_month"), 1U);
  EXPECT_EQ(count_of(page, "0.60 [0.50; 0.70]"), 1U);
  EXPECT_EQ(count_of(page, "It fails where &lt;b&gt;."), 1U);
  EXPECT_EQ(count_of(page, "It is little."), 1U);
  EXPECT_EQ(count_of(page, "It turns &lt;i&gt;nowhere&lt;/i&gt;."), 1U);
  EXPECT_EQ(count_of(page, "Sweep small, points: 0"), 1U);
  EXPECT_EQ(count_of(page, "Policy &lt;i&gt;"), 1U);
  EXPECT_EQ(count_of(page, "no sweep of assumptions was given"), 0U);
}

/// Held-out figures of `published` people each, with an error of 10: the model says 150 to 240, the value of 2018 is 100.
History history(std::vector<double> const& published) {
  History history;
  history.area_es = history.area_en = "Peru <i>";
  history.validation.start = Month::of(2018, 1);
  history.validation.months = 96;
  history.validation.replicates = 8;
  history.validation.scale = 50;
  for (std::size_t i = 0; i < published.size(); ++i) {
    FigureResult figure;
    figure.figure.title_es = figure.figure.title_en = "Figure <" + std::to_string(i) + ">";
    figure.figure.source = "Source <b>";
    figure.figure.unit = "people";
    figure.figure.set = FigureSet::held_out;
    figure.figure.from = figure.figure.to = Month::of(2022, 3);
    figure.value = published[i];
    figure.standard_error = 10;
    figure.mean = 150 + 10.0 * static_cast<double>(i);
    figure.interval = {figure.mean - 30, figure.mean + 30};
    figure.carried = figure.trend = 100;
    history.validation.figures.push_back(figure);
  }
  return history;
}

TEST_F(Page, HistoryGivesASectionOnValidation) {
  auto const base = write("base", 3, 0);
  std::vector<RunReader> alternatives;
  alternatives.push_back(write("alt", 3, 5));
  ReportContext context = with_shapes();
  // Model 150, 160 and 170, so errors of 10, 40 and 5; those of 100 are 5, 46 and 2.
  context.history = history({50, 560, 120});
  auto page_in = [&](Lang lang) { return report_page(base, alternatives, context, lang); };
  std::string const page = page_in(Lang::en);
  EXPECT_EQ(count_of(page, "id=\"validation\""), 1U);
  EXPECT_EQ(count_of(page, "0 of the 3 held-out figures lie inside"), 1U);
  EXPECT_EQ(count_of(page, "on the 3 with an earlier published value: model 18.3, the value of 2018 unchanged 17.7. The model is not nearer. On those that also say how hosts fared (3): model 18.3, the trend of the hosts 17.7. The model is not nearer."), 1U);
  auto const misses = page.substr(page.find("The largest misses"));
  EXPECT_LT(misses.find("Figure &lt;1&gt;"), misses.find("Figure &lt;0&gt;")) << "the largest first";
  EXPECT_LT(misses.find("Figure &lt;0&gt;"), misses.find("Figure &lt;2&gt;"));
  EXPECT_EQ(count_of(page, "Source &lt;b&gt;"), 3U);
  EXPECT_EQ(count_of(page, "Peru &lt;i&gt;"), 1U);
  EXPECT_EQ(count_of(page, "The history is of another area than this report, which is of Lima."), 1U);
  EXPECT_EQ(count_of(page, "no run of history was given"), 0U);
  EXPECT_EQ(count_of(page, "Replicates: 8. With so few, the part of chance in each interval is about 1.3 times as wide"), 1U);
  EXPECT_EQ(count_of(page_in(Lang::es), "id=\"validation\""), 1U);
  EXPECT_EQ(count_of(page_in(Lang::es), "Réplicas: 8. Con tan pocas"), 1U);
  context.history->validation.replicates = least_replicates_to_judge;
  EXPECT_EQ(count_of(page_in(Lang::en), "With so few"), 0U);
}

TEST_F(Page, WhatValidationMeansFollowsFromIt) {
  auto const base = write("base", 3, 0);
  std::vector<RunReader> alternatives;
  alternatives.push_back(write("alt", 3, 5));
  auto const says = [&](std::vector<double> const& published, double trend, char const* words) {
    ReportContext context = bare();
    context.history = history(published);
    for (auto& figure : context.history->validation.figures) figure.trend = trend;
    return count_of(report_page(base, alternatives, context, Lang::en), words) == 1U;
  };
  EXPECT_TRUE(says({140, 170}, 100, "2 of the 2 held-out figures lie inside"));
  EXPECT_TRUE(says({140, 170}, 100, "The model is nearer. On those that also say how hosts fared (2): model 1.0, the trend of the hosts 5.5. The model is nearer."));
  EXPECT_TRUE(says({140, 170}, 100, "comes nearer than repeating the past"));
  EXPECT_TRUE(says({160, 150}, 155, "the trend of the hosts 0.5. The model is not nearer."));
  EXPECT_TRUE(says({160, 150}, 155, "should not be quoted alone"));
  EXPECT_TRUE(says({90, 110}, 100, "0 of the 2 held-out figures lie inside"));
  EXPECT_TRUE(says({90, 110}, 100, "The model is not nearer. On those"));
  EXPECT_FALSE(says({90, 110}, 100, "comes nearer than repeating the past"));
  std::string const none = report_page(base, alternatives, bare(), Lang::en);
  EXPECT_EQ(count_of(none, "id=\"validation\""), 0U);
  EXPECT_EQ(count_of(none, "no run of history was given, which arraigo run history -o runs makes"), 1U);
}

TEST_F(Page, RunsThatCannotBePairedAreRefused) {
  auto const base = write("base", 3, 0);
  auto attributes = sample::attributes("alt");
  for (auto& [name, value] : attributes.integers)
    if (name == "seed") ++value;
  std::vector<RunReader> alternatives;
  alternatives.push_back(write("alt", 3, 5, attributes));
  EXPECT_THROW(static_cast<void>(report_page(base, alternatives, bare(), Lang::en)), InputError);
}

}  // namespace
}  // namespace arraigo::analysis
