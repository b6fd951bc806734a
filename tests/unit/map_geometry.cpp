#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <random>

#include "map/geojson.hpp"
#include "map/map_geometry.hpp"
#include "map/polygons.hpp"
#include "params_fixture.hpp"

namespace arraigo {
namespace {

using namespace arraigo::tests;

DistrictTable const& peru() {
  static auto const table = DistrictTable::read(std::filesystem::path{ARRAIGO_SOURCE_DIR} / "scenarios" / "data");
  return table;
}

struct Made {
  double latitude, longitude;
  std::string area_km2;  // empty: unknown
};

/// Districts 010101, 010102, ...
DistrictTable table_of(std::vector<Made> const& districts) {
  TempFolder const folder;
  std::string text =
      "ubigeo,name,province,region,group,zone,population_2018,population_2022,population_2023,latitude,longitude,area_"
      "km2,"
      "altitude_m,poverty_2018_pct,hdi_2019,neighbours_ubigeo,source\n";
  for (std::size_t i = 0; i < districts.size(); ++i)
    text += fmt::format("{:06},D{},P,R,g,z,1000,1000,1000,{},{},{},0,10,0.5,,test fixture\n", 10101 + i, i,
                        districts[i].latitude, districts[i].longitude, districts[i].area_km2);
  folder.write("districts.csv", text);
  folder.write("areas.csv", "area,title_es,title_en,groups,source\nall,Todo,All,*,test fixture\n");
  return DistrictTable::read(folder.path());
}

std::vector<std::uint16_t> all_rows(DistrictTable const& table) {
  std::vector<std::uint16_t> rows;
  for (std::size_t i = 0; i < table.rows().size(); ++i) rows.push_back(static_cast<std::uint16_t>(i));
  return rows;
}

MapGeometry all_of(DistrictTable const& table) { return MapGeometry::from_points(table, all_rows(table)); }

double area(MapDistrict const& district) {
  double sum = 0;
  for (auto const& part : district.parts) sum += signed_area(part.outline);
  return sum;
}

double area_of_triangles(MapPolygon const& polygon) {
  double sum = 0;
  for (std::size_t i = 0; i + 2 < polygon.triangles.size(); i += 3) {
    std::vector<MapPoint> corners;
    for (std::size_t k = i; k < i + 3; ++k) corners.push_back(polygon.outline.at(polygon.triangles[k]));
    sum += std::abs(signed_area(corners));
  }
  return sum;
}

bool holds(MapDistrict const& district, MapPoint at) {
  return std::any_of(district.parts.begin(), district.parts.end(),
                     [&](auto const& part) { return contains(part.outline, at); });
}

/// Districts whose own point is in another's cell or in none.
int lost_points(MapGeometry const& map) {
  int lost = 0;
  for (std::size_t d = 0; d < map.districts().size(); ++d) lost += map.find(map.districts()[d].point) == d ? 0 : 1;
  return lost;
}

struct Sample {
  int in_one = 0, in_more = 0, found_wrongly = 0;
};

Sample sample(MapGeometry const& map, int points) {
  std::mt19937 random{7};
  std::uniform_real_distribution<float> x{map.low().x, map.high().x}, y{map.low().y, map.high().y};
  Sample counted;
  for (int i = 0; i < points; ++i) {
    MapPoint const at{x(random), y(random)};
    std::vector<std::size_t> in;
    for (std::size_t d = 0; d < map.districts().size(); ++d)
      if (holds(map.districts()[d], at)) in.push_back(d);
    counted.in_one += in.size() == 1 ? 1 : 0;
    counted.in_more += in.size() > 1 ? 1 : 0;
    counted.found_wrongly += map.find(at) == (in.empty() ? map.districts().size() : in.front()) ? 0 : 1;
  }
  return counted;
}

MapPolygon polygon_of(std::vector<MapPoint> const& outer, std::vector<std::vector<MapPoint>> holes = {}) {
  holes.insert(holes.begin(), outer);
  return make_polygon(std::move(holes));
}

TEST(MapOfCells, EveryDistrictHoldsItsPoint) {
  for (auto const* area_name : {"lima_callao", "host_cities", "peru"}) {
    auto const rows = *peru().area(area_name);
    auto const map = MapGeometry::from_points(peru(), rows);
    ASSERT_EQ(map.districts().size(), rows.size());
    for (std::size_t d = 0; d < rows.size(); ++d) EXPECT_EQ(map.districts()[d].table_row, rows[d]);
    EXPECT_EQ(lost_points(map), 0) << area_name;
  }
}

TEST(MapOfCells, CellsDoNotOverlap) {
  for (auto const* area_name : {"lima_callao", "peru"}) {
    auto const counted = sample(MapGeometry::from_points(peru(), *peru().area(area_name)), 4000);
    EXPECT_GT(counted.in_one, 1000) << area_name;
    EXPECT_EQ(counted.in_more, 0) << area_name;
    EXPECT_EQ(counted.found_wrongly, 0) << area_name;
  }
}

TEST(MapOfCells, TrianglesFillEveryOutline) {
  for (auto const* area_name : {"lima_callao", "peru"}) {
    auto const map = MapGeometry::from_points(peru(), *peru().area(area_name));
    for (auto const& district : map.districts()) {
      ASSERT_EQ(district.parts.size(), 1U);
      auto const& cell = district.parts.front();
      double const whole = signed_area(cell.outline);
      EXPECT_GT(whole, 0) << peru().rows()[district.table_row].name;
      EXPECT_NEAR(area_of_triangles(cell), whole, 1e-5 * whole + 1e-6) << peru().rows()[district.table_row].name;
    }
  }
}

TEST(MapOfCells, AMapHasTheSizeOfItsDistricts) {
  for (auto const* area_name : {"lima_callao", "peru"}) {
    auto const rows = *peru().area(area_name);
    double cells = 0, table = 0;
    auto const map = MapGeometry::from_points(peru(), rows);
    for (auto const& district : map.districts()) cells += area(district);
    for (auto row : rows)
      if (auto const km2 = peru().rows()[row].area_km2; km2 > 0) table += km2;
    EXPECT_GT(cells, 0.85 * table) << area_name;
    EXPECT_LT(cells, 1.15 * table) << area_name;
  }
}

TEST(MapOfCells, TheInnerDistrictsOfLimaLeaveNoGap) {
  auto const map = MapGeometry::from_points(peru(), *peru().area("lima_callao"));
  auto const at = [&](char const* ubigeo) {
    auto const row = *peru().find(ubigeo);
    return std::find_if(map.districts().begin(), map.districts().end(),
                        [&](auto const& d) { return d.table_row == row; })
        ->point;
  };
  // From Jesus Maria to Santa Anita and from San Borja to Independencia: seven kilometres of dense districts.
  for (auto const& [from, to] : {std::pair{at("150113"), at("150137")}, std::pair{at("150130"), at("150112")}})
    for (int i = 0; i <= 500; ++i) {
      float const share = static_cast<float>(i) / 500;
      MapPoint const between{from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)};
      EXPECT_LT(map.find(between), map.districts().size()) << i;
    }
}

TEST(MapOfCells, TheOpenSeaIsNobodys) {
  auto const map = MapGeometry::from_points(peru(), *peru().area("peru"));
  EXPECT_EQ(map.find({map.low().x + 50, map.low().y + 50}), map.districts().size());
  EXPECT_EQ(map.find({map.high().x + 1, 0}), map.districts().size());
  EXPECT_EQ(map.find({std::nanf(""), 0}), map.districts().size());
}

TEST(MapOfCells, NorthIsUpAndKilometresAreKilometres) {
  auto const table = table_of({{-12, -77, "100"}, {-11, -77, "100"}, {-11.5, -76, "100"}});
  auto const map = all_of(table);
  auto const points = map.districts();
  EXPECT_NEAR(points[1].point.y - points[0].point.y, 111.19, 0.02);
  EXPECT_NEAR(points[2].point.x - points[0].point.x, 111.19 * std::cos(11.5 * std::numbers::pi / 180), 0.02);
  EXPECT_FLOAT_EQ(points[0].point.x, points[1].point.x);
}

TEST(MapOfCells, ADistrictAloneIsADiscOfItsArea) {
  auto const table = table_of({{-12, -77, "314.16"}});
  auto const map = all_of(table);
  EXPECT_NEAR(area(map.districts()[0]), 314.16, 5);
  EXPECT_EQ(map.find({9, 0}), 0U);
  EXPECT_EQ(map.find({11, 0}), 1U);
}

TEST(MapOfCells, TwoDistrictsMeetHalfWayOrStandApart) {
  auto const near = all_of(table_of({{-12, -77, "314.16"}, {-12, -76.9, "314.16"}}));
  EXPECT_EQ(lost_points(near), 0);
  EXPECT_EQ(near.find({-0.01F, 0}), 0U);
  EXPECT_EQ(near.find({0.01F, 0}), 1U);
  auto const apart = all_of(table_of({{-12, -77, "314.16"}, {-12, -75, "314.16"}}));
  EXPECT_EQ(lost_points(apart), 0);
  EXPECT_EQ(apart.find({0, 0}), 2U);
}

TEST(MapOfCells, PointsThatCoincideAreMovedApart) {
  std::vector<Made> made(40, {-12, -77, "10"});
  made.push_back({-12.05, -77, "10"});
  auto const map = all_of(table_of(made));
  EXPECT_EQ(lost_points(map), 0);
  for (std::size_t d = 1; d < 40; ++d) {
    auto const a = map.districts()[0].point, b = map.districts()[d].point;
    double const km = std::hypot(a.x - b.x, a.y - b.y);
    EXPECT_GT(km, 0.0005);
    EXPECT_LT(km, 0.01);
  }
  auto const again = all_of(table_of(made));
  for (std::size_t d = 0; d < made.size(); ++d) EXPECT_EQ(again.districts()[d].point.x, map.districts()[d].point.x);
}

TEST(MapOfCells, AreasMayBeUnknownNothingOrWrong) {
  for (auto const* km2 : {"", "0", "1000000"}) {
    auto const map = all_of(table_of({{-12, -77, km2}, {-12.1, -77, "50"}, {-12, -76.9, km2}, {-12.1, -76.9, "50"}}));
    EXPECT_EQ(lost_points(map), 0) << km2;
    for (auto const& district : map.districts()) EXPECT_GT(area(district), 1) << km2;
  }
}

TEST(MapOfCells, PointsOnALineOnACircleAndAtTheEndsOfTheEarthHaveCells) {
  std::vector<Made> line, circle{{-12, -77, "50"}};
  for (int i = 0; i < 30; ++i) line.push_back({-12 - 0.1 * i, -77, "50"});
  for (int i = 0; i < 16; ++i) {
    double const angle = i * std::numbers::pi / 8;
    circle.push_back({-12 + 0.1 * std::sin(angle), -77 + 0.1 * std::cos(angle), "50"});
  }
  std::vector<Made> const ends{{90, 180, "50"}, {-90, -180, ""}, {90, -180, "1000000"}, {0, 0, "0"}, {-90, 180, ""}};
  for (auto const& made : {line, circle, ends}) {
    auto const map = all_of(table_of(made));
    EXPECT_EQ(lost_points(map), 0);
    EXPECT_EQ(sample(map, 2000).in_more, 0);
  }
}

TEST(MapOfCells, NoRowsAreAnEmptyMap) {
  auto const map = MapGeometry::from_points(peru(), {});
  EXPECT_TRUE(map.districts().empty());
  EXPECT_EQ(map.find({0, 0}), 0U);
}

TEST(Polygons, ConcaveOutlinesAndHolesAreCutIntoTriangles) {
  std::vector<MapPoint> const comb{{0, 0}, {10, 0}, {10, 8}, {8, 8}, {8, 2}, {6, 2},
                                   {6, 8}, {4, 8},  {4, 2},  {2, 2}, {2, 8}, {0, 8}};
  EXPECT_NEAR(area_of_triangles(polygon_of(comb)), 20 + 3 * 12, 1e-4);
  auto broken = polygon_of(comb);
  broken.triangles.resize(broken.triangles.size() - 3);
  EXPECT_LT(area_of_triangles(broken), 55);
  auto clockwise = comb;
  std::reverse(clockwise.begin(), clockwise.end());
  EXPECT_NEAR(signed_area(polygon_of(clockwise).outline), 56, 1e-4);

  auto const square = [](float x, float y, float side) {
    return std::vector<MapPoint>{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}};
  };
  // Holes side by side, one above the other, and one outside, which is none.
  auto const pierced = polygon_of(
      square(0, 0, 10), {square(1, 1, 2), square(4, 1, 2), square(4, 4, 2), square(1, 6, 3), square(20, 0, 1)});
  EXPECT_NEAR(signed_area(pierced.outline), 100 - 3 * 4 - 9, 1e-4);
  EXPECT_NEAR(area_of_triangles(pierced), 100 - 3 * 4 - 9, 1e-4);
  EXPECT_FALSE(contains(pierced.outline, {5, 5}));
  EXPECT_FALSE(contains(pierced.outline, {2, 8}));
  EXPECT_TRUE(contains(pierced.outline, {3.5F, 3.5F}));
  EXPECT_FALSE(contains(pierced.outline, {20.5F, 0.5F}));
}

