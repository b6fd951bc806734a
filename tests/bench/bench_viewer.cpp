/// Benchmark of the viewer on no screen (1600 by 900, drawn by software). Not a test: it prints, it never fails on time.
///   bench_viewer [--part live|live20|recorded|open,...] [--quick] [--large] [--threads N] [--scale K] [--data DIR]
#define GL_GLEXT_PROTOTYPES
#include <GL/gl.h>
#include <GL/glext.h>
#include <imgui.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include "record/run_file.hpp"
#include "schedule/simulation.hpp"
#include "support/viz_screen.hpp"
#include "viz/app.hpp"
#include "viz/egl_context.hpp"
#include "viz/figures_view.hpp"
#include "viz/fonts.hpp"
#include "viz/gl_canvas.hpp"
#include "viz/live_engine.hpp"

namespace {

namespace fs = std::filesystem;
using namespace arraigo;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
void sleep_seconds(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

/// Processor seconds of the whole process.
double cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}
/// Peak resident memory since the last reset, MiB.
double peak_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}
void reset_peak() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}
std::string load_of_machine() {
  std::ifstream file("/proc/loadavg");
  std::string line;
  std::getline(file, line);
  return line;
}

/// The value that `share` of all do not exceed; NaN of nothing.
double percentile(std::vector<double> values, double share) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  auto const rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}
double longest(std::vector<double> const& values) { return percentile(values, 1); }

void heading(std::string const& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}
void row(std::string const& name, double value, char const* unit, char const* wanted = "", int decimals = 1) {
  fmt::print("  {:<100}{:>10}  {:<5}{}\n", name, std::isnan(value) ? "none" : fmt::format("{:.{}f}", value, decimals), unit, wanted);
  std::fflush(stdout);
}

/// Seconds of frames, and of what they are made of.
struct Frames {
  std::vector<double> all, interface, drawing;
  std::vector<double> processor;  ///< of all threads
  void clear() { *this = {}; }
};

constexpr double shortest_frame = 1.0 / 62;  ///< as in the window's program
constexpr double longest_sleep = 0.25;
constexpr double patience = 900;             ///< seconds until a wait is given up

/// The interface on no screen, drawn whole each frame, and waiting as the window's program does.
class Stage {
 public:
  explicit Stage(viz::AppOptions options) : canvas_("#version 330"), app_(std::move(options), canvas_, [this] { news_ = true; }) {
    ImVec2 const size = ImGui::GetIO().DisplaySize;
    glGenTextures(1, &texture_);
    glBindTexture(GL_TEXTURE_2D, texture_);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, static_cast<int>(size.x), static_cast<int>(size.y), 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
    glGenFramebuffers(1, &buffer_);
    glBindFramebuffer(GL_FRAMEBUFFER, buffer_);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture_, 0);
  }
  ~Stage() {
    glDeleteFramebuffers(1, &buffer_);
    glDeleteTextures(1, &texture_);
  }
  Stage(Stage const&) = delete;
  Stage& operator=(Stage const&) = delete;

  Frames frames;  ///< drawn since the last clear()
  float step = 0; ///< seconds that a frame tells the interface; 0: those that passed

  void frame() {
    ImGuiIO& io = ImGui::GetIO();
    double const start = now(), spent = cpu();
    io.DeltaTime = step > 0 ? step : std::clamp(static_cast<float>(start - last_frame_), 1e-4F, 0.1F);
    last_frame_ = start;
    canvas_.prepare(app_.text_scale(), 1);
    ImGui::NewFrame();
    fill();
    ImGui::Render();
    double const filled = now();
    canvas_.show(viz::colour::ground);
    glFinish();
    double const shown = now();
    canvas_.save_what_was_asked_for(viz::colour::ground, [this] { fill(); });
    double const end = now();
    frames.all.push_back(end - start);
    frames.interface.push_back(filled - start);
    frames.drawing.push_back(shown - filled);
    frames.processor.push_back(cpu() - spent);
  }
  void paced_frame() {
    double const next = now() + shortest_frame;
    frame();
    if (double const left = next - now(); left > 0) sleep_seconds(left);
  }

  /// Frames when they are due until `done`; its seconds, NaN when patience ended.
  template <class Done>
  double until(Done const& done) {
    double const start = now();
    while (!done()) {
      if (now() - start > patience) return std::numeric_limits<double>::quiet_NaN();
      if (due())
        frame();
      else
        sleep_seconds(0.001);
    }
    return now() - start;
  }
  void rest(double seconds) {
    double const end = now() + seconds;
    static_cast<void>(until([&] { return now() >= end; }));
  }
  /// Until nothing is computed or read any more.
  double settle() {
    double const start = now();
    for (int quiet = 0; quiet < 4 && now() - start < patience;) {
      frame();
      quiet = session().busy() || app_.wants_frame() ? 0 : quiet + 1;
      if (quiet == 0) sleep_seconds(0.002);
    }
    news_ = false;
    due_ = 0;
    return now() - start;
  }
  [[nodiscard]] bool due() {
    if (news_.exchange(false)) due_ = 3;
    if (due_ == 0) return app_.wants_frame();
    --due_;
    return true;
  }

  [[nodiscard]] viz::App& app() { return app_; }
  [[nodiscard]] viz::Session& session() { return app_.session(); }
  [[nodiscard]] viz::GlCanvas& canvas() { return canvas_; }

 private:
  void fill() {
    app_.set_bold_font(viz::bold_font());
    app_.frame();
  }

  // The context must outlive what draws, and what threads wake must outlive them.
  viz::SurfacelessContext context_;
  viz::ImGuiWithoutWindow imgui_;
  std::atomic<bool> news_{true};
  viz::GlCanvas canvas_;
  viz::App app_;
  unsigned texture_ = 0, buffer_ = 0;
  double last_frame_ = now();
  int due_ = 0;
};

