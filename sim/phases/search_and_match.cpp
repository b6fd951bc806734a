/// Search and matching (ODD 7.3). Each seeker looks at some employers drawn from the fixed directory and applies to the first
/// with a vacancy for the skill; migrants also through a contact at work, and who is registered at an employment centre or
/// meets a fair once more to firms above ten workers, who is put in touch with a firm too, with a recommendation. Applications
/// are binned by employer; each ranks its applicants by
///   score = fit + rho referral + training + certificate - taste (migrants) - s (no local reference, unrecognised degree)
///           - prejudice (LGBTIQ+, disability, care) + Gumbel
/// and makes offers while vacancies last, on the books or off, under documents and quota. Who has several offers takes the best.
/// Reads: vacancies, hostility, knowledge, offers (start of phase).  Writes: activity, employer, wage, abuse, staff counts.
/// Draws: word 3 of the lots, search, contact_search, service_search, fair_search, matching_service (person); ranking, hire and
/// exploitation (employer and person), quota_rounding (employer, for life).  Source: urn-ball matching with ranking; values are assumptions with ranges (parameters labour.*, employers.*).
#include <tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <tuple>

#include "core/prefetch.hpp"
#include "core/row_mask.hpp"
#include "phases/contracts.hpp"
#include "phases/lots.hpp"
#include "phases/phases.hpp"

namespace arraigo {
namespace {

using Channel = Application::Channel;
using enum Application::Channel;

struct Scored {
  float score;
  std::uint32_t application;
};

/// Puts an employer's applications, indices into `all`, in its ranking: best score first, then the lower identity, then channel.
/// Scores are brought together in `scores` first, since applications stand far apart.
void rank(Applications const& all, std::span<std::uint32_t> applicants, std::vector<Scored>& scores) {
  if (applicants.size() < 2) return;
  scores.clear();
  for (auto const i : applicants) scores.push_back({all[i].score, i});
  std::sort(scores.begin(), scores.end(), [&](Scored const& x, Scored const& y) {
    if (x.score != y.score) return x.score > y.score;
    auto const &a = all[x.application], &b = all[y.application];
    return std::tie(a.person_id, a.channel) < std::tie(b.person_id, b.channel);
  });
  for (std::size_t k = 0; k < scores.size(); ++k) applicants[k] = scores[k].application;
}

/// A matching service of the month: the chance of being taken, by district, of the groups that it favours and of others.
struct Matching {
  std::uint32_t groups = 0;
  std::vector<std::array<double, 2>> chance;  ///< [district][other, member]
};

struct Market {
  std::vector<double> hostility_gap;   ///< by district, relative to the level at which taste is neutral
  std::vector<std::uint64_t> fair_prob;  ///< by district
  std::span<std::uint64_t const> migrant_id;  ///< the person's, by row of migrants: contacts are compared by it, one random read each
  std::vector<std::uint8_t> wanted;    ///< by employer: bit k when it looks for skill k
  /// Of either employer that an entry of the directory may stand for, by skill: a bit for each entry, so that all of a zone's
  /// stay in the nearest cache.
  std::array<std::vector<std::uint64_t>, skill_count> maybe_open;
  std::uint64_t referred_host = 0;
  int employers_seen = 0, migrant_rounds = 1;
  int tenured_since = 0;               ///< contacts who came by this month recommend whole
  std::vector<Matching> matching;
};

/// Bits of a skill and the lower ones.
constexpr unsigned up_to(Skill skill) { return (2U << static_cast<unsigned>(skill)) - 1; }

/// The vacancy that a seeker of `skill` could fill where these skills are wanted: the own skill first, then lower ones. What a firm
/// with thinned staff advertises may be less than an agent's worth: who applies for that is not chosen.
std::optional<Skill> vacancy_for(unsigned wanted, Skill skill) {
  unsigned const fits = wanted & up_to(skill);
  if (fits == 0) return std::nullopt;
  return static_cast<Skill>(std::bit_width(fits) - 1);
}

/// What of the score depends on the applicant alone.
double score_of_applicant(World const& world, Parameters const& p, std::uint32_t row) {
  auto const& persons = world.persons;
  double x = 0;
  if (is_foreign(persons.origin(row))) {
    // Certified skills stand in for a local reference.
    if ((persons.has[row] & (has_worked_formally | has_certificate)) == 0) x -= p.labour_no_reference_score / 2;
    if (persons.education(row) >= Education::technical && !persons.recognised(row)) x -= p.labour_no_reference_score / 2;
  }
  if ((persons.has[row] & has_certificate) != 0) x += p.labour_certificate_score;
  if (p.labour_lgbtiq_score > 0 && world.is_lgbtiq(row)) x -= p.labour_lgbtiq_score;
  if (p.labour_disability_score > 0 && world.has_disability(row)) x -= p.labour_disability_score;
  if (p.labour_care_hours_score > 0 && has_unmet_care(world, row)) x -= p.labour_care_hours_score;
  return x;
}

/// The application with its score but for luck, which add_luck() draws for many at once. `own` is the applicant's part of it,
/// `referral` the worth of a recommendation, 0 to 1.
Application score(World const& world, Setup const& setup, Market const& market, std::uint32_t row, std::uint32_t e, Skill job, Channel channel, double own, double referral) {
  auto const& p = setup.params;
  auto const& persons = world.persons;
  double x = own + p.labour_skill_fit_score * (static_cast<int>(job) - static_cast<int>(skill_of(persons, row)));  // overqualified for the job: below fit
  x += referral * p.labour_referral_score;
  if (is_foreign(persons.origin(row)))
    x -= p.labour_taste_response * market.hostility_gap[world.employers.district[e]] + p.labour_taste_firm_sd * static_cast<double>(world.employers.distaste[e]);
  if ((persons.has[row] & has_training) != 0) x += persons.trained_sector(row) == world.employers.sector[e] ? p.labour_sector_training_score : p.labour_training_score;
  Application a{};
  a.employer = e;
  a.score = static_cast<float>(x);
  a.person_id = persons.id[row];
  a.person = row;
  a.skill = job;
  a.channel = channel;
  return a;
}

/// Draws of persons and the employers that they apply to, for many applications at once: word k of application i.
class PairDraws {
 public:
  template <class PairAt>
  void draw(World const& world, Purpose purpose, std::size_t n, PairAt const& at) {
    ids_.resize(n);
    for (auto& word : words_) word.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      Application const& a = at(i);
      ids_[i] = mix(a.person_id, world.employers.id[a.employer]);
    }
    draw_blocks(world.stream, purpose, ids_, {words_[0].data(), words_[1].data(), words_[2].data(), words_[3].data()});
  }
  [[nodiscard]] double uniform(std::size_t word, std::size_t i) const { return uniform_of(words_[word][i]); }

