#include "analysis/export.hpp"

#include <fmt/format.h>

#include <iterator>

#include "analysis/text_output.hpp"
#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/suggest.hpp"

namespace arraigo::analysis {
namespace {

constexpr std::size_t flush_bytes = std::size_t{1} << 16U;

std::vector<Variable const*> chosen_variables(RunReader const& run, std::vector<std::string> const& names) {
  std::vector<std::string_view> known;
  for (auto const& variable : run.layout().variables) known.push_back(variable.name);
  std::vector<Variable const*> chosen;
  Errors errors;
  for (auto const& name : names) {
    Variable const* found = nullptr;
    for (auto const& variable : run.layout().variables)
      if (variable.name == name) found = &variable;
    if (found != nullptr) {
      chosen.push_back(found);
      continue;
    }
    auto const near = suggestion(name, known);
    errors.add(say(Message::an_unknown_variable, run.path().string(), shown(name),
                   near.empty() ? say(Message::an_see_variables, run.path().string()) : near));
  }
  errors.throw_if_any();
  if (names.empty())
    for (auto const& variable : run.layout().variables) chosen.push_back(&variable);
  return chosen;
}

}  // namespace

void export_csv(std::ostream& out, std::filesystem::path const& path, ExportOptions const& options) {
  RunReader const run{path};
  auto const& layout = run.layout();
  auto const chosen = chosen_variables(run, options.variables);
  out << "variable,replicate,time,dimension,key,value\n";
  fmt::memory_buffer buffer;
  for (auto const* variable : chosen) {
    auto const values = run.read(*variable);
    std::string dimension;
    std::vector<std::string> keys{""};
    if (variable->dimension >= 0) {
      auto const& on = layout.dimensions[static_cast<std::size_t>(variable->dimension)];
      dimension = csv_field(on.name);
      keys.clear();
      for (auto const& key : on.keys) keys.push_back(csv_field(key));
    }
    std::string const name = csv_field(variable->name);
    std::size_t at = 0;
    for (int r = 0; r < run.replicates(); ++r)
      for (int m = 0; m < layout.months; ++m) {
        std::string const month = (layout.start + m).text();
        for (auto const& key : keys) {
          fmt::format_to(std::back_inserter(buffer), "{},{},{},{},{},{}\n", name, r, month, dimension, key,
                         values[at++]);
          if (buffer.size() > flush_bytes) {
            out.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
            buffer.clear();
          }
        }
      }
  }
  out.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
}

}  // namespace arraigo::analysis
