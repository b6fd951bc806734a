/// The state of one replicate: tables of agents, districts, service points, markets, this month's rules and counters.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/parallel.hpp"
#include "core/random.hpp"
#include "world/applications.hpp"
#include "world/geography.hpp"
#include "world/lots.hpp"
#include "world/migrant_rings.hpp"
#include "world/pay.hpp"
#include "world/tables.hpp"
#include "world/ties.hpp"

namespace arraigo {

/// A regularisation programme as one month's rules see it.
struct Programme {
  std::string name;           ///< keys the unobserved will to apply
  std::uint64_t key = 0;
  bool open = false;          ///< cases can be filed this month
  bool last_month = false;
  std::uint16_t eligible = 0; ///< bit per holder (Permit, claim_holder)
  std::uint8_t origins = 0;   ///< bit per Origin
  Permit grants{};
  std::optional<Month> entry_cutoff;
  double fee_soles = 0, papers_soles = 0, fine_share = 1;  ///< base-year soles
  double capacity_agents = 0; ///< cases decided this month in the area
  double refusal_share = 0;
  int processing_months = 0, validity_months = 0, held_months = 0, renewal_within_months = 0;
  bool rights_from_approval = false;
  std::uint16_t measure = 0;  ///< row in the scenario's measures of the window that sets the terms
};
inline constexpr std::size_t programme_limit = 16;

enum class QuotaCounting : std::uint8_t { floor, nearest, before_hire };

/// Whom a measure favours: a bit per PersonGroup, and the share kept for them.
struct Priority {
  std::uint32_t groups = 0;  ///< 0: nobody before others
  double reserved_share = 0;
  /// What the measure's reach is for somebody who belongs to the groups or not.
  [[nodiscard]] double of(bool member, double reach) const { return groups == 0 || member ? reach : reach * (1 - reserved_share); }
};
/// A measure that reaches people, by district of the run.
struct Reach {
  Service service{};                  ///< of outreach
  std::uint16_t measure = 0;          ///< row in the scenario's measures: whom it costs
  Priority priority;
  std::vector<float> share;           ///< a month
};
enum class CashPurpose : std::uint8_t { humanitarian, rent, seed_capital };
struct CashSupport {
  CashPurpose purpose{};
  std::uint16_t measure = 0;
  std::uint32_t list = 0;             ///< households of other lists are drawn anew: measures of one purpose whose months overlap keep a list each
  bool first_month = false;           ///< seed capital is paid once
  std::uint32_t groups = 0;
  double coverage_share = 0, soles = 0;
  std::vector<std::uint8_t> here;     ///< by district of the run
};
/// What a measure's cost is charged to.
struct MeasureCost {
  double unit_soles = 0;              ///< base-year soles
  Line line{};
  Payer payer{};
  double planned_units = 0;           ///< what it does this month as far as it is known at the month's start, in its unit, agents' scale; the rest stands in World::measure_units
};

/// What an information campaign is about: bits, in the order of the words of its measure.
enum CampaignContent : std::uint8_t { about_programmes = 1, about_entitlements = 2, about_formality = 4, about_rights = 8 };

/// What the month's policies set. Money in base-year soles, capacities in agents.
struct Rules {
  std::vector<Programme> programmes;
  double head_share = 0.2, payroll_share = 0.3, binding_share = 1;
  std::uint8_t exempt_sizes = 0;  ///< bit per SizeClass
  QuotaCounting counting = QuotaCounting::floor;
  std::array<std::array<float, entitlement_count>, holder_count> entitled{};  ///< 0 to 1: share of counters that grant it
  double minimum_wage_usual_soles = 0;  ///< that of the tables, whatever measures set
  double minimum_wage_soles = 0, minimum_wage_before_soles = 0, fine_soles_per_day = 0, withholding_share = 0, pension_share = 0, health_share = 0, vat_share = 0;
  double poverty_line_soles = 0, extreme_line_soles = 0;
  std::array<double, 3> overhead_share{};  ///< non-wage cost over pay: micro, small, general regime
  double fine_waived_share = 0;
  std::uint8_t extended_permits = 0;  ///< bit per Permit: those whose expiry is put off
  double processing_factor = 1;       ///< on every programme's capacity; already in Programme::capacity_agents
  int processing_months_less = 0;     ///< already in Programme::processing_months
  /// One value per district of the run.
  std::vector<double> campaign_reach, host_support_reach, narrative, guide_reach, fair_vacancies;
  std::vector<std::array<double, size_class_count>> subsidy_share;

