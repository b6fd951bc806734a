#include "world/world.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <mutex>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <tbb/parallel_sort.h>

#include "core/binary.hpp"
#include "core/heap.hpp"
#include "core/parallel.hpp"
#include "core/prefetch.hpp"
#include "world/jobs.hpp"

namespace arraigo {

void World::count_service(unsigned kind, Service service, std::uint16_t district, std::int64_t amount) {
  add_shared(service_flows[(kind * service_count + static_cast<std::size_t>(service)) * districts.size() + district], amount);
}

void ZoneMarket::set_pay(PayTable const& pay, bool rest) {
  for (std::size_t g = 0; g < segment_count; ++g)
    for (std::size_t s = 0; s < skill_count; ++s)
      for (std::size_t o = 0; o < 2; ++o) pay_soles[g][s][o] = pay.level[g][rest ? 1 : 0] * std::exp(offer_index[g][s][o]);
}

double World::hostility(std::size_t district) const {
  auto const& d = districts[district];
  return 1 / (1 + std::exp(-(d.hostility_logit - campaign_effect_logits * d.campaign_stock - support_effect_logits * d.support_stock - spaces_effect_logits * d.spaces_stock -
                            school_effect_logits * d.school_stock)));
}

bool World::in_groups(std::size_t row, std::uint32_t wanted) const {
  if (wanted == 0) return false;
  auto const asked = [&](PersonGroup g) { return ((wanted >> static_cast<unsigned>(g)) & 1U) != 0; };
  auto const state = households.state[persons.household[row]];
  bool const foreign = is_foreign(persons.origin(row));
  if (asked(PersonGroup::women) && persons.sex(row) == Sex::female) return true;
  if (asked(PersonGroup::single_parents) && (state & Households::single_parent_bit) != 0) return true;
  if (asked(PersonGroup::with_young_children) && (state & Households::young_child_bit) != 0) return true;
  if (asked(PersonGroup::poor) && (state & Households::poverty_bits) != 0) return true;
  if (asked(PersonGroup::migrants) && foreign) return true;
  if (asked(PersonGroup::hosts) && !foreign) return true;
  if (asked(PersonGroup::aged_65) && persons.age_months(row, stream.month.index) >= 65 * 12) return true;
  if (asked(PersonGroup::newcomers) && foreign && stream.month.index - migrants.arrival[persons.migrant[row]] < groups.newcomer_months) return true;
  if (asked(PersonGroup::disability) && has_disability(row)) return true;
  if (asked(PersonGroup::lgbtiq) && is_lgbtiq(row)) return true;
  if (asked(PersonGroup::indigenous) && is_indigenous(row)) return true;
  return asked(PersonGroup::trafficked) && is_trafficked(row);
}

std::uint8_t World::draw_groups(std::size_t row) const {
  double const disability = group_draw(row, PersonGroup::disability);
  unsigned code = (disability < groups.disability * 3 ? 1U : 0U) + (disability < groups.disability ? 1U : 0U) + (disability < groups.disability * (1.0 / 3) ? 1U : 0U);
  if (group_draw(row, PersonGroup::lgbtiq) < groups.lgbtiq) code |= Persons::lgbtiq_bit;
  bool const foreign = is_foreign(persons.origin(row));
  if (foreign ? group_draw(row, PersonGroup::trafficked) < groups.trafficked : group_draw(row, PersonGroup::indigenous) < groups.indigenous) code |= Persons::of_origin_bit;
  if (mix(persons.id[row], 0x7472616e00ULL + static_cast<std::uint64_t>(Transfer::scholarship)) >> 32 < threshold_of(groups.scholarship)) code |= Persons::scholar_bit;
  static_assert(sector_limit * Persons::sector_unit <= 256);
  return static_cast<std::uint8_t>(code + Persons::sector_unit * (persons.id[row] % groups.sectors));
}

std::vector<std::uint64_t> const& World::ids_of_migrants() {
  std::size_t const known = migrant_ids_.size();
  migrant_ids_.resize(migrants.size());
  for_blocks(migrants.size() - known, [&](std::size_t from, std::size_t to) {
    for (std::size_t m = known + from; m != known + to; ++m) migrant_ids_[m] = persons.id[migrants.person[m]];
  });
  return migrant_ids_;
}

bool World::has_right_to_contract(std::size_t row) const { return entitled(row, Entitlement::payroll_contract) > 0; }

bool World::has_right_to_tax_number(std::size_t row) const {
  double const share = entitled(row, Entitlement::ruc);
  return share >= 1 || (share > 0 && uniform_of(draw_block(for_life(stream), Purpose::tax_number, persons.id[row])[0]) < share);
}

void World::record_event(Event what, std::int64_t a, std::int64_t b) {
  // Markets run side by side, and several may make an offer to the same person: one after the other, and in one order at any
  // number of threads.
  static std::mutex one_at_a_time;
  std::lock_guard const lock(one_at_a_time);
  auto& events = trace->events;
  events.push_back({stream.month, what, a, b});
  for (auto at = events.end() - 1; at != events.begin(); --at) {
    auto& before = *(at - 1);
    if (before.month != at->month || before.what != what || std::pair(before.a, before.b) <= std::pair(at->a, at->b)) break;
    std::swap(before, *at);
  }
}

std::uint64_t World::state_hash() const {
  std::atomic<std::uint64_t> sum{0};
  auto const word = [](auto value) { return static_cast<std::uint64_t>(value); };
  for_blocks(persons.size(), [&](std::size_t first, std::size_t last) {
    std::uint64_t part = 0;
    for (std::size_t row = first; row != last; ++row) {
      if (persons.gone(row)) continue;
      auto const e = persons.employer[row];
      std::uint64_t h = mix(persons.id[row], households.id[persons.household[row]], e == no_row ? 0 : employers.id[e]);
      h = mix(h, word(persons.wage_cents[row]), word(static_cast<std::uint16_t>(persons.birth[row])) << 32 | word(persons.has[row]) << 16 | persons.queued[row]);
      part += mix(h, word(persons.traits[row]) << 16 | word(persons.activity[row]) << 8 | persons.births[row]);
    }
    sum += part;
  });
  for_blocks(migrants.size(), [&](std::size_t first, std::size_t last) {
    std::uint64_t part = 0;
    for (std::size_t m = first; m != last; ++m) {
      if (persons.gone(migrants.person[m])) continue;
      std::uint64_t h = mix(persons.id[migrants.person[m]], 1);
      for (std::int64_t value : {std::int64_t{migrants.arrival[m]}, std::int64_t{migrants.expiry[m]}, std::int64_t{migrants.permit_since[m]},
                                 std::int64_t{migrants.case_since[m]}, std::int64_t{migrants.case_filed[m]}, std::int64_t{migrants.felt[m]},
                                 std::int64_t{migrants.case_point[m]}, std::int64_t{migrants.known[m]}, std::int64_t{migrants.months_without_right[m]}, std::int64_t{migrants.moved[m]},
                                 static_cast<std::int64_t>(migrants.permit[m]), static_cast<std::int64_t>(migrants.claim[m]),
                                 static_cast<std::int64_t>(migrants.stage[m]), std::int64_t{migrants.case_programme[m]}, std::int64_t{migrants.trust[m]}})
        h = mix(h, static_cast<std::uint64_t>(value));
      std::uint64_t contacts = 0;
      ties.for_contacts(static_cast<std::uint32_t>(m), [&](std::uint32_t other) {
        if (!persons.gone(migrants.person[other])) contacts += mix(persons.id[migrants.person[other]]);
      });
      part += mix(h, contacts);
    }
    sum += part;
  });
  for (std::size_t h = 0; h < households.size(); ++h)
    if (households.members[h] > 0)
      sum += mix(households.id[h], word(districts[households.district[h]].table_row) << 32 | word(households.members[h]) << 8 | households.state[h],
                 households.income_cents[h]);
  for (std::size_t e = 0; e < employers.size(); ++e) {
    std::uint64_t h = mix(employers.id[e], word(employers.payroll_cents[e]), word(employers.foreign_payroll_cents[e]));
    h = mix(h, word(employers.on_books[e]) << 32 | word(employers.off_books[e]) << 16 | employers.foreign_on_books[e], employers.target[e]);
    for (auto k : employers.knowledge[e]) h = mix(h, k);
    for (auto v : employers.vacancies[e]) h = mix(h, v);
    h = mix(h, word(employers.formal_draw[e]) << 32 | word(employers.heed_draw[e]) << 16 | employers.flags[e], std::bit_cast<std::uint32_t>(employers.distaste[e]));
    sum += h;
  }
  for (auto const& request : requests)
    if (!persons.gone(request.person))
      sum += mix(persons.id[request.person], word(request.point) << 16 | static_cast<std::uint16_t>(request.since), 3);
  for (auto const& place : placements)
    if (!persons.gone(place.person))
      sum += mix(persons.id[place.person], word(place.point) << 16 | static_cast<std::uint16_t>(place.since), 5);
  for (std::size_t p = 0; p < points.size(); ++p)
    sum += mix(p, std::bit_cast<std::uint64_t>(points[p].carry), word(points[p].in_use) << 32 | word(points[p].queue));
  for (std::size_t d = 0; d < districts.size(); ++d)
    sum += mix(districts[d].table_row, std::bit_cast<std::uint64_t>(districts[d].hostility_logit), mix(std::bit_cast<std::uint64_t>(districts[d].campaign_stock), std::bit_cast<std::uint64_t>(districts[d].support_stock)));
  for (auto const& d : districts) {
    std::uint64_t h = d.table_row;
    for (double stock : {d.spaces_stock, d.school_stock, d.media_stock, d.rights_stock, d.officials_turnover_stock}) h = mix(h, std::bit_cast<std::uint64_t>(stock));
    for (float known : d.officials_knowledge) h = mix(h, std::bit_cast<std::uint32_t>(known));
    sum += h;
  }
  for (std::size_t z = 0; z < zones.size(); ++z)
    for (auto const& segment : zones[z].offer_index)
      for (auto const& skill : segment)
        for (double index : skill) sum += mix(z, std::bit_cast<std::uint64_t>(index));
  for (double carry : programme_carry) sum += mix(7, std::bit_cast<std::uint64_t>(carry));
  sum += mix(11, word(static_cast<std::uint16_t>(stream.month.index)));
  return sum;
}

StrayIndex::StrayIndex(World const& world) : has_(world.households.size() / 64 + 1, 0), before_(has_.size(), 0) {
  // By household and, within it, in the order in which they came to be: sorted as whole numbers, on all threads.
  std::vector<std::uint64_t> keys(world.strays.size());
  for_blocks(keys.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i != to; ++i) keys[i] = world.persons.gone(world.strays[i]) ? ~0ULL : std::uint64_t{world.persons.household[world.strays[i]]} << 32 | i;
  });
  std::erase(keys, ~0ULL);
  tbb::this_task_arena::isolate([&] { tbb::parallel_sort(keys.begin(), keys.end()); });
  persons_.resize(keys.size());
  for_blocks(keys.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i != to; ++i) persons_[i] = world.strays[keys[i] & 0xffffffffU];
  });
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    auto const household = keys[i] >> 32;
    if (any(household)) continue;
    has_[household / 64] |= 1ULL << (household % 64);
    first_.push_back(i);
  }
  first_.push_back(static_cast<std::uint32_t>(keys.size()));
  std::uint32_t before = 0;
  for (std::size_t word = 0; word < has_.size(); ++word) {
    before_[word] = before;
    before += static_cast<std::uint32_t>(std::popcount(has_[word]));
  }
}

