#include "app/claims.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "analysis/figures.hpp"
#include "core/month.hpp"
#include "core/numbers.hpp"
#include "core/suggest.hpp"
#include "params/parameters.hpp"
#include "params/yaml_reading.hpp"

namespace arraigo::app {
namespace {

using analysis::Claim;
using analysis::Goal;
using analysis::TestKind;

constexpr std::size_t most_characters_line = 300;
constexpr std::size_t most_characters_text = 2000;
constexpr int most_months = 600;

enum ClaimKey : std::size_t {
  id_key,
  if_key,
  then_key,
  why_key,
  test_key,
  months_key,
  primary_key,
  secondary_key,
  arms_key,
  parts_key,
  signs_key,
  people_key,
  groups_key,
  unidentified_key,
  threshold_key
};
std::vector<std::string_view> const claim_keys{"id",     "if",      "then",      "why",          "test",
                                               "months", "primary", "secondary", "arms",         "parts",
                                               "signs",  "people",  "groups",    "unidentified", "threshold"};
enum GoalKey : std::size_t { indicator_key, level_key, want_key, margin_key, where_key, over_key };
std::vector<std::string_view> const goal_keys{"indicator", "level", "want", "margin", "where", "over"};
enum ThresholdKey : std::size_t { by_key, before_key, at_most_key };
std::vector<std::string_view> const threshold_keys{"by", "before", "at_most"};
std::vector<std::string_view> const languages{"es", "en"};
std::vector<std::string_view> const wants{"up", "down", "no_fall", "no_rise"};

/// Names of arms stand in the file's own maps and, in lower case, in file names.
bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

class ClaimsReader : YamlReading {
 public:
  ClaimsReader(YamlFile const& file, RecordLayout const& layout, Errors& errors)
      : YamlReading(file, errors), layout_(layout) {
    for (auto const& indicator : layout.indicators) indicators_.emplace_back(indicator.name);
    for (auto const& variable : layout.variables)
      if (variable.dimension < 0) variables_.emplace_back(variable.name);
    for (auto const& row : parameter_table())
      if (groups_.empty() || groups_.back() != row.group) groups_.emplace_back(row.group);
  }

  std::vector<Claim> read() {
    std::vector<Claim> claims;
    if (!file_.root.is_map()) {
      errors_.add(say(Message::cl_not_claims, at(file_.root)));
      return claims;
    }
    bool stated = false;
    walk(file_.root, "", {"claims"}, [&](std::size_t, YamlNode const& value, std::string const& key) {
      stated = true;
      if (!value.is_sequence() || value.items.empty()) return note(value, key, say(Message::cl_expects_claims));
      for (auto const& entry : value.items) claims.push_back(read_claim(entry, claims));
    });
    if (!stated && errors_.empty()) missing(file_.root, "claims");
    return claims;
  }

 private:
  /// The entries of a map whose keys are the file's own.
  template <class Visit>
  void walk_names(YamlNode const& map, std::string const& prefix, Visit&& visit) {
    if (!map.is_map()) return note(map, prefix, say(Message::in_expects_map));
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i + 1 < map.items.size(); i += 2) {
      auto const& key = map.items[i];
      if (is_identifier(key.text))
        names.emplace_back(key.text);
      else
        errors_.add(mistake(at(key), prefix, key.text, say(Message::in_expects_id, 40)));
    }
    walk(map, prefix, names, [&](std::size_t name, YamlNode const& value, std::string const& key) {
      visit(std::string{names[name]}, value, key);
    });
  }

