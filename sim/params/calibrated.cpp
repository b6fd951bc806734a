#include "params/calibrated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "core/input_errors.hpp"
#include "core/numbers.hpp"
#include "core/random.hpp"
#include "core/suggest.hpp"
#include "params/yaml_reading.hpp"

namespace arraigo {
namespace {

enum Key : std::size_t { version_key, date_key, program_key, commit_key, command_key, data_digest_key, scenario_key, area_key, scale_key, replicates_key, seed_key, blocks_key };
std::vector<std::string_view> const keys{"version", "date", "program", "commit", "command", "data_digest", "scenario", "area", "scale", "replicates", "seed", "blocks"};
enum BlockKey : std::size_t { id_key, points_key, implausibility_key, space_left_key, parameters_key, figures_key, draws_key };
std::vector<std::string_view> const block_keys{"id", "points", "implausibility", "space_left", "parameters", "figures", "draws"};
enum ValueKey : std::size_t { value_key, low_key, high_key, q05_key, q50_key, q95_key, identified_key };
std::vector<std::string_view> const value_keys{"value", "low", "high", "q05", "q50", "q95", "identified"};
enum FigureKey : std::size_t { figure_id_key, published_key, before_key, after_key, figure_implausibility_key };
std::vector<std::string_view> const figure_keys{"id", "published", "before", "after", "implausibility"};

constexpr int format = 1;
constexpr double any = std::numeric_limits<double>::max();

class CalibratedReader : YamlReading {
 public:
  CalibratedReader(YamlFile const& file, Errors& errors) : YamlReading(file, errors) {}

  Calibrated read() {
    if (!file_.root.is_map()) {
      errors_.add(say(Message::ca_not_calibrated, at(file_.root)));
      return calibrated_;
    }
    std::set<std::size_t> stated;
    walk(file_.root, "", keys, [&](std::size_t key, YamlNode const& value, std::string const& name) {
      stated.insert(key);
      read_key(key, value, name);
    });
    for (std::size_t const key : {version_key, blocks_key})
      if (!stated.contains(key)) errors_.add(say(Message::cl_missing, at(file_.root), keys[key]));
    return calibrated_;
  }

 private:
  template <class Integer>
  void integer_into(YamlNode const& node, std::string_view key, Integer& into, std::int64_t high) {
    if (auto const n = integer_of(node, key, 0, high)) into = static_cast<Integer>(*n);
  }
  void text_into(YamlNode const& node, std::string_view key, std::string& text) {
    if (node.is_scalar()) text = node.text;
    else note(node, key, say(Message::in_expects_text));
  }

  void read_key(std::size_t key, YamlNode const& value, std::string const& name) {
    auto& c = calibrated_;
    switch (key) {
      case version_key: {
        int version = 0;
        integer_into(value, name, version, format);
        return;
      }
      case date_key: return text_into(value, name, c.date);
      case program_key: return text_into(value, name, c.program);
      case commit_key: return text_into(value, name, c.commit);
      case command_key: return text_into(value, name, c.command);
      case data_digest_key: return text_into(value, name, c.data_digest);
      case scenario_key: return text_into(value, name, c.scenario);
      case area_key: return text_into(value, name, c.area);
      case scale_key: return integer_into(value, name, c.scale, 1000);
      case replicates_key: return integer_into(value, name, c.replicates, 10000);
      case seed_key: return integer_into(value, name, c.seed, std::numeric_limits<std::int64_t>::max());
      default:
        if (!value.is_sequence()) return errors_.add(say(Message::ca_not_calibrated, at(value)));
        for (auto const& item : value.items) read_block(item, name);
    }
  }

