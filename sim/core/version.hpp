/// Which program this is: for `arraigo --version` and for every run file's attributes.
#pragma once
#include <string>

namespace arraigo {

[[nodiscard]] char const* version();  ///< "0.1.0"
[[nodiscard]] char const* commit();   ///< 12 hex digits, "+changes" when the tree differed; "unknown" outside a clone
[[nodiscard]] char const* build_type();  ///< "Release", "Debug"
[[nodiscard]] char const* sanitizers();  ///< "address,undefined", "thread", or ""
[[nodiscard]] std::string compiler();    ///< "g++ 12.2.0"

/// The Debian packages that the build used, "g++ 4:12.2.0-3, libtbb-dev 2021.8.0-2..."; "unknown" where there is no dpkg.
[[nodiscard]] char const* packages();

}  // namespace arraigo
