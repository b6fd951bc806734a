#include "params/scenario.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "core/numbers.hpp"
#include "core/suggest.hpp"
#include "params/scenario_draft.hpp"

namespace arraigo {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_chain = 32;
constexpr std::size_t most_files_suggested = 1000;
// What the model has room for: programme_limit of sim/world, which stands above this folder. A test compares the two.
constexpr std::size_t most_programmes = 16;

/// Both canonical.
bool lies_inside(fs::path const& file, fs::path const& folder) {
  auto const [in_folder, in_file] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  static_cast<void>(in_file);
  return in_folder == folder.end();
}

fs::path canonical_or_empty(fs::path const& path) {
  std::error_code failed;
  auto canonical = fs::weakly_canonical(path.empty() ? fs::path{"."} : path, failed);
  return failed ? fs::path{} : canonical;
}

/// A file of the chain of `extends`. Kept on the heap: the draft's sources point to it.
struct Link {
  fs::path canonical;
  fs::path folder;  ///< where its `extends` looks first
  YamlFile file;
  YamlNode const* extends = nullptr;
};

YamlNode const* find_extends(YamlFile const& file) {
  if (!file.root.is_map()) return nullptr;
  for (std::size_t i = 0; i + 1 < file.root.items.size(); i += 2)
    if (file.root.items[i].text == "extends") return &file.root.items[i + 1];
  return nullptr;
}

/// Follows `extends` from the file that is run to the one that stands alone.
class Chain {
 public:
  Chain(fs::path const& top, fs::path const& shipped, Errors& errors)
      : top_(top),
        shipped_(shipped),
        shipped_canonical_(shipped.empty() ? fs::path{} : canonical_or_empty(shipped)),
        top_folder_(canonical_or_empty(top.parent_path())),
        errors_(&errors) {
    bool read = add(top, canonical_or_empty(top), top.parent_path(), top.string());
    while (read) {
      auto const& link = *links_.back();
      if (link.extends == nullptr) {
        whole_ = true;
        return;
      }
      auto const base = find_base(link);
      // The path that was checked is the one that is read: with links in it, the written path may lead elsewhere.
      read = base && add(base->canonical, base->canonical, base->canonical.parent_path(), base->written.string());
    }
  }

  /// From the file that is run to its last base.
  [[nodiscard]] std::vector<std::unique_ptr<Link>> const& links() const { return links_; }
  [[nodiscard]] bool whole() const { return whole_; }

 private:
  struct Base {
    fs::path canonical, written;
  };

  bool add(fs::path const& path, fs::path const& canonical, fs::path const& folder, std::string const& name) {
    auto file = read_yaml(path, name, *errors_);
    if (!file) return false;
    auto link = std::make_unique<Link>(Link{canonical, folder, std::move(*file), nullptr});
    link->extends = find_extends(link->file);
    links_.push_back(std::move(link));
    return true;
  }

  std::optional<Base> find_base(Link const& link) {
    YamlNode const& node = *link.extends;
    std::string const where = link.file.at(node.offset);
    auto const refuse = [&](std::string_view why, std::string_view fix = {}) {
      errors_->add(mistake(where, "extends", node.is_scalar() ? node.text : "...", why, fix));
      return std::nullopt;
    };
    if (node.kind == YamlNode::Kind::null) return std::nullopt;  // the walk says so
    if (!node.is_scalar() || node.text.empty()) return refuse(say(Message::in_expects_extends));
    fs::path name{node.text};
    if (name.is_absolute()) return refuse(say(Message::in_extends_absolute));
    if (name.extension() != ".yaml" && name.extension() != ".yml") name += ".yaml";

    std::vector<fs::path> candidates{link.folder / name};
    if (!shipped_.empty()) candidates.push_back(shipped_ / name);
    bool inside = false, outside = false;
    for (fs::path const& candidate : candidates) {
      fs::path const canonical = canonical_or_empty(candidate);
      std::error_code failed;
      bool const is_file = !canonical.empty() && fs::is_regular_file(canonical, failed);
      if (canonical.empty() || !is_allowed(canonical)) {
        outside = outside || is_file;
        continue;
      }
      inside = true;
      if (!is_file) continue;
      if (auto const loop = loop_to(canonical); !loop.empty()) return refuse(say(Message::in_extends_loop, loop));
      if (links_.size() >= longest_chain) return refuse(say(Message::in_extends_long, longest_chain));
      return Base{canonical, candidate.lexically_normal()};
    }
    if (!inside || outside) return refuse(say(Message::in_extends_outside));
    return refuse(say(Message::in_extends_missing), suggest_file(link.folder, name));
  }

