/// Households (ODD 8) and what of public accounts follows from persons (ODD 9). Members' pay after contributions and
/// withholding is pooled with transfers and cash support, less remittances; spending per head against the two poverty lines
/// makes the state. Rent is part of spending; where it takes a large part of income the household is burdened.
/// Reads: wages, contracts, places, rules.  Writes: income, poverty, payroll-insurance flag, kind of household, burden of rent,
/// accounts.  Draws: hashes of household and person for life (who rents, who is covered by cash, who has a scholarship).
/// Source: lines and rates from rules.csv; transfers' amounts from costs.csv; the rest is assumed (households.*).
#include <algorithm>
#include <array>
#include <cmath>

#include "core/row_mask.hpp"
#include "phases/phases.hpp"
#include "world/cost_rows.hpp"

namespace arraigo {
namespace {

/// What the phase adds to the accounts besides the firms' payrolls: people, thousandths of people and cents.
struct Sums {
  std::int64_t withheld_base_cents = 0, spent_cents = 0, transfer_cents = 0;
  std::int64_t insured = 0, in_childcare = 0, in_elder_centres = 0, migrants_in_school = 0, meals = 0, scholars = 0;
  template <class F>
  static void for_fields(F&& f) {
    for (auto field : {&Sums::withheld_base_cents, &Sums::spent_cents, &Sums::transfer_cents, &Sums::insured, &Sums::in_childcare, &Sums::in_elder_centres, &Sums::migrants_in_school,
                       &Sums::meals, &Sums::scholars})
      f(field);
  }
};

/// A quantity of what a row of costs.csv prices, charged to that row's payer.
void charge_row(World& world, Country const& country, CostRowName cost, double quantity) {
  double const soles = quantity * country.unit_cost(cost.row);
  world.charge(cost.line, payer_named(country.costs.at(cost.row).payer), static_cast<std::int64_t>(std::llround(100 * soles)));
}

/// The same for what points of a service gave, each payer's part of it where measures name who runs what they add. A point counts
/// by whom it served this month, where places are held by those taken; a school, whose pupils stay for years, by its capacity.
void charge_service(World& world, Country const& country, Service service, CostRowName cost, double quantity) {
  std::array<double, payer_count> by{};
  double all = 0;
  if (!world.rules.run_by.empty())
    for (std::size_t p = 0; p < world.points.size(); ++p) {
      auto const& point = world.points[p];
      if (point.service != service) continue;
      double const given = service == Service::school ? point.capacity : point.places && service != Service::training ? point.in_use : point.served;
      all += given;
      for (std::size_t k = 0; k < payer_count; ++k) by[k] += given * world.rules.run_by[p][k];
    }
  auto left = static_cast<std::int64_t>(std::llround(100 * (quantity * country.unit_cost(cost.row))));
  double const cents = static_cast<double>(left);
  for (std::size_t k = 0; k < payer_count && all > 0; ++k) {
    auto const part = static_cast<std::int64_t>(std::llround(cents * by[k] / all));
    left -= part;
    world.charge(cost.line, static_cast<Payer>(k), part);
  }
  world.charge(cost.line, payer_named(country.costs.at(cost.row).payer), left);
}

std::int64_t cents_of(double soles) { return static_cast<std::int64_t>(std::llround(100 * soles)); }

/// A uniform for life that depends on an identity and what it is for alone; and whether it falls below a share.
inline double fate(std::uint64_t id, std::uint64_t what) { return unit_of(mix(id, what)); }
inline bool falls_below(std::uint64_t id, std::uint64_t what, std::uint64_t threshold) { return mix(id, what) >> 32 < threshold; }
constexpr std::uint64_t of_rent = 0x72656e74ULL, of_cash = 0x63617368ULL, of_transfer = 0x7472616e00ULL;

/// Who may receive a transfer, in thousandths of the amount in force, by holder; and what of it the tables' own rules would
/// give, which hosts' other income and calibrated spending hold already.
struct Terms {
  std::array<std::int64_t, holder_count> now{}, usual{};
  bool changed = false;     ///< for some holder
  bool same_for_all = true; ///< whatever the holder
};

Terms terms_of(World const& world, Country const& country, Transfer transfer) {
  Terms terms;
  auto const e = static_cast<std::size_t>(Entitlement::juntos) + static_cast<std::size_t>(transfer);
  for (std::size_t h = 0; h < holder_count; ++h) {
    double const usual = static_cast<double>(static_cast<float>(country.entitlements[h][e].at(world.stream.month).value_or(0)));
    terms.usual[h] = std::llround(1000 * usual);
    terms.now[h] = std::llround(1000 * static_cast<double>(world.rules.entitled[h][e]) * world.rules.transfer_factor[static_cast<std::size_t>(transfer)]);
    terms.changed |= terms.now[h] != terms.usual[h];
    terms.same_for_all &= terms.now[h] == terms.now[0] && terms.usual[h] == terms.usual[0];
  }
  return terms;
}

/// The better of a migrant's two holders, by a column of thousandths.
std::int64_t best_of(World const& world, std::array<std::int64_t, holder_count> const& column, std::uint32_t person) {
  auto const m = world.persons.migrant[person];
  if (m == no_row) return column[static_cast<std::size_t>(Permit::national)];
  std::int64_t const by_permit = column[static_cast<std::size_t>(world.migrants.permit[m])];
  return world.migrants.claim[m] == Claim::pending ? std::max(by_permit, column[claim_holder]) : by_permit;
}

/// Rent per head by district, soles a month: the mean of the area by (density / mean density)^e, as density stands in for rents
/// in settlement too. Of the start: rents do not follow who comes.
std::vector<double> rents_per_head(World const& world, Setup const& setup) {
  auto const density_of = [&](std::size_t d) {
    auto const& row = setup.country.districts.rows()[world.districts[d].table_row];
    return row.area_km2 > 0 ? std::max(1.0, world.districts[d].persons_start * world.people_per_agent / row.area_km2) : 100.0;
  };
  double people = 0, sum = 0;
  for (std::size_t d = 0; d < world.districts.size(); ++d) {
    people += world.districts[d].persons_start;
    sum += world.districts[d].persons_start * density_of(d);
  }
  double const mean = people > 0 ? sum / people : 1;
  std::vector<double> rents(world.districts.size());
  for (std::size_t d = 0; d < rents.size(); ++d) rents[d] = setup.params.households_rent_soles_per_head * std::pow(density_of(d) / mean, setup.params.arrivals_rent_elasticity);
  return rents;
}

constexpr std::uint32_t group_bit(PersonGroup g) { return 1U << static_cast<unsigned>(g); }
constexpr std::uint32_t groups_of_foreigners = group_bit(PersonGroup::migrants) | group_bit(PersonGroup::newcomers) | group_bit(PersonGroup::trafficked);

/// What is counted of a household's members, one byte each, which no household fills: a row adds a word, and no counter waits for
/// the one before it.
struct Count {
  enum Byte : unsigned { minors, young, working_age_hosts, foreigners, on_payroll, pupils, insured, in_childcare };
  static constexpr std::uint64_t one(Byte byte) { return 1ULL << (8 * byte); }
  std::array<std::array<std::uint64_t, activity_count>, 2> of_activity{};  ///< [foreign]
  static constexpr unsigned counted_of_has = has_public_insurance | has_school_place | has_childcare_place;
  std::array<std::uint64_t, counted_of_has + 1> of_has{};
  Count() {
    for (std::size_t a = 0; a < activity_count; ++a) {
      std::uint64_t const payroll = static_cast<Activity>(a) == Activity::payroll ? one(on_payroll) : 0;
      of_activity[0][a] = payroll + (static_cast<Activity>(a) != Activity::child ? one(working_age_hosts) : 0);
      of_activity[1][a] = payroll + one(foreigners);
    }
    for (unsigned has = 0; has < of_has.size(); ++has)
      of_has[has] = ((has & has_public_insurance) != 0 ? one(insured) : 0) + ((has & has_school_place) != 0 ? one(pupils) : 0) + ((has & has_childcare_place) != 0 ? one(in_childcare) : 0);
  }
  [[nodiscard]] std::uint64_t of(bool foreign, Activity activity, std::size_t has, int age_months) const {
    return of_activity[foreign ? 1 : 0][static_cast<std::size_t>(activity)] + of_has[has & counted_of_has] + (age_months < 18 * 12 ? one(minors) : 0) + (age_months < 6 * 12 ? one(young) : 0);
  }
  static int in(std::uint64_t word, Byte byte) { return static_cast<int>(word >> (8 * byte) & 0xffU); }
};

/// What a household's members add up to.
struct Pool {
  std::int64_t income = 0;
  std::uint64_t counted = 0;  ///< Count
  std::uint32_t in_elder_centres = 0;
  std::uint32_t any_traits = 0;  ///< bits that one of them has
};

/// Adds members to their households' pools.
class MemberSums {
 public:
  MemberSums(Persons const& persons, Month month, std::array<std::int64_t, activity_count> const& kept_of_pay)
      : activity_(persons.activity.data()), has_(persons.has.data()), traits_(persons.traits.data()), birth_(persons.birth.data()), wage_(persons.wage_cents.data()), household_(persons.household.data()),
        month_(month.index), kept_of_pay_(kept_of_pay) {}

