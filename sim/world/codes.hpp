/// The state variables' values: small codes, each one byte or less.
#pragma once
#include <array>
#include <cstdint>

#include "core/text.hpp"

namespace arraigo {

/// No row of a table: a person without employer, a host without migrant row.
inline constexpr std::uint32_t no_row = 0xffffffffU;

enum class Sex : std::uint8_t { male, female };
enum class Origin : std::uint8_t { national, returnee, venezuelan, other_foreign };
/// Highest level reached.
enum class Education : std::uint8_t { primary, secondary, technical, university };
/// Activity and, for the employed, the kind of contract. One person, one main job.
enum class Activity : std::uint8_t {
  child,              ///< under 14
  inactive,           ///< of working age, outside the labour force
  unemployed,
  own_account,        ///< own-account or family work without tax registration
  own_account_formal, ///< own-account with tax registration (RUC)
  off_books,          ///< employee without contract
  service_contract,   ///< employee paid by receipts: no payroll, no quota
  payroll,            ///< employee on the books
};
enum class Permit : std::uint8_t { national, visitor, irregular, humanitarian, temporary, residence, refugee };
enum class Claim : std::uint8_t { none, pending, recognised, refused };
enum class CaseStage : std::uint8_t { none, appointment, review, ready };
enum class Entitlement : std::uint8_t {
  payroll_contract, ruc, bank_account, employment_centre, health_insurance, household_registry, school, childcare,
  training, degree_recognition, business_support, protection,
};
enum class Service : std::uint8_t {
  migration_office, employment_centre, household_registry, health_insurance, childcare, school, training,
  degree_recognition, bank_account, protection, business_support,
};
enum class SizeClass : std::uint8_t { micro, small, medium, large };  ///< 1-10, 11-100, 101-250, 251 or more workers
enum class Skill : std::uint8_t { low, mid, high };
enum class Line : std::uint8_t {
  health_contributions, pension_contributions, withholding_tax, permit_fees, fines, consumption_tax,
  permit_processing, employment_services, registry, health_insurance, childcare, schooling, training, degree_recognition,
  protection, business_support, campaigns, host_support, employer_guides, hiring_subsidies, job_fairs, cash_transfers,
};

inline constexpr std::size_t sex_count = 2, origin_count = 4, education_count = 4, activity_count = 8, permit_count = 7,
                             entitlement_count = 12, service_count = 11, size_class_count = 4, skill_count = 3,
                             line_count = 22, revenue_lines = 6, sector_limit = 8;
/// Holders of entitlements: the permits, then who has a pending asylum claim.
inline constexpr std::size_t holder_count = 8;
inline constexpr std::size_t claim_holder = 7;

struct CodeName {
  char const* name;  ///< as in tables, files and scenarios
  Text title;
};
inline constexpr std::array<CodeName, sex_count> sex_names{{{"male", {"hombres", "men"}}, {"female", {"mujeres", "women"}}}};
inline constexpr std::array<CodeName, origin_count> origin_names{{{"host", {"peruanos", "hosts"}},
                                                                  {"returnee", {"retornados", "returnees"}},
                                                                  {"venezuelan", {"venezolanos", "Venezuelans"}},
                                                                  {"other_foreign", {"otros extranjeros", "other foreigners"}}}};
inline constexpr std::array<CodeName, education_count> education_names{{{"primary", {"primaria o menos", "primary or less"}},
                                                                        {"secondary", {"secundaria", "secondary"}},
                                                                        {"technical", {"superior técnica", "technical"}},
                                                                        {"university", {"universitaria", "university"}}}};
inline constexpr std::array<CodeName, holder_count> holder_names{{{"national", {"nacional", "national"}},
                                                                  {"visitor", {"visitante", "visitor"}},
                                                                  {"irregular", {"irregular", "irregular"}},
                                                                  {"humanitarian", {"residencia humanitaria", "humanitarian residence"}},
                                                                  {"temporary", {"permiso temporal (PTP, CPP)", "temporary permit (PTP, CPP)"}},
                                                                  {"residence", {"residencia (carné de extranjería)", "residence (foreigner's card)"}},
                                                                  {"refugee", {"refugio reconocido", "recognised refugee"}},
                                                                  {"asylum_pending", {"solicitud de refugio pendiente", "asylum claim pending"}}}};
inline constexpr std::array<CodeName, entitlement_count> entitlement_names{{{"payroll_contract", {"contrato en planilla", "payroll contract"}},
                                                                            {"ruc", {"RUC", "tax number"}},
                                                                            {"bank_account", {"cuenta bancaria", "bank account"}},
                                                                            {"employment_centre", {"centro de empleo", "employment centre"}},
                                                                            {"health_insurance", {"SIS", "public health insurance"}},
                                                                            {"household_registry", {"SISFOH", "household registry"}},
                                                                            {"school", {"escuela", "school"}},
                                                                            {"childcare", {"cuidado infantil", "childcare"}},
                                                                            {"training", {"capacitación", "training"}},
                                                                            {"degree_recognition", {"reconocimiento de títulos", "degree recognition"}},
                                                                            {"business_support", {"apoyo al emprendimiento", "business support"}},
                                                                            {"protection", {"protección", "protection"}}}};
inline constexpr std::array<CodeName, service_count> service_names{{{"migration_office", {"oficina migratoria", "migration office"}},
                                                                    {"employment_centre", {"centro de empleo", "employment centre"}},
                                                                    {"household_registry", {"empadronamiento SISFOH", "household registry"}},
                                                                    {"health_insurance", {"afiliación al SIS", "health insurance"}},
                                                                    {"childcare", {"cuidado infantil", "childcare"}},
                                                                    {"school", {"escuela", "school"}},
                                                                    {"training", {"capacitación", "training"}},
                                                                    {"degree_recognition", {"reconocimiento de títulos", "degree recognition"}},
                                                                    {"bank_account", {"cuenta bancaria", "bank account"}},
                                                                    {"protection", {"protección", "protection"}},
                                                                    {"business_support", {"apoyo al emprendimiento", "business support"}}}};
inline constexpr std::array<CodeName, size_class_count> size_class_names{{{"micro", {"micro (1-10)", "micro (1-10)"}},
                                                                          {"small", {"pequeña (11-100)", "small (11-100)"}},
                                                                          {"medium", {"mediana (101-250)", "medium (101-250)"}},
                                                                          {"large", {"grande (251+)", "large (251+)"}}}};
inline constexpr std::array<CodeName, line_count> line_names{{{"health_contributions", {"aportes a EsSalud", "health contributions"}},
                                                              {"pension_contributions", {"aportes a pensiones", "pension contributions"}},
                                                              {"withholding_tax", {"retención a no domiciliados", "withholding tax of non-residents"}},
                                                              {"permit_fees", {"tasas migratorias", "permit fees"}},
                                                              {"fines", {"multas migratorias", "overstay fines"}},
                                                              {"consumption_tax", {"IGV del consumo", "consumption tax"}},
                                                              {"permit_processing", {"trámite de permisos", "permit processing"}},
                                                              {"employment_services", {"centros de empleo", "employment centres"}},
                                                              {"registry", {"SISFOH", "household registry"}},
                                                              {"health_insurance", {"SIS", "public health insurance"}},
                                                              {"childcare", {"cuidado infantil", "childcare"}},
                                                              {"schooling", {"plazas escolares de migrantes", "school places of migrants"}},
                                                              {"training", {"capacitación", "training"}},
                                                              {"degree_recognition", {"reconocimiento de títulos", "degree recognition"}},
                                                              {"protection", {"protección", "protection"}},
                                                              {"business_support", {"apoyo al emprendimiento", "business support"}},
                                                              {"campaigns", {"campañas", "campaigns"}},
                                                              {"host_support", {"apoyo a comunidades de acogida", "host-community support"}},
                                                              {"employer_guides", {"guías para empleadores", "employer guides"}},
                                                              {"hiring_subsidies", {"incentivos al empleo formal", "hiring incentives"}},
                                                              {"job_fairs", {"ferias de empleo", "job fairs"}},
                                                              {"cash_transfers", {"transferencias", "cash transfers"}}}};

constexpr bool is_employee(Activity a) { return a >= Activity::off_books; }
constexpr bool is_employed(Activity a) { return a >= Activity::own_account; }
constexpr bool is_active(Activity a) { return a >= Activity::unemployed; }
constexpr bool is_formal(Activity a) { return a == Activity::payroll || a == Activity::own_account_formal; }
constexpr bool is_foreign(Origin o) { return o >= Origin::venezuelan; }
constexpr SizeClass size_class_of(std::uint32_t workers) {
  return workers <= 10 ? SizeClass::micro : workers <= 100 ? SizeClass::small : workers <= 250 ? SizeClass::medium : SizeClass::large;
}

}  // namespace arraigo