  [[nodiscard]] bool is_allowed(fs::path const& canonical) const {
    return (!top_folder_.empty() && lies_inside(canonical, top_folder_)) ||
           (!shipped_canonical_.empty() && lies_inside(canonical, shipped_canonical_));
  }

  /// "a.yaml -> b.yaml -> a.yaml" when the file is already in the chain.
  [[nodiscard]] std::string loop_to(fs::path const& canonical) const {
    std::string loop;
    for (auto const& link : links_) {
      if (loop.empty() && link->canonical != canonical) continue;
      loop += link->canonical.filename().string() + " -> ";
    }
    return loop.empty() ? loop : loop + canonical.filename().string();
  }

  [[nodiscard]] std::string suggest_file(fs::path const& beside, fs::path const& name) const {
    std::vector<std::string> files;
    for (fs::path const& folder : {beside, shipped_}) {
      std::error_code failed;
      for (fs::directory_iterator entry{folder.empty() ? fs::path{"."} : folder, failed}, end;
           !failed && entry != end && files.size() < most_files_suggested; entry.increment(failed))
        if (entry->path().extension() == ".yaml") files.push_back(entry->path().stem().string());
    }
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    std::vector<std::string_view> const words(files.begin(), files.end());
    return suggestion(name.stem().string(), words);
  }

