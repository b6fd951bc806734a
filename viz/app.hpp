/// The whole interface: a function of the session's state, drawn anew each frame. Knows no window and no graphics library.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "viz/session.hpp"
#include "viz/ui.hpp"

namespace arraigo::viz {

struct AppOptions {
  SessionOptions session;
  Lang lang = Lang::es;
  float text_scale = 1;
  bool guide = false;  ///< begin with the first-start guide
};

inline constexpr float text_scales[] = {1.0F, 1.6F, 2.0F};

class App {
 public:
  /// ImGui's context must exist. `wake`: called from other threads when a frame is due.
  App(AppOptions options, Canvas& canvas, std::function<void()> wake);
  ~App();

  /// Fills the display; between ImGui::NewFrame and ImGui::Render.
  void frame();
  void key(Key key) { ui_.keys.push_back(key); }
  void open(std::filesystem::path const& file) { session_->open(file); }
  [[nodiscard]] bool wants_frame() const;  ///< something moves by itself: draw again without waiting for events
  [[nodiscard]] bool wants_quit() const { return quit_; }
  void ask_to_quit() { quit_ = true; }
  /// Text size times 15 pixels; the caller rebuilds the fonts when it changes.
  [[nodiscard]] float text_scale() const;
  void set_bold_font(ImFont* font) { ui_.bold = font; }

  [[nodiscard]] Session& session() { return *session_; }
  [[nodiscard]] Ui& ui() { return ui_; }
  /// Where a widget stood in the last frame: low x, low y, high x, high y.
  [[nodiscard]] std::optional<ImVec4> widget(std::string const& id) const;

 private:
  void handle_keys();
  void layout();

  Ui ui_;
  std::unique_ptr<Session> session_;
  bool quit_ = false;
  float top_height_ = 0, kpi_height_ = 0, bottom_height_ = 0;
  int settle_frames_ = 3;
  float pixels_per_em_ = 15;  ///< at a text scale of 1; more on screens of fine pixels
};

// The parts of the screen, each into a window of its own that the caller has begun.
void draw_top_bar(Ui& ui, Session& session);
/// Cards in a row that scrolls, or, where `wraps`, in as many rows as they need.
void draw_headlines(Ui& ui, Session& session, bool wraps);
void draw_levers(Ui& ui, Session& session);
void draw_charts(Ui& ui, Session& session);
void draw_map(Ui& ui, Session& session);
void draw_small_multiples(Ui& ui, Session& session);
void draw_timeline(Ui& ui, Session& session);
void draw_status(Ui& ui, Session& session);
void draw_overlays(Ui& ui, Session& session);

/// Whether the screen has room for one panel at a time only.
[[nodiscard]] bool is_narrow(ImVec2 screen, float em);
/// The next item goes on this line if it is at most `width` wide and fits, else on the next.
void flow(float width);
[[nodiscard]] float width_of_button(std::string const& label);
/// "Title = value [low; high] unit".
[[nodiscard]] std::string parameter_line(ParameterRow const& row, double value, Lang lang);
/// A folder for what is exported, with a name that nothing has yet: "arraigo-2027-06.png".
[[nodiscard]] std::filesystem::path free_name(std::string const& stem, std::string const& extension);
/// The numbers on the screen as CSV (those of headlines, charts and map in the shown month, and the courses of the charts). A sentence
/// when it cannot be written.
[[nodiscard]] std::optional<std::string> export_csv(Session& session, std::filesystem::path const& file);

}  // namespace arraigo::viz