TEST(Polygons, RandomStarsWithHolesAreFilledExactly) {
  std::mt19937 random{3};
  std::uniform_real_distribution<float> radius{2, 10};
  for (int round = 0; round < 50; ++round) {
    auto const ring = [&](int corners, float scale) {
      std::vector<MapPoint> star;
      for (int i = 0; i < corners; ++i) {
        float const angle = 2 * std::numbers::pi_v<float> * static_cast<float>(i) / static_cast<float>(corners);
        float const r = scale * radius(random);
        star.push_back({r * std::cos(angle), r * std::sin(angle)});
      }
      return star;
    };
    auto const outer = ring(100, 1), hole = ring(30, 0.1F);
    double const expected = std::abs(signed_area(outer)) - std::abs(signed_area(hole));
    EXPECT_NEAR(area_of_triangles(polygon_of(outer, {hole})), expected, 1e-3) << round;
    auto const thinned = [&] {
      auto points = outer;
      thin_out(points, 60);
      return points;
    }();
    EXPECT_EQ(thinned.size(), 60U);
  }
}

TEST(Polygons, RingsThatCrossThemselvesEndInTriangles) {
  std::mt19937 random{5};
  std::uniform_int_distribution<int> number{0, 6};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<MapPoint>> rings(static_cast<std::size_t>(1 + round % 4));
    for (auto& ring : rings)
      for (int i = number(random) * 3; i > 0; --i)
        ring.push_back({static_cast<float>(number(random)), static_cast<float>(number(random))});
    auto const polygon = make_polygon(rings);
    EXPECT_EQ(polygon.triangles.size() % 3, 0U);
    for (auto i : polygon.triangles) EXPECT_LT(i, polygon.outline.size());
  }
}

