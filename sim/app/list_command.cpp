#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>

#include "app/code_words.hpp"
#include "app/commands.hpp"
#include "app/table.hpp"
#include "app/terminal.hpp"
#include "core/numbers.hpp"
#include "init/country.hpp"
#include "params/measures.hpp"
#include "params/parameters.hpp"
#include "params/scenario_draft.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::app {
namespace {
namespace fs = std::filesystem;
using Kind = Table::Kind;

struct ListArguments {
  std::vector<std::string> what;
  std::string format = "table", data, group;
  bool all = false;
};

std::string in_language(std::string const& es, std::string const& en) {
  return language_of_environment() == Lang::es ? es : en;
}

/// CSV and JSON carry titles in both languages, so that programs need not know the reader's; a table speaks the
/// reader's.
void add_texts(std::vector<std::string>& cells, bool both, std::string const& es, std::string const& en) {
  if (both) {
    cells.push_back(es);
    cells.push_back(en);
  } else {
    cells.push_back(in_language(es, en));
  }
}
void add_text_columns(std::vector<Table::Column>& columns, bool both, std::string const& key, Message title) {
  if (both) {
    columns.push_back({key + "_es", say(title)});
    columns.push_back({key + "_en", say(title)});
  } else {
    columns.push_back({key, say(title)});
  }
}

/// A list with sentences is read as entries: a head line, and what is said about it below.
struct Entry {
  std::string head;
  std::vector<std::string> below;
};

void print_entries(std::vector<Entry> const& entries) {
  std::size_t const columns = std::min<std::size_t>(text_columns(), 120);
  for (auto const& entry : entries) {
    for (auto const& line : wrapped(entry.head, columns)) std::cout << line << '\n';
    for (auto const& text : entry.below)
      if (!text.empty())
        for (auto const& line : wrapped(text, columns - 4)) std::cout << "    " << line << '\n';
  }
}

/// "0.034 (0 ... 0.2) 1/month"; a plain number has no unit.
std::string range_text(std::string const& value, double low, double high, std::string_view unit) {
  std::string const range = fmt::format("{} ({} ... {})", value, number_text(low), number_text(high));
  return unit.empty() || unit == "1" ? range : range + " " + unit_in(unit, language_of_environment());
}

/// What holds when a file is silent.
std::string fallback_text(MeasureField const& field) {
  if (field.fallback == nullptr) return say(Message::app_list_required);
  if (*field.fallback != '\0') return field.fallback;
  switch (field.type) {
    case FieldType::name:
      return say(Message::app_list_own_id);
    case FieldType::month:
      return say(Message::app_list_no_limit);
    default:
      return say(Message::app_list_in_force);
  }
}

void print_parameters() {
  std::vector<Entry> entries;
  for (auto const& row : parameter_table())
    entries.push_back({fmt::format("{}.{} = {}", row.group, row.name,
                                   range_text(number_text(row.value), row.low, row.high, row.unit)),
                       {in_language(row.title.es, row.title.en), row.source}});
  print_entries(entries);
}

Table parameters() {
  Table table({{"parameter"},
               {"unit"},
               {"default", "", Kind::number},
               {"low", "", Kind::number},
               {"high", "", Kind::number},
               {"title_es"},
               {"title_en"},
               {"source"}});
  for (auto const& row : parameter_table())
    table.add({std::string{row.group} + "." + row.name, row.unit, number_text(row.value), number_text(row.low),
               number_text(row.high), row.title.es, row.title.en, row.source});
  return table;
}

std::string type_name(MeasureField const& field, Lang lang) {
  constexpr std::array words{Message::app_list_number, Message::app_list_integer,     Message::app_list_month,
                             Message::app_list_choice, Message::app_list_choice_list, Message::app_list_name};
  return text(words.at(static_cast<std::size_t>(field.type)), lang);
}

std::string choices_text(MeasureField const& field) {
  std::string choices = field.choices;
  for (std::size_t at = 0; (at = choices.find('|', at)) != std::string::npos; at += 2) choices.replace(at, 1, ", ");
  return choices;
}

/// The words that a file may hold, each with what it means: "visitor: visitante; irregular".
std::string explained_choices(MeasureField const& field) {
  std::string explained;
  for (auto const code : words_of(field.choices)) {
    std::string const word = code_word(code, language_of_environment());
    explained += (explained.empty() ? "" : "; ") + std::string{code} + (word == code ? "" : ": " + word);
  }
  return explained;
}

void print_measures() {
  for (auto const& kind : measure_kinds()) {
    std::vector<Entry> entries;
    entries.push_back({fmt::format("{}: {} ({})", kind.name, in_language(kind.title.es, kind.title.en),
                                   say(kind.by_district ? Message::app_list_by_district : Message::app_list_national)),
                       {in_language(kind.definition.es, kind.definition.en)}});
    for (auto const& field : kind.fields) {
      bool const ranged = field.type == FieldType::number || field.type == FieldType::integer;
      std::string const shown_value = fallback_text(field);
      std::string const range = ranged
                                    ? range_text(shown_value, field.low, field.high, field.unit)
                                    : fmt::format("{} ({})", shown_value, type_name(field, language_of_environment()));
      entries.push_back({fmt::format("  {} = {}", field.name, range),
                         {in_language(field.title.es, field.title.en), explained_choices(field)}});
    }
    print_entries(entries);
    std::cout << '\n';
  }
}

Table measures() {
  Table table({{"kind"},
               {"field"},
               {"title_es"},
               {"title_en"},
               {"type"},
               {"unit"},
               {"low", "", Kind::number},
               {"high", "", Kind::number},
               {"default"},
               {"choices"},
               {"definition_es"},
               {"definition_en"}});
  for (auto const& kind : measure_kinds()) {
    Message const reach = kind.by_district ? Message::app_list_by_district : Message::app_list_national;
    table.add({kind.name, "", kind.title.es, kind.title.en, text(reach, Lang::en), "", "", "", "", "",
               kind.definition.es, kind.definition.en});
    for (auto const& field : kind.fields) {
      bool const ranged = field.type == FieldType::number || field.type == FieldType::integer;
      table.add({kind.name, field.name, field.title.es, field.title.en, type_name(field, Lang::en), field.unit,
                 ranged ? number_text(field.low) : "", ranged ? number_text(field.high) : "",
                 field.fallback == nullptr ? text(Message::app_list_required, Lang::en) : field.fallback,
                 choices_text(field), "", ""});
    }
  }
  return table;
}

std::vector<Indicator> indicators_of_baseline(Places const& places) {
  Country const country = read_country(places.data);
  Scenario const baseline =
      read_scenario(find_scenario("baseline", places), country.districts, ScenarioPlaces{places.scenarios});
  return Simulation::layout(baseline, country, Detail::totals).indicators;
}

void print_indicators(std::vector<Indicator> const& indicators) {
  std::vector<Entry> entries;
  for (auto const& row : indicators)
    entries.push_back({fmt::format("{}: {} ({})", row.name, in_language(row.title_es, row.title_en),
                                   unit_in(row.units, language_of_environment())),
                       {in_language(row.definition_es, row.definition_en), in_language(row.question_es, row.question_en),
                        fmt::format("{}: {}{}", say(Message::app_list_instrument),
                                    code_word(row.instrument, language_of_environment()),
                                    row.headline ? ", " + say(Message::app_list_headline) : std::string{})}});
  print_entries(entries);
}

Table indicators(std::vector<Indicator> const& rows) {
  Table table({{"indicator"},
               {"title_es"},
               {"title_en"},
               {"units"},
               {"instrument"},
               {"headline", "", Kind::number},
               {"definition_es"},
               {"definition_en"},
               {"question_es"},
               {"question_en"}});
  for (auto const& row : rows)
    table.add({row.name, row.title_es, row.title_en, row.units, row.instrument, row.headline ? "1" : "0",
               row.definition_es, row.definition_en, row.question_es, row.question_en});
  return table;
}

Table phases(bool both) {
  std::vector<Table::Column> columns{{"order", say(Message::app_list_order), Kind::number},
                                     {"phase", say(Message::app_list_phase)},
                                     {"section", say(Message::app_list_section)}};
  add_text_columns(columns, both, "title", Message::app_list_title);
  Table table(columns);
  for (std::size_t i = 0; i < schedule().size(); ++i) {
    auto const& row = schedule()[i];
    std::vector<std::string> cells{std::to_string(i + 1), row.name, row.odd};
    add_texts(cells, both, row.title.es, row.title.en);
    table.add(std::move(cells));
  }
  return table;
}

Table districts(Places const& places, bool both) {
  auto const all = DistrictTable::read(places.data);
  Table table({{"ubigeo", "ubigeo"},
               {"name", say(Message::app_list_district)},
               {"province", say(Message::app_list_province)},
               {"region", say(Message::app_list_region)},
               {"group", say(Message::app_list_group)},
               {"zone", say(Message::app_list_zone)},
               {"population_2023", say(Message::app_list_population), Kind::number},
               {"poverty_2018_pct", say(Message::app_list_poverty), Kind::number}});
  auto const figure = [](double value) { return std::isfinite(value) ? number_text(value) : std::string{}; };
  for (auto const& row : all.rows())
    table.add({row.ubigeo, row.name, row.province, row.region,
               both ? row.group : code_word(row.group, language_of_environment()), row.zone,
               figure(row.population_2023), figure(row.poverty_2018_pct)});
  return table;
}

/// The shipped scenarios in the order of their groups, each by the name that finds it; those without a group come first.
struct Shipped {
  std::string name;
  Scenario scenario;
  std::size_t group = 0;  ///< 0: none, else one more than its place in scenario_groups()
};

std::vector<Shipped> shipped_scenarios(Places const& places, std::string const& group, bool all) {
  std::vector<std::string_view> words;
  for (auto const& known : scenario_groups()) words.emplace_back(known.name);
  std::size_t const only = group.empty() ? 0 : one_of("--group", group, words) + 1;
  std::size_t const theory = words.size();
  auto const districts = DistrictTable::read(places.data);
  std::vector<Shipped> found;
  Errors errors;
  std::error_code ignored;
  for (char const* folder : {"", "theory"}) {
    if (*folder != '\0' && !all && only != theory) continue;
    for (auto const& entry : fs::directory_iterator(places.scenarios / folder, ignored)) {
      if (entry.path().extension() != ".yaml" || entry.path().stem() == "claims") continue;
      try {
        Shipped one;
        one.name = (fs::path(folder) / entry.path().stem()).string();
        one.scenario = read_scenario(entry.path(), districts, ScenarioPlaces{places.scenarios});
        auto const place = std::find(words.begin(), words.end(), one.scenario.group);
        if (place != words.end()) one.group = static_cast<std::size_t>(place - words.begin()) + 1;
        if (only == 0 || one.group == only) found.push_back(std::move(one));
      } catch (InputError const& error) {
        for (auto const& sentence : error.sentences()) errors.add(sentence);
      }
    }
  }
  errors.throw_if_any();
  std::sort(found.begin(), found.end(), [](Shipped const& a, Shipped const& b) {
    return std::pair(a.group, std::string_view{a.name}) < std::pair(b.group, std::string_view{b.name});
  });
  return found;
}

void print_scenarios(std::vector<Shipped> const& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto const& s = rows[i].scenario;
    if (i == 0 || rows[i].group != rows[i - 1].group) {
      std::string const title = rows[i].group == 0 ? say(Message::app_list_no_group)
                                                   : scenario_groups()[rows[i].group - 1].title.in(language_of_environment());
      std::cout << (i == 0 ? "" : "\n") << title << '\n';
    }
    print_entries({{fmt::format("  {}: {} ({}, {} {}, {})", rows[i].name, in_language(s.title_es, s.title_en), s.start.text(),
                                s.months, say(Message::app_list_months), s.area),
                    {in_language(s.description_es, s.description_en)}}});
  }
}

