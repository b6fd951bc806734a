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
  training, degree_recognition, business_support, protection, women_centre, child_protection, elder_centre,
  disability_office, skills_certification, credit, juntos, pension65, contigo, school_meals, scholarship,
};
enum class Service : std::uint8_t {
  migration_office, employment_centre, household_registry, health_insurance, childcare, school, training,
  degree_recognition, bank_account, protection, business_support, women_centre, child_protection, elder_centre,
  disability_office, skills_certification, credit,
};
/// Benefits in money or kind that a household or person receives while entitled; first of them is Entitlement::juntos.
enum class Transfer : std::uint8_t { juntos, pension65, contigo, school_meals, scholarship };
/// Groups by which measures choose and outcomes are read. They overlap. What is drawn for life (LGBTIQ+, indigenous,
/// survivors of trafficking or smuggling) is a pure function of identity, so that no table holds it.
enum class PersonGroup : std::uint8_t {
  women, single_parents, with_young_children, disability, aged_65, lgbtiq, indigenous, trafficked, newcomers, poor, migrants, hosts,
};
/// Who bears a cost.
enum class Payer : std::uint8_t { state, municipality, donor, private_sector };
enum class SizeClass : std::uint8_t { micro, small, medium, large };  ///< 1-10, 11-100, 101-250, 251 or more workers
enum class Skill : std::uint8_t { low, mid, high };
enum class Line : std::uint8_t {
  health_contributions, pension_contributions, withholding_tax, permit_fees, fines, consumption_tax, labour_fines,
  permit_processing, employment_services, registry, health_insurance, childcare, schooling, training, degree_recognition,
  protection, business_support, campaigns, host_support, employer_guides, hiring_subsidies, job_fairs, cash_transfers,
  new_points, outreach, officials, information_systems, security, cash_support, formalisation, inspections, labour_rights,
  cohesion, elder_care, skills_certification, finance, municipal_support,
};

inline constexpr std::size_t sex_count = 2, origin_count = 4, education_count = 4, activity_count = 8, permit_count = 7,
                             entitlement_count = 23, service_count = 17, size_class_count = 4, skill_count = 3,
                             line_count = 37, revenue_lines = 7, sector_limit = 8, transfer_count = 5, person_group_count = 12, payer_count = 4;
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
                                                                            {"protection", {"espacio seguro", "safe space"}},
                                                                            {"women_centre", {"Casa de la Mujer y CEM", "women's centre"}},
                                                                            {"child_protection", {"DEMUNA", "child protection (DEMUNA)"}},
                                                                            {"elder_centre", {"centro del adulto mayor (CIAM)", "elders' day centre (CIAM)"}},
                                                                            {"disability_office", {"OMAPED", "disability office (OMAPED)"}},
                                                                            {"skills_certification", {"certificación de competencias", "certification of skills"}},
                                                                            {"credit", {"crédito", "credit"}},
                                                                            {"juntos", {"Juntos", "Juntos"}},
                                                                            {"pension65", {"Pensión 65", "Pensión 65"}},
                                                                            {"contigo", {"Contigo", "Contigo (disability)"}},
                                                                            {"school_meals", {"alimentación escolar", "school meals"}},
                                                                            {"scholarship", {"becas (Pronabec)", "scholarships (Pronabec)"}}}};
inline constexpr std::array<CodeName, service_count> service_names{{{"migration_office", {"oficina migratoria", "migration office"}},
                                                                    {"employment_centre", {"centro de empleo", "employment centre"}},
                                                                    {"household_registry", {"empadronamiento SISFOH", "household registry"}},
                                                                    {"health_insurance", {"afiliación al SIS", "health insurance"}},
                                                                    {"childcare", {"cuidado infantil", "childcare"}},
                                                                    {"school", {"escuela", "school"}},
                                                                    {"training", {"capacitación", "training"}},
                                                                    {"degree_recognition", {"reconocimiento de títulos", "degree recognition"}},
                                                                    {"bank_account", {"cuenta bancaria", "bank account"}},
                                                                    {"protection", {"espacio seguro", "safe space"}},
                                                                    {"business_support", {"apoyo al emprendimiento", "business support"}},
                                                                    {"women_centre", {"Casa de la Mujer y CEM", "women's centre"}},
                                                                    {"child_protection", {"DEMUNA", "child protection (DEMUNA)"}},
                                                                    {"elder_centre", {"centro del adulto mayor (CIAM)", "elders' day centre (CIAM)"}},
                                                                    {"disability_office", {"OMAPED", "disability office (OMAPED)"}},
                                                                    {"skills_certification", {"certificación de competencias", "certification of skills"}},
                                                                    {"credit", {"crédito", "credit"}}}};