TEST(Polygons, ATangleOfAThousandCornersTakesNoTime) {
  std::mt19937 random{13};
  std::uniform_real_distribution<float> number{0, 1};
  std::vector<MapPoint> tangle(1000);
  for (auto& corner : tangle) corner = {number(random), number(random)};
  auto const start = std::chrono::steady_clock::now();
  EXPECT_GT(polygon_of(tangle).triangles.size(), 1000U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{5});
}

TEST(Polygons, ThinningKeepsTheShape) {
  std::vector<MapPoint> circle;
  for (int i = 0; i < 20000; ++i) {
    float const angle = 2 * std::numbers::pi_v<float> * static_cast<float>(i) / 20000;
    circle.push_back({100 * std::cos(angle), 100 * std::sin(angle)});
  }
  thin_out(circle, 2000);
  EXPECT_EQ(circle.size(), 2000U);
  EXPECT_NEAR(signed_area(circle), std::numbers::pi * 10000, 1);
}

class GeoJson : public ::testing::Test {
 protected:
  void SetUp() override { speak_english(); }

  MapGeometry read(std::string const& text) {
    return MapGeometry::from_geojson(folder.write("b.geojson", text), table, rows, missing);
  }
  std::vector<std::string> refused(std::string const& text) {
    return mistakes_of([&] { return read(text); });
  }
  static std::string collection(std::string const& features) {
    return fmt::format(R"({{"type": "FeatureCollection", "features": [{}]}})", features);
  }
  static std::string feature(std::string const& geometry, std::string const& properties = R"({"ubigeo": "010101"})") {
    return fmt::format(R"({{"type": "Feature", "properties": {}, "geometry": {}}})", properties, geometry);
  }
  static std::string polygon(std::string const& rings) {
    return fmt::format(R"({{"type": "Polygon", "coordinates": {}}})", rings);
  }
  static std::string boundary(std::string const& rings) { return collection(feature(polygon(rings))); }
  /// Place on the map of a longitude and latitude.
  static MapPoint place(double longitude, double latitude) {
    double const km = 6371 * std::numbers::pi / 180;
    double const x = km * std::cos(12 * std::numbers::pi / 180) * (longitude + 76.5), y = km * (latitude + 12);
    return {static_cast<float>(x), static_cast<float>(y)};
  }
  /// Square kilometres of a square degree.
  static double square_degree() {
    return std::pow(6371 * std::numbers::pi / 180, 2) * std::cos(12 * std::numbers::pi / 180);
  }

