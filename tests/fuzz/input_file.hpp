/// What the fuzzers share: a file of the process's own, in memory, that holds the input. Sentences for people are refusals;
/// anything else that leaves a reader is a find.
#pragma once
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "core/errors.hpp"

namespace arraigo::fuzz {

/// A folder of this process in memory, removed when it ends by itself; one that a crash leaves is taken over by nobody.
class Folder {
 public:
  explicit Folder(std::string_view what) {
    std::string name = "/dev/shm/arraigo-fuzz-" + std::string(what) + "-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;

  [[nodiscard]] std::filesystem::path const& path() const { return path_; }
  std::filesystem::path write(std::string const& name, std::uint8_t const* bytes, std::size_t size) const {
    auto file = path_ / name;
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out.write(reinterpret_cast<char const*>(bytes), static_cast<std::streamsize>(size));
    return file;
  }

 private:
  std::filesystem::path path_;
};

inline std::filesystem::path corpus() { return std::filesystem::path{ARRAIGO_SOURCE_DIR} / "tests" / "corpus"; }

/// Runs a reader: a refusal must have sentences, each of one line. Everything but refusals escapes.
template <class Read>
void expect_result_or_sentences(Read const& read) {
  try {
    read();
  } catch (InputError const& error) {
    if (error.sentences().empty()) std::abort();
    for (auto const& sentence : error.sentences())
      if (sentence.empty() || sentence.find('\n') != std::string::npos) std::abort();
  }
}

}  // namespace arraigo::fuzz
