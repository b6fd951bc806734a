#include "bench/month_traffic.hpp"

#include <type_traits>

#include "core/column.hpp"

namespace arraigo::bench {
namespace {

template <class Rows>
constexpr Entity entity_of = std::is_same_v<Rows, Persons>      ? Entity::persons
                             : std::is_same_v<Rows, Migrants>   ? Entity::migrants
                             : std::is_same_v<Rows, Households> ? Entity::households
                                                                : Entity::employers;

// The size of a row is that of the column's own elements.
template <class Rows, class T>
StreamedColumn reads(std::vector<T, PageAllocator<T>> Rows::*) {
  return {entity_of<Rows>, sizeof(T)};
}
template <class Rows, class T>
StreamedColumn writes(std::vector<T, PageAllocator<T>> Rows::*column) {
  return reads(column);
}
template <class Rows, class T>
StreamedColumn updates(std::vector<T, PageAllocator<T>> Rows::*) {
  return {entity_of<Rows>, 2 * sizeof(T)};
}

std::size_t rows_of(World const& world, Entity entity) {
  switch (entity) {
    case Entity::persons: return world.persons.size();
    case Entity::migrants: return world.migrants.size();
    case Entity::households: return world.households.size();
    default: return world.employers.size();
  }
}

}  // namespace

std::vector<PhaseTraffic> const& month_traffic() {
  using P = Persons;
  using M = Migrants;
  using H = Households;
  using E = Employers;
  static std::vector<PhaseTraffic> const phases{
      // Tables of rules only, where no measure counts the people that it reaches.
      {"policies", {}},
      // Every household draws, the traits are those of its first member; newcomers choose their contacts among all migrants, of whom it is asked who
      // has moved.
      {"arrivals_and_departures",
       {reads(&H::id), reads(&H::first), reads(&H::members), reads(&P::traits), reads(&M::moved)}},
      {"lots", {reads(&P::id), reads(&P::traits), reads(&P::has), reads(&P::activity), reads(&P::birth)}},
      // Those with a lot.
      {"ageing_and_families", {}},
      // With a programme open, as the baseline has: its people are asked for, and all hear from last month's knowledge.
      {"news", {reads(&M::person), updates(&M::known), reads(&E::district), updates(&E::knowledge)}},
      {"attitudes", {reads(&M::person)}},
      // The date is that of who has a permit: about a quarter of the rows, some in each cache line.
      {"regularisation",
       {reads(&M::person), reads(&M::permit), reads(&M::expiry), reads(&M::stage), reads(&M::claim), reads(&M::known),
        updates(&M::months_without_right)}},
      // Those with a lot, and who waits.
      {"services", {}},
      {"employers", {reads(&E::flags)}},
      // Those with a lot.
      {"separations", {}},
      {"vacancies",
       {reads(&E::workers), reads(&E::district), reads(&E::staff_per_agent), reads(&E::target), reads(&E::on_books),
        reads(&E::off_books), reads(&E::sector), reads(&E::flags), writes(&E::vacancies), writes(&E::advertises)}},
      {"search_and_match", {reads(&P::activity), reads(&E::vacancies), reads(&E::advertises)}},
      {"own_account_work", {reads(&P::id), reads(&P::traits), reads(&P::activity)}},
      // Taking stock; households stand in the order of their members.
      {"wages",
       {reads(&P::household), reads(&P::traits), reads(&P::activity), reads(&H::district), reads(&M::arrival)}},
      // The draw to send money home is that of Venezuelans with pay, some in each cache line.
      {"households",
       {reads(&P::wage_cents), reads(&P::birth), reads(&P::has), reads(&P::traits), reads(&P::activity), reads(&H::id),
        reads(&H::first), reads(&H::district), reads(&H::count), reads(&H::members), writes(&H::income_cents),
        updates(&H::state), reads(&M::remit_draw), reads(&E::payroll_cents), reads(&E::workers)}},
      {"public_accounts", {}},
      // The employer is that of employees, some in each cache line.
      {"record",
       {reads(&P::household), reads(&P::employer), reads(&P::wage_cents), reads(&P::birth), reads(&P::has),
        reads(&P::traits), reads(&P::activity), reads(&H::district), reads(&H::members), reads(&H::state),
        reads(&M::arrival), reads(&M::felt), reads(&M::permit), reads(&M::claim), reads(&M::stage), reads(&E::workers),
        reads(&E::staff_per_agent), reads(&E::on_books), reads(&E::off_books), reads(&E::foreign_on_books),
        reads(&E::sector)}},
  };
  return phases;
}

double bytes_of(PhaseTraffic const& phase, World const& world) {
  double bytes = 0;
  for (auto const& column : phase.columns)
    bytes += static_cast<double>(column.bytes_per_row) * static_cast<double>(rows_of(world, column.entity));
  return bytes;
}

double column_bytes(World const& world) {
  double bytes = 0;
  auto const add = [&](auto const& column) {
    bytes += static_cast<double>(column.size() * sizeof(typename std::decay_t<decltype(column)>::value_type));
  };
  auto const add_all = [&](auto const&... tables) { (tables.for_columns(add), ...); };
  add_all(world.persons, world.migrants, world.households, world.employers);
  return bytes;
}

}  // namespace arraigo::bench