 private:
  std::vector<std::uint64_t> ids_;
  std::array<std::vector<std::uint32_t>, 4> words_;
};

/// Gumbel noise on each application's score, keyed by person and employer.
void add_luck(World const& world, std::vector<Application>& applications, PairDraws& draws) {
  draws.draw(world, Purpose::ranking, applications.size(), [&](std::size_t i) -> Application const& { return applications[i]; });
  for (std::size_t i = 0; i < applications.size(); ++i) applications[i].score += static_cast<float>(-std::log(-std::log(draws.uniform(0, i))));
}

/// The seekers of some blocks, and what is looked up and drawn for all of them at once: what is read of rows far apart is asked for
/// of each before it is read of the first, so that one does not wait for memory after the other. The phase took 0.81 of the time
/// that it took with one seeker after the other (all of Peru at one agent per person, one thread).
class Seekers {
 public:
  std::vector<std::uint32_t> rows;

  void look_up(World const& world, Market const& market);
  [[nodiscard]] std::uint16_t home(std::size_t i) const { return home_[i]; }
  [[nodiscard]] Skill skill(std::size_t i) const { return static_cast<Skill>(skill_[i]); }
  /// Word k of seeker i's own draws, as Draws would give them one by one.
  [[nodiscard]] std::uint32_t word(std::size_t k, std::size_t i) const { return words_[k * rows.size() + i]; }
  /// Bit t: the t-th employer that the seeker looks at may have something to offer; and which one that is.
  [[nodiscard]] std::uint32_t hits(std::size_t i) const { return hits_[i]; }
  [[nodiscard]] JobDirectory::Lot lot(std::size_t t, std::size_t i) const { return lots_[t * rows.size() + i]; }
  /// The contact whom a migrant asks, a row of Migrants, or none.
  [[nodiscard]] std::uint32_t contact(std::size_t i) const { return contact_[i]; }

 private:
  std::vector<std::uint64_t> ids_;
  std::vector<std::uint16_t> home_;
  std::vector<std::uint8_t> skill_;
  std::vector<std::uint32_t> words_, hits_, contact_;
  std::vector<JobDirectory::Lot> lots_;
  std::vector<std::uint32_t> foreign_, migrant_;  ///< of the migrants among the seekers: which they are, and their rows of Migrants
  DrawBatch<blocks_per_part * rows_per_block> contact_words_;

