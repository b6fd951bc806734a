#include "core/version.hpp"

#include "version_commit.hpp"

namespace arraigo {

char const* version() { return ARRAIGO_VERSION; }
char const* commit() { return ARRAIGO_COMMIT; }
char const* build_type() { return ARRAIGO_BUILD_TYPE; }
char const* packages() { return ARRAIGO_PACKAGES; }
char const* sanitizers() { return ARRAIGO_SANITIZE; }

std::string compiler() {
#if defined(__clang__)
  return std::string{"clang++ "} + __clang_version__;
#else
  return std::string{"g++ "} + __VERSION__;
#endif
}

}  // namespace arraigo
