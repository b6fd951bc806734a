/// What says nothing changes nothing: differences of exactly 0, in every variable and in the final state.
#include <gtest/gtest.h>

#include "support/model_runs.hpp"
#include "support/permute_rows.hpp"

namespace arraigo::tests {
namespace {

constexpr int months = 14;  // crosses a January, when rows move

std::shared_ptr<Prepared const> case_of(std::string const& base, std::string const& rest, int scale = 400) {
  return prepare(variant(base, rest, small_case(scale, months)), Detail::districts);
}

void expect_same(Prepared const& a, Prepared const& b) {
  auto const x = run(a), y = run(b);
  EXPECT_EQ(first_difference(a.layout, x, y), "");
  EXPECT_EQ(x.state_hash, y.state_hash);
}

TEST(ChangesNothing, APolicyFileThatOnlyExtendsTheBaseline) {
  auto const base = prepare(shipped("baseline", small_case(400, months)), Detail::districts);
  expect_same(*base, *case_of("baseline", ""));
}

struct Neutral {
  char const* name;
  char const* nothing;    ///< a measure that asks for nothing
  char const* something;  ///< the same kind asking for something: must be felt, or the case above proves nothing
};

constexpr Neutral neutral_measures[]{
    {"programme",
     "{id: x, kind: programme, from: 2026-02, eligible: [irregular], grants: temporary, capacity_per_month: 0, "
     "validity_months: 24}",
     "{id: x, kind: programme, from: 2026-02, eligible: [irregular], grants: temporary, fine_share: 0, "
     "capacity_per_month: 20000, validity_months: 24}"},
    {"quota", "{id: x, kind: quota, from: 2026-02, head_share: 0.2}",
     "{id: x, kind: quota, from: 2026-02, head_share: 0}"},
    {"service_points", "{id: x, kind: service_points, from: 2026-02, service: migration_office, capacity_per_month: 0}",
     "{id: x, kind: service_points, from: 2026-02, service: migration_office, capacity_per_month: 5000}"},
    {"service_capacity", "{id: x, kind: service_capacity, from: 2026-02, service: health_insurance, factor: 1}",
     "{id: x, kind: service_capacity, from: 2026-02, service: health_insurance, factor: 0.01}"},
    {"accepted_documents",
     "{id: x, kind: accepted_documents, from: 2026-02, service: health_insurance, permits: [residence]}",
     "{id: x, kind: accepted_documents, from: 2026-02, service: health_insurance, permits: [irregular]}"},
    {"fine_amnesty", "{id: x, kind: fine_amnesty, from: 2026-02, share_waived: 0}",
     "{id: x, kind: fine_amnesty, from: 2026-02, share_waived: 1}"},
    {"information_campaign", "{id: x, kind: information_campaign, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: information_campaign, from: 2026-02, reach_share_per_month: 1}"},
    {"cohesion_campaign", "{id: x, kind: cohesion_campaign, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: cohesion_campaign, from: 2026-02, reach_share_per_month: 0.5}"},
    {"host_support", "{id: x, kind: host_support, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: host_support, from: 2026-02, reach_share_per_month: 0.5}"},
    {"hostile_narrative", "{id: x, kind: hostile_narrative, from: 2026-02, size_logits_per_month: 0}",
     "{id: x, kind: hostile_narrative, from: 2026-02, size_logits_per_month: 0.1}"},
    {"employer_guide", "{id: x, kind: employer_guide, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: employer_guide, from: 2026-02, reach_share_per_month: 0.5}"},
    {"hiring_subsidy", "{id: x, kind: hiring_subsidy, from: 2026-02, pay_share: 0}",
     "{id: x, kind: hiring_subsidy, from: 2026-02, pay_share: 0.3}"},
    {"job_fair", "{id: x, kind: job_fair, from: 2026-02, vacancies_per_month: 0}",
     "{id: x, kind: job_fair, from: 2026-02, vacancies_per_month: 50000}"},
    {"minimum_wage", "{id: x, kind: minimum_wage, from: 2026-02, soles_per_month: 1130}",
     "{id: x, kind: minimum_wage, from: 2026-02, soles_per_month: 1300}"},
    {"arrivals", "{id: x, kind: arrivals, from: 2026-02, factor: 1}",
     "{id: x, kind: arrivals, from: 2026-02, factor: 3}"},
    {"labour_demand", "{id: x, kind: labour_demand, from: 2026-02, factor: 1}",
     "{id: x, kind: labour_demand, from: 2026-02, factor: 0.8}"},
    {"mobile_unit", "{id: x, kind: mobile_unit, from: 2026-02, service: credit, where: [\"150132\"], capacity_per_month: 0}",
     "{id: x, kind: mobile_unit, from: 2026-02, service: training, where: [\"150132\"], capacity_per_month: 50000}"},
    {"service_quality", "{id: x, kind: service_quality, from: 2026-02, service: women_centre, factor: 1}",
     "{id: x, kind: service_quality, from: 2026-02, service: health_insurance, factor: 0}"},
    {"outreach", "{id: x, kind: outreach, from: 2026-02, service: bank_account, reach_share_per_month: 0}",
     "{id: x, kind: outreach, from: 2026-02, service: bank_account, reach_share_per_month: 0.5}"},
    {"referral", "{id: x, kind: referral, from: 2026-02, reach_share: 0}",
     "{id: x, kind: referral, from: 2026-02, reach_share: 1}"},
    {"officials_training", "{id: x, kind: officials_training, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: officials_training, from: 2026-02, reach_share_per_month: 1}"},
    {"officials_turnover", "{id: x, kind: officials_turnover, from: 2026-02, share: 0}",
     "{id: x, kind: officials_turnover, from: 2026-02, share: 1}"},
    {"municipal_capability", "{id: x, kind: municipal_capability, from: 2026-02, factor: 1}",
     "{id: x, kind: municipal_capability, from: 2026-02, factor: 0}"},
    {"document_verification", "{id: x, kind: document_verification, from: 2026-02, use_share: 0}",
     "{id: x, kind: document_verification, from: 2026-02, use_share: 1}"},
    {"registry_rule", "{id: x, kind: registry_rule, from: 2026-02}",
     "{id: x, kind: registry_rule, from: 2026-02, applies_to: [migrants, hosts], exclusion_share: 1}"},
    {"savings_groups", "{id: x, kind: savings_groups, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: savings_groups, from: 2026-02, reach_share_per_month: 0.5}"},
    {"recognition_rule", "{id: x, kind: recognition_rule, from: 2026-02}",
     "{id: x, kind: recognition_rule, from: 2026-02, documents_share: 0}"},
    {"case_processing", "{id: x, kind: case_processing, from: 2026-02, capacity_factor: 1, months_less: 0}",
     "{id: x, kind: case_processing, from: 2026-02, capacity_factor: 2}"},
    {"migration_enforcement", "{id: x, kind: migration_enforcement, from: 2026-02, checks_share_per_month: 0}",
     "{id: x, kind: migration_enforcement, from: 2026-02, checks_share_per_month: 0.2}"},
    {"cash_support", "{id: x, kind: cash_support, from: 2026-02, soles_per_month: 300, coverage_share: 0}",
     "{id: x, kind: cash_support, from: 2026-02, soles_per_month: 300, coverage_share: 0.5}"},
    {"transfer_programme",
     "{id: x, kind: transfer_programme, from: 2026-02, transfer: juntos, permits: [residence], amount_factor: 1}",
     "{id: x, kind: transfer_programme, from: 2026-02, transfer: juntos, amount_factor: 2}"},
    {"shared_spaces", "{id: x, kind: shared_spaces, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: shared_spaces, from: 2026-02, reach_share_per_month: 0.5}"},
    {"school_cohesion", "{id: x, kind: school_cohesion, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: school_cohesion, from: 2026-02, reach_share_per_month: 1}"},
    {"media_training", "{id: x, kind: media_training, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: media_training, from: 2026-02, reach_share_per_month: 1}"},
    {"civil_society", "{id: x, kind: civil_society, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: civil_society, from: 2026-02, reach_share_per_month: 0.5}"},
    {"formalisation", "{id: x, kind: formalisation, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: formalisation, from: 2026-02, reach_share_per_month: 0.2}"},
    {"inspection", "{id: x, kind: inspection, from: 2026-02, rate_share_per_month: 0}",
     "{id: x, kind: inspection, from: 2026-02, rate_share_per_month: 0.1}"},
    {"labour_rights", "{id: x, kind: labour_rights, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: labour_rights, from: 2026-02, reach_share_per_month: 0.3}"},
    {"fair_recruitment", "{id: x, kind: fair_recruitment, from: 2026-02, reach_share_per_month: 0}",
     "{id: x, kind: fair_recruitment, from: 2026-02, reach_share_per_month: 0.3}"},
    {"job_matching", "{id: x, kind: job_matching, from: 2026-02, seekers_per_month: 0}",
     "{id: x, kind: job_matching, from: 2026-02, seekers_per_month: 100000}"},
    {"occupation_rule", "{id: x, kind: occupation_rule, from: 2026-02, open_share: 0.15}",
     "{id: x, kind: occupation_rule, from: 2026-02, open_share: 1}"},
    {"newcomer_tax", "{id: x, kind: newcomer_tax, from: 2026-02, withholding_share: 0.3}",
     "{id: x, kind: newcomer_tax, from: 2026-02, withholding_share: 0}"},
    // Recognition as a refugee does not end within the run.
    {"validity_extension", "{id: x, kind: validity_extension, from: 2026-02, permits: [refugee]}",
     "{id: x, kind: validity_extension, from: 2026-02}"},
};

TEST(ChangesNothing, EveryKindOfMeasureThatAsksForNothing) {
  auto const base = prepare(shipped("baseline", small_case(400, months)), Detail::districts);
  auto const plain = run(*base);
  for (auto const& measure : neutral_measures) {
    SCOPED_TRACE(measure.name);
    auto const nothing = case_of("baseline", std::string("measures:\n  - ") + measure.nothing + "\n");
    auto const same = run(*nothing);
    EXPECT_EQ(first_difference(base->layout, same, plain), "");
    EXPECT_EQ(same.state_hash, plain.state_hash);
    auto const something = case_of("baseline", std::string("measures:\n  - ") + measure.something + "\n");
    EXPECT_NE(first_difference(base->layout, run(*something), plain), "") << "the kind has no effect at all";
  }
}

TEST(ChangesNothing, ANothingBesideASomethingOfItsKind) {
  auto const named = [](std::string measure, char const* id) { return "  - " + measure.replace(measure.find("id: x"), 5, std::string("id: ") + id) + "\n"; };
  for (auto const& measure : neutral_measures) {
    SCOPED_TRACE(measure.name);
    auto const alone = case_of("baseline", "measures:\n" + named(measure.something, "b"));
    // The nothing stands first: of several quotas or minimum wages the last in force counts.
    auto const beside = case_of("baseline", "measures:\n" + named(measure.nothing, "a") + named(measure.something, "b"));
    expect_same(*alone, *beside);
  }
}

TEST(ChangesNothing, AReachOfZeroInOtherSectorsOrPlaces) {
  std::string const here = "measures:\n  - {id: a, kind: formalisation, from: 2026-02, reach_share_per_month: 0.3, sectors: [construction], where: ['150101', '150132']}\n";
  auto const alone = case_of("baseline", here);
  expect_same(*alone, *case_of("baseline", here + "  - {id: b, kind: formalisation, from: 2026-02, reach_share_per_month: 0, sectors: [commerce, manufacturing]}\n"));
  auto const elsewhere = case_of("baseline", here + "  - {id: b, kind: formalisation, from: 2026-02, reach_share_per_month: 0.3, sectors: [commerce], where: ['150103']}\n");
  EXPECT_NE(first_difference(alone->layout, run(*elsewhere), run(*alone)), "") << "the second measure is not felt";
}

TEST(ChangesNothing, EveryKindOfMeasureIsAmongThoseAbove) {
  for (auto const& row : measure_kinds()) {
    bool found = false;
    for (auto const& measure : neutral_measures) found = found || std::string_view(measure.name) == row.name;
    EXPECT_TRUE(found) << row.name;
  }
}

TEST(ChangesNothing, AQuotaOfAllHeadsAndAllPayEqualsNone) {
  auto const none = case_of("baseline", "measures:\n  - {id: quota, enabled: false}\n", 200);
  auto const plain = run(*none);
  for (char const* const quota :
       {"head_share: 1, payroll_share: 1", "head_share: 1, payroll_share: 1, counting: nearest",
        "head_share: 1, payroll_share: 1, counting: before_hire", "exempt_sizes: [micro, small, medium, large]",
        "binding_share: 0"}) {
    SCOPED_TRACE(quota);
    auto const alternative = case_of("baseline", std::string("measures:\n  - {id: quota, ") + quota + "}\n", 200);
    auto const same = run(*alternative);
    EXPECT_EQ(first_difference(none->layout, same, plain), "");
    EXPECT_EQ(same.state_hash, plain.state_hash);
  }
  auto const twenty_percent = case_of("baseline", "", 200);
  EXPECT_NE(run(*twenty_percent).state_hash, plain.state_hash)
      << "the quota binds nowhere: the comparison says nothing";
}

TEST(ChangesNothing, AProgrammeWithoutCapacityEqualsNone) {
  expect_same(*case_of("regularisation", "measures:\n  - {id: new_permit, capacity_per_month: 0}\n"),
              *case_of("regularisation", "measures:\n  - {id: new_permit, enabled: false}\n"));
}

TEST(ChangesNothing, AProgrammeForWhichNobodyIsEligibleChangesNoRecord) {
  auto const base = case_of("baseline", "");
  auto const idle = case_of("baseline",
                            "measures:\n  - {id: x, kind: programme, from: 2026-02, eligible: [irregular], grants: "
                            "temporary, entry_cutoff: 1950-01, capacity_per_month: 9000, "
                            "validity_months: 24}\n");
  EXPECT_EQ(first_difference(base->layout, run(*idle), run(*base)), "");
}

TEST(ChangesNothing, AMeasureThatBeginsAfterTheLastMonth) {
  auto overrides = small_case(400, months);
  auto const later = prepare(shipped("combined",
                                     [&] {
                                       overrides.months = 6;  // the policies begin in the seventh month
                                       return overrides;
                                     }()),
                             Detail::districts);
  auto const base = prepare(shipped("baseline", overrides), Detail::districts);
  auto const x = run(*later), y = run(*base);
  EXPECT_EQ(first_difference(base->layout, x, y), "");
}

struct Stranger {
  char const* name;
  Origin origin;
  Permit permit;
};

class InertPerson : public testing::TestWithParam<Stranger> {};

TEST_P(InertPerson, ChangesNobody) {
  auto const prepared = prepare(shipped("combined", small_case(400, months)), Detail::districts);
  auto const plain = run(*prepared);
  constexpr std::uint64_t id = 0x1234567890abcdefULL;
  std::uint64_t hash = 0;
  int seen = 0;
  auto const with = run(
      *prepared, 0,
      [&](World& world, auto const&) { add_inert_person(world, id, GetParam().origin, GetParam().permit); },
      [&](World& world, auto const&) {
        if (++seen == months) hash = hash_without(world, id);
        for (std::size_t row = 0; row < world.persons.size(); ++row)
          if (world.persons.id[row] == id) {
            EXPECT_EQ(world.persons.activity[row], Activity::inactive);
            EXPECT_FALSE(world.persons.gone(row));
            EXPECT_EQ(world.persons.queued[row], 0);
          }
      });
  EXPECT_EQ(first_difference(prepared->layout, with, plain), "");
  EXPECT_EQ(hash, plain.state_hash);
  EXPECT_NE(with.state_hash, plain.state_hash) << "the person was not there";
}

INSTANTIATE_TEST_SUITE_P(ChangesNothing, InertPerson,
                         testing::Values(Stranger{"Host", Origin::national, Permit::national},
                                         Stranger{"IrregularMigrant", Origin::venezuelan, Permit::irregular},
                                         Stranger{"MigrantWhosePermitEnds", Origin::venezuelan, Permit::temporary}),
                         [](auto const& p) { return std::string(p.param.name); });

}  // namespace
}  // namespace arraigo::tests
