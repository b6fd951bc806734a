#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>

#include "analysis/compare.hpp"
#include "analysis/run_reader.hpp"
#include "app/commands.hpp"
#include "app/parameter_sets.hpp"
#include "app/terminal.hpp"
#include "core/version.hpp"
#include "schedule/story.hpp"

namespace arraigo::app {
namespace {

struct StoryArguments {
  std::vector<std::string> files;
  std::string person, pick, district, replicate = "0", data;
};

/// A run's scenario, as its file holds it, once it is certain that this program and these tables would give the same
/// run.
Scenario scenario_of(analysis::RunReader const& run, Country const& country) {
  std::string const file = run.path().string();
  auto const yaml = run.text_attribute("scenario");
  if (!yaml) throw InputError(say(Message::app_story_no_scenario, file));
  std::string const digest = run.text_attribute("data_digest").value_or("");
  if (digest != country.digest) throw InputError(say(Message::app_story_other_data, file));
  std::string const made_by =
      run.text_attribute("version").value_or("?") + " " + run.text_attribute("commit").value_or("?");
  std::string const mine = fmt::format("{} {}", version(), commit());
  if (made_by != mine) std::cerr << say(Message::app_story_other_version, file, made_by, mine) << '\n';

  return parse_scenario(*yaml, file, run.stem(), country.districts);
}

/// The file's name; its whole path where runs of one name from two folders are told.
std::string head_of(analysis::RunReader const& run, std::vector<analysis::RunReader> const& runs) {
  auto const namesakes = std::count_if(runs.begin(), runs.end(), [&](analysis::RunReader const& other) {
    return other.path().stem() == run.path().stem();
  });
  return (namesakes > 1 ? run.path() : run.path().stem()).string();
}

std::uint64_t person_id(std::string const& written) {
  std::uint64_t id = 0;
  auto const [end, fault] = std::from_chars(written.data(), written.data() + written.size(), id, 16);
  if (fault != std::errc{} || end != written.data() + written.size())
    throw InputError(mistake("arraigo story", "--person", written, say(Message::app_story_person_malformed)));
  return id;
}

/// The district's row of the table, once it is certain that people of the run live there.
std::uint16_t district_row(std::string const& ubigeo, Scenario const& scenario, Country const& country) {
  auto const row = country.districts.find(ubigeo);
  if (!row)
    throw InputError(mistake("arraigo story", "--district", ubigeo, say(Message::app_story_district_unknown),
                             say(Message::app_story_district_list)));
  auto const area = country.districts.area(scenario.area);
  if (area && !std::binary_search(area->begin(), area->end(), *row))
    throw InputError(mistake("arraigo story", "--district", ubigeo,
                             say(Message::app_story_district_outside, country.districts.rows()[*row].name),
                             say(Message::app_story_district_area, shown(scenario.area))));
  return *row;
}

/// Somebody of the kind that was asked for, in the initial population.
std::uint64_t picked(StoryArguments const& arguments, std::string const& file, Scenario const& scenario,
                     Country const& country, int replicate) {
  std::optional<std::uint16_t> district;
  if (!arguments.district.empty()) district = district_row(arguments.district, scenario, country);
  auto const person = pick_person(scenario, country, replicate, arguments.pick, district);
  if (person) return *person;
  throw InputError(district ? say(Message::app_story_nobody_there, arguments.pick,
                                  country.districts.rows()[*district].name, file)
                            : say(Message::app_story_nobody, arguments.pick, file));
}

struct Life {
  std::string head;
  Story story;
};

/// The lines of a month, wrapped to a column.
std::vector<std::string> month_lines(Story const& story, Month month, Lang lang, std::size_t width) {
  std::vector<std::string> lines;
  for (auto const& line : story.lines) {
    if (line.month != month) continue;
    // A hanging indent tells one event from the next.
    bool first = true;
    for (auto const& part : wrapped(lang == Lang::es ? line.text_es : line.text_en, width - 2)) {
      lines.push_back((first ? "" : "  ") + part);
      first = false;
    }
  }
  return lines;
}

void print_side_by_side(std::vector<Life> const& lives, Lang lang) {
  constexpr std::size_t month_width = 9;
  std::size_t const room = text_columns() - month_width;
  std::size_t const width = std::max<std::size_t>(24, room / lives.size() - 2);
  auto const print_row = [&](std::string const& head, std::vector<std::vector<std::string>> const& columns) {
    std::size_t height = 1;
    for (auto const& column : columns) height = std::max(height, column.size());
    for (std::size_t i = 0; i < height; ++i) {
      std::string line = padded(i == 0 ? head : "", month_width);
      for (auto const& column : columns) line += padded(i < column.size() ? column[i] : "", width) + "  ";
      line.erase(line.find_last_not_of(' ') + 1);
      std::cout << line << '\n';
    }
  };

  std::vector<std::vector<std::string>> heads, rules;
  for (auto const& life : lives) {
    heads.push_back({life.head});
    rules.push_back({std::string(width, '-')});
  }
  print_row(say(Message::month), heads);
  print_row(std::string(month_width - 2, '-'), rules);

  std::vector<Month> months;
  for (auto const& life : lives)
    for (auto const& line : life.story.lines) months.push_back(line.month);
  std::sort(months.begin(), months.end());
  months.erase(std::unique(months.begin(), months.end()), months.end());
  if (months.empty()) std::cout << std::string(month_width, ' ') << say(Message::app_story_nothing) << '\n';
  for (Month const month : months) {
    std::vector<std::vector<std::string>> columns;
    for (auto const& life : lives) columns.push_back(month_lines(life.story, month, lang, width));
    print_row(month.text(), columns);
  }
}

Exit tell(StoryArguments const& arguments) {
  if (arguments.files.empty()) throw InputError(say(Message::app_needs_run_file, "arraigo story"));
  if (arguments.person.empty() == arguments.pick.empty()) {
    std::string kinds;
    for (auto const& kind : pick_kinds()) kinds += (kinds.empty() ? "" : ", ") + std::string{kind.name};
    throw InputError(say(Message::app_story_person_or_pick, kinds));
  }
  Lang const lang = language_of_environment();
  std::optional<std::uint64_t> person;
  if (!arguments.person.empty()) {
    if (!arguments.district.empty()) throw InputError(say(Message::app_story_district_alone));
    person = person_id(arguments.person);
  } else {
    std::vector<std::string_view> kinds;
    for (auto const& kind : pick_kinds()) kinds.emplace_back(kind.name);
    [[maybe_unused]] std::size_t const known = one_of("--pick", arguments.pick, kinds);
  }

  // All files first: they are opened in child processes, which is safest while no other thread is at work.
  std::vector<analysis::RunReader> runs;
  for (auto const& file : arguments.files) runs.emplace_back(file);
  Errors errors;
  for (auto const& run : runs)
    if (analysis::is_by_rule(run)) errors.add(say(Message::app_story_by_rule, run.path().string()));
  errors.throw_if_any();
  // One person in two futures needs the same start and the same random numbers.
  for (std::size_t i = 1; i < runs.size(); ++i)
    for (auto& reason : analysis::reasons_not_comparable(runs.front(), runs[i])) errors.add(std::move(reason));
  errors.throw_if_any();
  Places const places = find_places(arguments.data.empty() ? std::nullopt : std::optional{arguments.data});
  Country const country = read_country(places.data);
  std::vector<Life> lives;
  for (auto const& run : runs) {
    Scenario scenario = scenario_of(run, country);
    auto const replicate =
        static_cast<int>(whole_number("--replicate", arguments.replicate, 0, std::int64_t{scenario.replicates} - 1));
    if (auto const text = run.text_attribute("parameter_sets")) {
      auto const sets = sets_of(*text);
      if (!sets) throw InputError(say(Message::app_story_no_scenario, run.path().string()));
      scenario = with_set(std::move(scenario), *sets, replicate);
    }
    if (!person) person = picked(arguments, run.path().string(), scenario, country, replicate);
    lives.push_back(Life{head_of(run, runs), tell_story(scenario, country, replicate, *person)});
  }

  Story const& first = lives.front().story;
  std::cout << say(Message::app_story_person, fmt::format("{:016x}", first.person), arguments.replicate) << '\n';
  for (auto const& line : wrapped(lang == Lang::es ? first.portrait_es : first.portrait_en, text_columns()))
    std::cout << line << '\n';
  std::cout << '\n';
  print_side_by_side(lives, lang);
  return Exit::done;
}

}  // namespace

void add_story(CLI::App& root, Session& session) {
  auto const arguments = std::make_shared<StoryArguments>();
  std::string kinds;
  for (auto const& kind : pick_kinds())
    kinds += fmt::format("\n  {}: {}", kind.name, kind.title.in(language_of_environment()));
  CLI::App& command =
      *add_command(root, "story", Message::app_story_description,
                   say(Message::app_story_examples) + "\n" + say(Message::app_story_kinds) + kinds + "\n");
  add_files(command, "RUN.h5", arguments->files, Message::app_story_files);
  add_value(command, "--person", arguments->person, "ID", Message::app_story_person_option);
  add_value(command, "--pick", arguments->pick, "KIND", Message::app_story_pick);
  add_value(command, "--district", arguments->district, "UBIGEO", Message::app_story_district);
  add_value(command, "--replicate", arguments->replicate, "R", Message::app_option_replicate);
  add_value(command, "--data", arguments->data, "DIR", Message::app_option_data);
  command.callback([&session, arguments] { session.action = [arguments] { return tell(*arguments); }; });
}

}  // namespace arraigo::app