  void draw(World const& world, std::size_t words);
  void try_employers(World const& world, Market const& market);
  void choose_contacts(World const& world, Market const& market);
  void prefetch_offers(World const& world, std::uint32_t employer) const;
};

void Seekers::draw(World const& world, std::size_t words) {
  std::size_t const n = rows.size();
  ids_.resize(n);
  for (std::size_t i = 0; i < n; ++i) ids_[i] = world.persons.id[rows[i]];
  words_.resize((words + 3) / 4 * 4 * n);
  for (std::uint32_t block = 0; block * 4 < words; ++block) {
    auto* const first = words_.data() + block * 4 * n;
    draw_blocks(world.stream, Purpose::search, ids_, {first, first + n, first + 2 * n, first + 3 * n}, block);
  }
}

/// All the employers that the seekers look at, whether or not an earlier one has something to offer: without branches that is
/// cheaper than to stop.
void Seekers::try_employers(World const& world, Market const& market) {
  std::size_t const n = rows.size(), tries = static_cast<std::size_t>(market.employers_seen);
  lots_.resize(tries * n);
  hits_.assign(n, 0);
  for (std::size_t t = 0; t < tries; ++t)
    for (std::size_t i = 0; i < n; ++i) {
      auto const lot = world.jobs.lot_of(home_[i], word(2 * t + 2, i), word(2 * t + 3, i));
      lots_[t * n + i] = lot;
      if (lot.employer == no_row) continue;
      auto const& bits = market.maybe_open[skill_[i]];
      hits_[i] |= static_cast<std::uint32_t>((bits[lot.employer / 64] >> (lot.employer % 64)) & 1U) << t;
    }
}

/// Asks for what an application to the employer reads of it.
void Seekers::prefetch_offers(World const& world, std::uint32_t e) const {
  auto const& firms = world.employers;
  prefetch(&firms.district[e], &firms.distaste[e], &firms.sector[e], &firms.id[e]);
}

/// Of each migrant the contact with the lowest keyed hash: the choice does not depend on rows, and one tie more seldom changes it.
void Seekers::choose_contacts(World const& world, Market const& market) {
  auto const& persons = world.persons;
  auto const& migrants = world.migrants;
  contact_.assign(rows.size(), no_row);
  foreign_.clear();
  migrant_.clear();
  contact_words_.clear();
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (is_foreign(persons.origin(rows[i]))) {
      foreign_.push_back(static_cast<std::uint32_t>(i));
      migrant_.push_back(persons.migrant[rows[i]]);
      world.ties.prefetch_first(migrant_.back());
      contact_words_.add(ids_[i], static_cast<std::uint32_t>(i));
    }
  contact_words_.draw(world.stream, Purpose::contact_search);
  for (auto const m : migrant_) world.ties.prefetch_contacts(m);
  for (auto const m : migrant_) world.ties.for_contacts(m, [&](std::uint32_t other) { prefetch(&market.migrant_id[other]); });
  for (std::size_t j = 0; j < foreign_.size(); ++j) {
    std::uint64_t lowest = ~0ULL;
    std::uint32_t contact = no_row;
    world.ties.for_contacts(migrant_[j], [&](std::uint32_t other) {
      auto const h = mix(contact_words_.word(0, j), contact_words_.word(1, j), market.migrant_id[other]);
      if (contact == no_row || h < lowest) lowest = h, contact = other;
    });
    contact_[foreign_[j]] = contact;
    if (contact != no_row) prefetch(&migrants.person[contact], &migrants.arrival[contact]);
  }
  for (auto const i : foreign_)
    if (contact_[i] != no_row) prefetch(&persons.traits[migrants.person[contact_[i]]], &persons.employer[migrants.person[contact_[i]]]);
  for (auto const i : foreign_)
    if (contact_[i] != no_row)
      if (auto const e = persons.employer[migrants.person[contact_[i]]]; e != no_row) {
        prefetch(&market.wanted[e]);
        prefetch_offers(world, e);
      }
}

void Seekers::look_up(World const& world, Market const& market) {
  std::size_t const n = rows.size();
  auto const& persons = world.persons;
  draw(world, 2 + 2 * static_cast<std::size_t>(market.employers_seen));
  home_.resize(n);
  skill_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    home_[i] = world.district_of(rows[i]);
    skill_[i] = static_cast<std::uint8_t>(skill_of(persons, rows[i]));
  }
  try_employers(world, market);
  // Most who find something do so at the first employer that may have it.
  auto const first_hit = [&](std::size_t i) { return lot(static_cast<std::size_t>(std::countr_zero(hits_[i])), i); };
  for (std::size_t i = 0; i < n; ++i)
    if (hits_[i] != 0) {
      world.jobs.prefetch_employer(first_hit(i));
      prefetch(&persons.employer[rows[i]], &persons.has[rows[i]], &persons.birth[rows[i]], &persons.groups[rows[i]]);
    }
  choose_contacts(world, market);
  for (std::size_t i = 0; i < n; ++i)
    if (hits_[i] != 0) {
      auto const e = world.jobs.employer(first_hit(i));
      prefetch(&market.wanted[e]);
      prefetch_offers(world, e);
    }
}

/// The matching service that takes the person this month, or none: one draw over all of them.
std::optional<std::size_t> taken_by(World const& world, Market const& market, std::uint32_t row, std::uint16_t district) {
  double missed = 1;
  double const u = uniform_of(draw_block(world.stream, Purpose::matching_service, world.persons.id[row])[0]);
  for (std::size_t k = 0; k < market.matching.size(); ++k) {
    auto const& service = market.matching[k];
    missed *= 1 - service.chance[district][service.groups != 0 && world.in_groups(row, service.groups) ? 1 : 0];
    if (u < 1 - missed) return k;
  }
  return std::nullopt;
}

