#include "sweep/sweep_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "core/csv.hpp"
#include "core/numbers.hpp"
#include "core/suggest.hpp"
#include "core/text_file.hpp"
#include "params/parameters.hpp"
#include "params/yaml_reading.hpp"

namespace arraigo::sweep {
namespace {

namespace fs = std::filesystem;

enum Key : std::size_t {
  scenarios_key,
  design_key,
  parameters_key,
  set_key,
  replicates_key,
  months_key,
  scale_key,
  area_key,
  seed_key,
  detail_key
};
std::vector<std::string_view> const keys{"scenarios", "design", "parameters", "set",  "replicates",
                                         "months",    "scale",  "area",       "seed", "detail"};
std::vector<std::string_view> const range_keys{"low", "high", "levels", "values"};

/// What each design is given besides its kind.
std::vector<std::string_view> design_keys(DesignKind kind) {
  switch (kind) {
    case DesignKind::grid:
      return {"kind", "levels"};
    case DesignKind::list:
      return {"kind", "file"};
    case DesignKind::morris:
      return {"kind", "trajectories", "levels", "seed"};
    case DesignKind::saltelli:
      return {"kind", "base", "seed"};
    default:
      return {"kind", "points", "seed"};
  }
}

/// Runs differ in what is varied and in nothing that makes them incomparable.
constexpr std::array<std::string_view, 10> fixed_paths{"months", "start",       "replicates", "seed",   "extends",
                                                       "name",   "title",       "description", "group", "horizon_months"};
constexpr std::size_t most_levels = 1000, most_morris_levels = 64, most_list_row = 100'000;

/// "parameters.x.y" is "x.y".
std::string short_path(std::string_view path) {
  constexpr std::string_view front = "parameters.";
  if (path.starts_with(front) && find_parameter(path.substr(front.size())) != nullptr) path.remove_prefix(front.size());
  return std::string{path};
}

class SweepReader : YamlReading {
 public:
  SweepReader(fs::path const& path, YamlFile const& file, Errors& errors) : YamlReading(file, errors), path_(path) {
    sweep_.name = path.stem().string();
    sweep_.common.replicates = 1;
  }

  SweepFile read() {
    if (!file_.root.is_map()) {
      errors_.add(say(Message::sw_not_a_sweep, at(file_.root)));
      return sweep_;
    }
    std::set<std::size_t> stated;
    YamlNode const* parameters = nullptr;
    walk(file_.root, "", keys, [&](std::size_t key, YamlNode const& value, std::string const& name) {
      stated.insert(key);
      read_key(key, value, name, parameters);
    });
    for (std::size_t const key : {scenarios_key, design_key})
      if (!stated.contains(key)) errors_.add(say(Message::cl_missing, at(file_.root), keys[key]));
    if (!stated.contains(design_key) || !design_read_) return sweep_;
    if (sweep_.kind == DesignKind::list) {
      if (parameters != nullptr) errors_.add(say(Message::sw_list_parameters, at(*parameters)));
      read_list();
    } else if (parameters == nullptr) {
      errors_.add(say(Message::cl_missing, at(file_.root), keys[parameters_key]));
    } else {
      read_parameters(*parameters);
      check_size();
    }
    refuse_set_and_varied();
    return sweep_;
  }

 private:
  /// `row`: of the table, when it is a parameter's.
  std::optional<double> number_of(YamlNode const& node, std::string_view key, ParameterRow const* row) {
    if (node.is_scalar() && !node.quoted) {
      auto const parsed = parse_number(node.text);
      if (parsed.fault == NumberFault::none) return parsed.value;
      note(node, key, why(parsed.fault), row != nullptr ? fix(parsed.fault, node.text, row->low, row->high) : fix(parsed.fault, node.text));
    } else {
      note(node, key, say(Message::sw_expects_range));
    }
    return std::nullopt;
  }

