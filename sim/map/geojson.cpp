#include "map/geojson.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "core/input_errors.hpp"
#include "core/text_file.hpp"

namespace arraigo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_bytes = 200U << 20U;
constexpr std::size_t most_depth = 64;
// Every position is a list; some hundred bytes of memory each.
constexpr std::size_t most_lists = 10'000'000;
/// A district's capital may lie outside its boundary, but not that many degrees.
constexpr double most_degrees_to_capital = 2;
constexpr std::array ubigeo_keys{"ubigeo", "UBIGEO", "IDDIST", "id"};

/// Brackets are counted before the text is parsed, so that no text can ask for more memory or depth than is there.
void check_brackets(std::string_view name, std::string_view text) {
  std::size_t depth = 0, lists = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > most_depth) throw InputError(say(Message::gj_depth, position(name, text, i), most_depth));
      if (++lists > most_lists) throw InputError(say(Message::gj_lists, name, most_lists));
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
}

/// A value as one line, cut.
std::string text_of(Json const& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_structured() && value.size() > 8) return value.is_array() ? "[...]" : "{...}";
  return value.dump();
}

/// Whether a ring is more than a line, to some square metres.
bool encloses_area(Ring const& ring) {
  double twice = 0;
  for (std::size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++)
    twice += (ring[j].longitude - ring[0].longitude) * (ring[i].latitude - ring[0].latitude) -
             (ring[i].longitude - ring[0].longitude) * (ring[j].latitude - ring[0].latitude);
  return std::abs(twice) > 1e-9;
}

class Reader {
 public:
  Reader(std::string name, DistrictTable const& table, std::span<std::uint16_t const> rows)
      : name_(std::move(name)), table_(table), rows_(rows), boundaries_(rows.size()) {}

  std::vector<Boundary> read(std::string const& text);

 private:
  void read_text(std::string const& text);
  void read_feature(Json const& feature);
  [[nodiscard]] std::optional<std::size_t> district_of(Json const& feature);
  [[nodiscard]] std::optional<std::vector<Ring>> polygon(Json const& rings, std::string const& key);
  [[nodiscard]] std::optional<Ring> ring(Json const& places, std::string const& key);
  [[nodiscard]] std::optional<Place> place(Json const& numbers, std::string const& key);
  void check_distance(std::size_t district, std::vector<std::vector<Ring>> const& polygons);

  void refuse(std::string_view key, std::string_view value, Message why, std::string const& fix) {
    refuse(key, value, say(why), fix);
  }
  void refuse(std::string_view key, std::string_view value, std::string const& why, std::string const& fix) {
    errors_.add(mistake(say(Message::gj_feature, name_, features_), key, value, why, fix));
  }

  std::string name_;
  DistrictTable const& table_;
  std::span<std::uint16_t const> rows_;
  std::vector<Boundary> boundaries_;
  std::size_t features_ = 0;  ///< number of the feature that is being read
  std::size_t features_here_ = 0;
  bool has_list_ = false;
  Errors errors_;
};

void Reader::read_text(std::string const& text) {
  Json rest;
  std::string key;
  // Features are read one by one and dropped: a whole file as a tree takes many times its size.
  auto const take = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth == 1 && event == Json::parse_event_t::key) key = parsed.get<std::string>();
    if (depth == 1 && key == "features" && event == Json::parse_event_t::array_end) has_list_ = true;
    bool const ends = event == Json::parse_event_t::object_end || event == Json::parse_event_t::array_end ||
                      event == Json::parse_event_t::value;
    if (depth != 2 || key != "features" || !ends) return true;
    ++features_;
    if (!errors_.full()) read_feature(parsed);
    return false;
  };
  try {
    rest = Json::parse(text, take);
  } catch (Json::parse_error const& error) {
    std::size_t const at = error.byte > 0 ? error.byte - 1 : 0;
    bool const is_cut = text.find_first_not_of(" \t\n", at) == std::string::npos;
    throw InputError(say(is_cut ? Message::gj_cut : Message::gj_no_json, position(name_, text, at)));
  } catch (Json::out_of_range const&) {
    throw InputError(say(Message::gj_number_range, name_, features_ + 1));
  }
  auto const type = rest.is_object() ? rest.value("type", Json{}) : Json{};
  if (type != "FeatureCollection")
    throw InputError(
        mistake(name_, "type", text_of(type), say(Message::gj_no_collection), say(Message::gj_no_collection_fix)));
  if (!has_list_) throw InputError(say(Message::gj_no_features, name_));
}

