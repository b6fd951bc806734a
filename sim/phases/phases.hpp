/// The month, phase by phase, in its order. Each function stands in the file of its own name.
#pragma once
#include "phases/phase.hpp"

namespace arraigo {

void set_policies(World& world, Setup const& setup);             // 1
void let_people_arrive_and_leave(World& world, Setup const& setup);  // 2
void draw_lots(World& world, Setup const& setup);                // 3.0
void age_and_form_families(World& world, Setup const& setup);    // 3
void spread_news(World& world, Setup const& setup);              // 4.1
void move_attitudes(World& world, Setup const& setup);           // 4.2
void regularise(World& world, Setup const& setup);               // 5
void serve(World& world, Setup const& setup);                    // 6
void oversee_firms(World& world, Setup const& setup);            // 7.0, in employers.cpp
void separate(World& world, Setup const& setup);                 // 7.1
void open_vacancies(World& world, Setup const& setup);           // 7.2
void search_and_match(World& world, Setup const& setup);         // 7.3
void enter_own_account_work(World& world, Setup const& setup);   // 7.4
void move_wages(World& world, Setup const& setup);               // 7.5
void pool_household_income(World& world, Setup const& setup);    // 8 and the personal part of 9
void keep_public_accounts(World& world, Setup const& setup);     // 9

/// At the start: tastes of those who could have applied before and have not.
void settle_tastes(World& world, Setup const& setup);
/// Counts by zone and district; part of move_wages, and of the start.
void take_stock(World& world, Setup const& setup);
/// What indices, attitudes and rings refer to: the state at the start.
void set_starting_levels(World& world, Setup const& setup);

}  // namespace arraigo