struct Options {
  bool quick = false, large = false;
  int threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2U, 65U)) - 1;  // as the viewer's
  int scale = 0;
  std::vector<std::string> parts{"live", "live20", "recorded", "open"};
  fs::path data = fs::path(ARRAIGO_SOURCE_DIR) / "scenarios" / "data";
  [[nodiscard]] fs::path shipped() const { return data.parent_path(); }
  [[nodiscard]] bool has(char const* part) const { return std::find(parts.begin(), parts.end(), part) != parts.end(); }
  [[nodiscard]] int times(int whole, int quickly) const { return quick ? quickly : whole; }
};

viz::AppOptions app_options(Options const& options, std::vector<std::string> files, int scale = 0) {
  viz::AppOptions made;
  made.session.files = std::move(files);
  made.session.data = options.data;
  made.session.shipped = options.shipped();
  made.session.threads = options.threads;
  if (scale > 0) made.session.scale = scale;
  return made;
}

Scenario shipped_scenario(Options const& options, Country const& country, std::string const& stem, Overrides const& overrides) {
  return read_scenario(options.shipped() / (stem + ".yaml"), country.districts, ScenarioPlaces{options.shipped()}, overrides, country.reach());
}

RunAttributes attributes_of(Scenario const& scenario, Country const& country) {
  RunAttributes attributes;
  attributes.text = {{"stem", scenario.stem},         {"scenario", to_yaml(scenario)},    {"area", scenario.area},        {"start", scenario.start.text()},
                     {"detail", "districts"},         {"data_digest", country.digest},    {"title_es", scenario.title_es}, {"title_en", scenario.title_en}};
  attributes.integers = {{"seed", static_cast<std::int64_t>(scenario.seed)}, {"scale", scenario.scale}, {"months", scenario.months}, {"replicates", scenario.replicates}};
  return attributes;
}

/// Runs a shipped scenario and writes it by district.
std::string record(Options const& options, Country const& country, std::string const& stem, Overrides const& overrides, fs::path const& target) {
  Scenario const scenario = shipped_scenario(options, country, stem, overrides);
  std::vector<ReplicateRecord> records;
  RecordLayout const layout = Simulation::layout(scenario, country, Detail::districts);
  int const threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  tbb::task_arena arena(threads);
  arena.execute([&] {
    auto const setup = Simulation::prepare(scenario, country);
    for (int replicate = 0; replicate < scenario.replicates; ++replicate) {
      Simulation simulation(setup, replicate, Detail::districts);
      while (!simulation.done()) simulation.step();
      records.push_back(simulation.take_record());
    }
  });
  write_run_file(target, layout, records, attributes_of(scenario, country), false);
  return target.string();
}

