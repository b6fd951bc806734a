/// A canvas that shows nothing: every picture is drawn into a list that is then only counted.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "viz/canvas.hpp"

namespace arraigo::viz {

class NullCanvas final : public Canvas {
 public:
  ImTextureID picture(std::string const& name, std::uint64_t version, ImVec2 size,
                      std::function<void(ImDrawList&)> const& draw) override;
  void save_screen(std::filesystem::path const& file, int factor, std::function<void(std::string)> const& done) override;

  /// Answers the save_screen requests since the last call with `save_answer` and forgets pictures that were not asked for since.
  void end_frame();

  std::string save_answer;  ///< what save_screen tells; empty: as if the file were written
  [[nodiscard]] std::vector<std::filesystem::path> const& saved() const { return saved_; }  ///< files asked for, in order
  [[nodiscard]] int redraws() const { return redraws_; }
  [[nodiscard]] int redraws(std::string const& name) const;
  /// Vertices that the picture's last drawing took; nothing when there is no such picture.
  [[nodiscard]] std::optional<int> vertices(std::string const& name) const;
  /// Those of them that have the colour, however opaque.
  [[nodiscard]] int vertices_in(std::string const& name, ImU32 colour) const;

 private:
  struct Picture {
    std::uint64_t version = 0;
    ImVec2 size{};
    std::uintptr_t id = 0;
    int vertices = 0;
    bool asked_for = false;
    std::map<ImU32, int> by_colour = {};  ///< without the alpha
  };
  struct Request {
    std::filesystem::path file;
    std::function<void(std::string)> done;
  };
  std::map<std::string, Picture> pictures_;
  std::map<std::string, int> redraws_of_;
  std::vector<Request> requests_;
  std::vector<std::filesystem::path> saved_;
  std::uintptr_t last_id_ = 1000;  ///< beyond the font atlas of tests
  int redraws_ = 0;
};

}  // namespace arraigo::viz
