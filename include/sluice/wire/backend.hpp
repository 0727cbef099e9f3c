// What servers say, parsed in place; and the few messages that are changed on their way to the client.
//
// Threading: pure functions. Validity: every view points into the body that was parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/wire/error.hpp"

namespace sluice::wire {

// Authentication requests (the number in front of an 'R' message).
enum class authentication : std::uint32_t {
  ok = 0,
  kerberos_v5 = 2,
  cleartext = 3,
  md5 = 5,
  gss = 7,
  gss_continue = 8,
  sspi = 9,
  sasl = 10,
  sasl_continue = 11,
  sasl_final = 12
};
struct authentication_view {
  authentication request = authentication::ok;
  std::string_view data;
};
// For people: "cleartext password", "MD5 password", "GSSAPI", …
std::string_view name_of(authentication request);

struct parameter_status_view {
  std::string_view name;
  std::string_view value;
};
struct backend_key {
  std::uint32_t process = 0;
  std::uint32_t secret = 0;
};
enum class transaction_status : char { idle = 'I', in_transaction = 'T', failed = 'E' };

struct field_view {
  std::string_view name;
  std::uint32_t relation = 0;  // 0: not a plain column
  std::int16_t attnum = 0;
  std::uint32_t type = 0;
  std::int16_t size = 0;
  std::int32_t typmod = 0;
  std::uint16_t format = 0;
  std::size_t origin_at = 0;  // offset of relation and attnum in the body
};
struct copy_view {
  std::uint8_t format = 0;  // 1: binary
  std::vector<std::uint16_t> columns;
};
using notice_fields = std::vector<std::pair<char, std::string_view>>;

parsed<authentication_view> parse_authentication(std::string_view body);
parsed<std::vector<std::string_view>> parse_sasl_mechanisms(std::string_view data);
parsed<parameter_status_view> parse_parameter_status(std::string_view body);
parsed<backend_key> parse_backend_key(std::string_view body);
parsed<transaction_status> parse_ready(std::string_view body);
parsed<std::vector<field_view>> parse_row_description(std::string_view body);
parsed<std::vector<std::uint32_t>> parse_parameter_description(std::string_view body);
parsed<notice_fields> parse_notice(std::string_view body);  // ErrorResponse and NoticeResponse
parsed<std::string_view> parse_command_complete(std::string_view body);
parsed<copy_view> parse_copy_response(std::string_view body);

// Overwrites the origin of one field in a RowDescription body.
void patch_origin(std::string& body, std::size_t origin_at, std::uint32_t relation, std::int16_t attnum);

// Rows of a command tag: "SELECT 5", "INSERT 0 5", "COPY 5"; nullopt for tags that count nothing.
std::optional<std::uint64_t> rows_of(std::string_view tag);
// The first field of that code, or an empty view.
std::string_view find_field(const notice_fields& in, char code);

}  // namespace sluice::wire