/// One seeker's month: at most one application for each channel. Words of the seeker's own draws: a referral, a fair, then a
/// place and a firm for each employer that is looked at.
void look_for_work(World const& world, Setup const& setup, Market const& market, Seekers const& seekers, std::size_t seeker, std::vector<Application>& found, std::vector<std::int64_t>& taken) {
  auto const& persons = world.persons;
  auto const& employers = world.employers;
  auto const row = seekers.rows[seeker];
  auto const home = seekers.home(seeker);
  auto const skill = seekers.skill(seeker);
  bool const foreign = is_foreign(persons.origin(row));
  std::optional<double> own_score;  // of those who find something to apply for
  auto const apply = [&](std::uint32_t e, Skill job, Channel channel, double referral) {
    if (!own_score) own_score = score_of_applicant(world, setup.params, row);
    found.push_back(score(world, setup, market, row, e, job, channel, *own_score, referral));
  };
  // Applies where there is something for the seeker; says whether there was.
  auto const try_employer = [&](JobDirectory::Lot lot, Channel channel, bool formal_only, double referral) {
    auto const e = world.jobs.employer(lot);
    if (e == persons.employer[row] || (formal_only && employers.workers[e] <= 10)) return false;
    auto const job = vacancy_for(market.wanted[e], skill);
    if (job) apply(e, *job, channel, referral);
    return job.has_value();
  };
  auto const& maybe_open = market.maybe_open[static_cast<std::size_t>(skill)];
  auto const try_employers = [&](Draws& draws, Channel channel, bool formal_only, double referral) {
    for (int t = 0; t < market.employers_seen; ++t) {
      std::uint32_t const place = draws.bits(), firm = draws.bits();
      auto const lot = world.jobs.lot_of(home, place, firm);
      if (lot.employer == no_row) return;
      // Few firms have something to offer: one bit each says so, before anything else of the firm is read.
      if (((maybe_open[lot.employer / 64] >> (lot.employer % 64)) & 1U) != 0 && try_employer(lot, channel, formal_only, referral)) return;
    }
  };
  // Hosts' contacts are not followed one by one: a share of their applications comes with a referral.
  bool const referred = seekers.word(0, seeker) < market.referred_host && !foreign, at_fair = seekers.word(1, seeker) < market.fair_prob[home];
  for (auto hits = seekers.hits(seeker); hits != 0; hits &= hits - 1)
    if (try_employer(seekers.lot(static_cast<std::size_t>(std::countr_zero(hits)), seeker), open_search, false, referred ? 1 : 0)) break;
  // Migrants have less to live on while they wait: they go on looking when hosts have done so for the month.
  if (foreign && persons.activity[row] == Activity::unemployed)
    for (int round = 1; round < market.migrant_rounds; ++round) {
      Draws draws(world.stream, Purpose::search, persons.id[row], static_cast<std::uint64_t>(round) + 100);
      auto const before = found.size();
      try_employers(draws, open_search, false, 0);
      // Nobody applies twice to one employer.
      if (found.size() > before && std::any_of(found.end() - std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(found.size()), round + 1), found.end() - 1, [&](Application const& a) { return a.person == row && a.employer == found.back().employer; }))
        found.pop_back();
    }
  if (foreign) {
    auto const contact = seekers.contact(seeker);
    if (contact != no_row) {
      auto const friend_row = world.migrants.person[contact];
      auto const e = persons.gone(friend_row) ? no_row : persons.employer[friend_row];
      if (e != no_row && e != persons.employer[row])
        if (auto const job = vacancy_for(market.wanted[e], skill)) apply(e, *job, through_contact, world.migrants.arrival[contact] <= market.tenured_since ? 1 : setup.params.labour_recent_contact_share);
    }
  }
  auto const try_with = [&](Purpose purpose, Channel channel, double referral) {
    Draws draws(world.stream, purpose, persons.id[row], 1);
    try_employers(draws, channel, true, referral);
  };
  if ((persons.has[row] & has_employment_service) != 0) try_with(Purpose::service_search, employment_centre, 0);
  if (at_fair) try_with(Purpose::fair_search, job_fair, 0);
  if (!market.matching.empty() && persons.activity[row] == Activity::unemployed)
    if (auto const service = taken_by(world, market, row, home)) {
      add_shared(taken[*service], std::int64_t{1});
      try_with(Purpose::matching_service, matching_service, 1);
    }
}

/// Whom the month's matching services take: as many unemployed as they have room for. Groups that a service favours get, of the
/// reserved share, what others would have got; what they cannot use goes back to the others.
std::vector<Matching> matching_services(World const& world) {
  auto const& services = world.rules.matching;
  if (std::none_of(services.begin(), services.end(), [](Reach const& r) { return std::any_of(r.share.begin(), r.share.end(), [](float x) { return x > 0; }); })) return {};
  auto const& persons = world.persons;
  std::size_t const n = world.districts.size();
  std::vector<std::int32_t> seekers(n, 0), members(services.size() * n, 0);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    RowMask unemployed;
    auto const* const activity = persons.activity.data() + from;
    auto const* const traits = persons.traits.data() + from;
    unemployed.set(to - from, [&](std::size_t i) { return (activity[i] == Activity::unemployed) & ((traits[i] & (Persons::gone_bit | Persons::inert_bit)) == 0); });
    unemployed.for_each([&](std::size_t i) {
      std::size_t const row = from + i;
      auto const d = world.district_of(row);
      add_shared(seekers[d], 1);
      for (std::size_t k = 0; k < services.size(); ++k)
        if (services[k].priority.groups != 0 && world.in_groups(row, services[k].priority.groups)) add_shared(members[k * n + d], 1);
    });
  });
  std::vector<Matching> all;
  for (std::size_t k = 0; k < services.size(); ++k) {
    auto const& priority = services[k].priority;
    Matching matching;
    matching.groups = priority.groups;
    for (std::size_t d = 0; d < n; ++d) {
      double const places = static_cast<double>(services[k].share[d]), in = members[k * n + d], out = seekers[d] - members[k * n + d];
      double const even = std::min(1.0, places / std::max(1, seekers[d]));
      double const member = in > 0 ? std::min(1.0, (places - out * priority.of(false, even)) / in) : 0;
      double const other = out > 0 ? std::clamp((places - in * member) / out, 0.0, 1.0) : 0;
      matching.chance.push_back({other, member});
    }
    all.push_back(std::move(matching));
  }
  return all;
}