  void read_block(YamlNode const& node, std::string const& key) {
    if (!node.is_map()) return errors_.add(say(Message::ca_not_calibrated, at(node)));
    CalibratedBlock block;
    YamlNode const* draws = nullptr;
    walk(node, key, block_keys, [&](std::size_t which, YamlNode const& value, std::string const& name) {
      switch (which) {
        case id_key: return text_into(value, name, block.id);
        case points_key: return integer_into(value, name, block.points, 1'000'000);
        case implausibility_key: block.implausibility = number_of(value, name, 0, any).value_or(0); return;
        case space_left_key: block.space_left = number_of(value, name, 0, 1).value_or(0); return;
        case parameters_key: return read_values(block, value, name);
        case figures_key: return read_figures(block, value, name);
        default: draws = &value;
      }
    });
    if (draws != nullptr) read_draws(block, *draws, key + ".draws");
    calibrated_.blocks.push_back(std::move(block));
  }

  void read_values(CalibratedBlock& block, YamlNode const& node, std::string const& key) {
    if (!node.is_map()) return note(node, key, say(Message::in_expects_map));
    for (std::size_t i = 0; i + 1 < node.items.size(); i += 2) {
      YamlNode const &name = node.items[i], &map = node.items[i + 1];
      CalibratedValue value;
      value.row = find_parameter(name.text);
      if (value.row == nullptr) {
        std::vector<std::string> names;
        for (auto const& row : parameter_table()) names.push_back(fmt::format("{}.{}", row.group, row.name));
        std::vector<std::string_view> const words(names.begin(), names.end());
        note(name, key, say(Message::ca_not_parameter), suggestion(name.text, words));
        continue;
      }
      if (!seen_.insert(value.row).second) {
        errors_.add(say(Message::ca_parameter_twice, at(name), name.text, file_.name));
        continue;
      }
      if (!map.is_map()) {
        note(map, name.text, say(Message::in_expects_map));
        continue;
      }
      value.value = value.row->value;
      bool stated = false;
      walk(map, name.text, value_keys, [&](std::size_t which, YamlNode const& entry, std::string const& path) {
        if (which == identified_key) return text_into(entry, path, value.identified);
        auto const x = number_of(entry, path, value.row->low, value.row->high);
        if (which == value_key) stated = true;
        if (!x) return;
        if (which == value_key) value.value = *x;
        if (which == low_key) value.low = *x;
        if (which == high_key) value.high = *x;
        if (which == q05_key) value.q05 = x;
        if (which == q50_key) value.q50 = x;
        if (which == q95_key) value.q95 = x;
      });
      if (!stated) errors_.add(say(Message::cl_missing, at(map), name.text + ".value"));
      block.parameters.push_back(std::move(value));
    }
  }

  void read_figures(CalibratedBlock& block, YamlNode const& node, std::string const& key) {
    if (!node.is_sequence()) return note(node, key, say(Message::ca_expects_targets));
    for (auto const& item : node.items) {
      CalibratedFigure figure;
      if (!item.is_map()) {
        note(item, key, say(Message::in_expects_map));
        continue;
      }
      walk(item, key, figure_keys, [&](std::size_t which, YamlNode const& entry, std::string const& path) {
        if (which == figure_id_key) return text_into(entry, path, figure.id);
        double const x = number_of(entry, path, -any, any).value_or(0);
        (which == published_key ? figure.published : which == before_key ? figure.before : which == after_key ? figure.after : figure.implausibility) = x;
      });
      block.figures.push_back(std::move(figure));
    }
  }

  void read_draws(CalibratedBlock& block, YamlNode const& node, std::string const& key) {
    if (!node.is_sequence()) return note(node, key, say(Message::ca_expects_draws));
    for (auto const& item : node.items) {
      if (!item.is_sequence() || item.items.size() != block.parameters.size()) {
        note(item, key, say(Message::ca_expects_draws));
        continue;
      }
      std::vector<double> draw;
      for (std::size_t p = 0; p < block.parameters.size(); ++p)
        if (auto const x = number_of(item.items[p], key, block.parameters[p].row->low, block.parameters[p].row->high)) draw.push_back(*x);
      if (draw.size() == block.parameters.size()) block.draws.push_back(std::move(draw));
    }
  }