  fs::path top_, shipped_, shipped_canonical_, top_folder_;
  Errors* errors_;
  std::vector<std::unique_ptr<Link>> links_;
  bool whole_ = false;
};

void apply_overrides(Overrides const& overrides, DraftWriter& writer, Errors& errors) {
  std::map<std::string, std::string, std::less<>> seen;  // path, and the option that set it
  auto const apply = [&](std::string const& option, std::string_view path, std::string_view value) {
    auto const dotted = path.starts_with("parameters.") ? path.substr(path.find('.') + 1) : path;
    auto const [first, is_new] = seen.emplace(find_parameter(dotted) != nullptr ? dotted : path, option);
    if (is_new)
      writer.apply_option(option, path, value);
    else
      errors.add(say(Message::in_set_twice, option, path, first->second));
  };
  auto const apply_number = [&](char const* path, auto const& value) {
    if (value) apply(fmt::format("--{} {}", path, *value), path, fmt::format("{}", *value));
  };
  apply_number("months", overrides.months);
  apply_number("scale", overrides.scale);
  apply_number("replicates", overrides.replicates);
  apply_number("seed", overrides.seed);
  if (overrides.area) apply("--area " + shown(*overrides.area), "area", *overrides.area);
  for (auto const& set : overrides.sets) {
    std::string const option = "--set " + shown(set);
    auto const equals = set.find('=');
    if (equals == std::string::npos || equals == 0) {
      errors.add(say(Message::in_set_form, option));
      continue;
    }
    apply(option, std::string_view{set}.substr(0, equals), std::string_view{set}.substr(equals + 1));
  }
  writer.finish_options();
}

/// The first month in force: stated, or the scenario's first month. What ended before that is history.
Month first_month(DraftMeasure const& measure, Month start) {
  if (measure.from) return measure.from->value;
  return measure.to ? std::min(start, measure.to->value) : start;
}

std::string window_text(DraftMeasure const& measure, Month start) {
  Month const from = first_month(measure, start);
  return measure.to ? say(Message::in_window, from.text(), measure.to->value.text())
                    : say(Message::in_window_open, from.text());
}

std::string programme_of(DraftMeasure const& measure) {
  for (std::size_t i = 0; i < measure.fields.size(); ++i)
    if (std::string_view{measure.kind->fields[i].name} == "programme" && measure.fields[i] &&
        !measure.fields[i]->value.name.empty())
      return measure.fields[i]->value.name;
  return measure.id;
}

/// Where among the measure's fields the named one stands; nothing where the scenario does not state it.
std::optional<std::size_t> stated(DraftMeasure const& measure, std::string_view name) {
  for (std::size_t i = 0; i < measure.fields.size(); ++i)
    if (measure.kind->fields[i].name == name && measure.fields[i]) return i;
  return std::nullopt;
}

/// The words chosen in a stated field.
std::vector<std::string_view> chosen_words(DraftMeasure const& measure, std::size_t field) {
  auto words = words_of(measure.kind->fields[field].choices);
  std::erase_if(words, [&, k = 0U](std::string_view) mutable { return ((measure.fields[field]->value.choices >> k++) & 1U) == 0; });
  return words;
}

/// Settings that would act on nothing at the measure's service, or not on whom they name: better refused than run in vain.
void check_service(DraftMeasure const& measure, Errors& errors) {
  auto const at = stated(measure, "service");
  if (!at) return;
  auto const service = chosen_words(measure, *at).front();
  auto const kind = measure.kind->kind;
  bool const migration = service == "migration_office", pupils = service == "childcare" || service == "school";
  auto const refuse = [&](std::size_t field, std::string const& why, std::string const& fix) {
    auto const words = chosen_words(measure, field);
    errors.add(mistake(measure.fields[field]->where, fmt::format("measures.{}.{}", measure.id, measure.kind->fields[field].name),
                       words.empty() ? number_text(measure.fields[field]->value.number) : fmt::format("{}", fmt::join(words, ", ")), why, fix));
  };
  if (migration && kind == MeasureKind::accepted_documents) refuse(*at, say(Message::in_service_decides), say(Message::in_service_decides_fix));
  if (migration && kind == MeasureKind::outreach) refuse(*at, say(Message::in_service_no_outreach), say(Message::in_service_no_outreach_fix));
  if (migration || pupils || service == "elder_centre") {
    auto const quality = stated(measure, "quality");
    bool const of_points = quality && measure.fields[*quality]->value.number != 1;
    if (of_points || kind == MeasureKind::service_quality)
      refuse(of_points ? *quality : *at, say(Message::in_service_no_quality, service), say(Message::in_service_no_quality_fix));
  }
  // Who is served there gets it, at the usual quality.
  constexpr std::array<std::string_view, 5> sure{"employment_centre", "household_registry", "health_insurance", "bank_account", "credit"};
  if (std::find(sure.begin(), sure.end(), service) != sure.end())
    for (auto const name : {std::string_view("quality"), std::string_view("factor")})
      if (auto const field = stated(measure, name); field && (name == "quality" || kind == MeasureKind::service_quality) && measure.fields[*field]->value.number > 1)
        refuse(*field, say(Message::in_service_no_more_quality, service), say(Message::in_service_no_quality_fix));
  if (auto const sector = stated(measure, "sector"); sector && service != "training")
    refuse(*sector, say(Message::in_sector_of_training), say(Message::in_sector_of_training_fix));
  if (auto const priority = stated(measure, "priority"); priority && pupils) {
    auto const groups = chosen_words(measure, *priority);
    if (std::find(groups.begin(), groups.end(), "women") != groups.end())
      refuse(*priority, say(Message::in_priority_of_children), say(Message::in_priority_of_children_fix));
  }
}

void check_measure(DraftMeasure const& measure, Errors& errors) {
  auto const key = [&](std::string_view name) { return fmt::format("measures.{}.{}", measure.id, name); };
  if (measure.from && measure.to && measure.to->value < measure.from->value)
    errors.add(mistake(measure.to->where, key("to"), measure.to->value.text(),
                       say(Message::in_window_backwards, measure.from->value.text())));
  if (measure.title_es.has_value() != measure.title_en.has_value()) {
    auto const& present = measure.title_es ? measure.title_es : measure.title_en;
    errors.add(say(Message::in_key_missing, present->where, key(measure.title_es ? "title.en" : "title.es")));
  }
  for (std::size_t i = 0; i < measure.fields.size(); ++i)
    if (!measure.fields[i] && !measure.misread[i] && measure.kind->fields[i].fallback == nullptr)
      errors.add(say(Message::in_field_missing, measure.where, key(measure.kind->fields[i].name), measure.kind->name));
  check_service(measure, errors);
}

void check_overlaps(std::vector<DraftMeasure> const& measures, Month start, Errors& errors) {
  for (std::size_t i = 0; i < measures.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      auto const &a = measures[j], &b = measures[i];
      auto const takes_part = [](DraftMeasure const& measure) {
        return measure.enabled && measure.kind != nullptr && measure.kind->kind == MeasureKind::programme;
      };
      if (!takes_part(a) || !takes_part(b) || programme_of(a) != programme_of(b)) continue;
      bool const a_ends_before = a.to && a.to->value < first_month(b, start);
      bool const b_ends_before = b.to && b.to->value < first_month(a, start);
      if (a_ends_before || b_ends_before) continue;
      errors.add(mistake(b.from ? b.from->where : b.where, fmt::format("measures.{}.from", b.id),
                         first_month(b, start).text(),
                         say(Message::in_windows_overlap, a.id, window_text(a, start), programme_of(a)),
                         say(Message::in_windows_overlap_fix)));
    }
  }
}

