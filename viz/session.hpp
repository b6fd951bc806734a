/// Everything that the interface shows and changes, without a pixel: runs on the screen, scenarios being edited, what is chosen.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/figures.hpp"
#include "analysis/run_data.hpp"
#include "init/country.hpp"
#include "map/map_geometry.hpp"
#include "params/scenario.hpp"
#include "viz/background.hpp"
#include "viz/levers.hpp"
#include "viz/live_engine.hpp"
#include "viz/progress_follower.hpp"

namespace arraigo::viz {

enum class RunKind { recorded, live, followed };

/// Districts and shapes of an area.
struct Place {
  std::string name;
  std::vector<std::uint16_t> rows;  ///< of the district table, ascending
  std::shared_ptr<MapGeometry const> shapes;
};

/// One scenario on the screen.
struct Run {
  RunKind kind = RunKind::live;
  std::string title_es, title_en;
  std::filesystem::path file;                       ///< recorded, followed; live: where it came from or was saved, if anywhere
  std::shared_ptr<analysis::RunData const> data;    ///< null until something came
  std::uint64_t version = 0;                        ///< another one whenever the data changed
  int wanted = 0;                                   ///< replicates that will be there in the end
  double seconds = 0;                               ///< live: from the request to the first replicate
  std::vector<std::string> mistakes;                ///< why there is nothing, or nothing new
  std::size_t slot = 0;                             ///< live: index into Document::scenarios
  std::string stem;                                 ///< live: of the scenario that the data are of
  std::shared_ptr<Place const> place;               ///< the map of its area
  bool stale = false;                               ///< live: the data are of an older setting
  std::shared_ptr<ProgressFollower> follower;       ///< touched by the background only
  bool complete = false;                            ///< followed: all months have come
  analysis::VariableCache cache;                    ///< of `version`
  std::map<std::string, std::uint64_t> asked;       ///< variables being read, by version
};

/// The scenarios that the user edits; the first is the base.
struct Document {
  std::vector<Scenario> scenarios;
  std::vector<Scenario> origins;  ///< what each of them started as
};

/// Steps that can be undone; a drag is one step.
class History {
 public:
  static constexpr std::size_t most_steps = 200;
  struct Step {
    std::string label_es, label_en;
    Document before, after;
    std::string merge;  ///< steps in a row with the same text here are one
  };
  void push(Step step);
  [[nodiscard]] std::optional<Document> undo();
  [[nodiscard]] std::optional<Document> redo();
  [[nodiscard]] bool can_undo() const { return at_ > 0; }
  [[nodiscard]] bool can_redo() const { return at_ < steps_.size(); }
  /// The step that would be undone next.
  [[nodiscard]] Step const* last() const { return at_ > 0 ? &steps_[at_ - 1] : nullptr; }
  [[nodiscard]] std::size_t size() const { return steps_.size(); }
  void end_merge() { merging_ = false; }
  void clear() { steps_.clear(), at_ = 0; }

