#include "evidence/experiments.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "phases/phases.hpp"
#include "schedule/simulation.hpp"

namespace arraigo::evidence {
namespace {

bool is_adult(World const& world, std::size_t row) { return world.persons.age_months(row, world.stream.month.index) >= 18 * 12; }
bool is_of_working_age(World const& world, std::size_t row) { return world.persons.age_months(row, world.stream.month.index) >= 14 * 12; }
bool is_venezuelan(World const& world, std::size_t row) { return world.persons.origin(row) == Origin::venezuelan; }
bool is_living(World const& world, std::size_t row) { return !world.persons.gone(row) && !world.persons.inert(row); }
bool is_host(World const& world, std::size_t row) { return is_living(world, row) && !is_foreign(world.persons.origin(row)); }
bool is_employed(World const& world, std::size_t row) { return arraigo::is_employed(world.persons.activity[row]); }
bool has_higher_education(World const& world, std::size_t row) { return world.persons.education(row) >= Education::technical; }
double pay(World const& world, std::size_t row) { return world.persons.wage_cents[row] / 100.0; }
double one_if(bool holds) { return holds ? 1.0 : 0.0; }

using Scale = Trial::Scale;
constexpr auto employed = [](World const& world, std::size_t row) -> std::optional<double> { return one_if(is_employed(world, row)); };
constexpr auto pay_of_employed = [](World const& world, std::size_t row) -> std::optional<double> {
  return is_employed(world, row) && world.persons.wage_cents[row] > 0 ? std::optional{pay(world, row)} : std::nullopt;
};

/// A temporary permit that outlasts the trial.
void give_permit(World& world, std::size_t row) {
  auto& migrants = world.migrants;
  auto const m = world.persons.migrant[row];
  if (migrants.permit[m] != Permit::irregular && migrants.permit[m] != Permit::visitor) return;
  close_case(migrants, m);
  migrants.permit[m] = Permit::temporary;
  migrants.permit_since[m] = static_cast<std::int16_t>(world.stream.month.index);
  migrants.expiry[m] = static_cast<std::int16_t>(world.stream.month.index + 120);
}
/// Adults without papers, and without a case or claim under way that would give them any.
bool is_without_papers(World const& world, std::size_t row) {
  auto const m = world.persons.migrant[row];
  return is_venezuelan(world, row) && is_adult(world, row) && world.migrants.permit[m] == Permit::irregular && world.migrants.claim[m] != Claim::pending &&
         world.migrants.stage[m] == CaseStage::none;
}

std::vector<Finding> permit(Arms arms, int replicate) {
  return run_trial(arms[0], replicate,
                   {.is_eligible = is_without_papers,
                    .treat = give_permit,
                    .outcomes = {{"spending", Scale::percent,
                                  [](World const& world, std::size_t row) -> std::optional<double> {
                                    auto const h = world.persons.household[row];
                                    return world.households.income_cents[h] / 100.0 / std::max<int>(1, world.households.members[h]);
                                  }},
                                 {"health", Scale::points,
                                  [](World const& world, std::size_t row) -> std::optional<double> {
                                    return one_if((world.persons.has[row] & has_public_insurance) != 0 || world.is_insured_by_payroll(row));
                                  }},
                                 {"finance", Scale::points,
                                  [](World const& world, std::size_t row) -> std::optional<double> { return one_if((world.persons.has[row] & (has_account | has_credit)) != 0); }},
                                 {"employed", Scale::points, employed},
                                 {"business", Scale::points,
                                  [](World const& world, std::size_t row) -> std::optional<double> { return one_if(world.persons.activity[row] == Activity::own_account_formal); }},
                                 {"pay", Scale::percent, pay_of_employed},
                                 {"contract", Scale::points,
                                  [](World const& world, std::size_t row) -> std::optional<double> { return one_if(world.persons.activity[row] == Activity::payroll); }},
                                 // What is paid on contracts, over what would be paid were all work of the treated on contracts.
                                 {"revenue", Scale::share_of_second,
                                  [](World const& world, std::size_t row) -> std::optional<double> { return world.persons.activity[row] == Activity::payroll ? pay(world, row) : 0; },
                                  [](World const& world, std::size_t row) -> std::optional<double> { return is_employed(world, row) ? pay(world, row) : 0; }}}});
}

/// The right to work seven months later than others; five years on.
std::vector<Finding> delay(Arms arms, int replicate) {
  return run_trial(arms[0], replicate,
                   {.is_eligible = is_without_papers, .treat = give_permit, .from = 7, .to = 8, .others_from = 0, .outcomes = {{"employed", Scale::points, employed}}});
}

/// Registered at an employment centre for three months; a year on.
std::vector<Finding> search(Arms arms, int replicate) {
  return run_trial(arms[0], replicate,
                   {.is_eligible =
                        [](World const& world, std::size_t row) {
                          return is_venezuelan(world, row) && is_adult(world, row) && world.persons.activity[row] == Activity::unemployed;
                        },
                    .treat = [](World& world, std::size_t row) { world.persons.has[row] |= has_employment_service; },
                    .to = 3,
                    .outcomes = {{"employed", Scale::points, employed}}});
}

bool has_unrecognised_degree(World const& world, std::size_t row) {
  return is_venezuelan(world, row) && is_adult(world, row) && has_higher_education(world, row) && !world.persons.recognised(row);
}
void recognise(World& world, std::size_t row) { world.persons.traits[row] |= Persons::recognised_bit; }
bool is_venezuelan_adult(World const& world, std::size_t row) { return is_venezuelan(world, row) && is_adult(world, row); }

std::vector<Finding> recognition(Arms arms, int replicate) {
  auto findings = run_trial(arms[0], replicate,
                            {.is_eligible = has_unrecognised_degree,
                             .treat = recognise,
                             .outcomes = {{"employed", Scale::points, employed}, {"pay", Scale::percent, pay_of_employed}}});
  // All migrants' income, when every degree counts.
  auto of_all = run_trial(arms[0], replicate,
                          {.is_eligible = is_venezuelan_adult,
                           .treat = [](World& world, std::size_t row) { if (has_unrecognised_degree(world, row)) recognise(world, row); },
                           .outcomes = {{"income_of_all", Scale::percent, [](World const& world, std::size_t row) -> std::optional<double> { return is_employed(world, row) ? pay(world, row) : 0; }}}});
  findings.push_back({"income_of_all", of_all.front().total, std::nullopt});
  return findings;
}

/// Means of a condition over two groups.
struct Shares {
  std::array<double, 2> sum{};
  std::array<double, 2> count{};
  void add(std::size_t group, double value) {
    sum[group] += value;
    ++count[group];
  }
  [[nodiscard]] double mean(std::size_t group) const { return sum[group] / count[group]; }
  [[nodiscard]] bool both() const { return count[0] > 0 && count[1] > 0; }
  [[nodiscard]] std::optional<double> points() const { return both() ? std::optional{100 * (mean(1) - mean(0))} : std::nullopt; }
  [[nodiscard]] std::optional<double> percent() const { return both() && mean(0) > 0 ? std::optional{100 * (mean(1) / mean(0) - 1)} : std::nullopt; }
};

World& run_months(Simulation& simulation, int months) {
  for (int month = 0; month < months && !simulation.done(); ++month) simulation.step();
  return simulation.world();
}
World& run_all(Simulation& simulation) {
  while (!simulation.done()) simulation.step();
  return simulation.world();
}

/// 760 soles once to half the migrants' households, by the measure's own draw; two months on.
std::vector<Finding> cash(Arms arms, int replicate) {
  Simulation simulation(arms[0], replicate, Detail::totals);
  auto& world = simulation.world();
  simulation.step();
  std::vector<std::pair<std::uint64_t, bool>> people;
  if (world.rules.cash.empty()) return {{"self_employed", std::nullopt, std::nullopt}, {"left", std::nullopt, std::nullopt}};
  auto const given = world.rules.cash.front();
  auto everybody = given;
  everybody.coverage_share = 1;
  for (std::size_t row = 0; row < world.persons.size(); ++row)
    if (auto const h = world.persons.household[row]; is_living(world, row) && is_venezuelan_adult(world, row) && covered_by(world, everybody, h))
      people.emplace_back(world.persons.id[row], covered_by(world, given, h));
  run_all(simulation);
  std::vector<std::pair<std::uint64_t, std::size_t>> rows;
  for (std::size_t row = 0; row < world.persons.size(); ++row)
    if (is_living(world, row)) rows.emplace_back(world.persons.id[row], row);
  std::sort(rows.begin(), rows.end());
  Shares own_account, left;
  for (auto const& [id, treated] : people) {
    auto const found = std::lower_bound(rows.begin(), rows.end(), std::pair{id, std::size_t{0}});
    bool const here = found != rows.end() && found->first == id;
    left.add(treated ? 1 : 0, one_if(!here));
    if (here) own_account.add(treated ? 1 : 0, one_if(world.persons.activity[found->second] == Activity::own_account || world.persons.activity[found->second] == Activity::own_account_formal));
  }
  return {{"self_employed", own_account.points(), std::nullopt}, {"left", left.points(), std::nullopt}};
}

/// What a study of an inflow reads of hosts, by zone.
struct ZoneMeans {
  enum { employed, low_skill_employed, higher_outside_services, higher_informal, small_formal, all_pay, informal_pay, formal_pay, migrants, count };
  std::array<double, count> sum{}, people{};
  double hosts = 0;
  void add(std::size_t what, double value) {
    sum[what] += value;
    ++people[what];
  }
  [[nodiscard]] double mean(std::size_t what) const { return people[what] > 0 ? sum[what] / people[what] : std::nan(""); }
};

std::vector<ZoneMeans> hosts_by_zone(World const& world, Setup const& setup) {
  std::array<bool, sector_limit> sells_services{};
  for (std::size_t s = 0; s < setup.country.sectors.size(); ++s) {
    auto const& name = setup.country.sectors[s].name;
    sells_services[s] = name != "agriculture" && name != "manufacturing" && name != "construction";
  }
  std::vector<ZoneMeans> zones(world.zones.size());
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (!is_living(world, row)) continue;
    auto& zone = zones[world.districts[world.district_of(row)].zone];
    zone.add(ZoneMeans::migrants, one_if(is_foreign(world.persons.origin(row))));
    if (!is_host(world, row) || !is_of_working_age(world, row)) continue;
    ++zone.hosts;
    auto const activity = world.persons.activity[row];
    bool const works = is_employed(world, row), formal = is_formal(activity);
    zone.add(ZoneMeans::employed, one_if(works));
    auto const employer = world.persons.employer[row];
    bool const in_small_firm = employer != no_row && size_class_of(world.employers.workers[employer]) <= SizeClass::small;
    zone.add(ZoneMeans::small_formal, one_if(activity == Activity::payroll && in_small_firm));
    if (skill_of(world.persons, row) == Skill::low) zone.add(ZoneMeans::low_skill_employed, one_if(works));
    if (has_higher_education(world, row)) {
      // Of employees: own-account work has no sector of its own.
      zone.add(ZoneMeans::higher_outside_services, one_if(employer != no_row && !sells_services[world.employers.sector[employer]]));
      if (works) zone.add(ZoneMeans::higher_informal, one_if(!formal));
    }
    if (!works || world.persons.wage_cents[row] == 0) continue;
    zone.add(ZoneMeans::all_pay, pay(world, row));
    zone.add(formal ? ZoneMeans::formal_pay : ZoneMeans::informal_pay, pay(world, row));
  }
  return zones;
}

/// The inflow as it was against half of it: across zones, what hosts differ by for each percentage point of migrants, with an
/// intercept for what is common to all zones, as the studies' effects of time take it out.
std::vector<Finding> inflow(Arms arms, int replicate) {
  Simulation whole(arms[0], replicate, Detail::totals), half(arms[1], replicate, Detail::totals);
  auto const with = hosts_by_zone(run_all(whole), *arms[0]), without = hosts_by_zone(run_all(half), *arms[1]);
  struct Read {
    char const* name;
    std::size_t what;
    bool percent;
  };
  constexpr std::array<Read, 7> read{{{"host_pay", ZoneMeans::all_pay, true},
                                      {"host_employment", ZoneMeans::employed, false},
                                      {"low_skill_employment", ZoneMeans::low_skill_employed, false},
                                      {"higher_outside_services", ZoneMeans::higher_outside_services, false},
                                      {"higher_informal", ZoneMeans::higher_informal, false},
                                      {"small_formal_jobs", ZoneMeans::small_formal, false},
                                      {"informal_pay", ZoneMeans::informal_pay, true}}};
  auto const per_point = [&](std::size_t what, bool percent) -> std::pair<std::optional<double>, std::optional<double>> {
    std::vector<double> x, y, weights;
    double all_x = 0, all_y = 0, all = 0;
    for (std::size_t z = 0; z < with.size(); ++z) {
      double const a = with[z].mean(what), b = without[z].mean(what);
      if (!std::isfinite(a) || !std::isfinite(b) || (percent && !(b > 0))) continue;
      x.push_back(100 * (with[z].mean(ZoneMeans::migrants) - without[z].mean(ZoneMeans::migrants)));
      y.push_back(100 * (percent ? std::log(a / b) : a - b));
      weights.push_back(with[z].hosts);
      all_x += weights.back() * x.back();
      all_y += weights.back() * y.back();
      all += weights.back();
    }
    auto const found = slopes({x}, y, weights);
    return {found ? std::optional{found->front()} : std::nullopt, all > 0 && all_x != 0 ? std::optional{all_y / all_x} : std::nullopt};
  };
  std::vector<Finding> findings;
  for (auto const& r : read) {
    auto const [slope, total] = per_point(r.what, r.percent);
    findings.push_back({r.name, slope, total});
  }
  auto const [formal, formal_total] = per_point(ZoneMeans::formal_pay, true);
  auto const& informal = findings.back();
  Finding gap{"informal_less_formal_pay", std::nullopt, std::nullopt};
  if (informal.value && formal) gap.value = *informal.value - *formal;
  if (informal.total && formal_total) gap.total = *informal.total - *formal_total;
  findings.push_back(gap);
  return findings;
}

/// Newcomers' households placed at random over the area, as refugees were; two years on, their pay by the share of Venezuelans
/// where they were placed, within zones.
std::vector<Finding> enclave(Arms arms, int replicate) {
  constexpr std::uint64_t of_place = 0x706c616365ULL;
  auto const& setup = *arms[0];
  Simulation simulation(arms[0], replicate, Detail::totals);
  auto& world = simulation.world();
  auto const districts = world.districts.size();
  std::vector<double> people(districts, 0), venezuelans(districts, 0);
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (!is_living(world, row)) continue;
    ++people[world.district_of(row)];
    venezuelans[world.district_of(row)] += one_if(is_venezuelan(world, row));
  }
  std::vector<double> upto(districts, 0);
  double all = 0;
  for (std::size_t d = 0; d < districts; ++d) upto[d] = all += people[d];
  std::unordered_map<std::uint64_t, std::size_t> placed;  // person, district
  for (std::size_t m = 0; m < world.migrants.size(); ++m) {
    auto const row = world.migrants.person[m];
    if (!is_living(world, row) || !is_venezuelan(world, row) || world.migrants.arrival[m] < world.stream.month.index - 12) continue;
    auto const h = world.persons.household[row];
    double const draw = unit_of(mix(world.households.id[h], of_place, static_cast<std::uint64_t>(replicate))) * all;
    auto const d = static_cast<std::size_t>(std::upper_bound(upto.begin(), upto.end(), draw) - upto.begin());
    world.households.district[h] = static_cast<std::uint16_t>(std::min(d, districts - 1));
    if (is_adult(world, row)) placed.emplace(world.persons.id[row], world.households.district[h]);
  }
  restore_order(world);
  take_stock(world, setup);
  run_all(simulation);
  // Within zones, as the studies compare within regions: pay and communities are both larger in the capital.
  struct OfZone {
    std::vector<std::size_t> rows;
    double share = 0, log_pay = 0;
  };
  std::vector<OfZone> zones(world.zones.size());
  std::vector<double> share, log_pay;
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    auto const found = placed.find(world.persons.id[row]);
    if (found == placed.end() || !is_living(world, row) || !is_employed(world, row) || world.persons.wage_cents[row] == 0) continue;
    auto& zone = zones[world.districts[found->second].zone];
    zone.rows.push_back(share.size());
    share.push_back(venezuelans[found->second] / people[found->second]);
    log_pay.push_back(std::log(pay(world, row)));
    zone.share += share.back();
    zone.log_pay += log_pay.back();
  }
  for (auto const& zone : zones)
    for (std::size_t const i : zone.rows) {
      share[i] -= zone.share / static_cast<double>(zone.rows.size());
      log_pay[i] -= zone.log_pay / static_cast<double>(zone.rows.size());
    }
  if (share.size() < 30) return {{"pay", std::nullopt, std::nullopt}};
  double mean = 0, squares = 0;
  for (double const s : share) mean += s / static_cast<double>(share.size());
  for (double const s : share) squares += (s - mean) * (s - mean) / static_cast<double>(share.size() - 1);
  if (!(squares > 0)) return {{"pay", std::nullopt, std::nullopt}};
  for (double& s : share) s = (s - mean) / std::sqrt(squares);
  auto const found = slopes({share}, log_pay, std::vector<double>(share.size(), 1.0));
  return {{"pay", found ? std::optional{100 * found->front()} : std::nullopt, std::nullopt}};
}