/// A run of the whole country that nobody ran, of at least `bytes`: values of 48 random bits, of which compression spares nothing.
std::string record_noise(Options const& options, Country const& country, std::uint64_t bytes, fs::path const& target) {
  Overrides overrides;
  overrides.area = "peru";
  overrides.scale = 1000;
  overrides.months = 120;
  overrides.replicates = 8;
  Scenario const scenario = shipped_scenario(options, country, "baseline", overrides);
  RecordLayout layout = Simulation::layout(scenario, country, Detail::districts);
  auto const cells = [&](Variable const& variable) {
    return static_cast<std::uint64_t>(layout.months) * (variable.dimension < 0 ? 1 : layout.dimensions[static_cast<std::size_t>(variable.dimension)].keys.size());
  };
  std::uint64_t stored = 0;
  Variable largest = layout.variables.front();
  for (auto const& variable : layout.variables) {
    stored += 6 * cells(variable) * 8;
    if (cells(variable) > cells(largest)) largest = variable;
  }
  std::string const dimension = layout.dimensions[static_cast<std::size_t>(largest.dimension)].name;
  for (int number = 1; stored < bytes; ++number) {
    Variable more = largest;
    more.base = fmt::format("bulk_{}", number);
    more.name = more.base + "_by_" + dimension;
    stored += 6 * cells(more) * 8;
    layout.variables.push_back(std::move(more));
  }
  std::mt19937_64 random(20260101);
  std::vector<ReplicateRecord> records(8);
  for (auto& each : records)
    for (auto const& variable : layout.variables) {
      std::vector<std::int64_t> values(cells(variable));
      for (auto& value : values) value = static_cast<std::int64_t>(random() >> 16U);
      each.values.push_back(std::move(values));
    }
  write_run_file(target, layout, records, attributes_of(scenario, country), false);
  return target.string();
}

void rows_of_frames(Stage& stage, std::string const& what) {
  double sum = 0;
  for (double const seconds : stage.frames.all) sum += seconds;
  row(what, static_cast<double>(stage.frames.all.size()) / sum, "1/s", ">= 20");
  row("  of each frame (median): the interface with its pictures", 1e3 * percentile(stage.frames.interface, 0.5), "ms");
  row("  of each frame (median): drawing the screen", 1e3 * percentile(stage.frames.drawing, 0.5), "ms");
  row("  of each frame (median): processor time of all threads", 1e3 * percentile(stage.frames.processor, 0.5), "ms");
  row("  longest frame", 1e3 * longest(stage.frames.all), "ms");
}

/// The clock, the map and the month's handle move: every frame is another one.
void moving(Options const& options, Stage& stage, std::string const& what) {
  auto& session = stage.session();
  int const count = options.times(240, 60);
  session.set_month(0);
  session.view.speed = 2.5F;  // one month in the tenth of a second that every frame tells
  stage.step = 0.1F;
  stage.frame();
  stage.frames.clear();
  int months = 0;
  for (int i = 0; i < count; ++i) {
    if (!session.view.playing) {
      session.set_month(0);
      session.view.playing = true;
    }
    int const before = session.view.month;
    stage.frame();
    months += session.view.month != before ? 1 : 0;
  }
  rows_of_frames(stage, fmt::format("{}: frames while the clock plays ({} of {} with another month)", what, months, count));
  session.view.playing = false;
  session.view.speed = 1;
  stage.step = 0;
  stage.frame();

  auto const& geometry = *session.geometry();
  float const width = geometry.high().x - geometry.low().x;
  for (bool const names : {false, true}) {
    stage.frames.clear();
    for (int i = 0; i < count; ++i) {
      float const turn = 6.28318F * static_cast<float>(i) / 60;
      session.view.map_zoom = names ? 8 + 2 * std::sin(turn) : 2 + std::sin(turn);
      session.view.map_x = 0.2F * width * std::sin(turn * 0.7F);
      session.view.map_y = 0.2F * width * std::cos(turn * 0.9F);
      stage.frame();
    }
    rows_of_frames(stage, fmt::format("{}: frames while the map moves, zoom {}", what, names ? "6 to 10" : "1 to 3"));
  }
  session.view.map_zoom = 1;
  session.view.map_x = session.view.map_y = 0;
  stage.frame();

  std::mt19937 random(7);
  stage.frames.clear();
  for (int i = 0; i < count; ++i) {
    session.set_month(static_cast<int>(random() % static_cast<unsigned>(session.months())));
    stage.frame();
  }
  row(what + ": a frame while the month jumps at random, 95th percentile", 1e3 * percentile(stage.frames.all, 0.95), "ms", "<= 50");
  session.set_month(session.months() - 1);
  stage.frame();
}

/// The first lever of numbers that is on the screen.
viz::Lever const* lever_on_screen(Stage& stage) {
  for (auto const& lever : stage.session().levers())
    if ((lever.row().type == FieldType::number || lever.row().type == FieldType::integer) && stage.app().widget(lever.id)) return &lever;
  return nullptr;
}

