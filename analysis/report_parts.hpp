/// The parts of a report, between the files that write them.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/compare.hpp"
#include "analysis/html.hpp"
#include "analysis/report.hpp"
#include "analysis/text_output.hpp"

namespace arraigo::analysis {

/// The runs, and what all parts read.
struct ReportRuns {
  RunReader const& base;
  std::vector<RunReader> const& alternatives;
  ReportContext const& context;
  Lang lang;
  Comparison headline;  ///< of the last month, the whole area
  std::string month;    ///< that month in words
  ChartBook& charts;

  [[nodiscard]] std::string title(std::size_t alternative) const { return alternatives[alternative].title(lang); }
  [[nodiscard]] std::string words_of(std::string const& es, std::string const& en) const {
    return lang == Lang::es ? es : en;
  }
  template <class... Args>
  [[nodiscard]] std::string say(Message message, Args const&... args) const {
    return words(lang, message, args...);
  }
};

/// "diciembre de 2030" of "2030-12".
[[nodiscard]] std::string month_in_words(std::string const& month, Lang lang);
/// As it begins a line: in the tables titles stand inside sentences.
[[nodiscard]] std::string title_line(std::string title);
[[nodiscard]] std::string title_of(Indicator const& indicator, Lang lang);
/// Differences of percentages are points.
[[nodiscard]] std::string difference_unit(Indicator const& indicator, Lang lang);

/// A row's figures as text; "–" and "·" where there is none.
struct RowText {
  std::string base, alternative, difference, interval;
};
[[nodiscard]] RowText row_text(Comparison const& comparison, ComparisonRow const& row, Lang lang);

[[nodiscard]] Markup paragraph(std::string const& text, char const* kind = "");
[[nodiscard]] Markup heading(char const* level, std::string const& id, std::string const& text);
/// A figure of a table, its exact value beside the rounded one, for programs.
[[nodiscard]] Markup number_cell(std::string const& text, std::optional<double> value);
[[nodiscard]] Markup text_cell(std::string const& text);
[[nodiscard]] Markup row_head(std::string const& text);
[[nodiscard]] Markup column_head(std::string const& text, bool is_number);
/// A table that scrolls sideways where the page is narrow. `kind` names it for programs.
[[nodiscard]] Markup table(std::string const& kind, std::string const& caption, Markup const& head, Markup const& body);
[[nodiscard]] Markup folded(std::string const& summary, Markup const& content);
/// Colours and dashes of the runs, with their titles.
[[nodiscard]] Markup legend(ReportRuns const& runs, bool with_base);
[[nodiscard]] std::vector<RunData const*> pointers(std::vector<RunReader> const& runs);

[[nodiscard]] Markup places_part(ReportRuns const& runs);
[[nodiscard]] Markup groups_part(ReportRuns const& runs);
[[nodiscard]] Markup assumptions_part(ReportRuns const& runs);
/// Of the history that the context has.
[[nodiscard]] Markup validation_part(ReportRuns const& runs);
[[nodiscard]] char const* report_style();

}  // namespace arraigo::analysis
