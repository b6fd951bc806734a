#include "viz/canvas.hpp"

#include <gtest/gtest.h>
#include <imgui.h>
#include <stb/stb_image.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "viz/fonts.hpp"
#include "viz/input_queue.hpp"
#include "viz/null_canvas.hpp"
#include "viz/picture_list.hpp"
#include "viz/png.hpp"

namespace arraigo::viz {
namespace {

namespace fs = std::filesystem;

class OnImGui : public testing::Test {
 protected:
  OnImGui() {
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.DisplaySize = ImVec2(800, 600);
    map_keys(io);
    build_fonts(1, 1);
  }
  ~OnImGui() override { ImGui::DestroyContext(); }

  void begin() {
    ImGui::GetIO().DeltaTime = 1.0F / 60;
    ImGui::NewFrame();
  }
};

// Input

class Input : public OnImGui {
 protected:
  /// One frame; what the queue told of keys is added to `told`.
  void frame() {
    ImGuiIO& io = ImGui::GetIO();
    queue.deliver(io, [this](KeyPress const& press) { told.push_back(press); });
    begin();
    ImGui::EndFrame();
  }
  InputQueue queue;
  std::vector<KeyPress> told;
};

TEST_F(Input, AKeyPressedAndReleasedBetweenTwoFramesIsSeen) {
  queue.key(keys::f1, true);
  queue.key(keys::f1, false);
  frame();
  EXPECT_TRUE(ImGui::IsKeyPressed(keys::f1, false));
  EXPECT_FALSE(queue.empty());
  frame();
  EXPECT_FALSE(ImGui::IsKeyDown(keys::f1));
  EXPECT_TRUE(queue.empty());
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].key, keys::f1);
}

TEST_F(Input, EveryClickOfAQuickDoubleClickIsSeen) {
  for (int i = 0; i < 2; ++i) {
    queue.button(0, true);
    queue.button(0, false);
  }
  int clicks = 0;
  while (!queue.empty()) {
    frame();
    clicks += ImGui::IsMouseClicked(0) ? 1 : 0;
  }
  EXPECT_EQ(clicks, 2);
  EXPECT_FALSE(ImGui::IsMouseDown(0));
}

TEST_F(Input, AClickHappensWhereThePointerWasThen) {
  queue.move(ImVec2(10, 20));
  queue.button(0, true);
  queue.move(ImVec2(300, 20));
  queue.button(0, false);
  frame();
  EXPECT_TRUE(ImGui::IsMouseClicked(0));
  EXPECT_FLOAT_EQ(ImGui::GetIO().MousePos.x, 10);
  frame();
  EXPECT_TRUE(ImGui::IsMouseReleased(0));
  EXPECT_FLOAT_EQ(ImGui::GetIO().MousePos.x, 300);
}

TEST_F(Input, AModifierReleasedAtOnceStillHoldsForItsKey) {
  queue.key(keys::left_control, true);
  queue.key('Z', true);
  queue.key(keys::left_control, false);
  queue.key('Z', false);
  while (!queue.empty()) frame();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].key, 'Z');
  EXPECT_TRUE(told[1].control);
  EXPECT_FALSE(ImGui::GetIO().KeyCtrl);
}

TEST_F(Input, CharactersAndKeysThatEditKeepTheirOrder) {
  queue.character('a');
  queue.key(keys::backspace, true);
  queue.key(keys::backspace, false);
  queue.character('b');
  ImGuiIO& io = ImGui::GetIO();
  queue.deliver(io, [](KeyPress const&) {});
  EXPECT_EQ(io.InputQueueCharacters.Size, 1);
  EXPECT_FALSE(io.KeysDown[keys::backspace]);
  begin();
  ImGui::EndFrame();
  queue.deliver(io, [](KeyPress const&) {});
  EXPECT_TRUE(io.KeysDown[keys::backspace]);
  EXPECT_EQ(io.InputQueueCharacters.Size, 0);
  begin();
  ImGui::EndFrame();
  frame();
  EXPECT_TRUE(queue.empty());
}