/// The model follows a fixed number of programmes; windows of one name are one, and one without capacity is none.
void check_programme_count(std::vector<DraftMeasure> const& measures, Errors& errors) {
  std::set<std::string> names;
  for (auto const& measure : measures) {
    if (!measure.enabled || measure.kind == nullptr || measure.kind->kind != MeasureKind::programme) continue;
    bool offered = false;
    if (auto const capacity = stated(measure, "capacity_per_month")) offered = measure.fields[*capacity]->value.number > 0;
    if (offered && names.insert(programme_of(measure)).second && names.size() == most_programmes + 1)
      errors.add(say(Message::in_programmes_many, measure.where, measure.id, most_programmes));
  }
}

/// The calendar's end is that of Month::parse: a later month could be written in no file and no command.
void check_calendar(Draft const& draft, Errors& errors) {
  constexpr Month last = Month::of(2199, 12);
  int const most = last - draft.start->value + 1;
  if (draft.months->value > most)
    errors.add(mistake(draft.months->where, "months", fmt::format("{}", draft.months->value),
                       say(Message::in_integer_range, 1, most), say(Message::in_calendar_ends, last.text())));
}

/// Amounts of money are told in soles of the month in which a measure begins.
bool states_soles_of_its_first_month(DraftMeasure const& measure) {
  return measure.enabled && measure.kind != nullptr && measure.kind->kind == MeasureKind::minimum_wage;
}

void check_reach(Draft const& draft, TableReach const& reach, Errors& errors) {
  Month const start = draft.start->value;
  if (start < reach.first_start)
    errors.add(mistake(draft.start->where, "start", start.text(),
                       say(Message::in_start_before_tables, reach.first_start.text(), reach.table),
                       say(Message::in_start_before_tables_fix, reach.first_start.text())));
  for (auto const& measure : draft.measures) {
    if (!states_soles_of_its_first_month(measure)) continue;
    Month const from = first_month(measure, start);
    // The rules of the month before the start make the starting state.
    bool const over_by_then = measure.to && measure.to->value < start + -1;
    // Where only the start is too early, it has its own sentence.
    bool const of_its_own = measure.from || start >= reach.first_start;
    if (from < reach.first_prices && !over_by_then && of_its_own)
      errors.add(mistake(measure.from ? measure.from->where : measure.where, fmt::format("measures.{}.from", measure.id),
                         from.text(), say(Message::in_before_prices, reach.first_prices.text()),
                         say(Message::in_before_prices_fix, reach.first_prices.text())));
  }
}

Measure resolve(DraftMeasure const& draft, Month start) {
  Measure measure;
  measure.id = draft.id;
  measure.kind = draft.kind->kind;
  if (draft.title_es) measure.title_es = draft.title_es->value;
  if (draft.title_en) measure.title_en = draft.title_en->value;
  measure.from = first_month(draft, start);
  if (draft.to) measure.to = draft.to->value;
  if (draft.places) measure.where = draft.places->value;
  for (std::size_t i = 0; i < draft.fields.size(); ++i)
    measure.values.push_back(draft.fields[i] ? draft.fields[i]->value : fallback_of(draft.kind->fields[i]));
  return measure;
}

/// The scenario of a draft to which everything was applied, or every mistake in it.
Scenario finished(Draft const& draft, std::string stem, Errors& errors) {
  for (auto const& measure : draft.measures)
    if (measure.enabled && measure.kind != nullptr) check_measure(measure, errors);
  if (draft.start) check_overlaps(draft.measures, draft.start->value, errors);
  check_programme_count(draft.measures, errors);
  if (draft.start && draft.months) check_calendar(draft, errors);
  errors.throw_if_any();

  Scenario scenario;
  scenario.stem = std::move(stem);
  scenario.name = draft.name->value;
  if (draft.group) scenario.group = draft.group->value;
  scenario.title_es = draft.title_es->value;
  scenario.title_en = draft.title_en->value;
  scenario.description_es = draft.description_es->value;
  scenario.description_en = draft.description_en->value;
  scenario.start = draft.start->value;
  scenario.months = draft.months->value;
  scenario.area = draft.area->value;
  scenario.scale = draft.scale->value;
  scenario.replicates = draft.replicates->value;
  scenario.seed = draft.seed->value;
  scenario.parameters = draft.parameters;
  for (auto const& row : parameter_table())
    if (draft.stated_parameters.contains(&row)) scenario.stated_parameters.push_back(&row);
  for (auto const& measure : draft.measures)
    if (measure.enabled) scenario.measures.push_back(resolve(measure, scenario.start));
  return scenario;
}

