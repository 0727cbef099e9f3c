#include "sluice/net/server.hpp"

#include <gtest/gtest.h>

#include <future>

#include "sluice/wire/build.hpp"
#include "support.hpp"

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::memory_journal;
using testing::raw_client;

class nobody final : public auth::user_store {
 public:
  const auth::user* find(std::string_view) const override { return nullptr; }
  std::vector<std::string> names() const override { return {}; }
};

std::string startup_packet() {
  const std::vector<std::pair<std::string, std::string>> parameters{{"user", "carol"}, {"database", "warehouse"}};
  std::string out;
  wire::append_startup(out, parameters);
  return out;
}

std::string ssl_request() {
  std::string out;
  wire::append_ssl_request(out);
  return out;
}

class running_server : public ::testing::Test {
 protected:
  running_server() {
    settings.listen = {{"127.0.0.1", 0}};
    settings.threads = 2;
    settings.policy_file = folder.write("policy.yaml", "");
    settings.users_file = folder.write("users.yaml", "");
    settings.upstreams["warehouse"].name = "warehouse";
    auto& database = settings.databases["warehouse"];
    database.name = database.upstream = "warehouse";
    database.layers["*"] = "warehouse";
    policy = policy::load(SLUICE_SOURCE_DIR "/policies/three-tier/policy.yaml", base::revision{1}).value;
  }

  server_parts parts() {
    server_parts out;
    out.settings = std::make_shared<const config::settings>(settings);
    out.users = std::make_shared<nobody>();
    out.policy = policy;
    out.open_journal = [this]() -> base::result<std::unique_ptr<audit::journal>> {
      return std::unique_ptr<audit::journal>(std::make_unique<memory_journal>(records));
    };
    out.read_catalog = [](const config::upstream&, std::chrono::milliseconds) -> base::result<catalog::contents> {
      return base::diagnostic{.cause = "upstream `warehouse` is down"};
    };
    return out;
  }
  void start() { running = std::move(*server::start(parts())); }
  std::uint16_t port() const { return running->endpoints().front().port; }

  testing::scratch_folder folder;
  config::settings settings;
  policy::policy_ptr policy;
  std::shared_ptr<memory_journal::kept> records = std::make_shared<memory_journal::kept>();
  std::unique_ptr<server> running;
};

TEST_F(running_server, answers_no_when_asked_for_tls_it_does_not_have) {
  start();
  raw_client client(port());
  client.send(ssl_request());
  EXPECT_EQ(client.read(1), "N");
}

TEST_F(running_server, malformed_bytes_end_one_session_and_leave_the_others) {
  start();
  raw_client other(port());
  raw_client client(port());
  client.send(std::string(64, '\xff'));
  EXPECT_NE(client.read_until_closed().find("08P01"), std::string::npos);
  EXPECT_TRUE(client.closed_by_peer());
  other.send(ssl_request());
  EXPECT_EQ(other.read(1), "N");
}

TEST_F(running_server, too_many_clients_are_told_so) {
  settings.limits.max_connections = 2;
  start();
  raw_client first(port()), second(port());
  ASSERT_TRUE(eventually([&] { return running->open_connections() == 2; }));
  raw_client third(port());
  third.send(startup_packet());
  const auto answer = third.read_until_closed();
  EXPECT_NE(answer.find("53300"), std::string::npos);
  EXPECT_NE(answer.find("sorry, too many clients already"), std::string::npos);
}

TEST_F(running_server, a_place_is_free_again_when_its_client_leaves) {
  settings.limits.max_connections = 1;
  start();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(eventually([&] { return running->open_connections() == 0; }));
    raw_client client(port());
    client.send(ssl_request());
    EXPECT_EQ(client.read(1), "N") << i;
  }
}

