/// A state that is saved and loaded goes on to the same data; a damaged one is refused.
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "core/errors.hpp"
#include "support/model_runs.hpp"

namespace arraigo::tests {
namespace {

constexpr int months = 15;

std::shared_ptr<Prepared const> tiny(std::string const& area = few_districts_of_lima) {
  // A rise of the minimum wage, a programme's window and growing services: whatever depends on the month before.
  return prepare(variant("combined",
                         "measures:\n  - {id: wage, kind: minimum_wage, from: 2026-04, soles_per_month: 1400}\n"
                         "  - {id: fewer_places, kind: service_capacity, from: 2026-05, to: 2026-09, service: "
                         "childcare, factor: 0.2}\n",
                         small_case(100, months, area)),
                 Detail::districts);
}

std::string saved_after(Prepared const& prepared, int done) {
  Simulation simulation(prepared.setup, 0, prepared.detail);
  for (int k = 0; k < done; ++k) simulation.step();
  std::ostringstream out;
  simulation.save(out);
  return out.str();
}

TEST(SaveAndLoad, AfterAnyMonthTheRunGoesOnToTheSameData) {
  auto const prepared = tiny();
  auto const unbroken = run(*prepared);
  for (int k = 0; k < months; ++k) {
    SCOPED_TRACE(k);
    std::istringstream in(saved_after(*prepared, k));
    Simulation rest(prepared->setup, 0, prepared->detail);
    rest.load(in);
    ASSERT_EQ(rest.months_done(), k);
    while (!rest.done()) rest.step();
    auto const record = rest.take_record();
    EXPECT_EQ(record.state_hash, unbroken.state_hash);
    EXPECT_EQ(first_difference(prepared->layout, record, unbroken), "");
  }
}

TEST(SaveAndLoad, SavingTwiceWritesTheSameBytes) {
  auto const prepared = tiny();
  auto const first = saved_after(*prepared, 3);
  std::istringstream in(first);
  Simulation again(prepared->setup, 0, prepared->detail);
  again.load(in);
  std::ostringstream out;
  again.save(out);
  EXPECT_EQ(out.str(), first);
  EXPECT_NE(saved_after(*prepared, 4), first);
}

TEST(SaveAndLoad, ATruncatedStateIsRefused) {
  auto const prepared = tiny();
  auto const whole = saved_after(*prepared, 2);
  for (std::size_t part = 0; part < 40; ++part) {
    std::istringstream in(whole.substr(0, whole.size() * part / 40));
    Simulation simulation(prepared->setup, 0, prepared->detail);
    EXPECT_THROW(simulation.load(in), InputError) << part << "/40 of the bytes";
  }
  std::istringstream in(whole.substr(0, whole.size() - 1));
  Simulation simulation(prepared->setup, 0, prepared->detail);
  EXPECT_THROW(simulation.load(in), InputError);
}

TEST(SaveAndLoad, ADamagedStateIsRefused) {
  auto const prepared = tiny();
  auto const whole = saved_after(*prepared, 2);
  for (std::size_t i = 0; i < 60; ++i) {
    auto damaged = whole;
    std::size_t const at = i < 16 ? i : mix(i) % whole.size();
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    std::istringstream in(damaged);
    Simulation simulation(prepared->setup, 0, prepared->detail);
    EXPECT_THROW(simulation.load(in), InputError) << "byte " << at << " of " << whole.size();
  }
}

TEST(SaveAndLoad, TheStateOfAnotherScenarioIsRefused) {
  auto const prepared = tiny();
  auto const other = tiny("150101,150132,150135,150110");
  std::istringstream in(saved_after(*other, 2));
  Simulation simulation(prepared->setup, 0, prepared->detail);
  EXPECT_THROW(simulation.load(in), InputError);
}

TEST(SaveAndLoad, WhyAStateIsRefusedIsSaidInBothLanguages) {
  auto const prepared = tiny();
  auto const whole = saved_after(*prepared, 1);
  auto damaged = whole;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  auto const said = [&](std::string const& state, char const* language) -> std::string {
    setenv("LC_ALL", language, 1);
    std::istringstream in(state);
    Simulation simulation(prepared->setup, 0, prepared->detail);
    try {
      simulation.load(in);
    } catch (InputError const& error) {
      return error.what();
    }
    return "loaded";
  };
  EXPECT_NE(said("other", "en").find("The saved state cannot be used (no state that this version"), std::string::npos) << said("other", "en");
  EXPECT_NE(said("other", "es").find("El estado guardado no sirve (no es un estado"), std::string::npos) << said("other", "es");
  EXPECT_NE(said(damaged, "en").find("its contents differ"), std::string::npos) << said(damaged, "en");
  EXPECT_NE(said(damaged, "es").find("su contenido no coincide"), std::string::npos) << said(damaged, "es");
}

}  // namespace
}  // namespace arraigo::tests
