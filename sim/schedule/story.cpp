#include "schedule/story.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/format.h>

#include "core/input_errors.hpp"
#include "core/suggest.hpp"
#include "schedule/simulation.hpp"
#include "schedule/start.hpp"

namespace arraigo {
namespace {

struct Kind {
  PickKind pick;
  bool (*holds)(World const&, std::size_t);
};

int age_of(World const& w, std::size_t row) { return w.persons.age_months(row, w.stream.month.index) / 12; }
bool migrant(World const& w, std::size_t row) { return w.persons.migrant[row] != no_row; }

bool heads_alone_with_child(World const& w, std::size_t row) {
  auto const h = w.persons.household[row];
  int adults = 0, minors = 0;
  for (auto r = w.households.first[h]; r < w.households.first[h] + w.households.count[h]; ++r) (age_of(w, r) >= 18 ? adults : minors) += 1;
  return adults == 1 && minors > 0 && age_of(w, row) >= 18;
}

std::array<Kind, 10> const kinds{{
    {{"single_mother", {"madre sola migrante", "single migrant mother"}}, [](World const& w, std::size_t r) { return migrant(w, r) && w.persons.sex(r) == Sex::female && heads_alone_with_child(w, r); }},
    {{"irregular_worker", {"trabajador en situación irregular", "worker in an irregular situation"}},
     [](World const& w, std::size_t r) { return migrant(w, r) && w.migrants.permit[w.persons.migrant[r]] == Permit::irregular && w.migrants.claim[w.persons.migrant[r]] == Claim::none && is_employed(w.persons.activity[r]) && age_of(w, r) >= 18; }},
    {{"engineer_without_recognition", {"profesional con título sin reconocer", "professional with an unrecognised degree"}},
     [](World const& w, std::size_t r) { return migrant(w, r) && w.persons.education(r) == Education::university && !w.persons.recognised(r) && age_of(w, r) >= 25 && age_of(w, r) < 50 && is_active(w.persons.activity[r]); }},
    {{"asylum_applicant", {"solicitante de refugio", "asylum applicant"}}, [](World const& w, std::size_t r) { return migrant(w, r) && w.migrants.claim[w.persons.migrant[r]] == Claim::pending && age_of(w, r) >= 18; }},
    {{"resident_employee", {"residente con contrato", "resident with a contract"}}, [](World const& w, std::size_t r) { return migrant(w, r) && w.migrants.permit[w.persons.migrant[r]] == Permit::residence && w.persons.activity[r] == Activity::payroll; }},
    {{"street_seller", {"vendedor ambulante migrante", "migrant street seller"}}, [](World const& w, std::size_t r) { return migrant(w, r) && w.persons.activity[r] == Activity::own_account && age_of(w, r) >= 18; }},
    {{"unemployed_migrant", {"migrante desempleado", "unemployed migrant"}}, [](World const& w, std::size_t r) { return migrant(w, r) && w.persons.activity[r] == Activity::unemployed && age_of(w, r) >= 18; }},
    {{"child_out_of_school", {"niña o niño migrante sin escuela", "migrant child out of school"}},
     [](World const& w, std::size_t r) { return migrant(w, r) && age_of(w, r) >= 6 && age_of(w, r) < 14 && (w.persons.has[r] & has_school_place) == 0; }},
    {{"host_worker", {"trabajador peruano sin contrato", "host worker without contract"}}, [](World const& w, std::size_t r) { return !migrant(w, r) && w.persons.activity[r] == Activity::off_books && age_of(w, r) >= 18; }},
    {{"host_unemployed", {"peruano desempleado", "unemployed host"}}, [](World const& w, std::size_t r) { return !migrant(w, r) && w.persons.activity[r] == Activity::unemployed && age_of(w, r) >= 18; }},
}};

std::optional<std::size_t> find_person(World const& world, std::uint64_t id) {
  for (std::size_t row = 0; row < world.persons.size(); ++row)
    if (world.persons.id[row] == id && !world.persons.gone(row)) return row;
  return std::nullopt;
}

std::array<CodeName, activity_count> const activities{{{"child", {"en la niñez", "a child"}},
                                                       {"inactive", {"fuera de la fuerza laboral", "outside the labour force"}},
                                                       {"unemployed", {"en busca de trabajo", "looking for work"}},
                                                       {"own_account", {"por cuenta propia, sin RUC", "on own account, without tax number"}},
                                                       {"own_account_formal", {"por cuenta propia, con RUC", "on own account, with tax number"}},
                                                       {"off_books", {"con empleo sin contrato", "employed without contract"}},
                                                       {"service_contract", {"con empleo por recibos", "employed and paid by receipts"}},
                                                       {"payroll", {"con contrato en planilla", "employed on the payroll"}}}};

std::string portrait(World const& w, Setup const& setup, std::size_t row, Lang lang) {
  auto const& p = w.persons;
  auto const h = p.household[row];
  auto const& district = setup.country.districts.rows()[setup.area[w.households.district[h]]];
  bool const es = lang == Lang::es;
  auto const m = p.migrant[row];
  std::string who = es ? (p.sex(row) == Sex::female ? "Mujer" : "Hombre") : (p.sex(row) == Sex::female ? "Woman" : "Man");
  constexpr std::array<Text, origin_count> from{{{"de origen peruano", "of Peruvian origin"}, {"que retornó al Perú", "who returned to Peru"}, {"de origen venezolano", "of Venezuelan origin"}, {"de otro origen extranjero", "of other foreign origin"}}};
  std::string text = fmt::format("{} {}, {} {}; {}; {}", who, from[static_cast<std::size_t>(p.origin(row))].in(lang), age_of(w, row), es ? "años" : "years old", district.name,
                                 (es ? "educación " : "education ") + std::string(education_names[static_cast<std::size_t>(p.education(row))].title.in(lang)));
  if (p.education(row) >= Education::technical && !p.recognised(row)) text += es ? ", título sin reconocer" : ", degree not recognised";
  text += es ? fmt::format("; hogar de {}", w.households.members[h]) : fmt::format("; household of {}", w.households.members[h]);
  if (m != no_row) {
    text += es ? fmt::format("; llegó en {}; situación: {}", Month{w.migrants.arrival[m]}.text(), holder_names[static_cast<std::size_t>(w.migrants.permit[m])].title.es)
               : fmt::format("; arrived in {}; status: {}", Month{w.migrants.arrival[m]}.text(), holder_names[static_cast<std::size_t>(w.migrants.permit[m])].title.en);
    if (w.migrants.claim[m] == Claim::pending) text += es ? ", con solicitud de refugio pendiente" : ", asylum claim pending";
  }
  text += es ? fmt::format("; {}", activities[static_cast<std::size_t>(p.activity[row])].title.es) : fmt::format("; {}", activities[static_cast<std::size_t>(p.activity[row])].title.en);
  if (p.wage_cents[row] > 0) text += fmt::format(" (S/ {} {})", (p.wage_cents[row] + 50) / 100, es ? "al mes" : "a month");
  return text + ".";
}

std::string describe_employer(World const& w, Setup const& setup, std::int64_t e, Lang lang) {
  auto const row = static_cast<std::size_t>(e);
  auto const& sector = setup.country.sectors[w.employers.sector[row]];
  std::string const name = lang == Lang::es ? sector.title_es : sector.title_en;
  auto const& district = setup.country.districts.rows()[setup.area[w.employers.district[row]]].name;
  return lang == Lang::es ? fmt::format("una empresa de {} ({} trabajadores, {})", name, w.employers.workers[row], district)
                          : fmt::format("a firm in {} ({} workers, {})", name, w.employers.workers[row], district);
}

std::string sentence(World const& w, Setup const& setup, TracedEvent const& event, Lang lang) {
  bool const es = lang == Lang::es;
  auto const say = [&](char const* a, char const* b) { return std::string(es ? a : b); };
  auto const firm = [&] { return describe_employer(w, setup, event.a, lang); };
  auto const permit = [&](std::int64_t k) { return std::string(holder_names[static_cast<std::size_t>(k)].title.in(lang)); };
  auto const service = [&] { return std::string(service_names[static_cast<std::size_t>(event.a)].title.in(lang)); };
  auto const programme = [&] {
    if (static_cast<std::size_t>(event.a) >= w.rules.programmes.size()) return std::string("?");
    std::string const& name = w.rules.programmes[static_cast<std::size_t>(event.a)].name;
    // A programme bears its own name, or that of its only measure, whose title people know it by.
    for (auto const& measure : setup.scenario.measures) {
      if (measure.kind != MeasureKind::programme || (measure.id != name && measure.field("programme").name != name)) continue;
      std::string const& title = lang == Lang::es ? measure.title_es : measure.title_en;
      if (!title.empty()) return (lang == Lang::es ? "\u00ab" : "\"") + title + (lang == Lang::es ? "\u00bb" : "\"");
    }
    return name;
  };
  auto const soles = [](std::int64_t cents) { return fmt::format("S/ {}", (cents + 50) / 100); };
  switch (event.what) {
    case Event::born: return say("Nace.", "Is born.");
    case Event::arrived: return say("Llega al país.", "Arrives in the country.");
    case Event::left: return say("Deja el país.", "Leaves the country.");
    case Event::died: return say("Muere.", "Dies.");
    case Event::moved: return fmt::format(fmt::runtime(say("Se muda a {}.", "Moves to {}.")), setup.country.districts.rows()[setup.area[static_cast<std::size_t>(event.a)]].name);
    case Event::learnt_of_programme: return fmt::format(fmt::runtime(say("Se entera del programa {}.", "Hears of the programme {}.")), programme());
    case Event::applied: return fmt::format(fmt::runtime(say("Presenta su solicitud al programa {}.", "Files a case with the programme {}.")), programme());
    case Event::appointment_done: return say("Le toca su cita; el expediente pasa a revisión.", "Has the appointment; the case goes to review.");
    case Event::case_approved: return say("Aprueban su expediente.", "The case is approved.");
    case Event::case_refused: return say("Deniegan su expediente.", "The case is refused.");
    case Event::card_collected: return fmt::format(fmt::runtime(say("Recibe: {} (espera de {} meses).", "Receives: {} (after {} months).")), permit(event.a), event.b);
    case Event::permit_lapsed: return fmt::format(fmt::runtime(say("Vence su permiso ({}): queda en situación irregular.", "The permit ({}) lapses: now in an irregular situation.")), permit(event.a));
    case Event::case_withdrawn: return say("Desiste de su trámite en la cola.", "Gives up the case in the queue.");
    case Event::permit_renewed: return fmt::format(fmt::runtime(say("Renueva: {}.", "Renews: {}.")), permit(event.a));
    case Event::felt_discrimination: return say("Siente discriminación.", "Feels discrimination.");
    case Event::became_adult: return say("Cumple 14 años: entra a la edad de trabajar.", "Turns 14: of working age.");
    case Event::entered_labour_force: return say("Empieza a buscar trabajo.", "Starts looking for work.");
    case Event::left_labour_force: return say("Deja la fuerza laboral.", "Leaves the labour force.");
    case Event::lost_job: return say("Pierde o deja su empleo.", "Loses or leaves the job.");
    case Event::contract_ended_by_permit: return say("Su contrato termina porque venció el permiso que lo permitía.", "The contract ends because the permit that allowed it has lapsed.");
    case Event::searched_in_vain: return say("Busca trabajo y no encuentra.", "Looks for work in vain.");
    case Event::applied_for_job: return fmt::format(fmt::runtime(say("Postula a {}.", "Applies to {}.")), firm());
    case Event::not_chosen: return fmt::format(fmt::runtime(say("Postula a {} y eligen a otra persona.", "Applies to {}; somebody else is chosen.")), firm());
    case Event::refused_document:
      return fmt::format(fmt::runtime(event.b != 0 ? say("{} duda de su documento: no hay contrato en planilla.", "{} doubts the document: no payroll contract.")
                                                   : say("{} no puede contratar en planilla: la persona no tiene permiso.", "{} cannot hire on the payroll: the person has no permit.")), firm());
    case Event::refused_quota: return fmt::format(fmt::runtime(say("{} no puede contratar en planilla: la cuota de extranjeros está llena.", "{} cannot hire on the payroll: the quota of foreigners is full.")), firm());
    case Event::declined_offer: return fmt::format(fmt::runtime(say("No acepta la planilla en {}: con la retención ganaría menos.", "Declines the payroll at {}: net of withholding it pays less.")), firm());
    case Event::hired_formal: return fmt::format(fmt::runtime(say("Entra en planilla en {}, {} al mes.", "Is hired on the payroll by {}, {} a month.")), firm(), soles(event.b));
    case Event::hired_informal: return fmt::format(fmt::runtime(say("Entra a trabajar sin planilla en {}, {} al mes.", "Is hired off the payroll by {}, {} a month.")), firm(), soles(event.b));
    case Event::started_own_account: return fmt::format(fmt::runtime(say("Empieza a trabajar por su cuenta{}, {} al mes.", "Starts working on own account{}, {} a month.")), event.a != 0 ? say(", con RUC", ", with a tax number") : "", soles(event.b));
    case Event::formalised_own_account: return say("Saca su RUC.", "Takes a tax number.");
    case Event::ended_own_account: return say("Cierra su negocio y busca trabajo.", "Closes the business and looks for work.");
    case Event::asked_for_service: return fmt::format(fmt::runtime(say("Acude a pedir: {}.", "Asks for: {}.")), service());
    case Event::turned_away: return fmt::format(fmt::runtime(say("Le rechazan en ventanilla: {}.", "Is turned away at the counter: {}.")), service());
    case Event::served: return fmt::format(fmt::runtime(say("Le atienden: {} (espera de {} meses).", "Is served: {} (after {} months).")), service(), event.b);
    case Event::service_withdrawn: return fmt::format(fmt::runtime(say("Deja la cola: {}.", "Leaves the queue: {}.")), service());
    case Event::became_poor: return fmt::format(fmt::runtime(say("Su hogar cae en pobreza (gasto de S/ {} por persona).", "The household falls into poverty (spends S/ {} a head).")), event.a);
    case Event::left_poverty: return fmt::format(fmt::runtime(say("Su hogar sale de la pobreza (gasto de S/ {} por persona).", "The household leaves poverty (spends S/ {} a head).")), event.a);
    case Event::had_child: return say("Nace su hija o hijo, de nacionalidad peruana.", "Has a child, Peruvian by birth.");
    case Event::claimed_asylum: return say("Pide refugio.", "Claims asylum.");
    case Event::expelled: return say("Es expulsada o expulsado del país.", "Is expelled from the country.");
    case Event::checked_by_police: return say("Pasa un control migratorio.", "Is checked by migration police.");
    case Event::contract_regularised: return fmt::format(fmt::runtime(say("Su empresa ({}) le pasa a planilla, {} al mes.", "The firm ({}) puts the job on the books, {} a month.")), firm(), soles(event.b));
    case Event::reached_by_outreach: return fmt::format(fmt::runtime(say("Le visita una brigada: {}.", "Is visited by a brigade: {}.")), service());
    case Event::referred: return fmt::format(fmt::runtime(say("Le derivan a: {}.", "Is referred to: {}.")), service());
    case Event::got_cash_support: return fmt::format(fmt::runtime(say("Su hogar recibe una ayuda de S/ {}.", "The household receives support of S/ {}.")), event.a);
    case Event::lost_school_place: return say("Deja la escuela.", "Leaves school.");
  }
  throw BugError("an event without a sentence");
}

StoryKind kind_of(Event event) {
  switch (event) {
    case Event::learnt_of_programme:
    case Event::applied:
    case Event::appointment_done:
    case Event::case_approved:
    case Event::card_collected:
    case Event::permit_lapsed:
    case Event::case_withdrawn:
    case Event::permit_renewed:
    case Event::expelled:
    case Event::claimed_asylum: return StoryKind::papers;
    case Event::became_adult:
    case Event::entered_labour_force:
    case Event::left_labour_force:
    case Event::lost_job:
    case Event::contract_ended_by_permit:
    case Event::searched_in_vain:
    case Event::applied_for_job:
    case Event::declined_offer:
    case Event::started_own_account:
    case Event::formalised_own_account:
    case Event::ended_own_account: return StoryKind::work;
    case Event::asked_for_service:
    case Event::served:
    case Event::reached_by_outreach:
    case Event::referred:
    case Event::got_cash_support:
    case Event::lost_school_place:
    case Event::service_withdrawn: return StoryKind::service;
    case Event::case_refused:
    case Event::felt_discrimination:
    case Event::not_chosen:
    case Event::refused_document:
    case Event::refused_quota:
    case Event::checked_by_police:
    case Event::turned_away: return StoryKind::refusal;
    case Event::hired_formal:
    case Event::contract_regularised:
    case Event::hired_informal: return StoryKind::hire;
    case Event::born:
    case Event::died:
    case Event::became_poor:
    case Event::left_poverty:
    case Event::had_child: return StoryKind::household;
    case Event::arrived:
    case Event::left:
    case Event::moved: return StoryKind::place;
  }
  throw BugError("an event without a kind");
}

}  // namespace

std::vector<PickKind> const& pick_kinds() {
  static std::vector<PickKind> const all = [] {
    std::vector<PickKind> list;
    for (auto const& kind : kinds) list.push_back(kind.pick);
    return list;
  }();
  return all;
}

std::optional<std::uint64_t> pick_person(Scenario const& scenario, Country const& country, int replicate, std::string_view kind, std::optional<std::uint16_t> district) {
  auto const found = std::find_if(kinds.begin(), kinds.end(), [&](Kind const& k) { return kind == k.pick.name; });
  if (found == kinds.end()) {
    std::vector<std::string_view> words;
    for (auto const& other : kinds) words.emplace_back(other.pick.name);
    throw InputError(mistake("arraigo story", "--pick", kind, say(Message::in_word_unknown), suggestion(kind, words)));
  }
  Setup const setup(scenario, country);
  World world;
  build_start(world, setup, replicate);
  std::optional<std::uint64_t> best;
  std::uint32_t lowest = 0;
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (district && world.districts[world.district_of(row)].table_row != *district) continue;
    if (!found->holds(world, row)) continue;
    auto const draw = draw_block(for_life(world.stream), Purpose::pick, world.persons.id[row])[0];
    if (!best || draw < lowest) {
      best = world.persons.id[row];
      lowest = draw;
    }
  }
  return best;
}

Story tell_story(Scenario const& scenario, Country const& country, int replicate, std::uint64_t person) {
  auto const setup = Simulation::prepare(scenario, country);
  Simulation simulation(setup, replicate, Detail::totals);
  auto const row = find_person(simulation.world(), person);
  if (!row)
    throw InputError(mistake("arraigo story", "--person", fmt::format("{:016x}", person), say(Message::app_story_person_unknown), say(Message::app_story_person_unknown_fix)));
  Story story;
  story.person = person;
  story.portrait_es = portrait(simulation.world(), *setup, *row, Lang::es);
  story.portrait_en = portrait(simulation.world(), *setup, *row, Lang::en);
  Trace trace{person, {}};
  simulation.world().trace = &trace;
  std::size_t told = 0;
  while (!simulation.done()) {
    simulation.step();
    for (; told < trace.events.size(); ++told) {
      auto const& event = trace.events[told];
      story.lines.push_back({event.month, kind_of(event.what), sentence(simulation.world(), *setup, event, Lang::es), sentence(simulation.world(), *setup, event, Lang::en)});
    }
  }
  return story;
}

}  // namespace arraigo
