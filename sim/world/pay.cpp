#include "world/pay.hpp"

#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>

namespace arraigo {

void PayTable::tabulate() {
  for (std::size_t rest = 0; rest < 2; ++rest)
    for (std::size_t attributes = 0; attributes <= Persons::attribute_bits; ++attributes) {
      Persons one;
      one.traits.push_back(static_cast<std::uint8_t>(attributes));
      auto const school = one.education(0);
      double pay = education[static_cast<std::size_t>(school)];
      if (school >= Education::technical && !one.recognised(0)) pay = 1 + (pay - 1) * unrecognised_share;
      if (one.sex(0) == Sex::female) pay *= woman;
      if (one.origin(0) == Origin::venezuelan) pay *= migrant[rest];
      attributes_[rest][attributes] = pay;
    }
  boost::math::normal const standard;
  for (std::size_t k = 0; k < talent_classes; ++k)
    personal_[k] = std::exp(personal_sd * boost::math::quantile(standard, (static_cast<double>(k) + 0.5) / talent_classes));
  double const mean = std::accumulate(personal_.begin(), personal_.end(), 0.0) / talent_classes;
  for (auto& effect : personal_) effect /= mean;
}

}  // namespace arraigo
