/// Households (ODD 8) and what of public accounts follows from persons (ODD 9). Members' pay after contributions and
/// withholding is pooled with transfers, less remittances; spending per head against the two poverty lines makes the state.
/// Reads: wages, contracts, places.  Writes: income, poverty, payroll-insurance flag, accounts.  Draws: none.
/// Source: lines and rates from rules.csv; transfers' amounts from costs.csv.
#include <algorithm>
#include <array>
#include <cmath>

#include "phases/phases.hpp"

namespace arraigo {
namespace {

/// What the phase adds to the accounts besides the firms' payrolls: people and cents.
struct Sums {
  std::int64_t withheld_base_cents = 0, spent_cents = 0;
  std::int64_t insured = 0, in_childcare = 0, migrants_in_school = 0, pensioners = 0, families = 0;
  template <class F>
  static void for_fields(F&& f) {
    for (auto field : {&Sums::withheld_base_cents, &Sums::spent_cents, &Sums::insured, &Sums::in_childcare, &Sums::migrants_in_school, &Sums::pensioners, &Sums::families}) f(field);
  }
};

std::int64_t cents_of(double soles) { return static_cast<std::int64_t>(std::llround(100 * soles)); }

}  // namespace

void pool_household_income(World& world, Setup const& setup) {
  auto const& persons = world.persons;
  auto& households = world.households;
  auto const& country = setup.country;
  Month const month = world.stream.month;
  auto const& rules = world.rules;
  std::int64_t const juntos = cents_of(country.unit_cost("juntos_month")), pension65 = cents_of(country.unit_cost("pension65_month")),
                     remittance = cents_of(country.rule("remittance_soles", "venezuelan", month)), other = cents_of(setup.params.households_other_income_soles_per_head);
  auto const remitter = static_cast<unsigned>(std::lround(256 * country.rule("remittance_share", "venezuelan", month)));
  std::array<double, 2> const spending_share{country.rule("spending_share_of_income", "lima", month), country.rule("spending_share_of_income", "national", month)};
  double const extreme_cents = 100 * rules.extreme_line_soles, poor_cents = 100 * rules.poverty_line_soles;
  // A contract's pay after contributions, and after withholding where it applies, in 2^-16: sums of cents are whole numbers.
  auto const fixed = [](double share) { return static_cast<std::int64_t>(std::llround(65536 * share)); };
  std::int64_t const kept = fixed(1 - rules.pension_share), kept_withheld = fixed(1 - rules.pension_share - rules.withholding_share);
  std::array<std::int64_t, activity_count> kept_of_pay;
  kept_of_pay.fill(65536);
  kept_of_pay[static_cast<std::size_t>(Activity::payroll)] = kept;

  StrayIndex const strays(world);
  Sums all;
  for_blocks(households.size(), [&](std::size_t from, std::size_t to) {
    Sums local;
    for (std::size_t h = from; h != to; ++h) {
      if (households.members[h] == 0) continue;
      std::int64_t income = 0;
      std::uint8_t any_traits = 0;
      bool payroll = false, hosts = false, minors = false;
      auto const old_state = households.state[h];
      bool const in_programmes = (old_state & Households::registered_poor_bit) != 0 && (old_state & Households::poverty_bits) == 2;
      auto const member = [&](std::uint32_t row) {
        auto const activity = persons.activity[row];
        unsigned const has = persons.has[row];
        bool const foreign = is_foreign(persons.origin(row));
        any_traits |= persons.traits[row];
        hosts |= !foreign && activity != Activity::child;
        payroll |= activity == Activity::payroll;
        std::int64_t const pay = persons.wage_cents[row];
        std::int64_t net = pay * kept_of_pay[static_cast<std::size_t>(activity)];
        if (foreign) {
          if (activity == Activity::payroll && world.is_non_domiciled(row)) {
            local.withheld_base_cents += pay;
            net = pay * kept_withheld;
          }
          if (pay > 0 && persons.origin(row) == Origin::venezuelan && world.migrants.remit_draw[persons.migrant[row]] < remitter) income -= std::min(remittance, 3 * pay / 10);
          local.migrants_in_school += (has & has_school_place) != 0 ? 1 : 0;
        }
        income += net >> 16;
        local.insured += has & has_public_insurance;
        local.in_childcare += (has & has_childcare_place) / has_childcare_place;
        if (in_programmes) {
          int const age_months = persons.age_months(row, month.index);
          minors |= age_months < 18 * 12;
          if (age_months >= 65 * 12 && world.entitled(row, Entitlement::household_registry) >= 1) {
            income += pension65;
            ++local.pensioners;
          }
        }
      };
      auto const first = households.first[h], end = first + households.count[h];
      bool const has_strays = strays.any(h);
      if (!has_strays && households.members[h] == households.count[h]) {  // nobody of the range has gone or moved out
        for (auto row = first; row < end; ++row) member(row);
      } else {
        for (auto row = first; row < end; ++row)
          if (persons.household[row] == h && !persons.gone(row)) member(row);
        if (has_strays) strays.for_each(h, member);
      }
      if ((any_traits & Persons::inert_bit) != 0) continue;
      if (minors) {
        income += juntos;
        ++local.families;
      }
      income = std::max<std::int64_t>(0, income);
      bool const capital = world.capital_zone[world.districts[households.district[h]].zone] != 0;
      // Pensions, rents and own production, which the model does not follow, reach hosts only.
      double const spending = static_cast<double>(income + (hosts ? other * households.members[h] : 0)) * spending_share[capital ? 0 : 1];
      double const per_head = spending / households.members[h];
      local.spent_cents += static_cast<std::int64_t>(spending);
      households.income_cents[h] = static_cast<std::uint32_t>(std::min<std::int64_t>(4'000'000'000, income));
      auto state = static_cast<std::uint8_t>(old_state & ~(Households::poverty_bits | Households::insured_by_payroll_bit));
      if (per_head < extreme_cents) state |= 2;
      else if (per_head < poor_cents) state |= 1;
      if (payroll) state |= Households::insured_by_payroll_bit;
      if (world.trace != nullptr && (state & Households::poverty_bits) != (old_state & Households::poverty_bits))
        for (auto row = households.first[h]; row < households.first[h] + households.count[h]; ++row)
          if (persons.household[row] == h) world.note(row, (state & Households::poverty_bits) != 0 ? Event::became_poor : Event::left_poverty, static_cast<std::int64_t>(per_head / 100));
      households.state[h] = state;
    }
    Sums::for_fields([&](auto field) {
      if (local.*field != 0) add_shared(all.*field, local.*field);
    });
  });
  auto const add = [&](Line line, double cents) { world.accounts[static_cast<std::size_t>(line)] += static_cast<std::int64_t>(std::llround(cents)); };
  auto const share_of = [](std::int64_t cents, double share) { return static_cast<double>(cents) * share; };
  // Contributions and subsidies follow from the firms' payrolls, which equal the sums over their employees.
  std::int64_t payroll_cents = 0, health_base_cents = 0;
  double subsidy_cents = 0;
  auto const& employers = world.employers;
  for (std::size_t e = 0; e < employers.size(); ++e) {
    auto const size = size_class_of(employers.workers[e]);
    payroll_cents += employers.payroll_cents[e];
    if (size != SizeClass::micro) health_base_cents += employers.payroll_cents[e];
    subsidy_cents += static_cast<double>(employers.payroll_cents[e]) * rules.subsidy_share[employers.district[e]][static_cast<std::size_t>(size)];
  }
  add(Line::pension_contributions, share_of(payroll_cents, rules.pension_share));
  add(Line::withholding_tax, share_of(all.withheld_base_cents, rules.withholding_share));
  add(Line::health_contributions, share_of(health_base_cents, rules.health_share));
  add(Line::hiring_subsidies, subsidy_cents);
  add(Line::consumption_tax, share_of(all.spent_cents, country.rule("vat_formal_spending_share", "national", month) * rules.vat_share / (1 + rules.vat_share)));
  add(Line::health_insurance, share_of(all.insured, 100 * country.unit_cost("sis_person_month")));
  add(Line::childcare, share_of(all.in_childcare, 100 * country.unit_cost("childcare_place_month")));
  add(Line::schooling, share_of(all.migrants_in_school, 100 * country.unit_cost("school_place_month")));
  add(Line::cash_transfers, static_cast<double>(all.pensioners * pension65 + all.families * juntos));
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
                                  0 * migrants);
    add_line(Line::host_support, world.rules.host_support_reach[d] * hosts / setup.pools.host.mean_size() * country.unit_cost("host_support_household"));
    add_line(Line::job_fairs, world.rules.fair_vacancies[d] * country.unit_cost("job_fair_vacancy"));
  }
  std::vector<std::int64_t> firms(n, 0);
  for (std::size_t e = 0; e < world.employers.size(); ++e) ++firms[world.employers.district[e]];
  for (std::size_t d = 0; d < n; ++d) add_line(Line::employer_guides, world.rules.guide_reach[d] * static_cast<double>(firms[d]) * country.unit_cost("employer_guide_firm"));
}

}  // namespace arraigo
