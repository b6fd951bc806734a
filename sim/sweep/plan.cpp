#include "sweep/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <sstream>
#include <utility>

#include "core/input_errors.hpp"
#include "core/sha256.hpp"
#include "core/text_file.hpp"
#include "record/file_publish.hpp"

namespace arraigo::sweep {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view mark = "# arraigo sweep plan 1\n", digest_mark = "# sha256 ";
constexpr std::size_t most_bytes = std::size_t{4} << 30U;

/// The fields of a line that plan_line wrote.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    char const c = line[i];
    if (inside && c == '"' && i + 1 < line.size() && line[i + 1] == '"')
      fields.back() += line[i++];
    else if (c == '"')
      inside = !inside;
    else if (c == ',' && !inside)
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

Json head_of(Plan const& plan) {
  Json head{{"name", plan.name},
            {"version", plan.version},
            {"commit", plan.commit},
            {"data_digest", plan.data_digest},
            {"design", Json::parse(plan.design)},
            {"detail", plan.detail},
            {"replicates", plan.replicates},
            {"start", plan.start.text()},
            {"months", plan.months},
            {"variables", plan.variables},
            {"rows", plan.lines.size()},
            {"scenarios", Json::array()}};
  for (auto const& scenario : plan.scenarios)
    head["scenarios"].push_back(Json{{"stem", scenario.stem}, {"yaml", scenario.yaml}});
  return head;
}

[[noreturn]] void refuse(fs::path const& file, std::string const& reason) {
  throw InputError(say(Message::sw_plan_damaged, file.string(), reason));
}

std::string digest_of(std::string_view text) {
  Sha256 digest;
  digest.add(text);
  return digest.finish();
}

/// In what two plans differ, by the words of the sweep's file.
std::string differences(Plan const& a, Plan const& b) {
  std::vector<std::string> names;
  auto const note = [&](bool differs, char const* name) {
    if (differs) names.emplace_back(name);
  };
  std::vector<std::string> stems_a, stems_b, yamls_a, yamls_b;
  for (auto const& s : a.scenarios) stems_a.push_back(s.stem), yamls_a.push_back(s.yaml);
  for (auto const& s : b.scenarios) stems_b.push_back(s.stem), yamls_b.push_back(s.yaml);
  note(a.name != b.name, "name");
  note(stems_a != stems_b || yamls_a != yamls_b, "scenarios");
  note(a.design != b.design, "design");
  note(a.paths != b.paths || (a.design == b.design && a.lines != b.lines), "parameters");
  note(a.replicates != b.replicates, "replicates");
  note(a.detail != b.detail, "detail");
  note(a.data_digest != b.data_digest, "data");
  note(a.start != b.start || a.months != b.months, "months");
  note(a.version != b.version || a.commit != b.commit, "version");
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\n") == std::string_view::npos) return std::string{text};
  std::string out = "\"";
  for (char const c : text) out += c == '"' ? std::string{"\"\""} : std::string(1, c);
  return out + "\"";
}

std::vector<std::string> Plan::cells(std::size_t row) const {
  auto fields = fields_of(lines[row]);
  fields.erase(fields.begin());
  return fields;
}

std::vector<std::string> Plan::sets(std::size_t row) const {
  auto const fields = cells(row);
  std::vector<std::string> sets;
  for (std::size_t i = 0; i < paths.size(); ++i) sets.push_back(paths[i] + "=" + fields[i + 2]);
  return sets;
}

std::string plan_line(std::size_t row, std::uint32_t block, std::uint32_t step, std::vector<std::string> const& values) {
  std::string line = fmt::format("{},{},{}", row, block, step);
  for (auto const& value : values) line += "," + csv_text(value);
  return line;
}

std::string text_of(Plan& plan) {
  std::string text{mark};
  text += "# " + head_of(plan).dump() + "\n";
  text += "row,block,step";
  for (auto const& path : plan.paths) text += "," + csv_text(path);
  text += "\n";
  for (auto const& line : plan.lines) text += line + "\n";
  plan.digest = digest_of(text);
  text += fmt::format("{}{}\n", digest_mark, plan.digest);
  return text;
}

Plan read_plan(fs::path const& folder) {
  fs::path const file = folder / plan_name;
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) throw InputError(say(Message::sw_no_plan, folder.string(), folder.string()));
  std::string const text = read_whole_file(file, most_bytes);
  std::string_view rest = text;
  std::size_t const tail = digest_mark.size() + 64 + 1;
  if (rest.size() < tail || !rest.starts_with(mark) || !rest.substr(rest.size() - tail).starts_with(digest_mark))
    refuse(file, say(Message::rf_why_digest));
  Plan plan;
  plan.digest = std::string{rest.substr(rest.size() - 65, 64)};
  rest.remove_suffix(tail);
  if (digest_of(rest) != plan.digest) refuse(file, say(Message::rf_why_digest));

  std::size_t number = 0;
  auto const next_line = [&] {
    ++number;
    auto const end = rest.find('\n');
    if (end == std::string_view::npos) refuse(file, say(Message::sw_why_format, number));
    auto const line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
  };
  next_line();
  try {
    auto const head = Json::parse(next_line().substr(2));
    plan.name = head.at("name").get<std::string>();
    plan.version = head.at("version").get<std::string>();
    plan.commit = head.at("commit").get<std::string>();
    plan.data_digest = head.at("data_digest").get<std::string>();
    plan.design = head.at("design").dump();
    plan.detail = head.at("detail").get<std::string>();
    plan.replicates = head.at("replicates").get<int>();
    auto const start = Month::parse(head.at("start").get<std::string>());
    plan.months = head.at("months").get<int>();
    plan.variables = head.at("variables").get<std::vector<std::string>>();
    for (auto const& scenario : head.at("scenarios"))
      plan.scenarios.push_back({scenario.at("stem").get<std::string>(), scenario.at("yaml").get<std::string>()});
    if (!start || plan.replicates < 1 || plan.months < 1 || plan.scenarios.empty())
      refuse(file, say(Message::sw_why_format, number));
    plan.start = *start;
    auto paths = fields_of(next_line());
    if (paths.size() < 3) refuse(file, say(Message::sw_why_format, number));
    plan.paths.assign(paths.begin() + 3, paths.end());
    auto const rows = head.at("rows").get<std::size_t>();
    plan.lines.reserve(std::min(rows, rest.size()));
    while (!rest.empty()) {
      auto const line = next_line();
      if (fields_of(line).size() != plan.paths.size() + 3) refuse(file, say(Message::sw_why_format, number));
      plan.lines.emplace_back(line);
    }
    if (plan.lines.size() != rows || rows == 0) refuse(file, say(Message::sw_why_format, number));
  } catch (nlohmann::json::exception const&) {
    refuse(file, say(Message::sw_why_format, number));
  }
  return plan;
}

void publish_plan(Plan& plan, fs::path const& folder) {
  fs::path const file = folder / plan_name;
  std::string const text = text_of(plan);
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    try {
      publish_file(file, std::as_bytes(std::span{text.data(), text.size()}), false, [](fs::path const&) {});
      return;
    } catch (NameTaken const&) {
      // Another process was first: what it wrote counts.
    }
  }
  auto const there = read_plan(folder);
  if (there.digest != plan.digest) throw InputError(say(Message::sw_plan_other, file.string(), differences(there, plan)));
}

}  // namespace arraigo::sweep
