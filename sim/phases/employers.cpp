/// Firms and labour rights (ODD 7.0). Firms are inspected, accompanied towards formality and trained; firms made formal put
/// their staff on the books; own-account workers take tax numbers; workers who know their rights end abuse.
///   inspected, with probability e:  contracts: formal for good;  hours: abuse ends, none for a year or so;  quota: heeds it
///   accompanied:  log-odds of being formal + c, once per reach
///   P(abuse ends) = r (reach + (1 - reach) rights stock);  stock' = stock d + reach (1 - stock d)
/// Where no such measure is or was in force the phase looks at the rules and the firms' flags, and at nobody.
/// Reads: rules, staff, knowledge, entitlements.  Writes: formal and heed draws, distaste, knowledge, flags, contracts, pay,
/// tax numbers, rights stock, fines, units of measures.  Draws: inspection (firm), formalise (firm; person; person and firm), tax_number (person, for life),
/// reach (firm), exploitation (person).  Source: sizes are assumptions with ranges (parameters labour.*).
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

#include "core/row_mask.hpp"
#include "params/scenario_draft.hpp"
#include "phases/contracts.hpp"
#include "phases/phases.hpp"

namespace arraigo {
namespace {

/// Keys of what firms draw for under one purpose.
constexpr std::uint64_t trained_key = 0x747261696eULL, own_account_key = 0x6f776eULL, campaign_key = 0x63616d70ULL, document_key = 0x646f63ULL;

std::uint16_t cut16(double uniform) { return static_cast<std::uint16_t>(std::clamp(std::lround(65536 * uniform - 0.5), 0L, 65535L)); }

/// A measure in force that acts on firms: where, on which, and how often.
struct OnFirms {
  std::uint16_t row = 0;
  double rate = 0;
  std::uint32_t sizes = 15, sectors = ~0U;
  std::vector<std::uint8_t> here;  ///< by district of the run
};

/// The measures of a kind in force this month, with the field that says how often they act.
std::vector<OnFirms> acting_on_firms(World const& world, Setup const& setup, MeasureKind kind, char const* rate) {
  std::vector<OnFirms> list;
  for (auto const& m : setup.scenario.measures) {
    if (m.kind != kind || !in_force(m, world.stream.month) || m.field(rate).number <= 0) continue;
    OnFirms on;
    on.row = static_cast<std::uint16_t>(&m - setup.scenario.measures.data());
    on.rate = m.field(rate).number;
    on.here.assign(setup.area.size(), 0);
    for (auto d : places_of(m, setup)) on.here[d] = 1;
    for (auto const& field : row_of(kind).fields) {
      if (std::string_view(field.name) == "sizes") on.sizes = m.field("sizes").choices;
      if (std::string_view(field.name) != "sectors") continue;
      on.sectors = 0;
      auto const words = words_of(field.choices);
      for (std::size_t w = 0; w < words.size(); ++w)
        for (std::size_t k = 0; k < setup.country.sectors.size(); ++k)
          if (((m.field("sectors").choices >> w) & 1U) != 0 && setup.country.sectors[k].name == words[w]) on.sectors |= 1U << k;
    }
    list.push_back(std::move(on));
  }
  return list;
}

/// Firms of the run's scale: one with thinned staff stands for itself alone, the others for as many as people stand behind an agent.
double firm_weight(Employers const& employers, std::size_t e) { return 1.0 / employers.staff_per_agent[e]; }

/// Of the firms (or of what `amount` says of each) that a measure means, its rate: what it costs in units.
template <class Amount>
void charge_by_firm(World& world, std::vector<OnFirms> const& list, Amount const& amount) {
  auto const& employers = world.employers;
  for (auto const& m : list) {
    std::array<std::int64_t, 2> sum{};  // whole firms, and those with thinned staff, which share one scale
    std::int64_t thinned = 1;
    for_blocks(employers.size(), [&](std::size_t from, std::size_t to) {
      std::array<std::int64_t, 2> here{};
      std::int64_t scale = 1;
      for (std::size_t e = from; e != to; ++e) {
        if (m.here[employers.district[e]] == 0 || ((m.sizes >> static_cast<unsigned>(size_class_of(employers.workers[e]))) & 1U) == 0 || ((m.sectors >> employers.sector[e]) & 1U) == 0) continue;
        auto const per_agent = employers.staff_per_agent[e];
        here[per_agent > 1 ? 1 : 0] += amount(e);
        if (per_agent > 1) scale = per_agent;
      }
      for (std::size_t k = 0; k < here.size(); ++k)
        if (here[k] != 0) add_shared(sum[k], here[k]);
      if (scale > 1) std::atomic_ref<std::int64_t>(thinned).store(scale, std::memory_order_relaxed);
    });
    world.measure_units[m.row] += std::llround(1000 * m.rate * (static_cast<double>(sum[0]) + static_cast<double>(sum[1]) / static_cast<double>(thinned)));
  }
}

/// Inspections: a visit looks at all that is inspected there and is charged once, to the measures that act on the firm in
/// proportion to their rates.
void charge_inspections(World& world, Setup const& setup) {
  auto const list = acting_on_firms(world, setup, MeasureKind::inspection, "rate_share_per_month");
  if (list.empty()) return;
  auto const& employers = world.employers;
  auto const& rates = world.rules.inspection_rate;
  std::vector<std::array<double, size_class_count>> firms(setup.area.size());
  for (std::size_t e = 0; e < employers.size(); ++e) firms[employers.district[e]][static_cast<std::size_t>(size_class_of(employers.workers[e]))] += firm_weight(employers, e);
  std::vector<double> units(list.size(), 0.0);
  for (std::size_t d = 0; d < firms.size(); ++d)
    for (std::size_t k = 0; k < size_class_count; ++k) {
      auto const acts = [&](OnFirms const& m) { return m.here[d] != 0 && ((m.sizes >> k) & 1U) != 0; };
      double asked = 0;
      for (auto const& m : list) asked += acts(m) ? m.rate : 0;
      if (asked <= 0) continue;
      double const visits = firms[d][k] * std::max({rates[0][d][k], rates[1][d][k], rates[2][d][k]});
      for (std::size_t i = 0; i < list.size(); ++i)
        if (acts(list[i])) units[i] += visits * list[i].rate / asked;
    }
  for (std::size_t i = 0; i < list.size(); ++i) world.measure_units[list[i].row] += std::llround(1000 * units[i]);
}

/// The firm's kind under this month's overhead, as hires see it.
class FirmKinds {
 public:
  FirmKinds(World const& world, Parameters const& p) : world_(world), p_(p), usual_(p, world.rules) {}
  [[nodiscard]] bool formal(std::size_t e) const {
    return is_formal_firm(world_, p_, e, usual_(world_.employers.workers[e], overhead_change(world_, e)));
  }
  /// More staff off the books than formal firms usually have.
  [[nodiscard]] bool keeps_staff_off_books(std::size_t e) const {
    auto const& employers = world_.employers;
    return employers.off_books[e] > (1 - p_.labour_on_books_share_in_formal_firms) * (employers.on_books[e] + employers.off_books[e]) + 1e-9;
  }
  [[nodiscard]] bool could_be_formal(std::size_t e) const { return formal_firm_share(p_, usual_(world_.employers.workers[e])) * 65536 > 0; }

