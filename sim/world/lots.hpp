/// The month's lots: one block of four 32-bit draws per person serves births and deaths, services, labour and pay. Most
/// persons draw a lot with which nothing can happen to them, whatever the month brings; only the others are kept, in lists,
/// so that a phase visits a few per cent of the rows. Each word is cut into intervals that do not overlap, one for each thing
/// that can happen, so that every single probability is exact to 2^-32; two things of one word exclude each other in a month.
#pragma once
#include <cstdint>
#include <vector>

namespace arraigo {

/// A person's word for a phase.
struct Lot {
  std::uint32_t row;  ///< in Persons
  std::uint32_t bits;
};

struct Lots {
  /// Of rows_per_block rows of Persons; lists in the order of rows.
  struct Block {
    std::vector<Lot> families;           ///< word 0
    std::vector<Lot> services;           ///< word 1
    std::vector<Lot> labour;             ///< word 2
    std::vector<Lot> employed;           ///< word 3: search on the job, new pay
    std::vector<std::uint32_t> lapsing;  ///< rows whose registration at an employment centre lapses, word 0
  };
  std::vector<Block> blocks;
  /// Forgets the month, not the memory.
  void clear() {
    for (auto& block : blocks) block.families.clear(), block.services.clear(), block.labour.clear(), block.employed.clear(), block.lapsing.clear();
  }
};

}  // namespace arraigo