  void read_key(std::size_t key, YamlNode const& value, std::string const& name, YamlNode const*& parameters) {
    switch (key) {
      case scenarios_key:
        return read_scenarios(value, name);
      case design_key:
        return read_design(value, name);
      case parameters_key:
        parameters = &value;
        return;
      case set_key:
        return read_set(value, name);
      case replicates_key:
        if (auto const n = integer_of(value, name, 1, 10000)) sweep_.common.replicates = static_cast<int>(*n);
        return;
      case months_key:
        if (auto const n = integer_of(value, name, 1, 600)) sweep_.common.months = static_cast<int>(*n);
        return;
      case scale_key:
        if (auto const n = integer_of(value, name, 1, most_people_per_agent)) sweep_.common.scale = static_cast<int>(*n);
        return;
      case area_key:
        if (value.is_scalar())
          sweep_.common.area = value.text;
        else
          note(value, name, say(Message::in_expects_word));
        return;
      case seed_key:
        if (auto const n = integer_of(value, name, 0, std::numeric_limits<std::int64_t>::max()))
          sweep_.common.seed = static_cast<std::uint64_t>(*n);
        return;
      default:
        if (auto const word = word_of(value, name, {"totals", "zones", "districts"})) sweep_.detail = value.text;
    }
  }

  void read_scenarios(YamlNode const& node, std::string const& key) {
    if (!node.is_sequence() || node.items.empty()) return note(node, key, say(Message::sw_expects_scenarios));
    for (auto const& item : node.items)
      if (item.is_scalar() && !item.text.empty())
        sweep_.scenarios.emplace_back(item.text, at(item));
      else
        note(item, key, say(Message::sw_expects_scenarios));
  }

  void read_set(YamlNode const& node, std::string const& key) {
    if (!node.is_map()) return note(node, key, say(Message::in_expects_map));
    for (std::size_t i = 0; i + 1 < node.items.size(); i += 2) {
      auto const &path = node.items[i], &value = node.items[i + 1];
      set_at_.emplace_back(short_path(path.text), at(path));
      if (auto const text = text_of_value(value))
        sweep_.common.sets.push_back(path.text + "=" + *text);
      else
        note(value, key + "." + path.text, say(Message::in_expects_word));
    }
  }

  /// As --set takes it: a list is "[a, b]".
  static std::optional<std::string> text_of_value(YamlNode const& node) {
    if (node.is_scalar()) return node.text;
    if (!node.is_sequence()) return std::nullopt;
    std::string text;
    for (auto const& item : node.items) {
      if (!item.is_scalar()) return std::nullopt;
      text += (text.empty() ? "" : ", ") + (item.quoted ? "\"" + item.text + "\"" : item.text);
    }
    return "[" + text + "]";
  }

  void read_design(YamlNode const& node, std::string const& key) {
    YamlNode const* kind = nullptr;
    if (node.is_map())
      for (std::size_t i = 0; i + 1 < node.items.size(); i += 2)
        if (node.items[i].text == "kind") kind = &node.items[i + 1];
    if (kind == nullptr) return note(node, key, say(Message::sw_expects_design));
    auto const word = word_of(*kind, key + ".kind", {std::begin(design_names), std::end(design_names)});
    if (!word) return;
    sweep_.kind = static_cast<DesignKind>(*word);
    design_at_ = &node;
    design_read_ = true;
    bool sized = sweep_.kind == DesignKind::grid;
    if (sweep_.kind == DesignKind::morris) sweep_.levels = 4;
    auto const known = design_keys(sweep_.kind);
    walk(node, key, known, [&](std::size_t which, YamlNode const& value, std::string const& name) {
      auto const what = known[which];
      if (what == "file") {
        sized = true;
        if (value.is_scalar())
          list_file_ = value.text;
        else
          note(value, name, say(Message::in_expects_word));
      } else if (what == "levels" && sweep_.kind == DesignKind::morris) {
        auto const n = integer_of(value, name, 2, most_morris_levels);
        if (n && *n % 2 != 0) note(value, name, say(Message::sw_even, 2, most_morris_levels));
        if (n) sweep_.levels = static_cast<std::size_t>(*n);
      } else if (what == "levels") {
        if (auto const n = integer_of(value, name, 1, most_levels)) sweep_.levels = static_cast<std::size_t>(*n);
      } else if (what == "seed") {
        if (auto const n = integer_of(value, name, 0, std::numeric_limits<std::int64_t>::max()))
          sweep_.design_seed = static_cast<std::uint64_t>(*n);
      } else if (what != "kind") {
        sized = true;
        if (auto const n = integer_of(value, name, 1, static_cast<std::int64_t>(most_runs)))
          sweep_.size = static_cast<std::size_t>(*n);
      }
    });
    if (!sized) errors_.add(say(Message::cl_missing, at(node), key + "." + std::string{known[1]}));
  }

