#include "../../../src/net/cancel_errand.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "sluice/wire/build.hpp"

namespace sluice::net {
namespace {

// An upstream that takes one connection, answers `reply` to eight bytes, keeps everything it hears and hangs up.
struct heard_upstream {
  asio::io_context context;
  tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};

  std::string serve(std::size_t expected, const std::string& reply) {
    auto socket = acceptor.accept();
    std::string heard(expected, 0);
    error_code error;
    std::size_t got = 0;
    while (got < expected && !error) got += socket.read_some(asio::buffer(heard.data() + got, expected - got), error);
    heard.resize(got);
    socket.write_some(asio::buffer(reply), error);
    return heard;
  }
};

struct outcome {
  std::string heard;
  int answers = 0;
};

outcome run(tls_context_ptr tls, std::size_t expected, const std::string& reply) {
  heard_upstream upstream;
  outcome out;
  std::thread server([&] { out.heard = upstream.serve(expected, reply); });
  session::cancel_target target;
  target.upstream.host = "127.0.0.1";
  target.upstream.port = upstream.acceptor.local_endpoint().port();
  target.process = 4711;
  target.secret = 42;
  asio::io_context context;
  cancel_errand::run(context, target, std::move(tls), std::chrono::seconds(5), [&] { ++out.answers; });
  context.run();
  server.join();
  return out;
}

TEST(cancel_errand, says_the_upstreams_own_key_and_answers_after_its_end_of_file) {
  std::string expected;
  wire::append_cancel_request(expected, 4711, 42);
  const auto seen = run(nullptr, expected.size(), "");
  EXPECT_EQ(seen.heard, expected);
  EXPECT_EQ(seen.answers, 1);
}

TEST(cancel_errand, a_server_without_tls_does_not_get_the_key) {
  config::upstream to;
  to.tls = config::upstream_tls::require;
  std::string expected;
  wire::append_ssl_request(expected);
  const auto seen = run(*upstream_facing_tls(to), expected.size(), "N");
  EXPECT_EQ(seen.heard, expected);
  EXPECT_EQ(seen.answers, 1);
}

TEST(cancel_errand, an_upstream_that_is_down_is_answered_too) {
  session::cancel_target target;
  target.upstream.host = "127.0.0.1";
  {
    heard_upstream gone;
    target.upstream.port = gone.acceptor.local_endpoint().port();
  }
  asio::io_context context;
  int answers = 0;
  cancel_errand::run(context, target, nullptr, std::chrono::seconds(5), [&] { ++answers; });
  context.run();
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace sluice::net
