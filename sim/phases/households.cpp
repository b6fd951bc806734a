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

/// What a household's members add up to.
struct Pool {
  std::int64_t income = 0;
  std::uint64_t counted = 0;
  std::uint32_t in_elder_centres = 0;
  std::uint16_t inert = 0, scholars = 0;
  Pool& operator+=(Members const& more) {
    counted += more.counted;
    income += static_cast<std::int64_t>(more.pay_and_more % (1ULL << Members::scholars_shift));
    in_elder_centres += static_cast<std::uint32_t>(more.pay_and_more >> Members::elders_shift & 0xffU);
    inert = static_cast<std::uint16_t>(inert + (more.pay_and_more >> Members::inert_shift));
    scholars = static_cast<std::uint16_t>(scholars + (more.pay_and_more >> Members::scholars_shift & 0xffU));
    return *this;
  }
};

/// Adds members to their households' pools. Of each row two small codes, made of many rows at once, say what it adds besides pay.
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
  void add(std::uint32_t row, Pool& pool) const { pool += of(row, code_by_activity(row), static_cast<std::uint8_t>(code_by_places(row) | (student_age(row) ? scholar_unless_primary(row) & scholar_code : 0))); }
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
    std::array<Pool, rows_per_block> pools;  // of zeros
    // What of a foreigner's pay does not stay with the household, and schooling.
    auto const add_foreigner = [&](std::uint32_t row, Pool& pool) {
      std::int64_t const pay = persons.wage_cents[row];
      if (persons.activity[row] == Activity::payroll && world.is_non_domiciled(row)) {
        local.withheld_base_cents += pay;
        pool.income += (pay * kept_withheld >> 16) - (pay * kept >> 16);
      }
      bool const sends = (persons.origin(row) == Origin::venezuelan) & (world.migrants.remit_draw[persons.migrant[row]] < remitter);
      pool.income -= std::min(remittance, 3 * pay / 10) * (sends ? 1 : 0);
      local.migrants_in_school += (persons.has[row] & has_school_place) != 0 ? 1 : 0;
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
    auto const add_member = [&](std::uint32_t row, Pool& pool) {
      sums_of_members.add(row, pool);
      if (is_foreign(persons.origin(row))) add_foreigner(row, pool);
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
          pools[h - from] += last - before;
          before = last;
        }
        foreign.for_each([&](std::size_t i) { prefetch(&persons.migrant[row + i]); });
        foreign.for_each([&](std::size_t i) { add_foreigner(row + static_cast<std::uint32_t>(i), pools[household_of[row + i] - from]); });
        row = next;
      }
      strays.for_households(from, to, [&](std::size_t with) { strays.for_each(with, [&](std::uint32_t row) { add_member(row, pools[with - from]); }); });
    } else {
      for (std::size_t h = from; h != to; ++h) for_members(h, [&](std::uint32_t row) { add_member(row, pools[h - from]); });
    }
    for (std::size_t i = 0; i < to - from; ++i) local.in_elder_centres += pools[i].in_elder_centres;
    // What few households need is asked of them alone.
    RowMask poor;
    auto const in_programmes_now = [](unsigned state) { return (state & Households::poverty_bits) == 2; };
    poor.set(to - from, [&](std::size_t i) {
      unsigned const state = households.state[from + i];
      return ((state & Households::registered_poor_bit) != 0) & (households.members[from + i] != 0) & (pools[i].inert == 0) & (in_programmes_now(state) | (pools[i].scholars != 0));
    });
    poor.for_each([&](std::size_t i) {
      std::size_t const h = from + i;
      auto& pool = pools[i];
      bool const in_programmes = in_programmes_now(households.state[h]);
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
        if ((age_months < 17 * 12) | (age_months >= 25 * 12) | (persons.education(row) < Education::secondary) | ((persons.groups[row] & Persons::scholar_bit) == 0)) return;
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
      int const pupils = number_of(Counted::pupils, counted), minors = number_of(Counted::minors, counted);
      bool const hosts = number_of(Counted::working_age_hosts, counted) != 0, foreigners = number_of(Counted::foreigners, counted) != 0;
      local.insured += number_of(Counted::insured, counted);
      local.in_childcare += number_of(Counted::in_childcare, counted);
      if (pool.inert != 0) continue;
      if (!meal_terms.same_for_all && pupils != 0)
        for_members(h, [&](std::uint32_t row) {
          if ((persons.has[row] & has_school_place) == 0) return;
          meals += best_of(world, meal_terms.now, row);
          usual_meals += best_of(world, meal_terms.usual, row);
        });
      // Products where a choice would be a branch that chance decides.
      std::int64_t const rent = rent_cents[households.district[h]] * households.members[h] * (rents[h] >> (hosts ? 1U : 0U) & 1);
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
      std::int64_t const means = income + other * households.members[h] * (hosts ? 1 : 0);
      double spending = static_cast<double>(means) * spending_share[households.district[h]];
      double const members = households.members[h];  // the lines are compared with the household's sum: a division would be waited for
      bool const meals_due = (pupils != 0) & (spending < poor_cents * members);
      if (meal_terms.same_for_all) {
        meals = meal_terms.now[0] * pupils;
        usual_meals = meal_terms.usual[0] * pupils;
      }
      local.meals += meals * (meals_due ? 1 : 0);
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
      bit_if(number_of(Counted::on_payroll, counted) != 0, Households::insured_by_payroll_bit);
      bit_if(number_of(Counted::young, counted) != 0, Households::young_child_bit);
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
