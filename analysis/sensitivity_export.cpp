#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "analysis/sensitivity_output.hpp"
#include "analysis/text_output.hpp"
#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/numbers.hpp"

namespace arraigo::analysis {
namespace {

/// Rows of the design in the order in which SALib's analysis walks them, whole trajectories and base points only.
std::vector<std::size_t> salib_rows(SweepReader const& sweep, std::span<SensitivityResult const> results) {
  std::vector<std::size_t> order(sweep.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  auto const& block = sweep.block();
  auto const& step = sweep.step();
  // What must be whole together: a trajectory, the blocks of a base point, a row.
  auto const group = [&](std::size_t row) { return sweep.design() == "morris" ? block[row] : sweep.design() == "saltelli" ? step[row] : row; };
  auto const place = [&](std::size_t row) -> std::size_t {
    if (sweep.design() == "morris") return step[row];
    // Here A, B, A_B1, A_B2, ...; there, without second order, A, A_B1, A_B2, ..., B for each base point.
    if (sweep.design() == "saltelli") return block[row] == 0 ? 0 : block[row] == 1 ? sweep.parameters().size() + 1 : block[row] - 1U;
    return 0;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return std::pair{group(a), place(a)} < std::pair{group(b), place(b)}; });
  std::vector<std::size_t> kept;
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first;
    bool whole = true;
    for (; end < order.size() && group(order[end]) == group(order[first]); ++end)
      for (auto const& result : results) whole = whole && std::isfinite(result.output[order[end]]);
    if (whole) kept.insert(kept.end(), order.begin() + static_cast<std::ptrdiff_t>(first), order.begin() + static_cast<std::ptrdiff_t>(end));
    first = end;
  }
  return kept;
}

std::string output_name(std::span<SensitivityResult const> results, SensitivityResult const& result) {
  bool const one = std::all_of(results.begin(), results.end(), [&](auto const& other) { return other.scenario == result.scenario; });
  std::string name = one ? result.indicator.name : result.indicator.name + "_" + result.scenario;
  for (char& c : name)
    if (c == '/' || c == '\0') c = '_';
  return name;
}

void add_salib(std::vector<ExportFile>& files, SweepReader const& sweep, std::span<SensitivityResult const> results) {
  auto const rows = salib_rows(sweep, results);
  if (rows.empty()) throw InputError(say(Message::se_nothing_whole, sweep.path().string()));
  auto names = nlohmann::ordered_json::array(), bounds = nlohmann::ordered_json::array();
  std::string table, x;
  for (auto const& parameter : sweep.parameters()) {
    auto const span = parameter.span();
    names.push_back(parameter.name);
    bounds.push_back({span.low, span.high});
    table += fmt::format("{},{},{}\n", parameter.name, number_text(span.low), number_text(span.high));
  }
  for (std::size_t const row : rows)
    for (std::size_t k = 0; k < sweep.parameters().size(); ++k)
      x += number_text(sweep.parameters()[k].values[row]) + (k + 1 == sweep.parameters().size() ? '\n' : ' ');
  nlohmann::ordered_json const problem{{"num_vars", sweep.parameters().size()}, {"names", names}, {"bounds", bounds}, {"groups", nullptr}};
  files.push_back({"salib/problem.json", problem.dump(2) + "\n"});
  files.push_back({"salib/params.txt", table});
  files.push_back({"salib/X.txt", x});
  for (auto const& result : results) {
    std::string y;
    for (std::size_t const row : rows) y += number_text(result.output[row]) + "\n";
    files.push_back({"salib/Y_" + output_name(results, result) + ".txt", y});
  }
}

/// A POSIX ustar archive: IEEE 1003.1-1988, 10.1.1. The same files give the same bytes: time and owner are zero.
class Tar {
 public:
  void add(std::string const& name, std::string const& bytes) {
    std::array<char, 512> header{};
    auto const put = [&](std::size_t at, std::string const& text) { std::memcpy(header.data() + at, text.data(), text.size()); };
    if (name.size() > 99) throw BugError("a name is too long for the archive");
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, fmt::format("{:011o}", bytes.size()));
    put(136, "00000000000");
    put(148, "        ");
    put(156, "0");
    put(257, std::string{"ustar\00000", 8});
    unsigned sum = 0;
    for (char const c : header) sum += static_cast<unsigned char>(c);
    put(148, fmt::format("{:06o}", sum));
    header[154] = '\0';
    text_.append(header.data(), header.size());
    text_ += bytes;
    text_.append((512 - bytes.size() % 512) % 512, '\0');
  }
  [[nodiscard]] std::string gzipped() const {
    std::string const whole = text_ + std::string(1024, '\0');
    z_stream stream{};
    constexpr int gzip = 15 + 16;  // zlib's own window, with a gzip header
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip, 9, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
    std::string out(deflateBound(&stream, static_cast<uLong>(whole.size())) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(whole.data()));  // zlib's interface is older than const
    stream.avail_in = static_cast<uInt>(whole.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    int const ended = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (ended != Z_STREAM_END) throw BugError("the archive could not be compressed");
    return out;
  }

 private:
  std::string text_;
};

/// Every scenario is a policy there, and every row of the design a scenario; outcomes are levels.
void add_ema(std::vector<ExportFile>& files, SweepReader const& sweep, std::span<SensitivityResult const> results) {
  std::vector<SweepIndicator> indicators;
  for (auto const& result : results)
    if (std::none_of(indicators.begin(), indicators.end(), [&](auto const& known) { return known.name == result.indicator.name; })) indicators.push_back(result.indicator);
  auto const months = sweep.months_of(results.front().month);
  std::size_t const replicates = sweep.replicates();
  std::vector<std::vector<double>> outcomes(indicators.size());  // by indicator, on (scenario, row)
  std::vector<bool> whole(sweep.scenarios().size() * sweep.rows(), true);
  for (std::size_t i = 0; i < indicators.size(); ++i)
    for (std::size_t s = 0; s < sweep.scenarios().size(); ++s) {
      auto const runs = sweep.read(indicators[i], s, months);
      for (std::size_t row = 0; row < sweep.rows(); ++row) {
        double sum = 0;
        for (std::size_t r = 0; r < replicates; ++r) sum += runs[row * replicates + r];
        outcomes[i].push_back(sum / static_cast<double>(replicates));
        if (!std::isfinite(sum)) whole[s * sweep.rows() + row] = false;
      }
    }
  std::string experiments;
  nlohmann::ordered_json types = nlohmann::ordered_json::object();
  for (auto const& parameter : sweep.parameters()) {
    experiments += parameter.name + ",";
    types[parameter.name] = parameter.words.empty() ? "float64" : "object";
  }
  experiments += "scenario,policy,model\n";
  types["scenario"] = "int64";
  types["policy"] = "object";
  types["model"] = "object";
  std::vector<std::string> columns(indicators.size());
  for (std::size_t point = 0; point < whole.size(); ++point) {
    if (!whole[point]) continue;
    std::size_t const row = point % sweep.rows();
    for (auto const& parameter : sweep.parameters())
      experiments += (parameter.words.empty() ? number_text(parameter.values[row]) : csv_field(parameter.words[static_cast<std::size_t>(parameter.values[row])])) + ",";
    experiments += fmt::format("{},{},arraigo\n", row, csv_field(sweep.scenarios()[point / sweep.rows()]));
    for (std::size_t i = 0; i < indicators.size(); ++i) columns[i] += number_text(outcomes[i][point]) + "\n";
  }
  Tar tar;
  tar.add("experiments.csv", experiments);
  auto listed = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < indicators.size(); ++i) {
    tar.add(indicators[i].name + ".csv", columns[i]);
    listed.push_back({"ScalarOutcome", indicators[i].name, indicators[i].name + ".csv"});
  }
  nlohmann::ordered_json const metadata{{"version", "2.5"}, {"outcomes", listed}, {"experiments", types}};
  tar.add("metadata.json", metadata.dump());
  files.push_back({"ema/results.tar.gz", tar.gzipped()});
}

}  // namespace

std::vector<ExportFile> sensitivity_export(SweepReader const& sweep, std::span<SensitivityResult const> results) {
  std::vector<ExportFile> files;
  add_salib(files, sweep, results);
  add_ema(files, sweep, results);
  return files;
}

}  // namespace arraigo::analysis