/// Newcomers without work at the start: whether they have any six months on, by how many of their contacts with work came long ago
/// and how many lately.
std::vector<Finding> vintage(Arms arms, int replicate) {
  Simulation simulation(arms[0], replicate, Detail::totals);
  auto& world = simulation.world();
  struct Contacts {
    double tenured = 0, recent = 0;
  };
  std::unordered_map<std::uint64_t, Contacts> followed;
  for (std::size_t m = 0; m < world.migrants.size(); ++m) {
    auto const row = world.migrants.person[m];
    if (!is_living(world, row) || !is_venezuelan_adult(world, row) || world.persons.activity[row] != Activity::unemployed) continue;
    Contacts known;
    world.ties.for_contacts(static_cast<std::uint32_t>(m), [&](std::uint32_t other) {
      if (!is_employed(world, world.migrants.person[other])) return;
      (world.migrants.arrival[other] <= world.stream.month.index - 24 ? known.tenured : known.recent) += 1;
    });
    followed.emplace(world.persons.id[row], known);
  }
  run_all(simulation);
  std::vector<double> tenured, recent, works;
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    auto const found = followed.find(world.persons.id[row]);
    if (found == followed.end() || !is_living(world, row)) continue;
    tenured.push_back(found->second.tenured);
    recent.push_back(found->second.recent);
    works.push_back(one_if(is_employed(world, row)));
  }
  auto const found = slopes({tenured, recent}, works, std::vector<double>(works.size(), 1.0));
  if (!found) return {{"tenured", std::nullopt, std::nullopt}, {"recent", std::nullopt, std::nullopt}};
  return {{"tenured", 100 * (*found)[0], std::nullopt}, {"recent", 100 * (*found)[1], std::nullopt}};
}

