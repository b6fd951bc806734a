/// Lots of the month (ODD 3.0). One block of draws per person, kept where something could follow from it.
/// Reads: age, traits, activity, places.  Writes: lots.  Draws: month_lots (person).
#include "phases/lots.hpp"

#include <algorithm>

#include "phases/phases.hpp"

namespace arraigo {
namespace {

constexpr std::uint64_t whole = 1ULL << 32;
constexpr std::uint32_t word(std::uint64_t end) { return static_cast<std::uint32_t>(std::min(end, whole - 1)); }

/// A list that is written at its end without asking for room each time.
class Appender {
 public:
  Appender(std::vector<Lot>& list, std::size_t most) : list_(list) {
    list_.resize(most);
    next_ = list_.data();
  }
  void put(std::size_t row, std::uint32_t bits, bool kept) {
    *next_ = {static_cast<std::uint32_t>(row), bits};
    next_ += kept ? 1 : 0;
  }
  ~Appender() { list_.resize(static_cast<std::size_t>(next_ - list_.data())); }

 private:
  std::vector<Lot>& list_;
  Lot* next_;
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
  auto const services = service_cuts(setup.params);
  auto const labour = labour_cuts(setup.params);
  auto const employed = employed_cuts(setup.params);
  // An employment centre's register holds about three months.
  std::uint32_t const lapse_from = word(threshold_of(2.0 / 3));
  world.lots.blocks.resize((persons.size() + rows_per_block - 1) / rows_per_block);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    std::array<std::array<std::uint32_t, rows_per_block>, 4> bits;
    draw_blocks(world.stream, Purpose::month_lots, std::span(persons.id).subspan(from, to - from), {bits[0].data(), bits[1].data(), bits[2].data(), bits[3].data()});
    auto& block = world.lots.blocks[from / rows_per_block];
    static thread_local Lots::Block scratch;
    scratch.lapsing.clear();
    {
      Appender to_families(scratch.families, rows_per_block + 1), to_services(scratch.services, rows_per_block + 1), to_labour(scratch.labour, rows_per_block + 1),
          to_employed(scratch.employed, rows_per_block + 1);
      for (std::size_t row = from; row != to; ++row) {
        std::size_t const i = row - from;
        auto const traits = persons.traits[row];
        auto const has = persons.has[row];
        auto const activity = persons.activity[row];
        int const age_months = month - persons.birth[row];
        bool const here = (traits & (Persons::gone_bit | Persons::inert_bit)) == 0;
        std::size_t const age = std::min<std::size_t>(static_cast<unsigned>(age_months) / 12U, FamilyHazards::oldest);
        to_families.put(row, bits[0][i],
                        here && (bits[0][i] < hazards.ends[traits & 7U][age].leaving || is_school_stage(age_months) || (activity == Activity::child && age_months >= adult_months)));
        to_services.put(row, bits[1][i],
                        here && (bits[1][i] < services.bound[service_age_class(age_months)][static_cast<std::size_t>(activity)][service_needs(has)] || bits[1][i] >= services.need_from ||
                                 ((has & has_public_insurance) != 0 && bits[1][i] >= services.lapse_from)));
        to_labour.put(row, bits[2][i], here && activity != Activity::child && bits[2][i] < labour.reconsider_end);
        to_employed.put(row, bits[3][i], here && is_employed(activity) && bits[3][i] < employed.pay_end);
        if (here && (has & has_employment_service) != 0 && bits[0][i] >= lapse_from) scratch.lapsing.push_back(static_cast<std::uint32_t>(row));
      }
    }
    // Copied at their length: the lists of all blocks together stay small.
    block.families.assign(scratch.families.begin(), scratch.families.end());
    block.services.assign(scratch.services.begin(), scratch.services.end());
    block.labour.assign(scratch.labour.begin(), scratch.labour.end());
    block.employed.assign(scratch.employed.begin(), scratch.employed.end());
    block.lapsing.assign(scratch.lapsing.begin(), scratch.lapsing.end());
  });
}

}  // namespace arraigo
