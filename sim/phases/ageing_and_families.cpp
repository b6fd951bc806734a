/// Ageing and families (ODD 3). Deaths and births by age, entry to working age, leaving the parents' home.
/// Reads: birth, sex, household.  Writes: gone persons, new rows, activity at 14, education at 14, own household.
/// Draws: word 0 of the lots (person), newborn (mother and birth order).
#include <algorithm>

#include "core/prefetch.hpp"
#include "init/build_steps.hpp"
#include "phases/lots.hpp"
#include "phases/phases.hpp"

namespace arraigo {

FamilyHazards family_hazards(Setup const& setup, Month month) {
  constexpr std::size_t oldest = FamilyHazards::oldest;
  constexpr std::array<std::pair<std::size_t, char const*>, 9> ages{{{0, "0"}, {1, "1-4"}, {5, "5-14"}, {15, "15-29"}, {30, "30-44"}, {45, "45-59"}, {60, "60-69"}, {70, "70-79"}, {80, "80+"}}};
  constexpr std::array<std::pair<std::size_t, char const*>, 7> fertile{{{15, "15-19"}, {20, "20-24"}, {25, "25-29"}, {30, "30-34"}, {35, "35-39"}, {40, "40-44"}, {45, "45-49"}}};
  auto const monthly = [](double yearly) { return static_cast<std::uint32_t>(threshold_of(1 - std::pow(1 - std::min(0.999, yearly), 1.0 / 12))); };
  std::array<std::array<std::uint32_t, oldest + 1>, sex_count> death{};
  std::array<std::array<std::uint32_t, oldest + 1>, origin_count> birth{};
  for (std::size_t sex = 0; sex < sex_count; ++sex)
    for (std::size_t k = 0; k < ages.size(); ++k) {
      auto const t = monthly(setup.country.flow("mortality", ages[k].second, sex_names[sex].name, month));
      std::size_t const end = k + 1 < ages.size() ? ages[k + 1].first : oldest + 1;
      std::fill(death[sex].begin() + static_cast<std::ptrdiff_t>(ages[k].first), death[sex].begin() + static_cast<std::ptrdiff_t>(end), t);
    }
  for (std::size_t o = 0; o < origin_count; ++o)
    for (auto const& [first, band] : fertile) {
      auto const t = monthly(setup.country.flow("fertility", band, o <= 1 ? "host" : origin_names[o].name, month));
      std::fill_n(birth[o].begin() + static_cast<std::ptrdiff_t>(first), 5, t);
    }
  auto const leaving = static_cast<std::uint32_t>(threshold_of(setup.params.families_leave_home_prob_per_month));
  FamilyHazards h;
  for (std::size_t who = 0; who < h.ends.size(); ++who)
    for (std::size_t age = 0; age <= oldest; ++age) {
      auto& e = h.ends[who][age];
      bool const woman = static_cast<Sex>(who & 1U) == Sex::female;
      e.death = death[who & 1U][age];
      e.birth = e.death + (woman ? birth[who >> 1][age] : 0);
      e.leaving = e.birth + (age >= 20 && age < 35 ? leaving : 0);
    }
  return h;
}

namespace {

struct FamilyEvent {
  std::uint32_t row;
  bool death, birth;             ///< or leaving home
  std::uint32_t child = no_row;  ///< row of who is born
};

/// Fills the row of a child; called for several mothers at once.
void bear_child(World& world, std::uint32_t mother, std::uint32_t row) {
  auto& persons = world.persons;
  persons.add_birth(mother);
  if (row == no_row) return;
  // Beyond the fifteenth child the month tells births apart.
  std::uint64_t const order = persons.children_borne(mother);
  std::uint64_t const id = mix(persons.id[mother], order < 15 ? order : order + 16 * static_cast<std::uint64_t>(world.stream.month.index), 0x6e6577ULL);
  auto const h = persons.household[mother];
  Draws draws(for_life(world.stream), Purpose::newborn, id);
  // Who is born in Peru is Peruvian (Constitution, art. 52).
  persons.id[row] = id;
  persons.household[row] = h;
  persons.employer[row] = persons.migrant[row] = no_row;
  persons.wage_cents[row] = 0;
  persons.birth[row] = world.stream.month.index;
  persons.has[row] = persons.queued[row] = 0;
  persons.traits[row] = Persons::make_traits(draws.bernoulli(0.488) ? Sex::female : Sex::male, Origin::national, Education::primary);  // 105 boys to 100 girls
  persons.activity[row] = Activity::child;
  persons.births[row] = 0;
  draw_nature(world, row);
  persons.has[mother] |= has_newborn_stray;
  if (is_foreign(persons.origin(mother)) && (persons.has[mother] & exempt_from_quota) == 0) exempt_from_the_quota(world, mother);
  world.count(Flow::births, world.households.district[h]);
  world.note(mother, Event::had_child);
}

void set_schooling(Persons& persons, std::uint32_t row, Education level, bool recognised) {
  persons.traits[row] = static_cast<std::uint8_t>((persons.traits[row] & ~0x18U) | (static_cast<unsigned>(level) << 3));
  if (level >= Education::technical && recognised) persons.traits[row] |= Persons::recognised_bit;
}

/// At 14 the person's schooling is set to the level that people under 25 have reached, studying or not; study is part of being inactive.
void come_of_age(World& world, Setup const& setup, std::uint32_t row) {
  auto& persons = world.persons;
  Draws draws(for_life(world.stream), Purpose::person_traits, persons.id[row]);
  set_schooling(persons, row, draw_education(setup.profile[static_cast<std::size_t>(persons.origin(row))].education, adult_months / 12, draws.uniform()), true);
  persons.activity[row] = Activity::inactive;
  world.note(row, Event::became_adult);
}

/// At 25 it becomes the level of those of 25 to 34, by the same draw, if that is higher. What was studied here is valid here.
void end_studies(World& world, Setup const& setup, std::uint32_t row) {
  auto& persons = world.persons;
  auto const& profile = setup.profile[static_cast<std::size_t>(persons.origin(row))];
  Draws draws(for_life(world.stream), Purpose::person_traits, persons.id[row]);
  double const u_education = draws.uniform(), u_recognised = draws.uniform();
  auto const level = draw_education(profile.education, studies_end_months / 12, u_education);
  if (level <= persons.education(row)) return;
  auto const m = persons.migrant[row];
  bool const schooled_here = m == no_row || world.migrants.arrival[m] <= persons.birth[row] + adult_months;
  set_schooling(persons, row, level, persons.recognised(row) || schooled_here || u_recognised < profile.recognised);
}

/// At 3, 6 and 12 a national child is enrolled, or not, as the published share of the coming stage says; migrants' children ask
/// for a place (phase 6).
void reach_school_stage(World& world, Setup const& setup, std::uint32_t row, int months) {
  auto& persons = world.persons;
  if (persons.migrant[row] != no_row) return;
  auto const& share = setup.profile[static_cast<std::size_t>(persons.origin(row))].enrolled;
  double const goal = share[months == 36 ? 0 : months == 72 ? 1 : 2], before = months == 36 ? 0.0 : share[months == 72 ? 0 : 1];
  Draws draws(for_life(world.stream), Purpose::person_traits, persons.id[row], static_cast<std::uint64_t>(months));
  bool const enrolled = (persons.has[row] & has_school_place) != 0;
  // Those who are in stay in unless the share falls; of those who are out as many enter as raise it.
  bool const next = enrolled ? before <= goal || draws.bernoulli(goal / before) : goal > before && draws.bernoulli((goal - before) / (1 - before));
  persons.has[row] = static_cast<std::uint16_t>(next ? persons.has[row] | has_school_place : persons.has[row] & ~has_school_place);
}

void leave_home(World& world, std::uint32_t row) {
  auto& persons = world.persons;
  auto& households = world.households;
  auto const old = persons.household[row];
  if (households.members[old] < 3) return;
  int elders = 0;
  for (auto other = households.first[old]; other < households.first[old] + households.count[old]; ++other)
    if (persons.household[other] == old && !persons.gone(other) && persons.birth[other] + 16 * 12 <= persons.birth[row]) ++elders;
  if (elders == 0) return;
  auto const h = static_cast<std::uint32_t>(households.size());
  resize_table(households, h + 1U);
  households.id[h] = mix(persons.id[row], 0x686f6d65ULL, static_cast<std::uint64_t>(world.stream.month.index));
  households.first[h] = row;
  households.count[h] = 0;  // its one member stands in the old range, as a stray, until January
  households.members[h] = 1;
  households.district[h] = households.district[old];
  households.income_cents[h] = 0;
  households.state[h] = 0;
  --households.members[old];
  persons.household[row] = h;
  world.strays.push_back(row);
}

}  // namespace

void age_and_form_families(World& world, Setup const& setup) {
  auto& persons = world.persons;
  int const month = world.stream.month.index;
  auto const hazards = family_hazards(setup, world.stream.month);
  // What changes nobody but the person, for many at once; the other events are listed.
  auto const& blocks = world.lots.blocks;
  std::vector<std::vector<FamilyEvent>> events(parts_of(blocks.size()));
  auto const look_at = [&](std::vector<Lot> const& lots, std::vector<FamilyEvent>& events_here) {
    for (auto const& [row, bits] : lots) prefetch(&persons.birth[row], &persons.traits[row], &persons.activity[row], &persons.migrant[row], &persons.id[row], &persons.has[row]);
    for (auto const& [row, bits] : lots) {
      int const months = persons.age_months(row, month);
      auto const age = std::min<std::size_t>(static_cast<std::size_t>(months) / 12, FamilyHazards::oldest);
      auto const& ends = hazards.ends[persons.traits[row] & 7U][age];
      if (months == school_ends_months) persons.has[row] &= static_cast<std::uint16_t>(~has_school_place);
      if (bits < ends.birth) events_here.push_back({row, bits < ends.death, bits >= ends.death, no_row});
      else if (is_school_stage(months)) reach_school_stage(world, setup, row, months);
      else if (months >= adult_months && persons.activity[row] == Activity::child) come_of_age(world, setup, row);
      else if (months == studies_end_months) end_studies(world, setup, row);
      else if (bits < ends.leaving) events_here.push_back({row, false, false, no_row});
    }
  };
  for_parts(blocks.size(), [&](std::size_t part, std::size_t first, std::size_t last) {
    for (std::size_t block = first; block != last; ++block) look_at(blocks[block].families, events[part]);
  });
  // Who lives with whom changes one after the other, since new households must not race, and who leaves home depends on who has left or
  // died. It is little: children get their rows and the dead lose their jobs for many at once, afterwards, which together is what
  // remove_person() does.
  auto& households = world.households;
  auto next_row = static_cast<std::uint32_t>(persons.size());
  for (auto& of_part : events) {
    for (auto const& event : of_part) prefetch(&persons.household[event.row], &persons.traits[event.row]);
    for (auto const& event : of_part) {
      auto const h = persons.household[event.row];
      prefetch(&households.members[h], &households.first[h], &households.district[h]);
    }
    for (auto& event : of_part) {
      auto& members = households.members[persons.household[event.row]];
      if (event.death) {
        persons.traits[event.row] |= Persons::gone_bit;
        --members;
        forget_newborn(world, event.row);
      } else if (!event.birth) {
        leave_home(world, event.row);
      } else if (members < 255) {  // beyond, there is no room to count a member more
        ++members;
        event.child = next_row++;
        world.strays.push_back(event.child);
      }
    }
  }
  resize_persons(persons, next_row);
  for_each_index(events.size(), [&](std::size_t part) {
    for (auto const& event : events[part]) prefetch(&persons.employer[event.row], &persons.births[event.row], &persons.wage_cents[event.row], &persons.id[event.row], &persons.has[event.row]);
    for (auto const& [row, death, birth, child] : events[part]) {
      if (birth) bear_child(world, row, child);
      if (!death) continue;
      world.count(Flow::deaths, world.district_of(row));
      world.note(row, Event::died);
      leave_job(world, row);
      persons.activity[row] = Activity::inactive;
    }
  });
}

}  // namespace arraigo
