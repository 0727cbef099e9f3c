// One attempt to reach host:port: resolve, then try the addresses in turn.
//
// Threading: belongs to one reactor thread. The answer comes once, later, and not at all after cancel().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "asio.hpp"

namespace sluice::net {

class dialer : public std::enable_shared_from_this<dialer> {
 public:
  // `reason` is empty when `connected` is open; it names neither user nor password.
  using answer = std::function<void(tcp::socket connected, const std::string& reason)>;

  static std::shared_ptr<dialer> dial(asio::io_context& on, const std::string& host, std::uint16_t port, answer then);
  void cancel();

 private:
  dialer(asio::io_context& on, answer then) : resolver_(on), socket_(on), then_(std::move(then)) {}
  void start(const std::string& host, std::uint16_t port);
  void try_next();
  void finish(const std::string& reason);

  tcp::resolver resolver_;
  tcp::socket socket_;
  answer then_;
  std::vector<tcp::endpoint> left_;
  std::string last_problem_;
};

}  // namespace sluice::net
