/// What a failure is on the screen.
#pragma once
#include <exception>
#include <string>
#include <vector>

namespace arraigo::viz {

/// Sentences of whatever went wrong; a bug says that it is one.
[[nodiscard]] std::vector<std::string> sentences_of(std::exception_ptr const& failure);

}  // namespace arraigo::viz
