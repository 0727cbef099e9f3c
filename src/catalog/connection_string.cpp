#include "connection_string.hpp"

#include <algorithm>

namespace sluice::catalog {
namespace {

std::string quoted(std::string_view value) {
  std::string out = "'";
  for (const char byte : value) {
    if (byte == '\'' || byte == '\\') out += '\\';
    out += byte;
  }
  return out + "'";
}

std::string_view ssl_mode(config::upstream_tls mode) {
  switch (mode) {
    case config::upstream_tls::disable: return "disable";
    case config::upstream_tls::require: return "require";
    case config::upstream_tls::verify_full: return "verify-full";
  }
  return "verify-full";
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  if (what.empty()) return;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

}  // namespace

std::string connection_string(const config::upstream& to, std::chrono::milliseconds timeout) {
  using std::chrono::seconds;
  const auto whole_seconds = std::max<std::int64_t>(2, std::chrono::duration_cast<seconds>(timeout).count());
  std::string out;
  const auto add = [&out](std::string_view key, std::string_view value) {
    if (!out.empty()) out += ' ';
    out += key;
    out += '=';
    out += quoted(value);
  };
  add("host", to.host);
  add("port", std::to_string(to.port));
  add("dbname", to.database);
  add("user", to.user);
  add("password", to.password.reveal());
  add("passfile", "/dev/null");
  add("sslmode", ssl_mode(to.tls));
  if (!to.tls_ca.empty()) add("sslrootcert", to.tls_ca);
  add("gssencmode", "disable");
  add("connect_timeout", std::to_string(whole_seconds));
  add("tcp_user_timeout", std::to_string(whole_seconds * 1000));
  add("keepalives_idle", std::to_string(whole_seconds));
  add("keepalives_interval", "2");
  add("keepalives_count", "3");
  add("client_encoding", "UTF8");
  add("options", "");
  add("target_session_attrs", "any");
  add("application_name", "sluice catalog");
  return out;
}

std::string scrubbed(std::string text, const config::upstream& to) {
  const std::string_view password = to.password.reveal();
  const std::string with_quotes = quoted(password);
  replace_all(text, std::string_view(with_quotes).substr(1, with_quotes.size() - 2), "***");
  replace_all(text, password, "***");
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace sluice::catalog