namespace {

template <class Self, class Visitor>
void visit_tables(Self& world, Visitor&& v) {
  world.persons.for_columns(v);
  world.migrants.for_columns(v);
  world.households.for_columns(v);
  world.employers.for_columns(v);
  v(world.strays);
  v(world.districts);
  v(world.requests);
  v(world.placements);
  v(world.zones);
  v(world.stream);
  v(world.programme_carry);
  v(world.flows);
  v(world.service_flows);
  v(world.accounts);
  v(world.cases_filed);
  v(world.permits_given);
  v(world.paid);
}

}  // namespace

void World::save(std::ostream& out) const {
  Writer write(out);
  visit_tables(*this, write);
  write(static_cast<std::uint64_t>(points.size()));
  for (auto const& p : points) {
    write(p.carry);
    write(p.in_use);
    write(p.queue);
    write(p.served);
  }
  std::vector<std::uint32_t> flat;
  for (std::uint32_t m = 0; m < migrants.size(); ++m) {
    flat.push_back(ties.contact_count(m));
    ties.for_contacts(m, [&](std::uint32_t other) { flat.push_back(other); });
  }
  write(static_cast<std::uint32_t>(ties.settled()));
  write(flat);
}

void World::load(std::istream& in) {
  forget_rows();
  Reader read(in);
  visit_tables(*this, read);
  std::uint64_t point_count = 0;
  read(point_count);
  if (point_count != points.size()) throw unusable_state(Message::st_points);
  for (auto& p : points) {
    read(p.carry);
    read(p.in_use);
    read(p.queue);
    read(p.served);
  }
  std::uint32_t settled = 0;
  std::vector<std::uint32_t> flat;
  read(settled);
  read(flat);
  std::vector<Ties::Edge> edges;
  std::vector<std::vector<std::uint32_t>> late;
  std::size_t at = 0;
  for (std::uint32_t m = 0; m < migrants.size() && at < flat.size(); ++m) {
    auto const n = flat[at++];
    if (n > flat.size() - at) throw unusable_state(Message::st_ties);
    if (m >= settled) late.emplace_back(flat.begin() + static_cast<std::ptrdiff_t>(at), flat.begin() + static_cast<std::ptrdiff_t>(at + n));
    else
      for (std::uint32_t i = 0; i < n; ++i) edges.emplace_back(m, flat[at + i]);
    at += n;
  }
  ties.rebuild(edges, settled);
  for (std::size_t i = 0; i < late.size(); ++i) ties.append(settled + static_cast<std::uint32_t>(i), late[i]);
}

