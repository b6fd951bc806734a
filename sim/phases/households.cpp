/// Households (ODD 8) and what of public accounts follows from persons (ODD 9). Members' pay after contributions and
/// withholding is pooled with transfers and cash support, less remittances; spending per head against the two poverty lines
/// makes the state. Rent is part of spending; where it takes a large part of income the household is burdened.
/// Reads: wages, contracts, places, rules.  Writes: income, poverty, payroll-insurance flag, kind of household, burden of rent,
/// accounts.  Draws: hashes of household and person for life (who rents, who is covered by cash, who has a scholarship).
/// Source: lines and rates from rules.csv; transfers' amounts from costs.csv; the rest is assumed (households.*).
#include <algorithm>
#include <array>
#include <cmath>

#include "core/prefetch.hpp"
#include "core/row_mask.hpp"
#include "core/wide.hpp"
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

/// A uniform for life of an identity and what it is for; and whether it falls below a share. `life` is the replicate's key.
inline double fate(std::uint64_t life, std::uint64_t id, std::uint64_t what) { return unit_of(mix(id ^ life, what)); }
inline bool falls_below(std::uint64_t life, std::uint64_t id, std::uint64_t what, std::uint64_t threshold) { return mix(id ^ life, what) >> 32 < threshold; }
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

/// What is counted of a household's members, one byte each, which no household fills.
enum Counted : unsigned { minors, young, working_age_hosts, foreigners, on_payroll, pupils, insured, in_childcare };
constexpr std::uint64_t one(Counted byte) { return 1ULL << (8 * byte); }
constexpr int number_of(Counted byte, std::uint64_t counted) { return static_cast<int>(counted >> (8 * byte) & 0xffU); }

/// Two words of what rows add up to: Counted; and pay in cents, above it whom a scholarship could reach, those in elders' centres
/// and the inert, a byte each. Of running sums over rows in line a difference is the sum of the rows between, whatever has carried
/// over meanwhile.
struct Members {
  std::uint64_t counted, pay_and_more;  // left as they are by default: arrays of them are written before they are read
  static constexpr unsigned scholars_shift = 40, elders_shift = 48, inert_shift = 56;
  static_assert(255 * std::uint64_t{0xffffffff} < 1ULL << scholars_shift);  // pay of the largest household
  friend Members operator-(Members const& a, Members const& b) { return {a.counted - b.counted, a.pay_and_more - b.pay_and_more}; }
};

/// The households of a block side by side: what members add up to, what follows for each household, and steps over all of them that
/// the compiler makes of many households at once. Household by household, the phase took 1.3 times as long.
class Budgets {
 public:
  /// What is the same for all households in a month. Cents, and thousandths of a meal's amount per pupil where they are the same
  /// whatever the holder, else 0.
  struct Terms {
    std::int64_t other_income = 0, meal = 0, meals_now = 0, meals_usual = 0;
    double extreme_line = 0, poor_line = 0, rent_burden_share = 0;
    bool meals_changed = false;
  };

  explicit Budgets(std::size_t households) : n(households) {  // leaves the other arrays as they are: what is read has been written
    std::fill_n(counted_.begin(), n, 0);
    std::fill_n(pay_and_more_.begin(), n, 0);
    std::fill_n(income.begin(), n, 0);
  }
  void add(std::size_t i, Members const& more) {
    counted_[i] += more.counted;
    pay_and_more_[i] += more.pay_and_more;
  }
  [[nodiscard]] int number(Counted byte, std::size_t i) const { return number_of(byte, counted_[i]); }
  [[nodiscard]] bool has_inert(std::size_t i) const { return pay_and_more_[i] >> Members::inert_shift != 0; }
  [[nodiscard]] bool has_scholars(std::size_t i) const { return (pay_and_more_[i] >> Members::scholars_shift & 0xffU) != 0; }

