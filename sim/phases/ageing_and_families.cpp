/// Ageing and families (ODD 3). Deaths and births by age, entry to working age, leaving the parents' home.
/// Reads: birth, sex, household.  Writes: gone persons, new rows, activity at 14, education at 14, own household.
/// Draws: family (person), newborn (mother and birth order).
#include <algorithm>
#include <mutex>

#include "init/build_steps.hpp"
#include "phases/phases.hpp"

namespace arraigo {
namespace {

constexpr int oldest = 105;
struct Hazards {
  std::array<std::array<std::uint64_t, oldest + 1>, 2> death{};              // [sex][age]
  std::array<std::array<std::uint64_t, oldest + 1>, origin_count> birth{};   // [origin][age]
};

Hazards monthly_hazards(Setup const& setup, Month month) {
  Hazards h;
  constexpr std::array<std::pair<int, char const*>, 9> ages{{{0, "0"}, {1, "1-4"}, {5, "5-14"}, {15, "15-29"}, {30, "30-44"}, {45, "45-59"}, {60, "60-69"}, {70, "70-79"}, {80, "80+"}}};
  constexpr std::array<std::pair<int, char const*>, 7> fertile{{{15, "15-19"}, {20, "20-24"}, {25, "25-29"}, {30, "30-34"}, {35, "35-39"}, {40, "40-44"}, {45, "45-49"}}};
  auto const monthly = [](double yearly) { return threshold_of(1 - std::pow(1 - std::min(0.999, yearly), 1.0 / 12)); };
  for (std::size_t sex = 0; sex < 2; ++sex)
    for (std::size_t k = 0; k < ages.size(); ++k) {
      auto const t = monthly(setup.country.flow("mortality", ages[k].second, sex_names[sex].name, month));
      int const last = k + 1 < ages.size() ? ages[k + 1].first - 1 : oldest;
      for (int age = ages[k].first; age <= last; ++age) h.death[sex][static_cast<std::size_t>(age)] = t;
    }
  for (std::size_t o = 0; o < origin_count; ++o) {
    char const* const name = o <= 1 ? "host" : origin_names[o].name;
    for (auto const& [first, band] : fertile) {
      auto const t = monthly(setup.country.flow("fertility", band, name, month));
      for (int age = first; age < first + 5; ++age) h.birth[o][static_cast<std::size_t>(age)] = t;
    }
  }
  return h;
}

enum class Happening : std::uint8_t { death, birth, school_stage, coming_of_age, leaving_home };
struct Happened {
  std::uint32_t row;
  Happening what;
};

void bear_child(World& world, std::uint32_t mother) {
  auto& persons = world.persons;
  ++persons.births[mother];
  std::uint64_t const id = mix(persons.id[mother], persons.births[mother], 0x6e6577ULL);
  auto const row = static_cast<std::uint32_t>(persons.size());
  auto const h = persons.household[mother];
  if (world.households.members[h] == 255) return;  // no room to count a member more
  resize_persons(persons, row + 1U);
  Draws draws(for_life(world.stream), Purpose::newborn, id);
  // Who is born in Peru is Peruvian (Constitution, art. 52).
  persons.id[row] = id;
  persons.household[row] = h;
  persons.employer[row] = persons.migrant[row] = no_row;
  persons.wage_cents[row] = 0;
  persons.birth[row] = persons.since[row] = world.stream.month.index;
  persons.has[row] = persons.queued[row] = 0;
  persons.traits[row] = Persons::make_traits(draws.bernoulli(0.488) ? Sex::female : Sex::male, Origin::national, Education::primary);  // 105 boys to 100 girls
  persons.activity[row] = Activity::child;
  persons.births[row] = 0;
  ++world.households.members[h];
  world.strays.push_back(row);
  persons.has[mother] |= has_newborn_stray;
  if (is_foreign(persons.origin(mother)) && (persons.has[mother] & exempt_from_quota) == 0) exempt_from_the_quota(world, mother);
  world.count(Flow::births, world.households.district[h]);
  world.note(mother, Event::had_child);
}

void come_of_age(World& world, Setup const& setup, std::uint32_t row) {
  // At 14 the person's schooling is set to the level that they will reach; study is part of being inactive.
  auto& persons = world.persons;
  auto const origin = persons.origin(row);
  Draws draws(for_life(world.stream), Purpose::person_traits, persons.id[row], 14);
  auto const& table = setup.profile[static_cast<std::size_t>(origin)].education[1];  // as the cohort now 25 to 34
  double const u = draws.uniform();
  std::size_t level = 0;
  while (level + 1 < education_count && u >= table[level]) ++level;
  persons.traits[row] = static_cast<std::uint8_t>((persons.traits[row] & ~0x18U) | (static_cast<unsigned>(level) << 3) | (level >= 2 ? Persons::recognised_bit : 0U));
  persons.activity[row] = Activity::inactive;
  persons.since[row] = world.stream.month.index;
  world.note(row, Event::became_adult);
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
  auto const hazards = monthly_hazards(setup, world.stream.month);
  auto const leaving = threshold_of(setup.params.families_leave_home_prob_per_month);
  std::vector<std::vector<Happened>> parts((persons.size() + rows_per_block - 1) / rows_per_block);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::array<std::uint32_t, rows_per_block>, 4> bits;
    draw_blocks(world.stream, Purpose::family, std::span(persons.id).subspan(from, to - from), {bits[0].data(), bits[1].data(), bits[2].data(), bits[3].data()});
    auto& part = parts[from / rows_per_block];
    for (std::size_t row = from; row != to; ++row) {
      auto const traits = persons.traits[row];
      if ((traits & (Persons::gone_bit | Persons::inert_bit)) != 0) continue;
      int const months = month - persons.birth[row];
      auto const age = static_cast<std::size_t>(std::min(months / 12, oldest));
      std::size_t const sex = traits & 1U;
      auto const r = static_cast<std::uint32_t>(row);
      if (bits[0][row - from] < hazards.death[sex][age]) part.push_back({r, Happening::death});
      else if (sex == 1 && bits[1][row - from] < hazards.birth[(traits >> 1) & 3U][age]) part.push_back({r, Happening::birth});
      else if (months == 36 || months == 72 || months == 144) part.push_back({r, Happening::school_stage});
      else if (months >= 14 * 12 && persons.activity[row] == Activity::child) part.push_back({r, Happening::coming_of_age});
      else if (age >= 20 && age < 35 && bits[2][row - from] < leaving) part.push_back({r, Happening::leaving_home});
    }
  });
  // The few to whom something happens, one after the other: new rows and new households must not race.
  for (auto const& part : parts)
    for (auto const& [row, what] : part) switch (what) {
        case Happening::death:
          world.count(Flow::deaths, world.district_of(row));
          world.note(row, Event::died);
          remove_person(world, row);
          break;
        case Happening::birth: bear_child(world, row); break;
        case Happening::school_stage: reach_school_stage(world, setup, row, month - persons.birth[row]); break;
        case Happening::coming_of_age: come_of_age(world, setup, row); break;
        case Happening::leaving_home: leave_home(world, row); break;
      }
}

}  // namespace arraigo