namespace {

/// Where each block of rows starts in what the rows are put into, if each block puts as much as sum_of(from, to) says; and where
/// the last one ends.
template <class SumOf>
std::vector<std::uint32_t> starts_of_blocks(std::size_t rows, SumOf const& sum_of) {
  std::vector<std::uint32_t> starts((rows + rows_per_block - 1) / rows_per_block + 1, 0);
  for_blocks(rows, [&](std::size_t from, std::size_t to) { starts[from / rows_per_block + 1] = sum_of(from, to); });
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  return starts;
}

/// The places in an order at which it does not go on with a row close after the one before, by block. What stands there is asked
/// for before a block is moved: who is new to a household stands at the table's end. The persons' columns were moved in 0.62 of the
/// time (all of Peru at one agent per person, two threads).
class Jumps {
 public:
  explicit Jumps(std::span<std::uint32_t const> order) {
    auto const for_jumps = [&](std::size_t from, std::size_t to, auto const& f) {
      for (std::size_t i = std::max<std::size_t>(from, 1); i < to; ++i) f(order[i], order[i] - order[i - 1] > near_rows);
    };
    starts_ = starts_of_blocks(order.size(), [&](std::size_t from, std::size_t to) {
      std::uint32_t n = 0;
      for_jumps(from, to, [&](std::uint32_t, bool jumps) { n += jumps ? 1 : 0; });
      return n;
    });
    rows_.resize(starts_.back() + std::size_t{1});
    for_blocks(order.size(), [&](std::size_t from, std::size_t to) {
      auto place = starts_[from / rows_per_block];
      auto const end = starts_[from / rows_per_block + 1];
      for_jumps(from, to, [&](std::uint32_t row, bool jumps) {
        if (jumps && place < end) rows_[place++] = row;
      });
    });
  }
  /// Rows that are jumped to in the block that begins with `from`.
  [[nodiscard]] std::span<std::uint32_t const> of_block(std::size_t from) const {
    auto const block = from / rows_per_block;
    return std::span(rows_).subspan(starts_[block], starts_[block + 1] - starts_[block]);
  }