  // Services and officials.
  std::vector<Reach> outreach;
  std::vector<double> referral_share;                                  ///< by district, of the measures below together
  std::vector<Reach> referrals;
  std::array<std::vector<double>, service_count> officials_reach;      ///< by service and district: share trained this month
  std::vector<double> turnover_share;                                  ///< of officials, this month
  std::vector<double> municipal_factor;                                ///< on the capacity of municipal services
  std::vector<double> verified_by_employers, verified_by_banks, verified_by_services;  ///< share of checks made against the register
  std::array<std::array<double, 2>, 2> registry_error{};               ///< [host, migrant][poor classified as not poor, not poor as poor]
  double documents_share = 0, licence_share = 0;                       ///< recognition of degrees
  // Status, news and attitudes.
  std::vector<Reach> campaigns;                                        ///< information: contents in campaign_contents, same order
  std::vector<std::uint8_t> campaign_contents;                         ///< bits of CampaignContent
  std::vector<double> civil_reach, spaces_reach, school_reach, media_reach;
  std::vector<double> checks_share, expulsion_share;                   ///< enforcement by district
  std::array<double, origin_count> origin_arrivals_factor{};
  std::array<std::optional<double>, origin_count> transit_share{};     ///< of arrivals, in place of the table's
  std::array<std::optional<double>, origin_count> claim_share{};       ///< of newcomers who claim asylum, in place of the parameter
  std::array<double, origin_count> resident_claims{};                  ///< of people who live there without a permit: people a month in the whole country
  // Work.
  std::vector<std::array<double, sector_limit>> sector_demand;         ///< by district: factor on wanted staff
  std::vector<std::array<std::array<double, sector_limit>, size_class_count>> formalisation_reach;
  std::array<std::vector<std::array<double, size_class_count>>, 3> inspection_rate;  ///< contracts, hours, quota
  std::vector<Reach> rights, savings;
  std::vector<Reach> matching;                                         ///< share: seekers a month, in agents
  std::vector<double> fair_recruitment_reach;
  std::array<double, sector_limit> open_to_foreigners{};               ///< share of a sector's jobs
  double registration_soles = 0;
  // Transfers.
  std::array<double, transfer_count> transfer_factor{};
  std::vector<CashSupport> cash;
  std::vector<MeasureCost> costs;                                      ///< by row of the scenario's measures
  /// By point: share of its capacity that each payer runs, of those whom measures name for what they add; the rest is that of the
  /// service's row of costs.csv. Empty where no measure names one.
  std::vector<std::array<double, payer_count>> run_by;
};

/// A service point: all that a service offers in one district. Capacity is per month (people served) or places (childcare,
/// school, training), in agents.
struct ServicePoint {
  Service service{};
  std::uint16_t table_row = 0;  ///< district of the country where it stands
  bool places = false;
  std::int8_t sector = -1;      ///< of training or certificates; -1: general
  double quality = 1;           ///< what being served here achieves, relative to the usual
  Priority priority;            ///< this month
  double capacity = 0;          ///< this month; 0: not open
  double carry = 0;             ///< part of an agent served ahead of capacity: -1 to 0
  std::int32_t in_use = 0;      ///< places taken
  std::int32_t queue = 0;       ///< waiting at the month's end
  std::int32_t served = 0;      ///< this month
};

/// What makes up a point's capacity: an office, a district's own service, or a measure's new point.
struct PointPart {
  std::uint16_t point = 0;
  std::int16_t opened = 0;       ///< Month::index of the first month open
  std::int16_t closed = 0x7fff;  ///< first month closed again
  double capacity = 0;           ///< agents a month, or places
  std::uint16_t measure = 0xffff;  ///< that opens it; none: a point of the tables
};

/// The nearest open point of a service for a district of the run.
struct Access {
  std::uint16_t point = 0xffff;
  float minutes = unreachable_minutes;
  float wait_months = 0;  ///< queue over capacity at the start of the month
};

/// Minutes to one open point from each district of the run.
struct Journey {
  std::uint16_t point = 0;
  std::vector<float> minutes;
};

/// Somebody who waits at a point for a service, or has a place there.
struct Request {
  std::uint32_t person = 0;
  std::uint16_t point = 0;
  std::int16_t since = 0;
};

/// State of a district of the run.
struct DistrictState {
  std::uint16_t table_row = 0;   ///< in the country's district table
  std::uint16_t zone = 0;
  double hostility_logit = 0, hostility_start = 0;
  double campaign_stock = 0;     ///< share of people whom campaigns still move
  double support_stock = 0;      ///< share of hosts whom shared support still moves
  double spaces_stock = 0;       ///< share of people whom shared spaces bring together
  double school_stock = 0;       ///< share of people who went through schools against xenophobia
  double media_stock = 0;        ///< share of hostile narrative that trained journalists do not carry
  double rights_stock = 0;       ///< share of workers who know and claim their rights
  double officials_turnover_stock = 0;  ///< share of municipal capacity lost to new officials
  std::array<float, service_count> officials_knowledge{};  ///< share of doubt at counters that training has removed
  std::int32_t persons = 0, migrants = 0, adults = 0;  ///< start of month, agents
  std::int32_t migrants_start = 0, persons_start = 0;
  std::array<std::int32_t, 12> migrants_ring{}, persons_ring{};  ///< of the last twelve months, by month of the year
  std::int32_t host_unemployed = 0, host_active = 0, tenured_migrants = 0;
  double unemployment_start = 0, tenured_share_start = 0;
  std::int32_t unserved = 0, asked = 0;  ///< last month's requests that waited, and all requests
};

/// The labour market of a zone. Index order: segment (formal, informal, own-account), skill, origin (host, migrant).
inline constexpr std::size_t segment_count = 3;
struct ZoneMarket {
  std::array<std::array<std::array<double, 2>, skill_count>, segment_count> offer_index{};  ///< log pay relative to the start
  std::array<std::array<std::array<std::int32_t, 2>, skill_count>, segment_count> employed_start{}, employed{};
  std::array<std::array<std::int32_t, 2>, skill_count> labour_start{}, labour{};  ///< the labour force, by skill and origin
  std::int32_t persons_start = 0, persons = 0;
  double demand = 1;  ///< relative to the start
  /// Soles a month for somebody whose relative pay is 1: the level of the segment times exp(offer_index).
  std::array<std::array<std::array<double, 2>, skill_count>, segment_count> pay_soles{};
  void set_pay(PayTable const& pay, bool rest);
};

/// What is counted in a month, by district. The record has one series for each, in this order.
enum class Flow : std::uint8_t {
  births, deaths, arrivals, departures, moves_out, moves_in, claims, applications, permits_granted, permits_refused, permits_lapsed,
  permits_renewed, permit_wait_months, separations, contracts_ended_by_permit, vacancies, hires, formal_hires, migrant_hires,
  migrant_formal_hires, host_formal_hires, refused_document, refused_quota, declined_offer, unfilled_vacancies, services_requested,
  services_given, service_wait_months, turned_away, services_in_time, protection_needs, expulsions, contracts_regularised,
  businesses_started, referrals, firms_inspected, firms_formalised, applications_turned_away,
};
inline constexpr std::size_t flow_count = 38;

/// What happened to the one person whose story is told.
enum class Event : std::uint8_t {
  born, arrived, left, died, moved, learnt_of_programme, applied, appointment_done, case_approved, case_refused, card_collected, permit_lapsed,
  case_withdrawn, permit_renewed, felt_discrimination, became_adult, entered_labour_force, left_labour_force, lost_job, contract_ended_by_permit, searched_in_vain,
  applied_for_job, not_chosen, refused_document, refused_quota, declined_offer, hired_formal, hired_informal, started_own_account, formalised_own_account,
  ended_own_account, asked_for_service, turned_away, served, service_withdrawn, became_poor, left_poverty, had_child, claimed_asylum,
  expelled, contract_regularised, checked_by_police, reached_by_outreach, referred, got_cash_support, lost_school_place,
};
struct TracedEvent {
  Month month{};
  Event what{};
  std::int64_t a = 0, b = 0;
};
struct Trace {
  std::uint64_t person = 0;
  std::vector<TracedEvent> events;
};

class World {
 public:
  Persons persons;
  Migrants migrants;
  Households households;
  Employers employers;
  Ties ties;
  std::vector<std::uint32_t> strays;   ///< rows of persons outside their household's range (newborns, arrivals, leavers) until January
  std::vector<DistrictState> districts;
  std::vector<std::uint8_t> capital_zone;  ///< by zone: 1 where pay follows the capital's levels
  std::vector<ServicePoint> points;
  std::vector<PointPart> point_parts;
  std::vector<Access> access;          ///< [service][district]
  std::vector<std::vector<Journey>> journeys;  ///< by service, where its points are few
  std::vector<std::uint8_t> points_open; ///< which points the access table knows as open
  std::vector<Request> requests;       ///< who waits
  std::vector<Request> placements;     ///< who has a place
  std::vector<ZoneMarket> zones;
  Rules rules;
  Stream stream;                       ///< seed, replicate and the present month
  Lots lots;                           ///< this month's, of all persons
  Applications applications;           ///< this month's
  double people_per_agent = 1;
  double area_share_of_migrants = 1;   ///< of the country's: apportions national capacities and arrivals
  double area_share_of_population = 1;
  std::vector<double> programme_carry; ///< fractions of cases carried over, by programme
  std::vector<std::int32_t> decided;   ///< cases decided this month, by programme
  std::shared_ptr<Geography const> geography;
  JobDirectory jobs;                   ///< fixed table from which seekers draw employers
  std::vector<std::int64_t> flows;     ///< [Flow][district], this month, agents (or agent-months)
  std::vector<std::int64_t> service_flows;  ///< [kind: requested, given, wait, turned away][service][district]
  std::array<std::int64_t, line_count> accounts{};  ///< cents of the month, agents' scale
  std::array<std::int64_t, payer_count> paid{};     ///< the cost lines' cents by who pays them
  std::array<std::int64_t, permit_count> cases_filed{}, permits_given{};  ///< this month, renewals left out, by the permit that the programme grants
  std::vector<std::int64_t> measure_units;          ///< what each measure did this month, in its unit, agents' scale times 1,000
  Trace* trace = nullptr;
  /// Whether a household rents, drawn for life: bit k where hosts of working age live there (1) or not (0). Kept by row until
  /// rows move, which forget_rows() says; never saved.
  std::vector<std::uint8_t> rents;
  /// Identities of migrants, by row of migrants, kept as rents are: persons' rows are far apart for them.
  std::vector<std::uint64_t> const& ids_of_migrants();
  MigrantRings rings;                  ///< kept as rents are
  void forget_rows() { rents.clear(), migrant_ids_.clear(), rings.forget(); }