 private:
  std::vector<Step> steps_;
  std::size_t at_ = 0;
  bool merging_ = false;
};

enum class MapMode { level, difference };
enum class DifferenceUnit { absolute, percent, per_thousand };
enum class Overlay { none, guide, help, definition, assumptions, story, snapshots, save, open };

/// What is chosen on the screen: nothing here changes a run.
struct View {
  std::size_t base = 0, alternative = 1;  ///< indices into Session::runs
  std::array<std::string, 4> kpis{"regular_share", "migrant_payroll_jobs", "migrant_insurance", "cost_per_contract"};
  std::array<std::string, 2> charts{"migrant_payroll_jobs", "regular_share"};
  std::string cut;                        ///< of the second chart; empty: a course over time
  std::string map_indicator = "migrant_formal_share";
  MapMode map_mode = MapMode::difference;
  DifferenceUnit unit = DifferenceUnit::absolute;
  bool chart_difference = false;          ///< charts show alternative minus base
  int month = 0;
  bool playing = false;
  float speed = 1;                        ///< 1: four months a second
  float play_carry = 0;
  bool workshop = false, small_multiples = false;
  bool show_points = false, show_flows = false;
  std::size_t point_service = 0;          ///< index into service_names
  std::optional<std::uint16_t> district;  ///< row of the district table that is looked at
  std::vector<std::uint16_t> picked;      ///< districts chosen for measures, rows of the district table
  float map_zoom = 1, map_x = 0, map_y = 0;
  bool predicting = false, revealed = true;
  std::vector<float> guess;               ///< by month; NaN where nothing was drawn
  std::string guess_of;                   ///< indicator and unit that it was drawn for
  [[nodiscard]] bool hides_alternative() const { return predicting && !revealed; }
  Overlay overlay = Overlay::none;
  std::string overlay_subject;            ///< the indicator or lever that the definition is of
  std::string search, district_search, note;
  std::string expanded;                   ///< measure whose window and places are shown
  int panel = 1;                          ///< on narrow screens: 0 measures, 1 charts, 2 map
  int guide_step = 0;
};

/// A named state to return to.
struct Snapshot {
  std::string name;
  Document document;
  View view;
};

/// The shipped policies that are always in sight; the others stand in their groups.
inline constexpr std::array<std::string_view, 4> first_presets{"quota_exemption", "regularisation", "service_expansion", "combined"};

struct SessionOptions {
  std::vector<std::string> files;       ///< run files, progress files and scenarios, in any order
  std::filesystem::path data, shipped;  ///< folders of tables and of shipped scenarios
  int threads = 2;
  LiveEngine::AnswerTimes answer;       ///< of the first replicate; decides the scale of live runs
  std::optional<int> scale;             ///< of live runs, instead of that
};

class Session {
 public:
  /// InputError when the tables cannot be read. Files are opened in the background; what is wrong with them becomes a notice.
  Session(SessionOptions options, std::function<void()> wake);
  ~Session();

  /// Opens a run file, a progress file, a scenario or a GeoJSON of boundaries. Returns at once.
  void open(std::filesystem::path const& file);
  /// Takes what the workers brought; true when anything changed.
  bool poll();
  [[nodiscard]] bool busy() const;

  // What is shown.
  std::vector<Run> runs;
  View view;
  std::vector<std::string> notices;  ///< sentences for the user, newest last
  [[nodiscard]] Run const* base() const { return view.base < runs.size() ? &runs[view.base] : nullptr; }
  [[nodiscard]] Run const* alternative() const { return view.alternative < runs.size() && view.alternative != view.base ? &runs[view.alternative] : nullptr; }
  [[nodiscard]] bool waiting() const;  ///< a run under way is shown whose first month has not come
  [[nodiscard]] std::string run_title(std::size_t run, Lang lang) const;  ///< "A: Regularización"
  /// Reasons for which the base and another run cannot be paired; empty: they can, or one of them is missing.
  [[nodiscard]] std::vector<std::string> const& unpaired_reasons(std::size_t run);
  [[nodiscard]] std::vector<std::string> const& unpaired_reasons() { return unpaired_reasons(view.alternative); }
  /// The shown month in a run's own count; nothing where the run does not hold it.
  [[nodiscard]] std::optional<int> month_in(std::size_t run, int month) const;
  [[nodiscard]] int months() const;      ///< of the shown runs' common horizon
  [[nodiscard]] Month start() const;
  [[nodiscard]] Month shown_month() const { return start() + view.month; }
  void set_month(int month);
  /// Changes whenever any shown datum did.
  [[nodiscard]] std::uint64_t data_version() const;

  // Figures.
  [[nodiscard]] std::vector<Indicator> const& indicators() const;  ///< of the shown runs, or of the model
  [[nodiscard]] Indicator const* indicator(std::string_view name) const;
  /// Null while the values are being read (or are not recorded; see `recorded`).
  [[nodiscard]] analysis::Figures const* figures(std::size_t run, std::string const& indicator, std::string const& by);
  [[nodiscard]] bool recorded(std::size_t run, std::string const& indicator, std::string const& by) const;
  [[nodiscard]] analysis::Cut const* cut(std::size_t run, std::string const& by);
  [[nodiscard]] std::vector<std::string> cuts() const;  ///< of the base, for people's groups