 private:
  World const& world_;
  Parameters const& p_;
  OnBooksShares usual_;
};

/// More foreigners on the books than the quota allows for the staff there.
bool beyond_the_quota(World const& world, std::size_t e) {
  auto const& employers = world.employers;
  auto const& rules = world.rules;
  if (employers.foreign_on_books[e] == 0 || ((rules.exempt_sizes >> static_cast<unsigned>(size_class_of(employers.workers[e]))) & 1U) != 0) return false;
  double const per_agent = employers.staff_per_agent[e], staff = employers.on_books[e] * per_agent;
  double const allowed = rules.counting == QuotaCounting::nearest ? std::floor(rules.head_share * staff + 0.5 + 1e-9) : std::floor(rules.head_share * staff + 1e-9);
  if (rules.head_share < 1 && (employers.foreign_on_books[e] - quota_rounding(world, e)) * per_agent > allowed + 1e-9) return true;
  return static_cast<double>(employers.foreign_payroll_cents[e]) > rules.payroll_share * static_cast<double>(employers.payroll_cents[e]) + 0.5;
}

/// What inspectors did in a firm this month.
enum Visit : std::uint8_t { visited = 1, hours_seen = 2, complies = 4, fault_found = 8, counted = 16 };

/// Makes the firm formal, with staff to put on the books if it has any off them.
void make_formal(World& world, std::size_t e, bool counts) {
  auto& employers = world.employers;
  employers.flags[e] |= Employers::made_formal_bit;
  if (counts) world.count(Flow::firms_formalised, employers.district[e]);
}

/// Visits: contracts and quota at once; hours are looked at person by person afterwards.
void inspect(World& world, Setup const& setup, FirmKinds const& kinds, std::vector<std::uint8_t>& visits) {
  auto& employers = world.employers;
  auto const& p = setup.params;
  auto const& rates = world.rules.inspection_rate;
  visits.assign(employers.size(), 0);
  for_blocks(employers.size(), [&](std::size_t from, std::size_t to) {
    DrawBatch<rows_per_block> lots;
    for (std::size_t e = from; e != to; ++e) lots.add(employers.id[e], static_cast<std::uint32_t>(e));
    lots.draw(world.stream, Purpose::inspection);
    for (std::size_t e = from; e != to; ++e) {
      auto const d = employers.district[e];
      auto const size = static_cast<std::size_t>(size_class_of(employers.workers[e]));
      std::array<double, 3> const rate{rates[0][d][size], rates[1][d][size], rates[2][d][size]};
      // One visit looks at all that is inspected there: the draw is the same for contracts, hours and quota.
      std::array<std::uint32_t, 3> const draws{lots.word(0, e - from), lots.word(1, e - from), lots.word(2, e - from)};
      if (draws[0] >= threshold_of(std::max({rate[0], rate[1], rate[2]}))) continue;
      auto visit = static_cast<std::uint8_t>(visited);
      if (draws[1] < threshold_of(p.labour_inspection_effect)) visit |= complies;
      if (draws[2] < threshold_of(firm_weight(employers, e))) visit |= counted;
      if ((visit & counted) != 0) world.count(Flow::firms_inspected, d);
      if (draws[0] < threshold_of(rate[0]) && kinds.keeps_staff_off_books(e)) {
        visit |= fault_found;
        if ((visit & complies) != 0 && kinds.could_be_formal(e)) {
          if (!kinds.formal(e)) make_formal(world, e, (visit & counted) != 0);
          employers.formal_draw[e] = 0;
          employers.flags[e] |= Employers::converting_bit;
        }
      }
      if (draws[0] < threshold_of(rate[1])) {
        visit |= hours_seen;
        if ((visit & complies) != 0) employers.flags[e] |= Employers::inspected_bit;
      }
      if (draws[0] < threshold_of(rate[2])) {
        if (beyond_the_quota(world, e)) visit |= fault_found;
        if ((visit & complies) != 0) employers.heed_draw[e] = 0;
      }
      visits[e] = visit;
    }
  });
}

/// Firms accompanied towards formality: nothing for those that are formal already.
void accompany(World& world, Setup const& setup, FirmKinds const& kinds) {
  auto& employers = world.employers;
  double const gain = setup.params.labour_formalisation_effect_logits;
  for_blocks(employers.size(), [&](std::size_t from, std::size_t to) {
    DrawBatch<rows_per_block> lots;
    for (std::size_t e = from; e != to; ++e) lots.add(employers.id[e], static_cast<std::uint32_t>(e));
    lots.draw(world.stream, Purpose::formalise);
    for (std::size_t e = from; e != to; ++e) {
      double const reach = world.rules.formalisation_reach[employers.district[e]][static_cast<std::size_t>(size_class_of(employers.workers[e]))][employers.sector[e]];
      std::array<std::uint32_t, 2> const draws{lots.word(0, e - from), lots.word(1, e - from)};
      if (draws[0] >= threshold_of(reach) || kinds.formal(e)) continue;
      employers.formal_draw[e] = cut16(logistic(logit((employers.formal_draw[e] + 0.5) / 65536) - gain));
      if (!kinds.formal(e)) continue;
      make_formal(world, e, draws[1] < threshold_of(firm_weight(employers, e)));
      if (employers.off_books[e] > 0) employers.flags[e] |= Employers::converting_bit;
    }
  });
}

/// Training in fair recruitment: less of what distaste there is, and documents as by a guide.
void train_recruiters(World& world, Setup const& setup) {
  auto& employers = world.employers;
  auto const& p = setup.params;
  for_blocks(employers.size(), [&](std::size_t from, std::size_t to) {
    DrawBatch<rows_per_block> lots;
    auto const reach_at = [&](std::size_t e) { return static_cast<double>(world.rules.fair_recruitment_reach[employers.district[e]]); };
    for (std::size_t e = from; e != to; ++e) lots.add(mix(employers.id[e], trained_key), static_cast<std::uint32_t>(e), reach_at(e) > 0);
    lots.draw(world.stream, Purpose::reach);
    for (std::size_t i = 0; i < lots.size(); ++i) {
      std::size_t const e = lots.tag(i);
      if (lots.word(0, i) >= threshold_of(reach_at(e))) continue;
      if (employers.distaste[e] > 0) employers.distaste[e] *= static_cast<float>(1 - p.labour_fair_recruitment_effect);
      for (auto& level : employers.knowledge[e]) {
        double const k = level / 65535.0;
        level = static_cast<std::uint16_t>(std::min(65535.0, 65535 * (k + p.employers_guide_effect * (1 - k)) + 0.5));
      }
    }
  });
}

/// Own-account workers who take a tax number because they are accompanied or know what it gives.
void formalise_own_account(World& world, Setup const& setup, std::vector<OnFirms> const& support) {
  auto& persons = world.persons;
  auto const& p = setup.params;
  auto const& rules = world.rules;
  double const more = (p.labour_formality_campaign_effect - 1) * p.labour_own_account_formalise_prob_per_month;
  std::vector<std::int64_t> met(support.size(), 0);
  std::vector<std::uint8_t> telling;  // campaigns about formality
  for (std::size_t k = 0; k < rules.campaigns.size(); ++k)
    if ((rules.campaign_contents[k] & about_formality) != 0) telling.push_back(static_cast<std::uint8_t>(k));
  auto const untold = [&](std::size_t row, std::size_t d) {
    double missed = 1;
    for (auto const k : telling) {
      auto const& campaign = rules.campaigns[k];
      auto const& priority = campaign.priority;
      missed *= 1 - priority.of(priority.groups != 0 && world.in_groups(row, priority.groups), static_cast<double>(campaign.share[d]));
    }
    return missed;
  };
  auto const often = threshold_of(p.labour_formalisation_own_account_prob), campaign_often = threshold_of(more);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    std::vector<std::int64_t> here(support.size(), 0);
    DrawBatch<rows_per_block> accompanied, told;
    RowMask may;
    auto const* const activity = persons.activity.data() + from;
    may.set(to - from, [&](std::size_t i) { return activity[i] == Activity::own_account; });
    may.for_each([&](std::size_t place) {
      std::size_t const row = from + place;
      if (persons.gone(row) || persons.inert(row) || !world.has_right_to_tax_number(row)) return;
      auto const d = world.district_of(row);
      auto const sector = persons.own_account_sector(row);
      for (std::size_t k = 0; k < support.size(); ++k)
        if (support[k].here[d] != 0 && (support[k].sizes & 1U) != 0 && ((support[k].sectors >> sector) & 1U) != 0) ++here[k];
      auto const i = static_cast<std::uint32_t>(row - from);
      accompanied.add(mix(persons.id[row], own_account_key), i, rules.formalisation_reach[d][static_cast<std::size_t>(SizeClass::micro)][sector] > 0);
      if (!telling.empty()) told.add(mix(persons.id[row], campaign_key), i);
    });
    accompanied.draw(world.stream, Purpose::formalise);
    told.draw(world.stream, Purpose::formalise);
    auto const take = [&](std::size_t row) {
      if (persons.activity[row] != Activity::own_account) return;
      persons.activity[row] = Activity::own_account_formal;
      world.note(static_cast<std::uint32_t>(row), Event::formalised_own_account);
    };
    for (std::size_t i = 0; i < accompanied.size(); ++i) {
      if (accompanied.word(1, i) >= often) continue;
      std::size_t const row = from + accompanied.tag(i);
      if (accompanied.word(0, i) < threshold_of(rules.formalisation_reach[world.district_of(row)][static_cast<std::size_t>(SizeClass::micro)][persons.own_account_sector(row)])) take(row);
    }
    for (std::size_t i = 0; i < told.size(); ++i) {
      if (told.word(1, i) >= campaign_often) continue;
      std::size_t const row = from + told.tag(i);
      if (told.word(0, i) < threshold_of(1 - untold(row, world.district_of(row)))) take(row);
    }
    for (std::size_t k = 0; k < here.size(); ++k)
      if (here[k] != 0) add_shared(met[k], here[k]);
  });
  for (std::size_t k = 0; k < met.size(); ++k) world.measure_units[support[k].row] += std::llround(1000 * support[k].rate * static_cast<double>(met[k]));
}