TEST_F(running_server, a_login_that_does_not_come_is_cut_off) {
  settings.limits.login_timeout = 100ms;
  start();
  raw_client client(port());
  client.read_until_closed();
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(running_server, an_unknown_cancel_key_gets_an_end_of_file_and_nothing_else) {
  start();
  raw_client client(port());
  std::string request;
  wire::append_cancel_request(request, 4711, 42);
  client.send(request);
  EXPECT_EQ(client.read_until_closed(), "");
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(running_server, connections_leave_no_descriptors_behind) {
  start();
  const auto before = testing::open_descriptors();
  for (int round = 0; round < 5; ++round) {
    std::vector<std::unique_ptr<raw_client>> clients;
    for (int i = 0; i < 40; ++i) {
      clients.push_back(std::make_unique<raw_client>(port()));
      if (i % 2 == 0) clients.back()->send(startup_packet());
      if (i % 5 == 0) clients.back()->send("garbage after it");
    }
  }
  EXPECT_TRUE(eventually([&] { return running->open_connections() == 0; }));
  EXPECT_TRUE(eventually([&] { return testing::open_descriptors() == before; }));
  EXPECT_EQ(running->cancel_keys(), 0u);
}

TEST_F(running_server, stopping_ends_open_sessions_and_is_recorded) {
  start();
  raw_client client(port());
  ASSERT_TRUE(eventually([&] { return running->open_connections() == 1; }));
  running->stop(5s);
  EXPECT_NE(client.read_until_closed().find("57P01"), std::string::npos);
  EXPECT_EQ(running->open_connections(), 0u);
  const auto seen = records->events();
  EXPECT_EQ(seen.front(), audit::event::start);
  EXPECT_EQ(seen.back(), audit::event::stop);
}

TEST_F(running_server, a_port_in_use_is_named_and_no_journal_is_opened) {
  start();
  settings.listen = {{"127.0.0.1", port()}};
  auto second = parts();
  bool opened = false;
  second.open_journal = [&]() -> base::result<std::unique_ptr<audit::journal>> {
    opened = true;
    return base::diagnostic{};
  };
  const auto outcome = server::start(std::move(second));
  ASSERT_TRUE(outcome.has_error());
  EXPECT_EQ(outcome.error().cause,
            "cannot listen on `127.0.0.1:" + std::to_string(port()) + "`: Address already in use");
  EXPECT_FALSE(opened);
}

TEST_F(running_server, without_a_journal_nothing_starts) {
  auto wanted = parts();
  wanted.open_journal = []() -> base::result<std::unique_ptr<audit::journal>> {
    return base::diagnostic{.cause = "the disk is full"};
  };
  const auto outcome = server::start(std::move(wanted));
  ASSERT_TRUE(outcome.has_error());
  EXPECT_EQ(outcome.error().cause, "the disk is full");
}

TEST_F(running_server, a_reload_of_bad_files_changes_nothing_and_says_all) {
  start();
  folder.write("policy.yaml", "nonsense: [");
  folder.write("users.yaml", "nonsense: [");
  const auto outcome = running->reload();
  EXPECT_FALSE(outcome.applied);
  EXPECT_GE(outcome.problems.size(), 2u);
  EXPECT_EQ(records->events().back(), audit::event::reload);
  EXPECT_NE(records->records.back().detail.find("policy.yaml"), std::string::npos);
}

TEST_F(running_server, tls_is_offered_and_spoken) {
  const auto files = testing::make_certificate(folder, "gateway.example");
  settings.client = {config::client_tls::allow, files.certificate, files.key};
  start();
  raw_client client(port());
  client.send(ssl_request());
  ASSERT_EQ(client.read(1), "S");
  client.send(startup_packet());
  client.read_until_closed();
  EXPECT_TRUE(client.closed_by_peer()) << "plain bytes in place of a handshake end the connection";
}

TEST_F(running_server, bytes_behind_the_tls_request_end_the_connection) {
  const auto files = testing::make_certificate(folder, "gateway.example");
  settings.client = {config::client_tls::allow, files.certificate, files.key};
  start();
  raw_client client(port());
  client.send(ssl_request() + startup_packet());
  const auto answer = client.read_until_closed();
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_TRUE(answer.empty() || answer == "S");
}

}  // namespace
}  // namespace sluice::net
