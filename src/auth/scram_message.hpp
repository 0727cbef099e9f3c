// The attribute lists of SCRAM messages (RFC 5802 section 7): "a=value,b=value". Private to the module.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/auth/crypto.hpp"

namespace sluice::auth {

// Takes "<name>=<value>" off the front, with the comma behind it. Nothing, and `rest` unchanged, on any other text.
inline std::optional<std::string_view> take_attribute(std::string_view& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return std::nullopt;
  const auto comma = rest.find(',');
  const std::string_view value = rest.substr(2, comma == std::string_view::npos ? comma : comma - 2);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return value;
}

// RFC 5802: printable = %x21-2B / %x2D-7E
inline bool is_nonce(std::string_view text) {
  if (text.empty()) return false;
  for (char each : text) {
    if (each < 0x21 || each > 0x7e || each == ',') return false;
  }
  return true;
}

// attr-val lists that we read over: a letter, "=", and no NUL.
inline bool are_extensions(std::string_view rest) {
  while (!rest.empty()) {
    const char name = rest[0];
    if (!((name >= 'a' && name <= 'z') || (name >= 'A' && name <= 'Z')) || name == 'm') return false;
    if (!take_attribute(rest, name)) return false;
  }
  return true;
}

inline bool is_acceptable_message(std::string_view message, std::size_t most) {
  return !message.empty() && message.size() <= most && message.find('\0') == std::string_view::npos;
}

inline void exclusive_or(digest& into, const digest& with) {
  for (std::size_t index = 0; index < into.size(); ++index) into[index] ^= with[index];
}

}  // namespace sluice::auth