/// A promotion of labour rights: by a measure of its own, whose units are counted, or by a campaign.
struct Promotion {
  Reach const* reach;
  double effect;
  bool counts;
};

/// Rights become known, and abuse ends: where rights are known, and where inspectors saw to it. Whose abuse an inspector finds
/// is a fault of the firm.
void end_abuses(World& world, Setup const& setup, std::vector<std::uint8_t>& visits) {
  auto& persons = world.persons;
  auto const& p = setup.params;
  std::vector<Promotion> promotions;
  for (auto const& reach : world.rules.rights) promotions.push_back({&reach, 1, true});
  for (std::size_t k = 0; k < world.rules.campaigns.size(); ++k)
    if ((world.rules.campaign_contents[k] & about_rights) != 0) promotions.push_back({&world.rules.campaigns[k], p.news_campaign_effect, false});
  auto& districts = world.districts;
  bool const known = std::any_of(districts.begin(), districts.end(), [](auto const& d) { return d.rights_stock > 0; });
  bool const inspected = !visits.empty();
  if (promotions.empty() && !known && !inspected) return;

  double const kept = std::pow(0.5, 1 / p.labour_rights_half_life_months);
  std::size_t const n = districts.size(), groups = promotions.size();
  std::vector<std::int32_t> members(groups * n, 0), workers(n, 0);
  auto const chance = [&](Promotion const& promotion, std::size_t d, bool member) { return promotion.effect * promotion.reach->priority.of(member, static_cast<double>(promotion.reach->share[d])); };
  std::uint32_t favoured = 0;  // the groups that any promotion favours: who is in none of them need not be asked one by one
  for (auto const& promotion : promotions) favoured |= promotion.reach->priority.groups;
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    // Rows lie district by district: what is counted is handed over where the district changes.
    std::vector<std::int32_t> of_groups(groups, 0);
    std::int32_t employees = 0;
    std::size_t place = no_row;
    auto const hand_over = [&] {
      if (employees > 0) add_shared(workers[place], std::exchange(employees, 0));
      for (std::size_t k = 0; k < groups; ++k)
        if (of_groups[k] > 0) add_shared(members[k * n + place], std::exchange(of_groups[k], 0));
    };
    DrawBatch<rows_per_block> abused;
    RowMask employed;
    auto const* const activity = persons.activity.data() + from;
    auto const* const traits = persons.traits.data() + from;
    auto const* const has = persons.has.data() + from;
    employed.set(to - from, [&](std::size_t i) { return is_employee(activity[i]) & ((traits[i] & Persons::gone_bit) == 0); });
    employed.for_each([&](std::size_t i) {
      std::size_t const row = from + i;
      abused.add(persons.id[row], static_cast<std::uint32_t>(row), (has[i] & is_exploited) != 0);
      if (groups == 0) return;
      auto const d = world.district_of(row);
      if (d != place) {
        hand_over();
        place = d;
      }
      ++employees;
      if (favoured == 0 || !world.in_groups(row, favoured)) return;
      for (std::size_t k = 0; k < groups; ++k) of_groups[k] += world.in_groups(row, promotions[k].reach->priority.groups) ? 1 : 0;
    });
    hand_over();
    abused.draw(world.stream, Purpose::exploitation);
    for (std::size_t i = 0; i < abused.size(); ++i) {
      auto const row = abused.tag(i);
      auto const d = world.district_of(row);
      bool ends = false;
      if (inspected)
        // Another thread may find a fault at the same employer.
        if (std::atomic_ref<std::uint8_t> visit(visits[persons.employer[row]]); (visit.load(std::memory_order_relaxed) & hours_seen) != 0)
          ends = (visit.fetch_or(fault_found, std::memory_order_relaxed) & complies) != 0;
      double missed = 1;
      for (auto const& promotion : promotions) missed *= 1 - chance(promotion, d, world.in_groups(row, promotion.reach->priority.groups));
      double const claims = 1 - missed * (1 - kept * districts[d].rights_stock);
      if (ends || abused.word(0, i) < threshold_of(p.labour_rights_effect_per_month * claims)) end_abuse(world, p, row);
    }
  });
  for (std::size_t d = 0; d < n; ++d) {
    double missed = 1;
    for (std::size_t k = 0; k < groups; ++k) {
      double const in = members[k * n + d], out = workers[d] - members[k * n + d];
      double const people = in * chance(promotions[k], d, true) + out * chance(promotions[k], d, false);
      if (promotions[k].counts) world.measure_units[promotions[k].reach->measure] += std::llround(1000 * people);
      if (workers[d] > 0) missed *= 1 - people / workers[d];
    }
    double const stock = 1 - missed * (1 - kept * districts[d].rights_stock);
    districts[d].rights_stock = stock < 1e-4 ? 0 : stock;  // forgotten: nobody need be looked at for it any more
  }
}

