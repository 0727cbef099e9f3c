#include "stream.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <climits>

namespace sluice::net {
namespace {

// A dead peer is noticed after about two minutes even when nothing is sent.
constexpr int keepalive_idle_seconds = 60;
constexpr int keepalive_interval_seconds = 20;
constexpr int keepalive_probes = 3;

bool is_address(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

void set_option(int socket, int level, int name, int value) {
  // Best effort: a socket that refuses an option still works.
  (void)::setsockopt(socket, level, name, &value, sizeof value);
}

}  // namespace

void stream::ssl_free::operator()(SSL* owned) const noexcept { SSL_free(owned); }

stream::stream(tcp::socket connected) : socket_(std::move(connected)) {
  error_code ignored;
  socket_.native_non_blocking(true, ignored);
  const int native = socket_.native_handle();
  set_option(native, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(native, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(native, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_seconds);
  set_option(native, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_interval_seconds);
  set_option(native, IPPROTO_TCP, TCP_KEEPCNT, keepalive_probes);
}

io_result stream::failed(int error_number) {
  failure_ = error_code(error_number, boost::system::system_category()).message();
  return {io_status::failed, 0};
}

io_result stream::after_tls_call(int result) {
  const int system_error = errno;
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_NONE: return {io_status::done, result > 0 ? static_cast<std::size_t>(result) : 0};
    case SSL_ERROR_WANT_READ: return {io_status::want_read, 0};
    case SSL_ERROR_WANT_WRITE: return {io_status::want_write, 0};
    case SSL_ERROR_ZERO_RETURN: return {io_status::closed, 0};
    case SSL_ERROR_SYSCALL:
      ERR_clear_error();
      if (system_error == 0) return {io_status::closed, 0};
      return failed(system_error);
    case SSL_ERROR_SSL: {
      // Clients that simply close the socket are closed connections, not TLS faults.
      const bool cut = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
      failure_ = last_tls_error();
      return {cut ? io_status::closed : io_status::failed, 0};
    }
  }
  failure_ = "unexpected TLS state";
  return {io_status::failed, 0};
}

io_result stream::read_some(char* into, std::size_t size) {
  if (!socket_.is_open()) return {io_status::closed, 0};
  if (tls_) {
    ERR_clear_error();
    errno = 0;
    return after_tls_call(SSL_read(tls_.get(), into, size > INT_MAX ? INT_MAX : static_cast<int>(size)));
  }
  for (;;) {
    const ssize_t got = ::recv(socket_.native_handle(), into, size, MSG_DONTWAIT);
    if (got > 0) return {io_status::done, static_cast<std::size_t>(got)};
    if (got == 0) return {io_status::closed, 0};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {io_status::want_read, 0};
    return failed(errno);
  }
}

io_result stream::write_some(std::string_view bytes) {
  if (!socket_.is_open()) return {io_status::closed, 0};
  if (tls_) {
    ERR_clear_error();
    errno = 0;
    return after_tls_call(
        SSL_write(tls_.get(), bytes.data(), bytes.size() > INT_MAX ? INT_MAX : static_cast<int>(bytes.size())));
  }
  for (;;) {
    const ssize_t sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return {io_status::done, static_cast<std::size_t>(sent)};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {io_status::want_write, 0};
    return failed(errno);
  }
}

bool stream::attach(const tls_context_ptr& with) {
  ERR_clear_error();
  tls_.reset(SSL_new(with.get()));
  context_ = with;
  if (!tls_ || SSL_set_fd(tls_.get(), socket_.native_handle()) != 1) {
    failure_ = last_tls_error();
    tls_.reset();
    return false;
  }
  return true;
}

bool stream::start_tls_as_server(const tls_context_ptr& with) {
  if (!attach(with)) return false;
  SSL_set_accept_state(tls_.get());
  return true;
}

bool stream::start_tls_as_client(const tls_context_ptr& with, const std::string& expected_host) {
  if (!attach(with)) return false;
  SSL_set_connect_state(tls_.get());
  bool prepared = true;
  if (is_address(expected_host)) {
    prepared = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), expected_host.c_str()) == 1;
  } else {
    SSL_set_hostflags(tls_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    prepared = SSL_set1_host(tls_.get(), expected_host.c_str()) == 1 &&
               SSL_set_tlsext_host_name(tls_.get(), expected_host.c_str()) == 1;
  }
  if (!prepared) {
    failure_ = last_tls_error();
    tls_.reset();
  }
  return prepared;
}

io_result stream::handshake() {
  ERR_clear_error();
  errno = 0;
  auto result = after_tls_call(SSL_do_handshake(tls_.get()));
  if (result.status == io_status::failed) {
    const long verified = SSL_get_verify_result(tls_.get());
    if (verified != X509_V_OK) failure_ = std::string("certificate: ") + X509_verify_cert_error_string(verified);
  }
  return result;
}

bool stream::has_decrypted_bytes() const { return tls_ && SSL_pending(tls_.get()) > 0; }

void stream::close() noexcept {
  if (!socket_.is_open()) return;
  if (tls_ && SSL_is_init_finished(tls_.get())) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
    ERR_clear_error();
  }
  error_code ignored;
  socket_.close(ignored);
  tls_.reset();
  context_.reset();
}

void stream::finish_sending() noexcept {
  if (!socket_.is_open()) return;
  if (tls_ && SSL_is_init_finished(tls_.get())) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
    ERR_clear_error();
  }
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

std::string stream::peer() const {
  error_code error;
  const auto remote = socket_.remote_endpoint(error);
  if (error) return {};
  const bool v6 = remote.address().is_v6();
  return (v6 ? "[" : "") + remote.address().to_string() + (v6 ? "]:" : ":") + std::to_string(remote.port());
}

}  // namespace sluice::net