  TempFolder folder;
  DistrictTable table = table_of({{-12, -77, "100"}, {-12, -76, "100"}});
  std::vector<std::uint16_t> rows = all_rows(table), missing;
};

TEST_F(GeoJson, BoundariesTakeThePlaceOfCells) {
  // A concave district with a hole; one of two islands; one that is not of the table.
  auto const text = collection(
      feature(polygon("[[[-77.2,-12.2],[-76.8,-12.2],[-76.8,-11.8],[-77,-12.1],[-77.2,-11.8],[-77.2,-12.2]],"
                      "[[-77.1,-12.15],[-77.05,-12.15],[-77.05,-12.1],[-77.1,-12.15]]]")) +
      "," +
      feature(R"({"type": "MultiPolygon", "coordinates": [[[[-76.2,-12.1],[-76,-12.1],[-76,-11.9,250],[-76.2,-12.1]]],
                [[[-75.8,-12.1],[-75.8,-11.9],[-75.6,-11.9],[-75.8,-12.1]]]]})",
              R"({"NAME": "B", "UBIGEO": 10102})") +
      "," + feature(polygon("[1, 2, 3]"), R"({"IDDIST": "250101"})"));
  auto const map = read(text);
  EXPECT_TRUE(missing.empty());
  ASSERT_EQ(map.districts().size(), 2U);
  ASSERT_EQ(map.districts()[0].parts.size(), 1U);
  ASSERT_EQ(map.districts()[1].parts.size(), 2U);
  EXPECT_NEAR(area(map.districts()[0]), square_degree() * (0.16 - 0.06 - 0.00125), 1e-2);
  EXPECT_NEAR(area(map.districts()[1]), square_degree() * 0.04, 1e-2);
  for (auto const& district : map.districts())
    for (auto const& part : district.parts) EXPECT_NEAR(area_of_triangles(part), signed_area(part.outline), 1e-2);
  EXPECT_EQ(map.find(place(-77.18, -11.95)), 0U);
  EXPECT_EQ(map.find(place(-77, -12.0)), 2U) << "the bay";
  EXPECT_EQ(map.find(place(-77.055, -12.12)), 2U) << "the hole";
  EXPECT_EQ(map.find(place(-76.05, -12.05)), 1U);
  EXPECT_EQ(map.find(place(-75.9, -12)), 2U) << "between the islands";
  EXPECT_EQ(map.find(place(-75.75, -11.95)), 1U);
  EXPECT_NEAR(map.low().x, place(-77.2, 0).x, 1e-3);
  EXPECT_NEAR(map.high().x, place(-75.6, 0).x, 1e-3);
}

