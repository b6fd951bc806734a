/// What all replicates of a scenario share: area, geography, household pools, people by district. Built once, immutable.
#pragma once
#include <algorithm>
#include <memory>
#include <vector>

#include "init/country.hpp"
#include "init/household_pool.hpp"
#include "params/scenario.hpp"
#include "world/world.hpp"

namespace arraigo {

/// Education shares by age band (15-24, 25-34, 35-54, 55+), cumulative over levels.
using EducationTable = std::array<std::array<double, education_count>, 4>;

/// The level that a uniform draw gives at an age of 14 or more.
[[nodiscard]] Education draw_education(EducationTable const& table, int age_years, double u);

/// What a new person of an origin is like, from the margins of the start.
struct OriginProfile {
  EducationTable education{};
  double recognised = 1, insured = 0, account = 0, registered = 0, quota_exempt = 0, felt = 0, overstay_months = 0;
  std::array<double, 3> enrolled{};  ///< ages 3-5, 6-11, 12-16
};

struct Setup {
  Setup(Scenario const& scenario, Country const& country);

  Scenario const& scenario;
  Country const country;                      ///< with the margins of the run's own zone, where the tables have them
  Parameters const& params;
  std::vector<std::uint16_t> area;            ///< district table rows, ascending
  std::shared_ptr<Geography const> geography;
  HouseholdPools pools;
  std::array<OriginProfile, origin_count> profile;
  Month first_prices{};                       ///< of the price index
  /// A nominal amount of a month in base-year soles. Beyond the price index's last row amounts are taken as indexed to prices,
  /// before its first as of that month.
  [[nodiscard]] double real(double nominal_soles, Month month) const { return nominal_soles / country.rule("cpi", "national", std::max(month, first_prices)); }
  std::vector<double> hosts, venezuelans, other_foreign;  ///< people by row of the district table, at the start
  std::vector<std::vector<std::uint16_t>> places;         ///< of each measure of the scenario: districts of the run, ascending
  std::vector<double> places_inside;                      ///< of each measure that names places: the share of their hosts that lives in the run's area; else 1
};

/// The initial world of one replicate: households, persons, migrants, firms, jobs, ties, service points, markets.
void build_world(World& world, Setup const& setup, int replicate);

/// Appends a household of migrants or returnees with all its members, who arrive in the world's present month: ids follow
/// from `id`, the rest from keyed draws. Returns the row of the household.
std::uint32_t append_household(World& world, Setup const& setup, std::uint64_t id, Origin origin, std::uint16_t district, PoolHousehold const& pool);

/// Keyed contacts for a migrant: by consistent hashing on identities, so that one more or fewer neighbour changes few ties.
[[nodiscard]] std::vector<std::uint32_t> contacts_of(World const& world, MigrantRings const& rings, Setup const& setup, std::uint32_t migrant);

/// The reasons to work: P(active) by origin, sex, age and unmet care, see ODD 7.1.
[[nodiscard]] std::size_t participation_age_band(int age_years);
[[nodiscard]] std::size_t participation_class(Persons const& persons, std::size_t row);
/// Whether a woman's household has a child under three without a childcare place.
[[nodiscard]] bool has_unmet_care(World const& world, std::size_t person);
/// What keeps people from taking part: bits. A dependent elder is somebody of 80 or more, or of 65 with a disability, without a
/// place at a day centre, in the household of a woman of 30 to 64.
enum Hindrance : unsigned { child_without_place = 1, elder_without_place = 2, need_unattended = 4 };
inline constexpr unsigned hindrance_sets = 8;
[[nodiscard]] unsigned hindrances(World const& world, std::size_t person);
/// Log-odds of taking part that the hindrances cost besides that of a small child, which participation_logit holds.
[[nodiscard]] double hindrance_penalty(Parameters const& params, unsigned hindrances);
[[nodiscard]] bool wants_to_work(World const& world, Parameters const& params, std::size_t person, unsigned hindrances);

/// The share of off-books hires of people like this one that turn out abusive: beyond the legal week, paid short of it. Who
/// cannot complain (no permit and no claim, LGBTIQ+, survivors of trafficking) meets it more.
[[nodiscard]] double abusive_hire_share(World const& world, Parameters const& params, std::size_t person);
/// Pay of an abusive job, of what was agreed, and back.
[[nodiscard]] std::uint32_t underpaid_cents(Parameters const& params, std::uint32_t agreed_cents);
/// Ends the abuse of a worker in an off-books job: the pay is what was agreed.
void end_abuse(World& world, Parameters const& params, std::uint32_t person);

/// How much likelier than the least exposed somebody comes to need protection: the largest factor of what holds for them
/// (services.need_factor_*).
[[nodiscard]] double protection_need_factor(World const& world, Parameters const& params, std::size_t person);
/// What lenders ask for besides papers: an account, and of foreigners some time at one address.
[[nodiscard]] bool meets_lenders_terms(World const& world, Parameters const& params, std::size_t person);

/// Log-odds that a firm with `workers` keeps a job on the books, given overhead relative to the start (ODD 7.3).
[[nodiscard]] double on_books_share(Parameters const& params, double workers, double overhead_change);
/// The same, looked up for firms of the common sizes, without a change of overhead and under the month's incentives.
class OnBooksShares {
 public:
  OnBooksShares(Parameters const& params, Rules const& rules);
  [[nodiscard]] double operator()(std::uint32_t workers, double overhead_change = 0) const {
    if (workers < common_sizes)
      for (auto const& table : tables_)
        if (table.overhead == overhead_change) return table.shares[workers];
    return on_books_share(params_, workers, overhead_change);
  }

 private:
  static constexpr std::size_t common_sizes = 256, table_limit = 8;
  struct Table {
    double overhead;
    std::array<double, common_sizes> shares;
  };
  Parameters const& params_;
  std::vector<Table> tables_;
};
/// What of every draw makes a firm of the formal kind, where its size keeps the share `on_books` of jobs there.
[[nodiscard]] double formal_firm_share(Parameters const& params, double on_books);
/// Whether the firm is of the formal kind under that share, by its keyed draw; then nearly all its jobs are on the books.
[[nodiscard]] bool is_formal_firm(World const& world, Parameters const& params, std::size_t employer, double on_books);
/// Whether the firm treats the quota as binding.
[[nodiscard]] bool heeds_quota(World const& world, std::size_t employer);
/// The share of an agent by which a firm with thinned staff rounds its limits up, uniform in (0, 1), drawn once for
/// life; 0 for firms that stand whole. A firm of 300 at 1:100 may have 0.6 foreign agents: three in five such firms may have one.
[[nodiscard]] double quota_rounding(World const& world, std::size_t employer);
/// Whether one more foreigner at `wage_cents` fits under the quota of a firm on whose books stand the given numbers.
[[nodiscard]] bool quota_has_room(Rules const& rules, SizeClass size, std::uint32_t staff_per_agent, double rounding, std::uint32_t on_books, std::uint32_t foreign, std::int64_t payroll_cents,
                                  std::int64_t foreign_payroll_cents, std::uint32_t wage_cents);

}  // namespace arraigo
