/// One synthetic person followed month by month: recomputed from a run's inputs, never stored.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "init/country.hpp"
#include "params/scenario.hpp"

namespace arraigo {

/// What a line of a story is about. Whatever somebody is denied is a refusal, whether of papers, work or service.
enum class StoryKind { papers, work, service, refusal, hire, household, place };

struct StoryLine {
  Month month{};
  StoryKind kind{};
  std::string text_es, text_en;  ///< one event or change of state, a sentence
};

struct Story {
  std::uint64_t person = 0;                ///< id, printed as 16 hex digits
  std::string portrait_es, portrait_en;    ///< who the person is at the start
  std::vector<StoryLine> lines;
};

/// Kinds that `--pick` knows: name with a title each ("single_mother", "irregular_worker", "engineer_without_recognition", ...).
struct PickKind {
  char const* name;
  Text title;
};
[[nodiscard]] std::vector<PickKind> const& pick_kinds();

/// The person of that kind with the lowest keyed draw in the initial population, of one district (a row of the district table) or of
/// the whole area; nothing when there is none.
[[nodiscard]] std::optional<std::uint64_t> pick_person(Scenario const& scenario, Country const& country, int replicate,
                                                       std::string_view kind, std::optional<std::uint16_t> district = {});

/// Runs the scenario and writes the life of one person. Throws InputError when the id is not in the initial population.
[[nodiscard]] Story tell_story(Scenario const& scenario, Country const& country, int replicate, std::uint64_t person);

}  // namespace arraigo
