#include "viz/ui.hpp"

#include <imgui_stdlib.h>

#include <algorithm>
#include <cmath>

#include "viz/vectors.hpp"

namespace arraigo::viz {

void Ui::begin_frame() {
  shown_ = std::move(widgets_);
  widgets_.clear();
  clipped_shown_ = std::move(clipped_);
  clipped_.clear();
}

bool Ui::take(Key key) {
  auto const at = std::find(keys.begin(), keys.end(), key);
  if (at == keys.end()) return false;
  keys.erase(at);
  return true;
}

void Ui::note_item(std::string id) {
  ImGuiContext const& g = *ImGui::GetCurrentContext();
  if (g.CurrentWindow->SkipItems) return;  // scrolled out of sight: nothing was drawn
  Widget widget{std::move(id), ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), ImGui::GetItemID(), g.CurrentWindow,
                static_cast<int>(g.CurrentWindow->DC.NavLayerCurrent)};
  if ((g.CurrentItemFlags & ImGuiItemFlags_Disabled) != 0) widget.item = 0;
  if (widget.high.x > g.CurrentWindow->InnerRect.Max.x + 1 && (g.CurrentWindow->Flags & ImGuiWindowFlags_HorizontalScrollbar) == 0) note_clipped(widget.id);
  widgets_.push_back(std::move(widget));
}

void Ui::note_area(std::string id, ImVec2 low, ImVec2 high) { widgets_.push_back(Widget{std::move(id), low, high}); }

Widget const* Ui::find(std::string_view id) const {
  for (auto const& widget : shown_)
    if (widget.id == id) return &widget;
  return nullptr;
}

bool Ui::keyboard_in_use() const {
  ImGuiContext const& g = *ImGui::GetCurrentContext();
  return g.NavId != 0 && !g.NavDisableHighlight;
}

void Ui::move_focus(int by) {
  ImGuiContext& g = *ImGui::GetCurrentContext();
  std::vector<Widget const*> reachable;
  for (auto const& widget : widgets_)
    if (widget.item != 0) reachable.push_back(&widget);
  if (reachable.empty()) return;
  // A window above all others keeps the keyboard until it is closed.
  if (ImGuiWindow* const modal = ImGui::GetTopMostPopupModal()) {
    std::erase_if(reachable, [&](Widget const* widget) {
      return static_cast<ImGuiWindow*>(widget->window)->RootWindow != modal->RootWindow;
    });
    if (reachable.empty()) return;
  }
  auto const now = std::find_if(reachable.begin(), reachable.end(), [&](Widget const* widget) { return widget->item == g.NavId; });
  auto const count = static_cast<std::ptrdiff_t>(reachable.size());
  std::ptrdiff_t at = now == reachable.end() ? (by > 0 ? -1 : 0) : now - reachable.begin();
  at = ((at + by) % count + count) % count;
  focus(reachable[static_cast<std::size_t>(at)]->id);
}

void Ui::focus(std::string_view id) {
  auto const found = std::find_if(widgets_.begin(), widgets_.end(), [&](Widget const& widget) { return widget.id == id && widget.item != 0; });
  if (found == widgets_.end()) return;
  ImGuiContext& g = *ImGui::GetCurrentContext();
  auto* const window = static_cast<ImGuiWindow*>(found->window);
  if (g.ActiveId != 0) ImGui::ClearActiveID();
  ImGui::FocusWindow(window);
  ImRect const box(found->low, found->high);
  ImGui::SetNavID(found->item, static_cast<ImGuiNavLayer>(found->layer), 0, ImRect(box.Min - window->Pos, box.Max - window->Pos));
  g.NavDisableHighlight = false;
  g.NavDisableMouseHover = true;
  g.NavMousePosDirty = false;
  ImGui::ScrollToBringRectIntoView(window, box);
}

bool Ui::button(std::string const& id, std::string const& label, bool enabled, bool on) {
  ImGui::BeginDisabled(!enabled);
  if (on) {
    ImGui::PushStyleColor(ImGuiCol_Button, colour::accent);
    ImGui::PushStyleColor(ImGuiCol_ButtonHovered, colour::accent);
    ImGui::PushStyleColor(ImGuiCol_Text, IM_COL32_WHITE);
  }
  bool const pressed = ImGui::Button((label + "###" + id).c_str());
  if (on) ImGui::PopStyleColor(3);
  note_item(id);
  ImGui::EndDisabled();
  return pressed;
}

