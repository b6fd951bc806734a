/// Policies (ODD 1). The scenario's dated measures, over the country's dated rules, set this month's rules, capacities, access.
/// Reads: scenario measures, rules, entitlements.  Writes: rules, points' capacity, access, programme carries.  Draws: none.
#include <algorithm>
#include <bit>
#include <span>

#include "core/input_errors.hpp"
#include "phases/phases.hpp"

namespace arraigo {
namespace {

bool in_force(Measure const& measure, Month month) { return measure.from <= month && (!measure.to || month <= *measure.to); }

/// Calls f(district of the run) for each place that the measure names, or for all.
template <class F>
void for_places(Measure const& measure, Setup const& setup, F&& f) {
  if (measure.where.empty()) {
    for (std::size_t d = 0; d < setup.area.size(); ++d) f(d);
    return;
  }
  std::vector<std::uint8_t> taken(setup.area.size(), 0);
  for (auto const& where : measure.where) {
    auto const rows = setup.country.districts.place(where);
    if (!rows) continue;
    for (auto row : *rows) {
      auto const found = std::lower_bound(setup.area.begin(), setup.area.end(), row);
      if (found != setup.area.end() && *found == row) taken[static_cast<std::size_t>(found - setup.area.begin())] = 1;
    }
  }
  for (std::size_t d = 0; d < taken.size(); ++d)
    if (taken[d] != 0) f(d);
}

std::uint64_t hash_of(std::string const& name) {
  std::uint64_t h = 0x70726f67ULL;
  for (char c : name) h = mix(h, static_cast<unsigned char>(c));
  return h;
}

/// The programmes of the scenario: windows of one name are one programme; one without capacity is not offered.
void set_programmes(World& world, Setup const& setup) {
  Month const month = world.stream.month;
  auto& programmes = world.rules.programmes;
  programmes.clear();
  for (auto const& measure : setup.scenario.measures) {
    if (measure.kind != MeasureKind::programme || measure.field("capacity_per_month").number <= 0) continue;
    std::string const& given = measure.field("programme").name;
    std::string const& name = given.empty() ? measure.id : given;
    auto found = std::find_if(programmes.begin(), programmes.end(), [&](Programme const& p) { return p.name == name; });
    if (found == programmes.end()) {
      if (programmes.size() == programme_limit)
        throw InputError(say(Message::in_programmes_many, "measures", measure.id, programme_limit));
      programmes.emplace_back();
      found = std::prev(programmes.end());
      found->name = name;
      found->key = hash_of(name);
    }
    // Terms come from the window in force, else from the last one begun: cases filed in it are still decided.
    bool const open = in_force(measure, month);
    if (!open && (measure.from > month || found->open)) continue;
    auto& p = *found;
    p.open = open;
    p.last_month = measure.to && *measure.to == month;
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
    // Amounts are those of the measure's first month, in its soles.
    p.fee_soles = setup.real(measure.field("fee_soles").number, measure.from);
    p.papers_soles = setup.real(measure.field("papers_soles").number, measure.from);
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
  r.minimum_wage_before_soles = r.minimum_wage_soles;
  r.minimum_wage_soles = setup.real(c.rule("minimum_wage", "national", month), month);
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
  r.arrivals_factor = 1;
  r.fine_waived_share = 0;
  for (auto* column : {&r.information_reach, &r.campaign_reach, &r.host_support_reach, &r.narrative, &r.guide_reach, &r.fair_vacancies}) column->assign(n, 0.0);
  r.demand_factor.assign(n, 1.0);
  r.subsidy_share.assign(n, {});

  std::vector<double> capacity_factor(world.points.size(), 1.0);
  for (auto const& m : setup.scenario.measures) {
    if (!in_force(m, month)) continue;
    auto const reach = [&](std::vector<double>& column) {
      double const share = m.field("reach_share_per_month").number;
      for_places(m, setup, [&](std::size_t d) { column[d] = 1 - (1 - column[d]) * (1 - share); });
    };
    switch (m.kind) {
      case MeasureKind::programme:
      case MeasureKind::service_points: break;
      case MeasureKind::quota:
        if (auto const& f = m.field("head_share"); f.set) r.head_share = f.number;
        if (auto const& f = m.field("payroll_share"); f.set) r.payroll_share = f.number;
        if (auto const& f = m.field("exempt_sizes"); f.set) r.exempt_sizes = static_cast<std::uint8_t>(f.choices);
        if (auto const& f = m.field("binding_share"); f.set) r.binding_share = f.number;
        if (auto const& f = m.field("counting"); f.set) r.counting = static_cast<QuotaCounting>(std::countr_zero(f.choices));
        break;
      case MeasureKind::service_capacity: {
        auto const service = static_cast<Service>(std::countr_zero(m.field("service").choices));
        std::vector<std::uint8_t> chosen(world.districts.size(), 0);
        for_places(m, setup, [&](std::size_t d) { chosen[d] = 1; });
        for (std::size_t p = 0; p < world.points.size(); ++p) {
          if (world.points[p].service != service) continue;
          auto const found = std::lower_bound(setup.area.begin(), setup.area.end(), world.points[p].table_row);
          bool const inside = found != setup.area.end() && *found == world.points[p].table_row;
          if (inside ? chosen[static_cast<std::size_t>(found - setup.area.begin())] != 0 : m.where.empty()) capacity_factor[p] *= m.field("factor").number;
        }
        break;
      }
      case MeasureKind::accepted_documents: {
        auto const service = static_cast<Service>(std::countr_zero(m.field("service").choices));
        std::uint32_t const permits = m.field("permits").choices;
        for (std::size_t e = 0; e < entitlement_count; ++e) {
          if (std::string_view(entitlement_names[e].name) != service_names[static_cast<std::size_t>(service)].name) continue;
          constexpr std::array<std::size_t, 7> holder{1, 2, 3, 4, 5, claim_holder, 6};
          for (std::size_t k = 0; k < holder.size(); ++k)
            if ((permits >> k) & 1U) r.entitled[holder[k]][e] = 1;
        }
        break;
      }
      case MeasureKind::fine_amnesty: r.fine_waived_share = std::max(r.fine_waived_share, m.field("share_waived").number); break;
      case MeasureKind::information_campaign: reach(r.information_reach); break;
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
        double const inside = m.where.empty() ? world.area_share_of_population : 1;
        for_places(m, setup, [&](std::size_t d) {
          r.fair_vacancies[d] += m.field("vacancies_per_month").number * inside / world.people_per_agent * setup.hosts[setup.area[d]] / people;
        });
        break;
      }
      case MeasureKind::minimum_wage: r.minimum_wage_soles = setup.real(m.field("soles_per_month").number, m.from); break;
      case MeasureKind::arrivals: r.arrivals_factor *= m.field("factor").number; break;
      case MeasureKind::labour_demand: for_places(m, setup, [&](std::size_t d) { r.demand_factor[d] *= m.field("factor").number; }); break;
    }
  }

  for (auto& point : world.points) point.capacity = 0;
  for (auto const& part : world.point_parts)
    if (part.opened <= month.index && month.index < part.closed) world.points[part.point].capacity += part.capacity * capacity_factor[part.point];
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
    world.points_open = open;
    world.journeys.assign(service_count, {});
    for (std::size_t s = 0; s < service_count; ++s) {
      std::vector<std::uint16_t> sources, point_of;
      for (std::size_t p = 0; p < world.points.size(); ++p)
        if (open[p] != 0 && static_cast<std::size_t>(world.points[p].service) == s) {
          sources.push_back(world.points[p].table_row);
          point_of.push_back(static_cast<std::uint16_t>(p));
        }
      if (sources.size() <= few && sources.size() > 1) {
        world.journeys[s].resize(sources.size());
        for_each_index(sources.size(), [&](std::size_t i) {
          auto const alone = setup.geography->nearest(std::span(&sources[i], 1));
          auto& journey = world.journeys[s][i];
          journey.point = point_of[i];
          for (auto const row : setup.area) journey.minutes.push_back(alone[row].minutes);
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
