/// Search and matching (ODD 7.3). Each seeker looks at some employers drawn from the fixed directory and applies to the first
/// with a vacancy for the skill; migrants also through a contact at work, and who is registered at an employment centre or
/// meets a fair once more to firms above ten workers, who is put in touch with a firm too, with a recommendation. Applications
/// are binned by the advert that they answer; each employer ranks as many of its applicants as it may need by
///   score = fit + rho referral + training + certificate - taste (migrants) - s (no local reference, unrecognised degree)
///           - prejudice (LGBTIQ+, disability, care) + Gumbel
/// and makes offers while vacancies last, on the books or off, under documents and quota. Who has several offers takes the best.
/// Reads: vacancies, hostility, knowledge, offers (start of phase).  Writes: activity, employer, wage, abuse, staff counts.
/// Draws: word 3 of the lots, search, contact_search, service_search, fair_search, matching_service (person); ranking, hire and
/// exploitation (employer and person), quota_rounding (employer, for life), tax_number (person, for life).  Source: urn-ball matching with ranking; values are assumptions with ranges (parameters labour.*, employers.*).
#include <tbb/enumerable_thread_specific.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
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

/// Puts `more` of an employer's bids into its ranking, after the `ranked` ones that stand in it already: best score first, then the
/// lower identity, then channel. Most bids are never looked at, since vacancies are fewer. Returns how many stand in it now.
std::size_t rank_more(Persons const& persons, Applications const& all, std::span<Bid> bids, std::size_t ranked, std::size_t more) {
  auto const better = [&](Bid const& x, Bid const& y) {
    if (x.score != y.score) return x.score > y.score;
    auto const &a = all[x.application], &b = all[y.application];
    return std::tie(persons.id[a.person], a.channel) < std::tie(persons.id[b.person], b.channel);
  };
  std::size_t const to = ranked + std::min(more, bids.size() - ranked);
  auto const at = [&](std::size_t k) { return bids.begin() + static_cast<std::ptrdiff_t>(k); };
  if (ranked < to && to < bids.size()) std::nth_element(at(ranked), at(to), bids.end(), better);
  std::sort(at(ranked), at(to), better);
  return to;
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
  /// Whether the two employers that an entry of the directory may stand for want a skill or a lower one: two bits for each entry, so
  /// that a zone's stay in the nearer caches.
  struct Open {
    std::uint64_t own = 0, other = 0;
  };
  std::array<std::vector<Open>, skill_count> open;
  /// Whether the employer of the lot does.
  [[nodiscard]] bool wants(JobDirectory const& jobs, JobDirectory::Lot lot, std::size_t skill) const {
    auto const& bits = open[skill][lot.employer / 64];
    std::uint64_t const own = 0U - static_cast<std::uint64_t>(jobs.is_own(lot));  // a mask: chance decides
    return (((bits.own & own) | (bits.other & ~own)) >> (lot.employer % 64) & 1U) != 0;
  }
  std::uint64_t referred_host = 0;
  /// A count that need not be whole: the share `more` of people has one above the whole part, by lot.
  struct Count {
    int whole = 0;
    std::uint32_t more = 0;  ///< threshold of 16 bits
    explicit Count(double mean = 0) : whole(static_cast<int>(std::floor(mean))), more(static_cast<std::uint32_t>(std::lround((mean - std::floor(mean)) * 65536))) {}
    [[nodiscard]] int most() const { return whole + (more > 0 ? 1 : 0); }
    /// `word`: bits of which what lies above them decides something else.
    [[nodiscard]] int of(std::uint32_t word) const { return whole + ((word & 0xffffU) < more ? 1 : 0); }
  };
  Count employers_seen, migrant_rounds;
  int tenured_since = 0;               ///< contacts who came by this month recommend whole
  Adverts const* adverts = nullptr;
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
Application score(World const& world, Setup const& setup, Market const& market, std::uint32_t row, std::uint32_t advert, Skill job, Channel channel, double own, double referral) {
  auto const& p = setup.params;
  auto const& persons = world.persons;
  auto const& firm = market.adverts->all[advert];
  double x = own + p.labour_skill_fit_score * (static_cast<int>(job) - static_cast<int>(skill_of(persons, row)));  // overqualified for the job: below fit
  x += referral * p.labour_referral_score;
  if (is_foreign(persons.origin(row))) x -= p.labour_taste_response * market.hostility_gap[firm.district] + p.labour_taste_firm_sd * static_cast<double>(firm.distaste);
  if ((persons.has[row] & has_training) != 0) x += persons.trained_sector(row) == firm.sector ? p.labour_sector_training_score : p.labour_training_score;
  Application a{};
  a.advert = advert;
  a.score = static_cast<float>(x);
  a.person = row;
  a.skill = job;
  a.channel = channel;
  return a;
}

/// Whom a draw is of: a person and the employer that they apply to.
std::uint64_t pair_of(std::uint64_t person_id, std::uint64_t employer_id) { return mix(person_id, employer_id); }

/// Draws of pairs for many applications at once: word k of pair i.
class PairDraws {
 public:
  std::vector<std::uint64_t> pairs;

  void draw(World const& world, Purpose purpose) {
    for (auto& word : words_) word.resize(pairs.size());
    draw_blocks(world.stream, purpose, pairs, {words_[0].data(), words_[1].data(), words_[2].data(), words_[3].data()});
  }
  [[nodiscard]] double uniform(std::size_t word, std::size_t i) const { return uniform_of(words_[word][i]); }

 private:
  std::array<std::vector<std::uint32_t>, 4> words_;
};

/// Gumbel noise on each application's score, keyed by person and employer: `luck` has their pairs.
void add_luck(World const& world, std::vector<Application>& applications, PairDraws& luck) {
  luck.draw(world, Purpose::ranking);
  for (std::size_t i = 0; i < applications.size(); ++i) applications[i].score += static_cast<float>(-std::log(-std::log(luck.uniform(0, i))));
}

/// Some seekers, and what is looked up and drawn for all of them at once: what is read of rows far apart is asked for of each
/// before it is read of the first, so that one does not wait for memory after the other. The phase took 0.81 of the time that it took
/// with one seeker after the other (all of Peru at one agent per person, one thread).
class Seekers {
 public:
  static constexpr std::size_t at_once = 512;  ///< what is known of so many stays in the nearer caches
  static constexpr std::uint8_t no_try = 255;

  void look_up(World const& world, Market const& market, std::span<std::uint32_t const> rows);
  [[nodiscard]] std::uint32_t row(std::size_t i) const { return rows_[i]; }
  [[nodiscard]] std::uint16_t home(std::size_t i) const { return home_[i]; }
  [[nodiscard]] Skill skill(std::size_t i) const { return static_cast<Skill>(skill_[i]); }
  /// Word k of seeker i's own draws, of the first four.
  [[nodiscard]] std::uint32_t word(std::size_t k, std::size_t i) const { return words_[k][i]; }
  /// Which of the employers that the seeker looks at is the first with something to offer, or no_try; and its advert if there is one.
  [[nodiscard]] std::uint8_t first_try(std::size_t i) const { return first_try_[i]; }
  [[nodiscard]] std::uint32_t first_advert(std::size_t i) const { return first_advert_[i]; }
  [[nodiscard]] std::uint64_t id(std::size_t i) const { return ids_[i]; }
  [[nodiscard]] std::uint32_t employer(std::size_t i) const { return employer_[i]; }
  /// The contact whom a migrant asks, a row of Migrants, or none; and the advert of the firm where the contact works.
  [[nodiscard]] std::uint32_t contact(std::size_t i) const { return contact_[i]; }
  [[nodiscard]] std::uint32_t contact_advert(std::size_t i) const { return contact_advert_[i]; }

 private:
  using Words = std::array<std::array<std::uint32_t, at_once>, 4>;
  struct Pending {
    std::uint32_t seeker;
    std::uint32_t draw;  ///< place among those drawn again
  };
  std::span<std::uint32_t const> rows_;
  std::array<std::uint64_t, at_once> ids_, ids_again_;
  std::array<std::uint32_t, at_once> employer_;
  std::array<std::uint16_t, at_once> home_;
  std::array<std::uint8_t, at_once> skill_, has_job_, first_try_;
  Words words_, words_again_;
  std::array<std::uint32_t, at_once> first_advert_, contact_, contact_advert_;
  std::array<JobDirectory::Lot, at_once> lots_;
  std::array<Pending, at_once> pending_;
  std::vector<std::uint32_t> foreign_, migrant_;  ///< of the migrants among the seekers: which they are, and their rows of Migrants
  DrawBatch<at_once> contact_words_;

  void draw(World const& world, std::span<std::uint64_t const> ids, Words& words, std::uint32_t block) const {
    draw_blocks(world.stream, Purpose::search, ids, {words[0].data(), words[1].data(), words[2].data(), words[3].data()}, block);
  }
  void try_employers(World const& world, Market const& market);
  void choose_contacts(World const& world, Market const& market);
};

/// The words of a seeker's draws that choose the t-th employer begin here, four to a block.
constexpr std::size_t first_word_of_try(std::size_t t) { return 2 * t + 2; }

/// The first employer that has something to offer: round by round of all who have found none yet.
void Seekers::try_employers(World const& world, Market const& market) {
  std::size_t left = rows_.size();
  for (std::uint32_t i = 0; i < left; ++i) pending_[i] = {i, i};
  std::fill_n(first_try_.begin(), left, no_try);
  auto const* words = &words_;
  for (std::size_t t = 0; t < static_cast<std::size_t>(market.employers_seen.most()) && left > 0; ++t) {
    if (t == static_cast<std::size_t>(market.employers_seen.whole)) {  // the rest of the seekers have seen all that they see
      std::size_t still = 0;
      for (std::size_t j = 0; j < left; ++j)
        if (static_cast<std::size_t>(market.employers_seen.of(words_[0][pending_[j].seeker])) > t) pending_[still++] = pending_[j];
      left = still;
    }
    auto const first_word = first_word_of_try(t);
    if (first_word % 4 == 0) {
      for (std::uint32_t j = 0; j < left; ++j) {
        ids_again_[j] = ids_[pending_[j].seeker];
        pending_[j].draw = j;
      }
      draw(world, std::span(ids_again_).first(left), words_again_, static_cast<std::uint32_t>(first_word / 4));
      words = &words_again_;
    }
    auto const &places = (*words)[first_word % 4], &firms = (*words)[first_word % 4 + 1];
    for (std::size_t j = 0; j < left; ++j) {
      auto const [i, k] = pending_[j];
      lots_[i] = world.jobs.lot_of(home_[i], places[k], firms[k]);
      std::uint32_t const entry = row_or_first(lots_[i].employer);
      world.jobs.prefetch_cut(entry);
      prefetch(market.open[skill_[i]].data() + entry / 64);
    }
    std::size_t still = 0;
    for (std::size_t j = 0; j < left; ++j) {  // written always and counted when it counts
      auto const [i, k] = pending_[j];
      auto const lot = lots_[i];
      bool const found = lot.employer != no_row && market.wants(world.jobs, lot, skill_[i]);
      first_try_[i] = found ? static_cast<std::uint8_t>(t) : no_try;
      pending_[still] = {i, k};
      still += found ? 0 : 1;
    }
    left = still;
  }
}

/// Of each migrant the contact with the lowest keyed hash: the choice does not depend on rows, and one tie more seldom changes it.
void Seekers::choose_contacts(World const& world, Market const& market) {
  auto const& persons = world.persons;
  auto const& migrants = world.migrants;
  std::fill_n(contact_.begin(), rows_.size(), no_row);
  std::fill_n(contact_advert_.begin(), rows_.size(), no_row);
  foreign_.clear();
  migrant_.clear();
  contact_words_.clear();
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (is_foreign(persons.origin(rows_[i]))) {
      foreign_.push_back(static_cast<std::uint32_t>(i));
      migrant_.push_back(persons.migrant[rows_[i]]);
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
      if (auto const friend_row = migrants.person[contact_[i]]; !persons.gone(friend_row) && persons.employer[friend_row] != no_row) {
        contact_advert_[i] = market.adverts->of(persons.employer[friend_row]);
        prefetch(market.adverts->all.data() + row_or_first(contact_advert_[i]));
      }
}

void Seekers::look_up(World const& world, Market const& market, std::span<std::uint32_t const> rows) {
  std::size_t const n = rows.size();
  auto const& persons = world.persons;
  rows_ = rows;
  for (std::size_t i = 0; i < n; ++i) {
    ids_[i] = persons.id[rows[i]];
    home_[i] = world.district_of(rows[i]);
    skill_[i] = static_cast<std::uint8_t>(skill_of(persons, rows[i]));
    has_job_[i] = persons.activity[rows[i]] != Activity::unemployed ? 1 : 0;
  }
  draw(world, std::span(ids_).first(n), words_, 0);
  try_employers(world, market);
  // Who is unemployed has no employer, which is not fetched to learn that; any row will do instead.
  auto const with_employer = [&](std::size_t i) { return has_job_[i] != 0 ? rows[i] : rows[0]; };
  // Most apply to the first employer that has something: all but those who work there.
  for (std::size_t i = 0; i < n; ++i)
    if (first_try_[i] != no_try) {
      world.jobs.prefetch_employer(lots_[i]);
      prefetch(&persons.employer[with_employer(i)], &persons.has[rows[i]], &persons.birth[rows[i]], &persons.groups[rows[i]]);
    }
  choose_contacts(world, market);
  for (std::size_t i = 0; i < n; ++i) {
    auto const employer = persons.employer[with_employer(i)];
    employer_[i] = has_job_[i] != 0 ? employer : no_row;
    if (first_try_[i] == no_try) continue;
    first_advert_[i] = market.adverts->of(world.jobs.employer(lots_[i]));
    prefetch(market.adverts->all.data() + row_or_first(first_advert_[i]));
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
void look_for_work(World const& world, Setup const& setup, Market const& market, Seekers const& seekers, std::size_t seeker, std::vector<Application>& found, std::vector<std::uint64_t>& pairs,
                   std::vector<std::int64_t>& taken) {
  auto const& persons = world.persons;
  auto const& adverts = *market.adverts;
  auto const row = seekers.row(seeker);
  auto const home = seekers.home(seeker);
  auto const skill = seekers.skill(seeker);
  bool const foreign = is_foreign(persons.origin(row));
  std::optional<double> own_score;  // of those who find something to apply for
  auto const apply = [&](std::uint32_t advert, Skill job, Channel channel, double referral) {
    if (!own_score) own_score = score_of_applicant(world, setup.params, row);
    found.push_back(score(world, setup, market, row, advert, job, channel, *own_score, referral));
    pairs.push_back(pair_of(seekers.id(seeker), adverts.all[advert].employer_id));
  };
  // Applies where there is something for the seeker; says whether there was.
  auto const try_advert = [&](std::uint32_t advert, Channel channel, bool formal_only, double referral) {
    if (advert == no_row) return false;
    auto const& firm = adverts.all[advert];
    if (firm.employer == seekers.employer(seeker) || (formal_only && !firm.above_ten)) return false;
    auto const job = vacancy_for(firm.wanted, skill);
    if (job) apply(advert, *job, channel, referral);
    return job.has_value();
  };
  // One bit says whether the firm has something to offer, before anything else of it is read.
  auto const try_lot = [&](JobDirectory::Lot lot, Channel channel, bool formal_only, double referral) {
    return lot.employer != no_row && market.wants(world.jobs, lot, static_cast<std::size_t>(skill)) && try_advert(adverts.of(world.jobs.employer(lot)), channel, formal_only, referral);
  };
  int const employers_seen = market.employers_seen.of(seekers.word(0, seeker));
  auto const try_employers = [&](Draws& draws, Channel channel, bool formal_only, double referral) {
    for (int t = 0; t < employers_seen; ++t) {
      std::uint32_t const place = draws.bits(), firm = draws.bits();
      if (try_lot(world.jobs.lot_of(home, place, firm), channel, formal_only, referral)) return;
    }
  };
  // Hosts' contacts are not followed one by one: a share of their applications comes with a referral.
  bool const referred = seekers.word(0, seeker) < market.referred_host && !foreign, at_fair = seekers.word(1, seeker) < market.fair_prob[home];
  double const recommended = referred ? 1 : 0;
  if (std::size_t t = seekers.first_try(seeker); t != Seekers::no_try && !try_advert(seekers.first_advert(seeker), open_search, false, recommended))
    while (++t < static_cast<std::size_t>(employers_seen)) {
      auto const word = first_word_of_try(t);
      auto const block = draw_block(world.stream, Purpose::search, seekers.id(seeker), static_cast<std::uint32_t>(word / 4));
      if (try_lot(world.jobs.lot_of(home, block[word % 4], block[word % 4 + 1]), open_search, false, recommended)) break;
    }
  // Migrants have less to live on while they wait: they go on looking when hosts have done so for the month.
  if (foreign && persons.activity[row] == Activity::unemployed)
    for (int round = 1, rounds = market.migrant_rounds.of(seekers.word(1, seeker)); round < rounds; ++round) {
      Draws draws(world.stream, Purpose::search, persons.id[row], static_cast<std::uint64_t>(round) + 100);
      auto const before = found.size();
      try_employers(draws, open_search, false, 0);
      // Nobody applies twice to one employer.
      if (found.size() > before && std::any_of(found.end() - std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(found.size()), round + 1), found.end() - 1, [&](Application const& a) { return a.person == row && a.advert == found.back().advert; }))
        found.pop_back(), pairs.pop_back();
    }
  // Hosts ask no contact, and a contact who left or works nowhere has no advert to tell of. Nobody commutes to another zone.
  if (auto const advert = seekers.contact_advert(seeker); advert != no_row && world.districts[adverts.all[advert].district].zone == world.districts[home].zone)
    try_advert(advert, through_contact, false, world.migrants.arrival[seekers.contact(seeker)] <= market.tenured_since ? 1 : setup.params.labour_recent_contact_share);
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

/// Fills the parts of `all` with the month's applications; first[k + 1] counts those of advert k.
void search(World const& world, Setup const& setup, Market const& market, std::vector<std::int64_t>& taken, Applications& all) {
  auto const& persons = world.persons;
  auto const cuts = employed_cuts(setup.params);
  constexpr std::size_t rows_per_part = blocks_per_part * rows_per_block;
  auto& parts = all.parts;
  parts.resize(parts_of((persons.size() + rows_per_block - 1) / rows_per_block));
  all.first.assign(all.adverts.all.size() + 1, 0);
  struct Scratch {
    std::vector<std::uint32_t> rows;
    Seekers seekers;
    PairDraws luck;
  };
  tbb::enumerable_thread_specific<Scratch> scratch;
  for_each_index(parts.size(), [&](std::size_t part) {
    auto& own = scratch.local();
    auto& rows = own.rows;
    auto& seekers = own.seekers;
    auto& luck = own.luck;
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
    auto& found = parts[part];
    found.clear();
    found.reserve(rows.size() + rows.size() / 4);
    luck.pairs.clear();
    luck.pairs.reserve(found.capacity());
    for (std::size_t done = 0; done < n; done += Seekers::at_once) {
      auto const some = std::span(rows).subspan(done, std::min(Seekers::at_once, n - done));
      seekers.look_up(world, market, some);
      for (std::size_t i = 0; i < some.size(); ++i) look_for_work(world, setup, market, seekers, i, found, luck.pairs, taken);
    }
    add_luck(world, found, luck);
    for (auto& a : found) a.place = std::atomic_ref(all.first[a.advert + 1]).fetch_add(1, std::memory_order_relaxed);
  });
  std::size_t most = 1;
  for (auto const& part : parts) most = std::max(most, part.size());
  all.place_bits = static_cast<unsigned>(std::bit_width(most - 1));
  if (parts.size() > (std::size_t{1} << (32 - all.place_bits))) throw std::length_error("more applications in a month than 32 bits can count");
}

/// Bins by advert, by counting: applications stay where they are, their bids are placed. The order of bids within a bin is that of
/// the threads until their employer ranks them; those that it does not rank have no consequence.
void bin_by_advert(Applications& all) {
  std::size_t const adverts = all.first.size() - 1;
  all.asked.resize(adverts + 1);
  std::size_t n_asked = 0;
  for (std::uint32_t k = 0; k < adverts; ++k) {  // written always and counted when it counts
    all.asked[n_asked] = k;
    n_asked += all.first[k + 1] > 0 ? 1 : 0;
  }
  all.asked.resize(n_asked);
  std::partial_sum(all.first.begin(), all.first.end(), all.first.begin());
  all.bids.resize(all.first.back());
  for_each_index(all.parts.size(), [&](std::size_t part) {
    auto index = static_cast<std::uint32_t>(part << all.place_bits);
    for (auto const& a : all.parts[part]) all.bids[all.first[a.advert] + a.place] = {a.score, index++};
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
  prefetch(&persons.id[row], &persons.traits[row], &persons.talent[row], &persons.has[row], &persons.activity[row], &persons.wage_cents[row], &persons.migrant[row]);
}

/// The bids for one advert. As many are ranked at first as there are vacancies, and more when those do not fill them: three
/// quarters of a month's bids are never weighed (all of Peru). The draws of the first ones are made with those for other adverts.
struct Ranking {
  std::uint32_t advert;
  std::array<int, skill_count> left{};  ///< vacancies without an offer
  std::span<Bid> bids;
  std::size_t ranked = 0;      ///< bids that stand in their order
  std::size_t first_draw = 0;  ///< place among the draws of the first of them
};

/// The adverts of a block and what is looked up and drawn for their best bids at once.
struct Rankings {
  std::vector<Ranking> all;
  PairDraws draws;  ///< of the bids that were ranked first
  PairDraws more;   ///< of others, for the advert at hand

  void begin(World const& world, Applications& applications, std::span<std::uint32_t const> adverts);
};

void Rankings::begin(World const& world, Applications& applications, std::span<std::uint32_t const> adverts) {
  all.clear();
  auto const& employers = world.employers;
  for (auto const k : adverts) {
    auto& own = all.emplace_back(Ranking{.advert = k, .bids = std::span(applications.bids).subspan(applications.first[k], applications.first[k + 1] - applications.first[k])});
    auto const& vacancies = employers.vacancies[applications.adverts.all[k].employer];
    std::copy(vacancies.begin(), vacancies.end(), own.left.begin());
    own.ranked = rank_more(world.persons, applications, own.bids, 0, static_cast<std::size_t>(std::accumulate(own.left.begin(), own.left.end(), 0)));
  }
  auto const for_ranked = [&](auto const& f) {
    for (auto const& own : all)
      for (std::size_t k = 0; k < own.ranked; ++k) f(own.bids[k].application);
  };
  for_ranked([&](std::uint32_t i) { prefetch(&applications[i], &applications[i].utility); });
  for_ranked([&](std::uint32_t i) { prefetch_applicant(world, applications[i].person); });
  for_ranked([&](std::uint32_t i) {
    auto const m = row_or_first(world.persons.migrant[applications[i].person]);
    auto const& x = world.migrants;  // which may have no row
    prefetch(x.months_without_right.data() + m, x.permit.data() + m, x.claim.data() + m, x.arrival.data() + m);
  });
  draws.pairs.clear();
  for (auto& own : all) {
    own.first_draw = draws.pairs.size();
    for (std::size_t k = 0; k < own.ranked; ++k) draws.pairs.push_back(pair_of(world.persons.id[applications[own.bids[k].application].person], applications.adverts.all[own.advert].employer_id));
  }
  draws.draw(world, Purpose::hire);
}

/// One employer's month: offers to its applicants, best first.
void make_offers(World& world, Setup const& setup, OfferRules const& rules, Applications& all, Ranking& own, Rankings& block) {
  auto const& p = setup.params;
  auto& persons = world.persons;
  auto& employers = world.employers;
  auto const& firm = all.adverts.all[own.advert];
  auto const e = firm.employer;
  auto const size = size_class_of(employers.workers[e]);
  double const overhead = -world.rules.subsidy_share[firm.district][static_cast<std::size_t>(size)];
  double const usual = rules.on_books(employers.workers[e], overhead);
  bool const formal_kind = is_formal_firm(world, p, e, usual);
  // Of the staff a share stands on the books; of hires fewer, since those jobs last longer.
  double const kept = formal_kind ? p.labour_on_books_share_in_formal_firms : p.labour_on_books_share_in_informal_firms;
  double const on_books_prob = kept * p.labour_separation_formal_prob_per_month /
                               (kept * p.labour_separation_formal_prob_per_month + (1 - kept) * p.labour_separation_informal_prob_per_month);
  // A formal hire that falls through is offered off the books as often as firms of this size keep jobs there.
  double const fallback = 1 - usual;
  bool const heeds = heeds_quota(world, e);
  std::optional<double> rounding;  // asked for when a foreigner could be taken on
  bool const floor_moves = floor_cost(world.rules, 0) != 0;
  bool const closed_to_foreigners = rules.closed_to_foreigners[firm.sector] != 0;
  std::uint32_t on_books = employers.on_books[e], foreign = employers.foreign_on_books[e];
  std::int64_t payroll = employers.payroll_cents[e], foreign_payroll = employers.foreign_payroll_cents[e];
  auto const district = firm.district;

  auto const* draws = &block.draws;
  std::size_t first_draw = own.first_draw;
  std::size_t k = 0;
  for (; k < own.bids.size() && std::any_of(own.left.begin(), own.left.end(), [](int room) { return room > 0; }); ++k) {
    if (k == own.ranked) {
      constexpr std::size_t at_least = 8;
      own.ranked = rank_more(world.persons, all, own.bids, k, std::max(at_least, k));  // twice as many each time: all of them in few steps
      block.more.pairs.clear();
      for (std::size_t next = k; next < own.ranked; ++next) block.more.pairs.push_back(pair_of(persons.id[all[own.bids[next].application].person], firm.employer_id));
      block.more.draw(world, Purpose::hire);
      draws = &block.more;
      first_draw = 0 - k;
    }
    auto& a = all[own.bids[k].application];
    std::size_t const i = first_draw + k;
    auto const row = a.person;
    auto& room = own.left[static_cast<std::size_t>(a.skill)];
    if (room == 0) {
      world.note(row, Event::not_chosen, e);
      continue;
    }
    bool const is_migrant = is_foreign(persons.origin(row));
    double const u_books = draws->uniform(0, i), u_document = draws->uniform(1, i), u_fallback = draws->uniform(2, i), u_kind = draws->uniform(3, i);
    if (is_migrant && closed_to_foreigners && !Draws(world.stream, Purpose::hire, persons.id[row], firm.employer_id + 1).bernoulli(world.rules.open_to_foreigners[firm.sector])) {
      world.note(row, Event::not_chosen, e);
      continue;
    }
    // Months without the right to work leave a scar on the odds of a formal job.
    double books = on_books_prob;
    if (is_migrant && world.migrants.months_without_right[persons.migrant[row]] > 0) {
      books = with_odds_times(books, std::exp(-p.labour_scar_per_month * world.migrants.months_without_right[persons.migrant[row]]));
    }
    bool const counted = counts_under_quota(persons, row);
    // What registering a foreigner's contract costs, over a year of pay, acts as overhead, and so does a minimum wage that a measure
    // puts above what the work would be paid.
    double cost = 0;
    if (counted && world.rules.registration_soles > 0) cost += world.rules.registration_soles / 12 / std::max(1.0, offer_cents(world, e, row, a.skill, Activity::payroll) / 100.0);
    if (floor_moves) cost += floor_cost(world.rules, offered_soles(world, e, row, a.skill, Activity::payroll));
    if (cost != 0) {
      books = with_odds_times(books, std::exp(-p.labour_formality_overhead_response * cost / 0.1));
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
      } else if (counted && heeds && !quota_has_room(world.rules, size, employers.staff_per_agent[e], rounding ? *rounding : rounding.emplace(quota_rounding(world, e)), on_books, foreign, payroll, foreign_payroll, wage)) {
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
    a.contract = on ? Activity::payroll : u_kind < p.labour_service_contract_share && world.has_right_to_tax_number(row) ? Activity::service_contract : Activity::off_books;
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
  if (world.trace != nullptr)
    for (; k < own.bids.size(); ++k) world.note(all[own.bids[k].application].person, Event::not_chosen, e);
}

/// Whether an off-books job turns out abusive, which shows once the person works there. An inspected firm keeps to hours and pay,
/// and who knows their rights does not put up with it.
bool turns_out_abusive(World const& world, Parameters const& p, Application const& a, Advert const& firm) {
  if ((world.employers.flags[firm.employer] & Employers::inspected_bit) != 0) return false;
  double const claims = p.labour_rights_effect_per_month * world.districts[world.district_of(a.person)].rights_stock;
  return draw_block(world.stream, Purpose::exploitation, pair_of(world.persons.id[a.person], firm.employer_id))[0] < threshold_of(abusive_hire_share(world, p, a.person) * (1 - claims));
}

void hire(World& world, Parameters const& p, Application const& a, Advert const& firm) {
  auto const e = firm.employer;
  auto const district = firm.district;
  bool const foreign = is_foreign(world.persons.origin(a.person)), formal = a.contract == Activity::payroll;
  world.count(Flow::hires, district);
  if (formal) world.count(Flow::formal_hires, district);
  if (foreign) world.count(Flow::migrant_hires, district);
  if (foreign && formal) world.count(Flow::migrant_formal_hires, district);
  if (!foreign && formal) world.count(Flow::host_formal_hires, district);
  add_shared(world.employers.vacancies[e][static_cast<std::size_t>(a.skill)], static_cast<std::uint8_t>(-1));
  bool const abusive = a.contract == Activity::off_books && turns_out_abusive(world, p, a, firm);
  enter_job(world, a.person, e, a.contract, abusive ? underpaid_cents(p, a.wage_cents) : a.wage_cents);
  if (abusive) world.persons.has[a.person] |= is_exploited;
  world.note(a.person, formal ? Event::hired_formal : Event::hired_informal, e, a.wage_cents);
}

void take_best_offers(World& world, Parameters const& p, Applications const& all) {
  auto& persons = world.persons;
  // The best offer of each person; those whom the quota counts are hired last, against the staff that has really come, since
  // somebody who was counted when the offer was made may have gone elsewhere.
  auto const better = [](Application const& a, Application const& b) { return std::tie(b.utility, a.advert, a.channel) < std::tie(a.utility, b.advert, b.channel); };
  tbb::enumerable_thread_specific<std::vector<Application const*>> counted_of_thread;
  for_each_index(all.parts.size(), [&](std::size_t part) {
    auto& counted = counted_of_thread.local();
    // Hires write to firms far apart.
    auto const& firms = world.employers;
    auto const& own = all.parts[part];
    auto const& adverts = all.adverts.all;
    for (auto const& a : own)
      if (a.offered) {
        auto const e = adverts[a.advert].employer, row = a.person;
        prefetch(&firms.vacancies[e], &firms.on_books[e], &firms.off_books[e], &firms.payroll_cents[e], &firms.flags[e]);
        prefetch(&persons.id[row], &persons.employer[row], &persons.household[row], &persons.traits[row], &persons.has[row], &persons.activity[row], &persons.wage_cents[row], &persons.migrant[row], &persons.groups[row]);
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
      else hire(world, p, *best, adverts[best->advert]);
    }
  });
  std::vector<Application const*> counted;
  for (auto const& own : counted_of_thread) counted.insert(counted.end(), own.begin(), own.end());
  std::sort(counted.begin(), counted.end(), [&](auto x, auto y) { return persons.id[x->person] < persons.id[y->person]; });
  auto const& firm = world.employers;
  for (auto const* const application : counted) {
    auto const& a = *application;
    auto const e = all.adverts.all[a.advert].employer;
    if (heeds_quota(world, e) && !quota_has_room(world.rules, size_class_of(firm.workers[e]), firm.staff_per_agent[e], quota_rounding(world, e), firm.on_books[e], firm.foreign_on_books[e], firm.payroll_cents[e],
                                                 firm.foreign_payroll_cents[e], a.wage_cents)) {
      world.count(Flow::refused_quota, firm.district[e]);
      world.note(a.person, Event::refused_quota, e);
      continue;
    }
    hire(world, p, a, all.adverts.all[a.advert]);
  }
  for_blocks(firm.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t e = from; e != to; ++e) {
      int const open = firm.vacancies[e][0] + firm.vacancies[e][1] + firm.vacancies[e][2];
      if (open > 0) world.count(Flow::unfilled_vacancies, firm.district[e], open);
    }
  });
}

/// Adverts of the employers that look for somebody; and the bits of entries of the directory that stand for one.
void put_up_adverts(World const& world, Market& market, Adverts& adverts) {
  auto const& employers = world.employers;
  std::vector<std::uint8_t> wanted(employers.size());
  adverts.words.assign((wanted.size() + Adverts::employers_per_word - 1) / Adverts::employers_per_word, {});
  for_blocks(wanted.size(), [&](std::size_t from, std::size_t to) {
    static_assert(rows_per_block % Adverts::employers_per_word == 0);
    for (std::size_t e = from; e != to; ++e) {
      auto const& vacancies = employers.vacancies[e];
      unsigned const open = (vacancies[0] > 0 ? 1U : 0U) | (vacancies[1] > 0 ? 2U : 0U) | (vacancies[2] > 0 ? 4U : 0U);
      wanted[e] = static_cast<std::uint8_t>(open | employers.advertises[e]);
      adverts.words[e / Adverts::employers_per_word].bits |= std::uint64_t{wanted[e] != 0 ? 1U : 0U} << (e % Adverts::employers_per_word);
    }
  });
  std::uint32_t count = 0;
  for (auto& word : adverts.words) {
    word.before = count;
    count += static_cast<std::uint32_t>(std::popcount(word.bits));
  }
  adverts.all.resize(count);
  for (auto& bits : market.open) bits.resize(adverts.words.size());
  for_blocks(wanted.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t e = from; e < to; e += Adverts::employers_per_word) {
      std::size_t const w = e / Adverts::employers_per_word;
      std::array<Market::Open, skill_count> bits{};
      for (std::size_t k = 0; k < std::min(Adverts::employers_per_word, to - e); ++k) {
        unsigned const own = wanted[e + k], other = wanted[world.jobs.other(e + k)];
        for (std::size_t skill = 0; skill < skill_count; ++skill) {
          bits[skill].own |= std::uint64_t{(own & up_to(static_cast<Skill>(skill))) != 0 ? 1U : 0U} << k;
          bits[skill].other |= std::uint64_t{(other & up_to(static_cast<Skill>(skill))) != 0 ? 1U : 0U} << k;
        }
      }
      for (std::size_t skill = 0; skill < skill_count; ++skill) market.open[skill][w] = bits[skill];
      auto* advert = adverts.all.data() + adverts.words[w].before;
      for (auto left = adverts.words[w].bits; left != 0; left &= left - 1) {
        auto const row = e + static_cast<std::size_t>(std::countr_zero(left));
        *advert++ = {employers.id[row], static_cast<std::uint32_t>(row), employers.distaste[row], employers.district[row], employers.sector[row], wanted[row], employers.workers[row] > 10};
      }
    }
  });
  market.adverts = &adverts;
}

}  // namespace

void search_and_match(World& world, Setup const& setup) {
  auto const& p = setup.params;
  Market market;
  market.referred_host = threshold_of(p.labour_referred_share_of_hosts);
  market.tenured_since = world.stream.month.index - static_cast<int>(std::lround(p.labour_tenured_contact_months));
  market.employers_seen = Market::Count(p.labour_employers_seen_per_month);
  market.migrant_rounds = Market::Count(p.labour_migrant_search_rounds);
  auto const seekers = seekers_at_fairs(world, p);
  for (std::size_t d = 0; d < world.districts.size(); ++d) {
    market.hostility_gap.push_back(world.hostility(d) - p.attitudes_neutral_hostile_share);
    market.fair_prob.push_back(threshold_of(std::min(1.0, world.rules.fair_vacancies[d] * p.labour_fair_applications_per_vacancy / std::max(1, seekers[d]))));
  }
  market.migrant_id = world.ids_of_migrants();
  auto& all = world.applications;
  put_up_adverts(world, market, all.adverts);
  market.matching = matching_services(world);
  std::vector<std::int64_t> taken(market.matching.size(), 0);
  search(world, setup, market, taken, all);
  for (std::size_t k = 0; k < taken.size(); ++k) world.measure_units[world.rules.matching[k].measure] += 1000 * taken[k];
  bin_by_advert(all);
  OfferRules rules{OnBooksShares(p, world.rules), {}};
  for (std::size_t k = 0; k < setup.country.sectors.size(); ++k) rules.closed_to_foreigners.push_back(world.rules.open_to_foreigners[k] < 1 ? 1 : 0);
  tbb::enumerable_thread_specific<Rankings> scratch;
  // Blocks of few adverts: some thousand have applications in a month of a small run.
  constexpr std::size_t adverts_per_block = 64;
  for_each_index((all.asked.size() + adverts_per_block - 1) / adverts_per_block, [&](std::size_t block) {
    auto& rankings = scratch.local();
    rankings.begin(world, all, std::span(all.asked).subspan(block * adverts_per_block, std::min(adverts_per_block, all.asked.size() - block * adverts_per_block)));
    for (auto& own : rankings.all) make_offers(world, setup, rules, all, own, rankings);
  });
  take_best_offers(world, p, all);
  all.clear();
}

}  // namespace arraigo
