/// What the pictures are made of: courses over time, groups, places and headline cards, computed from the session's runs and kept until
/// the data change.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "viz/session.hpp"

namespace arraigo::viz {

/// One line of a chart.
struct Course {
  std::size_t run = 0;
  bool is_base = false;
  std::vector<analysis::Level> months;  ///< or differences from the base, when the chart shows these
};

struct CourseChart {
  std::string indicator;
  std::vector<Course> courses;  ///< base first
  bool difference = false;
  bool pending = false;         ///< values are being read
  double low = 0, high = 1;     ///< of all courses with their bands
};
[[nodiscard]] CourseChart course_chart(Session& session, std::string const& indicator, bool difference);

/// Groups of people in one month: base, alternative and difference by key.
struct GroupChart {
  std::string indicator, by;
  std::string title_es, title_en;
  std::vector<std::string> label_es, label_en;
  std::vector<analysis::PairedFigure> groups;
  std::vector<bool> too_small;  ///< by group: fewer than least_agents, its figures are withheld
  bool pending = false, recorded = true;
};
[[nodiscard]] GroupChart group_chart(Session& session, std::string const& indicator, std::string const& by, int month);

/// A value on the map: of a district in the shown month.
struct PlaceFigure {
  std::optional<double> level, base, difference;
  std::optional<analysis::Interval> interval;  ///< of the level or of the difference, whichever is shown
  bool clear = false;                          ///< the difference's interval leaves out zero
  bool too_small = false;                      ///< fewer than least_agents: its figures are withheld, as compare withholds them
  int replicates = 0;
};
struct PlaceMap {
  std::vector<PlaceFigure> districts;  ///< as Session::area()
  double low = 0, high = 1;            ///< colour scale: symmetric about zero for differences
  std::size_t replicates = 0;          ///< that both runs have; a single one gives no intervals
  bool pending = false, recorded = true, difference = false;
};
/// Ends of the colours' scale: of all `runs` and all months, so that colours mean the same side by side and while the clock runs.
struct PlaceScale {
  double low = 0, high = 1;
  bool pending = false;
};
[[nodiscard]] PlaceScale place_scale(Session& session, std::vector<std::size_t> const& runs, std::string const& indicator, MapMode mode, DifferenceUnit unit);
/// `run`: the scenario whose level, or difference from the base, is shown.
[[nodiscard]] PlaceMap place_map(Session& session, std::size_t run, std::string const& indicator, MapMode mode, DifferenceUnit unit, int month, PlaceScale const& scale);

/// Of the places of a map: how many have a figure that counts (of differences one with an interval), how many of these are clear of
/// zero, and how many are grey.
struct PlaceCounts {
  std::size_t defined = 0, clear = 0, grey = 0;
};
/// Whether a place has nothing that a colour could show.
[[nodiscard]] bool is_grey(PlaceFigure const& place, PlaceMap const& map);
[[nodiscard]] PlaceCounts counts_of(PlaceMap const& map);

/// A headline card.
struct Headline {
  std::optional<double> base, alternative, difference;
  std::optional<analysis::Interval> interval;
  int replicates = 0, wanted = 0;
  bool pending = false;
};
[[nodiscard]] Headline headline(Session& session, std::string const& indicator, int month);

/// Public cost of one more payroll contract held by a migrant for a month, up to `month`: the ratio of the accumulated differences.
/// Interval by Fieller's theorem over paired replicates; none where the number of contracts is not clearly different from zero.
struct Ratio {
  std::optional<double> value;
  std::optional<analysis::Interval> interval;
  int replicates = 0;
  bool pending = false;
};
[[nodiscard]] Ratio cost_per_contract(Session& session, int month);
/// The mean ratio of paired sums and its interval. `numerator` and `denominator` have one value per replicate.
[[nodiscard]] Ratio fieller_ratio(std::vector<double> const& numerator, std::vector<double> const& denominator);

/// A difference in the unit that is shown: of `base` in percent or per thousand, or as it is.
[[nodiscard]] std::optional<double> in_unit(std::optional<double> difference, std::optional<double> base, DifferenceUnit unit);

}  // namespace arraigo::viz