  /// Adds pay to income; makes of rent and shares per head those of the household; counts who has a place. `pays_rent` is 1 where a
  /// household without a Peruvian of working age would, 2 where one with them would.
  void lay_out(Terms const& terms, std::uint8_t const* members, std::uint8_t const* pays_rent, Sums& sums);
  /// Spending, income and state of those who have members, none of them inert.
  void settle(Terms const& terms, std::uint8_t const* members, std::uint32_t* income_cents, std::uint8_t* state, Sums& sums);

  std::size_t const n;
  std::array<std::int64_t, rows_per_block> income, rent, rent_support, meals, usual_meals;  ///< income before lay_out: what is added to pay
  std::array<double, rows_per_block> spending, spending_share;

 private:
  std::array<std::uint64_t, rows_per_block> counted_, pay_and_more_;
};

ARRAIGO_WIDE
void Budgets::lay_out(Terms const& terms, std::uint8_t const* members, std::uint8_t const* pays_rent, Sums& sums) {
  std::size_t const rows = n;  // of this function: a byte that is written could be the object's
  std::uint64_t insured_now = 0, in_childcare_now = 0, in_elder_centres_now = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    insured_now += counted_[i] >> (8 * insured) & 0xffU;
    in_childcare_now += counted_[i] >> (8 * in_childcare) & 0xffU;
    in_elder_centres_now += pay_and_more_[i] >> Members::elders_shift & 0xffU;
    income[i] += static_cast<std::int64_t>(pay_and_more_[i] & ((1ULL << Members::scholars_shift) - 1));
  }
  sums.insured += static_cast<std::int64_t>(insured_now);
  sums.in_childcare += static_cast<std::int64_t>(in_childcare_now);
  sums.in_elder_centres += static_cast<std::int64_t>(in_elder_centres_now);
  for (std::size_t i = 0; i < rows; ++i) {
    std::uint64_t const hosts = (counted_[i] >> (8 * working_age_hosts) & 0xffU) != 0 ? 1 : 0;
    rent[i] *= static_cast<std::int64_t>(members[i] * (pays_rent[i] >> hosts & 1U));
    rent_support[i] = 0;
  }
  for (std::size_t i = 0; i < rows; ++i) {
    auto const pupils_now = static_cast<std::int64_t>(counted_[i] >> (8 * pupils) & 0xffU);
    meals[i] = terms.meals_now * pupils_now;
    usual_meals[i] = terms.meals_usual * pupils_now;
  }
}