TEST_F(Input, NumbersThatNoKeyOrButtonHasAreLeftOut) {
  for (int number : {-1, 512, 1 << 30}) {
    queue.key(number, true);
    queue.repeat(number);
    queue.button(number, true);
  }
  queue.wheel(NAN, 1);
  EXPECT_TRUE(queue.empty());
}

TEST(KeyNames, AreThoseThatPeopleWrite) {
  EXPECT_EQ(key_named("F11"), keys::f1 + 10);
  EXPECT_EQ(key_named("escape"), keys::escape);
  EXPECT_EQ(key_named("z"), int{'Z'});
  EXPECT_EQ(key_named("+"), int{'+'});
  EXPECT_EQ(key_named("F13"), std::nullopt);
  EXPECT_EQ(key_named(""), std::nullopt);
  EXPECT_EQ(key_named("ñ"), std::nullopt);
}

// Fonts

TEST_F(OnImGui, TextIsAsWideAtTwiceThePixels) {
  constexpr char const* text = "Regularización: Δ 12 345,6 ≥ 3 µg → “sí”";
  auto const width = [&] { return ImGui::GetFont()->CalcTextSizeA(ImGui::GetFontSize(), 1e9F, 0, text).x; };
  begin();
  float const once = width(), height = ImGui::GetFontSize();
  ImGui::EndFrame();
  build_fonts(1, 2);
  begin();
  EXPECT_FLOAT_EQ(width(), once);
  EXPECT_FLOAT_EQ(ImGui::GetFontSize(), height);
  EXPECT_GT(ImGui::GetFont()->FontSize, 1.9F * height);
  ImGui::EndFrame();
}

TEST_F(OnImGui, TextGrowsWithItsScaleAndBoldIsAFontOfItsOwn) {
  build_fonts(2, 1);
  begin();
  EXPECT_GT(ImGui::GetFontSize(), 1.9F * 13);
  ASSERT_NE(bold_font(), nullptr);
  EXPECT_NE(bold_font(), ImGui::GetFont());
  ImGui::EndFrame();
}

// Pictures

void many_rectangles(ImDrawList& list) {
  for (int i = 0; i < 40000; ++i) {
    int const row = i / 200;
    float const x = static_cast<float>(i % 200), y = static_cast<float>(row);
    list.AddRectFilled(ImVec2(x, y), ImVec2(x + 1, y + 1), IM_COL32(i % 256, i / 256, 9, 255));
  }
}

/// Corners of triangles in the order in which they are painted.
std::vector<ImDrawVert> painted(ImDrawData const& data) {
  std::vector<ImDrawVert> corners;
  for (int i = 0; i < data.CmdListsCount; ++i) {
    ImDrawList const& list = *data.CmdLists[i];
    for (ImDrawCmd const& command : list.CmdBuffer)
      for (unsigned k = 0; k < command.ElemCount; ++k)
        corners.push_back(list.VtxBuffer[static_cast<int>(
            command.VtxOffset + list.IdxBuffer[static_cast<int>(command.IdxOffset + k)])]);
  }
  return corners;
}

TEST_F(OnImGui, AListOfManyVerticesPaintsTheSameInParts) {
  begin();
  PictureList whole(ImVec2(200, 200), 1), parted(ImVec2(200, 200), 1);
  many_rectangles(whole.list());
  many_rectangles(parted.list());
  ASSERT_GT(whole.list().VtxBuffer.Size, 65535);
  auto const a = painted(whole.data(true));
  ImDrawData const parts = parted.data(false);
  auto const b = painted(parts);
  EXPECT_GT(parts.CmdListsCount, 1);
  for (int i = 0; i < parts.CmdListsCount; ++i) {
    EXPECT_LE(parts.CmdLists[i]->VtxBuffer.Size, 65536);
    for (ImDrawCmd const& command : parts.CmdLists[i]->CmdBuffer) EXPECT_EQ(command.VtxOffset, 0U);
  }
  ASSERT_EQ(a.size(), 240000U);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_TRUE(a[i].pos.x == b[i].pos.x && a[i].pos.y == b[i].pos.y && a[i].col == b[i].col) << i;
  ImGui::EndFrame();
}

