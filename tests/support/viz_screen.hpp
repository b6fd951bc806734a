/// The interface on no screen: ImGui with a canvas that draws nothing, worked as a hand would.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "viz/app.hpp"
#include "viz/null_canvas.hpp"

namespace arraigo::tests {

/// A folder of its own for a test's files, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  [[nodiscard]] std::filesystem::path const& path() const { return path_; }
  std::filesystem::path write(std::string const& name, std::string const& text) const;

 private:
  std::filesystem::path path_;
};

class Screen {
 public:
  /// `files`: as on the command line; none: a small scenario of two districts, one agent for 200 people, 12 months, 3 replicates,
  /// against the baseline.
  explicit Screen(std::vector<std::string> files = {}, Lang lang = Lang::es, ImVec2 size = {1600, 900}, float text_scale = 1);
  ~Screen();

  void frame(int count = 1);
  /// Frames until nothing is computed or read any more; false after three minutes (an hour under the thread sanitizer).
  bool settle();
  void size(ImVec2 size);
  void click(ImVec2 at);
  /// The middle of a widget of the last frame. False when it is not there.
  bool click(std::string const& id);
  void drag(ImVec2 from, ImVec2 to, int steps = 5);
  void key(viz::Key key);
  void type(std::string const& text);

  [[nodiscard]] viz::App& app() { return *app_; }
  [[nodiscard]] viz::Session& session() { return app_->session(); }
  [[nodiscard]] viz::NullCanvas& canvas() { return canvas_; }
  [[nodiscard]] TemporaryFolder const& folder() const { return folder_; }

 private:
  TemporaryFolder folder_;
  viz::NullCanvas canvas_;
  std::unique_ptr<viz::App> app_;
  float fonts_for_ = 0;
};

}  // namespace arraigo::tests
