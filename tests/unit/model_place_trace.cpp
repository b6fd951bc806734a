/// Where services stand and where migrants go to work: the trace against the record of the same run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "schedule/place_trace.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

constexpr int months = 3;

/// The same run recorded, with the journeys to work counted person by person.
struct Recorded {
  std::shared_ptr<Prepared const> prepared;
  ReplicateRecord record;
  std::vector<std::map<std::pair<std::uint16_t, std::uint16_t>, double>> journeys;  ///< by month: home and work, people

  explicit Recorded(Scenario scenario) : prepared(prepare(std::move(scenario))) {
    record = run(*prepared, 0, {}, [&](World& world, Setup const& setup) {
      auto& month = journeys.emplace_back();
      for (std::size_t row = 0; row < world.persons.size(); ++row) {
        if (world.persons.gone(row) || !is_foreign(world.persons.origin(row)) || world.persons.employer[row] == no_row)
          continue;
        auto const home = setup.area[world.district_of(row)];
        auto const work = setup.area[world.employers.district[world.persons.employer[row]]];
        if (home != work) month[{home, work}] += world.people_per_agent;
      }
    });
  }

  [[nodiscard]] double of_service(std::string const& name, std::size_t month, Service service) const {
    auto const& values = record.values[variable(prepared->layout, name + "_by_service")];
    return static_cast<double>(values[month * service_count + static_cast<std::size_t>(service)]);
  }
};

Scenario two_districts() { return shipped("baseline", small_case(50, months, "150132,150135")); }

Recorded const& recorded() {
  static Recorded const run(two_districts());
  return run;
}

PlaceTrace const& traced() {
  static PlaceTrace const trace = trace_places(two_districts(), country(), 0);
  return trace;
}

double sum_of(PlaceTrace const& trace, Service service, std::size_t month, std::vector<float> PointTrace::* column) {
  double sum = 0;
  for (auto const& point : trace.points)
    if (point.service == service) sum += static_cast<double>((point.*column)[month]);
  return sum;
}

TEST(PlaceTrace, PointsAddUpToTheServicesOfTheRecord) {
  ASSERT_FALSE(traced().points.empty());
  double served = 0, waiting = 0, taken = 0;
  for (std::size_t s = 0; s < service_count; ++s) {
    auto const service = static_cast<Service>(s);
    bool const places = std::any_of(traced().points.begin(), traced().points.end(), [&](PointTrace const& point) {
      return point.service == service && point.places;
    });
    for (std::size_t month = 0; month < months; ++month) {
      SCOPED_TRACE(std::string{service_names[s].name} + " in month " + std::to_string(month));
      double const queue = sum_of(traced(), service, month, &PointTrace::queue);
      double const done = sum_of(traced(), service, month, &PointTrace::served);
      EXPECT_EQ(queue, recorded().of_service("service_queue", month, service));
      // The record rounds each point to whole people.
      EXPECT_NEAR(sum_of(traced(), service, month, &PointTrace::capacity),
                  recorded().of_service("service_capacity", month, service), 1 + 0.5 * static_cast<double>(traced().points.size()));
      waiting += queue;
      if (places) {
        EXPECT_EQ(done, recorded().of_service("service_places_in_use", month, service));
        taken += done;
      } else if (service != Service::migration_office) {  // whose appointments are no services given
        EXPECT_EQ(done, recorded().of_service("service_given", month, service));
        served += done;
      }
    }
  }
  EXPECT_GT(served, 0);
  EXPECT_GT(waiting, 0);
  EXPECT_GT(taken, 0);
}

TEST(PlaceTrace, EveryPointIsOpenInSomeMonthAndStandsInOrder) {
  for (auto const& point : traced().points) {
    ASSERT_EQ(point.capacity.size(), std::size_t{months});
    ASSERT_EQ(point.queue.size(), std::size_t{months});
    ASSERT_EQ(point.served.size(), std::size_t{months});
    EXPECT_GT(*std::max_element(point.capacity.begin(), point.capacity.end()), 0);
  }
  EXPECT_TRUE(std::is_sorted(traced().points.begin(), traced().points.end(), [](PointTrace const& a, PointTrace const& b) {
    return std::tuple(a.service, a.table_row) < std::tuple(b.service, b.table_row);
  }));
}

