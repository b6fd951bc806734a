#include "viz/app.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viz/vectors.hpp"

namespace arraigo::viz {
namespace {

constexpr ImGuiWindowFlags fixed = ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoCollapse |
                                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus;

/// Smaller screens show one panel at a time.
ImVec2 const whole_screen_em{62, 34};

/// A part of the screen. Returns the height that its content takes.
template <class F>
float region(char const* name, ImVec2 at, ImVec2 size, ImGuiWindowFlags more, F const& draw) {
  ImGui::SetNextWindowPos(at);
  ImGui::SetNextWindowSize(ImVec2(std::max(size.x, 8.0F), std::max(size.y, 8.0F)));
  float height = 0;
  if (ImGui::Begin(name, nullptr, fixed | more)) {
    draw();
    ImGuiWindow const& window = *ImGui::GetCurrentWindow();
    height = window.DC.CursorMaxPos.y - window.DC.CursorStartPos.y + 2 * ImGui::GetStyle().WindowPadding.y;
  }
  ImGui::End();
  return height;
}

}  // namespace

App::App(AppOptions options, Canvas& canvas, std::function<void()> wake) : ui_(canvas) {
  ui_.lang = options.lang;
  ui_.text_scale = options.text_scale;
  use_language(options.lang);
  session_ = std::make_unique<Session>(std::move(options.session), std::move(wake));
  if (options.guide) session_->view.overlay = Overlay::guide;
  ImGuiIO& io = ImGui::GetIO();
  io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
  io.IniFilename = nullptr;
  // Tab goes through all controls here, not only through fields of text.
  io.KeyMap[ImGuiKey_Tab] = -1;
  set_style(text_scale());
}

App::~App() = default;

float App::text_scale() const {
  if (!session_ || !session_->view.workshop) return ui_.text_scale;
  // As large as lets measures, cards, chart and map stand side by side, in whole pixels, as fonts are built.
  ImVec2 const screen = ImGui::GetIO().DisplaySize;
  float const fits = std::floor(std::min(screen.x / whole_screen_em.x, screen.y / whole_screen_em.y)) / pixels_per_em_;
  return std::max(ui_.text_scale, std::clamp(fits, text_scales[0], text_scales[1]));
}

bool App::wants_frame() const {
  return settle_frames_ > 0 || session_->view.playing || session_->replaying() || session_->follow_due() || !ui_.keys.empty();
}

std::optional<ImVec4> App::widget(std::string const& id) const {
  auto const* const found = ui_.find(id);
  if (found == nullptr) return std::nullopt;
  return ImVec4(found->low.x, found->low.y, found->high.x, found->high.y);
}

void App::frame() {
  ui_.begin_frame();
  // In the workshop the scale follows from this.
  if (!session_->view.workshop) pixels_per_em_ = ui_.em() / ui_.text_scale;
  if (session_->poll()) settle_frames_ = 3;
  session_->tick(std::min(ImGui::GetIO().DeltaTime, 0.1F));
  set_style(text_scale());
  if (!ui_.keys.empty() || ImGui::IsAnyMouseDown()) settle_frames_ = 3;
  settle_frames_ = std::max(0, settle_frames_ - 1);
  layout();
  handle_keys();
}

void App::layout() {
  ImVec2 const screen = ImGui::GetIO().DisplaySize;
  float const em = ui_.em(), gap = std::round(0.35F * em);
  View& view = session_->view;
  bool const narrow = is_narrow(screen, em);
  if (top_height_ <= 0) top_height_ = 2.8F * em;
  if (kpi_height_ <= 0) kpi_height_ = 5.5F * em;
  if (bottom_height_ <= 0) bottom_height_ = 4.6F * em;

  float const top = top_height_;
  top_height_ = region("##top", {0, 0}, {screen.x, top}, ImGuiWindowFlags_NoScrollbar, [&] { draw_top_bar(ui_, *session_); });
  // A narrow screen shows the cards as a panel of their own.
  float const kpi = narrow ? 0 : kpi_height_;
  if (!narrow)
    kpi_height_ = region("##headlines", {gap, top + gap}, {screen.x - 2 * gap, kpi}, ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_HorizontalScrollbar,
                         [&] { draw_headlines(ui_, *session_, false); });
  float const body_top = top + kpi + (narrow ? 1 : 2) * gap, bottom = bottom_height_;
  float const body_bottom = screen.y - bottom - gap, body = std::max(body_bottom - body_top, 4 * em);
  auto const charts = [&](ImVec2 at, ImVec2 size) {
    static_cast<void>(region("##charts", at, size, 0, [&] { draw_charts(ui_, *session_); }));
  };
  auto const map = [&](ImVec2 at, ImVec2 size) {
    if (view.small_multiples)
      static_cast<void>(region("##maps", at, size, 0, [&] { draw_small_multiples(ui_, *session_); }));
    else
      static_cast<void>(region("##map", at, size, 0, [&] { draw_map(ui_, *session_); }));
  };
  auto const levers = [&](ImVec2 at, ImVec2 size) {
    static_cast<void>(region("##levers", at, size, 0, [&] { draw_levers(ui_, *session_); }));
  };
  if (narrow) {
    ImVec2 const at(gap, body_top), size(screen.x - 2 * gap, body);
    if (view.panel == 0) levers(at, size);
    if (view.panel == 1) charts(at, size);
    if (view.panel == 2) map(at, size);
    if (view.panel == 3) static_cast<void>(region("##headlines", at, size, 0, [&] { draw_headlines(ui_, *session_, true); }));
  } else {
    float const left = std::round(std::min(22 * em, screen.x * 0.3F)), rest = screen.x - left - 4 * gap;
    levers({gap, body_top}, {left, body});
    if (view.small_multiples) {
      map({left + 2 * gap, body_top}, {rest + gap, body});
    } else {
      float const middle = std::round(rest * 0.5F);
      charts({left + 2 * gap, body_top}, {middle, body});
      map({left + middle + 3 * gap, body_top}, {rest - middle, body});
    }
  }
  bottom_height_ = region("##bottom", {0, screen.y - bottom}, {screen.x, bottom}, ImGuiWindowFlags_NoScrollbar, [&] {
    draw_timeline(ui_, *session_);
    draw_status(ui_, *session_);
  });
  // Heights are those of the last frame: where they changed, another frame is due.
  if (std::abs(top_height_ - top) > 0.5F || (!narrow && std::abs(kpi_height_ - kpi) > 0.5F) || std::abs(bottom_height_ - bottom) > 0.5F) settle_frames_ = 2;
  draw_overlays(ui_, *session_);
}

void App::handle_keys() {
  Session& session = *session_;
  View& view = session.view;
  bool const typing = ImGui::GetIO().WantTextInput;
  for (Key const key : std::exchange(ui_.keys, {})) {
    bool const steering = ui_.keyboard_in_use();
    switch (key) {
      case Key::tab: ui_.move_focus(1); break;
      case Key::back_tab: ui_.move_focus(-1); break;
      case Key::escape:
        if (view.overlay != Overlay::none)
          view.overlay = Overlay::none;
        else if (view.predicting)
          view.predicting = false;
        else if (view.workshop)
          view.workshop = false;
        ImGui::GetCurrentContext()->NavDisableHighlight = true;
        break;
      case Key::f11: view.workshop = !view.workshop; break;
      case Key::f1: view.overlay = view.overlay == Overlay::help ? Overlay::none : Overlay::help; break;
      case Key::undo: session.undo(); break;
      case Key::redo: session.redo(); break;
      case Key::save:
        if (session.edited() != nullptr) view.overlay = Overlay::save;
        break;
      case Key::larger:
        for (float const scale : text_scales)
          if (scale > ui_.text_scale) {
            ui_.text_scale = scale;
            break;
          }
        break;
      case Key::smaller:
        for (std::size_t i = std::size(text_scales); i-- > 0;)
          if (text_scales[i] < ui_.text_scale) {
            ui_.text_scale = text_scales[i];
            break;
          }
        break;
      case Key::quit: quit_ = true; break;
      case Key::language:
        ui_.lang = ui_.lang == Lang::es ? Lang::en : Lang::es;
        use_language(ui_.lang);
        break;
      case Key::home:
        if (!typing) session.set_month(0);
        break;
      case Key::end:
        if (!typing) session.set_month(session.months() - 1);
        break;
      case Key::page_up:
        if (!typing) session.set_month(view.month - 12);
        break;
      case Key::page_down:
        if (!typing) session.set_month(view.month + 12);
        break;
      case Key::left:
        if (!typing && !steering) session.set_month(view.month - 1);
        break;
      case Key::right:
        if (!typing && !steering) session.set_month(view.month + 1);
        break;
      case Key::space:
        if (!typing && !steering) view.playing = !view.playing;
        break;
      case Key::compare:
        if (!typing) view.small_multiples = !view.small_multiples;
        break;
      case Key::replay:
        if (!typing) session.replay();
        break;
      case Key::play:
        if (!typing) view.playing = !view.playing;
        break;
      case Key::find:
        view.panel = 0;
        ui_.focus("lever_search");
        break;
      case Key::enter:
      case Key::up:
      case Key::down:
      case Key::remove: break;
    }
    settle_frames_ = 3;
  }
}

bool is_narrow(ImVec2 screen, float em) { return screen.x < whole_screen_em.x * em || screen.y < whole_screen_em.y * em; }

void flow(float width) {
  float const right = ImGui::GetItemRectMax().x + ImGui::GetStyle().ItemSpacing.x + width;
  if (right <= ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x) ImGui::SameLine();
}

float width_of_button(std::string const& label) { return ImGui::CalcTextSize(label.c_str()).x + 2 * ImGui::GetStyle().FramePadding.x; }

std::filesystem::path free_name(std::string const& stem, std::string const& extension) {
  for (int number = 1;; ++number) {
    std::filesystem::path name = number == 1 ? fmt::format("{}{}", stem, extension) : fmt::format("{}-{}{}", stem, number, extension);
    std::error_code failed;
    if (!std::filesystem::exists(name, failed)) return name;
  }
}

}  // namespace arraigo::viz