  std::optional<std::string> text_of(YamlNode const& node, std::string_view key,
                                     std::size_t most = most_characters_text) {
    if (!node.is_scalar() || node.text.empty()) {
      note(node, key, say(Message::in_expects_text));
      return std::nullopt;
    }
    if (node.text.size() > most) {
      note(node, key, say(Message::in_text_long, most));
      return std::nullopt;
    }
    std::string text = node.text;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

  void read_languages(YamlNode const& node, std::string const& key, analysis::Words& target) {
    if (!node.is_map()) return note(node, key, say(Message::in_expects_languages));
    std::array<bool, 2> stated{};
    walk(node, key, languages, [&](std::size_t language, YamlNode const& value, std::string const& name) {
      stated[language] = true;
      if (auto text = text_of(value, name)) (language == 0 ? target.es : target.en) = std::move(*text);
    });
    for (std::size_t l = 0; l < 2; ++l)
      if (!stated[l]) missing(node, key + "." + std::string{languages[l]});
  }

  template <class Visit>
  void each_word(YamlNode const& node, std::string const& key, Visit&& visit) {
    if (!node.is_sequence()) return note(node, key, say(Message::in_expects_words));
    for (auto const& item : node.items)
      if (item.is_scalar())
        visit(item);
      else
        note(item, key, say(Message::in_expects_word));
  }

  void read_where(YamlNode const& node, std::string const& key, analysis::Outcome& outcome) {
    auto const equals = node.is_scalar() ? node.text.find('=') : std::string::npos;
    if (equals == std::string::npos || equals == 0) return note(node, key, say(Message::cl_expects_where));
    std::string const name = node.text.substr(0, equals), group = node.text.substr(equals + 1);
    auto const* dimension = analysis::find_dimension(layout_, name);
    if (dimension == nullptr) {
      std::vector<std::string_view> known;
      for (auto const& one : layout_.dimensions) known.emplace_back(one.name);
      return note(node, key, say(Message::in_word_unknown), suggestion(name, known));
    }
    if (std::find(dimension->keys.begin(), dimension->keys.end(), group) == dimension->keys.end()) {
      std::vector<std::string_view> const known(dimension->keys.begin(), dimension->keys.end());
      return note(node, key, say(Message::in_word_unknown), suggestion(group, known));
    }
    outcome.dimension = name;
    outcome.key = group;
  }

  Goal read_goal(YamlNode const& node, std::string const& key, bool primary, bool may_hold_still) {
    Goal goal;
    if (!node.is_map()) {
      note(node, key, say(Message::in_expects_map));
      return goal;
    }
    std::array<bool, 6> stated{};
    walk(node, key, goal_keys, [&](std::size_t which, YamlNode const& value, std::string const& name) {
      stated[which] = true;
      switch (which) {
        case indicator_key:
          if (auto const word = word_of(value, name, indicators_)) goal.outcome.indicator = indicators_[*word];
          break;
        case level_key:
          if (auto const word = word_of(value, name, variables_)) goal.outcome.level = variables_[*word];
          break;
        case want_key:
          if (auto const word = word_of(value, name, wants)) {
            goal.no_worse = *word >= 2;
            // Who must not fall is wanted up, but for the bound.
            goal.up = *word == 0 || *word == 2;
            if (goal.no_worse && !may_hold_still) note(value, name, say(Message::cl_no_worse_alone));
          }
          break;
        case margin_key:
          if (auto const margin = number_of(value, name, 0, 1e12)) goal.margin = *margin;
          break;
        case where_key:
          read_where(value, name, goal.outcome);
          break;
        default:
          if (auto const word = word_of(value, name, {"last", "mean"})) goal.outcome.mean = *word == 1;
          break;
      }
    });
    if (stated[indicator_key] == stated[level_key]) errors_.add(say(Message::cl_indicator_or_level, at(node), key));
    if (!stated[want_key]) missing(node, key + ".want");
    if (primary && !stated[margin_key]) missing(node, key + ".margin");
    check_recorded(goal, node, key);
    return goal;
  }

  /// Some figures stand on some groups only.
  void check_recorded(Goal const& goal, YamlNode const& node, std::string const& key) {
    auto const& outcome = goal.outcome;
    if (outcome.dimension.empty()) return;
    std::vector<std::string> terms{outcome.level};
    if (auto const* indicator = analysis::find_indicator(layout_, outcome.indicator)) {
      terms = indicator->numerator;
      terms.insert(terms.end(), indicator->denominator.begin(), indicator->denominator.end());
    }
    for (auto const& term : terms) {
      std::string const name = (term.starts_with('-') ? term.substr(1) : term) + "_by_" + outcome.dimension;
      if (!term.empty() && analysis::find_variable(layout_, name) == nullptr) {
        errors_.add(say(Message::an_indicator_not_cut, at(node), key, outcome.dimension, name));
        return;
      }
    }
  }

  void read_threshold(YamlNode const& node, std::string const& key, Claim& claim) {
    if (!node.is_map()) return note(node, key, say(Message::in_expects_map));
    analysis::Threshold threshold;
    std::array<bool, 3> stated{};
    walk(node, key, threshold_keys, [&](std::size_t which, YamlNode const& value, std::string const& name) {
      stated[which] = true;
      if (which == by_key) {
        std::vector<std::string_view> known;
        for (auto const& dimension : layout_.dimensions) known.emplace_back(dimension.name);
        if (auto const word = word_of(value, name, known)) threshold.by = known[*word];
      } else if (which == before_key) {
        auto const month = value.is_scalar() ? Month::parse(value.text) : std::nullopt;
        if (!month)
          note(value, name, say(Message::in_month_malformed));
        else if (*month < layout_.start)
          note(value, name, say(Message::cl_before_start, layout_.start.text()));
        else
          threshold.before = *month;
      } else if (auto const share = number_of(value, name, 0, 100)) {
        threshold.at_most = *share;
      }
    });
    for (ThresholdKey const which : {by_key, before_key})
      if (!stated[which]) missing(node, key + "." + std::string{threshold_keys[which]});
    for (auto& goal : claim.goals) goal.outcome.threshold = threshold;
  }

  void read_arms(YamlNode const& node, std::string const& key, Claim& claim) {
    walk_names(node, key, [&](std::string const& name, YamlNode const& value, std::string const& full) {
      auto const file = text_of(value, full, most_characters_line);
      claim.arms.push_back({name, file.value_or(""), ""});  // named, if wrongly: not missing as well
      if (file && (file->find('/') != std::string::npos || !file->ends_with(".yaml")))
        note(value, full, say(Message::cl_expects_file));
    });
  }

  void read_signs(YamlNode const& node, std::string const& key, Claim& claim) {
    std::set<std::string> signed_arms;
    walk_names(node, key, [&](std::string const& name, YamlNode const& value, std::string const& full) {
      auto const arm =
          std::find_if(claim.arms.begin(), claim.arms.end(), [&](auto const& one) { return one.name == name; });
      if (arm == claim.arms.end()) return note(value, full, say(Message::cl_no_such_arm, name));
      if (!value.is_scalar() || value.text.size() != claim.parts.size() ||
          value.text.find_first_not_of("+-") != std::string::npos)
        return note(value, full, say(Message::cl_expects_signs, claim.parts.size()));
      arm->signs = value.text;
      signed_arms.insert(name);
    });
    // An effect is the mean of arms with the part less that of arms without.
    for (std::size_t p = 0; p < claim.parts.size(); ++p) {
      int balance = 0, with = 0;
      for (auto const& arm : claim.arms)
        if (p < arm.signs.size()) {
          balance += arm.signs[p] == '+' ? 1 : -1;
          with += arm.signs[p] == '+' ? 1 : 0;
        }
      if (with == 0 || balance != 0) errors_.add(say(Message::cl_signs_unbalanced, at(node), key, claim.parts[p].name));
    }
  }

  void check_arms(YamlNode const& entry, std::string const& key, Claim const& claim) {
    for (char const* needed : {"off", "on"})
      if (claim.arm(needed) == nullptr) missing(entry, fmt::format("{}.arms.{}", key, needed));
    if (claim.test == TestKind::interaction)
      for (char const* needed : {"a", "b"})
        if (claim.arm(needed) == nullptr) missing(entry, fmt::format("{}.arms.{}", key, needed));
  }

  void read_unidentified(YamlNode const& node, std::string const& key, Claim& claim) {
    each_word(node, key, [&](YamlNode const& item) {
      if (auto const* row = find_parameter(item.text)) {
        claim.unidentified.push_back(fmt::format("{}.{}", row->group, row->name));
        return;
      }
      std::vector<std::string> names;
      for (auto const& row : parameter_table()) names.push_back(fmt::format("{}.{}", row.group, row.name));
      std::vector<std::string_view> const words(names.begin(), names.end());
      note(item, key, say(Message::in_word_unknown), suggestion(item.text, words));
    });
  }

  void read_people(YamlNode const& node, std::string const& key, Claim& claim) {
    each_word(node, key, [&](YamlNode const& item) {
      std::string const name = item.text.starts_with('-') ? item.text.substr(1) : item.text;
      if (std::find(variables_.begin(), variables_.end(), name) == variables_.end())
        note(item, key, say(Message::in_word_unknown), suggestion(name, variables_));
      else
        claim.people.push_back(item.text);
    });
  }

  Claim read_claim(YamlNode const& entry, std::vector<Claim> const& earlier) {
    Claim claim;
    std::string key = fmt::format("claims[{}]", earlier.size() + 1);
    if (!entry.is_map()) {
      note(entry, key, say(Message::in_expects_map));
      return claim;
    }
    std::array<YamlNode const*, 15> nodes{};
    walk(entry, key, claim_keys,
         [&](std::size_t which, YamlNode const& value, std::string const&) { nodes[which] = &value; });
    if (auto const* id = nodes[id_key]) {
      if (!id->is_scalar() || !is_identifier(id->text)) {
        note(*id, key + ".id", say(Message::in_expects_id, 40));
      } else {
        claim.id = id->text;
        key = claim.id;
        for (auto const& other : earlier)
          if (other.id == claim.id) note(*id, key + ".id", say(Message::in_duplicate));
      }
    }
    for (ClaimKey const needed : {id_key, if_key, then_key, why_key, test_key, months_key, primary_key, arms_key})
      if (nodes[needed] == nullptr && !names_key(entry, claim_keys[needed]))
        missing(entry, key + "." + std::string{claim_keys[needed]});
    auto const with = [&](ClaimKey which, auto&& read) {
      if (nodes[which] != nullptr) read(*nodes[which], key + "." + std::string{claim_keys[which]});
    };
    with(if_key, [&](auto const& node, auto const& name) { read_languages(node, name, claim.if_); });
    with(then_key, [&](auto const& node, auto const& name) { read_languages(node, name, claim.then); });
    with(why_key, [&](auto const& node, auto const& name) { read_languages(node, name, claim.why); });
    with(test_key, [&](auto const& node, auto const& name) {
      if (auto const word = word_of(node, name, analysis::test_kind_names())) claim.test = static_cast<TestKind>(*word);
    });
    with(months_key, [&](auto const& node, auto const& name) {
      auto const months = number_of(node, name, 1, most_months);
      if (months && *months != static_cast<int>(*months)) note(node, name, say(Message::in_number_not_whole));
      if (months) claim.months = static_cast<int>(*months);
    });
    with(primary_key, [&](auto const& node, auto const& name) {
      bool const several = claim.test == TestKind::both;
      if (several && (!node.is_sequence() || node.items.size() < 2))
        return note(node, name, say(Message::cl_expects_goals));
      if (!several && node.is_sequence()) return note(node, name, say(Message::cl_expects_one_goal));
      if (several)
        for (auto const& item : node.items) claim.goals.push_back(read_goal(item, name, true, true));
      else
        claim.goals.push_back(read_goal(node, name, true, false));
    });
    with(secondary_key, [&](auto const& node, auto const& name) {
      if (!node.is_sequence()) return note(node, name, say(Message::cl_expects_goals));
      for (auto const& item : node.items) claim.secondary.push_back(read_goal(item, name, false, true));
    });
    with(arms_key, [&](auto const& node, auto const& name) { read_arms(node, name, claim); });
    with(parts_key, [&](auto const& node, auto const& name) {
      walk_names(node, name, [&](std::string const& part, YamlNode const& value, std::string const& full) {
        claim.parts.push_back({part, {}});
        read_languages(value, full, claim.parts.back().title);
      });
    });
    bool const fraction = claim.test == TestKind::main_effects, threshold = claim.test == TestKind::threshold;
    with(signs_key, [&](auto const& node, auto const& name) {
      if (!fraction) return note(node, name, say(Message::cl_only_with, "main_effects"));
      read_signs(node, name, claim);
    });
    with(threshold_key, [&](auto const& node, auto const& name) {
      if (!threshold) return note(node, name, say(Message::cl_only_with, "threshold"));
      read_threshold(node, name, claim);
    });
    if (fraction)
      for (ClaimKey const needed : {parts_key, signs_key})
        if (nodes[needed] == nullptr) missing(entry, key + "." + std::string{claim_keys[needed]});
    if (threshold && nodes[threshold_key] == nullptr) missing(entry, key + ".threshold");
    with(people_key, [&](auto const& node, auto const& name) { read_people(node, name, claim); });
    with(groups_key, [&](auto const& node, auto const& name) {
      each_word(node, name, [&](YamlNode const& item) {
        if (auto const word = word_of(item, name, groups_)) claim.groups.emplace_back(groups_[*word]);
      });
    });
    with(unidentified_key, [&](auto const& node, auto const& name) { read_unidentified(node, name, claim); });
    if (nodes[arms_key] != nullptr && nodes[arms_key]->is_map()) check_arms(*nodes[arms_key], key, claim);
    for (auto* goals : {&claim.goals, &claim.secondary})
      for (auto& goal : *goals) goal.outcome.months = claim.months;
    if (threshold && claim.months > 0 && !claim.goals.empty() && claim.goals.front().outcome.threshold &&
        claim.goals.front().outcome.threshold->before - layout_.start >= claim.months - 1)
      note(*nodes[threshold_key], key + ".threshold.before", say(Message::cl_before_end, claim.months));
    return claim;
  }

  /// Whether the map names the key at all, also without a value: then it has its sentence.
  static bool names_key(YamlNode const& map, std::string_view key) {
    for (std::size_t i = 0; i + 1 < map.items.size(); i += 2)
      if (map.items[i].text == key) return true;
    return false;
  }

  RecordLayout const& layout_;
  std::vector<std::string_view> indicators_, variables_, groups_;
};

std::vector<Claim> claims_of(std::optional<YamlFile> const& file, RecordLayout const& layout, Errors& errors) {
  std::vector<Claim> claims;
  if (file) claims = ClaimsReader{*file, layout, errors}.read();
  errors.throw_if_any();
  return claims;
}

}  // namespace

std::vector<Claim> read_claims(std::filesystem::path const& file, RecordLayout const& layout) {
  Errors errors;
  return claims_of(read_yaml(file, file.string(), errors), layout, errors);
}

std::vector<Claim> parse_claims(std::string text, std::string_view name, RecordLayout const& layout) {
  Errors errors;
  return claims_of(parse_yaml(std::move(text), name, errors), layout, errors);
}

}  // namespace arraigo::app