  // Places.
  std::shared_ptr<Country const> country;
  [[nodiscard]] std::vector<std::uint16_t> const& area() const { return area_; }  ///< rows of the district table on the map
  [[nodiscard]] MapGeometry const* geometry() const { return geometry_.get(); }
  std::uint64_t geometry_version = 0;
  /// How the map's keys are cut: "district", or "zone" for runs that hold no districts; "" when they hold neither.
  [[nodiscard]] std::string place_cut(std::size_t run) const;
  /// Keys of the districts of area() in a run's place cut; nothing for a district that has none.
  [[nodiscard]] std::vector<std::optional<std::size_t>> const& place_keys(std::size_t run);
  std::shared_ptr<PlaceTrace const> places[2];  ///< of base and alternative, once asked for
  void want_places();

  // Editing.
  std::vector<Scenario> presets;
  std::string open_preset_group;  ///< whose policies are shown below the first ones
  Document document;
  History history;
  std::vector<Snapshot> snapshots;
  int live_scale = 0;  ///< 0: not known yet
  [[nodiscard]] bool is_live() const { return !document.scenarios.empty(); }
  /// The scenario that the levers move: of the alternative on the screen, if it is live; null otherwise.
  [[nodiscard]] Scenario* edited();
  [[nodiscard]] Scenario const* origin() const;          ///< what the edited scenario started as
  [[nodiscard]] Scenario const* base_scenario() const { return document.scenarios.empty() ? nullptr : &document.scenarios.front(); }
  [[nodiscard]] std::vector<Lever> const& levers() const { return levers_; }
  /// Applies `change` to the edited scenario as a step of the history, checks it and asks for its run. A scenario that the reader
  /// would refuse is kept on the screen with the reasons, and the last figures stay.
  void edit(Text label, std::string merge, std::function<void(Scenario&)> const& change);
  void end_drag() { history.end_merge(); }
  void undo();
  void redo();
  void reset_to_scenario();               ///< as the alternative was opened
  void reset_to_base();                   ///< no policy at all
  void add_alternative();                 ///< a copy of the edited one, at most four
  void remove_alternative();
  void use_preset(std::size_t preset);    ///< turns the preset's measures on, or off when all are on
  [[nodiscard]] bool preset_on(std::size_t preset) const;
  void take_snapshot(std::string name);
  void return_to(std::size_t snapshot);
  void replay();                          ///< shows the last change once more, from before to after
  [[nodiscard]] bool replaying() const { return replay_left_ > 0; }
  void tick(float seconds);               ///< playing, replaying and following
  [[nodiscard]] bool follow_due() const;  ///< a run under way has not been looked at for half a second
  void go_live_from(std::size_t run);     ///< a recorded run's scenario as base and alternative of live runs
  /// The scenario as saved: with the scale and replicates that are shown.
  [[nodiscard]] Scenario as_shown(std::size_t slot) const;
  /// Writes it as an ordinary scenario file; a sentence when it cannot.
  [[nodiscard]] std::optional<std::string> save_scenario(std::size_t slot, std::filesystem::path const& file);

  // What the result turns on: the policy's effect with each assumption at either end of its range.
  struct Turn {
    ParameterRow const* row = nullptr;
    std::array<bool, 2> tried{};                     ///< low end, high end
    std::array<std::optional<double>, 2> effect{};   ///< alternative minus base, replicate 0; nothing: undefined or refused
    /// How far the effect moves over the range; nothing until both ends are known.
    [[nodiscard]] std::optional<double> swing() const {
      return effect[0] && effect[1] ? std::optional{*effect[1] - *effect[0]} : std::nullopt;
    }
  };
  struct Turns {
    std::string indicator;
    int month = 0;
    std::optional<double> effect;  ///< as it stands, replicate 0
    std::vector<Turn> rows;        ///< in the order of the parameter table
    std::size_t at = 0;            ///< rows before it are done
    bool running = false;
  };
  Turns turns;
  /// Begins to measure, in idle time, on the live runs; an edit ends it. Nothing when base and alternative are not both live.
  void measure_assumptions(std::string indicator);
  void stop_measuring();

