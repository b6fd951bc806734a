/// Charts on a draw list: courses with bands, groups with intervals.
#pragma once
#include <string>
#include <vector>

#include "viz/figures_view.hpp"
#include "viz/ui.hpp"

namespace arraigo::viz {

/// Round numbers that divide a range: 3 to 7 of them.
[[nodiscard]] std::vector<double> ticks_between(double low, double high, int most = 5);
/// A number at a tick, short: "1 200", "2,5".
[[nodiscard]] std::string tick_text(double value, double step, Lang lang);
/// A value with the indicator's decimals, and a sign when it is a difference.
[[nodiscard]] std::string value_with(Indicator const& indicator, double value, Lang lang, bool signed_value = false);
[[nodiscard]] std::string interval_with(Indicator const& indicator, analysis::Interval const& interval, Lang lang, bool signed_value = false);
/// A difference with as many decimals as its interval has.
[[nodiscard]] std::string difference_with(Indicator const& indicator, double difference, std::optional<analysis::Interval> const& interval, Lang lang);
/// What a difference is in, "points" for a percentage; or what it is a part of.
[[nodiscard]] std::string unit_of_difference(Indicator const& indicator, DifferenceUnit unit, Lang lang);
/// A title as it begins a line: in the tables titles stand inside sentences.
[[nodiscard]] std::string title_line(std::string title);
[[nodiscard]] ImU32 colour_of_run(Session const& session, std::size_t run);
/// "Base", "A", "B"...
[[nodiscard]] std::string letter_of_run(Session const& session, std::size_t run, Lang lang);

/// The area inside the axes of a chart of `size`, relative to its corner.
struct PlotArea {
  ImVec2 low, high;
  [[nodiscard]] float x_of(double month, int months) const {
    return months < 2 ? (low.x + high.x) / 2 : low.x + (high.x - low.x) * static_cast<float>(month / (months - 1));
  }
  [[nodiscard]] float y_of(double value, double bottom, double top) const {
    return high.y - (high.y - low.y) * static_cast<float>((value - bottom) / (top - bottom));
  }
};
[[nodiscard]] PlotArea plot_area(Ui& ui, ImVec2 size, double low, double high);

/// `hidden`: the run whose course is kept back until it is revealed; runs.size() for none.
void draw_courses(Ui& ui, ImDrawList& list, ImVec2 size, CourseChart const& chart, Session const& session, std::size_t hidden);
void draw_groups(Ui& ui, ImDrawList& list, ImVec2 size, GroupChart const& chart, Session const& session, Indicator const& indicator);
/// Height that a chart of groups needs.
[[nodiscard]] float height_of_groups(Ui const& ui, GroupChart const& chart);

}  // namespace arraigo::viz
