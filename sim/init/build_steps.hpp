/// Steps of build_world, in their order; each stands in its own file of this folder.
#pragma once
#include <array>

#include "init/setup.hpp"

namespace arraigo {

void build_people(World& world, Setup const& setup);    ///< households and persons
void build_migrants(World& world, Setup const& setup);  ///< status, cohort, claim, knowledge
void build_needs(World& world, Setup const& setup);     ///< protection needs that are open at the start
void build_ties(World& world, Setup const& setup);
/// Margins that a zone may have of its own in a run of more than it (margins_by_zone.csv).
inline constexpr std::array<char const*, 3> work_margins{"participation", "unemployment", "own_account"};
void build_activity(World& world, Setup const& setup);  ///< who works, looks for work or does neither
/// Jobs that firms of each cell of firms.csv should offer in each district of the run, agents: [cell][district].
[[nodiscard]] std::vector<std::vector<double>> jobs_wanted(World const& world, Setup const& setup);
void build_firms(World& world, Setup const& setup);     ///< as many jobs as there are employees
void build_jobs(World& world, Setup const& setup);      ///< who works where, contracts, pay, markets
void build_points(World& world, Setup const& setup);    ///< service points and what makes up their capacity
/// What a person has for life: will to work and talent, by keyed draws of the identity alone.
void draw_nature(World& world, std::uint32_t person);
void append_migrant(World& world, std::uint32_t person);
void resize_persons(Persons& persons, std::size_t n);

/// Makes a table n rows long. A column that must grow gets room to spare, of which only what is used costs memory.
template <class Table>
void resize_table(Table& table, std::size_t n) {
  table.for_columns([&](auto& column) {
    if (n > column.capacity()) column.reserve(with_room(n));
    column.resize(n);
  });
}

}  // namespace arraigo