struct Candidate {
  std::uint32_t employer;
  bool counted;
  std::uint64_t id;
  std::uint32_t person;
};

/// Firms made formal put their staff on the books: those whom the quota does not count first, within the rules of a hire.
void put_staff_on_books(World& world, Setup const& setup, FirmKinds const& kinds) {
  auto& persons = world.persons;
  auto& employers = world.employers;
  auto const& p = setup.params;
  std::vector<std::vector<Candidate>> parts((persons.size() + rows_per_block - 1) / rows_per_block);
  auto const convert = threshold_of(p.labour_conversion_prob_per_month);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    DrawBatch<rows_per_block> staff;
    RowMask may;
    auto const* const activity = persons.activity.data() + from;
    may.set(to - from, [&](std::size_t i) { return is_employee(activity[i]) & (activity[i] != Activity::payroll); });
    may.for_each([&](std::size_t i) {
      auto const row = static_cast<std::uint32_t>(from + i);
      auto const e = persons.employer[row];
      if (e == no_row || (employers.flags[e] & Employers::converting_bit) == 0 || persons.gone(row)) return;
      staff.add(mix(persons.id[row], employers.id[e]), row);
    });
    staff.draw(world.stream, Purpose::formalise);
    for (std::size_t i = 0; i < staff.size(); ++i)
      if (auto const row = staff.tag(i); staff.word(0, i) < convert) parts[from / rows_per_block].push_back({persons.employer[row], counts_under_quota(persons, row), persons.id[row], row});
  });
  std::vector<Candidate> all;
  for (auto const& part : parts) all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end(), [](Candidate const& a, Candidate const& b) { return std::tie(a.employer, a.counted, a.id) < std::tie(b.employer, b.counted, b.id); });
  auto const floor_cents = static_cast<std::uint32_t>(std::lround(100 * world.rules.minimum_wage_soles));
  for (auto const& c : all) {
    auto const [e, counted, id, row] = c;
    if (!kinds.keeps_staff_off_books(e)) continue;
    std::uint32_t agreed = persons.wage_cents[row];
    if ((persons.has[row] & is_exploited) != 0) agreed = static_cast<std::uint32_t>(std::lround(agreed / (1 - p.labour_underpayment_share)));
    auto const wage = std::max(agreed, floor_cents);
    if (persons.migrant[row] != no_row) {
      // What a firm thinks of the papers of somebody it knows does not change with every month's luck.
      double const doubt = uniform_of(draw_block(for_life(world.stream), Purpose::formalise, mix(persons.id[row], employers.id[e], document_key))[0]);
      if (!world.has_right_to_contract(row) || doubt >= document_trust(world, e, row)) continue;
      if (counted && heeds_quota(world, e) &&
          !quota_has_room(world.rules, size_class_of(employers.workers[e]), employers.staff_per_agent[e], quota_rounding(world, e), employers.on_books[e], employers.foreign_on_books[e], employers.payroll_cents[e],
                          employers.foreign_payroll_cents[e], wage))
        continue;
      if (worth_of_job(world, p, row, Activity::payroll, wage) < persons.wage_cents[row]) continue;
    }
    enter_job(world, row, e, Activity::payroll, wage);
    world.count(Flow::contracts_regularised, employers.district[e]);
    world.note(row, Event::contract_regularised, e, wage);
  }
  for (std::size_t e = 0; e < employers.size(); ++e)
    if ((employers.flags[e] & Employers::converting_bit) != 0 && !kinds.keeps_staff_off_books(e)) employers.flags[e] &= static_cast<std::uint8_t>(~Employers::converting_bit);
}

}  // namespace