/// Of those whom the programme is for when it opens, who holds a permit or has asked for one two years later.
std::vector<Finding> take_up(Arms arms, int replicate) {
  constexpr int months_before = 6;
  Simulation simulation(arms[0], replicate, Detail::totals);
  auto& world = run_months(simulation, months_before);
  std::vector<std::uint64_t> eligible;
  for (std::size_t row = 0; row < world.persons.size(); ++row)
    if (is_living(world, row) && is_without_papers(world, row)) eligible.push_back(world.persons.id[row]);
  run_all(simulation);
  std::sort(eligible.begin(), eligible.end());
  Shares took;
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (!is_living(world, row) || !std::binary_search(eligible.begin(), eligible.end(), world.persons.id[row])) continue;
    auto const m = world.persons.migrant[row];
    took.add(0, one_if(world.migrants.permit[m] != Permit::irregular || world.migrants.stage[m] != CaseStage::none));
  }
  return {{"share", took.count[0] > 0 ? std::optional{100 * took.mean(0)} : std::nullopt, std::nullopt}};
}

/// The state of late 2018, of hourly pay, and of spring 2019, of permit holders.
std::vector<Finding> state_of_2019(Arms arms, int replicate) {
  auto const& p = arms[0]->params;
  Simulation simulation(arms[0], replicate, Detail::totals);
  auto const& world = run_months(simulation, 12);
  Shares hourly, low, high;
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (!is_living(world, row) || !is_employed(world, row) || world.persons.wage_cents[row] == 0) continue;
    double const hours = (world.persons.has[row] & is_exploited) != 0 ? p.labour_abusive_hours_per_week : p.labour_usual_hours_per_week;
    std::size_t const group = is_venezuelan(world, row) ? 1 : 0;
    if (group == 0 && is_foreign(world.persons.origin(row))) continue;
    hourly.add(group, pay(world, row) / hours);
    (has_higher_education(world, row) ? high : low).add(group, pay(world, row) / hours);
  }
  run_all(simulation);
  Shares off;
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (!is_living(world, row) || !is_venezuelan(world, row) || !is_of_working_age(world, row)) continue;
    if (world.migrants.permit[world.persons.migrant[row]] == Permit::temporary) off.add(0, one_if(world.persons.activity[row] != Activity::payroll));
  }
  auto const of_high = high.percent(), of_low = low.percent();
  return {{"pay_gap", hourly.percent(), std::nullopt},
          {"pay_gap_by_education", of_high && of_low ? std::optional{*of_high - *of_low} : std::nullopt, std::nullopt},
          {"off_payroll", off.count[0] > 0 ? std::optional{100 * off.mean(0)} : std::nullopt, std::nullopt}};
}

