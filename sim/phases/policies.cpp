/// Policies (ODD 1). The scenario's dated measures, over the country's dated rules, set this month's rules, capacities, access,
/// and what measures that reach a share of people or run by the month will cost; a municipality's budget caps those that it pays.
/// Reads: scenario measures, rules, entitlements, people by district.  Writes: rules with costs, points' capacity, access,
/// programme carries.  Draws: none.
#include <algorithm>
#include <bit>
#include <limits>
#include <span>
#include <utility>

#include "core/input_errors.hpp"
#include "phases/phases.hpp"
#include "world/cost_rows.hpp"

namespace arraigo {

bool in_force(Measure const& measure, Month month) { return measure.from <= month && (!measure.to || month <= *measure.to); }

std::vector<std::uint16_t> const& places_of(Measure const& measure, Setup const& setup) {
  auto const at = &measure - setup.scenario.measures.data();
  if (at < 0 || at >= std::ssize(setup.places)) throw BugError("places were asked for of a measure that is not of the scenario: " + measure.id);
  return setup.places[static_cast<std::size_t>(at)];
}

Payer payer_named(std::string_view name) {
  for (std::size_t k = 0; k < payer_count; ++k)
    if (payer_names[k].name == name) return static_cast<Payer>(k);
  return Payer::state;
}

namespace {

/// Calls f(district of the run) for each place that the measure names, or for all.
template <class F>
void for_places(Measure const& measure, Setup const& setup, F&& f) {
  if (measure.where.empty()) {
    for (std::size_t d = 0; d < setup.area.size(); ++d) f(d);
    return;
  }
  for (auto const d : places_of(measure, setup)) f(std::size_t{d});
}

/// What holds for a measure's cost where its file is silent: the row of costs.csv. What a kind
/// without a row does costs nothing by itself (a rule), or is paid by those served.
struct CostOfKind {
  MeasureKind kind;
  CostRowName cost;
};
constexpr std::array costs_of_kinds{
    CostOfKind{MeasureKind::programme, "permit_case"},
    CostOfKind{MeasureKind::service_points, "service_point_opening"},
    CostOfKind{MeasureKind::information_campaign, "information_campaign_person_reached"},
    CostOfKind{MeasureKind::cohesion_campaign, "campaign_person_reached"},
    CostOfKind{MeasureKind::host_support, "host_support_household"},
    CostOfKind{MeasureKind::employer_guide, "employer_guide_firm"},
    CostOfKind{MeasureKind::hiring_subsidy, "hiring_subsidy_admin"},
    CostOfKind{MeasureKind::job_fair, "job_fair_vacancy"},
    CostOfKind{MeasureKind::mobile_unit, "mobile_unit_month"},
    CostOfKind{MeasureKind::outreach, "outreach_person_reached"},
    CostOfKind{MeasureKind::referral, "referral"},
    CostOfKind{MeasureKind::officials_training, "official_trained"},
    CostOfKind{MeasureKind::service_quality, "service_quality_district_month"},
    CostOfKind{MeasureKind::municipal_capability, "municipal_support_district_month"},
    CostOfKind{MeasureKind::document_verification, "document_verification_month"},
    CostOfKind{MeasureKind::case_processing, "case_processing_month"},
    CostOfKind{MeasureKind::migration_enforcement, "migration_check"},
    CostOfKind{MeasureKind::cash_support, "cash_support_admin"},
    CostOfKind{MeasureKind::savings_groups, "savings_group_member"},
    CostOfKind{MeasureKind::formalisation, "formalisation_firm"},
    CostOfKind{MeasureKind::inspection, "inspection"},
    CostOfKind{MeasureKind::labour_rights, "labour_rights_worker_reached"},
    CostOfKind{MeasureKind::fair_recruitment, "fair_recruitment_firm"},
    CostOfKind{MeasureKind::job_matching, "job_matching_seeker"},
    CostOfKind{MeasureKind::shared_spaces, "shared_space_person"},
    CostOfKind{MeasureKind::school_cohesion, "school_cohesion_resident"},
    CostOfKind{MeasureKind::media_training, "media_training_month"},
    CostOfKind{MeasureKind::civil_society, "civil_society_person_reached"},
};

/// Lines of measures that are rules, for those to whom a scenario gives a cost all the same.
Line line_of_rule(MeasureKind kind) { return kind == MeasureKind::service_capacity ? Line::new_points : Line::officials; }

void set_costs(World& world, Setup const& setup) {
  auto& costs = world.rules.costs;
  costs.clear();
  for (auto const& m : setup.scenario.measures) {
    MeasureCost cost;
    cost.line = line_of_rule(m.kind);
    for (auto const& known : costs_of_kinds) {
      if (known.kind != m.kind) continue;
      auto usual = known.cost;
      if (m.kind == MeasureKind::service_points && static_cast<Service>(std::countr_zero(m.field("service").choices)) == Service::migration_office) usual = "migracentro_opening";
      cost.unit_soles = setup.country.unit_cost(usual.row);
      cost.payer = payer_named(setup.country.costs.at(usual.row).payer);
      cost.line = usual.line;
    }
    if (auto const& f = m.field("unit_cost_soles"); f.set) cost.unit_soles = setup.real(f.number, m.from);
    if (auto const& f = m.field("payer"); f.set) cost.payer = static_cast<Payer>(std::countr_zero(f.choices));
    costs.push_back(cost);
  }
  world.measure_units.assign(costs.size(), 0);
}

Priority priority_of(Measure const& m) { return {m.field("priority").choices, m.field("reserved_share").number}; }

/// People who belong to the groups, by district of the run.
std::vector<std::int64_t> members_of(World const& world, std::uint32_t groups) {
  std::vector<std::int64_t> members(world.districts.size(), 0);
  auto const& persons = world.persons;
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    std::size_t here = 0;
    std::int64_t n = 0;
    for (std::size_t row = from; row != to; ++row) {
      if (persons.gone(row) || persons.inert(row) || !world.in_groups(row, groups)) continue;
      std::size_t const d = world.district_of(row);
      if (d != here) {
        if (n != 0) add_shared(members[here], n);
        n = 0;
        here = d;
      }
      ++n;
    }
    if (n != 0) add_shared(members[here], n);
  });
  return members;
}

