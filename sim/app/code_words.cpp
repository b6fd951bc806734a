#include "app/code_words.hpp"

#include <array>
#include <optional>
#include <utility>

#include "world/codes.hpp"

namespace arraigo::app {
namespace {

template <std::size_t N>
std::optional<std::string> title_of(std::array<CodeName, N> const& names, std::string_view code, Lang lang) {
  for (auto const& name : names)
    if (code == name.name) return name.title.in(lang);
  return std::nullopt;
}

/// Codes that the model itself gives no title.
constexpr std::array others{
    // who measures an indicator
    std::pair{std::string_view{"register"}, Message::code_register},
    std::pair{std::string_view{"survey"}, Message::code_survey},
    std::pair{std::string_view{"model"}, Message::code_model},
    // choices of measures
    std::pair{std::string_view{"floor"}, Message::code_floor},
    std::pair{std::string_view{"nearest"}, Message::code_nearest},
    std::pair{std::string_view{"before_hire"}, Message::code_before_hire},
    std::pair{std::string_view{"approval"}, Message::code_approval},
    std::pair{std::string_view{"collection"}, Message::code_collection},
    // who pays
    std::pair{std::string_view{"state"}, Message::code_state},
    std::pair{std::string_view{"municipality"}, Message::code_municipality},
    std::pair{std::string_view{"donor"}, Message::code_donor},
    std::pair{std::string_view{"private"}, Message::code_private},
    // groups of districts
    std::pair{std::string_view{"lima_callao"}, Message::code_lima_callao},
    std::pair{std::string_view{"other_city"}, Message::code_other_city},
    std::pair{std::string_view{"rest"}, Message::code_rest},
    // margins of the population
    std::pair{std::string_view{"district"}, Message::app_list_district},
    std::pair{std::string_view{"age_sex"}, Message::code_age_sex},
    std::pair{std::string_view{"household_size"}, Message::code_household_size},
    std::pair{std::string_view{"single_parent"}, Message::code_single_parent},
    std::pair{std::string_view{"education"}, Message::code_education},
    std::pair{std::string_view{"participation"}, Message::code_participation},
    std::pair{std::string_view{"unemployment"}, Message::code_unemployment},
    std::pair{std::string_view{"own_account"}, Message::code_own_account},
    std::pair{std::string_view{"payroll"}, Message::code_payroll},
    std::pair{std::string_view{"service_contract"}, Message::code_service_contract},
    std::pair{std::string_view{"employee_size"}, Message::code_employee_size},
    std::pair{std::string_view{"employee_sector"}, Message::code_employee_sector},
    std::pair{std::string_view{"status"}, Message::code_status},
    std::pair{std::string_view{"asylum"}, Message::code_asylum},
    std::pair{std::string_view{"cohort"}, Message::code_cohort},
    std::pair{std::string_view{"recognised_degree"}, Message::code_recognised_degree},
    std::pair{std::string_view{"insured"}, Message::code_insured},
    std::pair{std::string_view{"account"}, Message::code_account},
    std::pair{std::string_view{"registered"}, Message::code_registered},
    std::pair{std::string_view{"enrolled"}, Message::code_enrolled},
    std::pair{std::string_view{"quota_exempt"}, Message::code_quota_exempt},
    std::pair{std::string_view{"felt_discrimination"}, Message::code_felt_discrimination},
    std::pair{std::string_view{"firms"}, Message::unit_firms},
    // their groups
    std::pair{std::string_view{"all"}, Message::code_all},
    std::pair{std::string_view{"foreign"}, Message::code_foreign},
    std::pair{std::string_view{"adults"}, Message::code_adults},
    std::pair{std::string_view{"households"}, Message::unit_households},
    std::pair{std::string_view{"public"}, Message::code_public},
    std::pair{std::string_view{"pending"}, Message::code_pending},
    std::pair{std::string_view{"12months"}, Message::code_12months},
};

}  // namespace

std::string code_word(std::string_view code, Lang lang) {
  for (auto const& [known, message] : others)
    if (known == code) return text(message, lang);
  auto found = title_of(sex_names, code, lang);
  if (!found) found = title_of(origin_names, code, lang);
  if (!found) found = title_of(education_names, code, lang);
  if (!found) found = title_of(holder_names, code, lang);
  if (!found) found = title_of(service_names, code, lang);
  if (!found) found = title_of(size_class_names, code, lang);
  if (!found) found = title_of(person_group_names, code, lang);
  if (!found) found = title_of(entitlement_names, code, lang);
  if (!found) found = title_of(payer_names, code, lang);
  if (!found) found = title_of(choice_names, code, lang);
  return found.value_or(std::string{code});
}

}  // namespace arraigo::app
