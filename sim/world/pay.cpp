#include "world/pay.hpp"

#include <cmath>

namespace arraigo {

double PayTable::relative(Persons const& persons, std::size_t row, std::uint8_t sector_code, bool rest, Stream const& stream) const {
  auto const school = persons.education(row);
  double premium = education[static_cast<std::size_t>(school)];
  if (school >= Education::technical && !persons.recognised(row)) premium = 1 + (premium - 1) * unrecognised_share;
  double pay = premium * sector[sector_code];
  if (persons.sex(row) == Sex::female) pay *= woman;
  if (persons.origin(row) == Origin::venezuelan) pay *= migrant[rest ? 1 : 0];
  Draws draws(for_life(stream), Purpose::wage, persons.id[row]);
  return pay * std::exp(personal_sd * draws.normal() - 0.5 * personal_sd * personal_sd);
}

Skill skill_of(Persons const& persons, std::size_t row) {
  switch (persons.education(row)) {
    case Education::primary: return Skill::low;
    case Education::secondary: return Skill::mid;
    case Education::technical: return Skill::mid;
    case Education::university: return persons.recognised(row) ? Skill::high : Skill::mid;
  }
  return Skill::low;
}

}  // namespace arraigo
