#include "schedule/population_report.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "init/build_steps.hpp"
#include "schedule/start.hpp"

namespace arraigo {
namespace {

/// What a synthetic share is made of: agents in the numerator and in the denominator.
struct Share {
  double in = 0, of = 0;
};

char const* age_band_name(int years) {
  static std::array<std::string, 17> const names = [] {
    std::array<std::string, 17> all;
    for (int b = 0; b < 16; ++b) all[static_cast<std::size_t>(b)] = fmt::format("{}-{}", b * 5, b * 5 + 4);
    all[16] = "80+";
    return all;
  }();
  return names[static_cast<std::size_t>(std::min(years / 5, 16))].c_str();
}

char const* firm_class_name(std::uint32_t workers) { return workers <= 4 ? "1-4" : workers <= 10 ? "5-10" : workers <= 50 ? "11-50" : workers <= 200 ? "51-200" : "201+"; }

/// Whether a zone of the run works by rows of its own while the run holds neither that zone alone nor the country: then no row
/// says what the whole should be.
bool has_a_part_of_its_own(Setup const& setup, std::string const& margin, char const* origin) {
  auto const& zones = setup.geography->zone_names();
  if (zones.size() < 2 || setup.area.size() == setup.country.districts.rows().size()) return false;
  if (std::find(work_margins.begin(), work_margins.end(), margin) == work_margins.end()) return false;
  return std::any_of(zones.begin(), zones.end(), [&](auto const& zone) { return !setup.country.margins_of_zone(zone, margin, origin, setup.scenario.start).empty(); });
}

}  // namespace

std::vector<MarginCheck> check_margins(Scenario const& scenario, Country const& country, int replicate) {
  Setup const setup(scenario, country);
  World world;
  build_start(world, setup, replicate);
  auto const& persons = world.persons;
  int const month = scenario.start.index;
  std::map<std::string, Share> shares;  // "margin|origin|key1|key2"
  auto const count = [&](std::string const& margin, std::string const& origin, std::string const& key, bool in) {
    auto& s = shares[margin + "|" + origin + "|" + key];
    s.of += 1;
    if (in) s.in += 1;
  };
  std::map<std::string, double> whole;  // denominators of margins that are distributions
  auto const member = [&](std::string const& margin, std::string const& origin, std::string const& key, std::string const& whole_of) {
    shares[margin + "|" + origin + "|" + key].in += 1;
    whole[margin + "|" + origin + "|" + whole_of] += 1;
  };
  auto const origin_name = [](Origin o) -> std::string { return origin_names[static_cast<std::size_t>(o)].name; };

  for (std::size_t h = 0; h < world.households.size(); ++h) {
    auto const first = world.households.first[h];
    std::size_t const size = world.households.members[h];
    auto const origin = origin_name(persons.origin(first));
    int adults = 0, minors = 0;
    for (std::size_t i = 0; i < size; ++i) (persons.age_months(first + i, month) >= 20 * 12 ? adults : minors) += 1;
    member("household_size", origin, std::to_string(std::min<std::size_t>(size, 8)), "");
    count("single_parent", origin, "households", adults == 1 && minors > 0);
    count("registered", origin, "households", Households::registered(world.households.state[h]));
  }
  for (std::size_t row = 0; row < persons.size(); ++row) {
    auto const origin = origin_name(persons.origin(row));
    int const years = persons.age_months(row, month) / 12;
    auto const activity = persons.activity[row];
    std::string const sex = sex_names[static_cast<std::size_t>(persons.sex(row))].name;
    member("age_sex", origin, std::string(age_band_name(years)) + "|" + sex, "");
    if (years >= 15) {
      char const* const band = years < 25 ? "15-24" : years < 35 ? "25-34" : years < 55 ? "35-54" : "55+";
      member("education", origin, std::string(band) + "|" + education_names[static_cast<std::size_t>(persons.education(row))].name, band);
    }
    if (years >= 14) {
      char const* const band = years < 18 ? "14-17" : years < 25 ? "18-24" : years < 45 ? "25-44" : years < 65 ? "45-64" : "65+";
      count("participation", origin, std::string(band) + "|" + sex, is_active(activity));
    }
    if (is_active(activity)) count("unemployment", origin, "all", activity == Activity::unemployed);
    if (is_employed(activity)) count("own_account", origin, "all", !is_employee(activity));
    if (is_employee(activity)) {
      count("payroll", origin, "all", activity == Activity::payroll);
      count("service_contract", origin, "all", activity == Activity::service_contract);
      auto const e = persons.employer[row];
      member("employee_size", origin, firm_class_name(world.employers.workers[e]), "");
      member("employee_sector", origin, country.sectors[world.employers.sector[e]].name, "");
      shares[fmt::format("firms|firms|{}|{}", country.sectors[world.employers.sector[e]].name, firm_class_name(world.employers.workers[e]))].in += 1;
      whole["firms|firms|"] += 1;
    }
    if (persons.education(row) >= Education::technical) count("recognised_degree", origin, "all", persons.recognised(row));
    count("insured", origin, "public", (persons.has[row] & has_public_insurance) != 0);
    if (years >= 18) count("account", origin, "adults", (persons.has[row] & has_account) != 0);
    if (years >= 3 && years < 17) count("enrolled", origin, years < 6 ? "3-5" : years < 12 ? "6-11" : "12-16", (persons.has[row] & has_school_place) != 0);
    auto const m = persons.migrant[row];
    if (m == no_row) continue;
    auto const permit = world.migrants.permit[m];
    // The table's status margin knows no refugees: they hold residence there.
    member("status", origin, holder_names[static_cast<std::size_t>(permit == Permit::refugee ? Permit::residence : permit)].name, "");
    count("asylum", origin, "pending", world.migrants.claim[m] == Claim::pending);
    count("asylum", origin, "refugee", world.migrants.claim[m] == Claim::recognised);
    member("cohort", origin, std::to_string(Month{world.migrants.arrival[m]}.year()), "");
    if (years >= 18) count("quota_exempt", origin, "adults", (persons.has[row] & exempt_from_quota) != 0);
    count("felt_discrimination", origin, "12months", world.migrants.felt[m] >= month - 12);
  }
  for (auto& [key, share] : shares) {
    if (share.of > 0) continue;
    auto const first = key.find('|'), second = key.find('|', first + 1);
    std::string const head = key.substr(0, second + 1);
    auto const direct = whole.find(head);
    if (direct != whole.end()) share.of = direct->second;
    else {
      auto const third = key.find('|', second + 1);
      share.of = whole[head + key.substr(second + 1, third - second - 1)];
    }
  }

  std::vector<MarginCheck> checks;
  // People by district: all residents, then the foreigners among them.
  std::vector<std::int64_t> residents(setup.area.size(), 0), foreigners(setup.area.size(), 0);
  for (std::size_t row = 0; row < persons.size(); ++row) {
    ++residents[world.district_of(row)];
    if (is_foreign(persons.origin(row))) ++foreigners[world.district_of(row)];
  }
  for (std::size_t d = 0; d < setup.area.size(); ++d) {
    auto const table_row = setup.area[d];
    auto const& district = country.districts.rows()[table_row];
    double const migrants = setup.venezuelans[table_row] + setup.other_foreign[table_row];
    checks.push_back({"district", "all", district.ubigeo + " " + district.name, setup.hosts[table_row] + migrants, static_cast<double>(residents[d]) * world.people_per_agent, residents[d], "people", "districts.csv"});
    checks.push_back({"district", "foreign", district.ubigeo + " " + district.name, migrants, static_cast<double>(foreigners[d]) * world.people_per_agent, foreigners[d], "people", text(Message::code_residents_and_hdi, Lang::en), text(Message::code_residents_and_hdi, Lang::es)});
  }
  for (char const* const origin : {"host", "venezuelan", "other_foreign"}) {
    std::vector<std::string> seen;
    for (auto const& row : setup.country.margins) {
      if (row.origin != origin || row.margin == "stock" || row.margin == "region_share" || row.margin == "hours" || row.margin == "overstay_months") continue;
      if (std::find(seen.begin(), seen.end(), row.margin) != seen.end() || row.vintage > scenario.start) continue;
      seen.push_back(row.margin);
      if (has_a_part_of_its_own(setup, row.margin, origin)) continue;
      for (auto const* target : setup.country.margin(row.margin, origin, scenario.start)) {
        std::string key = target->margin + "|" + origin + "|" + target->key1 + (target->key2.empty() ? "" : "|" + target->key2);
        auto const found = shares.find(key);
        // A cell that nobody is in has the same denominator as its neighbours.
        double of = found != shares.end() ? found->second.of : 0;
        if (of == 0)
          for (auto const& [other, share] : shares)
            if (other.starts_with(target->margin + "|" + origin + "|") && share.of > of) of = share.of;
        if (of == 0) continue;
        checks.push_back({target->margin, origin, target->key1 + (target->key2.empty() ? "" : " " + target->key2), target->value, found == shares.end() ? 0 : found->second.in / of, static_cast<std::int64_t>(of), "share", target->source});
      }
    }
  }
  auto const wanted = jobs_wanted(world, setup);
  std::vector<double> cell_jobs;
  for (auto const& row : wanted) cell_jobs.push_back(std::accumulate(row.begin(), row.end(), 0.0));
  double const all_jobs = std::max(1e-9, std::accumulate(cell_jobs.begin(), cell_jobs.end(), 0.0));
  for (std::size_t c = 0; c < country.firms.size(); ++c) {
    auto const& cell = country.firms[c];
    constexpr std::array<char const*, firm_class_count> classes{"1-4", "5-10", "11-50", "51-200", "201+"};
    std::string const key = fmt::format("firms|firms|{}|{}", country.sectors[cell.sector].name, classes[cell.firm_class]);
    auto const found = shares.find(key);
    double const of = whole["firms|firms|"];
    checks.push_back({"firms", "firms", country.sectors[cell.sector].name + std::string(" ") + classes[cell.firm_class], cell_jobs[c] / all_jobs, found == shares.end() ? 0 : found->second.in / of, static_cast<std::int64_t>(of), "share",
                      text(Message::code_firms_source, Lang::en), text(Message::code_firms_source, Lang::es)});
  }
  return checks;
}

}  // namespace arraigo
