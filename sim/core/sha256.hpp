/// SHA-256 (FIPS 180-4), by OpenSSL's libcrypto: digests of input tables and of results.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace arraigo {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256 const&) = delete;
  Sha256& operator=(Sha256 const&) = delete;

  void add(std::span<std::byte const> bytes);
  void add(std::string_view text) { add(std::as_bytes(std::span{text.data(), text.size()})); }
  /// 64 lower-case hex digits of everything added; starts anew afterwards.
  [[nodiscard]] std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace arraigo
