/// Gives the files named, or those of the folders named, to one fuzzer's function, without a fuzzer: what was found once is tried
/// again by every compiler. Says how many there were; none is a failure.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size);

int main(int count, char** arguments) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < count; ++i) {
    std::filesystem::path const given{arguments[i]};
    if (!std::filesystem::is_directory(given)) {
      files.push_back(given);
      continue;
    }
    for (auto const& entry : std::filesystem::recursive_directory_iterator{given})
      if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (auto const& file : files) {
    std::ifstream in{file, std::ios::binary};
    std::string const bytes{std::istreambuf_iterator<char>{in}, {}};
    std::printf("%s\n", file.string().c_str());
    std::fflush(stdout);
    static_cast<void>(LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size()));
  }
  std::printf("%zu inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
