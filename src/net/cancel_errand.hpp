// Carries one CancelRequest to an upstream on a connection of its own and waits until the server has read it (EOF).
//
// Threading: belongs to one reactor thread; keeps itself alive until it has answered, which it always does once.
#pragma once

#include <functional>
#include <memory>

#include "dialer.hpp"
#include "sluice/session/session.hpp"
#include "stream.hpp"

namespace sluice::net {

class cancel_errand : public std::enable_shared_from_this<cancel_errand> {
 public:
  // `tls` is null when the upstream is reached without TLS.
  static void run(asio::io_context& on, const session::cancel_target& target, tls_context_ptr tls,
                  std::chrono::milliseconds limit, std::function<void()> then);

 private:
  enum class step { ask_for_tls, hear_about_tls, shake_hands, speak, hear_out };

  cancel_errand(asio::io_context& on, const session::cancel_target& target, tls_context_ptr tls,
                std::function<void()> then);
  void advance();
  bool send(const std::string& bytes);
  bool wait(io_status until);
  void finish(const std::string& problem);

  asio::io_context& on_;
  asio::steady_timer limit_;
  session::cancel_target target_;
  tls_context_ptr tls_;
  std::function<void()> then_;
  std::shared_ptr<dialer> dialer_;
  std::unique_ptr<stream> io_;
  step step_;
};

}  // namespace sluice::net