Table scenarios(std::vector<Shipped> const& rows) {
  Table table({{"scenario"},
               {"group"},
               {"title_es"},
               {"title_en"},
               {"start"},
               {"months", "", Kind::number},
               {"area"},
               {"description_es"},
               {"description_en"}});
  for (auto const& [name, s, group] : rows)
    table.add({name, s.group, s.title_es, s.title_en, s.start.text(), std::to_string(s.months), s.area, s.description_es, s.description_en});
  return table;
}

void print_costs(Country const& country) {
  std::vector<Entry> entries;
  for (auto const& [line, row] : country.costs)
    entries.push_back(
        {fmt::format("{} = {}", line, range_text(number_text(row.soles), row.low, row.high, "soles")),
         {say(Message::app_list_cost_of, language_of_environment() == Lang::es ? row.per_es : row.per, code_word(row.payer, language_of_environment())), row.source}});
  print_entries(entries);
}

Table costs(Country const& country) {
  Table table({{"line"},
               {"unit_cost_soles", "", Kind::number},
               {"per"},
               {"per_es"},
               {"payer"},
               {"low", "", Kind::number},
               {"high", "", Kind::number},
               {"source"}});
  for (auto const& [line, row] : country.costs)
    table.add(
        {line, number_text(row.soles), row.per, row.per_es, row.payer, number_text(row.low), number_text(row.high), row.source});
  return table;
}

