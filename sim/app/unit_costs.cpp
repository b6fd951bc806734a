#include "app/unit_costs.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "world/codes.hpp"

namespace arraigo::app {
namespace {

/// As sim/phases/households charges them. A line that is not here is looked for under its own name.
constexpr std::array charged{
    std::pair{Line::permit_processing, std::string_view{"permit_case"}},
    std::pair{Line::employment_services, std::string_view{"employment_centre"}},
    std::pair{Line::registry, std::string_view{"household_registry"}},
    std::pair{Line::registry, std::string_view{"health_insurance"}},
    std::pair{Line::health_insurance, std::string_view{"sis_person_month"}},
    std::pair{Line::childcare, std::string_view{"childcare_place_month"}},
    std::pair{Line::schooling, std::string_view{"school_place_month"}},
    std::pair{Line::training, std::string_view{"training_place"}},
    std::pair{Line::degree_recognition, std::string_view{"degree_recognition"}},
    std::pair{Line::protection, std::string_view{"protection"}},
    std::pair{Line::business_support, std::string_view{"business_support"}},
    std::pair{Line::campaigns, std::string_view{"campaign_person_reached"}},
    std::pair{Line::campaigns, std::string_view{"information_campaign_person_reached"}},
    std::pair{Line::host_support, std::string_view{"host_support_household"}},
    std::pair{Line::employer_guides, std::string_view{"employer_guide_firm"}},
    std::pair{Line::job_fairs, std::string_view{"job_fair_vacancy"}},
    std::pair{Line::cash_transfers, std::string_view{"juntos_month"}},
    std::pair{Line::cash_transfers, std::string_view{"pension65_month"}},
};

// Paid for hires, with no unit cost: the subsidy is a share of pay that the scenario states.
constexpr std::array paid_by_share{Line::hiring_subsidies};

}  // namespace

analysis::AccountBook account_book_without_tables() {
  analysis::AccountBook book;
  for (std::size_t k = 0; k < revenue_lines; ++k) book.revenue_lines.insert(line_names[k].name);
  return book;
}

analysis::AccountBook account_book_of(Country const& country, bool same_tables) {
  auto book = account_book_without_tables();
  if (!same_tables) return book;
  auto const add = [&](std::size_t line, std::string_view unit_cost) {
    if (auto const row = country.costs.find(unit_cost); row != country.costs.end())
      book.unit_costs[line_names[line].name].push_back(
          {row->second.line, row->second.per, row->second.per_es, row->second.payer, row->second.soles, row->second.low, row->second.high});
  };
  for (std::size_t k = revenue_lines; k < line_count; ++k) {
    bool known = false;
    for (auto const line : paid_by_share) known = known || static_cast<std::size_t>(line) == k;
    for (auto const& [line, unit_cost] : charged)
      if (static_cast<std::size_t>(line) == k) {
        add(k, unit_cost);
        known = true;
      }
    if (!known) add(k, line_names[k].name);
  }
  return book;
}

}  // namespace arraigo::app
