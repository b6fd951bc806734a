#include <gtest/gtest.h>

#include <cmath>

#include "core/csv.hpp"
#include "core/numbers.hpp"
#include "core/suggest.hpp"
#include "core/text_file.hpp"
#include "params_fixture.hpp"

namespace arraigo::tests {
namespace {

class CsvReading : public ::testing::Test {
 protected:
  void SetUp() override { speak_english(); }
  CsvTable parse(std::string text, std::vector<std::string_view> const& columns = {"a", "b"}) {
    return CsvTable::parse(std::move(text), "t.csv", columns, errors);
  }
  [[nodiscard]] std::string told() const { return joined(errors.sentences()); }
  Errors errors;
};

TEST_F(CsvReading, FieldsComeOutAsTheyWentIn) {
  auto const table = parse("a,b\n1,x\n\"two, \"\"quoted\"\"\",\"line\nbreak\"\n,\n\"\",ñ\n");
  ASSERT_TRUE(errors.empty()) << told();
  ASSERT_EQ(table.rows(), 4U);
  EXPECT_EQ(table.text(0, "a"), "1");
  EXPECT_EQ(table.text(0, 1), "x");
  EXPECT_EQ(table.text(1, "a"), "two, \"quoted\"");
  EXPECT_EQ(table.text(1, "b"), "line\nbreak");
  EXPECT_EQ(table.line(1), 3U);
  EXPECT_EQ(table.line(2), 5U);
  EXPECT_TRUE(table.blank(2, 0) && table.blank(2, 1) && table.blank(3, 0));
  EXPECT_EQ(table.text(3, "b"), "ñ");
  EXPECT_THROW(static_cast<void>(table.text(0, "c")), BugError);
  EXPECT_THROW(static_cast<void>(table.text(0, 2)), BugError);
  EXPECT_THROW(static_cast<void>(table.text(4, 0)), BugError);
}

TEST_F(CsvReading, CarriageReturnsAndAMissingLastLineEndChangeNothing) {
  auto const table = parse("a,b\r\n1,\"x\r\ny\"\r\n2,z");
  ASSERT_TRUE(errors.empty()) << told();
  ASSERT_EQ(table.rows(), 2U);
  EXPECT_EQ(table.text(0, "b"), "x\ny");
  EXPECT_EQ(table.text(1, "b"), "z");
}

TEST_F(CsvReading, EveryBrokenRowIsToldAtOnce) {
  auto const table = parse("a,b\n1\n1,2,3\n\n x,1\nx\"y,1\n\"x\"y,1\n7,8\n\"open,1\n");
  EXPECT_EQ(table.rows(), 1U);
  EXPECT_EQ(table.text(0, "a"), "7");
  auto const found = errors.sentences();
  ASSERT_EQ(found.size(), 7U) << told();
  EXPECT_EQ(found[0], "t.csv:2: 1 fields instead of 2. Is a text with commas not quoted?");
  EXPECT_EQ(found[1].rfind("t.csv:3: 3 fields instead of 2", 0), 0U);
  EXPECT_EQ(found[2], "t.csv:4: empty line. Delete it.");
  EXPECT_EQ(found[3].rfind("t.csv:5: spaces around", 0), 0U);
  EXPECT_EQ(found[4].rfind("t.csv:6: quotes inside", 0), 0U);
  EXPECT_EQ(found[5].rfind("t.csv:7: a closing quote", 0), 0U);
  EXPECT_EQ(found[6].rfind("t.csv:9: the quote that opens here", 0), 0U);
}

TEST_F(CsvReading, TheHeaderIsExact) {
  for (char const* header : {"a\n", "a,b,c\n", "b,a\n", "A,b\n", "a, b\n", "\n", ","}) {
    Errors own;
    auto const table = CsvTable::parse(std::string{header} + "1,2\n", "t.csv", {"a", "b"}, own);
    EXPECT_EQ(table.rows(), 0U);
    EXPECT_EQ(own.count(), 1U) << header;
  }
}

TEST_F(CsvReading, BytesThatAreNoTextAreRefused) {
  using namespace std::string_literals;
  for (auto const& bytes : {"\xEF\xBB\xBF"
                            "a,b\n"s,
                            "a,b\n\xFF,1\n"s, "a,b\n\0,1\n"s, "a,b\n\x01,1\n"s, ""s, "a,b\r1,2\r"s}) {
    Errors own;
    auto const table = CsvTable::parse(bytes, "t.csv", {"a", "b"}, own);
    EXPECT_EQ(table.rows(), 0U);
    EXPECT_EQ(own.count(), 1U);
  }
}

TEST_F(CsvReading, TypedFieldsTellWhatIsWrong) {
  auto const table = parse("a,b\n1.5,2020-01\n\"0,5\",2020-13\n9,\n,x\n1e400,3\n");
  EXPECT_EQ(table.number(0, "a", 0, 2), 1.5);
  EXPECT_EQ(table.month(0, "b"), Month::of(2020, 1));
  EXPECT_FALSE(table.optional_number(3, "a", 0, 2).has_value());
  EXPECT_FALSE(table.optional_month(2, "b").has_value());
  EXPECT_EQ(table.integer(4, "b", 1, 3), 3);
  ASSERT_TRUE(errors.empty()) << told();
  EXPECT_EQ(table.number(1, "a", 0, 2), 0);
  static_cast<void>(table.month(1, "b"));
  static_cast<void>(table.number(2, "a", 0, 2));
  static_cast<void>(table.number(3, "a", 0, 2));
  static_cast<void>(table.number(4, "a", 0, 2));
  static_cast<void>(table.integer(0, "a", 0, 2));
  static_cast<void>(table.required_text(2, "b"));
  std::vector<std::string_view> const words{"one", "two"};
  static_cast<void>(table.choice(3, "b", words));
  auto const found = errors.sentences();
  ASSERT_EQ(found.size(), 8U) << told();
  EXPECT_EQ(found[0], "t.csv:3: a = 0,5 (decimals are written with a point). Did you mean 0.5?");
  EXPECT_EQ(found[1], "t.csv:3: b = 2020-13 (must be a month YYYY-MM, 1900-01 to 2199-12).");
  EXPECT_EQ(found[2], "t.csv:4: a = 9 (a number from 0 to 2).");
  EXPECT_EQ(found[3], "t.csv:5: a = \"\" (a number is missing).");
  EXPECT_EQ(found[4], "t.csv:6: a = 1e400 (the number is too large).");
  EXPECT_EQ(found[5], "t.csv:2: a = 1.5 (must be a whole number). Did you mean 1?");
  EXPECT_EQ(found[6], "t.csv:4: b = \"\" (the text is missing).");
  EXPECT_EQ(found[7], "t.csv:5: b = x (unknown word). Valid: one, two.");
}

TEST_F(CsvReading, AMillionMistakesFillNeitherMemoryNorScreen) {
  std::string text = "a,b\n";
  for (int i = 0; i < 100'000; ++i) text += "1\n";
  static_cast<void>(parse(text));
  EXPECT_EQ(errors.count(), 100'000U);
  ASSERT_EQ(errors.sentences().size(), 201U);
  EXPECT_EQ(errors.sentences().back(), "... and 99800 more mistakes.");
}

TEST_F(CsvReading, ALineOfMillionsOfCommasIsOneSentence) {
  static_cast<void>(parse(std::string(10'000'000, ',')));  // NOLINT(bugprone-string-constructor): as long as it is meant to be
  EXPECT_EQ(errors.count(), 1U);
}

TEST(Numbers, OneGrammarForAll) {
  for (auto const& [text, value] :
       std::vector<std::pair<char const*, double>>{{"0", 0},
                                                   {"-0", 0},
                                                   {"1", 1},
                                                   {"-1.25", -1.25},
                                                   {"1e3", 1000},
                                                   {"1E-3", 0.001},
                                                   {"0e999", 0},
                                                   {"5e-324", 5e-324},
                                                   {"1.7976931348623157e308", 1.7976931348623157e308}}) {
    auto const parsed = parse_number(text);
    EXPECT_EQ(parsed.fault, NumberFault::none) << text;
    EXPECT_EQ(parsed.value, value) << text;
    EXPECT_FALSE(std::signbit(parsed.value) && value == 0) << text;
  }
  for (auto const& [text, fault] :
       std::vector<std::pair<char const*, NumberFault>>{{"", NumberFault::empty},
                                                        {"0,5", NumberFault::decimal_comma},
                                                        {"-12,50", NumberFault::decimal_comma},
                                                        {"010", NumberFault::leading_zero},
                                                        {"-01.5", NumberFault::leading_zero},
                                                        {"inf", NumberFault::not_finite},
                                                        {"-.INF", NumberFault::not_finite},
                                                        {"nan", NumberFault::not_finite},
                                                        {".NaN", NumberFault::not_finite},
                                                        {"Infinity", NumberFault::not_finite},
                                                        {"1e400", NumberFault::too_large},
                                                        {"0.1e400", NumberFault::too_large},
                                                        {"-1e400", NumberFault::too_large},
                                                        {"1e-400", NumberFault::too_small},
                                                        {"0.1e-400", NumberFault::too_small},
                                                        {".5", NumberFault::malformed},
                                                        {"5.", NumberFault::malformed},
                                                        {"+5", NumberFault::malformed},
                                                        {"1e", NumberFault::malformed},
                                                        {"0x10", NumberFault::malformed},
                                                        {"1_000", NumberFault::malformed},
                                                        {" 1", NumberFault::malformed},
                                                        {"1 ", NumberFault::malformed},
                                                        {"1,2,3", NumberFault::malformed},
                                                        {"--1", NumberFault::malformed},
                                                        {"-", NumberFault::malformed},
                                                        {"1.2.3", NumberFault::malformed},
                                                        {"٣", NumberFault::malformed},
                                                        {"infinite", NumberFault::malformed}})
    EXPECT_EQ(parse_number(text).fault, fault) << text;
  EXPECT_EQ(parse_number(std::string(400, '9')).fault, NumberFault::too_large);
  EXPECT_EQ(parse_number("0." + std::string(400, '0') + "1").fault, NumberFault::too_small);
  EXPECT_EQ(parse_integer("9223372036854775807").value, 9223372036854775807);
  EXPECT_EQ(parse_integer("-9223372036854775808").value, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_integer("9223372036854775808").fault, NumberFault::too_large);
  EXPECT_EQ(parse_integer("1.0").fault, NumberFault::not_whole);
  EXPECT_EQ(parse_integer("1e3").fault, NumberFault::not_whole);
}

TEST(Numbers, EveryDoubleReadsBackFromItsText) {
  std::uint64_t bits = 88172645463325252ULL;
  int checked = 0;
  for (int i = 0; i < 200'000; ++i) {
    bits ^= bits << 13U;
    bits ^= bits >> 7U;
    bits ^= bits << 17U;
    auto const any = std::bit_cast<double>(bits);
    if (!std::isfinite(any) || any == 0) continue;
    double const everyday = std::ldexp(any, -std::ilogb(any)) * std::pow(10.0, static_cast<double>(bits % 24) - 6);
    for (double const value : {any, everyday}) {
      auto const parsed = parse_number(number_text(value));
      ASSERT_EQ(parsed.fault, NumberFault::none) << number_text(value);
      ASSERT_EQ(std::bit_cast<std::uint64_t>(parsed.value), std::bit_cast<std::uint64_t>(value)) << number_text(value);
      ++checked;
    }
  }
  EXPECT_GT(checked, 300'000);
  EXPECT_EQ(number_text(0.0), "0");
  EXPECT_EQ(number_text(1e6), "1000000");
  EXPECT_EQ(number_text(0.1), "0.1");
}

TEST(Suggestions, TheNearestWordIsOffered) {
  std::vector<std::string_view> const words{"months", "name", "scale", "capacity_per_month"};
  EXPECT_EQ(edit_distance("months", "monhts"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(nearest("month", words), "months");
  EXPECT_EQ(nearest("capacity", words), "capacity_per_month");
  EXPECT_FALSE(nearest("zzzzzz", words).has_value());
  EXPECT_FALSE(nearest(std::string(10'000, 'm'), words).has_value());
}

class DistrictReading : public ::testing::Test {
 protected:
  void SetUp() override {
    speak_english();
    districts = bytes_of(corpus() / "data" / "districts.csv");
    areas = bytes_of(corpus() / "data" / "areas.csv");
  }
  static std::string replaced(std::string text, std::string_view from, std::string_view to) {
    auto const at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }
  std::string told(std::string const& district_text, std::string const& area_text) {
    folder.write("districts.csv", district_text);
    folder.write("areas.csv", area_text);
    return joined(mistakes_of([&] { return DistrictTable::read(folder.path()); }));
  }
  std::string districts, areas;
  TempFolder folder;
};

TEST_F(DistrictReading, RowsAndNeighboursArrive) {
  auto const& table = few_districts();
  ASSERT_EQ(table.rows().size(), 6U);
  auto const lima = table.find("150101");
  ASSERT_TRUE(lima.has_value());
  auto const& row = table.rows()[*lima];
  EXPECT_EQ(row.name, "Lima");
  EXPECT_EQ(row.zone, "lima_callao");
  EXPECT_EQ(row.population_2018, 270000);
  EXPECT_EQ(row.neighbours, (std::vector<std::uint16_t>{*table.find("070101"), *table.find("150110")}));
  EXPECT_TRUE(std::isnan(table.rows()[*table.find("120206")].area_km2));
  EXPECT_TRUE(std::isnan(table.rows()[*table.find("120206")].hdi_2019));
  EXPECT_FALSE(table.find("150102").has_value());
  EXPECT_FALSE(table.find("15").has_value());
}

TEST_F(DistrictReading, TheOrderOfRowsInTheFileDoesNotMatter) {
  auto const second_line = districts.find('\n') + 1, third_line = districts.find('\n', second_line) + 1;
  auto const moved = districts.substr(0, second_line) + districts.substr(third_line) +
                     districts.substr(second_line, third_line - second_line);
  ASSERT_EQ(told(moved, areas), "");
  auto const table = DistrictTable::read(folder.path());
  for (std::size_t i = 0; i < table.rows().size(); ++i) {
    EXPECT_EQ(table.rows()[i].ubigeo, few_districts().rows()[i].ubigeo);
    EXPECT_EQ(table.rows()[i].neighbours, few_districts().rows()[i].neighbours);
  }
}

TEST_F(DistrictReading, AreasAndPlacesStandForTheirRows) {
  auto const& table = few_districts();
  auto const ubigeos = [&](std::optional<std::vector<std::uint16_t>> const& rows) {
    std::string all;
    for (auto const row : rows.value_or(std::vector<std::uint16_t>{}))
      all += (all.empty() ? "" : " ") + table.rows()[row].ubigeo;
    return all;
  };
  EXPECT_EQ(ubigeos(table.area("lima_callao")), "070101 150101 150110");
  EXPECT_EQ(ubigeos(table.area("host_cities")), "070101 150101 150110 150201");
  EXPECT_EQ(table.area("peru")->size(), 6U);
  EXPECT_EQ(ubigeos(table.area("150110,010101")), "010101 150110");
  EXPECT_EQ(ubigeos(table.area("1501,12,150110")), "120206 150101 150110");
  for (char const* wrong :
       {"", "lima", "150111", "150101,", ",150101", "150101, 150110", "national", "150101,peru", "1", "15010", "15x"})
    EXPECT_FALSE(table.area(wrong).has_value()) << wrong;
  EXPECT_EQ(table.place("national")->size(), 6U);
  EXPECT_EQ(ubigeos(table.place("15")), "150101 150110 150201");
  EXPECT_EQ(ubigeos(table.place("1501")), "150101 150110");
  EXPECT_EQ(ubigeos(table.place("150101")), "150101");
  EXPECT_EQ(table.place("peru")->size(), 6U);
  for (char const* wrong : {"", "99", "150101,150110", "15010", "Lima", "*"})
    EXPECT_FALSE(table.place(wrong).has_value()) << wrong;
}

TEST_F(DistrictReading, EveryMistakeOfATableIsTold) {
  EXPECT_EQ(told(districts, areas), "");
  std::vector<std::array<std::string_view, 3>> const district_cases{
      {"010101,Cha", "10101,Cha", "districts.csv:2: ubigeo = 10101 (a ubigeo has six digits)"},
      {"070101,Callao", "150101,Callao", "districts.csv:5: ubigeo = 150101 (appears twice)"},
      {"36602", "-1", "districts.csv:2: population_2018 = -1 (a number from 0 to"},
      {"-6.2294", "-96.2294", "latitude = -96.2294 (a number from -90 to 90)"},
      {"9.03", "\"9,03\"", "Did you mean 9.03?"},
      {"0.6424", "1.6424", "hdi_2019 = 1.6424 (a number from 0 to 1)"},
      {"150101,test", "150102,test", "150102 is not a district of the table"},
      {"070101;150110", "150110", "districts.csv:3: neighbours_ubigeo = 150101 (150101 does not name 070101 in return"},
      {"070101;150110", "070101;150101;150110", "not its own neighbour"},
      {"070101;150110", "070101;070101;150110", "070101 appears twice"},
      {"0.6424,,test fixture", "0.6424,,", "districts.csv:2: source = \"\" (the text is missing)"},
      {"altitude_m", "altitude", "the header is"},
  };
  for (auto const& [from, to, fragment] : district_cases) {
    auto const found = told(replaced(districts, from, to), areas);
    EXPECT_NE(found.find(fragment), std::string::npos) << fragment << "\n" << found;
  }
  std::vector<std::array<std::string_view, 3>> const area_cases{
      {"lima_callao;other_city", "lima_callao;other_cty",
       "areas.csv:3: groups = lima_callao;other_cty (no district is of group other_cty). Did you mean other_city?"},
      {"host_cities", "lima_callao", "areas.csv:3: area = lima_callao (appears twice)"},
      {"host_cities", "national", "areas.csv:3: area = national"},
      {"host_cities", "15", "areas.csv:3: area = 15 (lower-case letters"},
  };
  for (auto const& [from, to, fragment] : area_cases) {
    auto const found = told(districts, replaced(areas, from, to));
    EXPECT_NE(found.find(fragment), std::string::npos) << fragment << "\n" << found;
  }
  auto const both = told(replaced(districts, "36602", "x"), replaced(areas, "Cities", ""));
  EXPECT_NE(both.find("population_2018"), std::string::npos) << both;
  EXPECT_NE(both.find("title_en"), std::string::npos) << both;
}

TEST_F(DistrictReading, EmptyTablesAreRefused) {
  auto const header_of = [](std::string const& text) { return text.substr(0, text.find('\n') + 1); };
  EXPECT_NE(told(header_of(districts), header_of(areas)).find("districts.csv: the table has no rows"),
            std::string::npos);
  EXPECT_NE(told(districts, header_of(areas)).find("areas.csv: the table has no rows"), std::string::npos);
}

TEST(TextFile, Utf8IsCheckedToTheLetter) {
  for (std::string_view good : {"a", "ñ", "日", "\xF0\x9F\x8C\xB1", "\xF4\x8F\xBF\xBF", "\xEF\xBF\xBF"})
    EXPECT_EQ(utf8_length_at(good, 0), good.size());
  for (std::string_view bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x80\x80", "\xED\xA0\x80", "\xE2\x82",
                               "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", ""})
    EXPECT_EQ(utf8_length_at(bad, 0), 0U);
}

}  // namespace
}  // namespace arraigo::tests
