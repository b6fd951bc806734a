/// Persons whose story is told: who is picked, and what its lines are about.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <utility>

#include "schedule/story.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

Scenario two_districts(int months) { return shipped("regularisation", small_case(50, months, "150132,150135")); }

TEST(Stories, OfADistrictSomebodyWhoLivesThereIsPicked) {
  auto const scenario = two_districts(1);
  std::set<std::uint64_t> picked;
  for (auto const* ubigeo : {"150132", "150135"}) {
    auto const row = *country().districts.find(ubigeo);
    auto const person = pick_person(scenario, country(), 0, "irregular_worker", row);
    ASSERT_TRUE(person);
    picked.insert(*person);
    auto const name = country().districts.rows()[row].name;
    EXPECT_NE(tell_story(scenario, country(), 0, *person).portrait_es.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(picked.size(), 2U);
  // The one of the whole area is that of one of its districts.
  EXPECT_TRUE(picked.contains(pick_person(scenario, country(), 0, "irregular_worker").value()));
  EXPECT_EQ(pick_person(scenario, country(), 0, "irregular_worker", *country().districts.find("150101")), std::nullopt);
}

TEST(Stories, LinesTellWhatTheyAreAbout) {
  constexpr std::array<std::pair<char const*, StoryKind>, 19> beginnings{{{"Hears of the programme", StoryKind::papers},
                                                                          {"Files a case", StoryKind::papers},
                                                                          {"Receives: ", StoryKind::papers},
                                                                          {"The permit (", StoryKind::papers},
                                                                          {"The case is refused", StoryKind::refusal},
                                                                          {"Feels discrimination", StoryKind::refusal},
                                                                          {"Is turned away", StoryKind::refusal},
                                                                          {"Looks for work in vain", StoryKind::work},
                                                                          {"Loses or leaves the job", StoryKind::work},
                                                                          {"Starts working on own account", StoryKind::work},
                                                                          {"Is hired on the payroll", StoryKind::hire},
                                                                          {"Is hired off the payroll", StoryKind::hire},
                                                                          {"Asks for: ", StoryKind::service},
                                                                          {"Is served: ", StoryKind::service},
                                                                          {"The household falls into poverty", StoryKind::household},
                                                                          {"The household leaves poverty", StoryKind::household},
                                                                          {"Moves to ", StoryKind::place},
                                                                          {"Leaves the country", StoryKind::place},
                                                                          {"Arrives in the country", StoryKind::place}}};
  std::map<StoryKind, int> seen;
  auto const scenario = two_districts(12);
  for (auto const& pick : pick_kinds()) {
    auto const person = pick_person(scenario, country(), 0, pick.name);
    if (!person) continue;
    for (auto const& line : tell_story(scenario, country(), 0, *person).lines) {
      ++seen[line.kind];
      for (auto const& [beginning, kind] : beginnings)
        EXPECT_TRUE(!line.text_en.starts_with(beginning) || line.kind == kind) << line.text_en;
      // These sentences begin with the firm.
      for (auto const* refusal : {"somebody else is chosen", "doubts the document", "cannot hire on the payroll"})
        EXPECT_TRUE(line.text_en.find(refusal) == std::string::npos || line.kind == StoryKind::refusal) << line.text_en;
    }
  }
  EXPECT_GE(seen.size(), 5U);
}

}  // namespace
}  // namespace arraigo::tests