/// Two years into the baseline: who works without contract, who felt discrimination, and how the two go together over zones.
std::vector<Finding> discrimination(Arms arms, int replicate) {
  Simulation simulation(arms[0], replicate, Detail::totals);
  auto const& world = run_all(simulation);
  Shares informal, felt;
  struct Zone {
    Shares informal_hosts, felt;
  };
  std::vector<Zone> zones(world.zones.size());
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (!is_living(world, row)) continue;
    auto& zone = zones[world.districts[world.district_of(row)].zone];
    bool const works = is_employed(world, row), is_informal = !is_formal(world.persons.activity[row]);
    if (is_host(world, row) && works) zone.informal_hosts.add(0, one_if(is_informal));
    if (!is_venezuelan_adult(world, row)) continue;
    if (works) informal.add(0, one_if(is_informal));
    bool const felt_it = world.migrants.felt[world.persons.migrant[row]] > world.stream.month.index - 12;
    felt.add(0, one_if(felt_it));
    zone.felt.add(0, one_if(felt_it));
  }
  std::vector<double> x, y, weights;
  for (auto const& zone : zones) {
    if (zone.informal_hosts.sum[0] <= 0 || zone.felt.sum[0] <= 0) continue;
    x.push_back(std::log(zone.informal_hosts.mean(0)));
    y.push_back(std::log(zone.felt.mean(0)));
    weights.push_back(zone.felt.count[0]);
  }
  auto const found = slopes({x}, y, weights);
  return {{"informal_migrants", informal.count[0] > 0 ? std::optional{100 * informal.mean(0)} : std::nullopt, std::nullopt},
          {"felt", felt.count[0] > 0 ? std::optional{100 * felt.mean(0)} : std::nullopt, std::nullopt},
          {"where_less_informal", found ? std::optional{100 * (std::pow(0.9, found->front()) - 1)} : std::nullopt, std::nullopt}};
}