TEST_F(GeoJson, BoundariesThatOverlapAreSeenByTheSample) {
  auto const map =
      read(collection(feature(polygon("[[[-77,-12.2],[-76.4,-12.2],[-76.4,-11.8],[-77,-11.8],[-77,-12.2]]]")) + "," +
                      feature(polygon("[[[-76.6,-12.2],[-76,-12.2],[-76,-11.8],[-76.6,-11.8],[-76.6,-12.2]]]"),
                              R"({"ubigeo": "010102"})")));
  EXPECT_GT(sample(map, 1000).in_more, 100);
}

TEST_F(GeoJson, DistrictsWithoutABoundaryKeepTheirCell) {
  auto const ring = "[[[-77.2,-12.2],[-76.8,-12.2],[-76.8,-11.8],[-77.2,-12.2]]]";
  auto const map = read(collection(feature(polygon(ring)) + "," + feature("null", R"({"ubigeo": "010102"})")));
  EXPECT_EQ(missing, std::vector<std::uint16_t>{1});
  EXPECT_NEAR(area(map.districts()[1]), 100, 3);
  EXPECT_EQ(map.find(map.districts()[1].point), 1U);
}

TEST_F(GeoJson, FeaturesOfOneDistrictArePutTogetherAndTheIdMayBeTheFeatures) {
  auto const map = read(collection(
      R"({"geometry": {"coordinates": [[[-77.2,-12.2],[-77.1,-12.2],[-77.1,-12.1],[-77.2,-12.2]]], "type": "Polygon"},
          "id": "010101", "type": "Feature"},)" +
      feature(polygon("[[[-76.9,-12],[-76.8,-12],[-76.8,-11.9],[-76.9,-12]]]"), R"({"id": "010101"})")));
  EXPECT_EQ(map.districts()[0].parts.size(), 2U);
}