Exit list(ListArguments const& arguments) {
  std::vector<std::string_view> const kinds{"parameters", "measures",  "indicators", "phases",
                                            "districts",  "scenarios", "costs"};
  if (arguments.what.size() != 1) throw InputError(say(Message::app_list_needs_kind));
  std::size_t const kind = one_of("list", arguments.what[0], kinds);
  auto const format = static_cast<Table::Format>(one_of("--format", arguments.format, {"table", "csv", "json"}));
  bool const both = format != Table::Format::table;
  auto const places = [&] {
    return find_places(arguments.data.empty() ? std::nullopt : std::optional{arguments.data});
  };
  if (kind != 5 && (arguments.all || !arguments.group.empty())) throw InputError(say(Message::app_list_options_of_scenarios));
  if (kind == 5) {
    auto const shipped = shipped_scenarios(places(), arguments.group, arguments.all);
    if (both)
      scenarios(shipped).print(std::cout, format);
    else
      print_scenarios(shipped);
    return Exit::done;
  }
  if (kind == 6) {
    Country const country = read_country(places().data);
    if (both)
      costs(country).print(std::cout, format);
    else
      print_costs(country);
    return Exit::done;
  }
  std::vector<Indicator> rows;
  if (kind == 2) rows = indicators_of_baseline(places());
  if (format == Table::Format::table && kind <= 2) {
    if (kind == 0) print_parameters();
    if (kind == 1) print_measures();
    if (kind == 2) print_indicators(rows);
    return Exit::done;
  }
  Table const table = kind == 0   ? parameters()
                      : kind == 1 ? measures()
                      : kind == 2 ? indicators(rows)
                      : kind == 3 ? phases(both)
                                  : districts(places(), both);
  table.print(std::cout, format);
  return Exit::done;
}

}  // namespace

void add_list(CLI::App& root, Session& session) {
  auto const arguments = std::make_shared<ListArguments>();
  CLI::App& command = *add_command(root, "list", Message::app_list_about, say(Message::app_list_examples));
  add_files(command, "parameters|measures|indicators|phases|districts|scenarios|costs", arguments->what,
            Message::app_list_what);
  add_value(command, "--format", arguments->format, "table|csv|json", Message::app_option_format);
  add_value(command, "--group", arguments->group, "GROUP", Message::app_list_only_group);
  add_flag(command, "--all", arguments->all, Message::app_list_all);
  add_value(command, "--data", arguments->data, "DIR", Message::app_option_data);
  command.callback([&session, arguments] { session.action = [arguments] { return list(*arguments); }; });
}

}  // namespace arraigo::app