double value_of(viz::Session& session, viz::Lever const& lever) {
  auto const* const measure = viz::find_measure(*session.edited(), lever.pattern.id);
  return measure == nullptr || !measure->values[lever.field].set ? std::numeric_limits<double>::quiet_NaN() : measure->values[lever.field].number;
}

void set_lever(viz::Session& session, viz::Lever const& lever, double share) {
  double value = lever.low + share * (lever.high - lever.low);
  if (lever.row().type == FieldType::integer || lever.high - lever.low >= 100) value = std::round(value);
  session.edit({"palanca", "lever"}, lever.id, [&](Scenario& scenario) {
    FieldValue& field = viz::measure_for(scenario, lever.pattern).values[lever.field];
    field.number = value;
    field.set = true;
  });
  session.end_drag();
}

void dragging(Options const& options, Stage& stage, viz::Lever const& lever) {
  auto& session = stage.session();
  auto const place = *stage.app().widget(lever.id);
  ImGuiIO& io = ImGui::GetIO();
  int const count = options.times(100, 40), room = std::max(2, static_cast<int>(place.z - place.x) - 24);
  auto const at = [&](int i) {
    int const turn = i % (2 * room);
    return ImVec2(place.x + 12 + static_cast<float>(turn < room ? turn : 2 * room - turn), (place.y + place.w) / 2);
  };
  io.MousePos = at(0);
  stage.frame();
  io.MouseDown[0] = true;
  stage.frame();
  stage.frames.clear();
  int changes = 0, working = 0;
  for (int i = 1; i <= count; ++i) {
    double const before = value_of(session, lever);
    io.MousePos = at(i);
    stage.paced_frame();
    changes += value_of(session, lever) != before ? 1 : 0;
    working += session.busy() ? 1 : 0;
  }
  io.MouseDown[0] = false;
  stage.frame();
  io.MousePos = ImVec2(-1, -1);
  row(fmt::format("a frame while a lever is dragged ({} changes in {} frames, {} with the worker), 95th p.", changes, count, working),
      1e3 * percentile(stage.frames.all, 0.95), "ms", "<= 50");
  row("  longest", 1e3 * longest(stage.frames.all), "ms", "<= 50");
  row("  of it (median): the interface with its pictures", 1e3 * percentile(stage.frames.interface, 0.5), "ms");
}

bool whole_band(viz::Session& session) {
  for (auto const* run : {session.base(), session.alternative()})
    if (run == nullptr || run->stale || !run->data || run->data->replicates() < run->wanted) return false;
  return true;
}

/// From opening the program to figures, and from a moved lever to figures.
void answering(Stage& stage, int changes, double rest) {
  auto& session = stage.session();
  double const first = stage.until([&] { return session.base() != nullptr && session.base()->data && session.alternative() != nullptr && session.alternative()->data; });
  row("people per agent of live runs", session.live_scale, "", "", 0);
  row("opening the scenario to base and alternative with one replicate each (with the choice of the scale)", first, "s", "", 2);
  double const band = stage.until([&] { return whole_band(session); });
  row(fmt::format("from then to the whole band ({0} of {0} replicates of both)", session.alternative()->wanted), band, "s", "", 2);
  stage.settle();
  auto const* const found = lever_on_screen(stage);
  if (found == nullptr) return heading("  no lever on the screen");
  viz::Lever const lever = *found;

  std::mt19937 random(11);
  std::vector<double> seconds;
  for (int i = 0; i < changes; ++i) {
    // Values that were not asked for before, or the answer were there at once.
    double const share = (static_cast<double>(i) + 0.05 + 0.9 * static_cast<double>(random() % 1000) / 1000) / changes;
    double const start = now();
    set_lever(session, lever, share);
    if (!std::isnan(stage.until([&] { return !session.alternative()->stale; }))) seconds.push_back(now() - start);
    stage.rest(rest);
  }
  std::string const name = fmt::format("lever to chart with its first replicate ({} changes of {}), ", seconds.size(), lever.id);
  row(name + "median", percentile(seconds, 0.5), "s", "", 2);
  row(name + "95th p.", percentile(seconds, 0.95), "s", "<= 1.0", 2);
  stage.settle();
  double const start = now();
  set_lever(session, lever, 0.5 / changes + 0.003);
  static_cast<void>(stage.until([&] { return whole_band(session); }));
  row("lever to the whole band", now() - start, "s", "", 2);
  stage.settle();
}

