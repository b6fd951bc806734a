/// The agents: one struct of arrays per entity. Rows move when order is restored each January; ids are permanent and never
/// return. Persons are sorted by district and household, households and employers by district.
#pragma once
#include <array>
#include <cstdint>

#include "core/column.hpp"
#include "world/codes.hpp"

namespace arraigo {

/// Persons. All columns have one entry per row.
struct Persons {
  Column<std::uint64_t> id;         ///< identity: keys every draw
  Column<std::uint32_t> household;  ///< row in Households
  Column<std::uint32_t> employer;   ///< row in Employers, or no_row
  Column<std::uint32_t> migrant;    ///< row in Migrants, or no_row
  Column<std::uint32_t> wage_cents; ///< pay of the main job, cents of base-year soles a month, before the worker's tax and contributions
  Column<std::int16_t> birth;       ///< Month::index
  Column<std::uint16_t> has;        ///< bits of Has
  Column<std::uint16_t> queued;     ///< bit queue_bit(s): waits for Service s
  Column<std::uint16_t> work_will;  ///< uniform for life: takes part in the labour force while below the probability
  Column<std::uint8_t> traits;      ///< sex, origin, education, recognised degree, gone, inert (accessors below)
  Column<Activity> activity;
  Column<std::uint8_t> births;      ///< low four bits: children borne, whose number keys the next newborn; high: sector of the training plus one
  Column<std::uint8_t> talent;      ///< uniform for life: quantile class of the personal effect on pay
  Column<std::uint8_t> groups;      ///< for life: groups and what else an identity decides (below), drawn by World::draw_groups()

  [[nodiscard]] std::size_t size() const { return id.size(); }
  template <class F>
  void for_columns(F&& f) {
    f(id), f(household), f(employer), f(migrant), f(wage_cents), f(birth), f(has), f(queued), f(work_will), f(traits), f(activity), f(births), f(talent), f(groups);
  }
  template <class F>
  void for_columns(F&& f) const {
    f(id), f(household), f(employer), f(migrant), f(wage_cents), f(birth), f(has), f(queued), f(work_will), f(traits), f(activity), f(births), f(talent), f(groups);
  }