TEST_F(GeoJson, LongRingsAreThinnedOut) {
  std::string ring, hole;
  for (int i = 0; i <= 9000; ++i) {
    double const angle = 2 * std::numbers::pi * (i % 9000) / 9000;
    ring +=
        fmt::format("{}[{:.7f},{:.7f}]", i == 0 ? "" : ",", -77 + 0.2 * std::cos(angle), -12 + 0.2 * std::sin(angle));
    hole +=
        fmt::format("{}[{:.7f},{:.7f}]", i == 0 ? "" : ",", -77 + 0.1 * std::cos(angle), -12 + 0.1 * std::sin(angle));
  }
  auto const map = read(boundary(fmt::format("[[{}],[{}]]", ring, hole)));
  auto const& part = map.districts()[0].parts.at(0);
  EXPECT_EQ(part.outline.size(), 4002U);
  EXPECT_NEAR(area(map.districts()[0]), square_degree() * std::numbers::pi * 0.03, 0.1);
  EXPECT_NEAR(area_of_triangles(part), signed_area(part.outline), 0.1);
}

TEST_F(GeoJson, MistakesAreToldTogetherWithTheirPlace) {
  auto const told = refused(collection(feature(polygon("[[[-77,-12],[-76,-12],[-77,-12]]]")) + "," +
                                       feature(polygon("[[[-77,-12],[-76,-12],[-76,\"-11\"],[-77,-12]]]"))));
  ASSERT_EQ(told.size(), 2U) << joined(told);
  auto const file = (folder.path() / "b.geojson").string();
  EXPECT_EQ(told[0], file +
                         ": feature 1: geometry.coordinates[0] = 3 points (a ring is a list of four points or more). "
                         "Export it again, or delete the feature: the district then keeps its cell.");
  EXPECT_EQ(told[1],
            file +
                ": feature 2: geometry.coordinates[0][2] = [-76,\"-11\"] (expects a point [longitude, latitude]). "
                "Write longitude first, then latitude, in degrees (WGS 84).");
}