std::vector<Boundary> Reader::read(std::string const& text) {
  read_text(text);
  errors_.throw_if_any();
  if (features_here_ == 0) throw InputError(say(Message::gj_no_district, name_, features_));
  for (std::size_t d = 0; d < boundaries_.size(); ++d) boundaries_[d].district = d;
  std::erase_if(boundaries_, [](Boundary const& b) { return b.polygons.empty(); });
  return std::move(boundaries_);
}

/// Six digits from a text or a number that lost its zeros.
std::string ubigeo_of(Json const& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= 1'000'000) return {};
  return fmt::format("{:06}", value.get<std::uint64_t>());
}

std::optional<std::size_t> Reader::district_of(Json const& feature) {
  auto const properties = feature.find("properties");
  Json const* found = nullptr;
  std::string found_key;
  for (auto const* key : ubigeo_keys) {
    if (properties == feature.end() || !properties->is_object()) break;
    auto const at = properties->find(key);
    if (at == properties->end()) continue;
    found = &*at;
    found_key = fmt::format("properties.{}", key);
    break;
  }
  if (auto const id = feature.find("id"); found == nullptr && id != feature.end()) {
    found = &*id;
    found_key = "id";
  }
  if (found == nullptr) {
    refuse("properties", properties == feature.end() ? "" : text_of(*properties), Message::gj_no_ubigeo,
           say(Message::gj_no_ubigeo_fix, fmt::join(ubigeo_keys, ", ")));
    return std::nullopt;
  }
  auto const ubigeo = ubigeo_of(*found);
  if (ubigeo.size() != 6 || !std::all_of(ubigeo.begin(), ubigeo.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    refuse(found_key, text_of(*found), Message::in_ubigeo_digits,
           say(Message::gj_no_ubigeo_fix, fmt::join(ubigeo_keys, ", ")));
    return std::nullopt;
  }
  auto const row = table_.find(ubigeo);
  if (!row) return std::nullopt;
  auto const at = std::lower_bound(rows_.begin(), rows_.end(), *row);
  if (at == rows_.end() || *at != *row) return std::nullopt;
  return static_cast<std::size_t>(at - rows_.begin());
}

void Reader::read_feature(Json const& feature) {
  if (!feature.is_object() || feature.value("type", Json{}) != "Feature") {
    refuse("type", feature.is_object() ? text_of(feature.value("type", Json{})) : text_of(feature),
           Message::gj_no_feature, say(Message::gj_no_collection_fix));
    return;
  }
  auto const district = district_of(feature);
  if (!district) return;
  ++features_here_;
  auto const geometry = feature.find("geometry");
  if (geometry == feature.end() || geometry->is_null()) return;  // the standard's way to say that the place is unknown
  auto const type = geometry->is_object() ? text_of(geometry->value("type", Json{})) : text_of(*geometry);
  bool const is_one = type == "Polygon", is_many = type == "MultiPolygon";
  if (!geometry->is_object() || (!is_one && !is_many)) {
    refuse("geometry.type", type, Message::gj_no_polygon, say(Message::gj_no_polygon_fix));
    return;
  }
  auto const list = geometry->find("coordinates");
  if (list == geometry->end() || !list->is_array() || list->empty()) {
    refuse("geometry.coordinates", list == geometry->end() ? "" : text_of(*list), Message::gj_no_rings,
           say(Message::gj_no_rings_fix));
    return;
  }
  std::vector<std::vector<Ring>> polygons;
  std::string const key = "geometry.coordinates";
  for (std::size_t i = 0; i < (is_one ? 1 : list->size()); ++i) {
    auto one = is_one ? polygon(*list, key) : polygon((*list)[i], fmt::format("{}[{}]", key, i));
    if (!one) return;
    if (encloses_area(one->front())) polygons.push_back(std::move(*one));
  }
  if (polygons.empty()) {
    refuse(key, text_of(*list), Message::gj_no_area, say(Message::gj_no_rings_fix));
    return;
  }
  check_distance(*district, polygons);
  auto& all = boundaries_[*district].polygons;
  std::move(polygons.begin(), polygons.end(), std::back_inserter(all));
}

std::optional<std::vector<Ring>> Reader::polygon(Json const& rings, std::string const& key) {
  if (!rings.is_array() || rings.empty()) {
    refuse(key, text_of(rings), Message::gj_no_rings, say(Message::gj_no_rings_fix));
    return std::nullopt;
  }
  std::vector<Ring> polygon;
  for (std::size_t i = 0; i < rings.size(); ++i) {
    auto one = ring(rings[i], fmt::format("{}[{}]", key, i));
    if (!one) return std::nullopt;
    polygon.push_back(std::move(*one));
  }
  return polygon;
}

std::optional<Ring> Reader::ring(Json const& places, std::string const& key) {
  if (!places.is_array() || places.size() < 4) {
    auto const value = places.is_array() ? say(Message::gj_points, places.size()) : text_of(places);
    refuse(key, value, Message::gj_short_ring, say(Message::gj_no_rings_fix));
    return std::nullopt;
  }
  Ring ring;
  ring.reserve(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto const one = place(places[i], fmt::format("{}[{}]", key, i));
    if (!one) return std::nullopt;
    ring.push_back(*one);
  }
  if (ring.front().longitude != ring.back().longitude || ring.front().latitude != ring.back().latitude) {
    refuse(key, text_of(places.back()), say(Message::gj_open_ring, text_of(places.front())),
           say(Message::gj_open_ring_fix));
    return std::nullopt;
  }
  ring.pop_back();
  return ring;
}

std::optional<Place> Reader::place(Json const& numbers, std::string const& key) {
  bool const is_place = numbers.is_array() && numbers.size() >= 2 && numbers[0].is_number() && numbers[1].is_number();
  if (!is_place) {
    refuse(key, text_of(numbers), Message::gj_no_place, say(Message::gj_no_place_fix));
    return std::nullopt;
  }
  Place const place{numbers[0].get<double>(), numbers[1].get<double>()};
  if (std::abs(place.longitude) <= 180 && std::abs(place.latitude) <= 90) return place;
  bool const is_metres = std::abs(place.longitude) > 360 || std::abs(place.latitude) > 360;
  refuse(key, text_of(numbers), is_metres ? Message::gj_metres : Message::gj_outside,
         say(is_metres ? Message::gj_metres_fix : Message::gj_no_place_fix));
  return std::nullopt;
}

void Reader::check_distance(std::size_t district, std::vector<std::vector<Ring>> const& polygons) {
  auto const& row = table_.rows()[rows_[district]];
  double west = 180, east = -180, south = 90, north = -90;
  for (auto const& polygon : polygons)
    for (auto const& place : polygon.front()) {
      west = std::min(west, place.longitude);
      east = std::max(east, place.longitude);
      south = std::min(south, place.latitude);
      north = std::max(north, place.latitude);
    }
  double const away =
      std::max({west - row.longitude, row.longitude - east, south - row.latitude, row.latitude - north});
  if (away <= most_degrees_to_capital) return;
  auto const& first = polygons.front().front().front();
  refuse("geometry.coordinates", fmt::format("[{}, {}, ...", first.longitude, first.latitude),
         say(Message::gj_far, row.name, row.longitude, row.latitude), say(Message::gj_no_place_fix));
}

}  // namespace

std::vector<Boundary> read_boundaries(std::filesystem::path const& file, DistrictTable const& table,
                                      std::span<std::uint16_t const> rows) {
  Errors errors;
  auto const text = read_text_file(file, most_bytes, errors);
  errors.throw_if_any();
  auto const name = file.string();
  if (text->find_first_not_of(" \t\n") == std::string::npos) throw InputError(say(Message::in_file_empty, name));
  check_brackets(name, *text);
  return Reader(name, table, rows).read(*text);
}

}  // namespace arraigo
