/// The month, phase by phase, in its order. Each function stands in the file of its own name.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

/// Whether the measure is in force in the month (its first and last included).
[[nodiscard]] bool in_force(Measure const& measure, Month month);
/// The name of the programme that a window belongs to; windows of one name are one programme.
[[nodiscard]] std::string const& programme_of(Measure const& window);
/// Whether those who may file in the last month of a programme's window may do so in the next month too, by another window of the
/// programme: then nobody need hurry.
[[nodiscard]] bool goes_on(Scenario const& scenario, Measure const& window);
/// Districts of the run in which the measure acts, ascending.
[[nodiscard]] std::vector<std::uint16_t> const& places_of(Measure const& measure, Setup const& setup);
/// Whether a migrant whom the police check may be expelled: neither permit nor pending claim.
[[nodiscard]] inline bool may_be_expelled(Migrants const& migrants, std::size_t m) { return migrants.permit[m] == Permit::irregular && migrants.claim[m] != Claim::pending; }
/// Leaves the migrant without a case under way.
void close_case(Migrants& migrants, std::size_t m);
/// The payer of that name; the state for a name that is none.
[[nodiscard]] Payer payer_named(std::string_view name);
/// Whether cash support covers the household: it lives where the measure acts, a member belongs to the groups (all do when
/// none is named), and its draw for life and purpose is below the coverage, so that more coverage adds households and takes
/// none away. Members born since January do not count yet.
[[nodiscard]] bool covered_by(World const& world, CashSupport const& cash, std::size_t household);
/// How much a place draws households that come or move: people^(1 - b1) (1 + migrants)^b1 pay^b2 density^-b3. The exponents of
/// people and migrants add up to one, so that a place draws as many as its parts would together (the size of an alternative:
/// McFadden 1978, "Modelling the choice of residential location"): otherwise many small communities would outweigh a large one.
/// People and migrants are counted in people, pay in soles a month, density in people per square kilometre.
[[nodiscard]] double settlement_weight(Parameters const& p, double people, double migrants, double pay, double density);
/// The household's rent, soles a month; 0 for those that own their home (drawn for life) or live in none of their own.
[[nodiscard]] double rent_soles(World const& world, Setup const& setup, std::size_t household);

/// The share of foreigners with a right to it whom an official in doubt turns away, [service][district of the person].
[[nodiscard]] std::vector<double> doubt_at_counters(World const& world, Setup const& setup);

/// At the start: tastes of those who could have applied before and have not.
void settle_tastes(World& world, Setup const& setup);
/// Counts by zone and district; part of move_wages, and of the start.
void take_stock(World& world, Setup const& setup);
/// What indices, attitudes and rings refer to: the state at the start.
void set_starting_levels(World& world, Setup const& setup);

}  // namespace arraigo