 private:
  static constexpr std::uint32_t near_rows = 16;  ///< after which memory has been asked for by itself; those before count as far
  std::vector<std::uint32_t> starts_, rows_;
};

/// column[i] becomes column[order[i]], by way of `spare`, one place of four bytes a row for all columns: wider ones go through
/// it part by part. So putting in order needs neither new pages for each column nor room for the widest. `spare` has a place for
/// each row of the order at least.
template <class T>
void reorder(Column<T>& column, std::span<std::uint32_t const> order, Jumps const& jumps, Column<std::uint32_t>& spare) {
  static_assert(std::is_trivially_copyable_v<T>);
  constexpr std::size_t part = std::min<std::size_t>(sizeof(T), sizeof(std::uint32_t));
  static_assert(sizeof(T) % part == 0);
  for (std::size_t k = 0; k < sizeof(T); k += part) {
    // Pointers of the loops' own: what is written as bytes could be anything, so that others would be read anew for each row.
    for_blocks(order.size(), [&](std::size_t from, std::size_t to) {
      auto* const moved = reinterpret_cast<char*>(spare.data());
      auto const* const bytes = reinterpret_cast<char const*>(column.data()) + k;
      auto const* const old_row = order.data();
      for (auto const row : jumps.of_block(from)) prefetch(bytes + row * sizeof(T));
      for (std::size_t i = from; i != to; ++i) std::memcpy(moved + i * part, bytes + old_row[i] * sizeof(T), part);
    });
    for_blocks(order.size(), [&](std::size_t from, std::size_t to) {
      auto const* const moved = reinterpret_cast<char const*>(spare.data());
      auto* const bytes = reinterpret_cast<char*>(column.data()) + k;
      for (std::size_t i = from; i != to; ++i) std::memcpy(bytes + i * sizeof(T), moved + i * part, part);
    });
  }
  column.resize(order.size());
}

template <class Table>
void reorder_table(Table& table, std::span<std::uint32_t const> order, Column<std::uint32_t>& spare) {
  Jumps const jumps(order);
  table.for_columns([&](auto& column) { reorder(column, order, jumps, spare); });
}

/// The same of all of the persons' columns but their households, of which `spare` has been made: a column of its kind changes
/// places with it.
void reorder_persons(Persons& persons, std::span<std::uint32_t const> order, Column<std::uint32_t>& spare) {
  Jumps const jumps(order);
  persons.for_columns([&](auto& column) {
    if (static_cast<void const*>(&column) == &persons.household) return;
    if constexpr (std::is_same_v<decltype(column), Column<std::uint32_t>&>) {
      for_blocks(order.size(), [&](std::size_t from, std::size_t to) {
        for (auto const row : jumps.of_block(from)) prefetch(&column[row]);
        for (std::size_t i = from; i != to; ++i) spare[i] = column[order[i]];
      });
      column.swap(spare);
      column.resize(order.size());
    } else {
      reorder(column, order, jumps, spare);
    }
  });
}

/// to_new[order[i]] becomes i; of the `old_size` rows those that the order leaves out, no_row.
void inverse_of(std::span<std::uint32_t const> order, std::size_t old_size, Column<std::uint32_t>& to_new) {
  for_blocks(old_size, [&](std::size_t from, std::size_t to) { std::fill_n(to_new.begin() + static_cast<std::ptrdiff_t>(from), to - from, no_row); });
  for_blocks(order.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i != to; ++i) to_new[order[i]] = static_cast<std::uint32_t>(i);
  });
}

