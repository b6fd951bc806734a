/// Runs in memory whose every figure a test states.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analysis/run_data.hpp"
#include "record/record.hpp"

namespace arraigo::analysis {

/// Of two months, unless told otherwise. What is not told is not there.
class HandMade {
 public:
  using Values = std::vector<std::vector<std::int64_t>>;  ///< [replicate][month, or month and key]

  explicit HandMade(int replicates, int months = 2) : replicates_(replicates) {
    layout_->start = Month::of(2026, 1);
    layout_->months = months;
    layout_->dimensions = {
        {"account_line",
         {"permit_fees", "permit_processing", "campaigns", "registry"},
         {"tasas", "trámite", "campañas", "SISFOH"},
         {"fees", "processing", "campaigns", "registry"},
         "línea",
         "line",
         "",
         {}},
        {"payer", {"state", "donor"}, {"Estado", "cooperación"}, {"state", "donors"}, "", "", "", {}},
        {"sex", {"female", "male"}, {"mujeres", "hombres"}, {"women", "men"}, "sexo", "sex", "", {}},
        {"district", {"150101", "150102"}, {"Lima", "Ancón"}, {"Lima", "Ancón"}, "distrito", "district", "", {}}};
    records_.resize(static_cast<std::size_t>(replicates));
  }
  HandMade& with(std::string const& name, Values const& values, std::string const& dimension = "") {
    int at = -1;
    for (std::size_t d = 0; d < layout_->dimensions.size(); ++d)
      if (layout_->dimensions[d].name == dimension) at = static_cast<int>(d);
    layout_->variables.push_back(
        {at < 0 ? name : name + "_by_" + dimension, name, at, "people", name + " es", name + " en", "", ""});
    for (int r = 0; r < replicates_; ++r)
      records_[static_cast<std::size_t>(r)].push_back(values[static_cast<std::size_t>(r)]);
    return *this;
  }
  HandMade& with(Indicator indicator) {
    layout_->indicators.push_back(std::move(indicator));
    return *this;
  }
  [[nodiscard]] RecordLayout const& layout() const { return *layout_; }
  [[nodiscard]] MemoryRun run(std::string const& name) const {
    std::vector<MemoryRun::Record> records;
    for (auto const& values : records_)
      records.push_back(std::make_shared<ReplicateRecord const>(ReplicateRecord{values, 1}));
    return MemoryRun(name, layout_, std::move(records));
  }

 private:
  int replicates_;
  std::shared_ptr<RecordLayout> layout_ = std::make_shared<RecordLayout>();
  std::vector<std::vector<std::vector<std::int64_t>>> records_;
};

}  // namespace arraigo::analysis
