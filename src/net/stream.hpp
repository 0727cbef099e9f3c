// One TCP connection, plain or TLS, driven by readiness: try, and wait only when the kernel said "would block".
//
// Nothing is read before it is wanted and no buffer is held while idle. Threading: belongs to one reactor thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "asio.hpp"
#include "tls.hpp"

namespace sluice::net {

enum class io_status { done, want_read, want_write, closed, failed };

struct io_result {
  io_status status = io_status::failed;
  std::size_t bytes = 0;
};

class stream {
 public:
  // Takes a connected socket; turns off Nagle, turns on keepalive.
  explicit stream(tcp::socket connected);
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  io_result read_some(char* into, std::size_t size);
  io_result write_some(std::string_view bytes);

  // TLS: begin, then handshake() until it is done. `expected_host` is checked against the certificate when the context
  // verifies.
  bool start_tls_as_server(const tls_context_ptr& with);
  bool start_tls_as_client(const tls_context_ptr& with, const std::string& expected_host);
  io_result handshake();
  bool is_tls() const { return tls_ != nullptr; }

  // Decrypted bytes are waiting inside: the socket's readiness does not tell of them.
  bool has_decrypted_bytes() const;

  // Calls `then` once the socket is ready or has failed (the next try tells which); not at all when it was closed
  // meanwhile.
  template <class Handler>
  void wait(io_status until, Handler then) {
    socket_.async_wait(until == io_status::want_write ? tcp::socket::wait_write : tcp::socket::wait_read,
                       [then = std::move(then)](error_code error) mutable {
                         if (error != asio::error::operation_aborted) then();
                       });
  }

  // Says goodbye where the protocol has a word for it, and closes; pending waits run out silently.
  void close() noexcept;
  bool is_open() const { return socket_.is_open(); }
  // Stops sending; the other side reads EOF after everything sent before.
  void finish_sending() noexcept;

  std::string peer() const;  // address:port, empty when unknown

  // Why the last call failed, for the log; never data.
  const std::string& failure() const { return failure_; }

 private:
  struct ssl_free {
    void operator()(SSL* owned) const noexcept;
  };
  io_result after_tls_call(int result);
  io_result failed(int error_number);
  bool attach(const tls_context_ptr& with);

  tcp::socket socket_;
  tls_context_ptr context_;
  std::unique_ptr<SSL, ssl_free> tls_;
  std::string failure_;
};

}  // namespace sluice::net