/// Sorts rows most of which are in order already: all but their longest run that is are sorted by themselves, then merged into it.
template <class Before>
void sort_around_longest_run(std::span<std::uint32_t> rows, Before const& before) {
  auto longest = rows.subspan(0, 0);
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t end = first + 1;
    while (end < rows.size() && before(rows[end - 1], rows[end])) ++end;
    if (end - first > longest.size()) longest = rows.subspan(first, end - first);
    first = end;
  }
  if (longest.size() == rows.size()) return;
  std::vector<std::uint32_t> run(longest.begin(), longest.end()), others(rows.data(), longest.data());
  others.insert(others.end(), longest.data() + longest.size(), rows.data() + rows.size());
  std::sort(others.begin(), others.end(), before);
  std::merge(run.begin(), run.end(), others.begin(), others.end(), rows.begin(), before);
}

/// Households that have members, by district and, inside it, by identity.
Column<std::uint32_t> order_of_households(World const& world) {
  auto const& households = world.households;
  std::size_t const n = world.districts.size(), rows = households.size();
  // Parts of the rows side by side: each counts its households by district, from which follows where it puts them.
  constexpr std::size_t parts = 64;
  std::vector<std::uint32_t> next(n * parts, 0);  // [district][part]
  auto const for_households = [&](auto const& f) {
    for_each_index(parts, [&](std::size_t part) {
      for (std::size_t h = rows * part / parts, to = rows * (part + 1) / parts; h != to; ++h)
        if (households.members[h] > 0) f(next[households.district[h] * parts + part], static_cast<std::uint32_t>(h));
    });
  };
  for_households([](std::uint32_t& count, std::uint32_t) { ++count; });
  std::exclusive_scan(next.begin(), next.end(), next.begin(), 0U);
  std::vector<std::uint32_t> first(n + 1);
  for (std::size_t d = 0; d < n; ++d) first[d] = next[d * parts];
  first[n] = static_cast<std::uint32_t>(rows - static_cast<std::size_t>(std::count(households.members.begin(), households.members.end(), std::uint8_t{0})));
  Column<std::uint32_t> order(first[n]);
  for_households([&](std::uint32_t& place, std::uint32_t h) { order[place++] = h; });
  for_each_index(n, [&](std::size_t d) {
    sort_around_longest_run(std::span(order).subspan(first[d], first[d + 1] - first[d]), [&](auto a, auto b) { return households.id[a] < households.id[b]; });
  });
  return order;
}

