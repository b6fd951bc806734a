#include "core/text_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <new>
#include <utility>

namespace arraigo {
namespace {
std::string name_of(std::filesystem::path const& file, std::string_view name_in_sentences) {
  return std::string{name_in_sentences.empty() ? file.string() : name_in_sentences};
}
}  // namespace

std::size_t utf8_length_at(std::string_view text, std::size_t at) {
  auto const byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  auto const follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  unsigned const first = byte(0);
  if (at >= text.size()) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;  // longer than needed
    if (first == 0xED && byte(1) > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;  // longer than needed
    if (first == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
    return 4;
  }
  return 0;
}

std::string system_reason(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return say(Message::os_no_permission);
    case EROFS:
      return say(Message::os_read_only);
    case ENOSPC:
      return say(Message::os_disk_full);
    case EDQUOT:
      return say(Message::os_quota);
    case ENOENT:
      return say(Message::os_missing);
    case ENOTDIR:
      return say(Message::os_no_folder);
    case EISDIR:
      return say(Message::os_is_folder);
    case EEXIST:
      return say(Message::os_exists);
    case ENAMETOOLONG:
      return say(Message::os_name_long);
    case ELOOP:
      return say(Message::os_link_loop);
    case EIO:
      return say(Message::os_io);
    case EFBIG:
      return say(Message::os_file_large);
    case EMFILE:
    case ENFILE:
      return say(Message::os_too_many_files);
    case ENOMEM:
      return say(Message::os_no_memory);
    case EBUSY:
    case ETXTBSY:
      return say(Message::os_busy);
    default:
      return say(Message::os_other, error);
  }
}

std::string position(std::string_view name, std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  auto const before = text.substr(0, offset);
  auto const line = 1 + std::count(before.begin(), before.end(), '\n');
  auto const last_break = before.rfind('\n');
  auto const in_line = last_break == std::string_view::npos ? before : before.substr(last_break + 1);
  auto const column = 1 + std::count_if(in_line.begin(), in_line.end(),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return fmt::format("{}:{}:{}", name, line, column);
}

std::optional<std::string> checked_text(std::string bytes, std::string_view name, Errors& errors) {
  if (bytes.starts_with("\xEF\xBB\xBF")) {
    errors.add(say(Message::in_file_bom, name));
    return std::nullopt;
  }
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    errors.add(say(Message::in_file_utf16, name));
    return std::nullopt;
  }
  std::size_t const errors_before = errors.count();
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t const length = utf8_length_at(bytes, at);
    auto const byte = static_cast<unsigned char>(bytes[at]);
    if (length == 0) {
      errors.add(say(Message::in_file_not_utf8, position(name, bytes, at), fmt::format("{:02X}", byte)));
      break;  // the rest would be noise: the file has another encoding
    }
    bool const lone_return = byte == '\r' && (at + 1 == bytes.size() || bytes[at + 1] != '\n');
    bool const control = (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F || lone_return ||
                         (length == 2 && byte == 0xC2 && static_cast<unsigned char>(bytes[at + 1]) < 0xA0);
    bool const hidden_mark = length == 3 && bytes.compare(at, 3, "\xEF\xBB\xBF") == 0;
    bool const odd_break =
        length == 3 && (bytes.compare(at, 3, "\xE2\x80\xA8") == 0 || bytes.compare(at, 3, "\xE2\x80\xA9") == 0);
    if (control || hidden_mark || odd_break) {
      auto const code =
          length == 1 ? fmt::format("{:02X}", byte)
                      : fmt::format("{:02X}", fmt::join(std::vector<unsigned char>(
                                                            bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                                            bytes.begin() + static_cast<std::ptrdiff_t>(at + length)),
                                                        " "));
      errors.add(say(Message::in_file_control, position(name, bytes, at), code));
      break;
    }
    at += length;
  }
  if (errors.count() != errors_before) return std::nullopt;
  std::erase(bytes, '\r');  // only CRLF is left
  return bytes;
}

std::optional<std::string> read_file(std::filesystem::path const& file, std::size_t most_bytes, Errors& errors,
                                     std::string_view name_in_sentences) try {
  std::string const name = name_of(file, name_in_sentences);
  std::error_code failed;
  auto const status = std::filesystem::status(file, failed);
  if (status.type() == std::filesystem::file_type::not_found) {
    errors.add(say(Message::in_file_missing, name));
    return std::nullopt;
  }
  if (failed) throw MachineError(say(Message::in_file_unreadable, name, system_reason(failed.value())));
  if (status.type() != std::filesystem::file_type::regular) {
    errors.add(say(Message::in_file_not_regular, name));
    return std::nullopt;
  }
  auto const close = [](std::FILE* stream) { std::fclose(stream); };
  std::unique_ptr<std::FILE, decltype(close)> const stream{std::fopen(file.c_str(), "rb"), close};
  if (stream == nullptr) throw MachineError(say(Message::in_file_unreadable, name, system_reason(errno)));
  auto const announced = std::filesystem::file_size(file, failed);
  if (failed) throw MachineError(say(Message::in_file_unreadable, name, system_reason(failed.value())));
  auto const too_large = [&](auto size) {
    errors.add(say(Message::in_file_too_large, name, size >> 20U, most_bytes >> 20U));
  };
  if (announced > most_bytes) {
    too_large(announced);
    return std::nullopt;
  }
  // One byte more than announced tells a file that is growing; it is then read on up to the limit.
  std::string bytes(static_cast<std::size_t>(announced) + 1, '\0');
  std::size_t have = 0;
  for (;;) {
    have += std::fread(bytes.data() + have, 1, bytes.size() - have, stream.get());
    if (std::ferror(stream.get()) != 0)
      throw MachineError(say(Message::in_file_unreadable, name, system_reason(errno)));
    if (have < bytes.size()) break;
    if (have > most_bytes) {
      too_large(have);
      return std::nullopt;
    }
    bytes.resize(std::min(2 * bytes.size(), most_bytes + 1));
  }
  bytes.resize(have);
  return bytes;
} catch (std::bad_alloc const&) {
  throw MachineError(say(Message::in_file_unreadable, name_of(file, name_in_sentences), system_reason(ENOMEM)));
}

std::string read_whole_file(std::filesystem::path const& file, std::size_t most_bytes) {
  Errors errors;
  auto bytes = read_file(file, most_bytes, errors);
  errors.throw_if_any();
  return std::move(*bytes);
}

std::optional<std::string> read_text_file(std::filesystem::path const& file, std::size_t most_bytes, Errors& errors,
                                          std::string_view name_in_sentences) {
  auto bytes = read_file(file, most_bytes, errors, name_in_sentences);
  if (!bytes) return std::nullopt;
  return checked_text(std::move(*bytes), name_of(file, name_in_sentences), errors);
}

}  // namespace arraigo
