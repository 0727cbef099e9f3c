// Accepts clients on a thread of its own and hands them to the reactors in turn.
//
// Threading: open, start and stop belong to the thread that owns the server.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "asio.hpp"
#include "gateway.hpp"
#include "reactor.hpp"

namespace sluice::net {

class listener {
 public:
  listener(gateway& shared, const std::vector<std::unique_ptr<reactor>>& reactors)
      : shared_(shared), reactors_(reactors) {}
  ~listener() { stop(); }

  // Binds; from here on clients queue in the kernel. The problem names the address.
  base::result<void> open(const std::vector<config::endpoint>& on);
  void start();
  void stop();  // closes the sockets; returns when nobody is being accepted any more

  std::vector<config::endpoint> bound() const;  // with the ports that the system chose

 private:
  struct door {
    explicit door(asio::io_context& on) : acceptor(on), pause(on) {}
    tcp::acceptor acceptor;
    asio::steady_timer pause;
  };
  void accept(door& at);
  void hand_over(tcp::socket client, reactor& to);

  gateway& shared_;
  const std::vector<std::unique_ptr<reactor>>& reactors_;
  asio::io_context context_{1};
  std::vector<std::unique_ptr<door>> doors_;
  std::size_t next_ = 0;
  std::thread thread_;
};

}  // namespace sluice::net