/// By district, who looks for work this month, the employed who do included: among them those who go to a fair are drawn. Zeros
/// where there is no fair.
std::vector<std::int32_t> seekers_at_fairs(World const& world, Parameters const& p) {
  std::vector<std::int32_t> seekers(world.districts.size(), 0);
  if (std::none_of(world.rules.fair_vacancies.begin(), world.rules.fair_vacancies.end(), [](double vacancies) { return vacancies > 0; })) return seekers;
  auto const& persons = world.persons;
  auto const cuts = employed_cuts(p);
  for_blocks(persons.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t row = from; row != to; ++row)
      if (persons.activity[row] == Activity::unemployed && !persons.gone(row) && !persons.inert(row)) add_shared(seekers[world.district_of(row)], 1);
    std::size_t const block = from / rows_per_block;
    if (block < world.lots.blocks.size())
      for (auto const& [row, bits] : world.lots.blocks[block].employed)
        if (bits < cuts.search_end[static_cast<std::size_t>(persons.activity[row])] && !persons.gone(row)) add_shared(seekers[world.district_of(row)], 1);
  });
  return seekers;
}

/// Fills the parts of `all` with the month's applications; first[e + 1] counts those of employer e.
void search(World const& world, Setup const& setup, Market const& market, std::vector<std::int64_t>& taken, Applications& all) {
  auto const& persons = world.persons;
  auto const cuts = employed_cuts(setup.params);
  constexpr std::size_t rows_per_part = blocks_per_part * rows_per_block;
  auto& parts = all.parts;
  parts.resize(parts_of((persons.size() + rows_per_block - 1) / rows_per_block));
  all.first.assign(world.employers.size() + 1, 0);
  struct Scratch {
    Seekers seekers;
    PairDraws luck;
  };
  tbb::enumerable_thread_specific<Scratch> scratch;
  for_each_index(parts.size(), [&](std::size_t part) {
    auto& [seekers, luck] = scratch.local();
    auto& rows = seekers.rows;
    rows.resize(rows_per_part + 1);
    std::size_t n = 0;
    for (std::size_t from = part * rows_per_part, end = std::min(persons.size(), from + rows_per_part); from < end; from += rows_per_block) {
      std::size_t const to = std::min(end, from + rows_per_block);
      RowMask unemployed;
      auto const* const activity = persons.activity.data() + from;
      auto const* const traits = persons.traits.data() + from;
      unemployed.set(to - from, [&](std::size_t i) { return (activity[i] == Activity::unemployed) & ((traits[i] & (Persons::gone_bit | Persons::inert_bit)) == 0); });
      unemployed.for_each([&](std::size_t i) { rows[n++] = static_cast<std::uint32_t>(from + i); });
      std::size_t const block = from / rows_per_block;
      if (block < world.lots.blocks.size())  // rows of those born since the lots were drawn have none
        for (auto const& [row, bits] : world.lots.blocks[block].employed) {  // written always and counted when it counts
          rows[n] = row;
          n += (bits < cuts.search_end[static_cast<std::size_t>(persons.activity[row])]) & !persons.gone(row) ? 1 : 0;
        }
    }
    rows.resize(n);
    seekers.look_up(world, market);
    auto& found = parts[part];
    found.clear();
    found.reserve(rows.size() + rows.size() / 4);
    for (std::size_t i = 0; i < rows.size(); ++i) look_for_work(world, setup, market, seekers, i, found, taken);
    add_luck(world, found, luck);
    for (auto const& a : found) add_shared(all.first[a.employer + 1], 1U);
  });
  std::size_t most = 1;
  for (auto const& part : parts) most = std::max(most, part.size());
  all.place_bits = static_cast<unsigned>(std::bit_width(most - 1));
  if (parts.size() > (std::size_t{1} << (32 - all.place_bits))) throw std::length_error("more applications in a month than 32 bits can count");
}

/// Bins by employer, by counting: applications stay where they are, their indices are placed. Their order within a bin is that of
/// the threads until each employer has ranked its own.
void bin_by_employer(Applications& all) {
  auto const& first = all.first;
  std::size_t const employers = first.size() - 1;
  all.asked.resize(employers + 1);
  std::size_t n_asked = 0;
  for (std::uint32_t e = 0; e < employers; ++e) {  // written always and counted when it counts
    all.asked[n_asked] = e;
    n_asked += first[e + 1] > 0 ? 1 : 0;
  }
  all.asked.resize(n_asked);
  std::partial_sum(first.begin(), first.end(), all.first.begin());
  all.next.assign(first.begin(), first.end() - 1);
  all.by_employer.resize(first.back());
  for_each_index(all.parts.size(), [&](std::size_t part) {
    auto index = static_cast<std::uint32_t>(part << all.place_bits);
    for (auto const& a : all.parts[part]) all.by_employer[std::atomic_ref(all.next[a.employer]).fetch_add(1, std::memory_order_relaxed)] = index++;
  });
}

/// Soles a month that the work would be paid, whatever the legal minimum.
double offered_soles(World const& world, std::uint32_t e, std::uint32_t row, Skill job, Activity contract) {
  return world.pay_soles(row, segment_of(contract), world.districts[world.employers.district[e]].zone, world.employers.sector[e], job);
}

std::uint32_t offer_cents(World const& world, std::uint32_t e, std::uint32_t row, Skill job, Activity contract) {
  double soles = offered_soles(world, e, row, job, contract);
  if (contract == Activity::payroll) soles = std::max(soles, world.rules.minimum_wage_soles);
  return static_cast<std::uint32_t>(std::lround(100 * soles));
}

