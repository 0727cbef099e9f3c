#include "../../../src/net/dialer.hpp"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

struct answered {
  int times = 0;
  bool connected = false;
  std::string reason;
};

answered dial(const std::string& host, std::uint16_t port) {
  asio::io_context context;
  answered out;
  const auto dialing = dialer::dial(context, host, port, [&](tcp::socket socket, const std::string& reason) {
    ++out.times;
    out.connected = socket.is_open() && reason.empty();
    out.reason = reason;
  });
  EXPECT_EQ(out.times, 0) << "the answer comes later, never from within dial()";
  context.run_for(std::chrono::seconds(10));
  return out;
}

// A port that nobody listens on: it was ours a moment ago.
std::uint16_t closed_port() {
  asio::io_context context;
  return tcp::acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)).local_endpoint().port();
}

TEST(dialer, reaches_an_address_and_a_name) {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    const auto answer = dial(host, acceptor.local_endpoint().port());
    EXPECT_TRUE(answer.connected) << host << ": " << answer.reason;
    EXPECT_EQ(answer.times, 1);
  }
}

TEST(dialer, a_closed_port_is_told_once_and_without_secrets) {
  const auto answer = dial("127.0.0.1", closed_port());
  EXPECT_EQ(answer.times, 1);
  EXPECT_FALSE(answer.connected);
  EXPECT_EQ(answer.reason, "Connection refused");
}

TEST(dialer, an_unknown_name_is_told) {
  const auto answer = dial("no-such-host.invalid", 5432);
  EXPECT_EQ(answer.times, 1);
  EXPECT_EQ(answer.reason.rfind("cannot resolve host", 0), 0u) << answer.reason;
}

TEST(dialer, after_cancel_nothing_is_heard) {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  int times = 0;
  const auto dialing = dialer::dial(context, "127.0.0.1", acceptor.local_endpoint().port(),
                                    [&](tcp::socket, const std::string&) { ++times; });
  dialing->cancel();
  context.run_for(std::chrono::seconds(5));
  EXPECT_EQ(times, 0);
}

}  // namespace
}  // namespace sluice::net
