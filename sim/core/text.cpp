#include "core/text.hpp"

#include <array>
#include <atomic>
#include <cstdlib>
#include <utility>

namespace arraigo {
namespace {
constexpr std::array messages{
#define M(key, es, en) Text{es, en},
#include "core/text.def"
#undef M
};

/// Of use_language; -1: not called. The environment itself must not change while other threads read it.
std::atomic<int> chosen_language{-1};
}  // namespace

char const* text(Message message, Lang lang) { return messages[static_cast<std::size_t>(message)].in(lang); }

std::string unit_in(std::string_view unit, Lang lang) {
  static constexpr std::array known{
      std::pair{std::string_view{"people"}, Message::unit_people},
      std::pair{std::string_view{"households"}, Message::unit_households},
      std::pair{std::string_view{"firms"}, Message::unit_firms},
      std::pair{std::string_view{"months"}, Message::unit_months},
      std::pair{std::string_view{"minutes"}, Message::unit_minutes},
      std::pair{std::string_view{"min"}, Message::unit_minutes},
      std::pair{std::string_view{"hours"}, Message::unit_hours},
      std::pair{std::string_view{"h"}, Message::unit_hours},
      std::pair{std::string_view{"soles"}, Message::unit_soles},
      std::pair{std::string_view{"soles/month"}, Message::unit_soles_month},
      std::pair{std::string_view{"people/month"}, Message::unit_people_month},
      std::pair{std::string_view{"%"}, Message::unit_percent},
      std::pair{std::string_view{"share"}, Message::unit_share},
      std::pair{std::string_view{"share/month"}, Message::unit_share_month},
      std::pair{std::string_view{"share of pay"}, Message::unit_share_of_pay},
      std::pair{std::string_view{"1/month"}, Message::unit_per_month},
      std::pair{std::string_view{"1/year"}, Message::unit_per_year},
      std::pair{std::string_view{"1/hour"}, Message::unit_per_hour},
      std::pair{std::string_view{"minutes/month"}, Message::unit_minutes_month},
      std::pair{std::string_view{"soles/hour"}, Message::unit_soles_hour},
      std::pair{std::string_view{"vacancies/month"}, Message::unit_vacancies_month},
      std::pair{std::string_view{"people/month/point"}, Message::unit_people_month_point},
      std::pair{std::string_view{"points/district"}, Message::unit_points_district},
      std::pair{std::string_view{"logits/month"}, Message::unit_logits_month},
      std::pair{std::string_view{"contacts"}, Message::unit_contacts},
      std::pair{std::string_view{"employers"}, Message::unit_employers},
      std::pair{std::string_view{"visits"}, Message::unit_visits},
      std::pair{std::string_view{"applications"}, Message::unit_applications},
      std::pair{std::string_view{"1"}, Message::unit_ratio},
  };
  for (auto const& [name, message] : known)
    if (name == unit) return text(message, lang);
  return std::string{unit};
}

void use_language(Lang lang) { chosen_language = static_cast<int>(lang); }

Lang language_of_environment() {
  if (int const chosen = chosen_language; chosen >= 0) return static_cast<Lang>(chosen);
  for (char const* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    char const* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return std::string_view{value}.starts_with("en") ? Lang::en : Lang::es;
  }
  return Lang::es;
}

}  // namespace arraigo