/// Firms by district, in agents: one kept with thinned staff stands for itself alone.
std::vector<double> firms_by_district(World const& world) {
  std::vector<std::int64_t> sampled(world.districts.size(), 0), kept(world.districts.size(), 0);
  auto const& employers = world.employers;
  for (std::size_t e = 0; e < employers.size(); ++e) ++(employers.staff_per_agent[e] > 1 ? kept : sampled)[employers.district[e]];
  std::vector<double> firms(sampled.size());
  for (std::size_t d = 0; d < firms.size(); ++d) firms[d] = static_cast<double>(sampled[d]) + static_cast<double>(kept[d]) / world.people_per_agent;
  return firms;
}

/// What a measure that reaches a share of each district a month would do there at a share of 1, in the unit of its cost and
/// agents; empty for kinds that count what they do as they act, or that run by the month.
std::vector<double> units_at_full_reach(World const& world, Setup const& setup, Measure const& m) {
  std::size_t const n = world.districts.size();
  auto const& districts = world.districts;
  std::vector<double> units(n, 0.0);
  switch (m.kind) {
    case MeasureKind::cohesion_campaign:
    case MeasureKind::shared_spaces:
    case MeasureKind::school_cohesion:
      for (std::size_t d = 0; d < n; ++d) units[d] = districts[d].persons;
      break;
    case MeasureKind::information_campaign: {
      auto const priority = priority_of(m);
      auto const members = priority.groups != 0 ? members_of(world, priority.groups) : std::vector<std::int64_t>(n, 0);
      for (std::size_t d = 0; d < n; ++d) {
        auto const inside = static_cast<double>(members[d]);
        units[d] = priority.of(true, inside) + priority.of(false, std::max(0.0, districts[d].persons - inside));
      }
      break;
    }
    case MeasureKind::civil_society:
      for (std::size_t d = 0; d < n; ++d) units[d] = districts[d].migrants;
      break;
    case MeasureKind::host_support:
      for (std::size_t d = 0; d < n; ++d) units[d] = (districts[d].persons - districts[d].migrants) / setup.pools.host.mean_size();
      break;
    case MeasureKind::employer_guide:
    case MeasureKind::fair_recruitment: units = firms_by_district(world); break;
    case MeasureKind::officials_training: {
      // Officials are spread evenly over the services.
      double const part = static_cast<double>(std::popcount(m.field("services").choices)) / service_count;
      for (std::size_t d = 0; d < n; ++d) units[d] = districts[d].persons * setup.params.services_officials_per_100k / 1e5 * part;
      break;
    }
    case MeasureKind::media_training: {
      // A month of all newsrooms of the country, by the part of its people who live here.
      double people = 0;
      for (auto const& district : districts) people += district.persons;
      for (std::size_t d = 0; d < n; ++d) units[d] = people > 0 ? districts[d].persons / people * world.area_share_of_population / world.people_per_agent : 0;
      break;
    }
    default: units.clear(); break;
  }
  return units;
}

/// What a measure that runs by the month, or is set up once, does this month, in the unit of its cost and agents.
double units_of_running(World const& world, Setup const& setup, Measure const& m, std::uint16_t row) {
  Month const month = world.stream.month;
  auto const places = [&] { return static_cast<double>(places_of(m, setup).size()); };
  double units = 0;
  switch (m.kind) {
    case MeasureKind::service_points:
      if (m.from == month && m.field("capacity_per_month").number > 0) units = m.field("points").number * places();
      break;
    case MeasureKind::mobile_unit:  // while it stands outside the area, others bear it
      for (auto const& part : world.point_parts)
        if (part.measure == row && part.opened <= month.index && month.index < part.closed) units += 1;
      break;
    case MeasureKind::municipal_capability: units = m.field("factor").number > 1 ? places() : 0; break;
    case MeasureKind::service_quality: units = std::max(0.0, m.field("factor").number - 1) / 0.1 * places(); break;  // per tenth added
    case MeasureKind::document_verification:
      if (m.field("use_share").number > 0) {
        double inside = 0, all = 0;
        auto const people = [&](std::size_t of) { return setup.hosts[of] + setup.venezuelans[of] + setup.other_foreign[of]; };
        for (std::size_t of = 0; of < setup.hosts.size(); ++of) all += people(of);
        // The register is one: where a measure before it in the file runs it, another opens it to more users.
        std::vector<std::uint8_t> runs(setup.area.size(), 0);
        for (auto const& before : std::span(setup.scenario.measures).first(row))
          if (before.kind == m.kind && in_force(before, month) && before.field("use_share").number > 0)
            for_places(before, setup, [&](std::size_t d) { runs[d] = 1; });
        for_places(m, setup, [&](std::size_t d) { inside += runs[d] != 0 ? 0 : people(setup.area[d]); });
        units = all > 0 ? inside / all : 0;
      }
      break;
    case MeasureKind::case_processing: units = m.field("capacity_factor").number > 1 || m.field("months_less").number > 0 ? world.area_share_of_migrants : 0; break;
    case MeasureKind::job_fair: units = m.field("vacancies_per_month").number * (m.where.empty() ? world.area_share_of_population : setup.places_inside[static_cast<std::size_t>(&m - setup.scenario.measures.data())]); break;
    // Rules cost nothing by themselves. A sum that the scenario names is that of the places named, or the area's part of a
    // country-wide one.
    case MeasureKind::quota:
    case MeasureKind::service_capacity:
    case MeasureKind::accepted_documents:
    case MeasureKind::fine_amnesty:
    case MeasureKind::validity_extension:
    case MeasureKind::hostile_narrative:
    case MeasureKind::minimum_wage:
    case MeasureKind::arrivals:
    case MeasureKind::labour_demand:
    case MeasureKind::officials_turnover:
    case MeasureKind::transfer_programme:
    case MeasureKind::registry_rule:
    case MeasureKind::occupation_rule:
    case MeasureKind::recognition_rule:
    case MeasureKind::newcomer_tax: units = m.where.empty() ? world.area_share_of_population : places() > 0 ? 1 : 0; break;
    default: break;
  }
  return units / world.people_per_agent;
}