  /// The living of a range of rows whose households are among those of the pools, the first of which is that of household `first`;
  /// add_foreigner(row, pool) is called besides for each foreigner. A function of its own, so that columns and sums stay in
  /// registers: inlined, the phase took 1.09 times as long, waiting for what it had just put on the stack.
  template <class AddForeigner>
  [[gnu::noinline]] void add(std::uint32_t row, std::uint32_t end, std::size_t first, std::span<Pool> pools, AddForeigner const& add_foreigner) const {
    Activity const* const activity_of = activity_;
    std::uint16_t const* const has_of = has_;
    std::uint8_t const* const traits_of = traits_;
    std::int16_t const* const birth_of = birth_;
    std::uint32_t const* const wage_of = wage_;
    std::uint32_t const* const household_of = household_;
    int const month = month_;
    for (; row < end; ++row) {
      std::size_t const h = household_of[row] - first;  // beyond the pools for who has left the range
      std::uint32_t const traits = traits_of[row];
      if (h >= pools.size() || (traits & Persons::gone_bit) != 0) continue;
      auto& pool = pools[h];
      auto const activity = activity_of[row];
      std::size_t const has = has_of[row];
      bool const foreign = is_foreign(static_cast<Origin>((traits >> 1) & 3U));
      pool.any_traits |= traits;
      pool.in_elder_centres += static_cast<std::uint32_t>(has / has_elder_place);
      pool.counted += count_.of(foreign, activity, has, month - birth_of[row]);
      pool.income += static_cast<std::int64_t>(wage_of[row]) * kept_of_pay_[static_cast<std::size_t>(activity)] >> 16;
      if (foreign) add_foreigner(row, pool);
    }
  }

