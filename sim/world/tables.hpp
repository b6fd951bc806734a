/// The agents: one struct of arrays per entity. Rows move when order is restored each January; ids are permanent and never
/// return. Persons are sorted by district and household, households and employers by district.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "world/codes.hpp"

namespace arraigo {

/// Persons. All columns have one entry per row.
struct Persons {
  std::vector<std::uint64_t> id;         ///< identity: keys every draw
  std::vector<std::uint32_t> household;  ///< row in Households
  std::vector<std::uint32_t> employer;   ///< row in Employers, or no_row
  std::vector<std::uint32_t> migrant;    ///< row in Migrants, or no_row
  std::vector<std::uint32_t> wage_cents; ///< pay of the main job, cents of base-year soles a month, before the worker's tax and contributions
  std::vector<std::int16_t> birth;       ///< Month::index
  std::vector<std::int16_t> since;       ///< month in which the present activity or job began
  std::vector<std::uint16_t> has;        ///< bits of Has
  std::vector<std::uint16_t> queued;     ///< bit s: waits for Service s
  std::vector<std::uint16_t> work_will;  ///< uniform for life: takes part in the labour force while below the probability
  std::vector<std::uint8_t> traits;      ///< sex, origin, education, recognised degree, gone, inert (accessors below)
  std::vector<Activity> activity;
  std::vector<std::uint8_t> births;      ///< children borne: the birth order keys the next newborn
  std::vector<std::uint8_t> talent;      ///< uniform for life: quantile class of the personal effect on pay

  [[nodiscard]] std::size_t size() const { return id.size(); }
  template <class F>
  void for_columns(F&& f) {
    f(id), f(household), f(employer), f(migrant), f(wage_cents), f(birth), f(since), f(has), f(queued), f(work_will), f(traits), f(activity), f(births), f(talent);
  }
  template <class F>
  void for_columns(F&& f) const {
    f(id), f(household), f(employer), f(migrant), f(wage_cents), f(birth), f(since), f(has), f(queued), f(work_will), f(traits), f(activity), f(births), f(talent);
  }

  [[nodiscard]] Sex sex(std::size_t row) const { return static_cast<Sex>(traits[row] & 1U); }
  [[nodiscard]] Origin origin(std::size_t row) const { return static_cast<Origin>((traits[row] >> 1) & 3U); }
  [[nodiscard]] Education education(std::size_t row) const { return static_cast<Education>((traits[row] >> 3) & 3U); }
  [[nodiscard]] bool recognised(std::size_t row) const { return (traits[row] & 0x20U) != 0; }
  [[nodiscard]] bool gone(std::size_t row) const { return (traits[row] & 0x40U) != 0; }   ///< dead or departed; removed in January
  [[nodiscard]] bool inert(std::size_t row) const { return (traits[row] & 0x80U) != 0; }  ///< outside every market and denominator
  static constexpr std::uint8_t attribute_bits = 0x3f, recognised_bit = 0x20, gone_bit = 0x40, inert_bit = 0x80;
  static std::uint8_t make_traits(Sex sex, Origin origin, Education education) {
    return static_cast<std::uint8_t>(static_cast<unsigned>(sex) | (static_cast<unsigned>(origin) << 1) | (static_cast<unsigned>(education) << 3));
  }
  [[nodiscard]] int age_months(std::size_t row, int month_index) const { return month_index - birth[row]; }
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
};

/// Programmes for which a migrant's taste may be shifted at the start (those open before it come first).
inline constexpr std::size_t taste_slots = 8;

/// Persons of foreign origin, in the order of Persons.
struct Migrants {
  std::vector<std::uint32_t> person;      ///< row in Persons
  std::vector<std::int16_t> arrival;      ///< month of arrival
  std::vector<std::int16_t> expiry;       ///< last month in which the permit holds; for the irregular the month since which they overstay
  std::vector<std::int16_t> permit_since;
  std::vector<std::int16_t> case_since;   ///< month in which the present stage of the case began
  std::vector<std::int16_t> case_filed;
  std::vector<std::int16_t> felt;         ///< last month in which discrimination was felt
  std::vector<std::uint16_t> case_point;  ///< service point where the case was filed
  std::vector<std::uint16_t> known;       ///< bit p: knows of programme p
  std::vector<std::uint16_t> months_without_right;  ///< of working age without the right to a contract since arrival
  std::vector<Permit> permit;
  std::vector<Claim> claim;
  std::vector<CaseStage> stage;
  std::vector<std::uint8_t> case_programme;
  std::vector<std::uint8_t> trust;        ///< 0-255 for 0-1
  std::vector<std::uint8_t> remit_draw;   ///< uniform for life: sends money home while below the share that does
  std::vector<std::array<std::int8_t, taste_slots>> taste_shift;  ///< of the will to apply to the first programmes, 1/16 standard deviation

