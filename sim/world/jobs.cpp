#include "world/jobs.hpp"

#include "core/parallel.hpp"

namespace arraigo {
namespace {

/// Adds (sign +1) or takes away (-1) a person's present job from the employer's counts.
void count_in_staff(World& world, std::uint32_t person, int sign) {
  auto& employers = world.employers;
  auto const employer = world.persons.employer[person];
  auto const one = static_cast<std::uint16_t>(sign);
  if (world.persons.activity[person] != Activity::payroll) {
    add_shared(employers.off_books[employer], one);
    return;
  }
  std::int64_t const pay = sign * static_cast<std::int64_t>(world.persons.wage_cents[person]);
  add_shared(employers.on_books[employer], one);
  add_shared(employers.payroll_cents[employer], pay);
  if (counts_under_quota(world.persons, person)) {
    add_shared(employers.foreign_on_books[employer], one);
    add_shared(employers.foreign_payroll_cents[employer], pay);
  }
}

}  // namespace

bool counts_under_quota(Persons const& persons, std::size_t row) {
  return is_foreign(persons.origin(row)) && (persons.has[row] & exempt_from_quota) == 0;
}

void enter_job(World& world, std::uint32_t person, std::uint32_t employer, Activity contract, std::uint32_t wage_cents) {
  auto& persons = world.persons;
  if (persons.employer[person] != no_row) leave_job(world, person);
  persons.activity[person] = contract;
  persons.employer[person] = employer;
  persons.wage_cents[person] = wage_cents;
  // Public insurance is for those whom no contract insures.
  if (contract == Activity::payroll) persons.has[person] = static_cast<std::uint16_t>((persons.has[person] | has_worked_formally) & ~has_public_insurance);
  count_in_staff(world, person, +1);
}

void leave_job(World& world, std::uint32_t person) {
  auto& persons = world.persons;
  if (persons.employer[person] != no_row) count_in_staff(world, person, -1);
  persons.employer[person] = no_row;
  // Abuse belongs to the job. Others of the household may look at what the person holds at the same time.
  if ((std::atomic_ref(persons.has[person]).load(std::memory_order_relaxed) & is_exploited) != 0) clear_shared(persons.has[person], static_cast<std::uint16_t>(is_exploited));
  persons.wage_cents[person] = 0;
  persons.activity[person] = Activity::unemployed;
}

void set_wage(World& world, std::uint32_t person, std::uint32_t wage_cents) {
  auto& persons = world.persons;
  auto& employers = world.employers;
  // Of what a firm counts only its payroll follows pay: one sum changed by the difference, where leaving and entering would
  // change six.
  std::int64_t const more = static_cast<std::int64_t>(wage_cents) - static_cast<std::int64_t>(persons.wage_cents[person]);
  persons.wage_cents[person] = wage_cents;
  if (auto const employer = persons.employer[person]; employer != no_row && persons.activity[person] == Activity::payroll) {
    add_shared(employers.payroll_cents[employer], more);
    if (counts_under_quota(persons, person)) add_shared(employers.foreign_payroll_cents[employer], more);
  }
}

void exempt_from_the_quota(World& world, std::uint32_t person) {
  bool const employed = world.persons.employer[person] != no_row;
  if (employed) count_in_staff(world, person, -1);
  world.persons.has[person] |= exempt_from_quota;
  if (employed) count_in_staff(world, person, +1);
}

void remove_person(World& world, std::uint32_t person) {
  auto& persons = world.persons;
  leave_job(world, person);
  persons.activity[person] = Activity::inactive;
  persons.traits[person] |= Persons::gone_bit;
  auto const household = persons.household[person];
  add_shared(world.households.members[household], static_cast<std::uint8_t>(-1));
}

}  // namespace arraigo