/// Rows in an order. Not written before they are put in order, each block by the thread that does so: zeros of one thread would take
/// as long as the putting.
class Order {
 public:
  explicit Order(std::size_t n) : rows_(std::make_unique_for_overwrite<std::uint32_t[]>(n)), size_(n) {}
  [[nodiscard]] std::span<std::uint32_t> rows() { return {rows_.get(), size_}; }

 private:
  std::unique_ptr<std::uint32_t[]> rows_;
  std::size_t size_;
};

/// Persons who live here, by their households' rows in `households_order`, of which first[h] is set to the first one's place;
/// inside a household by birth and identity.
Order order_of_persons(World const& world, std::span<std::uint32_t const> households_order, std::span<std::uint32_t> first) {
  auto const& households = world.households;
  auto const& persons = world.persons;
  std::size_t const n = households_order.size();
  auto const starts = starts_of_blocks(n, [&](std::size_t from, std::size_t to) {
    std::uint32_t sum = 0;
    for (std::size_t h = from; h != to; ++h) sum += households.members[households_order[h]];
    return sum;
  });
  Order all(starts.back());
  auto const order = all.rows();
  StrayIndex const strays(world);
  auto const before = [&](auto a, auto b) { return persons.birth[a] != persons.birth[b] ? persons.birth[a] < persons.birth[b] : persons.id[a] < persons.id[b]; };
  for_blocks(n, [&](std::size_t from, std::size_t to) {
    auto place = order.begin() + starts[from / rows_per_block];
    for (std::size_t h = from; h != to; ++h) {
      auto const old = households_order[h];
      auto const begin = place;
      first[h] = static_cast<std::uint32_t>(begin - order.begin());
      // The range was in order in January: births follow on each other, and only who is of the same month may have to change.
      bool in_order = true;
      int last = -1'000'000;
      // Of most households everybody still stands in the range and nobody besides: no person need be looked at for that.
      bool const alone = !strays.any(old), whole = alone && households.members[old] == households.count[old];
      for (auto row = households.first[old], end = row + households.count[old]; row < end; ++row) {
        if (whole || (persons.household[row] == old && !persons.gone(row))) *place++ = row;
        in_order &= persons.birth[row] > last;
        last = persons.birth[row];
      }
      if (!alone) {
        in_order = false;
        strays.for_each(old, [&](std::uint32_t row) { *place++ = row; });
      }
      if (!in_order) std::sort(begin, place, before);
    }
  });
  return all;
}

/// The persons' rows that are migrants', in ascending order.
std::vector<std::uint32_t> rows_of_migrants(Persons const& persons) {
  auto const& migrant = persons.migrant;
  auto const starts = starts_of_blocks(migrant.size(), [&](std::size_t from, std::size_t to) {
    std::uint32_t n = 0;
    for (std::size_t row = from; row != to; ++row) n += migrant[row] != no_row ? 1 : 0;
    return n;
  });
  std::vector<std::uint32_t> rows(starts.back());
  for_blocks(migrant.size(), [&](std::size_t from, std::size_t to) {
    auto place = starts[from / rows_per_block];
    for (std::size_t row = from; row != to; ++row)
      if (migrant[row] != no_row) rows[place++] = static_cast<std::uint32_t>(row);
  });
  return rows;
}

}  // namespace