  void add_lever(Lever lever) {
    for (auto const& other : sweep_.levers)
      if (other.path == lever.path)
        return errors_.add(say(Message::sw_path_twice, lever.where, shown(lever.path), other.where));
    sweep_.levers.push_back(std::move(lever));
  }

  /// What is varied would win, without a word.
  void refuse_set_and_varied() {
    for (auto const& lever : sweep_.levers)
      for (auto const& [path, where] : set_at_)
        if (path == lever.path) errors_.add(say(Message::sw_path_twice, lever.where, shown(path), where));
  }

  /// Whether the path can be varied at all; what measures have is known later.
  bool check_path(std::string const& where, std::string const& path, std::string const& value) {
    if (std::find(fixed_paths.begin(), fixed_paths.end(), path) != fixed_paths.end()) {
      errors_.add(mistake(where, path, value, say(Message::sw_path_fixed)));
      return false;
    }
    if (find_parameter(path) != nullptr || path == "scale" || path == "area" || path.starts_with("measures.")) return true;
    std::vector<std::string> names;
    for (auto const& row : parameter_table()) names.push_back(fmt::format("{}.{}", row.group, row.name));
    std::vector<std::string_view> const words(names.begin(), names.end());
    auto const near = nearest(path, words);
    errors_.add(mistake(where, path, value, say(Message::sw_path_unknown),
                        near ? say(Message::in_did_you_mean, *near) : std::string{}));
    return false;
  }

  void read_parameters(YamlNode const& node) {
    if (!node.is_map() || node.items.empty()) return note(node, "parameters", say(Message::sw_expects_parameters));
    for (std::size_t i = 0; i + 1 < node.items.size(); i += 2) {
      YamlNode const &key = node.items[i], &value = node.items[i + 1];
      // "labour.*" and "*": all of the table, with its ranges.
      if (key.text == "*" || key.text.ends_with(".*")) {
        std::string const group = key.text == "*" ? "" : short_path(key.text.substr(0, key.text.size() - 2));
        std::size_t const before = sweep_.levers.size();
        for (auto const& row : parameter_table())
          if ((group.empty() || group == row.group) && row.low < row.high) {
            Lever lever;
            lever.path = fmt::format("{}.{}", row.group, row.name);
            lever.where = at(key);
            read_range(lever, value);
            add_lever(std::move(lever));
          }
        if (sweep_.levers.size() == before) note(key, "parameters", say(Message::sw_path_unknown));
        continue;
      }
      Lever lever;
      lever.path = short_path(key.text);
      lever.where = at(key);
      if (!check_path(lever.where, lever.path, summary_of(value))) continue;
      read_range(lever, value);
      add_lever(std::move(lever));
    }
  }