TEST_F(GeoJson, BrokenFilesAreRefusedInASentence) {
  auto const good = boundary("[[[-77.2,-12.2],[-76.8,-12.2],[-76.8,-11.8],[-77.2,-12.2]]]");
  EXPECT_TRUE(refused(good).empty());
  auto const ring_with = [](std::string const& place) {
    return boundary(fmt::format("[[[-77.2,-12.2],{},[-76.8,-11.8],[-77.2,-12.2]]]", place));
  };
  auto const with_properties = [](std::string const& properties) { return collection(feature("null", properties)); };
  struct Case {
    std::string text, words;
  };
  std::vector<Case> const cases{
      {"", "empty"},
      {" \n\t", "empty"},
      {"type: FeatureCollection", ":1:2: not valid JSON"},
      {good + "x", "not valid JSON"},
      {good.substr(0, good.size() / 2), "ends in the middle"},
      {good.substr(0, good.size() - 1), "ends in the middle"},
      {"\xFF" + good, "not valid UTF-8"},
      {good.substr(0, 20) + "\xC3\x28" + good.substr(20), "not valid UTF-8"},
      {"\xEF\xBB\xBF" + good, "byte order mark"},
      {std::string(10000, '['), "nested"},
      {std::string(10000, '[') + std::string(10000, ']'), "nested"},
      {R"({"type": "FeatureCollection", "features": [)" + std::string(10000, '['), "nested"},
      {"[]", "expects FeatureCollection"},
      {"null", "expects FeatureCollection"},
      {"12", "expects FeatureCollection"},
      {R"({"type": "Topology", "features": []})", "type = Topology (expects FeatureCollection)"},
      {R"({"type": ["FeatureCollection"], "features": []})", "expects FeatureCollection"},
      {R"({"type": "FeatureCollection"})", "features is missing"},
      {R"({"type": "FeatureCollection", "features": {}})", "features is missing"},
      {R"({"type": "FeatureCollection", "features": "none"})", "features is missing"},
      {collection(""), "none of the 0 features"},
      {collection(feature("null", R"({"ubigeo": "250101"})")), "none of the 1 features"},
      {collection("7"), "type = 7 (expects Feature)"},
      {collection("null, [1]"), "feature 2: type"},
      {collection(R"({"type": "Point"})"), "expects Feature"},
      {with_properties("null"), "ubigeo is missing"},
      {with_properties(R"({"name": "Lima"})"), R"(properties = {"name":"Lima"} (the ubigeo is missing))"},
      {with_properties(R"({"ubigeo": "1501"})"), "six digits"},
      {with_properties(R"({"ubigeo": "15010a"})"), "six digits"},
      {with_properties(R"({"ubigeo": -150101})"), "six digits"},
      {with_properties(R"({"ubigeo": 1501010})"), "six digits"},
      {with_properties(R"({"ubigeo": null})"), "properties.ubigeo = null"},
      {collection(feature("7")), "Polygon or MultiPolygon"},
      {collection(feature("{}")), "Polygon or MultiPolygon"},
      {collection(feature(R"({"type": "Point", "coordinates": [-77, -12]})")), "geometry.type = Point"},
      {collection(feature(R"({"type": "Polygon"})")), "geometry.coordinates = \"\""},
      {boundary("[]"), "list of rings"},
      {boundary("7"), "list of rings"},
      {boundary("[[]]"), "0 points"},
      {boundary("[7]"), "geometry.coordinates[0] = 7"},
      {collection(feature(R"({"type": "MultiPolygon", "coordinates": [[]]})")), "geometry.coordinates[0] = []"},
      {collection(feature(R"({"type": "MultiPolygon", "coordinates": [[[1, 2, 3, 4]]]})")),
       "geometry.coordinates[0][0][0] = 1"},
      {boundary("[[[-77.2,-12.2],[-76.8,-12.2],[-76.8,-11.8],[-77,-12]]]"), "not closed"},
      {boundary("[[[-77,-12],[-77,-12],[-77,-12],[-77,-12]]]"), "no area"},
      {boundary("[[[-77,-12],[-76,-12],[-76.5,-12],[-77,-12]]]"), "no area"},
      {ring_with("[NaN,-12]"), "NaN is no number"},
      {ring_with("[1e999,-12]"), "feature 1: a number is too large"},
      {ring_with("[null,-12]"), "expects a point"},
      {ring_with("[-77]"), "expects a point"},
      {ring_with("[]"), "expects a point"},
      {ring_with("{}"), "expects a point"},
      {ring_with("[-77,-91]"), "latitude -90 to 90"},
      {ring_with("[-181,-12]"), "longitude is -180 to 180"},
      {ring_with("[279000.5,8667000]"), "EPSG:4326"},
      {boundary("[[[-12.2,-77.2],[-12.2,-76.8],[-11.8,-76.8],[-12.2,-77.2]]]"),
       "far from D0, whose capital is at [-77, -12]"},
  };
  for (auto const& [text, words] : cases) {
    auto const told = refused(text);
    ASSERT_EQ(told.size(), text.find("null, [1]") == std::string::npos ? 1U : 2U) << text.substr(0, 300) << "\n"
                                                                                  << joined(told);
    EXPECT_NE(told.back().find(words), std::string::npos) << told.back();
    EXPECT_EQ(told.back().rfind((folder.path() / "b.geojson").string(), 0), 0U) << told.back();
    EXPECT_EQ(told.back().find('\n'), std::string::npos) << told.back();
  }
}

