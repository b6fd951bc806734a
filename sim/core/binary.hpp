/// Plain binary reading and writing of state, exact to the bit.
#pragma once
#include <cstdint>
#include <istream>
#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

#include "core/errors.hpp"
#include "core/input_errors.hpp"

namespace arraigo {

/// The complaint about a saved state.
[[nodiscard]] inline InputError unusable_state(Message why) { return InputError(say(Message::st_unusable, text(why, language_of_environment()))); }

class Writer {
 public:
  explicit Writer(std::ostream& out) : out_(out) {}
  template <class T>
  void operator()(T const& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    out_.write(reinterpret_cast<char const*>(&value), sizeof value);
  }
  template <class T, class A>
  void operator()(std::vector<T, A> const& values) {
    (*this)(static_cast<std::uint64_t>(values.size()));
    if constexpr (std::is_trivially_copyable_v<T>)
      out_.write(reinterpret_cast<char const*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
    else
      for (auto const& value : values) (*this)(value);
  }

 private:
  std::ostream& out_;
};

class Reader {
 public:
  explicit Reader(std::istream& in) : in_(in) {}
  template <class T>
  void operator()(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    in_.read(reinterpret_cast<char*>(&value), sizeof value);
    if (!in_) throw unusable_state(Message::st_ends);
  }
  template <class T, class A>
  void operator()(std::vector<T, A>& values) {
    std::uint64_t size = 0;
    (*this)(size);
    if (size > (1ULL << 33) / sizeof(T)) throw unusable_state(Message::st_size);
    values.resize(size);
    if constexpr (std::is_trivially_copyable_v<T>) {
      in_.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
      if (!in_) throw unusable_state(Message::st_ends);
    } else {
      for (auto& value : values) (*this)(value);
    }
  }

 private:
  std::istream& in_;
};

}  // namespace arraigo