/// What offers refer to besides the firm: computed once a month.
struct OfferRules {
  OnBooksShares on_books;
  std::vector<std::uint8_t> closed_to_foreigners;  ///< by sector
};

/// Asks for what an employer looks at in an applicant.
void prefetch_applicant(World const& world, std::uint32_t row) {
  auto const& persons = world.persons;
  prefetch(&persons.traits[row], &persons.talent[row], &persons.has[row], &persons.activity[row], &persons.wage_cents[row], &persons.migrant[row]);
}

/// One employer's month: offers to its applicants (indices into `all`, best first), whose draws begin with `first_draw`.
void make_offers(World& world, Setup const& setup, OfferRules const& rules, Applications& all, std::span<std::uint32_t const> applicants, PairDraws const& draws, std::size_t first_draw) {
  auto const& p = setup.params;
  auto& persons = world.persons;
  auto& employers = world.employers;
  auto const e = all[applicants.front()].employer;
  auto const size = size_class_of(employers.workers[e]);
  double const overhead = -world.rules.subsidy_share[employers.district[e]][static_cast<std::size_t>(size)];
  double const usual = rules.on_books(employers.workers[e], overhead);
  bool const formal_kind = is_formal_firm(world, p, e, usual);
  // Of the staff a share stands on the books; of hires fewer, since those jobs last longer.
  double const kept = formal_kind ? p.labour_on_books_share_in_formal_firms : p.labour_on_books_share_in_informal_firms;
  double const on_books_prob = kept * p.labour_separation_formal_prob_per_month /
                               (kept * p.labour_separation_formal_prob_per_month + (1 - kept) * p.labour_separation_informal_prob_per_month);
  // A formal hire that falls through is offered off the books as often as firms of this size keep jobs there.
  double const fallback = 1 - usual;
  bool const heeds = heeds_quota(world, e);
  double const rounding = quota_rounding(world, e);
  bool const floor_moves = floor_cost(world.rules, 0) != 0;
  bool const closed_to_foreigners = rules.closed_to_foreigners[employers.sector[e]] != 0;
  std::uint32_t on_books = employers.on_books[e], foreign = employers.foreign_on_books[e];
  std::int64_t payroll = employers.payroll_cents[e], foreign_payroll = employers.foreign_payroll_cents[e];
  std::array<int, skill_count> left{};
  for (std::size_t k = 0; k < skill_count; ++k) left[k] = employers.vacancies[e][k];
  auto const district = employers.district[e];

  for (std::size_t k = 0; k < applicants.size(); ++k) {
    auto& a = all[applicants[k]];
    std::size_t const i = first_draw + k;
    auto const row = a.person;
    auto& room = left[static_cast<std::size_t>(a.skill)];
    if (room == 0) {
      world.note(row, Event::not_chosen, e);
      continue;
    }
    bool const is_migrant = is_foreign(persons.origin(row));
    double const u_books = draws.uniform(0, i), u_document = draws.uniform(1, i), u_fallback = draws.uniform(2, i), u_kind = draws.uniform(3, i);
    if (is_migrant && closed_to_foreigners && !Draws(world.stream, Purpose::hire, a.person_id, employers.id[e] + 1).bernoulli(world.rules.open_to_foreigners[employers.sector[e]])) {
      world.note(row, Event::not_chosen, e);
      continue;
    }
    // Months without the right to work leave a scar on the odds of a formal job.
    double books = on_books_prob;
    if (is_migrant && world.migrants.months_without_right[persons.migrant[row]] > 0) {
      double const odds = books / (1 - books) * std::exp(-p.labour_scar_per_month * world.migrants.months_without_right[persons.migrant[row]]);
      books = odds / (1 + odds);
    }
    bool const counted = counts_under_quota(persons, row);
    // What registering a foreigner's contract costs, over a year of pay, acts as overhead, and so does a minimum wage that a measure
    // puts above what the work would be paid.
    double cost = 0;
    if (counted && world.rules.registration_soles > 0) cost += world.rules.registration_soles / 12 / std::max(1.0, offer_cents(world, e, row, a.skill, Activity::payroll) / 100.0);
    if (floor_moves) cost += floor_cost(world.rules, offered_soles(world, e, row, a.skill, Activity::payroll));
    if (cost != 0) {
      double const odds = books / (1 - books) * std::exp(-p.labour_formality_overhead_response * cost / 0.1);
      books = odds / (1 + odds);
    }
    // Centres, fairs and matching services put people in touch with firms; contracts offer those that do so anyway.
    bool on = u_books < books || (a.channel >= employment_centre && formal_kind);
    bool fell_through = false;
    auto wage = offer_cents(world, e, row, a.skill, on ? Activity::payroll : Activity::off_books);
    if (on && is_migrant) {
      if (!world.has_right_to_contract(row) || u_document >= document_trust(world, e, row)) {
        world.count(Flow::refused_document, district);
        world.note(row, Event::refused_document, e, world.has_right_to_contract(row) ? 1 : 0);
        on = false;
        fell_through = true;
      } else if (counted && heeds && !quota_has_room(world.rules, size, employers.staff_per_agent[e], rounding, on_books, foreign, payroll, foreign_payroll, wage)) {
        world.count(Flow::refused_quota, district);
        world.note(row, Event::refused_quota, e);
        on = false;
        fell_through = true;
      } else {
        auto const informal = offer_cents(world, e, row, a.skill, Activity::off_books);
        if (worth_of_job(world, p, row, Activity::payroll, wage) < informal) {
          world.count(Flow::declined_offer, district);
          world.note(row, Event::declined_offer, e, wage);
          on = false;
          fell_through = true;
        }
      }
    }
    if (fell_through) {
      if (u_fallback >= fallback) continue;
      wage = offer_cents(world, e, row, a.skill, Activity::off_books);
    }
    a.contract = on ? Activity::payroll : u_kind < p.labour_service_contract_share && world.entitled(row, Entitlement::ruc) > 0.4 ? Activity::service_contract : Activity::off_books;
    a.wage_cents = wage;
    a.utility = static_cast<float>(worth_of_job(world, p, row, a.contract, wage));
    // Who has a job moves only for a better one.
    double const now = is_employed(persons.activity[row]) ? worth_of_job(world, p, row, persons.activity[row], persons.wage_cents[row]) * (1 + p.labour_move_gain_share) : 0;
    if (a.utility <= now) continue;
    a.offered = true;
    --room;
    if (on && counted) {
      // Other offers of the month may not be taken, so that they make no room under the quota yet.
      ++on_books;
      ++foreign;
      payroll += wage;
      foreign_payroll += wage;
    }
  }
}

