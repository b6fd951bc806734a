#include "sweep/calibration_file.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "core/input_errors.hpp"
#include "core/numbers.hpp"
#include "core/suggest.hpp"
#include "params/parameters.hpp"
#include "params/yaml_reading.hpp"

namespace arraigo::sweep {
namespace {

namespace fs = std::filesystem;

enum Key : std::size_t { scenario_key, scale_key, area_key, replicates_key, seed_key, set_key, cutoff_key, judged_key, blocks_key };
std::vector<std::string_view> const keys{"scenario", "scale", "area", "replicates", "seed", "set", "cutoff", "implausibility", "blocks"};
enum BlockKey : std::size_t { id_key, parameters_key, targets_key, points_key, waves_key, local_steps_key };
std::vector<std::string_view> const block_keys{"id", "parameters", "targets", "points", "waves", "local_steps"};
enum TargetKey : std::size_t { figure_key, tolerance_key, reason_key };
std::vector<std::string_view> const target_keys{"figure", "tolerance", "reason"};
std::vector<std::string_view> const range_keys{"low", "high"};

/// A search over more is no local one, and an emulator of so many learns nothing from so few points.
constexpr std::size_t most_parameters = 30, most_points = 500, most_waves = 10, most_steps = 1000;
/// What emulators are made of: their cost grows with the third power of the points.
constexpr std::size_t most_points_in_all = 600;
constexpr std::size_t most_reason = 600, most_id = 40;
constexpr double least_tolerance = 0, most_tolerance = 10;

bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= most_id &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

class CalibrationReader : YamlReading {
 public:
  CalibrationReader(fs::path const& path, YamlFile const& file, Errors& errors) : YamlReading(file, errors) {
    calibration_.name = path.stem().string();
    calibration_.common.replicates = 4;
  }

  CalibrationFile read() {
    if (!file_.root.is_map()) {
      errors_.add(say(Message::ca_not_a_calibration, at(file_.root)));
      return calibration_;
    }
    std::set<std::size_t> stated;
    walk(file_.root, "", keys, [&](std::size_t key, YamlNode const& value, std::string const& name) {
      stated.insert(key);
      read_key(key, value, name);
    });
    for (std::size_t const key : {scenario_key, blocks_key})
      if (!stated.contains(key)) errors_.add(say(Message::cl_missing, at(file_.root), keys[key]));
    return calibration_;
  }

 private:
  void word_into(YamlNode const& node, std::string_view key, std::string& text) {
    if (node.is_scalar() && !node.text.empty())
      text = node.text;
    else
      note(node, key, say(Message::in_expects_word));
  }

  void read_key(std::size_t key, YamlNode const& value, std::string const& name) {
    auto& common = calibration_.common;
    switch (key) {
      case scenario_key:
        calibration_.scenario_where = at(value);
        return word_into(value, name, calibration_.scenario);
      case scale_key:
        if (auto const n = integer_of(value, name, 1, most_people_per_agent)) common.scale = static_cast<int>(*n);
        return;
      case area_key: {
        std::string area;
        word_into(value, name, area);
        common.area = area;
        return;
      }
      case replicates_key:
        // One replicate does not say what chance does.
        if (auto const n = integer_of(value, name, 2, 1000)) common.replicates = static_cast<int>(*n);
        return;
      case seed_key:
        if (auto const n = integer_of(value, name, 0, std::numeric_limits<std::int64_t>::max())) common.seed = static_cast<std::uint64_t>(*n);
        return;
      case set_key:
        return read_set(value, name);
      case cutoff_key:
        if (auto const x = number_of(value, name, 0.5, 20)) calibration_.cutoff = *x;
        return;
      case judged_key: {
        std::vector<std::string_view> const words{"highest", "second_highest"};
        if (value.is_scalar() && value.text == words[0]) return;
        if (value.is_scalar() && value.text == words[1])
          calibration_.second_highest = true;
        else
          note(value, name, say(Message::in_word_unknown), value.is_scalar() ? suggestion(value.text, words) : std::string{});
        return;
      }
      default:
        if (!value.is_sequence() || value.items.empty()) return note(value, name, say(Message::ca_expects_blocks));
        for (auto const& item : value.items) read_block(item, name);
    }
  }

  void read_set(YamlNode const& node, std::string const& key) {
    if (!node.is_map()) return note(node, key, say(Message::in_expects_map));
    for (std::size_t i = 0; i + 1 < node.items.size(); i += 2) {
      auto const &path = node.items[i], &value = node.items[i + 1];
      if (value.is_scalar())
        calibration_.common.sets.push_back(path.text + "=" + value.text);
      else
        note(value, key + "." + path.text, say(Message::in_expects_word));
    }
  }

