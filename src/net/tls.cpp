#include "tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sluice::net {
namespace {

base::diagnostic problem(const std::string& file, const std::string& cause, const std::string& hint) {
  base::diagnostic out;
  out.cause = cause;
  out.hint = hint;
  out.where.file = file;
  return out;
}

tls_context_ptr fresh(const SSL_METHOD* method) {
  ERR_clear_error();
  tls_context_ptr made(SSL_CTX_new(method), SSL_CTX_free);
  if (!made) return made;
  SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(made.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Idle connections give their record buffers back; the relay hands over whatever part of a buffer was not taken.
  SSL_CTX_set_mode(made.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return made;
}

}  // namespace

std::string last_tls_error() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (text.empty() && reason != nullptr) text = reason;
  }
  return text.empty() ? "unknown TLS error" : text;
}

base::result<tls_context_ptr> client_facing_tls(const config::tls& settings) {
  auto made = fresh(TLS_server_method());
  if (!made) return problem({}, "no TLS context: " + last_tls_error(), {});
  static constexpr unsigned char session_id[] = "sluice";
  SSL_CTX_set_session_id_context(made.get(), session_id, sizeof session_id - 1);
  if (SSL_CTX_use_certificate_chain_file(made.get(), settings.certificate.c_str()) != 1) {
    return problem(settings.certificate, "certificate cannot be used: " + last_tls_error(),
                   "`tls.certificate` names a PEM file with the certificate and its chain");
  }
  if (SSL_CTX_use_PrivateKey_file(made.get(), settings.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return problem(settings.key, "private key cannot be used: " + last_tls_error(),
                   "`tls.key` names a PEM file with the key of the certificate");
  }
  if (SSL_CTX_check_private_key(made.get()) != 1) {
    return problem(settings.key, "private key does not belong to the certificate: " + last_tls_error(), {});
  }
  return made;
}

base::result<tls_context_ptr> upstream_facing_tls(const config::upstream& settings) {
  if (settings.tls == config::upstream_tls::disable) return tls_context_ptr{};
  auto made = fresh(TLS_client_method());
  if (!made) return problem({}, "no TLS context: " + last_tls_error(), {});
  if (settings.tls == config::upstream_tls::require) {
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_NONE, nullptr);
    return made;
  }
  SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
  const bool loaded = settings.tls_ca.empty()
                          ? SSL_CTX_set_default_verify_paths(made.get()) == 1
                          : SSL_CTX_load_verify_locations(made.get(), settings.tls_ca.c_str(), nullptr) == 1;
  if (!loaded) {
    return problem(settings.tls_ca, "certificate authorities cannot be read: " + last_tls_error(),
                   "`tls_ca` of upstream `" + settings.name + "` names a PEM file");
  }
  return made;
}

}  // namespace sluice::net
