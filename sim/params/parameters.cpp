#include "params/parameters.hpp"

#include <array>

namespace arraigo {
namespace {
constexpr std::array table{
#define P(group, name, unit, low, high, value, source, es, en) \
  ParameterRow{#group, #name, unit, low, high, value, source, Text{es, en}, &Parameters::group##_##name},
#include "params/parameters.def"
#undef P
};
constexpr bool every_row_is_sound() {
  for (auto const& row : table)
    if (!(row.low <= row.value && row.value <= row.high && row.low < row.high && *row.source != '\0')) return false;
  return true;
}
static_assert(every_row_is_sound(), "a parameter's default lies outside its range, its range is empty, or its source is missing");
}  // namespace

std::span<ParameterRow const> parameter_table() { return table; }

ParameterRow const* find_parameter(std::string_view dotted) {
  for (auto const& row : table) {
    std::string_view const group = row.group, name = row.name;
    if (dotted.size() == group.size() + 1 + name.size() && dotted.starts_with(group) && dotted[group.size()] == '.' &&
        dotted.ends_with(name))
      return &row;
  }
  return nullptr;
}

}  // namespace arraigo
