/// What the record counts of persons, on worlds changed by hand: who has it is counted, who has it not is not; the
/// groups are those by which measures choose; every way of adding up says the same.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <type_traits>

#include "core/errors.hpp"
#include "record/cell.hpp"
#include "record/series.hpp"
#include "support/model_runs.hpp"
#include "unit/params_fixture.hpp"

namespace arraigo::tests {
namespace {

constexpr int scale = 200;

std::shared_ptr<Prepared const> few_districts(Detail detail = Detail::districts, int months = 2) {
  return prepare(shipped("baseline", small_case(scale, months, few_districts_of_lima)), detail);
}

#ifdef __x86_64__
TEST(Record, CountsInWideCellsWhatItCountsInNarrowOnes) {
  if (!WideCells::can()) GTEST_SKIP() << "this processor has no vectors of 64 bytes";
  Cell narrow, wide;
  std::uint64_t cents = 0, on_payroll = 0;
  for (std::uint64_t k = 0; k < 255; ++k) {
    Cell::Counts const one{.bits = (mix(k) & 0xffff'00ff'ffff) | 1ULL << Cell::seen_bit, .cents = mix(k, 1) % 1'000'000'000, .payroll_cents = mix(k, 2) % 1'000'000};
    NarrowCells::add(narrow, one);
    WideCells::add(wide, one);
    cents += one.cents;
    on_payroll += one.payroll_cents;
  }
  for (std::size_t w = 0; w < Cell::cents_word + pay_sums; ++w) EXPECT_EQ(wide.word(w), narrow.word(w)) << w;
  EXPECT_EQ(wide.seen(), 255U);
  EXPECT_EQ(wide.word(Cell::cents_word), cents);
  EXPECT_EQ(wide.word(Cell::cents_word + 1), on_payroll);
  EXPECT_GT(wide.word(0), 0U);
}
#endif

/// The record of one month of a world.
struct Recorded {
  Prepared const& prepared;
  ReplicateRecord record;
  Recorded(Prepared const& p, World const& world) : prepared(p) {
    Recorder recorder(*p.setup, p.detail);
    recorder.record(world, 0);
    record = recorder.take(0);
  }
  [[nodiscard]] std::vector<std::int64_t> values(std::string const& name) const {
    auto const v = variable(prepared.layout, name);
    auto const d = prepared.layout.variables[v].dimension;
    std::size_t const keys = d < 0 ? 1 : prepared.layout.dimensions[static_cast<std::size_t>(d)].keys.size();
    return {record.values[v].begin(), record.values[v].begin() + static_cast<std::ptrdiff_t>(keys)};
  }
  [[nodiscard]] std::int64_t operator()(std::string const& name, std::size_t key = 0) const {
    return values(name).at(key);
  }
};

World world_to_record(Prepared const& prepared) { return world_before_phase(prepared, 0, "record", 1); }

/// An adult of the given kind whose household holds one person.
std::uint32_t lone_adult(World const& world, bool foreign) {
  for (std::uint32_t row = 0; row < world.persons.size(); ++row)
    if (!world.persons.gone(row) && is_foreign(world.persons.origin(row)) == foreign &&
        world.households.members[world.persons.household[row]] == 1 &&
        world.persons.age_months(row, world.stream.month.index) / 12 >= 20 &&
        world.persons.age_months(row, world.stream.month.index) / 12 < 60)
      return row;
  throw std::logic_error("nobody lives alone");
}

struct Case {
  char const* series;
  void (*with)(World&, std::uint32_t);
  void (*without)(World&, std::uint32_t);
};
void set(World& world, std::uint32_t row, unsigned bits, bool on) {
  auto& has = world.persons.has[row];
  has = static_cast<std::uint16_t>(on ? has | bits : has & ~bits);
}
void set_state(World& world, std::uint32_t row, unsigned bits, bool on) {
  auto& state = world.households.state[world.persons.household[row]];
  state = static_cast<std::uint8_t>(on ? state | bits : state & ~bits);
}
void set_age(World& world, std::uint32_t row, int years) {
  world.persons.birth[row] = static_cast<std::int16_t>(world.stream.month.index - 12 * years);
}
/// Of a household of such a class in the registry, or 0, and of the poverty 0, 1 or 2.
void classify(World& world, std::uint32_t row, unsigned registry_class, std::uint8_t poverty) {
  set_state(world, row, Households::poverty_bits | Households::registry_bits, false);
  set_state(world, row, registry_class | poverty, true);
}
constexpr unsigned extremely_poor = Households::class_extremely_poor, poor_class = Households::class_poor;
void make_worker(World& world, std::uint32_t row, Activity activity) {
  world.persons.activity[row] = activity;
  world.persons.employer[row] = is_employee(activity) ? 0 : no_row;
}

Case const cases[]{
    {"exploited",
     [](World& w, std::uint32_t r) { make_worker(w, r, Activity::off_books), set(w, r, is_exploited, true); },
     [](World& w, std::uint32_t r) { make_worker(w, r, Activity::off_books), set(w, r, is_exploited, false); }},
    {"exploited",
     [](World& w, std::uint32_t r) { make_worker(w, r, Activity::off_books), set(w, r, is_exploited, true); },
     [](World& w, std::uint32_t r) { make_worker(w, r, Activity::unemployed), set(w, r, is_exploited, true); }},
    {"credit_holders", [](World& w, std::uint32_t r) { set(w, r, has_credit, true); },
     [](World& w, std::uint32_t r) { set(w, r, has_credit, false); }},
    {"trained", [](World& w, std::uint32_t r) { set(w, r, has_training, true); },
     [](World& w, std::uint32_t r) { set(w, r, has_training | has_certificate, false); }},
    {"trained", [](World& w, std::uint32_t r) { set(w, r, has_certificate, true); },
     [](World& w, std::uint32_t r) { set(w, r, has_training | has_certificate, false); }},
    {"trained_formal",
     [](World& w, std::uint32_t r) {
       make_worker(w, r, Activity::own_account_formal), set(w, r, has_certificate, true);
     },
     [](World& w, std::uint32_t r) { make_worker(w, r, Activity::own_account), set(w, r, has_certificate, true); }},
    {"trained_formal",
     [](World& w, std::uint32_t r) { make_worker(w, r, Activity::payroll), set(w, r, has_training, true); },
     [](World& w, std::uint32_t r) {
       make_worker(w, r, Activity::payroll), set(w, r, has_training | has_certificate, false);
     }},
    {"protection_need", [](World& w, std::uint32_t r) { set(w, r, has_protection_need | has_protection, true); },
     [](World& w, std::uint32_t r) { set(w, r, has_protection_need, false); }},
    {"protection_unattended",
     [](World& w, std::uint32_t r) { set(w, r, has_protection_need, true), set(w, r, has_protection, false); },
     [](World& w, std::uint32_t r) { set(w, r, has_protection_need | has_protection, true); }},
    {"elders", [](World& w, std::uint32_t r) { set_age(w, r, 65); },
     [](World& w, std::uint32_t r) { set_age(w, r, 64); }},
    {"elder_places", [](World& w, std::uint32_t r) { set(w, r, has_elder_place, true); },
     [](World& w, std::uint32_t r) { set(w, r, has_elder_place, false); }},
    {"registered", [](World& w, std::uint32_t r) { classify(w, r, Households::class_not_poor, 0); },
     [](World& w, std::uint32_t r) { classify(w, r, 0, 0); }},
    {"juntos_children", [](World& w, std::uint32_t r) { set_age(w, r, 17), classify(w, r, extremely_poor, 0); },
     [](World& w, std::uint32_t r) { set_age(w, r, 18), classify(w, r, extremely_poor, 0); }},
    {"juntos_children", [](World& w, std::uint32_t r) { set_age(w, r, 17), classify(w, r, extremely_poor, 0); },
     [](World& w, std::uint32_t r) { set_age(w, r, 17), classify(w, r, poor_class, 2); }},
    {"pension65_holders", [](World& w, std::uint32_t r) { set_age(w, r, 65), classify(w, r, extremely_poor, 0); },
     [](World& w, std::uint32_t r) { set_age(w, r, 65), classify(w, r, 0, 2); }},
    {"rent_burdened", [](World& w, std::uint32_t r) { set_state(w, r, Households::rent_burdened_bit, true); },
     [](World& w, std::uint32_t r) { set_state(w, r, Households::rent_burdened_bit, false); }},
    {"crowded", [](World& w, std::uint32_t r) { w.households.members[w.persons.household[r]] = 7; },
     [](World& w, std::uint32_t r) { w.households.members[w.persons.household[r]] = 6; }},
    {"social_programme", [](World& w, std::uint32_t r) { set_age(w, r, 70), classify(w, r, extremely_poor, 0); },
     [](World& w, std::uint32_t r) { set_age(w, r, 30), classify(w, r, extremely_poor, 0); }},
};

TEST(RecordOfPersons, CountsWhoHasItAndNobodyElse) {
  auto const prepared = few_districts(Detail::totals);
  World const start = world_to_record(*prepared);
  for (auto const& c : cases)
    for (bool const foreign : {false, true}) {
      auto const row = lone_adult(start, foreign);
      World with = start, without = start;
      // Who needs support is asked of contigo below: here nobody may, since it would count under social programmes.
      for (auto* world : {&with, &without}) std::fill(world->persons.groups.begin(), world->persons.groups.end(), std::uint8_t{0});
      if (foreign)
        for (auto* world : {&with, &without}) world->migrants.permit[world->persons.migrant[row]] = Permit::residence;
      c.with(with, row);
      c.without(without, row);
      Recorded const a(*prepared, with), b(*prepared, without);
      EXPECT_EQ(a(c.series) - b(c.series), scale) << c.series;
      std::string const of_migrants = std::string("migrant_") + c.series;
      EXPECT_EQ(a(of_migrants) - b(of_migrants), foreign ? scale : 0) << c.series;
    }
}

TEST(RecordOfPersons, BenefitsNeedTheRightOfTheHolder) {
  auto const prepared = few_districts(Detail::totals);
  World world = world_to_record(*prepared);
  auto const row = lone_adult(world, true), m = world.persons.migrant[row];
  set_age(world, row, 70);
  classify(world, row, extremely_poor, 2);
  auto& entitled = world.rules.entitled;
  auto const right = static_cast<std::size_t>(Entitlement::pension65);
  world.migrants.permit[m] = Permit::residence;
  world.migrants.claim[m] = Claim::none;
  entitled[static_cast<std::size_t>(Permit::residence)][right] = 1;
  Recorded const entitled_to(*prepared, world);
  entitled[static_cast<std::size_t>(Permit::residence)][right] = 0;
  entitled[claim_holder][right] = 0;
  Recorded const barred(*prepared, world);
  EXPECT_LT(barred("migrant_pension65_holders"), entitled_to("migrant_pension65_holders"));
  world.migrants.claim[m] = Claim::pending;
  entitled[claim_holder][right] = 1;
  Recorded const pending(*prepared, world);
  EXPECT_GE(pending("migrant_pension65_holders") - barred("migrant_pension65_holders"), scale);
  world.rules.transfer_factor[static_cast<std::size_t>(Transfer::pension65)] = 0;
  EXPECT_EQ(Recorded(*prepared, world)("pension65_holders"), 0) << "nobody is paid nothing";
}

TEST(RecordOfPersons, ContigoIsOfPeopleWithADisability) {
  auto const prepared = few_districts(Detail::totals);
  World world = world_to_record(*prepared);
  auto const all_classified = [&](unsigned registry_class) {
    for (auto& state : world.households.state)
      state = static_cast<std::uint8_t>((state & ~(Households::poverty_bits | Households::registry_bits)) | registry_class | 1U);
  };
  all_classified(extremely_poor);
  auto& entitled = world.rules.entitled;
  for (auto& row : entitled) row[static_cast<std::size_t>(Entitlement::contigo)] = 1;
  std::int64_t expected = 0;
  for (std::size_t row = 0; row < world.persons.size(); ++row)
    if (!world.persons.gone(row) && !world.persons.inert(row) && world.has_disability(row)) ++expected;
  ASSERT_GT(expected, 5);
  Recorded const record(*prepared, world);
  EXPECT_EQ(record("contigo_holders"), expected * scale);
  EXPECT_EQ(record("with_disability"), expected * scale);
  EXPECT_GT(record("juntos_children"), 0);
  all_classified(poor_class);
  Recorded const less(*prepared, world);
  for (auto const* series : {"contigo_holders", "juntos_children", "pension65_holders", "social_programme"})
    EXPECT_EQ(less(series), 0) << series << ": nobody is classified as extremely poor";
}

TEST(RecordOfPersons, HoursFollowFromJobsAndAbuse) {
  auto const prepared = few_districts(Detail::totals);
  auto const& p = prepared->scenario.parameters;
  World world = world_to_record(*prepared);
  auto const row = lone_adult(world, false);
  auto const hours = [&] { return Recorded(*prepared, world)("hours"); };
  make_worker(world, row, Activity::unemployed);
  set(world, row, is_exploited, false);
  auto const none = hours();
  make_worker(world, row, Activity::off_books);
  auto const usual = hours();
  set(world, row, is_exploited, true);
  auto const abusive = hours();
  EXPECT_NEAR(static_cast<double>(usual - none), scale * p.labour_usual_hours_per_week, 1);
  EXPECT_NEAR(static_cast<double>(abusive - none), scale * p.labour_abusive_hours_per_week, 1);
}

TEST(RecordedGroups, AreThoseOfTheWorldInEveryMonth) {
  // Over a January, in which rows move.
  auto const prepared = prepare(shipped("baseline", small_case(scale, 15, few_districts_of_lima)), Detail::totals);
  ASSERT_GT(prepared->scenario.start.month_of_year() + 14, 12);
  Simulation simulation(prepared->setup, 0, Detail::totals);
  std::vector<std::array<std::int64_t, 3 * recorded_groups>> expected;
  while (!simulation.done()) {
    // At the month's end, before the clock moves: what the recorder has seen.
    simulation.step();
    World world = simulation.world();
    world.stream.month = world.stream.month + -1;
    auto& row_of = expected.emplace_back();
    for (std::size_t row = 0; row < world.persons.size(); ++row) {
      if (world.persons.gone(row) || world.persons.inert(row)) continue;
      for (unsigned g = 0; g < recorded_groups; ++g)
        if (world.in_groups(row, 1U << g)) {
          bool const foreign = is_foreign(world.persons.origin(row));
          row_of[g] += scale;
          row_of[(foreign ? 2 : 1) * recorded_groups + g] += scale;
        }
    }
  }
  auto const record = simulation.take_record();
  auto const& layout = prepared->layout;
  for (std::size_t month = 0; month < expected.size(); ++month)
    for (std::size_t g = 0; g < recorded_groups; ++g)
      for (std::size_t k = 0; k < 3; ++k) {
        auto const* const name =
            std::array{"population_by_group", "host_population_by_group", "migrant_population_by_group"}[k];
        EXPECT_EQ(record.values[variable(layout, name)][month * recorded_groups + g],
                  expected[month][k * recorded_groups + g])
            << name << " " << person_group_names[g].name << " in month " << month;
      }
  for (std::size_t g = 0; g < recorded_groups; ++g) {
    auto const group = static_cast<PersonGroup>(g);
    // Parents and children of the household's state are set by the phase of households.
    if (group == PersonGroup::single_parents || group == PersonGroup::with_young_children) continue;
    EXPECT_GT(expected.back()[g], 0) << person_group_names[g].name << ": nobody to tell by";
  }
}

TEST(RecordedGroups, OfAHouseholdAreThoseOfItsState) {
  auto const prepared = few_districts(Detail::totals);
  World world = world_to_record(*prepared);
  auto const row = lone_adult(world, true);
  for (auto const& [group, bit] : {std::pair{PersonGroup::single_parents, Households::single_parent_bit},
                                   {PersonGroup::with_young_children, Households::young_child_bit}}) {
    set_state(world, row, bit, false);
    Recorded const without(*prepared, world);
    set_state(world, row, bit, true);
    Recorded const with(*prepared, world);
    auto const g = static_cast<std::size_t>(group);
    for (auto const* name : {"population_by_group", "migrant_population_by_group", "migrant_adults_by_group"})
      EXPECT_EQ(with(name, g) - without(name, g), scale) << name;
    EXPECT_EQ(with("host_population_by_group", g), without("host_population_by_group", g));
    EXPECT_EQ(with("population"), without("population"));
  }
}

/// Sums over keys of a variable by a dimension; of groups of one key.
TEST(Record, EveryWayOfAddingUpSaysTheSame) {
  auto const prepared = few_districts(Detail::districts, 13);
  auto const record = run(*prepared);
  auto const& layout = prepared->layout;
  std::map<std::string, std::size_t> index;
  for (std::size_t v = 0; v < layout.variables.size(); ++v) index[layout.variables[v].name] = v;
  std::set<std::string> persons;
  for (auto const& s : person_series())
    for (auto const& prefix : group_prefixes) persons.insert(std::string(prefix.name) + s.name);
  for (auto const* sum : {"labour_income", "payroll_pay", "hours"})
    for (auto const& prefix : group_prefixes) persons.insert(std::string(prefix.name) + sum);
  for (auto const& s : status_series()) persons.insert(s.name);
  std::size_t checked = 0;
  for (auto const& [name, v] : index) {
    auto const& row = layout.variables[v];
    if (row.dimension < 0 || persons.count(row.base) == 0) continue;
    auto const& dimension = layout.dimensions[static_cast<std::size_t>(row.dimension)];
    bool const is_sum = row.units != "people";
    if (dimension.name == "sector" || dimension.name == "size") continue;
    auto const keys = dimension.keys.size();
    for (std::size_t month = 0; month < static_cast<std::size_t>(layout.months); ++month) {
      auto const total = record.values[index.at(row.base)][month];
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < keys; ++k) {
        auto const x = record.values[v][month * keys + k];
        sum += x;
        EXPECT_LE(x, total + (is_sum ? 1 : 0)) << name << " " << dimension.keys[k];
        EXPECT_GE(x, 0) << name;
      }
      if (dimension.name == "group") continue;
      EXPECT_NEAR(static_cast<double>(sum), static_cast<double>(total), is_sum ? static_cast<double>(keys) : 0)
          << name << " in month " << month;
      ++checked;
    }
  }
  EXPECT_GT(checked, 3000U);

  // The groups that are keys of other dimensions too, and women's series.
  auto const at = [&](std::string const& name, std::size_t key, std::size_t month) {
    auto const v = index.at(name);
    auto const d = layout.variables[v].dimension;
    return record.values[v][month * (d < 0 ? 1 : layout.dimensions[static_cast<std::size_t>(d)].keys.size()) + key];
  };
  auto const female = static_cast<std::size_t>(Sex::female), women = static_cast<std::size_t>(PersonGroup::women),
             elders = static_cast<std::size_t>(PersonGroup::aged_65),
             poor = static_cast<std::size_t>(PersonGroup::poor),
             disability = static_cast<std::size_t>(PersonGroup::disability);
  for (std::size_t month = 0; month < static_cast<std::size_t>(layout.months); ++month) {
    for (std::string const base : {"population", "employed", "labour_income", "hours", "migrant_payroll",
                                   "migrant_labour_income", "host_insured", "regular"})
      EXPECT_EQ(at(base + "_by_group", women, month), at(base + "_by_sex", female, month)) << base;
    for (std::string const base : {"population", "poor", "migrant_population", "host_insured"})
      EXPECT_EQ(at(base + "_by_group", elders, month), at(base + "_by_age", age_group_count - 1, month)) << base;
    for (std::string const prefix : {"", "host_", "migrant_"})
      EXPECT_EQ(at(prefix + "population_by_group", poor, month), at(prefix + "poor", 0, month));
    for (std::string const prefix : {"", "migrant_"})
      EXPECT_EQ(at(prefix + "population_by_group", disability, month), at(prefix + "with_disability", 0, month));
    for (std::string const base : {"employed", "active", "working_age", "payroll", "labour_income", "hours"}) {
      EXPECT_EQ(at("women_" + base, 0, month), at(base + "_by_sex", female, month)) << base;
      EXPECT_EQ(at("migrant_women_" + base, 0, month), at("migrant_" + base + "_by_sex", female, month)) << base;
    }
    EXPECT_EQ(at("elders", 0, month), at("population_by_age", age_group_count - 1, month));
    EXPECT_EQ(at("population", 0, month), at("host_population", 0, month) + at("migrant_population", 0, month));
    EXPECT_LE(at("trained_formal", 0, month), at("trained", 0, month));
    EXPECT_LE(at("protection_unattended", 0, month), at("protection_need", 0, month));
    EXPECT_LE(at("social_programme", 0, month),
              at("juntos_children", 0, month) + at("pension65_holders", 0, month) + at("contigo_holders", 0, month));
    // Requests by service and by place are those of the flows.
    for (auto const& [kind, flow] : {std::pair{"service_requests", "services_requested"},
                                     {"service_given", "services_given"},
                                     {"service_wait", "service_wait_months"},
                                     {"service_turned_away", "turned_away"}}) {
      std::int64_t by_service = 0;
      for (std::size_t s = 0; s < service_count; ++s) by_service += at(std::string(kind) + "_by_service", s, month);
      EXPECT_EQ(by_service, at(kind, 0, month));
      EXPECT_EQ(at(kind, 0, month), at(flow, 0, month));
      for (std::size_t d = 0; d < 5; ++d)
        EXPECT_EQ(at(std::string(kind) + "_by_district", d, month), at(std::string(flow) + "_by_district", d, month))
            << kind;
    }
  }
}

TEST(RecordOfServices, SaysHowFarTheyAreAndWhoLivesNear) {
  auto const prepared = few_districts(Detail::districts);
  World world = world_to_record(*prepared);
  constexpr auto centre = static_cast<std::size_t>(Service::employment_centre);
  std::size_t const n = world.districts.size();
  ASSERT_GE(n, 3U);
  // One district with no way there, one just within an hour, the others beyond it.
  for (std::size_t d = 0; d < n; ++d) world.access[centre * n + d] = {0, d == 1 ? 60.0F : 61.5F, 0};
  world.access[centre * n + 0] = {};
  Recorded const record(*prepared, world);
  auto const people = [&](std::size_t d) { return record("population_by_district", d); };
  double minutes = 0;
  for (std::size_t d = 1; d < n; ++d) minutes += (d == 1 ? 60.0 : 61.5) * static_cast<double>(people(d));
  EXPECT_NEAR(static_cast<double>(record("service_minutes_by_service", centre)), minutes, static_cast<double>(n));
  EXPECT_EQ(record("service_reached_by_service", centre), record("population") - people(0));
  EXPECT_EQ(record("service_within_hour_by_service", centre), people(1));
  for (std::size_t s = 0; s < service_count; ++s) EXPECT_EQ(record("service_people_by_service", s), record("population"));
  for (std::string const base : {"service_minutes", "service_reached", "service_within_hour", "service_people"}) {
    std::int64_t by_service = 0, by_district = 0;
    for (std::size_t s = 0; s < service_count; ++s) by_service += record(base + "_by_service", s);
    for (std::size_t d = 0; d < n; ++d) by_district += record(base + "_by_district", d);
    EXPECT_EQ(by_service, record(base)) << base;
    EXPECT_EQ(by_district, record(base)) << base;
  }
}

TEST(RecordOfServices, TravelToTheOfficeIsAMeanOverThoseWhoHaveOneWithinReach) {
  auto const prepared = few_districts(Detail::districts);
  World world = world_to_record(*prepared);
  constexpr auto office = static_cast<std::size_t>(Service::migration_office);
  std::size_t const n = world.districts.size();
  for (std::size_t d = 0; d < n; ++d) world.access[office * n + d] = {0, d == 1 ? 30.0F : 50.0F, 0};
  world.access[office * n + 0] = {};
  Recorded const record(*prepared, world);
  auto const migrants = [&](std::size_t d) { return record("migrant_population_by_district", d); };
  double minutes = 0;
  for (std::size_t d = 1; d < n; ++d) minutes += (d == 1 ? 30.0 : 50.0) * static_cast<double>(migrants(d));
  EXPECT_EQ(record("office_reached"), record("migrant_population") - migrants(0));
  EXPECT_EQ(record("office_reached_by_district", 0), 0);
  EXPECT_NEAR(static_cast<double>(record("office_minutes")), minutes, static_cast<double>(n));
  for (std::size_t d = 0; d < n; ++d) world.access[office * n + d] = {};
  Recorded const closed(*prepared, world);
  EXPECT_EQ(closed("office_reached"), 0) << "no mean, rather than one of 0 minutes";
}

TEST(RecordOfAccounts, PublicCostIsWhatTheStateAndMunicipalitiesPay) {
  auto const prepared = few_districts(Detail::totals);
  World world = world_to_record(*prepared);
  Recorded const before(*prepared, world);
  world.charge(Line::campaigns, Payer::donor, 100000);
  world.charge(Line::campaigns, Payer::state, 200000);
  world.charge(Line::new_points, Payer::municipality, 400000);
  world.charge(Line::inspections, Payer::private_sector, 800000);
  Recorded const after(*prepared, world);
  auto const soles = [](std::int64_t cents) { return cents * scale / 100; };
  auto const more = [&](std::string const& name, std::size_t key = 0) { return after(name, key) - before(name, key); };
  EXPECT_EQ(more("programme_cost"), soles(1500000));
  EXPECT_EQ(more("public_cost"), soles(600000));
  EXPECT_EQ(more("public_accounts"), -soles(600000));
  EXPECT_EQ(more("public_revenue"), 0);
  EXPECT_EQ(more("public_accounts_by_account_line", static_cast<std::size_t>(Line::campaigns)), soles(300000));
  for (auto const& [payer, cents] : {std::pair{Payer::state, 200000},
                                     {Payer::municipality, 400000},
                                     {Payer::donor, 100000},
                                     {Payer::private_sector, 800000}})
    EXPECT_EQ(more("programme_cost_by_payer", static_cast<std::size_t>(payer)), soles(cents));
}

/// Why an indicator is not to be had by a dimension; empty: it is.
std::string why_not_by(Indicator const& row, std::string const& dimension) {
  std::set<std::string> bases;
  for (auto const* terms : {&row.numerator, &row.denominator, &row.reference_numerator, &row.reference_denominator})
    for (auto const& term : *terms) bases.insert(term.starts_with('-') ? term.substr(1) : term);
  auto const any = [&](std::initializer_list<char const*> of) {
    return std::any_of(of.begin(), of.end(), [&](char const* base) { return bases.count(base) == 1; });
  };
  auto const starts = [](std::string const& base, char const* prefix) { return base.starts_with(prefix); };
  if (any({"public_revenue", "public_cost", "programme_cost", "firms", "formal_firms", "firms_with_foreigners"}))
    return "accounts and firms are counted for the area, by line, payer or size";
  bool const by_place_only = std::any_of(bases.begin(), bases.end(),
                                         [](std::string const& base) {
                                           return base == "hostile_hosts" || base == "office_minutes" ||
                                                  base.starts_with("service_") ||
                                                  std::any_of(flow_series().begin(), flow_series().end(),
                                                              [&](FlowSeries const& f) { return f.name == base; });
                                         }) &&
                             bases.count("service_contract") == 0;
  if (dimension == "district") return "";
  if (by_place_only) return "what happens in a month, at a counter or to a neighbourhood is counted by place";
  bool const of_statuses = std::any_of(bases.begin(), bases.end(), [](std::string const& base) {
    return std::any_of(status_series().begin(), status_series().end(),
                       [&](StatusSeries const& s) { return s.name == base; });
  });
  if (dimension == "origin" && std::any_of(bases.begin(), bases.end(), [&](std::string const& base) {
        return starts(base, "migrant_") || starts(base, "host_");
      }))
    return "of one class of origins already: the same indicator of all shows it by origin";
  if (dimension == "sex" && std::any_of(bases.begin(), bases.end(), [](std::string const& base) {
        return base.find("women_") != std::string::npos;
      }))
    return "compares the sexes";
  if (dimension == "status" && of_statuses) return "counts statuses";
  if (dimension == "status" &&
      !std::all_of(bases.begin(), bases.end(), [&](std::string const& base) { return starts(base, "migrant_"); }))
    return "hosts have no migration status";
  return "";
}

TEST(Record, EveryIndicatorIsToBeHadByEveryDimensionThatItHas) {
  auto const prepared = few_districts(Detail::districts, 1);
  std::set<std::string> names;
  for (auto const& v : prepared->layout.variables) names.insert(v.name);
  std::map<std::string, int> reasons;
  for (auto const& row : prepared->layout.indicators)
    for (auto const* dimension : {"district", "sex", "age", "origin", "status", "education", "group"}) {
      bool recorded = true;
      for (auto const* terms : {&row.numerator, &row.denominator, &row.reference_numerator, &row.reference_denominator})
        for (auto const& term : *terms)
          recorded = recorded && names.count((term.starts_with('-') ? term.substr(1) : term) + "_by_" + dimension) == 1;
      auto const why = why_not_by(row, dimension);
      EXPECT_EQ(recorded, why.empty()) << row.name << " by " << dimension << ": " << why;
      ++reasons[why];
    }
  EXPECT_EQ(reasons.size(), 7U) << "a reason that holds for no indicator";
  EXPECT_GT(reasons[""], 250);
}

TEST(Record, GapsComeOutOfTheMeansThatTheyCompare) {
  auto const prepared = few_districts(Detail::totals, 3);
  auto const record = run(*prepared);
  auto const of = [&](char const* name) { return indicator(prepared->layout, record, name); };
  EXPECT_NEAR(of("pay_gap"), 100 - 100 * of("migrant_income") / of("host_income"), 1e-9);
  EXPECT_NEAR(of("cohesion"), 100 - of("hostility"), 1e-9);
  EXPECT_NEAR(of("hourly_pay"), of("income") * 12 / 52 / of("hours"), 1e-9);
  auto const total = [&](char const* name, std::size_t key) {
    auto const& values = record.values[variable(prepared->layout, name)];
    return static_cast<double>(values[2 * sex_count + key]);
  };
  double const women = total("labour_income_by_sex", 1) / total("employed_by_sex", 1),
               men = total("labour_income_by_sex", 0) / total("employed_by_sex", 0);
  EXPECT_NEAR(of("pay_gap_of_women"), 100 - 100 * women / men, 1e-9);
}

/// The words with which a month is refused.
std::string refusal_of(Prepared const& prepared, World const& world) {
  try {
    Recorded const recorded(prepared, world);
  } catch (BugError const& error) {
    return error.what();
  }
  return "it was recorded";
}

TEST(Record, AValueThatCannotBeStopsTheRunAndIsNamedWithPlaceAndMonth) {
  speak_english();
  auto const prepared = few_districts();
  auto const good = world_to_record(*prepared);
  ASSERT_EQ(refusal_of(*prepared, good), "it was recorded");
  auto const& rows = prepared->setup->country.districts.rows();
  auto const names = [&](std::string const& said, std::string const& variable, std::size_t table_row) {
    for (auto const& part : {variable, rows[table_row].ubigeo + " " + rows[table_row].name, std::string("2026-01")})
      EXPECT_NE(said.find(part), std::string::npos) << said << " lacks " << part;
  };
  double const nan = std::numeric_limits<double>::quiet_NaN();
  for (double const wrong : {nan, std::numeric_limits<double>::infinity(), 1e300}) {
    auto world = good;
    ASSERT_FALSE(world.points.empty());
    world.points.back().capacity = wrong;
    names(refusal_of(*prepared, world), "service_capacity", world.points.back().table_row);
  }
  {
    auto world = good;
    world.districts[1].hostility_logit = nan;
    names(refusal_of(*prepared, world), "hostile_hosts", world.districts[1].table_row);
  }
  {
    // In half of the district's flows, so that the total stays above zero.
    auto world = good;
    std::size_t const n = world.districts.size();
    world.flows[0 * n] = 1000;
    world.flows[0 * n + 2] = -1;
    names(refusal_of(*prepared, world), flow_series()[0].name, world.districts[2].table_row);
  }
  {
    // Without places the whole area is named.
    auto const totals = few_districts(Detail::totals);
    auto world = good;
    world.flows[0] = -1000000;
    auto const said = refusal_of(*totals, world);
    EXPECT_NE(said.find(flow_series()[0].name), std::string::npos) << said;
    EXPECT_NE(said.find("the whole area"), std::string::npos) << said;
  }
}

TEST(Record, TheLargestAmountsOfTheWholeCountryFit) {
  // What people are paid is kept in 32 bits each; everything that adds up has 64.
  using Cents = decltype(Persons::wage_cents)::value_type;
  static_assert(std::is_same_v<Cents, std::uint32_t>);
  static_assert(std::is_same_v<decltype(World::flows)::value_type, std::int64_t>);
  static_assert(std::is_same_v<decltype(World::service_flows)::value_type, std::int64_t>);
  static_assert(std::is_same_v<decltype(World::accounts)::value_type, std::int64_t>);
  static_assert(std::is_same_v<decltype(World::paid)::value_type, std::int64_t>);
  static_assert(std::is_same_v<decltype(ReplicateRecord::values)::value_type::value_type, std::int64_t>);
  // 40 million people, each with the largest amount that a person can have, in one month, 50 times over: a line of the accounts
  // adds up several amounts of a person.
  constexpr std::int64_t people = 40'000'000;
  static_assert(people < std::numeric_limits<std::int32_t>::max(), "counts of agents are of 32 bits");
  static_assert(50 * people < std::numeric_limits<std::int64_t>::max() / std::numeric_limits<Cents>::max());
  // 120 months of the country's pay (under 20,000 soles a head) in cents, as those who sum over months do it.
  static_assert(120 * people * 2'000'000 < std::numeric_limits<std::int64_t>::max());

  auto const prepared = few_districts();
  auto world = world_to_record(*prepared);
  std::int64_t employed = 0;
  for (std::uint32_t row = 0; row < world.persons.size(); ++row) {
    if (world.persons.gone(row)) continue;
    bool const works = world.persons.wage_cents[row] > 0;
    world.persons.wage_cents[row] = works ? std::numeric_limits<Cents>::max() : 0;
    employed += works ? 1 : 0;
  }
  ASSERT_GT(employed, 1000);
  Recorded const recorded(*prepared, world);
  EXPECT_EQ(recorded("labour_income"), std::llround(static_cast<double>(employed) * std::numeric_limits<Cents>::max() * scale / 100));
  auto const by_place = recorded.values("labour_income_by_district");
  EXPECT_NEAR(static_cast<double>(std::accumulate(by_place.begin(), by_place.end(), std::int64_t{0})), static_cast<double>(recorded("labour_income")), 3);
}

}  // namespace
}  // namespace arraigo::tests