  Calibrated calibrated_;
  std::set<ParameterRow const*> seen_;
};

}  // namespace

std::string to_yaml(Calibrated const& c) {
  std::string out;
  auto const line = [&](std::string_view text) { (out += text) += '\n'; };
  line(fmt::format("version: {}", format));
  line("date: " + in_yaml_quotes(c.date));
  line("program: " + in_yaml_quotes(c.program));
  line("commit: " + in_yaml_quotes(c.commit));
  line("command: " + in_yaml_quotes(c.command));
  line("data_digest: " + in_yaml_quotes(c.data_digest));
  line("scenario: " + in_yaml_quotes(c.scenario));
  line("area: " + in_yaml_quotes(c.area));
  line(fmt::format("scale: {}", c.scale));
  line(fmt::format("replicates: {}", c.replicates));
  line(fmt::format("seed: {}", c.seed));
  line("blocks:");
  for (auto const& block : c.blocks) {
    line("  - id: " + in_yaml_quotes(block.id));
    line(fmt::format("    points: {}", block.points));
    line("    implausibility: " + number_text(block.implausibility));
    line("    space_left: " + number_text(block.space_left));
    line("    parameters:");
    for (auto const& v : block.parameters) {
      std::string text = fmt::format("      {}.{}: {{value: {}, low: {}, high: {}", v.row->group, v.row->name, number_text(v.value), number_text(v.low), number_text(v.high));
      for (auto const& [name, quantile] : {std::pair{"q05", v.q05}, std::pair{"q50", v.q50}, std::pair{"q95", v.q95}})
        if (quantile) text += fmt::format(", {}: {}", name, number_text(*quantile));
      line(text + ", identified: " + in_yaml_quotes(v.identified) + "}");
    }
    line("    figures:");
    for (auto const& f : block.figures)
      line(fmt::format("      - {{id: {}, published: {}, before: {}, after: {}, implausibility: {}}}", in_yaml_quotes(f.id), number_text(f.published), number_text(f.before), number_text(f.after),
                       number_text(f.implausibility)));
    if (block.draws.empty()) continue;
    line("    draws:");
    for (auto const& draw : block.draws) {
      std::string text;
      for (double const x : draw) text += (text.empty() ? "" : ", ") + number_text(x);
      line("      - [" + text + "]");
    }
  }
  return out;
}

Calibrated read_calibrated(std::filesystem::path const& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) throw InputError(say(Message::ca_calibrated_missing, file.string()));
  Errors errors;
  auto const yaml = read_yaml(file, file.string(), errors);
  if (!yaml) errors.throw_if_any();
  auto calibrated = CalibratedReader(*yaml, errors).read();
  errors.throw_if_any();
  return calibrated;
}

void use_fitted(Scenario& scenario, Calibrated const& calibrated) {
  for (auto const& block : calibrated.blocks)
    for (auto const& value : block.parameters)
      if (is_left_to_table(scenario, *value.row)) scenario.parameters.*value.row->member = value.value;
}

ParameterDraws draw_parameters(Calibrated const& calibrated, std::string const& file, std::uint64_t seed, std::size_t draws) {
  ParameterDraws drawn;
  for (auto const& block : calibrated.blocks) {
    if (block.draws.empty()) throw InputError(say(Message::ca_no_draws, file, block.id));
    for (auto const& value : block.parameters) drawn.rows.push_back(value.row);
  }
  for (std::size_t d = 0; d < draws; ++d) {
    auto& set = drawn.sets.emplace_back();
    for (std::size_t b = 0; b < calibrated.blocks.size(); ++b) {
      auto const& of_block = calibrated.blocks[b].draws;
      Draws lot(Stream{seed, static_cast<std::uint32_t>(d), Month{}}, Purpose::parameters, b);
      auto const& row = of_block[lot.below(static_cast<std::uint32_t>(of_block.size()))];
      set.insert(set.end(), row.begin(), row.end());
    }
  }
  return drawn;
}

}  // namespace arraigo
