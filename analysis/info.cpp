#include "analysis/info.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "analysis/guarded.hpp"
#include "record/hdf5_handle.hpp"
#include "analysis/run_reader.hpp"
#include "analysis/text_output.hpp"
#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "record/stored_run.hpp"

namespace arraigo::analysis {
namespace {

/// Attributes that info shows in a place of their own, or that are too long to show.
bool is_shown_elsewhere(std::string_view name) {
  static constexpr std::array elsewhere{"Conventions", "schema", "complete",   "title",          "title_es",
                                        "title_en",    "stem",   "scenario",   "indicators",     "start",
                                        "months",      "name",   "replicates", "description_es", "description_en"};
  return std::find(elsewhere.begin(), elsewhere.end(), name) != elsewhere.end();
}

std::string first_of(RunReader const& run) { return run.layout().start.text(); }
std::string last_of(RunReader const& run) { return (run.layout().start + (run.layout().months - 1)).text(); }

std::vector<std::string> axes_of(RunReader const& run, Variable const& variable) {
  std::vector<std::string> axes{"replicate", "time"};
  if (variable.dimension >= 0)
    axes.push_back(run.layout().dimensions[static_cast<std::size_t>(variable.dimension)].name);
  return axes;
}

/// A path may hold bytes that are no UTF-8; JSON may not.
std::string as_text(nlohmann::ordered_json const& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void print_json_info(std::ostream& out, RunReader const& run, bool check) {
  nlohmann::ordered_json info;
  info["file"] = run.path().string();
  info["schema"] = *run.integer_attribute("schema");
  info["complete"] = *run.integer_attribute("complete");
  info["scenario"] = run.stem();
  info["title_es"] = run.title(Lang::es);
  info["title_en"] = run.title(Lang::en);
  info["start"] = first_of(run);
  info["end"] = last_of(run);
  info["months"] = run.layout().months;
  info["replicates"] = run.replicates();
  info["state_hash"] = run.state_hashes();
  auto& attributes = info["attributes"] = nlohmann::ordered_json::object();
  for (auto const& name : run.attribute_names()) {
    if (name == "indicators") continue;
    if (auto const number = run.integer_attribute(name))
      attributes[name] = *number;
    else
      attributes[name] = run.text_attribute(name).value_or("");
  }
  auto& dimensions = info["dimensions"] = nlohmann::ordered_json::array();
  for (auto const& dimension : run.layout().dimensions) {
    nlohmann::ordered_json entry{{"name", dimension.name},
                                 {"size", dimension.keys.size()},
                                 {"title_es", dimension.title_es},
                                 {"title_en", dimension.title_en}};
    if (!dimension.parent_name.empty()) entry["within"] = dimension.parent_name;
    dimensions.push_back(std::move(entry));
  }
  auto& variables = info["variables"] = nlohmann::ordered_json::array();
  for (auto const& variable : run.layout().variables)
    variables.push_back({{"name", variable.name},
                         {"dimensions", axes_of(run, variable)},
                         {"units", variable.units},
                         {"title_es", variable.title_es},
                         {"title_en", variable.title_en}});
  auto& indicators = info["indicators"] = nlohmann::ordered_json::array();
  for (auto const& indicator : run.layout().indicators)
    indicators.push_back({{"name", indicator.name},
                          {"units", indicator.units},
                          {"title_es", indicator.title_es},
                          {"title_en", indicator.title_en},
                          {"headline", indicator.headline}});
  if (check) info["intact"] = true;
  out << as_text(info) << "\n";
}

void print_text_info(std::ostream& out, RunReader const& run, Lang lang) {
  std::vector<std::pair<std::string, std::string>> lines;
  auto const& layout = run.layout();
  lines.emplace_back(words(lang, Message::an_scenario), fmt::format("{} ({})", run.title(lang), run.stem()));
  lines.emplace_back(words(lang, Message::an_horizon),
                     words(lang, Message::an_from_to_months, first_of(run), last_of(run), layout.months));
  lines.emplace_back(words(lang, Message::an_replicates), std::to_string(run.replicates()));
  if (auto const description = run.text_attribute(lang == Lang::es ? "description_es" : "description_en"))
    lines.emplace_back(words(lang, Message::app_list_description), *description);
  for (auto const& name : run.attribute_names()) {
    if (is_shown_elsewhere(name)) continue;
    auto const number = run.integer_attribute(name);
    lines.emplace_back(name, number ? std::to_string(*number) : run.text_attribute(name).value_or(""));
  }
  for (int r = 0; r < run.replicates(); ++r)
    lines.emplace_back(fmt::format("state_hash {}", r), run.state_hashes()[static_cast<std::size_t>(r)]);
  std::size_t width = 0;
  for (auto const& [name, value] : lines) width = std::max(width, display_width(name));
  out << words(lang, Message::an_info_title, run.path().string(), *run.integer_attribute("schema")) << "\n";
  for (auto const& [name, value] : lines) out << "  " << pad_right(name, width) << "  " << value << "\n";

  out << "\n" << words(lang, Message::an_dimensions, layout.dimensions.size() + 2) << "\n";
  std::vector<std::array<std::string, 3>> rows{
      {"replicate", std::to_string(run.replicates()), words(lang, Message::an_replicate)},
      {"time", std::to_string(layout.months), words(lang, Message::an_month)}};
  for (auto const& dimension : layout.dimensions)
    rows.push_back({dimension.name, std::to_string(dimension.keys.size()),
                    lang == Lang::es ? dimension.title_es : dimension.title_en});
  auto const print_rows = [&](bool right_second) {
    std::array<std::size_t, 2> widths{};
    for (auto const& row : rows)
      for (std::size_t i = 0; i < 2; ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    for (auto const& row : rows)
      out << "  " << pad_right(row[0], widths[0]) << "  "
          << (right_second ? pad_left(row[1], widths[1]) : pad_right(row[1], widths[1])) << "  " << row[2] << "\n";
  };
  print_rows(true);

  out << "\n" << words(lang, Message::an_variables, layout.variables.size()) << "\n";
  rows.clear();
  for (auto const& variable : layout.variables)
    rows.push_back(
        {variable.name, unit_in(variable.units, lang), lang == Lang::es ? variable.title_es : variable.title_en});
  print_rows(false);

  out << "\n" << words(lang, Message::an_indicators, layout.indicators.size()) << "\n";
  rows.clear();
  for (auto const& indicator : layout.indicators)
    rows.push_back(
        {indicator.name, unit_in(indicator.units, lang), lang == Lang::es ? indicator.title_es : indicator.title_en});
  print_rows(false);
}

}  // namespace

std::vector<Damage> verify(std::filesystem::path const& path) {
  std::vector<Damage> damages;
  // Each crash of the library costs a child and names one data set; the next child goes on behind it.
  constexpr std::size_t most_crashes = 20;
  std::size_t first = 0;
  auto const most = time_to_read(path);
  for (std::size_t crash = 0; crash < most_crashes; ++crash) {
    auto const outcome = run_in_child(most, [&](auto const& write) {
      auto const tell = [&](nlohmann::json const& line) {
        write(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
      };
      try {
        StoredRun{path}.verify(
            first,
            [&](std::string const& dataset) {
              tell({{"start", dataset}});
            },
            [&](StoredDamage const& damage) {
              tell({{"dataset", damage.dataset}, {"sentence", damage.sentence}});
            });
        tell({{"done", true}});
      } catch (InputError const& error) {
        tell({{"wrong_input", error.what()}});
      } catch (MachineError const& error) {
        tell({{"machine_failed", error.what()}});
      }
    });
    std::optional<std::string> last;
    std::size_t started = 0;
    std::istringstream lines{outcome.output};
    for (std::string text; std::getline(lines, text);) {
      auto const line = nlohmann::json::parse(text, nullptr, false);
      if (line.is_discarded()) break;
      if (line.contains("wrong_input")) throw InputError(line["wrong_input"].get<std::string>());
      if (line.contains("machine_failed")) throw MachineError(line["machine_failed"].get<std::string>());
      if (line.contains("done")) return damages;
      if (line.contains("start")) {
        last = line["start"].get<std::string>();
        ++started;
      } else {
        damages.push_back({line.at("dataset").get<std::string>(), line.at("sentence").get<std::string>()});
      }
    }
    if (outcome.too_slow) {
      damages.push_back({last.value_or(""), say(Message::rf_too_slow, path.string(), outcome.given.count())});
      return damages;
    }
    if (memory_is_short()) throw std::bad_alloc();
    if (!last || last->empty()) {
      damages.push_back({"", say(Message::rf_crashed, path.string())});
      return damages;
    }
    damages.push_back({*last, say(Message::rf_damaged, path.string(), shown(*last), say(Message::rf_why_crash))});
    first += started;
  }
  return damages;
}

bool print_info(std::ostream& out, std::filesystem::path const& path, bool check, InfoFormat format, Lang lang) {
  std::vector<Damage> damages;
  if (check) damages = verify(path);
  if (!damages.empty() && format == InfoFormat::text) {
    // What a damaged file says about itself is not shown.
    for (auto const& damage : damages) out << damage.sentence << "\n";
    return false;
  }
  if (!damages.empty()) {
    nlohmann::ordered_json info{{"file", path.string()}, {"intact", false}};
    auto& list = info["damages"] = nlohmann::ordered_json::array();
    for (auto const& damage : damages) list.push_back({{"dataset", damage.dataset}, {"sentence", damage.sentence}});
    out << as_text(info) << "\n";
    return false;
  }
  RunReader const run{path};
  if (format == InfoFormat::json) {
    print_json_info(out, run, check);
  } else {
    print_text_info(out, run, lang);
    if (check) out << "\n" << words(lang, Message::an_intact) << "\n";
  }
  return true;
}

}  // namespace arraigo::analysis
