/// Boundaries of districts as a GeoJSON file holds them.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "params/districts.hpp"

namespace arraigo {

/// Degrees (WGS 84).
struct Place {
  double longitude = 0, latitude = 0;
};
using Ring = std::vector<Place>;  ///< at least three places, the first not repeated

struct Boundary {
  std::size_t district = 0;                 ///< index into the rows asked for
  std::vector<std::vector<Ring>> polygons;  ///< the outer ring first, then its holes
};

/// The boundaries of those of `rows` that the FeatureCollection in the file has, ascending. Several features of one
/// district are put together; features of other districts are skipped. Up to 200 MiB are read. Throws InputError with
/// every mistake found, each with file, feature (counted from 1), key, value, reason and what to do.
[[nodiscard]] std::vector<Boundary> read_boundaries(std::filesystem::path const& file, DistrictTable const& table,
                                                    std::span<std::uint16_t const> rows);

}  // namespace arraigo