  // Stories.
  std::optional<StoryAnswer> story;
  std::vector<std::size_t> story_runs;  ///< whose futures they are
  bool story_pending = false;
  void ask_story(std::string kind, std::optional<std::uint16_t> district);

 private:
  /// Slots of the runs that measure assumptions: base and alternative.
  static constexpr std::size_t first_turn_slot = 1000;
  void open_run(std::filesystem::path const& file, bool show);
  void open_progress(std::filesystem::path const& file, bool show);
  void show_run(Run run, bool show);
  void open_scenarios(std::vector<std::filesystem::path> const& wanted);  ///< one against the baseline, several as base and alternatives
  void open_boundaries(std::filesystem::path const& file);
  void start_live(std::vector<Scenario> scenarios, std::vector<std::filesystem::path> files);
  void request(std::size_t slot);
  void request_all();
  void take_live(std::size_t slot, LiveRun const& live);
  void follow();
  void measure_next();
  void take_turn(std::size_t slot, std::shared_ptr<LiveRun const> const& live);
  void set_area(std::string const& area);
  /// Null for an area that there is not; from any thread.
  [[nodiscard]] std::shared_ptr<Place const> place_of(std::string const& area) const;
  void use_place(std::shared_ptr<Place const> const& place);
  void load_presets();
  void refresh_levers();
  void show_document(Document document);
  void forget_derived();  ///< stories, places and measured assumptions are of what was shown before
  void end_replay();      ///< the state after the change is back at once
  [[nodiscard]] std::optional<Scenario> story_scenario(std::size_t run);
  Run& add_run(Run run);
  std::size_t run_of_slot(std::size_t slot) const;

  SessionOptions options_;
  std::function<void()> wake_;
  std::uint64_t next_version_ = 1;
  std::vector<std::uint16_t> area_;
  std::string area_name_;
  std::shared_ptr<MapGeometry const> geometry_;
  std::vector<Lever> levers_;
  struct FigureKey {
    std::size_t run;
    std::string indicator, by;
    auto operator<=>(FigureKey const&) const = default;
  };
  struct CachedFigures {
    std::uint64_t version = 0;
    std::shared_ptr<analysis::Figures const> figures;
  };
  std::map<FigureKey, CachedFigures> figures_;
  std::map<std::pair<std::size_t, std::string>, std::pair<std::uint64_t, std::shared_ptr<analysis::Cut const>>> cuts_;
  struct PlaceKeys {
    std::uint64_t version = 0, geometry = 0;
    std::vector<std::optional<std::size_t>> keys;
  };
  std::map<std::size_t, PlaceKeys> place_keys_;
  std::vector<std::string> asked_for_;  ///< by slot: the scenario last asked for, as YAML
  std::map<std::size_t, std::pair<std::uint64_t, std::vector<std::string>>> reasons_;  ///< by run
  bool started_ = false;                            ///< the command line's files were taken
  float replay_left_ = 0;
  std::optional<Document> replay_after_;
  std::pair<std::size_t, std::size_t> chosen_{0, 0};  ///< base and alternative that places and story are of
  std::array<std::shared_ptr<LiveRun const>, 2> turn_runs_;
  std::shared_ptr<Place const> live_place_;
  int places_pending_ = 0;  ///< 0: not asked for; 1, 2: base or alternative is being computed; 3: answered
  float since_follow_ = 0;  ///< seconds of ticks
  std::chrono::steady_clock::time_point followed_at_{};
  std::unique_ptr<Background> background_;
  Background* where_files_are_read_ = nullptr;  ///< the same, also while it ends
  std::unique_ptr<LiveEngine> engine_;
};

}  // namespace arraigo::viz