bool Ui::small_button(std::string const& id, std::string const& label, bool on) {
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(0.4F * em(), 0.1F * em()));
  bool const pressed = button(id, label, true, on);
  ImGui::PopStyleVar();
  return pressed;
}

bool Ui::check(std::string const& id, std::string const& label, bool& on) {
  bool const changed = ImGui::Checkbox((label + "###" + id).c_str(), &on);
  note_item(id);
  return changed;
}

bool Ui::choose(std::string const& id, std::vector<std::string> const& labels, std::size_t& chosen, float width) {
  if (labels.empty()) return false;
  chosen = std::min(chosen, labels.size() - 1);
  ImGui::SetNextItemWidth(width);
  bool changed = false;
  // The choice is drawn by hand, so that what is too long ends in an ellipsis instead of in half a letter.
  bool const open = ImGui::BeginCombo(("###" + id).c_str(), "", ImGuiComboFlags_HeightLarge);
  ImVec2 const low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  auto const note = [&] {
    note_item(id);
    ImVec2 const pad = ImGui::GetStyle().FramePadding;
    float const room = high.x - low.x - ImGui::GetFrameHeight() - 2 * pad.x;
    std::string text = labels[chosen];
    while (!text.empty() && ImGui::CalcTextSize(text.c_str()).x > room) {
      // A choice is readable whole in its list and under the mouse.
      if (text.ends_with("\xe2\x80\xa6")) text.erase(text.size() - 3);
      while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) text.pop_back();
      if (!text.empty()) text.pop_back();
      text += "\xe2\x80\xa6";
      if (text.size() <= 3) break;
    }
    ImGui::GetWindowDrawList()->AddText(low + pad, ImGui::GetColorU32(ImGuiCol_Text), text.c_str());
  };
  if (!open) {
    note();
    if (ImGui::IsItemHovered() && ImGui::CalcTextSize(labels[chosen].c_str()).x > width - 2 * em()) tooltip(labels[chosen]);
    return false;
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    ImGui::PushID(static_cast<int>(i));
    if (ImGui::Selectable(labels[i].c_str(), i == chosen) && i != chosen) {
      chosen = i;
      changed = true;
    }
    note_item(id + "/" + std::to_string(i));
    if (i == chosen && ImGui::IsWindowAppearing()) {
      ImGui::SetItemDefaultFocus();
      ImGui::SetScrollHereY();
    }
    ImGui::PopID();
  }
  ImGui::EndCombo();
  note_area(id, low, high);
  return changed;
}

bool Ui::slider(std::string const& id, double& value, double low, double high, char const* format, float width, bool logarithmic) {
  ImGui::SetNextItemWidth(width);
  bool const changed = ImGui::SliderScalar(("###" + id).c_str(), ImGuiDataType_Double, &value, &low, &high, format,
                                           logarithmic ? ImGuiSliderFlags_Logarithmic : 0);
  note_item(id);
  return changed;
}

bool Ui::input(std::string const& id, std::string& text, std::string const& hint, float width) {
  ImGui::SetNextItemWidth(width);
  bool const changed = ImGui::InputTextWithHint(("###" + id).c_str(), hint.c_str(), &text);
  note_item(id);
  return changed;
}

bool Ui::info(std::string const& id) {
  float const size = 1.15F * em();
  ImVec2 const at = ImGui::GetCursorScreenPos();
  bool const pressed = ImGui::InvisibleButton(("###" + id).c_str(), ImVec2(size, size));
  note_item(id);
  bool const lit = ImGui::IsItemHovered() || ImGui::IsItemFocused();
  auto& list = *ImGui::GetWindowDrawList();
  ImVec2 const middle = at + ImVec2(size / 2, size / 2);
  ImU32 const ink = lit ? colour::accent : colour::faint;
  list.AddCircle(middle, size * 0.42F, ink, 0, 1.2F);
  ImVec2 const letter = ImGui::CalcTextSize("i");
  list.AddText(middle - letter * 0.5F, ink, "i");
  return pressed;
}

void Ui::wrapped(std::string_view text, ImU32 ink, float width) {
  if (ImGui::GetCurrentWindow()->SkipItems) return;
  ImGui::PushStyleColor(ImGuiCol_Text, ink);
  float const room = width > 0 ? width : ImGui::GetContentRegionAvail().x;
  ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + std::max(room, em()));
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopTextWrapPos();
  ImGui::PopStyleColor();
  if (ImGui::GetItemRectSize().x > room + 1) note_clipped(std::string(text));
}

