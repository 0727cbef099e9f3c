#include "../../../src/net/stream.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "support.hpp"

namespace sluice::net {
namespace {

using testing::make_certificate;
using testing::scratch_folder;

struct both_ends {
  asio::io_context context;
  std::unique_ptr<stream> here, there;

  both_ends() {
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tcp::socket client(context);
    client.connect(acceptor.local_endpoint());
    here = std::make_unique<stream>(std::move(client));
    there = std::make_unique<stream>(acceptor.accept());
  }

  // Turn by turn until both are done or one fails; whether both are done.
  bool shake_hands() {
    auto left = io_status::want_read, right = io_status::want_read;
    const auto going = [](io_status now) { return now == io_status::want_read || now == io_status::want_write; };
    for (int turns = 0; turns < 1000 && (going(left) || going(right)); ++turns) {
      if (going(left)) left = here->handshake().status;
      if (going(right)) right = there->handshake().status;
      if (left == io_status::failed || right == io_status::failed) return false;
    }
    return left == io_status::done && right == io_status::done;
  }

  static std::string read_all(stream& from, std::size_t count) {
    std::string out;
    char buffer[1000];
    while (out.size() < count) {
      const auto got = from.read_some(buffer, sizeof buffer);
      out.append(buffer, got.bytes);
      if (got.status == io_status::closed || got.status == io_status::failed) break;
    }
    return out;
  }
};

TEST(stream, an_empty_socket_would_block) {
  both_ends pair;
  char byte;
  EXPECT_EQ(pair.here->read_some(&byte, 1).status, io_status::want_read);
}

TEST(stream, plain_bytes_arrive) {
  both_ends pair;
  EXPECT_EQ(pair.here->write_some("hello").bytes, 5u);
  EXPECT_EQ(both_ends::read_all(*pair.there, 5), "hello");
}

TEST(stream, a_full_socket_would_block_and_is_told_when_there_is_room) {
  both_ends pair;
  const std::string piece(1 << 20, 'x');
  std::size_t sent = 0;
  for (;;) {
    const auto result = pair.here->write_some(piece);
    sent += result.bytes;
    if (result.status == io_status::want_write) break;
    ASSERT_EQ(result.status, io_status::done);
  }
  bool woken = false;
  pair.here->wait(io_status::want_write, [&] { woken = true; });
  pair.context.poll();
  EXPECT_FALSE(woken);
  EXPECT_EQ(both_ends::read_all(*pair.there, sent).size(), sent);
  pair.context.restart();
  pair.context.run_for(std::chrono::seconds(5));
  EXPECT_TRUE(woken);
}

TEST(stream, the_other_end_closing_is_the_end) {
  both_ends pair;
  pair.there->close();
  char byte;
  EXPECT_EQ(pair.here->read_some(&byte, 1).status, io_status::closed);
}

TEST(stream, closing_ends_a_wait_silently) {
  both_ends pair;
  bool woken = false;
  pair.here->wait(io_status::want_read, [&] { woken = true; });
  pair.here->close();
  pair.context.run();
  EXPECT_FALSE(woken);
}

TEST(stream, finish_sending_lets_the_last_bytes_through) {
  both_ends pair;
  pair.here->write_some("bye");
  pair.here->finish_sending();
  EXPECT_EQ(both_ends::read_all(*pair.there, 100), "bye");
}

class tls_stream : public ::testing::Test {
 protected:
  tls_stream() : files(make_certificate(folder, "db.example")) {
    server = *client_facing_tls({config::client_tls::require, files.certificate, files.key});
  }
  tls_context_ptr client(config::upstream_tls how, const std::string& authority) {
    config::upstream to;
    to.tls = how;
    to.tls_ca = authority;
    return *upstream_facing_tls(to);
  }

  scratch_folder folder;
  testing::certificate_files files;
  tls_context_ptr server;
};

TEST_F(tls_stream, bytes_arrive_and_what_is_decrypted_is_not_forgotten) {
  both_ends pair;
  ASSERT_TRUE(pair.here->start_tls_as_client(client(config::upstream_tls::require, ""), "db.example"));
  ASSERT_TRUE(pair.there->start_tls_as_server(server));
  ASSERT_TRUE(pair.shake_hands());
  EXPECT_EQ(pair.here->write_some("hello").bytes, 5u);
  EXPECT_EQ(both_ends::read_all(*pair.there, 5), "hello");
  pair.here->write_some("world");
  char byte;
  while (pair.there->read_some(&byte, 1).status == io_status::want_read) {
  }
  EXPECT_TRUE(pair.there->has_decrypted_bytes());
}

TEST_F(tls_stream, close_says_goodbye) {
  both_ends pair;
  ASSERT_TRUE(pair.here->start_tls_as_client(client(config::upstream_tls::require, ""), "db.example"));
  ASSERT_TRUE(pair.there->start_tls_as_server(server));
  ASSERT_TRUE(pair.shake_hands());
  pair.here->close();
  io_result last;
  char byte;
  do last = pair.there->read_some(&byte, 1);
  while (last.status == io_status::want_read);
  EXPECT_EQ(last.status, io_status::closed);
}

struct verification_case {
  std::string name;
  std::string host;
  bool trusted;
  bool succeeds;
};
class verification : public tls_stream, public ::testing::WithParamInterface<verification_case> {};

TEST_P(verification, of_the_upstream) {
  both_ends pair;
  const auto other = make_certificate(folder, "other.example");
  const auto authority = GetParam().trusted ? files.certificate : other.certificate;
  ASSERT_TRUE(pair.here->start_tls_as_client(client(config::upstream_tls::verify_full, authority), GetParam().host));
  ASSERT_TRUE(pair.there->start_tls_as_server(server));
  EXPECT_EQ(pair.shake_hands(), GetParam().succeeds);
  if (!GetParam().succeeds) {
    EXPECT_NE(pair.here->failure().find("certificate"), std::string::npos) << pair.here->failure();
  }
}

INSTANTIATE_TEST_SUITE_P(all, verification,
                         ::testing::Values(verification_case{"right_name_and_authority", "db.example", true, true},
                                           verification_case{"wrong_name", "evil.example", true, false},
                                           verification_case{"address_instead_of_name", "127.0.0.1", true, false},
                                           verification_case{"unknown_authority", "db.example", false, false}),
                         [](const auto& each) { return each.param.name; });

TEST_F(tls_stream, bytes_that_are_not_tls_fail_the_handshake) {
  both_ends pair;
  ASSERT_TRUE(pair.there->start_tls_as_server(server));
  pair.here->write_some("GET / HTTP/1.0\r\n\r\n");
  auto result = pair.there->handshake();
  for (int turns = 0; turns < 1000 && result.status == io_status::want_read; ++turns) result = pair.there->handshake();
  EXPECT_EQ(result.status, io_status::failed);
}

TEST_F(tls_stream, old_protocol_versions_are_not_offered) {
  EXPECT_EQ(SSL_CTX_get_min_proto_version(server.get()), TLS1_2_VERSION);
}

TEST_F(tls_stream, files_that_cannot_be_used_are_named) {
  const auto missing = client_facing_tls({config::client_tls::require, "/nowhere.crt", files.key});
  ASSERT_TRUE(missing.has_error());
  EXPECT_EQ(missing.error().where.file, "/nowhere.crt");
  const auto other = make_certificate(folder, "other.example");
  const auto mismatch = client_facing_tls({config::client_tls::require, files.certificate, other.key});
  ASSERT_TRUE(mismatch.has_error());
  EXPECT_EQ(mismatch.error().where.file, other.key);
}

}  // namespace
}  // namespace sluice::net