struct Contracts {
  double venezuelans = 0, venezuelans_of_working_age = 0, hosts = 0;
};
Contracts contracts_of(World const& world) {
  Contracts found;
  for (std::size_t row = 0; row < world.persons.size(); ++row) {
    if (!is_living(world, row)) continue;
    bool const contract = world.persons.activity[row] == Activity::payroll;
    if (is_host(world, row)) found.hosts += one_if(contract);
    if (!is_venezuelan(world, row) || !is_of_working_age(world, row)) continue;
    ++found.venezuelans_of_working_age;
    found.venezuelans += one_if(contract);
  }
  return found;
}

/// Micro and small firms exempt from the quota; the quota heeded and inspected everywhere against none at all.
std::vector<Finding> quota(Arms arms, int replicate) {
  std::array<Contracts, 4> found;
  for (std::size_t k = 0; k < found.size(); ++k) {
    Simulation simulation(arms[k], replicate, Detail::totals);
    found[k] = contracts_of(run_all(simulation));
  }
  auto const& [baseline, exempt, none, enforced] = found;
  if (baseline.venezuelans_of_working_age == 0 || none.hosts == 0) return {{"small_firms_exempt", std::nullopt, std::nullopt}, {"native_jobs", std::nullopt, std::nullopt}};
  return {{"small_firms_exempt", 100 * (exempt.venezuelans - baseline.venezuelans) / baseline.venezuelans_of_working_age, std::nullopt},
          {"native_jobs", 100 * (enforced.hosts - none.hosts) / none.hosts, std::nullopt}};
}

}  // namespace

