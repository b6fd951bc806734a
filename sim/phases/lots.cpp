/// Lots of the month (ODD 3.0). One block of draws per person, kept where something could follow from it.
/// Reads: age, traits, activity, places.  Writes: lots.  Draws: month_lots (person).
#include "phases/lots.hpp"

#include <algorithm>

#include "phases/phases.hpp"

namespace arraigo {
namespace {

constexpr std::uint64_t whole = 1ULL << 32;
constexpr std::uint32_t word(std::uint64_t end) { return static_cast<std::uint32_t>(std::min(end, whole - 1)); }

/// The lots of one block that are kept, on the stack until their number is known.
struct Kept {
  std::array<Lot, rows_per_block> lots;
  std::size_t n = 0;
  /// Written always and counted when kept: a branch would be mispredicted for every lot that is kept.
  void put(std::size_t row, std::uint32_t bits, bool kept) {
    lots[n] = {static_cast<std::uint32_t>(row), bits};
    n += kept ? 1 : 0;
  }
  void copy_to(std::vector<Lot>& list) const { list.assign(lots.begin(), lots.begin() + static_cast<std::ptrdiff_t>(n)); }
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

void draw_lots(World& world, Setup const& setup) {
  auto const& persons = world.persons;
  int const month = world.stream.month.index;
  auto const hazards = family_hazards(setup, world.stream.month);
  auto const services = service_cuts(world, setup.params);
  auto const labour = labour_cuts(setup.params);
  auto const employed = employed_cuts(setup.params);
  // An employment centre's register holds about three months.
  std::uint32_t const lapse_from = word(threshold_of(2.0 / 3));
  // The end of what can happen to a family member, and whether something is due anyway, by age in months.
  std::array<std::array<std::uint32_t, FamilyHazards::oldest + 1>, sex_count * origin_count> family_end{};
  for (std::size_t who = 0; who < family_end.size(); ++who)
    for (std::size_t age = 0; age < family_end[who].size(); ++age) family_end[who][age] = hazards.ends[who][age].leaving;
  world.lots.blocks.resize((persons.size() + rows_per_block - 1) / rows_per_block);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::array<std::uint32_t, rows_per_block>, 4> bits;
    draw_blocks(world.stream, Purpose::month_lots, std::span(persons.id).subspan(from, to - from), {bits[0].data(), bits[1].data(), bits[2].data(), bits[3].data()});
    Kept families, to_serve, labouring, working;
    std::array<std::uint32_t, rows_per_block> lapsing;
    std::size_t lapsing_n = 0;
    std::uint8_t const* const traits_of = persons.traits.data();
    std::uint16_t const* const has_of = persons.has.data();
    Activity const* const activity_of = persons.activity.data();
    std::int16_t const* const birth_of = persons.birth.data();
    for (std::size_t row = from; row != to; ++row) {
      std::size_t const i = row - from;
      unsigned const traits = traits_of[row], has = has_of[row];
      auto const activity = activity_of[row];
      auto const age_months = static_cast<unsigned>(month - birth_of[row]);
      bool const here = (traits & (Persons::gone_bit | Persons::inert_bit)) == 0;
      std::size_t const age = std::min<std::size_t>(age_months / 12U, FamilyHazards::oldest);
      bool const due = is_school_stage(static_cast<int>(age_months)) | ((activity == Activity::child) & (age_months >= adult_months));
      families.put(row, bits[0][i], here & ((bits[0][i] < family_end[traits & 7U][age]) | due));
      std::uint32_t const from_above = services.from_above[service_ends(has, traits)];
      std::uint32_t const bound = services.bound[service_age_class(static_cast<int>(age_months))][static_cast<std::size_t>(activity)][service_needs(static_cast<std::uint16_t>(has))];
      to_serve.put(row, bits[1][i], here & ((bits[1][i] < bound) | (bits[1][i] >= from_above)));
      labouring.put(row, bits[2][i], here & (activity != Activity::child) & (bits[2][i] < labour.reconsider_end));
      working.put(row, bits[3][i], here & is_employed(activity) & (bits[3][i] < employed.pay_end));
      lapsing[lapsing_n] = static_cast<std::uint32_t>(row);
      lapsing_n += (here & ((has & has_employment_service) != 0) & (bits[0][i] >= lapse_from)) ? 1 : 0;
    }
    // Copied at their length: the lists of all blocks together stay small.
    auto& block = world.lots.blocks[from / rows_per_block];
    families.copy_to(block.families);
    to_serve.copy_to(block.services);
    labouring.copy_to(block.labour);
    working.copy_to(block.employed);
    block.lapsing.assign(lapsing.begin(), lapsing.begin() + static_cast<std::ptrdiff_t>(lapsing_n));
  });
}

}  // namespace arraigo