/// Whether an off-books job turns out abusive, which shows once the person works there. An inspected firm keeps to hours and pay,
/// and who knows their rights does not put up with it.
bool turns_out_abusive(World const& world, Parameters const& p, Application const& a) {
  if ((world.employers.flags[a.employer] & Employers::inspected_bit) != 0) return false;
  double const claims = p.labour_rights_effect_per_month * world.districts[world.district_of(a.person)].rights_stock;
  return draw_block(world.stream, Purpose::exploitation, mix(a.person_id, world.employers.id[a.employer]))[0] < threshold_of(abusive_hire_share(world, p, a.person) * (1 - claims));
}

void hire(World& world, Parameters const& p, Application const& a) {
  auto const district = world.employers.district[a.employer];
  bool const foreign = is_foreign(world.persons.origin(a.person)), formal = a.contract == Activity::payroll;
  world.count(Flow::hires, district);
  if (formal) world.count(Flow::formal_hires, district);
  if (foreign) world.count(Flow::migrant_hires, district);
  if (foreign && formal) world.count(Flow::migrant_formal_hires, district);
  if (!foreign && formal) world.count(Flow::host_formal_hires, district);
  add_shared(world.employers.vacancies[a.employer][static_cast<std::size_t>(a.skill)], static_cast<std::uint8_t>(-1));
  bool const abusive = a.contract == Activity::off_books && turns_out_abusive(world, p, a);
  enter_job(world, a.person, a.employer, a.contract, abusive ? underpaid_cents(p, a.wage_cents) : a.wage_cents);
  if (abusive) world.persons.has[a.person] |= is_exploited;
  world.note(a.person, formal ? Event::hired_formal : Event::hired_informal, a.employer, a.wage_cents);
}

void take_best_offers(World& world, Parameters const& p, Applications const& all) {
  auto& persons = world.persons;
  // The best offer of each person; those whom the quota counts are hired last, against the staff that has really come, since
  // somebody who was counted when the offer was made may have gone elsewhere.
  auto const better = [](Application const& a, Application const& b) { return std::tie(b.utility, a.employer, a.channel) < std::tie(a.utility, b.employer, b.channel); };
  tbb::enumerable_thread_specific<std::vector<Application const*>> counted_of_thread;
  for_each_index(all.parts.size(), [&](std::size_t part) {
    auto& counted = counted_of_thread.local();
    // Hires write to firms far apart.
    auto const& firms = world.employers;
    auto const& own = all.parts[part];
    for (auto const& a : own)
      if (auto const e = a.employer, row = a.person; a.offered) {
        prefetch(&firms.vacancies[e], &firms.district[e], &firms.on_books[e], &firms.off_books[e], &firms.payroll_cents[e], &firms.foreign_on_books[e], &firms.id[e], &firms.flags[e]);
        prefetch(&persons.employer[row], &persons.household[row], &persons.traits[row], &persons.has[row], &persons.activity[row], &persons.wage_cents[row], &persons.migrant[row], &persons.groups[row]);
      }
    for (auto const& a : own)
      if (a.offered) prefetch(&world.households.district[persons.household[a.person]]);
    for (auto a = own.begin(); a != own.end();) {
      auto best = own.end();
      auto const person = a->person;
      for (; a != own.end() && a->person == person; ++a)
        if (a->offered && (best == own.end() || better(*a, *best))) best = a;
      if (best == own.end()) continue;
      if (best->contract == Activity::payroll && counts_under_quota(persons, person)) counted.push_back(&*best);
      else hire(world, p, *best);
    }
  });
  std::vector<Application const*> counted;
  for (auto const& own : counted_of_thread) counted.insert(counted.end(), own.begin(), own.end());
  std::sort(counted.begin(), counted.end(), [](auto x, auto y) { return x->person_id < y->person_id; });
  auto const& firm = world.employers;
  for (auto const* const application : counted) {
    auto const& a = *application;
    auto const e = a.employer;
    if (heeds_quota(world, e) && !quota_has_room(world.rules, size_class_of(firm.workers[e]), firm.staff_per_agent[e], quota_rounding(world, e), firm.on_books[e], firm.foreign_on_books[e], firm.payroll_cents[e],
                                                 firm.foreign_payroll_cents[e], a.wage_cents)) {
      world.count(Flow::refused_quota, firm.district[e]);
      world.note(a.person, Event::refused_quota, e);
      continue;
    }
    hire(world, p, a);
  }
  for_blocks(firm.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t e = from; e != to; ++e) {
      int const open = firm.vacancies[e][0] + firm.vacancies[e][1] + firm.vacancies[e][2];
      if (open > 0) world.count(Flow::unfilled_vacancies, firm.district[e], open);
    }
  });
}

}  // namespace