/// Writes what the month's measures will do as far as it is known beforehand, and returns by district which part of their reach
/// the measures that the municipality pays can afford: 1 without a budget or within it.
std::vector<double> plan_costs(World& world, Setup const& setup) {
  std::size_t const n = world.districts.size();
  auto const& measures = setup.scenario.measures;
  constexpr double no_budget = 1e300;
  std::vector<double> budget(n, no_budget), planned(n, 0.0), afforded(n, 1.0);
  std::vector<std::vector<double>> reached(measures.size());
  for (std::size_t i = 0; i < measures.size(); ++i) {
    auto const& m = measures[i];
    if (!in_force(m, world.stream.month)) continue;
    auto& cost = world.rules.costs[i];
    cost.planned_units = units_of_running(world, setup, m, static_cast<std::uint16_t>(i));
    if (m.kind == MeasureKind::municipal_capability)
      if (auto const& f = m.field("budget_soles_per_month"); f.set) for_places(m, setup, [&](std::size_t d) { budget[d] = std::min(budget[d], setup.real(f.number, m.from)); });
    auto const full = units_at_full_reach(world, setup, m);
    if (full.empty()) continue;
    reached[i].assign(n, 0.0);
    for_places(m, setup, [&](std::size_t d) {
      reached[i][d] = m.field("reach_share_per_month").number * full[d];
      if (cost.payer == Payer::municipality) planned[d] += reached[i][d] * cost.unit_soles * world.people_per_agent;
    });
  }
  for (std::size_t d = 0; d < n; ++d)
    if (planned[d] > budget[d]) afforded[d] = budget[d] / planned[d];
  for (std::size_t i = 0; i < measures.size(); ++i)
    for (std::size_t d = 0; d < reached[i].size(); ++d)
      world.rules.costs[i].planned_units += reached[i][d] * (world.rules.costs[i].payer == Payer::municipality ? afforded[d] : 1);
  return afforded;
}

std::uint64_t hash_of(std::string const& name) {
  std::uint64_t h = 0x70726f67ULL;
  for (char c : name) h = mix(h, static_cast<unsigned char>(c));
  return h;
}

}  // namespace

std::string const& programme_of(Measure const& window) {
  std::string const& given = window.field("programme").name;
  return given.empty() ? window.id : given;
}

bool goes_on(Scenario const& scenario, Measure const& window) {
  if (!window.to) return true;
  Month const next = *window.to + 1;
  // Nobody has come after its last month.
  auto const cutoff_of = [&](Measure const& m) { return m.field("entry_cutoff").set ? std::min(m.field("entry_cutoff").month.index, window.to->index) : window.to->index; };
  auto const number = [](Measure const& m, char const* field) { return m.field(field).number; };
  // Within how many months of its end a permit must be; a month later it is one nearer.
  auto const nearness = [&](Measure const& m) { return number(m, "renewal_within_months") > 0 ? number(m, "renewal_within_months") : std::numeric_limits<double>::infinity(); };
  auto const takes_all = [&](Measure const& m, std::string_view field) { return (window.field(field).choices & ~m.field(field).choices) == 0; };
  return std::any_of(scenario.measures.begin(), scenario.measures.end(), [&](Measure const& m) {
    return m.kind == MeasureKind::programme && m.field("capacity_per_month").number > 0 && in_force(m, next) && programme_of(m) == programme_of(window) &&
           takes_all(m, "eligible") && takes_all(m, "origins") && m.field("grants").choices == window.field("grants").choices && cutoff_of(m) >= cutoff_of(window) &&
           number(m, "held_months") <= number(window, "held_months") + 1 && nearness(m) >= nearness(window) - 1;
  });
}

