#include "world/migrant_rings.hpp"

#include <bit>
#include <numeric>

#include "core/parallel.hpp"
#include "core/prefetch.hpp"
#include "world/world.hpp"

namespace arraigo {

namespace {

bool lives_here(World const& world, std::uint32_t migrant) {
  auto const person = world.migrants.person[migrant];
  return !world.persons.gone(person) && !world.persons.inert(person);
}

}  // namespace

void MigrantRings::build(World const& world) {
  auto const& migrants = world.migrants;
  auto const& persons = world.persons;
  std::size_t const districts = world.districts.size();
  bits_.assign(districts, 0);
  first_bucket_.assign(districts + 1, 0);
  struct Present {
    std::uint64_t id;
    std::uint32_t migrant;
    std::uint16_t district;
  };
  std::vector<Present> present(migrants.size());
  for_blocks(migrants.size(), [&](std::size_t from, std::size_t to) {
    for (std::size_t m = from; m != to; ++m) prefetch(&persons.id[migrants.person[m]], &persons.traits[migrants.person[m]], &persons.household[migrants.person[m]]);
    for (auto m = static_cast<std::uint32_t>(from); m != to; ++m) {
      auto const person = migrants.person[m];
      present[m] = {persons.id[person], lives_here(world, m) ? m : no_row, world.district_of(person)};
    }
  });
  std::erase_if(present, [](Present const& p) { return p.migrant == no_row; });
  std::vector<std::uint32_t> people(districts, 0);
  for (auto const& p : present) ++people[p.district];
  // About eight to a bucket: found by looking, with no need to sort.
  for (std::size_t d = 0; d < districts; ++d) {
    bits_[d] = static_cast<unsigned>(std::bit_width(people[d] / 8U));
    first_bucket_[d + 1] = first_bucket_[d] + (std::size_t{1} << bits_[d]);
  }
  bucket_first_.assign(first_bucket_.back() + 1, 0);
  for (auto const& p : present) ++bucket_first_[bucket_of(p.district, p.id) + 1];
  std::partial_sum(bucket_first_.begin(), bucket_first_.end(), bucket_first_.begin());
  members_.resize(present.size());
  std::vector<std::uint32_t> place(bucket_first_.begin(), bucket_first_.end() - 1);
  for (auto const& p : present) members_[place[bucket_of(p.district, p.id)]++] = {p.id, p.migrant};
  later_.clear();
  later_first_.assign(first_bucket_.back(), none);
}

void MigrantRings::add(World const& world, std::uint32_t migrant) {
  if (!lives_here(world, migrant)) return;
  auto const person = world.migrants.person[migrant];
  auto const id = world.persons.id[person];
  auto& first = later_first_[bucket_of(world.district_of(person), id)];
  for (auto i = first; i != none; i = later_[i].next)
    if (later_[i].member.migrant == migrant) return;
  later_.push_back({{id, migrant}, first});
  first = static_cast<std::uint32_t>(later_.size() - 1);
}

void MigrantRings::follow(World const& world) {
  auto const& moved = world.migrants.moved;
  int const month = world.stream.month.index;
  all_live_here_ = first_bucket_.empty();
  if (all_live_here_) {
    build(world);
  } else {
    std::vector<std::vector<std::uint32_t>> movers((known_ + rows_per_block - 1) / rows_per_block);
    for_blocks(known_, [&](std::size_t from, std::size_t to) {
      for (auto m = static_cast<std::uint32_t>(from); m != to; ++m)
        if (moved[m] >= month_) movers[from / rows_per_block].push_back(m);
    });
    for (auto const& block : movers)
      for (auto const m : block) add(world, m);
    for (auto m = static_cast<std::uint32_t>(known_); m < world.migrants.size(); ++m) add(world, m);
    // Buckets are as many as migrants were.
    all_live_here_ = later_.size() > members_.size() / 2 + 64;
    if (all_live_here_) build(world);
  }
  known_ = world.migrants.size();
  month_ = month;
}

MigrantRings::Member const* MigrantRings::next_listed(std::size_t district, std::uint64_t at) const {
  std::size_t const buckets = std::size_t{1} << bits_[district];
  std::size_t const start = bucket_of(district, at) - first_bucket_[district];
  Member const* best = nullptr;
  for (std::size_t step = 0; step <= buckets && best == nullptr; ++step) {
    std::size_t const b = first_bucket_[district] + (start + step) % buckets;
    // In the first bucket only those from `at` on; when the ring comes round to it again, all.
    auto const look_at = [&](Member const& member) {
      if ((step != 0 || member.id >= at) && (best == nullptr || member.id < best->id)) best = &member;
    };
    for (auto i = bucket_first_[b]; i < bucket_first_[b + 1]; ++i) look_at(members_[i]);
    for (auto i = later_first_[b]; i != none; i = later_[i].next) look_at(later_[i].member);
  }
  return best;
}

MigrantRings::Member const* MigrantRings::next(World const& world, std::size_t district, std::uint64_t at) const {
  Member const* const first = next_listed(district, at);
  if (all_live_here_ || first == nullptr) return first;
  // Who is listed twice, having come back, is the same migrant.
  for (auto const* member = first;;) {
    if (lives_here(world, member->migrant) && world.district_of(world.migrants.person[member->migrant]) == district) return member;
    member = next_listed(district, member->id + 1);
    if (member->migrant == first->migrant) return nullptr;
  }
}

}  // namespace arraigo