  PayTable pay;                        ///< fixed at the start
  /// What the margins of work fix at the start.
  struct WorkAtStart {
    std::array<double, 3> own_account_entry{};  ///< monthly probability for the unemployed, by host, Venezuelan, other foreign
    std::array<std::array<std::array<double, 2>, 5>, 6> participation_logit{};  ///< [origin class*2+sex][age band][unmet care]
  };
  std::vector<WorkAtStart> work_at_start;  ///< by zone

  /// Adds to a cost line and to who pays it.
  void charge(Line line, Payer payer, std::int64_t cents) {
    accounts[static_cast<std::size_t>(line)] += cents;
    paid[static_cast<std::size_t>(payer)] += cents;
  }
  void count(Flow flow, std::uint16_t district, std::int64_t amount = 1) { add_shared(flows[static_cast<std::size_t>(flow) * districts.size() + district], amount); }
  void count_service(unsigned kind, Service service, std::uint16_t district, std::int64_t amount = 1);
  void note(std::uint32_t person_row, Event what, std::int64_t a = 0, std::int64_t b = 0) {
    if (trace != nullptr && persons.id[person_row] == trace->person) record_event(what, a, b);
  }
  [[nodiscard]] std::uint16_t district_of(std::size_t person_row) const { return households.district[persons.household[person_row]]; }
  /// Soles a month that work of a segment, sector and skill would pay the person, before the legal minimum.
  [[nodiscard]] double pay_soles(std::uint32_t person_row, Segment segment, std::uint16_t zone, std::uint8_t sector, Skill skill) const {
    return zones[zone].pay_soles[static_cast<std::size_t>(segment)][static_cast<std::size_t>(skill)][is_foreign(persons.origin(person_row)) ? 1 : 0] *
           pay.relative(persons, person_row, sector, capital_zone[zone] == 0);
  }
  [[nodiscard]] Access const& access_to(Service service, std::size_t district) const {
    return access[static_cast<std::size_t>(service) * districts.size() + district];
  }
  [[nodiscard]] double hostility(std::size_t district) const;  ///< share of hosts hostile, 0 to 1, after campaigns and support
  double campaign_effect_logits = 0, support_effect_logits = 0, spaces_effect_logits = 0, school_effect_logits = 0;
  /// Shares and ages of the groups that are drawn for life, from the parameters.
  struct GroupShares {
    double disability = 0, lgbtiq = 0, indigenous = 0, trafficked = 0;
    int newcomer_months = 12;
    double scholarship = 0;             ///< of those entitled
    std::size_t sectors = 1;            ///< among which own-account work is spread evenly
    double need_factor_mean = 1;        ///< of protection_need_factor over all people at the start
  };
  GroupShares groups;
  /// A uniform for life of the person and the group.
  [[nodiscard]] double group_draw(std::size_t person_row, PersonGroup group) const {
    return unit_of(mix(persons.id[person_row] ^ key_of_life(stream), 0x67726f7570ULL, static_cast<std::uint64_t>(group)));
  }
  /// Persons::groups of a person with an identity and an origin. Kept, since identities are read from far away.
  [[nodiscard]] std::uint8_t draw_groups(std::size_t person_row) const;
  /// Needs support in daily life: a third of the share under 18, three times it from 65 on; who once needs it keeps needing it.
  [[nodiscard]] bool has_disability(std::size_t person_row) const {
    int const age = persons.age_months(person_row, stream.month.index) / 12;
    return (persons.groups[person_row] & Persons::disability_bits) >= 3 - (age >= 18 ? 1 : 0) - (age >= 65 ? 1 : 0);
  }
  [[nodiscard]] bool is_lgbtiq(std::size_t person_row) const {
    return (persons.activity[person_row] != Activity::child) & ((persons.groups[person_row] & Persons::lgbtiq_bit) != 0);
  }
  [[nodiscard]] bool is_indigenous(std::size_t person_row) const { return !is_foreign(persons.origin(person_row)) && (persons.groups[person_row] & Persons::of_origin_bit) != 0; }
  [[nodiscard]] bool is_trafficked(std::size_t person_row) const { return is_foreign(persons.origin(person_row)) && (persons.groups[person_row] & Persons::of_origin_bit) != 0; }
  /// Whether the person belongs to any of the groups (bits of PersonGroup).
  [[nodiscard]] bool in_groups(std::size_t person_row, std::uint32_t groups) const;
  [[nodiscard]] double entitled(std::size_t person_row, Entitlement what) const {
    auto const e = static_cast<std::size_t>(what);
    // Told by the traits, which whoever asks has at hand, where the row of a migrant would have to be fetched.
    if (!is_foreign(persons.origin(person_row))) return rules.entitled[static_cast<std::size_t>(Permit::national)][e];
    auto const m = persons.migrant[person_row];
    double const best = rules.entitled[static_cast<std::size_t>(migrants.permit[m])][e];
    return migrants.claim[m] == Claim::pending ? std::max<double>(best, rules.entitled[claim_holder][e]) : best;
  }
  /// Whether a payroll contract insures the person: the worker's own, or, for minors, one in the household. EsSalud covers the
  /// spouse too, whom the model does not know (assumption: spouses without a contract of their own are left out).
  [[nodiscard]] bool is_insured_by_payroll(std::size_t person_row) const {
    // Without branches, which chance would decide.
    return (persons.activity[person_row] == Activity::payroll) |
           (((households.state[persons.household[person_row]] & Households::insured_by_payroll_bit) != 0) & (persons.age_months(person_row, stream.month.index) < 18 * 12));
  }
  /// Whether 30 % is withheld from formal pay: until 1 January after more than 183 days of stay (Income Tax Law, arts. 7, 54, 76).
  [[nodiscard]] bool is_non_domiciled(std::size_t person_row) const {
    auto const m = persons.migrant[person_row];
    return m != no_row && migrants.arrival[m] + 6 >= stream.month.index - (stream.month.month_of_year() - 1);
  }
  /// Whether this month's papers give the right to a contract on the books.
  [[nodiscard]] bool has_right_to_contract(std::size_t person_row) const;
  /// Whether they open the tax register to the person: where only some counters admit a paper, by a draw for life.
  [[nodiscard]] bool has_right_to_tax_number(std::size_t person_row) const;

