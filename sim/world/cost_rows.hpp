/// Which line of the public accounts each unit cost of costs.csv is charged to.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "world/codes.hpp"

namespace arraigo {

/// Rows of one line stand together, what is charged most first: results name them beside a cost in this order. Rows of the table
/// that are not here (visits whose places are priced apart, the amount of humanitarian cash) are charged to nothing.
inline constexpr std::array cost_rows{
    std::pair{std::string_view{"permit_case"}, Line::permit_processing},
    std::pair{std::string_view{"employment_centre"}, Line::employment_services},
    std::pair{std::string_view{"job_matching_seeker"}, Line::employment_services},
    std::pair{std::string_view{"household_registry"}, Line::registry},
    std::pair{std::string_view{"health_insurance"}, Line::registry},
    std::pair{std::string_view{"sis_person_month"}, Line::health_insurance},
    std::pair{std::string_view{"childcare_place_month"}, Line::childcare},
    std::pair{std::string_view{"school_place_month"}, Line::schooling},
    std::pair{std::string_view{"training_place"}, Line::training},
    std::pair{std::string_view{"degree_recognition"}, Line::degree_recognition},
    std::pair{std::string_view{"protection"}, Line::protection},
    std::pair{std::string_view{"women_centre"}, Line::protection},
    std::pair{std::string_view{"child_protection"}, Line::protection},
    std::pair{std::string_view{"disability_office"}, Line::protection},
    std::pair{std::string_view{"business_support"}, Line::business_support},
    std::pair{std::string_view{"campaign_person_reached"}, Line::campaigns},
    std::pair{std::string_view{"information_campaign_person_reached"}, Line::campaigns},
    std::pair{std::string_view{"civil_society_person_reached"}, Line::campaigns},
    std::pair{std::string_view{"host_support_household"}, Line::host_support},
    std::pair{std::string_view{"employer_guide_firm"}, Line::employer_guides},
    std::pair{std::string_view{"fair_recruitment_firm"}, Line::employer_guides},
    std::pair{std::string_view{"hiring_subsidy_admin"}, Line::hiring_subsidies},
    std::pair{std::string_view{"job_fair_vacancy"}, Line::job_fairs},
    std::pair{std::string_view{"juntos_month"}, Line::cash_transfers},
    std::pair{std::string_view{"pension65_month"}, Line::cash_transfers},
    std::pair{std::string_view{"contigo_month"}, Line::cash_transfers},
    std::pair{std::string_view{"school_meals_month"}, Line::cash_transfers},
    std::pair{std::string_view{"scholarship_month"}, Line::cash_transfers},
    std::pair{std::string_view{"service_point_opening"}, Line::new_points},
    std::pair{std::string_view{"migracentro_opening"}, Line::new_points},
    std::pair{std::string_view{"mobile_unit_month"}, Line::new_points},
    std::pair{std::string_view{"outreach_person_reached"}, Line::outreach},
    std::pair{std::string_view{"referral"}, Line::outreach},
    std::pair{std::string_view{"official_trained"}, Line::officials},
    std::pair{std::string_view{"service_quality_district_month"}, Line::officials},
    std::pair{std::string_view{"document_verification_month"}, Line::information_systems},
    std::pair{std::string_view{"case_processing_month"}, Line::information_systems},
    std::pair{std::string_view{"migration_check"}, Line::security},
    std::pair{std::string_view{"cash_support_admin"}, Line::cash_support},
    std::pair{std::string_view{"formalisation_firm"}, Line::formalisation},
    std::pair{std::string_view{"inspection"}, Line::inspections},
    std::pair{std::string_view{"labour_rights_worker_reached"}, Line::labour_rights},
    std::pair{std::string_view{"shared_space_person"}, Line::cohesion},
    std::pair{std::string_view{"school_cohesion_resident"}, Line::cohesion},
    std::pair{std::string_view{"media_training_month"}, Line::cohesion},
    std::pair{std::string_view{"elder_place_month"}, Line::elder_care},
    std::pair{std::string_view{"skills_certification"}, Line::skills_certification},
    std::pair{std::string_view{"bank_account"}, Line::finance},
    std::pair{std::string_view{"credit"}, Line::finance},
    std::pair{std::string_view{"savings_group_member"}, Line::finance},
    std::pair{std::string_view{"municipal_support_district_month"}, Line::municipal_support},
};

/// A row that is charged to a line; a name that is not here does not compile.
struct CostRowName {
  char const* row;
  Line line;
  consteval CostRowName(char const* name) : row(name), line(line_of(name)) {}

 private:
  static consteval Line line_of(std::string_view name) {
    for (auto const& [row, line] : cost_rows)
      if (row == name) return line;
    throw "costs.csv has no such row with a line";
  }
};

}  // namespace arraigo