void forget_newborn(World& world, std::uint32_t child) {
  auto& persons = world.persons;
  auto const h = persons.household[child];
  auto const first = world.households.first[h], last = first + std::max<std::uint32_t>(1, world.households.count[h]);  // who has just left home stands at `first`
  if (persons.age_months(child, world.stream.month.index) >= 12 || (child >= first && child < last)) return;
  for (auto row = first; row != last; ++row)
    if (persons.household[row] == h && (persons.has[row] & has_newborn_stray) != 0) {
      persons.has[row] &= static_cast<std::uint16_t>(~has_newborn_stray);
      return;
    }
}

void restore_order(World& world) {
  auto& persons = world.persons;
  auto& migrants = world.migrants;
  auto& households = world.households;
  std::size_t const persons_before = persons.size(), migrants_before = migrants.size();
  world.forget_rows();
  // The most memory of a run is needed here: what the months have left in the heap goes back to the system first.
  world.applications = {};
  world.lots.clear();
  give_free_heap_back();
  auto households_order = order_of_households(world);
  auto first = std::make_unique_for_overwrite<std::uint32_t[]>(households_order.size());
  Order persons_order = order_of_persons(world, households_order, {first.get(), households_order.size()});
  auto order = persons_order.rows();
  // From here on the households' new ranges say who lives where, so that the persons' own column is the room for moving all
  // the others.
  auto spare = std::move(persons.household);
  // Those who wait or have a place go first.
  inverse_of(order, persons_before, spare);
  for (auto* list : {&world.requests, &world.placements}) {
    std::erase_if(*list, [&](Request const& r) { return spare[r.person] == no_row; });
    for (auto& request : *list) request.person = spare[request.person];
  }
  world.strays.clear();
  reorder_table(households, households_order, spare);
  households_order = {};
  std::copy_n(first.get(), households.size(), households.first.begin());
  std::copy(households.members.begin(), households.members.end(), households.count.begin());
  first.reset();
  reorder_persons(persons, order, spare);
  // Migrants follow their persons.
  auto const foreign = rows_of_migrants(persons);
  order = order.first(foreign.size());  // of the same room
  for_blocks(foreign.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t m = from; m != to; ++m) order[m] = std::exchange(persons.migrant[foreign[m]], static_cast<std::uint32_t>(m));
  });
  reorder_table(migrants, order, spare);
  inverse_of(order, migrants_before, spare);
  world.ties.move_rows(order, spare);
  std::copy(foreign.begin(), foreign.end(), migrants.person.begin());
  spare.resize(persons.size());
  persons.household = std::move(spare);
  for_blocks(households.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t h = from; h != to; ++h)
      std::fill_n(persons.household.begin() + households.first[h], households.count[h], static_cast<std::uint32_t>(h));
  });
}

