#include "app/unit_costs.hpp"

#include "world/cost_rows.hpp"

namespace arraigo::app {

analysis::AccountBook account_book_without_tables() {
  analysis::AccountBook book;
  for (std::size_t k = 0; k < revenue_lines; ++k) book.revenue_lines.insert(line_names[k].name);
  return book;
}

analysis::AccountBook account_book_of(Country const& country, bool same_tables) {
  auto book = account_book_without_tables();
  if (!same_tables) return book;
  for (auto const& [name, line] : cost_rows)
    if (auto const row = country.costs.find(name); row != country.costs.end())
      book.unit_costs[line_names[static_cast<std::size_t>(line)].name].push_back(
          {row->second.line, row->second.per, row->second.per_es, row->second.payer, row->second.soles, row->second.low, row->second.high});
  return book;
}

}  // namespace arraigo::app