  void read_range(Lever& lever, YamlNode const& node) {
    bool const in_grid = sweep_.kind == DesignKind::grid;
    auto const* row = find_parameter(lever.path);
    if (row != nullptr) {
      lever.ranged = true;
      lever.low = row->low;
      lever.high = row->high;
    }
    lever.whole = lever.path == "scale";
    bool stated_range = false;
    YamlNode const* low_at = nullptr;
    auto const take = [&](YamlNode const& value, std::string const& key, double& target) {
      if (auto const number = number_of(value, key, row)) target = *number;
      lever.ranged = stated_range = true;
      if (low_at == nullptr) low_at = &value;
    };
    if (node.is_sequence() && node.items.size() == 2) {
      take(node.items[0], lever.path, lever.low);
      take(node.items[1], lever.path, lever.high);
    } else if (node.is_map()) {
      walk(node, lever.path, range_keys, [&](std::size_t which, YamlNode const& value, std::string const& name) {
        if (which <= 1) return take(value, name, which == 0 ? lever.low : lever.high);
        if (!in_grid) return note(value, name, say(Message::sw_values_in_grid));
        if (which == 2) {
          if (auto const n = integer_of(value, name, 1, most_levels)) lever.levels = static_cast<std::size_t>(*n);
          return;
        }
        if (!value.is_sequence() || value.items.empty()) return note(value, name, say(Message::sw_expects_range));
        for (auto const& item : value.items)
          if (auto text = text_of_value(item))
            lever.values.push_back(std::move(*text));
          else
            note(item, name, say(Message::sw_expects_range));
      });
    } else if (node.kind != YamlNode::Kind::null) {
      return note(node, lever.path, say(Message::sw_expects_range));
    }
    if (!lever.values.empty()) return;
    if (!lever.ranged)
      return errors_.add(mistake(lever.where, lever.path, summary_of(node), say(Message::sw_no_range), say(Message::sw_no_range_fix)));
    if (stated_range && row != nullptr)
      for (double const end : {lever.low, lever.high})
        if (end < row->low || end > row->high)
          errors_.add(mistake(at(*low_at), lever.path, number_text(end),
                              say(Message::in_number_range, number_text(row->low), number_text(row->high))));
    if (!(lever.low < lever.high))
      errors_.add(mistake(low_at != nullptr ? at(*low_at) : lever.where, lever.path,
                          fmt::format("[{}, {}]", number_text(lever.low), number_text(lever.high)),
                          say(Message::sw_range_backwards)));
    if (in_grid && lever.levels == 0) lever.levels = sweep_.levels;
    if (in_grid && lever.levels == 0 && !levels_missed_) {
      levels_missed_ = true;
      errors_.add(say(Message::cl_missing, at(*design_at_), "design.levels"));
    }
  }

  void check_size() {
    double points = static_cast<double>(sweep_.size);
    auto const k = sweep_.levers.size();
    if (sweep_.kind == DesignKind::grid) {
      points = 1;
      for (auto const& lever : sweep_.levers)
        points *= static_cast<double>(lever.values.empty() ? std::max<std::size_t>(lever.levels, 1) : lever.values.size());
    } else if (sweep_.kind == DesignKind::morris) {
      points *= static_cast<double>(k + 1);
    } else if (sweep_.kind == DesignKind::saltelli) {
      points *= static_cast<double>(k + 2);
    }
    std::size_t const most_coordinates = sweep_.kind == DesignKind::saltelli ? most_sobol_coordinates / 2 : most_sobol_coordinates;
    if (k > most_coordinates) errors_.add(say(Message::sw_too_many_paths, at(*design_at_), k, most_coordinates));
    refuse_many(points);
  }

  void refuse_many(double points) {
    auto const k = sweep_.levers.size();
    if (points * static_cast<double>(k) > static_cast<double>(most_cells))
      errors_.add(say(Message::sw_too_many_cells, at(*design_at_), points, k, most_cells, most_cells / k));
    auto const scenarios = std::max<std::size_t>(sweep_.scenarios.size(), 1);
    if (points * static_cast<double>(scenarios) * *sweep_.common.replicates > static_cast<double>(most_runs))
      errors_.add(say(Message::sw_too_many, at(*design_at_), points, scenarios, *sweep_.common.replicates, most_runs));
  }

  void read_list() {
    if (list_file_.empty()) return;
    fs::path const file = path_.parent_path() / list_file_;
    auto const text = read_text_file(file, CsvTable::most_bytes, errors_);
    if (!text) return;
    std::vector<std::string> header;
    std::string const first = text->substr(0, text->find('\n'));
    for (std::size_t from = 0; from <= first.size();) {
      std::size_t const comma = std::min(first.find(',', from), first.size());
      header.push_back(first.substr(from, comma - from));
      from = comma + 1;
    }
    if (header.size() > most_list_row) return;
    for (auto const& name : header) {
      Lever lever;
      lever.path = short_path(name);
      lever.where = file.string() + ":1";
      if (check_path(lever.where, lever.path, "")) add_lever(std::move(lever));
    }
    std::vector<std::string_view> const columns(header.begin(), header.end());
    auto const table = CsvTable::parse(*text, file.string(), columns, errors_);
    if (table.rows() == 0 && errors_.empty()) errors_.add(say(Message::in_table_no_rows, file.string()));
    refuse_many(static_cast<double>(table.rows()));
    for (std::size_t row = 0; row < table.rows() && !errors_.full(); ++row) {
      std::vector<std::string> values;
      for (std::size_t column = 0; column < columns.size(); ++column)
        values.emplace_back(table.required_text(row, column));
      sweep_.list.push_back(std::move(values));
    }
    sweep_.size = sweep_.list.size();
  }