TEST(PlaceTrace, APointOfAMeasureOpensAndCloses) {
  // Two districts without an office of their own.
  auto const scenario = variant("baseline",
                                "measures:\n  - {id: february, kind: service_points, from: 2026-02, to: 2026-02, where: ['150122'], "
                                "service: migration_office, points: 2, capacity_per_month: 1500}\n"
                                "  - {id: march, kind: service_points, from: 2026-03, where: ['150117'], "
                                "service: migration_office, points: 1, capacity_per_month: 700}\n",
                                small_case(50, months, "150122,150117"));
  ASSERT_EQ(scenario.start.text(), "2026-01");
  auto const trace = trace_places(scenario, country(), 0);
  auto const office_in = [&](PlaceTrace const& all, char const* ubigeo) {
    auto const row = *country().districts.find(ubigeo);
    return std::find_if(all.points.begin(), all.points.end(), [&](PointTrace const& point) {
      return point.service == Service::migration_office && point.table_row == row;
    });
  };
  auto const office = office_in(trace, "150122");
  ASSERT_NE(office, trace.points.end());
  EXPECT_EQ(office->capacity, (std::vector<float>{0, 3000, 0}));
  EXPECT_FALSE(office->places);
  EXPECT_EQ(office_in(trace, "150117")->capacity, (std::vector<float>{0, 0, 700}));
  // Before it opens it is left out of a trace that is stopped.
  int asked = 0;
  auto const first = trace_places(scenario, country(), 0, [&] { return asked++ == 1; });
  EXPECT_EQ(office_in(first, "150122"), first.points.end());
  EXPECT_NE(first.points.size(), 0U);
}

TEST(PlaceTrace, FlowsAreTheJourneysToWorkOfMigrantsLargestFirst) {
  ASSERT_EQ(traced().commuting.size(), std::size_t{months});
  for (std::size_t month = 0; month < months; ++month) {
    auto const& flows = traced().commuting[month];
    std::map<std::pair<std::uint16_t, std::uint16_t>, double> seen;
    double people = 0;
    for (auto const& flow : flows) {
      seen[{flow.home, flow.work}] = static_cast<double>(flow.people);
      people += static_cast<double>(flow.people);
    }
    EXPECT_EQ(seen, recorded().journeys[month]);
    EXPECT_EQ(seen.size(), flows.size());
    EXPECT_GT(people, 0);
    EXPECT_LE(people, static_cast<double>(value(recorded().prepared->layout, recorded().record, "migrant_employees_by_sector",
                                                static_cast<int>(month))));
    EXPECT_TRUE(std::is_sorted(flows.begin(), flows.end(), [](auto const& a, auto const& b) { return a.people > b.people; }));
  }
}

TEST(PlaceTrace, OfManyFlowsTheLargestAreKept) {
  Recorded const whole(shipped("baseline", small_case(500, 1)));
  auto const trace = trace_places(whole.prepared->scenario, country(), 0);
  ASSERT_EQ(trace.commuting.size(), 1U);
  auto const& kept = trace.commuting[0];
  ASSERT_EQ(kept.size(), PlaceTrace::most_flows);
  std::vector<double> all;
  for (auto const& [journey, people] : whole.journeys[0]) all.push_back(people);
  ASSERT_GT(all.size(), kept.size());
  std::sort(all.rbegin(), all.rend());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(static_cast<double>(kept[i].people), all[i]);
    EXPECT_EQ(static_cast<double>(kept[i].people), whole.journeys[0].at({kept[i].home, kept[i].work}));
  }
}

TEST(PlaceTrace, IsTheSameEachTimeAndAnotherInAnotherReplicate) {
  auto const numbers = [](PlaceTrace const& trace) {
    std::vector<double> all;
    for (auto const& point : trace.points) {
      all.insert(all.end(), {static_cast<double>(point.service), static_cast<double>(point.table_row)});
      for (auto const* column : {&point.capacity, &point.queue, &point.served}) all.insert(all.end(), column->begin(), column->end());
    }
    for (auto const& month : trace.commuting)
      for (auto const& flow : month)
        all.insert(all.end(), {static_cast<double>(flow.home), static_cast<double>(flow.work), static_cast<double>(flow.people)});
    return all;
  };
  EXPECT_EQ(numbers(trace_places(two_districts(), country(), 0)), numbers(traced()));
  EXPECT_NE(numbers(trace_places(two_districts(), country(), 1)), numbers(traced()));
}

TEST(PlaceTrace, StopsWhenAsked) {
  int asked = 0;
  auto const two = trace_places(two_districts(), country(), 0, [&] { return asked++ == 2; });
  EXPECT_EQ(asked, 3);
  ASSERT_EQ(two.commuting.size(), 2U);
  for (auto const& point : two.points) EXPECT_EQ(point.queue.size(), 2U);
  EXPECT_EQ(sum_of(two, Service::school, 1, &PointTrace::served), sum_of(traced(), Service::school, 1, &PointTrace::served));
  auto const none = trace_places(two_districts(), country(), 0, [] { return true; });
  EXPECT_TRUE(none.points.empty());
  EXPECT_TRUE(none.commuting.empty());
}

}  // namespace
}  // namespace arraigo::tests