TEST_F(GeoJson, EveryBeginningOfAFileIsRefused) {
  auto const good = boundary("[[[-77.2,-12.2],[-76.8,-12.2],[-76.8,-11.8],[-77.2,-12.2]]]");
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_EQ(refused(good.substr(0, length)).size(), 1U) << length;
}

TEST_F(GeoJson, NoChangedByteBreaksTheReader) {
  auto const many =
      R"({"type": "MultiPolygon", "coordinates": [[[[-76.2,-12.1],[-76,-12.1],[-76,-11.9],[-76.2,-12.1]]]]})";
  auto const good = collection(feature(polygon("[[[-77.2,-12.2],[-76.8,-12.2],[-76.8,-11.8],[-77.2,-12.2]]]")) + "," +
                               feature(many, R"({"ubigeo": "010102"})"));
  std::mt19937 random{11};
  std::string_view const bytes = "[]{}\",:0123456789.-eEtfn\\ \n";
  int kept = 0;
  for (int round = 0; round < 2000; ++round) {
    auto text = good;
    for (int changes = 1 + round % 3; changes > 0; --changes)
      text[random() % text.size()] = bytes[random() % bytes.size()];
    try {
      auto const map = read(text);
      ++kept;
      for (auto const& district : map.districts()) EXPECT_FALSE(district.parts.empty());
    } catch (InputError const& error) {
      EXPECT_FALSE(error.sentences().empty());
    }
  }
  EXPECT_GT(kept, 20);
  EXPECT_LT(kept, 1900);
}

TEST_F(GeoJson, FilesThatAreNoFilesAreRefused) {
  auto const told = [&](std::filesystem::path const& file) {
    return mistakes_of([&] { return MapGeometry::from_geojson(file, table, rows, missing); });
  };
  EXPECT_EQ(told(folder.path() / "none.geojson").size(), 1U);
  EXPECT_EQ(told(folder.path()).size(), 1U);
}

}  // namespace
}  // namespace arraigo
