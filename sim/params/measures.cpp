#include "params/measures.hpp"

#include <array>

namespace arraigo {
namespace {

constexpr char const* extensible_permits = "visitor|humanitarian|temporary|residence|refugee";
constexpr char const* permits = "visitor|irregular|humanitarian|temporary|residence|asylum_pending|refugee";
constexpr char const* sizes = "micro|small|medium|large";
constexpr char const* services =
    "migration_office|employment_centre|household_registry|health_insurance|childcare|school|training|degree_recognition|"
    "bank_account|protection|business_support|women_centre|child_protection|elder_centre|disability_office|"
    "skills_certification|credit";
constexpr char const* transfers = "juntos|pension65|contigo|school_meals|scholarship";
constexpr char const* groups =
    "women|single_parents|with_young_children|disability|aged_65|lgbtiq|indigenous|trafficked|newcomers|poor|migrants|hosts";
constexpr char const* sectors =
    "agriculture|manufacturing|construction|commerce|transport|hospitality|other_services|public_education_health";

/// What every measure costs and who pays it; silent, the unit cost and the payer are those of costs.csv.
template <std::size_t N>
constexpr std::array<MeasureField, N + 2> with_cost(std::array<MeasureField, N> const& fields) {
  std::array<MeasureField, N + 2> all{};
  for (std::size_t i = 0; i < N; ++i) all[i] = fields[i];
  all[N] = {"unit_cost_soles", FieldType::number, "soles", 0, 1e7, "", "", {"Costo por unidad", "Cost per unit"}};
  all[N + 1] = {"payer", FieldType::choice, "", 0, 0, "", "state|municipality|donor|private", {"Quién paga", "Who pays"}};
  return all;
}
/// Whom a measure favours: the groups, and the share of places, or of what others would get, that is kept for them.
constexpr MeasureField priority_field{"priority", FieldType::choice_list, "", 0, 0, "", groups, {"Grupos con prioridad", "Groups with priority"}};
constexpr MeasureField reserved_field{"reserved_share", FieldType::number, "share", 0, 1, "1", "", {"Parte reservada a esos grupos", "Share kept for those groups"}};

constexpr auto programme_fields = with_cost(std::array{
    MeasureField{"programme", FieldType::name, "", 0, 0, "", "", {"Nombre del programa; ventanas del mismo programa no se superponen", "Name of the programme; windows of one programme may not overlap"}},
    MeasureField{"eligible", FieldType::choice_list, "", 0, 0, nullptr, permits, {"Situaciones que pueden solicitar", "Statuses that may apply"}},
    MeasureField{"origins", FieldType::choice_list, "", 0, 0, "venezuelan", "venezuelan|other_foreign", {"Orígenes que pueden solicitar", "Origins that may apply"}},
    MeasureField{"grants", FieldType::choice, "", 0, 0, nullptr, "humanitarian|temporary|residence|refugee", {"Permiso que otorga", "Permit granted"}},
    MeasureField{"entry_cutoff", FieldType::month, "YYYY-MM", 0, 0, "", "", {"Solo quienes llegaron hasta este mes", "Only those who arrived by this month"}},
    MeasureField{"fee_soles", FieldType::number, "soles", 0, 5000, "0", "", {"Tasa del trámite", "Processing fee"}},
    MeasureField{"papers_soles", FieldType::number, "soles", 0, 5000, "0", "", {"Otros papeles (ficha Interpol, copias)", "Other papers (Interpol form, copies)"}},
    MeasureField{"fine_share", FieldType::number, "share", 0, 1, "1", "", {"Parte de la multa por exceso de permanencia que se cobra", "Share of the overstay fine that is charged"}},
    MeasureField{"capacity_per_month", FieldType::number, "people/month", 0, 1e6, nullptr, "", {"Expedientes resueltos por mes en todo el país", "Cases decided a month in the whole country"}},
    MeasureField{"processing_months", FieldType::integer, "months", 0, 60, "1", "", {"Duración mínima del trámite", "Shortest processing time"}},
    MeasureField{"validity_months", FieldType::integer, "months", 1, 600, nullptr, "", {"Vigencia del permiso", "Validity of the permit"}},
    MeasureField{"refusal_share", FieldType::number, "share", 0, 1, "0.05", "", {"Parte de los expedientes denegados", "Share of cases refused"}},
    MeasureField{"held_months", FieldType::integer, "months", 0, 60, "0", "", {"Meses con el permiso actual antes de poder solicitar", "Months with the present permit before applying"}},
    MeasureField{"renewal_within_months", FieldType::integer, "months", 0, 60, "0", "", {"Solo en los últimos meses de vigencia (0: en cualquier mes)", "Only in the last months of validity (0: any month)"}},
    MeasureField{"rights_from", FieldType::choice, "", 0, 0, "collection", "approval|collection", {"Desde cuándo valen los derechos", "From when the rights hold"}},
});
constexpr auto quota_fields = with_cost(std::array{
    MeasureField{"head_share", FieldType::number, "share", 0, 1, "", "", {"Tope de personal extranjero", "Limit on foreign staff"}},
    MeasureField{"payroll_share", FieldType::number, "share", 0, 1, "", "", {"Tope de la planilla pagada a extranjeros", "Limit on the payroll paid to foreigners"}},
    MeasureField{"exempt_sizes", FieldType::choice_list, "", 0, 0, "", sizes, {"Tamaños de empresa exonerados", "Firm sizes that are exempt"}},
    MeasureField{"binding_share", FieldType::number, "share", 0, 1, "", "", {"Parte de las empresas que respetan el tope", "Share of firms that treat the limit as binding"}},
    MeasureField{"counting", FieldType::choice, "", 0, 0, "", "floor|nearest|before_hire", {"Regla de conteo del tope", "Counting rule of the limit"}},
    MeasureField{"registration_soles", FieldType::number, "soles", 0, 5000, "", "", {"Costo de registrar el contrato de un extranjero", "Cost of registering a foreigner's contract"}},
});
constexpr auto service_points_fields = with_cost(std::array{
    MeasureField{"service", FieldType::choice, "", 0, 0, nullptr, services, {"Servicio", "Service"}},
    MeasureField{"points", FieldType::integer, "points/district", 0, 1000, "1", "", {"Puntos nuevos en cada distrito", "New points in each district"}},
    MeasureField{"capacity_per_month", FieldType::number, "people/month/point", 0, 1e6, nullptr, "", {"Personas atendidas por punto y mes", "People served per point and month"}},
    MeasureField{"quality", FieldType::number, "x", 0, 2, "1", "", {"Calidad de la atención", "Quality of service"}},
    MeasureField{"sector", FieldType::choice, "", 0, 0, "", sectors, {"Sector de la capacitación", "Sector of the training"}},
    priority_field,
    MeasureField{"reserved_share", FieldType::number, "share", 0, 1, "0.5", "", {"Parte de las plazas reservada a esos grupos", "Share of the places kept for those groups"}},
});
constexpr auto service_capacity_fields = with_cost(std::array{
    MeasureField{"service", FieldType::choice, "", 0, 0, nullptr, services, {"Servicio", "Service"}},
    MeasureField{"factor", FieldType::number, "x", 0, 100, nullptr, "", {"Capacidad respecto de la vigente", "Capacity relative to the present one"}},
    priority_field,
    MeasureField{"reserved_share", FieldType::number, "share", 0, 1, "0.5", "", {"Parte de las plazas reservada a esos grupos", "Share of the places kept for those groups"}},
});
constexpr auto accepted_documents_fields = with_cost(std::array{
    MeasureField{"service", FieldType::choice, "", 0, 0, nullptr, services, {"Servicio", "Service"}},
    MeasureField{"permits", FieldType::choice_list, "", 0, 0, nullptr, permits, {"Documentos que pasa a aceptar", "Documents that it now accepts"}},
});
constexpr auto fine_amnesty_fields = with_cost(std::array{
    MeasureField{"share_waived", FieldType::number, "share", 0, 1, "1", "", {"Parte de la multa que se condona", "Share of the fine that is waived"}},
});
constexpr auto validity_extension_fields = with_cost(std::array{
    MeasureField{"permits", FieldType::choice_list, "", 0, 0, "humanitarian|temporary|residence", extensible_permits, {"Permisos cuya vigencia se prorroga", "Permits whose validity is extended"}},
});
constexpr auto reach_fields = with_cost(std::array{
    MeasureField{"reach_share_per_month", FieldType::number, "share/month", 0, 1, nullptr, "", {"Parte de las personas alcanzadas cada mes", "Share of people reached each month"}},
});
constexpr auto information_campaign_fields = with_cost(std::array{
    MeasureField{"reach_share_per_month", FieldType::number, "share/month", 0, 1, nullptr, "", {"Parte de las personas alcanzadas cada mes", "Share of people reached each month"}},
    MeasureField{"content", FieldType::choice_list, "", 0, 0, "programmes", "programmes|entitlements|formality|rights", {"De qué informa", "What it informs about"}},
    priority_field,
    reserved_field,
});
constexpr auto hostile_narrative_fields = with_cost(std::array{
    MeasureField{"size_logits_per_month", FieldType::number, "logits/month", -1, 1, nullptr, "", {"Empuje mensual sobre la hostilidad (logits)", "Monthly push on hostility (logits)"}},
});
constexpr auto employer_guide_fields = with_cost(std::array{
    MeasureField{"reach_share_per_month", FieldType::number, "share/month", 0, 1, nullptr, "", {"Parte de las empresas alcanzadas cada mes", "Share of firms reached each month"}},
});
constexpr auto hiring_subsidy_fields = with_cost(std::array{
    MeasureField{"pay_share", FieldType::number, "share of pay", 0, 1, nullptr, "", {"Parte del sueldo formal que cubre el Estado", "Share of formal pay covered by the state"}},
    MeasureField{"sizes", FieldType::choice_list, "", 0, 0, "micro|small|medium|large", sizes, {"Tamaños de empresa que lo reciben", "Firm sizes that receive it"}},
});
constexpr auto job_fair_fields = with_cost(std::array{
    MeasureField{"vacancies_per_month", FieldType::number, "vacancies/month", 0, 1e6, nullptr, "", {"Vacantes ofrecidas por mes en las ferias", "Vacancies brought to fairs a month"}},
});
constexpr auto minimum_wage_fields = with_cost(std::array{
    MeasureField{"soles_per_month", FieldType::number, "soles/month", 0, 10000, nullptr, "", {"Remuneración mínima vital", "Legal minimum wage"}},
});
constexpr auto arrivals_fields = with_cost(std::array{
    MeasureField{"factor", FieldType::number, "x", 0, 100, nullptr, "", {"Llegadas respecto de la serie", "Arrivals relative to the series"}},
    MeasureField{"origins", FieldType::choice_list, "", 0, 0, "venezuelan", "returnee|venezuelan|other_foreign", {"Orígenes", "Origins"}},
    MeasureField{"transit_share", FieldType::number, "share", 0, 0.9, "", "", {"Parte que sigue de paso a otro país", "Share that moves on to another country"}},
    MeasureField{"claim_share", FieldType::number, "share", 0, 1, "", "", {"Parte de quienes se instalan que pide refugio", "Share of those who settle that claims asylum"}},
    MeasureField{"resident_claims_per_month", FieldType::number, "people/month", 0, 1e6, "0", "", {"Solicitudes de refugio al mes, en el país, de quienes ya vivían ahí sin permiso; por cada origen", "Asylum claims a month, in the country, of those who lived there without a permit; of each origin"}},
});
constexpr auto labour_demand_fields = with_cost(std::array{
    MeasureField{"factor", FieldType::number, "x", 0, 10, nullptr, "", {"Puestos deseados respecto de los vigentes", "Desired jobs relative to the present ones"}},
    MeasureField{"sectors", FieldType::choice_list, "", 0, 0, sectors, sectors, {"Sectores", "Sectors"}},
});
constexpr auto mobile_unit_fields = with_cost(std::array{
    MeasureField{"service", FieldType::choice, "", 0, 0, nullptr, services, {"Servicio", "Service"}},
    MeasureField{"months_per_stop", FieldType::integer, "months", 1, 24, "1", "", {"Meses en cada parada", "Months at each stop"}},
    MeasureField{"capacity_per_month", FieldType::number, "people/month", 0, 1e6, nullptr, "", {"Personas atendidas por mes", "People served a month"}},
    MeasureField{"quality", FieldType::number, "x", 0, 2, "1", "", {"Calidad de la atención", "Quality of service"}},
});
constexpr auto service_quality_fields = with_cost(std::array{
    MeasureField{"service", FieldType::choice, "", 0, 0, nullptr, services, {"Servicio", "Service"}},
    MeasureField{"factor", FieldType::number, "x", 0, 2, nullptr, "", {"Calidad respecto de la vigente", "Quality relative to the present one"}},
});
constexpr auto outreach_fields = with_cost(std::array{
    MeasureField{"service", FieldType::choice, "", 0, 0, nullptr, services, {"Servicio", "Service"}},
    MeasureField{"reach_share_per_month", FieldType::number, "share/month", 0, 1, nullptr, "", {"Parte alcanzada cada mes de quienes lo necesitan", "Share of those in need reached each month"}},
    priority_field,
    reserved_field,
});
constexpr auto referral_fields = with_cost(std::array{
    MeasureField{"reach_share", FieldType::number, "share", 0, 1, nullptr, "", {"Parte de los atendidos que se deriva al siguiente servicio", "Share of those served who are referred to the next service"}},
});
constexpr auto officials_training_fields = with_cost(std::array{
    MeasureField{"services", FieldType::choice_list, "", 0, 0, services, services, {"Servicios", "Services"}},
    MeasureField{"reach_share_per_month", FieldType::number, "share/month", 0, 1, nullptr, "", {"Parte de los funcionarios formada cada mes", "Share of officials trained each month"}},
});
constexpr auto officials_turnover_fields = with_cost(std::array{
    MeasureField{"share", FieldType::number, "share", 0, 1, nullptr, "", {"Parte de los funcionarios que cambia", "Share of officials who are replaced"}},
});
constexpr auto municipal_capability_fields = with_cost(std::array{
    MeasureField{"factor", FieldType::number, "x", 0, 2, nullptr, "", {"Capacidad municipal respecto de la vigente", "Municipal capability relative to the present one"}},
    MeasureField{"budget_soles_per_month", FieldType::number, "soles/month", 0, 1e8, "", "", {"Presupuesto mensual de cada distrito para medidas propias", "Monthly budget of each district for its own measures"}},
});
constexpr auto document_verification_fields = with_cost(std::array{
    MeasureField{"users", FieldType::choice_list, "", 0, 0, "employers|banks|services", "employers|banks|services", {"Quiénes verifican", "Who verifies"}},
    MeasureField{"use_share", FieldType::number, "share", 0, 1, nullptr, "", {"Parte de las veces en que se consulta", "Share of the times in which it is consulted"}},
});
constexpr auto case_processing_fields = with_cost(std::array{
    MeasureField{"capacity_factor", FieldType::number, "x", 0, 20, "1", "", {"Expedientes resueltos respecto de los previstos", "Cases decided relative to what is planned"}},
    MeasureField{"months_less", FieldType::integer, "months", 0, 12, "0", "", {"Meses menos de trámite", "Months less of processing"}},
});
constexpr auto migration_enforcement_fields = with_cost(std::array{
    MeasureField{"checks_share_per_month", FieldType::number, "share/month", 0, 0.5, nullptr, "", {"Parte de los migrantes controlada cada mes", "Share of migrants checked each month"}},
    MeasureField{"expulsion_share", FieldType::number, "share", 0, 1, "0.02", "", {"Parte de los irregulares controlados que se expulsa", "Share of those checked without a permit who are expelled"}},
});
constexpr auto cash_support_fields = with_cost(std::array{
    MeasureField{"purpose", FieldType::choice, "", 0, 0, "humanitarian", "humanitarian|rent|seed_capital", {"Para qué", "What for"}},
    MeasureField{"soles_per_month", FieldType::number, "soles/month", 0, 5000, nullptr, "", {"Monto por hogar y mes (capital semilla: una vez)", "Amount per household and month (seed capital: once)"}},
    MeasureField{"coverage_share", FieldType::number, "share", 0, 1, nullptr, "", {"Parte de los hogares elegibles cubierta", "Share of eligible households covered"}},
    MeasureField{"priority", FieldType::choice_list, "", 0, 0, "migrants", groups, {"Hogares elegibles: con algún miembro de estos grupos", "Eligible households: with a member of these groups"}},
});
constexpr auto transfer_programme_fields = with_cost(std::array{
    MeasureField{"transfer", FieldType::choice, "", 0, 0, nullptr, transfers, {"Programa", "Programme"}},
    MeasureField{"permits", FieldType::choice_list, "", 0, 0, "", permits, {"Situaciones migratorias que pasa a admitir", "Migration statuses that it now admits"}},
    MeasureField{"amount_factor", FieldType::number, "x", 0, 5, "1", "", {"Monto respecto del vigente", "Amount relative to the present one"}},
});
constexpr auto registry_rule_fields = with_cost(std::array{
    MeasureField{"applies_to", FieldType::choice_list, "", 0, 0, "migrants", "migrants|hosts", {"A quiénes se aplica", "To whom it applies"}},
    MeasureField{"exclusion_share", FieldType::number, "share", 0, 1, "", "", {"Hogares pobres clasificados como no pobres", "Poor households classified as not poor"}},
    MeasureField{"inclusion_share", FieldType::number, "share", 0, 1, "", "", {"Hogares no pobres clasificados como pobres", "Households that are not poor classified as poor"}},
});
constexpr auto own_reach_fields = with_cost(std::array{
    MeasureField{"reach_share_per_month", FieldType::number, "share/month", 0, 1, nullptr, "", {"Parte de las personas alcanzadas cada mes", "Share of people reached each month"}},
    priority_field,
    reserved_field,
});
constexpr auto formalisation_fields = with_cost(std::array{
    MeasureField{"reach_share_per_month", FieldType::number, "share/month", 0, 1, nullptr, "", {"Parte de las empresas e independientes alcanzada cada mes", "Share of firms and own-account workers reached each month"}},
    MeasureField{"sizes", FieldType::choice_list, "", 0, 0, "micro|small", sizes, {"Tamaños de empresa", "Firm sizes"}},
    MeasureField{"sectors", FieldType::choice_list, "", 0, 0, sectors, sectors, {"Sectores", "Sectors"}},
});
constexpr auto inspection_fields = with_cost(std::array{
    MeasureField{"rate_share_per_month", FieldType::number, "share/month", 0, 1, nullptr, "", {"Parte de las empresas inspeccionada cada mes", "Share of firms inspected each month"}},
    MeasureField{"targets", FieldType::choice_list, "", 0, 0, "contracts|hours|quota", "contracts|hours|quota", {"Qué revisa", "What is inspected"}},
    MeasureField{"sizes", FieldType::choice_list, "", 0, 0, sizes, sizes, {"Tamaños de empresa", "Firm sizes"}},
});
constexpr auto job_matching_fields = with_cost(std::array{
    MeasureField{"seekers_per_month", FieldType::number, "people/month", 0, 1e6, nullptr, "", {"Personas vinculadas con una empresa por mes", "Seekers put in touch with a firm a month"}},
    priority_field,
    reserved_field,
});
constexpr auto occupation_rule_fields = with_cost(std::array{
    MeasureField{"sectors", FieldType::choice_list, "", 0, 0, "public_education_health", sectors, {"Sectores", "Sectors"}},
    MeasureField{"open_share", FieldType::number, "share", 0, 1, nullptr, "", {"Parte de los puestos abierta a extranjeros", "Share of jobs open to foreigners"}},
});
constexpr auto recognition_rule_fields = with_cost(std::array{
    MeasureField{"documents_share", FieldType::number, "share", 0, 1, "", "", {"Parte de los titulados que puede presentar sus documentos", "Share of graduates who can produce their documents"}},
    MeasureField{"licence_share", FieldType::number, "share", 0, 1, "", "", {"Parte que admiten los colegios profesionales", "Share admitted by professional colleges"}},
});
constexpr auto newcomer_tax_fields = with_cost(std::array{
    MeasureField{"withholding_share", FieldType::number, "share of pay", 0, 1, nullptr, "", {"Retención a no domiciliados", "Withholding of non-residents"}},
});

constexpr std::array kinds{
    MeasureKindRow{MeasureKind::programme, "programme", false, programme_fields, {"Programa de regularización", "Regularisation programme"}, {"Abre una ventana: quien es elegible, la conoce y la juzga útil presenta una solicitud que espera turno, revisión y entrega.", "Opens a window: who is eligible, knows of it and judges it worth while files a case that waits for an appointment, review and hand-over."}},
    MeasureKindRow{MeasureKind::quota, "quota", false, quota_fields, {"Cuota de contratación de extranjeros", "Quota on hiring foreigners"}, {"Limita, al contratar en planilla, cuántos extranjeros caben; lo no indicado sigue como estaba.", "Limits, at an on-books hire, how many foreigners fit; what is not stated stays in force."}},
    MeasureKindRow{MeasureKind::service_points, "service_points", true, service_points_fields, {"Nuevos puntos de servicio", "New service points"}, {"Agrega puntos con capacidad: acortan el viaje y la cola.", "Adds points with capacity: they shorten the journey and the queue."}},
    MeasureKindRow{MeasureKind::service_capacity, "service_capacity", true, service_capacity_fields, {"Capacidad de un servicio", "Capacity of a service"}, {"Multiplica la capacidad de los puntos existentes.", "Multiplies the capacity of existing points."}},
    MeasureKindRow{MeasureKind::accepted_documents, "accepted_documents", false, accepted_documents_fields, {"Documentos aceptados por un servicio", "Documents that a service accepts"}, {"Quien porta el documento deja de ser rechazado en ventanilla.", "Who holds the document is no longer turned away at the counter."}},
    MeasureKindRow{MeasureKind::fine_amnesty, "fine_amnesty", false, fine_amnesty_fields, {"Amnistía de multas", "Amnesty of fines"}, {"Reduce la multa acumulada en el precio de todo programa.", "Lowers the accrued fine in the price of every programme."}},
    MeasureKindRow{MeasureKind::information_campaign, "information_campaign", true, information_campaign_fields, {"Campaña de información", "Information campaign"}, {"Da a conocer a quienes alcanza los programas abiertos, los servicios a que tienen derecho, las ventajas de formalizarse o los derechos laborales.", "Makes known, to those it reaches, open programmes, the services that they have a right to, the benefits of formal work, or labour rights."}},
    MeasureKindRow{MeasureKind::cohesion_campaign, "cohesion_campaign", true, reach_fields, {"Campaña de convivencia", "Cohesion campaign"}, {"Baja la hostilidad por un tiempo; el efecto decae.", "Lowers hostility for a time; the effect decays."}},
    MeasureKindRow{MeasureKind::host_support, "host_support", true, reach_fields, {"Apoyo a la comunidad de acogida", "Support to host communities"}, {"Los hogares peruanos alcanzados ven un beneficio común: baja la hostilidad.", "Host households reached see a shared gain: hostility falls."}},
    MeasureKindRow{MeasureKind::hostile_narrative, "hostile_narrative", true, hostile_narrative_fields, {"Narrativa hostil", "Hostile narrative"}, {"Empuja la hostilidad mientras dura (temor al crimen, mensajes).", "Pushes hostility while it lasts (fear of crime, messages)."}},
    MeasureKindRow{MeasureKind::employer_guide, "employer_guide", true, employer_guide_fields, {"Guía de contratación para empleadores", "Employers' hiring guide"}, {"Las empresas alcanzadas aprenden qué documentos son válidos.", "Firms reached learn which documents are valid."}},
    MeasureKindRow{MeasureKind::hiring_subsidy, "hiring_subsidy", true, hiring_subsidy_fields, {"Incentivo al empleo formal", "Incentive to formal hiring"}, {"Baja el sobrecosto del contrato formal.", "Lowers the overhead of a formal contract."}},
    MeasureKindRow{MeasureKind::job_fair, "job_fair", true, job_fair_fields, {"Ferias y maratones de empleo", "Job fairs"}, {"Quien busca trabajo envía una postulación más, a vacantes traídas a la feria.", "Seekers send one more application, to vacancies brought to the fair."}},
    MeasureKindRow{MeasureKind::minimum_wage, "minimum_wage", false, minimum_wage_fields, {"Remuneración mínima", "Minimum wage"}, {"Piso del sueldo en planilla.", "Floor of on-books pay."}},
    MeasureKindRow{MeasureKind::arrivals, "arrivals", false, arrivals_fields, {"Llegadas", "Arrivals"}, {"Multiplica la serie de llegadas de los orígenes, o cambia cuántos siguen de paso o piden refugio.", "Multiplies the series of arrivals of the origins, or changes how many move on or claim asylum."}},
    MeasureKindRow{MeasureKind::labour_demand, "labour_demand", true, labour_demand_fields, {"Demanda de trabajo", "Labour demand"}, {"Multiplica el personal que desean las empresas de los sectores (compra pública, inversión, un choque); si baja, despiden parte de lo que sobra.", "Multiplies the staff that firms of the sectors want (public purchase, investment, a shock); where it falls they dismiss part of what is left over."}},
    MeasureKindRow{MeasureKind::mobile_unit, "mobile_unit", true, mobile_unit_fields, {"Unidad móvil", "Mobile unit"}, {"Atiende en los distritos de where, en ese orden, una parada tras otra: acorta el viaje mientras está cerca.", "Serves in the districts of where, in that order, one stop after the other: shortens the journey while it is near."}},
    MeasureKindRow{MeasureKind::service_quality, "service_quality", true, service_quality_fields, {"Calidad de un servicio", "Quality of a service"}, {"Multiplica la calidad de los puntos existentes: lo que la atención logra.", "Multiplies the quality of existing points: what being served achieves."}},
    MeasureKindRow{MeasureKind::outreach, "outreach", true, outreach_fields, {"Brigadas y empadronamiento a domicilio", "Outreach and registration drives"}, {"Quien necesita el servicio y es alcanzado lo pide sin viaje ni temor; la atención sigue limitada por la capacidad.", "Who needs the service and is reached asks without journey or fear; serving stays within capacity."}},
    MeasureKindRow{MeasureKind::referral, "referral", true, referral_fields, {"Mapa de derivación entre servicios", "Referral between services"}, {"A quien se atiende en un servicio se le da cita en el siguiente que necesita.", "Who is served at one counter gets an appointment at the next that they need."}},
    MeasureKindRow{MeasureKind::officials_training, "officials_training", true, officials_training_fields, {"Formación de funcionarios", "Training of officials"}, {"Los funcionarios formados conocen los documentos y rechazan menos por duda o prejuicio.", "Trained officials know the documents and turn fewer away for doubt or prejudice."}},
    MeasureKindRow{MeasureKind::officials_turnover, "officials_turnover", true, officials_turnover_fields, {"Cambio de funcionarios", "Turnover of officials"}, {"Con quienes se van se pierde lo aprendido; los puntos municipales atienden menos mientras aprenden los nuevos.", "With those who leave goes what they had learnt; municipal points serve fewer while the new ones learn."}},
    MeasureKindRow{MeasureKind::municipal_capability, "municipal_capability", true, municipal_capability_fields, {"Capacidad municipal", "Municipal capability"}, {"Multiplica la capacidad de los servicios municipales y pone tope a lo que el distrito gasta en medidas propias.", "Multiplies the capacity of municipal services, and caps what the district spends on its own measures."}},
    MeasureKindRow{MeasureKind::document_verification, "document_verification", true, document_verification_fields, {"Verificación de documentos", "Document verification"}, {"Quien consulta el registro no duda de un documento válido.", "Who consults the register does not doubt a valid document."}},
    MeasureKindRow{MeasureKind::case_processing, "case_processing", false, case_processing_fields, {"Equipamiento y registros interconectados de la autoridad migratoria", "Equipment and interconnected registers of the migration authority"}, {"Más expedientes resueltos por mes y menos meses de trámite en todo programa.", "More cases decided a month and fewer months of processing in every programme."}},
    MeasureKindRow{MeasureKind::migration_enforcement, "migration_enforcement", true, migration_enforcement_fields, {"Control migratorio", "Migration enforcement"}, {"Los controles bajan la confianza; parte de quienes carecen de permiso es expulsada.", "Checks lower trust; part of those without a permit is expelled."}},
    MeasureKindRow{MeasureKind::cash_support, "cash_support", true, cash_support_fields, {"Efectivo humanitario, alquiler o capital semilla", "Humanitarian cash, rent support or seed capital"}, {"Los hogares cubiertos reciben el monto; el capital semilla anima a trabajar por cuenta propia.", "Covered households receive the amount; seed capital encourages own-account work."}},
    MeasureKindRow{MeasureKind::transfer_programme, "transfer_programme", false, transfer_programme_fields, {"Programa social", "Social programme"}, {"Abre el programa a otras situaciones migratorias o cambia su monto; quien lo recibe debe cumplir lo demás.", "Opens the programme to other migration statuses or changes its amount; the other conditions still hold."}},
    MeasureKindRow{MeasureKind::registry_rule, "registry_rule", false, registry_rule_fields, {"Regla de clasificación del SISFOH", "Classification rule of the household registry"}, {"Cambia los errores con que se clasifica a un hogar como pobre.", "Changes the errors with which a household is classified as poor."}},
    MeasureKindRow{MeasureKind::savings_groups, "savings_groups", true, own_reach_fields, {"Grupos de ahorro y crédito", "Savings groups"}, {"Los independientes alcanzados obtienen un préstamo pequeño sin documentos ni historial.", "Own-account workers reached obtain a small loan without papers or history."}},
    MeasureKindRow{MeasureKind::formalisation, "formalisation", true, formalisation_fields, {"Formalización de empresas y trabajadores", "Formalisation of firms and workers"}, {"Acompaña a empresas e independientes: parte de los que están cerca de convenirles se formaliza y pasa su personal a planilla.", "Accompanies firms and own-account workers: part of those for whom it nearly pays become formal and put their staff on the books."}},
    MeasureKindRow{MeasureKind::inspection, "inspection", true, inspection_fields, {"Inspección laboral", "Labour inspection"}, {"La empresa inspeccionada respeta la cuota, paga lo debido y pone en planilla a parte de su personal; se le multa.", "An inspected firm keeps to the quota, pays what is due and puts part of its staff on the books; it is fined."}},
    MeasureKindRow{MeasureKind::labour_rights, "labour_rights", true, own_reach_fields, {"Derechos laborales, sindicatos y diálogo social", "Labour rights, unions and social dialogue"}, {"Los trabajadores alcanzados reclaman jornada y pago.", "Workers reached claim their hours and pay."}},
    MeasureKindRow{MeasureKind::fair_recruitment, "fair_recruitment", true, employer_guide_fields, {"Contratación justa: formación de empleadores", "Fair recruitment: training of employers"}, {"Las empresas formadas evalúan con menos prejuicio y conocen los documentos.", "Trained firms rank with less prejudice and know the documents."}},
    MeasureKindRow{MeasureKind::job_matching, "job_matching", true, job_matching_fields, {"Vinculación directa con empresas", "Direct job matching"}, {"Quien busca trabajo y es atendido postula con recomendación a una empresa formal.", "Seekers who are served apply to a formal firm with a recommendation."}},
    MeasureKindRow{MeasureKind::occupation_rule, "occupation_rule", false, occupation_rule_fields, {"Ocupaciones abiertas a extranjeros", "Occupations open to foreigners"}, {"Cambia qué parte de los puestos del sector pueden ocupar extranjeros.", "Changes which share of the sector's jobs foreigners may take."}},
    MeasureKindRow{MeasureKind::recognition_rule, "recognition_rule", false, recognition_rule_fields, {"Convenios de títulos y colegios profesionales", "Degree agreements and professional colleges"}, {"Cambia quién puede presentar sus documentos y quién obtiene la colegiatura al reconocer un título.", "Changes who can produce documents and who is admitted by the college when a degree is recognised."}},
    MeasureKindRow{MeasureKind::shared_spaces, "shared_spaces", true, reach_fields, {"Espacios de convivencia", "Shared spaces"}, {"El contacto entre vecinos baja la hostilidad y lleva noticias.", "Contact between neighbours lowers hostility and carries news."}},
    MeasureKindRow{MeasureKind::school_cohesion, "school_cohesion", true, reach_fields, {"Escuelas contra la xenofobia", "Schools against xenophobia"}, {"Actúa despacio, conforme pasan por la escuela nuevas cohortes.", "Acts slowly, as cohorts pass through school."}},
    MeasureKindRow{MeasureKind::media_training, "media_training", true, reach_fields, {"Talleres para periodistas", "Workshops for journalists"}, {"Atenúa las narrativas hostiles mientras dura su efecto.", "Dampens hostile narratives while its effect lasts."}},
    MeasureKindRow{MeasureKind::civil_society, "civil_society", true, reach_fields, {"Organizaciones de migrantes y sociedad civil", "Diaspora and civil-society organisations"}, {"Mensajeros de confianza: dan a conocer programas y suben la confianza.", "Trusted messengers: they make programmes known and raise trust."}},
    MeasureKindRow{MeasureKind::newcomer_tax, "newcomer_tax", false, newcomer_tax_fields, {"Impuesto de recién llegados", "Tax of newcomers"}, {"Cambia la retención sobre el sueldo en planilla de no domiciliados.", "Changes the withholding from the payroll pay of non-residents."}},
    MeasureKindRow{MeasureKind::validity_extension, "validity_extension", false, validity_extension_fields, {"Prórroga de la vigencia", "Extension of validity"}, {"Mientras dura, los permisos que vencen siguen valiendo y todavía se pueden renovar o cambiar; al terminar vencen aquellos cuya renovación o cambio nadie pidió.", "While it lasts, permits that expire stay valid and can still be renewed or changed; when it ends, those lapse that nobody asked to renew."}},
};

constexpr bool kinds_stand_in_order() {
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (static_cast<std::size_t>(kinds[i].kind) != i) return false;
  return true;
}
static_assert(kinds_stand_in_order());

}  // namespace

std::span<MeasureKindRow const> measure_kinds() { return kinds; }

MeasureKindRow const* find_measure_kind(std::string_view name) {
  for (auto const& row : kinds)
    if (row.name == name) return &row;
  return nullptr;
}

MeasureKindRow const& row_of(MeasureKind kind) { return kinds[static_cast<std::size_t>(kind)]; }

}  // namespace arraigo