std::span<Experiment const> experiments() {
  static std::vector<Experiment> const all{
      {"permit", {"Un permiso para una mitad al azar de quienes no tienen papeles; a los dos años", "A permit for a random half of those without papers; two years on"}, {"baseline"}, 24, 3, permit},
      {"take_up", {"Un programa abierto dos años", "A programme that is open for two years"}, {"regularisation"}, 30, 1, take_up},
      {"delay", {"El derecho a trabajar, siete meses después; a los cinco años", "The right to work, seven months later; five years on"}, {"baseline"}, 60, 3, delay},
      {"inflow", {"La llegada de 2018 y 2019 contra su mitad, entre zonas", "The inflow of 2018 and 2019 against half of it, across zones"}, {"history", "evidence/inflow_halved"}, 24, 2, inflow},
      {"state_of_2019", {"La historia hasta marzo de 2019", "History until March 2019"}, {"history"}, 15, 1, state_of_2019},
      {"discrimination", {"El escenario base a los dos años, entre zonas", "The baseline after two years, across zones"}, {"baseline"}, 24, 1, discrimination},
      {"recognition", {"Títulos reconocidos a una mitad al azar; a los dos años", "Degrees recognised for a random half; two years on"}, {"baseline"}, 24, 6, recognition},
      {"search", {"Ayuda para buscar trabajo a una mitad al azar; a los doce meses", "Help with job search for a random half; twelve months on"}, {"baseline"}, 12, 3, search},
      {"cash", {"760 soles, una vez, a una mitad al azar; a los dos meses", "760 soles, once, to a random half; two months on"}, {"evidence/cash_once"}, 3, 1, cash},
      {"enclave", {"Recién llegados ubicados al azar; a los dos años", "Newcomers placed at random; two years on"}, {"baseline"}, 24, 1, enclave},
      {"vintage", {"Contactos con trabajo, antiguos y recientes; a los seis meses", "Contacts with work, of long ago and lately; six months on"}, {"baseline"}, 6, 1, vintage},
      {"quota", {"La cuota sin micro y pequeñas empresas, y con y sin control; a los tres años", "The quota without micro and small firms, and with and without control; three years on"}, {"baseline", "quota_exemption", "quota_none", "quota_enforced"}, 36, 4, quota},
  };
  return all;
}

}  // namespace arraigo::evidence
