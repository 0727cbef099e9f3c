// Messages we say ourselves, to clients and to upstreams: each appends one whole message to `out`.
//
// Threading: pure functions. Texts must not hold a NUL; what stands behind one is cut off.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/wire/backend.hpp"
#include "sluice/wire/frontend.hpp"

namespace sluice::wire {

// Any message from its ready body.
void append_message(std::string& out, char type, std::string_view body);

// What the gateway tells a client about a problem. Positions are 1-based characters; 0: none.
struct problem {
  std::string_view severity = "ERROR";
  std::string_view sqlstate;
  std::string_view message;
  std::string_view detail{};
  std::string_view hint{};
  std::size_t position = 0;
};
void append_error(std::string& out, const problem& what);
void append_notice(std::string& out, char type, const notice_fields& fields);  // ErrorResponse or NoticeResponse again

void append_authentication(std::string& out, authentication request, std::string_view data = {});
void append_sasl_mechanisms(std::string& out, std::initializer_list<std::string_view> mechanisms);
void append_negotiate_version(std::string& out, std::uint32_t minor, const std::vector<std::string>& unknown_options);
void append_parameter_status(std::string& out, std::string_view name, std::string_view value);
void append_backend_key(std::string& out, const backend_key& key);
void append_ready(std::string& out, transaction_status status);

// To upstreams.
void append_startup(std::string& out, std::span<const std::pair<std::string, std::string>> parameters);
void append_ssl_request(std::string& out);
void append_cancel_request(std::string& out, std::uint32_t process, std::uint32_t secret);
void append_sasl_initial(std::string& out, std::string_view mechanism, std::string_view response);
void append_sasl_response(std::string& out, std::string_view response);
void append_query(std::string& out, std::string_view sql);
void append_parse(std::string& out, std::string_view name, std::string_view sql, std::span<const std::uint32_t> types);
void append_close(std::string& out, target what, std::string_view name);
void append_describe(std::string& out, target what, std::string_view name);
void append_execute(std::string& out, std::string_view portal, std::uint32_t max_rows = 0);
void append_sync(std::string& out);
void append_flush(std::string& out);
void append_copy_fail(std::string& out, std::string_view reason);
void append_terminate(std::string& out);

}  // namespace sluice::wire
