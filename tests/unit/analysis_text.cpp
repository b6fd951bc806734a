#include <gtest/gtest.h>

#include "analysis/text_output.hpp"
#include "core/sha256.hpp"

namespace arraigo::analysis {
namespace {

TEST(NumberFormat, FollowsTheLanguage) {
  EXPECT_EQ(format_number(1234567.891, 2, Lang::en), "1,234,567.89");
  EXPECT_EQ(format_number(1234567.891, 2, Lang::es), "1\u00A0234\u00A0567,89");
  EXPECT_EQ(format_number(-999, 0, Lang::en), "-999");
  EXPECT_EQ(format_number(3.25, 1, Lang::es, Sign::always), "+3,2");
}

TEST(NumberFormat, WhatRoundsToZeroHasNoSign) {
  EXPECT_EQ(format_number(-0.04, 1, Lang::en, Sign::always), "0.0");
  EXPECT_EQ(format_number(-0.0, 0, Lang::en), "0");
}

TEST(NumberFormat, AnIntervalShowsOnWhichSideOfZeroItEnds) {
  EXPECT_EQ(decimals_that_show(0.03, Interval{0.01, 0.05}, 1), 2);
  EXPECT_EQ(decimals_that_show(-0.24, Interval{-0.48, -0.01}, 1), 2);
  EXPECT_EQ(decimals_that_show(0.06, Interval{-0.011, 0.13}, 1), 2);
  EXPECT_EQ(decimals_that_show(2, Interval{0, 4}, 1), 1) << "zero itself is shown by any";
  EXPECT_EQ(decimals_that_show(2, Interval{1e-9, 4}, 1), 4) << "three more at most";
}

TEST(NumberFormat, ASmallProbabilityIsBelowAThousandth) {
  EXPECT_EQ(p_text(0.0004, Lang::en), "<0.001");
  EXPECT_EQ(p_text(0.0126, Lang::es), "0,013");
}

TEST(DisplayWidth, CountsCharactersAndNotBytes) {
  EXPECT_EQ(display_width("Ancón"), 5U);
  EXPECT_EQ(display_width("Anco\u0301n"), 5U);
  EXPECT_EQ(pad_left("ñ", 3), "  ñ");
  EXPECT_EQ(pad_right("ñ", 3), "ñ  ");
}

TEST(CsvField, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(csv_field("plain text"), "plain text");
  EXPECT_EQ(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
}

TEST(Sha256, AgreesWithThePublishedExamples) {
  // FIPS 180-4 examples: the empty message, and "abc" in two pieces.
  Sha256 sha;
  EXPECT_EQ(sha.finish(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  sha.add("a");
  sha.add("bc");
  EXPECT_EQ(sha.finish(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace arraigo::analysis