void Ui::plain(std::string_view text, ImU32 ink) {
  if (ImGui::GetCurrentWindow()->SkipItems) return;
  ImGui::PushStyleColor(ImGuiCol_Text, ink);
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopStyleColor();
  if (ImGui::GetItemRectMax().x > ImGui::GetCurrentWindowRead()->InnerRect.Max.x + 1) note_clipped(std::string(text));
}

void Ui::heading(std::string_view text) {
  if (bold != nullptr) ImGui::PushFont(bold);
  wrapped(text);
  if (bold != nullptr) ImGui::PopFont();
}

void Ui::text_at(ImDrawList& list, ImVec2 at, std::string const& text, ImU32 ink, float width, bool in_bold) {
  ImFont* const font = in_bold && bold != nullptr ? bold : ImGui::GetFont();
  float const size = ImGui::GetFontSize();
  auto const length = [&](std::string const& s) { return font->CalcTextSizeA(size, 1e9F, 0, s.c_str()).x; };
  std::string fitting = text;
  if (length(fitting) > width) {
    note_clipped(text);
    while (!fitting.empty() && length(fitting + "\xe2\x80\xa6") > width) {
      while (!fitting.empty() && (static_cast<unsigned char>(fitting.back()) & 0xC0U) == 0x80U) fitting.pop_back();
      if (!fitting.empty()) fitting.pop_back();
    }
    fitting += "\xe2\x80\xa6";
  }
  list.AddText(font, size, at, ink, fitting.c_str());
}

void Ui::tooltip(std::string const& text) {
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(28 * em());
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

void set_style(float text_scale) {
  ImGuiStyle style;
  ImGui::StyleColorsLight(&style);
  style.WindowPadding = ImVec2(10, 8);
  style.FramePadding = ImVec2(7, 4);
  style.ItemSpacing = ImVec2(7, 6);
  style.ItemInnerSpacing = ImVec2(6, 4);
  style.ScrollbarSize = 12;
  style.GrabMinSize = 12;
  style.ScaleAllSizes(text_scale);
  style.WindowRounding = style.ChildRounding = style.PopupRounding = 4;
  style.FrameRounding = style.GrabRounding = 3;
  style.WindowBorderSize = style.ChildBorderSize = style.PopupBorderSize = 1;
  // Lines of their own triangles: the font texture is read without smoothing.
  style.AntiAliasedLinesUseTex = false;
  style.FrameBorderSize = 1;  // an unticked box is nearly invisible on white without it
  auto const set = [&](ImGuiCol which, ImU32 value) { style.Colors[which] = ImGui::ColorConvertU32ToFloat4(value); };
  set(ImGuiCol_Text, colour::ink);
  set(ImGuiCol_TextDisabled, IM_COL32(140, 146, 152, 255));
  set(ImGuiCol_WindowBg, colour::paper);
  set(ImGuiCol_ChildBg, colour::paper);
  set(ImGuiCol_PopupBg, colour::paper);
  set(ImGuiCol_Border, colour::line);
  set(ImGuiCol_FrameBg, IM_COL32(247, 248, 249, 255));
  set(ImGuiCol_FrameBgHovered, IM_COL32(232, 240, 247, 255));
  set(ImGuiCol_FrameBgActive, IM_COL32(219, 232, 243, 255));
  set(ImGuiCol_Button, IM_COL32(238, 240, 242, 255));
  set(ImGuiCol_ButtonHovered, IM_COL32(222, 233, 242, 255));
  set(ImGuiCol_ButtonActive, IM_COL32(200, 219, 234, 255));
  set(ImGuiCol_Header, IM_COL32(222, 233, 242, 255));
  set(ImGuiCol_HeaderHovered, IM_COL32(222, 233, 242, 255));
  set(ImGuiCol_HeaderActive, IM_COL32(200, 219, 234, 255));
  set(ImGuiCol_SliderGrab, colour::accent);
  set(ImGuiCol_SliderGrabActive, IM_COL32(0, 70, 115, 255));
  set(ImGuiCol_CheckMark, colour::accent);
  set(ImGuiCol_NavHighlight, IM_COL32(213, 94, 0, 255));
  set(ImGuiCol_ModalWindowDimBg, IM_COL32(30, 34, 40, 90));
  ImGui::GetStyle() = style;
}

}  // namespace arraigo::viz
