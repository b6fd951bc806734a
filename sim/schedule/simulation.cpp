#include "schedule/simulation.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/binary.hpp"
#include "core/errors.hpp"
#include "core/parallel.hpp"
#include "core/sha256.hpp"
#include "init/build_steps.hpp"
#include "phases/phases.hpp"
#include "record/recorder.hpp"
#include "schedule/start.hpp"

namespace arraigo {
namespace {

struct ScheduledPhase {
  PhaseRow row;
  Phase run;  ///< null: the record, which the simulation itself calls
};

/// The month, in its order.
constexpr std::array month{
    ScheduledPhase{{"policies", "1", {"Políticas del mes", "Policies of the month"}}, set_policies},
    ScheduledPhase{{"arrivals_and_departures", "2", {"Llegadas, salidas y mudanzas", "Arrivals, departures and moves"}}, let_people_arrive_and_leave},
    ScheduledPhase{{"lots", "3.0", {"Suertes del mes", "Lots of the month"}}, draw_lots},
    ScheduledPhase{{"ageing_and_families", "3", {"Edad y familias", "Ageing and families"}}, age_and_form_families},
    ScheduledPhase{{"news", "4.1", {"Noticias", "News"}}, spread_news},
    ScheduledPhase{{"attitudes", "4.2", {"Actitudes", "Attitudes"}}, move_attitudes},
    ScheduledPhase{{"regularisation", "5", {"Regularización", "Regularisation"}}, regularise},
    ScheduledPhase{{"services", "6", {"Servicios", "Services"}}, serve},
    ScheduledPhase{{"employers", "7.0", {"Empresas y derechos laborales", "Firms and labour rights"}}, oversee_firms},
    ScheduledPhase{{"separations", "7.1", {"Ceses y participación", "Separations and participation"}}, separate},
    ScheduledPhase{{"vacancies", "7.2", {"Vacantes", "Vacancies"}}, open_vacancies},
    ScheduledPhase{{"search_and_match", "7.3", {"Búsqueda y contratación", "Search and matching"}}, search_and_match},
    ScheduledPhase{{"own_account_work", "7.4", {"Trabajo independiente", "Own-account work"}}, enter_own_account_work},
    ScheduledPhase{{"wages", "7.5", {"Salarios", "Wages"}}, move_wages},
    ScheduledPhase{{"households", "8", {"Hogares", "Households"}}, pool_household_income},
    ScheduledPhase{{"public_accounts", "9", {"Cuentas públicas", "Public accounts"}}, keep_public_accounts},
    ScheduledPhase{{"record", "10", {"Registro", "Record"}}, nullptr},
};

constexpr auto rows_of_month = [] {
  std::array<PhaseRow, month.size()> rows{};
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = month[i].row;
  return rows;
}();

constexpr std::string_view state_mark = "ARRAIGO STATE 8\n";

/// Measures whose rules act in the phases from pay to the record, or on the same sums as they do. What else they move, as a minimum
/// wage does what firms offer, is decided by the rules of decisions.
bool is_of_money(MeasureKind kind) {
  return kind == MeasureKind::cash_support || kind == MeasureKind::transfer_programme || kind == MeasureKind::minimum_wage || kind == MeasureKind::newcomer_tax;
}

/// The money of people who decide under other rules. What they get and pay would change what they decide next, so that it
/// happens to a copy of them, anew each month: the record shows the copy, and the next month begins without it.
struct Money {
  std::shared_ptr<Setup const> setup;
  World rules;   ///< the month's rules: no people
  World people;  ///< the copy