  fs::path const& path_;
  SweepFile sweep_;
  YamlNode const* design_at_ = nullptr;
  std::vector<std::pair<std::string, std::string>> set_at_;  ///< paths of `set`, and where they stand
  std::string list_file_;
  bool design_read_ = false, levels_missed_ = false;
};

/// "measures.ID.field" in its parts; the field is empty for other paths.
std::pair<std::string_view, std::string_view> measure_parts(std::string_view path) {
  constexpr std::string_view front = "measures.";
  if (!path.starts_with(front)) return {};
  path.remove_prefix(front.size());
  auto const dot = path.find('.');
  if (dot == std::string_view::npos) return {path, {}};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

}  // namespace

SweepFile read_sweep(fs::path const& file) {
  Errors errors;
  auto const yaml = read_yaml(file, file.string(), errors);
  if (!yaml) errors.throw_if_any();
  auto sweep = SweepReader(file, *yaml, errors).read();
  errors.throw_if_any();
  return sweep;
}

void check_levers(SweepFile& sweep, std::vector<Scenario> const& scenarios, Errors& errors) {
  for (auto& lever : sweep.levers) {
    auto const [id, field_name] = measure_parts(lever.path);
    if (id.empty()) continue;
    for (auto const& scenario : scenarios)
      for (auto const& measure : scenario.measures) {
        if (measure.id != id) continue;
        for (auto const& field : row_of(measure.kind).fields) {
          if (field.name != field_name) continue;
          if (field.type == FieldType::integer) lever.whole = true;
          bool const numeric = field.type == FieldType::number || field.type == FieldType::integer;
          if (!lever.ranged || !lever.values.empty()) continue;
          if (!numeric)
            errors.add(mistake(lever.where, lever.path, "", say(Message::sw_no_range), say(Message::sw_no_range_fix)));
          else
            for (double const end : {lever.low, lever.high})
              if (end < field.low || end > field.high)
                errors.add(mistake(lever.where, lever.path, number_text(end),
                                   say(Message::in_number_range, number_text(field.low), number_text(field.high))));
        }
      }
  }
}

Rows rows_of(SweepFile const& sweep) {
  std::size_t const k = sweep.levers.size();
  auto design = [&] {
    switch (sweep.kind) {
      case DesignKind::grid: {
        std::vector<std::size_t> levels;
        for (auto const& lever : sweep.levers)
          levels.push_back(lever.values.empty() ? lever.levels : lever.values.size());
        return grid(levels);
      }
      case DesignKind::list: {
        Design rows(sweep.size, 0);
        for (std::size_t row = 0; row < sweep.size; ++row) rows.label(row, 0, row);
        return rows;
      }
      case DesignKind::latin_hypercube:
        return latin_hypercube(sweep.size, k, sweep.design_seed);
      case DesignKind::sobol:
        return sobol(sweep.size, k, sweep.design_seed);
      case DesignKind::morris:
        return morris(sweep.size, sweep.levels, k, sweep.design_seed);
      default:
        return saltelli(sweep.size, k, sweep.design_seed);
    }
  }();
  if (sweep.kind == DesignKind::list) return {std::move(design), sweep.list};
  std::vector<std::vector<std::string>> values(design.rows());
  for (std::size_t row = 0; row < design.rows(); ++row)
    for (std::size_t i = 0; i < k; ++i) {
      auto const& lever = sweep.levers[i];
      double const unit = design.at(row, i);
      if (!lever.values.empty()) {
        auto const last = static_cast<double>(lever.values.size() - 1);
        values[row].push_back(lever.values[last == 0 ? 0 : static_cast<std::size_t>(std::lround(unit * last))]);
        continue;
      }
      double const value = scaled(unit, lever.low, lever.high);
      values[row].push_back(number_text(lever.whole ? std::round(value) : value));
    }
  return {std::move(design), std::move(values)};
}

}  // namespace arraigo::sweep