/// A complete scenario's text, which extends nothing. InputError when it is no YAML at all.
void apply_alone(std::string text, std::string_view name, DraftWriter& writer, Errors& errors) {
  auto const file = parse_yaml(std::move(text), name, errors);
  if (!file) errors.throw_if_any();
  if (auto const* const extends = find_extends(*file); extends != nullptr)
    errors.add(mistake(file->at(extends->offset), "extends", extends->text, say(Message::in_extends_outside)));
  writer.apply_file(*file, true, true, true);
}

}  // namespace

std::span<ScenarioGroup const> scenario_groups() {
  static constexpr std::array<ScenarioGroup, 10> groups{
      {{"regularisation", {"Regularización", "Regularisation"}},
       {"quota", {"Cuota de contratación", "Hiring quota"}},
       {"services", {"Servicios", "Services"}},
       {"employment", {"Empleo", "Employment"}},
       {"protection", {"Protección social", "Social protection"}},
       {"finance", {"Finanzas y negocios", "Finance and businesses"}},
       {"cohesion", {"Convivencia", "Cohesion"}},
       {"combined", {"Políticas combinadas", "Combined policies"}},
       {"local", {"Un distrito o una provincia", "One district or province"}},
       {"theory", {"Pruebas de la teoría de cambio", "Tests of the theory of change"}}}};
  return groups;
}

bool is_left_to_table(Scenario const& scenario, ParameterRow const& row) {
  auto const& stated = scenario.stated_parameters;
  return scenario.parameters.*row.member == row.value && std::find(stated.begin(), stated.end(), &row) == stated.end();
}

FieldValue const& Measure::field(std::string_view name) const {
  auto const& row = row_of(kind);
  for (std::size_t i = 0; i < row.fields.size() && i < values.size(); ++i)
    if (row.fields[i].name == name) return values[i];
  throw BugError(fmt::format("measure {} of kind {} has no field {}", id, row.name, name));
}

Scenario read_scenario(fs::path const& file, DistrictTable const& districts, ScenarioPlaces const& places,
                       Overrides const& overrides, std::optional<TableReach> const& reach) {
  Errors errors;
  Chain const chain{file, places.shipped, errors};
  if (chain.links().empty()) errors.throw_if_any();

  Draft draft;
  DraftWriter writer{draft, districts, errors};
  for (auto link = chain.links().rbegin(); link != chain.links().rend(); ++link)
    writer.apply_file((*link)->file, (*link)->extends == nullptr, chain.whole());
  apply_overrides(overrides, writer, errors);
  if (draft.start && reach) check_reach(draft, *reach, errors);
  return finished(draft, file.stem().string(), errors);
}

struct ScenarioSource::Parts {
  std::string stem;
  Draft draft;
  Errors errors;
  DraftWriter writer;

  Parts(std::string name, DistrictTable const& districts) : stem(std::move(name)), writer(draft, districts, errors) {}
};

ScenarioSource::~ScenarioSource() = default;
ScenarioSource::ScenarioSource(ScenarioSource&&) noexcept = default;

ScenarioSource::ScenarioSource(std::string text, std::string_view name, std::string stem,
                               DistrictTable const& districts)
    : parts_(std::make_unique<Parts>(std::move(stem), districts)) {
  apply_alone(std::move(text), name, parts_->writer, parts_->errors);
  parts_->errors.throw_if_any();
}

Scenario ScenarioSource::with(Overrides const& changes, std::optional<TableReach> const& reach) const {
  Draft draft = parts_->draft;
  Errors errors;
  DraftWriter writer = parts_->writer.on(draft, errors);
  apply_overrides(changes, writer, errors);
  if (draft.start && reach) check_reach(draft, *reach, errors);
  return finished(draft, parts_->stem, errors);
}

Scenario parse_scenario(std::string text, std::string_view name, std::string stem, DistrictTable const& districts) {
  Errors errors;
  Draft draft;
  DraftWriter writer{draft, districts, errors};
  apply_alone(std::move(text), name, writer, errors);
  return finished(draft, std::move(stem), errors);
}

}  // namespace arraigo