void oversee_firms(World& world, Setup const& setup) {
  auto& employers = world.employers;
  auto const& p = setup.params;
  auto const any = [](auto const& by_district) {
    return std::any_of(by_district.begin(), by_district.end(), [](auto const& sizes) { return std::any_of(sizes.begin(), sizes.end(), [](auto x) { return x > 0; }); });
  };
  FirmKinds const kinds(world, p);
  auto const support = acting_on_firms(world, setup, MeasureKind::formalisation, "reach_share_per_month");
  // Firms that are formal are not accompanied, so that the firms are counted before any is made so.
  charge_by_firm(world, support, [&](std::size_t e) { return kinds.formal(e) ? 0 : 1; });
  charge_inspections(world, setup);

  std::uint8_t flags = 0;
  for (auto const f : employers.flags) flags |= f;
  if ((flags & Employers::inspected_bit) != 0)  // a visit is remembered for twelve months on average
    for_blocks(employers.size(), [&](std::size_t from, std::size_t to) {
      DrawBatch<rows_per_block> lots;
      for (std::size_t e = from; e != to; ++e) lots.add(employers.id[e], static_cast<std::uint32_t>(e), (employers.flags[e] & Employers::inspected_bit) != 0);
      lots.draw(world.stream, Purpose::inspection);
      for (std::size_t i = 0; i < lots.size(); ++i)
        if (lots.word(3, i) < threshold_of(1.0 / 12)) employers.flags[lots.tag(i)] &= static_cast<std::uint8_t>(~Employers::inspected_bit);
    });
  std::vector<std::uint8_t> visits;
  if (any(world.rules.inspection_rate[0]) || any(world.rules.inspection_rate[1]) || any(world.rules.inspection_rate[2])) inspect(world, setup, kinds, visits);
  bool const accompanied = std::any_of(world.rules.formalisation_reach.begin(), world.rules.formalisation_reach.end(), any);
  if (accompanied) accompany(world, setup, kinds);
  if (std::any_of(world.rules.fair_recruitment_reach.begin(), world.rules.fair_recruitment_reach.end(), [](double x) { return x > 0; })) train_recruiters(world, setup);
  if (accompanied || std::any_of(world.rules.campaign_contents.begin(), world.rules.campaign_contents.end(), [](auto contents) { return (contents & about_formality) != 0; }))
    formalise_own_account(world, setup, support);
  end_abuses(world, setup, visits);

  std::int64_t fines = 0;
  for (std::size_t e = 0; e < visits.size(); ++e)
    if ((visits[e] & fault_found) != 0) fines += std::llround(100 * p.labour_inspection_fine_soles * firm_weight(employers, e));
  world.accounts[static_cast<std::size_t>(Line::labour_fines)] += fines;

  flags = 0;
  for (auto const f : employers.flags) flags |= f;
  if ((flags & Employers::converting_bit) != 0) put_staff_on_books(world, setup, kinds);
}

}  // namespace arraigo