  [[nodiscard]] Sex sex(std::size_t row) const { return static_cast<Sex>(traits[row] & 1U); }
  [[nodiscard]] Origin origin(std::size_t row) const { return static_cast<Origin>((traits[row] >> 1) & 3U); }
  [[nodiscard]] Education education(std::size_t row) const { return static_cast<Education>((traits[row] >> 3) & 3U); }
  [[nodiscard]] bool recognised(std::size_t row) const { return (traits[row] & 0x20U) != 0; }
  [[nodiscard]] bool gone(std::size_t row) const { return (traits[row] & 0x40U) != 0; }   ///< dead or departed; removed in January
  [[nodiscard]] bool inert(std::size_t row) const { return (traits[row] & 0x80U) != 0; }  ///< outside every market and denominator
  static constexpr std::uint8_t attribute_bits = 0x3f, recognised_bit = 0x20, gone_bit = 0x40, inert_bit = 0x80;
  static constexpr std::uint8_t make_traits(Sex sex, Origin origin, Education education) {
    return static_cast<std::uint8_t>(static_cast<unsigned>(sex) | (static_cast<unsigned>(origin) << 1) | (static_cast<unsigned>(education) << 3));
  }
  /// Children borne (15 stands for more; those born later share its keys by the month).
  [[nodiscard]] unsigned children_borne(std::size_t row) const { return births[row] & 15U; }
  void add_birth(std::size_t row) { if (children_borne(row) < 15) ++births[row]; }
  /// Sector in which the person was trained or certified; none: a general course.
  [[nodiscard]] int trained_sector(std::size_t row) const { return static_cast<int>(births[row] >> 4) - 1; }
  void set_trained_sector(std::size_t row, int sector) { births[row] = static_cast<std::uint8_t>((births[row] & 15U) | (static_cast<unsigned>(sector + 1) << 4)); }
  [[nodiscard]] int age_months(std::size_t row, int month_index) const { return month_index - birth[row]; }
  /// Groups: in the low bits how young a person is whom the drawn disability reaches (0 never, 1 from 65 on, 2 from 18 on,
  /// 3 always), then LGBTIQ+, then indigenous for hosts and trafficked for migrants.
  static constexpr std::uint8_t disability_bits = 3, lgbtiq_bit = 4, of_origin_bit = 8;
  static constexpr std::size_t group_codes = 16;
  /// Above the groups: whether a scholarship would reach this person, and in the three highest bits the sector of own-account work.
  static constexpr std::uint8_t scholar_bit = 16, sector_unit = 32;
  [[nodiscard]] std::uint8_t own_account_sector(std::size_t row) const { return groups[row] / sector_unit; }
};

/// What a person holds or uses: bits of Persons::has.
enum Has : std::uint16_t {
  has_public_insurance = 1,   ///< SIS
  has_account = 2,
  has_school_place = 4,
  has_childcare_place = 8,
  has_training = 16,          ///< a completed training or certification
  has_protection = 32,        ///< protection need attended
  has_business_support = 64,
  has_protection_need = 128,
  has_employment_service = 256,  ///< registered at an employment centre this month or in the last three
  exempt_from_quota = 512,    ///< spouse, parent or child of a national
  has_worked_formally = 1024, ///< ever on a payroll in the country
  has_newborn_stray = 2048,   ///< a mother whose newborn stands outside the household's range until January
  has_credit = 4096,          ///< a loan for the own business
  is_exploited = 8192,        ///< works beyond the legal week and is paid short of it
  has_certificate = 16384,    ///< certified skills
  has_elder_place = 32768,    ///< a place at an elders' day centre
};
/// The bit of a service in Persons::queued; migration offices keep their own line.
[[nodiscard]] constexpr std::uint16_t queue_bit(Service s) { return static_cast<std::uint16_t>(1U << (static_cast<unsigned>(s) - 1)); }

/// Programmes for which a migrant's taste may be shifted at the start (those open before it come first).
inline constexpr std::size_t taste_slots = 8;

/// Persons of foreign origin, in the order of Persons.
struct Migrants {
  Column<std::uint32_t> person;      ///< row in Persons
  Column<std::int16_t> arrival;      ///< month of arrival
  Column<std::int16_t> expiry;       ///< last month in which the permit holds; for the irregular the month since which they overstay
  Column<std::int16_t> permit_since;
  Column<std::int16_t> case_since;   ///< month in which the present stage of the case began
  Column<std::int16_t> case_filed;
  Column<std::int16_t> felt;         ///< last month in which discrimination was felt
  Column<std::uint16_t> case_point;  ///< service point where the case was filed
  Column<std::uint16_t> known;       ///< bit p: knows of programme p
  Column<std::uint16_t> months_without_right;  ///< of working age without the right to a contract since arrival
  Column<std::int16_t> moved;        ///< month since which the person lives at the present address
  Column<Permit> permit;
  Column<Claim> claim;
  Column<CaseStage> stage;
  Column<std::uint8_t> case_programme;
  Column<std::uint8_t> trust;        ///< 0-255 for 0-1
  Column<std::uint8_t> remit_draw;   ///< uniform for life: sends money home while below the share that does
  Column<std::array<std::int8_t, taste_slots>> taste_shift;  ///< of the will to apply to the first programmes, 1/16 standard deviation

  [[nodiscard]] std::size_t size() const { return person.size(); }
  template <class F>
  void for_columns(F&& f) {
    f(person), f(arrival), f(expiry), f(permit_since), f(case_since), f(case_filed), f(felt), f(case_point), f(known),
        f(months_without_right), f(moved), f(permit), f(claim), f(stage), f(case_programme), f(trust), f(remit_draw), f(taste_shift);
  }
  template <class F>
  void for_columns(F&& f) const {
    f(person), f(arrival), f(expiry), f(permit_since), f(case_since), f(case_filed), f(felt), f(case_point), f(known),
        f(months_without_right), f(moved), f(permit), f(claim), f(stage), f(case_programme), f(trust), f(remit_draw), f(taste_shift);
  }
};

/// Households: members are rows [first, first + count) of Persons, except the few strays listed in World::strays until January.
struct Households {
  Column<std::uint64_t> id;
  Column<std::uint32_t> first;
  Column<std::uint32_t> income_cents;  ///< pooled disposable income of the month
  Column<std::uint16_t> district;      ///< row in World::districts
  Column<std::uint8_t> count;          ///< rows of the range, gone members included
  Column<std::uint8_t> members;        ///< living members, strays included
  Column<std::uint8_t> state;          ///< poverty 0 none, 1 poor, 2 extreme; then the bits below