  void read_block(YamlNode const& node, std::string const& key) {
    if (!node.is_map()) return note(node, key, say(Message::ca_expects_blocks));
    CalibrationBlock block;
    block.where = at(node);
    std::set<std::size_t> stated;
    YamlNode const* sized = &node;
    walk(node, key, block_keys, [&](std::size_t which, YamlNode const& value, std::string const& name) {
      stated.insert(which);
      auto const count = [&](std::size_t& into, std::size_t low, std::size_t high) {
        if (auto const n = integer_of(value, name, static_cast<std::int64_t>(low), static_cast<std::int64_t>(high))) into = static_cast<std::size_t>(*n);
      };
      switch (which) {
        case id_key:
          if (!value.is_scalar() || !is_identifier(value.text)) return note(value, name, say(Message::in_expects_id, most_id));
          for (auto const& other : calibration_.blocks)
            if (other.id == value.text) note(value, name, say(Message::ca_block_twice));
          block.id = value.text;
          return;
        case parameters_key: return read_parameters(block, value, name);
        case targets_key: return read_targets(block, value, name);
        case points_key: sized = &value; return count(block.points, 4, most_points);
        case waves_key: return count(block.waves, 1, most_waves);
        default: return count(block.local_steps, 0, most_steps);
      }
    });
    for (std::size_t const which : {id_key, parameters_key, targets_key})
      if (!stated.contains(which)) errors_.add(say(Message::cl_missing, at(node), key + "." + std::string{block_keys[which]}));
    if (block.points < 2 * block.parameters.size()) note(*sized, key + ".points", say(Message::ca_few_points, 2 * block.parameters.size()));
    std::size_t const all = block.points * block.waves + block.local_steps;
    if (all > most_points_in_all) note(*sized, key + ".points", say(Message::ca_too_many_points, all, most_points_in_all));
    calibration_.blocks.push_back(std::move(block));
  }

  void read_parameters(CalibrationBlock& block, YamlNode const& node, std::string const& prefix) {
    if (!node.is_map() || node.items.empty() || node.items.size() > 2 * most_parameters) return note(node, prefix, say(Message::ca_expects_parameters));
    for (std::size_t i = 0; i + 1 < node.items.size(); i += 2) {
      YamlNode const &key = node.items[i], &value = node.items[i + 1];
      CalibratedParameter parameter;
      parameter.where = at(key);
      parameter.row = find_parameter(key.text);
      if (parameter.row == nullptr) {
        std::vector<std::string> names;
        for (auto const& row : parameter_table()) names.push_back(fmt::format("{}.{}", row.group, row.name));
        std::vector<std::string_view> const words(names.begin(), names.end());
        note(key, prefix, say(Message::ca_not_parameter), suggestion(key.text, words));
        continue;
      }
      std::string const source = parameter.row->source;
      if (source.find("assumption") == std::string::npos) {
        note(key, prefix, say(Message::ca_sourced, shown(source)));
        continue;
      }
      auto const twice = [&](CalibrationBlock const& other) {
        for (auto const& before : other.parameters)
          if (before.row == parameter.row) errors_.add(say(Message::ca_parameter_twice, parameter.where, key.text, before.where));
      };
      for (auto const& other : calibration_.blocks) twice(other);
      twice(block);
      read_range(parameter, key, value);
      block.parameters.push_back(std::move(parameter));
    }
  }

  void read_range(CalibratedParameter& parameter, YamlNode const& key, YamlNode const& node) {
    auto const& row = *parameter.row;
    parameter.low = row.low;
    parameter.high = row.high;
    auto const take = [&](YamlNode const& value, double& into) {
      if (auto const x = number_of(value, key.text, row.low, row.high)) into = *x;
    };
    if (node.is_sequence() && node.items.size() == 2) {
      take(node.items[0], parameter.low);
      take(node.items[1], parameter.high);
    } else if (node.is_map()) {
      walk(node, key.text, range_keys, [&](std::size_t which, YamlNode const& value, std::string const&) { take(value, which == 0 ? parameter.low : parameter.high); });
    } else if (node.kind != YamlNode::Kind::null) {
      return note(node, key.text, say(Message::ca_expects_parameters));
    }
    if (!(parameter.low < parameter.high)) {
      errors_.add(mistake(at(node.kind == YamlNode::Kind::null ? key : node), key.text, fmt::format("[{}, {}]", number_text(parameter.low), number_text(parameter.high)),
                          say(Message::sw_range_backwards)));
      parameter.low = row.low;
      parameter.high = row.high;
    }
  }

  void read_targets(CalibrationBlock& block, YamlNode const& node, std::string const& prefix) {
    if (!node.is_sequence() || node.items.empty()) return note(node, prefix, say(Message::ca_expects_targets));
    for (auto const& item : node.items) {
      if (!item.is_map()) {
        note(item, prefix, say(Message::ca_expects_targets));
        continue;
      }
      CalibrationTarget target;
      target.where = at(item);
      std::set<std::size_t> stated;
      walk(item, prefix, target_keys, [&](std::size_t which, YamlNode const& value, std::string const& name) {
        stated.insert(which);
        if (which == figure_key) {
          target.where = at(value);
          word_into(value, name, target.figure);
          for (auto const& other : block.targets)
            if (other.figure == target.figure && !target.figure.empty()) note(value, name, say(Message::ca_target_twice));
        } else if (which == tolerance_key) {
          if (auto const x = number_of(value, name, least_tolerance, most_tolerance)) target.tolerance = *x;
        } else if (!value.is_scalar() || value.text.empty() || value.text.size() > most_reason) {
          note(value, name, say(Message::in_expects_text));
        } else {
          target.reason = value.text;
        }
      });
      for (std::size_t const which : {figure_key, tolerance_key, reason_key})
        if (!stated.contains(which)) errors_.add(say(Message::cl_missing, at(item), prefix + "." + std::string{target_keys[which]}));
      block.targets.push_back(std::move(target));
    }
  }

  CalibrationFile calibration_;
};

}  // namespace

CalibrationFile read_calibration(fs::path const& file) {
  Errors errors;
  auto const yaml = read_yaml(file, file.string(), errors);
  if (!yaml) errors.throw_if_any();
  auto calibration = CalibrationReader(file, *yaml, errors).read();
  errors.throw_if_any();
  return calibration;
}

}  // namespace arraigo::sweep