 private:
  Activity const* activity_;
  std::uint16_t const* has_;
  std::uint8_t const* traits_;
  std::int16_t const* birth_;
  std::uint32_t const *wage_, *household_;
  int month_;
  std::array<std::int64_t, activity_count> kept_of_pay_;
  Count count_;
  static_assert(has_elder_place == 1U << 15U);  // the highest bit
};

/// Whether the household pays rent, for life: below the share of those where a Peruvian of working age lives, or of the others.
struct Renting {
  std::array<std::uint64_t, 2> below;
  explicit Renting(Parameters const& p) : below{threshold_of(p.households_rent_share_migrants), threshold_of(p.households_rent_share_hosts)} {}
  [[nodiscard]] bool operator()(std::uint64_t household, bool hosts) const { return falls_below(household, of_rent, below[hosts ? 1 : 0]); }
  /// Adds the households that are new to what is kept by row.
  void follow(World& world) const {
    auto& rents = world.rents;
    auto const& id = world.households.id;
    std::size_t const known = rents.size();
    rents.resize(id.size());
    for_blocks(id.size() - known, [&](std::size_t from, std::size_t to) {
      for (std::size_t h = known + from; h != known + to; ++h) rents[h] = static_cast<std::uint8_t>(((*this)(id[h], false) ? 1U : 0U) | ((*this)(id[h], true) ? 2U : 0U));
    });
  }
};

}  // namespace

bool covered_by(World const& world, CashSupport const& cash, std::size_t h) {
  auto const& households = world.households;
  auto const& persons = world.persons;
  if (cash.here[households.district[h]] == 0 || !(unit_of(mix(households.id[h], of_cash, static_cast<std::uint64_t>(cash.purpose) + 8ULL * cash.list)) < cash.coverage_share)) return false;
  if (cash.groups == 0) return households.members[h] > 0;
  // Who has just left the parents' home stands in the row that the new household names.
  auto const end = households.first[h] + std::max<std::uint32_t>(1, households.count[h]);
  for (auto row = households.first[h]; row < end; ++row)
    if (persons.household[row] == h && !persons.gone(row) && !persons.inert(row) && world.in_groups(row, cash.groups)) return true;
  return false;
}

double rent_soles(World const& world, Setup const& setup, std::size_t h) {
  auto const& households = world.households;
  auto const& persons = world.persons;
  bool hosts = false;
  auto const end = households.first[h] + std::max<std::uint32_t>(1, households.count[h]);
  for (auto row = households.first[h]; row < end; ++row)
    hosts |= persons.household[row] == h && !persons.gone(row) && !is_foreign(persons.origin(row)) && persons.activity[row] != Activity::child;
  if (!Renting(setup.params)(households.id[h], hosts)) return 0;
  return static_cast<double>(cents_of(rents_per_head(world, setup)[households.district[h]]) * households.members[h]) / 100;
}

void pool_household_income(World& world, Setup const& setup) {
  auto const& persons = world.persons;
  auto& households = world.households;
  auto const& country = setup.country;
  auto const& params = setup.params;
  Month const month = world.stream.month;
  auto const& rules = world.rules;
  auto const amount_of = [&](Transfer transfer, char const* row) { return cents_of(country.unit_cost(row) * rules.transfer_factor[static_cast<std::size_t>(transfer)]); };
  std::int64_t const juntos = amount_of(Transfer::juntos, "juntos_month"), pension65 = amount_of(Transfer::pension65, "pension65_month"), contigo = amount_of(Transfer::contigo, "contigo_month"),
                     meal = cents_of(country.unit_cost("school_meals_month")), scholarship = cents_of(country.unit_cost("scholarship_month")),
                     remittance = cents_of(country.rule("remittance_soles", "venezuelan", month)), other = cents_of(params.households_other_income_soles_per_head);
  auto const meal_terms = terms_of(world, country, Transfer::school_meals), scholarship_terms = terms_of(world, country, Transfer::scholarship);
  auto const remitter = static_cast<unsigned>(std::lround(256 * country.rule("remittance_share", "venezuelan", month)));
  std::vector<double> spending_share;  // by district
  for (double const in_capital = country.rule("spending_share_of_income", "lima", month), elsewhere = country.rule("spending_share_of_income", "national", month); auto const& district : world.districts)
    spending_share.push_back(world.capital_zone[district.zone] != 0 ? in_capital : elsewhere);
  double const extreme_cents = 100 * rules.extreme_line_soles, poor_cents = 100 * rules.poverty_line_soles;
  Renting const renting(params);
  renting.follow(world);
  auto const& rents = world.rents;
  std::vector<std::int64_t> rent_cents;
  for (double soles : rents_per_head(world, setup)) rent_cents.push_back(cents_of(soles));
  // A contract's pay after contributions, and after withholding where it applies, in 2^-16: sums of cents are whole numbers.
  auto const fixed = [](double share) { return static_cast<std::int64_t>(std::llround(65536 * share)); };
  std::int64_t const kept = fixed(1 - rules.pension_share), kept_withheld = fixed(1 - rules.pension_share - rules.withholding_share);
  std::array<std::int64_t, activity_count> kept_of_pay;
  kept_of_pay.fill(65536);
  kept_of_pay[static_cast<std::size_t>(Activity::payroll)] = kept;
  std::vector<std::int64_t> cash_cents(rules.cash.size(), 0), cash_households(rules.cash.size(), 0);

  MemberSums const sums_of_members(persons, month, kept_of_pay);
  StrayIndex const strays(world);
  Sums all;
  for_blocks(households.size(), [&](std::size_t from, std::size_t to) {
    Sums local;
    std::uint8_t const* const traits_of = persons.traits.data();
    std::uint32_t const* const household_of = persons.household.data();
    // What members add up to comes first, row by row, without a loop of its own for each household.
    std::array<Pool, rows_per_block> pools;
    std::fill_n(pools.begin(), to - from, Pool{});
    // What of a foreigner's pay does not stay with the household, and schooling.
    auto const add_foreigner = [&](std::uint32_t row, Pool& pool) {
      std::int64_t const pay = persons.wage_cents[row];
      if (persons.activity[row] == Activity::payroll && world.is_non_domiciled(row)) {
        local.withheld_base_cents += pay;
        pool.income += (pay * kept_withheld >> 16) - (pay * kept >> 16);
      }
      if (pay > 0 && persons.origin(row) == Origin::venezuelan && world.migrants.remit_draw[persons.migrant[row]] < remitter) pool.income -= std::min(remittance, 3 * pay / 10);
      if ((persons.has[row] & has_school_place) != 0) ++local.migrants_in_school;
    };
    auto const for_members = [&](std::size_t h, auto const& f) {
      for (auto row = households.first[h], end = row + households.count[h]; row < end; ++row)
        if (household_of[row] == h && (traits_of[row] & Persons::gone_bit) == 0) f(row);
      strays.for_each(h, f);
    };
    // The households' rows follow on each other: so they do but for those of the year's new households.
    bool in_line = households.count[from] != 0;
    for (std::size_t h = from + 1; h < to; ++h) in_line &= (households.count[h] != 0) & (households.first[h - 1] + households.count[h - 1] == households.first[h]);
    if (in_line) {
      sums_of_members.add(households.first[from], households.first[to - 1] + households.count[to - 1], from, std::span(pools).first(to - from), add_foreigner);
      strays.for_households(from, to, [&](std::size_t h) {
        strays.for_each(h, [&](std::uint32_t row) { sums_of_members.add(row, row + 1, h, std::span(pools).subspan(h - from, 1), add_foreigner); });
      });
    } else {
      for (std::size_t h = from; h != to; ++h) for_members(h, [&](std::uint32_t row) { sums_of_members.add(row, row + 1, h, std::span(pools).subspan(h - from, 1), add_foreigner); });
    }
    for (std::size_t i = 0; i < to - from; ++i) local.in_elder_centres += pools[i].in_elder_centres;
    // What few households need is asked of them alone.
    RowMask poor;
    poor.set(to - from, [&](std::size_t i) { return ((households.state[from + i] & Households::registered_poor_bit) != 0) & (households.members[from + i] != 0) & ((pools[i].any_traits & Persons::inert_bit) == 0); });
    poor.for_each([&](std::size_t i) {
      std::size_t const h = from + i;
      auto& pool = pools[i];
      bool const in_programmes = (households.state[h] & Households::poverty_bits) == 2;
      // Where only a share of counters grants a transfer, the household meets one that does or does not, for life.
      auto const granted = [&](std::uint32_t row, Transfer transfer) {
        auto const what = static_cast<Entitlement>(static_cast<std::size_t>(Entitlement::juntos) + static_cast<std::size_t>(transfer));
        double const share = world.entitled(row, what);
        return share >= 1 || (share > 0 && share > fate(households.id[h], of_transfer + static_cast<std::uint64_t>(transfer)));
      };
      bool in_juntos = false;
      std::int64_t transfers = 0;
      for_members(h, [&](std::uint32_t row) {
        int const age_months = persons.age_months(row, month.index);
        if (in_programmes) {
          in_juntos |= age_months < 18 * 12 && granted(row, Transfer::juntos);
          if (age_months >= 65 * 12 && granted(row, Transfer::pension65)) transfers += pension65;
          if (world.has_disability(row) && granted(row, Transfer::contigo)) transfers += contigo;
        }
        if (age_months < 17 * 12 || age_months >= 25 * 12 || persons.education(row) < Education::secondary || (persons.groups[row] & Persons::scholar_bit) == 0) return;
        std::int64_t const now = best_of(world, scholarship_terms.now, row);
        local.scholars += now;
        pool.income += static_cast<std::int64_t>(params.households_scholarship_living_share * static_cast<double>(scholarship * (now - best_of(world, scholarship_terms.usual, row))) / 1000);
      });
      if (in_juntos) transfers += juntos;
      pool.income += transfers;
      local.transfer_cents += transfers;
    });
    for (std::size_t h = from; h != to; ++h) {
      if (households.members[h] == 0) continue;
      auto const& pool = pools[h - from];
      std::int64_t income = pool.income, meals = 0, usual_meals = 0;
      auto const counted = pool.counted;
      auto const old_state = households.state[h];
      int const pupils = Count::in(counted, Count::pupils), minors = Count::in(counted, Count::minors);
      bool const hosts = Count::in(counted, Count::working_age_hosts) != 0, foreigners = Count::in(counted, Count::foreigners) != 0;
      local.insured += Count::in(counted, Count::insured);
      local.in_childcare += Count::in(counted, Count::in_childcare);
      if ((pool.any_traits & Persons::inert_bit) != 0) continue;
      if (!meal_terms.same_for_all && pupils != 0)
        for_members(h, [&](std::uint32_t row) {
          if ((persons.has[row] & has_school_place) == 0) return;
          meals += best_of(world, meal_terms.now, row);
          usual_meals += best_of(world, meal_terms.usual, row);
        });
      std::int64_t const rent = ((rents[h] >> (hosts ? 1U : 0U)) & 1U) != 0 ? rent_cents[households.district[h]] * households.members[h] : 0;
      std::int64_t rent_support = 0;
      for (std::size_t k = 0; k < rules.cash.size(); ++k) {
        auto const& cash = rules.cash[k];
        if ((cash.purpose == CashPurpose::seed_capital && !cash.first_month) || (!foreigners && (cash.groups | groups_of_foreigners) == groups_of_foreigners && cash.groups != 0) || !covered_by(world, cash, h)) continue;
        std::int64_t const paid = cash.purpose == CashPurpose::rent ? std::min(cents_of(cash.soles), rent - rent_support) : cents_of(cash.soles);
        if (paid <= 0) continue;
        if (cash.purpose == CashPurpose::rent) rent_support += paid;
        income += paid;
        add_shared(cash_cents[k], paid);
        add_shared(cash_households[k], std::int64_t{1});
        if (world.trace != nullptr)
          for (auto row = households.first[h]; row < households.first[h] + households.count[h]; ++row)
            if (persons.household[row] == h) world.note(row, Event::got_cash_support, static_cast<std::int64_t>(cash.purpose), paid / 100);
      }
      income = std::max<std::int64_t>(0, income);
      // Pensions, rents and own production, which the model does not follow, reach hosts only.
      std::int64_t const means = income + (hosts ? other * households.members[h] : 0);
      double spending = static_cast<double>(means) * spending_share[households.district[h]];
      double const members = households.members[h];  // the lines are compared with the household's sum: a division would be waited for
      bool const meals_due = (pupils != 0) & (spending < poor_cents * members);
      if (meal_terms.same_for_all) {
        meals = meal_terms.now[0] * pupils;
        usual_meals = meal_terms.usual[0] * pupils;
      }
      local.meals += meals_due ? meals : 0;
      // What poor pupils eat at school is in the spending share already; a change of it is not.
      if (meal_terms.changed && meals_due) spending = std::max(0.0, spending + static_cast<double>(meal * (meals - usual_meals)) / 1000);
      local.spent_cents += static_cast<std::int64_t>(spending);
      households.income_cents[h] = static_cast<std::uint32_t>(std::min<std::int64_t>(4'000'000'000, income));
      constexpr auto written = static_cast<std::uint8_t>(Households::poverty_bits | Households::insured_by_payroll_bit | Households::young_child_bit | Households::single_parent_bit | Households::rent_burdened_bit);
      auto state = static_cast<std::uint8_t>(old_state & ~written);
      // Without branches: whether each holds differs from household to household.
      auto const bit_if = [&](bool holds, unsigned bit) { state |= static_cast<std::uint8_t>(holds ? bit : 0U); };
      bit_if(spending < extreme_cents * members, 2);
      bit_if(!(spending < extreme_cents * members) & (spending < poor_cents * members), 1);
      bit_if(Count::in(counted, Count::on_payroll) != 0, Households::insured_by_payroll_bit);
      bit_if(Count::in(counted, Count::young) != 0, Households::young_child_bit);
      bit_if((minors > 0) & (households.members[h] == minors + 1), Households::single_parent_bit);
      bit_if((rent != 0) & (static_cast<double>(rent - rent_support) > params.households_rent_burden_share * static_cast<double>(means - rent_support)), Households::rent_burdened_bit);
      if (world.trace != nullptr && (state & Households::poverty_bits) != (old_state & Households::poverty_bits))
        for (auto row = households.first[h]; row < households.first[h] + households.count[h]; ++row)
          if (persons.household[row] == h) world.note(row, (state & Households::poverty_bits) != 0 ? Event::became_poor : Event::left_poverty, static_cast<std::int64_t>(spending / members / 100));
      households.state[h] = state;
    }
    Sums::for_fields([&](auto field) {
      if (local.*field != 0) add_shared(all.*field, local.*field);
    });
  });
  auto const earn = [&](Line line, double cents) { world.accounts[static_cast<std::size_t>(line)] += static_cast<std::int64_t>(std::llround(cents)); };
  auto const spend = [&](CostRowName cost, double quantity) { charge_row(world, country, cost, quantity); };
  auto const share_of = [](std::int64_t cents, double share) { return static_cast<double>(cents) * share; };
  // Contributions follow from the firms' payrolls, which equal the sums over their employees.
  std::int64_t payroll_cents = 0, health_base_cents = 0;
  auto const& employers = world.employers;
  for_blocks(employers.size(), [&](std::size_t from, std::size_t to) {
    std::int64_t of_all = 0, above_micro = 0;
    for (std::size_t e = from; e != to; ++e) {
      of_all += employers.payroll_cents[e];
      above_micro += size_class_of(employers.workers[e]) != SizeClass::micro ? employers.payroll_cents[e] : 0;
    }
    add_shared(payroll_cents, of_all);
    add_shared(health_base_cents, above_micro);
  });
  earn(Line::pension_contributions, share_of(payroll_cents, rules.pension_share));
  earn(Line::withholding_tax, share_of(all.withheld_base_cents, rules.withholding_share));
  earn(Line::health_contributions, share_of(health_base_cents, rules.health_share));
  earn(Line::consumption_tax, share_of(all.spent_cents, country.rule("vat_formal_spending_share", "national", month) * rules.vat_share / (1 + rules.vat_share)));
  spend("sis_person_month", static_cast<double>(all.insured));
  charge_service(world, country, Service::childcare, "childcare_place_month", static_cast<double>(all.in_childcare));
  charge_service(world, country, Service::elder_centre, "elder_place_month", static_cast<double>(all.in_elder_centres));
  charge_service(world, country, Service::school, "school_place_month", static_cast<double>(all.migrants_in_school));
  world.charge(Line::cash_transfers, payer_named(country.costs.at("juntos_month").payer), all.transfer_cents);  // the state pays the three
  spend("school_meals_month", static_cast<double>(all.meals) / 1000);
  spend("scholarship_month", static_cast<double>(all.scholars) / 1000);
  for (std::size_t k = 0; k < rules.cash.size(); ++k) {
    world.charge(Line::cash_support, rules.costs[rules.cash[k].measure].payer, cash_cents[k]);
    world.measure_units[rules.cash[k].measure] += 1000 * cash_households[k];
  }
}

namespace {

/// Incentives to formal hiring: to each measure its part of the pay covered, which together is at most all of it; and the
/// workers whose pay it covers.
void pay_subsidies(World& world, Setup const& setup) {
  auto const& measures = setup.scenario.measures;
  auto const pays = [&](Measure const& m) { return m.kind == MeasureKind::hiring_subsidy && in_force(m, world.stream.month) && m.field("pay_share").number > 0; };
  if (std::none_of(measures.begin(), measures.end(), pays)) return;
  std::size_t const n = world.districts.size();
  struct Staff {
    std::int64_t cents = 0, workers = 0;
    double promised = 0;
  };
  std::vector<std::array<Staff, size_class_count>> staff(n);
  auto const& employers = world.employers;
  for (std::size_t e = 0; e < employers.size(); ++e) {
    auto& here = staff[employers.district[e]][static_cast<std::size_t>(size_class_of(employers.workers[e]))];
    here.cents += employers.payroll_cents[e];
    here.workers += employers.on_books[e];
  }
  auto const for_cells = [&](Measure const& m, auto&& f) {
    for (auto const d : places_of(m, setup))
      for (std::size_t k = 0; k < size_class_count; ++k)
        if (((m.field("sizes").choices >> k) & 1U) != 0) f(staff[d][k]);
  };
  for (auto const& m : measures)
    if (pays(m)) for_cells(m, [&](Staff& here) { here.promised += m.field("pay_share").number; });
  for (std::size_t i = 0; i < measures.size(); ++i) {
    auto const& m = measures[i];
    if (!pays(m)) continue;
    double cents = 0;
    for_cells(m, [&](Staff const& here) {
      cents += static_cast<double>(here.cents) * m.field("pay_share").number / std::max(1.0, here.promised);
      world.measure_units[i] += 1000 * here.workers;
    });
    auto const& cost = world.rules.costs[i];
    world.charge(cost.line, cost.payer, static_cast<std::int64_t>(std::llround(cents)));
  }
}

}  // namespace

/// Public accounts (ODD 9): services given by line and payer, and measures' costs by what they did; amounts in base-year soles,
/// from costs.csv unless the measure states its own.
/// Reads: service flows, measure_units, rules.  Writes: accounts, paid.  Draws: none.
void keep_public_accounts(World& world, Setup const& setup) {
  auto const& country = setup.country;
  auto const& rules = world.rules;
  std::size_t const n = world.districts.size();
  struct Visits {
    Service service;
    CostRowName cost;
  };
  constexpr std::array<Visits, 13> visits{{{Service::employment_centre, "employment_centre"},
                                           {Service::household_registry, "household_registry"},
                                           {Service::health_insurance, "health_insurance"},
                                           {Service::degree_recognition, "degree_recognition"},
                                           {Service::protection, "protection"},
                                           {Service::women_centre, "women_centre"},
                                           {Service::child_protection, "child_protection"},
                                           {Service::disability_office, "disability_office"},
                                           {Service::business_support, "business_support"},
                                           {Service::training, "training_place"},
                                           {Service::skills_certification, "skills_certification"},
                                           {Service::bank_account, "bank_account"},
                                           {Service::credit, "credit"}}};
  for (auto const& [service, cost] : visits) {
    std::int64_t given = 0;
    for (std::size_t d = 0; d < n; ++d) given += world.service_flows[(1 * service_count + static_cast<std::size_t>(service)) * n + d];
    charge_service(world, country, service, cost, static_cast<double>(given));
  }
  pay_subsidies(world, setup);
  for (std::size_t i = 0; i < rules.costs.size(); ++i) {
    auto const& cost = rules.costs[i];
    double const units = cost.planned_units + static_cast<double>(world.measure_units[i]) / 1000;
    world.charge(cost.line, cost.payer, static_cast<std::int64_t>(std::llround(100 * cost.unit_soles * units)));
  }
}

}  // namespace arraigo