  void begin(World const& world) {
    rules.stream = world.stream;
    set_policies(rules, *setup);
    people = world;
    people.trace = nullptr;
    people.rules = rules.rules;
    people.measure_units = rules.measure_units;
    // The copy's pay knows of the other rules' pay floors and of none of these.
    people.rules.minimum_wage_before_soles = world.rules.minimum_wage_before_soles;
  }
  /// Before the accounts: the cost of a measure of money goes with the rules of money, that of all others with decisions.
  void take_costs(World const& world, Setup const& behaviour) {
    auto costs = world.rules.costs;
    auto units = world.measure_units;
    for (std::size_t i = 0; i < costs.size(); ++i)
      if (is_of_money(behaviour.scenario.measures[i].kind)) {
        costs[i].planned_units = 0;
        units[i] = 0;
      }
    for (std::size_t i = 0; i < people.rules.costs.size(); ++i)
      if (is_of_money(setup->scenario.measures[i].kind)) {
        costs.push_back(people.rules.costs[i]);
        units.push_back(people.measure_units[i]);
      }
    people.rules.costs = std::move(costs);
    people.measure_units = std::move(units);
  }
  /// A phase of the month, before it happens to `world` itself.
  void run(Phase phase, World const& world, Setup const& behaviour) {
    if (phase == move_wages) begin(world);
    if (phase == keep_public_accounts) take_costs(world, behaviour);
    if (phase == move_wages || phase == pool_household_income || phase == keep_public_accounts) phase(people, behaviour);
  }
};

/// Persons alive and present, for the identity of stocks and flows.
std::int64_t living(World const& world) {
  std::int64_t n = 0;
  for (std::size_t row = 0; row < world.persons.size(); ++row)
    if (!world.persons.gone(row)) ++n;
  return n;
}

}  // namespace

std::span<PhaseRow const> schedule() { return rows_of_month; }

struct Simulation::Parts {
  std::shared_ptr<Setup const> setup;
  World world;
  Recorder recorder;
  std::vector<double> seconds;
  int done = 0;
  std::optional<Money> money;  ///< where it follows another scenario's rules
  Parts(std::shared_ptr<Setup const> s, Detail detail) : setup(std::move(s)), recorder(*setup, detail), seconds(month.size(), 0.0) {}
};

Simulation::Simulation(std::shared_ptr<Setup const> setup, int replicate, Detail detail) : parts_(std::make_unique<Parts>(std::move(setup), detail)) {
  build_start(parts_->world, *parts_->setup, replicate);
}

Simulation::Simulation(std::shared_ptr<Setup const> setup, World const& start, Detail detail) : parts_(std::make_unique<Parts>(std::move(setup), detail)) {
  copy_world(parts_->world, *parts_->setup, start);
}

Simulation::Simulation(std::shared_ptr<Setup const> behaviour, std::shared_ptr<Setup const> rules, int replicate, Detail detail)
    : Simulation(std::move(behaviour), replicate, detail) {
  auto& parts = *parts_;
  parts.money.emplace();
  parts.money->setup = std::move(rules);
  auto const& world = parts.world;
  auto& money = parts.money->rules;
  money.stream = world.stream;
  money.people_per_agent = world.people_per_agent;
  money.area_share_of_migrants = world.area_share_of_migrants;
  money.area_share_of_population = world.area_share_of_population;
  money.geography = world.geography;
  money.districts = world.districts;
  build_points(money, *parts.money->setup);
  money.stream.month = world.stream.month + -1;
  set_policies(money, *parts.money->setup);
}

Simulation::Simulation(std::shared_ptr<Setup const> setup, Simulation const& history, Detail detail) {
  auto const& past = *history.parts_;
  bool const by_rule = past.money.has_value();
  parts_ = std::make_unique<Parts>(by_rule ? past.setup : setup, detail);
  parts_->done = past.done;
  parts_->recorder.take_over(past.recorder, past.done);
  copy_world(parts_->world, *parts_->setup, past.world);
  if (!by_rule) return;
  auto& money = parts_->money.emplace();
  money.setup = std::move(setup);
  copy_world(money.rules, *money.setup, past.money->rules);
}

Simulation::Simulation(Scenario const& scenario, Country const& country, int replicate, Detail detail)
    : Simulation(prepare(scenario, country), replicate, detail) {}

Simulation::~Simulation() = default;

std::shared_ptr<Setup const> Simulation::prepare(Scenario const& scenario, Country const& country) { return std::make_shared<Setup const>(scenario, country); }

void Simulation::step() {
  auto& world = parts_->world;
  auto const& setup = *parts_->setup;
  std::fill(world.flows.begin(), world.flows.end(), 0);
  std::fill(world.service_flows.begin(), world.service_flows.end(), 0);
  world.accounts.fill(0);
  world.cases_filed.fill(0);
  world.permits_given.fill(0);
  world.paid.fill(0);
  std::int64_t const before = check_ ? living(world) : 0;
  for (std::size_t i = 0; i < month.size(); ++i) {
    auto const start = std::chrono::steady_clock::now();
    auto& money = parts_->money;
    if (money) money->run(month[i].run, world, setup);
    if (month[i].run != nullptr) month[i].run(world, setup);
    else parts_->recorder.record(money ? money->people : world, parts_->done);
    parts_->seconds[i] += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  if (check_) {
    auto broken = broken_invariants(world);
    auto const sum = [&](Flow flow) {
      std::int64_t n = 0;
      for (std::size_t d = 0; d < world.districts.size(); ++d) n += world.flows[static_cast<std::size_t>(flow) * world.districts.size() + d];
      return n;
    };
    std::int64_t const expected = before + sum(Flow::births) + sum(Flow::arrivals) - sum(Flow::deaths) - sum(Flow::departures);
    if (living(world) != expected) broken.push_back(fmt::format("{}: {} people live here, stocks and flows say {}", world.stream.month.text(), living(world), expected));
    if (!broken.empty()) {
      std::string all = "a promise of the model is broken:";
      for (auto const& sentence : broken) all += "\n  " + sentence;
      throw BugError(all);
    }
  }
  ++parts_->done;
  world.stream.month = world.stream.month + 1;
  if (world.stream.month.month_of_year() == 1 && !done()) {
    restore_order(world);
    auto& has = world.persons.has;
    for_blocks(has.size(), [&](std::size_t from, std::size_t to) {
      for (std::size_t row = from; row != to; ++row) has[row] &= static_cast<std::uint16_t>(~has_newborn_stray);
    });
  }
}

int Simulation::months_done() const { return parts_->done; }
bool Simulation::done() const { return parts_->done == parts_->setup->scenario.months; }
std::vector<std::optional<double>> Simulation::headlines() const { return headlines_of(parts_->done - 1); }
std::vector<std::optional<double>> Simulation::headlines_of(int month_number) const {
  if (month_number < 0 || month_number >= parts_->done) throw BugError("headlines were asked for of a month that has not run");
  return parts_->recorder.headlines(month_number);
}
std::uint64_t Simulation::state_hash() const { return parts_->world.state_hash(); }
ReplicateRecord Simulation::take_record() { return parts_->recorder.take(state_hash()); }
std::span<double const> Simulation::seconds_by_phase() const { return parts_->seconds; }
World const& Simulation::world() const { return parts_->world; }
World& Simulation::world() { return parts_->world; }

void Simulation::save(std::ostream& out) const {
  std::ostringstream body;
  Writer write(body);
  write(parts_->done);
  write(std::uint8_t{parts_->money ? std::uint8_t{1} : std::uint8_t{0}});
  parts_->world.save(body);
  if (parts_->money) parts_->money->rules.save(body);  // its people are made anew each month
  parts_->recorder.visit(write);
  std::string const bytes = std::move(body).str();
  Sha256 digest;
  digest.add(bytes);
  out << state_mark << digest.finish() << bytes;
}

void Simulation::load(std::istream& in) {
  std::string mark(state_mark.size(), '\0'), stored(64, '\0');
  in.read(mark.data(), static_cast<std::streamsize>(mark.size()));
  in.read(stored.data(), static_cast<std::streamsize>(stored.size()));
  if (!in || mark != state_mark) throw unusable_state(Message::st_foreign);
  std::ostringstream rest;
  rest << in.rdbuf();
  std::istringstream body(std::move(rest).str());
  Sha256 digest;
  digest.add(body.view());
  if (digest.finish() != stored) throw unusable_state(Message::st_damaged);
  Reader read(body);
  read(parts_->done);
  std::uint8_t with_money = 0;
  read(with_money);
  if ((with_money != 0) != parts_->money.has_value()) throw unusable_state(Message::st_kind);
  parts_->world.load(body);
  if (parts_->money) parts_->money->rules.load(body);
  parts_->recorder.visit(read);
}

RecordLayout Simulation::layout(Scenario const& scenario, Country const& country, Detail detail) { return record_layout(Setup(scenario, country), detail); }

}  // namespace arraigo
