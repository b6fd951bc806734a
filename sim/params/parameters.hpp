/// The parameters of the model: one table (parameters.def) and the values of one run.
#pragma once
#include <span>
#include <string_view>

#include "core/text.hpp"

namespace arraigo {

/// Values of one run. Units and sources stand in parameters.def.
struct Parameters {
#define P(group, name, unit, low, high, value, source, es, en) double group##_##name = value;
#include "params/parameters.def"
#undef P
};

/// One row of the table.
struct ParameterRow {
  char const* group;
  char const* name;
  char const* unit;
  double low, high, value;  ///< admissible range (both ends included) and default
  char const* source;       ///< a citation, or "assumption: reason"
  Text title;
  double Parameters::*member;
};

[[nodiscard]] std::span<ParameterRow const> parameter_table();
/// By "group.name"; null when there is none.
[[nodiscard]] ParameterRow const* find_parameter(std::string_view dotted);

}  // namespace arraigo