inline constexpr std::array<CodeName, person_group_count> person_group_names{{{"women", {"mujeres", "women"}},
                                                                              {"single_parents", {"hogares monoparentales", "single parents' households"}},
                                                                              {"with_young_children", {"en hogares con menores de seis", "in households with children under six"}},
                                                                              {"disability", {"con discapacidad", "with a disability"}},
                                                                              {"aged_65", {"de 65 y más", "aged 65 and over"}},
                                                                              {"lgbtiq", {"LGBTIQ+", "LGBTIQ+"}},
                                                                              {"indigenous", {"pueblos indígenas", "indigenous peoples"}},
                                                                              {"trafficked", {"sobrevivientes de trata o tráfico", "survivors of trafficking or smuggling"}},
                                                                              {"newcomers", {"menos de un año en el país", "less than a year in the country"}},
                                                                              {"poor", {"en pobreza", "in poverty"}},
                                                                              {"migrants", {"migrantes", "migrants"}},
                                                                              {"hosts", {"peruanos", "hosts"}}}};
inline constexpr std::array<CodeName, payer_count> payer_names{{{"state", {"Estado", "state"}}, {"municipality", {"municipalidad", "municipality"}}, {"donor", {"cooperación", "donor"}}, {"private", {"sector privado", "private sector"}}}};
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
                                                              {"labour_fines", {"multas laborales", "labour fines"}},
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
                                                              {"cash_transfers", {"transferencias sociales", "social transfers"}},
                                                              {"new_points", {"puntos nuevos y unidades móviles", "new points and mobile units"}},
                                                              {"outreach", {"brigadas y derivación", "outreach and referral"}},
                                                              {"officials", {"formación de funcionarios", "training of officials"}},
                                                              {"information_systems", {"sistemas de información", "information systems"}},
                                                              {"security", {"control migratorio", "migration enforcement"}},
                                                              {"cash_support", {"efectivo humanitario, alquiler y capital semilla", "humanitarian cash, rent and seed capital"}},
                                                              {"formalisation", {"formalización de empresas", "formalisation of firms"}},
                                                              {"inspections", {"inspección laboral", "labour inspection"}},
                                                              {"labour_rights", {"derechos laborales y diálogo social", "labour rights and social dialogue"}},
                                                              {"cohesion", {"convivencia, escuelas y medios", "contact, schools and media"}},
                                                              {"elder_care", {"cuidado de mayores", "elder care"}},
                                                              {"skills_certification", {"certificación de competencias", "certification of skills"}},
                                                              {"finance", {"inclusión financiera", "financial inclusion"}},
                                                              {"municipal_support", {"fortalecimiento municipal", "municipal support"}}}};

/// Words of measures' choices that name no state variable.
inline constexpr std::array<CodeName, 21> choice_names{{{"programmes", {"programas abiertos", "open programmes"}},
                                                        {"entitlements", {"servicios a que se tiene derecho", "services that one has a right to"}},
                                                        {"formality", {"ventajas de lo formal", "benefits of formal work"}},
                                                        {"rights", {"derechos laborales", "labour rights"}},
                                                        {"employers", {"empleadores", "employers"}},
                                                        {"banks", {"bancos", "banks"}},
                                                        {"services", {"ventanillas de servicios", "counters of services"}},
                                                        {"contracts", {"contratos", "contracts"}},
                                                        {"hours", {"jornada y pago", "hours and pay"}},
                                                        {"quota", {"cuota de extranjeros", "quota on foreigners"}},
                                                        {"rent", {"alquiler", "rent"}},
                                                        {"seed_capital", {"capital semilla", "seed capital"}},
                                                        {"agriculture", {"agricultura y pesca", "agriculture and fishing"}},
                                                        {"manufacturing", {"manufactura y minería", "manufacturing and mining"}},
                                                        {"construction", {"construcción", "construction"}},
                                                        {"commerce", {"comercio", "commerce"}},
                                                        {"transport", {"transporte", "transport"}},
                                                        {"hospitality", {"hoteles y restaurantes", "hotels and restaurants"}},
                                                        {"other_services", {"otros servicios", "other services"}},
                                                        {"public_education_health", {"Estado, educación y salud", "state, education, health"}},
                                                        {"host", {"peruanos", "hosts"}}}};

constexpr bool is_employee(Activity a) { return a >= Activity::off_books; }
constexpr bool is_employed(Activity a) { return a >= Activity::own_account; }
constexpr bool is_active(Activity a) { return a >= Activity::unemployed; }
constexpr bool is_formal(Activity a) { return a == Activity::payroll || a == Activity::own_account_formal; }
constexpr bool is_foreign(Origin o) { return o >= Origin::venezuelan; }
constexpr SizeClass size_class_of(std::uint32_t workers) {
  // By borrowed bits: comparisons would become branches, which chance decides.
  constexpr auto above = [](std::uint64_t limit, std::uint32_t x) { return static_cast<unsigned>((limit - x) >> 63U); };
  return static_cast<SizeClass>(above(10, workers) + above(100, workers) + above(250, workers));
}

}  // namespace arraigo