void search_and_match(World& world, Setup const& setup) {
  auto const& p = setup.params;
  Market market;
  market.referred_host = threshold_of(p.labour_referred_share_of_hosts);
  market.tenured_since = world.stream.month.index - static_cast<int>(p.labour_tenured_contact_months);
  market.employers_seen = static_cast<int>(p.labour_employers_seen_per_month);
  market.migrant_rounds = static_cast<int>(p.labour_migrant_search_rounds);
  auto const seekers = seekers_at_fairs(world, p);
  for (std::size_t d = 0; d < world.districts.size(); ++d) {
    market.hostility_gap.push_back(world.hostility(d) - p.attitudes_neutral_hostile_share);
    market.fair_prob.push_back(threshold_of(std::min(1.0, world.rules.fair_vacancies[d] * p.labour_fair_applications_per_vacancy / std::max(1, seekers[d]))));
  }
  market.migrant_id = world.ids_of_migrants();
  market.wanted.resize(world.employers.size());
  for_blocks(world.employers.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t e = from; e != to; ++e) {
      auto const& vacancies = world.employers.vacancies[e];
      unsigned const open = (vacancies[0] > 0 ? 1U : 0U) | (vacancies[1] > 0 ? 2U : 0U) | (vacancies[2] > 0 ? 4U : 0U);
      market.wanted[e] = static_cast<std::uint8_t>(open | world.employers.advertises[e]);
    }
  });
  for (auto& bits : market.maybe_open) bits.resize((market.wanted.size() + 63) / 64);
  for_blocks(market.wanted.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t e = from; e < to; e += 64) {
      std::array<std::uint64_t, skill_count> bits{};
      for (std::size_t k = 0; k < std::min<std::size_t>(64, to - e); ++k) {
        unsigned const wanted = market.wanted[e + k] | market.wanted[world.jobs.other(e + k)];
        for (std::size_t skill = 0; skill < skill_count; ++skill) bits[skill] |= std::uint64_t{(wanted & up_to(static_cast<Skill>(skill))) != 0 ? 1U : 0U} << k;
      }
      for (std::size_t skill = 0; skill < skill_count; ++skill) market.maybe_open[skill][e / 64] = bits[skill];
    }
  });
  market.matching = matching_services(world);
  std::vector<std::int64_t> taken(market.matching.size(), 0);
  auto& all = world.applications;
  search(world, setup, market, taken, all);
  for (std::size_t k = 0; k < taken.size(); ++k) world.measure_units[world.rules.matching[k].measure] += 1000 * taken[k];
  bin_by_employer(all);
  OfferRules rules{OnBooksShares(p, world.rules), {}};
  for (std::size_t k = 0; k < setup.country.sectors.size(); ++k) rules.closed_to_foreigners.push_back(world.rules.open_to_foreigners[k] < 1 ? 1 : 0);
  struct Scratch {
    PairDraws draws;
    std::vector<Scored> scores;
  };
  tbb::enumerable_thread_specific<Scratch> scratch;
  // Blocks of few employers: some thousand are asked in a month of a small run. The bins of a block stand one after the other.
  constexpr std::size_t employers_per_block = 64;
  auto const& first = all.first;
  for_each_index((all.asked.size() + employers_per_block - 1) / employers_per_block, [&](std::size_t block) {
    auto const own = std::span(all.asked).subspan(block * employers_per_block, std::min(employers_per_block, all.asked.size() - block * employers_per_block));
    auto const bins = std::span(all.by_employer).subspan(first[own.front()], first[own.back() + 1] - first[own.front()]);
    auto& [draws, scores] = scratch.local();
    for (auto const i : bins) prefetch(&all[i], &all[i].utility);
    for (auto const i : bins) prefetch_applicant(world, all[i].person);
    for (auto const i : bins) {
      auto const m = row_or_first(world.persons.migrant[all[i].person]);
      auto const& x = world.migrants;  // which may have no row
      prefetch(x.months_without_right.data() + m, x.permit.data() + m, x.claim.data() + m, x.arrival.data() + m);
    }
    for (auto const e : own) rank(all, std::span(all.by_employer).subspan(first[e], first[e + 1] - first[e]), scores);
    draws.draw(world, Purpose::hire, bins.size(), [&](std::size_t i) -> Application const& { return all[bins[i]]; });
    for (auto const e : own) make_offers(world, setup, rules, all, std::span(all.by_employer).subspan(first[e], first[e + 1] - first[e]), draws, first[e] - first[own.front()]);
  });
  take_best_offers(world, p, all);
  all.clear();
}

}  // namespace arraigo
