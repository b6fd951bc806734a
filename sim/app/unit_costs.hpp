/// Which lines of the public accounts are computed from which unit costs of costs.csv: what a cost per outcome rests
/// on.
#pragma once
#include "analysis/cost.hpp"
#include "init/country.hpp"

namespace arraigo::app {

/// `same_tables`: the runs were made with these tables; otherwise their unit costs are not these and none is told.
[[nodiscard]] analysis::AccountBook account_book_of(Country const& country, bool same_tables);
[[nodiscard]] analysis::AccountBook account_book_without_tables();

}  // namespace arraigo::app
