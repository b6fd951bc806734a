/// Who lives in each district, of the migrants, on the ring of their identities: from a keyed place on it the next one is found, so
/// that one neighbour more or fewer changes few draws (consistent hashing). Kept from month to month, since a month moves few:
/// follow() adds newcomers and those who have moved in; who has gone or moved away is met and passed over. With that, and
/// strays sorted by all threads, arrivals and departures took 0.58 of the time (all of Peru at one agent per person, two threads).
#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include "core/column.hpp"

namespace arraigo {

class World;

class MigrantRings {
 public:
  struct Member {
    std::uint64_t id = 0;
    std::uint32_t migrant = 0;  ///< row of Migrants
  };

  /// Takes in what has changed since the last call; everything after forget(), as after each change of rows.
  void follow(World const& world);
  void forget() { *this = {}; }
  [[nodiscard]] std::size_t bytes() const { return members_.size() * sizeof(Member) + later_.size() * sizeof(Later) + (bucket_first_.size() + later_first_.size()) * sizeof(std::uint32_t); }
  /// The first migrant at or after `at` who lives in the district, an inert one left out; null when nobody does. Between
  /// follow() and the next change of who lives where.
  [[nodiscard]] Member const* next(World const& world, std::size_t district, std::uint64_t at) const;

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  void build(World const& world);
  void add(World const& world, std::uint32_t migrant);
  [[nodiscard]] std::size_t bucket_of(std::size_t district, std::uint64_t id) const { return first_bucket_[district] + (bits_[district] == 0 ? 0 : id >> (64 - bits_[district])); }
  [[nodiscard]] Member const* next_listed(std::size_t district, std::uint64_t at) const;

  std::vector<unsigned> bits_;               ///< by district: its number of buckets is two to this power
  std::vector<std::size_t> first_bucket_;    ///< by district
  std::vector<std::uint32_t> bucket_first_;  ///< by bucket and one more, into members_
  Column<Member> members_;                   ///< by district and, inside it, by bucket of leading bits of the identity
  struct Later {
    Member member;
    std::uint32_t next;
  };
  std::vector<Later> later_;                 ///< who came after the last building, in chains
  std::vector<std::uint32_t> later_first_;   ///< by bucket, into later_
  std::size_t known_ = 0;                    ///< rows of migrants that have been looked at
  int month_ = 0;                            ///< of the last follow(), after which some may have moved still
  bool all_live_here_ = false;               ///< nothing has changed since the building
};

}  // namespace arraigo
