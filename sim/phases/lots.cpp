/// Lots of the month (ODD 3.0). One block of draws per person, kept where something could follow from it.
/// Reads: age, traits, activity, places.  Writes: lots.  Draws: month_lots (person).
#include "phases/lots.hpp"

#include <algorithm>

#include "core/row_mask.hpp"
#include "core/wide.hpp"
#include "phases/phases.hpp"

namespace arraigo {
namespace {

constexpr std::uint64_t whole = 1ULL << 32;
constexpr std::uint32_t word(std::uint64_t end) { return static_cast<std::uint32_t>(std::min(end, whole - 1)); }

/// The lots of one block that are kept, on the stack until their number is known: the lists of all blocks together stay small.
struct Kept {
  std::array<Lot, rows_per_block> lots;
  std::size_t n = 0;
  Kept() {}  // what has not been put is not read
  /// Written always and counted when kept: a branch would be mispredicted for every lot that is kept.
  void put(std::size_t row, std::uint32_t bits, bool kept) {
    lots[n] = {static_cast<std::uint32_t>(row), bits};
    n += kept ? 1 : 0;
  }
  void move_to(std::vector<Lot>& list) {
    list.assign(lots.begin(), lots.begin() + static_cast<std::ptrdiff_t>(n));
    n = 0;
  }
};

}  // namespace

LabourCuts labour_cuts(Parameters const& p) {
  LabourCuts cuts;
  std::uint64_t const informal = threshold_of(p.labour_separation_informal_prob_per_month), formal = threshold_of(p.labour_separation_formal_prob_per_month),
                      closing = threshold_of(p.labour_own_account_exit_prob_per_month);
  auto const set = [&](Activity a, std::uint64_t end) { cuts.separation_end[static_cast<std::size_t>(a)] = word(end); };
  set(Activity::payroll, formal);
  set(Activity::off_books, informal);
  set(Activity::service_contract, informal);
  set(Activity::own_account, closing);
  set(Activity::own_account_formal, closing / 2);
  std::uint64_t const from = std::max({informal, formal, closing});
  std::uint64_t const formalise = threshold_of(p.labour_own_account_formalise_prob_per_month), informalise = threshold_of(p.labour_own_account_informalise_prob_per_month);
  cuts.registration_from = word(from);
  cuts.formalise_end = word(from + formalise);
  cuts.informalise_end = word(from + informalise);
  std::uint64_t const reconsider = from + std::max(formalise, informalise);
  cuts.reconsider_from = word(reconsider);
  cuts.reconsider_end = word(reconsider + threshold_of(1.0 / 12));
  return cuts;
}

EmployedCuts employed_cuts(Parameters const& p) {
  EmployedCuts cuts;
  double const looks = p.labour_on_the_job_search_prob_per_month;
  auto const set = [&](Activity a, double prob) { cuts.search_end[static_cast<std::size_t>(a)] = word(threshold_of(prob)); };
  set(Activity::own_account, looks);
  set(Activity::own_account_formal, looks / 2);
  set(Activity::off_books, looks);
  set(Activity::service_contract, looks);
  set(Activity::payroll, looks / 4);
  std::uint64_t const from = threshold_of(looks);
  cuts.pay_from = word(from);
  cuts.pay_end = word(from + threshold_of(1.0 / 12));
  return cuts;
}

namespace {

/// What the lots of all persons are held against.
struct LotRules {
  Stream const& stream;
  int month;
  ServiceCuts services;
  LabourCuts labour;
  std::uint32_t pay_end, lapse_from;
  /// The end of what can happen to a family member, by the low bits of traits and age in years.
  std::array<std::array<std::uint32_t, FamilyHazards::oldest + 1>, sex_count * origin_count> family_end{};
  std::uint32_t family_most = 0, bound_most = 0, from_above_least = 0;
};

/// The lots of one block of rows [from, to).
ARRAIGO_WIDE void draw_lots_of_block(Persons const& persons, LotRules const& rules, std::size_t from, std::size_t to, Lots& lots) {
  std::size_t const n = to - from;
  std::array<std::array<std::uint32_t, rows_per_block>, 4> bits;
  draw_blocks(rules.stream, Purpose::month_lots, std::span(persons.id).subspan(from, n), {bits[0].data(), bits[1].data(), bits[2].data(), bits[3].data()});
  std::uint8_t const* const traits_of = persons.traits.data() + from;
  std::uint16_t const* const has_of = persons.has.data() + from;
  Activity const* const activity_of = persons.activity.data() + from;
  std::int16_t const* const birth_of = persons.birth.data() + from;
  // The loops' own: what they write as bytes could be anything, so that others would be read anew for each row.
  std::uint32_t const family_most = rules.family_most, bound_most = rules.bound_most, from_above_least = rules.from_above_least, reconsider_end = rules.labour.reconsider_end, pay_end = rules.pay_end;
  int const month = rules.month;
  Kept kept;
  RowMask may;  // the exact test is made of few: lots cost 1.4 times as much when it was made of everybody
  auto& block = lots.blocks[from / rows_per_block];
  auto const here = [&](std::size_t i) { return (traits_of[i] & (Persons::gone_bit | Persons::inert_bit)) == 0; };
  auto const months = [&](std::size_t i) { return static_cast<unsigned>(month - birth_of[i]); };

  may.set(n, [&](std::size_t i) { return bits[0][i] < family_most; });
  may.add([&](std::size_t i) {
    auto const age = static_cast<std::int16_t>(month - birth_of[i]);
    return (age == school_stages[0]) | (age == school_stages[1]) | (age == school_stages[2]) | (age == school_ends_months) | (age == studies_end_months) | ((activity_of[i] == Activity::child) & (age >= adult_months));
  });
  may.for_each([&](std::size_t i) {
    auto const age = months(i);
    bool const due = is_school_stage(static_cast<int>(age)) || age == school_ends_months || age == studies_end_months || (activity_of[i] == Activity::child && age >= adult_months);
    kept.put(from + i, bits[0][i], here(i) & ((bits[0][i] < rules.family_end[traits_of[i] & 7U][std::min<std::size_t>(age / 12U, FamilyHazards::oldest)]) | due));
  });
  kept.move_to(block.families);

  may.set(n, [&](std::size_t i) { return (bits[1][i] < bound_most) | (bits[1][i] >= from_above_least); });
  may.for_each([&](std::size_t i) {
    unsigned const has = has_of[i];
    std::uint32_t const from_above = rules.services.from_above[service_ends(has, traits_of[i])];
    std::uint32_t const bound = rules.services.bound[service_age_class(static_cast<int>(months(i)))][static_cast<std::size_t>(activity_of[i])][service_needs(static_cast<std::uint16_t>(has))];
    kept.put(from + i, bits[1][i], here(i) & ((bits[1][i] < bound) | (bits[1][i] >= from_above)));
  });
  kept.move_to(block.services);

  may.set(n, [&](std::size_t i) { return (bits[2][i] < reconsider_end) & (activity_of[i] != Activity::child); });
  may.add([&](std::size_t i) { return enters_participation_band(static_cast<std::int16_t>(month - birth_of[i])); });
  may.for_each([&](std::size_t i) { kept.put(from + i, bits[2][i], here(i)); });
  kept.move_to(block.labour);

  may.set(n, [&](std::size_t i) { return (bits[3][i] < pay_end) & is_employed(activity_of[i]); });
  may.for_each([&](std::size_t i) { kept.put(from + i, bits[3][i], here(i)); });
  kept.move_to(block.employed);

  block.lapsing.clear();
  may.set(n, [&](std::size_t i) { return (has_of[i] & has_employment_service) != 0; });
  may.for_each([&](std::size_t i) {
    if (here(i) && bits[0][i] >= rules.lapse_from) block.lapsing.push_back(static_cast<std::uint32_t>(from + i));
  });
}

}  // namespace

void draw_lots(World& world, Setup const& setup) {
  auto const& persons = world.persons;
  auto const hazards = family_hazards(setup, world.stream.month);
  LotRules rules{world.stream, world.stream.month.index, service_cuts(world, setup.params), labour_cuts(setup.params), employed_cuts(setup.params).pay_end,
                 word(threshold_of(2.0 / 3))};  // an employment centre's register holds about three months
  for (std::size_t who = 0; who < rules.family_end.size(); ++who)
    for (std::size_t age = 0; age < rules.family_end[who].size(); ++age) rules.family_end[who][age] = hazards.ends[who][age].leaving;
  for (auto const& by_age : rules.family_end) rules.family_most = std::max(rules.family_most, *std::max_element(by_age.begin(), by_age.end()));
  for (auto const& by_activity : rules.services.bound)
    for (auto const& by_needs : by_activity) rules.bound_most = std::max(rules.bound_most, *std::max_element(by_needs.begin(), by_needs.end()));
  rules.from_above_least = *std::min_element(rules.services.from_above.begin(), rules.services.from_above.end());
  world.lots.blocks.resize((persons.size() + rows_per_block - 1) / rows_per_block);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) { draw_lots_of_block(persons, rules, from, to, world.lots); });
}

}  // namespace arraigo
