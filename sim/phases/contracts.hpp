/// What an offer and a contract depend on, shared by hires (ODD 7.3) and by firms that put their staff on the books (ODD 7.0).
#pragma once
#include <algorithm>
#include <cmath>

#include "phases/phase.hpp"

namespace arraigo {

/// Overhead of a formal contract relative to the start: what subsidies take off it, in shares of pay.
[[nodiscard]] inline double overhead_change(World const& world, std::size_t employer) {
  auto const size = size_class_of(world.employers.workers[employer]);
  return -world.rules.subsidy_share[world.employers.district[employer]][static_cast<std::size_t>(size)];
}

/// What a measure's minimum wage adds to the cost of a contract whose pay would be `soles` without any: in shares of what it
/// costs under the tables' minimum wage, from which the odds of contracts at the start come. 0 where the measure asks for no more.
[[nodiscard]] inline double floor_cost(Rules const& rules, double soles) {
  if (std::abs(rules.minimum_wage_soles - rules.minimum_wage_usual_soles) <= 0.005) return 0;
  return std::max(soles, rules.minimum_wage_soles) / std::max(soles, rules.minimum_wage_usual_soles) - 1;
}

/// The document that an employer looks at.
[[nodiscard]] inline Document document_of(World const& world, std::size_t person) {
  switch (world.migrants.permit[world.persons.migrant[person]]) {
    case Permit::humanitarian: return Document::humanitarian;
    case Permit::temporary: return Document::temporary;
    case Permit::residence:
    case Permit::refugee: return Document::residence;  // they receive a residents' card too (entitlements.csv, holder refugee)
    default: return Document::asylum_card;
  }
}

/// The chance that the firm does not doubt a migrant's valid document: it knows it, or asks the register.
[[nodiscard]] inline double document_trust(World const& world, std::size_t employer, std::size_t person) {
  double const known = world.employers.knowledge[employer][static_cast<std::size_t>(document_of(world, person))] / 65535.0;
  return known + (1 - known) * world.rules.verified_by_employers[world.employers.district[employer]];
}

/// What a job is worth to the person, in cents a month: pay, less what is withheld, and what a contract gives besides pay.
[[nodiscard]] inline double worth_of_job(World const& world, Parameters const& params, std::size_t person, Activity contract, std::uint32_t wage_cents) {
  double net = wage_cents;
  if (contract == Activity::payroll) {
    net *= 1 - world.rules.pension_share - (world.is_non_domiciled(person) ? world.rules.withholding_share * (1 - params.labour_gross_up_share) : 0);
    net *= 1 + params.labour_formality_premium + world.rules.pension_share;  // what the contract gives besides pay, its pension included
  }
  return net;
}

}  // namespace arraigo