TEST_F(OnImGui, APictureIsDrawnAgainOnlyWhenVersionOrSizeChange) {
  NullCanvas canvas;
  auto const rectangle = [](ImDrawList& list) { list.AddRectFilled(ImVec2(0, 0), ImVec2(5, 5), IM_COL32_WHITE); };
  auto const show = [&](std::uint64_t version, float width) {
    begin();
    auto* const id = canvas.picture("map", version, ImVec2(width, 50), rectangle);
    ImGui::EndFrame();
    canvas.end_frame();
    return id;
  };
  auto* const first = show(1, 100);
  EXPECT_EQ(show(1, 100), first);
  EXPECT_EQ(canvas.redraws(), 1);
  EXPECT_NE(show(2, 100), first);
  show(2, 120);
  EXPECT_EQ(canvas.redraws("map"), 3);
  EXPECT_EQ(canvas.vertices("map"), 4);
  canvas.end_frame();  // a frame that did not ask for it
  EXPECT_EQ(canvas.vertices("map"), std::nullopt);
  show(2, 120);
  EXPECT_EQ(canvas.redraws("map"), 4);
}

TEST_F(OnImGui, ASavedScreenIsAnsweredAfterTheFrame) {
  NullCanvas canvas;
  canvas.save_answer = "x";
  std::vector<std::string> answers;
  canvas.save_screen("a.png", 2, [&](std::string answer) { answers.push_back(std::move(answer)); });
  EXPECT_TRUE(answers.empty());
  canvas.end_frame();
  canvas.end_frame();
  EXPECT_EQ(answers, std::vector<std::string>{"x"});
  EXPECT_EQ(canvas.saved(), std::vector<fs::path>{"a.png"});
}

// Files

class Files : public testing::Test {
 protected:
  Files() : folder(fs::temp_directory_path() / ("arraigo_png_" + std::to_string(::getpid()))) {
    fs::create_directories(folder);
  }
  ~Files() override { fs::remove_all(folder); }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (auto const& entry : fs::directory_iterator(folder)) found.push_back(entry.path().filename().string());
    return found;
  }
  fs::path folder;
};

TEST_F(Files, APngHoldsThePixelsAndNothingElseIsLeft) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 7 * 5 * 3; ++i) pixels.push_back(static_cast<std::uint8_t>(i * 37));
  write_png(folder / "ñ.png", 7, 5, pixels);
  write_png(folder / "ñ.png", 7, 5, pixels);  // again: replaced
  EXPECT_EQ(names(), std::vector<std::string>{"ñ.png"});
  int width = 0, height = 0, channels = 0;
  unsigned char* const read = stbi_load((folder / "ñ.png").c_str(), &width, &height, &channels, 3);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(width, 7);
  EXPECT_EQ(height, 5);
  EXPECT_EQ(std::vector<std::uint8_t>(read, read + pixels.size()), pixels);
  stbi_image_free(read);
}

TEST_F(Files, WhatIsNoOrdinaryFileKeepsItsPlace) {
  fs::path const pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::vector<std::uint8_t> const pixels(3, 0);
  EXPECT_THROW(write_png(pipe, 1, 1, pixels), MachineError);
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_THROW(write_png(folder, 1, 1, pixels), MachineError);
  EXPECT_THROW(write_png(folder / "none" / "a.png", 1, 1, pixels), MachineError);
  EXPECT_EQ(names(), std::vector<std::string>{"pipe"});
}

TEST_F(Files, PixelsThatAreTooFewAreOurMistake) {
  EXPECT_THROW(write_png(folder / "a.png", 2, 2, std::vector<std::uint8_t>(11, 0)), BugError);
  EXPECT_TRUE(names().empty());
}

}  // namespace
}  // namespace arraigo::viz