std::vector<std::string> broken_invariants(World const& world) {
  std::vector<std::string> broken;
  auto const& persons = world.persons;
  auto const& employers = world.employers;
  auto const month = world.stream.month;
  auto const say = [&](std::string sentence) {
    if (broken.size() < 20) broken.push_back(month.text() + ": " + std::move(sentence));
  };

  std::vector<std::int64_t> on(employers.size()), off(employers.size()), foreign(employers.size()), pay(employers.size()), foreign_pay(employers.size());
  std::vector<std::uint32_t> members(world.households.size());
  std::vector<std::int32_t> in_use(world.points.size(), 0), waiting(world.points.size(), 0);
  for (std::uint32_t row = 0; row < persons.size(); ++row) {
    if (persons.gone(row)) continue;
    ++members[persons.household[row]];
    auto const activity = persons.activity[row];
    auto const e = persons.employer[row];
    if (is_employee(activity) != (e != no_row)) say(fmt::format("person {:016x} is {} an employee but has {} employer", persons.id[row], is_employee(activity) ? "" : "not", e == no_row ? "no" : "an"));
    bool const child = persons.age_months(row, month.index) < 14 * 12;
    if (child && activity != Activity::child) say(fmt::format("person {:016x} is under 14 and has activity {}", persons.id[row], static_cast<int>(activity)));
    if ((is_foreign(persons.origin(row))) != (persons.migrant[row] != no_row)) say(fmt::format("person {:016x}: origin and migrant row disagree", persons.id[row]));
    if (persons.migrant[row] != no_row && world.migrants.person[persons.migrant[row]] != row) say(fmt::format("person {:016x}: the migrant row points elsewhere", persons.id[row]));
    if (persons.age_months(row, month.index) > 17 * 12 && (persons.has[row] & has_school_place) != 0 && !persons.inert(row)) say(fmt::format("person {:016x} has a school place and is past school age", persons.id[row]));
    if (e == no_row) continue;
    if (world.districts[employers.district[e]].zone != world.districts[world.district_of(row)].zone) say(fmt::format("person {:016x} works in another zone", persons.id[row]));
    if (activity == Activity::payroll) {
      if ((persons.has[row] & has_public_insurance) != 0) say(fmt::format("person {:016x} is insured twice: by a payroll contract and as one of those without", persons.id[row]));
      ++on[e];
      pay[e] += persons.wage_cents[row];
      if (counts_under_quota(persons, row)) {
        ++foreign[e];
        foreign_pay[e] += persons.wage_cents[row];
      }
      if (!world.has_right_to_contract(row)) say(fmt::format("person {:016x} has a payroll contract without the right to one", persons.id[row]));
    } else {
      ++off[e];
    }
  }
  for (std::size_t e = 0; e < employers.size(); ++e)
    if (on[e] != employers.on_books[e] || off[e] != employers.off_books[e] || foreign[e] != employers.foreign_on_books[e] || pay[e] != employers.payroll_cents[e] ||
        foreign_pay[e] != employers.foreign_payroll_cents[e])
      say(fmt::format("employer {:016x}: staff or payroll differ from the sums over its employees", employers.id[e]));
  for (std::size_t h = 0; h < world.households.size(); ++h)
    if (members[h] != world.households.members[h]) say(fmt::format("household {:016x} counts {} members and has {}", world.households.id[h], world.households.members[h], members[h]));
  for (auto const& request : world.requests) ++waiting[request.point];
  for (auto const& place : world.placements) ++in_use[place.point];
  for (std::size_t m = 0; m < world.migrants.size(); ++m)
    if (world.migrants.stage[m] == CaseStage::appointment && !persons.gone(world.migrants.person[m])) ++waiting[world.migrants.case_point[m]];
  for (std::size_t p = 0; p < world.points.size(); ++p) {
    auto const& point = world.points[p];
    if (waiting[p] != point.queue) say(fmt::format("point {} counts a queue of {} and has {}", p, point.queue, waiting[p]));
    if (point.queue < 0 || point.in_use < 0 || point.served < 0) say(fmt::format("point {} has a negative stock", p));
    if (point.in_use != in_use[p]) say(fmt::format("point {} counts {} places in use and has {}", p, point.in_use, in_use[p]));
    if (point.places && point.in_use > static_cast<std::int32_t>(point.capacity + 1)) say(fmt::format("point {} has {} places in use and offers {}", p, point.in_use, point.capacity));
  }
  for (std::size_t m = 0; m < world.migrants.size(); ++m) {
    if (persons.gone(world.migrants.person[m])) continue;
    if (world.migrants.permit[m] == Permit::national) say(fmt::format("migrant {:016x} has no foreign status", persons.id[world.migrants.person[m]]));
    if ((world.migrants.stage[m] == CaseStage::none) != (world.migrants.case_programme[m] == 0xff)) say(fmt::format("migrant {:016x}: stage and programme of the case disagree", persons.id[world.migrants.person[m]]));
  }
  for (std::size_t k = 0; k < world.decided.size() && k < world.rules.programmes.size(); ++k)
    if (world.decided[k] > world.rules.programmes[k].capacity_agents + 1)
      say(fmt::format("programme {} decided {} cases with a capacity of {}", world.rules.programmes[k].name, world.decided[k], world.rules.programmes[k].capacity_agents));
  for (auto const& d : world.districts)
    if (!(std::abs(d.hostility_logit) < 50)) say(fmt::format("district {}: hostility is not a number", d.table_row));
  return broken;
}

}  // namespace arraigo