  [[nodiscard]] std::size_t size() const { return person.size(); }
  template <class F>
  void for_columns(F&& f) {
    f(person), f(arrival), f(expiry), f(permit_since), f(case_since), f(case_filed), f(felt), f(case_point), f(known),
        f(months_without_right), f(permit), f(claim), f(stage), f(case_programme), f(trust), f(remit_draw), f(taste_shift);
  }
  template <class F>
  void for_columns(F&& f) const {
    f(person), f(arrival), f(expiry), f(permit_since), f(case_since), f(case_filed), f(felt), f(case_point), f(known),
        f(months_without_right), f(permit), f(claim), f(stage), f(case_programme), f(trust), f(remit_draw), f(taste_shift);
  }
};

/// Households: members are rows [first, first + count) of Persons, except the few strays listed in World::strays until January.
struct Households {
  std::vector<std::uint64_t> id;
  std::vector<std::uint32_t> first;
  std::vector<std::uint32_t> income_cents;  ///< pooled disposable income of the month
  std::vector<std::uint16_t> district;      ///< row in World::districts
  std::vector<std::uint8_t> count;          ///< rows of the range, gone members included
  std::vector<std::uint8_t> members;        ///< living members, strays included
  std::vector<std::uint8_t> state;          ///< poverty 0 none, 1 poor, 2 extreme; then the bits below

  [[nodiscard]] std::size_t size() const { return id.size(); }
  template <class F>
  void for_columns(F&& f) {
    f(id), f(first), f(income_cents), f(district), f(count), f(members), f(state);
  }
  template <class F>
  void for_columns(F&& f) const {
    f(id), f(first), f(income_cents), f(district), f(count), f(members), f(state);
  }
  static constexpr std::uint8_t poverty_bits = 3, registered_bit = 4, registered_poor_bit = 8, insured_by_payroll_bit = 16;
};

/// Documents whose validity an employer may or may not know.
enum class Document : std::uint8_t { asylum_card, humanitarian, temporary, residence };
inline constexpr std::size_t document_count = 4;

/// Employers. Staff counts are agents; a firm above the sampling threshold keeps its place at any scale and has its staff
/// thinned instead, so that people_per_staff (relative to the run's scale) tells how many of its own workers one staff agent stands for.
struct Employers {
  std::vector<std::uint64_t> id;
  std::vector<std::int64_t> payroll_cents;          ///< on-books pay a month
  std::vector<std::int64_t> foreign_payroll_cents;  ///< of foreigners under the quota
  std::vector<std::uint32_t> workers;               ///< true number of workers wanted at the start
  std::vector<std::uint16_t> district;
  std::vector<std::uint16_t> staff_per_agent;       ///< own workers per staff agent: 1, or the scale for firms kept with thinned staff
  std::vector<std::uint16_t> target;                ///< staff agents wanted at the start
  std::vector<std::uint16_t> on_books;              ///< staff agents on the payroll
  std::vector<std::uint16_t> off_books;             ///< staff agents without contract or paid by receipts
  std::vector<std::uint16_t> foreign_on_books;      ///< staff agents on the payroll who count under the quota
  std::vector<std::array<std::uint16_t, document_count>> knowledge;  ///< 0-65535 for 0-1, by Document
  std::vector<std::array<std::uint8_t, skill_count>> vacancies;     ///< open this month, by Skill
  std::vector<std::uint8_t> sector;
  std::vector<float> distaste;            ///< the firm's own standard normal part of its taste against foreigners, for life
  std::vector<std::uint16_t> formal_draw; ///< uniform for life: a formal firm while below the probability
  std::vector<std::uint16_t> heed_draw;   ///< uniform for life: heeds the quota while below the share of firms that do

  [[nodiscard]] std::size_t size() const { return id.size(); }
  template <class F>
  void for_columns(F&& f) {
    f(id), f(payroll_cents), f(foreign_payroll_cents), f(workers), f(district), f(staff_per_agent), f(target), f(on_books), f(off_books),
        f(foreign_on_books), f(knowledge), f(vacancies), f(sector), f(distaste), f(formal_draw), f(heed_draw);
  }
  template <class F>
  void for_columns(F&& f) const {
    f(id), f(payroll_cents), f(foreign_payroll_cents), f(workers), f(district), f(staff_per_agent), f(target), f(on_books), f(off_books),
        f(foreign_on_books), f(knowledge), f(vacancies), f(sector), f(distaste), f(formal_draw), f(heed_draw);
  }
};

}  // namespace arraigo