  [[nodiscard]] std::size_t size() const { return id.size(); }
  template <class F>
  void for_columns(F&& f) {
    f(id), f(first), f(income_cents), f(district), f(count), f(members), f(state);
  }
  template <class F>
  void for_columns(F&& f) const {
    f(id), f(first), f(income_cents), f(district), f(count), f(members), f(state);
  }
  static constexpr std::uint8_t poverty_bits = 3, registry_bits = 12, insured_by_payroll_bit = 16,
                                 young_child_bit = 32,     ///< a child under six lives there
                                 single_parent_bit = 64,   ///< one adult with minors
                                 rent_burdened_bit = 128;  ///< rents, and pays a large part of its income for it
  // What the household registry has classified a household as; none of them of who is not registered.
  static constexpr std::uint8_t class_not_poor = 4, class_extremely_poor = 8, class_poor = 12;
  [[nodiscard]] static constexpr bool registered(unsigned state) { return (state & registry_bits) != 0; }
  [[nodiscard]] static constexpr bool classified_poor(unsigned state) { return (state & class_extremely_poor) != 0; }  ///< extremely or not
  [[nodiscard]] static constexpr bool classified_extremely_poor(unsigned state) { return (state & registry_bits) == class_extremely_poor; }
  /// The class that the registry finds: of the poor it takes a share `exclusion` for not poor, and of those who are not extremely
  /// poor it takes a share `inclusion` of whom it would find right for one class poorer. `u` is uniform in (0, 1).
  [[nodiscard]] static constexpr std::uint8_t registry_class(unsigned poverty, double u, double exclusion, double inclusion) {
    if (poverty == 0) return u < inclusion ? class_poor : class_not_poor;
    if (u >= 1 - exclusion) return class_not_poor;
    return poverty == 2 || u < (1 - exclusion) * inclusion ? class_extremely_poor : class_poor;
  }
};

/// Documents whose validity an employer may or may not know.
enum class Document : std::uint8_t { asylum_card, humanitarian, temporary, residence };
inline constexpr std::size_t document_count = 4;

/// Employers. Staff counts are agents; a firm above the sampling threshold keeps its place at any scale and has its staff
/// thinned instead, so that people_per_staff (relative to the run's scale) tells how many of its own workers one staff agent stands for.
struct Employers {
  Column<std::uint64_t> id;
  Column<std::int64_t> payroll_cents;          ///< on-books pay a month
  Column<std::int64_t> foreign_payroll_cents;  ///< of foreigners under the quota
  Column<std::uint32_t> workers;               ///< true number of workers wanted at the start
  Column<std::uint16_t> district;
  Column<std::uint16_t> staff_per_agent;       ///< own workers per staff agent: 1, or the scale for firms kept with thinned staff
  Column<std::uint16_t> target;                ///< staff agents wanted at the start
  Column<std::uint16_t> on_books;              ///< staff agents on the payroll
  Column<std::uint16_t> off_books;             ///< staff agents without contract or paid by receipts
  Column<std::uint16_t> foreign_on_books;      ///< staff agents on the payroll who count under the quota
  Column<std::array<std::uint16_t, document_count>> knowledge;  ///< 0-65535 for 0-1, by Document
  Column<std::array<std::uint8_t, skill_count>> vacancies;     ///< open this month, by Skill
  Column<std::uint8_t> advertises;        ///< of firms with thinned staff, bit k: some of their own vacancies are for Skill k, though perhaps less than an agent's worth
  Column<std::uint8_t> sector;
  Column<float> distaste;            ///< the firm's own standard normal part of its taste against foreigners, for life
  Column<std::uint16_t> formal_draw; ///< uniform for life: a formal firm while below the probability
  Column<std::uint16_t> heed_draw;   ///< uniform for life: heeds the quota while below the share of firms that do
  Column<std::uint8_t> flags;        ///< bits below
  static constexpr std::uint8_t converting_bit = 1,  ///< made formal by support or inspection: puts its staff on the books
      inspected_bit = 2,                             ///< inspected in the last twelve months or so: keeps to hours and pay
      made_formal_bit = 4;                           ///< not formal of itself: bears the cost of contracts that it did not choose

  [[nodiscard]] std::size_t size() const { return id.size(); }
  template <class F>
  void for_columns(F&& f) {
    f(id), f(payroll_cents), f(foreign_payroll_cents), f(workers), f(district), f(staff_per_agent), f(target), f(on_books), f(off_books),
        f(foreign_on_books), f(knowledge), f(vacancies), f(advertises), f(sector), f(distaste), f(formal_draw), f(heed_draw), f(flags);
  }
  template <class F>
  void for_columns(F&& f) const {
    f(id), f(payroll_cents), f(foreign_payroll_cents), f(workers), f(district), f(staff_per_agent), f(target), f(on_books), f(off_books),
        f(foreign_on_books), f(knowledge), f(vacancies), f(advertises), f(sector), f(distaste), f(formal_draw), f(heed_draw), f(flags);
  }
};

}  // namespace arraigo
