/// Published figures against a run of history: what was measured with its error, what the model says with its interval, and
/// what two forecasts without a model would have said. Nothing of the run is changed to fit.
#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/inference.hpp"
#include "analysis/run_data.hpp"
#include "core/month.hpp"
#include "core/text.hpp"

namespace arraigo::analysis {

/// What a figure may be used for.
enum class FigureSet {
  fitted,       ///< stands in the tables that a run of history starts from or is fed with: no test of the model
  calibration,  ///< of 2018 and 2019, in no table: kept for choosing parameters, which nothing has done yet
  held_out,     ///< of 2020 and later, in no table: judges
};
inline constexpr std::size_t figure_set_count = 3;

/// A recorded variable, or one key of it, added or subtracted: "payroll_by_origin[venezuelan]".
struct Term {
  std::string variable, key;  ///< key empty: the variable has no dimension
  bool subtracts = false;
};
/// Terms joined by " + " and " - ". Nothing when the text is none.
[[nodiscard]] std::optional<std::vector<Term>> parse_terms(std::string_view text);

struct PublishedFigure {
  std::string id, title_es, title_en, unit, source, error_basis, naive_source;
  FigureSet set{};
  std::vector<Term> numerator, denominator;  ///< denominator empty: a level
  bool needs_country = false;                ///< says nothing of a part of the country
  bool is_sum = false;                       ///< a level added up over the months; else their mean
  Month from{}, to{};
  double value = 0, standard_error = 0;      ///< as published
  std::optional<Month> prices;               ///< of soles
  std::optional<double> naive;               ///< the same of 2018, or of the nearest year that was published
  std::optional<Month> naive_prices;
  std::optional<double> hosts_then, hosts_now;  ///< what hosts went through, for the second forecast
  std::string note_es, note_en;

  [[nodiscard]] std::string const& title(Lang lang) const { return lang == Lang::es ? title_es : title_en; }
};

/// The table of published figures. InputError with every mistake found.
[[nodiscard]] std::vector<PublishedFigure> read_figures(std::filesystem::path const& file);

/// Of a share in percent by a sample of `people` whose design multiplies the variance by `design_effect`.
[[nodiscard]] double standard_error_of_share(double percent, double people, double design_effect);

/// Where the published figure should lie if the model were right: what chance does to one run (Student's t over the
/// replicates, for one more draw) and to the survey, joined as independent. One replicate: the survey's error alone. Where replicates
/// take `sets` of parameters in turn, replicates of one set are not independent: chance of a run is then that of parameter_parts
/// (Student's t over the sets), which is wide where parameters matter little.
[[nodiscard]] Interval predictive_interval(std::span<double const> replicates, double standard_error, std::size_t sets = 0);
/// With fewer replicates that interval is wide for want of them, or, with one, says nothing of chance: how many figures lie
/// inside is then no praise of the model, and is told with a warning.
inline constexpr int least_replicates_to_judge = 10;
/// How many times as wide its part of chance is as with very many replicates of the same spread. `replicates` from 2.
[[nodiscard]] double widening_by_few(int replicates);

/// Why a figure is not compared.
enum class NotCompared { compared, months, variable, whole_country, undefined };

struct FigureResult {
  PublishedFigure figure;
  NotCompared reason = NotCompared::compared;
  std::string missing;        ///< the variable or key that the run lacks
  double value = 0, standard_error = 0;  ///< in the run's soles, where it is soles
  double mean = 0;            ///< over replicates
  Interval interval;
  std::optional<double> carried, trend;  ///< the two forecasts without a model

  [[nodiscard]] bool is_inside() const { return interval.holds(value); }
  /// In standard errors of the published figure.
  [[nodiscard]] double errors_off(double forecast) const { return (forecast - value) / standard_error; }
};

/// How far forecasts lie from what was published: mean absolute error in standard errors.
struct SetScore {
  std::size_t figures = 0, inside = 0;
  std::optional<double> model;
  std::size_t with_naive = 0, with_trend = 0;  ///< those that have a value of before too; and those of whose trend hosts tell
  std::optional<double> model_there, carried, model_on_trend, trend;
  /// Whether the model is nearer than each forecast without a model that there is.
  [[nodiscard]] bool beats_carried() const { return carried && *model_there < *carried; }
  [[nodiscard]] bool beats_trend() const { return trend && *model_on_trend < *trend; }
  [[nodiscard]] bool beats_all() const { return beats_carried() && (!trend || beats_trend()); }
};

struct Validation {
  std::vector<FigureResult> figures;
  std::string run, area;
  bool whole_country = true;
  int replicates = 0, scale = 0;
  int parameter_sets = 0;  ///< that replicates took in turn; 0: all have the same parameters
  Month start{};
  int months = 0;
  std::string version, commit;
};

/// `price_level(month)`: soles of that month for one of the record's. `whole_country`: the run's area is all that the tables
/// hold; else what is of the country only is not compared.
[[nodiscard]] Validation validate(RunData const& run, std::span<PublishedFigure const> figures, bool whole_country,
                                  std::function<double(Month)> const& price_level);

[[nodiscard]] SetScore score_of(Validation const& validation, FigureSet set);

void print_validation(std::ostream& out, Validation const& validation, Lang lang, std::size_t columns);
void print_validation_csv(std::ostream& out, Validation const& validation);
void print_validation_json(std::ostream& out, Validation const& validation);
[[nodiscard]] char const* name_of(FigureSet set);  ///< as the table has it

}  // namespace arraigo::analysis