/// Seconds until the worker has nothing to do once what it runs is no longer wanted: the old run stops in the same way when a new
/// setting comes, which the worker then begins.
void cancelling(Options const& options, std::shared_ptr<Country const> const& country, int scale) {
  Overrides overrides;
  overrides.scale = scale;
  Scenario scenario = shipped_scenario(options, *country, "regularisation", overrides);
  std::mt19937 random(3);
  auto const stop_after = [&](viz::LiveEngine& engine, double seconds) {
    engine.request(0, scenario);
    sleep_seconds(seconds);
    double const start = now();
    engine.drop(0);
    while (engine.busy()) sleep_seconds(0.0002);
    return now() - start;
  };
  int const count = options.times(20, 6);
  std::vector<double> building, months;
  for (int i = 0; i < std::max(3, count / 4); ++i) {
    viz::LiveEngine engine(country, options.threads, [] {});
    building.push_back(stop_after(engine, 0.05 + 0.1 * i));
  }
  viz::LiveEngine engine(country, options.threads, [] {});
  engine.request(0, scenario);
  for (bool arrived = false; !arrived; sleep_seconds(0.002)) arrived = !engine.poll().runs.empty();
  for (int i = 0; i < count; ++i) {
    Month& from = scenario.measures.back().from;
    from = from + 1;  // another run from the same start
    months.push_back(stop_after(engine, 0.02 + 0.4 * static_cast<double>(random() % 1000) / 1000));
  }
  row(fmt::format("1:{}: a run that is no longer wanted stops, 95th p. of {}", scale, count), 1e3 * percentile(months, 0.95), "ms");
  row(fmt::format("1:{}: the same while its start is being built, longest of {}", scale, building.size()), 1e3 * longest(building), "ms");
}

void idling(Options const& options, Stage& stage) {
  stage.settle();
  double const seconds = options.quick ? 2 : 5, start = now(), spent = cpu();
  stage.frames.clear();
  while (now() - start < seconds) {
    if (stage.due())
      stage.frame();
    else
      sleep_seconds(longest_sleep);
  }
  row("idle: processor share", 100 * (cpu() - spent) / (now() - start), "%", "", 3);
  row("idle: frames that the interface wants", static_cast<double>(stage.frames.all.size()), "", "0", 0);
}

void switching(Options const& options, Stage& stage, fs::path const& folder) {
  auto const shown_after = [&](viz::Key key) {
    double const start = now();
    stage.app().key(key);
    stage.frame();
    stage.frame();  // a key is obeyed at the end of a frame
    double const seconds = now() - start;
    stage.settle();
    return seconds;
  };
  std::vector<double> language, size;
  for (int i = 0; i < options.times(10, 4); ++i) language.push_back(shown_after(viz::Key::language));
  for (int i = 0; i < options.times(3, 1); ++i)
    for (auto const key : {viz::Key::larger, viz::Key::larger, viz::Key::smaller, viz::Key::smaller}) size.push_back(shown_after(key));
  row("another language until shown, longest", 1e3 * longest(language), "ms");
  row("another text size until shown, longest", 1e3 * longest(size), "ms");
  std::string answer;
  double const start = now();
  stage.canvas().save_screen(folder / "screen.png", 2, [&](std::string told) { answer = std::move(told); });
  stage.frame();
  row("a picture of the screen with double pixels" + (answer.empty() ? std::string() : " (" + answer + ")"), now() - start, "s", "", 2);
}

/// From Session::open of a run file to the frame with its figures.
void opening(Options const& options, std::string const& file, std::string const& what, fs::path const& folder) {
  Stage stage(app_options(options, {(folder / "none.h5").string()}));  // nothing is open then
  stage.settle();
  auto& session = stage.session();
  session.notices.clear();
  stage.frame();
  stage.frames.clear();
  auto const has_headlines = [&] {
    if (session.base() == nullptr) return false;
    return std::all_of(session.view.kpis.begin(), session.view.kpis.end(), [&](std::string const& name) {
      return session.indicator(name) == nullptr || (!viz::headline(session, name, session.view.month).pending && viz::headline(session, name, session.view.month).base);
    });
  };
  auto const has_map = [&] {
    std::string const by = session.place_cut(session.view.base);
    return session.figures(session.view.base, session.view.map_indicator, by) != nullptr;
  };
  double const start = now();
  stage.app().open(file);
  stage.frame();
  double const first = stage.until([&] { return has_headlines() || !session.notices.empty(); });
  if (std::isnan(first) || !session.notices.empty()) return heading("  " + (session.notices.empty() ? std::string("no figures") : session.notices.front()));
  stage.frame();
  row(fmt::format("{} ({:.1f} MB) to the first frame with figures", what, static_cast<double>(fs::file_size(file)) / 1e6), now() - start, "s", "< 1", 3);
  static_cast<void>(stage.until(has_map));
  stage.frame();
  row("  to the frame with its map, too", now() - start, "s", "", 3);
  stage.settle();
  row("  longest frame meanwhile", 1e3 * longest(stage.frames.all), "ms", "<= 50");
}

