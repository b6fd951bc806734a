/// What the codes of tables, files and scenarios mean, for the tables that people read; CSV and JSON keep the codes.
#pragma once
#include <string>
#include <string_view>

#include "core/text.hpp"

namespace arraigo::app {

/// "survey" -> "encuesta", "temporary" -> "permiso temporal (PTP, CPP)". A code that is not known stays as it is.
[[nodiscard]] std::string code_word(std::string_view code, Lang lang);

}  // namespace arraigo::app
