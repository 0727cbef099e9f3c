#include "sluice/wire/build.hpp"

#include "sluice/wire/message.hpp"
#include "sluice/wire/startup.hpp"

namespace sluice::wire {
namespace {

void put_word(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

void put_quad(std::string& out, std::uint32_t value) {
  put_word(out, static_cast<std::uint16_t>(value >> 16));
  put_word(out, static_cast<std::uint16_t>(value));
}

void put_text(std::string& out, std::string_view text) {
  out += text.substr(0, text.find('\0'));
  out += '\0';
}

void overwrite_length(std::string& out, std::size_t at) {
  const auto length = static_cast<std::uint32_t>(out.size() - at);
  for (std::size_t i = 0; i < 4; ++i) out[at + i] = static_cast<char>(length >> (24 - 8 * i));
}

// Writes type and a length that is filled in when the body is complete.
class message {
 public:
  message(std::string& out, char type) : out_(out) {
    out_ += type;
    start_ = out_.size();
    put_quad(out_, 0);
  }
  message(const message&) = delete;
  message& operator=(const message&) = delete;
  ~message() { overwrite_length(out_, start_); }

 private:
  std::string& out_;
  std::size_t start_;
};

void put_field(std::string& out, char code, std::string_view text) {
  out += code;
  put_text(out, text);
}

}  // namespace

void append_message(std::string& out, char type, std::string_view body) {
  out += type;
  put_quad(out, static_cast<std::uint32_t>(body.size() + 4));
  out += body;
}

void append_error(std::string& out, const problem& what) {
  const message whole(out, backend::error_response);
  put_field(out, 'S', what.severity);
  put_field(out, 'V', what.severity);
  put_field(out, 'C', what.sqlstate);
  put_field(out, 'M', what.message);
  if (!what.detail.empty()) put_field(out, 'D', what.detail);
  if (!what.hint.empty()) put_field(out, 'H', what.hint);
  if (what.position != 0) put_field(out, 'P', std::to_string(what.position));
  out += '\0';
}

void append_notice(std::string& out, char type, const notice_fields& fields) {
  const message whole(out, type);
  for (const auto& [code, text] : fields) put_field(out, code, text);
  out += '\0';
}

void append_authentication(std::string& out, authentication request, std::string_view data) {
  const message whole(out, backend::authentication);
  put_quad(out, static_cast<std::uint32_t>(request));
  out += data;
}

void append_sasl_mechanisms(std::string& out, std::initializer_list<std::string_view> mechanisms) {
  const message whole(out, backend::authentication);
  put_quad(out, static_cast<std::uint32_t>(authentication::sasl));
  for (const auto each : mechanisms) put_text(out, each);
  out += '\0';
}

void append_negotiate_version(std::string& out, std::uint32_t minor, const std::vector<std::string>& unknown_options) {
  const message whole(out, backend::negotiate_version);
  put_quad(out, std::uint32_t{protocol_major} << 16 | minor);
  put_quad(out, static_cast<std::uint32_t>(unknown_options.size()));
  for (const auto& each : unknown_options) put_text(out, each);
}

void append_parameter_status(std::string& out, std::string_view name, std::string_view value) {
  const message whole(out, backend::parameter_status);
  put_text(out, name);
  put_text(out, value);
}

void append_backend_key(std::string& out, const backend_key& key) {
  const message whole(out, backend::backend_key_data);
  put_quad(out, key.process);
  put_quad(out, key.secret);
}

void append_ready(std::string& out, transaction_status status) {
  const message whole(out, backend::ready_for_query);
  out += static_cast<char>(status);
}

void append_startup(std::string& out, std::span<const std::pair<std::string, std::string>> parameters) {
  const std::size_t start = out.size();
  put_quad(out, 0);
  put_quad(out, std::uint32_t{protocol_major} << 16);
  for (const auto& [name, value] : parameters) {
    put_text(out, name);
    put_text(out, value);
  }
  out += '\0';
  overwrite_length(out, start);
}

void append_ssl_request(std::string& out) {
  put_quad(out, 8);
  put_quad(out, ssl_request_code);
}

void append_cancel_request(std::string& out, std::uint32_t process, std::uint32_t secret) {
  put_quad(out, 16);
  put_quad(out, cancel_request_code);
  put_quad(out, process);
  put_quad(out, secret);
}

void append_sasl_initial(std::string& out, std::string_view mechanism, std::string_view response) {
  const message whole(out, frontend::password);
  put_text(out, mechanism);
  put_quad(out, static_cast<std::uint32_t>(response.size()));
  out += response;
}

void append_sasl_response(std::string& out, std::string_view response) {
  append_message(out, frontend::password, response);
}

void append_query(std::string& out, std::string_view sql) {
  const message whole(out, frontend::query);
  put_text(out, sql);
}

void append_parse(std::string& out, std::string_view name, std::string_view sql, std::span<const std::uint32_t> types) {
  const message whole(out, frontend::parse);
  put_text(out, name);
  put_text(out, sql);
  put_word(out, static_cast<std::uint16_t>(types.size()));
  for (const auto each : types) put_quad(out, each);
}

void append_close(std::string& out, target what, std::string_view name) {
  const message whole(out, frontend::close);
  out += static_cast<char>(what);
  put_text(out, name);
}

void append_describe(std::string& out, target what, std::string_view name) {
  const message whole(out, frontend::describe);
  out += static_cast<char>(what);
  put_text(out, name);
}

void append_execute(std::string& out, std::string_view portal, std::uint32_t max_rows) {
  const message whole(out, frontend::execute);
  put_text(out, portal);
  put_quad(out, max_rows);
}

void append_sync(std::string& out) { append_message(out, frontend::sync, {}); }
void append_flush(std::string& out) { append_message(out, frontend::flush, {}); }

void append_copy_fail(std::string& out, std::string_view reason) {
  const message whole(out, frontend::copy_fail);
  put_text(out, reason);
}

void append_terminate(std::string& out) { append_message(out, frontend::terminate, {}); }

}  // namespace sluice::wire