void run(Options const& options) {
  tests::TemporaryFolder const folder;
  auto const country = std::make_shared<Country const>(read_country(options.data));
  std::string const alternative = (options.shipped() / "regularisation.yaml").string();
  heading(fmt::format("load of the machine: {}; {} processors, {} for live runs", load_of_machine(), std::thread::hardware_concurrency(), options.threads));
  fmt::print("  {:<100}{:>10}  {:<5}{}\n", "name", "value", "unit", "wanted");

  double const start = now();
  Overrides lima, peru;
  lima.scale = 200;
  if (options.quick) lima.months = 24;
  peru.area = "peru";
  peru.scale = 1000;
  peru.months = options.times(12, 6);
  peru.replicates = 2;
  std::string const lima_file = record(options, *country, "baseline", lima, folder.path() / "lima.h5");
  std::vector<std::string> const peru_files{record(options, *country, "baseline", peru, folder.path() / "baseline.h5"),
                                            record(options, *country, "regularisation", peru, folder.path() / "regularisation.h5")};
  row("making the recorded runs", now() - start, "s");
  reset_peak();

  if (options.has("live")) {
    heading("Lima and Callao, live");
    Stage stage(app_options(options, {alternative}, options.scale));
    answering(stage, options.times(30, 8), 0.3);
    if (auto const* const lever = lever_on_screen(stage)) dragging(options, stage, viz::Lever(*lever));
    stage.settle();
    moving(options, stage, "Lima");
    idling(options, stage);
    switching(options, stage, folder.path());
    cancelling(options, country, stage.session().live_scale);
  }
  if (options.has("live20")) {
    heading("Lima and Callao, live, one agent for 20");
    {
      Stage stage(app_options(options, {alternative}, 20));
      answering(stage, options.times(30, 3), 0.3);
      if (auto const* const lever = lever_on_screen(stage)) dragging(options, stage, viz::Lever(*lever));
    }
    cancelling(options, country, 20);
  }
  if (options.has("recorded")) {
    heading("Peru, recorded");
    Stage stage(app_options(options, peru_files));
    stage.settle();
    row("districts on the map", static_cast<double>(stage.session().area().size()), "", "", 0);
    moving(options, stage, "Peru");
    idling(options, stage);
    switching(options, stage, folder.path());
  }
  if (options.has("open")) {
    heading("Opening recorded runs");
    opening(options, lima_file, "Lima", folder.path());
    opening(options, peru_files.front(), "Peru", folder.path());
  }
  row("peak memory", peak_mib(), "MiB", "", 0);
  if (options.large) {
    double const before = now();
    std::string const file = record_noise(options, *country, 2'000'000'000, folder.path() / "large.h5");
    row("making the large file", now() - before, "s");
    reset_peak();
    opening(options, file, "large file, in the page cache", folder.path());
    row("peak memory with the large file", peak_mib(), "MiB", "", 0);
  }
  heading(fmt::format("load of the machine: {}", load_of_machine()));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string data = options.data.string();
  CLI::App app{"Times the viewer without a screen: frames, answers to levers, opening, memory."};
  app.add_flag("--quick", options.quick, "Fewer repetitions");
  app.add_flag("--large", options.large, "Also a run file of 2 GB, written into the temporary folder");
  app.add_option("--part", options.parts, "Parts to time: live, live20, recorded, open")->delimiter(',')->check(CLI::IsMember({"live", "live20", "recorded", "open"}));
  app.add_option("--threads", options.threads, "Workers of live runs")->check(CLI::PositiveNumber);
  app.add_option("--scale", options.scale, "People per agent of live runs, instead of the viewer's choice")->check(CLI::Range(1, most_people_per_agent));
  app.add_option("--data", data, "Folder of tables");
  CLI11_PARSE(app, argc, argv);
  options.data = data;
  try {
    run(options);
  } catch (std::exception const& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
