// The packets before the first typed message: SSLRequest, GSSENCRequest, CancelRequest, StartupMessage
// (protocol 55.2.1).
//
// Threading: pure functions. Validity: a startup packet owns its texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sluice/wire/error.hpp"

namespace sluice::wire {

inline constexpr std::uint32_t cancel_request_code = 80877102;
inline constexpr std::uint32_t ssl_request_code = 80877103;
inline constexpr std::uint32_t gssenc_request_code = 80877104;
inline constexpr std::uint16_t protocol_major = 3;

struct ssl_request {};
struct gssenc_request {};
struct cancel_request {
  std::uint32_t process = 0;
  std::uint32_t secret = 0;
};
struct startup {
  std::uint16_t minor = 0;
  std::vector<std::pair<std::string, std::string>> parameters;  // in the order sent, names as sent
};
struct unsupported_version {
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
};
using startup_packet = std::variant<ssl_request, gssenc_request, cancel_request, startup, unsupported_version>;

parsed<startup_packet> parse_startup(std::string_view body);  // behind the length word

// The `options` parameter: blanks separate, backslash escapes; -c name=value, -cname=value, --name=value. Fails on
// anything else, with the word that was not understood.
struct options_outcome {
  std::vector<std::pair<std::string, std::string>> settings;
  std::string not_understood;  // empty: all was
};
options_outcome parse_options(std::string_view options);

}  // namespace sluice::wire
