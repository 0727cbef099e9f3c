#include "sluice/wire/backend.hpp"

#include <array>
#include <charconv>

#include "sluice/wire/reader.hpp"

namespace sluice::wire {

std::string_view name_of(authentication request) {
  switch (request) {
    case authentication::ok: return "trust";
    case authentication::kerberos_v5: return "Kerberos V5";
    case authentication::cleartext: return "cleartext password";
    case authentication::md5: return "MD5 password";
    case authentication::gss:
    case authentication::gss_continue: return "GSSAPI";
    case authentication::sspi: return "SSPI";
    case authentication::sasl:
    case authentication::sasl_continue:
    case authentication::sasl_final: return "SASL";
  }
  return "unknown";
}

parsed<authentication_view> parse_authentication(std::string_view body) {
  reader from(body);
  authentication_view view;
  view.request = static_cast<authentication>(from.quad());
  view.data = from.bytes(from.rest().size());
  return from.finish(view);
}

parsed<std::vector<std::string_view>> parse_sasl_mechanisms(std::string_view data) {
  reader from(data);
  std::vector<std::string_view> names;
  for (;;) {
    const auto name = from.text();
    if (from.failed() || name.empty()) break;
    names.push_back(name);
  }
  return from.finish(std::move(names));
}

parsed<parameter_status_view> parse_parameter_status(std::string_view body) {
  reader from(body);
  parameter_status_view view;
  view.name = from.text();
  view.value = from.text();
  return from.finish(view);
}

parsed<backend_key> parse_backend_key(std::string_view body) {
  reader from(body);
  backend_key key;
  key.process = from.quad();
  key.secret = from.quad();
  return from.finish(key);
}

parsed<transaction_status> parse_ready(std::string_view body) {
  reader from(body);
  const auto status = static_cast<char>(from.byte());
  if (status != 'I' && status != 'T' && status != 'E') from.fail(error::bad_value);
  return from.finish(static_cast<transaction_status>(status));
}

parsed<std::vector<field_view>> parse_row_description(std::string_view body) {
  constexpr std::size_t smallest_field = 19;  // empty name and the fixed part
  reader from(body);
  std::vector<field_view> fields(from.count(smallest_field));
  for (auto& each : fields) {
    each.name = from.text();
    each.origin_at = body.size() - from.rest().size();
    each.relation = from.quad();
    each.attnum = static_cast<std::int16_t>(from.word());
    each.type = from.quad();
    each.size = static_cast<std::int16_t>(from.word());
    each.typmod = static_cast<std::int32_t>(from.quad());
    each.format = from.word();
  }
  return from.finish(std::move(fields));
}

parsed<std::vector<std::uint32_t>> parse_parameter_description(std::string_view body) {
  reader from(body);
  std::vector<std::uint32_t> types(from.count(4));
  for (auto& each : types) each = from.quad();
  return from.finish(std::move(types));
}

parsed<notice_fields> parse_notice(std::string_view body) {
  reader from(body);
  notice_fields fields;
  for (;;) {
    const auto code = static_cast<char>(from.byte());
    if (from.failed() || code == '\0') break;
    fields.emplace_back(code, from.text());
    if (from.failed()) break;
  }
  return from.finish(std::move(fields));
}

parsed<std::string_view> parse_command_complete(std::string_view body) {
  reader from(body);
  const auto tag = from.text();
  return from.finish(tag);
}

parsed<copy_view> parse_copy_response(std::string_view body) {
  reader from(body);
  copy_view view;
  view.format = from.byte();
  view.columns.resize(from.count(2));
  for (auto& each : view.columns) each = from.word();
  return from.finish(std::move(view));
}

void patch_origin(std::string& body, std::size_t origin_at, std::uint32_t relation, std::int16_t attnum) {
  const auto column = static_cast<std::uint16_t>(attnum);
  const std::array<char, 6> bytes{static_cast<char>(relation >> 24), static_cast<char>(relation >> 16),
                                  static_cast<char>(relation >> 8),  static_cast<char>(relation),
                                  static_cast<char>(column >> 8),    static_cast<char>(column)};
  body.replace(origin_at, bytes.size(), bytes.data(), bytes.size());
}

std::optional<std::uint64_t> rows_of(std::string_view tag) {
  const auto blank = tag.rfind(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto digits = tag.substr(blank + 1);
  std::uint64_t rows = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), rows);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return rows;
}

std::string_view find_field(const notice_fields& in, char code) {
  for (const auto& [each, text] : in) {
    if (each == code) return text;
  }
  return {};
}

}  // namespace sluice::wire