ARRAIGO_WIDE
void Budgets::settle(Terms const& terms, std::uint8_t const* members, std::uint32_t* income_cents, std::uint8_t* state, Sums& sums) {
  constexpr auto written = static_cast<std::uint8_t>(Households::poverty_bits | Households::insured_by_payroll_bit | Households::young_child_bit | Households::single_parent_bit | Households::rent_burdened_bit);
  std::size_t const rows = n;
  auto const byte = [&](Counted what, std::size_t i) { return counted_[i] >> (8 * what) & 0xffU; };
  // Conditions are 0 or 1 and choices products of them: with branches the compiler would leave the loops as they are.
  std::array<std::uint64_t, rows_per_block> settles, meals_due;
  std::array<std::int64_t, rows_per_block> means;
  for (std::size_t i = 0; i < rows; ++i) settles[i] = (members[i] != 0 ? 1ULL : 0ULL) & (pay_and_more_[i] >> Members::inert_shift == 0 ? 1ULL : 0ULL);
  for (std::size_t i = 0; i < rows; ++i) {
    income[i] = std::max<std::int64_t>(0, income[i]);
    // Pensions, rents and own production, which the model does not follow, reach hosts only.
    means[i] = income[i] + terms.other_income * members[i] * (byte(working_age_hosts, i) != 0 ? 1 : 0);
    spending[i] = static_cast<double>(means[i]) * spending_share[i];
    // The lines are compared with the household's sum: a division would be waited for.
    meals_due[i] = settles[i] & (byte(pupils, i) != 0 ? 1ULL : 0ULL) & (spending[i] < terms.poor_line * static_cast<double>(members[i]) ? 1ULL : 0ULL);
  }
  // What poor pupils eat at school is in the spending share already; a change of it is not.
  for (std::size_t i = 0; terms.meals_changed && i < rows; ++i)
    if (meals_due[i] != 0) spending[i] = std::max(0.0, spending[i] + static_cast<double>(terms.meal * (meals[i] - usual_meals[i])) / 1000);
  std::int64_t spent_now = 0, meals_now = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    meals_now += meals[i] & -static_cast<std::int64_t>(meals_due[i]);
    spent_now += static_cast<std::int64_t>(spending[i]) & -static_cast<std::int64_t>(settles[i]);
  }
  std::array<std::uint64_t, rows_per_block> bits;  // of the new state
  for (std::size_t i = 0; i < rows; ++i) bits[i] = spending[i] < terms.poor_line * static_cast<double>(members[i]) ? 1 : 0;
  for (std::size_t i = 0; i < rows; ++i) bits[i] = spending[i] < terms.extreme_line * static_cast<double>(members[i]) ? 2 : bits[i];
  for (std::size_t i = 0; i < rows; ++i) {
    bool const larger = static_cast<double>(rent[i] - rent_support[i]) > terms.rent_burden_share * static_cast<double>(means[i] - rent_support[i]);
    bits[i] |= (larger ? std::uint64_t{Households::rent_burdened_bit} : 0) & (rent[i] != 0 ? ~0ULL : 0);
  }
  for (std::size_t i = 0; i < rows; ++i) {
    bits[i] |= byte(on_payroll, i) != 0 ? std::uint64_t{Households::insured_by_payroll_bit} : 0;
    bits[i] |= byte(young, i) != 0 ? std::uint64_t{Households::young_child_bit} : 0;
    bits[i] |= (members[i] == byte(minors, i) + 1 ? std::uint64_t{Households::single_parent_bit} : 0) & (byte(minors, i) != 0 ? ~0ULL : 0);
  }
  for (std::size_t i = 0; i < rows; ++i) {
    auto const now = static_cast<std::uint8_t>((state[i] & ~written) | static_cast<std::uint8_t>(bits[i]));
    state[i] = settles[i] != 0 ? now : state[i];
  }
  for (std::size_t i = 0; i < rows; ++i) {
    auto const stored = static_cast<std::uint32_t>(std::min<std::int64_t>(4'000'000'000, income[i]));
    income_cents[i] = settles[i] != 0 ? stored : income_cents[i];
  }
  sums.spent_cents += spent_now;
  sums.meals += meals_now;
}

bool is_pupil(Persons const& persons, std::uint32_t row) { return (persons.has[row] & has_school_place) != 0; }

/// What a household's members add, row by row. Of each row two small codes, made of many rows at once, say what it adds besides pay.
/// Sums by household, each of which waits for the row before, took 1.05 times as long.
class MemberSums {
 public:
  MemberSums(Persons const& persons, Month month, std::array<std::int64_t, activity_count> const& kept_of_pay)
      : activity_(persons.activity.data()), has_(persons.has.data()), traits_(persons.traits.data()), groups_(persons.groups.data()), birth_(persons.birth.data()), wage_(persons.wage_cents.data()), household_(persons.household.data()),
        month_(month.index) {
    for (unsigned code = 0; code < by_activity_.size() - 1; ++code) {  // the last code adds nothing
      auto const activity = static_cast<Activity>(code % activity_count);
      bool const foreign = (code & foreign_code) != 0;
      by_activity_[code] = {(activity == Activity::payroll ? one(on_payroll) : 0) + (foreign ? one(foreigners) : activity != Activity::child ? one(working_age_hosts) : 0),
                            (code & inert_code) != 0 ? 1ULL << Members::inert_shift : 0};
      kept_of_pay_[code] = static_cast<std::uint64_t>(kept_of_pay[static_cast<std::size_t>(activity)]);
    }
    for (unsigned code = 0; code < by_places_.size(); ++code)
      by_places_[code] = {((code & has_public_insurance) != 0 ? one(insured) : 0) + ((code & has_school_place) != 0 ? one(pupils) : 0) + ((code & has_childcare_place) != 0 ? one(in_childcare) : 0) +
                              ((code & minor_code) != 0 ? one(minors) : 0) + ((code & young_code) != 0 ? one(young) : 0),
                          ((code & elder_code) != 0 ? 1ULL << Members::elders_shift : 0) + ((code & scholar_code) != 0 ? 1ULL << Members::scholars_shift : 0)};
  }

  /// A living person.
  [[nodiscard]] Members of(std::uint32_t row) const { return of(row, code_by_activity(row), static_cast<std::uint8_t>(code_by_places(row) | (student_age(row) ? scholar_unless_primary(row) & scholar_code : 0))); }
  /// Rows in line, of households [from, to) and others: adds to `sum` the living members of those and writes it after each row;
  /// tells which of them are foreigners.
  void add_in_line(std::uint32_t row, std::size_t n, std::size_t from, std::size_t to, Members& sum, Members* after, RowMask& foreign) const;

 private:
  // Codes: the activity, foreign, inert; and public insurance, places, age, an elders' place, and whether a scholarship could come.
  static constexpr std::uint8_t foreign_code = 8, inert_code = 16, nobody = 32, minor_code = 2, young_code = 16, elder_code = 32, scholar_code = 64;
  static constexpr unsigned places_of_has = has_public_insurance | has_school_place | has_childcare_place;
  static_assert(activity_count == foreign_code && (places_of_has & (minor_code | young_code | elder_code | scholar_code)) == 0 && has_elder_place == 1U << 15U && is_foreign(Origin::venezuelan) && is_foreign(Origin::other_foreign));

  [[nodiscard]] std::uint8_t code_by_activity(std::size_t row) const {
    unsigned const traits = traits_[row];
    return static_cast<std::uint8_t>(static_cast<unsigned>(activity_[row]) | (traits << 1 & foreign_code) | (traits >> 3 & inert_code));  // the origins that are foreign have bit 2 of the traits
  }
  [[nodiscard]] std::uint8_t code_by_places(std::size_t row) const {
    unsigned const has = has_[row];
    auto const age_months = static_cast<std::int16_t>(month_ - birth_[row]);
    return static_cast<std::uint8_t>((has & places_of_has) | (age_months < 18 * 12 ? minor_code : 0U) | (age_months < 6 * 12 ? young_code : 0U) | (has >> 10 & elder_code));
  }
  [[nodiscard]] bool student_age(std::size_t row) const {
    auto const age_months = static_cast<std::int16_t>(month_ - birth_[row]);
    return (age_months >= 17 * 12) & (age_months < 25 * 12);
  }
  [[nodiscard]] std::uint8_t scholar_unless_primary(std::size_t row) const {
    static_assert(Persons::scholar_bit * 4 == scholar_code && Persons::make_traits(Sex::male, Origin::national, Education::university) == 3U << 3U && static_cast<unsigned>(Education::primary) == 0);
    unsigned const above_primary = (traits_[row] >> 3 | traits_[row] >> 4) & 1U;
    return static_cast<std::uint8_t>(groups_[row] * 4U & (0U - above_primary));
  }
  [[nodiscard]] Members of(std::size_t row, std::uint8_t activity_code, std::uint8_t places_code) const {
    auto const &a = by_activity_[activity_code], &b = by_places_[places_code];
    return {a.counted + b.counted, a.pay_and_more + b.pay_and_more + (wage_[row] * kept_of_pay_[activity_code] >> 16)};
  }

  Activity const* activity_;
  std::uint16_t const* has_;
  std::uint8_t const *traits_, *groups_;
  std::int16_t const* birth_;
  std::uint32_t const *wage_, *household_;
  int month_;
  std::array<Members, nobody + 1> by_activity_{};
  std::array<std::uint64_t, nobody + 1> kept_of_pay_{};
  std::array<Members, 2 * scholar_code> by_places_{};
};

ARRAIGO_WIDE
void MemberSums::add_in_line(std::uint32_t row, std::size_t n, std::size_t from, std::size_t to, Members& sum, Members* after, RowMask& foreign) const {
  std::array<std::uint8_t, rows_per_block> here, activity_code, places_code;
  std::uint32_t const* const household_of = household_ + row;
  std::uint8_t const* const traits_of = traits_ + row;
  auto const first = static_cast<std::uint32_t>(from), households = static_cast<std::uint32_t>(to - from);
  for (std::size_t i = 0; i < n; ++i) here[i] = household_of[i] - first < households ? 0xff : 0;
  for (std::size_t i = 0; i < n; ++i) here[i] = (traits_of[i] & Persons::gone_bit) == 0 ? here[i] : 0;
  for (std::size_t i = 0; i < n; ++i) activity_code[i] = static_cast<std::uint8_t>((code_by_activity(row + i) & here[i]) | (nobody & ~here[i]));
  std::array<std::uint8_t, rows_per_block> of_student;
  for (std::size_t i = 0; i < n; ++i) of_student[i] = student_age(row + i) ? scholar_code : 0;
  for (std::size_t i = 0; i < n; ++i) of_student[i] &= scholar_unless_primary(row + i);
  for (std::size_t i = 0; i < n; ++i) places_code[i] = static_cast<std::uint8_t>((code_by_places(row + i) | of_student[i]) & here[i]);
  foreign.set(n, [&](std::size_t i) { return (activity_code[i] & foreign_code) != 0; });
  std::uint64_t counted = sum.counted, pay_and_more = sum.pay_and_more;
  for (std::size_t i = 0; i < n; ++i) {
    auto const one_row = of(row + i, activity_code[i], places_code[i]);
    counted += one_row.counted;
    pay_and_more += one_row.pay_and_more;
    after[i] = {counted, pay_and_more};
  }
  sum = {counted, pay_and_more};
}

/// Whether the household pays rent, for life: below the share of those where a Peruvian of working age lives, or of the others.
struct Renting {
  std::uint64_t life;
  std::array<std::uint64_t, 2> below;
  Renting(World const& world, Parameters const& p) : life(key_of_life(world.stream)), below{threshold_of(p.households_rent_share_migrants), threshold_of(p.households_rent_share_hosts)} {}
  [[nodiscard]] bool operator()(std::uint64_t household, bool hosts) const { return falls_below(life, household, of_rent, below[hosts ? 1 : 0]); }
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
  if (cash.here[households.district[h]] == 0 || !(unit_of(mix(households.id[h] ^ key_of_life(world.stream), of_cash, static_cast<std::uint64_t>(cash.purpose) + 8ULL * cash.list)) < cash.coverage_share)) return false;
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
  if (!Renting(world, setup.params)(households.id[h], hosts)) return 0;
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
  Renting const renting(world, params);
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

  auto const settles = [&](Budgets const& budgets, std::size_t from, std::size_t i) { return households.members[from + i] != 0 && !budgets.has_inert(i); };
  // Meals where they depend on the holder, and cash support: what most months are without.
  auto const add_by_holder_and_cash = [&](std::size_t from, std::size_t to, Budgets& budgets, auto const& for_members) {
    for (std::size_t h = from; h != to; ++h) {
      std::size_t const i = h - from;
      if (!settles(budgets, from, i)) continue;
      if (!meal_terms.same_for_all && budgets.number(Counted::pupils, i) != 0)
        for_members(h, [&](std::uint32_t row) {
          if (!is_pupil(persons, row)) return;
          budgets.meals[i] += best_of(world, meal_terms.now, row);
          budgets.usual_meals[i] += best_of(world, meal_terms.usual, row);
        });
      for (std::size_t k = 0; k < rules.cash.size(); ++k) {
        auto const& cash = rules.cash[k];
        if ((cash.purpose == CashPurpose::seed_capital && !cash.first_month) ||
            (budgets.number(Counted::foreigners, i) == 0 && (cash.groups | groups_of_foreigners) == groups_of_foreigners && cash.groups != 0) || !covered_by(world, cash, h))
          continue;
        std::int64_t const paid = cash.purpose == CashPurpose::rent ? std::min(cents_of(cash.soles), budgets.rent[i] - budgets.rent_support[i]) : cents_of(cash.soles);
        if (paid <= 0) continue;
        if (cash.purpose == CashPurpose::rent) budgets.rent_support[i] += paid;
        budgets.income[i] += paid;
        add_shared(cash_cents[k], paid);
        add_shared(cash_households[k], std::int64_t{1});
        if (world.trace != nullptr)
          for (auto row = households.first[h]; row < households.first[h] + households.count[h]; ++row)
            if (persons.household[row] == h) world.note(row, Event::got_cash_support, static_cast<std::int64_t>(cash.purpose), paid / 100);
      }
    }
  };
  auto const note_poverty = [&](std::size_t from, std::size_t to, Budgets const& budgets, std::array<std::uint8_t, rows_per_block> const& before) {
    for (std::size_t h = from; h != to; ++h) {
      std::uint8_t const was = before[h - from] & Households::poverty_bits, is = households.state[h] & Households::poverty_bits;
      if (was == is) continue;
      for (auto row = households.first[h]; row < households.first[h] + households.count[h]; ++row)
        if (persons.household[row] == h) world.note(row, is != 0 ? Event::became_poor : Event::left_poverty, static_cast<std::int64_t>(budgets.spending[h - from] / households.members[h] / 100));
    }
  };

  Budgets::Terms terms{.other_income = other, .meal = meal, .extreme_line = extreme_cents, .poor_line = poor_cents, .rent_burden_share = params.households_rent_burden_share, .meals_changed = meal_terms.changed};
  if (meal_terms.same_for_all) {
    terms.meals_now = meal_terms.now[0];
    terms.meals_usual = meal_terms.usual[0];
  }
  MemberSums const sums_of_members(persons, month, kept_of_pay);
  StrayIndex const strays(world);
  Sums all;
  for_blocks(households.size(), [&](std::size_t from, std::size_t to) {
    Sums local;
    std::uint8_t const* const traits_of = persons.traits.data();
    std::uint32_t const* const household_of = persons.household.data();
    // What members add up to comes first, row by row, without a loop of its own for each household.
    Budgets budgets(to - from);
    // What of a foreigner's pay does not stay with the household, and schooling.
    auto const add_foreigner = [&](std::uint32_t row, std::int64_t& income) {
      std::int64_t const pay = persons.wage_cents[row];
      if (persons.activity[row] == Activity::payroll && world.is_non_domiciled(row)) {
        local.withheld_base_cents += pay;
        income += (pay * kept_withheld >> 16) - (pay * kept >> 16);
      }
      bool const sends = (persons.origin(row) == Origin::venezuelan) & (world.migrants.remit_draw[persons.migrant[row]] < remitter);
      income -= std::min(remittance, 3 * pay / 10) * (sends ? 1 : 0);
      local.migrants_in_school += is_pupil(persons, row) ? 1 : 0;
    };
    auto const for_members = [&](std::size_t h, auto const& f) {
      for (auto row = households.first[h], end = row + households.count[h]; row < end; ++row)
        if (household_of[row] == h && (traits_of[row] & Persons::gone_bit) == 0) f(row);
      strays.for_each(h, f);
    };
    // The households' rows follow on each other: so they do but for those of the year's new households.
    bool empty = false;
    std::uint32_t gaps = 0;
    for (std::size_t h = from; h < to; ++h) empty |= households.count[h] == 0;
    for (std::size_t h = from + 1; h < to; ++h) gaps |= (households.first[h - 1] + households.count[h - 1]) ^ households.first[h];
    bool const in_line = !empty && gaps == 0;
    auto const add_member = [&](std::uint32_t row, std::size_t h) {
      budgets.add(h - from, sums_of_members.of(row));
      if (is_foreign(persons.origin(row))) add_foreigner(row, budgets.income[h - from]);
    };
    if (in_line) {
      Members sum{}, before{};
      std::array<Members, rows_per_block> after;
      RowMask foreign;
      std::size_t h = from;
      for (std::uint32_t row = households.first[from], end = households.first[to - 1] + households.count[to - 1]; row != end;) {
        auto const next = std::min(end, row + static_cast<std::uint32_t>(rows_per_block));
        sums_of_members.add_in_line(row, next - row, from, to, sum, after.data(), foreign);
        for (; h != to && households.first[h] + households.count[h] <= next; ++h) {
          auto const& last = after[households.first[h] + households.count[h] - row - 1];
          budgets.add(h - from, last - before);
          before = last;
        }
        foreign.for_each([&](std::size_t i) { prefetch(&persons.migrant[row + i]); });
        foreign.for_each([&](std::size_t i) { add_foreigner(row + static_cast<std::uint32_t>(i), budgets.income[household_of[row + i] - from]); });
        row = next;
      }
      strays.for_households(from, to, [&](std::size_t with) { strays.for_each(with, [&](std::uint32_t row) { add_member(row, with); }); });
    } else {
      for (std::size_t h = from; h != to; ++h) for_members(h, [&](std::uint32_t row) { add_member(row, h); });
    }
    // What few households need is asked of them alone.
    RowMask poor;
    poor.set(to - from, [&](std::size_t i) {
      unsigned const state = households.state[from + i];
      return (Households::classified_extremely_poor(state) | (Households::classified_poor(state) & budgets.has_scholars(i))) & (households.members[from + i] != 0) & !budgets.has_inert(i);
    });
    poor.for_each([&](std::size_t i) {
      std::size_t const h = from + i;
      // By the registry's class, not by this month's means: what is paid would end itself in the month after.
      bool const in_programmes = Households::classified_extremely_poor(households.state[h]);
      // Where only a share of counters grants a transfer, the household meets one that does or does not, for life.
      auto const granted = [&](std::uint32_t row, Transfer transfer) {
        auto const what = static_cast<Entitlement>(static_cast<std::size_t>(Entitlement::juntos) + static_cast<std::size_t>(transfer));
        double const share = world.entitled(row, what);
        return share >= 1 || (share > 0 && share > fate(renting.life, households.id[h], of_transfer + static_cast<std::uint64_t>(transfer)));
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
        if ((age_months < 17 * 12) | (age_months >= 25 * 12) | (persons.education(row) < Education::secondary) | ((persons.groups[row] & Persons::scholar_bit) == 0)) return;
        std::int64_t const now = best_of(world, scholarship_terms.now, row);
        local.scholars += now;
        budgets.income[i] += static_cast<std::int64_t>(params.households_scholarship_living_share * static_cast<double>(scholarship * (now - best_of(world, scholarship_terms.usual, row))) / 1000);
      });
      if (in_juntos) transfers += juntos;
      budgets.income[i] += transfers;
      local.transfer_cents += transfers;
    });
    for (std::size_t i = 0; i < budgets.n; ++i) {
      auto const district = households.district[from + i];
      budgets.rent[i] = rent_cents[district];
      budgets.spending_share[i] = spending_share[district];
    }
    budgets.lay_out(terms, &households.members[from], &rents[from], local);
    if (!meal_terms.same_for_all || !rules.cash.empty()) add_by_holder_and_cash(from, to, budgets, for_members);
    std::array<std::uint8_t, rows_per_block> before;
    if (world.trace != nullptr) std::copy_n(&households.state[from], budgets.n, before.begin());
    budgets.settle(terms, &households.members[from], &households.income_cents[from], &households.state[from], local);
    if (world.trace != nullptr) note_poverty(from, to, budgets, before);
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
    int payers = 0;  ///< measures that cover the same workers: they are administered once
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
    if (pays(m))
      for_cells(m, [&](Staff& here) {
        here.promised += m.field("pay_share").number;
        ++here.payers;
      });
  for (std::size_t i = 0; i < measures.size(); ++i) {
    auto const& m = measures[i];
    if (!pays(m)) continue;
    double cents = 0;
    std::int64_t thousandths = 0;
    for_cells(m, [&](Staff const& here) {
      cents += static_cast<double>(here.cents) * m.field("pay_share").number / std::max(1.0, here.promised);
      thousandths += 1000 * here.workers / here.payers;
    });
    world.measure_units[i] += thousandths;
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
