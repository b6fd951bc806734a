/// Households (ODD 8) and what of public accounts follows from persons (ODD 9). Members' pay after contributions and
/// withholding is pooled with transfers, less remittances; spending per head against the two poverty lines makes the state.
/// Reads: wages, contracts, places.  Writes: income, poverty, payroll-insurance flag, accounts.  Draws: none (senders of
/// remittances are keyed for life).
/// Source: lines and rates from rules.csv; transfers' amounts from costs.csv.
#include <algorithm>
#include <array>

#include "phases/phases.hpp"

namespace arraigo {
namespace {

using Accounts = std::array<std::int64_t, line_count>;
void add(Accounts& accounts, Line line, double soles) { accounts[static_cast<std::size_t>(line)] += static_cast<std::int64_t>(100 * soles + 0.5); }

bool non_domiciled(World const& world, std::size_t row) {
  auto const m = world.persons.migrant[row];
  return m != no_row && world.stream.month.year() <= (Month{world.migrants.arrival[m]} + 6).year();
}

struct Amounts {
  double juntos, pension65, sis, childcare, school, remittance_soles, vat, formal_spending;
  std::uint64_t remitter;
  std::array<double, 2> spending_share;  ///< of income, capital and rest
};

}  // namespace

void pool_household_income(World& world, Setup const& setup) {
  auto const& persons = world.persons;
  auto& households = world.households;
  auto const& country = setup.country;
  Month const month = world.stream.month;
  Amounts const amounts{country.unit_cost("juntos_month"), country.unit_cost("pension65_month"), country.unit_cost("sis_person_month"), country.unit_cost("childcare_place_month"),
                        country.unit_cost("school_place_month"), country.rule("remittance_soles", "venezuelan", month), world.rules.vat_share,
                        country.rule("vat_formal_spending_share", "national", month), threshold_of(country.rule("remittance_share", "venezuelan", month)),
                        {country.rule("spending_share_of_income", "lima", month), country.rule("spending_share_of_income", "national", month)}};
  std::vector<std::pair<std::uint32_t, std::uint32_t>> strays;
  for (auto row : world.strays)
    if (!persons.gone(row)) strays.emplace_back(persons.household[row], row);
  std::sort(strays.begin(), strays.end());
  std::vector<std::uint8_t> with_stray(households.size(), 0);
  for (auto const& [h, row] : strays) with_stray[h] = 1;

  for_blocks(households.size(), [&](std::size_t from, std::size_t to) {
    Accounts local{};
    for (std::size_t h = from; h != to; ++h) {
      if (households.members[h] == 0) continue;
      double income = 0;
      int minors = 0;
      bool payroll = false, inert = false, hosts = false;
      bool const registered_poor = (households.state[h] & Households::registered_poor_bit) != 0;
      bool const extreme = (households.state[h] & Households::poverty_bits) == 2;
      auto const member = [&](std::uint32_t row) {
        if (persons.inert(row)) inert = true;
        if (!is_foreign(persons.origin(row)) && persons.activity[row] != Activity::child) hosts = true;
        double const pay = persons.wage_cents[row] / 100.0;
        int const age_months = persons.age_months(row, month.index);
        if (age_months < 18 * 12) ++minors;
        if (persons.activity[row] == Activity::payroll) {
          payroll = true;
          double const pension = pay * world.rules.pension_share, tax = non_domiciled(world, row) ? pay * world.rules.withholding_share : 0;
          income += pay - pension - tax;
          add(local, Line::pension_contributions, pension);
          add(local, Line::withholding_tax, tax);
          auto const size = size_class_of(world.employers.workers[persons.employer[row]]);
          add(local, Line::health_contributions, size == SizeClass::micro ? 0 : pay * world.rules.health_share);
          double const subsidy = pay * world.rules.subsidy_share[world.employers.district[persons.employer[row]]][static_cast<std::size_t>(size)];
          if (subsidy > 0) add(local, Line::hiring_subsidies, subsidy);
        } else {
          income += pay;
        }
        if (pay > 0 && persons.origin(row) == Origin::venezuelan && draw_block(for_life(world.stream), Purpose::domicile, persons.id[row])[0] < amounts.remitter)
          income -= std::min(amounts.remittance_soles, 0.3 * pay);
        auto const has = persons.has[row];
        if ((has & has_public_insurance) != 0) add(local, Line::health_insurance, amounts.sis);
        if ((has & has_childcare_place) != 0) add(local, Line::childcare, amounts.childcare);
        if ((has & has_school_place) != 0 && persons.migrant[row] != no_row) add(local, Line::schooling, amounts.school);
        if (registered_poor && extreme && age_months >= 65 * 12 && world.entitled(row, Entitlement::household_registry) >= 1) {
          income += amounts.pension65;
          add(local, Line::cash_transfers, amounts.pension65);
        }
      };
      for (auto row = households.first[h]; row < households.first[h] + households.count[h]; ++row)
        if (persons.household[row] == h && !persons.gone(row)) member(row);
      if (with_stray[h] != 0)
        for (auto s = std::lower_bound(strays.begin(), strays.end(), std::pair<std::uint32_t, std::uint32_t>{static_cast<std::uint32_t>(h), 0}); s != strays.end() && s->first == h; ++s)
          member(s->second);
      if (inert) continue;
      if (registered_poor && extreme && minors > 0) {
        income += amounts.juntos;
        add(local, Line::cash_transfers, amounts.juntos);
      }
      income = std::max(0.0, income);
      bool const capital = world.capital_zone[world.districts[households.district[h]].zone] != 0;
      // Pensions, rents and own production, which the model does not follow, reach hosts only.
      double const other = hosts ? setup.params.households_other_income_soles_per_head * households.members[h] : 0;
      double const spending = (income + other) * amounts.spending_share[capital ? 0 : 1];
      double const per_head = spending / households.members[h];
      add(local, Line::consumption_tax, spending * amounts.formal_spending * amounts.vat / (1 + amounts.vat));
      households.income_cents[h] = static_cast<std::uint32_t>(std::min(4.0e9, 100 * income + 0.5));
      auto state = static_cast<std::uint8_t>(households.state[h] & ~(Households::poverty_bits | Households::insured_by_payroll_bit));
      if (per_head < world.rules.extreme_line_soles) state |= 2;
      else if (per_head < world.rules.poverty_line_soles) state |= 1;
      if (payroll) state |= Households::insured_by_payroll_bit;
      if (world.trace != nullptr && (state & Households::poverty_bits) != (households.state[h] & Households::poverty_bits))
        for (auto row = households.first[h]; row < households.first[h] + households.count[h]; ++row)
          if (persons.household[row] == h) world.note(row, (state & Households::poverty_bits) != 0 ? Event::became_poor : Event::left_poverty, static_cast<std::int64_t>(per_head));
      households.state[h] = state;
    }
    for (std::size_t k = 0; k < line_count; ++k)
      if (local[k] != 0) add_shared(world.accounts[k], local[k]);
  });
}

/// Public accounts (ODD 9): services given and measures' costs, line by line; amounts from costs.csv in base-year soles.
/// Reads: service flows, rules.  Writes: accounts.  Draws: none.
void keep_public_accounts(World& world, Setup const& setup) {
  auto const& country = setup.country;
  auto const add_line = [&](Line line, double soles) { world.accounts[static_cast<std::size_t>(line)] += static_cast<std::int64_t>(std::llround(100 * soles)); };
  std::size_t const n = world.districts.size();
  auto const given = [&](Service s) {
    std::int64_t sum = 0;
    for (std::size_t d = 0; d < n; ++d) sum += world.service_flows[(1 * service_count + static_cast<std::size_t>(s)) * n + d];
    return static_cast<double>(sum);
  };
  std::int64_t cases = 0;
  for (auto k : world.decided) cases += k;
  add_line(Line::permit_processing, static_cast<double>(cases) * country.unit_cost("permit_case"));
  constexpr std::array<std::pair<Service, Line>, 6> lines{{{Service::employment_centre, Line::employment_services},
                                                           {Service::household_registry, Line::registry},
                                                           {Service::health_insurance, Line::registry},
                                                           {Service::degree_recognition, Line::degree_recognition},
                                                           {Service::protection, Line::protection},
                                                           {Service::business_support, Line::business_support}}};
  for (auto const& [service, line] : lines) add_line(line, given(service) * country.unit_cost(service_names[static_cast<std::size_t>(service)].name));
  add_line(Line::training, given(Service::training) * country.unit_cost("training_place"));
  for (std::size_t d = 0; d < n; ++d) {
    double const people = world.districts[d].persons, migrants = world.districts[d].migrants, hosts = people - migrants;
    add_line(Line::campaigns, world.rules.campaign_reach[d] * people * country.unit_cost("campaign_person_reached") +
                                  world.rules.information_reach[d] * migrants * country.unit_cost("information_campaign_person_reached"));
    add_line(Line::host_support, world.rules.host_support_reach[d] * hosts / setup.pools.host.mean_size() * country.unit_cost("host_support_household"));
    add_line(Line::job_fairs, world.rules.fair_vacancies[d] * country.unit_cost("job_fair_vacancy"));
  }
  std::vector<std::int64_t> firms(n, 0);
  for (std::size_t e = 0; e < world.employers.size(); ++e) ++firms[world.employers.district[e]];
  for (std::size_t d = 0; d < n; ++d) add_line(Line::employer_guides, world.rules.guide_reach[d] * static_cast<double>(firms[d]) * country.unit_cost("employer_guide_firm"));
}

}  // namespace arraigo
