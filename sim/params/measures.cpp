#include "params/measures.hpp"

#include <array>

namespace arraigo {
namespace {

constexpr char const* permits = "visitor|irregular|humanitarian|temporary|residence|asylum_pending|refugee";
constexpr char const* sizes = "micro|small|medium|large";
constexpr char const* services =
    "migration_office|employment_centre|household_registry|health_insurance|childcare|school|training|degree_recognition|"
    "bank_account|protection|business_support";

constexpr std::array programme_fields{
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
};
constexpr std::array quota_fields{
    MeasureField{"head_share", FieldType::number, "share", 0, 1, "", "", {"Tope de personal extranjero", "Limit on foreign staff"}},
    MeasureField{"payroll_share", FieldType::number, "share", 0, 1, "", "", {"Tope de la planilla pagada a extranjeros", "Limit on the payroll paid to foreigners"}},
    MeasureField{"exempt_sizes", FieldType::choice_list, "", 0, 0, "", sizes, {"Tamaños de empresa exonerados", "Firm sizes that are exempt"}},
    MeasureField{"binding_share", FieldType::number, "share", 0, 1, "", "", {"Parte de las empresas que respetan el tope", "Share of firms that treat the limit as binding"}},
    MeasureField{"counting", FieldType::choice, "", 0, 0, "", "floor|nearest|before_hire", {"Regla de conteo del tope", "Counting rule of the limit"}},
};
constexpr std::array service_points_fields{
    MeasureField{"service", FieldType::choice, "", 0, 0, nullptr, services, {"Servicio", "Service"}},
    MeasureField{"points", FieldType::integer, "points/district", 0, 1000, "1", "", {"Puntos nuevos en cada distrito", "New points in each district"}},
    MeasureField{"capacity_per_month", FieldType::number, "people/month/point", 0, 1e6, nullptr, "", {"Personas atendidas por punto y mes", "People served per point and month"}},
};
constexpr std::array service_capacity_fields{
    MeasureField{"service", FieldType::choice, "", 0, 0, nullptr, services, {"Servicio", "Service"}},
    MeasureField{"factor", FieldType::number, "x", 0, 100, nullptr, "", {"Capacidad respecto de la vigente", "Capacity relative to the present one"}},
};
constexpr std::array accepted_documents_fields{
    MeasureField{"service", FieldType::choice, "", 0, 0, nullptr, services, {"Servicio", "Service"}},
    MeasureField{"permits", FieldType::choice_list, "", 0, 0, nullptr, permits, {"Documentos que pasa a aceptar", "Documents that it now accepts"}},
};
constexpr std::array fine_amnesty_fields{
    MeasureField{"share_waived", FieldType::number, "share", 0, 1, "1", "", {"Parte de la multa que se condona", "Share of the fine that is waived"}},
};
constexpr std::array reach_fields{
    MeasureField{"reach_share_per_month", FieldType::number, "share/month", 0, 1, nullptr, "", {"Parte de las personas alcanzadas cada mes", "Share of people reached each month"}},
};
constexpr std::array hostile_narrative_fields{
    MeasureField{"size_logits_per_month", FieldType::number, "logits/month", -1, 1, nullptr, "", {"Empuje mensual sobre la hostilidad (logits)", "Monthly push on hostility (logits)"}},
};
constexpr std::array employer_guide_fields{
    MeasureField{"reach_share_per_month", FieldType::number, "share/month", 0, 1, nullptr, "", {"Parte de las empresas alcanzadas cada mes", "Share of firms reached each month"}},
};
constexpr std::array hiring_subsidy_fields{
    MeasureField{"pay_share", FieldType::number, "share of pay", 0, 1, nullptr, "", {"Parte del sueldo formal que cubre el Estado", "Share of formal pay covered by the state"}},
    MeasureField{"sizes", FieldType::choice_list, "", 0, 0, "micro|small|medium|large", sizes, {"Tamaños de empresa que lo reciben", "Firm sizes that receive it"}},
};
constexpr std::array job_fair_fields{
    MeasureField{"vacancies_per_month", FieldType::number, "vacancies/month", 0, 1e6, nullptr, "", {"Vacantes ofrecidas por mes en las ferias", "Vacancies brought to fairs a month"}},
};
constexpr std::array minimum_wage_fields{
    MeasureField{"soles_per_month", FieldType::number, "soles/month", 0, 10000, nullptr, "", {"Remuneración mínima vital", "Legal minimum wage"}},
};
constexpr std::array arrivals_fields{
    MeasureField{"factor", FieldType::number, "x", 0, 100, nullptr, "", {"Llegadas respecto de la serie", "Arrivals relative to the series"}},
};
constexpr std::array labour_demand_fields{
    MeasureField{"factor", FieldType::number, "x", 0, 10, nullptr, "", {"Puestos deseados respecto de los vigentes", "Desired jobs relative to the present ones"}},
};

constexpr std::array kinds{
    MeasureKindRow{MeasureKind::programme, "programme", false, programme_fields, {"Programa de regularización", "Regularisation programme"}, {"Abre una ventana: quien es elegible, la conoce y la juzga útil presenta una solicitud que espera turno, revisión y entrega.", "Opens a window: who is eligible, knows of it and judges it worth while files a case that waits for an appointment, review and hand-over."}},
    MeasureKindRow{MeasureKind::quota, "quota", false, quota_fields, {"Cuota de contratación de extranjeros", "Quota on hiring foreigners"}, {"Limita, al contratar en planilla, cuántos extranjeros caben; lo no indicado sigue como estaba.", "Limits, at an on-books hire, how many foreigners fit; what is not stated stays in force."}},
    MeasureKindRow{MeasureKind::service_points, "service_points", true, service_points_fields, {"Nuevos puntos de servicio", "New service points"}, {"Agrega puntos con capacidad: acortan el viaje y la cola.", "Adds points with capacity: they shorten the journey and the queue."}},
    MeasureKindRow{MeasureKind::service_capacity, "service_capacity", true, service_capacity_fields, {"Capacidad de un servicio", "Capacity of a service"}, {"Multiplica la capacidad de los puntos existentes.", "Multiplies the capacity of existing points."}},
    MeasureKindRow{MeasureKind::accepted_documents, "accepted_documents", false, accepted_documents_fields, {"Documentos aceptados por un servicio", "Documents that a service accepts"}, {"Quien porta el documento deja de ser rechazado en ventanilla.", "Who holds the document is no longer turned away at the counter."}},
    MeasureKindRow{MeasureKind::fine_amnesty, "fine_amnesty", false, fine_amnesty_fields, {"Amnistía de multas", "Amnesty of fines"}, {"Reduce la multa acumulada en el precio de todo programa.", "Lowers the accrued fine in the price of every programme."}},
    MeasureKindRow{MeasureKind::information_campaign, "information_campaign", true, reach_fields, {"Campaña de información", "Information campaign"}, {"Da a conocer los programas abiertos a los migrantes alcanzados.", "Makes open programmes known to the migrants reached."}},
    MeasureKindRow{MeasureKind::cohesion_campaign, "cohesion_campaign", true, reach_fields, {"Campaña de convivencia", "Cohesion campaign"}, {"Baja la hostilidad por un tiempo; el efecto decae.", "Lowers hostility for a time; the effect decays."}},
    MeasureKindRow{MeasureKind::host_support, "host_support", true, reach_fields, {"Apoyo a la comunidad de acogida", "Support to host communities"}, {"Los hogares peruanos alcanzados ven un beneficio común: baja la hostilidad.", "Host households reached see a shared gain: hostility falls."}},
    MeasureKindRow{MeasureKind::hostile_narrative, "hostile_narrative", true, hostile_narrative_fields, {"Narrativa hostil", "Hostile narrative"}, {"Empuja la hostilidad mientras dura (temor al crimen, mensajes).", "Pushes hostility while it lasts (fear of crime, messages)."}},
    MeasureKindRow{MeasureKind::employer_guide, "employer_guide", true, employer_guide_fields, {"Guía de contratación para empleadores", "Employers' hiring guide"}, {"Las empresas alcanzadas aprenden qué documentos son válidos.", "Firms reached learn which documents are valid."}},
    MeasureKindRow{MeasureKind::hiring_subsidy, "hiring_subsidy", true, hiring_subsidy_fields, {"Incentivo al empleo formal", "Incentive to formal hiring"}, {"Baja el sobrecosto del contrato formal.", "Lowers the overhead of a formal contract."}},
    MeasureKindRow{MeasureKind::job_fair, "job_fair", true, job_fair_fields, {"Ferias y maratones de empleo", "Job fairs"}, {"Quien busca trabajo envía una postulación más, a vacantes traídas a la feria.", "Seekers send one more application, to vacancies brought to the fair."}},
    MeasureKindRow{MeasureKind::minimum_wage, "minimum_wage", false, minimum_wage_fields, {"Remuneración mínima", "Minimum wage"}, {"Piso del sueldo en planilla.", "Floor of on-books pay."}},
    MeasureKindRow{MeasureKind::arrivals, "arrivals", false, arrivals_fields, {"Llegadas", "Arrivals"}, {"Multiplica la serie de llegadas.", "Multiplies the series of arrivals."}},
    MeasureKindRow{MeasureKind::labour_demand, "labour_demand", true, labour_demand_fields, {"Demanda de trabajo", "Labour demand"}, {"Multiplica el personal que las empresas desean.", "Multiplies the staff that firms want."}},
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