  /// Hash of the whole state, the same for any order of rows: sums of hashes keyed by identity.
  [[nodiscard]] std::uint64_t state_hash() const;
  void save(std::ostream& out) const;
  void load(std::istream& in);

 private:
  std::vector<std::uint64_t> migrant_ids_;
  void record_event(Event what, std::int64_t a, std::int64_t b);
};

/// The strays of each household: built where a phase walks over households, for that phase alone.
class StrayIndex {
 public:
  explicit StrayIndex(World const& world);  ///< with parallel loops
  [[nodiscard]] bool any(std::size_t household) const { return ((has_[household / 64] >> (household % 64)) & 1U) != 0; }
  /// Calls f(person row) for each living stray of the household, in the order in which they came to be.
  template <class F>
  void for_each(std::size_t household, F const& f) const {
    if (!any(household)) return;
    auto const word = household / 64;
    auto const which = before_[word] + static_cast<std::uint32_t>(std::popcount(has_[word] & ((1ULL << (household % 64)) - 1)));
    for (auto i = first_[which]; i != first_[which + 1]; ++i) f(persons_[i]);
  }
  /// Calls f(household) for each of a range of households that has any.
  template <class F>
  void for_households(std::size_t from, std::size_t to, F const& f) const {
    for (std::size_t h = from; h < to;) {
      auto const bits = has_[h / 64] >> (h % 64);
      std::size_t const next = bits == 0 ? (h / 64 + 1) * 64 : h + static_cast<std::size_t>(std::countr_zero(bits));
      if (bits != 0 && next < to) f(next);
      h = bits == 0 ? next : next + 1;
    }
  }

 private:
  std::vector<std::uint64_t> has_;      ///< a bit for each household: few have any
  std::vector<std::uint32_t> before_;   ///< by word of has_: households that have any before its first
  std::vector<std::uint32_t> first_;    ///< by household that has any, and one more: its first in persons_
  std::vector<std::uint32_t> persons_;  ///< by household
};

/// Checks the model's invariants; returns a sentence for each that is broken (phase, month, lowest id first), none when all hold.
[[nodiscard]] std::vector<std::string> broken_invariants(World const& world);

/// To be called, by one thread, when a child dies or takes a childcare place: who stands outside the household's range until January is
/// known by a flag of the mother's alone, which ends. Of two mothers in a household it is the first one's.
void forget_newborn(World& world, std::uint32_t child);

/// Removes who has gone and sorts all tables by district, household and identity; remaps every reference.
void restore_order(World& world);

}  // namespace arraigo