namespace {

/// The programmes of the scenario: windows of one name are one programme; one without capacity is not offered.
void set_programmes(World& world, Setup const& setup) {
  Month const month = world.stream.month;
  auto& programmes = world.rules.programmes;
  programmes.clear();
  std::array<std::optional<Month>, programme_limit> begun;  // when the window did whose terms hold
  for (auto const& measure : setup.scenario.measures) {
    auto const row = static_cast<std::uint16_t>(&measure - setup.scenario.measures.data());
    if (measure.kind != MeasureKind::programme || measure.field("capacity_per_month").number <= 0) continue;
    std::string const& name = programme_of(measure);
    auto found = std::find_if(programmes.begin(), programmes.end(), [&](Programme const& p) { return p.name == name; });
    if (found == programmes.end()) {
      if (programmes.size() == programme_limit)
        throw InputError(say(Message::in_programmes_many, "measures", measure.id, programme_limit));
      programmes.emplace_back();
      found = std::prev(programmes.end());
      found->name = name;
      found->key = hash_of(name);
    }
    // Terms come from the window in force, else from the last one begun, wherever it stands in the file: cases filed in it are still decided.
    bool const open = in_force(measure, month);
    auto& terms_from = begun[static_cast<std::size_t>(found - programmes.begin())];
    if (!open && (measure.from > month || found->open || (terms_from && measure.from < *terms_from))) continue;
    terms_from = measure.from;
    auto& p = *found;
    p.open = open;
    p.measure = row;
    p.last_month = measure.to && *measure.to == month && !goes_on(setup.scenario, measure);
    p.eligible = 0;
    std::uint32_t const eligible = measure.field("eligible").choices;  // visitor, irregular, humanitarian, temporary, residence, asylum_pending, refugee
    for (std::size_t k = 0; k < 5; ++k)
      if ((eligible >> k) & 1U) p.eligible |= static_cast<std::uint16_t>(1U << (k + 1));
    if ((eligible >> 5) & 1U) p.eligible |= 1U << claim_holder;
    if ((eligible >> 6) & 1U) p.eligible |= 1U << static_cast<unsigned>(Permit::refugee);
    std::uint32_t const origins = measure.field("origins").choices;
    p.origins = static_cast<std::uint8_t>(((origins & 1U) << static_cast<unsigned>(Origin::venezuelan)) | (((origins >> 1) & 1U) << static_cast<unsigned>(Origin::other_foreign)));
    constexpr std::array<Permit, 4> granted{Permit::humanitarian, Permit::temporary, Permit::residence, Permit::refugee};
    p.grants = granted[static_cast<std::size_t>(std::countr_zero(measure.field("grants").choices))];
    auto const& cutoff = measure.field("entry_cutoff");
    p.entry_cutoff = cutoff.set ? std::optional(cutoff.month) : std::nullopt;
    // What the counter asks for is an amount that stays as it is while prices rise.
    p.fee_soles = setup.real(measure.field("fee_soles").number, month);
    p.papers_soles = setup.real(measure.field("papers_soles").number, month);
    p.fine_share = measure.field("fine_share").number;
    p.capacity_agents = measure.field("capacity_per_month").number * world.area_share_of_migrants / world.people_per_agent;
    p.refusal_share = measure.field("refusal_share").number;
    p.processing_months = static_cast<int>(measure.field("processing_months").number);
    p.validity_months = static_cast<int>(measure.field("validity_months").number);
    p.held_months = static_cast<int>(measure.field("held_months").number);
    p.renewal_within_months = static_cast<int>(measure.field("renewal_within_months").number);
    p.rights_from_approval = measure.field("rights_from").choices == 1;
  }
  if (world.programme_carry.size() < programmes.size()) world.programme_carry.resize(programmes.size(), 0.0);
}

constexpr std::array<std::string_view, 8> sector_words{"agriculture", "manufacturing", "construction", "commerce", "transport", "hospitality", "other_services", "public_education_health"};

/// The lists of households of the measures of cash support, by row: the lowest that none of the same purpose that began before it
/// (or with it, and before it in the file) draws from when it begins. What a measure does never depends on one that begins later.
std::vector<std::uint32_t> lists_of_households(std::span<Measure const> measures) {
  std::vector<std::uint32_t> list(measures.size(), 0);
  std::vector<std::size_t> begun;  // in the order in which they begin
  for (std::size_t i = 0; i < measures.size(); ++i)
    if (measures[i].kind == MeasureKind::cash_support) begun.push_back(i);
  std::stable_sort(begun.begin(), begun.end(), [&](std::size_t a, std::size_t b) { return measures[a].from < measures[b].from; });
  for (auto at = begun.begin(); at != begun.end(); ++at) {
    auto const& cash = measures[*at];
    auto const taken = [&](std::uint32_t number) {
      return std::any_of(begun.begin(), at, [&](std::size_t k) {
        auto const& before = measures[k];
        return list[k] == number && before.field("purpose").choices == cash.field("purpose").choices && before.field("coverage_share").number > 0 && (!before.to || cash.from <= *before.to);
      });
    };
    while (taken(list[*at])) ++list[*at];
  }
  return list;
}

/// The entitlement becomes whole for the named statuses, in the order of the field's words.
void open_to(Rules& r, std::size_t entitlement, std::uint32_t permits) {
  constexpr std::array<std::size_t, 7> holder{1, 2, 3, 4, 5, claim_holder, 6};
  for (std::size_t k = 0; k < holder.size(); ++k)
    if ((permits >> k) & 1U) r.entitled[holder[k]][entitlement] = 1;
}

/// Services that municipalities give.
constexpr bool is_municipal(Service s) {
  return s == Service::household_registry || s == Service::protection || s == Service::women_centre || s == Service::child_protection || s == Service::elder_centre || s == Service::disability_office;
}

/// Who runs what measures add to points' capacity, where they name a payer: parts that they open and, factor by factor in the
/// file's order, what a service_capacity above 1 adds to what is there. Calls for_points(measure, f(point)).
template <class ForPoints>
void set_who_runs_points(World& world, Setup const& setup, ForPoints const& for_points) {
  Month const month = world.stream.month;
  auto const& measures = setup.scenario.measures;
  auto& run_by = world.rules.run_by;
  run_by.clear();
  auto const names_payer = [&](Measure const& m) {
    return (m.kind == MeasureKind::service_points || m.kind == MeasureKind::mobile_unit || m.kind == MeasureKind::service_capacity) && in_force(m, month) && m.field("payer").set;
  };
  if (std::none_of(measures.begin(), measures.end(), names_payer)) return;
  run_by.assign(world.points.size(), {});
  std::vector<double> whole(world.points.size(), 0.0);
  for (auto const& part : world.point_parts) {
    if (part.opened > month.index || month.index >= part.closed) continue;
    whole[part.point] += part.capacity;
    if (part.measure < measures.size() && names_payer(measures[part.measure])) run_by[part.point][static_cast<std::size_t>(world.rules.costs[part.measure].payer)] += part.capacity;
  }
  for (std::size_t i = 0; i < measures.size(); ++i) {
    auto const& m = measures[i];
    if (m.kind != MeasureKind::service_capacity || !in_force(m, month)) continue;
    double const factor = m.field("factor").number;
    for_points(m, [&](std::size_t p) {
      if (factor > 1 && names_payer(m)) run_by[p][static_cast<std::size_t>(world.rules.costs[i].payer)] += (factor - 1) * whole[p];
      for (auto& capacity : run_by[p]) capacity *= std::min(factor, 1.0);
      whole[p] *= factor;
    });
  }
  for (std::size_t p = 0; p < whole.size(); ++p)
    for (auto& capacity : run_by[p]) capacity = whole[p] > 0 ? capacity / whole[p] : 0;
}

/// The minimum wage of a month, base-year soles: that of the tables; and that in force, of the last measure in the file that sets one.
double usual_minimum_wage(Setup const& setup, Month month) { return setup.real(setup.country.rule("minimum_wage", "national", month), month); }
double minimum_wage(Setup const& setup, Month month) {
  auto const& measures = setup.scenario.measures;
  auto const set = std::find_if(measures.rbegin(), measures.rend(), [&](Measure const& m) { return m.kind == MeasureKind::minimum_wage && in_force(m, month); });
  return set == measures.rend() ? usual_minimum_wage(setup, month) : setup.real(set->field("soles_per_month").number, set->from);
}

void set_rules_in_force(World& world, Setup const& setup) {
  Month const month = world.stream.month;
  auto const& c = setup.country;
  auto& r = world.rules;
  std::size_t const n = world.districts.size();
  r.head_share = 1;
  r.payroll_share = 1;
  r.binding_share = setup.params.quota_binding_share;
  r.exempt_sizes = 0;
  r.counting = QuotaCounting::floor;
  r.minimum_wage_usual_soles = usual_minimum_wage(setup, month);
  r.minimum_wage_soles = minimum_wage(setup, month);
  // Worked out anew, not kept from the month before, which a resumed run has not seen.
  r.minimum_wage_before_soles = minimum_wage(setup, month + -1);
  r.fine_soles_per_day = setup.real(c.rule("fine_uit_share_per_day", "overstay", month) * c.rule("uit", "national", month), month);
  r.withholding_share = c.rule("withholding_nondomiciled", "national", month);
  r.pension_share = c.rule("pension_share", "worker", month);
  r.health_share = c.rule("essalud_share", "general", month);
  r.vat_share = c.rule("vat_share", "national", month);
  r.poverty_line_soles = setup.real(c.rule("poverty_line", "national", month), month);
  r.extreme_line_soles = setup.real(c.rule("extreme_poverty_line", "national", month), month);
  r.overhead_share = {c.rule("overhead_share", "micro", month), c.rule("overhead_share", "small", month), c.rule("overhead_share", "general", month)};
  for (std::size_t h = 0; h < holder_count; ++h)
    for (std::size_t e = 0; e < entitlement_count; ++e) r.entitled[h][e] = static_cast<float>(c.entitlements[h][e].at(month).value_or(0));
  r.fine_waived_share = 0;
  r.extended_permits = 0;
  for (auto* column : {&r.campaign_reach, &r.host_support_reach, &r.narrative, &r.guide_reach, &r.fair_vacancies}) column->assign(n, 0.0);
  r.subsidy_share.assign(n, {});
  for (auto* column : {&r.referral_share, &r.turnover_share, &r.verified_by_employers, &r.verified_by_banks, &r.verified_by_services, &r.civil_reach, &r.spaces_reach,
                       &r.school_reach, &r.media_reach, &r.checks_share, &r.expulsion_share, &r.fair_recruitment_reach})
    column->assign(n, 0.0);
  for (auto& column : r.officials_reach) column.assign(n, 0.0);
  r.municipal_factor.assign(n, 1.0);
  r.sector_demand.assign(n, {});
  for (auto& district : r.sector_demand) district.fill(1.0);
  r.formalisation_reach.assign(n, {});
  for (auto& target : r.inspection_rate) target.assign(n, {});
  for (auto* list : {&r.outreach, &r.referrals, &r.campaigns, &r.rights, &r.savings, &r.matching}) list->clear();
  r.campaign_contents.clear();
  r.cash.clear();
  r.origin_arrivals_factor.fill(1.0);
  r.transit_share.fill(std::nullopt);
  r.claim_share.fill(std::nullopt);
  r.resident_claims.fill(0);
  r.registry_error.fill({setup.params.services_registry_exclusion_share, setup.params.services_registry_inclusion_share});
  r.documents_share = setup.params.services_titles_available_share;
  r.licence_share = setup.params.services_licence_share;
  r.open_to_foreigners.fill(1.0);
  for (std::size_t k = 0; k < c.sectors.size(); ++k)
    if (c.sectors[k].name == "public_education_health") r.open_to_foreigners[k] = setup.params.labour_public_jobs_open_to_foreigners_share;
  r.registration_soles = 0;
  r.transfer_factor.fill(1.0);
  r.processing_factor = 1;
  r.processing_months_less = 0;

  set_costs(world, setup);
  auto const afforded = plan_costs(world, setup);
  std::vector<double> capacity_factor(world.points.size(), 1.0);
  for (auto& point : world.points) {
    point.quality = 1;
    point.priority = {};
    point.sector = -1;
  }
  // Calls f(point) for the points of the measure's service in its places.
  auto const for_points = [&](Measure const& m, auto&& f) {
    auto const service = static_cast<Service>(std::countr_zero(m.field("service").choices));
    std::vector<std::uint8_t> chosen(n, 0);
    for_places(m, setup, [&](std::size_t d) { chosen[d] = 1; });
    for (std::size_t p = 0; p < world.points.size(); ++p) {
      if (world.points[p].service != service) continue;
      auto const found = std::lower_bound(setup.area.begin(), setup.area.end(), world.points[p].table_row);
      bool const inside = found != setup.area.end() && *found == world.points[p].table_row;
      if (inside ? chosen[static_cast<std::size_t>(found - setup.area.begin())] != 0 : m.where.empty()) f(p);
    }
  };
  // The table's rows of the sectors that the measure names.
  auto const sectors_of = [&](Measure const& m, char const* field) {
    std::uint32_t rows = 0;
    auto const& value = m.field(field);
    for (std::size_t k = 0; k < c.sectors.size(); ++k)
      for (std::size_t w = 0; w < sector_words.size(); ++w)
        if (((value.choices >> w) & 1U) != 0 && c.sectors[k].name == sector_words[w]) rows |= 1U << k;
    return rows;
  };
  // What measures open has their quality before other measures raise or lower it, wherever they stand in the file.
  for (auto const& part : world.point_parts) {
    if (part.measure >= setup.scenario.measures.size() || part.opened > month.index || part.closed <= month.index) continue;
    auto const& m = setup.scenario.measures[part.measure];
    if ((m.kind == MeasureKind::service_points || m.kind == MeasureKind::mobile_unit) && in_force(m, month)) world.points[part.point].quality = m.field("quality").number;
  }
  auto const cash_lists = lists_of_households(setup.scenario.measures);
  std::uint16_t row_of_measure = 0;
  for (auto const& m : setup.scenario.measures) {
    auto const index = row_of_measure++;
    if (!in_force(m, month)) continue;
    bool const by_municipality = r.costs[index].payer == Payer::municipality;
    auto const list_reach = [&](std::vector<Reach>& list, double share, bool by_groups = true) {
      Reach reach;
      reach.measure = index;
      if (by_groups) reach.priority = priority_of(m);
      reach.share.assign(n, 0.0F);
      for_places(m, setup, [&](std::size_t d) { reach.share[d] = static_cast<float>(share); });
      list.push_back(std::move(reach));
    };
    auto const reach = [&](std::vector<double>& column) {
      double const share = m.field("reach_share_per_month").number;
      for_places(m, setup, [&](std::size_t d) { column[d] = 1 - (1 - column[d]) * (1 - share * (by_municipality ? afforded[d] : 1)); });
    };
    switch (m.kind) {
      case MeasureKind::programme:
      case MeasureKind::mobile_unit: break;
      case MeasureKind::service_points:
        for (auto const& part : world.point_parts) {
          if (part.measure != index || part.opened > month.index || part.closed <= month.index) continue;
          auto& point = world.points[part.point];
          if (m.field("priority").choices != 0) point.priority = priority_of(m);
          if (auto const& f = m.field("sector"); f.set) point.sector = static_cast<std::int8_t>(std::countr_zero(std::max(1U, sectors_of(m, "sector"))));
        }
        break;
      case MeasureKind::quota:
        if (auto const& f = m.field("head_share"); f.set) r.head_share = f.number;
        if (auto const& f = m.field("payroll_share"); f.set) r.payroll_share = f.number;
        if (auto const& f = m.field("exempt_sizes"); f.set) r.exempt_sizes = static_cast<std::uint8_t>(f.choices);
        if (auto const& f = m.field("binding_share"); f.set) r.binding_share = f.number;
        if (auto const& f = m.field("counting"); f.set) r.counting = static_cast<QuotaCounting>(std::countr_zero(f.choices));
        if (auto const& f = m.field("registration_soles"); f.set) r.registration_soles = setup.real(f.number, m.from);
        break;
      case MeasureKind::service_capacity:
        for_points(m, [&](std::size_t p) {
          capacity_factor[p] *= m.field("factor").number;
          if (m.field("priority").choices != 0) world.points[p].priority = priority_of(m);
        });
        break;
      case MeasureKind::service_quality: for_points(m, [&](std::size_t p) { world.points[p].quality *= m.field("factor").number; }); break;
      case MeasureKind::outreach:
        list_reach(r.outreach, m.field("reach_share_per_month").number);
        r.outreach.back().service = static_cast<Service>(std::countr_zero(m.field("service").choices));
        break;
      case MeasureKind::referral:
        list_reach(r.referrals, m.field("reach_share").number, false);
        for_places(m, setup, [&](std::size_t d) { r.referral_share[d] = 1 - (1 - r.referral_share[d]) * (1 - m.field("reach_share").number); });
        break;
      case MeasureKind::officials_training:
        for (std::size_t s = 0; s < service_count; ++s)
          if (((m.field("services").choices >> s) & 1U) != 0) reach(r.officials_reach[s]);
        break;
      case MeasureKind::officials_turnover:
        if (m.from == month) for_places(m, setup, [&](std::size_t d) { r.turnover_share[d] = 1 - (1 - r.turnover_share[d]) * (1 - m.field("share").number); });
        break;
      case MeasureKind::municipal_capability: for_places(m, setup, [&](std::size_t d) { r.municipal_factor[d] *= m.field("factor").number; }); break;
      case MeasureKind::document_verification: {
        std::array<std::vector<double>*, 3> const users{&r.verified_by_employers, &r.verified_by_banks, &r.verified_by_services};
        for (std::size_t k = 0; k < users.size(); ++k)
          if (((m.field("users").choices >> k) & 1U) != 0) for_places(m, setup, [&](std::size_t d) { (*users[k])[d] = 1 - (1 - (*users[k])[d]) * (1 - m.field("use_share").number); });
        break;
      }
      case MeasureKind::case_processing:
        r.processing_factor *= m.field("capacity_factor").number;
        r.processing_months_less += static_cast<int>(m.field("months_less").number);
        break;
      case MeasureKind::migration_enforcement:
        for_places(m, setup, [&](std::size_t d) {
          double const checks = m.field("checks_share_per_month").number, before = r.checks_share[d];
          r.checks_share[d] = 1 - (1 - before) * (1 - checks);
          // Of several measures, expulsions follow in proportion to their checks.
          if (before + checks > 0) r.expulsion_share[d] = (before * r.expulsion_share[d] + checks * m.field("expulsion_share").number) / (before + checks);
        });
        break;
      case MeasureKind::cash_support: {
        CashSupport cash;
        cash.purpose = static_cast<CashPurpose>(std::countr_zero(m.field("purpose").choices));
        cash.measure = index;
        cash.list = cash_lists[index];
        cash.first_month = m.from == month;
        cash.groups = m.field("priority").choices;
        cash.coverage_share = m.field("coverage_share").number;
        cash.soles = setup.real(m.field("soles_per_month").number, m.from);
        cash.here.assign(n, 0);
        for_places(m, setup, [&](std::size_t d) { cash.here[d] = 1; });
        r.cash.push_back(std::move(cash));
        break;
      }
      case MeasureKind::transfer_programme: {
        auto const transfer = static_cast<std::size_t>(std::countr_zero(m.field("transfer").choices));
        open_to(r, static_cast<std::size_t>(Entitlement::juntos) + transfer, m.field("permits").choices);
        r.transfer_factor[transfer] *= m.field("amount_factor").number;
        break;
      }
      case MeasureKind::registry_rule: {
        std::uint32_t const whom = m.field("applies_to").choices;  // migrants, hosts
        for (std::size_t k = 0; k < 2; ++k)
          if (((whom >> k) & 1U) != 0) {
            if (auto const& f = m.field("exclusion_share"); f.set) r.registry_error[1 - k][0] = f.number;
            if (auto const& f = m.field("inclusion_share"); f.set) r.registry_error[1 - k][1] = f.number;
          }
        break;
      }
      case MeasureKind::savings_groups: list_reach(r.savings, m.field("reach_share_per_month").number); break;
      case MeasureKind::formalisation: {
        std::uint32_t const sectors = sectors_of(m, "sectors");
        for_places(m, setup, [&](std::size_t d) {
          for (std::size_t k = 0; k < size_class_count; ++k)
            for (std::size_t a = 0; a < sector_limit; ++a)
              if (((m.field("sizes").choices >> k) & 1U) != 0 && ((sectors >> a) & 1U) != 0)
                r.formalisation_reach[d][k][a] = 1 - (1 - r.formalisation_reach[d][k][a]) * (1 - m.field("reach_share_per_month").number);
        });
        break;
      }
      case MeasureKind::inspection:
        for (std::size_t target = 0; target < 3; ++target)
          if (((m.field("targets").choices >> target) & 1U) != 0)
            for_places(m, setup, [&](std::size_t d) {
              for (std::size_t k = 0; k < size_class_count; ++k)
                if (((m.field("sizes").choices >> k) & 1U) != 0) {
                  auto& rate = r.inspection_rate[target][d][k];
                  rate = 1 - (1 - rate) * (1 - m.field("rate_share_per_month").number);
                }
            });
        break;
      case MeasureKind::labour_rights: list_reach(r.rights, m.field("reach_share_per_month").number); break;
      case MeasureKind::fair_recruitment: reach(r.fair_recruitment_reach); break;
      case MeasureKind::job_matching: {
        list_reach(r.matching, 0);
        double people = 0;
        for_places(m, setup, [&](std::size_t d) { people += setup.hosts[setup.area[d]]; });
        double const inside = m.where.empty() ? world.area_share_of_population : setup.places_inside[index];
        for_places(m, setup, [&](std::size_t d) {
          r.matching.back().share[d] = static_cast<float>(m.field("seekers_per_month").number * inside / world.people_per_agent * setup.hosts[setup.area[d]] / people);
        });
        break;
      }
      case MeasureKind::occupation_rule: {
        std::uint32_t const rows = sectors_of(m, "sectors");
        for (std::size_t k = 0; k < c.sectors.size(); ++k)
          if (((rows >> k) & 1U) != 0) r.open_to_foreigners[k] = m.field("open_share").number;
        break;
      }
      case MeasureKind::recognition_rule:
        if (auto const& f = m.field("documents_share"); f.set) r.documents_share = f.number;
        if (auto const& f = m.field("licence_share"); f.set) r.licence_share = f.number;
        break;
      case MeasureKind::shared_spaces: reach(r.spaces_reach); break;
      case MeasureKind::school_cohesion: reach(r.school_reach); break;
      case MeasureKind::media_training: reach(r.media_reach); break;
      case MeasureKind::civil_society: reach(r.civil_reach); break;
      case MeasureKind::newcomer_tax: r.withholding_share = m.field("withholding_share").number; break;
      case MeasureKind::accepted_documents: {
        auto const service = static_cast<Service>(std::countr_zero(m.field("service").choices));
        for (std::size_t e = 0; e < entitlement_count; ++e)
          if (std::string_view(entitlement_names[e].name) == service_names[static_cast<std::size_t>(service)].name) open_to(r, e, m.field("permits").choices);
        break;
      }
      case MeasureKind::fine_amnesty: r.fine_waived_share = std::max(r.fine_waived_share, m.field("share_waived").number); break;
      case MeasureKind::validity_extension: {
        constexpr std::array extensible{Permit::visitor, Permit::humanitarian, Permit::temporary, Permit::residence, Permit::refugee};
        for (std::size_t k = 0; k < extensible.size(); ++k)
          if (((m.field("permits").choices >> k) & 1U) != 0) r.extended_permits |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(extensible[k]));
        break;
      }
      case MeasureKind::information_campaign:
        list_reach(r.campaigns, m.field("reach_share_per_month").number);
        if (by_municipality)
          for (std::size_t d = 0; d < n; ++d) r.campaigns.back().share[d] = static_cast<float>(static_cast<double>(r.campaigns.back().share[d]) * afforded[d]);
        r.campaign_contents.push_back(static_cast<std::uint8_t>(m.field("content").choices));
        break;
      case MeasureKind::cohesion_campaign: reach(r.campaign_reach); break;
      case MeasureKind::host_support: reach(r.host_support_reach); break;
      case MeasureKind::employer_guide: reach(r.guide_reach); break;
      case MeasureKind::hostile_narrative: for_places(m, setup, [&](std::size_t d) { r.narrative[d] += m.field("size_logits_per_month").number; }); break;
      case MeasureKind::hiring_subsidy:
        for_places(m, setup, [&](std::size_t d) {
          for (std::size_t k = 0; k < size_class_count; ++k)
            if ((m.field("sizes").choices >> k) & 1U) r.subsidy_share[d][k] = std::min(1.0, r.subsidy_share[d][k] + m.field("pay_share").number);
        });
        break;
      case MeasureKind::job_fair: {
        // The vacancies are spread over the places by residents.
        double people = 0;
        for_places(m, setup, [&](std::size_t d) { people += setup.hosts[setup.area[d]]; });
        double const inside = m.where.empty() ? world.area_share_of_population : setup.places_inside[index];
        for_places(m, setup, [&](std::size_t d) {
          r.fair_vacancies[d] += m.field("vacancies_per_month").number * inside / world.people_per_agent * setup.hosts[setup.area[d]] / people;
        });
        break;
      }
      case MeasureKind::minimum_wage: break;  // minimum_wage()
      case MeasureKind::arrivals: {
        constexpr std::array<Origin, 3> origins{Origin::returnee, Origin::venezuelan, Origin::other_foreign};
        for (std::size_t k = 0; k < origins.size(); ++k) {
          if (((m.field("origins").choices >> k) & 1U) == 0) continue;
          auto const origin = static_cast<std::size_t>(origins[k]);
          r.origin_arrivals_factor[origin] *= m.field("factor").number;
          if (auto const& f = m.field("transit_share"); f.set) r.transit_share[origin] = f.number;
          if (auto const& f = m.field("claim_share"); f.set) r.claim_share[origin] = f.number;
          if (is_foreign(origins[k])) r.resident_claims[origin] += m.field("resident_claims_per_month").number;
        }
        break;
      }
      case MeasureKind::labour_demand: {
        std::uint32_t const rows = sectors_of(m, "sectors");
        for_places(m, setup, [&](std::size_t d) {
          for (std::size_t k = 0; k < c.sectors.size(); ++k)
            if (((rows >> k) & 1U) != 0) r.sector_demand[d][k] *= m.field("factor").number;
        });
        break;
      }
    }
  }

