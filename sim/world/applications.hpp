/// The month's applications for jobs, and the room for putting them together by employer. Nothing here outlives its month but the
/// memory, which the next month finds in place: with it, and one copy less of each application, the phase took 0.91 of the time (all
/// of Peru at one agent per person, two threads).
#pragma once
#include <cstdint>
#include <vector>

#include "world/codes.hpp"

namespace arraigo {

struct Application {
  enum Channel : std::uint8_t { open_search, through_contact, employment_centre, job_fair, matching_service };
  std::uint64_t person_id;
  std::uint32_t employer;
  std::uint32_t person;
  float score;
  Skill skill;
  Channel channel;
  // Filled by the employer, of applications that are made with nothing there:
  bool offered;
  Activity contract;
  std::uint32_t wage_cents;
  float utility;  ///< what the offer is worth to the person
};

/// In parts, each of some rows of Persons: those of one person stand together in one part.
struct Applications {
  std::vector<std::vector<Application>> parts;
  unsigned place_bits = 0;  ///< an application's index is its part, shifted by so many bits, and its place in it
  std::vector<std::uint32_t> first;    ///< by employer and one more: where its applications begin in by_employer
  std::vector<std::uint32_t> next;     ///< by employer: the place for one more, while they are being put there
  std::vector<std::uint32_t> by_employer;  ///< indices of applications
  std::vector<std::uint32_t> asked;    ///< employers that have any

  /// Forgets the month, not the memory.
  void clear() {
    for (auto& part : parts) part.clear();
    first.clear(), next.clear(), by_employer.clear(), asked.clear();
  }
  [[nodiscard]] Application& operator[](std::uint32_t i) { return parts[i >> place_bits][i & ((1U << place_bits) - 1)]; }
  [[nodiscard]] Application const& operator[](std::uint32_t i) const { return parts[i >> place_bits][i & ((1U << place_bits) - 1)]; }
};

}  // namespace arraigo
