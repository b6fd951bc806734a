/// A small invented record for tests: an area total and cuts by sex and by district, of two zones.
#pragma once
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "record/run_file.hpp"

namespace arraigo::sample {

inline RecordLayout layout(int months = 3) {
  RecordLayout layout;
  layout.start = Month::of(2026, 11);
  layout.months = months;
  layout.dimensions = {
      {"sex", {"female", "male"}, {"mujeres", "hombres"}, {"women", "men"}, "Sexo", "Sex", "", {}},
      {"district",
       {"150101", "150102", "070101"},
       {"Lima", "Ancón", "Callao"},
       {"Lima", "Ancón", "Callao"},
       "Distrito",
       "District",
       "zone",
       {"Lima centro", "Lima norte", "Lima centro"}},
  };
  auto const add = [&](std::string const& base, std::string const& units, std::string const& es,
                       std::string const& en) {
    for (int dimension = -1; dimension < 2; ++dimension)
      layout.variables.push_back(
          {dimension < 0 ? base : base + "_by_" + layout.dimensions[static_cast<std::size_t>(dimension)].name, base,
           dimension, units, es, en, es + ": saldo al final del mes", en + ": stock at the end of the month"});
  };
  add("employed", "people", "Personas ocupadas", "Employed people");
  add("adults", "people", "Personas adultas", "Adults");
  add("travel", "minutes", "Viaje", "Travel");
  layout.variables.push_back({"refused", "refused", -1, "people", "Rechazos", "Refusals", "", ""});
  layout.indicators = {
      {"employment_share",
       {"employed"},
       {"adults"},
       100,
       "%",
       "Tasa de ocupación",
       "Employment rate",
       "Ocupados entre adultos",
       "Employed among adults",
       "survey",
       true,
       1},
      {"not_employed",
       {"adults", "-employed"},
       {},
       1,
       "people",
       "Personas sin trabajo",
       "People without work",
       "",
       "",
       "model",
       true,
       0},
      {"refusals_per_adult",
       {"refused"},
       {"adults"},
       1,
       "1",
       "Rechazos por adulto",
       "Refusals per adult",
       "",
       "",
       "register",
       false,
       3},
      {"travel_gap",
       {"travel"},
       {"employed"},
       -100,
       "%",
       "Brecha de viaje",
       "Gap of travel",
       "Frente a todos los adultos",
       "Against all adults",
       "survey",
       false,
       1,
       {"travel", "-employed"},
       {"adults"},
       100,
       "¿Cuánto viaja?",
       "How long do you travel?"},
  };
  return layout;
}

/// Values that differ in every cell; `shift` is added to the employed.
inline std::vector<ReplicateRecord> records(RecordLayout const& layout, int replicates, std::int64_t shift = 0) {
  std::vector<ReplicateRecord> all;
  for (int r = 0; r < replicates; ++r) {
    ReplicateRecord record;
    record.state_hash = 0x0123456789abcdefULL + static_cast<std::uint64_t>(r);
    for (auto const& variable : layout.variables) {
      std::size_t const keys =
          variable.dimension < 0 ? 1 : layout.dimensions[static_cast<std::size_t>(variable.dimension)].keys.size();
      std::int64_t const first = variable.base == "adults" ? 1000 : 500;
      std::vector<std::int64_t> values;
      for (int m = 0; m < layout.months; ++m)
        for (std::size_t k = 0; k < keys; ++k)
          values.push_back(first + 100 * m + 10 * static_cast<std::int64_t>(k) + r * r +
                           (variable.base == "employed" ? shift * (r + 1) : 0));
      record.values.push_back(std::move(values));
    }
    all.push_back(std::move(record));
  }
  return all;
}

inline RunAttributes attributes(std::string const& stem = "baseline") {
  return {{{"scenario", "name: " + stem + "\nstart: 2026-11\n"},
           {"stem", stem},
           {"title_es", "Línea de base"},
           {"title_en", "Baseline"},
           {"area", "lima_callao"},
           {"start", "2026-11"},
           {"data_digest", "d1"},
           {"version", "0.1.0"},
           {"commit", "abc"},
           {"command", "arraigo run"},
           {"started", "2026-01-01T00:00:00Z"}},
          {{"seed", 7}, {"scale", 20}, {"months", 3}}};
}

/// A folder of its own, removed at the end.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / fresh_name()) { std::filesystem::create_directories(path_); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
  [[nodiscard]] std::filesystem::path operator/(std::string const& name) const { return path_ / name; }
  [[nodiscard]] std::filesystem::path const& path() const { return path_; }

 private:
  static std::string fresh_name() {
    static std::atomic<int> next{0};
    return "arraigo-test-" + std::to_string(::getpid()) + "-" + std::to_string(next++);
  }
  std::filesystem::path path_;
};

}  // namespace arraigo::sample