  for (auto& p : r.programmes) {
    p.capacity_agents *= r.processing_factor;
    p.processing_months = std::max(0, p.processing_months - r.processing_months_less);
  }

  for (auto& point : world.points) point.capacity = 0;
  for (auto const& part : world.point_parts)
    if (part.opened <= month.index && month.index < part.closed) world.points[part.point].capacity += part.capacity * capacity_factor[part.point];
  set_who_runs_points(world, setup, for_points);
  // What a municipality can do, and what new officials cannot yet.
  for (auto& point : world.points) {
    if (!is_municipal(point.service)) continue;
    auto const found = std::lower_bound(setup.area.begin(), setup.area.end(), point.table_row);
    if (found == setup.area.end() || *found != point.table_row) continue;
    auto const d = static_cast<std::size_t>(found - setup.area.begin());
    point.capacity *= r.municipal_factor[d] * (1 - setup.params.services_turnover_capacity_loss * world.districts[d].officials_turnover_stock);
  }
}

/// The point of each service that people of each district turn to, and the wait there: the nearest, or where offices are few,
/// the one whose journey and expected wait together are shortest.
void set_access(World& world, Setup const& setup) {
  std::size_t const n = world.districts.size();
  bool const first_time = world.access.empty();
  if (first_time) world.access.assign(service_count * n, {});
  std::vector<std::uint8_t> open(world.points.size());
  for (std::size_t p = 0; p < world.points.size(); ++p) open[p] = world.points[p].capacity > 0;
  auto const wait_at = [&](std::size_t p) { return world.points[p].queue / std::max(1e-9, world.points[p].capacity); };
  constexpr std::size_t few = 64;  // services with more points than this stand in every district: people use the nearest
  if (first_time || open != world.points_open) {
    // Only services of which a point has opened or closed are looked at again; journeys themselves never change.
    std::array<bool, service_count> changed{};
    bool const all = first_time || world.journeys.size() != service_count || world.points_open.size() != open.size();
    if (all) changed.fill(true);
    else
      for (std::size_t p = 0; p < open.size(); ++p)
        if (open[p] != world.points_open[p]) changed[static_cast<std::size_t>(world.points[p].service)] = true;
    world.points_open = open;
    world.journeys.resize(service_count);
    for (std::size_t s = 0; s < service_count; ++s) {
      if (!changed[s]) continue;
      world.journeys[s].clear();
      std::vector<std::uint16_t> sources, point_of;
      for (std::size_t p = 0; p < world.points.size(); ++p)
        if (open[p] != 0 && static_cast<std::size_t>(world.points[p].service) == s) {
          sources.push_back(world.points[p].table_row);
          point_of.push_back(static_cast<std::uint16_t>(p));
        }
      if (sources.size() <= few && sources.size() > 1) {
        world.journeys[s].resize(sources.size());
        for_each_index(sources.size(), [&](std::size_t i) {
          auto& journey = world.journeys[s][i];
          auto const minutes = setup.geography->minutes_from(sources[i]);
          journey.point = point_of[i];
          journey.minutes.assign(minutes.begin(), minutes.end());
        });
        continue;
      }
      auto const nearest = setup.geography->nearest(sources);
      for (std::size_t d = 0; d < n; ++d) {
        auto const& place = nearest[setup.area[d]];
        world.access[s * n + d] = place.source == 0xffffffffU ? Access{} : Access{point_of[place.source], place.minutes, 0};
      }
    }
  }
  for (std::size_t s = 0; s < service_count; ++s) {
    if (world.journeys[s].empty()) continue;
    for (std::size_t d = 0; d < n; ++d) {
      double best = 1e30;
      for (auto const& journey : world.journeys[s]) {
        double const cost = static_cast<double>(journey.minutes[d]) + setup.params.services_minutes_worth_a_month_of_wait * wait_at(journey.point);
        if (cost < best) {
          best = cost;
          world.access[s * n + d] = {journey.point, journey.minutes[d], 0};
        }
      }
      if (world.access[s * n + d].minutes >= unreachable_minutes) world.access[s * n + d] = {};
    }
  }
  for (auto& access : world.access)
    access.wait_months = access.point == 0xffff ? 0 : static_cast<float>(world.points[access.point].queue / std::max(1e-9, world.points[access.point].capacity));
}

}  // namespace

void set_policies(World& world, Setup const& setup) {
  set_programmes(world, setup);
  set_rules_in_force(world, setup);
  set_access(world, setup);
}

}  // namespace arraigo
