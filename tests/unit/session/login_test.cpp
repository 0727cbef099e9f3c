#include "script.hpp"
#include "sluice/wire/startup.hpp"

namespace sluice::session::testing {
namespace {

const std::string ssl_request = quad(8) + quad(wire::ssl_request_code);
const std::string gss_request = quad(8) + quad(wire::gssenc_request_code);

TEST(login, from_the_first_byte_to_ready) {
  for (std::size_t piece : {1u, 2u, 7u, 100000u}) {
    script it(piece);
    it.client(gss_request);
    EXPECT_EQ(it.client_bytes(), "N");
    it.client(ssl_request);
    EXPECT_EQ(it.client_bytes(), "N");
    it.send_startup();
    it.prove();
    auto login = it.to_client();
    ASSERT_EQ(login.size(), 2u);
    EXPECT_EQ(login[1], "R");  // AuthenticationOk
    EXPECT_TRUE(it.take<connect_upstream>().has_value());
    EXPECT_EQ(it.upstream_bytes(), "");
    it.tested().on_upstream_connected();
    const auto startup = wire::parse_startup(it.upstream_bytes().substr(4));
    std::map<std::string, std::string> sent;
    for (const auto& [name, value] : std::get<wire::startup>(startup.value()).parameters) sent[name] = value;
    EXPECT_EQ(sent["user"], "gateway");
    EXPECT_EQ(sent["database"], "wh");
    EXPECT_EQ(sent["client_encoding"], "UTF8");
    EXPECT_EQ(sent["standard_conforming_strings"], "on");
    EXPECT_EQ(sent["search_path"], "public");
    EXPECT_EQ(sent["sluice.token_key"], "0102ff");
    it.answer_login();
    const auto got = it.client_bytes();
    const auto messages = read(got, wire::sender::backend);
    ASSERT_EQ(messages.size(), 5u);
    EXPECT_EQ(messages[0], "S client_encoding UTF8");
    EXPECT_EQ(messages[4], "Z I");
    // The upstream's process id under a secret of our own.
    EXPECT_NE(got.find("K" + quad(12) + quad(4711) + quad(0x07070707)), std::string::npos);
    ASSERT_EQ(it.around.keys.size(), 1u);
    EXPECT_EQ(it.around.keys[0].second.secret, 99u);
    EXPECT_EQ(it.around.journal_value.count(audit::event::login), 1u);
  }
}

TEST(login, unrestricted_principals_get_no_token_key) {
  script it;
  it.around.policy_value->clear = true;
  it.send_startup();
  it.prove();
  it.tested().on_upstream_connected();
  EXPECT_EQ(it.upstream_bytes().find("sluice.token_key"), std::string::npos);
}

struct refused_case {
  const char* name;
  std::function<void(script&)> arrange;
  std::vector<std::pair<std::string, std::string>> startup;
  std::string password;
  std::string expected;
};

TEST(login, refusals_name_the_reason_and_touch_no_upstream) {
  const std::vector<std::pair<std::string, std::string>> normal{{"user", "carol"}, {"database", "warehouse"}};
  const auto with = [&](std::string name, std::string value) {
    auto all = normal;
    all.emplace_back(std::move(name), std::move(value));
    return all;
  };
  const std::string good = "carols password";
  const auto nothing = [](script&) {};
  const refused_case cases[] = {
      {"wrong password", nothing, normal, "wrong", "E FATAL 28P01 password authentication failed for user \"carol\""},
      {"unknown user",
       nothing,
       {{"user", "mallory"}, {"database", "warehouse"}},
       good,
       "E FATAL 28P01 password authentication failed for user \"mallory\""},
      {"unknown database",
       nothing,
       {{"user", "carol"}, {"database", "nowhere"}},
       good,
       "E FATAL 3D000 database \"nowhere\" does not exist"},
      {"database defaults to the user",
       nothing,
       {{"user", "carol"}},
       good,
       "E FATAL 3D000 database \"carol\" does not exist"},
      {"no layer", [](script& it) { it.around.policy_value->reachable = false; }, normal, good,
       "E FATAL 42501 user \"carol\" has no access to any layer of database \"warehouse\""},
      {"replication", nothing, with("replication", "database"), good,
       "E FATAL 0A000 replication connections are not allowed through the gateway"},
      {"server switch in options", nothing, with("options", "-d 5"), good,
       "E FATAL 42501 startup option `-d` is not allowed"},
      {"audit full", [](script& it) { it.around.journal_value.broken = true; }, normal, good,
       "E FATAL 58030 the login could not be recorded in the audit journal"},
  };
  for (const auto& each : cases) {
    script it;
    each.arrange(it);
    it.send_startup(each.startup);
    it.prove(each.password);
    const auto messages = it.to_client();
    ASSERT_FALSE(messages.empty()) << each.name;
    EXPECT_EQ(messages.back(), each.expected) << each.name;
    EXPECT_TRUE(it.tested().finished()) << each.name;
    EXPECT_FALSE(it.take<connect_upstream>().has_value()) << each.name;
    EXPECT_EQ(it.upstream_bytes(), "") << each.name;
    if (!it.around.journal_value.broken) {
      EXPECT_EQ(it.around.journal_value.count(audit::event::login_refused), 1u) << each.name;
    }
  }
}

TEST(login, settings_pass_the_allow_list) {
  script refused;
  refused.send_startup({{"user", "carol"}, {"database", "warehouse"}, {"session_preload_libraries", "x"}});
  refused.prove();
  EXPECT_NE(refused.to_client().back().find("session_preload_libraries"), std::string::npos);
  EXPECT_TRUE(refused.tested().finished());

  script it;
  it.send_startup({{"user", "carol"},
                   {"database", "warehouse"},
                   {"client_encoding", "'utf-8'"},
                   {"replication", "false"},
                   {"options", "-c search_path=crm,\\ \"My\\ Schema\""}});
  it.prove();
  ASSERT_FALSE(it.tested().finished());
  it.tested().on_upstream_connected();
  const auto sent = it.upstream_bytes();
  EXPECT_NE(sent.find("search_path\0crm, \"My Schema\"\0"s), std::string::npos);
  EXPECT_EQ(sent.find("replication"), std::string::npos);
  it.answer_login();
  it.client(query("select 1"));
  ASSERT_EQ(it.around.scopes.size(), 1u);
  EXPECT_EQ(it.around.scopes[0].search_path, (std::vector<std::string>{"crm", "My Schema"}));
  EXPECT_EQ(it.around.scopes[0].user, "gateway");
}

TEST(login, newer_protocols_and_options_are_negotiated_down) {
  script it;
  std::string body = quad(196610) + "user\0carol\0database\0warehouse\0_pq_.magic\0on\0\0"s;
  it.client(quad(static_cast<std::uint32_t>(body.size() + 4)) + body);
  const auto bytes = it.client_bytes();
  EXPECT_EQ(bytes.substr(0, 13), "v" + quad(static_cast<std::uint32_t>(8 + 4 + 11)) + quad(196608) + quad(1));
}

TEST(login, bytes_behind_an_ssl_request_drop_the_connection) {
  script it;
  it.around.settings_value->client.mode = config::client_tls::allow;
  it.around.tls_ready = true;
  it.client(ssl_request + "GET /");
  EXPECT_TRUE(it.tested().finished());
  EXPECT_TRUE(it.take<close_client>().has_value());
}

TEST(login, tls_when_it_is_configured) {
  script it;
  it.around.settings_value->client.mode = config::client_tls::require;
  it.around.tls_ready = true;
  it.client(ssl_request);
  EXPECT_EQ(it.client_bytes(), "S");
  EXPECT_TRUE(it.take<start_client_tls>().has_value());
  EXPECT_FALSE(it.tested().wants_client_bytes());
  it.tested().on_client_tls();
  it.send_startup();
  EXPECT_EQ(it.client_bytes()[0], 'R');

  script plain;
  plain.around.settings_value->client.mode = config::client_tls::require;
  plain.send_startup();
  EXPECT_EQ(plain.to_client(), lines{"E FATAL 28000 connections without TLS are not accepted"});
}

struct malformed_case {
  const char* name;
  std::string bytes;
};

TEST(login, malformed_bytes_end_with_08P01) {
  const malformed_case cases[] = {
      {"HTTP", "GET / HTTP/1.1\r\n\r\n"},
      {"length of nothing", quad(3)},
      {"startup without end", quad(13) + quad(196608) + "user\0"s},
      {"two SSLRequests", ssl_request + ssl_request},
      {"two GSSENCRequests", gss_request + gss_request},
      {"a query before the password", quad(20) + quad(196608) + "user\0carol\0\0"s + query("select 1")},
      {"not SASL", quad(20) + quad(196608) + "user\0carol\0\0"s + msg('p', "carols password\0"s)},
  };
  for (const auto& each : cases) {
    script it;
    it.client(each.bytes);
    const auto got = it.client_bytes();
    EXPECT_NE(got.find("08P01"), std::string::npos) << each.name;
    EXPECT_TRUE(it.tested().finished()) << each.name;
    EXPECT_TRUE(it.around.judged.empty()) << each.name;
  }
}

TEST(login, cancel_requests_hit_their_key_only) {
  script it;
  cancel_target target;
  target.session = 9;
  target.user = "carol";
  it.around.keys.emplace_back(cancel_key{4711, 5}, target);
  script* wrong = &it;
  std::string packet;
  wire::append_cancel_request(packet, 4711, 6);
  wrong->client(packet);
  EXPECT_TRUE(it.tested().finished());
  EXPECT_EQ(it.client_bytes(), "");
  EXPECT_FALSE(it.take<forward_cancel>().has_value());

  script right;
  right.around.keys.emplace_back(cancel_key{4711, 5}, target);
  packet.clear();
  wire::append_cancel_request(packet, 4711, 5);
  right.client(packet);
  const auto forwarded = right.take<forward_cancel>();
  ASSERT_TRUE(forwarded.has_value());
  EXPECT_EQ(forwarded->target.session, 9u);
  EXPECT_FALSE(right.tested().finished());
  EXPECT_EQ(right.around.journal_value.last(audit::event::cancel).user, "carol");
  right.tested().on_cancel_forwarded();
  EXPECT_TRUE(right.take<close_client>().has_value());
}

struct upstream_case {
  const char* name;
  std::function<void(script&)> answer;
  std::string sqlstate;
};

TEST(login, upstream_failures_name_the_layer_and_no_secret) {
  const upstream_case cases[] = {
      {"refused", [](script& it) { it.tested().on_upstream_failed("connection refused"); }, "08001"},
      {"closed at once", [](script& it) { it.tested().on_upstream_connected(), it.tested().on_upstream_closed(); },
       "08001"},
      {"timeout", [](script& it) { it.tested().on_timer(timer::connect); }, "08001"},
      {"starting up",
       [](script& it) { it.tested().on_upstream_connected(), it.upstream(error("57P03", "Mstarting up")); }, "57P03"},
      {"wrong password",
       [](script& it) { it.tested().on_upstream_connected(), it.upstream(error("28P01", "Mno, gateway")); }, "08001"},
      {"asks for a clear password",
       [](script& it) { it.tested().on_upstream_connected(), it.upstream(msg('R', quad(3))); }, "08001"},
      {"rows before login", [](script& it) { it.tested().on_upstream_connected(), it.upstream(row({"x"})); }, "08001"},
      {"another encoding",
       [](script& it) {
         it.tested().on_upstream_connected();
         it.upstream(msg('R', quad(0)) + parameter("client_encoding", "LATIN1"));
       },
       "08001"},
      {"no settings reported",
       [](script& it) { it.tested().on_upstream_connected(), it.upstream(msg('R', quad(0)) + ready('I')); }, "08001"},
  };
  for (const auto& each : cases) {
    script it;
    it.send_startup();
    it.prove();
    it.client_bytes();
    each.answer(it);
    const auto got = it.client_bytes();
    const auto messages = read(got, wire::sender::backend);
    ASSERT_FALSE(messages.empty()) << each.name;
    EXPECT_EQ(messages.back(), "E FATAL " + each.sqlstate +
                                   " the server of database \"warehouse\" (layer `warehouse`) cannot be reached")
        << each.name;
    EXPECT_EQ(got.find("gateway\""), std::string::npos) << each.name;
    EXPECT_TRUE(it.tested().finished()) << each.name;
    EXPECT_EQ(it.around.journal_value.count(audit::event::logout), 1u) << each.name;
  }
}

TEST(login, upstream_scram_must_be_proven_by_the_server) {
  script it;
  it.send_startup();
  it.prove();
  it.tested().on_upstream_connected();
  it.upstream_bytes();
  it.upstream(msg('R', quad(10) + "SCRAM-SHA-256\0\0"s));
  const auto initial = it.upstream_bytes();
  const auto verifier = auth::make_verifier(base::secret("upstream password"));
  auth::scram_server server("", &verifier, auth::scram_mock{base::secret("k")});
  const auto parsed = wire::parse_sasl_initial(std::string_view(initial).substr(5));
  auto reply = server.on_client_first(parsed->mechanism, parsed->response);
  it.upstream(msg('R', quad(11) + reply.message));
  const auto final_message = it.upstream_bytes();
  reply = server.on_client_final(std::string_view(final_message).substr(5));
  ASSERT_EQ(reply.status, auth::scram_status::authenticated);

  // A server that skips its proof is not trusted.
  it.upstream(msg('R', quad(0)));
  EXPECT_TRUE(it.tested().finished());
}

TEST(login, catalog_not_read_yet_is_asked_for_once) {
  script it;
  it.around.catalog_known = false;
  it.send_startup();
  it.prove();
  EXPECT_TRUE(it.take<refresh_catalog>().has_value());
  it.tested().on_catalog_refreshed();
  EXPECT_EQ(it.to_client().back().substr(0, 13), "E FATAL 57P03");

  script later;
  later.around.catalog_known = false;
  later.send_startup();
  later.prove();
  later.around.catalog_known = true;
  later.tested().on_catalog_refreshed();
  EXPECT_TRUE(later.take<connect_upstream>().has_value());
}

TEST(login, timeouts_and_refused_connections) {
  script slow;
  slow.client(gss_request.substr(0, 5));
  slow.tested().on_timer(timer::login);
  EXPECT_TRUE(slow.tested().finished());

  fake_environment around;
  session full(around, {2, "10.0.0.1:1"});
  full.start_refused("53300", "too many connections");
  std::string packet;
  wire::append_startup(packet, std::vector<std::pair<std::string, std::string>>{{"user", "carol"}});
  full.on_client_bytes(ssl_request);
  full.on_client_bytes(packet);
  std::string got;
  full.take_client_output(got);
  EXPECT_EQ(got[0], 'N');
  EXPECT_EQ(read(got.substr(1), wire::sender::backend), lines{"E FATAL 53300 too many connections"});
}

}  // namespace
}  // namespace sluice::session::testing
