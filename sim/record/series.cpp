#include "record/series.hpp"

#include <algorithm>

#include "world/world.hpp"

namespace arraigo {
namespace {

constexpr std::array persons{
    PersonSeries{"population", [](OutcomeCode const&, Education) { return true; }, {"población", "population"}, {"Personas residentes al fin del mes", "Residents at the month's end"}},
    PersonSeries{"working_age", [](OutcomeCode const& o, Education) { return o.activity != Activity::child; }, {"en edad de trabajar", "of working age"}, {"Personas de 14 años y más (definición del INEI)", "People aged 14 and over (INEI's definition)"}},
    PersonSeries{"active", [](OutcomeCode const& o, Education) { return is_active(o.activity); }, {"población activa", "labour force"}, {"Ocupados y desempleados", "Employed and unemployed"}},
    PersonSeries{"employed", [](OutcomeCode const& o, Education) { return is_employed(o.activity); }, {"ocupados", "employed"}, {"Con un trabajo principal, asalariado o independiente", "With a main job, as employee or on own account"}},
    PersonSeries{"unemployed", [](OutcomeCode const& o, Education) { return o.activity == Activity::unemployed; }, {"desempleados", "unemployed"}, {"Sin trabajo y en busca de uno", "Without a job and searching"}},
    PersonSeries{"employees", [](OutcomeCode const& o, Education) { return is_employee(o.activity); }, {"asalariados", "employees"}, {"Trabajan para un empleador, con o sin contrato", "Work for an employer, with or without contract"}},
    PersonSeries{"payroll", [](OutcomeCode const& o, Education) { return o.activity == Activity::payroll; }, {"con contrato en planilla", "with a payroll contract"}, {"Asalariados en planilla", "Employees on the payroll"}},
    PersonSeries{"service_contract", [](OutcomeCode const& o, Education) { return o.activity == Activity::service_contract; }, {"por recibos", "paid by receipts"}, {"Asalariados pagados por recibos por honorarios", "Employees paid by receipts"}},
    PersonSeries{"own_account", [](OutcomeCode const& o, Education) { return o.activity == Activity::own_account || o.activity == Activity::own_account_formal; }, {"independientes", "own-account workers"}, {"Trabajo por cuenta propia o familiar", "Own-account or family work"}},
    PersonSeries{"own_account_formal", [](OutcomeCode const& o, Education) { return o.activity == Activity::own_account_formal; }, {"independientes con RUC", "own-account with tax number"}, {"Independientes con registro tributario", "Own-account workers with tax registration"}},
    PersonSeries{"informal", [](OutcomeCode const& o, Education) { return is_employed(o.activity) && !is_formal(o.activity); }, {"ocupados informales", "informally employed"}, {"Ocupados sin planilla ni RUC", "Employed neither on a payroll nor with a tax number"}},
    PersonSeries{"poor", [](OutcomeCode const& o, Education) { return o.poverty > 0; }, {"en pobreza", "poor"}, {"En hogares con gasto por persona bajo la línea de pobreza", "In households that spend less per head than the poverty line"}},
    PersonSeries{"extreme_poor", [](OutcomeCode const& o, Education) { return o.poverty == 2; }, {"en pobreza extrema", "extremely poor"}, {"En hogares con gasto por persona bajo la línea de pobreza extrema", "In households that spend less per head than the extreme poverty line"}},
    PersonSeries{"insured", [](OutcomeCode const& o, Education) { return o.insured; }, {"con seguro de salud", "with health insurance"}, {"SIS, o EsSalud por planilla propia o, en menores de 18, de alguien del hogar", "Public insurance, or that of the own payroll contract or, under 18, of one in the household"}},
    PersonSeries{"adults", [](OutcomeCode const& o, Education) { return o.stage >= 3; }, {"adultos", "adults"}, {"Personas de 18 años y más", "People aged 18 and over"}},
    PersonSeries{"account_holders", [](OutcomeCode const& o, Education) { return o.stage == 3; }, {"con cuenta", "with an account"}, {"Adultos con cuenta en una entidad financiera", "Adults with an account at a financial institution"}},
    PersonSeries{"school_age", [](OutcomeCode const& o, Education) { return o.stage == 1 || o.stage == 2; }, {"en edad escolar", "of school age"}, {"De 3 a 16 años", "Aged 3 to 16"}},
    PersonSeries{"enrolled", [](OutcomeCode const& o, Education) { return o.stage == 2; }, {"matriculados", "enrolled"}, {"De 3 a 16 años con plaza escolar", "Aged 3 to 16 with a school place"}},
    PersonSeries{"higher_educated", [](OutcomeCode const& o, Education e) { return o.activity != Activity::child && e >= Education::technical; }, {"con estudios superiores", "with higher education"}, {"De 14 y más con estudios técnicos o universitarios", "Aged 14 and over with technical or university studies"}},
    PersonSeries{"degree_recognised", [](OutcomeCode const& o, Education e) { return o.activity != Activity::child && e >= Education::technical && o.recognised; }, {"con título reconocido", "with a recognised degree"}, {"Con estudios superiores válidos en el país", "With higher studies valid in the country"}},
    PersonSeries{"felt_discrimination", [](OutcomeCode const& o, Education) { return o.felt; }, {"sintieron discriminación", "felt discrimination"}, {"Migrantes que la sintieron en los últimos doce meses", "Migrants who felt it in the last twelve months"}},
    PersonSeries{"exploited", nullptr, {"ocupados en abuso laboral", "employed under abuse"}, {"Empleados sin contrato más allá de la jornada legal y con pago retenido", "Employed without contract beyond the legal week, with pay kept back"}, Holding::exploited},
    PersonSeries{"credit_holders", nullptr, {"con crédito", "with a loan"}, {"Con un préstamo para el negocio propio", "With a loan for the own business"}, Holding::credit},
    PersonSeries{"trained", nullptr, {"capacitados o certificados", "trained or certified"}, {"Con un curso terminado o competencias certificadas", "With a completed course or certified skills"}, Holding::trained},
    PersonSeries{"trained_formal", nullptr, {"capacitados en trabajo formal", "trained, in formal work"}, {"Capacitados o certificados en planilla o independientes con RUC", "Trained or certified, on a payroll or own-account with tax number"}, Holding::trained_formal},
    PersonSeries{"protection_need", nullptr, {"con necesidad de protección", "with a protection need"}, {"Abierta, o atendida desde el inicio de la corrida", "Open, or attended since the start of the run"}, Holding::protection_need},
    PersonSeries{"protection_unattended", nullptr, {"con necesidad de protección no atendida", "with an unattended protection need"}, {"La tienen y ningún servicio la atiende", "They have it and no service attends to it"}, Holding::protection_unattended},
    PersonSeries{"elders", nullptr, {"de 65 y más", "aged 65 and over"}, {"Personas de 65 años y más", "People aged 65 and over"}, Holding::elder},
    PersonSeries{"elder_places", nullptr, {"con plaza en un centro de mayores", "with a place at an elders' centre"}, {"Plazas ocupadas de centros de día (CIAM)", "Places taken at elders' day centres (CIAM)"}, Holding::elder_place},
    PersonSeries{"registered", nullptr, {"en hogares del SISFOH", "in registered households"}, {"En hogares empadronados en el SISFOH", "In households that the household registry (SISFOH) holds"}, Holding::registered},
    PersonSeries{"juntos_children", nullptr, {"menores con Juntos", "minors under Juntos"}, {"Menores de 18 con derecho en hogares clasificados como pobres y en pobreza extrema", "Entitled minors in households classified as poor and in extreme poverty"}, Holding::juntos},
    PersonSeries{"pension65_holders", nullptr, {"con Pensión 65", "with Pensión 65"}, {"De 65 y más con derecho en hogares clasificados como pobres y en pobreza extrema", "Entitled people of 65 and over in households classified as poor and in extreme poverty"}, Holding::pension65},
    PersonSeries{"contigo_holders", nullptr, {"con Contigo", "with Contigo"}, {"Con discapacidad y derecho, en hogares clasificados como pobres y en pobreza extrema", "With a disability and entitled, in households classified as poor and in extreme poverty"}, Holding::contigo},
    PersonSeries{"social_programme", nullptr, {"con un programa social", "under a social programme"}, {"Juntos, Pensión 65 o Contigo, como se definen aquí", "Juntos, Pensión 65 or Contigo, as defined here"}, Holding::social_programme},
    PersonSeries{"rent_burdened", nullptr, {"en hogares agobiados por el alquiler", "burdened by rent"}, {"En hogares que alquilan y pagan por ello gran parte de su ingreso", "In households that rent and pay a large part of their income for it"}, Holding::rent_burdened},
    PersonSeries{"crowded", nullptr, {"en hogares numerosos", "in crowded households"}, {"En hogares de siete o más; indicio de hacinamiento, pues las habitaciones no se conocen (supuesto)", "In households of seven or more; a sign of crowding, since rooms are not known (assumption)"}, Holding::crowded},
    PersonSeries{"with_disability", nullptr, {"con discapacidad", "with a disability"}, {"Necesitan apoyo en la vida diaria", "Need support in daily life"}, Holding::disability},
};

constexpr std::array statuses{
    StatusSeries{"regular", [](Permit p, Claim, CaseStage) { return p != Permit::irregular; }, {"en situación regular", "in a regular situation"}, {"Con permiso vigente, visita incluida; la solicitud de refugio sola no cuenta", "With a valid permit, visits included; an asylum claim alone does not count"}},
    StatusSeries{"irregular", [](Permit p, Claim, CaseStage) { return p == Permit::irregular; }, {"en situación irregular", "in an irregular situation"}, {"Sin permiso vigente", "Without a valid permit"}},
    StatusSeries{"permit_holders", [](Permit p, Claim, CaseStage) { return p >= Permit::humanitarian; }, {"con permiso de residencia o temporal", "with a residence or temporary permit"}, {"Humanitaria, PTP, CPP, carné de extranjería o refugio", "Humanitarian, PTP, CPP, foreigner's card or refugee"}},
    StatusSeries{"asylum_pending", [](Permit, Claim c, CaseStage) { return c == Claim::pending; }, {"con solicitud de refugio pendiente", "with a pending asylum claim"}, {"Atributo aparte del permiso", "An attribute apart from the permit"}},
    StatusSeries{"without_papers", [](Permit p, Claim c, CaseStage) { return p == Permit::irregular && c != Claim::pending; }, {"sin permiso ni solicitud de refugio", "with neither permit nor claim"}, {"Sin permiso vigente y sin solicitud de refugio pendiente", "With neither a valid permit nor a pending asylum claim"}},
    StatusSeries{"in_process", [](Permit, Claim, CaseStage s) { return s != CaseStage::none; }, {"con trámite en curso", "with a case in process"}, {"Esperan cita, revisión o entrega", "Waiting for an appointment, review or hand-over"}},
};

constexpr std::array flows{
    FlowSeries{"births", "people", {"nacimientos", "births"}, {"En el mes", "In the month"}},
    FlowSeries{"deaths", "people", {"muertes", "deaths"}, {"En el mes", "In the month"}},
    FlowSeries{"arrivals", "people", {"llegadas", "arrivals"}, {"Personas que se instalan, sin tránsito", "People who settle, transit left out"}},
    FlowSeries{"departures", "people", {"salidas", "departures"}, {"Personas que dejan el país", "People who leave the country"}},
    FlowSeries{"moves_out", "people", {"mudanzas de salida", "moves out"}, {"A otro distrito del área", "To another district of the area"}},
    FlowSeries{"moves_in", "people", {"mudanzas de entrada", "moves in"}, {"De otro distrito del área", "From another district of the area"}},
    FlowSeries{"asylum_claims", "people", {"solicitudes de refugio", "asylum claims"}, {"Nuevas en el mes", "New in the month"}},
    FlowSeries{"applications", "people", {"solicitudes de permiso", "permit applications"}, {"Presentadas en el mes, renovaciones incluidas", "Filed in the month, renewals included"}},
    FlowSeries{"permits_granted", "people", {"permisos otorgados", "permits granted"}, {"Permisos nuevos que empiezan a valer", "New permits that begin to hold"}},
    FlowSeries{"permits_refused", "people", {"solicitudes denegadas", "applications refused"}, {"En el mes", "In the month"}},
    FlowSeries{"permits_lapsed", "people", {"permisos vencidos", "permits lapsed"}, {"Vencieron sin renovación en trámite", "Ended with no renewal under way"}},
    FlowSeries{"permits_renewed", "people", {"permisos renovados", "permits renewed"}, {"En el mes", "In the month"}},
    FlowSeries{"permit_wait_months", "months", {"espera de permisos nuevos", "wait for new permits"}, {"Suma de meses de la solicitud a la entrega", "Sum of months from filing to hand-over"}},
    FlowSeries{"separations", "people", {"ceses", "separations"}, {"Asalariados que pierden o dejan el empleo", "Employees who lose or leave their job"}},
    FlowSeries{"contracts_ended_by_permit", "people", {"contratos terminados por vencimiento del permiso", "contracts ended by the permit"}, {"En el mes", "In the month"}},
    FlowSeries{"vacancies", "people", {"vacantes abiertas", "vacancies opened"}, {"En el mes", "In the month"}},
    FlowSeries{"hires", "people", {"contrataciones", "hires"}, {"Con o sin contrato", "With or without contract"}},
    FlowSeries{"formal_hires", "people", {"contrataciones en planilla", "payroll hires"}, {"En el mes", "In the month"}},
    FlowSeries{"migrant_hires", "people", {"contrataciones de migrantes", "hires of migrants"}, {"Con o sin contrato", "With or without contract"}},
    FlowSeries{"migrant_formal_hires", "people", {"contrataciones de migrantes en planilla", "payroll hires of migrants"}, {"En el mes", "In the month"}},
    FlowSeries{"host_formal_hires", "people", {"contrataciones de peruanos en planilla", "payroll hires of hosts"}, {"En el mes", "In the month"}},
    FlowSeries{"refused_document", "people", {"rechazos por documento", "refusals for the document"}, {"Contratos que no fueron por falta de permiso o por duda del empleador", "Contracts that failed for want of a permit or by the employer's doubt"}},
    FlowSeries{"refused_quota", "people", {"rechazos por la cuota", "refusals by the quota"}, {"Contratos que no cupieron en la cuota", "Contracts that did not fit under the quota"}},
    FlowSeries{"declined_offer", "people", {"contratos no aceptados", "contracts declined"}, {"El sueldo neto en planilla era menor que sin contrato", "Net pay on the payroll was below that without contract"}},
    FlowSeries{"unfilled_vacancies", "people", {"vacantes sin cubrir", "vacancies unfilled"}, {"Al fin del mes", "At the month's end"}},
    FlowSeries{"services_requested", "people", {"pedidos de servicio", "service requests"}, {"En el mes", "In the month"}},
    FlowSeries{"services_given", "people", {"servicios dados", "services given"}, {"En el mes", "In the month"}},
    FlowSeries{"service_wait_months", "months", {"espera de servicios", "wait for services"}, {"Suma de meses del pedido a la atención", "Sum of months from request to service"}},
    FlowSeries{"turned_away", "people", {"rechazados en ventanilla", "turned away at the counter"}, {"Por papeles o por no haber punto", "For papers, or because there is no point"}},
    FlowSeries{"services_in_time", "people", {"atendidos en sesenta días", "served within sixty days"}, {"Atenciones con espera de hasta dos meses", "Served after a wait of at most two months"}},
    FlowSeries{"protection_needs", "people", {"necesidades de protección nuevas", "new protection needs"}, {"Surgidas en el mes (supuesto)", "Arisen in the month (assumption)"}},
    FlowSeries{"expulsions", "people", {"expulsiones", "expulsions"}, {"En el mes", "In the month"}},
    FlowSeries{"contracts_regularised", "people", {"pasos a planilla", "moves on the books"}, {"Trabajadores que su empresa formalizada pasa a planilla", "Workers put on the books by a firm that was made formal"}},
    FlowSeries{"businesses_started", "people", {"negocios iniciados", "businesses started"}, {"Personas que empiezan por cuenta propia", "People who start on own account"}},
    FlowSeries{"referrals", "people", {"derivaciones", "referrals"}, {"De un servicio al siguiente", "From one service to the next"}},
    FlowSeries{"firms_inspected", "firms", {"empresas inspeccionadas", "firms inspected"}, {"En el mes", "In the month"}},
    FlowSeries{"firms_formalised", "firms", {"empresas formalizadas", "firms made formal"}, {"Por acompañamiento o inspección, en el mes", "By support or inspection, in the month"}},
    FlowSeries{"applications_turned_away", "people", {"solicitudes rechazadas en ventanilla", "applications turned away at the counter"}, {"No recibidas por duda del funcionario; pueden intentarlo otra vez", "Not taken in by an official in doubt; they may try again"}},
};
constexpr bool is_coded(PersonSeries const& s) { return s.holds != nullptr; }
constexpr std::size_t coded = static_cast<std::size_t>(std::count_if(persons.begin(), persons.end(), is_coded));
static_assert(coded <= coded_series_limit, "more coded series than counters for them");
static_assert(persons.size() == coded + holding_count && std::is_partitioned(persons.begin(), persons.end(), is_coded));
static_assert([] {
  for (std::size_t k = 0; k < holding_count; ++k)
    if (persons[coded + k].holding != static_cast<Holding>(k)) return false;
  return true;
}(), "every holding has a row, in the order of enum Holding");
static_assert(flows.size() == flow_count, "every flow that is counted has a row, in the order of enum Flow");

}  // namespace

std::span<PersonSeries const> person_series() { return persons; }
std::size_t coded_series_count() { return coded; }
std::span<StatusSeries const> status_series() { return statuses; }
std::span<FlowSeries const> flow_series() { return flows; }

bool is_flow(std::string_view base) {
  constexpr std::array<std::string_view, 10> others{"service_requests", "service_given", "service_wait", "service_turned_away", "new_applications", "new_permits",
                                                    "public_accounts", "public_revenue", "public_cost", "programme_cost"};
  if (base == "unfilled_vacancies") return false;  // what is left of a month's flow at its end
  return std::any_of(flows.begin(), flows.end(), [&](FlowSeries const& f) { return f.name == base; }) || std::find(others.begin(), others.end(), base) != others.end();
}

}  // namespace arraigo
