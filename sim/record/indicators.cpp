#include "record/recorder.hpp"

namespace arraigo {
namespace {

Indicator share(char const* name, std::vector<std::string> numerator, std::vector<std::string> denominator, Text title, Text definition, char const* instrument = "survey", bool headline = false) {
  return {name, std::move(numerator), std::move(denominator), 100, "%", title.es, title.en, definition.es, definition.en, instrument, headline, 1};
}
Indicator level(char const* name, std::vector<std::string> numerator, char const* units, Text title, Text definition, char const* instrument = "register", bool headline = false) {
  return {name, std::move(numerator), {}, 1, units, title.es, title.en, definition.es, definition.en, instrument, headline, 0};
}
Indicator mean(char const* name, std::vector<std::string> numerator, std::vector<std::string> denominator, char const* units, Text title, Text definition, char const* instrument, bool headline, int decimals) {
  return {name, std::move(numerator), std::move(denominator), 1, units, title.es, title.en, definition.es, definition.en, instrument, headline, decimals};
}

}  // namespace

std::vector<Indicator> const& indicator_table() {
  static std::vector<Indicator> const table{
      share("regular_share", {"regular"}, {"migrant_population"}, {"migrantes en situación regular", "migrants in a regular situation"}, {"Migrantes con permiso vigente sobre migrantes", "Migrants with a valid permit over migrants"}, "survey", true),
      share("permit_share", {"permit_holders"}, {"migrant_population"}, {"migrantes con permiso", "migrants with a permit"}, {"Con residencia, permiso temporal, humanitaria o refugio, sobre migrantes", "With residence, temporary or humanitarian permit or refugee status, over migrants"}, "survey"),
      share("migrant_formal_share", {"migrant_payroll", "migrant_own_account_formal"}, {"migrant_employed"}, {"migrantes ocupados formales", "employed migrants in formal work"}, {"En planilla o independientes con RUC, sobre migrantes ocupados", "On a payroll or own-account with tax number, over employed migrants"}, "survey", true),
      share("migrant_payroll_share", {"migrant_payroll"}, {"migrant_employees"}, {"asalariados migrantes con contrato", "migrant employees with a contract"}, {"En planilla sobre asalariados migrantes", "On a payroll over migrant employees"}, "survey"),
      level("migrant_payroll_jobs", {"migrant_payroll"}, "people", {"contratos en planilla de migrantes", "payroll jobs of migrants"}, {"Migrantes en planilla (la planilla electrónica los contaría)", "Migrants on a payroll (the electronic payroll would count them)"}, "register", true),
      share("migrant_participation", {"migrant_active"}, {"migrant_working_age"}, {"participación laboral de migrantes", "participation of migrants"}, {"Activos sobre población de 14 y más", "Labour force over those aged 14 and over"}),
      share("migrant_unemployment", {"migrant_unemployed"}, {"migrant_active"}, {"desempleo de migrantes", "unemployment of migrants"}, {"Desempleados sobre activos", "Unemployed over the labour force"}, "survey", true),
      mean("migrant_income", {"migrant_labour_income"}, {"migrant_employed"}, "soles", {"ingreso laboral medio de migrantes", "mean labour income of migrants"}, {"Ingreso mensual del trabajo principal, soles de 2025", "Monthly pay of the main job, soles of 2025"}, "survey", true, 0),
      share("migrant_poverty", {"migrant_poor"}, {"migrant_population"}, {"pobreza de migrantes", "poverty of migrants"}, {"Migrantes en hogares bajo la línea de pobreza", "Migrants in households under the poverty line"}, "survey", true),
      share("migrant_extreme_poverty", {"migrant_extreme_poor"}, {"migrant_population"}, {"pobreza extrema de migrantes", "extreme poverty of migrants"}, {"Migrantes en hogares bajo la línea extrema", "Migrants in households under the extreme line"}),
      share("migrant_insurance", {"migrant_insured"}, {"migrant_population"}, {"migrantes con seguro de salud", "migrants with health insurance"}, {"SIS o seguro por planilla, sobre migrantes", "Public or payroll insurance, over migrants"}, "survey", true),
      share("migrant_enrolment", {"migrant_enrolled"}, {"migrant_school_age"}, {"matrícula de niños migrantes", "school enrolment of migrants"}, {"Con plaza escolar, de 3 a 16 años", "With a school place, aged 3 to 16"}),
      share("migrant_degree_recognition", {"migrant_degree_recognised"}, {"migrant_higher_educated"}, {"títulos reconocidos de migrantes", "recognised degrees of migrants"}, {"Con título reconocido sobre migrantes con estudios superiores", "With a recognised degree over migrants with higher education"}),
      share("migrant_account", {"migrant_account_holders"}, {"migrant_adults"}, {"migrantes con cuenta", "migrants with an account"}, {"Adultos con cuenta financiera", "Adults with a financial account"}),
      share("discrimination_felt", {"migrant_felt_discrimination"}, {"migrant_population"}, {"discriminación sentida", "discrimination felt"}, {"Migrantes que la sintieron en los últimos doce meses", "Migrants who felt it in the last twelve months"}),
      share("hostility", {"hostile_hosts"}, {"host_population"}, {"hostilidad de la acogida", "hostility of hosts"}, {"Peruanos hostiles a la migración; índice de cohesión invertido", "Hosts hostile to migration; the cohesion index reversed"}, "survey", true),
      share("host_unemployment", {"host_unemployed"}, {"host_active"}, {"desempleo de peruanos", "unemployment of hosts"}, {"Desempleados sobre activos", "Unemployed over the labour force"}, "survey", true),
      share("host_employment", {"host_employed"}, {"host_working_age"}, {"ocupación de peruanos", "employment of hosts"}, {"Ocupados sobre población de 14 y más", "Employed over those aged 14 and over"}),
      share("host_formal_share", {"host_payroll", "host_own_account_formal"}, {"host_employed"}, {"peruanos ocupados formales", "employed hosts in formal work"}, {"En planilla o independientes con RUC, sobre peruanos ocupados", "On a payroll or own-account with tax number, over employed hosts"}, "survey", true),
      mean("host_income", {"host_labour_income"}, {"host_employed"}, "soles", {"ingreso laboral medio de peruanos", "mean labour income of hosts"}, {"Ingreso mensual del trabajo principal, soles de 2025", "Monthly pay of the main job, soles of 2025"}, "survey", true, 0),
      share("host_poverty", {"host_poor"}, {"host_population"}, {"pobreza de peruanos", "poverty of hosts"}, {"Peruanos en hogares bajo la línea de pobreza", "Hosts in households under the poverty line"}),
      share("informality", {"informal"}, {"employed"}, {"informalidad", "informality"}, {"Ocupados sin planilla ni RUC, sobre ocupados", "Employed neither on a payroll nor with a tax number, over the employed"}),
      share("participation", {"active"}, {"working_age"}, {"participación laboral", "participation"}, {"Activos sobre población de 14 y más", "Labour force over those aged 14 and over"}),
      share("unemployment", {"unemployed"}, {"active"}, {"desempleo", "unemployment"}, {"Desempleados sobre activos", "Unemployed over the labour force"}),
      share("formal_share", {"payroll", "own_account_formal"}, {"employed"}, {"ocupados formales", "employed in formal work"}, {"En planilla o independientes con RUC, sobre ocupados", "On a payroll or own-account with tax number, over the employed"}),
      mean("income", {"labour_income"}, {"employed"}, "soles", {"ingreso laboral medio", "mean labour income"}, {"Ingreso mensual del trabajo principal, soles de 2025", "Monthly pay of the main job, soles of 2025"}, "survey", false, 0),
      share("poverty", {"poor"}, {"population"}, {"pobreza", "poverty"}, {"Personas en hogares bajo la línea de pobreza", "People in households under the poverty line"}),
      share("insurance", {"insured"}, {"population"}, {"con seguro de salud", "with health insurance"}, {"SIS o seguro por planilla", "Public or payroll insurance"}),
      level("population", {"population"}, "people", {"población", "population"}, {"Residentes del área", "Residents of the area"}),
      level("migrants", {"migrant_population"}, "people", {"migrantes", "migrants"}, {"Residentes de origen extranjero", "Residents of foreign origin"}),
      level("irregular_migrants", {"irregular"}, "people", {"migrantes en situación irregular", "migrants in an irregular situation"}, {"Sin permiso vigente", "Without a valid permit"}),
      level("permits_granted", {"permits_granted"}, "people/month", {"permisos otorgados por mes", "permits granted a month"}, {"Permisos nuevos que empiezan a valer", "New permits that begin to hold"}),
      level("permits_lapsed", {"permits_lapsed"}, "people/month", {"permisos vencidos por mes", "permits lapsed a month"}, {"Sin renovación en trámite", "With no renewal under way"}),
      mean("permit_wait", {"permit_wait_months"}, {"permits_granted"}, "months", {"espera de un permiso", "wait for a permit"}, {"Meses de la solicitud a la entrega, permisos del mes", "Months from filing to hand-over, permits of the month"}, "register", true, 1),
      mean("office_travel", {"office_minutes"}, {"migrant_population"}, "minutes", {"viaje a la oficina migratoria", "travel to the migration office"}, {"Minutos al punto abierto más cercano, media sobre migrantes", "Minutes to the nearest open point, mean over migrants"}, "model", false, 0),
      mean("service_wait", {"service_wait_months"}, {"services_given"}, "months", {"espera de servicios", "wait for services"}, {"Meses del pedido a la atención, todos los servicios", "Months from request to service, all services"}, "register", true, 2),
      share("service_coverage", {"services_given"}, {"services_requested"}, {"pedidos de servicio atendidos", "service requests met"}, {"Atenciones del mes sobre pedidos del mes", "Served in the month over requests of the month"}, "register"),
      share("turned_away_share", {"turned_away"}, {"services_requested"}, {"rechazos en ventanilla", "turned away at the counter"}, {"Rechazados sobre pedidos del mes", "Turned away over requests of the month"}, "register"),
      level("refusals_document", {"refused_document"}, "people/month", {"contratos no hechos por documentos", "contracts not made for documents"}, {"Por falta de permiso o duda del empleador", "For want of a permit or by the employer's doubt"}, "model"),
      level("refusals_quota", {"refused_quota"}, "people/month", {"contratos no hechos por la cuota", "contracts not made for the quota"}, {"No cupieron en el tope", "Did not fit under the limit"}, "model", true),
      mean("migrants_per_formal_firm", {"migrant_payroll"}, {"firms_with_foreigners"}, "people", {"migrantes por empresa que los tiene en planilla", "migrants per firm that has them on the payroll"}, {"Migrantes en planilla sobre empresas con extranjeros en planilla", "Migrants on payrolls over firms with foreigners on the payroll"}, "register", false, 1),
      level("public_revenue", {"public_revenue"}, "soles/month", {"ingresos públicos", "public revenue"}, {"Aportes, retenciones, tasas, multas e IGV del mes, soles de 2025", "Contributions, withholding, fees, fines and consumption tax of the month, soles of 2025"}, "register", true),
      level("public_cost", {"public_cost"}, "soles/month", {"gasto público", "public cost"}, {"Trámites, servicios, transferencias y medidas del mes, soles de 2025", "Cases, services, transfers and measures of the month, soles of 2025"}, "register", true),
  };
  return table;
}

}  // namespace arraigo
